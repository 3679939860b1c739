//! The hours of stations that do not count for particulate matter.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::DustColumn;
use crate::average::{MISSING, Window};
use crate::observation::Pollutant;
use crate::standard::DustDeducts;
use crate::time::{DAY_H, Day};

const WHOLE_DAY: u32 = (1 << DAY_H) - 1;
const PARTICULATE: [usize; 2] = [Pollutant::Pm2_5.index(), Pollutant::Pm10.index()];

/// What a column deducts at the stations of one area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deduction {
    column: DustColumn,
    /// Hours as bits, by day and station (its index in the registry).
    hours: BTreeMap<(Day, usize), u32>,
}

/// Nothing is deducted.
pub(in crate::assessment) static NOTHING: Deduction =
    Deduction { column: DustColumn::Measured, hours: BTreeMap::new() };

impl Deduction {
    /// Nothing is deducted in a column.
    #[must_use]
    pub const fn none(column: DustColumn) -> Self {
        Self { column, hours: BTreeMap::new() }
    }

    /// The column.
    #[must_use]
    pub const fn column(&self) -> DustColumn {
        self.column
    }

    /// Whether no hour of any station is deducted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hours.values().all(|hours| *hours == 0)
    }

    pub(super) fn hours_mut(&mut self, station: usize, day: Day) -> &mut u32 {
        self.hours.entry((day, station)).or_default()
    }

    /// The hours of a station's day that do not count, as bits.
    #[must_use]
    pub fn hours(&self, station: usize, day: Day, deducts: DustDeducts) -> u32 {
        match (self.hours.get(&(day, station)), deducts) {
            (None | Some(0), _) => 0,
            (Some(hours), DustDeducts::Hours) => *hours,
            (Some(_), DustDeducts::Days) => WHOLE_DAY,
        }
    }

    /// A station's day without them, and how many of its hours had particulate matter taken out.
    #[must_use]
    pub fn applied<'a>(
        &self,
        (station, day): (usize, Day),
        deducts: DustDeducts,
        window: &'a Window,
    ) -> (Cow<'a, Window>, u32) {
        let hours = self.hours(station, day, deducts);
        let holds = |of_day: &usize| PARTICULATE.iter().any(|p| window[*p][*of_day] != MISSING);
        let taken: Vec<usize> =
            (0..DAY_H).filter(|h| hours & (1 << h) != 0).filter(holds).collect();
        let mut left = Cow::Borrowed(window);
        for of_day in &taken {
            for p in PARTICULATE {
                left.to_mut()[p][*of_day] = MISSING;
            }
        }
        (left, u32::try_from(taken.len()).unwrap_or(0))
    }
}
