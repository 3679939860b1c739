//! Peak resident memory of the daemon after 72 simulated hours over a real Mosquitto, with its page, its API
//! and its metrics asked for all the while; or memory month by month through a simulated year.
//!
//! `cargo bench --bench memory -- [STATIONS…]`
//! `cargo bench --bench memory -- year [STATIONS [DAYS]]` (2,000 stations, 365 days): pipeline and store in
//! this process, by a clock of their own; then corrections 300 days back, and the bytes in the store.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![allow(dead_code, reason = "the harness is shared with the bench of messages")]
#![allow(unused_imports, reason = "the harness is shared with the bench of messages")]
#![allow(clippy::cast_precision_loss, reason = "counts far below 2^52")]
#![allow(clippy::disallowed_methods, reason = "the harness measures time")]

#[path = "mqtt/harness.rs"]
mod mqtt;
#[path = "../tests/it/memory/year.rs"]
mod year;

use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use lantian::ingest::Protocol;

use mqtt::{Daemon, Mosquitto, get};
use year::{Year, resident};

const AREA: &str = "bench";
const FIRST_DAY: &str = "2026-12-01";
const LAST_DAY: &str = "2026-12-03";
/// The begin of the last simulated hour.
const LAST_HOUR: &str = "\"time\":\"2026-12-03T23:00:00+08:00\"";

fn main() {
    let given: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    if std::env::args().any(|a| a == "year") {
        let days = given.get(1).map_or(365, |days| i32::try_from(*days).expect("fewer days"));
        return a_year(given.first().copied().unwrap_or(2000), days);
    }
    let counts = if given.is_empty() { vec![100, 2000] } else { given };
    println!("{:>8} {:>16} {:>12}", "stations", "VmHWM, MB", "answers");
    for stations in counts {
        let Some(broker) = Mosquitto::start(1000) else {
            println!("skipped, no mosquitto on this machine");
            return;
        };
        let codes: Vec<String> = (1..=stations).map(|n| format!("S{n:04}")).collect();
        let daemon = Daemon::start(broker.port, AREA, &codes, (Protocol::V5, 1000));
        while get(daemon.http, "/healthz").is_empty() {
            thread::sleep(Duration::from_millis(50));
        }
        thread::sleep(Duration::from_secs(1)); // it subscribes
        let mut air = simulate(stations, broker.port);
        let mut answers = 0;
        loop {
            for path in ["/", "/metrics", "/api/v1/stations"] {
                answers += usize::from(!get(daemon.http, path).is_empty());
            }
            if get(daemon.http, &format!("/api/v1/areas/{AREA}/latest")).contains(LAST_HOUR) {
                break;
            }
            thread::sleep(Duration::from_millis(100));
        }
        assert!(air.wait().expect("the air ends").success(), "all was published");
        println!("{stations:>8} {:>16.1} {answers:>12}", peak_mb(daemon.process.id()));
        daemon.stop();
    }
}

fn simulate(stations: usize, port: u16) -> Child {
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds/scenarios/winter-episode.toml");
    Command::new(env!("CARGO_BIN_EXE_lantian"))
        .args(["simulate", "--scenario", scenario, "--area", AREA])
        .args(["--station-count", &stations.to_string()])
        .args(["--start", FIRST_DAY, "--from", FIRST_DAY, "--to", LAST_DAY])
        .args(["--broker", &format!("mqtt://127.0.0.1:{port}")])
        .spawn()
        .expect("the air begins")
}

/// The largest resident set so far, in megabytes.
fn peak_mb(id: u32) -> f64 {
    resident(&id.to_string()).1 as f64 / 1e6
}

/// Days of a line in the table.
const MONTH: i32 = 30;
/// How far back the corrections reach.
const DAYS_BACK: i32 = 300;

fn a_year(stations: usize, days: i32) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("year.sqlite");
    let mut year = Year::begin(&path, stations);
    println!("{stations} stations, {days} days");
    println!("{:>5} {:>11} {:>11} {:>14} {:>8}", "day", "VmRSS, MB", "VmHWM, MB", "file, MB", "s");
    let begun = Instant::now();
    for day in 1..=days {
        year.day();
        if day % MONTH == 0 || day == days {
            let (now, most) = resident("self");
            let (now, most) = (now as f64 / 1e6, most as f64 / 1e6);
            let file = std::fs::metadata(&path).map_or(0, |file| file.len()) as f64 / 1e6;
            let took = begun.elapsed().as_secs();
            println!("{day:>5} {now:>11.1} {most:>11.1} {file:>14.1} {took:>8}");
        }
    }
    let back = DAYS_BACK.min(days - 10);
    for (what, act) in
        [("operator", Year::correct as fn(&mut Year, i32) -> _), ("revision", Year::revise)]
    {
        let begun = Instant::now();
        let batch = act(&mut year, back);
        let (took, changes) = (begun.elapsed(), batch.revisions.iter().map(|r| r.changes.len()));
        println!(
            "{what}, {back} days back: {} revisions with {} changes, {} area hours, in {took:?}",
            batch.revisions.len(),
            changes.sum::<usize>(),
            batch.set_hours.len()
        );
    }
    println!("VmHWM at the end: {:.1} MB", resident("self").1 as f64 / 1e6);
    drop(year);
    bytes_of_tables(&path, stations as f64 * f64::from(days) * 24.0);
}

/// What the store holds, by table, for each station-hour.
fn bytes_of_tables(path: &Path, station_hours: f64) {
    let db = rusqlite::Connection::open(path).expect("a store");
    let sql = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 6";
    let mut query = db.prepare(sql).expect("the pages");
    let rows = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, f64>(1)?)));
    for row in rows.expect("the pages") {
        let (name, bytes) = row.expect("a table");
        println!(
            "{name:>16} {:>11.1} MB {:>8.2} bytes a station-hour",
            bytes / 1e6,
            bytes / station_hours
        );
    }
}
