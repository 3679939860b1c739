//! Targets by their clauses: ties, leap years, years without data, days on which something is decided.

use super::TargetIndicator::{CompositeIndex, DaysGood, DaysHeavy, GoodDayRatio, Mean, Percentile};
use super::*;
use crate::area::Judge;
use crate::assessment::dust::{DustEntries, OfficialFigure};
use crate::assessment::{DayFigures, Period, Seasons, Span};
use crate::average::{MISSING, Window};
use crate::observation::POLLUTANTS;
use crate::standard::{Entity, Parameters};
use crate::time::{DAY_H, Day};

const ROUNDED: Parameters = Parameters::DEFAULT;
const EXACT: Parameters = Parameters { target_compare: TargetCompare::Exact, ..ROUNDED };
/// By the edition of 2012: AQI 100, 101, and above 200.
const GOOD: Option<i32> = Some(75);
const BAD: Option<i32> = Some(76);
const HEAVY: Option<i32> = Some(151);

fn judge(parameters: &Parameters) -> Judge<'_> {
    Judge { parameters, entity: Entity::Station }
}

fn target(year: i32, indicator: TargetIndicator, value: &str) -> Target {
    Target {
        year,
        entity: "dalian".to_owned(),
        indicator,
        goal: Goal::Number(Written::parse(value).expect("digits")),
        judged_by: JudgedBy::InForce,
        dataset: Dataset::Best,
        dust: DustColumn::Measured,
        document: "计划".to_owned(),
        district: String::new(),
    }
}

/// A day with so much PM2.5 in every hour and a little of all others; nothing at all for `None`.
fn day(day: Day, pm2_5: Option<i32>) -> DayFigures {
    let mut hours: Window = [[MISSING; DAY_H]; Pollutant::COUNT];
    if let Some(pm2_5) = pm2_5 {
        for p in POLLUTANTS {
            let amount = if p == Pollutant::Pm2_5 { pm2_5 * 1000 } else { 10_000 };
            hours[p.index()] = [amount; DAY_H];
        }
    }
    DayFigures::of_station(day, &hours, &ROUNDED)
}

fn first(year: i32) -> Day {
    Day::of(year, 1, 1).expect("a day")
}

/// Days from 1 January on: so many of each.
fn days(year: i32, runs: &[(usize, Option<i32>)]) -> Vec<DayFigures> {
    let all = runs.iter().flat_map(|(n, pm2_5)| std::iter::repeat_n(*pm2_5, *n));
    (0..).zip(all).map(|(n, pm2_5)| day(first(year).plus(n), pm2_5)).collect()
}

/// The standing after the last of these days.
fn standing(target: &Target, runs: &[(usize, Option<i32>)], parameters: &Parameters) -> Standing {
    let days = days(target.year, runs);
    let until = days.last().map_or(first(target.year).plus(-1), |d| d.day);
    Standing::of(target, &days, until, judge(parameters))
}

fn on(year: i32, month: u8, day: u8) -> Option<Day> {
    Day::of(year, month, day)
}

#[test]
fn a_number_keeps_the_decimals_of_the_plan() {
    for text in ["88.9", "29.80", "0", "5", "0.125", "100.000"] {
        assert_eq!(Written::parse(text).expect("digits").to_string(), text);
    }
    for text in ["", ".5", "5.", "-1", "1e2", "88,9", "1.2345", "1.2.3", "1234567", " 1", "+1"] {
        assert!(Written::parse(text).is_err(), "{text:?}");
    }
    let most = |text: &str| Written::parse(text).expect("digits").is_above(100);
    assert!(!most("100.0") && most("100.1"));
}

