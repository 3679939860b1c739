//! The built-in statistical forecast (内置统计预报): the next 72 hours of an area from its own past.
//!
//! In: a [`Series`] and an origin, the last hour that is known. Out: a [`Nowcast`]: quantiles of each
//! pollutant and of the hourly AQI for each hour, and the AQI of the three 24-hour blocks that follow.
//!
//! Invariants: nothing after the origin is looked at; the same series gives the same figures to the last
//! digit; every figure comes from whole courses of six pollutants (members), so that the quantiles of a
//! block are those of its mean concentrations; floats end where a course becomes amounts.
//!
//! Every [`Method`] is a function from what is known to members. Another source of knowledge, such as a
//! weather forecast, would be more features of a situation in `known`, and changes nothing else.

mod analog;
mod blend;
mod ensemble;
mod known;
mod ridge;
mod simple;
#[cfg(test)]
mod tests;

pub(super) use self::ensemble::{block_figures, hourly_aqi};

use std::fmt;

use self::known::{Course, Known};
use super::Series;
use crate::index::Pollutants;
use crate::observation::Pollutant;
use crate::quantity::Amount;
use crate::standard::Parameters;
use crate::time::Hour;

/// Hours ahead.
pub const HORIZON: usize = 72;
/// Blocks of 24 hours ahead.
pub const BLOCKS: usize = 3;
/// The quantiles of an hour, in percent.
pub const QUANTILES: [u16; 5] = [10, 25, 50, 75, 90];
/// The AQIs beyond which a class of pollution begins.
pub const ABOVE: [u16; 4] = [100, 150, 200, 300];

/// How the future is taken from the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// What is now stays.
    Persistence,
    /// Every day is like those of the last weeks.
    Climatology,
    /// What followed similar situations.
    Analog,
    /// A regression for each lead.
    Regression,
    /// Regression and analogs.
    Blend,
}

/// The forecast of an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nowcast {
    /// The last hour that was known.
    pub origin: Hour,
    /// The 72 hours after it.
    pub hours: Vec<HourAhead>,
    /// Hours 1 to 24, 25 to 48 and 49 to 72.
    pub blocks: Vec<BlockAhead>,
    /// On how many hours of history it rests.
    pub history_hours: usize,
    /// Of how many courses its quantiles are.
    pub members: usize,
}

/// One hour ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HourAhead {
    /// The hour.
    pub hour: Hour,
    /// By [`Pollutant::index`], at [`QUANTILES`]; `None` of one that cannot be forecast.
    pub concentration: [Option<[Amount; QUANTILES.len()]>; Pollutant::COUNT],
    /// The hourly AQI at [`QUANTILES`].
    pub aqi: Option<[u16; QUANTILES.len()]>,
}

/// 24 hours ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockAhead {
    /// The first hour.
    pub from: Hour,
    /// The last hour.
    pub to: Hour,
    /// The AQI of the 24-h mean concentrations at 10, 50 and 90 %.
    pub aqi: Option<[u16; 3]>,
    /// Those that are primary in at least a third of the members.
    pub primary: Pollutants,
    /// The share of members above each of [`ABOVE`], in percent.
    pub above: [u8; ABOVE.len()],
}

/// Why there is no forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoNowcast {
    /// The history is too short.
    #[error("only {hours} hours of history, at least 240 are needed")]
    LittleHistory {
        /// What is there.
        hours: usize,
    },
    /// No pollutant has a value in the last hours and enough of them before.
    #[error("no pollutant was measured in the last 12 hours and in half of the last 240")]
    NothingFresh,
    /// Never were 72 hours measured after some days of history.
    #[error("nowhere in the history were most of 72 hours measured after 5 days of it")]
    NothingToLearn,
}

impl Method {
    /// All, the plain ones first.
    pub const ALL: [Self; 5] =
        [Self::Persistence, Self::Climatology, Self::Analog, Self::Regression, Self::Blend];
    /// The one that skill chose.
    pub const SHIPPED: Self = Self::Blend;

    /// The name on the command line and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Persistence => "persistence",
            Self::Climatology => "climatology",
            Self::Analog => "analog",
            Self::Regression => "regression",
            Self::Blend => "blend",
        }
    }

    fn members(self, known: &Known) -> Vec<Course> {
        match self {
            Self::Persistence => simple::persistence(known),
            Self::Climatology => simple::climatology(known),
            Self::Analog => analog::members(known),
            Self::Regression => ridge::members(known),
            Self::Blend => blend::members(known),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Nowcast {
    /// The least history, in hours.
    pub const MIN_HOURS: usize = known::MIN_HOURS;

    /// The forecast that is shipped.
    ///
    /// # Errors
    /// Why there is none.
    pub fn of(series: &Series, origin: Hour, parameters: &Parameters) -> Result<Self, NoNowcast> {
        Self::by(Method::SHIPPED, series, origin, parameters)
    }

    /// The forecast by a method.
    ///
    /// # Errors
    /// Why there is none.
    pub fn by(
        method: Method,
        series: &Series,
        origin: Hour,
        parameters: &Parameters,
    ) -> Result<Self, NoNowcast> {
        let known = Known::new(series, origin)?;
        Ok(ensemble::nowcast(&known, &method.members(&known), origin, parameters))
    }

    /// The forecasts by several methods.
    pub(super) fn by_each(
        methods: &[Method],
        series: &Series,
        origin: Hour,
        parameters: &Parameters,
    ) -> Result<Vec<Self>, NoNowcast> {
        let known = Known::new(series, origin)?;
        let of = |method: &Method| {
            ensemble::nowcast(&known, &method.members(&known), origin, parameters)
        };
        Ok(methods.iter().map(of).collect())
    }
}
