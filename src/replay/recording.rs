//! Several files as one recording, hour by hour in the order of time.
//!
//! In: files of one format. Out: a survey of what they hold, then their hours.
//!
//! Invariants: every row of an hour comes with that hour, in the order of the files and, within a
//! file, of its lines; a file in order of time is streamed and open only while its hours last, any
//! other is read whole and sorted (without changing the order within an hour).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Fault;
use super::files::{Error, Format, Reader, Row};
use crate::time::{Hour, HourLabel};

/// Faults kept word for word; the rest is only counted.
const FAULTS_KEPT: usize = 1000;

/// What a set of files holds.
#[derive(Debug)]
pub struct Recording {
    files: Vec<Surveyed>,
    format: Format,
    label: HourLabel,
    /// First and last hour; `None` when there is no row.
    pub span: Option<(Hour, Hour)>,
    /// Rows that could be read.
    pub row_count: u64,
    /// Every station that occurs.
    pub stations: BTreeSet<String>,
    /// The first faults.
    pub faults: Vec<Fault>,
    /// All faults.
    pub fault_count: u64,
}

#[derive(Clone, Debug)]
struct Surveyed {
    /// Its place among the files given.
    place: usize,
    path: PathBuf,
    first: Hour,
    ordered: bool,
}

impl Recording {
    /// Reads all files once and notes what they hold. `progress` hears the bytes read of each file.
    ///
    /// # Errors
    /// [`Error`] when a file cannot be opened or its header does not fit.
    pub fn survey(
        paths: &[PathBuf],
        format: Format,
        label: HourLabel,
        mut progress: impl FnMut(u64),
    ) -> Result<Self, Error> {
        let mut found = Self {
            files: Vec::new(),
            format,
            label,
            span: None,
            row_count: 0,
            stations: BTreeSet::new(),
            faults: Vec::new(),
            fault_count: 0,
        };
        for (place, path) in paths.iter().enumerate() {
            found.add(place, path, &mut progress)?;
        }
        found.files.sort_by_key(|f| f.first);
        Ok(found)
    }

    fn add(
        &mut self,
        place: usize,
        path: &Path,
        progress: &mut impl FnMut(u64),
    ) -> Result<(), Error> {
        let mut reader = Reader::open(path, self.format, self.label)?;
        let (mut row, mut told) = (Row::default(), 0);
        let mut file: Option<(Surveyed, Hour)> = None;
        while let Some(read) = reader.next(&mut row) {
            if let Err(fault) = read {
                self.fault_count += 1;
                if self.faults.len() < FAULTS_KEPT {
                    self.faults.push(fault);
                }
                continue;
            }
            self.row_count += 1;
            if !self.stations.contains(&row.station) {
                self.stations.insert(row.station.clone());
            }
            let (first, last) = self.span.unwrap_or((row.hour, row.hour));
            self.span = Some((first.min(row.hour), last.max(row.hour)));
            let (surveyed, previous) = file.get_or_insert_with(|| {
                let path = path.to_path_buf();
                (Surveyed { place, path, first: row.hour, ordered: true }, row.hour)
            });
            surveyed.ordered &= *previous <= row.hour;
            surveyed.first = surveyed.first.min(row.hour);
            *previous = row.hour;
            if reader.bytes_read() != told {
                progress(reader.bytes_read() - told);
                told = reader.bytes_read();
            }
        }
        self.files.extend(file.map(|(surveyed, _)| surveyed));
        Ok(())
    }

    /// The hours in the order of time. Rows that are faulty were told by the survey and are left out.
    #[must_use]
    pub fn hours(&self) -> Hours {
        let (format, label) = (self.format, self.label);
        Hours { waiting: self.files.clone().into(), open: Vec::new(), format, label }
    }
}

/// The hours of a recording: each with its rows.
#[derive(Debug)]
pub struct Hours {
    waiting: std::collections::VecDeque<Surveyed>,
    open: Vec<Open>,
    format: Format,
    label: HourLabel,
}

/// A file whose hours have begun; `head` is its next row.
#[derive(Debug)]
struct Open {
    place: usize,
    head: Row,
    rest: Rest,
}

