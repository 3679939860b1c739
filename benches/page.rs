//! How long page and API take while a room of screens watches and air comes in: 2,000 stations over a real
//! Mosquitto, 200 pages kept up to date, and readers who ask for one thing after the other.
//!
//! `cargo bench --bench page -- [STATIONS [WATCHERS [REQUESTS [year]]]]`
//!
//! With `year` the store holds the days of the year before from the start.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![allow(dead_code, reason = "the harness is shared with the bench of messages")]
#![allow(unused_imports, reason = "the harness is shared with the bench of messages")]
#![allow(clippy::disallowed_methods, reason = "a bench measures time")]

#[path = "mqtt/harness.rs"]
mod mqtt;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use lantian::ingest::Protocol;
use lantian::time::Day;

use mqtt::{Daemon, Mosquitto, get};

const AREA: &str = "bench";
const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds/scenarios/winter-episode.toml");
/// The year that may be held before.
const YEAR: i32 = 2026;
const FIRST_DAY: &str = "2026-12-24";
/// Days that are held before anything is measured.
const WARM_DAY: &str = "2026-12-28";
const LAST_HOUR: &str = "\"time\":\"2026-12-28T23:00:00+08:00\"";
const THEN: [&str; 2] = ["2026-12-29", "2027-01-10"];
/// The pace of the air while pages are asked for, as times real time: an hour every ten seconds, so that two
/// thousand stations bring two hundred observations a second.
const SPEED: &str = "360";
/// Readers at the same time, and how long each waits between two questions.
const READERS: usize = 4;
const PAUSE: Duration = Duration::from_millis(20);

/// What is asked for: pages, then the API.
const PATHS: [&str; 18] = [
    "/",
    "/wall",
    "/stations",
    "/station?station=S0001",
    "/quality",
    "/year",
    "/warnings",
    "/duty",
    "/notices",
    "/api/v1/areas",
    "/api/v1/areas/bench/latest",
    "/api/v1/areas/bench/room",
    "/api/v1/areas/bench/room?stations=false",
    "/api/v1/stations/S0001/latest",
    "/api/v1/series?entity=bench&from=2026-12-27&to=2026-12-28",
    "/api/v1/days?entity=bench&from=2026-12-27&to=2026-12-28",
    "/api/v1/outlook",
    "/api/v1/stations",
];
/// Told beside the others: what a scrape takes.
const BESIDE: [&str; 1] = ["/metrics"];

fn main() {
    let given: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let of = |at: usize, default| given.get(at).copied().unwrap_or(default);
    let (stations, watchers, requests) = (of(0, 2000), of(1, 200), of(2, 4000));
    let Some(broker) = Mosquitto::start(1000) else {
        println!("skipped, no mosquitto on this machine");
        return;
    };
    let codes: Vec<String> = (1..=stations).map(|n| format!("S{n:04}")).collect();
    let year = std::env::args().any(|a| a == "year");
    let before = |store: &Path, list: &Path| {
        if year {
            import_year(store, list);
        }
    };
    let daemon = Daemon::start_with(broker.port, AREA, &codes, (Protocol::V5, 1000), before);
    while get(daemon.http, "/healthz").is_empty() {
        thread::sleep(Duration::from_millis(50));
    }
    thread::sleep(Duration::from_secs(1)); // it subscribes
    let mut warm = simulate(stations, broker.port, [FIRST_DAY, WARM_DAY], "0");
    while !get(daemon.http, &format!("/api/v1/areas/{AREA}/latest")).contains(LAST_HOUR) {
        thread::sleep(Duration::from_millis(200));
    }
    assert!(warm.wait().expect("it ends").success(), "all was published");
    let mut air = simulate(stations, broker.port, THEN, SPEED);
    let watched = Watched::begin(daemon.http, watchers);
    thread::sleep(Duration::from_secs(5)); // they are all connected, and air comes in
    let (from, begun) = (Counted::now(daemon.http, &watched), Instant::now());
    let times = ask(daemon.http, requests);
    let (to, took) = (Counted::now(daemon.http, &watched), begun.elapsed().as_secs().max(1));
    let still = air.try_wait().expect("its state").is_none();
    let per_s = |count: u64| count / took;
    println!(
        "{stations} stations, {} of {watchers} pages open, {} observations/s, {} pictures/s and \
         {} kB/s pushed; air was coming in to the end: {still}",
        watched.open.load(Ordering::Relaxed),
        per_s(to.observations - from.observations),
        per_s(to.pictures - from.pictures),
        per_s(to.bytes - from.bytes) / 1000,
    );
    print(&times);
    for line in get(daemon.http, "/metrics").lines().filter(|line| line.contains("\"render\"")) {
        println!("{line}");
    }
    watched.end();
    let _ = air.kill();
    let _ = air.wait();
    daemon.stop();
}

