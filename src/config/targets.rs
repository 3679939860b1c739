//! `targets.toml`: what a plan asks for, row by row, all faults at once.
//!
//! In: the file, and the areas it may name. Out: [`Targets`] that nothing checks again, or every fault with
//! its row, key and reason.
//!
//! Invariant: a value is a text or a whole number, so that it is exactly what the plan says; a fraction
//! written as a TOML float is refused.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use toml::Value;

use super::Fault;
use super::rows::{self, entity, number};
use super::section::{Section, parsed, path_from, text, whole};
use super::stations::Found;
use crate::area::Registry;
use crate::assessment::target::{Goal, Resampling, Target, TargetIndicator, Targets};
use crate::assessment::{DustColumn, JudgedBy};
use crate::observation::Dataset;

/// Reads the rows of a file. `registries` are the areas whose sets and stations a row may name.
///
/// # Errors
/// Every [`Fault`] of the file.
pub fn targets(path: &Path, registries: &[Registry]) -> Result<Targets, Vec<Fault>> {
    rows::file(path, |root| read(root, registries))
}

/// `[targets]`: the file, and how past days are drawn. Faults of the file are noted beside the others.
pub(super) fn read_section(
    mut section: Section<'_>,
    (base, areas): (&Path, Option<&Found>),
) -> (Targets, Resampling) {
    let d = Resampling::DEFAULT;
    let resampling = Resampling {
        window_days: section.whole("window_days", 0..=45, d.window_days),
        block_days: section.whole("block_days", 1..=30, d.block_days),
        years_least: section.whole("years_least", 1..=20, d.years_least),
        paths: section.whole("paths", 100..=10_000, d.paths),
        seed: section.whole("seed", 0..=u64::from(u32::MAX), d.seed),
    };
    let file = section.optional("file", path_from(base));
    let rows = rows::noted(&section, file, areas, targets);
    section.finish();
    (rows, resampling)
}

/// Reads all rows that can be; faults are noted.
fn read(mut root: Section<'_>, registries: &[Registry]) -> Targets {
    let mut rows: Vec<Target> = Vec::new();
    let mut seen = BTreeMap::new();
    for (at, section) in root.sections("target").into_iter().enumerate() {
        let (faults, key) = (section.faults(), section.key("indicator"));
        let Some(target) = row(section, registries) else { continue };
        let what = (target.year, target.entity.clone(), target.indicator, target.district.clone());
        let how = (target.judged_by.name(), target.dataset, target.dust.code());
        if let Some(first) = seen.insert((what, how), at) {
            faults.note(key, format_args!("is that of target[{first}] for the same figure"));
        }
        rows.push(target);
    }
    root.finish();
    Targets { rows }
}

fn row(mut section: Section<'_>, registries: &[Registry]) -> Option<Target> {
    let year = section.required("year", whole(2013..=2100));
    let entity = section.required("entity", entity(registries));
    let indicator = section.required("indicator", parsed::<TargetIndicator>);
    let goal = goal(&mut section, indicator);
    let judged_by = section.optional("edition", named::<JudgedBy>).unwrap_or_default();
    let dataset = section.optional("dataset", named::<Dataset>).unwrap_or_default();
    let dust = section.optional("dust", dust).unwrap_or_default();
    let document = section.required("document", text);
    let district = section.optional("district", text).unwrap_or_default();
    section.finish();
    Some(Target {
        year: year?,
        entity: entity?,
        indicator: indicator?,
        goal: goal?,
        judged_by,
        dataset,
        dust,
        document: document?,
        district,
    })
}

/// A number, or words where the plan gives none.
fn goal(section: &mut Section<'_>, indicator: Option<TargetIndicator>) -> Option<Goal> {
    if section.holds("words") {
        if section.holds("value") {
            section.fault("words", "has no place beside value: a plan gives a number or words");
        }
        let _ = section.optional("value", number(indicator));
        return section.optional("words", text).map(Goal::Words);
    }
    section.required("value", number(indicator)).map(Goal::Number)
}

/// A name whose type says by itself what it got.
fn named<T: FromStr<Err = String>>(value: &Value) -> Result<T, String> {
    text(value)?.parse()
}

