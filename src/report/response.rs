//! The figures of a day of a response (14时调度日报).
//!
//! In: the day, or an issue, on whose first day it then is. Out: [`ResponseFigures`].
//!
//! Invariants: of air only days that have ended are told, and none in a drill; sums say how many districts
//! are in them.
//!
//! Source: terms.md (应对日报 at 14:00, districts by 13:00).

use serde::Serialize;
use utoipa::ToSchema;

use super::Head;
use super::asked::ReportAsked;
use super::course::{DistrictsOfDay, Held, LevelLine, TasksDone, due, issues, since};
use super::daily::DateWords;
use super::line::DayLine;
use super::record::full_moment;
use super::sources::{Sources, Unmade};
use crate::assessment::Span;
use crate::measures::dispatch;
use crate::time::{Day, Instant};

/// The figures of a day of a response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ResponseFigures {
    /// What stands above.
    pub head: Head,
    /// The day.
    pub day: DateWords,
    /// The warning's number.
    pub warning: u64,
    /// Which levels held on the day, the first first.
    pub levels: Vec<LevelLine>,
    /// Which edition of the list it rests on, in a sentence; null where there is none.
    pub list_zh: Option<String>,
    /// The day, once it has ended; null before, and in a drill.
    pub air_of_day: Option<DayLine>,
    /// The day before; null in a drill.
    pub day_before: Option<DayLine>,
    /// Until when districts report: `2026年11月25日13时`.
    pub due_zh: String,
    /// What districts reported.
    pub of_districts: DistrictsOfDay,
    /// How far the tasks of the last level have come; null without a list.
    pub of_tasks: Option<TasksDone>,
}

impl ResponseFigures {
    pub(super) fn of<E>(
        asked: &ReportAsked<'_>,
        sources: &mut dyn Sources<Fault = E>,
    ) -> Result<Self, Unmade<E>> {
        let (day, drill) = match asked.record {
            Some(_) => {
                let (record, issue) = asked.its_issue(sources)?;
                (issue.effective_from.hour().day(), record.drill)
            }
            None => (asked.span.to, None),
        };
        // Few: a level that was issued long ago may hold on the day.
        let records = since(&["issued"], (drill, Instant::from_millis(0)), sources)?;
        let held = Held::of(&issues(&records));
        let of_day: Vec<&Held> = held.iter().filter(|held| held.on(day)).collect();
        let (Some(first), Some(last)) = (of_day.first(), of_day.last()) else {
            let why = format!("no response is in force on {day}: nothing was issued for it");
            return Err(Unmade::Refused(why));
        };
        let began = held.iter().find(|held| held.issue.warning == first.issue.warning);
        let begins = began.map_or(first.issue.effective_from, |held| held.issue.effective_from);
        let from = (drill, begins.min(first.issue.issued));
        let told = since(&["district_day", "task_step"], from, sources)?;
        let list = asked.list_of(last.issue.list_digest(), sources)?;
        let due = due(day, asked.lists.district_report_due, begins);
        let names = list.as_ref().map(|(edition, _)| edition.districts.clone()).unwrap_or_default();
        let end = day.plus(1).start().start();
        let tasks = list.as_ref().zip(last.issue.response).map(|((edition, _), response)| {
            TasksDone::of(&dispatch(edition, response), (last.record, end), &told)
        });
        let (head, mut air) = asked.air_of_response(day, drill, sources)?;
        Ok(Self {
            head,
            day: DateWords::of(day),
            warning: last.issue.warning,
            levels: of_day.iter().map(|held| LevelLine::from(*held)).collect(),
            list_zh: list.map(|(_, list_zh)| list_zh),
            air_of_day: air.pop().flatten(),
            day_before: air.pop().flatten(),
            due_zh: full_moment(due),
            of_districts: DistrictsOfDay::of(&names, (day, due, asked.made.at), &told),
            of_tasks: tasks,
        })
    }
}

impl ReportAsked<'_> {
    /// The day before a day and the day itself, where they have ended, with the head of their paper.
    fn air_of_response<E>(
        &self,
        day: Day,
        drill: Option<u64>,
        sources: &mut dyn Sources<Fault = E>,
    ) -> Result<(Head, Vec<Option<DayLine>>), E> {
        let plain = self.head_of_records(Span::day(day), drill.is_some());
        let ended = self.made.at.hour().day().plus(-1);
        let span = Span::days(day.plus(-1), day).and_then(|span| span.until(ended));
        let Some(span) = span.filter(|_| drill.is_none()) else { return Ok((plain, Vec::new())) };
        let of = ReportAsked { span, ..*self };
        let held = of.days(&[self.member], span, &mut |wanted| sources.days(wanted))?;
        let held: Vec<_> = held.into_iter().flatten().collect();
        let mut lines: Vec<Option<DayLine>> = of.every_day(&held).into_iter().map(Some).collect();
        lines.resize(2, None);
        let head =
            Head { from: plain.from, to: plain.to, period_zh: plain.period_zh, ..of.head(&held) };
        Ok((head, lines))
    }
}
