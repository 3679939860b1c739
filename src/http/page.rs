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
mod doubts;
mod dust;
mod duty;
mod evidence;
mod model;
mod notices;
mod papers;
mod past;
mod rank;
mod reconciliation;
mod response;
mod room;
mod rows;
mod sets;
mod warning;
mod words;
mod year;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use askama::Template as _;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::Event;
use axum::response::{Html, IntoResponse, Response, Sse};
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio_util::sync::CancellationToken;

use super::api::{one, parameters};
use super::problem::Problem;
use super::{App, Archive, EntityId, SeriesQuery, Services, blocking};
use crate::observation::Dataset;
use crate::pipeline::{AreaView, View};
use crate::standard::Parameters;
use crate::telemetry::{Latency, Stage};
use model::Fragment;
use past::History;
pub(super) use words::Lang;

pub(super) use ack::{AckForm, AckPage};
pub(super) use api::{api, api_style};
pub(super) use duty::duty;
pub(super) use evidence::evidence;
pub(super) use notices::notices;
pub(super) use papers::papers;
pub(super) use rank::rank;
pub(super) use reconciliation::reconciliation;
pub(super) use response::response;
pub(super) use warning::{minute, warnings};
pub(super) use year::year;

/// How often a page hears that the daemon is alive when no view comes. The script calls the
/// connection lost after three of them.
const BEAT: Duration = Duration::from_secs(15);

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/live.js");
const ACTS: &str = include_str!("page/acts.js");

/// A short name of the files' content: browsers may keep them for ever, and a page of an older
/// daemon knows that it is one.
static BUILD: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::new().chain_update(STYLE).chain_update(SCRIPT).chain_update(ACTS);
    let digest = digest.chain_update(api::STYLE).finalize();
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
});

/// One view, and what has been rendered of it.
pub(super) struct Screens {
    view: Arc<View>,
    archive: Arc<dyn Archive>,
    parameters: Parameters,
    latency: Latency,
    /// By area, then by dataset and language.
    fragments: Vec<[[OnceLock<Arc<str>>; Lang::ALL.len()]; Dataset::ALL.len()]>,
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
        let (archive, parameters) = (services.archive.clone(), services.parameters);
        Self { view, archive, parameters, latency: services.latency.clone(), fragments }
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
    fn fragment(&self, area: usize, (lang, dataset): (Lang, Dataset)) -> Option<Arc<str>> {
        let cell = self.fragments.get(area)?.get(dataset as usize)?.get(lang as usize)?;
        let area = self.view.areas.get(area)?;
        let render = || {
            let started = tokio::time::Instant::now();
            let history = self.history(area, dataset);
            let html = Fragment::of((&self.view, area), &history, &self.parameters, lang).render();
            self.latency.record(Stage::Render, started.elapsed());
            html.map_or_else(
                |e| {
                    tracing::error!(error = %e, "page cannot be rendered");
                    Arc::from("")
                },
                Arc::from,
            )
        };
        Some(cell.get_or_init(render).clone())
    }

    /// The hours of the chart.
    fn history(&self, area: &AreaView, dataset: Dataset) -> History {
        let (Some(to), false) = (area.newest, dataset == Dataset::Best) else {
            return History::Live;
        };
        let entity = EntityId::Set { area: area.registry.area.to_string(), set: String::new() };
        let (from, practice) = (chart::first(to), self.parameters.practice);
        match self.archive.series(&SeriesQuery { dataset, entity, from, to, practice }) {
            Ok(hours) => History::Stored(dataset, hours),
            Err(e) => {
                tracing::warn!(error = %e, "the past cannot be read for the page");
                History::Unreadable(dataset)
            }
        }
    }
}

/// The main part, rendered beside the runtime.
async fn fragment(
    screens: Arc<Screens>,
    area: usize,
    shown: (Lang, Dataset),
) -> Result<Arc<str>, Problem> {
    let rendered = blocking(move || screens.fragment(area, shown)).await?;
    rendered.ok_or_else(|| Problem::not_found("no such area"))
}

/// A link of the area switch.
struct AreaLink {
    code: String,
    name: String,
    current: bool,
}

/// The whole document.
#[derive(askama::Template)]
#[template(path = "page.html", config = "src/http/page/askama.toml")]
struct Document<'a> {
    lang: Lang,
    other: Lang,
    build: &'a str,
    /// What links of this page carry on beside area and language.
    and_dataset: String,
    code: &'a str,
    name: &'a str,
    simulated: bool,
    has_ranks: bool,
    areas: Vec<AreaLink>,
    main: &'a str,
}

