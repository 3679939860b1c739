//! A day of an entity as a paper shows it, and the averages of its daily report.
//!
//! In: [`DayFigures`]. Out: a [`DayLine`] and [`IndicatorLine`]s.
//!
//! Invariants: what is missing is null, which a paper shows as NA; values are those of [`DayRow`], rounded
//! once as the edition says.
//!
//! Source: HJ 633—2026 5.1.1 (what a daily report holds), 5.3.1 (NA); HJ 633-2012 5.1.2.

use serde::Serialize;
use utoipa::ToSchema;

use crate::assessment::{DayFigures, DayRow, Subject};
use crate::explanation::Decimal;
use crate::index::{self, Category, Context, Indicator, NoAqi, Pollutants};
use crate::observation::{POLLUTANTS, Pollutant, Property};
use crate::standard::ReportKind as Averages;

/// The name of a pollutant in a text: no lowered digits.
#[must_use]
pub(super) const fn plain(pollutant: Pollutant) -> &'static str {
    match pollutant {
        Pollutant::Pm2_5 => "PM2.5",
        Pollutant::Pm10 => "PM10",
        Pollutant::So2 => "SO2",
        Pollutant::No2 => "NO2",
        Pollutant::Co => "CO",
        Pollutant::O3 => "O3",
    }
}

pub(super) fn names(pollutants: Pollutants) -> String {
    pollutants.iter().map(plain).collect::<Vec<_>>().join("、")
}

/// One day of one entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayLine {
    /// The area, `area/set`, or a station's code.
    pub entity: String,
    /// As people call it.
    pub name: String,
    /// The day.
    pub date: String,
    /// The AQI; null is NA.
    pub aqi: Option<u16>,
    /// 优 to 严重污染; null is NA.
    pub category_zh: Option<&'static str>,
    /// 一级 to 六级; null is NA.
    pub level_zh: Option<&'static str>,
    /// The name of the class's colour; null is NA.
    pub colour_zh: Option<&'static str>,
    /// Primary pollutants, 无 up to an AQI of 50; null is NA.
    pub primary_zh: Option<String>,
    /// 24-h mean, µg/m³.
    pub pm2_5_ug_m3: Option<Decimal>,
    /// 24-h mean, µg/m³.
    pub pm10_ug_m3: Option<Decimal>,
    /// 24-h mean, µg/m³.
    pub so2_ug_m3: Option<Decimal>,
    /// 24-h mean, µg/m³.
    pub no2_ug_m3: Option<Decimal>,
    /// 24-h mean, mg/m³.
    pub co_mg_m3: Option<Decimal>,
    /// Largest 8-h mean, µg/m³.
    pub o3_mda8_ug_m3: Option<Decimal>,
    /// Pollutants without a valid daily value; empty where all have one.
    pub missing_zh: String,
    /// Why there is no AQI.
    pub no_aqi_zh: Option<String>,
    /// Whether the AQI rests on fewer pollutants than were due.
    pub partial: bool,
    /// Stations with a valid daily value of any pollutant.
    pub stations_valid: u16,
    /// Stations of the entity on that day.
    pub stations_due: u16,
    /// Whether the day is one of heavy pollution (AQI above 200).
    pub heavy: bool,
}

impl DayLine {
    pub(super) fn of(day: &DayFigures, of: &Subject<'_>) -> Self {
        // The state of publication is not shown here.
        let row = DayRow::of(day, of, "recorded", false);
        let edition = of.judged_by.index_edition(day.day);
        let class = day.index.category().map(|category| edition.class(category));
        let primary = day.index.primary;
        let primary = if primary.is_empty() { "无".to_owned() } else { names(primary) };
        let due = day.means.stations.iter().map(|s| s.expected).max().unwrap_or(0);
        Self {
            entity: row.entity,
            name: of.name.to_owned(),
            date: row.date,
            aqi: row.aqi,
            category_zh: class.map(|class| class.name_zh),
            level_zh: class.map(|class| class.level_zh),
            colour_zh: class.map(|class| class.colour_zh),
            primary_zh: row.aqi.map(|_| primary),
            pm2_5_ug_m3: row.pm2_5_ug_m3,
            pm10_ug_m3: row.pm10_ug_m3,
            so2_ug_m3: row.so2_ug_m3,
            no2_ug_m3: row.no2_ug_m3,
            co_mg_m3: row.co_mg_m3,
            o3_mda8_ug_m3: row.o3_mda8_ug_m3,
            missing_zh: names(day.index.missing),
            no_aqi_zh: day.index.no_aqi.map(|why| no_aqi(why, day.index.missing)),
            partial: row.partial,
            stations_valid: row.stations_valid,
            stations_due: due,
            heavy: day.index.category() >= Some(Category::Heavy),
        }
    }
}

fn no_aqi(why: NoAqi, missing: Pollutants) -> String {
    match why {
        NoAqi::MissingAndNotAbove100 => {
            format!("{}缺测，且其余污染物的AQI不大于100", names(missing))
        }
        other => other.text_zh().to_owned(),
    }
}

/// One average of the daily report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct IndicatorLine {
    /// `PM2.5`.
    pub pollutant: &'static str,
    /// 24小时平均, 日最大8小时平均, 日最大1小时平均.
    pub statistic_zh: &'static str,
    /// As shown; null is NA.
    pub value: Option<Decimal>,
    /// µg/m³, CO mg/m³.
    pub unit: &'static str,
    /// The individual index; null is NA.
    pub iaqi: Option<u16>,
    /// Stations with a valid daily value of the pollutant.
    pub stations_valid: u16,
    /// Stations of the entity on that day.
    pub stations_due: u16,
}

impl IndicatorLine {
    /// Every average of the daily report of the day's edition.
    pub(super) fn all(day: &DayFigures, of: &Subject<'_>) -> Vec<Self> {
        let edition = of.judged_by.index_edition(day.day);
        let ctx = Context { edition, parameters: of.parameters, entity: of.kind };
        let rows = edition.report(Averages::Day, of.parameters.practice).iter();
        let line = |indicator: Indicator| {
            let pollutant = indicator.pollutant();
            let exact = match indicator {
                Indicator::O3Max1h => day.means.o3_max_1h,
                _ => day.means.value(pollutant),
            };
            let step = index::rounding(false, &ctx).step_of(pollutant);
            let shown = exact.map(|value| {
                Decimal::rounded(index::rounded(value, pollutant, false, &ctx), pollutant, step)
            });
            let stations = day.means.stations[pollutant.index()];
            Self {
                pollutant: plain(pollutant),
                statistic_zh: match indicator {
                    Indicator::O3_8h => "日最大8小时平均",
                    Indicator::O3Max1h => "日最大1小时平均",
                    _ => "24小时平均",
                },
                value: shown,
                unit: Property::Pollutant(pollutant).unit_text(),
                iaqi: day.index.of(indicator),
                stations_valid: stations.present,
                stations_due: stations.expected,
            }
        };
        let order = |line: &Self| POLLUTANTS.iter().position(|p| plain(*p) == line.pollutant);
        let mut all: Vec<Self> = rows.map(|row| line(row.indicator)).collect();
        all.sort_by_key(order);
        all
    }
}
