//! Notices from cause to acknowledgement: with the store, and with receivers that behave badly.

mod storm;

use lantian::notification::{
    Acknowledge, ChannelKind, ChannelRules, Escalation, NoticeRules, Person, Retry, Roster, Rota,
    RotaDays, Route, Sending, ShiftTime,
};
use lantian::time::Day;

/// A room of four, told by text message and pushed to a system; every kind goes the same way.
pub(crate) fn rules(kinds: &[&str]) -> NoticeRules {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let person = |id: &str| Person {
        id: id.to_owned(),
        name: format!("{id}先生"),
        english: false,
        roles: Vec::new(),
        reached_by: vec![ChannelKind::Sms, ChannelKind::Mail],
    };
    let rota = |role: &str, people: &[&str]| Rota {
        role: role.to_owned(),
        shift: None,
        people: owned(people),
        from: Day::of(2026, 1, 1).expect("a day"),
        until: None,
        days_each: 1,
        on: RotaDays::All,
    };
    let channel = |name: &str, kind: ChannelKind| ChannelRules {
        name: name.to_owned(),
        kind,
        pace: kind.pace(),
        simulated: false,
    };
    let sending = |to: &[&str], by: &[&str]| Sending { to: owned(to), by: owned(by) };
    NoticeRules {
        roster: Roster {
            shifts: vec![ShiftTime { name: "全天".to_owned(), from_min: 510 }],
            people: ["zhang", "li", "wang", "zhao"].map(person).to_vec(),
            rotas: vec![rota("main", &["zhang", "li"]), rota("leader", &["wang", "zhao"])],
            ..Roster::default()
        },
        channels: vec![channel("sms", ChannelKind::Sms), channel("push", ChannelKind::Webhook)],
        routes: vec![Route {
            kinds: owned(kinds),
            send: vec![sending(&["main"], &["push", "sms"])],
            acknowledge: Acknowledge::One,
            group_s: 0,
            quiet: None,
            repeat: None,
            escalate: vec![Escalation { after_min: 10, send: sending(&["leader"], &["sms"]) }],
            tell_end: false,
        }],
        inhibitions: Vec::new(),
        retry: Retry::default(),
        stuck_after_min: 60,
        close_after_days: 7,
        live: true,
    }
}
