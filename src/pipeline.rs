//! One area's state, and what each input does to it: `handle(now, inputs, out)`.
//!
//! In: [`Input`]s with the time by which they are handled. Out: a [`Batch`] of rows for one transaction,
//! and an [`AreaView`] for readers. Nothing else: no IO, no clock; the next deadline is returned.
//!
//! Laws, tested: a call first fires every deadline ≤ `now` at its own time; figures do not depend on how
//! inputs were batched or ordered; a pipeline rebuilt from the stored rows equals the live one, by digest.
//!
//! Days within `open_hours` are in memory. For others [`Pipeline::handle`] names the days it
//! [needs](Batch::needs) and sets their messages aside; the shell reads the days, hands them in as
//! [`Input::Days`], and handles those messages again. So the hot path decodes each message once.
//!
//! Publishing: an hour is published when every assessed station has reported it, or
//! `publish_after_min` after its end; what comes before is provisional and leaves no row.
//!
//! Source: design section 3 (figures, publishing, one value per key).

mod batch;
mod correction;
mod days;
mod duty;
mod found;
mod lateness;
mod message;
mod notification;
mod power;
mod publish;
mod published;
mod rebuild;
mod retry;
mod revision;
mod silence;
mod today;
mod view;
mod warning;

pub use batch::{
    AreaState, Batch, Counts, DeadLetter, DeadLetterReason, FeedState, Input, LoadedDays, Message,
};
pub use correction::{CorrectionInput, CorrectionRefusal, CorrectionRow};
pub use days::{HeldDays, StoredDay};
pub use duty::DutyInput;
pub use found::HourFound;
pub use lateness::Late;
pub use notification::NoticeInput;
pub use power::{PowerInput, PowerTaken};
pub use publish::{SetHour, SetHourRow, StoredSetHour};
pub use published::{PublishedAqi, PublishedRow};
pub use rebuild::{RebuildError, Tables};
pub use retry::{KeptLetter, LetterDigest, Retried, Retry, RetryCounts, Untried};
pub use revision::{Cause, Change, Revision, Revisions};
pub use silence::{Alarm, Subject, Watch};
pub use view::{AreaView, HourState, HourView, SetView, StationView, View};
pub use warning::{ActInput, WarningParams};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::area::{Figures, Registry};
use crate::assessment::RoomRules;
use crate::duty::DutyRules;
use crate::notification::NoticeRules;
use crate::observation::FeedFormat;
use crate::quality::{self, Checks};
use crate::standard::Parameters;
use crate::time::{DAY_H, Day, Hour, Instant};
use days::Days;
use duty::Desk;
use found::Found;
use lateness::Lateness;
use message::Sent;
use notification::Notifier;
use published::Beside;
use silence::Alarms;
use warning::Warner;

/// What an area's pipeline goes by. Each value has its unit in its name.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(default)]
pub struct Params {
    /// Practice and open choices of the standards.
    pub parameters: Parameters,
    /// Minutes after the end of an hour at which it is published with whatever is there.
    pub publish_after_min: u32,
    /// How far an interval's end may lie ahead of `now`.
    pub future_tolerance_min: u32,
    /// How far back a late or corrected observation is taken.
    pub horizon_days: u32,
    /// How long hours are kept in memory, 96 for views of 72; older days are loaded on demand.
    pub open_hours: u32,
    /// How long closing an hour waits for a feed that is catching up.
    pub catch_up_max_min: u32,
    /// Hours without any report after which a station is silent.
    pub silent_hours: u32,
    /// So many silent stations of a hundred are one alarm of the area.
    pub silent_group_percent: u32,
    /// How long the feed is without a connection until that is an alarm.
    pub feed_silent_min: u32,
    /// How late a deadline must be met after a stop for that to be an alarm.
    pub daemon_late_min: u32,
    /// So long after its end an hour is late; such hours tell a clock that runs behind. `None` in rules from
    /// before this was watched, so that their inputs come to what they came to then.
    #[serde(default)]
    pub clock_behind_min: Option<u32>,
    /// How far an AQI may be from the one that the national platform published.
    pub differ_above_aqi: u16,
    /// So many hours in a row further away are an alarm.
    pub differ_hours: u32,
    /// Parts of hours of closed days older than this are folded away; `None` keeps them.
    pub keep_minutes_days: Option<u32>,
    /// What electricity meters read is kept so many days; `None` in rules from before it was bounded.
    #[serde(default)]
    pub keep_power_days: Option<u32>,
    /// Largest payload that is decoded.
    pub payload_max_bytes: usize,
    /// What values are checked by.
    pub quality: quality::Params,
    /// The rules of warnings; `None` in rules from before there were any, and where nothing is recommended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<WarningParams>,
    /// What the room answers for; `None` in rules from before it was watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duty: Option<DutyRules>,
    /// Who is told of what; `None` in rules from before anybody was, and where nobody is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notices: Option<NoticeRules>,
    /// Hours by their end at which the room of the day is said. No figure follows from them, so they are not
    /// among the rules that are kept.
    #[serde(skip)]
    pub checkpoints: Vec<u8>,
    /// The formats of the feeds, by number.
    pub formats: Vec<FeedFormat>,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            parameters: Parameters::default(),
            publish_after_min: 10,
            future_tolerance_min: 10,
            horizon_days: 400,
            open_hours: 96,
            catch_up_max_min: 10,
            silent_hours: 2,
            silent_group_percent: 50,
            feed_silent_min: 15,
            daemon_late_min: 15,
            clock_behind_min: Some(50),
            differ_above_aqi: 2,
            differ_hours: 2,
            keep_minutes_days: None,
            keep_power_days: Some(400),
            payload_max_bytes: 64 * 1024,
            quality: quality::Params::default(),
            warning: None,
            duty: None,
            notices: None,
            checkpoints: RoomRules::CHECKPOINTS.to_vec(),
            formats: vec![FeedFormat::default()],
        }
    }
}

