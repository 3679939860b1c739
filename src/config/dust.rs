//! `dust.toml`: dust as it was reported and recognised, and figures of others, all faults at once.
//!
//! In: the file, and the areas it may name. Out: [`DustEntries`] that nothing checks again, or every fault
//! with its row, key and reason.
//!
//! Invariants: no hour of a station is both recognised and not recognised; an official figure stands once for
//! an entity and span; a value is exactly what its document says.

use std::path::Path;

use toml::Value;

use super::Fault;
use super::rows::{entity, number};
use super::section::{Section, one_of, parsed, path_from, text, texts};
use super::stations::Found;
use crate::area::Registry;
use crate::assessment::dust::{DustEntries, DustEntry, DustStage, EndingHour, OfficialFigure};
use crate::assessment::target::TargetIndicator;
use crate::assessment::{Seasons, Span};
use crate::observation::StationId;

/// Hours that one entry may hold: a month. Chosen; dust passes within days, so more is a slip of the pen.
const HOURS_MAX: i32 = 31 * 24;

/// Reads a file. `registries` are the areas whose sets and stations it may name.
///
/// # Errors
/// Every [`Fault`] of the file.
pub fn dust(
    path: &Path,
    registries: &[Registry],
    seasons: &Seasons,
) -> Result<DustEntries, Vec<Fault>> {
    super::rows::file(path, |root| read(root, registries, seasons))
}

/// `[dust]`: the file. Its faults are noted beside the others.
pub(super) fn read_section(
    mut section: Section<'_>,
    (base, areas): (&Path, Option<&Found>),
    seasons: &Seasons,
) -> DustEntries {
    let file = section.optional("file", path_from(base));
    let entries = super::rows::noted(&section, file, areas, |path, all| dust(path, all, seasons));
    section.finish();
    entries
}

/// Reads all rows that can be; faults are noted.
fn read(mut root: Section<'_>, registries: &[Registry], seasons: &Seasons) -> DustEntries {
    let mut entries: Vec<DustEntry> = Vec::new();
    for section in root.sections("dust") {
        let (faults, key) = (section.faults(), section.key("from"));
        let Some(entry) = entry(section, registries) else { continue };
        if let Some(reason) = entries.iter().find_map(|held| conflict(&entry, held)) {
            faults.note(key, reason);
        }
        entries.push(entry);
    }
    // With their place in the file, which faulty rows have too.
    let mut official: Vec<(usize, OfficialFigure)> = Vec::new();
    for (at, section) in root.sections("official").into_iter().enumerate() {
        let (faults, key) = (section.faults(), section.key("figure"));
        let Some(figure) = figure(section, registries, seasons) else { continue };
        let ends = |f: &OfficialFigure| (f.span.from, f.span.to);
        let same = |(_, held): &&(usize, OfficialFigure)| {
            held.entity == figure.entity
                && held.figure == figure.figure
                && ends(held) == ends(&figure)
        };
        if let Some((first, _)) = official.iter().find(same) {
            faults.note(key, format_args!("is that of official[{first}] for the same span"));
        }
        official.push((at, figure));
    }
    root.finish();
    DustEntries { entries, official: official.into_iter().map(|(_, figure)| figure).collect() }
}

/// Why two entries cannot both stand.
fn conflict(one: &DustEntry, held: &DustEntry) -> Option<String> {
    let decided = [one.stage, held.stage];
    let contrary =
        decided.contains(&DustStage::Recognised) && decided.contains(&DustStage::Rejected);
    let both = "hours of a station that are recognised in one row are rejected in another";
    let from = EndingHour(held.from);
    (contrary && one.overlaps(held)).then(|| format!("{both}, which starts at {from}"))
}

