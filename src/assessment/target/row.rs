//! A target with its standing and outlook as people and programs read it.
//!
//! In: [`Target`], [`Standing`], [`Outlook`]. Out: a [`TargetRow`], whose names are those of the JSON, and
//! one sentence.
//!
//! Invariants: `value`, `now`, `rest_mean_max` and the ends are in `unit`, ratios 0 to 1, rounded once;
//! `…_text` is what people read. A null has its reason beside it.

use serde::Serialize;
use utoipa::ToSchema;

use super::outlook::Resampling;
use super::{Goal, Outlook, Standing, Target, TargetIndicator, Verdict};
use crate::area::Judge;
use crate::assessment::{DayFigures, DustColumn, Exact};
use crate::explanation::Decimal;
use crate::quantity::decimal;
use crate::time::Day;

/// Decimals of exact figures.
const EXACT: u32 = 6;

/// One target of a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TargetRow {
    /// The year for which it holds.
    pub year: i32,
    /// `good_day_ratio`, `pm2_5_mean`, …: the name of the assessment's figure.
    pub indicator: &'static str,
    /// The same as people write it.
    pub indicator_zh: String,
    /// `1`, `day`, `ug_m3` or `mg_m3`.
    pub unit: &'static str,
    /// The value; null where the plan has words only.
    pub value: Option<Decimal>,
    /// The value or the words, as the plan writes them.
    pub value_text: String,
    /// `at_least` or `at_most`.
    pub comparison: &'static str,
    /// The area, `area/set`, or a station's code.
    pub entity: String,
    /// The district that answers for it; empty for the city itself.
    pub district: String,
    /// `in_force`, `2012` or `2026`: by which edition its days are judged.
    pub edition: &'static str,
    /// `realtime`, `reviewed` or `best`.
    pub dataset: &'static str,
    /// `measured`, `dust_recognised`, `dust_reported` or `official`.
    pub dust: &'static str,
    /// Where it stands.
    pub document: String,
    /// Of the official column: where the figure stands that was entered.
    pub official_document: Option<String>,
    /// The last day of that figure.
    pub official_until: Option<String>,
    /// The last finished day.
    pub until: String,
    /// Calendar days after it.
    pub days_left: u32,
    /// The figure so far, with six decimals.
    pub now: Option<Decimal>,
    /// The figure as it is published, with its unit.
    pub now_text: Option<String>,
    /// Days on which it rests.
    pub denominator: u32,
    /// Of the calendar days so far; null before the first of them has passed.
    pub coverage: Option<Decimal>,
    /// `met` or `lost` for certain, or `open`.
    pub met: Option<&'static str>,
    /// Why `met` is null.
    pub met_reason: Option<&'static str>,
    /// Bad days (not good; of heavy days, heavy) that the rest can have at most, if all its days are valid.
    pub days_can_afford: Option<u32>,
    /// The largest mean that the rest can have, rounded down, if all its days are valid.
    pub rest_mean_max: Option<Decimal>,
    /// The day since which it is met or lost for certain.
    pub decided_on: Option<String>,
    /// The first day on which it can be met for certain, if every day until then is good.
    pub earliest_met_on: Option<String>,
    /// The first day on which it can be lost for certain, if every day until then is bad.
    pub earliest_lost_on: Option<String>,
    /// By past years' days, one year in ten ends better.
    pub best: Option<Decimal>,
    /// The median end.
    pub typical: Option<Decimal>,
    /// One in ten ends worse.
    pub worst: Option<Decimal>,
    /// Why there are no ends.
    pub ends_reason: Option<&'static str>,
    /// Past years that were drawn from.
    pub past_years: Vec<i32>,
    /// Probability of meeting the target, 0 to 1.
    pub probability: Option<Decimal>,
    /// Why there is none.
    pub probability_reason: Option<&'static str>,
    /// All of it in one sentence.
    pub sentence_zh: String,
}

impl TargetRow {
    /// The row of a target from its year's days until a finished one, and from days of past years, judged
    /// as [`Target::judges`] says.
    #[must_use]
    pub fn of(
        target: &Target,
        (days, past): (&[DayFigures], &[DayFigures]),
        until: Day,
        judge: Judge<'_>,
        by: &Resampling,
    ) -> Self {
        let standing = Standing::of(target, days, until, judge);
        let outlook = Outlook::of(target, &standing, (days, past), judge, by);
        Self::new(target, &standing, &outlook)
    }

    /// The row of a target.
    #[must_use]
    pub fn new(target: &Target, standing: &Standing, outlook: &Outlook) -> Self {
        let indicator = target.indicator;
        let exact = |figure: &Exact| Decimal::written(figure.show(indicator.scale(), EXACT));
        let shown = |figure: &Exact| Decimal::written(target.in_json(figure));
        let ends = outlook.ends.as_ref().ok();
        let percent = outlook.probability_percent.ok().map(i64::from);
        let text = |day: Option<Day>| day.map(|day| day.to_string());
        let covered = Exact::ratio(standing.denominator, standing.days_total);
        Self {
            days_left: standing.days_left,
            now: standing.now.as_ref().map(exact),
            now_text: standing.now.as_ref().map(|figure| target.text(figure)),
            denominator: standing.denominator,
            coverage: covered.map(|share| Decimal::written(share.show(0, EXACT))),
            met: standing.verdict.code(),
            met_reason: standing.verdict.reason(),
            days_can_afford: standing.days_can_afford,
            rest_mean_max: standing.rest_mean_max_shown.clone().map(Decimal::written),
            decided_on: text(standing.decided_on),
            earliest_met_on: text(standing.earliest_met_on),
            earliest_lost_on: text(standing.earliest_lost_on),
            best: ends.map(|ends| shown(&ends.best)),
            typical: ends.map(|ends| shown(&ends.typical)),
            worst: ends.map(|ends| shown(&ends.worst)),
            ends_reason: outlook.ends.as_ref().err().map(|reason| reason.code()),
            past_years: outlook.years.clone(),
            probability: percent.map(|p| Decimal::written(decimal(p, 2, 2))),
            probability_reason: outlook.probability_percent.err().map(|reason| reason.code()),
            sentence_zh: sentence(target, standing, outlook),
            ..Self::named(target, standing.until)
        }
    }

