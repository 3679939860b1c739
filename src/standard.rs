//! Editions of the standards as cited data: breakpoints, limits, validity, rounding, in-force span.
//!
//! In: the files of `editions/`, compiled into the program, and a day. Out: the [`IndexEdition`]
//! (HJ 633) and [`LimitEdition`] (GB 3095) in force, and the [`Parameters`] for what is left open.
//!
//! Invariants: every number comes from a row that names its document, table and clause; a table is
//! sorted, starts at 0 and has no gap, which the loader checks; nothing here computes an index.
//!
//! Why data: the limits of 2026 change again in 2031, and a figure has to name its source. The
//! edition of a window is the one in force at the start of its last hour, so callers pass that
//! hour's day.
//!
//! Source: HJ 633-2012, HJ 633-2026, GB 3095-2012 with the amendment of 2018, GB 3095-2026, HJ 663.

mod indicator;
mod limits;
mod load;
mod parameters;
mod table;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

pub use indicator::{Category, Column, Indicator, ReportKind};
pub use limits::{Average, DataValidity, Limit, LimitClass, LimitEdition, ValidityRow};
pub use parameters::{
    AreaDayOrder, DECISIONS, Decision, DustDays, DustDeducts, Entity, Missing2012, ParameterRow,
    Parameters, PeriodFrom, Practice, RoundBeforeIndex, StationShareDay, TargetCompare,
    UnknownCode,
};
pub use table::{
    Breakpoint, BreakpointColumn, Class, ColumnIndex, IndexEdition, Line, ReportRow, RoundingRow,
    Rule, SensitiveGroup,
};

use crate::time::Day;

/// Where a number stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The name by which rows of the same file refer to it.
    pub key: &'static str,
    /// The standard.
    pub document: &'static str,
    /// Table and note, if it stands in one.
    #[serde(borrow)]
    pub table: Option<&'static str>,
    /// Clause, if it is known.
    #[serde(borrow)]
    pub clause: Option<&'static str>,
    /// How sure it is: `read`, `secondary`, `derived`, `practice` or `open`.
    pub confidence: &'static str,
    /// What else is to be known.
    #[serde(borrow)]
    pub note: Option<&'static str>,
}

/// `HJ 633—2026 表3 4.2.4`.
impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.document)?;
        for part in [self.table, self.clause].into_iter().flatten() {
            write!(f, " {part}")?;
        }
        match self.confidence {
            "read" => Ok(()),
            other => write!(f, " [{other}]"),
        }
    }
}

/// The days on which an edition is in force, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    /// First day.
    pub from: Day,
    /// Last day, if one is set.
    pub until: Option<Day>,
    /// Where that is said.
    pub source: Source,
}

/// Every edition, each kind in the order of its days.
#[derive(Debug)]
pub struct Standards {
    index: Vec<IndexEdition>,
    limits: Vec<LimitEdition>,
}

impl Standards {
    /// The edition of HJ 633 in force on a day; before the first one, the first one.
    #[must_use]
    pub fn index_edition(&self, day: Day) -> &IndexEdition {
        let later = self.index.iter().rposition(|e| e.in_force().from <= day);
        &self.index[later.unwrap_or(0)]
    }

    /// The edition of GB 3095 in force on a day; before the first one, the first one.
    #[must_use]
    pub fn limit_edition(&self, day: Day) -> &LimitEdition {
        let later = self.limits.iter().rposition(|e| e.in_force().from <= day);
        &self.limits[later.unwrap_or(0)]
    }

    /// Every edition of HJ 633.
    #[must_use]
    pub fn index_editions(&self) -> &[IndexEdition] {
        &self.index
    }

    /// Every edition of GB 3095.
    #[must_use]
    pub fn limit_editions(&self) -> &[LimitEdition] {
        &self.limits
    }
}

/// The editions of HJ 633, in the order of their days.
const INDEX_FILES: [&str; 2] = [
    include_str!("standard/editions/hj633_2012.json"),
    include_str!("standard/editions/hj633_2026.json"),
];

/// The editions of GB 3095, in the order of their days.
const LIMIT_FILES: [&str; 3] = [
    include_str!("standard/editions/gb3095_2012.json"),
    include_str!("standard/editions/gb3095_2026_transitional.json"),
    include_str!("standard/editions/gb3095_2026_full.json"),
];

static STANDARDS: LazyLock<Result<Standards, String>> =
    LazyLock::new(|| load::standards(&INDEX_FILES, &LIMIT_FILES));

/// The standards compiled into the program, read once.
///
/// # Panics
/// When an embedded file is broken, which a test rules out.
#[must_use]
pub fn standards() -> &'static Standards {
    match &*STANDARDS {
        Ok(standards) => standards,
        Err(fault) => panic!("embedded editions: {fault}"),
    }
}
