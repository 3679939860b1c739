//! The figures of a daily report (空气质量日报).
//!
//! In: a natural day, the day before it, and the days since 1 January. Out: [`DailyFigures`].
//!
//! Source: HJ 633—2026 5.1.1 and 5.2.1; terms.md (累计, 同比).

use std::cmp::Ordering;

use serde::Serialize;
use utoipa::ToSchema;

use super::Head;
use super::account::{Account, PlanLine};
use super::asked::{DaysOf, ReportAsked};
use super::line::{DayLine, IndicatorLine};
use crate::area::Member;
use crate::assessment::rank::{Rank, RankBy};
use crate::assessment::{DayFigures, Span};
use crate::standard::Class;
use crate::time::Day;

/// A day as people say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DateWords {
    /// `2022-03-05`.
    pub date: String,
    /// `2022年3月5日`.
    pub zh: String,
    /// `3月5日`.
    pub short_zh: String,
    /// `星期六`.
    pub weekday_zh: &'static str,
}

/// What a class means for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct HealthWords {
    /// 对健康影响情况.
    pub effect_zh: &'static str,
    /// 建议采取的措施.
    pub advice_zh: &'static str,
}

/// The figures of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DailyFigures {
    /// What stands above.
    pub head: Head,
    /// The day.
    pub date: DateWords,
    /// The entity of the paper.
    pub city: DayLine,
    /// Its averages, with their individual indices.
    pub indicators: Vec<IndicatorLine>,
    /// What the class means; null without an AQI.
    pub health: Option<HealthWords>,
    /// The day before.
    pub day_before: Option<DayLine>,
    /// How the AQI changed on the day before: `上升12`, `下降5`, `持平`; null where one of them has none.
    pub aqi_change_zh: Option<String>,
    /// Why the two days are not compared; null where they are, or one has no AQI.
    pub aqi_change_refused_zh: Option<&'static str>,
    /// The named sets inside the area; empty where the paper is of one of them.
    pub sets: Vec<DayLine>,
    /// The stations of the entity.
    pub stations: Vec<DayLine>,
    /// Of them, the one with the highest AQI; null where none has one.
    pub highest: Option<DayLine>,
    /// The days of the month so far, this one included.
    pub month: Account,
    /// The days since 1 January.
    pub year: Account,
    /// Where the year stands against the plan.
    pub targets: Vec<PlanLine>,
    /// Why there is none: 未录入本年度目标.
    pub targets_reason_zh: Option<&'static str>,
    /// Places among reference cities, reckoned here (测算).
    pub ranks: Vec<Rank>,
}

/// A day in one text message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BriefFigures {
    /// What stands above.
    pub head: Head,
    /// The figures of its daily report.
    pub daily: DailyFigures,
}

impl BriefFigures {
    pub(super) fn of<E>(asked: &ReportAsked<'_>, days_of: &mut DaysOf<'_, E>) -> Result<Self, E> {
        let daily = DailyFigures::of(asked, days_of)?;
        Ok(Self { head: daily.head.clone(), daily })
    }
}

impl DateWords {
    pub(super) fn of(day: Day) -> Self {
        const WEEKDAYS: [&str; 7] =
            ["星期四", "星期五", "星期六", "星期日", "星期一", "星期二", "星期三"];
        let (year, month, date) = day.date();
        let since_1970 = usize::try_from(day.number().rem_euclid(7)).unwrap_or(0);
        Self {
            date: day.to_string(),
            zh: format!("{year}年{month}月{date}日"),
            short_zh: format!("{month}月{date}日"),
            weekday_zh: WEEKDAYS[since_1970],
        }
    }
}

impl HealthWords {
    pub(super) fn of(class: &Class) -> Self {
        Self { effect_zh: class.health, advice_zh: class.advice }
    }
}

