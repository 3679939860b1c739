//! 公众措施: health advice, advisory and mandatory measures by level, with the responsible department.
//!
//! In: the sheet, in which a level is one block of rows. Out: [`PublicMeasure`]s. Invariant: each level is
//! there once.

use crate::measures::grid::Grid;
use crate::measures::rows::{PublicKind, PublicMeasure};
use crate::measures::sheet::{Findings, Kind};
use crate::warning::Level;

const LEVELS: &str = "应为黄色、橙色或红色";
const KINDS: &str = "应为健康防护措施、倡议性减排措施或强制性减排措施";

fn level(text: &str) -> Option<Level> {
    let colour = text.strip_suffix("预警").unwrap_or(text);
    Level::ALL.into_iter().find(|level| level.text_zh() == colour)
}

fn kind(text: &str) -> Option<PublicKind> {
    let is_it = |kind: &PublicKind| {
        let whole = kind.text_zh();
        [whole, whole.trim_end_matches("措施"), whole.trim_end_matches("减排措施")].contains(&text)
    };
    PublicKind::ALL.into_iter().find(is_it)
}

pub(super) fn read(grid: &Grid<'_>, out: &mut Findings) -> Vec<PublicMeasure> {
    let mut measures: Vec<PublicMeasure> = Vec::new();
    let mut blocks: Vec<Level> = Vec::new();
    for cells in grid.rows() {
        let level = cells.word("level", (Kind::UnknownWord, LEVELS), level, out);
        if let Some(level) = level.filter(|level| blocks.last() != Some(level)) {
            if blocks.contains(&level) {
                cells.fault("level", Kind::LevelTwice, "该级别重复，应集中列出一次", out);
            }
            blocks.push(level);
        }
        let kind = cells.word("kind", (Kind::UnknownWord, KINDS), kind, out);
        let measure = cells.text("measure", out);
        let department = cells.text("department", out);
        let read = (|| Some((level?, kind?, measure?, department?)))();
        let Some((level, kind, measure, department)) = read else { continue };
        if measures.iter().any(|m| (m.level, m.kind, m.measure.as_str()) == (level, kind, measure))
        {
            cells.fault("measure", Kind::Duplicate, "该措施重复，应只列一次", out);
        }
        measures.push(PublicMeasure {
            level,
            kind,
            measure: measure.to_owned(),
            department: department.to_owned(),
            row: cells.number(),
        });
    }
    if grid.has("level") {
        for level in Level::ALL.into_iter().filter(|level| !blocks.contains(level)) {
            let text = format!("缺少{}预警的措施，应列出", level.text_zh());
            out.fault(grid.place(), Kind::LevelMissing, text);
        }
    }
    measures
}
