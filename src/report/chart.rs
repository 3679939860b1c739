//! A chart of a paper: the AQI of days against the borders of the classes.
//!
//! In: days as the paper shows them. Out: a [`Chart`], which the shell draws.
//!
//! Invariants: a day without an AQI is a gap; every border carries its name, so that nothing depends on
//! colour; the values are those of the paper's own days.

use serde::{Deserialize, Serialize};

use super::line::DayLine;
use crate::assessment::JudgedBy;
use crate::index::Category;
use crate::outlook::bounds;
use crate::time::Day;

/// A chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chart {
    /// By which a template calls it.
    pub name: String,
    /// Below it.
    pub caption: String,
    /// In the order of time.
    pub points: Vec<ChartPoint>,
    /// Borders of classes that lie within reach of the values: the upper end of a class and its name.
    pub borders: Vec<(u16, String)>,
}

/// A day of a chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartPoint {
    /// `03-05`.
    pub label: String,
    /// The AQI; `None` is a gap.
    pub value: Option<u16>,
    /// What stands above it, such as the level in force; mostly empty.
    pub mark: String,
}

impl Chart {
    /// Of days with what stands above each.
    pub(super) fn of<'d>(days: impl Iterator<Item = (&'d DayLine, &'d str)>) -> Self {
        let point = |(line, mark): (&DayLine, &str)| ChartPoint {
            label: line.date.get(5..).unwrap_or_default().to_owned(),
            value: line.aqi,
            mark: mark.to_owned(),
        };
        let points: Vec<ChartPoint> = days.map(point).collect();
        let highest = points.iter().filter_map(|point| point.value).max().unwrap_or(0);
        // Names and borders of classes are the same in all editions.
        let edition = JudgedBy::InForce.index_edition(Day::from_number(0));
        let borders = Category::ALL.into_iter().map(|class| (bounds(class), class));
        let within = borders.filter(|((lower, _), _)| *lower <= highest || *lower <= 51);
        Self {
            name: String::new(),
            caption: String::new(),
            borders: within
                .map(|((_, upper), c)| (upper, edition.class(c).name_zh.to_owned()))
                .collect(),
            points,
        }
    }

    /// What it shows, for who cannot see it.
    #[must_use]
    pub fn text_zh(&self) -> String {
        let point = |point: &ChartPoint| {
            let value = point.value.map_or_else(|| "NA".to_owned(), |value| value.to_string());
            let mark = if point.mark.is_empty() { "" } else { "，" };
            format!("{}为{value}{mark}{}", point.label, point.mark)
        };
        let points: Vec<String> = self.points.iter().map(point).collect();
        format!("图　{}：{}。", self.caption, points.join("；"))
    }
}
