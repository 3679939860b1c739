//! What `lantian aqi` prints, and what it refuses.

use clap::Parser;
use serde_json::Value;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

fn said(line: &str) -> Result<String, ExitError> {
    let words = std::iter::once("aqi").chain(line.split_whitespace());
    let args = Line::try_parse_from(words).expect("a legal line").args;
    let mut out = Vec::new();
    run(&args, &mut out)?;
    Ok(String::from_utf8(out).expect("text"))
}

fn document(line: &str) -> Value {
    serde_json::from_str(&said(&format!("--json {line}")).expect("an answer")).expect("JSON")
}

const SIX: &str = "pm2_5=61 pm10=88 so2=9 no2=31 co=0.8 o3=44";

#[test]
fn an_hour_of_2026_is_judged_by_its_six_means() {
    let d = document(&format!("--at 2026-03-01 {SIX}"));
    assert_eq!(d["edition"], "hj633_2026");
    assert_eq!((&d["practice"], &d["period"]), (&Value::from("letter"), &Value::from("hour")));
    assert_eq!(d["aqi"], 101);
    assert_eq!(d["aqi_reason"], Value::Null);
    assert_eq!((&d["category"], &d["category_zh"]), (&"light".into(), &"轻度污染".into()));
    assert_eq!((&d["level"], &d["colour"]), (&3.into(), &"#FF7E00".into()));
    assert_eq!(d["primary_pollutants"], serde_json::json!(["pm2_5"]));
    assert_eq!(d["iaqi"].as_object().map(serde_json::Map::len), Some(6));
    assert_eq!((&d["iaqi"]["pm2_5"], &d["iaqi"]["co"]), (&101.into(), &8.into()));
    assert_eq!((&d["max_iaqi"], &d["partial"]), (&101.into(), &false.into()));
    assert_eq!(d["exceeding"], Value::Null);
    assert_eq!(d["exceeding_reason"], "term_deleted_in_this_edition");
    assert_eq!(d["concentration"]["co_mg_m3"].to_string(), "0.8");
    assert!(d["advice"].as_str().is_some_and(|t| t.contains("青少年儿童")));
    assert!(d["sensitive_groups"]["pm2_5"].is_string());
}

#[test]
fn the_day_before_is_judged_by_2012() {
    let d = document(&format!("--at 2026-02-28 {SIX}"));
    assert_eq!(d["edition"], "hj633_2012");
    assert_eq!((&d["aqi"], &d["partial"]), (&16.into(), &true.into()));
    assert_eq!(d["missing"], serde_json::json!(["pm10", "pm2_5"]));
    assert_eq!(d["iaqi_reason"]["pm2_5"], "no_column_for_1h_pm");
    assert_eq!(d["iaqi_reason"]["pm2_5_24h"], "missing");
    let d = document(&format!("--at 2026-02-28 --practice national_platform {SIX}"));
    assert_eq!((&d["aqi"], &d["practice"]), (&83.into(), &"national_platform".into()));
    let d = document(&format!("--at 2026-02-28 pm2_5_24h=76 pm10_24h=50 {SIX}"));
    assert_eq!((&d["aqi"], &d["exceeding"]), (&102.into(), &serde_json::json!(["pm2_5"])));
    assert_eq!(d["sensitive_groups"], serde_json::json!({}));
}

#[test]
fn the_hour_of_a_time_decides_the_edition() {
    let at = |text: &str| document(&format!("--at {text} pm2_5=1"))["edition"].clone();
    assert_eq!(at("2026-02-28T23:59:59+08:00"), "hj633_2012");
    assert_eq!(at("2026-02-28T16:00:00Z"), "hj633_2026");
}

#[test]
fn a_day_takes_daily_means_and_mda8() {
    let day = "--period day --at 2026-05-01 pm2_5=35 pm10=50 so2=9 no2=31 co=0.8";
    let d = document(&format!("{day} o3=161"));
    assert_eq!((&d["aqi"], &d["iaqi"]["o3_8h"]), (&101.into(), &101.into()));
    assert_eq!(d["primary_pollutants"], serde_json::json!(["o3"]));
    assert_eq!(d["iaqi"]["pm2_5"], 50);
    assert_eq!(document(&format!("{day} o3_8h=161"))["aqi"], 101);
    let d = document(&format!("{day} o3_8h=90 o3_max_1h=300"));
    assert_eq!((&d["aqi"], &d["not_used"]), (&50.into(), &serde_json::json!(["o3_max_1h"])));
    let d = document("--period day --at 2025-05-01 o3_8h=90 o3_max_1h=300");
    assert_eq!((&d["aqi"], &d["iaqi"]["o3_max_1h"]), (&150.into(), &150.into()));
}

