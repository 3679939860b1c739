//! Which inputs of the chain gave an hour its value, and when they came.
//!
//! In: the cells that an explanation shows. Out: for each of them the inputs that changed it, in order.
//!
//! How: the rows of the chain around the hours' own time, those that later revised or corrected them, and
//! the imports of their days are handled again, into station days of their own, by the same kernel that took
//! them in. Where that does not end in the stored value, nothing is claimed.
//!
//! Cost: a row is found by an index and unpacked; at most [`ROWS_MAX`] rows are read for one answer.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use rusqlite::{Connection, params};

use super::arrival::{InputLog, decompress};
use super::entries::Entry;
use super::{Error, doing, rules};
use crate::average::{Incoming, StationDay};
use crate::explanation::{File, Origin, Search, cell_value};
use crate::observation::{FeedFormat, Pollutant, Property, Reading, decode};
use crate::pipeline::Message;
use crate::time::{Day, Hour, Instant};

/// The most rows of the chain that are read for one answer.
pub(super) const ROWS_MAX: usize = 20_000;
/// How long after its end an hour's messages are looked for by their time. What came later was published
/// before, so that its change is a revision that names its row.
const LATE_H: i32 = 48;
/// The clock of a station may be this fast.
const EARLY_H: i32 = 1;

/// A cell: station's code, pollutant, hour.
pub(super) type Key = (String, Pollutant, Hour);

/// What is looked for, and what was found.
pub(super) struct Trace<'a> {
    db: &'a Connection,
    area: (i64, &'a str),
    /// The cells asked for, by station and day.
    wanted: BTreeMap<&'a str, BTreeMap<Day, Vec<&'a Key>>>,
    /// Acts that were refused: batch, station, quantity, hour.
    refused: &'a BTreeSet<(i64, String, String, Hour)>,
    formats: Vec<FeedFormat>,
    tolerance_min: u32,
    days: BTreeMap<(String, Day), StationDay>,
    found: BTreeMap<Key, Vec<Origin>>,
}

