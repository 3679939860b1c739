//! What the engine does at each step, without threads, channels or clocks of its own.
//!
//! In: arrivals of the feeds, acts of persons, and the moment at which each is taken; stored days as they are
//! asked for. Out: commits, in order; and, for each commit that is durable, what it releases: the tickets
//! that may be acknowledged, the view that may be shown, the answers to persons.
//!
//! Invariant: nothing is released but by [`Core::committed`], except a view of what is committed.
//!
//! The engine's thread drives it, and so does the simulation of the tests.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::answer::Answer;
use super::area_engine::AreaEngine;
use super::batcher::{Batcher, GroupCommit};
use crate::area::AreaId;
use crate::clock::Guard;
use crate::http::Act;
use crate::ingest::{Arrival, Event, Message};
use crate::notification::{Try, TryEnd};
use crate::pipeline::{FeedState, LoadedDays, NoticeInput, Pipeline, View};
use crate::store::{Commit, Error, Rules, RulesDigest};
use crate::time::{Day, Instant};

/// Views are made at most this often.
const VIEW_EVERY: Duration = Duration::from_millis(100);
/// A picture older than this is made anew though nothing came, so that its age shows.
const VIEW_AT_LEAST: Duration = Duration::from_secs(30);
/// A feed has its backlog taken when less than its window came in this time: a broker with more to give
/// sends a full window at once, and again with every commit. So a full window that waits for a slow disk is
/// none: nothing can come before it is acknowledged.
const BACKLOG_SPAN: Duration = Duration::from_secs(2);

/// What is told to who acts in an area that is not there.
const NO_AREA: &str = "没有该区域";

/// A point in time, by both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// What the clock on the wall says.
    pub wall: Instant,
    /// Since some beginning; never goes back.
    pub monotonic: Duration,
}

/// Reads stored days of an area, by its place, after every commit given out before.
pub type Load<'a> = dyn FnMut(usize, &[Day]) -> Result<LoadedDays, Error> + 'a;

/// A feed as the engine knows it.
#[derive(Clone, Debug)]
pub struct FeedPlan {
    /// The areas it carries, by their place.
    pub areas: Vec<usize>,
    /// Whether it brings observations: only then its silence is the area's.
    pub observes: bool,
    /// Messages that the broker may send without an acknowledgement.
    pub window: usize,
}

/// What the outside sees of the engine's health.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineHealth {
    /// How far the clock has jumped, in milliseconds, while unconfirmed.
    pub clock_jumped_ms: Option<i64>,
    /// Feeds without a connection, by number.
    pub disconnected: Vec<usize>,
    /// Feeds whose backlog is being taken, by number.
    pub catching_up: Vec<usize>,
}

/// What a durable commit releases.
#[derive(Debug)]
pub struct Released {
    /// For each feed the highest ticket that may be acknowledged.
    pub tickets: Vec<u64>,
    /// What may be shown, when a picture was made.
    pub view: Option<Arc<View>>,
    /// What persons are told.
    pub answers: Vec<Answer>,
    /// What is to be sent now.
    pub tries: Vec<Try>,
}

/// How a feed stands, and how much came lately.
#[derive(Debug)]
struct Feed {
    state: FeedState,
    plan: FeedPlan,
    /// Since when `recent` is counted.
    since: Duration,
    /// Messages since then.
    recent: usize,
    /// The highest ticket taken.
    taken: u64,
    /// The highest ticket whose commit is durable.
    durable: u64,
}

impl Feed {
    /// Whether the broker may send nothing more before a commit.
    fn is_full(&self) -> bool {
        let waiting = self.taken.saturating_sub(self.durable);
        usize::try_from(waiting).map_or(true, |waiting| waiting >= self.plan.window)
    }
}

/// The single owner of the pipelines.
#[derive(Debug)]
pub struct Core {
    areas: Vec<AreaEngine>,
    feeds: Vec<Feed>,
    guard: Guard,
    batcher: Batcher<Released>,
    /// To acts in the open batch, when it is durable.
    answers: Vec<Answer>,
    /// When the last picture was made.
    last_view: Option<Duration>,
    view_stale: bool,
    simulated: bool,
}

