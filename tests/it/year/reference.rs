//! The clauses once more, in fractions: HJ 633 tables and daily report, HJ 663 days, spans and indices.

#![expect(clippy::needless_range_loop, reason = "pollutants go by their place, as in tables")]

use lantian::average::{MISSING, Window};
use lantian::time::Day;
use num_bigint::BigInt;
use num_rational::BigRational;

/// A fraction; concentrations in 0.001 µg/m³.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fraction(BigRational);

impl Fraction {
    pub(super) fn new(num: i128, den: i128) -> Self {
        Self(BigRational::new(num.into(), den.into()))
    }

    /// Divided by a power of ten.
    pub(super) fn shifted(&self, digits: u32) -> Self {
        Self(&self.0 / BigRational::from(BigInt::from(10).pow(digits)))
    }

    /// To so many decimals, half to even.
    pub(super) fn show(&self, decimals: u32) -> String {
        let ten = BigRational::from(BigInt::from(10).pow(decimals));
        let half = BigRational::new(1.into(), 2.into());
        let scaled = &self.0 * ten;
        let mut near = (&scaled + &half).floor();
        if &near - &scaled == half && near.to_integer().bit(0) {
            near -= BigRational::from(BigInt::from(1));
        }
        let digits = format!("{:0>1$}", near.to_integer().to_string(), decimals as usize + 1);
        let (whole, rest) = digits.split_at(digits.len() - decimals as usize);
        format!("{whole}.{rest}")
    }

    fn mean(all: &[Self]) -> Option<Self> {
        let sum: BigRational = all.iter().map(|f| f.0.clone()).sum();
        (!all.is_empty()).then(|| Self(sum / BigRational::from(BigInt::from(all.len()))))
    }

    /// In whole steps of so many 0.001 µg/m³, half to even.
    fn steps(&self, step: i128) -> BigInt {
        let floor = (&self.0 / BigRational::from(BigInt::from(step))).floor();
        let rest = &self.0 / BigRational::from(BigInt::from(step)) - &floor;
        let half = BigRational::new(1.into(), 2.into());
        let floor = floor.to_integer();
        if rest > half || (rest == half && floor.bit(0)) { floor + 1 } else { floor }
    }
}

/// What the sources leave open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) any_station: bool,
    pub(super) o3_max_1h_min_hours: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self { any_station: false, o3_max_1h_min_hours: 20 }
    }
}

/// The pollutants by their place: as the library orders them, checked by a test of names.
const NAMES: [&str; 6] = ["pm2_5", "pm10", "so2", "no2", "co", "o3"];
const CO: usize = 4;
const O3: usize = 5;

/// One day by the reference.
#[derive(Clone, Debug, Default)]
pub(super) struct DayReference {
    pub(super) values: [Option<Fraction>; 6],
    pub(super) o3_max_1h: Option<Fraction>,
    pub(super) valid_hours: Vec<u32>,
    hours: [[bool; 24]; 6],
    pub(super) aqi: Option<u16>,
    pub(super) is_partial: bool,
    pub(super) primary: Vec<usize>,
}

pub(super) fn station_day(day: Day, window: &Window, rules: &Rules) -> DayReference {
    let mut one = DayReference::default();
    for p in 0..6 {
        let valid: Vec<Fraction> = window[p]
            .iter()
            .filter(|a| **a != MISSING)
            .map(|a| Fraction::new((*a).into(), 1))
            .collect();
        one.hours[p] = window[p].map(|a| a != MISSING);
        if p != O3 && valid.len() >= 20 {
            one.values[p] = Fraction::mean(&valid);
        }
        if p == O3 {
            if valid.len() >= rules.o3_max_1h_min_hours {
                one.o3_max_1h = valid.iter().max().cloned();
            }
            one.values[p] = mda8(&window[p]);
        }
    }
    judge(day, &mut one);
    one
}

