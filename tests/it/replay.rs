//! Real files are read whole; a real broker gets what a replay promises.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use lantian::observation::{FeedFormat, decode};
use lantian::replay::files::{Format, Reader, Row};
use lantian::time::HourLabel;

use crate::listener::{beacon, lantian, roomy_broker};

/// Real observations, where they are at hand.
fn data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let at = std::env::var_os("LANTIAN_DATA").map_or(beside, PathBuf::from);
    if at.is_dir() {
        return Some(at);
    }
    println!("skipped: no real observations at {}", at.display());
    None
}

#[test]
fn real_files_are_read_to_their_last_line_without_a_fault() {
    let Some(data) = data() else { return };
    let names = [
        "dalian/stations_2025-01.csv.gz",
        "dalian/city_2022.csv.gz",
        "shenyang/stations_2025-01_02.csv.gz",
        "beijing/stations_2013-03_2015-02.csv.gz",
    ];
    for name in names {
        let file = std::fs::File::open(data.join(name)).expect("a file");
        let lines = BufReader::new(flate2::read::MultiGzDecoder::new(file)).lines().count();
        let reader = Reader::open(&data.join(name), Format::Wide, HourLabel::End);
        let (mut reader, mut row, mut rows) = (reader.expect("opened"), Row::default(), 0);
        while let Some(read) = reader.next(&mut row) {
            read.expect("a good row");
            rows += 1;
        }
        println!("{name}: {rows} rows");
        assert_eq!(rows + 1, lines, "{name}");
    }
}

#[test]
fn a_broker_gets_every_row_once_in_order_behind_its_beacon() {
    let Some(broker) = roomy_broker() else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("hours.csv");
    let mut content = "time,station,pm2_5,pm10,so2,no2,co,o3\n".to_owned();
    for hour in 0..48 {
        for station in ["1A", "2A", "3A"] {
            let (day, of_day) = (1 + hour / 24, hour % 24);
            content += &format!("2025-01-{day:02} {of_day:02}:00,{station},{hour},90,,31,0.8,44\n");
        }
    }
    content += "2025-01-03 00:00,1A,1\n"; // faulty: told, and the rest is published
    std::fs::write(&file, content).expect("written");
    let listening = broker.listen("dalian");
    let path = file.display().to_string();
    let (code, told) = lantian(&["replay", "--broker", &broker.url(), "--area", "dalian", &path]);
    assert_eq!(code, Some(65), "{told}");
    assert!(told.contains("hours.csv:146: 3 fields, the header has 8"), "{told}");
    let got = listening.join().expect("listened");
    assert_eq!(got.len(), 48 * 4 + 1);
    let (mut now, mut rows) = (String::new(), 0);
    for (topic, payload) in &got {
        if topic == "aq/dalian/clock" {
            let (later, end) = beacon(payload);
            assert!(later > now, "the clock goes forward");
            assert_eq!(end, "2025-01-03T01:00:00+08:00");
            now = later;
            continue;
        }
        let o = decode(payload, &FeedFormat::default()).expect("legal");
        assert_eq!(topic, &format!("aq/dalian/{}/obs", o.station));
        assert_eq!(o.start.hour().end().to_string(), now);
        assert_eq!(o.readings[0].amount.milli(), rows / 3 * 1000);
        rows += 1;
    }
    assert_eq!(rows, 48 * 3);
}

#[test]
fn a_station_without_area_is_refused_by_name_before_anything_is_published() {
    let dir = tempfile::tempdir().expect("a directory");
    let (file, list) = (dir.path().join("hours.csv"), dir.path().join("stations.csv"));
    std::fs::write(&file, "time,station,o3\n2025-01-01 00:00,9X,1\n").expect("written");
    std::fs::write(
        &list,
        "station,name,lat,lon,area,district,kind,assessed\n1A,a,,,dalian,,national,true\n",
    )
    .expect("written");
    let (file, list) = (file.display().to_string(), list.display().to_string());
    let broker = "mqtt://127.0.0.1:1"; // nobody listens: it must not come to that
    let (code, told) = lantian(&["replay", "--broker", broker, "--stations", &list, &file]);
    assert_eq!(code, Some(65), "{told}");
    assert!(told.contains("no area for station 9X"), "{told}");
    let (code, told) = lantian(&["replay", "--broker", broker, "--area", "dalian", &file]);
    assert_eq!(code, Some(74), "{told}");
    assert!(told.contains("cannot connect to the broker at 127.0.0.1:1"), "{told}");
}
