//! The figures of one hour as they are shown: rounded once, with index and coverage.

use super::{SetMeans, least_24h};
use crate::average::{Averages, EIGHT_H_MIN, Sum};
use crate::index::{self, Context, Index, Indicator, Means, Pollutants};
use crate::observation::{POLLUTANTS, Pollutant};
use crate::quantity::{Amount, Quotient};
use crate::standard::{Entity, Parameters, Practice, standards};
use crate::time::{Day, Hour};

/// The hour of the day (0 to 23) that ends the first 8-h window of a day.
const FIRST_WINDOW: usize = 7;
/// From this day the national platform gives no 8-h ozone at hours 1 to 7 (seen in its archive).
const PLATFORM_HIDES_8H_FROM: Day = Day::from_number(19_650); // 2023-10-20

/// How figures are judged: by which practice and parameters, for a station or an area.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// Practice and open choices.
    pub parameters: &'a Parameters,
    /// Whose figures.
    pub entity: Entity,
}

/// How many of the stations expected gave a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Coverage {
    /// Stations with a valid value.
    pub present: u16,
    /// Stations of the set on the day.
    pub expected: u16,
}

/// The figures of one entity for one hour. Concentrations are rounded as the clause says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The hour they belong to.
    pub hour: Hour,
    /// The hour's own concentrations, by [`Pollutant::index`].
    pub concentration: [Option<Amount>; Pollutant::COUNT],
    /// Rolling 24-h means (none for ozone).
    pub rolling_24h: [Option<Amount>; Pollutant::COUNT],
    /// Sliding 8-h ozone.
    pub o3_8h: Option<Amount>,
    /// The largest 8-h ozone of the day so far; none before hour 8.
    pub o3_8h_max_today: Option<Amount>,
    /// The largest hourly ozone of the day so far.
    pub o3_1h_max_today: Option<Amount>,
    /// Means since 00:00 (none for ozone).
    pub day: [Option<Amount>; Pollutant::COUNT],
    /// The hour's index.
    pub index: Index,
    /// The index of the day so far.
    pub day_index: Index,
    /// Hours of the day so far with at least one station.
    pub hours_day: u8,
    /// Valid hours in the 24-h windows (the fewest of the stations counted).
    pub hours_24h: [u8; Pollutant::COUNT],
    /// Stations with a valid value in the hour, of those expected.
    pub coverage: [Coverage; Pollutant::COUNT],
    /// Whether the hour of every station counted rests on reviewed data.
    pub reviewed: bool,
}

impl Figures {
    /// Rounds and judges exact means by the edition in force at the start of their last hour.
    #[must_use]
    pub fn of(means: &SetMeans, hour: Hour, judge: Judge<'_>) -> Self {
        let Judge { parameters, entity } = judge;
        let edition = standards().index_edition(hour.day());
        let ctx = Context { edition, parameters, entity };
        let shown = |value: Option<Quotient>, p: Pollutant, hourly: bool| {
            value.map(|v| index::rounded(v, p, hourly, &ctx))
        };
        let each = |values: &[Option<Quotient>; Pollutant::COUNT], hourly| {
            let mut amounts = [None; Pollutant::COUNT];
            for p in POLLUTANTS {
                amounts[p.index()] = shown(values[p.index()], p, hourly);
            }
            amounts
        };
        let mut rolling_24h = each(&means.rolling_24h, false);
        let mut day = each(&means.day, false);
        rolling_24h[Pollutant::O3.index()] = None;
        day[Pollutant::O3.index()] = None;
        let o3_8h = means.o3_8h.filter(|_| !hides_8h(hour, parameters.practice));
        Self {
            hour,
            concentration: each(&means.hour, true),
            rolling_24h,
            o3_8h: shown(o3_8h, Pollutant::O3, false),
            o3_8h_max_today: shown(means.o3_8h_max, Pollutant::O3, false),
            o3_1h_max_today: shown(means.o3_1h_max, Pollutant::O3, false),
            day,
            index: index::hourly(&hourly_means(means), &ctx),
            day_index: index::daily(&daily_means(means), &ctx, due_today(hour)),
            hours_day: means.hours_day,
            hours_24h: means.hours_24h,
            coverage: means.present.map(|present| Coverage { present, expected: means.expected }),
            reviewed: means.reviewed,
        }
    }

    /// Whether any pollutant has a value in the hour.
    #[must_use]
    pub fn has_value(&self) -> bool {
        self.concentration.iter().any(Option::is_some)
    }
}

/// The pollutants due in the index of the day so far: no ozone before its first 8-h window ends.
pub(crate) fn due_today(hour: Hour) -> Pollutants {
    if hour.of_day() < FIRST_WINDOW {
        Pollutants::ALL.without(Pollutant::O3)
    } else {
        Pollutants::ALL
    }
}

/// Whether the practice shows no 8-h ozone at this hour, although it enters the index.
pub(crate) fn hides_8h(hour: Hour, practice: Practice) -> bool {
    practice == Practice::NationalPlatform
        && hour.of_day() < FIRST_WINDOW
        && hour.day() >= PLATFORM_HIDES_8H_FROM
}

/// What the real-time report of an hour rests on.
pub(crate) fn hourly_means(means: &SetMeans) -> Means {
    let mut all = Means::default();
    for p in POLLUTANTS {
        all.by_indicator[Indicator::hourly(p).index()] = means.hour[p.index()];
    }
    all.by_indicator[Indicator::Pm2_5_24h.index()] = means.rolling_24h[Pollutant::Pm2_5.index()];
    all.by_indicator[Indicator::Pm10_24h.index()] = means.rolling_24h[Pollutant::Pm10.index()];
    all.by_indicator[Indicator::O3_8h.index()] = means.o3_8h;
    all
}

/// The index of a station's hour alone: the one of its [`Figures`], for a fraction of their cost.
#[must_use]
pub fn station_index(averages: &Averages, hour: Hour, parameters: &Parameters) -> Index {
    let edition = standards().index_edition(hour.day());
    let ctx = Context { edition, parameters, entity: Entity::Station };
    let least = least_24h(parameters.practice);
    let mut sums = [Sum::default(); Indicator::COUNT];
    for p in POLLUTANTS {
        sums[Indicator::hourly(p).index()].add(averages.hour[p.index()]);
    }
    let enough = |sum: Sum, least: u16| if sum.count >= least { sum } else { Sum::default() };
    for p in [Pollutant::Pm2_5, Pollutant::Pm10] {
        sums[Indicator::daily(p).index()] = enough(averages.rolling_24h[p.index()], least);
    }
    sums[Indicator::O3_8h.index()] = enough(averages.o3_8h, EIGHT_H_MIN);
    let mean = |indicator: Indicator| sums[indicator.index()].mean(1);
    index::hourly_by(mean, &ctx)
}

/// What the report of the day so far rests on.
pub(crate) fn daily_means(means: &SetMeans) -> Means {
    let mut all = Means::default();
    for p in POLLUTANTS.into_iter().filter(|p| *p != Pollutant::O3) {
        all.by_indicator[Indicator::daily(p).index()] = means.day[p.index()];
    }
    all.by_indicator[Indicator::O3_8h.index()] = means.o3_8h_max;
    all.by_indicator[Indicator::O3Max1h.index()] = means.o3_1h_max;
    all
}
