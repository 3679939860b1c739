//! Which path is answered by which handler, and what is answered beside all of them.
//!
//! In: the handlers. Out: the router with its bounds.
//!
//! Invariants: a path that is not there and a method that a path does not know are problem documents; a
//! browser that asks for a picture of the site gets one, so that no console is full of misses.
//!
//! Source: design section 3 (TLS and HTTP).

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use prometheus::{Encoder, TextEncoder};

use super::problem::Problem;
use super::{
    App, api, assessment, blocking, correction, duty, events, evidence, execution, explain, guard,
    kept, measures, notice, openapi, operator, origins, page, paper, power, public, rank,
    reconciliation, reprocess, room, series, warning,
};

pub(super) fn router(app: App) -> Router {
    let routes = Router::new()
        .route("/api/v1/openapi.json", get(openapi::document))
        .route("/api/v1/events", get(events::events))
        .route("/api/v1/areas", get(api::areas))
        .route("/api/v1/areas/{area}/latest", get(api::area_latest))
        .route("/api/v1/areas/{area}/room", get(room::area_room))
        .route("/api/v1/areas/{area}/dead-letters", get(operator::dead_letters))
        .route(
            "/api/v1/areas/{area}/corrections",
            get(correction::corrections).post(correction::correct),
        )
        .route("/api/v1/areas/{area}/reprocess", post(reprocess::reprocess))
        .route("/api/v1/areas/{area}/revisions", get(correction::revisions))
        .route("/api/v1/areas/{area}/reconciliation", get(reconciliation::reconciliation))
        .route("/api/v1/stations", get(api::stations))
        .route("/api/v1/stations/{station}/latest", get(api::station_latest))
        .route("/api/v1/series", get(series::series))
        .route("/api/v1/days", get(assessment::days))
        .route("/api/v1/assessment", get(assessment::assessment))
        .route("/api/v1/ranks", get(rank::sets))
        .route("/api/v1/rank", get(rank::rank))
        .route("/api/v1/explain", get(explain::explain))
        .route("/api/v1/outlook", get(warning::outlook).post(warning::enter_forecast))
        .route("/api/v1/outlook/hours", get(warning::hours))
        .route("/api/v1/outlook/skill", get(warning::skill))
        .route("/api/v1/public/air", get(public::air))
        .route("/api/v1/public/warning", get(warning::public))
        .route("/api/v1/consultations", get(warning::consultations).post(warning::consult))
        .route("/api/v1/instructions", post(warning::instruct))
        .route("/api/v1/advisories", get(warning::advisories).post(warning::advise))
        .route("/api/v1/measures", get(measures::measures))
        .route("/api/v1/measures/editions", get(measures::editions))
        .route("/api/v1/dispatch/{warning}", get(measures::of_warning))
        .route("/api/v1/dispatch/{warning}/steps", post(execution::step))
        .route("/api/v1/reports/district", get(execution::days).post(execution::report))
        .route("/api/v1/evidence/{warning}", get(evidence::of_warning))
        .route("/api/v1/warnings", get(warning::warnings).post(warning::propose))
        .route("/api/v1/warnings/{warning}", get(warning::warning))
        .route("/api/v1/warnings/{warning}/decline", post(warning::decline))
        .route("/api/v1/warnings/{warning}/approve", post(warning::approve))
        .route("/api/v1/warnings/{warning}/issue", post(warning::issue))
        .route("/api/v1/drills", post(warning::begin))
        .route("/api/v1/drills/{drill}/air", post(warning::clear))
        .route("/api/v1/drills/{drill}/stop", post(warning::stop))
        .route("/api/v1/clock/confirm", post(operator::confirm_clock))
        .merge(pages())
        .merge(of_the_room())
        .merge(notice::routes());
    let sheets = Router::new().route("/api/v1/reports/district/file", post(execution::report_file));
    let readings = Router::new().route("/api/v1/power", post(power::files));
    let most = app.config.max_body_bytes;
    let routes = guard::bounded(routes, most)
        .merge(guard::bounded(sheets, most.max(guard::SHEET_MAX_BYTES)))
        .merge(guard::bounded(readings, power::FILE_MAX_BYTES))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method);
    let routes = guard::guarded(routes, &app.config);
    origins::allowed(routes, &app.config).with_state(app)
}

/// Pages, what they load, and what watches over the process asks for.
fn pages() -> Router<App> {
    page::routes()
        .route("/", get(page::page))
        .route("/wall", get(page::wall))
        .route("/events", get(page::events))
        .route("/stations", get(page::stations))
        .route("/year", get(page::year))
        .route("/rank", get(page::rank))
        .route("/warnings", get(page::warnings))
        .route("/response", get(page::response))
        .route("/evidence", get(page::evidence))
        .route("/reconciliation", get(page::reconciliation))
        .route("/style.css", get(page::style))
        .route("/live.js", get(page::script))
        .route("/acts.js", get(page::acts))
        .route("/theme.js", get(page::theme))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/favicon.ico", get(favicon))
        .route("/api", get(page::api))
        .route("/api.css", get(page::api_style))
}

/// Papers, fixed times and the shift book.
fn of_the_room() -> Router<App> {
    Router::new()
        .route("/papers", get(page::papers))
        .route("/duty", get(page::duty))
        .route("/api/v1/papers/{kind}", get(paper::paper).post(kept::keep))
        .route("/api/v1/papers/kept", get(kept::all))
        .route("/api/v1/papers/kept/{paper}", get(kept::one_kept))
        .route("/api/v1/papers/kept/{paper}/review", post(kept::review))
        .route("/api/v1/papers/kept/{paper}/return", post(kept::send_back))
        .route("/api/v1/papers/kept/{paper}/sign", post(kept::sign))
        .route("/api/v1/duty", get(duty::duty))
        .route("/api/v1/duty/records", get(duty::records))
        .route("/api/v1/duty/entries", post(duty::enter))
        .route("/api/v1/duty/entries/{entry}/close", post(duty::close))
        .route("/api/v1/duty/hand-over", post(duty::hand_over))
        .route("/api/v1/duty/take-over", post(duty::take_over))
        .route("/api/v1/duty/done", post(duty::done))
}

async fn unknown_path() -> Problem {
    Problem::not_found("no such path; /api/v1/openapi.json lists them")
}

pub(super) async fn wrong_method() -> Problem {
    Problem::of(StatusCode::METHOD_NOT_ALLOWED, "the path knows the methods of `Allow`")
}

/// What browsers show beside a title, and ask for on their own.
pub(super) async fn favicon() -> Response {
    let fixed = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "max-age=86400")];
    (fixed, ICON).into_response()
}

const ICON: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>\
                    <circle cx='8' cy='8' r='7' fill='#2f7fd1'/></svg>";

/// The process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The figures can be relied on.
async fn readyz(State(app): State<App>) -> Response {
    let health = app.services.health.borrow().clone();
    if health.ready {
        return "ready\n".into_response();
    }
    Problem::unavailable("not ready").because(health.reasons).into_response()
}

/// The metrics in Prometheus' text format.
async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    let registry = app.services.metrics.clone();
    let text = blocking(move || {
        let mut text = Vec::new();
        TextEncoder::new().encode(&registry.gather(), &mut text).map(|()| text)
    })
    .await?;
    let text = text.map_err(|e| Problem::internal("metrics cannot be written", &e))?;
    Ok(([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response())
}
