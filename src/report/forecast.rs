//! The figures of a forecast as the room hands it on (空气质量预报单), and the lines of a forecast in any paper.
//!
//! In: the newest official forecast issued on a day, or one record. Out: [`ForecastFigures`].
//!
//! Invariants: only an official forecast is handed on; the built-in one is refused with its reason. A day is
//! the whole area's where the office forecasts for it, else what its zones span. Neither trend nor class is
//! anybody's word but what the ranges say.
//!
//! Source: terms.md (预报: a range of AQI points or classes, by forecast area; 预报 by 20:00); HJ 633, classes
//! and health advice.

use serde::Serialize;
use utoipa::ToSchema;

use super::Head;
use super::asked::ReportAsked;
use super::course::since;
use super::daily::{DateWords, HealthWords};
use super::line::names;
use super::record::wrong_kind;
use super::sources::{Sources, Unmade};
use crate::assessment::rank::Moment;
use crate::assessment::{JudgedBy, Span};
use crate::index::Pollutants;
use crate::outlook::{AqiRange, Forecast, ForecastSpan, Source};
use crate::time::Day;
use crate::warning::{BUILT_IN_ZH, Body, Record, moment_zh};

/// One day of an official forecast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ForecastLine {
    /// The zone (预报分区); empty for the whole area.
    pub zone: String,
    /// `11月25日`.
    pub date_zh: String,
    /// Lower end of the range.
    pub lower: u16,
    /// Upper end of the range.
    pub upper: u16,
    /// 良, or 良至轻度污染.
    pub categories_zh: String,
    /// Primary pollutants; empty where none is named.
    pub primary_zh: String,
    /// The weather in the office's words; empty where it gives none.
    pub weather: String,
}

/// A day of a zone on a forecast sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ForecastRow {
    /// The day.
    #[serde(flatten)]
    pub line: ForecastLine,
    /// The zone as people call it: the area's own name where it is the whole of it.
    pub zone_zh: String,
    /// 转差, 好转 or 持平 on the day before; null where that day is not forecast for the zone.
    pub trend_zh: Option<&'static str>,
}

/// A day on a forecast sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ForecastDay {
    /// The day.
    pub date: DateWords,
    /// Of the whole area, or over all zones where it has no line of its own.
    #[serde(flatten)]
    pub row: ForecastRow,
    /// Where the upper end is highest, and above an AQI of 100; empty where it is nowhere, or zones do not
    /// differ.
    pub worst_zones_zh: String,
}

/// The figures of a forecast sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ForecastFigures {
    /// What stands above.
    pub head: Head,
    /// The number of its record.
    pub record: u64,
    /// Who issued it.
    pub office: String,
    /// When: `11月24日16时`.
    pub issued_zh: String,
    /// The day on which: `2026-11-23`. The sheet is the one of this day.
    pub issued_day: String,
    /// Its days; of each what the whole area, or all zones, come to.
    pub days: Vec<ForecastDay>,
    /// Every day of every zone.
    pub rows: Vec<ForecastRow>,
    /// How many zones there are beside the whole area.
    pub zones: usize,
    /// The worst class of all days and zones, at the upper end.
    pub worst_zh: &'static str,
    /// The days on which it may be reached, in order.
    pub worst_dates_zh: String,
    /// What it means for people.
    pub health: HealthWords,
    /// The first day from which on every zone stays at or below an AQI of 100; null where none is.
    pub good_from_zh: Option<String>,
}

/// A day of a zone with its range.
type Told<'f> = (Day, &'f str, &'f ForecastSpan);

