//! Rows of `duty`: what happens in an area's room. Append-only, under the chain.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::commit::signed;
use super::read::{Reader, millis};
use super::registry::KnownArea;
use super::{Error, doing};
use crate::duty::DutyRecord;
use crate::time::Instant;

/// A stored record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDuty {
    /// Its number in the area.
    pub number: u64,
    /// When, by the area's clock.
    pub at: Instant,
    /// Who; `None` for Lantian itself.
    pub person: Option<String>,
    /// The kind of its body.
    pub kind: String,
    /// What happened, as JSON.
    pub body: String,
}

impl From<&DutyRecord> for StoredDuty {
    fn from(record: &DutyRecord) -> Self {
        Self {
            number: record.number,
            at: record.at,
            person: record.person.clone(),
            kind: record.body.kind().to_owned(),
            // A body has no maps, so it always becomes JSON.
            body: serde_json::to_string(&record.body).unwrap_or_default(),
        }
    }
}

impl StoredDuty {
    /// The record.
    ///
    /// # Errors
    /// [`Error::Damaged`] where its body cannot be read.
    pub fn record(self) -> Result<DutyRecord, Error> {
        let Self { number, at, person, body, .. } = self;
        let body = serde_json::from_str(&body).map_err(|e| Error::Damaged {
            place: format!("duty {number}"),
            fault: e.to_string(),
        })?;
        Ok(DutyRecord { number, at, person, body })
    }

    /// What the chain's digest is taken over.
    pub(super) fn digested(&self) -> Vec<u8> {
        let Self { number, at, person, kind, body } = self;
        let (at, person) = (at.millis(), person.as_deref().unwrap_or(""));
        format!("duty\0{number}\0{at}\0{person}\0{kind}\0{body}\0").into_bytes()
    }
}

pub(super) fn write(
    tx: &Transaction<'_>,
    known: &KnownArea,
    sequence: i64,
    rows: &[StoredDuty],
) -> rusqlite::Result<()> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO duty (area, number, sequence, at_ms, person, kind, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for StoredDuty { number, at, person, kind, body } in rows {
        let (number, at) = (signed(*number), at.millis());
        insert.execute(params![known.id, number, sequence, at, person, kind, body])?;
    }
    Ok(())
}

const COLUMNS: &str = "SELECT number, at_ms, person, kind, body FROM duty";
/// The text of a draft is long, and nothing of a state or a list follows from it.
const WITHOUT_TEXT: &str = "SELECT number, at_ms, person, kind,
    CASE kind WHEN 'drafted' THEN json_remove(body, '$.content') ELSE body END FROM duty";

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<StoredDuty> {
    Ok(StoredDuty {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        at: Instant::from_millis(row.get(1)?),
        person: row.get(2)?,
        kind: row.get(3)?,
        body: row.get(4)?,
    })
}

/// The rows that one batch appended, in their order.
pub(super) fn of_batch(
    db: &Connection,
    area: i64,
    sequence: i64,
) -> rusqlite::Result<Vec<StoredDuty>> {
    db.prepare_cached(&format!("{COLUMNS} WHERE area = ?1 AND sequence = ?2 ORDER BY number"))?
        .query_map(params![area, sequence], read)?
        .collect()
}

/// All records of an area, in their order, drafts without their text.
pub(super) fn all(db: &Connection, area: i64) -> Result<Vec<DutyRecord>, Error> {
    let rows = || -> rusqlite::Result<Vec<StoredDuty>> {
        db.prepare(&format!("{WITHOUT_TEXT} WHERE area = ?1 ORDER BY number"))?
            .query_map([area], read)?
            .collect()
    };
    let rows = rows().map_err(doing("read the records of the room"))?;
    rows.into_iter().map(StoredDuty::record).collect()
}

/// Which records are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DutyAsked {
    /// Only of these kinds; empty for all.
    pub kinds: Vec<String>,
    /// Only with a lower number.
    pub before: Option<u64>,
    /// Only from the first on and before the second.
    pub between: Option<(Instant, Instant)>,
    /// Only of this paper.
    pub paper: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl Reader {
    /// Records of an area, the newest first, drafts without their text.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read.
    pub fn duty_records(&self, area: &str, asked: &DutyAsked) -> Result<Vec<DutyRecord>, Error> {
        let before = signed(asked.before.unwrap_or(u64::MAX));
        let kinds = serde_json::to_string(&asked.kinds).unwrap_or_default();
        let limit = i64::try_from(asked.limit).unwrap_or(i64::MAX);
        let (from, to) = millis(asked.between);
        let paper = asked.paper.map(signed);
        let rows = || -> rusqlite::Result<Vec<StoredDuty>> {
            self.db
                .prepare_cached(&format!(
                    "{WITHOUT_TEXT} WHERE area = (SELECT id FROM area WHERE code = ?1)
                     AND number < ?2 AND at_ms >= ?5 AND at_ms < ?6
                     AND (?3 = '[]' OR kind IN (SELECT value FROM json_each(?3)))
                     AND (?7 IS NULL OR (number > ?7 AND json_extract(body, '$.paper') = ?7))
                     ORDER BY number DESC LIMIT ?4"
                ))?
                .query_map(params![area, before, kinds, limit, from, to, paper], read)?
                .collect()
        };
        let rows = rows().map_err(doing("read the records of the room"))?;
        rows.into_iter().map(StoredDuty::record).collect()
    }

    /// One record of an area by its number, whole.
    ///
    /// # Errors
    /// [`Error`] when it cannot be read.
    pub fn duty_record(&self, area: &str, number: u64) -> Result<Option<DutyRecord>, Error> {
        let row = || {
            self.db
                .prepare_cached(&format!(
                    "{COLUMNS} WHERE area = (SELECT id FROM area WHERE code = ?1) AND number = ?2"
                ))?
                .query_row(params![area, signed(number)], read)
                .optional()
        };
        row().map_err(doing("read a record of the room"))?.map(StoredDuty::record).transpose()
    }
}
