//! Dust by its rule: which hours go, what stays of the day, what each column deducts.

use super::*;
use crate::area::{Member, Registry, Span as InOperation, Station};
use crate::assessment::document::Subject;
use crate::assessment::{
    Assessment, Comparison, DayFigures, Days, Exact, Gathered, JudgedBy, Period, Seasons, Versus,
};
use crate::average::{MISSING, Window};
use crate::index::NoAqi;
use crate::observation::{Dataset, POLLUTANTS, Pollutant, StationKind};
use crate::standard::{AreaDayOrder, DustDays, DustDeducts, Entity, Parameters, StationShareDay};
use crate::time::DAY_H;

const KEPT: Parameters = Parameters::DEFAULT;
const LEFT_OUT: Parameters = Parameters { dust_days: DustDays::LeftOut, ..KEPT };
const PM: [Pollutant; 2] = [Pollutant::Pm2_5, Pollutant::Pm10];

fn registry() -> Registry {
    let station = |code: &str| Station {
        id: StationId::new(code).expect("legal"),
        name: format!("{code}站"),
        position: None,
        district: String::new(),
        kind: StationKind::City,
        assessed: code != "c",
        valid: InOperation::default(),
    };
    let stations = ["a", "b", "c"].map(station).into();
    Registry::new(area(), "某市".to_owned(), stations).expect("no code twice")
}

fn area() -> AreaId {
    AreaId::new("x").expect("legal")
}

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

fn entry(stage: DustStage, stations: &[&str], from: &str, to: &str) -> DustEntry {
    let hour = |text: &str| text.parse::<EndingHour>().expect("an hour").0;
    let listed = stations.iter().map(|s| StationId::new(s).expect("legal")).collect::<Vec<_>>();
    DustEntry {
        area: area(),
        stations: (!listed.is_empty()).then_some(listed),
        from: hour(from),
        to: hour(to),
        stage,
        document: format!("{}{from}", stage.zh()),
        note: String::new(),
    }
}

fn entries(entries: &[DustEntry]) -> DustEntries {
    DustEntries { entries: entries.to_vec(), official: Vec::new() }
}

/// The hours, by their end, that a column deducts of a station's day.
fn hours(entries: &DustEntries, column: DustColumn, station: usize, on: &str) -> Vec<usize> {
    let bits = entries.of(column, &registry()).hours(station, day(on), DustDeducts::Hours);
    (1..=24).filter(|ending| bits & (1 << (ending - 1)) != 0).collect()
}

/// Hours of 20 µg/m³ of everything (CO 0.02 mg/m³), with so much PM10 in the hours that end at `dusty`.
fn air(dusty: std::ops::RangeInclusive<usize>, pm10: i32) -> Box<Window> {
    let mut hours = Box::new([[20_000; DAY_H]; Pollutant::COUNT]);
    for ending in dusty {
        hours[Pollutant::Pm10.index()][ending - 1] = pm10 * 1000;
    }
    hours
}

/// 11 and 12 April at the stations a, b and c; all have the dust of `air` on both days.
fn days<'r>(registry: &'r Registry, hours: &Window) -> Days<'r> {
    let span = (day("2025-04-11"), day("2025-04-12"));
    let mut gathered = Gathered::new(registry, span, None, Dataset::Realtime);
    for station in 0..3 {
        for on in [span.0, span.1] {
            gathered.put_hours(station, on, Box::new(*hours));
        }
    }
    gathered.finish()
}

/// 11 April of a station or set as measured, and in the column of what was recognised.
fn both(
    entry: DustEntry,
    hours: &Window,
    member: Member,
    parameters: &Parameters,
) -> (DayFigures, DayFigures) {
    let registry = registry();
    let (days, on) = (days(&registry, hours), day("2025-04-11"));
    let deduction = entries(&[entry]).of(DustColumn::Recognised, &registry);
    let measured = days.on(on, member, parameters).expect("in operation");
    let left = days.without((on, member), &deduction, parameters).expect("in operation");
    (measured, left)
}

const A: Member = Member::Station(0);

fn pm10(day: &DayFigures) -> Option<String> {
    day.means.value(Pollutant::Pm10).map(|mean| Exact::from(mean).show(3, 6))
}

fn recognised(from: &str, to: &str) -> DustEntry {
    entry(DustStage::Recognised, &[], from, to)
}

