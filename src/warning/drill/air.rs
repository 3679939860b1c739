//! The air of a drill: simulated hours of the area's stations, and a forecast that leads to a level.
//!
//! In: the area with the rules it goes by, a level, a seed, and the last hour. Out: a [`DrillAir`] for
//! [`super::DrillAct`].
//!
//! Invariants: the hours are those of simulated stations ([`crate::simulation`]), averaged and judged by the
//! kernels of real air; the forecast's days follow from the rule set's own conditions. Air that would lead to
//! another level than the one asked for is not given out. The same seed and hour give the same air.
//!
//! Why a forecast: rules recommend on what is coming, a day ahead; the air of the first hours only begins to
//! gather. It goes on to a heavy episode and a cold front, so that lifting can be practised too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::area::{Figures, History, Member, Registry};
use crate::average::{Incoming, StationDay};
use crate::index::Pollutants;
use crate::observation::{PROPERTIES, Pollutant};
use crate::outlook::{AqiRange, Forecast, ForecastBook, ForecastSpan, KeptForecast, Source};
use crate::simulation::{Air, Event, EventKind, Instruments, Levels, Scenario};
use crate::standard::Parameters;
use crate::time::{DAY_H, Day, Hour};
use crate::warning::{Condition, Evaluation, Level, Line, ObservedHour, RuleSet};

/// Observed hours before the last one.
const BACK_H: i32 = 72;
/// How long before the drill the episode began.
const BEGAN_H: i32 = 8;
/// How long the episode lasts.
const EPISODE_H: i32 = 84;
/// From the beginning of the drill to a day after the episode's end.
const GONE_H: i32 = EPISODE_H - BEGAN_H + 24;
/// How much longer its air goes on at most, until an hour is good.
const LATER_H: i32 = 48;
/// The highest AQI of a good hour.
const GOOD_MOST: u16 = 100;
/// What the episode adds at its height, µg/m³ of PM2.5.
const PEAK_UG_M3: f64 = 175.0;
/// Points from the lower end of a forecast range to the upper (terms.md).
const RANGE: u16 = 30;
/// What is forecast for a day without pollution.
const CLEAN: (u16, u16) = (50, 80);
/// Days of a forecast.
const DAYS: i32 = 7;
/// Whose forecast it is.
const OFFICE: &str = "演练预报（模拟）";

/// What a drill says was observed, and what it says is forecast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillAir {
    /// The area's hours without a gap, in the order of time.
    pub hours: Vec<ObservedHour>,
    /// The forecast for the days after them.
    pub forecast: Forecast,
}

/// The area in which a drill takes place, and what it goes by.
#[derive(Clone, Copy, Debug)]
pub struct DrillCity<'a> {
    /// Its stations and sets.
    pub registry: &'a Registry,
    /// How its figures are taken.
    pub parameters: &'a Parameters,
    /// How its air is judged.
    pub rules: &'a RuleSet,
    /// The zone by whose forecast warnings go; empty for the whole area.
    pub zone: &'a str,
}

impl DrillAir {
    /// Air in which an episode begins, with a forecast that leads to `level`; `last` is the last observed
    /// hour. `None` where no such forecast leads there, as with rules under which the level is not reached.
    #[must_use]
    pub fn rising(city: &DrillCity<'_>, level: Level, last: Hour, seed: u64) -> Option<Self> {
        let hours = observed(city, last, (last, seed));
        let of = |alternative: &Vec<Condition>| {
            let forecast = forecast(city, last, &heavy_days(alternative)?);
            let air = Self { hours: hours.clone(), forecast };
            (air.leads_to(city) == Some(level)).then_some(air)
        };
        city.rules.alternatives(level).iter().find_map(of)
    }

    /// The same air after the episode: clean, and forecast to stay so. `began` is the last hour of the air
    /// with which the drill began.
    #[must_use]
    pub fn gone(city: &DrillCity<'_>, began: Hour, seed: u64) -> Self {
        let mut hours = observed(city, began.plus(GONE_H + LATER_H), (began, seed));
        let gone = |hour: &ObservedHour| hour.hour >= began.plus(GONE_H);
        let clean = |hour: &ObservedHour| hour.aqi.is_some_and(|aqi| aqi <= GOOD_MOST);
        if let Some(at) = hours.iter().position(|hour| gone(hour) && clean(hour)) {
            hours.truncate(at + 1);
        }
        let last = hours.last().map_or(began, |hour| hour.hour);
        Self { hours, forecast: forecast(city, last, &[]) }
    }

