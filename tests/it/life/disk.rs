//! Disks that refuse: full, with a limit, read-only; and files that are not what they were.
//!
//! What refuses is real: the kernel's limit on a file's size everywhere; a small file system that is
//! full where this process may mount one; a read-only disk by system calls that answer EROFS where it may
//! trace. The last two say when they are skipped.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::{Place, Running, STATIONS, audit_is_clean, lantian, message};

/// Memory that may come while nothing is committed: a window of messages, twice, and some.
const GROWTH_KIB: u64 = 24 << 10;

/// A disk that can be made to refuse.
enum Disk {
    /// The process may not write beyond 4 KiB of any file.
    Limited,
    /// A file system of its own, which a large file fills.
    Small { ballast: PathBuf },
    /// Every write is answered as on a read-only disk, by this tracer while it lives.
    ReadOnly { tracer: Option<Child> },
}

impl Disk {
    fn refuse(&mut self, daemon: &Running) {
        match self {
            Self::Limited => limit(daemon, "4096:unlimited"),
            Self::Small { ballast } => {
                let mut file = File::create(ballast).unwrap();
                let fault = loop {
                    if let Err(e) = file.write_all(&[1; 4096]) {
                        break e;
                    }
                };
                assert_eq!(fault.kind(), std::io::ErrorKind::StorageFull);
            }
            Self::ReadOnly { tracer } => {
                let refusing = "inject=pwrite64,ftruncate,fallocate:error=EROFS";
                let traced = ["-f", "-qq", "-o", "/dev/null", "-e", refusing, "-p"];
                let strace = Command::new("strace").args(traced).arg(daemon.id()).spawn();
                *tracer = Some(strace.unwrap());
                sleep(Duration::from_millis(500)); // until it has attached to every thread
            }
        }
    }

