//! One area in the engine: its pipeline, its clock, its open batch and the log of its inputs.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::core::Load;
use crate::area::AreaId;
use crate::clock::Follow;
use crate::duty::{DutyAct, DutyRefusal};
use crate::http::{Correct, PowerUpload, Reprocess};
use crate::ingest;
use crate::notification::{NoticeAct, NoticeBody, NoticeRefusal, Try};
use crate::observation::{FeedFormat, decode};
use crate::pipeline::{
    ActInput, AreaView, Batch, CorrectionInput, CorrectionRefusal, DutyInput, FeedState, Input,
    Message, NoticeInput, Pipeline, PowerInput, PowerTaken, RetryCounts,
};
use crate::store::{AreaCommit, Error, InputLog, Rules, RulesDigest};
use crate::time::{Hour, Instant};
use crate::warning::{Act, Refusal};

/// By which clock an area goes.
#[derive(Debug)]
enum AreaClock {
    /// The system's.
    System,
    /// What beacons or stations say.
    Follow(Follow),
}

/// While only the stations move the clock, the first of them may be this far ahead of it.
const AHEAD_WITHOUT_BEACONS_MIN: u32 = 24 * 60;

#[derive(Debug)]
pub(super) struct AreaEngine {
    /// Its place among the areas.
    place: usize,
    area: AreaId,
    pipeline: Pipeline,
    clock: AreaClock,
    formats: Vec<FeedFormat>,
    feed_names: Vec<String>,
    future_tolerance_min: u32,
    batch: Batch,
    log: InputLog,
    taken: BTreeMap<usize, u64>,
    /// The feeds' state that the pipeline was last told.
    told: Option<FeedState>,
}

impl AreaEngine {
    pub(super) fn new(
        place: usize,
        pipeline: Pipeline,
        follows: bool,
        (rules, digest): (Rules, RulesDigest),
    ) -> Self {
        let future_tolerance_min = rules.params.future_tolerance_min;
        let stations = pipeline.registry().stations.len();
        let clock = if follows {
            AreaClock::Follow(Follow::new(stations, pipeline.now()))
        } else {
            AreaClock::System
        };
        let mut area = Self {
            place,
            area: pipeline.registry().area.clone(),
            pipeline,
            clock,
            formats: rules.params.formats,
            feed_names: rules.feeds,
            future_tolerance_min,
            batch: Batch::default(),
            log: InputLog::default(),
            taken: BTreeMap::new(),
            told: None,
        };
        area.log.rules(&digest);
        area.tolerate(if follows { AHEAD_WITHOUT_BEACONS_MIN } else { future_tolerance_min });
        area
    }

    /// Sets how far ahead of the time an interval may end, and writes it down.
    fn tolerate(&mut self, minutes: u32) {
        self.pipeline.tolerate_future(minutes);
        self.log.tolerance(minutes);
    }

    /// The area's code.
    pub(super) const fn area(&self) -> &AreaId {
        &self.area
    }

    /// The area as it stands.
    pub(super) const fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Takes the messages of a feed that are this area's; and those of no area of `all`, unless that is
    /// empty.
    pub(super) fn take(
        &mut self,
        (feed, now): (usize, Instant),
        messages: &[ingest::Message],
        all: &[AreaId],
        load: &mut Load<'_>,
    ) -> Result<(), Error> {
        let mine = messages.iter().filter_map(|m| {
            let topic = std::str::from_utf8(&m.topic).unwrap_or_default();
            let of_area = topic.split('/').nth(1).unwrap_or_default();
            let nobodys = !all.is_empty() && all.iter().all(|area| area.as_str() != of_area);
            (of_area == self.area.as_str() || nobodys).then(|| Message {
                feed,
                topic,
                payload: &m.payload,
                length: m.oversized.unwrap_or(m.payload.len()),
            })
        });
        let follows = matches!(self.clock, AreaClock::Follow(_));
        let mine = mine.filter(|m| follows || !is_beacon(m.topic, &self.area));
        let mine: Vec<Message<'_>> = mine.collect();
        *self.taken.entry(feed).or_default() += mine.len() as u64;
        match &self.clock {
            AreaClock::System => self.handle(now, &mine, load),
            AreaClock::Follow(_) => self.follow(&mine, load),
        }
    }