#[test]
fn a_label_names_an_hour_by_its_end_and_24_ends_the_day() {
    let hour = |text: &str| text.parse::<EndingHour>();
    assert_eq!(hour("2025-04-11 03"), Ok(EndingHour(day("2025-04-11").hour(2))));
    assert_eq!(hour("2025-04-11 24"), Ok(EndingHour(day("2025-04-11").hour(23))));
    for text in ["2025-04-11 01", "2025-12-31 24", "2024-02-29 13"] {
        assert_eq!(hour(text).expect("an hour").to_string(), text);
    }
    for text in [
        "2025-04-11 00",
        "2025-04-11 25",
        "2025-04-11 3",
        "2025-04-11",
        "11 03",
        "2025-04-11 03:00",
        "2025-02-29 03",
        "2025-04-11 +3",
    ] {
        assert!(hour(text).is_err(), "{text}");
    }
}

#[test]
fn both_ends_count_and_an_entry_may_cross_midnight() {
    let night = entries(&[recognised("2025-04-11 23", "2025-04-13 02")]);
    let of = |on| hours(&night, DustColumn::Recognised, 0, on);
    assert_eq!(of("2025-04-10"), [] as [usize; 0]);
    assert_eq!(of("2025-04-11"), [23, 24]);
    assert_eq!(of("2025-04-12"), (1..=24).collect::<Vec<_>>());
    assert_eq!(of("2025-04-13"), [1, 2]);
    assert_eq!(of("2025-04-14"), [] as [usize; 0]);
    let last = entries(&[recognised("2025-04-11 24", "2025-04-11 24")]);
    assert_eq!(hours(&last, DustColumn::Recognised, 2, "2025-04-11"), [24]);
    assert_eq!(hours(&last, DustColumn::Recognised, 2, "2025-04-12"), [] as [usize; 0]);
}

#[test]
fn a_column_deducts_what_its_stages_say() {
    let all = entries(&[
        entry(DustStage::Reported, &["a", "b"], "2025-04-11 03", "2025-04-11 08"),
        entry(DustStage::Recognised, &["a"], "2025-04-11 07", "2025-04-11 10"),
        entry(DustStage::Rejected, &["b"], "2025-04-11 05", "2025-04-11 24"),
    ]);
    let of = |column, station| hours(&all, column, station, "2025-04-11");
    for column in [DustColumn::Measured, DustColumn::Official] {
        assert_eq!(of(column, 0), [] as [usize; 0]);
        assert!(all.of(column, &registry()).is_empty());
    }
    assert_eq!(of(DustColumn::Recognised, 0), [7, 8, 9, 10]);
    assert_eq!(of(DustColumn::Recognised, 1), [] as [usize; 0]);
    assert_eq!(of(DustColumn::Reported, 0), (3..=10).collect::<Vec<_>>(), "or recognised");
    assert_eq!(of(DustColumn::Reported, 1), [3, 4], "without what was rejected");
    assert_eq!(of(DustColumn::Reported, 2), [] as [usize; 0], "c is not named");
    let elsewhere = DustEntry { area: AreaId::new("y").expect("legal"), ..all.entries[0].clone() };
    assert!(entries(&[elsewhere]).of(DustColumn::Reported, &registry()).is_empty());
}

#[test]
fn only_particulate_matter_goes_and_the_index_stays_that_of_the_measured_day() {
    // Four hours of 1000: (20 * 20 + 4 * 1000) / 24 = 183.3, IAQI 117; without them 20.
    let (measured, left) =
        both(recognised("2025-04-11 03", "2025-04-11 06"), &air(3..=6, 1000), A, &KEPT);
    assert_eq!(pm10(&measured).as_deref(), Some("183.333333"));
    assert_eq!(pm10(&left).as_deref(), Some("20.000000"));
    assert_eq!((measured.index.aqi, left.index), (Some(117), measured.index));
    for p in POLLUTANTS.into_iter().filter(|p| !PM.contains(p)) {
        assert_eq!(left.means.value(p), measured.means.value(p), "{p:?}");
        assert_eq!(left.means.valid_hours[p.index()], 24);
    }
    assert_eq!(left.means.o3_max_1h, measured.means.o3_max_1h);
    assert_eq!(PM.map(|p| left.means.valid_hours[p.index()]), [20, 20]);
    let deducted = left.deducted.expect("four hours");
    assert_eq!((deducted.station_hours, deducted.measured), (4, measured.means));
    assert_eq!(measured.deducted, None);
}

