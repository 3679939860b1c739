//! Notices as data: what people are told, by which channels, who has read it, and what does not come on.
//!
//! In: the view for now, the archive for all records of one notice. Out: documents for the room itself, with
//! names and roles of people, never their addresses.
//!
//! Invariants: a notice as it stands follows from its records alone, also where it was closed long ago; the
//! signature of a link that was sent is not shown, since whoever has it can acknowledge.
//!
//! Source: issue 7, Build 3 to 5.

mod acts;
mod course;
mod link;
mod reply;
mod roster;

pub(super) use acts::*;
pub(super) use course::*;
pub use link::ack_path;
pub(super) use reply::{__path_reply, reply};
pub use reply::{Replies, digits};
pub(super) use roster::*;

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use utoipa::ToSchema;

use super::api::{before, between, limit, parameters};
use super::problem::Problem;
use super::warning::asked_area;
use super::{App, blocking, page};
use crate::notification::{
    Acknowledgement, ChannelRules, Matter, Notice, NoticeBody, NoticeRecord, NoticeRules, Notices,
    Outgoing, Retry, Roster, Round, Stuck,
};
use crate::pipeline::AreaView;
use crate::time::Instant;

/// The page, the links of messages, and the API of notices.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/notices", get(page::notices))
        .route("/ack", get(link::show).post(link::acknowledge))
        .route("/api/v1/notices", get(notices))
        .route("/api/v1/notices/history", get(history))
        .route("/api/v1/notices/test", post(test))
        .route("/api/v1/notices/{notice}", get(notice))
        .route("/api/v1/notices/{notice}/acknowledge", post(acknowledge))
        .route("/api/v1/roster", get(roster))
        .route("/api/v1/roster/replacements", post(replace))
        .route("/api/v1/sms/reply", post(reply))
}

/// Somebody by short name, and what people call them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonDocument {
    person: String,
    name: String,
}

impl PersonDocument {
    fn new(roster: &Roster, id: &str) -> Self {
        Self { person: id.to_owned(), name: roster.name(id).to_owned() }
    }
}

/// One of the things that a notice is about.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MatterDocument {
    /// Names the same thing for as long as it is one.
    subject: String,
    /// When it came.
    at: String,
    /// Whether it is no more, or stands in another notice.
    over: bool,
    text_zh: String,
    text_en: String,
}

impl MatterDocument {
    fn new(matter: &Matter, roster: &Roster) -> Self {
        Self {
            subject: matter.cause.subject(),
            at: matter.at.to_string(),
            over: matter.over,
            text_zh: matter.cause.text_zh(roster),
            text_en: matter.cause.text_en(roster),
        }
    }
}

/// Somebody has read a notice (确认).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AcknowledgedDocument {
    /// Its record.
    number: u64,
    person: String,
    name: String,
    /// `token`, `mqtt`, `sms`, `link`; entered by another person: `phone`, `chat`, `in_person`.
    way: &'static str,
    way_zh: &'static str,
    /// When they said so.
    said: String,
    note: String,
    /// Whether nobody else is waited for.
    complete: bool,
}

impl AcknowledgedDocument {
    fn new(number: u64, of: &Acknowledgement, roster: &Roster) -> Self {
        Self {
            number,
            person: of.who.clone(),
            name: roster.name(&of.who).to_owned(),
            way: of.way.name(),
            way_zh: of.way.text_zh(),
            said: of.said.to_string(),
            note: of.note.clone(),
            complete: of.complete,
        }
    }
}

/// A notice as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NoticeDocument {
    /// The number of the record that raised it.
    notice: u64,
    at: String,
    /// `recommendation`, `issued`, `silence`, …
    kind: &'static str,
    kind_zh: &'static str,
    /// What routes tell apart behind the kind, such as `station`; null where they do not.
    part: Option<String>,
    title_zh: String,
    title_en: String,
    /// What it is about, the first one first.
    matters: Vec<MatterDocument>,
    /// The drill that it belongs to; null for what is real.
    drill: Option<u64>,
    state_zh: &'static str,
    /// Whether somebody's word is waited for.
    waits: bool,
    /// Since when it is told; null before.
    told: Option<String>,
    /// When it was told last.
    told_last: Option<String>,
    /// How often it was repeated.
    repeats: u32,
    /// Steps of the escalation taken.
    steps: u32,
    /// When the next step is due if nobody says that they have read it; null where none is.
    next_step: Option<String>,
    /// Who was told first.
    addressed: Vec<PersonDocument>,
    /// Who has read it.
    read: Vec<AcknowledgedDocument>,
    /// Messages of it that nobody has taken yet.
    waiting: u32,
    /// When it was closed; null while it is open.
    closed: Option<String>,
    /// `over`, `superseded`, `acknowledged`, `sent` or `unanswered`.
    why_closed: Option<&'static str>,
    why_closed_zh: Option<&'static str>,
}

