//! The course of a response as papers tell it: which level held when, what districts reported, how far tasks
//! have come.
//!
//! In: records of issues, district reports and task steps. Out: [`LevelLine`]s, [`DistrictLine`]s with their
//! sums, and [`TaskLine`]s.
//!
//! Invariants: a level holds from `effective_from` of its issue to that of the next; of several reports of a
//! district and day the last one holds, and the first one says whether it was late; an unreported district is
//! one, and no row of zeros.
//!
//! Source: terms.md (应对日报: districts by 13:00, 14:00); issue 5, Build 5.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::record::full_moment;
use super::sources::{RecordsWanted, Sources};
use crate::measures::{Dispatch, WHOLE_CITY};
use crate::time::{Day, Instant};
use crate::warning::{Body, Count, Counts, Issue, Record, Step, Target, moment_zh};

/// A level and how long it held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LevelLine {
    /// 黄色.
    pub level_zh: &'static str,
    /// Ⅲ级.
    pub response_zh: &'static str,
    /// From when: `2026年11月24日18时`.
    pub from_zh: String,
    /// Until when; null while it holds.
    pub until_zh: Option<String>,
    /// The number of the notice.
    pub document: String,
    /// The record of the issue.
    pub record: u64,
}

/// What a district reported of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DistrictLine {
    /// The district.
    pub district: String,
    /// Whether it reported.
    pub reported: bool,
    /// Whether its first report came after it was due; of an unreported one, whether it is overdue.
    pub late: bool,
    /// When it reported first: `11月25日12时40分`; null where it did not.
    pub reported_zh: Option<String>,
    /// By the names of the counts; null where it did not report.
    #[schema(value_type = Option<Object>)]
    pub counts: Option<Counts>,
    /// Who reported, at the district; empty where it did not.
    pub reporter: String,
    /// A remark; empty where there is none.
    pub remark: String,
}

/// What districts reported of a day, with sums.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DistrictsOfDay {
    /// In the order of the list.
    pub districts: Vec<DistrictLine>,
    /// How many districts there are.
    pub due: usize,
    /// How many of them are in the sums.
    pub reported: usize,
    /// By the names of the counts.
    pub sums: BTreeMap<&'static str, u64>,
    /// Those that did not report, joined by 、; empty where all did.
    pub missing_zh: String,
    /// Those that reported after it was due; empty where none did.
    pub late_zh: String,
}

/// How far the task of a receiver has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TaskLine {
    /// The district or department.
    pub receiver: String,
    /// 送达, 签收, 反馈: the last step; null where none is recorded.
    pub step_zh: Option<&'static str>,
    /// When it was taken; null as above.
    pub at_zh: Option<String>,
    /// By whom at the receiver; empty as above.
    pub contact: String,
    /// What came of it; empty before it is reported back.
    pub note: String,
}

/// How far the tasks of an issue have come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TasksDone {
    /// Every receiver of the list: districts, then departments.
    pub tasks: Vec<TaskLine>,
    /// How many there are.
    pub receivers: usize,
    /// To how many it was delivered.
    pub delivered: usize,
    /// How many signed for it.
    pub signed: usize,
    /// How many reported back.
    pub returned: usize,
}

/// A level that was issued, with its end.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) record: u64,
    pub(super) issue: Issue,
    pub(super) until: Option<Instant>,
}

impl Held {
    /// The levels among issues, which come oldest first.
    pub(super) fn of(issues: &[(u64, Issue)]) -> Vec<Self> {
        let next = |at: usize| issues.get(at + 1).map(|(_, issue)| issue.effective_from);
        let levels = issues.iter().enumerate().filter(|(_, (_, i))| i.target != Target::Lift);
        let held = levels.map(|(at, (record, issue))| Self {
            record: *record,
            issue: issue.clone(),
            until: next(at),
        });
        held.collect()
    }

    /// Whether it holds on some hour of a day.
    pub(super) fn on(&self, day: Day) -> bool {
        let (begin, end) = (day.start().start(), day.plus(1).start().start());
        self.issue.effective_from < end && self.until.is_none_or(|until| until > begin)
    }
}

impl From<&Held> for LevelLine {
    fn from(held: &Held) -> Self {
        let Held { record, issue, until } = held;
        let level = issue.target.level();
        Self {
            level_zh: level.map_or("", crate::warning::Level::text_zh),
            response_zh: issue.response.map_or("", crate::warning::Level::response_zh),
            from_zh: full_moment(issue.effective_from),
            until_zh: until.map(full_moment),
            document: issue.document.clone(),
            record: *record,
        }
    }
}

