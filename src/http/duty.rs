//! The monitoring room as data: fixed times, the shift book, papers on their way.
//!
//! In: the view for now, the archive for records. Out: documents for the room itself.
//!
//! Source: issue 6, Build 3 and 4.

mod acts;

pub(super) use acts::*;

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::api::{before, between, limit, parameters};
use super::problem::Problem;
use super::warning::asked_area;
use super::{App, blocking};
use crate::duty::{DutyRecord, Fixed, Item, KeptPaper, OpenItem, Shift};
use crate::pipeline::AreaView;
use crate::time::{Day, Hour, Instant};

/// Which records are asked of the archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DutyQuery {
    /// Only of these kinds; empty for all.
    pub kinds: Vec<&'static str>,
    /// Only with a lower number.
    pub before: Option<u64>,
    /// Only from the first on and before the second.
    pub between: Option<(Instant, Instant)>,
    /// Only of this paper.
    pub paper: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// One thing that happened in the room.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DutyRecordDocument {
    /// Counts up in an area.
    number: u64,
    /// When, by the area's clock.
    at: String,
    /// Who; null for Lantian itself.
    person: Option<String>,
    /// In a sentence.
    text_zh: String,
    /// What happened; `kind` says of which kind it is. Drafts are without their text.
    #[schema(value_type = Object)]
    what: Value,
}

impl From<&DutyRecord> for DutyRecordDocument {
    fn from(record: &DutyRecord) -> Self {
        let mut what = serde_json::to_value(&record.body).unwrap_or_default(); // of no maps
        if let Some(of) = what.as_object_mut() {
            of.remove("content");
        }
        Self {
            number: record.number,
            at: record.at.to_string(),
            person: record.person.clone(),
            text_zh: record.text_zh(),
            what,
        }
    }
}

/// Something with a fixed time (时限).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ItemDocument {
    /// `hourly`, `daily_report`, `forecast`, `district_figures`, `response_report` or `measures_list`.
    fixed: &'static str,
    fixed_zh: &'static str,
    /// Of which day (`2025-03-07`), hour (its start) or year.
    of: String,
    /// Until when.
    due: String,
    /// `reminded`, `overdue` or `escalated` (报带班领导); null of what is still to come.
    stage: Option<&'static str>,
    stage_zh: Option<&'static str>,
    /// In words.
    text_zh: String,
}

/// Of what an item is, as JSON names it.
pub(super) fn of_name(fixed: Fixed, of: Hour) -> String {
    match fixed {
        Fixed::Hourly => of.start().to_string(),
        Fixed::MeasuresList => of.day().date().0.to_string(),
        _ => of.day().to_string(),
    }
}

/// The reverse of [`of_name`].
fn of_hour(fixed: Fixed, text: &str) -> Option<Hour> {
    match fixed {
        Fixed::Hourly => {
            let start = Instant::parse_rfc3339(text).ok()?;
            Some(start.hour()).filter(|hour| hour.start() == start)
        }
        Fixed::MeasuresList => Some(Day::of(text.parse().ok()?, 1, 1)?.start()),
        _ => text.parse::<Day>().ok().map(Day::start),
    }
}

impl ItemDocument {
    fn new(item: &Item, open: Option<&OpenItem>) -> Self {
        Self {
            fixed: item.fixed.name(),
            fixed_zh: item.fixed.text_zh(),
            of: of_name(item.fixed, item.of),
            due: item.due.to_string(),
            stage: open.map(|open| open.stage.name()),
            stage_zh: open.map(|open| open.stage.text_zh()),
            text_zh: item.text_zh(),
        }
    }
}

/// What is to be followed up.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EntryDocument {
    /// Its record.
    number: u64,
    at: String,
    person: String,
    /// `call`, `instruction`, `equipment` or `note`.
    sort: &'static str,
    sort_zh: &'static str,
    happened: String,
    /// Who called or instructed.
    from: String,
    text: String,
}

/// A hand-over that waits for somebody to take it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HandOverDocument {
    /// Its record.
    number: u64,
    at: String,
    from: String,
    to: String,
    note: String,
}

/// A paper on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeptDocument {
    /// The record of the draft.
    pub(super) paper: u64,
    /// The kind's code.
    pub(super) kind: String,
    /// Whose and of what.
    pub(super) subject: String,
    pub(super) title: String,
    pub(super) subtitle: String,
    /// `draft`, `reviewed`, `sent_back`.
    pub(super) state: &'static str,
    pub(super) state_zh: &'static str,
    pub(super) drafted_at: String,
    pub(super) drafter: String,
    /// Who reviewed it or sent it back; empty before.
    pub(super) reviewer: String,
    /// What was said then.
    pub(super) said: String,
    /// The signed paper that it revises, by the record of its draft.
    pub(super) revises: Option<u64>,
}

