//! Was the probability of meeting a target what it said? Beijing's two years, each foretold from the other.
//!
//! The data are 12 stations and their mean over two years from 1 March. A year is cut at several days, the
//! rest drawn from the other year, and the end is known. Targets are the other year's own figure, better or
//! worse by some percent, as plans are made. The stations share their weather: there are two years, not
//! twenty-six.

use std::collections::BTreeMap;

use lantian::area::Judge;
use lantian::assessment::target::{
    Goal, Outlook, Resampling, Standing, Target, TargetIndicator, Verdict, Written,
};
use lantian::assessment::{DayFigures, DustColumn, JudgedBy};
use lantian::observation::{Dataset, Pollutant};
use lantian::standard::{Entity, Parameters};
use lantian::time::Day;

use super::year::{Air, BEIJING};

/// 1 March is moved to 1 January, so that the two years are calendar years.
const TO_JANUARY: i32 = -59;
const YEARS: [i32; 2] = [2013, 2014];
/// So many days of the year have passed.
const CUTS: [i32; 6] = [60, 120, 180, 240, 300, 340];
/// Targets in percent of the other year's figure.
const LEVELS: [u32; 7] = [80, 90, 95, 100, 105, 110, 120];
const INDICATORS: [TargetIndicator; 5] = [
    TargetIndicator::GoodDayRatio,
    TargetIndicator::DaysHeavy,
    TargetIndicator::Mean(Pollutant::Pm2_5),
    TargetIndicator::Percentile(Pollutant::O3),
    TargetIndicator::CompositeIndex,
];
/// Bins of the probability in percent, both ends included.
const BINS: [(u8, u8); 6] = [(1, 10), (11, 30), (31, 50), (51, 70), (71, 90), (91, 99)];

