//! A natural day: daily values, index and class of a station or a set, or the reason why not.
//!
//! In: the 24 hours of each station, by pollutant. Out: a [`DayFigures`].
//!
//! Invariants: a daily value rests on enough hours or is missing; a set's value is the mean of its
//! stations' values (or, by `area_day_order`, the day of its hours) and needs enough of its stations;
//! values stay exact, and are rounded once, for the index and where they are shown; a day with deducted
//! hours keeps what was measured beside it.
//!
//! Source: GB 3095-2026 3.10 and Table 4 (20 hours); HJ 663-2013 6.1.2 (MDA8); HJ 633-2012 5.1.2 and
//! HJ 633-2026 4.2.2 (which values enter the daily report); decisions `station_share_day`,
//! `area_day_order`, `o3_max_1h_min_hours`.

use super::JudgedBy;
use super::period::GOOD_MAX;
use crate::area::{Coverage, MeanOfMeans};
use crate::average::{Averages, MISSING, Sum, Window};
use crate::index::{self, Context, Index, Indicator, Means, NoAqi, Pollutants};
use crate::observation::{POLLUTANTS, Pollutant};
use crate::quantity::{Amount, Quotient};
use crate::standard::{
    AreaDayOrder, DataValidity, DustDays, Entity, IndexEdition, Parameters, StationShareDay,
    standards,
};
use crate::time::{DAY_H, Day};

const O3: usize = Pollutant::O3.index();

/// The exact daily values of a station or a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayMeans {
    /// 24-h means, by [`Pollutant::index`]; none for ozone.
    pub mean: [Option<Quotient>; Pollutant::COUNT],
    /// The largest 8-h ozone mean of the day.
    pub o3_mda8: Option<Quotient>,
    /// The largest hourly ozone of the day.
    pub o3_max_1h: Option<Quotient>,
    /// Hours with a value; of a set, hours with one of at least one station.
    pub valid_hours: [u8; Pollutant::COUNT],
    /// Stations whose daily value (of ozone MDA8) is valid, of those of the set.
    pub stations: [Coverage; Pollutant::COUNT],
    /// Stations with a valid daily value of any pollutant.
    pub stations_valid: u16,
}

/// One day of a station or a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayFigures {
    /// The day.
    pub day: Day,
    /// Exact daily values.
    pub means: DayMeans,
    /// The index of the day, or why there is none.
    pub index: Index,
    /// Hours that rest on reviewed data, of every station counted: bit by hour of the day.
    pub reviewed: u32,
    /// What was deducted for dust; `None` where nothing was.
    pub deducted: Option<Box<Deducted>>,
}

/// What was deducted of a day for dust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deducted {
    /// The daily values as measured: the index goes by them.
    pub measured: DayMeans,
    /// Hours of stations whose particulate matter was taken out.
    pub station_hours: u32,
}

/// What a day's values need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Needs {
    pub(super) validity: &'static DataValidity,
    pub(super) o3_max_1h_min_hours: u16,
}

/// One station's valid daily values as sums, and the hours of each pollutant as bits.
#[derive(Clone, Copy, Debug, Default)]
struct StationSums {
    mean: [Option<Sum>; Pollutant::COUNT],
    o3_mda8: Option<Sum>,
    o3_max_1h: Option<Sum>,
    hours: [u32; Pollutant::COUNT],
}

impl DayFigures {
    /// The day of one station.
    #[must_use]
    pub fn of_station(day: Day, hours: &Window, parameters: &Parameters) -> Self {
        let needs = Needs::on(day, parameters);
        let means = over(&[StationSums::of(hours, needs)], StationShareDay::Any);
        Self::judged(day, means, parameters, Entity::Station)
    }

