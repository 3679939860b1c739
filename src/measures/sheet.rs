//! Sheets as they were found, and where in them something is wrong.
//!
//! In: cells from a workbook or CSV files. Out: [`Sheet`], [`Cell`], and [`Findings`] by sheet and cell.
//! Invariant: a [`Place`] names the cell as the spreadsheet does (`工业源!F12`), whatever the file was.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

/// What stands in a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// A text, without white space at its ends. A date is one: `2026-09-28`.
    Text(String),
    /// A number, as the shortest decimal that is it.
    Number(String),
    /// The error of a formula, such as `#REF!`.
    Error(String),
}

/// Errors of formulas as a spreadsheet writes them into a CSV file.
const ERRORS: [&str; 7] = ["#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"];

impl Cell {
    /// A cell of a CSV file.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        match text.trim() {
            "" => Self::Empty,
            error if ERRORS.contains(&error) => Self::Error(error.to_owned()),
            text => Self::Text(text.to_owned()),
        }
    }

    /// What a person sees; empty of nothing.
    #[must_use]
    pub fn shown(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Text(text) | Self::Number(text) | Self::Error(text) => text,
        }
    }

    /// Whether nothing stands there.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

/// A merged region: its corners, both included, as (row, column) from 0.
pub type Region = ((u32, u32), (u32, u32));

/// A sheet with its cells from A1 on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Its name; of a CSV file, the name of the file without its ending.
    pub name: String,
    /// Rows of cells; a short row is empty at its end.
    pub rows: Vec<Vec<Cell>>,
    /// Merged regions, whose value stands in the upper left cell. A CSV file has none.
    pub merged: Vec<Region>,
}

static NOTHING: Cell = Cell::Empty;

impl Sheet {
    /// A cell by row and column from 0; empty outside.
    #[must_use]
    pub fn cell(&self, row: u32, column: u32) -> &Cell {
        let row = self.rows.get(row as usize);
        row.and_then(|row| row.get(column as usize)).unwrap_or(&NOTHING)
    }

    /// How many columns the widest row has.
    #[must_use]
    pub fn width(&self) -> u32 {
        let widest = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        u32::try_from(widest).unwrap_or(u32::MAX)
    }

    /// How many rows there are.
    #[must_use]
    pub fn height(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }
}

/// A sheet in which a merged region speaks for all its cells.
#[derive(Debug)]
pub(super) struct Merged<'a> {
    pub(super) sheet: &'a Sheet,
    /// The upper left of each other cell of a region.
    origins: BTreeMap<(u32, u32), (u32, u32)>,
}

impl<'a> Merged<'a> {
    pub(super) fn new(sheet: &'a Sheet) -> Self {
        let mut origins = BTreeMap::new();
        for &((top, left), (bottom, right)) in &sheet.merged {
            // A region may go beyond what is written, to the end of all columns.
            for row in top..=bottom.min(sheet.height()) {
                for column in left..=right.min(sheet.width()) {
                    origins.insert((row, column), (top, left));
                }
            }
        }
        Self { sheet, origins }
    }

    /// Where the value of a cell stands.
    pub(super) fn origin(&self, row: u32, column: u32) -> (u32, u32) {
        self.origins.get(&(row, column)).copied().unwrap_or((row, column))
    }

    /// The value of a cell.
    pub(super) fn cell(&self, row: u32, column: u32) -> &'a Cell {
        let (row, column) = self.origin(row, column);
        self.sheet.cell(row, column)
    }
}

/// Where something was found: `工业源!F12`, a row `工业源!12`, or a sheet as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Which sheet of the map it is, to list findings in the order of the map.
    order: usize,
    sheet: String,
    row: Option<u32>,
    column: Option<u32>,
}

impl Place {
    /// A sheet as a whole.
    #[must_use]
    pub fn sheet(order: usize, sheet: &str) -> Self {
        Self { order, sheet: sheet.to_owned(), row: None, column: None }
    }

    /// A row of it, from 0.
    #[must_use]
    pub fn row(self, row: u32) -> Self {
        Self { row: Some(row), ..self }
    }

    /// A cell of its row, from 0.
    #[must_use]
    pub fn column(self, column: u32) -> Self {
        Self { column: Some(column), ..self }
    }
}

