//! Recorded or simulated hours as messages, and their publication to a broker.
//!
//! In: rows or observations, the area of each station. Out: messages in the default format on
//! `aq/{area}/{station}/obs`, led by beacons on `aq/{area}/clock`, in the order in which a broker
//! must get them.
//!
//! Invariants: what to send, and in which order, is decided by pure functions; a beacon's `now`
//! never goes back; the data of an hour comes after the beacon that says the hour has ended.

mod publisher;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

pub use publisher::{BrokerUrl, Error, Publisher};

use super::files::Row;
use super::stations::StationRow;
use crate::observation::{Observation, StationId, encode};
use crate::simulation::{Air, Step};
use crate::time::{AveragingPeriod, Hour, Instant};

/// A topic and what goes there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The topic.
    pub topic: String,
    /// The payload.
    pub payload: Vec<u8>,
}

/// The clock of replayed hours: it is `now`, and there will be nothing after `end`.
#[must_use]
pub fn beacon(area: &str, now: Instant, end: Instant) -> Message {
    let payload = format!("{{\"now\":\"{now}\",\"end\":\"{end}\"}}").into_bytes();
    Message { topic: format!("aq/{area}/clock"), payload }
}

/// An observation on its station's topic.
#[must_use]
pub fn observation_message(area: &str, observation: &Observation<'_>) -> Message {
    let topic = format!("aq/{area}/{}/obs", observation.station);
    Message { topic, payload: encode(observation) }
}

/// A recorded hour as the observation that a station would have sent.
#[must_use]
pub fn recorded_observation(row: &Row) -> Observation<'_> {
    let hour = (AveragingPeriod::HOUR, row.hour.start());
    Observation::of(&row.station, hour, 0, row.readings)
}

/// Which area each station belongs to.
#[derive(Clone, Debug, Default)]
pub struct Areas {
    by_station: BTreeMap<String, String>,
    otherwise: Option<String>,
}

impl Areas {
    /// The areas of a station list; stations that are not in it belong to `otherwise`, if given.
    #[must_use]
    pub fn new(stations: &[StationRow], otherwise: Option<String>) -> Self {
        let pair = |s: &StationRow| (s.station.as_str().to_owned(), s.area.clone());
        Self { by_station: stations.iter().map(pair).collect(), otherwise }
    }

    /// The area of a station.
    #[must_use]
    pub fn of(&self, station: &str) -> Option<&str> {
        self.by_station.get(station).or(self.otherwise.as_ref()).map(String::as_str)
    }

    /// Stations among `stations` that have no area, or whose code no topic can hold.
    #[must_use]
    pub fn strangers<'a>(&self, stations: &'a BTreeSet<String>) -> Vec<&'a str> {
        let strange = |s: &&str| self.of(s).is_none() || StationId::new(s).is_none();
        stations.iter().map(String::as_str).filter(strange).collect()
    }

    /// Every area that one of `stations` belongs to.
    #[must_use]
    pub fn among(&self, stations: &BTreeSet<String>) -> BTreeSet<String> {
        stations.iter().filter_map(|s| self.of(s).map(str::to_owned)).collect()
    }
}

/// When a replay whose last hour is `last` has ended: an hour later, so that the last hour, too,
/// becomes due for publication.
#[must_use]
pub fn end_of(last: Hour) -> Instant {
    last.plus(1).end()
}

/// The messages of one recorded hour: to every area the beacon, then the rows in their order.
/// Rows of stations without area are left out.
#[must_use]
pub fn hour_messages(
    hour: Hour,
    rows: &[Row],
    end: Instant,
    beacon_areas: &BTreeSet<String>,
    areas: &Areas,
) -> Vec<Message> {
    let beacons = beacon_areas.iter().map(|area| beacon(area, hour.end(), end));
    let placed = rows.iter().filter_map(|row| {
        areas.of(&row.station).map(|area| observation_message(area, &recorded_observation(row)))
    });
    beacons.chain(placed).collect()
}

/// The messages of one step of simulated time: to every area the beacon, then what was sent since
/// the step before. Stations without area are left out.
#[must_use]
pub fn step_messages(
    step: &Step,
    air: &Air,
    end: Instant,
    beacon_areas: &BTreeSet<String>,
    areas: &Areas,
) -> Vec<Message> {
    let beacons = beacon_areas.iter().map(|area| beacon(area, step.now, end));
    let placed = step.deliveries.iter().filter_map(|delivery| {
        let station = &air.stations()[delivery.station];
        let area = areas.of(station)?;
        Some(observation_message(area, &delivery.observation(station)))
    });
    beacons.chain(placed).collect()
}

