//! What the commands that publish share: the broker, the pace, the areas, the progress bar.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use super::ExitError;
use crate::replay::Fault;
use crate::replay::publish::{Areas, BrokerUrl, Message, Pace, Publisher};
use crate::replay::stations::{StationRow, read_stations};

/// The areas of the stations in a list and of those beyond it.
pub(super) fn areas(stations: Option<&Path>, otherwise: Option<&str>) -> Result<Areas, ExitError> {
    let listed = stations.map_or(Ok(Vec::new()), listed)?;
    if listed.is_empty() && otherwise.is_none() {
        return Err(ExitError::Usage("--stations FILE or --area AREA is needed".to_owned()));
    }
    Ok(Areas::new(&listed, otherwise.map(str::to_owned)))
}

/// A list of stations; its faults all at once.
pub(super) fn listed(path: &Path) -> Result<Vec<StationRow>, ExitError> {
    read_stations(path).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(Fault::to_string).collect();
        ExitError::Data(lines.join("\n"))
    })
}

/// Reads `--speed`.
pub(super) fn pace(speed: f64) -> Result<Pace, ExitError> {
    Pace::new(speed)
        .ok_or_else(|| ExitError::Usage(format!("--speed: 0 or more expected, got {speed}")))
}

/// The runtime of a command that publishes.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, ExitError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| ExitError::Internal(format!("no runtime: {e}")))
}

/// Connects under a client id of this process, so that two replays do not push each other out.
pub(super) async fn connect(broker: &BrokerUrl, what: &str) -> Result<Publisher, ExitError> {
    let client_id = format!("lantian-{what}-{}", std::process::id());
    Publisher::connect(broker, &client_id).await.map_err(|e| ExitError::Io(e.to_string()))
}

/// Publishes messages in their order.
pub(super) async fn publish_all(
    publisher: &mut Publisher,
    messages: Vec<Message>,
) -> Result<(), ExitError> {
    for message in messages {
        publisher.publish(message).await.map_err(|e| ExitError::Io(e.to_string()))?;
    }
    Ok(())
}

/// A progress bar; hidden when standard error is no terminal.
pub(super) fn bar(total: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template);
    ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
