//! The end of a daemon: what it has is committed within the deadline, or it says that it could not; a second
//! signal ends it at once. Nothing acknowledged is lost either way.

use std::process::Command;

use super::{Place, Running, STATIONS, audit_is_clean};

/// A process that meets its limit gets an error, as from a disk, and no signal.
const WITHOUT_SIGNAL: [&str; 4] = ["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"];

/// A deadline that this test would not wait for.
const FAR: u32 = 3600;

/// A daemon that has acknowledged five hours of air and cannot write the next five.
fn stuck(place: &Place, stop_within_s: u32) -> Running {
    let config = std::fs::read_to_string(place.path("lantian.toml")).unwrap();
    let config = format!("stop_within_s = {stop_within_s}\n{config}");
    std::fs::write(place.path("lantian.toml"), config).unwrap();
    let mut daemon = place.start_under(&WITHOUT_SIGNAL);
    daemon.wait_until("ready", Running::is_ready);
    place.publish(0..5);
    let acks = "lantian_ingest_acks_total";
    daemon.wait_until("acknowledged", |d| d.metric(acks) == u64::from(5 * STATIONS));
    let limit = ["--pid", &daemon.id(), "--fsize=4096:unlimited"];
    assert!(Command::new("prlimit").args(limit).status().unwrap().success());
    place.publish(5..10);
    daemon.wait_until("not ready", |d| d.get("/readyz").starts_with("503"));
    daemon
}

/// What was not committed comes again; then all is there.
fn nothing_is_lost(place: &Place) {
    let mut daemon = place.start();
    daemon.wait_until("all taken", |d| d.accepted() == u64::from(5 * STATIONS));
    assert_eq!(daemon.end("-TERM"), Some(0));
    assert_eq!(Place::hours_in(&place.store()), 10 * STATIONS);
    audit_is_clean(&place.store());
}

#[test]
fn a_stop_that_the_disk_holds_up_ends_at_its_deadline_and_loses_nothing() {
    let Some(place) = Place::new() else { return };
    let mut daemon = stuck(&place, 2);
    daemon.signal("-TERM");
    assert_eq!(daemon.process.wait().unwrap().code(), Some(75), "{}", daemon.said());
    nothing_is_lost(&place);
}

#[test]
fn a_second_signal_ends_a_stop_at_once_and_loses_nothing() {
    let Some(place) = Place::new() else { return };
    let mut daemon = stuck(&place, FAR);
    daemon.signal("-TERM");
    daemon.wait_until("stopping", |d| d.get("/readyz").contains("stopping"));
    daemon.signal("-TERM");
    assert_eq!(daemon.process.wait().unwrap().code(), Some(75), "{}", daemon.said());
    nothing_is_lost(&place);
}