#[test]
fn a_day_that_keeps_fewer_than_20_hours_has_no_particulate_mean() {
    let dust = |to| both(recognised("2025-04-11 01", to), &air(1..=5, 400), A, &KEPT).1;
    let pm = |day: DayFigures| PM.map(|p| day.means.value(p).is_some());
    assert_eq!(pm(dust("2025-04-11 04")), [true, true]);
    assert_eq!(pm(dust("2025-04-11 05")), [false, false]);
    let (measured, none) =
        both(recognised("2025-04-11 01", "2025-04-11 24"), &air(1..=24, 400), A, &KEPT);
    assert_eq!(none.index, measured.index, "the air was what it was");
    assert_eq!(none.means.stations[Pollutant::Pm10.index()].present, 0);
}

#[test]
fn hours_without_a_value_are_not_told_as_deducted() {
    let mut hours = air(3..=6, 1000);
    for p in PM {
        hours[p.index()][2] = MISSING;
    }
    hours[Pollutant::Pm2_5.index()][3] = MISSING;
    let (_, left) = both(recognised("2025-04-11 03", "2025-04-11 06"), &hours, A, &KEPT);
    assert_eq!(left.deducted.expect("three hours").station_hours, 3);
    let mut none = *hours;
    PM.iter().for_each(|p| none[p.index()] = [MISSING; DAY_H]);
    let (measured, left) = both(recognised("2025-04-11 03", "2025-04-11 06"), &none, A, &LEFT_OUT);
    assert_eq!(left, measured, "there is nothing to deduct");
}

#[test]
fn whole_days_go_where_days_are_deducted() {
    let parameters = Parameters { dust_deducts: DustDeducts::Days, ..KEPT };
    let (_, left) =
        both(recognised("2025-04-11 24", "2025-04-11 24"), &air(24..=24, 900), A, &parameters);
    assert_eq!(PM.map(|p| left.means.value(p)), [None, None]);
    assert_eq!(left.deducted.expect("a day").station_hours, 24);
    let registry = registry();
    let next = days(&registry, &air(24..=24, 900));
    let deduction = entries(&[recognised("2025-04-11 24", "2025-04-11 24")])
        .of(DustColumn::Recognised, &registry);
    let next = next.without((day("2025-04-12"), A), &deduction, &parameters).expect("a day");
    assert_eq!(next.deducted, None, "the next day is untouched");
}

#[test]
fn a_set_takes_its_mean_over_the_stations_that_are_left() {
    let dust = |stations: &[&str]| {
        let entry = entry(DustStage::Recognised, stations, "2025-04-11 01", "2025-04-11 12");
        both(entry, &air(1..=12, 500), Member::Set(0), &KEPT).1
    };
    let measured = both(
        recognised("2025-04-10 01", "2025-04-10 01"),
        &air(1..=12, 500),
        Member::Set(0),
        &KEPT,
    )
    .0;
    let one = dust(&["a"]);
    assert_eq!(pm10(&one), pm10(&measured), "of b, which has the same air");
    assert_eq!(one.means.stations[Pollutant::Pm10.index()].present, 1);
    assert_eq!(one.deducted.expect("hours").station_hours, 12);
    let all = dust(&[]);
    assert_eq!(pm10(&all), None);
    assert_eq!(all.deducted.expect("hours").station_hours, 24, "of a and b; c is not in the set");
    assert_eq!(dust(&["c"]).deducted, None);
    // By its hours the set has the mean of b in the dusty ones too, and needs them to be 20.
    for share in [StationShareDay::ThreeQuarters, StationShareDay::Any] {
        let parameters = Parameters {
            area_day_order: AreaDayOrder::HoursFirst,
            station_share_day: share,
            ..KEPT
        };
        let entry = entry(DustStage::Recognised, &["a"], "2025-04-11 01", "2025-04-11 12");
        let (measured, left) = both(entry, &air(1..=12, 500), Member::Set(0), &parameters);
        assert_eq!(pm10(&left), pm10(&measured));
        assert!(left.deducted.is_some());
    }
}

