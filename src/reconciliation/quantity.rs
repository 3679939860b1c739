//! What the platform publishes, by the names of our own figures.

use super::{Inputs, all_six};
use crate::area::{Figures, Value};
use crate::index::{Category, Index, Pollutants};
use crate::observation::{Pollutant, Property};
use crate::quantity::{decimal, parse_decimal};
use crate::time::{DAY_H, Hour};

/// A figure that both publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantity {
    /// The AQI of the hour.
    Aqi,
    /// Its class.
    Category,
    /// Its primary pollutants.
    Primary,
    /// The hour's concentration.
    Hour(Pollutant),
    /// The mean of the last 24 hours.
    Rolling24h(Pollutant),
    /// Ozone of the last 8 hours.
    OzoneEightHours,
    /// The largest of these of the day so far.
    OzoneEightHoursMax,
    /// The largest hourly ozone of the day so far.
    OzoneOneHourMax,
    /// The mean of the day so far; of the day in its last hour.
    Day(Pollutant),
    /// The AQI of the day so far; of the day in its last hour.
    AqiDay,
    /// Its primary pollutants.
    PrimaryDay,
}

use Pollutant::{Co, No2, O3, Pm2_5, Pm10, So2};

/// The largest AQI there is.
const AQI_MAX: u16 = 500;

impl Quantity {
    /// Every quantity, in the order in which they are shown.
    pub const ALL: [Self; 24] = [
        Self::Aqi,
        Self::Category,
        Self::Primary,
        Self::Hour(Pm2_5),
        Self::Hour(Pm10),
        Self::Hour(So2),
        Self::Hour(No2),
        Self::Hour(Co),
        Self::Hour(O3),
        Self::Rolling24h(Pm2_5),
        Self::Rolling24h(Pm10),
        Self::Rolling24h(So2),
        Self::Rolling24h(No2),
        Self::Rolling24h(Co),
        Self::OzoneEightHours,
        Self::OzoneEightHoursMax,
        Self::OzoneOneHourMax,
        Self::Day(Pm2_5),
        Self::Day(Pm10),
        Self::Day(So2),
        Self::Day(No2),
        Self::Day(Co),
        Self::AqiDay,
        Self::PrimaryDay,
    ];

