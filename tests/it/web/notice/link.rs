//! Links of messages: opening does nothing, the button acknowledges once.

use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use lantian::http::{Services, ack_path};
use lantian::notification::{AckLink, LinkKey, NoticeBody, Outcome, Way};
use lantian::time::Instant;

use super::desk::{Room, UNREAD, at, busy, english};
use crate::web::Answer;

fn key() -> LinkKey {
    LinkKey::new("a secret")
}

fn links(services: &mut Services) {
    services.links = Some(Arc::new(key()));
}

fn link(person: &str, until: Instant) -> AckLink {
    AckLink { area: "dalian".to_owned(), notice: UNREAD, person: person.to_owned(), until }
}

fn path(person: &str, until: Instant) -> String {
    ack_path(&key(), &link(person, until))
}

impl Room {
    /// Sends the form of a page.
    async fn press(&self, path: &str) -> Answer {
        let (_, query) = path.split_once('?').expect("a query");
        self.daemon.post_body("/ack", None, Body::from(query.to_owned())).await
    }
}

#[tokio::test]
async fn opening_does_nothing_and_the_button_acknowledges_once() {
    let room = Room::with(busy(), links);
    let path = path("zhang", at("16:00"));
    for _ in 0..2 {
        let page = room.daemon.get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.policy.contains("form-action 'self'"), "{}", page.policy);
        for text in ["金州站自11月23日14时起离线。", "确认已收到", "zhang先生", "method=\"post\""]
        {
            assert!(page.text.contains(text), "{text} is not on\n{}", page.text);
        }
        assert!(!page.text.contains("<script") && !page.text.contains("已于"), "{}", page.text);
    }
    let done = room.press(&path).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert!(done.text.contains("zhang先生已于11月23日15时10分确认"), "{}", done.text);
    assert!(!done.text.contains("<button"), "{}", done.text);
    for again in [room.press(&path).await, room.daemon.get(&path).await] {
        assert!(again.text.contains("已于11月23日15时10分确认"), "{}", again.text);
    }
    let other = room.daemon.get(&self::path("li", at("16:00"))).await;
    assert!(other.text.contains("zhang先生已于11月23日15时10分确认"), "{}", other.text);
    assert!(other.text.contains("<button"), "another may say so, too");
    let records = room.end().await;
    assert_eq!(records.len(), 1, "{records:?}");
    let NoticeBody::Acknowledged(ack) = &records[0].body else { panic!("{records:?}") };
    assert_eq!((ack.who.as_str(), ack.way, ack.notice), ("zhang", Way::Link, UNREAD));
}

#[tokio::test]
async fn a_wrong_or_expired_link_is_a_clear_page_without_effect() {
    let room = Room::with(busy(), links);
    let good = path("zhang", at("16:00"));
    let late = path("zhang", at("15:09"));
    let gone = ack_path(&key(), &AckLink { notice: 99, ..link("zhang", at("16:00")) });
    for (path, status, said) in [
        (good.replace("zhang", "li"), StatusCode::FORBIDDEN, "链接无效"),
        (good.replace("notice=12", "notice=1"), StatusCode::FORBIDDEN, "链接无效"),
        (good.replace("dalian", "anshan"), StatusCode::FORBIDDEN, "链接无效"),
        (format!("{good}&x=1"), StatusCode::FORBIDDEN, "链接无效"),
        ("/ack?notice=12".to_owned(), StatusCode::FORBIDDEN, "链接无效"),
        (late, StatusCode::GONE, "链接已过期"),
        (gone, StatusCode::GONE, "该通知已归档"),
    ] {
        for answer in [room.daemon.get(&path).await, room.press(&path).await] {
            assert_eq!(answer.status, status, "{path}");
            assert!(answer.media.starts_with("text/html"), "{}", answer.media);
            assert!(answer.text.contains(said), "{path}: {}", answer.text);
            assert!(!answer.text.contains("金州"), "who has no right learns nothing");
        }
    }
    assert_eq!(room.end().await, []);
    let without = Room::new(busy());
    without.daemon.get(&good).await.problem(404);
    without.press(&good).await.problem(404);
}

#[tokio::test]
async fn who_is_told_in_english_reads_it_in_english() {
    let mut desk = busy();
    desk.rules.roster.people.push(english("miller"));
    let room = Room::with(desk, links);
    let page = room.daemon.get(&path("miller", at("16:00"))).await;
    for text in ["Station 金州 is silent", "I have read it", "Miller"] {
        assert!(page.text.contains(text), "{text} is not on\n{}", page.text);
    }
}

#[tokio::test]
async fn a_refusal_and_a_busy_engine_are_pages_too() {
    let mut desk = busy();
    desk.end(at("15:06"), |_, _| Outcome::Accepted);
    let mut room = Room::with(desk, links);
    // Nobody takes acts any more.
    let (_, acts) = tokio::sync::mpsc::channel(1);
    drop(std::mem::replace(&mut room.daemon.acts, acts));
    let path = path("li", at("16:00"));
    room.daemon.cancel.cancel();
    let services = room.daemon.services.clone();
    let (closed, _) = tokio::sync::mpsc::channel(1);
    let site = lantian::http::Site::new(
        Services { acts: closed, ..services },
        lantian::http::Config::default(),
        room.daemon.cancel.clone(),
    );
    room.daemon.router = site.router;
    let answer = room.press(&path).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text.contains("暂时无法登记"), "{}", answer.text);
}
