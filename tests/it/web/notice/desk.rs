//! Notices of a room, decided by the core itself; and a site over them whose engine takes acts.

use std::sync::Arc;

use lantian::duty::{Fixed, Item};
use lantian::http::{Act, Config, Services};
use lantian::notification::{
    At, Brought, Cause, Decided, ItemStage, NoticeAct, NoticeBody, NoticeRecord, NoticeRefusal,
    NoticeRules, Notices, Outcome, Person, TryEnd, Way,
};
use lantian::pipeline::{AreaView, View};
use lantian::time::Instant;

use crate::notice::rules;
use crate::web::sample::dalian;
use crate::web::{Daemon, Shelf};

/// A time of the sample's day; the page stands at 15:10.
pub(super) fn at(text: &str) -> Instant {
    Instant::parse_rfc3339(&format!("2026-11-23T{text}:00+08:00")).expect("a time")
}

/// Where the notices stand, and all that was recorded.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) rules: NoticeRules,
    pub(super) notices: Notices,
    pub(super) records: Vec<NoticeRecord>,
}

impl Desk {
    pub(super) fn new(rules: NoticeRules) -> Self {
        Self { rules, notices: Notices::default(), records: Vec::new() }
    }

    fn note(&mut self, now: Instant, person: Option<&str>, bodies: Vec<NoticeBody>) {
        for body in bodies {
            let number = self.notices.last + 1;
            let record = NoticeRecord { number, at: now, person: person.map(str::to_owned), body };
            self.notices.take(&record);
            self.records.push(record);
        }
    }

    pub(super) fn settle(&mut self, now: Instant) {
        let rules = self.rules.clone();
        loop {
            let bodies = self.notices.next(&At { rules: &rules, area: "dalian", now });
            if bodies.is_empty() {
                return;
            }
            self.note(now, None, bodies);
        }
    }

    pub(super) fn bring(&mut self, now: Instant, brought: Brought, drill: Option<u64>) {
        let rules = self.rules.clone();
        let bodies = self.notices.bring(&At { rules: &rules, area: "dalian", now }, brought, drill);
        self.note(now, None, bodies);
        self.settle(now);
    }

    /// Every try that is under way ends, by its channel.
    pub(super) fn end(&mut self, now: Instant, outcome: impl Fn(&str, Option<&str>) -> Outcome) {
        let under_way: Vec<TryEnd> = self
            .notices
            .outbox
            .values()
            .filter_map(|outgoing| {
                let message = &outgoing.message;
                let outcome = outcome(&message.channel, message.person.as_deref());
                let text = (outcome == Outcome::Accepted)
                    .then(|| "金州站离线 https://x/ack?notice=1&sign=00ff".to_owned());
                let (attempt, _) = outgoing.under_way?;
                Some(TryEnd { message: outgoing.number, attempt, outcome, text })
            })
            .collect();
        let bodies = under_way.iter().filter_map(|ended| self.notices.ended(ended)).collect();
        self.note(now, None, bodies);
    }

    pub(super) fn act(
        &mut self,
        now: Instant,
        person: &str,
        act: &NoticeAct,
    ) -> Result<u64, NoticeRefusal> {
        let rules = self.rules.clone();
        let at = At { rules: &rules, area: "dalian", now };
        match self.notices.decide((person, act), &at)? {
            Decided::Before(number) => Ok(number),
            Decided::Record(bodies) => {
                self.note(now, Some(person), bodies);
                Ok(self.notices.last)
            }
        }
    }
}

pub(super) fn silent(name: &str) -> Brought {
    Brought::Cause(Box::new(Cause::Alarm {
        subject: "station".to_owned(),
        entity: "1084A".to_owned(),
        name: name.to_owned(),
        since: at("14:00"),
        lag_min: None,
    }))
}

