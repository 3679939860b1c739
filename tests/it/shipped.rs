//! What is shipped in `config/` is legal, complete and tells the truth about defaults.

use std::collections::BTreeSet;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use lantian::config;

use crate::broker::{free_port, mosquitto};

/// Keys whose line in `lantian.toml` is an example, because they have no default.
const EXAMPLES: [&str; 12] = [
    "notify_file",
    "templates",
    "files",
    "map",
    "username",
    "password_file",
    "password_env",
    "ca_file",
    "zone_offset_min",
    "keep_minutes_days",
    "public_listen",
    "series",
];

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(shipped(name)).unwrap()
}

fn check(path: &Path) -> Output {
    let lantian = env!("CARGO_BIN_EXE_lantian");
    Command::new(lantian).args(["check", "--config"]).arg(path).output().unwrap()
}

#[test]
fn check_passes_on_every_shipped_configuration() {
    let mut seen = 0;
    for entry in std::fs::read_dir(shipped("")).unwrap() {
        let path = entry.unwrap().path();
        // These have tests beside their readers.
        let named = ["measures-map.toml", "notify.toml", "roster.toml"];
        let is_named = named.into_iter().any(|name| path.ends_with(name));
        if path.extension().is_some_and(|e| e == "toml") && !is_named {
            let output = check(&path);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{}: {said}", path.display());
            let summary = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(summary.contains("area dalian 大连市: 10 stations, 10 assessed"), "{summary}");
            assert!(summary.contains("at most 20000 messages/s"), "{summary}");
            seen += 1;
        }
    }
    assert_eq!(seen, 2);
}

#[test]
fn check_tells_every_fault_and_exits_78() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("faulty.toml");
    let faulty = read("lantian.toml")
        .replace("hour_label = \"begin\"", "hour_label = \"noon\"\ninflight = 0\nspeed = 3")
        .replace("path = \"/var", "paths = \"/var");
    std::fs::write(&path, faulty).unwrap();
    let output = check(&path);
    assert_eq!(output.status.code(), Some(78));
    assert!(output.stdout.is_empty());
    let told = String::from_utf8(output.stderr).unwrap();
    let keys: Vec<_> = told.lines().skip(1).filter_map(|l| l.split(": ").next()).collect();
    let of_feed = ["feed[0].inflight", "feed[0].hour_label", "feed[0].speed"];
    assert_eq!(keys[..3], ["stations_file", "sets_file", "cities_file"], "{told}");
    assert_eq!(keys[3..6], of_feed, "{told}");
    assert_eq!(keys[6..], ["store.path", "store.paths"], "{told}");
}

/// `lantian.toml` with its commented settings switched on, those without a default left out.
fn with_defaults_written() -> String {
    let setting = |line: &str| {
        let key = line.strip_prefix("# ")?.split_once(" = ")?.0;
        let is_key = key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        (is_key && !EXAMPLES.contains(&key)).then(|| line[2..].to_owned())
    };
    let lines: Vec<String> =
        read("lantian.toml").lines().map(|l| setting(l).unwrap_or_else(|| l.to_owned())).collect();
    lines.join("\n")
}

#[test]
fn what_is_shown_as_default_is_the_default() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lantian.toml");
    // Relative paths start at the file's directory, which is another one here.
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let written = with_defaults_written().replace("../seeds", &seeds.display().to_string());
    assert!(written.contains("\ninflight = 1000") && written.contains("\nlisten = "));
    std::fs::write(&path, written).unwrap();
    let written = config::load(&path).unwrap();
    let implied = config::load(&shipped("lantian.toml")).unwrap();
    assert_eq!(format!("{written:#?}"), format!("{implied:#?}"));
}

/// Every key the reader knows, from what it says about a key it does not know.
fn known_keys() -> BTreeSet<String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("strange.toml");
    let sections = [
        "areas.x",
        "pipeline",
        "parameters",
        "quality",
        "quality.so2",
        "quality.co",
        "quality.city",
        "targets",
        "protection",
        "reports",
        "store",
        "http",
        "log",
    ];
    let mut text = String::from("strange = 1\n[[feed]]\nstrange = 1\n");
    text.push_str("[feed.codes.X]\nstrange = 1\n");
    for section in sections {
        text.push_str(&format!("[{section}]\nstrange = 1\n"));
    }
    std::fs::write(&path, text).unwrap();
    let faults = config::load(&path).unwrap_err();
    let lists: Vec<_> = faults
        .iter()
        .filter_map(|f| f.reason.strip_prefix("is not a known key (known here: "))
        .collect();
    assert_eq!(lists.len(), sections.len() + 3, "{faults:?}");
    let keys = lists.iter().flat_map(|list| list.trim_end_matches(')').split(", "));
    keys.map(str::to_owned).collect()
}

#[test]
fn every_key_is_explained() {
    let text = read("lantian.toml");
    for key in known_keys() {
        let tables = ["feed", "quality"].map(|table| format!("[{table}.{key}]"));
        let shown = [format!("{key} = "), format!("[{key}")];
        let is_table = tables.iter().any(|table| text.contains(table));
        assert!(
            is_table || shown.iter().any(|s| text.contains(s)),
            "`{key}` does not stand in lantian.toml"
        );
    }
}

/// The value of a setting of `mosquitto.conf`.
fn setting(conf: &str, name: &str) -> String {
    let line = conf.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in mosquitto.conf")).to_owned()
}

#[test]
fn the_broker_holds_at_least_what_the_feeds_ask_for() {
    let conf = read("mosquitto.conf");
    let feeds = config::load(&shipped("lantian.toml")).unwrap().feeds;
    let window: u16 = setting(&conf, "max_inflight_messages").parse().unwrap();
    let expiration = setting(&conf, "persistent_client_expiration");
    let days: u32 = expiration.strip_suffix('d').unwrap().parse().unwrap();
    let packet: usize = setting(&conf, "max_packet_size").parse().unwrap();
    for feed in feeds {
        assert!(window >= feed.ingest.inflight);
        assert!(days * 86_400 > feed.ingest.session_expiry_s);
        assert!(packet > feed.ingest.max_payload_bytes);
    }
    assert_eq!(setting(&conf, "persistence"), "true");
}

#[test]
fn mosquitto_takes_the_shipped_configuration() {
    let Some(mosquitto) = mosquitto() else { return };
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    let conf = read("mosquitto.conf");
    let derived = conf
        .replace("listener 1883 127.0.0.1", &format!("listener {port} 127.0.0.1"))
        .replace("/var/lib/mosquitto/", &format!("{}/", dir.path().display()));
    assert!(derived.contains(&port.to_string()) && !derived.contains("/var/lib"));
    let path = dir.path().join("mosquitto.conf");
    // As root it would become another user, who cannot write here.
    std::fs::write(&path, format!("user root\n{derived}")).unwrap();
    let log = std::fs::File::create(dir.path().join("log")).unwrap();
    let mut process = Command::new(mosquitto)
        .arg("-c")
        .arg(&path)
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let answers = (0..500).any(|_| {
        sleep(Duration::from_millis(10));
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    process.kill().unwrap();
    process.wait().unwrap();
    let log = std::fs::read_to_string(dir.path().join("log")).unwrap();
    let complaint = log.lines().find(|line| {
        let complains = line.contains("Error") || line.contains("Warning");
        complains && !line.contains("should not be run as root")
    });
    assert!(answers && complaint.is_none(), "{log}");
}
