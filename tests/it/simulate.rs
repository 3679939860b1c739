//! Simulated air through the binary: as a file that can be imported, and over a real broker.

use std::path::Path;

use lantian::observation::{FeedFormat, decode};
use lantian::replay::files::{Format, Reader, Row};
use lantian::time::HourLabel;

use crate::listener::{beacon, lantian, roomy_broker};

fn seed(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name).display().to_string()
}

#[test]
fn the_file_is_the_same_every_time_and_can_be_imported() {
    let dir = tempfile::tempdir().expect("a directory");
    let (scenario, stations) = (seed("scenarios/faults.toml"), seed("dalian/stations.csv"));
    let make = |name: &str, number: &str| {
        let path = dir.path().join(name);
        let shown = path.display().to_string();
        let (code, told) = lantian(&[
            "simulate",
            "--scenario",
            &scenario,
            "--stations",
            &stations,
            "--seed",
            number,
            "--from",
            "2026-10-13",
            "--to",
            "2026-10-14",
            "--output",
            &shown,
        ]);
        assert_eq!(code, Some(0), "{told}");
        path
    };
    let (one, again, other) = (make("one.csv", "7"), make("again.csv", "7"), make("o.csv", "8"));
    let bytes = |path| std::fs::read(path).expect("written");
    assert_eq!(bytes(&one), bytes(&again));
    assert_ne!(bytes(&one), bytes(&other));
    let reader = Reader::open(&one, Format::Wide, HourLabel::Begin);
    let (mut reader, mut row, mut rows) = (reader.expect("opened"), Row::default(), 0);
    while let Some(read) = reader.next(&mut row) {
        read.expect("a good row");
        rows += 1;
    }
    // Two days of ten stations without the 36 hours of an outage and 12 under a wrong clock.
    assert_eq!(rows, 480 - 36 - 12);
}

#[test]
fn a_broker_gets_the_scenario_with_its_faults() {
    let Some(broker) = roomy_broker() else { return };
    let listening = broker.listen("dalian");
    let (scenario, stations) = (seed("scenarios/faults.toml"), seed("dalian/stations.csv"));
    let (code, told) = lantian(&[
        "simulate",
        "--scenario",
        &scenario,
        "--stations",
        &stations,
        "--broker",
        &broker.url(),
        "--from",
        "2026-10-14",
        "--to",
        "2026-10-14",
    ]);
    assert_eq!(code, Some(0), "{told}");
    let got = listening.join().expect("listened");
    let (mut now, mut observed, mut corrected) = (String::new(), 0, 0);
    for (topic, payload) in &got {
        if topic == "aq/dalian/clock" {
            now = beacon(payload).0;
            continue;
        }
        let o = decode(payload, &FeedFormat::default()).expect("legal");
        assert_eq!(topic, &format!("aq/dalian/{}/obs", o.station));
        // 1118A runs an hour ahead until noon; nobody else speaks of hours that have not ended.
        let ended = o.start.hour().end().to_string() <= now;
        assert!(ended || o.station == "1118A", "{now} {}", String::from_utf8_lossy(payload));
        observed += 1;
        corrected += o.revision;
    }
    assert!((200..300).contains(&observed), "{observed}");
    assert!(corrected > 0);
}

#[test]
fn stations_can_be_made_for_a_load() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("load.csv").display().to_string();
    let scenario = seed("scenarios/winter-episode.toml");
    let (code, told) = lantian(&[
        "simulate",
        "--scenario",
        &scenario,
        "--station-count",
        "1200",
        "--output",
        &path,
        "--to",
        "2026-12-14",
    ]);
    assert_eq!(code, Some(0), "{told}");
    let text = std::fs::read_to_string(&path).expect("written");
    assert_eq!(text.lines().count(), 1 + 24 * 1200);
    assert!(text.contains(",S0001,") && text.contains(",S1200,"));
}
