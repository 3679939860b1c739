//! Recorded history into the store: whole station days, and the areas' hours over them.
//!
//! In: an [`ImportChunk`] of merged station days. Out: one transaction with their rows, the hours of the
//! sets that rest on them, and an arrival row that names the files.
//!
//! Invariants: a chunk is there wholly or not at all; days that a daemon holds open go into rows of hours,
//! where its next start finds them, all others into station days; how history was cut into chunks leaves
//! no trace in the rows.
//!
//! Hours of sets: every hour from the first to the last observation of the area, of days that hold an
//! observation or follow one. Where no daemon has run, nobody has seen them: version 1. Where one has, an
//! hour that differs gets the next version, and hours it has not published are left to it.

use std::collections::BTreeSet;

use rusqlite::{Statement, Transaction, params};

use super::history::{Places, days_with_rows, each_station_day, hours_held, station_day};
use super::read::{area_state, places, registry};
use super::registry::KnownArea;
use super::revision::{self, RevisionRow};
use super::set_hour::{SET_HOUR, stored_row, write_set_hour};
use super::sqlite::Sqlite;
use super::{Error, arrival, commit, doing};
use crate::area::{AreaId, Figures, History, Member, Registry, days_of_piece};
use crate::average::StationDay;
use crate::pipeline::{AreaState, Cause, HourState, Revisions, StoredDay};
use crate::standard::Parameters;
use crate::time::{DAY_H, Day, Hour, Instant};

/// What one transaction of an import writes.
#[derive(Debug, Default)]
pub struct ImportChunk {
    /// When the import ran.
    pub at: Instant,
    /// By which the sets' hours are judged: the daemon's own.
    pub parameters: Parameters,
    /// At most one entry per area.
    pub areas: Vec<ImportedArea>,
}

/// One area's part of a chunk.
#[derive(Debug)]
pub struct ImportedArea {
    /// The area.
    pub area: AreaId,
    /// Its changed station days, each merged with what the store held.
    pub days: Vec<StoredDay>,
    /// The files, as [`super::InputLog`] wrote them.
    pub inputs: Vec<u8>,
}

impl Sqlite {
    /// An area's stations and sets as stored; `None` when the store does not have it.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read.
    pub fn registry(&self, area: &AreaId) -> Result<Option<Registry>, Error> {
        registry(&self.db, area)
    }

    /// Every day of which something is stored, of any area.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read.
    pub fn days_with_rows(&self) -> Result<Vec<Day>, Error> {
        days_with_rows(&self.db)
    }

    /// What is stored of one station's day.
    ///
    /// # Errors
    /// [`Error`] when it cannot be read.
    pub fn station_day(
        &self,
        area: &AreaId,
        station: usize,
        day: Day,
    ) -> Result<Option<StationDay>, Error> {
        station_day(&self.db, self.known(area)?.stations[station], day)
    }

    /// Writes one chunk in one durable transaction. `registries` are those registered.
    ///
    /// # Errors
    /// [`Error`]; then nothing of the chunk is there.
    pub fn import(&mut self, registries: &[Registry], chunk: &ImportChunk) -> Result<(), Error> {
        let areas = std::mem::take(&mut self.areas);
        let written = write_chunk(&mut self.db, &areas, registries, chunk);
        self.areas = areas;
        self.trim_log();
        written
    }
}

fn write_chunk(
    db: &mut rusqlite::Connection,
    areas: &[KnownArea],
    registries: &[Registry],
    chunk: &ImportChunk,
) -> Result<(), Error> {
    let tx = db.transaction().map_err(doing("begin an import"))?;
    for part in &chunk.areas {
        let unknown = || Error::Unknown(format!("area {}", part.area));
        let known = areas.iter().find(|a| a.area == part.area).ok_or_else(unknown)?;
        let registry = registries.iter().find(|r| r.area == part.area).ok_or_else(unknown)?;
        let (_, state) = area_state(&tx, known).map_err(doing("read the area's row"))?;
        let places = places(&known.stations);
        let revisions = Revisions::default();
        Area { tx: &tx, known, registry, places, state, revisions }.write(chunk, part)?;
    }
    tx.commit().map_err(doing("commit an import"))
}

