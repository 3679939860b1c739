//! The six pollutants of the index, and the meteorological elements kept beside them.

use std::fmt;

use crate::quantity::{Amount, Unit, decimal};

/// A pollutant of HJ 633, in the order in which ties of primary pollutants are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pollutant {
    /// PM10.
    Pm10,
    /// PM2.5.
    Pm2_5,
    /// Ozone.
    O3,
    /// Nitrogen dioxide.
    No2,
    /// Sulphur dioxide.
    So2,
    /// Carbon monoxide, written in mg/m³.
    Co,
}

/// The pollutants in the order of columns on paper and in files.
pub const POLLUTANTS: [Pollutant; 6] = [
    Pollutant::Pm2_5,
    Pollutant::Pm10,
    Pollutant::So2,
    Pollutant::No2,
    Pollutant::Co,
    Pollutant::O3,
];

impl Pollutant {
    /// How many there are.
    pub const COUNT: usize = 6;

    /// In the order of ties of primary pollutants, which is the declared one.
    pub const BY_TIE: [Self; 6] =
        [Self::Pm10, Self::Pm2_5, Self::O3, Self::No2, Self::So2, Self::Co];

    /// Position in arrays, 0 to 5, as in [`POLLUTANTS`].
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Pm2_5 => 0,
            Self::Pm10 => 1,
            Self::So2 => 2,
            Self::No2 => 3,
            Self::Co => 4,
            Self::O3 => 5,
        }
    }

    /// The code in messages, files and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pm2_5 => "pm2_5",
            Self::Pm10 => "pm10",
            Self::So2 => "so2",
            Self::No2 => "no2",
            Self::Co => "co",
            Self::O3 => "o3",
        }
    }

    /// The name as people write it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pm2_5 => "PM2.5",
            Self::Pm10 => "PM10",
            Self::So2 => "SO₂",
            Self::No2 => "NO₂",
            Self::Co => "CO",
            Self::O3 => "O₃",
        }
    }

    /// The unit in messages, files and on the page.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Co => Unit::Milli,
            Self::Pm2_5 | Self::Pm10 | Self::So2 | Self::No2 | Self::O3 => Unit::Micro,
        }
    }
}

impl fmt::Display for Pollutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An observed property (ISO 19156): a pollutant, or a meteorological element.
///
/// Meteorology is kept and shown; it has no index.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize,
)]
#[serde(try_from = "String", into = "&str")]
pub enum Property {
    /// One of the six pollutants.
    Pollutant(Pollutant),
    /// Wind speed, m/s.
    WindSpeed,
    /// Wind direction, degrees from north.
    WindDirection,
    /// Air temperature, °C.
    Temperature,
    /// Relative humidity, %.
    Humidity,
    /// Air pressure, hPa.
    Pressure,
    /// Rain in the period, mm.
    Rain,
    /// Visibility, km.
    Visibility,
}

/// Every property, by its index: the pollutants, then the meteorological elements.
pub const PROPERTIES: [Property; 13] = [
    Property::Pollutant(Pollutant::Pm2_5),
    Property::Pollutant(Pollutant::Pm10),
    Property::Pollutant(Pollutant::So2),
    Property::Pollutant(Pollutant::No2),
    Property::Pollutant(Pollutant::Co),
    Property::Pollutant(Pollutant::O3),
    Property::WindSpeed,
    Property::WindDirection,
    Property::Temperature,
    Property::Humidity,
    Property::Pressure,
    Property::Rain,
    Property::Visibility,
];

impl From<Property> for &str {
    fn from(property: Property) -> Self {
        property.code()
    }
}

impl TryFrom<String> for Property {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        Self::parse(&code).ok_or_else(|| format!("unknown property {code:?}"))
    }
}

impl Property {
    /// How many there are.
    pub const COUNT: usize = 13;

