//! What Lantian says about itself: logs, metrics, stage latencies.
//!
//! In: the current [`View`] and recorded durations. Out: a [`Registry`] for `/metrics`, log lines
//! on standard error.
//!
//! Invariants: no global registry, so that tests run in parallel; every name stands in one frozen
//! list ([`METRICS`], [`OF_PARTS`]); what is missing is an absent series, never a zero.
//!
//! # Why one collector
//! The label vectors of the `prometheus` crate hash the label values without a separator, so that
//! ("1", "23") and ("12", "3") share one series, and series of retired stations never leave. So
//! everything labelled by station or area is built from the view at scrape time, by [`Collector`].
//!
//! [`View`]: crate::pipeline::View

mod collector;
mod latency;
pub(crate) mod names;
mod own;
mod secret;
mod tries;

pub use collector::Collector;
pub use latency::{Latency, Stage};
pub use names::{Kind, METRICS, Metric, OF_PARTS};
pub use own::{readiness, store_size};
pub use secret::Secret;
pub use tries::Tries;

use std::io::IsTerminal;
use std::sync::Arc;

use prometheus::Registry;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::pipeline::View;

/// The environment variable that overrides the configured filter.
pub const FILTER_VARIABLE: &str = "LANTIAN_LOG";

/// How a log line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Levels by module, as `info,lantian::ingest=debug`; [`FILTER_VARIABLE`] overrides it.
    pub filter: String,
    /// Text or JSON.
    pub format: LogFormat,
}

impl Default for Config {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::Text }
    }
}

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The filter cannot be read.
    #[error("log filter {filter:?}: {source}")]
    Filter {
        /// The filter as given.
        filter: String,
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// Logging was started before.
    #[error("logging was started before")]
    Twice(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Two collectors claim one name.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// Starts logging to standard error.
///
/// # Errors
/// [`Error::Filter`] when the filter cannot be read, [`Error::Twice`] on a second call.
pub fn init_tracing(config: &Config) -> Result<(), Error> {
    let filter = std::env::var(FILTER_VARIABLE).unwrap_or_else(|_| config.filter.clone());
    let parsed = EnvFilter::try_new(&filter).map_err(|source| Error::Filter { filter, source })?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_ansi(std::io::stderr().is_terminal())
        // A log on a full disk must not end what it tells of.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    match config.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    }
    .map_err(Error::Twice)
}

/// A registry that shows the current view and the stage latencies.
///
/// # Errors
/// [`Error::Metrics`] when a name is claimed twice, which a test rules out.
pub fn registry(view: watch::Receiver<Arc<View>>, latency: Latency) -> Result<Registry, Error> {
    let registry = Registry::new();
    registry.register(Box::new(Collector::new(view, latency)))?;
    Ok(registry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_is_named() {
        let config = Config { filter: "info,lantian=loud".to_owned(), format: LogFormat::Json };
        let error = init_tracing(&config).expect_err("refused");
        assert!(error.to_string().contains("lantian=loud"), "{error}");
    }
}
