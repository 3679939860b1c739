//! The shift book of a day (值班日志).
//!
//! In: what happened in the room and in the lives of warnings on a natural day. Out: [`ShiftFigures`].
//!
//! Invariants: of a day that runs it holds what happened until now; what was open is what was open at the end
//! of the day, or now; nothing of a drill without its mark.
//!
//! Source: issue 6, Build 4 (open items, calls, instructions received).

use serde::Serialize;
use utoipa::ToSchema;

use super::Head;
use super::asked::ReportAsked;
use super::daily::DateWords;
use super::sources::{DutyWanted, RecordsWanted, Sources};
use crate::duty::{Duty, DutyBody, DutyRecord, Entry, EntrySort, Item};
use crate::outlook::Source;
use crate::time::Instant;
use crate::warning::{Body, Record, moment_zh};

/// Records of warnings that a book tells: evaluations are hourly and stand on their own page.
const OF_WARNINGS: [&str; 11] = [
    "forecast",
    "instruction",
    "recommended",
    "lapsed",
    "declined",
    "consulted",
    "approved",
    "issued",
    "took_effect",
    "advisory",
    "list_adopted",
];

/// One line of the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShiftLine {
    /// `8时12分`: when it was written down.
    pub at_zh: String,
    /// The number of its record.
    pub record: u64,
    /// Who wrote it; empty of Lantian itself and of messages.
    pub person: String,
    /// What happened.
    pub text_zh: String,
}

/// The figures of a shift book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShiftFigures {
    /// What stands above.
    pub head: Head,
    /// The day.
    pub day: DateWords,
    /// Whether the day has ended.
    pub over: bool,
    /// 交接班.
    pub shifts: Vec<ShiftLine>,
    /// 来电、上级指令.
    pub received: Vec<ShiftLine>,
    /// Other entries, and what was settled.
    pub noted: Vec<ShiftLine>,
    /// Papers made, reviewed, signed.
    pub papers: Vec<ShiftLine>,
    /// Fixed times that passed, and what was done of them.
    pub times: Vec<ShiftLine>,
    /// Forecasts and warnings.
    pub warnings: Vec<ShiftLine>,
    /// What was open at the end: fixed times, which have no record of their own here (0), and entries.
    pub open: Vec<ShiftLine>,
}

impl ShiftFigures {
    pub(super) fn of<E>(
        asked: &ReportAsked<'_>,
        sources: &mut dyn Sources<Fault = E>,
    ) -> Result<Self, E> {
        let day = asked.span.to;
        let (from, to) = (day.start().start(), day.plus(1).start().start());
        let mut records =
            sources.duty(&DutyWanted { kinds: &[], between: (from, to), before: None })?;
        records.reverse();
        let of = |belongs: fn(&DutyBody) -> bool| -> Vec<ShiftLine> {
            records.iter().filter(|record| belongs(&record.body)).map(line).collect()
        };
        Ok(Self {
            head: asked.head_of_records(asked.span, false),
            day: DateWords::of(day),
            over: asked.made.at >= to,
            shifts: of(|body| matches!(body, DutyBody::HandedOver(_) | DutyBody::TakenOver { .. })),
            received: of(|body| matches!(body, DutyBody::Entered(entry) if is_received(entry))),
            noted: of(|body| match body {
                DutyBody::Entered(entry) => !is_received(entry),
                body => matches!(body, DutyBody::Closed { .. }),
            }),
            papers: of(|body| {
                matches!(
                    body,
                    DutyBody::Drafted(_)
                        | DutyBody::Reviewed { .. }
                        | DutyBody::Returned { .. }
                        | DutyBody::Signed { .. }
                )
            }),
            times: of(|body| {
                matches!(
                    body,
                    DutyBody::Overdue(_)
                        | DutyBody::Escalated(_)
                        | DutyBody::Missed(_)
                        | DutyBody::Lapsed(_)
                        | DutyBody::Done(_)
                )
            }),
            warnings: warnings((from, to), sources)?,
            open: open(to, sources)?,
        })
    }
}

const fn is_received(entry: &Entry) -> bool {
    matches!(entry.sort, EntrySort::Call | EntrySort::Instruction)
}

/// `8时12分`.
fn clock(at: Instant) -> String {
    let text = moment_zh(at);
    text.split_once('日').map_or(text.clone(), |(_, clock)| clock.to_owned())
}

/// A sentence without its end: the template gives it one.
fn bare(text: &str) -> String {
    text.trim_end_matches('。').to_owned()
}

fn line(record: &DutyRecord) -> ShiftLine {
    ShiftLine {
        at_zh: clock(record.at),
        record: record.number,
        person: record.person.clone().unwrap_or_default(),
        text_zh: bare(&record.text_zh()),
    }
}

/// What happened in the lives of warnings, in the order of time.
fn warnings<E>(
    (from, to): (Instant, Instant),
    sources: &mut dyn Sources<Fault = E>,
) -> Result<Vec<ShiftLine>, E> {
    let mut found: Vec<Record> = Vec::new();
    let mut before = None;
    loop {
        let wanted = RecordsWanted { kinds: &OF_WARNINGS, before, drill: None };
        let records = sources.records(&wanted)?;
        let more = records.last().is_some_and(|record| record.at >= from);
        before = records.last().map(|record| record.number);
        found.extend(records.into_iter().filter(|record| from <= record.at && record.at < to));
        if !more {
            break;
        }
    }
    found.reverse();
    let line = |record: &Record| ShiftLine {
        at_zh: clock(record.at),
        record: record.number,
        person: record.person.clone().unwrap_or_default(),
        text_zh: bare(&record.text_zh()),
    };
    // The built-in forecast is made every hour, and is no event of the room.
    let is_ours = |record: &&Record| match &record.body {
        Body::Forecast(forecast) => forecast.source == Source::Fed,
        _ => true,
    };
    Ok(found.iter().filter(is_ours).map(line).collect())
}

/// Kinds from which it follows what is open.
const OF_OPEN: [&str; 8] =
    ["entered", "closed", "reminded", "overdue", "escalated", "missed", "lapsed", "done"];

/// What was open before `to`: fixed times, then what was to be followed up.
fn open<E>(to: Instant, sources: &mut dyn Sources<Fault = E>) -> Result<Vec<ShiftLine>, E> {
    let between = (Instant::from_millis(i64::MIN), to);
    let (mut records, mut before) = (Vec::new(), None);
    loop {
        let wanted = DutyWanted { kinds: &OF_OPEN, between, before };
        let found = sources.duty(&wanted)?;
        let Some(last) = found.last() else { break };
        before = Some(last.number);
        records.extend(found);
    }
    let mut state = Duty::default();
    records.iter().rev().for_each(|record| state.take(record));
    let items = state.times.open.iter().map(|((fixed, of), open)| {
        let item = Item { fixed: *fixed, of: *of, due: open.due };
        ShiftLine {
            at_zh: moment_zh(open.due),
            record: 0,
            person: String::new(),
            text_zh: format!("{}，{}", item.text_zh(), open.stage.text_zh()),
        }
    });
    let entries =
        records.iter().rev().filter(|record| state.shift.open.contains_key(&record.number));
    let entries = entries.map(|record| ShiftLine { at_zh: moment_zh(record.at), ..line(record) });
    Ok(items.chain(entries).collect())
}
