//! Rows of `correction`: what operators did to values, or tried to. Append-only, under the chain.

use rusqlite::{Connection, Transaction, params};

use super::read::{Between, Reader, millis};
use super::registry::KnownArea;
use super::{Error, doing};
use crate::average::Correction;
use crate::pipeline::CorrectionRow;
use crate::time::{Hour, Instant};

/// A stored act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCorrection {
    /// When: by the clock on the wall.
    pub at: Instant,
    /// Who.
    pub person: String,
    /// Why.
    pub reason: String,
    /// The station's code.
    pub station: String,
    /// The property's code.
    pub quantity: String,
    /// The hour.
    pub hour: Hour,
    /// `set`, `invalidate` or `withdraw`.
    pub act: String,
    /// What was to hold, in 0.001 of the property's unit.
    pub amount: Option<i32>,
    /// The name of a [`crate::pipeline::CorrectionRefusal`]; `None` when the act was taken.
    pub refused: Option<String>,
}

impl From<&CorrectionRow> for StoredCorrection {
    fn from(row: &CorrectionRow) -> Self {
        let (act, amount) = match row.act {
            Correction::Set(amount) => ("set", Some(amount.milli())),
            Correction::Invalidate => ("invalidate", None),
            Correction::Withdraw => ("withdraw", None),
        };
        Self {
            at: row.at,
            person: row.person.clone(),
            reason: row.reason.clone(),
            station: row.station.clone(),
            quantity: row.property.code().to_owned(),
            hour: row.hour,
            act: act.to_owned(),
            amount,
            refused: row.refused.map(|refusal| refusal.name().to_owned()),
        }
    }
}

impl StoredCorrection {
    /// What the chain's digest is taken over.
    pub(super) fn digested(&self) -> Vec<u8> {
        let Self { at, person, reason, station, quantity, hour, act, amount, refused } = self;
        let (at, hour, refused) = (at.millis(), hour.number(), refused.as_deref().unwrap_or(""));
        let what = format!("{station}\0{quantity}\0{hour}\0{act}\0{amount:?}");
        format!("correction\0{at}\0{person}\0{reason}\0{what}\0{refused}\0").into_bytes()
    }
}

pub(super) fn write(
    tx: &Transaction<'_>,
    known: &KnownArea,
    sequence: i64,
    rows: &[StoredCorrection],
) -> rusqlite::Result<()> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO correction (area, sequence, at_ms, person, reason, station, quantity, hour,
                                 act, amount, refused)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for row in rows {
        insert.execute(params![
            known.id,
            sequence,
            row.at.millis(),
            row.person,
            row.reason,
            row.station,
            row.quantity,
            row.hour.number(),
            row.act,
            row.amount,
            row.refused
        ])?;
    }
    Ok(())
}

/// The rows that one batch appended, in their order.
pub(super) fn of_batch(
    db: &Connection,
    area: i64,
    sequence: i64,
) -> rusqlite::Result<Vec<StoredCorrection>> {
    db.prepare_cached(
        "SELECT at_ms, person, reason, station, quantity, hour, act, amount, refused FROM correction
         WHERE area = ?1 AND sequence = ?2 ORDER BY id",
    )?
    .query_map(params![area, sequence], read)?
    .collect()
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<StoredCorrection> {
    Ok(StoredCorrection {
        at: Instant::from_millis(row.get(0)?),
        person: row.get(1)?,
        reason: row.get(2)?,
        station: row.get(3)?,
        quantity: row.get(4)?,
        hour: Hour::from_number(row.get(5)?),
        act: row.get(6)?,
        amount: row.get(7)?,
        refused: row.get(8)?,
    })
}

impl Reader {
    /// What operators did in an area, or tried to, each with its number: the newest first, those with a lower
    /// number than `before`, done in a span, its end not included.
    ///
    /// # Errors
    /// [`Error::Database`] when they cannot be read.
    pub fn corrections(
        &self,
        area: &str,
        (before, between): (Option<u64>, Between),
        limit: usize,
    ) -> Result<Vec<(u64, StoredCorrection)>, Error> {
        let (from, to) = millis(between);
        let before = before.and_then(|number| i64::try_from(number).ok()).unwrap_or(i64::MAX);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = || -> rusqlite::Result<Vec<(u64, StoredCorrection)>> {
            self.db
                .prepare_cached(
                    "SELECT at_ms, person, reason, station, quantity, hour, act, amount, refused, id
                     FROM correction WHERE area = (SELECT id FROM area WHERE code = ?1) AND id < ?3
                     AND at_ms >= ?4 AND at_ms < ?5 ORDER BY id DESC LIMIT ?2",
                )?
                .query_map(params![area, limit, before, from, to], |row| {
                    Ok((row.get::<_, i64>(9)?.unsigned_abs(), read(row)?))
                })?
                .collect()
        };
        rows().map_err(doing("read the corrections"))
    }
}
