//! One quantity over hours as SVG: class bands, limit lines, what was measured as lines, what is foretold as
//! a fan between its quantiles.
//!
//! In: values in the unit of the axis, by hour. Out: one drawing, complete in itself but for [`PATTERNS`].
//!
//! Invariants: what is missing is a hatched gap, never a line drawn across it; labels name the hour's end; a
//! limit above the top of the axis is not drawn, so the text beside the drawing tells it.

use std::fmt::Write as _;

use super::words::Lang;
use crate::index::Category;
use crate::observation::Pollutant;
use crate::quantity::Amount;
use crate::standard::{Average, Column, LimitClass, standards};
use crate::time::{Day, Hour};

const LEFT: f64 = 42.0;
const RIGHT: f64 = 480.0;
const WIDTH: f64 = 488.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = 150.0;
const HEIGHT: f64 = 186.0;

/// What hatched gaps are filled with; once on a page that has drawings.
pub(super) const PATTERNS: &str = concat!(
    r#"<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>"#,
    r#"<pattern id="gap" width="6" height="6" patternUnits="userSpaceOnUse" "#,
    r#"patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="6"/>"#,
    "</pattern></defs></svg>"
);

/// Tops of axes, with their steps.
const TOPS: [(f64, f64); 18] = [
    (1.0, 0.25),
    (2.0, 0.5),
    (5.0, 1.0),
    (10.0, 2.0),
    (20.0, 5.0),
    (40.0, 10.0),
    (80.0, 20.0),
    (100.0, 25.0),
    (160.0, 40.0),
    (200.0, 50.0),
    (300.0, 100.0),
    (400.0, 100.0),
    (500.0, 100.0),
    (800.0, 200.0),
    (1200.0, 300.0),
    (2000.0, 500.0),
    (4000.0, 1000.0),
    (10000.0, 2500.0),
];

/// A value of each hour; `None` where it is missing.
pub(super) type Values = Vec<Option<f64>>;

/// Lower and upper quantile of each hour; `None` where nothing is foretold.
pub(super) type Between = Vec<Option<(f64, f64)>>;

