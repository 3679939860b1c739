//! Recorded hours into a store: rows into station days, station days into chunks.
//!
//! In: files of recorded hours. Out: the store's [`ImportChunk`]s, and a [`Tally`] of what the rows did.
//!
//! Invariants: a row takes effect exactly as a message of revision 0 would, upon what the store holds, so
//! neither the order of unequal rows nor a second import changes anything; memory is bounded by
//! `STATION_DAYS_HELD`, whatever the order of the rows, and a chunk is written when it is reached.
//!
//! Reviewed rows go into the reviewed layer of the days; of two for one station and hour the later one holds.
//! When all are read, the declared span stands in every day of every station of the list, with or without
//! rows: who reviews some stations only gives a list of these.
//!
//! # Why
//! Files are sorted by time or by station, and either way a station day is touched once: a station day is
//! read and written once. A shuffled file larger than memory costs more writes, and gives the same rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::Fault;
use super::files::{Reader, Row};
use crate::area::Registry;
use crate::average::{Effect, Incoming, Reviewed, StationDay};
use crate::observation::{PROPERTIES, Property, Reading, StationKind, Validity};
use crate::pipeline::StoredDay;
use crate::store::{self, ImportChunk, ImportedArea, ImportedFile, Sqlite};
use crate::time::{DAY_H, Day, Hour, Instant};

/// About 180 MB of station days; two years of 270 stations. A chunk takes the hours of its days' sets anew,
/// so a file that goes station by station through many years costs as many passes as it fills chunks.
const STATION_DAYS_HELD: usize = 200_000;

/// What the rows of an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that were read.
    pub rows: u64,
    /// Rows that brought at least one value.
    pub new: u64,
    /// Rows whose values were all there already.
    pub repeated: u64,
    /// Rows of which a value met another one for the same station and hour, and replaced it.
    pub conflicting: u64,
    /// Rows in which nothing but corrected values would have been replaced.
    pub superseded: u64,
    /// Rows without any value.
    pub empty: u64,
    /// Rows of stations that are in the list, but in another area than the one asked for.
    pub elsewhere: u64,
    /// Values kept as invalid.
    pub invalid_values: u64,
    /// Reviewed values of meteorology, left out: only pollutants are reviewed.
    pub meteorology: u64,
}

/// What to do with a row whose station is not in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strangers {
    /// It is a fault.
    Refuse,
    /// It is left out: the national archive holds all of China.
    Skip,
}

/// A file about to be imported.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name in the store's chain.
    pub name: String,
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

impl Source {
    /// Reads a file's bytes for their digest.
    ///
    /// # Errors
    /// When it is no regular file (it is read twice) or cannot be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 128 * 1024];
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                bytes => hash.update(&buffer[..bytes]),
            }
        }
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Self { name, sha256: hash.finalize().into() })
    }
}

/// A station day in memory.
#[derive(Debug)]
struct Held {
    cells: StationDay,
    changed: bool,
    /// The reviewed layer as it was found.
    former: Option<Reviewed>,
}

/// Where a station of the list belongs.
#[derive(Clone, Copy, Debug)]
struct Place {
    area: usize,
    station: usize,
    /// Its column in the blocks of days.
    column: usize,
}

/// A row further in the future than this is a slip of the pen, and every export would reach as far. Not
/// less, since simulated air may be of the season to come.
pub const FUTURE_DAYS: i64 = 400;

/// An import under way.
#[derive(Debug)]
pub struct Import<'a> {
    store: &'a mut Sqlite,
    registries: &'a [Registry],
    at: Instant,
    places: HashMap<String, Place>,
    /// Codes of reference cities by the names that publications use.
    names: HashMap<String, String>,
    columns: Vec<Place>,
    strangers: Strangers,
    /// Stations of the list in areas that were not asked for.
    elsewhere: BTreeSet<String>,
    /// Days of which the store has rows: only these are looked up.
    stored: BTreeSet<Day>,
    blocks: BTreeMap<Day, Vec<Option<Box<Held>>>>,
    held: usize,
    most_held: usize,
    /// Rows taken since the last chunk, by file and area.
    taken: BTreeMap<(usize, usize), u64>,
    sources: Vec<Source>,
    tally: Tally,
    /// Rows left out because their station is not in the list.
    skipped: u64,
    /// The hours declared reviewed, both included; `None` for real-time data.
    reviewed: Option<(Hour, Hour)>,
    /// Station days in which that was done, which may have left memory since: by day and column.
    declared: BTreeMap<Day, Vec<bool>>,
}

