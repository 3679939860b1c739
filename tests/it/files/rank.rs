//! Ranks through the binary: of files, of a store, and of reference cities called by their names.

use serde_json::Value;

use super::{Place, air, file, lantian};
use crate::oracle::data;

fn rank(args: &[String]) -> (Option<i32>, String, String) {
    let mut all = vec!["rank"];
    all.extend(args.iter().map(String::as_str));
    lantian(&all)
}

fn args(place: &Place, from: &[&str], more: &str) -> Vec<String> {
    let text = |name: &str| place.path(name).display().to_string();
    let mut args = match from {
        [store] if store.ends_with(".db") => vec!["--store".to_owned(), text(store)],
        files => {
            let mut args = vec!["--stations".to_owned(), text("stations.csv")];
            args.extend(["--sets".to_owned(), text("sets.csv")]);
            args.extend(files.iter().map(|f| text(f)));
            args
        }
    };
    args.extend(more.split(' ').map(str::to_owned));
    args
}

fn json(args: Vec<String>) -> Value {
    let (code, out, told) = rank(&[args, vec!["--json".to_owned()]].concat());
    assert_eq!(code, Some(0), "{told}");
    serde_json::from_str(&out).expect("a document")
}

#[test]
fn files_and_a_store_give_the_same_rank() {
    let place = Place::new();
    place.write("stations.csv", &super::STATIONS.replace("anshan,,national", "dalian,,national"));
    place.write("a.csv", &file(&air(20)));
    place.imported("a.db", &["a.csv"]);
    for more in [
        "--set dalian:stations --by composite --span 2025-01",
        "--set dalian:stations --by good_days --span 2025-01 --edition 2026",
        "--set dalian:stations --by aqi --span 2025-01-05 --dataset realtime",
        "--set dalian:stations --by change --span 2025-01-11..2025-01-20",
    ] {
        let of_store = json(args(&place, &["a.db"], more));
        assert_eq!(json(args(&place, &["a.csv"], more)), of_store, "{more}");
        assert_eq!(of_store["rows"].as_array().map(Vec::len), Some(3), "{more}");
    }
    let newest = json(args(&place, &["a.db"], "--set dalian:stations --by o3 --span hour"));
    assert_eq!(newest["hour"], "2025-01-20T23:00:00+08:00");
    let same = "--set dalian:stations --by o3 --span hour:2025-01-20T23";
    assert_eq!(json(args(&place, &["a.db"], same)), newest);
    let (code, _, told) = rank(&args(&place, &["a.csv"], same));
    assert_eq!((code, told.contains("from a store")), (Some(1), true), "{told}");
    let (code, _, told) = rank(&args(&place, &["a.db"], "--set moon --by o3 --span hour"));
    assert_eq!((code, told.contains("dalian:stations")), (Some(1), true), "{told}");
}

#[test]
fn a_rank_stands_in_a_column_of_dust() {
    let place = Place::new();
    place.write("a.csv", &file(&air(20)));
    place.imported("a.db", &["a.csv"]);
    let dust = "[[dust]]\narea = 'dalian'\nstations = ['1A']\nfrom = '2025-01-03 05'\n\
                to = '2025-01-11 24'\nstage = 'recognised'\ndocument = '1月数据审核结果'\n";
    place.write("dust.toml", dust);
    let dust = format!("--dust {}", place.path("dust.toml").display());
    let by = "--set dalian:stations --by pm2_5 --span 2025-01";
    let column = |name: &str| format!("{by} {dust} --dust-column {name}");
    let value = |rank: &Value, entity: &str| {
        let rows = rank["rows"].as_array().expect("rows");
        rows.iter().find(|r| r["entity"] == entity).expect("ranked")["value"].clone()
    };
    let measured = json(args(&place, &["a.db"], by));
    assert_eq!(
        (&measured["dust_zh"], json(args(&place, &["a.db"], &column("measured")))),
        (&"实况".into(), measured.clone())
    );
    let recognised = json(args(&place, &["a.db"], &column("dust_recognised")));
    assert_eq!(recognised["dust_zh"], "扣沙（认定）");
    assert_eq!(json(args(&place, &["a.csv"], &column("dust_recognised"))), recognised);
    assert_ne!(value(&recognised, "1A"), value(&measured, "1A"), "nine days less");
    assert_eq!(value(&recognised, "2A"), value(&measured, "2A"));
    let hour =
        format!("--set dalian:stations --by o3 --span hour {dust} --dust-column dust_recognised");
    let (code, _, told) = rank(&args(&place, &["a.db"], &hour));
    assert_eq!((code, told.contains("an hour is as measured")), (Some(1), true), "{told}");
}

const CITIES: &str = "station,name,lat,lon,area,district,kind,assessed
dalian,大连,,,cities,,reference,true
shenyang,沈阳,,,cities,,reference,true
";

