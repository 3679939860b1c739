//! What the national platform published, beside our own hours.
//!
//! In: messages of a feed of published values. Out: a [`PublishedRow`] for each, and an alarm for an entity
//! whose AQI is of another class, or stays further away than `differ_above_aqi` for `differ_hours`.
//!
//! Invariants: no figure of ours depends on a published one. Only open hours are looked at, and only those
//! that both have published: years of recorded history raise nothing, and what is missing is an alarm of
//! silence. An alarm ends with the first hour in order, or when no open hour is left to compare.
//!
//! Source: issue 3, Build 4; which hours call for a person is decided by
//! [`calls_for_a_person`](crate::reconciliation::calls_for_a_person).

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::Pipeline;
use super::batch::{Batch, DeadLetterReason, Message};
use super::silence::Subject;
use crate::area::{Figures, Judge, Member, SetMeans, Value};
use crate::average::Averages;
use crate::observation::{Rejection, RejectionReason};
use crate::reconciliation::{PublishedRecord, Quantity, calls_for_a_person, decode};
use crate::standard::Entity;
use crate::time::{AveragingPeriod, Hour, Instant};

/// What was published for one entity and hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedRow {
    /// Whose.
    pub member: Member,
    /// The hour.
    pub hour: Hour,
    /// The values.
    pub values: Vec<(Quantity, Value)>,
    /// When it came.
    pub at: Instant,
}

/// A published AQI, read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedAqi {
    /// Whose.
    pub member: Member,
    /// The hour.
    pub hour: Hour,
    /// What was published last.
    pub aqi: u16,
}

/// The published AQIs of the open hours.
#[derive(Clone, Debug, Default)]
pub(super) struct Beside {
    aqi: BTreeMap<Hour, BTreeMap<Member, u16>>,
    /// Hours whose comparison may have changed in this batch.
    touched: BTreeSet<Hour>,
}

impl Beside {
    /// Takes note that an hour's figures of ours may have changed.
    pub(super) fn touch(&mut self, hour: Hour) {
        if self.aqi.contains_key(&hour) {
            self.touched.insert(hour);
        }
    }

    pub(super) fn digest_into(&self, hash: &mut Sha256) {
        for (hour, of_hour) in &self.aqi {
            hash.update(format!("{} {of_hour:?}", hour.number()).as_bytes());
        }
    }

    /// The newest hours first.
    fn of(&self, member: Member) -> impl Iterator<Item = (Hour, u16)> {
        let newest_first = self.aqi.iter().rev();
        newest_first.filter_map(move |(hour, of_hour)| Some((*hour, *of_hour.get(&member)?)))
    }
}

impl Pipeline {
    pub(super) fn take_published(&mut self, message: &Message<'_>, out: &mut Batch) {
        let (member, record) = match self.read_published(message) {
            Err(rejection) => return self.refuse(message, &rejection, out),
            Ok(read) => read,
        };
        self.counts.accepted += 1;
        for unknown in &record.unknown_values {
            self.counts.invalid_values += 1;
            let detail = format!("{}: {}", unknown.name, unknown.text);
            let reason = DeadLetterReason::UnknownPollutant;
            out.dead_letters.push(self.letter(None, reason, detail, message));
        }
        let PublishedRecord { hour, values, .. } = record;
        let aqi = values.iter().find_map(|(quantity, value)| match (quantity, value) {
            (Quantity::Aqi, Value::Number(aqi)) => u16::try_from(*aqi).ok(),
            _ => None,
        });
        if let Some(aqi) = aqi.filter(|_| hour >= self.open_from().start()) {
            self.beside.aqi.entry(hour).or_default().insert(member, aqi);
            self.beside.touched.insert(hour);
        }
        let at = self.now.unwrap_or_default();
        if !values.is_empty() {
            out.published.push(PublishedRow { member, hour, values, at });
        }
    }

