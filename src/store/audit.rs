//! Looks whether the store still says what its observations come to.
//!
//! In: a store, read only. Out: each [`Difference`], with the place, what stands there and what was
//! expected: faults of the file itself, links of the chain that do not follow, cells that cannot be read,
//! and every column of `area_hour` against the figures computed anew from the cells.
//!
//! The computed rows are written by the daemon's own statement into a temporary table of the same name, so
//! that no second list of columns can drift away from the first.

use rusqlite::{Connection, OptionalExtension, types::Value};

use super::arrival::verify;
use super::read::Reader;
use super::registry::area_id;
use super::set_hour::{SET_HOUR, write_set_hour};
use super::{Error, doing};
use crate::area::{Figures, Member, Registry};
use crate::pipeline::HourState;
use crate::standard::{Parameters, Practice};
use crate::time::{Hour, HourLabel};

/// Columns that tell a row's history or the program that wrote it, not its figures.
const HISTORY: [&str; 5] = ["hour", "station_set", "version", "state", "rules_version"];

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
    /// Rows of `area_hour` computed anew.
    pub area_hours: u64,
    /// Differences found.
    pub differences: u64,
}

impl Reader {
    /// Audits every area, and gives each difference to `tell` as it is found.
    ///
    /// Figures are judged by the parameters stored with the area; `practice` overrides theirs.
    ///
    /// # Errors
    /// [`Error`] when the store cannot be read at all; what is damaged in it is a difference.
    pub fn audit(
        &self,
        practice: Option<Practice>,
        mut tell: impl FnMut(&Difference),
    ) -> Result<Audited, Error> {
        let mut audited = Audited::default();
        let mut found = |place: String, stored: &str, expected: &str| {
            tell(&Difference { place, stored: stored.to_owned(), expected: expected.to_owned() });
            audited.differences += 1;
        };
        for fault in file_faults(&self.db).map_err(doing("check the file"))? {
            found("the file".to_owned(), &fault, "ok");
        }
        let (mut arrivals, mut area_hours) = (0, 0);
        for area in self.areas()? {
            let Some(id) = area_id(&self.db, area.as_str())? else { continue };
            match verify(&self.db, id, &area) {
                Ok(count) => arrivals += count,
                Err(Error::Damaged { place, fault }) => found(place, &fault, "the chain"),
                Err(e) => return Err(e),
            }
            let registry = self.registry(&area)?;
            let mut parameters = parameters(&self.db, id)?;
            parameters.practice = practice.unwrap_or(parameters.practice);
            match self.compute_area_hours(&registry, &parameters) {
                Ok(count) => area_hours += count,
                Err(Error::Damaged { place, fault }) => {
                    found(place, &fault, "readable cells");
                    continue; // of these hours nothing can be computed
                }
                Err(e) => return Err(e),
            }
            compare(&self.db, &registry, id, &mut found).map_err(doing("compare area hours"))?;
        }
        (audited.arrivals, audited.area_hours) = (arrivals, area_hours);
        Ok(audited)
    }

    /// Fills a temporary `area_hour` with the figures of the hours that are stored.
    fn compute_area_hours(
        &self,
        registry: &Registry,
        parameters: &Parameters,
    ) -> Result<u64, Error> {
        let prepared = prepare(&self.db, registry).map_err(doing("prepare the comparison"))?;
        let Some((sets, span)) = prepared else { return Ok(0) };
        let members: Vec<Member> = (0..registry.sets.len()).map(Member::Set).collect();
        let mut statement = self.db.prepare(&SET_HOUR).map_err(doing("prepare the comparison"))?;
        let mut count = 0;
        self.each_hour(registry, &members, span, parameters, |_, row: &[(Member, Figures)]| {
            for (member, figures) in row {
                let Member::Set(set) = *member else { continue };
                let Some(id) = sets.get(set).copied().flatten() else { continue };
                write_set_hour(&mut statement, id, (0, HourState::Published), figures)
                    .map_err(doing("write down what was computed"))?;
                count += 1;
            }
            Ok::<(), Error>(())
        })?;
        Ok(count)
    }
}

