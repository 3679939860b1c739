//! What is there of a station's hours, as a strip: one field an hour, full, in part, missing, or not due.

use std::fmt::Write as _;

use crate::area::{Figures, Station};
use crate::http::page::words::Lang;
use crate::observation::Pollutant;
use crate::time::Hour;

/// The width of an hour.
const SLOT: usize = 4;
const HEIGHT: usize = 14;
/// The shorter of the two spans.
const LAST_H: i32 = 24;

/// A station and its hours.
#[derive(Debug)]
pub(super) struct Strip {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) svg: String,
    /// Values of the last 24 hours, of those that are due.
    pub(super) day: String,
    /// The same of all hours.
    pub(super) all: String,
    /// Whether a quarter of the last 24 hours' values or more is missing.
    pub(super) short: bool,
}

/// How much is there of an hour.
#[derive(Clone, Copy, PartialEq, Eq)]
enum There {
    Full,
    Part,
    Missing,
    NotDue,
}

impl There {
    const fn class(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Part => "part",
            Self::Missing => "missing",
            Self::NotDue => "off",
        }
    }
}

impl Strip {
    pub(super) fn of(
        station: &Station,
        figures: &[Figures],
        (from, to): (Hour, Hour),
        lang: Lang,
    ) -> Self {
        let held = |hour: Hour| {
            if !station.valid.holds(hour.day()) {
                return None;
            }
            let of_hour = figures.iter().find(|figures| figures.hour == hour);
            Some(of_hour.map_or(0, |f| f.concentration.iter().flatten().count()))
        };
        let hours: Vec<(Hour, Option<usize>)> = (from.number()..=to.number())
            .map(Hour::from_number)
            .map(|hour| (hour, held(hour)))
            .collect();
        let day = count(hours.iter().filter(|(hour, _)| *hour > to.plus(-LAST_H)));
        let all = count(hours.iter());
        let there: Vec<There> = hours.iter().map(|(_, values)| there(*values)).collect();
        let (day_text, all_text) = (share(day, lang), share(all, lang));
        let title = match lang {
            Lang::Zh => format!("近24小时有效值{day_text}，近72小时{all_text}"),
            Lang::En => format!("values of 24 h: {day_text}; of 72 h: {all_text}"),
        };
        Self {
            code: station.id.to_string(),
            name: station.name.clone(),
            kind: lang.kind(station.kind),
            svg: draw(&there, &title),
            short: day.0 * 4 < day.1 * 3,
            day: day_text,
            all: all_text,
        }
    }
}

const fn there(values: Option<usize>) -> There {
    match values {
        None => There::NotDue,
        Some(0) => There::Missing,
        Some(Pollutant::COUNT) => There::Full,
        Some(_) => There::Part,
    }
}

/// Values that are there, and those that are due.
fn count<'a>(hours: impl Iterator<Item = &'a (Hour, Option<usize>)>) -> (usize, usize) {
    let due = hours.filter_map(|(_, values)| *values);
    due.fold((0, 0), |(there, due), values| (there + values, due + Pollutant::COUNT))
}

/// `141/144（97%）`, rounded down so that 100 % means all; a dash where nothing is due.
fn share((there, due): (usize, usize), lang: Lang) -> String {
    match ((there * 100).checked_div(due), lang) {
        (None, _) => "—".to_owned(),
        (Some(percent), Lang::Zh) => format!("{there}/{due}（{percent}%）"),
        (Some(percent), Lang::En) => format!("{there}/{due} ({percent} %)"),
    }
}

/// One field for each run of hours that are alike.
fn draw(hours: &[There], title: &str) -> String {
    let width = hours.len() * SLOT;
    let mut svg = format!(
        r#"<svg class="strip" viewBox="0 0 {width} {HEIGHT}" role="img" aria-label="{title}">"#
    );
    let mut at = 0;
    for run in hours.chunk_by(|a, b| a == b) {
        let (x, w, class) = (at * SLOT, run.len() * SLOT, run[0].class());
        let _ =
            write!(svg, r#"<rect class="{class}" x="{x}" y="0" width="{w}" height="{HEIGHT}"/>"#);
        at += run.len();
    }
    // Where the last 24 hours begin.
    let day = hours.len().saturating_sub(LAST_H.unsigned_abs() as usize) * SLOT;
    let _ = write!(svg, r#"<path class="day" d="M{day} 0V{HEIGHT}"/></svg>"#);
    svg
}
