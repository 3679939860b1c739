//! What the sources leave open: named parameters with a chosen default.
//!
//! In: configuration. Out: [`Parameters`], and [`Parameters::list`] and [`DECISIONS`] for showing.
//!
//! Why: where a clause is silent or sources disagree, a figure must say which way was taken, and
//! another way must be one setting away.

use std::fmt;

/// Declares an enum whose values have a code in configuration, files and JSON.
macro_rules! coded {
    (
        $(#[$meta:meta])*
        $name:ident { $($(#[$doc:meta])* $value:ident = $code:literal),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Deserialize, serde::Serialize,
        )]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $code)] $value),+
        }

        impl $name {
            /// Every value, the default first.
            pub const ALL: &[Self] = &[$(Self::$value),+];

            /// The codes of [`Self::ALL`].
            pub const CODES: &[&str] = &[$($code),+];

            /// The code in configuration, files and JSON.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$value => $code),+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.code())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownCode;

            fn from_str(text: &str) -> Result<Self, UnknownCode> {
                let found = Self::ALL.iter().find(|v| v.code() == text);
                found.copied().ok_or(UnknownCode { expected: Self::CODES })
            }
        }
    };
}

/// A text that names no value of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownCode {
    /// The codes that are known.
    pub expected: &'static [&'static str],
}

impl std::error::Error for UnknownCode {}

impl fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected one of: {}", self.expected.join(", "))
    }
}

coded! {
    /// Whose way of applying an edition a figure follows.
    Practice {
        /// The text of the edition.
        #[default]
        Letter = "letter",
        /// What the national platform does, seen on its published figures.
        NationalPlatform = "national_platform",
    }
}

coded! {
    /// What a figure is about; the national platform rounds areas differently from stations.
    Entity {
        /// One station.
        #[default]
        Station = "station",
        /// An area: concentrations averaged over its stations.
        Area = "area",
    }
}

coded! {
    /// Whether a concentration is rounded before its index is taken (2012; in 2026 a clause).
    RoundBeforeIndex {
        /// Rounded half to even, as HJ 633-2026 says.
        #[default]
        HalfEven = "half_even",
        /// The exact mean enters the index.
        Exact = "exact",
    }
}

coded! {
    /// What an AQI of the 2012 edition is worth when a pollutant is missing.
    Missing2012 {
        /// The AQI of what is there, marked partial.
        #[default]
        Available = "available",
        /// The rule of 2026: only when above 100.
        Na100 = "na100",
    }
}

coded! {
    /// How many of its stations an area's daily value needs.
    StationShareDay {
        /// At least 75 % of them, and 50 % of fewer than four.
        #[default]
        ThreeQuarters = "three_quarters",
        /// One.
        Any = "any",
    }
}

coded! {
    /// In which order an area's daily value is taken.
    AreaDayOrder {
        /// Each station's day, then the mean over the stations.
        #[default]
        StationsFirst = "stations_first",
        /// The area's hours, rounded as they are published, then their day.
        HoursFirst = "hours_first",
    }
}

coded! {
    /// From which daily values the figures of a period are taken.
    PeriodFrom {
        /// Exact ones; rounding only where a figure is shown.
        #[default]
        Unrounded = "unrounded",
        /// Daily values as they are shown.
        Rounded = "rounded",
    }
}

coded! {
    /// How a figure is held against a target.
    TargetCompare {
        /// The figure as it is published: rounded to the target's decimals, at least its own.
        #[default]
        Rounded = "rounded",
        /// The exact figure.
        Exact = "exact",
    }
}

coded! {
    /// What a dust entry takes out of a station's particulate matter.
    DustDeducts {
        /// The hours that it names.
        #[default]
        Hours = "hours",
        /// Every whole day of which it names an hour.
        Days = "days",
    }
}

coded! {
    /// What becomes of the index of a day with deducted hours.
    DustDays {
        /// The measured one stays: classes, good and heavy days are those of the air that was breathed.
        #[default]
        Kept = "kept",
        /// A day above 100 that would not be above it without these hours is no valid day.
        LeftOut = "left_out",
    }
}

