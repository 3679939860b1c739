//! Rows of `warning`: what happens in the life of an area's warnings. Append-only, under the chain.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::commit::signed;
use super::read::{Reader, millis};
use super::registry::KnownArea;
use super::{Error, doing};
use crate::time::Instant;
use crate::warning::{Body, Lapse, Record, Warnings};

/// A stored record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its number in the area.
    pub number: u64,
    /// When, by the area's clock.
    pub at: Instant,
    /// Who entered it; `None` for Lantian itself and for messages.
    pub person: Option<String>,
    /// The drill that it belongs to.
    pub drill: Option<u64>,
    /// The kind of its body.
    pub kind: String,
    /// What happened, as JSON.
    pub body: String,
}

impl From<&Record> for StoredRecord {
    fn from(record: &Record) -> Self {
        Self {
            number: record.number,
            at: record.at,
            person: record.person.clone(),
            drill: record.drill,
            kind: record.body.kind().to_owned(),
            // A body has no maps with keys but texts, so it always becomes JSON.
            body: serde_json::to_string(&record.body).unwrap_or_default(),
        }
    }
}

impl StoredRecord {
    /// The record.
    ///
    /// # Errors
    /// [`Error::Damaged`] where its body cannot be read.
    pub fn record(self) -> Result<Record, Error> {
        let Self { number, at, person, drill, body, .. } = self;
        let body = serde_json::from_str(&body).map_err(|e| Error::Damaged {
            place: format!("warning {number}"),
            fault: e.to_string(),
        })?;
        Ok(Record { number, at, person, drill, body })
    }

    /// What the chain's digest is taken over.
    pub(super) fn digested(&self) -> Vec<u8> {
        let Self { number, at, person, drill, kind, body } = self;
        let (at, person) = (at.millis(), person.as_deref().unwrap_or(""));
        // What came before there were drills keeps its digest.
        let drill = drill.map_or_else(String::new, |drill| format!("drill\0{drill}\0"));
        format!("warning\0{number}\0{at}\0{person}\0{kind}\0{body}\0{drill}").into_bytes()
    }
}

pub(super) fn write(
    tx: &Transaction<'_>,
    known: &KnownArea,
    sequence: i64,
    rows: &[StoredRecord],
) -> rusqlite::Result<()> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO warning (area, number, sequence, at_ms, person, kind, body, drill)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for row in rows {
        let StoredRecord { number, at, person, drill, kind, body } = row;
        let (number, at, drill) = (signed(*number), at.millis(), drill.map(signed));
        insert.execute(params![known.id, number, sequence, at, person, kind, body, drill])?;
    }
    Ok(())
}

const COLUMNS: &str = "SELECT number, at_ms, person, kind, body, drill FROM warning";

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<StoredRecord> {
    Ok(StoredRecord {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        at: Instant::from_millis(row.get(1)?),
        person: row.get(2)?,
        kind: row.get(3)?,
        body: row.get(4)?,
        drill: row.get::<_, Option<i64>>(5)?.map(i64::unsigned_abs),
    })
}

/// The rows that one batch appended, in their order.
pub(super) fn of_batch(
    db: &Connection,
    area: i64,
    sequence: i64,
) -> rusqlite::Result<Vec<StoredRecord>> {
    db.prepare_cached(&format!("{COLUMNS} WHERE area = ?1 AND sequence = ?2 ORDER BY number"))?
        .query_map(params![area, sequence], read)?
        .collect()
}

/// All records of an area, in their order.
pub(super) fn all(db: &Connection, area: i64) -> Result<Vec<Record>, Error> {
    let rows = || -> rusqlite::Result<Vec<StoredRecord>> {
        db.prepare(&format!("{COLUMNS} WHERE area = ?1 ORDER BY number"))?
            .query_map([area], read)?
            .collect()
    };
    let rows = rows().map_err(doing("read the records of warnings"))?;
    rows.into_iter().map(StoredRecord::record).collect()
}

/// Which records are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordsAsked {
    /// Only of these kinds; empty for all.
    pub kinds: Vec<String>,
    /// Only with a lower number.
    pub before: Option<u64>,
    /// Only of this drill, or with `Some(None)` only what is real.
    pub drill: Option<Option<u64>>,
    /// Only from a moment on and before another.
    pub between: Option<(Instant, Instant)>,
    /// At most so many.
    pub limit: usize,
}

impl Reader {
    /// Records of an area, the newest first.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read.
    pub fn records(&self, area: &str, asked: &RecordsAsked) -> Result<Vec<Record>, Error> {
        let before = signed(asked.before.unwrap_or(u64::MAX));
        let kinds = serde_json::to_string(&asked.kinds).unwrap_or_default();
        let limit = i64::try_from(asked.limit).unwrap_or(i64::MAX);
        let (from, to) = millis(asked.between);
        let (all, drill) = (asked.drill.is_none(), asked.drill.flatten().map(signed));
        let rows = || -> rusqlite::Result<Vec<StoredRecord>> {
            self.db
                .prepare_cached(&format!(
                    "{COLUMNS} WHERE area = (SELECT id FROM area WHERE code = ?1) AND number < ?2
                     AND (?3 = '[]' OR kind IN (SELECT value FROM json_each(?3)))
                     AND (?5 OR drill IS ?6) AND at_ms >= ?7 AND at_ms < ?8
                     ORDER BY number DESC LIMIT ?4"
                ))?
                .query_map(params![area, before, kinds, limit, all, drill, from, to], read)?
                .collect()
        };
        let rows = rows().map_err(doing("read the records of warnings"))?;
        rows.into_iter().map(StoredRecord::record).collect()
    }

    /// The records of one warning, from its first recommendation to its end; none where there is none.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read.
    pub fn warning(&self, area: &str, number: u64) -> Result<Vec<Record>, Error> {
        let mut query = self
            .db
            .prepare_cached(&format!(
                "{COLUMNS} WHERE area = (SELECT id FROM area WHERE code = ?1) AND number >= ?2
                 ORDER BY number"
            ))
            .map_err(doing("read a warning"))?;
        let rows = query.query_map(params![area, signed(number)], read);
        let (mut state, mut records) = (Warnings::default(), Vec::new());
        let mut of = None;
        for row in rows.map_err(doing("read a warning"))? {
            let record = row.map_err(doing("read a warning"))?.record()?;
            // A drill and the real warnings run beside each other.
            if *of.get_or_insert(record.drill) != record.drill {
                continue;
            }
            state.take(&Record { drill: None, ..record.clone() });
            let is_its = state.open.as_ref().is_some_and(|open| open.warning == number);
            if records.is_empty() && !is_its {
                break;
            }
            let ends = !is_its && !matches!(record.body, Body::Lapsed { why: Lapse::Replaced, .. });
            records.push(record);
            if ends {
                break;
            }
        }
        Ok(records)
    }

    /// One record of an area by its number.
    ///
    /// # Errors
    /// [`Error`] when it cannot be read.
    pub fn record(&self, area: &str, number: u64) -> Result<Option<Record>, Error> {
        let row = || {
            self.db
                .prepare_cached(&format!(
                    "{COLUMNS} WHERE area = (SELECT id FROM area WHERE code = ?1) AND number = ?2"
                ))?
                .query_row(params![area, signed(number)], read)
                .optional()
        };
        row().map_err(doing("read a record of warnings"))?.map(StoredRecord::record).transpose()
    }
}
