//! Looks whether the store still says what its observations come to.
//!
//! In: a store, read only. Out: each [`Difference`], with the place, what stands there and what was
//! expected. It is looked at in four ways, none of which can stand for another:
//!
//! - the file itself, by SQLite's own check; rows that belong to nothing; tokens and rules, by their digests;
//! - the chain: every link of digests over inputs and append-only rows;
//! - every table against a rebuild, which handles all inputs of the chain again from the first one;
//! - every figure of `area_hour` against the stored cells, taken by another way than live figures.

mod compare;
mod figures;
mod rebuild;

use rusqlite::Connection;

use super::arrival::verify;
use super::read::Reader;
use super::registry::area_id;
use super::{Error, Rules, Sqlite, doing, rules, token};
use crate::area::AreaId;

/// Something that is not as the observations say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Table and key, and the column where one is meant.
    pub place: String,
    /// What stands there.
    pub stored: String,
    /// What was expected.
    pub expected: String,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Audited {
    /// Links of the chain.
    pub arrivals: u64,
    /// Links whose inputs were handled again.
    pub rebuilt: u64,
    /// Rows of `area_hour` taken anew from the cells.
    pub area_hours: u64,
    /// Differences found.
    pub differences: u64,
}

impl Reader {
    /// Audits every area, and gives each difference to `tell` as it is found.
    ///
    /// Needs room for a second copy of the tables: in memory, and beyond that in the temporary folder.
    ///
    /// # Errors
    /// [`Error`] when the store cannot be read at all; what is damaged in it is a difference.
    pub fn audit(&self, mut tell: impl FnMut(&Difference)) -> Result<Audited, Error> {
        let mut audited = Audited::default();
        let mut differences = 0;
        let mut found = |place: String, stored: &str, expected: &str| {
            tell(&Difference { place, stored: stored.to_owned(), expected: expected.to_owned() });
            differences += 1;
        };
        // One picture of the store, though a daemon may be writing to it.
        let snapshot = self.snapshot()?;
        for fault in file_faults(&self.db).map_err(doing("check the file"))? {
            found("the file".to_owned(), &fault, "ok");
        }
        for place in strays(&self.db).map_err(doing("look for rows without an owner"))? {
            found(place, "a row of nothing that is there", "no row");
        }
        for place in token::changed(&self.db).map_err(doing("read the tokens"))? {
            found(place, "something else", "what its digest says");
        }
        for place in rules::changed(&self.db).map_err(doing("read the rules"))? {
            found(place, "something else", "what its digest says");
        }
        for area in self.areas()? {
            let Some(id) = area_id(&self.db, area.as_str())? else { continue };
            audited.arrivals +=
                damage(verify(&self.db, id, &area), "the chain", &mut found)?.unwrap_or_default();
            let rules = damage(rules::adopted(&self.db, id), "the rules", &mut found)?.flatten();
            let rebuilt = self.compare_rebuilt((id, &area), rules.as_ref(), &mut found);
            audited.rebuilt += damage(rebuilt, "inputs", &mut found)?.unwrap_or_default();
            let listed = damage(self.registry(&area), "stations and sets", &mut found)?;
            let Some(registry) = listed else { continue };
            let parameters = rules.map(|r| r.params.parameters).unwrap_or_default();
            let hours = self.compare_figures((id, &registry), &parameters, &mut found);
            audited.area_hours += damage(hours, "readable cells", &mut found)?.unwrap_or_default();
        }
        drop(snapshot);
        audited.differences = differences;
        Ok(audited)
    }

    /// Compares every table with what the chain's inputs come to; returns how many batches they are.
    fn compare_rebuilt(
        &self,
        (id, area): (i64, &AreaId),
        rules: Option<&Rules>,
        found: &mut impl FnMut(String, &str, &str),
    ) -> Result<u64, Error> {
        let mut scratch = Sqlite::scratch()?;
        let Some(count) = rebuild::rebuild(&self.db, (id, area), &mut scratch)? else {
            return Ok(0);
        };
        if let Some(rules) = rules {
            scratch.set_rules(rules, |_, _, _| Ok(()))?;
        }
        let rebuilt = area_id(&scratch.db, area.as_str())?.unwrap_or_default();
        compare::compare((&self.db, id), (&scratch.db, rebuilt), found)
            .map_err(doing("compare with the rebuilt tables"))?;
        Ok(count)
    }
}

/// Makes a difference of what is damaged.
fn damage<T>(
    result: Result<T, Error>,
    expected: &str,
    found: &mut impl FnMut(String, &str, &str),
) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Damaged { place, fault }) => {
            found(place, &fault, expected);
            Ok(None)
        }
        // What the chain is of is not what the rows are of.
        Err(Error::Unknown(what)) => {
            found(what, "not known", expected);
            Ok(None)
        }
        Err(e) => Err(e),
    }
}

/// Rows that name what is not there: without an owner no area's comparison meets them.
fn strays(db: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut places = Vec::new();
    let mut broken = db.prepare("PRAGMA foreign_key_check")?;
    let mut rows = broken.query([])?;
    while let Some(row) = rows.next()? {
        let (table, id, parent): (String, Option<i64>, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let id = id.map_or_else(String::new, |id| format!(" row {id}"));
        places.push(format!("{table}{id} of a missing {parent}"));
    }
    // These three have no such clause in the schema: it would slow every commit.
    for (table, key, owner) in [
        ("hour", "hour", "station"),
        ("station_day", "day", "station"),
        ("area_hour", "hour", "station_set"),
    ] {
        let sql = format!(
            "SELECT {key}, {owner} FROM {table} WHERE {owner} NOT IN (SELECT id FROM {owner})"
        );
        let mut query = db.prepare(&sql)?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let (at, id): (i64, i64) = (row.get(0)?, row.get(1)?);
            places.push(format!("{table} {at} of a missing {owner} {id}"));
        }
    }
    Ok(places)
}

pub(super) fn file_faults(db: &Connection) -> rusqlite::Result<Vec<String>> {
    let rows: Vec<String> = db
        .prepare("PRAGMA integrity_check")?
        .query_map([], |r| r.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(rows.into_iter().filter(|row| row != "ok").collect())
}
