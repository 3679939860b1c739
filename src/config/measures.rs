//! `[measures]`: the emergency-measures list, read whole or not at all.
//!
//! In: the section, the files of the list, and the column map. Out: the [`Edition`]; or every fault, by sheet
//! and cell.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::section::{Section, path_from, texts};
use crate::measures::{Edition, load};
use crate::workbook;

/// Reads the list; without `files` there is none.
pub(super) fn read_section(mut section: Section<'_>, base: &Path) -> Option<Arc<Edition>> {
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
    found.map(|loaded| Arc::new(loaded.edition))
}