fn file_faults(db: &Connection) -> rusqlite::Result<Vec<String>> {
    let rows: Vec<String> = db
        .prepare("PRAGMA integrity_check")?
        .query_map([], |r| r.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(rows.into_iter().filter(|row| row != "ok").collect())
}

/// Row ids of the sets by their place in the registry, and the span of their stored hours.
type Prepared = Option<(Vec<Option<i64>>, (Hour, Hour))>;

fn prepare(db: &Connection, registry: &Registry) -> rusqlite::Result<Prepared> {
    let made: String =
        db.query_row("SELECT sql FROM main.sqlite_schema WHERE name = 'area_hour'", [], |row| {
            row.get(0)
        })?;
    db.execute_batch("DROP TABLE IF EXISTS temp.area_hour")?;
    db.execute_batch(&made.replacen("CREATE TABLE", "CREATE TEMP TABLE", 1))?;
    let mut find = db.prepare(
        "SELECT station_set.id FROM station_set JOIN area ON area.id = station_set.area
         WHERE area.code = ?1 AND station_set.code = ?2",
    )?;
    let mut sets = Vec::new();
    for set in &registry.sets {
        let id = find.query_row([registry.area.as_str(), &set.id], |row| row.get(0)).optional()?;
        sets.push(id);
    }
    let span: (Option<i32>, Option<i32>) = db.query_row(
        "SELECT min(hour), max(hour) FROM main.area_hour WHERE station_set IN
           (SELECT station_set.id FROM station_set JOIN area ON area.id = station_set.area
            WHERE area.code = ?1)",
        [registry.area.as_str()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let hours = span.0.zip(span.1);
    Ok(hours.map(|(a, b)| (sets, (Hour::from_number(a), Hour::from_number(b)))))
}

/// Compares every figure of every stored row with the computed one.
fn compare(
    db: &Connection,
    registry: &Registry,
    area: i64,
    found: &mut impl FnMut(String, &str, &str),
) -> rusqlite::Result<()> {
    let mut query = db.prepare(
        "SELECT * FROM main.area_hour AS stored
         LEFT JOIN temp.area_hour AS computed USING (hour, station_set)
         JOIN station_set ON station_set.id = stored.station_set
         WHERE station_set.area = ?1 ORDER BY hour, station_set",
    )?;
    let names: Vec<String> = query.column_names().map(str::to_owned).collect();
    // The two columns of the key stand once; then come the stored ones, as many computed ones, the set's.
    let again = names.iter().skip(3).position(|name| *name == names[2]);
    let width = again.map_or(0, |at| at + 1);
    let mut rows = query.query([area])?;
    while let Some(row) = rows.next()? {
        let hour = Hour::from_number(row.get("hour")?).label(HourLabel::Begin);
        let code: String = row.get("code")?;
        let set = registry.sets.iter().position(|set| set.id == code).unwrap_or(0);
        let place = format!("area_hour {hour} {}", registry.entity(set));
        for (at, name) in names.iter().enumerate().take(2 + width).skip(2) {
            if HISTORY.contains(&name.as_str()) {
                continue;
            }
            let (stored, computed): (Value, Value) = (row.get(at)?, row.get(at + width)?);
            if stored != computed {
                found(format!("{place} {name}"), &shown(&stored), &shown(&computed));
            }
        }
    }
    Ok(())
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Integer(n) => n.to_string(),
        Value::Real(x) => x.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}

/// The parameters stored with an area; the defaults where it never had a daemon.
fn parameters(db: &Connection, area: i64) -> Result<Parameters, Error> {
    let read = || -> rusqlite::Result<Vec<(String, String)>> {
        let mut query = db.prepare("SELECT name, value FROM parameter WHERE area = ?1")?;
        query.query_map([area], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    let mut parameters = Parameters::default();
    for (name, value) in read().map_err(doing("read the parameters"))? {
        let known = match name.as_str() {
            "practice" => value.parse().map(|v| parameters.practice = v).is_ok(),
            "round_before_index" => {
                value.parse().map(|v| parameters.round_before_index = v).is_ok()
            }
            "missing_2012" => value.parse().map(|v| parameters.missing_2012 = v).is_ok(),
            _ => true,
        };
        if !known {
            let (place, fault) = (format!("parameter {name}"), format!("unknown value {value:?}"));
            return Err(Error::Damaged { place, fault });
        }
    }
    Ok(parameters)
}
