//! A paper as text to paste: no columns, since a message has no fixed width; a row of a table is a sentence.

use super::signatures;
use crate::report::{Block, Document, Table};

pub(super) fn render(document: &Document) -> String {
    let mut lines = vec![document.title.clone(), document.subtitle.clone(), document.standing_zh()];
    lines.extend(document.head.iter().map(|(label, value)| format!("{label}：{value}")));
    for block in &document.blocks {
        lines.push(String::new());
        match block {
            Block::Heading(text) | Block::Note(text) => lines.push(text.clone()),
            Block::Paragraph(text) => lines.push(format!("　　{text}")),
            Block::Chart(chart) => lines.push(chart.text_zh()),
            Block::Table(table) => {
                lines.extend(Some(&table.caption).filter(|c| !c.is_empty()).cloned());
                lines.extend(table.rows.iter().map(|row| sentence(table, row)));
            }
        }
    }
    lines.extend([String::new(), signatures(document), String::new()]);
    lines.join("\n")
}

/// `甘井子：AQI 58，类别良，首要污染物PM10，PM2.5 28。`
fn sentence(table: &Table, row: &[String]) -> String {
    let named = |(column, cell): (&str, &String)| {
        let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-');
        let apart = latin(column.chars().last()) && latin(cell.chars().next());
        format!("{column}{}{cell}", if apart { " " } else { "" })
    };
    let names = table.columns.iter().map(|column| column.name.as_str());
    let said = names.zip(row).skip(1).filter(|(_, cell)| !cell.is_empty());
    let cells: Vec<String> = said.map(named).collect();
    let first = row.first().map_or("", String::as_str);
    if cells.is_empty() {
        return format!("{first}："); // to be filled in by hand
    }
    format!("{first}：{}。", cells.join("，"))
}
