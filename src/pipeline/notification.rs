//! Who is told of what: what this batch brings, acts of persons, and how tries to send ended.
//!
//! In: the records of warnings and of the room and the alarms of the batch, [`NoticeInput`]s, the time. Out:
//! records ([`NoticeRecord`]) in the batch: the rows of the outbox stand in the commit of their cause, and so
//! does each try before it is made.
//!
//! Invariants: all is decided once a batch, after everything else is settled, at the time of the batch: after
//! a stop nobody is told now of what was due then and is over. Reference cities notify nobody.
//!
//! Source: issue 7; [`crate::notification`].

use std::sync::Arc;

use super::batch::{Batch, Message};
use super::{Alarm, Pipeline, Subject};
use crate::area::Registry;
use crate::notification::{
    At, Brought, Cause, Decided, NoticeAct, NoticeBody, NoticeRecord, NoticeRefusal, NoticeRules,
    Notices, TryEnd, alarm, decode_acknowledgement,
};
use crate::observation::{Rejection, RejectionReason};
use crate::time::Instant;

/// What happens to notices from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeInput<'a> {
    /// A person acts.
    Act {
        /// Who.
        person: &'a str,
        /// What.
        act: &'a NoticeAct,
    },
    /// A try ended.
    Ended(&'a TryEnd),
    /// The daemon starts: whatever was being sent, nobody reports on it any more.
    Started,
}

/// The notices of an area, and what this batch adds.
#[derive(Clone, Debug, Default)]
pub(super) struct Notifier {
    pub(super) state: Arc<Notices>,
    fresh: Vec<NoticeRecord>,
}

impl Notifier {
    /// From all records of an area, in their order.
    pub(super) fn rebuilt(records: &[NoticeRecord]) -> Self {
        let mut state = Notices::default();
        records.iter().for_each(|record| state.take(record));
        Self { state: Arc::new(state), fresh: Vec::new() }
    }

    fn note(&mut self, at: Instant, person: Option<&str>, bodies: Vec<NoticeBody>) {
        for body in bodies {
            let number = self.state.last + 1;
            let record = NoticeRecord { number, at, person: person.map(str::to_owned), body };
            Arc::make_mut(&mut self.state).take(&record);
            self.fresh.push(record);
        }
    }
}

/// What an alarm brings; our own silence is for who runs the server, by other ways.
fn by_alarm(registry: &Registry, of: &Alarm) -> Option<Brought> {
    if of.subject == Subject::Daemon {
        return None;
    }
    let (subject, entity) = (of.subject.name(), of.subject.entity(registry));
    Some(match of.cleared {
        Some(_) => Brought::End(alarm((subject, &entity), of.since)),
        None => Brought::Cause(Box::new(Cause::Alarm {
            subject: subject.to_owned(),
            name: named(registry, of.subject, &entity),
            entity,
            since: of.since,
            lag_min: of.lag_min,
        })),
    })
}

/// What people call the entity of an alarm.
fn named(registry: &Registry, subject: Subject, entity: &str) -> String {
    match subject {
        Subject::Daemon | Subject::Feed | Subject::Area => registry.name.clone(),
        Subject::Station(at) | Subject::Clock(at) | Subject::Behind(at) => {
            registry.stations[at].name.clone()
        }
        Subject::Differs(_) => {
            let station = registry.stations.iter().find(|s| s.id.as_str() == entity);
            let set = registry.sets.iter().find(|set| set.id.as_str() == entity);
            let name = station.map(|s| &s.name).or_else(|| set.map(|set| &set.name));
            name.cloned().unwrap_or_else(|| registry.name.clone())
        }
    }
}

impl Pipeline {
    /// Where the notices stand.
    #[must_use]
    pub fn notices(&self) -> &Notices {
        &self.notifier.state
    }

    /// What notices go by, where anybody is told.
    fn notice_rules(&self) -> Option<Arc<NoticeRules>> {
        self.notice_rules.clone().filter(|_| !self.registry.is_reference())
    }

    /// When time alone brings something.
    pub(super) fn notice_due(&self) -> Option<Instant> {
        let rules = self.notice_rules.as_deref().filter(|_| !self.registry.is_reference())?;
        self.notifier.state.next_deadline(rules, self.now?)
    }

