//! The areas, from the lists of stations and station sets.

use std::collections::BTreeMap;
use std::path::Path;

use super::Fault;
use super::section::Faults;
use crate::area::{AreaId, Registry, Span, Station, StationKind};
use crate::replay;
use crate::replay::stations::{Line, Listed, SetRow, StationRow, list_sets, list_stations};

/// The registry of every area in a list of stations, in the order of their codes.
///
/// `names` gives areas their names; an area without one goes by its code.
///
/// # Errors
/// Every [`Fault`] of the two files and of what they say together.
pub fn registries(
    stations: &Path,
    sets: Option<&Path>,
    names: &BTreeMap<String, String>,
) -> Result<Vec<Registry>, Vec<Fault>> {
    let faults = Faults::default();
    let found = read(stations, sets, names, &faults);
    match faults.into_list() {
        faults if faults.is_empty() => Ok(found.registries),
        faults => Err(faults),
    }
}

/// What could be read of the two lists, for checks beside their own.
pub(super) struct Found {
    /// The registries, to be used only when no fault was noted.
    pub(super) registries: Vec<Registry>,
    /// Whether every area of the list is there.
    pub(super) complete: bool,
}

impl Found {
    /// Adds a list of reference cities, whose areas must be its own; every fault is noted.
    pub(super) fn add_cities(
        &mut self,
        list: &Path,
        names: &BTreeMap<String, String>,
        faults: &Faults,
    ) {
        let Self { registries, complete } = read(list, None, names, faults);
        self.complete &= complete;
        for registry in registries {
            let (area, list) = (&registry.area, list.display().to_string());
            let taken = |code: &str| {
                self.registries.iter().any(|r| r.area.as_str() == code || r.find(code).is_some())
            };
            let twice = registry.stations.iter().map(|s| s.id.as_str()).find(|code| taken(code));
            if self.registries.iter().any(|r| r.area == *area) {
                faults.note(list, format!("area {area} has stations in stations_file too"));
            } else if let Some(code) = twice {
                let reason =
                    format!("{code} is the code of an area or a station in stations_file too");
                faults.note(list, reason);
            } else if registry.is_reference() {
                self.registries.push(registry);
            } else {
                let reason = format!("area {area} has stations whose kind is not `reference`");
                faults.note(list, reason);
            }
        }
        self.registries.sort_by(|a, b| a.area.cmp(&b.area));
    }
}

/// Reads both lists; every fault is noted.
pub(super) fn read(
    stations: &Path,
    sets: Option<&Path>,
    names: &BTreeMap<String, String>,
    faults: &Faults,
) -> Found {
    let listed = list_stations(stations);
    let list = stations.display().to_string();
    if listed.complete && listed.rows.is_empty() {
        faults.note(&list, "names no station");
    }
    note(listed.faults, faults);
    let mut found: BTreeMap<&str, Registry> = BTreeMap::new();
    for (code, stations) in by_area(&listed.rows, &list, faults) {
        let name = names.get(code).cloned().unwrap_or_else(|| code.to_owned());
        // The reader has checked the code as that of a station, which has the same characters.
        let Some(area) = AreaId::new(code) else { continue };
        match Registry::new(area, name, stations) {
            Ok(registry) => drop(found.insert(code, registry)),
            Err(all) => all.into_iter().for_each(|fault| faults.note(&list, fault)),
        }
    }
    if let Some(path) = sets {
        let Listed { rows, faults: wrong, .. } = list_sets(path);
        note(wrong, faults);
        add_sets(&mut found, (&rows, listed.complete), &path.display().to_string(), faults);
    }
    Found { registries: found.into_values().collect(), complete: listed.complete }
}

/// Notes faults of a list under file and line.
fn note(all: Vec<replay::Fault>, faults: &Faults) {
    for fault in all {
        let key = match fault.line {
            0 => fault.file,
            line => format!("{}:{line}", fault.file),
        };
        faults.note(key, fault.reason);
    }
}

/// The stations of each area, each one once.
fn by_area<'a>(
    rows: &'a [Line<StationRow>],
    list: &str,
    faults: &Faults,
) -> BTreeMap<&'a str, Vec<Station>> {
    let mut areas: BTreeMap<&str, Vec<Station>> = BTreeMap::new();
    for Line { line, sound, row } in rows {
        let station = station(row, &format!("{list}:{line}"), faults);
        let area = areas.entry(&row.area).or_default();
        if area.iter().all(|earlier| earlier.id != station.id) {
            area.push(station);
        } else if *sound {
            faults
                .note(format!("{list}:{line}"), format!("station {} is listed twice", row.station));
        }
    }
    areas
}

/// The station of a row. One of unknown kind is noted, and kept for the sets that name it.
fn station(row: &StationRow, key: &str, faults: &Faults) -> Station {
    let kind = StationKind::parse(&row.kind).unwrap_or_else(|| {
        let known = StationKind::ALL.map(StationKind::name).join(", ");
        faults.note(key, format!("`kind` must be one of {known}, got {:?}", row.kind));
        StationKind::National
    });
    Station {
        id: row.station.clone(),
        name: row.name.clone(),
        position: row.lat.map(micro_degrees).zip(row.lon.map(micro_degrees)),
        district: row.district.clone(),
        kind,
        assessed: row.assessed,
        valid: row.span,
    }
}

/// Degrees (the reader has checked ±180) to millionths.
#[expect(clippy::cast_possible_truncation, reason = "180,000,000 fits")]
fn micro_degrees(degrees: f64) -> i32 {
    (degrees * 1e6).round() as i32
}

/// Adds the named sets. What the list of stations lacks is a fault only when all of it was read:
/// otherwise it may stand in a line that was told already.
fn add_sets(
    areas: &mut BTreeMap<&str, Registry>,
    (rows, stations_complete): (&[Line<SetRow>], bool),
    list: &str,
    faults: &Faults,
) {
    let mut sets: Vec<(&SetRow, Vec<(String, Span)>)> = Vec::new();
    for Line { line, sound, row } in rows {
        let key = || format!("{list}:{line}");
        let station = row.station.as_str();
        match areas.get(row.area.as_str()) {
            Some(registry) if registry.find(station).is_some() => {}
            _ if !stations_complete => continue,
            None => {
                faults.note(key(), format!("set {}: area {} has no station", row.set, row.area));
                continue;
            }
            Some(_) => {
                let (set, area) = (&row.set, &row.area);
                let reason =
                    format!("set {set} names station {station}, which area {area} does not have");
                faults.note(key(), reason);
            }
        }
        let member = (station.to_owned(), row.span);
        match sets.iter_mut().find(|(first, _)| first.set == row.set && first.area == row.area) {
            None => sets.push((row, vec![member])),
            Some((first, _)) if *sound && !first.name.is_empty() && first.name != row.name => {
                let reason =
                    format!("set {} is called {:?} and {:?}", row.set, first.name, row.name);
                faults.note(key(), reason);
            }
            Some((_, members)) => members.push(member),
        }
    }
    for (first, members) in sets {
        if let Some(registry) = areas.get_mut(first.area.as_str()) {
            // A member that is unknown was noted with its line.
            drop(registry.add_set(&first.set, &first.name, &members));
        }
    }
}