    /// The day of a set, from the hours of the stations that belong to it on the day.
    #[must_use]
    pub fn of_set<'a>(
        day: Day,
        stations: impl Iterator<Item = &'a Window>,
        parameters: &Parameters,
    ) -> Self {
        let needs = Needs::on(day, parameters);
        let means = match parameters.area_day_order {
            AreaDayOrder::StationsFirst => {
                let sums: Vec<StationSums> =
                    stations.map(|hours| StationSums::of(hours, needs)).collect();
                over(&sums, parameters.station_share_day)
            }
            AreaDayOrder::HoursFirst => {
                let windows: Vec<&Window> = stations.collect();
                let sums: Vec<StationSums> =
                    windows.iter().map(|hours| StationSums::of(hours, needs)).collect();
                let of_stations = over(&sums, parameters.station_share_day);
                let hours = area_hours(day, &windows, parameters);
                let of_hours = over(&[StationSums::of(&hours, needs)], StationShareDay::Any);
                of_stations.with_values_of(&of_hours)
            }
        };
        Self::judged(day, means, parameters, Entity::Area)
    }

    fn judged(day: Day, means: DayMeans, parameters: &Parameters, entity: Entity) -> Self {
        let index = means.judged(standards().index_edition(day), parameters, entity);
        Self { day, means, index, reviewed: 0, deducted: None }
    }

    /// The same day with the values that are left without so many hours of stations.
    pub(super) fn without(
        self,
        (means, station_hours): (DayMeans, u32),
        parameters: &Parameters,
        entity: Entity,
    ) -> Self {
        let deducted = Deducted { measured: self.means, station_hours };
        let day = Self { means, deducted: Some(Box::new(deducted)), ..self };
        let index = day.index_by(standards().index_edition(day.day), parameters, entity);
        Self { index, ..day }
    }

    /// The index of the air as measured; or, by `dust_days`, none of a day above 100 for deducted hours only.
    fn index_by(&self, edition: &IndexEdition, parameters: &Parameters, entity: Entity) -> Index {
        let left = || self.means.judged(edition, parameters, entity);
        let Some(deducted) = &self.deducted else { return left() };
        let measured = deducted.measured.judged(edition, parameters, entity);
        let above = |index: &Index| index.aqi.is_some_and(|aqi| aqi > GOOD_MAX);
        let left_out =
            parameters.dust_days == DustDays::LeftOut && above(&measured) && !above(&left());
        if !left_out {
            return measured;
        }
        let no_aqi = Some(NoAqi::DustLeftOut);
        Index { aqi: None, no_aqi, partial: false, primary: Pollutants::default(), ..measured }
    }

    /// The same day judged by another edition than its own. What its values need is the same in all.
    #[must_use]
    pub fn judged_by(self, by: JudgedBy, parameters: &Parameters, entity: Entity) -> Self {
        if by == JudgedBy::InForce {
            return self;
        }
        let index = self.index_by(by.index_edition(self.day), parameters, entity);
        Self { index, ..self }
    }

    /// A daily value as it is shown: of ozone MDA8.
    #[must_use]
    pub fn shown(
        &self,
        pollutant: Pollutant,
        parameters: &Parameters,
        entity: Entity,
    ) -> Option<Amount> {
        let ctx = Context { edition: standards().index_edition(self.day), parameters, entity };
        self.means.value(pollutant).map(|v| index::rounded(v, pollutant, false, &ctx))
    }
}

impl DayMeans {
    fn judged(&self, edition: &IndexEdition, parameters: &Parameters, entity: Entity) -> Index {
        let ctx = Context { edition, parameters, entity };
        let mut all = Means::default();
        for p in POLLUTANTS.into_iter().filter(|p| *p != Pollutant::O3) {
            all.by_indicator[Indicator::daily(p).index()] = self.mean[p.index()];
        }
        all.by_indicator[Indicator::O3_8h.index()] = self.o3_mda8;
        all.by_indicator[Indicator::O3Max1h.index()] = self.o3_max_1h;
        index::daily(&all, &ctx, Pollutants::ALL)
    }

    /// The daily value of a pollutant: its 24-h mean, of ozone MDA8.
    #[must_use]
    pub const fn value(&self, pollutant: Pollutant) -> Option<Quotient> {
        match pollutant {
            Pollutant::O3 => self.o3_mda8,
            other => self.mean[other.index()],
        }
    }

    /// The values of another way to take them, where this one's stations suffice.
    fn with_values_of(self, other: &Self) -> Self {
        let both = |ours: Option<Quotient>, theirs| ours.and(theirs);
        let mut mean = self.mean;
        for (ours, theirs) in mean.iter_mut().zip(other.mean) {
            *ours = both(*ours, theirs);
        }
        Self {
            mean,
            o3_mda8: both(self.o3_mda8, other.o3_mda8),
            o3_max_1h: both(self.o3_max_1h, other.o3_max_1h),
            ..self
        }
    }
}

