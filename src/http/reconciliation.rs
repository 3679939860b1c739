//! 对账: our figures beside what the national platform published.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use super::api::{code, find_area, one, parameters};
use super::document::hour_ending;
use super::problem::Problem;
use super::{App, blocking};
use crate::area::{Member, Registry, Value};
use crate::observation::{Pollutant, Property};
use crate::reconciliation::{Cause, Difference, Quantity, Reconciliation, Tally, in_order};
use crate::standard::Practice;
use crate::time::{DAY_H, Day, Hour};

/// Differences told when the question does not say how many.
const DIFFERENCES: usize = 1000;
const DIFFERENCES_MAX: usize = 10_000;

/// Which hours are to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconciliationQuery {
    /// The area's code.
    pub area: String,
    /// The first hour.
    pub from: Hour,
    /// The last hour, included.
    pub to: Hour,
    /// Only differences of this cause; the tallies are of all.
    pub cause: Option<Cause>,
    /// So many differences, the newest.
    pub limit: usize,
}

/// Our figures beside those that the national platform published.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReconciliationDocument {
    area: String,
    /// The start of the first hour.
    from: String,
    /// The start of the last hour.
    to: String,
    /// By which ours were taken.
    practice: &'static str,
    /// What was compared, by quantity.
    totals: Vec<TotalDocument>,
    /// What differs, in the order of time; the newest where there are more than were asked for.
    differences: Vec<DifferenceDocument>,
}

/// What was compared of one quantity.
#[derive(Debug, Serialize, ToSchema)]
struct TotalDocument {
    quantity: &'static str,
    /// Values published for an entity and hour of ours.
    compared: u64,
    equal: u64,
    /// The others: `missing_station`, `late`, `rounding`, `reviewed`, `practice`, `unexplained`.
    by_cause: BTreeMap<&'static str, u64>,
}

/// One figure that differs.
#[derive(Debug, Serialize, ToSchema)]
struct DifferenceDocument {
    /// The start of the hour.
    time: String,
    /// As people read it: 15时 ends at 15:00.
    hour_ending: String,
    /// The area, `area/set`, or a station's code.
    entity: String,
    quantity: &'static str,
    /// Null for indices, classes and primary pollutants.
    unit: Option<&'static str>,
    /// A number, the code of a class, or codes of primary pollutants; null when there is none.
    #[schema(value_type = Object)]
    ours: Box<RawValue>,
    #[schema(value_type = Object)]
    published: Box<RawValue>,
    /// What had been published first.
    #[schema(value_type = Object)]
    published_first: Box<RawValue>,
    /// Ours less theirs; null where one of them is no number.
    #[schema(value_type = Option<f64>)]
    difference: Option<Box<RawValue>>,
    cause: &'static str,
    cause_zh: &'static str,
    /// The test that decided.
    evidence: &'static str,
    evidence_zh: &'static str,
}

impl ReconciliationDocument {
    /// Of a comparison of the hours from the first to the last of `span`.
    #[must_use]
    pub fn new(
        registry: &Registry,
        span: (Hour, Hour),
        practice: Practice,
        found: &Reconciliation,
    ) -> Self {
        let total = |(quantity, tally): (Quantity, &Tally)| TotalDocument {
            quantity: quantity.name(),
            compared: tally.compared,
            equal: tally.equal,
            by_cause: Cause::ALL.map(Cause::name).into_iter().zip(tally.by_cause).collect(),
        };
        let one =
            |(member, difference): &(Member, Difference)| document(registry, *member, difference);
        Self {
            area: registry.area.to_string(),
            from: span.0.start().to_string(),
            to: span.1.start().to_string(),
            practice: practice.code(),
            totals: in_order(&found.tallies).map(total).collect(),
            differences: found.differences.iter().map(one).collect(),
        }
    }
}

fn document(registry: &Registry, member: Member, difference: &Difference) -> DifferenceDocument {
    let quantity = difference.published.quantity;
    let evidence = difference.evidence();
    let raw = |text: String| RawValue::from_string(text).ok();
    DifferenceDocument {
        time: difference.hour.start().to_string(),
        hour_ending: hour_ending(difference.hour),
        entity: registry.name_of(member),
        quantity: quantity.name(),
        unit: unit(quantity),
        ours: json(quantity, difference.ours),
        published: json(quantity, difference.published.last),
        published_first: json(quantity, difference.published.first),
        difference: difference
            .gap()
            .filter(|_| quantity != Quantity::Category)
            .and_then(|gap| raw(quantity.show_number(gap))),
        cause: evidence.cause().name(),
        cause_zh: evidence.cause().text_zh(),
        evidence: evidence.name(),
        evidence_zh: evidence.text_zh(),
    }
}

