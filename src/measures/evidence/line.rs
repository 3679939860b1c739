//! What one line takes against its baseline, and what that comes to.
//!
//! In: the hours of a response, and what meters counted. Out: a [`LineEvidence`].
//! Invariants: sums are over the same hours on both sides; integers throughout. Source: see [`super`].

use std::collections::{BTreeMap, BTreeSet};

use super::hours::{Counted, Parts, is_weekend};
use super::{Answer, EvidenceAsked, EvidenceHour, EvidenceParams, LineEvidence, Ordered, Silence};
use crate::explanation::Decimal;
use crate::measures::rows::Line;
use crate::quantity::{Rounding, decimal};
use crate::time::Hour;
use crate::warning::Level;

/// What is the same for all lines.
pub(super) struct Bench<'a> {
    pub(super) asked: &'a EvidenceAsked<'a>,
    pub(super) hours: Vec<(Hour, Level, bool)>,
    pub(super) ordinary: Vec<Hour>,
    pub(super) counted: Counted,
    pub(super) places: BTreeMap<&'a str, usize>,
    /// How many lines are listed with a meter.
    pub(super) lines_of: BTreeMap<&'a str, usize>,
}

impl Bench<'_> {
    /// The median by kind of day and hour of the day.
    fn baselines(&self, meters: &[usize]) -> [[Option<i64>; 24]; 2] {
        let mut values: [[Vec<i64>; 24]; 2] = Default::default();
        for hour in &self.ordinary {
            if let Some(wh) = self.counted.together(meters, *hour) {
                values[usize::from(is_weekend(*hour))][hour.of_day()].push(wh);
            }
        }
        let least = usize::from(self.asked.params.comparable_hours_least).max(1);
        values.map(|kind| {
            kind.map(|mut values| {
                values.sort_unstable();
                (values.len() >= least).then(|| values[(values.len() - 1) / 2])
            })
        })
    }

    /// A line's hours under an ordered measure.
    fn hours_of(&self, line: &Line, meters: &[usize]) -> Vec<EvidenceHour> {
        let baselines = if meters.is_empty() { [[None; 24]; 2] } else { self.baselines(meters) };
        let of = |(hour, level, counts): &(Hour, Level, bool)| {
            let act = line.measures.of(*level).act;
            let energy = self.counted.together(meters, *hour).filter(|_| !meters.is_empty());
            Some(EvidenceHour {
                hour: *hour,
                level: *level,
                counts: *counts,
                allowed_percent: self.asked.params.allowed_percent(act)?,
                baseline_wh: baselines[usize::from(is_weekend(*hour))][hour.of_day()],
                energy_wh: energy,
            })
        };
        self.hours.iter().filter_map(of).collect()
    }

    /// What electricity says of a line; `None` where nothing is ordered.
    pub(super) fn line(&self, line: &Line) -> Option<LineEvidence> {
        let levels: BTreeSet<Level> = self.asked.own().map(|response| response.level).collect();
        let ordered =
            levels.into_iter().filter(|level| line.measures.of(*level).act.is_mandatory());
        let ordered: Vec<Ordered> = ordered
            .map(|level| Ordered { level, measure_zh: line.measures.of(level).to_string() })
            .collect();
        if ordered.is_empty() {
            return None;
        }
        let places: Vec<usize> = line
            .meters
            .iter()
            .filter_map(|meter| self.places.get(meter.as_str()).copied())
            .collect();
        let hours = self.hours_of(line, &places);
        let sums = Sums::of(&hours);
        let answer = sums.answer(self.asked.params, places.is_empty());
        let counting = hours.iter().filter(|hour| hour.counts);
        let conflict = |hour: &&EvidenceHour| {
            let of = |place: &usize| self.counted.parts(*place, hour.hour);
            hour.is_counted() && places.iter().filter_map(of).any(|parts| parts.conflict)
        };
        Some(LineEvidence {
            enterprise: line.enterprise.clone(),
            line: line.line.clone(),
            operation: line.operation,
            ordered,
            meters: line.meters.clone(),
            shared_meters: self.some_meters(line, |meter, _| self.lines_of[meter] > 1),
            silent_meters: self.some_meters(line, |_, place| {
                let has = |hour: &&EvidenceHour| {
                    self.counted.parts(place, hour.hour).and_then(Parts::hour).is_some()
                };
                !self.asked.params.is_enough(count(counting.clone().filter(has)), sums.counting)
            }),
            answer,
            answer_zh: answer.text_zh(),
            silence: answer.silence(),
            silence_zh: answer.silence().map(Silence::text_zh),
            counting_hours: sums.counting,
            counted_hours: sums.counted,
            missing_hours: sums.counting - sums.with_data,
            baseless_hours: sums.with_data - sums.counted,
            conflict_hours: count(counting.clone().filter(conflict)),
            baseline_wh: sums.baseline_wh,
            energy_wh: sums.energy_wh,
            share_percent: percent(i128::from(sums.energy_wh) * 100, sums.baseline_wh),
            allowed_percent: percent(sums.allowed_wh_percent, sums.baseline_wh),
            hours,
        })
    }

    fn some_meters(&self, line: &Line, is_it: impl Fn(&str, usize) -> bool) -> Vec<String> {
        let of = |meter: &&String| {
            self.places.get(meter.as_str()).is_some_and(|place| is_it(meter.as_str(), *place))
        };
        line.meters.iter().filter(of).cloned().collect()
    }
}

