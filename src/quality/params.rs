//! Thresholds, and what each rule does for each kind of station.
//!
//! No standard gives these numbers. They are chosen so that a winter month of real stations is nearly free
//! of marks (`tests/it/quality.rs` prints the rates), and are configuration for that reason.

use std::collections::BTreeMap;

use super::Rule;
use crate::observation::{POLLUTANTS, Pollutant, StationKind};

/// What a rule does with what it finds.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Deserialize,
    serde::Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Nothing: the rule is not looked at.
    Off,
    /// Marks the value; figures stay as they are.
    #[default]
    Mark,
    /// Marks the value and takes it out of all figures: own stations only.
    Exclude,
}

/// The thresholds of one pollutant, in 0.001 µg/m³.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct Limits {
    /// Less than this is out of range.
    pub least: i32,
    /// More than this is out of range.
    pub most: i32,
    /// Values up to this may stay the same for as long as they like.
    pub detection: i32,
    /// So many equal hours are stuck; at most [`Limits::STUCK_HOURS_MAX`].
    pub stuck_hours: u8,
    /// So far from the station's last hours is a jump.
    pub jump: i32,
    /// So far from the neighbours is deviant.
    pub neighbours: i32,
}

impl Limits {
    /// A check looks at the 24 hours that end with the one it judges.
    pub const STUCK_HOURS_MAX: u8 = 24;

    /// The default of a pollutant.
    #[must_use]
    pub const fn of(pollutant: Pollutant) -> Self {
        match pollutant {
            Pollutant::Pm2_5 => Self::whole([1, 1000, 5], 6, [150, 100]),
            Pollutant::Pm10 => Self::whole([1, 2000, 8], 6, [300, 200]),
            Pollutant::So2 => Self::whole([1, 800, 6], 16, [100, 60]),
            Pollutant::No2 => Self::whole([1, 500, 5], 8, [100, 80]),
            Pollutant::Co => Self::whole([50, 30_000, 200], 24, [5000, 3000]),
            Pollutant::O3 => Self::whole([1, 800, 8], 6, [120, 80]),
        }
    }

    const fn whole(range: [i32; 3], stuck_hours: u8, far: [i32; 2]) -> Self {
        let [least, most, detection] = range;
        let [jump, neighbours] = far;
        Self {
            least: least * 1000,
            most: most * 1000,
            detection: detection * 1000,
            stuck_hours,
            jump: jump * 1000,
            neighbours: neighbours * 1000,
        }
    }
}

/// What values are checked by.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(default)]
pub struct Params {
    /// What rules do, by kind of station; what is not here marks.
    pub actions: BTreeMap<StationKind, BTreeMap<Rule, Action>>,
    /// By [`Pollutant::index`].
    pub limits: [Limits; Pollutant::COUNT],
    /// A jump is judged against the median of so many hours, 2 to 23.
    pub jump_hours: u8,
    /// A jump is by this factor, too, up or down.
    pub jump_percent: u32,
    /// Stations so near are neighbours.
    pub neighbour_km: u32,
    /// Fewer neighbours with a value than this say nothing.
    pub neighbours_least: u16,
    /// A deviation is by this factor, too, up or down.
    pub neighbour_percent: u32,
    /// PM2.5 may be so much above PM10, 0.001 µg/m³ ...
    pub inversion_tolerance: i32,
    /// ... or so many percent of it, whichever is more.
    pub inversion_percent: u32,
    /// Two stations are only compared when so many pollutants have a value.
    pub duplicate_least: u8,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            actions: BTreeMap::new(),
            limits: POLLUTANTS.map(Limits::of),
            jump_hours: 6,
            jump_percent: 250,
            neighbour_km: 40,
            neighbours_least: 3,
            neighbour_percent: 250,
            inversion_tolerance: 5000,
            inversion_percent: 10,
            duplicate_least: 4,
        }
    }
}

impl Params {
    /// What a rule does for stations of a kind. Data of national and provincial stations are never excluded,
    /// whatever stands in the configuration.
    #[must_use]
    pub fn action(&self, kind: StationKind, rule: Rule) -> Action {
        let of_kind = self.actions.get(&kind);
        let set = of_kind.and_then(|rules| rules.get(&rule)).copied().unwrap_or_default();
        if kind.is_reviewed_above() { set.min(Action::Mark) } else { set }
    }

    /// Whether any rule takes values of such stations out of the figures.
    #[must_use]
    pub fn excludes(&self, kind: StationKind) -> bool {
        Rule::CHECKS.into_iter().any(|rule| self.action(kind, rule) == Action::Exclude)
    }

    /// How many hours before its own a rule looks at.
    #[must_use]
    pub fn lookback(&self, rule: Rule) -> u8 {
        match rule {
            Rule::Stuck => {
                let longest = self.limits.iter().map(|l| l.stuck_hours).max();
                longest.unwrap_or_default().min(Limits::STUCK_HOURS_MAX).saturating_sub(1)
            }
            Rule::Jump => self.jump_hours.min(Limits::STUCK_HOURS_MAX - 1),
            _ => 0,
        }
    }
}
