//! A batch that was committed but never acknowledged comes again after a crash.

use super::Place;
use super::proxy::Proxy;
use super::rows;
use crate::life::{STATIONS, audit_is_clean, lantian};

/// Every figure and its version, as text.
fn figures(place: &Place) -> String {
    let store = place.store().display().to_string();
    let (code, figures) = lantian(&["export", "--what", "hours", "--store", &store]);
    assert_eq!(code, Some(0), "{figures}");
    let db = rusqlite::Connection::open(place.store()).unwrap();
    let mut query = db
        .prepare(
            "SELECT hour || ' ' || station_set || ' ' || version || ' ' || state FROM area_hour",
        )
        .unwrap();
    let versions = query.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let versions: Vec<String> = versions.map(Result::unwrap).collect();
    format!("{figures}\n{}", versions.join("\n"))
}

#[test]
fn a_redelivered_batch_changes_no_figure_and_leaves_no_revision() {
    let Some(place) = Place::new() else { return };
    let proxy = Proxy::start(place.broker.port);
    place.connect_to(proxy.port);
    let mut daemon = place.start();
    // What is published before the first SUBSCRIBE reaches nobody.
    daemon.wait_until("ready", |d| d.is_ready());
    place.publish(0..4);
    daemon.wait_until("taken", |d| d.accepted() == u64::from(4 * STATIONS));

    proxy.mute(true); // commits go on, acknowledgements are lost
    place.publish(4..8);
    daemon.wait_until("taken", |d| d.accepted() == u64::from(8 * STATIONS));
    daemon.end("-KILL");
    let before = figures(&place);
    let arrivals = rows(&place.store(), "arrival");
    assert_eq!(rows(&place.store(), "revision"), 0);

    proxy.mute(false);
    let mut daemon = place.start();
    let repeated = "lantian_observations_total{effect=\"repeated\"}";
    daemon.wait_until("given again", |d| d.metric(repeated) == u64::from(4 * STATIONS));
    assert_eq!(daemon.end("-TERM"), Some(0));
    assert!(rows(&place.store(), "arrival") > arrivals, "they came again");
    assert_eq!(figures(&place), before);
    assert_eq!(rows(&place.store(), "revision"), 0);
    audit_is_clean(&place.store());
}
