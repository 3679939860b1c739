//! The lists of stations and of named station sets, as CSV.
//!
//! In: `station,name,lat,lon,area,district,kind,assessed` and `set,name,area,station`, each with
//! optional `valid_from,valid_to` (days, both included; empty is open) and `source`. Out: rows with
//! checked fields, or every fault of the file at once, with line and column.

use std::fmt;
use std::path::Path;

use super::Fault;
use super::files::lines::{Lines, column, text};
use crate::area::Span;
use crate::observation::StationId;
use crate::time::Day;

/// One station, for as long as what is said of it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct StationRow {
    /// The code in topics and payloads.
    pub station: StationId,
    /// The name on the page.
    pub name: String,
    /// Degrees north.
    pub lat: Option<f64>,
    /// Degrees east.
    pub lon: Option<f64>,
    /// The area's code.
    pub area: String,
    /// The district, as a name; may be empty.
    pub district: String,
    /// Who runs it and what for: `national`, `provincial`, `city`, `district`, `control`, …
    pub kind: String,
    /// Whether it enters the area's figures (评价点位).
    pub assessed: bool,
    /// When this row holds.
    pub span: Span,
}

/// One station's membership in a named station set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetRow {
    /// The set's code.
    pub set: String,
    /// The set's name on the page.
    pub name: String,
    /// The area's code.
    pub area: String,
    /// The station's code.
    pub station: StationId,
    /// When the membership holds.
    pub span: Span,
}

/// A list as far as it could be read, so that what others say of it can be checked all the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T> {
    /// Each line whose codes could be read; a repeated one only the first time.
    pub rows: Vec<Line<T>>,
    /// Every fault, none for a list to go by.
    pub faults: Vec<Fault>,
    /// Whether no line fell away: only then a code that is not in `rows` is not in the list.
    pub complete: bool,
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Line<T> {
    /// Its number, from 1.
    pub line: u64,
    /// Whether all its fields are right; otherwise the wrong ones are empty.
    pub sound: bool,
    /// What it says.
    pub row: T,
}

impl<T> Listed<T> {
    fn rows(self) -> Result<Vec<T>, Vec<Fault>> {
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        Ok(self.rows.into_iter().map(|line| line.row).collect())
    }
}

/// Reads a list of stations.
///
/// # Errors
/// Every [`Fault`] of the file.
pub fn read_stations(path: &Path) -> Result<Vec<StationRow>, Vec<Fault>> {
    list_stations(path).rows()
}

/// Reads a list of stations as far as it can be read.
#[must_use]
pub fn list_stations(path: &Path) -> Listed<StationRow> {
    let required = ["station", "name", "lat", "lon", "area", "district", "kind", "assessed"];
    let same = |a: &StationRow, b: &StationRow| a.station == b.station && a.span.overlaps(&b.span);
    let listed = read(path, &required, |fields| {
        // All are read before the first `?`, so that every fault of the line is told.
        let (station, name) = (fields.code("station"), fields.filled("name"));
        let (lat, lon) = (fields.degrees("lat", 90.0), fields.degrees("lon", 180.0));
        let (area, district) = (fields.code("area"), fields.get("district"));
        let (kind, assessed) = (fields.get("kind"), fields.truth("assessed"));
        let span = fields.span();
        Some(StationRow {
            station: station?,
            name: name.unwrap_or_default(),
            lat: lat.unwrap_or_default(),
            lon: lon.unwrap_or_default(),
            area: area?.to_string(),
            district,
            kind,
            assessed: assessed.unwrap_or_default(),
            span: span.unwrap_or_default(),
        })
    });
    no_repeats(path, listed, same, |row| format!("station `{}`", row.station))
}

/// Reads a list of station sets.
///
/// # Errors
/// Every [`Fault`] of the file.
pub fn read_sets(path: &Path) -> Result<Vec<SetRow>, Vec<Fault>> {
    list_sets(path).rows()
}

/// Reads a list of station sets as far as it can be read.
#[must_use]
pub fn list_sets(path: &Path) -> Listed<SetRow> {
    let same = |a: &SetRow, b: &SetRow| {
        a.set == b.set && a.station == b.station && a.area == b.area && a.span.overlaps(&b.span)
    };
    let listed = read(path, &["set", "name", "area", "station"], |fields| {
        let (set, name) = (fields.code("set"), fields.filled("name"));
        let (area, station) = (fields.code("area"), fields.code("station"));
        let span = fields.span();
        Some(SetRow {
            set: set?.to_string(),
            name: name.unwrap_or_default(),
            area: area?.to_string(),
            station: station?,
            span: span.unwrap_or_default(),
        })
    });
    no_repeats(path, listed, same, |row| format!("station `{}` in set `{}`", row.station, row.set))
}

