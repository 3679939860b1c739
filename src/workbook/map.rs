//! `measures-map.toml`: which sheet and column holds what.
//!
//! In: the file, or the one built in. Out: a [`ColumnMap`], or every fault of it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Value;

use super::Fault;
use crate::measures::{ColumnEntry, ColumnMap, SheetEntry};

/// Shipped as an example, and what holds without another.
const DEFAULT: &str = include_str!("../../config/measures-map.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileMap {
    days_per_year: u16,
    #[serde(default)]
    skip: Vec<String>,
    #[serde(default)]
    sheet: Vec<FileSheet>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSheet {
    table: String,
    name: String,
    header_row: u32,
    header_rows: u32,
    #[serde(default)]
    fill_down: Vec<Vec<String>>,
    columns: BTreeMap<String, Value>,
}

/// The built-in map.
///
/// # Errors
/// None unless the program was built with a faulty one, which a test rules out.
pub fn default_map() -> Result<ColumnMap, Vec<Fault>> {
    parse(DEFAULT, Path::new("measures-map.toml"))
}

/// Reads a map.
///
/// # Errors
/// Every fault of the file.
pub fn load_map(path: &Path) -> Result<ColumnMap, Vec<Fault>> {
    let text = std::fs::read_to_string(path).map_err(|e| vec![Fault::io(path, &e)])?;
    parse(&text, path)
}

fn parse(text: &str, path: &Path) -> Result<ColumnMap, Vec<Fault>> {
    let all = |reasons: Vec<String>| -> Vec<Fault> {
        reasons.into_iter().map(|reason| Fault::content(path, reason)).collect()
    };
    let file: FileMap = toml::from_str(text).map_err(|e| all(vec![e.to_string()]))?;
    let (mut entries, mut faults) = (Vec::new(), Vec::new());
    for sheet in file.sheet {
        let mut columns = BTreeMap::new();
        for (field, value) in &sheet.columns {
            match column(value) {
                Some(entry) => drop(columns.insert(field.clone(), entry)),
                None => faults.push(format!(
                    "sheet {}: columns.{field}: must be a header, a list of headers, or a table \
                     of header and unit",
                    sheet.name
                )),
            }
        }
        entries.push(SheetEntry {
            table: sheet.table,
            name: sheet.name,
            header_row: sheet.header_row,
            header_rows: sheet.header_rows,
            columns,
            fill_down: sheet.fill_down,
        });
    }
    if !faults.is_empty() {
        return Err(all(faults));
    }
    ColumnMap::new(file.days_per_year, file.skip, entries).map_err(all)
}

fn column(value: &Value) -> Option<ColumnEntry> {
    let headers = |value: &Value| match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(all) => all.iter().map(|v| v.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    let Value::Table(table) = value else {
        return Some(ColumnEntry { headers: headers(value)?, unit: None });
    };
    if table.keys().any(|key| key != "header" && key != "unit") {
        return None;
    }
    let unit = match table.get("unit") {
        None => None,
        Some(unit) => Some(unit.as_str()?.to_owned()),
    };
    Some(ColumnEntry { headers: headers(table.get("header")?)?, unit })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let faults = parse(text, Path::new("m")).expect_err("refused");
        faults.into_iter().map(|fault| fault.reason).collect()
    }

    #[test]
    fn the_map_built_in_is_legal() {
        assert!(default_map().is_ok());
    }

    #[test]
    fn every_fault_of_a_map_is_told() {
        let faulty = DEFAULT
            .replace("grade = [\"绩效等级\", \"绩效分级\"]\n", "")
            .replace("town = \"乡镇街道\"\nlongitude", "city = \"市\"\nlongitude")
            .replace("unit = \"t/a\"", "unit = \"lb/d\"")
            .replace("table = \"dust\"", "table = \"sand\"");
        let told = told(&faulty);
        let has = |part: &str| told.iter().any(|reason| reason.contains(part));
        assert!(has("sheet 工业源: columns.grade is missing"), "{told:?}");
        assert!(has("sheet 工业源: columns.city is no field of industry"));
        assert!(has("sheet 工业源: fill_down: \"town\" is no text column of this sheet"));
        assert!(has("sheet 全社会排放量: columns.base_so2: unit \"lb/d\""));
        assert!(has("table must be one of basics, industry, mobile, dust"));
    }

    #[test]
    fn a_map_without_a_sheet_says_which() {
        let without = DEFAULT.split("[[sheet]]").filter(|part| !part.contains("\"society\""));
        let without: Vec<&str> = without.collect();
        assert_eq!(told(&without.join("[[sheet]]")), ["no sheet has table = \"society\""]);
        assert!(told("days_per_year = 365\nskp = []")[0].contains("unknown field `skp`"));
    }
}