impl ForecastFigures {
    pub(super) fn of<E>(
        asked: &ReportAsked<'_>,
        sources: &mut dyn Sources<Fault = E>,
    ) -> Result<Self, Unmade<E>> {
        let record = match asked.record {
            Some(number) => asked.record_of(number, sources)?,
            None => newest(asked.span.to, sources)?,
        };
        let number = record.number;
        let Body::Forecast(forecast) = &record.body else {
            return Err(wrong_kind(&record, "forecast"));
        };
        if forecast.source == Source::BuiltIn {
            let why = format!("record {number} is {BUILT_IN_ZH}: no official forecast");
            return Err(Unmade::Refused(why));
        }
        let told = told(forecast);
        let (Some((first, ..)), Some((last, ..))) = (told.first(), told.last()) else {
            return Err(Unmade::Refused(format!("record {number} forecasts no whole day")));
        };
        let span = Span::days(*first, *last).unwrap_or(Span::day(*first));
        let edition = JudgedBy::InForce.index_edition(span.to);
        let area = asked.registry.name.as_str();
        let rows: Vec<ForecastRow> = told.iter().map(|at| row(at, &told, area)).collect();
        let days = days(&told, area);
        let highest = told.iter().map(|(_, _, span)| span.aqi.classes().1).max();
        let class = highest.map(|worst| (worst, edition.class(worst)));
        let Some((worst, class)) = class else {
            return Err(Unmade::Refused(format!("record {number} forecasts no whole day")));
        };
        let mut dates: Vec<Day> =
            told.iter().filter(|at| at.2.aqi.classes().1 == worst).map(|at| at.0).collect();
        dates.dedup();
        let lines: Vec<ForecastLine> = rows.iter().map(|row| row.line.clone()).collect();
        Ok(Self {
            head: Head {
                edition_zh: edition.document().to_owned(),
                period_zh: Moment::Days(span).zh(),
                ..asked.head_of_records(span, record.drill.is_some())
            },
            record: number,
            office: forecast.office.clone(),
            issued_zh: moment_zh(forecast.issued),
            issued_day: forecast.issued.hour().day().to_string(),
            days,
            rows,
            zones: forecast.zones.keys().filter(|zone| !zone.is_empty()).count(),
            worst_zh: class.name_zh,
            worst_dates_zh: dates
                .into_iter()
                .map(|day| DateWords::of(day).short_zh)
                .collect::<Vec<_>>()
                .join("、"),
            health: HealthWords::of(class),
            good_from_zh: good_from(&lines),
        })
    }
}

/// The newest official forecast issued on a day.
fn newest<E>(day: Day, sources: &mut dyn Sources<Fault = E>) -> Result<Record, Unmade<E>> {
    let issued = |record: &Record| match &record.body {
        Body::Forecast(of) if of.source == Source::Fed => Some(of.issued),
        _ => None,
    };
    // What came before the day was not issued on it.
    let mut records = since(&["forecast"], (None, day.start().start()), sources)?;
    records.retain(|record| issued(record).is_some_and(|at| at.hour().day() == day));
    // Of two issues of one moment the later record stands.
    let found = records.into_iter().max_by_key(issued);
    found.ok_or_else(|| {
        let why = "is recorded; the built-in one is never handed on as one";
        Unmade::Refused(format!("no official forecast issued on {day} {why}"))
    })
}

/// Whole days of a forecast, by date and then by zone.
fn told(forecast: &Forecast) -> Vec<Told<'_>> {
    let spans = forecast.zones.iter().flat_map(|(zone, of)| of.iter().map(move |s| (zone, s)));
    let days = spans.filter_map(|(zone, span)| Some((span.day()?, zone.as_str(), span)));
    let mut all: Vec<Told<'_>> = days.collect();
    all.sort_by_key(|(day, zone, _)| (*day, *zone));
    all
}

/// Its days after `day`, by date and then by zone.
pub(super) fn lines_after(forecast: &Forecast, day: Day) -> Vec<ForecastLine> {
    told(forecast).iter().filter(|(of, ..)| *of > day).map(line).collect()
}

/// The AQI range of a day for the whole area, or over its zones (预报分区); `None` where it is not told.
#[must_use]
pub fn range_of(forecast: &Forecast, day: Day) -> Option<AqiRange> {
    of_day(day, &told(forecast)).map(|(range, ..)| range)
}

/// 11月25日轻度至中度污染、11月26日重度污染: of the days after `day`; empty where none is told.
pub(super) fn outlook(forecast: &Forecast, day: Day) -> String {
    let mut later = told(forecast);
    later.retain(|(of, ..)| *of > day);
    let days = days(&later, "").into_iter();
    let of = days.map(|day| format!("{}为{}", day.date.short_zh, day.row.line.categories_zh));
    of.collect::<Vec<_>>().join("、")
}

