//! The built-in forecast of each area, made beside the engine and handed to it like any other.
//!
//! In: the view after each commit, and the hours of the archive. Out: an act that enters the forecast, so
//! that it stands in the chain and an audit handles it again.
//!
//! Invariants: never on the engine's thread, since it takes a fraction of a second; one for each newest hour;
//! nothing while a backlog is taken. What cannot be forecast is told once, in the log, with its reason.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::Failure;
use super::archive::StoreArchive;
use crate::area::AreaId;
use crate::http::{Act, Archive as _, EntityId, SeriesQuery};
use crate::observation::Dataset;
use crate::outlook::{Forecast, Nowcast, Series};
use crate::pipeline::{AreaView, View};
use crate::standard::Parameters;
use crate::time::Hour;
use crate::warning;

/// Follows the views until cancelled.
pub(super) async fn run(
    mut views: watch::Receiver<Arc<View>>,
    archive: Arc<StoreArchive>,
    acts: mpsc::Sender<Act>,
    parameters: Parameters,
    cancel: CancellationToken,
) -> Result<(), Failure> {
    let mut made: BTreeMap<AreaId, Hour> = BTreeMap::new();
    let mut told: BTreeMap<AreaId, String> = BTreeMap::new();
    loop {
        tokio::select! {
            () = cancel.cancelled() => return Ok(()),
            changed = views.changed() => if changed.is_err() { return Ok(()) },
        }
        let view = views.borrow_and_update().clone();
        for (_, area) in view.watched() {
            let code = &area.registry.area;
            let Some(newest) = due(area).filter(|newest| made.get(code) != Some(newest)) else {
                continue;
            };
            made.insert(code.clone(), newest);
            let (archive, area_code) = (Arc::clone(&archive), code.to_string());
            let work = move || forecast(&archive, area_code, newest, parameters);
            let found = tokio::task::spawn_blocking(work).await;
            match found.unwrap_or_else(|_| Err("it panicked".to_owned())) {
                Ok(forecast) => {
                    told.remove(code);
                    enter(&acts, code, forecast).await;
                }
                Err(reason) if told.get(code) != Some(&reason) => {
                    tracing::info!(area = code.as_str(), reason, "no built-in forecast");
                    told.insert(code.clone(), reason);
                }
                Err(_) => {}
            }
        }
    }
}

/// The newest hour of an area whose backlog is taken.
fn due(area: &AreaView) -> Option<Hour> {
    area.newest.filter(|_| area.warning.is_some() && area.caught_up == Some(true))
}

fn forecast(
    archive: &StoreArchive,
    area: String,
    newest: Hour,
    parameters: Parameters,
) -> Result<Forecast, String> {
    let from = newest.plus(-Nowcast::BACK_DAYS * 24);
    let entity = EntityId::Set { area, set: String::new() };
    let practice = parameters.practice;
    let asked = SeriesQuery { dataset: Dataset::Best, entity, from, to: newest, practice };
    let hours = archive.series(&asked).map_err(|e| e.to_string())?;
    let series = Series::of_figures(from, hours.iter());
    let nowcast = Nowcast::of(&series, newest, &parameters).map_err(|e| e.to_string())?;
    nowcast.issue().ok_or_else(|| "no AQI can be forecast".to_owned())
}

/// Hands it to the engine; what it answers is of no use, since the next hour brings another.
async fn enter(acts: &mpsc::Sender<Act>, area: &AreaId, forecast: Forecast) {
    let (reply, answer) = oneshot::channel();
    let act = warning::Act::Forecast(forecast);
    let act = Act::Warning { area: area.to_string(), person: String::new(), act, reply };
    if acts.send(act).await.is_ok() {
        let _ = answer.await;
    }
}
