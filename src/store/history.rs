//! Stored hours as history: station days of a span, and the figures over them.
//!
//! In: a registry, a span and who is asked for. Out: station days, or figures hour by hour.
//!
//! Invariants: a long span is read in pieces, each in one short transaction, so that neither memory nor
//! the write-ahead log grows with it; the hours of an open day stand before its stored day, which may be
//! older.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::cells::each_station_day;
use super::read::Reader;
use super::registry::area_id;
use super::{Error, doing, rules};
use crate::area::{AreaId, Figures, History, Member, Registry, days_of_piece};
use crate::assessment::{Counting, DayFigures, Gathered};
use crate::average::StationDay;
use crate::observation::Dataset;
use crate::quality::{self, Checks, Finding, Held};
use crate::standard::Parameters;
use crate::time::{DAY_H, Day, Hour};

/// One station's day as read.
#[derive(Debug)]
pub struct StationHours {
    /// The station's index in the registry asked with.
    pub station: usize,
    /// The day.
    pub day: Day,
    /// Its readings.
    pub cells: StationDay,
}

/// Stations' indices in a registry by their row ids.
pub(super) type Places = BTreeMap<i64, usize>;

impl Reader {
    /// Every stored station-day of an area from `from` to `to`, both included, by day; open hours too.
    ///
    /// `only` limits it to one station of the registry.
    ///
    /// # Errors
    /// [`Error::Damaged`] naming the row that cannot be read.
    pub fn station_days(
        &self,
        registry: &Registry,
        span: (Day, Day),
        only: Option<usize>,
    ) -> Result<Vec<StationHours>, Error> {
        let snapshot = self.snapshot()?;
        let mut wanted = station_places(&self.db, registry)?;
        wanted.retain(|_, at| only.is_none_or(|station| station == *at));
        let mut found = Vec::new();
        self.each_station_day(&wanted, span, |station, day, cells| {
            found.push(StationHours { station, day, cells: cells.clone() });
        })?;
        drop(snapshot);
        found.sort_by_key(|one| (one.day, one.station));
        Ok(found)
    }

    /// The first and last day with observations of any area.
    ///
    /// # Errors
    /// [`Error::Database`] when they cannot be read.
    pub fn days_held(&self) -> Result<Option<(Day, Day)>, Error> {
        let bounds = |sql: &str| -> rusqlite::Result<(Option<i32>, Option<i32>)> {
            self.db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        };
        let days = "SELECT (SELECT min(day) FROM station_day), (SELECT max(day) FROM station_day)";
        let closed = bounds(days).map_err(doing("read the days held"))?;
        let hours = "SELECT (SELECT min(hour) FROM hour), (SELECT max(hour) FROM hour)";
        let open = bounds(hours).map_err(doing("read the hours held"))?;
        let open_day = |hour: Option<i32>| hour.map(|h| Hour::from_number(h).day());
        let first = closed.0.map(Day::from_number).into_iter().chain(open_day(open.0)).min();
        let last = closed.1.map(Day::from_number).into_iter().chain(open_day(open.1)).max();
        Ok(first.zip(last))
    }

    /// The first and last hour with an observation of the area.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read.
    pub fn hours_held(&self, registry: &Registry) -> Result<Option<(Hour, Hour)>, Error> {
        hours_held(&self.db, &station_places(&self.db, registry)?)
    }

    /// Gives the hours of a span, both ends included, with the best figures of those asked for.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read, and whatever `each` gives up with.
    pub fn each_hour<E: From<Error>>(
        &self,
        registry: &Registry,
        members: &[Member],
        span: (Hour, Hour),
        parameters: &Parameters,
        each: impl FnMut(Hour, &[(Member, Figures)]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each_hour_of(Dataset::Best, (registry, members), span, parameters, each)
    }

    /// As [`Reader::each_hour`], of any dataset.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read, and whatever `each` gives up with.
    pub fn each_hour_of<E: From<Error>>(
        &self,
        dataset: Dataset,
        (registry, members): (&Registry, &[Member]),
        (from, to): (Hour, Hour),
        parameters: &Parameters,
        mut each: impl FnMut(Hour, &[(Member, Figures)]) -> Result<(), E>,
    ) -> Result<(), E> {
        let checks = self.excluding(registry)?;
        let places = self.resting_on(registry, members, checks.as_ref())?;
        let days = days_of_piece(places.len());
        let mut first = from;
        while first <= to {
            let next = first.day().plus(i32::try_from(days).unwrap_or(1)).start();
            let piece = (first, to.min(next.plus(-1)));
            let snapshot = self.snapshot()?;
            let mut history = History::new(registry, members, piece, checks.as_ref()).of(dataset);
            self.each_station_day(&places, history.days(), |station, day, cells| {
                history.put(station, day, cells);
            })?;
            drop(snapshot);
            history.for_each(parameters, &mut each)?;
            first = next;
        }
        Ok(())
    }

    /// Gives the days `from` to `to`, both included, with the figures of those asked for; of a dataset as
    /// measured, or without what a column of dust deducts.
    ///
    /// A station that is not in operation on a day is left out of it.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read, and whatever `each` gives up with.
    pub fn each_day<'c, E: From<Error>>(
        &self,
        counting: impl Into<Counting<'c>>,
        (registry, members): (&Registry, &[Member]),
        (from, to): (Day, Day),
        parameters: &Parameters,
        mut each: impl FnMut(Day, &[(Member, DayFigures)]) -> Result<(), E>,
    ) -> Result<(), E> {
        let Counting { dataset, deduction } = counting.into();
        let checks = self.excluding(registry)?;
        let places = self.resting_on(registry, members, checks.as_ref())?;
        let length = i32::try_from(days_of_piece(places.len())).unwrap_or(1);
        let mut row = Vec::with_capacity(members.len());
        let mut first = from;
        while first <= to {
            let last = to.min(first.plus(length - 1));
            let mut piece = Gathered::new(registry, (first, last), checks.as_ref(), dataset);
            let snapshot = self.snapshot()?;
            self.each_station_day(&places, piece.wanted(), |station, day, cells| {
                piece.put(station, day, cells);
            })?;
            drop(snapshot);
            let days = piece.finish();
            for day in (first.number()..=last.number()).map(Day::from_number) {
                let figures =
                    |m: &Member| days.without((day, *m), deduction, parameters).map(|f| (*m, f));
                row.clear();
                row.extend(members.iter().filter_map(figures));
                each(day, &row)?;
            }
            first = last.plus(1);
        }
        Ok(())
    }

