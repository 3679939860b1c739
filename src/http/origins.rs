//! Pages of other origins that may ask this daemon (CORS).
//!
//! In: the origins that the configuration names. Out: the headers by which browsers let their scripts read.
//!
//! Invariants: none is named by default, and then no answer says anything about it; a named one reads; it
//! writes only where the configuration says so. Whoever asks without a browser is not touched: the token
//! decides.
//!
//! Why tower-http: its layer answers the questions before (preflight) and keeps `Vary` right, which is easy
//! to get wrong by hand.
//!
//! Source: Fetch standard, 3.3 (CORS protocol).

use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use tower_http::cors::CorsLayer;

use super::{App, Config};

/// For so long a browser need not ask again.
const PREFLIGHT_AGE: Duration = Duration::from_secs(3600);
/// Where an event stream goes on.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// An origin as browsers write it: scheme, host and port if it is not the scheme's.
///
/// # Errors
/// What is wrong with the text.
pub fn origin(text: &str) -> Result<HeaderValue, String> {
    let fault =
        || "must be an origin such as https://screen.example:8443, without a path".to_owned();
    let uri: Uri = text.parse().map_err(|_| fault())?;
    let (scheme, authority) = uri.scheme_str().zip(uri.authority()).ok_or_else(fault)?;
    let plain = matches!(scheme, "http" | "https") && format!("{scheme}://{authority}") == text;
    let is_one = plain && !text.contains(['*', '@']) && text.to_ascii_lowercase() == text;
    if is_one { HeaderValue::from_str(text).map_err(|_| fault()) } else { Err(fault()) }
}

/// The routes, open to the origins of `config`.
pub(super) fn allowed(routes: Router<App>, config: &Config) -> Router<App> {
    if config.allowed_origins.is_empty() {
        return routes;
    }
    let methods: &[Method] = match config.origins_may_write {
        true => &[Method::GET, Method::HEAD, Method::POST],
        false => &[Method::GET, Method::HEAD],
    };
    let asked = [header::AUTHORIZATION, header::CONTENT_TYPE, header::IF_NONE_MATCH, LAST_EVENT_ID];
    routes.layer(
        CorsLayer::new()
            .allow_origin(config.allowed_origins.clone())
            .allow_methods(methods.to_vec())
            .allow_headers(asked)
            .expose_headers([header::ETAG, header::LINK])
            .max_age(PREFLIGHT_AGE),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_neither_path_nor_star_nor_name() {
        for good in ["https://a.example", "http://127.0.0.1:3000", "http://[::1]:3000"] {
            assert_eq!(origin(good).map(|v| v.as_bytes().to_vec()), Ok(good.as_bytes().to_vec()));
        }
        let bad = ["*", "a.example", "https://a.example/", "https://*.example", "ftp://a.example"];
        for bad in bad.into_iter().chain(["https://A.example", "https://u@a.example", "null", ""]) {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }
}
