//! Which sheet holds which table of the list, and which column which field.
//!
//! In: what the map's file says, entry by entry. Out: a [`ColumnMap`], or every fault of it at once.
//! Invariant: a sheet of the map has a column for each field that its table must have, and no other fields.

use std::collections::BTreeMap;

use super::emission::{Substance, Unit};
use crate::warning::Level;

/// A table of the list; one sheet holds one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// City, filing number, date in force, districts (清单信息), as rows of name and content.
    Basics,
    /// Production lines of enterprises (工业源).
    Industry,
    /// Mobile sources (移动源).
    Mobile,
    /// Dust sources (扬尘源).
    Dust,
    /// The emission of the whole society by sector (全社会排放量): the denominator.
    Society,
    /// What the public and the departments do (公众措施).
    Public,
    /// Rows of the edition before that are no longer listed (调出清单). May be missing.
    Removals,
}

/// What a field is to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// A text; the column must be there.
    Column,
    /// A text; the column may be missing.
    Nothing,
    /// An emission; the column must be there, and a merged cell does not count for each row.
    Amount,
}

const BASICS: [(&str, Needs); 2] = [("item", Needs::Column), ("content", Needs::Column)];

const ENTERPRISE: [(&str, Needs); 19] = [
    ("enterprise", Needs::Column),
    ("credit_code", Needs::Column),
    ("permit", Needs::Nothing),
    ("district", Needs::Column),
    ("town", Needs::Nothing),
    ("longitude", Needs::Nothing),
    ("latitude", Needs::Nothing),
    ("industry", Needs::Column),
    ("grade", Needs::Column),
    ("protected", Needs::Column),
    ("micro", Needs::Column),
    ("operation", Needs::Column),
    ("no_short_stop", Needs::Column),
    ("line", Needs::Column),
    ("trucks_per_day", Needs::Nothing),
    ("contact", Needs::Column),
    ("phone", Needs::Column),
    ("meters", Needs::Nothing),
    ("reason", Needs::Nothing),
];

const SOURCE: [(&str, Needs); 9] = [
    ("name", Needs::Column),
    ("category", Needs::Column),
    ("district", Needs::Column),
    ("town", Needs::Nothing),
    ("department", Needs::Column),
    ("operator", Needs::Nothing),
    ("contact", Needs::Column),
    ("phone", Needs::Column),
    ("reason", Needs::Nothing),
];

const SOCIETY: [(&str, Needs); 2] = [("sector", Needs::Column), ("reason", Needs::Nothing)];

const PUBLIC: [(&str, Needs); 4] = [
    ("level", Needs::Column),
    ("kind", Needs::Column),
    ("measure", Needs::Column),
    ("department", Needs::Column),
];

const REMOVALS: [(&str, Needs); 5] = [
    ("table", Needs::Column),
    ("name", Needs::Column),
    ("district", Needs::Column),
    ("line", Needs::Column),
    ("reason", Needs::Column),
];

/// The field of a substance's base emission.
pub(super) fn base(substance: Substance) -> String {
    format!("base_{}", substance.name())
}

/// The field of a level's measure.
pub(super) fn measure(level: Level) -> String {
    format!("measure_{level}")
}

/// The field of a substance's reduction at a level.
pub(super) fn reduction(substance: Substance, level: Level) -> String {
    format!("reduction_{}_{level}", substance.name())
}

impl Table {
    /// In the order of a list.
    pub const ALL: [Self; 7] = [
        Self::Basics,
        Self::Industry,
        Self::Mobile,
        Self::Dust,
        Self::Society,
        Self::Public,
        Self::Removals,
    ];

    /// In the map, and as the name of a CSV file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basics => "basics",
            Self::Industry => "industry",
            Self::Mobile => "mobile",
            Self::Dust => "dust",
            Self::Society => "society",
            Self::Public => "public",
            Self::Removals => "removals",
        }
    }

    /// Its fields, each with what it needs.
    pub(super) fn fields(self) -> Vec<(String, Needs)> {
        let texts: &[(&str, Needs)] = match self {
            Self::Basics => &BASICS,
            Self::Industry => &ENTERPRISE,
            Self::Mobile | Self::Dust => &SOURCE,
            Self::Society => &SOCIETY,
            Self::Public => &PUBLIC,
            Self::Removals => &REMOVALS,
        };
        let mut fields: Vec<_> = texts.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
        if matches!(self, Self::Industry | Self::Mobile | Self::Dust | Self::Society) {
            fields.extend(Substance::ALL.map(|s| (base(s), Needs::Amount)));
        }
        if matches!(self, Self::Industry | Self::Mobile | Self::Dust) {
            fields.extend(Level::ALL.map(|level| (measure(level), Needs::Column)));
            for substance in Substance::ALL {
                let of = |level| (reduction(substance, level), Needs::Amount);
                fields.extend(Level::ALL.map(of));
            }
        }
        fields
    }
}

/// How a column is found and read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// Texts of the header, any of which it is; the parts of several header rows joined by `/`.
    pub(super) headers: Vec<String>,
    /// The unit of an emission.
    pub(super) unit: Unit,
    /// Whether an emission stands there.
    pub(super) is_amount: bool,
    /// Whether the table cannot do without it.
    pub(super) needed: bool,
}

/// How a sheet is laid out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// The first row of the header, from 0.
    pub(super) header_row: u32,
    /// How many rows the header has.
    pub(super) header_rows: u32,
    pub(super) columns: BTreeMap<String, Column>,
    /// Groups of fields: where the first of a group is empty, the row goes on with those of the row above.
    pub(super) fill_down: Vec<Vec<String>>,
    /// Whether a column that is none of these is a fault.
    pub(super) closed: bool,
}

