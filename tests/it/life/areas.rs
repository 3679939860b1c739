//! Two areas on one feed: each has its own air, its own faults, its own chain.

use std::path::Path;

use super::{Place, Running, audit_is_clean, message};

/// As `message`, of another area.
fn of_area(area: &str, station: &str, hour: u32) -> (String, Vec<u8>) {
    let (_, payload) = message(0, hour, "");
    let payload = String::from_utf8(payload).unwrap().replace("\"s0\"", &format!("{station:?}"));
    (format!("aq/{area}/{station}/obs"), payload.into_bytes())
}

/// How many rows a table has for each area, by the area's code.
fn rows(store: &Path, of: &str) -> Vec<(String, i64)> {
    let db = rusqlite::Connection::open(store).unwrap();
    let sql = format!("SELECT area.code, count(*) FROM {of} GROUP BY 1 ORDER BY 1");
    let mut query = db.prepare(&sql).unwrap();
    let found = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    found.map(Result::unwrap).collect()
}

fn counted(x: i64, y: i64) -> Vec<(String, i64)> {
    vec![("x".to_owned(), x), ("y".to_owned(), y)]
}

#[test]
fn two_areas_on_one_feed_do_not_meet() {
    let Some(place) = Place::new() else { return };
    let list = "station,name,lat,lon,area,district,kind,assessed\n\
                s0,甲,,,x,某区,national,true\n\
                s1,乙,,,y,某区,national,true\n";
    std::fs::write(place.path("stations.csv"), list).unwrap();
    let config = std::fs::read_to_string(place.path("lantian.toml")).unwrap();
    let config = config.replace("areas = [\"x\"]", "areas = [\"x\", \"y\"]");
    std::fs::write(place.path("lantian.toml"), config).unwrap();
    let mut daemon = place.start();
    let mut messages: Vec<_> = (0..30).map(|hour| of_area("x", "s0", hour)).collect();
    messages.extend((0..10).map(|hour| of_area("y", "s1", hour)));
    messages.push(of_area("y", "s0", 1)); // a station of the other area
    messages.push(of_area("z", "s0", 1)); // nobody's: not even subscribed to
    place.publish_all(messages);
    let taken = |d: &Running| (d.accepted(), d.metric(REFUSED));
    daemon.wait_until("taken", |d| taken(d) == (40, 1));
    assert_eq!(daemon.end("-TERM"), Some(0));

    let hours =
        "hour JOIN station ON station.id = hour.station JOIN area ON area.id = station.area";
    assert_eq!(rows(&place.store(), hours), counted(30, 10));
    let letters = "dead_letter JOIN area ON area.id = dead_letter.area";
    assert_eq!(rows(&place.store(), letters), [("y".to_owned(), 1)]);
    audit_is_clean(&place.store());
}

const REFUSED: &str = "lantian_rejected_total{area=\"y\",reason=\"unknown_station\"}";
