//! Days and assessments over the API, and the year as a page.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use lantian::area::{AreaId, Member, Registry};
use lantian::assessment::dust::{DustEntries, DustEntry, DustStage, EndingHour, OfficialFigure};
use lantian::assessment::target::{Goal, Target, TargetIndicator, Targets, Written};
use lantian::assessment::{DustColumn, Gathered, JudgedBy, Seasons, Span};
use lantian::average::{MISSING, Window};
use lantian::http::{ArchivedDay, DaysQuery};
use lantian::observation::{Dataset, Pollutant};
use lantian::time::{DAY_H, Day};

use super::api::over_dalian;
use super::sample;

/// A day whose PM2.5 says which one it is: 20 to 119 µg/m³ by its number; the 13th of a month has too few
/// hours, and nothing is held of the years before 2025.
pub(super) fn archived(day: Day, query: &DaysQuery) -> ArchivedDay {
    /// Made once for all tests: the first page asks for a year of them.
    static MADE: Mutex<BTreeMap<String, ArchivedDay>> = Mutex::new(BTreeMap::new());
    let key = format!("{day} {:?} {:?}", query.dust, query.parameters);
    let made = MADE.lock().expect("not poisoned").get(&key).cloned();
    made.unwrap_or_else(|| {
        let day = made_of(day, query);
        MADE.lock().expect("not poisoned").insert(key, day.clone());
        day
    })
}

fn made_of(day: Day, query: &DaysQuery) -> ArchivedDay {
    let (year, _, date) = day.date();
    let mut hours: Window = [[MISSING; DAY_H]; Pollutant::COUNT];
    if year >= 2025 {
        for column in &mut hours {
            let held = if date == 13 { 5 } else { DAY_H };
            column[..held].fill(15_000);
        }
        if date != 13 {
            hours[Pollutant::Pm2_5.index()].fill((20 + day.number() % 100) * 1000);
            hours[Pollutant::Co.index()].fill(600_000);
        }
    }
    /// The city, whose first station was always there.
    static CITY: LazyLock<Registry> = LazyLock::new(|| {
        let mut registry = sample::dalian().registry.as_ref().clone();
        registry.stations[0].valid = lantian::area::Span::default();
        registry
    });
    let registry = &*CITY;
    let mut gathered = Gathered::new(registry, (day, day), None, Dataset::Realtime);
    gathered.put_hours(0, day, Box::new(hours));
    let deduction = dust().of(query.dust, registry);
    let figures =
        gathered.finish().without((day, Member::Station(0)), &deduction, &query.parameters);
    let figures = figures.expect("in operation");
    ArchivedDay { figures, state: if date == 1 { "revised" } else { "published" } }
}

/// Two days of dust in April 2026, of which the first night was recognised, and a figure of that month.
pub(super) fn dust() -> DustEntries {
    let hour = |text: &str| text.parse::<EndingHour>().expect("an hour").0;
    let entry = |stage, from, to, document: &str| DustEntry {
        area: AreaId::new("dalian").expect("legal"),
        stations: None,
        from: hour(from),
        to: hour(to),
        stage,
        document: document.to_owned(),
        note: String::new(),
    };
    let (first, last) = ("2026-04-28 03", "2026-04-29 24");
    let official = OfficialFigure {
        entity: "dalian".to_owned(),
        span: Span::parse("2026-04", &Seasons::DEFAULT).expect("a span"),
        figure: TargetIndicator::Mean(Pollutant::Pm2_5),
        value: Written::parse("61").expect("digits"),
        document: "通报四".to_owned(),
    };
    DustEntries {
        entries: vec![
            entry(DustStage::Reported, first, last, "申报一"),
            entry(DustStage::Recognised, first, "2026-04-28 08", "认定二"),
        ],
        official: vec![official],
    }
}

