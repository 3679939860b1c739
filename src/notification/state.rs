//! Where the notices of an area stand: what follows from their records, and from nothing else.
//!
//! In: [`NoticeRecord`]s in their order. Out: [`Notices`]: what is open, what is on its way, what was closed
//! lately.
//!
//! Invariant: the state after a restart is that before it, since it is taken from the same records.

use std::collections::{BTreeMap, BTreeSet};

use super::Outcome;
use super::cause::{Cause, NoticeKind};
use super::pace::REMEMBERED_MS;
use super::record::{Acknowledgement, Closing, Message, NoticeBody, NoticeRecord, Round};
use super::roster::Assignment;
use crate::area::AreaId;
use crate::time::Instant;

/// Closed notices are known for so long: who has read one late may still say so.
const CLOSED_KEPT_MIN: i64 = 7 * 24 * 60;
/// Replacements are known for so long after their day.
const REPLACED_KEPT_DAYS: i32 = 7;

/// One of the things a notice is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matter {
    /// What.
    pub cause: Cause,
    /// When it came.
    pub at: Instant,
    /// Whether it is no more, or stands in another notice.
    pub over: bool,
}

/// Something that somebody is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The number of the record that raised it; it is its revision, too.
    pub number: u64,
    /// When.
    pub at: Instant,
    /// In which drill.
    pub drill: Option<u64>,
    /// What it is about, the first one first.
    pub matters: Vec<Matter>,
    /// Whether a newer notice tells of any of it.
    pub superseded: bool,
    /// Since when it is told.
    pub told: Option<Instant>,
    /// When it was told last.
    pub told_last: Option<Instant>,
    /// How often it was repeated.
    pub repeats: u32,
    /// Steps of the escalation taken.
    pub steps: u32,
    /// Steps to be taken at once: something could not be delivered.
    pub hurried: u32,
    /// Who was told first, by short name.
    pub addressed: BTreeSet<String>,
    /// Who has read it, with the record that says so.
    pub read: Vec<(u64, Acknowledgement)>,
    /// Messages of it that nobody has taken yet.
    pub waiting: u32,
    /// When and why it was closed.
    pub closed: Option<(Instant, Closing)>,
}

impl Notice {
    /// One that has just been raised.
    #[must_use]
    pub fn new((number, at): (u64, Instant), cause: Cause, drill: Option<u64>) -> Self {
        Self {
            number,
            at,
            drill,
            matters: vec![Matter { cause, at, over: false }],
            superseded: false,
            told: None,
            told_last: None,
            repeats: 0,
            steps: 0,
            hurried: 0,
            addressed: BTreeSet::new(),
            read: Vec::new(),
            waiting: 0,
            closed: None,
        }
    }

    /// What it is about first; every notice is about something.
    #[must_use]
    pub fn first(&self) -> &Cause {
        &self.matters[0].cause
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> NoticeKind {
        self.first().kind()
    }

    /// Whether nobody's word is waited for any more.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.read.iter().any(|(_, ack)| ack.complete)
    }

    /// Whether all of it is no more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.matters.iter().all(|matter| matter.over)
    }

    /// Who was told first and has not read it.
    pub fn unread(&self) -> impl Iterator<Item = &String> {
        let has_read = |id: &&String| self.read.iter().any(|(_, ack)| ack.who == **id);
        self.addressed.iter().filter(move |id| !has_read(id))
    }

    /// Whether it tells of a subject that lasts.
    #[must_use]
    pub fn tells_of(&self, subject: &str) -> bool {
        self.matters.iter().any(|m| !m.over && m.cause.subject() == subject)
    }
}

/// A message that nobody has taken yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its number.
    pub number: u64,
    /// When it was planned.
    pub at: Instant,
    /// What is to go where.
    pub message: Message,
    /// Of which kind its notice is.
    pub kind: NoticeKind,
    /// Tries so far.
    pub tries: u32,
    /// The try that is under way, and since when.
    pub under_way: Option<(u32, Instant)>,
    /// When the first one began.
    pub first_try: Option<Instant>,
    /// When the last one ended, and what was said.
    pub last_end: Option<(Instant, String)>,
    /// Why there will be no further one.
    pub refused: bool,
}

/// A message that is to be sent now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Try {
    /// The area's code.
    pub area: AreaId,
    /// Its number.
    pub number: u64,
    /// Which try.
    pub attempt: u32,
    /// What is to go where.
    pub message: Message,
    /// What it tells of.
    pub notice: Notice,
}

