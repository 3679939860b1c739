//! Ranks over the API and as a page; reference cities are series and no area.

use std::sync::Arc;

use lantian::area::{AreaId, Figures, Member, StationKind};
use lantian::assessment::rank::{OfficialRank, RankBy, RankSet};
use lantian::assessment::{DayFigures, Seasons, Span};
use lantian::average::{MISSING, Window};
use lantian::observation::{POLLUTANTS, Pollutant};
use lantian::pipeline::{AreaView, View};
use lantian::standard::Parameters;
use lantian::time::{DAY_H, Day, Hour};

use super::Daemon;
use super::sample::{area, dalian, figures, hour, place, steady};

/// The cities' PM2.5 by their place: the second and the third alike, the fourth without any.
const PM2_5: [Option<i32>; 4] = [Some(82), Some(31), Some(31), None];

fn of(member: Member) -> Option<i32> {
    match member {
        Member::Station(at) => PM2_5.get(at).copied().flatten(),
        Member::Set(_) => PM2_5[1],
    }
}

pub(super) fn day(member: Member, day: Day) -> DayFigures {
    let mut hours: Window = [[MISSING; DAY_H]; Pollutant::COUNT];
    if let Some(pm2_5) = of(member) {
        for p in POLLUTANTS {
            hours[p.index()] = [if p == Pollutant::Co { 500_000 } else { 10_000 }; DAY_H];
        }
        hours[Pollutant::Pm2_5.index()] = [pm2_5 * 1000; DAY_H];
    }
    DayFigures::of_station(day, &hours, &Parameters::default())
}

pub(super) fn hour_of(member: Member, at: Hour) -> Option<Figures> {
    let six = |pm2_5| [pm2_5, 90, 6, 18, 4, 60];
    of(member).map(|pm2_5| figures(&place("x", "x", steady(six(pm2_5))), at, 0))
}

pub(super) fn sets() -> Vec<RankSet> {
    let three = RankSet {
        code: "four".to_owned(),
        name: "四市".to_owned(),
        area: AreaId::new("cities").expect("legal"),
        members: (0..4).map(Member::Station).collect(),
        own: Some(Member::Station(1)),
        official: vec![OfficialRank {
            by: RankBy::GoodDays,
            span: Span::parse("2025-01", &Seasons::DEFAULT).expect("a span"),
            rank: 7,
            document: "1月通报".to_owned(),
        }],
    };
    let stations = RankSet {
        code: "dalian:stations".to_owned(),
        name: "大连评价点位".to_owned(),
        area: AreaId::new("dalian").expect("legal"),
        members: (0..4).map(Member::Station).collect(),
        own: None,
        official: Vec::new(),
    };
    vec![stations, three]
}

fn cities() -> AreaView {
    let city = |code, name| place(code, name, steady([9; 6])).not_assessed(StationKind::Reference);
    let all = [("a", "鞍山"), ("b", "大连"), ("c", "丹东"), ("d", "锦州")];
    let all = all.map(|(code, name)| city(code, name));
    area("cities", "参照城市", hour("2026-11-23", 15), all.into(), &[])
}

/// The list of cities comes first by its code.
pub(super) fn daemon() -> Daemon {
    Daemon::over(View { areas: vec![Arc::new(cities()), Arc::new(dalian())], simulated: false })
}

