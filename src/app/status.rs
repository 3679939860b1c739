//! What the heartbeat of an area says: that we run, how far we are, and the head of the chain.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;

use super::archive::StoreArchive;
use crate::area::AreaId;
use crate::clock;
use crate::pipeline::{Alarm, AreaView, Subject, View};

/// The document in `lantian/{area}/status`.
#[derive(Debug, Serialize)]
struct Status<'a> {
    area: &'a str,
    state: &'static str,
    /// By the clock on the wall.
    time: String,
    /// A receiver that hears nothing for this long should raise its own alarm.
    next_within_s: u64,
    program: &'static str,
    /// The last commit, and the digest in which the chain ends there: a cut tail shows by it.
    sequence: u64,
    chain: String,
    /// The start of the newest published hour.
    newest_hour: Option<String>,
    caught_up: Option<bool>,
    silences: Vec<Silence<'a>>,
    simulated: bool,
}

#[derive(Debug, Serialize)]
struct Silence<'a> {
    subject: &'static str,
    station: Option<&'a str>,
    since: String,
}

/// The status of an area as it stands.
pub(super) fn document(
    area: &AreaId,
    views: &watch::Receiver<Arc<View>>,
    archive: &StoreArchive,
    next_within_s: u64,
) -> Vec<u8> {
    let view = views.borrow().clone();
    let shown = view.areas.iter().find(|a| a.registry.area == *area);
    let (sequence, chain) = archive.head(area).unwrap_or_default();
    let status = Status {
        area: area.as_str(),
        state: "running",
        time: clock::now().to_string(),
        next_within_s,
        program: env!("CARGO_PKG_VERSION"),
        sequence,
        chain: chain.iter().map(|byte| format!("{byte:02x}")).collect(),
        newest_hour: shown.and_then(|a| a.newest).map(|hour| hour.start().to_string()),
        caught_up: shown.and_then(|a| a.caught_up),
        silences: shown.map(|a| silences(a)).unwrap_or_default(),
        simulated: view.simulated,
    };
    serde_json::to_vec(&status).unwrap_or_default() // of plain values
}

fn silences(area: &AreaView) -> Vec<Silence<'_>> {
    let one = |alarm: &Alarm| {
        let station = match alarm.subject {
            Subject::Station(at) => area.registry.stations.get(at).map(|s| s.id.as_str()),
            Subject::Daemon | Subject::Feed | Subject::Area => None,
            // No silence.
            Subject::Clock(_) | Subject::Behind(_) | Subject::Differs(_) => return None,
        };
        let since = alarm.since.to_string();
        Some(Silence { subject: alarm.subject.name(), station, since })
    };
    area.alarms.iter().filter_map(one).collect()
}
