//! A sheet by its map: header, rows, cells by field.
//!
//! In: a [`Sheet`] and its part of the map. Out: [`Grid`], whose rows give cells by field and note what is
//! wrong with them. Invariants: a merged region speaks for every row it covers, except of an emission, which
//! would count more than once; a merged workbook and the CSV files of it read alike.

use std::collections::BTreeMap;

use super::emission::Emission;
use super::map::Layout;
use super::sheet::{Cell, Findings, Kind, Merged, Place, Sheet};

/// Columns that people add and nobody reads.
const UNREAD: [&str; 2] = ["序号", "备注"];

/// A sheet whose columns were found.
#[derive(Debug)]
pub(super) struct Grid<'a> {
    sheet: Merged<'a>,
    map: &'a Layout,
    days_per_year: u16,
    place: Place,
    /// Columns by field.
    columns: BTreeMap<&'a str, u32>,
    rows: Vec<Row<'a>>,
}

/// A row with its cells by field, each with the row and column at which it stands.
#[derive(Clone, Debug)]
struct Row<'a> {
    number: u32,
    cells: BTreeMap<&'a str, ((u32, u32), &'a Cell)>,
}

/// What a header is compared by: without white space, with half-width signs.
pub(super) fn plain(text: &str) -> String {
    let half = |c| match c {
        '（' => '(',
        '）' => ')',
        '／' => '/',
        other => other,
    };
    text.chars().filter(|c| !c.is_whitespace()).map(half).collect()
}

/// The texts of a header's rows above each other, joined by `/`; one text over several rows stands once.
fn header(sheet: &Merged<'_>, map: &Layout, column: u32) -> String {
    let (first, end) = (map.header_row, map.header_row + map.header_rows);
    let mut parts: Vec<String> = Vec::new();
    for row in first..end {
        let mut text = plain(sheet.cell(row, column).shown());
        // A CSV file does not say that a cell is merged: an empty one above a text goes on with its left.
        let below = (row + 1..end).any(|below| !sheet.sheet.cell(below, column).is_empty());
        if text.is_empty() && below {
            let left = (0..column).rev().map(|left| sheet.cell(row, left));
            text = plain(left.into_iter().find(|cell| !cell.is_empty()).map_or("", Cell::shown));
        }
        if !text.is_empty() && parts.last() != Some(&text) {
            parts.push(text);
        }
    }
    parts.join("/")
}

impl<'a> Grid<'a> {
    /// Finds the columns and rows; `place` is the sheet.
    pub(super) fn new(
        (sheet, map): (&'a Sheet, &'a Layout),
        (skip, days_per_year): (&[String], u16),
        place: Place,
        out: &mut Findings,
    ) -> Self {
        let (columns, rows) = (BTreeMap::new(), Vec::new());
        let mut grid = Self { sheet: Merged::new(sheet), map, days_per_year, place, columns, rows };
        grid.find_columns(out);
        for number in map.header_row + map.header_rows..sheet.height() {
            let first = (0..sheet.width()).map(|c| sheet.cell(number, c)).find(|c| !c.is_empty());
            let is_sum = first.is_some_and(|cell| skip.contains(&plain(cell.shown())));
            if !is_sum && grid.columns.values().any(|c| !sheet.cell(number, *c).is_empty()) {
                let row = grid.read_row(number);
                grid.rows.push(row);
            }
        }
        grid
    }

