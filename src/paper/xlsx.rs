//! The tables of a paper as a workbook: a sheet for each, and first one with what the paper says.
//!
//! Numbers are numbers, with the decimals they are shown with; everything else is text. Unit, dataset and
//! edition stand below every table, since a sheet is often passed on alone.

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::{number, signatures};
use crate::report::{Block, Document, Table};

const FONT: &str = "宋体";
/// A4.
const PAPER: u8 = 9;
/// The name of the first sheet.
const FIRST: &str = "正文";
/// The longest name that a sheet may have.
const NAME_MAX: usize = 31;
/// Columns on which the text of the first sheet is spread.
const TEXT_WIDTH: f64 = 90.0;

pub(super) fn render(document: &Document) -> Result<Vec<u8>, String> {
    workbook(document).map_err(|e| e.to_string())
}

fn workbook(document: &Document) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let made = document.head.iter().find(|(label, _)| *label == "生成时间");
    let made = made.and_then(|(_, at)| ExcelDateTime::parse_from_str(at.get(..10)?).ok());
    let mut properties = DocProperties::new().set_title(&document.title);
    if let Some(made) = made {
        properties = properties.set_creation_datetime(&made);
    }
    workbook.set_properties(&properties);
    page(workbook.add_worksheet().set_name(FIRST)?, document)?;
    let mut names = vec![FIRST.to_owned()];
    for table in document.tables() {
        names.push(name(&table.caption, &names));
        let sheet = workbook.add_worksheet().set_name(&names[names.len() - 1])?;
        self::table(sheet, document, table)?;
    }
    workbook.save_to_buffer()
}

/// A name that a workbook takes, and that no sheet has yet: `表1 各点位`, `表1 各点位 2`.
fn name(caption: &str, taken: &[String]) -> String {
    let allowed = |c: &char| !r"[]:*?/\'".contains(*c);
    let bare = caption.split('（').next().unwrap_or_default().replace('　', " ");
    let bare: String = bare.chars().filter(allowed).collect();
    let bare = if bare.is_empty() { "表" } else { bare.as_str() };
    let mut name: String = bare.chars().take(NAME_MAX).collect();
    let mut again = 2;
    // A workbook does not tell capital letters from small ones.
    while taken.iter().any(|one| one.to_lowercase() == name.to_lowercase()) {
        let more = format!(" {again}");
        name = bare.chars().take(NAME_MAX - more.len()).collect::<String>() + &more;
        again += 1;
    }
    name
}

fn plain() -> Format {
    Format::new().set_font_name(FONT)
}

fn page(sheet: &mut Worksheet, document: &Document) -> Result<(), XlsxError> {
    let (text, bold) = (plain().set_text_wrap(), plain().set_bold());
    sheet.set_paper_size(PAPER).set_print_fit_to_pages(1, 0);
    sheet.set_column_width(0, 12)?.set_column_width(1, TEXT_WIDTH)?;
    let title = plain().set_bold().set_font_size(16);
    sheet.write_string_with_format(0, 0, &document.title, &title)?;
    sheet.write_string_with_format(1, 0, &document.subtitle, &bold)?;
    sheet.write_string_with_format(2, 0, document.standing_zh(), &plain())?;
    let mut row = 3;
    for (label, value) in &document.head {
        sheet.write_string_with_format(row, 0, label, &bold)?;
        sheet.write_string_with_format(row, 1, value, &text)?;
        row += 1;
    }
    for block in &document.blocks {
        match block {
            Block::Heading(words) => {
                row += 1;
                sheet.write_string_with_format(row, 0, words, &bold)?;
            }
            Block::Paragraph(words) | Block::Note(words) => {
                sheet.write_string_with_format(row, 1, words, &text)?;
            }
            Block::Table(_) | Block::Chart(_) => continue, // has a sheet of its own
        }
        row += 1;
    }
    sheet.write_string_with_format(row + 1, 0, signatures(document), &plain())?;
    Ok(())
}

fn table(sheet: &mut Worksheet, document: &Document, table: &Table) -> Result<(), XlsxError> {
    let framed = plain().set_border(FormatBorder::Thin);
    let head = framed.clone().set_bold().set_align(FormatAlign::Center).set_text_wrap();
    sheet.set_paper_size(PAPER).set_landscape().set_print_fit_to_pages(1, 0);
    sheet.write_string_with_format(0, 0, &table.caption, &plain().set_bold())?;
    for (at, column) in (0..).zip(&table.columns) {
        sheet.write_string_with_format(1, at, &column.name, &head)?;
    }
    sheet.set_repeat_rows(1, 1)?;
    let mut row = 2;
    for cells in &table.rows {
        for (at, cell) in (0..).zip(cells) {
            match number(cell) {
                Some((value, decimals)) => {
                    let shown = framed.clone().set_num_format(pattern(decimals));
                    sheet.write_number_with_format(row, at, value, &shown)?
                }
                None => {
                    let right = table.columns.get(usize::from(at)).is_some_and(|c| c.right);
                    let align = if right { FormatAlign::Right } else { FormatAlign::Left };
                    sheet.write_string_with_format(
                        row,
                        at,
                        cell,
                        &framed.clone().set_align(align),
                    )?
                }
            };
        }
        row += 1;
    }
    sheet.autofit();
    // Below the table, where it widens no column.
    let rests_on: Vec<String> =
        document.head.iter().map(|(label, value)| format!("{label}：{value}")).collect();
    let title = format!("{} {}", document.title, document.subtitle);
    for line in [title, document.standing_zh(), rests_on.join("；"), signatures(document)] {
        sheet.write_string_with_format(row, 0, line, &plain())?;
        row += 1;
    }
    Ok(())
}

fn pattern(decimals: usize) -> String {
    if decimals == 0 { "0".to_owned() } else { format!("0.{}", "0".repeat(decimals)) }
}
