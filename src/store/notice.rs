//! Rows of `notice`: the outbox and what becomes of it. Append-only, under the chain.

use rusqlite::{Connection, Transaction, params};

use super::commit::signed;
use super::read::{Between, Reader, millis};
use super::registry::KnownArea;
use super::{Error, doing};
use crate::notification::{NoticeBody, NoticeRecord};
use crate::time::Instant;

/// A stored record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredNotice {
    /// Its number in the area.
    pub number: u64,
    /// When, by the area's clock.
    pub at: Instant,
    /// Who; `None` for Lantian itself.
    pub person: Option<String>,
    /// The notice that it is of.
    pub notice: Option<u64>,
    /// The kind of its body.
    pub kind: String,
    /// What happened, as JSON.
    pub body: String,
}

impl From<&NoticeRecord> for StoredNotice {
    fn from(record: &NoticeRecord) -> Self {
        let raised = matches!(record.body, NoticeBody::Raised { .. }).then_some(record.number);
        Self {
            number: record.number,
            at: record.at,
            person: record.person.clone(),
            notice: record.body.notice().or(raised),
            kind: record.body.kind().to_owned(),
            // A body has no maps, so it always becomes JSON.
            body: serde_json::to_string(&record.body).unwrap_or_default(),
        }
    }
}

impl StoredNotice {
    /// The record.
    ///
    /// # Errors
    /// [`Error::Damaged`] where its body cannot be read.
    pub fn record(self) -> Result<NoticeRecord, Error> {
        let Self { number, at, person, body, .. } = self;
        let body = serde_json::from_str(&body).map_err(|e| Error::Damaged {
            place: format!("notice {number}"),
            fault: e.to_string(),
        })?;
        Ok(NoticeRecord { number, at, person, body })
    }

    /// What the chain's digest is taken over.
    pub(super) fn digested(&self) -> Vec<u8> {
        let Self { number, at, person, notice, kind, body } = self;
        let (at, person) = (at.millis(), person.as_deref().unwrap_or(""));
        let notice = notice.unwrap_or_default();
        format!("notice\0{number}\0{at}\0{person}\0{notice}\0{kind}\0{body}\0").into_bytes()
    }
}

pub(super) fn write(
    tx: &Transaction<'_>,
    known: &KnownArea,
    sequence: i64,
    rows: &[StoredNotice],
) -> rusqlite::Result<()> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO notice (area, number, sequence, at_ms, person, notice, kind, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for StoredNotice { number, at, person, notice, kind, body } in rows {
        let (number, at) = (signed(*number), at.millis());
        let notice = notice.map(signed);
        insert.execute(params![known.id, number, sequence, at, person, notice, kind, body])?;
    }
    Ok(())
}

const COLUMNS: &str = "SELECT number, at_ms, person, notice, kind, body FROM notice";
/// What was sent is long, and nothing of a state follows from it.
const WITHOUT_TEXT: &str = "SELECT number, at_ms, person, notice, kind,
    CASE kind WHEN 'ended' THEN json_remove(body, '$.text') ELSE body END FROM notice";

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<StoredNotice> {
    Ok(StoredNotice {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        at: Instant::from_millis(row.get(1)?),
        person: row.get(2)?,
        notice: row.get::<_, Option<i64>>(3)?.map(i64::unsigned_abs),
        kind: row.get(4)?,
        body: row.get(5)?,
    })
}

/// The rows that one batch appended, in their order.
pub(super) fn of_batch(
    db: &Connection,
    area: i64,
    sequence: i64,
) -> rusqlite::Result<Vec<StoredNotice>> {
    db.prepare_cached(&format!("{COLUMNS} WHERE area = ?1 AND sequence = ?2 ORDER BY number"))?
        .query_map(params![area, sequence], read)?
        .collect()
}

/// All records of an area, in their order, without what was sent.
pub(super) fn all(db: &Connection, area: i64) -> Result<Vec<NoticeRecord>, Error> {
    let rows = || -> rusqlite::Result<Vec<StoredNotice>> {
        db.prepare(&format!("{WITHOUT_TEXT} WHERE area = ?1 ORDER BY number"))?
            .query_map([area], read)?
            .collect()
    };
    let rows = rows().map_err(doing("read the notices"))?;
    rows.into_iter().map(StoredNotice::record).collect()
}

impl Reader {
    /// All records of one notice, in their order, with what was sent.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read.
    pub fn notice_records(&self, area: &str, notice: u64) -> Result<Vec<NoticeRecord>, Error> {
        let rows = || -> rusqlite::Result<Vec<StoredNotice>> {
            self.db
                .prepare_cached(&format!(
                    "{COLUMNS} WHERE area = (SELECT id FROM area WHERE code = ?1) AND notice = ?2
                     ORDER BY number"
                ))?
                .query_map(params![area, signed(notice)], read)?
                .collect()
        };
        let rows = rows().map_err(doing("read a notice"))?;
        rows.into_iter().map(StoredNotice::record).collect()
    }

    /// The records that raised notices, the newest first, with a lower number than `before`, of
    /// a span, its end not included.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read.
    pub fn raised_notices(
        &self,
        area: &str,
        (before, between): (Option<u64>, Between),
        limit: usize,
    ) -> Result<Vec<NoticeRecord>, Error> {
        let (from, to) = millis(between);
        let before = signed(before.unwrap_or(u64::MAX));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = || -> rusqlite::Result<Vec<StoredNotice>> {
            self.db
                .prepare_cached(&format!(
                    "{COLUMNS} WHERE area = (SELECT id FROM area WHERE code = ?1)
                     AND kind = 'raised' AND number < ?2 AND at_ms >= ?4 AND at_ms < ?5
                     ORDER BY number DESC LIMIT ?3"
                ))?
                .query_map(params![area, before, limit, from, to], read)?
                .collect()
        };
        let rows = rows().map_err(doing("read the notices"))?;
        rows.into_iter().map(StoredNotice::record).collect()
    }
}
