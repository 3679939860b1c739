//! The tables of a paper as one CSV file, with a byte-order mark, so that a spreadsheet takes it for UTF-8.
//!
//! Title and head stand above the tables, a caption above each, an empty line between.

use super::number;
use crate::report::Document;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

pub(super) fn render(document: &Document) -> Result<Vec<u8>, String> {
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .terminator(csv::Terminator::CRLF)
        .from_writer(BYTE_ORDER_MARK.to_vec());
    let mut row = |cells: Vec<&str>| writer.write_record(cells).map_err(|e| e.to_string());
    let standing = document.standing_zh();
    row(vec![&document.title, &document.subtitle, &standing])?;
    for (label, value) in &document.head {
        row(vec![label, value])?;
    }
    for table in document.tables() {
        row(vec![""])?;
        row(vec![&table.caption])?;
        row(table.columns.iter().map(|column| column.name.as_str()).collect())?;
        for cells in &table.rows {
            let cells: Vec<String> = cells.iter().map(|cell| inert(cell)).collect();
            row(cells.iter().map(String::as_str).collect())?;
        }
    }
    writer.into_inner().map_err(|e| e.to_string())
}

/// A name that a spreadsheet would take for a formula is text.
fn inert(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@']) && number(cell).is_none();
    if formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_text_and_a_number_stays_one() {
        let cells = ["=1+1", "@SUM(A1)", "+86", "-0.5", "-", "金州", "58"].map(inert);
        assert_eq!(cells, ["'=1+1", "'@SUM(A1)", "'+86", "-0.5", "'-", "金州", "58"]);
    }
}
