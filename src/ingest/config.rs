//! How a feed reaches its broker, checked before the first packet.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::telemetry::Secret;

/// One feed: its broker, session and limits.
#[derive(Clone, Debug)]
pub struct Config {
    /// Number of the feed, told with every [`Arrival`](super::Arrival).
    pub feed: usize,
    /// Name of the feed, for people.
    pub name: String,
    /// Where the broker listens.
    pub broker: Broker,
    /// Version of the protocol.
    pub protocol: Protocol,
    /// Names the session at the broker: stable over restarts, one per daemon and feed.
    pub client_id: String,
    /// User and password.
    pub login: Option<(String, Secret)>,
    /// Certificates (PEM) to trust for `mqtts`; without it those of the system.
    pub ca_file: Option<PathBuf>,
    /// Topic filters, one or more per owned area; never all areas.
    pub topics: Vec<String>,
    /// Window announced to a v5 broker: messages it may send without acknowledgement. A v4 broker
    /// has its own.
    pub inflight: u16,
    /// Messages held without acknowledgement at most; above, the connection is begun anew. The
    /// default is all packet ids, because brokers go beyond the window: Mosquitto 2.0.11 does once
    /// acknowledgements flow (its issue 2301), and that must not cost the connection.
    pub hold_max: u16,
    /// A longer payload is handed over cut, as oversized.
    pub max_payload_bytes: usize,
    /// Announced to a v5 broker, which drops longer packets without a word: far above
    /// `max_payload_bytes`. Without effect on v4, where refusing a packet would only bring it back.
    pub max_packet_bytes: u32,
    /// Seconds of silence until a ping, 5 to 65535.
    pub keep_alive_s: u16,
    /// Seconds a v5 broker keeps the session without a connection.
    pub session_expiry_s: u32,
    /// First wait after a failure; jitter is added.
    pub backoff_min: Duration,
    /// Longest wait after a failure.
    pub backoff_max: Duration,
    /// Time for the last acknowledgements after the order to stop.
    pub stop_within: Duration,
}

impl Config {
    /// A feed with the defaults.
    #[must_use]
    pub fn new(name: &str, broker: Broker, client_id: &str, topics: Vec<String>) -> Self {
        Self {
            feed: 0,
            name: name.into(),
            broker,
            protocol: Protocol::V5,
            client_id: client_id.into(),
            login: None,
            ca_file: None,
            topics,
            inflight: 1000,
            hold_max: u16::MAX,
            max_payload_bytes: 64 * 1024,
            max_packet_bytes: 16 * 1024 * 1024,
            keep_alive_s: 30,
            session_expiry_s: 7 * 86_400,
            backoff_min: Duration::from_millis(500),
            backoff_max: Duration::from_secs(60),
            stop_within: Duration::from_secs(2),
        }
    }

    /// Finds the first fault.
    ///
    /// # Errors
    /// The fault.
    pub fn check(&self) -> Result<(), ConfigFault> {
        if self.client_id.is_empty() {
            return Err(ConfigFault::ClientId);
        }
        if self.topics.is_empty() {
            return Err(ConfigFault::NoTopic);
        }
        let all = |t: &str| {
            let area = t.strip_prefix("aq/").unwrap_or(t).split('/').next();
            matches!(area, Some("#" | "+"))
        };
        if let Some(topic) = self.topics.iter().find(|t| !rumqttc::valid_filter(t) || all(t)) {
            return Err(ConfigFault::Topic(topic.clone()));
        }
        if let Some(topic) = self.topics.iter().find(|t| t.starts_with("$share/")) {
            return Err(ConfigFault::Shared(topic.clone()));
        }
        if self.inflight == 0 || self.hold_max < self.inflight {
            return Err(ConfigFault::Inflight);
        }
        if self.keep_alive_s < 5 {
            return Err(ConfigFault::KeepAlive(self.keep_alive_s));
        }
        if u64::from(self.max_packet_bytes) <= self.max_payload_bytes as u64 {
            return Err(ConfigFault::PacketLimit);
        }
        if self.backoff_min.is_zero() || self.backoff_max < self.backoff_min {
            return Err(ConfigFault::Backoff);
        }
        Ok(())
    }

    /// Messages of one connection that can be between wire and commit.
    pub(super) fn hold(&self) -> usize {
        usize::from(self.hold_max)
    }

    /// Room a feed needs in the channel: for the connection that stands, as much again left over
    /// from connections before, and the feed's own state. (Room is a number, it takes no memory.)
    pub(super) fn channel_room(&self) -> usize {
        2 * self.hold() + 2 * STATE_ROOM
    }
}

/// Room for the events about the feed itself.
pub(super) const STATE_ROOM: usize = 8;

/// Version of MQTT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// 5.0.
    #[default]
    V5,
    /// 3.1.1.
    V4,
}

/// Where a broker listens: `mqtt://host[:1883]` or `mqtts://host[:8883]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    /// Name or address, IPv6 in brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// TLS from the first byte.
    pub tls: bool,
}

/// Why a text is no broker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokerFault {
    /// Neither `mqtt://` nor `mqtts://`.
    #[error("a broker begins with mqtt:// or mqtts://")]
    Scheme,
    /// User or password inside the URL would end up in logs.
    #[error("user and password have their own keys, they do not stand in the URL")]
    Login,
    /// No host, or something after host and port.
    #[error("a broker is mqtt://HOST or mqtt://HOST:PORT")]
    Host,
    /// The port is no number from 1 to 65535.
    #[error("the port is no number from 1 to 65535")]
    Port,
    /// A certificate cannot be checked against it.
    #[error("mqtts needs a host name or IPv4 address")]
    TlsAddress,
}

