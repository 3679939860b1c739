//! An episode as it would have been seen at an origin: PM2.5 before and after, the forecast between its
//! quantiles, over the classes of the index.
//!
//! In: a [`Series`] and a [`Nowcast`]. Out: a panel of SVG, complete in itself.
//!
//! Invariants: what is missing is a gap, never a line drawn across it; labels name the hour's end; a class
//! band stands where the breakpoints of PM2.5 put it, by the edition in force at the origin.

use std::fmt::Write as _;

use super::nowcast::{BlockAhead, HORIZON, Nowcast, block_figures};
use super::series::Series;
use crate::index::{Category, Pollutants};
use crate::observation::Pollutant;
use crate::quantity::Amount;
use crate::standard::{Class, Column, IndexEdition, Parameters, standards};
use crate::time::{DAY_H, Hour};

/// Hours shown before the origin.
const BEFORE: usize = 48;
const SLOTS: usize = BEFORE + HORIZON;
const LEFT: f64 = 64.0;
const SLOT: f64 = 7.5;
const RIGHT: f64 = LEFT + SLOT * 120.0;
const WIDTH: f64 = RIGHT + 84.0;
const TOP: f64 = 78.0;
const BOTTOM: f64 = 330.0;
/// Where the boxes of the three blocks begin.
const BLOCKS_TOP: f64 = 372.0;
const BLOCK_HEIGHT: f64 = 114.0;
const HEIGHT: f64 = 508.0;
/// Tops of the axis, in µg/m³, with their steps.
const TOPS: [(i32, i32); 7] =
    [(75, 25), (150, 50), (250, 50), (350, 50), (500, 100), (800, 100), (1200, 200)];

const FONT: &str = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif";

/// What the picture is of.
#[derive(Clone, Copy, Debug)]
pub struct Titles<'a> {
    /// The area as people call it.
    pub area: &'a str,
    /// How its data are to be called, such as 实况(未审核).
    pub data: &'a str,
}

/// The axis of concentrations.
struct Scale {
    top: i32,
    step: i32,
}

impl Scale {
    fn y(&self, amount: Amount) -> f64 {
        self.of(f64::from(amount.milli()) / 1000.0)
    }

    fn of(&self, micrograms: f64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * (micrograms / f64::from(self.top)).clamp(0.0, 1.0)
    }
}

/// Slots are few: no loss.
fn x(slot: usize) -> f64 {
    LEFT + SLOT * f64::from(u32::try_from(slot).unwrap_or(0))
}

/// The middle of a slot.
fn middle(slot: usize) -> f64 {
    x(slot) + SLOT / 2.0
}

/// One panel for each origin, below each other.
#[must_use]
pub fn episode(
    series: &Series,
    nowcasts: &[Nowcast],
    titles: Titles<'_>,
    parameters: &Parameters,
) -> String {
    let panels = f64::from(u32::try_from(nowcasts.len()).unwrap_or(1));
    let mut svg = format!(
        concat!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" "#,
            r##"height="{h}" font-family="{font}" font-size="12" fill="#222">"##,
            r##"<rect width="{w}" height="{h}" fill="#fff"/>"##
        ),
        w = WIDTH,
        h = HEIGHT * panels,
        font = FONT,
    );
    for (n, nowcast) in nowcasts.iter().enumerate() {
        let down = HEIGHT * f64::from(u32::try_from(n).unwrap_or(0));
        let _ = write!(svg, r#"<g transform="translate(0 {down})">"#);
        panel(series, nowcast, titles, parameters, &mut svg);
        svg.push_str("</g>");
    }
    svg.push_str("</svg>\n");
    svg
}

