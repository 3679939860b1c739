//! What happens, as a stream that goes on where it broke off (`GET /api/v1/events`).
//!
//! In: one view after another. Out: JSON events with numbers that count up: hours published or revised, what
//! was issued, silences, notices; what is only recommended goes to persons with a token alone.
//!
//! Invariants: a number is given once in the life of a daemon and names that life; whoever names the last one
//! that they have gets all later ones once, or, where these are not kept any more, `reset` and the present
//! state; what all get of a warning is made from what is issued and from nothing else.
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

use super::App;
use super::access::{Role, authorised};
use super::api::{AlarmDocument, alarm_document, one, parameters};
use super::document::{Compared, FiguresDocument, Frame};
use super::problem::Problem;
use super::warning::{IssuedDocument, ProposalDocument, asked_area};
use crate::pipeline::{AreaView, HourState, HourView, SetView, View};
use crate::standard::Parameters;

/// Events that are kept: at ten sets an area, half a week of hours.
const KEPT: usize = 1024;
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
    newest: u64,
    seen: Arc<View>,
}

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
        let ring = Mutex::new(Ring { kept: VecDeque::new(), newest: 0, seen });
        let life = format!("{:x}", crate::clock::now().millis());
        Self { life, parameters, ring, newest: watch::Sender::new(0) }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Writes down what is new in a view.
    pub(super) fn note(&self, view: &Arc<View>) {
        let mut ring = self.ring();
        let before = std::mem::replace(&mut ring.seen, Arc::clone(view));
        for (_, area) in view.watched() {
            let code = area.registry.area.as_str();
            let Some(before) = before.area(Some(code)) else { continue };
            for (kind, is_inner, data) in self.changes(before, area, view.simulated) {
                ring.newest += 1;
                let (number, area) = (ring.newest, code.to_owned());
                ring.kept.push_back(Happened { number, area, kind, is_inner, data: data.into() });
            }
        }
        let surplus = ring.kept.len().saturating_sub(KEPT);
        ring.kept.drain(..surplus);
        self.newest.send_replace(ring.newest);
    }

    /// What changed in an area: its kind, whether it is only for persons with a token, and what it says.
    fn changes(
        &self,
        before: &AreaView,
        area: &AreaView,
        simulated: bool,
    ) -> Vec<(&'static str, bool, String)> {
        let mut told = Vec::new();
        for (set, hour) in area.sets.iter().flat_map(|set| set.hours.iter().map(move |h| (set, h)))
        {
            let known = before.sets.iter().find(|s| s.entity == set.entity);
            let known = known.and_then(|known| known.at(hour.figures.hour));
            let is_known =
                known.is_some_and(|k| (k.version, k.state) == (hour.version, hour.state));
            if hour.state != HourState::Provisional && !is_known {
                let event = hour_event(area, (set, hour), (&self.parameters, simulated));
                told.push(("hour", false, text(&event)));
            }
        }
        let warning = warning_event(area);
        if warning != warning_event(before) {
            told.push(("warning", false, text(&warning)));
        }
        let proposal = proposal_event(area);
        if proposal != proposal_event(before) {
            told.push(("proposal", true, text(&proposal)));
        }
        let alarms = alarms_event(area);
        if alarms != alarms_event(before) {
            told.push(("alarms", false, text(&alarms)));
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
        let oldest = ring.kept.front().map_or(ring.newest + 1, |first| first.number);
        let is_kept = number <= ring.newest && oldest <= number + 1;
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

/// Somebody who listens.
struct Listener {
    journal: Arc<Journal>,
    area: String,
    is_person: bool,
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

    /// Tells all that there is; `None` when nobody listens any more.
    async fn tell(&mut self) -> Option<()> {
        let Some((newest, later)) = self.last.and_then(|last| self.journal.after(last)) else {
            // Where events are lost, this is said before the state that takes their place.
            if self.last.is_some() || self.lost {
                let reset = Event::default().event("reset").data("{}");
                self.out.send(Ok(reset)).await.ok()?;
            }
            self.lost = false;
            let (newest, state) = self.journal.state(&self.area, self.is_person)?;
            self.last = Some(newest);
            let event = Event::default().event("state").id(self.journal.id(newest));
            return self.out.send(Ok(event.data(state))).await.ok();
        };
        let theirs = |of: &Happened| of.area == self.area && (self.is_person || !of.is_inner);
        for of in later.into_iter().filter(theirs) {
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
/// is recommended, only with the token of a person. Each has an `id`. A stream begins with `state`, all of
/// it at once; with the id of the last event that was received it goes on after that one, or says `reset`
/// and then `state` where the events between are not kept, or another daemon gave the id. Comments show that
/// the stream lives.
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
    let is_person = headers.contains_key(header::AUTHORIZATION);
    if is_person {
        authorised(&app, &headers, Role::Viewer).await?;
    }
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
    let listener = Listener { journal, area, is_person, last: known, lost, out, _permit: permit };
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
        let happened = |number| Happened {
            number,
            area: "dalian".to_owned(),
            kind: "alarms",
            is_inner: false,
            data: "{}".into(),
        };
        {
            let mut ring = journal.ring();
            ring.newest = 9;
            ring.kept.extend((5..=9).map(happened));
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
}
