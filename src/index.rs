//! Averages and an edition of the standard become IAQIs, the AQI, its class and the primary
//! pollutants, or the reason why not.
//!
//! In: exact unrounded [`Means`] and a [`Context`]. Out: an [`Index`].
//!
//! Invariants: integer arithmetic only; a figure is rounded where the clause says, concentrations
//! before and indices after; ties compare rounded indices; what is missing is named, never taken
//! for clean air.
//!
//! Why the table and not the code decides: which averages enter a report, through which column they
//! go and what stands above a column's top differ between editions and practices; all of it is read
//! from [`crate::standard`].
//!
//! Source: HJ 633-2012 4.2 to 4.4, 5.1, 6.2; HJ 633-2026 4.2, 4.3, 5.3.

mod pollutants;

#[cfg(test)]
mod tests;

pub use pollutants::Pollutants;

pub use crate::standard::{Category, Indicator};

use crate::observation::{POLLUTANTS, Pollutant};
use crate::quantity::{Amount, Quotient};
use crate::standard::{
    Column, ColumnIndex, Entity, IndexEdition, Missing2012, Parameters, Practice, ReportKind,
    ReportRow, RoundBeforeIndex, RoundingRow,
};

/// What an index is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The edition in force at the start of the last hour.
    pub edition: &'a IndexEdition,
    /// The open points.
    pub parameters: &'a Parameters,
    /// A station or an area.
    pub entity: Entity,
}

/// Exact averages, by indicator; those that the report does not use have no effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Means {
    /// By [`Indicator::index`].
    pub by_indicator: [Option<Quotient>; Indicator::COUNT],
}

impl Means {
    /// These means and one more.
    #[must_use]
    pub const fn with(mut self, indicator: Indicator, value: Quotient) -> Self {
        self.by_indicator[indicator.index()] = Some(value);
        self
    }

    /// One mean.
    #[must_use]
    pub const fn get(&self, indicator: Indicator) -> Option<Quotient> {
        self.by_indicator[indicator.index()]
    }
}

/// Why there is no AQI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoAqi {
    /// Nothing was measured.
    AllMissing,
    /// A pollutant is missing and the AQI of the rest is not above 100 (HJ 633-2026 5.3.1).
    MissingAndNotAbove100,
    /// What was measured has no IAQI in this report (2012: SO2 1 h or O3 8 h above 800).
    NoIaqi,
    /// Above 100 only for dust that is deducted (decision `dust_days`).
    DustLeftOut,
}

impl NoAqi {
    /// The code in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AllMissing => "all_missing",
            Self::MissingAndNotAbove100 => "missing_and_not_above_100",
            Self::NoIaqi => "no_iaqi",
            Self::DustLeftOut => "dust_left_out",
        }
    }

    /// As people read it.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::AllMissing => "各项污染物均缺测",
            Self::MissingAndNotAbove100 => "有污染物缺测，且其余污染物的AQI不大于100",
            Self::NoIaqi => "已有监测值按条款不计算分指数",
            Self::DustLeftOut => "因沙尘超标，按扣沙口径不计入有效天数",
        }
    }
}

/// The index of one report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// The AQI; `None` is NA.
    pub aqi: Option<u16>,
    /// Why there is no AQI.
    pub no_aqi: Option<NoAqi>,
    /// The largest individual index, also where no AQI may be given.
    pub max_iaqi: Option<u16>,
    /// The individual indices, by [`Indicator::index`].
    pub iaqi: [Option<u16>; Indicator::COUNT],
    /// 首要污染物: at the AQI, if that is above 50.
    pub primary: Pollutants,
    /// Due, but no average with an index in this report.
    pub missing: Pollutants,
    /// 超标污染物 (2012 only): individual index above 100.
    pub exceeding: Pollutants,
    /// Above the top of the scale, counted as 500.
    pub beyond: Pollutants,
    /// The AQI rests on fewer pollutants than were due.
    pub partial: bool,
}

