//! The outlook and the warnings of an area as data: where they stand, and what was recorded.
//!
//! In: the view for now, the archive for records. Out: documents for the room itself, which say what is
//! recommended; and one for the public, which carries only what is issued and the official forecast.
//!
//! Invariants: what the public gets is made from [`InForce`], [`Coming`] and official forecasts and from
//! nothing else, so what is not issued cannot leak through it.
//!
//! Source: issue 5, Build 7 and 9; terms.md (unissued warnings do not leak).

mod acts;
mod advisory;
mod drill;
mod hours;
mod skill;

pub(super) use acts::*;
pub(super) use advisory::*;
pub(super) use drill::*;
pub(super) use hours::*;
pub(super) use skill::*;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::api::{before, between, limit, one, parameters};
use super::problem::Problem;
use super::public::Public;
use super::{App, blocking};
use crate::outlook::{ForecastSpan, KeptForecast, Source};
use crate::pipeline::{AreaView, View};
use crate::time::Instant;
use crate::warning::{
    Coming, Evaluation, InForce, Level, Proposal, Record, Refusal, RuleSet, Warnings,
};

/// Which records are asked of the archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordsQuery {
    /// Only of these kinds; empty for all.
    pub kinds: Vec<&'static str>,
    /// Only with a lower number.
    pub before: Option<u64>,
    /// Only of this drill, or with `Some(None)` only what is real.
    pub drill: Option<Option<u64>>,
    /// Only from a moment on and before another.
    pub between: Option<(Instant, Instant)>,
    /// At most so many.
    pub limit: usize,
}

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecordDocument {
    /// Counts up in an area.
    number: u64,
    /// When, by the area's clock.
    at: String,
    /// Who entered it; null for Lantian itself and for messages.
    person: Option<String>,
    /// The drill that it belongs to; null for what is real.
    drill: Option<u64>,
    /// In a sentence.
    text_zh: String,
    /// What happened; `kind` says of which kind it is.
    #[schema(value_type = Object)]
    what: Value,
}

impl From<&Record> for RecordDocument {
    fn from(record: &Record) -> Self {
        Self {
            number: record.number,
            at: record.at.to_string(),
            person: record.person.clone(),
            drill: record.drill,
            text_zh: record.text_zh(),
            // A body has no maps with keys but texts.
            what: serde_json::to_value(&record.body).unwrap_or_default(),
        }
    }
}

/// By which rules levels are recommended.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RulesDocument {
    name: String,
    /// The document they come from.
    basis: String,
    /// Who held them against the city's plan; null until somebody did.
    confirmed: Option<String>,
}

impl From<&RuleSet> for RulesDocument {
    fn from(rules: &RuleSet) -> Self {
        let RuleSet { name, basis, confirmed, .. } = rules.clone();
        Self { name, basis, confirmed }
    }
}

/// A level that was issued.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct IssuedDocument {
    /// `yellow`, `orange`, `red`; null where it is being lifted.
    level: Option<&'static str>,
    level_zh: Option<&'static str>,
    /// The response's level by the same names.
    response: Option<&'static str>,
    response_zh: Option<&'static str>,
    issued_at: String,
    /// The start of the response; of lifting the end of the warning.
    effective_from: String,
    /// The number of the record that issued it.
    record: u64,
}

impl IssuedDocument {
    fn new(levels: (Option<Level>, Option<Level>), times: (Instant, Instant), record: u64) -> Self {
        let ((level, response), (issued, from)) = (levels, times);
        Self {
            level: level.map(Level::name),
            level_zh: level.map(Level::text_zh),
            response: response.map(Level::name),
            response_zh: response.map(Level::response_zh),
            issued_at: issued.to_string(),
            effective_from: from.to_string(),
            record,
        }
    }
}

impl From<InForce> for IssuedDocument {
    fn from(of: InForce) -> Self {
        let levels = (Some(of.level), Some(of.response));
        Self::new(levels, (of.issued, of.effective_from), of.issue)
    }
}

