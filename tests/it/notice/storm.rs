//! Thousands of messages to receivers that fail, hang, throttle and lie, with the daemon killed in between.
//!
//! The clock is virtual, the store a real file. A kill loses what was not committed, tries that were never
//! made, and outcomes that nobody told. `LANTIAN_NOTICES=10000` and `LANTIAN_SEED` make it longer and other:
//!
//! `LANTIAN_NOTICES=10000 cargo test --test it notice::storm -- --nocapture`

use std::collections::{BTreeMap, BTreeSet};

use lantian::notification::{ChannelKind, ChannelRules};
use lantian::notification::{
    Escalation, Message, NoticeAct, NoticeBody, NoticeRecord, NoticeRules, Outcome, Repeat, Retry,
    Sending, StepReason, TryEnd, Way,
};
use lantian::pipeline::Params;
use lantian::store::Sqlite;
use lantian::time::Instant;

use super::rules;
use crate::daemon::{Daemon, Said};
use crate::publishing;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;

/// A number from the environment.
fn given(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Chance, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn span(&mut self, range: std::ops::Range<i64>) -> i64 {
        let width = (range.end - range.start).unsigned_abs();
        range.start + i64::try_from(self.roll(width)).unwrap_or(0)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Fine,
    Fails,
    Hangs,
    Throttles,
    Lies,
}

/// What stands at the other end of a channel, as its vendor documents.
struct Receiver {
    kind: ChannelKind,
    mood: Mood,
    until: i64,
    /// When which message arrived.
    got: Vec<(i64, String)>,
    /// How often its limits were broken.
    broken: u32,
    /// Until when it refuses all, since its limit was broken.
    closed: i64,
}

impl Receiver {
    /// A message arrives at `at`; what is answered, and how long that takes.
    fn take(&mut self, at: i64, key: &str, dice: &mut Dice) -> (Outcome, i64) {
        if at >= self.until {
            let moods = [Mood::Fine, Mood::Fails, Mood::Hangs, Mood::Throttles, Mood::Lies];
            // Fine as often as all others together.
            let at_random = usize::try_from(dice.roll(8)).unwrap_or(0);
            self.mood = moods.get(at_random).copied().unwrap_or(Mood::Fine);
            self.until = at + dice.span(30 * SECOND..10 * MINUTE);
        }
        self.judge(at);
        if at < self.closed {
            return (throttled(600), dice.span(10..200));
        }
        let answer = dice.span(10..2_000);
        match self.mood {
            Mood::Fine => {
                self.got.push((at, key.to_owned()));
                (Outcome::Accepted, answer)
            }
            Mood::Fails => (Outcome::Failed { reason: "503".to_owned(), hold_s: None }, answer),
            Mood::Throttles => (throttled(60), answer),
            // An error inside HTTP 200, of a message that it shows nevertheless.
            Mood::Lies => {
                self.got.push((at, key.to_owned()));
                (Outcome::Failed { reason: "errcode -1".to_owned(), hold_s: None }, answer)
            }
            Mood::Hangs => {
                if dice.roll(2) == 0 {
                    self.got.push((at, key.to_owned()));
                }
                (Outcome::Unknown, 10 * SECOND)
            }
        }
    }

    /// Counts requests as the vendor does, whatever becomes of them.
    fn judge(&mut self, at: i64) {
        let pace = self.kind.pace();
        self.got.push((at, String::new()));
        for (most, span) in [(pace.per_min, MINUTE), (pace.per_s, SECOND)] {
            let requests =
                self.got.iter().filter(|(when, key)| key.is_empty() && *when > at - span);
            if most.is_some_and(|most| requests.count() > most as usize) {
                self.broken += 1;
                self.closed = at + 10 * MINUTE;
            }
        }
        let rush = self.kind == ChannelKind::Feishu && at.rem_euclid(30 * MINUTE) < 10 * SECOND;
        self.broken += u32::from(rush);
    }
}

fn throttled(seconds: u32) -> Outcome {
    Outcome::Failed { reason: "130101".to_owned(), hold_s: Some(seconds) }
}

/// The rules: six channels, and an escalation that goes two steps.
fn storm_rules() -> NoticeRules {
    let channel = |name: &str, kind: ChannelKind| {
        let (name, pace) = (name.to_owned(), kind.pace());
        ChannelRules { name, kind, pace, simulated: false }
    };
    let mut with = rules(&["test"]);
    with.channels = vec![
        channel("dingtalk", ChannelKind::Dingtalk),
        channel("wecom", ChannelKind::Wecom),
        channel("feishu", ChannelKind::Feishu),
        channel("mail", ChannelKind::Mail),
        channel("sms", ChannelKind::Sms),
        channel("push", ChannelKind::Webhook),
    ];
    let to = |to: &str, by: &str| Sending { to: vec![to.to_owned()], by: vec![by.to_owned()] };
    with.routes[0].send = vec![to("main", "push")];
    with.routes[0].escalate = vec![
        Escalation { after_min: 10, send: to("leader", "sms") },
        Escalation { after_min: 20, send: to("wang", "mail") },
    ];
    // Whatever happens, in a day everybody is back.
    with.routes[0].repeat = Some(Repeat { every_min: 7, most: 2 });
    with.close_after_days = 1;
    with.retry = Retry { give_up_min: 24 * 60, ..Retry::default() };
    with
}

/// The daemon, its receivers, and what is to come.
struct Storm {
    daemon: Option<Daemon>,
    receivers: BTreeMap<String, Receiver>,
    dice: Dice,
    now: i64,
    /// What happens when: acts of persons, and ends of tries.
    coming: BTreeMap<(i64, u64), Said>,
    next: u64,
    /// Spans in which there was no daemon.
    away: Vec<(i64, i64)>,
    kills: u32,
}

impl Storm {
    fn new(path: &std::path::Path, seed: u64) -> Self {
        let store = Sqlite::open(path).expect("opened");
        let with = storm_rules();
        let receiver = |channel: &ChannelRules| {
            let (kind, mood) = (channel.kind, Mood::Fine);
            (
                channel.name.clone(),
                Receiver { kind, mood, until: 0, got: vec![], broken: 0, closed: 0 },
            )
        };
        let receivers = with.channels.iter().map(receiver).collect();
        let params = Params { notices: Some(with), ..Params::default() };
        let mut daemon = Daemon::start(store, publishing::registry(), params);
        daemon.checked = false;
        let now = publishing::at("16T08:00").millis();
        let (coming, away) = (BTreeMap::new(), Vec::new());
        let dice = Dice(seed.max(1));
        Self { daemon: Some(daemon), receivers, dice, now, coming, next: 0, away, kills: 0 }
    }

    fn plan(&mut self, at: i64, said: Said) {
        self.next += 1;
        self.coming.insert((at, self.next), said);
    }

    /// Persons raise notices of about so many messages, and read half of them.
    fn raise(&mut self, messages: u64) -> u64 {
        let (mut at, mut count, mut notices) = (self.now, 0, 0);
        while count < messages {
            at += self.dice.span(500..8_000);
            let mut by = vec!["mail", "sms", "push"];
            let robots = ["dingtalk", "wecom", "feishu"];
            by.extend(robots.into_iter().filter(|_| self.dice.roll(3) == 0));
            count += by.len() as u64 + 2; // mail and text messages go to two
            notices += 1;
            let by = by.into_iter().map(str::to_owned).collect();
            let to = vec!["main".to_owned(), "leader".to_owned()];
            let act = NoticeAct::Test { to, by };
            self.plan(at, Said::Notice { person: "zhang", act });
        }
        notices
    }

    /// Handles what is due at the next moment; says whether there was any.
    fn step(&mut self) -> bool {
        let mut daemon = self.daemon.take().expect("a daemon");
        let due = daemon.pipeline.next_deadline().map(Instant::millis);
        let first = self.coming.keys().next().map(|(at, _)| *at);
        let open = !daemon.pipeline.notices().open.is_empty() || first.is_some();
        let Some(at) = due.into_iter().chain(first).min().filter(|_| open) else {
            self.daemon = Some(daemon);
            return false;
        };
        self.now = self.now.max(at);
        let mut said = Vec::new();
        while let Some(entry) = self.coming.first_entry().filter(|e| e.key().0 <= self.now) {
            said.push(entry.remove());
        }
        let now = Instant::from_millis(self.now);
        let kill = if self.dice.roll(150) == 0 { self.dice.roll(3) + 1 } else { 0 };
        if kill == 1 {
            // Nothing of this is durable: who acted hears nothing, and acts again.
            let _ = daemon.settle(now, &said);
            let acts: Vec<Said> =
                said.into_iter().filter(|said| matches!(said, Said::Notice { .. })).collect();
            self.daemon = Some(self.restarted(daemon));
            let again = self.now;
            acts.into_iter().for_each(|act| self.plan(again, act));
            return true;
        }
        let batch = daemon.take(now, &said);
        if kill == 2 {
            self.daemon = Some(self.restarted(daemon));
            return true;
        }
        self.send(&daemon, &batch.notices);
        self.read(&batch.notices);
        self.daemon = Some(if kill == 3 { self.restarted(daemon) } else { daemon });
        true
    }

    /// The process ends, and another one comes up after a while.
    fn restarted(&mut self, daemon: Daemon) -> Daemon {
        let from = self.now;
        self.kills += 1;
        self.now += self.dice.span(SECOND..3 * MINUTE);
        self.away.push((from, self.now));
        // Nobody is there to hear how tries end; persons wait.
        let until = self.now;
        let coming = std::mem::take(&mut self.coming);
        for ((at, n), said) in coming {
            match said {
                Said::Ended(_) => {}
                said => drop(self.coming.insert((at.max(until), n), said)),
            }
        }
        let mut daemon = daemon.restart();
        let batch = daemon.take(Instant::from_millis(self.now), &[Said::Started]);
        self.send(&daemon, &batch.notices);
        self.read(&batch.notices);
        daemon
    }

    /// Tries of a durable commit are made.
    fn send(&mut self, daemon: &Daemon, records: &[NoticeRecord]) {
        for record in records {
            let NoticeBody::Tried { message, attempt, .. } = record.body else { continue };
            let of = &daemon.pipeline.notices().outbox[&message].message;
            let arrives = self.now + self.dice.span(5..1_500);
            let receiver = self.receivers.get_mut(&of.channel).expect("a receiver");
            let (outcome, answer) = receiver.take(arrives, &of.key, &mut self.dice);
            let end = TryEnd { message, attempt, outcome, text: None };
            self.plan(arrives + answer, Said::Ended(end));
        }
    }

    /// Half of the notices are read by somebody within a quarter of an hour.
    fn read(&mut self, records: &[NoticeRecord]) {
        for record in records {
            let raised = matches!(record.body, NoticeBody::Raised { .. });
            if raised && self.dice.roll(2) == 0 {
                let at = self.now + self.dice.span(SECOND..15 * MINUTE);
                let (who, said, note) = (None, None, String::new());
                let notice = record.number;
                let act = NoticeAct::Acknowledge { notice, who, way: Way::Token, said, note };
                self.plan(at, Said::Notice { person: "li", act });
            }
        }
    }
}

/// What the store tells in the end.
struct Told {
    planned: BTreeMap<u64, Message>,
    left: BTreeSet<u64>,
    raised: usize,
    records: Vec<NoticeRecord>,
}

fn told(daemon: &mut Daemon) -> Told {
    use lantian::store::Store;
    let records = daemon.store.tables(&daemon.registry).expect("read").notices;
    let mut told = Told { planned: BTreeMap::new(), left: BTreeSet::new(), raised: 0, records };
    for record in &told.records {
        match &record.body {
            NoticeBody::Planned(message) => {
                told.planned.insert(record.number, message.clone());
            }
            NoticeBody::Dropped { message, .. } => drop(told.left.insert(*message)),
            NoticeBody::Raised { .. } => told.raised += 1,
            NoticeBody::GaveUp { .. } => panic!("given up: {record:?}"),
            _ => {}
        }
    }
    told
}

/// Every message arrived, under its own key; what came twice came under the same one.
fn check_arrivals(storm: &Storm, told: &Told) -> (usize, usize) {
    let mut arrived: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, receiver) in &storm.receivers {
        assert_eq!(receiver.broken, 0, "{name}: its limits were broken");
        for (_, key) in receiver.got.iter().filter(|(_, key)| !key.is_empty()) {
            *arrived.entry(key).or_default() += 1;
        }
    }
    let keys: BTreeSet<&str> = told.planned.values().map(|m| m.key.as_str()).collect();
    assert_eq!(keys.len(), told.planned.len(), "a key of its own for each message");
    for (number, message) in &told.planned {
        let came = arrived.contains_key(message.key.as_str());
        assert!(came || told.left.contains(number), "{message:?} never arrived");
    }
    assert!(arrived.keys().all(|key| keys.contains(key)), "what nobody planned");
    (arrived.len(), arrived.values().map(|times| times - 1).sum())
}

