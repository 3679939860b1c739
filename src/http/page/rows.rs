//! The station table.

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::extremes::silence;
use super::model::{Chip, class_name, value};
use super::words::Lang;
use super::{cover, doubts};
use crate::area::Figures;
use crate::http::document::shown;
use crate::index::Category;
use crate::observation::{POLLUTANTS, PROPERTIES, Pollutant, Property, Reading, Validity};
use crate::pipeline::{AreaView, StationView};
use crate::time::{DAY_H, Hour};

/// A value of a station, or why there is none.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    /// 疑 or 剔, where the value is suspect.
    pub(super) doubt: &'static str,
    /// The CSS class.
    pub(super) class: &'static str,
    /// In full, for a pointer.
    pub(super) title: String,
}

/// A mean with the hours it rests on.
#[derive(Debug)]
pub(super) struct MeanCell {
    pub(super) text: String,
    /// `18/24`, where hours are missing.
    pub(super) hours: String,
}

/// A station.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) district: String,
    pub(super) kind: &'static str,
    pub(super) assessed: bool,
    /// The CSS class of the row.
    pub(super) class: &'static str,
    /// 离线, 缺报, 停用, or empty.
    pub(super) mark: &'static str,
    pub(super) last: String,
    pub(super) chip: Chip,
    pub(super) primary: String,
    pub(super) values: Vec<Cell>,
    pub(super) means: Vec<MeanCell>,
    pub(super) day: Chip,
    /// `6/24`, where too many hours of the day are missing.
    pub(super) day_hours: String,
    pub(super) day_pm2_5: String,
    pub(super) day_o3: String,
    pub(super) weather: String,
    pub(super) weather_title: String,
}

/// Stations of the first page; with more the page would be slow to send, and nobody would read it.
const FIRST: usize = 40;

/// Stations as they are listed: silent ones first, then by falling AQI, then without AQI, then
/// those that are not in operation.
fn listed(area: &AreaView) -> Vec<&StationView> {
    let mut stations: Vec<&StationView> = area.stations.iter().collect();
    stations.sort_by_key(|s| {
        let group = match (s.in_operation, s.is_silent(), s.figures.index.aqi) {
            (false, ..) => 3,
            (true, true, _) => 0,
            (true, false, Some(_)) => 1,
            (true, false, None) => 2,
        };
        (group, Reverse(s.figures.index.aqi), s.station)
    });
    stations
}

/// The stations of the first page, and how many more there are. Where there are more, assessed ones go
/// before others.
pub(super) fn first(area: &AreaView, hour: Hour, lang: Lang) -> (Vec<Row>, usize) {
    let mut all = listed(area);
    let more = all.len().saturating_sub(FIRST);
    if more > 0 {
        all.sort_by_key(|s| !s.assessed);
        all.truncate(FIRST);
    }
    (all.into_iter().filter_map(|s| row(area, s, hour, lang)).collect(), more)
}

/// The stations from place `from` on, `limit` at most, of those whose name, code or district holds `text`;
/// and how many these are in all.
pub(super) fn page(
    area: &AreaView,
    (text, from, limit): (&str, usize, usize),
    hour: Hour,
    lang: Lang,
) -> (Vec<Row>, usize) {
    let holds = |s: &&StationView| {
        let of = area.registry.stations.get(s.station);
        of.is_some_and(|of| {
            [of.name.as_str(), of.id.as_str(), &of.district].iter().any(|t| t.contains(text))
        })
    };
    let all: Vec<_> = listed(area).into_iter().filter(holds).collect();
    let shown = all.iter().skip(from).take(limit);
    (shown.filter_map(|s| row(area, s, hour, lang)).collect(), all.len())
}

fn row(area: &AreaView, station: &StationView, hour: Hour, lang: Lang) -> Option<Row> {
    let registered = area.registry.stations.get(station.station)?;
    let figures = &station.figures;
    let (class, mark) = match (station.in_operation, station.is_silent()) {
        (false, _) => ("retired", lang.of("停用", "retired")),
        (true, true) => ("silent", silence(station, hour, lang)),
        (true, false) => ("", ""),
    };
    let last = match station.last {
        None => "—".to_owned(),
        Some(last) if last.day() == hour.day() => lang.hour_ending(last),
        Some(last) => format!("{} {}", &last.day().to_string()[5..], lang.hour_ending(last)),
    };
    let day = |p: Pollutant| value(figures.day[p.index()], p);
    Some(Row {
        code: registered.id.to_string(),
        name: registered.name.clone(),
        district: registered.district.clone(),
        kind: lang.kind(registered.kind),
        assessed: station.assessed,
        class,
        mark,
        last,
        chip: Chip::of(&figures.index, hour, lang),
        primary: lang.primary(&figures.index),
        values: POLLUTANTS.map(|p| cell(area, station, p, lang)).into(),
        means: vec![
            mean(figures, Pollutant::Pm2_5),
            mean(figures, Pollutant::Pm10),
            MeanCell { text: value(figures.o3_8h, Pollutant::O3), hours: String::new() },
        ],
        day: Chip::of(&figures.day_index, hour, lang),
        day_hours: day_hours(figures),
        day_pm2_5: day(Pollutant::Pm2_5),
        day_o3: value(figures.o3_8h_max_today, Pollutant::O3),
        weather: weather(station, lang),
        weather_title: weather_title(station, lang),
    })
}