    fn find_columns(&mut self, out: &mut Findings) {
        let headers: Vec<String> =
            (0..self.sheet.sheet.width()).map(|at| header(&self.sheet, self.map, at)).collect();
        let top = self.place.clone().row(self.map.header_row);
        let mut used = vec![false; headers.len()];
        for (field, column) in &self.map.columns {
            let wanted: Vec<String> = column.headers.iter().map(|h| plain(h)).collect();
            let mut found = (0_u32..).zip(&headers).filter(|(_, header)| wanted.contains(header));
            match found.next() {
                Some((at, _)) => {
                    self.columns.insert(field, at);
                    used[at as usize] = true;
                }
                None if column.needed => {
                    // Of a closed sheet the others are spellings of the first.
                    let headers =
                        if self.map.closed { &column.headers[..1] } else { &column.headers };
                    let text = format!("缺少“{}”列", headers.join("”或“"));
                    out.fault(top.clone(), Kind::ColumnMissing, text);
                }
                None => {}
            }
            for (again, header) in found {
                used[again as usize] = true;
                let text = format!("“{header}”列重复，应只有一列");
                out.fault(top.clone().column(again), Kind::Duplicate, text);
            }
        }
        for ((at, header), used) in (0_u32..).zip(&headers).zip(used) {
            if used || header.is_empty() || UNREAD.contains(&header.as_str()) {
                continue;
            }
            if self.map.closed {
                let text = format!("“{header}”列不属于本表，请删去或改名");
                out.fault(top.clone().column(at), Kind::ColumnUnused, text);
            } else {
                let text = format!("“{header}”列不在列映射中，未读取");
                out.notice(top.clone().column(at), Kind::ColumnUnused, text);
            }
        }
    }

    fn read_row(&self, number: u32) -> Row<'a> {
        let written = self.sheet.sheet;
        let mut cells = BTreeMap::new();
        for (field, at) in &self.columns {
            let is_amount = self.map.columns.get(*field).is_some_and(|column| column.is_amount);
            let at = if is_amount { (number, *at) } else { self.sheet.origin(number, *at) };
            cells.insert(*field, (at, written.cell(at.0, at.1)));
        }
        for group in &self.map.fill_down {
            let lead = group.first().and_then(|lead| self.columns.get(lead.as_str()));
            let goes_on = lead.is_some_and(|lead| written.cell(number, *lead).is_empty());
            let above = self.rows.last().filter(|_| goes_on);
            for (field, cell) in above.into_iter().flat_map(|above| &above.cells) {
                if group.iter().any(|name| name == field) {
                    let own = cells.entry(*field).or_insert(*cell);
                    if own.1.is_empty() {
                        *own = *cell;
                    }
                }
            }
        }
        Row { number, cells }
    }

    /// The sheet.
    pub(super) fn place(&self) -> Place {
        self.place.clone()
    }

    /// The rows, each with its number from 0.
    pub(super) fn rows(&self) -> impl Iterator<Item = Cells<'_>> {
        self.rows.iter().map(|row| Cells { grid: self, row })
    }

    /// Where a field's column is headed; the header's row if there is none.
    pub(super) fn headed(&self, field: &str) -> Place {
        let last = self.map.header_row + self.map.header_rows - 1;
        self.at(last, field)
    }

    /// A field's cell of a row.
    pub(super) fn at(&self, row: u32, field: &str) -> Place {
        let place = self.place.clone().row(row);
        match self.columns.get(field) {
            Some(column) => place.column(*column),
            None => place,
        }
    }

    /// Whether the field has a column.
    pub(super) fn has(&self, field: &str) -> bool {
        self.columns.contains_key(field)
    }

    /// What a field's column is called, for people.
    fn label(&self, field: &str) -> &str {
        let column = self.map.columns.get(field);
        column.and_then(|column| column.headers.first()).map_or("", String::as_str)
    }
}

/// The cells of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cells<'g> {
    grid: &'g Grid<'g>,
    row: &'g Row<'g>,
}

impl<'g> Cells<'g> {
    /// The row's number from 0.
    pub(super) fn number(&self) -> u32 {
        self.row.number
    }

