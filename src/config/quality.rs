//! `[quality]`: thresholds of the checks by pollutant, and what each rule does by kind of station.

use toml::Value;

use super::section::{Section, one_of};
use crate::observation::{POLLUTANTS, Pollutant, Property, StationKind};
use crate::quality::{Action, Limits, Params, Rule};
use crate::quantity::Unit;

const ACTIONS: [(&str, Action); 3] =
    [("off", Action::Off), ("mark", Action::Mark), ("exclude", Action::Exclude)];

pub(super) fn read(mut section: Section<'_>) -> Params {
    let d = Params::default();
    let tolerance = section.optional("inversion_tolerance_ug_m3", amount(Unit::Micro, 1000));
    let mut params = Params {
        jump_hours: section.whole("jump_hours", 2..=23, d.jump_hours),
        jump_percent: section.whole("jump_percent", 110..=10_000, d.jump_percent),
        neighbour_km: section.whole("neighbour_km", 1..=500, d.neighbour_km),
        neighbours_least: section.whole("neighbours_least", 1..=16, d.neighbours_least),
        neighbour_percent: section.whole("neighbour_percent", 110..=10_000, d.neighbour_percent),
        inversion_tolerance: tolerance.unwrap_or(d.inversion_tolerance),
        inversion_percent: section.whole("inversion_percent", 0..=500, d.inversion_percent),
        duplicate_least: section.whole("duplicate_least", 2..=6, d.duplicate_least),
        ..d
    };
    for pollutant in POLLUTANTS {
        let limits = read_limits(section.section(pollutant.code()), pollutant);
        params.limits[pollutant.index()] = limits;
    }
    for kind in StationKind::ALL {
        let mut rules = section.section(kind.name());
        for rule in Rule::CHECKS {
            match rules.optional(rule.name(), one_of(&ACTIONS)) {
                Some(Action::Exclude) if kind.is_reviewed_above() => rules.fault(
                    rule.name(),
                    format_args!(
                        "must be off or mark: data of {} stations belong to the centre above and \
                         are never excluded here, only marked",
                        kind.name()
                    ),
                ),
                Some(action) if action != Action::default() => {
                    params.actions.entry(kind).or_default().insert(rule, action);
                }
                Some(_) | None => {}
            }
        }
        rules.finish();
    }
    section.finish();
    params
}

/// The keys of a pollutant's limits, in its unit.
fn keys(unit: Unit) -> [&'static str; 5] {
    match unit {
        Unit::Micro => {
            ["least_ug_m3", "most_ug_m3", "detection_ug_m3", "jump_ug_m3", "neighbours_ug_m3"]
        }
        Unit::Milli => {
            ["least_mg_m3", "most_mg_m3", "detection_mg_m3", "jump_mg_m3", "neighbours_mg_m3"]
        }
    }
}

fn read_limits(mut section: Section<'_>, pollutant: Pollutant) -> Limits {
    let d = Limits::of(pollutant);
    let (_, ceiling) = Property::Pollutant(pollutant).plausible();
    let unit = pollutant.unit();
    let whole = ceiling / 10_i32.pow(unit.milli_digits());
    let [least, most, detection, jump, neighbours] =
        keys(unit).map(|key| (key, section.optional(key, amount(unit, whole))));
    let limits = Limits {
        least: least.1.unwrap_or(d.least),
        most: most.1.unwrap_or(d.most),
        detection: detection.1.unwrap_or(d.detection),
        stuck_hours: section.whole("stuck_hours", 3..=Limits::STUCK_HOURS_MAX, d.stuck_hours),
        jump: jump.1.unwrap_or(d.jump),
        neighbours: neighbours.1.unwrap_or(d.neighbours),
    };
    for (key, limit) in [(least.0, limits.least), (detection.0, limits.detection)] {
        if limit >= limits.most {
            section.fault(key, format_args!("must be below {}", most.0));
        }
    }
    section.finish();
    limits
}

/// An amount in a unit, up to `most` of it, as 0.001 µg/m³.
fn amount(unit: Unit, most: i32) -> impl FnOnce(&Value) -> Result<i32, String> {
    move |value| {
        let number = match value {
            #[expect(clippy::cast_precision_loss, reason = "beyond the limits either way")]
            Value::Integer(n) => Some(*n as f64),
            Value::Float(n) => Some(*n),
            _ => None,
        };
        let number = number.filter(|n| (0.0..=f64::from(most)).contains(n));
        let number = number.ok_or_else(|| format!("must be a number from 0 to {most}"))?;
        #[expect(clippy::cast_possible_truncation, reason = "an amount within its limits")]
        let milli = (number * f64::from(10_i32.pow(unit.milli_digits()))).round() as i32;
        Ok(milli)
    }
}
