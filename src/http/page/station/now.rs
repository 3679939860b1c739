//! What a station says now, and on what it rests.

use crate::area::Station;
use crate::http::document::shown;
use crate::http::page::extremes::silence;
use crate::http::page::model::{Chip, class_name, value};
use crate::http::page::words::Lang;
use crate::index::Category;
use crate::observation::{POLLUTANTS, PROPERTIES, Pollutant, Property, Reading};
use crate::pipeline::StationView;
use crate::time::{DAY_H, Hour, Instant};

/// A pollutant now.
pub(super) struct Tile {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) unit: &'static str,
    pub(super) iaqi: String,
    pub(super) class: &'static str,
    /// Why the value does not count, with what was sent; empty where it counts.
    pub(super) note: String,
    /// Over which time the mean below is.
    pub(super) basis: &'static str,
    pub(super) mean: String,
    /// The quantity of the mean by its name.
    pub(super) mean_code: String,
    /// `18/24 小时`; empty of what has no count.
    pub(super) cover: String,
    /// Whether hours are missing of it.
    pub(super) short: bool,
}

/// The day so far.
pub(super) struct DaySoFar {
    pub(super) until: String,
    pub(super) hours: String,
    pub(super) chip: Chip,
    pub(super) primary: String,
    /// Pollutant, averaging basis, value, unit.
    pub(super) rows: Vec<(&'static str, &'static str, String, &'static str)>,
}

/// 停用, 离线, 缺报, or empty.
pub(super) fn mark(station: &StationView, hour: Hour, lang: Lang) -> &'static str {
    match (station.in_operation, station.is_silent()) {
        (false, _) => lang.of("停用", "retired"),
        (true, true) => silence(station, hour, lang),
        (true, false) => "",
    }
}

/// The newest hour of which it said anything, and how long ago that ended.
pub(super) fn last(station: &StationView, now: Instant, lang: Lang) -> String {
    let Some(last) = station.last else { return lang.of("无记录", "never").to_owned() };
    let minutes = (now.millis() - last.end().millis()).max(0) / 60_000;
    let (hours, rest) = (minutes / 60, minutes % 60);
    let when = lang.day_and_hour(last);
    match (lang, hours) {
        (Lang::Zh, 0) => format!("{when}，{rest}分钟前"),
        (Lang::Zh, _) => format!("{when}，{hours}小时{rest}分钟前"),
        (Lang::En, 0) => format!("{when}, {rest} min ago"),
        (Lang::En, _) => format!("{when}, {hours} h {rest} min ago"),
    }
}

pub(super) fn tiles(station: &StationView, lang: Lang) -> Vec<Tile> {
    POLLUTANTS.into_iter().map(|p| tile(station, p, lang)).collect()
}

fn tile(station: &StationView, p: Pollutant, lang: Lang) -> Tile {
    let figures = &station.figures;
    let iaqi = figures.index.of_pollutant(p);
    let ozone = p == Pollutant::O3;
    let hours = usize::from(figures.hours_24h[p.index()]);
    let mean = if ozone { figures.o3_8h } else { figures.rolling_24h[p.index()] };
    let counted = !ozone && station.in_operation;
    Tile {
        name: p.label(),
        value: value(figures.concentration[p.index()], p),
        unit: Property::Pollutant(p).unit_text(),
        iaqi: iaqi.map_or_else(|| "—".to_owned(), |i| i.to_string()),
        class: class_name(iaqi.map(Category::of)),
        note: note(station, p, lang),
        basis: if ozone {
            lang.of("8小时滑动均值", "8 h rolling mean")
        } else {
            lang.of("24小时滑动均值", "24 h rolling mean")
        },
        mean: value(mean, p),
        mean_code: if ozone { "o3_8h".to_owned() } else { format!("{p}_24h") },
        cover: match (counted, lang) {
            (false, _) => String::new(),
            (true, Lang::Zh) => format!("{hours}/{DAY_H} 小时"),
            (true, Lang::En) => format!("{hours}/{DAY_H} h"),
        },
        short: counted && hours < DAY_H,
    }
}

