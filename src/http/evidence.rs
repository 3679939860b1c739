//! Evidence by electricity (用电核查) as data: what each listed line takes during a response.
//!
//! In: the list that the response rests on, records of warnings, and what meters read. Out: a document; it names
//! enterprises, so it needs the token of a person. The page renders the same figures without persons.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde::Serialize;
use serde_json::Value;

use super::access::{Role, authorised};
use super::api::{one, parameters};
use super::archive::ArchiveError;
use super::edition::{UsedList, UsedListDocument};
use super::measures::edition;
use super::problem::Problem;
use super::warning::asked_area;
use super::{App, RecordsQuery, blocking};
use crate::measures::{Evidence, EvidenceAsked, EvidenceParams, Response};
use crate::measures::{evidence, meters, responses};
use crate::pipeline::AreaView;

/// What stands above all of it.
pub(super) const NO_VERDICT_ZH: &str = "用电数据仅作线索，不作为认定依据";
/// Records of levels that are looked at, the newest ones: some years of them.
const RECORDS: usize = 1000;

/// What electricity says of a warning's response.
#[derive(Debug, Serialize)]
struct EvidenceDocument {
    area: String,
    simulated: bool,
    now: String,
    /// 用电数据仅作线索，不作为认定依据.
    no_verdict_zh: &'static str,
    /// The list that it rests on: that which the issue of the warning's last level names.
    list: UsedListDocument,
    /// By what it is judged.
    parameters: EvidenceParams,
    /// The levels of response, the span of the baseline, and the lines by district: `answer` is `suspected`,
    /// `silent` (with the reason) or `reducing`; energies in Wh.
    #[serde(flatten)]
    evidence: Evidence,
}

/// The responses of an area, in their order.
pub(super) async fn all_responses(app: &App, area: &AreaView) -> Result<Vec<Response>, Problem> {
    let (code, archive) = (area.registry.area.to_string(), app.services.archive.clone());
    let asked = RecordsQuery {
        kinds: vec!["issued", "took_effect"],
        before: None,
        drill: Some(None),
        limit: RECORDS,
    };
    let mut records = blocking(move || archive.records(&code, &asked)).await??;
    records.reverse();
    Ok(responses(&records))
}

/// What electricity says of a warning, and by which list; `None` before a level of it took effect, and where
/// no list is in use.
pub(super) async fn gathered(
    app: &App,
    area: &AreaView,
    responses: Vec<Response>,
    warning: u64,
) -> Result<Option<(Evidence, UsedList)>, Problem> {
    let (code, now) = (area.registry.area.to_string(), area.now);
    let last = responses.iter().rev().find(|response| response.warning == warning);
    let Some(named) = last.map(|response| response.list.clone()) else { return Ok(None) };
    let Some(used) = UsedList::of(app, named).await? else { return Ok(None) };
    let edition = used.edition.clone();
    let (archive, params) = (app.services.archive.clone(), app.services.lists.evidence);
    let busy = |_| Problem::unavailable("the daemon stops");
    let one = app.evidence.clone().acquire_owned().await.map_err(busy)?;
    let found = blocking(move || -> Result<Option<Evidence>, ArchiveError> {
        // Held until the work is done, also when nobody waits for the answer any more.
        let _one = one;
        let asked = EvidenceAsked { warning, responses: &responses, now, params: &params };
        let Some(span) = asked.span() else { return Ok(None) };
        let readings = archive.power(&code, span, &meters(&edition))?;
        Ok(evidence(&edition, &asked, &readings))
    });
    Ok(found.await??.map(|found| (found, used)))
}

/// What electricity says of each listed line during a warning's response (用电核查): evidence, never a verdict.
/// It rests on the list that the issue of its last level names.
#[utoipa::path(
    get,
    path = "/api/v1/evidence/{warning}",
    params(
        ("warning" = u64, Path, description = "the number of its first recommendation"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("hours" = Option<bool>, Query, description = "with every hour of every line")
    ),
    security(("person" = [])),
    responses(
        (status = 200, body = Object),
        (status = 400, body = Problem),
        (status = 401, description = "no token, or an unknown one", body = Problem),
        (status = 404, description = "no list, or no level took effect", body = Problem)
    )
)]
pub(super) async fn of_warning(
    State(app): State<App>,
    path: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    authorised(&app, &headers, Role::Viewer).await?;
    let Path(warning) = path.map_err(|e| Problem::bad_parameter("path", e))?;
    let pairs = parameters(query.as_deref(), &["area", "hours"])?;
    let with_hours = match one(&pairs, "hours")? {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Problem::bad_parameter("hours", "true or false expected")),
    };
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    edition(&app)?;
    let responses = all_responses(&app, area).await?;
    let found = gathered(&app, area, responses, warning).await?;
    let none = || Problem::not_found(format!("no level of warning {warning} took effect yet"));
    let (mut evidence, used) = found.ok_or_else(none)?;
    if !with_hours {
        let lines = evidence.districts.iter_mut().flat_map(|district| &mut district.lines);
        lines.for_each(|line| line.hours.clear());
    }
    let document = EvidenceDocument {
        area: area.registry.area.to_string(),
        simulated: view.simulated,
        now: area.now.to_string(),
        no_verdict_zh: NO_VERDICT_ZH,
        list: used.document(),
        parameters: app.services.lists.evidence,
        evidence,
    };
    let document = serde_json::to_value(document);
    document.map(Json).map_err(|e| Problem::internal("the evidence cannot be written", &e))
}
