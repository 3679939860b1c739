//! Indices against the clauses and against exact rational arithmetic.

use super::*;
use crate::quantity::Rounding;
use crate::standard::{BreakpointColumn, Column, Practice, standards};
use crate::time::Day;

use Indicator::{
    Co1h, Co24h, No2_1h, No2_24h, O3_1h, O3_8h, O3Max1h, Pm2_5_1h, Pm2_5_24h, Pm10_1h, Pm10_24h,
    So2_1h, So2_24h,
};

fn old() -> &'static IndexEdition {
    standards().index_edition("2026-02-28".parse::<Day>().expect("a date"))
}

fn new() -> &'static IndexEdition {
    standards().index_edition("2026-03-01".parse::<Day>().expect("a date"))
}

const LETTER: Parameters = Parameters::DEFAULT;
const PLATFORM: Parameters = Parameters { practice: Practice::NationalPlatform, ..LETTER };
const EXACT: Parameters = Parameters { round_before_index: RoundBeforeIndex::Exact, ..LETTER };
const NA100_2012: Parameters = Parameters { missing_2012: Missing2012::Na100, ..LETTER };

const fn station<'a>(edition: &'a IndexEdition, parameters: &'a Parameters) -> Context<'a> {
    Context { edition, parameters, entity: Entity::Station }
}

const fn area<'a>(edition: &'a IndexEdition, parameters: &'a Parameters) -> Context<'a> {
    Context { edition, parameters, entity: Entity::Area }
}

/// A value in the pollutant's unit, as text.
fn value(indicator: Indicator, text: &str) -> Quotient {
    let scale = indicator.pollutant().unit().milli_digits();
    let amount = crate::quantity::parse_decimal(text.as_bytes(), scale).expect("a number");
    Quotient::whole(amount)
}

fn means(values: &[(Indicator, &str)]) -> Means {
    values.iter().fold(Means::default(), |m, (i, text)| m.with(*i, value(*i, text)))
}

/// Clean air in every indicator of every report.
fn clean() -> Means {
    let text = |i: Indicator| if i.pollutant() == Pollutant::Co { "0.1" } else { "1" };
    Indicator::ALL.into_iter().fold(Means::default(), |m, i| m.with(i, value(i, text(i))))
}

/// The edition's column through which an indicator goes when it goes through one.
const fn column_of(indicator: Indicator) -> Column {
    match indicator {
        Pm2_5_1h | Pm2_5_24h => Column::Pm2_5_24h,
        Pm10_1h | Pm10_24h => Column::Pm10_24h,
        So2_1h => Column::So2_1h,
        So2_24h => Column::So2_24h,
        No2_1h => Column::No2_1h,
        No2_24h => Column::No2_24h,
        Co1h => Column::Co1h,
        Co24h => Column::Co24h,
        O3_1h | O3Max1h => Column::O3_1h,
        O3_8h => Column::O3_8h,
    }
}

/// The index by exact fractions, without any division: the smallest whole number that is not below
/// the line through the two breakpoints. `num`/`den` is in 0.001 µg/m³.
fn reference(column: &BreakpointColumn, num: i128, den: i128) -> Option<u16> {
    for pair in column.breakpoints().windows(2) {
        let (lo, hi) = (pair[0], pair[1]);
        let (bp_lo, bp_hi) = (i128::from(lo.amount.milli()), i128::from(hi.amount.milli()));
        if num > bp_hi * den {
            continue;
        }
        let rise = i128::from(hi.iaqi - lo.iaqi) * (num - bp_lo * den);
        let enough = |n: &u16| {
            i128::from(*n) * (bp_hi - bp_lo) * den
                >= rise + i128::from(lo.iaqi) * (bp_hi - bp_lo) * den
        };
        return (0..=500).find(enough);
    }
    None
}

fn top(column: &BreakpointColumn) -> i32 {
    column.breakpoints().last().expect("a column has rows").amount.milli()
}