fn entry(mut section: Section<'_>, registries: &[Registry]) -> Option<DustEntry> {
    let registry = section.required("area", |value| {
        let code = text(value)?;
        let found = registries.iter().find(|r| r.area.as_str() == code);
        found.ok_or_else(|| format!("must be an area that is listed, got {code:?}"))
    });
    let listed = section.holds("stations");
    let stations = section.optional("stations", |value| stations(value, registry));
    let from = section.required("from", parsed_hour);
    let to = section.required("to", parsed_hour);
    let stage = section.required("stage", one_of(&DustStage::ALL.map(|s| (s.code(), s))));
    let document = section.required("document", text);
    let note = section.optional("note", text).unwrap_or_default();
    if let (Some(EndingHour(from)), Some(EndingHour(to))) = (from, to) {
        let hours = to.number() + 1 - from.number();
        if hours < 1 {
            section.fault("to", format_args!("is before from, which is {}", EndingHour(from)));
        }
        if hours > HOURS_MAX {
            section.fault("to", format_args!("is {hours} hours on; at most {HOURS_MAX} are taken"));
        }
    }
    section.finish();
    if listed && stations.is_none() {
        return None;
    }
    Some(DustEntry {
        area: registry?.area.clone(),
        stations,
        from: from?.0,
        to: to?.0,
        stage: stage?,
        document: document?,
        note,
    })
}

fn parsed_hour(value: &Value) -> Result<EndingHour, String> {
    text(value)?.parse()
}

/// Codes of stations of an area, each once.
fn stations(value: &Value, registry: Option<&Registry>) -> Result<Vec<StationId>, String> {
    let codes = texts(value)?;
    if codes.is_empty() {
        return Err("must name a station, or be absent for all of the area".to_owned());
    }
    let mut found: Vec<StationId> = Vec::new();
    for code in codes {
        // A reference city may be called by its name.
        let at = registry.map(|r| r.find(&code).map(|at| r.stations[at].id.clone()));
        let id = match at {
            Some(listed) => listed.ok_or_else(|| format!("{code:?} is no station of the area"))?,
            None => StationId::new(&code).ok_or_else(|| format!("{code:?} is no code"))?,
        };
        if found.contains(&id) {
            return Err(format!("{code:?} stands twice"));
        }
        found.push(id);
    }
    Ok(found)
}

