//! `time,station,pollutant,value,flag`: a line is one value; neighbouring lines make a row.

use super::lines::{Lines, column, text};
use super::wide::{hour, station, value};
use super::{Fault, Row};
use crate::observation::{Code, Property, Reading, Validity};
use crate::time::HourLabel;

/// The layout of a long file, and what was read ahead.
#[derive(Debug)]
pub(super) struct Long {
    time: usize,
    station: usize,
    pollutant: usize,
    value: usize,
    flag: Option<usize>,
    /// The line last read, as a row with one reading.
    line: Row,
    line_property: usize,
    /// That line begins the next row.
    held: bool,
    /// A fault that ended the row before it.
    fault: Option<Fault>,
}

impl Long {
    pub(super) fn new(header: &[String]) -> Result<Self, String> {
        let known = ["time", "station", "pollutant", "value", "flag"];
        if let Some(name) = header.iter().find(|h| !known.contains(&h.as_str())) {
            return Err(format!("column `{name}` is none of {}", known.join(", ")));
        }
        let flag = header.iter().any(|h| h == "flag");
        Ok(Self {
            time: column(header, "time")?,
            station: column(header, "station")?,
            pollutant: column(header, "pollutant")?,
            value: column(header, "value")?,
            flag: flag.then(|| column(header, "flag")).transpose()?,
            line: Row::default(),
            line_property: 0,
            held: false,
            fault: None,
        })
    }

    pub(super) fn next(
        &mut self,
        lines: &mut Lines,
        label: HourLabel,
        row: &mut Row,
    ) -> Option<Result<(), Fault>> {
        if let Some(fault) = self.fault.take() {
            return Some(Err(fault));
        }
        if !std::mem::take(&mut self.held) {
            match self.read(lines, label)? {
                Ok(()) => {}
                fault => return Some(fault),
            }
        }
        row.clone_from(&self.line);
        let mut seen = [false; Property::COUNT];
        seen[self.line_property] = true;
        loop {
            match self.read(lines, label) {
                None => return Some(Ok(())),
                Some(Err(fault)) => {
                    self.fault = Some(fault); // after the row, which is complete without it
                    return Some(Ok(()));
                }
                Some(Ok(())) => {}
            }
            let same = row.hour == self.line.hour && row.station == self.line.station;
            if !same || seen[self.line_property] {
                self.held = true;
                return Some(Ok(()));
            }
            seen[self.line_property] = true;
            row.readings[self.line_property] = self.line.readings[self.line_property];
        }
    }

    fn read(&mut self, lines: &mut Lines, label: HourLabel) -> Option<Result<(), Fault>> {
        if let Err(fault) = lines.read()? {
            return Some(Err(fault));
        }
        self.line.line = lines.line();
        Some(self.take(&lines.record, label).map_err(|reason| lines.fault(reason)))
    }

    fn take(&mut self, record: &csv::ByteRecord, label: HourLabel) -> Result<(), String> {
        let field = |at: usize| record.get(at).unwrap_or_default();
        self.line.readings = [Reading::default(); Property::COUNT];
        self.line.hour = hour(field(self.time), label)?;
        station(field(self.station), &mut self.line)?;
        let code = text(field(self.pollutant)).map_err(|e| format!("`pollutant`: {e}"))?;
        let property = Property::parse(code)
            .ok_or_else(|| format!("`pollutant`: {code:?} is no known property"))?;
        let mut reading = value(field(self.value), Code::of(property));
        let flag = self.flag.map_or(Ok(""), |at| text(field(at)));
        let flag = flag.map_err(|e| format!("`flag`: {e}"))?;
        if !flag.is_empty() && reading.validity != Validity::Missing {
            reading = reading.flagged(flag);
        }
        self.line_property = property.index();
        self.line.readings[self.line_property] = reading;
        Ok(())
    }
}
