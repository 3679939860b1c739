//! Silence: of a station, of many at once, of the feed, and our own; and the list of alarms of any kind.
//!
//! In: the time, the feed's state, and which hours stations have reported. Out: [`Alarm`]s, each with its own
//! state: raised once, cleared once.
//!
//! - A station is silent when it has reported none of the last `silent_hours` hours. It is looked at when an
//!   hour is due for publishing; a report of a silent hour clears it.
//! - When at least `silent_group_percent` of the stations (and three) are silent at once, that is one alarm
//!   of the area and none of theirs.
//! - The feed is silent when it has had no connection for `feed_silent_min`.
//! - A station's clock runs ahead when it sends an hour that is still to come; a later hour under the right
//!   time clears it. Nobody else's hours are touched.
//! - A station's clock runs behind when its hours come late, each by the same (`lateness`). It is not silent
//!   then, as long as they come; and among many silent at once it counts as one of them.
//! - We were silent when a deadline passed more than `daemon_late_min` before we came back.
//!
//! Invariant: an hour that nobody could hear (no connection, a stop, a backlog not yet taken) is no evidence
//! against a station: so three hours down are one alarm, ours, and not one for each station.
//!
//! Source: design section 3 (time, restart); the numbers are chosen, no standard gives them.

use std::collections::BTreeMap;

use super::{Batch, Pipeline};
use crate::area::{Member, Registry};
use crate::time::{Hour, Instant};

/// Fewer silent stations than this are never one alarm of the area.
const GROUP_LEAST: usize = 3;

/// What an alarm is about: who is silent, or whose AQI is not the one that was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The daemon was: it stood still.
    Daemon,
    /// The area's feed has no connection.
    Feed,
    /// Many of the area's stations at once.
    Area,
    /// One station, by its index in the registry.
    Station(usize),
    /// The clock of a station, by its index, runs ahead.
    Clock(usize),
    /// The clock of a station, by its index, runs behind.
    Behind(usize),
    /// An entity's AQI differs from the one that the national platform published.
    Differs(Member),
}

impl Subject {
    /// The names of all silences, in JSON, metrics and the store.
    pub const SILENCES: [&str; 4] = ["daemon", "feed", "area", "station"];

    /// The name in JSON, metrics and the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Daemon => "daemon",
            Self::Feed => "feed",
            Self::Area => "area",
            Self::Station(_) => "station",
            Self::Clock(_) => "clock",
            Self::Behind(_) => "clock_behind",
            Self::Differs(_) => "differs",
        }
    }

    /// Whose: a station's code, or the name of a set; empty where it is of no entity.
    #[must_use]
    pub fn entity(self, registry: &Registry) -> String {
        match self {
            Self::Daemon | Self::Feed | Self::Area => String::new(),
            Self::Station(at) | Self::Clock(at) | Self::Behind(at) => {
                registry.name_of(Member::Station(at))
            }
            Self::Differs(member) => registry.name_of(member),
        }
    }
}

/// An alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What it is about.
    pub subject: Subject,
    /// Since when.
    pub since: Instant,
    /// When that was noticed.
    pub raised: Instant,
    /// When it ended.
    pub cleared: Option<Instant>,
    /// By how many minutes a clock runs behind, as it was then; `None` for the others.
    pub lag_min: Option<u32>,
}

/// What the watch over silence goes by, beside the open alarms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// The next hour to be looked at.
    pub next: Hour,
    /// Hours from here on could be heard.
    pub heard_from: Hour,
    /// Since when the feed has no connection.
    pub disconnected_since: Option<Instant>,
}

/// The alarms that last, and the rows of this batch.
#[derive(Clone, Debug, Default)]
pub(super) struct Alarms {
    open: BTreeMap<Subject, Alarm>,
    changed: Vec<Alarm>,
}

impl Alarms {
    /// The open ones, as they were stored.
    pub(super) fn rebuilt(open: &[Alarm]) -> Self {
        let open = open.iter().map(|alarm| (alarm.subject, *alarm)).collect();
        Self { open, changed: Vec::new() }
    }

    pub(super) fn open(&self) -> impl Iterator<Item = &Alarm> {
        self.open.values()
    }

    pub(super) fn is_open(&self, subject: Subject) -> bool {
        self.open.contains_key(&subject)
    }

    pub(super) fn raise(&mut self, subject: Subject, since: Instant, now: Instant) {
        self.raise_with(subject, since, now, None);
    }

    pub(super) fn raise_with(
        &mut self,
        subject: Subject,
        since: Instant,
        now: Instant,
        lag_min: Option<u32>,
    ) {
        if !self.is_open(subject) {
            let alarm = Alarm { subject, since, raised: now, cleared: None, lag_min };
            self.open.insert(subject, alarm);
            self.changed.push(alarm);
        }
    }

    pub(super) fn clear(&mut self, subject: Subject, now: Instant) {
        if let Some(alarm) = self.open.remove(&subject) {
            self.changed.push(Alarm { cleared: Some(now), ..alarm });
        }
    }
}

impl Pipeline {
    /// When the watch has something to do: the next hour to look at, or the feed's silence.
    pub(super) fn watch_due(&self) -> Option<Instant> {
        let hour = self.waiting_since.is_none().then(|| self.publish_time(self.watch.next));
        let feed = self.watch.disconnected_since.filter(|_| !self.alarms.is_open(Subject::Feed));
        let feed = feed.map(|since| since.plus_minutes(self.params.feed_silent_min.into()));
        hour.into_iter().chain(feed).min()
    }