/// The unit of a concentration.
pub(super) fn unit(quantity: Quantity) -> Option<&'static str> {
    quantity.pollutant().map(|p| Property::Pollutant(p).unit_text())
}

fn json(quantity: Quantity, value: Value) -> Box<RawValue> {
    let null = || RawValue::NULL.to_owned();
    let shown = match value {
        Value::Nothing | Value::Invalid(_) => return null(),
        Value::Primary(codes) => {
            to_raw_value(&codes.iter().map(Pollutant::code).collect::<Vec<_>>())
        }
        Value::Number(_) if quantity == Quantity::Category => to_raw_value(&quantity.show(value)),
        Value::Number(_) => RawValue::from_string(quantity.show(value)),
    };
    shown.unwrap_or_else(|_| null())
}

/// The first and last hour of the days asked for.
///
/// # Errors
/// A [`Problem`] naming the parameter.
pub(super) fn span(app: &App, from: &str, to: &str) -> Result<(Hour, Hour), Problem> {
    let day = |name: &str, text: &str| -> Result<Day, Problem> {
        text.parse().map_err(|e| Problem::bad_parameter(name, e))
    };
    let (from, to) = (day("from", from)?, day("to", to)?);
    let (first, last) = (from.start(), to.hour(DAY_H - 1));
    let hours = i64::from(last.number()) - i64::from(first.number()) + 1;
    let max = i64::from(app.config.max_series_hours);
    if !(1..=max).contains(&hours) {
        let detail = format!("from..to holds {hours} hours; 1 to {max} are answered");
        return Err(Problem::bad_parameter("to", detail));
    }
    Ok((first, last))
}

/// The cause asked for, if one is.
///
/// # Errors
/// A [`Problem`] naming the causes there are.
pub(super) fn cause(text: Option<&str>) -> Result<Option<Cause>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let found = Cause::ALL.into_iter().find(|cause| cause.name() == text);
    let names = || Cause::ALL.map(Cause::name).join(", ");
    found.map(Some).ok_or_else(|| Problem::bad_parameter("cause", format!("one of {}", names())))
}

/// Our figures beside what the national platform published: what differs and the likely cause, and how much
/// was compared. Published values are never used in our arithmetic.
#[utoipa::path(
    get,
    path = "/api/v1/areas/{area}/reconciliation",
    params(
        ("area" = String, Path, description = "the area's code"),
        ("from" = String, Query, description = "the first day, YYYY-MM-DD"),
        ("to" = String, Query, description = "the last day, included"),
        ("cause" = Option<String>, Query, description = "only differences of this cause"),
        ("limit" = Option<usize>, Query,
         description = "1 to 10000 differences, the newest; default 1000")
    ),
    responses((status = 200, body = ReconciliationDocument), (status = 400, body = Problem),
        (status = 404, body = Problem))
)]
pub(super) async fn reconciliation(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<ReconciliationDocument>, Problem> {
    let pairs = parameters(query.as_deref(), &["from", "to", "cause", "limit"])?;
    let needed =
        |name: &str| one(&pairs, name)?.ok_or_else(|| Problem::bad_parameter(name, "is needed"));
    let (from, to) = span(&app, needed("from")?, needed("to")?)?;
    let limit = one(&pairs, "limit")?.map_or(Ok(DIFFERENCES), |text| {
        let number = text.parse().ok().filter(|n| (1..=DIFFERENCES_MAX).contains(n));
        number.ok_or_else(|| Problem::bad_parameter("limit", format!("1 to {DIFFERENCES_MAX}")))
    })?;
    let cause = cause(one(&pairs, "cause")?)?;
    let view = app.services.view.borrow().clone();
    let registry = &find_area(&view, &code(path)?)?.registry;
    let query = ReconciliationQuery { area: registry.area.to_string(), from, to, cause, limit };
    let archive = app.services.archive.clone();
    let found = blocking(move || archive.reconciliation(&query)).await??;
    let practice = app.services.parameters.practice;
    Ok(Json(ReconciliationDocument::new(registry, (from, to), practice, &found)))
}