impl DailyFigures {
    pub(super) fn of<E>(asked: &ReportAsked<'_>, days_of: &mut DaysOf<'_, E>) -> Result<Self, E> {
        let (day, member) = (asked.span.to, asked.member);
        let days = asked.days(&[member], asked.span, days_of)?;
        let days: Vec<_> = days.into_iter().flatten().collect();
        let entity = asked.registry.name_of(member);
        let subject = asked.subject(member, &entity);
        let figures = days.first().cloned().unwrap_or_else(|| asked.nothing_on(day));
        let city = DayLine::of(&figures, &subject);
        let before = asked.lines(&[member], day.plus(-1), days_of)?.pop();
        let refused = asked.refuses_day_before(&figures, days_of)?;
        let stations = asked.lines(&asked.stations(day), day, days_of)?;
        let to_date = Span::to_date(day).unwrap_or(asked.span);
        let month = Span::days(Day::of(day.date().0, day.date().1, 1).unwrap_or(day), day);
        let class = figures.index.category();
        let class = class.map(|c| asked.judged_by.index_edition(day).class(c));
        let (targets, targets_reason_zh) = asked.plan(days_of)?;
        let by_day = (RankBy::Aqi, asked.span);
        let ranks = [by_day, (RankBy::Composite, to_date)];
        Ok(Self {
            head: asked.head(&days),
            date: DateWords::of(day),
            indicators: IndicatorLine::all(&figures, &subject),
            health: class.map(HealthWords::of),
            aqi_change_zh: before
                .as_ref()
                .filter(|_| refused.is_none())
                .and_then(|before| change(before.aqi?, city.aqi?)),
            aqi_change_refused_zh: refused,
            day_before: before,
            sets: asked.lines(&asked.sets_inside(), day, days_of)?,
            highest: stations
                .iter()
                .rev()
                .max_by_key(|s| s.aqi)
                .filter(|s| s.aqi.is_some())
                .cloned(),
            stations,
            month: asked.account(member, month.unwrap_or(asked.span), days_of)?,
            year: asked.account(member, to_date, days_of)?,
            targets,
            targets_reason_zh,
            ranks: asked.ranks(&ranks, days_of)?,
            city,
        })
    }
}

fn change(before: u16, now: u16) -> Option<String> {
    Some(match now.cmp(&before) {
        Ordering::Greater => format!("上升{}", now - before),
        Ordering::Less => format!("下降{}", before - now),
        Ordering::Equal => "持平".to_owned(),
    })
}

impl ReportAsked<'_> {
    /// Why a day is not held against the one before: as with periods, both sides must be judged alike.
    fn refuses_day_before<E>(
        &self,
        figures: &DayFigures,
        days_of: &mut DaysOf<'_, E>,
    ) -> Result<Option<&'static str>, E> {
        let (day, before) = (figures.day, figures.day.plus(-1));
        let document = |day| self.judged_by.index_edition(day).document();
        if document(day) != document(before) {
            return Ok(Some("两日评价标准不同"));
        }
        let span = Span::days(before, before).unwrap_or(self.span);
        let held = self.days(&[self.member], span, days_of)?.into_iter().flatten().next();
        let differs = held.is_some_and(|held| {
            let with_data = held.means.stations_valid > 0 && figures.means.stations_valid > 0;
            with_data && held.is_reviewed() != figures.is_reviewed()
        });
        Ok(differs.then_some("两日数据口径不同（审核与实况）"))
    }

    /// The stations on which the entity rests on a day.
    pub(super) fn stations(&self, day: Day) -> Vec<Member> {
        match self.member {
            Member::Set(set) => self.registry.sets[set].on(day).map(Member::Station).collect(),
            Member::Station(_) => Vec::new(),
        }
    }

    /// The named sets, where the paper is of the whole area.
    pub(super) fn sets_inside(&self) -> Vec<Member> {
        match self.member {
            Member::Set(0) => (1..self.registry.sets.len()).map(Member::Set).collect(),
            _ => Vec::new(),
        }
    }
}
