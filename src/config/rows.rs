//! What files of rows have in common that people write from documents: `targets.toml`, `dust.toml`,
//! `ranks.toml`.

use std::path::{Path, PathBuf};

use toml::Value;

use super::Fault;
use super::section::{Faults, Section, text};
use super::stations::Found;
use crate::area::Registry;
use crate::assessment::target::{TargetIndicator, Written};

/// Reads a file; its faults name it.
pub(super) fn file<T>(path: &Path, read: impl FnOnce(Section<'_>) -> T) -> Result<T, Vec<Fault>> {
    let shown = path.display().to_string();
    let unreadable = |e: std::io::Error| vec![Fault { key: shown.clone(), reason: e.to_string() }];
    written(&shown, &std::fs::read_to_string(path).map_err(unreadable)?, read)
}

/// Reads a text; its faults name what it is called.
pub(super) fn written<T>(
    shown: &str,
    written: &str,
    read: impl FnOnce(Section<'_>) -> T,
) -> Result<T, Vec<Fault>> {
    let one = |key: String, reason: String| vec![Fault { key, reason }];
    let table = written.parse::<toml::Table>().map_err(|e| {
        let before = e.span().and_then(|span| written.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        one(format!("{shown}:{line}"), e.message().to_owned())
    })?;
    let faults = Faults::default();
    let rows = read(Section::root(table, &faults));
    let at = |fault: Fault| Fault { key: format!("{shown}: {}", fault.key), ..fault };
    match faults.into_list() {
        faults if faults.is_empty() => Ok(rows),
        faults => Err(faults.into_iter().map(at).collect()),
    }
}

/// The rows of the file that a configuration names; its faults are noted beside the others.
pub(super) fn noted<T: Default>(
    section: &Section<'_>,
    file: Option<PathBuf>,
    areas: Option<&Found>,
    read: impl FnOnce(&Path, &[Registry]) -> Result<T, Vec<Fault>>,
) -> T {
    // Without all stations a row's entity might be told wrong for a fault that stands elsewhere.
    let (Some(file), Some(areas)) = (file, areas.filter(|found| found.complete)) else {
        return T::default();
    };
    read(&file, &areas.registries).unwrap_or_else(|faults| {
        for fault in faults {
            // The file as a whole is told by the key that names it.
            if Path::new(&fault.key) == file {
                section.fault("file", fault);
            } else {
                section.faults().note(fault.key, fault.reason);
            }
        }
        T::default()
    })
}

/// Something that has figures: an area, a set of it, or a station.
pub(super) fn entity(registries: &[Registry]) -> impl FnOnce(&Value) -> Result<String, String> {
    let known = |entity: &str| registries.iter().any(|r| r.member(entity).is_some());
    move |value| {
        let entity = text(value)?;
        if known(&entity) {
            return Ok(entity);
        }
        Err(format!("must be an area, `area/set` or a station that is listed, got {entity:?}"))
    }
}

/// A number that is exactly what a document says; at most what makes sense for its figure.
pub(super) fn number(
    indicator: Option<TargetIndicator>,
) -> impl FnOnce(&Value) -> Result<Written, String> {
    move |value| {
        let written = match value {
            Value::String(text) => Written::parse(text)?,
            Value::Integer(number) => Written::parse(&number.to_string())?,
            Value::Float(number) => {
                return Err(format!("must stand in quotes to be exact: \"{number}\""));
            }
            other => return Err(format!("must be a number in quotes, got {}", other.type_str())),
        };
        match indicator {
            Some(indicator) if written.is_above(indicator.most()) => {
                Err(format!("must be at most {} for {indicator}, got {written}", indicator.most()))
            }
            _ => Ok(written),
        }
    }
}