#[test]
fn a_day_above_100_for_dust_only_is_left_out_where_that_is_chosen() {
    let dust = || recognised("2025-04-11 03", "2025-04-11 06");
    let (measured, left) = both(dust(), &air(3..=6, 1000), A, &LEFT_OUT);
    assert_eq!(measured.index.aqi, Some(117));
    assert_eq!((left.index.aqi, left.index.no_aqi), (None, Some(NoAqi::DustLeftOut)));
    assert!(left.index.primary.is_empty() && !left.index.partial);
    let again = left.judged_by(JudgedBy::Edition2026, &LEFT_OUT, Entity::Station);
    assert_eq!(again.index.no_aqi, Some(NoAqi::DustLeftOut), "by any edition");
    let mut ozone = air(3..=6, 1000);
    ozone[Pollutant::O3.index()] = [170_000; DAY_H];
    let (measured, left) = both(dust(), &ozone, A, &LEFT_OUT);
    assert!(measured.index.aqi.is_some_and(|aqi| aqi > 100));
    assert_eq!(left.index, measured.index, "above 100 without dust too");
    let (measured, left) = both(dust(), &air(3..=6, 500), A, &LEFT_OUT);
    assert!(measured.index.aqi.is_some_and(|aqi| aqi <= 100));
    assert_eq!(left.index, measured.index, "a good day stays one");
    // 24 dusty hours leave no particulate matter: the rest is not above 100.
    let all = recognised("2025-04-11 01", "2025-04-11 24");
    let (_, left) = both(all, &air(1..=24, 400), A, &LEFT_OUT);
    assert_eq!(left.index.no_aqi, Some(NoAqi::DustLeftOut));
}

fn official(entity: &str, span: &str, figure: TargetIndicator, value: &str) -> OfficialFigure {
    OfficialFigure {
        entity: entity.to_owned(),
        span: Span::parse(span, &Seasons::DEFAULT).expect("a span"),
        figure,
        value: Written::parse(value).expect("digits"),
        document: format!("{span}通报"),
    }
}

fn subject(parameters: &Parameters, dust: DustColumn) -> Subject<'_> {
    Subject {
        area: "x",
        entity: "x",
        name: "某市",
        kind: Entity::Area,
        parameters,
        judged_by: JudgedBy::InForce,
        dataset: Dataset::Best,
        dust,
    }
}

fn table(all: &DustEntries, span: &str, parameters: &Parameters) -> Option<DustTable> {
    let registry = registry();
    let air = air(3..=6, 1000);
    let days = days(&registry, &air);
    let span = Span::parse(span, &Seasons::DEFAULT).expect("a span");
    let of = subject(parameters, DustColumn::Measured);
    let table = all.table(&of, (&registry, Member::Set(0)), span, |column| {
        let deduction = all.of(column, &registry);
        let days = (span.from.number()..=span.to.number()).map(Day::from_number);
        let on = |day| {
            self::days(&registry, &air).without((day, Member::Set(0)), &deduction, parameters)
        };
        Ok::<_, ()>(days.filter_map(on).collect())
    });
    drop(days);
    table.expect("days can be taken")
}

