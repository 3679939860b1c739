//! The six pollutants, each with its value, its index, its mean and the data it rests on.

use super::model::{class_name, value};
use super::words::Lang;
use crate::area::Figures;
use crate::index::Category;
use crate::observation::{Pollutant, Property};

/// One of the six pollutants.
#[derive(Debug)]
pub(super) struct Tile {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) unit: &'static str,
    pub(super) iaqi: String,
    pub(super) class: &'static str,
    pub(super) primary: bool,
    pub(super) coverage: String,
    /// Whether a station expected is missing.
    pub(super) short: bool,
    pub(super) basis: &'static str,
    pub(super) mean: String,
}

pub(super) fn tile(figures: &Figures, p: Pollutant, lang: Lang) -> Tile {
    let iaqi = figures.index.of_pollutant(p);
    let coverage = figures.coverage[p.index()];
    let (basis, mean) = if p == Pollutant::O3 {
        (lang.of("8小时均值", "8 h mean"), value(figures.o3_8h, p))
    } else {
        (lang.of("24小时均值", "24 h mean"), value(figures.rolling_24h[p.index()], p))
    };
    let stations = format!("{}/{}", coverage.present, coverage.expected);
    Tile {
        name: p.label(),
        value: value(figures.concentration[p.index()], p),
        unit: Property::Pollutant(p).unit_text(),
        iaqi: iaqi.map_or_else(|| "—".to_owned(), |n| n.to_string()),
        class: class_name(iaqi.map(Category::of)),
        primary: figures.index.primary.contains(p),
        coverage: match lang {
            Lang::Zh => format!("{stations} 站"),
            Lang::En => format!("{stations} stations"),
        },
        short: coverage.present < coverage.expected,
        basis,
        mean,
    }
}
