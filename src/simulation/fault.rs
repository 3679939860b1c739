//! Faults of stations on the time axis: whom they concern and what they do to a message.

use super::noise::{Noise, Purpose};
use super::scenario::{Fault, FaultKind, Scenario};
use crate::observation::{POLLUTANTS, Pollutant, Property, Reading, Validity};
use crate::quantity::Amount;
use crate::time::{Hour, Instant};

type Readings = [Reading; Property::COUNT];

/// The value that many loggers send for "none".
const SENTINEL: i32 = -999;

/// A fault with its place in time and its own stream of noise.
#[derive(Clone, Debug)]
pub(super) struct PlacedFault {
    fault: Fault,
    from: Hour,
    /// The hour after the last; `None` without end.
    to: Option<Hour>,
    stream: u64,
}

impl PlacedFault {
    pub(super) fn new(scenario: &Scenario, fault: &Fault, at: usize) -> Self {
        let from = scenario.hour(fault.day, fault.hour);
        let to = fault.hours.map(|hours| from.plus(i32::from(hours)));
        let stream = u64::try_from(at).unwrap_or(0) << 8;
        Self { fault: fault.clone(), from, to, stream }
    }

    pub(super) const fn kind(&self) -> FaultKind {
        self.fault.kind
    }

    pub(super) const fn from(&self) -> Hour {
        self.from
    }

    pub(super) fn shift_min(&self) -> i64 {
        i64::from(self.fault.shift_min)
    }

    /// Whether it acts on this station in this hour.
    pub(super) fn concerns(&self, noise: Noise, code: &str, key: u64, hour: Hour) -> bool {
        if hour < self.from || self.to.is_some_and(|to| hour >= to) {
            return false;
        }
        let key = key ^ self.stream;
        let station = match (&self.fault.station, self.fault.station_share) {
            (Some(station), _) => station == code,
            (None, Some(share)) => noise.uniform(Purpose::FaultStation, key, 0) < share,
            (None, None) => true,
        };
        let at = i64::from(hour.number());
        station && noise.uniform(Purpose::FaultHour, key, at) < self.fault.hour_share
    }

    /// The delay of a message, minutes, between the least and the largest.
    pub(super) fn delay_min(&self, noise: Noise, key: u64, hour: Hour) -> i64 {
        let [least, most] = self.fault.delay_min.map(i64::from);
        let drawn = noise.bits(Purpose::FaultDelay, key ^ self.stream, i64::from(hour.number()));
        let width = (most - least + 1).unsigned_abs().max(1);
        least + i64::try_from(drawn % width).unwrap_or(0)
    }

    pub(super) fn delay_min_max(&self) -> i64 {
        match self.fault.kind {
            FaultKind::Late | FaultKind::Corrected | FaultKind::Repeated => {
                i64::from(self.fault.delay_min[1])
            }
            FaultKind::Outage if self.fault.backfill => {
                i64::from(self.fault.hours.unwrap_or(0)) * 60
            }
            _ => 0,
        }
    }

    /// When an hour of an outage is sent after all: one after the other when the line is back.
    pub(super) fn backfilled_at(&self, hour: Hour) -> Option<Instant> {
        let to = self.to.filter(|_| self.fault.backfill)?;
        let nth = i64::from(hour.number() - self.from.number());
        Some(Instant::from_millis(to.start().millis() + nth * 100))
    }

    fn pollutants(&self) -> impl Iterator<Item = Pollutant> {
        let only = self.fault.pollutant;
        POLLUTANTS.into_iter().filter(move |p| only.is_none_or(|only| only == *p))
    }

    pub(super) fn stick(&self, readings: &mut Readings, begun: &Readings) {
        for pollutant in self.pollutants() {
            let stuck = Reading { validity: Validity::Valid, ..begun[pollutant.index()] };
            readings[pollutant.index()] = stuck;
        }
    }

    pub(super) fn blind(&self, readings: &mut Readings) {
        for pollutant in self.pollutants() {
            let one = 10_i32.pow(pollutant.unit().milli_digits());
            let amount = Amount::from_milli(SENTINEL * one);
            readings[pollutant.index()] = Reading { amount, validity: Validity::Negative };
        }
    }

    pub(super) fn spoil(&self, readings: &mut Readings) {
        for pollutant in self.pollutants() {
            let reading = &mut readings[pollutant.index()];
            let step = if pollutant == Pollutant::Co { 100_000 } else { 1000 };
            let wrong = f64::from(reading.amount.milli()) / 1000.0 * self.fault.factor;
            reading.amount = super::pollution::quantised(wrong, step).amount;
        }
    }
}