impl KeptDocument {
    pub(super) fn new(paper: u64, kept: &KeptPaper) -> Self {
        Self {
            paper,
            kind: kept.draft.paper.clone(),
            subject: kept.draft.subject.clone(),
            title: kept.draft.title.clone(),
            subtitle: kept.draft.subtitle.clone(),
            state: kept.state.name(),
            state_zh: kept.state.text_zh(),
            drafted_at: kept.drafted.to_string(),
            drafter: kept.drafter.clone(),
            reviewer: kept.reviewer.clone(),
            said: kept.said.clone(),
            revises: kept.draft.revises,
        }
    }
}

/// Where the room stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DutyDocument {
    area: String,
    simulated: bool,
    now: String,
    /// Who took over last; null before anybody did.
    on_duty: Option<String>,
    /// Since when.
    since: Option<String>,
    /// What waits for somebody to take over.
    handed_over: Option<HandOverDocument>,
    /// Fixed times of which the room was reminded or that have passed.
    open: Vec<ItemDocument>,
    /// What is due next, the first to come first.
    coming: Vec<ItemDocument>,
    /// What is to be followed up.
    entries: Vec<EntryDocument>,
    /// Papers that are not signed.
    papers: Vec<KeptDocument>,
}

fn open_entries(shift: &Shift) -> Vec<EntryDocument> {
    let entry = |(number, open): (&u64, &crate::duty::OpenEntry)| EntryDocument {
        number: *number,
        at: open.at.to_string(),
        person: open.person.clone(),
        sort: open.entry.sort.name(),
        sort_zh: open.entry.sort.text_zh(),
        happened: open.entry.happened.to_string(),
        from: open.entry.from.clone(),
        text: open.entry.text.clone(),
    };
    shift.open.iter().map(entry).collect()
}

/// What is due next in an area.
pub(super) fn coming(area: &AreaView) -> Vec<Item> {
    let rules = area.duty_rules.as_ref().filter(|_| !area.registry.is_reference());
    rules.map_or_else(Vec::new, |rules| area.duty.times.coming(rules, &area.warnings, area.now))
}

/// Where the room stands: who is on duty, what is due and overdue, what is to be followed up.
#[utoipa::path(
    get,
    path = "/api/v1/duty",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without")),
    responses((status = 200, body = DutyDocument), (status = 404, body = Problem))
)]
pub(super) async fn duty(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<DutyDocument>, Problem> {
    let pairs = parameters(query.as_deref(), &["area"])?;
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let duty = &area.duty;
    let open = duty.times.open.iter().map(|((fixed, of), open)| {
        let item = Item { fixed: *fixed, of: *of, due: open.due };
        ItemDocument::new(&item, Some(open))
    });
    let on_duty = duty.shift.on_duty.as_ref();
    Ok(Json(DutyDocument {
        area: area.registry.area.to_string(),
        simulated: view.simulated,
        now: area.now.to_string(),
        on_duty: on_duty.map(|(person, _)| person.clone()),
        since: on_duty.map(|(_, since)| since.to_string()),
        handed_over: duty.shift.handed_over.as_ref().map(|(number, at, from, of)| {
            HandOverDocument {
                number: *number,
                at: at.to_string(),
                from: from.clone(),
                to: of.to.clone(),
                note: of.note.clone(),
            }
        }),
        open: open.collect(),
        coming: coming(area).iter().map(|item| ItemDocument::new(item, None)).collect(),
        entries: open_entries(&duty.shift),
        papers: duty.papers.open.iter().map(|(n, kept)| KeptDocument::new(*n, kept)).collect(),
    }))
}

/// What happened in the room, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/duty/records",
    params(
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("from" = Option<String>, Query, description = "only from this day on"),
        ("to" = Option<String>, Query, description = "only until this day, included"),
        ("day" = Option<String>, Query, description = "only of this day: `from` and `to` in one"),
        ("before" = Option<u64>, Query, description = "records with a lower number"),
        ("limit" = Option<usize>, Query, description = "1 to 1000, default 100")
    ),
    responses((status = 200, body = Vec<DutyRecordDocument>), (status = 400, body = Problem),
        (status = 404, body = Problem))
)]
pub(super) async fn records(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<DutyRecordDocument>>, Problem> {
    let known = ["area", "from", "to", "day", "before", "limit"];
    let pairs = parameters(query.as_deref(), &known)?;
    let (kinds, between) = (Vec::new(), between(&pairs)?);
    let (before, limit) = (before(&pairs)?, limit(&pairs)?);
    let asked = DutyQuery { kinds, before, between, paper: None, limit };
    let view = app.services.view.borrow().clone();
    let code = asked_area(&view, &pairs)?.registry.area.to_string();
    let archive = app.services.archive.clone();
    let records = blocking(move || archive.duty_records(&code, &asked)).await??;
    Ok(Json(records.iter().map(DutyRecordDocument::from).collect()))
}
