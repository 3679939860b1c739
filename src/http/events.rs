//! What happens, as a stream that goes on where it broke off (`GET /api/v1/events`).
//!
//! In: one view after another. Out: JSON events with numbers that count up: hours published or revised, what
//! was issued, silences, notices; what is only recommended goes to persons with a token alone.
//!
//! Invariants: a number is given once in the life of a daemon and names that life; whoever names the last
//! one that they have gets all later ones once, or, where these are not kept any more, `reset` and the
//! present state; of alarms and notices only the newest is kept, which says all that there is; what is kept
//! is bounded by number and bytes; what all get of a warning is made from what is issued and from nothing
//! else; what is for persons alone is told only while their token is good.
//!
//! Why a ring in memory: the state of now is always to be had, and what matters for years is in the records.
//! Why differences of views: no commit is missed, whoever made it, and a burst is one event per matter.
//!
//! Source: HTML standard, 9.2 (server-sent events); issue 8.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Response, Sse};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::access::{Role, authorised};
use super::api::{AlarmDocument, alarm_document, one, parameters};
use super::document::{Compared, FiguresDocument, Frame};
use super::problem::Problem;
use super::warning::{IssuedDocument, ProposalDocument, asked_area};
use super::{App, blocking};
use crate::pipeline::{AreaView, HourState, HourView, SetView, View};
use crate::standard::Parameters;

/// Events that are kept: at ten sets an area, half a week of hours.
const KEPT: usize = 1024;
/// Bytes that they may hold together.
const KEPT_BYTES: usize = 4 << 20;
/// Kinds of which each event says all that there is.
const WHOLE: [&str; 2] = ["alarms", "notices"];
/// How long a program waits before it comes back.
const RETRY: Duration = Duration::from_secs(3);
/// How often a quiet stream says that it lives.
const BEAT: Duration = Duration::from_secs(15);

/// An hour that was published, or has changed since.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HourEvent {
    area: String,
    /// The area, or `area/set`.
    entity: String,
    name: String,
    figures: FiguresDocument,
}

/// What is issued.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct WarningEvent {
    area: String,
    in_force: Option<IssuedDocument>,
    /// Issued, and not in effect yet.
    coming: Option<IssuedDocument>,
}

/// What is recommended and waits for a decision; only for persons with a token.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct ProposalEvent {
    area: String,
    proposal: Option<ProposalDocument>,
}

/// All alarms that last.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct AlarmsEvent {
    area: String,
    alarms: Vec<AlarmDocument>,
}

/// How many notices there are.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct NoticesEvent {
    area: String,
    open: usize,
    /// Told, and waiting for a word.
    unread: usize,
}

/// All of it as it stands: the first event of a stream that goes on from nothing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StateEvent {
    area: String,
    simulated: bool,
    now: String,
    /// The newest hour of each set.
    hours: Vec<HourEvent>,
    warning: WarningEvent,
    alarms: Vec<AlarmDocument>,
    notices: NoticesEvent,
    /// Null without a token.
    proposal: Option<ProposalDocument>,
}

fn hour_event(
    area: &AreaView,
    (set, hour): (&SetView, &HourView),
    (parameters, simulated): (&Parameters, bool),
) -> HourEvent {
    let state = (hour.state.name(), hour.version);
    let frame = Frame { parameters, simulated };
    HourEvent {
        area: area.registry.area.to_string(),
        entity: set.entity.clone(),
        name: set.name.clone(),
        figures: FiguresDocument::of(Compared::of_set(set, hour), state, frame),
    }
}

fn warning_event(area: &AreaView) -> WarningEvent {
    WarningEvent {
        area: area.registry.area.to_string(),
        in_force: area.warnings.in_force().map(IssuedDocument::from),
        coming: area.warnings.coming().map(IssuedDocument::from),
    }
}

fn proposal_event(area: &AreaView) -> ProposalEvent {
    let proposal = area.warnings.proposal().map(ProposalDocument::from);
    ProposalEvent { area: area.registry.area.to_string(), proposal }
}

fn alarms_event(area: &AreaView) -> AlarmsEvent {
    let alarms = area.alarms.iter().map(|alarm| alarm_document(area, alarm)).collect();
    AlarmsEvent { area: area.registry.area.to_string(), alarms }
}

fn notices_event(area: &AreaView) -> NoticesEvent {
    let open = &area.notices.open;
    let waits = |rules: &Arc<_>| open.values().filter(|notice| notice.waits(rules)).count();
    NoticesEvent {
        area: area.registry.area.to_string(),
        open: open.len(),
        unread: area.notice_rules.as_ref().map_or(0, waits),
    }
}