impl Index {
    /// The class of the AQI.
    #[must_use]
    pub fn category(&self) -> Option<Category> {
        self.aqi.map(Category::of)
    }

    /// The individual index of an indicator.
    #[must_use]
    pub const fn of(&self, indicator: Indicator) -> Option<u16> {
        self.iaqi[indicator.index()]
    }

    /// The largest individual index of a pollutant.
    #[must_use]
    pub fn of_pollutant(&self, pollutant: Pollutant) -> Option<u16> {
        let of = |i: &Indicator| i.pollutant() == pollutant;
        Indicator::ALL.into_iter().filter(of).filter_map(|i| self.of(i)).max()
    }
}

/// The index of the real-time report: all six pollutants are due.
#[must_use]
pub fn hourly(means: &Means, ctx: &Context<'_>) -> Index {
    report(ReportKind::Hour, |i| means.get(i), ctx, Pollutants::ALL)
}

/// The same from means that are taken as they are asked for.
pub(crate) fn hourly_by(mean: impl Fn(Indicator) -> Option<Quotient>, ctx: &Context<'_>) -> Index {
    report(ReportKind::Hour, mean, ctx, Pollutants::ALL)
}

/// The index of the daily report.
///
/// `due` are the pollutants that count as missing when absent: all six for a whole day; for the day
/// so far ozone is not due before hour 8.
#[must_use]
pub fn daily(means: &Means, ctx: &Context<'_>, due: Pollutants) -> Index {
    report(ReportKind::Day, |i| means.get(i), ctx, due)
}

/// A concentration as it is shown, and as it enters the index.
///
/// Half to even to 1 µg/m³, CO to 0.1 mg/m³; areas by the national platform half up, CO to 0.01.
/// With `round_before_index = exact` (2012) only the index ignores this.
#[must_use]
pub fn rounded(value: Quotient, pollutant: Pollutant, hourly: bool, ctx: &Context<'_>) -> Amount {
    rounding(hourly, ctx).concentration_of(value, pollutant)
}

/// How the concentrations of a report are rounded.
#[must_use]
pub fn rounding<'a>(hourly: bool, ctx: &Context<'a>) -> &'a RoundingRow {
    let kind = if hourly { ReportKind::Hour } else { ReportKind::Day };
    ctx.edition.rounding(kind, ctx.parameters.practice, ctx.entity)
}

/// How one average of a report came to its individual index.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// The report's row: indicator, column and clause.
    pub row: &'a ReportRow,
    /// The exact average; `None` where it is missing.
    pub mean: Option<Quotient>,
    /// What entered the column: the rounded average, or the exact one where that was chosen.
    pub entered: Option<Quotient>,
    /// What the column says; `None` where nothing entered one.
    pub found: Option<ColumnIndex>,
}

/// Every average of a report on its way to an individual index, in the report's order.
pub fn steps<'a>(
    kind: ReportKind,
    means: &'a Means,
    ctx: &Context<'a>,
) -> impl Iterator<Item = Step<'a>> {
    steps_by(kind, |indicator| means.get(indicator), ctx)
}

fn steps_by<'a>(
    kind: ReportKind,
    mean: impl Fn(Indicator) -> Option<Quotient>,
    ctx: &Context<'a>,
) -> impl Iterator<Item = Step<'a>> {
    let judge = Judge::of(kind, ctx);
    judge.rows().iter().map(move |row| {
        let mean = mean(row.indicator);
        let (Some(value), Some(column)) = (mean, row.column) else {
            return Step { row, mean, entered: None, found: None };
        };
        let found = judge.found(value, column);
        Step { row, mean, entered: Some(judge.entered(value, column)), found: Some(found) }
    })
}

/// How the averages of a report come to individual indices.
#[derive(Clone, Copy, Debug)]
struct Judge<'a> {
    edition: &'a IndexEdition,
    kind: ReportKind,
    practice: Practice,
    rounding: &'a RoundingRow,
    exact: bool,
}

