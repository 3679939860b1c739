//! A paper as text: title, head lines, blocks, signatures. How it looks is the renderer's.
//!
//! In: what a template came to. Out: a [`Document`], the same for every format.
//!
//! Invariants: the head always names unit, period, range and when the paper was made, and where it holds
//! figures of air dataset and edition; what is of a drill or simulated says so first; a cell is text as
//! people read it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Chart, Head};
use crate::warning::DRILL_ZH;

/// Who signs, in order.
pub const SIGNATURES: [&str; 3] = ["制表", "审核", "签发"];

/// How far a paper is on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Made from the figures of now; nobody has found it right.
    #[default]
    Draft,
    /// Found right, and not signed.
    Reviewed,
    /// To be made anew.
    SentBack,
    /// Another draft stands in its place.
    Replaced,
    /// It stands.
    Signed,
}

impl State {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Reviewed => "reviewed",
            Self::SentBack => "sent_back",
            Self::Replaced => "replaced",
            Self::Signed => "signed",
        }
    }

    /// As a paper says it.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Draft => "草稿",
            Self::Reviewed => "已审核，待签发",
            Self::SentBack => "已退回",
            Self::Replaced => "已由新的草稿替代",
            Self::Signed => "已签发",
        }
    }
}

/// What is known of a paper beside its text: it comes from the records of the room, and is no part of what is
/// kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Its number, once it has one.
    pub number: Option<String>,
    /// Draft, or further on its way.
    pub state: State,
    /// Names beside [`SIGNATURES`]; empty where nobody signed yet.
    pub names: [String; SIGNATURES.len()],
}

/// A paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What it is: 大连市空气质量日报.
    pub title: String,
    /// Of what: 2022年3月5日.
    pub subtitle: String,
    /// How far it is on its way.
    #[serde(skip)]
    pub standing: Standing,
    /// Label and value: unit, period, dataset and so on.
    pub head: Vec<(String, String)>,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// A part of a paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A heading below the title.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// A table.
    Table(Table),
    /// A chart.
    Chart(Chart),
    /// A remark below what it belongs to.
    Note(String),
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Above it; empty where it has none.
    pub caption: String,
    /// From the left.
    pub columns: Vec<Column>,
    /// As many cells each as there are columns.
    pub rows: Vec<Vec<String>>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its head.
    pub name: String,
    /// Whether it stands to the right, as numbers do.
    pub right: bool,
}

impl Document {
    /// The paper that blocks make with its head.
    pub(super) fn new(head: &Head, title: &str, blocks: Vec<Block>) -> Self {
        let marks = [(head.drill, DRILL_ZH), (head.simulated, "【模拟数据】")];
        let marks = marks.into_iter().filter_map(|(is, mark)| is.then_some(mark));
        let said = [
            ("单位", head.unit.as_str()),
            ("时段", &head.period_zh),
            ("范围", &head.range_zh),
            ("数据口径", &head.dataset_zh),
            ("沙尘口径", head.dust_zh),
            ("评价标准", &head.edition_zh),
            ("生成时间", &head.made_at),
        ];
        let said = said.into_iter().filter(|(_, value)| !value.is_empty());
        Self {
            title: marks.chain([title]).collect(),
            subtitle: head.period_zh.clone(),
            standing: Standing::default(),
            head: said.map(|(label, value)| (label.to_owned(), value.to_owned())).collect(),
            blocks,
        }
    }

    /// Number and state in one line.
    #[must_use]
    pub fn standing_zh(&self) -> String {
        let number = self.standing.number.as_deref().unwrap_or("未编号");
        format!("编号：{number}　状态：{}", self.standing.state.zh())
    }

    /// Who signs, and who did.
    pub fn signatures(&self) -> impl Iterator<Item = (&'static str, &str)> {
        SIGNATURES.into_iter().zip(self.standing.names.iter().map(String::as_str))
    }

    /// Says first which signed paper it revises, and why.
    pub fn revise(&mut self, number: &str, reason: &str) {
        let reason = reason.trim().trim_end_matches('。');
        self.blocks.insert(
            0,
            Block::Note(format!("本期为{number}的更正，以本期为准。更正理由：{reason}。")),
        );
    }

    /// Says last what a person adds in words of their own; nothing of nothing.
    pub fn add(&mut self, words: &str) {
        let lines = words.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut added: Vec<Block> = lines.map(|line| Block::Paragraph(line.to_owned())).collect();
        if !added.is_empty() {
            self.blocks.push(Block::Heading("补充说明".to_owned()));
            self.blocks.append(&mut added);
        }
    }

    /// Its tables.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        })
    }
}

/// In what a paper is handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A page to print, A4.
    Html,
    /// Text to paste.
    Text,
    /// The tables, comma-separated, with a byte-order mark.
    Csv,
    /// The tables as a workbook.
    Xlsx,
    /// A document to edit where a person signs.
    Docx,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::Html, Self::Text, Self::Csv, Self::Xlsx, Self::Docx];

    /// The name in options and queries.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Text => "text",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Docx => "docx",
        }
    }

    /// How the name of a file ends.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Text => "txt",
            other => other.name(),
        }
    }

    /// As a link calls it.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Html => "打印页（A4）",
            Self::Text => "纯文本",
            Self::Csv => "CSV表格",
            Self::Xlsx => "XLSX表格",
            Self::Docx => "DOCX文档",
        }
    }

    /// The media type.
    #[must_use]
    pub const fn media(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|format| format.name() == text);
        let known = Self::ALL.map(Self::name).join(", ");
        found.ok_or_else(|| format!("one of {known} expected, got {text:?}"))
    }
}
