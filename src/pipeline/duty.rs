//! The monitoring room: acts of persons as inputs, and what time brings.
//!
//! In: [`DutyInput`]s, the time, published hours, the state of warnings. Out: records ([`DutyRecord`]) in the
//! batch; the state follows from them.
//!
//! Invariants: what falls due is recorded at its own time, as publishing is; what was done is looked for once
//! a batch, after figures and warnings are settled. Reference cities have no room.
//!
//! Source: issue 6, Build 2 to 4; [`crate::duty`].

use std::collections::BTreeMap;
use std::sync::Arc;

use super::batch::Batch;
use super::{Pipeline, SetHour};
use crate::duty::{Duty, DutyAct, DutyBody, DutyRecord, DutyRefusal, DutyRules, Facts};
use crate::time::{Hour, Instant};
use crate::warning::Warnings;

/// An act of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DutyInput<'a> {
    /// Who.
    pub person: &'a str,
    /// What.
    pub act: &'a DutyAct,
}

/// The room of an area, and what this batch adds.
#[derive(Clone, Debug, Default)]
pub(super) struct Desk {
    pub(super) state: Arc<Duty>,
    fresh: Vec<DutyRecord>,
}

impl Desk {
    /// From all records of an area, in their order.
    pub(super) fn rebuilt(records: &[DutyRecord]) -> Self {
        let mut state = Duty::default();
        records.iter().for_each(|record| state.take(record));
        Self { state: Arc::new(state), fresh: Vec::new() }
    }

    fn note(&mut self, at: Instant, person: Option<&str>, bodies: Vec<DutyBody>) {
        for body in bodies {
            let number = self.state.last + 1;
            let record = DutyRecord { number, at, person: person.map(str::to_owned), body };
            Arc::make_mut(&mut self.state).take(&record);
            self.fresh.push(record);
        }
    }
}

/// Whether a published hour has an AQI of the city.
fn has_aqi(published: &BTreeMap<Hour, Vec<SetHour>>, hour: Hour) -> bool {
    let city = published.get(&hour).and_then(|sets| sets.first());
    city.is_some_and(|set| set.figures.index.aqi.is_some())
}

/// What an area's rows come to, for the room.
fn facts<T>(
    area: &str,
    (published, warnings): (&BTreeMap<Hour, Vec<SetHour>>, &Warnings),
    state: &Duty,
    look: impl FnOnce(&Facts<'_>) -> T,
) -> T {
    let newest = published.keys().rev().find(|hour| has_aqi(published, **hour)).copied();
    let has_aqi = |hour| has_aqi(published, hour);
    look(&Facts { area, papers: &state.papers, warnings, newest, has_aqi: &has_aqi })
}

impl Pipeline {
    /// What the room goes by, where there is one.
    fn duty_rules(&self) -> Option<&DutyRules> {
        self.params.duty.as_ref().filter(|_| !self.registry.is_reference())
    }

    /// When time alone brings something.
    pub(super) fn duty_due(&self) -> Option<Instant> {
        self.desk.state.times.next_deadline(self.duty_rules()?, self.now?)
    }

    /// Does what is due at `now`.
    pub(super) fn tick_duty(&mut self, now: Instant) {
        let Some(rules) = self.duty_rules() else { return };
        let state = &self.desk.state;
        let seen = (&self.published, &*self.warner.state);
        let bodies = facts(self.registry.area.as_str(), seen, state, |facts| {
            state.times.tick(rules, facts, now)
        });
        self.desk.note(now, None, bodies);
    }

    /// Takes a person's act; what came of it stands in the batch.
    pub(super) fn take_duty(&mut self, asked: &DutyInput<'_>, out: &mut Batch) {
        let now = self.now.unwrap_or_default();
        let DutyInput { person, act } = *asked;
        let done = match self.duty_rules() {
            None => Err(DutyRefusal::NoDuties),
            Some(rules) => {
                let by = (rules, &*self.warner.state);
                self.desk.state.decide((person, act), by, now)
            }
        };
        out.duty_acted.push(done.map(|body| {
            self.desk.note(now, Some(person), vec![body]);
            self.desk.state.last
        }));
    }

    /// Looks for what was done since, and hands the records over.
    pub(super) fn settle_duty(&mut self, out: &mut Batch) {
        if let (Some(now), Some(rules)) = (self.now, self.duty_rules()) {
            let state = &self.desk.state;
            let seen = (&self.published, &*self.warner.state);
            let bodies = facts(self.registry.area.as_str(), seen, state, |facts| {
                state.times.settle(rules, facts, now)
            });
            self.desk.note(now, None, bodies);
        }
        out.duty.append(&mut self.desk.fresh);
    }
}
