//! Messages prepared beforehand: stations of one area, hour after hour, each hour behind a beacon of
//! the clock that says its end.

use std::fmt::Write as _;

use jiff::ToSpan as _;
use jiff::civil::date;
use lantian::time::Instant;

const AREA: &str = "210200";

/// Topics and payloads.
pub(crate) struct Workload {
    topics: Vec<String>,
    payloads: String,
    /// Topic, and end of the payload.
    messages: Vec<(usize, usize)>,
    /// What each beacon says, in their order, by message.
    beacons: Vec<(usize, Instant)>,
}

impl Workload {
    /// The area of the messages.
    pub(crate) const AREA: &str = AREA;

    /// The codes of this many stations.
    pub(crate) fn codes(stations: usize) -> Vec<String> {
        (0..stations).map(|n| format!("{AREA}-{}A", 1001 + n)).collect()
    }

    /// At least `count` messages of this many stations, in whole hours from 2025-01-01T00.
    pub(crate) fn hours(stations: usize, count: usize) -> Self {
        let codes = Self::codes(stations);
        let mut topics: Vec<String> = codes.iter().map(|c| format!("aq/{AREA}/{c}/obs")).collect();
        topics.push(format!("aq/{AREA}/clock"));
        let (mut payloads, mut messages) = (String::new(), Vec::with_capacity(count + stations));
        let mut beacons = Vec::new();
        let mut hour = date(2025, 1, 1).at(0, 0, 0, 0);
        let mut noise = 0x2545_F491_4F6C_DD1D_u64;
        let mut draw = |below: u64| {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            noise % below
        };
        while messages.len() < count {
            let time = hour.strftime("%Y-%m-%dT%H:00:00+08:00").to_string();
            hour = hour.checked_add(1.hour()).expect("a year of four digits");
            let now = hour.strftime("%Y-%m-%dT%H:00:00+08:00").to_string();
            write!(payloads, "{{\"now\":\"{now}\",\"end\":\"2099-01-01T00:00:00+08:00\"}}")
                .expect("text");
            beacons.push((messages.len(), Instant::parse_rfc3339(&now).expect("legal")));
            messages.push((stations, payloads.len()));
            for (topic, code) in codes.iter().enumerate() {
                let (pm2_5, pm10, so2) = (5 + draw(150), 20 + draw(200), 3 + draw(30));
                let (no2, co, o3) = (5 + draw(80), 2 + draw(20), 5 + draw(200));
                write!(
                    payloads,
                    "{{\"station\":\"{code}\",\"period\":\"PT1H\",\"time\":\"{time}\",\
                     \"revision\":0,\"values\":{{\"pm2_5\":{pm2_5},\"pm10\":{pm10},\"so2\":{so2},\
                     \"no2\":{no2},\"co\":{}.{},\"o3\":{o3}}}}}",
                    co / 10,
                    co % 10
                )
                .expect("text");
                messages.push((topic, payloads.len()));
            }
        }
        Self { topics, payloads, messages, beacons }
    }

    /// Number of messages.
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Number of those that are observations.
    pub(crate) fn observations(&self) -> u64 {
        (self.messages.len() - self.beacons.len()) as u64
    }

    /// What the message says as a beacon, if it is one.
    pub(crate) fn beacon(&self, index: usize) -> Option<Instant> {
        let at = self.beacons.binary_search_by_key(&index, |(message, _)| *message).ok()?;
        Some(self.beacons[at].1)
    }

    /// Topic and payload of one.
    pub(crate) fn message(&self, index: usize) -> (&str, &[u8]) {
        let begin = index.checked_sub(1).map_or(0, |before| self.messages[before].1);
        let (topic, end) = self.messages[index];
        (&self.topics[topic], &self.payloads.as_bytes()[begin..end])
    }
}
