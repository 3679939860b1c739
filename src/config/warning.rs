//! `[warning]`: the rule set, built in or a file of its own, all faults at once.
//!
//! In: the section, and the file that it names. Out: the [`RuleSet`], or every fault with key and reason.
//!
//! Invariants: the two sets of `config/warning/` are read by the same reader as a city's own; a condition
//! lasts whole days; every level has at least one alternative.

use std::path::Path;

use toml::Value;

use super::Fault;
use super::rows;
use super::section::{Section, one_of, text, texts};
use crate::index::Pollutants;
use crate::observation::Pollutant;
use crate::pipeline::WarningParams;
use crate::warning::{Condition, DailyAqi, Joined, Level, RangeEnd, RuleSet};

/// The sets that are built in, by name.
const BUILT_IN: [(&str, &str); 2] = [
    ("2024", include_str!("../../config/warning/2024.toml")),
    ("2018", include_str!("../../config/warning/2018.toml")),
];
/// The longest condition, in hours.
const CONDITION_MAX_H: i64 = 240;

/// A rule set by the name of a built-in one, or from a file.
///
/// # Errors
/// Every [`Fault`] of the file.
pub fn warning_rules(name: &str, base: &Path) -> Result<RuleSet, Vec<Fault>> {
    let built_in = BUILT_IN.iter().find(|(known, _)| *known == name);
    let found = match built_in {
        Some((_, written)) => rows::written(name, written, read)?,
        None => rows::file(&base.join(name), read)?,
    };
    found.ok_or_else(Vec::new)
}

/// `[warning]`; without it, the national rules of 2024.
pub(super) fn read_section(mut section: Section<'_>, base: &Path) -> Option<WarningParams> {
    let name = section.optional("rules", text).unwrap_or_else(|| BUILT_IN[0].0.to_owned());
    let zones = section.optional("zones", zones).unwrap_or_default();
    let read = warning_rules(&name, base);
    let rules = read.map_err(|faults| {
        for Fault { key, reason } in faults {
            section.fault("rules", format_args!("{key}: {reason}"));
        }
    });
    section.finish();
    rules.ok().map(|rules| WarningParams { rules, zones })
}

/// Names of zones, each one once.
fn zones(value: &Value) -> Result<Vec<String>, String> {
    let names = texts(value)?;
    let twice = |at: usize| names[..at].contains(&names[at]);
    match (0..names.len()).find(|at| names[*at].trim().is_empty() || twice(*at)) {
        Some(at) => Err(format!("must be names, each one once, got {:?}", names[at])),
        None => Ok(names),
    }
}

fn read(mut root: Section<'_>) -> Option<RuleSet> {
    let name = root.required("name", text);
    let basis = root.required("basis", text);
    let levels = ["yellow", "orange", "red"].map(|level| root.required(level, alternatives));
    let d = RuleSet::without_levels("", "");
    let (daily, ends) =
        (DailyAqi::ALL.map(|w| (w.name(), w)), RangeEnd::ALL.map(|e| (e.name(), e)));
    let joined = [("span", Joined::Span), ("sum", Joined::Sum)];
    let mut highest: Vec<(&str, Option<Level>)> = vec![("none", None)];
    highest.extend(Level::ALL.map(|level| (level.name(), Some(level))));
    let set = RuleSet {
        lifting_hours: root.whole("lifting_hours", 1..=168, d.lifting_hours),
        joined: root.optional("joined", one_of(&joined)).unwrap_or(d.joined),
        daily_aqi: root.optional("daily_aqi", one_of(&daily)).unwrap_or(d.daily_aqi),
        forecast_value: root.optional("forecast_value", one_of(&ends)).unwrap_or(d.forecast_value),
        built_in_value: root.optional("built_in_value", one_of(&ends)).unwrap_or(d.built_in_value),
        advisory_leads: root.optional("advisory_leads", pollutants).unwrap_or(d.advisory_leads),
        recommend_within_hours: root.whole(
            "recommend_within_hours",
            24..=360,
            d.recommend_within_hours,
        ),
        recommendation_hours: root.whole("recommendation_hours", 1..=168, d.recommendation_hours),
        built_in_highest: root
            .optional("built_in_highest", one_of(&highest))
            .unwrap_or(d.built_in_highest),
        confirmed: root.optional("confirmed", text),
        ..d
    };
    root.finish();
    let [yellow, orange, red] = levels;
    let levels = [yellow?, orange?, red?];
    Some(RuleSet { name: name?, basis: basis?, levels, ..set })
}

/// `[[{ above = 200, hours = 24 }], …]`.
fn alternatives(value: &Value) -> Result<Vec<Vec<Condition>>, String> {
    let form =
        "must be lists of { above = AQI, hours = H }, such as [[{ above = 200, hours = 24 }]]";
    let list = |value: &Value| {
        let items = value.as_array().filter(|items| !items.is_empty());
        items.cloned().ok_or_else(|| form.to_owned())
    };
    let condition = |value: &Value| {
        let table = value.as_table().filter(|table| table.len() == 2).ok_or(form)?;
        let number = |key: &str, most: i64| {
            let found = table.get(key).and_then(Value::as_integer).ok_or(form)?;
            let fits = (1..=most).contains(&found).then_some(found);
            fits.and_then(|n| u16::try_from(n).ok())
                .ok_or_else(|| format!("{key} must be 1 to {most}, got {found}"))
        };
        let (above, hours) = (number("above", 499)?, number("hours", CONDITION_MAX_H)?);
        if hours % 24 != 0 {
            return Err(format!("hours must be a multiple of 24, got {hours}"));
        }
        Ok(Condition { above, hours })
    };
    let all = |value: &Value| list(value)?.iter().map(condition).collect();
    list(value)?.iter().map(all).collect()
}

fn pollutants(value: &Value) -> Result<Pollutants, String> {
    let codes = texts(value)?;
    let known = |code: &String| {
        let found = Pollutant::BY_TIE.into_iter().find(|p| p.code() == code);
        found.ok_or_else(|| format!("{code:?} is no pollutant"))
    };
    codes.iter().map(known).collect()
}
