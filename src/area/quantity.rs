//! The figures of an hour by the names that people ask for them with: the columns of an export.

use super::Figures;
use crate::observation::{POLLUTANTS, Pollutant};
use crate::quantity::Amount;

/// A figure of an hour, by the name of its column in an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// The AQI of the hour.
    Aqi,
    /// Its primary pollutants.
    Primary,
    /// The hour's own concentration.
    Concentration(Pollutant),
    /// The mean of the 24 hours that end with it; not of ozone.
    Rolling24h(Pollutant),
    /// The mean of ozone over the 8 hours that end with it.
    O3EightHours,
    /// The largest such mean of the day so far.
    O3EightHoursMaxToday,
    /// The mean since 00:00; not of ozone.
    Day(Pollutant),
    /// The AQI of the day so far.
    AqiDay,
    /// Its primary pollutants.
    PrimaryDay,
    /// Hours of the day so far with a value.
    HoursDay,
    /// The largest hourly ozone of the day so far; no column of an export.
    O3OneHourMaxToday,
}

/// The pollutants that have a mean over 24 hours.
const MEANS: [Pollutant; 5] =
    [Pollutant::Pm2_5, Pollutant::Pm10, Pollutant::So2, Pollutant::No2, Pollutant::Co];

impl Quantity {
    /// The columns of an export, in their order.
    #[must_use]
    pub fn columns() -> Vec<Self> {
        let mut all = vec![Self::Aqi, Self::Primary];
        all.extend(POLLUTANTS.map(Self::Concentration));
        all.extend(MEANS.map(Self::Rolling24h));
        all.extend([Self::O3EightHours, Self::O3EightHoursMaxToday]);
        all.extend(MEANS.map(Self::Day));
        all.extend([Self::AqiDay, Self::PrimaryDay, Self::HoursDay]);
        all
    }

    /// Every quantity.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = Self::columns();
        all.push(Self::O3OneHourMaxToday);
        all
    }

    /// Finds a quantity by its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|q| q.name() == name)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Aqi => "aqi".to_owned(),
            Self::Primary => "primary".to_owned(),
            Self::Concentration(p) => p.code().to_owned(),
            Self::Rolling24h(p) => format!("{p}_24h"),
            Self::O3EightHours => "o3_8h".to_owned(),
            Self::O3EightHoursMaxToday => "o3_8h_max_today".to_owned(),
            Self::Day(p) => format!("{p}_day"),
            Self::AqiDay => "aqi_day".to_owned(),
            Self::PrimaryDay => "primary_day".to_owned(),
            Self::HoursDay => "hours_day".to_owned(),
            Self::O3OneHourMaxToday => "o3_1h_max_today".to_owned(),
        }
    }

    /// The pollutant of a concentration; `None` of an index or a count.
    #[must_use]
    pub const fn pollutant(self) -> Option<Pollutant> {
        match self {
            Self::Concentration(p) | Self::Rolling24h(p) | Self::Day(p) => Some(p),
            Self::O3EightHours | Self::O3EightHoursMaxToday | Self::O3OneHourMaxToday => {
                Some(Pollutant::O3)
            }
            Self::Aqi | Self::Primary | Self::AqiDay | Self::PrimaryDay | Self::HoursDay => None,
        }
    }

    /// The concentration among an hour's figures; `None` where it is missing or this is none.
    #[must_use]
    pub const fn amount(self, figures: &Figures) -> Option<Amount> {
        match self {
            Self::Concentration(p) => figures.concentration[p.index()],
            Self::Rolling24h(p) => figures.rolling_24h[p.index()],
            Self::Day(p) => figures.day[p.index()],
            Self::O3EightHours => figures.o3_8h,
            Self::O3EightHoursMaxToday => figures.o3_8h_max_today,
            Self::O3OneHourMaxToday => figures.o3_1h_max_today,
            Self::Aqi | Self::Primary | Self::AqiDay | Self::PrimaryDay | Self::HoursDay => None,
        }
    }
}