fn figure(
    mut section: Section<'_>,
    registries: &[Registry],
    seasons: &Seasons,
) -> Option<OfficialFigure> {
    let entity = section.required("entity", entity(registries));
    let span = section
        .required("span", |value| Span::parse(&text(value)?, seasons).map_err(|e| e.to_string()));
    let figure = section.required("figure", parsed::<TargetIndicator>);
    let value = section.required("value", number(figure));
    let document = section.required("document", text);
    section.finish();
    Some(OfficialFigure {
        entity: entity?,
        span: span?,
        figure: figure?,
        value: value?,
        document: document?,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::registries;

    fn seeds() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/dalian")
    }

    fn load(content: &str) -> Result<DustEntries, Vec<String>> {
        let (stations, sets) = (seeds().join("stations.csv"), seeds().join("sets.csv"));
        let dalian = registries(&stations, Some(&sets), &BTreeMap::new()).expect("legal");
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("dust.toml");
        std::fs::write(&path, content).expect("written");
        let file = format!("{}: ", path.display());
        dust(&path, &dalian, &Seasons::DEFAULT)
            .map_err(|all| all.iter().map(|f| f.to_string().replacen(&file, "", 1)).collect())
    }

    #[test]
    fn what_is_shipped_holds_no_event_and_its_example_is_legal() {
        let text = std::fs::read_to_string(seeds().join("dust.toml")).expect("shipped");
        assert_eq!(load(&text), Ok(DustEntries::default()));
        let (_, example) = text.split_once("do not exist.\n").expect("an example");
        let example: Vec<&str> =
            example.lines().map(|l| l.trim_start_matches(['#', ' '])).collect();
        let DustEntries { entries, official } = load(&example.join("\n")).expect("legal");
        let told: Vec<_> = entries
            .iter()
            .map(|e| (e.stage.zh(), EndingHour(e.from).to_string(), EndingHour(e.to).to_string()))
            .collect();
        let entry = |zh, from: &str, to: &str| (zh, from.to_owned(), to.to_owned());
        assert_eq!(
            told,
            [
                entry("市级申报", "2025-04-11 03", "2025-04-13 24"),
                entry("总站认定", "2025-04-11 05", "2025-04-12 20"),
            ]
        );
        assert_eq!(entries[0].stations, None);
        assert_eq!(entries[1].stations.as_ref().map(Vec::len), Some(2));
        let [figure] = official.as_slice() else { panic!("one figure") };
        assert_eq!(
            (figure.entity.as_str(), figure.value.to_string().as_str()),
            ("dalian/urban", "28")
        );
        assert_eq!(figure.span.to.to_string(), "2025-10-31");
    }

    const FAULTY: &str = "\
[[dust]]
area = 'shenyang'
from = '2025-04-11 00'
to = '2025-04-11T03'
stage = 'approved'
documents = 'x'
[[dust]]
area = 'dalian'
stations = ['1109A', '9999Z']
from = '2025-04-12 03'
to = '2025-04-12 02'
stage = 'reported'
document = ''
[[dust]]
area = 'dalian'
stations = []
from = '2025-04-01 01'
to = '2025-05-02 01'
stage = 'reported'
document = 'a'
[[dust]]
area = 'dalian'
stations = ['1109A']
from = '2025-04-11 03'
to = '2025-04-11 05'
stage = 'recognised'
document = 'b'
[[dust]]
area = 'dalian'
from = '2025-04-11 05'
to = '2025-04-11 07'
stage = 'rejected'
document = 'c'
[[dust]]
area = 'dalian'
stations = ['1110A', '1110A']
from = '2025-04-11 06'
to = '2025-04-11 06'
stage = 'rejected'
document = 'd'
[[official]]
entity = 'dalian/nowhere'
span = '2025-13'
figure = 'air'
value = 28.5
[[official]]
entity = 'dalian'
span = '2025-04'
figure = 'good_day_ratio'
value = '100.5'
document = 'e'
[[official]]
entity = 'dalian'
span = '2025-04'
figure = 'days_good'
value = 29
document = 'f'
[[official]]
entity = 'dalian'
span = '2025-04-01..2025-04-30'
figure = 'days_good'
value = '28'
document = 'g'
";

    #[test]
    fn every_fault_is_told_in_one_run() {
        let told = load(FAULTY).expect_err("refused");
        let label = "must name an hour by its end, 01 to 24, as in \"2025-04-11 03\"";
        let expected = [
            "dust[0].area: must be an area that is listed, got \"shenyang\"".to_owned(),
            format!("dust[0].from: {label}, got \"2025-04-11 00\""),
            format!("dust[0].to: {label}, got \"2025-04-11T03\""),
            "dust[0].stage: must be one of reported, recognised, rejected, got \"approved\""
                .to_owned(),
            "dust[0].document: is missing".to_owned(),
            "dust[0].documents: is not a known key (known here: area, stations, from, to, stage, \
             document, note)"
                .to_owned(),
            "dust[1].stations: \"9999Z\" is no station of the area".to_owned(),
            "dust[1].document: must not be empty".to_owned(),
            "dust[1].to: is before from, which is 2025-04-12 03".to_owned(),
            "dust[2].stations: must name a station, or be absent for all of the area".to_owned(),
            "dust[2].to: is 745 hours on; at most 744 are taken".to_owned(),
            "dust[4].from: hours of a station that are recognised in one row are rejected in \
             another, which starts at 2025-04-11 03"
                .to_owned(),
            "dust[5].stations: \"1110A\" stands twice".to_owned(),
            "official[0].entity: must be an area, `area/set` or a station that is listed, got \
             \"dalian/nowhere\""
                .to_owned(),
            format!("official[0].span: expected one of {}, got \"2025-13\"", Span::FORMS),
            "official[0].figure: must be one of good_day_ratio, days_good, days_heavy, \
             heavy_day_ratio, pm2_5_mean, pm10_mean, so2_mean, no2_mean, o3_mda8_p90, co_p95, \
             pm2_5_p95, pm10_p95, so2_p98, no2_p98, composite_index, got \"air\""
                .to_owned(),
            "official[0].value: must stand in quotes to be exact: \"28.5\"".to_owned(),
            "official[0].document: is missing".to_owned(),
            "official[1].value: must be at most 100 for good_day_ratio, got 100.5".to_owned(),
            "official[3].figure: is that of official[2] for the same span".to_owned(),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn hours_that_only_touch_may_be_decided_either_way() {
        let row = |stage: &str, from: &str, to: &str| {
            format!(
                "[[dust]]\narea='dalian'\nfrom='{from}'\nto='{to}'\nstage='{stage}'\ndocument='a'\n"
            )
        };
        let all = row("reported", "2025-04-11 01", "2025-04-11 24")
            + &row("recognised", "2025-04-11 03", "2025-04-11 05")
            + &row("rejected", "2025-04-11 06", "2025-04-11 24");
        assert_eq!(load(&all).map(|found| found.entries.len()), Ok(3));
    }
}
