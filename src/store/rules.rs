//! What an area's figures follow from beside its inputs: the program, the stations and sets, the practice.
//!
//! In: [`Rules`] at the start of every process that writes. Out: a row of `rules`, named by its digest in the
//! chain, so that the inputs after it can be handled again as they were; and, where the new rules give
//! other figures than the ones before, all stored hours of the sets taken anew, as revisions.
//!
//! Invariant: only hours are stored, so what is chosen for days, periods, targets and dust is no part of the
//! rules: another choice there neither changes their digest nor takes an hour anew.

use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::area_rows::AreaRows;
use super::arrival::InputLog;
use super::read::Reader;
use super::registry::KnownArea;
use super::sqlite::Sqlite;
use super::{Error, Store, doing};
use crate::area::{AreaId, Registry};
use crate::pipeline::{Cause, Params};
use crate::time::Instant;

/// Everything beside the inputs by which an area's figures are taken.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Rules {
    /// The program's version.
    pub program: String,
    /// Stations and sets.
    pub registry: Registry,
    /// Practice, limits, and the formats of the feeds.
    pub params: Params,
    /// The names of the feeds, by number.
    pub feeds: Vec<String>,
}

/// SHA-256 of [`Rules`] as they are stored.
pub type RulesDigest = [u8; 32];

impl Rules {
    /// The rules of this program.
    #[must_use]
    pub fn new(registry: Registry, params: Params, feeds: Vec<String>) -> Self {
        let params = Params { parameters: params.parameters.of_hours(), ..params };
        Self { program: env!("CARGO_PKG_VERSION").to_owned(), registry, params, feeds }
    }

    /// As stored: JSON.
    fn body(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|e| damaged("new rules", &e))
    }

    /// Why figures by these rules may differ from those by `before`.
    fn differ(&self, before: &Self) -> Option<Cause> {
        let rules = |r: &Self| {
            (r.program.clone(), r.params.parameters.of_hours(), r.params.quality.clone())
        };
        if rules(self) != rules(before) {
            Some(Cause::Rules)
        } else {
            (self.registry != before.registry).then_some(Cause::Stations)
        }
    }
}

impl Sqlite {
    /// Registers an area and makes these its rules. Where they may give other figures than the rules before
    /// them, takes every stored hour of the sets anew, each change a revision.
    ///
    /// # Errors
    /// [`Error`]; then the area may be registered, but its rules are those before.
    pub fn adopt(&mut self, rules: &Rules, at: Instant) -> Result<RulesDigest, Error> {
        let digest = self.set_rules(rules, |tx, known, before| {
            let cause = before.map_or(Some(Cause::Rules), |before| rules.differ(before));
            cause.map_or(Ok(()), |cause| recompute(tx, known, cause, at))
        })?;
        self.trim_log();
        Ok(digest)
    }

