//! The quality of an area's data, as a page: what is there of the last hours, who is silent, what checks
//! found, what was refused, what was revised, and how far published figures agree.
//!
//! In: the view for alarms and for what checks found; the archive for the rest. Out: one document at
//! `/quality`, so many stations at a time.
//!
//! Invariants: an hour without a value is hatched and counts as missing; a station counts only on days on
//! which it is in operation; nothing here changes a value.

mod found;
mod strip;

use std::sync::Arc;

use askama::Template as _;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::frame::{Frame, Place};
use super::minute;
use super::words::Lang;
use crate::area::{Figures, Member};
use crate::assessment::{DustColumn, JudgedBy};
use crate::http::api::{one, parameters};
use crate::http::problem::Problem;
use crate::http::quality::found;
use crate::http::warning::asked_area;
use crate::http::{
    App, ArchiveError, DeadLetterRow, MembersQuery, ReconciliationQuery, RevisionRow, blocking,
};
use crate::observation::Dataset;
use crate::pipeline::AreaView;
use crate::quality::Finding;
use crate::time::Hour;
use found::{Open, Published, Reason, Row, Ruled};
use strip::Strip;

/// Hours looked at.
const HOURS: i32 = 72;
/// Stations on one page.
const STATIONS: usize = 50;
/// Rows of a list; the rest as a number.
const LISTED: usize = 200;
/// Messages that were refused, the newest.
const LETTERS: usize = 1000;
/// Days of which revisions are listed.
const REVISED_DAYS: i32 = 7;

/// What the archive has of an area.
struct Held {
    strips: Vec<Strip>,
    findings: Vec<(Hour, usize, Finding)>,
    letters: Vec<DeadLetterRow>,
    revisions: Vec<RevisionRow>,
    published: Option<Published>,
}

#[derive(askama::Template)]
#[template(path = "quality.html", config = "src/http/page/askama.toml")]
struct Sheet<'a> {
    frame: Frame,
    lang: Lang,
    patterns: &'static str,
    area: &'a str,
    name: &'a str,
    now: String,
    hour: String,
    strips: Vec<Strip>,
    /// Pages of stations, the one shown, from 1; empty where there is one.
    pages: Vec<(usize, bool)>,
    stations: usize,
    open: Vec<Open>,
    ruled: Vec<Ruled>,
    rows: Vec<Row>,
    /// Findings that are not listed.
    more: usize,
    reasons: Vec<Reason>,
    letters: Vec<found::Letter>,
    revised: Vec<super::revised::Revised>,
    causes: Vec<(&'static str, usize)>,
    published: Option<Published>,
}

/// `GET /quality`.
pub(in crate::http) async fn quality(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let pairs = parameters(query.as_deref(), &["area", "page", "lang"])?;
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let frame = Frame::of(&app, Place::Quality, Some(area), &pairs);
    let lang = frame.lang;
    let all = area.registry.stations.len();
    let last = all.div_ceil(STATIONS).max(1);
    let page = match one(&pairs, "page")? {
        None => 1,
        Some(text) => text
            .parse()
            .ok()
            .filter(|page| (1..=last).contains(page))
            .ok_or_else(|| Problem::bad_parameter("page", format!("1 to {last} expected")))?,
    };
    let newest = area.newest.unwrap_or_else(|| area.now.hour().plus(-1));
    let held = held(&app, Arc::clone(area), newest, (page, lang)).await?;
    let revised = super::revised::figures(&held.revisions, lang);
    let more = held.findings.len().saturating_sub(LISTED);
    let several = last > 1;
    let sheet = Sheet {
        lang,
        patterns: super::graph::PATTERNS,
        area: area.registry.area.as_str(),
        name: &area.registry.name,
        now: minute(area.now),
        hour: lang.day_and_hour(newest),
        strips: held.strips,
        pages: (1..=last).filter(|_| several).map(|one| (one, one == page)).collect(),
        stations: all,
        open: found::open(area, lang),
        ruled: found::ruled(&held.findings, lang),
        rows: found::rows(area, &held.findings, LISTED, lang),
        more,
        reasons: found::reasons(&held.letters, lang),
        letters: found::letters(&held.letters, lang),
        causes: found::causes(&revised),
        revised: revised.into_iter().take(LISTED).collect(),
        published: held.published,
        frame,
    };
    let html = sheet.render().map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

async fn held(
    app: &App,
    area: Arc<AreaView>,
    newest: Hour,
    (page, lang): (usize, Lang),
) -> Result<Held, Problem> {
    let parameters = app.services.parameters;
    let archive = app.services.archive.clone();
    let (from, today) = (newest.plus(1 - HOURS), newest.day());
    let read = move || {
        let (registry, code) = (&area.registry, area.registry.area.as_str());
        let shown = (0..registry.stations.len()).skip((page - 1) * STATIONS).take(STATIONS);
        let query = MembersQuery {
            area: registry.area.clone(),
            members: shown.clone().map(Member::Station).collect(),
            days: (from.day(), today),
            parameters,
            dataset: Dataset::Best,
            judged_by: JudgedBy::InForce,
            dust: DustColumn::Measured,
        };
        let hours = archive.hours_of_members(&query, (from, newest))?;
        let strip = |(at, hours): (usize, Vec<Figures>)| {
            Strip::of(&registry.stations[at], &hours, (from, newest), lang)
        };
        let published = match archive.last_published(code)? {
            None => None,
            Some(last) => {
                let (from, to) = (last.plus(1 - HOURS), last);
                let area = code.to_owned();
                let query = ReconciliationQuery { area, from, to, cause: None, limit: 1 };
                Some(Published::of(&archive.reconciliation(&query)?, last, lang))
            }
        };
        Ok::<_, ArchiveError>(Held {
            strips: shown.zip(hours).map(strip).collect(),
            findings: found(archive.as_ref(), &area, (from, newest))?,
            letters: archive.dead_letters(code, (None, None), LETTERS)?,
            revisions: archive.revisions(code, code, (today.plus(1 - REVISED_DAYS), today))?,
            published,
        })
    };
    Ok(blocking(read).await??)
}
