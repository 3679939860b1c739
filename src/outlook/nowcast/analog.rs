//! An ensemble of what followed similar situations, re-anchored to the present.
//!
//! In: [`Known`]. Out: courses of what followed the nearest situations of the past: each starts at the
//! present level and goes over to its own anomaly.
//!
//! Source: Delle Monache et al. (2013), analog ensemble.

use super::HORIZON;
use super::known::{
    CLOCK_AT, Course, FEATURES, Known, LEVELS_AT, SEASON_AT, Situation, fade, moments,
};
use crate::observation::Pollutant;

const P: usize = Pollutant::COUNT;
/// The most members.
const MEMBERS: usize = 120;
/// How fast a member goes from the present over to its own level: e-fold in hours.
const ANCHOR_H: f64 = 36.0;
/// What an anomaly counts, by lag: the last day more than what was before.
const LAG_WEIGHTS: [f64; LEVELS_AT / P] = [2.0, 2.0, 2.0, 2.0, 2.0, 1.0, 0.5, 0.5];
/// What it counts by [`Pollutant::index`].
const POLLUTANT_WEIGHTS: [f64; P] = [0.25, 0.125, 0.0625, 0.125, 0.125, 0.125];
/// What the level of the normal course counts.
const LEVEL_WEIGHT: f64 = 0.5;
/// What the hour of day counts: the air of 6 h off is another one.
const CLOCK_WEIGHT: f64 = 4.0;
/// What the season counts.
const SEASON_WEIGHT: f64 = 2.0;

/// Members.
pub(super) fn members(known: &Known) -> Vec<Course> {
    let of = |at: usize| {
        let situation = &known.situations[at];
        let followed = known.followed(situation);
        known.course(|lead, p| {
            let shift = known.now.anomaly(p) - situation.anomaly(p);
            filled(&followed, lead, p) + fade(lead, ANCHOR_H) * shift
        })
    };
    nearest(known).into_iter().map(of).collect()
}

/// The nearest situations, oldest first.
pub(super) fn nearest(known: &Known) -> Vec<usize> {
    let weights = weights(known);
    let distance = |situation: &Situation| -> f64 {
        let of = situation.features.iter().zip(&known.now.features).zip(&weights);
        of.map(|((then, now), weight)| (then - now) * (then - now) * weight).sum()
    };
    let mut by_distance: Vec<(f64, usize)> =
        known.situations.iter().enumerate().map(|(at, s)| (distance(s), at)).collect();
    // Of two as near the newer one.
    by_distance.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    let mut nearest: Vec<usize> = by_distance.into_iter().take(MEMBERS).map(|(_, at)| at).collect();
    nearest.sort_unstable();
    nearest
}

/// What a squared difference of a feature counts.
fn weights(known: &Known) -> [f64; FEATURES] {
    std::array::from_fn(|f| {
        let by_variance = |weight: f64| {
            let (_, variance) = moments(known, f);
            if variance > 0.0 { weight / variance } else { 0.0 }
        };
        match f {
            f if f < LEVELS_AT => by_variance(LAG_WEIGHTS[f / P] * POLLUTANT_WEIGHTS[f % P]),
            f if f < CLOCK_AT => by_variance(LEVEL_WEIGHT),
            f if f < SEASON_AT => CLOCK_WEIGHT,
            _ => SEASON_WEIGHT,
        }
    })
}

/// A value of a course; in a gap the nearest one before, else after, else nothing (normal).
pub(super) fn filled(course: &Course, lead: usize, pollutant: usize) -> f64 {
    let value = |lead: usize| Some(course[lead][pollutant]).filter(|v| !v.is_nan());
    let before = (0..=lead).rev().find_map(value);
    before.or_else(|| (lead..HORIZON).find_map(value)).unwrap_or(0.0)
}