impl<'a> Trace<'a> {
    /// Begins with nothing known.
    pub(super) fn new(
        db: &'a Connection,
        area: (i64, &'a str),
        wanted: &'a BTreeSet<Key>,
        refused: &'a BTreeSet<(i64, String, String, Hour)>,
    ) -> Result<Self, Error> {
        let params = rules::adopted(db, area.0)?.map(|rules| rules.params);
        let (formats, tolerance_min) =
            params.map_or_else(Default::default, |p| (p.formats, p.future_tolerance_min));
        let (days, found) = (BTreeMap::new(), BTreeMap::new());
        let mut by_day: BTreeMap<&str, BTreeMap<Day, Vec<&Key>>> = BTreeMap::new();
        for key in wanted {
            let of_station = by_day.entry(key.0.as_str()).or_default();
            of_station.entry(key.2.day()).or_default().push(key);
        }
        Ok(Self { db, area, wanted: by_day, refused, formats, tolerance_min, days, found })
    }

    /// Handles the rows again; `more` are batches that are known to have changed something.
    pub(super) fn run(&mut self, more: &BTreeSet<i64>) -> Result<Search, Error> {
        let keys = || self.wanted.values().flat_map(BTreeMap::values).flatten();
        let hours = || keys().map(|(_, _, hour)| *hour);
        let (Some(first), Some(last)) = (hours().min(), hours().max()) else {
            return Ok(Search { rows: 0, rows_max: ROWS_MAX, cut: false });
        };
        let mut sequences = self.around(first, last).map_err(doing("find the inputs"))?;
        let cut = sequences.len() > ROWS_MAX;
        sequences.truncate(ROWS_MAX);
        let mut all: BTreeSet<i64> = sequences.into_iter().collect();
        all.extend(more);
        all.extend(self.imports(first.day(), last.day()).map_err(doing("find the imports"))?);
        for sequence in &all {
            self.row(*sequence)?;
        }
        Ok(Search { rows: all.len(), rows_max: ROWS_MAX, cut })
    }

    /// What changed a cell; `None` where that does not end in what is stored.
    pub(super) fn origins(&self, key: &Key, stored: Reading) -> Option<Vec<Origin>> {
        let (station, pollutant, hour) = key;
        let day = self.days.get(&(station.clone(), hour.day()));
        let property = Property::Pollutant(*pollutant);
        let ends = day.map(|d| d.reading(property, hour.of_day())).unwrap_or_default();
        (ends == stored).then(|| self.found.get(key).cloned().unwrap_or_default())
    }

    fn around(&self, first: Hour, last: Hour) -> rusqlite::Result<Vec<i64>> {
        let from = first.plus(-EARLY_H).start().millis();
        let to = last.plus(1 + LATE_H).start().millis();
        let most = i64::try_from(ROWS_MAX + 1).unwrap_or(i64::MAX);
        self.db
            .prepare_cached(
                "SELECT sequence FROM arrival WHERE area = ?1 AND at_ms BETWEEN ?2 AND ?3
                 ORDER BY at_ms, sequence LIMIT ?4",
            )?
            .query_map(params![self.area.0, from, to, most], |row| row.get(0))?
            .collect()
    }

    fn imports(&self, first: Day, last: Day) -> rusqlite::Result<Vec<i64>> {
        self.db
            .prepare_cached(
                "SELECT sequence FROM imported
                 WHERE area = ?1 AND first_day <= ?3 AND last_day >= ?2",
            )?
            .query_map(params![self.area.0, first.number(), last.number()], |row| row.get(0))?
            .collect()
    }

    fn row(&mut self, sequence: i64) -> Result<(), Error> {
        let (at_ms, packed): (i64, Vec<u8>) = self
            .db
            .prepare_cached("SELECT at_ms, inputs FROM arrival WHERE area = ?1 AND sequence = ?2")
            .and_then(|mut query| {
                query
                    .query_row(params![self.area.0, sequence], |row| Ok((row.get(0)?, row.get(1)?)))
            })
            .map_err(doing("read the inputs"))?;
        let damaged = |fault: String| {
            let place = format!("arrival {} {sequence}", self.area.1);
            Error::Damaged { place, fault }
        };
        let inputs = decompress(&packed).map_err(|e| damaged(e.to_string()))?;
        let entries = InputLog::entries(&inputs);
        let entries = entries.ok_or_else(|| damaged("is not a list of inputs".to_owned()))?;
        let mut at = Instant::from_millis(at_ms);
        let mut files = Vec::new();
        for entry in entries {
            match entry {
                Entry::Now(now) => at = now,
                Entry::Tolerance(minutes) => self.tolerance_min = minutes,
                Entry::Message(message) | Entry::Retry(_, message) => {
                    self.message((sequence, at), &message.input());
                }
                Entry::File { name, sha256, .. } => files.push(File {
                    name: name.to_owned(),
                    sha256: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
                }),
                Entry::Day { station, day, bytes } => {
                    let mut cells = StationDay::default();
                    if self.wants(station, day) && cells.decode_into(bytes).is_ok() {
                        let origin = Origin { files: files.clone(), ..plain("import") };
                        self.change((sequence, at), (station, day), &origin, |held| *held = cells);
                    }
                }
                Entry::Correction(asked) => {
                    let (station, hour) = (asked.station.to_owned(), asked.hour);
                    let act = (sequence, station, asked.property.code().to_owned(), hour);
                    if self.wants(asked.station, hour.day()) && !self.refused.contains(&act) {
                        let place = (asked.station, hour.day());
                        self.change((sequence, asked.at), place, &plain("operator"), |held| {
                            held.correct(asked.property, hour.of_day(), asked.act);
                        });
                    }
                }
                Entry::Feed(_)
                | Entry::Rules(_)
                | Entry::Recompute(_)
                | Entry::Reviewed(_)
                | Entry::Published { .. }
                | Entry::WarningAct(..)
                | Entry::DutyAct(..)
                | Entry::NoticeAct(..)
                | Entry::TryEnded(_)
                | Entry::Started
                | Entry::Power { .. }
                | Entry::Act => {}
            }
        }
        Ok(())
    }

    /// Whether any hour of a station's day is asked for.
    fn wants(&self, station: &str, day: Day) -> bool {
        self.wanted.get(station).is_some_and(|days| days.contains_key(&day))
    }

    /// A message, as far as it can concern what is asked for and was not refused for its time.
    fn message(&mut self, (sequence, at): (i64, Instant), message: &Message<'_>) {
        let code = message.topic.strip_prefix("aq/").and_then(|t| t.strip_suffix("/obs"));
        let Some((area, code)) = code.and_then(|rest| rest.split_once('/')) else { return };
        let known = area == self.area.1 && self.wanted.contains_key(code);
        let last = self.formats.len().saturating_sub(1);
        let Some(format) = self.formats.get(message.feed.min(last)).filter(|_| known) else {
            return;
        };
        if message.length > message.payload.len() {
            return; // cut, and so refused
        }
        let Ok(observation) = decode(message.payload, format) else { return };
        let end = observation.start.plus_minutes(observation.period.minutes().into());
        let in_future = end > at.plus_minutes(self.tolerance_min.into());
        let day = observation.start.hour().day();
        if in_future || observation.station != code || !self.wants(code, day) {
            return;
        }
        let revision = Some(observation.revision);
        let origin = Origin { revision, ..plain("message") };
        let incoming: Vec<Incoming> = crate::observation::PROPERTIES
            .into_iter()
            .filter_map(|property| Incoming::of(&observation, property))
            .collect();
        self.change((sequence, at), (code, day), &origin, |held| {
            for one in &incoming {
                held.take(one);
            }
        });
    }

    /// Changes a station's day, and takes down which of the cells asked for are others after it.
    fn change(
        &mut self,
        (sequence, at): (i64, Instant),
        (station, day): (&str, Day),
        origin: &Origin,
        change: impl FnOnce(&mut StationDay),
    ) {
        let held = self.days.entry((station.to_owned(), day)).or_default();
        let cells = self.wanted.get(station).and_then(|days| days.get(&day)).into_iter().flatten();
        let before: Vec<(&Key, Reading)> = cells.map(|key| (*key, reading(held, key))).collect();
        change(held);
        for (key, before) in before {
            let after = reading(held, key);
            if after == before {
                continue;
            }
            let origin = Origin {
                at: at.to_string(),
                sequence: sequence.unsigned_abs(),
                value: cell_value(after, key.1),
                validity: after.validity.name(),
                ..origin.clone()
            };
            let all = self.found.entry(key.clone()).or_default();
            let parts = held.minutes_covered(Property::Pollutant(key.1), key.2.of_day());
            match all.last_mut() {
                // The parts of an hour come one by one: the last one says when it was whole.
                Some(last) if parts.is_some() && last.by == origin.by => {
                    *last = Origin { inputs: last.inputs + 1, ..origin };
                }
                _ => all.push(origin),
            }
        }
    }
}

fn reading(day: &StationDay, (_, pollutant, hour): &Key) -> Reading {
    day.reading(Property::Pollutant(*pollutant), hour.of_day())
}

const fn plain(by: &'static str) -> Origin {
    Origin {
        at: String::new(),
        sequence: 0,
        by,
        value: None,
        validity: "",
        revision: None,
        inputs: 1,
        files: Vec::new(),
    }
}

/// Notes that a batch is an import of these days.
pub(super) fn write_imported(
    db: &Connection,
    (area, sequence): (i64, i64),
    (first, last): (Day, Day),
) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO imported VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        area,
        sequence,
        first.number(),
        last.number()
    ])?;
    Ok(())
}

/// The rows of `imported` for the batches of a chain that was written before there was such a table, as SQL.
pub(super) fn imported_before(db: &Connection) -> rusqlite::Result<String> {
    let mut query = db.prepare("SELECT area, sequence, inputs FROM arrival ORDER BY id")?;
    let mut rows = query.query([])?;
    let mut sql = String::new();
    while let Some(row) = rows.next()? {
        let (area, sequence): (i64, i64) = (row.get(0)?, row.get(1)?);
        // What cannot be unpacked is for the audit to tell.
        let inputs = decompress(row.get_ref(2)?.as_blob()?).unwrap_or_default();
        let days = InputLog::entries(&inputs).unwrap_or_default().into_iter();
        let days: Vec<i32> = days
            .filter_map(|entry| match entry {
                Entry::Day { day, .. } => Some(day.number()),
                _ => None,
            })
            .collect();
        if let (Some(first), Some(last)) = (days.iter().min(), days.iter().max()) {
            let row = format_args!("({area}, {sequence}, {first}, {last})");
            let _ = write!(sql, "INSERT INTO imported VALUES {row};"); // a text takes everything
        }
    }
    Ok(sql)
}
