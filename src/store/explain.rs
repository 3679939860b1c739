//! All that a store knows of one figure: its derivation from the cells, when they came, what changed after.
//!
//! In: a figure's entity, quantity and hour. Out: an [`Explanation`], or why there is none.
//!
//! Invariant: one picture of the store, within one short transaction.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::cells::each_station_day;
use super::history::station_places;
use super::origin::{Key, Trace};
use super::read::Reader;
use super::set_hour::stored_row;
use super::{Error, doing};
use crate::area::{Member, Registry};
use crate::explanation::{
    Asked, Cells, Corrected, Excluded, Exclusion, Explanation, Revised, explain,
};
use crate::observation::{POLLUTANTS, Pollutant, Property};
use crate::quality::{Held, Treatment};
use crate::time::{Hour, HourLabel, Instant};

/// Why a figure cannot be explained.
#[derive(Debug, thiserror::Error)]
pub enum Unexplained {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] Error),
    /// Nothing is stored of the area.
    #[error("nothing is stored of area {0}")]
    Empty(String),
    /// The hour lies outside of what is stored.
    #[error("{hour} is outside of what is stored: {first} to {last} (starts of hours)")]
    Outside {
        /// The start of the hour.
        hour: String,
        /// That of the first one.
        first: String,
        /// That of the last one.
        last: String,
    },
    /// The hour is not published yet.
    #[error("{hour} is not published yet, the newest published hour is {newest} (starts of hours)")]
    NotPublished {
        /// The start of the hour.
        hour: String,
        /// That of the newest published one.
        newest: String,
    },
    /// The station is not in operation on the day.
    #[error("station {station} is not in operation on {day}")]
    NotInOperation {
        /// Its code.
        station: String,
        /// The day.
        day: String,
    },
}

impl Reader {
    /// Why a figure is what it is.
    ///
    /// # Errors
    /// [`Unexplained`], with what there is.
    pub fn explain(&self, asked: &Asked<'_>) -> Result<Explanation, Unexplained> {
        let snapshot = self.snapshot()?;
        let registry = asked.registry;
        let area = area_row(&self.db, registry).map_err(doing("read the area's row"))?;
        let (id, floor) = area.ok_or_else(|| Error::Unknown(format!("area {}", registry.area)))?;
        self.check(asked, floor)?;
        let cells = self.cells_of(asked)?;
        let excluded = self.excluded_of(asked)?;
        let mut explanation = explain(asked, &cells, &excluded);
        self.version(asked, id, &mut explanation).map_err(doing("read the area hour"))?;
        let (mut more, mut refused) = (BTreeSet::new(), BTreeSet::new());
        let wanted = wanted(&mut explanation);
        for act in self.acts(id, &wanted).map_err(doing("read the corrections"))? {
            let (sequence, row) = act;
            more.insert(sequence);
            if row.refused.is_some() {
                let hour = Instant::parse_rfc3339(&row.time).unwrap_or_default().hour();
                refused.insert((sequence, row.station.clone(), row.quantity.clone(), hour));
            }
            explanation.corrections.push(row);
        }
        explanation.revisions = self.changes_shown(asked, &wanted)?;
        more.extend(self.revising(id, &wanted).map_err(doing("read the revisions"))?);
        let mut trace = Trace::new(&self.db, (id, registry.area.as_str()), &wanted, &refused)?;
        explanation.search = Some(trace.run(&more)?);
        explanation.inputs_mut(|station, pollutant, input| {
            let at = registry.find(station).unwrap_or(usize::MAX);
            let property = Property::Pollutant(pollutant);
            let day = cells.get(&(at, input.hour.day()));
            let stored = day.map(|d| d.reading(property, input.hour.of_day())).unwrap_or_default();
            match trace.origins(&(station.to_owned(), pollutant, input.hour), stored) {
                Some(origins) => input.origins = origins,
                None => input.origins_reason = Some("not_found_in_the_rows_searched"),
            }
        });
        drop(snapshot);
        Ok(explanation)
    }

