//! Who is told in the demo: people of its own, and a receiver in the same process that takes everything.
//!
//! Simulated air rings nobody's telephone: the one channel of the demo is meant for it, and goes nowhere.

use std::path::Path;

use axum::Router;
use axum::routing::post;
use tokio::net::TcpListener;

use crate::command::{ExitError, daemon};
use crate::config::{self, NotifyConfig};

const NOTIFY: &str = include_str!("../../../seeds/demo/notify.toml");
const ROSTER: &str = include_str!("../../../seeds/demo/roster.toml");

/// A receiver that takes everything, and the configuration that leads there; its files go to `scratch`.
pub(super) async fn notify(scratch: &Path) -> Result<NotifyConfig, ExitError> {
    let io = |e: std::io::Error| ExitError::Io(e.to_string());
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(io)?;
    let port = listener.local_addr().map_err(io)?.port();
    let receiver = Router::new().route("/", post(|| async { "ok" }));
    // Ends with the process.
    tokio::spawn(async move { axum::serve(listener, receiver).await });
    let write = |name: &str, text: &str| {
        let path = scratch.join(name);
        std::fs::write(&path, text).map(|()| path)
    };
    write("roster.toml", ROSTER).map_err(io)?;
    let path = write("notify.toml", &NOTIFY.replace("PORT", &port.to_string())).map_err(io)?;
    config::notify(&path).map_err(|faults| daemon::faulty(&faults))
}
