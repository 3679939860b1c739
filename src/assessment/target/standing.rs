//! Where a year stands against a target: what it can still afford, and whether and since when it is decided.
//!
//! In: a [`Target`], the days from 1 January to the last finished one, judged by the target's edition. Out: a
//! [`Standing`].
//!
//! How: a year that is not over has many ends. A remaining day may turn out good (AQI 0, every value 0), bad
//! (AQI 500, every value at the ceiling above which a value is absurd), anything between, or have no figure
//! and leave the denominators. Every figure here grows worse with each bad day that is added and better with
//! each good one, and a day that is left out lies between. So all ends lie between the year in which every
//! remaining day is bad and the one in which every one is good: where both are on one side of the target it
//! is decided. A property test holds this against completed years.
//!
//! Invariants: exact rationals, rounded once where a figure is shown, and then in the safe direction; a year
//! in which a figure may still remain without a value is not met. How many days a valid year needs (GB 3095
//! Table 4) is no part of the verdict: denominator and coverage stand beside it.

use super::indicator::percentile_of;
use super::{Bar, Target, TargetIndicator};
use crate::area::Judge;
use crate::assessment::{DayFigures, Exact, Period};
use crate::observation::{POLLUTANTS, Pollutant, Property};
use crate::quantity::{Amount, Quotient};
use crate::standard::PeriodFrom;
use crate::time::Day;

/// How a target is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Met, however the remaining days turn out.
    Met,
    /// Lost, however the remaining days turn out.
    Lost,
    /// Either may happen.
    Open,
    /// The year is over and has no figure.
    NoFigure,
    /// The plan has words only.
    NoNumber,
}

impl Verdict {
    /// The code in JSON; `None` where nothing can be decided.
    #[must_use]
    pub const fn code(self) -> Option<&'static str> {
        match self {
            Self::Met => Some("met"),
            Self::Lost => Some("lost"),
            Self::Open => Some("open"),
            Self::NoFigure | Self::NoNumber => None,
        }
    }

    /// Why there is no code.
    #[must_use]
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Met | Self::Lost | Self::Open => None,
            Self::NoFigure => Some("no_valid_day"),
            Self::NoNumber => Some("no_number_in_document"),
        }
    }
}

/// Where a year stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The last finished day that is looked at, or the day before the year.
    pub until: Day,
    /// Calendar days from 1 January to `until`.
    pub days_total: u32,
    /// Calendar days after it.
    pub days_left: u32,
    /// The figure so far: a concentration in 0.001 µg/m³, a ratio from 0 to 1, a count.
    pub now: Option<Exact>,
    /// Of a figure that counts days: how many.
    pub counted: Option<u32>,
    /// Days with a value, on which it rests; of the composite index those of the pollutant with the fewest.
    pub denominator: u32,
    /// Whether it is decided.
    pub verdict: Verdict,
    /// The day since which it is.
    pub decided_on: Option<Day>,
    /// The first day on which it can be certainly met, if every day until then is good.
    pub earliest_met_on: Option<Day>,
    /// The first day on which it can be certainly lost, if every day until then is bad.
    pub earliest_lost_on: Option<Day>,
    /// So many bad days (not good; of heavy days, heavy) the rest can have at most, if every remaining day is
    /// valid; of figures that count days, and none where the target is lost.
    pub days_can_afford: Option<u32>,
    /// The largest mean that the remaining days can have, if every one is valid; of means, and not below 0.
    pub rest_mean_max: Option<Exact>,
    /// `rest_mean_max` as it is shown: any mean up to it meets the target.
    pub rest_mean_max_shown: Option<String>,
}

impl Standing {
    /// The standing after the day `until`; of `days` those of the target's year up to it count.
    #[must_use]
    pub fn of(target: &Target, days: &[DayFigures], until: Day, judge: Judge<'_>) -> Self {
        let (first, last) = target.span();
        let until = until.clamp(first.plus(-1), last);
        let mut held: Vec<DayFigures> =
            days.iter().filter(|d| (first..=until).contains(&d.day)).cloned().collect();
        held.sort_by_key(|d| d.day);
        let open = Open::new(target, &held, until, judge);
        let verdict = open.verdict();
        let (earliest_met_on, earliest_lost_on) = match verdict {
            Verdict::Open => (open.earliest(Verdict::Met), open.earliest(Verdict::Lost)),
            _ => (None, None),
        };
        let rest = open.rest_mean_max().filter(|_| verdict != Verdict::Lost);
        Self {
            until,
            days_total: between(first, until),
            days_left: open.left,
            now: open.figure(0, 0),
            counted: target.indicator.counts_days().then(|| open.counted()),
            denominator: open.denominator(),
            verdict,
            decided_on: decided_on(target, &held, until, judge, verdict),
            earliest_met_on,
            earliest_lost_on,
            days_can_afford: open.can_afford(),
            rest_mean_max_shown: rest.as_ref().map(|mean| open.shown_below(mean)),
            rest_mean_max: rest,
        }
    }
}

