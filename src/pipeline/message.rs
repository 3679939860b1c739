//! One message: topic, decoding, time, and its values into the station's day.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::batch::{Batch, Counts, DeadLetter, DeadLetterReason, Message};
use super::{Cause, Pipeline};
use crate::average::{Effect, Incoming, StationDay};
use crate::observation::{
    FeedFormat, FeedKind, Observation, PROPERTIES, Rejection, RejectionReason, Validity, decode,
};
use crate::time::{AveragingPeriod, Day, Hour, Instant};

/// How much of a dead letter's payload is kept.
const KEPT_PAYLOAD_BYTES: usize = 4096;

/// When a message was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It has just come: its time tells of its station's clock.
    Now,
    /// It came before, and is tried again.
    Before,
}

impl Pipeline {
    pub(super) fn take_message(
        &mut self,
        at: usize,
        message: &Message<'_>,
        sent: Sent,
        out: &mut Batch,
    ) {
        if self.format(message).kind == FeedKind::Published {
            return self.take_published(message, out);
        }
        if self.take_outlook(message, out)
            || self.take_power(message, out)
            || self.take_acknowledgement(message, out)
        {
            return;
        }
        match self.read(message) {
            Err(rejection) => self.refuse(message, &rejection, out),
            Ok((station, observation)) => {
                if self.defer(at, observation.start.hour().day(), out) {
                    return;
                }
                self.take_observation(station, &observation, sent);
                for unknown in &observation.unknown_values {
                    let detail = format!("{}: {}", unknown.name, unknown.text);
                    let reason = DeadLetterReason::UnknownPollutant;
                    out.dead_letters.push(self.letter(Some(station), reason, detail, message));
                }
            }
        }
    }