#[tokio::test]
async fn the_columns_of_dust_stand_beside_each_other_and_every_answer_names_its_own() {
    let daemon = over_dalian();
    let path = "/api/v1/assessment?entity=dalian&span=2026-04";
    let json = daemon.get(path).await.json();
    assert_eq!((&json["dust"], &json["dust_zh"]), (&"measured".into(), &"实况".into()));
    let of = |at: usize, key: &str| json["dust_columns"][at][key].clone();
    let names = [0, 1, 2, 3].map(|at| of(at, "column_zh"));
    let heads = ["实况", "扣沙（认定）", "扣沙（申报，估算）", "官方值（录入）"];
    assert_eq!(names, heads.map(serde_json::Value::from));
    // Nights of six hours leave 18, which are no day; two days leave none.
    assert_eq!(
        [0, 1, 2].map(|at| of(at, "station_hours")),
        [0, 6, 46].map(serde_json::Value::from)
    );
    assert_eq!([0, 1, 2].map(|at| of(at, "days_deducted")), [0, 1, 2].map(serde_json::Value::from));
    // The 13th has no day of any pollutant.
    assert_eq!([0, 1, 2].map(|at| of(at, "days_pm2_5")), [29, 28, 27].map(serde_json::Value::from));
    assert_eq!((of(3, "pm2_5_mean"), of(3, "days_pm2_5")), (61.into(), serde_json::Value::Null));
    assert_eq!(of(3, "station_hours"), serde_json::Value::Null);
    assert_eq!(of(0, "good_day_ratio_percent"), of(2, "good_day_ratio_percent"), "kept");
    assert_ne!(of(0, "pm2_5_mean"), of(2, "pm2_5_mean"));
    assert_eq!(of(2, "documents"), serde_json::json!(["申报一", "认定二"]));
    let reported = daemon.get(&format!("{path}&dust=dust_reported")).await.json();
    assert_eq!(reported["dust"], "dust_reported");
    assert_eq!(reported["shown"]["pm2_5_mean"], of(2, "pm2_5_mean"));
    assert_eq!(reported["dust_columns"], json["dust_columns"], "whichever is asked for");
    let none = daemon.get("/api/v1/assessment?entity=dalian&span=2026-05&dust=dust_reported").await;
    let none = none.json();
    assert!(none["dust_reason_zh"].as_str().is_some_and(|why| why.contains("与实况相同")));
    assert_eq!(none["dust_columns"], serde_json::Value::Null);

    let path = "/api/v1/days?entity=dalian&from=2026-04-27&to=2026-04-29";
    let measured = daemon.get(path).await.json();
    let left = daemon.get(&format!("{path}&dust=dust_recognised")).await.json();
    assert_eq!((&left["dust"], &left["dust_zh"]), (&"dust_recognised".into(), &heads[1].into()));
    assert_eq!(left["days"][0], measured["days"][0]);
    let (day, as_measured) = (&left["days"][1], &measured["days"][1]);
    assert_eq!((&day["aqi"], &day["dust_station_hours"]), (&as_measured["aqi"], &6.into()));
    assert_eq!(day["pm2_5_ug_m3"], serde_json::Value::Null);
    for page in ["/api/v1/days?entity=dalian&from=2026-04-27&to=2026-04-29", "/year?year=2026"] {
        let (_, why) = daemon.get(&format!("{page}&dust=official")).await.problem(400);
        assert!(why.contains("entered, not reckoned"), "{why}");
    }
}

