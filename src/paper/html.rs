//! A paper as a page to print: A4, black on white, everything in one file.

use askama::Template as _;

use super::chart;
use crate::report::{Block, Chart, Document};

#[derive(askama::Template)]
#[template(path = "paper.html", config = "src/paper/askama.toml")]
struct Page<'a> {
    paper: &'a Document,
    standing: String,
    signatures: Vec<(&'static str, &'a str)>,
}

impl Page<'_> {
    /// Whether a row is to be filled in by hand: it needs room.
    fn is_to_sign(&self, row: &[String]) -> bool {
        row.len() > 1 && row.iter().skip(1).all(String::is_empty)
    }

    fn svg(&self, chart: &Chart) -> String {
        chart::svg(chart)
    }
}

pub(super) fn render(document: &Document) -> Result<Vec<u8>, String> {
    let page = Page {
        paper: document,
        standing: document.standing_zh(),
        signatures: document.signatures().collect(),
    };
    page.render().map(String::into_bytes).map_err(|e| e.to_string())
}
