//! Tokens of persons: a long random text that is shown once, stored as its SHA-256.

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::read::Reader;
use super::sqlite::Sqlite;
use super::{Error, doing};
use crate::time::Instant;

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads what is not public.
    Viewer,
    /// Confirms, corrects, acknowledges; writes consultations down, proposes and declines.
    Operator,
    /// Registers approvals and issues warnings, besides.
    Issuer,
    /// All of it, and tokens.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::Issuer, Self::Admin];

    /// The name in the store and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Issuer => "issuer",
            Self::Admin => "admin",
        }
    }

    /// Finds a role by its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Who holds a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Number of the token.
    pub id: i64,
    /// The person's name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When the token was made.
    pub created: Instant,
    /// When it was revoked.
    pub revoked: Option<Instant>,
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn person(row: &rusqlite::Row<'_>) -> rusqlite::Result<Person> {
    let role: String = row.get(2)?;
    Ok(Person {
        id: row.get(0)?,
        name: row.get(1)?,
        role: Role::parse(&role).unwrap_or(Role::Viewer),
        created: Instant::from_millis(row.get(3)?),
        revoked: row.get::<_, Option<i64>>(4)?.map(Instant::from_millis),
    })
}

impl Sqlite {
    /// Stores a token for a person and returns its number.
    ///
    /// # Errors
    /// [`Error::Database`] when it cannot be written.
    pub fn add_token(
        &self,
        token: &str,
        name: &str,
        role: Role,
        at: Instant,
    ) -> Result<i64, Error> {
        let write = || -> rusqlite::Result<i64> {
            let tx = self.db.unchecked_transaction()?;
            tx.execute(
                "INSERT INTO token (hash, person, role, created_ms) VALUES (?1, ?2, ?3, ?4)",
                params![&hash(token)[..], name, role.name(), at.millis()],
            )?;
            let id = tx.last_insert_rowid();
            sign(&tx)?;
            tx.commit()?;
            Ok(id)
        };
        write().map_err(doing("write the token"))
    }

    /// Every token's person, revoked ones included.
    ///
    /// # Errors
    /// [`Error::Database`] when they cannot be read.
    pub fn tokens(&self) -> Result<Vec<Person>, Error> {
        let read = || -> rusqlite::Result<Vec<Person>> {
            let sql = "SELECT id, person, role, created_ms, revoked_ms FROM token ORDER BY id";
            self.db.prepare(sql)?.query_map([], person)?.collect()
        };
        read().map_err(doing("read the tokens"))
    }

    /// Revokes a token by its number; false when there is none in force.
    ///
    /// # Errors
    /// [`Error::Database`] when it cannot be written.
    pub fn revoke_token(&self, id: i64, at: Instant) -> Result<bool, Error> {
        let sql = "UPDATE token SET revoked_ms = ?2, digest = NULL
                   WHERE id = ?1 AND revoked_ms IS NULL";
        let write = || -> rusqlite::Result<bool> {
            let tx = self.db.unchecked_transaction()?;
            let changed = tx.execute(sql, params![id, at.millis()])?;
            sign(&tx)?;
            tx.commit()?;
            Ok(changed == 1)
        };
        write().map_err(doing("revoke the token"))
    }
}

/// A token's row as its digest is taken over it.
const SIGNED: &str =
    "SELECT id, digest, json_array(id, hex(hash), person, role, created_ms, revoked_ms)
                      FROM token ORDER BY id";

/// Gives every row its digest that has none, and seals them all.
pub(super) fn sign(db: &Connection) -> rusqlite::Result<()> {
    for (id, digest, row) in signed(db)? {
        if digest.is_none() {
            let digest: [u8; 32] = Sha256::digest(row.as_bytes()).into();
            db.execute("UPDATE token SET digest = ?2 WHERE id = ?1", params![id, digest])?;
        }
    }
    let sql = "INSERT OR REPLACE INTO seal (subject, digest) VALUES ('token', ?1)";
    db.execute(sql, [&seal(&signed(db)?)[..]]).map(|_| ())
}

/// Over all rows, so that one that came or went shows.
fn seal(rows: &[Signed]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for (_, digest, _) in rows {
        hash.update(digest.as_deref().unwrap_or_default());
    }
    hash.finalize().into()
}

/// The places that are not as they were written.
pub(super) fn changed(db: &Connection) -> rusqlite::Result<Vec<String>> {
    let differs = |row: &str, digest: &Option<Vec<u8>>| {
        let own = Sha256::digest(row.as_bytes());
        digest.as_ref().is_none_or(|digest| digest[..] != own[..])
    };
    let rows = signed(db)?;
    let changed = rows.iter().filter(|(_, digest, row)| differs(row, digest));
    let mut places: Vec<String> = changed.map(|(id, ..)| format!("token {id}")).collect();
    let seals: Vec<(String, Vec<u8>)> = db
        .prepare("SELECT subject, digest FROM seal")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    if seals != [("token".to_owned(), seal(&rows).to_vec())] {
        places.push("seal of all rows of token".to_owned());
    }
    Ok(places)
}

/// Number, digest, and what the digest is taken over.
type Signed = (i64, Option<Vec<u8>>, String);

fn signed(db: &Connection) -> rusqlite::Result<Vec<Signed>> {
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    db.prepare(SIGNED)?.query_map([], row)?.collect()
}

impl Reader {
    /// The person behind a token in force.
    ///
    /// # Errors
    /// [`Error::Database`] when it cannot be read.
    pub fn person(&self, token: &str) -> Result<Option<Person>, Error> {
        self.db
            .prepare_cached(
                "SELECT id, person, role, created_ms, revoked_ms FROM token
                 WHERE hash = ?1 AND revoked_ms IS NULL",
            )
            .and_then(|mut query| query.query_row([&hash(token)[..]], person).optional())
            .map_err(doing("find the token"))
    }
}
