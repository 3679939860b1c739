//! A standing never contradicts any end that its year can have.
//!
//! Random years are cut at a random day and completed in many ways: with clean days, days at the ceiling,
//! days without data and random ones. What each completed year comes to is taken from the assessment, and
//! held against the target as people would: by the digits that are published.

use lantian::area::Judge;
use lantian::assessment::target::{
    Direction, Goal, Standing, Target, TargetIndicator, Verdict, Written,
};
use lantian::assessment::{DayFigures, DustColumn, Exact, JudgedBy, Period};
use lantian::average::{MISSING, Window};
use lantian::observation::{Dataset, POLLUTANTS, Pollutant, Property};
use lantian::standard::{Entity, Parameters, TargetCompare};
use lantian::time::{DAY_H, Day};
use proptest::prelude::*;

use super::laws::cases;
use super::month::Dice;

/// What a day can be.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Missing,
    Clean,
    Ceiling,
    Random,
}

use Kind::{Ceiling, Clean, Missing, Random};

fn day(day: Day, kind: Kind, dice: &mut Dice) -> DayFigures {
    let mut hours: Window = [[MISSING; DAY_H]; Pollutant::COUNT];
    for p in POLLUTANTS {
        let most = match p {
            Pollutant::Co => 5_000_000,
            Pollutant::So2 => 60_000,
            _ => 260_000,
        };
        let amount = match kind {
            Missing => MISSING,
            Clean => 0,
            Ceiling => Property::Pollutant(p).plausible().1,
            // One value in forty is missing: then figures rest on different days.
            Random if dice.chance(2) => MISSING,
            Random => i32::try_from(dice.below(most)).unwrap(),
        };
        hours[p.index()] = [amount; DAY_H];
    }
    DayFigures::of_station(day, &hours, &Parameters::DEFAULT)
}

/// A year up to a day, and what its target is held against.
struct Year {
    first: Day,
    length: u32,
    known: Vec<DayFigures>,
    indicator: TargetIndicator,
    parameters: Parameters,
}

impl Year {
    fn random(dice: &mut Dice) -> Self {
        let year = if dice.chance(50) { 2024 } else { 2025 };
        let first = Day::of(year, 1, 1).unwrap();
        let length = u32::try_from(first.plus(365).number() - first.number()).unwrap()
            + u32::from(year == 2024);
        let indicators = TargetIndicator::ALL;
        let indicator = indicators[usize::try_from(dice.below(15)).unwrap()];
        // Late cuts and empty years are rare among even ones, and matter most.
        let passed = match dice.below(4) {
            0 => length - u32::try_from(dice.below(12)).unwrap(),
            1 => u32::try_from(dice.below(3)).unwrap(),
            _ => u32::try_from(dice.below(u64::from(length) + 1)).unwrap(),
        };
        let missing = [0, 10, 100][usize::try_from(dice.below(3)).unwrap()];
        let kind = |dice: &mut Dice| if dice.chance(missing) { Missing } else { Random };
        let known = (0..passed)
            .map(|n| {
                let kind = kind(dice);
                day(first.plus(n.cast_signed()), kind, dice)
            })
            .collect();
        let compare = if dice.chance(50) { TargetCompare::Rounded } else { TargetCompare::Exact };
        let parameters = Parameters { target_compare: compare, ..Parameters::DEFAULT };
        Self { first, length, known, indicator, parameters }
    }

    fn left(&self) -> u32 {
        self.length - u32::try_from(self.known.len()).unwrap()
    }

    /// The days known and so many of each kind, in this order.
    fn completed(&self, runs: &[(u32, Kind)], dice: &mut Dice) -> Vec<DayFigures> {
        let mut days = self.known.clone();
        for (count, kind) in runs {
            for _ in 0..*count {
                let next = self.first.plus(i32::try_from(days.len()).unwrap());
                days.push(day(next, *kind, dice));
            }
        }
        days
    }

    fn figure(&self, days: &[DayFigures]) -> Option<Exact> {
        let last = self.first.plus(self.length.cast_signed() - 1);
        let p = Period::over((self.first, last), days, &self.parameters, Entity::Station);
        match self.indicator {
            TargetIndicator::GoodDayRatio => p.good_day_ratio,
            TargetIndicator::DaysGood => Some(Exact::count(p.days_good)),
            TargetIndicator::DaysHeavy => (p.days_valid > 0).then(|| Exact::count(p.days_heavy)),
            TargetIndicator::HeavyDayRatio => Exact::ratio(p.days_heavy, p.days_valid),
            TargetIndicator::Mean(of) => p.mean[of.index()].clone(),
            TargetIndicator::Percentile(of) => p.percentile[of.index()].clone(),
            TargetIndicator::CompositeIndex => p.composite_index,
        }
    }

