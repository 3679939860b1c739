//! Changes of the day so far: on the hour before, and on the same hour yesterday.
//!
//! Computed from the shown, rounded figures, so that a reader who subtracts gets the same number.

use crate::area::Figures;
use crate::observation::{POLLUTANTS, Pollutant};
use crate::quantity::Amount;
use crate::standard::standards;

/// Why two figures are not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is nothing to compare with.
    NoFigures,
    /// The day has just begun: the hour before belongs to another day.
    DayBegins,
    /// The two hours are judged by different editions of the standard.
    EditionsDiffer,
}

impl Refusal {
    /// The code in JSON.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::NoFigures => "no_figures",
            Self::DayBegins => "day_begins",
            Self::EditionsDiffer => "editions_differ",
        }
    }
}

/// Differences, each `None` where one side has no figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct DayChange {
    /// Of the AQI of the day so far.
    pub(super) aqi: Option<i32>,
    /// Of the means since 00:00.
    pub(super) means: [Option<Amount>; Pollutant::COUNT],
    /// Of the largest 8-h ozone of the day so far.
    pub(super) o3_8h_max: Option<Amount>,
}

fn difference(now: Option<Amount>, then: Option<Amount>) -> Option<Amount> {
    now?.milli().checked_sub(then?.milli()).map(Amount::from_milli)
}

/// From `then` to `now`, days so far.
fn between(now: &Figures, then: Option<&Figures>) -> Result<DayChange, Refusal> {
    let then = then.filter(|f| f.has_value() || f.hours_day > 0).ok_or(Refusal::NoFigures)?;
    let edition = |f: &Figures| standards().index_edition(f.hour.day()).id();
    if edition(now) != edition(then) {
        return Err(Refusal::EditionsDiffer);
    }
    let mut means = [None; Pollutant::COUNT];
    for p in POLLUTANTS.map(Pollutant::index) {
        means[p] = difference(now.day[p], then.day[p]);
    }
    let aqi = |f: &Figures| f.day_index.aqi.map(i32::from);
    Ok(DayChange {
        aqi: aqi(now).zip(aqi(then)).map(|(now, then)| now - then),
        means,
        o3_8h_max: difference(now.o3_8h_max_today, then.o3_8h_max_today),
    })
}

/// On the hour before.
pub(super) fn on_hour_before(now: &Figures, then: Option<&Figures>) -> Result<DayChange, Refusal> {
    if now.hour.of_day() == 0 {
        return Err(Refusal::DayBegins);
    }
    between(now, then)
}

/// On the same hour yesterday.
pub(super) fn on_yesterday(now: &Figures, then: Option<&Figures>) -> Result<DayChange, Refusal> {
    between(now, then)
}
