//! Peak resident memory of the daemon after 72 simulated hours over a real Mosquitto, with its page, its API
//! and its metrics asked for all the while.
//!
//! `cargo bench --bench memory -- [STATIONS…]`
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![allow(dead_code, reason = "the harness is shared with the bench of messages")]
#![allow(unused_imports, reason = "the harness is shared with the bench of messages")]
#![allow(clippy::cast_precision_loss, reason = "counts far below 2^52")]
#![allow(clippy::disallowed_methods, reason = "the harness measures time")]

#[path = "mqtt/harness.rs"]
mod mqtt;

use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use lantian::ingest::Protocol;

use mqtt::{Daemon, Mosquitto, get};

const AREA: &str = "bench";
const FIRST_DAY: &str = "2026-12-01";
const LAST_DAY: &str = "2026-12-03";
/// The begin of the last simulated hour.
const LAST_HOUR: &str = "\"time\":\"2026-12-03T23:00:00+08:00\"";

fn main() {
    let given: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
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
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().unwrap_or(0.0);
    kib * 1024.0 / 1e6
}