#[test]
fn a_figure_is_compared_as_it_is_published_or_exactly() {
    let holds = |indicator, value: &str, compare, num: i128, den: i64| {
        let bar = target(2025, indicator, value).bar(compare).expect("a number");
        assert_eq!(
            bar.holds(&Quotient { num, den }.into()),
            bar.holds_quotient(Quotient { num, den })
        );
        bar.holds_quotient(Quotient { num, den })
    };
    let ratio = |value, num| {
        [TargetCompare::Rounded, TargetCompare::Exact]
            .map(|compare| holds(GoodDayRatio, value, compare, num, 100_000))
    };
    assert_eq!(ratio("88.9", 88_900), [true, true], "exactly at the target");
    assert_eq!(ratio("88.9", 88_899), [true, false]);
    assert_eq!(ratio("88.9", 88_851), [true, false]);
    assert_eq!(ratio("88.9", 88_850), [false, false], "88.85 is published as 88.8");
    assert_eq!(ratio("88.8", 88_750), [true, false], "88.75 is published as 88.8");
    assert_eq!(ratio("85", 84_900), [false, false], "a ratio is published with one decimal");
    assert_eq!(ratio("85", 84_960), [true, false]);
    assert_eq!(ratio("100", 99_949), [false, false]);
    let mean = |value, num| {
        [TargetCompare::Rounded, TargetCompare::Exact]
            .map(|compare| holds(Mean(Pollutant::Pm2_5), value, compare, num, 1))
    };
    assert_eq!(mean("29.8", 29_800), [true, true]);
    assert_eq!(mean("29.8", 29_850), [true, false], "29.85 is published as 29.8");
    assert_eq!(mean("29.8", 29_851), [false, false]);
    assert_eq!(mean("29.7", 29_750), [false, false], "29.75 is published as 29.8");
    assert_eq!(mean("30", 30_500), [true, false], "30.5 is published as 30");
    assert_eq!(mean("30.0", 30_100), [false, false], "the plan has one decimal");
    let co = |num| holds(Percentile(Pollutant::Co), "1.2", TargetCompare::Rounded, num, 1);
    assert_eq!([co(1_250_000), co(1_250_001)], [true, false], "CO in mg/m³");
    let shown = |year| target(year, CompositeIndex, "4").shown(&Quotient { num: 7, den: 2 }.into());
    assert_eq!([shown(2025), shown(2026)], ["3.50", "3.500"], "by the edition of the year's end");
    let count = |num| holds(DaysHeavy, "3", TargetCompare::Rounded, num, 1);
    assert_eq!([count(3), count(4)], [true, false]);
}

#[test]
fn before_the_year_everything_is_open() {
    let target = target(2025, GoodDayRatio, "88.9");
    for parameters in [ROUNDED, EXACT] {
        let s = standing(&target, &[], &parameters);
        assert_eq!((s.days_total, s.days_left, s.now.clone()), (0, 365, None));
        // 325 of 365 are 89.0 %, 324 are 88.8 %.
        assert_eq!((s.verdict, s.days_can_afford), (Verdict::Open, Some(40)));
        assert_eq!(s.earliest_lost_on, on(2025, 2, 10), "the 41st day");
        assert_eq!(s.earliest_met_on, on(2025, 11, 21), "the 325th day");
        assert_eq!(s.decided_on, None);
    }
}

#[test]
fn a_leap_year_has_a_day_more() {
    // 317 of 365 are 86.849 %, published as 86.8; of 366 they are 86.612 %.
    let of = |year| standing(&target(year, GoodDayRatio, "86.8"), &[], &ROUNDED);
    assert_eq!((of(2024).days_left, of(2025).days_left), (366, 365));
    assert_eq!((of(2024).days_can_afford, of(2025).days_can_afford), (Some(48), Some(48)));
    assert_eq!(of(2024).earliest_met_on, on(2024, 11, 13), "the 318th day");
    assert_eq!(of(2025).earliest_met_on, on(2025, 11, 13), "the 317th day");
}

