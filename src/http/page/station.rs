//! One station as a page: what it says now and on what that rests, its last 72 hours as drawings and as a
//! table, its month, and who it is.
//!
//! In: the view for now and for what checks found; the archive for hours, days and revisions. Out: one
//! document at `/station`.
//!
//! Invariants: beside each number stands over which time it is a mean; of a mean of less than all its hours
//! their count; what is missing is told as missing, and a silent station first of all.

mod now;
mod past;

use std::sync::Arc;

use askama::Template as _;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::frame::{Frame, Place};
use super::model::Chip;
use super::words::Lang;
use super::{graph, minute};
use crate::assessment::{DustColumn, JudgedBy};
use crate::http::api::{find_station, one, parameters};
use crate::http::problem::Problem;
use crate::http::quality::found;
use crate::http::{
    App, ArchiveError, ArchivedDay, DaysQuery, EntityId, RevisionRow, SeriesQuery, blocking,
};
use crate::observation::Dataset;
use crate::pipeline::AreaView;
use crate::quality::Finding;
use crate::standard::standards;
use crate::time::{Day, Hour};
use now::{DaySoFar, Tile};
use past::{Date, Drawing, Found, Line};

/// Hours drawn and listed.
const HOURS: i32 = 72;

/// What the archive has of a station.
#[derive(Default)]
struct Held {
    hours: Vec<crate::area::Figures>,
    findings: Vec<(Hour, Finding)>,
    revisions: Vec<RevisionRow>,
    days: Vec<ArchivedDay>,
}

#[derive(askama::Template)]
#[template(path = "station.html", config = "src/http/page/askama.toml")]
struct Sheet<'a> {
    frame: Frame,
    lang: Lang,
    patterns: &'static str,
    area: &'a str,
    code: &'a str,
    name: &'a str,
    /// 停用, 离线, 缺报, or empty.
    mark: &'static str,
    /// The newest hour of which it said anything, and how long ago that ended.
    last: String,
    /// The hour shown; empty before one is published.
    hour: String,
    interval: String,
    /// The same for the API, with its zone.
    time: String,
    chip: Chip,
    primary: String,
    dataset: &'static str,
    practice: &'static str,
    edition: &'static str,
    limits: &'static str,
    tiles: Vec<Tile>,
    day: DaySoFar,
    weather: Vec<(String, String)>,
    facts: Vec<(&'static str, String)>,
    drawings: Vec<Drawing>,
    lines: Vec<Line>,
    found: Vec<Found>,
    revised: Vec<super::revised::Revised>,
    month: String,
    dates: Vec<Date>,
    /// Whether the archive cannot be read now.
    unreadable: bool,
    now: String,
}

/// `GET /station`.
pub(in crate::http) async fn station(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let pairs = parameters(query.as_deref(), &["area", "station", "lang"])?;
    let lang = Lang::parse(one(&pairs, "lang")?);
    let view = app.services.view.borrow().clone();
    let asked = one(&pairs, "station")?;
    let asked = asked.ok_or_else(|| Problem::bad_parameter("station", "is needed"))?;
    let (area, at) = find_station(&view, asked, one(&pairs, "area")?)?;
    let (Some(of_view), Some(record)) = (area.stations.get(at), area.registry.stations.get(at))
    else {
        return Err(Problem::not_found(format!("no station {asked:?}")));
    };
    let newest = area.newest.unwrap_or_else(|| area.now.hour().plus(-1));
    let held = held(&app, Arc::clone(area), (at, record.id.as_str()), newest).await?;
    let unreadable = held.is_none();
    let held = held.unwrap_or_default();
    let today = newest.day();
    let parameters = &app.services.parameters;
    let published = area.newest.is_some();
    let past = past::Past { newest, held: &held, lang };
    let revised = super::revised::figures(&held.revisions, lang);
    let sheet = Sheet {
        frame: Frame::of(&app, Place::Station, Some(area), &pairs),
        lang,
        patterns: graph::PATTERNS,
        area: area.registry.area.as_str(),
        code: record.id.as_str(),
        name: &record.name,
        mark: now::mark(of_view, newest, lang),
        last: now::last(of_view, area.now, lang),
        hour: if published { lang.day_and_hour(newest) } else { String::new() },
        interval: Lang::interval(newest),
        time: newest.start().to_string(),
        chip: Chip::of(&of_view.figures.index, newest, lang),
        primary: lang.primary(&of_view.figures.index),
        dataset: lang.dataset(&of_view.figures),
        practice: lang.practice(parameters.practice),
        edition: standards().index_edition(today).document(),
        limits: standards().limit_edition(today).document(),
        tiles: now::tiles(of_view, lang),
        day: now::day(of_view, lang),
        weather: now::weather(of_view, lang),
        facts: now::facts(record, of_view, lang),
        drawings: past.drawings(&revised),
        lines: past.lines(&revised),
        found: past.found(area),
        month: today.to_string()[..7].to_owned(),
        dates: past::dates(&held.days, parameters, lang),
        revised,
        unreadable,
        now: minute(area.now),
    };
    let html = sheet.render().map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

/// What the archive has; `None` where it cannot be read now, so that the page shows what the view has.
async fn held(
    app: &App,
    area: Arc<AreaView>,
    (at, code): (usize, &str),
    newest: Hour,
) -> Result<Option<Held>, Problem> {
    let parameters = app.services.parameters;
    let code = code.to_owned();
    let entity = EntityId::Station { area: area.registry.area.to_string(), station: code.clone() };
    let (from, today) = (newest.plus(1 - HOURS), newest.day());
    let (year, month, _) = today.date();
    let first = Day::of(year, month, 1).unwrap_or(today);
    let series = SeriesQuery {
        dataset: Dataset::Best,
        entity: entity.clone(),
        from,
        to: newest,
        practice: parameters.practice,
    };
    let days = DaysQuery {
        entity,
        from: first,
        to: today.plus(-1).max(first),
        parameters,
        dataset: Dataset::Best,
        judged_by: JudgedBy::InForce,
        dust: DustColumn::Measured,
    };
    let archive = app.services.archive.clone();
    let read = move || {
        let of = area.registry.area.as_str();
        let found = found(archive.as_ref(), &area, (from, newest))?.into_iter();
        let own = found.filter(|(_, of, _)| *of == at);
        // On the first of a month no day of it has ended.
        let ended = |day: &ArchivedDay| day.figures.day < today;
        Ok::<_, ArchiveError>(Held {
            hours: archive.series(&series)?,
            findings: own.map(|(hour, _, finding)| (hour, finding)).collect(),
            revisions: archive.revisions(of, &code, (from.day(), today))?,
            days: archive.days(&days)?.into_iter().filter(ended).collect(),
        })
    };
    match blocking(read).await? {
        Ok(held) => Ok(Some(held)),
        Err(e) => {
            tracing::warn!(error = %e, "the past cannot be read for the page of a station");
            Ok(None)
        }
    }
}
