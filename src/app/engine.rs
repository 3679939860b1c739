//! The engine's thread: the single owner of the pipelines.
//!
//! In: arrivals of the feeds, acts of persons, time. Out: commits to the store's thread; and, once a commit
//! is durable, the tickets that may be acknowledged and the view that may be shown.
//!
//! A batch is committed when it holds `commit_max_messages` or is `commit_max_ms` old; and earlier when the
//! store is idle and the batch is worth a transaction of its own: so a lone message waits a few milliseconds,
//! and a flood shares its transactions. At most
//! [`IN_FLIGHT_MAX`] commits are on their way; then nothing more is taken, the feeds hold what they have,
//! and the broker waits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant as Timer, sleep_until};

use super::Failure;
use super::area_engine::AreaEngine;
use super::writer::{Done, IN_FLIGHT_MAX, Writer};
use crate::area::AreaId;
use crate::clock::Guard;
use crate::http::Act;
use crate::ingest::{Arrival, Event};
use crate::pipeline::{FeedState, View};
use crate::store::Commit;
use crate::telemetry::{Latency, Stage};

/// While the store is idle, a batch of this many messages, or of this age, is committed (measured through
/// Mosquitto on two cores: 6 % less processor time than committing at once, as many messages or more).
const WORTH_MESSAGES: usize = 256;
const WORTH_AGE: Duration = Duration::from_millis(3);
/// Views are made at most this often.
const VIEW_EVERY: Duration = Duration::from_millis(100);
/// A picture older than this is made anew though nothing came, so that its age shows.
const VIEW_AT_LEAST: Duration = Duration::from_secs(30);
/// A feed has its backlog taken when less than its window came in this time: a broker with more to give
/// sends a full window at once, and again with every commit.
const BACKLOG_SPAN: Duration = Duration::from_secs(2);
/// Arrivals taken at once (each holds many messages).
const TAKE_AT_ONCE: usize = 64;

/// How batches are cut.
#[derive(Clone, Copy, Debug)]
pub struct GroupCommit {
    /// A batch of this many messages is committed at once.
    pub max_messages: usize,
    /// A batch is committed when it is this old, in milliseconds.
    pub max_ms: u64,
}

/// How a feed stands, and how much came lately.
struct Feed {
    state: FeedState,
    /// The areas it carries, by their place.
    areas: Vec<usize>,
    /// Whether it brings observations.
    observes: bool,
    /// Since when `recent` is counted.
    since: Timer,
    /// Messages since then.
    recent: usize,
    /// Messages that the broker may send without an acknowledgement.
    window: usize,
    /// The highest ticket taken.
    taken: u64,
    /// Tells the feed what may be acknowledged.
    committed: watch::Sender<u64>,
}

/// A feed's wiring to the engine.
pub(super) struct FeedLink {
    /// The areas it carries, by their place.
    pub(super) areas: Vec<usize>,
    /// Whether it brings observations: only then its silence is the area's.
    pub(super) observes: bool,
    /// Messages that the broker may send without an acknowledgement.
    pub(super) window: usize,
    /// Tells the feed what may be acknowledged.
    pub(super) committed: watch::Sender<u64>,
}

/// What waits for a commit.
struct InFlight {
    tickets: Vec<u64>,
    view: Option<Arc<View>>,
    replies: Vec<(Reply, Result<(), String>)>,
}

/// The way back to a person who acted.
type Reply = oneshot::Sender<Result<(), String>>;

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

/// What goes in and out of the engine.
pub(super) struct Ports {
    pub(super) arrivals: mpsc::Receiver<Arrival>,
    pub(super) acts: mpsc::Receiver<Act>,
    pub(super) view: watch::Sender<Arc<View>>,
    pub(super) health: watch::Sender<EngineHealth>,
    pub(super) latency: Latency,
}

pub(super) struct Engine {
    areas: Vec<AreaEngine>,
    feeds: Vec<Feed>,
    writer: Writer,
    ports: Ports,
    group: GroupCommit,
    guard: Guard,
    /// The jump that readiness was last told of.
    told_jump: Option<i64>,
    in_flight: VecDeque<InFlight>,
    /// Acts in the open batch, to be answered when it is durable.
    replies: Vec<(Reply, Result<(), String>)>,
    /// When the first message of the open batch came.
    opened: Option<Timer>,
    messages: usize,
    last_view: Timer,
    view_stale: bool,
    simulated: bool,
}

impl Engine {
    pub(super) fn new(
        areas: Vec<AreaEngine>,
        feeds: Vec<FeedLink>,
        writer: Writer,
        ports: Ports,
        (group, simulated): (GroupCommit, bool),
    ) -> Self {
        let now = Timer::now();
        let feed = |link: FeedLink| Feed {
            state: FeedState::Disconnected,
            areas: link.areas,
            observes: link.observes,
            since: now,
            recent: 0,
            window: link.window,
            taken: 0,
            committed: link.committed,
        };
        Self {
            areas,
            feeds: feeds.into_iter().map(feed).collect(),
            writer,
            ports,
            group,
            guard: Guard::default(),
            told_jump: None,
            replies: Vec::new(),
            in_flight: VecDeque::new(),
            opened: None,
            messages: 0,
            last_view: now,
            view_stale: true,
            simulated,
        }
    }