    fn read_published<'a>(
        &self,
        message: &Message<'a>,
    ) -> Result<(Member, PublishedRecord<'a>), Rejection> {
        let record = self.decode_with(message, decode)?;
        let (area, entity) = (self.registry.area.as_str(), &*record.entity);
        let rest = message.topic.strip_prefix("aq/").and_then(|t| t.strip_prefix(area));
        if rest.and_then(|t| t.strip_prefix("/published/")) != Some(entity) {
            let detail = format!("payload is of entity {entity:?}, topic is {:?}", message.topic);
            return Err(Rejection::new(RejectionReason::TopicMismatch, detail));
        }
        let member = self.registry.member(entity).ok_or_else(|| {
            let detail = format!("{entity:?} in area {area}");
            Rejection::new(RejectionReason::UnknownStation, detail)
        })?;
        self.check_time((record.hour.start(), AveragingPeriod::HOUR))?;
        Ok((member, record))
    }

    /// Takes what is stored of open hours; what came since is newer.
    pub(super) fn take_published_aqis(&mut self, stored: &[PublishedAqi]) {
        let open_from = self.open_from().start();
        for one in stored.iter().filter(|one| one.hour >= open_from) {
            self.beside.aqi.entry(one.hour).or_default().entry(one.member).or_insert(one.aqi);
        }
    }

    /// Looks at every entity of which an hour was touched, and lets hours go that are no longer open.
    pub(super) fn settle_comparison(&mut self) {
        let open_from = self.open_from().start();
        self.beside.aqi = self.beside.aqi.split_off(&open_from);
        let touched = std::mem::take(&mut self.beside.touched).into_iter();
        let members: BTreeSet<Member> = touched
            .filter_map(|hour| self.beside.aqi.get(&hour))
            .flat_map(|of_hour| of_hour.keys().copied())
            .collect();
        for member in members {
            self.compare(member);
        }
        let differing = self.alarms.open().filter_map(|alarm| match alarm.subject {
            Subject::Differs(member) => Some(member),
            _ => None,
        });
        let left = |member: &Member| self.beside.of(*member).next().is_none();
        let over: Vec<Member> = differing.filter(left).collect();
        for member in over {
            self.alarms.clear(Subject::Differs(member), self.now.unwrap_or_default());
        }
    }

    fn compare(&mut self, member: Member) {
        let least = usize::try_from(self.params.differ_hours).unwrap_or(usize::MAX);
        let mut hours: Vec<(Hour, u16, u16)> = Vec::new();
        for (hour, theirs) in self.beside.of(member) {
            let ours = self.published_aqi(member, hour);
            match (ours, hours.last()) {
                (None, None) => {} // ours is not out yet
                (Some(ours), None) => hours.push((hour, ours, theirs)),
                (Some(ours), Some((later, ..))) if *later == hour.plus(1) => {
                    hours.push((hour, ours, theirs));
                }
                (_, Some(_)) => break,
            }
            if hours.len() >= least {
                break;
            }
        }
        let pairs: Vec<(u16, u16)> = hours.iter().map(|(_, a, b)| (*a, *b)).collect();
        let subject = Subject::Differs(member);
        let now = self.now.unwrap_or_default();
        match calls_for_a_person(&pairs, self.params.differ_above_aqi, least) {
            Some(true) => {
                let above = self.params.differ_above_aqi;
                let far = |(_, a, b): &&(Hour, u16, u16)| a.abs_diff(*b) > above;
                let run = hours.iter().take_while(far).last().or(hours.first());
                let since = run.map_or(now, |(hour, ..)| hour.start());
                self.alarms.raise(subject, since, now);
            }
            Some(false) => self.alarms.clear(subject, now),
            None => {}
        }
    }

    /// Our AQI of a published hour.
    fn published_aqi(&self, member: Member, hour: Hour) -> Option<u16> {
        match member {
            Member::Set(set) => self.published.get(&hour)?.get(set)?.figures.index.aqi,
            Member::Station(station) if self.is_published(hour) => {
                let parameters = &self.params.parameters;
                let averages = Averages::at(&self.days.window(station, hour), hour.of_day());
                let judge = Judge { parameters, entity: Entity::Station };
                let means = SetMeans::of(&averages, parameters.practice);
                Figures::of(&means, hour, judge).index.aqi
            }
            Member::Station(_) => None,
        }
    }
}
