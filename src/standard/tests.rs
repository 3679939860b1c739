//! The editions against the printed tables, typed here a second time.

use super::load;
use super::*;
use crate::observation::{POLLUTANTS, Pollutant};
use crate::quantity::{Amount, Rounding};

/// HJ 633-2012 table 1: index, then the ten columns as printed; -1 where a note stands.
const PRINTED_2012: [[i32; 11]; 8] = [
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [50, 50, 150, 40, 100, 2, 5, 160, 100, 50, 35],
    [100, 150, 500, 80, 200, 4, 10, 200, 160, 150, 75],
    [150, 475, 650, 180, 700, 14, 35, 300, 215, 250, 115],
    [200, 800, 800, 280, 1200, 24, 60, 400, 265, 350, 150],
    [300, 1600, -1, 565, 2340, 36, 90, 800, 800, 420, 250],
    [400, 2100, -1, 750, 3090, 48, 120, 1000, -1, 500, 350],
    [500, 2620, -1, 940, 3840, 60, 150, 1200, -1, 600, 500],
];

/// The two cells that HJ 633-2026 table 3 changed: row, column, concentration.
const CHANGED_2026: [(usize, Column, i32); 2] =
    [(2, Column::Pm10_24h, 120), (2, Column::Pm2_5_24h, 60)];

fn day(text: &str) -> Day {
    text.parse().expect("a date")
}

fn printed(edition: &IndexEdition) -> Vec<(Column, u16, i32)> {
    let mut cells = Vec::new();
    for (column, at) in Column::ALL.into_iter().zip(1..) {
        for (n, row) in PRINTED_2012.iter().enumerate() {
            let changed = CHANGED_2026.iter().find(|(r, c, _)| (*r, *c) == (n, column));
            let cell = match changed {
                Some((_, _, value)) if edition.id() == "hj633_2026" => *value,
                _ => row[at],
            };
            if cell >= 0 {
                cells.push((column, u16::try_from(row[0]).expect("small"), cell));
            }
        }
    }
    cells
}

#[test]
fn every_breakpoint_is_the_printed_one_and_cited() {
    for edition in standards().index_editions() {
        let mut held = Vec::new();
        for column in edition.columns() {
            let unit = if column.column().pollutant() == Pollutant::Co { 1_000_000 } else { 1000 };
            for b in column.breakpoints() {
                held.push((column.column(), b.iaqi, b.amount.milli() / unit));
                let table = if edition.id() == "hj633_2026" { "表3" } else { "表1" };
                assert_eq!(b.source.table, Some(table), "{} {}", edition.id(), b.iaqi);
                assert_eq!(b.source.document, edition.document());
                assert_eq!(b.source.confidence, "read");
            }
        }
        assert_eq!(held, printed(edition), "{}", edition.id());
        assert_eq!(held.len(), 75);
    }
}

#[test]
fn what_stands_above_the_short_columns_follows_the_notes() {
    use Practice::{Letter, NationalPlatform};
    let s = standards();
    let note = |day_text: &str, column, practice| {
        let column = s.index_edition(day(day_text)).column(column);
        column.above_top(practice).map(|(iaqi, source)| (iaqi, source.table.unwrap_or("-")))
    };
    let (old, new) = ("2026-02-28", "2026-03-01");
    assert_eq!(note(old, Column::So2_1h, Letter), Some((None, "表1 注(2)")));
    assert_eq!(note(old, Column::O3_8h, Letter), Some((None, "表1 注(3)")));
    assert_eq!(note(old, Column::So2_1h, NationalPlatform), Some((Some(200), "-")));
    assert_eq!(note(old, Column::O3_8h, NationalPlatform), Some((None, "表1 注(3)")));
    for practice in [Letter, NationalPlatform] {
        assert_eq!(note(new, Column::So2_1h, practice), Some((Some(200), "表3 注b")));
        assert_eq!(note(new, Column::O3_8h, practice), Some((Some(300), "表3 注c")));
        assert_eq!(note(new, Column::O3_1h, practice), None);
    }
}

