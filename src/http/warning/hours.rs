//! The built-in statistical forecast (内置统计预报，仅供参考) hour by hour: the next 72 hours of all six pollutants
//! with their quantiles.
//!
//! In: the area's published hours of the archive. Out: one document, made when it is asked for: what enters
//! the book of forecasts are its three blocks of 24 hours.
//!
//! It takes a second of a processor, so it needs the token of a person.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked_area;
use crate::http::access::{Role, authorised};
use crate::http::api::parameters;
use crate::http::document::Decimal;
use crate::http::problem::Problem;
use crate::http::{App, EntityId, SeriesQuery, blocking};
use crate::observation::{Dataset, POLLUTANTS};
use crate::outlook::{Nowcast, QUANTILES, Series};
use crate::warning::BUILT_IN_ZH;

/// One hour ahead.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct HourAheadDocument {
    /// When the hour begins.
    start: String,
    /// By pollutant, at the document's quantiles: µg/m³, CO in mg/m³. What cannot be forecast is left out.
    #[schema(value_type = Object)]
    concentrations: BTreeMap<&'static str, Vec<Option<Decimal>>>,
    /// The hourly AQI at the same quantiles; null where it cannot be forecast.
    aqi: Option<Vec<u16>>,
}

/// The next 72 hours.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct HoursAheadDocument {
    area: String,
    simulated: bool,
    /// 内置统计预报（仅供参考）.
    name_zh: &'static str,
    /// The end of the last hour that it knows.
    known_until: String,
    /// In percent.
    quantiles: Vec<u16>,
    hours: Vec<HourAheadDocument>,
}

/// The built-in statistical forecast of the next 72 hours (内置统计预报，仅供参考), hour by hour with quantiles.
#[utoipa::path(
    get,
    path = "/api/v1/outlook/hours",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without")),
    security(("person" = [])),
    responses((status = 200, body = HoursAheadDocument), (status = 401, body = Problem),
        (status = 404, description = "no such area, or too little history", body = Problem))
)]
pub(in crate::http) async fn hours(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Json<HoursAheadDocument>, Problem> {
    authorised(&app, &headers, Role::Viewer).await?;
    let pairs = parameters(query.as_deref(), &["area"])?;
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let code = area.registry.area.to_string();
    let newest = area.newest.ok_or_else(|| Problem::not_found("no hour is published yet"))?;
    let (parameters, archive) = (app.services.parameters, app.services.archive.clone());
    let from = newest.plus(-Nowcast::BACK_DAYS * 24);
    let asked = SeriesQuery {
        dataset: Dataset::Best,
        entity: EntityId::Set { area: code.clone(), set: String::new() },
        from,
        to: newest,
        practice: parameters.practice,
    };
    let made = blocking(move || {
        let series = Series::of_figures(from, archive.series(&asked)?.iter());
        Ok::<_, crate::http::ArchiveError>(Nowcast::of(&series, newest, &parameters))
    });
    let nowcast = made.await??.map_err(|e| Problem::not_found(e.to_string()))?;
    let hour = |of: &crate::outlook::HourAhead| {
        let named = POLLUTANTS.into_iter().filter_map(|p| {
            let amounts = of.concentration[p.index()]?;
            let shown = amounts.map(|amount| Decimal::concentration(Some(amount), p));
            Some((p.code(), shown.to_vec()))
        });
        HourAheadDocument {
            start: of.hour.start().to_string(),
            concentrations: named.collect(),
            aqi: of.aqi.map(|aqi| aqi.to_vec()),
        }
    };
    Ok(Json(HoursAheadDocument {
        area: code,
        simulated: view.simulated,
        name_zh: BUILT_IN_ZH,
        known_until: newest.end().to_string(),
        quantiles: QUANTILES.to_vec(),
        hours: nowcast.hours.iter().map(hour).collect(),
    }))
}
