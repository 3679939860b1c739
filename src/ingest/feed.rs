//! One feed: the loop around the session, and what it owes to broker and engine.
//!
//! In: signals of the session, the committed mark, the order to stop. Out: arrivals to the engine,
//! acknowledgements and orders to the session.
//!
//! Invariants: what is owed stands in the [`Ledger`]; polling and acknowledging happen in this one task; an
//! unfinished poll is dropped only together with its connection.

use std::pin::pin;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::backoff::Backoff;
use super::config::{Config, STATE_ROOM};
use super::ledger::{Ledger, Taken};
use super::metrics::Metrics;
use super::session::{Delivery, Requests, Session, Signal};
use super::subscriptions::Subscriptions;
use super::{Arrival, Error, Event};

/// A batch goes over when polling has to wait, or when it holds this many messages. (Sooner, once
/// the engine is idle, was measured: more wake-ups, a fifth less throughput.)
const BATCH: usize = 256;
/// Period of the duties that are not urgent.
const TICK: Duration = Duration::from_millis(100);
/// A connection that has stood this long was no failure: back-off begins anew.
const STEADY: Duration = Duration::from_secs(10);
/// Time for the broker to close after our DISCONNECT. Closing first, with anything unread, would
/// reset the connection and take acknowledgements with it that the broker has not read yet.
const GOODBYE: Duration = Duration::from_secs(1);

/// How a connection ended.
enum Ending {
    /// As ordered.
    Stopped,
    /// We left, to be sent again what could not be taken.
    Drained,
    /// For this reason.
    Failed(String),
}

/// What the connection is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Course {
    /// Messages are taken while the ledger is open. When it has closed, those before are acknowledged
    /// as they are committed, then we leave.
    Standing,
    /// Ordered to stop: as with a closed ledger, but not for longer than this.
    Stopping { until: Instant },
    /// DISCONNECT is queued; the broker closes.
    Leaving { stop: bool, until: Instant },
}

pub(super) struct Feed {
    config: Config,
    to_engine: mpsc::Sender<Arrival>,
    committed: watch::Receiver<u64>,
    metrics: Metrics,
    course: Course,
    connected: Option<Instant>,
    ledger: Ledger,
    unacked_shown: usize,
    subscriptions: Subscriptions,
    /// The last failure told to the engine.
    told: Option<String>,
}

impl Feed {
    pub(super) fn new(
        config: Config,
        to_engine: mpsc::Sender<Arrival>,
        committed: watch::Receiver<u64>,
        metrics: Metrics,
    ) -> Self {
        Self {
            course: Course::Standing,
            connected: None,
            ledger: Ledger::new(&config),
            unacked_shown: 0,
            subscriptions: Subscriptions::new(&config),
            told: None,
            config,
            to_engine,
            committed,
            metrics,
        }
    }