    /// A target near what some completion of the year comes to.
    fn target(&self, dice: &mut Dice) -> Target {
        let some = u32::try_from(dice.below(u64::from(self.left()) + 1)).unwrap();
        let runs = [(some, Random), (self.left() - some, Clean)];
        let mut target = target(self.first.date().0, self.indicator, "0");
        let text = self.figure(&self.completed(&runs, dice)).map(|f| target.shown(&f));
        let moved = [text.as_deref().unwrap_or("1"), "0", "50"];
        let text = moved[usize::try_from(dice.below(6).saturating_sub(3)).unwrap()];
        // One digit more than is published, now and then.
        let point = if text.contains('.') { "" } else { "." };
        let finer = format!("{text}{point}{}", dice.below(10));
        let text = if dice.chance(30) { &finer } else { text };
        target.goal = Goal::Number(Written::parse(text).unwrap());
        target
    }

    fn standing(&self, target: &Target, days: &[DayFigures]) -> Standing {
        let until = self.first.plus(i32::try_from(days.len()).unwrap() - 1);
        let judge = Judge { parameters: &self.parameters, entity: Entity::Station };
        Standing::of(target, days, until, judge)
    }

    /// Whether a completed year meets the target; not where it has no figure.
    fn meets(&self, target: &Target, days: &[DayFigures]) -> bool {
        let Some(figure) = self.figure(days) else { return false };
        let Goal::Number(value) = target.goal else { panic!("a number") };
        let figure = match self.parameters.target_compare {
            TargetCompare::Rounded => target.shown(&figure),
            TargetCompare::Exact => {
                let percent = target.value_text().ends_with('%');
                let scale = match target.indicator {
                    TargetIndicator::Mean(p) | TargetIndicator::Percentile(p) => {
                        p.unit().milli_digits()
                    }
                    _ => 0,
                };
                figure.times(if percent { 100 } else { 1 }).show(scale, 12)
            }
        };
        let (figure, value) = (digits(&figure), digits(&value.to_string()));
        match target.indicator.direction() {
            Direction::AtLeast => figure >= value,
            Direction::AtMost => figure <= value,
        }
    }
}

/// A decimal text in units of 10⁻¹².
fn digits(text: &str) -> i128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<12}").parse().unwrap()
}

fn target(year: i32, indicator: TargetIndicator, value: &str) -> Target {
    Target {
        year,
        entity: "dalian".to_owned(),
        indicator,
        goal: Goal::Number(Written::parse(value).unwrap()),
        judged_by: JudgedBy::InForce,
        dataset: Dataset::Best,
        dust: DustColumn::Measured,
        document: String::new(),
        district: String::new(),
    }
}

/// Ways in which the remaining days may go.
fn endings(left: u32, dice: &mut Dice) -> Vec<Vec<(u32, Kind)>> {
    let whole = [Missing, Clean, Ceiling, Random].map(|kind| vec![(left, kind)]);
    let mut all = whole.to_vec();
    for _ in 0..12 {
        let mut rest = left;
        let mut runs = Vec::new();
        for kind in [Ceiling, Missing, Clean] {
            let count = u32::try_from(dice.below(u64::from(rest) + 1)).unwrap();
            runs.push((count, kind));
            rest -= count;
        }
        runs.push((rest, if dice.chance(50) { Random } else { Clean }));
        all.push(runs);
    }
    all
}

/// No end of the year is one that the verdict rules out.
fn check_verdict(year: &Year, target: &Target, standing: &Standing, dice: &mut Dice) {
    for runs in endings(year.left(), dice) {
        let days = year.completed(&runs, dice);
        let met = year.meets(target, &days);
        let told = (standing.verdict, standing.decided_on, &runs);
        match standing.verdict {
            Verdict::Met => assert!(met, "{target:?} {told:?}"),
            Verdict::Lost | Verdict::NoFigure => assert!(!met, "{target:?} {told:?}"),
            Verdict::Open => {}
            Verdict::NoNumber => panic!("a number"),
        }
        let end = year.standing(target, &days).verdict;
        let expected = if met { Verdict::Met } else { Verdict::Lost };
        let is_silent = end == Verdict::NoFigure && year.figure(&days).is_none();
        assert!(end == expected || is_silent, "{target:?} {end:?} {told:?}");
    }
}

