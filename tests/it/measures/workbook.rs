//! Sheets as an XLSX workbook with merged cells, two header rows and a date: the sample is remade with it.

use std::path::Path;

use lantian::measures::{Cell, Sheet};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Formula, Workbook, Worksheet};

use super::{read, seed};

/// How a sheet looks: its name, the rows of its header from 0, and groups of columns merged downwards, where
/// the first of a group leads.
type Look = (&'static str, std::ops::Range<usize>, Vec<Vec<usize>>);

fn look(table: &str) -> Look {
    match table {
        "industry" => {
            let enterprise = (2..=13).chain(34..=36).collect();
            ("工业源", 1..3, vec![vec![1], enterprise])
        }
        "mobile" => ("移动源", 1..3, vec![vec![1]]),
        "dust" => ("扬尘源", 1..3, vec![vec![1]]),
        "society" => ("全社会排放量", 1..2, vec![]),
        "public" => ("公众措施", 0..1, vec![vec![0], vec![1]]),
        "removals" => ("调出清单", 0..1, vec![]),
        _ => ("清单信息", 0..1, vec![]),
    }
}

/// Texts that look like numbers and are none.
fn is_number(table: &str, column: usize) -> bool {
    table != "industry" || !(3..=4).contains(&column)
}

/// Writes sheets that are called as their CSV files.
pub(super) fn write(path: &Path, sheets: &[Sheet]) {
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::from_ymd(2025, 9, 1).unwrap();
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    for table in ["basics", "industry", "mobile", "dust", "society", "public", "removals"] {
        let Some(sheet) = sheets.iter().find(|sheet| sheet.name == table) else { continue };
        let (name, header, groups) = look(table);
        let written = workbook.add_worksheet();
        written.set_name(name).unwrap();
        for (row, cells) in sheet.rows.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                put(written, (row, column), cell, is_number(table, column));
            }
        }
        merge_header(written, sheet, header.clone());
        for group in groups {
            merge_down(written, sheet, header.end, &group);
        }
    }
    workbook.save(path).unwrap();
}

fn small(number: usize) -> (u32, u16) {
    (u32::try_from(number).unwrap(), u16::try_from(number).unwrap())
}

fn put(sheet: &mut Worksheet, (row, column): (usize, usize), cell: &Cell, is_number: bool) {
    let (row, column) = (small(row).0, small(column).1);
    let text = cell.shown();
    let day = text.strip_suffix('日').map(|day| day.replace(['年', '月'], "-"));
    if let Cell::Error(error) = cell {
        let formula = Formula::new("=A1").set_result(error);
        sheet.write_formula(row, column, formula).unwrap();
    } else if let Some(day) = day.filter(|day| day.starts_with("20") && text.len() < 20) {
        let mut parts = day.split('-').map(|part| part.parse::<u16>().unwrap());
        let mut part = || parts.next().unwrap();
        let (year, month, day) = (part(), part(), part());
        let small = |number: u16| u8::try_from(number).unwrap();
        let day = ExcelDateTime::from_ymd(year, small(month), small(day)).unwrap();
        let format = Format::new().set_num_format("yyyy\"年\"m\"月\"d\"日\"");
        sheet.write_datetime_with_format(row, column, &day, &format).unwrap();
    } else if let Some(number) = text.parse::<f64>().ok().filter(|_| is_number) {
        sheet.write_number(row, column, number).unwrap();
    } else if !text.is_empty() {
        sheet.write_string(row, column, text).unwrap();
    }
}

/// Merges a region whose value stands in its upper left.
fn merge(written: &mut Worksheet, sheet: &Sheet, (top, left): (usize, usize), to: (usize, usize)) {
    if (top, left) == to {
        return;
    }
    let cell = &sheet.rows[top][left];
    let ((first, _), (last, _)) = (small(top), small(to.0));
    let ((_, from), (_, until)) = (small(left), small(to.1));
    written.merge_range(first, from, last, until, "", &Format::new()).unwrap();
    put(written, (top, left), cell, true);
}

/// Texts over several columns or rows of a header.
fn merge_header(written: &mut Worksheet, sheet: &Sheet, header: std::ops::Range<usize>) {
    if header.len() != 2 {
        return;
    }
    let (top, bottom) = (&sheet.rows[header.start], &sheet.rows[header.start + 1]);
    for column in (0..top.len()).filter(|column| !top[*column].is_empty()) {
        if bottom[column].is_empty() {
            merge(written, sheet, (header.start, column), (header.start + 1, column));
            continue;
        }
        let more = (column + 1..top.len())
            .take_while(|next| top[*next].is_empty() && !bottom[*next].is_empty());
        merge(written, sheet, (header.start, column), (header.start, column + more.count()));
    }
}

/// Columns whose lead is empty in the rows below, which belong to the one above.
fn merge_down(written: &mut Worksheet, sheet: &Sheet, from: usize, group: &[usize]) {
    let lead = group[0];
    let mut row = from;
    while row < sheet.rows.len() {
        let below = (row + 1..sheet.rows.len()).take_while(|next| {
            sheet.rows[*next][lead].is_empty() && sheet.rows[*next][0].shown() != "合计"
        });
        let last = row + below.count();
        if !sheet.rows[row][lead].is_empty() {
            for column in group {
                merge(written, sheet, (row, *column), (last, *column));
            }
        }
        row = last + 1;
    }
}

/// After a change of the CSV files: `cargo test --test it remake_the_sample -- --ignored`.
#[test]
#[ignore = "writes seeds/measures/*.xlsx anew from the CSV files beside them"]
fn remake_the_sample() {
    for year in ["2025", "2026"] {
        write(&seed(&format!("{year}.xlsx")), &read(&seed(year)));
    }
}
