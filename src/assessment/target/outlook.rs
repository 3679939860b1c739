//! How a year may end: its remaining days as they were in past years.
//!
//! In: a [`Target`] with its [`Standing`], the days of the year so far, the days of past years, a
//! [`Resampling`]. Out: an [`Outlook`].
//!
//! # The method
//! A *path* is one way in which the remaining days may go. Each path belongs to one past year, every year
//! has as many paths as any other, since what makes a year clean or dirty lasts longer than an episode. The
//! remaining days are cut into blocks of some days, so that episodes stay whole; for each block a path takes
//! consecutive days of its year which begin at most so many days before or after the same date (29 February:
//! the 28th), evenly drawn. A day of the past without a value has none in the path either. The days so far
//! and the path make a year and its figure.
//!
//! - `typical` is the median of these figures, `worst` and `best` are the quantiles of 10 and 90 % on the
//!   side that is bad and good for the target, all by nearest rank, rounded as the figure is shown.
//! - The probability is the share of paths that meet the target, in whole percent, and 1 to 99 as long as the
//!   target is not certainly met or lost.
//!
//! What it does not know: trends, measures taken since, the weather that is coming; with few past years it is
//! surer of itself than it should be. The README tells how it did on past years.
//!
//! Invariants: integers only; the same days, settings and seed give the same numbers on every machine; with
//! too few past years there is a reason and no number.

use super::indicator::percentile_of;
use super::standing::daily_value;
use super::{Bar, Standing, Target, TargetIndicator, Verdict};
use crate::area::Judge;
use crate::assessment::{DayFigures, Exact};
use crate::observation::{POLLUTANTS, Pollutant};
use crate::quantity::{Amount, Quotient, Rounding};
use crate::time::Day;

/// Of a past year's season, so many percent of the days must have a value.
const VALID_PERCENT: usize = 75;
/// `worst` and `best` leave so many percent of the paths outside.
const OUTSIDE_PERCENT: usize = 10;
/// Single indices of a path are cut to this part.
const INDEX_PARTS: i128 = 1_000_000_000;

/// How past days are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resampling {
    /// A block begins at most so many days before or after the same date.
    pub window_days: u8,
    /// Days of a block.
    pub block_days: u8,
    /// Past years that must be there.
    pub years_least: u8,
    /// Paths.
    pub paths: u16,
    /// Where the generator begins.
    pub seed: u64,
}

impl Resampling {
    /// A week either side, since the season hardly moves within it; blocks of a week, since episodes of heavy
    /// pollution last some days; three years, since fewer do not show how years differ.
    pub const DEFAULT: Self =
        Self { window_days: 7, block_days: 7, years_least: 3, paths: 1000, seed: 2025 };
}

impl Default for Resampling {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Why there is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoOutlook {
    /// Past years with enough valid days in the season of the remaining ones.
    TooFewYears {
        /// How many there are.
        found: usize,
        /// How many there must be.
        least: u8,
    },
    /// The year is over and has no figure, or no path has one.
    NoFigure,
    /// The plan has words only.
    NoNumber,
}

impl NoOutlook {
    /// The code in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooFewYears { .. } => "too_few_past_years",
            Self::NoFigure => "no_valid_day",
            Self::NoNumber => "no_number_in_document",
        }
    }

    /// As people read it.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::TooFewYears { found, least } => {
                format!("往年同期有效数据仅{found}年，不足{least}年，不作推算")
            }
            Self::NoFigure => "无有效日，不作推算".to_owned(),
            Self::NoNumber => "文件未给出数值，不作推算".to_owned(),
        }
    }
}

/// Ends of the year, in the unit of the figure inside, rounded as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends {
    /// One path in ten ends better.
    pub best: Exact,
    /// The median.
    pub typical: Exact,
    /// One path in ten ends worse.
    pub worst: Exact,
}

/// How the year may end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// The past years that were drawn from.
    pub years: Vec<i32>,
    /// Best, typical and worst end.
    pub ends: Result<Ends, NoOutlook>,
    /// Probability of meeting the target, in percent.
    pub probability_percent: Result<u8, NoOutlook>,
}

