//! Streaming readers of recorded hours: one [`Row`] at a time, plain or gzip.
//!
//! In: a file, its format and its hour label. Out: rows in the order of the file, or [`Fault`]s.
//!
//! Invariants: memory does not grow with the file; amounts are exact and judged by
//! [`read_amount`](crate::observation::read_amount); an empty value is missing.
//!
//! A row is what one line, or one group of neighbouring lines, says about a station and an hour.
//! `wide` has one line for each; `long` joins neighbouring lines of the same hour and station, so a
//! file ordered by pollutant gives several rows of one key, each with the values of its lines only;
//! `cnemc` joins the lines of one hour and leaves out stations without any value in it.

pub(super) mod cnemc;
pub(super) mod lines;
mod long;
mod parts;
mod plain;
pub(super) mod wide;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use self::cnemc::Cnemc;
use self::lines::Lines;
use self::long::Long;
pub use self::parts::{PART_BYTES, Part, Parts};
use self::wide::Wide;
use super::Fault;
use crate::observation::{Property, Reading};
use crate::time::{Hour, HourLabel};

/// How a file is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Format {
    /// `time,station,pm2_5,pm10,so2,no2,co,o3`, and any further known property.
    #[default]
    Wide,
    /// `time,station,pollutant,value,flag`.
    Long,
    /// The quotsoft.net archive of the national platform: `date,hour,type,<station>…`.
    Cnemc,
}

impl Format {
    /// The hour label that files of this format usually carry.
    #[must_use]
    pub const fn usual_label(self) -> HourLabel {
        match self {
            Self::Wide | Self::Long => HourLabel::Begin,
            Self::Cnemc => HourLabel::End,
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "wide" => Ok(Self::Wide),
            "long" => Ok(Self::Long),
            "cnemc" => Ok(Self::Cnemc),
            _ => Err(format!("wide, long or cnemc expected, got {text:?}")),
        }
    }
}

/// One station's hour as recorded; made once and filled again and again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The hour.
    pub hour: Hour,
    /// The station's code as written.
    pub station: String,
    /// By [`Property::index`].
    pub readings: [Reading; Property::COUNT],
    /// The line of the file on which it begins.
    pub line: u64,
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be opened or its first bytes not be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The header does not fit the format.
    #[error("{0}")]
    Header(Fault),
}

/// Reads one file.
#[derive(Debug)]
pub struct Reader {
    lines: Lines,
    layout: Layout,
    label: HourLabel,
}

#[derive(Debug)]
enum Layout {
    Wide(Wide),
    Long(Long),
    Cnemc(Cnemc),
}

impl Reader {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// [`Error`] when the file cannot be opened or its header does not fit the format.
    pub fn open(path: &Path, format: Format, label: HourLabel) -> Result<Self, Error> {
        let lines =
            Lines::open(path).map_err(|source| Error::Io { path: path.to_path_buf(), source })?;
        Self::over(lines, format, label)
    }

    fn over(mut lines: Lines, format: Format, label: HourLabel) -> Result<Self, Error> {
        let header = lines.header().map_err(Error::Header)?;
        let layout = match format {
            Format::Wide => Wide::new(&header).map(Layout::Wide),
            Format::Long => Long::new(&header).map(Layout::Long),
            Format::Cnemc => Cnemc::new(&header).map(Layout::Cnemc),
        };
        let layout = layout.map_err(|reason| Error::Header(lines.fault_at(1, reason)))?;
        Ok(Self { lines, layout, label })
    }

    /// Reads the next row into `row`; `None` at the end. After a fault, reading goes on.
    pub fn next(&mut self, row: &mut Row) -> Option<Result<(), Fault>> {
        match &mut self.layout {
            Layout::Wide(wide) => wide.next(&mut self.lines, self.label, row),
            Layout::Long(long) => long.next(&mut self.lines, self.label, row),
            Layout::Cnemc(cnemc) => cnemc.next(&mut self.lines, self.label, row),
        }
    }

    /// A fault of a row, for what only the caller can judge.
    #[must_use]
    pub fn fault(&self, row: &Row, reason: String) -> Fault {
        self.lines.fault_at(row.line, reason)
    }

    /// Bytes of the file (as it lies on disk) read so far.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.lines.bytes_read()
    }

    /// Bytes of the file on disk.
    #[must_use]
    pub const fn bytes_total(&self) -> u64 {
        self.lines.bytes_total()
    }
}

#[cfg(test)]
mod tests;
