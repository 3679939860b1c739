//! Answers to text messages, as a gateway hands them in.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use lantian::http::{Replies, Services};
use lantian::notification::{NoticeBody, Way};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::desk::{Room, UNREAD, busy};
use crate::web::Answer;

const PATH: &str = "/api/v1/sms/reply";
const FORM: &str = "application/x-www-form-urlencoded";

fn replies(services: &mut Services) {
    let phones = [("13800138000", "zhang"), ("13900139000", "wang"), ("13700137000", "li")];
    let owned = |(phone, id): (&str, &str)| (phone.to_owned(), id.to_owned());
    services.replies = Some(Arc::new(Replies {
        token_sha256: Sha256::digest("gateway").into(),
        phones: phones.map(owned).into_iter().collect::<BTreeMap<_, _>>(),
    }));
}

impl Room {
    async fn hand_in(&self, token: &str, media: &str, body: String) -> Answer {
        let request = Request::post(PATH).header("content-type", media);
        let request = request.header("authorization", format!("Bearer {token}"));
        self.daemon.answer(request.body(Body::from(body)).expect("a request")).await
    }

    async fn says(&self, phone: &str, text: &str) -> Answer {
        let body = json!({"phone": phone, "text": text, "ext": "1"}).to_string();
        self.hand_in("gateway", "application/json", body).await
    }
}

#[tokio::test]
async fn an_answer_is_the_word_of_whose_phone_it_is() {
    let room = Room::with(busy(), replies);
    assert_eq!(room.says("+86 138-0013-8000", "收到").await.json(), json!({"notice": UNREAD}));
    let records = room.end().await;
    let NoticeBody::Acknowledged(ack) = &records[0].body else { panic!("{records:?}") };
    assert_eq!((ack.who.as_str(), ack.way, ack.note.as_str()), ("zhang", Way::Sms, "收到"));
    assert_eq!(records[0].person.as_deref(), Some("zhang"));
}

#[tokio::test]
async fn a_form_and_a_number_in_the_text_are_understood() {
    let room = Room::with(busy(), replies);
    let body = "phone=%2B8613700137000&text=%E6%94%B6%E5%88%B0+12&id=7".to_owned();
    let answer = room.hand_in("gateway", FORM, body).await;
    assert_eq!(answer.json(), json!({"notice": UNREAD}), "named, though nobody told them");
    let again = room.says("13700137000", "12").await;
    assert_eq!(again.json(), json!({"notice": UNREAD}), "a word given twice counts once");
    assert_eq!(room.end().await.len(), 1);
}

#[tokio::test]
async fn whom_the_escalation_reached_need_not_name_the_notice() {
    let room = Room::with(busy(), replies);
    let answer = room.says("13900139000", "10分钟后到").await;
    assert_eq!(answer.json(), json!({"notice": UNREAD}), "there is no notice 10");
}

#[tokio::test]
async fn what_cannot_be_taken_tells_nothing() {
    let room = Room::with(busy(), replies);
    let body = || json!({"phone": "13800138000", "text": "收到"}).to_string();
    let json = "application/json";
    room.hand_in("gatewaz", json, body()).await.problem(401);
    room.daemon.post_body(PATH, Some("runs"), Body::from(body())).await.problem(401);
    room.daemon.post_body(PATH, None, Body::from(body())).await.problem(401);
    let unknown = room.says("13612345678", "收到").await;
    assert!(!unknown.problem(404).1.contains("1361"), "{}", unknown.text);
    room.says("13700137000", "收到").await.problem(409);
    room.hand_in("gateway", json, "{}".to_owned()).await.problem(400);
    room.hand_in("gateway", FORM, "phone=13800138000".to_owned()).await.problem(400);
    assert_eq!(room.end().await, []);
    let without = Room::new(busy());
    without.hand_in("gateway", json, body()).await.problem(404);
}
