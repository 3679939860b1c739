//! The derivation as a document: its names are those of the JSON, and an API.

use serde::Serialize;
use utoipa::ToSchema;

use super::decimal::{Decimal, Shown};
use crate::standard::Source;
use crate::time::Hour;

/// Why a figure is what it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Explanation {
    /// The area's code.
    pub area: String,
    /// Whose figure: the area, `area/set`, or a station's code.
    pub entity: String,
    /// Its name as people say it.
    pub name: String,
    /// Which figure: a column of an export, or `o3_1h_max_today`.
    pub quantity: String,
    /// The start of its hour.
    pub time: String,
    /// The hour as people read it: 15时 is 14:00 to 15:00.
    pub hour_ending: String,
    /// `letter` or `national_platform`.
    pub practice: &'static str,
    /// The edition of the index in force at the hour.
    pub edition: Edition,
    /// Of the hour's stored row (of a station, that of its area's default set); null where there is none.
    pub version: Option<u32>,
    /// `provisional`, `published` or `revised`, of the same row.
    pub state: Option<String>,
    /// How a concentration came about.
    pub mean: Option<Mean>,
    /// How an AQI and its primary pollutants came about.
    pub index: Option<IndexSteps>,
    /// How the hours of the day so far were counted.
    pub hours: Option<Vec<HourCount>>,
    /// The figure: a number, codes of pollutants, or null.
    #[schema(value_type = serde_json::Value)]
    pub value: Shown,
    /// `µg/m³` or `mg/m³`; null of an index or a count.
    pub unit: Option<&'static str>,
    /// Why there is none.
    pub reason: Option<&'static str>,
    /// The same as people read it.
    pub reason_zh: Option<&'static str>,
    /// What changed of the figure after it was published, oldest first.
    pub revisions: Vec<Revised>,
    /// What operators did to its inputs, or tried to, oldest first.
    pub corrections: Vec<Corrected>,
    /// How far the chain of inputs was searched for when they came.
    pub search: Option<Search>,
}

/// An edition of HJ 633.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Edition {
    /// `hj633_2026`.
    pub id: &'static str,
    /// `HJ 633—2026`.
    pub document: &'static str,
    /// Its title.
    pub title: &'static str,
    /// First day in force.
    pub from: String,
}

/// How a concentration came about, from the cells to the rounded figure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Mean {
    /// The figure, by the name with which it may be asked for itself.
    pub quantity: String,
    /// The pollutant's code.
    pub pollutant: &'static str,
    /// Of every amount in here.
    pub unit: &'static str,
    /// The start of the window's first hour.
    pub from: String,
    /// The start of its last hour.
    pub to: String,
    /// What each station's window needs.
    pub criterion: Criterion,
    /// The stations that belong to the entity in this hour.
    pub stations: Vec<StationMean>,
    /// Stations that do not, and why.
    pub left_out: Vec<LeftOut>,
    /// How many of the stations were counted.
    pub stations_counted: usize,
    /// The mean before rounding, exact to the digit or ended by `…`.
    pub exact: Option<String>,
    /// The same as a quotient, in 0.001 µg/m³.
    pub exact_quotient_milli: Option<String>,
    /// How it was rounded.
    pub rounding: Option<Rounded>,
    /// The figure.
    pub value: Option<Decimal>,
    /// Why there is none.
    pub reason: Option<&'static str>,
    /// The same as people read it.
    pub reason_zh: Option<&'static str>,
}

/// How much data a figure needs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Criterion {
    /// The least number.
    pub least: u16,
    /// Of how many.
    pub of: u16,
    /// `min` or `h`.
    pub unit: &'static str,
    /// Document, table and clause; of the day so far, those of a whole day's mean.
    #[schema(value_type = Option<Object>)]
    pub source: Option<Source>,
    /// What else is to be known.
    pub note_zh: Option<&'static str>,
}

