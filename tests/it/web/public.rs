//! The public's address: what is published and issued, and nothing else, whatever the room knows.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use lantian::http::{Config, public_site, serve_all};
use lantian::index::Pollutants;
use lantian::observation::Pollutant;
use lantian::outlook::{Forecast, Source, decode_forecast};
use lantian::pipeline::{Alarm, AreaView, Subject, View};
use lantian::time::Instant;
use lantian::warning::{Body as Said, Drill, Level, Record, Warnings};
use serde_json::Value;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use super::execution::records;
use super::quality::doubtful;
use super::sample::dalian;
use super::{Daemon, Shelf};

const PATHS: [&str; 4] = ["/", "/?lang=en", "/api/v1/public/air", "/api/v1/public/warning"];

fn forecast(office: &str, source: Source) -> Forecast {
    let json = format!(
        r#"{{"office":"{office}","issued":"2026-11-23T15:00:00+08:00",
            "days":[{{"date":"2026-11-24","aqi":[150,187],"primary":["pm2_5"]}}]}}"#
    );
    Forecast { source, ..decode_forecast(json.as_bytes()).expect("a forecast") }
}

/// The records of a warning up to one of them, and a forecast of either source.
fn warnings(records: &[Record]) -> Warnings {
    let mut warnings = Warnings::default();
    records.iter().for_each(|record| warnings.take(record));
    let forecasts = [("市环境监测中心", Source::Fed), ("内部模型", Source::BuiltIn)];
    for (office, source) in forecasts {
        let body = Said::Forecast(forecast(office, source));
        let (number, at) = (warnings.last + 1, Instant::from_millis(0));
        warnings.take(&Record { number, at, person: None, drill: None, body });
    }
    warnings
}

/// A city about which the room knows more than the public: a recommendation with an approval, a drill in
/// which all is issued, a forecast of its own, doubts and silences.
fn known_to_the_room() -> AreaView {
    let area = doubtful();
    let mut of = warnings(&records()[..2]);
    of.drill = Some(Box::new(Drill {
        number: 5,
        level: Level::Red,
        seed: 1,
        since: area.now,
        hours: Vec::new(),
        lifted: false,
        warnings: warnings(&records()),
    }));
    let alarm = Alarm {
        subject: Subject::Station(8),
        since: area.now,
        raised: area.now,
        cleared: None,
        lag_min: None,
    };
    AreaView { warnings: Arc::new(of), alarms: vec![alarm], ..area }
}

async fn ask(area: AreaView, method: &str, path: &str) -> (u16, String) {
    let view = View { areas: vec![Arc::new(area)], simulated: false };
    let daemon = Daemon::with(view, Shelf::default(), Config::default());
    let site = public_site(&daemon.services, &Config::default());
    let request =
        Request::builder().method(method).uri(path).header("authorization", "Bearer rules");
    let request = request.body(Body::empty()).expect("a request");
    let answer = site.oneshot(request).await.expect("infallible");
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), usize::MAX).await.expect("whole");
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn nothing_that_is_not_issued_leaks() {
    let words = [
        "建议",
        "批准",
        "李副市长",
        "市人民政府",
        "3号",
        "演练",
        "内部模型",
        "疑似",
        "离线",
        "排名",
        "橙色",
        "红色",
        "推荐",
        "recommend",
        "proposal",
        "approv",
        "drill",
        "built",
        "orange",
        "red ",
        "stuck",
        "finding",
        "alarm",
        "silent",
        "rank",
        "notice",
    ];
    for path in PATHS {
        let (status, text) = ask(known_to_the_room(), "GET", path).await;
        assert_eq!(status, 200, "{path}");
        for word in words {
            assert!(!text.contains(word), "{path}: {word}\n{text}");
        }
    }
}

/// The test above would pass over an empty page.
#[tokio::test]
async fn what_is_published_and_issued_is_there() {
    let (_, page) = ask(known_to_the_room(), "GET", "/").await;
    for word in ["大连", "甘井子", "实况(未审核)", "市环境监测中心", "150～187", "15时"]
    {
        assert!(page.contains(word), "{word}\n{page}");
    }
    assert!(!page.contains("港湾街微站"), "a station that is not assessed");
    let (_, air) = ask(known_to_the_room(), "GET", "/api/v1/public/air").await;
    let air: Value = serde_json::from_str(&air).expect("JSON");
    assert_eq!(air["city"]["index"]["aqi"], 131);
    assert_eq!(air["city"]["dataset_zh"], "实况(未审核)");
    assert_eq!(air["stations"].as_array().map(Vec::len), Some(10));
    assert_eq!(air["city"]["day_so_far"]["day"], "2026-11-23");
    let area = AreaView { warnings: Arc::new(warnings(&records())), ..dalian() };
    let (_, page) = ask(area.clone(), "GET", "/").await;
    assert!(page.contains("lv-orange") && page.contains("生效中"), "{page}");
    let (_, issued) = ask(area, "GET", "/api/v1/public/warning").await;
    let issued: Value = serde_json::from_str(&issued).expect("JSON");
    assert_eq!(issued["in_force"]["level"], "orange");
}

