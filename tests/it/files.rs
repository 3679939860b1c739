//! History through the binary: `import` into a store, `export` out of it.

mod assess;
mod audit;
mod beside_a_daemon;
mod dust;
mod feedback;
mod published;
mod rank;
mod reconcile;
mod report;
mod reviewed;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lantian::store::{Reader, Sqlite};

/// Exit code, standard output, standard error.
fn lantian(args: &[&str]) -> (Option<i32>, String, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_lantian"))
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("started");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (done.status.code(), text(done.stdout), text(done.stderr))
}

/// A directory with a store and the lists of two areas.
struct Place {
    dir: tempfile::TempDir,
}

const STATIONS: &str = "station,name,lat,lon,area,district,kind,assessed,valid_from,valid_to
1A,甘井子,38.9,121.6,dalian,甘井子区,national,true,,
2A,金州,,,dalian,金州区,national,true,,
3A,老站,,,dalian,,city,false,,2025-01-02
9Z,别处,,,anshan,,national,true,,
";
const SETS: &str = "set,name,area,station,valid_from,valid_to\njinpu,金普新区,dalian,2A,,\n";

impl Place {
    fn new() -> Self {
        let place = Self { dir: tempfile::tempdir().expect("a directory") };
        place.write("stations.csv", STATIONS);
        place.write("sets.csv", SETS);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).expect("written");
        path
    }

    fn import(&self, store: &str, more: &[&str], files: &[&str]) -> (Option<i32>, String, String) {
        let text = |name: &str| self.path(name).display().to_string();
        let (store, stations, sets) = (text(store), text("stations.csv"), text("sets.csv"));
        let mut args = vec!["import", "--store", &store, "--stations", &stations, "--sets", &sets];
        args.extend(more);
        let files: Vec<String> = files.iter().map(|file| text(file)).collect();
        args.extend(files.iter().map(String::as_str));
        lantian(&args)
    }

    /// Imports without a fault and gives what was told.
    fn imported(&self, store: &str, files: &[&str]) -> String {
        let (code, out, told) = self.import(store, &["--area", "dalian"], files);
        assert_eq!((code, told.as_str()), (Some(0), ""));
        out
    }

    fn export(&self, store: &str, more: &[&str]) -> String {
        let store = self.path(store).display().to_string();
        let mut args = vec!["export", "--store", &store, "--what", "hours"];
        args.extend(more);
        let (code, out, told) = lantian(&args);
        assert!(code == Some(0) && told.starts_with("数据口径:"), "{told}");
        out
    }
}

/// Rows of three stations over some days from 2025-01-01, with gaps, zeros and heavy hours.
fn air(days: u64) -> Vec<String> {
    let mut rows = Vec::new();
    let mut state = 7_u64;
    let mut next = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for hour in 0..days * 24 {
        for station in ["1A", "2A", "3A"] {
            if next(12) == 0 {
                continue;
            }
            let mut row = format!("2025-01-{:02} {:02}:00,{station}", 1 + hour / 24, hour % 24);
            for below in [260, 420, 60, 140, 30, 240] {
                let value = next(below);
                match (next(15), below) {
                    (0, _) => row += ",",
                    (_, 30) => row += &format!(",{}.{}", value / 10, value % 10),
                    _ => row += &format!(",{value}"),
                }
            }
            rows.push(row);
        }
    }
    rows
}

const HEADER: &str = "time,station,pm2_5,pm10,so2,no2,co,o3\n";

fn file(rows: &[String]) -> String {
    HEADER.to_owned() + &rows.iter().map(|row| format!("{row}\n")).collect::<String>()
}