/// The open points that a figure of this edition or that may turn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// Letter of the edition, or practice of the national platform.
    pub practice: Practice,
    /// Rounding before the index, 2012.
    pub round_before_index: RoundBeforeIndex,
    /// Missing pollutants, 2012.
    pub missing_2012: Missing2012,
    /// Stations of an area's day.
    pub station_share_day: StationShareDay,
    /// Order of an area's day.
    pub area_day_order: AreaDayOrder,
    /// Valid hours that the daily maximum of hourly ozone needs (2012).
    pub o3_max_1h_min_hours: u16,
    /// Daily values behind a period.
    pub period_from: PeriodFrom,
    /// Figures against targets.
    pub target_compare: TargetCompare,
    /// What is deducted for dust. Not written where it is the default, so that rules that were written down
    /// before there was such a choice keep their digest.
    #[serde(skip_serializing_if = "is_default")]
    pub dust_deducts: DustDeducts,
    /// The index of a day with deducted hours; written as the one before.
    #[serde(skip_serializing_if = "is_default")]
    pub dust_days: DustDays,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Default for Parameters {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// One parameter as people read it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ParameterRow {
    /// The name in configuration.
    pub name: &'static str,
    /// The value in use.
    pub value: String,
    /// The default.
    pub default: String,
    /// The other values it may take.
    pub alternatives: Vec<&'static str>,
    /// Why the default was chosen, and what it moves.
    pub why: &'static str,
}

fn row<T: fmt::Display>(
    (name, why): (&'static str, &'static str),
    value: T,
    default: T,
    codes: &[&'static str],
) -> ParameterRow {
    let (value, default) = (value.to_string(), default.to_string());
    let alternatives = codes.iter().copied().filter(|c| *c != default).collect();
    ParameterRow { name, value, default, alternatives, why }
}

impl Parameters {
    /// What was chosen.
    pub const DEFAULT: Self = Self {
        practice: Practice::Letter,
        round_before_index: RoundBeforeIndex::HalfEven,
        missing_2012: Missing2012::Available,
        station_share_day: StationShareDay::ThreeQuarters,
        area_day_order: AreaDayOrder::StationsFirst,
        o3_max_1h_min_hours: 20,
        period_from: PeriodFrom::Unrounded,
        target_compare: TargetCompare::Rounded,
        dust_deducts: DustDeducts::Hours,
        dust_days: DustDays::Kept,
    };

    /// The choices that the figures of hours turn on, which are stored; all others, of days, periods, targets
    /// and dust, at their default.
    #[must_use]
    pub fn of_hours(&self) -> Self {
        let Self { practice, round_before_index, missing_2012, .. } = *self;
        Self { practice, round_before_index, missing_2012, ..Self::DEFAULT }
    }

    /// Every parameter with its value, default, alternatives and reason.
    #[must_use]
    pub fn list(&self) -> Vec<ParameterRow> {
        let d = Self::default();
        vec![
            row(PRACTICE, self.practice, d.practice, Practice::CODES),
            row(
                ROUND_BEFORE_INDEX,
                self.round_before_index,
                d.round_before_index,
                RoundBeforeIndex::CODES,
            ),
            row(MISSING_2012, self.missing_2012, d.missing_2012, Missing2012::CODES),
            row(
                STATION_SHARE_DAY,
                self.station_share_day,
                d.station_share_day,
                StationShareDay::CODES,
            ),
            row(AREA_DAY_ORDER, self.area_day_order, d.area_day_order, AreaDayOrder::CODES),
            row(O3_MAX_1H_MIN_HOURS, self.o3_max_1h_min_hours, d.o3_max_1h_min_hours, &["1"]),
            row(PERIOD_FROM, self.period_from, d.period_from, PeriodFrom::CODES),
            row(TARGET_COMPARE, self.target_compare, d.target_compare, TargetCompare::CODES),
            row(DUST_DEDUCTS, self.dust_deducts, d.dust_deducts, DustDeducts::CODES),
            row(DUST_DAYS, self.dust_days, d.dust_days, DustDays::CODES),
        ]
    }
}

/// Name of a parameter and the reason for its default.
type Reason = (&'static str, &'static str);

const PRACTICE: Reason = (
    "practice",
    "letter follows the text of the edition; national_platform what the platform does: 1-h PM in \
     2012 hours, half-up for area concentrations and area AQI, area CO with two decimals",
);
const ROUND_BEFORE_INDEX: Reason = (
    "round_before_index",
    "2026 says half to even, 2012 does not say; published figures are rounded ones. Moves the AQI \
     on 28 to 35 % of days, the class on 0.5 to 1.8 %. Has no effect on 2026",
);
const MISSING_2012: Reason = (
    "missing_2012",
    "the 2012 text has no such clause; a partial AQI can only err towards good, so it is marked",
);
const STATION_SHARE_DAY: Reason = (
    "station_share_day",
    "recalled, not read; with any, a day can turn good because stations lack PM2.5",
);
const AREA_DAY_ORDER: Reason = (
    "area_day_order",
    "HJ 663 averages daily values over stations as public code has it; the sources leave it open",
);
const PERIOD_FROM: Reason =
    ("period_from", "rounding once, where a figure is shown; moves indices in the second decimal");
const TARGET_COMPARE: Reason = (
    "target_compare",
    "a plan is held against the figure that is published, which is rounded once (ratios to 0.1 %); \
     GB/T 8170 knows both ways and takes the exact one where a document says nothing (recalled, \
     not read), so a figure within half a digit of its target may be told the other way",
);
const DUST_DEDUCTS: Reason = (
    "dust_deducts",
    "the letter 环办监测〔2016〕120号 has affected hours reported and the data concerned taken out \
     in review, for assessment and ranking (its annex was not read); days takes a station's whole \
     PM day instead. A day that keeps fewer than 20 hours has no PM mean either way",
);
const DUST_DAYS: Reason = (
    "dust_days",
    "the national centre's monthly report computes PM10, PM2.5 and the composite index without \
     dust and keeps dust days in the good-day ratio and the count of heavy days; the ministry's \
     news give a ratio 扣除沙尘异常超标天后 too (recalled), which is left_out",
);
const O3_MAX_1H_MIN_HOURS: Reason = (
    "o3_max_1h_min_hours",
    "without it a day with one hour of ozone becomes excellent (2012 only)",
);
/// An open point that was decided and has no switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Decision {
    /// Its name.
    pub name: &'static str,
    /// What was chosen.
    pub chosen: &'static str,
    /// Why.
    pub why: &'static str,
}

