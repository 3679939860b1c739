//! The page of the duty room, and its live updates.
//!
//! In: the view, and the archive where the past is drawn by another dataset. Out: one document at `/`, its
//! main part again over `/events` after each commit.
//!
//! Invariants: the main part is rendered once per view, area, language and dataset, and shared by all who
//! watch; everything from outside is escaped by the templates; 缺测 is grey and never looks like
//! good air.
//!
//! Why server-rendered: a wall screen and a phone at 3 a.m. need no build step and no script but
//! the few lines that replace the main part.

mod ack;
mod alarms;
mod api;
mod chart;
mod cover;
mod daily;
mod doubts;
mod dust;
mod duty;
mod evidence;
mod extremes;
mod facts;
mod frame;
mod graph;
mod help;
mod map;
mod model;
mod notices;
mod outlook;
mod papers;
mod past;
mod public;
mod quality;
mod rank;
mod reconciliation;
mod response;
mod revised;
mod room;
mod rows;
mod sets;
mod station;
mod stations;
mod tile;
mod warning;
mod weather;
mod words;
mod year;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use askama::Template as _;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio_util::sync::CancellationToken;

use super::api::{one, parameters};
use super::problem::Problem;
use super::{App, EntityId, SeriesQuery, Services, blocking};
use crate::observation::Dataset;
use crate::pipeline::{AreaView, View};
use crate::telemetry::Stage;
use facts::Almanac;
use frame::{Frame, Place};
use model::{Fragment, Picture};
use past::History;
pub(super) use words::Lang;

pub(super) use ack::{AckForm, AckPage};
pub(super) use api::{api, api_style};
pub(super) use cover::thin;
pub(super) use duty::duty;
pub(super) use evidence::evidence;
pub(super) use model::stale_h;
pub(super) use notices::notices;
pub(super) use papers::papers;
pub(super) use public::public;
pub(super) use rank::rank;
pub(super) use reconciliation::reconciliation;
pub(super) use response::response;
pub(super) use stations::stations;
pub(super) use warning::{minute, warnings};
pub(super) use year::year;

/// Pages that read the archive for whoever asks.
pub(super) fn routes() -> Router<App> {
    let outlooks = Arc::<outlook::Outlooks>::default();
    Router::new()
        .route("/station", get(station::station))
        .route("/outlook", get(outlook::outlook))
        .route("/quality", get(quality::quality))
        .route("/help", get(help::help))
        .layer(Extension(outlooks))
}

/// How often a page hears that the daemon is alive when no view comes. The script calls the
/// connection lost after three of them.
const BEAT: Duration = Duration::from_secs(15);

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/live.js");
const ACTS: &str = include_str!("page/acts.js");
const THEME: &str = include_str!("page/theme.js");

/// A short name of the files' content: browsers may keep them for ever, and a page of an older
/// daemon knows that it is one.
static BUILD: LazyLock<String> = LazyLock::new(|| {
    let all = [STYLE, SCRIPT, ACTS, THEME, api::STYLE].concat();
    let digest = Sha256::digest(all);
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
});

/// What a watcher sees.
#[derive(Clone, Copy, Debug)]
struct Shown {
    picture: Picture,
    lang: Lang,
    dataset: Dataset,
}

/// A main part as it is sent: within a page, and to those who watch. Shared by all of them, since two hundred
/// screens would otherwise copy it two hundred times.
#[derive(Clone, Debug)]
struct Drawn {
    html: Arc<str>,
    /// The event `view` with the same.
    event: Bytes,
}

impl Drawn {
    fn of(html: String) -> Self {
        Self { event: event("view", &html), html: Arc::from(html) }
    }
}

/// An event as it stands on the wire.
fn event(name: &str, data: &str) -> Bytes {
    let mut text = format!("event: {name}\n");
    for line in data.lines() {
        text.push_str("data: ");
        text.push_str(line);
        text.push('\n');
    }
    text.push('\n');
    Bytes::from(text)
}

/// One view, and what has been rendered of it.
pub(super) struct Screens {
    view: Arc<View>,
    services: Services,
    almanac: Arc<Almanac>,
    /// By area, then by picture, dataset and language.
    fragments: Vec<[[[OnceLock<Drawn>; Lang::ALL.len()]; Dataset::ALL.len()]; 2]>,
}

impl std::fmt::Debug for Screens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Screens").field("areas", &self.fragments.len()).finish_non_exhaustive()
    }
}

impl Screens {
    /// Nothing is rendered before somebody looks.
    pub(super) fn new(view: Arc<View>, services: &Services) -> Self {
        let fragments = view.areas.iter().map(|_| Default::default()).collect();
        Self { view, services: services.clone(), almanac: Arc::default(), fragments }
    }

    /// The same over a newer view.
    pub(super) fn over(&self, view: Arc<View>) -> Self {
        let almanac = Arc::clone(&self.almanac);
        Self { almanac, ..Self::new(view, &self.services) }
    }

