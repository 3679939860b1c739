//! The main job on real hours: replayed over a real Mosquitto, taken by the daemon, shown, stored and
//! exported; and the same hours through `import` end in the same export, byte for byte.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::broker::free_port;
use crate::listener::{lantian, roomy_broker};

/// Where the real observations are; a plain line when they are not there.
fn data(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let root = std::env::var_os("LANTIAN_DATA").map_or(beside, PathBuf::from);
    let path = root.join(name);
    if !path.exists() {
        println!("skipped: {} is not here", path.display());
        return None;
    }
    Some(path)
}

/// `lantian run` on its own store; ended by its process id.
struct Daemon {
    process: Child,
    port: u16,
}

impl Daemon {
    fn start(directory: &Path, broker: u16, stations: &Path, area: &str) -> Self {
        let port = free_port();
        let config = format!(
            "stations_file = \"{}\"\n[store]\npath = \"live.sqlite\"\n\
             [http]\nlisten = \"127.0.0.1:{port}\"\n\
             [[feed]]\nname = \"replay\"\nbroker = \"mqtt://127.0.0.1:{broker}\"\n\
             client_id = \"main-job\"\nareas = [\"{area}\"]\nhour_label = \"begin\"\n",
            stations.display()
        );
        let path = directory.join("lantian.toml");
        std::fs::write(&path, config).unwrap();
        let log = std::fs::File::create(directory.join("run.log")).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_lantian"))
            .args(["run", "--clock", "follow", "--config"])
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let daemon = Self { process, port };
        daemon.wait_until(directory, "ready", |d| d.get("/readyz").starts_with("ready"));
        daemon
    }

    fn get(&self, path: &str) -> String {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let Ok(mut answer) = ureq::get(&url).call() else { return String::new() };
        answer.body_mut().read_to_string().unwrap_or_default()
    }

    #[expect(clippy::disallowed_methods, reason = "a process of its own runs by the wall clock")]
    fn wait_until(&self, directory: &Path, what: &str, holds: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            let log = || std::fs::read_to_string(directory.join("run.log")).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_secs(60), "not {what}: {}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn stop(mut self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.process.wait().unwrap().success(), "SIGTERM drains and ends with 0");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn succeeds(args: &[&str]) {
    let (code, told) = lantian(args);
    assert_eq!(code, Some(0), "{args:?}: {told}");
}

fn export(store: &Path, to: &Path, extra: &[&str]) -> String {
    export_of("hours", store, to, extra)
}

fn export_of(what: &str, store: &Path, to: &Path, extra: &[&str]) -> String {
    let mut args = vec!["export", "--store", text(store), "--what", what, "--format", "csv"];
    args.extend(["--output", text(to)]);
    args.extend(extra);
    succeeds(&args);
    std::fs::read_to_string(to).unwrap()
}

#[test]
fn real_hours_come_through_mqtt_as_through_import() {
    let Some(hours) = data("dalian/stations_2025-01.csv.gz") else { return };
    let Some(published) = data("dalian/stations_2025-01_published.csv.gz") else { return };
    let stations = data("dalian/stations.csv").unwrap();
    let Some(broker) = roomy_broker() else { return };
    let directory = tempfile::tempdir().unwrap();
    let dir = directory.path();

    let daemon = Daemon::start(dir, broker.port, &stations, "dalian");
    let url = broker.url();
    let replay = ["replay", "--broker", &url, "--speed", "0", "--hour-label", "end"];
    let files = ["--stations", text(&stations), text(&hours)];
    succeeds(&[&replay[..], &files[..]].concat());
    let last = "\"time\":\"2025-01-31T22:00:00+08:00\"";
    daemon.wait_until(dir, "at the last hour", |d| {
        d.get("/api/v1/areas/dalian/latest").contains(last)
    });
    daemon.wait_until(dir, "shown as people read it", |d| {
        let page = d.get("/");
        ["2025-01-31 23时", "甘井子", "今日累计", "截至23时"].iter().all(|text| page.contains(text))
    });
    let series = daemon.get(
        "/api/v1/series?entity=dalian&from=2025-01-10T00:00:00%2B08:00\
         &to=2025-01-11T00:00:00%2B08:00&quantity=aqi,pm2_5",
    );
    assert!(series.contains("\"aqi\""), "{series}");
    daemon.stop();

    let imported = dir.join("imported.sqlite");
    let import = ["import", "--store", text(&imported), "--hour-label", "end"];
    succeeds(&[&import[..], &files[..]].concat());
    let live = dir.join("live.sqlite");
    for extra in [&[][..], &["--practice", "national_platform", "--hour-label", "end"][..]] {
        let one = export(&live, &dir.join("live.csv"), extra);
        let other = export(&imported, &dir.join("imported.csv"), extra);
        assert!(one.lines().count() > 11 * 744, "{} lines", one.lines().count());
        assert_eq!(one, other, "{extra:?}");
    }
    let practice = ["--practice", "national_platform", "--hour-label", "end"];
    let ours = export(&live, &dir.join("platform.csv"), &practice);
    agrees_with_published(&ours, &published);
}

/// The AQI of every station-hour whose six values are there is the published one.
fn agrees_with_published(ours: &str, published: &Path) {
    let mut theirs = String::new();
    let file = std::fs::File::open(published).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut theirs).unwrap();
    let key = |line: &str| line.splitn(3, ',').take(2).collect::<Vec<_>>().join(",");
    let theirs: std::collections::BTreeMap<String, String> = theirs
        .lines()
        .skip(1)
        .map(|line| (key(line), line.split(',').nth(2).unwrap_or_default().to_owned()))
        .collect();
    let (mut same, mut compared, mut partial) = (0, 0, 0);
    for line in ours.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let Some(aqi) = theirs.get(&key(line)).filter(|aqi| !aqi.is_empty()) else { continue };
        if fields[4..10].iter().any(|value| value.is_empty()) {
            partial += 1;
            continue;
        }
        compared += 1;
        same += i32::from(fields[2] == aqi);
    }
    println!("main job: AQI as published in {same} of {compared} station-hours; {partial} partial");
    assert!(compared > 6000 && same == compared, "{same} of {compared}");
}