#[tokio::test]
async fn a_rank_names_what_it_rests_on_and_that_it_is_reckoned() {
    let daemon = daemon();
    let json = daemon.get("/api/v1/ranks").await.json();
    assert_eq!(json[1]["set"], "four");
    assert_eq!(
        json[1]["members"][1],
        serde_json::json!({"entity": "b", "name": "大连", "own": true})
    );
    let json = daemon.get("/api/v1/rank?set=four&by=pm2_5&span=2025-01").await.json();
    let rows = json["rows"].as_array().expect("rows");
    let row = |at: usize| (rows[at]["entity"].as_str(), rows[at]["rank"].as_u64());
    let expected = [("b", Some(1)), ("c", Some(1)), ("a", Some(3)), ("d", None)];
    assert_eq!((0..4).map(row).collect::<Vec<_>>(), expected.map(|(e, r)| (Some(e), r)));
    assert_eq!((rows[0]["tied"].as_bool(), rows[0]["value"].as_f64()), (Some(true), Some(31.0)));
    assert_eq!(
        (rows[0]["days_valid"].as_u64(), rows[0]["days_total"].as_u64()),
        (Some(31), Some(31))
    );
    assert_eq!(json["official"], false);
    assert_eq!((&json["dust"], &json["dust_zh"]), (&"measured".into(), &"实况".into()));
    assert_eq!((&json["dataset"], &json["practice"]), (&"best".into(), &"letter".into()));
    assert_eq!(json["edition"], "hj633_2012");
    let column = "/api/v1/rank?set=four&by=pm2_5&span=2025-01&dust=dust_recognised";
    assert_eq!(daemon.get(column).await.json()["dust_zh"], "扣沙（认定）");
    let sentence = json["sentence_zh"].as_str().unwrap_or_default();
    assert!(sentence.contains("由好到差列四市并列第1位；参与排名3个，测算"), "{sentence}");
}

#[tokio::test]
async fn a_published_rank_stands_beside_ours_and_is_not_ours() {
    let daemon = daemon();
    let of = |by, span| format!("/api/v1/rank?set=four&by={by}&span={span}");
    let json = daemon.get(&of("good_days", "2025-01-01..2025-01-31")).await.json();
    assert_eq!(
        (&json["official_rank"], &json["official_document"]),
        (&7.into(), &"1月通报".into())
    );
    assert_eq!(json["official"], false, "the table is reckoned");
    let sentence = json["sentence_zh"].as_str().unwrap_or_default();
    assert!(sentence.ends_with("测算；官方值（录入）第7位"), "{sentence}");
    for (by, span) in [("pm2_5", "2025-01"), ("good_days", "2025-02")] {
        assert!(daemon.get(&of(by, span)).await.json()["official_rank"].is_null(), "{by} {span}");
    }
    let text = daemon.get("/rank?set=four&by=good_days&span=2025-01").await.text;
    assert!(text.contains("官方值（录入）：第7位，1月通报"));
}

#[tokio::test]
async fn an_hour_and_the_day_so_far_are_ranked_by_the_newest_hour() {
    let daemon = daemon();
    let json = daemon.get("/api/v1/rank?set=four&by=pm2_5&span=hour").await.json();
    assert_eq!((&json["span"], &json["span_zh"]), (&"hour".into(), &"2026年11月23日15时".into()));
    assert_eq!(json["hour"], "2026-11-23T14:00:00+08:00");
    assert_eq!((&json["rows"][0]["value"], &json["rows"][2]["value"]), (&31.into(), &82.into()));
    assert_eq!(json["rows"][3]["reason_zh"], "未投运");
    let json = daemon.get("/api/v1/rank?set=four&by=aqi&span=so_far").await.json();
    assert_eq!(
        (&json["span"], &json["span_zh"]),
        (&"so_far".into(), &"2026年11月23日截至15时".into())
    );
    assert_eq!(json["rows"][0]["category"], "good");
}

#[tokio::test]
async fn what_cannot_be_ranked_is_refused_with_its_place() {
    let daemon = daemon();
    for (query, status, word) in [
        ("by=pm2_5&span=hour", 400, "set"),
        ("set=moon&by=pm2_5&span=hour", 404, "moon"),
        ("set=four&by=beauty&span=hour", 400, "composite, aqi"),
        ("set=four&by=composite&span=hour", 400, "an hour has aqi"),
        ("set=four&by=aqi&span=2025-01", 400, "one day"),
        ("set=four&by=pm2_5&span=2025-01-01..2026-12-31", 400, "730 days"),
        ("set=four&by=pm2_5&span=always", 400, "so_far"),
        ("set=four&by=pm2_5&span=hour&dust=dust_recognised", 400, "an hour is as measured"),
        ("set=four&by=pm2_5&span=2025-01&dust=official", 400, "dust"),
        ("set=four&by=pm2_5&span=hour&colour=red", 400, "colour"),
    ] {
        let answer = daemon.get(&format!("/api/v1/rank?{query}")).await;
        answer.problem(status);
        assert!(answer.text.contains(word), "{query}: {}", answer.text);
    }
}

