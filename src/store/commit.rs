//! One commit: all rows of a batch in one transaction.

use rusqlite::{Transaction, params};

use super::arrival::{self, Appended};
use super::correction::StoredCorrection;
use super::duty::StoredDuty;
use super::notice::StoredNotice;
use super::published;
use super::registry::KnownArea;
use super::revision::RevisionRow;
use super::set_hour::{SET_HOUR, write_set_hour};
use super::sqlite::Sqlite;
use super::warning::StoredRecord;
use super::{Error, alarm, dead_letter, doing, edition, minutes, power};
use crate::area::AreaId;
use crate::pipeline::{Batch, SetHourRow};

/// What one transaction writes.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// At most one entry per area.
    pub areas: Vec<AreaCommit>,
}

/// One area's part of a commit.
#[derive(Clone, Debug)]
pub struct AreaCommit {
    /// The area.
    pub area: AreaId,
    /// Its rows.
    pub batch: Batch,
    /// Its inputs, as [`super::InputLog`] wrote them.
    pub inputs: Vec<u8>,
    /// How many messages of each feed it holds, by feed name.
    pub taken: Vec<(String, u64)>,
}

pub(super) fn write(store: &mut Sqlite, commit: &Commit) -> Result<(), Error> {
    let areas = std::mem::take(&mut store.areas);
    let written = write_all(&mut store.db, &areas, commit);
    store.areas = areas;
    written
}

fn write_all(
    db: &mut rusqlite::Connection,
    areas: &[KnownArea],
    commit: &Commit,
) -> Result<(), Error> {
    let tx = db.transaction().map_err(doing("begin a commit"))?;
    for part in &commit.areas {
        let known = areas.iter().find(|a| a.area == part.area);
        let known = known.ok_or_else(|| Error::Unknown(format!("area {}", part.area)))?;
        write_area(&tx, known, part)?;
    }
    tx.commit().map_err(doing("commit"))
}

fn write_area(tx: &Transaction<'_>, known: &KnownArea, part: &AreaCommit) -> Result<(), Error> {
    let batch = &part.batch;
    let (sequence, epoch, chain) = head(tx, known).map_err(doing("read the area's row"))?;
    if epoch != known.epoch {
        return Err(Error::LeaseLost { area: part.area.to_string() });
    }
    if sequence + 1 != batch.sequence {
        let area = part.area.to_string();
        return Err(Error::OutOfSequence { area, sequence: batch.sequence });
    }
    let at = batch.state.map_or_else(Default::default, |s| s.now);
    let of = |r| RevisionRow::of(r, &known.registry, at);
    let appended = Appended {
        revisions: batch.revisions.iter().map(of).collect(),
        corrections: batch.corrections.iter().map(StoredCorrection::from).collect(),
        records: batch.records.iter().map(StoredRecord::from).collect(),
        duty: batch.duty.iter().map(StoredDuty::from).collect(),
        notices: batch.notices.iter().map(StoredNotice::from).collect(),
    };
    let digest = arrival::digest(&chain, &part.area, batch.sequence, &part.inputs, &appended);
    write_arrival(tx, known, (batch.sequence, at.millis()), &part.inputs, &digest)
        .map_err(doing("write the arrival"))?;
    write_cells(tx, known, batch).map_err(doing("write station hours"))?;
    write_set_hours(tx, known, &batch.set_hours).map_err(doing("write area hours"))?;
    appended.write(tx, known, signed(batch.sequence)).map_err(doing("write what is appended"))?;
    published::write(tx, known, &batch.published).map_err(doing("write published values"))?;
    power::write(tx, known, &batch.power).map_err(doing("write what meters read"))?;
    if let Some(kept_from) = batch.power_kept_from {
        power::forget(tx, known, kept_from).map_err(doing("let old readings go"))?;
    }
    edition::write(tx, known, &batch.editions).map_err(doing("write an edition"))?;
    alarm::write(tx, known, &batch.alarms).map_err(doing("write the alarms"))?;
    alarm::write_late(tx, known, &batch.late).map_err(doing("write what comes late"))?;
    dead_letter::write(tx, known, batch).map_err(doing("write the dead letters"))?;
    if let Some(before) = batch.fold_before {
        minutes::fold(tx, known, before)?;
    }
    write_head(tx, known, part, &digest).map_err(doing("write the area's row"))
}