/// One probability and what happened.
struct Case {
    year: i32,
    cut: i32,
    /// Indicator and level.
    kind: (&'static str, u32),
    verdict: Verdict,
    percent: u8,
    /// Whether the figure at the cut would have met it: the plainest forecast.
    as_now: bool,
    happened: bool,
}

fn target(year: i32, indicator: TargetIndicator, value: &str) -> Target {
    Target {
        year,
        entity: "beijing".to_owned(),
        indicator,
        goal: Goal::Number(Written::parse(value).unwrap()),
        judged_by: JudgedBy::InForce,
        dataset: Dataset::Best,
        dust: DustColumn::Measured,
        document: String::new(),
        district: String::new(),
    }
}

fn of_year(days: &[DayFigures], year: i32) -> Vec<DayFigures> {
    let moved = days.iter().cloned().map(|d| DayFigures { day: d.day.plus(TO_JANUARY), ..d });
    moved.filter(|d| d.day.date().0 == year).collect()
}

fn met(target: &Target, days: &[DayFigures], judge: Judge<'_>) -> Option<bool> {
    let last = Day::of(target.year, 12, 31).unwrap();
    match Standing::of(target, days, last, judge).verdict {
        Verdict::Met => Some(true),
        Verdict::Lost => Some(false),
        _ => None,
    }
}

/// A level of the other year's figure, with the decimals that are published.
fn level(target: &Target, past: &[DayFigures], judge: Judge<'_>, percent: u32) -> Option<String> {
    let other = Target { year: past.first()?.day.date().0, ..target.clone() };
    let standing = Standing::of(&other, past, Day::of(other.year, 12, 31)?, judge);
    let figure = standing.now?.times(percent);
    let value = match target.indicator {
        TargetIndicator::Mean(p) | TargetIndicator::Percentile(p) => {
            figure.show(p.unit().milli_digits() + 2, 1)
        }
        TargetIndicator::GoodDayRatio => figure.show(0, 1),
        TargetIndicator::CompositeIndex => figure.show(2, 2),
        _ => figure.show(2, 0),
    };
    Some(value)
}

fn cases(days: &[DayFigures], judge: Judge<'_>) -> Vec<Case> {
    let how = Resampling { years_least: 1, ..Resampling::DEFAULT };
    let mut cases = Vec::new();
    for (at, year) in YEARS.into_iter().enumerate() {
        let (days, past) = (of_year(days, year), of_year(days, YEARS[1 - at]));
        for (indicator, level_percent) in
            INDICATORS.into_iter().flat_map(|i| LEVELS.map(|percent| (i, percent)))
        {
            let mut target = target(year, indicator, "0");
            let Some(value) = level(&target, &past, judge, level_percent) else { continue };
            target.goal = Goal::Number(Written::parse(&value).unwrap());
            let Some(happened) = met(&target, &days, judge) else { continue };
            for cut in CUTS {
                let until = Day::of(year, 1, 1).unwrap().plus(cut - 1);
                let standing = Standing::of(&target, &days, until, judge);
                let so_far: Vec<DayFigures> =
                    days.iter().filter(|d| d.day <= until).cloned().collect();
                let outlook = Outlook::of(&target, &standing, (&so_far, &past), judge, &how);
                let Ok(percent) = outlook.probability_percent else { continue };
                // The same days as if the year were over.
                let as_now = met(&target, &so_far, judge) == Some(true);
                let verdict = standing.verdict;
                let kind = (indicator.code(), level_percent);
                cases.push(Case { year, cut, kind, verdict, percent, as_now, happened });
            }
        }
    }
    cases
}

/// The mean square of what was said and what happened (Brier).
fn brier(cases: &[&Case], said: impl Fn(&Case) -> f64) -> f64 {
    let square = |case: &Case| (said(case) - f64::from(u8::from(case.happened))).powi(2);
    cases.iter().map(|case| square(case)).sum::<f64>() / cases.len() as f64
}

/// How often it happened.
fn base_rate(cases: &[&Case]) -> f64 {
    cases.iter().filter(|case| case.happened).count() as f64 / cases.len() as f64
}

fn probability(case: &Case) -> f64 {
    f64::from(case.percent) / 100.0
}

fn as_now(case: &Case) -> f64 {
    f64::from(u8::from(case.as_now))
}

/// The scores of the probability, of its constants and of the figure at the cut.
fn print(name: &str, cases: &[&Case]) {
    let base = base_rate(cases);
    // A constant for each indicator and level, which knows how the two years ended.
    let mut kinds: BTreeMap<_, Vec<&Case>> = BTreeMap::new();
    cases.iter().for_each(|case| kinds.entry(case.kind).or_default().push(case));
    let of_kind: BTreeMap<_, f64> = kinds.iter().map(|(kind, c)| (*kind, base_rate(c))).collect();
    println!(
        "{name}: {} open, Brier {:.3}; always {base:.2}: {:.3}; by kind: {:.3}; as now: {:.3}",
        cases.len(),
        brier(cases, probability),
        brier(cases, |_| base),
        brier(cases, |case| of_kind[&case.kind]),
        brier(cases, as_now),
    );
}

#[test]
fn the_probability_of_a_target_on_past_years() {
    let Some(air) = Air::read(BEIJING, 0) else { return };
    let parameters = &Parameters::DEFAULT;
    let mut all = Vec::new();
    let figures = air.figures(parameters);
    for (at, days) in figures.iter().enumerate() {
        let entity = if at + 1 == figures.len() { Entity::Area } else { Entity::Station };
        all.extend(cases(days, Judge { parameters, entity }));
    }
    for case in &all {
        let certain = matches!(case.verdict, Verdict::Met | Verdict::Lost);
        assert!(!certain || case.happened == (case.verdict == Verdict::Met));
    }
    let open: Vec<&Case> = all.iter().filter(|case| case.verdict == Verdict::Open).collect();
    println!("{} cases, {} of them decided at the cut", all.len(), all.len() - open.len());
    println!("said       cases  mean said  happened");
    for (low, high) in BINS {
        let held: Vec<&&Case> =
            open.iter().filter(|case| (low..=high).contains(&case.percent)).collect();
        let n = held.len().max(1) as f64;
        let said = held.iter().map(|case| probability(case)).sum::<f64>() / n;
        let happened = held.iter().filter(|case| case.happened).count() as f64 / n;
        println!("{low:>2} to {high:>2} % {:>6} {said:>10.2} {happened:>9.2}", held.len());
    }
    for cut in CUTS {
        let cases: Vec<&Case> = open.iter().copied().filter(|case| case.cut == cut).collect();
        print(&format!("after {cut} days"), &cases);
    }
    for indicator in INDICATORS.map(TargetIndicator::code) {
        let of = |case: &&Case| case.kind.0 == indicator;
        print(indicator, &open.iter().copied().filter(of).collect::<Vec<_>>());
    }
    for year in YEARS {
        let of = |case: &&Case| case.year == year;
        print(&year.to_string(), &open.iter().copied().filter(of).collect::<Vec<_>>());
    }
    print("all", &open);
    let base = base_rate(&open);
    let score = brier(&open, probability);
    assert!(open.len() > 1000, "{} open cases", open.len());
    assert!(score < brier(&open, |_| base), "no better than always saying how often it happened");
    assert!(score < brier(&open, as_now), "no better than the figure at the cut");
}
