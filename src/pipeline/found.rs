//! What the checks find in the hours that a view shows.
//!
//! In: the cells in memory. Out: hour by hour what is suspect, or does not count, of every station.
//!
//! Invariants: what is kept of an hour goes as soon as one of the hours that it rests on changes (its own and
//! the 23 before it), so a view says what checking everything anew would say. An hour of which not all of
//! these are in memory is not there.
//!
//! Why kept: to check 72 hours of two thousand stations takes half a second, and a view is made every second.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::view::VIEW_H;
use super::{AreaView, Pipeline};
use crate::quality::Finding;
use crate::time::{DAY_H, Hour};

/// What is found in one hour, with the station's index in the registry, ascending.
pub type HourFound = Arc<[(usize, Finding)]>;

/// What was found before and still holds.
#[derive(Debug, Default)]
pub(super) struct Found(BTreeMap<Hour, HourFound>);

impl Found {
    /// Takes note that a cell of an hour changed.
    pub(super) fn touch(&mut self, hour: Hour) {
        // Nearly every observation is of an hour that no view shows yet.
        if self.0.last_key_value().is_none_or(|(last, _)| *last < hour) {
            return;
        }
        let beyond = hour.plus(i32::try_from(DAY_H).unwrap_or(i32::MAX));
        self.0.retain(|at, _| *at < hour || *at >= beyond);
    }

    /// Takes note that cells of closed days came into memory.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Pipeline {
    /// Checks the hours that a view shows, as far as that was not done before. Views without it are the same,
    /// and take longer.
    pub fn prepare_view(&mut self) {
        self.found.0 = self.newest_published().map(|at| self.found(at)).unwrap_or_default();
    }

    /// What is found in the hours of a view whose last one is `newest`.
    pub(super) fn found(&self, newest: Hour) -> BTreeMap<Hour, HourFound> {
        let whole = self.days.open_from().hour(DAY_H - 1);
        let first = newest.plus(1 - VIEW_H).max(whole);
        let kept = |hour| self.found.0.get(&hour).map(Arc::clone);
        let hours = (first.number()..=newest.number()).map(Hour::from_number);
        hours.map(|hour| (hour, kept(hour).unwrap_or_else(|| self.found_in(hour)))).collect()
    }

    /// What is found in one hour.
    pub(super) fn found_in(&self, hour: Hour) -> HourFound {
        let by_station = self.checks.findings(&self.days, hour).into_iter().enumerate();
        by_station.flat_map(|(at, all)| all.into_iter().map(move |finding| (at, finding))).collect()
    }
}

impl AreaView {
    /// What is found, of the stations in operation, in the hours held from `from` to `to`, in their order.
    pub fn found(&self, (from, to): (Hour, Hour)) -> impl Iterator<Item = (Hour, usize, &Finding)> {
        // A range that ends before it begins has no hour, and panics a map.
        let hours = (from <= to).then(|| self.found.range(from..=to)).into_iter().flatten();
        let all = hours.flat_map(|(hour, all)| all.iter().map(|(at, found)| (*hour, *at, found)));
        all.filter(|(hour, at, _)| {
            let station = self.registry.stations.get(*at);
            station.is_some_and(|station| station.valid.holds(hour.day()))
        })
    }
}