#[test]
fn editions_change_at_their_midnights() {
    let s = standards();
    for (text, index, limits) in [
        ("2013-03-01", "hj633_2012", "gb3095_2012"),
        ("2016-01-01", "hj633_2012", "gb3095_2012"),
        ("2026-02-28", "hj633_2012", "gb3095_2012"),
        ("2026-03-01", "hj633_2026", "gb3095_2026_transitional"),
        ("2030-12-31", "hj633_2026", "gb3095_2026_transitional"),
        ("2031-01-01", "hj633_2026", "gb3095_2026_full"),
        ("2099-01-01", "hj633_2026", "gb3095_2026_full"),
    ] {
        assert_eq!(s.index_edition(day(text)).id(), index, "{text}");
        assert_eq!(s.limit_edition(day(text)).id(), limits, "{text}");
    }
}

/// A report as `indicator>column`, `-` without a column.
fn report(edition: &IndexEdition, kind: ReportKind, practice: Practice) -> String {
    let rows = edition.report(kind, practice).iter();
    let text = |r: &ReportRow| format!("{}>{}", r.indicator, r.column.map_or("-", Column::code));
    let mut texts = rows.map(text).collect::<Vec<_>>();
    texts.sort();
    texts.join(" ")
}

#[test]
fn reports_hold_the_indicators_of_their_clause() {
    use Practice::{Letter, NationalPlatform};
    let (old, new) = (&standards().index_editions()[0], &standards().index_editions()[1]);
    let six_hourly = "co>co_1h no2>no2_1h o3>o3_1h pm10>pm10_24h pm2_5>pm2_5_24h so2>so2_1h";
    // HJ 633-2012 5.1.3 and table 4: nine, of which a 1-h PM mean has no index.
    assert_eq!(
        report(old, ReportKind::Hour, Letter),
        "co>co_1h no2>no2_1h o3>o3_1h o3_8h>o3_8h pm10>- pm10_24h>pm10_24h pm2_5>- \
         pm2_5_24h>pm2_5_24h so2>so2_1h"
    );
    assert_eq!(report(old, ReportKind::Hour, NationalPlatform), six_hourly);
    // HJ 633-2026 4.2.3: six.
    assert_eq!(report(new, ReportKind::Hour, Letter), six_hourly);
    assert_eq!(report(new, ReportKind::Hour, NationalPlatform), six_hourly);
    for practice in [Letter, NationalPlatform] {
        let six_daily = "co_24h>co_24h no2_24h>no2_24h o3_8h>o3_8h";
        let rest = "pm10_24h>pm10_24h pm2_5_24h>pm2_5_24h so2_24h>so2_24h";
        // HJ 633-2012 5.1.2: seven; HJ 633-2026 4.2.2: six.
        let seven = format!("{six_daily} o3_max_1h>o3_1h {rest}");
        assert_eq!(report(old, ReportKind::Day, practice), seven);
        assert_eq!(report(new, ReportKind::Day, practice), format!("{six_daily} {rest}"));
    }
}

#[test]
fn rounding_is_by_the_letter_except_for_areas_of_the_platform() {
    for edition in standards().index_editions() {
        for kind in [ReportKind::Hour, ReportKind::Day] {
            for practice in Practice::ALL {
                for entity in Entity::ALL {
                    let row = edition.rounding(kind, *practice, *entity);
                    let platform_area =
                        *practice == Practice::NationalPlatform && *entity == Entity::Area;
                    let expected = if platform_area {
                        (Rounding::HalfUp, 1000, 10_000, Rounding::HalfUp)
                    } else {
                        (Rounding::HalfEven, 1000, 100_000, Rounding::Up)
                    };
                    assert_eq!((row.concentration, row.step, row.step_co, row.index), expected);
                }
            }
        }
    }
    let (old, new) = (&standards().index_editions()[0], &standards().index_editions()[1]);
    let clause = |e: &IndexEdition, kind| {
        e.rounding(kind, Practice::Letter, Entity::Station).concentration_source.clause
    };
    assert_eq!(clause(new, ReportKind::Day), Some("4.2.2"));
    assert_eq!(clause(new, ReportKind::Hour), Some("4.2.3"));
    assert_eq!(clause(old, ReportKind::Hour), None, "the text of 2012 does not say");
    assert!(new.rounds_before_index() && !old.rounds_before_index());
}

