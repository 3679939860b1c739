//! The line of hours on which levels are judged: the last observed hours, then what is forecast; and the AQI
//! of every 24 consecutive hours on it.
//!
//! In: an area's observed hours, and the book of forecasts. Out: a [`Line`] and its [`Block`]s.
//!
//! Invariants: what nobody observed or forecast is unknown, never clean; a block with an unknown hour to come
//! is none. A day that is forecast as a whole is one block and is not cut: what an office says of a day it
//! does not say of half of it. Where hours are forecast, any 24 of them are a block. The last 24 observed
//! hours are followed by the first whole day, so the hours before it are left out and count for nothing; and
//! where such a day has begun, a second line goes until its beginning and on with the whole of it, so that
//! what was forecast of today does not vanish at one o'clock. No block spans hours that were left out.
//!
//! Source: warning-rules.md (24 consecutive hours across midnight; the two joined); HJ 663-2013 (20 of 24
//! hours); decision `warning_daily_aqi`.

use super::rules::{DailyAqi, RangeEnd};
use crate::area::Figures;
use crate::index::{self, Context, Indicator, Means, Pollutants};
use crate::observation::{POLLUTANTS, Pollutant};
use crate::outlook::{AqiRange, Cause, ForecastBook, Source};
use crate::quantity::{Quotient, Rounding};
use crate::standard::{Entity, Parameters, standards};
use crate::time::{DAY_H, Hour};

/// Hours with a value that 24 need, and 8-h windows that lie within 24 hours.
const LEAST_H: usize = 20;
const WINDOWS: usize = 17;
/// Hours of a block.
const DAY_H_I32: i32 = 24;

/// An observed hour of an area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ObservedHour {
    /// The hour.
    pub hour: Hour,
    /// Its AQI; `None` where it is missing.
    pub aqi: Option<u16>,
    /// Its primary pollutants.
    pub primary: Pollutants,
    /// AQI and primary pollutants of the mean concentrations of the 24 hours that end with it.
    pub day: Option<(u16, Pollutants)>,
}

impl ObservedHour {
    /// The last hour of `hours`, which are an area's figures in the order of time, without a gap.
    ///
    /// Means are those that are shown; ozone is the largest 8-h mean of the windows within the 24 hours.
    /// A pollutant without 20 hours is missing, as on a natural day.
    #[must_use]
    pub fn last_of(hours: &[&Figures], parameters: &Parameters) -> Option<Self> {
        let last = *hours.last()?;
        let index = &last.index;
        let day = hours.len().checked_sub(DAY_H).and_then(|from| of_24(&hours[from..], parameters));
        Some(Self { hour: last.hour, aqi: index.aqi, primary: index.primary, day })
    }
}

fn of_24(hours: &[&Figures], parameters: &Parameters) -> Option<(u16, Pollutants)> {
    let last = hours.last()?;
    let edition = standards().index_edition(last.hour.day());
    let ctx = Context { edition, parameters, entity: Entity::Area };
    let valid = |p: Pollutant| {
        let of_hour = |f: &&&Figures| f.concentration[p.index()].is_some();
        hours.iter().filter(of_hour).count() >= LEAST_H
    };
    let mut means = Means::default();
    for p in POLLUTANTS.into_iter().filter(|p| *p != Pollutant::O3 && valid(*p)) {
        let mean = last.rolling_24h[p.index()].map(Quotient::whole);
        means.by_indicator[Indicator::daily(p).index()] = mean;
    }
    if valid(Pollutant::O3) {
        let within = &hours[hours.len().saturating_sub(WINDOWS)..];
        let eight = within.iter().filter_map(|f| f.o3_8h).max();
        let one = hours.iter().filter_map(|f| f.concentration[Pollutant::O3.index()]).max();
        means.by_indicator[Indicator::O3_8h.index()] = eight.map(Quotient::whole);
        means.by_indicator[Indicator::O3Max1h.index()] = one.map(Quotient::whole);
    }
    let index = index::daily(&means, &ctx, Pollutants::ALL);
    index.aqi.map(|aqi| (aqi, index.primary))
}

/// What is known of one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Observed(ObservedHour, Option<Cause>),
    /// By which record, of which span, and what it says of the span and of the hour.
    Forecast {
        number: u64,
        span: (Hour, u16),
        of_span: AqiRange,
        of_hour: Option<AqiRange>,
        primary: Pollutants,
        cause: Option<Cause>,
    },
    Nothing,
}

