//! The weather of an area in one line: what its stations measured in the newest hour.
//!
//! Why the middle value and the most frequent direction: stations stand on roofs and in streets, and one
//! stuck vane must not turn the wind of a city; neither needs a sum of angles.

use std::collections::BTreeMap;

use super::words::Lang;
use crate::http::document::shown;
use crate::observation::{Property, Reading};
use crate::pipeline::{AreaView, StationView};
use crate::quantity::Amount;

/// The valid readings of a property, of assessed stations where there are any.
fn readings(area: &AreaView, property: Property) -> Vec<Amount> {
    let any_assessed = area.stations.iter().any(|s| s.assessed);
    let counts = |s: &&StationView| if any_assessed { s.assessed } else { s.in_operation };
    let valid = |s: &StationView| {
        let Reading { amount, validity } = s.readings[property.index()];
        validity.is_valid().then_some(amount)
    };
    let mut all: Vec<_> = area.stations.iter().filter(counts).filter_map(valid).collect();
    all.sort_unstable();
    all
}

/// The middle one with its unit; of an even number the lower of the two.
fn middle(all: &[Amount], property: Property) -> Option<String> {
    let middle = *all.get(all.len().checked_sub(1)? / 2)?;
    Some(format!("{}{}", shown(middle, property), property.unit_text()))
}

/// The direction that most stations have; of two as frequent the one that comes first by degrees.
fn direction(area: &AreaView, lang: Lang) -> Option<&'static str> {
    let mut counts: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    for (at, amount) in readings(area, Property::WindDirection).iter().enumerate() {
        counts.entry(lang.wind(amount.milli())).or_insert((0, at)).0 += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, (count, at))| (*count, std::cmp::Reverse(*at)));
    most.map(|(name, _)| name)
}

/// `西北风 2.3m/s，湿度 62%，气温 3.1℃`; why there is none, where nothing was measured.
pub(super) fn line(area: &AreaView, lang: Lang) -> String {
    let of = |property| middle(&readings(area, property), property);
    let wind = [direction(area, lang).map(str::to_owned), of(Property::WindSpeed)];
    let wind: Vec<String> = wind.into_iter().flatten().collect();
    let mut parts = Vec::new();
    if !wind.is_empty() {
        parts.push(wind.join(" "));
    }
    let named = |name: &str, value: Option<String>| value.map(|value| format!("{name} {value}"));
    parts.extend(named(lang.of("湿度", "humidity"), of(Property::Humidity)));
    parts.extend(named(lang.of("气温", "temperature"), of(Property::Temperature)));
    if parts.is_empty() {
        return lang.of("无气象数据", "no weather was measured").to_owned();
    }
    parts.join(lang.of("，", ", "))
}
