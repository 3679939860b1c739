//! Readings of electricity meters, by message and by file, under mutation.

use lantian::measures::{PowerFile, PowerReading, decode_power, read_power_files};
use lantian::observation::FeedFormat;

use super::mutation::Grammar;
use super::run;

/// What meters send.
pub(super) const MESSAGES: [&str; 2] = [
    r#"{"meter":"D-1","period":"PT1H","time":"2026-02-20T08:00:00+08:00","kwh":123.4,
    "revision":0}"#,
    r#"{"period":"PT15M","time":"2026-02-20T08:45:00+08:00","kwh":1e-3,"site":[{"a":1}]}"#,
];
/// What clerks hand in.
const FILES: [&str; 2] = [
    "meter,time,kwh,revision\nD-1,2026-02-20 08:00,123.4,0\n\nD-1,2026-02-20 08:00,123.4,1\n",
    "kwh,meter,time\r\n0.5,\"D,2\",2026-02-20T08:00:00+08:00\r\n",
];
const METER_WORDS: [&str; 18] = [
    "-1",
    "1e99",
    "10000000.001",
    "NaN",
    "null",
    "PT30M",
    "D-1",
    "\u{FEFF}",
    "\"",
    ",",
    "\n",
    "\r\n",
    "{}",
    "revision",
    "4294967296",
    "24:00",
    "Z",
    "\\u0000",
];

/// What was read of a meter is within its bounds, as a message and as a file.
fn metered(input: &[u8], format: &FeedFormat) -> Result<String, String> {
    let sane = |reading: &PowerReading| {
        let minutes = reading.period.minutes();
        let on_grid = reading.start.minute_of_hour().is_some_and(|m| m % minutes == 0);
        (0..=10_000_000_000).contains(&reading.wh) && on_grid && !reading.meter.is_empty()
    };
    let message = match decode_power(input, format, "D-1") {
        Ok(reading) if sane(&reading) => "message",
        Ok(reading) => return Err(format!("{reading:?}")),
        Err(rejection) if rejection.detail.is_empty() => return Err("no detail".to_owned()),
        Err(_) => "refused",
    };
    let text = String::from_utf8_lossy(input).into_owned();
    let lines = text.lines().count().max(1) as u64;
    let files = [PowerFile { name: "p.csv".to_owned(), text }];
    match read_power_files(&files, format.hour_label) {
        Ok(rows) if rows.iter().all(|row| sane(&row.reading)) => Ok("file".to_owned()),
        Ok(rows) => Err(format!("{rows:?}")),
        Err(faults) if faults.is_empty() => Err("refused without a fault".to_owned()),
        Err(faults) => match faults.iter().find(|f| f.text.is_empty() || f.line > lines) {
            Some(dumb) => Err(format!("{dumb:?} of {lines} lines")),
            None => Ok(message.to_owned()),
        },
    }
}

#[test]
fn every_reading_of_a_meter_is_one_or_is_refused_with_its_place() {
    let seeds: Vec<Vec<u8>> =
        MESSAGES.into_iter().chain(FILES).map(|seed| seed.as_bytes().to_vec()).collect();
    let grammar = Grammar { seeds: &seeds, words: &METER_WORDS };
    let format = FeedFormat::default();
    let outcomes = run("meters", (&grammar, 20_000), |input| metered(input, &format));
    for outcome in ["message", "file", "refused"] {
        assert!(outcomes.contains_key(outcome), "{outcome} never came up: {outcomes:?}");
    }
}