    /// The name in files, messages, JSON and the store: that of our own figure.
    #[must_use]
    pub const fn name(self) -> &'static str {
        const ROLLING: [&str; Pollutant::COUNT] =
            ["pm2_5_24h", "pm10_24h", "so2_24h", "no2_24h", "co_24h", "o3_24h"];
        const DAY: [&str; Pollutant::COUNT] =
            ["pm2_5_day", "pm10_day", "so2_day", "no2_day", "co_day", "o3_day"];
        match self {
            Self::Aqi => "aqi",
            Self::Category => "category",
            Self::Primary => "primary_pollutants",
            Self::Hour(p) => p.code(),
            Self::Rolling24h(p) => ROLLING[p.index()],
            Self::OzoneEightHours => "o3_8h",
            Self::OzoneEightHoursMax => "o3_8h_max_today",
            Self::OzoneOneHourMax => "o3_1h_max_today",
            Self::Day(p) => DAY[p.index()],
            Self::AqiDay => "aqi_day",
            Self::PrimaryDay => "primary_day",
        }
    }

    /// From the name; `primary` and `o3_max_1h_today` are understood too.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "primary" => Some(Self::Primary),
            "o3_max_1h_today" => Some(Self::OzoneOneHourMax),
            _ => Self::ALL.into_iter().find(|quantity| quantity.name() == name),
        }
    }

    /// The pollutant whose concentration it is.
    #[must_use]
    pub const fn pollutant(self) -> Option<Pollutant> {
        match self {
            Self::Hour(p) | Self::Rolling24h(p) | Self::Day(p) => Some(p),
            Self::OzoneEightHours | Self::OzoneEightHoursMax | Self::OzoneOneHourMax => Some(O3),
            Self::Aqi | Self::Category | Self::Primary | Self::AqiDay | Self::PrimaryDay => None,
        }
    }

    /// Ours: an index, a class from 1 to 6, or a concentration in 0.001 µg/m³.
    #[must_use]
    pub fn of(self, figures: &Figures) -> Value {
        match self {
            Self::Aqi => figures.index.aqi.into(),
            Self::Category => figures.index.category().map(|c| u16::from(c.level())).into(),
            Self::Primary => primary(&figures.index),
            Self::Hour(p) => figures.concentration[p.index()].into(),
            Self::Rolling24h(p) => figures.rolling_24h[p.index()].into(),
            Self::OzoneEightHours => figures.o3_8h.into(),
            Self::OzoneEightHoursMax => figures.o3_8h_max_today.into(),
            Self::OzoneOneHourMax => figures.o3_1h_max_today.into(),
            Self::Day(p) => figures.day[p.index()].into(),
            Self::AqiDay => figures.day_index.aqi.into(),
            Self::PrimaryDay => primary(&figures.day_index),
        }
    }

    /// Reads a value as written: a number, the code of a class, or codes of pollutants joined by `;`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(self, text: &str) -> Result<Value, String> {
        match self {
            Self::Aqi | Self::AqiDay => {
                let aqi = text.parse::<u16>().ok().filter(|aqi| *aqi <= AQI_MAX);
                let aqi = aqi.ok_or_else(|| format!("0 to {AQI_MAX} expected, got {text:?}"))?;
                Ok(Value::from(Some(aqi)))
            }
            Self::Category => {
                let class = Category::ALL.into_iter().find(|class| class.code() == text);
                let class = class.ok_or_else(|| {
                    let codes = Category::ALL.map(Category::code).join(", ");
                    format!("one of {codes} expected, got {text:?}")
                })?;
                Ok(Value::from(Some(u16::from(class.level()))))
            }
            Self::Primary | Self::PrimaryDay => pollutants(text).map(Value::Primary),
            Self::Hour(_)
            | Self::Rolling24h(_)
            | Self::OzoneEightHours
            | Self::OzoneEightHoursMax
            | Self::OzoneOneHourMax
            | Self::Day(_) => self.concentration(text),
        }
    }

    fn concentration(self, text: &str) -> Result<Value, String> {
        let pollutant = self.pollutant().unwrap_or(O3);
        let amount = parse_decimal(text.as_bytes(), pollutant.unit().milli_digits());
        let amount = amount.map_err(|_| format!("a concentration expected, got {text:?}"))?;
        let (least, most) = Property::Pollutant(pollutant).plausible();
        if !(least..=most).contains(&amount.milli()) {
            return Err(format!("{text} is no possible concentration"));
        }
        Ok(Value::from(Some(amount)))
    }

    /// How far apart two roundings of the same value may come; `None` where nothing is rounded.
    #[must_use]
    pub const fn step(self) -> Option<i64> {
        match self {
            Self::Aqi | Self::AqiDay => Some(1),
            Self::Category | Self::Primary | Self::PrimaryDay => None,
            Self::Hour(Co) | Self::Rolling24h(Co) | Self::Day(Co) => Some(100_000),
            Self::Hour(_)
            | Self::Rolling24h(_)
            | Self::OzoneEightHours
            | Self::OzoneEightHoursMax
            | Self::OzoneOneHourMax
            | Self::Day(_) => Some(1000),
        }
    }

    /// The pollutants it rests on, and the number of hours that end with `hour`.
    pub(super) fn inputs(self, hour: Hour) -> Inputs {
        let so_far = hour.of_day() + 1;
        match self {
            Self::Aqi | Self::Category | Self::Primary => (all_six(), 1),
            Self::Hour(p) => (vec![p], 1),
            Self::Rolling24h(p) => (vec![p], DAY_H),
            Self::OzoneEightHours => (vec![O3], 8),
            Self::OzoneEightHoursMax | Self::OzoneOneHourMax => (vec![O3], so_far),
            Self::Day(p) => (vec![p], so_far),
            Self::AqiDay | Self::PrimaryDay => (all_six(), so_far),
        }
    }

    /// The value as people read it: a class by its code, concentrations in the unit of their pollutant.
    #[must_use]
    pub fn show(self, value: Value) -> String {
        let number = match value {
            Value::Number(number) => number,
            Value::Nothing => return String::new(),
            Value::Primary(_) | Value::Invalid(_) => return value.to_string(),
        };
        if self == Self::Category {
            let class = usize::try_from(number - 1).ok().and_then(|at| Category::ALL.get(at));
            return class.map_or_else(String::new, |class| class.code().to_owned());
        }
        self.show_number(number)
    }

    /// A number of this quantity, or a difference of two, in the unit in which people read it.
    #[must_use]
    pub fn show_number(self, number: i64) -> String {
        let Some(pollutant) = self.pollutant() else { return number.to_string() };
        let decimals = match pollutant {
            Co if number % 100_000 != 0 => 2, // the platform, of a city
            Co => 1,
            Pm2_5 | Pm10 | So2 | No2 | O3 => 0,
        };
        decimal(number, pollutant.unit().milli_digits(), decimals)
    }
}

/// Without an AQI there is nothing of which pollutants could be the primary ones.
fn primary(index: &Index) -> Value {
    index.aqi.map_or(Value::Nothing, |_| Value::Primary(index.primary))
}

/// Codes joined by `;`; none are none.
fn pollutants(text: &str) -> Result<Pollutants, String> {
    let codes = text.split(';').map(str::trim).filter(|code| !code.is_empty());
    let one = |code: &str| match Property::parse(code) {
        Some(Property::Pollutant(pollutant)) => Ok(pollutant),
        _ => Err(format!("codes of pollutants joined by ; expected, got {text:?}")),
    };
    codes.map(one).collect()
}
