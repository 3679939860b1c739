//! The air of the crash tests: every message a function of its number, so that what must be stored is known.
//!
//! Half of the stations report whole hours, half in three parts of 20 minutes. The mean of an hour holds
//! only with all three parts, each counted once: two are too few, and one counted twice moves it.

use lantian::time::{Hour, HourLabel};

/// Stations in the air.
pub(super) const STATIONS: u64 = 200;
/// Messages in an hour: one of half the stations, three of the others.
pub(super) const PER_HOUR: u64 = STATIONS / 2 * 4;

/// The first hour; the edition changes two months later.
fn first() -> Hour {
    Hour::parse_label("2026-01-01 00:00", HourLabel::Begin).unwrap()
}

/// The hour that is so many after the first.
pub(super) fn hour(number: u64) -> Hour {
    first().plus(i32::try_from(number).unwrap())
}

/// Whether a station reports in parts.
fn is_in_parts(station: u64) -> bool {
    station % 2 == 1
}

/// PM2.5 and ozone of an hour, whole µg/m³.
pub(super) fn values(station: u64, number: u64) -> [u64; 2] {
    [20 + (station * 7 + number * 3) % 90, 30 + (station * 5 + number * 11) % 170]
}

/// Topic and payload of a message.
pub(super) fn message(number: u64) -> (String, Vec<u8>) {
    let (of_hour, at) = (number / PER_HOUR, number % PER_HOUR);
    // Of each four: a whole hour, and three parts.
    let (station, part) = if at % 4 == 0 { (at / 2, 0) } else { (at / 4 * 2 + 1, at % 4 - 1) };
    let period = if is_in_parts(station) { "PT20M" } else { "PT1H" };
    let [pm2_5, o3] = values(station, of_hour)
        .map(|value| if is_in_parts(station) { value - 10 + 10 * part } else { value });
    let start = hour(of_hour).start().plus_minutes(20 * i64::try_from(part).unwrap());
    let payload = format!(
        "{{\"station\":\"s{station}\",\"period\":\"{period}\",\"time\":\"{start}\",\"revision\":0,\
         \"values\":{{\"pm2_5\":{pm2_5},\"o3\":{o3}}}}}"
    );
    (format!("aq/x/s{station}/obs"), payload.into_bytes())
}

/// The messages whose values an hour of a station is taken from.
pub(super) fn messages_of(station: u64, number: u64) -> std::ops::Range<u64> {
    let at = number * PER_HOUR + station / 2 * 4;
    if is_in_parts(station) { at + 1..at + 4 } else { at..at + 1 }
}