    /// Whether there is anything to explain; `floor` is the first hour that is not published.
    fn check(&self, asked: &Asked<'_>, floor: Option<Hour>) -> Result<(), Unexplained> {
        let (registry, hour) = (asked.registry, asked.hour);
        let label = |hour: Hour| hour.label(HourLabel::Begin);
        if let Some(floor) = floor.filter(|floor| *floor <= hour) {
            let newest = label(floor.plus(-1));
            return Err(Unexplained::NotPublished { hour: label(hour), newest });
        }
        let held = self.hours_held(registry)?;
        let (first, last) = held.ok_or_else(|| Unexplained::Empty(registry.area.to_string()))?;
        let last = floor.map_or(last, |floor| last.max(floor.plus(-1)));
        if hour < first || last < hour {
            let (first, last) = (label(first), label(last));
            return Err(Unexplained::Outside { hour: label(hour), first, last });
        }
        match asked.member {
            Member::Station(at) if asked.stations().is_empty() => {
                let station = registry.stations[at].id.to_string();
                Err(Unexplained::NotInOperation { station, day: hour.day().to_string() })
            }
            Member::Station(_) | Member::Set(_) => Ok(()),
        }
    }

    fn cells_of(&self, asked: &Asked<'_>) -> Result<Cells, Error> {
        let mut places = station_places(&self.db, asked.registry)?;
        let stations = asked.stations();
        places.retain(|_, at| stations.contains(at));
        let mut cells = Cells::new();
        each_station_day(&self.db, &places, asked.days(), |station, day, of_day| {
            cells.insert((station, day), of_day.clone());
        })?;
        Ok(cells)
    }

    /// What the automatic checks take out of the hours that the figure rests on.
    fn excluded_of(&self, asked: &Asked<'_>) -> Result<Excluded, Error> {
        let mut excluded = Excluded::new();
        let Some(checks) = self.excluding(asked.registry)? else { return Ok(excluded) };
        let (first, last) = asked.days();
        let days = (last.plus(-checks.days_back()), last);
        let mut held = Held::default();
        let places = station_places(&self.db, asked.registry)?;
        each_station_day(&self.db, &places, days, |station, day, of_day| {
            held.put(station, day, of_day);
        })?;
        let mut hour = first.start();
        while hour <= asked.hour {
            let findings = checks.findings(&held, hour).into_iter().enumerate();
            for (station, finding) in
                findings.flat_map(|(at, all)| all.into_iter().map(move |f| (at, f)))
            {
                for p in POLLUTANTS {
                    let concerned = finding.concerns(Property::Pollutant(p));
                    if finding.treatment == Treatment::Excluded && concerned {
                        let name = |at: usize| asked.registry.stations[at].name.clone();
                        excluded.entry((station, hour, p)).or_default().push(Exclusion {
                            rule: finding.rule.name(),
                            rule_zh: finding.rule.label(),
                            reason_zh: finding.reason(name),
                        });
                    }
                }
            }
            hour = hour.plus(1);
        }
        Ok(excluded)
    }

    /// Version and state of the hour's row: the set's, or of a station that of the default set.
    fn version(
        &self,
        asked: &Asked<'_>,
        area: i64,
        explanation: &mut Explanation,
    ) -> rusqlite::Result<()> {
        let set = match asked.member {
            Member::Set(set) => set,
            Member::Station(_) => 0,
        };
        let code = asked.registry.sets.get(set).map_or("", |set| set.id.as_str());
        let set: Option<i64> = self
            .db
            .prepare_cached("SELECT id FROM station_set WHERE area = ?1 AND code = ?2")?
            .query_row(params![area, code], |row| row.get(0))
            .optional()?;
        let Some(set) = set else { return Ok(()) };
        if let Some(row) = stored_row(&self.db, set, asked.hour)? {
            explanation.version = Some(row.version);
            explanation.state = Some(row.state.name().to_owned());
        }
        Ok(())
    }

