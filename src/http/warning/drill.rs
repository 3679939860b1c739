//! Drills (应急演练), over the API: begun, let go on, ended; what is done in one goes by the routes of real
//! warnings with `drill=true`.
//!
//! In: a bearer token and a JSON body. Out: the number of the record, once it is durable; or the refusal.
//!
//! Invariants: the air of a drill is made here, beside the engine, and handed to it as an act, so that an
//! audit handles the same air again. Where a real warning is open the engine refuses.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::acts::{Recorded, number, read};
use super::{IssuedDocument, ProposalDocument, asked_area};
use crate::http::access::{Role, authorised};
use crate::http::api::parameters;
use crate::http::operator::answered;
use crate::http::problem::Problem;
use crate::http::{Act as Asked, App, blocking};
use crate::pipeline::AreaView;
use crate::standard::Parameters;
use crate::warning::{Act, Drill, DrillAct, DrillAir, DrillCity, Level};

/// A drill that runs, and where its warning stands: the real ones stand beside it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct DrillDocument {
    /// What acts name it by.
    drill: u64,
    /// The level that its simulated air leads to.
    level: &'static str,
    level_zh: &'static str,
    /// From what its air is made.
    seed: u64,
    since: String,
    /// The number of its warning, from the recommendation on.
    warning: Option<u64>,
    in_force: Option<IssuedDocument>,
    /// Issued, and not in effect yet.
    coming: Option<IssuedDocument>,
    proposal: Option<ProposalDocument>,
}

impl From<&Drill> for DrillDocument {
    fn from(of: &Drill) -> Self {
        let warnings = &of.warnings;
        Self {
            drill: of.number,
            level: of.level.name(),
            level_zh: of.level.text_zh(),
            seed: of.seed,
            since: of.since.to_string(),
            warning: warnings.open.as_ref().map(|open| open.warning),
            in_force: warnings.in_force().map(IssuedDocument::from),
            coming: warnings.coming().map(IssuedDocument::from),
            proposal: warnings.proposal().map(ProposalDocument::from),
        }
    }
}

/// A drill that is to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Begun {
    /// `yellow`, `orange` or `red`: what its air leads to.
    level: String,
    /// From what its air is made: the same seed at the same hour gives the same air. 1 without.
    seed: Option<u64>,
}

/// A drill that is ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Ended {
    /// Why.
    reason: String,
}

/// The city of a view; a problem where nothing is recommended.
fn city<'a>(area: &'a AreaView, parameters: &'a Parameters) -> Result<DrillCity<'a>, Problem> {
    let none = || Problem::not_found("no rules of warnings are configured");
    let warning = area.warning.as_ref().ok_or_else(none)?;
    let zone = warning.zones.first().map_or("", String::as_str);
    Ok(DrillCity { registry: &area.registry, parameters, rules: &warning.rules, zone })
}

/// Hands an act of a drill to the engine, with air that is made from the area as it stands.
async fn drilled(
    app: &App,
    headers: &HeaderMap,
    (query, drill): (Option<String>, Option<u64>),
    make: impl FnOnce(&AreaView, &Parameters) -> Result<DrillAct, Problem> + Send + 'static,
) -> Result<Json<Recorded>, Problem> {
    let person = authorised(app, headers, Role::Operator).await?.name;
    let pairs = parameters(query.as_deref(), &["area"])?;
    let view = app.services.view.borrow().clone();
    let code = asked_area(&view, &pairs)?.registry.area.to_string();
    let runs = asked_area(&view, &pairs)?.warnings.drill.as_ref().map(|drill| drill.number);
    if let Some(drill) = drill.filter(|drill| Some(*drill) != runs) {
        return Err(Problem::not_found(format!("drill {drill} does not run")));
    }
    let (area, how) = (code.clone(), app.services.parameters);
    let made = blocking(move || {
        let area = view.area(Some(&area)).ok_or_else(|| Problem::not_found("no such area"))?;
        make(area, &how)
    });
    let act = Act::Drill { of: drill, drill: made.await?? };
    let who = person.clone();
    let number =
        answered(app, |reply| Asked::Warning { area: code, person: who, act, reply }).await?;
    Ok(Json(Recorded::new(person, number)))
}

/// Begins a drill (应急演练): simulated air that leads to a level, beside the real warnings.
#[utoipa::path(
    post,
    path = "/api/v1/drills",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without")),
    request_body = Begun,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn begin(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    drilled(&app, &headers, (query, None), move |area, parameters| {
        let Begun { level, seed } = read(&body)?;
        let fault = || Problem::bad_parameter("level", "yellow, orange or red");
        let (level, seed) = (Level::parse(&level).ok_or_else(fault)?, seed.unwrap_or(1));
        let city = city(area, parameters)?;
        let last = area.now.hour().plus(-1);
        let air = DrillAir::rising(&city, level, last, seed);
        let none = || {
            Problem::conflict(format!("no simulated air leads to {} by these rules", level.name()))
        };
        Ok(DrillAct::Start { level, seed, air: air.ok_or_else(none)? })
    })
    .await
}

/// Lets the air of a drill go on to its end: the episode is over, and lifting can be practised.
#[utoipa::path(
    post,
    path = "/api/v1/drills/{drill}/air",
    params(
        ("drill" = u64, Path, description = "the drill that runs"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without")
    ),
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem))
)]
pub(in crate::http) async fn clear(
    State(app): State<App>,
    path: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Json<Recorded>, Problem> {
    let drill = Some(number(path)?);
    drilled(&app, &headers, (query, drill), |area, parameters| {
        let runs = area.warnings.drill.as_ref();
        let drill = runs.ok_or_else(|| Problem::not_found("no drill runs"))?;
        // Air that is over stays so.
        let began = drill.since.hour().plus(-1);
        Ok(DrillAct::Air(DrillAir::gone(&city(area, parameters)?, began, drill.seed)))
    })
    .await
}

/// Ends a drill.
#[utoipa::path(
    post,
    path = "/api/v1/drills/{drill}/stop",
    params(
        ("drill" = u64, Path, description = "the drill that runs"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without")
    ),
    request_body = Ended,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn stop(
    State(app): State<App>,
    path: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    let drill = Some(number(path)?);
    drilled(&app, &headers, (query, drill), move |_, _| {
        let Ended { reason } = read(&body)?;
        Ok(DrillAct::Stop { reason })
    })
    .await
}
