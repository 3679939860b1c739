//! A linear regression for each lead and pollutant, drawn towards a fading anomaly where little is known.
//!
//! In: [`Known`]. Out: the expected course, and courses around it by what the regression missed at
//! like situations that it was not fitted to.
//!
//! Source: Hoerl and Kennard (1970) for the penalty.

use super::known::{Course, FEATURES, Known, Situation, fade, moments};
use super::{HORIZON, analog};
use crate::observation::Pollutant;
use crate::outlook::series::Logs;

const P: usize = Pollutant::COUNT;
/// Targets of one situation.
const T: usize = HORIZON * P;
/// What an anomaly fades by without any experience: e-fold in hours.
const FADE_H: f64 = 24.0;
/// The penalty, as so many situations that say nothing.
const PENALTY: f64 = 1500.0;
/// Parts of the past of which each is foretold by the others.
const FOLDS: usize = 8;

/// Sums over situations: features with features, features with targets.
#[derive(Clone)]
struct Sums {
    squares: Vec<f64>,
    targets: Vec<f64>,
}

/// Weights by feature and target.
pub(super) struct Fit {
    weights: Vec<f64>,
}

/// How features are put on one scale.
struct Scale {
    mean: [f64; FEATURES],
    spread: [f64; FEATURES],
}

/// What the regression knows at an origin.
pub(super) struct Ridge {
    scale: Scale,
    all: Fit,
    folds: Vec<Fit>,
}

impl Ridge {
    pub(super) fn new(known: &Known) -> Self {
        let scale = Scale::over(known);
        let fold_count = FOLDS.min(known.situations.len()).max(1);
        let mut sums = vec![Sums::new(); fold_count];
        for (at, situation) in known.situations.iter().enumerate() {
            let fold = at * fold_count / known.situations.len();
            sums[fold].add(&scale.of(situation), &targets(known, situation));
        }
        let mut total = Sums::new();
        sums.iter().for_each(|s| total.take(s, 1.0));
        let folds = sums.iter().map(|out| {
            let mut rest = total.clone();
            rest.take(out, -1.0);
            rest.solve()
        });
        let folds = folds.collect();
        Self { scale, all: total.solve(), folds }
    }

    /// The expected anomalies after now.
    pub(super) fn expected(&self, known: &Known) -> Course {
        foretold(&self.all, &self.scale, &known.now)
    }

    /// What it missed after a situation that it was not fitted to.
    pub(super) fn missed(&self, known: &Known, at: usize) -> Course {
        let situation = &known.situations[at];
        let fold = &self.folds[at * self.folds.len() / known.situations.len()];
        let mut missed = known.followed(situation);
        let foretold = foretold(fold, &self.scale, situation);
        for (missed, foretold) in missed.iter_mut().zip(&foretold) {
            missed.iter_mut().zip(foretold).for_each(|(m, f)| *m -= f);
        }
        missed
    }
}

/// Members around the expected course.
pub(super) fn members(known: &Known) -> Vec<Course> {
    let ridge = Ridge::new(known);
    let expected = ridge.expected(known);
    analog::nearest(known)
        .into_iter()
        .map(|at| {
            let missed = ridge.missed(known, at);
            known.course(|lead, p| expected[lead][p] + analog::filled(&missed, lead, p))
        })
        .collect()
}

/// What is left to say about what followed beside the fading anomaly; nothing where it is missing.
fn targets(known: &Known, situation: &Situation) -> Vec<f64> {
    let followed = known.followed(situation);
    let mut targets = Vec::with_capacity(T);
    for (lead, seen) in followed.iter().enumerate() {
        let fade = fade(lead, FADE_H);
        for (p, seen) in seen.iter().enumerate() {
            let left = seen - fade * situation.anomaly(p);
            targets.push(if left.is_nan() { 0.0 } else { left });
        }
    }
    targets
}

fn foretold(fit: &Fit, scale: &Scale, situation: &Situation) -> Course {
    let features = scale.of(situation);
    let mut flat = vec![0.0; T];
    for (feature, weights) in features.iter().zip(fit.weights.chunks_exact(T)) {
        flat.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += feature * weight);
    }
    let course = flat.chunks_exact(P).enumerate().map(|(lead, left)| {
        let fade = fade(lead, FADE_H);
        std::array::from_fn(|p| fade * situation.anomaly(p) + left[p])
    });
    course.collect::<Vec<Logs>>().into_boxed_slice()
}