    /// What is asked for, without any figure yet.
    pub(super) fn named(target: &Target, until: Day) -> Self {
        let indicator = target.indicator;
        let left = target.span().1.number() - until.number();
        Self {
            year: target.year,
            indicator: indicator.code(),
            indicator_zh: indicator.zh(),
            unit: indicator.unit(),
            value: target.value_in_json().map(Decimal::written),
            value_text: target.value_text(),
            comparison: indicator.direction().code(),
            entity: target.entity.clone(),
            district: target.district.clone(),
            edition: target.judged_by.name(),
            dataset: target.dataset.name(),
            dust: target.dust.code(),
            document: target.document.clone(),
            official_document: None,
            official_until: None,
            until: until.to_string(),
            days_left: u32::try_from(left).unwrap_or(0),
            now: None,
            now_text: None,
            denominator: 0,
            coverage: None,
            met: None,
            met_reason: None,
            days_can_afford: None,
            rest_mean_max: None,
            decided_on: None,
            earliest_met_on: None,
            earliest_lost_on: None,
            best: None,
            typical: None,
            worst: None,
            ends_reason: None,
            past_years: Vec::new(),
            probability: None,
            probability_reason: None,
            sentence_zh: String::new(),
        }
    }
}

impl Target {
    fn value_in_json(&self) -> Option<String> {
        let Goal::Number(value) = self.goal else { return None };
        let scale = value.decimals + if self.indicator.is_ratio() { 2 } else { 0 };
        Some(decimal(value.digits.into(), scale, scale))
    }

    /// A figure as it is published, in the unit of JSON.
    fn in_json(&self, figure: &Exact) -> String {
        let finer = if self.indicator.is_ratio() { 2 } else { 0 };
        figure.show(self.indicator.scale(), self.decimals() + finer)
    }

    /// What a bad day is called.
    const fn bad_day_zh(&self) -> &'static str {
        match self.indicator {
            TargetIndicator::DaysHeavy | TargetIndicator::HeavyDayRatio => "重度及以上污染天",
            _ => "非优良天",
        }
    }
}

/// `10月31日`.
pub(super) fn date_zh(day: Day) -> String {
    let (_, month, of_month) = day.date();
    format!("{month}月{of_month}日")
}

fn sentence(target: &Target, standing: &Standing, outlook: &Outlook) -> String {
    let (name, value) = (target.indicator.zh(), target.value_text());
    let column = match target.dust {
        DustColumn::Measured => String::new(),
        column => format!("，按{}", column.zh()),
    };
    let head = format!("{}{name}目标{value}{column}：", target.district);
    let over = standing.days_left == 0;
    let when =
        if over { "全年".to_owned() } else { format!("截至{}", date_zh(standing.until)) };
    let now = match &standing.now {
        _ if standing.days_total == 0 => "本年度尚无已结束的日".to_owned(),
        None => format!("{when}无有效日"),
        Some(figure) => format!("{when}为{}{}", target.text(figure), basis(target, standing)),
    };
    let parts = [Some(now), gap(standing), tail(target, standing), chance(standing, outlook)];
    head + &parts.into_iter().flatten().collect::<Vec<_>>().join("，")
}

/// On how many days a figure rests.
fn basis(target: &Target, standing: &Standing) -> String {
    let days = standing.denominator;
    match standing.counted {
        Some(counted) if target.indicator.is_ratio() => format!("（{counted}/{days}）"),
        _ => format!("（有效{days}天）"),
    }
}

/// The data capture, where it is not whole.
fn gap(standing: &Standing) -> Option<String> {
    let missing = standing.now.is_some() && standing.denominator < standing.days_total;
    let share = Exact::ratio(standing.denominator, standing.days_total).filter(|_| missing)?;
    let percent = share.times(100).floor((0, 1), true);
    Some(format!("数据有效率{}%", percent.show(0, 1)))
}

fn tail(target: &Target, standing: &Standing) -> Option<String> {
    let since = || standing.decided_on.map(date_zh).unwrap_or_default();
    match standing.verdict {
        Verdict::Met if standing.days_left == 0 => Some("完成目标".to_owned()),
        Verdict::Lost if standing.days_left == 0 => Some("未完成目标".to_owned()),
        Verdict::Met => Some(format!("自{}起已确定完成", since())),
        Verdict::Lost => Some(format!("自{}起已确定无法完成", since())),
        Verdict::NoFigure => Some("无法判定".to_owned()),
        Verdict::NoNumber => Some("文件未给出数值，不作判定".to_owned()),
        Verdict::Open => {
            let days = standing
                .days_can_afford
                .map(|days| format!("全年还可有{days}个{}", target.bad_day_zh()));
            let mean = || {
                let most = standing.rest_mean_max_shown.as_ref()?;
                let unit = target.indicator.unit_zh();
                Some(format!("后{}天均值须≤{most}{unit}", standing.days_left))
            };
            days.or_else(mean)
        }
    }
}

fn chance(standing: &Standing, outlook: &Outlook) -> Option<String> {
    let percent = outlook.probability_percent.ok().filter(|_| standing.verdict == Verdict::Open)?;
    Some(format!("按往年同期测算完成可能性约{percent}%"))
}