/// The live state of one area. It is owned by one thread; readers get views.
#[derive(Debug)]
pub struct Pipeline {
    registry: Arc<Registry>,
    params: Params,
    checks: Arc<Checks>,
    /// The latest `now`; `None` before the first call.
    now: Option<Instant>,
    /// Every earlier hour is published, or lies before the start.
    floor: Hour,
    days: Days,
    /// Published hours of the open days, each with its sets.
    published: BTreeMap<Hour, Vec<SetHour>>,
    /// Published hours whose figures are not yet computed.
    unsettled: BTreeSet<Hour>,
    /// How many assessed stations have reported an hour that is not yet published, and how many there are.
    reported: BTreeMap<Hour, (usize, usize)>,
    /// Hours whose observations changed since figures were last settled, and why.
    dirty: BTreeMap<Hour, Cause>,
    /// Figures of closed hours as they stood before this batch touched them.
    closed_before: BTreeMap<Hour, Vec<Figures>>,
    /// Versions of the closed hours loaded for this batch, by hour and set.
    closed_versions: BTreeMap<(Hour, usize), u32>,
    revisions: Revisions,
    /// What the checks found in hours that were shown.
    found: Found,
    watch: Watch,
    alarms: Alarms,
    lateness: Lateness,
    /// What the national platform published for the open hours.
    beside: Beside,
    warner: Warner,
    desk: Desk,
    notice_rules: Option<Arc<NoticeRules>>,
    notifier: Notifier,
    /// Since when hours wait for the feed to catch up.
    waiting_since: Option<Instant>,
    caught_up: Option<bool>,
    /// The last hour of the area that rests on reviewed data: an import moves it, while no pipeline runs.
    reviewed_until: Option<Hour>,
    counts: Counts,
    sequence: u64,
}

impl Pipeline {
    /// An area without history.
    #[must_use]
    pub fn new(registry: Arc<Registry>, params: Params) -> Self {
        let days = Days::new(registry.stations.len());
        let checks = Arc::new(registry.checks(&params.quality));
        let notice_rules = params.notices.clone().map(Arc::new);
        Self {
            registry,
            params,
            checks,
            now: None,
            floor: Hour::default(),
            days,
            published: BTreeMap::new(),
            unsettled: BTreeSet::new(),
            reported: BTreeMap::new(),
            dirty: BTreeMap::new(),
            closed_before: BTreeMap::new(),
            closed_versions: BTreeMap::new(),
            revisions: Revisions::default(),
            found: Found::default(),
            watch: Watch::default(),
            alarms: Alarms::default(),
            lateness: Lateness::default(),
            beside: Beside::default(),
            warner: Warner::default(),
            desk: Desk::default(),
            notice_rules,
            notifier: Notifier::default(),
            waiting_since: None,
            caught_up: None,
            reviewed_until: None,
            counts: Counts::default(),
            sequence: 0,
        }
    }