/// Every row of the tables that an import writes, without when and from which files it did.
fn tables(store: &Path) -> Vec<String> {
    let db = rusqlite::Connection::open(store).expect("a store");
    let mut all = Vec::new();
    for table in ["station", "station_set", "membership", "hour", "station_day", "area_hour"] {
        let mut query = db.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).expect("sql");
        let columns = query.column_count();
        let rows = query.query_map([], |row| {
            (0..columns).map(|at| row.get::<_, rusqlite::types::Value>(at)).collect()
        });
        for row in rows.expect("rows") {
            let row: Vec<rusqlite::types::Value> = row.expect("a row");
            all.push(format!("{table} {row:?}"));
        }
    }
    all
}

#[test]
fn every_way_of_cutting_and_ordering_the_rows_gives_the_same_store() {
    let place = Place::new();
    let mut rows = air(6);
    place.write("whole.csv", &file(&rows));
    place.write("even.csv", &file(&rows.iter().step_by(2).cloned().collect::<Vec<_>>()));
    place.write("odd.csv", &file(&rows.iter().skip(1).step_by(2).cloned().collect::<Vec<_>>()));
    place.write("end.csv", &file(&rows[300..]));
    place.write("start.csv", &file(&rows[..300]));
    rows.sort_by_key(|row| row.bytes().map(u64::from).fold(3, |n, b| (n * 31 + b) % 65_521));
    place.write("shuffled.csv", &file(&rows));
    let told = place.imported("whole.db", &["whole.csv"]);
    let count = rows.len();
    assert!(told.starts_with(&format!("{count} rows: {count} new, 0 repeated, 0 conflicting")));
    let expected = (tables(&place.path("whole.db")), place.export("whole.db", &[]));
    assert!(expected.0.iter().any(|row| row.starts_with("area_hour")));
    let same = |store: &str, what: &str| {
        let found = (tables(&place.path(store)), place.export(store, &[]));
        assert!(found == expected, "{what}");
    };
    place.imported("shuffled.db", &["shuffled.csv"]);
    same("shuffled.db", "shuffled");
    place.imported("two.db", &["odd.csv", "even.csv"]);
    same("two.db", "two files of one import");
    for file in ["end.csv", "start.csv"] {
        place.imported("late.db", &[file]);
    }
    same("late.db", "two imports, the later half first");
    for file in ["even.csv", "odd.csv", "even.csv"] {
        place.imported("interleaved.db", &[file]);
    }
    same("interleaved.db", "two imports, every other row");
    let again = place.imported("whole.db", &["shuffled.csv"]);
    assert!(again.starts_with(&format!("{count} rows: 0 new, {count} repeated, 0 conflicting")));
    same("whole.db", "the same rows again");
}

#[test]
fn what_an_import_took_stands_in_the_chain() {
    let place = Place::new();
    place.write("one.csv", &file(&air(1)));
    place.imported("a.db", &["one.csv"]);
    place.imported("a.db", &["one.csv"]);
    let area = lantian::area::AreaId::new("dalian").expect("legal");
    let mut store = Sqlite::open(&place.path("a.db")).expect("free");
    let registry = store.registry(&area).expect("read").expect("known");
    lantian::store::Store::register(&mut store, &registry).expect("written");
    let rows = lantian::store::verify_chain(&store, &area).expect("whole");
    assert_eq!(rows, 1, "a second import of the same rows is no input");
}

