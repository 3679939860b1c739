//! The stations of one area, and the named sets they belong to, with validity in time.

use std::collections::BTreeMap;
use std::fmt;

use crate::observation::{StationId, StationKind};
use crate::quality::{Checks, Params, Place};
use crate::time::Day;

/// The code of an area, as it stands in topics.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct AreaId(Box<str>);

impl From<AreaId> for String {
    fn from(id: AreaId) -> Self {
        id.0.into()
    }
}

impl TryFrom<String> for AreaId {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        Self::new(&code).ok_or_else(|| format!("{code:?} is no code"))
    }
}

impl AreaId {
    /// An area code; the same characters as a station code.
    #[must_use]
    pub fn new(code: &str) -> Option<Self> {
        StationId::new(code).map(|id| Self(id.as_str().into()))
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AreaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Days from `from` to `until`, both included; open where `None`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize,
)]
pub struct Span {
    /// First day.
    pub from: Option<Day>,
    /// Last day.
    pub until: Option<Day>,
}

impl Span {
    /// Whether the span holds the day.
    #[must_use]
    pub fn holds(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    /// Whether the two have a day in common.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let before = |a: &Self, b: &Self| matches!((a.until, b.from), (Some(a), Some(b)) if a < b);
        !before(self, other) && !before(other, self)
    }
}

/// A place of measurement.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct Station {
    /// Its code.
    pub id: StationId,
    /// Its name as people say it.
    pub name: String,
    /// Latitude and longitude in 0.000001 degrees.
    pub position: Option<(i32, i32)>,
    /// The district, empty where unknown.
    pub district: String,
    /// Who owns it.
    pub kind: StationKind,
    /// Whether it counts in the area's default set (评价点位).
    pub assessed: bool,
    /// When it is (was) in operation.
    pub valid: Span,
}

/// A station's time in a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct Membership {
    /// Index in [`Registry::stations`].
    pub station: usize,
    /// The days on which it counts.
    pub valid: Span,
}

/// A named set of stations, such as 市区 or a forecast area.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct StationSet {
    /// Its code; empty for the area's default set, the assessed stations.
    pub id: String,
    /// Its name on the page.
    pub name: String,
    /// Its members.
    pub members: Vec<Membership>,
}

impl StationSet {
    /// The indices of the stations that belong to the set on a day, ascending; each one once, even where
    /// spans of its membership overlap.
    pub fn on(&self, day: Day) -> impl Iterator<Item = usize> + '_ {
        let mut last = None;
        let held = self.members.iter().filter(move |m| m.valid.holds(day)).map(|m| m.station);
        held.filter(move |station| last.replace(*station) != Some(*station))
    }
}

/// One area: its stations and sets. `sets[0]` is the default set.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(from = "Listed", into = "Listed")]
pub struct Registry {
    /// The area's code.
    pub area: AreaId,
    /// The area's name.
    pub name: String,
    /// Sorted by code.
    pub stations: Vec<Station>,
    /// The default set, then the named ones in file order.
    pub sets: Vec<StationSet>,
    by_code: BTreeMap<StationId, usize>,
    /// Of reference cities, which publications call by their names.
    by_name: BTreeMap<String, usize>,
}

/// A registry as it is written down.
#[derive(serde::Deserialize, serde::Serialize)]
struct Listed {
    area: AreaId,
    name: String,
    stations: Vec<Station>,
    sets: Vec<StationSet>,
}

impl From<Registry> for Listed {
    fn from(r: Registry) -> Self {
        Self { area: r.area, name: r.name, stations: r.stations, sets: r.sets }
    }
}

impl From<Listed> for Registry {
    fn from(l: Listed) -> Self {
        let (by_code, by_name) = places(&l.stations);
        Self { area: l.area, name: l.name, stations: l.stations, sets: l.sets, by_code, by_name }
    }
}

/// Why a registry cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryFault {
    /// A station's code stands twice.
    #[error("station {0} is listed twice")]
    Twice(StationId),
    /// Two reference cities have one name, by which files may call them.
    #[error("reference city {0} is listed twice")]
    NamedTwice(String),
    /// Reference cities stand beside stations of an area.
    #[error(
        "area {0} has both stations and reference cities; those need an area code of their own"
    )]
    Mixed(AreaId),
    /// A set names a station that the area does not have.
    #[error("set {set} names station {station}, which area {area} does not have")]
    UnknownMember {
        /// The set.
        set: String,
        /// The station's code.
        station: String,
        /// The area.
        area: AreaId,
    },
}

