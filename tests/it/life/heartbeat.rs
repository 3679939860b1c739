//! The heartbeat of an area, as a watcher at the broker hears it.

use std::path::Path;
use std::time::{Duration, Instant};

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::Value;

use super::{PATIENCE, Place, STATIONS};
use crate::broker::free_port;

const TOPIC: &str = "lantian/x/status";

/// Hears the heartbeat from the retained one on, until one `holds`.
#[expect(clippy::disallowed_methods, reason = "a process of its own runs by the wall clock")]
fn hear(place: &Place, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let id = format!("watcher-{}", free_port());
    let options = MqttOptions::new(id, "127.0.0.1", place.broker.port);
    let hearing = async {
        let (client, mut events) = AsyncClient::new(options, 10);
        client.subscribe(TOPIC, QoS::AtLeastOnce).await.unwrap();
        let (begun, mut last) = (Instant::now(), None);
        loop {
            let event = tokio::time::timeout(Duration::from_secs(5), events.poll()).await;
            if let Ok(event) = event
                && let Event::Incoming(Packet::Publish(publish)) = event.unwrap()
            {
                let said: Value = serde_json::from_slice(&publish.payload).unwrap();
                if holds(&said) {
                    return said;
                }
                last = Some(said);
            }
            assert!(begun.elapsed() < PATIENCE, "not {what}: {last:?}");
        }
    };
    tokio::runtime::Runtime::new().unwrap().block_on(hearing)
}

/// The chain's head as the store has it, in hexadecimal.
fn head(store: &Path) -> (i64, String) {
    let db = rusqlite::Connection::open(store).unwrap();
    let query = "SELECT sequence, lower(hex(chain)) FROM area";
    db.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

fn is(state: &'static str) -> impl Fn(&Value) -> bool {
    move |said| said["state"] == state
}

#[test]
fn the_heartbeat_says_how_far_we_are_and_the_broker_says_when_it_ends() {
    let Some(place) = Place::new() else { return };
    let mut daemon = place.start();
    let first = hear(&place, "running", is("running"));
    assert_eq!((&first["area"], &first["newest_hour"]), (&"x".into(), &Value::Null));
    assert_eq!(first["next_within_s"], 2);
    let taken = "lantian_heartbeat_timestamp_seconds{area=\"x\"}";
    daemon.wait_until("a heartbeat that the broker took", |d| d.metric(taken) > 0);

    place.publish(0..30);
    daemon.wait_until("taken", |d| d.accepted() == u64::from(30 * STATIONS));
    let shown =
        hear(&place, "at the last hour", |said| said["newest_hour"] == "2026-11-02T05:00:00+08:00");
    assert_eq!(shown["silences"], serde_json::json!([]));
    let (sequence, chain) = head(&place.store());
    let settled = hear(&place, "at the head of the chain", |said| said["sequence"] == sequence);
    assert_eq!(settled["chain"], chain);
    assert_eq!(chain.len(), 64);

    daemon.end("-KILL");
    hear(&place, "offline after a crash", is("offline"));
    let mut daemon = place.start();
    hear(&place, "running again", is("running"));
    assert_eq!(daemon.end("-TERM"), Some(0));
    hear(&place, "stopped in order", is("stopped"));
}
