//! Publishing hours, and recomputing what a late value touches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::batch::Batch;
use super::days::StoredDay;
use super::{Cause, HourState, Pipeline};
use crate::area::{Figures, Judge, Member, SetMeans};
use crate::average::{Averages, StationDay, Window};
use crate::quality::Masks;
use crate::standard::Entity;
use crate::time::{DAY_H, Day, Hour};

/// A published hour of one set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetHour {
    /// Counts up from 1 with each change.
    pub version: u32,
    /// Published, revised or reviewed.
    pub state: HourState,
    /// The figures.
    pub figures: Figures,
}

/// A row of a set's hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetHourRow {
    /// The hour.
    pub hour: Hour,
    /// Index of the set in the registry.
    pub set: usize,
    /// Counts up from 1 with each change.
    pub version: u32,
    /// Published, revised or reviewed.
    pub state: HourState,
    /// The figures.
    pub figures: Figures,
}

/// What is read back of a set's hour; its figures are taken anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredSetHour {
    /// The hour.
    pub hour: Hour,
    /// Index of the set in the registry.
    pub set: usize,
    /// Counts up from 1 with each change.
    pub version: u32,
    /// Published, revised or reviewed.
    pub state: HourState,
}

impl Pipeline {
    /// Marks an hour as published; its figures are settled at the end of the batch.
    pub(super) fn publish(&mut self, hour: Hour) {
        self.published.entry(hour).or_default();
        self.unsettled.insert(hour);
        self.days.note_stored(hour.day());
        self.reported.remove(&hour);
        while self.published.contains_key(&self.floor) {
            self.floor = self.floor.plus(1);
        }
    }

    /// Takes note that a station has reported an hour, or taken its report back; publishes the hour
    /// when that was the last report expected, it is over, and no backlog is being taken.
    pub(super) fn note_report(&mut self, hour: Hour, station: usize, reports: bool) {
        self.count_report(hour, station, reports);
        let over = self.now.is_some_and(|now| hour.end() <= now);
        if over && self.waiting_since.is_none() && self.is_complete(hour) {
            self.publish(hour);
        }
    }

    /// Counts a report of an hour that is not yet published, or takes one back.
    fn count_report(&mut self, hour: Hour, station: usize, reports: bool) {
        let record = &self.registry.stations[station];
        let counts = record.assessed && record.valid.holds(hour.day());
        if !counts || self.is_published(hour) {
            return;
        }
        let default_set = &self.registry.sets[0];
        let fresh = || (0, default_set.on(hour.day()).count());
        let (reported, _) = self.reported.entry(hour).or_insert_with(fresh);
        *reported = if reports { *reported + 1 } else { reported.saturating_sub(1) };
        if *reported == 0 {
            self.reported.remove(&hour);
        }
    }

    /// Counts the reports that a day in memory holds.
    pub(super) fn count_reports(&mut self, day: Day) {
        let block = self.days.block(day).iter().enumerate();
        let held = block.filter_map(|(station, d)| Some((station, d.as_deref()?)));
        let reports: Vec<(usize, usize)> = held
            .flat_map(|(station, d)| {
                (0..DAY_H).filter(|h| d.has_reported(*h)).map(move |h| (h, station))
            })
            .collect();
        for (of_day, station) in reports {
            self.count_report(day.hour(of_day), station, true);
        }
    }

    /// Whether every assessed station has reported the hour.
    pub(super) fn is_complete(&self, hour: Hour) -> bool {
        self.reported.get(&hour).is_some_and(|(reported, expected)| reported == expected)
    }

    /// Keeps the figures that a late value is about to change in closed days, since their rows are not
    /// in memory. `before` is the station's day as it stood.
    pub(super) fn keep_closed(
        &mut self,
        hour: Hour,
        station: usize,
        mut before: Option<Arc<StationDay>>,
    ) {
        let open_from = self.open_from();
        self.days.swap(hour.day(), station, &mut before);
        let mut masks = Masks::default();
        for reached in self.reached(hour).filter(|h| h.day() < open_from) {
            let kept = self.closed_before.contains_key(&reached);
            if self.is_published(reached) && !self.unsettled.contains(&reached) && !kept {
                let figures = self.set_figures(reached, &mut masks);
                self.closed_before.insert(reached, figures);
            }
        }
        self.days.swap(hour.day(), station, &mut before);
    }

    pub(super) fn is_published(&self, hour: Hour) -> bool {
        hour < self.floor || self.published.contains_key(&hour)
    }

    /// The hours that an observation of `hour` reaches: its own, the 23 after it, and as many more as an
    /// exclusion looks back.
    fn reached(&self, hour: Hour) -> impl Iterator<Item = Hour> + use<> {
        (0..).take(self.checks.reach()).map(move |n| hour.plus(n))
    }

    /// Recomputes every published hour that a changed observation reaches.
    pub(super) fn settle_figures(&mut self, out: &mut Batch) {
        let unsettled = std::mem::take(&mut self.unsettled).into_iter();
        let mut affected: BTreeMap<Hour, Option<Cause>> = unsettled.map(|h| (h, None)).collect();
        for (hour, cause) in std::mem::take(&mut self.dirty) {
            for reached in self.reached(hour) {
                if self.is_published(reached) {
                    let held = affected.entry(reached).or_default();
                    *held = (*held).max(Some(cause));
                }
            }
        }
        let mut masks = Masks::default();
        for (hour, cause) in affected {
            self.beside.touch(hour);
            let figures = self.set_figures(hour, &mut masks);
            self.settle_hour((hour, figures), cause.unwrap_or(Cause::Late), out);
        }
        self.closed_before.clear();
        self.closed_versions.clear();
        out.revisions = self.revisions.take();
    }

