//! The 72-h chart as SVG: AQI columns in their class colours, PM2.5 and ozone as lines.
//!
//! Invariants: what is missing is a gap, never a line drawn across it; labels name the hour's end; beside a
//! limit stands over which time it is a mean, since that of PM2.5 is one of days.

use std::fmt::Write as _;

use super::cover::{self, Cover};
use super::graph;
use super::model::class_name;
use super::words::Lang;
use crate::area::Figures;
use crate::observation::Pollutant;
use crate::pipeline::SetView;
use crate::quantity::Amount;
use crate::standard::Average;
use crate::time::Hour;

/// Hours shown.
const HOURS: usize = 72;

const LEFT: f64 = 40.0;
const SLOT: f64 = 14.0;
const WIDTH: f64 = LEFT + SLOT * 72.0 + 8.0;
/// The upper panel: AQI.
const AQI_TOP: f64 = 22.0;
const AQI_BOTTOM: f64 = 130.0;
/// The lower panel: concentrations.
const LINE_TOP: f64 = 164.0;
const LINE_BOTTOM: f64 = 282.0;
const HEIGHT: f64 = 308.0;

/// One hour of the chart; `None` where the view holds no figures.
pub(super) type Slot<'a> = (Hour, Option<&'a Figures>);

/// The hours of the chart, ending with `newest`.
pub(super) fn slots(set: &SetView, newest: Hour) -> Vec<Slot<'_>> {
    let hours = i32::try_from(HOURS).unwrap_or(0);
    let slot = |back: i32| {
        let hour = newest.plus(-back);
        (hour, set.at(hour).map(|h| &h.figures))
    };
    (0..hours).rev().map(slot).collect()
}

/// The hours of the chart from the store.
pub(super) fn stored(hours: &[Figures], newest: Hour) -> Vec<Slot<'_>> {
    (first(newest).number()..=newest.number())
        .map(Hour::from_number)
        .map(|hour| (hour, hours.iter().find(|figures| figures.hour == hour)))
        .collect()
}

/// The first hour of the chart.
pub(super) fn first(newest: Hour) -> Hour {
    newest.plus(1 - i32::try_from(HOURS).unwrap_or(0))
}

/// A scale from 0 to a round top.
struct Scale {
    top: i32,
    step: i32,
    from: f64,
    to: f64,
}

impl Scale {
    /// The first of `tops` that holds `largest`, in `steps` parts.
    fn holding(largest: i32, tops: &[(i32, i32)], from: f64, to: f64) -> Self {
        let fits = tops.iter().find(|(top, _)| *top >= largest);
        let (top, step) = fits.or(tops.last()).copied().unwrap_or((500, 100));
        Self { top, step, from, to }
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value / f64::from(self.top)).clamp(0.0, 1.0);
        self.from - (self.from - self.to) * share
    }

    fn grid(&self, svg: &mut String) {
        for value in (0..=self.top).step_by(usize::try_from(self.step).unwrap_or(1)) {
            let y = self.y(f64::from(value));
            let right = WIDTH - 8.0;
            let _ = write!(
                svg,
                concat!(
                    r#"<line class="grid" x1="{left}" x2="{right}" y1="{y:.1}" y2="{y:.1}"/>"#,
                    r#"<text class="tick" x="{x}" y="{ty:.1}" text-anchor="end">{value}</text>"#
                ),
                left = LEFT,
                right = right,
                y = y,
                value = value,
                x = LEFT - 6.0,
                ty = y + 3.5,
            );
        }
    }
}

/// Tops and steps of the AQI's axis: at class borders.
const AQI_TOPS: [(i32, i32); 5] = [(100, 50), (150, 50), (200, 50), (300, 100), (500, 100)];
/// Tops and steps of the concentrations' axis, in µg/m³.
const LINE_TOPS: [(i32, i32); 8] =
    [(60, 20), (100, 25), (160, 40), (200, 50), (300, 100), (500, 100), (800, 200), (1200, 300)];

fn micrograms(amount: Amount) -> f64 {
    f64::from(amount.milli()) / 1000.0
}

/// Slots are few: no loss.
fn x(slot: usize) -> f64 {
    LEFT + SLOT * f64::from(u32::try_from(slot).unwrap_or(0))
}

