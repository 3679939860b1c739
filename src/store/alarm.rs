//! Rows of `alarm`: alarms that began and ended.

use rusqlite::{Connection, Transaction, params};

use super::registry::KnownArea;
use crate::pipeline::{Alarm, Subject};
use crate::time::Instant;

pub(super) fn write(
    tx: &Transaction<'_>,
    known: &KnownArea,
    alarms: &[Alarm],
) -> rusqlite::Result<()> {
    let mut upsert = tx.prepare_cached(
        "INSERT INTO alarm (area, subject, station, raised_ms, since_ms, cleared_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET cleared_ms = ?6",
    )?;
    for alarm in alarms {
        let subject = alarm.subject.name();
        let station = alarm.subject.entity(&known.registry);
        let cleared = alarm.cleared.map(|at| at.millis());
        let (raised, since) = (alarm.raised.millis(), alarm.since.millis());
        upsert.execute(params![known.id, subject, station, raised, since, cleared])?;
    }
    Ok(())
}

/// The alarms that last. Those of stations that are no longer listed end unseen.
pub(super) fn open(db: &Connection, known: &KnownArea) -> rusqlite::Result<Vec<Alarm>> {
    let mut query = db.prepare(
        "SELECT subject, station, raised_ms, since_ms FROM alarm
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
            "differs" => known.registry.member(&station).map(Subject::Differs),
            _ => known.registry.find(&station).map(Subject::Station),
        };
        let Some(subject) = subject else { continue };
        let raised = Instant::from_millis(row.get(2)?);
        let since = Instant::from_millis(row.get(3)?);
        found.push(Alarm { subject, since, raised, cleared: None });
    }
    Ok(found)
}