/// Why a value does not count.
fn note(station: &StationView, p: Pollutant, lang: Lang) -> String {
    let Reading { amount, validity } = station.readings[p.index()];
    if station.figures.concentration[p.index()].is_some() {
        return String::new();
    }
    let property = Property::Pollutant(p);
    let excluded = station.findings.iter().any(|f| f.concerns(property)) && validity.is_valid();
    let why = if excluded { lang.of("已剔除", "excluded") } else { lang.validity(validity) };
    let is_number = !matches!(
        validity,
        crate::observation::Validity::Missing | crate::observation::Validity::NotANumber
    );
    match (is_number, lang) {
        (false, _) => why.to_owned(),
        (true, Lang::Zh) => format!("{why}，上报值{}", shown(amount, property)),
        (true, Lang::En) => format!("{why}, sent {}", shown(amount, property)),
    }
}

pub(super) fn day(station: &StationView, lang: Lang) -> DaySoFar {
    let figures = &station.figures;
    let until = lang.hour_ending(figures.hour);
    let (counted, due) = (figures.hours_day, figures.hour.ending());
    let row = |p: Pollutant| {
        let ozone = p == Pollutant::O3;
        let amount = if ozone { figures.o3_8h_max_today } else { figures.day[p.index()] };
        let basis = if ozone {
            lang.of("8小时最大", "8 h max")
        } else {
            lang.of("0时以来均值", "mean since 00:00")
        };
        (p.label(), basis, value(amount, p), Property::Pollutant(p).unit_text())
    };
    DaySoFar {
        until: match lang {
            Lang::Zh => format!("截至{until}"),
            Lang::En => format!("until {until}"),
        },
        hours: match lang {
            Lang::Zh => format!("有效小时 {counted}/{due}"),
            Lang::En => format!("{counted} of {due} hours"),
        },
        chip: Chip::of(&figures.day_index, figures.hour, lang),
        primary: lang.primary(&figures.day_index),
        rows: POLLUTANTS.into_iter().map(row).collect(),
    }
}

/// The meteorological elements that were measured: name and value.
pub(super) fn weather(station: &StationView, lang: Lang) -> Vec<(String, String)> {
    let name = |p: Property| match lang {
        Lang::Zh => p.label().to_owned(),
        Lang::En => p.code().replace('_', " "),
    };
    let elements = PROPERTIES.into_iter().skip(Pollutant::COUNT);
    let valid = elements.filter_map(|p| {
        let Reading { amount, validity } = station.readings[p.index()];
        validity.is_valid().then(|| (name(p), format!("{} {}", shown(amount, p), p.unit_text())))
    });
    valid.collect()
}

/// Who it is.
pub(super) fn facts(
    record: &Station,
    station: &StationView,
    lang: Lang,
) -> Vec<(&'static str, String)> {
    let or_dash = |text: &str| if text.is_empty() { "—".to_owned() } else { text.to_owned() };
    let degrees = |micro: i32| crate::quantity::decimal(micro.into(), 6, 6);
    let position = record.position.map_or_else(
        || lang.of("未登记", "not entered").to_owned(),
        |(latitude, longitude)| match lang {
            Lang::Zh => format!("北纬{}°，东经{}°", degrees(latitude), degrees(longitude)),
            Lang::En => format!("{}° N, {}° E", degrees(latitude), degrees(longitude)),
        },
    );
    let assessed = if station.assessed {
        lang.of("评价点位", "assessed station")
    } else {
        lang.of("非评价点位", "not assessed")
    };
    let span = match (record.valid.from, record.valid.until) {
        (None, None) => lang.of("未限定", "not limited").to_owned(),
        (from, until) => {
            let day = |day: Option<crate::time::Day>| day.map_or(String::new(), |d| d.to_string());
            format!("{}～{}", day(from), day(until))
        }
    };
    vec![
        (lang.of("编码", "Code"), record.id.to_string()),
        (lang.of("区县", "District"), or_dash(&record.district)),
        (lang.of("类型", "Kind"), lang.kind(record.kind).to_owned()),
        (lang.of("评价", "Assessed"), assessed.to_owned()),
        (lang.of("坐标", "Position"), position),
        (lang.of("运行起止", "In operation"), span),
    ]
}