#[test]
fn with_every_day_good_the_year_is_met_before_it_ends() {
    let target = target(2025, GoodDayRatio, "88.9");
    let s = standing(&target, &[(324, GOOD)], &ROUNDED);
    assert_eq!((s.verdict, s.days_can_afford), (Verdict::Open, Some(40)));
    assert_eq!(s.earliest_met_on, on(2025, 11, 21));
    assert_eq!(s.now, Exact::ratio(1, 1));
    let s = standing(&target, &[(330, GOOD)], &ROUNDED);
    assert_eq!((s.verdict, s.decided_on), (Verdict::Met, on(2025, 11, 21)));
    assert_eq!((s.days_can_afford, s.earliest_lost_on), (Some(35), None));
}

#[test]
fn the_day_too_many_loses_it() {
    let target = target(2025, GoodDayRatio, "88.9");
    let s = standing(&target, &[(40, BAD)], &ROUNDED);
    assert_eq!((s.verdict, s.days_can_afford), (Verdict::Open, Some(0)));
    assert_eq!(s.earliest_lost_on, on(2025, 2, 10));
    let s = standing(&target, &[(40, BAD), (100, GOOD), (1, BAD), (9, GOOD)], &ROUNDED);
    assert_eq!((s.verdict, s.decided_on), (Verdict::Lost, on(2025, 5, 21)));
    assert_eq!((s.days_can_afford, s.earliest_met_on), (None, None));
}

/// A day that is not valid can lose a target that a good day would have saved.
#[test]
fn days_without_an_aqi_leave_the_denominator() {
    let target = target(2025, GoodDayRatio, "88.9");
    let year = |rest| standing(&target, &[(321, GOOD), (40, BAD), (4, rest)], &ROUNDED);
    assert_eq!((year(GOOD).verdict, year(GOOD).denominator), (Verdict::Met, 365));
    let s = year(None);
    assert_eq!((s.verdict, s.denominator, s.counted), (Verdict::Met, 361, Some(321)));
    assert_eq!(target.shown(s.now.as_ref().expect("a figure")), "88.9");
    let s = standing(&target, &[(320, GOOD), (40, BAD), (5, None)], &ROUNDED);
    assert_eq!(s.verdict, Verdict::Met, "320 of 360 are 88.889 %");
    let s = standing(&target, &[(310, GOOD), (40, BAD), (15, None)], &ROUNDED);
    assert_eq!((s.verdict, s.decided_on), (Verdict::Lost, on(2025, 12, 23)), "7 days are too many");
    // With 9 good days more 319 of 359 are 88.86 %; with 8 after another day without, 318 of 358 are 88.83 %.
    let s = standing(&target, &[(310, GOOD), (40, BAD), (6, None)], &ROUNDED);
    assert_eq!((s.verdict, s.days_left), (Verdict::Open, 9));
}

#[test]
fn a_year_without_a_valid_day_is_neither_met_nor_lost() {
    let others = |indicator: &TargetIndicator| *indicator != DaysGood;
    for indicator in TargetIndicator::ALL.into_iter().filter(others) {
        let target = target(2025, indicator, "50");
        let s = standing(&target, &[(364, None)], &ROUNDED);
        assert_eq!((s.now.clone(), s.denominator), (None, 0), "{indicator}");
        assert_eq!((s.verdict, s.decided_on), (Verdict::Open, None), "{indicator}");
        let s = standing(&target, &[(365, None)], &ROUNDED);
        assert_eq!((s.verdict, s.days_can_afford), (Verdict::NoFigure, None), "{indicator}");
        assert_eq!(s.verdict.reason(), Some("no_valid_day"));
    }
    let s = standing(&target(2025, DaysGood, "50"), &[(365, None)], &ROUNDED);
    assert_eq!((s.verdict, s.decided_on), (Verdict::Lost, on(2025, 11, 12)), "none were good");
}

