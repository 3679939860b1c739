//! What the commands that run a daemon share: signals, exit codes, areas.

use std::collections::BTreeMap;
use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::fault::store_fault;
use super::{ExitError, publishing};
use crate::app::Failure;
use crate::area::Registry;
use crate::config::{self, Fault};
use crate::store;

/// Cancels on the first SIGINT or SIGTERM; the second one ends the process at once.
pub(super) fn cancel_on_signal(cancel: &CancellationToken) {
    let cancel = cancel.clone();
    tokio::spawn(async move {
        signal().await;
        tracing::info!("stopping");
        cancel.cancel();
        signal().await;
        #[expect(clippy::disallowed_methods, reason = "asked twice to end: at once")]
        std::process::exit(75);
    });
}

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

/// Runs to the end, and then does not wait for what may hang on a disk: the deadline for a stop is kept.
pub(super) fn block_on<T>(
    work: impl Future<Output = Result<T, ExitError>>,
) -> Result<T, ExitError> {
    let runtime = publishing::runtime()?;
    let ended = runtime.block_on(work);
    runtime.shutdown_background();
    ended
}

/// The exit code of the failure of a daemon that writes to `store`.
pub(super) fn exit(store: &Path, failure: &Failure) -> ExitError {
    let text = failure.to_string();
    match failure {
        Failure::Store(e) => store_fault(store, e),
        Failure::StopTooLong(_) => ExitError::Busy(text),
        Failure::Rebuild(_) => {
            let fault = store::Error::Damaged { place: "an open hour".to_owned(), fault: text };
            store_fault(store, &fault)
        }
        Failure::Listen { .. } => ExitError::Io(text),
        Failure::Feed(_) => ExitError::Config(text),
        _ => ExitError::Internal(text),
    }
}

/// The areas of a list of stations; its faults all at once.
pub(super) fn registries(
    stations: &Path,
    sets: Option<&Path>,
    names: &BTreeMap<String, String>,
) -> Result<Vec<Registry>, ExitError> {
    config::registries(stations, sets, names).map_err(|faults| faulty(&faults))
}

/// Faults of a configuration, one a line.
pub(super) fn faulty(faults: &[Fault]) -> ExitError {
    let lines: Vec<String> = faults.iter().map(Fault::to_string).collect();
    ExitError::Config(lines.join("\n"))
}