/// The first date from which on every line stays at or below an AQI of 100.
pub(super) fn good_from(lines: &[ForecastLine]) -> Option<String> {
    let mut dates: Vec<&String> = lines.iter().map(|line| &line.date_zh).collect();
    dates.dedup();
    let good =
        |date: &&&String| lines.iter().filter(|l| l.date_zh == ***date).all(|l| l.upper <= 100);
    dates.iter().rev().take_while(good).last().map(|date| (*date).clone())
}

fn line((day, zone, span): &Told<'_>) -> ForecastLine {
    let weather = span.weather.clone().unwrap_or_default();
    line_of((*day, zone), span.aqi, span.primary, weather)
}

fn line_of(
    (day, zone): (Day, &str),
    aqi: AqiRange,
    primary: Pollutants,
    weather: String,
) -> ForecastLine {
    let (first, last) = aqi.classes();
    let edition = JudgedBy::InForce.index_edition(day);
    let name = |class| edition.class(class).name_zh;
    let categories_zh = if first == last {
        name(first).to_owned()
    } else {
        format!("{}至{}", name(first).trim_end_matches("污染"), name(last))
    };
    ForecastLine {
        zone: zone.to_owned(),
        date_zh: DateWords::of(day).short_zh,
        lower: aqi.lower,
        upper: aqi.upper,
        categories_zh,
        primary_zh: names(primary),
        weather,
    }
}

/// How a range stands to the one before: the same while neither middle leaves the other's range.
fn trend(before: AqiRange, now: AqiRange) -> &'static str {
    let holds = |of: AqiRange, middle| of.lower <= middle && middle <= of.upper;
    if holds(before, now.middle) && holds(now, before.middle) {
        "持平"
    } else if now.middle > before.middle {
        "转差"
    } else {
        "好转"
    }
}

fn row(at: &Told<'_>, told: &[Told<'_>], area: &str) -> ForecastRow {
    let (day, zone, span) = at;
    let before = told.iter().find(|(of, in_zone, _)| *of == day.plus(-1) && in_zone == zone);
    ForecastRow {
        line: line(at),
        zone_zh: if zone.is_empty() { area } else { zone }.to_owned(),
        trend_zh: before.map(|(_, _, before)| trend(before.aqi, span.aqi)),
    }
}

/// What a day comes to: of the whole area, or over its zones.
fn of_day(day: Day, told: &[Told<'_>]) -> Option<(AqiRange, Pollutants, String)> {
    let zones: Vec<&Told<'_>> = told.iter().filter(|(of, ..)| *of == day).collect();
    if let Some((_, _, whole)) = zones.iter().find(|(_, zone, _)| zone.is_empty()) {
        return Some((whole.aqi, whole.primary, whole.weather.clone().unwrap_or_default()));
    }
    let lower = zones.iter().map(|(_, _, span)| span.aqi.lower).min()?;
    let upper = zones.iter().map(|(_, _, span)| span.aqi.upper).max()?;
    let primary = zones.iter().flat_map(|(_, _, span)| span.primary.iter()).collect();
    Some((AqiRange::new(lower, upper)?, primary, String::new()))
}

fn days(told: &[Told<'_>], area: &str) -> Vec<ForecastDay> {
    let mut dates: Vec<Day> = told.iter().map(|(day, ..)| *day).collect();
    dates.dedup();
    let day = |day: Day| {
        let (aqi, primary, weather) = of_day(day, told)?;
        let before = of_day(day.plus(-1), told);
        let zones: Vec<&Told<'_>> =
            told.iter().filter(|(of, zone, _)| *of == day && !zone.is_empty()).collect();
        let highest = zones.iter().map(|(_, _, span)| span.aqi.upper).max().unwrap_or(0);
        let worst: Vec<&str> = zones
            .iter()
            .filter(|(_, _, span)| span.aqi.upper == highest && highest > 100)
            .map(|(_, zone, _)| *zone)
            .collect();
        let differ = worst.len() < zones.len();
        Some(ForecastDay {
            date: DateWords::of(day),
            row: ForecastRow {
                line: line_of((day, ""), aqi, primary, weather),
                zone_zh: area.to_owned(),
                trend_zh: before.map(|(before, ..)| trend(before, aqi)),
            },
            worst_zones_zh: if differ { worst.join("、") } else { String::new() },
        })
    };
    dates.into_iter().filter_map(day).collect()
}
