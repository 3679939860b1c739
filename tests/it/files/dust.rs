//! Dust through the binary: what is deducted is what is missing, from files and from a store alike.

use serde_json::{Value, json};

use super::assess::{assess, json as document};
use super::{Place, air, file, lantian};

const COLUMNS: [&str; 3] = ["measured", "dust_recognised", "dust_reported"];

const DUST: &str = "\
[[dust]]
area = 'dalian'
from = '2025-01-04 22'
to = '2025-01-07 03'
stage = 'reported'
document = '申报'
[[dust]]
area = 'dalian'
stations = ['1A']
from = '2025-01-04 24'
to = '2025-01-05 02'
stage = 'recognised'
document = '认定'
[[dust]]
area = 'dalian'
stations = ['2A']
from = '2025-01-06 01'
to = '2025-01-07 03'
stage = 'rejected'
document = '退回'
[[official]]
entity = 'dalian'
span = 'ytd:2025-01-20'
figure = 'good_day_ratio'
value = '61.5'
document = '通报'
";

/// The file with PM2.5 and PM10 taken out of the hours of the column's stations.
fn without(rows: &[String], column: &str) -> Vec<String> {
    let touched = |row: &str| {
        let (time, station) = (&row[..16], &row[17..19]);
        let within = |first: &str, last: &str| first <= time && time <= last;
        // The files' times name the begin of an hour, the entries its end.
        let recognised = station == "1A" && within("2025-01-04 23:00", "2025-01-05 01:00");
        let reported = within("2025-01-04 21:00", "2025-01-07 02:00");
        let rejected = station == "2A" && within("2025-01-06 00:00", "2025-01-07 02:00");
        match column {
            "dust_recognised" => recognised,
            "dust_reported" => reported && !rejected,
            _ => false,
        }
    };
    let one = |row: &String| {
        if !touched(row) {
            return row.clone();
        }
        let mut fields: Vec<&str> = row.split(',').collect();
        (fields[2], fields[3]) = ("", "");
        fields.join(",")
    };
    rows.iter().map(one).collect()
}

/// All that rests on concentrations; the index of a dusty day stays that of the measured one.
fn of_concentrations(document: &Value) -> Value {
    let keys = [
        "pm2_5_mean",
        "pm10_mean",
        "so2_mean",
        "no2_mean",
        "co_mean",
        "o3_mda8_mean",
        "o3_mda8_p90",
        "co_p95",
        "pm2_5_p95",
        "pm10_p95",
        "so2_p98",
        "no2_p98",
        "composite_index",
        "composite_index_weighted_2026",
        "coverage",
    ];
    document
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| keys.iter().map(|key| one[key].clone()).collect::<Value>())
        .collect()
}

/// All that rests on the index of days.
fn of_days(document: &Value) -> Value {
    let keys = [
        "days_valid",
        "days_good",
        "good_day_ratio",
        "days_by_category",
        "days_heavy",
        "primary_pollutant_days",
    ];
    document
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| keys.iter().map(|key| one[key].clone()).collect::<Value>())
        .collect()
}

#[test]
fn what_is_deducted_is_as_if_it_were_missing_and_a_store_gives_the_same() {
    let place = Place::new();
    let rows = air(20);
    place.write("1.csv", &file(&rows));
    place.imported("a.db", &["1.csv"]);
    let dust = place.write("dust.toml", DUST).display().to_string();
    let measured = document(&place, &["1.csv"], &["--all"]);
    for column in COLUMNS {
        for more in [
            &[][..],
            &["--parameter", "dust_deducts=days"],
            &[
                "--parameter",
                "dust_days=left_out",
                "--compare",
                "period_before",
                "--edition",
                "2026",
            ],
            &["--parameter", "area_day_order=hours_first"],
        ] {
            let asked = [&["--all", "--dust", &dust, "--dust-column", column], more].concat();
            let files = document(&place, &["1.csv"], &asked);
            assert_eq!(files, document(&place, &["a.db"], &asked), "{column} {more:?}");
            assert!(files[0]["dust_columns"].is_array(), "{column} {more:?}");
        }
        place.write("missing.csv", &file(&without(&rows, column)));
        let missing = document(&place, &["missing.csv"], &["--all"]);
        let asked = ["--all", "--dust", &dust, "--dust-column", column];
        let left = document(&place, &["1.csv"], &asked);
        assert_eq!(of_concentrations(&left), of_concentrations(&missing), "{column}");
        assert_eq!(of_days(&left), of_days(&measured), "{column}");
        let moved = of_concentrations(&left) != of_concentrations(&measured);
        assert_eq!(moved, column != "measured", "{column}");
    }
}

