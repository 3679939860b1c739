//! Automatic checks of hourly values: what looks wrong is marked (疑似异常), never deleted.
//!
//! In: the cells of one area's stations ([`Cells`]) and [`Params`]. Out: for one hour the [`Finding`]s of
//! every station, each with rule and reason; and which values are taken out of figures by a rule.
//!
//! Invariants: what is found for an hour rests on the cells of that hour and of the 23 before it, and on
//! nothing else, so neither the order of arrival nor a restart leaves a trace, and nothing of it is stored;
//! national and provincial stations are only ever marked; a value that an operator set is not checked again.
//! Integers only.
//!
//! Source: terms.md (恒值, 倒挂, 疑似异常, who does what). No standard gives thresholds: they are chosen
//! ([`Params`]) and tried on real data.

mod check;
mod finding;
mod near;
mod params;

pub use check::{Checks, Masks, Place};
pub use finding::{Evidence, Finding, Neighbours, Treatment};
pub use params::{Action, Limits, Params};

use std::collections::BTreeMap;

use crate::average::StationDay;
use crate::time::Day;

/// What a value is checked for, or why it does not count anyway.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Outside of what the instrument or the air can give.
    Range,
    /// The same value for too many hours on end.
    Stuck,
    /// Far from the station's own last hours, and the neighbours do not go with it.
    Jump,
    /// Far from the median of the neighbours in the same hour.
    Neighbours,
    /// PM2.5 above PM10.
    Inversion,
    /// All values equal to those of another station.
    Duplicate,
    /// A logger's mark for having nothing.
    Sentinel,
    /// The instrument's flag says that the value does not count.
    Flag,
    /// Below zero, absurd, or no number at all.
    Unusable,
}

impl Rule {
    /// Every rule; those that can be [set](Params::action) first.
    pub const ALL: [Self; 9] = [
        Self::Range,
        Self::Stuck,
        Self::Jump,
        Self::Neighbours,
        Self::Inversion,
        Self::Duplicate,
        Self::Sentinel,
        Self::Flag,
        Self::Unusable,
    ];

    /// Those that judge a valid value, and so can be off, mark or exclude. The others say why a value does
    /// not count already.
    pub const CHECKS: [Self; 6] =
        [Self::Range, Self::Stuck, Self::Jump, Self::Neighbours, Self::Inversion, Self::Duplicate];

    /// The name in configuration, JSON, metrics and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::Stuck => "stuck",
            Self::Jump => "jump",
            Self::Neighbours => "neighbours",
            Self::Inversion => "inversion",
            Self::Duplicate => "duplicate",
            Self::Sentinel => "sentinel",
            Self::Flag => "flag",
            Self::Unusable => "unusable",
        }
    }

    /// As the monitoring room says it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Range => "超出范围",
            Self::Stuck => "恒值",
            Self::Jump => "突变",
            Self::Neighbours => "偏离周边",
            Self::Inversion => "倒挂",
            Self::Duplicate => "数据雷同",
            Self::Sentinel => "无数据标记",
            Self::Flag => "仪器标识",
            Self::Unusable => "无效值",
        }
    }
}

/// Where checks look values up: the cells of one area.
pub trait Cells {
    /// A station's day; `None` where nothing is held for it.
    fn day(&self, day: Day, station: usize) -> Option<&StationDay>;
}

/// Cells of a span, for files and history.
#[derive(Clone, Debug, Default)]
pub struct Held(BTreeMap<(Day, usize), StationDay>);

impl Held {
    /// Puts a station's day in, in the place of what was held for it.
    pub fn put(&mut self, station: usize, day: Day, cells: &StationDay) {
        self.0.insert((day, station), cells.clone());
    }
}

impl Cells for Held {
    fn day(&self, day: Day, station: usize) -> Option<&StationDay> {
        self.0.get(&(day, station))
    }
}

#[cfg(test)]
mod tests;
