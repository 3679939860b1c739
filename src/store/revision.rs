//! Rows of `revision`: what changed after it was published. Append-only, under the chain.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::read::Reader;
use super::registry::KnownArea;
use super::{Error, doing};
use crate::area::{AreaId, Registry};
use crate::pipeline::Revision;
use crate::time::{DAY_H, Day, Hour, Instant};

/// A stored revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionRow {
    /// When: by the area's clock.
    pub at: Instant,
    /// The area, `area/set`, or a station's code.
    pub entity: String,
    /// The day of the hours that changed.
    pub day: Day,
    /// The name of a [`crate::pipeline::Cause`].
    pub cause: String,
    /// JSON: `[[hour of the day 0 to 23, quantity, old, new], …]`; amounts in 0.001 µg/m³.
    pub changes: String,
}

impl RevisionRow {
    pub(super) fn of(revision: &Revision, registry: &Registry, at: Instant) -> Self {
        let changes: Vec<_> =
            revision.changes.iter().map(|c| (c.hour.of_day(), c.quantity, c.old, c.new)).collect();
        Self {
            at,
            entity: registry.name_of(revision.member),
            day: revision.day,
            cause: revision.cause.name().to_owned(),
            changes: serde_json::to_string(&changes).unwrap_or_default(), // of plain values
        }
    }

    /// What the chain's digest is taken over.
    pub(super) fn digested(&self) -> Vec<u8> {
        let Self { at, entity, day, cause, changes } = self;
        let (at, day) = (at.millis(), day.number());
        format!("revision\0{at}\0{entity}\0{day}\0{cause}\0{changes}\0").into_bytes()
    }
}

pub(super) fn write(
    tx: &Transaction<'_>,
    known: &KnownArea,
    sequence: i64,
    rows: &[RevisionRow],
) -> rusqlite::Result<()> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO revision (area, sequence, at_ms, entity, day, cause, changes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for row in rows {
        insert.execute(params![
            known.id,
            sequence,
            row.at.millis(),
            row.entity,
            row.day.number(),
            row.cause,
            row.changes
        ])?;
    }
    Ok(())
}

/// The rows that one batch appended, in their order.
pub(super) fn of_batch(
    db: &Connection,
    area: i64,
    sequence: i64,
) -> rusqlite::Result<Vec<RevisionRow>> {
    db.prepare_cached(
        "SELECT at_ms, entity, day, cause, changes FROM revision
         WHERE area = ?1 AND sequence = ?2 ORDER BY id",
    )?
    .query_map(params![area, sequence], read)?
    .collect()
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<RevisionRow> {
    Ok(RevisionRow {
        at: Instant::from_millis(row.get(0)?),
        entity: row.get(1)?,
        day: Day::from_number(row.get(2)?),
        cause: row.get(3)?,
        changes: row.get(4)?,
    })
}

/// How far an area's days are published, and which were revised.
#[derive(Clone, Debug, Default)]
pub struct Publication {
    /// The first hour that is not published.
    floor: Option<Hour>,
    revised: BTreeSet<(Day, String)>,
}

impl Publication {
    /// `provisional`, `published` or `revised`.
    #[must_use]
    pub fn state(&self, day: Day, entity: &str) -> &'static str {
        match self.floor {
            Some(floor) if floor <= day.hour(DAY_H - 1) => "provisional",
            _ if self.revised.contains(&(day, entity.to_owned())) => "revised",
            _ => "published",
        }
    }
}

impl Reader {
    /// The first hour that the area's daemon has not published, where one ever ran; and of the days of a
    /// span those that were revised after they were published, with their entities.
    ///
    /// # Errors
    /// [`Error::Database`] when they cannot be read.
    pub fn publication(&self, area: &AreaId, (from, to): (Day, Day)) -> Result<Publication, Error> {
        let read = || -> rusqlite::Result<Publication> {
            let floor: Option<Option<i32>> = self
                .db
                .prepare_cached("SELECT floor_hour FROM area WHERE code = ?1")?
                .query_row([area.as_str()], |row| row.get(0))
                .optional()?;
            let revised = self
                .db
                .prepare_cached(
                    "SELECT DISTINCT day, entity FROM revision
                     WHERE area = (SELECT id FROM area WHERE code = ?1) AND day BETWEEN ?2 AND ?3",
                )?
                .query_map(params![area.as_str(), from.number(), to.number()], |row| {
                    Ok((Day::from_number(row.get(0)?), row.get(1)?))
                })?
                .collect::<rusqlite::Result<_>>()?;
            Ok(Publication { floor: floor.flatten().map(Hour::from_number), revised })
        };
        read().map_err(doing("read what was published"))
    }

    /// The revisions of one entity from `from` to `to`, both included, in the order in which they happened.
    ///
    /// # Errors
    /// [`Error::Database`] when they cannot be read.
    pub fn revisions(
        &self,
        area: &str,
        entity: &str,
        (from, to): (Day, Day),
    ) -> Result<Vec<RevisionRow>, Error> {
        let rows = || -> rusqlite::Result<Vec<RevisionRow>> {
            self.db
                .prepare_cached(
                    "SELECT at_ms, entity, day, cause, changes FROM revision
                     WHERE area = (SELECT id FROM area WHERE code = ?1)
                       AND day BETWEEN ?2 AND ?3 AND entity = ?4 ORDER BY id",
                )?
                .query_map(params![area, from.number(), to.number(), entity], read)?
                .collect()
        };
        rows().map_err(doing("read the revisions"))
    }
}
