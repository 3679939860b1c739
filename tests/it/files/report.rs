//! Papers through the binary: their numbers are those of `assess`, `export` and `rank`, in every format.

use std::collections::BTreeSet;
use std::io::{Cursor, Read as _};
use std::path::Path;

use calamine::{Data, Reader as _, Xlsx};
use serde_json::Value;

use super::{Place, air, file, lantian};
use crate::oracle::data;

/// Numbers that stand in the sentences and table heads of every paper and are no figures.
const FIXED: [(&str, &str); 10] = [
    ("2.5", "PM2.5"),
    ("10", "PM10"),
    ("2", "SO2, NO2, a table"),
    ("3", "O3, a table"),
    ("1", "a table; the largest hour"),
    ("4", "a table"),
    ("8", "the 8-h mean of ozone"),
    ("24", "the 24-h mean"),
    ("90", "第90百分位"),
    ("95", "第95百分位"),
];

const CONFIG: &str = "stations_file = 'stations.csv'
[areas.dalian]
name = '大连市'
[areas.dalian_city]
name = '大连市'
[reports]
unit = '大连市生态环境监测中心'
[store]
path = 'a.db'
[[feed]]
name = 'city'
broker = 'mqtt://localhost'
client_id = 'lantian'
areas = ['AREA']
hour_label = 'end'
";

/// The configuration of a place with one area.
pub(super) fn configured(place: &Place, area: &str, lines: &str) -> String {
    let other = if area == "dalian" { "dalian_city" } else { "dalian" };
    let config = CONFIG.replace("AREA", area);
    let config = config.replace(&format!("[areas.{other}]\nname = '大连市'\n"), "");
    place.write("lantian.toml", &(lines.to_owned() + &config)).display().to_string()
}

fn report(args: &[&str]) -> String {
    let (code, out, told) = lantian(&[&["report"], args].concat());
    assert_eq!(code, Some(0), "{args:?}: {told}");
    out
}

/// Runs of digits with a decimal point, and of nothing else.
fn numbers(text: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut rest = text;
    while let Some(from) = rest.find(|c: char| c.is_ascii_digit()) {
        let run: String =
            rest[from..].chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        all.insert(run.trim_end_matches('.').to_owned());
        rest = &rest[from + run.len()..];
    }
    all
}

/// The numbers of a JSON text, without those in its names.
fn figures(json: &str) -> BTreeSet<String> {
    let values = json.lines().map(|line| match line.trim_start().strip_prefix('"') {
        Some(rest) if rest.contains("\": ") => rest.split_once("\": ").map_or("", |(_, v)| v),
        _ => line,
    });
    numbers(&values.collect::<Vec<_>>().join("\n"))
}

/// Every number that a paper says stands in its figures, or is one of a few that are no figures.
fn assert_numbers_are_figures(kind: &str, args: &[&str]) {
    let of = |format| report(&[&[kind], args, &["--format", format]].concat());
    let known = figures(&of("json"));
    let text = of("text");
    // The two were made at different moments.
    let lasting = text.lines().filter(|line| !line.starts_with("生成时间"));
    let stray: Vec<String> = numbers(&lasting.collect::<Vec<_>>().join("\n"))
        .into_iter()
        .filter(|n| !known.contains(n) && FIXED.iter().all(|(fixed, _)| fixed != n))
        .collect();
    assert!(stray.is_empty(), "{kind} {args:?}: {stray:?} in\n{text}");
    assert!(numbers(&text).len() > 10, "{text}");
}

/// The cells of every table of a workbook.
fn cells(path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).expect("written");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    let mut all = Vec::new();
    for name in book.sheet_names().into_iter().skip(1) {
        let sheet = book.worksheet_range(&name).expect("a sheet");
        all.extend(sheet.rows().skip(1).flatten().filter_map(|cell| match cell {
            Data::Float(number) => Some(number.to_string()),
            Data::String(text) => Some(text.clone()),
            _ => None,
        }));
    }
    all
}

