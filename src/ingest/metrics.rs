//! Counters of all feeds together, without labels; and the last heartbeat of each area.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus::{Gauge, IntCounter, IntGauge, IntGaugeVec, Opts, Registry};

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
    /// The largest share of its window that a feed holds without an acknowledgement: with several feeds the
    /// sums above say little of one that is full.
    pub window_used: Gauge,
    /// The share of each feed, by its number.
    shares: Arc<Mutex<BTreeMap<usize, f64>>>,
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
        let window_used = Gauge::new(names::ACK_WINDOW_USED.name, names::ACK_WINDOW_USED.help)?;
        registry.register(Box::new(window_used.clone()))?;
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
            window_used,
            shares: Arc::default(),
        })
    }

    /// Notes which share of its window a feed holds without an acknowledgement.
    pub fn show_share(&self, feed: usize, share: f64) {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        shares.insert(feed, share);
        self.window_used.set(shares.values().copied().fold(0.0, f64::max));
    }
}

/// Of each area's heartbeat: when the broker last took one, and how often one is sent.
#[derive(Clone, Debug)]
pub struct Heartbeats {
    taken: IntGaugeVec,
    interval: IntGaugeVec,
}

impl Heartbeats {
    /// Creates the gauges and adds them to `registry`.
    ///
    /// # Errors
    /// When a name is already registered.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauges = |metric: &Metric| -> Result<IntGaugeVec, prometheus::Error> {
            let gauges = IntGaugeVec::new(Opts::new(metric.name, metric.help), metric.labels)?;
            registry.register(Box::new(gauges.clone()))?;
            Ok(gauges)
        };
        Ok(Self {
            taken: gauges(&names::HEARTBEAT)?,
            interval: gauges(&names::HEARTBEAT_INTERVAL)?,
        })
    }

    /// Where it is noted when the broker took one of an area, in seconds since 1970; 0 before it took one.
    #[must_use]
    pub fn of(&self, area: &str, every: Duration) -> IntGauge {
        let seconds = i64::try_from(every.as_secs()).unwrap_or(i64::MAX);
        self.interval.with_label_values(&[area]).set(seconds);
        self.taken.with_label_values(&[area])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_in_use_is_that_of_the_fullest_feed() {
        let metrics = Metrics::register(&Registry::new()).unwrap();
        let is = |share: f64| assert!((metrics.window_used.get() - share).abs() < 1e-9);
        is(0.0);
        for feed in 0..9 {
            metrics.show_share(feed, 0.1);
        }
        metrics.clone().show_share(9, 0.95);
        is(0.95);
        metrics.show_share(9, 0.0);
        is(0.1);
    }

    #[test]
    fn a_heartbeat_says_how_often_it_is_sent() {
        let registry = Registry::new();
        let beats = Heartbeats::register(&registry).unwrap();
        assert_eq!(beats.of("x", Duration::from_secs(3600)).get(), 0, "none was taken");
        let families = registry.gather();
        let interval = families.iter().find(|f| f.name() == names::HEARTBEAT_INTERVAL.name);
        let interval = interval.unwrap().get_metric()[0].get_gauge().get_value();
        assert!((interval - 3600.0).abs() < 1e-9, "{interval}");
    }
}