/// Decided on the first day on which it is, and no day earlier.
fn check_dates(year: &Year, target: &Target, standing: &Standing, dice: &mut Dice) {
    let passed = |day: Day| usize::try_from(day.number() + 1 - year.first.number()).unwrap();
    if let Some(day) = standing.decided_on {
        let at = |days: usize| year.standing(target, &year.known[..days]).verdict;
        assert_eq!(at(passed(day)), standing.verdict);
        assert!(passed(day) == 0 || at(passed(day) - 1) == Verdict::Open, "{target:?} {day}");
    }
    let ways = [
        (standing.earliest_met_on, Clean, Verdict::Met),
        (standing.earliest_lost_on, Ceiling, Verdict::Lost),
    ];
    for (day, kind, verdict) in ways {
        let days = year.completed(&[(year.left(), kind)], dice);
        let at = |count: usize| year.standing(target, &days[..count]).verdict;
        match day {
            Some(day) => {
                assert_eq!(at(passed(day)), verdict, "{target:?} {day}");
                assert_ne!(at(passed(day) - 1), verdict, "{target:?} {day}");
            }
            None if standing.verdict == Verdict::Open => {
                assert_ne!(at(days.len()), verdict, "{target:?}");
            }
            None => {}
        }
    }
}

/// Of the bad days that the rest may have, one more is too many: by every mix with good days.
fn check_afford(year: &Year, target: &Target, standing: &Standing) {
    let (known, left) = (&year.known, year.left());
    let p = Period::over(
        (year.first, year.first.plus(year.length.cast_signed() - 1)),
        known,
        &year.parameters,
        Entity::Station,
    );
    let mut dice = Dice(0);
    let clean = day(year.first, Clean, &mut dice);
    let ceiling = day(year.first, Ceiling, &mut dice);
    let meets = |good: u32, bad: u32| {
        let more = [(&clean, good), (&ceiling, bad)].into_iter();
        let more = more.flat_map(|(day, n)| std::iter::repeat_n(day.clone(), n as usize));
        let days: Vec<DayFigures> = known.iter().cloned().chain(more).collect();
        year.meets(target, &days)
    };
    // All mixes where they are few, else those around the answer.
    let near = standing.days_can_afford.unwrap_or(0);
    let bad_days = (0..=left).filter(|bad| left <= 12 || bad.abs_diff(near) <= 1);
    let most = bad_days
        .filter(|bad| {
            let few = if left <= 12 { 0 } else { left - bad };
            (few..=left - bad).any(|good| meets(good, *bad))
        })
        .max();
    assert_eq!(standing.days_can_afford, most, "{target:?} {} of {}", p.days_good, p.days_valid);
}

/// With the mean that is shown the target is met; with one step more it is not.
fn check_rest(year: &Year, target: &Target, standing: &Standing) {
    let Some(shown) = &standing.rest_mean_max_shown else { return };
    let TargetIndicator::Mean(p) = target.indicator else { panic!("only of means") };
    let decimals = shown.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let step = 10_i128.pow(12 - u32::try_from(decimals).unwrap());
    let most = Property::Pollutant(p).plausible().1;
    for (more, expected) in [(0, true), (step, false)] {
        let amount = (digits(shown) + more) / 10_i128.pow(9);
        // Early in a clean year the rest may be worse than values can be.
        let Ok(amount) = i32::try_from(amount) else { continue };
        if amount > most || (digits(shown) + more) % 10_i128.pow(9) != 0 {
            continue;
        }
        let mut days = year.known.clone();
        for _ in 0..year.left() {
            let next = year.first.plus(i32::try_from(days.len()).unwrap());
            days.push(DayFigures::of_station(
                next,
                &[[amount; DAY_H]; Pollutant::COUNT],
                &year.parameters,
            ));
        }
        assert_eq!(year.meets(target, &days), expected, "{target:?} {shown}");
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn a_standing_contradicts_no_end_of_its_year(seed: u64) {
        let mut dice = Dice(seed);
        let year = Year::random(&mut dice);
        let target = year.target(&mut dice);
        let standing = year.standing(&target, &year.known);
        prop_assert_eq!(standing.days_left, year.left());
        prop_assert_eq!(&standing.now, &year.figure(&year.known));
        check_verdict(&year, &target, &standing, &mut dice);
        check_dates(&year, &target, &standing, &mut dice);
        match target.indicator {
            TargetIndicator::GoodDayRatio
            | TargetIndicator::DaysGood
            | TargetIndicator::DaysHeavy
            | TargetIndicator::HeavyDayRatio => check_afford(&year, &target, &standing),
            _ => prop_assert_eq!(standing.days_can_afford, None),
        }
        check_rest(&year, &target, &standing);
    }
}
