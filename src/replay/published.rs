//! Files of published values into a store.
//!
//! In: a file of what the national platform published. Out: the store's [`PublishedChunk`]s, and what its
//! lines did.
//!
//! Two layouts: `wide`, `time,entity,aqi,pm2_5_24h,…` with a line for each entity and hour (`station` and
//! `area` are understood for `entity`), and `cnemc`, the quotsoft.net archive, whose lines `AQI`, `PM2.5_24h`
//! and so on hold one quantity of an hour for all. Memory does not grow with the file.

use std::path::Path;

use super::Fault;
use super::files::cnemc::{KEY_COLUMNS, hour_of};
use super::files::lines::{Lines, column, text};
use super::files::wide::hour;
use super::files::{Error, Format};
use super::import::{FUTURE_DAYS, Source};
use crate::area::{Member, Registry};
use crate::observation::Pollutant;
use crate::pipeline::PublishedRow;
use crate::reconciliation::Quantity;
use crate::store::{self, ImportedFile, PublishedChunk, Sqlite};
use crate::time::{Hour, HourLabel, Instant};

/// Rows of one transaction.
const CHUNK_ROWS: usize = 20_000;

/// What the lines of a file did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublishedTally {
    /// Lines that brought a value.
    pub lines: u64,
    /// Values.
    pub values: u64,
    /// Names of the header (cnemc), or lines (wide), that are no entity of the area.
    pub strangers: u64,
}

/// Who is meant by a name in a file.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// The area, its sets and stations.
    pub registry: &'a Registry,
    /// What the file calls the area, beside its code and its name.
    pub city: Option<&'a str>,
}

impl Names<'_> {
    fn find(&self, name: &str) -> Option<Member> {
        // What is said to be the city goes before a station of that code.
        if self.city == Some(name) {
            return Some(Member::Set(0));
        }
        let area = (self.registry.name == name).then_some(Member::Set(0));
        self.registry.member(name).or(area)
    }
}

#[derive(Debug)]
enum Column {
    Time,
    Entity,
    Value(Quantity),
}

#[derive(Debug)]
enum Layout {
    Wide(Vec<Column>),
    /// Whose the columns after the key are.
    Cnemc(Vec<Option<Member>>),
}

/// A file of published values.
#[derive(Debug)]
pub struct PublishedFile {
    lines: Lines,
    layout: Layout,
    label: HourLabel,
    told: u64,
}

impl PublishedFile {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// [`Error`] when it cannot be opened or its header does not fit the format.
    pub fn open(
        path: &Path,
        format: Format,
        label: HourLabel,
        names: &Names<'_>,
    ) -> Result<Self, Error> {
        let mut lines =
            Lines::open(path).map_err(|source| Error::Io { path: path.to_path_buf(), source })?;
        let header = lines.header().map_err(Error::Header)?;
        let layout = match format {
            Format::Wide => wide(&header),
            Format::Cnemc => cnemc(&header, names),
            Format::Long => Err("published values come as wide or cnemc".to_owned()),
        };
        let layout = layout.map_err(|reason| Error::Header(lines.fault_at(1, reason)))?;
        Ok(Self { lines, layout, label, told: 0 })
    }