    /// Decodes and places a message; everything that can be wrong with it as a whole is found here.
    fn read<'a>(&self, message: &Message<'a>) -> Result<(usize, Observation<'a>), Rejection> {
        let observation = self.decode_with(message, decode)?;
        self.check_topic(message.topic, &observation.station)?;
        let station = self.registry.find(&observation.station).ok_or_else(|| {
            let detail = format!("{:?} in area {}", observation.station, self.registry.area);
            Rejection::new(RejectionReason::UnknownStation, detail)
        })?;
        self.check_time((observation.start, observation.period))?;
        Ok((station, observation))
    }

    fn format(&self, message: &Message<'_>) -> &FeedFormat {
        &self.params.formats[message.feed.min(self.params.formats.len() - 1)]
    }

    /// Decodes a message that is whole and not too long.
    pub(super) fn decode_with<'a, T>(
        &self,
        message: &Message<'a>,
        decode: impl FnOnce(&'a [u8], &FeedFormat) -> Result<T, Rejection>,
    ) -> Result<T, Rejection> {
        let limit = self.params.payload_max_bytes;
        // A payload that was cut is never decoded, whatever the limit: its head may be an object.
        if message.length > limit || message.length > message.payload.len() {
            let detail = format!("{} bytes, limit {limit}", message.length);
            return Err(Rejection::new(RejectionReason::Oversized, detail));
        }
        let format = self.format(message);
        let decoded = catch_unwind(AssertUnwindSafe(|| decode(message.payload, format)));
        decoded
            .unwrap_or_else(|_| Err(Rejection::new(RejectionReason::Internal, "decoding panicked")))
    }

    fn check_topic(&self, topic: &str, station: &str) -> Result<(), Rejection> {
        let rest = topic.strip_prefix("aq/").and_then(|t| t.strip_suffix("/obs"));
        if rest.and_then(|t| t.split_once('/')) == Some((self.registry.area.as_str(), station)) {
            return Ok(());
        }
        let detail = format!("payload is of station {station:?}, topic is {topic:?}");
        Err(Rejection::new(RejectionReason::TopicMismatch, detail))
    }

    pub(super) fn check_time(
        &self,
        (start, period): (Instant, AveragingPeriod),
    ) -> Result<(), Rejection> {
        self.check_interval((start, period))?;
        let part = period != AveragingPeriod::HOUR;
        match self.fold_before().filter(|_| part) {
            Some(kept) if start.hour().day() < kept => {
                let detail = format!(
                    "part of an hour before {kept}, folded by keep_minutes_days; give the hour"
                );
                Err(Rejection::new(RejectionReason::TimeInPast, detail))
            }
            _ => Ok(()),
        }
    }

    /// Whether an interval is over, and not too old.
    pub(super) fn check_interval(
        &self,
        (start, period): (Instant, AveragingPeriod),
    ) -> Result<(), Rejection> {
        let now = self.now.unwrap_or_default();
        let end = start.plus_minutes(period.minutes().into());
        if end > now.plus_minutes(self.params.future_tolerance_min.into()) {
            let detail = format!("interval ends {end}, it is {now}");
            return Err(Rejection::new(RejectionReason::TimeInFuture, detail));
        }
        let horizon = i64::from(self.params.horizon_days) * 24 * 60;
        if start < now.plus_minutes(-horizon) {
            let detail = format!(
                "interval starts {start}, more than {} days before {now}",
                self.params.horizon_days
            );
            return Err(Rejection::new(RejectionReason::TimeInPast, detail));
        }
        Ok(())
    }

    /// Sets the message aside when its day, or a neighbour that figures rest on, is not in memory.
    pub(super) fn defer(&mut self, at: usize, day: Day, out: &mut Batch) -> bool {
        // As many days after it are reached as lie before it in the windows of those.
        let reach = self.checks.days_back();
        let around = (-reach..=reach).map(|n| day.plus(n));
        let unknown: Vec<Day> = around.filter(|d| !self.days.is_known(*d)).collect();
        if unknown.is_empty() {
            return false;
        }
        out.needs.extend(unknown);
        out.deferred.push(at);
        true
    }

    fn take_observation(&mut self, station: usize, observation: &Observation<'_>, sent: Sent) {
        self.counts.ignored_fields += u64::from(observation.ignored_fields);
        self.counts.invalid_values += observation.unknown_values.len() as u64;
        let at = (station, observation.start.hour());
        let end = observation.start.plus_minutes(observation.period.minutes().into());
        if sent == Sent::Now {
            self.clock_is_right(station, end);
            self.note_delay(station, at.1, end);
        }
        if self.change(at, |day, counts| enter(day, observation, counts)) {
            self.counts.accepted += 1;
        } else {
            self.counts.repeated += 1;
        }
    }

    /// Changes one hour of a station's day, and takes note of everything that this touches. `enter` says why
    /// what was published before would change, or `None` when it did nothing.
    pub(super) fn change(
        &mut self,
        (station, hour): (usize, Hour),
        enter: impl FnOnce(&mut StationDay, &mut Counts) -> Option<Cause>,
    ) -> bool {
        let (day, of_day) = (hour.day(), hour.of_day());
        let before = self.days.get(day, station);
        let (fresh, had_reported) =
            (before.is_none(), before.is_some_and(|d| d.has_reported(of_day)));
        let closed = day < self.open_from();
        let before = before.filter(|_| closed).map(|d| Arc::new(d.clone()));
        let readings = self.published_readings(station, hour);
        let Some(of_station) = self.days.get_mut(day, station) else { return false };
        let cause = enter(of_station, &mut self.counts);
        let reports = of_station.has_reported(of_day);
        let Some(cause) = cause else {
            if fresh {
                self.days.remove(day, station);
            }
            return false;
        };
        self.days.changed.push((hour, station));
        self.found.touch((hour, hour));
        let gravest = self.dirty.entry(hour).or_insert(cause);
        *gravest = cause.max(*gravest);
        if let Some(before) = readings {
            self.revise_readings((station, hour), cause, &before);
        }
        self.hear(station, hour);
        if closed {
            self.keep_closed(hour, station, before);
        } else if reports != had_reported {
            self.note_report(hour, station, reports);
        }
        true
    }

    pub(super) fn refuse(&mut self, message: &Message<'_>, rejection: &Rejection, out: &mut Batch) {
        self.counts.rejected[rejection.reason.index()] += 1;
        let code = message.topic.split('/').nth(2).unwrap_or_default();
        let station = self.registry.find(code);
        if let Some(station) = station.filter(|_| rejection.reason == RejectionReason::TimeInFuture)
        {
            self.clock_is_ahead(station);
        }
        let reason = DeadLetterReason::Message(rejection.reason);
        out.dead_letters.push(self.letter(station, reason, rejection.detail.clone(), message));
    }

    pub(super) fn letter(
        &self,
        station: Option<usize>,
        reason: DeadLetterReason,
        detail: String,
        message: &Message<'_>,
    ) -> DeadLetter {
        let kept = message.payload.len().min(KEPT_PAYLOAD_BYTES);
        DeadLetter {
            station,
            reason,
            detail,
            topic: message.topic.to_owned(),
            payload: message.payload[..kept].to_vec(),
            length: message.length,
            feed: message.feed,
            at: self.now.unwrap_or_default(),
        }
    }
}

/// Enters what a message gives into its station's day; says why what was published before would change,
/// or `None` when nothing did.
fn enter(
    day: &mut StationDay,
    observation: &Observation<'_>,
    counts: &mut Counts,
) -> Option<Cause> {
    let mut cause = None;
    for incoming in PROPERTIES.into_iter().filter_map(|p| Incoming::of(observation, p)) {
        let Incoming { property, hour, reading, .. } = incoming;
        let invalid = !reading.validity.is_valid() && reading.validity != Validity::Missing;
        counts.invalid_values += u64::from(invalid);
        let was = day.realtime(property, hour).validity;
        let effect = day.take(&incoming);
        counts.superseded += u64::from(effect == Effect::Superseded);
        counts.conflicts += u64::from(effect == Effect::Conflict);
        cause = cause.max(match effect {
            Effect::New => Some(Cause::Late),
            Effect::Revised if was == Validity::Missing => Some(Cause::Late),
            Effect::Revised | Effect::Conflict => Some(Cause::Corrected),
            Effect::Repeated | Effect::Superseded => None,
        });
    }
    cause
}
