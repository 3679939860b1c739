//! `audit` through the binary: every kind of damage is found where it is.

use std::path::Path;

use super::{Place, air, file, lantian};

/// `audit` of a store: exit code and what it told.
fn audit(store: &Path) -> (Option<i32>, String) {
    let (code, out, _) = lantian(&["audit", "--store", &store.display().to_string()]);
    (code, out)
}

#[test]
fn a_flipped_digit_and_a_lost_row_are_found_where_they_are() {
    let place = Place::new();
    place.write("air.csv", &file(&air(3)));
    place.imported("a.db", &["air.csv"]);
    let whole = audit(&place.path("a.db"));
    assert_eq!(whole.0, Some(0), "{}", whole.1);
    assert!(whole.1.ends_with(": 0 differences\n") && !whole.1.contains(" 0 area hours"));
    let at = "WHERE (hour, station_set) = (SELECT hour, station_set FROM area_hour
              WHERE aqi > 0 AND co_24h > 0 ORDER BY hour LIMIT 1)";
    let cells = "WHERE day = 20090 AND station = (SELECT min(station) FROM station_day)";
    let cut = "substr(cells, 1, length(cells) - 3)";
    for (change, place_of_fault) in [
        (format!("UPDATE area_hour SET aqi = aqi + 1 {at}"), " aqi: "),
        (format!("UPDATE area_hour SET co_24h = co_24h - 100 {at}"), " co_24h: "),
        (format!("UPDATE area_hour SET primary_day = 'x' {at}"), " primary_day: "),
        (format!("UPDATE area_hour SET o3_stations = 9 {at}"), " o3_stations: "),
        (format!("UPDATE station_day SET cells = {cut} {cells}"), "cells at 20090 of"),
        ("UPDATE arrival SET at_ms = at_ms, inputs = x'00'".into(), "arrival dalian 1: "),
        ("DELETE FROM arrival".into(), "arrival dalian 0: "),
        ("UPDATE area SET chain = zeroblob(32)".into(), "arrival dalian 1: "),
    ] {
        let damaged = place.path("damaged.db");
        std::fs::copy(place.path("a.db"), &damaged).expect("copied");
        let db = rusqlite::Connection::open(&damaged).expect("a store");
        assert!(db.execute(&change, []).expect(&change) > 0, "{change}");
        db.close().expect("closed");
        let (code, told) = audit(&damaged);
        assert_eq!(code, Some(65), "{change}: {told}");
        assert!(told.contains(place_of_fault), "{change}: {told}");
    }
}