    /// The stations on which the figures of members rest: all of them where checks take values out, since
    /// these look at neighbours.
    fn resting_on(
        &self,
        registry: &Registry,
        members: &[Member],
        checks: Option<&Checks>,
    ) -> Result<Places, Error> {
        let mut places = station_places(&self.db, registry)?;
        if checks.is_none() {
            let wanted = registry.stations_of(members);
            places.retain(|_, at| wanted.contains(at));
        }
        Ok(places)
    }

    /// The checks that an area has adopted.
    ///
    /// # Errors
    /// [`Error`] when its rules cannot be read.
    pub fn quality(&self, area: &AreaId) -> Result<quality::Params, Error> {
        let Some(id) = area_id(&self.db, area.as_str())? else { return Ok(Default::default()) };
        let Some(digest) = rules::digest(&self.db, id)? else { return Ok(Default::default()) };
        let kept = self.checks.borrow().get(&id).filter(|(of, _)| *of == digest).cloned();
        if let Some((_, quality)) = kept {
            return Ok(quality);
        }
        let quality = rules::stored(&self.db, id, &digest)?.params.quality;
        self.checks.borrow_mut().insert(id, (digest, quality.clone()));
        Ok(quality)
    }

    /// Gives what is suspect, or does not count, of every station in operation in the hours `from` to `to`,
    /// both included, in the order of time.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read, and whatever `each` gives up with.
    pub fn each_finding<E: From<Error>>(
        &self,
        registry: &Registry,
        (from, to): (Hour, Hour),
        mut each: impl FnMut(Hour, usize, &Finding) -> Result<(), E>,
    ) -> Result<(), E> {
        let places = station_places(&self.db, registry)?;
        let checks = registry.checks(&self.quality(&registry.area)?);
        let days = i32::try_from(days_of_piece(registry.stations.len())).unwrap_or(1);
        let mut first = from;
        while first <= to {
            let next = first.day().plus(days).start();
            let last = to.min(next.plus(-1));
            let mut held = Held::default();
            let read = (first.day().plus(-1), last.day());
            let snapshot = self.snapshot()?;
            self.each_station_day(&places, read, |station, day, cells| {
                held.put(station, day, cells);
            })?;
            drop(snapshot);
            for hour in (first.number()..=last.number()).map(Hour::from_number) {
                for (station, found) in checks.findings(&held, hour).iter().enumerate() {
                    let in_operation = registry.stations[station].valid.holds(hour.day());
                    for finding in found.iter().filter(|_| in_operation) {
                        each(hour, station, finding)?;
                    }
                }
            }
            first = next;
        }
        Ok(())
    }

    /// The same of a day, all at once.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read.
    pub fn findings(
        &self,
        registry: &Registry,
        day: Day,
    ) -> Result<Vec<(Hour, usize, Finding)>, Error> {
        let mut all = Vec::new();
        let hours = (day.start(), day.plus(1).start().plus(-1));
        self.each_finding(registry, hours, |hour, station, finding| {
            all.push((hour, station, *finding));
            Ok::<(), Error>(())
        })?;
        Ok(all)
    }

    /// What takes values out of the figures of an area.
    pub(super) fn excluding(&self, registry: &Registry) -> Result<Option<Checks>, Error> {
        Ok(registry.excluding(&self.quality(&registry.area)?))
    }

