//! The slow, obvious truth: every figure from the full list of observations, by looking back hour by
//! hour. It shares nothing with the program but the index and the words.

use std::collections::BTreeMap;

use lantian::area::{Coverage, Figures, Registry};
use lantian::index::{self, Context, Index, Indicator, Means, Pollutants};
use lantian::observation::{POLLUTANTS, PROPERTIES, Pollutant, Property, Reading, Validity};
use lantian::quantity::{Amount, Quotient};
use lantian::standard::{Entity, Parameters, standards};
use lantian::time::Hour;

use super::month::Meant;

/// Station, property, minutes of the period, start in minutes.
type Key = (usize, usize, u8, i64);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    /// Station, property, hour.
    hours: BTreeMap<(usize, usize, i32), Reading>,
}

/// What came back from review: station and hour, with the amounts by pollutant.
pub(crate) type Reviewed = BTreeMap<(usize, i32), [Option<i32>; Pollutant::COUNT]>;

/// A fraction, not reduced.
#[derive(Clone, Copy, Debug)]
struct Fraction {
    num: i128,
    den: i128,
}

impl Fraction {
    fn plus(self, other: Self) -> Self {
        let num = self.num * other.den + other.num * self.den;
        Self { num, den: self.den * other.den }
    }

    fn above(self, other: Self) -> bool {
        self.num * other.den > other.num * self.den
    }

    /// Half to even, by asking which multiple of `step` is nearest.
    fn round(self, step: i128) -> i32 {
        let unit = self.den * step;
        let low = self.num.div_euclid(unit);
        let twice = 2 * (self.num - low * unit);
        let up = twice > unit || (twice == unit && low.rem_euclid(2) == 1);
        i32::try_from((low + i128::from(up)) * step).expect("an amount")
    }

    fn quotient(self) -> Quotient {
        Quotient { num: self.num, den: i64::try_from(self.den).expect("few stations") }
    }
}

fn mean(values: &[Fraction]) -> Option<Fraction> {
    let first = *values.first()?;
    let sum = values[1..].iter().fold(first, |sum, v| sum.plus(*v));
    let count = i128::try_from(values.len()).expect("few");
    Some(Fraction { num: sum.num, den: sum.den * count })
}

fn mean_of(amounts: &[i32]) -> Option<Fraction> {
    let all: Vec<_> = amounts.iter().map(|a| Fraction { num: i128::from(*a), den: 1 }).collect();
    (!all.is_empty()).then(|| {
        let num = all.iter().map(|f| f.num).sum();
        Fraction { num, den: i128::try_from(all.len()).expect("few") }
    })
}

impl Model {
    /// Of messages in any order, but for values that contradict each other under one revision.
    pub(crate) fn of(meant: &[Meant]) -> Self {
        let mut keys: BTreeMap<Key, Vec<(u32, Reading)>> = BTreeMap::new();
        for m in meant {
            for (property, reading) in &m.values {
                let key = (m.station, property.index(), m.minutes, m.start.millis() / 60_000);
                keys.entry(key).or_default().push((m.revision, *reading));
            }
        }
        let held: BTreeMap<Key, Reading> =
            keys.into_iter().map(|(key, all)| (key, one_value(&all))).collect();
        Self { hours: hours(&held) }
    }

    /// The value that holds for an hour.
    pub(crate) fn reading(&self, station: usize, property: Property, hour: Hour) -> Reading {
        let key = (station, property.index(), hour.number());
        self.hours.get(&key).copied().unwrap_or_default()
    }

    /// The same without some of the valid amounts.
    pub(crate) fn without(&self, out: impl Fn(usize, Pollutant, Hour) -> bool) -> Self {
        let mut hours = self.hours.clone();
        for ((station, property, hour), reading) in &mut hours {
            let Property::Pollutant(p) = PROPERTIES[*property] else { continue };
            if reading.validity.is_valid() && out(*station, p, Hour::from_number(*hour)) {
                *reading = Reading::default();
            }
        }
        Self { hours }
    }

    /// The same beneath what came back from review.
    pub(crate) fn under(&self, reviewed: &Reviewed) -> Self {
        let mut hours = self.hours.clone();
        for ((station, hour), amounts) in reviewed {
            for (p, amount) in POLLUTANTS.into_iter().zip(amounts) {
                let valid = |milli: i32| Reading {
                    amount: Amount::from_milli(milli),
                    validity: Validity::Valid,
                };
                let key = (*station, Property::Pollutant(p).index(), *hour);
                hours.insert(key, amount.map(valid).unwrap_or_default());
            }
        }
        Self { hours }
    }