    /// Writes a row for each set whose figures are new or changed, and notes what was published before.
    fn settle_hour(
        &mut self,
        (hour, figures): (Hour, Vec<Figures>),
        cause: Cause,
        out: &mut Batch,
    ) {
        let before = self.closed_before.get(&hour);
        let held = self.published.entry(hour).or_default();
        let fresh = held.is_empty();
        for (set, figures) in figures.into_iter().enumerate() {
            let stored = self.closed_versions.get(&(hour, set));
            let (old, version) = match (held.get(set), before) {
                (Some(held), _) => (Some(&held.figures), Some(held.version)),
                (None, Some(before)) => (Some(&before[set]), stored.copied()),
                (None, None) => (None, None),
            };
            if old == Some(&figures) {
                continue;
            }
            self.warner.touch();
            if let Some(old) = old.filter(|_| version.is_some()) {
                self.revisions.figures(Member::Set(set), cause, (&old.values(), &figures));
            }
            // Nobody has seen a closed hour without a row.
            let version = version.map_or(1, |v| v + 1);
            let state = HourState::of_published(version, &figures);
            out.set_hours.push(SetHourRow { hour, set, version, state, figures: figures.clone() });
            let now = SetHour { version, state, figures };
            match held.get_mut(set) {
                Some(held) => *held = now,
                None if fresh && before.is_none() => held.push(now),
                None => {} // what is closed leaves memory with this batch
            }
        }
    }

    /// Takes note of the sets' hours of days that were loaded: those of open days are shown, those of
    /// closed ones count their versions up.
    pub(super) fn take_set_hours(&mut self, stored: &[StoredSetHour]) {
        let open_from = self.open_from().start();
        let (open, closed): (Vec<_>, Vec<_>) = stored.iter().partition(|s| s.hour >= open_from);
        let fresh = |s: &StoredSetHour| {
            let held = self.published.get(&s.hour);
            held.is_none_or(Vec::is_empty) && !self.unsettled.contains(&s.hour)
        };
        let open: Vec<StoredSetHour> = open.into_iter().filter(fresh).collect();
        self.hold_published(&open);
        self.closed_versions.extend(closed.iter().map(|s| ((s.hour, s.set), s.version)));
    }

    /// Holds stored hours of the sets; figures are not stored exactly, so they are taken again.
    pub(super) fn hold_published(&mut self, stored: &[StoredSetHour]) {
        let mut masks = Masks::default();
        for hour in stored.iter().map(|s| s.hour) {
            if !self.published.contains_key(&hour) {
                let fresh = self.set_figures(hour, &mut masks).into_iter().map(|figures| SetHour {
                    version: 1,
                    state: HourState::of_published(1, &figures),
                    figures,
                });
                self.published.insert(hour, fresh.collect());
            }
        }
        for s in stored {
            let held = self.published.get_mut(&s.hour).and_then(|sets| sets.get_mut(s.set));
            if let Some(held) = held {
                (held.version, held.state) = (s.version, s.state);
            }
        }
    }

    /// The figures of every set for one hour.
    pub(super) fn set_figures(&self, hour: Hour, masks: &mut Masks) -> Vec<Figures> {
        let averages = self.averages(hour, masks);
        let day = hour.day();
        let parameters = &self.params.parameters;
        let judge = Judge { parameters, entity: Entity::Area };
        let sets = self.registry.sets.iter();
        sets.map(|set| {
            let members = set.on(day).map(|station| &averages[station]);
            Figures::of(&SetMeans::over(members, parameters.practice), hour, judge)
        })
        .collect()
    }

    /// The averages of every station for one hour, without what is excluded. `masks` holds while the days
    /// stay as they are.
    pub(super) fn averages(&self, hour: Hour, masks: &mut Masks) -> Vec<Averages> {
        let mut of_station = |station| {
            let of_day = self.days.get(hour.day(), station);
            let reviewed = of_day.is_some_and(|day| day.is_reviewed(hour.of_day()));
            let window = self.window(station, hour, masks);
            Averages { reviewed, ..Averages::at(&window, hour.of_day()) }
        };
        (0..self.registry.stations.len()).map(&mut of_station).collect()
    }

    /// The 24 hours of a station that end with `hour`, without what is excluded.
    pub(super) fn window(&self, station: usize, hour: Hour, masks: &mut Masks) -> Window {
        let mut window = self.days.window(station, hour);
        masks.clear((&*self.checks, &self.days), (station, hour), &mut window);
        window
    }

    /// Writes what changed, and closes the days that have left the open span.
    pub(super) fn settle_days(&mut self, out: &mut Batch) {
        let open_from = self.open_from();
        let mut changed = std::mem::take(&mut self.days.changed);
        changed.sort_unstable();
        changed.dedup();
        let mut closed = BTreeSet::new();
        for (hour, station) in changed {
            if hour.day() < open_from {
                closed.insert((hour.day(), station));
            } else if let Some(day) = self.days.get(hour.day(), station) {
                out.hours.push((hour, station, day.encode_hour(hour.of_day())));
            }
        }
        for day in self.days.to_close(open_from) {
            let stations = self.days.block(day).iter().enumerate();
            closed.extend(stations.filter(|(_, s)| s.is_some()).map(|(at, _)| (day, at)));
        }
        if self.days.opens_later(open_from) {
            out.closed_before = Some(open_from);
        }
        for (day, station) in closed {
            if let Some(of_day) = self.days.get(day, station) {
                out.station_days.push(StoredDay { day, station, bytes: of_day.encode_day() });
            }
        }
        self.days.drop_before(open_from);
        self.published = self.published.split_off(&open_from.start());
        self.reported = self.reported.split_off(&self.floor);
    }
}