/// The days of the year before the first one, a month after the other.
fn import_year(store: &Path, stations: &Path) {
    let begun = Instant::now();
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("month.csv");
    let run = |args: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_lantian")).args(args).output();
        let done = done.expect("it runs");
        let told = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{args:?}: {told}");
    };
    let text = |path: &Path| path.to_str().expect("a name").to_owned();
    let (file, store, stations) = (text(&file), text(store), text(stations));
    for month in 1..=12 {
        let first = Day::of(YEAR, month, 1).expect("a day");
        let next = if month < 12 { Day::of(YEAR, month + 1, 1) } else { FIRST_DAY.parse().ok() };
        let (from, to) = (first.to_string(), next.expect("a day").plus(-1).to_string());
        let start = ["--start", &format!("{YEAR}-01-01")];
        let span = ["--from", &from, "--to", &to];
        let what = ["simulate", "--scenario", SCENARIO, "--stations", &stations];
        run(&[&what[..], &start, &span, &["--output", &file]].concat());
        run(&["import", "--store", &store, "--stations", &stations, &file]);
    }
    println!("the year before is held after {} s", begun.elapsed().as_secs());
}

fn simulate(stations: usize, port: u16, [from, to]: [&str; 2], speed: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_lantian"))
        .args(["simulate", "--scenario", SCENARIO, "--area", AREA])
        .args(["--station-count", &stations.to_string()])
        .args(["--start", FIRST_DAY, "--from", from, "--to", to, "--speed", speed])
        .args(["--broker", &format!("mqtt://127.0.0.1:{port}")])
        .spawn()
        .expect("the air begins")
}

/// Pages that are kept up to date.
struct Watched {
    open: Arc<AtomicU64>,
    pictures: Arc<AtomicU64>,
    bytes: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Watched {
    fn begin(http: u16, count: usize) -> Self {
        let of = || Arc::new(AtomicU64::new(0));
        let watched = Self { open: of(), pictures: of(), bytes: of(), over: Arc::default() };
        for _ in 0..count {
            let (open, pictures) = (watched.open.clone(), watched.pictures.clone());
            let (bytes, over) = (watched.bytes.clone(), watched.over.clone());
            let follow = move || {
                let Ok(stream) = TcpStream::connect(("127.0.0.1", http)) else { return };
                let asked = b"GET /events?area=bench HTTP/1.1\r\nhost: x\r\n\r\n";
                let mut reader = BufReader::with_capacity(65_536, stream);
                if reader.get_mut().write_all(asked).is_err() {
                    return;
                }
                open.fetch_add(1, Ordering::Relaxed);
                let mut line = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    line.clear();
                    match reader.read_until(b'\n', &mut line) {
                        Ok(n) if n > 0 => bytes.fetch_add(n as u64, Ordering::Relaxed),
                        _ => break,
                    };
                    if line.starts_with(b"event: view") {
                        pictures.fetch_add(1, Ordering::Relaxed);
                    }
                }
                open.fetch_sub(1, Ordering::Relaxed);
            };
            thread::Builder::new().stack_size(128 * 1024).spawn(follow).expect("a thread");
        }
        watched
    }

    fn end(self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// What has come to pass so far.
struct Counted {
    observations: u64,
    pictures: u64,
    bytes: u64,
}

impl Counted {
    fn now(http: u16, watched: &Watched) -> Self {
        let metrics = get(http, "/metrics");
        let accepted = metrics.lines().find_map(|line| {
            line.strip_prefix("lantian_observations_total{effect=\"accepted\"} ")?.parse().ok()
        });
        Self {
            observations: accepted.expect("the metric"),
            pictures: watched.pictures.load(Ordering::Relaxed),
            bytes: watched.bytes.load(Ordering::Relaxed),
        }
    }
}

type Times = BTreeMap<&'static str, Histogram<u64>>;

/// Asks `requests` times in all, each reader for one path after the other.
fn ask(http: u16, requests: usize) -> Times {
    let read = move |reader: usize| {
        let agent = ureq::Agent::new_with_defaults();
        let mut times = Times::new();
        let all = || PATHS.into_iter().chain(BESIDE).cycle().skip(reader * 5);
        for path in all().take(requests / READERS) {
            let begun = Instant::now();
            let mut answer =
                agent.get(format!("http://127.0.0.1:{http}{path}")).call().unwrap_or_else(|e| {
                    panic!("{path}: {e}");
                });
            let mut sink = Vec::new();
            answer.body_mut().as_reader().read_to_end(&mut sink).expect("a body");
            let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            times.entry(path).or_insert_with(histogram).record(micros).expect("within bounds");
            thread::sleep(PAUSE);
        }
        times
    };
    let readers: Vec<_> = (0..READERS).map(|reader| thread::spawn(move || read(reader))).collect();
    let mut all = Times::new();
    for reader in readers {
        for (path, times) in reader.join().expect("a reader") {
            all.entry(path).or_insert_with(histogram).add(times).expect("alike");
        }
    }
    all
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000, 3).expect("bounds")
}

fn print(times: &Times) {
    println!("{:<62}{:>7}{:>9}{:>9}{:>9}  ms", "", "count", "p50", "p99", "max");
    let row = |name: &str, times: &Histogram<u64>| {
        let ms = |micros: u64| format!("{}.{}", micros / 1000, micros % 1000 / 100);
        let at = |q| ms(times.value_at_quantile(q));
        let (p50, p99) = (at(0.5), at(0.99));
        println!("{name:<62}{:>7}{p50:>9}{p99:>9}{:>9}", times.len(), ms(times.max()));
    };
    let mut all = histogram();
    for path in PATHS {
        let of = &times[path];
        row(path, of);
        all.add(of).expect("alike");
    }
    row("all of these", &all);
    for path in BESIDE {
        row(path, &times[path]);
    }
}