#[tokio::test]
async fn the_page_opens_on_the_set_that_is_looked_at_for_us() {
    let daemon = daemon();
    let text = daemon.get("/rank").await.text;
    for word in [
        "四市 2026年11月23日截至15时 AQI排名",
        "测算，非官方排名",
        "由好到差",
        "沙尘口径：",
        "数据口径：",
        "鞍山",
    ] {
        assert!(text.contains(word), "{word}");
    }
    assert!(text.contains("<tr class=\"own\">"));
    assert!(!text.contains("扣沙"), "an hour has no columns of dust");
    let text = daemon.get("/rank?set=four&span=2025-01&dust=dust_reported").await.text;
    assert!(text.contains("沙尘口径：扣沙（申报，估算）"), "{text}");
    // A figure, and a column of dust, that the span does not have give way.
    assert_eq!(daemon.get("/rank?set=four&span=hour&dust=dust_reported").await.status, 200);
    let text = daemon.get("/rank?set=four&by=aqi&span=2025-01").await.text;
    assert!(text.contains("四市 2025年1月 综合指数排名"), "{text}");
    let text = daemon.get("/rank?set=four&by=change&span=2026-04&edition=2012").await.text;
    assert!(text.contains("评价标准 HJ 633—2012<") && text.contains("统一按2026版"), "{text}");
    let text = daemon.get("/rank?set=four&by=pm2_5&span=2025-01&lang=en").await.text;
    assert!(text.contains("四市: PM2.5, 2025-01-01 to 2025-01-31"), "{text}");
    assert!(text.contains("reckoned here, not official"));
}

#[tokio::test]
async fn reference_cities_are_no_area() {
    let daemon = daemon();
    let text = daemon.get("/").await.text;
    assert!(text.contains("大连") && !text.contains("参照城市"), "the page opens on an area");
    daemon.get("/?area=cities").await.problem(404);
    let areas = daemon.get("/api/v1/areas").await.json();
    let references: Vec<_> = (0..2).map(|at| areas[at]["reference"].as_bool()).collect();
    assert_eq!(references, [Some(true), Some(false)]);
    let metrics = daemon.get("/metrics").await.text;
    assert!(
        metrics.contains("area=\"dalian\"")
            && metrics.contains("lantian_area_event_timestamp_seconds{area=\"cities\"}")
    );
    let air = metrics.lines().filter(|l| l.contains("area=\"cities\""));
    let air: Vec<_> = air.filter(|l| l.contains("concentration") || l.contains("aqi")).collect();
    assert_eq!(air, [""; 0], "their air is not ours");
    assert!(daemon.get("/year?area=cities&entity=b&year=2025").await.text.contains("大连 2025年"));
    for path in [
        "/year?area=cities",
        "/reconciliation?area=cities",
        "/api/v1/assessment?entity=cities&span=2025-01",
    ] {
        daemon.get(path).await.problem(404);
    }
}

/// A city may have the code of the area that it is: `area=` says which is meant.
#[tokio::test]
async fn a_city_with_the_code_of_an_area_is_found_where_it_was_asked_for() {
    let mut city = area(
        "cities",
        "参照城市",
        hour("2026-11-23", 15),
        vec![place("dalian", "大连市区", steady([9; 6])).not_assessed(StationKind::Reference)],
        &[],
    );
    city.newest = None;
    let areas = vec![Arc::new(city), Arc::new(dalian())];
    let daemon = Daemon::over(View { areas, simulated: false });
    let of = |more: &str| format!("/api/v1/days?entity=dalian&from=2025-01-01&to=2025-01-02{more}");
    daemon.get(&of("")).await.json();
    let daemon = &daemon;
    let name = async |path: String| daemon.get(&path).await.json()["name"].clone();
    let of = |more: &str| format!("/api/v1/assessment?entity=dalian&span=2025-01{more}");
    assert_eq!(name(of("")).await, "大连");
    assert_eq!(name(of("&area=dalian")).await, "大连");
    assert_eq!(name(of("&area=cities")).await, "大连市区");
}
