//! The clock of recorded or simulated hours.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::time::{Hour, Instant};

/// The clock goes at most this far forward a step when no beacon tells it.
const STEP_MIN: i64 = 24 * 60;
/// So many stations must have reached an hour before the clock does, without beacons.
const STATIONS: usize = 3;

/// A clock that obeys beacons (`aq/{area}/clock`), and without them the stations.
///
/// Without beacons it reaches an hour's end when at least 3 stations, or half the feed if fewer, have.
#[derive(Debug)]
pub struct Follow {
    stations: usize,
    now: Option<Instant>,
    end: Option<Instant>,
    newest: BTreeMap<usize, Hour>,
}

/// A beacon's payload.
#[derive(Deserialize)]
struct Beacon<'a> {
    now: &'a str,
    end: &'a str,
}

impl Follow {
    /// A clock for an area with so many stations, which goes on from where the area stands.
    #[must_use]
    pub fn new(stations: usize, now: Option<Instant>) -> Self {
        Self { stations, now, end: None, newest: BTreeMap::new() }
    }

    /// The present time; `None` before anything told it.
    #[must_use]
    pub const fn now(&self) -> Option<Instant> {
        self.now
    }

    /// Whether the beacons have said that the recording is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.end.is_some() && self.now >= self.end
    }

    /// Whether a beacon has come; from then on only beacons count.
    #[must_use]
    pub const fn has_beacons(&self) -> bool {
        self.end.is_some()
    }

    /// Takes a beacon; false when it cannot be read.
    pub fn beacon(&mut self, payload: &[u8]) -> bool {
        let Ok(beacon) = serde_json::from_slice::<Beacon<'_>>(payload) else { return false };
        let read = |text| Instant::parse_rfc3339(text).ok();
        let Some((now, end)) = read(beacon.now).zip(read(beacon.end)) else { return false };
        self.now = self.now.max(Some(now));
        self.end = Some(end);
        true
    }

    /// Takes notice of an observation of a station (its place in the registry); true when the clock moved.
    pub fn observe(&mut self, station: usize, hour: Hour) -> bool {
        if self.has_beacons() || self.now.is_some_and(|now| hour.end() <= now) {
            return false;
        }
        let newest = self.newest.entry(station).or_insert(hour);
        *newest = hour.max(*newest);
        let needed = STATIONS.min(self.stations.div_ceil(2)).max(1);
        let mut reached: Vec<Hour> = self.newest.values().copied().collect();
        reached.sort_unstable_by(|a, b| b.cmp(a));
        let Some(hour) = reached.get(needed - 1) else { return false };
        let most = self.now.map(|now| now.plus_minutes(STEP_MIN));
        let target = most.map_or(hour.end(), |most| hour.end().min(most));
        let moves = self.now.is_none_or(|now| target > now);
        if moves {
            self.now = Some(target);
        }
        moves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(n: i32) -> Hour {
        Hour::from_number(480_000 + n)
    }

    #[test]
    fn without_beacons_three_stations_move_the_clock() {
        let mut clock = Follow::new(10, None);
        assert!(!clock.observe(0, hour(0)));
        assert!(!clock.observe(1, hour(5)));
        assert!(clock.observe(2, hour(1)));
        assert_eq!(clock.now(), Some(hour(0).end()));
        assert!(!clock.observe(0, hour(0)), "nobody moved");
        assert!(clock.observe(3, hour(1)));
        assert_eq!(clock.now(), Some(hour(1).end()));
    }

    #[test]
    fn one_station_of_two_is_half() {
        let mut clock = Follow::new(2, None);
        assert!(clock.observe(0, hour(3)));
        assert_eq!(clock.now(), Some(hour(3).end()));
    }

    #[test]
    fn a_step_is_at_most_a_day() {
        let mut clock = Follow::new(1, None);
        clock.observe(0, hour(0));
        assert!(clock.observe(0, hour(400)));
        assert_eq!(clock.now(), Some(hour(24).end()));
    }

    #[test]
    fn beacons_rule_once_one_has_come() {
        let mut clock = Follow::new(1, None);
        clock.observe(0, hour(0));
        let at = hour(9).end();
        let payload = format!("{{\"now\":\"{at}\",\"end\":\"{}\"}}", hour(10).end());
        assert!(clock.beacon(payload.as_bytes()));
        assert_eq!((clock.now(), clock.is_over()), (Some(at), false));
        assert!(!clock.observe(0, hour(20)));
        assert!(!clock.beacon(b"{}"), "unreadable");
        let back = format!("{{\"now\":\"{}\",\"end\":\"{at}\"}}", hour(2).end());
        assert!(clock.beacon(back.as_bytes()));
        assert_eq!((clock.now(), clock.is_over()), (Some(at), true), "never back");
    }
}
