//! Parts of hours of closed days, folded away: what they came to stays.
//!
//! In: the day before which none are kept. Out: that area's station days without them, one day a commit, so
//! that no commit is long when this is first configured. The pages they leave are used again.
//!
//! Invariant: how far it got is a row of the area; so an audit, which handles the same batches, gets as far.

use rusqlite::{OptionalExtension, Transaction, params};

use super::registry::KnownArea;
use super::{Error, doing};
use crate::average::StationDay;
use crate::time::Day;

pub(super) fn fold(tx: &Transaction<'_>, known: &KnownArea, before: Day) -> Result<(), Error> {
    let reached: Option<i32> = tx
        .prepare_cached("SELECT minutes_folded_before FROM area WHERE id = ?1")
        .and_then(|mut query| query.query_row([known.id], |row| row.get(0)))
        .map_err(doing("read which minutes are folded"))?;
    let reached = reached.unwrap_or(i32::MIN);
    if reached >= before.number() {
        return Ok(());
    }
    let day =
        next_day(tx, known, (reached, before.number())).map_err(doing("find a day to fold"))?;
    if let Some(day) = day {
        fold_day(tx, known, day)?;
    }
    tx.prepare_cached("UPDATE area SET minutes_folded_before = ?2 WHERE id = ?1")
        .and_then(|mut update| {
            update.execute(params![known.id, day.map_or(before.number(), |day| day + 1)])
        })
        .map_err(doing("write which minutes are folded"))?;
    Ok(())
}

fn next_day(
    tx: &Transaction<'_>,
    known: &KnownArea,
    (from, before): (i32, i32),
) -> rusqlite::Result<Option<i32>> {
    tx.prepare_cached(
        "SELECT day FROM station_day WHERE day >= ?1 AND day < ?2
         AND station IN (SELECT id FROM station WHERE area = ?3) ORDER BY day LIMIT 1",
    )?
    .query_row(params![from, before, known.id], |row| row.get(0))
    .optional()
}

fn fold_day(tx: &Transaction<'_>, known: &KnownArea, day: i32) -> Result<(), Error> {
    let read = || -> rusqlite::Result<Vec<(i64, Vec<u8>)>> {
        tx.prepare_cached(
            "SELECT station, cells FROM station_day
             WHERE day = ?1 AND station IN (SELECT id FROM station WHERE area = ?2)",
        )?
        .query_map(params![day, known.id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
    };
    let mut folded: Vec<(i64, Vec<u8>)> = Vec::new();
    for (station, bytes) in read().map_err(doing("read a day to fold"))? {
        let mut cells = StationDay::default();
        // What cannot be read stays as it is for an audit to find: today's air must not wait for it.
        if cells.decode_into(&bytes).is_ok() && cells.fold_minutes() {
            folded.push((station, cells.encode_day()));
        }
    }
    let write = || -> rusqlite::Result<()> {
        let mut update =
            tx.prepare_cached("UPDATE station_day SET cells = ?3 WHERE day = ?1 AND station = ?2")?;
        for (station, bytes) in &folded {
            update.execute(params![day, station, bytes])?;
        }
        Ok(())
    };
    write().map_err(doing("write a folded day"))
}
