//! Exported figures against what the national platform published for the same hours.
//!
//! Compared are hours whose six values (for the AQI) or whose whole window (for sliding means) are in the
//! file; the data's own README says which rates an independent calculation reaches.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Place, lantian};
use flate2::read::MultiGzDecoder;
use lantian::time::{Hour, HourLabel};

fn data(file: &str) -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let root = std::env::var_os("LANTIAN_DATA").map_or_else(beside, PathBuf::from);
    if root.is_dir() {
        return Some(root.join(file));
    }
    println!("skipped: no {}", root.display());
    None
}

/// By entity and hour: the row's fields by name.
type Rows = BTreeMap<(String, Hour), BTreeMap<String, String>>;

fn rows(csv: impl std::io::Read, entity: &str) -> Rows {
    let records = csv::Reader::from_reader(csv).into_deserialize::<BTreeMap<String, String>>();
    let keyed = records.map(|r| {
        let r = r.expect("a CSV row");
        let hour = Hour::parse_label(&r["time"], HourLabel::End).expect("a label");
        ((r[entity].clone(), hour), r)
    });
    keyed.collect()
}

fn packed(path: &Path, entity: &str) -> Rows {
    rows(MultiGzDecoder::new(std::fs::File::open(path).expect("there")), entity)
}

/// The data, what was published for it, and our export of it.
struct Compared {
    hours: Rows,
    published: Rows,
    exported: Rows,
    /// The exported entity for one of the published ones.
    entity: fn(&str) -> String,
}

#[derive(Default)]
struct Rate {
    compared: u32,
    equal: u32,
    left_out: u32,
}

impl Rate {
    fn tell(&self, what: &str) -> f64 {
        let percent = f64::from(self.equal) * 100.0 / f64::from(self.compared.max(1));
        let Self { compared, equal, left_out } = self;
        println!("{what}: {equal} of {compared} equal ({percent:.2} %), {left_out} left out");
        assert!(self.compared > 1000, "{what}: too few hours to say anything");
        percent
    }
}

impl Compared {
    fn new(stations: &str, name: &str, key: &str, entity: fn(&str) -> String) -> Option<Self> {
        let file = data(&format!("{name}.csv.gz"))?;
        let (place, text) = (Place::new(), |p: &Path| p.display().to_string());
        let (store, list) = (text(&place.path("a.db")), text(&data(stations)?));
        let files = text(&file);
        let import = ["import", "--store", &store, "--stations", &list, "--hour-label", "end"];
        let (code, out, told) = lantian(&[&import[..], &[&files]].concat());
        assert_eq!((code, told.as_str()), (Some(0), ""));
        println!("{name}: {}", out.lines().next().unwrap_or_default());
        let export = ["export", "--store", &store, "--what", "hours", "--hour-label", "end"];
        let practice = ["--practice", "national_platform"];
        let (code, out, told) = lantian(&[&export[..], &practice].concat());
        assert_eq!((code, told.as_str()), (Some(0), "数据口径:实况数据(未审核)\n"));
        Some(Self {
            hours: packed(&file, "station"),
            published: packed(&data(&format!("{name}_published.csv.gz"))?, key),
            exported: rows(out.as_bytes(), "entity"),
            entity,
        })
    }

    fn has(&self, entity: &str, hour: Hour, columns: &[&str]) -> bool {
        let row = self.hours.get(&(entity.to_owned(), hour));
        row.is_some_and(|r| columns.iter().all(|c| !r[*c].is_empty()))
    }

    /// Compares one published column where the `window` hours of `inputs` are all there.
    fn rate(
        &self,
        column: &str,
        inputs: &[&str],
        window: i32,
        equal: impl Fn(&str, &str) -> bool,
    ) -> Rate {
        let mut rate = Rate::default();
        for ((entity, hour), row) in &self.published {
            let theirs = &row[column];
            if theirs.is_empty() {
                continue;
            }
            if !(0..window).all(|back| self.has(entity, hour.plus(-back), inputs)) {
                rate.left_out += 1;
                continue;
            }
            let ours = self.exported.get(&((self.entity)(entity), *hour));
            let ours = ours.map_or("", |r| r[column].as_str());
            rate.compared += 1;
            rate.equal += u32::from(equal(ours, theirs));
        }
        rate
    }

