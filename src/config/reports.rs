//! The papers: who hands them on, and the templates of the room.
//!
//! In: `[reports]`, and the files of a directory. Out: [`ReportSettings`] whose templates have been tried
//! with made-up figures, or every fault with file and line.

use std::path::Path;

use super::section::{Section, path_from, text};
use crate::report::{ReportKind, ReportSettings, TemplateFault};

pub(super) fn read_section(mut section: Section<'_>, base: &Path) -> ReportSettings {
    let mut settings = ReportSettings::default();
    if let Some(unit) = section.optional("unit", text) {
        settings.unit = unit;
    }
    if let Some(series) = section.optional("series", text) {
        settings.series = series;
    }
    if let Some(directory) = section.optional("templates", path_from(base)) {
        read_templates(&directory, &mut settings, &section);
        for TemplateFault { origin, line, reason } in settings.templates.faults() {
            let line = line.map_or_else(String::new, |line| format!(":{line}"));
            section.faults().note(format!("{origin}{line}"), reason);
        }
    }
    section.finish();
    settings
}

/// A file for each kind that the room has changed; the others stay as they come with the program.
fn read_templates(directory: &Path, settings: &mut ReportSettings, section: &Section<'_>) {
    let unreadable = |path: &Path, e: &std::io::Error| {
        section.fault("templates", format_args!("{}: {e}", path.display()));
    };
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(e) => return unreadable(directory, &e),
    };
    let mut paths: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|e| e == "md")) {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let origin = path.display().to_string();
        match (stem.parse::<ReportKind>(), std::fs::read_to_string(path)) {
            // A misspelt name would have no effect.
            (Err(known), _) => section.faults().note(origin, format!("no such kind: {known}")),
            (_, Err(e)) => unreadable(path, &e),
            (Ok(kind), Ok(text)) => settings.templates.replace(kind, origin, text),
        }
    }
}