/// One station's part of a figure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StationMean {
    /// Its code.
    pub station: String,
    /// Its name.
    pub name: String,
    /// Whether it enters the figure.
    pub counted: bool,
    /// Why not.
    pub reason: Option<&'static str>,
    /// The same as people read it.
    pub reason_zh: Option<&'static str>,
    /// Valid hours of the window.
    pub count: u16,
    /// Their exact sum.
    pub sum: Decimal,
    /// Sum by count, exact to the digit or ended by `…`; null when the station is not counted.
    pub mean: Option<String>,
    /// Of a largest 8-h mean: the windows it is the largest of.
    pub windows: Vec<EightHours>,
    /// The hours of the window. Of a station set only its own hour and what is out of the ordinary (left
    /// out, marked, corrected): the others stand in the explanation of the station.
    pub inputs: Vec<Input>,
}

/// A station that does not belong to the entity in the hour.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LeftOut {
    /// Its code.
    pub station: String,
    /// Its name.
    pub name: String,
    /// `not_assessed` or `not_a_member_that_day`.
    pub reason: &'static str,
    /// The same as people read it.
    pub reason_zh: &'static str,
}

/// An 8-h window of a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EightHours {
    /// The hour that ends it.
    pub hour_ending: String,
    /// Valid hours.
    pub count: u16,
    /// Their sum.
    pub sum: Decimal,
    /// Whether there are enough.
    pub counted: bool,
    /// Whether it is the largest one.
    pub largest: bool,
}

/// One hour of one station: what holds, and how it came to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Input {
    /// The hour.
    #[serde(skip)]
    #[schema(ignore)]
    pub hour: Hour,
    /// Its start.
    pub time: String,
    /// As people read it.
    pub hour_ending: String,
    /// As sent; null when missing or not a number.
    pub value: Option<Decimal>,
    /// `valid`, or why the value does not count.
    pub validity: &'static str,
    /// The same as people read it.
    pub validity_zh: &'static str,
    /// Whether it enters the sum.
    pub counted: bool,
    /// The automatic checks that took it out; none of what came back from review.
    pub excluded: Vec<Exclusion>,
    /// Whether it came back from review.
    pub reviewed: bool,
    /// Whether it met another value under the same revision.
    pub conflict: bool,
    /// Whether the reported hour differs from the mean of its minutes.
    pub differs_from_minutes: bool,
    /// Minutes covered by shorter periods, where there are any.
    pub minutes: Option<u16>,
    /// Of an hour that came back from review: the real-time value, which is left out.
    pub realtime: Option<Fed>,
    /// What the station says beneath an operator's correction.
    pub fed: Option<Fed>,
    /// How the value came to hold: each input that changed it, oldest first.
    pub origins: Vec<Origin>,
    /// Why that is not known.
    pub origins_reason: Option<&'static str>,
}

/// A check that took a value out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Exclusion {
    /// The rule, as in the configuration.
    pub rule: &'static str,
    /// The same as people read it.
    pub rule_zh: &'static str,
    /// What it found.
    pub reason_zh: String,
}

/// A value that another one stands above: an operator's, or one that came back from review.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Fed {
    /// The value.
    pub value: Option<Decimal>,
    /// Its validity.
    pub validity: &'static str,
}

/// An input that changed a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Origin {
    /// When it was handled, by the area's clock; of an import, when that ran.
    pub at: String,
    /// The batch, as in the chain of inputs.
    pub sequence: u64,
    /// `message`, `operator` or `import`.
    pub by: &'static str,
    /// What held from then on.
    pub value: Option<Decimal>,
    /// Its validity.
    pub validity: &'static str,
    /// The revision that a message gave.
    pub revision: Option<u32>,
    /// How many inputs in a row changed the mean of the hour's minutes; this is the last of them.
    pub inputs: u32,
    /// The files of an import, one of which holds the value.
    pub files: Vec<File>,
}

/// A file that was imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct File {
    /// Its name, without folders.
    pub name: String,
    /// Its digest.
    pub sha256: String,
}

/// A step of rounding.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Rounded {
    /// What was rounded, exact to the digit or ended by `…`.
    pub from: String,
    /// What came out.
    pub to: Decimal,
    /// To a multiple of this.
    pub step: Decimal,
    /// `half_even`, `half_up` or `up`.
    pub rule: &'static str,
    /// The same as people read it.
    pub rule_zh: &'static str,
    /// Document, table and clause.
    #[schema(value_type = Object)]
    pub source: Source,
}

