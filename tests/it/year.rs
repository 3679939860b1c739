//! Days and periods against a reference written from the clauses: slow, rational, and by other hands' data.
//!
//! The reference shares nothing with the library but the names of pollutants and days: its own tables, its
//! own fractions, its own windows. The data are Beijing's two years and Dalian's months in the data folder,
//! as they are (edition of 2012) and moved on so that they cross 2026-03-01.

mod reference;

use std::collections::BTreeMap;

use lantian::area::{Member, Registry};
use lantian::assessment::dust::{DustEntries, DustEntry, DustStage, EndingHour};
use lantian::assessment::{DayFigures, DustColumn, Gathered, Period};
use lantian::average::{MISSING, Window};
use lantian::observation::{Dataset, POLLUTANTS};
use lantian::quantity::Amount;
use lantian::standard::{Entity, Parameters, StationShareDay};
use lantian::time::{DAY_H, Day};

use self::reference::{DayReference, Fraction, Rules};
use crate::oracle::{data, table};

/// The hours of stations by day, in 0.001 µg/m³.
pub(super) struct Air {
    stations: Vec<String>,
    days: BTreeMap<Day, Vec<Window>>,
}

impl Air {
    /// A file's hours, moved on by so many days; nothing without the file.
    pub(super) fn read(file: &str, later: i32) -> Option<Self> {
        let columns = POLLUTANTS.map(|p| (p.code(), p.unit().milli_digits()));
        let table = table(file, "station", &columns)?;
        let stations: Vec<String> = table.keys().cloned().collect();
        let mut days: BTreeMap<Day, Vec<Window>> = BTreeMap::new();
        for (at, hours) in table.values().enumerate() {
            for (hour, values) in hours {
                let empty = || vec![[[MISSING; DAY_H]; 6]; stations.len()];
                let day = days.entry(hour.day().plus(later)).or_insert_with(empty);
                for (p, value) in values.iter().enumerate() {
                    day[at][p][hour.of_day()] = value.map_or(MISSING, Amount::milli);
                }
            }
        }
        Some(Self { stations, days })
    }

    /// Every day of every station, and of all of them as one set, which comes last.
    pub(super) fn figures(&self, parameters: &Parameters) -> Vec<Vec<DayFigures>> {
        let mut all = vec![Vec::new(); self.stations.len() + 1];
        for (day, windows) in &self.days {
            for (at, hours) in windows.iter().enumerate() {
                all[at].push(DayFigures::of_station(*day, hours, parameters));
            }
            all[windows.len()].push(DayFigures::of_set(*day, windows.iter(), parameters));
        }
        all
    }

    fn reference(&self, rules: &Rules) -> Vec<Vec<DayReference>> {
        let mut all = vec![Vec::new(); self.stations.len() + 1];
        for (day, windows) in &self.days {
            let alone: Vec<DayReference> =
                windows.iter().map(|hours| reference::station_day(*day, hours, rules)).collect();
            let set = reference::set_day(*day, &alone, rules);
            for (at, one) in alone.into_iter().chain([set]).enumerate() {
                all[at].push(one);
            }
        }
        all
    }
}

fn same_day(of: &str, ours: &DayFigures, theirs: &DayReference) {
    let at = format!("{of} {}", ours.day);
    for pollutant in POLLUTANTS {
        let value = ours.means.value(pollutant).map(|v| Fraction::new(v.num, v.den.into()));
        assert_eq!(value, theirs.values[pollutant.index()], "{at} {pollutant:?}");
    }
    let one_hour = ours.means.o3_max_1h.map(|v| Fraction::new(v.num, v.den.into()));
    assert_eq!(one_hour, theirs.o3_max_1h, "{at} o3_max_1h");
    assert_eq!(ours.index.aqi, theirs.aqi, "{at} aqi");
    assert_eq!(ours.index.partial, theirs.is_partial, "{at} partial");
    let primary: Vec<usize> = ours.index.primary.iter().map(|p| p.index()).collect();
    let mut sorted = primary;
    sorted.sort_unstable();
    assert_eq!(sorted, theirs.primary, "{at} primary");
    let hours: Vec<u32> = ours.means.valid_hours.iter().map(|h| u32::from(*h)).collect();
    assert_eq!(hours, theirs.valid_hours, "{at} valid hours");
}

/// Holds every day and, over some spans, every period figure; prints how many.
fn agrees(file: &str, later: i32, parameters: &Parameters, rules: &Rules) {
    let Some(air) = Air::read(file, later) else { return };
    let (ours, theirs) = (air.figures(parameters), air.reference(rules));
    let (mut days, mut periods) = (0, 0);
    let names = air.stations.iter().map(String::as_str).chain(["all"]);
    for ((name, ours), theirs) in names.zip(&ours).zip(&theirs) {
        for (ours, theirs) in ours.iter().zip(theirs) {
            same_day(name, ours, theirs);
            days += 1;
        }
        let entity = if name == "all" { Entity::Area } else { Entity::Station };
        for length in [ours.len(), 31, 90, 1] {
            for (ours, theirs) in ours.chunks(length).zip(theirs.chunks(length)) {
                same_period(name, ours, theirs, parameters, entity);
                periods += 1;
            }
        }
    }
    println!("{file} {later:+} days: {days} days and {periods} periods agree");
    assert!(days > 300);
}