const OPTIONAL: [&str; 3] = ["valid_from", "valid_to", "source"];

fn read<T>(
    path: &Path,
    required: &[&str],
    mut row: impl FnMut(&mut Fields<'_>) -> Option<T>,
) -> Listed<T> {
    let unread = |faults| Listed { rows: Vec::new(), faults, complete: false };
    let mut lines = match Lines::open(path) {
        Ok(lines) => lines,
        Err(e) => {
            let file = path.display().to_string();
            return unread(vec![Fault { file, line: 0, reason: e.to_string() }]);
        }
    };
    let header = match lines.header() {
        Ok(header) => header,
        Err(fault) => return unread(vec![fault]),
    };
    let missing = required.iter().filter_map(|name| column(&header, name).err());
    let known =
        |name: &&String| required.contains(&name.as_str()) || OPTIONAL.contains(&name.as_str());
    let strange = header.iter().filter(|name| !known(name));
    let mut faults: Vec<Fault> = missing
        .chain(strange.map(|name| format!("column `{name}` is not known here")))
        .map(|reason| lines.fault_at(1, reason))
        .collect();
    if !faults.is_empty() {
        return unread(faults);
    }
    let (mut rows, mut complete) = (Vec::new(), true);
    while let Some(read) = lines.read() {
        if let Err(fault) = read {
            faults.push(fault);
            complete = false;
            continue;
        }
        let mut fields = Fields { header: &header, record: &lines.record, reasons: Vec::new() };
        let row = row(&mut fields);
        let reasons = fields.reasons;
        match row {
            Some(row) => rows.push(Line { line: lines.line(), sound: reasons.is_empty(), row }),
            None => complete = false,
        }
        faults.extend(reasons.into_iter().map(|reason| lines.fault(reason)));
    }
    Listed { rows, faults, complete }
}

/// Takes out what stands twice. A faulty line may be in another span than it seems: it is left.
fn no_repeats<T>(
    path: &Path,
    mut listed: Listed<T>,
    same: impl Fn(&T, &T) -> bool,
    name: impl Fn(&T) -> String,
) -> Listed<T> {
    let mut kept: Vec<Line<T>> = Vec::with_capacity(listed.rows.len());
    for line in listed.rows {
        let first = kept.iter().find(|l| l.sound && line.sound && same(&l.row, &line.row));
        let Some(first) = first else {
            kept.push(line);
            continue;
        };
        let reason = format!("{} stands already in line {}", name(&line.row), first.line);
        let file = path.display().to_string();
        listed.faults.push(Fault { file, line: line.line, reason });
    }
    Listed { rows: kept, ..listed }
}

/// The fields of one line; what is wrong with them is collected.
struct Fields<'a> {
    header: &'a [String],
    record: &'a csv::ByteRecord,
    reasons: Vec<String>,
}

