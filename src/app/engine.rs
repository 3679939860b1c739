//! The engine's thread: drives the core with what comes in, and hands out what the core releases.
//!
//! In: arrivals of the feeds, acts of persons, time. Out: commits to the store's thread; and, once a commit
//! is durable, the tickets that may be acknowledged and the view that may be shown.
//!
//! While the most commits are on their way nothing more is taken, the feeds hold what they have, and the
//! broker waits.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant as Timer, sleep_until};

use super::Failure;
use super::answer::Answer;
use super::core::{Core, EngineHealth, Moment};
use super::notify::{Due, Ended};
use super::writer::{Done, Writer};
use crate::clock;
use crate::http::Act;
use crate::ingest::Arrival;
use crate::pipeline::{LoadedDays, View};
use crate::store::Error;
use crate::telemetry::{Latency, Stage};
use crate::time::Day;

/// Arrivals taken at once (each holds many messages).
const TAKE_AT_ONCE: usize = 64;
/// The clocks are looked at this often though nothing is due.
const WAKE_AT_LEAST: Duration = Duration::from_secs(1);

/// What goes in and out of the engine.
pub(super) struct Ports {
    pub(super) arrivals: mpsc::Receiver<Arrival>,
    pub(super) acts: mpsc::Receiver<Act>,
    /// Tells each feed what may be acknowledged.
    pub(super) committed: Vec<watch::Sender<u64>>,
    pub(super) view: watch::Sender<Arc<View>>,
    pub(super) health: watch::Sender<EngineHealth>,
    pub(super) latency: Latency,
    /// What is to be sent.
    pub(super) tries: mpsc::Sender<Due>,
    /// How that ended.
    pub(super) ended: mpsc::Receiver<Ended>,
}

pub(super) struct Engine {
    core: Core,
    writer: Writer,
    ports: Ports,
    origin: Timer,
}

impl Engine {
    pub(super) fn new(core: Core, writer: Writer, ports: Ports) -> Self {
        Self { core, writer, ports, origin: Timer::now() }
    }

    /// Runs until every feed has ended and all is committed, or a commit fails for good.
    pub(super) async fn run(mut self) -> Result<(), Failure> {
        let mut taken = Vec::new();
        let mut open = true;
        let moment = self.moment();
        self.core.start(moment, &mut days(&self.writer))?;
        self.tell_health();
        while open || !self.core.is_idle() {
            let wake = self.wake_at();
            tokio::select! {
                biased;
                done = self.writer.done.recv() => {
                    self.committed(done.ok_or(Failure::StoreGone)?)?;
                }
                count = self.ports.arrivals.recv_many(&mut taken, TAKE_AT_ONCE),
                    if open && self.core.has_room() => {
                    open = count > 0;
                    for arrival in taken.drain(..) {
                        let moment = moment_since(self.origin);
                        self.core.take(arrival, moment, &mut days(&self.writer))?;
                    }
                }
                Some(act) = self.ports.acts.recv(), if open => {
                    let moment = self.moment();
                    self.core.act(act, moment, &mut days(&self.writer))?;
                }
                Some((area, ended)) = self.ports.ended.recv(), if open => {
                    let moment = self.moment();
                    self.core.ended((&area, &ended), moment, &mut days(&self.writer))?;
                }
                () = sleep_until(wake) => {}
            }
            self.tick(open)?;
        }
        self.writer.stop();
        Ok(())
    }

    fn moment(&self) -> Moment {
        moment_since(self.origin)
    }

    /// What time alone brings: deadlines, the batch's age, the next view.
    fn tick(&mut self, open: bool) -> Result<(), Failure> {
        let moment = self.moment();
        let waiting = !self.ports.arrivals.is_empty();
        self.core.tick(moment, waiting, &mut days(&self.writer))?;
        if let Some(commit) = self.core.cut(moment, !open) {
            self.writer.commit(commit);
        }
        if let Some(view) = self.core.view(moment) {
            self.ports.view.send_replace(view);
        }
        self.tell_health();
        Ok(())
    }

    /// Releases what waited for the commit: acknowledgements and the view.
    fn committed(&mut self, done: Done) -> Result<(), Failure> {
        done.result.map_err(Failure::Store)?;
        self.ports.latency.record(Stage::Commit, done.took);
        let Some(released) = self.core.committed() else { return Ok(()) };
        for (feed, ticket) in self.ports.committed.iter().zip(released.tickets) {
            feed.send_replace(ticket);
        }
        if let Some(view) = released.view {
            self.ports.view.send_replace(view);
        }
        released.answers.into_iter().for_each(Answer::give);
        let durable = Timer::now();
        for due in released.tries {
            // Where nobody sends, nothing is to be sent; what finds no room counts as unknown after a while.
            if let Err(mpsc::error::TrySendError::Full((due, _))) =
                self.ports.tries.try_send((due, durable))
            {
                tracing::error!(message = due.number, "too many tries wait");
            }
        }
        Ok(())
    }

    fn wake_at(&mut self) -> Timer {
        let moment = self.moment();
        let least = moment.monotonic + WAKE_AT_LEAST;
        self.origin + self.core.wake_at(moment).map_or(least, |wake| wake.min(least))
    }

    fn tell_health(&self) {
        let health = self.core.health();
        self.ports.health.send_if_modified(|told| {
            let changed = *told != health;
            *told = health;
            changed
        });
    }
}

fn moment_since(origin: Timer) -> Moment {
    Moment { wall: clock::now(), monotonic: origin.elapsed() }
}

/// Stored days by way of the store's thread, on which the core waits.
fn days(writer: &Writer) -> impl FnMut(usize, &[Day]) -> Result<LoadedDays, Error> + '_ {
    |area, days| writer.days(area, days.to_vec())
}
