//! The averages that enter an index, the columns of the breakpoint table, and the six classes.

use std::fmt;

use crate::observation::Pollutant;

/// An average of one pollutant that a report of HJ 633 may use.
///
/// A daily mean and a rolling 24-hour mean are the same indicator; so are MDA8 and a rolling 8-hour
/// mean of ozone. Which one is meant follows from the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Indicator {
    /// PM2.5, 1-hour mean.
    Pm2_5_1h,
    /// PM10, 1-hour mean.
    Pm10_1h,
    /// SO2, 1-hour mean.
    So2_1h,
    /// NO2, 1-hour mean.
    No2_1h,
    /// CO, 1-hour mean.
    Co1h,
    /// O3, 1-hour mean.
    O3_1h,
    /// PM2.5, daily or rolling 24-hour mean.
    Pm2_5_24h,
    /// PM10, daily or rolling 24-hour mean.
    Pm10_24h,
    /// SO2, daily or rolling 24-hour mean.
    So2_24h,
    /// NO2, daily or rolling 24-hour mean.
    No2_24h,
    /// CO, daily or rolling 24-hour mean.
    Co24h,
    /// O3, rolling 8-hour mean or its daily maximum (MDA8).
    O3_8h,
    /// O3, daily maximum of the 1-hour means (daily report of 2012 only).
    O3Max1h,
}

impl Indicator {
    /// How many there are.
    pub const COUNT: usize = 13;

    /// Every indicator, by its index.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Pm2_5_1h,
        Self::Pm10_1h,
        Self::So2_1h,
        Self::No2_1h,
        Self::Co1h,
        Self::O3_1h,
        Self::Pm2_5_24h,
        Self::Pm10_24h,
        Self::So2_24h,
        Self::No2_24h,
        Self::Co24h,
        Self::O3_8h,
        Self::O3Max1h,
    ];

    /// Position in [`Self::ALL`]; the 1-hour means stand at their pollutant's index.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The 1-hour mean of a pollutant.
    #[must_use]
    pub const fn hourly(pollutant: Pollutant) -> Self {
        match pollutant {
            Pollutant::Pm2_5 => Self::Pm2_5_1h,
            Pollutant::Pm10 => Self::Pm10_1h,
            Pollutant::So2 => Self::So2_1h,
            Pollutant::No2 => Self::No2_1h,
            Pollutant::Co => Self::Co1h,
            Pollutant::O3 => Self::O3_1h,
        }
    }

    /// What stands for a pollutant in every daily report: its daily mean, for ozone MDA8.
    #[must_use]
    pub const fn daily(pollutant: Pollutant) -> Self {
        match pollutant {
            Pollutant::Pm2_5 => Self::Pm2_5_24h,
            Pollutant::Pm10 => Self::Pm10_24h,
            Pollutant::So2 => Self::So2_24h,
            Pollutant::No2 => Self::No2_24h,
            Pollutant::Co => Self::Co24h,
            Pollutant::O3 => Self::O3_8h,
        }
    }

    /// The pollutant.
    #[must_use]
    pub const fn pollutant(self) -> Pollutant {
        /// Asked for ten times an hour and station: one look instead of one branch each time.
        const OF: [Pollutant; Indicator::COUNT] = {
            let (mut of, mut at) = ([Pollutant::O3; Indicator::COUNT], 0);
            while at < of.len() {
                of[at] = Indicator::ALL[at].its_pollutant();
                at += 1;
            }
            of
        };
        OF[self.index()]
    }

    const fn its_pollutant(self) -> Pollutant {
        match self {
            Self::Pm2_5_1h | Self::Pm2_5_24h => Pollutant::Pm2_5,
            Self::Pm10_1h | Self::Pm10_24h => Pollutant::Pm10,
            Self::So2_1h | Self::So2_24h => Pollutant::So2,
            Self::No2_1h | Self::No2_24h => Pollutant::No2,
            Self::Co1h | Self::Co24h => Pollutant::Co,
            Self::O3_1h | Self::O3_8h | Self::O3Max1h => Pollutant::O3,
        }
    }

    /// The code in files and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pm2_5_24h => "pm2_5_24h",
            Self::Pm10_24h => "pm10_24h",
            Self::So2_24h => "so2_24h",
            Self::No2_24h => "no2_24h",
            Self::Co24h => "co_24h",
            Self::O3_8h => "o3_8h",
            Self::O3Max1h => "o3_max_1h",
            Self::Pm2_5_1h
            | Self::Pm10_1h
            | Self::So2_1h
            | Self::No2_1h
            | Self::Co1h
            | Self::O3_1h => self.pollutant().code(),
        }
    }

    /// Finds an indicator by its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|i| i.code() == code)
    }
}

