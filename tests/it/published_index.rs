//! The index against what the national platform published for the same hours.
//!
//! The data is not part of the repository: it is read from `$LANTIAN_DATA`, or from `../shared/data`
//! beside it, and without either the tests say that they skip.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use lantian::index::{Context, Indicator, Means, hourly};
use lantian::observation::POLLUTANTS;
use lantian::quantity::{Quotient, parse_decimal};
use lantian::standard::{Entity, Parameters, Practice, standards};
use lantian::time::{Hour, HourLabel};

fn data(file: &str) -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    std::env::var_os("LANTIAN_DATA").map_or_else(beside, PathBuf::from).join(file)
}

type Rows = BTreeMap<(String, String), BTreeMap<String, String>>;

/// Rows by time and entity.
fn rows(path: &PathBuf, entity: &str) -> Rows {
    let file = GzDecoder::new(File::open(path).expect("the file is there"));
    let records = csv::Reader::from_reader(file).into_deserialize::<BTreeMap<String, String>>();
    let keyed = records.map(|r| {
        let r = r.expect("a CSV row");
        ((r["time"].clone(), r[entity].clone()), r)
    });
    keyed.collect()
}

/// Hours with all six values, how many of them agree, and the first that does not.
fn agreement(hours: &Rows, published: &Rows, entity: Entity) -> (usize, usize, Option<String>) {
    let parameters = Parameters { practice: Practice::NationalPlatform, ..Parameters::default() };
    let (mut checked, mut agreeing, mut first) = (0, 0, None);
    for (key, row) in hours {
        let aqi = published.get(key).map_or("", |r| r["aqi"].as_str());
        let whole = POLLUTANTS.iter().all(|p| !row[p.code()].is_empty());
        let Ok(aqi) = aqi.parse::<u16>() else { continue };
        if !whole {
            continue;
        }
        let hour = Hour::parse_label(&key.0, HourLabel::End).expect("a label");
        let edition = standards().index_edition(hour.day());
        let means = POLLUTANTS.into_iter().fold(Means::default(), |means, p| {
            let value = parse_decimal(row[p.code()].as_bytes(), p.unit().milli_digits());
            means.with(Indicator::hourly(p), Quotient::whole(value.expect("a number")))
        });
        let index = hourly(&means, &Context { edition, parameters: &parameters, entity });
        checked += 1;
        if index.aqi == Some(aqi) {
            agreeing += 1;
        } else {
            first = first.or_else(|| Some(format!("{key:?}: {aqi} published, {:?}", index.aqi)));
        }
    }
    (checked, agreeing, first)
}

#[test]
fn the_aqi_of_stations_and_of_the_city_is_the_published_one() {
    for (stem, id, entity, at_least) in [
        ("dalian/stations_2025-01", "station", Entity::Station, 3000),
        ("shenyang/stations_2025-01_02", "station", Entity::Station, 5000),
        ("dalian/city_2022", "area", Entity::Area, 8000),
    ] {
        let hours = data(&format!("{stem}.csv.gz"));
        let published = data(&format!("{stem}_published.csv.gz"));
        if !hours.exists() || !published.exists() {
            println!("skip: no {}", hours.display());
            continue;
        }
        let (hours, published) = (rows(&hours, "station"), rows(&published, id));
        let (checked, agreeing, first) = agreement(&hours, &published, entity);
        println!("{stem}: AQI agrees in {agreeing} of {checked} whole hours of {}", hours.len());
        assert!(checked > at_least, "{stem}: only {checked} whole hours");
        assert_eq!(agreeing, checked, "{stem}: {first:?}");
    }
}
