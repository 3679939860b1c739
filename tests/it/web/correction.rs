//! Corrections and revisions over the API.

use axum::body::Body;
use lantian::average::Correction;
use lantian::http::{Act, Correct};
use lantian::observation::{Pollutant, Property};
use lantian::quantity::Amount;
use lantian::time::Instant;
use serde_json::{Value, json};

use super::api::over_dalian;

const PATH: &str = "/api/v1/areas/dalian/corrections";

fn asked() -> Value {
    json!({
        "station": "1077A", "quantity": "pm2_5", "time": "2026-11-23T08:00:00+08:00",
        "act": "set", "value": 61.5, "reason": " 校准未结束 "
    })
}

fn body(json: &Value) -> Body {
    Body::from(json.to_string())
}

#[tokio::test]
async fn what_is_asked_reaches_the_engine_exactly_and_its_answer_comes_back() {
    for (act, value, expected) in [
        ("set", json!(61.5), Correction::Set(Amount::from_milli(61_500))),
        ("invalidate", Value::Null, Correction::Invalidate),
        ("withdraw", Value::Null, Correction::Withdraw),
    ] {
        let mut daemon = over_dalian();
        let mut acts = std::mem::replace(&mut daemon.acts, tokio::sync::mpsc::channel(1).1);
        let engine = tokio::spawn(async move {
            let mut answers = [Ok(()), Err("国控站点".to_owned())].into_iter();
            while let Some(Act::Correct { correct, reply }) = acts.recv().await {
                let hour = Instant::parse_rfc3339("2026-11-23T08:00:00+08:00").expect("a time");
                let as_asked = Correct {
                    area: "dalian".to_owned(),
                    person: "王工".to_owned(),
                    reason: "校准未结束".to_owned(),
                    station: "1077A".to_owned(),
                    property: Property::Pollutant(Pollutant::Pm2_5),
                    hour: hour.hour(),
                    act: expected,
                };
                assert_eq!(correct, as_asked);
                reply.send(answers.next().expect("two acts")).expect("somebody waits");
            }
        });
        let mut json = asked();
        json["act"] = json!(act);
        if value.is_null() {
            json.as_object_mut().expect("an object").remove("value");
        }
        let answer = daemon.post_body(PATH, Some("runs"), body(&json)).await.json();
        assert_eq!(answer, json!({"person": "王工", "done": true}));
        let refused = daemon.post_body(PATH, Some("runs"), body(&json)).await.problem(409);
        assert_eq!(refused, ("conflict".to_owned(), "国控站点".to_owned()));
        drop(daemon);
        engine.await.expect("the engine did not panic");
    }
}

#[tokio::test]
async fn what_cannot_be_read_names_its_place_and_does_nothing() {
    let mut daemon = over_dalian();
    for (key, value, place) in [
        ("quantity", json!("pm3"), "quantity"),
        ("time", json!("2026-11-23 08:00"), "time"),
        ("time", json!("2026-11-23T08:30:00+08:00"), "time"),
        ("act", json!("delete"), "act"),
        ("act", json!("invalidate"), "value"),
        ("value", json!(-5), "value"),
        ("value", json!("61"), "value"),
        ("reason", json!("  "), "reason"),
        ("more", json!(1), "body"),
    ] {
        let mut json = asked();
        json[key] = value;
        let (code, detail) = daemon.post_body(PATH, Some("runs"), body(&json)).await.problem(400);
        assert_eq!(code, "bad_parameter");
        assert!(detail.starts_with(place), "{key}: {detail}");
    }
    let valueless = json!({
        "station": "1077A", "quantity": "pm2_5", "time": "2026-11-23T08:00:00+08:00",
        "act": "set", "reason": "x"
    });
    let answer = daemon.post_body(PATH, Some("runs"), body(&valueless)).await;
    assert!(answer.problem(400).1.starts_with("value"));
    assert_eq!(daemon.post_body(PATH, None, body(&asked())).await.problem(401).0, "unauthorized");
    let reads = daemon.post_body(PATH, Some("reads"), body(&asked())).await;
    assert_eq!(reads.problem(403).0, "forbidden");
    let nowhere = PATH.replace("dalian", "nowhere");
    let nowhere = daemon.post_body(&nowhere, Some("runs"), body(&asked())).await;
    assert_eq!(nowhere.problem(404).0, "not_found");
    assert!(daemon.acts.try_recv().is_err(), "nothing was done");
}

#[tokio::test]
async fn the_trail_is_read_with_a_token_and_revisions_by_anybody() {
    let daemon = over_dalian();
    assert_eq!(daemon.get(PATH).await.problem(401).0, "unauthorized");
    let request = axum::http::Request::get(PATH).header("authorization", "Bearer reads");
    let answer = daemon.answer(request.body(Body::empty()).expect("a request")).await.json();
    assert_eq!(answer[0]["refused"], "national_station");
    assert_eq!(answer[1]["amount_milli"], 61_000);
    assert_eq!(answer[1]["time"], "1970-01-01T08:00:00+08:00");
    let path = "/api/v1/areas/dalian/revisions?entity=dalian&from=2026-11-20&to=2026-11-23";
    let answer = daemon.get(path).await.json();
    assert_eq!(answer[0]["changes"], json!([[8, "pm2_5", 40000, 44500]]));
    assert_eq!((&answer[0]["day"], &answer[0]["cause"]), (&json!("2026-11-20"), &json!("late")));
    for (change, place) in [
        (("to=2026-11-23", "to=2026-11-19"), "to"),
        (("from=2026-11-20", "from=2024-11-20"), "to"),
        (("entity=dalian&", ""), "entity"),
    ] {
        let (_, detail) = daemon.get(&path.replace(change.0, change.1)).await.problem(400);
        assert!(detail.starts_with(place), "{detail}");
    }
    let nobody = daemon.get(&path.replace("entity=dalian", "entity=nobody")).await;
    assert_eq!(nobody.problem(404).0, "not_found");
}