    /// The valid amount of an hour.
    pub(crate) fn amount(&self, station: usize, p: Pollutant, hour: Hour) -> Option<i32> {
        let reading = self.reading(station, Property::Pollutant(p), hour);
        reading.validity.is_valid().then(|| reading.amount.milli())
    }

    fn back(&self, station: usize, p: Pollutant, hour: Hour, hours: usize) -> Vec<i32> {
        let hours = (0..i32::try_from(hours).expect("small")).map(|n| hour.plus(-n));
        hours.filter_map(|h| self.amount(station, p, h)).collect()
    }

    fn largest_8h(&self, station: usize, hour: Hour) -> Option<Fraction> {
        let mut largest: Option<Fraction> = None;
        for end in 7..=hour.of_day() {
            let window = self.back(station, Pollutant::O3, hour.day().hour(end), 8);
            let Some(mean) = mean_of(&window).filter(|_| window.len() >= 6) else { continue };
            if largest.is_none_or(|l| mean.above(l)) {
                largest = Some(mean);
            }
        }
        largest
    }

    /// The figures of some stations together, by the letter.
    pub(crate) fn figures(&self, stations: &[usize], hour: Hour, entity: Entity) -> Figures {
        let parameters = Parameters::default();
        let edition = standards().index_edition(hour.day());
        let ctx = Context { edition, parameters: &parameters, entity };
        let so_far = hour.of_day() + 1;
        let over = |of: &dyn Fn(usize) -> Option<Fraction>| {
            mean(&stations.iter().filter_map(|s| of(*s)).collect::<Vec<_>>())
        };
        let each = |of: &dyn Fn(usize, Pollutant) -> Option<Fraction>| {
            POLLUTANTS.map(|p| over(&|s| of(s, p)))
        };
        let own = each(&|s, p| mean_of(&self.back(s, p, hour, 1)));
        let valid_24 = |s, p| Some(self.back(s, p, hour, 24)).filter(|w| w.len() >= 20);
        let rolling = each(&|s, p| mean_of(&valid_24(s, p)?));
        let day = each(&|s, p| mean_of(&self.back(s, p, hour, so_far)));
        let o3_8h = over(&|s| {
            mean_of(&Some(self.back(s, Pollutant::O3, hour, 8)).filter(|w| w.len() >= 6)?)
        });
        let o3_8h_max = over(&|s| self.largest_8h(s, hour));
        let o3_1h_max =
            over(&|s| mean_of(&[*self.back(s, Pollutant::O3, hour, so_far).iter().max()?]));
        let ozone = [own[Pollutant::O3.index()], o3_8h, o3_8h_max, o3_1h_max];
        let (index, day_index) = indices(&ctx, (&own, &rolling, &day), ozone, so_far);
        let any = |h: &usize| {
            let at = hour.day().hour(*h);
            let has = |s: &usize| POLLUTANTS.iter().any(|p| self.amount(*s, *p, at).is_some());
            stations.iter().any(has)
        };
        let least = |p| stations.iter().filter_map(|s| Some(valid_24(*s, p)?.len())).min();
        let present = |p| stations.iter().filter(|s| self.amount(**s, p, hour).is_some()).count();
        let small = |n: usize| u16::try_from(n).expect("small");
        let not_o3 = |p| p != Pollutant::O3;
        Figures {
            hour,
            concentration: POLLUTANTS.map(|p| shown(own[p.index()], p)),
            rolling_24h: POLLUTANTS.map(|p| shown(rolling[p.index()], p).filter(|_| not_o3(p))),
            o3_8h: shown(o3_8h, Pollutant::O3),
            o3_8h_max_today: shown(o3_8h_max, Pollutant::O3),
            o3_1h_max_today: shown(o3_1h_max, Pollutant::O3),
            day: POLLUTANTS.map(|p| shown(day[p.index()], p).filter(|_| not_o3(p))),
            index,
            day_index,
            hours_day: u8::try_from((0..so_far).filter(any).count()).expect("small"),
            hours_24h: POLLUTANTS.map(|p| u8::try_from(least(p).unwrap_or(0)).expect("small")),
            coverage: POLLUTANTS
                .map(|p| Coverage { present: small(present(p)), expected: small(stations.len()) }),
            reviewed: false,
        }
    }