    /// Moves the area to `now`, firing what is due on the way, then takes `inputs` in their order.
    ///
    /// Rows go to `out`, which may collect several calls; [`Pipeline::settle`] ends the batch. A `now`
    /// before the last one counts as the last one.
    ///
    /// A `CatchingUp` at the head of the inputs holds before deadlines are fired: after a stop, the
    /// hours that passed wait for what the broker kept.
    pub fn handle(&mut self, now: Instant, inputs: &[Input<'_>], out: &mut Batch) {
        if let Some(Input::Feed(FeedState::CatchingUp)) = inputs.first() {
            let due = self.due();
            let last = self.now.unwrap_or(now);
            self.wait_from(last.max(now));
            if self.now.is_some() {
                self.come_back(last, due, last.max(now));
            }
        }
        // Of what a long step closes, the days before it are needed too.
        let rests_on = self.now.map(|_| self.rests_on().min(self.open_from()));
        // A time that nobody has told yet starts nothing.
        if self.now.is_some() || now > Instant::default() {
            self.advance(now);
        }
        for (at, input) in inputs.iter().enumerate() {
            match input {
                Input::Message(message) => self.take_message(at, message, Sent::Now, out),
                Input::Days(days) => self.take_days(days),
                Input::Correction(asked) => self.take_correction(at, asked, out),
                Input::Feed(state) => self.take_feed_state(*state),
                Input::Retry(retry) => self.take_retry(at, retry, out),
                Input::Act(asked) => self.take_act(asked, out),
                Input::Power(asked) => self.take_power_files(asked, out),
                Input::Duty(asked) => self.take_duty(asked, out),
                Input::Notice(asked) => self.take_notice(asked, out),
            }
        }
        self.need_open_days(rests_on, out);
    }

    /// As [`Pipeline::handle`], with `load` reading the stored days that are needed.
    ///
    /// # Errors
    /// The first one of `load`; the inputs set aside for it are then not taken.
    pub fn handle_loading<E>(
        &mut self,
        now: Instant,
        inputs: &[Input<'_>],
        out: &mut Batch,
        mut load: impl FnMut(&[Day]) -> Result<LoadedDays, E>,
    ) -> Result<(), E> {
        let mut inputs = inputs.to_vec();
        self.handle(now, &inputs, out);
        while !out.needs.is_empty() {
            let days: Vec<Day> = std::mem::take(&mut out.needs).into_iter().collect();
            let deferred = std::mem::take(&mut out.deferred);
            self.handle(now, &[Input::Days(&load(&days)?)], out);
            inputs = deferred.into_iter().map(|at| inputs[at]).collect();
            self.handle(now, &inputs, out);
        }
        Ok(())
    }

    /// Ends a batch: recomputes the published hours that its inputs touched, and notes the area's state.
    pub fn settle(&mut self, out: &mut Batch) {
        self.settle_figures(out);
        self.settle_comparison();
        self.settle_warning(out);
        self.settle_duty(out);
        self.settle_alarms(out);
        self.settle_notices(out);
        self.lateness.settle(out);
        self.settle_days(out);
        out.fold_before = self.fold_before();
        out.power_kept_from = self.power_kept_from();
        self.sequence += 1;
        out.sequence = self.sequence;
        out.state = self.now.map(|now| AreaState {
            now,
            floor: self.floor,
            open_from: self.days.open_from(),
            waiting_since: self.waiting_since,
            caught_up: self.caught_up,
            watch: self.watch,
        });
    }

    /// When [`Pipeline::handle`] must be called again though nothing comes in.
    ///
    /// May change with every call of `handle`; a call that is early or superfluous does nothing.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.due().into_iter().chain(self.notice_due()).min()
    }

    /// When something is due that is done at its own time, whenever that is noticed.
    fn due(&self) -> Option<Instant> {
        self.now?;
        let due = self.watch_due().into_iter().chain(self.warning_due()).chain(self.duty_due());
        due.chain([self.publishing_due()]).min()
    }

    /// When hours are published, or the wait for the feed is over.
    fn publishing_due(&self) -> Instant {
        match self.waiting_since {
            Some(since) => since.plus_minutes(self.params.catch_up_max_min.into()),
            None if self.is_complete(self.floor) => self.floor.end(),
            None => self.publish_time(self.floor),
        }
    }

    /// How far an interval's end may lie ahead of `now` from here on: a clock that only the stations
    /// move ([`crate::clock`], follow) must let the first of them go ahead.
    pub const fn tolerate_future(&mut self, minutes: u32) {
        self.params.future_tolerance_min = minutes;
    }

    /// The time by which the area was last handled.
    #[must_use]
    pub const fn now(&self) -> Option<Instant> {
        self.now
    }

    /// The stations and sets.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// What came in since the start.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Number of the last settled batch.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    fn publish_time(&self, hour: Hour) -> Instant {
        hour.end().plus_minutes(self.params.publish_after_min.into())
    }