/// The AQI of 24 consecutive hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// The AQI.
    pub aqi: u16,
    /// Its leading pollutants; empty where nobody says.
    pub leads: Pollutants,
    /// What most of its hours are declared to come from.
    pub cause: Option<Cause>,
}

/// Observed hours, and the forecast hours that follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    hours: Vec<(Hour, Known)>,
    observed: usize,
    /// For how many hours after the last observed one of all is forecast.
    known_ahead: u16,
    /// Whether it was cut where a day began: its last observed hour is not the newest.
    cut: bool,
}

impl Line {
    /// The lines at the end of `observed`, which is without a gap and in the order of time: the one that
    /// goes on from its last hour, and, where a day forecast as a whole has begun, the one from there.
    #[must_use]
    pub fn all(
        observed: &[ObservedHour],
        book: &ForecastBook,
        (source, zone): (Source, &str),
    ) -> Vec<Self> {
        let known_ahead = known_ahead(observed, book, (source, zone));
        let line = |until: &[ObservedHour]| Self {
            known_ahead,
            ..Self::from(until, book, (source, zone))
        };
        let begun = observed.last().and_then(|last| {
            let (_, span) = book.at(source, zone, last.hour.plus(1))?;
            (span.hourly.is_empty() && span.from <= last.hour).then_some(span.from)
        });
        let cut = begun.map(|from| observed.partition_point(|hour| hour.hour < from));
        let second = cut.filter(|cut| *cut > 0);
        let second = second.map(|cut| Self { cut: true, ..line(&observed[..cut]) });
        [line(observed)].into_iter().chain(second).collect()
    }

    fn from(
        observed: &[ObservedHour],
        book: &ForecastBook,
        (source, zone): (Source, &str),
    ) -> Self {
        // What an office declared of an hour holds when it has been observed, too.
        let cause = |hour: Hour| book.at(source, zone, hour).and_then(|(_, span)| span.cause);
        let known_observed = |o: &ObservedHour| (o.hour, Known::Observed(*o, cause(o.hour)));
        let mut hours: Vec<(Hour, Known)> = observed.iter().map(known_observed).collect();
        let horizon = book.horizon(source, zone);
        if let (Some(last), Some(horizon)) = (observed.last(), horizon) {
            let ahead = (1..).map(|n| last.hour.plus(n)).take_while(|hour| *hour <= horizon);
            let mut ahead: Vec<(Hour, Known)> =
                ahead.map(|hour| (hour, known(book, (source, zone), hour))).collect();
            let first = ahead.iter().position(|(hour, known)| begins(*hour, known));
            if let Some(first) = first.filter(|first| *first < DAY_H) {
                ahead.drain(..first);
            }
            hours.extend(ahead);
        }
        Self { hours, observed: observed.len(), known_ahead: 0, cut: false }
    }

    /// How many of its hours are observed: the first ones.
    #[must_use]
    pub const fn observed(&self) -> usize {
        self.observed
    }

