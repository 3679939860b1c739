//! Why a figure is what it is.

use axum::Json;
use axum::extract::{RawQuery, State};

use super::api::{one, parameters};
use super::problem::Problem;
use super::series::{entity_id, hour};
use super::{App, EntityId, blocking};
use crate::area::Quantity;
use crate::explanation::Explanation;
use crate::pipeline::View;
use crate::standard::Practice;
use crate::time::{DAY_H, Hour, HourLabel};

const KNOWN: [&str; 6] = ["entity", "quantity", "time", "area", "practice", "hour_label"];

/// Which figure is to be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainQuery {
    /// Whose.
    pub entity: EntityId,
    /// Which one.
    pub quantity: Quantity,
    /// Of which hour.
    pub hour: Hour,
    /// By which practice it is judged.
    pub practice: Practice,
}

/// What a query asks for.
pub(super) fn asked(query: Option<&str>, view: &View, app: &App) -> Result<ExplainQuery, Problem> {
    let pairs = parameters(query, &KNOWN)?;
    let needed =
        |name: &str| one(&pairs, name)?.ok_or_else(|| Problem::bad_parameter(name, "is needed"));
    let name = needed("quantity")?;
    let quantity = Quantity::parse(name).ok_or_else(|| {
        let known: Vec<_> = Quantity::all().into_iter().map(Quantity::name).collect();
        let detail = format!("{name:?} is not one of {}", known.join(", "));
        Problem::bad_parameter("quantity", detail)
    })?;
    let label = match one(&pairs, "hour_label")? {
        None | Some("begin") => HourLabel::Begin,
        Some("end") => HourLabel::End,
        Some(_) => return Err(Problem::bad_parameter("hour_label", "begin or end")),
    };
    let practice: Practice = match one(&pairs, "practice")? {
        None => app.services.parameters.practice,
        Some(text) => text.parse().map_err(|e| Problem::bad_parameter("practice", e))?,
    };
    let hour = hour(needed("time")?, label, DAY_H - 1, "time")?;
    let entity = entity_id(view, needed("entity")?, one(&pairs, "area")?)?;
    Ok(ExplainQuery { entity, quantity, hour, practice })
}

/// Why a figure of an hour is what it is: its inputs with their marks and when they came, what was left out,
/// coverage, sums, each step of rounding, breakpoints, clauses, and what changed after it was published.
#[utoipa::path(
    get,
    path = "/api/v1/explain",
    params(
        ("entity" = String, Query, description = "a station, an area, or `area/set`"),
        ("quantity" = String, Query,
            description = "a column of an export, or `o3_1h_max_today`"),
        ("time" = String, Query, description = "the hour: its label; a day is its last hour"),
        ("area" = Option<String>, Query, description = "where station codes repeat"),
        ("practice" = Option<String>, Query, description = "`letter` or `national_platform`"),
        ("hour_label" = Option<String>, Query,
            description = "whether `time` names the begin (default) or the end of the hour")
    ),
    responses(
        (status = 200, body = Explanation),
        (status = 400, body = Problem),
        (status = 404, description = "no such entity, or nothing published of it in that hour",
            body = Problem),
        (status = 409, description = "the code stands in several areas", body = Problem)
    )
)]
pub(super) async fn explain(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<Explanation>, Problem> {
    let view = app.services.view.borrow().clone();
    let asked = asked(query.as_deref(), &view, &app)?;
    let archive = app.services.archive.clone();
    Ok(Json(blocking(move || archive.explain(&asked)).await??))
}
