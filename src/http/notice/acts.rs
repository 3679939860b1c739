//! What persons do about notices, over the API.
//!
//! In: a bearer token and a JSON body. Out: the number of the record, once it is durable; or the refusal.
//!
//! Invariants: a word for somebody else says how they gave it; whether an act fits is decided by the engine
//! alone.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde::Deserialize;
use utoipa::ToSchema;

use super::known_rules;
use crate::http::access::{Role, authorised};
use crate::http::api::parameters;
use crate::http::operator::answered;
use crate::http::problem::Problem;
use crate::http::warning::{Recorded, asked_area, number, read, time};
use crate::http::{Act as Asked, App};
use crate::notification::{Assignment, NoticeAct, NoticeRules, Way};
use crate::time::Day;

/// Hands an act to the engine, and waits until it is durable.
async fn act(
    app: &App,
    (headers, query): (&HeaderMap, Option<String>),
    read: impl FnOnce(&NoticeRules) -> Result<NoticeAct, Problem>,
) -> Result<Json<Recorded>, Problem> {
    let person = authorised(app, headers, Role::Operator).await?.name;
    let (area, rules) = {
        let pairs = parameters(query.as_deref(), &["area"])?;
        let view = app.services.view.borrow().clone();
        let area = asked_area(&view, &pairs)?;
        (area.registry.area.to_string(), known_rules(area))
    };
    entered(app, (area, person), read(&rules)?).await
}

/// As [`act`], for a person and an area that are known.
pub(in crate::http) async fn entered(
    app: &App,
    (area, person): (String, String),
    act: NoticeAct,
) -> Result<Json<Recorded>, Problem> {
    let who = person.clone();
    let number = answered(app, |reply| Asked::Notice { area, person: who, act, reply }).await?;
    Ok(Json(Recorded::new(person, number)))
}

/// A word of the person who sends it, or of somebody for whom they enter it (代录确认).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ReadBySomebody {
    /// Who has read it, by name or short name; the person of the token without it.
    who: Option<String>,
    /// How they said so, with `who`: `phone`, `chat` or `in_person`.
    way: Option<String>,
    /// When they said so, RFC 3339; now without it.
    said: Option<String>,
    #[serde(default)]
    note: String,
}

fn acknowledged(notice: u64, of: ReadBySomebody) -> Result<NoticeAct, Problem> {
    let ReadBySomebody { who, way, said, note } = of;
    let entered: Vec<Way> = Way::ALL.into_iter().filter(|way| way.is_entered()).collect();
    let known = || entered.iter().map(|way| way.name()).collect::<Vec<_>>().join(", ");
    let way = match (&who, way.as_deref()) {
        (None, None) => Way::Token,
        (None, Some(_)) => return Err(Problem::bad_parameter("way", "goes with who")),
        (Some(_), named) => {
            let found = entered.iter().find(|way| Some(way.name()) == named);
            let fault = || Problem::bad_parameter("way", format!("one of {}", known()));
            *found.ok_or_else(fault)?
        }
    };
    let said = said.map(|text| time("said", &text)).transpose()?;
    Ok(NoticeAct::Acknowledge { notice, who, way, said, note })
}

/// Says that one has read a notice (确认), or enters that somebody else has (代录确认).
///
/// A word that was given before is answered with its first record.
#[utoipa::path(
    post,
    path = "/api/v1/notices/{notice}/acknowledge",
    params(
        ("notice" = u64, Path, description = "the number of the record that raised it"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without")
    ),
    request_body = ReadBySomebody,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn acknowledge(
    State(app): State<App>,
    path: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    let notice = number(path)?;
    act(&app, (&headers, query), |_| acknowledged(notice, read(&body)?)).await
}

/// Somebody takes a role for a shift (替班).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct StandsIn {
    /// The day on which the shift begins, `YYYY-MM-DD`.
    day: String,
    /// The shift by name; all of the day without it.
    shift: Option<String>,
    /// The role, as the roster names it.
    role: String,
    /// By name or short name.
    person: String,
    reason: String,
}

fn replaced(of: StandsIn, rules: &NoticeRules) -> Result<NoticeAct, Problem> {
    let StandsIn { day, shift, role, person, reason } = of;
    let fault = |_| Problem::bad_parameter("day", "YYYY-MM-DD expected");
    let day: Day = day.parse().map_err(fault)?;
    let shifts = &rules.roster.shifts;
    let place = |name: String| {
        let names = || shifts.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(", ");
        let found = shifts.iter().position(|shift| shift.name == name);
        found.ok_or_else(|| Problem::bad_parameter("shift", format!("one of {}", names())))
    };
    let shift = shift.map(place).transpose()?;
    Ok(NoticeAct::Replace { assignment: Assignment { day, shift, role, person }, reason })
}

/// Enters who takes a role for a shift or a day (替班).
#[utoipa::path(
    post,
    path = "/api/v1/roster/replacements",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without")),
    request_body = StandsIn,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn replace(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    act(&app, (&headers, query), |rules| replaced(read(&body)?, rules)).await
}

/// Which channels are tried, with whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct TriedOut {
    /// Roles or persons by short name.
    to: Vec<String>,
    /// Channels by name.
    by: Vec<String>,
}

/// Sends a message that only tries the channels (通道测试).
#[utoipa::path(
    post,
    path = "/api/v1/notices/test",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without")),
    request_body = TriedOut,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn test(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    act(&app, (&headers, query), |_| {
        let TriedOut { to, by } = read(&body)?;
        Ok(NoticeAct::Test { to, by })
    })
    .await
}
