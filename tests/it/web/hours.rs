//! The built-in forecast hour by hour, over the API.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::page::one;
use super::sample::{dalian, figures, hour, place};
use super::{Answer, Config, Daemon, Shelf};

async fn ask(daemon: &Daemon, token: &str) -> Answer {
    let request = Request::get("/api/v1/outlook/hours");
    let request = request.header("authorization", format!("Bearer {token}"));
    daemon.answer(request.body(Body::empty()).expect("a request")).await
}

/// So many hours of air that goes up and down with the day.
fn shelf(hours: i32) -> Shelf {
    let newest = hour("2026-11-23", 15);
    let course = |back: i32| {
        let of_day = (15 - back).rem_euclid(24);
        let pm2_5 = 30 + (of_day - 12).abs() + back.rem_euclid(7);
        [Some(pm2_5), Some(pm2_5 + 30), Some(6), Some(20 + of_day), Some(5), Some(40 + of_day)]
    };
    let place = place("1077A", "甲", course);
    Shelf {
        figures: (0..hours).rev().map(|back| figures(&place, newest, back)).collect(),
        ..Shelf::default()
    }
}

#[tokio::test]
async fn the_next_72_hours_of_six_pollutants_come_with_their_quantiles() {
    let daemon = Daemon::with(one(dalian()), shelf(30 * 24), Config::default());
    daemon.get("/api/v1/outlook/hours").await.problem(401);
    let told = ask(&daemon, "reads").await.json();
    assert_eq!(told["name_zh"], "内置统计预报（仅供参考）");
    assert_eq!(
        (&told["known_until"], &told["quantiles"]),
        (&json!("2026-11-23T15:00:00+08:00"), &json!([10, 25, 50, 75, 90]))
    );
    let hours = told["hours"].as_array().expect("hours");
    assert_eq!(hours.len(), 72);
    assert_eq!(hours[0]["start"], "2026-11-23T15:00:00+08:00");
    for of_hour in hours {
        let all = of_hour["concentrations"].as_object().expect("pollutants");
        assert_eq!(all.keys().collect::<Vec<_>>(), ["co", "no2", "o3", "pm10", "pm2_5", "so2"]);
        for (code, quantiles) in all {
            let values: Vec<f64> =
                quantiles.as_array().expect("five").iter().filter_map(Value::as_f64).collect();
            assert!(values.len() == 5 && values.is_sorted(), "{code} {quantiles}");
        }
        assert_eq!(of_hour["aqi"].as_array().map(Vec::len), Some(5));
    }
    let middle = &hours[20]["concentrations"]["pm2_5"][2];
    assert!((25.0..60.0).contains(&middle.as_f64().expect("a number")), "µg/m³: {middle}");
    let co = &hours[20]["concentrations"]["co"][2];
    assert!((0.3..0.7).contains(&co.as_f64().expect("a number")), "mg/m³: {co}");
}

#[tokio::test]
async fn with_too_little_history_the_reason_is_told() {
    let daemon = Daemon::with(one(dalian()), shelf(48), Config::default());
    let (_, told) = ask(&daemon, "reads").await.problem(404);
    assert!(told.contains("only 48 hours of history"), "{told}");
}