impl<'a> Import<'a> {
    /// An import into a store in which the rules of `registries` are adopted.
    ///
    /// # Errors
    /// [`store::Error`] when it cannot be read.
    pub fn new(
        store: &'a mut Sqlite,
        registries: &'a [Registry],
        at: Instant,
        strangers: Strangers,
    ) -> Result<Self, store::Error> {
        let stored = store.days_with_rows()?.into_iter().collect();
        let (mut places, mut names, mut columns) = (HashMap::new(), HashMap::new(), Vec::new());
        for (area, registry) in registries.iter().enumerate() {
            for (station, record) in registry.stations.iter().enumerate() {
                let place = Place { area, station, column: columns.len() };
                columns.push(place);
                places.insert(record.id.to_string(), place);
                if record.kind == StationKind::Reference {
                    names.insert(record.name.clone(), record.id.to_string());
                }
            }
        }
        Ok(Self {
            store,
            registries,
            at,
            places,
            names,
            columns,
            strangers,
            elsewhere: BTreeSet::new(),
            stored,
            blocks: BTreeMap::new(),
            held: 0,
            most_held: STATION_DAYS_HELD,
            taken: BTreeMap::new(),
            sources: Vec::new(),
            tally: Tally::default(),
            skipped: 0,
            reviewed: None,
            declared: BTreeMap::new(),
        })
    }

    fn place(&self, written: &str) -> Option<Place> {
        let by_name = || self.places.get(self.names.get(written)?);
        self.places.get(written).or_else(by_name).copied()
    }

    /// The latest hour that is taken.
    fn latest(&self) -> Instant {
        self.at.plus_minutes(FUTURE_DAYS * 24 * 60)
    }

    /// Names stations whose rows are left out without being faults.
    pub fn leave_out(&mut self, stations: BTreeSet<String>) {
        self.elsewhere = stations;
    }

    /// Makes it an import of reviewed data: the hours of a span, both ends included, are declared reviewed
    /// for every station of the list, and what an earlier review said of them is forgotten.
    pub fn review(&mut self, span: (Hour, Hour), listed: &BTreeSet<String>) {
        self.reviewed = Some(span);
        self.places.retain(|code, _| listed.contains(code));
    }

    /// Takes every row of a file. `faulty` hears what cannot be used, `progress` the bytes read.
    ///
    /// # Errors
    /// [`store::Error`]; the chunks before it are written.
    pub fn read(
        &mut self,
        source: Source,
        reader: &mut Reader,
        mut faulty: impl FnMut(Fault),
        mut progress: impl FnMut(u64),
    ) -> Result<(), store::Error> {
        self.sources.push(source);
        let (mut row, mut told) = (Row::default(), 0);
        while let Some(read) = reader.next(&mut row) {
            let bytes = reader.bytes_read();
            if bytes != told {
                progress(bytes - told);
                told = bytes;
            }
            match read {
                Err(fault) => faulty(fault),
                Ok(()) if row.hour.start() > self.latest() => {
                    let reason = format!("time_in_future: the hour is after {}", self.latest());
                    faulty(reader.fault(&row, reason));
                }
                Ok(()) if self.reviewed.is_some_and(|(a, b)| row.hour < a || b < row.hour) => {
                    let reason = "outside_span: the hour does not lie in --span".to_owned();
                    faulty(reader.fault(&row, reason));
                }
                Ok(()) => match self.place(&row.station) {
                    Some(place) => self.take(place, &row)?,
                    None => self.take_stranger(&row, reader, &mut faulty),
                },
            }
        }
        Ok(())
    }

    /// Writes what is still in memory, and tells what the rows did and how many were left out because
    /// their station is not in the list.
    ///
    /// # Errors
    /// [`store::Error`]; the chunks before it are written.
    pub fn finish(mut self) -> Result<(Tally, u64), store::Error> {
        if let Some((from, to)) = self.reviewed {
            let mut places: Vec<Place> = self.places.values().copied().collect();
            places.sort_unstable_by_key(|place| place.column);
            let mut day = from.day();
            while day <= to.day() {
                for place in &places {
                    if !self.is_declared(day, place.column) {
                        self.hold(*place, day)?;
                    }
                }
                if self.held >= self.most_held {
                    self.flush()?;
                }
                day = day.plus(1);
            }
        }
        self.flush()?;
        Ok((self.tally, self.skipped))
    }

    fn take_stranger(&mut self, row: &Row, reader: &Reader, faulty: &mut impl FnMut(Fault)) {
        if self.elsewhere.contains(&row.station) {
            self.tally.elsewhere += 1;
        } else if self.strangers == Strangers::Skip {
            self.skipped += 1;
        } else {
            let reason = format!("unknown station: {:?} is not in the list", row.station);
            faulty(reader.fault(row, reason));
        }
    }

