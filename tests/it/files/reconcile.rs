//! 对账 against what the national platform published: what agrees, and why the rest does not.

use std::path::PathBuf;

use serde_json::Value;

use super::{Place, lantian};

fn data(file: &str) -> Option<String> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let root = std::env::var_os("LANTIAN_DATA").map_or_else(beside, PathBuf::from);
    if root.is_dir() {
        return Some(root.join(file).display().to_string());
    }
    println!("skipped: no {}", root.display());
    None
}

fn good(args: &[&str]) -> String {
    let (code, out, told) = lantian(args);
    assert_eq!((code, told.as_str()), (Some(0), ""), "{args:?}");
    out
}

/// `reconcile --json` over a store with hours and what was published for them.
fn reconciled(place: &Place, files: [&str; 3], more: &[&str], days: [&str; 2]) -> Option<Value> {
    let store = place.path("a.db").display().to_string();
    let [stations, hours, published] = files.map(data);
    let (stations, hours, published) = (stations?, hours?, published?);
    let import = ["import", "--store", &store, "--stations", &stations, "--hour-label", "end"];
    good(&[&import[..], &["--practice", "national_platform", &hours]].concat());
    let beside = [&["import-published", "--store", &store][..], more, &[&published]].concat();
    print!("{}", good(&beside));
    assert_eq!(good(&["audit", "--store", &store]).lines().count(), 1, "one line: none differ");
    let [from, to] = days;
    let asked = ["reconcile", "--store", &store, "--from", from, "--to", to, "--json"];
    Some(serde_json::from_str(&good(&asked)).expect("a document"))
}

/// What came of one quantity.
struct Total {
    differing: u64,
    missing: u64,
    rounding: u64,
    practice: u64,
    unexplained: u64,
}

/// All differences have one cause each, and a row each.
fn total(document: &Value, quantity: &str) -> Total {
    let totals = document["totals"].as_array().expect("a list");
    let total = totals.iter().find(|t| t["quantity"] == quantity).expect(quantity);
    let number = |key: &str| total[key].as_u64().expect("a number");
    let causes = total["by_cause"].as_object().expect("an object");
    let by_cause: u64 = causes.values().filter_map(Value::as_u64).sum();
    let (compared, equal) = (number("compared"), number("equal"));
    assert_eq!(compared, equal + by_cause, "{quantity}: {total}");
    let told = document["differences"].as_array().expect("a list");
    let told = told.iter().filter(|d| d["quantity"] == quantity).count() as u64;
    assert_eq!(told, by_cause, "{quantity}: a row for each difference");
    println!("{quantity}: {total}");
    assert!(compared > 1000, "{quantity}: too few hours to say anything");
    let of = |cause: &str| causes[cause].as_u64().expect("a number");
    Total {
        differing: by_cause,
        missing: of("missing_station"),
        rounding: of("rounding"),
        practice: of("practice"),
        unexplained: of("unexplained"),
    }
}

#[test]
fn january_of_dalian_s_stations_agrees_or_has_a_cause() {
    let place = Place::new();
    let stem = "dalian/stations_2025-01";
    let files =
        ["dalian/stations.csv", &format!("{stem}.csv.gz"), &format!("{stem}_published.csv.gz")];
    let span = ["2024-12-31", "2025-01-31"];
    let Some(document) = reconciled(&place, files, &[], span) else { return };
    let one_each = ["aqi", "so2_24h", "no2_24h", "pm10_24h", "o3_8h", "o3_8h_max_today"];
    for quantity in one_each {
        let total = total(&document, quantity);
        // As the oracle has it: nothing differs where every hour of the window is there.
        assert_eq!(total.differing, total.missing, "{quantity}");
    }
    let pm2_5 = total(&document, "pm2_5_24h");
    // What the oracle finds differing in whole windows lies where hidden low hours may have put it.
    assert_eq!(pm2_5.differing, pm2_5.missing + pm2_5.practice);
    let co = total(&document, "co_24h");
    assert_eq!(co.differing, co.missing + co.rounding);
    // 5144 of 5370 whole windows and 4540 of 4652 are equal there.
    assert_eq!((pm2_5.practice, co.rounding), (5370 - 5144, 4652 - 4540));
}

#[test]
fn the_city_of_dalian_agrees_or_has_a_cause() {
    let place = Place::new();
    let stem = "dalian/city_2022";
    let files = [
        "dalian/city_stations.csv",
        &format!("{stem}.csv.gz"),
        &format!("{stem}_published.csv.gz"),
    ];
    let span = ["2022-01-01", "2022-03-31"];
    let city = ["--city", "dalian"];
    let Some(document) = reconciled(&place, files, &city, span) else { return };
    let aqi = total(&document, "aqi");
    assert_eq!(aqi.differing, 0, "as the oracle has it");
    // The platform's windows rest on its stations, which this store does not have: that is not guessed at.
    for quantity in ["pm2_5_24h", "o3_8h"] {
        assert!(total(&document, quantity).unexplained > 0, "{quantity}");
    }
}

/// The archive of the platform by cities: a column each, the city under a name of its own.
#[test]
fn the_archive_of_cities_is_taken_and_others_are_left_out() {
    let place = Place::new();
    place.write("air.csv", "time,station,pm2_5\n2025-01-02 14:00,1A,60\n2025-01-02 14:00,2A,61\n");
    place.imported("a.db", &["air.csv"]);
    // By label end, as the platform's: the hour that begins at 14:00.
    place.write(
        "cities.csv",
        "date,hour,type,沈阳,大连,金普新区\n20250102,15,PM2.5,9,61,60\n20250102,15,AQI,9,x,85\n\
         20250102,15,PM2.5_24h,9,,\n20250102,15,Rain,9,9,9\n",
    );
    let store = place.path("a.db").display().to_string();
    let cities = place.path("cities.csv").display().to_string();
    let import = ["import-published", "--store", &store, "--format", "cnemc"];
    let (code, out, told) = lantian(&[&import[..], &["--city", "大连", &cities]].concat());
    assert_eq!(code, Some(65), "one line was faulty: {told}");
    assert_eq!(out, "1 published values in 1 lines, 2 of others\n");
    assert!(told.contains("cities.csv:3: `aqi`: 0 to 500 expected, got \"x\""), "{told}");
    let days = ["--from", "2025-01-02", "--to", "2025-01-02"];
    let asked = [&["reconcile", "--store", &store][..], &days].concat();
    let told = good(&asked);
    // By the letter 60.5 is 60, by the platform's practice 61.
    assert!(told.contains("口径      按另一口径计算与平台一致"), "{told}");
    assert!(told.ends_with("1 compared, 0 equal, 1 differ, 口径 1\n"), "{told}");
    let (code, _, told) = lantian(&[&import[..], &[&cities]].concat());
    assert_eq!(code, Some(65), "nobody told what the city is called");
    assert!(told.contains("cities.csv:1: no column of the area dalian"), "{told}");
    let wide = place.write("wide.csv", "time,entity,aqi\n2025-01-02 15:00,7X,9\n");
    let wide = wide.display().to_string();
    let (code, _, told) = lantian(&["import-published", "--store", &store, &wide]);
    assert_eq!(code, Some(65));
    assert!(told.contains("wide.csv:2: unknown entity: \"7X\" is no entity of the area"), "{told}");
    good(&["audit", "--store", &store]);
}