    fn leads_to(&self, city: &DrillCity<'_>) -> Option<Level> {
        let mut book = ForecastBook::default();
        let received = self.forecast.issued;
        book.keep(KeptForecast { number: 1, received, forecast: self.forecast.clone() });
        let lines = Line::all(&self.hours, &book, (Source::Fed, city.zone));
        Evaluation::of(city.rules, &lines, Source::Fed)?.level()
    }
}

/// For each day from the first on, the lower end of its range: just above what the conditions ask for.
fn heavy_days(conditions: &[Condition]) -> Option<Vec<u16>> {
    let days = conditions.iter().map(|c| usize::from(c.hours) / DAY_H).max()?;
    let above = |day: usize| {
        let holds = conditions.iter().filter(|c| usize::from(c.hours) / DAY_H > day);
        holds.map(|c| c.above + 1).max()
    };
    (0..days).map(above).collect()
}

fn forecast(city: &DrillCity<'_>, last: Hour, heavy: &[u16]) -> Forecast {
    let first = last.plus(1).day();
    // The day that runs is over for a forecast of whole days, unless it only begins.
    let first = if last.plus(1).of_day() == 0 { first } else { first.plus(1) };
    let day = |n: i32| {
        let lower = usize::try_from(n).ok().and_then(|n| heavy.get(n));
        let (lower, upper) = lower.map_or(CLEAN, |lower| (*lower, (lower + RANGE).min(500)));
        span(first.plus(n), (lower, upper))
    };
    let spans: Vec<ForecastSpan> = (0..DAYS).filter_map(day).collect();
    Forecast {
        office: OFFICE.to_owned(),
        issued: last.end(),
        source: Source::Fed,
        zones: BTreeMap::from([(city.zone.to_owned(), spans)]),
    }
}

fn span(day: Day, (lower, upper): (u16, u16)) -> Option<ForecastSpan> {
    Some(ForecastSpan {
        from: day.start(),
        hours: 24,
        aqi: AqiRange::new(lower, upper)?,
        hourly: Vec::new(),
        primary: Pollutants::EMPTY.with(Pollutant::Pm2_5),
        cause: None,
        concentrations: BTreeMap::new(),
        weather: None,
    })
}

/// The hours until `last` of the air in which an episode begins before `began`.
fn observed(city: &DrillCity<'_>, last: Hour, (began, seed): (Hour, u64)) -> Vec<ObservedHour> {
    let from = began.plus(-BACK_H);
    let start = from.day().plus(-2);
    let begins = began.plus(-BEGAN_H);
    let day = begins.day().number() - start.number() + 1;
    let episode = Event {
        kind: EventKind::Episode,
        day: u16::try_from(day).unwrap_or(1),
        hour: u8::try_from(begins.of_day()).unwrap_or(0),
        hours: u16::try_from(EPISODE_H).unwrap_or(0),
        peak_ug_m3: PEAK_UG_M3,
    };
    let scenario = Scenario {
        title: OFFICE.to_owned(),
        start,
        days: 12,
        levels: Levels::default(),
        instruments: Instruments::default(),
        events: vec![episode],
        faults: Vec::new(),
    };
    let codes: Vec<String> = city.registry.stations.iter().map(|s| s.id.to_string()).collect();
    let air = Air::new(&scenario, seed, &codes);
    let members = [Member::Set(0)];
    // The 24 hours that end with the first one are there too.
    let mut history = History::new(city.registry, &members, (from.plus(-23), last), None);
    let (first, end) = history.days();
    for day in (first.number()..=end.number()).map(Day::from_number) {
        let mut cells = vec![StationDay::default(); codes.len()];
        for of_day in 0..DAY_H {
            for (station, readings) in air.record(day.hour(of_day)) {
                for property in PROPERTIES {
                    let reading = readings[property.index()];
                    let incoming =
                        Incoming { property, hour: of_day, part: None, revision: 0, reading };
                    cells[station].take(&incoming);
                }
            }
        }
        cells.iter().enumerate().for_each(|(station, cells)| history.put(station, day, cells));
    }
    let mut figures: Vec<Figures> = Vec::new();
    let each = |_: Hour, row: &[(Member, Figures)]| {
        figures.extend(row.first().map(|(_, of_hour)| of_hour.clone()));
        Ok::<(), std::convert::Infallible>(())
    };
    let Ok(()) = history.for_each(city.parameters, each);
    let figures: Vec<&Figures> = figures.iter().collect();
    let of_24 = figures.windows(DAY_H);
    of_24.filter_map(|hours| ObservedHour::last_of(hours, city.parameters)).collect()
}
