//! Evidence by electricity: what each listed line takes during a response, against what it takes otherwise.
//!
//! In: the list, the responses of an area, and what its meters read. Out: for each line that is ordered to
//! stop or to limit, 减排中, 疑似未落实，待核查, or 无数据 with the reason, and the numbers it rests on. Evidence,
//! never a verdict: a plant may run for protection or safety, a meter may count more than the line.
//!
//! - *Baseline* of an hour: the median (the lower of two middles, so it is always something that was read) of
//!   the same hour of the day on the same kind of day (Monday to Friday; Saturday and Sunday; public holidays
//!   are not known) in the `baseline_days` before the first level took effect, without hours in which any
//!   response was in effect; at least `comparable_hours_least` of them.
//! - *Counting* hours lie whole under one level, `grace_hours` after it took effect, and are over. Each goes
//!   by the line's measure at that level; what is voluntary (自主减排) is not held against anything.
//! - *Judged* is the sum over hours with both: at most `stop_percent_most` of the baseline where the line is
//!   stopped, what a limit (限产) leaves plus `limit_margin_percent`, `other_percent_most` where only a share
//!   of the lines is stopped. Where the level changes, the hours' own limits are summed.
//! - *Silent* is a line without meters, one of whose meters is silent, or whose baseline is too thin.
//!
//! Invariants: integers throughout; the order of readings does not matter. Source: issue 5, Build 5.

mod hours;
mod line;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

pub use hours::{Response, responses};

use super::edition::Edition;
use super::rows::{Act, Line, Operation};
use crate::explanation::Decimal;
use crate::time::{AveragingPeriod, Hour, Instant};
use crate::warning::Level;
use hours::Counted;
use line::{Bench, count};

/// By what electricity is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EvidenceParams {
    /// Days before the response in which comparable hours lie.
    pub baseline_days: u16,
    /// Comparable hours without which an hour has no baseline.
    pub comparable_hours_least: u16,
    /// Hours after a level takes effect that do not count.
    pub grace_hours: u16,
    /// So much of the counting hours must have data, and so much a baseline, too.
    pub data_percent_least: u8,
    /// So much of the baseline a stopped line may take.
    pub stop_percent_most: u8,
    /// Points of the baseline that a limited line may take beyond what the limit leaves.
    pub limit_margin_percent: u8,
    /// So much of the baseline a line may take under any other measure.
    pub other_percent_most: u8,
}

impl EvidenceParams {
    /// Chosen, not measured: to be held against a year of the city's own meters.
    pub const DEFAULT: Self = Self {
        baseline_days: 28,
        comparable_hours_least: 5,
        grace_hours: 4,
        data_percent_least: 75,
        stop_percent_most: 20,
        limit_margin_percent: 10,
        other_percent_most: 90,
    };

    /// Percent of the baseline that a line may take; `None` where nothing is ordered.
    #[must_use]
    pub const fn allowed_percent(&self, act: Act) -> Option<u16> {
        match act {
            Act::Nothing | Act::Voluntary => None,
            Act::Stop => Some(self.stop_percent_most as u16),
            Act::Limit(percent) => Some(100 - percent as u16 + self.limit_margin_percent as u16),
            Act::StopShare(_) => Some(self.other_percent_most as u16),
        }
    }
}

/// What a meter read in one interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterReading {
    /// Its place in [`meters`].
    pub meter: usize,
    /// Start of the interval.
    pub start: Instant,
    /// Its length.
    pub period: AveragingPeriod,
    /// Energy in watt-hours.
    pub wh: i64,
    /// Whether another value came under the same revision.
    pub conflict: bool,
}

/// The meters of a list, each once.
#[must_use]
pub fn meters(edition: &Edition) -> Vec<String> {
    let all = edition.lines.iter().flat_map(|line| &line.meters);
    all.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct EvidenceAsked<'a> {
    /// Of which warning.
    pub warning: u64,
    /// All responses of the area, in their order.
    pub responses: &'a [Response],
    /// The present time.
    pub now: Instant,
    /// By what it is judged.
    pub params: &'a EvidenceParams,
}

/// Why a line is silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    /// 缺数据: too few of the counting hours have data.
    Gap,
    /// 基线不足: too few of the counting hours have a baseline.
    NoBaseline,
    /// 尚无计入时段: no counting hour is over yet.
    NotYet,
    /// 未接入电表: the list names no meter.
    NotMetered,
}

impl Silence {
    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Gap => "缺数据",
            Self::NoBaseline => "基线不足",
            Self::NotYet => "尚无计入时段",
            Self::NotMetered => "未接入电表",
        }
    }
}

/// What electricity says of a line: what calls for a person first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// 疑似未落实，待核查.
    Suspected,
    /// 无数据.
    Silent(Silence),
    /// 减排中.
    Reducing,
}