    /// Fires every deadline up to `now`, each at its own time.
    fn advance(&mut self, now: Instant) {
        if self.now.is_none() {
            self.floor = now.hour().plus(-1);
            self.watch.next = now.hour();
            self.watch.heard_from = now.hour();
        }
        let now = self.now.map_or(now, |last| last.max(now));
        self.now.get_or_insert(now);
        // No observation can reach an hour beyond the horizon, so none is published empty there: a clock
        // that starts in 1970 must not cost half a million hours.
        let horizon = now.plus_minutes(-i64::from(self.params.horizon_days) * 24 * 60).hour();
        self.floor = self.floor.max(horizon);
        self.watch.next = self.watch.next.max(horizon);
        // So is nothing of the room's due there.
        self.now = self.now.max(Some(horizon.start().min(now)));
        while let Some(due) = self.due().filter(|due| *due <= now) {
            let of_duty = self.duty_due().is_some_and(|of_duty| of_duty <= due);
            self.now = self.now.max(Some(due));
            if of_duty {
                self.tick_duty(due);
            } else if self.warning_due().is_some_and(|of_warning| of_warning <= due) {
                self.tick_warning(self.now.unwrap_or(due));
            } else if self.publishing_due() > due {
                self.look_out(due);
            } else if self.waiting_since.is_some() {
                self.waiting_since = None;
                self.back_at_work(due);
            } else {
                self.publish(self.floor);
            }
        }
        self.now = Some(now);
    }

    /// Begins to wait for the feed, unless hours wait already and may do so still.
    fn wait_from(&mut self, now: Instant) {
        let longest = i64::from(self.params.catch_up_max_min);
        let waits = self.waiting_since.filter(|since| now < since.plus_minutes(longest));
        self.waiting_since = Some(waits.unwrap_or(now));
    }

    fn take_days(&mut self, days: &LoadedDays) {
        for day in self.days.load(days, self.open_from()) {
            self.found.touch((day.start(), day.hour(DAY_H - 1)));
            self.count_reports(day);
        }
        self.take_set_hours(&days.set_hours);
        self.take_published_aqis(&days.published);
        self.advance(self.now.unwrap_or_default()); // an hour may be complete by what was stored
    }

    fn take_feed_state(&mut self, state: FeedState) {
        let now = self.now.unwrap_or_default();
        self.caught_up = Some(state == FeedState::CaughtUp);
        match state {
            FeedState::CatchingUp => {
                self.waiting_since.get_or_insert(now);
                self.reconnected(now);
            }
            FeedState::CaughtUp => {
                self.waiting_since = None;
                self.reconnected(now);
                self.back_at_work(now);
            }
            FeedState::Disconnected => {
                self.watch.disconnected_since.get_or_insert(now);
            }
        }
        self.advance(now);
    }

    /// Asks for the open days that are not in memory yet: after a start, and at each midnight.
    fn need_open_days(&self, rests_on: Option<Day>, out: &mut Batch) {
        let Some(now) = self.now else { return };
        let open_from = self.open_from();
        // What was recorded before the first start is shown as published; it rests on the days before.
        let before_first = open_from.plus(-self.checks.days_back());
        let mut day = rests_on.map_or(before_first, |earlier| earlier.min(open_from));
        while day <= now.hour().day() {
            if !self.days.is_known(day) {
                out.needs.insert(day);
            }
            day = day.plus(1);
        }
    }

    /// The oldest day that is kept in memory: within the open span, and at least what hours still to be
    /// published rest on, which may wait through a long stop.
    ///
    /// It never moves back, whatever the configuration says now: a closed day's rows are no longer among
    /// the open hours.
    fn open_from(&self) -> Day {
        let back = i64::from(self.params.open_hours) * 60;
        let day = self.now.unwrap_or_default().plus_minutes(-back).hour().day();
        day.min(self.rests_on()).max(self.days.open_from())
    }

    /// The oldest day on which an hour that is still to be published rests.
    fn rests_on(&self) -> Day {
        self.floor.day().plus(-self.checks.days_back())
    }

    /// Parts of hours of earlier days are folded away, and no more are taken. Only of closed days: the open
    /// ones are in memory.
    fn fold_before(&self) -> Option<Day> {
        let days = i32::try_from(self.params.keep_minutes_days?).unwrap_or(i32::MAX);
        Some(self.now?.hour().day().plus(-days).min(self.open_from()))
    }
}