/// When the next step of the escalation is due.
pub(super) fn next_step(notice: &Notice, rules: &NoticeRules) -> Option<Instant> {
    let route = rules.route(notice.first()).filter(|_| notice.waits(rules))?;
    let step = route.escalate.get(usize::try_from(notice.steps).ok()?)?;
    Some(notice.told?.plus_minutes(step.after_min.into()))
}

impl NoticeDocument {
    fn new(notice: &Notice, rules: &NoticeRules) -> Self {
        let (kind, roster) = (notice.kind(), &rules.roster);
        let time = |at: Instant| at.to_string();
        let read = |(number, ack): &(u64, _)| AcknowledgedDocument::new(*number, ack, roster);
        Self {
            notice: notice.number,
            at: notice.at.to_string(),
            kind: kind.name(),
            kind_zh: kind.text_zh(),
            part: Some(notice.first().part()).filter(|p| !p.is_empty()).map(str::to_owned),
            title_zh: notice.title_zh(roster),
            title_en: notice.title_en(),
            matters: notice.matters.iter().map(|m| MatterDocument::new(m, roster)).collect(),
            drill: notice.drill,
            state_zh: notice.state_zh(rules),
            waits: notice.waits(rules),
            told: notice.told.map(time),
            told_last: notice.told_last.map(time),
            repeats: notice.repeats,
            steps: notice.steps,
            next_step: next_step(notice, rules).map(time),
            addressed: notice.addressed.iter().map(|id| PersonDocument::new(roster, id)).collect(),
            read: notice.read.iter().map(read).collect(),
            waiting: notice.waiting,
            closed: notice.closed.map(|(at, _)| at.to_string()),
            why_closed: notice.closed.map(|(_, why)| why.name()),
            why_closed_zh: notice.closed.map(|(_, why)| why.text_zh()),
        }
    }
}

/// A channel, and how it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChannelDocument {
    channel: String,
    /// `dingtalk`, `wecom`, `feishu`, `mail`, `sms`, `webhook` or `mqtt`.
    kind: &'static str,
    kind_zh: &'static str,
    /// Whether it may send: of simulated air and recorded hours only channels that are told to.
    usable: bool,
    /// Until when the receiver wants nothing; null where it takes messages.
    hold: Option<String>,
    /// Tries that failed since a message was taken.
    failing: u32,
    /// What the last of them was answered.
    fault: Option<String>,
    /// When a message was taken last.
    accepted: Option<String>,
    /// Messages that wait for it.
    waiting: usize,
}

impl ChannelDocument {
    fn new(channel: &ChannelRules, area: &AreaView, rules: &NoticeRules) -> Self {
        let (notices, name) = (&area.notices, &channel.name);
        let state = notices.channels.get(name).cloned().unwrap_or_default();
        let hold = state.hold.filter(|until| *until > area.now);
        Self {
            channel: name.clone(),
            kind: channel.kind.name(),
            kind_zh: channel.kind.text_zh(),
            usable: rules.channel(name).is_some(),
            hold: hold.map(|until| until.to_string()),
            failing: state.failing,
            fault: Some(state.fault).filter(|fault| !fault.is_empty()),
            accepted: state.accepted.map(|at| at.to_string()),
            waiting: notices.outbox.values().filter(|o| o.message.channel == *name).count(),
        }
    }
}

/// A message that nobody has taken yet.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MessageDocument {
    /// The number of the record that planned it.
    message: u64,
    notice: u64,
    /// Names it for good; every try carries it.
    key: String,
    at: String,
    channel: String,
    /// To whom; null for a group.
    to: Option<PersonDocument>,
    /// Who is called by name in a group.
    mentions: Vec<PersonDocument>,
    /// `first`, `repeat`, `step` or `end`.
    round: &'static str,
    round_zh: String,
    tries: u32,
    /// Since when a try is under way; null where none is.
    under_way: Option<String>,
    /// When the last try ended.
    last_try: Option<String>,
    /// What it was answered.
    last_fault: Option<String>,
    /// Whether it will not be tried again.
    refused: bool,
}

impl MessageDocument {
    fn new(of: &Outgoing, roster: &Roster) -> Self {
        let (message, ended) = (&of.message, of.last_end.as_ref());
        let person = |id: &String| PersonDocument::new(roster, id);
        Self {
            message: of.number,
            notice: message.notice,
            key: message.key.clone(),
            at: of.at.to_string(),
            channel: message.channel.clone(),
            to: message.person.as_ref().map(person),
            mentions: message.mentions.iter().map(person).collect(),
            round: match message.round {
                Round::First => "first",
                Round::Repeat(_) => "repeat",
                Round::Step(_) => "step",
                Round::End => "end",
            },
            round_zh: message.round.text_zh(),
            tries: of.tries,
            under_way: of.under_way.map(|(_, since)| since.to_string()),
            last_try: ended.map(|(at, _)| at.to_string()),
            last_fault: ended.map(|(_, said)| said.clone()).filter(|said| !said.is_empty()),
            refused: of.refused,
        }
    }
}