    /// Registers an area and makes these its rules, with `and_then` in the same transaction.
    pub(super) fn set_rules(
        &mut self,
        rules: &Rules,
        and_then: impl FnOnce(&Transaction<'_>, &KnownArea, Option<&Rules>) -> Result<(), Error>,
    ) -> Result<RulesDigest, Error> {
        self.register(&rules.registry)?;
        let body = rules.body()?;
        let digest: RulesDigest = Sha256::digest(body.as_bytes()).into();
        let known = self.areas.iter_mut().find(|a| a.area == rules.registry.area);
        let known = known.ok_or_else(|| Error::Unknown(format!("area {}", rules.registry.area)))?;
        known.rules = digest;
        known.parameters = rules.params.parameters;
        known.quality.clone_from(&rules.params.quality);
        known.program.clone_from(&rules.program);
        known.feeds.clone_from(&rules.feeds);
        let tx = self.db.transaction().map_err(doing("begin to adopt the rules"))?;
        let before = adopted(&tx, known.id)?;
        write(&tx, (known, rules), (&digest, &body)).map_err(doing("write the rules"))?;
        and_then(&tx, known, before.as_ref())?;
        tx.commit().map_err(doing("adopt the rules"))?;
        Ok(digest)
    }

    /// Takes every stored hour of an area anew, as adopting the rules did.
    pub(super) fn recompute(
        &mut self,
        rules: &Rules,
        cause: Cause,
        at: Instant,
    ) -> Result<(), Error> {
        self.set_rules(rules, |tx, known, _| recompute(tx, known, cause, at)).map(|_| ())
    }

    /// The rules that an area's figures were last taken by.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read.
    pub fn rules(&self, area: &AreaId) -> Result<Option<Rules>, Error> {
        super::registry::area_id(&self.db, area.as_str())?
            .map_or(Ok(None), |id| adopted(&self.db, id))
    }
}

impl Reader {
    /// The rules that an area's figures were last taken by.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read.
    pub fn rules(&self, area: &AreaId) -> Result<Option<Rules>, Error> {
        super::registry::area_id(&self.db, area.as_str())?
            .map_or(Ok(None), |id| adopted(&self.db, id))
    }
}

/// Takes every stored hour anew; when that changes anything, it is a batch of its own in the chain.
fn recompute(
    tx: &Transaction<'_>,
    known: &KnownArea,
    cause: Cause,
    at: Instant,
) -> Result<(), Error> {
    let mut rows = AreaRows::begin(tx, known)?;
    if !rows.recompute(cause)? {
        return Ok(());
    }
    let mut log = InputLog::default();
    log.now(at);
    log.rules(&known.rules);
    log.recompute(cause);
    rows.finish(at, &log.take()).map(|_| ())
}

fn write(
    tx: &Transaction<'_>,
    (known, rules): (&KnownArea, &Rules),
    (digest, body): (&RulesDigest, &str),
) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT OR IGNORE INTO rules (area, digest, body) VALUES (?1, ?2, ?3)",
        params![known.id, digest, body],
    )?;
    tx.execute("UPDATE area SET rules = ?2 WHERE id = ?1", params![known.id, digest])?;
    let sql = "INSERT OR REPLACE INTO parameter (area, name, value) VALUES (?1, ?2, ?3)";
    // Those that the rules' body names: of all that no hour turns on, the default.
    let named = serde_json::to_value(rules.params.parameters).unwrap_or_default();
    for row in rules.params.parameters.list().iter().filter(|row| named.get(row.name).is_some()) {
        tx.execute(sql, params![known.id, row.name, row.value])?;
    }
    Ok(())
}

/// The rules an area has adopted; `None` for an area that never did.
pub(super) fn adopted(db: &rusqlite::Connection, area: i64) -> Result<Option<Rules>, Error> {
    digest(db, area)?.map_or(Ok(None), |digest| stored(db, area, &digest).map(Some))
}

/// The digest of these.
pub(super) fn digest(db: &rusqlite::Connection, area: i64) -> Result<Option<Vec<u8>>, Error> {
    db.query_row("SELECT rules FROM area WHERE id = ?1", [area], |row| row.get(0))
        .map_err(doing("read the rules"))
}

/// The rules of a digest.
pub(super) fn stored(db: &rusqlite::Connection, area: i64, digest: &[u8]) -> Result<Rules, Error> {
    let place = place(digest);
    let body: Option<String> = db
        .query_row(
            "SELECT body FROM rules WHERE area = ?1 AND digest = ?2",
            params![area, digest],
            |row| row.get(0),
        )
        .optional()
        .map_err(doing("read the rules"))?;
    let body = body.ok_or_else(|| damaged(&place, &"are not there"))?;
    if Sha256::digest(body.as_bytes())[..] != *digest {
        return Err(damaged(&place, &"are not those of their digest"));
    }
    serde_json::from_str(&body).map_err(|e| damaged(&place, &e))
}

/// The rows that are not those of their digest.
pub(super) fn changed(db: &rusqlite::Connection) -> rusqlite::Result<Vec<String>> {
    let mut query = db.prepare("SELECT digest, body FROM rules")?;
    let mut rows = query.query([])?;
    let mut places = Vec::new();
    while let Some(row) = rows.next()? {
        let (digest, body): (Vec<u8>, String) = (row.get(0)?, row.get(1)?);
        if Sha256::digest(body.as_bytes())[..] != digest[..] {
            places.push(place(&digest));
        }
    }
    Ok(places)
}

fn place(digest: &[u8]) -> String {
    let named: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("rules {named}")
}

fn damaged(place: &str, fault: &dyn std::fmt::Display) -> Error {
    Error::Damaged { place: place.to_owned(), fault: fault.to_string() }
}