    /// Does what is due at `now`, which is the time of [`Pipeline::watch_due`] or later.
    pub(super) fn look_out(&mut self, now: Instant) {
        let lasts = i64::from(self.params.feed_silent_min);
        let since = self.watch.disconnected_since;
        let since = since.filter(|_| !self.registry.is_reference());
        if let Some(since) = since.filter(|since| since.plus_minutes(lasts) <= now) {
            self.alarms.raise(Subject::Feed, since, now);
        }
        let hour = self.watch.next;
        if self.waiting_since.is_some() || now < self.publish_time(hour) {
            return;
        }
        self.watch.next = hour.plus(1);
        if self.caught_up == Some(false) {
            self.watch.heard_from = hour.plus(1);
        }
        let span = i32::try_from(self.params.silent_hours).unwrap_or(i32::MAX);
        let first = hour.plus(1 - span);
        // A list of reference cities is not watched: a rank says which of them have no value.
        if self.watch.heard_from <= first && !self.registry.is_reference() {
            self.look_at_stations((first, hour), now);
        }
    }

    fn look_at_stations(&mut self, (first, last): (Hour, Hour), now: Instant) {
        self.forget_silent(first.end(), now);
        let records = self.registry.stations.iter().enumerate();
        let on_day = records.filter(|(_, s)| s.valid.holds(last.day())).map(|(at, _)| at);
        let in_operation: Vec<usize> = on_day.collect();
        let silent = |station: &usize| {
            let mut hours = (0..).map(|n| first.plus(n)).take_while(|hour| *hour <= last);
            !hours.any(|hour| self.was_heard(*station, hour))
        };
        let behind: Vec<usize> =
            in_operation.iter().copied().filter(|at| self.is_behind(*at)).collect();
        let silent = in_operation.iter().copied().filter(silent);
        let silent: Vec<usize> = silent.filter(|at| !self.speaks_late(*at)).collect();
        let missing = silent.len() + behind.len();
        let share = missing * 100 / in_operation.len().max(1);
        let many = missing >= GROUP_LEAST
            && share >= usize::try_from(self.params.silent_group_percent).unwrap_or(100);
        if many {
            self.alarms.raise(Subject::Area, first.start(), now);
            return;
        }
        self.alarms.clear(Subject::Area, now);
        for station in silent {
            self.alarms.raise(Subject::Station(station), first.start(), now);
        }
        for station in behind {
            self.raise_behind(station, now);
        }
        let gone: Vec<Subject> = self.alarms.open.keys().copied().collect();
        for subject in gone {
            let (Subject::Station(at) | Subject::Clock(at) | Subject::Behind(at)) = subject else {
                continue;
            };
            if !in_operation.contains(&at) {
                self.alarms.clear(subject, now);
            }
        }
    }

    fn was_heard(&self, station: usize, hour: Hour) -> bool {
        let day = self.days.get(hour.day(), station);
        day.is_some_and(|day| day.was_heard(hour.of_day()))
    }

    /// A report of a silent hour ends a station's silence.
    pub(super) fn hear(&mut self, station: usize, hour: Hour) {
        let subject = Subject::Station(station);
        let silent = self.alarms.open.get(&subject).is_some_and(|alarm| hour.end() > alarm.since);
        if silent && self.was_heard(station, hour) {
            self.alarms.clear(subject, self.now.unwrap_or_default());
        }
    }

    /// A message of a station was refused because its hour lies in the future.
    pub(super) fn clock_is_ahead(&mut self, station: usize) {
        let now = self.now.unwrap_or_default();
        if !self.registry.is_reference() {
            self.alarms.raise(Subject::Clock(station), now, now);
        }
    }

    /// A message was taken whose interval ended at `end`: after the clock was found wrong, it is right again.
    /// What the station sent earlier under the right time may still be on its way, and says nothing.
    pub(super) fn clock_is_right(&mut self, station: usize, end: Instant) {
        let subject = Subject::Clock(station);
        if self.alarms.open.get(&subject).is_some_and(|alarm| end > alarm.raised) {
            self.alarms.clear(subject, self.now.unwrap_or_default());
        }
    }

    /// The feed is back, after a stop of ours or without a connection: what could not be heard is no
    /// evidence. `last` is when we last did anything, `due` when something was to be done next.
    pub(super) fn come_back(&mut self, last: Instant, due: Option<Instant>, now: Instant) {
        let late = i64::from(self.params.daemon_late_min);
        if due.is_some_and(|due| due.plus_minutes(late) <= now) {
            self.alarms.raise(Subject::Daemon, last, now);
        }
        let since = self.watch.disconnected_since.map_or(last, |since| since.min(last));
        // An hour is heard from its end until it is due for publishing.
        let ended = now.hour().plus(-1);
        if self.publish_time(ended) > since {
            self.watch.heard_from = self.watch.heard_from.max(ended.plus(1));
        }
    }

    /// The feed has a connection again.
    pub(super) fn reconnected(&mut self, now: Instant) {
        self.watch.disconnected_since = None;
        self.alarms.clear(Subject::Feed, now);
    }

    /// What waited for us has been taken, or has been waited for long enough.
    pub(super) fn back_at_work(&mut self, now: Instant) {
        self.alarms.clear(Subject::Daemon, now);
    }

    pub(super) fn settle_alarms(&mut self, out: &mut Batch) {
        out.alarms.append(&mut self.alarms.changed);
    }
}