/// One thing that happened.
#[derive(Clone, Debug)]
struct Happened {
    number: u64,
    area: String,
    kind: &'static str,
    /// Only for persons with a token.
    is_inner: bool,
    data: Arc<str>,
}

#[derive(Debug)]
struct Ring {
    kept: VecDeque<Happened>,
    /// What they hold together.
    bytes: usize,
    newest: u64,
    /// The last one that is kept no more, and that no later one makes up for.
    forgotten: u64,
    seen: Arc<View>,
}

impl Ring {
    fn new(seen: Arc<View>) -> Self {
        Self { kept: VecDeque::new(), bytes: 0, newest: 0, forgotten: 0, seen }
    }

    /// Gives a number to what happened in an area, and keeps it.
    fn keep(&mut self, area: &str, (kind, is_inner, data): Told) {
        let is_older = |of: &Happened| of.kind == kind && of.area == area;
        let older = self.kept.iter().position(is_older).filter(|_| WHOLE.contains(&kind));
        if let Some(older) = older.and_then(|at| self.kept.remove(at)) {
            self.bytes -= older.data.len();
        }
        self.newest += 1;
        self.bytes += data.len();
        let (number, area) = (self.newest, area.to_owned());
        self.kept.push_back(Happened { number, area, kind, is_inner, data: data.into() });
        while self.kept.len() > KEPT || self.bytes > KEPT_BYTES {
            let Some(oldest) = self.kept.pop_front() else { return };
            self.bytes -= oldest.data.len();
            self.forgotten = oldest.number;
        }
    }
}

