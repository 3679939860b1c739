//! The built-in forecast as an issue among the others.
//!
//! In: a [`Nowcast`]. Out: a [`Forecast`] of three blocks of 24 hours, at 10, 50 and 90 %.

use std::collections::BTreeMap;

use super::forecast::{AqiRange, Forecast, ForecastSpan, Source};
use super::nowcast::{BlockAhead, Nowcast};

/// What stands in the place of an office.
const OFFICE: &str = "内置统计预报（仅供参考）";

impl Nowcast {
    /// How far back a daemon looks for it: two winters.
    pub const BACK_DAYS: i32 = 730;

    /// As an issue, made when the last known hour had ended; `None` where no block has an AQI.
    #[must_use]
    pub fn issue(&self) -> Option<Forecast> {
        let span = |block: &BlockAhead| {
            let [lower, middle, upper] = block.aqi?;
            Some(ForecastSpan {
                from: block.from,
                hours: 24,
                aqi: AqiRange { lower, middle, upper },
                hourly: Vec::new(),
                primary: block.primary,
                cause: None,
                concentrations: BTreeMap::new(),
                weather: None,
            })
        };
        let spans: Vec<ForecastSpan> = self.blocks.iter().filter_map(span).collect();
        (!spans.is_empty()).then(|| Forecast {
            office: OFFICE.to_owned(),
            issued: self.origin.end(),
            source: Source::BuiltIn,
            zones: BTreeMap::from([(String::new(), spans)]),
        })
    }
}
