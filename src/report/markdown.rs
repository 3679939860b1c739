//! The Markdown that a template comes to, as the blocks of a paper.
//!
//! In: text. Out: title and [`Block`]s, or the line that is none of them.
//!
//! Taken are: one `# title` at the beginning, `## headings`, paragraphs, tables, `> remarks`, and charts as
//! `![caption](name)`, each a paragraph of its own. A paragraph that is bold as a whole and stands right
//! above a table is its caption. Everything else (lists, links, code, HTML) is a fault, because a paper must
//! come out the same in every format.

use pulldown_cmark::{Alignment, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::{Block, Chart, Column, Table};

/// A line that no paper can hold, counted from 1 in the text that the template came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) reason: String,
}

/// What is being read.
#[derive(Default)]
struct Reading {
    title: Option<String>,
    blocks: Vec<Block>,
    text: String,
    /// Of a paragraph: whether anything stands outside of bold text.
    plain: bool,
    bold: bool,
    note: bool,
    /// The caption that waits for its table.
    caption: Option<String>,
    table: Table,
    row: Vec<String>,
    /// The name of the chart that the paragraph is.
    chart: Option<String>,
}

/// Reads title and blocks.
pub(super) fn read(text: &str) -> Result<(String, Vec<Block>), Fault> {
    let line = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count() + 1;
    let mut reading = Reading::default();
    for (event, span) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        let taken = match event {
            Event::Start(tag) => reading.start(&tag),
            Event::End(tag) => reading.end(tag),
            Event::Text(part) => reading.add(&part),
            Event::SoftBreak => reading.add(""),
            Event::HardBreak => Err("is a forced line break".to_owned()),
            Event::Code(_) => Err("is code".to_owned()),
            Event::Html(_) | Event::InlineHtml(_) => Err("is HTML".to_owned()),
            Event::Rule => Err("is a ruled line".to_owned()),
            other => Err(format!("is not taken: {other:?}")),
        };
        taken.map_err(|reason| Fault { line: line(span.start), reason })?;
    }
    reading.settle();
    match reading.title {
        Some(title) => Ok((title, reading.blocks)),
        None => Err(Fault { line: 1, reason: "a paper begins with its title: # …".to_owned() }),
    }
}

impl Reading {
    fn start(&mut self, tag: &Tag<'_>) -> Result<(), String> {
        match tag {
            Tag::Heading { level: HeadingLevel::H1, .. } if self.title.is_some() => {
                Err("is a second title".to_owned())
            }
            Tag::Heading { level: HeadingLevel::H1 | HeadingLevel::H2, .. } => {
                self.settle();
                self.begin()
            }
            Tag::Paragraph => {
                self.settle();
                self.begin()
            }
            Tag::BlockQuote(_) => {
                self.settle();
                self.note = true;
                Ok(())
            }
            Tag::Strong => {
                self.bold = true;
                Ok(())
            }
            Tag::Image { dest_url, .. } => {
                let alone = self.text.trim().is_empty() && !self.note && self.chart.is_none();
                self.chart = Some(dest_url.to_string());
                if alone { Ok(()) } else { Err("is a chart among text".to_owned()) }
            }
            Tag::Table(alignments) => {
                let right = |a: &Alignment| *a == Alignment::Right;
                let column = |a| Column { name: String::new(), right: right(a) };
                let columns = alignments.iter().map(column).collect();
                let caption = self.caption.take().unwrap_or_default();
                self.table = Table { caption, columns, rows: Vec::new() };
                Ok(())
            }
            Tag::TableHead | Tag::TableRow => Ok(()),
            Tag::TableCell => self.begin(),
            Tag::Heading { .. } => Err("is a heading below ##".to_owned()),
            Tag::List(_) | Tag::Item => Err("is a list: write a paragraph".to_owned()),
            Tag::CodeBlock(_) => Err("is indented or fenced code".to_owned()),
            Tag::HtmlBlock => Err("is HTML".to_owned()),
            other => Err(format!("is not taken: {other:?}")),
        }
    }

