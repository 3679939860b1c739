//! The life of a daemon beside its air: disks that refuse, backups, signals, second tries, old data.
//!
//! The real binary with a real Mosquitto; each test has its own store, broker and ports.

mod areas;
mod backup;
mod beside;
mod disk;
mod drill;
mod dust;
mod duty;
mod heartbeat;
mod list;
mod notify;
mod power;
mod reprocess;
mod stop;
mod warning;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::broker::{Broker, free_port};
use crate::listener::roomy_broker;

/// Stations that publish in these tests.
pub(crate) const STATIONS: u32 = 20;
/// What may take this long takes too long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A broker, a directory and perhaps a daemon on them.
pub(crate) struct Place {
    pub(crate) broker: Broker,
    pub(crate) folder: TempDir,
    port: u16,
}

/// `lantian run`; killed when dropped.
pub(crate) struct Running {
    pub(crate) process: Child,
    port: u16,
    log: PathBuf,
}

impl Place {
    /// Nothing without Mosquitto.
    pub(crate) fn new() -> Option<Self> {
        roomy_broker().map(Self::at)
    }

    /// A place at this broker.
    pub(crate) fn at(broker: Broker) -> Self {
        let place = Self { broker, folder: tempfile::tempdir().unwrap(), port: free_port() };
        place.write_stations(STATIONS);
        place.write_config("");
        place
    }

    /// Lets the daemon reach its broker by another port.
    pub(crate) fn connect_to(&self, port: u16) {
        let path = self.path("lantian.toml");
        let config = std::fs::read_to_string(&path).unwrap();
        let there = format!(":{port}\"");
        std::fs::write(
            &path,
            config.replace(&format!(":{}\"\nclient", self.broker.port), &(there + "\nclient")),
        )
        .unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.path("disk/air.sqlite")
    }

    /// The list of stations `s0`, `s1`, and so on.
    pub(crate) fn write_stations(&self, count: u32) {
        let mut list = "station,name,lat,lon,area,district,kind,assessed\n".to_owned();
        for n in 0..count {
            writeln!(list, "s{n},站{n},,,x,某区,national,true").unwrap();
        }
        std::fs::write(self.path("stations.csv"), list).unwrap();
    }

    /// The configuration, with these lines more in `[store]`.
    pub(crate) fn write_config(&self, store: &str) {
        std::fs::create_dir_all(self.path("disk")).unwrap();
        let (port, broker) = (self.port, self.broker.port);
        let config = format!(
            "stations_file = \"stations.csv\"\n[store]\npath = \"disk/air.sqlite\"\n{store}\n\
             [http]\nlisten = \"127.0.0.1:{port}\"\n\
             [[feed]]\nname = \"city\"\nbroker = \"mqtt://127.0.0.1:{broker}\"\n\
             client_id = \"life\"\nareas = [\"x\"]\nhour_label = \"begin\"\n\
             [heartbeat]\nevery_s = 1\n"
        );
        std::fs::write(self.path("lantian.toml"), config).unwrap();
    }

    /// The daemon as the last words of a command line, which begins with `before`.
    pub(crate) fn start_under(&self, before: &[&str]) -> Running {
        self.start_with(before, "follow")
    }

    /// A daemon that is ready, and goes by the clock of the system.
    pub(crate) fn start_by_the_clock(&self) -> Running {
        let mut daemon = self.start_with(&[], "system");
        daemon.wait_until("there", |d| d.get("/api/v1/areas").contains("\"x\""));
        daemon
    }

    fn start_with(&self, before: &[&str], clock: &str) -> Running {
        let log = std::fs::File::create(self.path("run.log")).unwrap();
        let config = self.path("lantian.toml").display().to_string();
        let daemon = [env!("CARGO_BIN_EXE_lantian"), "run", "--clock", clock, "--config", &config];
        let words = [before, &daemon].concat();
        let process = Command::new(words[0])
            .args(&words[1..])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Running { process, port: self.port, log: self.path("run.log") }
    }

    /// A daemon that is ready.
    pub(crate) fn start(&self) -> Running {
        let mut daemon = self.start_under(&[]);
        daemon.wait_until("ready", |d| d.is_ready());
        daemon
    }

    /// Publishes an hour's value of every station, hour by hour; returns when the broker has them.
    pub(crate) fn publish(&self, hours: std::ops::Range<u32>) {
        let messages = hours.flat_map(|h| (0..STATIONS).map(move |s| message(s, h, "")));
        self.publish_all(messages.collect());
    }

    pub(crate) fn publish_all(&self, messages: Vec<(String, Vec<u8>)>) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(self.broker.publish(messages));
    }

    /// Station-hours in a store.
    pub(crate) fn hours_in(store: &Path) -> u32 {
        let db = rusqlite::Connection::open(store).unwrap();
        db.query_row("SELECT count(*) FROM hour", [], |row| row.get(0)).unwrap()
    }
}

/// One value of one station and hour; `pad` makes it longer.
pub(crate) fn message(station: u32, hour: u32, pad: &str) -> (String, Vec<u8>) {
    let (day, of_day) = (hour / 24 + 1, hour % 24);
    let value = 10 + (station * 7 + hour * 3) % 90;
    let payload = format!(
        "{{\"station\":\"s{station}\",\"period\":\"PT1H\",\
         \"time\":\"2026-11-{day:02}T{of_day:02}:00:00+08:00\",\"revision\":0,\
         \"values\":{{\"pm2_5\":{value}}},\"note\":\"{pad}\"}}"
    );
    (format!("aq/x/s{station}/obs"), payload.into_bytes())
}

/// A command of the binary: its exit code and all it said.
pub(crate) fn lantian(args: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_lantian")).args(args).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

/// The store is as its observations say.
pub(crate) fn audit_is_clean(store: &Path) {
    let (code, said) = lantian(&["audit", "--store", store.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}");
}

impl Running {
    pub(crate) fn id(&self) -> String {
        self.process.id().to_string()
    }

    pub(crate) fn get(&self, path: &str) -> String {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build();
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let Ok(mut answer) = ureq::Agent::from(agent).get(&url).call() else {
            return String::new();
        };
        let text = answer.body_mut().read_to_string().unwrap_or_default();
        if answer.status() == 200 { text } else { format!("{} {text}", answer.status()) }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.get("/readyz") == "ready\n"
    }

    /// A metric without labels, or with these.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let text = self.get("/metrics");
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0, |value| value.parse().unwrap())
    }

    /// Messages whose values the daemon has shown as committed.
    pub(crate) fn accepted(&self) -> u64 {
        self.metric("lantian_observations_total{effect=\"accepted\"}")
    }

    #[expect(clippy::disallowed_methods, reason = "a process of its own runs by the wall clock")]
    pub(crate) fn wait_until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none(), "{ended:?} before {what}: {}", self.said());
            let last = || self.get("/readyz") + &self.said();
            assert!(begun.elapsed() < PATIENCE, "not {what}: {}", last());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it logged.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.id()]).status();
        assert!(sent.unwrap().success());
    }

    /// Ends it with a signal and returns the exit code.
    pub(crate) fn end(&mut self, signal: &str) -> Option<i32> {
        self.signal(signal);
        self.process.wait().unwrap().code()
    }

    /// Resident memory in KiB.
    fn memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
