//! Refused messages tried again over the API.

use axum::body::Body;
use lantian::http::Act;
use lantian::observation::RejectionReason;
use lantian::pipeline::{DeadLetterReason, RetryCounts};
use serde_json::json;

use super::api::over_dalian;

const PATH: &str = "/api/v1/areas/dalian/reprocess";

fn asked() -> Body {
    Body::from(json!({"reason": "unknown_station"}).to_string())
}

#[tokio::test]
async fn the_letters_of_a_reason_reach_the_engine_and_its_counts_come_back() {
    let mut daemon = over_dalian();
    let mut acts = std::mem::replace(&mut daemon.acts, tokio::sync::mpsc::channel(1).1);
    let engine = tokio::spawn(async move {
        while let Some(Act::Reprocess { reprocess, reply }) = acts.recv().await {
            assert_eq!((reprocess.area.as_str(), reprocess.person.as_str()), ("dalian", "王工"));
            let reason = DeadLetterReason::Message(RejectionReason::UnknownStation);
            assert_eq!(reprocess.reason, reason);
            assert_eq!(reprocess.letters.len(), 1000);
            assert_eq!(reprocess.letters[0].topic, "aq/dalian/unknown_station/obs");
            let counts = RetryCounts { taken: 4, refused: 3, cut: 2, feed_gone: 1 };
            reply.send(Ok(counts)).expect("somebody waits");
        }
    });
    let answer = daemon.post_body(PATH, Some("runs"), asked()).await.json();
    let expected = json!({
        "person": "王工", "taken": 4, "refused": 3, "cut": 2, "feed_gone": 1, "more": true
    });
    assert_eq!(answer, expected);
    drop(daemon);
    engine.await.expect("the engine did not panic");
}

#[tokio::test]
async fn what_cannot_be_read_or_is_not_allowed_does_nothing() {
    let mut daemon = over_dalian();
    for (body, place) in [
        ("{}", "body"),
        (r#"{"reason":"bad luck"}"#, "reason"),
        (r#"{"reason":"bad_time","more":1}"#, "body"),
    ] {
        let answer = daemon.post_body(PATH, Some("runs"), Body::from(body)).await;
        let (code, detail) = answer.problem(400);
        assert_eq!(code, "bad_parameter");
        assert!(detail.starts_with(place), "{body}: {detail}");
    }
    assert_eq!(daemon.post_body(PATH, None, asked()).await.problem(401).0, "unauthorized");
    let reads = daemon.post_body(PATH, Some("reads"), asked()).await;
    assert_eq!(reads.problem(403).0, "forbidden");
    let nowhere = PATH.replace("dalian", "nowhere");
    let nowhere = daemon.post_body(&nowhere, Some("runs"), asked()).await;
    assert_eq!(nowhere.problem(404).0, "not_found");
    assert!(daemon.acts.try_recv().is_err(), "nothing was done");
}
