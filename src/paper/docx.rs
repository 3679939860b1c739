//! A paper as a document to edit where a person signs: A4, styles of a Chinese office.

use std::io::Cursor;

use docx_rs::{
    AlignmentType, Docx, LineSpacing, PageMargin, Paragraph, Run, RunFonts, Shading,
    SpecialIndentType, Table as Grid, TableCell, TableLayoutType, TableRow, VAlignType, WidthType,
};

use super::signatures;
use crate::report::{Block, Column, Document, Table};

/// A4 in twentieths of a point, and its margins: 25 mm, above and below 28 mm.
const PAGE: (u32, u32) = (11_906, 16_838);
const MARGIN: i32 = 1_417;
const MARGIN_HIGH: i32 = 1_588;
/// What the margins leave.
const WIDTH: usize = 11_906 - 2 * 1_417;
/// Sizes in half points: 二号, 小四, 小五.
const TITLE: usize = 44;
const BODY: usize = 24;
const SMALL: usize = 18;

pub(super) fn render(document: &Document) -> Result<Vec<u8>, String> {
    let margin = PageMargin::new().left(MARGIN).right(MARGIN).top(MARGIN_HIGH).bottom(MARGIN_HIGH);
    let mut docx = Docx::new()
        .page_size(PAGE.0, PAGE.1)
        .page_margin(margin)
        .default_fonts(fonts("仿宋"))
        .default_size(BODY)
        .add_paragraph(centred(&document.title, TITLE, "黑体"))
        .add_paragraph(centred(&document.subtitle, BODY, "楷体"))
        .add_paragraph(centred(&document.standing_zh(), SMALL, "仿宋"))
        .add_table(head(document));
    for block in &document.blocks {
        docx = match block {
            Block::Heading(text) => docx.add_paragraph(heading(text)),
            Block::Paragraph(text) => docx.add_paragraph(body(text)),
            Block::Note(text) => docx.add_paragraph(small(text)),
            Block::Chart(_) => docx, // its figures stand in a table
            Block::Table(table) => {
                let caption = small(&table.caption).align(AlignmentType::Center).keep_next(true);
                // A paragraph parts this table from what comes next.
                docx.add_paragraph(caption).add_table(grid(table)).add_paragraph(small(""))
            }
        };
    }
    let mut bytes = Cursor::new(Vec::new());
    let docx = docx.add_paragraph(body(&signatures(document)));
    docx.pack(&mut bytes).map_err(|e| e.to_string())?;
    Ok(bytes.into_inner())
}

fn fonts(east_asia: &str) -> RunFonts {
    RunFonts::new().ascii("Times New Roman").hi_ansi("Times New Roman").east_asia(east_asia)
}

fn run(text: &str, size: usize, font: &str) -> Run {
    Run::new().add_text(text).size(size).fonts(fonts(font))
}

fn spaced(before: u32, after: u32) -> LineSpacing {
    LineSpacing::new().before(before).after(after)
}

fn centred(text: &str, size: usize, font: &str) -> Paragraph {
    Paragraph::new()
        .add_run(run(text, size, font))
        .align(AlignmentType::Center)
        .line_spacing(spaced(0, 120))
}

fn heading(text: &str) -> Paragraph {
    Paragraph::new()
        .add_run(run(text, BODY, "黑体"))
        .outline_lvl(0)
        .keep_next(true)
        .line_spacing(spaced(200, 80))
}

/// With an indent of two characters, as a Chinese paragraph begins.
fn body(text: &str) -> Paragraph {
    let two = i32::try_from(BODY * 20).unwrap_or(0);
    Paragraph::new()
        .add_run(run(text, BODY, "仿宋"))
        .indent(None, Some(SpecialIndentType::FirstLine(two)), None, None)
        .line_spacing(LineSpacing::new().line(360).after(60))
}

fn small(text: &str) -> Paragraph {
    Paragraph::new().add_run(run(text, SMALL, "仿宋")).line_spacing(spaced(60, 60))
}

/// Label and value, without lines around.
fn head(document: &Document) -> Grid {
    let label = WIDTH / 6;
    let row = |(name, value): &(String, String)| {
        let cell = |text: &str, width| {
            let paragraph = Paragraph::new().add_run(run(text, SMALL, "仿宋"));
            TableCell::new().width(width, WidthType::Dxa).add_paragraph(paragraph)
        };
        TableRow::new(vec![cell(name, label), cell(value, WIDTH - label)])
    };
    Grid::without_borders(document.head.iter().map(row).collect())
        .set_grid(vec![label, WIDTH - label])
        .width(WIDTH, WidthType::Dxa)
        .layout(TableLayoutType::Fixed)
}

fn grid(table: &Table) -> Grid {
    let widths = widths(table);
    let cell = |(text, (width, right)): (&str, (&usize, bool)), is_head: bool| {
        let written = run(text, SMALL, if is_head { "黑体" } else { "仿宋" });
        let align = match (is_head, right) {
            (true, _) => AlignmentType::Center,
            (false, true) => AlignmentType::Right,
            (false, false) => AlignmentType::Left,
        };
        let paragraph = Paragraph::new().add_run(written).align(align);
        let cell = TableCell::new()
            .width(*width, WidthType::Dxa)
            .vertical_align(VAlignType::Center)
            .add_paragraph(paragraph);
        if is_head { cell.shading(Shading::new().fill("E7E6E6")) } else { cell }
    };
    let shape = || widths.iter().zip(table.columns.iter().map(|c: &Column| c.right));
    let names = table.columns.iter().map(|column| column.name.as_str());
    let mut rows = vec![TableRow::new(names.zip(shape()).map(|c| cell(c, true)).collect())];
    for cells in &table.rows {
        let cells = cells.iter().map(String::as_str).zip(shape()).map(|c| cell(c, false));
        rows.push(TableRow::new(cells.collect()).cant_split());
    }
    Grid::new(rows)
        .set_grid(widths.clone())
        .width(WIDTH, WidthType::Dxa)
        .layout(TableLayoutType::Fixed)
}

/// The width of the page, parted by the longest text of each column.
fn widths(table: &Table) -> Vec<usize> {
    let columns_of =
        |text: &str| text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
    let longest = |(at, column): (usize, &Column)| {
        let cells = table.rows.iter().filter_map(|row| row.get(at)).map(|cell| columns_of(cell));
        cells.chain([columns_of(&column.name)]).max().unwrap_or(0).clamp(4, 24) + 2
    };
    let longest: Vec<usize> = table.columns.iter().enumerate().map(longest).collect();
    let all = longest.iter().sum::<usize>().max(1);
    longest.into_iter().map(|one| WIDTH * one / all).collect()
}
