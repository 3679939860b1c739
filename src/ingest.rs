//! MQTT in: connect, back off, subscribe, hand over, acknowledge what is committed; and the heartbeat out.
//!
//! In: the broker of one feed, and `committed`, the highest ticket whose consequences are durable.
//! Out: [`Arrival`]s to the engine, messages in the order of the wire, each with a [`Ticket`].
//!
//! Invariants:
//! - A PUBACK leaves only after `committed` has reached the message's ticket, in the order of the
//!   PUBLISH packets, on the connection that brought the message.
//! - What could not be handed over is never acknowledged: the broker keeps it and sends it again.
//! - The number of messages between wire and commit is bounded by twice `hold_max`.
//! - Polling never waits for the engine, so a slow commit does not cost the connection.
//!
//! Why its own loop: rumqttc 0.25 has no back-off, does not subscribe again, reports a refused
//! subscription only in its log, and would send acknowledgements of a dead connection on the next
//! one. One connection consumes and never publishes, since a blocked publish would block the
//! acknowledgements behind it.
//!
//! Source: MQTT 5.0 [MQTT-4.6.0-2] (order of PUBACKs), 4.4 (redelivery), 4.9 (flow control).

mod backoff;
mod config;
mod feed;
mod heartbeat;
mod ledger;
mod metrics;
mod publish;
mod session;
mod subscriptions;
mod v4;
mod v5;

use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

pub use backoff::Backoff;
pub use config::{Broker, BrokerFault, Config, ConfigFault, Protocol};
pub use heartbeat::Heartbeat;
pub use ledger::{Ledger, Taken};
pub use metrics::{Heartbeats, Metrics};
pub use publish::{Unpublished, publish_once};
pub use session::{Delivery, Receipt};

use feed::Feed;

/// Names one message between wire and commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket {
    /// Number of the connection that brought the message, from 1.
    pub generation: u64,
    /// Running number over all connections of the feed, from 1, without gaps.
    pub number: u64,
}

/// One PUBLISH packet.
#[derive(Clone, Debug)]
pub struct Message {
    /// Topic as on the wire (UTF-8 is not checked here).
    pub topic: Bytes,
    /// Payload as on the wire, or its first bytes when [`oversized`](Self::oversized). It shares
    /// the read buffer with its neighbours: copy what is kept.
    pub payload: Bytes,
    /// What to commit.
    pub ticket: Ticket,
    /// The broker kept this message for new subscribers.
    pub retained: bool,
    /// The broker has sent this message before.
    pub duplicate: bool,
    /// The true length in bytes when it is above `max_payload_bytes`: a dead letter.
    pub oversized: Option<usize>,
}

/// What a feed tells the engine.
#[derive(Clone, Debug)]
pub enum Event {
    /// Messages in the order of the wire, at least one.
    Messages(Vec<Message>),
    /// A connection stands; messages may follow.
    Connected {
        /// Its number.
        generation: u64,
        /// The broker had kept the session.
        session_present: bool,
    },
    /// The connection ended, or an attempt failed for a reason not yet told.
    Disconnected {
        /// Why, for people.
        reason: String,
    },
    /// The broker refused a subscription; it is asked again with back-off.
    SubscriptionRefused {
        /// The topic filter.
        topic: String,
        /// Why, for people.
        reason: String,
    },
}

/// An event and the feed it comes from.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// [`Config::feed`].
    pub feed: usize,
    /// What happened.
    pub event: Event,
}

/// Why a feed ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration cannot work.
    #[error("feed {feed}: {fault}")]
    Config {
        /// Name of the feed.
        feed: String,
        /// What is wrong.
        fault: ConfigFault,
    },
    /// The receiver of the messages, or the sender of `committed`, is gone.
    #[error("feed {feed}: the engine is gone")]
    EngineGone {
        /// Name of the feed.
        feed: String,
    },
}

/// The channel to the engine, wide enough for what these feeds may hold.
#[must_use]
pub fn channel(feeds: &[Config]) -> (mpsc::Sender<Arrival>, mpsc::Receiver<Arrival>) {
    mpsc::channel(feeds.iter().map(Config::channel_room).sum::<usize>().max(1))
}

/// The most messages per second a window lets through when each acknowledgement is held for
/// `commit_ms` (the broker waits once `inflight` messages are unacknowledged).
#[must_use]
pub fn ceiling(inflight: u16, commit_ms: f64) -> f64 {
    f64::from(inflight) * 1000.0 / commit_ms
}

/// Runs one feed until `cancel`, then hands over nothing more, acknowledges what is committed
/// within [`Config::stop_within`], and disconnects.
///
/// # Errors
/// When the configuration cannot work, or the engine is gone. A broker that is absent or refuses is
/// no error: it is tried again with back-off, and told as an [`Event`].
pub async fn run(
    config: Config,
    to_engine: mpsc::Sender<Arrival>,
    committed: watch::Receiver<u64>,
    cancel: CancellationToken,
    metrics: Metrics,
) -> Result<(), Error> {
    let faulty = |fault| Error::Config { feed: config.name.clone(), fault };
    config.check().map_err(faulty)?;
    let room = to_engine.max_capacity();
    if room < config.channel_room() {
        return Err(faulty(ConfigFault::Channel { room, needed: config.channel_room() }));
    }
    let transport = session::transport(&config).map_err(faulty)?;
    let protocol = config.protocol;
    let v5 = || v5::Connection::new(&config, transport.clone());
    let v4 = || v4::Connection::new(&config, transport.clone());
    match protocol {
        Protocol::V5 => {
            let session = v5();
            Box::pin(Feed::new(config, to_engine, committed, metrics).run(session, &cancel)).await
        }
        Protocol::V4 => {
            let session = v4();
            Box::pin(Feed::new(config, to_engine, committed, metrics).run(session, &cancel)).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_is_the_window_over_the_time_an_ack_is_held() {
        assert!((ceiling(20, 1000.0) - 20.0).abs() < 1e-9);
        assert!((ceiling(20, 100.0) - 200.0).abs() < 1e-9);
    }

    #[tokio::test]
    async fn a_channel_narrower_than_the_window_is_refused() {
        let broker = "mqtt://localhost".parse().unwrap();
        let config = Config::new("feed", broker, "id", vec!["aq/a/+/obs".into()]);
        let (to_engine, _engine) = mpsc::channel(5);
        let (_commit, committed) = watch::channel(0);
        let metrics = Metrics::register(&prometheus::Registry::new()).unwrap();
        let run = run(config, to_engine, committed, CancellationToken::new(), metrics);
        assert!(matches!(
            run.await,
            Err(Error::Config { fault: ConfigFault::Channel { room: 5, .. }, .. })
        ));
    }
}
