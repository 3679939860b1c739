//! A day as a document: its names are those of the JSON, of files and of the API.
//!
//! In: [`DayFigures`]. Out: a [`DayRow`].
//!
//! Invariants: concentrations in µg/m³, CO in mg/m³, rounded once as the edition says, or exact to six
//! decimals.

use serde::Serialize;
use utoipa::ToSchema;

use super::document::{BY_NAME, EXACT, Subject};
use super::{DayFigures, Exact};
use crate::explanation::Decimal;
use crate::index::{self, Category, Context};
use crate::observation::Pollutant;
use crate::quantity::Quotient;

/// One day of one entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayRow {
    /// The day.
    pub date: String,
    /// The area, `area/set`, or a station's code.
    pub entity: String,
    /// The AQI of the day; null where there is none.
    pub aqi: Option<u16>,
    /// `excellent`, `good`, `light`, `moderate`, `heavy` or `severe`.
    pub category: Option<&'static str>,
    /// The same as people read it.
    pub category_zh: Option<&'static str>,
    /// Primary pollutants, the leading one first.
    pub primary: Vec<&'static str>,
    /// 24-h mean.
    pub pm2_5_ug_m3: Option<Decimal>,
    /// 24-h mean.
    pub pm10_ug_m3: Option<Decimal>,
    /// 24-h mean.
    pub so2_ug_m3: Option<Decimal>,
    /// 24-h mean.
    pub no2_ug_m3: Option<Decimal>,
    /// 24-h mean.
    pub co_mg_m3: Option<Decimal>,
    /// Largest 8-h mean.
    pub o3_mda8_ug_m3: Option<Decimal>,
    /// Largest hour.
    pub o3_max_1h_ug_m3: Option<Decimal>,
    /// Hours with a value; of a set, hours with one of at least one station.
    pub valid_hours_pm2_5: u8,
    /// The same of PM10.
    pub valid_hours_pm10: u8,
    /// The same of SO2.
    pub valid_hours_so2: u8,
    /// The same of NO2.
    pub valid_hours_no2: u8,
    /// The same of CO.
    pub valid_hours_co: u8,
    /// The same of ozone.
    pub valid_hours_o3: u8,
    /// Stations with a valid daily value of any pollutant.
    pub stations_valid: u16,
    /// Whether the AQI rests on fewer pollutants than were due.
    pub partial: bool,
    /// Hours of stations whose particulate matter was deducted for dust.
    pub dust_station_hours: u32,
    /// `provisional`, `published`, `revised` or `reviewed`; `recorded` of files without a store.
    pub state: &'static str,
    /// Why there is no AQI.
    pub reason: Option<&'static str>,
}

impl DayRow {
    /// The header of a file; the columns of [`DayRow::csv`].
    pub const CSV_HEADER: &str = "date,entity,aqi,category,primary,\
        pm2_5,pm10,so2,no2,co,o3_mda8,o3_max_1h,\
        valid_hours_pm2_5,valid_hours_pm10,valid_hours_so2,valid_hours_no2,valid_hours_co,\
        valid_hours_o3,stations_valid,state,reason\n";

    /// A day; concentrations rounded as the edition says, or `exact` to six decimals.
    #[must_use]
    pub fn of(day: &DayFigures, of: &Subject<'_>, state: &'static str, exact: bool) -> Self {
        let edition = of.judged_by.index_edition(day.day);
        let ctx = Context { edition, parameters: of.parameters, entity: of.kind };
        let shown = |value: Option<Quotient>, pollutant: Pollutant| {
            let text = |value: Quotient| {
                if exact {
                    let scale = pollutant.unit().milli_digits();
                    return Decimal::written(Exact::from(value).show(scale, EXACT));
                }
                let step = index::rounding(false, &ctx).step_of(pollutant);
                Decimal::rounded(index::rounded(value, pollutant, false, &ctx), pollutant, step)
            };
            value.map(text)
        };
        let daily = |pollutant: Pollutant| shown(day.means.value(pollutant), pollutant);
        let category = day.index.aqi.map(Category::of);
        let [pm2_5, pm10, so2, no2, co, o3] = BY_NAME.map(|p| day.means.valid_hours[p.index()]);
        Self {
            date: day.day.to_string(),
            entity: of.entity.to_owned(),
            aqi: day.index.aqi,
            category: category.map(Category::code),
            category_zh: category.map(|c| edition.class(c).name_zh),
            primary: day.index.primary.iter().map(Pollutant::code).collect(),
            pm2_5_ug_m3: daily(Pollutant::Pm2_5),
            pm10_ug_m3: daily(Pollutant::Pm10),
            so2_ug_m3: daily(Pollutant::So2),
            no2_ug_m3: daily(Pollutant::No2),
            co_mg_m3: daily(Pollutant::Co),
            o3_mda8_ug_m3: daily(Pollutant::O3),
            o3_max_1h_ug_m3: shown(day.means.o3_max_1h, Pollutant::O3),
            valid_hours_pm2_5: pm2_5,
            valid_hours_pm10: pm10,
            valid_hours_so2: so2,
            valid_hours_no2: no2,
            valid_hours_co: co,
            valid_hours_o3: o3,
            stations_valid: day.means.stations_valid,
            partial: day.index.partial,
            dust_station_hours: day.deducted.as_ref().map_or(0, |one| one.station_hours),
            state: if day.is_reviewed() { "reviewed" } else { state },
            reason: day.index.no_aqi.map(index::NoAqi::code),
        }
    }

    /// The fields of a line, in the order of [`DayRow::CSV_HEADER`].
    #[must_use]
    pub fn csv(&self) -> [String; 21] {
        let text =
            |value: &Option<Decimal>| value.as_ref().map_or_else(String::new, ToString::to_string);
        [
            self.date.clone(),
            self.entity.clone(),
            self.aqi.map_or_else(String::new, |aqi| aqi.to_string()),
            self.category.unwrap_or_default().to_owned(),
            self.primary.join(";"),
            text(&self.pm2_5_ug_m3),
            text(&self.pm10_ug_m3),
            text(&self.so2_ug_m3),
            text(&self.no2_ug_m3),
            text(&self.co_mg_m3),
            text(&self.o3_mda8_ug_m3),
            text(&self.o3_max_1h_ug_m3),
            self.valid_hours_pm2_5.to_string(),
            self.valid_hours_pm10.to_string(),
            self.valid_hours_so2.to_string(),
            self.valid_hours_no2.to_string(),
            self.valid_hours_co.to_string(),
            self.valid_hours_o3.to_string(),
            self.stations_valid.to_string(),
            self.state.to_owned(),
            self.reason.unwrap_or_default().to_owned(),
        ]
    }
}