impl Fields<'_> {
    fn get(&mut self, name: &str) -> String {
        let at = self.header.iter().position(|h| h == name);
        match text(at.and_then(|at| self.record.get(at)).unwrap_or_default()) {
            Ok(written) => written.to_owned(),
            Err(reason) => self.refuse(name, &reason).unwrap_or_default(),
        }
    }

    /// `None` for a field that is wrong; its fault is noted and the row falls away with it.
    fn refuse<T>(&mut self, name: &str, reason: &dyn fmt::Display) -> Option<T> {
        self.reasons.push(format!("`{name}`: {reason}"));
        None
    }

    fn filled(&mut self, name: &str) -> Option<String> {
        let written = self.get(name);
        if written.is_empty() { self.refuse(name, &"is empty") } else { Some(written) }
    }

    fn code(&mut self, name: &str) -> Option<StationId> {
        let written = self.get(name);
        let expected = "1 to 64 bytes without / + # , or white space expected, got";
        StationId::new(&written)
            .or_else(|| self.refuse(name, &format_args!("{expected} {written:?}")))
    }

    fn degrees(&mut self, name: &str, most: f64) -> Option<Option<f64>> {
        let written = self.get(name);
        if written.is_empty() {
            return Some(None);
        }
        match written.parse::<f64>() {
            Ok(degrees) if degrees.abs() <= most => Some(Some(degrees)),
            _ => self.refuse(name, &format_args!("degrees expected, got {written:?}")),
        }
    }

    fn truth(&mut self, name: &str) -> Option<bool> {
        let written = self.get(name);
        match written.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => self.refuse(name, &format_args!("true or false expected, got {written:?}")),
        }
    }

    fn day(&mut self, name: &str) -> Option<Option<Day>> {
        let written = self.get(name);
        if written.is_empty() {
            return Some(None);
        }
        match written.parse() {
            Ok(day) => Some(Some(day)),
            Err(_) => self.refuse(name, &format_args!("YYYY-MM-DD expected, got {written:?}")),
        }
    }

    fn span(&mut self) -> Option<Span> {
        let (from, until) = (self.day("valid_from"), self.day("valid_to"));
        let span = Span { from: from?, until: until? };
        match span {
            Span { from: Some(from), until: Some(until) } if until < from => {
                self.refuse("valid_to", &format_args!("{until} is before valid_from {from}"))
            }
            _ => Some(span),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stations(content: &str) -> Result<Vec<StationRow>, Vec<Fault>> {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("stations.csv");
        std::fs::write(&path, content).expect("written");
        read_stations(&path)
    }

    const HEADER: &str = "station,name,lat,lon,area,district,kind,assessed,valid_from,valid_to\n";

    #[test]
    fn stations_are_read_with_and_without_their_span() {
        let rows = stations(&format!(
            "{HEADER}1A,甘井子,38.9,121.6,dalian,,national,true,2020-01-01,2021-12-31\n\
             1A,甘井子,,,dalian,,national,false,2022-01-01,\n"
        ));
        let rows = rows.expect("legal");
        assert_eq!((rows[0].name.as_str(), rows[0].lat, rows[1].lat), ("甘井子", Some(38.9), None));
        assert_eq!(rows[1].span.from.map(|d| d.to_string()), Some("2022-01-01".into()));
        let short = "station,name,lat,lon,area,district,kind,assessed\na,a,,,x,\"\",city,true\n";
        assert_eq!(stations(short).expect("legal")[0].span, Span::default());
    }

    #[test]
    fn all_faults_come_at_once_with_line_and_column() {
        let faults = stations(&format!(
            "{HEADER}1 A,,99,x,dal/ian,,national,ja,2020-13-01,\n\
             2A,b,,,dalian,,,true,2022-01-02,2022-01-01\n3A,b,,\n"
        ))
        .expect_err("refused");
        let told: Vec<String> = faults
            .iter()
            .map(|f| format!("{} {}", f.line, f.reason.split(':').next().unwrap_or_default()))
            .collect();
        let columns = ["station", "name", "lat", "lon", "area", "assessed", "valid_from"];
        let mut expected: Vec<String> = columns.iter().map(|c| format!("2 `{c}`")).collect();
        expected.push("3 `valid_to`".to_owned());
        expected.push("4 4 fields, the header has 10".to_owned());
        assert_eq!(told, expected);
    }

    #[test]
    fn a_station_is_one_thing_at_a_time() {
        let twice = stations(&format!(
            "{HEADER}4A,b,,,dalian,,,true,,2021-01-01\n4A,b,,,dalian,,,true,2020-01-01,\n"
        ));
        let faults = twice.expect_err("refused");
        assert_eq!((faults.len(), faults[0].line), (1, 3));
        assert!(faults[0].reason.contains("`4A` stands already in line 2"), "{}", faults[0]);
    }

    #[test]
    fn unknown_and_missing_columns_are_named() {
        let faults = stations("station,name,lat,lon,area,district,kind,asessed\n");
        let faults = faults.expect_err("refused");
        let told: Vec<&str> = faults.iter().map(|f| f.reason.as_str()).collect();
        assert_eq!(told.len(), 2);
        assert!(told[0].contains("`assessed` is missing") && told[1].contains("`asessed`"));
    }

    #[test]
    fn the_seeds_of_dalian_are_legal_and_agree() {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/dalian");
        let stations = read_stations(&seeds.join("stations.csv")).expect("legal");
        let sets = read_sets(&seeds.join("sets.csv")).expect("legal");
        assert_eq!(stations.len(), 10);
        for member in &sets {
            let known = stations.iter().find(|s| s.station == member.station);
            assert_eq!(known.map(|s| &s.area), Some(&member.area), "{}", member.station);
        }
    }
}
