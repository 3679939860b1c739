//! What is coming: the forecasts that offices issue, and what Lantian itself expects.
//!
//! In: issues of forecasts, as messages or entered by persons; the hourly concentrations of an area. Out:
//! what is forecast for an hour; a [`Nowcast`] (内置统计预报), over many origins of the past its [`Skill`], and
//! one origin as a picture ([`episode`]).
//!
//! Invariants: every issue is kept as it was made; what nobody forecast is not known; floats stay inside the
//! nowcast (fixed order, `libm`, no randomness) and end as integers; nothing after an origin is looked at.
//!
//! Source: warning-rules.md, terms.md; issue 5.

mod built_in;
mod chart;
mod forecast;
mod nowcast;
mod series;
mod skill;
mod verification;
mod wire;

#[cfg(test)]
mod tests;

pub use chart::{Titles, episode};
pub use forecast::{
    AqiRange, Cause, Forecast, ForecastBook, ForecastSpan, KeptForecast, Source, bounds,
};
pub use nowcast::{
    ABOVE, BLOCKS, BlockAhead, HORIZON, HourAhead, Method, NoNowcast, Nowcast, QUANTILES,
};
pub use series::Series;
pub use skill::{Contingency, LEADS, Score, Skill, SkillRow, THRESHOLDS};
pub use verification::{DayThatCame, Verified, verify};
pub use wire::decode_forecast;