#[test]
fn bad_rows_are_named_and_counted_and_the_good_ones_are_in() {
    let place = Place::new();
    let mut content = HEADER.to_owned();
    content += "2025-01-01 00:00,1A,35,50,9,31,0.8,44\n";
    content += "2025-01-01 00:30,1A,35,50,9,31,0.8,44\n"; // line 3: not on the hour
    content += "2025-01-01 01:00,4A,35,50,9,31,0.8,44\n"; // line 4: nobody knows it
    content += "2025-01-01 01:00,1A,35,50\n"; // line 5: too short
    content += "2025-01-01 01:00,9Z,35,50,9,31,0.8,44\n"; // of another area
    content += "2025-01-01 02:00,1A,-5,99999999,x,,0.8,44\n"; // three bad values, the others count
    content += &"2025-01-01 01:00,5A,1,1,1,1,1,1\n".repeat(30);
    place.write("bad.csv", &content);
    let (code, out, told) = place.import("a.db", &["--area", "dalian"], &["bad.csv"]);
    assert_eq!(code, Some(65), "{told}");
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 20 + 3 + 1, "{told}");
    assert!(lines[0].contains("bad.csv:3: `time`"), "{told}");
    assert!(lines[1].ends_with("bad.csv:4: unknown station: \"4A\" is not in the list"), "{told}");
    assert!(lines[2].ends_with("bad.csv:5: 4 fields, the header has 8"), "{told}");
    assert_eq!(
        lines[20..],
        [
            "1 rows: `time`",
            "31 rows: unknown station",
            "1 rows: wrong number of fields",
            "lantian: all else is imported, but 33 rows were faulty"
        ]
    );
    assert!(out.starts_with("2 rows: 2 new"), "{out}");
    assert!(out.contains("3 values kept as invalid\n1 rows of other areas left out\n"), "{out}");
    let rows = place.export("a.db", &["--entity", "1A"]);
    let hours: Vec<&str> = rows.lines().skip(1).collect();
    assert_eq!(hours.len(), 3, "{rows}");
    assert!(hours[0].contains(",35,50,9,31,0.8,44,"), "{rows}");
    assert!(hours[2].contains(",,,,,0.8,44,"), "{rows}");
}

#[test]
fn a_second_value_under_the_same_hour_is_taken_once_and_told() {
    let place = Place::new();
    let row = |pm: u32| format!("2025-01-01 00:00,1A,{pm},50,9,31,0.8,44");
    place.write("a.csv", &file(&[row(35)]));
    place.write("b.csv", &file(&[row(36)]));
    place.imported("a.db", &["a.csv"]);
    let told = place.imported("a.db", &["b.csv", "a.csv", "b.csv"]);
    assert!(told.starts_with("3 rows: 0 new, 2 repeated, 1 conflicting"), "{told}");
    assert!(place.export("a.db", &["--entity", "1A"]).contains(",36,50,9,31,0.8,44,"));
}

