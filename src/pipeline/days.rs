//! The station-days in memory: the open ones, and closed ones loaded for a late observation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::LoadedDays;
use crate::average::{self, StationDay, Window};
use crate::observation::Dataset;
use crate::quality::Cells;
use crate::time::{DAY_H, Day, Hour};

/// A closed station-day as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDay {
    /// The day.
    pub day: Day,
    /// The station's index in the registry.
    pub station: usize,
    /// The bytes of [`StationDay::encode_day`].
    pub bytes: Vec<u8>,
}

/// All stations of one day. Each is shared with the views that show it, and copied when it changes meanwhile.
pub(super) type DayBlock = Vec<Option<Arc<StationDay>>>;

/// The days in memory of which nothing more is stored: as a view shares them with its readers.
#[derive(Clone, Debug, Default)]
pub struct HeldDays(BTreeMap<Day, DayBlock>);

impl HeldDays {
    /// All stations of a day, in the registry's order; `None` for a day that has to be read.
    #[must_use]
    pub fn of(&self, day: Day) -> Option<&[Option<Arc<StationDay>>]> {
        self.0.get(&day).map(Vec::as_slice)
    }
}

impl Cells for HeldDays {
    fn day(&self, day: Day, station: usize) -> Option<&StationDay> {
        self.0.get(&day)?.get(station)?.as_deref()
    }
}

#[derive(Debug)]
pub(super) struct Days {
    stations: usize,
    /// Days from here on have rows of open hours; set when a batch ends.
    open_from: Day,
    blocks: BTreeMap<Day, DayBlock>,
    /// Station-hours that changed in this batch.
    pub(super) changed: Vec<(Hour, usize)>,
    /// Days of which everything stored is in memory.
    known: BTreeSet<Day>,
    /// Nothing is stored for days after this one.
    stored_until: Day,
}

impl Days {
    pub(super) fn new(stations: usize) -> Self {
        Self {
            stations,
            open_from: Day::default(),
            blocks: BTreeMap::new(),
            changed: Vec::new(),
            known: BTreeSet::new(),
            stored_until: Day::from_number(i32::MAX),
        }
    }

    /// Says that nothing is stored for days after `last`, so that they need not be asked for.
    pub(super) fn stored_until(&mut self, last: Day) {
        self.stored_until = last;
    }

    /// Takes stored days in. The store refuses to hand over what cannot be read.
    ///
    /// Hours of a day that is still open become rows of open hours, whatever they were stored as.
    /// Returns the days that were not in memory before.
    pub(super) fn load(&mut self, stored: &LoadedDays, open_from: Day) -> Vec<Day> {
        for one in &stored.stations {
            if self.known.contains(&one.day) {
                continue;
            }
            let mut day = StationDay::default();
            if day.decode_into(&one.bytes).is_err() {
                continue;
            }
            if one.day >= open_from {
                let hours = (0..DAY_H).filter(|h| day.holds(*h)).map(|h| one.day.hour(h));
                self.changed.extend(hours.map(|hour| (hour, one.station)));
            }
            if let Some(slot) = self.block_mut(one.day).get_mut(one.station) {
                *slot = Some(Arc::new(day));
            }
        }
        stored.days.iter().copied().filter(|day| self.known.insert(*day)).collect()
    }

    /// The oldest open day, as the last batch left it.
    pub(super) const fn open_from(&self) -> Day {
        self.open_from
    }

    /// Notes that something will be stored for a day, of which everything is in memory.
    pub(super) fn note_stored(&mut self, day: Day) {
        if day > self.stored_until {
            self.known.insert(day); // all that will be stored for it passes through here
            self.stored_until = day;
        }
    }

    /// Notes that nothing more is stored for a day than what is in memory.
    pub(super) fn mark_known(&mut self, day: Day) {
        self.known.insert(day);
    }

    /// Whether everything stored for the day is in memory.
    pub(super) fn is_known(&self, day: Day) -> bool {
        day > self.stored_until || self.known.contains(&day)
    }

    fn block_mut(&mut self, day: Day) -> &mut DayBlock {
        let stations = self.stations;
        self.note_stored(day);
        self.blocks.entry(day).or_insert_with(|| vec![None; stations])
    }

    pub(super) fn get(&self, day: Day, station: usize) -> Option<&StationDay> {
        self.blocks.get(&day)?.get(station)?.as_deref()
    }

    pub(super) fn get_mut(&mut self, day: Day, station: usize) -> Option<&mut StationDay> {
        let slot = self.block_mut(day).get_mut(station)?;
        Some(Arc::make_mut(slot.get_or_insert_default()))
    }

    /// Takes an empty station-day out again, which nothing was entered into.
    pub(super) fn remove(&mut self, day: Day, station: usize) {
        if let Some(slot) = self.block_mut(day).get_mut(station) {
            *slot = None;
        }
    }

    /// Exchanges what is held for a station-day.
    pub(super) fn swap(&mut self, day: Day, station: usize, other: &mut Option<Arc<StationDay>>) {
        if let Some(slot) = self.block_mut(day).get_mut(station) {
            std::mem::swap(slot, other);
        }
    }

    /// What readers need not read.
    pub(super) fn held(&self) -> HeldDays {
        let known = self.blocks.iter().filter(|(day, _)| self.is_known(**day));
        HeldDays(known.map(|(day, block)| (*day, block.clone())).collect())
    }

    /// Every day in memory.
    pub(super) fn all(&self) -> Vec<Day> {
        self.blocks.keys().copied().collect()
    }

    /// Whether days have left the open span since the last batch.
    pub(super) fn opens_later(&self, open_from: Day) -> bool {
        self.open_from < open_from
    }

    /// The open days that lie before `day`, and so are to be closed.
    pub(super) fn to_close(&self, day: Day) -> Vec<Day> {
        self.blocks.range(self.open_from.min(day)..day).map(|(d, _)| *d).collect()
    }

    pub(super) fn block(&self, day: Day) -> &[Option<Arc<StationDay>>] {
        self.blocks.get(&day).map_or(&[], Vec::as_slice)
    }

    /// Forgets every day before `day`.
    pub(super) fn drop_before(&mut self, day: Day) {
        self.open_from = day;
        self.known = self.known.split_off(&day);
        self.blocks = self.blocks.split_off(&day);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Day, &DayBlock)> {
        self.blocks.iter().map(|(day, block)| (*day, block))
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = (Day, &DayBlock)> {
        self.blocks.iter().rev().map(|(day, block)| (*day, block))
    }

    /// The 24 hours of a station that end with `hour`.
    pub(super) fn window(&self, station: usize, hour: Hour) -> Window {
        average::window(hour, Dataset::Best, |day| self.get(day, station))
    }
}

impl Cells for Days {
    fn day(&self, day: Day, station: usize) -> Option<&StationDay> {
        self.get(day, station)
    }
}
