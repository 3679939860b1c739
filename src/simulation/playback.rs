//! A span of simulated hours as it would arrive: step by step of simulated time.
//!
//! In: the air and the hours. Out: [`Step`]s of equal length, each with the messages that became due
//! in it, in the order of sending; the last step is [`Playback::end`].

use std::collections::BTreeMap;

use super::{Air, Delivery};
use crate::time::{Hour, Instant};

/// A moment of simulated time, and what was sent since the moment before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The time now; no message in it is due later.
    pub now: Instant,
    /// In the order of sending.
    pub deliveries: Vec<Delivery>,
}

/// Plays hours.
#[derive(Debug)]
pub struct Playback<'a> {
    air: &'a Air,
    next_hour: Hour,
    to: Hour,
    step_min: i64,
    now: Instant,
    end: Instant,
    /// By due time, then in the order of hours and stations.
    waiting: BTreeMap<(Instant, u64), Delivery>,
    made: u64,
}

impl<'a> Playback<'a> {
    /// Plays the hours from `from` to before `to`, a step every `step_min` (1 to 60) minutes.
    #[must_use]
    pub fn new(air: &'a Air, from: Hour, to: Hour, step_min: u8) -> Self {
        let step_min = i64::from(step_min.clamp(1, 60));
        // After the last hour: an hour, so that it can be published, or until the last message.
        let rest = (air.delay_min_max().max(60) + step_min - 1) / step_min * step_min;
        let to = to.max(from.plus(1));
        let (now, end) = (from.end(), to.start().plus_minutes(rest));
        Self { air, next_hour: from, to, step_min, now, end, waiting: BTreeMap::new(), made: 0 }
    }

    /// The time of the last step.
    #[must_use]
    pub const fn end(&self) -> Instant {
        self.end
    }

    fn make_hours(&mut self) {
        while self.next_hour < self.to && self.next_hour.end() <= self.now {
            for delivery in self.air.hour(self.next_hour) {
                self.waiting.insert((delivery.due, self.made), delivery);
                self.made += 1;
            }
            self.next_hour = self.next_hour.plus(1);
        }
    }
}

impl Iterator for Playback<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if self.now > self.end {
            return None;
        }
        let now = self.now;
        self.make_hours();
        let later = self.waiting.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut self.waiting, later);
        let follows = now.plus_minutes(self.step_min);
        // Steps need not divide the span: the last one is the end.
        self.now = if now < self.end { follows.min(self.end) } else { follows };
        Some(Step { now, deliveries: due.into_values().collect() })
    }
}
