//! `[measures]`: the emergency-measures list, read whole or not at all.
//!
//! In: the section, the files of the list, and the column map. Out: the [`Edition`], when districts report,
//! and by what electricity is held against the list; or every fault, by sheet and cell.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::section::{Section, path_from, text, texts};
use crate::measures::{Edition, EvidenceParams, load};
use crate::workbook;

/// 13:00, as a minute of the day.
pub const DISTRICT_REPORT_DUE: u16 = 13 * 60;

/// `13:00` as a minute of the day.
pub(super) fn minute_of_day(value: &toml::Value) -> Result<u16, String> {
    let text = text(value)?;
    let two = |part: &str| {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<u16>().ok().filter(|_| digits)
    };
    let time = text.split_once(':').and_then(|(hour, minute)| Some((two(hour)?, two(minute)?)));
    let time = time.filter(|(hour, minute)| *hour < 24 && *minute < 60);
    let minutes = time.map(|(hour, minute)| hour * 60 + minute);
    minutes.ok_or_else(|| format!("must be a time of day such as \"13:00\", got {text:?}"))
}

/// Reads the list, without `files` none; when districts report, as a minute of the day; and by what evidence
/// is judged.
pub(super) fn read_section(
    mut section: Section<'_>,
    base: &Path,
) -> (Option<Arc<Edition>>, u16, EvidenceParams) {
    let due = section.optional("district_report_due", minute_of_day);
    let evidence = evidence(section.section("evidence"));
    let files = section.optional("files", texts);
    let map = section.optional("map", path_from(base));
    let found = files.filter(|files| !files.is_empty()).and_then(|files| {
        let files: Vec<PathBuf> = files.iter().map(|file| base.join(file)).collect();
        let fault = |key: &str, fault: &dyn std::fmt::Display| section.fault(key, fault);
        let map = map.map_or_else(workbook::default_map, |path| workbook::load_map(&path));
        let map = map.map_err(|faults| faults.iter().for_each(|f| fault("map", f))).ok()?;
        let sheets = workbook::sheets(&files, &map);
        let sheets = sheets.map_err(|faults| faults.iter().for_each(|f| fault("files", f))).ok()?;
        let loaded = load(&sheets, &map);
        let faults = |all: crate::measures::Findings| {
            all.faults.iter().for_each(|f| fault("files", f));
        };
        loaded.map_err(faults).ok()
    });
    section.finish();
    let edition = found.map(|loaded| Arc::new(loaded.edition));
    (edition, due.unwrap_or(DISTRICT_REPORT_DUE), evidence)
}

/// Reads `[measures.evidence]`.
fn evidence(mut section: Section<'_>) -> EvidenceParams {
    let usual = EvidenceParams::DEFAULT;
    let read = EvidenceParams {
        baseline_days: section.whole("baseline_days", 7..=180, usual.baseline_days),
        comparable_hours_least: section.whole(
            "comparable_hours_least",
            1..=100,
            usual.comparable_hours_least,
        ),
        grace_hours: section.whole("grace_hours", 0..=48, usual.grace_hours),
        data_percent_least: section.whole("data_percent_least", 1..=100, usual.data_percent_least),
        stop_percent_most: section.whole("stop_percent_most", 0..=100, usual.stop_percent_most),
        limit_margin_percent: section.whole(
            "limit_margin_percent",
            0..=50,
            usual.limit_margin_percent,
        ),
        other_percent_most: section.whole("other_percent_most", 0..=100, usual.other_percent_most),
    };
    section.finish();
    read
}