/// How a try ended, as the shell tells it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TryEnd {
    /// The message.
    pub message: u64,
    /// Which try.
    pub attempt: u32,
    /// How.
    pub outcome: Outcome,
    /// What was sent, of a message that was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// How a channel stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelState {
    /// Tries of the last minute: the message, and when it ended, or began where it has not.
    pub tries: Vec<(u64, Instant)>,
    /// Until when the receiver wants nothing.
    pub hold: Option<Instant>,
    /// When a message was taken last.
    pub accepted: Option<Instant>,
    /// Tries that failed since then, and what the last one said.
    pub failing: u32,
    /// What the last failed try said.
    pub fault: String,
}

/// Where the notices of an area stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// The number of the last record.
    pub last: u64,
    /// What is open, by number.
    pub open: BTreeMap<u64, Notice>,
    /// What was closed in the last days.
    pub closed: BTreeMap<u64, Notice>,
    /// What is on its way, by number.
    pub outbox: BTreeMap<u64, Outgoing>,
    /// The channels that were used, by name.
    pub channels: BTreeMap<String, ChannelState>,
    /// Who stands in for whom, from a week ago on.
    pub replacements: Vec<Assignment>,
}

impl Notices {
    /// A notice by its number, open or closed lately.
    #[must_use]
    pub fn notice(&self, number: u64) -> Option<&Notice> {
        self.open.get(&number).or_else(|| self.closed.get(&number))
    }

    /// What is recorded of tries that were under way when the daemon ended: nobody knows how they ended.
    #[must_use]
    pub fn interrupted(&self) -> Vec<NoticeBody> {
        let under_way = self.outbox.values().filter_map(|outgoing| {
            let (attempt, _) = outgoing.under_way?;
            let (notice, message) = (outgoing.message.notice, outgoing.number);
            let outcome = Outcome::Unknown;
            Some(NoticeBody::Ended { notice, message, attempt, outcome, text: None })
        });
        under_way.collect()
    }

    /// What is recorded of how a try ended: nothing, where nobody waits for it. A message that was taken is
    /// taken, however late that is told.
    #[must_use]
    pub fn ended(&self, ended: &TryEnd) -> Option<NoticeBody> {
        let TryEnd { message, attempt, outcome, text } = ended.clone();
        let outgoing = self.outbox.get(&message)?;
        let waits = outgoing.under_way.is_some_and(|(of, _)| of == attempt);
        let taken = waits || outcome == Outcome::Accepted;
        let notice = outgoing.message.notice;
        taken.then_some(NoticeBody::Ended { notice, message, attempt, outcome, text })
    }

    /// What a try has to send.
    #[must_use]
    pub fn to_try(&self, area: &AreaId, number: u64, attempt: u32) -> Option<Try> {
        let message = self.outbox.get(&number)?.message.clone();
        let notice = self.notice(message.notice)?.clone();
        Some(Try { area: area.clone(), number, attempt, message, notice })
    }

    /// Takes the next record.
    pub fn take(&mut self, record: &NoticeRecord) {
        let NoticeRecord { number, at, ref body, .. } = *record;
        self.last = number;
        match body {
            NoticeBody::Raised { cause, drill } => self.open_new((number, at), cause, *drill),
            NoticeBody::Joined { notice, cause } => {
                let matter = Matter { cause: cause.clone(), at, over: false };
                self.with(*notice, |n| n.matters.push(matter));
            }
            NoticeBody::Over { notice, subject, superseded } => self.with(*notice, |n| {
                n.superseded |= superseded;
                let of = n.matters.iter_mut().filter(|m| m.cause.subject() == *subject);
                of.for_each(|m| m.over = true);
            }),
            NoticeBody::Told { notice } => self.with(*notice, |n| n.told = Some(at)),
            NoticeBody::Planned(message) => self.plan((number, at), message),
            NoticeBody::Unreachable { notice, .. } => self.with(*notice, |n| n.hurried += 1),
            NoticeBody::Tried { message, attempt, .. } => self.try_message(*message, *attempt, at),
            NoticeBody::Ended { message, outcome, .. } => self.end(*message, outcome, at),
            NoticeBody::GaveUp { message, .. } => {
                if let Some(notice) = self.leave(*message) {
                    self.with(notice, |n| n.hurried += 1);
                }
            }
            NoticeBody::Dropped { message, .. } => {
                self.leave(*message);
            }
            NoticeBody::Repeated { notice, n } => self.with(*notice, |of| {
                (of.repeats, of.told_last) = (*n, Some(at));
            }),
            NoticeBody::Escalated { notice, .. } => self.with(*notice, |n| {
                n.steps += 1;
                n.told_last = Some(at);
                n.hurried = 0;
            }),
            NoticeBody::Acknowledged(ack) => {
                let read = (number, ack.clone());
                self.with(ack.notice, |n| n.read.push(read));
            }
            NoticeBody::Closed { notice, why } => {
                if let Some(mut closed) = self.open.remove(notice) {
                    closed.closed = Some((at, *why));
                    self.closed.insert(*notice, closed);
                }
            }
            NoticeBody::Replaced { assignment, .. } => {
                let kept = at.hour().day().plus(-REPLACED_KEPT_DAYS);
                self.replacements.retain(|of| of.day >= kept);
                self.replacements.push(assignment.clone());
            }
        }
    }