impl Registry {
    /// A registry of `stations` with its default set.
    ///
    /// # Errors
    /// A [`RegistryFault`] for each code that stands twice, for each name of reference cities that does, and
    /// where those stand beside stations.
    pub fn new(
        area: AreaId,
        name: String,
        mut stations: Vec<Station>,
    ) -> Result<Self, Vec<RegistryFault>> {
        stations.sort_by(|a, b| a.id.cmp(&b.id));
        let twice = stations.windows(2).filter(|pair| pair[0].id == pair[1].id);
        let mut faults: Vec<_> =
            twice.map(|pair| RegistryFault::Twice(pair[0].id.clone())).collect();
        faults.extend(faults_of_cities(&area, &stations));
        if !faults.is_empty() {
            return Err(faults);
        }
        let (by_code, by_name) = places(&stations);
        let assessed = stations.iter().enumerate().filter(|(_, s)| s.assessed);
        let members = assessed.map(|(station, s)| Membership { station, valid: s.valid }).collect();
        let sets = vec![StationSet { id: String::new(), name: name.clone(), members }];
        Ok(Self { area, name, stations, sets, by_code, by_name })
    }

    /// Adds a named set from station codes with the spans of their membership.
    ///
    /// # Errors
    /// [`RegistryFault::UnknownMember`] for each code the area does not have; then nothing is added.
    pub fn add_set(
        &mut self,
        id: &str,
        name: &str,
        members: &[(String, Span)],
    ) -> Result<(), Vec<RegistryFault>> {
        let mut found = Vec::new();
        let mut faults = Vec::new();
        for (code, valid) in members {
            match self.find(code) {
                Some(station) => found.push(Membership { station, valid: *valid }),
                None => faults.push(RegistryFault::UnknownMember {
                    set: id.to_owned(),
                    station: code.clone(),
                    area: self.area.clone(),
                }),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        found.sort_by_key(|m| (m.station, m.valid.from));
        self.sets.push(StationSet { id: id.to_owned(), name: name.to_owned(), members: found });
        Ok(())
    }

    /// The index of a station by its code, of a reference city by its name too.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<usize> {
        self.by_code.get(code).or_else(|| self.by_name.get(code)).copied()
    }

    /// Whether it is a list of reference cities: series to be ranked with, not an area that is watched.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        self.stations.first().is_some_and(|s| s.kind == StationKind::Reference)
    }

    /// The checks of its stations' values.
    #[must_use]
    pub fn checks(&self, params: &Params) -> Checks {
        let place = |s: &Station| Place { kind: s.kind, position: s.position };
        Checks::new(params, &self.stations.iter().map(place).collect::<Vec<_>>())
    }

    /// The same where a check takes values out of the figures; `None` where all of them only mark.
    #[must_use]
    pub fn excluding(&self, params: &Params) -> Option<Checks> {
        let any = self.stations.iter().any(|s| params.excludes(s.kind));
        any.then(|| self.checks(params))
    }

    /// The name of a set as an entity in files and in the API: the area, or `area/set`.
    #[must_use]
    pub fn entity(&self, set: usize) -> String {
        match self.sets.get(set).map(|s| s.id.as_str()) {
            None | Some("") => self.area.to_string(),
            Some(id) => format!("{}/{id}", self.area),
        }
    }
}

/// Where stations stand, by code, and reference cities by name.
fn places(stations: &[Station]) -> (BTreeMap<StationId, usize>, BTreeMap<String, usize>) {
    let all = || stations.iter().enumerate();
    let cities = all().filter(|(_, s)| s.kind == StationKind::Reference);
    (
        all().map(|(at, s)| (s.id.clone(), at)).collect(),
        cities.map(|(at, s)| (s.name.clone(), at)).collect(),
    )
}