/// Records of some kinds that were made since a moment, the oldest first.
pub(super) fn since<E>(
    kinds: &'static [&'static str],
    (drill, from): (Option<u64>, Instant),
    sources: &mut dyn Sources<Fault = E>,
) -> Result<Vec<Record>, E> {
    let mut wanted = RecordsWanted { kinds, before: None, drill };
    let mut all = Vec::new();
    loop {
        let records = sources.records(&wanted)?;
        let oldest = records.last().map(|record| (record.number, record.at));
        all.extend(records);
        match oldest {
            Some((number, at)) if at >= from => wanted.before = Some(number),
            _ => break,
        }
    }
    all.retain(|record| record.at >= from);
    all.reverse();
    Ok(all)
}

/// The issues among records.
pub(super) fn issues(records: &[Record]) -> Vec<(u64, Issue)> {
    let issue = |record: &Record| match &record.body {
        Body::Issued(issue) => Some((record.number, issue.clone())),
        _ => None,
    };
    records.iter().filter_map(issue).collect()
}

/// When reports of a day are due: at a minute of it; where the response begins later than that, a day later.
pub(super) fn due(day: Day, minute: u16, begins: Instant) -> Instant {
    let due = day.start().start().plus_minutes(minute.into());
    if begins.hour().day() == day && begins >= due { due.plus_minutes(24 * 60) } else { due }
}

impl DistrictsOfDay {
    /// Of the districts of a list on a day, and of any other that reported, as it stands at `now`.
    pub(super) fn of(
        names: &[String],
        (day, due, now): (Day, Instant, Instant),
        records: &[Record],
    ) -> Self {
        let of_day = |record: &Record| match &record.body {
            Body::DistrictDay(of) if of.day == day => Some((record.at, of.clone())),
            _ => None,
        };
        let reports: Vec<_> = records.iter().filter_map(of_day).collect();
        let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
        for (_, of) in &reports {
            if !all.contains(&of.district.as_str()) {
                all.push(&of.district);
            }
        }
        let line = |district: &&str| {
            let own = || reports.iter().filter(|(_, of)| of.district == **district);
            let (first, last) = (own().next().map(|(at, _)| *at), own().next_back());
            DistrictLine {
                district: (*district).to_owned(),
                reported: first.is_some(),
                late: first.unwrap_or(now) > due,
                reported_zh: first.map(moment_zh),
                counts: last.map(|(_, of)| of.counts),
                reporter: last.map(|(_, of)| of.reporter.clone()).unwrap_or_default(),
                remark: last.map(|(_, of)| of.remark.clone()).unwrap_or_default(),
            }
        };
        let districts: Vec<DistrictLine> = all.iter().map(line).collect();
        let named = |is: &dyn Fn(&&DistrictLine) -> bool| {
            let names = districts.iter().filter(is).map(|line| line.district.as_str());
            names.collect::<Vec<_>>().join("、")
        };
        let sum = |count: Count| -> u64 {
            districts.iter().filter_map(|line| Some(u64::from(line.counts?.of(count)))).sum()
        };
        Self {
            due: districts.len(),
            reported: districts.iter().filter(|line| line.reported).count(),
            sums: Count::ALL.map(|count| (count.name(), sum(count))).into(),
            missing_zh: named(&|line| !line.reported),
            late_zh: named(&|line| line.reported && line.late),
            districts,
        }
    }
}

impl TasksDone {
    /// Of a dispatch, by the steps that were taken before `until`.
    pub(super) fn of(tasks: &Dispatch, (issue, until): (u64, Instant), records: &[Record]) -> Self {
        let mut receivers: Vec<&str> = Vec::new();
        let districts = tasks.districts.iter().map(|of| of.district.as_str());
        let departments = tasks.departments.iter().map(|of| of.department.as_str());
        for name in districts.filter(|name| *name != WHOLE_CITY).chain(departments) {
            if !receivers.contains(&name) {
                receivers.push(name);
            }
        }
        let step = |record: &'_ Record| match &record.body {
            Body::TaskStep(of) if of.issue == issue && of.at < until => Some(of.clone()),
            _ => None,
        };
        let steps: Vec<_> = records.iter().filter_map(step).collect();
        let line = |receiver: &&str| {
            let last = steps.iter().rfind(|of| of.receiver == **receiver);
            TaskLine {
                receiver: (*receiver).to_owned(),
                step_zh: last.map(|of| of.step.text_zh()),
                at_zh: last.map(|of| moment_zh(of.at)),
                contact: last.map(|of| of.contact.clone()).unwrap_or_default(),
                note: last
                    .filter(|of| of.step == Step::Returned)
                    .map(|of| of.note.clone())
                    .unwrap_or_default(),
            }
        };
        let taken = |step: Step| {
            let done =
                |name: &&&str| steps.iter().any(|of| of.receiver == ***name && of.step == step);
            receivers.iter().filter(done).count()
        };
        Self {
            receivers: receivers.len(),
            delivered: taken(Step::Delivered),
            signed: taken(Step::Signed),
            returned: taken(Step::Returned),
            tasks: receivers.iter().map(line).collect(),
        }
    }
}
