//! The figures of the stored hours, taken anew from the stored cells: the columnar way, by which no live
//! figure was ever taken.
//!
//! The computed rows are written by the daemon's own statement into a temporary table of the same name, so
//! that no second list of columns can drift away from the first.

use rusqlite::{Connection, OptionalExtension, types::Value};

use super::super::read::Reader;
use super::super::set_hour::{SET_HOUR, write_set_hour};
use super::super::{Error, doing};
use super::compare::shown;
use crate::area::{Figures, Member, Registry};
use crate::pipeline::HourState;
use crate::standard::Parameters;
use crate::time::{Hour, HourLabel};

/// Columns that tell a row's history or the program that wrote it, not its figures.
const HISTORY: [&str; 5] = ["hour", "station_set", "version", "state", "rules_version"];

const DROP_COMPUTED: &str = "DROP TABLE IF EXISTS temp.area_hour";

impl Reader {
    /// Compares every figure of the sets' stored hours with what the cells come to; returns how many hours.
    pub(super) fn compare_figures(
        &self,
        (id, registry): (i64, &Registry),
        parameters: &Parameters,
        found: &mut impl FnMut(String, &str, &str),
    ) -> Result<u64, Error> {
        let count = self.compute_area_hours(registry, parameters)?;
        compare(&self.db, registry, id, found).map_err(doing("compare area hours"))?;
        // Left there, it would stand for the stored one in every later query.
        self.db.execute_batch(DROP_COMPUTED).map_err(doing("end the comparison"))?;
        Ok(count)
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
                write_set_hour(&mut statement, (id, ""), (0, HourState::Published), figures)
                    .map_err(doing("write down what was computed"))?;
                count += 1;
            }
            Ok::<(), Error>(())
        })?;
        Ok(count)
    }
}

/// Row ids of the sets by their place in the registry, and the span of their stored hours.
type Prepared = Option<(Vec<Option<i64>>, (Hour, Hour))>;

fn prepare(db: &Connection, registry: &Registry) -> rusqlite::Result<Prepared> {
    let made: String =
        db.query_row("SELECT sql FROM main.sqlite_schema WHERE name = 'area_hour'", [], |row| {
            row.get(0)
        })?;
    db.execute_batch(DROP_COMPUTED)?;
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