/// One sheet of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SheetMap {
    pub(super) table: Table,
    /// The sheet's name.
    pub(super) name: String,
    pub(super) layout: Layout,
}

impl SheetMap {
    /// Whether a sheet of this name is it.
    pub(super) fn is_called(&self, sheet: &str) -> bool {
        [self.name.as_str(), self.table.name()].contains(&sheet.trim())
    }
}

/// A map of a whole list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMap {
    /// Days to a year, for units of a year.
    pub(super) days_per_year: u16,
    /// Rows whose first text is one of these are sums, not rows of the list.
    pub(super) skip: Vec<String>,
    pub(super) sheets: Vec<SheetMap>,
}

/// What the map's file says of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnEntry {
    /// Texts of the header, any of which it is.
    pub headers: Vec<String>,
    /// The unit, where one is given.
    pub unit: Option<String>,
}

/// What the map's file says of a sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SheetEntry {
    /// The table's name.
    pub table: String,
    /// The sheet's name.
    pub name: String,
    /// The header's first row, from 1.
    pub header_row: u32,
    /// How many rows it has.
    pub header_rows: u32,
    /// Columns by field.
    pub columns: BTreeMap<String, ColumnEntry>,
    /// Groups that are filled down.
    pub fill_down: Vec<Vec<String>>,
}

impl ColumnMap {
    /// Whether a sheet of this name, or a CSV file called like its table, holds a table.
    #[must_use]
    pub fn wants(&self, sheet: &str) -> bool {
        self.sheets.iter().any(|map| map.is_called(sheet))
    }

    /// Checks entries.
    ///
    /// # Errors
    /// Every fault, each naming sheet and key.
    pub fn new(
        days_per_year: u16,
        skip: Vec<String>,
        entries: Vec<SheetEntry>,
    ) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        if !(1..=366).contains(&days_per_year) {
            faults.push(format!("days_per_year: must be 1 to 366, got {days_per_year}"));
        }
        let mut sheets: Vec<SheetMap> = Vec::new();
        for entry in entries {
            let Some(sheet) = sheet_map(entry, &mut faults) else { continue };
            if sheets.iter().any(|s| s.table == sheet.table || s.name == sheet.name) {
                faults.push(format!("sheet {}: its table or name stands twice", sheet.name));
            }
            sheets.push(sheet);
        }
        sheets.sort_by_key(|sheet| sheet.table);
        if faults.is_empty() {
            for table in Table::ALL.into_iter().filter(|table| *table != Table::Removals) {
                if !sheets.iter().any(|sheet| sheet.table == table) {
                    faults.push(format!("no sheet has table = {:?}", table.name()));
                }
            }
        }
        match faults {
            faults if faults.is_empty() => Ok(Self { days_per_year, skip, sheets }),
            faults => Err(faults),
        }
    }
}

fn sheet_map(entry: SheetEntry, faults: &mut Vec<String>) -> Option<SheetMap> {
    let shown = format!("sheet {}", entry.name);
    let Some(table) = Table::ALL.into_iter().find(|table| table.name() == entry.table) else {
        let known = Table::ALL.map(Table::name).join(", ");
        faults.push(format!("{shown}: table must be one of {known}, got {:?}", entry.table));
        return None;
    };
    if !(1..=100).contains(&entry.header_row) || !(1..=3).contains(&entry.header_rows) {
        faults.push(format!("{shown}: header_row must be 1 to 100 and header_rows 1 to 3"));
    }
    let fields = table.fields();
    let mut columns = BTreeMap::new();
    for (field, column) in entry.columns {
        let Some((_, needs)) = fields.iter().find(|(name, _)| *name == field) else {
            faults.push(format!("{shown}: columns.{field} is no field of {}", table.name()));
            continue;
        };
        let unit = column.unit.as_deref().unwrap_or(Unit::KgPerDay.name());
        let known = Unit::ALL.into_iter().find(|known| known.name() == unit);
        let is_amount = *needs == Needs::Amount;
        if known.is_none() || (column.unit.is_some() && !is_amount) {
            let units = Unit::ALL.map(Unit::name).join(", ");
            faults.push(format!(
                "{shown}: columns.{field}: unit {unit:?}: only an emission has \
                                 one, and it is one of {units}"
            ));
        }
        if column.headers.iter().all(|header| header.trim().is_empty()) {
            faults.push(format!("{shown}: columns.{field} has no header"));
        }
        let unit = known.unwrap_or(Unit::KgPerDay);
        let needed = *needs != Needs::Nothing;
        columns.insert(field, Column { headers: column.headers, unit, is_amount, needed });
    }
    for (field, _) in fields.iter().filter(|(_, needs)| *needs != Needs::Nothing) {
        if !columns.contains_key(field) {
            faults.push(format!("{shown}: columns.{field} is missing"));
        }
    }
    for field in entry.fill_down.iter().flatten() {
        if columns.get(field).is_none_or(|column| column.is_amount) {
            faults.push(format!("{shown}: fill_down: {field:?} is no text column of this sheet"));
        }
    }
    Some(SheetMap {
        table,
        name: entry.name,
        layout: Layout {
            header_row: entry.header_row.saturating_sub(1),
            header_rows: entry.header_rows,
            columns,
            fill_down: entry.fill_down,
            closed: false,
        },
    })
}
