//! `time,station,pm2_5,pm10,so2,no2,co,o3` and further properties: a line is a station's hour.
//!
//! A plain line, as nearly all are, becomes a row in one pass over its bytes. Whatever is unusual in it, even
//! a fault, sends it the general way, field by field; a property test holds the two equal.

use super::lines::{Lines, column, text};
use super::{Fault, Row};
use crate::observation::{Code, Property, Reading, read_amount, read_plain_amount};
use crate::time::{Day, Hour, HourLabel};

/// What stands in a column.
#[derive(Debug)]
enum Column {
    Time,
    Station,
    Value(Code),
}

/// The layout of a wide file.
#[derive(Debug)]
pub(super) struct Wide {
    columns: Vec<Column>,
    last: Last,
}

/// The time last read: neighbouring lines nearly always share it.
#[derive(Debug, Default)]
struct Last {
    time: Vec<u8>,
    hour: Hour,
    /// In a file that goes station by station only the date is shared: with the space behind it.
    date: Option<[u8; DATE]>,
    day: Day,
}

/// `YYYY-MM-DD ` and `HH:00`.
const DATE: usize = 11;
const CLOCK: usize = 5;

impl Wide {
    pub(super) fn new(header: &[String]) -> Result<Self, String> {
        column(header, "time")?;
        column(header, "station")?;
        let mut columns = Vec::with_capacity(header.len());
        for name in header {
            column(header, name)?;
            columns.push(match (name.as_str(), Property::parse(name)) {
                ("time", _) => Column::Time,
                ("station", _) => Column::Station,
                (_, Some(property)) => Column::Value(Code::of(property)),
                (_, None) => return Err(format!("column `{name}` is no known property")),
            });
        }
        if columns.len() == 2 {
            return Err("no column with values".to_owned());
        }
        Ok(Self { columns, last: Last::default() })
    }

    pub(super) fn next(
        &mut self,
        lines: &mut Lines,
        label: HourLabel,
        row: &mut Row,
    ) -> Option<Result<(), Fault>> {
        if let Some(bytes) = lines.ahead().and_then(|ahead| self.plain(ahead, label, row)) {
            row.line = lines.pass(bytes);
            return Some(Ok(()));
        }
        if let Err(fault) = lines.read()? {
            return Some(Err(fault));
        }
        row.line = lines.line();
        Some(self.fill(&lines.record, label, row).map_err(|reason| lines.fault(reason)))
    }

    /// Reads the row of the first of some whole lines, and how many bytes that line has; `None` where it is
    /// not a plain one.
    fn plain(&mut self, lines: &[u8], label: HourLabel, row: &mut Row) -> Option<usize> {
        let mut left = lines;
        row.readings = [Reading::default(); Property::COUNT];
        for at in 0..self.columns.len() {
            let bytes = match self.columns[at] {
                Column::Value(_) if matches!(left.first(), Some(b',' | b'\n')) => 0,
                Column::Value(code) => {
                    let (reading, bytes) = read_plain_amount(left, code)?;
                    row.readings[code.property.index()] = reading;
                    bytes
                }
                Column::Time => {
                    let (hour, bytes) = self.last.plain(left, label)?;
                    row.hour = hour;
                    bytes
                }
                Column::Station => plain_station(left, row)?,
            };
            let (behind, rest) = left.get(bytes..)?.split_first()?;
            let last = at + 1 == self.columns.len();
            if *behind != if last { b'\n' } else { b',' } {
                return None;
            }
            left = rest;
        }
        Some(lines.len() - left.len())
    }

    fn fill(
        &mut self,
        record: &csv::ByteRecord,
        label: HourLabel,
        row: &mut Row,
    ) -> Result<(), String> {
        row.readings = [Reading::default(); Property::COUNT];
        for (field, column) in record.iter().zip(&self.columns) {
            match column {
                Column::Value(_) if field.is_empty() => {}
                Column::Value(code) => row.readings[code.property.index()] = value(field, *code),
                Column::Time if !field.is_empty() && field == self.last.time => {
                    row.hour = self.last.hour;
                }
                Column::Time => {
                    row.hour = hour(field, label)?;
                    self.last.keep(field, row.hour);
                }
                Column::Station => station(field, row)?,
            }
        }
        Ok(())
    }
}

impl Last {
    /// The hour at the front of a text, and the length of its label.
    fn plain(&mut self, text: &[u8], label: HourLabel) -> Option<(Hour, usize)> {
        let (date, rest) = text.split_first_chunk::<DATE>()?;
        let (clock, _) = rest.split_first_chunk::<CLOCK>()?;
        if Some(*date) == self.date
            && let [h1 @ b'0'..=b'9', h0 @ b'0'..=b'9', b':', b'0', b'0'] = *clock
            && let of_day = i32::from(h1 - b'0') * 10 + i32::from(h0 - b'0')
            && of_day < 24
        {
            let named = self.day.start().plus(of_day);
            let hour = if label == HourLabel::End { named.plus(-1) } else { named };
            return Some((hour, DATE + CLOCK));
        }
        let field = plain_field(text)?;
        if field.is_empty() || field != self.time {
            let hour = hour(field, label).ok()?;
            self.keep(field, hour);
            let bare = field.trim_ascii().len() == DATE + CLOCK && field.len() == DATE + CLOCK;
            if bare && date.ends_with(b" ") {
                self.date = Some(*date);
                self.day = if label == HourLabel::End { hour.plus(1) } else { hour }.day();
            }
        }
        Some((self.hour, field.len()))
    }

    fn keep(&mut self, time: &[u8], hour: Hour) {
        self.hour = hour;
        self.time.clear();
        self.time.extend_from_slice(time);
    }
}

/// Takes the station at the front of a text, nearly always that of the row before; gives its length.
fn plain_station(text: &[u8], row: &mut Row) -> Option<usize> {
    let last = row.station.as_bytes();
    let same = text.starts_with(last) && matches!(text.get(last.len()), Some(b',' | b'\n'));
    if same && !last.is_empty() {
        return Some(last.len());
    }
    let field = plain_field(text)?;
    station(field, row).ok()?;
    Some(field.len())
}

/// The field at the front of a text; `None` where it has a quote or another line end than its line's.
fn plain_field(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().position(|b| matches!(b, b',' | b'\n' | b'"' | b'\r'))?;
    matches!(text[end], b',' | b'\n').then(|| &text[..end])
}

/// A value as written; blank is missing.
pub(super) fn value(field: &[u8], code: Code) -> Reading {
    match field.trim_ascii() {
        [] => Reading::default(),
        written => read_amount(written, code),
    }
}

pub(in crate::replay) fn hour(field: &[u8], label: HourLabel) -> Result<Hour, String> {
    let written = text(field).map_err(|e| format!("`time`: {e}"))?;
    Hour::parse_label(written, label).map_err(|fault| {
        format!("`time`: {fault}: YYYY-MM-DD HH:00 or RFC 3339 on the hour expected: {written:?}")
    })
}

pub(super) fn station(field: &[u8], row: &mut Row) -> Result<(), String> {
    let code = text(field).map_err(|e| format!("`station`: {e}"))?;
    if code.is_empty() {
        return Err("`station` is empty".to_owned());
    }
    row.station.clear();
    row.station.push_str(code);
    Ok(())
}