pub(super) fn item(stage: ItemStage) -> Brought {
    let of = at("00:00").hour();
    let item = Item { fixed: Fixed::DailyReport, of, due: at("12:00") };
    Brought::Cause(Box::new(Cause::Item { item, stage }))
}

pub(super) fn failed(reason: &str, hold_s: Option<u32>) -> Outcome {
    Outcome::Failed { reason: reason.to_owned(), hold_s }
}

/// The number of the notice that nobody has read.
pub(super) const UNREAD: u64 = 12;

/// At noon a report was late, read by telephone and done. At 14:55 a station fell silent: the text message to
/// 张 fails, so at 15:05 it goes on to 王, and that message is under way.
pub(super) fn busy() -> Desk {
    let mut desk = Desk::new(rules(&["silence", "overdue", "test"]));
    desk.bring(at("12:01"), item(ItemStage::Overdue), None);
    desk.end(at("12:01"), |_, _| Outcome::Accepted);
    let who = Some("zhang".to_owned());
    let note = "马上办".to_owned();
    let (way, said) = (Way::Phone, Some(at("12:05")));
    let act = NoticeAct::Acknowledge { notice: 1, who, way, said, note };
    desk.act(at("12:06"), "李四", &act).expect("taken");
    let done = Brought::End("item:daily_report:2026-11-23T00:00:00+08:00".to_owned());
    desk.bring(at("12:30"), done, None);
    desk.bring(at("14:55"), silent("金州"), None);
    desk.end(at("14:55"), |channel, _| match channel {
        "sms" => failed("HTTP 503", None),
        _ => Outcome::Accepted,
    });
    desk.settle(at("15:05"));
    desk.end(at("15:05"), |_, person| match person {
        Some("zhang") => failed("限流", Some(600)),
        _ => Outcome::Unknown,
    });
    desk
}

pub(super) fn area_of(desk: &Desk) -> AreaView {
    let mut area = dalian();
    area.notices = Arc::new(desk.notices.clone());
    area.notice_rules = Some(Arc::new(desk.rules.clone()));
    area
}

fn view_of(desk: &Desk) -> View {
    View { areas: vec![Arc::new(area_of(desk))], simulated: false }
}

/// A site over notices, and an engine that decides as ours does.
pub(super) struct Room {
    pub(super) daemon: Daemon,
    engine: tokio::task::JoinHandle<Vec<NoticeRecord>>,
}

impl Room {
    pub(super) fn new(desk: Desk) -> Self {
        Self::with(desk, |_| {})
    }

    pub(super) fn with(mut desk: Desk, change: impl FnOnce(&mut Services)) -> Self {
        let shelf = Shelf { notices: desk.records.clone(), ..Shelf::default() };
        let mut daemon = Daemon::changed(view_of(&desk), shelf, Config::default(), change);
        let mut acts = std::mem::replace(&mut daemon.acts, tokio::sync::mpsc::channel(1).1);
        let shown = daemon.view.clone();
        let engine = tokio::spawn(async move {
            let before = desk.records.len();
            while let Some(Act::Notice { area, person, act, reply }) = acts.recv().await {
                assert_eq!(area, "dalian");
                let done = desk.act(at("15:10"), &person, &act);
                shown.send_replace(Arc::new(view_of(&desk)));
                reply.send(done.map_err(|r| r.text_zh().to_owned())).expect("somebody waits");
            }
            desk.records.split_off(before)
        });
        Self { daemon, engine }
    }

    /// What was recorded. The engine holds the view, so the painter is told to end.
    pub(super) async fn end(self) -> Vec<NoticeRecord> {
        self.daemon.cancel.cancel();
        drop(self.daemon);
        self.engine.await.expect("the engine did not panic")
    }
}

/// Somebody who is told in English.
pub(super) fn english(id: &str) -> Person {
    Person {
        id: id.to_owned(),
        name: "Miller".to_owned(),
        english: true,
        roles: Vec::new(),
        reached_by: Vec::new(),
    }
}
