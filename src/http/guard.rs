//! Bounds around every handler: time, number, body size, panics; and the form of errors.

use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;

use super::Config;
use super::conditional::conditional;
use super::listing::listed;
use super::problem::{PROBLEM_JSON, Problem};

/// Nothing but our own files may be loaded, and nothing inline runs.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'self'";

/// Headers of every answer.
const HEADERS: [(HeaderName, &str); 3] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// The largest workbook, in bytes: an XLSX of a few rows is 10 to 30 kB, and what it unpacks to is bounded
/// by it.
pub(super) const SHEET_MAX_BYTES: usize = 256 * 1024;

/// What handlers share.
pub(super) trait State: Clone + Send + Sync + 'static {}

impl<S: Clone + Send + Sync + 'static> State for S {}

/// Bodies of these routes have at most so many bytes.
pub(super) fn bounded<S: State>(routes: Router<S>, max_bytes: usize) -> Router<S> {
    routes.layer(RequestBodyLimitLayer::new(max_bytes)).layer(DefaultBodyLimit::disable())
}

/// The body of a request on a [`bounded`] route, for handlers that read it only once its person is known.
///
/// # Errors
/// 413 where it is longer than the bound, 400 where it did not come to its end.
pub(super) async fn whole_body(request: Request) -> Result<Bytes, Problem> {
    Bytes::from_request(request, &()).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::of(rejection.status(), "the body is too long"),
        _ => Problem::bad_parameter("body", "did not come to its end"),
    })
}

/// Puts the bounds of `config` around the routes; their bodies are [`bounded`] already.
///
/// Too many answers in work are refused at once rather than queued: a screen asks again, and a
/// queue would only make every answer late.
pub(super) fn guarded<S: State>(routes: Router<S>, config: &Config) -> Router<S> {
    let free = Arc::new(Semaphore::new(config.max_answers));
    let limit = config.answer_timeout;
    let routes = routes.layer(from_fn(listed)).layer(from_fn(conditional));
    routes.layer(CatchPanicLayer::custom(panicked)).layer(from_fn(
        move |request: Request, next: Next| {
            let free = free.clone();
            async move {
                let Ok(_permit) = free.try_acquire() else {
                    return finished(Problem::unavailable("too many requests").into_response());
                };
                let answer = tokio::time::timeout(limit, next.run(request)).await;
                finished(answer.unwrap_or_else(|_| {
                    Problem::unavailable("the answer took too long").into_response()
                }))
            }
        },
    ))
}

/// A panic in a handler is one failed answer.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands over the panic")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panic");
    Problem::internal("the answer failed", &text).into_response()
}

/// Marks an error that a person reads in a browser: it stays the page that it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct ForReaders;

/// Every error is a problem document, also those of the libraries, but what is marked [`ForReaders`].
fn finished(response: Response) -> Response {
    let status = response.status();
    let media = response.headers().get(header::CONTENT_TYPE);
    let is_problem = media.is_some_and(|m| m.as_bytes() == PROBLEM_JSON.as_bytes());
    let is_finished = is_problem || response.extensions().get::<ForReaders>().is_some();
    let mut response = if (status.is_client_error() || status.is_server_error()) && !is_finished {
        Problem::of(status, "the request cannot be followed").into_response()
    } else {
        response
    };
    for (name, value) in HEADERS {
        // A paper to print has a policy of its own.
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tower::ServiceExt as _;

    use super::*;

    /// Bodies come in pieces without a length told before.
    #[tokio::test]
    async fn a_body_that_breaks_off_is_not_one_that_is_too_long() {
        let routes = Router::new().route("/", axum::routing::post(whole_body));
        let routes = routes.layer(RequestBodyLimitLayer::new(8)).layer(DefaultBodyLimit::disable());
        let answer = |pieces: Vec<Result<&'static str, &'static str>>| {
            let pieces = pieces.into_iter().map(|p| p.map_err(std::io::Error::other));
            let body = Body::from_stream(tokio_stream::iter(pieces));
            let request = Request::post("/").body(body).expect("a request");
            let routes = routes.clone();
            async move { routes.oneshot(request).await.expect("infallible").status() }
        };
        assert_eq!(answer(vec![Ok("abcd"), Ok("efgh")]).await, StatusCode::OK);
        assert_eq!(answer(vec![Ok("abcd"), Ok("efghi")]).await, StatusCode::PAYLOAD_TOO_LARGE);
        let broken = answer(vec![Ok("abcd"), Err("connection reset")]).await;
        assert_eq!(broken, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn a_panic_is_answered_with_a_problem() {
        let response = panicked(Box::new("index out of bounds"));
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
    }

    #[test]
    fn errors_of_libraries_take_the_same_form() {
        let plain = (StatusCode::PAYLOAD_TOO_LARGE, "length limit exceeded").into_response();
        let response = finished(plain);
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
    }
}