impl From<Coming> for IssuedDocument {
    fn from(of: Coming) -> Self {
        let levels = (of.target.level(), of.response);
        Self::new(levels, (of.issued, of.effective_from), of.issue)
    }
}

/// A proposal that waits for a decision.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct ProposalDocument {
    /// What acts name it by.
    proposal: u64,
    since: String,
    /// `yellow`, `orange`, `red` or `lift`.
    target: &'static str,
    change_zh: &'static str,
    /// Whether the province ordered it: then it does not lapse.
    ordered: bool,
    /// The number of the record of its approval; null until one is registered.
    approval: Option<u64>,
    /// What was approved.
    approved_target: Option<&'static str>,
}

impl From<&Proposal> for ProposalDocument {
    fn from(of: &Proposal) -> Self {
        let approval = of.approval.as_ref();
        Self {
            proposal: of.number,
            since: of.since.to_string(),
            target: of.recommendation.target.name(),
            change_zh: of.recommendation.change.text_zh(),
            ordered: of.is_ordered(),
            approval: approval.map(|(number, _)| *number),
            approved_target: approval.map(|(_, approval)| approval.target.name()),
        }
    }
}

/// Where the warnings of an area stand.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WarningsDocument {
    area: String,
    simulated: bool,
    now: String,
    /// Null where nothing is recommended.
    rules: Option<RulesDocument>,
    /// The number of the warning that is open, from its first recommendation on.
    warning: Option<u64>,
    in_force: Option<IssuedDocument>,
    /// Issued, and not in effect yet.
    coming: Option<IssuedDocument>,
    proposal: Option<ProposalDocument>,
    /// The lowest level that the province orders (省级最低级别).
    floor: Option<&'static str>,
    /// The drill that runs beside them.
    drill: Option<DrillDocument>,
    /// What was recorded, the newest first.
    records: Vec<RecordDocument>,
}

/// A forecast as it was issued.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ForecastDocument {
    /// The number of its record.
    number: u64,
    received_at: String,
    #[schema(value_type = Object)]
    forecast: Value,
}

impl From<&KeptForecast> for ForecastDocument {
    fn from(kept: &KeptForecast) -> Self {
        Self {
            number: kept.number,
            received_at: kept.received.to_string(),
            forecast: serde_json::to_value(&kept.forecast).unwrap_or_default(),
        }
    }
}

/// What is coming, and which levels that reaches.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OutlookDocument {
    area: String,
    simulated: bool,
    now: String,
    rules: Option<RulesDocument>,
    /// The newest issue of each office, the last one first.
    forecasts: Vec<ForecastDocument>,
    /// What they come to with what was observed: for each end of the range and AQI of 24 hours.
    #[schema(value_type = Vec<Object>)]
    evaluations: Vec<Evaluation>,
}

/// What the public may know.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PublicDocument {
    area: String,
    simulated: bool,
    in_force: Option<IssuedDocument>,
    /// Issued, and not in effect yet.
    coming: Option<IssuedDocument>,
    /// The newest official forecast of each office, the last one first.
    forecasts: Vec<ForecastDocument>,
}

/// The newest issue of each office, the last one first; what says nothing of now or later is left out.
pub(super) fn newest(area: &AreaView) -> impl Iterator<Item = &KeptForecast> {
    let mut offices = Vec::new();
    let now = area.now.hour();
    area.warnings.book.all().rev().filter(move |kept| {
        let forecast = &kept.forecast;
        let ends = forecast.zones.values().filter_map(|spans| spans.last());
        let says = ends.map(ForecastSpan::end).max() > Some(now);
        let seen = offices.contains(&&forecast.office);
        offices.push(&forecast.office);
        says && !seen
    })
}

/// The area that is asked for; without a code the first that is watched.
pub(super) fn asked_area<'a>(
    view: &'a View,
    pairs: &[(String, String)],
) -> Result<&'a Arc<AreaView>, Problem> {
    let code = one(pairs, "area")?;
    let found = view.area(code).filter(|area| !area.registry.is_reference());
    found.ok_or_else(|| Problem::not_found(format!("no area {:?}", code.unwrap_or_default())))
}