#[test]
fn single_numbers_are_those_of_the_text() {
    let (old, new) = (&standards().index_editions()[0], &standards().index_editions()[1]);
    assert_eq!((old.primary_above(), new.primary_above()), (50, 50));
    assert_eq!((old.exceeding_above(), new.exceeding_above()), (Some(100), None));
    assert_eq!((old.na_unless_above(), new.na_unless_above()), (None, Some(100)));
    let missing = new.rules().iter().find(|r| r.name == "na_unless_above").expect("a rule");
    assert_eq!(missing.source.clause, Some("5.3.1"));
}

#[test]
fn classes_have_the_printed_names_and_colours() {
    let expected = [
        ("excellent", "一级", "优", "绿", "#00E400", (0, 50)),
        ("good", "二级", "良", "黄", "#FFFF00", (51, 100)),
        ("light", "三级", "轻度污染", "橙", "#FF7E00", (101, 150)),
        ("moderate", "四级", "中度污染", "红", "#FF0000", (151, 200)),
        ("heavy", "五级", "重度污染", "紫", "#99004C", (201, 300)),
        ("severe", "六级", "严重污染", "褐红", "#7E0023", (301, 500)),
    ];
    for edition in standards().index_editions() {
        for (class, (code, level, name, colour, hex, aqi)) in edition.classes().iter().zip(expected)
        {
            assert_eq!(class.category.code(), code);
            assert_eq!((class.level_zh, class.name_zh), (level, name));
            assert_eq!((class.colour_zh, class.colour), (colour, hex));
            assert_eq!(class.aqi, aqi);
            for number in aqi.0..=aqi.1 {
                assert_eq!(Category::of(number), class.category, "{number}");
            }
        }
    }
}

#[test]
fn health_texts_use_the_words_of_their_edition() {
    let (old, new) = (&standards().index_editions()[0], &standards().index_editions()[1]);
    let all = |e: &IndexEdition| {
        e.classes().iter().map(|c| format!("{}{}", c.health, c.advice)).collect::<String>()
    };
    for (word, of) in
        [("易感人群", old), ("心脏病", old), ("敏感人群症状", new), ("青少年儿童", new)]
    {
        assert!(all(of).contains(word), "{word}");
    }
    for (word, not_of) in [("易感人群", new), ("心脏病", new), ("青少年", old), ("心血管", old)]
    {
        assert!(!all(not_of).contains(word), "{word}");
    }
    for n in [0, 1] {
        assert_eq!(old.classes()[n].health, new.classes()[n].health);
        assert_eq!(old.classes()[n].advice, new.classes()[n].advice);
    }
    assert_eq!(new.sensitive_group(Pollutant::Co), Some("患有心血管系统疾病的人"));
    assert!(POLLUTANTS.into_iter().all(|p| new.sensitive_group(p).is_some()));
    assert!(POLLUTANTS.into_iter().all(|p| old.sensitive_group(p).is_none()));
}

/// Limits of GB 3095 table 1: 2012, 2026 transitional, 2026 full; class I and II; CO in mg/m³.
const PRINTED_LIMITS: [(Pollutant, Average, [[i32; 2]; 3]); 14] = [
    (Pollutant::So2, Average::Year, [[20, 60], [20, 60], [20, 20]]),
    (Pollutant::So2, Average::Day, [[50, 150], [50, 150], [50, 50]]),
    (Pollutant::So2, Average::Hour, [[150, 500], [150, 500], [150, 150]]),
    (Pollutant::No2, Average::Year, [[40, 40], [40, 40], [30, 30]]),
    (Pollutant::No2, Average::Day, [[80, 80], [80, 80], [50, 50]]),
    (Pollutant::No2, Average::Hour, [[200, 200], [200, 200], [200, 200]]),
    (Pollutant::Co, Average::Day, [[4, 4], [4, 4], [4, 4]]),
    (Pollutant::Co, Average::Hour, [[10, 10], [10, 10], [10, 10]]),
    (Pollutant::O3, Average::Mda8, [[100, 160], [100, 160], [100, 160]]),
    (Pollutant::O3, Average::Hour, [[160, 200], [160, 200], [160, 200]]),
    (Pollutant::Pm10, Average::Year, [[40, 70], [40, 60], [20, 50]]),
    (Pollutant::Pm10, Average::Day, [[50, 150], [50, 120], [50, 100]]),
    (Pollutant::Pm2_5, Average::Year, [[15, 35], [15, 30], [10, 25]]),
    (Pollutant::Pm2_5, Average::Day, [[35, 75], [35, 60], [25, 50]]),
];

