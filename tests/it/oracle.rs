//! Real hours against what the national platform published for them, through the columnar driver.
//!
//! The data is not part of the repository: it is read from `$LANTIAN_DATA`, or from `../shared/data`
//! beside it, and without either the tests say that they skip. A mean is compared where every hour of
//! its window is visible in the file; what is not is counted.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use lantian::area::{Figures, Judge, SetMeans};
use lantian::average::{Averages, Columns, MISSING};
use lantian::observation::{POLLUTANTS, Pollutant};
use lantian::quantity::{Amount, parse_decimal};
use lantian::standard::{Entity, Parameters, Practice};
use lantian::time::{Hour, HourLabel};

pub(crate) fn data(file: &str) -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    std::env::var_os("LANTIAN_DATA").map_or_else(beside, PathBuf::from).join(file)
}

/// The columns of a file by entity and hour, in the order asked for; empty fields are `None`.
pub(crate) type Table = BTreeMap<String, BTreeMap<Hour, Vec<Option<Amount>>>>;

pub(crate) fn table(file: &str, entity: &str, columns: &[(&str, u32)]) -> Option<Table> {
    let path = data(file);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    let mut reader = csv::Reader::from_reader(GzDecoder::new(File::open(path).expect("readable")));
    let heads = reader.headers().expect("a head").clone();
    let place = |name: &str| heads.iter().position(|h| h == name).expect("the column is there");
    let (time, entity) = (place("time"), place(entity));
    let wanted: Vec<_> = columns.iter().map(|(name, scale)| (place(name), *scale)).collect();
    let mut table = Table::new();
    for row in reader.records() {
        let row = row.expect("a row");
        let hour = Hour::parse_label(&row[time], HourLabel::End).expect("a label");
        let amount = |(at, scale): &(usize, u32)| {
            let text = Some(&row[*at]).filter(|t| !t.is_empty())?;
            Some(parse_decimal(text.as_bytes(), *scale).expect("a number"))
        };
        let values = wanted.iter().map(amount).collect();
        table.entry(row[entity].to_owned()).or_default().insert(hour, values);
    }
    Some(table)
}

/// The AQI is read as a plain whole number.
const PUBLISHED: [(&str, u32); 8] = [
    ("aqi", 0),
    ("pm2_5_24h", 3),
    ("pm10_24h", 3),
    ("so2_24h", 3),
    ("no2_24h", 3),
    ("co_24h", 6),
    ("o3_8h", 3),
    ("o3_8h_max_today", 3),
];

/// One comparison: how many rows agree, are compared, and cannot be.
#[derive(Clone, Debug, Default)]
struct Rate {
    agreeing: u32,
    within: u32,
    compared: u32,
    hidden: u32,
    first: Option<String>,
}

impl Rate {
    fn take(&mut self, place: &str, visible: bool, (ours, theirs): (Option<i32>, i32), near: i32) {
        if !visible {
            self.hidden += 1;
            return;
        }
        self.compared += 1;
        self.agreeing += u32::from(ours == Some(theirs));
        self.within += u32::from(ours.is_some_and(|o| (o - theirs).abs() <= near));
        if ours != Some(theirs) && self.first.is_none() {
            self.first = Some(format!("{place}: {theirs} published, ours {ours:?}"));
        }
    }

    /// Whether at least `per_mille` of the rows agree.
    fn reaches(&self, per_mille: u32) -> bool {
        self.compared > 0 && self.agreeing * 1000 >= self.compared * per_mille
    }
}

/// Agreement by the name of what is compared.
struct Oracle {
    name: &'static str,
    rates: BTreeMap<&'static str, Rate>,
}

impl Oracle {
    fn rate(&self, of: &str) -> &Rate {
        &self.rates[of]
    }

    fn print(&self) {
        for (of, r) in &self.rates {
            let percent = f64::from(r.agreeing) * 100.0 / f64::from(r.compared.max(1));
            let Rate { agreeing, within, compared, hidden, first } = r;
            let first = first.as_deref().unwrap_or("");
            println!(
                "{} {of}: {percent:.3} % ({agreeing} of {compared}, {within} near, {hidden} not \
                 comparable) {first}",
                self.name
            );
        }
    }
}

/// The hours of a window that ends with place `at`, all of them visible.
fn whole(column: &[i32], at: usize, hours: usize) -> bool {
    at + 1 >= hours && column[at + 1 - hours..=at].iter().all(|a| *a != MISSING)
}

