//! Means over the stations of a set.

use crate::average::{Averages, DAY_H_MIN, EIGHT_H_MIN, MISSING, Sum};
use crate::observation::{POLLUTANTS, Pollutant};
use crate::quantity::Quotient;
use crate::standard::Practice;

/// A common multiple of 1 to 24, so that means of different counts add up exactly.
const COMMON: i64 = 5_354_228_880;

/// The mean of means: totals collected by their count, so that adding a station is one integer addition.
#[derive(Clone, Copy, Debug)]
pub struct MeanOfMeans {
    by_count: [i64; 25],
    stations: u16,
}

impl MeanOfMeans {
    /// No station.
    pub const EMPTY: Self = Self { by_count: [0; 25], stations: 0 };

    /// Adds a station's mean when it rests on at least `least` amounts (and one).
    pub fn add(&mut self, sum: Sum, least: u16) {
        if sum.count >= least.max(1) {
            self.by_count[usize::from(sum.count)] += sum.total;
            self.stations += 1;
        }
    }

    /// Adds the means of several stations that rest on `count` amounts each, by the `total` of all.
    pub fn add_alike(&mut self, total: i64, count: u16, stations: u16) {
        if count > 0 {
            self.by_count[usize::from(count)] += total;
            self.stations += stations;
        }
    }

    /// Stations whose mean was added.
    #[must_use]
    pub const fn stations(&self) -> u16 {
        self.stations
    }

    /// The mean of the stations' means; `None` without a station.
    #[must_use]
    pub fn mean(&self) -> Option<Quotient> {
        if self.stations == 0 {
            return None;
        }
        let mut num = 0_i128;
        for (count, total) in (1_i64..).zip(&self.by_count[1..]) {
            if *total != 0 {
                num += i128::from(*total) * i128::from(COMMON / count);
            }
        }
        Some(reduced(num, COMMON * i64::from(self.stations)))
    }
}

/// Smaller numbers divide faster: nearly all means rest on full windows.
fn reduced(num: i128, den: i64) -> Quotient {
    let common = i128::from(COMMON);
    if num % common == 0 {
        Quotient { num: num / common, den: den / COMMON }
    } else {
        Quotient { num, den }
    }
}

/// The exact, unrounded figures of one hour: of a station, or the means over a set's stations.
#[derive(Clone, Debug)]
pub struct SetMeans {
    /// The hour's means over the stations that have one.
    pub hour: [Option<Quotient>; Pollutant::COUNT],
    /// Means of the stations' valid rolling 24-h means.
    pub rolling_24h: [Option<Quotient>; Pollutant::COUNT],
    /// Means of the stations' means since 00:00.
    pub day: [Option<Quotient>; Pollutant::COUNT],
    /// Mean of the stations' valid 8-h ozone means.
    pub o3_8h: Option<Quotient>,
    /// Mean of the stations' largest 8-h ozone means of the day so far.
    pub o3_8h_max: Option<Quotient>,
    /// Mean of the stations' largest hourly ozone of the day so far.
    pub o3_1h_max: Option<Quotient>,
    /// Stations with a valid value in the hour.
    pub present: [u16; Pollutant::COUNT],
    /// Valid hours of the 24 (the fewest of the stations counted; 0 when there is none).
    pub hours_24h: [u8; Pollutant::COUNT],
    /// Stations of the set on the day.
    pub expected: u16,
    /// Hours of the day so far with at least one station.
    pub hours_day: u8,
    /// Whether the hour of every station rests on reviewed data.
    pub reviewed: bool,
}

/// Hours that a rolling 24-h mean needs: the clause's 20, or any number as the platform does.
pub(crate) const fn least_24h(practice: Practice) -> u16 {
    match practice {
        Practice::Letter => DAY_H_MIN,
        Practice::NationalPlatform => 1,
    }
}

