//! A second feed with what the national platform published: through a real broker into an alarm and an
//! answer.

use serde_json::Value;

use super::{Place, STATIONS, audit_is_clean};

fn published(entity: &str, values: &str) -> (String, Vec<u8>) {
    let time = "2026-11-02T04:00:00+08:00";
    let payload = format!(r#"{{"entity":"{entity}","time":"{time}","values":{{{values}}}}}"#);
    (format!("aq/x/published/{entity}"), payload.into_bytes())
}

#[test]
fn what_the_platform_published_comes_by_a_feed_of_its_own() {
    let Some(place) = Place::new() else { return };
    let mut config = std::fs::read_to_string(place.path("lantian.toml")).unwrap();
    let port = place.broker.port;
    config += &format!(
        "[[feed]]\nname = \"platform\"\nkind = \"published\"\n\
         broker = \"mqtt://127.0.0.1:{port}\"\n\
         client_id = \"beside\"\nareas = [\"x\"]\nhour_label = \"begin\"\n"
    );
    std::fs::write(place.path("lantian.toml"), config).unwrap();
    let mut daemon = place.start();
    place.publish(0..30);
    let hours = u64::from(30 * STATIONS);
    daemon.wait_until("taken", |d| d.accepted() == hours);
    // PM2.5 of s0 was 94 in that hour.
    place.publish_all(vec![
        published("s0", "\"aqi\":60,\"pm2_5\":94"),
        published("x", "\"pm2_5\":1"),
        published("s99", "\"aqi\":60"),
    ]);
    let alarm = |d: &super::Running| {
        let latest: Value = serde_json::from_str(&d.get("/api/v1/areas/x/latest")).unwrap();
        let alarms = latest["alarms"].as_array().unwrap().clone();
        alarms.into_iter().find(|alarm| alarm["subject"] == "differs")
    };
    daemon.wait_until("told", |d| alarm(d).is_some());
    daemon.wait_until("refused", |d| {
        d.metric("lantian_rejected_total{area=\"x\",reason=\"unknown_station\"}") == 1
    });
    daemon.end("-KILL");
    let mut daemon = place.start();
    assert_eq!(alarm(&daemon).expect("it lasts over a crash")["entity"], "s0");
    assert!(daemon.get("/").contains("AQI与国家平台不一致"));
    let path = "/api/v1/areas/x/reconciliation?from=2026-11-01&to=2026-11-02";
    let told: Value = serde_json::from_str(&daemon.get(path)).unwrap();
    let totals: Vec<(&str, u64, u64)> = told["totals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| {
            let number = |key: &str| t[key].as_u64().unwrap();
            (t["quantity"].as_str().unwrap(), number("compared"), number("equal"))
        })
        .collect();
    assert_eq!(totals, [("aqi", 1, 0), ("pm2_5", 2, 1)]);
    assert!(daemon.get("/reconciliation?area=x").contains("站0"));
    assert_eq!(daemon.end("-TERM"), Some(0));
    audit_is_clean(&place.store());
}
