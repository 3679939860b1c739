//! What persons do in the monitoring room, over the API.
//!
//! In: a bearer token and a JSON body. Out: the number of the record, once it is durable; or the refusal.
//!
//! Invariants: everything that is entered names its person; whether an act fits is decided by the engine
//! alone.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde::Deserialize;
use utoipa::ToSchema;

use super::of_hour;
use crate::duty::{DutyAct, Entry, EntrySort, Fixed};
use crate::http::access::{Role, authorised};
use crate::http::api::parameters;
use crate::http::operator::answered;
use crate::http::problem::Problem;
use crate::http::warning::{Recorded, asked_area, number, read, time};
use crate::http::{Act as Asked, App};

/// Hands an act to the engine, and waits until it is durable.
pub(in crate::http) async fn act(
    app: &App,
    (headers, query, least): (&HeaderMap, Option<String>, Role),
    read: impl FnOnce() -> Result<DutyAct, Problem>,
) -> Result<Json<Recorded>, Problem> {
    let person = authorised(app, headers, least).await?.name;
    let area = {
        let pairs = parameters(query.as_deref(), &["area"])?;
        let view = app.services.view.borrow().clone();
        asked_area(&view, &pairs)?.registry.area.to_string()
    };
    entered(app, (area, person), read()?).await
}

/// As [`act`], for a person and an area that are known.
pub(in crate::http) async fn entered(
    app: &App,
    (area, person): (String, String),
    act: DutyAct,
) -> Result<Json<Recorded>, Problem> {
    let who = person.clone();
    let number = answered(app, |reply| Asked::Duty { area, person: who, act, reply }).await?;
    Ok(Json(Recorded::new(person, number)))
}

/// What a person writes into the shift book.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Written {
    /// `call` (来电), `instruction` (上级指令), `equipment` (设备与数据) or `note` (值班事项).
    sort: String,
    /// When it happened, RFC 3339; now without it.
    happened: Option<String>,
    /// Who called or instructed.
    #[serde(default)]
    from: String,
    text: String,
    /// Whether it is to be followed up.
    #[serde(default)]
    follow_up: bool,
}

/// Writes into the shift book (值班日志).
#[utoipa::path(
    post,
    path = "/api/v1/duty/entries",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without")),
    request_body = Written,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn enter(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    let pairs = parameters(query.as_deref(), &["area"])?;
    let now = asked_area(&app.services.view.borrow().clone(), &pairs)?.now;
    act(&app, (&headers, query, Role::Operator), || {
        let Written { sort, happened, from, text, follow_up } = read(&body)?;
        let found = EntrySort::ALL.into_iter().find(|known| known.name() == sort);
        let known = || EntrySort::ALL.map(EntrySort::name).join(", ");
        let sort =
            found.ok_or_else(|| Problem::bad_parameter("sort", format!("one of {}", known())))?;
        let happened = happened.map_or(Ok(now), |text| time("happened", &text))?;
        let (from, text) = (from.trim().to_owned(), text.trim().to_owned());
        Ok(DutyAct::Enter(Entry { sort, happened, from, text, follow_up }))
    })
    .await
}

/// How what was open is settled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Settled {
    how: String,
}

/// Settles what is open in the shift book.
#[utoipa::path(
    post,
    path = "/api/v1/duty/entries/{entry}/close",
    params(
        ("entry" = u64, Path, description = "its record"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without")
    ),
    request_body = Settled,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn close(
    State(app): State<App>,
    path: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    let entry = number(path)?;
    act(&app, (&headers, query, Role::Operator), || {
        let Settled { how } = read(&body)?;
        Ok(DutyAct::Close { entry, how })
    })
    .await
}

/// To whom a shift goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct HandedOver {
    to: String,
    /// What the other has to know.
    #[serde(default)]
    note: String,
}

/// Hands the shift over (交班); what is open then stands in the record.
#[utoipa::path(
    post,
    path = "/api/v1/duty/hand-over",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without")),
    request_body = HandedOver,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn hand_over(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    act(&app, (&headers, query, Role::Operator), || {
        let HandedOver { to, note } = read(&body)?;
        Ok(DutyAct::HandOver { to, note })
    })
    .await
}

/// Which hand-over is taken.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct TakenOver {
    /// Its record; left out where nobody was on duty before.
    hand_over: Option<u64>,
}

/// Takes the shift over (接班).
#[utoipa::path(
    post,
    path = "/api/v1/duty/take-over",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without")),
    request_body = TakenOver,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn take_over(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    act(&app, (&headers, query, Role::Operator), || {
        let TakenOver { hand_over } = read(&body)?;
        Ok(DutyAct::TakeOver { hand_over })
    })
    .await
}

/// Something that was done where Lantian does not see it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct DoneElsewhere {
    /// As in `open` and `coming`.
    fixed: String,
    /// As in `open` and `coming`.
    of: String,
    /// When it was done, RFC 3339; now without it.
    at: Option<String>,
    /// Where and how.
    note: String,
}

/// Says that something with a fixed time was done elsewhere, such as on the province's platform.
#[utoipa::path(
    post,
    path = "/api/v1/duty/done",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without")),
    request_body = DoneElsewhere,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn done(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    let pairs = parameters(query.as_deref(), &["area"])?;
    let now = asked_area(&app.services.view.borrow().clone(), &pairs)?.now;
    act(&app, (&headers, query, Role::Operator), || {
        let DoneElsewhere { fixed, of, at, note } = read(&body)?;
        let found = Fixed::ALL.into_iter().find(|known| known.name() == fixed);
        let known = || Fixed::ALL.map(Fixed::name).join(", ");
        let fixed =
            found.ok_or_else(|| Problem::bad_parameter("fixed", format!("one of {}", known())))?;
        let of = of_hour(fixed, &of);
        let of = of.ok_or_else(|| Problem::bad_parameter("of", "as /api/v1/duty names it"))?;
        let at = at.map_or(Ok(now), |text| time("at", &text))?;
        Ok(DutyAct::Done { fixed, of, at, note })
    })
    .await
}
