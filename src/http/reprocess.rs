//! Refused messages, tried again after the configuration changed.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::{Role, authorised};
use super::api::{code, find_area};
use super::operator::answered;
use super::problem::Problem;
use super::{Act, App, blocking};
use crate::pipeline::{DeadLetterReason, KeptLetter};

/// Messages tried with one request; they are one commit.
const AT_ONCE: usize = 1000;

/// Which refused messages an operator wants tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reprocess {
    /// The area's code.
    pub area: String,
    /// Who.
    pub person: String,
    /// Why they were refused.
    pub reason: DeadLetterReason,
    /// The messages.
    pub letters: Vec<KeptLetter>,
}

/// Which messages are to be tried again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ToReprocess {
    /// The reason for which they were refused, such as `unknown_station`.
    reason: String,
}

/// How the tries ended.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Tried {
    /// Who asked.
    person: String,
    /// Taken: no dead letters any more.
    taken: usize,
    /// Refused again: they stand with their new reason.
    refused: usize,
    /// Not tried: only the beginning of the payload is kept.
    cut: usize,
    /// Not tried: the feed by which they came is not configured any more.
    feed_gone: usize,
    /// Whether there may be more: the same request takes the next ones, unless all were left untried.
    more: bool,
}

/// Tries refused messages of an area again; at most 1000 at once, the oldest first.
#[utoipa::path(
    post,
    path = "/api/v1/areas/{area}/reprocess",
    params(("area" = String, Path, description = "the area's code")),
    request_body = ToReprocess,
    security(("person" = [])),
    responses(
        (status = 200, body = Tried),
        (status = 400, description = "what is asked cannot be read", body = Problem),
        (status = 401, description = "no token, or an unknown one", body = Problem),
        (status = 403, description = "the role does not allow it", body = Problem),
        (status = 404, description = "no such area", body = Problem),
        (status = 503, description = "the engine does not answer", body = Problem)
    )
)]
pub(super) async fn reprocess(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Tried>, Problem> {
    let person = authorised(&app, &headers, Role::Operator).await?.name;
    let view = app.services.view.borrow().clone();
    let area = find_area(&view, &code(path)?)?.registry.area.to_string();
    let asked: ToReprocess =
        serde_json::from_slice(&body).map_err(|e| Problem::bad_parameter("body", e))?;
    let reason = DeadLetterReason::parse(&asked.reason).ok_or_else(|| {
        Problem::bad_parameter("reason", "not a reason for which messages are refused")
    })?;
    let (archive, of) = (app.services.archive.clone(), area.clone());
    let letters = blocking(move || archive.kept_letters(&of, reason, AT_ONCE)).await??;
    let more = letters.len() == AT_ONCE;
    let reprocess = Reprocess { area, person: person.clone(), reason, letters };
    let counts = answered(&app, |reply| Act::Reprocess { reprocess, reply }).await?;
    let (taken, refused) = (counts.taken, counts.refused);
    let (cut, feed_gone) = (counts.cut, counts.feed_gone);
    Ok(Json(Tried { person, taken, refused, cut, feed_gone, more }))
}
