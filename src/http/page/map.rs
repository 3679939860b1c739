//! The stations where they stand, as SVG: no tiles, since a monitoring room may have no internet.
//!
//! In: an area's stations with their positions. Out: a label with the AQI at each, with a line to its place
//! where labels would cover each other; points alone where there are too many to name.
//!
//! Invariants: a station without AQI is hatched; north is up, and a degree of longitude is as long as it is
//! at that latitude; the same stations give the same picture.

use std::fmt::Write as _;

use super::model::class_name;
use super::words::Lang;
use crate::pipeline::{AreaView, StationView};

const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 340.0;
const MARGIN: f64 = 46.0;
/// Stations that are named; more are points.
const NAMED: usize = 40;
/// A label: the AQI above, the name below.
const LABEL: (f64, f64) = (58.0, 34.0);
/// Metres of a degree of latitude.
const DEGREE_M: f64 = 111_320.0;
/// Lengths that the scale may have, in km.
const SCALES_KM: [u32; 7] = [1, 2, 5, 10, 20, 50, 100];

/// A station on the picture.
struct Point<'a> {
    station: &'a StationView,
    name: &'a str,
    x: f64,
    y: f64,
}

/// From degrees to the picture.
struct Projection {
    left: f64,
    top: f64,
    /// Pixels of a degree of longitude, and of latitude.
    scale: (f64, f64),
}

impl Projection {
    /// Holds all positions, in degrees; `None` without any.
    fn holding(positions: &[(f64, f64)]) -> Option<Self> {
        let ends = |of: fn(&(f64, f64)) -> f64| {
            let all = || positions.iter().map(of);
            Some((all().min_by(f64::total_cmp)?, all().max_by(f64::total_cmp)?))
        };
        let ((south, north), (west, east)) = (ends(|p| p.0)?, ends(|p| p.1)?);
        let shrink = ((south + north) / 2.0).to_radians().cos().max(0.01);
        // A single station, or stations in one street, are not blown up without end: at least 2 km.
        let least = 2_000.0 / DEGREE_M;
        let (high, wide) = ((north - south).max(least), ((east - west) * shrink).max(least));
        let pixels = ((WIDTH - 2.0 * MARGIN) / wide).min((HEIGHT - 2.0 * MARGIN) / high);
        let scale = (pixels * shrink, pixels);
        let left = WIDTH / 2.0 - (west + east) / 2.0 * scale.0;
        let top = HEIGHT / 2.0 + (south + north) / 2.0 * scale.1;
        Some(Self { left, top, scale })
    }

    fn at(&self, (lat, lon): (f64, f64)) -> (f64, f64) {
        (self.left + lon * self.scale.0, self.top - lat * self.scale.1)
    }

    /// A round length that fits, and its pixels.
    fn bar(&self) -> (u32, f64) {
        let pixels = |km: u32| f64::from(km) * 1000.0 / DEGREE_M * self.scale.1;
        let fits = SCALES_KM.into_iter().rev().find(|km| pixels(*km) <= WIDTH / 4.0);
        let km = fits.unwrap_or(SCALES_KM[0]);
        (km, pixels(km))
    }
}

fn degrees((lat, lon): (i32, i32)) -> (f64, f64) {
    (f64::from(lat) / 1e6, f64::from(lon) / 1e6)
}

/// The picture; empty where no station has a position.
pub(super) fn draw(area: &AreaView, lang: Lang) -> String {
    let placed = |station: &StationView| {
        let of = area.registry.stations.get(station.station)?;
        Some((degrees(of.position?), of.name.as_str()))
    };
    let shown: Vec<_> = area
        .stations
        .iter()
        .filter(|s| s.in_operation)
        .filter_map(|s| placed(s).map(|(position, name)| (s, position, name)))
        .collect();
    let positions: Vec<_> = shown.iter().map(|(_, position, _)| *position).collect();
    let Some(projection) = Projection::holding(&positions) else { return String::new() };
    let point = |(station, position, name)| {
        let (x, y) = projection.at(position);
        Point { station, name, x, y }
    };
    let points: Vec<Point<'_>> = shown.into_iter().map(point).collect();
    let title = lang.of("点位分布与小时AQI", "Stations and their hourly AQI");
    let mut svg = format!(
        r#"<svg class="map" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">"#
    );
    outline(&points, &mut svg);
    if points.len() <= NAMED {
        labels(&points, lang, &mut svg);
    } else {
        dots(&points, &mut svg);
    }
    legend(&projection, lang, &mut svg);
    svg.push_str("</svg>");
    svg
}

