//! 移动源 and 扬尘源.
//!
//! In: one of the sheets and the districts. Out: [`Source`]s and what they emit.

use std::collections::BTreeMap;

use super::emitters::{Figures, district};
use crate::measures::emission::Amounts;
use crate::measures::grid::{Cells, Grid};
use crate::measures::map::{self, Table};
use crate::measures::rows::{PerLevel, Source};
use crate::measures::sheet::{Findings, Kind, Place};
use crate::warning::Level;

/// What a list writes where nothing is done.
const NOTHING: [&str; 5] = ["", "不采取措施", "无", "—", "/"];

pub(super) fn read(
    table: Table,
    grid: &Grid<'_>,
    districts: &[String],
    out: &mut Findings,
) -> (Vec<Source>, Amounts) {
    let (mut sources, mut base) = (Vec::new(), Amounts::default());
    let mut seen: BTreeMap<(&str, &str), Place> = BTreeMap::new();
    for cells in grid.rows() {
        let name = cells.text("name", out);
        let district = district(cells, districts, true, out);
        if let Some(key) = name.zip(district) {
            if let Some(first) = seen.get(&key) {
                let expected = format!("与{first}为同一区县的同一源，应只列一次");
                cells.fault("name", Kind::Duplicate, &expected, out);
            } else {
                seen.insert(key, cells.place("name"));
            }
        }
        let figures = Figures::read(cells, out);
        base = base + figures.emitted();
        sources.extend(row(table, cells, (name, district), &figures, out));
    }
    (sources, base)
}

/// A row; `None` when something in it was noted.
fn row(
    table: Table,
    cells: Cells<'_>,
    (name, district): (Option<&str>, Option<&str>),
    figures: &Figures,
    out: &mut Findings,
) -> Option<Source> {
    let mut measure = |level: Level| {
        let text = cells.optional(&map::measure(level), out)?;
        let text = if NOTHING.contains(&text) { "" } else { text };
        if text.is_empty() {
            figures.without_measure(level, cells, out);
        }
        Some(text.to_owned())
    };
    let [yellow, orange, red] = Level::ALL.map(&mut measure);
    let category = cells.text("category", out);
    let department = cells.text("department", out);
    let (contact, phone) = (cells.text("contact", out), cells.text("phone", out));
    let town = cells.optional("town", out);
    let operator = cells.optional("operator", out);
    let reason = cells.optional("reason", out);
    let (base_g_per_day, reductions_g_per_day) = figures.complete()?;
    Some(Source {
        table,
        name: name?.to_owned(),
        category: category?.to_owned(),
        district: district?.to_owned(),
        town: town?.to_owned(),
        department: department?.to_owned(),
        operator: operator?.to_owned(),
        base_g_per_day,
        measures: PerLevel { yellow: yellow?, orange: orange?, red: red? },
        reductions_g_per_day,
        contact: contact?.to_owned(),
        phone: phone?.to_owned(),
        reason: reason?.to_owned(),
        row: cells.number(),
    })
}