fn faults_of_cities(area: &AreaId, stations: &[Station]) -> Vec<RegistryFault> {
    let cities = stations.iter().filter(|s| s.kind == StationKind::Reference);
    let mut names: Vec<&str> = cities.map(|s| s.name.as_str()).collect();
    let mixed = !names.is_empty() && names.len() < stations.len();
    names.sort_unstable();
    let twice = names.windows(2).filter(|pair| pair[0] == pair[1]);
    let twice = twice.map(|pair| RegistryFault::NamedTwice(pair[0].to_owned()));
    twice.chain(mixed.then(|| RegistryFault::Mixed(area.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn station(code: &str, assessed: bool, valid: Span) -> Station {
        Station {
            id: StationId::new(code).expect("legal"),
            name: code.to_owned(),
            position: None,
            district: String::new(),
            kind: StationKind::National,
            assessed,
            valid,
        }
    }

    fn registry() -> Registry {
        let until = Span { from: None, until: "2025-06-30".parse().ok() };
        let from = Span { from: "2025-07-01".parse().ok(), until: None };
        let stations = vec![
            station("c", false, Span::default()),
            station("b", true, from),
            station("a", true, until),
        ];
        Registry::new(AreaId::new("dalian").expect("legal"), "大连".into(), stations).expect("ok")
    }

    #[test]
    fn membership_is_asked_for_the_day() {
        let r = registry();
        let on = |day: &str| -> Vec<&str> {
            let day = day.parse().expect("a day");
            r.sets[0].on(day).map(|at| r.stations[at].id.as_str()).collect()
        };
        assert_eq!(on("2025-06-30"), ["a"]);
        assert_eq!(on("2025-07-01"), ["b"]);
    }

    #[test]
    fn a_station_counts_once_where_its_memberships_overlap() {
        let mut r = registry();
        let twice = [("a", Span::default()), ("c", Span::default()), ("a", Span::default())];
        r.add_set("urban", "市区", &twice.map(|(code, span)| (code.to_owned(), span)))
            .expect("known");
        let day = "2025-06-30".parse().expect("a day");
        assert_eq!(r.sets[1].on(day).collect::<Vec<_>>(), [0, 2]);
    }

    #[test]
    fn faults_name_the_station_and_the_set() {
        let twice = vec![station("a", true, Span::default()), station("a", true, Span::default())];
        let faults = Registry::new(AreaId::new("x").expect("legal"), String::new(), twice);
        assert_eq!(faults.expect_err("refused")[0].to_string(), "station a is listed twice");
        let mut r = registry();
        let members = [("z".to_owned(), Span::default())];
        let faults = r.add_set("urban", "市区", &members).expect_err("refused");
        assert_eq!(
            faults[0].to_string(),
            "set urban names station z, which area dalian does not have"
        );
        assert_eq!(r.sets.len(), 1);
    }

    #[test]
    fn reference_cities_go_by_their_names_too_and_not_beside_stations() {
        let city = |code: &str, name: &str| Station {
            name: name.to_owned(),
            kind: StationKind::Reference,
            ..station(code, true, Span::default())
        };
        let area = || AreaId::new("cities").expect("legal");
        let all = vec![city("shenyang", "沈阳"), city("dalian", "大连")];
        let r = Registry::new(area(), "城市".into(), all).expect("ok");
        assert!(r.is_reference() && !registry().is_reference());
        assert_eq!((r.find("沈阳"), r.find("shenyang"), r.find("锦州")), (Some(1), Some(1), None));
        assert_eq!(registry().find("甘井子"), None, "stations go by their codes");
        let twice = vec![city("a", "大连"), city("b", "大连")];
        let faults = Registry::new(area(), String::new(), twice).expect_err("refused");
        assert_eq!(faults, [RegistryFault::NamedTwice("大连".to_owned())]);
        let mixed = vec![city("a", "大连"), station("b", true, Span::default())];
        let faults = Registry::new(area(), String::new(), mixed).expect_err("refused");
        assert_eq!(faults, [RegistryFault::Mixed(area())]);
    }

    #[test]
    fn a_set_is_an_entity_inside_its_area() {
        let mut r = registry();
        r.add_set("urban", "市区", &[("c".to_owned(), Span::default())]).expect("known");
        assert_eq!((r.entity(0), r.entity(1)), ("dalian".into(), "dalian/urban".into()));
    }
}