/// Something that does not come on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StuckDocument {
    /// The notice; null where it is a message.
    notice: Option<u64>,
    /// The message; null where it is a notice.
    message: Option<u64>,
    /// Since when nothing has happened.
    since: String,
    text_zh: String,
}

impl StuckDocument {
    fn new(stuck: &Stuck, notices: &Notices, roster: &Roster) -> Self {
        let (notice, message) = match *stuck {
            Stuck::Notice { notice, .. } => (Some(notice), None),
            Stuck::Message { message, .. } => (None, Some(message)),
        };
        Self {
            notice,
            message,
            since: stuck.since().to_string(),
            text_zh: stuck.text_zh(notices, roster),
        }
    }
}

/// Where the notices of an area stand.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NoticesDocument {
    area: String,
    simulated: bool,
    now: String,
    /// Whether anybody is told of anything.
    configured: bool,
    /// What is open, the oldest first.
    open: Vec<NoticeDocument>,
    channels: Vec<ChannelDocument>,
    /// What is on its way.
    messages: Vec<MessageDocument>,
    /// What does not come on.
    stuck: Vec<StuckDocument>,
}

/// Where the notices of an area stand: what is open and unread, what is on its way, which channels fail.
#[utoipa::path(
    get,
    path = "/api/v1/notices",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without")),
    responses((status = 200, body = NoticesDocument), (status = 404, body = Problem))
)]
pub(super) async fn notices(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<NoticesDocument>, Problem> {
    let pairs = parameters(query.as_deref(), &["area"])?;
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let mut document = NoticesDocument {
        area: area.registry.area.to_string(),
        simulated: view.simulated,
        now: area.now.to_string(),
        configured: area.notice_rules.is_some(),
        open: Vec::new(),
        channels: Vec::new(),
        messages: Vec::new(),
        stuck: Vec::new(),
    };
    if let Some(rules) = area.notice_rules.as_deref() {
        let (of, roster) = (&area.notices, &rules.roster);
        document.open = of.open.values().map(|n| NoticeDocument::new(n, rules)).collect();
        let channel = |channel| ChannelDocument::new(channel, area, rules);
        document.channels = rules.channels.iter().map(channel).collect();
        let waiting = of.outbox.values();
        document.messages = waiting.map(|o| MessageDocument::new(o, roster)).collect();
        document.stuck =
            of.stuck(rules, area.now).iter().map(|s| StuckDocument::new(s, of, roster)).collect();
    }
    Ok(Json(document))
}

/// A notice that was raised once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RaisedDocument {
    notice: u64,
    at: String,
    kind: &'static str,
    kind_zh: &'static str,
    title_zh: String,
    text_zh: String,
    drill: Option<u64>,
    /// How it stands; null where it was closed more than a week ago: its own document says it.
    state_zh: Option<&'static str>,
}

/// Notices of an area, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/notices/history",
    params(
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("before" = Option<u64>, Query, description = "notices with a lower number"),
        ("from" = Option<String>, Query, description = "only from this day on"),
        ("to" = Option<String>, Query, description = "only until this day, included"),
        ("limit" = Option<usize>, Query, description = "1 to 1000, default 100")
    ),
    responses((status = 200, body = Vec<RaisedDocument>), (status = 400, body = Problem),
        (status = 404, body = Problem))
)]
pub(super) async fn history(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<RaisedDocument>>, Problem> {
    let pairs = parameters(query.as_deref(), &["area", "from", "to", "before", "limit"])?;
    let (range, limit) = ((before(&pairs)?, between(&pairs)?), limit(&pairs)?);
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let (archive, code) = (app.services.archive.clone(), area.registry.area.to_string());
    let records = blocking(move || archive.raised_notices(&code, range, limit)).await??;
    let rules = known_rules(area);
    let row = |record: &NoticeRecord| {
        let NoticeBody::Raised { cause, drill } = &record.body else { return None };
        let known = area.notices.notice(record.number);
        Some(RaisedDocument {
            notice: record.number,
            at: record.at.to_string(),
            kind: cause.kind().name(),
            kind_zh: cause.kind().text_zh(),
            title_zh: cause.title_zh(&rules.roster),
            text_zh: cause.text_zh(&rules.roster),
            drill: *drill,
            state_zh: known.map(|notice| notice.state_zh(&rules)),
        })
    };
    Ok(Json(records.iter().filter_map(row).collect()))
}

/// What notices of an area go by; where nobody is told any more, nothing.
pub(super) fn known_rules(area: &AreaView) -> Arc<NoticeRules> {
    area.notice_rules.clone().unwrap_or_else(|| {
        Arc::new(NoticeRules {
            roster: Roster::default(),
            channels: Vec::new(),
            routes: Vec::new(),
            inhibitions: Vec::new(),
            retry: Retry::default(),
            stuck_after_min: 60,
            close_after_days: 7,
            live: true,
        })
    })
}
