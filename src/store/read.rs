//! Reading: the rows of a start, days for late observations, and what readers ask for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, params};

use super::alarm;
use super::duty;
use super::notice;
use super::published;
use super::registry::{KnownArea, area_id};
use super::sqlite::{SCHEMA, Sqlite, check_file};
use super::warning;
use super::{Error, doing};
use crate::area::{AreaId, Registry, Span, Station, StationKind};
use crate::average::StationDay;
use crate::observation::StationId;
use crate::pipeline::{
    AreaState, HeldDays, HourState, LoadedDays, StoredDay, StoredSetHour, Tables, Watch,
};
use crate::quality;
use crate::time::{Day, Hour, Instant};

pub(super) fn tables(store: &mut Sqlite, registry: &Registry) -> Result<Tables, Error> {
    let known = store.known(&registry.area)?;
    let db = &store.db;
    let (sequence, state) = area_state(db, known).map_err(doing("read the area's row"))?;
    let hours = open_hours(db, known).map_err(doing("read the open hours"))?;
    let stored_until = last_day(db).map_err(doing("read the last day"))?;
    let reviewed_until = reviewed_until(db, known).map_err(doing("read what is reviewed"))?;
    let records = warning::all(db, known.id)?;
    let duty = duty::all(db, known.id)?;
    let notices = notice::all(db, known.id)?;
    let Some(open_from) = state.map(|s| s.open_from) else {
        let none = Tables { sequence, state, hours, stored_until, ..Tables::default() };
        return Ok(Tables { reviewed_until, records, duty, notices, ..none });
    };
    let ends = (open_from.start(), Hour::from_number(i32::MAX));
    let set_hours = set_hours(db, known, ends).map_err(doing("read the published hours"))?;
    let before = [open_from.plus(-2), open_from.plus(-1)];
    let days_before = days(store, registry, &before)?.stations;
    let known = store.known(&registry.area)?;
    let alarms = alarm::open(&store.db, known).map_err(doing("read the alarms"))?;
    let late = alarm::late(&store.db, known).map_err(doing("read what comes late"))?;
    let published =
        published::aqis(&store.db, known, ends).map_err(doing("read published values"))?;
    Ok(Tables {
        sequence,
        state,
        hours,
        stored_until,
        days_before,
        set_hours,
        alarms,
        late,
        published,
        reviewed_until,
        records,
        duty,
        notices,
    })
}

/// The last hour in which every assessed station rests on reviewed data.
fn reviewed_until(db: &Connection, known: &KnownArea) -> rusqlite::Result<Option<Hour>> {
    let last: Option<i32> = db.query_row(
        "SELECT max(hour) FROM area_hour WHERE station_set = ?1 AND state = 'reviewed'",
        [known.sets[0]],
        |row| row.get(0),
    )?;
    Ok(last.map(Hour::from_number))
}

/// The last day with anything stored, of any area: an upper bound is all that is asked for. An hour may be
/// published without any observation.
fn last_day(db: &Connection) -> rusqlite::Result<Option<Day>> {
    let closed: Option<i32> =
        db.query_row("SELECT max(day) FROM station_day", [], |row| row.get(0))?;
    let open: Option<i32> = db.query_row("SELECT max(hour) FROM hour", [], |row| row.get(0))?;
    let published: Option<i32> =
        db.query_row("SELECT max(hour) FROM area_hour", [], |row| row.get(0))?;
    let beside = published::last_hour(db)?;
    let hours = open.max(published).max(beside).map(|hour| Hour::from_number(hour).day());
    Ok(closed.map(Day::from_number).max(hours))
}

