//! What a scenario says: when, how the air differs from the usual, what happens, what goes wrong.
//!
//! In: serde (the files are TOML, read by the commands). Out: [`Scenario`], and every fault of it.
//!
//! Days are counted from 1, hours are 0 to 23 in Beijing time, both from `start`; so a scenario is
//! moved to other days by changing `start` alone.

use serde::{Deserialize, Deserializer, de};

use crate::observation::{Pollutant, Property};
use crate::time::{Day, Hour};

/// A scenario.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it shows, in a few words.
    pub title: String,
    /// First day; season and weekday follow from it.
    #[serde(deserialize_with = "day")]
    pub start: Day,
    /// How many days it is meant to be played.
    pub days: u16,
    /// Factors on the usual levels of the season.
    #[serde(default)]
    pub levels: Levels,
    /// How stations and instruments behave when nothing is wrong.
    #[serde(default)]
    pub instruments: Instruments,
    /// What happens in the air.
    #[serde(default, rename = "event")]
    pub events: Vec<Event>,
    /// What goes wrong with stations and messages.
    #[serde(default, rename = "fault")]
    pub faults: Vec<Fault>,
}

/// Factors on the usual levels of the season; 1 is usual.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Levels {
    /// PM2.5 and PM10.
    pub particles: f64,
    /// NO2 and CO from traffic.
    pub traffic: f64,
    /// SO2 and particles of the heating season.
    pub heating: f64,
    /// Ozone made by the sun.
    pub ozone: f64,
}

impl Default for Levels {
    fn default() -> Self {
        Self { particles: 1.0, traffic: 1.0, heating: 1.0, ozone: 1.0 }
    }
}

/// How stations and instruments behave when nothing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Instruments {
    /// Share of hours in which one pollutant of a station is calibrated (flag C), 0 to 1.
    pub calibrating_share: f64,
    /// Longest time from the end of the hour to the message, seconds.
    pub delay_s_max: u16,
}

impl Default for Instruments {
    fn default() -> Self {
        Self { calibrating_share: 0.002, delay_s_max: 180 }
    }
}

/// What happens in the air of the whole city.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// What it is.
    pub kind: EventKind,
    /// Day of its beginning, from 1.
    pub day: u16,
    /// Hour of its beginning, 0 to 23.
    pub hour: u8,
    /// How long it lasts.
    pub hours: u16,
    /// What it adds at its height, µg/m³: of PM2.5 (episode, fireworks) or of PM10 (dust).
    pub peak_ug_m3: f64,
}

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Stagnant, humid air in which particles gather, ended by a cold front.
    Episode,
    /// Dust from the north-west: coarse particles, strong dry wind.
    Dust,
    /// Fireworks: particles and SO2 for some hours.
    Fireworks,
}

/// What goes wrong with stations and their messages.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What it is.
    pub kind: FaultKind,
    /// The station; without it, see `station_share`.
    #[serde(default)]
    pub station: Option<String>,
    /// Share of the stations that are concerned, 0 to 1; all when neither is given.
    #[serde(default)]
    pub station_share: Option<f64>,
    /// The pollutant concerned; all when not given.
    #[serde(default, deserialize_with = "pollutant")]
    pub pollutant: Option<Pollutant>,
    /// Day of its beginning, from 1.
    #[serde(default = "first_day")]
    pub day: u16,
    /// Hour of its beginning, 0 to 23.
    #[serde(default)]
    pub hour: u8,
    /// How long it lasts; without end when not given.
    #[serde(default)]
    pub hours: Option<u16>,
    /// Share of the hours that are concerned, 0 to 1.
    #[serde(default = "every")]
    pub hour_share: f64,
    /// Least and largest delay of a late, corrected or repeated message, minutes.
    #[serde(default = "usual_delay")]
    pub delay_min: [u16; 2],
    /// Whether an outage's messages come after its end.
    #[serde(default)]
    pub backfill: bool,
    /// How far a wrong clock is ahead, minutes (may be negative).
    #[serde(default)]
    pub shift_min: i32,
    /// What the first, wrong report of a corrected value was multiplied by.
    #[serde(default = "usual_factor")]
    pub factor: f64,
}

