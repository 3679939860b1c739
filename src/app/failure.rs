//! Why a daemon could not start, or ended by itself.

use std::net::SocketAddr;
use std::time::Duration;

use crate::{http, ingest, telemetry};

/// Why the daemon could not start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The store failed for good.
    #[error("store: {0}")]
    Store(#[from] crate::store::Error),
    /// The store's thread is gone.
    #[error("the store's thread is gone")]
    StoreGone,
    /// The edition of the list of measures could not be handed to the engine.
    #[error("the edition of the list of measures cannot be recorded")]
    ListUnrecorded,
    /// A stored hour cannot be read.
    #[error("rebuild: {0}")]
    Rebuild(#[from] crate::pipeline::RebuildError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    /// Metrics could not be set up.
    #[error(transparent)]
    Telemetry(#[from] telemetry::Error),
    /// Metrics could not be set up.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// A channel could never send.
    #[error("channel {name}: {reason}")]
    Channel {
        /// The channel.
        name: String,
        /// Why.
        reason: String,
    },
    /// A feed ended.
    #[error(transparent)]
    Feed(#[from] ingest::Error),
    /// The site ended.
    #[error(transparent)]
    Http(#[from] http::Error),
    /// A part panicked.
    #[error("{0} panicked")]
    Panicked(&'static str),
    /// Not everything was committed and acknowledged in time.
    #[error(
        "stopping took longer than {} s: what is not committed is not acknowledged, comes again",
        .0.as_secs()
    )]
    StopTooLong(Duration),
}