/// One area inside the transaction.
struct Area<'a> {
    tx: &'a Transaction<'a>,
    known: &'a KnownArea,
    registry: &'a Registry,
    places: Places,
    /// The daemon's; `None` where none has run.
    state: Option<AreaState>,
    /// What is changed of what a daemon has published.
    revisions: Revisions,
}

impl Area<'_> {
    fn write(mut self, chunk: &ImportChunk, part: &ImportedArea) -> Result<(), Error> {
        let held = hours_held(self.tx, &self.places)?;
        self.write_days(&part.days)?;
        if let Some(span) = hours_held(self.tx, &self.places)? {
            let days = affected(&part.days, held, span);
            let mut statement =
                self.tx.prepare_cached(&SET_HOUR).map_err(doing("write area hours"))?;
            for run in runs(&days, days_of_piece(self.registry.stations.len())) {
                self.write_set_hours(&mut statement, (run, span), &chunk.parameters)?;
            }
        }
        self.write_arrival(chunk.at, part)
    }

    fn write_arrival(mut self, at: Instant, part: &ImportedArea) -> Result<(), Error> {
        let (sequence, epoch, chain) =
            commit::head(self.tx, self.known).map_err(doing("read the area's row"))?;
        if epoch != self.known.epoch {
            return Err(Error::LeaseLost { area: part.area.to_string() });
        }
        let sequence = sequence + 1;
        let of = |r| RevisionRow::of(r, self.registry, at);
        let revisions: Vec<RevisionRow> = self.revisions.take().iter().map(of).collect();
        let digest = arrival::digest(&chain, &part.area, sequence, &part.inputs, &revisions);
        commit::write_arrival(self.tx, self.known, (sequence, at.millis()), &part.inputs, &digest)
            .map_err(doing("write the arrival"))?;
        let sequence = commit::signed(sequence);
        revision::write(self.tx, self.known, sequence, &revisions)
            .map_err(doing("write the revisions"))?;
        self.tx
            .prepare_cached("UPDATE area SET sequence = ?2, chain = ?3 WHERE id = ?1")
            .and_then(|mut update| update.execute(params![self.known.id, sequence, digest]))
            .map_err(doing("write the area's row"))?;
        Ok(())
    }

    fn write_days(&mut self, days: &[StoredDay]) -> Result<(), Error> {
        let prepare = |sql| self.tx.prepare_cached(sql).map_err(doing("write station days"));
        let mut hour = prepare("INSERT OR REPLACE INTO hour VALUES (?1, ?2, ?3)")?;
        let mut day = prepare("INSERT OR REPLACE INTO station_day VALUES (?1, ?2, ?3)")?;
        for stored in days {
            let station = self.known.stations[stored.station];
            let mut cells = StationDay::default();
            if cells.decode_into(&stored.bytes).is_err() {
                continue; // written by this process a moment ago
            }
            if let Some(state) = self.state {
                let before = station_day(self.tx, station, stored.day)?.unwrap_or_default();
                let published = (0..DAY_H).map(|h| stored.day.hour(h)).filter(|h| *h < state.floor);
                for hour in published {
                    let key = (stored.station, hour);
                    let of_day = hour.of_day();
                    let (old, new) = (before.readings(of_day), cells.readings(of_day));
                    self.revisions.readings(key, Cause::Import, &old, &new);
                }
            }
            if !is_open(stored.day, self.state) {
                day.execute(params![stored.day.number(), station, stored.bytes])
                    .map_err(doing("write station days"))?;
                continue;
            }
            for of_day in (0..DAY_H).filter(|h| cells.holds(*h)) {
                let at = stored.day.hour(of_day).number();
                hour.execute(params![at, station, cells.encode_hour(of_day)])
                    .map_err(doing("write station hours"))?;
            }
        }
        Ok(())
    }

    /// The sets' hours of some days, as far as they lie in the area's span.
    fn write_set_hours(
        &mut self,
        statement: &mut Statement<'_>,
        ((first, last), span): ((Day, Day), (Hour, Hour)),
        parameters: &Parameters,
    ) -> Result<(), Error> {
        let hours = (first.start().max(span.0), last.plus(1).start().plus(-1).min(span.1));
        let members: Vec<Member> = (0..self.registry.sets.len()).map(Member::Set).collect();
        let mut history = History::new(self.registry, &members, hours);
        each_station_day(self.tx, &self.places, History::days(hours), |station, day, cells| {
            history.put(station, day, cells);
        })?;
        history.for_each(parameters, |_, sets| {
            for (member, figures) in sets {
                self.write_set_hour(statement, *member, figures)
                    .map_err(doing("write area hours"))?;
            }
            Ok(())
        })
    }

    /// One hour of a set, where it differs from what is stored.
    fn write_set_hour(
        &mut self,
        statement: &mut Statement<'_>,
        member: Member,
        figures: &Figures,
    ) -> rusqlite::Result<()> {
        let Member::Set(set) = member else { return Ok(()) };
        let (set, hour) = (self.known.sets[set], figures.hour);
        let stored = stored_row(self.tx, set, hour)?;
        let shown = match (&stored, self.state) {
            (Some(stored), _) if stored.values == figures.values() => return Ok(()),
            // Before a daemon has run, nobody has seen a row.
            (_, None) => (1, HourState::Published),
            (None, Some(state)) if hour >= state.floor => return Ok(()),
            (None, Some(_)) => (1, HourState::Published),
            (Some(stored), Some(_)) => {
                self.revisions.figures(member, Cause::Import, (&stored.values, figures));
                (stored.version + 1, HourState::Revised)
            }
        };
        write_set_hour(statement, set, shown, figures)
    }
}