    fn with(&mut self, notice: u64, change: impl FnOnce(&mut Notice)) {
        let open = self.open.get_mut(&notice);
        if let Some(notice) = open.or_else(|| self.closed.get_mut(&notice)) {
            change(notice);
        }
    }

    fn open_new(&mut self, (number, at): (u64, Instant), cause: &Cause, drill: Option<u64>) {
        let kept = at.plus_minutes(-CLOSED_KEPT_MIN);
        self.closed.retain(|_, n| n.closed.is_some_and(|(closed, _)| closed >= kept));
        let notice = Notice::new((number, at), cause.clone(), drill);
        self.open.insert(number, notice);
    }

    fn plan(&mut self, (number, at): (u64, Instant), message: &Message) {
        let Some(notice) = self.open.get_mut(&message.notice) else { return };
        notice.waiting += 1;
        notice.told_last = Some(at);
        if message.round == Round::First {
            let told = message.person.iter().chain(&message.mentions);
            notice.addressed.extend(told.cloned());
        }
        let outgoing = Outgoing {
            number,
            at,
            message: message.clone(),
            kind: notice.kind(),
            tries: 0,
            under_way: None,
            first_try: None,
            last_end: None,
            refused: false,
        };
        self.outbox.insert(number, outgoing);
    }

    fn try_message(&mut self, number: u64, attempt: u32, at: Instant) {
        let Some(outgoing) = self.outbox.get_mut(&number) else { return };
        outgoing.tries = attempt;
        outgoing.under_way = Some((attempt, at));
        outgoing.first_try.get_or_insert(at);
        let name = outgoing.message.channel.clone();
        let channel = self.channels.entry(name).or_default();
        let kept = at.millis() - REMEMBERED_MS;
        // What is still under way counts, however long ago it began.
        let outbox = &self.outbox;
        let under_way = |of: &u64| outbox.get(of).is_some_and(|o| o.under_way.is_some());
        channel.tries.retain(|(of, when)| when.millis() > kept || under_way(of));
        channel.tries.push((number, at));
    }

    fn end(&mut self, number: u64, outcome: &Outcome, at: Instant) {
        use Outcome::{Accepted, Failed, Refused, Unknown};
        let Some(outgoing) = self.outbox.get_mut(&number) else { return };
        outgoing.under_way = None;
        outgoing.last_end = Some((at, outcome.reason().to_owned()));
        outgoing.refused = matches!(outcome, Refused { .. });
        let channel = self.channels.entry(outgoing.message.channel.clone()).or_default();
        if let Some((_, when)) = channel.tries.iter_mut().rev().find(|(of, _)| *of == number) {
            *when = at;
        }
        match outcome {
            Accepted => {
                (channel.accepted, channel.failing) = (Some(at), 0);
                channel.fault.clear();
                self.leave(number);
            }
            Failed { reason, hold_s } => {
                channel.failing += 1;
                channel.fault.clone_from(reason);
                let hold = hold_s.map(|s| at.millis() + i64::from(s) * 1000);
                channel.hold = channel.hold.max(hold.map(Instant::from_millis));
            }
            Refused { reason } => {
                channel.failing += 1;
                channel.fault.clone_from(reason);
            }
            Unknown => channel.failing += 1,
        }
    }

    /// A message leaves the outbox; says of which notice it was.
    fn leave(&mut self, number: u64) -> Option<u64> {
        let notice = self.outbox.remove(&number)?.message.notice;
        self.with(notice, |n| n.waiting -= 1);
        Some(notice)
    }
}