impl Core {
    /// The areas as rebuilt from the store, with the rules adopted for each; `follow` says that they go by
    /// recorded hours, `simulated` that their air is.
    #[must_use]
    pub fn new(
        areas: Vec<(Pipeline, (Rules, RulesDigest))>,
        feeds: Vec<FeedPlan>,
        group: GroupCommit,
        (follow, simulated): (bool, bool),
    ) -> Self {
        let engine = |(place, (pipeline, rules))| AreaEngine::new(place, pipeline, follow, rules);
        let feed = |plan| Feed {
            state: FeedState::Disconnected,
            plan,
            since: Duration::ZERO,
            recent: 0,
            taken: 0,
            durable: 0,
        };
        Self {
            areas: areas.into_iter().enumerate().map(engine).collect(),
            feeds: feeds.into_iter().map(feed).collect(),
            guard: Guard::default(),
            batcher: Batcher::new(group),
            answers: Vec::new(),
            last_view: None,
            view_stale: true,
            simulated,
        }
    }

    /// Begins: what the broker kept while we were away comes before the hours that passed are closed.
    ///
    /// # Errors
    /// [`Error`] of `load`, as from everything that takes it; the core is of no use then.
    pub fn start(&mut self, moment: Moment, load: &mut Load<'_>) -> Result<(), Error> {
        let now = self.judge(moment);
        for area in &mut self.areas {
            if area.feed_state(FeedState::CatchingUp, now, load)? {
                self.batcher.open(moment.monotonic);
            }
            if area.has_tries() {
                area.notify(now, NoticeInput::Started, load)?;
                self.batcher.open(moment.monotonic);
            }
        }
        Ok(())
    }

    /// The present time, as far as the clock on the wall can be believed.
    fn judge(&mut self, moment: Moment) -> Instant {
        self.guard.judge(moment.wall, moment.monotonic)
    }