    fn take(&mut self, place: Place, row: &Row) -> Result<(), store::Error> {
        let (day, of_day) = (row.hour.day(), row.hour.of_day());
        let reviewed = self.reviewed.is_some();
        let held = self.hold(place, day)?;
        let mut done = RowEffect::default();
        for (property, reading) in PROPERTIES.into_iter().zip(row.readings) {
            if reading.validity == Validity::Missing {
                continue;
            }
            if reviewed {
                done.review(held, property, of_day, reading);
            } else {
                done.take(&mut held.cells, property, of_day, reading);
            }
        }
        held.changed |= done.changed;
        done.count(&mut self.tally);
        *self.taken.entry((self.sources.len() - 1, place.area)).or_default() += 1;
        if self.held >= self.most_held {
            self.flush()?;
        }
        Ok(())
    }

    /// The station's day, read from the store when it is not in memory.
    fn hold(&mut self, place: Place, day: Day) -> Result<&mut Held, store::Error> {
        let columns = self.columns.len();
        let block = self
            .blocks
            .entry(day)
            .or_insert_with(|| std::iter::repeat_with(|| None).take(columns).collect());
        let slot = &mut block[place.column];
        if slot.is_none() {
            self.held += 1;
            if self.stored.contains(&day) {
                let area = &self.registries[place.area].area;
                let cells = self.store.station_day(area, place.station, day)?;
                *slot = cells.map(|cells| Box::new(Held::of(cells)));
            }
        }
        let held = slot.get_or_insert_with(|| Box::new(Held::of(StationDay::default())));
        if let Some(span) = self.reviewed {
            let declared = self.declared.entry(day).or_insert_with(|| vec![false; columns]);
            if !std::mem::replace(&mut declared[place.column], true) {
                held.cells.declare_reviewed(hours_within(day, span));
            }
        }
        Ok(held)
    }

    fn is_declared(&self, day: Day, column: usize) -> bool {
        self.declared.get(&day).is_some_and(|columns| columns[column])
    }

    /// Writes what changed as one chunk and forgets it all.
    fn flush(&mut self) -> Result<(), store::Error> {
        let mut days: Vec<Vec<StoredDay>> = vec![Vec::new(); self.registries.len()];
        for (day, block) in std::mem::take(&mut self.blocks) {
            for (place, held) in self.columns.iter().zip(block) {
                let Some(held) = held.filter(|held| held.is_changed()) else { continue };
                let bytes = held.cells.encode_day();
                days[place.area].push(StoredDay { day, station: place.station, bytes });
                self.stored.insert(day);
            }
        }
        self.held = 0;
        let taken = std::mem::take(&mut self.taken);
        let mut areas = Vec::new();
        for (area, days) in days.into_iter().enumerate() {
            if days.is_empty() {
                continue; // nothing new: the store stays as it is
            }
            let of_area = taken.iter().filter(|((_, of), _)| *of == area);
            let file = |(place, rows): (usize, u64)| {
                let Source { name, sha256 } = self.sources[place].clone();
                ImportedFile { name, sha256, rows }
            };
            let files = of_area.map(|((place, _), rows)| file((*place, *rows))).collect();
            let (area, reviewed) = (self.registries[area].area.clone(), self.reviewed);
            areas.push(ImportedArea { area, days, files, reviewed });
        }
        if areas.is_empty() {
            return Ok(());
        }
        self.store.import(&ImportChunk { at: self.at, areas })
    }
}

impl Held {
    fn of(cells: StationDay) -> Self {
        let former = cells.review().cloned();
        Self { cells, changed: false, former }
    }

    fn is_changed(&self) -> bool {
        self.changed || self.cells.review() != self.former.as_ref()
    }
}

/// The hours of a day that lie in a span.
fn hours_within(day: Day, (from, to): (Hour, Hour)) -> std::ops::Range<usize> {
    let first = if from.day() < day { 0 } else { from.of_day() };
    let end = if day < to.day() { DAY_H } else { to.of_day() + 1 };
    if day < from.day() || to.day() < day { 0..0 } else { first..end }
}

/// What one row did.
#[derive(Debug, Default)]
struct RowEffect {
    values: u64,
    invalid: u64,
    superseded: u64,
    meteorology: u64,
    changed: bool,
    conflict: bool,
}

impl RowEffect {
    fn take(&mut self, cells: &mut StationDay, property: Property, hour: usize, reading: Reading) {
        let effect = cells.take(&Incoming { property, hour, part: None, revision: 0, reading });
        self.values += 1;
        self.invalid += u64::from(!reading.validity.is_valid());
        self.superseded += u64::from(effect == Effect::Superseded);
        self.changed |= effect.changes();
        self.conflict |= effect == Effect::Conflict;
    }