/// What stands above a column, by the letter.
fn above(edition: &IndexEdition, column: Column) -> Option<u16> {
    match (edition.id(), column) {
        ("hj633_2026", Column::So2_1h) => Some(200),
        ("hj633_2026", Column::O3_8h) => Some(300),
        ("hj633_2012", Column::So2_1h | Column::O3_8h) => None,
        _ => Some(500),
    }
}

/// The legal step of a column: 1 µg/m³, CO 0.1 mg/m³, in 0.001 µg/m³.
fn step(column: Column) -> i32 {
    if column.pollutant() == Pollutant::Co { 100_000 } else { 1000 }
}

fn column_index(edition: &IndexEdition, column: Column, milli: i32) -> Option<u16> {
    let amount = Amount::from_milli(milli);
    match edition.column(column).index(amount, Rounding::Up, Practice::Letter) {
        ColumnIndex::Iaqi(iaqi) | ColumnIndex::Beyond(iaqi) => Some(iaqi),
        ColumnIndex::None => None,
    }
}

#[test]
fn over_the_whole_grid_the_index_is_the_exact_one_and_never_falls() {
    let mut inputs = 0;
    for edition in [old(), new()] {
        for column in Column::ALL {
            let held = edition.column(column);
            let (step, mut last) = (step(column), 0);
            for milli in (0..=top(held) + 60 * step).step_by(step.unsigned_abs() as usize) {
                let exact = if milli > top(held) {
                    above(edition, column)
                } else {
                    reference(held, i128::from(milli), 1)
                };
                let got = column_index(edition, column, milli);
                assert_eq!(got, exact, "{} {} {milli}", edition.id(), column.code());
                let falls = got.is_some_and(|iaqi| iaqi < last);
                assert!(!falls, "{} {} {milli}", edition.id(), column.code());
                last = got.unwrap_or(last);
                inputs += 1;
            }
        }
    }
    // The tops of the ten columns sum to 13,400 legal steps; 61 more each: 0 and the margin.
    assert_eq!(inputs, 2 * (13_400 + 10 * 61));
}

#[test]
fn every_breakpoint_holds_at_its_edge_and_one_step_to_each_side() {
    let mut cells = 0;
    for edition in [old(), new()] {
        for column in Column::ALL {
            let held = edition.column(column);
            for b in held.breakpoints() {
                let at = b.amount.milli();
                let name = format!("{} {} {}", edition.id(), column.code(), b.iaqi);
                assert_eq!(column_index(edition, column, at), Some(b.iaqi), "{name}");
                if at > 0 {
                    let below = at - step(column);
                    let exact = reference(held, i128::from(below), 1);
                    assert_eq!(column_index(edition, column, below), exact, "{name} below");
                }
                let over = at + step(column);
                let exact = match reference(held, i128::from(over), 1) {
                    None => above(edition, column),
                    inside => {
                        assert!(inside > Some(b.iaqi), "{name}: one step must count");
                        inside
                    }
                };
                assert_eq!(column_index(edition, column, over), exact, "{name} above");
                cells += 1;
            }
        }
    }
    assert_eq!(cells, 150);
}