fn docx(path: &Path) -> String {
    let bytes = std::fs::read(path).expect("written");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
    let mut xml = String::new();
    archive.by_name("word/document.xml").expect("there").read_to_string(&mut xml).expect("UTF-8");
    // What stands between the tags.
    xml.split('<')
        .filter_map(|part| part.split_once('>').map(|(_, text)| text))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every format of a paper says the same as its CSV.
fn assert_formats_agree(place: &Place, kind: &str, args: &[&str]) {
    let written = |format: &str| {
        let path = place.path(&format!("paper.{format}"));
        let output = path.display().to_string();
        let out = report(&[&[kind], args, &["--format", format, "--output", &output]].concat());
        assert_eq!(out, "", "nothing beside the file");
        path
    };
    let csv = std::fs::read_to_string(written("csv")).expect("text");
    let rest = csv.strip_prefix('\u{feff}').expect("a byte-order mark");
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(rest.as_bytes());
    let rows = reader.records().map(|row| row.expect("a row"));
    let tables: Vec<String> = rows
        .filter(|row| row.len() > 3)
        .flat_map(|row| row.iter().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert!(tables.len() > 30, "{csv}");
    let (sheet, docx) = (cells(&written("xlsx")), docx(&written("docx")));
    let html = std::fs::read_to_string(written("html")).expect("text");
    let same = |a: &str, b: &str| match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() < 1e-9,
        _ => a == b,
    };
    for cell in tables {
        assert!(sheet.iter().any(|c| same(c, &cell)), "{cell:?} is not in the workbook");
        assert!(docx.lines().any(|c| c == cell), "{cell:?} is not in the document");
        assert!(html.contains(&format!(">{cell}</t")), "{cell:?} is not on the page");
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The year 2022 of Dalian, as the national platform had it.
fn dalian_2022() -> Option<Place> {
    let (list, hours) = (data("dalian/city_stations.csv"), data("dalian/city_2022.csv.gz"));
    if !list.is_file() {
        println!("skipped: {} is not there", list.display());
        return None;
    }
    let place = Place::new();
    std::fs::copy(list, place.path("stations.csv")).expect("copied");
    let (store, stations) = (place.path("a.db"), place.path("stations.csv"));
    let text = |path: &Path| path.display().to_string();
    let (code, _, told) = lantian(&[
        "import",
        "--store",
        &text(&store),
        "--stations",
        &text(&stations),
        "--hour-label",
        "end",
        &text(&hours),
    ]);
    assert_eq!(code, Some(0), "{told}");
    Some(place)
}

#[test]
fn a_real_day_has_the_numbers_of_assess_and_export() {
    let Some(place) = dalian_2022() else { return };
    let config = configured(&place, "dalian_city", "");
    let store = place.path("a.db").display().to_string();
    let mut seen = BTreeSet::new();
    for day in ["2022-03-05", "2022-06-17", "2022-01-01", "2022-12-31"] {
        let args = ["--config", &config, "--day", day];
        let said = report(&[&["daily"], &args[..]].concat());
        let (_, out, _) =
            lantian(&["assess", "--store", &store, "--span", &format!("ytd:{day}"), "--json"]);
        let year: Value = serde_json::from_str(&out).expect("a document");
        let shown = &year["shown"];
        for part in [
            format!("有效监测{}天，优良天数{}天", year["days_valid"], year["days_good"]),
            format!("优良天数比率{}%", shown["good_day_ratio_percent"]),
            format!("重度及以上污染{}天", year["days_heavy"]),
            format!("PM2.5平均浓度{}微克/立方米", shown["pm2_5_mean"]),
            format!("O3日最大8小时第90百分位浓度{}微克/立方米", shown["o3_mda8_p90"]),
        ] {
            assert!(said.contains(&part), "{day}: {part} is not in\n{said}");
        }
        let export = ["export", "--store", &store, "--what", "days", "--from", day, "--to", day];
        let (_, out, _) = lantian(&[&export[..], &["--entity", "dalian_city"]].concat());
        let row: Vec<&str> = out.lines().nth(1).expect("a day").split(',').collect();
        assert!(said.contains(&format!("空气质量指数（AQI）为{}，", row[2])), "{day}: {said}");
        for (name, value) in
            [("PM2.5", row[5]), ("PM10", row[6]), ("SO2", row[7]), ("NO2", row[8]), ("CO", row[9])]
        {
            let line = format!("{name}：统计值24小时平均，浓度{value}，");
            assert!(said.contains(&line), "{day}: {line} is not in\n{said}");
        }
        assert!(said.contains(&format!("O3：统计值日最大8小时平均，浓度{}，", row[10])), "{said}");
        seen.insert(row[3].to_owned());
        assert_numbers_are_figures("daily", &args);
    }
    assert_formats_agree(&place, "daily", &["--config", &config, "--day", "2022-03-05"]);
    println!("four days of Dalian, of the classes {seen:?}");
}

#[test]
fn a_real_month_has_the_numbers_of_assess() {
    let Some(place) = dalian_2022() else { return };
    let config = configured(&place, "dalian_city", "");
    let store = place.path("a.db").display().to_string();
    for month in ["2022-03", "2022-06"] {
        let args = ["--config", &config, "--month", month];
        let said = report(&[&["monthly"], &args[..]].concat());
        let more = ["--compare", "period_before", "--json"];
        let (_, out, _) =
            lantian(&[&["assess", "--store", &store, "--span", month], &more[..]].concat());
        let of: Value = serde_json::from_str(&out).expect("a document");
        let changes = of["comparisons"][0]["changes"].as_array().expect("changes");
        let how = |figure: &str| {
            let change = changes.iter().find(|c| c["figure"] == figure).expect("compared");
            text_of(&change["text_zh"]).rsplit('，').next().unwrap_or_default().to_owned()
        };
        let (shown, pm2_5, days) = (&of["shown"], how("pm2_5_mean"), how("days_good"));
        let without = [&of["days_total"], &of["days_valid"]].map(|n| n.as_u64().unwrap_or(0));
        let gap = match without[0] - without[1] {
            0 => String::new(),
            days => format!("（另有{days}天无有效AQI）"),
        };
        for part in [
            format!("有效监测{}天{gap}，优良天数{}天，{days}", of["days_valid"], of["days_good"]),
            format!("PM2.5平均浓度{}微克/立方米，{pm2_5}；", shown["pm2_5_mean"]),
            format!("重度及以上污染{}天", of["days_heavy"]),
            "同比说明：对比时段没有有效数据，不作比较。".to_owned(),
        ] {
            assert!(said.contains(&part), "{month}: {part} is not in\n{said}");
        }
        assert_numbers_are_figures("monthly", &args);
        assert_formats_agree(&place, "monthly", &args);
    }
    let week = ["--config", &config, "--day", "2022-03-05"];
    let said = report(&[&["weekly"], &week[..]].concat());
    let (_, out, _) =
        lantian(&["assess", "--store", &store, "--span", "2022-02-28..2022-03-06", "--json"]);
    let of: Value = serde_json::from_str(&out).expect("a document");
    let days = format!("有效监测{}天，优良天数{}天，", of["days_valid"], of["days_good"]);
    let pm2_5 = format!("PM2.5平均浓度{}微克/立方米，环比", of["shown"]["pm2_5_mean"]);
    for part in ["2022年2月28日至3月6日，", &days, &pm2_5] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    for kind in ["weekly", "leader"] {
        assert_numbers_are_figures(kind, &week);
    }
    assert_formats_agree(&place, "weekly", &week);
}

#[test]
fn a_paper_is_made_of_what_is_there() {
    let place = Place::new();
    place
        .write("stations.csv", &super::STATIONS.replace("9Z,别处,,,anshan,,national,true,,\n", ""));
    place.write("a.csv", &file(&air(20)));
    let (code, _, told) = place.import("a.db", &[], &["a.csv"]);
    assert_eq!(code, Some(0), "{told}");
    let config = configured(&place, "dalian", "sets_file = 'sets.csv'\n");
    let args = ["--config", &config, "--day", "2025-01-05"];
    assert_numbers_are_figures("daily", &args);
    assert_formats_agree(&place, "daily", &args);
    let said = report(&[&["daily"], &args[..]].concat());
    for part in [
        "单位：大连市生态环境监测中心",
        "范围：大连市（评价点位2个）",
        "金普新区：AQI ",
        "金州：AQI ",
        "年度目标：未录入本年度目标。",
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    assert!(!said.contains("老站"), "out of operation since the 2nd");
    let set = report(&[&["daily"], &args[..], &["--entity", "dalian/jinpu"]].concat());
    assert!(set.contains("范围：金普新区（评价点位1个）") && !set.contains("甘井子"), "{set}");
    assert_numbers_are_figures("leader", &args);
    assert_numbers_are_figures("weekly", &args);
    let month = ["--config", &config, "--month", "2025-01"];
    assert_numbers_are_figures("monthly", &month);
    assert_numbers_are_figures("ranking", &month);
    assert_formats_agree(&place, "ranking", &month);
    let refused = |more: &[&str]| {
        let (code, out, told) =
            lantian(&[&["report", "daily", "--config", &config], more].concat());
        assert_eq!((code, out.as_str()), (Some(1), ""), "{told}");
        told
    };
    assert!(refused(&["--month", "2025-01"]).contains("--month: daily is asked for by day"));
    assert!(refused(&["--day", "2999-01-01"]).contains("--day: 2999-01-01 has not ended"));
    assert!(refused(&["--entity", "1A"]).contains("area dalian has no set 1A"));
    let (code, _, told) = lantian(&["report", "forecast", "--config", &config]);
    assert_eq!((code, told.contains("no official forecast issued on")), (Some(1), true), "{told}");
    assert!(refused(&["--format", "pdf"]).contains("json, or one of html, text, csv, xlsx, docx"));
}

#[test]
fn templates_of_the_room_are_tried_and_used() {
    let place = Place::new();
    place
        .write("stations.csv", &super::STATIONS.replace("9Z,别处,,,anshan,,national,true,,\n", ""));
    place.write("a.csv", &file(&air(3)));
    let (code, _, told) = place.import("a.db", &[], &["a.csv"]);
    assert_eq!(code, Some(0), "{told}");
    std::fs::create_dir(place.path("ours")).expect("made");
    let config = configured(&place, "dalian", "");
    let text = std::fs::read_to_string(&config).expect("text");
    let text = text.replace("[reports]\n", "[reports]\ntemplates = 'ours'\n");
    place.write("lantian.toml", &text);
    place.write("ours/daily.md", "# {{ head.name }}快报\n\n今日AQI {{ city.aqi }}。\n");
    let said = report(&["daily", "--config", &config, "--day", "2025-01-02"]);
    assert!(said.starts_with("大连市快报\n2025年1月2日\n"), "{said}");
    place.write("ours/daily.md", "# 题\n\n{{ city.aqi }}\n\n{{ city.pm25 }}\n");
    place.write("ours/dialy.md", "# 题\n");
    let (code, _, told) = lantian(&["check", "--config", &config]);
    assert_eq!(code, Some(78));
    assert!(
        told.contains("daily.md:5: undefined value") && told.contains("no such kind"),
        "{told}"
    );
}
