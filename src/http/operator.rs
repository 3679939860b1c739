//! What operators need: dead letters, and the acts of authorised persons.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde::Serialize;
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::access::{Role, authorised};
use super::api::{NUMBER_MAX, between, code, find_area, limit, one, parameters};
use super::problem::Problem;
use super::{Act, App, DeadLetterRow, Person, blocking};
use crate::time::Instant;

/// How long an act may take until its answer.
const ACT_TIMEOUT: Duration = Duration::from_secs(10);

/// A message that was refused, with its reason.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeadLetter {
    /// Null where no known station was named.
    station: Option<String>,
    /// When it came first.
    first_at: String,
    /// When it came last.
    last_at: String,
    /// How often the same bytes came.
    count: u64,
    reason: String,
    /// The place and what was found there.
    detail: String,
    topic: String,
    /// The beginning of the payload.
    payload: String,
    /// What `before` takes to go on after this one.
    cursor: String,
}

impl From<DeadLetterRow> for DeadLetter {
    fn from(row: DeadLetterRow) -> Self {
        Self {
            station: Some(row.station).filter(|code| !code.is_empty()),
            first_at: row.first_at.to_string(),
            last_at: row.last_at.to_string(),
            count: row.count,
            reason: row.reason,
            detail: row.detail,
            topic: row.topic,
            cursor: format!("{}-{}", row.last_at.millis(), row.number),
            payload: row.payload,
        }
    }
}

/// The newest messages of an area that were refused.
#[utoipa::path(
    get,
    path = "/api/v1/areas/{area}/dead-letters",
    params(
        ("area" = String, Path, description = "the area's code"),
        ("before" = Option<String>, Query, description = "those after the one of this `cursor`"),
        ("from" = Option<String>, Query, description = "only those that came from this day on"),
        ("to" = Option<String>, Query, description = "only until this day, included"),
        ("limit" = Option<usize>, Query, description = "1 to 1000, default 100")
    ),
    responses((status = 200, body = Vec<DeadLetter>), (status = 404, body = Problem))
)]
pub(super) async fn dead_letters(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<DeadLetter>>, Problem> {
    let pairs = parameters(query.as_deref(), &["from", "to", "before", "limit"])?;
    let (before, limit) = (one(&pairs, "before")?.map(cursor).transpose()?, limit(&pairs)?);
    let range = (before, between(&pairs)?);
    let view = app.services.view.borrow().clone();
    let area = find_area(&view, &code(path)?)?.registry.area.to_string();
    let archive = app.services.archive.clone();
    let rows = blocking(move || archive.dead_letters(&area, range, limit)).await??;
    Ok(Json(rows.into_iter().map(DeadLetter::from).collect()))
}

/// Where a list of dead letters goes on.
fn cursor(text: &str) -> Result<(Instant, u64), Problem> {
    let read = || {
        let (last, number) = text.split_once('-')?;
        let number = number.parse().ok().filter(|number| *number <= NUMBER_MAX)?;
        Some((Instant::from_millis(last.parse().ok()?), number))
    };
    read().ok_or_else(|| Problem::bad_parameter("before", "the `cursor` of a dead letter"))
}

/// An act that was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Done {
    /// Who did it.
    person: String,
    done: bool,
}

/// Confirms that the clock is right although it jumped.
#[utoipa::path(
    post,
    path = "/api/v1/clock/confirm",
    security(("person" = [])),
    responses(
        (status = 200, body = Done),
        (status = 401, description = "no token, or an unknown one", body = Problem),
        (status = 403, description = "the role does not allow it", body = Problem),
        (status = 409, description = "nothing to confirm", body = Problem),
        (status = 503, description = "the engine does not answer", body = Problem)
    )
)]
pub(super) async fn confirm_clock(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<Done>, Problem> {
    let person = authorised(&app, &headers, Role::Operator).await?;
    let name = person.name.clone();
    acted(&app, person, |reply| Act::ConfirmClock { person: name, reply }).await
}

/// Hands an act to the engine, and waits until it is durable.
pub(super) async fn acted(
    app: &App,
    person: Person,
    act: impl FnOnce(oneshot::Sender<Result<(), String>>) -> Act,
) -> Result<Json<Done>, Problem> {
    answered(app, act).await.map(|()| Json(Done { person: person.name, done: true }))
}

/// As [`acted`], with what the engine answers.
pub(super) async fn answered<T>(
    app: &App,
    act: impl FnOnce(oneshot::Sender<Result<T, String>>) -> Act,
) -> Result<T, Problem> {
    let (reply, answer) = oneshot::channel();
    let act = act(reply);
    let busy = |_| Problem::unavailable("the engine takes no acts now");
    app.services.acts.try_send(act).map_err(busy)?;
    let answer = tokio::time::timeout(ACT_TIMEOUT, answer).await;
    match answer {
        Ok(Ok(Ok(done))) => Ok(done),
        Ok(Ok(Err(reason))) => Err(Problem::conflict(reason)),
        Ok(Err(_)) | Err(_) => Err(Problem::unavailable("the engine did not answer")),
    }
}
