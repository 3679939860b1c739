//! From members to figures: quantiles of hours, AQI of blocks.
//!
//! In: courses in logarithms. Out: a [`Nowcast`], in integers.
//!
//! Source: of a block, HJ 633 (AQI of mean concentrations) over 24 hours that may cross midnight, with the
//! edition in force on its last day.

use super::known::{Course, Known};
use super::{ABOVE, BLOCKS, BlockAhead, HORIZON, HourAhead, Nowcast, QUANTILES};
use crate::assessment::DayFigures;
use crate::average::{MISSING, Window};
use crate::index::{self, Context, Indicator, Means, Pollutants};
use crate::observation::{POLLUTANTS, Pollutant};
use crate::outlook::series::amount;
use crate::quantity::{Amount, Quotient};
use crate::standard::{Entity, Parameters, Practice, standards};
use crate::time::{DAY_H, Hour};

/// The amounts of one member, by lead.
type Amounts = Vec<[i32; Pollutant::COUNT]>;

pub(super) fn nowcast(
    known: &Known,
    members: &[Course],
    origin: Hour,
    parameters: &Parameters,
) -> Nowcast {
    let amounts = |course: &Course| -> Amounts {
        course.iter().map(|logs| std::array::from_fn(|p| amount(logs[p], p))).collect()
    };
    let members: Vec<Amounts> = members.iter().map(amounts).collect();
    let hours = (0..HORIZON).map(|lead| hour(&members, lead, origin, parameters)).collect();
    let blocks = (0..BLOCKS).map(|n| block(&members, n, origin, parameters)).collect();
    Nowcast { origin, hours, blocks, history_hours: known.history_hours(), members: members.len() }
}

fn after(origin: Hour, hours: usize) -> Hour {
    origin.plus(i32::try_from(hours).unwrap_or(i32::MAX))
}

fn hour(members: &[Amounts], lead: usize, origin: Hour, parameters: &Parameters) -> HourAhead {
    let hour = after(origin, lead + 1);
    let concentration = POLLUTANTS.map(|p| {
        let all = members.iter().map(|m| m[lead][p.index()]).filter(|m| *m != MISSING);
        let sorted = sorted(all);
        quantiles(&sorted, QUANTILES).map(|all| all.map(Amount::from_milli))
    });
    let of = |m: &Amounts| hourly_aqi(&m[lead], hour, parameters);
    let aqi = quantiles(&sorted(members.iter().filter_map(of).map(i32::from)), QUANTILES);
    HourAhead { hour, concentration, aqi: aqi.map(|all| all.map(aqi_of)) }
}

/// The AQI of one hour of an area.
pub(in crate::outlook) fn hourly_aqi(
    amounts: &[i32; Pollutant::COUNT],
    hour: Hour,
    parameters: &Parameters,
) -> Option<u16> {
    let edition = standards().index_edition(hour.day());
    let parameters = &Parameters { practice: Practice::NationalPlatform, ..*parameters };
    let ctx = Context { edition, parameters, entity: Entity::Area };
    let mut means = Means::default();
    for p in POLLUTANTS {
        let milli = amounts[p.index()];
        means.by_indicator[Indicator::hourly(p).index()] =
            (milli != MISSING).then_some(Quotient::whole(Amount::from_milli(milli)));
    }
    index::hourly(&means, &ctx).aqi
}

/// The day's figures of 24 hours, judged on the day of the last one.
pub(in crate::outlook) fn block_figures(
    window: &Window,
    last: Hour,
    parameters: &Parameters,
) -> DayFigures {
    DayFigures::of_set(last.day(), std::iter::once(window), parameters)
}

fn block(members: &[Amounts], n: usize, origin: Hour, parameters: &Parameters) -> BlockAhead {
    let (from, to) = (after(origin, n * DAY_H + 1), after(origin, (n + 1) * DAY_H));
    let mut aqis = Vec::with_capacity(members.len());
    let mut primaries = [0_usize; Pollutant::COUNT];
    for member in members {
        let window: Window =
            std::array::from_fn(|p| std::array::from_fn(|h| member[n * DAY_H + h][p]));
        let index = block_figures(&window, to, parameters).index;
        aqis.extend(index.aqi.map(i32::from));
        index.primary.iter().for_each(|p| primaries[p.index()] += 1);
    }
    let above = ABOVE.map(|limit| {
        let above = aqis.iter().filter(|aqi| **aqi > i32::from(limit)).count();
        u8::try_from(above * 100 / aqis.len().max(1)).unwrap_or(100)
    });
    let sorted = sorted(aqis.into_iter());
    let aqi = quantiles(&sorted, [10, 50, 90]).map(|all| all.map(aqi_of));
    let often = |p: &Pollutant| primaries[p.index()] * 3 >= members.len().max(1);
    let primary: Pollutants = POLLUTANTS.into_iter().filter(often).collect();
    BlockAhead { from, to, aqi, primary, above }
}

fn aqi_of(value: i32) -> u16 {
    u16::try_from(value).unwrap_or(0)
}

fn sorted(values: impl Iterator<Item = i32>) -> Vec<i32> {
    let mut all: Vec<i32> = values.collect();
    all.sort_unstable();
    all
}

/// Quantiles of sorted values between their places, by place = share of (n + 1); `None` of nothing.
fn quantiles<const N: usize>(sorted: &[i32], percents: [u16; N]) -> Option<[i32; N]> {
    let last = i64::try_from(sorted.len().checked_sub(1)?).ok()?;
    Some(percents.map(|percent| {
        // In hundredths of a place, from 0.
        let place = (i64::from(percent) * (last + 2) - 100).clamp(0, last * 100);
        let value = |at: i64| {
            usize::try_from(at).ok().and_then(|at| sorted.get(at)).map_or(0, |v| i64::from(*v))
        };
        let (low, rest) = (place / 100, place % 100);
        let (low, high) = (value(low), value((low + 1).min(last)));
        i32::try_from(low + ((high - low) * rest + 50) / 100).unwrap_or(i32::MAX)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Day;

    #[test]
    fn quantiles_lie_between_places_of_n_plus_one() {
        let sorted = [10, 20, 30, 40, 50, 60, 70, 80, 90];
        assert_eq!(quantiles(&sorted, [10, 25, 50, 75, 90]), Some([10, 25, 50, 75, 90]));
        assert_eq!(quantiles(&[7, 9], [10, 50, 90]), Some([7, 8, 9]));
        assert_eq!(quantiles(&[], [50]), None);
    }

    /// Each hour is 0 or 200 in half of the members; over 24 hours each member has a mean of 100.
    #[test]
    fn a_block_is_of_whole_courses() {
        let member = |odd: usize| -> Amounts {
            let hour = |lead: usize| {
                let mut amounts = [1_000; Pollutant::COUNT];
                let high = lead % 2 == odd;
                amounts[Pollutant::Pm2_5.index()] = if high { 200_000 } else { 0 };
                amounts
            };
            (0..HORIZON).map(hour).collect()
        };
        let members: Vec<Amounts> = (0..10).map(|n| member(n % 2)).collect();
        let origin = Day::from_number(15_765).start();
        let parameters = Parameters::default();
        let first = hour(&members, 0, origin, &parameters);
        let pm2_5 = first.concentration[Pollutant::Pm2_5.index()].expect("all are there");
        assert_eq!((pm2_5[0].milli(), pm2_5[4].milli()), (0, 200_000));
        let block = block(&members, 0, origin, &parameters);
        assert_eq!(block.aqi, Some([132; 3]));
    }
}
