//! The duty officer learns of it: receivers that hang and fail, kill -9 while they do, and the word that it
//! was read, over MQTT.

use lantian::notification::{NoticeBody, NoticeRecord, Outcome, Way};
use lantian::store::Reader;
use serde_json::json;

use super::warning::{OPERATOR, post, started};
use super::{Place, Running, audit_is_clean};
use crate::delivery::standin::{Mood, SECRET, StandIn, TOKEN, Vendor};

/// The files of a room that is told by a robot and a webhook.
fn write_files(place: &Place, robot: &StandIn, hook: &StandIn) {
    let write = |name: &str, text: &str| std::fs::write(place.path(name), text).unwrap();
    write("robot-url", &robot.url());
    write("secret", SECRET);
    write(
        "notify.toml",
        &format!(
            "roster_file = \"roster.toml\"\nretry_first_s = 1\nretry_most_s = 2\n\
             [[channel]]\nname = \"room\"\nkind = \"dingtalk\"\nurl_file = \"robot-url\"\n\
             secret_file = \"secret\"\n\
             [[channel]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"{}\"\n\
             secret_file = \"secret\"\ntimeout_s = 3\n\
             [[route]]\nkinds = [\"recommendation\"]\nacknowledge = \"one\"\n\
             send = [{{ to = [\"main\"], by = [\"room\", \"hook\"] }}]\n",
            hook.url()
        ),
    );
    write(
        "roster.toml",
        "[[shift]]\nname = \"全天\"\nfrom = \"08:30\"\n\
         [[person]]\nid = \"wang\"\nname = \"王值班\"\nphone = \"13800000001\"\n\
         [[rota]]\nrole = \"main\"\npeople = [\"wang\"]\nfrom = \"2026-01-01\"\n",
    );
    let config = std::fs::read_to_string(place.path("lantian.toml")).unwrap();
    write("lantian.toml", &format!("notify_file = \"notify.toml\"\n{config}"));
}

fn records(place: &Place, notice: u64) -> Vec<NoticeRecord> {
    Reader::open(&place.store()).unwrap().notice_records("x", notice).unwrap()
}

/// Whether a secret stands anywhere that people or programs look.
fn leaks(daemon: &Running) -> bool {
    let shown = [daemon.said(), daemon.get("/metrics"), daemon.get("/")];
    shown.iter().any(|text| text.contains(SECRET) || text.contains(TOKEN))
}

#[test]
fn a_recommendation_reaches_the_duty_officer_through_kills_under_one_key() {
    let Some(place) = Place::new() else { return };
    let (robot, hook) = (StandIn::start(Vendor::Dingtalk), StandIn::start(Vendor::Webhook));
    write_files(&place, &robot, &hook);
    assert_eq!(started(&place).end("-TERM"), Some(0));
    hook.set_mood(Mood::Hang);
    let mut daemon = place.start_by_the_clock();
    let reason = json!({ "target": "yellow", "reason": "会商要求" });
    let (code, taken) = post(&daemon, "/api/v1/warnings", OPERATOR, &reason);
    assert_eq!(code, 200, "{taken}");
    daemon.wait_until("told", |_| robot.got().len() == 1 && hook.tries() == 1);
    let told = &robot.got()[0];
    assert!(
        told.text.contains("预警建议待会商") && told.text.contains("不是预警"),
        "{}",
        told.text
    );
    assert!(told.called.contains(&"13800000001".to_owned()), "called by name: {:?}", told.called);
    daemon.end("-KILL");

    // Nobody knows how that try ended; the next receiver is down, and the next but one well.
    hook.set_mood(Mood::Down);
    let mut daemon = place.start_by_the_clock();
    daemon.wait_until("tried again", |_| hook.tries() >= 2);
    daemon.end("-KILL");
    hook.set_mood(Mood::Well);
    let mut daemon = place.start_by_the_clock();
    daemon.wait_until("taken", |_| hook.got().len() == 1);
    assert_eq!(robot.got().len(), 1, "what was taken is not sent again");
    let got = hook.got().remove(0);
    let notice = got.body["notice"].as_u64().unwrap();
    assert_eq!(got.key.as_deref(), got.body["key"].as_str());
    assert!(got.body["text"].as_str().unwrap().contains("王值班"), "{}", got.body);

    let ack = json!({ "notice": notice, "person": "wang", "note": "已阅" }).to_string();
    let topic = "aq/x/ack".to_owned();
    let stranger = json!({ "notice": notice, "person": "chen" }).to_string();
    let messages = [ack.clone(), ack, stranger].map(|text| (topic.clone(), text.into_bytes()));
    place.publish_all(messages.to_vec());
    daemon.wait_until("read", |_| {
        let read = |r: &NoticeRecord| matches!(r.body, NoticeBody::Acknowledged(_));
        records(&place, notice).iter().any(read)
    });
    daemon.wait_until("refused", |d| {
        d.get("/api/v1/areas/x/dead-letters").contains("unknown_person")
    });
    assert!(!leaks(&daemon), "a secret is shown");
    assert_eq!(daemon.end("-TERM"), Some(0));
    check_records(&records(&place, notice));
    audit_is_clean(&place.store());
}

fn check_records(records: &[NoticeRecord]) {
    let unknown = records.iter().filter(|record| {
        matches!(&record.body, NoticeBody::Ended { outcome: Outcome::Unknown, .. })
    });
    assert!(unknown.count() >= 1, "the first kill left a try of which nobody knows: {records:#?}");
    let sent: Vec<&str> = records
        .iter()
        .filter_map(|record| match &record.body {
            NoticeBody::Ended { outcome: Outcome::Accepted, text, .. } => text.as_deref(),
            _ => None,
        })
        .collect();
    assert_eq!(sent.len(), 2, "what was sent stands in the record: {records:#?}");
    let read: Vec<(&str, Way)> = records
        .iter()
        .filter_map(|record| match &record.body {
            NoticeBody::Acknowledged(ack) => Some((ack.who.as_str(), ack.way)),
            _ => None,
        })
        .collect();
    assert_eq!(read, [("wang", Way::Mqtt)], "a word given twice counts once");
}
