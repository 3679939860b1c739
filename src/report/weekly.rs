//! The figures of a weekly report (空气质量周报).
//!
//! In: the days of a week, as far as it has ended, of the year before, of the same days of the week before,
//! and since 1 January. Out: [`WeeklyFigures`].
//!
//! Source: terms.md (同比, 环比, 累计); HJ 633, by the edition of each day.

use serde::Serialize;
use utoipa::ToSchema;

use super::Head;
use super::account::{Account, PlanLine};
use super::asked::{DaysOf, ReportAsked};
use super::daily::DateWords;
use super::line::DayLine;
use super::monthly::to_date;
use crate::assessment::{DayFigures, JudgedBy, Span};
use crate::time::Day;

/// The figures of a week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WeeklyFigures {
    /// What stands above.
    pub head: Head,
    /// Whether its Sunday has ended.
    pub over: bool,
    /// `自2026年3月1日起按HJ 633—2026评价，此前各日按HJ 633—2012评价`; null in all weeks but such a one.
    pub edition_change_zh: Option<String>,
    /// The week.
    pub week: Account,
    /// The days since 1 January.
    pub year: Account,
    /// Each day of the week, with its own weekday.
    pub days: Vec<WeekDay>,
    /// The day with the highest AQI, the first of them; null where none has one.
    pub highest: Option<WeekDay>,
    /// The named sets inside the area; empty where the paper is of one of them.
    pub sets: Vec<Account>,
    /// The stations of the entity.
    pub stations: Vec<Account>,
    /// Where the year stands against the plan.
    pub targets: Vec<PlanLine>,
    /// Why there is none: 未录入本年度目标.
    pub targets_reason_zh: Option<&'static str>,
}

/// A day of a week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WeekDay {
    /// The day.
    pub day: DateWords,
    /// Its figures.
    #[serde(flatten)]
    pub line: DayLine,
}

impl WeeklyFigures {
    pub(super) fn of<E>(asked: &ReportAsked<'_>, days_of: &mut DaysOf<'_, E>) -> Result<Self, E> {
        let (span, member) = (asked.span, asked.member);
        let held = asked.days(&[member], span, days_of)?;
        let held: Vec<DayFigures> = held.into_iter().flatten().collect();
        let every = (span.from.number()..).map(Day::from_number).zip(asked.every_day(&held));
        let days: Vec<WeekDay> =
            every.map(|(day, line)| WeekDay { day: DateWords::of(day), line }).collect();
        let highest = days.iter().rev().max_by_key(|day| day.line.aqi);
        let (targets, targets_reason_zh) = asked.plan(days_of)?;
        Ok(Self {
            head: asked.head(&held),
            over: span == Span::week(span.from),
            edition_change_zh: edition_change(asked.judged_by, span),
            week: asked.account(member, span, days_of)?,
            year: asked.account(member, to_date(span), days_of)?,
            highest: highest.filter(|day| day.line.aqi.is_some()).cloned(),
            days,
            sets: asked.accounts(asked.sets_inside(), span, days_of)?,
            stations: asked.accounts(asked.stations(span.to), span, days_of)?,
            targets,
            targets_reason_zh,
        })
    }
}

/// From which day on the days of a week are judged by another edition.
fn edition_change(by: JudgedBy, span: Span) -> Option<String> {
    let document = |day: Day| by.index_edition(day).document();
    let mut days = (span.from.number()..=span.to.number()).map(Day::from_number);
    let first = days.find(|day| document(*day) != document(span.from))?;
    let (from, new, old) = (DateWords::of(first).zh, document(first), document(span.from));
    Some(format!("自{from}起按{new}评价，此前各日按{old}评价"))
}