/// A kind, whether it is only for persons with a token, and what it says.
type Told = (&'static str, bool, String);

/// What happened in the life of this daemon, as far as it is kept.
#[derive(Debug)]
pub(super) struct Journal {
    /// Names this life.
    life: String,
    parameters: Parameters,
    ring: Mutex<Ring>,
    newest: watch::Sender<u64>,
}

impl Journal {
    /// Begins with a view, of which nothing is told.
    pub(super) fn new(seen: Arc<View>, parameters: Parameters) -> Self {
        let ring = Mutex::new(Ring::new(seen));
        let life = format!("{:x}", crate::clock::now().millis());
        Self { life, parameters, ring, newest: watch::Sender::new(0) }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Writes down what is new in a view. Not for the runtime: of a large city it takes milliseconds.
    pub(super) fn note(&self, view: &Arc<View>) {
        let before = Arc::clone(&self.ring().seen);
        let mut told = Vec::new();
        for (_, area) in view.watched() {
            let code = area.registry.area.as_str();
            let before = before.area(Some(code)).filter(|before| !Arc::ptr_eq(before, area));
            if let Some(before) = before {
                told.push((code, self.changes(before, area, view.simulated)));
            }
        }
        let mut ring = self.ring();
        ring.seen = Arc::clone(view);
        for (code, of_area) in told {
            of_area.into_iter().for_each(|of| ring.keep(code, of));
        }
        self.newest.send_replace(ring.newest);
    }

    /// What changed in an area. Documents are made only where something can have changed.
    fn changes(&self, before: &AreaView, area: &AreaView, simulated: bool) -> Vec<Told> {
        let mut told = Vec::new();
        for set in &area.sets {
            let known = before.sets.iter().find(|s| s.entity == set.entity);
            for hour in set.hours.iter().filter(|hour| hour.state != HourState::Provisional) {
                let known = known.and_then(|known| known.at(hour.figures.hour));
                if known.is_none_or(|k| (k.version, k.state) != (hour.version, hour.state)) {
                    let event = hour_event(area, (set, hour), (&self.parameters, simulated));
                    told.push(("hour", false, text(&event)));
                }
            }
        }
        if !Arc::ptr_eq(&area.warnings, &before.warnings) {
            let warning = warning_event(area);
            if warning != warning_event(before) {
                told.push(("warning", false, text(&warning)));
            }
            let proposal = proposal_event(area);
            if proposal != proposal_event(before) {
                told.push(("proposal", true, text(&proposal)));
            }
        }
        let is_same_list = Arc::ptr_eq(&area.registry, &before.registry);
        if area.alarms != before.alarms || !is_same_list {
            let alarms = alarms_event(area);
            if alarms != alarms_event(before) {
                told.push(("alarms", false, text(&alarms)));
            }
        }
        let notices = notices_event(area);
        if notices != notices_event(before) {
            told.push(("notices", false, text(&notices)));
        }
        told
    }

    /// How an area stands, with the number of the last event that is in it.
    fn state(&self, code: &str, is_person: bool) -> Option<(u64, String)> {
        let (newest, view) = {
            let ring = self.ring();
            (ring.newest, Arc::clone(&ring.seen))
        };
        let area = view.area(Some(code))?;
        let newest_hour = |set: &SetView| {
            let hour = set.at(area.newest?)?.clone();
            Some(hour_event(area, (set, &hour), (&self.parameters, view.simulated)))
        };
        let state = StateEvent {
            area: code.to_owned(),
            simulated: view.simulated,
            now: area.now.to_string(),
            hours: area.sets.iter().filter_map(newest_hour).collect(),
            warning: warning_event(area),
            alarms: alarms_event(area).alarms,
            notices: notices_event(area),
            proposal: proposal_event(area).proposal.filter(|_| is_person),
        };
        Some((newest, text(&state)))
    }

    /// What came after a number, and the newest number; `None` where that is not kept whole.
    fn after(&self, number: u64) -> Option<(u64, Vec<Happened>)> {
        let ring = self.ring();
        let is_kept = (ring.forgotten..=ring.newest).contains(&number);
        let later = || ring.kept.iter().filter(|of| of.number > number).cloned().collect();
        is_kept.then(|| (ring.newest, later()))
    }

    fn id(&self, number: u64) -> String {
        format!("{}-{number}", self.life)
    }

    /// The number of an id of this life.
    fn number(&self, id: &str) -> Option<u64> {
        let (life, number) = id.rsplit_once('-')?;
        number.parse().ok().filter(|_| life == self.life)
    }
}

fn text(event: &impl Serialize) -> String {
    serde_json::to_string(event).unwrap_or_default() // of no maps with keys but texts
}

/// A token that was shown when a stream was opened; it may be withdrawn while the stream lasts.
struct Shown {
    app: App,
    headers: HeaderMap,
}

impl Shown {
    /// Whether it is still good.
    async fn is_good(&self) -> bool {
        authorised(&self.app, &self.headers, Role::Viewer).await.is_ok()
    }
}

/// Somebody who listens.
struct Listener {
    journal: Arc<Journal>,
    area: String,
    /// Of a person.
    token: Option<Shown>,
    /// The last event that they have; `None` where they have none of this life.
    last: Option<u64>,
    /// Whether events were lost that they wait for.
    lost: bool,
    out: mpsc::Sender<Result<Event, Infallible>>,
    _permit: OwnedSemaphorePermit,
}

impl Listener {
    /// Tells until they go, or the daemon ends.
    async fn run(mut self, cancel: CancellationToken) {
        let mut newest = self.journal.newest.subscribe();
        loop {
            newest.borrow_and_update();
            tokio::select! {
                () = cancel.cancelled() => return,
                told = self.tell() => if told.is_none() { return },
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                () = self.out.closed() => return,
                changed = newest.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Whether they may still hear what is for persons alone; `None` where their token is good no more.
    async fn is_person(&self) -> Option<bool> {
        match &self.token {
            None => Some(false),
            Some(token) => token.is_good().await.then_some(true),
        }
    }

    /// Tells all that there is; `None` when nobody listens any more, or their token is good no more.
    async fn tell(&mut self) -> Option<()> {
        let Some((newest, later)) = self.last.and_then(|last| self.journal.after(last)) else {
            // Where events are lost, this is said before the state that takes their place.
            if self.last.is_some() || self.lost {
                let reset = Event::default().event("reset").data("{}");
                self.out.send(Ok(reset)).await.ok()?;
            }
            self.lost = false;
            let is_person = self.is_person().await?;
            let (journal, area) = (Arc::clone(&self.journal), self.area.clone());
            let state = blocking(move || journal.state(&area, is_person)).await;
            let (newest, state) = state.ok()??;
            self.last = Some(newest);
            let event = Event::default().event("state").id(self.journal.id(newest));
            return self.out.send(Ok(event.data(state))).await.ok();
        };
        let is_person = self.token.is_some();
        let theirs = |of: &&Happened| of.area == self.area && (is_person || !of.is_inner);
        for of in later.iter().filter(theirs) {
            if of.is_inner {
                self.is_person().await?;
            }
            let event = Event::default().event(of.kind).id(self.journal.id(of.number));
            self.out.send(Ok(event.data(&*of.data))).await.ok()?;
        }
        self.last = Some(newest);
        Some(())
    }
}

/// What happens in an area, as server-sent events.
///
/// `hour`: an hour of the area or a set was published, or has changed since. `warning`: what is issued has
/// changed. `alarms`: silences and other alarms. `notices`: how many are open and unread. `proposal`: what
/// is recommended, only with the token of a person; a stream ends before it where that was withdrawn. Each
/// has an `id`. A stream begins with `state`, all of it at once; with the id of the last event that was
/// received it goes on after that one (of `alarms` and `notices` with the newest, which says all), or says
/// `reset` and then `state` where the events between are not kept, or another daemon gave the id. Comments
/// show that the stream lives.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    security((), ("person" = [])),
    params(
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("last_event_id" = Option<String>, Query,
            description = "as the header `Last-Event-ID`, which goes before it")
    ),
    responses(
        (status = 200, description = "events without end; `data` is by the schema of its name",
            content_type = "text/event-stream", body = String),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 404, body = Problem)
    )
)]
pub(super) async fn events(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let pairs = parameters(query.as_deref(), &["area", "last_event_id"])?;
    let token = headers.get(header::AUTHORIZATION);
    let token = token.map(|token| HeaderMap::from_iter([(header::AUTHORIZATION, token.clone())]));
    if let Some(headers) = &token {
        authorised(&app, headers, Role::Viewer).await?;
    }
    let token = token.map(|headers| Shown { app: app.clone(), headers });
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?.registry.area.to_string();
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let last = last.or(one(&pairs, "last_event_id")?);
    let full = |_| Problem::unavailable("too many streams are open");
    let permit = app.watchers.clone().try_acquire_owned().map_err(full)?;
    let journal = app.journal.clone();
    let known = last.and_then(|id| journal.number(id));
    let lost = last.is_some() && known.is_none();
    let (out, stream) = mpsc::channel(1);
    // The channel is empty: this does not fail.
    let _ = out.try_send(Ok(Event::default().retry(RETRY).comment("lantian")));
    let listener = Listener { journal, area, token, last: known, lost, out, _permit: permit };
    tokio::spawn(listener.run(app.cancel));
    let alive = KeepAlive::new().interval(BEAT).text("beat");
    let mut response = Sse::new(ReceiverStream::new(stream)).keep_alive(alive).into_response();
    // A reverse proxy must not hold events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_another_life_or_of_no_form_has_no_number() {
        let journal = Journal::new(Arc::default(), Parameters::default());
        assert_eq!(journal.number(&journal.id(7)), Some(7));
        for other in ["x-7", "7", "", "-", "x-"] {
            assert_eq!(journal.number(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_not_kept_whole_is_not_continued() {
        let journal = Journal::new(Arc::default(), Parameters::default());
        {
            let mut ring = journal.ring();
            (ring.newest, ring.forgotten) = (4, 4);
            (5..=9).for_each(|_| ring.keep("dalian", ("hour", false, "{}".to_owned())));
        }
        let numbers = |after| {
            let (_, later) = journal.after(after)?;
            Some(later.iter().map(|of| of.number).collect::<Vec<_>>())
        };
        assert_eq!(numbers(4), Some(vec![5, 6, 7, 8, 9]));
        assert_eq!(numbers(8), Some(vec![9]));
        assert_eq!(numbers(9), Some(vec![]));
        assert_eq!(numbers(3), None, "number 4 is gone");
        assert_eq!(numbers(10), None, "no such event was ever given");
    }

    #[test]
    fn what_is_kept_is_bounded_by_bytes_and_alarms_take_the_place_of_alarms() {
        let mut ring = Ring::new(Arc::default());
        let large = || "x".repeat(KEPT_BYTES / 4);
        for area in ["a", "b", "a", "a"] {
            ring.keep(area, ("alarms", false, large()));
        }
        let numbers = |ring: &Ring| ring.kept.iter().map(|of| of.number).collect::<Vec<_>>();
        assert_eq!(numbers(&ring), [2, 4], "the newest of each area");
        assert_eq!((ring.bytes, ring.forgotten), (KEPT_BYTES / 2, 0), "a later one makes up");
        for _ in 0..3 {
            ring.keep("a", ("hour", false, large()));
        }
        assert_eq!(numbers(&ring), [4, 5, 6, 7]);
        assert_eq!((ring.bytes, ring.forgotten), (KEPT_BYTES, 2));
    }
}