/// Windows that end at hours 8 to 24; six of eight values each; fourteen windows, or above 160 µg/m³.
fn mda8(ozone: &[i32; 24]) -> Option<Fraction> {
    let mut windows = Vec::new();
    for end in 8..=24 {
        let eight = &ozone[end - 8..end];
        let valid: Vec<Fraction> = eight
            .iter()
            .filter(|a| **a != MISSING)
            .map(|a| Fraction::new((*a).into(), 1))
            .collect();
        if valid.len() >= 6 {
            windows.extend(Fraction::mean(&valid));
        }
    }
    let enough = windows.len() >= 14;
    let largest = windows.into_iter().max()?;
    (enough || largest > Fraction::new(160_000, 1)).then_some(largest)
}

pub(super) fn set_day(day: Day, stations: &[DayReference], rules: &Rules) -> DayReference {
    let mut set = DayReference::default();
    let suffices = |n: usize| {
        let all = stations.len();
        match (rules.any_station, all) {
            (true, _) => n > 0,
            (false, ..4) => n > 0 && n as f64 / all as f64 >= 0.5,
            (false, _) => n as f64 / all as f64 >= 0.75,
        }
    };
    for p in 0..6 {
        let values: Vec<Fraction> = stations.iter().filter_map(|s| s.values[p].clone()).collect();
        set.values[p] = Fraction::mean(&values).filter(|_| suffices(values.len()));
        for hour in 0..24 {
            set.hours[p][hour] = stations.iter().any(|s| s.hours[p][hour]);
        }
    }
    let ozone: Vec<Fraction> = stations.iter().filter_map(|s| s.o3_max_1h.clone()).collect();
    set.o3_max_1h = Fraction::mean(&ozone).filter(|_| suffices(ozone.len()));
    judge(day, &mut set);
    set
}

const LEVELS: [i128; 8] = [0, 50, 100, 150, 200, 300, 400, 500];

/// Daily breakpoints in µg/m³ (CO in mg/m³) and whether anything stands above the last one.
fn breakpoints(p: usize, is_2026: bool) -> &'static [i128] {
    match (p, is_2026) {
        (0, false) => &[0, 35, 75, 115, 150, 250, 350, 500],
        (0, true) => &[0, 35, 60, 115, 150, 250, 350, 500],
        (1, false) => &[0, 50, 150, 250, 350, 420, 500, 600],
        (1, true) => &[0, 50, 120, 250, 350, 420, 500, 600],
        (2, _) => &[0, 50, 150, 475, 800, 1600, 2100, 2620],
        (3, _) => &[0, 40, 80, 180, 280, 565, 750, 940],
        (CO, _) => &[0, 2, 4, 14, 24, 36, 48, 60],
        _ => &[0, 100, 160, 215, 265, 800],
    }
}

const O3_1H: [i128; 8] = [0, 160, 200, 300, 400, 800, 1000, 1200];

/// Rounded up; what is above a whole scale is 500.
fn iaqi(steps: &BigInt, points: &[i128], per_unit: i128) -> Option<u16> {
    let value = BigRational::from(steps.clone()) / BigRational::from(BigInt::from(per_unit));
    for (at, pair) in points.windows(2).enumerate() {
        let (low, high) = (BigInt::from(pair[0]), BigInt::from(pair[1]));
        if value <= BigRational::from(high.clone()) {
            let (from, to) = (LEVELS[at], LEVELS[at + 1]);
            let slope = BigRational::new(BigInt::from(to - from), high - &low);
            let exact =
                slope * (value - BigRational::from(low)) + BigRational::from(BigInt::from(from));
            return u16::try_from(exact.ceil().to_integer()).ok();
        }
    }
    (points.len() == 8).then_some(500)
}

