//! The figures of an hour as a list of named values: the columns of a stored row, and of its revisions.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Figures;
use crate::index::Pollutants;
use crate::observation::{POLLUTANTS, Pollutant, Reading, Validity};
use crate::quantity::Amount;

/// One figure as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Missing.
    Nothing,
    /// A count, an index, or a concentration in 0.001 µg/m³.
    Number(i64),
    /// Primary pollutants.
    Primary(Pollutants),
    /// A station's value that does not count, and why.
    Invalid(Validity),
}

/// All figures of an hour, in the order of [`Figures::NAMES`].
pub type Values = [Value; Figures::NAMES.len()];

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Number(n) => n.fmt(f),
            Self::Primary(pollutants) => pollutants.fmt(f),
            Self::Invalid(validity) => f.write_str(validity.name()),
        }
    }
}

/// In JSON: null, a number, or a text.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nothing => to.serialize_none(),
            Self::Number(n) => to.serialize_i64(*n),
            Self::Primary(_) | Self::Invalid(_) => to.collect_str(self),
        }
    }
}

impl From<Reading> for Value {
    fn from(reading: Reading) -> Self {
        match reading.validity {
            Validity::Missing => Self::Nothing,
            valid if valid.is_valid() => Self::Number(reading.amount.milli().into()),
            invalid => Self::Invalid(invalid),
        }
    }
}

impl From<Option<Amount>> for Value {
    fn from(amount: Option<Amount>) -> Self {
        amount.map_or(Self::Nothing, |a| Self::Number(a.milli().into()))
    }
}

impl From<Option<u16>> for Value {
    fn from(index: Option<u16>) -> Self {
        index.map_or(Self::Nothing, |n| Self::Number(n.into()))
    }
}

/// The five with a 24-h mean.
const MEANS: [Pollutant; 5] =
    [Pollutant::Pm2_5, Pollutant::Pm10, Pollutant::So2, Pollutant::No2, Pollutant::Co];

impl Figures {
    /// The names of [`Figures::values`].
    pub const NAMES: [&str; 37] = [
        "aqi",
        "primary_pollutants",
        "pm2_5",
        "pm10",
        "so2",
        "no2",
        "co",
        "o3",
        "pm2_5_24h",
        "pm10_24h",
        "so2_24h",
        "no2_24h",
        "co_24h",
        "o3_8h",
        "o3_8h_max_today",
        "o3_1h_max_today",
        "pm2_5_day",
        "pm10_day",
        "so2_day",
        "no2_day",
        "co_day",
        "aqi_day",
        "primary_day",
        "hours_day",
        "stations_expected",
        "pm2_5_stations",
        "pm10_stations",
        "so2_stations",
        "no2_stations",
        "co_stations",
        "o3_stations",
        "pm2_5_24h_hours",
        "pm10_24h_hours",
        "so2_24h_hours",
        "no2_24h_hours",
        "co_24h_hours",
        "o3_24h_hours",
    ];

    /// Every figure, in the order of [`Figures::NAMES`].
    #[must_use]
    pub fn values(&self) -> Values {
        let mut all = [Value::Nothing; Self::NAMES.len()];
        let concentrations = POLLUTANTS.map(|p| self.concentration[p.index()].into());
        let rolling = MEANS.map(|p| self.rolling_24h[p.index()].into());
        let ozone = [self.o3_8h, self.o3_8h_max_today, self.o3_1h_max_today].map(Value::from);
        let day = MEANS.map(|p| self.day[p.index()].into());
        let stations = self.coverage.map(|c| Value::Number(c.present.into()));
        let windows = self.hours_24h.map(|hours| Value::Number(hours.into()));
        let parts: [&[Value]; 9] = [
            &[self.index.aqi.into(), Value::Primary(self.index.primary)],
            &concentrations,
            &rolling,
            &ozone,
            &day,
            &[self.day_index.aqi.into(), Value::Primary(self.day_index.primary)],
            &[
                Value::Number(self.hours_day.into()),
                Value::Number(self.coverage[0].expected.into()),
            ],
            &stations,
            &windows,
        ];
        for (slot, value) in all.iter_mut().zip(parts.into_iter().flatten()) {
            *slot = *value;
        }
        all
    }
}
