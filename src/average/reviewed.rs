//! The reviewed layer of a station's day, above what was reported in real time.
//!
//! Invariants: within a span that was declared reviewed the reviewed value holds, and an hour that the review
//! left out is invalid, never filled from real time; what comes in real time meanwhile is kept beneath as if
//! there were no layer. An operator's correction is one of real-time data, so the review stands above it too.
//! The layer holds the six pollutants: meteorology is not reviewed.
//!
//! Source: design section 3, two datasets.

use super::station_day::{Column, StationDay};
use super::{MISSING, Window};
use crate::observation::{Dataset, Pollutant, Property, Reading, Readings, Validity};
use crate::time::DAY_H;

/// What came back from review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewed {
    /// Hours (bit by hour) that lie in a declared span; never none.
    pub(super) hours: u32,
    /// Missing outside the span.
    pub(super) pollutants: [Column; Pollutant::COUNT],
}

impl Reviewed {
    pub(super) const EMPTY: Self = Self { hours: 0, pollutants: [Column::EMPTY; Pollutant::COUNT] };

    pub(super) const fn holds(&self, hour: usize) -> bool {
        self.hours & 1 << hour != 0
    }

    /// What the review says of an hour; `None` outside the span.
    #[must_use]
    pub fn reading(&self, pollutant: Pollutant, hour: usize) -> Option<Reading> {
        self.holds(hour).then(|| self.get(pollutant, hour))
    }

    /// The value of an hour of the span.
    fn get(&self, pollutant: Pollutant, hour: usize) -> Reading {
        match self.pollutants[pollutant.index()].get(hour) {
            Reading { validity: Validity::Missing, amount } => {
                Reading { validity: Validity::NotReviewed, amount }
            }
            reading => reading,
        }
    }
}

impl StationDay {
    /// Declares hours reviewed, and forgets what an earlier review said of them.
    pub fn declare_reviewed(&mut self, hours: std::ops::Range<usize>) {
        if hours.is_empty() {
            return;
        }
        let layer = self.reviewed.get_or_insert_with(|| Box::new(Reviewed::EMPTY));
        for hour in hours {
            layer.hours |= 1 << hour;
            for column in &mut layer.pollutants {
                column.set(hour, Reading::default());
            }
        }
    }

    /// Takes a reviewed value. Nothing outside a declared span is one.
    pub fn take_reviewed(&mut self, pollutant: Pollutant, hour: usize, reading: Reading) {
        if let Some(layer) = self.reviewed.as_deref_mut().filter(|layer| layer.holds(hour)) {
            layer.pollutants[pollutant.index()].set(hour, reading);
        }
    }

    /// The reviewed layer, where there is one.
    #[must_use]
    pub fn review(&self) -> Option<&Reviewed> {
        self.reviewed.as_deref()
    }

    /// Whether the hour lies in a declared span.
    #[must_use]
    pub fn is_reviewed(&self, hour: usize) -> bool {
        self.reviewed.as_ref().is_some_and(|layer| layer.holds(hour))
    }

    /// What the review says of an hour; `None` outside a declared span, and for meteorology.
    #[must_use]
    pub fn reviewed(&self, property: Property, hour: usize) -> Option<Reading> {
        let layer = self.reviewed.as_ref().filter(|layer| layer.holds(hour))?;
        match property {
            Property::Pollutant(pollutant) => Some(layer.get(pollutant, hour)),
            _ => None,
        }
    }

    /// The value that holds for an hour of the day: the reviewed one, else the real-time one.
    #[must_use]
    pub fn reading(&self, property: Property, hour: usize) -> Reading {
        self.reviewed(property, hour).unwrap_or_else(|| self.realtime(property, hour))
    }

    /// Everything that holds for an hour of the day.
    #[must_use]
    pub fn readings(&self, hour: usize) -> Readings {
        crate::observation::PROPERTIES.map(|property| self.reading(property, hour))
    }

    /// Copies a dataset's valid amounts of `count` hours `from..` into a window's columns from `to`.
    pub fn fill(
        &self,
        (from, to): (usize, usize),
        count: usize,
        dataset: Dataset,
        window: &mut Window,
    ) {
        for (at, target) in window.iter_mut().enumerate() {
            self.amounts(at, from, &mut target[to..to + count], dataset);
        }
    }

    /// One pollutant's valid amounts of a dataset from hour `from` on.
    pub(super) fn amounts(&self, at: usize, from: usize, target: &mut [i32], dataset: Dataset) {
        let column = &self.pollutants[at];
        let cells = column.amount[from..].iter().zip(&column.validity[from..]);
        for (slot, (amount, validity)) in target.iter_mut().zip(cells) {
            *slot = if validity.is_valid() { *amount } else { MISSING };
        }
        if dataset == Dataset::Realtime {
            return;
        }
        let of_review = |hour| self.reviewed.as_ref().filter(|layer| layer.holds(hour));
        if self.reviewed.is_none() && dataset == Dataset::Best {
            return;
        }
        for (slot, hour) in target.iter_mut().zip(from..DAY_H) {
            match of_review(hour).map(|layer| layer.pollutants[at].get(hour)) {
                Some(reading) if reading.validity.is_valid() => *slot = reading.amount.milli(),
                Some(_) => *slot = MISSING,
                None if dataset == Dataset::Reviewed => *slot = MISSING,
                None => {}
            }
        }
    }
}
