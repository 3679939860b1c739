//! What the checks find in the hours that a view shows.
//!
//! In: the cells in memory. Out: hour by hour what is suspect, or does not count, of every station, found
//! when somebody looks.
//!
//! Invariants: what was found in an hour holds for every view until one of the hours that it rests on changes
//! (its own and the 23 before it), so a view says what checking everything anew would say. An hour of which
//! not all of these are in memory is not there; those that are there follow each other up to the newest.
//!
//! Why when somebody looks: to check 72 hours of two thousand stations takes half a second, which the
//! pipeline has not, and views follow each other ten times a second.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::view::VIEW_H;
use super::{AreaView, Pipeline};
use crate::quality::{Cells, Checks, Finding};
use crate::time::{DAY_H, Hour};

/// What is found in one hour, with the station's index in the registry, ascending; empty until asked for.
#[derive(Debug, Default)]
pub struct HourFound(OnceLock<Box<[(usize, Finding)]>>);

impl HourFound {
    pub(super) fn get(
        &self,
        (checks, cells): (&Checks, &impl Cells),
        hour: Hour,
    ) -> &[(usize, Finding)] {
        self.0.get_or_init(|| {
            let by_station = checks.findings(cells, hour).into_iter().enumerate();
            by_station.flat_map(|(at, all)| all.into_iter().map(move |found| (at, found))).collect()
        })
    }
}

/// The hours that the last view shows.
#[derive(Debug, Default)]
pub(super) struct Found(BTreeMap<Hour, Arc<HourFound>>);

impl Found {
    /// Takes note that cells of the hours `from` to `to` changed, or came into memory.
    pub(super) fn touch(&mut self, (from, to): (Hour, Hour)) {
        // Nearly every observation is of an hour that no view shows yet.
        if self.0.last_key_value().is_none_or(|(last, _)| *last < from) {
            return;
        }
        let beyond = to.plus(i32::try_from(DAY_H).unwrap_or(i32::MAX));
        self.0.retain(|at, _| *at < from || *at >= beyond);
    }
}

impl Pipeline {
    /// Lets the next views share what is found in the hours that did not change between them.
    pub fn prepare_view(&mut self) {
        self.found.0 = self.newest_published().map(|at| self.found(at)).unwrap_or_default();
    }

    /// The hours of a view whose last one is `newest`.
    pub(super) fn found(&self, newest: Hour) -> BTreeMap<Hour, Arc<HourFound>> {
        let whole = self.days.open_from().hour(DAY_H - 1);
        let first = newest.plus(1 - VIEW_H).max(whole);
        let is_known = |hour: &Hour| {
            let day = hour.day();
            self.days.is_known(day) && self.days.is_known(day.plus(-1))
        };
        let hours = (first.number()..=newest.number()).rev().map(Hour::from_number);
        let held = |hour| (hour, self.found.0.get(&hour).map(Arc::clone).unwrap_or_default());
        hours.take_while(is_known).map(held).collect()
    }
}

impl AreaView {
    /// What is found, of the stations in operation, in the hours held from `from` to `to`, in their order.
    /// Whoever asks first checks, so it may take long.
    pub fn found(&self, (from, to): (Hour, Hour)) -> impl Iterator<Item = (Hour, usize, &Finding)> {
        // A range that ends before it begins has no hour, and panics a map.
        let hours = (from <= to).then(|| self.found.range(from..=to)).into_iter().flatten();
        let all = hours.flat_map(|(hour, found)| {
            let found = found.get((&self.checks, &*self.days), *hour);
            found.iter().map(|(station, finding)| (*hour, *station, finding))
        });
        all.filter(|(hour, at, _)| {
            let station = self.registry.stations.get(*at);
            station.is_some_and(|station| station.valid.holds(hour.day()))
        })
    }
}