#[test]
fn where_the_clause_gives_no_aqi_it_is_null_with_its_reason() {
    let d = document("--at 2026-03-01 pm2_5=60");
    for name in ["aqi", "category", "level", "colour", "primary_pollutants", "health"] {
        assert_eq!(d[name], Value::Null, "{name}");
    }
    assert_eq!(d["aqi_reason"], "missing_and_not_above_100");
    assert_eq!(d["max_iaqi"], 100);
    assert_eq!(d["missing"], serde_json::json!(["pm10", "o3", "no2", "so2", "co"]));
    let d = document("--at 2025-01-01 so2=801");
    assert_eq!(d["aqi_reason"], "no_iaqi");
    assert_eq!(d["iaqi_reason"]["so2"], "above_800");
}

#[test]
fn values_beyond_the_scale_are_marked() {
    let d = document("--at 2026-03-01 pm2_5=900");
    assert_eq!((&d["aqi"], &d["beyond_index"]), (&500.into(), &serde_json::json!(["pm2_5"])));
}

#[test]
fn an_area_of_the_platform_rounds_half_up() {
    let line = "--at 2025-01-01 --practice national_platform pm2_5=35.5 co=0.845";
    assert_eq!(document(line)["aqi"], 52);
    let d = document(&format!("--area {line}"));
    assert_eq!((&d["aqi"], &d["entity"]), (&51.into(), &"area".into()));
    assert_eq!(d["concentration"]["co_mg_m3"].to_string(), "0.85");
}

#[test]
fn people_read_the_same_answer() {
    let text = said(&format!("--at 2026-03-01 {SIX}")).expect("an answer");
    for part in [
        "AQI 101  轻度污染（三级，橙色 #FF7E00）",
        "首要污染物  PM2.5",
        "健康影响    敏感人群症状有轻度加剧",
        "敏感人群    PM2.5：患有",
        "依据        HJ 633—2026，2026-03-01，实时报，按标准条文，点位",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let row = text.lines().find(|l| l.starts_with("CO ")).expect("a row");
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["CO", "1小时", "0.8", "mg/m³", "8"]);
    let na = said("--at 2026-03-01 pm2_5=60").expect("an answer");
    assert!(
        na.starts_with("AQI NA  有污染物缺测，且其余污染物的AQI不大于100\n最大分指数  100\n"),
        "{na}"
    );
}

#[test]
fn an_incomplete_aqi_says_so_first_and_advises_nothing() {
    let text = said(&format!("--at 2026-02-28 {SIX}")).expect("an answer");
    assert!(text.starts_with("AQI 16（不完整，缺 PM10、PM2.5）\n"), "{text}");
    assert!(!text.contains("健康影响") && !text.contains("建议措施"), "{text}");
    let text = said("--at 2026-03-01 pm2_5=61").expect("an answer");
    assert!(text.lines().next().is_some_and(|l| l.ends_with("）  至少轻度污染")), "{text}");
}

#[test]
fn help_names_every_key() {
    use clap::CommandFactory as _;
    let help = Line::command().render_long_help().to_string();
    let words: Vec<_> = help.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    for (key, _) in keys(ReportKind::Hour).chain(keys(ReportKind::Day)) {
        assert!(words.contains(&key), "{key} is not in\n{help}");
    }
}

#[test]
fn faults_of_the_line_name_their_key() {
    for (line, part) in [
        ("pm25=61", "unknown key pm25; expected one of pm2_5 pm10 so2"),
        ("pm2_5", "pm2_5: expected KEY=VALUE"),
        ("pm2_5=", "pm2_5 is not a number"),
        ("pm2_5=x", "pm2_5 is not a number"),
        ("pm2_5=-1", "pm2_5 is negative"),
        ("pm2_5=1e9", "pm2_5 is out of range"),
        ("pm2_5=1 pm2_5=1", "pm2_5 is given twice"),
        ("o3_max_1h=1", "unknown key o3_max_1h"),
        ("--period day o3=1 o3_8h=1", "o3_8h is given twice"),
        ("--period day pm2_5=1 pm2_5_24h=1", "pm2_5_24h is given twice"),
        ("--at 2026-02-30 pm2_5=1", "--at 2026-02-30"),
    ] {
        let fault = said(line).expect_err(line);
        assert_eq!(fault.code(), 1, "{line}");
        assert!(fault.to_string().contains(part), "{line}: {fault}");
    }
}

#[test]
fn nothing_given_is_a_fault_of_the_line() {
    assert!(Line::try_parse_from(["aqi"]).is_err());
    assert!(Line::try_parse_from(["aqi", "--practice", "x", "pm2_5=1"]).is_err());
}