/// The warnings that are asked for: the real ones, or with `drill=true` those of the drill that runs, with
/// its number.
pub(super) fn asked_warnings<'a>(
    area: &'a AreaView,
    pairs: &[(String, String)],
) -> Result<(&'a Warnings, Option<u64>), Problem> {
    let asked = one(pairs, "drill")?.map(str::parse::<bool>);
    let asked = asked.transpose().map_err(|_| Problem::bad_parameter("drill", "true or false"))?;
    if asked != Some(true) {
        return Ok((&area.warnings, None));
    }
    let drill = area.warnings.drill.as_ref();
    let drill = drill.ok_or_else(|| Problem::conflict(Refusal::NoDrill.text_zh()))?;
    Ok((&drill.warnings, Some(drill.number)))
}

/// What is forecast for an area, and which warning levels it reaches.
#[utoipa::path(
    get,
    path = "/api/v1/outlook",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without")),
    responses((status = 200, body = OutlookDocument), (status = 404, body = Problem))
)]
pub(super) async fn outlook(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<OutlookDocument>, Problem> {
    let pairs = parameters(query.as_deref(), &["area"])?;
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    Ok(Json(OutlookDocument {
        area: area.registry.area.to_string(),
        simulated: view.simulated,
        now: area.now.to_string(),
        rules: area.warning.as_ref().map(|params| RulesDocument::from(&params.rules)),
        forecasts: newest(area).map(ForecastDocument::from).collect(),
        evaluations: area.evaluations.values().cloned().collect(),
    }))
}

/// What the public may know of an area's warnings: what is issued, and the official forecast.
#[utoipa::path(
    get,
    path = "/api/v1/public/warning",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without")),
    responses((status = 200, body = PublicDocument), (status = 404, body = Problem))
)]
pub(super) async fn public(
    State(public): State<Public>,
    RawQuery(query): RawQuery,
) -> Result<Json<PublicDocument>, Problem> {
    let pairs = parameters(query.as_deref(), &["area"])?;
    let view = public.view();
    let area = asked_area(&view, &pairs)?;
    Ok(Json(PublicDocument::of(&view, area)))
}

impl PublicDocument {
    fn of(view: &View, area: &AreaView) -> Self {
        let official = |kept: &&KeptForecast| kept.forecast.source == Source::Fed;
        let forecasts = newest(area).filter(official);
        Self {
            area: area.registry.area.to_string(),
            simulated: view.simulated,
            in_force: area.warnings.in_force().map(IssuedDocument::from),
            coming: area.warnings.coming().map(IssuedDocument::from),
            forecasts: forecasts.map(ForecastDocument::from).collect(),
        }
    }
}

/// What the public may know of an area's warnings, as JSON; empty for an area that is not there.
#[must_use]
pub fn public_warning(view: &View, area: &str) -> Vec<u8> {
    let found = view.area(Some(area)).map(|area| PublicDocument::of(view, area));
    found.and_then(|document| serde_json::to_vec(&document).ok()).unwrap_or_default()
}

/// Kinds of records of a warning's life; forecasts and evaluations stand beside it.
pub(super) const OF_LIFE: [&str; 11] = [
    "instruction",
    "recommended",
    "lapsed",
    "declined",
    "consulted",
    "approved",
    "issued",
    "took_effect",
    "drill_started",
    "drill_air",
    "drill_ended",
];

