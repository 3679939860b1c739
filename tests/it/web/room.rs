//! The room of the day over the API.

use std::sync::Arc;

use lantian::pipeline::View;
use serde_json::{Value, json};

use super::Daemon;
use super::sample::{area, dalian, empty, hour, place, steady};

const AIR: [i32; 6] = [58, 70, 6, 18, 4, 60];

async fn room(area: lantian::pipeline::AreaView) -> Value {
    let code = area.registry.area.to_string();
    let view = View { areas: vec![Arc::new(area)], simulated: false };
    Daemon::over(view).get(&format!("/api/v1/areas/{code}/room")).await.json()
}

fn of<'a>(room: &'a Value, pollutant: &str) -> &'a Value {
    let all = room["pollutants"].as_array().expect("a list");
    all.iter().find(|m| m["pollutant"] == pollutant).expect("all six")
}

#[tokio::test]
async fn it_says_what_the_hours_to_come_may_bring() {
    let places = vec![place("a", "甲", steady(AIR))];
    let json = room(area("x", "某市", hour("2026-11-23", 15), places, &[])).await;
    assert_eq!(json["checkpoints"], json!([10, 14, 17, 20]));
    assert_eq!(json["newest_hour"], "2026-11-23T14:00:00+08:00");
    let city = &json["sets"][0];
    assert_eq!((&city["entity"], &json["reason"]), (&json!("x"), &Value::Null));
    let checkpoint = &city["checkpoint"];
    assert_eq!(checkpoint["hours_past"], 14);
    assert_eq!(checkpoint["sentence_zh"], "截至14时PM2.5均值58，后10小时均值须≤64方可保良");
    let newest = &city["newest"];
    assert_eq!((&newest["hours_past"], &newest["hours_left"]), (&json!(15), &json!(9)));
    assert_eq!(
        (&newest["date"], &newest["edition"]),
        (&json!("2026-11-23"), &json!("HJ 633—2026"))
    );
    assert_eq!(
        (&newest["can_keep"], &newest["binding_pollutant"]),
        (&json!("good"), &json!("pm2_5"))
    );
    let pm2_5 = of(newest, "pm2_5");
    assert_eq!((&pm2_5["so_far"], &pm2_5["newest_hour"]), (&json!(58), &json!(58)));
    assert_eq!((&pm2_5["valid_hours"], &pm2_5["reaches_capture"]), (&json!(15), &json!(true)));
    // (15 × 58 + 9 x) / 24 <= 60.5
    let good = json!({"category": "good", "category_zh": "良", "aqi": 100, "state": "up_to",
        "level": 64, "level_unrounded": 64.666});
    assert_eq!(pm2_5["allowed"][1], good);
    assert_eq!(pm2_5["allowed"][0]["state"], "lost");
    assert_eq!(
        (&of(newest, "co")["unit"], &of(newest, "co")["so_far"]),
        (&json!("mg/m³"), &json!(0.4))
    );
    assert_eq!(of(newest, "so2")["allowed"][3]["state"], "safe");
    assert_eq!(json["stations"][0]["newest"]["pollutants"], newest["pollutants"]);
}

#[tokio::test]
async fn every_set_and_every_station_in_operation_has_one() {
    let json = room(dalian()).await;
    let entities = |list: &str| -> Vec<String> {
        let all = json[list].as_array().expect("a list").iter();
        all.map(|e| e["entity"].as_str().expect("a code").to_owned()).collect()
    };
    assert_eq!(entities("sets")[..2], ["dalian", "dalian/urban"]);
    let stations = entities("stations");
    assert_eq!(stations.len(), 11, "not the one that has moved");
    // Silent all day: no hour is left to lose, and no value will come.
    let at = stations.iter().position(|s| s == "1086A").expect("there");
    let silent = &json["stations"][at]["newest"];
    assert_eq!(of(silent, "pm2_5")["allowed"][1]["state"], "no_value");
    assert_eq!(silent["can_keep"], Value::Null, "silence is never good air");
    assert_eq!(silent["sentence_zh"], "截至15时有效数据不足，今日各项均已达不到有效性要求");
}

#[tokio::test]
async fn before_the_first_hour_there_is_none_and_an_unknown_area_is_not_found() {
    let json = room(empty("x", "某市", hour("2026-11-23", 15))).await;
    assert_eq!(
        (&json["reason"], &json["newest_hour"]),
        (&json!("no_hour_published"), &Value::Null)
    );
    assert_eq!(json["sets"], json!([]));
    let daemon = Daemon::over(View::default());
    assert_eq!(daemon.get("/api/v1/areas/y/room").await.problem(404).0, "not_found");
}

#[tokio::test]
async fn stations_can_be_left_out() {
    let daemon = Daemon::over(super::page::one(dalian()));
    let of =
        async |query: &str| daemon.get(&format!("/api/v1/areas/dalian/room{query}")).await.json();
    let (all, sets) = (of("").await, of("?stations=false").await);
    assert!(all["stations"].as_array().is_some_and(|s| s.len() > 5), "{all}");
    assert_eq!((&sets["stations"], &sets["sets"]), (&serde_json::json!([]), &all["sets"]));
    daemon.get("/api/v1/areas/dalian/room?stations=some").await.problem(400);
}

#[tokio::test]
async fn stations_are_had_page_after_page() {
    let daemon = Daemon::over(super::page::one(dalian()));
    let of =
        async |query: &str| daemon.get(&format!("/api/v1/areas/dalian/room{query}")).await.json();
    let whole = of("").await;
    assert_eq!(whole["next_after"], Value::Null);
    let (mut stations, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = of(&query).await;
        let rows = page["stations"].as_array().expect("a list");
        stations.extend(rows.iter().cloned());
        let Some(after) = page["next_after"].as_str() else { break };
        assert_eq!((rows.len(), &rows[1]["entity"]), (2, &json!(after)));
        query = format!("?limit=2&after={after}");
    }
    assert_eq!(json!(stations), whole["stations"], "each once, in one order");
    assert_eq!(of("?after=~").await["stations"], json!([]));
    for wrong in ["limit=0", "limit=1001", "limit=many", "before=a"] {
        daemon.get(&format!("/api/v1/areas/dalian/room?{wrong}")).await.problem(400);
    }
}
