//! What is coming, as a page: the official forecast as issued, the built-in one with its quantiles and how
//! well it met the days that came, and what the warning rules make of both.
//!
//! In: the view for issues and evaluations; the archive for the past that the built-in forecast rests on.
//! Out: one document at `/outlook`.
//!
//! Invariants: nothing built in stands without its label 内置统计预报（仅供参考）, nor under an office's name; a
//! day is held against its forecast when it is over.
//!
//! Why a result is kept for its hour: it takes a second of a processor, and the whole room looks.

mod ahead;
mod met;

pub(in crate::http) use ahead::Outlooks;

use askama::Template as _;
use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::frame::{Frame, Place};
use super::warning::{Issue, Looked, basis_name, issues, looked};
use super::words::Lang;
use super::{graph, minute};
use crate::http::App;
use crate::http::api::parameters;
use crate::http::problem::Problem;
use crate::http::warning::{asked_area, newest};
use crate::outlook::Source;
use crate::standard::standards;
use crate::warning::Basis;
use std::sync::Arc;

use ahead::{Block, Fan};
use met::{Came, Skill};

#[derive(askama::Template)]
#[template(path = "outlook.html", config = "src/http/page/askama.toml")]
struct Sheet<'a> {
    frame: Frame,
    lang: Lang,
    patterns: &'static str,
    name: &'a str,
    now: String,
    edition: &'static str,
    /// What offices issued.
    official: Vec<Issue>,
    /// The last hour that the built-in forecast knows; empty where there is none.
    known_until: String,
    /// Why there is none.
    no_forecast: String,
    history_days: usize,
    fans: Vec<Fan>,
    blocks: Vec<Block>,
    bases: Vec<&'static str>,
    looked: Vec<Looked>,
    /// Days held against, and rows by office and lead.
    days: usize,
    skill: Vec<Skill>,
    yesterday: String,
    came: Vec<Came>,
    /// Said where none of these is.
    no_came: &'static str,
}

/// `GET /outlook`.
pub(in crate::http) async fn outlook(
    State(app): State<App>,
    Extension(outlooks): Extension<Arc<Outlooks>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let pairs = parameters(query.as_deref(), &["area", "lang"])?;
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let frame = Frame::of(&app, Place::Outlook, Some(area), &pairs);
    let lang = frame.lang;
    let outlook = ahead::outlook(&app, &outlooks, area).await?;
    let yesterday = area.now.hour().day().plus(-1);
    let official = newest(area).filter(|kept| kept.forecast.source == Source::Fed);
    let nowcast = outlook.as_deref().map(|outlook| &outlook.nowcast);
    let made = nowcast.and_then(|nowcast| nowcast.as_ref().ok());
    let sheet = Sheet {
        lang,
        patterns: graph::PATTERNS,
        name: &area.registry.name,
        now: minute(area.now),
        edition: standards().index_edition(area.now.hour().day()).document(),
        official: official.flat_map(|kept| issues(kept, false, lang)).collect(),
        known_until: made.map_or_else(String::new, |made| lang.day_and_hour(made.origin)),
        no_forecast: ahead::reason(nowcast, lang),
        history_days: made.map_or(0, |made| made.history_hours / crate::time::DAY_H),
        fans: outlook.as_deref().map_or_else(Vec::new, |outlook| ahead::fans(outlook, lang)),
        blocks: made.map_or_else(Vec::new, |made| ahead::blocks(made, lang)),
        bases: Basis::ALL.map(|basis| basis_name(basis, lang)).to_vec(),
        looked: looked(area, lang),
        days: outlook.as_deref().map_or(0, |outlook| outlook.days.len()),
        skill: outlook.as_deref().map_or_else(Vec::new, |o| met::skill(&o.rows, lang)),
        yesterday: yesterday.to_string(),
        came: outlook.as_deref().map_or_else(Vec::new, |o| met::came(o, yesterday, lang)),
        no_came: met::no_came(outlook.as_deref(), yesterday, lang),
        frame,
    };
    let html = sheet.render().map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}
