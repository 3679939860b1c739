//! The line of hours on which levels are judged: the last observed hours, then what is forecast; and the AQI
//! of every 24 consecutive hours on it.
//!
//! In: an area's observed hours, and the book of forecasts. Out: a [`Line`] and its [`Block`]s.
//!
//! Invariants: what nobody observed or forecast is unknown, never clean; a block with an unknown hour to come
//! is none. A day that is forecast as a whole is one block and is not cut: what an office says of a day it
//! does not say of half of it. Where hours are forecast, any 24 of them are a block. The last 24 observed
//! hours are followed by the first whole day, so the hours before it are left out and count for nothing.
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

/// An observed hour of an area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    Observed(ObservedHour),
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
}

impl Line {
    /// The line at the end of `observed`, which is without a gap and in the order of time.
    #[must_use]
    pub fn new(
        observed: &[ObservedHour],
        book: &ForecastBook,
        (source, zone): (Source, &str),
    ) -> Self {
        let mut hours: Vec<(Hour, Known)> =
            observed.iter().map(|o| (o.hour, Known::Observed(*o))).collect();
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
        Self { hours, observed: observed.len() }
    }

    /// How many of its hours are observed: the first ones.
    #[must_use]
    pub const fn observed(&self) -> usize {
        self.observed
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
            Known::Observed(hour) => Some(hour),
            Known::Forecast { .. } | Known::Nothing => None,
        }
    }

    /// The last hour that is forecast.
    #[must_use]
    pub fn horizon(&self) -> Option<Hour> {
        (self.len() > self.observed).then(|| self.hour(self.len() - 1))
    }

    /// For how many hours from the last observed one on all is forecast.
    #[must_use]
    pub fn known_ahead(&self) -> u16 {
        let Some(last) = self.last_observed() else { return 0 };
        let ahead = &self.hours[self.observed..];
        let known = ahead.iter().take_while(|(_, known)| *known != Known::Nothing).last();
        let until = known.map_or(last.hour, |(hour, _)| *hour);
        u16::try_from(until.number() - last.hour.number()).unwrap_or(0)
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
        match (of_24[0].1, of_24[DAY_H - 1].1) {
            (Known::Observed(_), Known::Observed(hour)) if way == DailyAqi::AqiOfMeans => {
                let (aqi, leads) = hour.day?;
                Some(Block { aqi, leads, cause: None })
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
        Known::Observed(_) | Known::Nothing => false,
    }
}

fn number(known: &Known) -> Option<u64> {
    match known {
        Known::Forecast { number, .. } => Some(*number),
        Known::Observed(_) | Known::Nothing => None,
    }
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
    let mut causes = [0_usize; Cause::ALL.len()];
    for (_, known) in hours {
        let (aqi, primary) = match known {
            Known::Observed(hour) => (hour.aqi, hour.primary),
            Known::Forecast { of_hour, primary, cause, .. } => {
                if let Some(cause) = cause {
                    causes[*cause as usize] += 1;
                }
                (Some(at_end((*of_hour)?, end)), *primary)
            }
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
    let cause = Cause::ALL.into_iter().find(|cause| causes[*cause as usize] * 2 > DAY_H);
    let aqi = Rounding::HalfEven.divide_i64(sum.into(), count.into());
    Some(Block { aqi: u16::try_from(aqi).ok()?, leads, cause })
}