    fn end(&mut self, tag: TagEnd) -> Result<(), String> {
        match tag {
            TagEnd::Heading(HeadingLevel::H1) => self.title = Some(self.take()),
            TagEnd::Heading(_) => {
                let text = self.take();
                self.blocks.push(Block::Heading(text));
            }
            TagEnd::Paragraph => {
                let text = self.take();
                if let Some(name) = self.chart.take() {
                    let (points, borders) = (Vec::new(), Vec::new());
                    let chart = Chart { name, caption: text, points, borders };
                    self.blocks.push(Block::Chart(chart));
                    return Ok(());
                }
                match (self.note, self.plain) {
                    (true, _) => self.blocks.push(Block::Note(text)),
                    (false, true) => self.blocks.push(Block::Paragraph(text)),
                    (false, false) => self.caption = Some(text),
                }
            }
            TagEnd::BlockQuote(_) => self.note = false,
            TagEnd::Strong => self.bold = false,
            TagEnd::TableCell => {
                let text = self.take();
                self.row.push(text);
            }
            TagEnd::TableHead => {
                for (column, name) in self.table.columns.iter_mut().zip(self.row.drain(..)) {
                    column.name = name;
                }
            }
            TagEnd::TableRow => self.table.rows.push(std::mem::take(&mut self.row)),
            TagEnd::Table => self.blocks.push(Block::Table(std::mem::take(&mut self.table))),
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), String> {
        self.text.clear();
        self.plain = false;
        Ok(())
    }

    /// Lines of one paragraph follow each other without a space, as Chinese does.
    fn add(&mut self, part: &str) -> Result<(), String> {
        self.plain |= !self.bold && !part.trim().is_empty();
        self.text += part;
        Ok(())
    }

    fn take(&mut self) -> String {
        std::mem::take(&mut self.text).trim().to_owned()
    }

    /// A bold paragraph without a table below it is a paragraph.
    fn settle(&mut self) {
        if let Some(text) = self.caption.take() {
            self.blocks.push(Block::Paragraph(text));
        }
    }
}

/// A value so that Markdown takes it as text and nothing else.
pub(super) fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\n' | '\r' | '\t' => text.push(' '),
            c if c.is_control() => {}
            c if c.is_ascii_punctuation() => text.extend(['\\', c]),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str) -> Vec<Block> {
        read(&format!("# 题\n\n{text}")).expect("legal").1
    }

    #[test]
    fn what_a_paper_holds_is_read() {
        let text = "# 大连市日报\n\n## 一、概况\n\n昨日AQI为**58**，\n级别为二级。\n\n**表1 各点位**\n\n\
                    | 点位 | AQI |\n|---|---:|\n| 金州 | 58 |\n\n> 注：NA为缺测。\n";
        let (title, blocks) = read(text).expect("legal");
        let column = |name: &str, right| Column { name: name.to_owned(), right };
        let table = Table {
            caption: "表1 各点位".to_owned(),
            columns: vec![column("点位", false), column("AQI", true)],
            rows: vec![vec!["金州".to_owned(), "58".to_owned()]],
        };
        assert_eq!(title, "大连市日报");
        let expected = [
            Block::Heading("一、概况".to_owned()),
            Block::Paragraph("昨日AQI为58，级别为二级。".to_owned()),
            Block::Table(table),
            Block::Note("注：NA为缺测。".to_owned()),
        ];
        assert_eq!(blocks, expected);
    }

    #[test]
    fn a_bold_paragraph_is_a_caption_only_above_a_table() {
        assert_eq!(
            blocks("**重要**\n\n其余"),
            [Block::Paragraph("重要".to_owned()), Block::Paragraph("其余".to_owned()),]
        );
        assert_eq!(blocks("**重要**"), [Block::Paragraph("重要".to_owned())]);
    }

    #[test]
    fn what_no_format_could_show_is_named_by_its_line() {
        for (text, line, reason) in [
            ("段落\n\n- 一\n", 5, "is a list"),
            ("<b>粗</b>\n", 3, "is HTML"),
            ("段落`码`\n", 3, "is code"),
            ("### 小\n", 3, "below ##"),
            ("# 又\n", 3, "second title"),
            ("[链](http://x)\n", 3, "not taken"),
            ("段\n\n---\n", 5, "ruled line"),
        ] {
            let fault = read(&format!("# 题\n\n{text}")).expect_err(text);
            assert_eq!(fault.line, line, "{text}");
            assert!(fault.reason.contains(reason), "{text}: {}", fault.reason);
        }
        assert_eq!(read("没有标题\n").expect_err("refused").line, 1);
    }

    #[test]
    fn a_value_is_text_whatever_it_holds() {
        for value in
            ["*a* _b_ <c>", "|x|", "1. 甲", "-3.5", "# 题", "a\\b", "[x](y)", "&amp;", "`x`"]
        {
            let text = format!("{}\n", escaped(value));
            assert_eq!(blocks(&text), [Block::Paragraph(value.to_owned())]);
            let table = format!("| a |\n|---|\n| {} |\n", escaped(value));
            let [Block::Table(table)] = &blocks(&table)[..] else { panic!("{value}") };
            assert_eq!(table.rows, [[value.to_owned()]]);
        }
    }
}