/// Vectors computed by hand from the two tables: input → 2012 / 2026.
const GOLDEN: &[(Column, &str, Option<u16>, Option<u16>)] = &[
    (Column::Pm2_5_24h, "0", Some(0), Some(0)),
    (Column::Pm2_5_24h, "1", Some(2), Some(2)),
    (Column::Pm2_5_24h, "35", Some(50), Some(50)),
    (Column::Pm2_5_24h, "36", Some(52), Some(52)),
    (Column::Pm2_5_24h, "60", Some(82), Some(100)),
    (Column::Pm2_5_24h, "61", Some(83), Some(101)),
    (Column::Pm2_5_24h, "75", Some(100), Some(114)),
    (Column::Pm2_5_24h, "76", Some(102), Some(115)),
    (Column::Pm2_5_24h, "115", Some(150), Some(150)),
    (Column::Pm2_5_24h, "116", Some(152), Some(152)),
    (Column::Pm2_5_24h, "150", Some(200), Some(200)),
    (Column::Pm2_5_24h, "151", Some(201), Some(201)),
    (Column::Pm2_5_24h, "250", Some(300), Some(300)),
    (Column::Pm2_5_24h, "480", Some(487), Some(487)),
    (Column::Pm2_5_24h, "500", Some(500), Some(500)),
    (Column::Pm2_5_24h, "900", Some(500), Some(500)),
    (Column::Pm10_24h, "50", Some(50), Some(50)),
    (Column::Pm10_24h, "120", Some(85), Some(100)),
    (Column::Pm10_24h, "121", Some(86), Some(101)),
    (Column::Pm10_24h, "150", Some(100), Some(112)),
    (Column::Pm10_24h, "151", Some(101), Some(112)),
    (Column::Pm10_24h, "250", Some(150), Some(150)),
    (Column::Pm10_24h, "600", Some(500), Some(500)),
    (Column::Pm10_24h, "700", Some(500), Some(500)),
    (Column::So2_24h, "475", Some(150), Some(150)),
    (Column::So2_1h, "475", Some(97), Some(97)),
    (Column::So2_1h, "801", None, Some(200)),
    (Column::No2_24h, "81", Some(101), Some(101)),
    (Column::No2_1h, "350", Some(115), Some(115)),
    (Column::Co24h, "2.2", Some(55), Some(55)),
    (Column::Co24h, "4.1", Some(101), Some(101)),
    (Column::Co1h, "10.1", Some(101), Some(101)),
    (Column::Co1h, "65.4", Some(218), Some(218)),
    (Column::O3_8h, "160", Some(100), Some(100)),
    (Column::O3_8h, "161", Some(101), Some(101)),
    (Column::O3_8h, "265", Some(200), Some(200)),
    (Column::O3_8h, "800", Some(300), Some(300)),
    (Column::O3_8h, "801", None, Some(300)),
    (Column::O3_1h, "200", Some(100), Some(100)),
    (Column::O3_1h, "201", Some(101), Some(101)),
    (Column::O3_1h, "800", Some(300), Some(300)),
    (Column::O3_1h, "1300", Some(500), Some(500)),
];

#[test]
fn golden_vectors_hold_through_the_reports() {
    for (column, text, by_2012, by_2026) in GOLDEN {
        let mut reached = 0;
        for indicator in Indicator::ALL.into_iter().filter(|i| column_of(*i) == *column) {
            for (edition, expected) in [(old(), by_2012), (new(), by_2026)] {
                for kind in [ReportKind::Hour, ReportKind::Day] {
                    let rows = edition.report(kind, Practice::Letter);
                    if !rows.iter().any(|r| r.indicator == indicator && r.column.is_some()) {
                        continue;
                    }
                    let ctx = station(edition, &LETTER);
                    let given = means(&[(indicator, text)]);
                    let got = report(kind, |i| given.get(i), &ctx, Pollutants::ALL);
                    let name = format!("{} {kind:?} {indicator}={text}", edition.id());
                    assert_eq!(got.of(indicator), *expected, "{name}");
                    reached += 1;
                }
            }
        }
        assert!(reached >= 2, "{} {text} reached no report", column.code());
    }
}

