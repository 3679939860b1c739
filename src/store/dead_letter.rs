//! Rows of `dead_letter`: what could not be used, each kind once with its count, bounded per station and, of
//! electricity meters, together.
//!
//! In: the dead letters of a batch, and what became of those that were tried again. Out: rows, and the
//! letters that may be tried again.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use super::read::Reader;
use super::registry::KnownArea;
use super::sqlite::Sqlite;
use super::{Error, doing};
use crate::pipeline::{Batch, DeadLetter, DeadLetterReason, KeptLetter, LetterDigest, Retried};

/// Dead letters kept of an area's station, of its meters, and of all else; the oldest go first.
const DEAD_LETTERS_KEPT: u32 = 200;
/// Where no length is stored, a payload of this many bytes may have been cut.
const KEPT_PAYLOAD_BYTES: usize = 4096;

/// How often, first and last when, in milliseconds.
type Seen = (i64, i64, i64);

pub(super) fn write(
    tx: &Transaction<'_>,
    known: &KnownArea,
    batch: &Batch,
) -> rusqlite::Result<()> {
    let now_ms = batch.state.map_or(i64::MAX, |s| s.now.millis());
    for letter in &batch.dead_letters {
        let at_ms = letter.at.millis().min(now_ms);
        let again = "DO UPDATE SET count = count + 1, last_ms = excluded.last_ms";
        insert(tx, known, letter, (1, at_ms, at_ms), again)?;
    }
    for retried in &batch.retried {
        write_retried(tx, known, retried)?;
    }
    trim(tx, known, batch)
}

/// What was taken leaves the list; what was refused again stands there with its new reason, and with the
/// times at which it came.
fn write_retried(
    tx: &Transaction<'_>,
    known: &KnownArea,
    retried: &Retried,
) -> rusqlite::Result<()> {
    let key = params![known.id, &retried.letter[..]];
    let seen: Option<Seen> = tx
        .prepare_cached(
            "SELECT count, first_ms, last_ms FROM dead_letter WHERE area = ?1 AND digest = ?2",
        )?
        .query_row(key, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some(seen) = seen else { return Ok(()) }; // newer ones have pushed it out
    // The same fault keeps its row: who goes through the rows in their order must not meet it again.
    if let Some(same) = retried.refused.iter().find(|letter| digest(letter) == retried.letter) {
        let sql = "UPDATE dead_letter SET detail = ?3 WHERE area = ?1 AND digest = ?2";
        let row = params![known.id, &retried.letter[..], same.detail];
        return tx.prepare_cached(sql)?.execute(row).map(|_| ());
    }
    tx.prepare_cached("DELETE FROM dead_letter WHERE area = ?1 AND digest = ?2")?.execute(key)?;
    for letter in &retried.refused {
        insert(tx, known, letter, seen, "DO NOTHING")?;
    }
    Ok(())
}

fn insert(
    tx: &Transaction<'_>,
    known: &KnownArea,
    letter: &DeadLetter,
    (count, first_ms, last_ms): Seen,
    again: &str,
) -> rusqlite::Result<()> {
    tx.prepare_cached(&format!(
        "INSERT INTO dead_letter (area, station, reason, detail, topic, payload, length, feed,
                                  digest, count, first_ms, last_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (area, digest) {again}"
    ))?
    .execute(params![
        known.id,
        station_code(known, letter.station),
        letter.reason.name(),
        letter.detail,
        letter.topic,
        letter.payload,
        i64::try_from(letter.length).unwrap_or(i64::MAX),
        known.feeds.get(letter.feed),
        &digest(letter)[..],
        count,
        first_ms,
        last_ms
    ])?;
    Ok(())
}

fn digest(letter: &DeadLetter) -> LetterDigest {
    let mut digest = Sha256::new();
    // The detail may hold the time, which a redelivery must not make another letter of; several
    // unknown values of one message are told apart by it.
    let value = letter.reason == DeadLetterReason::UnknownPollutant;
    let detail = if value { letter.detail.as_str() } else { "" };
    for piece in [letter.reason.name(), &letter.topic, detail] {
        digest.update(piece.as_bytes());
        digest.update([0]);
    }
    digest.update(&letter.payload);
    digest.finalize().into()
}

fn station_code(known: &KnownArea, station: Option<usize>) -> &str {
    station.and_then(|at| known.registry.stations.get(at)).map_or("", |s| s.id.as_str())
}

/// Keeps the newest dead letters of each station that got one; of meters together, and of what is neither,
/// such as forecasts and instructions: a meter that runs wild pushes out none of these.
fn trim(tx: &Transaction<'_>, known: &KnownArea, batch: &Batch) -> rusqlite::Result<()> {
    let again = batch.retried.iter().flat_map(|retried| &retried.refused);
    let of_meters = format!("aq/{}/power/", known.area);
    let pool = |letter: &DeadLetter| (letter.station, letter.topic.starts_with(&of_meters));
    let mut pools: Vec<_> = batch.dead_letters.iter().chain(again).map(pool).collect();
    pools.sort_unstable();
    pools.dedup();
    for (station, meters) in pools {
        let code = station_code(known, station);
        tx.prepare_cached(
            "DELETE FROM dead_letter WHERE id IN (
                 SELECT id FROM dead_letter WHERE area = ?1 AND station = ?2
                 AND (substr(topic, 1, length(?3)) = ?3) = ?4
                 ORDER BY last_ms DESC, id DESC LIMIT -1 OFFSET ?5)",
        )?
        .execute(params![known.id, code, of_meters, meters, DEAD_LETTERS_KEPT])?;
    }
    Ok(())
}

