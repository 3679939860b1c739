//! The index edition as it is used: columns, reports, rounding and classes in arrays.

use crate::observation::Pollutant;
use crate::quantity::{Amount, Quotient, Rounding};

use super::{Category, Column, Entity, InForce, Indicator, Practice, ReportKind, Source};

/// A concentration at which the index has a given value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breakpoint {
    /// The individual index.
    pub iaqi: u16,
    /// The concentration, in 0.001 µg/m³.
    pub amount: Amount,
    /// Where that is said.
    pub source: Source,
}

/// What a concentration above the last breakpoint of a column counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AboveTop {
    /// The column reaches 500: clipped there.
    Clip,
    /// Its own clause: an index, or none.
    Clause(Option<u16>, Source),
}

/// One column of the breakpoint table.
#[derive(Clone, Debug)]
pub struct BreakpointColumn {
    pub(super) column: Column,
    pub(super) breakpoints: Vec<Breakpoint>,
    /// The breakpoints as plain numbers, `(concentration, index)`: the hot path reads only these.
    pub(super) points: [(i64, i64); Self::MOST],
    pub(super) count: usize,
    /// The index of every whole step up to the last breakpoint, rounded up: what nearly every concentration
    /// asks for. A step is 1 µg/m³, of CO 0.1 mg/m³.
    pub(super) whole: Vec<u16>,
    /// By practice.
    pub(super) above: [AboveTop; 2],
}

/// What a column says of a concentration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnIndex {
    /// An individual index.
    Iaqi(u16),
    /// Above the top of the scale: clipped at 500.
    Beyond(u16),
    /// The clause gives no index here.
    None,
}

/// The straight line between two neighbouring breakpoints, up to a concentration.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The breakpoint below the concentration, or the first one.
    pub low: &'a Breakpoint,
    /// The one above it, or at it.
    pub high: &'a Breakpoint,
    /// The unrounded index above `low.iaqi`, as a quotient: this.
    pub num: i128,
    /// By this; positive.
    pub den: i128,
}

impl BreakpointColumn {
    /// The most breakpoints a column has.
    pub(super) const MOST: usize = 8;

    /// Which column it is.
    #[must_use]
    pub const fn column(&self) -> Column {
        self.column
    }

    /// Its breakpoints, lowest first.
    #[must_use]
    pub fn breakpoints(&self) -> &[Breakpoint] {
        &self.breakpoints
    }

    /// What a concentration above the last breakpoint counts as where a note says it: an index or
    /// none, and the note. `None` when the column reaches the top of the scale.
    #[must_use]
    pub const fn above_top(&self, practice: Practice) -> Option<(Option<u16>, Source)> {
        match self.above[practice as usize] {
            AboveTop::Clip => None,
            AboveTop::Clause(iaqi, source) => Some((iaqi, source)),
        }
    }

    /// The individual index of a concentration that was rounded before.
    #[must_use]
    pub fn index(&self, amount: Amount, rounding: Rounding, practice: Practice) -> ColumnIndex {
        if rounding == Rounding::Up
            && let Ok(milli) = u32::try_from(amount.milli())
        {
            let step = self.step();
            if milli.is_multiple_of(step)
                && let Some(iaqi) = self.whole.get((milli / step) as usize)
            {
                return ColumnIndex::Iaqi(*iaqi);
            }
        }
        self.between(amount, rounding, practice)
    }

    /// The individual index of a mean, rounded as a report rounds it.
    #[must_use]
    #[inline]
    pub fn index_rounded(
        &self,
        value: Quotient,
        rounding: &RoundingRow,
        practice: Practice,
    ) -> ColumnIndex {
        let step = self.step();
        let rounded_to = if self.is_co() { rounding.step_co } else { rounding.step };
        // Nearly every mean: so many whole steps, which are looked up.
        if rounding.index == Rounding::Up
            && u32::try_from(rounded_to) == Ok(step)
            && let Some(steps) = value.small_steps(step, rounding.concentration)
            && let Some(iaqi) = self.whole.get(steps as usize)
        {
            return ColumnIndex::Iaqi(*iaqi);
        }
        let amount = value.round(rounded_to, rounding.concentration);
        self.index(amount, rounding.index, practice)
    }

    /// Finds every whole step.
    pub(super) fn tabulated(mut self) -> Self {
        let step = i64::from(self.step());
        let (top, _) = self.points[self.count - 1];
        let steps = (0..=top / step).map_while(|n| {
            let amount = Amount::from_milli(i32::try_from(n * step).ok()?);
            match self.between(amount, Rounding::Up, Practice::Letter) {
                ColumnIndex::Iaqi(iaqi) => Some(iaqi),
                ColumnIndex::Beyond(_) | ColumnIndex::None => None,
            }
        });
        self.whole = steps.collect();
        self
    }