#[test]
fn concentrations_are_rounded_half_to_even_before_the_index() {
    let ctx = station(new(), &LETTER);
    for (text, shown, iaqi) in [("60.5", 60, 100), ("60.6", 61, 101), ("61.5", 62, 102)] {
        let given = means(&[(Pm2_5_1h, text), (Pm2_5_24h, text)]);
        let amount = rounded(value(Pm2_5_1h, text), Pollutant::Pm2_5, true, &ctx);
        assert_eq!(amount.milli(), shown * 1000, "{text}");
        assert_eq!(hourly(&given, &ctx).of(Pm2_5_1h), Some(iaqi), "{text}");
        assert_eq!(daily(&given, &ctx, Pollutants::ALL).of(Pm2_5_24h), Some(iaqi), "{text}");
    }
    let co = |text: &str| rounded(value(Co1h, text), Pollutant::Co, true, &ctx).milli();
    assert_eq!((co("0.85"), co("0.95"), co("0.851")), (800_000, 1_000_000, 900_000));
    let third = Quotient { num: 181_500, den: 3 }; // 60.5 as a sum of three
    assert_eq!(rounded(third, Pollutant::O3, false, &ctx).milli(), 60_000);
}

#[test]
fn exact_means_enter_the_index_only_where_the_text_is_silent() {
    let given = means(&[(Pm2_5_24h, "75.4")]);
    let by = |edition, parameters| daily(&given, &station(edition, parameters), Pollutants::ALL);
    assert_eq!(by(old(), &LETTER).of(Pm2_5_24h), Some(100));
    assert_eq!(by(old(), &EXACT).of(Pm2_5_24h), Some(101));
    assert_eq!(by(new(), &EXACT), by(new(), &LETTER));
    let shown = rounded(value(Pm2_5_24h, "75.4"), Pollutant::Pm2_5, false, &station(old(), &EXACT));
    assert_eq!(shown.milli(), 75_000, "what is shown stays rounded");
    // Above the top by less than a step: no index from the exact mean, 200 from the rounded one.
    let so2 = means(&[(So2_1h, "800.4")]);
    assert_eq!(hourly(&so2, &station(old(), &LETTER)).of(So2_1h), Some(200));
    assert_eq!(hourly(&so2, &station(old(), &EXACT)).of(So2_1h), None);
}

#[test]
fn exact_means_agree_with_exact_fractions() {
    for column in Column::ALL {
        let held = old().column(column);
        for den in [1, 3, 7, 17, 19, 23] {
            let last = i128::from(top(held)) * i128::from(den);
            for n in 0..400 {
                let num = last * n / 400;
                let got = held.index_exact(Quotient { num, den }, Rounding::Up, Practice::Letter);
                let exact = reference(held, num, i128::from(den)).expect("below the top");
                assert_eq!(got, ColumnIndex::Iaqi(exact), "{} {num}/{den}", column.code());
            }
        }
    }
}

#[test]
fn all_zero_is_excellent_and_has_no_primary_pollutant() {
    let zero = Indicator::ALL.into_iter().fold(Means::default(), |m, i| m.with(i, value(i, "0")));
    for edition in [old(), new()] {
        for parameters in [&LETTER, &PLATFORM, &EXACT] {
            for ctx in [station(edition, parameters), area(edition, parameters)] {
                for index in [hourly(&zero, &ctx), daily(&zero, &ctx, Pollutants::ALL)] {
                    assert_eq!((index.aqi, index.max_iaqi), (Some(0), Some(0)));
                    assert_eq!(index.category(), Some(Category::Excellent));
                    assert!(index.primary.is_empty() && index.missing.is_empty());
                }
            }
        }
    }
}

#[test]
fn primary_pollutants_are_named_above_50_and_ties_are_all_named() {
    let ctx = station(new(), &LETTER);
    let at = |pm2_5: &str, pm10: &str, o3: &str| {
        let given = means(&[(Pm2_5_1h, pm2_5), (Pm10_1h, pm10), (O3_1h, o3)]);
        let rest = [(So2_1h, "1"), (No2_1h, "1"), (Co1h, "0.1")];
        let given = rest.iter().fold(given, |m, (i, t)| m.with(*i, value(*i, t)));
        let index = hourly(&given, &ctx);
        (index.aqi.expect("all there"), index.primary.to_string())
    };
    assert_eq!(at("35", "50", "160"), (50, String::new()));
    assert_eq!(at("36", "50", "160"), (52, "pm2_5".to_owned()));
    assert_eq!(at("60", "120", "200"), (100, "pm10;pm2_5;o3".to_owned()));
    // Exactly 112.7, 112.3 and 112.5: they differ, and meet once rounded up.
    assert_eq!(at("74", "152", "225"), (113, "pm10;pm2_5;o3".to_owned()));
}