    /// Does beforehand what takes long when somebody asks first: checks the hours of the view, and reads what
    /// the first screens say of days, as far as that is not done. After a start that is 72 hours and a year.
    pub(super) fn prepare(&self) {
        for (_, area) in self.view.watched() {
            if let Some((first, last)) = area.found.keys().next().copied().zip(area.newest) {
                area.found((first, last)).for_each(drop);
            }
            self.almanac.facts((&self.view, area), &self.services);
        }
    }

    /// The area's place; the first without a code.
    fn find(&self, code: Option<&str>) -> Option<usize> {
        match code {
            None => self.view.watched().map(|(at, _)| at).next(),
            Some(code) => {
                let mut watched = self.view.watched();
                watched.find(|(_, a)| a.registry.area.as_str() == code).map(|(at, _)| at)
            }
        }
    }

    /// The main part for an area. The first caller renders it, the others wait for that one.
    fn fragment(&self, area: usize, shown: Shown) -> Option<Drawn> {
        let Shown { picture, lang, dataset } = shown;
        let cells = self.fragments.get(area)?.get(picture as usize)?;
        let cell = cells.get(dataset as usize)?.get(lang as usize)?;
        let area = self.view.areas.get(area)?;
        let render = || {
            let started = tokio::time::Instant::now();
            let history = self.history(area, dataset);
            let facts = self.almanac.facts((&self.view, area), &self.services);
            let parameters = &self.services.parameters;
            let fragment = Fragment::of((&self.view, area), (&history, &facts), parameters, lang);
            let html = fragment.drawn(picture);
            self.services.latency.record(Stage::Render, started.elapsed());
            Drawn::of(html.unwrap_or_else(|e| {
                tracing::error!(error = %e, "page cannot be rendered");
                String::new()
            }))
        };
        Some(cell.get_or_init(render).clone())
    }

    /// The hours of the chart.
    fn history(&self, area: &AreaView, dataset: Dataset) -> History {
        let (Some(to), false) = (area.newest, dataset == Dataset::Best) else {
            return History::Live;
        };
        let entity = EntityId::Set { area: area.registry.area.to_string(), set: String::new() };
        let (from, practice) = (chart::first(to), self.services.parameters.practice);
        match self.services.archive.series(&SeriesQuery { dataset, entity, from, to, practice }) {
            Ok(hours) => History::Stored(dataset, hours),
            Err(e) => {
                tracing::warn!(error = %e, "the past cannot be read for the page");
                History::Unreadable(dataset)
            }
        }
    }
}

/// The main part, rendered beside the runtime.
async fn fragment(screens: Arc<Screens>, area: usize, shown: Shown) -> Result<Drawn, Problem> {
    let rendered = blocking(move || screens.fragment(area, shown)).await?;
    rendered.ok_or_else(|| Problem::not_found("no such area"))
}

/// The whole document.
#[derive(askama::Template)]
#[template(path = "page.html", config = "src/http/page/askama.toml")]
struct Document<'a> {
    frame: Frame,
    code: &'a str,
    /// What live updates carry on beside area and language.
    and_dataset: String,
    main: &'a str,
}

/// What a query of the page asks for; `theme` is for the page's own script.
const KNOWN: [&str; 6] = ["area", "lang", "dataset", "view", "theme", "v"];

/// The area that a query asks for, and what is to be shown of it.
fn asked(pairs: &[(String, String)]) -> Result<(Option<&str>, Shown), Problem> {
    let lang = Lang::parse(one(pairs, "lang")?);
    let dataset = match one(pairs, "dataset")? {
        None => Dataset::Best,
        Some(text) => text.parse().map_err(|e| Problem::bad_parameter("dataset", e))?,
    };
    let picture = match one(pairs, "view")? {
        None => Picture::Now,
        Some("wall") => Picture::Wall,
        Some(_) => return Err(Problem::bad_parameter("view", "wall, or nothing")),
    };
    Ok((one(pairs, "area")?, Shown { picture, lang, dataset }))
}

/// The page that hangs on the wall.
#[derive(askama::Template)]
#[template(path = "wall_page.html", config = "src/http/page/askama.toml")]
struct WallDocument<'a> {
    frame: Frame,
    code: &'a str,
    main: &'a str,
}

/// `GET /`.
pub(super) async fn page(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    live(app, query.as_deref(), Picture::Now).await
}

/// `GET /wall`.
pub(super) async fn wall(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    live(app, query.as_deref(), Picture::Wall).await
}

