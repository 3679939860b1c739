//! Forecasts of days held against the days that came, in the measures of the trade, by office and lead.
//!
//! In: issues, and the AQI and primary pollutants of days. Out: a [`Verified`] row for each office, source,
//! zone and lead in days.
//!
//! Invariants: an issue counts for each day that it gives as a whole; of several issues of one office, day
//! and lead the last one counts. A day without an AQI counts for nothing. Nothing is judged before the day is
//! over.
//!
//! Source: issue 5, Build 1 (c); terms.md (a range of 30 points or a class range).

use std::collections::BTreeMap;

use serde::Serialize;

use super::forecast::{Forecast, ForecastSpan, Source};
use crate::index::{Category, Pollutants};
use crate::time::Day;

/// A day as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayThatCame {
    /// The day.
    pub day: Day,
    /// Its AQI.
    pub aqi: u16,
    /// Its primary pollutants.
    pub primary: Pollutants,
}

/// How an office's forecasts met the days, at one lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Who issued them.
    pub office: String,
    /// Official, or built in.
    pub source: Source,
    /// The zone; empty for the whole area.
    pub zone: String,
    /// Days from the day of issue to the day that is forecast.
    pub lead_days: i32,
    /// Days held against.
    pub days: u32,
    /// AQI范围命中: the AQI lies in the range.
    pub range_hit: u32,
    /// 级别命中: the class of the day is among those that the range touches.
    pub class_hit: u32,
    /// 级别偏高: the whole range is of worse classes.
    pub class_high: u32,
    /// 级别偏低: the whole range is of better classes.
    pub class_low: u32,
    /// Days above 50 for which primary pollutants were forecast.
    pub primary_days: u32,
    /// 首要污染物命中: one of those forecast is one of the day's.
    pub primary_hit: u32,
    /// Heavy days (above 200) whose range reached above 200.
    pub heavy_hit: u32,
    /// 漏报: heavy days whose range did not.
    pub heavy_missed: u32,
    /// 空报: days whose whole range was above 200 and that were not heavy.
    pub heavy_false: u32,
}

/// A day above this is heavy.
const HEAVY: u16 = 200;
/// Up to this no pollutant is primary.
const PRIMARY_ABOVE: u16 = 50;

/// Source, office, zone, lead in days, and the day.
type DayAhead<'a> = (Source, &'a str, &'a str, i32, Day);

/// Holds forecasts against days. Rows by source, office, zone and lead.
pub fn verify<'a>(
    forecasts: impl IntoIterator<Item = &'a Forecast>,
    days: &[DayThatCame],
) -> Vec<Verified> {
    let came: BTreeMap<Day, &DayThatCame> = days.iter().map(|day| (day.day, day)).collect();
    // The last issue of a day at a lead stands, in whatever order they are given.
    let mut issued: BTreeMap<DayAhead<'_>, (&Forecast, &ForecastSpan)> = BTreeMap::new();
    for forecast in forecasts {
        for (zone, span) in forecast.zones.iter().flat_map(|(z, s)| s.iter().map(move |s| (z, s))) {
            let Some(day) = span.day() else { continue };
            let lead = day.number() - forecast.issued.hour().day().number();
            let key = (forecast.source, forecast.office.as_str(), zone.as_str(), lead, day);
            let held = issued.entry(key).or_insert((forecast, span));
            if held.0.issued < forecast.issued {
                *held = (forecast, span);
            }
        }
    }
    let mut rows: BTreeMap<(Source, &str, &str, i32), Verified> = BTreeMap::new();
    for ((source, office, zone, lead_days, day), (_, span)) in issued {
        let Some(came) = came.get(&day) else { continue };
        let row = rows.entry((source, office, zone, lead_days)).or_insert_with(|| Verified {
            office: office.to_owned(),
            source,
            zone: zone.to_owned(),
            lead_days,
            days: 0,
            range_hit: 0,
            class_hit: 0,
            class_high: 0,
            class_low: 0,
            primary_days: 0,
            primary_hit: 0,
            heavy_hit: 0,
            heavy_missed: 0,
            heavy_false: 0,
        });
        row.hold(span, came);
    }
    rows.into_values().collect()
}

impl Verified {
    fn hold(&mut self, span: &ForecastSpan, came: &DayThatCame) {
        let (lower, upper) = (span.aqi.lower, span.aqi.upper);
        self.days += 1;
        self.range_hit += u32::from((lower..=upper).contains(&came.aqi));
        let (best, worst) = span.aqi.classes();
        let class = Category::of(came.aqi);
        if class < best {
            self.class_high += 1;
        } else if class > worst {
            self.class_low += 1;
        } else {
            self.class_hit += 1;
        }
        if came.aqi > PRIMARY_ABOVE && !span.primary.is_empty() {
            self.primary_days += 1;
            let hit = span.primary.iter().any(|p| came.primary.contains(p));
            self.primary_hit += u32::from(hit);
        }
        match (came.aqi > HEAVY, lower > HEAVY, upper > HEAVY) {
            (true, _, true) => self.heavy_hit += 1,
            (true, _, false) => self.heavy_missed += 1,
            (false, true, _) => self.heavy_false += 1,
            (false, false, _) => {}
        }
    }
}