#[test]
fn a_pollutant_is_primary_by_its_largest_index() {
    let given = means(&[(O3_8h, "161"), (O3Max1h, "210")]);
    let index = daily(&given, &station(old(), &LETTER), Pollutants::ALL);
    assert_eq!((index.of(O3_8h), index.of(O3Max1h)), (Some(101), Some(105)));
    assert_eq!(index.of_pollutant(Pollutant::O3), Some(105));
    assert_eq!(index.aqi, Some(105));
    assert_eq!(index.primary.to_string(), "o3");
}

#[test]
fn exceeding_pollutants_belong_to_2012_only() {
    let given = means(&[(Pm2_5_24h, "200"), (Pm10_24h, "151"), (No2_24h, "80"), (O3_8h, "161")]);
    let by_2012 = daily(&given, &station(old(), &LETTER), Pollutants::ALL);
    assert_eq!(by_2012.exceeding.to_string(), "pm10;pm2_5;o3");
    assert_eq!(by_2012.primary.to_string(), "pm2_5");
    let by_2026 = daily(&given, &station(new(), &LETTER), Pollutants::ALL);
    assert!(by_2026.exceeding.is_empty());
}

#[test]
fn with_a_pollutant_missing_2026_gives_an_aqi_only_above_100() {
    let ctx = station(new(), &LETTER);
    let all = [Pm2_5_1h, Pm10_1h, So2_1h, No2_1h, Co1h, O3_1h];
    for gone in all {
        for (dirty, expected) in [("200", None), ("201", Some(101))] {
            let (source, text) = if gone == O3_1h { (No2_1h, dirty) } else { (O3_1h, dirty) };
            let mut given = clean().with(source, value(source, text));
            given.by_indicator[gone.index()] = None;
            let index = hourly(&given, &ctx);
            assert_eq!(index.aqi, expected, "{gone} {dirty}");
            assert_eq!(index.missing, Pollutants::EMPTY.with(gone.pollutant()));
            assert_eq!(index.max_iaqi, Some(if expected.is_some() { 101 } else { 100 }));
            assert_eq!(index.partial, expected.is_some());
            let reason = expected.is_none().then_some(NoAqi::MissingAndNotAbove100);
            assert_eq!(index.no_aqi, reason);
            assert_eq!(index.category().is_none(), expected.is_none());
            assert_eq!(index.primary.is_empty(), expected.is_none(), "NA names no primary");
        }
    }
    let index = hourly(&clean(), &ctx);
    assert_eq!((index.aqi, index.no_aqi, index.partial), (Some(2), None, false));
}

#[test]
fn with_a_pollutant_missing_2012_follows_the_parameter() {
    let given = means(&[(Pm10_24h, "100"), (O3_8h, "90")]);
    let available = daily(&given, &station(old(), &LETTER), Pollutants::ALL);
    assert_eq!((available.aqi, available.partial), (Some(75), true));
    assert_eq!(available.missing.to_string(), "pm2_5;no2;so2;co");
    assert_eq!(available.primary.to_string(), "pm10");
    let na100 = daily(&given, &station(old(), &NA100_2012), Pollutants::ALL);
    assert_eq!(na100.no_aqi, Some(NoAqi::MissingAndNotAbove100));
    assert_eq!((na100.aqi, na100.max_iaqi), (None, Some(75)));
    let high = means(&[(Pm10_24h, "151")]);
    let na100 = daily(&high, &station(old(), &NA100_2012), Pollutants::ALL);
    assert_eq!((na100.aqi, na100.partial), (Some(101), true));
}

