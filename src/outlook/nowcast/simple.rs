//! The two that others are held against: the present goes on, and every day is like those before.
//!
//! In: [`Known`]. Out: members. Persistence keeps the last value as its median; the spread is what the air
//! moved by from like hours. Climatology takes each of the last days as it was, three times over.

use super::HORIZON;
use super::analog::filled;
use super::known::{Course, Known};
use crate::observation::Pollutant;
use crate::time::DAY_H;

const P: usize = Pollutant::COUNT;
/// Days of the climatology.
const DAYS: usize = 30;
/// Days of the usual course, by [`Pollutant::index`].
const USUAL_DAYS: [usize; P] = [45, 45, 45, 45, 45, 25];
/// Members of the persistence: the newest situations.
const MOVES: usize = 200;

/// What is now stays.
pub(super) fn persistence(known: &Known) -> Vec<Course> {
    let newest = known.situations.len().saturating_sub(MOVES);
    // How far the air was from the level of then, at each lead.
    let moves: Vec<Course> = known.situations[newest..]
        .iter()
        .map(|situation| {
            let level: [f64; P] = std::array::from_fn(|p| {
                situation.normal[known.clock(situation, HORIZON - 1)][p] + situation.anomaly(p)
            });
            let course = (0..HORIZON).map(|lead| {
                std::array::from_fn(|p| known.log(situation.at + 1 + lead, p) - level[p])
            });
            course.collect()
        })
        .collect();
    let medians: Course = (0..HORIZON)
        .map(|lead| std::array::from_fn(|p| median(moves.iter().map(|m| filled(m, lead, p)))))
        .collect();
    let now = &known.now.normal[known.clock(&known.now, HORIZON - 1)];
    let member = |moved: &Course| -> Course {
        let at = |lead: usize| {
            std::array::from_fn(|p| match known.present[p] {
                true => now[p] + known.now.anomaly(p) + filled(moved, lead, p) - medians[lead][p],
                false => f64::NAN,
            })
        };
        (0..HORIZON).map(at).collect()
    };
    moves.iter().map(member).collect()
}

/// Each of the last days once more.
pub(super) fn climatology(known: &Known) -> Vec<Course> {
    let days = (known.hours() / DAY_H).min(DAYS);
    let member = |day: usize| -> Course {
        let from = known.hours() - (day + 1) * DAY_H;
        let at = |lead: usize| {
            std::array::from_fn(|p| {
                let seen = known.log(from + lead % DAY_H, p);
                // A gap in that day: as normal for the hour.
                let normal = known.now.normal[known.clock(&known.now, lead)][p];
                match known.present[p] {
                    true if seen.is_nan() => normal,
                    true => seen,
                    false => f64::NAN,
                }
            })
        };
        (0..HORIZON).map(at).collect()
    };
    (0..days).map(member).collect()
}

/// The median of the last weeks by lead, from the hour itself and the ones beside it.
pub(super) fn usual(known: &Known) -> Course {
    let by_hour: Vec<[f64; P]> = (0..DAY_H)
        .map(|lead| {
            std::array::from_fn(|p| {
                let days = USUAL_DAYS[p];
                let near = (1..=days).flat_map(|day| {
                    (0..3).filter_map(move |n| {
                        let at = (known.hours() + lead + n).checked_sub(day * DAY_H + 1)?;
                        let value = (at < known.hours()).then(|| known.log(at, p))?;
                        Some(value).filter(|v| !v.is_nan())
                    })
                });
                median(near)
            })
        })
        .collect();
    (0..HORIZON).map(|lead| by_hour[lead % DAY_H]).collect()
}

/// The middle one; of an even number the mean of two.
pub(super) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = values.collect();
    all.sort_by(f64::total_cmp);
    let middle = all.len() / 2;
    match all.len() {
        0 => 0.0,
        n if n % 2 == 1 => all[middle],
        _ => f64::midpoint(all[middle - 1], all[middle]),
    }
}
