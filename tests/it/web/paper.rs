//! Papers over the API and as a page: figures by default, every format, and what is refused.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use lantian::http::Config;
use lantian::observation::Pollutant;
use lantian::outlook::{AqiRange, Forecast, ForecastSpan, Source};
use lantian::pipeline::View;
use lantian::warning::{Body as Told, Record};
use std::collections::BTreeMap;
use std::sync::Arc;
use tower::ServiceExt as _;

use super::sample::{dalian, hour};
use super::{Daemon, Shelf};

fn daemon(simulated: bool) -> Daemon {
    Daemon::over(View { areas: vec![Arc::new(dalian())], simulated })
}

/// Media type, other headers by name, and the bytes.
async fn bytes(daemon: &Daemon, path: &str) -> (String, String, Vec<u8>) {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let answer = daemon.router.clone().oneshot(request).await.expect("infallible");
    let header = |name: &str| {
        let value = answer.headers().get(name).and_then(|v| v.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (media, saved) = (header("content-type"), header("content-disposition"));
    let body = to_bytes(answer.into_body(), usize::MAX).await.expect("a whole body");
    (media, saved, body.to_vec())
}

#[tokio::test]
async fn a_paper_is_its_figures_unless_a_format_is_asked_for() {
    let daemon = daemon(false);
    let json = daemon.get("/api/v1/papers/daily").await.json();
    assert_eq!(json["head"]["period_zh"], "2026年11月22日", "the last day that has ended");
    assert_eq!(json["head"]["unit"], "生态环境监测中心");
    assert_eq!(json["head"]["range_zh"], "大连（评价点位10个）");
    assert_eq!(
        (&json["city"]["pm2_5_ug_m3"], &json["city"]["co_mg_m3"]),
        (&31.into(), &0.5.into())
    );
    assert_eq!(json["sets"][0]["name"], "市区");
    let other = daemon.get("/api/v1/papers/daily?day=2026-10-01&entity=dalian/urban").await.json();
    assert_eq!(other["head"]["range_zh"], "市区（评价点位6个）");
    assert_eq!(
        (&other["city"]["date"], &other["sets"]),
        (&"2026-10-01".into(), &serde_json::json!([]))
    );
}

#[tokio::test]
async fn every_format_is_answered_as_what_it_is() {
    let daemon = daemon(false);
    let path = |format: &str| format!("/api/v1/papers/daily?day=2026-11-20&format={format}");
    let page = daemon.get(&path("html")).await;
    assert_eq!(page.media, "text/html; charset=utf-8");
    assert!(
        page.policy.contains("style-src 'unsafe-inline'") && !page.policy.contains("script-src")
    );
    assert!(page.text.contains("<h1>大连空气质量日报</h1>"), "{}", page.text);
    let text = daemon.get(&path("text")).await;
    assert_eq!(text.media, "text/plain; charset=utf-8");
    assert!(text.text.starts_with("大连空气质量日报\n2026年11月20日\n编号：未编号　状态：草稿\n"));
    for (format, media, begins) in [
        ("csv", "text/csv; charset=utf-8", "\u{feff}".as_bytes()),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK"),
    ] {
        let (found, saved, body) = bytes(&daemon, &path(format)).await;
        assert_eq!(found, media);
        assert!(saved.starts_with("attachment; filename*=UTF-8''%E5") && saved.ends_with(format));
        assert!(body.starts_with(begins), "{format}");
    }
}

#[tokio::test]
async fn a_forecast_is_handed_on_by_day_or_by_record() {
    let shelf = Shelf { records: vec![forecast()], ..Shelf::default() };
    let view = View { areas: vec![Arc::new(dalian())], simulated: false };
    let daemon = Daemon::with(view, shelf, Config::default());
    for query in ["", "day=2026-11-23&", "record=7&"] {
        let text = daemon.get(&format!("/api/v1/papers/forecast?{query}format=text")).await.text;
        assert!(text.contains("大连市气象台11月23日14时发布2026年11月24日空气质量预报"), "{text}");
    }
    let none = daemon.get("/api/v1/papers/forecast?day=2026-11-22").await.problem(404);
    assert!(none.1.starts_with("no official forecast issued on 2026-11-22"), "{none:?}");
    let none = daemon.get("/api/v1/papers/forecast?record=8").await.problem(404);
    assert_eq!(none.1, "area dalian has no record 8");
    let wrong = daemon.get("/api/v1/papers/daily?record=7").await.problem(400);
    assert_eq!(wrong.1, "record: daily is asked for by day");
}

/// An official forecast of one day, on record as number 7.
fn forecast() -> Record {
    let issued = hour("2026-11-23", 14).end();
    let span = ForecastSpan {
        from: hour("2026-11-24", 1),
        hours: 24,
        aqi: AqiRange::new(80, 110).expect("legal"),
        hourly: Vec::new(),
        primary: [Pollutant::Pm2_5].into_iter().collect(),
        cause: None,
        concentrations: BTreeMap::new(),
        weather: None,
    };
    let zones = BTreeMap::from([(String::new(), vec![span])]);
    let office = "大连市气象台".to_owned();
    let body = Told::Forecast(Forecast { office, issued, source: Source::Fed, zones });
    Record { number: 7, at: issued, person: None, drill: None, body }
}

#[tokio::test]
async fn what_is_simulated_says_so_on_paper_too() {
    let daemon = daemon(true);
    let text = daemon.get("/api/v1/papers/daily?format=text").await.text;
    assert!(text.starts_with("【模拟数据】大连空气质量日报"), "{text}");
    assert!(text.contains("生成时间：2026-11-23 15:10"), "by its own clock: {text}");
}

#[tokio::test]
async fn what_has_no_paper_is_refused_with_its_reason() {
    let daemon = daemon(false);
    let refused = |query: &'static str| {
        let daemon = &daemon;
        async move { daemon.get(&format!("/api/v1/papers/{query}")).await }
    };
    for (query, named) in [
        ("daily?day=2026-11-23", "day: 2026-11-23 has not ended"),
        ("daily?day=yesterday", "day: YYYY-MM-DD expected"),
        ("daily?month=2026-10", "month: daily is asked for by day"),
        ("daily?format=pdf", "format: json, or one of html"),
        ("daily?colour=red", "colour: "),
    ] {
        let (code, detail) = refused(query).await.problem(400);
        assert_eq!(code, "bad_parameter", "{query}");
        assert!(detail.starts_with(named), "{query}: {detail}");
    }
    for query in ["hourly", "daily?area=x", "daily?entity=1077A"] {
        assert_eq!(refused(query).await.problem(404).0, "not_found", "{query}");
    }
}

#[tokio::test]
async fn the_page_has_every_kind_with_its_links() {
    let daemon = daemon(false);
    let page = daemon.get("/papers?day=2026-11-20").await;
    assert!(page.policy.contains("form-action 'self'"), "{}", page.policy);
    for part in [
        "空气质量日报",
        "value=\"2026-11-20\" max=\"2026-11-23\"",
        "/api/v1/papers/daily?area=dalian&#38;entity=dalian&#38;day=2026-11-20&#38;format=html",
        "format=xlsx",
        "中心城区",
        "编制单位：生态环境监测中心",
    ] {
        assert!(page.text.contains(part), "{part} is not in {}", page.text);
    }
    let page = daemon.get("/papers?day=2026-11-30&lang=en").await;
    assert!(page.text.contains("has not ended") && page.text.contains("Daily report"));
    assert_eq!(daemon.get("/papers?day=soon").await.problem(400).0, "bad_parameter");
    assert_eq!(daemon.get("/papers?entity=dalian/moon").await.problem(404).0, "not_found");
}

/// A warning in orange with its list of measures, as the page of the response has it.
#[tokio::test]
async fn papers_of_a_warning_are_made_by_record_and_listed_on_the_page() {
    let shelf = Shelf {
        records: super::execution::records(),
        measures: Some(super::execution::edition()),
        ..Shelf::default()
    };
    let view = View { areas: vec![Arc::new(dalian())], simulated: false };
    let daemon = Daemon::with(view, shelf, Config::default());
    let notice = daemon.get("/api/v1/papers/notice?record=3&format=text").await.text;
    assert!(notice.contains("经市人民政府同意，自11月22日"), "{notice}");
    let approval = daemon.get("/api/v1/papers/approval?record=1&format=text").await.text;
    assert!(approval.contains("会商。") && approval.contains("文号3号"), "{approval}");
    let all = daemon.get_as("/api/v1/papers/tasks?record=3", "reads").await.json();
    let name = all["districts"][0]["district"].as_str().expect("a name").to_owned();
    let of_list = daemon.get_as("/api/v1/dispatch/1", "reads").await.json();
    let grams = |value: &serde_json::Value| value.as_u64().expect("grams");
    let total = grams(&of_list["reduction_g_per_day"]["nox"]);
    let kilograms = all["total"]["nox_kg_per_day"].as_str().expect("a text").parse::<f64>();
    assert!(
        (kilograms.expect("a number") * 1000.0 - f64::from(u32::try_from(total).expect("fits")))
            .abs()
            < 0.5
    );
    let path = format!("/api/v1/papers/tasks?record=3&receiver={}", encoded(&name));
    let one = daemon.get_as(&path, "reads").await.json();
    assert_eq!(one["districts"].as_array().map(Vec::len), Some(1));
    assert_eq!(one["districts"][0], all["districts"][0]);
    let refused = daemon.get_as("/api/v1/papers/tasks?record=1", "reads").await.problem(404).1;
    assert_eq!(refused, "record 1 is a recommendation, no issue");
    let stranger = daemon.get("/api/v1/papers/tasks?record=3").await;
    assert_eq!(stranger.problem(401).0, "unauthorized", "it names people");
    let day = daemon.get("/api/v1/papers/response").await.json();
    assert_eq!(
        (&day["day"]["date"], &day["levels"][0]["level_zh"]),
        (&"2026-11-23".into(), &"橙色".into())
    );
    let districts = super::execution::edition().districts.len();
    assert_eq!(
        (&day["of_districts"]["due"], &day["of_districts"]["reported"]),
        (&districts.into(), &0.into())
    );
    let review = daemon.get("/api/v1/papers/review?record=1").await.json();
    assert_eq!(review["asked"][0]["nox_kg_per_day"], all["total"]["nox_kg_per_day"]);
    assert_eq!(review["course"].as_array().map(Vec::len), Some(4));
    let feedback = daemon.get("/api/v1/papers/feedback?format=text").await.text;
    assert!(feedback.contains("未发现疑似异常数据"), "{feedback}");
    let refused = daemon.get("/api/v1/papers/notice").await.problem(400).1;
    assert!(refused.starts_with("record: notice is asked for by record"), "{refused}");
    let page = daemon.get("/papers").await.text;
    for part in [
        "预警材料",
        "/api/v1/papers/notice?area=dalian&#38;record=3&#38;format=html",
        "/api/v1/papers/approval?area=dalian&#38;record=1",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(!page.contains("papers/tasks?"), "{page}");
}

/// A name as a query holds it.
fn encoded(name: &str) -> String {
    name.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
