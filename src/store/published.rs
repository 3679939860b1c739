//! Rows of `published`: what the national platform published, first and last.
//!
//! In: rows of a batch, or of an import. Out: the table, and from it what a comparison asks for.
//!
//! Invariants: the first value of an entity, hour and quantity stays, the last one follows the platform; no
//! other table is written from this one.

use std::collections::BTreeMap;

use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, Transaction, params};

use super::area_rows::AreaRows;
use super::arrival::InputLog;
use super::import::ImportedFile;
use super::read::Reader;
use super::registry::{KnownArea, area_id};
use super::sqlite::Sqlite;
use super::{Error, doing};
use crate::area::{AreaId, Member, Registry, Value};
use crate::pipeline::{PublishedAqi, PublishedRow};
use crate::reconciliation::{Published, Quantity};
use crate::time::{Hour, Instant};

/// What one transaction of an import of published values writes.
#[derive(Debug)]
pub struct PublishedChunk {
    /// When the import ran.
    pub at: Instant,
    /// The area, which the store knows.
    pub area: AreaId,
    /// The file they came from.
    pub file: ImportedFile,
    /// The rows; each came at `at`.
    pub rows: Vec<PublishedRow>,
}

/// What was published for an entity and an hour.
pub(super) type ByHour = BTreeMap<(Hour, Member), Vec<Published>>;

pub(super) fn write(
    tx: &Transaction<'_>,
    known: &KnownArea,
    rows: &[PublishedRow],
) -> rusqlite::Result<()> {
    let mut upsert = tx.prepare_cached(
        "INSERT INTO published
           (hour, area, entity, quantity, first_value, first_ms, last_value, last_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5, ?6)
         ON CONFLICT DO UPDATE SET last_value = ?5, last_ms = ?6 WHERE last_value IS NOT ?5",
    )?;
    for row in rows {
        let entity = known.registry.name_of(row.member);
        for (quantity, value) in &row.values {
            let key = (row.hour.number(), known.id, &entity, quantity.name());
            let value = sql(*value);
            upsert.execute(params![key.0, key.1, key.2, key.3, value, row.at.millis()])?;
        }
    }
    Ok(())
}

fn sql(value: Value) -> Sql {
    match value {
        Value::Number(number) => Sql::Integer(number),
        Value::Primary(pollutants) => Sql::Text(pollutants.to_string()),
        Value::Nothing | Value::Invalid(_) => Sql::Null,
    }
}

fn value(quantity: Quantity, stored: ValueRef<'_>) -> Value {
    match stored {
        ValueRef::Integer(number) => Value::Number(number),
        ValueRef::Text(text) => {
            let text = String::from_utf8_lossy(text);
            quantity.read(&text).unwrap_or(Value::Nothing)
        }
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Value::Nothing,
    }
}

/// The AQIs published for some hours, both ends included.
pub(super) fn aqis(
    db: &Connection,
    known: &KnownArea,
    (from, to): (Hour, Hour),
) -> rusqlite::Result<Vec<PublishedAqi>> {
    let mut query = db.prepare_cached(
        "SELECT hour, entity, last_value FROM published
         WHERE hour BETWEEN ?1 AND ?2 AND area = ?3 AND quantity = 'aqi'",
    )?;
    let mut rows = query.query(params![from.number(), to.number(), known.id])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let entity: String = row.get(1)?;
        let aqi = u16::try_from(row.get::<_, i64>(2)?);
        // A station that is no longer listed has nothing to be compared with.
        if let (Some(member), Ok(aqi)) = (known.registry.member(&entity), aqi) {
            found.push(PublishedAqi { member, hour: Hour::from_number(row.get(0)?), aqi });
        }
    }
    Ok(found)
}

/// The last hour for which anything was published, of any area.
pub(super) fn last_hour(db: &Connection) -> rusqlite::Result<Option<i32>> {
    db.query_row("SELECT max(hour) FROM published", [], |row| row.get(0))
}

impl Sqlite {
    /// Writes one chunk of an import of published values in one durable transaction.
    ///
    /// # Errors
    /// [`Error`]; then nothing of the chunk is there.
    pub fn import_published(&mut self, chunk: &PublishedChunk) -> Result<(), Error> {
        let areas = std::mem::take(&mut self.areas);
        let known = areas.iter().find(|known| known.area == chunk.area);
        let written = match known {
            Some(known) => write_chunk(&mut self.db, known, chunk),
            None => Err(Error::Unknown(format!("area {}", chunk.area))),
        };
        self.areas = areas;
        self.trim_log();
        written
    }
}

fn write_chunk(
    db: &mut Connection,
    known: &KnownArea,
    chunk: &PublishedChunk,
) -> Result<(), Error> {
    let tx = db.transaction().map_err(doing("begin an import"))?;
    write(&tx, known, &chunk.rows).map_err(doing("write published values"))?;
    let mut log = InputLog::default();
    log.now(chunk.at);
    log.rules(&known.rules);
    log.file(&chunk.file.name, &chunk.file.sha256, chunk.file.rows);
    for row in &chunk.rows {
        log.published(&known.registry, row);
    }
    AreaRows::begin(&tx, known)?.finish(chunk.at, &log.take())?;
    tx.commit().map_err(doing("commit an import"))
}

impl Reader {
    /// What was published for the entities of an area in some hours, both ends included.
    pub(super) fn published(
        &self,
        registry: &Registry,
        (from, to): (Hour, Hour),
    ) -> Result<ByHour, Error> {
        let Some(area) = area_id(&self.db, registry.area.as_str())? else {
            return Ok(ByHour::new());
        };
        let read = || -> rusqlite::Result<ByHour> {
            let mut query = self.db.prepare_cached(
                "SELECT hour, entity, quantity, first_value, first_ms, last_value FROM published
                 WHERE hour BETWEEN ?1 AND ?2 AND area = ?3",
            )?;
            let mut rows = query.query(params![from.number(), to.number(), area])?;
            let mut found = ByHour::new();
            while let Some(row) = rows.next()? {
                let entity = row.get_ref(1)?.as_str()?;
                let quantity = Quantity::parse(row.get_ref(2)?.as_str()?);
                let (Some(member), Some(quantity)) = (registry.member(entity), quantity) else {
                    continue;
                };
                let published = Published {
                    quantity,
                    first: value(quantity, row.get_ref(3)?),
                    first_at: Instant::from_millis(row.get(4)?),
                    last: value(quantity, row.get_ref(5)?),
                };
                let hour = Hour::from_number(row.get(0)?);
                found.entry((hour, member)).or_default().push(published);
            }
            Ok(found)
        };
        let mut found = read().map_err(doing("read published values"))?;
        for values in found.values_mut() {
            values.sort_by_key(|one| one.quantity);
        }
        Ok(found)
    }

    /// The first and last hour for which anything was published for an area.
    ///
    /// # Errors
    /// [`Error::Database`] when they cannot be read.
    pub fn published_span(&self, area: &AreaId) -> Result<Option<(Hour, Hour)>, Error> {
        let Some(area) = area_id(&self.db, area.as_str())? else { return Ok(None) };
        let bounds: (Option<i32>, Option<i32>) = self
            .db
            .query_row(
                "SELECT min(hour), max(hour) FROM published WHERE area = ?1",
                [area],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .map_err(doing("read the published hours"))?;
        Ok(bounds.0.zip(bounds.1).map(|(a, b)| (Hour::from_number(a), Hour::from_number(b))))
    }
}
