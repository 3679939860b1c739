//! Averages over whole columns of hours, by running sums: the driver for files and history.

use super::{Averages, EIGHT_H, MISSING, O3, StationDay, Sum};
use crate::observation::{Dataset, POLLUTANTS, Pollutant};
use crate::time::{DAY_H, Day, Hour};

/// Hourly amounts of one station over a span, by pollutant.
#[derive(Clone, Debug)]
pub struct Columns {
    first: Hour,
    amounts: [Vec<i32>; Pollutant::COUNT],
    /// Whether an hour rests on reviewed data.
    reviewed: Vec<bool>,
}

impl Columns {
    /// A span of `hours` hours from `first`, everything missing.
    #[must_use]
    pub fn new(first: Hour, hours: usize) -> Self {
        let amounts = std::array::from_fn(|_| vec![MISSING; hours]);
        Self { first, amounts, reviewed: vec![false; hours] }
    }

    /// The hours of the span.
    #[must_use]
    pub fn len(&self) -> usize {
        self.amounts[0].len()
    }

    /// Whether the span has no hour.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The amounts of one pollutant, to fill.
    pub fn amounts_mut(&mut self, pollutant: Pollutant) -> &mut [i32] {
        &mut self.amounts[pollutant.index()]
    }

    /// Puts the valid amounts of a day's dataset in; what lies outside the span is left out.
    pub fn put(&mut self, day: Day, cells: &StationDay, dataset: Dataset) {
        let first = self.first;
        let place = |hour: Hour| usize::try_from(hour.number() - first.number());
        let outside = (0..DAY_H).take_while(|h| place(day.hour(*h)).is_err()).count();
        let Ok(to) = place(day.hour(outside)) else { return };
        let to = to.min(self.len())..(to + DAY_H - outside).min(self.len());
        for (at, amounts) in self.amounts.iter_mut().enumerate() {
            cells.amounts(at, outside, &mut amounts[to.clone()], dataset);
        }
        for (slot, hour) in self.reviewed[to].iter_mut().zip(outside..) {
            *slot = dataset != Dataset::Realtime && cells.is_reviewed(hour);
        }
    }

    /// Takes one amount out unless it is a reviewed one; one outside the span is none.
    pub fn blank(&mut self, pollutant: Pollutant, hour: Hour) {
        let place = usize::try_from(hour.number() - self.first.number());
        let Ok(at) = place else { return };
        let column = &mut self.amounts[pollutant.index()];
        if let Some(slot) = column.get_mut(at).filter(|_| !self.reviewed[at]) {
            *slot = MISSING;
        }
    }

    /// Calls `each` with the averages of every hour of the span, in time order.
    ///
    /// What lies before the span counts as missing, so callers start it 23 hours early.
    pub fn for_each(&self, mut each: impl FnMut(Hour, &Averages)) {
        let mut walk = self.walk();
        while let Some(hour) = walk.advance() {
            each(hour, walk.averages());
        }
    }

    /// The same one hour at a time, so that many stations go side by side.
    #[must_use]
    pub fn walk(&self) -> Walk<'_> {
        let silent = |amounts: &Vec<i32>| amounts.iter().all(|amount| *amount == MISSING);
        let blank = self.amounts.iter().all(silent) && !self.reviewed.contains(&true);
        Walk { columns: self, at: 0, running: Averages::NONE, blank }
    }

    fn step(&self, running: &mut Averages, at: usize, of_day: usize) {
        if of_day == 0 {
            running.day = [Sum::default(); Pollutant::COUNT];
            running.o3_8h_max = Sum::default();
            running.o3_8h_windows = 0;
            running.o3_1h_max = MISSING;
            running.day_hours = 0;
        }
        let mut any = false;
        for pollutant in POLLUTANTS {
            let (p, amounts) = (pollutant.index(), &self.amounts[pollutant.index()]);
            let newest = amounts[at];
            any |= newest != MISSING;
            running.hour[p] = newest;
            running.day[p].add(newest);
            slide(&mut running.rolling_24h[p], amounts, at, DAY_H);
        }
        running.day_hours |= u32::from(any) << of_day;
        running.reviewed = self.reviewed[at];
        running.o3_1h_max = running.o3_1h_max.max(running.hour[O3]);
        slide(&mut running.o3_8h, &self.amounts[O3], at, EIGHT_H);
        if of_day + 1 >= EIGHT_H {
            running.take_8h(running.o3_8h);
        }
    }
}

/// Goes over the hours of [`Columns`].
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    columns: &'a Columns,
    at: usize,
    running: Averages,
    /// There is nothing to average.
    blank: bool,
}

impl Walk<'_> {
    /// Moves on to the next hour; `None` at the end.
    pub fn advance(&mut self) -> Option<Hour> {
        if self.at == self.columns.len() {
            return None;
        }
        let hour = self.columns.first.plus(i32::try_from(self.at).unwrap_or(i32::MAX));
        if !self.blank {
            self.columns.step(&mut self.running, self.at, hour.of_day());
        }
        self.at += 1;
        Some(hour)
    }

    /// The averages that end with the hour last moved to.
    #[must_use]
    pub const fn averages(&self) -> &Averages {
        &self.running
    }
}

/// Moves a window of `length` hours so that it ends with `at`.
fn slide(window: &mut Sum, amounts: &[i32], at: usize, length: usize) {
    window.add(amounts[at]);
    if at >= length {
        window.remove(amounts[at - length]);
    }
}
