//! One life of the daemon: its own ledger, core, back-off and attempts, joined by queues as its tasks are.
//!
//! Everything in it is in memory and gone with it. Who goes next is for the world to say.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use lantian::app::{Answer, Attempts, Core, FeedPlan, GroupCommit, Moment, Refused};
use lantian::area::Registry;
use lantian::ingest::{Arrival, Backoff, Config, Event, Ledger, Receipt};
use lantian::pipeline::{LoadedDays, Params, Pipeline, Tables, View};
use lantian::store::{Commit, Error, Rules, Store};
use lantian::time::Day;

use super::disk::Disk;

/// The daemon cannot go on.
#[derive(Debug)]
pub(super) struct Ended(pub(super) Error);

/// Commits on their way, as the store's thread has them.
pub(super) struct Queue {
    waiting: VecDeque<Commit>,
    attempts: Attempts,
    pub(super) again_at: Duration,
    /// Durable, and not yet known to the engine.
    pub(super) done: usize,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Tries the oldest commit once.
    pub(super) fn work(&mut self, disk: &mut Disk, now: Duration) -> Result<(), Ended> {
        let Some(commit) = self.waiting.front() else { return Ok(()) };
        match self.attempts.attempt(disk, commit) {
            Ok(()) => {
                self.waiting.pop_front();
                self.attempts = Attempts::default();
                self.done += 1;
                Ok(())
            }
            Err(Refused::ForNow { wait, .. }) => {
                self.again_at = now + wait;
                Ok(())
            }
            Err(Refused::ForGood(error)) => Err(Ended(error)),
        }
    }

    /// Reads days after all commits before, for which it waits.
    fn days(
        &mut self,
        disk: &mut Disk,
        (registry, days): (&Registry, &[Day]),
        now: Duration,
    ) -> Result<LoadedDays, Error> {
        while !self.is_empty() {
            self.work(disk, now.max(self.again_at)).map_err(|ended| ended.0)?;
        }
        disk.days(registry, days)
    }
}

pub(super) struct Process {
    pub(super) core: Core,
    pub(super) ledger: Ledger,
    pub(super) backoff: Backoff,
    pub(super) channel: VecDeque<Arrival>,
    room: usize,
    /// The highest ticket that may be acknowledged.
    pub(super) mark: u64,
    pub(super) queue: Queue,
    pub(super) connected: bool,
    /// There may be something to acknowledge.
    pub(super) acknowledges: bool,
    /// The engine has had its first turn.
    pub(super) awake: bool,
    /// When it may connect, or did.
    pub(super) connect_at: Duration,
    /// The batch with which it began, and the digest of the state rebuilt from there.
    pub(super) began: u64,
    pub(super) rebuilt: [u8; 32],
    registry: Arc<Registry>,
}

/// What a daemon is started by.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub(super) registry: Arc<Registry>,
    pub(super) params: Params,
    pub(super) feed: Config,
    pub(super) group: GroupCommit,
    /// Arrivals that the channel to the engine takes.
    pub(super) room: usize,
}

impl Process {
    /// Opens the store and rebuilds, as the daemon does.
    pub(super) fn start(
        setup: &Setup,
        disk: &mut Disk,
        moment: Moment,
        seed: u64,
    ) -> Result<Self, Ended> {
        let registry = &setup.registry;
        let rules = Rules::new((**registry).clone(), setup.params.clone(), vec!["sim".to_owned()]);
        let digest = disk.open().adopt(&rules, moment.wall).map_err(Ended)?;
        let pipeline = Self::rebuild(setup, &disk.tables(registry).map_err(Ended)?);
        let plan = FeedPlan { observes: true, areas: vec![0], window: setup.feed.inflight.into() };
        let (began, rebuilt) = (pipeline.sequence(), pipeline.digest());
        let areas = vec![(pipeline, (rules, digest))];
        let core = Core::new(areas, vec![plan], setup.group, (false, false));
        let attempts = Attempts::default();
        let queue = Queue { waiting: VecDeque::new(), attempts, again_at: Duration::ZERO, done: 0 };
        let mut process = Self {
            core,
            ledger: Ledger::new(&setup.feed),
            backoff: Backoff::seeded(&setup.feed, seed),
            channel: VecDeque::new(),
            room: setup.room,
            mark: 0,
            queue,
            connected: false,
            acknowledges: false,
            awake: false,
            connect_at: moment.monotonic,
            began,
            rebuilt,
            registry: Arc::clone(registry),
        };
        process.with_days(disk, moment, |core, load| core.start(moment, load))?;
        Ok(process)
    }

