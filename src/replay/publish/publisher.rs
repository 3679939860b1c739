//! One MQTT connection that publishes with QoS 1 and knows what the broker has acknowledged.
//!
//! In: messages. Out: their acknowledgement, all of them before [`Publisher::finish`] returns.
//!
//! Invariants: at most [`WINDOW`] messages are unacknowledged; only the polling task touches the
//! event loop, so a full request channel cannot stop acknowledgements; a lost connection ends the
//! publishing with an error, because what was under way is then unknown.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rumqttc::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, Outgoing, Packet, QoS};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use super::Message;

/// Messages that may wait for their acknowledgement.
const WINDOW: u16 = 1000;
/// Requests between the publisher and the polling task.
const QUEUE: usize = 256;
/// How long the broker may take to free one place in the window, or to let us go.
const PATIENCE: Duration = Duration::from_secs(60);
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Above anything published here.
const PACKET_BYTES: usize = 256 * 1024;
const DEFAULT_PORT: u16 = 1883;

/// Why publishing ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address of the broker cannot be read.
    #[error("broker: mqtt://[user:password@]host[:port] expected: {0}")]
    Url(String),
    /// No connection could be made.
    #[error("cannot connect to the broker at {address}: {source}")]
    Connect {
        /// Host and port.
        address: String,
        /// What went wrong.
        source: Box<ConnectionError>,
    },
    /// The connection was lost.
    #[error("connection to the broker at {address} lost after {acknowledged} messages: {reason}")]
    Lost {
        /// Host and port.
        address: String,
        /// Messages the broker had acknowledged.
        acknowledged: u64,
        /// What went wrong.
        reason: String,
    },
}

/// Where a broker listens, and who we are there.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerUrl {
    host: String,
    port: u16,
    login: Option<(String, String)>,
}

/// Without the password.
impl std::fmt::Debug for BrokerUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("BrokerUrl").field(&self.address()).finish()
    }
}

impl BrokerUrl {
    /// Host and port, as in an address.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl std::str::FromStr for BrokerUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        // The text may hold a password: only its faulty part is told.
        let rest = text
            .strip_prefix("mqtt://")
            .ok_or_else(|| Error::Url("it must begin with mqtt:// (no TLS here)".into()))?;
        let (login, address) = match rest.rsplit_once('@') {
            None => (None, rest),
            Some((login, address)) => (Some(login), address),
        };
        let login = login.map(|login| match login.split_once(':') {
            Some((user, password)) => (user.to_owned(), password.to_owned()),
            None => (login.to_owned(), String::new()),
        });
        let address = address.strip_suffix('/').unwrap_or(address);
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                let port = port.parse().map_err(|_| Error::Url(format!("no port: {port:?}")))?;
                (host, port)
            }
            _ => (address, DEFAULT_PORT),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() || host.contains('/') {
            return Err(Error::Url(format!("no host: {host:?}")));
        }
        Ok(Self { host: host.to_owned(), port, login })
    }
}

/// A connection that publishes.
#[derive(Debug)]
pub struct Publisher {
    client: AsyncClient,
    polling: JoinHandle<Result<(), ConnectionError>>,
    window: Arc<Semaphore>,
    acknowledged: Arc<AtomicU64>,
    address: String,
}

impl Publisher {
    /// Connects, and returns once the broker has accepted.
    ///
    /// # Errors
    /// [`Error::Connect`].
    pub async fn connect(url: &BrokerUrl, client_id: &str) -> Result<Self, Error> {
        let mut options = MqttOptions::new(client_id, url.host.clone(), url.port);
        options
            .set_keep_alive(KEEP_ALIVE)
            .set_inflight(WINDOW)
            .set_max_packet_size(PACKET_BYTES, PACKET_BYTES);
        if let Some((user, password)) = &url.login {
            options.set_credentials(user, password);
        }
        let (client, events) = AsyncClient::new(options, QUEUE);
        let window = Arc::new(Semaphore::new(usize::from(WINDOW)));
        let acknowledged = Arc::new(AtomicU64::new(0));
        let (ready, accepted) = oneshot::channel();
        let polling =
            tokio::spawn(poll(events, ready, Arc::clone(&window), Arc::clone(&acknowledged)));
        let address = url.address();
        if accepted.await.is_ok() {
            return Ok(Self { client, polling, window, acknowledged, address });
        }
        let source = match polling.await {
            Ok(Err(source)) => source,
            Ok(Ok(())) => ConnectionError::RequestsDone,
            Err(e) => ConnectionError::Io(std::io::Error::other(e)),
        };
        Err(Error::Connect { address, source: Box::new(source) })
    }

