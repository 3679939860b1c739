//! The table of skill as a document.
//!
//! In: a [`Skill`]. Out: what `--json` writes and the text shows: means rounded to two decimals, rates in
//! percent with one.

use serde::Serialize;

use crate::observation::{POLLUTANTS, Pollutant};
use crate::outlook::{BLOCKS, Contingency, LEADS, Method, Score, Skill, SkillRow, THRESHOLDS};
use crate::time::{Hour, HourLabel};

/// The table.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    pub(super) area: String,
    pub(super) name: String,
    /// 内置统计预报(仅供参考).
    pub(super) note_zh: &'static str,
    pub(super) first_origin: Option<String>,
    pub(super) last_origin: Option<String>,
    pub(super) step_h: usize,
    pub(super) origins: u64,
    pub(super) origins_without_forecast: u64,
    pub(super) shipped_method: &'static str,
    pub(super) methods: Vec<MethodRows>,
    /// Where the shipped method does not beat the other two.
    pub(super) not_beaten: Vec<NotBeaten>,
    /// At how many leads of which figures that was looked at.
    pub(super) compared: usize,
}

/// One method.
#[derive(Debug, Serialize)]
pub(super) struct MethodRows {
    pub(super) method: &'static str,
    pub(super) hours: Vec<Row>,
    pub(super) blocks: Vec<Row>,
}

/// One lead, or one block of 24 hours that ends with it.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) lead_h: usize,
    /// Of blocks none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) concentrations: Vec<Concentration>,
    pub(super) aqi: Option<Means>,
    /// Alarms by the median.
    pub(super) alarms: Vec<Alarms>,
    /// Alarms by the upper end of the 80 % band.
    pub(super) alarms_upper: Vec<Alarms>,
}

/// One pollutant at one lead, in µg/m³.
#[derive(Debug, Serialize)]
pub(super) struct Concentration {
    pub(super) pollutant: &'static str,
    pub(super) scored: u64,
    pub(super) mae_ug_m3: f64,
    pub(super) pinball_ug_m3: f64,
    pub(super) band_80_covers_percent: f64,
}

/// The AQI at one lead.
#[derive(Debug, Serialize)]
pub(super) struct Means {
    pub(super) scored: u64,
    pub(super) mae: f64,
    pub(super) pinball: f64,
    pub(super) band_80_covers_percent: f64,
}

/// One threshold.
#[derive(Debug, Serialize)]
pub(super) struct Alarms {
    pub(super) above: u16,
    pub(super) hits: u64,
    pub(super) misses: u64,
    pub(super) false_alarms: u64,
    /// None where it never came.
    pub(super) hit_rate_percent: Option<f64>,
    /// None without an alarm.
    pub(super) false_alarm_ratio_percent: Option<f64>,
}

/// A lead at which the shipped method is not better.
#[derive(Debug, Serialize)]
pub(super) struct NotBeaten {
    pub(super) figure: String,
    pub(super) lead_h: usize,
    pub(super) score: &'static str,
    pub(super) other: &'static str,
    /// How much better than the other, in percent: not above 0.
    pub(super) skill_percent: f64,
}

impl Document {
    pub(super) fn of(
        skill: &Skill,
        (area, name): (&str, &str),
        origins: &[Hour],
        step_h: usize,
    ) -> Self {
        let label = |hour: Option<&Hour>| hour.map(|h| h.label(HourLabel::End));
        let methods = skill.methods.iter().zip(&skill.hours).zip(&skill.blocks);
        let methods = methods.map(|((method, hours), blocks)| MethodRows {
            method: method.name(),
            hours: LEADS.into_iter().zip(hours).map(|(lead, row)| Row::of(lead, row)).collect(),
            blocks: (1..=BLOCKS).zip(blocks).map(|(n, row)| Row::of(n * 24, row)).collect(),
        });
        let (not_beaten, compared) = not_beaten(skill);
        Self {
            area: area.to_owned(),
            name: name.to_owned(),
            note_zh: "内置统计预报(仅供参考)",
            first_origin: label(origins.first()),
            last_origin: label(origins.last()),
            step_h,
            origins: skill.origins,
            origins_without_forecast: skill.without,
            shipped_method: Method::SHIPPED.name(),
            methods: methods.collect(),
            not_beaten,
            compared,
        }
    }
}