impl Needs {
    pub(super) fn on(day: Day, parameters: &Parameters) -> Self {
        let validity = standards().limit_edition(day).data_validity(parameters.practice);
        Self { validity, o3_max_1h_min_hours: parameters.o3_max_1h_min_hours }
    }
}

impl StationSums {
    fn of(hours: &Window, needs: Needs) -> Self {
        let averages = Averages::at(hours, DAY_H - 1);
        let enough = |sum: Sum, least: u16| (sum.count >= least).then_some(sum);
        let mut sums = Self::default();
        for p in POLLUTANTS.map(Pollutant::index) {
            for (of_day, amount) in hours[p].iter().enumerate() {
                sums.hours[p] |= u32::from(*amount != MISSING) << of_day;
            }
            if p != O3 {
                sums.mean[p] = enough(averages.day[p], needs.validity.day_min_hours);
            }
        }
        let mda8 = averages.o3_8h_max;
        let windows = u16::from(averages.o3_8h_windows);
        let kept = i64::from(needs.validity.mda8_kept_above.milli()) * i64::from(mda8.count);
        let stands = windows >= needs.validity.mda8_min_windows || mda8.total > kept;
        sums.o3_mda8 = (windows > 0 && stands).then_some(mda8);
        if averages.day[O3].count >= needs.o3_max_1h_min_hours.max(1) {
            sums.o3_max_1h = Some(Sum::of(&[averages.o3_1h_max]));
        }
        sums
    }

    fn value(&self, p: usize) -> Option<Sum> {
        if p == O3 { self.o3_mda8 } else { self.mean[p] }
    }
}

/// The means over stations, each pollutant where enough of them have it.
fn over(stations: &[StationSums], share: StationShareDay) -> DayMeans {
    let expected = u16::try_from(stations.len()).unwrap_or(u16::MAX);
    let mean = |value: &dyn Fn(&StationSums) -> Option<Sum>| {
        mean_of(stations.iter().filter_map(value), expected, share)
    };
    let mut means = DayMeans {
        o3_max_1h: mean(&|s| s.o3_max_1h).0,
        stations_valid: u16::try_from(
            stations.iter().filter(|s| (0..Pollutant::COUNT).any(|p| s.value(p).is_some())).count(),
        )
        .unwrap_or(u16::MAX),
        ..DayMeans::default()
    };
    for p in 0..Pollutant::COUNT {
        let (value, present) = mean(&|s| s.value(p));
        if p == O3 {
            means.o3_mda8 = value;
        } else {
            means.mean[p] = value;
        }
        means.stations[p] = Coverage { present, expected };
        let hours = stations.iter().fold(0, |all, s| all | s.hours[p]);
        means.valid_hours[p] = u8::try_from(hours.count_ones()).unwrap_or(24);
    }
    means
}

/// The mean over the stations that have a value, where they are enough of those expected; and how many.
pub(super) fn mean_of(
    sums: impl Iterator<Item = Sum>,
    expected: u16,
    share: StationShareDay,
) -> (Option<Quotient>, u16) {
    let mut mean = MeanOfMeans::EMPTY;
    sums.for_each(|sum| mean.add(sum, 1));
    let present = mean.stations();
    (mean.mean().filter(|_| suffices(present, expected, share)), present)
}

/// Whether so many of a set's stations stand for it.
pub(super) fn suffices(present: u16, expected: u16, share: StationShareDay) -> bool {
    let (present, expected) = (u32::from(present), u32::from(expected));
    match share {
        StationShareDay::Any => present > 0,
        StationShareDay::ThreeQuarters if expected < 4 => present > 0 && present * 2 >= expected,
        StationShareDay::ThreeQuarters => present * 4 >= expected * 3,
    }
}

/// A set's hours: means over its stations, rounded as the edition publishes them.
pub(super) fn area_hours(day: Day, stations: &[&Window], parameters: &Parameters) -> Window {
    let edition = standards().index_edition(day);
    let ctx = Context { edition, parameters, entity: Entity::Area };
    let mut hours = [[MISSING; DAY_H]; Pollutant::COUNT];
    for p in POLLUTANTS {
        for (of_day, slot) in hours[p.index()].iter_mut().enumerate() {
            let mut sum = Sum::default();
            stations.iter().for_each(|hours| sum.add(hours[p.index()][of_day]));
            if let Some(mean) = sum.mean(1) {
                *slot = index::rounded(mean, p, true, &ctx).milli();
            }
        }
    }
    hours
}
