//! A forecast as it is sent or entered: JSON to a [`Forecast`].
//!
//! In: payload bytes. Out: the forecast, or the reason why it is refused, which names the place.
//!
//! ```json
//! {"office": "大连市生态环境监测中心", "issued": "2026-11-25T16:30:00+08:00",
//!  "zones": [{"zone": "中心城区", "days": [
//!    {"date": "2026-11-26", "aqi": [110, 140], "primary": ["pm2_5"]},
//!    {"date": "2026-11-27", "class": ["light", "moderate"], "primary": ["pm2_5"], "cause": "dust",
//!     "hours": [[90, 120], …24], "concentrations": {"pm2_5": [70, 95]}, "weather": "偏南风2级"}]}]}
//! ```
//!
//! `days` may stand in the place of `zones` for the whole area. Invariants: a day has an AQI range or a class
//! range, not both; days ascend and are not given twice; nothing is guessed for what is left out.
//!
//! Source: design section 4; terms.md (forecast).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::forecast::{AqiRange, Cause, Forecast, ForecastSpan, Source};
use crate::index::{Category, Pollutants};
use crate::observation::{
    Code, Pollutant, Property, Rejection, RejectionReason, read_amount, refuse_json,
};
use crate::time::{DAY_H, Day, Instant};

/// The most days of one issue.
const DAYS_MAX: usize = 31;
/// The most zones of one issue.
const ZONES_MAX: usize = 64;
/// The longest name or text, in characters.
const TEXT_MAX: usize = 500;

#[derive(Deserialize)]
struct Issue {
    office: String,
    issued: String,
    #[serde(default)]
    zones: Vec<Zone>,
    #[serde(default)]
    days: Vec<Written>,
}

#[derive(Deserialize)]
struct Zone {
    zone: String,
    days: Vec<Written>,
}

#[derive(Deserialize)]
struct Written {
    date: String,
    aqi: Option<[u16; 2]>,
    class: Option<Classes>,
    #[serde(default)]
    primary: Vec<String>,
    cause: Option<String>,
    hours: Option<Vec<[u16; 2]>>,
    #[serde(default)]
    concentrations: BTreeMap<String, [Box<RawValue>; 2]>,
    weather: Option<String>,
}

/// One class, or the first and the last of a range.
#[derive(Deserialize)]
#[serde(untagged)]
enum Classes {
    One(String),
    Range([String; 2]),
}

fn wrong(place: &str, fault: impl std::fmt::Display) -> Rejection {
    Rejection::new(RejectionReason::WrongType, format!("`{place}`: {fault}"))
}

/// Decodes one issue of an official forecast.
///
/// # Errors
/// A [`Rejection`] naming the place and the fault.
pub fn decode_forecast(payload: &[u8]) -> Result<Forecast, Rejection> {
    let issue: Issue = serde_json::from_slice(payload).map_err(|e| refuse_json(&e))?;
    let office = text("office", &issue.office)?;
    let issued = Instant::parse_rfc3339(&issue.issued)
        .map_err(|e| Rejection::new(RejectionReason::BadTime, format!("`issued`: {e}")))?;
    let mut zones = BTreeMap::new();
    if !issue.days.is_empty() {
        zones.insert(String::new(), spans("days", &issue.days, issued)?);
    }
    if issue.zones.len() > ZONES_MAX {
        return Err(wrong("zones", format_args!("at most {ZONES_MAX}")));
    }
    for (at, zone) in issue.zones.iter().enumerate() {
        let name = text(&format!("zones[{at}].zone"), &zone.zone)?;
        let of_zone = spans(&format!("zones[{at}].days"), &zone.days, issued)?;
        if zones.insert(name, of_zone).is_some() {
            return Err(wrong(&format!("zones[{at}].zone"), "is given twice"));
        }
    }
    if zones.is_empty() {
        let detail = "no field `zones` or `days`";
        return Err(Rejection::new(RejectionReason::MissingField, detail));
    }
    Ok(Forecast { office, issued, source: Source::Fed, zones })
}

fn text(place: &str, written: &str) -> Result<String, Rejection> {
    let trimmed = written.trim();
    let fits =
        (1..=TEXT_MAX).contains(&trimmed.chars().count()) && !trimmed.chars().any(char::is_control);
    let fault = || wrong(place, format_args!("1 to {TEXT_MAX} characters are needed"));
    fits.then(|| trimmed.to_owned()).ok_or_else(fault)
}

