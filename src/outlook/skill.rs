//! How good a forecast was: each origin of the past once more, held against what came.
//!
//! In: a [`Series`], methods, and origins one after another. Out: a [`Skill`]: sums of scores by method and
//! lead, from which the table is made.
//!
//! Invariants: all methods are scored at the same hours; integers only, so parts of a span can be scored
//! apart and added; what was not measured is not scored.
//!
//! Source: rolling-origin evaluation; pinball loss (Koenker and Bassett, 1978) as the mean over the
//! quantiles given; hit rate = hits / (hits + misses), false-alarm ratio = false alarms / alarms.

use super::Series;
use super::nowcast::{BLOCKS, HORIZON, Method, Nowcast, QUANTILES, block_figures, hourly_aqi};
use crate::average::MISSING;
use crate::observation::{POLLUTANTS, Pollutant};
use crate::quantity::Amount;
use crate::standard::Parameters;
use crate::time::Hour;

/// The leads that are scored, in hours.
pub const LEADS: [usize; 12] = [6, 12, 18, 24, 30, 36, 42, 48, 54, 60, 66, HORIZON];
/// The AQIs beyond which an alarm is counted.
pub const THRESHOLDS: [u16; 3] = [100, 150, 200];

/// Sums of scores of one figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// How often it was scored.
    pub count: u64,
    /// Sum of the absolute errors of the median.
    pub error: i64,
    /// Sum over quantiles of a hundred times the pinball loss.
    pub pinball: i64,
    /// How many quantiles each pinball is a sum of.
    pub quantiles: i64,
    /// How often it lay in the 80 % band, its ends included.
    pub inside: u64,
}

/// Alarms and what came, for one threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contingency {
    /// Foretold and came.
    pub hits: u64,
    /// Came unforetold.
    pub misses: u64,
    /// Foretold and did not come.
    pub false_alarms: u64,
}

/// Scores of one method at one lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SkillRow {
    /// By [`Pollutant::index`], in 0.001 µg/m³.
    pub concentration: [Score; Pollutant::COUNT],
    /// The AQI: of the hour, or of the block.
    pub aqi: Score,
    /// By [`THRESHOLDS`], the alarm by the median.
    pub alarms: [Contingency; THRESHOLDS.len()],
    /// The same, the alarm by the upper end of the 80 % band.
    pub alarms_upper: [Contingency; THRESHOLDS.len()],
}

/// Scores of several methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    /// The methods.
    pub methods: Vec<Method>,
    /// By method, then by [`LEADS`].
    pub hours: Vec<[SkillRow; LEADS.len()]>,
    /// By method, then by block; concentrations are not scored.
    pub blocks: Vec<[SkillRow; BLOCKS]>,
    /// Origins with a forecast.
    pub origins: u64,
    /// Origins without one.
    pub without: u64,
}

impl Score {
    fn add<const N: usize>(&mut self, percents: [u16; N], quantiles: [i32; N], seen: i32) {
        let distance = |q: i32| i64::from(seen) - i64::from(q);
        for (percent, quantile) in percents.into_iter().zip(quantiles) {
            let (d, percent) = (distance(quantile), i64::from(percent));
            self.pinball += if d >= 0 { percent * d } else { (percent - 100) * d };
            self.error += if percent == 50 { d.abs() } else { 0 };
        }
        self.count += 1;
        self.quantiles = i64::try_from(N).unwrap_or(1);
        let ends = quantiles.first().zip(quantiles.last());
        self.inside += u64::from(ends.is_some_and(|(low, high)| *low <= seen && seen <= *high));
    }

    fn take(&mut self, other: &Self) {
        self.count += other.count;
        self.error += other.error;
        self.pinball += other.pinball;
        self.quantiles = self.quantiles.max(other.quantiles);
        self.inside += other.inside;
    }
}

impl Contingency {
    const fn add(&mut self, foretold: bool, came: bool) {
        match (foretold, came) {
            (true, true) => self.hits += 1,
            (false, true) => self.misses += 1,
            (true, false) => self.false_alarms += 1,
            (false, false) => {}
        }
    }

    const fn take(&mut self, other: &Self) {
        self.hits += other.hits;
        self.misses += other.misses;
        self.false_alarms += other.false_alarms;
    }
}

impl SkillRow {
    fn aqi<const N: usize>(&mut self, percents: [u16; N], aqi: [u16; N], seen: u16) {
        self.aqi.add(percents, aqi.map(i32::from), i32::from(seen));
        let (median, upper) = (aqi[N / 2], aqi[N - 1]);
        for (n, limit) in THRESHOLDS.into_iter().enumerate() {
            self.alarms[n].add(median > limit, seen > limit);
            self.alarms_upper[n].add(upper > limit, seen > limit);
        }
    }

    fn take(&mut self, other: &Self) {
        self.concentration.iter_mut().zip(&other.concentration).for_each(|(a, b)| a.take(b));
        self.aqi.take(&other.aqi);
        self.alarms.iter_mut().zip(&other.alarms).for_each(|(a, b)| a.take(b));
        self.alarms_upper.iter_mut().zip(&other.alarms_upper).for_each(|(a, b)| a.take(b));
    }
}

