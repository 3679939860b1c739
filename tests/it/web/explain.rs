//! Why a figure is what it is, over HTTP.

use serde_json::Value;

use super::api::over_dalian;

const QUERY: &str = "/api/v1/explain?entity=dalian&quantity=aqi&time=2026-11-23T14:00:00%2B08:00";

#[tokio::test]
async fn an_explanation_is_one_document_with_its_clauses() {
    let answer = over_dalian().get(QUERY).await.json();
    assert_eq!((&answer["entity"], &answer["hour_ending"]), (&"dalian".into(), &"15时".into()));
    assert_eq!(answer["edition"]["document"], "HJ 633—2026");
    assert_eq!((&answer["value"], &answer["reason"]), (&Value::Null, &"all_missing".into()));
    let parts = answer["index"]["parts"].as_array().expect("parts");
    assert_eq!(parts.len(), 6);
    assert_eq!(parts[0]["reason"], "missing");
    assert!(parts.iter().all(|part| part["source"]["document"] == "HJ 633—2026"), "{parts:?}");
    let mean = &parts[0]["mean"];
    assert_eq!(mean["criterion"]["source"]["table"], "表4");
    assert_eq!(mean["stations"].as_array().map(Vec::len), Some(10));
    assert_eq!(mean["stations"][0]["reason"], "missing");
}

#[tokio::test]
async fn what_cannot_be_explained_says_what_can() {
    let daemon = over_dalian();
    for (from, to, status, said) in [
        ("quantity=aqi", "quantity=pm25", 400, "pm2_5_24h"),
        ("entity=dalian", "entity=nowhere", 404, "nowhere"),
        ("time=2026-11-23T14", "time=2026-11-23T15", 404, "not published yet"),
        ("14:00:00", "14:30:00", 400, "time"),
        ("&quantity=aqi", "", 400, "quantity"),
        ("explain?", "explain?hour_label=middle&", 400, "begin or end"),
    ] {
        let (_, detail) = daemon.get(&QUERY.replace(from, to)).await.problem(status);
        assert!(detail.contains(said), "{to}: {detail}");
    }
}
