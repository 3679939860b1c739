//! What is coming: the forecasts that offices issue, and what Lantian itself expects.
//!
//! In: issues of forecasts, as messages or entered by persons. Out: what is forecast for an hour.
//!
//! Invariants: every issue is kept as it was made; what nobody forecast is not known.
//!
//! Source: warning-rules.md, terms.md; issue 5.

mod forecast;
mod verification;
mod wire;

#[cfg(test)]
mod tests;

pub use forecast::{
    AqiRange, Cause, Forecast, ForecastBook, ForecastSpan, KeptForecast, Source, bounds,
};
pub use verification::{DayThatCame, Verified, verify};
pub use wire::decode_forecast;