/// What a query of the page asks for.
fn asked(query: Option<&str>) -> Result<(Option<String>, (Lang, Dataset)), Problem> {
    let pairs = parameters(query, &["area", "lang", "dataset", "v"])?;
    let lang = Lang::parse(one(&pairs, "lang")?);
    let dataset = match one(&pairs, "dataset")? {
        None => Dataset::Best,
        Some(text) => text.parse().map_err(|e| Problem::bad_parameter("dataset", e))?,
    };
    Ok((one(&pairs, "area")?.map(str::to_owned), (lang, dataset)))
}

/// `GET /`.
pub(super) async fn page(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (code, (lang, dataset)) = asked(query.as_deref())?;
    let screens = app.screens.borrow().clone();
    let view = &screens.view;
    let at = screens.find(code.as_deref());
    let main = match (at, &code) {
        (Some(at), _) => fragment(screens.clone(), at, (lang, dataset)).await?,
        (None, Some(code)) => return Err(Problem::not_found(format!("no area {code:?}"))),
        (None, None) => {
            let text = lang.of("尚未配置任何区域", "No area is configured");
            Arc::from(format!("<p class=\"empty\">{text}</p>"))
        }
    };
    let registry = at.and_then(|at| view.areas.get(at)).map(|area| &area.registry);
    let link = |area: &Arc<AreaView>| AreaLink {
        code: area.registry.area.to_string(),
        name: area.registry.name.clone(),
        current: registry.is_some_and(|r| r.area == area.registry.area),
    };
    let document = Document {
        lang,
        other: if lang == Lang::Zh { Lang::En } else { Lang::Zh },
        build: &BUILD,
        and_dataset: match dataset {
            Dataset::Best => String::new(),
            other => format!("&amp;dataset={other}"),
        },
        code: registry.map_or("", |r| r.area.as_str()),
        name: registry.map_or("", |r| r.name.as_str()),
        simulated: view.simulated,
        has_ranks: !app.services.lists.ranks.is_empty(),
        areas: view.watched().map(|(_, area)| link(area)).collect(),
        main: &main,
    };
    let html = document.render().map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

/// A page that is kept up to date.
struct Watcher {
    screens: watch::Receiver<Arc<Screens>>,
    area: String,
    shown: (Lang, Dataset),
    cancel: CancellationToken,
    /// Whether the build has been told.
    greeted: bool,
    _permit: OwnedSemaphorePermit,
}

impl Watcher {
    /// The next event; `None` when the daemon ends.
    async fn next(mut self) -> Option<(Event, Self)> {
        if !self.greeted {
            self.greeted = true;
            return Some((Event::default().event("build").data(&*BUILD), self));
        }
        let event = tokio::select! {
            () = self.cancel.cancelled() => return None,
            changed = self.screens.changed() => {
                changed.ok()?;
                let screens = self.screens.borrow_and_update().clone();
                let at = screens.find(Some(&self.area))?;
                let main = fragment(screens, at, self.shown).await.ok()?;
                Event::default().event("view").data(&*main)
            }
            () = tokio::time::sleep(BEAT) => Event::default().event("beat").data("-"),
        };
        Some((event, self))
    }
}

type NextEvent = Pin<Box<dyn Future<Output = Option<(Event, Watcher)>> + Send>>;

/// The events of one page, one after the other; a slow reader gets the latest view, not all of
/// them.
struct Events(Option<NextEvent>);

impl tokio_stream::Stream for Events {
    type Item = Result<Event, std::convert::Infallible>;

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
    let (code, shown) = asked(query.as_deref())?;
    let screens = app.screens.borrow().clone();
    let at = screens.find(code.as_deref()).ok_or_else(|| Problem::not_found("no such area"))?;
    let area = screens.view.areas[at].registry.area.to_string();
    let full = |_| Problem::unavailable("too many pages are open");
    let permit = app.watchers.clone().try_acquire_owned().map_err(full)?;
    let mut screens = app.screens.clone();
    screens.mark_changed(); // a page that comes back has missed views
    let cancel = app.cancel;
    let watcher = Watcher { screens, area, shown, cancel, greeted: false, _permit: permit };
    let mut response = Sse::new(Events(Some(Box::pin(watcher.next())))).into_response();
    // A reverse proxy must not hold events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
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