impl Row {
    fn of(lead_h: usize, row: &SkillRow) -> Self {
        let concentration = |p: &Pollutant| {
            let score = &row.concentration[p.index()];
            (score.count > 0).then(|| Concentration {
                pollutant: p.code(),
                scored: score.count,
                mae_ug_m3: mae(score, 1000.0),
                pinball_ug_m3: pinball(score, 1000.0),
                band_80_covers_percent: covers(score),
            })
        };
        let aqi = (row.aqi.count > 0).then(|| Means {
            scored: row.aqi.count,
            mae: mae(&row.aqi, 1.0),
            pinball: pinball(&row.aqi, 1.0),
            band_80_covers_percent: covers(&row.aqi),
        });
        let alarms = |all: &[Contingency]| {
            THRESHOLDS.into_iter().zip(all).map(|(above, c)| Alarms::of(above, c)).collect()
        };
        Self {
            lead_h,
            concentrations: POLLUTANTS.iter().filter_map(concentration).collect(),
            aqi,
            alarms: alarms(&row.alarms),
            alarms_upper: alarms(&row.alarms_upper),
        }
    }
}

impl Alarms {
    fn of(above: u16, c: &Contingency) -> Self {
        let Contingency { hits, misses, false_alarms } = *c;
        let share = |part: u64, all: u64| (all > 0).then(|| rounded(100.0 * ratio(part, all), 1));
        Self {
            above,
            hits,
            misses,
            false_alarms,
            hit_rate_percent: share(hits, hits + misses),
            false_alarm_ratio_percent: share(false_alarms, hits + false_alarms),
        }
    }
}

/// Every lead at which the shipped method is not better, of how many.
fn not_beaten(skill: &Skill) -> (Vec<NotBeaten>, usize) {
    let place = |method: Method| skill.methods.iter().position(|m| *m == method);
    let Some(shipped) = place(Method::SHIPPED) else { return (Vec::new(), 0) };
    let (mut all, mut compared) = (Vec::new(), 0);
    for other in [Method::Persistence, Method::Climatology] {
        let Some(at) = place(other) else { continue };
        let mut compare = |figure: &str, lead_h: usize, ours: &Score, theirs: &Score| {
            let scores =
                [("mae", ours.error, theirs.error), ("pinball", ours.pinball, theirs.pinball)];
            for (score, ours, theirs) in scores.into_iter().filter(|_| theirs.count > 0) {
                compared += 1;
                if ours >= theirs {
                    let skill_percent = rounded(100.0 * (1.0 - over(ours, theirs)), 1);
                    let (figure, other) = (figure.to_owned(), other.name());
                    all.push(NotBeaten { figure, lead_h, score, other, skill_percent });
                }
            }
        };
        let hours = skill.hours[shipped].iter().zip(&skill.hours[at]);
        for (lead, (ours, theirs)) in LEADS.into_iter().zip(hours) {
            for p in [Pollutant::Pm2_5, Pollutant::O3] {
                let (ours, theirs) =
                    (&ours.concentration[p.index()], &theirs.concentration[p.index()]);
                compare(p.code(), lead, ours, theirs);
            }
            compare("aqi", lead, &ours.aqi, &theirs.aqi);
        }
        let blocks = skill.blocks[shipped].iter().zip(&skill.blocks[at]);
        for (n, (ours, theirs)) in (1..=BLOCKS).zip(blocks) {
            compare("aqi_24h", n * 24, &ours.aqi, &theirs.aqi);
        }
    }
    (all, compared)
}

fn mae(score: &Score, unit: f64) -> f64 {
    rounded(mean(score.error, score.count) / unit, 2)
}

fn pinball(score: &Score, unit: f64) -> f64 {
    let count = score.count * score.quantiles.unsigned_abs().max(1);
    rounded(mean(score.pinball, count) / 100.0 / unit, 2)
}

fn covers(score: &Score) -> f64 {
    rounded(100.0 * ratio(score.inside, score.count), 1)
}

fn mean(sum: i64, count: u64) -> f64 {
    over(sum, i64::try_from(count).unwrap_or(i64::MAX))
}

fn ratio(part: u64, all: u64) -> f64 {
    mean(i64::try_from(part).unwrap_or(i64::MAX), all)
}

#[expect(clippy::cast_precision_loss, reason = "sums of errors, far below 2^52")]
fn over(sum: i64, by: i64) -> f64 {
    sum as f64 / by.max(1) as f64
}

fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}