    /// Runs until every feed has ended and all is committed, or a commit fails for good.
    pub(super) async fn run(mut self) -> Result<(), Failure> {
        let mut taken = Vec::new();
        let mut open = true;
        self.tell_health();
        // What the broker kept while we were away comes before the hours that passed are closed.
        let now = self.guard.now();
        for area in &mut self.areas {
            if area.feed_state(FeedState::CatchingUp, now, &self.writer).await? {
                self.opened.get_or_insert_with(Timer::now);
            }
        }
        while open || self.opened.is_some() || !self.in_flight.is_empty() {
            let room = self.in_flight.len() < IN_FLIGHT_MAX;
            let wake = self.wake_at();
            tokio::select! {
                biased;
                done = self.writer.done.recv() => {
                    self.committed(done.ok_or(Failure::StoreGone)?)?;
                }
                count = self.ports.arrivals.recv_many(&mut taken, TAKE_AT_ONCE),
                    if open && room => {
                    open = count > 0;
                    for arrival in taken.drain(..) {
                        self.take(arrival).await?;
                    }
                }
                Some(act) = self.ports.acts.recv(), if open => self.act(act).await?,
                () = sleep_until(wake) => {}
            }
            self.tick(open).await?;
        }
        self.writer.stop();
        Ok(())
    }

    async fn take(&mut self, arrival: Arrival) -> Result<(), Failure> {
        let Arrival { feed: number, event } = arrival;
        match event {
            Event::Messages(messages) => {
                let Some(last) = messages.last() else { return Ok(()) };
                self.feeds[number].taken = last.ticket.number;
                self.feeds[number].recent += messages.len();
                let now = self.guard.now();
                let of_feed = self.feeds[number].areas.clone();
                let mut others: Vec<AreaId> =
                    of_feed.iter().map(|at| self.areas[*at].area().clone()).collect();
                for at in of_feed {
                    let area = &mut self.areas[at];
                    area.take((number, now), &messages, &others, &self.writer).await?;
                    others.clear(); // the first area has taken what is nobody's
                }
                self.messages += messages.len();
                self.opened.get_or_insert_with(Timer::now);
            }
            Event::Connected { generation, session_present } => {
                tracing::info!(feed = number, generation, session_present, "connected");
                self.feed_state(number, FeedState::CatchingUp).await?;
            }
            Event::Disconnected { reason } => {
                tracing::warn!(feed = number, reason, "not connected");
                self.feed_state(number, FeedState::Disconnected).await?;
            }
            Event::SubscriptionRefused { topic, reason } => {
                tracing::error!(feed = number, topic, reason, "subscription refused");
            }
        }
        Ok(())
    }

    /// An area's feeds stand as the worst of those that bring observations does.
    async fn feed_state(&mut self, number: usize, state: FeedState) -> Result<(), Failure> {
        let feed = &mut self.feeds[number];
        (feed.state, feed.since, feed.recent) = (state, Timer::now(), 0);
        self.tell_health();
        if !self.feeds[number].observes {
            return Ok(());
        }
        let now = self.guard.now();
        for at in self.feeds[number].areas.clone() {
            let of_area = self.feeds.iter().filter(|f| f.observes && f.areas.contains(&at));
            let worst = of_area.map(|f| f.state).min().unwrap_or(state);
            if self.areas[at].feed_state(worst, now, &self.writer).await? {
                self.opened.get_or_insert_with(Timer::now);
            }
        }
        Ok(())
    }