    /// What operators did to cells that are shown, with the batch.
    fn acts(&self, area: i64, wanted: &BTreeSet<Key>) -> rusqlite::Result<Vec<(i64, Corrected)>> {
        let mut query = self.db.prepare_cached(
            "SELECT sequence, at_ms, person, reason, station, quantity, hour, act, amount, refused
             FROM correction WHERE area = ?1 ORDER BY id",
        )?;
        let mut rows = query.query([area])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (station, quantity): (String, String) = (row.get(4)?, row.get(5)?);
            let hour = Hour::from_number(row.get(6)?);
            let Some(Property::Pollutant(pollutant)) = Property::parse(&quantity) else { continue };
            let key: Key = (station, pollutant, hour);
            if !wanted.contains(&key) {
                continue;
            }
            let act = Corrected {
                at: Instant::from_millis(row.get(1)?).to_string(),
                person: row.get(2)?,
                reason: row.get(3)?,
                station: key.0,
                quantity,
                time: hour.start().to_string(),
                act: row.get(7)?,
                amount_milli: row.get(8)?,
                refused: row.get(9)?,
            };
            found.push((row.get(0)?, act));
        }
        Ok(found)
    }

    /// What changed after it was published: of a set its figure, of a station the readings shown.
    fn changes_shown(
        &self,
        asked: &Asked<'_>,
        wanted: &BTreeSet<Key>,
    ) -> Result<Vec<Revised>, Error> {
        let entity = asked.registry.name_of(asked.member);
        let name = asked.quantity.name();
        let of_set = match name.as_str() {
            "primary" => "primary_pollutants",
            other => other,
        };
        let shown = |hour: Hour, quantity: &str| match asked.member {
            Member::Set(_) => hour == asked.hour && quantity == of_set,
            Member::Station(_) => {
                let key = |p: Pollutant| (entity.clone(), p, hour);
                matches!(Property::parse(quantity),
                    Some(Property::Pollutant(p)) if wanted.contains(&key(p)))
            }
        };
        let mut found = Vec::new();
        let area = asked.registry.area.as_str();
        for row in self.revisions(area, &entity, asked.days())? {
            type Change = (usize, String, serde_json::Value, serde_json::Value);
            let changes: Vec<Change> = serde_json::from_str(&row.changes).map_err(|fault| {
                let place = format!("revision of {entity} {}", row.day);
                Error::Damaged { place, fault: fault.to_string() }
            })?;
            for (of_day, quantity, old, new) in changes {
                let hour = row.day.hour(of_day);
                if shown(hour, &quantity) {
                    let (at, cause) = (row.at.to_string(), row.cause.clone());
                    let time = hour.start().to_string();
                    found.push(Revised { at, cause, time, quantity, old, new });
                }
            }
        }
        Ok(found)
    }

    /// The batches that revised readings of the stations on the days shown.
    fn revising(&self, area: i64, wanted: &BTreeSet<Key>) -> rusqlite::Result<Vec<i64>> {
        let mut query = self.db.prepare_cached(
            "SELECT sequence FROM revision WHERE area = ?1 AND day = ?2 AND entity = ?3",
        )?;
        let days: BTreeSet<_> = wanted.iter().map(|(code, _, hour)| (code, hour.day())).collect();
        let mut found = Vec::new();
        for (code, day) in days {
            let rows = query.query_map(params![area, day.number(), code], |row| row.get(0))?;
            found.extend(rows.collect::<rusqlite::Result<Vec<i64>>>()?);
        }
        Ok(found)
    }
}

/// Every cell that is shown.
fn wanted(explanation: &mut Explanation) -> BTreeSet<Key> {
    let mut wanted = BTreeSet::new();
    explanation.inputs_mut(|station, pollutant, input| {
        wanted.insert((station.to_owned(), pollutant, input.hour));
    });
    wanted
}

/// An area's row id, and the first hour that its daemon has not published.
fn area_row(db: &Connection, registry: &Registry) -> rusqlite::Result<Option<(i64, Option<Hour>)>> {
    db.prepare_cached("SELECT id, floor_hour FROM area WHERE code = ?1")?
        .query_row([registry.area.as_str()], |row| {
            let floor: Option<i32> = row.get(1)?;
            Ok((row.get(0)?, floor.map(Hour::from_number)))
        })
        .optional()
}