fn day_hours(figures: &Figures) -> String {
    let (counted, due) = (usize::from(figures.hours_day), figures.hour.ending());
    let short = counted > 0 && cover::day_is_short(counted, due);
    if short { format!("{counted}/{due}") } else { String::new() }
}

/// The value if it counts, else its mark with the reason and what was sent.
fn cell(area: &AreaView, station: &StationView, p: Pollutant, lang: Lang) -> Cell {
    let reading = station.readings[p.index()];
    let Reading { amount, validity } = reading;
    let property = Property::Pollutant(p);
    let (doubt, found) = doubts::mark(area, station, property, lang);
    if let Some(amount) = station.figures.concentration[p.index()] {
        let iaqi = station.figures.index.of_pollutant(p);
        // Colour only where it matters: above the class of good.
        let class = match iaqi.map(Category::of) {
            Some(c) if c > Category::Good => class_name(Some(c)),
            _ => "",
        };
        let mut title = format!("{} {}", p.label(), property.unit_text());
        if let Some(iaqi) = iaqi {
            let _ = write!(title, " IAQI {iaqi}");
        }
        if validity == Validity::ValidFromMinutes {
            let _ = write!(title, " {}", lang.validity(validity));
        }
        title.push_str(&found);
        return Cell { text: shown(amount, property), doubt, class, title };
    }
    if validity.is_valid() && !doubt.is_empty() {
        let title = format!("{} {}{found}", p.label(), property.unit_text());
        return Cell { text: shown(amount, property), doubt, class: "excluded", title };
    }
    let mut title = format!("{} {}", p.label(), lang.validity(validity));
    let class = if validity == Validity::Missing { "absent" } else { "invalid" };
    if !matches!(validity, Validity::Missing | Validity::NotANumber) {
        let sent = shown(amount, property);
        let _ = write!(title, "{}{sent}", lang.of("，上报值 ", ", sent "));
    }
    let text = match reading.is_sentinel(property) {
        true => lang.of("无数据", "no data"),
        false => lang.validity_mark(validity),
    };
    Cell { text: text.to_owned(), doubt, class, title }
}

fn mean(figures: &Figures, p: Pollutant) -> MeanCell {
    let hours = figures.hours_24h[p.index()];
    let short = hours > 0 && usize::from(hours) < DAY_H;
    MeanCell {
        text: value(figures.rolling_24h[p.index()], p),
        hours: if short { format!("{hours}/{DAY_H}") } else { String::new() },
    }
}

/// A reading that may be shown, with its unit.
fn reading(station: &StationView, property: Property) -> Option<String> {
    let Reading { amount, validity } = station.readings[property.index()];
    validity.is_valid().then(|| format!("{}{}", shown(amount, property), property.unit_text()))
}

/// Wind, temperature and humidity in short.
fn weather(station: &StationView, lang: Lang) -> String {
    let direction = station.readings[Property::WindDirection.index()];
    let mut parts = Vec::new();
    if let Some(speed) = reading(station, Property::WindSpeed) {
        let from =
            if direction.validity.is_valid() { lang.wind(direction.amount.milli()) } else { "" };
        parts.push(format!("{from} {speed}").trim().to_owned());
    }
    parts.extend(reading(station, Property::Temperature));
    parts.extend(reading(station, Property::Humidity));
    if parts.is_empty() { "—".to_owned() } else { parts.join(" ") }
}

/// Every meteorological element that was measured.
fn weather_title(station: &StationView, lang: Lang) -> String {
    let name = |p: Property| match lang {
        Lang::Zh => p.label().to_owned(),
        Lang::En => p.code().replace('_', " "),
    };
    let elements = PROPERTIES.into_iter().skip(Pollutant::COUNT);
    let shown = elements.filter_map(|p| Some(format!("{} {}", name(p), reading(station, p)?)));
    shown.collect::<Vec<_>>().join("\n")
}
