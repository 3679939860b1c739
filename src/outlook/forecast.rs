//! A forecast as an office issued it: for each zone and span of hours, an AQI range with its primary
//! pollutants; and the book of all issues.
//!
//! In: issues, each one read from a message or entered by a person ([`super::wire`]). Out: for an hour, what
//! the newest issue says that covers it.
//!
//! Invariants: no issue is ever changed; of an hour the issue that was made last counts, and of two made at
//! once the one that came last. What no issue covers is not known.
//!
//! Source: terms.md (a range of 30 points or a class range, per forecast area and day).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::index::{Category, Pollutants};
use crate::time::{DAY_H, Day, Hour, Instant};

/// The largest AQI.
const AQI_MAX: u16 = 500;

/// A range of AQIs, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AqiRange {
    /// The lower end.
    pub lower: u16,
    /// The middle, rounded up: half a point must not make air cleaner.
    pub middle: u16,
    /// The upper end.
    pub upper: u16,
}

impl AqiRange {
    /// A range; `None` where the ends are the wrong way round or off the scale.
    #[must_use]
    pub fn new(lower: u16, upper: u16) -> Option<Self> {
        let fits = lower <= upper && upper <= AQI_MAX;
        fits.then(|| Self { lower, middle: (lower + upper).div_ceil(2), upper })
    }

    /// What a range of classes stands for: from the lower border of the first to the upper one of the last.
    #[must_use]
    pub fn of_classes(first: Category, last: Category) -> Option<Self> {
        Self::new(bounds(first).0, bounds(last).1)
    }

    /// The classes that the range touches.
    #[must_use]
    pub fn classes(&self) -> (Category, Category) {
        (Category::of(self.lower), Category::of(self.upper))
    }
}

/// The lowest and the highest AQI of a class.
#[must_use]
pub const fn bounds(class: Category) -> (u16, u16) {
    match class {
        Category::Excellent => (0, 50),
        Category::Good => (51, 100),
        Category::Light => (101, 150),
        Category::Moderate => (151, 200),
        Category::Heavy => (201, 300),
        Category::Severe => (301, AQI_MAX),
    }
}

/// What an office declares an episode to come from, beside the city's own emissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// 沙尘.
    Dust,
    /// 区域传输.
    Transboundary,
}

impl Cause {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Dust, Self::Transboundary];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dust => "dust",
            Self::Transboundary => "transboundary",
        }
    }
}

/// Who made a forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// An office: the official forecast.
    Fed,
    /// 内置统计预报(仅供参考).
    BuiltIn,
}

/// What is forecast for some hours of a zone: a natural day, or a block of hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForecastSpan {
    /// The first hour.
    pub from: Hour,
    /// How many hours.
    pub hours: u16,
    /// The AQI of the span as a day.
    pub aqi: AqiRange,
    /// Where given, for each hour its AQI.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hourly: Vec<AqiRange>,
    /// Primary pollutants, by their codes.
    #[serde(default)]
    pub primary: Pollutants,
    /// What the office declares it to come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Where given, concentrations by pollutant, lower and upper, in 0.001 µg/m³.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub concentrations: BTreeMap<String, (i32, i32)>,
    /// Where given, the weather in the office's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weather: Option<String>,
}

impl ForecastSpan {
    /// The hour after the last one.
    #[must_use]
    pub fn end(&self) -> Hour {
        self.from.plus(i32::from(self.hours))
    }

    /// The day, if the span is one.
    #[must_use]
    pub fn day(&self) -> Option<Day> {
        let whole = self.from.of_day() == 0 && usize::from(self.hours) == DAY_H;
        whole.then(|| self.from.day())
    }

    /// The range of one of its hours, where hours are given.
    #[must_use]
    pub fn at(&self, hour: Hour) -> Option<AqiRange> {
        let at = usize::try_from(hour.number() - self.from.number()).ok()?;
        self.hourly.get(at).copied()
    }
}

/// One issue of an office's forecast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// Who issued it.
    pub office: String,
    /// When.
    pub issued: Instant,
    /// Official, or built in.
    pub source: Source,
    /// By zone (预报分区), the whole area being the empty name: spans in the order of time, none touching
    /// another's hours.
    pub zones: BTreeMap<String, Vec<ForecastSpan>>,
}

/// An issue as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptForecast {
    /// Its number among the area's records.
    pub number: u64,
    /// When it came.
    pub received: Instant,
    /// What it says.
    pub forecast: Forecast,
}

/// The issues of an area that may still say something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForecastBook {
    /// By time of issue, then number.
    issues: BTreeMap<(Instant, u64), KeptForecast>,
}

impl ForecastBook {
    /// Keeps one more issue.
    pub fn keep(&mut self, kept: KeptForecast) {
        self.issues.insert((kept.forecast.issued, kept.number), kept);
    }

    /// Lets go of what says nothing about `hour` or a later one.
    pub fn drop_before(&mut self, hour: Hour) {
        let last = |kept: &KeptForecast| {
            let spans = kept.forecast.zones.values().filter_map(|spans| spans.last());
            spans.map(ForecastSpan::end).max()
        };
        self.issues.retain(|_, kept| last(kept).is_some_and(|end| end > hour));
    }

    /// Every issue, oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &KeptForecast> {
        self.issues.values()
    }

    /// An identical issue, so that a message that comes again is not a new one.
    #[must_use]
    pub fn find(&self, forecast: &Forecast) -> Option<u64> {
        let same = self.issues.range((forecast.issued, 0)..=(forecast.issued, u64::MAX));
        same.map(|(_, kept)| kept).find(|kept| kept.forecast == *forecast).map(|kept| kept.number)
    }

    /// What counts for an hour of a zone.
    #[must_use]
    pub fn at(
        &self,
        source: Source,
        zone: &str,
        hour: Hour,
    ) -> Option<(&KeptForecast, &ForecastSpan)> {
        let of_source = self.issues.values().rev().filter(|kept| kept.forecast.source == source);
        let mut says = of_source.filter_map(|kept| {
            let spans = kept.forecast.zones.get(zone)?;
            let span = spans.iter().find(|span| span.from <= hour && hour < span.end())?;
            Some((kept, span))
        });
        says.next()
    }

    /// The last hour that an issue covers for a zone.
    #[must_use]
    pub fn horizon(&self, source: Source, zone: &str) -> Option<Hour> {
        let of_source = self.issues.values().filter(|kept| kept.forecast.source == source);
        let ends = of_source.filter_map(|kept| kept.forecast.zones.get(zone)?.last());
        ends.map(|span| span.end().plus(-1)).max()
    }
}