/// Dead letters of one reason, in the order of their rows.
#[derive(Clone, Debug, Default)]
pub struct KeptLetters {
    /// The letters.
    pub letters: Vec<KeptLetter>,
    /// The row of the last of them: what comes after it is asked for with this.
    pub last_row: i64,
}

fn kept(
    db: &Connection,
    (area, reason): (&str, &str),
    (after, limit): (i64, usize),
) -> Result<KeptLetters, Error> {
    let read = || -> rusqlite::Result<KeptLetters> {
        let mut query = db.prepare_cached(
            "SELECT id, digest, feed, topic, payload, length FROM dead_letter
             WHERE area = (SELECT id FROM area WHERE code = ?1) AND reason = ?2 AND id > ?3
             ORDER BY id LIMIT ?4",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = query.query(params![area, reason, after, limit])?;
        let mut found = KeptLetters { last_row: after, ..KeptLetters::default() };
        while let Some(row) = rows.next()? {
            found.last_row = row.get(0)?;
            let (payload, length): (Vec<u8>, Option<i64>) = (row.get(4)?, row.get(5)?);
            let whole = match length {
                Some(length) => usize::try_from(length) == Ok(payload.len()),
                None => payload.len() < KEPT_PAYLOAD_BYTES,
            };
            let (digest, feed, topic) = (row.get(1)?, row.get(2)?, row.get(3)?);
            found.letters.push(KeptLetter { digest, feed, topic, payload, whole });
        }
        Ok(found)
    };
    read().map_err(doing("read dead letters"))
}

impl Reader {
    /// The first `limit` dead letters of a reason, as they may be tried again.
    ///
    /// # Errors
    /// [`Error::Database`] when they cannot be read.
    pub fn kept_letters(
        &self,
        area: &str,
        reason: &str,
        limit: usize,
    ) -> Result<Vec<KeptLetter>, Error> {
        kept(&self.db, (area, reason), (0, limit)).map(|found| found.letters)
    }
}

impl Sqlite {
    /// As [`Reader::kept_letters`], of the rows after `after`.
    ///
    /// # Errors
    /// [`Error::Database`] when they cannot be read.
    pub fn kept_letters(
        &self,
        area: &str,
        reason: &str,
        (after, limit): (i64, usize),
    ) -> Result<KeptLetters, Error> {
        kept(&self.db, (area, reason), (after, limit))
    }
}