/// The line around all stations: their convex hull, by Andrew's monotone chain.
fn outline(points: &[Point<'_>], svg: &mut String) {
    let mut all: Vec<(f64, f64)> = points.iter().map(|p| (p.x, p.y)).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let turns = |a: (f64, f64), b: (f64, f64), c: (f64, f64)| {
        (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0) > 0.0
    };
    let half = |points: &mut dyn Iterator<Item = (f64, f64)>| {
        let mut hull: Vec<(f64, f64)> = Vec::new();
        for p in points {
            while let [.., a, b] = hull.as_slice()
                && !turns(*a, *b, p)
            {
                hull.pop();
            }
            hull.push(p);
        }
        hull
    };
    let mut hull = half(&mut all.iter().copied());
    hull.extend(half(&mut all.iter().rev().copied()));
    svg.push_str(r#"<polygon class="outline" points=""#);
    for (x, y) in hull {
        let _ = write!(svg, "{x:.1},{y:.1} ");
    }
    svg.push_str(r#""/>"#);
}

fn class(station: &StationView) -> &'static str {
    class_name(station.figures.index.category())
}

fn dots(points: &[Point<'_>], svg: &mut String) {
    for Point { station, x, y, .. } in points {
        let class = class(station);
        let _ = write!(svg, r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="4"/>"#);
    }
}

/// Where a label may stand, by its middle, beside its place: nearest first.
fn places(x: f64, y: f64) -> impl Iterator<Item = (f64, f64)> {
    const AROUND: [(f64, f64); 8] = [
        (0.0, -1.0),
        (1.0, 0.0),
        (-1.0, 0.0),
        (0.0, 1.0),
        (1.0, -1.0),
        (-1.0, -1.0),
        (1.0, 1.0),
        (-1.0, 1.0),
    ];
    let (wide, high) = LABEL;
    let ring = move |far: i32| {
        AROUND.into_iter().map(move |(dx, dy)| {
            let far = f64::from(far);
            (x + dx * (wide * 0.7) * far, y + dy * (high * 0.8) * far)
        })
    };
    let inside = move |(x, y): (f64, f64)| {
        let (x, y) = (x.clamp(wide / 2.0, WIDTH - wide / 2.0), y.clamp(high / 2.0, HEIGHT - high));
        (x, y)
    };
    std::iter::once((x, y)).chain((1..=4).flat_map(ring)).map(inside)
}

fn labels(points: &[Point<'_>], lang: Lang, svg: &mut String) {
    let mut taken: Vec<(f64, f64)> = Vec::new();
    let mut texts = String::new();
    for Point { station, name, x, y } in points {
        let free = |&(a, b): &(f64, f64)| {
            taken.iter().all(|(c, d)| (a - c).abs() >= LABEL.0 || (b - d).abs() >= LABEL.1)
        };
        let (a, b) = places(*x, *y).find(free).unwrap_or((*x, *y));
        taken.push((a, b));
        let class = class(station);
        let aqi = station.figures.index.aqi;
        let aqi = aqi.map_or_else(|| lang.of("缺测", "NA").to_owned(), |aqi| aqi.to_string());
        let _ = write!(svg, r#"<path class="lead" d="M{x:.1} {y:.1}L{a:.1} {b:.1}"/>"#);
        let _ = write!(svg, r#"<circle class="place" cx="{x:.1}" cy="{y:.1}" r="2.5"/>"#);
        let _ = write!(
            texts,
            concat!(
                r#"<rect class="{class}" x="{left:.1}" y="{top:.1}" "#,
                r#"width="40" height="19" rx="4"/>"#,
                r#"<text class="aqi-of {class}" x="{a:.1}" y="{line:.1}">{aqi}</text>"#,
                r#"<text class="name-of" x="{a:.1}" y="{below:.1}">{name}</text>"#
            ),
            class = class,
            left = a - 20.0,
            top = b - 15.0,
            a = a,
            line = b - 1.0,
            aqi = aqi,
            below = b + 15.0,
            name = escaped(name),
        );
    }
    svg.push_str(&texts);
}

/// A name from outside, as text of the picture.
fn escaped(name: &str) -> String {
    name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn legend(projection: &Projection, lang: Lang, svg: &mut String) {
    let (km, pixels) = projection.bar();
    let (left, y) = (10.0, HEIGHT - 10.0);
    let _ = write!(
        svg,
        concat!(
            r#"<path class="bar" d="M{left} {above}V{y}H{right:.1}V{above}"/>"#,
            r#"<text x="{middle:.1}" y="{text}" text-anchor="middle">{km} km</text>"#,
            r#"<path class="bar" d="M18 34V12M13 18L18 10L23 18"/>"#,
            r#"<text x="18" y="48" text-anchor="middle">{north}</text>"#
        ),
        left = left,
        above = y - 5.0,
        y = y,
        right = left + pixels,
        middle = left + pixels / 2.0,
        text = y - 8.0,
        km = km,
        north = lang.of("北", "N"),
    );
}
