//! Rows of `power`: what electricity meters counted.
//!
//! In: readings of a batch, and the day before which none are kept. Out: the table, and from it the readings
//! of some meters.
//!
//! Invariants: one value per area, interval and meter, that of the highest revision; of two values under one
//! revision the first one stays and the row is marked. The rule looks at the stored and the new value alone,
//! so shuffled and repeated readings end in the same rows (but where two values stand under one revision).
//! With each commit one day goes that is no longer kept, so that none is long when this is first configured.

use std::collections::BTreeMap;

use rusqlite::{Transaction, params};

use super::read::Reader;
use super::registry::{KnownArea, area_id};
use super::{Error, doing};
use crate::measures::{MeterReading, PowerReading};
use crate::time::{AveragingPeriod, Day, Instant};

pub(super) fn write(
    tx: &Transaction<'_>,
    known: &KnownArea,
    rows: &[PowerReading],
) -> rusqlite::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut upsert = tx.prepare_cached(
        "INSERT INTO power (area, start_ms, meter, period_min, wh, revision, conflict)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)
         ON CONFLICT DO UPDATE SET
           wh = iif(?6 > revision, ?5, wh), conflict = iif(?6 > revision, 0, 1),
           revision = max(?6, revision)
         WHERE ?6 > revision OR (?6 = revision AND ?5 <> wh)",
    )?;
    for row in rows {
        let PowerReading { meter, start, period, wh, revision } = row;
        let key = (known.id, start.millis(), meter, period.minutes());
        upsert.execute(params![key.0, key.1, key.2, key.3, wh, revision])?;
    }
    Ok(())
}

/// Lets the oldest day of readings go that lies before `kept_from`.
pub(super) fn forget(
    tx: &Transaction<'_>,
    known: &KnownArea,
    kept_from: Day,
) -> rusqlite::Result<()> {
    let oldest: Option<i64> = tx
        .prepare_cached("SELECT min(start_ms) FROM power WHERE area = ?1 AND start_ms < ?2")?
        .query_row(params![known.id, kept_from.start().start().millis()], |row| row.get(0))?;
    let Some(oldest) = oldest else { return Ok(()) };
    let next = Instant::from_millis(oldest).hour().day().plus(1);
    tx.prepare_cached("DELETE FROM power WHERE area = ?1 AND start_ms < ?2")?
        .execute(params![known.id, next.start().start().millis()])
        .map(|_| ())
}

impl Reader {
    /// What some meters of an area read in the intervals that begin in a span, its end not included; each
    /// with the place of its meter in `meters`, by time.
    ///
    /// # Errors
    /// [`Error::Database`] when they cannot be read.
    pub fn power(
        &self,
        area: &str,
        (from, until): (Instant, Instant),
        meters: &[String],
    ) -> Result<Vec<MeterReading>, Error> {
        let Some(id) = area_id(&self.db, area)? else { return Ok(Vec::new()) };
        let places: BTreeMap<&str, usize> =
            meters.iter().enumerate().map(|(at, meter)| (meter.as_str(), at)).collect();
        let read = || -> rusqlite::Result<Vec<MeterReading>> {
            let mut query = self.db.prepare_cached(
                "SELECT start_ms, meter, period_min, wh, conflict FROM power
                 WHERE area = ?1 AND start_ms >= ?2 AND start_ms < ?3
                 ORDER BY start_ms, meter, period_min",
            )?;
            let mut rows = query.query(params![id, from.millis(), until.millis()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let meter = places.get(row.get_ref(1)?.as_str()?);
                let period = AveragingPeriod::from_minutes(row.get(2)?);
                let (Some(meter), Some(period)) = (meter, period) else { continue };
                found.push(MeterReading {
                    meter: *meter,
                    start: Instant::from_millis(row.get(0)?),
                    period,
                    wh: row.get(3)?,
                    conflict: row.get(4)?,
                });
            }
            Ok(found)
        };
        read().map_err(doing("read what meters counted"))
    }
}