/// The kind of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The station sends nothing; with `backfill`, afterwards.
    Outage,
    /// The instrument repeats the value it had when the fault began.
    Stuck,
    /// The instrument reports -999.
    Sentinel,
    /// Messages come late.
    Late,
    /// A wrong value comes first, the right one with revision 1 later.
    Corrected,
    /// A message comes again.
    Repeated,
    /// The station's time is wrong.
    WrongClock,
}

const fn first_day() -> u16 {
    1
}

const fn every() -> f64 {
    1.0
}

const fn usual_delay() -> [u16; 2] {
    [30, 240]
}

const fn usual_factor() -> f64 {
    2.0
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| de::Error::custom(format!("YYYY-MM-DD expected, got {text:?}")))
}

fn pollutant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Pollutant>, D::Error> {
    let code = String::deserialize(deserializer)?;
    match Property::parse(&code) {
        Some(Property::Pollutant(pollutant)) => Ok(Some(pollutant)),
        _ => Err(de::Error::custom(format!("no pollutant: {code:?}"))),
    }
}

impl Scenario {
    /// Every fault of what is said, with its place.
    #[must_use]
    pub fn faults_of_text(&self) -> Vec<String> {
        let mut told = Vec::new();
        let l = self.levels;
        let levels = [l.particles, l.traffic, l.heating, l.ozone];
        if self.days == 0 {
            told.push("days: at least 1 expected".to_owned());
        }
        if !levels.iter().all(|v| (0.0..=10.0).contains(v)) {
            told.push("levels: factors from 0 to 10 expected".to_owned());
        }
        if !share(self.instruments.calibrating_share) {
            told.push("instruments.calibrating_share: 0 to 1 expected".to_owned());
        }
        for (at, event) in self.events.iter().enumerate() {
            let place = format!("event {}", at + 1);
            told.extend(placed(&place, event.day, event.hour, Some(event.hours)));
            if !(0.0..=5000.0).contains(&event.peak_ug_m3) {
                told.push(format!("{place}: peak_ug_m3 from 0 to 5000 expected"));
            }
        }
        for (at, fault) in self.faults.iter().enumerate() {
            let place = format!("fault {}", at + 1);
            told.extend(placed(&place, fault.day, fault.hour, fault.hours));
            told.extend(fault.faults_of_text().into_iter().map(|f| format!("{place}: {f}")));
        }
        told
    }

    /// The hour `hour` of day `day` of the scenario.
    #[must_use]
    pub fn hour(&self, day: u16, hour: u8) -> Hour {
        self.start.plus(i32::from(day) - 1).hour(usize::from(hour))
    }

    /// First hour, and the hour after the last.
    #[must_use]
    pub fn span(&self) -> (Hour, Hour) {
        (self.start.start(), self.start.plus(i32::from(self.days)).start())
    }
}

impl Fault {
    fn faults_of_text(&self) -> Vec<&'static str> {
        let mut told = Vec::new();
        if self.station.is_some() && self.station_share.is_some() {
            told.push("station or station_share expected, not both");
        }
        if !self.station_share.is_none_or(share) || !share(self.hour_share) {
            told.push("shares from 0 to 1 expected");
        }
        if self.delay_min[0] > self.delay_min[1] {
            told.push("delay_min: the smaller first");
        }
        if !(0.0..=100.0).contains(&self.factor) {
            told.push("factor from 0 to 100 expected");
        }
        if self.kind == FaultKind::WrongClock && self.shift_min == 0 {
            told.push("shift_min is missing");
        }
        if self.shift_min.abs() > 60 * 24 * 3660 {
            told.push("shift_min: at most ten years expected");
        }
        if self.kind == FaultKind::Stuck && self.hours.is_none() {
            told.push("hours is missing");
        }
        if self.kind == FaultKind::Outage && self.backfill && self.hours.is_none() {
            told.push("hours is missing: backfill comes after the end");
        }
        told
    }
}

fn share(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

fn placed(place: &str, day: u16, hour: u8, hours: Option<u16>) -> Option<String> {
    let wrong = day == 0 || hour > 23 || hours == Some(0);
    wrong.then(|| format!("{place}: day from 1, hour 0 to 23, hours from 1 expected"))
}
