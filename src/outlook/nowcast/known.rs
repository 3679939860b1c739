//! What is known at an origin: the normal course, and every situation of the past with what followed.
//!
//! In: a [`Series`] and an origin. Out: [`Known`].
//!
//! Invariants: nothing after the origin is looked at; a situation counts only when the 72 hours that
//! followed it are over. A gap is filled with nothing but what the normal course of that moment says.

use super::{HORIZON, NoNowcast};
use crate::observation::Pollutant;
use crate::outlook::series::{Logs, Past, Series};
use crate::time::{DAY_H, Hour};

/// Pollutants.
const P: usize = Pollutant::COUNT;
/// Days from which the normal course is taken, by [`Pollutant::index`]: of ozone fewer, since it goes with
/// the season.
const NORMAL_DAYS: [usize; P] = [60, 60, 60, 60, 60, 20];
/// Days of history before the first situation, and so before any forecast with 72 h more.
const NORMAL_MIN_DAYS: usize = 5;
/// The least history in hours: some days of normal course, and situations that are over.
pub(super) const MIN_HOURS: usize = 240;
/// A pollutant needs so many hours among the last [`MIN_HOURS`], and one in the last [`FRESH_H`].
const MIN_VALID: usize = 120;
/// How old the newest value may be.
const FRESH_H: usize = 12;
/// Every so many hours before the origin is a situation; divides 24, so that the hour of day recurs.
const STRIDE: usize = 6;

/// Hours of a year, leap years in the mean.
const YEAR_H: u16 = 8_766;

/// Hours before the moment, each range one mean: `[from, to)`.
const LAGS: [(usize, usize); 8] =
    [(0, 1), (1, 3), (3, 6), (6, 12), (12, 24), (24, 48), (48, 72), (72, 168)];
/// What a situation is described by: lagged anomalies of each pollutant, the level of its normal course,
/// hour of day (two waves), season (one wave) and one.
pub(super) const FEATURES: usize = SEASON_AT + 2 + 1;
/// Where the features that are no anomalies begin.
pub(super) const LEVELS_AT: usize = LAGS.len() * P;
/// Where the hour of day begins.
pub(super) const CLOCK_AT: usize = LEVELS_AT + P;
/// Where the season begins; the last one is 1.
pub(super) const SEASON_AT: usize = CLOCK_AT + 4;

/// The mean course of a day over the last weeks, by hour of day.
pub(super) type Normal = [Logs; DAY_H];

/// A course of 72 hours, by lead (one less) and pollutant, in logarithms; `NAN` where there is none.
pub(super) type Course = Box<[Logs]>;

/// A moment as it was known then.
#[derive(Clone)]
pub(super) struct Situation {
    /// Index of its last known hour.
    pub(super) at: usize,
    /// The normal course then.
    pub(super) normal: Box<Normal>,
    /// What describes it.
    pub(super) features: [f64; FEATURES],
}

/// Everything known at an origin.
pub(super) struct Known {
    past: Past,
    history: usize,
    /// The present.
    pub(super) now: Situation,
    /// The past, oldest first.
    pub(super) situations: Vec<Situation>,
    /// Which pollutants can be forecast.
    pub(super) present: [bool; P],
}

impl Situation {
    /// The newest anomaly of a pollutant.
    pub(super) const fn anomaly(&self, pollutant: usize) -> f64 {
        self.features[pollutant]
    }
}