    /// Takes a person's act, or how a try ended; what came of an act stands in the batch.
    pub(super) fn take_notice(&mut self, asked: &NoticeInput<'_>, out: &mut Batch) {
        let now = self.now.unwrap_or_default();
        match *asked {
            NoticeInput::Started => {
                let bodies = self.notifier.state.interrupted();
                self.notifier.note(now, None, bodies);
            }
            NoticeInput::Ended(ended) => {
                let body = self.notifier.state.ended(ended);
                self.notifier.note(now, None, body.into_iter().collect());
            }
            NoticeInput::Act { person, act } => {
                let done = self.decide_notice((person, act), now);
                out.noticed.push(done.map(|decided| match decided {
                    Decided::Before(record) => record,
                    Decided::Record(bodies) => {
                        self.notifier.note(now, Some(person), bodies);
                        self.notifier.state.last
                    }
                }));
            }
        }
    }

    fn decide_notice(
        &self,
        (person, act): (&str, &NoticeAct),
        now: Instant,
    ) -> Result<Decided, NoticeRefusal> {
        let rules = self.notice_rules().ok_or(NoticeRefusal::NoNotices)?;
        let at = At { rules: &rules, area: self.registry.area.as_str(), now };
        self.notifier.state.decide((person, act), &at)
    }

    /// Takes a message that is an acknowledgement; says whether it is one.
    pub(super) fn take_acknowledgement(&mut self, message: &Message<'_>, out: &mut Batch) -> bool {
        let rest = message.topic.strip_prefix("aq/");
        let rest = rest.and_then(|t| t.strip_prefix(self.registry.area.as_str()));
        if rest != Some("/ack") {
            return false;
        }
        let now = self.now.unwrap_or_default();
        let act = self.decode_with(message, |payload, _| decode_acknowledgement(payload));
        let done = act.and_then(|act| {
            let who = match &act {
                NoticeAct::Acknowledge { who, .. } => who.clone().unwrap_or_default(),
                NoticeAct::Replace { .. } | NoticeAct::Test { .. } => String::new(),
            };
            let refuse = |refusal: NoticeRefusal| {
                Rejection::new(RejectionReason::WrongType, format!("{who:?}: {}", refusal.name()))
            };
            // Nobody signs here: the broker says who may write, and it must be somebody who is told.
            let rules = self.notice_rules().ok_or_else(|| refuse(NoticeRefusal::NoNotices))?;
            let known = rules.roster.person(&who).map(|person| person.id.clone());
            let person = known.ok_or_else(|| refuse(NoticeRefusal::UnknownPerson))?;
            self.decide_notice((&person, &act), now).map(|done| (person, done)).map_err(refuse)
        });
        match done {
            Ok((person, Decided::Record(bodies))) => {
                self.counts.accepted += 1;
                self.notifier.note(now, Some(&person), bodies);
            }
            Ok((_, Decided::Before(_))) => self.counts.repeated += 1,
            Err(rejection) => self.refuse(message, &rejection, out),
        }
        true
    }

    /// Decides who is told of what now, and hands the records over.
    pub(super) fn settle_notices(&mut self, out: &mut Batch) {
        if let (Some(now), Some(rules)) = (self.now, self.notice_rules()) {
            let registry = Arc::clone(&self.registry);
            let at = At { rules: &rules, area: registry.area.as_str(), now };
            let warnings = out.records.iter().flat_map(|record| {
                Brought::by_warning(record).into_iter().map(|brought| (brought, record.drill))
            });
            let duty = out.duty.iter().filter_map(Brought::by_duty);
            let alarms = out.alarms.iter().filter_map(|alarm| by_alarm(&registry, alarm));
            for (brought, drill) in warnings.chain(duty.chain(alarms).map(|b| (b, None))) {
                let bodies = self.notifier.state.bring(&at, brought, drill);
                self.notifier.note(now, None, bodies);
            }
            loop {
                let bodies = self.notifier.state.next(&at);
                if bodies.is_empty() {
                    break;
                }
                self.notifier.note(now, None, bodies);
            }
        }
        out.notices.append(&mut self.notifier.fresh);
    }
}