#[test]
fn limits_are_the_printed_ones() {
    for (n, edition) in standards().limit_editions().iter().enumerate() {
        for (pollutant, average, by_edition) in PRINTED_LIMITS {
            let unit = if pollutant == Pollutant::Co { 1_000_000 } else { 1000 };
            for (class, printed) in [LimitClass::I, LimitClass::II].into_iter().zip(by_edition[n]) {
                assert_eq!(
                    edition.limit(pollutant, average, class),
                    Some(Amount::from_milli(printed * unit)),
                    "{} {pollutant} {average:?}",
                    edition.id()
                );
            }
        }
        let six = edition.limits().iter().filter(|l| l.source.table == Some("表1")).count();
        assert_eq!(six, PRINTED_LIMITS.len(), "no other row in table 1");
        let row = |substance: &str, average| {
            let mut rows = edition.limits().iter();
            rows.find(|l| (l.substance, l.average) == (substance, average)).map(|l| l.printed)
        };
        let nox = if n == 2 { ["40", "70", "250"] } else { ["50", "100", "250"] };
        for (average, value) in [Average::Year, Average::Day, Average::Hour].into_iter().zip(nox) {
            assert_eq!(row("nox", average), Some([value, value]));
        }
        assert_eq!(row("tsp", Average::Day), Some(["120", "300"]));
        assert_eq!(row("bap", Average::Day), Some(["0.0025", "0.0025"]));
        assert_eq!(edition.limit(Pollutant::O3, Average::Year, LimitClass::II), None);
    }
}

#[test]
fn figures_need_as_many_values_as_table_4_says() {
    for edition in standards().limit_editions() {
        let letter = edition.data_validity(Practice::Letter);
        let expected = DataValidity {
            hour_min_minutes: 45,
            rolling_8h_min_hours: 6,
            rolling_24h_min_hours: 20,
            day_min_hours: 20,
            mda8_first_window: 8,
            mda8_last_window: 24,
            mda8_min_windows: 14,
            mda8_kept_above: Amount::from_milli(160_000),
            month_min_days: 27,
            february_min_days: 25,
            year_min_days: 324,
        };
        assert_eq!(*letter, expected);
        let platform = edition.data_validity(Practice::NationalPlatform);
        assert_eq!(*platform, DataValidity { rolling_24h_min_hours: 1, ..expected });
    }
}

#[test]
fn every_source_is_used_and_every_document_is_known() {
    let files = INDEX_FILES.iter().chain(&LIMIT_FILES);
    let by_file = standards().index_editions().iter().map(IndexEdition::sources);
    let all = by_file.chain(standards().limit_editions().iter().map(LimitEdition::sources));
    for (text, sources) in files.zip(all) {
        for source in sources {
            let quoted = format!("source\": \"{}\"", source.key);
            let described = ["formula", "aqi"].contains(&source.key);
            assert!(described || text.contains(&quoted), "{} is not cited", source.key);
        }
    }
}

