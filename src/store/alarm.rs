//! Rows of `alarm`: alarms that began and ended; and of `behind`: stations whose hours come late.

use rusqlite::{Connection, Transaction, params};

use super::read::places;
use super::registry::KnownArea;
use crate::pipeline::{Alarm, Late, Subject};
use crate::time::{Hour, Instant};

pub(super) fn write(
    tx: &Transaction<'_>,
    known: &KnownArea,
    alarms: &[Alarm],
) -> rusqlite::Result<()> {
    let mut upsert = tx.prepare_cached(
        "INSERT INTO alarm (area, subject, station, raised_ms, since_ms, cleared_ms, lag_min)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET cleared_ms = ?6",
    )?;
    for alarm in alarms {
        let subject = alarm.subject.name();
        let station = alarm.subject.entity(&known.registry);
        let cleared = alarm.cleared.map(|at| at.millis());
        let (raised, since) = (alarm.raised.millis(), alarm.since.millis());
        let row = params![known.id, subject, station, raised, since, cleared, alarm.lag_min];
        upsert.execute(row)?;
    }
    Ok(())
}

/// The alarms that last. Those of stations that are no longer listed end unseen.
pub(super) fn open(db: &Connection, known: &KnownArea) -> rusqlite::Result<Vec<Alarm>> {
    let mut query = db.prepare(
        "SELECT subject, station, raised_ms, since_ms, lag_min FROM alarm
         WHERE area = ?1 AND cleared_ms IS NULL",
    )?;
    let mut rows = query.query([known.id])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (name, station): (String, String) = (row.get(0)?, row.get(1)?);
        let subject = match name.as_str() {
            "daemon" => Some(Subject::Daemon),
            "feed" => Some(Subject::Feed),
            "area" => Some(Subject::Area),
            "clock" => known.registry.find(&station).map(Subject::Clock),
            "clock_behind" => known.registry.find(&station).map(Subject::Behind),
            "differs" => known.registry.member(&station).map(Subject::Differs),
            _ => known.registry.find(&station).map(Subject::Station),
        };
        let Some(subject) = subject else { continue };
        let raised = Instant::from_millis(row.get(2)?);
        let since = Instant::from_millis(row.get(3)?);
        let lag_min = row.get(4)?;
        found.push(Alarm { subject, since, raised, cleared: None, lag_min });
    }
    Ok(found)
}

pub(super) fn write_late(
    tx: &Transaction<'_>,
    known: &KnownArea,
    late: &[(usize, Option<Late>)],
) -> rusqlite::Result<()> {
    let mut hold =
        tx.prepare_cached("INSERT OR REPLACE INTO behind VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    let mut forget = tx.prepare_cached("DELETE FROM behind WHERE station = ?1")?;
    for (station, late) in late {
        let id = known.stations[*station];
        match late {
            None => forget.execute([id])?,
            Some(late) => hold.execute(params![
                id,
                late.hour.number(),
                late.hours,
                late.first.millis(),
                late.last.millis(),
                late.least_ms,
                late.most_ms,
            ])?,
        };
    }
    Ok(())
}

pub(super) fn late(db: &Connection, known: &KnownArea) -> rusqlite::Result<Vec<(usize, Late)>> {
    let places = places(&known.stations);
    let mut query = db.prepare(
        "SELECT station, hour, hours, first_ms, last_ms, least_ms, most_ms FROM behind
         ORDER BY station",
    )?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(station) = places.get(&row.get::<_, i64>(0)?) else { continue };
        let late = Late {
            hour: Hour::from_number(row.get(1)?),
            hours: row.get(2)?,
            first: Instant::from_millis(row.get(3)?),
            last: Instant::from_millis(row.get(4)?),
            least_ms: row.get(5)?,
            most_ms: row.get(6)?,
        };
        found.push((*station, late));
    }
    Ok(found)
}
