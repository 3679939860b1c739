//! Stations whose clock runs behind: every hour comes late, and each by the same.
//!
//! In: when a feed's message came and which interval it is of. Out: [`Late`] of stations whose last hour came
//! late, and from these, at the hour's deadline, one alarm for each station ([`Subject::Behind`]).
//!
//! - An hour is late when it comes `clock_behind_min` or more after its end. [`HOURS`] of a station one
//!   after another, late by the same within [`AGREE_MS`], are evidence; one that comes in time ends it. So a
//!   backlog is none, whose delays shrink by an hour each, nor are second sendings between others.
//! - It need not be the newest hour on record: a clock that falls back goes over hours that are there.
//! - A clock that is behind and a link that holds everything back for equally long look the same from here.
//!
//! Invariant: what comes while hours could not be heard in time (no connection, a backlog of ours) is no
//! evidence. Second tries, imports, corrections and published values are none either.
//!
//! Source: no standard gives these numbers; they are chosen.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::silence::Subject;
use super::{Batch, Pipeline};
use crate::time::{Hour, Instant};

/// So many late hours one after another are evidence.
const HOURS: u32 = 3;
/// So far apart the delays of one clock are at most.
const AGREE_MS: i64 = 15 * 60_000;

/// How late a station's hours come; only stations whose last hour came late have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Late {
    /// The hour that came last.
    pub hour: Hour,
    /// So many came one after another, late by the same.
    pub hours: u32,
    /// When the first of them came.
    pub first: Instant,
    /// When the last of them came.
    pub last: Instant,
    /// The shortest delay among them.
    pub least_ms: i64,
    /// The longest one.
    pub most_ms: i64,
}

impl Late {
    fn begin(hour: Hour, now: Instant, delay_ms: i64) -> Self {
        let (least_ms, most_ms) = (delay_ms, delay_ms);
        Self { hour, hours: 1, first: now, last: now, least_ms, most_ms }
    }

    /// With one hour more; a new beginning where it is not the next, or late by something else.
    fn and(self, hour: Hour, now: Instant, delay_ms: i64) -> Self {
        let (least_ms, most_ms) = (self.least_ms.min(delay_ms), self.most_ms.max(delay_ms));
        if hour <= self.hour || most_ms - least_ms > AGREE_MS {
            return Self::begin(hour, now, delay_ms);
        }
        let hours = self.hours.saturating_add(1);
        Self { hour, hours, last: now, least_ms, most_ms, ..self }
    }

    fn is_evidence(&self) -> bool {
        self.hours >= HOURS
    }
}

/// Of which stations hours come late, and the rows of this batch.
#[derive(Clone, Debug, Default)]
pub(super) struct Lateness {
    held: BTreeMap<usize, Late>,
    changed: BTreeSet<usize>,
}

impl Lateness {
    pub(super) fn rebuilt(held: &[(usize, Late)]) -> Self {
        Self { held: held.iter().copied().collect(), changed: BTreeSet::new() }
    }

    fn hold(&mut self, station: usize, late: Late) {
        self.held.insert(station, late);
        self.changed.insert(station);
    }

    fn forget(&mut self, station: usize) -> bool {
        let held = self.held.remove(&station).is_some();
        if held {
            self.changed.insert(station);
        }
        held
    }

    pub(super) fn settle(&mut self, out: &mut Batch) {
        let changed = std::mem::take(&mut self.changed);
        out.late.extend(changed.into_iter().map(|at| (at, self.held.get(&at).copied())));
    }

    pub(super) fn digest_into(&self, hash: &mut Sha256) {
        for (station, late) in &self.held {
            hash.update(format!("{station} {late:?}").as_bytes());
        }
    }
}

impl Pipeline {
    /// A message of a station came from the feed, of an interval in `hour` that ended at `end`.
    pub(super) fn note_delay(&mut self, station: usize, hour: Hour, end: Instant) {
        let Some(least_min) = self.params.clock_behind_min else { return };
        let now = self.now.unwrap_or_default();
        let delay_ms = now.millis() - end.millis();
        if delay_ms < i64::from(least_min) * 60_000 {
            return self.is_in_time(station, now);
        }
        if self.waiting_since.is_some() || self.caught_up == Some(false) {
            return;
        }
        let late = match self.lateness.held.get(&station) {
            Some(late) if late.hour == hour => return,
            Some(late) => late.and(hour, now, delay_ms),
            None => Late::begin(hour, now, delay_ms),
        };
        self.lateness.hold(station, late);
    }

    /// Nothing speaks against a station's clock any more.
    pub(super) fn is_in_time(&mut self, station: usize, now: Instant) {
        if self.lateness.forget(station) {
            self.alarms.clear(Subject::Behind(station), now);
        }
    }

    /// Forgets the stations from which nothing came since `since`: they are silent, whatever their clock.
    pub(super) fn forget_silent(&mut self, since: Instant, now: Instant) {
        let held = self.lateness.held.iter();
        let silent: Vec<usize> =
            held.filter(|(_, late)| late.last < since).map(|(at, _)| *at).collect();
        for station in silent {
            self.is_in_time(station, now);
        }
    }

    /// Whether a station whose hours are missing speaks all the same, late: the second hour that is late by
    /// the same holds the alarm of silence back.
    pub(super) fn speaks_late(&self, station: usize) -> bool {
        let late = self.lateness.held.get(&station);
        late.is_some_and(|l| l.hours >= HOURS - 1 || self.alarms.is_open(Subject::Behind(station)))
    }

    pub(super) fn is_behind(&self, station: usize) -> bool {
        self.lateness.held.get(&station).is_some_and(Late::is_evidence)
    }

    /// The alarm of a station whose clock runs behind, in place of that of its silence.
    pub(super) fn raise_behind(&mut self, station: usize, now: Instant) {
        let Some(late) = self.lateness.held.get(&station) else { return };
        let lag_min = u32::try_from(late.least_ms / 60_000).ok();
        let since = late.first;
        self.alarms.clear(Subject::Station(station), now);
        self.alarms.raise_with(Subject::Behind(station), since, now, lag_min);
    }
}