impl FromStr for Broker {
    type Err = BrokerFault;

    fn from_str(text: &str) -> Result<Self, BrokerFault> {
        let (scheme, rest) = text.split_once("://").ok_or(BrokerFault::Scheme)?;
        let tls = match scheme {
            "mqtt" => false,
            "mqtts" => true,
            _ => return Err(BrokerFault::Scheme),
        };
        if rest.contains('@') {
            return Err(BrokerFault::Login);
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let port_at = rest.rfind(':').filter(|at| *at > rest.rfind(']').unwrap_or(0));
        let (host, port) = match port_at {
            Some(at) => (&rest[..at], rest[at + 1..].parse().map_err(|_| BrokerFault::Port)?),
            None => (rest, if tls { 8883 } else { 1883 }),
        };
        let bracketed = host.starts_with('[') && host.ends_with(']');
        let odd = |c: char| matches!(c, '/' | '?' | '#') || c.is_whitespace();
        if host.is_empty() || host.contains(odd) || (host.contains(':') && !bracketed) {
            return Err(BrokerFault::Host);
        }
        if port == 0 {
            return Err(BrokerFault::Port);
        }
        if tls && bracketed {
            return Err(BrokerFault::TlsAddress);
        }
        Ok(Self { host: host.into(), port, tls })
    }
}

impl fmt::Display for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "mqtts" } else { "mqtt" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

/// Why a feed cannot work.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFault {
    /// A session without a name cannot be resumed.
    #[error("client_id is empty: the broker could not keep the session")]
    ClientId,
    /// Nothing to subscribe to.
    #[error("no topic")]
    NoTopic,
    /// Not a filter, or one over all areas.
    #[error("topic {0:?} is no filter for one owned area")]
    Topic(String),
    /// Two consumers would each see half of an area.
    #[error("topic {0:?}: shared subscriptions split an area")]
    Shared(String),
    /// Nothing could ever arrive, or a conforming broker would overflow.
    #[error("inflight must be at least 1, and hold_max not below it")]
    Inflight,
    /// The client needs 5 s at least.
    #[error("keep_alive_s is {0}, must be 5 to 65535")]
    KeepAlive(u16),
    /// Oversized payloads would vanish at the broker.
    #[error("max_packet_bytes must be above max_payload_bytes")]
    PacketLimit,
    /// The waits make no sense.
    #[error("backoff_min must be above zero and not above backoff_max")]
    Backoff,
    /// The certificates to trust cannot be read.
    #[error("certificates to trust: {path}: {error}")]
    Certificates {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// No file of certificates and none known on this system.
    #[error("mqtts without ca_file, and no certificates found on this system")]
    NoCertificates,
    /// A conforming broker could overflow the channel to the engine.
    #[error("the channel to the engine has room for {room}, the window needs {needed}")]
    Channel {
        /// What it has.
        room: usize,
        /// What the feed needs.
        needed: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_scheme_host_and_port() {
        let broker = |t: &str| t.parse::<Broker>();
        let of = |host: &str, port, tls| Ok(Broker { host: host.into(), port, tls });
        assert_eq!(broker("mqtt://localhost"), of("localhost", 1883, false));
        assert_eq!(broker("mqtts://b.example:1/"), of("b.example", 1, true));
        assert_eq!(broker("mqtt://[::1]:2883"), of("[::1]", 2883, false));
        assert_eq!(broker("mqtt://[::1]"), of("[::1]", 1883, false));
        assert_eq!(broker("http://localhost"), Err(BrokerFault::Scheme));
        assert_eq!(broker("localhost:1883"), Err(BrokerFault::Scheme));
        assert_eq!(broker("mqtt://u:p@localhost"), Err(BrokerFault::Login));
        assert_eq!(broker("mqtt://"), Err(BrokerFault::Host));
        assert_eq!(broker("mqtt://a/b"), Err(BrokerFault::Host));
        assert_eq!(broker("mqtt://a:0"), Err(BrokerFault::Port));
        assert_eq!(broker("mqtt://a:66000"), Err(BrokerFault::Port));
        assert_eq!(broker("mqtts://[::1]"), Err(BrokerFault::TlsAddress));
    }

    #[test]
    fn a_password_is_never_shown() {
        let broker = "mqtt://localhost".parse().unwrap();
        let mut config = Config::new("feed", broker, "id", vec!["aq/a/+/obs".into()]);
        config.login = Some(("user".into(), Secret::new("hunter2")));
        let shown = format!("{config:?}");
        assert!(shown.contains("<secret>") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn topics_over_all_areas_and_shared_ones_are_refused() {
        let with = |topic: &str| {
            let broker = "mqtt://localhost".parse().unwrap();
            Config::new("feed", broker, "id", vec![topic.into()]).check()
        };
        assert!(with("aq/210200/+/obs").is_ok());
        assert!(with("aq/210200/#").is_ok());
        assert!(with("dalian/#").is_ok());
        for topic in ["aq/#", "aq/+/+/obs", "#", "+/x", "a/#/b", ""] {
            assert!(matches!(with(topic), Err(ConfigFault::Topic(_))), "{topic}");
        }
        assert!(matches!(with("$share/g/aq/a/+/obs"), Err(ConfigFault::Shared(_))));
    }
}
