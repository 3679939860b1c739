//! The emergency-measures list: what an edition holds, what it falls short of, and who has to do what.
//!
//! In: the edition of the configuration, and a warning's records. Out: documents. The dispatch names persons
//! and their telephones, so it needs the token of a person.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::access::{Role, authorised};
use super::api::parameters;
use super::edition::UsedList;
use super::execution::{StepDocument, with_steps};
use super::problem::Problem;
use super::warning::{RecordDocument, asked_area, of_kind};
use super::{App, blocking};
use crate::measures::{Edition, Required, dispatch, shortfall};
use crate::time::Day;
use crate::warning::{Body, Level};

/// What an edition holds.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EditionDocument {
    city: String,
    /// 备案文号.
    filing: String,
    in_force: String,
    /// Whether it is older than the last 30 September: it goes on to be used.
    overdue: bool,
    digest: String,
    /// Why the edition of the configuration is not the one in use: each fault by sheet and cell.
    refused: Vec<String>,
    enterprise_count: usize,
    line_count: usize,
    source_count: usize,
    /// By level: what is removed of each substance, what is asked for, and what is missing.
    #[schema(value_type = Vec<Object>)]
    shortfall: Value,
}

impl EditionDocument {
    fn of(edition: &Edition, refused: &[String], today: Day) -> Self {
        let all = Level::ALL.map(|level| shortfall(edition, level, Required::DEFAULT));
        Self {
            city: edition.city.clone(),
            filing: edition.filing.clone(),
            in_force: edition.in_force.to_string(),
            overdue: edition.is_overdue(today),
            digest: edition.digest(),
            refused: refused.to_vec(),
            enterprise_count: edition.enterprise_count(),
            line_count: edition.lines.len(),
            source_count: edition.sources.len(),
            shortfall: serde_json::to_value(all).unwrap_or_default(), // of plain values
        }
    }
}

/// The edition in use; a problem where there is none.
pub(super) fn edition(app: &App) -> Result<&Edition, Problem> {
    let edition = app.services.lists.measures.as_deref();
    edition.ok_or_else(|| Problem::not_found("no emergency-measures list is configured"))
}

/// The emergency-measures list in use, and its shortfall at each level (减排缺口).
#[utoipa::path(
    get,
    path = "/api/v1/measures",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without")),
    responses((status = 200, body = EditionDocument), (status = 404, body = Problem))
)]
pub(super) async fn measures(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<EditionDocument>, Problem> {
    let pairs = parameters(query.as_deref(), &["area"])?;
    let view = app.services.view.borrow().clone();
    let today = asked_area(&view, &pairs)?.now.hour().day();
    Ok(Json(EditionDocument::of(edition(&app)?, &app.services.lists.refused, today)))
}

/// The editions of the list that came into use, the newest first; each with what it changed row by row, and
/// why.
#[utoipa::path(
    get,
    path = "/api/v1/measures/editions",
    params(
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("from" = Option<String>, Query, description = "only from this day on"),
        ("to" = Option<String>, Query, description = "only until this day, included"),
        ("before" = Option<u64>, Query, description = "records with a lower number"),
        ("limit" = Option<usize>, Query, description = "1 to 1000, default 100")
    ),
    responses((status = 200, body = Vec<RecordDocument>), (status = 404, body = Problem))
)]
pub(super) async fn editions(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<RecordDocument>>, Problem> {
    of_kind(&app, query.as_deref(), "list_adopted").await.map(Json)
}

/// The dispatch (任务单) of a warning: what each district and department has to do at the response's level that
/// was issued last, by the edition of the list that the issue names (`list`), and which step each reached.
#[utoipa::path(
    get,
    path = "/api/v1/dispatch/{warning}",
    params(
        ("warning" = u64, Path, description = "the number of its first recommendation"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without")
    ),
    security(("person" = [])),
    responses(
        (status = 200, body = Object),
        (status = 401, description = "no token, or an unknown one", body = Problem),
        (status = 404, description = "no list, or nothing was issued", body = Problem)
    )
)]
pub(super) async fn of_warning(
    State(app): State<App>,
    path: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    authorised(&app, &headers, Role::Viewer).await?;
    let Path(number) = path.map_err(|e| Problem::bad_parameter("path", e))?;
    let pairs = parameters(query.as_deref(), &["area"])?;
    let view = app.services.view.borrow().clone();
    let code = asked_area(&view, &pairs)?.registry.area.to_string();
    let archive = app.services.archive.clone();
    let records = blocking(move || archive.warning(&code, number)).await??;
    let issued = records.iter().rev().find_map(|record| match &record.body {
        Body::Issued(issue) => {
            let listed = issue.list_digest().map(str::to_owned);
            Some((record, issue.response?, listed))
        }
        _ => None,
    });
    let none = || Problem::not_found(format!("nothing was issued in warning {number}"));
    let (issue, response, listed) = issued.ok_or_else(none)?;
    let used = UsedList::needed(&app, listed).await?;
    let found = serde_json::to_value(dispatch(&used.edition, response));
    let mut found = found.map_err(|e| Problem::internal("the dispatch cannot be written", &e))?;
    found["list"] = serde_json::to_value(used.document()).unwrap_or_default(); // of plain values
    let steps: Vec<StepDocument> =
        records.iter().filter_map(|record| StepDocument::of(record, issue.number)).collect();
    Ok(Json(with_steps(found, issue, &steps)))
}
