//! What persons do about notices, over the API: 确认, 代录确认, 替班, 通道测试.

use axum::body::Body;
use lantian::notification::{Cause, NoticeBody, NoticeRecord, Way};
use serde_json::{Value, json};

use super::desk::{Room, UNREAD, at, busy};
use crate::web::Answer;

const ACK: &str = "/api/v1/notices/12/acknowledge";
const REPLACE: &str = "/api/v1/roster/replacements";
const TEST: &str = "/api/v1/notices/test";

impl Room {
    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.daemon.post_body(path, Some("runs"), Body::from(body.to_string())).await
    }
}

fn only(records: &[NoticeRecord]) -> &NoticeRecord {
    assert_eq!(records.len(), 1, "{records:?}");
    &records[0]
}

#[tokio::test]
async fn only_operators_act() {
    let room = Room::new(busy());
    let replace = json!({"day": "2026-11-24", "role": "main", "person": "li", "reason": "病假"});
    let test = json!({"to": ["main"], "by": ["sms"]});
    for (path, body) in [(ACK, json!({})), (REPLACE, replace), (TEST, test)] {
        let body = || Body::from(body.to_string());
        room.daemon.post_body(path, None, body()).await.problem(401);
        room.daemon.post_body(path, Some("nobody"), body()).await.problem(401);
        room.daemon.post_body(path, Some("reads"), body()).await.problem(403);
    }
    assert_eq!(room.end().await, []);
}

#[tokio::test]
async fn a_word_of_ones_own_is_taken_once() {
    let room = Room::new(busy());
    let first = room.post(ACK, &json!({"note": "已派员"})).await.json();
    assert_eq!(first["person"], "王工");
    let again = room.post(ACK, &json!({})).await.json();
    assert_eq!(again, first, "the record of the first word");
    let of = room.daemon.get("/api/v1/notices").await.json()["open"][0].clone();
    assert_eq!((&of["waits"], &of["read"][0]["way"]), (&json!(false), &json!("token")));
    let records = room.end().await;
    let record = only(&records);
    let NoticeBody::Acknowledged(ack) = &record.body else { panic!("{record:?}") };
    assert_eq!((ack.notice, ack.who.as_str(), ack.way), (UNREAD, "王工", Way::Token));
    assert_eq!((ack.said, ack.note.as_str(), ack.complete), (at("15:10"), "已派员", true));
}

#[tokio::test]
async fn a_word_of_somebody_else_says_how_it_was_given() {
    let room = Room::new(busy());
    let said = "2026-11-23T15:08:00+08:00";
    for (body, fault) in [
        (json!({"who": "zhang"}), "way: one of phone, chat, in_person"),
        (json!({"who": "zhang", "way": "token"}), "way: one of"),
        (json!({"way": "phone"}), "way: goes with who"),
        (json!({"who": "zhang", "way": "phone", "said": "15:08"}), "said: "),
        (json!({"whom": "zhang"}), "body: "),
    ] {
        let (_, detail) = room.post(ACK, &body).await.problem(400);
        assert!(detail.starts_with(fault), "{detail}");
    }
    let future = json!({"who": "zhang", "way": "phone", "said": "2026-11-23T16:00:00+08:00"});
    assert_eq!(room.post(ACK, &future).await.problem(409).1, "时间晚于当前时间");
    let unknown = room.post("/api/v1/notices/99/acknowledge", &json!({})).await;
    assert_eq!(unknown.problem(409).1, "没有该通知，或早已归档");
    room.post("/api/v1/notices/x/acknowledge", &json!({})).await.problem(400);
    let body = json!({"who": "zhang先生", "way": "phone", "said": said, "note": ""});
    room.post(ACK, &body).await.json();
    let records = room.end().await;
    let record = only(&records);
    assert_eq!(record.person.as_deref(), Some("王工"), "who entered it");
    let NoticeBody::Acknowledged(ack) = &record.body else { panic!("{record:?}") };
    assert_eq!((ack.who.as_str(), ack.way, ack.said), ("zhang", Way::Phone, at("15:08")));
}

#[tokio::test]
async fn who_stands_in_is_on_duty_from_then_on() {
    let room = Room::new(busy());
    let body = |day: &str, shift: Value, role: &str, person: &str| {
        let (shift, reason) = (&shift, "病假");
        json!({"day": day, "shift": shift, "role": role, "person": person, "reason": reason})
    };
    let today = "2026-11-23";
    let fault = room.post(REPLACE, &body(today, json!("夜班"), "main", "li")).await.problem(400).1;
    assert_eq!(fault, "shift: one of 全天");
    let fault = room.post(REPLACE, &body("23", Value::Null, "main", "li")).await.problem(400).1;
    assert_eq!(fault, "day: YYYY-MM-DD expected");
    for (day, role, person, refusal) in [
        (today, "cook", "li", "值班表中没有该岗位"),
        (today, "main", "nobody", "值班表中没有该人员"),
        ("2026-11-22", "main", "li", "该班次已结束"),
    ] {
        let answer = room.post(REPLACE, &body(day, json!("全天"), role, person)).await;
        assert_eq!(answer.problem(409).1, refusal);
    }
    room.post(REPLACE, &body(today, json!("全天"), "main", "li先生")).await.json();
    let json = room.daemon.get("/api/v1/roster").await.json();
    let main = &json["now_on_duty"]["roles"][0];
    assert_eq!((&main["who"]["person"], &main["replaced"]), (&json!("li"), &json!(true)));
    assert_eq!(json["now_on_duty"]["roles"][1]["replaced"], false);
    let replaced = &json["replacements"][0];
    assert_eq!(replaced["text_zh"], "11月23日全天主班：li先生");
    assert_eq!((&replaced["shift"], &replaced["role"]), (&json!("全天"), &json!("main")));
    assert_eq!(room.end().await.len(), 1);
}

#[tokio::test]
async fn a_test_goes_to_whom_and_by_what_it_says() {
    let room = Room::new(busy());
    for (body, refusal) in [
        (json!({"to": ["nobody"], "by": ["sms"]}), "值班表中没有该人员"),
        (json!({"to": ["main"], "by": ["fax"]}), "没有该通道，或当前不可使用"),
        (json!({"to": [], "by": ["sms"]}), "值班表中没有该人员"),
    ] {
        assert_eq!(room.post(TEST, &body).await.problem(409).1, refusal);
    }
    room.post(TEST, &json!({"to": "main", "by": ["sms"]})).await.problem(400);
    room.post(TEST, &json!({"to": ["main", "zhao"], "by": ["sms"]})).await.json();
    let records = room.end().await;
    let NoticeBody::Raised { cause, .. } = &only(&records).body else { panic!("{records:?}") };
    let Cause::Tested { person, to, by } = cause else { panic!("{cause:?}") };
    assert_eq!((person.as_str(), to.len(), by.as_slice()), ("王工", 2, &["sms".to_owned()][..]));
}
