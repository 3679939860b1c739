//! The mean of regression, analogs and the usual course, with the courses of all three around it.
//!
//! In: [`Known`]. Out: members, whose medians are the blended ones.
//!
//! Why: the three err differently. The usual course takes over with the lead, sooner where there is less
//! than a year to learn from; and little experience is spread wider than it looks, since neighbouring
//! situations saw the same weather.

use super::known::{Course, Known, small};
use super::simple::{self, median};
use super::{HORIZON, analog, ridge};

/// The regression's share of what is not usual.
const REGRESSION: f64 = 0.4;
/// The share of the usual course at [`USUAL_AT_H`], with no history and after a year of it.
const USUAL: (f64, f64) = (0.8, 0.35);
/// From nothing now, the share of the usual course rises through this hour, late rather than early.
const USUAL_AT_H: f64 = 48.0;
/// Hours of a year.
const YEAR_H: f64 = 8_760.0;
/// So long a spell of weather is one piece of experience, in hours.
const SPELL_H: f64 = 72.0;

/// Members.
pub(super) fn members(known: &Known) -> Vec<Course> {
    let families = [analog::members(known), ridge::members(known), simple::climatology(known)];
    let centres = families.each_ref().map(|members| medians(members));
    let usual = simple::usual(known);
    let history = small(known.history_hours());
    let share = USUAL.0 - (USUAL.0 - USUAL.1) * (history / YEAR_H).min(1.0);
    let centre: Course = (0..HORIZON)
        .map(|lead| {
            let through = small(lead + 1) / USUAL_AT_H;
            let share = (share * through * libm::sqrt(through)).min(1.0);
            std::array::from_fn(|p| {
                let (analogs, regression) = (centres[0][lead][p], centres[1][lead][p]);
                let foretold = analogs + REGRESSION * (regression - analogs);
                foretold + share * (usual[lead][p] - foretold)
            })
        })
        .collect();
    let wider = 1.0 + SPELL_H / history;
    let around = |member: &Course, from: &Course| -> Course {
        let at = |lead: usize| {
            std::array::from_fn(|p| centre[lead][p] + wider * (member[lead][p] - from[lead][p]))
        };
        (0..HORIZON).map(at).collect()
    };
    families
        .iter()
        .zip(&centres)
        .flat_map(|(members, from)| members.iter().map(|m| around(m, from)))
        .collect()
}

fn medians(members: &[Course]) -> Course {
    let of = |lead: usize, p: usize| median(members.iter().map(|member| member[lead][p]));
    (0..HORIZON).map(|lead| std::array::from_fn(|p| of(lead, p))).collect()
}
