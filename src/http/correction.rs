//! Corrections of values by operators, and what was changed after it was published.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::access::{Role, authorised};
use super::api::{before, between, code, find_area, limit, one, parameters};
use super::operator::{Done, acted};
use super::problem::Problem;
use super::{Act, App, CorrectionRow, RevisionRow, blocking};
use crate::average::Correction;
use crate::observation::{Code, Property, read_amount};
use crate::time::{Day, Hour, Instant};

/// The longest reason, in characters.
const REASON_MAX_CHARS: usize = 500;
/// The longest span of revisions, in days.
const REVISION_DAYS_MAX: i32 = 366;

/// What an operator asks to be done to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correct {
    /// The area's code.
    pub area: String,
    /// Who.
    pub person: String,
    /// Why.
    pub reason: String,
    /// The station's code.
    pub station: String,
    /// What is measured.
    pub property: Property,
    /// The hour.
    pub hour: Hour,
    /// What is to hold.
    pub act: Correction,
}

/// What an operator asks for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnteredCorrection<'a> {
    /// The station's code.
    station: String,
    /// The property's code, such as `pm2_5`.
    quantity: String,
    /// The start of the hour, RFC 3339.
    time: String,
    /// `set`, `invalidate` or `withdraw`.
    act: String,
    /// With `set`: the value that is to hold, in µg/m³, CO in mg/m³.
    #[serde(borrow, default)]
    #[schema(value_type = Option<f64>)]
    value: Option<&'a RawValue>,
    /// Why, for the trail.
    reason: String,
}

impl EnteredCorrection<'_> {
    fn checked(self, area: String, person: &str) -> Result<Correct, Problem> {
        let property = Property::parse(&self.quantity)
            .ok_or_else(|| Problem::bad_parameter("quantity", "no known property"))?;
        let hour = Instant::parse_rfc3339(&self.time)
            .map_err(|e| Problem::bad_parameter("time", e))
            .map(Instant::hour)?;
        if hour.start() != Instant::parse_rfc3339(&self.time).unwrap_or_default() {
            return Err(Problem::bad_parameter("time", "not the start of an hour"));
        }
        let reason = self.reason.trim().to_owned();
        if !(1..=REASON_MAX_CHARS).contains(&reason.chars().count()) {
            let detail = format!("1 to {REASON_MAX_CHARS} characters are needed");
            return Err(Problem::bad_parameter("reason", detail));
        }
        let act = match (self.act.as_str(), self.value) {
            ("set", Some(value)) => {
                let reading = read_amount(value.get().as_bytes(), Code::of(property));
                if !reading.validity.is_valid() {
                    return Err(Problem::bad_parameter("value", reading.validity.name()));
                }
                Correction::Set(reading.amount)
            }
            ("set", None) => return Err(Problem::bad_parameter("value", "is needed to set")),
            ("invalidate", None) => Correction::Invalidate,
            ("withdraw", None) => Correction::Withdraw,
            ("invalidate" | "withdraw", Some(_)) => {
                return Err(Problem::bad_parameter("value", "stands only with act set"));
            }
            _ => return Err(Problem::bad_parameter("act", "set, invalidate or withdraw")),
        };
        let (person, station) = (person.to_owned(), self.station);
        Ok(Correct { area, person, reason, station, property, hour, act })
    }
}

/// Sets, invalidates or releases one value of a station of the city's own.
///
/// Stations of the national and the provincial centre are refused; the attempt is in the trail.
#[utoipa::path(
    post,
    path = "/api/v1/areas/{area}/corrections",
    params(("area" = String, Path, description = "the area's code")),
    request_body = EnteredCorrection,
    security(("person" = [])),
    responses(
        (status = 200, body = Done),
        (status = 400, description = "what is asked cannot be read", body = Problem),
        (status = 401, description = "no token, or an unknown one", body = Problem),
        (status = 403, description = "the role does not allow it", body = Problem),
        (status = 404, description = "no such area", body = Problem),
        (status = 409, description = "refused, with the reason", body = Problem),
        (status = 503, description = "the engine does not answer", body = Problem)
    )
)]
pub(super) async fn correct(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Done>, Problem> {
    let person = authorised(&app, &headers, Role::Operator).await?;
    let view = app.services.view.borrow().clone();
    let area = find_area(&view, &code(path)?)?.registry.area.to_string();
    let asked: EnteredCorrection<'_> =
        serde_json::from_slice(&body).map_err(|e| Problem::bad_parameter("body", e))?;
    let correct = asked.checked(area, &person.name)?;
    acted(&app, person, |reply| Act::Correct { correct, reply }).await
}

/// An act of an operator, as the trail holds it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CorrectionDocument {
    /// Counts up.
    number: u64,
    at: String,
    person: String,
    reason: String,
    station: String,
    quantity: String,
    /// The start of the hour.
    time: String,
    act: String,
    /// What was to hold, in 0.001 of the quantity's unit.
    amount_milli: Option<i32>,
    /// Why it was refused; null when it was taken.
    refused: Option<String>,
}

