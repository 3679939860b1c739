//! What districts report of a day of a response (应对日报), from a sheet: one row a district.
//!
//! In: the sheets of a file, the day, and the districts of the list. Out: a [`DistrictDay`] for each row, or
//! every fault by sheet and cell. Invariants: with one fault nothing is taken; columns stand in any order
//! below the first row that names 区县; a column that is none of the report is a fault, a row 合计 is passed
//! over. Source: issue 5, Build 5.

use std::collections::BTreeMap;

use super::emission::Unit;
use super::grid::{Cells, Grid, plain};
use super::map::{Column, Layout};
use super::sheet::{Findings, Kind, Place, Sheet};
use crate::time::Day;
use crate::warning::{Count, Counts, DistrictDay};

const DISTRICT: &str = "区县";
const REPORTER: &str = "填报人";
const REMARK: &str = "备注";
const SUM: &str = "合计";
/// Rows above the header in which a title may stand.
const HEADER_WITHIN: u32 = 10;

/// What a column of a count may be called, the first as it is told.
fn headers(count: Count) -> Vec<String> {
    let (label, unit) = count.text_zh();
    let with_unit = |label: &str| format!("{label}（{unit}）");
    let number = format!("{label}数");
    vec![with_unit(label), with_unit(&number), label.to_owned(), number]
}

/// The columns of the report, as they are told.
#[must_use]
pub fn daily_columns() -> Vec<String> {
    let counts = Count::ALL.iter().filter_map(|count| headers(*count).into_iter().next());
    let texts = |text: &str| std::iter::once(text.to_owned());
    texts(DISTRICT).chain(counts).chain(texts(REPORTER)).chain(texts(REMARK)).collect()
}

fn layout(header_row: u32) -> Layout {
    let column = |headers: Vec<String>, (is_amount, needed): (bool, bool)| Column {
        headers,
        unit: Unit::KgPerDay,
        is_amount,
        needed,
    };
    let text = |header: &str, needed| {
        (header.to_owned(), column(vec![header.to_owned()], (false, needed)))
    };
    // As an emission, a count in a merged cell would stand for each of its rows.
    let count = |of: &Count| (of.name().to_owned(), column(headers(*of), (true, true)));
    let mut columns: BTreeMap<String, Column> = Count::ALL.iter().map(count).collect();
    columns.extend([text(DISTRICT, true), text(REPORTER, true), text(REMARK, false)]);
    Layout { header_row, header_rows: 1, columns, closed: true, ..Layout::default() }
}

/// Reads a day's report.
///
/// # Errors
/// All findings, at least one of them a fault.
pub fn daily(
    sheets: &[Sheet],
    day: Day,
    districts: &[String],
) -> Result<Vec<DistrictDay>, Findings> {
    let mut out = Findings::default();
    let mut rows = Vec::new();
    if let Some((place, sheet, header_row)) = the_sheet(sheets, &mut out) {
        let layout = layout(header_row);
        let grid = Grid::new((sheet, &layout), (&[SUM.to_owned()], 365), place, &mut out);
        let mut seen: BTreeMap<&str, Place> = BTreeMap::new();
        let mut any = false;
        for cells in grid.rows() {
            let name = cells.optional(DISTRICT, &mut out);
            if name.is_some_and(|name| plain(name) == SUM) {
                continue;
            }
            any = true;
            let known = || districts.iter().map(String::as_str).find(|known| Some(*known) == name);
            let expected = format!("不是清单中的区县，应为{}之一", districts.join("、"));
            let expected = (Kind::UnknownDistrict, expected.as_str());
            let district = cells.word(DISTRICT, expected, |_| known(), &mut out);
            if let Some(district) = district {
                let again = seen.insert(district, cells.place(DISTRICT));
                if let Some(first) = again {
                    let expected = format!("与{first}重复，每个区县应只有一行");
                    cells.fault(DISTRICT, Kind::Duplicate, &expected, &mut out);
                }
            }
            rows.extend(row(cells, (day, district), &mut out));
        }
        if !any {
            out.fault(grid.place(), Kind::Empty, "没有数据行，每个填报的区县应有一行");
        }
    }
    let out = out.sorted();
    if out.faults.is_empty() { Ok(rows) } else { Err(out) }
}

/// The one sheet on which anything stands, and the row of its header.
fn the_sheet<'a>(sheets: &'a [Sheet], out: &mut Findings) -> Option<(Place, &'a Sheet, u32)> {
    let written =
        |(_, sheet): &(usize, &Sheet)| sheet.rows.iter().flatten().any(|cell| !cell.is_empty());
    let filled: Vec<(usize, &Sheet)> = sheets.iter().enumerate().filter(written).collect();
    let [(order, sheet)] = filled.as_slice() else {
        let first = filled.first().copied().or_else(|| sheets.iter().enumerate().next());
        let (order, name) = first.map_or((0, "文件"), |(order, sheet)| (order, &*sheet.name));
        let names: Vec<&str> = filled.iter().map(|(_, sheet)| &*sheet.name).collect();
        let text = match names.as_slice() {
            [] => "没有内容".to_owned(),
            names => {
                format!("有{}张工作表填有内容（{}），应只有一张", names.len(), names.join("、"))
            }
        };
        out.fault(Place::sheet(order, name), Kind::SheetMissing, text);
        return None;
    };
    let place = Place::sheet(*order, &sheet.name);
    let names_district = |row: &u32| {
        (0..sheet.width()).any(|column| plain(sheet.cell(*row, column).shown()) == DISTRICT)
    };
    let header = (0..sheet.height().min(HEADER_WITHIN)).find(names_district);
    if header.is_none() {
        let text = format!("前{HEADER_WITHIN}行中没有含“{DISTRICT}”列的表头");
        out.fault(place.clone(), Kind::ColumnMissing, text);
    }
    Some((place, sheet, header?))
}

/// A row; `None` when something in it was noted.
fn row(
    cells: Cells<'_>,
    (day, district): (Day, Option<&str>),
    out: &mut Findings,
) -> Option<DistrictDay> {
    let found = Count::ALL.map(|count| cells.count(count.name(), out));
    for (part, whole) in Count::BOUNDS {
        let (Some(done), Some(asked)) = (found[part as usize], found[whole as usize]) else {
            continue;
        };
        if done > asked {
            let (label, unit) = whole.text_zh();
            let expected = format!("不应大于{label}（{asked}{unit}）");
            cells.fault(part.name(), Kind::MoreThanAsked, &expected, out);
        }
    }
    let (reporter, remark) = (cells.text(REPORTER, out), cells.optional(REMARK, out));
    let mut counts = Counts::default();
    for (count, found) in Count::ALL.into_iter().zip(found) {
        counts.set(count, found?);
    }
    let (district, reporter) = (district?.to_owned(), reporter?.to_owned());
    Some(DistrictDay { district, day, counts, reporter, remark: remark?.to_owned() })
}
