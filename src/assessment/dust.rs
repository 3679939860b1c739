//! Dust: what is reported and recognised, and what is therefore taken out of the figures of a column.
//!
//! In: entries (stations, hours, stage, document) and figures that were published elsewhere. Out: of a column
//! its [`Deduction`], the hours that do not count, by station and day; and the [`DustTable`] of all columns.
//!
//! How: what is deducted are PM2.5 and PM10 of the stations in these hours, before a day is taken; so
//! validity, means of sets, and all that rests on them follow by themselves. What stays of the day's index is
//! decision `dust_days`, whether whole days are deducted `dust_deducts`.
//!
//! Invariants: nothing is deducted silently, so a figure names its column and its documents; a column without
//! entries is the measured one, figure by figure; the official column is entered and never reckoned.
//!
//! Source: 环办监测〔2016〕120号 (in force since 2017-01-01; a reprint of the letter, not of its annex): the
//! city reports hours, range and evidence, the national centre decides in its review, and its result is what
//! assessment and ranking rest on; note 1 of the centre's monthly report of July 2021 (PM and composite index
//! without dust, ratios with it).

mod columns;
mod deduction;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;

pub use columns::DustColumn;
pub use deduction::Deduction;
pub(super) use deduction::NOTHING;
pub use table::{DustColumnRow, DustEntryRow, DustTable};

use super::Span;
use super::target::{TargetIndicator, Written};
use crate::area::{AreaId, Registry};
use crate::observation::StationId;
use crate::time::{Day, Hour};

/// How far an entry has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DustStage {
    /// The city has reported it.
    Reported,
    /// The national centre recognised it.
    Recognised,
    /// The national centre did not.
    Rejected,
}

impl DustStage {
    /// Every stage.
    pub const ALL: [Self; 3] = [Self::Reported, Self::Recognised, Self::Rejected];

    /// The code in files and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Recognised => "recognised",
            Self::Rejected => "rejected",
        }
    }

    /// As people say it.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Reported => "市级申报",
            Self::Recognised => "总站认定",
            Self::Rejected => "未认定",
        }
    }
}

/// Hours of dust at stations of an area, as a document names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DustEntry {
    /// The area.
    pub area: AreaId,
    /// Its stations; `None` for all of them.
    pub stations: Option<Vec<StationId>>,
    /// The first hour.
    pub from: Hour,
    /// The last one, included.
    pub to: Hour,
    /// How far it has come.
    pub stage: DustStage,
    /// Title and number.
    pub document: String,
    /// Anything else; may be empty.
    pub note: String,
}

impl DustEntry {
    /// Whether it names a station.
    #[must_use]
    pub fn names(&self, station: &StationId) -> bool {
        self.stations.as_ref().is_none_or(|listed| listed.contains(station))
    }

    /// Whether it has an hour of a station in common with another one.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let stations = match (&self.stations, &other.stations) {
            (Some(these), Some(those)) => these.iter().any(|station| those.contains(station)),
            _ => true,
        };
        self.area == other.area && stations && self.from <= other.to && other.from <= self.to
    }

    /// Its hours on a day, as bits.
    fn bits(&self, day: Day) -> u32 {
        let first = day.start().number();
        let hour = |hour: Hour| (hour.number() - first).clamp(-1, 24);
        let (from, to) = (hour(self.from).max(0), hour(self.to).min(23));
        (from..=to).fold(0, |bits, of_day| bits | 1 << of_day)
    }
}

/// A figure that was published elsewhere (官方值).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficialFigure {
    /// The area, `area/set`, or a station's code.
    pub entity: String,
    /// Of which days it is.
    pub span: Span,
    /// What it is.
    pub figure: TargetIndicator,
    /// As it was published, in the unit that people write: %, days, µg/m³, CO in mg/m³.
    pub value: Written,
    /// Title and place.
    pub document: String,
}

/// All entries of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DustEntries {
    /// In the order of the file.
    pub entries: Vec<DustEntry>,
    /// In the order of the file.
    pub official: Vec<OfficialFigure>,
}

impl DustEntries {
    /// What a column deducts at the stations of an area: nothing of measured and official figures; where the
    /// city reported, all but what the national centre did not recognise.
    #[must_use]
    pub fn of(&self, column: DustColumn, registry: &Registry) -> Deduction {
        let mut deduction = Deduction::none(column);
        let mut each = |stage: DustStage, take: fn(&mut u32, u32)| {
            let here = self.entries.iter().filter(|e| e.area == registry.area);
            for entry in here.filter(|e| e.stage == stage) {
                let stations = registry.stations.iter().enumerate();
                for (at, _) in stations.filter(|(_, s)| entry.names(&s.id)) {
                    for day in entry.from.day().number()..=entry.to.day().number() {
                        let day = Day::from_number(day);
                        take(deduction.hours_mut(at, day), entry.bits(day));
                    }
                }
            }
        };
        match column {
            DustColumn::Measured | DustColumn::Official => {}
            DustColumn::Recognised => each(DustStage::Recognised, |hours, bits| *hours |= bits),
            DustColumn::Reported => {
                each(DustStage::Reported, |hours, bits| *hours |= bits);
                each(DustStage::Rejected, |hours, bits| *hours &= !bits);
                each(DustStage::Recognised, |hours, bits| *hours |= bits);
            }
        }
        deduction
    }

    /// The newest official figure of an entity from 1 January to a day at most.
    #[must_use]
    pub fn official_to_date(
        &self,
        entity: &str,
        figure: TargetIndicator,
        (from, until): (Day, Day),
    ) -> Option<&OfficialFigure> {
        let fits = |f: &&OfficialFigure| {
            f.entity == entity && f.figure == figure && f.span.from == from && f.span.to <= until
        };
        self.official.iter().filter(fits).max_by_key(|f| f.span.to)
    }
}

/// A label as people write it: `2025-04-11 03`, the hour that ends at three; 24 ends the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndingHour(pub Hour);

impl fmt::Display for EndingHour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:02}", self.0.day(), self.0.ending())
    }
}

impl std::str::FromStr for EndingHour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (day, hour) = text.split_once(' ')?;
            let day: Day = day.parse().ok()?;
            let plain = hour.len() == 2 && hour.bytes().all(|b| b.is_ascii_digit());
            let ending: usize = hour.parse().ok().filter(|_| plain)?;
            (1..=24).contains(&ending).then(|| Self(day.hour(ending - 1)))
        };
        let expected = "must name an hour by its end, 01 to 24, as in \"2025-04-11 03\"";
        read().ok_or_else(|| format!("{expected}, got {text:?}"))
    }
}
