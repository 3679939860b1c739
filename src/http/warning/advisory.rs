//! Advisories (污染天气提示, 保良提示) as data: drafts, and what was released.
//!
//! In: the view, and the records of the archive. Out: one document for the room itself.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{PAGED, RecordDocument, asked_area, of_kind};
use crate::http::App;
use crate::http::api::parameters;
use crate::http::problem::Problem;
use crate::pipeline::AreaView;
use crate::warning::Draft;

/// An advisory that may be released.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct DraftDocument {
    /// `pollution` (污染天气提示) or `good_day` (保良提示).
    sort: &'static str,
    sort_zh: &'static str,
    text: String,
    /// Until when.
    until: String,
}

impl From<Draft> for DraftDocument {
    fn from(of: Draft) -> Self {
        Self {
            sort: of.sort.name(),
            sort_zh: of.sort.text_zh(),
            text: of.text,
            until: of.until.to_string(),
        }
    }
}

/// Advisories: what may be released, and what was.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct AdvisoriesDocument {
    area: String,
    simulated: bool,
    /// From the official forecast and the day so far; none while a warning is open.
    drafts: Vec<DraftDocument>,
    /// The newest first.
    released: Vec<RecordDocument>,
}

/// Drafts of advisories for an area as it stands.
pub(in crate::http) fn drafts(area: &AreaView) -> Vec<Draft> {
    let room = area.past().and_then(|past| area.room_of_set(0, past));
    let zones = area.warning.as_ref().map_or(&[][..], |params| &params.zones);
    area.warnings.drafts((&area.registry.name, zones), area.now, room.as_ref())
}

/// Advisories (污染天气提示, 保良提示): drafts from what is forecast, and what was released.
#[utoipa::path(
    get,
    path = "/api/v1/advisories",
    params(
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("from" = Option<String>, Query, description = "only from this day on"),
        ("to" = Option<String>, Query, description = "only until this day, included"),
        ("before" = Option<u64>, Query, description = "records with a lower number"),
        ("limit" = Option<usize>, Query, description = "1 to 1000, default 100")
    ),
    responses((status = 200, body = AdvisoriesDocument), (status = 404, body = Problem))
)]
pub(in crate::http) async fn advisories(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<AdvisoriesDocument>, Problem> {
    let released = of_kind(&app, query.as_deref(), "advisory").await?;
    let pairs = parameters(query.as_deref(), &PAGED)?;
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    Ok(Json(AdvisoriesDocument {
        area: area.registry.area.to_string(),
        simulated: view.simulated,
        drafts: drafts(area).into_iter().map(DraftDocument::from).collect(),
        released,
    }))
}