    /// Connection after connection, until stopped.
    pub(super) async fn run<S: Session>(
        mut self,
        mut session: S,
        cancel: &CancellationToken,
    ) -> Result<(), Error> {
        let requests = session.requests();
        let mut backoff = Backoff::new(&self.config);
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Ok(()),
                room = self.room() => room?,
            }
            let ending = self.connection(&mut session, &requests, cancel).await;
            session.reset();
            let steady = self.connected.is_some_and(|since| since.elapsed() >= STEADY);
            self.forget_connection();
            if steady {
                backoff.restart();
            }
            let (reason, delay) = match ending? {
                Ending::Stopped => return Ok(()),
                Ending::Drained => {
                    ("left, to be sent again what was not taken".into(), self.config.backoff_min)
                }
                Ending::Failed(reason) => (reason, backoff.after_failure()),
            };
            warn!(
                feed = self.config.name, broker = %self.config.broker, ?delay, reason,
                "no connection"
            );
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Ok(()),
                told = self.tell_disconnected(reason) => told?,
            }
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Ok(()),
                () = tokio::time::sleep(delay) => self.metrics.reconnects.inc(),
            }
        }
    }

    /// Waits until the engine can take what a connection may bring.
    async fn room(&mut self) -> Result<(), Error> {
        let most = self.ledger.mark_for_room();
        let committed = self.committed.wait_for(|mark| *mark >= most).await;
        committed.map_err(|_| gone(&self.config))?;
        let reserved = self.to_engine.reserve_many(self.config.hold() + STATE_ROOM).await;
        reserved.map(drop).map_err(|_| gone(&self.config))
    }

    /// One connection, from CONNECT to its end. The session must be reset afterwards.
    async fn connection<S: Session>(
        &mut self,
        session: &mut S,
        requests: &S::Requests,
        cancel: &CancellationToken,
    ) -> Result<Ending, Error> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stop = pin!(cancel.cancelled());
        let silence = 2 * Duration::from_secs(self.config.keep_alive_s.into());
        let mut heard_at = Instant::now();
        let mut heard = false;
        loop {
            let polled = {
                let mut poll = pin!(session.poll());
                loop {
                    tokio::select! {
                        biased;
                        polled = &mut poll => break polled,
                        () = std::future::ready(()), if self.ledger.waiting() > 0 => {
                            self.hand_over()?;
                        }
                        changed = self.committed.changed() => {
                            changed.map_err(|_| gone(&self.config))?;
                            self.acknowledge(requests);
                        }
                        () = &mut stop, if self.may_stop() => {
                            if self.connected.is_none() {
                                return Ok(Ending::Stopped);
                            }
                            self.stop(requests);
                        }
                        now = tick.tick() => {
                            if std::mem::take(&mut heard) {
                                heard_at = now;
                            } else if now - heard_at > silence {
                                return Ok(Ending::Failed("the connection has stalled".into()));
                            }
                            if let Some(ending) = self.duties(requests, now) {
                                return Ok(ending);
                            }
                        }
                    }
                }
            };
            heard = true;
            let signal = match polled {
                Ok(signal) => signal,
                Err(reason) => return self.rescue(session, reason),
            };
            self.take(signal, requests);
            while let Some(signal) = session.buffered() {
                self.take(signal, requests);
            }
            if self.ledger.waiting() >= BATCH {
                self.hand_over()?;
            }
            if self.committed.has_changed().unwrap_or(false) {
                self.acknowledge(requests);
            }
            if self.may_stop() && cancel.is_cancelled() {
                self.stop(requests);
            }
        }
    }

    /// The connection is over; what had been read of it is handed over all the same.
    fn rescue<S: Session>(&mut self, session: &mut S, reason: String) -> Result<Ending, Error> {
        while let Some(signal) = session.buffered() {
            if let Signal::Publish(delivery) = signal {
                self.deliver(delivery);
            }
        }
        self.hand_over()?;
        Ok(match self.course {
            Course::Stopping { .. } | Course::Leaving { stop: true, .. } => Ending::Stopped,
            Course::Leaving { stop: false, .. } => Ending::Drained,
            Course::Standing => Ending::Failed(reason),
        })
    }

    fn take(&mut self, signal: Signal, requests: &impl Requests) {
        match signal {
            Signal::Publish(delivery) => self.deliver(delivery),
            Signal::Connected { session_present } => self.greet(session_present, requests),
            Signal::Subscribed(results) => self.subscribed(results),
            Signal::Other => {}
        }
    }

    fn greet(&mut self, session_present: bool, requests: &impl Requests) {
        let generation = self.ledger.connected();
        self.connected = Some(Instant::now());
        self.told = None;
        self.metrics.connected.inc();
        info!(
            feed = self.config.name, broker = %self.config.broker, session_present,
            generation, "connected"
        );
        self.tell(Event::Connected { generation, session_present });
        self.subscriptions.connected(session_present);
        self.subscriptions.ask(&self.config.topics, requests);
    }

    fn deliver(&mut self, delivery: Delivery) {
        let committed = *self.committed.borrow();
        match self.ledger.deliver(delivery, committed) {
            Taken::Whole => {}
            Taken::Cut => self.metrics.oversized.inc(),
            Taken::Left => self.metrics.dropped.inc(),
            Taken::Overflow => {
                self.metrics.dropped.inc();
                self.warn_of_overflow(
                    "the broker sends more than `hold_max` without acknowledgement",
                );
            }
        }
    }

    /// Gives the batch to the engine. Without room, which only others on the channel can cause, the
    /// batch counts as never taken.
    fn hand_over(&mut self) -> Result<(), Error> {
        if self.ledger.waiting() == 0 {
            return Ok(());
        }
        let messages = self.ledger.take_batch();
        let count = messages.len();
        let bytes = messages.iter().map(|m| m.oversized.unwrap_or(m.payload.len()) as u64).sum();
        match self.send(Event::Messages(messages)) {
            Ok(()) => {
                self.metrics.messages.inc_by(count as u64);
                self.metrics.bytes.inc_by(bytes);
                Ok(())
            }
            Err(mpsc::error::TrySendError::Closed(_)) => Err(gone(&self.config)),
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.ledger.take_back(count);
                self.metrics.dropped.inc_by(count as u64);
                self.overflow("the channel to the engine is full");
                Ok(())
            }
        }
    }

    fn send(&self, event: Event) -> Result<(), mpsc::error::TrySendError<Arrival>> {
        self.to_engine.try_send(Arrival { feed: self.config.feed, event })
    }

    /// Tells the engine about the feed itself; without room the connection is begun anew, which
    /// waits for room.
    fn tell(&mut self, event: Event) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.send(event) {
            self.overflow("the channel to the engine is full");
        }
    }

    fn overflow(&mut self, why: &str) {
        if self.ledger.close() {
            self.warn_of_overflow(why);
        }
    }

    fn warn_of_overflow(&self, why: &str) {
        warn!(
            feed = self.config.name,
            hold_max = self.config.hold_max,
            why,
            "messages are left to the broker and asked for again"
        );
    }

    /// Acknowledges, oldest first, what is committed.
    fn acknowledge(&mut self, requests: &impl Requests) {
        let mark = *self.committed.borrow_and_update();
        // A full queue empties by polling; the tick tries again.
        let acked = self.ledger.acknowledge(mark, |receipt| requests.try_ack(receipt));
        self.metrics.acks.inc_by(acked);
        self.leave_when_drained(requests);
    }

    fn leave_when_drained(&mut self, requests: &impl Requests) {
        let (stop, late) = match self.course {
            Course::Standing if !self.ledger.is_open() => (false, false),
            Course::Stopping { until } => (true, Instant::now() >= until),
            Course::Standing | Course::Leaving { .. } => return,
        };
        if self.ledger.is_drained() || late {
            // With a full queue the deadline ends the connection without a goodbye.
            let _queued = requests.try_disconnect();
            self.course = Course::Leaving { stop, until: Instant::now() + GOODBYE };
        }
    }

    fn may_stop(&self) -> bool {
        self.course == Course::Standing
    }

    fn stop(&mut self, requests: &impl Requests) {
        self.ledger.close();
        self.course = Course::Stopping { until: Instant::now() + self.config.stop_within };
        self.acknowledge(requests);
    }

    fn duties(&mut self, requests: &impl Requests, now: Instant) -> Option<Ending> {
        if let Course::Leaving { stop, until } = self.course
            && now >= until
        {
            return Some(if stop { Ending::Stopped } else { Ending::Drained });
        }
        self.acknowledge(requests);
        if self.connected.is_some() && self.subscriptions.due(now) {
            self.subscriptions.ask(&self.config.topics, requests);
        }
        self.show_unacked();
        None
    }

    fn subscribed(&mut self, results: Vec<Result<u8, String>>) {
        for (topic, reason) in self.subscriptions.answered(results) {
            let topic = self.config.topics[topic].clone();
            warn!(feed = self.config.name, topic, reason, "the broker refuses the subscription");
            self.tell(Event::SubscriptionRefused { topic, reason });
        }
    }

    /// Tells a reason once until it changes, not at every attempt.
    async fn tell_disconnected(&mut self, reason: String) -> Result<(), Error> {
        if self.told.as_ref() != Some(&reason) {
            let event = Event::Disconnected { reason: reason.clone() };
            let sent = self.to_engine.send(Arrival { feed: self.config.feed, event }).await;
            sent.map_err(|_| gone(&self.config))?;
            self.told = Some(reason);
        }
        Ok(())
    }

    fn forget_connection(&mut self) {
        if self.connected.take().is_some() {
            self.metrics.connected.dec();
        }
        self.course = Course::Standing;
        self.ledger.disconnected();
        self.show_unacked();
    }

    fn show_unacked(&mut self) {
        let as_i64 = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let unacked = self.ledger.unacked();
        if unacked == self.unacked_shown {
            return;
        }
        let held = u32::try_from(unacked).unwrap_or(u32::MAX);
        let window = self.config.inflight.max(1);
        self.metrics.show_share(self.config.feed, f64::from(held) / f64::from(window));
        self.metrics.unacked.add(as_i64(unacked) - as_i64(self.unacked_shown));
        self.unacked_shown = unacked;
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.forget_connection();
    }
}

fn gone(config: &Config) -> Error {
    Error::EngineGone { feed: config.name.clone() }
}
