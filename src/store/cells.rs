//! The cells of stations as they stand in the store: hours of the open days, and closed days.
//!
//! In: stations by their row ids, and a span. Out: one day of a station after the other.
//!
//! Why two ways: the tables are ordered by time, so a span of them is that of every station; a few stations
//! are looked up one by one. Days that the pipeline holds in memory are not read at all.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::history::Places;
use super::read::Reader;
use super::{Error, doing};
use crate::average::{DecodeError, StationDay};
use crate::time::{Day, Hour};

/// So few stations are looked up one by one.
const FEW: usize = 16;

impl Reader {
    /// Gives every stored day of the stations in `places`, in no particular order; those that are in memory
    /// from there.
    pub(super) fn each_station_day(
        &self,
        places: &Places,
        (from, to): (Day, Day),
        mut each: impl FnMut(usize, Day, &StationDay),
    ) -> Result<(), Error> {
        let Some(recent) = &self.recent else {
            return each_station_day(&self.db, places, (from, to), each);
        };
        let mut day = from;
        while day <= to {
            if let Some(held) = recent.of(day) {
                for station in places.values() {
                    if let Some(cells) = held.get(*station).and_then(Option::as_deref) {
                        each(*station, day, cells);
                    }
                }
                day = day.plus(1);
                continue;
            }
            let mut last = day;
            while last < to && recent.of(last.plus(1)).is_none() {
                last = last.plus(1);
            }
            each_station_day(&self.db, places, (day, last), &mut each)?;
            day = last.plus(1);
        }
        Ok(())
    }
}

/// Gives every stored day of the stations in `places`, in no particular order.
pub(super) fn each_station_day(
    db: &Connection,
    places: &Places,
    (from, to): (Day, Day),
    mut each: impl FnMut(usize, Day, &StationDay),
) -> Result<(), Error> {
    let mut open: BTreeMap<(Day, usize), StationDay> = BTreeMap::new();
    let hours = (from.start().number(), to.plus(1).start().number() - 1);
    each_row(db, places, &HOURS, hours, |hour, station, bytes| {
        open.entry((Hour::from_number(hour).day(), station)).or_default().decode_into(bytes)
    })?;
    each_row(db, places, &DAYS, (from.number(), to.number()), |day, station, bytes| {
        let day = Day::from_number(day);
        if !open.contains_key(&(day, station)) {
            let mut cells = StationDay::default();
            cells.decode_into(bytes)?;
            each(station, day, &cells);
        }
        Ok(())
    })?;
    for ((day, station), cells) in &open {
        each(*station, *day, cells);
    }
    Ok(())
}

/// How a table of cells is read.
struct Cells {
    /// The first and the last key.
    ends: &'static str,
    /// Every station of a span of keys.
    span: &'static str,
    /// One station at one key.
    one: &'static str,
}

const HOURS: Cells = Cells {
    ends: "SELECT (SELECT min(hour) FROM hour), (SELECT max(hour) FROM hour)",
    span: "SELECT hour, station, cells FROM hour WHERE hour BETWEEN ?1 AND ?2",
    one: "SELECT hour, station, cells FROM hour WHERE hour = ?1 AND station = ?2",
};
const DAYS: Cells = Cells {
    ends: "SELECT (SELECT min(day) FROM station_day), (SELECT max(day) FROM station_day)",
    span: "SELECT day, station, cells FROM station_day WHERE day BETWEEN ?1 AND ?2",
    one: "SELECT day, station, cells FROM station_day WHERE day = ?1 AND station = ?2",
};

fn each_row(
    db: &Connection,
    places: &Places,
    of: &Cells,
    (from, to): (i32, i32),
    mut take: impl FnMut(i32, usize, &[u8]) -> Result<(), DecodeError>,
) -> Result<(), Error> {
    if places.len() > FEW {
        let mut query = db.prepare_cached(of.span).map_err(doing("read cells"))?;
        let rows = query.query([from, to]).map_err(doing("read cells"))?;
        return taken(rows, places, &mut take);
    }
    let ends = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let ends: (Option<i32>, Option<i32>) =
        db.query_row(of.ends, [], ends).map_err(doing("read cells"))?;
    let (Some(first), Some(last)) = ends else { return Ok(()) };
    let mut query = db.prepare_cached(of.one).map_err(doing("read cells"))?;
    for key in from.max(first)..=to.min(last) {
        for id in places.keys() {
            let rows = query.query(params![key, id]).map_err(doing("read cells"))?;
            taken(rows, places, &mut take)?;
        }
    }
    Ok(())
}

fn taken(
    mut rows: rusqlite::Rows<'_>,
    places: &Places,
    take: &mut impl FnMut(i32, usize, &[u8]) -> Result<(), DecodeError>,
) -> Result<(), Error> {
    while let Some(row) = rows.next().map_err(doing("read cells"))? {
        let id: i64 = row.get(1).map_err(doing("read cells"))?;
        let Some(station) = places.get(&id) else { continue };
        let key: i32 = row.get(0).map_err(doing("read cells"))?;
        let bytes = row.get_ref(2).map_err(doing("read cells"))?;
        take(key, *station, bytes.as_blob().unwrap_or_default()).map_err(|fault| {
            let place = format!("cells at {key} of station row {id}");
            Error::Damaged { place, fault: fault.to_string() }
        })?;
    }
    Ok(())
}

/// One station's day as stored, by its row id; `None` when there is none.
pub(super) fn station_day(
    db: &Connection,
    station: i64,
    day: Day,
) -> Result<Option<StationDay>, Error> {
    let hours = "SELECT cells FROM hour WHERE hour BETWEEN ?1 AND ?2 AND station = ?3";
    // Both ends are the same day, said as such: a range of days would be read with all its stations.
    let closed = "SELECT cells FROM station_day WHERE day = ?1 AND day = ?2 AND station = ?3";
    let first = day.start().number();
    for (sql, from, to) in
        [(hours, first, day.plus(1).start().number() - 1), (closed, day.number(), day.number())]
    {
        let blobs = || -> rusqlite::Result<Vec<Vec<u8>>> {
            let mut query = db.prepare_cached(sql)?;
            query.query_map(params![from, to, station], |row| row.get(0))?.collect()
        };
        let mut cells = StationDay::default();
        let blobs = blobs().map_err(doing("read a station's day"))?;
        for bytes in &blobs {
            cells.decode_into(bytes).map_err(|fault| Error::Damaged {
                place: format!("cells of {day} of station row {station}"),
                fault: fault.to_string(),
            })?;
        }
        if !blobs.is_empty() {
            return Ok(Some(cells));
        }
    }
    Ok(None)
}