    /// Hands messages over piece by piece, each piece at the time that its beacons or stations say.
    fn follow(&mut self, messages: &[Message<'_>], load: &mut Load<'_>) -> Result<(), Error> {
        let mut from = 0;
        for (at, message) in messages.iter().enumerate() {
            let AreaClock::Follow(follow) = &mut self.clock else { return Ok(()) };
            let before = follow.now();
            let beacon = is_beacon(message.topic, &self.area);
            let moved = if beacon {
                follow.beacon(message.payload)
            } else if follow.has_beacons() {
                false
            } else {
                let seen = peek(&self.pipeline, &self.formats, message);
                seen.is_some_and(|(station, hour)| follow.observe(station, hour))
            };
            if beacon && !moved {
                tracing::warn!(topic = message.topic, "unreadable beacon");
            }
            if moved || beacon {
                let now = follow.now();
                self.piece(before, &messages[from..at], load)?;
                from = at + usize::from(beacon);
                if moved && beacon {
                    self.tolerate(self.future_tolerance_min);
                }
                if let Some(now) = now {
                    self.handle(now, &[], load)?;
                }
            }
        }
        let AreaClock::Follow(follow) = &self.clock else { return Ok(()) };
        let now = follow.now();
        self.piece(now, &messages[from..], load)
    }

    fn piece(
        &mut self,
        now: Option<Instant>,
        messages: &[Message<'_>],
        load: &mut Load<'_>,
    ) -> Result<(), Error> {
        if messages.is_empty() {
            return Ok(());
        }
        // Before anything has told the time, the first stations' messages are taken at their own.
        let hours = messages.iter().filter_map(|m| peek(&self.pipeline, &self.formats, m));
        let first = || hours.map(|(_, hour)| hour.end()).min();
        let now = now.or_else(first).unwrap_or_default();
        self.handle(now, messages, load)
    }

    fn handle(
        &mut self,
        now: Instant,
        messages: &[Message<'_>],
        load: &mut Load<'_>,
    ) -> Result<(), Error> {
        self.log.now(now);
        let inputs: Vec<Input<'_>> = messages.iter().map(|m| Input::Message(*m)).collect();
        messages.iter().for_each(|m| self.log.message(m));
        self.feed_in(now, &inputs, load)
    }

    /// Handles inputs, with the stored days that they need.
    fn feed_in(
        &mut self,
        now: Instant,
        inputs: &[Input<'_>],
        load: &mut Load<'_>,
    ) -> Result<(), Error> {
        let place = self.place;
        self.pipeline.handle_loading(now, inputs, &mut self.batch, |days| load(place, days))
    }

    /// Tells the pipeline how its feeds stand; recorded hours have no such thing.
    pub(super) fn feed_state(
        &mut self,
        state: FeedState,
        now: Instant,
        load: &mut Load<'_>,
    ) -> Result<bool, Error> {
        if matches!(self.clock, AreaClock::Follow(_)) || self.told == Some(state) {
            return Ok(false);
        }
        self.told = Some(state);
        self.log.now(now);
        self.log.feed(state);
        self.feed_in(now, &[Input::Feed(state)], load)?;
        Ok(true)
    }

    /// Takes an operator's act on a value; says why it was refused.
    pub(super) fn correct(
        &mut self,
        at: Instant,
        correct: &Correct,
        load: &mut Load<'_>,
    ) -> Result<Option<CorrectionRefusal>, Error> {
        let asked = CorrectionInput {
            at,
            person: &correct.person,
            reason: &correct.reason,
            station: &correct.station,
            property: correct.property,
            hour: correct.hour,
            act: correct.act,
        };
        let now = self.now_or(at);
        self.log.now(now);
        self.log.correction(&asked);
        self.feed_in(now, &[Input::Correction(asked)], load)?;
        let done = self.batch.corrections.last();
        tracing::info!(
            person = correct.person,
            station = correct.station,
            quantity = correct.property.code(),
            hour = %correct.hour.start(),
            refused = done.and_then(|row| row.refused).map(CorrectionRefusal::name),
            "correction"
        );
        Ok(done.and_then(|row| row.refused))
    }

    /// Takes a person's act in a warning's life: the number of its record, or why it was refused.
    pub(super) fn warn(
        &mut self,
        at: Instant,
        (person, act): (&str, &Act),
        load: &mut Load<'_>,
    ) -> Result<Result<u64, Refusal>, Error> {
        let now = self.now_or(at);
        let asked = ActInput { person, act };
        self.log.now(now);
        self.log.warning_act(&asked);
        self.feed_in(now, &[Input::Act(asked)], load)?;
        let done = self.batch.acted.last().copied().unwrap_or(Err(Refusal::NotPending));
        tracing::info!(person, refused = done.err().map(Refusal::name), "act in a warning");
        Ok(done)
    }

    /// Takes a person's act in the room: the number of its record, or why it was refused.
    pub(super) fn duty(
        &mut self,
        at: Instant,
        (person, act): (&str, &DutyAct),
        load: &mut Load<'_>,
    ) -> Result<Result<u64, DutyRefusal>, Error> {
        let now = self.now_or(at);
        let asked = DutyInput { person, act };
        self.log.now(now);
        self.log.duty_act(&asked);
        self.feed_in(now, &[Input::Duty(asked)], load)?;
        let done = self.batch.duty_acted.last().copied().unwrap_or(Err(DutyRefusal::NoDuties));
        tracing::info!(person, refused = done.err().map(DutyRefusal::name), "act in the room");
        Ok(done)
    }

    /// Takes a person's act on notices: the number of its record, or why it was refused.
    pub(super) fn notice(
        &mut self,
        at: Instant,
        (person, act): (&str, &NoticeAct),
        load: &mut Load<'_>,
    ) -> Result<Result<u64, NoticeRefusal>, Error> {
        self.notify(at, NoticeInput::Act { person, act }, load)?;
        let done = self.batch.noticed.last().copied().unwrap_or(Err(NoticeRefusal::NoNotices));
        tracing::info!(person, refused = done.err().map(NoticeRefusal::name), "act on a notice");
        Ok(done)
    }

    /// Takes how a try to send ended, or that nobody reports on tries before this start.
    pub(super) fn notify(
        &mut self,
        at: Instant,
        input: NoticeInput<'_>,
        load: &mut Load<'_>,
    ) -> Result<(), Error> {
        let now = self.now_or(at);
        self.log.now(now);
        self.log.notice(&input);
        self.feed_in(now, &[Input::Notice(input)], load)
    }

    /// Whether tries are under way of which nobody will report: it has just been rebuilt.
    pub(super) fn has_tries(&self) -> bool {
        !self.pipeline.notices().interrupted().is_empty()
    }

    /// Takes files of electricity readings, or says which are of no time that is taken.
    pub(super) fn power(
        &mut self,
        at: Instant,
        upload: &PowerUpload,
        load: &mut Load<'_>,
    ) -> Result<PowerTaken, Error> {
        let PowerUpload { person, label, files, rows, .. } = upload;
        let now = self.now_or(at);
        let asked = PowerInput { person, label: *label, files, rows };
        self.log.now(now);
        self.log.power(&asked);
        self.feed_in(now, &[Input::Power(asked)], load)?;
        let taken = self.batch.power_taken.last().cloned().unwrap_or(Ok(0));
        tracing::info!(person, readings = taken.as_ref().ok(), "files of electricity readings");
        Ok(taken)
    }

    /// The time by which an act of now is handled.
    fn now_or(&self, at: Instant) -> Instant {
        match self.clock {
            AreaClock::System => at,
            AreaClock::Follow(_) => self.pipeline.now().unwrap_or_default(),
        }
    }

    /// Tries refused messages again, and counts how that ended.
    pub(super) fn reprocess(
        &mut self,
        at: Instant,
        reprocess: &Reprocess,
        load: &mut Load<'_>,
    ) -> Result<RetryCounts, Error> {
        let now = self.now_or(at);
        let (person, reason) = (&reprocess.person, reprocess.reason.name());
        self.log.now(now);
        self.log.act(person, &format!("reprocess {reason}"));
        let (mut counts, mut inputs) = (RetryCounts::default(), Vec::new());
        for letter in &reprocess.letters {
            match letter.retry(&self.feed_names) {
                Err(why) => counts.untried(why),
                Ok(retry) => {
                    self.log.retry(&retry);
                    inputs.push(Input::Retry(retry));
                }
            }
        }
        let before = self.batch.retried.len();
        self.feed_in(now, &inputs, load)?;
        counts.tried(&self.batch.retried[before..]);
        tracing::info!(person, reason, ?counts, "reprocess");
        Ok(counts)
    }

    /// Writes a person's act down in the trail.
    pub(super) fn note_act(&mut self, person: &str, act: &str) {
        self.log.act(person, act);
    }

    /// Whether a deadline has passed.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.next_deadline().is_some_and(|due| due <= now)
    }

    /// The next deadline by the system clock; a followed clock has none of its own.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        match self.clock {
            AreaClock::System => self.pipeline.next_deadline(),
            AreaClock::Follow(_) => None,
        }
    }

    /// Fires what is due.
    pub(super) fn advance(&mut self, now: Instant, load: &mut Load<'_>) -> Result<(), Error> {
        self.handle(now, &[], load)
    }

    /// What a batch says is to be sent, once it is durable.
    pub(super) fn tries(&self, commit: &AreaCommit) -> Vec<Try> {
        let tried = commit.batch.notices.iter().filter_map(|record| match record.body {
            NoticeBody::Tried { message, attempt, .. } => Some((message, attempt)),
            _ => None,
        });
        let notices = self.pipeline.notices();
        tried
            .filter_map(|(message, attempt)| notices.to_try(&self.area, message, attempt))
            .collect()
    }

    /// Ends the batch; nothing when nothing came in.
    pub(super) fn seal(&mut self) -> Option<AreaCommit> {
        if self.log.is_empty() {
            return None;
        }
        let mut batch = std::mem::take(&mut self.batch);
        self.pipeline.settle(&mut batch);
        let named = std::mem::take(&mut self.taken).into_iter();
        let taken = named.map(|(feed, count)| (self.feed_names[feed].clone(), count)).collect();
        Some(AreaCommit { area: self.area.clone(), batch, inputs: self.log.take(), taken })
    }

    /// A picture of the area, as old as its clock says.
    pub(super) fn view(&mut self, now: Instant) -> AreaView {
        self.pipeline.prepare_view();
        let mut view = self.pipeline.view();
        if matches!(self.clock, AreaClock::System) {
            view.now = view.now.max(now);
        }
        view
    }
}

/// The area's clock (`aq/{area}/clock`); only an area that follows one listens to it.
fn is_beacon(topic: &str, area: &AreaId) -> bool {
    let rest = topic.strip_prefix("aq/").and_then(|t| t.strip_suffix("/clock"));
    rest == Some(area.as_str())
}

/// Station and hour of a message that the pipeline could take; decoding may panic here as little as there.
fn peek(
    pipeline: &Pipeline,
    formats: &[FeedFormat],
    message: &Message<'_>,
) -> Option<(usize, Hour)> {
    let format = &formats[message.feed.min(formats.len() - 1)];
    let whole = message.length == message.payload.len();
    let decoded = catch_unwind(AssertUnwindSafe(|| decode(message.payload, format).ok()));
    let observation = decoded.ok().flatten().filter(|_| whole)?;
    let station = pipeline.registry().find(&observation.station)?;
    Some((station, observation.start.hour()))
}