    fn review(&mut self, held: &mut Held, property: Property, hour: usize, reading: Reading) {
        let Property::Pollutant(pollutant) = property else {
            self.meteorology += 1;
            return;
        };
        let given = |reading: Option<Reading>| {
            reading.filter(|r| !matches!(r.validity, Validity::NotReviewed))
        };
        let former = held.former.as_ref().and_then(|layer| layer.reading(pollutant, hour));
        let present = given(held.cells.reviewed(property, hour));
        held.cells.take_reviewed(pollutant, hour, reading);
        self.values += 1;
        self.invalid += u64::from(!reading.validity.is_valid());
        self.conflict |= present.is_some_and(|present| present != reading);
        self.changed |= present.or(given(former)) != Some(reading);
    }

    fn count(&self, tally: &mut Tally) {
        tally.rows += 1;
        tally.meteorology += self.meteorology;
        tally.invalid_values += self.invalid;
        *match (self.values, self.conflict, self.changed) {
            (0, _, _) => &mut tally.empty,
            (_, true, _) => &mut tally.conflicting,
            (_, _, true) => &mut tally.new,
            _ if self.superseded == self.values => &mut tally.superseded,
            _ => &mut tally.repeated,
        } += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::{AreaId, Span, Station, StationKind};
    use crate::observation::StationId;
    use crate::pipeline::Params;
    use crate::replay::files::Format;
    use crate::store::{Rules, verify_chain};
    use crate::time::HourLabel;

    fn registry() -> Registry {
        let station = |code| Station {
            id: StationId::new(code).expect("legal"),
            name: String::new(),
            position: None,
            district: String::new(),
            kind: StationKind::National,
            assessed: true,
            valid: Span::default(),
        };
        let stations = ["a", "b"].map(station).to_vec();
        Registry::new(AreaId::new("x").expect("legal"), "X".into(), stations).expect("legal")
    }

    /// Imports a file and gives the stored rows and the number of transactions.
    fn imported(content: &str, most_held: usize) -> (Vec<String>, u64) {
        let dir = tempfile::tempdir().expect("a directory");
        let (file, db) = (dir.path().join("f.csv"), dir.path().join("a.db"));
        std::fs::write(&file, content).expect("written");
        let mut store = Sqlite::open(&db).expect("made");
        let registries = [registry()];
        let rules = Rules::new(registries[0].clone(), Params::default(), Vec::new());
        store.adopt(&rules, crate::clock::now()).expect("written");
        let mut import =
            Import::new(&mut store, &registries, crate::clock::now(), Strangers::Refuse)
                .expect("read");
        import.most_held = most_held;
        let mut reader = Reader::open(&file, Format::Wide, HourLabel::Begin).expect("a file");
        let source = Source::open(&file).expect("read");
        import.read(source, &mut reader, |fault| panic!("{fault}"), |_| {}).expect("written");
        import.finish().expect("written");
        let chunks = verify_chain(&store, &registries[0].area).expect("whole");
        let db = rusqlite::Connection::open(&db).expect("a store");
        let mut all = Vec::new();
        for (table, columns) in [("station_day", 3), ("area_hour", 43)] {
            let mut query = db.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).expect("");
            let mut rows = query.query([]).expect("rows");
            while let Some(row) = rows.next().expect("a row") {
                let cell = |at| row.get::<_, rusqlite::types::Value>(at).expect("a cell");
                all.push(format!("{table} {:?}", (0..columns).map(cell).collect::<Vec<_>>()));
            }
        }
        (all, chunks)
    }

    #[test]
    fn how_often_memory_was_full_leaves_no_trace_in_the_rows() {
        let by = |key: fn(&(u32, u32, &str)) -> (u32, u32)| {
            let mut keys: Vec<(u32, u32, &str)> = [1, 2, 5, 6, 7]
                .into_iter()
                .flat_map(|day| (0..24).flat_map(move |h| ["a", "b"].map(|s| (day, h, s))))
                .filter(|(day, hour, _)| (day * 7 + hour * 5) % 11 > 1)
                .collect();
            keys.sort_by_key(key);
            let mut content = "time,station,pm2_5,o3\n".to_owned();
            for (day, hour, station) in keys {
                let pm = (day * 31 + hour * 17 + u32::from(station == "a")) % 90;
                content += &format!("2025-03-{day:02} {hour:02}:00,{station},{pm},{}\n", 3 * hour);
            }
            content
        };
        let expected = imported(&by(|(day, hour, _)| (*day, *hour)), 1000);
        assert_eq!(expected.1, 1);
        assert_eq!(expected.0.len(), 10 + 6 * 24, "days with hours and the day after them");
        for key in [
            |k: &(u32, u32, &str)| (k.0, k.1),
            |k: &(u32, u32, &str)| (u32::from(k.2 == "a"), k.0),
            |k: &(u32, u32, &str)| (k.0 * 7919 % 5, k.1 * 6011 % 23),
        ] {
            for most_held in [1, 2, 3, 7] {
                let (rows, chunks) = imported(&by(key), most_held);
                assert!(rows == expected.0, "{most_held} station days at a time");
                assert!(chunks > 1);
            }
        }
    }
}