    fn accept(&mut self, daemon: &Running) {
        match self {
            Self::Limited => limit(daemon, "unlimited:unlimited"),
            Self::Small { ballast } => std::fs::remove_file(ballast).unwrap(),
            Self::ReadOnly { tracer } => {
                let Some(mut tracer) = tracer.take() else { return };
                let id = tracer.id().to_string();
                assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
                tracer.wait().unwrap();
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Self::ReadOnly { tracer: Some(tracer) } = self {
            let _ = tracer.kill();
            let _ = tracer.wait();
        }
    }
}

fn limit(daemon: &Running, bytes: &str) {
    assert!(succeeds(&["prlimit", "--pid", &daemon.id(), &format!("--fsize={bytes}")]));
}

/// Whether a command is there and ends well.
fn succeeds(words: &[&str]) -> bool {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

/// A process that meets its limit gets an error, as from a disk, and no signal.
const WITHOUT_SIGNAL: [&str; 4] = ["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"];

/// The disk refuses while messages come, and later does not: nothing else is to be done.
fn refuses_and_recovers(place: &Place, daemon: &mut Running, disk: &mut Disk, store: &str) {
    daemon.wait_until("ready", Running::is_ready);
    place.publish(0..10);
    let before = u64::from(10 * STATIONS);
    daemon.wait_until("taken", |d| d.accepted() == before);
    let acks = "lantian_ingest_acks_total";
    daemon.wait_until("acknowledged", |d| d.metric(acks) == before);

    disk.refuse(daemon);
    place.publish(10..12);
    daemon.wait_until("not ready", |d| d.get("/readyz").starts_with("503"));
    let told = daemon.get("/readyz");
    assert!(told.contains(store) && told.contains("air.sqlite: "), "{told}");
    assert!(
        told.contains("free space on its disk") || told.contains("the system refuses"),
        "{told}"
    );
    let held = daemon.memory_kib();
    let pad = "x".repeat(2000);
    let repeats = |n: u32| (0..n).map(|n| message(n % STATIONS, 11, &format!("{n}{pad}")));
    place.publish_all(repeats(20_000).collect());
    place.publish(12..20);
    sleep(Duration::from_secs(3));
    let grown = daemon.memory_kib().saturating_sub(held);
    println!("disk: {grown} KiB more while 45 MB came that could not be committed");
    assert!(grown < GROWTH_KIB, "{grown} KiB");
    assert_eq!(daemon.metric(acks), before, "nothing acknowledged that is not committed");
    assert_eq!(daemon.accepted(), before, "nothing shown that is not committed");
    assert_eq!(daemon.metric("lantian_ingest_connected"), 1, "polling goes on");

    disk.accept(daemon);
    daemon.wait_until("ready again", Running::is_ready);
    daemon.wait_until("all taken", |d| d.accepted() >= u64::from(20 * STATIONS));
    daemon.wait_until("all acknowledged", |d| d.metric("lantian_ingest_unacked") == 0);
}

#[test]
fn a_limited_disk_stops_acknowledgements_and_nothing_is_lost() {
    let Some(place) = Place::new() else { return };
    let store = place.store().display().to_string();
    let mut daemon = place.start_under(&WITHOUT_SIGNAL);
    let mut disk = Disk::Limited;
    refuses_and_recovers(&place, &mut daemon, &mut disk, &store);

    // The same, but the process is killed before the disk is well: the broker has it all.
    disk.refuse(&daemon);
    place.publish(20..30);
    daemon.wait_until("not ready", |d| d.get("/readyz").starts_with("503"));
    daemon.end("-KILL");
    let mut daemon = place.start();
    daemon.wait_until("all taken", |d| d.accepted() == u64::from(10 * STATIONS));
    assert_eq!(daemon.end("-TERM"), Some(0));
    assert_eq!(Place::hours_in(&place.store()), 30 * STATIONS);
    audit_is_clean(&place.store());
}

#[test]
fn a_full_disk_stops_acknowledgements_and_nothing_is_lost() {
    let Some(place) = Place::new() else { return };
    let disk = place.path("disk").display().to_string();
    let script = "mount -t tmpfs -o size=32m air \"$0\" && exec \"$@\"";
    let mounted = ["unshare", "-rm", "sh", "-c", script, &disk];
    if !succeeds(&[&mounted[..], &["true"]].concat()) {
        println!("skipped: no file system may be mounted here");
        return;
    }
    let mut daemon = place.start_under(&mounted);
    // Seen from outside, the mount is there only through the process that has it.
    let inside = PathBuf::from(format!("/proc/{}/root{disk}", daemon.id()));
    let mut full = Disk::Small { ballast: inside.join("ballast") };
    refuses_and_recovers(&place, &mut daemon, &mut full, &disk);
    let copy = place.path("copy.sqlite");
    std::fs::copy(inside.join("air.sqlite"), &copy).unwrap();
    std::fs::copy(inside.join("air.sqlite-wal"), place.path("copy.sqlite-wal")).unwrap();
    assert_eq!(daemon.end("-TERM"), Some(0));
    assert_eq!(Place::hours_in(&copy), 20 * STATIONS);
    audit_is_clean(&copy);
}

#[test]
fn a_read_only_disk_stops_acknowledgements_and_nothing_is_lost() {
    let Some(place) = Place::new() else { return };
    if !succeeds(&["strace", "-o", "/dev/null", "true"]) {
        assert!(std::env::var_os("CI").is_none(), "CI needs strace");
        println!("skipped: nothing may be traced here");
        return;
    }
    let store = place.store().display().to_string();
    let mut daemon = place.start();
    let mut disk = Disk::ReadOnly { tracer: None };
    refuses_and_recovers(&place, &mut daemon, &mut disk, &store);
    assert_eq!(daemon.end("-TERM"), Some(0));
    assert_eq!(Place::hours_in(&place.store()), 20 * STATIONS);
    audit_is_clean(&place.store());
}

/// The exit code and last words of a daemon that cannot start.
fn fails_to_start(place: &Place, before: &[&str]) -> (Option<i32>, String) {
    let mut daemon = place.start_under(before);
    let code = daemon.process.wait().unwrap().code();
    (code, daemon.said())
}

#[test]
fn a_store_that_cannot_be_written_at_the_start_is_named() {
    let Some(place) = Place::new() else { return };
    let disk = place.path("disk").display().to_string();
    let script = "mount -t tmpfs -o ro air \"$0\" && exec \"$@\"";
    let (code, said) = fails_to_start(&place, &["unshare", "-rm", "sh", "-c", script, &disk]);
    if said.contains("unshare") || said.contains("mount:") {
        println!("skipped: no file system may be mounted here");
        return;
    }
    assert_eq!(code, Some(74), "{said}");
    assert!(said.contains("air.sqlite.lock: Read-only file system"), "{said}");
}

#[test]
fn a_damaged_store_ends_the_start_with_what_to_do() {
    let Some(place) = Place::new() else { return };
    let mut daemon = place.start();
    place.publish(0..90);
    daemon.wait_until("taken", |d| d.accepted() == u64::from(90 * STATIONS));
    assert_eq!(daemon.end("-TERM"), Some(0));
    let store = place.store();
    let whole = std::fs::read(&store).unwrap();
    let log = std::fs::metadata(place.path("disk/air.sqlite-wal")).map_or(0, |m| m.len());
    assert_eq!(log, 0, "an orderly stop folds the log in");

    let pages = whole.len() / 4096;
    assert!(pages > 20, "{pages} pages");
    let mut flipped = whole.clone();
    flipped[pages / 2 * 4096..][..4096].fill(0xa5);
    std::fs::write(&store, &flipped).unwrap();
    let (code, said) = lantian(&["audit", "--store", store.to_str().unwrap()]);
    assert_eq!(code, Some(65), "{said}");

    let mut beginning = whole.clone();
    beginning[..16].fill(0xa5);
    let mut schema = whole.clone();
    schema[100..2000].fill(0xa5);
    for damaged in [beginning, schema] {
        std::fs::write(&store, &damaged).unwrap();
        let (code, said) = fails_to_start(&place, &[]);
        assert_eq!(code, Some(65), "{said}");
        assert!(said.contains("air.sqlite: "), "{said}");
        assert!(said.contains("`lantian restore`"), "{said}");
        assert_eq!(std::fs::read(&store).unwrap(), damaged, "left as it was found");
    }

    std::fs::write(&store, &whole).unwrap();
    let db = rusqlite::Connection::open(&store).unwrap();
    db.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(db);
    let (code, said) = fails_to_start(&place, &[]);
    assert_eq!(code, Some(65), "{said}");
    assert!(said.contains("schema 99") && said.contains("run the program that wrote it"), "{said}");
}