impl fmt::Display for Indicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// One of the ten columns of the breakpoint table (HJ 633-2012 table 1, HJ 633-2026 table 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
pub enum Column {
    /// SO2, 24 hours.
    #[serde(rename = "so2_24h")]
    So2_24h,
    /// SO2, 1 hour.
    #[serde(rename = "so2_1h")]
    So2_1h,
    /// NO2, 24 hours.
    #[serde(rename = "no2_24h")]
    No2_24h,
    /// NO2, 1 hour.
    #[serde(rename = "no2_1h")]
    No2_1h,
    /// CO, 24 hours.
    #[serde(rename = "co_24h")]
    Co24h,
    /// CO, 1 hour.
    #[serde(rename = "co_1h")]
    Co1h,
    /// O3, 1 hour.
    #[serde(rename = "o3_1h")]
    O3_1h,
    /// O3, 8 hours.
    #[serde(rename = "o3_8h")]
    O3_8h,
    /// PM10, 24 hours.
    #[serde(rename = "pm10_24h")]
    Pm10_24h,
    /// PM2.5, 24 hours.
    #[serde(rename = "pm2_5_24h")]
    Pm2_5_24h,
}

impl Column {
    /// How many there are.
    pub const COUNT: usize = 10;

    /// Every column, in the order of the printed table.
    pub const ALL: [Self; Self::COUNT] = [
        Self::So2_24h,
        Self::So2_1h,
        Self::No2_24h,
        Self::No2_1h,
        Self::Co24h,
        Self::Co1h,
        Self::O3_1h,
        Self::O3_8h,
        Self::Pm10_24h,
        Self::Pm2_5_24h,
    ];

    /// Position in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The code in the edition files.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::So2_24h => "so2_24h",
            Self::So2_1h => "so2_1h",
            Self::No2_24h => "no2_24h",
            Self::No2_1h => "no2_1h",
            Self::Co24h => "co_24h",
            Self::Co1h => "co_1h",
            Self::O3_1h => "o3_1h",
            Self::O3_8h => "o3_8h",
            Self::Pm10_24h => "pm10_24h",
            Self::Pm2_5_24h => "pm2_5_24h",
        }
    }

    /// The pollutant.
    #[must_use]
    pub const fn pollutant(self) -> Pollutant {
        /// Asked for ten times an hour and station: one look instead of one branch each time.
        const OF: [Pollutant; Column::COUNT] = {
            let (mut of, mut at) = ([Pollutant::O3; Column::COUNT], 0);
            while at < of.len() {
                of[at] = Column::ALL[at].its_pollutant();
                at += 1;
            }
            of
        };
        OF[self.index()]
    }

    const fn its_pollutant(self) -> Pollutant {
        match self {
            Self::So2_24h | Self::So2_1h => Pollutant::So2,
            Self::No2_24h | Self::No2_1h => Pollutant::No2,
            Self::Co24h | Self::Co1h => Pollutant::Co,
            Self::O3_1h | Self::O3_8h => Pollutant::O3,
            Self::Pm10_24h => Pollutant::Pm10,
            Self::Pm2_5_24h => Pollutant::Pm2_5,
        }
    }
}

/// Which report of HJ 633 an index belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportKind {
    /// The real-time report of one hour.
    Hour,
    /// The daily report of a natural day.
    Day,
}

impl ReportKind {
    /// `hour`, `day`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

/// The class of an AQI (HJ 633-2012 table 2, HJ 633-2026 table 1).
///
/// Names, colours and texts belong to the edition: [`super::IndexEdition::class`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// 优, 0 to 50.
    Excellent,
    /// 良, 51 to 100.
    Good,
    /// 轻度污染, 101 to 150.
    Light,
    /// 中度污染, 151 to 200.
    Moderate,
    /// 重度污染, 201 to 300.
    Heavy,
    /// 严重污染, above 300.
    Severe,
}

impl Category {
    /// How many there are.
    pub const COUNT: usize = 6;

    /// Every class, cleanest first.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Excellent, Self::Good, Self::Light, Self::Moderate, Self::Heavy, Self::Severe];

    /// The class of an AQI. Both editions draw the same borders; a test holds them to this.
    #[must_use]
    pub const fn of(aqi: u16) -> Self {
        match aqi {
            0..=50 => Self::Excellent,
            51..=100 => Self::Good,
            101..=150 => Self::Light,
            151..=200 => Self::Moderate,
            201..=300 => Self::Heavy,
            _ => Self::Severe,
        }
    }

    /// Position in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// 1 to 6, as in 一级 to 六级.
    #[must_use]
    pub const fn level(self) -> u8 {
        self as u8 + 1
    }

    /// The code in files and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Excellent => "excellent",
            Self::Good => "good",
            Self::Light => "light",
            Self::Moderate => "moderate",
            Self::Heavy => "heavy",
            Self::Severe => "severe",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
