//! A list from its sheets: everything that is wrong, or an edition.
//!
//! In: [`Sheet`]s and a [`ColumnMap`]. Out: [`Loaded`], or all [`Findings`] at once, by sheet and cell.
//! Invariant: with one fault nothing is loaded.

mod basics;
mod emitters;
mod industry;
mod public;
mod society;
mod sources;

use std::collections::BTreeMap;

use super::edition::{Edition, SheetPlace};
use super::grid::Grid;
use super::map::{ColumnMap, Table};
use super::rows::Removal;
use super::sheet::{Finding, Findings, Kind, Place, Sheet};

/// An edition, and what should be looked at in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The list.
    pub edition: Edition,
    /// Findings that do not keep it from being used.
    pub notices: Vec<Finding>,
}

/// Reads a list.
///
/// # Errors
/// All findings, at least one of them a fault.
pub fn load(sheets: &[Sheet], map: &ColumnMap) -> Result<Loaded, Findings> {
    let mut out = Findings::default();
    let grids = grids(sheets, map, &mut out);
    let grid = |table: Table| grids.get(&table);
    let basics = grid(Table::Basics).map(|grid| basics::read(grid, &mut out)).unwrap_or_default();
    let districts = &basics.districts;
    let industry = grid(Table::Industry).map(|grid| industry::read(grid, districts, &mut out));
    let mut base = industry.as_ref().map(|(_, base)| *base).unwrap_or_default();
    let mut sources = Vec::new();
    for table in [Table::Mobile, Table::Dust] {
        let Some(grid) = grid(table) else { continue };
        let (rows, emitted) = sources::read(table, grid, districts, &mut out);
        sources.extend(rows);
        base = base + emitted;
    }
    let society = grid(Table::Society).map(|grid| society::read(grid, base, &mut out));
    let public = grid(Table::Public).map(|grid| public::read(grid, &mut out));
    let removals = grid(Table::Removals).map(|grid| removals(grid, map, &mut out));
    let out = out.sorted();
    let (Some(city), Some(filing), Some(in_force)) = (basics.city, basics.filing, basics.in_force)
    else {
        return Err(out);
    };
    if !out.faults.is_empty() {
        return Err(out);
    }
    let place = |table: Table, grid: &Grid<'_>| {
        let field = if table == Table::Removals { "name" } else { "reason" };
        SheetPlace { place: grid.place(), row: grid.at(0, field) }
    };
    let edition = Edition {
        city,
        filing,
        in_force,
        districts: basics.districts,
        lines: industry.map(|(lines, _)| lines).unwrap_or_default(),
        sources,
        society: society.unwrap_or_default(),
        public: public.unwrap_or_default(),
        removals: removals.unwrap_or_default(),
        sheets: grids.iter().map(|(table, grid)| (*table, place(*table, grid))).collect(),
    };
    Ok(Loaded { edition: edition.sorted(), notices: out.notices })
}

/// The sheets of the map, each with its columns found.
fn grids<'a>(
    sheets: &'a [Sheet],
    map: &'a ColumnMap,
    out: &mut Findings,
) -> BTreeMap<Table, Grid<'a>> {
    for sheet in sheets.iter().filter(|sheet| !map.wants(&sheet.name)) {
        let text = "工作表不在列映射中，未读取";
        out.notice(Place::sheet(usize::MAX, &sheet.name), Kind::SheetUnused, text);
    }
    let mut grids = BTreeMap::new();
    for (order, of) in map.sheets.iter().enumerate() {
        let place = Place::sheet(order, &of.name);
        let found: Vec<&Sheet> = sheets.iter().filter(|s| of.is_called(&s.name)).collect();
        match found.as_slice() {
            [sheet] => {
                let how = (map.skip.as_slice(), map.days_per_year);
                grids.insert(of.table, Grid::new((sheet, &of.layout), how, place, out));
            }
            [] if of.table == Table::Removals => {}
            [] => {
                let text = format!("缺少工作表“{}”", of.name);
                out.fault(place, Kind::SheetMissing, text);
            }
            _ => {
                let text = format!("工作表“{}”重复，应只有一张", of.name);
                out.fault(place, Kind::SheetMissing, text);
            }
        }
    }
    grids
}

/// 调出清单.
fn removals(grid: &Grid<'_>, map: &ColumnMap, out: &mut Findings) -> Vec<Removal> {
    let named = |text: &str| {
        let sheet = map.sheets.iter().find(|sheet| sheet.name == text)?;
        let emits = [Table::Industry, Table::Mobile, Table::Dust, Table::Society];
        emits.contains(&sheet.table).then_some(sheet.table)
    };
    let mut removals = Vec::new();
    for cells in grid.rows() {
        let expected =
            (Kind::UnknownWord, "应为工业源、移动源、扬尘源或全社会排放量所在的工作表名");
        let table = cells.word("table", expected, named, out);
        let name = cells.text("name", out);
        let district = cells.optional("district", out);
        let line = cells.optional("line", out);
        let reason = cells.text("reason", out);
        let texts = (|| Some((table?, name?, district?, line?, reason?)))();
        let Some((table, name, district, line, reason)) = texts else { continue };
        removals.push(Removal {
            table,
            name: name.to_owned(),
            district: district.to_owned(),
            line: line.to_owned(),
            reason: reason.to_owned(),
            row: cells.number(),
        });
    }
    removals
}