#[test]
fn nothing_measured_gives_no_aqi_in_any_edition() {
    for edition in [old(), new()] {
        for parameters in [&LETTER, &PLATFORM, &NA100_2012] {
            let ctx = station(edition, parameters);
            let none = Means::default();
            for index in [hourly(&none, &ctx), daily(&none, &ctx, Pollutants::EMPTY)] {
                assert_eq!((index.aqi, index.max_iaqi), (None, None));
                assert_eq!(index.no_aqi, Some(NoAqi::AllMissing));
            }
            assert_eq!(hourly(&none, &ctx).missing, Pollutants::ALL);
        }
    }
}

#[test]
fn what_is_not_due_is_not_missing() {
    let mut given = clean();
    given.by_indicator[O3_8h.index()] = None;
    let ctx = station(new(), &LETTER);
    assert_eq!(daily(&given, &ctx, Pollutants::ALL).aqi, None);
    let so_far = daily(&given, &ctx, Pollutants::ALL.without(Pollutant::O3));
    assert_eq!((so_far.aqi, so_far.partial), (Some(3), false));
    assert!(so_far.missing.is_empty());
}

#[test]
fn hours_of_2012_by_the_letter_take_pm_through_24_hours() {
    let ctx = station(old(), &LETTER);
    let one_hour = clean().with(Pm2_5_1h, value(Pm2_5_1h, "300"));
    let index = hourly(&one_hour, &ctx);
    assert_eq!((index.of(Pm2_5_1h), index.aqi), (None, Some(2)));
    let rolling = clean().with(Pm2_5_24h, value(Pm2_5_24h, "300"));
    assert_eq!(hourly(&rolling, &ctx).aqi, Some(350));
    // A 1-h PM mean alone leaves the pollutant without an index: it counts as missing.
    let mut only_hour = clean();
    only_hour.by_indicator[Pm2_5_24h.index()] = None;
    assert_eq!(hourly(&only_hour, &ctx).missing.to_string(), "pm2_5");
    // The daily maximum of 1-h ozone and the 24-h gases belong to the day.
    let foreign = clean().with(O3Max1h, value(O3Max1h, "500")).with(So2_24h, value(So2_24h, "900"));
    assert_eq!(hourly(&foreign, &ctx), hourly(&clean(), &ctx));
}

#[test]
fn hours_of_the_platform_take_six_1_hour_means() {
    let ctx = station(old(), &PLATFORM);
    let given = clean().with(Pm2_5_1h, value(Pm2_5_1h, "76")).with(O3_8h, value(O3_8h, "900"));
    let given = given.with(Pm2_5_24h, value(Pm2_5_24h, "300"));
    let index = hourly(&given, &ctx);
    assert_eq!((index.aqi, index.of(O3_8h), index.of(Pm2_5_24h)), (Some(102), None, None));
    let so2 = clean().with(So2_1h, value(So2_1h, "950"));
    assert_eq!(hourly(&so2, &ctx).of(So2_1h), Some(200));
}

#[test]
fn above_800_the_notes_decide_and_the_pollutant_is_not_missing() {
    let so2 = clean().with(So2_1h, value(So2_1h, "801"));
    let o3 = clean().with(O3_8h, value(O3_8h, "801"));
    let letter = station(old(), &LETTER);
    for parameters in [&LETTER, &NA100_2012] {
        let index = hourly(&so2, &station(old(), parameters));
        assert_eq!((index.of(So2_1h), index.aqi), (None, Some(2)));
        assert!(index.missing.is_empty() && !index.partial);
    }
    let index = hourly(&o3.with(O3_1h, value(O3_1h, "850")), &letter);
    assert_eq!((index.of(O3_8h), index.of(O3_1h), index.aqi), (None, Some(325), Some(325)));
    let alone = hourly(&means(&[(So2_1h, "801")]), &letter);
    assert_eq!((alone.aqi, alone.no_aqi), (None, Some(NoAqi::NoIaqi)));
    let ctx = station(new(), &LETTER);
    assert_eq!(hourly(&so2, &ctx).of(So2_1h), Some(200));
    let day = daily(&o3, &ctx, Pollutants::ALL);
    assert_eq!((day.of(O3_8h), day.aqi), (Some(300), Some(300)));
    assert!(day.beyond.is_empty(), "counted as 300, which is on the scale");
}

