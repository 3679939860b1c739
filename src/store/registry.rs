//! Areas, stations and sets as rows, and their numbers in the store.

use rusqlite::{OptionalExtension, Transaction, params};

use super::sqlite::Sqlite;
use super::{Error, doing};
use crate::area::{AreaId, Registry, Span, Station, StationSet};
use crate::quality;
use crate::standard::Parameters;

/// An area's numbers in the store.
#[derive(Clone, Debug)]
pub(super) struct KnownArea {
    pub(super) area: AreaId,
    pub(super) registry: Registry,
    pub(super) id: i64,
    /// Station row ids, by the registry's index.
    pub(super) stations: Vec<i64>,
    /// Set row ids, by the registry's index.
    pub(super) sets: Vec<i64>,
    /// The lease under which this process writes.
    pub(super) epoch: i64,
    /// What its rows are written by: the [`super::Rules`] last adopted.
    pub(super) rules: super::RulesDigest,
    pub(super) parameters: Parameters,
    pub(super) quality: quality::Params,
    pub(super) program: String,
    /// The names of the feeds, by number.
    pub(super) feeds: Vec<String>,
}

/// Writes the registry's rows and takes the area's lease.
pub(super) fn register(store: &mut Sqlite, registry: &Registry) -> Result<(), Error> {
    let tx = store.db.transaction().map_err(doing("begin"))?;
    let known = write(&tx, registry).map_err(doing("write the registry"))?;
    tx.commit().map_err(doing("commit the registry"))?;
    store.areas.retain(|a| a.area != registry.area);
    store.areas.push(known);
    Ok(())
}

fn write(tx: &Transaction<'_>, registry: &Registry) -> rusqlite::Result<KnownArea> {
    let (id, epoch) = tx.query_row(
        "INSERT INTO area (code, name, chain, lease_epoch) VALUES (?1, ?2, zeroblob(32), 1)
         ON CONFLICT (code) DO UPDATE SET name = ?2, lease_epoch = lease_epoch + 1
         RETURNING id, lease_epoch",
        params![registry.area.as_str(), registry.name],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let mut stations = Vec::with_capacity(registry.stations.len());
    for station in &registry.stations {
        stations.push(write_station(tx, id, station)?);
    }
    tx.execute(
        "DELETE FROM membership WHERE station_set IN (SELECT id FROM station_set WHERE area = ?1)",
        [id],
    )?;
    let mut sets = Vec::with_capacity(registry.sets.len());
    for set in &registry.sets {
        sets.push(write_set(tx, id, set, &stations)?);
    }
    let (area, registry) = (registry.area.clone(), registry.clone());
    let (rules, parameters, quality) = ([0; 32], Parameters::default(), Default::default());
    let program = env!("CARGO_PKG_VERSION").to_owned();
    Ok(KnownArea {
        area,
        registry,
        id,
        stations,
        sets,
        epoch,
        rules,
        parameters,
        quality,
        program,
        feeds: Vec::new(),
    })
}

fn days(span: Span) -> (Option<i32>, Option<i32>) {
    (span.from.map(|d| d.number()), span.until.map(|d| d.number()))
}

fn write_station(tx: &Transaction<'_>, area: i64, s: &Station) -> rusqlite::Result<i64> {
    let (from, until) = days(s.valid);
    let (latitude, longitude) = s.position.unzip();
    tx.prepare_cached(
        "INSERT INTO station (area, code, name, latitude_e6, longitude_e6, district, kind, assessed,
                              valid_from, valid_until)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (area, code) DO UPDATE SET name = ?3, latitude_e6 = ?4, longitude_e6 = ?5,
             district = ?6, kind = ?7, assessed = ?8, valid_from = ?9, valid_until = ?10
         RETURNING id",
    )?
    .query_row(
        params![
            area, s.id.as_str(), s.name, latitude, longitude, s.district, s.kind.name(),
            s.assessed, from, until
        ],
        |row| row.get(0),
    )
}

fn write_set(
    tx: &Transaction<'_>,
    area: i64,
    set: &StationSet,
    stations: &[i64],
) -> rusqlite::Result<i64> {
    let id = tx.query_row(
        "INSERT INTO station_set (area, code, name) VALUES (?1, ?2, ?3)
         ON CONFLICT (area, code) DO UPDATE SET name = ?3 RETURNING id",
        params![area, set.id, set.name],
        |row| row.get(0),
    )?;
    let mut insert = tx.prepare_cached("INSERT INTO membership VALUES (?1, ?2, ?3, ?4)")?;
    for member in &set.members {
        let (from, until) = days(member.valid);
        insert.execute(params![id, stations[member.station], from, until])?;
    }
    Ok(id)
}

impl Sqlite {
    /// The numbers of a registered area.
    pub(super) fn known(&self, area: &AreaId) -> Result<&KnownArea, Error> {
        let found = self.areas.iter().find(|a| a.area == *area);
        found.ok_or_else(|| Error::Unknown(format!("area {area}")))
    }
}

/// The row id of an area, if the store has it.
pub(super) fn area_id(db: &rusqlite::Connection, area: &str) -> Result<Option<i64>, Error> {
    db.query_row("SELECT id FROM area WHERE code = ?1", [area], |row| row.get(0))
        .optional()
        .map_err(doing("find the area"))
}
