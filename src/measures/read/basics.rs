//! 清单信息: rows of an item and its content.
//!
//! In: the sheet. Out: city, filing number, date in force and districts, as far as they could be read.

use crate::measures::edition::WHOLE_CITY;
use crate::measures::grid::Grid;
use crate::measures::sheet::{Findings, Kind};
use crate::time::Day;

/// What the sheet says; `None` when its fault was noted.
#[derive(Debug, Default)]
pub(super) struct Basics {
    pub(super) city: Option<String>,
    pub(super) filing: Option<String>,
    pub(super) in_force: Option<Day>,
    pub(super) districts: Vec<String>,
}

/// A date as lists write it: `2026-09-28`, `2026/9/28`, `2026.9.28`, `2026年9月28日`.
fn date(text: &str) -> Option<Day> {
    let text = text.strip_suffix('日').unwrap_or(text);
    let mut parts = text.split(['-', '/', '.', '年', '月']);
    let mut part = |longest: usize| {
        let part = parts.next()?.trim();
        let right = (1..=longest).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        right.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    if parts.next().is_some() || year < 2000 {
        return None;
    }
    Day::of(i32::from(year), u8::try_from(month).ok()?, u8::try_from(day).ok()?)
}

pub(super) fn read(grid: &Grid<'_>, out: &mut Findings) -> Basics {
    let mut basics = Basics::default();
    let mut seen: Vec<&str> = Vec::new();
    let mut missing = vec!["城市", "备案文号", "实施日期", "区县"];
    for cells in grid.rows() {
        let Some(item) = cells.text("item", out) else { continue };
        missing.retain(|name| *name != item);
        let Some(content) = cells.text("content", out) else { continue };
        let twice = seen.contains(&item) && ["城市", "备案文号", "实施日期"].contains(&item);
        if twice || (item == "区县" && basics.districts.iter().any(|d| d == content)) {
            cells.fault("content", Kind::Duplicate, "该项重复，应只填一次", out);
        }
        seen.push(item);
        match item {
            "城市" => basics.city = Some(content.to_owned()),
            "备案文号" => basics.filing = Some(content.to_owned()),
            "实施日期" => {
                basics.in_force = date(content);
                if basics.in_force.is_none() {
                    let expected = "不是可识别的日期，应为如“2026-09-28”的日期";
                    cells.fault("content", Kind::DateUnreadable, expected, out);
                }
            }
            "区县" if content == WHOLE_CITY => {
                cells.fault("content", Kind::UnknownDistrict, "不是区县名称", out);
            }
            "区县" => basics.districts.push(content.to_owned()),
            _ => {}
        }
    }
    // Without the columns there are no rows; that was told.
    if grid.has("item") && grid.has("content") {
        for item in missing {
            out.fault(grid.place(), Kind::Empty, format!("缺少“{item}”一项，应填写"));
        }
    }
    basics
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_as_people_write_them() {
        let expected = Day::of(2026, 9, 8);
        for text in ["2026-09-08", "2026/9/8", "2026.9.8", "2026年9月8日", "2026年09月08日"] {
            assert_eq!(date(text), expected, "{text}");
        }
        for text in ["2026-09-31", "46273", "2026年9月", "9月8日", "20260908", "2026-9-8-1", ""]
        {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