#[test]
fn without_entries_every_column_is_the_measured_one() {
    let place = Place::new();
    place.write("1.csv", &file(&air(20)));
    let dust = place.write("dust.toml", "").display().to_string();
    let measured = document(&place, &["1.csv"], &["--all"]);
    for column in COLUMNS {
        let asked = ["--all", "--dust", &dust, "--dust-column", column];
        let mut found = document(&place, &["1.csv"], &asked);
        for one in found.as_array_mut().expect("a list") {
            assert_eq!(one["dust"], column);
            assert_eq!(one["dust_reason_zh"].is_string(), column != "measured", "it says so");
            let fields = one.as_object_mut().expect("a document");
            fields.remove("dust_reason_zh");
            fields.insert("dust".to_owned(), "measured".into());
            fields.insert("dust_zh".to_owned(), "实况".into());
        }
        assert_eq!(found.to_string(), measured.to_string(), "{column}");
    }
}

#[test]
fn the_table_and_the_text_name_columns_stages_and_documents() {
    let place = Place::new();
    place.write("1.csv", &file(&air(20)));
    let dust = place.write("dust.toml", DUST).display().to_string();
    let span = ["--span", "ytd:2025-01-20", "--dust", &dust];
    let found = document(&place, &["1.csv"], &span);
    let column = |at: usize, key: &str| found["dust_columns"][at][key].clone();
    assert_eq!(
        [0, 1, 2, 3].map(|at| column(at, "documents")),
        [json!([]), json!(["认定"]), json!(["申报", "认定"]), json!(["通报"]),]
    );
    assert_eq!(
        (column(3, "good_day_ratio_percent"), column(3, "pm2_5_mean")),
        (json!(61.5), json!(null))
    );
    let own =
        |dust: &str| document(&place, &["1.csv"], &[&span[..], &["--dust-column", dust]].concat());
    for (at, name) in COLUMNS.into_iter().enumerate() {
        let own = own(name);
        assert_eq!(own["shown"]["pm10_mean"], column(at, "pm10_mean"), "{name}");
        assert_eq!(own["shown"]["composite_index"], column(at, "composite_index"), "{name}");
        assert_eq!(own["days_good"], column(at, "days_good"), "{name}");
    }
    assert_eq!(
        document(&place, &["1.csv"], &["--span", "2025-01-08..2025-01-09", "--dust", &dust])
            .get("dust_columns"),
        None,
        "nothing touches it"
    );
    let (_, text, _) =
        assess(&place, &["1.csv"], &[&span[..], &["--dust-column", "dust_reported"]].concat());
    for words in [
        "统计口径  扣沙（申报，估算）",
        "实况  优良",
        "扣沙（认定）  优良",
        "官方值（录入）",
        "依据：申报、认定",
        "2025-01-04 24时至2025-01-05 02时 1A 总站认定 认定",
        "未认定 退回",
        "按实况统计",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn what_cannot_be_deducted_is_refused_with_the_reason() {
    let place = Place::new();
    place.write("1.csv", &file(&air(2)));
    let bad = place.write("bad.toml", "[[dust]]\narea = 'dalian'\n").display().to_string();
    for (more, code, expected) in [
        (&["--dust-column", "official"][..], 1, "entered, not reckoned"),
        (&["--dust-column", "dust_reported"], 1, "--dust-column dust_reported needs --dust FILE"),
        (&["--dust", &bad], 78, "dust[0].from: is missing"),
    ] {
        let (ended, out, told) = assess(&place, &["1.csv"], more);
        assert_eq!((ended, out.as_str()), (Some(code), ""), "{more:?}: {told}");
        assert!(told.contains(expected), "{more:?}: {told}");
    }
}

#[test]
fn days_and_assessments_are_exported_in_their_column() {
    let place = Place::new();
    place.write("1.csv", &file(&air(20)));
    place.imported("a.db", &["1.csv"]);
    let dust = place.write("dust.toml", DUST).display().to_string();
    let store = place.path("a.db").display().to_string();
    let export = |more: &[&str]| lantian(&[&["export", "--store", &store], more].concat());
    let column = ["--dust", dust.as_str(), "--dust-column", "dust_reported"];
    let days = |more: &[&str]| {
        let asked = ["--what", "days", "--format", "json", "--entity", "dalian"];
        let (code, out, told) = export(&[&asked, more].concat());
        assert_eq!(code, Some(0), "{told}");
        (serde_json::from_str::<Value>(&out).expect("a document"), told)
    };
    let ((measured, _), (left, told)) = (days(&[]), days(&column));
    assert!(told.contains("；扣沙（申报，估算）"), "{told}");
    assert_eq!((&measured["dust"], &left["dust"]), (&json!("measured"), &json!("dust_reported")));
    let (measured, left) = (measured["rows"].as_array(), left["rows"].as_array());
    for (a, b) in measured.expect("rows").iter().zip(left.expect("rows")) {
        let dusty = ("2025-01-04"..="2025-01-07").contains(&a["date"].as_str().expect("a date"));
        assert_eq!(b["dust_station_hours"] != json!(0), dusty, "{b}");
        assert_eq!(a == b, !dusty, "{b}");
        assert_eq!((&a["aqi"], &a["o3_mda8_ug_m3"]), (&b["aqi"], &b["o3_mda8_ug_m3"]));
    }
    let asked = [&["--what", "assessment", "--format", "json"][..], &column].concat();
    let exported: Value = serde_json::from_str(&export(&asked).1).expect("a document");
    let assessed = document(&place, &["a.db"], &[&["--all"][..], &column].concat());
    assert_eq!(exported["rows"], assessed);
    let (_, csv, _) = export(&[&["--what", "assessment"][..], &column].concat());
    assert!(csv.lines().next().is_some_and(|head| head.ends_with(",dust")), "{csv}");
    assert!(csv.lines().skip(1).all(|line| line.ends_with(",dust_reported")), "{csv}");
    for what in ["hours", "quality"] {
        let (code, _, told) = export(&[&["--what", what][..], &column].concat());
        assert!(code == Some(1) && told.contains("--dust: only with"), "{told}");
    }
}

#[test]
fn a_target_is_held_against_its_own_column_and_official_figures_are_never_reckoned() {
    let place = Place::new();
    place.write("1.csv", &file(&air(20)));
    let dust = place.write("dust.toml", DUST).display().to_string();
    let row = |indicator: &str, dust: &str| {
        format!(
            "[[target]]\nyear = 2025\nentity = 'dalian'\nindicator = '{indicator}'\nvalue = '60'\n\
                 dust = '{dust}'\ndocument = '方案'\n"
        )
    };
    let rows = row("pm10_mean", "measured")
        + &row("pm10_mean", "dust_reported")
        + &row("good_day_ratio", "official")
        + &row("days_heavy", "official");
    let targets = place.write("targets.toml", &rows).display().to_string();
    let with = |until: &str, more: &[&str]| {
        let span = format!("ytd:{until}");
        let asked = ["--span", &span, "--targets", &targets];
        document(&place, &["1.csv"], &[&asked[..], more].concat())["targets"].clone()
    };
    let found = with("2025-01-20", &["--dust", &dust]);
    let own = |dust_column: &str| {
        let asked = ["--span", "ytd:2025-01-20", "--dust", &dust, "--dust-column", dust_column];
        document(&place, &["1.csv"], &asked)["pm10_mean"].clone()
    };
    assert_eq!((&found[0]["now"], &found[1]["now"]), (&own("measured"), &own("dust_reported")));
    assert_ne!(found[0]["now"], found[1]["now"]);
    let told = |at: usize| found[at]["sentence_zh"].as_str().expect("a sentence");
    assert!(told(1).contains("，按扣沙（申报，估算）："), "{}", told(1));
    assert!(!told(0).contains("扣沙"), "{}", told(0));
    let entered = &found[2];
    assert_eq!((&entered["now"], &entered["now_text"]), (&json!(0.615), &json!("61.5%")));
    assert_eq!((&entered["met"], &entered["official_document"]), (&json!(null), &json!("通报")));
    assert!(told(2).contains("官方值截至1月20日为61.5%（通报）"), "{}", told(2));
    assert_eq!(found[3]["met_reason"], "official_not_entered");
    assert!(told(3).ends_with("官方值未录入"), "{}", told(3));
    let earlier = with("2025-01-19", &["--dust", &dust]);
    assert_eq!(earlier[2]["met_reason"], "official_not_entered", "what is not known yet");
}