    /// Whether arrivals may be taken.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.batcher.has_room()
    }

    /// Whether all that was taken is committed.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.batcher.is_idle()
    }

    /// An area's pipeline, by its place.
    #[must_use]
    pub fn pipeline(&self, area: usize) -> Option<&Pipeline> {
        self.areas.get(area).map(AreaEngine::pipeline)
    }

    /// Takes what a feed says.
    ///
    /// # Errors
    /// [`Error`] of `load`.
    pub fn take(
        &mut self,
        arrival: Arrival,
        moment: Moment,
        load: &mut Load<'_>,
    ) -> Result<(), Error> {
        let Arrival { feed: number, event } = arrival;
        match event {
            Event::Messages(messages) => self.messages(number, &messages, moment, load)?,
            Event::Connected { generation, session_present } => {
                tracing::info!(feed = number, generation, session_present, "connected");
                self.feed_state(number, FeedState::CatchingUp, moment, load)?;
            }
            Event::Disconnected { reason } => {
                tracing::warn!(feed = number, reason, "not connected");
                self.feed_state(number, FeedState::Disconnected, moment, load)?;
            }
            Event::SubscriptionRefused { topic, reason } => {
                tracing::error!(feed = number, topic, reason, "subscription refused");
            }
        }
        Ok(())
    }

    fn messages(
        &mut self,
        number: usize,
        messages: &[Message],
        moment: Moment,
        load: &mut Load<'_>,
    ) -> Result<(), Error> {
        let Some(last) = messages.last() else { return Ok(()) };
        let now = self.judge(moment);
        let feed = &mut self.feeds[number];
        feed.taken = last.ticket.number;
        feed.recent += messages.len();
        let of_feed = &self.feeds[number].plan.areas;
        let mut others: Vec<AreaId> =
            of_feed.iter().map(|at| self.areas[*at].area().clone()).collect();
        for at in of_feed {
            self.areas[*at].take((number, now), messages, &others, load)?;
            others.clear(); // the first area has taken what is nobody's
        }
        self.batcher.add(messages.len(), moment.monotonic);
        Ok(())
    }

    /// An area's feeds stand as the worst of them does.
    fn feed_state(
        &mut self,
        number: usize,
        state: FeedState,
        moment: Moment,
        load: &mut Load<'_>,
    ) -> Result<(), Error> {
        let now = self.judge(moment);
        let feed = &mut self.feeds[number];
        (feed.state, feed.since, feed.recent) = (state, moment.monotonic, 0);
        if !self.feeds[number].plan.observes {
            return Ok(());
        }
        for at in &self.feeds[number].plan.areas {
            let observe = |f: &&Feed| f.plan.observes && f.plan.areas.contains(at);
            let of_area = self.feeds.iter().filter(observe);
            let worst = of_area.map(|f| f.state).min().unwrap_or(state);
            if self.areas[*at].feed_state(worst, now, load)? {
                self.batcher.open(moment.monotonic);
            }
        }
        Ok(())
    }

    /// Takes a person's act; the answer follows when it is durable, or at once when nothing is to be done.
    ///
    /// # Errors
    /// [`Error`] of `load`.
    pub fn act(&mut self, act: Act, moment: Moment, load: &mut Load<'_>) -> Result<(), Error> {
        let now = self.judge(moment);
        match act {
            Act::ConfirmClock { person, reply } => {
                let Some(jumped_ms) = self.guard.jumped_ms() else {
                    let _ = reply.send(Err("时钟没有待确认的跳变".to_owned()));
                    return Ok(());
                };
                tracing::info!(person, jumped_ms, "clock confirmed");
                self.guard.confirm();
                for area in &mut self.areas {
                    area.note_act(&person, "confirm clock");
                }
                self.answers.push(Answer::Done(reply, Ok(())));
            }
            Act::Correct { correct, reply } => {
                let Some(area) = self.area(&correct.area) else {
                    let _ = reply.send(Err(NO_AREA.to_owned()));
                    return Ok(());
                };
                let refused = area.correct(now, &correct, load)?;
                let taken = refused.map_or(Ok(()), |r| Err(r.text().to_owned()));
                self.answers.push(Answer::Done(reply, taken));
            }
            Act::Reprocess { reprocess, reply } => {
                let Some(area) = self.area(&reprocess.area) else {
                    let _ = reply.send(Err(NO_AREA.to_owned()));
                    return Ok(());
                };
                let counts = area.reprocess(now, &reprocess, load)?;
                self.answers.push(Answer::Retried(reply, counts));
            }
            Act::Power { upload, reply } => {
                let Some(area) = self.area(&upload.area) else {
                    let _ = reply.send(Err(NO_AREA.to_owned()));
                    return Ok(());
                };
                let taken = area.power(now, &upload, load)?;
                self.answers.push(Answer::Powered(reply, taken));
            }
            Act::Duty { area, person, act, reply } => {
                let done = self.area(&area).map(|area| area.duty(now, (&person, &act), load));
                self.tell(reply, done, |r| (r.text_zh(), r.name()))?;
            }
            Act::Notice { area, person, act, reply } => {
                let done = self.area(&area).map(|area| area.notice(now, (&person, &act), load));
                self.tell(reply, done, |r| (r.text_zh(), r.name()))?;
            }
            Act::Warning { area, person, act, reply } => {
                let done = self.area(&area).map(|area| area.warn(now, (&person, &act), load));
                self.tell(reply, done, |r| (r.text_zh(), r.name()))?;
            }
        }
        self.batcher.open(moment.monotonic);
        Ok(())
    }

    /// The answer to an act that is recorded, when that is durable; `None` where there is no such area.
    fn tell<R>(
        &mut self,
        reply: oneshot::Sender<Result<u64, String>>,
        done: Option<Result<Result<u64, R>, Error>>,
        text: impl FnOnce(R) -> (&'static str, &'static str),
    ) -> Result<(), Error> {
        let Some(done) = done else {
            let _ = reply.send(Err(NO_AREA.to_owned()));
            return Ok(());
        };
        let told = done?.map_err(|refusal| {
            let (text, name) = text(refusal);
            format!("{text}（{name}）")
        });
        self.answers.push(Answer::Recorded(reply, told));
        Ok(())
    }

    fn area(&mut self, code: &str) -> Option<&mut AreaEngine> {
        self.areas.iter_mut().find(|area| area.area().as_str() == code)
    }

    /// Takes how a try to send ended.
    ///
    /// # Errors
    /// [`Error`] of `load`.
    pub fn ended(
        &mut self,
        (area, ended): (&AreaId, &TryEnd),
        moment: Moment,
        load: &mut Load<'_>,
    ) -> Result<(), Error> {
        let now = self.judge(moment);
        let Some(area) = self.areas.iter_mut().find(|a| a.area() == area) else { return Ok(()) };
        area.notify(now, NoticeInput::Ended(ended), load)?;
        self.batcher.open(moment.monotonic);
        Ok(())
    }

    /// What time alone brings: deadlines, and feeds whose backlog is taken. `waiting` says that arrivals
    /// wait to be taken.
    ///
    /// # Errors
    /// [`Error`] of `load`.
    pub fn tick(
        &mut self,
        moment: Moment,
        waiting: bool,
        load: &mut Load<'_>,
    ) -> Result<(), Error> {
        let now = self.judge(moment);
        for area in &mut self.areas {
            if area.is_due(now) {
                area.advance(now, load)?;
                self.batcher.open(moment.monotonic);
            }
        }
        let waits = waiting || !self.has_room();
        for number in 0..self.feeds.len() {
            let feed = &mut self.feeds[number];
            let span = moment.monotonic.saturating_sub(feed.since);
            if feed.state != FeedState::CatchingUp || span < BACKLOG_SPAN {
                continue;
            }
            if feed.recent < feed.plan.window && !feed.is_full() && !waits {
                self.feed_state(number, FeedState::CaughtUp, moment, load)?;
            } else {
                // What makes room just before the next look brings its messages only after it.
                let recent = if feed.is_full() { feed.plan.window } else { 0 };
                (feed.since, feed.recent) = (moment.monotonic, recent);
            }
        }
        Ok(())
    }

    /// The commit that is due, if one is; in `ending` whatever is open.
    pub fn cut(&mut self, moment: Moment, ending: bool) -> Option<Commit> {
        if !self.batcher.is_due(moment.monotonic, ending) {
            return None;
        }
        let (mut areas, mut tries) = (Vec::new(), Vec::new());
        for area in &mut self.areas {
            let Some(commit) = area.seal() else { continue };
            tries.extend(area.tries(&commit));
            areas.push(commit);
        }
        self.view_stale = true;
        // Who is told that an act is done sees it.
        let due = self.view_due(moment) || !self.answers.is_empty();
        let view = due.then(|| self.picture(moment));
        let tickets = self.feeds.iter().map(|f| f.taken).collect();
        let answers = std::mem::take(&mut self.answers);
        self.batcher.seal(Released { tickets, view, answers, tries });
        Some(Commit { areas })
    }

    /// The oldest commit on its way is durable: what waited for it.
    pub fn committed(&mut self) -> Option<Released> {
        let released = self.batcher.committed()?;
        for (feed, ticket) in self.feeds.iter_mut().zip(&released.tickets) {
            feed.durable = *ticket;
        }
        Some(released)
    }

    /// A picture of what is committed, when the last one is stale.
    pub fn view(&mut self, moment: Moment) -> Option<Arc<View>> {
        let since = self.last_view.map(|at| moment.monotonic.saturating_sub(at));
        self.view_stale |= since.is_some_and(|since| since >= VIEW_AT_LEAST);
        let due = self.view_stale && self.is_idle() && self.view_due(moment);
        due.then(|| self.picture(moment))
    }

    fn view_due(&self, moment: Moment) -> bool {
        self.last_view.is_none_or(|at| moment.monotonic.saturating_sub(at) >= VIEW_EVERY)
    }

    /// A picture of all areas as they stand in the pipelines.
    fn picture(&mut self, moment: Moment) -> Arc<View> {
        self.view_stale = false;
        self.last_view = Some(moment.monotonic);
        let now = self.judge(moment);
        let areas = self.areas.iter_mut().map(|a| Arc::new(a.view(now))).collect();
        Arc::new(View { areas, simulated: self.simulated })
    }

    /// When something must happen though nothing comes in, by monotonic time.
    pub fn wake_at(&mut self, moment: Moment) -> Option<Duration> {
        let now = moment.monotonic;
        let view = self.last_view.filter(|_| self.view_stale && self.is_idle());
        let catching_up = self.feeds.iter().filter(|f| f.state == FeedState::CatchingUp);
        let feeds = catching_up.map(|f| f.since + BACKLOG_SPAN).min();
        let wall = self.judge(moment);
        let deadline = self.areas.iter().filter_map(AreaEngine::next_deadline).min().map(|due| {
            let ms = u64::try_from(due.millis() - wall.millis()).unwrap_or(0);
            now + Duration::from_millis(ms)
        });
        let all = [self.batcher.wake_at(), view.map(|at| at + VIEW_EVERY), feeds, deadline];
        all.into_iter().flatten().min()
    }

    /// How the engine stands.
    #[must_use]
    pub fn health(&self) -> EngineHealth {
        let numbers = |state| {
            let all = self.feeds.iter().enumerate();
            all.filter(|(_, f)| f.state == state).map(|(number, _)| number).collect()
        };
        EngineHealth {
            clock_jumped_ms: self.guard.jumped_ms(),
            disconnected: numbers(FeedState::Disconnected),
            catching_up: numbers(FeedState::CatchingUp),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::ingest::Ticket;

    /// A feed of no area, with a window of ten.
    struct Desk(Core);

    impl Desk {
        fn connected() -> Self {
            let plan = FeedPlan { areas: Vec::new(), observes: true, window: 10 };
            let group = GroupCommit { max_messages: 100, max_ms: 50 };
            let mut desk = Self(Core::new(Vec::new(), vec![plan], group, (false, false)));
            desk.take(0, Event::Connected { generation: 1, session_present: true });
            desk
        }

        fn moment(ms: u64) -> Moment {
            Moment { wall: Instant::from_millis(0), monotonic: Duration::from_millis(ms) }
        }

        fn take(&mut self, ms: u64, event: Event) {
            let arrival = Arrival { feed: 0, event };
            self.0.take(arrival, Self::moment(ms), &mut |_, _| unreachable!()).expect("taken");
        }

        fn messages(&mut self, ms: u64, numbers: std::ops::RangeInclusive<u64>) {
            let message = |number| Message {
                topic: Bytes::new(),
                payload: Bytes::new(),
                ticket: Ticket { generation: 1, number },
                retained: false,
                duplicate: false,
                oversized: None,
            };
            self.take(ms, Event::Messages(numbers.map(message).collect()));
            assert!(self.0.cut(Self::moment(ms), true).is_some());
        }

        fn is_caught_up(&mut self, ms: u64) -> bool {
            self.0.tick(Self::moment(ms), false, &mut |_, _| unreachable!()).expect("done");
            self.0.health().catching_up.is_empty()
        }
    }

    #[test]
    fn a_feed_that_brings_less_than_its_window_is_caught_up() {
        let mut desk = Desk::connected();
        desk.messages(1, 1..=9);
        assert!(!desk.is_caught_up(1_999));
        assert!(desk.is_caught_up(2_000), "nine wait for a commit, the broker could send a tenth");
    }

    /// A disk that stands still stops the broker too: its silence says nothing of what it holds.
    #[test]
    fn a_full_window_behind_a_slow_disk_is_not_caught_up() {
        let mut desk = Desk::connected();
        desk.messages(1, 1..=10);
        assert!(!desk.is_caught_up(2_000), "a full window came");
        assert!(!desk.is_caught_up(4_000), "nothing came, and nothing could");
        assert!(desk.0.committed().is_some());
        assert!(!desk.is_caught_up(6_000), "there was room only in the end");
        desk.messages(6_001, 11..=13);
        assert!(desk.is_caught_up(8_000));
    }
}