    /// The figures of one of the registry's sets.
    pub(crate) fn set(&self, registry: &Registry, set: usize, hour: Hour) -> Figures {
        let day = hour.day();
        let members = registry.sets[set].members.iter();
        let on = |m: &&lantian::area::Membership| {
            m.valid.from.is_none_or(|from| from <= day)
                && m.valid.until.is_none_or(|until| until >= day)
        };
        let members: Vec<usize> = members.filter(on).map(|m| m.station).collect();
        self.figures(&members, hour, Entity::Area)
    }
}

fn shown(value: Option<Fraction>, p: Pollutant) -> Option<Amount> {
    let step = if p == Pollutant::Co { 100_000 } else { 1000 };
    value.map(|v| Amount::from_milli(v.round(step)))
}

type ByPollutant = [Option<Fraction>; 6];

/// The index is the program's own: it has its own tests.
fn indices(
    ctx: &Context<'_>,
    (own, rolling, day): (&ByPollutant, &ByPollutant, &ByPollutant),
    [_, o3_8h, o3_8h_max, o3_1h_max]: [Option<Fraction>; 4],
    so_far: usize,
) -> (Index, Index) {
    let (mut hourly, mut daily) = (Means::default(), Means::default());
    let mut put = |means: usize, indicator: Indicator, value: Option<Fraction>| {
        let means = if means == 0 { &mut hourly } else { &mut daily };
        means.by_indicator[indicator.index()] = value.map(Fraction::quotient);
    };
    for p in POLLUTANTS {
        put(0, Indicator::hourly(p), own[p.index()]);
        if p != Pollutant::O3 {
            put(1, Indicator::daily(p), day[p.index()]);
        }
    }
    put(0, Indicator::Pm2_5_24h, rolling[Pollutant::Pm2_5.index()]);
    put(0, Indicator::Pm10_24h, rolling[Pollutant::Pm10.index()]);
    put(0, Indicator::O3_8h, o3_8h);
    put(1, Indicator::O3_8h, o3_8h_max);
    put(1, Indicator::O3Max1h, o3_1h_max);
    let due = if so_far < 8 { Pollutants::ALL.without(Pollutant::O3) } else { Pollutants::ALL };
    (index::hourly(&hourly, ctx), index::daily(&daily, ctx, due))
}

/// The highest revision; within it a value before `null`, and of several the one that came last for the
/// first time.
fn one_value(all: &[(u32, Reading)]) -> Reading {
    let highest = all.iter().map(|(revision, _)| *revision).max().expect("one");
    let mut values: Vec<Reading> = Vec::new();
    for (_, reading) in all.iter().filter(|(revision, _)| *revision == highest) {
        if reading.validity != Validity::Missing && !values.contains(reading) {
            values.push(*reading);
        }
    }
    values.last().copied().unwrap_or_default()
}

fn hours(held: &BTreeMap<Key, Reading>) -> BTreeMap<(usize, usize, i32), Reading> {
    let mut parts: BTreeMap<(usize, usize, i32), Vec<(u8, Reading)>> = BTreeMap::new();
    let mut hours = BTreeMap::new();
    for ((station, property, minutes, start), reading) in held {
        let hour = i32::try_from(start.div_euclid(60)).expect("an hour");
        let key = (*station, *property, hour);
        if *minutes == 60 {
            hours.insert(key, *reading);
        } else {
            parts.entry(key).or_default().push((*minutes, *reading));
        }
    }
    for (key, parts) in parts {
        let reported = hours.get(&key).copied().unwrap_or_default();
        if reported.validity == Validity::Missing {
            hours.insert(key, from_parts(PROPERTIES[key.1], &parts));
        }
    }
    hours
}

/// The hour from its parts, in the order of their start: by the period that covers most.
fn from_parts(property: Property, parts: &[(u8, Reading)]) -> Reading {
    let mut best = (0, Reading::default());
    for period in 1..=30 {
        let of_it = parts.iter().filter(|(minutes, r)| *minutes == period && r.validity.is_valid());
        let amounts: Vec<i32> = of_it.map(|(_, r)| r.amount.milli()).collect();
        let covered = amounts.len() * usize::from(period);
        if covered <= best.0 {
            continue;
        }
        let milli = match property {
            Property::Rain => amounts.iter().sum(),
            Property::WindDirection => *amounts.last().expect("covered"),
            _ => mean_of(&amounts).expect("covered").round(1),
        };
        let enough = covered >= 45;
        let validity =
            if enough { Validity::ValidFromMinutes } else { Validity::InsufficientMinutes };
        best = (covered, Reading { amount: Amount::from_milli(milli), validity });
    }
    best.1
}
