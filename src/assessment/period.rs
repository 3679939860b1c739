//! What the days of a span come to.
//!
//! In: the [`DayFigures`] of one entity, the span, the parameters. Out: a [`Period`].
//!
//! Invariants: every day of the span is counted, those without figures too; each day keeps the class that
//! its own edition gave it; limits are those of the last day.
//!
//! Source: HJ 663-2013 (ratio, percentile k = 1 + (n-1)p with linear interpolation, composite index), GB 3095
//! 3.11 to 3.13 (means of daily values); decisions `period_from`, `composite`, `percentile`, `valid day`.

use std::collections::BTreeMap;

use super::exact::Exact;
use super::{DayFigures, JudgedBy};
use crate::index::Category;
use crate::observation::{POLLUTANTS, Pollutant};
use crate::quantity::Quotient;
use crate::standard::{Average, Entity, LimitClass, LimitEdition, Parameters, PeriodFrom};
use crate::time::Day;

/// Above this daily AQI a day is no good day (优良天).
pub(super) const GOOD_MAX: u16 = 100;
/// Above this daily AQI a day is one of heavy pollution (重度及以上污染天).
const HEAVY_ABOVE: u16 = 200;

/// Percentile of the daily values that is assessed, in hundredths.
const fn percentile_of(pollutant: Pollutant) -> u32 {
    match pollutant {
        Pollutant::So2 | Pollutant::No2 => 98,
        Pollutant::Pm2_5 | Pollutant::Pm10 | Pollutant::Co => 95,
        Pollutant::O3 => 90,
    }
}

/// A span of days of one station or set. Concentrations are exact, in 0.001 µg/m³.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// Calendar days.
    pub days_total: u32,
    /// Days with an AQI: the denominator of the ratio.
    pub days_valid: u32,
    /// Of them, days whose AQI rests on fewer pollutants than were due.
    pub days_partial: u32,
    /// Days with an AQI of at most 100.
    pub days_good: u32,
    /// Days with an AQI above 200.
    pub days_heavy: u32,
    /// Valid days of each class, the best first.
    pub days_by_category: [u32; Category::ALL.len()],
    /// Good days of the valid ones.
    pub good_day_ratio: Option<Exact>,
    /// Means of the daily values, by [`Pollutant::index`]; of ozone MDA8.
    pub mean: [Option<Exact>; Pollutant::COUNT],
    /// The assessed percentile of the daily values: SO2, NO2 98; PM, CO 95; MDA8 90.
    pub percentile: [Option<Exact>; Pollutant::COUNT],
    /// Plain sum of the six single indices; `None` where one is missing.
    pub composite_index: Option<Exact>,
    /// The same with PM2.5 three times, NO2 and ozone twice.
    pub composite_index_weighted: Option<Exact>,
    /// Days on which a pollutant was primary; ties count for each.
    pub primary_days: [u32; Pollutant::COUNT],
    /// Days with a valid daily value.
    pub days_of_pollutant: [u32; Pollutant::COUNT],
}

impl Period {
    /// The period of `days`, one entry a day at most, all within `from..=to`.
    #[must_use]
    pub fn over(
        (from, to): (Day, Day),
        days: &[DayFigures],
        parameters: &Parameters,
        entity: Entity,
    ) -> Self {
        Self::judged_by(JudgedBy::InForce, (from, to), days, parameters, entity)
    }

    /// The same, with the limits of one edition; `days` are judged by it already.
    #[must_use]
    pub fn judged_by(
        by: JudgedBy,
        (from, to): (Day, Day),
        days: &[DayFigures],
        parameters: &Parameters,
        entity: Entity,
    ) -> Self {
        let mut period = Self {
            from,
            to,
            days_total: u32::try_from(to.number() + 1 - from.number()).unwrap_or(0),
            days_valid: 0,
            days_partial: 0,
            days_good: 0,
            days_heavy: 0,
            days_by_category: [0; Category::ALL.len()],
            good_day_ratio: None,
            mean: [const { None }; Pollutant::COUNT],
            percentile: [const { None }; Pollutant::COUNT],
            composite_index: None,
            composite_index_weighted: None,
            primary_days: [0; Pollutant::COUNT],
            days_of_pollutant: [0; Pollutant::COUNT],
        };
        days.iter().for_each(|day| period.count(day));
        period.good_day_ratio = Exact::ratio(period.days_good, period.days_valid);
        for pollutant in POLLUTANTS {
            let p = pollutant.index();
            let mut values = daily_values(days, pollutant, parameters, entity);
            period.days_of_pollutant[p] = u32::try_from(values.len()).unwrap_or(u32::MAX);
            period.mean[p] = mean(&values);
            values.sort_unstable();
            period.percentile[p] = percentile(&values, percentile_of(pollutant));
        }
        let limits = by.limit_edition(to);
        period.composite_index = period.composite(limits, |_| 1);
        period.composite_index_weighted = period.composite(limits, weight_2026);
        period
    }