/// The open points without a switch.
pub const DECISIONS: &[Decision] = &[
    Decision {
        name: "missing_2026",
        chosen: "AQI only when above 100 from the rest, else NA",
        why: "HJ 633-2026 5.3.1",
    },
    Decision {
        name: "hours_2012_letter",
        chosen: "PM through its 24-h rolling mean, O3 through 1 h and 8 h",
        why: "HJ 633-2012 table 4 has no IAQI for a 1-h PM mean",
    },
    Decision {
        name: "so2_1h_above_800_2012",
        chosen: "no IAQI; the pollutant is not missing; national_platform: 200",
        why: "HJ 633-2012 table 1 note (2); seen on the platform",
    },
    Decision {
        name: "o3_8h_above_800_2012",
        chosen: "no IAQI from it, the 1-h value counts",
        why: "HJ 633-2012 table 1 note (3)",
    },
    Decision {
        name: "all_zero",
        chosen: "IAQI 0, AQI 0, excellent",
        why: "the formula gives 0; the printed range of 2026 starts at 1",
    },
    Decision {
        name: "above_the_scale",
        chosen: "IAQI 500 and the mark beyond_index",
        why: "the range of the AQI ends at 500",
    },
    Decision {
        name: "ties_of_primary_pollutants",
        chosen: "all, in the order pm10, pm2_5, o3, no2, so2, co; the rounded IAQIs are compared",
        why: "the standard defines the IAQI as the rounded figure; the order is the platform's",
    },
    Decision {
        name: "area_window_order",
        chosen: "the mean of the stations' rolling means",
        why: "the platform's own order could not be told from data",
    },
    Decision {
        name: "station_share_hour",
        chosen: "at least one station; coverage is shown",
        why: "the platform does so",
    },
    Decision {
        name: "mda8",
        chosen: "windows ending at hours 8..24, each 6 of 8; 14 of 17, or the maximum is above 160",
        why: "HJ 663-2013 6.1.2; nothing is shown before hour 8",
    },
    Decision {
        name: "valid_day",
        chosen: "a day with an AQI; ratio = good / valid days, its denominator beside it",
        why: "HJ 663-2013 counts valid days; a partial day is counted and given beside the ratio",
    },
    Decision {
        name: "percentile",
        chosen: "k = 1 + (n-1)p on the valid days, linear between neighbours",
        why: "seen in public code; the annex of HJ 663-2013 was not read",
    },
    Decision {
        name: "composite",
        chosen: "plain sum of six single indices; the weighted reading of 2026 is given beside it",
        why: "sources conflict on the weights of HJ 663-2026; two decimals by 2012, three by 2026",
    },
    Decision {
        name: "edition_of_a_window",
        chosen: "the one in force at the start of its last hour",
        why: "windows cross 2026-03-01",
    },
    Decision {
        name: "days_before_2016",
        chosen: "the 2012 editions",
        why: "pilot cities used them before the nationwide date",
    },
    Decision {
        name: "index_from_2031",
        chosen: "the breakpoints of HJ 633-2026 stay when the limits of GB 3095-2026 tighten",
        why: "HJ 633-2026 has one table and names no change in 2031",
    },
    Decision {
        name: "finer_than_0_001_ug_m3",
        chosen: "half to even",
        why: "the fixed point ends there",
    },
];
