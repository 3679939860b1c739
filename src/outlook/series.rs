//! The hourly concentrations of one area over a span: what a forecast is made from.
//!
//! In: the figures of the area's hours, in any order. Out: amounts by hour, as 24-hour windows, or in
//! logarithms.
//!
//! Invariants: an hour that was never put in is missing in every pollutant; [`Series::until`] holds nothing
//! later than its hour, so what is made from it cannot look ahead.

use crate::area::Figures;
use crate::average::{MISSING, Window};
use crate::observation::{POLLUTANTS, Pollutant};
use crate::quantity::Amount;
use crate::time::{DAY_H, Day, Hour};

/// What is added to each concentration before its logarithm, in µg/m³, by [`Pollutant::index`]: about where
/// small values are noise of instruments and rounding. Of ozone much, since its nights say little.
const OFFSETS: [f64; Pollutant::COUNT] = [5.0, 8.0, 2.0, 5.0, 100.0, 30.0];

/// Hourly amounts of one area, without a break between the first hour and the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    first: Hour,
    hours: Vec<[i32; Pollutant::COUNT]>,
}

/// The logarithms of one hour, by [`Pollutant::index`]; `NAN` where the amount is missing.
pub(super) type Logs = [f64; Pollutant::COUNT];

impl Series {
    /// Nothing yet; `first` is its first hour.
    #[must_use]
    pub const fn new(first: Hour) -> Self {
        Self { first, hours: Vec::new() }
    }

    /// The hours of an area from `first` on. Earlier ones are left out.
    #[must_use]
    pub fn of_figures<'a>(first: Hour, figures: impl IntoIterator<Item = &'a Figures>) -> Self {
        let mut series = Self::new(first);
        for figures in figures {
            series.put(figures.hour, figures.concentration);
        }
        series
    }

    /// Puts an hour in, in the place of what was there for it; one before the first is left out.
    pub fn put(&mut self, hour: Hour, amounts: [Option<Amount>; Pollutant::COUNT]) {
        let Ok(at) = usize::try_from(hour.number() - self.first.number()) else { return };
        if at >= self.hours.len() {
            self.hours.resize(at + 1, [MISSING; Pollutant::COUNT]);
        }
        // Below zero is noise around it.
        self.hours[at] = amounts.map(|amount| amount.map_or(MISSING, |a| a.milli().max(0)));
    }

    /// Puts the hours of a day in that have a value.
    pub fn put_day(&mut self, day: Day, hours: &Window) {
        for (of_day, hour) in (0..DAY_H).map(|n| (n, day.hour(n))) {
            let amounts = POLLUTANTS.map(|p| {
                let milli = hours[p.index()][of_day];
                (milli != MISSING).then_some(Amount::from_milli(milli))
            });
            if amounts.iter().any(Option::is_some) {
                self.put(hour, amounts);
            }
        }
    }

    /// Its first hour.
    #[must_use]
    pub const fn first(&self) -> Hour {
        self.first
    }

    /// The first hour with a value.
    #[must_use]
    pub fn begins(&self) -> Option<Hour> {
        let has_value = |hour: &[i32; Pollutant::COUNT]| hour.iter().any(|m| *m != MISSING);
        let at = self.hours.iter().position(has_value)?;
        Some(self.first.plus(i32::try_from(at).ok()?))
    }

    /// The hour after its last one.
    #[must_use]
    pub fn end(&self) -> Hour {
        self.first.plus(i32::try_from(self.hours.len()).unwrap_or(i32::MAX))
    }

    /// The amount of an hour; `None` where it is missing or outside.
    #[must_use]
    pub fn get(&self, hour: Hour, pollutant: Pollutant) -> Option<Amount> {
        let at = usize::try_from(hour.number() - self.first.number()).ok()?;
        let milli = self.hours.get(at)?[pollutant.index()];
        (milli != MISSING).then_some(Amount::from_milli(milli))
    }

    /// The 24 hours from `from` on, as the kernels of a day take them.
    #[must_use]
    pub fn window(&self, from: Hour) -> Window {
        std::array::from_fn(|p| {
            std::array::from_fn(|h| {
                let hour = from.plus(i32::try_from(h).unwrap_or(0));
                self.get(hour, POLLUTANTS[p]).map_or(MISSING, Amount::milli)
            })
        })
    }

    /// The hours up to and with `last`, in logarithms.
    pub(super) fn until(&self, last: Hour) -> Past {
        let hours = usize::try_from(last.number() + 1 - self.first.number()).unwrap_or(0);
        let mut logs: Vec<Logs> = self.hours.iter().take(hours).map(logs).collect();
        // The series may end before: then its last hours are missing.
        logs.resize(hours, [f64::NAN; Pollutant::COUNT]);
        Past { first: self.first, logs }
    }
}

/// What is known at an hour: everything up to it, in logarithms.
pub(super) struct Past {
    /// The first hour.
    pub(super) first: Hour,
    /// By hour; the last one is the origin.
    pub(super) logs: Vec<Logs>,
}

fn logs(amounts: &[i32; Pollutant::COUNT]) -> Logs {
    std::array::from_fn(|p| match amounts[p] {
        MISSING => f64::NAN,
        milli => libm::log(f64::from(milli) / 1000.0 + OFFSETS[p]),
    })
}

/// The amount of a logarithm in whole 0.001 µg/m³; [`MISSING`] of `NAN`.
pub(super) fn amount(log: f64, pollutant: usize) -> i32 {
    /// Far above anything measured, and far from the end of 32 bits.
    const LARGEST: f64 = 1e9;
    if log.is_nan() {
        return MISSING;
    }
    let milli = (libm::exp(log) - OFFSETS[pollutant]) * 1000.0;
    #[expect(clippy::cast_possible_truncation, reason = "clamped")]
    let milli = libm::round(milli.clamp(0.0, LARGEST)) as i32;
    milli
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_come_in_any_order_and_what_never_came_is_missing() {
        let first = Day::from_number(15_765).start();
        let mut series = Series::new(first);
        let one = |milli: i32| [Some(Amount::from_milli(milli)); Pollutant::COUNT];
        series.put(first.plus(5), one(5_000));
        series.put(first.plus(2), one(-300));
        series.put(first.plus(-1), one(9_000));
        let at = |n: i32| series.get(first.plus(n), Pollutant::O3).map(Amount::milli);
        assert_eq!((at(-1), at(2), at(3), at(5), at(6)), (None, Some(0), None, Some(5_000), None));
        assert_eq!((series.begins(), series.end()), (Some(first.plus(2)), first.plus(6)));
        let window = series.window(first.plus(4));
        assert_eq!(window[Pollutant::Co.index()][..3], [MISSING, 5_000, MISSING]);
    }

    #[test]
    fn logarithms_give_the_amount_back_to_the_last_digit() {
        for p in POLLUTANTS.map(Pollutant::index) {
            for milli in [0, 1, 999, 75_000, 1_234_567, 40_000_000] {
                let mut amounts = [MISSING; Pollutant::COUNT];
                amounts[p] = milli;
                assert_eq!(amount(logs(&amounts)[p], p), milli);
            }
        }
        assert_eq!(amount(f64::NAN, 0), MISSING);
        assert_eq!(amount(-50.0, 0), 0);
    }
}