/// The beacons that close a replay.
#[must_use]
pub fn closing_messages(end: Instant, beacon_areas: &BTreeSet<String>) -> Vec<Message> {
    beacon_areas.iter().map(|area| beacon(area, end, end)).collect()
}

/// Turns recorded or simulated time into waiting.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    speed: f64,
    begun: Option<(tokio::time::Instant, Instant)>,
}

impl Pace {
    /// `speed` times real time; 0 does not wait at all. `None` when negative or not a number.
    #[must_use]
    pub fn new(speed: f64) -> Option<Self> {
        (speed.is_finite() && speed >= 0.0).then_some(Self { speed, begun: None })
    }

    /// Waits until `now` has come; the first call sets the beginning.
    pub async fn wait(&mut self, now: Instant) {
        if self.speed <= 0.0 {
            return;
        }
        let (begun, from) = *self.begun.get_or_insert_with(|| (tokio::time::Instant::now(), now));
        tokio::time::sleep_until(begun + self.real(from, now)).await;
    }

    /// How long the time from `from` to `now` takes.
    fn real(self, from: Instant, now: Instant) -> Duration {
        let passed_ms = u64::try_from(now.millis() - from.millis()).unwrap_or(0);
        Duration::from_millis(passed_ms).div_f64(self.speed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{FeedFormat, decode};

    fn row(hour: Hour, station: &str) -> Row {
        Row { hour, station: station.to_owned(), ..Row::default() }
    }

    fn areas() -> Areas {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("s.csv");
        let header = "station,name,lat,lon,area,district,kind,assessed";
        std::fs::write(&path, format!("{header}\n1A,a,,,dalian,,,true\n2A,b,,,other,,,true\n"))
            .expect("written");
        Areas::new(&super::super::stations::read_stations(&path).expect("legal"), None)
    }

    #[test]
    fn an_hour_is_led_by_beacons_to_every_area() {
        let hour = Hour::parse_label("2025-01-31 23:00", Default::default()).expect("legal");
        let all: BTreeSet<String> = ["dalian", "other"].map(str::to_owned).into();
        let rows = [row(hour, "2A"), row(hour, "9X"), row(hour, "1A")];
        let messages = hour_messages(hour, &rows, end_of(hour), &all, &areas());
        let topics: Vec<&str> = messages.iter().map(|m| m.topic.as_str()).collect();
        let expected = ["aq/dalian/clock", "aq/other/clock", "aq/other/2A/obs", "aq/dalian/1A/obs"];
        assert_eq!(topics, expected);
        let clock = r#"{"now":"2025-02-01T00:00:00+08:00","end":"2025-02-01T01:00:00+08:00"}"#;
        assert_eq!(String::from_utf8_lossy(&messages[0].payload), clock);
        let sent = decode(&messages[3].payload, &FeedFormat::default()).expect("legal");
        assert_eq!((&*sent.station, sent.start.hour()), ("1A", hour));
        let closing = closing_messages(end_of(hour), &all);
        assert_eq!(closing[0], beacon("dalian", end_of(hour), end_of(hour)));
    }

    #[test]
    fn a_station_without_area_is_named() {
        let seen: BTreeSet<String> = ["1A", "9X", "2A"].map(str::to_owned).into();
        assert_eq!(areas().strangers(&seen), ["9X"]);
        let everywhere = Areas { otherwise: Some("dalian".into()), ..areas() };
        assert_eq!(everywhere.strangers(&seen), Vec::<&str>::new());
        assert_eq!((everywhere.of("2A"), everywhere.of("9X")), (Some("other"), Some("dalian")));
    }

    #[test]
    fn speed_is_times_real_time() {
        let pace = Pace::new(3600.0).expect("legal");
        let hour = Hour::from_number(480_000);
        let real = |hours| pace.real(hour.end(), hour.plus(hours).end());
        assert_eq!([0, 1, 5, -1].map(|h| real(h).as_secs()), [0, 1, 5, 0]);
        assert!(Pace::new(-1.0).is_none() && Pace::new(f64::NAN).is_none());
    }
}