impl Scale {
    fn over(known: &Known) -> Self {
        let (mut mean, mut spread) = ([0.0; FEATURES], [1.0; FEATURES]);
        for f in 0..FEATURES - 1 {
            let (middle, variance) = moments(known, f);
            mean[f] = middle;
            // One that never moved says nothing.
            spread[f] = if variance > 0.0 { libm::sqrt(variance) } else { f64::INFINITY };
        }
        Self { mean, spread }
    }

    fn of(&self, situation: &Situation) -> [f64; FEATURES] {
        std::array::from_fn(|f| (situation.features[f] - self.mean[f]) / self.spread[f])
    }
}

impl Sums {
    fn new() -> Self {
        Self { squares: vec![0.0; FEATURES * FEATURES], targets: vec![0.0; FEATURES * T] }
    }

    fn add(&mut self, features: &[f64; FEATURES], targets: &[f64]) {
        for (f, feature) in features.iter().enumerate() {
            let row = &mut self.squares[f * FEATURES..][..FEATURES];
            row.iter_mut().zip(features).for_each(|(sum, other)| *sum += feature * other);
            let row = &mut self.targets[f * T..][..T];
            row.iter_mut().zip(targets).for_each(|(sum, target)| *sum += feature * target);
        }
    }

    fn take(&mut self, other: &Self, sign: f64) {
        self.squares.iter_mut().zip(&other.squares).for_each(|(sum, more)| *sum += sign * more);
        self.targets.iter_mut().zip(&other.targets).for_each(|(sum, more)| *sum += sign * more);
    }

    /// Adds the penalty, and puts the lower factor in the place of the squares.
    fn factorise(&mut self) {
        let at = |row: usize, column: usize| row * FEATURES + column;
        let s = &mut self.squares;
        for f in 0..FEATURES {
            s[at(f, f)] += if f + 1 == FEATURES { 1.0 } else { PENALTY };
        }
        for row in 0..FEATURES {
            for column in 0..=row {
                let products = (0..column).map(|k| s[at(row, k)] * s[at(column, k)]);
                let left = s[at(row, column)] - products.sum::<f64>();
                let diagonal = row == column;
                s[at(row, column)] = if diagonal {
                    libm::sqrt(left.max(1e-9))
                } else {
                    left / s[at(column, column)]
                };
            }
        }
    }

    /// The weights, by Cholesky: the penalty keeps the matrix positive.
    fn solve(mut self) -> Fit {
        let at = |row: usize, column: usize| row * FEATURES + column;
        self.factorise();
        let (s, b) = (&self.squares, &mut self.targets);
        for row in 0..FEATURES {
            let (done, rest) = b.split_at_mut(row * T);
            let row_values = &mut rest[..T];
            for k in 0..row {
                let factor = s[at(row, k)];
                row_values.iter_mut().zip(&done[k * T..]).for_each(|(v, d)| *v -= factor * d);
            }
            let diagonal = s[at(row, row)];
            row_values.iter_mut().for_each(|v| *v /= diagonal);
        }
        for row in (0..FEATURES).rev() {
            let (head, done) = b.split_at_mut((row + 1) * T);
            let row_values = &mut head[row * T..];
            for k in row + 1..FEATURES {
                let factor = s[at(k, row)];
                let known = &done[(k - row - 1) * T..];
                row_values.iter_mut().zip(known).for_each(|(v, d)| *v -= factor * d);
            }
            let diagonal = s[at(row, row)];
            row_values.iter_mut().for_each(|v| *v /= diagonal);
        }
        Fit { weights: self.targets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each target is twice the first feature, over as many situations as the penalty counts: half of it.
    #[test]
    fn the_penalty_counts_as_so_many_situations() {
        let mut sums = Sums::new();
        for n in 0..1500 {
            let mut features = [0.0; FEATURES];
            features[0] = if n % 2 == 0 { 1.0 } else { -1.0 };
            features[FEATURES - 1] = 1.0;
            sums.add(&features, &vec![2.0 * features[0]; T]);
        }
        let fit = sums.solve();
        assert!((fit.weights[0] - 1.0).abs() < 1e-9, "{}", fit.weights[0]);
        assert!(fit.weights[T..].iter().all(|w| w.abs() < 1e-9));
    }
}