impl Answer {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Suspected => "suspected",
            Self::Silent(_) => "silent",
            Self::Reducing => "reducing",
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Suspected => "疑似未落实，待核查",
            Self::Silent(_) => "无数据",
            Self::Reducing => "减排中",
        }
    }

    /// Why there is none.
    #[must_use]
    pub const fn silence(self) -> Option<Silence> {
        match self {
            Self::Silent(silence) => Some(silence),
            Self::Suspected | Self::Reducing => None,
        }
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// An hour under an ordered measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EvidenceHour {
    /// The hour.
    pub hour: Hour,
    /// The response's level.
    pub level: Level,
    /// Whether it counts: not within the first hours of a level.
    pub counts: bool,
    /// Percent of the baseline that the measure allows.
    pub allowed_percent: u16,
    /// What the line takes otherwise.
    pub baseline_wh: Option<i64>,
    /// What its meters counted together.
    pub energy_wh: Option<i64>,
}

/// What is ordered at a level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ordered {
    /// The level.
    pub level: Level,
    /// The measure, with the list's remark.
    pub measure_zh: String,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineEvidence {
    /// 企业名称.
    pub enterprise: String,
    /// 生产线.
    pub line: String,
    /// 生产状态.
    pub operation: Operation,
    /// What is ordered at the levels of this response.
    pub ordered: Vec<Ordered>,
    /// 电表编号.
    pub meters: Vec<String>,
    /// Those that other lines are listed with, too: then the sum says less.
    pub shared_meters: Vec<String>,
    /// Those with too few hours.
    pub silent_meters: Vec<String>,
    /// What it comes to.
    pub answer: Answer,
    /// The same in words.
    pub answer_zh: &'static str,
    /// Why there is no answer.
    pub silence: Option<Silence>,
    /// The same in words.
    pub silence_zh: Option<&'static str>,
    /// Hours that are to count.
    pub counting_hours: u32,
    /// Those that have both data and a baseline: over these the sums are.
    pub counted_hours: u32,
    /// Counting hours without data.
    pub missing_hours: u32,
    /// Counting hours with data but without a baseline.
    pub baseless_hours: u32,
    /// Counted hours for which a meter sent two values under one revision; the first was taken.
    pub conflict_hours: u32,
    /// What the line takes otherwise in the counted hours.
    pub baseline_wh: i64,
    /// What it took.
    pub energy_wh: i64,
    /// That in percent of the baseline; `None` where the baseline is nothing.
    pub share_percent: Option<Decimal>,
    /// What the measures allow in percent of the baseline.
    pub allowed_percent: Option<Decimal>,
    /// The hours, if asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<EvidenceHour>,
}

/// The lines of a district.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DistrictEvidence {
    /// 区县.
    pub district: String,
    /// What calls for a person first; among these in the order of the list.
    pub lines: Vec<LineEvidence>,
}

/// What electricity says of a response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The warning.
    pub warning: u64,
    /// Its levels of response.
    pub responses: Vec<Response>,
    /// The first hour of the baseline, and the first one after it.
    pub baseline: (Hour, Hour),
    /// Lines that only reduce voluntarily, which are held against nothing.
    pub voluntary_lines: u32,
    /// In the order of the list, only those with a line.
    pub districts: Vec<DistrictEvidence>,
}

/// What electricity says of a response; `None` before a level of the warning took effect.
#[must_use]
pub fn evidence(
    edition: &Edition,
    asked: &EvidenceAsked<'_>,
    readings: &[MeterReading],
) -> Option<Evidence> {
    let baseline = asked.baseline()?;
    let names = meters(edition);
    let listed = || edition.lines.iter().flat_map(|line| &line.meters);
    let mut lines_of: BTreeMap<&str, usize> = BTreeMap::new();
    listed().for_each(|meter| *lines_of.entry(meter).or_default() += 1);
    let bench = Bench {
        asked,
        hours: asked.hours(),
        ordinary: asked.ordinary_hours(),
        counted: Counted::of(readings, names.len()),
        places: lines_of.keys().enumerate().map(|(place, meter)| (*meter, place)).collect(),
        lines_of,
    };
    let levels = || asked.own().map(|response| response.level);
    let voluntary = |line: &&Line| {
        let acts = || levels().map(|level| line.measures.of(level).act);
        acts().any(|act| act == Act::Voluntary) && !acts().any(Act::is_mandatory)
    };
    let district = |name: &String| {
        let of_district = edition.lines.iter().filter(|line| line.district == *name);
        let mut lines: Vec<LineEvidence> = of_district.filter_map(|l| bench.line(l)).collect();
        lines.sort_by_key(|line| line.answer);
        let district = name.clone();
        (!lines.is_empty()).then_some(DistrictEvidence { district, lines })
    };
    Some(Evidence {
        warning: asked.warning,
        responses: asked.own().cloned().collect(),
        baseline,
        voluntary_lines: count(edition.lines.iter().filter(voluntary)),
        districts: edition.districts.iter().filter_map(district).collect(),
    })
}

#[cfg(test)]
mod tests;