impl Outlook {
    /// The outlook from a standing. `days` are those it was taken of; `past` are days of other years, in any
    /// order, judged by the target's edition.
    #[must_use]
    pub fn of(
        target: &Target,
        standing: &Standing,
        (days, past): (&[DayFigures], &[DayFigures]),
        judge: Judge<'_>,
        how: &Resampling,
    ) -> Self {
        let year = Year::new(target, standing, days, judge);
        let bar = target.bar(judge.parameters.target_compare);
        let (years, ended) = match standing.days_left {
            0 => (Vec::new(), Ok(vec![year.end(&[])])),
            _ => {
                let record = Record::new(target, standing, (days, past), judge, how);
                (record.years(), record.ends(&year))
            }
        };
        let known: Result<Vec<Quotient>, NoOutlook> = ended.clone().and_then(|all| {
            let known: Vec<Quotient> = all.into_iter().flatten().collect();
            if known.is_empty() { Err(NoOutlook::NoFigure) } else { Ok(known) }
        });
        Self {
            years,
            ends: known.map(|all| ends(target, &all)),
            probability_percent: probability(standing.verdict, bar, &ended),
        }
    }
}

fn probability(
    verdict: Verdict,
    bar: Option<Bar>,
    ended: &Result<Vec<Option<Quotient>>, NoOutlook>,
) -> Result<u8, NoOutlook> {
    let (all, bar) = match (verdict, ended, bar) {
        (Verdict::Met, ..) => return Ok(100),
        (Verdict::Lost, ..) => return Ok(0),
        (Verdict::NoFigure, ..) => return Err(NoOutlook::NoFigure),
        (Verdict::NoNumber, ..) | (_, _, None) => return Err(NoOutlook::NoNumber),
        (Verdict::Open, Err(reason), _) => return Err(*reason),
        (Verdict::Open, Ok(all), Some(bar)) => (all, bar),
    };
    let met = all.iter().flatten().filter(|end| bar.holds_quotient(**end)).count();
    let percent = Rounding::HalfEven.divide(met as i128 * 100, all.len().max(1) as i128);
    Ok(u8::try_from(percent.clamp(1, 99)).unwrap_or(99))
}

/// Three of the figures, which are not none.
fn ends(target: &Target, all: &[Quotient]) -> Ends {
    let percent: i128 = if target.indicator.is_ratio() { 100 } else { 1 };
    let up = 10_i128.pow(target.decimals()) * percent;
    let down = 10_i128.pow(target.indicator.scale());
    let mut steps: Vec<i128> = all
        .iter()
        .map(|q| Rounding::HalfEven.divide(q.num * up, i128::from(q.den) * down))
        .collect();
    steps.sort_unstable();
    let at = |percent: usize| {
        let rank = (steps.len() * percent).div_ceil(100).max(1);
        let den = i64::try_from(up).unwrap_or(i64::MAX);
        Exact::from(Quotient { num: steps[rank - 1] * down, den })
    };
    let (low, high) = (at(OUTSIDE_PERCENT), at(100 - OUTSIDE_PERCENT));
    let (best, worst) = match target.indicator.direction() {
        super::Direction::AtLeast => (high, low),
        super::Direction::AtMost => (low, high),
    };
    Ends { best, typical: at(50), worst }
}

/// A day as far as figures need it, in whole numbers.
#[derive(Clone, Copy, Debug)]
struct Drawn {
    aqi: Option<u16>,
    /// Daily values in 0.001 µg/m³, by [`Pollutant::index`].
    milli: [Option<i32>; Pollutant::COUNT],
}

impl Drawn {
    fn of(day: &DayFigures, judge: Judge<'_>) -> Self {
        let mut milli = [None; Pollutant::COUNT];
        for p in POLLUTANTS {
            let value = daily_value(day, p, judge).map(|v| v.round(1, Rounding::HalfEven));
            milli[p.index()] = value.map(Amount::milli);
        }
        Self { aqi: day.index.aqi, milli }
    }

    /// Whether an indicator gets something from it.
    fn counts(&self, indicator: TargetIndicator) -> bool {
        match indicator {
            TargetIndicator::Mean(p) | TargetIndicator::Percentile(p) => {
                self.milli[p.index()].is_some()
            }
            TargetIndicator::CompositeIndex => self.milli.iter().all(Option::is_some),
            _ => self.aqi.is_some(),
        }
    }
}

/// The year so far, and how it and a path become a figure.
struct Year {
    indicator: TargetIndicator,
    /// Valid, good and heavy days so far.
    days: [i64; 3],
    /// Sums and counts of the daily values so far, by [`Pollutant::index`].
    sums: [(i64, i64); Pollutant::COUNT],
    /// The daily values so far.
    values: [Vec<i32>; Pollutant::COUNT],
    limits: [Option<Amount>; Pollutant::COUNT],
}