#[test]
fn above_the_scale_the_index_is_500_and_marked() {
    for edition in [old(), new()] {
        let ctx = station(edition, &LETTER);
        for (text, iaqi, beyond) in [("600", 500, ""), ("600.4", 500, ""), ("601", 500, "pm10")] {
            let index = daily(&means(&[(Pm10_24h, text)]), &ctx, Pollutants::ALL);
            assert_eq!(index.aqi, Some(iaqi), "{text}");
            assert_eq!(index.beyond.to_string(), beyond, "{text}");
            assert_eq!(index.category(), Some(Category::Severe));
        }
    }
}

#[test]
fn areas_of_the_platform_round_half_up() {
    let ctx = area(old(), &PLATFORM);
    let shown = |p, i, text| rounded(value(i, text), p, true, &ctx).milli();
    assert_eq!(shown(Pollutant::Pm2_5, Pm2_5_1h, "60.5"), 61_000);
    assert_eq!(shown(Pollutant::Co, Co1h, "0.845"), 850_000);
    let letter = area(old(), &LETTER);
    assert_eq!(rounded(value(Co1h, "0.845"), Pollutant::Co, true, &letter).milli(), 800_000);
    // PM2.5 36 → 51.25: 51 for the area, 52 for a station.
    let given = clean().with(Pm2_5_1h, value(Pm2_5_1h, "36"));
    assert_eq!(hourly(&given, &ctx).aqi, Some(51));
    assert_eq!(hourly(&given, &station(old(), &PLATFORM)).aqi, Some(52));
    // PM10 71 → 60.5 exactly: half goes up.
    let given = clean().with(Pm10_1h, value(Pm10_1h, "71"));
    assert_eq!(hourly(&given, &ctx).aqi, Some(61));
}

#[test]
fn more_of_a_pollutant_never_lowers_the_aqi() {
    for edition in [old(), new()] {
        for parameters in [&LETTER, &PLATFORM, &EXACT] {
            for ctx in [station(edition, parameters), area(edition, parameters)] {
                for indicator in Indicator::ALL {
                    let (mut hour, mut day) = (Some(0), Some(0));
                    for n in 0..800 {
                        let limit = column_of(indicator);
                        let most = i64::from(top(edition.column(limit)));
                        let amount = Quotient { num: i128::from(most * n / 799), den: 1 };
                        let given = clean().with(indicator, amount);
                        let (h, d) = (hourly(&given, &ctx), daily(&given, &ctx, Pollutants::ALL));
                        assert!(h.aqi >= hour && d.aqi >= day, "{indicator} {n}");
                        (hour, day) = (h.aqi, d.aqi);
                        assert_eq!(h.aqi, h.iaqi.iter().copied().flatten().max());
                    }
                }
            }
        }
    }
}

#[test]
fn sets_of_pollutants_list_in_the_order_of_ties() {
    assert_eq!(Pollutants::ALL.to_string(), "pm10;pm2_5;o3;no2;so2;co");
    assert_eq!(Pollutants::EMPTY.to_string(), "");
    let set: Pollutants = [Pollutant::Co, Pollutant::Pm2_5].into_iter().collect();
    assert_eq!((set.to_string().as_str(), set.len()), ("pm2_5;co", 2));
    assert_eq!(Pollutants::from_bits(set.bits()), set);
    assert_eq!(Pollutants::from_bits(0xFF), Pollutants::ALL);
    assert_eq!(set.without(Pollutant::Co).minus(set), Pollutants::EMPTY);
    assert!(set.contains(Pollutant::Co) && !set.contains(Pollutant::O3));
}