#[test]
fn the_rest_of_the_year_must_keep_a_mean() {
    let target = target(2025, Mean(Pollutant::Pm2_5), "29.8");
    // 29.85 × 365 - 300 × 28 = 2495.25, over 65 days 38.388.
    let s = standing(&target, &[(300, Some(28))], &ROUNDED);
    assert_eq!((s.verdict, s.rest_mean_max_shown.as_deref()), (Verdict::Open, Some("38.3")));
    assert_eq!(s.rest_mean_max.expect("a mean").show(3, 4), "38.3885");
    let s = standing(&target, &[(300, Some(28))], &EXACT);
    assert_eq!(s.rest_mean_max_shown.as_deref(), Some("38.1"), "29.8 itself is the border");
    // 300 × 36.317 is all that 29.85 allows a year.
    let s = standing(&target, &[(300, Some(36))], &ROUNDED);
    assert_eq!((s.verdict, s.rest_mean_max_shown.as_deref()), (Verdict::Open, Some("1.4")));
    let s = standing(&target, &[(300, Some(37))], &ROUNDED);
    assert_eq!((s.verdict, s.rest_mean_max), (Verdict::Lost, None), "a mean below 0");
    assert_eq!(s.decided_on, on(2025, 10, 22), "37 × 294 is below 29.85 × 365, 37 × 295 above");
    let s = standing(&target, &[(364, Some(1))], &ROUNDED);
    assert_eq!((s.verdict, s.decided_on), (Verdict::Met, on(2025, 12, 30)));
}

/// Where the border itself is missed, what is shown must lie below it.
#[test]
fn the_mean_that_is_shown_meets_the_target() {
    let target = target(2025, Mean(Pollutant::Pm2_5), "29.7");
    let s = standing(&target, &[(364, Some(30))], &ROUNDED);
    // 29.75 × 365 - 364 × 30 is below 0.
    assert_eq!((s.verdict, s.rest_mean_max_shown), (Verdict::Lost, None));
    let s = standing(&target, &[(292, Some(28))], &ROUNDED);
    // 29.75 × 365 - 292 × 28 = 2682.75, over 73 days exactly 36.75.
    assert_eq!(s.rest_mean_max_shown.as_deref(), Some("36.7"));
    let whole = Target { goal: Goal::Number(Written { digits: 31, decimals: 0 }), ..target };
    let s = standing(&whole, &[(292, Some(32))], &ROUNDED);
    // 31.5 × 365 - 292 × 32 = 2153.5, over 73 days exactly 29.5: shown as whole, 29.
    assert_eq!(s.rest_mean_max_shown.as_deref(), Some("29"));
}

#[test]
fn heavy_days_are_counted() {
    let target = target(2025, DaysHeavy, "3");
    let s = standing(&target, &[(100, GOOD), (2, HEAVY), (10, BAD)], &ROUNDED);
    assert_eq!((s.verdict, s.counted, s.days_can_afford), (Verdict::Open, Some(2), Some(1)));
    assert_eq!(s.earliest_lost_on, on(2025, 4, 24));
    assert_eq!(s.earliest_met_on, on(2025, 12, 30), "the last day can bring one");
    let s = standing(&target, &[(100, GOOD), (4, HEAVY)], &ROUNDED);
    assert_eq!((s.verdict, s.decided_on), (Verdict::Lost, on(2025, 4, 14)));
    let none = Target { goal: Goal::Words("基本消除".to_owned()), ..target };
    let s = standing(&none, &[(100, GOOD), (4, HEAVY)], &ROUNDED);
    assert_eq!((s.verdict, s.counted, s.days_can_afford), (Verdict::NoNumber, Some(4), None));
    assert_eq!(s.now, Some(Exact::count(4)));
}

#[test]
fn only_days_of_its_own_year_count() {
    let target = target(2025, GoodDayRatio, "88.9");
    let mut all = days(2024, &[(366, BAD)]);
    all.extend(days(2025, &[(10, GOOD), (10, BAD)]));
    let s = Standing::of(&target, &all, first(2025).plus(9), judge(&ROUNDED));
    assert_eq!((s.counted, s.denominator), (Some(10), 10), "later ones neither");
    let late = Standing::of(&target, &all, first(2027), judge(&ROUNDED));
    assert_eq!((late.until, late.days_left), (first(2025).plus(364), 0));
}