pub(super) fn area_state(
    db: &Connection,
    known: &KnownArea,
) -> rusqlite::Result<(u64, Option<AreaState>)> {
    db.query_row(
        "SELECT sequence, now_ms, floor_hour, open_from_day, waiting_since_ms, caught_up,
                watch_hour, heard_from_hour, disconnected_since_ms FROM area WHERE id = ?1",
        [known.id],
        |row| {
            let sequence: i64 = row.get(0)?;
            let now: Option<i64> = row.get(1)?;
            let floor: Option<i32> = row.get(2)?;
            let open_from: Option<i32> = row.get(3)?;
            let waiting: Option<i64> = row.get(4)?;
            let caught_up = row.get(5)?;
            // A store of schema 1 was not watched: the watch begins with its last batch.
            let last = Instant::from_millis(now.unwrap_or_default()).hour();
            let hour = |n: Option<i32>| n.map_or(last, Hour::from_number);
            let disconnected: Option<i64> = row.get(8)?;
            let watch = Watch {
                next: hour(row.get(6)?),
                heard_from: hour(row.get(7)?),
                disconnected_since: disconnected.map(Instant::from_millis),
            };
            let state = now.zip(floor).zip(open_from).map(|((now, floor), open_from)| AreaState {
                now: Instant::from_millis(now),
                floor: Hour::from_number(floor),
                open_from: Day::from_number(open_from),
                waiting_since: waiting.map(Instant::from_millis),
                caught_up,
                watch,
            });
            Ok((sequence.unsigned_abs(), state))
        },
    )
}

/// A station's or set's place in the registry by its row id.
pub(super) fn places(ids: &[i64]) -> BTreeMap<i64, usize> {
    ids.iter().enumerate().map(|(at, id)| (*id, at)).collect()
}

fn open_hours(db: &Connection, known: &KnownArea) -> rusqlite::Result<Vec<(Hour, usize, Vec<u8>)>> {
    let places = places(&known.stations);
    let mut query = db.prepare("SELECT hour, station, cells FROM hour ORDER BY hour, station")?;
    let mut rows = query.query([])?;
    let mut hours = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(station) = places.get(&row.get::<_, i64>(1)?) {
            hours.push((Hour::from_number(row.get(0)?), *station, row.get(2)?));
        }
    }
    Ok(hours)
}

fn set_hours(
    db: &Connection,
    known: &KnownArea,
    (from, to): (Hour, Hour),
) -> rusqlite::Result<Vec<StoredSetHour>> {
    let places = places(&known.sets);
    let mut query = db.prepare_cached(
        "SELECT hour, station_set, version, state FROM area_hour WHERE hour BETWEEN ?1 AND ?2",
    )?;
    let mut rows = query.query([from.number(), to.number()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let state = HourState::of_stored(row.get_ref(3)?.as_str()?);
        if let Some(set) = places.get(&row.get::<_, i64>(1)?) {
            let (hour, version) = (Hour::from_number(row.get(0)?), row.get(2)?);
            found.push(StoredSetHour { hour, set: *set, version, state });
        }
    }
    Ok(found)
}

pub(super) fn days(
    store: &mut Sqlite,
    registry: &Registry,
    days: &[Day],
) -> Result<LoadedDays, Error> {
    let known = store.known(&registry.area)?;
    let places = places(&known.stations);
    let mut loaded = LoadedDays { days: days.to_vec(), ..LoadedDays::default() };
    let mut read = || -> rusqlite::Result<()> {
        let mut query =
            store.db.prepare_cached("SELECT station, cells FROM station_day WHERE day = ?1")?;
        for day in days {
            let mut rows = query.query([day.number()])?;
            while let Some(row) = rows.next()? {
                if let Some(station) = places.get(&row.get::<_, i64>(0)?) {
                    let bytes = row.get(1)?;
                    loaded.stations.push(StoredDay { day: *day, station: *station, bytes });
                }
            }
            let hours = (day.start(), day.plus(1).start().plus(-1));
            loaded.set_hours.extend(set_hours(&store.db, known, hours)?);
            loaded.published.extend(published::aqis(&store.db, known, hours)?);
        }
        Ok(())
    };
    read().map_err(doing("read station days"))?;
    for stored in &loaded.stations {
        // A late value written over a day that cannot be read would lose what is left of it.
        StationDay::default().decode_into(&stored.bytes).map_err(|fault| {
            let station = &registry.stations[stored.station].id;
            let place = format!("station_day {} {station}", stored.day);
            Error::Damaged { place, fault: fault.to_string() }
        })?;
    }
    Ok(loaded)
}

/// An area's stations and sets; `None` when the store does not have it.
pub(super) fn registry(db: &Connection, area: &AreaId) -> Result<Option<Registry>, Error> {
    let Some(id) = area_id(db, area.as_str())? else { return Ok(None) };
    let name: String = db
        .query_row("SELECT name FROM area WHERE id = ?1", [id], |row| row.get(0))
        .map_err(doing("read the area"))?;
    let stations = stations(db, id).map_err(doing("read the stations"))?;
    let damaged = |fault: String| Error::Damaged { place: format!("area {area}"), fault };
    let mut registry = Registry::new(area.clone(), name, stations)
        .map_err(|faults| damaged(faults[0].to_string()))?;
    for (code, name, members) in sets(db, id).map_err(doing("read the sets"))? {
        registry
            .add_set(&code, &name, &members)
            .map_err(|faults| damaged(faults[0].to_string()))?;
    }
    Ok(Some(registry))
}

/// A span of time, its end not included; `None` for all of it.
pub(super) type Between = Option<(Instant, Instant)>;

/// A reader beside the writer: its own read-only connection, short transactions.
#[derive(Debug)]
pub struct Reader {
    pub(super) db: Connection,
    /// Days that need not be read, of the area that is asked about.
    pub(super) recent: Option<Arc<HeldDays>>,
    /// By area the digest of its rules and its checks: the rules of a large area take long to read.
    pub(super) checks: RefCell<BTreeMap<i64, (Vec<u8>, quality::Params)>>,
}

/// A dead letter as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetterRow {
    /// The station's code; empty where no known one was named.
    pub station: String,
    /// The kind of fault.
    pub reason: String,
    /// The place and what was found there.
    pub detail: String,
    /// The topic.
    pub topic: String,
    /// The payload, cut to 4 KiB.
    pub payload: Vec<u8>,
    /// How often the same came.
    pub count: u64,
    /// When it first came.
    pub first: Instant,
    /// When it last came.
    pub last: Instant,
    /// Which of those that came last at the same time.
    pub number: u64,
}

