//! Reduction against what a level asks for (减排缺口).
//!
//! In: an [`Edition`], a level and the ratios. Out: a [`Shortfall`] by substance. Invariant: the ratio is
//! Σ reduction of all sheets / whole-society emission, exact; to be short by a gram is to be short.
//! Source: 环大气〔2024〕6号: at least 10, 20, 30 % of SO2, NOx, PM and VOCs each.

use std::fmt;

use serde::{Serialize, Serializer};

use super::edition::Edition;
use super::emission::{Emission, Substance};
use super::rows::Grade;
use crate::warning::Level;

/// What share of the whole-society emission each level has to remove, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Required {
    /// At 黄色.
    pub yellow: u8,
    /// At 橙色.
    pub orange: u8,
    /// At 红色.
    pub red: u8,
}

impl Required {
    /// 10, 20 and 30 %.
    pub const DEFAULT: Self = Self { yellow: 10, orange: 20, red: 30 };

    /// That of a level, in percent.
    #[must_use]
    pub const fn of(&self, level: Level) -> u8 {
        match level {
            Level::Yellow => self.yellow,
            Level::Orange => self.orange,
            Level::Red => self.red,
        }
    }
}

/// An exact share of a whole that is not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The part.
    pub part: Emission,
    /// The whole.
    pub whole: Emission,
}

impl Share {
    /// Whether it is at least so many percent.
    #[must_use]
    pub fn reaches(&self, percent: u8) -> bool {
        let (part, whole) = (i128::from(self.part.grams()), i128::from(self.whole.grams()));
        part * 100 >= whole * i128::from(percent)
    }

    /// What is missing to so many percent, up to the next gram.
    #[must_use]
    pub fn missing(&self, percent: u8) -> Emission {
        let wanted = i128::from(self.whole.grams()) * i128::from(percent);
        let wanted = wanted / 100 + i128::from(wanted % 100 != 0);
        let missing = wanted - i128::from(self.part.grams());
        Emission::from_grams(i64::try_from(missing).unwrap_or(i64::MAX))
    }
}

/// In percent with one decimal, rounded down: what reads 10.0 has reached 10.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = i128::from(self.whole.grams()).max(1);
        let per_mille = i128::from(self.part.grams()) * 1000 / whole;
        write!(f, "{}.{}", per_mille / 10, per_mille % 10)
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One substance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShortfallRow {
    /// Which.
    pub substance: Substance,
    /// The whole-society emission, g/d.
    pub society_g_per_day: Emission,
    /// What the list removes, g/d.
    pub reduction_g_per_day: Emission,
    /// Of that, what plants of grade A and 引领性 remove voluntarily, g/d.
    pub voluntary_g_per_day: Emission,
    /// The share removed, in percent, rounded down for show.
    pub reached_percent: Share,
    /// What is asked for, in percent.
    pub required_percent: u8,
    /// Whether it falls short.
    pub short: bool,
    /// What is missing, g/d; 0 when nothing is.
    pub missing_g_per_day: Emission,
}

/// The four substances at a level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shortfall {
    /// At which level.
    pub level: Level,
    /// In the order of the list.
    pub rows: Vec<ShortfallRow>,
}

impl Shortfall {
    /// Whether any substance falls short.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.rows.iter().any(|row| row.short)
    }
}

/// Holds an edition against what a level asks for.
#[must_use]
pub fn shortfall(edition: &Edition, level: Level, required: Required) -> Shortfall {
    let percent = required.of(level);
    let (society, reduction) = (edition.society_total(), edition.reduction_total(level));
    let voluntary = edition.lines.iter().filter(|line| Grade::is_voluntary(line.grade));
    let voluntary: super::Amounts = voluntary.map(|l| *l.reductions_g_per_day.of(level)).sum();
    let row = |substance| {
        let share = Share { part: reduction.of(substance), whole: society.of(substance) };
        ShortfallRow {
            substance,
            society_g_per_day: share.whole,
            reduction_g_per_day: share.part,
            voluntary_g_per_day: voluntary.of(substance),
            reached_percent: share,
            required_percent: percent,
            short: !share.reaches(percent),
            missing_g_per_day: share.missing(percent),
        }
    };
    Shortfall { level, rows: Substance::ALL.map(row).to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(part: i64, whole: i64) -> Share {
        Share { part: Emission::from_grams(part), whole: Emission::from_grams(whole) }
    }

    #[test]
    fn exactly_ten_percent_is_enough_and_a_gram_less_is_not() {
        let (enough, short) = (share(1_234_567, 12_345_670), share(1_234_566, 12_345_670));
        assert!(enough.reaches(10) && !short.reaches(10));
        assert_eq!((enough.missing(10).grams(), short.missing(10).grams()), (0, 1));
        assert_eq!([enough.to_string(), short.to_string()], ["10.0", "9.9"]);
    }

    #[test]
    fn what_is_missing_closes_the_gap_and_a_gram_less_does_not() {
        let short = share(7, 1_001);
        let missing = short.missing(10).grams();
        assert_eq!(missing, 94, "100.1 g are asked for, up to the next gram");
        assert!(share(7 + missing, 1_001).reaches(10) && !share(6 + missing, 1_001).reaches(10));
        assert_eq!(share(500, 1_000).missing(10), Emission::from_grams(0));
    }
}
