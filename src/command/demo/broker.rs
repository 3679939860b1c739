//! The broker inside `lantian demo`: rumqttd on a free port of this machine, nothing kept.

use std::net::TcpListener;

use crate::command::ExitError;
use crate::ingest;
use crate::replay::publish::BrokerUrl;

/// A broker that ends with the process.
#[derive(Debug)]
pub(super) struct Embedded {
    port: u16,
}

impl Embedded {
    /// Starts it on its own thread.
    pub(super) fn start() -> Result<Self, ExitError> {
        let io = |e: std::io::Error| ExitError::Io(format!("in-process broker: {e}"));
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_err(io)?.port();
        let settings = serde_json::json!({
            "id": 0,
            "router": {
                "id": 0, "max_connections": 16, "max_outgoing_packet_count": 200,
                "max_segment_size": 1_048_576, "max_segment_count": 10,
            },
            "v4": { "demo": {
                "name": "demo",
                "listen": format!("127.0.0.1:{port}"),
                "next_connection_delay_ms": 0,
                "connections": {
                    "connection_timeout_ms": 10_000, "max_payload_size": 20_480,
                    "max_inflight_count": 100, "dynamic_filters": true,
                },
            } },
        });
        let config: rumqttd::Config = serde_json::from_value(settings)
            .map_err(|e| ExitError::Internal(format!("in-process broker: {e}")))?;
        let run = move || {
            if let Err(e) = rumqttd::Broker::new(config).start() {
                tracing::error!(error = %e, "the in-process broker ended");
            }
        };
        std::thread::Builder::new().name("broker".to_owned()).spawn(run).map_err(io)?;
        Ok(Self { port })
    }

    fn address(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// For a publisher.
    pub(super) fn url(&self) -> Result<BrokerUrl, ExitError> {
        self.address().parse().map_err(|e| ExitError::Internal(format!("broker address: {e}")))
    }

    /// For a feed.
    pub(super) fn broker(&self) -> Result<ingest::Broker, ExitError> {
        self.address().parse().map_err(|e| ExitError::Internal(format!("broker address: {e}")))
    }
}