    /// What stands in a field.
    fn cell(&self, field: &str) -> Option<&'g Cell> {
        self.row.cells.get(field).map(|(_, cell)| *cell)
    }

    /// Where a field stands; of a merged cell, where its value does.
    pub(super) fn place(&self, field: &str) -> Place {
        match self.row.cells.get(field) {
            Some(((row, column), _)) => self.grid.place().row(*row).column(*column),
            None => self.grid.at(self.row.number, field),
        }
    }

    /// Notes that a field is not what it must be: `企业类别为“X”，EXPECTED`.
    pub(super) fn fault(&self, field: &str, kind: Kind, expected: &str, out: &mut Findings) {
        let found = self.cell(field).map_or("", Cell::shown);
        let text = format!("{}为“{found}”，{expected}", self.grid.label(field));
        out.fault(self.place(field), kind, text);
    }

    /// Whether a number stands there and no text.
    pub(super) fn is_number(&self, field: &str) -> bool {
        matches!(self.cell(field), Some(Cell::Number(_)))
    }

    /// What may be empty. `None` of a formula's error, which is noted.
    pub(super) fn optional(&self, field: &str, out: &mut Findings) -> Option<&'g str> {
        match self.cell(field) {
            Some(Cell::Error(_)) => {
                self.fault(field, Kind::FormulaError, "公式出错，应为填写的内容", out);
                None
            }
            cell => Some(cell.map_or("", Cell::shown)),
        }
    }

    /// What must be there; `None` when its fault was noted, here or with the column.
    pub(super) fn text(&self, field: &str, out: &mut Findings) -> Option<&'g str> {
        let text = self.optional(field, out)?;
        if text.is_empty() {
            if self.grid.has(field) {
                let label = self.grid.label(field);
                out.fault(self.place(field), Kind::Empty, format!("{label}为空，应填写"));
            }
            return None;
        }
        Some(text)
    }

    /// What must be one of some words.
    pub(super) fn word<T>(
        &self,
        field: &str,
        (kind, expected): (Kind, &str),
        read: impl FnOnce(&str) -> Option<T>,
        out: &mut Findings,
    ) -> Option<T> {
        let found = read(self.text(field, out)?);
        if found.is_none() {
            self.fault(field, kind, expected, out);
        }
        found
    }

    /// Yes or no, where empty is no.
    pub(super) fn flag(&self, field: &str, out: &mut Findings) -> Option<bool> {
        match self.optional(field, out)? {
            "是" => Some(true),
            "否" | "" => Some(false),
            _ => {
                self.fault(field, Kind::UnknownWord, "应为“是”或“否”", out);
                None
            }
        }
    }

    /// An emission in the column's unit. Nothing there is a fault: what is nothing is written 0.
    pub(super) fn amount(&self, field: &str, out: &mut Findings) -> Option<Emission> {
        let text = self.optional(field, out)?;
        let unit = self.grid.map.columns.get(field)?.unit;
        if text.is_empty() {
            self.no_number(field, out);
            return None;
        }
        match Emission::parse(text, unit, self.grid.days_per_year) {
            Ok(amount) => Some(amount),
            Err(reason) => {
                let text = format!("{}为“{text}”，{reason}", self.grid.label(field));
                out.fault(self.place(field), Kind::NotANumber, text);
                None
            }
        }
    }

    /// A count. Nothing there is a fault: what is nothing is written 0.
    pub(super) fn count(&self, field: &str, out: &mut Findings) -> Option<u32> {
        let text = self.optional(field, out)?;
        if text.is_empty() {
            self.no_number(field, out);
            return None;
        }
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let count = text.parse().ok().filter(|_| digits);
        if count.is_none() {
            self.fault(field, Kind::NotANumber, "应为不小于0的整数", out);
        }
        count
    }

    /// Notes that no number stands in a field that has a column.
    fn no_number(&self, field: &str, out: &mut Findings) {
        if let Some(column) = self.grid.columns.get(field) {
            let merged = !self.grid.sheet.cell(self.row.number, *column).is_empty();
            let why = if merged { "（单元格已合并，不能分到各行）" } else { "" };
            let label = self.grid.label(field);
            let text = format!("{label}为空{why}，应为数字，没有的填0");
            out.fault(self.place(field), Kind::Empty, text);
        }
    }
}
