//! What is to be done about notices now: told, repeated, escalated, tried, given up, closed.
//!
//! In: [`Notices`], the rules, the time. Out: records, one stage of them at a time: each stage looks at what
//! the one before it came to, until nothing is left to be done. And the next moment at which something is.
//!
//! Invariants: pure functions of what is recorded; what is due twice is done once; a channel that bears no
//! more holds only its own messages; what is urgent goes first.
//!
//! Source: issue 7, Build 2 to 4; pitfalls.md 3.2 and 3.6.

use std::collections::{BTreeMap, BTreeSet};

use super::cause::Cause;
use super::pace::{after_quiet, again_at, free_at};
use super::record::{Closing, NoticeBody, Round, StepReason};
use super::rules::{Acknowledge, ChannelRules, NoticeRules, Route, Sending, selects};
use super::state::{Notice, Notices, Outgoing};
use super::{Brought, Outcome};
use crate::time::Instant;

const SECOND_MS: i64 = 1000;

/// By what is decided: the rules, the area's code, and the time.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The rules.
    pub rules: &'a NoticeRules,
    /// The area's code: keys begin with it.
    pub area: &'a str,
    /// The time.
    pub now: Instant,
}

fn plus_s(at: Instant, seconds: u32) -> Instant {
    Instant::from_millis(at.millis() + i64::from(seconds) * SECOND_MS)
}

impl Notices {
    /// What is recorded of something that happened, in a drill or not.
    #[must_use]
    pub fn bring(&self, at: &At<'_>, brought: Brought, drill: Option<u64>) -> Vec<NoticeBody> {
        match brought {
            Brought::Cause(cause) => self.raise(at, *cause, drill),
            Brought::End(subject) => self.over(&subject, drill, false),
            Brought::DrillEnd => {
                let all = self.open.values().chain(self.closed.values());
                let of_drill = all.filter(|n| n.drill == drill);
                let lasting = of_drill.flat_map(|n| n.matters.iter().filter(|m| !m.over));
                let subjects: BTreeSet<String> = lasting.map(|m| m.cause.subject()).collect();
                subjects.iter().flat_map(|subject| self.over(subject, drill, false)).collect()
            }
        }
    }

    fn over(&self, subject: &str, drill: Option<u64>, superseded: bool) -> Vec<NoticeBody> {
        // What was read is closed, and may still be on its way to others.
        let on_its_way = self.closed.values().filter(|n| n.waiting > 0);
        let all = self.open.values().chain(on_its_way);
        let of = all.filter(|n| n.drill == drill && n.tells_of(subject));
        let over = |n: &Notice| NoticeBody::Over {
            notice: n.number,
            subject: subject.to_owned(),
            superseded,
        };
        of.map(over).collect()
    }

    pub(super) fn raise(&self, at: &At<'_>, cause: Cause, drill: Option<u64>) -> Vec<NoticeBody> {
        // What nobody is to be told of is not waited for either, but what it replaces is over.
        let mut bodies = self.over(&cause.subject(), drill, true);
        let Some(route) = at.rules.route(&cause) else { return bodies };
        let gathers = |n: &&Notice| {
            let same = n.kind() == cause.kind() && n.first().part() == cause.part();
            same && n.drill == drill && !n.is_over() && at.now < plus_s(n.at, route.group_s)
        };
        let untold = self.open.values().filter(|n| n.told.is_none());
        bodies.push(match untold.filter(|n| !n.tells_of(&cause.subject())).find(gathers) {
            Some(notice) => NoticeBody::Joined { notice: notice.number, cause },
            None => NoticeBody::Raised { cause, drill },
        });
        bodies
    }