    const fn is_co(&self) -> bool {
        matches!(self.column, Column::Co24h | Column::Co1h)
    }

    /// A step of the table of whole steps, in 0.001 µg/m³.
    const fn step(&self) -> u32 {
        if self.is_co() { 100_000 } else { 1000 }
    }

    fn between(&self, amount: Amount, rounding: Rounding, practice: Practice) -> ColumnIndex {
        let c = i64::from(amount.milli()).max(0);
        let points = &self.points[..self.count];
        // At most eight points: a scan beats a search.
        let Some(hi) = points.iter().position(|(bp, _)| c <= *bp) else {
            return self.above_top_index(practice);
        };
        if hi == 0 {
            return ColumnIndex::Iaqi(0);
        }
        let ((bp_lo, iaqi_lo), (bp_hi, iaqi_hi)) = (points[hi - 1], points[hi]);
        let part = rounding.divide_i64((iaqi_hi - iaqi_lo) * (c - bp_lo), bp_hi - bp_lo);
        ColumnIndex::Iaqi(iaqi_number(iaqi_lo + part))
    }

    /// The same for an exact mean (`round_before_index = exact`).
    #[must_use]
    pub fn index_exact(
        &self,
        value: Quotient,
        rounding: Rounding,
        practice: Practice,
    ) -> ColumnIndex {
        let Some(line) = self.line(value) else { return self.above_top_index(practice) };
        let part = rounding.divide(line.num, line.den);
        let iaqi = i64::from(line.low.iaqi) + i64::try_from(part).unwrap_or(i64::MAX);
        ColumnIndex::Iaqi(iaqi_number(iaqi))
    }

    /// Between which breakpoints a concentration lies, and how far it has come; `None` above the last one.
    #[must_use]
    pub fn line(&self, value: Quotient) -> Option<Line<'_>> {
        let (num, den) = (value.num.max(0), i128::from(value.den));
        let points = &self.points[..self.count];
        let above = points.iter().position(|(bp, _)| num <= i128::from(*bp) * den)?;
        let high = above.max(1); // zero lies at the foot of the first line
        let ((bp_lo, iaqi_lo), (bp_hi, iaqi_hi)) = (points[high - 1], points[high]);
        Some(Line {
            low: &self.breakpoints[high - 1],
            high: &self.breakpoints[high],
            num: i128::from(iaqi_hi - iaqi_lo) * (num - i128::from(bp_lo) * den),
            den: i128::from(bp_hi - bp_lo) * den,
        })
    }

    const fn above_top_index(&self, practice: Practice) -> ColumnIndex {
        match self.above[practice as usize] {
            AboveTop::Clip => ColumnIndex::Beyond(TOP),
            AboveTop::Clause(Some(iaqi), _) => ColumnIndex::Iaqi(iaqi),
            AboveTop::Clause(None, _) => ColumnIndex::None,
        }
    }
}

/// Where the scale ends.
pub(crate) const TOP: u16 = 500;

fn iaqi_number(iaqi: i64) -> u16 {
    u16::try_from(iaqi).unwrap_or(TOP)
}

/// One indicator of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportRow {
    /// The average that is reported.
    pub indicator: Indicator,
    /// The column that gives its index; `None` when it is reported without one.
    pub column: Option<Column>,
    /// Where that is said.
    pub source: Source,
}

/// How concentrations and indices are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundingRow {
    /// How a concentration is rounded.
    pub concentration: Rounding,
    /// To which step in 0.001 µg/m³, all pollutants but CO.
    pub step: i32,
    /// To which step in 0.001 µg/m³, CO.
    pub step_co: i32,
    /// Where that is said.
    pub concentration_source: Source,
    /// How an individual index is rounded.
    pub index: Rounding,
    /// Where that is said.
    pub index_source: Source,
}

impl RoundingRow {
    /// The rounded concentration.
    #[must_use]
    pub fn concentration_of(&self, value: Quotient, pollutant: Pollutant) -> Amount {
        value.round(self.step_of(pollutant), self.concentration)
    }

    /// The step of a pollutant, in 0.001 µg/m³.
    #[must_use]
    pub const fn step_of(&self, pollutant: Pollutant) -> i32 {
        match pollutant {
            Pollutant::Co => self.step_co,
            _ => self.step,
        }
    }
}

/// A number of the edition that is not in a table; `None` where the text gives none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// The number.
    pub value: Option<u16>,
    /// Where that is said.
    pub source: Source,
}

