//! `lantian skill` through the binary: on made air, and, where they are, on the real hours, where the method
//! in use has to be better than persistence and climatology.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Where the real observations are; a plain line when they are not there.
fn data() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let root = std::env::var_os("LANTIAN_DATA").map_or_else(beside, PathBuf::from);
    if !root.is_dir() {
        println!("skipped: no real observations at {}", root.display());
        return None;
    }
    Some(root)
}

fn skill(stations: &Path, hours: &Path, rest: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lantian"));
    command.args(["skill", "--hour-label", "end", "--stations"]).arg(stations).args(rest);
    command.arg(hours).output().unwrap()
}

fn text(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Twenty days of one station whose PM2.5 goes with the day and with a spell of a few days.
fn made(directory: &Path) -> (PathBuf, PathBuf) {
    let stations = directory.join("stations.csv");
    let list =
        "station,name,lat,lon,area,district,kind,assessed\ns1,一号,,,city,\"\",national,true\n";
    std::fs::write(&stations, list).unwrap();
    let mut rows = "time,station,pm2_5,pm10,so2,no2,co,o3\n".to_owned();
    for n in 0..480 {
        let (day, hour) = (1 + n / 24, n % 24);
        let pm2_5 = 30 + (n % 24) * 2 + (n % 101);
        writeln!(
            rows,
            "2024-05-{day:02} {hour:02}:00,s1,{pm2_5},{},9,{},0.7,{}",
            pm2_5 + 20,
            20 + hour,
            60 + 3 * hour
        )
        .unwrap();
    }
    let hours = directory.join("hours.csv");
    std::fs::write(&hours, rows).unwrap();
    (stations, hours)
}

#[test]
fn the_table_and_the_picture_of_made_air() {
    let directory = tempfile::tempdir().unwrap();
    let (stations, hours) = made(directory.path());
    let run = |rest: &[&str]| skill(&stations, &hours, rest);
    let table = text(&run(&["--step", "24"]));
    assert!(table.starts_with("city（city）内置统计预报(仅供参考)检验\n"), "{table}");
    assert!(table.contains("在用方法blend") && table.contains("\n  72h "), "{table}");
    let of_files = text(&run(&["--step", "24", "--json"]));
    let json: Value = serde_json::from_str(&of_files).unwrap();
    // 480 hours from 30 April 24时 on; the first origin has 240 of them behind it.
    assert_eq!(json["first_origin"], "2024-05-10 23:00");
    assert_eq!((&json["origins"], &json["methods"][4]["method"]), (&10.into(), &"blend".into()));
    let row = &json["methods"][0]["hours"][11];
    assert_eq!((&row["lead_h"], &row["concentrations"][0]["scored"]), (&72.into(), &8.into()));

    let store = directory.path().join("store.sqlite");
    let lantian = |arguments: &[&str], path: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lantian"));
        text(&command.args(arguments).arg("--store").arg(&store).arg(path).output().unwrap())
    };
    let listed = stations.to_str().unwrap();
    lantian(&["import", "--hour-label", "end", "--stations", listed], &hours);
    let of_store = lantian(&["skill", "--step", "24"], Path::new("--json"));
    assert_eq!(of_store, of_files);

    let svg = directory.path().join("episode.svg");
    let plot = ["--plot", svg.to_str().unwrap(), "--at", "2024-05-14 08:00"];
    text(&run(&plot));
    let drawn = std::fs::read_to_string(&svg).unwrap();
    assert!(drawn.contains("2024年5月14日8时起报"), "{drawn}");

    for (rest, code, reason) in [
        (&["--plot", "x.svg", "--at", "2024-05-03 08:00"][..], 65, "only 57 hours of history"),
        (&["--plot", "x.svg", "--at", "soon"], 1, "YYYY-MM-DD HH:00"),
        (&["--method", "tarot"], 1, "persistence, climatology"),
        (&["--edition", "2026"], 1, "not of hours"),
        (&["--from", "2024-05-12", "--to", "2024-05-11"], 1, "before --from"),
    ] {
        let output = run(rest);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(code) && errors.contains(reason),
            "{rest:?}: {errors}"
        );
    }
}

/// The mean absolute error of a method at a lead.
fn error(document: &Value, method: &str, lead: usize, pollutant: &str) -> f64 {
    let rows = document["methods"].as_array().unwrap().iter().find(|m| m["method"] == method);
    let row = &rows.unwrap()["hours"][lead];
    let all = row["concentrations"].as_array().unwrap();
    let found = all.iter().find(|c| c["pollutant"] == pollutant).unwrap();
    found["mae_ug_m3"].as_f64().unwrap()
}

#[test]
fn the_method_in_use_beats_persistence_and_climatology_on_real_hours() {
    let Some(root) = data() else { return };
    // None of these hours took part in the choice of the method and its settings.
    let cities = [
        ("beijing/stations.csv", "beijing/stations_2013-03_2015-02.csv.gz", "2014-09-01", "41"),
        ("dalian/city_stations.csv", "dalian/city_2022.csv.gz", "2022-02-01", "41"),
        ("shenyang/stations.csv", "shenyang/stations_2025-01_02.csv.gz", "2025-01-11", "7"),
    ];
    let documents = cities.map(|(stations, hours, from, step)| -> Value {
        let methods = ["--method", "persistence", "--method", "climatology", "--method", "blend"];
        let rest = [&["--json", "--step", step, "--from", from][..], &methods].concat();
        let output = skill(&root.join(stations), &root.join(hours), &rest);
        let document: Value = serde_json::from_str(&text(&output)).unwrap();
        assert!(document["origins"].as_u64() > Some(90), "{hours}: {}", document["origins"]);
        document
    });
    for pollutant in ["pm2_5", "o3"] {
        for lead in 0..12 {
            let share = |of: &Value, other: &str| {
                error(of, "blend", lead, pollutant) / error(of, other, lead, pollutant)
            };
            let usual: Vec<f64> = documents.iter().map(|d| share(d, "climatology")).collect();
            println!("{pollutant} {}h, of climatology's error: {usual:.2?}", (lead + 1) * 6);
            assert!(usual.iter().sum::<f64>() < 3.0, "{pollutant} lead {lead}: {usual:?}");
            for (document, (_, hours, ..)) in documents.iter().zip(cities) {
                assert!(share(document, "persistence") < 1.0, "{hours} {pollutant} lead {lead}");
            }
        }
    }
}
