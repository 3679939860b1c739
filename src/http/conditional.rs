//! Answers that a program has already: it names them, and they are not sent again.
//!
//! In: what a handler answers to a GET of the API. Out: the same with a tag of its bytes (`ETag`), or 304
//! where the program names that tag (`If-None-Match`).
//!
//! Invariants: a tag is of the bytes that are sent, so equal tags are equal answers, whoever gave them; an
//! answer that is asked for again is made again, so nobody sees what is no longer, or is not theirs to see.
//!
//! Why a digest and not the sequence of the view: what the archive holds, what time it is and who asks change
//! answers too, and a digest of 100 kB takes less than making them.
//!
//! Source: RFC 9110, 8.8 and 13.1.2; RFC 9111, 5.2.2.4.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};

use super::problem::Problem;

/// Tags what a GET answers, and leaves out what is known.
pub(super) async fn conditional(mut request: Request, next: Next) -> Response {
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    if !reads || !request.uri().path().starts_with("/api/v1/") {
        return next.run(request).await;
    }
    // A HEAD has the headers of its GET: the router leaves the body out.
    *request.method_mut() = Method::GET;
    let asked = request.headers().clone();
    let response = next.run(request).await;
    if response.status() != StatusCode::OK || !is_data(response.headers()) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return Problem::internal("the answer failed", &"its body broke off").into_response();
    };
    let digest = Sha256::digest(&body);
    let short: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{short}\"");
    head.headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    let is_known = names(&asked, &tag);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        head.headers.insert(header::ETAG, tag);
    }
    if !is_known {
        return Response::from_parts(head, Body::from(body));
    }
    head.status = StatusCode::NOT_MODIFIED;
    head.headers.remove(header::CONTENT_TYPE);
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::empty())
}

/// Whether it is a document or a table, which is whole; a stream of events never ends.
fn is_data(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let whole = media.starts_with(b"application/json") || media.starts_with(b"text/csv");
    whole && !headers.contains_key(header::ETAG)
}

/// Whether the tag is among those named, or all are.
fn names(asked: &HeaderMap, tag: &str) -> bool {
    let named = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
    let mut tags = named.flat_map(|tags| tags.split(',')).map(str::trim);
    tags.any(|named| named == "*" || named.strip_prefix("W/").unwrap_or(named) == tag)
}
