//! 对账 on the page and in the API, over a comparison made by hand.

use std::sync::Arc;

use lantian::area::{Member, Value};
use lantian::http::Config;
use lantian::observation::Pollutant;
use lantian::pipeline::View;
use lantian::reconciliation::{Cause, Difference, Published, Quantity, Reconciliation, Tally};
use lantian::time::{Hour, HourLabel, Instant};
use serde_json::json;

use super::sample::dalian;
use super::{Daemon, Shelf};

fn hour(text: &str) -> Hour {
    Hour::parse_label(text, HourLabel::Begin).expect("an hour")
}

fn difference(quantity: Quantity, ours: Value, theirs: Value) -> Difference {
    let published =
        Published { quantity, first: theirs, first_at: Instant::default(), last: theirs };
    Difference {
        hour: hour("2026-11-22 14:00"),
        ours,
        published,
        other: Value::Nothing,
        input_missing: false,
        hidden_low: None,
        before: Vec::new(),
        input_changed: None,
    }
}

fn over(differences: Vec<(Member, Difference)>) -> Daemon {
    let mut found = Reconciliation { differences, ..Reconciliation::default() };
    for (_, one) in &found.differences {
        let tally = found.tallies.entry(one.published.quantity).or_insert(Tally {
            compared: 24,
            equal: 24,
            ..Tally::default()
        });
        tally.equal -= 1;
        tally.by_cause[one.evidence().cause() as usize] += 1;
    }
    let last_published = Some(hour("2026-11-22 22:00"));
    let shelf = Shelf { reconciliation: found, last_published, ..Shelf::default() };
    let view = View { areas: vec![Arc::new(dalian())], simulated: false };
    Daemon::with(view, shelf, Config::default())
}

fn some() -> Vec<(Member, Difference)> {
    let co = Quantity::Rolling24h(Pollutant::Co);
    let n = Value::Number;
    vec![
        (Member::Set(0), difference(Quantity::Aqi, n(82), n(101))),
        (Member::Station(0), difference(co, n(700_000), n(650_000))),
        (
            Member::Station(0),
            Difference { input_missing: true, ..difference(Quantity::Aqi, Value::Nothing, n(60)) },
        ),
    ]
}

#[tokio::test]
async fn the_page_shows_ours_theirs_the_difference_and_the_cause() {
    let daemon = over(some());
    let page = daemon.get("/reconciliation?area=dalian").await.text;
    for word in ["对账", "比对数", "一致率", "缺站", "迟到", "修约", "审核/更正", "口径", "待查"]
    {
        assert!(page.contains(word), "{word}");
    }
    for text in
        [">82<", ">101<", "-19", ">0.7<", "0.65", "+0.05", "缺测", "未找到原因", "2026-11-22 15时"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(page.contains("c-good\">82<") && page.contains("c-light\">101<"), "class colours");
    let asked = daemon.shelf.compared.lock().expect("asked").pop().expect("once");
    assert_eq!((asked.from, asked.to), (hour("2026-11-21 00:00"), hour("2026-11-22 23:00")));
    assert_eq!(asked.cause, None);
    daemon.get("/reconciliation?area=dalian&cause=missing_station").await;
    let asked = daemon.shelf.compared.lock().expect("asked").pop().expect("once");
    assert_eq!(asked.cause, Some(Cause::Missing));
    let english = daemon.get("/reconciliation?area=dalian&lang=en").await.text;
    assert!(english.contains("Likely cause") && english.contains("unexplained"));
}

#[tokio::test]
async fn days_without_anything_published_say_so() {
    let page = over(Vec::new()).get("/reconciliation").await.text;
    assert!(page.contains("该时段没有平台发布数据"), "{page}");
}

#[tokio::test]
async fn the_api_gives_the_same_with_units_and_reasons() {
    let daemon = over(some());
    let path = "/api/v1/areas/dalian/reconciliation";
    let json = daemon.get(&format!("{path}?from=2026-11-22&to=2026-11-22")).await.json();
    assert_eq!(json["practice"], "letter");
    assert_eq!(json["totals"][0]["compared"], 24);
    assert_eq!(json["totals"][0]["by_cause"]["unexplained"], 1);
    let co = json!({
        "time": "2026-11-22T14:00:00+08:00", "hour_ending": "15时",
        "entity": json["differences"][1]["entity"], "quantity": "co_24h", "unit": "mg/m³",
        "ours": 0.7, "published": 0.65, "published_first": 0.65, "difference": 0.05,
        "cause": "rounding", "cause_zh": "修约", "evidence": "within_rounding_step",
        "evidence_zh": "差值不超过一个修约间隔"
    });
    assert_eq!(json["differences"][1], co);
    let missing = &json["differences"][2];
    assert_eq!((&missing["ours"], &missing["difference"]), (&json!(null), &json!(null)));
    assert_eq!(missing["cause"], "missing_station");
}

#[tokio::test]
async fn a_faulty_question_names_its_parameter() {
    let daemon = over(some());
    for (query, name) in [
        ("to=2026-11-22", "from"),
        ("from=2026-11-22&to=2026-11-21", "to"),
        ("from=2020-11-22&to=2026-11-22", "to"),
        ("from=22&to=2026-11-22", "from"),
        ("from=2026-11-22&to=2026-11-22&cause=x", "cause"),
        ("from=2026-11-22&to=2026-11-22&limit=0", "limit"),
    ] {
        let path = format!("/api/v1/areas/dalian/reconciliation?{query}");
        let told = daemon.get(&path).await.problem(400).1;
        assert!(told.contains(name), "{query}: {told}");
    }
    let path = "/api/v1/areas/nowhere/reconciliation?from=2026-11-22&to=2026-11-22";
    daemon.get(path).await.problem(404);
    daemon.get("/reconciliation?area=nowhere").await.problem(404);
}