fn judge(day: Day, one: &mut DayReference) {
    one.valid_hours =
        one.hours.iter().map(|h| h.iter().filter(|v| **v).count().try_into().unwrap()).collect();
    let is_2026 = day >= "2026-03-01".parse().unwrap();
    let mut of_pollutant: [Option<u16>; 6] = [None; 6];
    for p in 0..6 {
        let Some(value) = &one.values[p] else { continue };
        // CO in tenths of a mg/m³.
        let (step, per_unit) = if p == CO { (100_000, 10) } else { (1000, 1) };
        of_pollutant[p] = iaqi(&value.steps(step), breakpoints(p, is_2026), per_unit);
        if p == O3 && of_pollutant[p].is_none() && is_2026 {
            of_pollutant[p] = Some(300);
        }
    }
    if let Some(one_hour) = one.o3_max_1h.as_ref().filter(|_| !is_2026) {
        of_pollutant[O3] = of_pollutant[O3].max(iaqi(&one_hour.steps(1000), &O3_1H, 1));
    }
    let is_missing = |p: usize| {
        let measured = one.values[p].is_some() || (p == O3 && !is_2026 && one.o3_max_1h.is_some());
        !measured
    };
    let incomplete = (0..6).any(is_missing);
    let Some(max) = of_pollutant.iter().copied().flatten().max() else { return };
    if is_2026 && incomplete && max <= 100 {
        return;
    }
    one.aqi = Some(max);
    one.is_partial = incomplete;
    if max > 50 {
        one.primary = (0..6).filter(|p| of_pollutant[*p] == Some(max)).collect();
    }
}

/// A span by the reference.
#[derive(Debug, Default)]
pub(super) struct PeriodReference {
    /// Valid, partial, good, heavy.
    pub(super) counts: [u32; 4],
    pub(super) by_category: [u32; 6],
    pub(super) primary_days: [u32; 6],
    pub(super) days_of_pollutant: [u32; 6],
    pub(super) ratio: Option<Fraction>,
    pub(super) mean: [Option<Fraction>; 6],
    pub(super) percentile: [Option<Fraction>; 6],
    pub(super) composite: Option<Fraction>,
}

pub(super) fn period(to: Day, days: &[DayReference]) -> PeriodReference {
    let mut all = PeriodReference::default();
    for day in days {
        let Some(aqi) = day.aqi else { continue };
        all.counts[0] += 1;
        all.counts[1] += u32::from(day.is_partial);
        all.counts[2] += u32::from(aqi <= 100);
        all.counts[3] += u32::from(aqi > 200);
        let class = [50, 100, 150, 200, 300, 9999].iter().position(|top| aqi <= *top).unwrap();
        all.by_category[class] += 1;
        for p in &day.primary {
            all.primary_days[*p] += 1;
        }
    }
    if all.counts[0] > 0 {
        all.ratio = Some(Fraction::new(all.counts[2].into(), all.counts[0].into()));
    }
    for p in 0..6 {
        let mut values: Vec<Fraction> = days.iter().filter_map(|d| d.values[p].clone()).collect();
        all.days_of_pollutant[p] = values.len().try_into().unwrap();
        all.mean[p] = Fraction::mean(&values);
        values.sort();
        let percent = match NAMES[p] {
            "so2" | "no2" => 98,
            "o3" => 90,
            _ => 95,
        };
        all.percentile[p] = percentile(&values, percent);
    }
    let (pm2_5, pm10) = if to >= "2026-03-01".parse().unwrap() { (30, 60) } else { (35, 70) };
    let limits: [i128; 6] = [pm2_5, pm10, 60, 40, 4000, 160];
    let single = |p: usize| {
        let value = if p == CO || p == O3 { &all.percentile[p] } else { &all.mean[p] };
        let limit = BigRational::from(BigInt::from(limits[p] * 1000));
        value.as_ref().map(|v| &v.0 / limit)
    };
    let singles: Option<Vec<BigRational>> = (0..6).map(single).collect();
    all.composite = singles.map(|s| Fraction(s.into_iter().sum()));
    all
}

/// k = 1 + (n-1)p; X(s) + (X(s+1) - X(s))(k - s).
fn percentile(ascending: &[Fraction], percent: i128) -> Option<Fraction> {
    let n = i128::try_from(ascending.len()).unwrap();
    if n == 0 {
        return None;
    }
    let k = BigRational::new((100 + (n - 1) * percent).into(), 100.into());
    let s = usize::try_from(k.floor().to_integer()).unwrap();
    let low = &ascending[s - 1];
    let high = ascending.get(s).unwrap_or(low);
    Some(Fraction(&low.0 + (&high.0 - &low.0) * (k.clone() - k.floor())))
}
