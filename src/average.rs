//! Event-time averages of one station: 1 h, rolling 8 h and 24 h, MDA8, the day so far.
//!
//! In: hourly amounts in time order ([`MISSING`] where there is no valid one), or a [`StationDay`] that
//! takes observations in any order. Out: [`Averages`], exact sums with their counts.
//!
//! Invariants: sums are integers, so neither the order of arrival nor a revision can leave a trace; a
//! figure of an hour rests on the 24 hours that end with it and on nothing else.
//!
//! Two drivers share these kernels: one hour at a time ([`Averages::at`]) for live air, and whole columns
//! ([`Columns`]) for files; a property test holds them equal.
//!
//! Source: GB 3095-2026 3.8 to 3.10 and Table 4; HJ 663-2013 6.1.2 (windows ending at hours 8 to 24).

mod codec;
mod columns;
mod correction;
mod reviewed;
mod station_day;

pub use codec::DecodeError;
pub use columns::{Columns, Walk};
pub use correction::Correction;
pub use reviewed::Reviewed;
pub use station_day::{Effect, Incoming, MinuteValue, StationDay};

use crate::observation::{Dataset, POLLUTANTS, Pollutant};
use crate::quantity::{Amount, Quotient};
use crate::time::{DAY_H, Day, Hour};

/// Stands for "no valid amount" in columns of amounts.
pub const MISSING: i32 = i32::MIN;
/// Hours of the sliding ozone mean.
pub const EIGHT_H: usize = 8;
/// Valid hours that an 8-h mean needs (GB 3095-2026 Table 4).
pub const EIGHT_H_MIN: u16 = 6;
/// Valid hours that a 24-h mean needs (GB 3095-2026 Table 4).
pub const DAY_H_MIN: u16 = 20;
/// Minutes that an hour needs (GB 3095-2026 Table 4; for PM by common practice).
pub const HOUR_MIN_MINUTES: u16 = 45;

/// An exact total of valid amounts, with their count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sum {
    /// In 0.001 units.
    pub total: i64,
    /// How many amounts.
    pub count: u16,
}

impl Sum {
    /// The sum of the valid amounts of a slice.
    #[must_use]
    pub fn of(amounts: &[i32]) -> Self {
        let mut sum = Self::default();
        for &amount in amounts {
            sum.add(amount);
        }
        sum
    }

    /// Adds one amount unless it is [`MISSING`].
    pub fn add(&mut self, amount: i32) {
        let valid = amount != MISSING;
        self.total += if valid { i64::from(amount) } else { 0 };
        self.count += u16::from(valid);
    }

    /// Takes one amount back that was added.
    fn remove(&mut self, amount: i32) {
        let valid = amount != MISSING;
        self.total -= if valid { i64::from(amount) } else { 0 };
        self.count -= u16::from(valid);
    }

    /// The mean if at least `least` amounts (and one) are there.
    #[must_use]
    pub fn mean(self, least: u16) -> Option<Quotient> {
        (self.count >= least.max(1))
            .then(|| Quotient { num: i128::from(self.total), den: i64::from(self.count) })
    }

    /// Whether this mean is larger than `other`, both with at least one amount.
    pub(crate) fn exceeds(self, other: Self) -> bool {
        self.total * i64::from(other.count) > other.total * i64::from(self.count)
    }
}

/// The averages of one station that end with one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Averages {
    /// The hour's own means, by [`Pollutant::index`]; [`MISSING`] where there is none.
    pub hour: [i32; Pollutant::COUNT],
    /// The 24 hours that end with this one.
    pub rolling_24h: [Sum; Pollutant::COUNT],
    /// From 00:00 to the end of this hour.
    pub day: [Sum; Pollutant::COUNT],
    /// Ozone over the 8 hours that end with this one.
    pub o3_8h: Sum,
    /// The largest valid 8-h ozone mean of the day so far; count 0 before one exists.
    pub o3_8h_max: Sum,
    /// How many valid 8-h ozone means of the day `o3_8h_max` is the largest of.
    pub o3_8h_windows: u8,
    /// The largest hourly ozone of the day so far; [`MISSING`] before one exists.
    pub o3_1h_max: i32,
    /// Hours of the day so far with at least one valid pollutant: bit by hour of the day.
    pub day_hours: u32,
    /// Whether the hour itself rests on reviewed data.
    pub reviewed: bool,
}