/// Steps are taken on time, and none after somebody has read it.
fn check_escalation(storm: &Storm, told: &Told) -> usize {
    let (mut since, mut read, mut steps) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for record in &told.records {
        match &record.body {
            NoticeBody::Told { notice } => drop(since.insert(*notice, record.at)),
            NoticeBody::Acknowledged(ack) => drop(read.entry(ack.notice).or_insert(record.at)),
            NoticeBody::Escalated { notice, step, why } => {
                assert_eq!(*why, StepReason::Unacknowledged, "nothing was given up");
                let due = since[notice].plus_minutes(i64::from(*step) * 10);
                let late = record.at.millis() - due.millis();
                let away = |(from, to): &(i64, i64)| {
                    (*from..=*to).contains(&due.millis()) && record.at.millis() == *to
                };
                assert!(late == 0 || storm.away.iter().any(away), "{record:?} is {late} ms late");
                assert!(!read.contains_key(notice), "{record:?} was read before");
                *steps.entry(*notice).or_insert(0) += 1;
            }
            _ => {}
        }
    }
    for notice in since.keys().filter(|notice| !read.contains_key(notice)) {
        assert_eq!(steps.get(notice), Some(&2), "notice {notice} was not escalated to the end");
    }
    steps.values().sum()
}

#[test]
fn whatever_receivers_do_and_however_often_it_is_killed_everybody_is_told() {
    let place = tempfile::tempdir().expect("a directory");
    let (messages, seed) = (given("LANTIAN_NOTICES", 400), given("LANTIAN_SEED", 7));
    let mut storm = Storm::new(&place.path().join("storm.db"), seed);
    let notices = storm.raise(messages);
    while storm.step() {
        assert!(storm.now < publishing::at("20T08:00").millis(), "it does not come to an end");
    }
    let mut daemon = storm.daemon.take().expect("a daemon");
    let told = told(&mut daemon);
    assert_eq!(told.raised as u64, notices, "an act that was taken raised one notice");
    assert!(daemon.pipeline.notices().outbox.is_empty(), "something is still on its way");
    let (arrived, twice) = check_arrivals(&storm, &told);
    let steps = check_escalation(&storm, &told);
    daemon.audit();
    let tries = told.records.iter().filter(|r| matches!(r.body, NoticeBody::Tried { .. })).count();
    assert!(tries > told.planned.len() && twice > 0 && storm.kills > 2, "the receivers were kind");
    println!(
        "seed {seed}: {} messages of {notices} notices, {tries} tries, {} kills: {arrived} came, \
         {twice} of them again under the same key, {} needless and left out; {steps} steps on time",
        told.planned.len(),
        storm.kills,
        told.left.len(),
    );
}
