//! Readings of electricity meters as a file, a day later than a feed would bring them.
//!
//! In: a bearer token and a CSV body. Out: how many readings were taken, once they are durable; or every
//! fault by line, and then nothing is taken.

use axum::Json;
use axum::extract::{RawQuery, Request, State};
use axum::http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{Role, authorised};
use super::api::{one, parameters};
use super::guard::whole_body;
use super::operator::answered;
use super::problem::Problem;
use super::warning::asked_area;
use super::{Act, App, blocking};
use crate::measures::{PowerFault, PowerFile, PowerRow, read_power_files};
use crate::time::HourLabel;

/// The largest file: a day of some three thousand meters.
pub(super) const FILE_MAX_BYTES: usize = 4 << 20;

/// Files of readings that an operator hands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PowerUpload {
    /// The area's code.
    pub area: String,
    /// Who.
    pub person: String,
    /// Which end of its hour a time names.
    pub label: HourLabel,
    /// The files.
    pub files: Vec<PowerFile>,
    /// What they say.
    pub rows: Vec<PowerRow>,
}

/// Readings that were taken.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReadingsTaken {
    /// Who handed them in.
    person: String,
    /// How many, those that were known already among them.
    readings: usize,
}

/// Takes hours of electricity meters from a CSV file: `meter,time,kwh`, also `revision`. One value holds for
/// a meter and hour: that of the highest revision; under one revision the first.
#[utoipa::path(
    post,
    path = "/api/v1/power",
    params(
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("hour_label" = Option<String>, Query,
            description = "`begin` (default) or `end`: which end of its hour a time names")
    ),
    request_body(content = String, content_type = "text/csv"),
    security(("person" = [])),
    responses(
        (status = 200, body = ReadingsTaken),
        (status = 400, description = "faults by line, or a body that broke off; nothing is taken",
            body = Problem),
        (status = 401, description = "no token, or an unknown one", body = Problem),
        (status = 403, description = "the role does not allow it", body = Problem),
        (status = 404, description = "no such area", body = Problem),
        (status = 413, description = "larger than 4 MiB", body = Problem),
        (status = 503, description = "the engine does not answer", body = Problem)
    )
)]
pub(super) async fn files(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Json<ReadingsTaken>, Problem> {
    // Before a large body is read for anybody.
    let person = authorised(&app, &headers, Role::Operator).await?.name;
    let pairs = parameters(query.as_deref(), &["area", "hour_label"])?;
    let label = one(&pairs, "hour_label")?.map(|label| {
        label.parse::<HourLabel>().map_err(|e| Problem::bad_parameter("hour_label", e))
    });
    let label = label.transpose()?.unwrap_or_default();
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?.registry.area.to_string();
    let bytes = whole_body(request).await?;
    let file = PowerFile::read(String::new(), bytes.into());
    let files = vec![file.map_err(|fault| Problem::bad_parameter("body", fault))?];
    // Here and not in the engine, whose time is that of the whole city's air.
    let read = blocking(move || read_power_files(&files, label).map(|rows| (files, rows))).await?;
    let (files, rows) = read.map_err(|faults| refused(&faults))?;
    let upload = PowerUpload { area, person: person.clone(), label, files, rows };
    let taken = answered(&app, |reply| Act::Power { upload, reply }).await?;
    let readings = taken.map_err(|faults| refused(&faults))?;
    app.evidence.lock().await.forget();
    Ok(Json(ReadingsTaken { person, readings }))
}

fn refused(faults: &[PowerFault]) -> Problem {
    let told = format!("{}处错误，未载入", faults.len());
    let reasons = faults.iter().map(ToString::to_string).collect();
    Problem::bad_parameter("body", told).because(reasons)
}