/// Hourly amounts of the 24 hours that end with one hour, oldest first, by pollutant.
pub type Window = [[i32; DAY_H]; Pollutant::COUNT];

/// The window of a dataset that ends with `hour`, from the days of a station that `day` holds.
pub fn window<'d>(
    hour: Hour,
    dataset: Dataset,
    day: impl Fn(Day) -> Option<&'d StationDay>,
) -> Window {
    let mut window = [[MISSING; DAY_H]; Pollutant::COUNT];
    let today = hour.of_day() + 1;
    if let Some(cells) = day(hour.day()) {
        cells.fill((0, DAY_H - today), today, dataset, &mut window);
    }
    if today < DAY_H
        && let Some(before) = day(hour.day().plus(-1))
    {
        before.fill((today, 0), DAY_H - today, dataset, &mut window);
    }
    window
}

/// The ozone amounts and their place in the day.
const O3: usize = Pollutant::O3.index();

impl Averages {
    /// Nothing measured.
    pub const NONE: Self = Self {
        hour: [MISSING; Pollutant::COUNT],
        rolling_24h: [Sum { total: 0, count: 0 }; Pollutant::COUNT],
        day: [Sum { total: 0, count: 0 }; Pollutant::COUNT],
        o3_8h: Sum { total: 0, count: 0 },
        o3_8h_max: Sum { total: 0, count: 0 },
        o3_8h_windows: 0,
        o3_1h_max: MISSING,
        day_hours: 0,
        reviewed: false,
    };

    /// The averages that end with the last hour of `window`, which is hour `of_day` (0 to 23) of its day.
    #[must_use]
    pub fn at(window: &Window, of_day: usize) -> Self {
        let today = DAY_H - 1 - of_day..DAY_H;
        let mut averages = Self {
            o3_8h: Sum::of(&window[O3][DAY_H - EIGHT_H..]),
            o3_1h_max: window[O3][today.clone()].iter().copied().max().unwrap_or(MISSING),
            ..Self::NONE
        };
        let mut any = [false; DAY_H];
        for pollutant in POLLUTANTS {
            let (at, amounts) = (pollutant.index(), &window[pollutant.index()]);
            let (before, day) =
                (Sum::of(&amounts[..today.start]), Sum::of(&amounts[today.start..]));
            averages.hour[at] = amounts[DAY_H - 1];
            averages.day[at] = day;
            averages.rolling_24h[at] =
                Sum { total: before.total + day.total, count: before.count + day.count };
            for (any, amount) in any.iter_mut().zip(amounts) {
                *any |= *amount != MISSING;
            }
        }
        for (of_day, any) in any[today.start..].iter().enumerate() {
            averages.day_hours |= u32::from(*any) << of_day;
        }
        averages.take_windows(&window[O3][today.start..]);
        averages
    }

    /// Enters the 8-h windows of the day so far, sliding from the first one.
    fn take_windows(&mut self, today: &[i32]) {
        let mut sliding = Sum::default();
        for (at, amount) in today.iter().enumerate() {
            sliding.add(*amount);
            if at + 1 >= EIGHT_H {
                self.take_8h(sliding);
                sliding.remove(today[at + 1 - EIGHT_H]);
            }
        }
    }

    /// Enters one 8-h window of the day into the running maximum.
    fn take_8h(&mut self, window: Sum) {
        if window.count < EIGHT_H_MIN {
            return;
        }
        self.o3_8h_windows += 1;
        if self.o3_8h_max.count == 0 || window.exceeds(self.o3_8h_max) {
            self.o3_8h_max = window;
        }
    }
}

/// Mean of equally long valid parts of an hour, half to even to 0.001, when they last long enough.
///
/// `amounts` are the valid parts of `minutes` length each.
#[must_use]
pub fn hour_from_minutes(amounts: Sum, minutes: u8) -> Option<(Amount, bool)> {
    let mean = amounts.mean(1)?;
    let enough = amounts.count * u16::from(minutes) >= HOUR_MIN_MINUTES;
    Some((mean.round(1, crate::quantity::Rounding::HalfEven), enough))
}

#[cfg(test)]
mod tests;