    fn percent(&self, what: &str, column: &str, inputs: &[&str], window: i32) -> f64 {
        self.rate(column, inputs, window, |ours, theirs| ours == theirs).tell(what)
    }

    /// CO lies on ties too often: within 0.1 mg/m³ is the same.
    fn percent_co(&self, what: &str) -> f64 {
        let near = |ours: &str, theirs: &str| {
            let number = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
            (number(ours) - number(theirs)).abs() < 0.1 + 1e-9
        };
        self.rate("co_24h", &["co"], 24, near).tell(what)
    }
}

const SIX: [&str; 6] = ["pm2_5", "pm10", "so2", "no2", "co", "o3"];

#[test]
fn dalian_s_stations_agree_with_the_platform() {
    let name = "dalian/stations_2025-01";
    let same = Compared::new("dalian/stations.csv", name, "station", str::to_owned);
    let Some(dalian) = same else { return };
    let percent = |what, column, inputs: &[&str], window| {
        dalian.percent(&format!("Dalian, January 2025, {what}"), column, inputs, window)
    };
    assert!(percent("AQI", "aqi", &SIX, 1) >= 100.0);
    assert!(percent("SO2 24 h", "so2_24h", &["so2"], 24) >= 100.0);
    assert!(percent("NO2 24 h", "no2_24h", &["no2"], 24) >= 100.0);
    assert!(percent("PM10 24 h", "pm10_24h", &["pm10"], 24) >= 100.0);
    assert!(percent("PM2.5 24 h", "pm2_5_24h", &["pm2_5"], 24) >= 95.7);
    assert!(percent("O3 8 h", "o3_8h", &["o3"], 8) >= 100.0);
    assert!(dalian.percent_co("Dalian, January 2025, CO 24 h within 0.1") >= 100.0);
}

#[test]
fn shenyang_s_stations_agree_with_the_platform() {
    let name = "shenyang/stations_2025-01_02";
    let same = Compared::new("shenyang/stations.csv", name, "station", str::to_owned);
    let Some(shenyang) = same else { return };
    let percent = |what, column, inputs: &[&str], window| {
        shenyang.percent(&format!("Shenyang, winter 2025, {what}"), column, inputs, window)
    };
    assert!(percent("AQI", "aqi", &SIX, 1) >= 99.9);
    assert!(percent("O3 8 h", "o3_8h", &["o3"], 8) >= 100.0);
    assert!(percent("NO2 24 h", "no2_24h", &["no2"], 24) >= 100.0);
    assert!(percent("SO2 24 h", "so2_24h", &["so2"], 24) >= 98.0);
    assert!(percent("PM10 24 h", "pm10_24h", &["pm10"], 24) >= 98.0);
    percent("PM2.5 24 h", "pm2_5_24h", &["pm2_5"], 24);
    shenyang.percent_co("Shenyang, winter 2025, CO 24 h within 0.1");
}

#[test]
fn dalian_s_city_figures_agree_with_the_platform() {
    let name = "dalian/city_2022";
    let area = |_: &str| "dalian_city".to_owned();
    let Some(city) = Compared::new("dalian/city_stations.csv", name, "area", area) else { return };
    assert!(city.percent("Dalian city, 2022, AQI", "aqi", &SIX, 1) >= 100.0);
    // The platform's windows rest on its stations, ours on the rounded city hours: told, not held.
    let near = |ours: &str, theirs: &str| {
        let number = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
        (number(ours) - number(theirs)).abs() < 1.0 + 1e-9
    };
    for (column, input, window) in [("o3_8h", "o3", 8), ("no2_24h", "no2", 24)] {
        let rate = city.rate(column, &[input], window, near);
        rate.tell(&format!("Dalian city, 2022, {column} within 1"));
    }
}