fn compare(
    name: &'static str,
    (hours, published): (&str, &str),
    (by, entity): (&str, Entity),
) -> Option<Oracle> {
    let values = POLLUTANTS.map(|p| (p.code(), p.unit().milli_digits()));
    let observed = table(hours, "station", &values)?;
    let published = table(published, by, &PUBLISHED)?;
    let practice = Practice::NationalPlatform;
    let parameters = Parameters { practice, ..Parameters::default() };
    let judge = Judge { parameters: &parameters, entity };
    let mut oracle = Oracle { name, rates: BTreeMap::new() };
    for (station, rows) in &observed {
        let theirs = published.get(station).expect("published too");
        let first = *rows.keys().next().expect("a row");
        let last = *rows.keys().next_back().expect("a row");
        let length = usize::try_from(last.number() - first.number() + 1).expect("a span");
        let mut columns = Columns::new(first, length);
        for p in POLLUTANTS {
            for (hour, row) in rows {
                let at = usize::try_from(hour.number() - first.number()).expect("in the span");
                columns.amounts_mut(p)[at] = row[p.index()].map_or(MISSING, Amount::milli);
            }
        }
        let seen = POLLUTANTS.map(|p| columns.amounts_mut(p).to_vec());
        columns.for_each(|hour, averages| {
            let Some(theirs) = theirs.get(&hour) else { return };
            let at = usize::try_from(hour.number() - first.number()).expect("in the span");
            let figures = figures(averages, hour, judge);
            let place = format!("{station} {}", hour.label(HourLabel::End));
            oracle.take(&place, at, &seen, (&figures, theirs));
        });
    }
    oracle.print();
    Some(oracle)
}

fn figures(averages: &Averages, hour: Hour, judge: Judge<'_>) -> Figures {
    let means = SetMeans::over(std::iter::once(averages), judge.parameters.practice);
    Figures::of(&means, hour, judge)
}

impl Oracle {
    fn take(
        &mut self,
        place: &str,
        at: usize,
        seen: &[Vec<i32>; 6],
        (ours, theirs): (&Figures, &[Option<Amount>]),
    ) {
        let mut put = |name, visible, ours: Option<i32>, theirs: Option<Amount>, near| {
            if let Some(theirs) = theirs {
                let rate: &mut Rate = self.rates.entry(name).or_default();
                rate.take(place, visible, (ours, theirs.milli()), near);
            }
        };
        let milli = |a: Option<Amount>| a.map(Amount::milli);
        let all_six = seen.iter().all(|column| column[at] != MISSING);
        put("aqi", all_six, ours.index.aqi.map(i32::from), theirs[0], 1);
        let means = ["pm2_5_24h", "pm10_24h", "so2_24h", "no2_24h", "co_24h"];
        for (p, name) in POLLUTANTS.into_iter().zip(means) {
            let near = if p == Pollutant::Co { 100_000 } else { 1000 };
            let visible = whole(&seen[p.index()], at, 24);
            let of = milli(ours.rolling_24h[p.index()]);
            put(name, visible, of, theirs[1 + p.index()], near);
            let clear = visible && seen[p.index()][at - 23..=at].iter().all(|a| *a > 5000);
            if p == Pollutant::Pm2_5 {
                put("pm2_5_24h without hours at 5 or below", clear, of, theirs[1], near);
            }
        }
        let ozone = &seen[Pollutant::O3.index()];
        put("o3_8h", whole(ozone, at, 8), milli(ours.o3_8h), theirs[6], 1000);
        let today = ours.hour.of_day() + 1;
        let visible = today >= 8 && whole(ozone, at, today);
        put("o3_8h_max_today", visible, milli(ours.o3_8h_max_today), theirs[7], 1000);
    }
}

#[test]
fn stations_of_dalian_agree_with_the_platform() {
    let files = ("dalian/stations_2025-01.csv.gz", "dalian/stations_2025-01_published.csv.gz");
    let by = ("station", Entity::Station);
    let Some(oracle) = compare("Dalian 2025-01", files, by) else { return };
    for of in ["aqi", "so2_24h", "no2_24h", "pm10_24h", "o3_8h"] {
        assert!(oracle.rate(of).reaches(1000), "{of}: {:?}", oracle.rate(of));
    }
    assert!(oracle.rate("pm2_5_24h").reaches(957));
    assert!(oracle.rate("pm2_5_24h without hours at 5 or below").reaches(1000));
    let co = oracle.rate("co_24h");
    assert!(co.compared > 0 && co.within == co.compared, "{co:?}");
}

#[test]
fn stations_of_shenyang_agree_with_the_platform() {
    let files =
        ("shenyang/stations_2025-01_02.csv.gz", "shenyang/stations_2025-01_02_published.csv.gz");
    let by = ("station", Entity::Station);
    let Some(oracle) = compare("Shenyang 2025", files, by) else { return };
    for of in ["no2_24h", "o3_8h"] {
        assert!(oracle.rate(of).reaches(1000), "{of}: {:?}", oracle.rate(of));
    }
    for of in ["so2_24h", "pm10_24h"] {
        assert!(oracle.rate(of).reaches(980), "{of}: {:?}", oracle.rate(of));
    }
}

#[test]
fn the_city_of_dalian_agrees_with_the_platform() {
    let files = ("dalian/city_2022.csv.gz", "dalian/city_2022_published.csv.gz");
    let Some(oracle) = compare("Dalian city 2022", files, ("area", Entity::Area)) else { return };
    assert!(oracle.rate("aqi").reaches(1000), "{:?}", oracle.rate("aqi"));
}