impl Reader {
    /// Opens a store for reading.
    ///
    /// # Errors
    /// [`Error`] when there is no such store or it is not one of ours.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let (reader, found) = Self::of_any_schema(path)?;
        if found < SCHEMA {
            return Err(Error::Older { path: path.display().to_string(), found, known: SCHEMA });
        }
        Ok(reader)
    }

    pub(super) fn of(db: Connection) -> Self {
        Self { db, recent: None, checks: RefCell::default() }
    }

    /// The same beside days of one area that are in memory, as they are stored or will be in a moment: only
    /// for questions about that area, with the registry of its pipeline.
    #[must_use]
    pub fn beside(self, recent: Option<Arc<HeldDays>>) -> Self {
        Self { recent, ..self }
    }

    /// A reader of a store that may be of an older schema, which it returns; 0 of an empty file.
    pub(super) fn of_any_schema(path: &Path) -> Result<(Self, i64), Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags).map_err(doing("open the store"))?;
        db.busy_timeout(Duration::from_secs(10)).map_err(doing("set the busy timeout"))?;
        let found = check_file(&db, path)?;
        db.set_prepared_statement_cache_capacity(32);
        Ok((Self::of(db), found))
    }

    /// One picture of the store until it is dropped; `None` within another one.
    pub(super) fn snapshot(&self) -> Result<Option<rusqlite::Transaction<'_>>, Error> {
        let free = self.db.is_autocommit();
        let begun = free.then(|| self.db.unchecked_transaction());
        begun.transpose().map_err(doing("begin to read"))
    }

    /// The codes of the areas.
    ///
    /// # Errors
    /// [`Error::Database`] when they cannot be read.
    pub fn areas(&self) -> Result<Vec<AreaId>, Error> {
        areas(&self.db)
    }

    /// The last commit of an area, and the digest in which its chain ends there.
    ///
    /// # Errors
    /// [`Error`] when the area is not there or cannot be read.
    pub fn head(&self, area: &AreaId) -> Result<(u64, Vec<u8>), Error> {
        self.db
            .prepare_cached("SELECT sequence, chain FROM area WHERE code = ?1")
            .and_then(|mut query| {
                query.query_row([area.as_str()], |row| {
                    Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?))
                })
            })
            .map_err(doing("read the chain's head"))
    }

    /// An area's stations and sets as stored.
    ///
    /// # Errors
    /// [`Error::Unknown`] for an area the store does not have.
    pub fn registry(&self, area: &AreaId) -> Result<Registry, Error> {
        registry(&self.db, area)?.ok_or_else(|| Error::Unknown(format!("area {area}")))
    }

    /// The newest dead letters of an area, those before one that last came then and has that number, of those
    /// that last came in a span, its end not included.
    ///
    /// # Errors
    /// [`Error::Database`] when they cannot be read.
    pub fn dead_letters(
        &self,
        area: &str,
        (before, between): (Option<(Instant, u64)>, Between),
        limit: usize,
    ) -> Result<Vec<DeadLetterRow>, Error> {
        let (from, to) = millis(between);
        let (last, number) = before.map_or((i64::MAX, 0), |(last, number)| {
            (last.millis(), i64::try_from(number).unwrap_or(i64::MAX))
        });
        let read = || -> rusqlite::Result<Vec<DeadLetterRow>> {
            let mut query = self.db.prepare_cached(
                "SELECT station, reason, detail, topic, payload, count, first_ms, last_ms,
                        dead_letter.id
                 FROM dead_letter JOIN area ON area.id = dead_letter.area WHERE area.code = ?1
                 AND (last_ms, dead_letter.id) < (?3, ?4) AND last_ms >= ?5 AND last_ms < ?6
                 ORDER BY last_ms DESC, dead_letter.id DESC LIMIT ?2",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = query.query_map(params![area, limit, last, number, from, to], |row| {
                Ok(DeadLetterRow {
                    station: row.get(0)?,
                    reason: row.get(1)?,
                    detail: row.get(2)?,
                    topic: row.get(3)?,
                    payload: row.get(4)?,
                    count: row.get::<_, i64>(5)?.unsigned_abs(),
                    first: Instant::from_millis(row.get(6)?),
                    last: Instant::from_millis(row.get(7)?),
                    number: row.get::<_, i64>(8)?.unsigned_abs(),
                })
            })?;
            rows.collect()
        };
        read().map_err(doing("read dead letters"))
    }
}