    pub(super) fn rebuild(setup: &Setup, tables: &Tables) -> Pipeline {
        Pipeline::rebuild(Arc::clone(&setup.registry), setup.params.clone(), tables)
            .expect("rebuilt")
    }

    /// Lets the core do something for which it may need stored days.
    pub(super) fn with_days(
        &mut self,
        disk: &mut Disk,
        moment: Moment,
        act: impl FnOnce(&mut Core, &mut lantian::app::Load<'_>) -> Result<(), Error>,
    ) -> Result<(), Ended> {
        let Self { core, queue, registry, .. } = self;
        let mut load =
            |_: usize, days: &[Day]| queue.days(disk, (registry, days), moment.monotonic);
        act(core, &mut load).map_err(Ended)
    }

    pub(super) fn may_connect(&self) -> bool {
        !self.connected && self.mark >= self.ledger.mark_for_room() && self.channel.is_empty()
    }

    pub(super) fn connect(&mut self, now: Duration) {
        (self.connected, self.connect_at) = (true, now);
        let generation = self.ledger.connected();
        self.tell(Event::Connected { generation, session_present: true });
    }

    /// The connection is over, and another one follows after `wait`.
    pub(super) fn disconnect(&mut self, now: Duration, wait: Duration) {
        self.hand_over();
        self.connected = false;
        self.ledger.disconnected();
        self.connect_at = now + wait;
        let event = Event::Disconnected { reason: "cut".to_owned() };
        self.channel.push_back(Arrival { feed: 0, event }); // waits for room
    }

    fn tell(&mut self, event: Event) -> bool {
        let fits = self.channel.len() < self.room;
        if fits {
            self.channel.push_back(Arrival { feed: 0, event });
        } else {
            self.ledger.close();
        }
        fits
    }

    /// Gives the messages read to the engine, where there is room.
    pub(super) fn hand_over(&mut self) {
        if self.ledger.waiting() == 0 {
            return;
        }
        let messages = self.ledger.take_batch();
        let count = messages.len();
        if !self.tell(Event::Messages(messages)) {
            self.ledger.take_back(count);
        }
    }

    /// Acknowledges what is committed.
    pub(super) fn acknowledge(&mut self, ack: impl FnMut(Receipt) -> bool) {
        self.ledger.acknowledge(self.mark, ack);
    }

    /// What the engine does in one turn: what is durable first, then what came, then what time brings, and
    /// the open batch when it is due, which in `ending` is at once.
    pub(super) fn turn(
        &mut self,
        disk: &mut Disk,
        moment: Moment,
        (take, ending): (usize, bool),
    ) -> Result<Turn, Ended> {
        let mut shown = Vec::new();
        self.awake = true;
        if self.queue.done > 0 {
            self.queue.done -= 1;
            self.acknowledges = true;
            let released = self.core.committed().expect("something waited for the commit");
            self.mark = released.tickets[0];
            shown.extend(released.view);
            released.answers.into_iter().for_each(Answer::give);
        } else if self.core.has_room() {
            for arrival in self.channel.drain(..take.min(self.channel.len())).collect::<Vec<_>>() {
                self.with_days(disk, moment, |core, load| core.take(arrival, moment, load))?;
            }
        }
        let waiting = !self.channel.is_empty();
        self.with_days(disk, moment, |core, load| core.tick(moment, waiting, load))?;
        let commit = self.core.cut(moment, ending);
        let cut = commit.is_some();
        self.queue.waiting.extend(commit);
        shown.extend(self.core.view(moment));
        Ok(Turn { cut, shown })
    }
}

/// What came of a turn of the engine.
pub(super) struct Turn {
    /// A batch was sent on its way.
    pub(super) cut: bool,
    /// What is shown from now on.
    pub(super) shown: Vec<Arc<View>>,
}
