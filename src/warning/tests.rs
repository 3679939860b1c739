//! Levels by rule set over sequences of days, and a warning's way, by the clauses that ask for them.

use std::collections::BTreeMap;

use super::*;
use crate::config::warning_rules;
use crate::index::Pollutants;
use crate::observation::Pollutant;
use crate::outlook::{AqiRange, Cause, Forecast, ForecastBook, ForecastSpan, KeptForecast, Source};
use crate::time::{Day, Hour, Instant};

mod advice;
mod drill;
mod execution;
mod levels;
mod past;
mod ways;

const PM: Pollutants = Pollutants::EMPTY.with(Pollutant::Pm2_5);
const OZONE: Pollutants = Pollutants::EMPTY.with(Pollutant::O3);
const PM10: Pollutants = Pollutants::EMPTY.with(Pollutant::Pm10);

/// The last observed hour of most tests is 23:00 to 24:00 of the day before this one.
fn first_day() -> Day {
    Day::of(2026, 12, 10).unwrap()
}

fn rules(name: &str) -> RuleSet {
    warning_rules(name, std::path::Path::new("")).unwrap()
}

fn span(day: Day, (lower, upper): (u16, u16), primary: Pollutants) -> ForecastSpan {
    ForecastSpan {
        from: day.start(),
        hours: 24,
        aqi: AqiRange::new(lower, upper).unwrap(),
        hourly: Vec::new(),
        primary,
        cause: None,
        concentrations: BTreeMap::new(),
        weather: None,
    }
}

fn forecast_of(issued: Instant, spans: Vec<ForecastSpan>) -> Forecast {
    let zones = BTreeMap::from([(String::new(), spans)]);
    Forecast {
        office: "市生态环境监测中心".to_owned(), issued, source: Source::Fed, zones
    }
}

fn book(forecasts: Vec<Forecast>) -> ForecastBook {
    let mut book = ForecastBook::default();
    for (n, forecast) in forecasts.into_iter().enumerate() {
        let number = n as u64 + 1;
        book.keep(KeptForecast { number, received: forecast.issued, forecast });
    }
    book
}

/// Days of one AQI each, from the first day on.
fn days(aqis: &[u16]) -> Vec<ForecastSpan> {
    let spans = aqis.iter().zip(0..);
    spans.map(|(aqi, n)| span(first_day().plus(n), (*aqi, *aqi), PM)).collect()
}

/// Hours that end with `last`, each one with its AQI; the 24-h AQI is the mean, rounded.
fn observed(last: Hour, aqis: &[Option<u16>]) -> Vec<ObservedHour> {
    let first = last.plus(1 - i32::try_from(aqis.len()).unwrap());
    let day = |at: usize| {
        let of_24: Vec<u16> =
            aqis[(at + 1).checked_sub(24)?..=at].iter().copied().flatten().collect();
        if of_24.len() < 20 {
            return None;
        }
        let (sum, count) = (of_24.iter().sum::<u16>(), u16::try_from(of_24.len()).unwrap());
        Some(((sum + count / 2) / count, PM))
    };
    let hour = |(at, aqi): (usize, &Option<u16>)| ObservedHour {
        hour: first.plus(i32::try_from(at).unwrap()),
        aqi: *aqi,
        primary: PM,
        day: day(at),
    };
    aqis.iter().enumerate().map(hour).collect()
}

fn quiet(hours: usize) -> Vec<Option<u16>> {
    vec![Some(60); hours]
}

/// The evaluation at the end of what was observed, which ends when the first day begins.
fn evaluate(rules: &RuleSet, seen: &[Option<u16>], spans: Vec<ForecastSpan>) -> Evaluation {
    let last = first_day().start().plus(-1);
    let book = book(vec![forecast_of(last.start(), spans)]);
    let line = Line::all(&observed(last, seen), &book, (Source::Fed, ""));
    Evaluation::of(rules, &line, Source::Fed).unwrap()
}
