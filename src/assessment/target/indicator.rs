//! What a target may be about, with the units and decimals of its figures.

use std::fmt;

use crate::observation::Pollutant;
use crate::quantity::Unit;

/// What a target is about: figures of an assessment by the same names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetIndicator {
    /// Good days of the valid ones.
    GoodDayRatio,
    /// Days with an AQI of at most 100.
    DaysGood,
    /// Days with an AQI above 200.
    DaysHeavy,
    /// Days with an AQI above 200, of the valid ones.
    HeavyDayRatio,
    /// The mean of the daily values.
    Mean(Pollutant),
    /// The assessed percentile of the daily values; of ozone MDA8.
    Percentile(Pollutant),
    /// The plain sum of six single indices.
    CompositeIndex,
}

use TargetIndicator::{
    CompositeIndex, DaysGood, DaysHeavy, GoodDayRatio, HeavyDayRatio, Mean, Percentile,
};

/// Percentile of the daily values that is assessed, as in a [`super::Period`].
pub(super) const fn percentile_of(pollutant: Pollutant) -> u32 {
    match pollutant {
        Pollutant::So2 | Pollutant::No2 => 98,
        Pollutant::Pm2_5 | Pollutant::Pm10 | Pollutant::Co => 95,
        Pollutant::O3 => 90,
    }
}

/// On which side of its value a target is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// At the value or above.
    AtLeast,
    /// At the value or below.
    AtMost,
}

impl Direction {
    /// The code in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AtLeast => "at_least",
            Self::AtMost => "at_most",
        }
    }
}

impl TargetIndicator {
    /// Every indicator that a row may name.
    pub const ALL: [Self; 15] = [
        GoodDayRatio,
        DaysGood,
        DaysHeavy,
        HeavyDayRatio,
        Mean(Pollutant::Pm2_5),
        Mean(Pollutant::Pm10),
        Mean(Pollutant::So2),
        Mean(Pollutant::No2),
        Percentile(Pollutant::O3),
        Percentile(Pollutant::Co),
        Percentile(Pollutant::Pm2_5),
        Percentile(Pollutant::Pm10),
        Percentile(Pollutant::So2),
        Percentile(Pollutant::No2),
        CompositeIndex,
    ];

    /// The code in files and JSON: the name of the assessment's figure.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            GoodDayRatio => "good_day_ratio",
            DaysGood => "days_good",
            DaysHeavy => "days_heavy",
            HeavyDayRatio => "heavy_day_ratio",
            Mean(Pollutant::Pm2_5) => "pm2_5_mean",
            Mean(Pollutant::Pm10) => "pm10_mean",
            Mean(Pollutant::So2) => "so2_mean",
            Mean(Pollutant::No2) => "no2_mean",
            Mean(Pollutant::Co) => "co_mean",
            Mean(Pollutant::O3) => "o3_mda8_mean",
            Percentile(Pollutant::O3) => "o3_mda8_p90",
            Percentile(Pollutant::Co) => "co_p95",
            Percentile(Pollutant::Pm2_5) => "pm2_5_p95",
            Percentile(Pollutant::Pm10) => "pm10_p95",
            Percentile(Pollutant::So2) => "so2_p98",
            Percentile(Pollutant::No2) => "no2_p98",
            CompositeIndex => "composite_index",
        }
    }

    /// The name as people write it.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            GoodDayRatio => "优良天数比率".to_owned(),
            DaysGood => "优良天数".to_owned(),
            DaysHeavy => "重度及以上污染天数".to_owned(),
            HeavyDayRatio => "重度及以上污染天数比率".to_owned(),
            Mean(p) => format!("{}平均浓度", p.label()),
            Percentile(p) => {
                let daily = if p == Pollutant::O3 { "日最大8小时" } else { "日均" };
                format!("{}{daily}第{}百分位数", p.label(), percentile_of(p))
            }
            CompositeIndex => "综合指数".to_owned(),
        }
    }

    /// On which side of its value it is met.
    #[must_use]
    pub const fn direction(self) -> Direction {
        match self {
            GoodDayRatio | DaysGood => Direction::AtLeast,
            _ => Direction::AtMost,
        }
    }

    /// The pollutants whose percentiles it needs.
    pub(super) const fn percentiles(self) -> &'static [Pollutant] {
        match self {
            Percentile(Pollutant::Pm2_5) => &[Pollutant::Pm2_5],
            Percentile(Pollutant::Pm10) => &[Pollutant::Pm10],
            Percentile(Pollutant::So2) => &[Pollutant::So2],
            Percentile(Pollutant::No2) => &[Pollutant::No2],
            Percentile(Pollutant::Co) => &[Pollutant::Co],
            Percentile(Pollutant::O3) => &[Pollutant::O3],
            CompositeIndex => &[Pollutant::Co, Pollutant::O3],
            GoodDayRatio | DaysGood | DaysHeavy | HeavyDayRatio | Mean(_) => &[],
        }
    }

    /// Whether it counts days by their AQI.
    pub(super) const fn counts_days(self) -> bool {
        matches!(self, GoodDayRatio | DaysGood | DaysHeavy | HeavyDayRatio)
    }

    /// Whether it is a share, written in percent by people.
    pub(super) const fn is_ratio(self) -> bool {
        matches!(self, GoodDayRatio | HeavyDayRatio)
    }

    /// How the unit is called in JSON.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            GoodDayRatio | HeavyDayRatio | CompositeIndex => "1",
            DaysGood | DaysHeavy => "day",
            Mean(p) | Percentile(p) => match p.unit() {
                Unit::Micro => "ug_m3",
                Unit::Milli => "mg_m3",
            },
        }
    }

    /// What people write behind a figure.
    pub(super) const fn unit_zh(self) -> &'static str {
        match self {
            GoodDayRatio | HeavyDayRatio => "%",
            DaysGood | DaysHeavy => "天",
            CompositeIndex => "",
            Mean(p) | Percentile(p) => match p.unit() {
                Unit::Micro => "微克/立方米",
                Unit::Milli => "毫克/立方米",
            },
        }
    }

    /// 10 to this many is what a figure of one unit of JSON is inside.
    pub(super) const fn scale(self) -> u32 {
        match self {
            Mean(p) | Percentile(p) => p.unit().milli_digits(),
            _ => 0,
        }
    }

    /// Decimals with which it is published, in the unit that people write; by the edition of 2012 or 2026.
    pub(super) const fn published_decimals(self, is_2012: bool) -> u32 {
        match self {
            DaysGood | DaysHeavy => 0,
            GoodDayRatio | HeavyDayRatio => 1,
            CompositeIndex if is_2012 => 2,
            CompositeIndex => 3,
            Mean(p) | Percentile(p) => match p.unit() {
                Unit::Micro => 0,
                Unit::Milli => 1,
            },
        }
    }

    /// The largest value that makes sense, in the unit that people write.
    #[must_use]
    pub const fn most(self) -> u32 {
        match self {
            DaysGood | DaysHeavy => 366,
            GoodDayRatio | HeavyDayRatio | CompositeIndex => 100,
            Mean(_) | Percentile(_) => 1000,
        }
    }
}

impl fmt::Display for TargetIndicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl std::str::FromStr for TargetIndicator {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let codes = || Self::ALL.map(Self::code).join(", ");
        let found = Self::ALL.into_iter().find(|indicator| indicator.code() == text);
        found.ok_or_else(|| format!("must be one of {}", codes()))
    }
}