#[test]
fn what_cannot_be_begun_is_refused_before_anything_is_written() {
    let place = Place::new();
    place.write("good.csv", &file(&air(1)));
    place.write("headless.csv", "a,b\n1,2\n");
    let (code, _, told) = place.import("a.db", &[], &["good.csv", "headless.csv"]);
    assert_eq!(code, Some(65), "{told}");
    assert!(told.contains("headless.csv:1: column `time` is missing"), "{told}");
    assert!(!place.path("a.db").exists());
    let (code, _, told) = place.import("a.db", &[], &["none.csv"]);
    assert_eq!(code, Some(74), "{told}");
    let (code, _, told) = place.import("a.db", &["--area", "benxi"], &["good.csv"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("has no station of area benxi"), "{told}");
    let held = Sqlite::open(&place.path("a.db")).expect("free");
    let (code, _, told) = place.import("a.db", &["--area", "dalian"], &["good.csv"]);
    assert_eq!(code, Some(75), "{told}");
    drop(held);
    place.imported("a.db", &["good.csv"]);
}

#[test]
fn an_export_reads_beside_a_writer() {
    let place = Place::new();
    place.write("good.csv", &file(&air(1)));
    place.imported("a.db", &["good.csv"]);
    let alone = place.export("a.db", &[]);
    let mut writer = Sqlite::open(&place.path("a.db")).expect("free");
    let area = lantian::area::AreaId::new("dalian").expect("legal");
    let registry = Reader::open(&place.path("a.db")).expect("open").registry(&area).expect("known");
    lantian::store::Store::register(&mut writer, &registry).expect("written");
    assert!(place.export("a.db", &[]) == alone);
    let (code, _, told) = lantian(&["export", "--store", "/nowhere/x.db", "--what", "hours"]);
    assert_eq!(code, Some(74), "{told}");
}

#[test]
fn an_empty_store_gives_the_header_and_an_empty_document() {
    let place = Place::new();
    drop(Sqlite::open(&place.path("a.db")).expect("made"));
    let header = "time,entity,aqi,primary,pm2_5,pm10,so2,no2,co,o3,pm2_5_24h,pm10_24h,so2_24h,\
        no2_24h,co_24h,o3_8h,o3_8h_max_today,pm2_5_day,pm10_day,so2_day,no2_day,co_day,aqi_day,\
        primary_day,hours_day\n";
    assert_eq!(place.export("a.db", &[]), header);
    let json = place.export("a.db", &["--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(document["rows"].as_array().map(Vec::len), Some(0));
    place.write("none.csv", HEADER);
    place.imported("a.db", &["none.csv"]);
    assert_eq!(place.export("a.db", &[]), header, "an area without hours");
}

/// Two days, so that the windows of the second one are full; the second one begins dirty.
fn two_days() -> Vec<String> {
    let mut rows = Vec::new();
    for hour in 0..26 {
        let time = format!("2025-01-{:02} {:02}:00", 1 + hour / 24, hour % 24);
        let dirty = if hour >= 24 { 100 } else { 0 };
        rows.push(format!("{time},1A,{},{},9,31,0.8,{}", 35 + dirty, 50 + dirty, 40 + hour));
        if hour != 25 {
            rows.push(format!("{time},2A,{},{},10,,1.25,{}", 36 + dirty, 60 + dirty, 41 + hour));
        }
    }
    rows.push("2025-01-02 00:00,3A,80,90,9,31,0.8,44".to_owned());
    rows.push("2025-01-03 00:00,3A,80,90,9,31,0.8,44".to_owned());
    rows
}

/// Practice, time, and the rows after the time. Checked by hand: 23 h at 35 and one at 135 are 39.17;
/// 41 to 48 are 44.5, which is 44 for a station (half to even) and 45 for a platform's area (half up).
const GOLDEN: [(&str, &str, &str); 4] = [
    (
        "letter",
        "2025-01-02 00:00",
        "\
dalian,57,pm2_5,136,155,10,31,1.0,64,40,59,10,31,1.0,61,,136,155,10,31,1.0,180,pm2_5,1
dalian/jinpu,57,pm10;pm2_5,136,160,10,,1.2,65,40,64,10,,1.2,62,,136,160,10,,1.2,180,pm2_5,1
1A,55,pm2_5,135,150,9,31,0.8,64,39,54,9,31,0.8,60,,135,150,9,31,0.8,179,pm2_5,1
2A,57,pm10;pm2_5,136,160,10,,1.2,65,40,64,10,,1.2,62,,136,160,10,,1.2,180,pm2_5,1
3A,16,,80,90,9,31,0.8,44,,,,,,,,80,90,9,31,0.8,107,pm2_5,1
",
    ),
    (
        "letter",
        "2025-01-02 01:00",
        "\
dalian,59,pm2_5,135,150,9,31,0.8,65,42,61,10,31,1.0,62,,136,155,10,31,1.0,180,pm2_5,2
dalian/jinpu,57,pm10;pm2_5,,,,,,,40,64,10,,1.2,62,,136,160,10,,1.2,180,pm2_5,1
1A,60,pm2_5,135,150,9,31,0.8,65,43,58,9,31,0.8,62,,135,150,9,31,0.8,179,pm2_5,2
2A,57,pm10;pm2_5,,,,,,,40,64,10,,1.2,62,,136,160,10,,1.2,180,pm2_5,1
3A,,,,,,,,,,,,,,,,80,90,9,31,0.8,107,pm2_5,1
",
    ),
    (
        "national_platform",
        "2025-01-01 07:00",
        "\
dalian,53,pm10,36,55,10,31,1.03,48,36,55,10,31,1.03,44,44,36,55,10,31,1.03,53,pm10,8
dalian/jinpu,55,pm10,36,60,10,,1.25,48,36,60,10,,1.25,45,45,36,60,10,,1.25,55,pm10,8
1A,50,,35,50,9,31,0.8,47,35,50,9,31,0.8,44,44,35,50,9,31,0.8,50,,8
2A,55,pm10,36,60,10,,1.2,48,36,60,10,,1.2,44,44,36,60,10,,1.2,55,pm10,8
3A,,,,,,,,,,,,,,,,,,,,,,,0
",
    ),
    (
        "national_platform",
        "2025-01-03 00:00",
        "\
dalian,,,,,,,,,135,150,9,31,0.80,,,,,,,,,,0
dalian/jinpu,,,,,,,,,,,,,,,,,,,,,,,0
1A,,,,,,,,,135,150,9,31,0.8,,,,,,,,,,0
2A,,,,,,,,,,,,,,,,,,,,,,,0
",
    ),
];

#[test]
fn a_small_export_is_as_written_here() {
    let place = Place::new();
    place.write("two.csv", &file(&two_days()));
    place.imported("a.db", &["two.csv"]);
    for (practice, time, expected) in GOLDEN {
        let out = place.export("a.db", &["--practice", practice]);
        let begin = format!("{time},");
        let found: Vec<&str> = out.lines().filter_map(|row| row.strip_prefix(&begin)).collect();
        assert_eq!(found, expected.lines().collect::<Vec<_>>(), "{practice} {time}");
    }
    // Three days of which the last has one hour, and the station whose time is over is in two.
    assert_eq!(place.export("a.db", &[]).lines().count(), 1 + 48 * 5 + 4);
}

#[test]
fn labels_name_the_start_or_the_end_of_the_same_rows() {
    let place = Place::new();
    place.write("two.csv", &file(&two_days()));
    place.imported("begin.db", &["two.csv"]);
    let (code, _, told) =
        place.import("end.db", &["--area", "dalian", "--hour-label", "end"], &["two.csv"]);
    assert_eq!(code, Some(0), "{told}");
    let begin = place.export("begin.db", &[]);
    let first = |out: &str| out.lines().nth(1).map(|row| row[..16].to_owned());
    assert_eq!(first(&begin).as_deref(), Some("2025-01-01 00:00"));
    assert_eq!(
        first(&place.export("begin.db", &["--hour-label", "end"])).as_deref(),
        Some("2025-01-01 01:00")
    );
    let end = place.export("end.db", &["--hour-label", "end"]);
    assert_eq!(first(&end).as_deref(), Some("2025-01-01 00:00"), "the last hour of 2024");
    assert_eq!(
        first(&place.export("end.db", &["--from", "2025-01-01", "--hour-label", "end"])).as_deref(),
        Some("2025-01-01 01:00")
    );
    // The hour's own columns stand under the label they came with; day and windows are others.
    let own = |out: &str| -> Vec<String> {
        let fields = |row: &str| row.split(',').map(str::to_owned).collect::<Vec<_>>();
        let rows = out.lines().map(fields).filter(|f| f[1] == "1A");
        rows.map(|f| [&f[..2], &f[4..10]].concat().join(",")).collect()
    };
    assert_eq!(own(&begin), own(&end));
}

#[test]
fn json_has_the_rows_of_the_csv_with_their_units() {
    let place = Place::new();
    place.write("two.csv", &file(&two_days()));
    place.imported("a.db", &["two.csv"]);
    let csv = place.export("a.db", &["--practice", "national_platform"]);
    let json = place.export("a.db", &["--practice", "national_platform", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(document["what"], "hours");
    assert_eq!(document["practice"], "national_platform");
    assert_eq!(document["hour_label"], "begin");
    assert_eq!(document["editions"], serde_json::json!(["hj633_2012"]));
    let header: Vec<&str> = csv.lines().next().expect("a header").split(',').collect();
    let rows = document["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), csv.lines().count() - 1);
    for (line, row) in csv.lines().skip(1).zip(rows) {
        for (name, cell) in header.iter().zip(line.split(',')) {
            let value = row
                .get(*name)
                .or_else(|| row.get(format!("{name}_ug_m3")))
                .or_else(|| row.get(format!("{name}_mg_m3")))
                .expect("a field of that name");
            let text = match value {
                serde_json::Value::Null => String::new(),
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Array(codes) => {
                    codes.iter().filter_map(|c| c.as_str()).collect::<Vec<_>>().join(";")
                }
                other => other.to_string(),
            };
            // A JSON number drops the zeros at its end.
            let bare = |t: &str| t.parse::<f64>().map_or(t.to_owned(), |n| n.to_string());
            assert_eq!(bare(&text), bare(cell), "{name} of {line}");
        }
    }
    assert_eq!(rows[0]["aqi"].is_null(), rows[0]["aqi_reason"].is_string());
}

#[test]
fn only_what_is_asked_for_is_written() {
    let place = Place::new();
    place.write("two.csv", &file(&two_days()));
    let (code, _, told) = place.import("a.db", &[], &["two.csv"]);
    assert_eq!(code, Some(0), "{told}");
    let refused = |more: &[&str]| {
        let store = place.path("a.db").display().to_string();
        let mut args = vec!["export", "--store", &store, "--what", "hours"];
        args.extend(more);
        let (code, out, told) = lantian(&args);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{told}");
        told
    };
    assert!(refused(&[]).contains("one of anshan, dalian expected"));
    assert!(refused(&["--area", "x"]).contains("the store has no area x, it has: anshan, dalian"));
    assert!(refused(&["--area", "dalian", "--entity", "9Z"]).contains("area dalian has no 9Z"));
    assert!(refused(&["--area", "dalian", "--from", "2025"]).contains("--from: YYYY-MM-DD"));
    let out = place.export(
        "a.db",
        &["--area", "dalian", "--entity", "2A", "--entity", "dalian/jinpu", "--to", "2025-01-01"],
    );
    let entities: Vec<&str> = out.lines().skip(1).filter_map(|row| row.split(',').nth(1)).collect();
    assert_eq!(entities.len(), 48);
    assert_eq!(entities[..2], ["dalian/jinpu", "2A"], "sets first, then stations");
    assert_eq!(place.export("a.db", &["--area", "anshan"]).lines().count(), 1);
}

#[test]
fn a_row_of_another_century_is_told_and_left_out() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let list =
        "station,name,lat,lon,area,district,kind,assessed\n1113A,a,,,dalian,,national,true\n";
    std::fs::write(at("stations.csv"), list).unwrap();
    let head = "time,station,pm2_5,pm10,so2,no2,co,o3";
    let rows = "2025-01-01 00:00,1113A,10,20,3,4,0.5,60\n2096-12-14 00:00,1113A,10,20,3,4,0.5,60";
    std::fs::write(at("hours.csv"), format!("{head}\n{rows}\n")).unwrap();
    let (store, stations, hours) = (at("a.sqlite"), at("stations.csv"), at("hours.csv"));
    let import = ["import", "--store", &store, "--stations", &stations, &hours];
    let (code, told) = crate::listener::lantian(&import);
    assert_eq!(code, Some(65), "{told}");
    assert!(told.contains("hours.csv:3") && told.contains("time_in_future"), "{told}");
    let csv = at("out.csv");
    let export = ["export", "--store", &store, "--what", "hours", "--output", &csv];
    assert_eq!(crate::listener::lantian(&export).0, Some(0));
    let lines = std::fs::read_to_string(&csv).unwrap().lines().count();
    assert_eq!(lines, 3, "a head, and one hour of the area and its station");
}