impl Year {
    fn new(target: &Target, standing: &Standing, days: &[DayFigures], judge: Judge<'_>) -> Self {
        let first = target.span().0;
        let held = days.iter().filter(|d| (first..=standing.until).contains(&d.day));
        let known: Vec<Drawn> = held.map(|day| Drawn::of(day, judge)).collect();
        let values = POLLUTANTS.map(|p| known.iter().filter_map(|d| d.milli[p.index()]).collect());
        let year = Self {
            indicator: target.indicator,
            days: [0; 3],
            sums: [(0, 0); Pollutant::COUNT],
            values,
            limits: target.limits(),
        };
        let sums = POLLUTANTS.map(|p| year.sum(&known, p));
        Self { days: year.count(&known), sums, ..year }
    }

    fn count(&self, path: &[Drawn]) -> [i64; 3] {
        path.iter().filter_map(|d| d.aqi).fold(self.days, |[valid, good, heavy], aqi| {
            [valid + 1, good + i64::from(aqi <= 100), heavy + i64::from(aqi > 200)]
        })
    }

    fn sum(&self, path: &[Drawn], p: Pollutant) -> (i64, i64) {
        let values = path.iter().filter_map(|d| d.milli[p.index()]);
        values.fold(self.sums[p.index()], |(sum, n), value| (sum + i64::from(value), n + 1))
    }

    fn mean(&self, path: &[Drawn], p: Pollutant) -> Option<Quotient> {
        let (sum, den) = self.sum(path, p);
        (den > 0).then_some(Quotient { num: sum.into(), den })
    }

    /// k = 1 + (n-1)p, linear between neighbours.
    fn percentile(&self, path: &[Drawn], p: Pollutant) -> Option<Quotient> {
        let mut values = self.values[p.index()].clone();
        values.extend(path.iter().filter_map(|d| d.milli[p.index()]));
        let steps = values.len().checked_sub(1)? * percentile_of(p) as usize;
        let (at, part) = (steps / 100, (steps % 100) as i128);
        let (_, low, above) = values.select_nth_unstable(at);
        let low = i128::from(*low);
        let high = above.iter().min().map_or(low, |v| i128::from(*v));
        Some(Quotient { num: low * 100 + (high - low) * part, den: 100 })
    }

    /// The figure of the days so far and a path.
    fn end(&self, path: &[Drawn]) -> Option<Quotient> {
        let [valid, good, heavy] = self.count(path);
        let of = |num: i64, den: i64| (den > 0).then_some(Quotient { num: num.into(), den });
        match self.indicator {
            TargetIndicator::GoodDayRatio => of(good, valid),
            TargetIndicator::HeavyDayRatio => of(heavy, valid),
            TargetIndicator::DaysGood => of(good, 1),
            TargetIndicator::DaysHeavy => of(heavy, valid.min(1)),
            TargetIndicator::Mean(p) => self.mean(path, p),
            TargetIndicator::Percentile(p) => self.percentile(path, p),
            TargetIndicator::CompositeIndex => {
                let single = |p: Pollutant| {
                    let figure = match p {
                        Pollutant::Co | Pollutant::O3 => self.percentile(path, p),
                        _ => self.mean(path, p),
                    }?;
                    let limit = i128::from(self.limits[p.index()]?.milli().max(1));
                    Some(figure.num * INDEX_PARTS / (i128::from(figure.den) * limit))
                };
                let parts: Option<Vec<i128>> = POLLUTANTS.into_iter().map(single).collect();
                let den = i64::try_from(INDEX_PARTS).ok()?;
                parts.map(|all| Quotient { num: all.into_iter().sum(), den })
            }
        }
    }
}

/// Past days by date, and where the blocks of each usable year may begin.
struct Record {
    first: Day,
    days: Vec<Option<Drawn>>,
    /// Of each year, of each block.
    starts: Vec<(i32, Vec<Vec<Day>>)>,
    lengths: Vec<i32>,
    how: Resampling,
}

