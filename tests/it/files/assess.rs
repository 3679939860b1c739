//! Days and assessments through the binary: files in memory and a store give the same figures.

use serde_json::Value;

use super::{Place, air, file, lantian};

/// The fields that programs of others read.
const FIELDS: [&str; 26] = [
    "area",
    "from",
    "to",
    "edition",
    "practice",
    "days_total",
    "days_valid",
    "days_partial",
    "days_good",
    "good_day_ratio",
    "days_by_category",
    "days_heavy",
    "pm2_5_mean",
    "pm10_mean",
    "so2_mean",
    "no2_mean",
    "o3_mda8_p90",
    "co_p95",
    "pm2_5_p95",
    "pm10_p95",
    "so2_p98",
    "no2_p98",
    "composite_index",
    "primary_pollutant_days",
    "coverage",
    "dataset_zh",
];

const DAYS: &str = "date,entity,aqi,category,primary,pm2_5,pm10,so2,no2,co,o3_mda8,o3_max_1h,\
    valid_hours_pm2_5,valid_hours_pm10,valid_hours_so2,valid_hours_no2,valid_hours_co,\
    valid_hours_o3,stations_valid,state,reason";

pub(super) fn assess(place: &Place, from: &[&str], more: &[&str]) -> (Option<i32>, String, String) {
    let text = |name: &str| place.path(name).display().to_string();
    let mut args = vec!["assess".to_owned()];
    match from {
        [store] if store.ends_with(".db") => args.extend(["--store".to_owned(), text(store)]),
        files => {
            args.extend(["--stations".to_owned(), text("stations.csv")]);
            args.extend(["--sets".to_owned(), text("sets.csv")]);
            args.extend(files.iter().map(|f| text(f)));
        }
    }
    args.extend(["--area", "dalian"].map(str::to_owned));
    args.extend(more.iter().map(|m| (*m).to_owned()));
    lantian(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

pub(super) fn json(place: &Place, from: &[&str], more: &[&str]) -> Value {
    let (code, out, told) = assess(place, from, &[more, &["--json"]].concat());
    assert_eq!(code, Some(0), "{told}");
    serde_json::from_str(&out).expect("a document")
}

/// Rows with repetitions, other values for the same hour, and one that is none.
fn contested() -> Vec<String> {
    let mut rows = air(20);
    let mut again: Vec<String> = rows.iter().step_by(17).cloned().collect();
    let changed = rows.iter().step_by(29).map(|row| {
        let mut fields: Vec<&str> = row.split(',').collect();
        fields[2] = "77";
        fields[7] = "-3";
        fields.join(",")
    });
    again.extend(changed.collect::<Vec<_>>());
    rows.extend(again);
    rows
}

#[test]
fn files_and_a_store_give_the_same_assessments() {
    let place = Place::new();
    let rows = contested();
    let (one, two) = rows.split_at(rows.len() / 3);
    place.write("1.csv", &file(one));
    place.write("2.csv", &file(two));
    place.imported("a.db", &["1.csv", "2.csv"]);
    for more in [
        &["--all"][..],
        &["--all", "--span", "2025-01-03..2025-01-17", "--compare", "period_before"],
        &["--all", "--edition", "2026", "--practice", "national_platform"],
        &[
            "--all",
            "--parameter",
            "station_share_day=any",
            "--parameter",
            "area_day_order=hours_first",
        ],
    ] {
        let stored = json(&place, &["a.db"], more);
        assert_eq!(stored.as_array().map(Vec::len), Some(5), "area, set, three stations");
        for threads in ["1", "2", "5"] {
            let files =
                json(&place, &["1.csv", "2.csv"], &[more, &["--threads", threads]].concat());
            assert_eq!(files, stored, "{more:?} on {threads} threads");
        }
    }
}

#[test]
fn the_document_has_the_fields_that_programs_read() {
    let place = Place::new();
    place.write("1.csv", &file(&air(20)));
    let document = json(&place, &["1.csv"], &[]);
    for field in FIELDS {
        assert!(document.get(field).is_some(), "{field} is missing: {document}");
    }
    assert_eq!((&document["days_total"], &document["edition"]), (&20.into(), &"hj633_2012".into()));
    let by_class: u64 = document["days_by_category"]
        .as_object()
        .expect("an object")
        .values()
        .map(|n| n.as_u64().expect("a count"))
        .sum();
    assert_eq!(Value::from(by_class), document["days_valid"]);
    assert!(document["parameters"].as_object().is_some_and(serde_json::Map::is_empty));
    let (_, text, _) = assess(&place, &["1.csv"], &["--compare", "year_before"]);
    for words in ["优良天数比率", "评价标准", "数据口径", "综合指数", "对比时段没有有效数据"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn what_cannot_be_followed_is_said() {
    let place = Place::new();
    place.write("1.csv", &file(&air(2)));
    for (more, expected) in [
        (&["--span", "2025-13"][..], "--span: expected one of 2025"),
        (&["--parameter", "mda8=1"], "is none of"),
        (&["--parameter", "missing_2012=na"], "--parameter: "),
        (&["--entity", "dalian/none"], "--entity: area dalian has no dalian/none"),
    ] {
        let (code, out, told) = assess(&place, &["1.csv"], more);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{more:?}");
        assert!(told.contains(expected), "{more:?}: {told}");
    }
    place.write(
        "2.csv",
        &(file(&air(2)) + "2025-01-02 05:00,nobody,1,1,1,1,1,1\nyesterday,1A,1,1,1,1,1,1\n"),
    );
    let (code, out, told) = assess(&place, &["2.csv"], &[]);
    assert_eq!(code, Some(65), "faulty rows are told, all else is assessed");
    assert!(out.contains("优良天数比率"), "{out}");
    assert!(told.contains("unknown station: \"nobody\"") && told.contains("`time`"), "{told}");
    let (code, ..) = lantian(&["assess", "--area", "dalian"]);
    assert_eq!(code, Some(1), "neither store nor files");
}

#[test]
fn days_are_exported_with_their_columns_and_what_they_come_to() {
    let place = Place::new();
    place.write("1.csv", &file(&air(20)));
    place.imported("a.db", &["1.csv"]);
    let store = place.path("a.db").display().to_string();
    let export = |more: &[&str]| {
        let (code, out, told) = lantian(&[&["export", "--store", &store], more].concat());
        assert!(code == Some(0) && told.starts_with("数据口径:"), "{told}");
        out
    };
    let days = export(&["--what", "days"]);
    let mut lines = days.lines();
    assert_eq!(lines.next(), Some(DAYS));
    let first = lines.next().expect("a row");
    assert!(first.starts_with("2025-01-01,dalian,"), "{first}");
    // 3A is in operation until 2 January: five entities on two days, four on the others.
    assert_eq!(days.lines().count(), 1 + 2 * 5 + 18 * 4);
    let document = export(&["--what", "days", "--format", "json", "--exact", "--entity", "1A"]);
    let document: Value = serde_json::from_str(&document).expect("a document");
    assert_eq!(document["rows"].as_array().map(Vec::len), Some(20));
    let some =
        document["rows"].as_array().expect("rows").iter().find(|r| r["pm2_5_ug_m3"].is_number());
    let digits = some.expect("a value")["pm2_5_ug_m3"].to_string();
    assert!(digits.contains('.'), "exact: {digits}");

    let assessed = json(&place, &["a.db"], &["--all"]);
    let exported = export(&["--what", "assessment", "--format", "json"]);
    let exported: Value = serde_json::from_str(&exported).expect("a document");
    assert_eq!(exported["rows"], assessed);
    let lines = export(&["--what", "assessment"]);
    let mut rows = csv::Reader::from_reader(lines.as_bytes());
    let heads = rows.headers().expect("a header").clone();
    let at = heads.iter().position(|h| h == "pm2_5_mean").expect("a column");
    let row = rows.records().next().expect("a row").expect("a line");
    assert_eq!(row[at], assessed[0]["pm2_5_mean"].to_string());
}

#[test]
fn a_year_to_date_is_held_against_its_own_years_targets() {
    let place = Place::new();
    place.write("1.csv", &file(&air(20)));
    let row = "[[target]]\nyear = 2025\nentity = \"dalian\"\nindicator = \"good_day_ratio\"\n\
               value = \"88.9\"\nedition = \"2012\"\ndocument = \"方案\"\n";
    let targets = place.write("targets.toml", row).display().to_string();
    let with = |span: &str| json(&place, &["1.csv"], &["--targets", &targets, "--span", span]);
    let year = with("ytd:2025-01-20");
    let row = &year["targets"][0];
    assert_eq!((&row["value"], &row["until"]), (&0.889.into(), &"2025-01-20".into()), "{row}");
    assert_eq!(row["now"], year["good_day_ratio"], "the same days, the same edition");
    assert_eq!(row["probability"], Value::Null, "no past years");
    assert!(row["probability_reason"].is_string(), "{row}");
    assert_eq!(with("2025-02")["targets"], serde_json::json!([]), "a month is no year");
    assert_eq!(with("2024")["targets_reason_zh"], "未录入本年度目标");
    let (_, text, _) =
        assess(&place, &["1.csv"], &["--targets", &targets, "--span", "ytd:2025-01-20"]);
    assert!(text.contains("优良天数比率目标88.9%"), "{text}");
    place.write("bad.toml", "[[target]]\nyear = 2025\n");
    let bad = place.path("bad.toml").display().to_string();
    let (code, _, told) = assess(&place, &["1.csv"], &["--targets", &bad]);
    assert_eq!(code, Some(78), "{told}");
}
