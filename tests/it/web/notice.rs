//! Notices over the API and as pages: what is told, who reads it, in which ways.

mod acts;
mod desk;
mod link;
mod page;
mod reply;

use std::sync::Arc;

use lantian::notification::{Outcome, Person};
use lantian::pipeline::{AreaView, View};
use serde_json::{Value, json};

use self::desk::{Desk, Room, UNREAD, area_of, at, busy, silent};
use super::Daemon;
use super::metrics::exposed;
use super::sample::dalian;
use crate::notice::rules;

/// An area where somebody is told, and a message waits.
pub(super) fn told(area: AreaView) -> AreaView {
    let AreaView { notices, notice_rules, .. } = area_of(&busy());
    AreaView { notices, notice_rules, ..area }
}

const ALL: &str = "/api/v1/notices";

#[tokio::test]
async fn what_is_open_says_who_was_told_and_what_comes_next() {
    let room = Room::new(busy());
    let json = room.daemon.get(ALL).await.json();
    assert_eq!((&json["configured"], &json["simulated"]), (&json!(true), &json!(false)));
    let open = json["open"].as_array().expect("a list");
    assert_eq!(open.len(), 1, "{json:#}");
    let notice = &open[0];
    assert_eq!(notice["notice"], UNREAD);
    assert_eq!((&notice["kind"], &notice["part"]), (&json!("silence"), &json!("station")));
    assert_eq!(notice["title_zh"], "离线报警：金州站离线");
    assert_eq!(notice["matters"][0]["text_zh"], "金州站自11月23日14时起离线。");
    assert_eq!(notice["matters"][0]["text_en"], "Station 金州 is silent since 2026-11-23 14:00.");
    assert_eq!(notice["addressed"], json!([{"person": "zhang", "name": "zhang先生"}]));
    assert_eq!((&notice["waits"], &notice["state_zh"]), (&json!(true), &json!("待确认")));
    assert_eq!((&notice["steps"], &notice["next_step"]), (&json!(1), &Value::Null));
    assert_eq!(notice["read"], json!([]));
    assert_eq!((&notice["drill"], &notice["closed"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn messages_and_channels_show_tries_and_faults() {
    let json = Room::new(busy()).daemon.get(ALL).await.json();
    let messages = json["messages"].as_array().expect("a list");
    let to: Vec<&Value> = messages.iter().map(|message| &message["to"]["person"]).collect();
    assert_eq!(to, ["zhang", "wang"], "{json:#}");
    assert_eq!((&messages[0]["tries"], &messages[0]["round"]), (&json!(2), &json!("first")));
    assert_eq!(messages[0]["last_fault"], "限流");
    assert_eq!((&messages[1]["round"], &messages[1]["last_fault"]), (&json!("step"), &Value::Null));
    let channels = json["channels"].as_array().expect("a list");
    assert_eq!(channels[0]["channel"], "sms");
    assert_eq!(channels[0]["hold"], "2026-11-23T15:15:00+08:00");
    assert_eq!((&channels[0]["failing"], &channels[0]["waiting"]), (&json!(3), &json!(2)));
    assert_eq!(channels[1]["accepted"], "2026-11-23T14:55:00+08:00");
    assert_eq!((&channels[1]["failing"], &channels[1]["fault"]), (&json!(0), &Value::Null));
    assert_eq!(json["stuck"], json!([]));
}

#[tokio::test]
async fn what_does_not_come_on_is_said_so() {
    let mut with = rules(&["silence"]);
    with.stuck_after_min = 5;
    let mut desk = Desk::new(with);
    desk.bring(at("14:00"), silent("金州"), None);
    let json = Room::new(desk).daemon.get(ALL).await.json();
    let told: Vec<&Value> = json["stuck"].as_array().expect("a list").iter().collect();
    assert_eq!(told.len(), 2, "{json:#}");
    assert_eq!(told[0]["message"], 3);
    assert_eq!(
        told[0]["text_zh"],
        "第1号通知（经push发出，提醒zhang先生）自11月23日14时起未能送达"
    );
}

#[tokio::test]
async fn where_nobody_is_told_the_document_says_so() {
    let daemon = Daemon::over(View { areas: vec![Arc::new(dalian())], simulated: true });
    let json = daemon.get(ALL).await.json();
    assert_eq!((&json["configured"], &json["open"]), (&json!(false), &json!([])));
    daemon.get("/api/v1/notices?area=nowhere").await.problem(404);
    daemon.get("/api/v1/notices?speed=3").await.problem(400);
    let (code, _) = daemon.get("/api/v1/roster").await.problem(404);
    assert_eq!(code, "not_found");
}

#[tokio::test]
async fn the_history_is_paged_and_tells_how_each_ended() {
    let daemon = Room::new(busy()).daemon;
    let json = daemon.get("/api/v1/notices/history").await.json();
    let numbers: Vec<&Value> =
        json.as_array().expect("a list").iter().map(|n| &n["notice"]).collect();
    assert_eq!(numbers, [&json!(UNREAD), &json!(1)]);
    assert_eq!(json[1]["title_zh"], "逾期提醒：11月23日空气质量日报");
    assert_eq!((&json[0]["state_zh"], &json[1]["state_zh"]), (&json!("待确认"), &json!("已确认")));
    let older = daemon.get("/api/v1/notices/history?before=12&limit=1").await.json();
    assert_eq!(older[0]["notice"], 1);
    daemon.get("/api/v1/notices/history?limit=0").await.problem(400);
    daemon.get("/api/v1/notices/history?before=x").await.problem(400);
}

#[tokio::test]
async fn one_notice_tells_all_that_became_of_it() {
    let daemon = Room::new(busy()).daemon;
    let json = daemon.get("/api/v1/notices/1").await.json();
    let texts: Vec<&str> = json["records"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|record| record["text_zh"].as_str().expect("a text"))
        .collect();
    assert_eq!(
        texts,
        [
            "逾期：11月23日空气质量日报（时限11月23日12时）未办结。",
            "开始通知。",
            "首次通知：消息#3，经push发出，提醒zhang先生。",
            "首次通知：消息#4，经sms发给zhang先生。",
            "消息#3第1次发送。",
            "消息#4第1次发送。",
            "消息#3第1次发送成功。",
            "消息#4第1次发送成功。",
            "zhang先生11月23日12时5分确认（电话告知，代录）。备注：马上办。",
            "所述事项已结束。",
            "通知归档：事项已结束。",
        ]
        .map(str::to_owned)
    );
    assert_eq!(json["records"][8]["person"], "李四");
    let sent = json["records"][6]["what"]["text"].as_str().expect("what was sent");
    assert_eq!(sent, "金州站离线 https://x/ack?notice=1&sign=…", "its signature is not shown");
    let of = &json["notice"];
    assert_eq!((&of["why_closed"], &of["why_closed_zh"]), (&json!("over"), &json!("事项已结束")));
    assert_eq!(
        (&of["read"][0]["way"], &of["read"][0]["note"]),
        (&json!("phone"), &json!("马上办"))
    );
    let open = daemon.get(&format!("/api/v1/notices/{UNREAD}")).await.json();
    assert_eq!(open["messages"].as_array().map(Vec::len), Some(2));
    daemon.get("/api/v1/notices/99").await.problem(404);
    daemon.get("/api/v1/notices/x").await.problem(400);
}

#[tokio::test]
async fn the_roster_shows_names_and_never_addresses() {
    let mut with = rules(&["silence"]);
    with.roster
        .people
        .push(Person { roles: vec!["district".to_owned()], ..desk::english("ganjingzi") });
    let room = Room::new(Desk::new(with));
    let answer = room.daemon.get("/api/v1/roster").await;
    let json = answer.json();
    let now = &json["now_on_duty"];
    assert_eq!((&now["shift"], &now["from"]), (&json!("全天"), &json!("08:30")));
    let who: Vec<(&Value, &Value)> = now["roles"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|role| (&role["role_zh"], &role["who"]["name"]))
        .collect();
    assert_eq!(
        who,
        [(&json!("主班"), &json!("zhang先生")), (&json!("带班领导"), &json!("wang先生"))]
    );
    let days = json["days"].as_array().expect("a list");
    assert_eq!((days.len(), &days[0]["day"]), (14, &json!("2026-11-23")));
    assert_eq!(days[1]["shifts"][0]["roles"][0]["who"]["person"], "li");
    assert_eq!((&days[5]["workday"], &days[7]["workday"]), (&json!(false), &json!(true)));
    assert_eq!((&json["gaps"], &json["replacements"]), (&json!([]), &json!([])));
    assert!(!answer.text.contains("sms"), "by what somebody is reached is nobody's business");
}

#[tokio::test]
async fn what_nobody_has_is_a_gap() {
    let mut with = rules(&["silence"]);
    with.roster.rotas[1].until = "2026-11-30".parse().ok();
    let json = Room::new(Desk::new(with)).daemon.get("/api/v1/roster").await.json();
    let gaps = json["gaps"].as_array().expect("a list");
    assert_eq!(gaps.len(), 6, "{gaps:?}");
    assert_eq!((&gaps[0]["day"], &gaps[0]["role"]), (&json!("2026-12-01"), &json!("leader")));
    assert_eq!(gaps[0]["text_zh"], "12月1日全天带班领导无人值守");
}

#[test]
fn metrics_count_what_waits_by_channel() {
    let mut desk = busy();
    let areas = |desk: &Desk| View { areas: vec![Arc::new(area_of(desk))], simulated: false };
    let text = exposed(areas(&desk), lantian::telemetry::Latency::default());
    let is = |text: &str, series: &str, expected: &str| {
        let line = format!("lantian_{series} {expected}\n");
        assert!(text.contains(&line), "{line} is not in\n{text}");
    };
    for (series, expected) in [
        ("notices_open{area=\"dalian\"}", "1"),
        ("notices_unread{area=\"dalian\"}", "1"),
        ("notices_stuck{area=\"dalian\"}", "0"),
        ("outbox_messages{area=\"dalian\",channel=\"sms\"}", "2"),
        ("outbox_messages{area=\"dalian\",channel=\"push\"}", "0"),
        ("outbox_oldest_seconds{area=\"dalian\",channel=\"sms\"}", "900"),
        ("channel_failing_tries{area=\"dalian\",channel=\"sms\"}", "3"),
        ("channel_failing_tries{area=\"dalian\",channel=\"push\"}", "0"),
    ] {
        is(&text, series, expected);
    }
    assert!(!text.contains("outbox_oldest_seconds{area=\"dalian\",channel=\"push\"}"));
    desk.settle(at("15:20"));
    desk.end(at("15:20"), |_, _| Outcome::Accepted);
    let text = exposed(areas(&desk), lantian::telemetry::Latency::default());
    is(&text, "channel_failing_tries{area=\"dalian\",channel=\"sms\"}", "0");
    is(&text, "notices_unread{area=\"dalian\"}", "1");
    let bare = View { areas: vec![Arc::new(dalian())], simulated: false };
    let bare = exposed(bare, lantian::telemetry::Latency::default());
    assert!(!bare.contains("lantian_notices_open{"), "nobody is told there");
}