#[derive(Debug)]
enum Rest {
    Streamed(Box<Reader>),
    Sorted(std::vec::IntoIter<Row>),
}

impl Open {
    fn new(file: &Surveyed, format: Format, label: HourLabel) -> Result<Option<Self>, Error> {
        let mut rest = Rest::Streamed(Box::new(Reader::open(&file.path, format, label)?));
        if !file.ordered {
            let mut rows: Vec<Row> = std::iter::from_fn(|| rest.next()).collect();
            rows.sort_by_key(|row| row.hour);
            rest = Rest::Sorted(rows.into_iter());
        }
        Ok(rest.next().map(|head| Self { place: file.place, head, rest }))
    }
}

impl Rest {
    fn next(&mut self) -> Option<Row> {
        match self {
            Self::Sorted(rows) => rows.next(),
            Self::Streamed(reader) => {
                let mut row = Row::default();
                loop {
                    match reader.next(&mut row)? {
                        Ok(()) => return Some(row),
                        Err(_) => continue,
                    }
                }
            }
        }
    }
}

impl Iterator for Hours {
    type Item = Result<(Hour, Vec<Row>), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let hour = loop {
            let begun = self.open.iter().map(|o| o.head.hour).min();
            match self.waiting.front() {
                Some(file) if begun.is_none_or(|hour| file.first <= hour) => {
                    match Open::new(file, self.format, self.label) {
                        Ok(open) => self.open.extend(open),
                        Err(e) => return Some(Err(e)),
                    }
                    self.open.sort_by_key(|open| open.place);
                    self.waiting.pop_front();
                }
                _ => break begun?,
            }
        };
        let mut rows = Vec::new();
        self.open.retain_mut(|open| {
            while open.head.hour == hour {
                let next = open.rest.next();
                let ended = next.is_none();
                rows.push(std::mem::replace(&mut open.head, next.unwrap_or_default()));
                if ended {
                    return false;
                }
            }
            true
        });
        Some(Ok((hour, rows)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(files: &[&str]) -> (Recording, Vec<String>) {
        let dir = tempfile::tempdir().expect("a directory");
        let mut paths = Vec::new();
        for (at, lines) in files.iter().enumerate() {
            let path = dir.path().join(format!("{at}.csv"));
            std::fs::write(&path, format!("time,station,o3\n{lines}")).expect("written");
            paths.push(path);
        }
        let survey = Recording::survey(&paths, Format::Wide, HourLabel::Begin, |_| {});
        let survey = survey.expect("opened");
        let mut told = Vec::new();
        for hour in survey.hours() {
            let (hour, rows) = hour.expect("opened");
            assert!(rows.iter().all(|row| row.hour == hour));
            let stations: Vec<&str> = rows.iter().map(|r| r.station.as_str()).collect();
            told.push(format!("{} {}", hour.of_day(), stations.join("")));
        }
        (survey, told)
    }

    #[test]
    fn hours_of_all_files_come_in_the_order_of_time() {
        let day = |h: &str| format!("2025-01-01 {h}:00");
        let late = format!("{},d,1\n{},e,1\n", day("02"), day("05"));
        let by_station =
            format!("{},b,1\n{},b,1\n{},c,1\n{},c,1\n", day("00"), day("03"), day("00"), day("03"));
        let early = format!("{},a,1\nbad,a,1\n{},a,1\n", day("00"), day("02"));
        let (survey, told) = recorded(&[&late, &by_station, &early, ""]);
        assert_eq!(told, ["0 bca", "2 da", "3 bc", "5 e"]);
        assert_eq!((survey.row_count, survey.fault_count, survey.stations.len()), (8, 1, 5));
        let (first, last) = survey.span.expect("there are rows");
        assert_eq!((first.of_day(), last.of_day()), (0, 5));
    }

    #[test]
    fn a_recording_without_rows_has_no_hours() {
        let (survey, told) = recorded(&[""]);
        assert_eq!((survey.span, told.len()), (None, 0));
    }
}
