//! A rule set: from which air on which level is to be recommended, as a document says it.
//!
//! In: the values of a file of `config/warning/`, checked by the configuration. Out: a [`RuleSet`].
//!
//! Invariants: a level is reached by any of its alternatives, an alternative by all of its conditions; a
//! condition lasts whole days of 24 hours. What the documents leave open is a named choice in the set.
//!
//! Source: 环大气〔2024〕6号; 环办大气函〔2018〕875号; warning-rules.md.

use super::Level;
use crate::index::Pollutants;
use crate::observation::Pollutant;
use crate::outlook::Source;

/// One condition: 24-hour AQIs above a border for so long.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Condition {
    /// The AQI must be above this.
    pub above: u16,
    /// For so many hours: a multiple of 24.
    pub hours: u16,
}

/// What follows when a pollutant leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Path {
    /// The coloured levels, with reductions.
    Ladder,
    /// Health advice and supervision; no level.
    Advisory,
}

/// Which end of a forecast's range a figure is taken at.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum RangeEnd {
    /// The cleanest air that is forecast.
    Lower,
    /// The middle.
    Middle,
    /// The worst.
    Upper,
}

impl RangeEnd {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Lower, Self::Middle, Self::Upper];

    /// The name in files and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Middle => "middle",
            Self::Upper => "upper",
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Lower => "下限",
            Self::Middle => "中值",
            Self::Upper => "上限",
        }
    }
}

/// What the AQI of 24 hours is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum DailyAqi {
    /// The AQI of the 24-h mean concentrations, as of a natural day.
    AqiOfMeans,
    /// The mean of the 24 hourly AQIs, as the plans word it.
    MeanOfAqis,
}

impl DailyAqi {
    /// Both.
    pub const ALL: [Self; 2] = [Self::AqiOfMeans, Self::MeanOfAqis];

    /// The name in files and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AqiOfMeans => "aqi_of_means",
            Self::MeanOfAqis => "mean_of_aqis",
        }
    }
}

/// How long episodes that count as one have lasted.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Joined {
    /// From the beginning of the first to the end of the last: one episode, started strictly (从严启动).
    Span,
    /// The hours above the border only.
    Sum,
}

/// A rule set with its choices.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RuleSet {
    /// Its name, such as `2024`.
    pub name: String,
    /// Title, number and date of the document, as a paper cites them.
    pub basis: String,
    /// By [`Level`]: alternatives, each one conditions that must all hold.
    pub levels: [Vec<Vec<Condition>>; 3],
    /// Episodes with a shorter gap count as one; so long must the air be forecast to stay clean for a level
    /// to be lowered or lifted.
    pub lifting_hours: u16,
    /// How long joined episodes have lasted.
    pub joined: Joined,
    /// What the AQI of 24 hours is.
    pub daily_aqi: DailyAqi,
    /// The end of the range that the recommendation follows.
    pub forecast_value: RangeEnd,
    /// The end of the built-in forecast's range (10, 50 or 90 %) that a recommendation by it follows.
    pub built_in_value: RangeEnd,
    /// Pollutants that, leading alone, take the advisory path.
    pub advisory_leads: Pollutants,
    /// An episode that begins later than in so many hours is shown, and not yet recommended.
    pub recommend_within_hours: u16,
    /// A recommendation that nobody took up lapses after so many hours, and a declined one may come again.
    pub recommendation_hours: u16,
    /// The highest level that the built-in forecast can recommend by itself; `None` for none.
    pub built_in_highest: Option<Level>,
    /// Who confirmed the set against the city's plan, and when; until then the page says 须核对市预案.
    pub confirmed: Option<String>,
}

impl RuleSet {
    /// The choices with which both documents are read unless a file says otherwise; without levels.
    #[must_use]
    pub fn without_levels(name: &str, basis: &str) -> Self {
        Self {
            name: name.to_owned(),
            basis: basis.to_owned(),
            levels: [Vec::new(), Vec::new(), Vec::new()],
            lifting_hours: 36,
            joined: Joined::Span,
            daily_aqi: DailyAqi::AqiOfMeans,
            forecast_value: RangeEnd::Upper,
            built_in_value: RangeEnd::Middle,
            advisory_leads: Pollutants::EMPTY.with(Pollutant::O3),
            recommend_within_hours: 72,
            recommendation_hours: 24,
            built_in_highest: Some(Level::Orange),
            confirmed: None,
        }
    }

    /// The end of the range that a recommendation follows, by whose forecast it is.
    #[must_use]
    pub const fn followed(&self, source: Source) -> RangeEnd {
        match source {
            Source::Fed => self.forecast_value,
            Source::BuiltIn => self.built_in_value,
        }
    }

    /// The alternatives of a level.
    #[must_use]
    pub fn alternatives(&self, level: Level) -> &[Vec<Condition>] {
        &self.levels[level as usize]
    }

    /// The lowest border of the lowest level: air at or below it is not what a warning is for.
    #[must_use]
    pub fn lowest_border(&self) -> u16 {
        self.levels[0].iter().flatten().map(|c| c.above).min().unwrap_or(u16::MAX)
    }

    /// What the leading pollutants of 24 hours lead to: one that may lead to a level is enough for it, and so
    /// is not knowing.
    #[must_use]
    pub fn path(&self, leads: Pollutants) -> Path {
        if leads.is_empty() || !leads.minus(self.advisory_leads).is_empty() {
            Path::Ladder
        } else {
            Path::Advisory
        }
    }
}
