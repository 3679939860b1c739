//! Papers as bytes: a page to print, text to paste, tables for a spreadsheet, a document to edit and sign.
//!
//! In: a [`Document`]. Out: the bytes of a [`Format`], or why they cannot be made.
//!
//! Invariants: no format says anything that another does not, except that CSV and XLSX are about the tables,
//! and a chart, which repeats what stands in a table, is drawn on the page and told in the text alone;
//! nothing depends on colour; the same document gives the same text and figures in all of them.
//!
//! Why the browser makes the PDF: it has the fonts and the printer, and a bureau signs what it prints.

mod chart;
mod csv;
mod docx;
mod html;
mod text;
mod xlsx;
#[cfg(test)]
mod tests;

use crate::report::{Document, Format};

/// The bytes of a document in a format.
///
/// # Errors
/// What the library for the format refused.
pub fn render(document: &Document, format: Format) -> Result<Vec<u8>, String> {
    match format {
        Format::Html => html::render(document),
        Format::Text => Ok(text::render(document).into_bytes()),
        Format::Csv => csv::render(document),
        Format::Xlsx => xlsx::render(document),
        Format::Docx => docx::render(document),
    }
}

/// `制表：张三　　　　审核：　　　　　　签发：`: with room to sign between.
fn signatures(document: &Document) -> String {
    let one = |(role, name): (&str, &str)| {
        let room = 6_usize.saturating_sub(name.chars().count()).max(1);
        format!("{role}：{name}{}", "　".repeat(room))
    };
    document.signatures().map(one).collect::<String>().trim_end_matches('　').to_owned()
}

/// A cell that is a number, with its decimals.
///
/// Digits that begin with a zero are a code.
fn number(cell: &str) -> Option<(f64, usize)> {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_code = whole.len() > 1 && whole.starts_with('0');
    let decimals = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let value = cell.parse().ok().filter(|_| plain(whole) && plain(fraction) && !is_code)?;
    Some((value, decimals))
}