    /// Whether it was cut where a day began: what is observed on it alone has gone on since.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// How many hours it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.hours.len()
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.hours.is_empty()
    }

    /// The hour at a place.
    #[must_use]
    pub fn hour(&self, at: usize) -> Hour {
        self.hours.get(at).map_or_else(Hour::default, |(hour, _)| *hour)
    }

    /// The last observed hour.
    #[must_use]
    pub fn last_observed(&self) -> Option<ObservedHour> {
        match self.hours.get(self.observed.checked_sub(1)?)?.1 {
            Known::Observed(hour, _) => Some(hour),
            Known::Forecast { .. } | Known::Nothing => None,
        }
    }

    /// The last hour that is forecast.
    #[must_use]
    pub fn horizon(&self) -> Option<Hour> {
        (self.len() > self.observed).then(|| self.hour(self.len() - 1))
    }

    /// For how many hours after the last observed one all is forecast, by the clock.
    #[must_use]
    pub const fn known_ahead(&self) -> u16 {
        self.known_ahead
    }

    /// The records of the forecasts that it rests on, ascending.
    #[must_use]
    pub fn forecasts(&self) -> Vec<u64> {
        let mut all: Vec<u64> = self.hours.iter().filter_map(|(_, known)| number(known)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// By the place of its last hour, the AQI of each 24 hours; `None` where it is not known.
    #[must_use]
    pub fn blocks(&self, way: DailyAqi, end: RangeEnd) -> Vec<Option<Block>> {
        (0..self.len()).map(|last| self.block(last, way, end)).collect()
    }

    fn block(&self, last: usize, way: DailyAqi, end: RangeEnd) -> Option<Block> {
        let of_24 = &self.hours[(last + 1).checked_sub(DAY_H)?..=last];
        if of_24[DAY_H - 1].0 != of_24[0].0.plus(DAY_H_I32 - 1) {
            return None; // hours between were left out
        }
        match (of_24[0].1, of_24[DAY_H - 1].1) {
            (Known::Observed(..), Known::Observed(hour, _)) if way == DailyAqi::AqiOfMeans => {
                let (aqi, leads) = hour.day?;
                Some(Block { aqi, leads, cause: declared(of_24) })
            }
            (Known::Forecast { number, span, of_span, primary, cause, .. }, ending) => {
                let whole = span == (of_24[0].0, 24)
                    && matches!(ending, Known::Forecast { number: n, span: s, .. }
                        if (n, s) == (number, span));
                if whole {
                    return Some(Block { aqi: at_end(of_span, end), leads: primary, cause });
                }
                mean_of(of_24, end)
            }
            _ => mean_of(of_24, end),
        }
    }
}

/// Whether a line may go on with this hour: it is forecast by itself, or begins what is.
fn begins(hour: Hour, known: &Known) -> bool {
    match known {
        Known::Forecast { span: (from, _), of_hour, .. } => of_hour.is_some() || *from == hour,
        Known::Observed(..) | Known::Nothing => false,
    }
}

fn number(known: &Known) -> Option<u64> {
    match known {
        Known::Forecast { number, .. } => Some(*number),
        Known::Observed(..) | Known::Nothing => None,
    }
}

/// For how many hours after the last observed one each one is forecast.
fn known_ahead(
    observed: &[ObservedHour],
    book: &ForecastBook,
    (source, zone): (Source, &str),
) -> u16 {
    let (Some(last), Some(horizon)) = (observed.last(), book.horizon(source, zone)) else {
        return 0;
    };
    let ahead = (1..).map(|n| last.hour.plus(n)).take_while(|hour| *hour <= horizon);
    let known = ahead.take_while(|hour| book.at(source, zone, *hour).is_some()).count();
    u16::try_from(known).unwrap_or(u16::MAX)
}

/// What most of 24 hours are declared to come from.
fn declared(hours: &[(Hour, Known)]) -> Option<Cause> {
    let of = |known: &Known| match known {
        Known::Observed(_, cause) | Known::Forecast { cause, .. } => *cause,
        Known::Nothing => None,
    };
    let count = |cause: Cause| hours.iter().filter(|(_, known)| of(known) == Some(cause)).count();
    Cause::ALL.into_iter().find(|cause| count(*cause) * 2 > DAY_H)
}

fn known(book: &ForecastBook, (source, zone): (Source, &str), hour: Hour) -> Known {
    let Some((kept, span)) = book.at(source, zone, hour) else { return Known::Nothing };
    Known::Forecast {
        number: kept.number,
        span: (span.from, span.hours),
        of_span: span.aqi,
        of_hour: span.at(hour),
        primary: span.primary,
        cause: span.cause,
    }
}

const fn at_end(range: AqiRange, end: RangeEnd) -> u16 {
    match end {
        RangeEnd::Lower => range.lower,
        RangeEnd::Middle => range.middle,
        RangeEnd::Upper => range.upper,
    }
}

/// The mean of hourly AQIs: four observed hours may lack, none of those to come.
fn mean_of(hours: &[(Hour, Known)], end: RangeEnd) -> Option<Block> {
    let (mut sum, mut count) = (0_u32, 0_u32);
    let mut leads = [0_u32; Pollutant::COUNT];
    for (_, known) in hours {
        let (aqi, primary) = match known {
            Known::Observed(hour, _) => (hour.aqi, hour.primary),
            Known::Forecast { of_hour, primary, .. } => (Some(at_end((*of_hour)?, end)), *primary),
            Known::Nothing => return None,
        };
        let Some(aqi) = aqi else { continue };
        (sum, count) = (sum + u32::from(aqi), count + 1);
        primary.iter().for_each(|p| leads[p.index()] += 1);
    }
    if usize::try_from(count).ok()? < LEAST_H {
        return None;
    }
    let most = leads.iter().copied().max().filter(|most| *most > 0);
    let leads = POLLUTANTS.into_iter().filter(|p| Some(leads[p.index()]) == most).collect();
    let cause = declared(hours);
    let aqi = Rounding::HalfEven.divide_i64(sum.into(), count.into());
    Some(Block { aqi: u16::try_from(aqi).ok()?, leads, cause })
}
