//! Which hours a response covers and which come before it, and what meters counted in them.
//!
//! In: records of warnings, and readings. Out: [`Response`]s, the counting and the ordinary hours, energy by
//! meter and hour. Invariants: an hour belongs to a level only when it lies whole under it; an hour of a
//! meter is whole or not there. Source: see [`super`].

use std::collections::BTreeMap;

use serde::Serialize;

use super::{EvidenceAsked, MeterReading};
use crate::time::{Hour, Instant};
use crate::warning::{Body, Issue, Level, Record};

/// A level of response, and how long it was in effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Response {
    /// The warning.
    pub warning: u64,
    /// 响应级别.
    pub level: Level,
    /// From when.
    pub from: Instant,
    /// Until when; `None` while it is in effect.
    pub until: Option<Instant>,
    /// The digest of the list that its issue names.
    #[serde(skip)]
    pub list: Option<String>,
}

/// The responses that follow from an area's records, which come in their order. A drill stops no plant.
#[must_use]
pub fn responses(records: &[Record]) -> Vec<Response> {
    let mut issues: BTreeMap<u64, &Issue> = BTreeMap::new();
    let mut all: Vec<Response> = Vec::new();
    for record in records.iter().filter(|record| record.drill.is_none()) {
        match &record.body {
            Body::Issued(issue) => {
                issues.insert(record.number, issue);
            }
            Body::TookEffect { issue } => {
                let Some(issue) = issues.get(issue) else { continue };
                let from = issue.effective_from;
                if let Some(last) = all.last_mut() {
                    last.until.get_or_insert(from);
                }
                if let Some(level) = issue.response.or_else(|| issue.target.level()) {
                    let (warning, list) = (issue.warning, issue.list_digest());
                    let list = list.map(str::to_owned);
                    all.push(Response { warning, level, from, until: None, list });
                }
            }
            _ => {}
        }
    }
    all
}

impl EvidenceAsked<'_> {
    pub(super) fn own(&self) -> impl Iterator<Item = &Response> {
        self.responses.iter().filter(|response| response.warning == self.warning)
    }

    /// The first hour that begins when the first level is in effect; `None` before one took effect.
    fn begins(&self) -> Option<Hour> {
        let from = self.own().map(|response| response.from).min()?;
        let hour = from.hour();
        Some(if hour.start() < from { hour.plus(1) } else { hour })
    }

    /// The hours of the baseline: the first one, and the first one after them.
    pub(super) fn baseline(&self) -> Option<(Hour, Hour)> {
        let end = self.own().map(|response| response.from).min()?.hour();
        Some((end.plus(-24 * i32::from(self.params.baseline_days)), end))
    }

    /// The first hour that is not over, or after the response.
    fn ends(&self) -> Hour {
        let last = self.own().map(|response| response.until);
        let until = last.collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max());
        until.map_or(self.now, |until| until.min(self.now)).hour()
    }

    /// The time of which readings are needed; `None` before a level took effect.
    #[must_use]
    pub fn span(&self) -> Option<(Instant, Instant)> {
        let (from, end) = self.baseline()?;
        Some((from.start(), self.ends().max(end).start()))
    }

    /// The hours under a level of the warning that are over, and whether each is beyond the first ones.
    pub(super) fn hours(&self) -> Vec<(Hour, Level, bool)> {
        let Some(first) = self.begins() else { return Vec::new() };
        let of = |number| {
            let hour = Hour::from_number(number);
            let holds = |response: &&Response| {
                response.from <= hour.start()
                    && response.until.is_none_or(|until| hour.end() <= until)
            };
            let response = self.own().find(holds)?;
            let grace = 60 * i64::from(self.params.grace_hours);
            let counts = hour.start() >= response.from.plus_minutes(grace);
            Some((hour, response.level, counts))
        };
        (first.number()..self.ends().number()).filter_map(of).collect()
    }

    /// The hours before the response in which nothing was ordered.
    pub(super) fn ordinary_hours(&self) -> Vec<Hour> {
        let Some((from, end)) = self.baseline() else { return Vec::new() };
        let touched = |hour: Hour| {
            self.responses.iter().any(|response| {
                response.from < hour.end()
                    && response.until.is_none_or(|until| hour.start() < until)
            })
        };
        let all = (from.number()..end.number()).map(Hour::from_number);
        all.filter(|hour| !touched(*hour)).collect()
    }
}

/// Saturday and Sunday are other days than Monday to Friday; 1 January 1970 was a Thursday.
pub(super) fn is_weekend(hour: Hour) -> bool {
    (hour.day().number() + 3).rem_euclid(7) >= 5
}

/// What one meter counted in an hour, in whole or in parts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parts {
    /// By hours, half hours and quarters: the sum, and how many of them.
    sums: [(i64, u8); 3],
    pub(super) conflict: bool,
}

impl Parts {
    /// The hour by its longest intervals that are complete.
    pub(super) fn hour(&self) -> Option<i64> {
        let whole = self.sums.iter().zip([1, 2, 4]).find(|((_, n), needed)| n == needed);
        whole.map(|((sum, _), _)| *sum)
    }
}

/// What each meter counted, by hour.
pub(super) struct Counted(Vec<BTreeMap<Hour, Parts>>);

impl Counted {
    pub(super) fn of(readings: &[MeterReading], meters: usize) -> Self {
        let mut all = vec![BTreeMap::<Hour, Parts>::new(); meters];
        for reading in readings {
            let at = match reading.period.minutes() {
                60 => 0,
                30 => 1,
                15 => 2,
                _ => continue,
            };
            let Some(of_meter) = all.get_mut(reading.meter) else { continue };
            let parts = of_meter.entry(reading.start.hour()).or_default();
            parts.sums[at].0 += reading.wh;
            parts.sums[at].1 += 1;
            parts.conflict |= reading.conflict;
        }
        Self(all)
    }

    pub(super) fn parts(&self, meter: usize, hour: Hour) -> Option<&Parts> {
        self.0.get(meter)?.get(&hour)
    }

    /// What some meters counted together; `None` where one of them has not all of the hour.
    pub(super) fn together(&self, meters: &[usize], hour: Hour) -> Option<i64> {
        meters.iter().map(|meter| self.parts(*meter, hour)?.hour()).sum()
    }
}