impl SetMeans {
    /// One station's figures: what [`SetMeans::over`] gives for it alone, for a tenth of the cost.
    #[must_use]
    pub fn of(station: &Averages, practice: Practice) -> Self {
        let least = least_24h(practice);
        let single = |amount: i32| {
            let mut sum = Sum::default();
            sum.add(amount);
            sum
        };
        let hour = station.hour.map(single);
        let valid = |window: Sum| window.count >= least.max(1);
        Self {
            hour: hour.map(|sum| sum.mean(1)),
            rolling_24h: station.rolling_24h.map(|window| window.mean(least)),
            day: station.day.map(|sum| sum.mean(1)),
            o3_8h: station.o3_8h.mean(EIGHT_H_MIN),
            o3_8h_max: station.o3_8h_max.mean(EIGHT_H_MIN),
            o3_1h_max: single(station.o3_1h_max).mean(1),
            present: hour.map(|sum| sum.count),
            hours_24h: station.rolling_24h.map(|window| {
                if valid(window) { u8::try_from(window.count).unwrap_or(24) } else { 0 }
            }),
            expected: 1,
            hours_day: u8::try_from(station.day_hours.count_ones()).unwrap_or(24),
            reviewed: station.reviewed,
        }
    }

    /// The means over `stations`' averages of one hour.
    pub fn over<'a>(stations: impl Iterator<Item = &'a Averages>, practice: Practice) -> Self {
        let mut sums = SetSums::EMPTY;
        stations.for_each(|station| sums.add(station, practice));
        sums.means()
    }
}

/// What the averages of a set's stations come to while they are added, in any order.
#[derive(Clone, Debug)]
pub(super) struct SetSums {
    hour: [Sum; Pollutant::COUNT],
    rolling: [MeanOfMeans; Pollutant::COUNT],
    day: [MeanOfMeans; Pollutant::COUNT],
    o3_8h: MeanOfMeans,
    o3_8h_max: MeanOfMeans,
    o3_1h_max: Sum,
    hours_24h: [u8; Pollutant::COUNT],
    expected: u16,
    reviewed: u16,
    day_hours: u32,
}

impl SetSums {
    /// No station.
    pub(super) const EMPTY: Self = Self {
        hour: [Sum { total: 0, count: 0 }; Pollutant::COUNT],
        rolling: [MeanOfMeans::EMPTY; Pollutant::COUNT],
        day: [MeanOfMeans::EMPTY; Pollutant::COUNT],
        o3_8h: MeanOfMeans::EMPTY,
        o3_8h_max: MeanOfMeans::EMPTY,
        o3_1h_max: Sum { total: 0, count: 0 },
        hours_24h: [u8::MAX; Pollutant::COUNT],
        expected: 0,
        reviewed: 0,
        day_hours: 0,
    };

    /// Adds a station's hour.
    pub(super) fn add(&mut self, station: &Averages, practice: Practice) {
        let least = least_24h(practice);
        self.expected += 1;
        self.reviewed += u16::from(station.reviewed);
        self.day_hours |= station.day_hours;
        for p in POLLUTANTS.map(Pollutant::index) {
            self.hour[p].add(station.hour[p]);
            let window = station.rolling_24h[p];
            self.rolling[p].add(window, least);
            if window.count >= least {
                let hours = u8::try_from(window.count).unwrap_or(24);
                self.hours_24h[p] = self.hours_24h[p].min(hours);
            }
            self.day[p].add(station.day[p], 1);
        }
        self.o3_8h.add(station.o3_8h, EIGHT_H_MIN);
        self.o3_8h_max.add(station.o3_8h_max, EIGHT_H_MIN);
        if station.o3_1h_max != MISSING {
            self.o3_1h_max.add(station.o3_1h_max);
        }
    }

    /// The means of all that were added.
    pub(super) fn means(&self) -> SetMeans {
        SetMeans {
            hour: self.hour.map(|sum| sum.mean(1)),
            rolling_24h: self.rolling.each_ref().map(MeanOfMeans::mean),
            day: self.day.each_ref().map(MeanOfMeans::mean),
            o3_8h: self.o3_8h.mean(),
            o3_8h_max: self.o3_8h_max.mean(),
            o3_1h_max: self.o3_1h_max.mean(1),
            present: self.hour.map(|sum| sum.count),
            hours_24h: self.hours_24h.map(|n| if n == u8::MAX { 0 } else { n }),
            expected: self.expected,
            hours_day: u8::try_from(self.day_hours.count_ones()).unwrap_or(24),
            reviewed: self.expected > 0 && self.reviewed == self.expected,
        }
    }
}