fn spans(place: &str, days: &[Written], issued: Instant) -> Result<Vec<ForecastSpan>, Rejection> {
    if !(1..=DAYS_MAX).contains(&days.len()) {
        return Err(wrong(place, format_args!("1 to {DAYS_MAX} days are needed")));
    }
    let mut spans: Vec<ForecastSpan> = Vec::with_capacity(days.len());
    for (at, day) in days.iter().enumerate() {
        let place = format!("{place}[{at}]");
        let span = span(&place, day)?;
        if spans.last().is_some_and(|before| before.from >= span.from) {
            return Err(wrong(&format!("{place}.date"), "days must ascend, each one once"));
        }
        let first = issued.hour().day();
        let within = first.number()..=first.number() + 60;
        if !within.contains(&span.from.day().number()) {
            let fault = format_args!("is not among the 60 days from the issue, {first}");
            return Err(wrong(&format!("{place}.date"), fault));
        }
        spans.push(span);
    }
    Ok(spans)
}

fn span(place: &str, day: &Written) -> Result<ForecastSpan, Rejection> {
    let at = |name: &str| format!("{place}.{name}");
    let date: Day = day.date.parse().map_err(|e| wrong(&at("date"), e))?;
    let range = |place: &str, [lower, upper]: [u16; 2]| {
        let fault =
            || wrong(place, format_args!("0 to 500, the lower first, got [{lower}, {upper}]"));
        AqiRange::new(lower, upper).ok_or_else(fault)
    };
    let aqi = match (day.aqi, &day.class) {
        (Some(ends), None) => range(&at("aqi"), ends)?,
        (None, Some(classes)) => {
            let (first, last) = match classes {
                Classes::One(one) => (one, one),
                Classes::Range([first, last]) => (first, last),
            };
            let known = |name: &str| {
                class(name).ok_or_else(|| wrong(&at("class"), format_args!("{name:?} is no class")))
            };
            let (first, last) = (known(first)?, known(last)?);
            let fault = || wrong(&at("class"), "the cleaner class stands first");
            AqiRange::of_classes(first, last).ok_or_else(fault)?
        }
        (Some(_), Some(_)) => return Err(wrong(place, "`aqi` or `class`, not both")),
        (None, None) => return Err(wrong(place, "`aqi` or `class` is needed")),
    };
    let mut hourly = Vec::new();
    if let Some(hours) = &day.hours {
        if hours.len() != DAY_H {
            return Err(wrong(&at("hours"), format_args!("24 ranges, got {}", hours.len())));
        }
        for (n, ends) in hours.iter().enumerate() {
            hourly.push(range(&at(&format!("hours[{n}]")), *ends)?);
        }
    }
    let cause = day.cause.as_deref().map(|name| {
        let known = Cause::ALL.into_iter().find(|cause| cause.name() == name);
        known
            .ok_or_else(|| wrong(&at("cause"), format_args!("dust or transboundary, got {name:?}")))
    });
    Ok(ForecastSpan {
        from: date.start(),
        hours: 24,
        aqi,
        hourly,
        primary: primary(&at("primary"), &day.primary)?,
        cause: cause.transpose()?,
        concentrations: concentrations(&at("concentrations"), &day.concentrations)?,
        weather: day.weather.as_deref().map(|words| text(&at("weather"), words)).transpose()?,
    })
}

fn primary(place: &str, written: &[String]) -> Result<Pollutants, Rejection> {
    let one = |code: &String| {
        pollutant(code).ok_or_else(|| wrong(place, format_args!("{code:?} is no pollutant")))
    };
    written.iter().map(one).collect()
}

fn pollutant(code: &str) -> Option<Pollutant> {
    match Property::parse(code)? {
        Property::Pollutant(pollutant) => Some(pollutant),
        _ => None,
    }
}

fn concentrations(
    place: &str,
    written: &BTreeMap<String, [Box<RawValue>; 2]>,
) -> Result<BTreeMap<String, (i32, i32)>, Rejection> {
    let mut all = BTreeMap::new();
    for (code, ends) in written {
        let place = format!("{place}.{code}");
        let known = pollutant(code).ok_or_else(|| wrong(&place, "is no pollutant"))?;
        let unit = Code::of(Property::Pollutant(known));
        let [lower, upper] = ends.each_ref().map(|end| read_amount(end.get().as_bytes(), unit));
        let valid = lower.validity.is_valid() && upper.validity.is_valid();
        if !valid || lower.amount > upper.amount {
            return Err(wrong(&place, "two values from 0, the lower first"));
        }
        all.insert(known.code().to_owned(), (lower.amount.milli(), upper.amount.milli()));
    }
    Ok(all)
}

/// A class by its code or its Chinese name.
fn class(name: &str) -> Option<Category> {
    let short = name.trim().trim_end_matches("污染");
    let names = ["优", "良", "轻度", "中度", "重度", "严重"];
    let of_code = Category::ALL.into_iter().find(|class| class.code() == name.trim());
    let of_name = || Some(Category::ALL[names.iter().position(|known| *known == short)?]);
    of_code.or_else(of_name)
}
