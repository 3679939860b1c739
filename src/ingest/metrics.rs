//! Counters of all feeds together, without labels.

use prometheus::{IntCounter, IntGauge, Registry};

/// What the feeds have done; clones share the same counters.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Messages handed over.
    pub messages: IntCounter,
    /// Payload bytes of them, as on the wire.
    pub bytes: IntCounter,
    /// Acknowledgements given to the client.
    pub acks: IntCounter,
    /// Attempts to connect after the first of each feed.
    pub reconnects: IntCounter,
    /// Messages above the payload limit.
    pub oversized: IntCounter,
    /// Messages not taken because the engine lags; those of QoS 1 come again.
    pub dropped: IntCounter,
    /// Feeds with a connection.
    pub connected: IntGauge,
    /// Messages handed over whose acknowledgement is still held.
    pub unacked: IntGauge,
}

impl Metrics {
    /// Creates the counters and adds them to `registry`.
    ///
    /// # Errors
    /// When a name is already registered.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str| -> Result<IntCounter, prometheus::Error> {
            let counter = IntCounter::new(format!("lantian_ingest_{name}"), help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let gauge = |name: &str, help: &str| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::new(format!("lantian_ingest_{name}"), help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        Ok(Self {
            messages: counter("messages_total", "Messages handed to the engine.")?,
            bytes: counter("payload_bytes_total", "Payload bytes handed to the engine.")?,
            acks: counter("acks_total", "Messages acknowledged to the broker after commit.")?,
            reconnects: counter("reconnects_total", "Attempts to connect again.")?,
            oversized: counter("oversized_total", "Messages above the payload limit.")?,
            dropped: counter("dropped_total", "Messages left to the broker: the engine lags.")?,
            connected: gauge("connected", "Feeds with a connection to their broker.")?,
            unacked: gauge("unacked", "Messages handed over and not yet acknowledged.")?,
        })
    }
}