    /// Position in [`PROPERTIES`]; a pollutant has its own index.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Pollutant(p) => p.index(),
            Self::WindSpeed => 6,
            Self::WindDirection => 7,
            Self::Temperature => 8,
            Self::Humidity => 9,
            Self::Pressure => 10,
            Self::Rain => 11,
            Self::Visibility => 12,
        }
    }

    /// The code in messages, files and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pollutant(p) => p.code(),
            Self::WindSpeed => "wind_speed",
            Self::WindDirection => "wind_direction",
            Self::Temperature => "temperature",
            Self::Humidity => "humidity",
            Self::Pressure => "pressure",
            Self::Rain => "rain",
            Self::Visibility => "visibility",
        }
    }

    /// The name on the page.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pollutant(p) => p.label(),
            Self::WindSpeed => "风速",
            Self::WindDirection => "风向",
            Self::Temperature => "气温",
            Self::Humidity => "相对湿度",
            Self::Pressure => "气压",
            Self::Rain => "降水",
            Self::Visibility => "能见度",
        }
    }

    /// The unit as written.
    #[must_use]
    pub const fn unit_text(self) -> &'static str {
        match self {
            Self::Pollutant(Pollutant::Co) => "mg/m³",
            Self::Pollutant(_) => "µg/m³",
            Self::WindSpeed => "m/s",
            Self::WindDirection => "°",
            Self::Temperature => "℃",
            Self::Humidity => "%",
            Self::Pressure => "hPa",
            Self::Rain => "mm",
            Self::Visibility => "km",
        }
    }

    /// An amount in its unit with the digits it has; CO has one at least.
    #[must_use]
    pub fn show(self, amount: Amount) -> String {
        let least = usize::from(self == Self::Pollutant(Pollutant::Co));
        let scale = self.wire_scale();
        let text = decimal(i64::from(amount.milli()), scale, scale);
        let Some((whole, digits)) = text.split_once('.') else { return text };
        let kept = digits.trim_end_matches('0').len().max(least);
        if kept == 0 { whole.to_owned() } else { format!("{whole}.{}", &digits[..kept]) }
    }

    /// Decimal digits between the unit on the wire and the stored 0.001.
    #[must_use]
    pub const fn wire_scale(self) -> u32 {
        match self {
            Self::Pollutant(p) => p.unit().milli_digits(),
            _ => 3,
        }
    }

    /// Finds a property by its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Some(match code {
            "pm2_5" => Self::Pollutant(Pollutant::Pm2_5),
            "pm10" => Self::Pollutant(Pollutant::Pm10),
            "so2" => Self::Pollutant(Pollutant::So2),
            "no2" => Self::Pollutant(Pollutant::No2),
            "co" => Self::Pollutant(Pollutant::Co),
            "o3" => Self::Pollutant(Pollutant::O3),
            "wind_speed" => Self::WindSpeed,
            "wind_direction" => Self::WindDirection,
            "temperature" => Self::Temperature,
            "humidity" => Self::Humidity,
            "pressure" => Self::Pressure,
            "rain" => Self::Rain,
            "visibility" => Self::Visibility,
            _ => return None,
        })
    }

    /// Smallest and largest amount that is taken as real, in 0.001 of the unit.
    ///
    /// Chosen, not from a standard: far outside what any monitor reports, so that only nonsense is
    /// caught here. A pollutant below zero is `negative`, everything else outside is `absurd`.
    #[must_use]
    pub const fn plausible(self) -> (i32, i32) {
        match self {
            Self::Pollutant(Pollutant::Co) => (0, 500_000_000),
            Self::Pollutant(Pollutant::Pm10) => (0, 50_000_000),
            Self::Pollutant(_) => (0, 10_000_000),
            Self::WindSpeed => (0, 120_000),
            Self::WindDirection => (0, 360_000),
            Self::Temperature => (-70_000, 70_000),
            Self::Humidity => (0, 100_000),
            Self::Pressure => (500_000, 1_100_000),
            Self::Rain => (0, 500_000),
            Self::Visibility => (0, 500_000),
        }
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