#[test]
fn the_columns_stand_beside_each_other_with_what_they_rest_on() {
    let mut all = entries(&[
        entry(DustStage::Reported, &[], "2025-04-11 03", "2025-04-12 06"),
        entry(DustStage::Recognised, &["a", "b"], "2025-04-11 03", "2025-04-11 06"),
        entry(DustStage::Rejected, &["a"], "2025-04-12 05", "2025-04-12 06"),
    ]);
    all.official.push(official("x", "2025-04-11..2025-04-12", TargetIndicator::DaysGood, "1"));
    all.official.push(official("x", "2025-04-11", TargetIndicator::DaysHeavy, "5"));
    let span = "2025-04-11..2025-04-12";
    let found = table(&all, span, &KEPT).expect("entries touch it");
    let text = |value: &Option<crate::explanation::Decimal>| {
        value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string)
    };
    let told: Vec<_> = found
        .columns
        .iter()
        .map(|c| {
            let hours = c.station_hours.zip(c.days_deducted);
            (
                c.column,
                [&c.days_good, &c.days_heavy, &c.pm10_mean].map(text),
                hours,
                c.documents.len(),
            )
        })
        .collect();
    let row = |good: &str, heavy: &str, pm10: &str| [good, heavy, pm10].map(str::to_owned);
    assert_eq!(
        told,
        [
            ("measured", row("0", "0", "183"), Some((0, 0)), 0),
            // One day of 20 and one of 183.3.
            ("dust_recognised", row("0", "0", "102"), Some((8, 1)), 1),
            // The first day keeps too few hours; of the second a 20, of them two dusty ones, and b 18.
            ("dust_reported", row("0", "0", "118"), Some((2 * 22 + 4 + 6, 2)), 2),
            ("official", row("1", "-", "-"), None, 1),
        ]
    );
    assert_eq!(found.entries[2].stage_zh, "未认定");
    assert_eq!(
        (found.entries[0].from.as_str(), found.entries[0].stations.len()),
        ("2025-04-11 03", 0)
    );
    assert!(found.notes_zh[1].contains("按实况统计"), "{:?}", found.notes_zh);
    let left_out = table(&all, span, &LEFT_OUT).expect("entries touch it");
    assert_eq!(text(&left_out.columns[1].good_day_ratio_percent), "0.0");
    assert_eq!(left_out.columns[2].days_good, None, "no valid day is left");
    assert!(left_out.notes_zh[1].contains("不计入有效天数"));
    assert_eq!(table(&all, "2025-04-10", &KEPT), None, "nothing touches the day before");
    let official_only = DustEntries { entries: Vec::new(), official: all.official.clone() };
    assert!(table(&official_only, "2025-04-11", &KEPT).is_some());
    assert_eq!(table(&official_only, "2025-04-12", &KEPT), None);
    let of_c = entries(&[entry(DustStage::Recognised, &["c"], "2025-04-11 03", "2025-04-11 06")]);
    assert_eq!(table(&of_c, span, &KEPT), None, "c is not of the set");
}

#[test]
fn a_document_names_its_column_and_says_where_nothing_was_deducted() {
    let registry = registry();
    let days = days(&registry, &air(3..=6, 1000)).of(Member::Set(0), &KEPT);
    let period = Period::over((day("2025-04-11"), day("2025-04-12")), &days, &KEPT, Entity::Area);
    let of = |dust| Assessment::of(&period, &days, &subject(&KEPT, dust));
    let measured = of(DustColumn::Measured);
    assert_eq!((measured.dust, measured.dust_zh), ("measured", "实况"));
    assert_eq!(measured.dust_reason_zh, None);
    let reported = of(DustColumn::Reported);
    assert!(reported.dust_reason_zh.is_some_and(|why| why.contains("与实况相同")));
    assert_eq!(reported.csv().last().map(String::as_str), Some("dust_reported"));
    let compared = Comparison::of(
        Versus::YearBefore,
        (&period, &days),
        (&period, &days),
        &subject(&KEPT, DustColumn::Recognised),
    );
    assert_eq!(compared.dust, "dust_recognised");
    assert!(compared.changes.iter().all(|c| c.text_zh.starts_with("扣沙（认定）")), "{compared:?}");
}

#[test]
fn the_newest_official_figure_of_the_year_counts_and_never_a_later_or_a_months() {
    let ratio = TargetIndicator::GoodDayRatio;
    let all = DustEntries {
        entries: Vec::new(),
        official: vec![
            official("x", "ytd:2025-03-31", ratio, "80.0"),
            official("x", "ytd:2025-06-30", ratio, "85.0"),
            official("x", "2025", ratio, "90.1"),
            official("x", "2025-05", ratio, "99.0"),
            official("y", "ytd:2025-05-31", ratio, "1.0"),
            official("x", "ytd:2025-05-31", TargetIndicator::DaysGood, "2"),
        ],
    };
    let first = day("2025-01-01");
    let newest = |until| {
        let found = all.official_to_date("x", ratio, (first, day(until)));
        found.map(|f| f.value.to_string())
    };
    assert_eq!(newest("2025-03-30"), None);
    assert_eq!(newest("2025-06-29").as_deref(), Some("80.0"));
    assert_eq!(newest("2025-06-30").as_deref(), Some("85.0"));
    assert_eq!(newest("2025-12-31").as_deref(), Some("90.1"));
}

#[test]
fn official_is_entered_and_never_reckoned() {
    assert_eq!(DustColumn::reckoned("dust_reported"), Ok(DustColumn::Reported));
    let refused = DustColumn::reckoned("official").expect_err("refused");
    assert!(refused.contains("entered, not reckoned"), "{refused}");
    assert!(DustColumn::reckoned("dust").is_err());
}
