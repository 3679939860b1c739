//! Simulated air: a scenario and a seed to observations, the same ones every time, everywhere.
//!
//! In: a [`Scenario`], a seed, station codes, an hour. Out: [`Delivery`]s: what each station sends
//! about the hour, and when.
//!
//! Invariants: an hour depends on nothing but scenario, seed and the station's own code, so any span
//! can be made by itself and a station's air does not change with the list it stands in; PM2.5 never
//! exceeds PM10 unless a fault makes it so.
//!
//! Why floats here: this is no measurement. They are used in a fixed order, transcendental functions
//! come from `libm`, and results are quantised at once to the steps of the instruments.

mod fault;
mod noise;
mod playback;
mod pollution;
mod scenario;
mod weather;

pub use playback::{Playback, Step};
pub use scenario::{Event, EventKind, Fault, FaultKind, Instruments, Levels, Scenario};

use self::fault::PlacedFault;
use self::noise::{Noise, Purpose, key};
use self::pollution::{City, Site};
use self::weather::{Events, PlacedEvent, Weather};
use crate::observation::{Observation, POLLUTANTS, Property, Reading, Validity};
use crate::time::{AveragingPeriod, Hour, Instant};

const SECOND_MS: i64 = 1000;

/// One message of a station: what it says, and when it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When it is sent.
    pub due: Instant,
    /// Which station, by its place in the list given.
    pub station: usize,
    /// Start of the hour as the station labels it (a wrong clock labels it wrongly).
    pub start: Instant,
    /// 0, or 1 for a correction.
    pub revision: u32,
    /// By [`Property::index`].
    pub readings: [Reading; Property::COUNT],
}

impl Delivery {
    /// The observation that is sent.
    #[must_use]
    pub fn observation<'a>(&self, station: &'a str) -> Observation<'a> {
        let hour = (AveragingPeriod::HOUR, self.start);
        Observation::of(station, hour, self.revision, self.readings)
    }
}

/// The air of a scenario over a list of stations.
#[derive(Clone, Debug)]
pub struct Air {
    noise: Noise,
    levels: Levels,
    instruments: Instruments,
    events: Vec<PlacedEvent>,
    faults: Vec<PlacedFault>,
    codes: Vec<String>,
    sites: Vec<(u64, Site)>,
}

impl Air {
    /// The air of a scenario. Station codes must differ.
    #[must_use]
    pub fn new<S: AsRef<str>>(scenario: &Scenario, seed: u64, stations: &[S]) -> Self {
        let noise = Noise::new(seed);
        let placed = |e: &Event| PlacedEvent {
            kind: e.kind,
            from: scenario.hour(e.day, e.hour),
            hours: i32::from(e.hours),
            peak_ug_m3: e.peak_ug_m3,
        };
        let codes: Vec<String> = stations.iter().map(|s| s.as_ref().to_owned()).collect();
        let faults = scenario.faults.iter().enumerate();
        Self {
            noise,
            levels: scenario.levels,
            instruments: scenario.instruments,
            events: scenario.events.iter().map(placed).collect(),
            faults: faults.map(|(at, f)| PlacedFault::new(scenario, f, at)).collect(),
            sites: codes.iter().map(|c| (key(c), Site::new(noise, key(c)))).collect(),
            codes,
        }
    }

    /// The codes of the stations, in the order given.
    #[must_use]
    pub fn stations(&self) -> &[String] {
        &self.codes
    }

    /// Every message about an hour, in the order of the stations.
    #[must_use]
    pub fn hour(&self, hour: Hour) -> Vec<Delivery> {
        let city = self.city(hour);
        let mut deliveries = Vec::with_capacity(self.sites.len());
        for station in 0..self.sites.len() {
            self.deliver(&city, hour, station, &mut deliveries);
        }
        deliveries
    }

    /// Every message that is sent at `from` or later and before `to`, in the order of sending.
    #[must_use]
    pub fn due_between(&self, from: Instant, to: Instant) -> Vec<Delivery> {
        let first = from.plus_minutes(-self.delay_min_max()).hour().plus(-1);
        let last = to.hour();
        let mut due: Vec<Delivery> = (first.number()..=last.number())
            .flat_map(|number| self.hour(Hour::from_number(number)))
            .filter(|d| from <= d.due && d.due < to)
            .collect();
        due.sort_by_key(|d| (d.due, d.station, d.start, d.revision));
        due
    }