#[tokio::test]
async fn the_page_of_a_year_has_the_columns_of_dust_and_says_what_they_are() {
    let daemon = over_dalian();
    let page = daemon.get("/year?year=2026").await.text;
    for words in [
        "沙尘扣除",
        "申报一、认定二",
        "2026-04-28 03时至2026-04-29 24时",
        "市级申报",
        "总站认定",
        "官方值（录入）",
        "6点位小时 / 1天",
        "按实况统计",
        "全部点位",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let chosen = daemon.get("/year?year=2026&dust=dust_recognised").await.text;
    assert!(chosen.contains("<strong>扣沙（认定）</strong>"), "{chosen}");
    assert!(chosen.contains("dataset=reviewed&amp;dust=dust_recognised"), "links keep it");
    let english = daemon.get("/year?year=2026&lang=en").await.text;
    assert!(english.contains("without recognised dust") && english.contains("as measured"));
    let quiet = daemon.get("/year?year=2025&dust=dust_reported").await.text;
    assert!(!quiet.contains("沙尘扣除") && quiet.contains("没有申报或认定的沙尘时段"), "{quiet}");
}

/// One of 2025 and none of any other year.
pub(super) fn targets() -> Targets {
    let target = Target {
        year: 2025,
        entity: "dalian".to_owned(),
        indicator: TargetIndicator::GoodDayRatio,
        goal: Goal::Number(Written::parse("88.9").expect("a number")),
        judged_by: JudgedBy::Edition2012,
        dataset: Dataset::Best,
        dust: DustColumn::Measured,
        document: "方案一".to_owned(),
        district: String::new(),
    };
    Targets { rows: vec![target] }
}

/// The heating season is that of another city than the default.
pub(super) fn seasons() -> Seasons {
    Seasons { heating: "10-20..04-20".parse().expect("a season"), ..Seasons::DEFAULT }
}

#[tokio::test]
async fn a_season_is_that_of_the_configuration() {
    let path = "/api/v1/assessment?entity=dalian&span=heating:2024";
    let json = over_dalian().get(path).await.json();
    assert_eq!((&json["from"], &json["to"]), (&"2024-10-20".into(), &"2025-04-20".into()));
}

#[tokio::test]
async fn a_year_without_targets_says_so_and_never_shows_another_years() {
    let daemon = over_dalian();
    let of = |span: &str| format!("/api/v1/assessment?entity=dalian&span={span}");
    let json = daemon.get(&of("2025")).await.json();
    let row = &json["targets"][0];
    assert_eq!((&row["value"], &row["document"]), (&0.889.into(), &"方案一".into()));
    assert_eq!((&row["denominator"], &row["met"]), (&353.into(), &"lost".into()), "{row}");
    assert!(row["sentence_zh"].as_str().is_some_and(|s| s.contains("88.9%")), "{row}");
    let json = daemon.get(&of("ytd:2026-05-31")).await.json();
    assert_eq!(json["targets"], serde_json::json!([]));
    assert_eq!(json["targets_reason_zh"], "未录入本年度目标");
    let json = daemon.get(&of("2025-06")).await.json();
    assert_eq!(json["targets_reason_zh"], serde_json::Value::Null, "a month has none");
    let page = daemon.get("/year?year=2025").await.text;
    assert!(page.contains("88.9%") && page.contains("已无法达标"), "{page}");
    let page = daemon.get("/year?year=2026").await.text;
    assert!(page.contains("未录入本年度目标") && !page.contains("88.9%"), "{page}");
}

#[tokio::test]
async fn days_come_with_their_state_and_reason() {
    let daemon = over_dalian();
    let path = "/api/v1/days?entity=dalian&from=2026-01-01&to=2026-01-14";
    let json = daemon.get(path).await.json();
    assert_eq!((&json["practice"], &json["judged_by"]), (&"letter".into(), &"in_force".into()));
    assert_eq!(json["dataset_zh"], "实况数据(未审核)");
    let days = json["days"].as_array().expect("days");
    assert_eq!((days.len(), &days[0]["state"]), (14, &"revised".into()));
    let (first, short) = (&days[0], &days[12]);
    assert_eq!(first["pm2_5_ug_m3"], 20 + 20_454 % 100);
    assert_eq!((&first["co_mg_m3"], &first["valid_hours_o3"]), (&0.6.into(), &24.into()));
    assert_eq!(short["aqi"], serde_json::Value::Null);
    assert_eq!(short["reason"], "all_missing");
    for (query, name) in [
        ("entity=dalian&from=2026-01-02&to=2026-01-01", "to"),
        ("entity=dalian&from=2020-01-01&to=2026-01-01", "span"),
        ("entity=dalian&from=2026-01-01&to=2026-01-01&edition=2020", "edition"),
        ("from=2026-01-01&to=2026-01-01", "entity"),
    ] {
        let (_, detail) = daemon.get(&format!("/api/v1/days?{query}")).await.problem(400);
        assert!(detail.contains(name), "{query}: {detail}");
    }
    daemon.get("/api/v1/days?entity=nowhere&from=2026-01-01&to=2026-01-01").await.problem(404);
}

#[tokio::test]
async fn an_assessment_names_what_it_rests_on_and_refuses_to_mix_editions() {
    let daemon = over_dalian();
    let path = "/api/v1/assessment?entity=dalian";
    let json = daemon.get(&format!("{path}&span=2025-12&compare=period_before")).await.json();
    assert_eq!((&json["edition"], &json["days_total"]), (&"hj633_2012".into(), &31.into()));
    assert_eq!((&json["days_valid"], &json["simulated"]), (&30.into(), &false.into()));
    let changes = json["comparisons"][0]["changes"].as_array().expect("changes");
    assert!(changes.iter().any(|c| c["text_zh"].as_str().is_some_and(|t| t.contains("环比"))));
    let crossing = daemon.get(&format!("{path}&span=ytd:2026-05-31&compare=year_before")).await;
    let refused = &crossing.json()["comparisons"][0]["refused_zh"];
    assert!(refused.as_str().is_some_and(|why| why.contains("评价标准不同")), "{refused}");
    let one = format!("{path}&span=ytd:2026-05-31&compare=year_before&edition=2026");
    let json = daemon.get(&one).await.json();
    assert_eq!(json["edition"], "hj633_2026");
    assert_eq!(json["comparisons"][0]["refused_zh"], serde_json::Value::Null);
    daemon.get(&format!("{path}&span=2026-13")).await.problem(400);
    daemon.get(&format!("{path}&span=2025&compare=yesterday")).await.problem(400);
}

#[tokio::test]
async fn the_year_shows_its_days_in_class_colours_and_what_they_come_to() {
    let daemon = over_dalian();
    let page = daemon.get("/year?area=dalian&year=2025").await.text;
    for words in ["全年评价", "优良天数比率", "重度及以上污染天", "日历", "数据口径", "综合指数"]
    {
        assert!(page.contains(words), "{words}");
    }
    // 353 days and twelve thirteenths, in a calendar of 365.
    assert_eq!(page.matches("class=\"chip c-").count() - 8, 365, "days; the legend, a target");
    assert_eq!(page.matches("c-na").count(), 12 + 1, "thirteenths; the legend");
    assert!(page.contains("有效353天"), "{page}");
    assert!(page.contains("2025-01-13 缺测"), "{page}");
    assert!(page.contains("对比时段没有有效数据"), "nothing is held of 2024");
    let english = daemon.get("/year?area=dalian&year=2025&lang=en").await.text;
    assert!(english.contains("Good-day ratio") && english.contains("of 353 valid days"));
    let future = daemon.get("/year?year=2030").await.text;
    assert!(future.contains("尚无已结束的日期"), "{future}");
    daemon.get("/year?area=nowhere").await.problem(404);
    daemon.get("/year?year=abc").await.problem(400);
}

/// Days of two editions compare when one of them judges both.
#[tokio::test]
async fn a_year_of_two_editions_is_compared_by_one() {
    let daemon = over_dalian();
    let page = daemon.get("/year?area=dalian&year=2026").await.text;
    let refused = "两期评价标准不同（HJ 633—2012、HJ 633—2026与HJ 633—2012）";
    assert!(page.contains(refused) && page.contains("统一按2012版"), "{page}");
    let page = daemon.get("/year?area=dalian&year=2026&edition=2012").await.text;
    assert!(!page.contains("两期评价标准不同"), "{page}");
    assert!(page.contains("评价标准 HJ 633—2012 ") || page.contains("评价标准 HJ 633—2012<"));
    assert!(page.contains("&amp;edition=2012&amp;lang=en"), "the choice stays in the links");
}