fn same_period(
    of: &str,
    ours: &[DayFigures],
    theirs: &[DayReference],
    parameters: &Parameters,
    entity: Entity,
) {
    let (from, to) = (ours[0].day, ours[ours.len() - 1].day);
    let p = Period::over((from, to), ours, parameters, entity);
    let r = reference::period(to, theirs);
    let at = format!("{of} {from} to {to}");
    let counts = [p.days_valid, p.days_partial, p.days_good, p.days_heavy];
    assert_eq!(counts, r.counts, "{at}");
    assert_eq!(p.days_by_category, r.by_category, "{at}");
    assert_eq!(p.days_by_category.iter().sum::<u32>(), p.days_valid, "{at}");
    assert_eq!(p.primary_days, r.primary_days, "{at}");
    assert_eq!(p.days_of_pollutant, r.days_of_pollutant, "{at}");
    let shown = |value: &Option<lantian::assessment::Exact>, scale| {
        value.as_ref().map(|v| v.show(scale, 9))
    };
    let theirs = |value: &Option<Fraction>| value.as_ref().map(|v| v.show(9));
    assert_eq!(shown(&p.good_day_ratio, 0), theirs(&r.ratio), "{at}");
    for pollutant in POLLUTANTS {
        let i = pollutant.index();
        assert_eq!(shown(&p.mean[i], 0), theirs(&r.mean[i]), "{at} {pollutant:?}");
        assert_eq!(shown(&p.percentile[i], 0), theirs(&r.percentile[i]), "{at} {pollutant:?}");
    }
    assert_eq!(shown(&p.composite_index, 0), theirs(&r.composite), "{at}");
}

pub(super) const BEIJING: &str = "beijing/stations_2013-03_2015-02.csv.gz";
/// From 2013-03-01 to 2025-03-01: the second year of the file is one of the edition of 2026.
const TO_2025: i32 = 4383;

#[test]
fn days_and_periods_of_beijing_agree_with_the_reference() {
    agrees(BEIJING, 0, &Parameters::DEFAULT, &Rules::default());
    agrees(BEIJING, TO_2025, &Parameters::DEFAULT, &Rules::default());
}

#[test]
fn days_and_periods_of_dalian_agree_with_the_reference() {
    for file in ["dalian/stations_2025-01.csv.gz", "dalian/city_2022.csv.gz"] {
        agrees(file, 0, &Parameters::DEFAULT, &Rules::default());
        agrees(file, 410, &Parameters::DEFAULT, &Rules::default());
    }
}

#[test]
fn with_any_station_more_days_are_valid_and_the_reference_agrees() {
    let parameters = Parameters {
        station_share_day: StationShareDay::Any,
        o3_max_1h_min_hours: 1,
        ..Parameters::DEFAULT
    };
    agrees(BEIJING, 0, &parameters, &Rules { any_station: true, o3_max_1h_min_hours: 1 });
}