#[test]
fn a_broken_edition_is_refused_with_its_fault() {
    let good = INDEX_FILES[1];
    let cell = r#"{"column": "pm2_5_24h", "iaqi": 100, "concentration": 60"#;
    let cases: [(&str, String, &str); 7] = [
        ("a gap in the grid", good.replacen(cell, &cell.replace("100", "120"), 1), "off the grid"),
        ("unsorted", good.replacen(cell, &cell.replace("60", "30"), 1), "out of order"),
        ("no place", good.replacen("\"表3\"", "null", 1).replace("\"4.2.4\"", "null"), "no place"),
        (
            "unknown source",
            good.replacen("\"source\": \"hourly\"", "\"source\": \"x\"", 1),
            "no source x",
        ),
        ("a colour", good.replacen("#00E400", "#00E401", 1), "class excellent"),
        ("a class border", good.replacen("\"aqi_to\": 50", "\"aqi_to\": 51", 1), "class good"),
        ("an unknown field", good.replacen("\"title\"", "\"titel\"", 1), "unknown field"),
    ];
    for (what, text, fault) in cases {
        assert_ne!(text, good, "{what}: the case changes nothing");
        let text: &'static str = text.leak();
        let got = load::standards(&[INDEX_FILES[0], text], &LIMIT_FILES);
        let got = got.map(|_| ()).expect_err(what);
        assert!(got.contains(fault), "{what}: {got}");
    }
    let gap: &'static str = good.replacen("2026-03-01", "2026-03-02", 1).leak();
    assert!(load::standards(&[INDEX_FILES[0], gap], &LIMIT_FILES).is_err());
    let first_row = r#"{"column": "co_1h", "iaqi": 0, "concentration": 0"#;
    let from_one = format!("{}1", first_row.trim_end_matches('0'));
    let from_one: &'static str = good.replacen(first_row, &from_one, 1).leak();
    let fault = load::standards(&[INDEX_FILES[0], from_one], &LIMIT_FILES).map(|_| ());
    assert!(fault.expect_err("starts at 1").contains("does not start at 0"));
}

#[test]
fn parameters_have_the_decided_defaults_and_read_back() {
    let names = Parameters::default().list();
    let held = names.iter().map(|r| (r.name, r.default.as_str())).collect::<Vec<_>>();
    let expected = [
        ("practice", "letter"),
        ("round_before_index", "half_even"),
        ("missing_2012", "available"),
        ("station_share_day", "three_quarters"),
        ("area_day_order", "stations_first"),
        ("o3_max_1h_min_hours", "20"),
        ("period_from", "unrounded"),
        ("target_compare", "rounded"),
        ("dust_deducts", "hours"),
        ("dust_days", "kept"),
    ];
    assert_eq!(held, expected);
    let text = r#"{"practice":"national_platform","dust_deducts":"days","dust_days":"left_out"}"#;
    let read: Parameters = serde_json::from_str(text).expect("legal");
    let written = serde_json::to_value(read).expect("plain values");
    for row in read.list() {
        let value = &written[row.name];
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert_eq!(row.value, shown, "{}", row.name);
    }
    assert_eq!(written.as_object().map(serde_json::Map::len), Some(expected.len()));
    let plain = serde_json::to_string(&Parameters::default()).expect("plain values");
    assert!(!plain.contains("dust"), "rules from before there was dust keep their digest: {plain}");
    assert_eq!(names[0].alternatives, ["national_platform"]);
    assert!("platform".parse::<Practice>().is_err());
    assert!(serde_json::from_str::<Parameters>(r#"{"practise":"letter"}"#).is_err());
}

#[test]
fn whole_steps_are_tabulated_as_the_line_between_breakpoints_gives_them() {
    for edition in standards().index_editions() {
        for column in edition.columns() {
            let plain = BreakpointColumn { whole: Vec::new(), ..column.clone() };
            let top = column.breakpoints().last().expect("rows").amount.milli();
            for milli in (0..top + 5_000_000).step_by(50_000).chain([-1, 1, 999, 1001, top - 1]) {
                let amount = Amount::from_milli(milli);
                for rounding in [Rounding::Up, Rounding::HalfUp, Rounding::HalfEven] {
                    for practice in [Practice::Letter, Practice::NationalPlatform] {
                        let (fast, slow) = (
                            column.index(amount, rounding, practice),
                            plain.index(amount, rounding, practice),
                        );
                        assert_eq!(fast, slow, "{:?} {milli} {rounding:?}", column.column());
                    }
                }
            }
            assert!(column.whole.len() > 100);
        }
    }
}