/// In text, since a telephone shows no `title`.
#[tokio::test]
async fn what_is_old_or_thin_does_not_look_whole() {
    let (_, page) = ask(dalian(), "GET", "/").await;
    for word in ["HJ 633—2026", "1小时均值", "0时以来，截至15时", "有效小时 15/15"]
    {
        assert!(page.contains(word), "{word}\n{page}");
    }
    assert!(!page.contains("数据缺报") && !page.contains("代表性不足"), "{page}");
    let mut area = dalian();
    area.now = area.newest.expect("an hour").end().plus_minutes(181);
    let newest = area.newest.expect("an hour");
    let hour = area.sets[0].hours.iter_mut().find(|h| h.figures.hour == newest).expect("it");
    let figures = &mut hour.figures;
    figures.coverage.iter_mut().for_each(|of| (of.present, of.expected) = (3, 10));
    let pm10: Pollutants = [Pollutant::Pm10].into_iter().collect();
    (figures.index.partial, figures.index.missing) = (true, pm10);
    (figures.day_index.partial, figures.day_index.missing) = (true, pm10);
    let (_, page) = ask(area.clone(), "GET", "/").await;
    for word in ["数据缺报", "距今已超过3小时", "仅3/10站有数据，代表性不足"]
    {
        assert!(page.contains(word), "{word}\n{page}");
    }
    let note = "PM10 缺测，AQI按其余项目计算";
    assert_eq!(page.matches(note).count(), 2, "of the hour and of the day\n{page}");
    assert!(!page.contains("title=\""), "{page}");
    let (_, air) = ask(area, "GET", "/api/v1/public/air").await;
    let air: Value = serde_json::from_str(&air).expect("JSON");
    assert_eq!((&air["stale"], &air["not_representative"]), (&true.into(), &true.into()));
    assert_eq!(air["city"]["coverage"]["pm2_5"]["present"], 3);
    assert_eq!(air["city"]["edition_document"], "HJ 633—2026");
}

#[tokio::test]
async fn nothing_else_is_served_and_nothing_writes() {
    let inner = [
        "/api",
        "/api/v1/openapi.json",
        "/api/v1/areas",
        "/api/v1/warnings",
        "/api/v1/outlook",
        "/api/v1/events",
        "/api/v1/notices",
        "/api/v1/roster",
        "/api/v1/stations",
        "/events",
        "/metrics",
        "/readyz",
        "/warnings",
        "/rank",
        "/duty",
        "/notices",
        "/acts.js",
        "/ack",
        "/api/v1/areas/dalian/dead-letters",
        "/api/v1/areas/dalian/latest",
        "/api/v1/explain",
    ];
    for path in inner {
        for method in ["GET", "POST"] {
            let (status, text) = ask(dalian(), method, path).await;
            assert_eq!(status, 404, "{method} {path}");
            assert!(!text.contains("openapi"), "what there is elsewhere is not told");
        }
    }
    for path in PATHS {
        assert_eq!(ask(dalian(), "POST", path).await.0, 405, "{path}");
    }
    for path in ["/style.css", "/favicon.ico", "/healthz"] {
        assert_eq!(ask(dalian(), "GET", path).await.0, 200, "{path}");
    }
    let (_, page) = ask(dalian(), "GET", "/").await;
    assert!(!page.contains("<form") && !page.contains("<script"));
}

#[tokio::test]
async fn both_addresses_are_served_and_end_together() {
    let view = View { areas: vec![Arc::new(dalian())], simulated: false };
    let daemon = Daemon::with(view, Shelf::default(), Config::default());
    let (inner, public) = (TcpListener::bind("127.0.0.1:0"), TcpListener::bind("127.0.0.1:0"));
    let (inner, public) = (inner.await.expect("a port"), public.await.expect("a port"));
    let at = [&inner, &public].map(|listener| listener.local_addr().expect("bound"));
    let (services, cancel) = (daemon.services.clone(), daemon.cancel.clone());
    let listeners = (inner, Some(public));
    let served = tokio::spawn(serve_all(listeners, services, Config::default(), cancel.clone()));
    let status = |path: &'static str| async move {
        let ask = move |address| {
            let answer = ureq::get(format!("http://{address}{path}")).call();
            answer.map_or_else(|e| e.to_string(), |answer| answer.status().as_u16().to_string())
        };
        tokio::task::spawn_blocking(move || at.map(ask)).await.expect("asked")
    };
    assert_eq!(status("/").await, ["200", "200"]);
    assert_eq!(status("/api/v1/areas").await, ["200", "http status: 404"]);
    cancel.cancel();
    served.await.expect("no panic").expect("no fault");
}
