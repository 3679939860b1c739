//! A CSV file as a sheet.
//!
//! In: bytes in UTF-8, with or without a byte order mark. Out: a [`Sheet`] whose rows are counted as the
//! spreadsheet that wrote it counts them, empty ones too; or the reason why not.

use super::{MAX_COLUMNS, MAX_ROWS};
use crate::measures::{Cell, Sheet};

pub(super) fn read(name: &str, bytes: Vec<u8>) -> Result<Sheet, String> {
    let text = String::from_utf8(bytes).map_err(|e| {
        let line = e.as_bytes()[..e.utf8_error().valid_up_to()].split(|b| *b == b'\n').count();
        format!("第{line}行不是UTF-8编码（请另存为“CSV UTF-8”）")
    })?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text).replace("\r\n", "\n");
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|e| e.to_string())? {
        // The reader passes over empty lines, which are rows all the same.
        let from = record.position().map_or(0, csv::Position::byte);
        let rest = usize::try_from(from).ok().and_then(|from| text.as_bytes().get(from..));
        let empty = rest.unwrap_or_default().iter().take_while(|b| **b == b'\n').count();
        rows.extend(std::iter::repeat_with(Vec::new).take(empty));
        rows.push(record.iter().map(Cell::from_text).collect());
        if rows.len() > MAX_ROWS as usize || record.len() > MAX_COLUMNS as usize {
            return Err(format!("多于{MAX_ROWS}行或{MAX_COLUMNS}列"));
        }
    }
    Ok(Sheet { name: name.to_owned(), rows, merged: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_as_the_spreadsheet_counts_them() {
        let text = "\u{FEFF}a,b\r\n\r\n\r\n\"c\r\nd\",\r\n\r\ne\r\n";
        let sheet = read("x", text.as_bytes().to_vec()).expect("legal");
        let at = |row, column| sheet.cell(row, column).shown();
        assert_eq!((at(0, 0), at(0, 1)), ("a", "b"));
        assert_eq!((at(1, 0), at(2, 0), at(3, 0)), ("", "", "c\nd"));
        assert_eq!((at(4, 0), at(5, 0)), ("", "e"));
        assert_eq!(sheet.height(), 6);
    }

    #[test]
    fn another_encoding_is_told_with_its_line() {
        let gb18030 = b"a,b\n\xC6\xF3\xD2\xB5,1\n".to_vec();
        let told = read("x", gb18030).expect_err("refused");
        assert_eq!(told, "第2行不是UTF-8编码（请另存为“CSV UTF-8”）");
    }
}