impl EvidenceHour {
    /// Whether it stands in the sums.
    const fn is_counted(&self) -> bool {
        self.counts && self.baseline_wh.is_some() && self.energy_wh.is_some()
    }
}

impl EvidenceParams {
    fn is_enough(&self, hours: u32, of: u32) -> bool {
        u64::from(hours) * 100 >= u64::from(of) * u64::from(self.data_percent_least)
    }
}

pub(super) fn count<T>(all: impl Iterator<Item = T>) -> u32 {
    u32::try_from(all.count()).unwrap_or(u32::MAX)
}

/// With one decimal; nothing of nothing.
fn percent(part_percent: i128, whole: i64) -> Option<Decimal> {
    if whole == 0 {
        return None;
    }
    let tenths = Rounding::HalfEven.divide(part_percent * 10, whole.into());
    let tenths = i64::try_from(tenths).unwrap_or(i64::MAX);
    Some(Decimal::written(decimal(tenths, 1, 1)))
}

/// What the counting hours of a line come to.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    counting: u32,
    with_data: u32,
    counted: u32,
    baseline_wh: i64,
    energy_wh: i64,
    /// Baseline times percent allowed.
    allowed_wh_percent: i128,
}

impl Sums {
    fn of(hours: &[EvidenceHour]) -> Self {
        let mut sums = Self::default();
        for hour in hours.iter().filter(|hour| hour.counts) {
            sums.counting += 1;
            let Some(energy) = hour.energy_wh else { continue };
            sums.with_data += 1;
            let Some(baseline) = hour.baseline_wh else { continue };
            sums.counted += 1;
            sums.baseline_wh += baseline;
            sums.energy_wh += energy;
            sums.allowed_wh_percent += i128::from(baseline) * i128::from(hour.allowed_percent);
        }
        sums
    }

    /// What takes nothing otherwise cannot be seen to take less; that it takes something can.
    const fn is_idle(&self) -> bool {
        self.baseline_wh == 0 && self.energy_wh == 0
    }

    fn answer(&self, params: &EvidenceParams, is_unmetered: bool) -> Answer {
        if is_unmetered {
            Answer::Silent(Silence::NotMetered)
        } else if self.counting == 0 {
            Answer::Silent(Silence::NotYet)
        } else if !params.is_enough(self.with_data, self.counting) {
            Answer::Silent(Silence::Gap)
        } else if !params.is_enough(self.counted, self.counting) || self.is_idle() {
            Answer::Silent(Silence::NoBaseline)
        } else if i128::from(self.energy_wh) * 100 <= self.allowed_wh_percent {
            Answer::Reducing
        } else {
            Answer::Suspected
        }
    }
}