/// As the archive of the national platform has them: columns by name, strangers among them.
#[test]
fn cities_of_the_national_archive_are_found_by_their_names() {
    let place = Place::new();
    place.write("stations.csv", CITIES);
    place.write("sets.csv", "set,name,area,station\n");
    let mut archive = "date,hour,type,北京,大连,沈阳\n".to_owned();
    for hour in 0..24 {
        for (kind, (dalian, shenyang)) in [
            ("AQI", (40, 60)),
            ("PM2.5", (20, 35)),
            ("PM10", (40, 50)),
            ("SO2", (6, 9)),
            ("NO2", (20, 20)),
            ("O3", (60, 50)),
            ("CO", (1, 1)),
        ] {
            archive += &format!("20250102,{hour},{kind},99,{dalian},{shenyang}\n");
        }
    }
    place.write("china_cities.csv", &archive);
    let more = ["--area", "cities", "--format", "cnemc"];
    let (code, _, told) = place.import("c.db", &more, &["china_cities.csv"]);
    assert_eq!(code, Some(0), "{told}");
    let mut of_files = args(&place, &["china_cities.csv"], "--set cities:cities --by pm2_5");
    of_files.extend("--span 2025-01-01..2025-01-02 --format cnemc".split(' ').map(str::to_owned));
    let of_store = "--set cities:cities --by pm2_5 --span 2025-01-01..2025-01-02";
    let ranked = json(args(&place, &["c.db"], of_store));
    assert_eq!(json(of_files), ranked);
    let row = |at: usize| (&ranked["rows"][at]["name"], &ranked["rows"][at]["value"]);
    assert_eq!(row(0), (&"大连".into(), &20.into()));
    assert_eq!(row(1), (&"沈阳".into(), &35.into()));
    // Its hour 0 is the last one of the day before: 23 hours are left of the 2nd.
    assert_eq!(ranked["rows"][0]["days_valid"], 1);
    let dust = "[[dust]]\narea = 'cities'\nstations = ['大连']\nfrom = '2025-01-02 01'\n\
                to = '2025-01-02 24'\nstage = 'recognised'\ndocument = '认定'\n";
    let dust = place.write("dust.toml", dust).display().to_string();
    let column = format!("{of_store} --dust {dust} --dust-column dust_recognised");
    let ranked = json(args(&place, &["c.db"], &column));
    assert_eq!((&ranked["ranked"], &ranked["rows"][1]["name"]), (&1.into(), &"大连".into()));
    assert_eq!(ranked["rows"][1]["dust_station_hours"], 23);
    assert_eq!(ranked["dust_note_zh"], "有扣除的为大连，其余与实况相同");
    place.write(
        "ranks.toml",
        "[[rank]]\ncode = 'two'\nname = '两市'\narea = 'cities'\nown = '沈阳'\n",
    );
    let ranks = place.path("ranks.toml").display().to_string();
    let by_file = format!("--set two --by composite --span 2025-01-02 --ranks {ranks}");
    let (code, out, told) = rank(&args(&place, &["c.db"], &by_file));
    assert_eq!(code, Some(0), "{told}");
    assert!(out.contains("两市 2025年1月2日 综合指数排名（测算，由好到差）"), "{out}");
    assert!(out.contains("由好到差列两市第2位；参与排名2个，测算"), "{out}");
}

/// What each station comes to by itself, put in order by another hand.
#[test]
fn real_stations_stand_in_the_order_of_their_assessments() {
    let (list, hours) = (data("dalian/stations.csv"), data("dalian/stations_2025-01.csv.gz"));
    if !list.is_file() {
        return println!("skipped: {} is not there", list.display());
    }
    let (list, hours) = (list.display().to_string(), hours.display().to_string());
    let from = ["--stations", &list, &hours, "--hour-label", "end", "--span", "2025-01", "--json"];
    let (_, out, _) = lantian(&[&["assess", "--all"], &from[..]].concat());
    let all: Vec<Value> = serde_json::from_str(&out).expect("documents");
    for (by, figure, better) in [
        ("composite", "composite_index", 1.0),
        ("pm2_5", "pm2_5_mean", 1.0),
        ("good_days", "good_day_ratio_percent", -1.0),
        ("co", "co_p95", 1.0),
    ] {
        let figure = |a: &Value| a["shown"][figure].as_f64().map(|f| f * better);
        let stations = || all.iter().filter(|a| a["entity"] != "dalian");
        let more = ["rank", "--set", "dalian:stations", "--by", by];
        let (_, out, told) = lantian(&[&more[..], &from[..]].concat());
        let ranked: Value = serde_json::from_str(&out).expect(&told);
        for row in ranked["rows"].as_array().expect("rows") {
            let of = stations().find(|a| a["entity"] == row["entity"]).expect("assessed");
            let mine = figure(of).expect("a figure");
            let before = stations().filter(|a| figure(a).is_some_and(|f| f < mine)).count();
            assert_eq!(row["rank"].as_u64(), Some(before as u64 + 1), "{by} {row}");
            assert_eq!(row["value"].as_f64().map(|v| v * better), Some(mine));
        }
        println!("{by}: {} stations of Dalian in order", stations().count());
    }
}