/// A page that is kept up to date.
async fn live(app: App, query: Option<&str>, picture: Picture) -> Result<Response, Problem> {
    let pairs = parameters(query, &KNOWN)?;
    let (code, shown) = asked(&pairs)?;
    let shown = Shown { picture, ..shown };
    let screens = app.screens.borrow().clone();
    let at = screens.find(code);
    let main = match (at, code) {
        (Some(at), _) => fragment(screens.clone(), at, shown).await?.html,
        (None, Some(code)) => return Err(Problem::not_found(format!("no area {code:?}"))),
        (None, None) => {
            let text = shown.lang.of("尚未配置任何区域", "No area is configured");
            Arc::from(format!("<p class=\"empty\">{text}</p>"))
        }
    };
    let area = at.and_then(|at| screens.view.areas.get(at)).map(|area| &**area);
    let code = area.map_or("", |a| a.registry.area.as_str());
    let html = match picture {
        Picture::Now => Document {
            frame: Frame::of(&app, Place::Now, area, &pairs),
            code,
            and_dataset: match shown.dataset {
                Dataset::Best => String::new(),
                other => format!("&amp;dataset={other}"),
            },
            main: &main,
        }
        .render(),
        Picture::Wall => {
            let frame = Frame::of(&app, Place::Wall, area, &pairs);
            WallDocument { frame, code, main: &main }.render()
        }
    };
    let html = html.map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

/// Somebody who looks at a page that is kept up to date.
struct Watcher {
    screens: watch::Receiver<Arc<Screens>>,
    area: String,
    shown: Shown,
    cancel: CancellationToken,
    /// Whether the build has been told.
    greeted: bool,
    /// What was sent last: the same picture is not sent again.
    sent: Bytes,
    _permit: OwnedSemaphorePermit,
}

impl Watcher {
    /// The next event; `None` when the daemon ends.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        if !self.greeted {
            self.greeted = true;
            return Some((event("build", &BUILD), self));
        }
        let beat = tokio::time::sleep(BEAT);
        tokio::pin!(beat);
        loop {
            tokio::select! {
                () = self.cancel.cancelled() => return None,
                changed = self.screens.changed() => {
                    changed.ok()?;
                    let screens = self.screens.borrow_and_update().clone();
                    let at = screens.find(Some(&self.area))?;
                    let event = fragment(screens, at, self.shown).await.ok()?.event;
                    if event != self.sent {
                        self.sent = event.clone();
                        return Some((event, self));
                    }
                }
                () = &mut beat => return Some((event("beat", "-"), self)),
            }
        }
    }
}

type NextEvent = Pin<Box<dyn Future<Output = Option<(Bytes, Watcher)>> + Send>>;

/// The events of one page, one after the other; a slow reader gets the latest view, not all of
/// them.
struct Events(Option<NextEvent>);

impl tokio_stream::Stream for Events {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(next) = self.0.as_mut() else { return Poll::Ready(None) };
        match next.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => {
                self.0 = None;
                Poll::Ready(None)
            }
            Poll::Ready(Some((event, watcher))) => {
                self.0 = Some(Box::pin(watcher.next()));
                Poll::Ready(Some(Ok(event)))
            }
        }
    }
}

/// `GET /events`: `build` once, `view` with the main part after each commit, `beat` when all is
/// quiet.
pub(super) async fn events(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let pairs = parameters(query.as_deref(), &KNOWN)?;
    let (code, shown) = asked(&pairs)?;
    let screens = app.screens.borrow().clone();
    let at = screens.find(code).ok_or_else(|| Problem::not_found("no such area"))?;
    let area = screens.view.areas[at].registry.area.to_string();
    let full = |_| Problem::unavailable("too many pages are open");
    let permit = app.watchers.clone().try_acquire_owned().map_err(full)?;
    let mut screens = app.screens.clone();
    screens.mark_changed(); // a page that comes back has missed views
    let cancel = app.cancel;
    let watcher = Watcher {
        screens,
        area,
        shown,
        cancel,
        greeted: false,
        sent: Bytes::new(),
        _permit: permit,
    };
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
        // A reverse proxy must not hold events back.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let events = Events(Some(Box::pin(watcher.next())));
    Ok((headers, Body::from_stream(events)).into_response())
}

/// A file that is compiled in. Its address holds its digest, so that it may be kept.
fn file(headers: &HeaderMap, media: &'static str, text: &'static str) -> Response {
    let tag = format!("\"{}\"", *BUILD);
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == tag.as_bytes());
    let fixed = [(header::CONTENT_TYPE, media), (header::CACHE_CONTROL, "max-age=31536000")];
    let tagged = [(header::ETAG, tag)];
    if known {
        return (StatusCode::NOT_MODIFIED, tagged).into_response();
    }
    (fixed, tagged, text).into_response()
}

/// `GET /style.css`.
pub(super) async fn style(headers: HeaderMap) -> Response {
    file(&headers, "text/css; charset=utf-8", STYLE)
}

/// `GET /acts.js`.
pub(super) async fn acts(headers: HeaderMap) -> Response {
    file(&headers, "text/javascript; charset=utf-8", ACTS)
}

/// `GET /live.js`.
pub(super) async fn script(headers: HeaderMap) -> Response {
    file(&headers, "text/javascript; charset=utf-8", SCRIPT)
}

/// `GET /theme.js`.
pub(super) async fn theme(headers: HeaderMap) -> Response {
    file(&headers, "text/javascript; charset=utf-8", THEME)
}