#[test]
fn a_year_without_rows_has_none() {
    let targets = Targets { rows: vec![target(2025, GoodDayRatio, "88.9")] };
    let area = AreaId::new("dalian").expect("a code");
    assert_eq!(targets.of_area(&area, 2025).map(|rows| rows.len()), Ok(1));
    let none = targets.of_area(&area, 2026).expect_err("none");
    assert_eq!((none.year, none.zh()), (2026, "未录入本年度目标"));
    let other = AreaId::new("dalian2").expect("a code");
    assert!(targets.of_area(&other, 2025).is_err() && targets.of_entity("dalian/x", 2025).is_err());
}

/// Four kinds of days in turn, so that every figure is neither 0 nor the same on all days.
fn mixed(year: i32, length: usize) -> Vec<DayFigures> {
    let kinds = [Some(20), Some(90), None, Some(160), Some(55)];
    let runs: Vec<_> = (0..length)
        .map(|n| (1, kinds[n % 5].map(|v| v + i32::try_from(n % 7).expect("small"))))
        .collect();
    days(year, &runs)
}

#[test]
fn a_standing_says_what_a_period_says() {
    let held = mixed(2025, 200);
    let until = first(2025).plus(199);
    let period = Period::over((first(2025), until), &held, &ROUNDED, Entity::Station);
    for (indicator, figure) in [
        (GoodDayRatio, &period.good_day_ratio),
        (Mean(Pollutant::Pm2_5), &period.mean[0]),
        (Percentile(Pollutant::O3), &period.percentile[5]),
        (CompositeIndex, &period.composite_index),
    ] {
        let target = target(2025, indicator, "50");
        let s = Standing::of(&target, &held, until, judge(&ROUNDED));
        assert_eq!(&s.now, figure, "{indicator}");
        assert_eq!(s.denominator, 160, "{indicator}");
    }
}

/// How a year ends, by a few past years.
fn outlook(
    target: &Target,
    (runs, past): (&[(usize, Option<i32>)], &[DayFigures]),
    how: &Resampling,
) -> Outlook {
    let held = days(target.year, runs);
    let until = held.last().map_or(first(target.year).plus(-1), |d| d.day);
    let standing = Standing::of(target, &held, until, judge(&ROUNDED));
    Outlook::of(target, &standing, (&held, past), judge(&ROUNDED), how)
}

#[test]
fn the_end_of_a_whole_year_is_its_figure() {
    let held = mixed(2025, 365);
    for indicator in TargetIndicator::ALL {
        let target = target(2025, indicator, "50");
        let until = first(2025).plus(364);
        let standing = Standing::of(&target, &held, until, judge(&ROUNDED));
        let outlook =
            Outlook::of(&target, &standing, (&held, &[]), judge(&ROUNDED), &Resampling::DEFAULT);
        let ends = outlook.ends.expect("a figure");
        let now = standing.now.as_ref().expect("a figure");
        assert_eq!(target.shown(&ends.typical), target.shown(now), "{indicator}");
        assert_eq!((&ends.best, &ends.worst), (&ends.typical, &ends.typical), "{indicator}");
        let met = if standing.verdict == Verdict::Met { 100 } else { 0 };
        assert_eq!(outlook.probability_percent, Ok(met), "{indicator}");
    }
}