    async fn act(&mut self, act: Act) -> Result<(), Failure> {
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
                self.opened.get_or_insert_with(Timer::now);
                self.tell_health();
                self.replies.push((reply, Ok(())));
            }
            Act::Correct { correct, reply } => {
                let now = self.guard.now();
                let Some(area) = self.areas.iter_mut().find(|a| a.area().as_str() == correct.area)
                else {
                    let _ = reply.send(Err("没有该区域".to_owned()));
                    return Ok(());
                };
                let refused = area.correct(now, &correct, &self.writer).await?;
                self.opened.get_or_insert_with(Timer::now);
                self.replies.push((reply, refused.map_or(Ok(()), |r| Err(r.text().to_owned()))));
            }
        }
        Ok(())
    }

    /// What time alone brings: deadlines, quiet feeds, the batch's age, the next view.
    async fn tick(&mut self, open: bool) -> Result<(), Failure> {
        let now = self.guard.now();
        if self.told_jump != self.guard.jumped_ms() {
            self.tell_health();
        }
        for at in 0..self.areas.len() {
            if self.areas[at].is_due(now) {
                self.areas[at].advance(now, &self.writer).await?;
                self.opened.get_or_insert_with(Timer::now);
            }
        }
        let waits = self.in_flight.len() >= IN_FLIGHT_MAX || !self.ports.arrivals.is_empty();
        for number in 0..self.feeds.len() {
            let feed = &mut self.feeds[number];
            if feed.state != FeedState::CatchingUp || feed.since.elapsed() < BACKLOG_SPAN {
                continue;
            }
            if feed.recent < feed.window && !waits {
                self.feed_state(number, FeedState::CaughtUp).await?;
            } else {
                (feed.since, feed.recent) = (Timer::now(), 0);
            }
        }
        self.maybe_commit(open);
        self.view_stale |= self.last_view.elapsed() >= VIEW_AT_LEAST;
        if self.view_stale && self.in_flight.is_empty() && self.opened.is_none() && self.view_due()
        {
            let view = self.picture();
            self.ports.view.send_replace(view);
        }
        Ok(())
    }

    fn view_due(&self) -> bool {
        self.last_view.elapsed() >= VIEW_EVERY || self.ports.view.borrow().areas.is_empty()
    }

    fn maybe_commit(&mut self, open: bool) {
        let Some(opened) = self.opened else { return };
        let old = opened.elapsed() >= Duration::from_millis(self.group.max_ms);
        let worth = self.messages >= WORTH_MESSAGES || opened.elapsed() >= WORTH_AGE;
        let idle = self.in_flight.is_empty() && worth;
        let full = self.messages >= self.group.max_messages;
        if self.in_flight.len() < IN_FLIGHT_MAX && (idle || full || old || !open) {
            self.commit();
        }
    }

    fn commit(&mut self) {
        let areas = self.areas.iter_mut().filter_map(AreaEngine::seal).collect();
        self.opened = None;
        self.messages = 0;
        self.view_stale = true;
        let view = self.view_due().then(|| self.picture());
        let tickets = self.feeds.iter().map(|f| f.taken).collect();
        let replies = std::mem::take(&mut self.replies);
        self.in_flight.push_back(InFlight { tickets, view, replies });
        self.writer.commit(Commit { areas });
    }

    /// Releases what waited for the commit: acknowledgements and the view.
    fn committed(&mut self, done: Done) -> Result<(), Failure> {
        done.result.map_err(Failure::Store)?;
        self.ports.latency.record(Stage::Commit, done.took);
        let Some(released) = self.in_flight.pop_front() else { return Ok(()) };
        for (feed, ticket) in self.feeds.iter().zip(released.tickets) {
            feed.committed.send_replace(ticket);
        }
        for (reply, answer) in released.replies {
            let _ = reply.send(answer); // who asked may be gone
        }
        if let Some(view) = released.view {
            self.ports.view.send_replace(view);
        }
        Ok(())
    }

    /// A picture of all areas as they stand in the pipelines.
    fn picture(&mut self) -> Arc<View> {
        self.view_stale = false;
        self.last_view = Timer::now();
        let now = self.guard.now();
        let areas = self.areas.iter().map(|a| Arc::new(a.view(now))).collect();
        Arc::new(View { areas, simulated: self.simulated })
    }

    /// When something must happen though nothing comes in.
    fn wake_at(&mut self) -> Timer {
        let now = Timer::now();
        let mut wake = now + Duration::from_secs(1);
        // With a full queue only a finished commit lets anything happen.
        if let Some(opened) = self.opened.filter(|_| self.in_flight.len() < IN_FLIGHT_MAX) {
            wake = wake.min(opened + Duration::from_millis(self.group.max_ms));
            if self.in_flight.is_empty() {
                wake = wake.min(opened + WORTH_AGE);
            }
        }
        if self.view_stale && self.in_flight.is_empty() && self.opened.is_none() {
            wake = wake.min(self.last_view + VIEW_EVERY);
        }
        for feed in &self.feeds {
            if feed.state == FeedState::CatchingUp {
                wake = wake.min(feed.since + BACKLOG_SPAN);
            }
        }
        let wall = self.guard.now();
        for area in &self.areas {
            if let Some(due) = area.next_deadline() {
                let ms = u64::try_from(due.millis() - wall.millis()).unwrap_or(0);
                wake = wake.min(now + Duration::from_millis(ms));
            }
        }
        wake
    }

    fn tell_health(&mut self) {
        self.told_jump = self.guard.jumped_ms();
        let numbers = |state| {
            let all = self.feeds.iter().enumerate();
            all.filter(|(_, f)| f.state == state).map(|(number, _)| number).collect()
        };
        self.ports.health.send_replace(EngineHealth {
            clock_jumped_ms: self.guard.jumped_ms(),
            disconnected: numbers(FeedState::Disconnected),
            catching_up: numbers(FeedState::CatchingUp),
        });
    }
}