    /// The figures of a set or station for the hours `from` to `to`, both included.
    ///
    /// Every hour is there, with nothing in it where nothing is stored; a station is left out on days on
    /// which it is not in operation.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read.
    pub fn series(
        &self,
        registry: &Registry,
        member: Member,
        span: (Hour, Hour),
        (parameters, dataset): (&Parameters, Dataset),
    ) -> Result<Vec<Figures>, Error> {
        let mut all = Vec::new();
        self.each_hour_of(dataset, (registry, &[member]), span, parameters, |_, row| {
            all.extend(row.iter().map(|(_, figures)| figures.clone()));
            Ok::<(), Error>(())
        })?;
        Ok(all)
    }
}

pub(super) fn station_places(db: &Connection, registry: &Registry) -> Result<Places, Error> {
    let read = || -> rusqlite::Result<Vec<(i64, String)>> {
        let mut query = db.prepare_cached(
            "SELECT station.id, station.code FROM station JOIN area ON area.id = station.area
             WHERE area.code = ?1",
        )?;
        let rows = query.query_map([registry.area.as_str()], |r| Ok((r.get(0)?, r.get(1)?)))?;
        rows.collect()
    };
    let all = read().map_err(doing("read the stations"))?.into_iter();
    Ok(all.filter_map(|(id, code)| Some((id, registry.find(&code)?))).collect())
}

/// The first and last hour in which one of the stations has an observation.
pub(super) fn hours_held(db: &Connection, places: &Places) -> Result<Option<(Hour, Hour)>, Error> {
    let first = outermost(db, places, Side::First)?;
    let last = outermost(db, places, Side::Last)?;
    Ok(first.zip(last))
}

#[derive(Clone, Copy)]
enum Side {
    First,
    Last,
}

fn outermost(db: &Connection, places: &Places, side: Side) -> Result<Option<Hour>, Error> {
    let mut beyond = match side {
        Side::First => Day::from_number(i32::MIN / 48),
        Side::Last => Day::from_number(i32::MAX / 48),
    };
    while let Some(day) = next_day(db, places, beyond, side)? {
        let mut found: Option<Hour> = None;
        each_station_day(db, places, (day, day), |_, day, cells| {
            let mut hours = (0..DAY_H).filter(|h| cells.has_hour(*h)).map(|h| day.hour(h));
            found = match side {
                Side::First => found.into_iter().chain(hours.next()).min(),
                Side::Last => found.into_iter().chain(hours.next_back()).max(),
            };
        })?;
        if found.is_some() {
            return Ok(found);
        }
        beyond = day; // everything in it was taken back
    }
    Ok(None)
}

/// The nearest day after (or before) `beyond` with rows of one of the stations.
fn next_day(
    db: &Connection,
    places: &Places,
    beyond: Day,
    side: Side,
) -> Result<Option<Day>, Error> {
    let (days, hours, edge) = match side {
        Side::First => (
            "SELECT day, station FROM station_day WHERE day > ?1 ORDER BY day, station",
            "SELECT hour, station FROM hour WHERE hour > ?1 ORDER BY hour, station",
            beyond.plus(1).start().number() - 1,
        ),
        Side::Last => (
            "SELECT day, station FROM station_day WHERE day < ?1 ORDER BY day DESC, station DESC",
            "SELECT hour, station FROM hour WHERE hour < ?1 ORDER BY hour DESC, station DESC",
            beyond.start().number(),
        ),
    };
    let first = |sql: &'static str, edge: i32| -> rusqlite::Result<Option<i32>> {
        let mut query = db.prepare_cached(sql)?;
        let mut rows = query.query([edge])?;
        while let Some(row) = rows.next()? {
            if places.contains_key(&row.get::<_, i64>(1)?) {
                return row.get(0).map(Some);
            }
        }
        Ok(None)
    };
    let day = first(days, beyond.number()).map_err(doing("find the first day"))?;
    let hour = first(hours, edge).map_err(doing("find the first hour"))?;
    let found =
        day.map(Day::from_number).into_iter().chain(hour.map(|h| Hour::from_number(h).day()));
    Ok(match side {
        Side::First => found.min(),
        Side::Last => found.max(),
    })
}

/// Every day of which something is stored, of any area.
pub(super) fn days_with_rows(db: &Connection) -> Result<Vec<Day>, Error> {
    // Each step seeks the next day in the key, so that the rows between are not read.
    let seek = |sql: &str| -> rusqlite::Result<Vec<i32>> {
        let mut next = db.prepare(sql)?;
        let (mut found, mut after) = (Vec::new(), i32::MIN);
        let mut step =
            |after: i32| next.query_row(params![after], |row| row.get::<_, i32>(0)).optional();
        while let Some(key) = step(after)? {
            found.push(key);
            after = key;
        }
        Ok(found)
    };
    let closed = seek("SELECT day FROM station_day WHERE day > ?1 ORDER BY day LIMIT 1");
    let open = seek("SELECT hour FROM hour WHERE hour > ?1 ORDER BY hour LIMIT 1");
    let closed = closed.map_err(doing("find the days held"))?.into_iter().map(Day::from_number);
    let open = open.map_err(doing("find the hours held"))?;
    let mut days: Vec<Day> =
        closed.chain(open.into_iter().map(|h| Hour::from_number(h).day())).collect();
    days.sort_unstable();
    days.dedup();
    Ok(days)
}