/// What is drawn.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// What it is of, for who cannot see it; no text from outside.
    pub(super) title: String,
    /// The first hour.
    pub(super) first: Hour,
    /// How many hours.
    pub(super) hours: usize,
    /// Classes from below: the CSS class, and where it ends; the last has no end.
    pub(super) bands: Vec<(&'static str, Option<f64>)>,
    /// Limits in the unit of the axis.
    pub(super) limits: Vec<f64>,
    /// Areas between two quantiles: the CSS class, and lower and upper by hour.
    pub(super) fans: Vec<(&'static str, Between)>,
    /// Lines with their CSS classes; what lies on top comes last.
    pub(super) lines: Vec<(&'static str, Values)>,
    /// Hours that are hatched.
    pub(super) gaps: Vec<bool>,
    /// Hours that rest on reviewed data.
    pub(super) reviewed: Vec<bool>,
    /// Hours whose value was revised after it was published.
    pub(super) revised: Vec<bool>,
    /// Where the foretold begins.
    pub(super) origin: Option<usize>,
    /// What a pointer over an hour shows; no text from outside.
    pub(super) hints: Vec<String>,
}

/// Concentrations in the unit that people read: µg/m³, CO in mg/m³.
pub(super) fn in_unit(amount: Amount, pollutant: Pollutant) -> f64 {
    let micro = f64::from(amount.milli()) / 1000.0;
    if pollutant == Pollutant::Co { micro / 1000.0 } else { micro }
}

/// The classes of an AQI axis.
pub(super) fn aqi_bands() -> Vec<(&'static str, Option<f64>)> {
    let class = |class: Category| super::model::class_name(Some(class));
    let ends = [Some(50.0), Some(100.0), Some(150.0), Some(200.0), Some(300.0), None];
    Category::ALL.into_iter().map(class).zip(ends).collect()
}

/// The column of breakpoints that bands of a pollutant's hours go by: hourly, of particulate matter 24 hours.
pub(super) const fn column(pollutant: Pollutant) -> Column {
    match pollutant {
        Pollutant::Pm2_5 => Column::Pm2_5_24h,
        Pollutant::Pm10 => Column::Pm10_24h,
        Pollutant::So2 => Column::So2_1h,
        Pollutant::No2 => Column::No2_1h,
        Pollutant::Co => Column::Co1h,
        Pollutant::O3 => Column::O3_1h,
    }
}

/// The classes by the edition in force on a day, as far as the column goes.
pub(super) fn bands(pollutant: Pollutant, day: Day) -> Vec<(&'static str, Option<f64>)> {
    let edition = standards().index_edition(day);
    let points = edition.column(column(pollutant)).breakpoints();
    let end = |aqi: u16| {
        let point = points.iter().find(|point| point.iaqi == aqi)?;
        Some(in_unit(point.amount, pollutant))
    };
    let classes = edition.classes().iter();
    let all = classes.map(|class| (super::model::class_name(Some(class.category)), class.aqi.1));
    let known = all.map_while(|(class, aqi)| Some((class, Some(end(aqi)?))));
    known.collect()
}

/// The limits of class II (GB 3095) for the hour, 8 hours and the day: what they are called, and how much.
pub(super) fn limits(pollutant: Pollutant, day: Day) -> Vec<(Average, Amount)> {
    let edition = standards().limit_edition(day);
    let of = |average| Some((average, edition.limit(pollutant, average, LimitClass::II)?));
    [Average::Hour, Average::Mda8, Average::Day].into_iter().filter_map(of).collect()
}

/// Slots are few: no loss.
fn count(at: usize) -> f64 {
    f64::from(u32::try_from(at).unwrap_or(0))
}

impl Graph {
    fn slot(&self) -> f64 {
        (RIGHT - LEFT) / count(self.hours.max(1))
    }

    fn x(&self, at: usize) -> f64 {
        LEFT + self.slot() * count(at)
    }

    fn middle(&self, at: usize) -> f64 {
        self.x(at) + self.slot() / 2.0
    }

    fn axis(&self) -> (f64, f64) {
        let measured = self.lines.iter().flat_map(|(_, values)| values.iter().flatten().copied());
        let foretold = self.fans.iter().flat_map(|(_, of)| of.iter().flatten().map(|(_, up)| *up));
        let largest = measured.chain(foretold).fold(0.0, f64::max);
        let fits = TOPS.into_iter().find(|(top, _)| *top >= largest);
        fits.unwrap_or(TOPS[TOPS.len() - 1])
    }

    /// Draws it.
    pub(super) fn draw(&self, lang: Lang) -> String {
        let (top, step) = self.axis();
        let y = |value: f64| BOTTOM - (BOTTOM - TOP) * (value / top).clamp(0.0, 1.0);
        let title = &self.title;
        let mut svg = format!(
            concat!(
                r#"<svg class="chart graph" viewBox="0 0 {} {}" "#,
                r#"role="img" aria-label="{}">"#
            ),
            WIDTH, HEIGHT, title
        );
        self.draw_bands(top, &y, &mut svg);
        self.draw_grid((top, step), &y, &mut svg);
        self.draw_hours(lang, &mut svg);
        for (class, fan) in &self.fans {
            self.draw_fan(class, fan, &y, &mut svg);
        }
        for limit in self.limits.iter().filter(|limit| **limit <= top) {
            let _ = write!(
                svg,
                r#"<line class="limit" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1}" y2="{y:.1}"/>"#,
                y = y(*limit)
            );
        }
        for (class, values) in &self.lines {
            self.draw_line(class, values, &y, &mut svg);
        }
        self.draw_marks(&mut svg);
        svg.push_str("</svg>");
        svg
    }

    fn draw_bands(&self, top: f64, y: &dyn Fn(f64) -> f64, svg: &mut String) {
        let mut below = 0.0;
        for (class, end) in &self.bands {
            let above = end.unwrap_or(top).min(top);
            let (upper, height) = (y(above), y(below) - y(above));
            if height > 0.0 {
                let _ = write!(
                    svg,
                    concat!(
                        r#"<rect class="band {}" x="{}" y="{:.1}" width="{:.1}" height="{:.1}"/>"#,
                        r#"<rect class="{}" x="{}" y="{:.1}" width="4" height="{:.1}"/>"#
                    ),
                    class,
                    LEFT,
                    upper,
                    RIGHT - LEFT,
                    height,
                    class,
                    RIGHT,
                    upper,
                    height
                );
            }
            below = above;
        }
        for (at, _) in self.gaps.iter().enumerate().filter(|(_, gap)| **gap) {
            let _ = write!(
                svg,
                r#"<rect class="gap" x="{:.1}" y="{TOP}" width="{:.1}" height="{:.1}"/>"#,
                self.x(at),
                self.slot(),
                BOTTOM - TOP
            );
        }
    }

    fn draw_grid(&self, (top, step): (f64, f64), y: &dyn Fn(f64) -> f64, svg: &mut String) {
        let mut value = 0.0;
        while value <= top {
            let _ = write!(
                svg,
                concat!(
                    r#"<line class="grid" x1="{left}" x2="{right}" y1="{y:.1}" y2="{y:.1}"/>"#,
                    r#"<text x="{x}" y="{ty:.1}" text-anchor="end">{value}</text>"#
                ),
                left = LEFT,
                right = RIGHT,
                y = y(value),
                x = LEFT - 5.0,
                ty = y(value) + 4.0,
                value = value,
            );
            value += step;
        }
    }

    /// Midnights with their dates, and every twelfth hour by its end.
    fn draw_hours(&self, lang: Lang, svg: &mut String) {
        let unit = lang.of("时", "h");
        for at in 0..self.hours {
            let hour = self.first.plus(i32::try_from(at).unwrap_or(0));
            if hour.of_day() == 0 {
                let x = self.x(at);
                let _ = write!(svg, r#"<path class="midnight" d="M{x:.1} {TOP}V{BOTTOM}"/>"#);
                if self.hours - at > 10 {
                    let (_, month, day) = hour.day().date();
                    let _ = write!(
                        svg,
                        r#"<text class="date" x="{:.1}" y="{}">{month}-{day}</text>"#,
                        x + 3.0,
                        BOTTOM + 30.0
                    );
                }
            }
            if hour.ending().is_multiple_of(12) {
                let _ = write!(
                    svg,
                    r#"<text x="{:.1}" y="{}" text-anchor="middle">{}{unit}</text>"#,
                    self.middle(at),
                    BOTTOM + 15.0,
                    hour.ending()
                );
            }
        }
    }

    /// The area between two quantiles, one piece for each run of hours.
    fn draw_fan(
        &self,
        class: &str,
        fan: &[Option<(f64, f64)>],
        y: &dyn Fn(f64) -> f64,
        svg: &mut String,
    ) {
        let hours: Vec<_> = fan.iter().enumerate().collect();
        for run in hours.split(|(_, ends)| ends.is_none()).filter(|run| !run.is_empty()) {
            let ends = || run.iter().filter_map(|(at, ends)| Some((self.middle(*at), (**ends)?)));
            let upper = ends().map(|(x, (_, up))| (x, up));
            let lower: Vec<_> = ends().map(|(x, (low, _))| (x, low)).collect();
            let _ = write!(svg, r#"<polygon class="fan {class}" points=""#);
            for (x, value) in upper.chain(lower.into_iter().rev()) {
                let _ = write!(svg, "{x:.1},{:.1} ", y(value));
            }
            svg.push_str(r#""/>"#);
        }
    }

    /// A line through neighbouring hours; a lone hour is a dot.
    fn draw_line(
        &self,
        class: &str,
        values: &[Option<f64>],
        y: &dyn Fn(f64) -> f64,
        svg: &mut String,
    ) {
        let point = |(at, value): (usize, &Option<f64>)| Some((self.middle(at), y((*value)?)));
        let points: Vec<_> = values.iter().enumerate().map(point).collect();
        for run in points.split(Option::is_none) {
            let run: Vec<_> = run.iter().flatten().collect();
            match run.as_slice() {
                [] => {}
                [(x, y)] => {
                    let _ =
                        write!(svg, r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="2"/>"#);
                }
                run => {
                    let _ = write!(svg, r#"<polyline class="{class}" points=""#);
                    for (x, y) in run {
                        let _ = write!(svg, "{x:.1},{y:.1} ");
                    }
                    svg.push_str(r#""/>"#);
                }
            }
        }
    }

    /// Which hours are reviewed or revised, where the foretold begins, and what a pointer shows.
    fn draw_marks(&self, svg: &mut String) {
        let width = self.slot();
        let on = |of: &[bool]| -> Vec<usize> {
            of.iter().enumerate().filter(|(_, on)| **on).map(|(at, _)| at).collect()
        };
        for at in on(&self.reviewed) {
            let _ = write!(
                svg,
                r#"<rect class="reviewed" x="{:.1}" y="{}" width="{width:.1}" height="3"/>"#,
                self.x(at),
                BOTTOM - 1.5
            );
        }
        for at in on(&self.revised) {
            let x = self.middle(at);
            let (top, low) = (TOP - 9.0, TOP - 1.0);
            let (left, right) = (x - 4.0, x + 4.0);
            let _ = write!(
                svg,
                r#"<path class="revised" d="M{left:.1} {top}H{right:.1}L{x:.1} {low}Z"/>"#
            );
        }
        if let Some(at) = self.origin {
            let x = self.x(at);
            let _ = write!(svg, r#"<path class="origin" d="M{x:.1} {TOP}V{BOTTOM}"/>"#);
        }
        for (at, hint) in self.hints.iter().enumerate() {
            let _ = write!(
                svg,
                concat!(
                    r#"<rect class="hint" x="{:.1}" y="{}" width="{:.1}" height="{:.1}">"#,
                    "<title>{}</title></rect>"
                ),
                self.x(at),
                TOP,
                width,
                BOTTOM - TOP,
                hint
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(values: Values) -> Graph {
        Graph { hours: values.len(), lines: vec![("seen", values)], ..Graph::default() }
    }

    #[test]
    fn a_missing_hour_is_a_gap_and_a_lone_one_a_dot() {
        let values = vec![Some(1.0), Some(2.0), None, Some(3.0), None, Some(2.0), Some(1.0)];
        let gaps = values.iter().map(Option::is_none).collect();
        let svg = Graph { gaps, ..graph(values) }.draw(Lang::Zh);
        assert_eq!(svg.matches("<polyline").count(), 2, "{svg}");
        assert_eq!(svg.matches("<circle").count(), 1);
        assert_eq!(svg.matches("class=\"gap\"").count(), 2);
    }

    #[test]
    fn a_limit_above_the_axis_is_not_drawn() {
        let at = |limit: f64| Graph { limits: vec![limit], ..graph(vec![Some(30.0)]) };
        assert!(at(35.0).draw(Lang::Zh).contains("class=\"limit\""));
        assert!(!at(500.0).draw(Lang::Zh).contains("class=\"limit\""));
    }

    #[test]
    fn bands_end_where_the_edition_of_the_day_says() {
        let day = |text: &str| text.parse::<Day>().expect("a day");
        let two = |text: &str| bands(Pollutant::Pm2_5, day(text))[..2].to_vec();
        let (excellent, good) = (("c-excellent", Some(35.0)), "c-good");
        assert_eq!(two("2025-11-23"), [excellent, (good, Some(75.0))]);
        assert_eq!(two("2026-11-23"), [excellent, (good, Some(60.0))], "stricter since March");
        let co = bands(Pollutant::Co, day("2026-11-23"));
        assert_eq!(co[0].1, Some(5.0), "mg/m³");
    }
}