/// The whole of 2022, hour by hour through the broker and at once from the file.
#[test]
fn a_year_over_mqtt_and_the_same_year_imported_end_in_the_same_days_and_assessment() {
    let Some(hours) = data("dalian/city_2022.csv.gz") else { return };
    let stations = data("dalian/city_stations.csv").unwrap();
    let Some(broker) = roomy_broker() else { return };
    let directory = tempfile::tempdir().unwrap();
    let dir = directory.path();
    let daemon = Daemon::start(dir, broker.port, &stations, "dalian_city");
    let url = broker.url();
    let files = ["--stations", text(&stations), text(&hours)];
    let replay = ["replay", "--broker", &url, "--speed", "0", "--hour-label", "end"];
    succeeds(&[&replay[..], &files[..]].concat());
    let last = "\"time\":\"2022-12-31T22:00:00+08:00\"";
    daemon.wait_until(dir, "at the last hour", |d| {
        d.get("/api/v1/areas/dalian_city/latest").contains(last)
    });
    daemon.stop();

    let (live, imported) = (dir.join("live.sqlite"), dir.join("imported.sqlite"));
    let import = ["import", "--store", text(&imported), "--hour-label", "end"];
    succeeds(&[&import[..], &files[..]].concat());
    // The last day is still provisional where hours come one by one: its state is not compared.
    let span = ["--to", "2022-12-30"];
    for extra in [&[][..], &["--exact"][..]] {
        let extra = [&span[..], extra].concat();
        let one = export_of("days", &live, &dir.join("live.csv"), &extra);
        let other = export_of("days", &imported, &dir.join("imported.csv"), &extra);
        assert!(one.lines().count() > 2 * 360, "{} lines", one.lines().count());
        assert_eq!(one, other, "{extra:?}");
    }
    let one = export_of("assessment", &live, &dir.join("live.csv"), &[]);
    let other = export_of("assessment", &imported, &dir.join("imported.csv"), &[]);
    assert!(one.contains("2022-12-31,hj633_2012,letter,best,"), "{one}");
    assert_eq!(one, other);
}