impl Known {
    pub(super) fn new(series: &Series, origin: Hour) -> Result<Self, NoNowcast> {
        let past = series.until(origin);
        let hours = past.logs.len();
        // Hours before the first value are no history.
        let begins = past.logs.iter().position(|logs| logs.iter().any(|l| !l.is_nan()));
        let begins = begins.unwrap_or(hours);
        if hours - begins < MIN_HOURS {
            return Err(NoNowcast::LittleHistory { hours: hours - begins });
        }
        let valid = |p: usize, last: usize| {
            past.logs[hours - last..].iter().filter(|logs| !logs[p].is_nan()).count()
        };
        let present: [bool; P] =
            std::array::from_fn(|p| valid(p, MIN_HOURS) >= MIN_VALID && valid(p, FRESH_H) > 0);
        if present == [false; P] {
            return Err(NoNowcast::NothingFresh);
        }
        let sums = ByHourOfDay::of(&past.logs);
        let now = situation(&past, &sums, hours - 1);
        let oldest = begins + NORMAL_MIN_DAYS * DAY_H;
        let mut situations: Vec<Situation> = (oldest..=hours - 1 - HORIZON)
            .rev()
            .step_by(STRIDE)
            .filter(|at| was_measured(&past.logs[at + 1 - NORMAL_MIN_DAYS * DAY_H..=*at]))
            .filter(|at| was_measured(&past.logs[at + 1..=at + HORIZON]))
            .map(|at| situation(&past, &sums, at))
            .collect();
        situations.reverse();
        if situations.is_empty() {
            return Err(NoNowcast::NothingToLearn);
        }
        Ok(Self { past, history: hours - begins, now, situations, present })
    }

    /// Hours from the first value to the origin.
    pub(super) const fn history_hours(&self) -> usize {
        self.history
    }

    /// Hours of the series up to the origin.
    pub(super) fn hours(&self) -> usize {
        self.past.logs.len()
    }

    /// The hour of day of a lead (from 0) after a situation.
    pub(super) fn clock(&self, situation: &Situation, lead: usize) -> usize {
        clock(&self.past, situation.at + 1 + lead)
    }

    /// The logarithm of an hour.
    pub(super) fn log(&self, at: usize, pollutant: usize) -> f64 {
        self.past.logs[at][pollutant]
    }

    /// What followed a situation, as anomalies from its normal course; `NAN` where missing.
    pub(super) fn followed(&self, situation: &Situation) -> Course {
        (0..HORIZON)
            .map(|lead| {
                let normal = &situation.normal[self.clock(situation, lead)];
                let seen = &self.past.logs[situation.at + 1 + lead];
                std::array::from_fn(|p| seen[p] - normal[p])
            })
            .collect()
    }

    /// A course of anomalies from now, as logarithms.
    pub(super) fn course(&self, anomalies: impl Fn(usize, usize) -> f64) -> Course {
        (0..HORIZON)
            .map(|lead| {
                let normal = &self.now.normal[self.clock(&self.now, lead)];
                std::array::from_fn(|p| {
                    if self.present[p] { normal[p] + anomalies(lead, p) } else { f64::NAN }
                })
            })
            .collect()
    }
}

/// Whether half of the hours have a value of any pollutant.
fn was_measured(hours: &[Logs]) -> bool {
    let measured = hours.iter().filter(|logs| logs.iter().any(|log| !log.is_nan())).count();
    measured * 2 >= hours.len()
}

fn clock(past: &Past, at: usize) -> usize {
    (past.first.of_day() + at) % DAY_H
}

/// Running sums over the same hour of day, so that a mean over days costs two look-ups.
struct ByHourOfDay(Vec<[(f64, f64); P]>);

impl ByHourOfDay {
    fn of(logs: &[Logs]) -> Self {
        let mut sums: Vec<[(f64, f64); P]> = Vec::with_capacity(logs.len());
        for (at, logs) in logs.iter().enumerate() {
            let before = at.checked_sub(DAY_H).map_or([(0.0, 0.0); P], |at| sums[at]);
            sums.push(std::array::from_fn(|p| match logs[p].is_nan() {
                true => before[p],
                false => (before[p].0 + logs[p], before[p].1 + 1.0),
            }));
        }
        Self(sums)
    }