    /// What is known of an hour in the end: of each station that reported it under its right time,
    /// the last revision.
    #[must_use]
    pub fn record(&self, hour: Hour) -> Vec<(usize, [Reading; Property::COUNT])> {
        let mut last: Vec<Option<Delivery>> = vec![None; self.sites.len()];
        for delivery in self.hour(hour).into_iter().filter(|d| d.start == hour.start()) {
            let kept = &mut last[delivery.station];
            if kept.is_none_or(|k| k.revision < delivery.revision) {
                *kept = Some(delivery);
            }
        }
        last.into_iter().flatten().map(|d| (d.station, d.readings)).collect()
    }

    /// The longest time from the end of an hour to its last message, minutes.
    #[must_use]
    pub fn delay_min_max(&self) -> i64 {
        let usual = i64::from(self.instruments.delay_s_max) / 60 + 1;
        let longest = self.faults.iter().map(PlacedFault::delay_min_max).max();
        usual + longest.unwrap_or(0)
    }

    fn city(&self, hour: Hour) -> City {
        let events = Events::at(&self.events, hour);
        let weather = Weather::at(self.noise, hour, &events);
        City::at(self.noise, hour, weather, &events, &self.levels)
    }

    /// The true readings, with what is being calibrated marked.
    fn measured(&self, city: &City, hour: Hour, station: usize) -> [Reading; Property::COUNT] {
        let (key, site) = &self.sites[station];
        let mut readings = city.readings(self.noise, site);
        let at = i64::from(hour.number());
        if self.noise.uniform(Purpose::Calibration, *key, at) < self.instruments.calibrating_share {
            let drawn = self.noise.bits(Purpose::Calibration, *key, -at) % 6;
            let pollutant = POLLUTANTS[usize::try_from(drawn).unwrap_or(0)];
            readings[pollutant.index()].validity = Validity::FlagCalibrating;
        }
        readings
    }

    fn deliver(&self, city: &City, hour: Hour, station: usize, out: &mut Vec<Delivery>) {
        let key = self.sites[station].0;
        let at = i64::from(hour.number());
        let spread = i64::from(self.instruments.delay_s_max) + 1;
        let drawn = self.noise.bits(Purpose::Delay, key, at) % spread.unsigned_abs();
        let delay_ms = i64::try_from(drawn).unwrap_or(0) * SECOND_MS;
        let first = out.len();
        out.push(Delivery {
            due: Instant::from_millis(hour.end().millis() + delay_ms),
            station,
            start: hour.start(),
            revision: 0,
            readings: self.measured(city, hour, station),
        });
        for fault in &self.faults {
            if fault.concerns(self.noise, &self.codes[station], key, hour) {
                self.disturb(fault, hour, first, out);
            }
        }
    }

    /// Lets one fault act on the station's messages, `out[first..]`.
    fn disturb(&self, fault: &PlacedFault, hour: Hour, first: usize, out: &mut Vec<Delivery>) {
        let Some(station) = out.get(first).map(|d| d.station) else { return };
        let delay = fault.delay_min(self.noise, self.sites[station].0, hour);
        match fault.kind() {
            FaultKind::Outage => match fault.backfilled_at(hour) {
                None => out.truncate(first),
                Some(due) => out[first..].iter_mut().for_each(|d| d.due = d.due.max(due)),
            },
            FaultKind::Stuck => {
                let begun = self.measured(&self.city(fault.from()), fault.from(), station);
                out[first..].iter_mut().for_each(|d| fault.stick(&mut d.readings, &begun));
            }
            FaultKind::Sentinel => {
                out[first..].iter_mut().for_each(|d| fault.blind(&mut d.readings));
            }
            FaultKind::Late => {
                out[first..].iter_mut().for_each(|d| d.due = d.due.plus_minutes(delay));
            }
            FaultKind::Corrected => {
                let right = out[first];
                fault.spoil(&mut out[first].readings);
                let due = right.due.plus_minutes(delay);
                out.push(Delivery { due, revision: right.revision + 1, ..right });
            }
            FaultKind::Repeated => {
                let again = out[first];
                out.push(Delivery { due: again.due.plus_minutes(delay), ..again });
            }
            FaultKind::WrongClock => {
                let shift = fault.shift_min();
                out[first..].iter_mut().for_each(|d| d.start = d.start.plus_minutes(shift));
            }
        }
    }
}

#[cfg(test)]
mod tests;
