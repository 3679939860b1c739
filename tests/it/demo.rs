//! The demo as the README tells it: one command, and it ends when its hours are over.
#![cfg(feature = "demo")]

use crate::broker::free_port;
use crate::listener::lantian;

#[test]
fn the_demo_plays_its_hours_and_ends_in_order() {
    let port = free_port().to_string();
    let (code, told) = lantian(&["demo", "--hours", "72", "--speed", "0", "--port", &port]);
    assert_eq!(code, Some(0), "{told}");
}

#[test]
fn a_scenario_that_is_not_there_is_named_with_those_that_are() {
    let (code, told) = lantian(&["demo", "--scenario", "summer"]);
    assert_eq!(code, Some(1));
    assert!(told.contains("summer") && told.contains("ozone-summer"), "{told}");
}