/// Where the warnings of an area stand, and what was recorded of them.
#[utoipa::path(
    get,
    path = "/api/v1/warnings",
    params(
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("from" = Option<String>, Query, description = "only from this day on"),
        ("to" = Option<String>, Query, description = "only until this day, included"),
        ("before" = Option<u64>, Query, description = "records with a lower number"),
        ("limit" = Option<usize>, Query, description = "1 to 1000, default 100")
    ),
    responses((status = 200, body = WarningsDocument), (status = 400, body = Problem),
        (status = 404, body = Problem))
)]
pub(super) async fn warnings(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<WarningsDocument>, Problem> {
    let pairs = parameters(query.as_deref(), &PAGED)?;
    let asked = paged(&pairs, OF_LIFE.to_vec())?;
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let (code, archive) = (area.registry.area.to_string(), app.services.archive.clone());
    let records = blocking(move || archive.records(&code, &asked)).await??;
    let warnings = &area.warnings;
    Ok(Json(WarningsDocument {
        area: area.registry.area.to_string(),
        simulated: view.simulated,
        now: area.now.to_string(),
        rules: area.warning.as_ref().map(|params| RulesDocument::from(&params.rules)),
        warning: warnings.open.as_ref().map(|open| open.warning),
        in_force: warnings.in_force().map(IssuedDocument::from),
        coming: warnings.coming().map(IssuedDocument::from),
        proposal: warnings.proposal().map(ProposalDocument::from),
        floor: warnings.floor(area.now).map(Level::name),
        drill: warnings.drill.as_deref().map(DrillDocument::from),
        records: records.iter().map(RecordDocument::from).collect(),
    }))
}

/// All that was recorded from a warning's first recommendation to its end, in order.
#[utoipa::path(
    get,
    path = "/api/v1/warnings/{warning}",
    params(
        ("warning" = u64, Path, description = "the number of its first recommendation"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without")
    ),
    responses((status = 200, body = Vec<RecordDocument>), (status = 404, body = Problem))
)]
pub(super) async fn warning(
    State(app): State<App>,
    path: Result<Path<u64>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<RecordDocument>>, Problem> {
    let Path(number) = path.map_err(|e| Problem::bad_parameter("path", e))?;
    let pairs = parameters(query.as_deref(), &["area"])?;
    let view = app.services.view.borrow().clone();
    let code = asked_area(&view, &pairs)?.registry.area.to_string();
    let archive = app.services.archive.clone();
    let records = blocking(move || archive.warning(&code, number)).await??;
    if records.is_empty() {
        return Err(Problem::not_found(format!("no warning {number}")));
    }
    Ok(Json(records.iter().map(RecordDocument::from).collect()))
}

/// The consultations (会商) of an area, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/consultations",
    params(
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("from" = Option<String>, Query, description = "only from this day on"),
        ("to" = Option<String>, Query, description = "only until this day, included"),
        ("before" = Option<u64>, Query, description = "records with a lower number"),
        ("limit" = Option<usize>, Query, description = "1 to 1000, default 100")
    ),
    responses((status = 200, body = Vec<RecordDocument>), (status = 404, body = Problem))
)]
pub(super) async fn consultations(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<RecordDocument>>, Problem> {
    of_kind(&app, query.as_deref(), "consulted").await.map(Json)
}

/// What a list of records is asked by.
const PAGED: [&str; 5] = ["area", "from", "to", "before", "limit"];

/// Records of some kinds, of real warnings and drills.
fn paged(pairs: &[(String, String)], kinds: Vec<&'static str>) -> Result<RecordsQuery, Problem> {
    let (before, between, limit) = (before(pairs)?, between(pairs)?, limit(pairs)?);
    Ok(RecordsQuery { kinds, before, between, drill: None, limit })
}

/// The records of one kind of the area that is asked for, the newest first, at most `limit` of them.
pub(super) async fn of_kind(
    app: &App,
    query: Option<&str>,
    kind: &'static str,
) -> Result<Vec<RecordDocument>, Problem> {
    let pairs = parameters(query, &PAGED)?;
    let asked = paged(&pairs, vec![kind])?;
    let view = app.services.view.borrow().clone();
    let code = asked_area(&view, &pairs)?.registry.area.to_string();
    let archive = app.services.archive.clone();
    let records = blocking(move || archive.records(&code, &asked)).await??;
    Ok(records.iter().map(RecordDocument::from).collect())
}