/// Days from one to another, both included.
fn between(first: Day, last: Day) -> u32 {
    u32::try_from(last.number() + 1 - first.number()).unwrap_or(0)
}

/// The day since which it is decided. Once decided it stays so, for the days as they are.
fn decided_on(
    target: &Target,
    days: &[DayFigures],
    until: Day,
    judge: Judge<'_>,
    verdict: Verdict,
) -> Option<Day> {
    if !matches!(verdict, Verdict::Met | Verdict::Lost) {
        return None;
    }
    let before = target.span().0.plus(-1);
    let at = |passed: u32| before.plus(passed.cast_signed());
    let decided = |passed: u32| {
        let held = days.partition_point(|d| d.day <= at(passed));
        Open::new(target, &days[..held], at(passed), judge).verdict() == verdict
    };
    Some(at(first_that(between(target.span().0, until), decided)?))
}

/// The least of 0 to `most` for which something holds that holds for all above it too.
fn first_that(most: u32, holds: impl Fn(u32) -> bool) -> Option<u32> {
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    holds(low).then_some(low)
}

/// A year with days that are not known yet.
struct Open<'a> {
    target: &'a Target,
    bar: Option<Bar>,
    until: Day,
    /// Calendar days that are to come.
    left: u32,
    /// What the known days come to.
    known: Period,
    /// Their daily values in ascending order, of pollutants of which a percentile is asked for.
    ascending: [Vec<Quotient>; Pollutant::COUNT],
}

impl<'a> Open<'a> {
    fn new(target: &'a Target, days: &[DayFigures], until: Day, judge: Judge<'_>) -> Self {
        let (first, last) = target.span();
        let mut ascending = [const { Vec::new() }; Pollutant::COUNT];
        for p in target.indicator.percentiles() {
            let values = &mut ascending[p.index()];
            values.extend(days.iter().filter_map(|day| daily_value(day, *p, judge)));
            values.sort_unstable();
        }
        Self {
            target,
            bar: target.bar(judge.parameters.target_compare),
            until,
            left: between(until.plus(1), last),
            known: Period::over((first, last), days, judge.parameters, judge.entity),
            ascending,
        }
    }

    fn verdict(&self) -> Verdict {
        let Some(bar) = self.bar else { return Verdict::NoNumber };
        let holds = |figure: Option<Exact>| figure.map(|f| bar.holds(&f));
        match (holds(self.figure(0, self.left)), holds(self.figure(self.left, 0))) {
            (_, None) if self.left == 0 => Verdict::NoFigure,
            (_, Some(false)) => Verdict::Lost,
            // Days without figures may follow: there must be one already.
            (Some(true), _) if self.figure(0, 0).is_some() => Verdict::Met,
            _ => Verdict::Open,
        }
    }

    /// The figure of the days known and so many good and bad ones more.
    fn figure(&self, good: u32, bad: u32) -> Option<Exact> {
        let (known, valid) = (&self.known, self.known.days_valid + good + bad);
        match self.target.indicator {
            TargetIndicator::GoodDayRatio => Exact::ratio(known.days_good + good, valid),
            TargetIndicator::HeavyDayRatio => Exact::ratio(known.days_heavy + bad, valid),
            TargetIndicator::DaysGood => Some(Exact::count(known.days_good + good)),
            TargetIndicator::DaysHeavy => heavy(known.days_heavy + bad, valid),
            TargetIndicator::Mean(p) => self.mean(p, good, bad),
            TargetIndicator::Percentile(p) => self.percentile(p, good, bad),
            TargetIndicator::CompositeIndex => {
                let limits = self.target.limits();
                let single = |p: Pollutant| {
                    let figure = match p {
                        Pollutant::Co | Pollutant::O3 => self.percentile(p, good, bad),
                        _ => self.mean(p, good, bad),
                    };
                    Some(figure?.over(limits[p.index()]?))
                };
                let singles: Option<Vec<Exact>> = POLLUTANTS.into_iter().map(single).collect();
                singles.map(|all| Exact::sum(all.into_iter()))
            }
        }
    }

    fn mean(&self, p: Pollutant, good: u32, bad: u32) -> Option<Exact> {
        let days = self.known.days_of_pollutant[p.index()] + good + bad;
        let worst = Exact::from(ceiling(p)).times(bad);
        let total = Exact::sum([self.total(p), worst].into_iter());
        (days > 0).then(|| total.divided(days.into()))
    }