impl<'a> Judge<'a> {
    fn of(kind: ReportKind, ctx: &Context<'a>) -> Self {
        let (edition, practice) = (ctx.edition, ctx.parameters.practice);
        let rounding = edition.rounding(kind, practice, ctx.entity);
        let exact = !edition.rounds_before_index()
            && ctx.parameters.round_before_index == RoundBeforeIndex::Exact;
        Self { edition, kind, practice, rounding, exact }
    }

    fn rows(&self) -> &'a [ReportRow] {
        self.edition.report(self.kind, self.practice)
    }

    /// What of a value enters a column.
    fn entered(&self, value: Quotient, column: Column) -> Quotient {
        if self.exact {
            return value;
        }
        Quotient::whole(self.rounding.concentration_of(value, column.pollutant()))
    }

    fn found(&self, value: Quotient, column: Column) -> ColumnIndex {
        let column = self.edition.column(column);
        if self.exact {
            return column.index_exact(value, self.rounding.index, self.practice);
        }
        column.index_rounded(value, self.rounding, self.practice)
    }
}

fn report(
    kind: ReportKind,
    mean: impl Fn(Indicator) -> Option<Quotient>,
    ctx: &Context<'_>,
    due: Pollutants,
) -> Index {
    let mut index = Index::default();
    let mut by_pollutant = [0; Pollutant::COUNT];
    let mut present = Pollutants::EMPTY;
    let judge = Judge::of(kind, ctx);
    for row in judge.rows() {
        let Some(column) = row.column else { continue }; // reported without an index
        let Some(value) = mean(row.indicator) else { continue };
        let pollutant = row.indicator.pollutant();
        present.insert(pollutant);
        let iaqi = match judge.found(value, column) {
            ColumnIndex::Iaqi(iaqi) => iaqi,
            ColumnIndex::Beyond(top) => {
                index.beyond.insert(pollutant);
                top
            }
            ColumnIndex::None => continue, // present all the same: measured, not missing
        };
        index.iaqi[row.indicator.index()] = Some(iaqi);
        let largest = &mut by_pollutant[pollutant.index()];
        *largest = (*largest).max(iaqi + 1);
    }
    index.missing = due.minus(present);
    conclude(&mut index, &by_pollutant, !present.is_empty(), ctx);
    index
}

/// From the individual indices to AQI, primary and exceeding pollutants.
///
/// `by_pollutant` are the largest ones, each and one: 0 where there is none.
fn conclude(
    index: &mut Index,
    by_pollutant: &[u16; Pollutant::COUNT],
    measured: bool,
    ctx: &Context<'_>,
) {
    let above = |limit: u16| {
        POLLUTANTS.into_iter().fold(Pollutants::EMPTY, |all, p| {
            if by_pollutant[p.index()] > limit + 1 { all.with(p) } else { all }
        })
    };
    if let Some(limit) = ctx.edition.exceeding_above() {
        index.exceeding = above(limit);
    }
    let largest = by_pollutant.iter().fold(0, |largest, one| largest.max(*one));
    index.max_iaqi = largest.checked_sub(1);
    let Some(max) = index.max_iaqi else {
        index.no_aqi = Some(if measured { NoAqi::NoIaqi } else { NoAqi::AllMissing });
        return;
    };
    let incomplete = !index.missing.is_empty();
    if incomplete && na_unless_above(ctx).is_some_and(|limit| max <= limit) {
        index.no_aqi = Some(NoAqi::MissingAndNotAbove100);
        return;
    }
    index.aqi = Some(max);
    index.partial = incomplete;
    if max > ctx.edition.primary_above() {
        index.primary = above(max - 1);
    }
}

/// The rule of 2026, also chosen for 2012 by `missing_2012 = na100`.
const NA100: u16 = 100;

/// With a pollutant missing, the AQI is given only above this.
pub(crate) fn na_unless_above(ctx: &Context<'_>) -> Option<u16> {
    let chosen = match ctx.parameters.missing_2012 {
        Missing2012::Available => None,
        Missing2012::Na100 => Some(NA100),
    };
    ctx.edition.na_unless_above().or(chosen)
}