fn panel(
    series: &Series,
    nowcast: &Nowcast,
    titles: Titles<'_>,
    parameters: &Parameters,
    svg: &mut String,
) {
    let origin = nowcast.origin;
    let first = origin.plus(1 - i32::try_from(BEFORE).unwrap_or(0));
    let hour = |slot: usize| first.plus(i32::try_from(slot).unwrap_or(0));
    let seen: Vec<Option<Amount>> =
        (0..SLOTS).map(|slot| series.get(hour(slot), Pollutant::Pm2_5)).collect();
    let ahead: Vec<_> =
        nowcast.hours.iter().map(|h| h.concentration[Pollutant::Pm2_5.index()]).collect();
    let highest = seen.iter().flatten().copied();
    let highest = highest.chain(ahead.iter().flatten().map(|q| q[4])).max();
    let highest = highest.map_or(0, |a| a.milli() / 1000 + 1);
    let (top, step) = TOPS.into_iter().find(|(top, _)| *top >= highest).unwrap_or((1200, 200));
    let scale = Scale { top, step };
    heading(nowcast, titles, svg);
    classes(standards().index_edition(origin.day()), &scale, svg);
    axes(first, &scale, svg);
    band(&ahead, (0, 4), "#3b4c8f", 0.22, &scale, svg);
    band(&ahead, (1, 3), "#3b4c8f", 0.38, &scale, svg);
    let median: Vec<_> =
        vec![None; BEFORE].into_iter().chain(ahead.iter().map(|q| q.map(|q| q[2]))).collect();
    curve(&median, r##"stroke="#1b2a6b" stroke-width="2.4""##, &scale, svg);
    let mut before = seen.clone();
    before.truncate(BEFORE);
    let mut after = seen;
    after[..BEFORE - 1].fill(None);
    curve(&before, r##"stroke="#000" stroke-width="2.4""##, &scale, svg);
    let dashed = r##"stroke="#000" stroke-width="1.8" stroke-dasharray="3 2.5""##;
    curve(&after, dashed, &scale, svg);
    let at = x(BEFORE);
    let _ = write!(
        svg,
        concat!(
            r##"<line x1="{x}" x2="{x}" y1="{t}" y2="{b}" stroke="#c00" stroke-width="1.6"/>"##,
            r##"<text x="{tx}" y="{ty}" text-anchor="middle" fill="#c00">起报</text>"##
        ),
        x = at,
        t = TOP - 4.0,
        b = BOTTOM + 4.0,
        tx = at,
        ty = TOP - 8.0,
    );
    for (n, block) in nowcast.blocks.iter().enumerate() {
        blocks(series, (n, block), parameters, svg);
    }
}

fn heading(nowcast: &Nowcast, titles: Titles<'_>, svg: &mut String) {
    let _ = write!(
        svg,
        concat!(
            r#"<text x="{x}" y="24" font-size="17" font-weight="bold">"#,
            "{area} PM2.5小时浓度 {origin}起报 未来72小时</text>",
            r##"<text x="{right}" y="24" text-anchor="end" font-size="14" fill="#c00">"##,
            "内置统计预报(仅供参考)</text>"
        ),
        x = LEFT - 48.0,
        area = escaped(titles.area),
        origin = label(nowcast.origin),
        right = WIDTH - 12.0,
    );
    let mut at = LEFT - 48.0;
    let mut item = |swatch: &str, text: &str, width: f64| {
        let _ = write!(
            svg,
            r#"<g transform="translate({at} 36)">{swatch}<text x="34" y="12">{text}</text></g>"#
        );
        at += width;
    };
    let line = |style: &str| format!(r#"<line x1="0" x2="28" y1="8" y2="8" {style}/>"#);
    let solid = line(r##"stroke="#000" stroke-width="2.4""##);
    item(&solid, &format!("起报前{}", escaped(titles.data)), 130.0);
    let dashed = line(r##"stroke="#000" stroke-width="1.8" stroke-dasharray="3 2.5""##);
    item(&dashed, "起报后实况（当时未知）", 195.0);
    item(&line(r##"stroke="#1b2a6b" stroke-width="2.4""##), "预报中位数", 120.0);
    let area = |opacity: f64| {
        format!(r##"<rect width="28" height="14" fill="#3b4c8f" opacity="{opacity}"/>"##)
    };
    item(&area(0.5), "50%区间", 100.0);
    item(&area(0.22), "80%区间", 100.0);
    item("", &format!("依据{}天历史", nowcast.history_hours / DAY_H), 140.0);
}

/// The classes as bands, with their names beside them.
fn classes(edition: &IndexEdition, scale: &Scale, svg: &mut String) {
    let column = edition.column(Column::Pm2_5_24h);
    let border = |aqi: u16| {
        let found = column.breakpoints().iter().find(|b| b.iaqi == aqi);
        found.map(|b| f64::from(b.amount.milli()) / 1000.0)
    };
    for Class { aqi: (low, high), name_zh, colour, .. } in edition.classes() {
        let below = if *low <= 1 { 0.0 } else { border(low - 1).unwrap_or(0.0) };
        let above = border(*high).unwrap_or(f64::INFINITY);
        let (lower, upper) = (scale.of(below), scale.of(above));
        if lower - upper < 0.5 {
            continue;
        }
        let _ = write!(
            svg,
            concat!(
                r#"<rect x="{l}" y="{u:.1}" width="{w}" height="{h:.1}" fill="{c}" "#,
                r#"opacity="0.2"/>"#,
                r#"<rect x="{r}" y="{u:.1}" width="8" height="{h:.1}" fill="{c}"/>"#
            ),
            l = LEFT,
            u = upper,
            w = RIGHT - LEFT,
            h = lower - upper,
            c = colour,
            r = RIGHT,
        );
        if lower - upper >= 12.0 {
            let _ = write!(
                svg,
                r#"<text x="{x}" y="{y:.1}">{name_zh}</text>"#,
                x = RIGHT + 13.0,
                y = f64::midpoint(lower, upper) + 4.0,
            );
        }
    }
}

fn axes(first: Hour, scale: &Scale, svg: &mut String) {
    for value in (0..=scale.top).step_by(usize::try_from(scale.step).unwrap_or(1)) {
        let y = scale.of(f64::from(value));
        let _ = write!(
            svg,
            concat!(
                r##"<line x1="{l}" x2="{r}" y1="{y:.1}" y2="{y:.1}" stroke="#888" "##,
                r##"stroke-width="0.5" opacity="0.6"/>"##,
                r#"<text x="{x}" y="{ty:.1}" text-anchor="end">{value}</text>"#
            ),
            l = LEFT,
            r = RIGHT,
            y = y,
            x = LEFT - 6.0,
            ty = y + 4.0,
            value = value,
        );
    }
    let _ = write!(
        svg,
        r#"<text x="{x}" y="{y}" text-anchor="end">微克/立方米</text>"#,
        x = LEFT + 4.0,
        y = TOP - 8.0
    );
    for slot in 0..SLOTS {
        let hour = first.plus(i32::try_from(slot).unwrap_or(0));
        if hour.of_day() == 0 {
            let _ = write!(
                svg,
                concat!(
                    r##"<line x1="{x}" x2="{x}" y1="{t}" y2="{b}" stroke="#666" "##,
                    r##"stroke-width="0.7"/>"##
                ),
                x = x(slot),
                t = TOP,
                b = BOTTOM,
            );
            if SLOTS - slot > 8 {
                let (_, month, day) = hour.day().date();
                let _ = write!(
                    svg,
                    r#"<text x="{x}" y="{y}" font-weight="bold">{month}月{day}日</text>"#,
                    x = x(slot) + 3.0,
                    y = BOTTOM + 30.0,
                );
            }
        }
        if hour.ending().is_multiple_of(6) {
            let _ = write!(
                svg,
                r#"<text x="{x:.1}" y="{y}" text-anchor="middle" font-size="11">{n}时</text>"#,
                x = x(slot) + SLOT,
                y = BOTTOM + 15.0,
                n = hour.ending(),
            );
        }
    }
}

type Quantiles = Option<[Amount; 5]>;

/// The area between two quantiles, in one piece where none is missing.
fn band(
    ahead: &[Quantiles],
    (low, high): (usize, usize),
    fill: &str,
    opacity: f64,
    scale: &Scale,
    svg: &mut String,
) {
    let known: Vec<_> = ahead.iter().enumerate().filter_map(|(at, q)| Some((at, (*q)?))).collect();
    if known.is_empty() {
        return;
    }
    let _ = write!(svg, r#"<polygon fill="{fill}" opacity="{opacity}" points=""#);
    let ends = known.iter().map(|(at, q)| (at, q[high]));
    for (at, amount) in ends.chain(known.iter().rev().map(|(at, q)| (at, q[low]))) {
        let _ = write!(svg, "{:.1},{:.1} ", middle(BEFORE + at), scale.y(amount));
    }
    svg.push_str(r#""/>"#);
}

/// A line through neighbouring hours; a lone hour is a dot.
fn curve(amounts: &[Option<Amount>], style: &str, scale: &Scale, svg: &mut String) {
    let point = |(at, amount): (usize, &Option<Amount>)| Some((middle(at), scale.y((*amount)?)));
    let points: Vec<_> = amounts.iter().enumerate().map(point).collect();
    for run in points.split(Option::is_none) {
        let run: Vec<_> = run.iter().flatten().collect();
        match run.as_slice() {
            [] => {}
            [(x, y)] => {
                let _ = write!(svg, r#"<circle {style} cx="{x:.1}" cy="{y:.1}" r="1.5"/>"#);
            }
            run => {
                let _ = write!(svg, r#"<polyline fill="none" {style} points=""#);
                for (x, y) in run {
                    let _ = write!(svg, "{x:.1},{y:.1} ");
                }
                svg.push_str(r#""/>"#);
            }
        }
    }
}

/// One of the three blocks: what was foretold, and what came.
fn blocks(
    series: &Series,
    (n, block): (usize, &BlockAhead),
    parameters: &Parameters,
    svg: &mut String,
) {
    let edition = standards().index_edition(block.to.day());
    let class = |aqi: u16| edition.class(Category::of(aqi));
    let left = x(BEFORE + n * DAY_H);
    let width = SLOT * 24.0 - 4.0;
    let (fill, head, range) = match block.aqi {
        Some([low, median, high]) => {
            let class = class(median);
            let head = format!("{} AQI {median}", class.name_zh);
            (class.colour, head, format!("80%区间 {low}～{high}"))
        }
        None => ("#ddd", "无预报".to_owned(), String::new()),
    };
    let came = block_figures(&series.window(block.from), block.to, parameters).index;
    let came = match came.aqi {
        Some(aqi) => format!("实况：{} AQI {aqi}", class(aqi).name_zh),
        None => "实况：缺测".to_owned(),
    };
    let _ = write!(
        svg,
        concat!(
            r#"<rect x="{l}" y="{t}" width="{w}" height="{h}" fill="{fill}" opacity="0.25"/>"#,
            r#"<rect x="{l}" y="{t}" width="5" height="{h}" fill="{fill}"/>"#
        ),
        l = left + 2.0,
        t = BLOCKS_TOP,
        w = width,
        h = BLOCK_HEIGHT,
        fill = fill,
    );
    let lines = [
        (format!("未来{}～{}小时平均", n * DAY_H + 1, (n + 1) * DAY_H), "11"),
        (head, r#"14" font-weight="bold"#),
        (range, "12"),
        (format!("首要污染物 {}", names(block.primary)), "12"),
        (format!("AQI&gt;200可能性 {}%", block.above[2]), "12"),
        (came, r##"12" fill="#444"##),
    ];
    let mut y = BLOCKS_TOP + 16.0;
    for (line, size) in lines {
        let x = left + 12.0;
        let _ = write!(svg, r#"<text x="{x}" y="{y}" font-size="{size}">{line}</text>"#);
        y += 18.0;
    }
}

fn names(pollutants: Pollutants) -> String {
    let names: Vec<_> = pollutants.iter().map(Pollutant::label).collect();
    if names.is_empty() { "无".to_owned() } else { names.join("、") }
}

/// `2014年2月20日15时`.
fn label(hour: Hour) -> String {
    let (year, month, day) = hour.day().date();
    format!("{year}年{month}月{day}日{}时", hour.ending())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Day;

    #[test]
    fn a_gap_is_no_line_and_the_label_is_always_there() {
        let first = Day::from_number(15_765).start();
        let mut series = Series::new(first);
        for n in (0..400).filter(|n| !(300..303).contains(n)) {
            let milli = 20_000 + 5_000 * (n % 24);
            series.put(first.plus(n), [Some(Amount::from_milli(milli)); Pollutant::COUNT]);
        }
        let parameters = Parameters::default();
        let nowcast = Nowcast::of(&series, first.plus(319), &parameters).expect("enough history");
        let titles = Titles { area: "A<B", data: "实况" };
        let svg = episode(&series, &[nowcast.clone(), nowcast], titles, &parameters);
        assert_eq!(svg.matches("内置统计预报(仅供参考)").count(), 2);
        assert!(svg.contains("A&lt;B PM2.5小时浓度 2013年3月14日8时起报"), "{svg}");
        // Before the origin two pieces of line, after it one; the median.
        assert_eq!(svg.matches("<polyline").count(), 2 * 4);
        assert!(svg.contains("实况：") && !svg.contains("NaN") && !svg.contains("inf"));
    }
}