/// The ends of a span in milliseconds; without one everything.
pub(super) fn millis(between: Between) -> (i64, i64) {
    between.map_or((i64::MIN, i64::MAX), |(from, to)| (from.millis(), to.millis()))
}

pub(super) fn areas(db: &Connection) -> Result<Vec<AreaId>, Error> {
    let read = || -> rusqlite::Result<Vec<String>> {
        let mut query = db.prepare("SELECT code FROM area ORDER BY code")?;
        query.query_map([], |row| row.get(0))?.collect()
    };
    let codes = read().map_err(doing("read the areas"))?;
    Ok(codes.iter().filter_map(|code| AreaId::new(code)).collect())
}

fn span(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Span> {
    let day = |n: Option<i32>| n.map(Day::from_number);
    Ok(Span { from: day(row.get(at)?), until: day(row.get(at + 1)?) })
}

fn stations(db: &Connection, area: i64) -> rusqlite::Result<Vec<Station>> {
    let mut query = db.prepare(
        "SELECT code, name, latitude_e6, longitude_e6, district, kind, assessed, valid_from,
                valid_until FROM station WHERE area = ?1",
    )?;
    let mut rows = query.query([area])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let code: String = row.get(0)?;
        let Some(id) = StationId::new(&code) else { continue };
        let latitude: Option<i32> = row.get(2)?;
        let kind: String = row.get(5)?;
        found.push(Station {
            id,
            name: row.get(1)?,
            position: latitude.zip(row.get(3)?),
            district: row.get(4)?,
            kind: StationKind::parse(&kind).unwrap_or(StationKind::Micro),
            assessed: row.get(6)?,
            valid: span(row, 7)?,
        });
    }
    Ok(found)
}

/// Code, name and members of a set.
type SetRow = (String, String, Vec<(String, Span)>);

fn sets(db: &Connection, area: i64) -> rusqlite::Result<Vec<SetRow>> {
    let mut query = db.prepare(
        "SELECT station_set.id, station_set.code, station_set.name FROM station_set
         WHERE area = ?1 AND code <> '' ORDER BY id",
    )?;
    let named: Vec<(i64, String, String)> = query
        .query_map([area], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut members = db.prepare(
        "SELECT station.code, membership.valid_from, membership.valid_until FROM membership
         JOIN station ON station.id = membership.station WHERE station_set = ?1",
    )?;
    let mut found = Vec::new();
    for (id, code, name) in named {
        let rows = members.query_map([id], |row| Ok((row.get(0)?, span(row, 1)?)))?;
        found.push((code, name, rows.collect::<rusqlite::Result<_>>()?));
    }
    Ok(found)
}
