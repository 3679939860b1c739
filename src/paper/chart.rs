//! A chart of a paper as SVG: columns of days, borders of classes as dashed lines with their names.
//!
//! Black on white: a column is grey with a black edge, a missing day is an empty place with NA, and nothing
//! depends on colour. Sizes are in points of the printed page.

use std::fmt::Write as _;

use crate::report::Chart;

/// White around a word, so that a line behind it strikes nothing out.
const HALO: &str = r##" paint-order="stroke" stroke="#fff" stroke-width="3""##;
const WIDTH: f64 = 500.0;
const LEFT: f64 = 30.0;
const RIGHT: f64 = 446.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 150.0;
const HEIGHT: f64 = 168.0;

/// The picture, complete in itself.
pub(super) fn svg(chart: &Chart) -> String {
    let top = f64::from(chart.borders.last().map_or(100, |(upper, _)| *upper));
    let y = |value: f64| BOTTOM - (BOTTOM - TOP) * (value / top).clamp(0.0, 1.0);
    let label = escaped(&chart.text_zh());
    let mut svg = format!(
        concat!(
            r##"<svg role="img" aria-label="{label}" viewBox="0 0 {w} {h}" width="100%" "##,
            r##"font-size="8.5" fill="#000">"##
        ),
        label = label,
        w = WIDTH,
        h = HEIGHT,
    );
    for (upper, name) in &chart.borders {
        let at = y(f64::from(*upper));
        let _ = write!(
            svg,
            concat!(
                r##"<line x1="{l}" x2="{r}" y1="{y:.1}" y2="{y:.1}" stroke="#000" "##,
                r##"stroke-width=".5" stroke-dasharray="3 2"/>"##,
                r#"<text x="{n}" y="{ny:.1}">{name}</text>"#,
                r#"<text x="{v}" y="{vy:.1}" text-anchor="end">{upper}</text>"#
            ),
            l = LEFT,
            r = RIGHT,
            y = at,
            n = RIGHT + 3.0,
            ny = at + 9.0,
            name = name,
            v = LEFT - 3.0,
            vy = at + 3.0,
            upper = upper,
        );
    }
    let _ =
        write!(svg, r##"<path d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}" fill="none" stroke="#000"/>"##);
    columns(chart, &y, &mut svg);
    svg.push_str("</svg>");
    svg
}

fn columns(chart: &Chart, y: &impl Fn(f64) -> f64, svg: &mut String) {
    let count = u32::try_from(chart.points.len()).unwrap_or(u32::MAX).max(1);
    let slot = (RIGHT - LEFT) / f64::from(count);
    // Labels of a month stand under every other day.
    let every = if count > 16 { 2 } else { 1 };
    for (at, point) in (0u32..).zip(&chart.points) {
        let middle = LEFT + slot * (f64::from(at) + 0.5);
        let above = match point.value {
            Some(value) => {
                let (from, width) = (y(f64::from(value)), slot * 0.6);
                let _ = write!(
                    svg,
                    concat!(
                        r##"<rect x="{x:.1}" y="{y:.1}" width="{w:.1}" height="{h:.1}" "##,
                        r##"fill="#bbb" stroke="#000" stroke-width=".6"/>"##
                    ),
                    x = middle - width / 2.0,
                    y = from,
                    w = width,
                    h = BOTTOM - from,
                );
                from
            }
            None => BOTTOM,
        };
        let value = point.value.map_or_else(|| "NA".to_owned(), |value| value.to_string());
        let mut text = |y: f64, said: &str| {
            let said = escaped(said);
            let _ = write!(
                svg,
                r#"<text x="{middle:.1}" y="{y:.1}" text-anchor="middle"{HALO}>{said}</text>"#
            );
        };
        text(above - 2.5, &value);
        if !point.mark.is_empty() {
            text(TOP - 12.0, &point.mark);
        }
        if at % every == 0 {
            text(BOTTOM + 11.0, &point.label);
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