/// How an AQI came about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IndexSteps {
    /// `hour` or `day`.
    pub report: &'static str,
    /// Every average of the report, in its order.
    pub parts: Vec<IaqiSteps>,
    /// Pollutants that count as missing when they have no average.
    pub due: Vec<&'static str>,
    /// Those of them that have none.
    pub missing: Vec<&'static str>,
    /// Above the top of the scale.
    pub beyond_index: Vec<&'static str>,
    /// The largest individual index.
    pub max_iaqi: Option<u16>,
    /// What the edition says of the step from individual indices to AQI and primary pollutants.
    pub rules: Vec<RuleCited>,
    /// The AQI; null is NA.
    pub aqi: Option<u16>,
    /// Why there is none.
    pub aqi_reason: Option<&'static str>,
    /// The same as people read it.
    pub aqi_reason_zh: Option<&'static str>,
    /// Whether it rests on fewer pollutants than were due.
    pub partial: bool,
    /// `excellent` to `severe`.
    pub category: Option<&'static str>,
    /// 优 to 严重污染.
    pub category_zh: Option<&'static str>,
    /// The primary pollutants.
    pub primary: Vec<&'static str>,
    /// Why these, or none.
    pub primary_reason_zh: &'static str,
}

/// How one average came to its individual index.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IaqiSteps {
    /// The average's code in the report.
    pub indicator: &'static str,
    /// Where the report names it.
    #[schema(value_type = Object)]
    pub source: Source,
    /// How the average came about.
    pub mean: Mean,
    /// What entered the table, exact to the digit or ended by `…`.
    pub entered: Option<String>,
    /// The column of the table.
    pub column: Option<&'static str>,
    /// The breakpoint below.
    pub low: Option<Point>,
    /// The breakpoint at it or above.
    pub high: Option<Point>,
    /// The formula with its numbers.
    pub formula: Option<String>,
    /// How the index was rounded.
    pub rounding: Option<Rounded>,
    /// The clause for what is above the last breakpoint, where that was used.
    #[schema(value_type = Option<Object>)]
    pub above_top: Option<Source>,
    /// The individual index.
    pub iaqi: Option<u16>,
    /// Why there is none.
    pub reason: Option<&'static str>,
    /// The same as people read it.
    pub reason_zh: Option<&'static str>,
}

/// A breakpoint.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Point {
    /// The individual index there.
    pub iaqi: u16,
    /// The concentration.
    pub concentration: Decimal,
    /// Document, table and clause.
    #[schema(value_type = Object)]
    pub source: Source,
}

/// A number of the edition.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RuleCited {
    /// Its name.
    pub rule: &'static str,
    /// The number; null where the text gives none.
    pub value: Option<u16>,
    /// Document, table and clause.
    #[schema(value_type = Object)]
    pub source: Source,
}

/// An hour of the day so far.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HourCount {
    /// As people read it.
    pub hour_ending: String,
    /// Stations with a value of any pollutant.
    pub stations: usize,
    /// Whether it counts: one station is enough.
    pub counted: bool,
}

/// A change after the figure was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Revised {
    /// When, by the area's clock.
    pub at: String,
    /// `late`, `corrected`, `operator`, `import`, `reviewed`, `stations` or `rules`.
    pub cause: String,
    /// The start of the hour whose figure or reading it was.
    pub time: String,
    /// What was changed: the figure, or the reading it shows.
    pub quantity: String,
    /// Before, as in the trail: concentrations in 0.001 µg/m³.
    #[schema(value_type = Object)]
    pub old: serde_json::Value,
    /// After.
    #[schema(value_type = Object)]
    pub new: serde_json::Value,
}

/// What an operator did to an input, or tried to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Corrected {
    /// When, by the clock on the wall.
    pub at: String,
    /// Who.
    pub person: String,
    /// Why.
    pub reason: String,
    /// The station.
    pub station: String,
    /// What is measured.
    pub quantity: String,
    /// The start of the hour.
    pub time: String,
    /// `set`, `invalidate` or `withdraw`.
    pub act: String,
    /// What was to hold, in 0.001 of the quantity's unit.
    pub amount_milli: Option<i32>,
    /// Why it was refused; null when it was taken.
    pub refused: Option<String>,
}

/// How far the chain was searched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Search {
    /// Rows of the chain that were read.
    pub rows: usize,
    /// The most that are read for one answer.
    pub rows_max: usize,
    /// Whether more lay in the time of the inputs.
    pub cut: bool,
}