    /// The values stand in order: the good days' below, the bad days' above those known.
    fn percentile(&self, p: Pollutant, good: u32, bad: u32) -> Option<Exact> {
        let known = &self.ascending[p.index()];
        let (good, bad) = (good as usize, bad as usize);
        let value = |rank: usize| match rank.checked_sub(good) {
            None => Quotient { num: 0, den: 1 },
            Some(at) => known.get(at).copied().unwrap_or(Quotient::whole(ceiling(p))),
        };
        let last = u32::try_from(good + known.len() + bad).ok()?.checked_sub(1)?;
        let steps = last * percentile_of(p);
        let (at, part) = ((steps / 100) as usize, steps % 100);
        let low = Exact::from(value(at));
        Some(if part == 0 { low } else { low.towards(&value(at + 1).into(), (part, 100)) })
    }

    /// The daily values of a pollutant, added up.
    fn total(&self, p: Pollutant) -> Exact {
        let mean = self.known.mean[p.index()].clone();
        mean.map_or(Exact::count(0), |mean| mean.times(self.known.days_of_pollutant[p.index()]))
    }

    fn counted(&self) -> u32 {
        match self.target.indicator {
            TargetIndicator::DaysHeavy | TargetIndicator::HeavyDayRatio => self.known.days_heavy,
            _ => self.known.days_good,
        }
    }

    fn denominator(&self) -> u32 {
        let of = self.known.days_of_pollutant;
        match self.target.indicator {
            TargetIndicator::Mean(p) | TargetIndicator::Percentile(p) => of[p.index()],
            TargetIndicator::CompositeIndex => of.into_iter().min().unwrap_or(0),
            _ => self.known.days_valid,
        }
    }

    /// The day on which a verdict can be reached first, if every day goes its way.
    fn earliest(&self, verdict: Verdict) -> Option<Day> {
        let bar = self.bar?;
        let decided = |passed: u32| {
            let rest = self.left - passed;
            match verdict {
                Verdict::Met => self.figure(passed, rest).is_some_and(|f| bar.holds(&f)),
                _ => self.figure(rest, passed).is_some_and(|f| !bar.holds(&f)),
            }
        };
        // A figure must be there before days without one may follow.
        let least = u32::from(self.figure(0, 0).is_none() && verdict == Verdict::Met);
        let passed = first_that(self.left, |passed| passed >= least && decided(passed))?;
        Some(self.until.plus(passed.cast_signed()))
    }

    fn can_afford(&self) -> Option<u32> {
        let bar = self.bar.filter(|_| self.target.indicator.counts_days())?;
        let lost = |bad: u32| self.figure(self.left - bad, bad).is_none_or(|f| !bar.holds(&f));
        match first_that(self.left, lost) {
            None => Some(self.left),
            Some(bad) => bad.checked_sub(1),
        }
    }

    /// Of the mean that the year may have at most, what is left for its remaining days.
    fn rest_mean_max(&self) -> Option<Exact> {
        let TargetIndicator::Mean(p) = self.target.indicator else { return None };
        let bar = self.bar.filter(|_| self.left > 0)?;
        let days = self.known.days_of_pollutant[p.index()] + self.left;
        let rest = Exact::from(bar.at).times(days).minus(&self.total(p)).divided(self.left.into());
        (rest >= Exact::count(0)).then_some(rest)
    }

    /// Rounded down to where the target is met for certain.
    fn shown_below(&self, mean: &Exact) -> String {
        let inclusive = self.bar.is_some_and(|bar| bar.inclusive);
        let (scale, decimals) = (self.target.indicator.scale(), self.target.decimals());
        mean.floor((scale, decimals), inclusive).show(scale, decimals)
    }
}

/// The largest daily value there can be: hours above it are no values.
fn ceiling(pollutant: Pollutant) -> Amount {
    Amount::from_milli(Property::Pollutant(pollutant).plausible().1)
}

/// A daily value as periods take it.
pub(super) fn daily_value(day: &DayFigures, p: Pollutant, judge: Judge<'_>) -> Option<Quotient> {
    match judge.parameters.period_from {
        PeriodFrom::Unrounded => day.means.value(p),
        PeriodFrom::Rounded => day.shown(p, judge.parameters, judge.entity).map(Quotient::whole),
    }
}

/// Heavy days; unknown of no valid day, since silence is never good air.
fn heavy(days: u32, valid: u32) -> Option<Exact> {
    (valid > 0).then(|| Exact::count(days))
}
