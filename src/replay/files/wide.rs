//! `time,station,pm2_5,pm10,so2,no2,co,o3` and further properties: a line is a station's hour.

use super::lines::{Lines, column, text};
use super::{Fault, Row};
use crate::observation::{Code, Property, Reading, read_amount};
use crate::time::{Hour, HourLabel};

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
    /// Neighbouring lines nearly always share their time: it is read once.
    last_time: Vec<u8>,
    last_hour: Hour,
}

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
        Ok(Self { columns, last_time: Vec::new(), last_hour: Hour::default() })
    }

    pub(super) fn next(
        &mut self,
        lines: &mut Lines,
        label: HourLabel,
        row: &mut Row,
    ) -> Option<Result<(), Fault>> {
        if let Err(fault) = lines.read()? {
            return Some(Err(fault));
        }
        row.line = lines.line();
        Some(self.fill(&lines.record, label, row).map_err(|reason| lines.fault(reason)))
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
                Column::Time if !field.is_empty() && field == self.last_time => {
                    row.hour = self.last_hour;
                }
                Column::Time => {
                    row.hour = hour(field, label)?;
                    self.last_hour = row.hour;
                    self.last_time.clear();
                    self.last_time.extend_from_slice(field);
                }
                Column::Station => station(field, row)?,
            }
        }
        Ok(())
    }
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