fn dust(value: &Value) -> Result<DustColumn, String> {
    let text = text(value)?;
    let found = DustColumn::ALL.into_iter().find(|column| column.code() == text);
    let codes = || DustColumn::ALL.map(DustColumn::code).join(", ");
    found.ok_or_else(|| format!("must be one of {}, got {text:?}", codes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::registries;

    fn seeds() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/dalian")
    }

    fn dalian() -> Vec<Registry> {
        let (stations, sets) = (seeds().join("stations.csv"), seeds().join("sets.csv"));
        registries(&stations, Some(&sets), &BTreeMap::new()).expect("legal")
    }

    fn load(content: &str) -> Result<Targets, Vec<String>> {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("targets.toml");
        std::fs::write(&path, content).expect("written");
        let file = format!("{}: ", path.display());
        targets(&path, &dalian()).map_err(|all| {
            let told = |f: &Fault| f.to_string().replacen(&file, "", 1);
            all.iter().map(told).collect()
        })
    }

    const ROW: &str = "[[target]]\nyear = 2025\nentity = 'dalian'\nindicator = 'pm2_5_mean'\n\
                       value = '29.8'\ndocument = 'plan'\n";

    #[test]
    fn the_rows_of_the_plan_are_what_it_says() {
        let found = targets(&seeds().join("targets.toml"), &dalian()).expect("legal");
        let rows: Vec<_> = found
            .rows
            .iter()
            .map(|t| (t.year, t.entity.as_str(), t.indicator.code(), t.value_text()))
            .collect();
        let row = |entity, indicator, value: &str| (2025, entity, indicator, value.to_owned());
        let expected = [
            row("dalian/core", "good_day_ratio", "88.9%"),
            row("dalian/urban", "pm2_5_mean", "29.8微克/立方米"),
            row("dalian/urban", "days_heavy", "基本消除"),
        ];
        assert_eq!(rows, expected);
        assert!(found.rows.iter().all(|t| t.judged_by == JudgedBy::Edition2012));
        assert!(found.rows.iter().all(|t| !t.document.is_empty()));
    }

    #[test]
    fn what_is_absent_has_its_default() {
        let found = load(ROW).expect("legal");
        let [row] = found.rows.as_slice() else { panic!("one row") };
        assert_eq!((row.judged_by, row.dataset), (JudgedBy::InForce, Dataset::Best));
        assert_eq!((row.dust, row.district.as_str()), (DustColumn::Measured, ""));
        assert!(load("").expect("legal").rows.is_empty(), "a plan may come later");
    }

    #[test]
    fn every_fault_is_told_in_one_run() {
        let told = load(
            "target = 3
",
        );
        assert_eq!(
            told.expect_err("refused"),
            ["target: must be an array of tables, got an integer"]
        );
        let rows = "[[target]]
year = 1999
entity = 'shenyang'
indicator = 'air'
value = 88.9
documents = 'plan'
[[target]]
year = 2025
entity = 'dalian/urban'
indicator = 'good_day_ratio'
value = '100.1'
edition = 'old'
dataset = 'raw'
dust = 'none'
document = ''
[[target]]
year = 2025
entity = '1109A'
indicator = 'days_heavy'
value = 'none'
words = '基本消除'
document = 'plan'
";
        let told = load(&format!("{ROW}{rows}{ROW}")).expect_err("refused");
        let expected = [
            "target[1].year: must be 2013 to 2100, got 1999",
            "target[1].entity: must be an area, `area/set` or a station that is listed, got \
             \"shenyang\"",
            "target[1].indicator: must be one of good_day_ratio, days_good, days_heavy, \
             heavy_day_ratio, pm2_5_mean, pm10_mean, so2_mean, no2_mean, o3_mda8_p90, co_p95, \
             pm2_5_p95, pm10_p95, so2_p98, no2_p98, composite_index, got \"air\"",
            "target[1].value: must stand in quotes to be exact: \"88.9\"",
            "target[1].document: is missing",
            "target[1].documents: is not a known key (known here: year, entity, indicator, value, \
             edition, dataset, dust, document, district)",
            "target[2].value: must be at most 100 for good_day_ratio, got 100.1",
            "target[2].edition: in_force, 2012 or 2026 expected, got \"old\"",
            "target[2].dataset: realtime, reviewed or best expected, got \"raw\"",
            "target[2].dust: must be one of measured, dust_recognised, dust_reported, official, \
             got \"none\"",
            "target[2].document: must not be empty",
            "target[3].words: has no place beside value: a plan gives a number or words",
            "target[3].value: must be digits with at most three decimals, got \"none\"",
            "target[4].indicator: is that of target[0] for the same figure",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_file_that_is_no_toml_names_its_line() {
        let told = load("[[target]]\nyear = \n").expect_err("refused");
        assert!(told.len() == 1 && told[0].contains("targets.toml:2: "), "{told:?}");
        let absent = targets(Path::new("none.toml"), &[]).expect_err("refused");
        assert_eq!(absent[0].key, "none.toml");
    }
}
