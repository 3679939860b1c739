//! Recorded history into the store: whole station days, and the areas' hours over them.
//!
//! In: an [`ImportChunk`] of merged station days. Out: one transaction with their rows, the hours of the
//! sets that rest on them, and an arrival row with the files' names and the days.
//!
//! Invariants: a chunk is there wholly or not at all; days that a daemon holds open go into rows of hours,
//! where its next start finds them, all others into station days; how history was cut into chunks leaves
//! no trace in the rows.
//!
//! Hours of sets: every hour from the first to the last observation of the area (or hour that a daemon has
//! published without any), of days that hold an observation or follow one. Where no daemon has run, nobody
//! has seen them: version 1. Where one has, an hour that differs gets the next version, and hours it has not
//! published are left to it.

use std::collections::BTreeSet;

use rusqlite::params;

use super::area_rows::{AreaRows, Source, published_span};
use super::arrival::InputLog;
use super::cells::station_day;
use super::history::{days_with_rows, hours_held};
use super::origin::write_imported;
use super::read::{areas, registry};
use super::registry::KnownArea;
use super::sqlite::Sqlite;
use super::{Error, doing};
use crate::area::{AreaId, Registry};
use crate::average::StationDay;
use crate::pipeline::{AreaState, Cause, StoredDay};
use crate::quality::Checks;
use crate::time::{DAY_H, Day, Hour, Instant};

/// What one transaction of an import writes.
#[derive(Debug, Default)]
pub struct ImportChunk {
    /// When the import ran.
    pub at: Instant,
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
    /// The files they came from.
    pub files: Vec<ImportedFile>,
    /// The hours, both included, that were declared reviewed; `None` for real-time data.
    pub reviewed: Option<(Hour, Hour)>,
}

/// A file of which rows are in a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedFile {
    /// Its name, without folders.
    pub name: String,
    /// Its digest.
    pub sha256: [u8; 32],
    /// How many of its rows are in the chunk.
    pub rows: u64,
}

impl Sqlite {
    /// The codes of the areas.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read.
    pub fn areas(&self) -> Result<Vec<AreaId>, Error> {
        areas(&self.db)
    }

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

    /// Writes one chunk in one durable transaction; its areas' rules were [adopted](Sqlite::adopt).
    ///
    /// # Errors
    /// [`Error`]; then nothing of the chunk is there.
    pub fn import(&mut self, chunk: &ImportChunk) -> Result<(), Error> {
        let areas = std::mem::take(&mut self.areas);
        let written = write_chunk(&mut self.db, &areas, chunk);
        self.areas = areas;
        self.trim_log();
        written
    }
}

fn write_chunk(
    db: &mut rusqlite::Connection,
    areas: &[KnownArea],
    chunk: &ImportChunk,
) -> Result<(), Error> {
    let tx = db.transaction().map_err(doing("begin an import"))?;
    for part in &chunk.areas {
        let known = areas.iter().find(|a| a.area == part.area);
        let known = known.ok_or_else(|| Error::Unknown(format!("area {}", part.area)))?;
        AreaRows::begin(&tx, known)?.import(chunk.at, part)?;
    }
    tx.commit().map_err(doing("commit an import"))
}

impl AreaRows<'_> {
    fn import(mut self, at: Instant, part: &ImportedArea) -> Result<(), Error> {
        let held = self.hours_shown()?;
        let cause = if part.reviewed.is_some() { Cause::Reviewed } else { Cause::Import };
        self.write_days(&part.days, cause)?;
        if let Some(span) = self.hours_shown()? {
            let reach = self.excluding.as_ref().map_or(1, Checks::days_back);
            let days = affected(&part.days, reach, held, span);
            self.write_hours(&days, span, Source::Import(cause))?;
        }
        let mut log = InputLog::default();
        log.now(at);
        log.rules(&self.known.rules);
        if let Some(span) = part.reviewed {
            log.reviewed(span);
        }
        for file in &part.files {
            log.file(&file.name, &file.sha256, file.rows);
        }
        for stored in &part.days {
            log.day(&self.registry.stations[stored.station].id, stored);
        }
        let (tx, area) = (self.tx, self.known.id);
        let sequence = self.finish(at, &log.take())?;
        let days = || part.days.iter().map(|stored| stored.day);
        days().min().zip(days().max()).map_or(Ok(()), |days| {
            write_imported(tx, (area, sequence), days).map_err(doing("note the import"))
        })
    }

    /// The first and last hour with an observation, or that a daemon has published without any.
    fn hours_shown(&self) -> Result<Option<(Hour, Hour)>, Error> {
        let held = hours_held(self.tx, &self.places)?;
        if self.state.is_none() {
            return Ok(held);
        }
        let published =
            published_span(self.tx, self.known).map_err(doing("read the area hours"))?;
        let join = |(a, b): (Hour, Hour), (c, d): (Hour, Hour)| (a.min(c), b.max(d));
        Ok(held.into_iter().chain(published).reduce(join))
    }

    fn write_days(&mut self, days: &[StoredDay], cause: Cause) -> Result<(), Error> {
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
                    self.revisions.readings(key, cause, &old, &new);
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
}

/// Whether a daemon's next start looks for the day among the rows of hours.
fn is_open(day: Day, state: Option<AreaState>) -> bool {
    state.is_some_and(|s| s.open_from <= day && day <= s.now.hour().day().plus(1))
}

/// The days whose hours change with `days`, and those that the area's span has grown over.
///
/// What changes on a day reaches so many days after it.
fn affected(
    days: &[StoredDay],
    reach: i32,
    held: Option<(Hour, Hour)>,
    span: (Hour, Hour),
) -> BTreeSet<Day> {
    let mut all = BTreeSet::new();
    for day in days.iter().map(|d| d.day) {
        all.extend((0..=reach).map(|n| day.plus(n)));
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