impl Skill {
    /// No score yet.
    #[must_use]
    pub fn new(methods: &[Method]) -> Self {
        Self {
            methods: methods.to_vec(),
            hours: vec![Default::default(); methods.len()],
            blocks: vec![Default::default(); methods.len()],
            origins: 0,
            without: 0,
        }
    }

    /// Scores the forecasts of one origin.
    pub fn score(&mut self, series: &Series, origin: Hour, parameters: &Parameters) {
        let Ok(all) = Nowcast::by_each(&self.methods, series, origin, parameters) else {
            self.without += 1;
            return;
        };
        self.origins += 1;
        for ((nowcast, hours), blocks) in all.iter().zip(&mut self.hours).zip(&mut self.blocks) {
            for (lead, row) in LEADS.into_iter().zip(hours) {
                let Some(ahead) = nowcast.hours.get(lead - 1) else { continue };
                let mut seen = [MISSING; Pollutant::COUNT];
                for p in POLLUTANTS {
                    let Some(amount) = series.get(ahead.hour, p) else { continue };
                    seen[p.index()] = amount.milli();
                    if let Some(quantiles) = ahead.concentration[p.index()] {
                        let quantiles = quantiles.map(Amount::milli);
                        row.concentration[p.index()].add(QUANTILES, quantiles, amount.milli());
                    }
                }
                let came = hourly_aqi(&seen, ahead.hour, parameters);
                if let Some((aqi, came)) = ahead.aqi.zip(came) {
                    row.aqi(QUANTILES, aqi, came);
                }
            }
            for (block, row) in nowcast.blocks.iter().zip(blocks) {
                let came = block_figures(&series.window(block.from), block.to, parameters);
                if let Some((aqi, came)) = block.aqi.zip(came.index.aqi) {
                    row.aqi([10, 50, 90], aqi, came);
                }
            }
        }
    }

    /// Adds the scores of other origins by the same methods.
    pub fn take(&mut self, other: &Self) {
        let rows = |a: &mut SkillRow, b: &SkillRow| a.take(b);
        for (a, b) in self.hours.iter_mut().zip(&other.hours) {
            a.iter_mut().zip(b).for_each(|(a, b)| rows(a, b));
        }
        for (a, b) in self.blocks.iter_mut().zip(&other.blocks) {
            a.iter_mut().zip(b).for_each(|(a, b)| rows(a, b));
        }
        self.origins += other.origins;
        self.without += other.without;
    }

    /// Every `step` hours from `from` to `to`, both included.
    pub fn origins(from: Hour, to: Hour, step: usize) -> impl Iterator<Item = Hour> {
        (from.number()..=to.number()).step_by(step.max(1)).map(Hour::from_number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Day;

    const FIRST: Hour = Day::from_number(15_765).start();

    /// PM2.5 of 50 and, from hour `from` on, of 250; the others clean.
    fn step(hours: i32, from: i32) -> Series {
        let mut series = Series::new(FIRST);
        for n in 0..hours {
            let mut amounts = [Some(Amount::from_milli(5_000)); Pollutant::COUNT];
            let pm2_5 = if n < from { 50_000 } else { 250_000 };
            amounts[Pollutant::Pm2_5.index()] = Some(Amount::from_milli(pm2_5));
            series.put(FIRST.plus(n), amounts);
        }
        series
    }

    #[test]
    fn scores_by_hand() {
        let mut score = Score::default();
        score.add([10, 50, 90], [10, 20, 30], 35);
        score.add([10, 50, 90], [10, 20, 30], 10);
        assert_eq!((score.count, score.error, score.inside), (2, 25, 1));
        // 35: 25×10 + 15×50 + 5×90; 10: 0 + 10×50 + 20×10.
        assert_eq!((score.pinball, score.quantiles), (250 + 750 + 450 + 500 + 200, 3));
    }

    #[test]
    fn what_no_past_could_tell_is_missed_and_errs_by_the_step() {
        let series = step(400, 310);
        let mut skill = Skill::new(&[Method::Persistence]);
        skill.score(&series, FIRST.plus(299), &Parameters::default());
        let row = skill.hours[0];
        let pm2_5 = |lead: usize| row[lead].concentration[Pollutant::Pm2_5.index()];
        assert_eq!((pm2_5(0).error, pm2_5(0).inside), (0, 1));
        assert_eq!((pm2_5(1).error, pm2_5(1).inside), (200_000, 0));
        let missed = Contingency { hits: 0, misses: 1, false_alarms: 0 };
        assert_eq!(row[1].alarms[2], missed);
        assert_eq!((row[0].alarms[0], row[0].aqi.count), (Contingency::default(), 1));
        // 14 of its 24 hours are above: a mean of 166.7, AQI 217.
        assert_eq!(skill.blocks[0][0].alarms, [missed; 3]);
        assert_eq!((skill.origins, skill.without), (1, 0));
    }

    #[test]
    fn shares_of_the_origins_add_up_to_the_whole() {
        let series = step(500, 330);
        let score = |origins: &[i32]| {
            let mut skill = Skill::new(&Method::ALL);
            for origin in origins {
                skill.score(&series, FIRST.plus(*origin), &Parameters::default());
            }
            skill
        };
        let mut all = score(&[100, 345]);
        all.take(&score(&[300, 400]));
        assert_eq!(all, score(&[100, 300, 345, 400]));
        assert_eq!((all.origins, all.without), (3, 1));
    }
}