    fn count(&mut self, day: &DayFigures) {
        let Some(aqi) = day.index.aqi else { return };
        self.days_valid += 1;
        self.days_partial += u32::from(day.index.partial);
        self.days_good += u32::from(aqi <= GOOD_MAX);
        self.days_heavy += u32::from(aqi > HEAVY_ABOVE);
        self.days_by_category[Category::of(aqi) as usize] += 1;
        for pollutant in POLLUTANTS {
            self.primary_days[pollutant.index()] +=
                u32::from(day.index.primary.contains(pollutant));
        }
    }

    /// The sum of the single indices: each statistic in parts of its limit.
    fn composite(&self, limits: &LimitEdition, weight: impl Fn(Pollutant) -> u32) -> Option<Exact> {
        let single = |pollutant: Pollutant| {
            let p = pollutant.index();
            let (value, average) = match pollutant {
                Pollutant::Co => (&self.percentile[p], Average::Day),
                Pollutant::O3 => (&self.percentile[p], Average::Mda8),
                _ => (&self.mean[p], Average::Year),
            };
            let limit = limits.limit(pollutant, average, LimitClass::II)?;
            Some(value.as_ref()?.over(limit).times(weight(pollutant)))
        };
        let singles: Option<Vec<Exact>> = POLLUTANTS.into_iter().map(single).collect();
        singles.map(|all| Exact::sum(all.into_iter()))
    }
}

/// The weights of one reading of HJ 663-2026.
const fn weight_2026(pollutant: Pollutant) -> u32 {
    match pollutant {
        Pollutant::Pm2_5 => 3,
        Pollutant::No2 | Pollutant::O3 => 2,
        Pollutant::Pm10 | Pollutant::So2 | Pollutant::Co => 1,
    }
}

fn daily_values(
    days: &[DayFigures],
    pollutant: Pollutant,
    parameters: &Parameters,
    entity: Entity,
) -> Vec<Quotient> {
    let value = |day: &DayFigures| match parameters.period_from {
        PeriodFrom::Unrounded => day.means.value(pollutant),
        PeriodFrom::Rounded => day.shown(pollutant, parameters, entity).map(Quotient::whole),
    };
    days.iter().filter_map(value).collect()
}

/// The mean: totals are collected by denominator, of which there are few, so that nearly every addition is
/// one of integers.
fn mean(values: &[Quotient]) -> Option<Exact> {
    let mut by_denominator: BTreeMap<i64, i128> = BTreeMap::new();
    for value in values {
        *by_denominator.entry(value.den).or_default() += value.num;
    }
    let count = i64::try_from(values.len()).ok().filter(|n| *n > 0)?;
    let parts = by_denominator.into_iter().map(|(den, num)| Exact::from(Quotient { num, den }));
    Some(Exact::sum(parts).divided(count))
}

/// The percentile `hundredths` of ascending values: k = 1 + (n-1)p, linear between neighbours.
fn percentile(ascending: &[Quotient], hundredths: u32) -> Option<Exact> {
    let steps = u32::try_from(ascending.len()).ok()?.checked_sub(1)? * hundredths;
    let (at, part) = ((steps / 100) as usize, steps % 100);
    let low = Exact::from(*ascending.get(at)?);
    Some(match ascending.get(at + 1) {
        Some(high) if part > 0 => low.towards(&Exact::from(*high), (part, 100)),
        _ => low,
    })
}
