//! Counters of all feeds together, without labels; and the last heartbeat of each area.

use prometheus::{IntCounter, IntGauge, IntGaugeVec, Opts, Registry};

use crate::telemetry::Metric;
use crate::telemetry::names;

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
    /// Messages that brokers send at most without an acknowledgement, of all feeds.
    pub window: IntGauge,
}

impl Metrics {
    /// Creates the counters and adds them to `registry`.
    ///
    /// # Errors
    /// When a name is already registered.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |metric: &Metric| -> Result<IntCounter, prometheus::Error> {
            let counter = IntCounter::new(metric.name, metric.help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let gauge = |metric: &Metric| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::new(metric.name, metric.help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        Ok(Self {
            messages: counter(&names::INGEST_MESSAGES)?,
            bytes: counter(&names::INGEST_BYTES)?,
            acks: counter(&names::INGEST_ACKS)?,
            reconnects: counter(&names::INGEST_RECONNECTS)?,
            oversized: counter(&names::INGEST_OVERSIZED)?,
            dropped: counter(&names::INGEST_DROPPED)?,
            connected: gauge(&names::INGEST_CONNECTED)?,
            unacked: gauge(&names::INGEST_UNACKED)?,
            window: gauge(&names::INGEST_WINDOW)?,
        })
    }
}

/// When the broker last took each area's heartbeat, in seconds since 1970; 0 before it took one.
///
/// # Errors
/// When the name is already registered.
pub fn heartbeats(registry: &Registry) -> Result<IntGaugeVec, prometheus::Error> {
    let Metric { name, labels, help, .. } = names::HEARTBEAT;
    let beats = IntGaugeVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(beats.clone()))?;
    Ok(beats)
}
