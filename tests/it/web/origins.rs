//! Pages of other origins: none by default, those that are named to read.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use lantian::http::{Config, origin};
use lantian::pipeline::View;

use super::sample::dalian;
use super::{Answer, Daemon, Shelf};

const SCREEN: &str = "https://screen.example";

fn open_to(origins: &[&str], may_write: bool) -> Daemon {
    let view = View { areas: vec![Arc::new(dalian())], simulated: false };
    let allowed_origins = origins.iter().map(|o| origin(o).expect("an origin")).collect();
    let config = Config { allowed_origins, origins_may_write: may_write, ..Config::default() };
    Daemon::with(view, Shelf::default(), config)
}

async fn asked(daemon: &Daemon, method: &str, from: &str, more: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri("/api/v1/areas").header("origin", from);
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    daemon.answer(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn nobody_is_let_in_unasked() {
    let daemon = open_to(&[], false);
    let answer = asked(&daemon, "GET", SCREEN, &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (200, ""));
    let preflight = [("access-control-request-method", "GET")];
    assert_eq!(
        asked(&daemon, "OPTIONS", SCREEN, &preflight).await.problem(405).0,
        "method_not_allowed"
    );
}

#[tokio::test]
async fn a_named_origin_reads_and_another_does_not() {
    let daemon = open_to(&[SCREEN], false);
    let answer = asked(&daemon, "GET", SCREEN, &[]).await;
    assert_eq!(answer.header("access-control-allow-origin"), SCREEN);
    assert!(answer.header("vary").contains("origin"), "a cache must keep them apart");
    let exposed = answer.header("access-control-expose-headers");
    assert!(exposed.contains("etag") && exposed.contains("link"), "{exposed}");
    let other = asked(&daemon, "GET", "https://else.example", &[]).await;
    assert_eq!((other.status.as_u16(), other.header("access-control-allow-origin")), (200, ""));
}

#[tokio::test]
async fn a_browser_that_asks_before_is_told_what_it_may() {
    for (may_write, methods) in [(false, "GET,HEAD"), (true, "GET,HEAD,POST")] {
        let daemon = open_to(&[SCREEN], may_write);
        let preflight = [
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "authorization"),
        ];
        let answer = asked(&daemon, "OPTIONS", SCREEN, &preflight).await;
        assert_eq!(answer.status.as_u16(), 200);
        assert_eq!(answer.header("access-control-allow-methods"), methods);
        assert!(answer.header("access-control-allow-headers").contains("authorization"));
        let other = asked(&daemon, "OPTIONS", "https://else.example", &preflight).await;
        assert_eq!(other.header("access-control-allow-origin"), "");
    }
}
