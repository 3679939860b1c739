//! Whether the daemon is fit for use, with the reasons why not.
//!
//! In: what the engine and the store's thread say of themselves, and whether there is a picture to show. Out:
//! readiness, for `/readyz`.

use std::sync::Arc;

use prometheus::IntGauge;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::core::EngineHealth;
use crate::http::Health;
use crate::pipeline::View;

/// Turns what the engine and the store's thread say, and whether there is a picture to show, into readiness
/// with reasons.
pub(super) async fn judge(
    (mut engine, mut store, mut views): (
        watch::Receiver<EngineHealth>,
        watch::Receiver<Option<String>>,
        watch::Receiver<Arc<View>>,
    ),
    (ready, gauge): (watch::Sender<Health>, IntGauge),
    feeds: Vec<String>,
    cancel: CancellationToken,
) {
    loop {
        let now = engine.borrow_and_update().clone();
        let mut reasons: Vec<String> = store.borrow_and_update().iter().cloned().collect();
        if let Some(ms) = now.clock_jumped_ms {
            let minutes = ms / 60_000;
            reasons.push(format!("the system clock jumped {minutes} min forward; confirm it"));
        }
        let named = |of: &[usize], what: &str| -> Vec<String> {
            of.iter().map(|n| format!("feed {} {what}", feeds[*n])).collect()
        };
        reasons.extend(named(&now.disconnected, "is not connected"));
        reasons.extend(named(&now.catching_up, "is catching up"));
        let pictured = !views.borrow_and_update().areas.is_empty();
        if !pictured {
            reasons.push("no picture of the areas is made yet".to_owned());
        }
        if cancel.is_cancelled() {
            reasons.push("stopping".to_owned());
        }
        gauge.set(reasons.is_empty().into());
        ready.send_replace(Health { ready: reasons.is_empty(), reasons });
        tokio::select! {
            () = cancel.cancelled(), if !cancel.is_cancelled() => {}
            changed = engine.changed() => if changed.is_err() { return },
            changed = store.changed() => if changed.is_err() { return },
            changed = views.changed(), if !pictured => if changed.is_err() { return },
        }
    }
}