/// The letters of a column from 0: A to Z, AA to ZZ and so on.
fn letters(column: u32) -> String {
    let last = char::from(b'A' + u8::try_from(column % 26).unwrap_or(0));
    match column / 26 {
        0 => last.to_string(),
        before => letters(before - 1) + &last.to_string(),
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sheet)?;
        if let Some(row) = self.row {
            let column = self.column.map(letters).unwrap_or_default();
            write!(f, "!{column}{}", u64::from(row) + 1)?;
        }
        Ok(())
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What kind of finding it is; a fault keeps the whole list from being loaded, a notice does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A sheet of the map is not there, or there twice.
    SheetMissing,
    /// A column of the map is not in the header.
    ColumnMissing,
    /// A cell that must hold something is empty.
    Empty,
    /// A formula's error stands in the cell.
    FormulaError,
    /// No number, negative, or beyond all measure.
    NotANumber,
    /// No date.
    DateUnreadable,
    /// A word outside of the words allowed here.
    UnknownWord,
    /// A grade outside of the grades.
    UnknownGrade,
    /// Not 18 characters as GB 32100-2015 asks.
    CreditCodeMalformed,
    /// The check digit of the credit code is wrong.
    CreditCodeCheckDigit,
    /// One credit code of two enterprises.
    CreditCodeShared,
    /// A district that the list does not have.
    UnknownDistrict,
    /// The same row twice.
    Duplicate,
    /// More is reduced than is emitted.
    ReductionAboveBase,
    /// A reduction without a measure.
    ReductionWithoutMeasure,
    /// A higher level does less than a lower one.
    NotMonotonic,
    /// A stop where stopping at short notice is not safe.
    UnsafeStop,
    /// The whole-society emission of a substance is missing or zero.
    DenominatorMissing,
    /// The rows emit more than the whole society.
    BaseAboveDenominator,
    /// A level of the public part is missing.
    LevelMissing,
    /// A level of the public part stands twice.
    LevelTwice,
    /// A changed or removed row without a reason.
    ReasonMissing,
    /// The new edition is not younger than the old one.
    NotLater,
    /// More was done than has to be: more plants stopped, or limited, than were to.
    MoreThanAsked,
    /// Notice: measures for a grade that reduces voluntarily.
    VoluntaryGrade,
    /// Notice: a plant that stands still counts into the reduction.
    StandingStill,
    /// Notice: a sheet that the map does not name.
    SheetUnused,
    /// Notice: a column that the map does not name; a fault in a table that has no others.
    ColumnUnused,
    /// Notice: a reason that no change asks for.
    ReasonIdle,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// Sheet and cell.
    pub place: Place,
    /// What kind of finding.
    pub kind: Kind,
    /// What was found and what is expected, as a sentence without its full stop.
    pub text_zh: String,
}

/// `工业源!F12：…`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}：{}", self.place, self.text_zh)
    }
}

/// All that was found in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// Nothing is loaded while there is one.
    pub faults: Vec<Finding>,
    /// To be looked at; the list is loaded all the same.
    pub notices: Vec<Finding>,
}

impl Findings {
    pub(super) fn fault(&mut self, place: Place, kind: Kind, text: impl Into<String>) {
        self.faults.push(Finding { place, kind, text_zh: text.into() });
    }

    pub(super) fn notice(&mut self, place: Place, kind: Kind, text: impl Into<String>) {
        self.notices.push(Finding { place, kind, text_zh: text.into() });
    }

    /// In the order of the sheets and their cells; what several rows found in one merged cell stands once.
    pub(super) fn sorted(mut self) -> Self {
        for all in [&mut self.faults, &mut self.notices] {
            all.sort();
            all.dedup();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_as_in_the_spreadsheet() {
        let sheet = Place::sheet(0, "工业源");
        assert_eq!(sheet.to_string(), "工业源");
        assert_eq!(sheet.clone().row(11).to_string(), "工业源!12");
        let cell = |column| sheet.clone().row(11).column(column).to_string();
        let expected = ["工业源!F12", "工业源!Z12", "工业源!AA12", "工业源!AZ12", "工业源!BA12"];
        assert_eq!([5, 25, 26, 51, 52].map(cell), expected);
    }

    #[test]
    fn an_error_of_a_formula_is_seen_in_a_text_file_too() {
        assert_eq!(Cell::from_text(" #REF! "), Cell::Error("#REF!".to_owned()));
        assert_eq!(Cell::from_text("#1烧结机"), Cell::Text("#1烧结机".to_owned()));
        assert!(Cell::from_text(" \t").is_empty());
    }
}