    /// Sum and count of the last days at an hour of day, the last of them at `at`.
    fn last(&self, at: usize, pollutant: usize) -> (f64, f64) {
        let (sum, count) = self.0[at][pollutant];
        let days = NORMAL_DAYS[pollutant];
        let before = at.checked_sub(days * DAY_H).map_or((0.0, 0.0), |b| self.0[b][pollutant]);
        (sum - before.0, count - before.1)
    }
}

/// The normal course at `at`: means by hour of day, smoothed over three hours.
fn normal(past: &Past, sums: &ByHourOfDay, at: usize) -> Box<Normal> {
    let mut raw = [[(0.0, 0.0); P]; DAY_H];
    for back in 0..DAY_H.min(at + 1) {
        let of_day = clock(past, at - back);
        raw[of_day] = std::array::from_fn(|p| sums.last(at - back, p));
    }
    let mut normal = Box::new([[f64::NAN; P]; DAY_H]);
    for p in 0..P {
        let all = raw.iter().fold((0.0, 0.0), |all, hour| (all.0 + hour[p].0, all.1 + hour[p].1));
        for of_day in 0..DAY_H {
            let near = [(DAY_H - 1, 1.0), (0, 2.0), (1, 1.0)];
            let (sum, count) = near.iter().fold((0.0, 0.0), |(sum, count), (shift, weight)| {
                let hour = raw[(of_day + shift) % DAY_H][p];
                (sum + weight * hour.0, count + weight * hour.1)
            });
            // An hour that was hardly ever measured takes the mean of the day.
            normal[of_day][p] = if count >= 3.0 { sum / count } else { all.0 / all.1 };
        }
    }
    normal
}

fn situation(past: &Past, sums: &ByHourOfDay, at: usize) -> Situation {
    let normal = normal(past, sums, at);
    let mut features = [0.0; FEATURES];
    for p in 0..P {
        for (lag, (from, to)) in LAGS.into_iter().enumerate().rev() {
            let (mut sum, mut count) = (0.0, 0.0);
            for back in (from..to).filter(|back| *back <= at) {
                let anomaly = past.logs[at - back][p] - normal[clock(past, at - back)][p];
                if !anomaly.is_nan() {
                    sum += anomaly;
                    count += 1.0;
                }
            }
            // A gap is as the hours before it; in the end, as normal.
            let older = if lag + 1 < LAGS.len() { features[(lag + 1) * P + p] } else { 0.0 };
            features[lag * P + p] = if count > 0.0 { sum / count } else { older };
        }
        let level: f64 = normal.iter().map(|hour| hour[p]).sum::<f64>() / 24.0;
        features[LEVELS_AT + p] = if level.is_nan() { 0.0 } else { level };
    }
    let turn = |share: f64| share * std::f64::consts::TAU;
    let of_day = turn(small(clock(past, at)) / 24.0);
    let hours = past.first.number().rem_euclid(YEAR_H.into()).unsigned_abs() as usize + at;
    let season = turn(small(hours % usize::from(YEAR_H)) / f64::from(YEAR_H));
    let waves = [of_day, 2.0 * of_day, season];
    for (n, angle) in waves.into_iter().enumerate() {
        features[CLOCK_AT + 2 * n] = libm::sin(angle);
        features[CLOCK_AT + 2 * n + 1] = libm::cos(angle);
    }
    features[FEATURES - 1] = 1.0;
    Situation { at, normal, features }
}

/// A count as a number: far below where that loses anything.
pub(super) fn small(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// What is left at a lead (from 0) of what fades with this e-fold, in hours.
pub(super) fn fade(lead: usize, e_fold_h: f64) -> f64 {
    libm::exp(-small(lead + 1) / e_fold_h)
}

/// Mean and variance of a feature over the situations; variance 0 where it never moved.
pub(super) fn moments(known: &Known, feature: usize) -> (f64, f64) {
    let n = small(known.situations.len()).max(1.0);
    let values = || known.situations.iter().map(|s| s.features[feature]);
    let mean = values().sum::<f64>() / n;
    let variance = values().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
    (mean, if variance > 1e-9 { variance } else { 0.0 })
}
