//! What the feed needs from an MQTT client, so that the client can be exchanged.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use rumqttc::Transport;

use super::config::{Config, ConfigFault};

/// A client's connection and session. Polling drives it: nothing moves without.
pub(super) trait Session: Send {
    /// Gives orders while [`poll`](Self::poll) is under way.
    type Requests: Requests;

    /// A handle for orders.
    fn requests(&self) -> Self::Requests;

    /// Connects when there is no connection, then waits for the next signal. Once begun it must be
    /// carried on to its end, or the connection given up by [`reset`](Self::reset): half a packet
    /// may have been written.
    fn poll(&mut self) -> impl Future<Output = Result<Signal, String>> + Send;

    /// The next signal that has already been read, without waiting.
    fn buffered(&mut self) -> Option<Signal>;

    /// Drops the connection and every order and signal that belongs to it.
    fn reset(&mut self);
}

/// Orders to a session. They only queue; [`Session::poll`] carries them out in this order.
pub(super) trait Requests: Send + Sync {
    /// Acknowledges one message; false when the queue is full.
    fn try_ack(&self, receipt: Receipt) -> bool;

    /// Subscribes at QoS 1; false when the queue is full.
    fn try_subscribe(&self, topics: &[&str]) -> bool;

    /// Says goodbye; false when the queue is full.
    fn try_disconnect(&self) -> bool;
}

/// What a session reports.
#[derive(Debug)]
pub(super) enum Signal {
    /// CONNACK.
    Connected { session_present: bool },
    /// PUBLISH.
    Publish(Delivery),
    /// SUBACK: per filter the granted QoS, or why not.
    Subscribed(Vec<Result<u8, String>>),
    /// Something without meaning here.
    Other,
}

/// One PUBLISH packet.
#[derive(Debug)]
pub struct Delivery {
    /// Topic as on the wire.
    pub topic: Bytes,
    /// Payload as on the wire.
    pub payload: Bytes,
    /// The broker kept it for new subscribers.
    pub retained: bool,
    /// The broker has sent it before.
    pub duplicate: bool,
    /// None for QoS 0, which asks for no acknowledgement.
    pub receipt: Option<Receipt>,
}

/// What an acknowledgement needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The packet id of the PUBLISH.
    pub packet_id: u16,
    /// QoS 2: PUBREC instead of PUBACK (never asked for, but a broker may).
    pub exactly_once: bool,
}

/// The largest packet MQTT knows.
pub(super) const MQTT_MAX_PACKET: usize = 268_435_455;

/// Orders beside acknowledgements: SUBSCRIBE, DISCONNECT.
pub(super) const ORDER_ROOM: usize = 16;

/// This connection never publishes: rumqttc keeps one slot per publish it may send.
pub(super) const OUTGOING: u16 = 4;

/// Where distributions keep the certificates they trust.
const SYSTEM_CERTIFICATES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Plain TCP, or TLS with the certificates to trust. (rumqttc's own default panics on a faulty
/// system certificate.)
pub(super) fn transport(config: &Config) -> Result<Transport, ConfigFault> {
    if !config.broker.tls {
        return Ok(Transport::tcp());
    }
    let system = || SYSTEM_CERTIFICATES.iter().map(Path::new).find(|p| p.exists());
    let path = config.ca_file.as_deref().or_else(system).ok_or(ConfigFault::NoCertificates)?;
    let pem = fs::read(path)
        .map_err(|error| ConfigFault::Certificates { path: path.to_path_buf(), error })?;
    Ok(Transport::tls(pem, None, None))
}