impl Record {
    fn new(
        target: &Target,
        standing: &Standing,
        (days, past): (&[DayFigures], &[DayFigures]),
        judge: Judge<'_>,
        how: &Resampling,
    ) -> Self {
        let (first_of_year, last_of_year) = target.span();
        let of_year = first_of_year..=standing.until;
        let now = days.iter().filter(|d| of_year.contains(&d.day));
        let before = past.iter().filter(|d| !(first_of_year..=last_of_year).contains(&d.day));
        let all: Vec<&DayFigures> = now.chain(before).collect();
        let first = all.iter().map(|d| d.day).min().unwrap_or_default();
        let last = all.iter().map(|d| d.day).max().unwrap_or_default();
        let mut record = Self {
            first,
            days: vec![None; usize::try_from(last.number() + 1 - first.number()).unwrap_or(0)],
            starts: Vec::new(),
            lengths: Vec::new(),
            how: *how,
        };
        let mut years: Vec<i32> = Vec::new();
        for day in all {
            if let Some(at) = record.place(day.day) {
                record.days[at] = Some(Drawn::of(day, judge));
            }
            years.push(day.day.date().0);
        }
        years.sort_unstable();
        years.dedup();
        let block = i32::from(how.block_days.max(1));
        let left = standing.days_left.cast_signed();
        let begins: Vec<i32> = (0..left).step_by(usize::from(how.block_days.max(1))).collect();
        record.lengths = begins.iter().map(|at| block.min(left - at)).collect();
        for year in years.into_iter().filter(|year| *year != target.year) {
            let dates: Vec<Day> = (1..=left)
                .filter_map(|n| same_date(standing.until.plus(n), year - target.year))
                .collect();
            if record.is_whole(&dates, target.indicator)
                && let Some(starts) = record.starts_of(&dates, &begins)
            {
                record.starts.push((year, starts));
            }
        }
        record
    }

    fn place(&self, day: Day) -> Option<usize> {
        let at = usize::try_from(day.number() - self.first.number()).ok()?;
        (at < self.days.len()).then_some(at)
    }

    fn get(&self, day: Day) -> Option<Drawn> {
        self.place(day).and_then(|at| self.days[at])
    }

    /// Whether enough of a year's season has values.
    fn is_whole(&self, dates: &[Day], indicator: TargetIndicator) -> bool {
        let counts = |day: &&Day| self.get(**day).is_some_and(|d| d.counts(indicator));
        dates.iter().filter(counts).count() * 100 >= dates.len() * VALID_PERCENT
    }

    /// Where each block may begin; `None` where one of them has nowhere to.
    fn starts_of(&self, dates: &[Day], begins: &[i32]) -> Option<Vec<Vec<Day>>> {
        let window = i32::from(self.how.window_days);
        let starts = |(begin, length): (&i32, &i32)| {
            let date = dates.get(usize::try_from(*begin).ok()?)?;
            let there = |start: &Day| (0..*length).all(|n| self.get(start.plus(n)).is_some());
            let found: Vec<Day> = (-window..=window).map(|n| date.plus(n)).filter(there).collect();
            (!found.is_empty()).then_some(found)
        };
        begins.iter().zip(&self.lengths).map(starts).collect()
    }

    fn years(&self) -> Vec<i32> {
        self.starts.iter().map(|(year, _)| *year).collect()
    }

    /// The figure at the end of each path.
    fn ends(&self, year: &Year) -> Result<Vec<Option<Quotient>>, NoOutlook> {
        let (found, least) = (self.starts.len(), self.how.years_least.max(1));
        if found < usize::from(least) {
            return Err(NoOutlook::TooFewYears { found, least });
        }
        let mut dice = Dice(self.how.seed);
        let mut path = Vec::new();
        let mut end = |at: usize| {
            path.clear();
            let (_, blocks) = &self.starts[at % found];
            for (starts, length) in blocks.iter().zip(&self.lengths) {
                let start = starts[dice.below(starts.len())];
                path.extend((0..*length).filter_map(|n| self.get(start.plus(n))));
            }
            year.end(&path)
        };
        Ok((0..usize::from(self.how.paths.max(1))).map(&mut end).collect())
    }
}

/// The same date, so many years later; the 28th for 29 February where there is none.
fn same_date(day: Day, years: i32) -> Option<Day> {
    let (year, month, of_month) = day.date();
    let year = year + years;
    Day::of(year, month, of_month).or_else(|| Day::of(year, month, of_month - 1))
}

/// Numbers that follow from a seed (SplitMix64; Steele, Lea, Flood 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to `n` - 1, by the high bits of a product: even to 2⁻⁵⁰ for what is drawn here.
    fn below(&mut self, n: usize) -> usize {
        let product = u128::from(self.next()) * (n as u128);
        usize::try_from(product >> 64).unwrap_or(0)
    }
}
