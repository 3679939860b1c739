//! `date,hour,type,<station>…`: the quotsoft.net archive of the national platform.
//!
//! A line is one quantity of one hour for all stations. Only the six hourly concentrations are
//! taken; AQI, sliding means and running maxima are the platform's own figures. The lines of an hour
//! stand together; a station without any value in the hour gives no row.

use super::lines::{Lines, column, text};
use super::{Fault, Row};
use crate::observation::{Code, Pollutant, Property, Reading, Validity};
use crate::time::{Day, Hour, HourLabel};

/// Columns before the stations.
pub(in crate::replay) const KEY_COLUMNS: [&str; 3] = ["date", "hour", "type"];

/// The layout of an archive file, and the hour being put together.
#[derive(Debug)]
pub(super) struct Cnemc {
    stations: Vec<String>,
    hour: Option<Hour>,
    /// The first line of that hour.
    line: u64,
    readings: Vec<[Reading; Property::COUNT]>,
    /// The next station to hand out while an hour is complete.
    handing_out: Option<usize>,
    /// The record last read belongs to the next hour.
    held: bool,
}

impl Cnemc {
    pub(super) fn new(header: &[String]) -> Result<Self, String> {
        if header.iter().take(3).ne(KEY_COLUMNS.iter()) {
            return Err("columns `date,hour,type` are expected first".to_owned());
        }
        let stations = header[3..].to_vec();
        if stations.is_empty() {
            return Err("no column of a station".to_owned());
        }
        for name in &stations {
            column(header, name)?;
        }
        let readings = vec![[Reading::default(); Property::COUNT]; stations.len()];
        Ok(Self { stations, hour: None, line: 0, readings, handing_out: None, held: false })
    }

    pub(super) fn next(
        &mut self,
        lines: &mut Lines,
        label: HourLabel,
        row: &mut Row,
    ) -> Option<Result<(), Fault>> {
        loop {
            if let Some(from) = self.handing_out {
                if self.hand_out(from, row) {
                    return Some(Ok(()));
                }
                self.hour = None;
                self.readings.fill([Reading::default(); Property::COUNT]);
            }
            if !std::mem::take(&mut self.held) {
                match lines.read() {
                    None => {
                        self.hour?;
                        self.handing_out = Some(0);
                        continue;
                    }
                    Some(Err(fault)) => return Some(Err(fault)),
                    Some(Ok(())) => {}
                }
            }
            if let Err(reason) = self.take(lines, label) {
                return Some(Err(lines.fault(reason)));
            }
        }
    }

    /// The next station from `from` on that has any value; false when there is none.
    fn hand_out(&mut self, from: usize, row: &mut Row) -> bool {
        let reported = |r: &[Reading; Property::COUNT]| {
            r.iter().any(|reading| reading.validity != Validity::Missing)
        };
        let found = self.readings[from..].iter().position(reported).map(|i| from + i);
        self.handing_out = found.map(|at| at + 1);
        if let (Some(at), Some(hour)) = (found, self.hour) {
            row.hour = hour;
            row.readings = self.readings[at];
            row.line = self.line;
            row.station.clone_from(&self.stations[at]);
        }
        found.is_some()
    }

    /// Adds the line to the hour, or holds it when it begins the next one.
    fn take(&mut self, lines: &Lines, label: HourLabel) -> Result<(), String> {
        let record = &lines.record;
        let field = |at: usize| record.get(at).unwrap_or_default();
        let Some(pollutant) = hourly(field(2).trim_ascii()) else { return Ok(()) };
        let hour = hour_of(field(0), field(1), label)?;
        if self.hour.is_some_and(|current| current != hour) {
            self.held = true;
            self.handing_out = Some(0);
            return Ok(());
        }
        if self.hour.is_none() {
            (self.hour, self.line) = (Some(hour), lines.line());
        }
        let code = Code::of(Property::Pollutant(pollutant));
        for (readings, written) in self.readings.iter_mut().zip(record.iter().skip(3)) {
            let reading = super::wide::value(written, code);
            if reading.validity != Validity::Missing {
                readings[pollutant.index()] = reading;
            }
        }
        Ok(())
    }
}

/// The pollutant whose hourly concentration a type is.
const fn hourly(kind: &[u8]) -> Option<Pollutant> {
    Some(match kind {
        b"PM2.5" => Pollutant::Pm2_5,
        b"PM10" => Pollutant::Pm10,
        b"SO2" => Pollutant::So2,
        b"NO2" => Pollutant::No2,
        b"CO" => Pollutant::Co,
        b"O3" => Pollutant::O3,
        _ => return None,
    })
}

/// `20250101` and `0` to `23`.
pub(in crate::replay) fn hour_of(
    date: &[u8],
    hour: &[u8],
    label: HourLabel,
) -> Result<Hour, String> {
    let date = text(date).map_err(|e| format!("`date`: {e}"))?;
    let plain = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
    let day = plain
        .then(|| format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]).parse::<Day>().ok())
        .flatten()
        .ok_or_else(|| format!("`date`: YYYYMMDD expected, got {date:?}"))?;
    let written = text(hour).map_err(|e| format!("`hour`: {e}"))?;
    let of_day = written
        .parse::<usize>()
        .ok()
        .filter(|h| *h < 24)
        .ok_or_else(|| format!("`hour`: 0 to 23 expected, got {written:?}"))?;
    Ok(match label {
        HourLabel::Begin => day.hour(of_day),
        HourLabel::End => day.hour(of_day).plus(-1),
    })
}