/// Hours of dust by their ends, and the places of the stations that they are of; `None` for all.
type Dusty = (&'static str, &'static str, Option<&'static [usize]>);

/// Around 9 March 2013, when dust came over Beijing, and some that touch ends of days and a few stations.
const DUST: [Dusty; 4] = [
    ("2013-03-09 07", "2013-03-10 20", None),
    ("2013-03-14 23", "2013-03-15 03", Some(&[0, 2, 5])),
    ("2013-03-20 24", "2013-03-21 01", None),
    ("2013-03-25 01", "2013-03-26 24", Some(&[0, 1, 2, 3])),
];

fn recognised(registry: &Registry) -> DustEntries {
    let hour = |text: &str| text.parse::<EndingHour>().expect("an hour").0;
    let entry = |(from, to, stations): Dusty| DustEntry {
        area: registry.area.clone(),
        stations: stations
            .map(|all| all.iter().map(|s| registry.stations[*s].id.clone()).collect()),
        from: hour(from),
        to: hour(to),
        stage: DustStage::Recognised,
        document: "认定".to_owned(),
        note: String::new(),
    };
    DustEntries { entries: DUST.map(entry).into(), official: Vec::new() }
}

/// The values are those of the reference without these hours, the index is that of all hours.
#[test]
fn days_of_beijing_without_dust_agree_with_the_reference_without_these_hours() {
    let Some(mut air) = Air::read(BEIJING, 0) else { return };
    air.days.retain(|day, _| day.date().1 == 3 && day.date().0 == 2013);
    let list = air.stations.iter().map(|code| format!("{code},{code},,,beijing,,national,true\n"));
    let head = "station,name,lat,lon,area,district,kind,assessed\n".to_owned();
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("stations.csv");
    std::fs::write(&path, head + &list.collect::<String>()).expect("written");
    let all = lantian::config::registries(&path, None, &BTreeMap::new()).expect("legal");
    let (registry, rules) = (&all[0], Rules::default());
    let span =
        (*air.days.keys().next().expect("days"), *air.days.keys().next_back().expect("days"));
    let mut gathered = Gathered::new(registry, span, None, Dataset::Realtime);
    for (day, windows) in &air.days {
        for (at, hours) in windows.iter().enumerate() {
            gathered.put_hours(at, *day, Box::new(*hours));
        }
    }
    let (ours, measured) = (gathered.finish(), air.reference(&rules));
    for (day, windows) in &mut air.days {
        for (at, hours) in windows.iter_mut().enumerate() {
            for ending in 1..=DAY_H {
                let label = format!("{day} {ending:02}");
                let dusty = |(from, to, stations): &Dusty| {
                    *from <= label.as_str()
                        && label.as_str() <= *to
                        && stations.is_none_or(|stations| stations.contains(&at))
                };
                if DUST.iter().any(dusty) {
                    (hours[0][ending - 1], hours[1][ending - 1]) = (MISSING, MISSING);
                }
            }
        }
    }
    let without = air.reference(&rules);
    let deduction = recognised(registry).of(DustColumn::Recognised, registry);
    let members = (0..air.stations.len()).map(Member::Station).chain([Member::Set(0)]);
    let (mut days, mut touched) = (0, 0);
    for (at, member) in members.enumerate() {
        for (n, day) in air.days.keys().enumerate() {
            let ours = ours.without((*day, member), &deduction, &Parameters::DEFAULT);
            let ours = ours.expect("in operation");
            let (measured, without) = (measured[at][n].clone(), without[at][n].clone());
            touched += usize::from(without.values != measured.values);
            let mut expected = without;
            (expected.aqi, expected.is_partial) = (measured.aqi, measured.is_partial);
            expected.primary = measured.primary;
            same_day(&registry.name_of(member), &ours, &expected);
            days += 1;
        }
    }
    println!("{days} days in March 2013 agree, {touched} of them without hours of dust");
    assert!(touched > 50, "{touched}");
}

/// What a user reads: the document of the binary over the file, against the reference, digit for digit.
#[test]
fn the_assessment_of_the_files_shows_the_references_digits() {
    for (file, area) in [
        (BEIJING, "beijing"),
        ("dalian/stations_2025-01.csv.gz", "dalian"),
        ("dalian/city_2022.csv.gz", "dalian_city"),
    ] {
        let Some(air) = Air::read(file, 0) else { continue };
        let dir = tempfile::tempdir().expect("a directory");
        let list = dir.path().join("stations.csv");
        let head = "station,name,lat,lon,area,district,kind,assessed,valid_from,valid_to\n";
        let row = |code: &String| format!("{code},{code},,,{area},,national,true,,\n");
        let rows: String = air.stations.iter().map(row).collect();
        std::fs::write(&list, head.to_owned() + &rows).expect("written");
        let (list, path) = (list.display().to_string(), data(file).display().to_string());
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_lantian"))
            .args(["assess", "--stations", &list, "--hour-label", "end", "--all", "--json", &path])
            .output()
            .expect("started");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let documents: Vec<serde_json::Value> =
            serde_json::from_slice(&done.stdout).expect("documents");
        let theirs = air.reference(&Rules::default());
        let last = *air.days.keys().next_back().expect("days");
        // The area comes first in the documents, and last in the reference.
        for (at, document) in documents.iter().enumerate() {
            let days = &theirs[(at + air.stations.len()) % theirs.len()];
            let r = reference::period(last, days);
            let of = document["entity"].to_string();
            let same = |field: &str, value: &Option<Fraction>, milli_digits: u32| {
                let expected = value.as_ref().map(|v| v.shifted(milli_digits).show(6));
                let number = |text: String| text.parse::<f64>().expect("a number");
                let shown = Some(document[field].to_string()).filter(|text| text != "null");
                // Six decimals of such numbers are exact in a double.
                assert_eq!(shown.map(number), expected.map(number), "{of} {field}");
            };
            same("good_day_ratio", &r.ratio, 0);
            for (p, field) in ["pm2_5_mean", "pm10_mean", "so2_mean", "no2_mean"].iter().enumerate()
            {
                same(field, &r.mean[p], 3);
            }
            let percentiles =
                ["pm2_5_p95", "pm10_p95", "so2_p98", "no2_p98", "co_p95", "o3_mda8_p90"];
            for (p, field) in percentiles.iter().enumerate() {
                same(field, &r.percentile[p], if p == 4 { 6 } else { 3 });
            }
            same("composite_index", &r.composite, 0);
            let counts = ["days_valid", "days_partial", "days_good", "days_heavy"];
            for (field, count) in counts.iter().zip(r.counts) {
                assert_eq!(document[field], count, "{of} {field}");
            }
        }
        println!("{file}: {} documents show the reference's digits", documents.len());
    }
}
