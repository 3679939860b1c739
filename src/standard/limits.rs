//! The limits of GB 3095 and how many values an average needs.

use crate::observation::Pollutant;
use crate::quantity::Amount;

use super::{InForce, Practice, Source};

/// The averaging time of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Average {
    /// 1 hour.
    Hour,
    /// The daily maximum of the rolling 8-hour means.
    Mda8,
    /// A natural day.
    Day,
    /// A season.
    Season,
    /// A year.
    Year,
}

impl Average {
    /// The code in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Mda8 => "mda8",
            Self::Day => "day",
            Self::Season => "season",
            Self::Year => "year",
        }
    }

    /// As people write it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Hour => "1 小时平均",
            Self::Mda8 => "日最大 8 小时平均",
            Self::Day => "24 小时平均",
            Self::Season => "季平均",
            Self::Year => "年平均",
        }
    }
}

/// The class of area a limit holds in (GB 3095 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LimitClass {
    /// 一级: nature reserves and the like.
    I,
    /// 二级: where people live and work.
    II,
}

/// One limit, both classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The substance's code; of the six pollutants theirs.
    pub substance: &'static str,
    /// The averaging time.
    pub average: Average,
    /// Classes I and II as printed, in `unit`.
    pub printed: [&'static str; 2],
    /// The unit of the printed numbers.
    pub unit: &'static str,
    /// Classes I and II, for the six pollutants.
    pub(super) amounts: Option<(Pollutant, [Amount; 2])>,
    /// Where that is said.
    pub source: Source,
}

/// How many values a figure needs, as printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidityRow {
    /// The figure.
    pub figure: &'static str,
    /// The least number.
    pub minimum: u16,
    /// Of how many, where that is fixed.
    pub of: Option<u16>,
    /// What is counted.
    pub unit: &'static str,
    /// For which pollutants.
    pub pollutants: &'static str,
    /// Where that is said.
    pub source: Source,
}

/// How many values a figure needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataValidity {
    /// Minutes of sampling in an hour.
    pub hour_min_minutes: u16,
    /// Hours of a rolling 8-hour mean.
    pub rolling_8h_min_hours: u16,
    /// Hours of a rolling 24-hour mean.
    pub rolling_24h_min_hours: u16,
    /// Hours of a daily mean.
    pub day_min_hours: u16,
    /// The first hour of the day, by its end, at which an 8-hour window of MDA8 ends.
    pub mda8_first_window: u16,
    /// The last one.
    pub mda8_last_window: u16,
    /// Valid windows that MDA8 needs.
    pub mda8_min_windows: u16,
    /// With fewer windows MDA8 still stands when it is above this.
    pub mda8_kept_above: Amount,
    /// Days of a month.
    pub month_min_days: u16,
    /// Days of a February.
    pub february_min_days: u16,
    /// Days of a year.
    pub year_min_days: u16,
}

/// One edition of GB 3095, or one stage of it.
#[derive(Clone, Debug)]
pub struct LimitEdition {
    pub(super) id: &'static str,
    pub(super) document: &'static str,
    pub(super) title: &'static str,
    pub(super) in_force: InForce,
    pub(super) sources: Vec<Source>,
    pub(super) limits: Vec<Limit>,
    pub(super) validity_rows: Vec<ValidityRow>,
    /// By practice.
    pub(super) validity: [DataValidity; 2],
}

impl LimitEdition {
    /// `gb3095_2012`, `gb3095_2026_transitional`, `gb3095_2026_full`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// `GB 3095—2026`.
    #[must_use]
    pub const fn document(&self) -> &'static str {
        self.document
    }

    /// The document's title.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        self.title
    }

    /// When it is in force.
    #[must_use]
    pub const fn in_force(&self) -> InForce {
        self.in_force
    }

    /// The places its rows refer to.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Every limit, as printed.
    #[must_use]
    pub fn limits(&self) -> &[Limit] {
        &self.limits
    }

    /// The limit of one of the six pollutants.
    #[must_use]
    pub fn limit(
        &self,
        pollutant: Pollutant,
        average: Average,
        class: LimitClass,
    ) -> Option<Amount> {
        self.limits.iter().find_map(|l| {
            let (of, amounts) = l.amounts?;
            (of == pollutant && l.average == average).then_some(amounts[class as usize])
        })
    }

    /// How many values a figure needs, by the letter or by the platform's practice.
    #[must_use]
    pub const fn data_validity(&self, practice: Practice) -> &DataValidity {
        &self.validity[practice as usize]
    }

    /// The same as printed.
    #[must_use]
    pub fn validity_rows(&self) -> &[ValidityRow] {
        &self.validity_rows
    }
}