/// Draws the chart.
pub(super) fn draw(slots: &[Slot<'_>], lang: Lang) -> String {
    let figures = || slots.iter().filter_map(|(_, f)| *f);
    let aqi = figures().filter_map(|f| f.index.aqi).max().unwrap_or(0);
    let aqi = Scale::holding(i32::from(aqi), &AQI_TOPS, AQI_BOTTOM, AQI_TOP);
    let line = |p: Pollutant| figures().filter_map(move |f| f.concentration[p.index()]);
    let largest = line(Pollutant::Pm2_5).chain(line(Pollutant::O3)).max();
    let largest = largest.map_or(0, |a| a.milli() / 1000 + 1);
    let lines = Scale::holding(largest, &LINE_TOPS, LINE_BOTTOM, LINE_TOP);

    let title = lang.of("近72小时AQI、PM2.5、O₃", "AQI, PM2.5 and O₃ of the last 72 hours");
    let mut svg = format!(
        r#"<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">"#
    );
    svg.push_str(concat!(
        r#"<defs><pattern id="gap" width="6" height="6" patternUnits="userSpaceOnUse" "#,
        r#"patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="6"/>"#,
        "</pattern></defs>"
    ));
    aqi.grid(&mut svg);
    lines.grid(&mut svg);
    let _ = write!(
        svg,
        concat!(
            r#"<text class="unit" x="{x}" y="12" text-anchor="end">AQI</text>"#,
            r#"<text class="unit" x="{x}" y="{y}" text-anchor="end">µg/m³</text>"#
        ),
        x = LEFT - 6.0,
        y = LINE_TOP - 10.0
    );
    hours(slots, lang, &mut svg);
    columns(slots, &aqi, &mut svg);
    limits(slots, &lines, lang, &mut svg);
    curve(slots, Pollutant::O3, "line-o3", &lines, &mut svg);
    curve(slots, Pollutant::Pm2_5, "line-pm", &lines, &mut svg);
    hints(slots, lang, &mut svg);
    svg.push_str("</svg>");
    svg
}

/// Midnight lines with their dates, and every sixth hour by its end.
fn hours(slots: &[Slot<'_>], lang: Lang, svg: &mut String) {
    for (at, (hour, _)) in slots.iter().enumerate() {
        let (left, middle) = (x(at), x(at) + SLOT / 2.0);
        if hour.of_day() == 0 {
            let _ = write!(svg, r#"<path class="midnight" d="M{left} {AQI_TOP}V{LINE_BOTTOM}"/>"#,);
        }
        // The date where its day has room.
        if hour.of_day() == 0 && slots.len() - at >= 5 {
            let date = hour.day().to_string();
            let _ = write!(
                svg,
                r#"<text class="date" x="{x}" y="{y}">{date}</text>"#,
                x = left + 4.0,
                y = LINE_TOP - 10.0,
                date = &date[5..],
            );
        }
        if hour.ending() % 6 == 0 {
            let unit = if lang == Lang::Zh { "时" } else { "h" };
            let _ = write!(
                svg,
                r#"<text class="tick" x="{middle}" y="{y}" text-anchor="middle">{n}{unit}</text>"#,
                y = HEIGHT - 8.0,
                n = hour.ending(),
            );
        }
    }
}

/// The limits of class II, where the axis reaches them: of ozone for the hour, of PM2.5 for the day.
fn limits(slots: &[Slot<'_>], scale: &Scale, lang: Lang, svg: &mut String) {
    let Some((newest, _)) = slots.last() else { return };
    let of = |p: Pollutant, wanted: Average| {
        let all = graph::limits(p, newest.day());
        all.into_iter().find_map(|(average, amount)| (average == wanted).then_some(amount))
    };
    let ozone = (of(Pollutant::O3, Average::Hour), lang.of("O₃ 1小时限值", "O₃ 1 h limit"));
    let fine =
        (of(Pollutant::Pm2_5, Average::Day), lang.of("PM2.5 24小时限值", "PM2.5 24 h limit"));
    // Beside each other, should the two lie close.
    let (left, right) = ((LEFT + 6.0, "start"), (WIDTH - 12.0, "end"));
    for ((limit, name), (x, anchor)) in [(ozone, left), (fine, right)] {
        let Some(limit) = limit.map(micrograms).filter(|l| *l <= f64::from(scale.top)) else {
            continue;
        };
        let y = scale.y(limit);
        let _ = write!(
            svg,
            concat!(
                r#"<line class="limit" x1="{}" x2="{}" y1="{:.1}" y2="{:.1}"/>"#,
                r#"<text class="tick" x="{}" y="{:.1}" text-anchor="{}">{} {}</text>"#
            ),
            LEFT,
            WIDTH - 8.0,
            y,
            y,
            x,
            y - 3.0,
            anchor,
            name,
            limit
        );
    }
}

/// A column an hour, hatched where fewer than half of the stations gave it; hatched over both
/// panels where there is no AQI.
fn columns(slots: &[Slot<'_>], scale: &Scale, svg: &mut String) {
    for (at, (_, figures)) in slots.iter().enumerate() {
        let left = x(at);
        let index = figures.map(|f| f.index);
        match index.and_then(|i| Some((i.aqi?, i.category()?))) {
            Some((aqi, category)) => {
                let top = scale.y(f64::from(aqi)).min(AQI_BOTTOM - 1.5);
                let (x, w, h) = (left + 1.0, SLOT - 2.0, AQI_BOTTOM - top);
                let thin = figures.is_some_and(cover::thin).then_some("thin");
                for class in [Some(class_name(Some(category))), thin].into_iter().flatten() {
                    let _ = write!(
                        svg,
                        concat!(
                            r#"<rect class="{}" x="{}" y="{:.1}" "#,
                            r#"width="{}" height="{:.1}"/>"#
                        ),
                        class, x, top, w, h
                    );
                }
            }
            None => {
                let h = AQI_BOTTOM - AQI_TOP;
                let _ = write!(
                    svg,
                    r#"<rect class="gap" x="{left}" y="{AQI_TOP}" width="{SLOT}" height="{h}"/>"#
                );
            }
        }
    }
}

/// A line through neighbouring hours; a lone hour is a dot.
fn curve(slots: &[Slot<'_>], pollutant: Pollutant, class: &str, scale: &Scale, svg: &mut String) {
    let point = |(at, (_, figures)): (usize, &Slot<'_>)| {
        let amount = figures.and_then(|f| f.concentration[pollutant.index()])?;
        Some((x(at) + SLOT / 2.0, scale.y(micrograms(amount))))
    };
    let points: Vec<Option<(f64, f64)>> = slots.iter().enumerate().map(point).collect();
    for run in points.split(Option::is_none) {
        let run: Vec<_> = run.iter().flatten().collect();
        match run.as_slice() {
            [] => {}
            [(x, y)] => {
                let _ = write!(svg, r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="2"/>"#);
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

/// What a pointer over an hour shows.
fn hints(slots: &[Slot<'_>], lang: Lang, svg: &mut String) {
    for (at, (hour, figures)) in slots.iter().enumerate() {
        let value = |p: Pollutant| {
            let amount = figures.and_then(|f| f.concentration[p.index()]);
            amount.map_or_else(|| "—".to_owned(), |a| a.to_string())
        };
        let index = figures.map(|f| f.index).unwrap_or_default();
        let aqi = match (index.aqi, index.category()) {
            (Some(aqi), Some(category)) => format!("{aqi} {}", lang.class(category, *hour)),
            _ => lang.of("缺测", "NA").to_owned(),
        };
        let cover = figures.map(|f| Cover::of(f, lang)).filter(|c| c.short);
        let stations = cover.map(|c| format!("\n{}", c.text));
        let _ = write!(
            svg,
            r#"<rect class="hint" x="{x}" y="{AQI_TOP}" width="{SLOT}" height="{h}"><title>{when}
AQI {aqi}
PM2.5 {pm}
O₃ {o3}{stations}</title></rect>"#,
            x = x(at),
            h = LINE_BOTTOM - AQI_TOP,
            when = lang.day_and_hour(*hour),
            pm = value(Pollutant::Pm2_5),
            o3 = value(Pollutant::O3),
            stations = stations.unwrap_or_default(),
        );
    }
}