/// Whether a daemon's next start looks for the day among the rows of hours.
fn is_open(day: Day, state: Option<AreaState>) -> bool {
    state.is_some_and(|s| s.open_from <= day && day <= s.now.hour().day().plus(1))
}

/// The days whose hours change with `days`, and those that the area's span has grown over.
fn affected(days: &[StoredDay], held: Option<(Hour, Hour)>, span: (Hour, Hour)) -> BTreeSet<Day> {
    let mut all = BTreeSet::new();
    for day in days.iter().map(|d| d.day) {
        all.extend([day, day.plus(1)]);
    }
    if let Some((first, last)) = held {
        if span.0 < first {
            all.insert(first.day());
        }
        if last < span.1 {
            all.extend([last.day(), last.day().plus(1)]);
        }
    }
    all.retain(|day| span.0.day() <= *day && *day <= span.1.day());
    all
}

/// Neighbouring days put together, at most `most` of them.
fn runs(days: &BTreeSet<Day>, most: usize) -> Vec<(Day, Day)> {
    let mut runs: Vec<(Day, Day)> = Vec::new();
    let most = i32::try_from(most).unwrap_or(i32::MAX);
    for day in days {
        match runs.last_mut() {
            Some((first, last)) if last.plus(1) == *day && day.number() - first.number() < most => {
                *last = *day;
            }
            _ => runs.push((*day, *day)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_neighbours_and_not_too_long() {
        let days = [1, 2, 3, 4, 5, 7, 9, 10].map(Day::from_number);
        let runs = runs(&BTreeSet::from(days), 3);
        let told: Vec<(i32, i32)> = runs.iter().map(|(a, b)| (a.number(), b.number())).collect();
        assert_eq!(told, [(1, 3), (4, 5), (7, 7), (9, 10)]);
    }
}
