//! An XLSX workbook as sheets.
//!
//! In: bytes. Out: [`Sheet`]s with the values that the spreadsheet last computed and their merged regions, or
//! the reason why not. A date goes on as `2026-09-28`.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader as _, Xlsx};

use super::{MAX_COLUMNS, MAX_ROWS, put};
use crate::measures::{Cell, Sheet};

/// Sheets that are not wanted have their names and no rows.
pub(super) fn read(bytes: Vec<u8>, wants: impl Fn(&str) -> bool) -> Result<Vec<Sheet>, String> {
    // calamine 0.38 panics on some damaged files, as where a merged region ends before it begins.
    let read = catch_unwind(AssertUnwindSafe(|| parse(bytes, wants)));
    read.unwrap_or_else(|_| Err("不是可读取的XLSX工作簿：内部结构有误".to_owned()))
}

fn parse(bytes: Vec<u8>, wants: impl Fn(&str) -> bool) -> Result<Vec<Sheet>, String> {
    let unreadable = |e: calamine::XlsxError| format!("不是可读取的XLSX工作簿：{e}");
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let mut sheets = Vec::new();
    for name in workbook.sheet_names() {
        let mut sheet = Sheet { name, ..Sheet::default() };
        if wants(&sheet.name) {
            sheet.rows = rows(&mut workbook, &sheet.name)
                .map_err(|reason| format!("工作表“{}”：{reason}", sheet.name))?;
            let merged = workbook.merge_cells_by_sheet_name(&sheet.name).map_err(unreadable)?;
            sheet.merged = merged.into_iter().map(|region| (region.start, region.end)).collect();
        }
        sheets.push(sheet);
    }
    Ok(sheets)
}

fn rows(workbook: &mut Xlsx<Cursor<Vec<u8>>>, name: &str) -> Result<Vec<Vec<Cell>>, String> {
    let mut cells = workbook.worksheet_cells_reader(name).map_err(|e| e.to_string())?;
    let mut rows = Vec::new();
    while let Some(found) = cells.next_cell().map_err(|e| e.to_string())? {
        let (row, column) = found.get_position();
        let cell = cell(found.get_value());
        if cell.is_empty() {
            continue;
        }
        if row >= MAX_ROWS || column >= MAX_COLUMNS {
            let (row, column) = (u64::from(row) + 1, u64::from(column) + 1);
            return Err(format!("第{row}行第{column}列有内容，最多{MAX_ROWS}行{MAX_COLUMNS}列"));
        }
        put(&mut rows, (row, column), cell);
    }
    Ok(rows)
}

fn cell(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::Int(number) => Cell::Number(number.to_string()),
        DataRef::Float(number) => Cell::Number(number.to_string()),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            Cell::from_text(&text.replace("\r\n", "\n"))
        }
        DataRef::SharedString(text) => Cell::from_text(&text.replace("\r\n", "\n")),
        DataRef::Bool(flag) => Cell::Text(flag.to_string().to_uppercase()),
        DataRef::Error(error) => Cell::Error(error.to_string()),
        DataRef::DateTime(date) => date_cell(date),
    }
}

/// A day; a span of time or a day with a clock time is no date and stays a number.
fn date_cell(date: &ExcelDateTime) -> Cell {
    let (year, month, day, ..) = date.to_ymd_hms_milli();
    let whole = date.as_f64().fract().abs() < f64::EPSILON;
    if date.is_duration() || !whole {
        return Cell::Number(date.as_f64().to_string());
    }
    Cell::Text(format!("{year:04}-{month:02}-{day:02}"))
}