#[test]
fn the_outlook_follows_the_past_years() {
    let target = target(2025, GoodDayRatio, "88.9");
    let past: Vec<DayFigures> = [
        days(2022, &[(365, GOOD)]),
        days(2023, &[(365, GOOD)]),
        days(2024, &[(100, GOOD), (266, BAD)]),
    ]
    .concat();
    let end = |runs: &[_]| outlook(&target, (runs, &past), &Resampling::DEFAULT);
    let summer = end(&[(200, GOOD)]);
    assert_eq!(summer.years, [2022, 2023, 2024]);
    // Two years of three end at 100 %, the third at 200 of 365.
    assert_eq!(summer.probability_percent, Ok(67));
    let ends = summer.ends.expect("numbers");
    let shown = [&ends.best, &ends.typical, &ends.worst].map(|end| target.shown(end));
    assert_eq!(shown, ["100.0", "100.0", "54.8"]);
    assert_eq!(end(&[(330, GOOD)]).probability_percent, Ok(100), "met for certain");
    assert_eq!(end(&[(60, BAD)]).probability_percent, Ok(0), "lost for certain");
    let few = outlook(&target, (&[(200, GOOD)], &past[365..]), &Resampling::DEFAULT);
    let reason = NoOutlook::TooFewYears { found: 2, least: 3 };
    assert_eq!((few.ends, few.probability_percent), (Err(reason), Err(reason)));
    let sure = outlook(
        &target,
        (&[(200, GOOD)], &past[..730]),
        &Resampling { years_least: 2, ..Resampling::DEFAULT },
    );
    assert_eq!(sure.probability_percent, Ok(99), "never certain before it is");
}

#[test]
fn a_past_year_with_gaps_is_not_drawn_from() {
    let target = target(2025, Mean(Pollutant::Pm2_5), "29.8");
    let how = Resampling { years_least: 1, ..Resampling::DEFAULT };
    let past =
        [days(2023, &[(365, Some(30))]), days(2024, &[(300, Some(30)), (66, None)])].concat();
    let autumn = outlook(&target, (&[(250, Some(29))], &past), &how);
    assert_eq!(autumn.years, [2023], "2024 has 50 valid days of the last 115");
    let ends = autumn.ends.expect("numbers");
    // (250 × 29 + 115 × 30) ÷ 365 = 29.315
    assert_eq!(target.shown(&ends.typical), "29.3");
    assert_eq!(ends.best, ends.worst);
}

#[test]
fn the_same_seed_gives_the_same_numbers() {
    let target = target(2028, GoodDayRatio, "55.0");
    let past = [mixed(2023, 365), mixed(2024, 366), mixed(2026, 365)].concat();
    let how = |seed| Resampling { seed, ..Resampling::DEFAULT };
    let end = |seed| outlook(&target, (&[(58, GOOD)], &past), &how(seed));
    assert_eq!(end(7), end(7));
    assert_eq!(end(7).years, [2023, 2024, 2026], "29 February 2028 has its day before");
    assert_ne!(end(7).probability_percent, Ok(100));
}

#[test]
fn a_row_reads_as_a_bureau_writes() {
    let past = [days(2022, &[(365, GOOD)]), days(2023, &[(365, GOOD)]), days(2024, &[(366, BAD)])];
    let row = |target: &Target, runs: &[(usize, Option<i32>)]| {
        let held = days(2025, runs);
        let until = held.last().map_or(first(2025).plus(-1), |d| d.day);
        let standing = Standing::of(target, &held, until, judge(&ROUNDED));
        let all = past.concat();
        let how = Resampling::DEFAULT;
        let outlook = Outlook::of(target, &standing, (&held, &all), judge(&ROUNDED), &how);
        TargetRow::new(target, &standing, &outlook)
    };
    let ratio = target(2025, GoodDayRatio, "88.9");
    let autumn = row(&ratio, &[(27, BAD), (277, GOOD)]);
    assert_eq!(
        autumn.sentence_zh,
        "优良天数比率目标88.9%：截至10月31日为91.1%（277/304），全年还可有13个非优良天，\
         按往年同期测算完成可能性约67%"
    );
    let said = |runs: &[_]| row(&ratio, runs).sentence_zh;
    assert_eq!(
        said(&[(330, GOOD), (4, None)]),
        "优良天数比率目标88.9%：截至11月30日为100.0%（330/330），数据有效率98.8%，自11月21日起已确定完成"
    );
    assert_eq!(
        said(&[(41, BAD)]),
        "优良天数比率目标88.9%：截至2月10日为0.0%（0/41），自2月10日起已确定无法完成"
    );
    assert_eq!(said(&[(365, GOOD)]), "优良天数比率目标88.9%：全年为100.0%（365/365），完成目标");
    assert_eq!(said(&[(365, None)]), "优良天数比率目标88.9%：全年无有效日，无法判定");
    let mean = Target {
        district: "金普新区".to_owned(),
        ..target(2025, Mean(Pollutant::Pm2_5), "29.8")
    };
    assert_eq!(
        row(&mean, &[(304, Some(27))]).sentence_zh,
        "金普新区PM2.5平均浓度目标29.8微克/立方米：截至10月31日为27.0微克/立方米（有效304天），\
         后61天均值须≤44.0微克/立方米，按往年同期测算完成可能性约1%"
    );
    let words =
        Target { goal: Goal::Words("基本消除".to_owned()), ..target(2025, DaysHeavy, "0") };
    let words = row(&words, &[(303, GOOD), (1, HEAVY)]);
    assert_eq!(
        words.sentence_zh,
        "重度及以上污染天数目标基本消除：截至10月31日为1天（有效304天），文件未给出数值，不作判定"
    );
    assert_eq!((words.met, words.met_reason), (None, Some("no_number_in_document")));
    let json = serde_json::to_string(&autumn).expect("plain values");
    for field in [
        r#""value":0.889,"value_text":"88.9%","comparison":"at_least""#,
        r#""now":0.911184,"now_text":"91.1%","denominator":304,"coverage":1.000000"#,
        r#""met":"open","met_reason":null,"days_can_afford":13,"rest_mean_max":null"#,
        r#""best":0.926,"typical":0.923,"worst":0.759"#,
        r#""probability":0.67,"probability_reason":null"#,
    ] {
        assert!(json.contains(field), "{field} in {json}");
    }
}

