//! The stations that are looked at first: the highest, the lowest, and those that are silent.

use super::model::Chip;
use super::words::Lang;
use crate::pipeline::{AreaView, StationView};
use crate::time::Hour;

/// Stations among the highest, and among the lowest.
const RANKS: usize = 3;
/// A station that has been silent for longer counts as off line (chosen: one missed hour is
/// common).
pub(super) const OFFLINE_AFTER_H: i32 = 2;

/// A station among the highest or lowest.
#[derive(Debug)]
pub(super) struct Rank {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) chip: Chip,
    pub(super) primary: String,
}

/// A station that is silent.
#[derive(Debug)]
pub(super) struct Silent {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) word: &'static str,
    pub(super) last: String,
}

/// The highest and the lowest of the assessed stations; of all in operation where none is assessed.
pub(super) fn ranks(area: &AreaView, lang: Lang) -> (Vec<Rank>, Vec<Rank>) {
    let any_assessed = area.stations.iter().any(|s| s.assessed);
    let counts = |s: &&StationView| if any_assessed { s.assessed } else { s.in_operation };
    let mut found: Vec<_> = area.stations.iter().filter(counts).collect();
    found.retain(|s| s.figures.index.aqi.is_some());
    found.sort_by_key(|s| std::cmp::Reverse(s.figures.index.aqi));
    let rank = |s: &&StationView| {
        let of = area.registry.stations.get(s.station);
        Rank {
            code: of.map(|of| of.id.to_string()).unwrap_or_default(),
            name: of.map(|of| of.name.clone()).unwrap_or_default(),
            chip: Chip::of(&s.figures.index, s.figures.hour, lang),
            primary: lang.primary(&s.figures.index),
        }
    };
    // No station is both: the highest take half, rounded up, at most.
    let high = RANKS.min(found.len().div_ceil(2));
    let highest = found.iter().take(high).map(rank).collect();
    let lowest = found.iter().rev().take(RANKS.min(found.len() - high));
    (highest, lowest.map(rank).collect())
}

/// 缺报 for a missed hour or two, 离线 for longer.
pub(super) fn silence(station: &StationView, hour: Hour, lang: Lang) -> &'static str {
    let missed = station.last.map(|last| hour.number() - last.number());
    if missed.is_some_and(|missed| missed <= OFFLINE_AFTER_H) {
        lang.of("缺报", "not reported")
    } else {
        lang.of("离线", "off line")
    }
}

pub(super) fn silent(area: &AreaView, hour: Hour, lang: Lang) -> Vec<Silent> {
    let silent = area.stations.iter().filter(|s| s.is_silent());
    let row = |s: &StationView| Silent {
        code: area.registry.stations.get(s.station).map(|r| r.id.to_string()).unwrap_or_default(),
        name: area.registry.stations.get(s.station).map(|r| r.name.clone()).unwrap_or_default(),
        word: silence(s, hour, lang),
        last: match s.last {
            Some(last) => lang.day_and_hour(last),
            None => lang.of("无记录", "never").to_owned(),
        },
    };
    silent.map(row).collect()
}
