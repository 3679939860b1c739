//! How well forecasts met the days that came, per office and lead.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{RecordsQuery, asked_area};
use crate::assessment::{DustColumn, JudgedBy};
use crate::http::api::{one, parameters};
use crate::http::problem::Problem;
use crate::http::{App, DaysQuery, EntityId, blocking};
use crate::observation::Dataset;
use crate::outlook::{DayThatCame, Forecast, Verified, verify};
use crate::time::Day;
use crate::warning::Body;

/// Days that are looked at unless asked for otherwise, and the most.
const DAYS: i32 = 90;
const DAYS_MAX: i32 = 800;
/// Issues that are looked at: more than an office makes in the longest span, with the built-in one each hour.
const ISSUES: usize = 40_000;

/// Forecasts of an area's days held against them.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct SkillDocument {
    area: String,
    simulated: bool,
    from: String,
    to: String,
    /// Days with an AQI.
    days: usize,
    /// By source, office, zone and lead in days.
    #[schema(value_type = Vec<Object>)]
    rows: Vec<Verified>,
}

/// How forecasts, official and built in, met the days that came: range, class, primary pollutant, heavy days.
#[utoipa::path(
    get,
    path = "/api/v1/outlook/skill",
    params(
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("from" = Option<String>, Query, description = "the first day; 90 days back without"),
        ("to" = Option<String>, Query, description = "the last day; yesterday without")
    ),
    responses((status = 200, body = SkillDocument), (status = 400, body = Problem),
        (status = 404, body = Problem))
)]
pub(in crate::http) async fn skill(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<SkillDocument>, Problem> {
    let pairs = parameters(query.as_deref(), &["area", "from", "to"])?;
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let day = |name: &str| {
        let written = one(&pairs, name)?;
        let day = written.map(|text| text.parse::<Day>());
        day.transpose().map_err(|e| Problem::bad_parameter(name, e))
    };
    // A day counts when it is over.
    let yesterday = area.now.hour().day().plus(-1);
    let to = day("to")?.unwrap_or(yesterday).min(yesterday);
    let from = day("from")?.unwrap_or(to.plus(1 - DAYS));
    if !(1..=DAYS_MAX).contains(&(to.number() - from.number() + 1)) {
        return Err(Problem::bad_parameter("from", format!("1 to {DAYS_MAX} days are answered")));
    }
    let code = area.registry.area.to_string();
    let asked = DaysQuery {
        entity: EntityId::Set { area: code.clone(), set: String::new() },
        from,
        to,
        parameters: app.services.parameters,
        dataset: Dataset::Best,
        judged_by: JudgedBy::InForce,
        dust: DustColumn::Measured,
    };
    let archive = app.services.archive.clone();
    let (of, issues) = (
        code.clone(),
        RecordsQuery {
            kinds: vec!["forecast"],
            before: None,
            between: None,
            drill: Some(None),
            limit: ISSUES,
        },
    );
    let (days, records) = blocking(move || {
        Ok::<_, crate::http::ArchiveError>((archive.days(&asked)?, archive.records(&of, &issues)?))
    })
    .await??;
    let came = |day: &crate::http::ArchivedDay| {
        let index = &day.figures.index;
        Some(DayThatCame { day: day.figures.day, aqi: index.aqi?, primary: index.primary })
    };
    let days: Vec<DayThatCame> = days.iter().filter_map(came).collect();
    let forecasts: Vec<&Forecast> = records
        .iter()
        .filter_map(|record| match &record.body {
            Body::Forecast(forecast) => Some(forecast),
            _ => None,
        })
        .collect();
    Ok(Json(SkillDocument {
        area: code,
        simulated: view.simulated,
        from: from.to_string(),
        to: to.to_string(),
        days: days.len(),
        rows: verify(forecasts, &days),
    }))
}