#[test]
fn an_official_figure_is_shown_and_decides_only_a_whole_year() {
    let entered = |span: &str, value: &str| OfficialFigure {
        entity: "dalian".to_owned(),
        span: Span::parse(span, &Seasons::DEFAULT).expect("a span"),
        figure: GoodDayRatio,
        value: Written::parse(value).expect("digits"),
        document: "通报".to_owned(),
    };
    let of = |official: Vec<OfficialFigure>, goal: Goal, until: Option<Day>| {
        let target = Target { goal, dust: DustColumn::Official, ..target(2025, GoodDayRatio, "0") };
        let entries = DustEntries { entries: Vec::new(), official };
        TargetRow::official(&target, &entries, until.expect("a day"))
    };
    let goal = || Goal::Number(Written::parse("88.9").expect("digits"));
    let none = of(Vec::new(), goal(), on(2025, 10, 31));
    assert_eq!((none.met, none.met_reason), (None, Some("official_not_entered")));
    assert_eq!((none.days_left, none.until.as_str()), (61, "2025-10-31"));
    assert_eq!(none.sentence_zh, "优良天数比率目标88.9%：官方值未录入");
    let so_far = of(vec![entered("ytd:2025-09-30", "90.1")], goal(), on(2025, 10, 31));
    assert_eq!((so_far.met, so_far.met_reason), (None, Some("official_to_date")));
    assert_eq!(so_far.now.map(|now| now.to_string()).as_deref(), Some("0.901"));
    assert_eq!(so_far.official_until.as_deref(), Some("2025-09-30"));
    let told = "优良天数比率目标88.9%：官方值截至9月30日为90.1%（通报）";
    assert_eq!(so_far.sentence_zh, told);
    for (value, met) in [("88.9", "met"), ("88.90", "met"), ("88.8", "lost"), ("100", "met")] {
        let row = of(vec![entered("2025", value)], goal(), on(2026, 3, 1));
        assert_eq!((row.met, row.met_reason), (Some(met), None), "{value}");
        let end = if met == "met" { "，完成目标" } else { "，未完成目标" };
        assert!(row.sentence_zh.ends_with(end), "{}", row.sentence_zh);
    }
    let words = of(vec![entered("2025", "90")], Goal::Words("改善".to_owned()), on(2026, 3, 1));
    assert_eq!((words.met, words.met_reason), (None, Some("no_number_in_document")));
}
