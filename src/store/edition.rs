//! Rows of `edition`: editions of the emergency-measures list that came into use.
//!
//! In: digest and content of a batch. Out: the table, and from it an [`Edition`].
//!
//! Invariant: the content has the digest under which it stands, or it is told as damaged.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::read::Reader;
use super::registry::KnownArea;
use super::sqlite::Sqlite;
use super::{Error, doing};
use crate::measures::Edition;

pub(super) fn write(
    tx: &Transaction<'_>,
    known: &KnownArea,
    rows: &[(String, String)],
) -> rusqlite::Result<()> {
    for (digest, content) in rows {
        // One that comes into use again is the same.
        tx.prepare_cached(
            "INSERT INTO edition (area, digest, content) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![known.id, digest, content])?;
    }
    Ok(())
}

/// What is kept under a digest is the same in every area.
fn read(db: &Connection, digest: &str) -> Result<Option<Edition>, Error> {
    let content = || -> rusqlite::Result<Option<String>> {
        db.prepare_cached("SELECT content FROM edition WHERE digest = ?1 LIMIT 1")?
            .query_row([digest], |row| row.get(0))
            .optional()
    };
    let content = content().map_err(doing("read an edition of the list"))?;
    let damaged = |fault| Error::Damaged { place: format!("edition {digest}"), fault };
    content.map(|content| Edition::from_json(&content, digest).map_err(damaged)).transpose()
}

impl Reader {
    /// An edition that came into use, by its digest.
    ///
    /// # Errors
    /// [`Error`] when it cannot be read.
    pub fn edition(&self, digest: &str) -> Result<Option<Edition>, Error> {
        read(&self.db, digest)
    }
}

impl Sqlite {
    /// As [`Reader::edition`].
    ///
    /// # Errors
    /// [`Error`] when it cannot be read.
    pub fn edition(&self, digest: &str) -> Result<Option<Edition>, Error> {
        read(&self.db, digest)
    }
}