pub(super) fn head(
    tx: &Transaction<'_>,
    known: &KnownArea,
) -> rusqlite::Result<(u64, i64, Vec<u8>)> {
    tx.prepare_cached("SELECT sequence, lease_epoch, chain FROM area WHERE id = ?1")?.query_row(
        [known.id],
        |row| {
            let sequence: i64 = row.get(0)?;
            Ok((sequence.unsigned_abs(), row.get(1)?, row.get(2)?))
        },
    )
}

pub(super) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn write_head(
    tx: &Transaction<'_>,
    known: &KnownArea,
    part: &AreaCommit,
    digest: &[u8],
) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE area SET sequence = ?2, chain = ?3 WHERE id = ?1")?
        .execute(params![known.id, signed(part.batch.sequence), digest])?;
    // A batch of an import has no state, and leaves the daemon's as it is.
    if let Some(state) = part.batch.state {
        tx.prepare_cached(
            "UPDATE area SET now_ms = ?2, floor_hour = ?3, open_from_day = ?4,
                 waiting_since_ms = ?5, caught_up = ?6, watch_hour = ?7, heard_from_hour = ?8,
                 disconnected_since_ms = ?9 WHERE id = ?1",
        )?
        .execute(params![
            known.id,
            state.now.millis(),
            state.floor.number(),
            state.open_from.number(),
            state.waiting_since.map(|i| i.millis()),
            state.caught_up,
            state.watch.next.number(),
            state.watch.heard_from.number(),
            state.watch.disconnected_since.map(|i| i.millis()),
        ])?;
    }
    let mut position = tx.prepare_cached(
        "INSERT INTO source_position (area, feed, partition, position) VALUES (?1, ?2, 0, ?3)
         ON CONFLICT DO UPDATE SET position = position + ?3",
    )?;
    for (feed, count) in &part.taken {
        position.execute(params![known.id, feed, signed(*count)])?;
    }
    Ok(())
}

pub(super) fn write_arrival(
    tx: &Transaction<'_>,
    known: &KnownArea,
    (sequence, at_ms): (u64, i64),
    inputs: &[u8],
    digest: &[u8],
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO arrival (area, sequence, at_ms, inputs, digest) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![known.id, signed(sequence), at_ms, arrival::compress(inputs), digest])?;
    Ok(())
}

fn write_cells(tx: &Transaction<'_>, known: &KnownArea, batch: &Batch) -> rusqlite::Result<()> {
    let mut hour = tx.prepare_cached("INSERT OR REPLACE INTO hour VALUES (?1, ?2, ?3)")?;
    for (at, station, cells) in &batch.hours {
        hour.execute(params![at.number(), known.stations[*station], cells])?;
    }
    let mut day = tx.prepare_cached("INSERT OR REPLACE INTO station_day VALUES (?1, ?2, ?3)")?;
    for stored in &batch.station_days {
        let station = known.stations[stored.station];
        day.execute(params![stored.day.number(), station, stored.bytes])?;
    }
    if let Some(day) = batch.closed_before {
        tx.prepare_cached(
            "DELETE FROM hour WHERE hour < ?1
             AND station IN (SELECT id FROM station WHERE area = ?2)",
        )?
        .execute(params![day.start().number(), known.id])?;
    }
    Ok(())
}

fn write_set_hours(
    tx: &Transaction<'_>,
    known: &KnownArea,
    rows: &[SetHourRow],
) -> rusqlite::Result<()> {
    let mut statement = tx.prepare_cached(&SET_HOUR)?;
    for row in rows {
        let set = (known.sets[row.set], known.program.as_str());
        write_set_hour(&mut statement, set, (row.version, row.state), &row.figures)?;
    }
    Ok(())
}