    /// Takes every line into the store. `faulty` hears what cannot be used, `progress` the bytes read.
    ///
    /// # Errors
    /// [`store::Error`]; the chunks before it are written.
    pub fn import(
        mut self,
        (store, names): (&mut Sqlite, &Names<'_>),
        (source, at): (&Source, Instant),
        mut faulty: impl FnMut(Fault),
        mut progress: impl FnMut(u64),
    ) -> Result<PublishedTally, store::Error> {
        let mut tally = PublishedTally::default();
        if let Layout::Cnemc(columns) = &self.layout {
            tally.strangers = columns.iter().filter(|member| member.is_none()).count() as u64;
        }
        let mut chunk = PublishedChunk {
            at,
            area: names.registry.area.clone(),
            file: ImportedFile { name: source.name.clone(), sha256: source.sha256, rows: 0 },
            rows: Vec::new(),
        };
        while let Some(read) = self.lines.read() {
            let bytes = self.lines.bytes_read();
            progress(bytes - std::mem::replace(&mut self.told, bytes));
            let before = chunk.rows.len();
            let taken = read.and_then(|()| {
                self.take(names, at, &mut chunk.rows).map_err(|reason| self.lines.fault(reason))
            });
            match taken {
                Err(fault) => {
                    chunk.rows.truncate(before);
                    tally.strangers += u64::from(fault.reason.starts_with(UNKNOWN));
                    faulty(fault);
                }
                Ok(()) if chunk.rows.len() > before => chunk.file.rows += 1,
                Ok(()) => {}
            }
            if chunk.rows.len() >= CHUNK_ROWS {
                write(store, &mut chunk, &mut tally)?;
            }
        }
        write(store, &mut chunk, &mut tally)?;
        Ok(tally)
    }

    /// What one line says.
    fn take(
        &self,
        names: &Names<'_>,
        at: Instant,
        rows: &mut Vec<PublishedRow>,
    ) -> Result<(), String> {
        let before = rows.len();
        match &self.layout {
            Layout::Wide(columns) => self.take_wide(columns, names, at, rows)?,
            Layout::Cnemc(members) => self.take_cnemc(members, at, rows)?,
        }
        let latest = at.plus_minutes(FUTURE_DAYS * 24 * 60);
        match rows[before..].iter().any(|row| row.hour.start() > latest) {
            true => Err(format!("time_in_future: the hour is after {latest}")),
            false => Ok(()),
        }
    }

    fn take_wide(
        &self,
        columns: &[Column],
        names: &Names<'_>,
        at: Instant,
        rows: &mut Vec<PublishedRow>,
    ) -> Result<(), String> {
        let (mut of_hour, mut member) = (Hour::default(), None);
        let mut values = Vec::new();
        for (field, column) in self.lines.record.iter().zip(columns) {
            match column {
                Column::Time => of_hour = hour(field, self.label)?,
                Column::Entity => {
                    let name = text(field)?;
                    let unknown = || format!("{UNKNOWN}: {name:?} is no entity of the area");
                    member = Some(names.find(name).ok_or_else(unknown)?);
                }
                Column::Value(quantity) => {
                    let written = text(field)?;
                    if !written.is_empty() {
                        let read = quantity.read(written);
                        let read = read.map_err(|e| format!("`{}`: {e}", quantity.name()))?;
                        values.push((*quantity, read));
                    }
                }
            }
        }
        if let Some(member) = member.filter(|_| !values.is_empty()) {
            rows.push(PublishedRow { member, hour: of_hour, values, at });
        }
        Ok(())
    }

    fn take_cnemc(
        &self,
        members: &[Option<Member>],
        at: Instant,
        rows: &mut Vec<PublishedRow>,
    ) -> Result<(), String> {
        let record = &self.lines.record;
        let field = |at: usize| record.get(at).unwrap_or_default();
        let Some(quantity) = of_type(field(2).trim_ascii()) else { return Ok(()) };
        let hour = hour_of(field(0), field(1), self.label)?;
        for (member, written) in members.iter().zip(record.iter().skip(KEY_COLUMNS.len())) {
            let written = text(written)?;
            let Some(member) = member.filter(|_| !written.is_empty()) else { continue };
            let read = quantity.read(written).map_err(|e| format!("`{}`: {e}", quantity.name()))?;
            rows.push(PublishedRow { member, hour, values: vec![(quantity, read)], at });
        }
        Ok(())
    }
}

/// The kind of fault of a line about somebody else.
const UNKNOWN: &str = "unknown entity";

fn wide(header: &[String]) -> Result<Layout, String> {
    column(header, "time")?;
    let mut columns = Vec::with_capacity(header.len());
    for name in header {
        column(header, name)?;
        columns.push(match (name.as_str(), Quantity::parse(name)) {
            ("time", _) => Column::Time,
            ("entity" | "station" | "area", _) => Column::Entity,
            (_, Some(quantity)) => Column::Value(quantity),
            (_, None) => return Err(format!("column `{name}` is no quantity that is published")),
        });
    }
    let entities = columns.iter().filter(|c| matches!(c, Column::Entity)).count();
    if entities != 1 {
        return Err("one column `entity`, `station` or `area` is expected".to_owned());
    }
    Ok(Layout::Wide(columns))
}

fn cnemc(header: &[String], names: &Names<'_>) -> Result<Layout, String> {
    if header.iter().take(KEY_COLUMNS.len()).ne(KEY_COLUMNS.iter()) {
        return Err("columns `date,hour,type` are expected first".to_owned());
    }
    let members: Vec<Option<Member>> =
        header[KEY_COLUMNS.len()..].iter().map(|name| names.find(name)).collect();
    if members.iter().all(Option::is_none) {
        let area = &names.registry.area;
        return Err(format!("no column of the area {area}, its sets or its stations"));
    }
    Ok(Layout::Cnemc(members))
}

/// What a type of the archive is; its `…_24h` of ozone are the largest of the day so far.
const fn of_type(kind: &[u8]) -> Option<Quantity> {
    use Pollutant::{Co, No2, O3, Pm2_5, Pm10, So2};
    Some(match kind {
        b"AQI" => Quantity::Aqi,
        b"PM2.5" => Quantity::Hour(Pm2_5),
        b"PM10" => Quantity::Hour(Pm10),
        b"SO2" => Quantity::Hour(So2),
        b"NO2" => Quantity::Hour(No2),
        b"CO" => Quantity::Hour(Co),
        b"O3" => Quantity::Hour(O3),
        b"PM2.5_24h" => Quantity::Rolling24h(Pm2_5),
        b"PM10_24h" => Quantity::Rolling24h(Pm10),
        b"SO2_24h" => Quantity::Rolling24h(So2),
        b"NO2_24h" => Quantity::Rolling24h(No2),
        b"CO_24h" => Quantity::Rolling24h(Co),
        b"O3_8h" => Quantity::OzoneEightHours,
        b"O3_8h_24h" => Quantity::OzoneEightHoursMax,
        b"O3_24h" => Quantity::OzoneOneHourMax,
        _ => return None,
    })
}

fn write(
    store: &mut Sqlite,
    chunk: &mut PublishedChunk,
    tally: &mut PublishedTally,
) -> Result<(), store::Error> {
    if chunk.rows.is_empty() {
        return Ok(());
    }
    store.import_published(chunk)?;
    tally.lines += std::mem::take(&mut chunk.file.rows);
    tally.values += chunk.rows.iter().map(|row| row.values.len() as u64).sum::<u64>();
    chunk.rows.clear();
    Ok(())
}