    /// Publishes one message, after waiting for a place in the window.
    ///
    /// # Errors
    /// [`Error::Lost`].
    pub async fn publish(&mut self, message: Message) -> Result<(), Error> {
        self.take_places(1).await?; // given back by the acknowledgement
        let Message { topic, payload } = message;
        match self.client.publish(topic, QoS::AtLeastOnce, false, payload).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.lost().await),
        }
    }

    /// How many messages the broker has acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Waits until every message is acknowledged, then disconnects. Gives their number.
    ///
    /// # Errors
    /// [`Error::Lost`].
    pub async fn finish(mut self) -> Result<u64, Error> {
        self.take_places(u32::from(WINDOW)).await?;
        // All is acknowledged: how the broker takes our leave changes nothing.
        if self.client.disconnect().await.is_ok() {
            drop(tokio::time::timeout(Duration::from_secs(5), &mut self.polling).await);
        }
        self.polling.abort();
        Ok(self.acknowledged())
    }

    async fn take_places(&mut self, count: u32) -> Result<(), Error> {
        let taken = tokio::time::timeout(PATIENCE, self.window.acquire_many(count))
            .await
            .map(|places| places.map(tokio::sync::SemaphorePermit::forget));
        match taken {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(self.lost().await),
            Err(_) => Err(self.refused("no acknowledgement for 60 s")),
        }
    }

    async fn lost(&mut self) -> Error {
        let reason = match (&mut self.polling).await {
            Ok(Err(e)) => e.to_string(),
            Ok(Ok(())) => "closed".to_owned(),
            Err(e) => e.to_string(),
        };
        self.refused(&reason)
    }

    fn refused(&self, reason: &str) -> Error {
        Error::Lost {
            address: self.address.clone(),
            acknowledged: self.acknowledged(),
            reason: reason.to_owned(),
        }
    }
}

async fn poll(
    mut events: EventLoop,
    ready: oneshot::Sender<()>,
    window: Arc<Semaphore>,
    acknowledged: Arc<AtomicU64>,
) -> Result<(), ConnectionError> {
    let mut ready = Some(ready);
    let ended = loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                // The receiver waits for exactly this; when it is gone, so is the publisher.
                if ready.take().is_some_and(|ready| ready.send(()).is_err()) {
                    break Ok(());
                }
            }
            Ok(Event::Incoming(Packet::PubAck(_))) => {
                acknowledged.fetch_add(1, Ordering::Relaxed);
                window.add_permits(1);
            }
            Ok(Event::Outgoing(Outgoing::Disconnect)) => break Ok(()),
            Ok(_) => {}
            Err(e) => break Err(e),
        }
    };
    window.close(); // whoever waits for a place learns that none will come
    ended
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broker_addresses_are_read() {
        let read = |text: &str| text.parse::<BrokerUrl>();
        let plain = read("mqtt://localhost").expect("legal");
        assert_eq!((plain.address().as_str(), &plain.login), ("localhost:1883", &None));
        let full = read("mqtt://me:p@ss:word@10.0.0.1:2883/").expect("legal");
        assert_eq!(full.address(), "10.0.0.1:2883");
        assert_eq!(full.login, Some(("me".into(), "p@ss:word".into())));
        assert!(!format!("{full:?}").contains("word"));
        assert_eq!(read("mqtt://[::1]:1884").expect("legal").host, "::1");
        assert_eq!(read("mqtt://[::1]").expect("legal").port, 1883);
        for text in ["localhost:1883", "mqtts://a", "mqtt://", "mqtt://a:b", "mqtt://a/b:1/c"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