    /// The next stage of what is to be done at `at.now`; nothing when all is done.
    #[must_use]
    pub fn next(&self, at: &At<'_>) -> Vec<NoticeBody> {
        let stages: [fn(&Self, &At<'_>) -> Vec<NoticeBody>; 5] =
            [Self::close, Self::tell, Self::insist, Self::abandon, Self::send];
        stages
            .iter()
            .map(|stage| stage(self, at))
            .find(|bodies| !bodies.is_empty())
            .unwrap_or_default()
    }

    /// Notices that need nothing more.
    fn close(&self, at: &At<'_>) -> Vec<NoticeBody> {
        let mut bodies = Vec::new();
        for notice in self.open.values() {
            let Some(why) = closing(notice, at) else { continue };
            let route = at.rules.route(notice.first());
            if let Some(route) = route.filter(|r| r.tell_end)
                && why == Closing::Over
                && notice.told.is_some()
            {
                let sends = route.send.iter();
                bodies.extend(self.round((notice, route), sends, Round::End, at));
            }
            bodies.push(NoticeBody::Closed { notice: notice.number, why });
        }
        bodies
    }

    /// Notices that are told now.
    fn tell(&self, at: &At<'_>) -> Vec<NoticeBody> {
        let mut bodies = Vec::new();
        for notice in self.open.values().filter(|n| n.told.is_none()) {
            let Some(route) = at.rules.route(notice.first()) else { continue };
            if tell_at(notice, route) > at.now || self.is_muted(notice, at.rules) {
                continue;
            }
            bodies.push(NoticeBody::Told { notice: notice.number });
            let tested = test_send(notice);
            let sends = tested.iter().chain(route.send.iter().filter(|_| tested.is_none()));
            bodies.extend(self.round((notice, route), sends, Round::First, at));
        }
        bodies
    }

    /// Repeats and further steps where nobody has read it.
    fn insist(&self, at: &At<'_>) -> Vec<NoticeBody> {
        let mut bodies = Vec::new();
        for notice in self.open.values().filter(|n| waits(n, at.rules)) {
            let Some(route) = at.rules.route(notice.first()) else { continue };
            let number = notice.number;
            if let Some((step, why)) = step_due(notice, route, at.now) {
                let taken = notice.steps + 1;
                bodies.push(NoticeBody::Escalated { notice: number, step: taken, why });
                let (send, round) = (std::iter::once(&step.send), Round::Step(taken));
                bodies.extend(self.round((notice, route), send, round, at));
            } else if repeat_at(notice, route).is_some_and(|due| due <= at.now) {
                let n = notice.repeats + 1;
                bodies.push(NoticeBody::Repeated { notice: number, n });
                let sends = route.send.iter();
                bodies.extend(self.round((notice, route), sends, Round::Repeat(n), at));
            }
        }
        bodies
    }

    /// Messages that need not be sent any more, that were given up, and tries that nobody reported on.
    fn abandon(&self, at: &At<'_>) -> Vec<NoticeBody> {
        let mut bodies = Vec::new();
        for outgoing in self.outbox.values() {
            let (number, notice) = (outgoing.number, outgoing.message.notice);
            if let Some((attempt, since)) = outgoing.under_way {
                if since.plus_minutes(at.rules.retry.lost_after_min.into()) <= at.now {
                    let outcome = Outcome::Unknown;
                    bodies.push(NoticeBody::Ended {
                        notice,
                        message: number,
                        attempt,
                        outcome,
                        text: None,
                    });
                }
            } else if self.is_needless(outgoing)
                || at.rules.channel(&outgoing.message.channel).is_none()
            {
                bodies.push(NoticeBody::Dropped { notice, message: number });
            } else if let Some(reason) = given_up(outgoing, at) {
                bodies.push(NoticeBody::GaveUp { notice, message: number, reason: reason.clone() });
                let raised = self.undelivered(outgoing, reason, at);
                if !raised.is_empty() {
                    bodies.extend(raised);
                    break; // the next one joins it
                }
            }
        }
        bodies
    }

    /// Somebody is told that a message did not arrive.
    fn undelivered(&self, outgoing: &Outgoing, reason: String, at: &At<'_>) -> Vec<NoticeBody> {
        let Some(notice) = self.notice(outgoing.message.notice) else { return Vec::new() };
        let channel = outgoing.message.channel.clone();
        let person = outgoing.message.person.clone();
        self.complain((notice, outgoing.number), (channel, person, reason), at)
    }

    /// Whether there is no need for a message any more: what it tells of is over or told anew, or it would
    /// only remind of what somebody has read.
    fn is_needless(&self, outgoing: &Outgoing) -> bool {
        let Some(notice) = self.notice(outgoing.message.notice) else { return true };
        match outgoing.message.round {
            Round::End => false,
            Round::First => notice.is_over(),
            Round::Repeat(_) | Round::Step(_) => notice.is_over() || notice.is_read(),
        }
    }

    /// What goes out now.
    fn send(&self, at: &At<'_>) -> Vec<NoticeBody> {
        let mut bodies = Vec::new();
        for (channel, waiting) in self.by_channel(at.rules) {
            let busy = self.under_way(&channel.name);
            let room = usize::try_from(channel.pace.at_once.saturating_sub(busy)).unwrap_or(0);
            let mut tries = self.tries(&channel.name);
            let hold = self.channels.get(&channel.name).and_then(|state| state.hold);
            let mut due: Vec<&Outgoing> =
                waiting.into_iter().filter(|o| next_try(o, at.rules) <= at.now).collect();
            due.sort_by_key(|o| (o.kind.priority(), o.number));
            for outgoing in due.into_iter().take(room) {
                if free_at(&channel.pace, &tries, hold, at.now) > at.now {
                    break;
                }
                tries.push(at.now);
                let (message, attempt) = (outgoing.number, outgoing.tries + 1);
                let notice = outgoing.message.notice;
                bodies.push(NoticeBody::Tried { notice, message, attempt });
            }
        }
        bodies
    }

    /// Messages that wait, by the channel that takes them.
    fn by_channel<'a>(
        &'a self,
        rules: &'a NoticeRules,
    ) -> impl Iterator<Item = (&'a ChannelRules, Vec<&'a Outgoing>)> {
        let mut found: BTreeMap<&str, Vec<&Outgoing>> = BTreeMap::new();
        for outgoing in self.outbox.values().filter(|o| o.under_way.is_none()) {
            found.entry(&outgoing.message.channel).or_default().push(outgoing);
        }
        found.into_iter().filter_map(|(name, waiting)| Some((rules.channel(name)?, waiting)))
    }

    fn under_way(&self, channel: &str) -> u32 {
        let of = self.outbox.values().filter(|o| o.message.channel == channel);
        let count = of.filter(|o| o.under_way.is_some()).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    fn tries(&self, channel: &str) -> Vec<Instant> {
        let state = self.channels.get(channel);
        state.map_or_else(Vec::new, |state| state.tries.iter().map(|(_, at)| *at).collect())
    }

    /// Whether something lasts that makes a notice needless for now.
    fn is_muted(&self, notice: &Notice, rules: &NoticeRules) -> bool {
        rules.inhibitions.iter().any(|inhibition| {
            let lasts = |other: &Notice| {
                // What is muted itself mutes nothing.
                other.number != notice.number
                    && !inhibition.mutes.iter().any(|muted| selects(muted, other.first()))
                    && other.drill == notice.drill
                    && !other.is_over()
                    && selects(&inhibition.while_open, other.first())
            };
            inhibition.mutes.iter().any(|muted| selects(muted, notice.first()))
                && self.open.values().any(lasts)
        })
    }

    /// When something is to be done though nothing happens.
    #[must_use]
    pub fn next_deadline(&self, rules: &NoticeRules, now: Instant) -> Option<Instant> {
        let notices = self.open.values().filter_map(|notice| {
            let route = rules.route(notice.first())?;
            if notice.told.is_none() {
                return (!self.is_muted(notice, rules)).then(|| tell_at(notice, route));
            }
            let closes = !notice.kind().has_end() && notice.waiting == 0;
            let old = closes.then(|| closes_at(notice, rules));
            let waits = waits(notice, rules);
            let step = step_at(notice, route).filter(|_| waits);
            [old, step, repeat_at(notice, route).filter(|_| waits)].into_iter().flatten().min()
        });
        let lost = self.outbox.values().filter_map(|outgoing| match outgoing.under_way {
            Some((_, since)) => Some(since.plus_minutes(rules.retry.lost_after_min.into())),
            None => gives_up_at(outgoing, rules).filter(|_| outgoing.last_end.is_some()),
        });
        let tries = self.by_channel(rules).filter_map(|(channel, waiting)| {
            let first = waiting.into_iter().map(|o| next_try(o, rules)).min()?;
            let hold = self.channels.get(&channel.name).and_then(|state| state.hold);
            let busy = self.under_way(&channel.name) >= channel.pace.at_once;
            let tries = self.tries(&channel.name);
            (!busy).then(|| free_at(&channel.pace, &tries, hold, first.max(now)))
        });
        notices.chain(lost).chain(tries).min()
    }
}

/// A test says itself to whom it goes.
fn test_send(notice: &Notice) -> Option<Sending> {
    match notice.first() {
        Cause::Tested { to, by, .. } => Some(Sending { to: to.clone(), by: by.clone() }),
        _ => None,
    }
}

fn tell_at(notice: &Notice, route: &Route) -> Instant {
    after_quiet(route.quiet, plus_s(notice.at, route.group_s))
}

/// Whether somebody's word is waited for.
pub(super) fn waits(notice: &Notice, rules: &NoticeRules) -> bool {
    let route = rules.route(notice.first());
    let asks = route.is_some_and(|route| route.acknowledge != Acknowledge::None);
    asks && notice.told.is_some()
        && !notice.is_read()
        && !notice.is_over()
        && notice.closed.is_none()
}

/// The next step of the escalation, and when it is due by time alone.
fn step_at(notice: &Notice, route: &Route) -> Option<Instant> {
    let step = route.escalate.get(usize::try_from(notice.steps).ok()?)?;
    Some(notice.told?.plus_minutes(step.after_min.into()))
}

fn step_due<'a>(
    notice: &Notice,
    route: &'a Route,
    now: Instant,
) -> Option<(&'a super::rules::Escalation, StepReason)> {
    let due = step_at(notice, route)?;
    let step = route.escalate.get(usize::try_from(notice.steps).ok()?)?;
    match () {
        () if due <= now => Some((step, StepReason::Unacknowledged)),
        () if notice.hurried > 0 => Some((step, StepReason::Undelivered)),
        () => None,
    }
}

fn repeat_at(notice: &Notice, route: &Route) -> Option<Instant> {
    let repeat = route.repeat.filter(|repeat| notice.repeats < repeat.most)?;
    let due =
        notice.told?.plus_minutes(i64::from(repeat.every_min) * i64::from(notice.repeats + 1));
    Some(after_quiet(route.quiet, due))
}

/// Nobody's word is waited for for ever.
fn closes_at(notice: &Notice, rules: &NoticeRules) -> Instant {
    let since = notice.told_last.or(notice.told).unwrap_or(notice.at);
    since.plus_minutes(i64::from(rules.close_after_days) * 24 * 60)
}

fn closing(notice: &Notice, at: &At<'_>) -> Option<Closing> {
    if notice.is_over() {
        let superseded = notice.superseded;
        return Some(if superseded { Closing::Superseded } else { Closing::Over });
    }
    let has_end = notice.kind().has_end();
    if at.rules.route(notice.first()).is_none() {
        return Some(Closing::Unanswered); // nobody is to be told of it any more
    }
    if !has_end && notice.is_read() {
        return Some(Closing::Acknowledged);
    }
    notice.told?;
    let asks = at.rules.route(notice.first()).is_some_and(|r| r.acknowledge != Acknowledge::None);
    if !has_end && !asks && notice.waiting == 0 {
        let whole = notice.hurried == 0;
        return Some(if whole { Closing::Sent } else { Closing::Undelivered });
    }
    let old = closes_at(notice, at.rules) <= at.now && notice.waiting == 0;
    (old && !has_end).then_some(Closing::Unanswered)
}

/// When a message is tried next.
fn next_try(outgoing: &Outgoing, rules: &NoticeRules) -> Instant {
    match &outgoing.last_end {
        None => outgoing.at,
        Some((ended, _)) => again_at(&rules.retry, &outgoing.message.key, outgoing.tries, *ended),
    }
}

/// When a message that was tried is given up.
fn gives_up_at(outgoing: &Outgoing, rules: &NoticeRules) -> Option<Instant> {
    Some(outgoing.first_try?.plus_minutes(rules.retry.give_up_min.into()))
}

/// Why there is no further try.
fn given_up(outgoing: &Outgoing, at: &At<'_>) -> Option<String> {
    let (_, said) = outgoing.last_end.as_ref()?;
    if outgoing.refused {
        return Some(said.clone());
    }
    let until = gives_up_at(outgoing, at.rules)?;
    let tries = outgoing.tries;
    let said = if said.is_empty() { "无应答" } else { said };
    let over = at.now >= until || next_try(outgoing, at.rules) > until;
    over.then(|| format!("{tries}次尝试未成功：{said}"))
}