/// Names, colours and texts of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// The class.
    pub category: Category,
    /// 一级 to 六级.
    pub level_zh: &'static str,
    /// 优 to 严重污染.
    pub name_zh: &'static str,
    /// The English name (a translation).
    pub name_en: &'static str,
    /// Lowest and highest AQI.
    pub aqi: (u16, u16),
    /// The name of the colour.
    pub colour_zh: &'static str,
    /// The English name of the colour.
    pub colour_en: &'static str,
    /// `#RRGGBB`.
    pub colour: &'static str,
    /// Red, green, blue.
    pub rgb: [u8; 3],
    /// Cyan, magenta, yellow, black, in percent.
    pub cmyk: [u8; 4],
    /// 对健康影响情况.
    pub health: &'static str,
    /// 建议采取的措施.
    pub advice: &'static str,
    /// Where range and name stand.
    pub source: Source,
    /// Where the texts stand.
    pub text_source: Source,
    /// Where the colour stands.
    pub colour_source: Source,
}

/// Who is sensitive when a pollutant's index exceeds 100 (2026).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SensitiveGroup {
    /// The pollutant.
    pub pollutant: Pollutant,
    /// The people.
    pub group: &'static str,
    /// Where that is said.
    pub source: Source,
}

/// One edition of HJ 633.
#[derive(Clone, Debug)]
pub struct IndexEdition {
    pub(super) id: &'static str,
    pub(super) document: &'static str,
    pub(super) title: &'static str,
    pub(super) in_force: InForce,
    pub(super) sources: Vec<Source>,
    pub(super) columns: [BreakpointColumn; Column::COUNT],
    /// By report and practice.
    pub(super) reports: [[Vec<ReportRow>; 2]; 2],
    /// By report, practice and entity.
    pub(super) rounding: [[[RoundingRow; 2]; 2]; 2],
    pub(super) rules: Vec<Rule>,
    pub(super) primary_above: u16,
    pub(super) exceeding_above: Option<u16>,
    pub(super) na_unless_above: Option<u16>,
    pub(super) rounds_before_index: bool,
    pub(super) classes: [Class; Category::COUNT],
    pub(super) sensitive_groups: Vec<SensitiveGroup>,
}

impl IndexEdition {
    /// `hj633_2012`, `hj633_2026`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// `HJ 633—2026`.
    #[must_use]
    pub const fn document(&self) -> &'static str {
        self.document
    }

    /// The document's title.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        self.title
    }

    /// When it is in force.
    #[must_use]
    pub const fn in_force(&self) -> InForce {
        self.in_force
    }

    /// The places its rows refer to.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The ten columns, as printed.
    #[must_use]
    pub const fn columns(&self) -> &[BreakpointColumn; Column::COUNT] {
        &self.columns
    }

    /// One column.
    #[must_use]
    pub const fn column(&self, column: Column) -> &BreakpointColumn {
        &self.columns[column.index()]
    }

    /// The indicators of a report.
    #[must_use]
    pub fn report(&self, kind: ReportKind, practice: Practice) -> &[ReportRow] {
        &self.reports[kind as usize][practice as usize]
    }

    /// The rounding of a report.
    #[must_use]
    pub const fn rounding(
        &self,
        kind: ReportKind,
        practice: Practice,
        entity: Entity,
    ) -> &RoundingRow {
        &self.rounding[kind as usize][practice as usize][entity as usize]
    }

    /// The single numbers, as read.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// A primary pollutant is named when the AQI is above this.
    #[must_use]
    pub const fn primary_above(&self) -> u16 {
        self.primary_above
    }

    /// A pollutant exceeds (超标) when its index is above this; `None` where the term is gone.
    #[must_use]
    pub const fn exceeding_above(&self) -> Option<u16> {
        self.exceeding_above
    }

    /// With a pollutant missing, the AQI is given only above this; `None` where the text is silent.
    #[must_use]
    pub const fn na_unless_above(&self) -> Option<u16> {
        self.na_unless_above
    }

    /// Whether the text itself rounds concentrations before the index; where it is silent the
    /// parameter `round_before_index` decides.
    #[must_use]
    pub const fn rounds_before_index(&self) -> bool {
        self.rounds_before_index
    }

    /// The classes, cleanest first.
    #[must_use]
    pub const fn classes(&self) -> &[Class; Category::COUNT] {
        &self.classes
    }

    /// Names, colours and texts of a class.
    #[must_use]
    pub const fn class(&self, category: Category) -> &Class {
        &self.classes[category.index()]
    }

    /// The sensitive groups, if the edition names any.
    #[must_use]
    pub fn sensitive_groups(&self) -> &[SensitiveGroup] {
        &self.sensitive_groups
    }

    /// Who is sensitive to a pollutant whose index exceeds 100.
    #[must_use]
    pub fn sensitive_group(&self, pollutant: Pollutant) -> Option<&'static str> {
        self.sensitive_groups.iter().find(|g| g.pollutant == pollutant).map(|g| g.group)
    }
}