impl From<CorrectionRow> for CorrectionDocument {
    fn from(row: CorrectionRow) -> Self {
        Self {
            number: row.number,
            at: row.at.to_string(),
            person: row.person,
            reason: row.reason,
            station: row.station,
            quantity: row.quantity,
            time: row.hour.start().to_string(),
            act: row.act,
            amount_milli: row.amount,
            refused: row.refused,
        }
    }
}

/// What operators did to values of an area, or tried to: the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/areas/{area}/corrections",
    params(
        ("area" = String, Path, description = "the area's code"),
        ("before" = Option<u64>, Query, description = "acts with a lower number"),
        ("from" = Option<String>, Query, description = "only from this day on"),
        ("to" = Option<String>, Query, description = "only until this day, included"),
        ("limit" = Option<usize>, Query, description = "1 to 1000, default 100")
    ),
    security(("person" = [])),
    responses(
        (status = 200, body = Vec<CorrectionDocument>),
        (status = 401, description = "no token, or an unknown one", body = Problem),
        (status = 404, body = Problem)
    )
)]
pub(super) async fn corrections(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<CorrectionDocument>>, Problem> {
    authorised(&app, &headers, Role::Viewer).await?;
    let pairs = parameters(query.as_deref(), &["from", "to", "before", "limit"])?;
    let (range, limit) = ((before(&pairs)?, between(&pairs)?), limit(&pairs)?);
    let view = app.services.view.borrow().clone();
    let area = find_area(&view, &code(path)?)?.registry.area.to_string();
    let archive = app.services.archive.clone();
    let rows = blocking(move || archive.corrections(&area, range, limit)).await??;
    Ok(Json(rows.into_iter().map(CorrectionDocument::from).collect()))
}

/// What changed for one entity on one day, after it was published.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RevisionDocument {
    /// When, by the area's clock.
    at: String,
    entity: String,
    /// The day of the hours that changed.
    day: String,
    /// `late`, `corrected`, `operator`, `import`, `stations` or `rules`.
    cause: String,
    /// `[[hour of the day 0 to 23, quantity, old, new], …]`; amounts in 0.001 µg/m³.
    #[schema(value_type = Vec<Object>)]
    changes: Box<RawValue>,
}

impl From<RevisionRow> for RevisionDocument {
    fn from(row: RevisionRow) -> Self {
        let changes = RawValue::from_string(row.changes);
        Self {
            at: row.at.to_string(),
            entity: row.entity,
            day: row.day.to_string(),
            cause: row.cause,
            changes: changes.unwrap_or_else(|_| RawValue::NULL.to_owned()),
        }
    }
}

/// What changed of an entity's figures after they were published, in the order in which it happened.
#[utoipa::path(
    get,
    path = "/api/v1/areas/{area}/revisions",
    params(
        ("area" = String, Path, description = "the area's code"),
        ("entity" = String, Query, description = "the area, `area/set`, or a station's code"),
        ("from" = String, Query, description = "the first day, YYYY-MM-DD"),
        ("to" = String, Query, description = "the last day, included; at most 366 in all")
    ),
    responses((status = 200, body = Vec<RevisionDocument>), (status = 400, body = Problem),
        (status = 404, body = Problem))
)]
pub(super) async fn revisions(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<RevisionDocument>>, Problem> {
    let pairs = parameters(query.as_deref(), &["entity", "from", "to"])?;
    let needed =
        |name: &str| one(&pairs, name)?.ok_or_else(|| Problem::bad_parameter(name, "is needed"));
    let day = |name: &str| -> Result<Day, Problem> {
        needed(name)?.parse().map_err(|e| Problem::bad_parameter(name, e))
    };
    let (from, to) = (day("from")?, day("to")?);
    if !(1..=REVISION_DAYS_MAX).contains(&(to.number() - from.number() + 1)) {
        let detail = format!("1 to {REVISION_DAYS_MAX} days are answered");
        return Err(Problem::bad_parameter("to", detail));
    }
    let view = app.services.view.borrow().clone();
    let registry = &find_area(&view, &code(path)?)?.registry;
    let entity = needed("entity")?.to_owned();
    if registry.member(&entity).is_none() {
        return Err(Problem::not_found(format!("no entity {entity:?}")));
    }
    let (area, archive) = (registry.area.to_string(), app.services.archive.clone());
    let rows = blocking(move || archive.revisions(&area, &entity, (from, to))).await??;
    Ok(Json(rows.into_iter().map(RevisionDocument::from).collect()))
}
