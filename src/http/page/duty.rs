//! The monitoring room as a page (值班): who is on duty, what is due, what is to be followed up, the shift book
//! of a day; and what the first page says of fixed times.
//!
//! In: the view, the records of a day. Out: a page with a form for each act.
//!
//! Invariants: what is overdue stands before what comes; nothing is entered without a person's token.

use askama::Template as _;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::frame::{Frame, Place};
use super::model::Banner;
use super::warning::minute;
use super::words::Lang;
use crate::duty::{DutyRecord, EntrySort, Fixed, Item, Stage};
use crate::http::api::{one, parameters};
use crate::http::duty::{DutyQuery, coming, of_name};
use crate::http::problem::Problem;
use crate::http::warning::asked_area;
use crate::http::{App, blocking};
use crate::pipeline::AreaView;
use crate::time::Day;

/// Records of a day that the page shows.
const RECORDS: usize = 500;

/// Something with a fixed time.
struct Row {
    fixed: &'static str,
    of: String,
    name: String,
    due: String,
    state: &'static str,
    class: &'static str,
}

/// What is to be followed up.
struct Open {
    number: u64,
    sort: &'static str,
    at: String,
    person: String,
    text: String,
}

/// One line of the book.
struct Line {
    number: u64,
    at: String,
    person: String,
    text: String,
    class: &'static str,
}

/// A hand-over that nobody has taken yet.
struct Waits {
    number: u64,
    text: String,
}

#[derive(askama::Template)]
#[template(path = "duty.html", config = "src/http/page/askama.toml")]
struct Sheet<'a> {
    lang: Lang,
    frame: Frame,
    code: &'a str,
    name: &'a str,
    now: String,
    on_duty: String,
    since: String,
    waits: Option<Waits>,
    rows: Vec<Row>,
    open: Vec<Open>,
    day: Day,
    today: Day,
    lines: Vec<Line>,
}

const fn fixed_name(fixed: Fixed, lang: Lang) -> &'static str {
    match (lang, fixed) {
        (Lang::Zh, _) => fixed.text_zh(),
        (Lang::En, Fixed::Hourly) => "hourly value",
        (Lang::En, Fixed::DailyReport) => "daily report",
        (Lang::En, Fixed::Forecast) => "forecast",
        (Lang::En, Fixed::DistrictFigures) => "figures of districts",
        (Lang::En, Fixed::ResponseReport) => "report of the response",
        (Lang::En, Fixed::MeasuresList) => "list of measures",
    }
}

/// `3月7日空气质量日报`.
pub(super) fn name(item: &Item, lang: Lang) -> String {
    match lang {
        Lang::Zh => {
            let text = item.text_zh();
            text.split('（').next().unwrap_or_default().to_owned()
        }
        Lang::En => {
            format!("{}, {}", fixed_name(item.fixed, lang), of_name(item.fixed, item.of))
        }
    }
}

const fn state(stage: Option<Stage>, lang: Lang) -> (&'static str, &'static str) {
    match stage {
        None => (lang.of("未到时限", "to come"), ""),
        Some(Stage::Reminded) => (lang.of("临近时限", "near"), "few"),
        Some(Stage::Overdue) => (lang.of("已逾期", "overdue"), "up"),
        Some(Stage::Escalated) => {
            (lang.of("已逾期，报带班领导", "overdue: tell the leader on duty"), "up")
        }
    }
}

/// `2026-09-30 24:00`: a day ends with its own hour.
pub(super) fn due(item: &Item) -> String {
    match item.fixed {
        Fixed::MeasuresList => {
            let last = item.due.plus_minutes(-1).hour().day();
            format!("{last} 24:00")
        }
        _ => minute(item.due),
    }
}

fn row(item: &Item, stage: Option<Stage>, lang: Lang) -> Row {
    let (state, class) = state(stage, lang);
    Row {
        fixed: item.fixed.name(),
        of: of_name(item.fixed, item.of),
        name: name(item, lang),
        due: due(item),
        state,
        class,
    }
}

/// What is open, the gravest first, and then what comes.
fn rows(area: &AreaView, lang: Lang) -> Vec<Row> {
    let mut open: Vec<(Stage, Item)> = open_items(area).collect();
    open.sort_by_key(|(stage, item)| (std::cmp::Reverse(*stage), item.due));
    let open = open.iter().map(|(stage, item)| row(item, Some(*stage), lang));
    open.chain(coming(area).iter().map(|item| row(item, None, lang))).collect()
}

fn open_items(area: &AreaView) -> impl Iterator<Item = (Stage, Item)> + '_ {
    area.duty
        .times
        .open
        .iter()
        .map(|((fixed, of), open)| (open.stage, Item { fixed: *fixed, of: *of, due: open.due }))
}

/// What the first page says of fixed times: what is overdue, and what comes near.
pub(super) fn banners(area: &AreaView, lang: Lang) -> Vec<Banner> {
    let of = |late: bool| -> Vec<String> {
        let items = open_items(area).filter(|(stage, _)| (*stage > Stage::Reminded) == late);
        items.map(|(_, item)| name(&item, lang)).collect()
    };
    let banner = |late, class, strong| {
        let items = of(late);
        let text = items.join(lang.of("、", "; "));
        (!items.is_empty()).then_some(Banner { class, strong, text })
    };
    let late = banner(true, "alarm", lang.of("逾期未办", "Overdue"));
    late.into_iter().chain(banner(false, "warn", lang.of("临近时限", "Soon due"))).collect()
}

fn line(record: &DutyRecord) -> Line {
    Line {
        number: record.number,
        at: minute(record.at),
        person: record.person.clone().unwrap_or_default(),
        text: record.text_zh(),
        class: match record.body.kind() {
            "signed" | "handed_over" | "taken_over" => "official",
            "reminded" => "quiet",
            _ => "",
        },
    }
}

/// `GET /duty`.
pub(in crate::http) async fn duty(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let pairs = parameters(query.as_deref(), &["area", "day", "lang"])?;
    let lang = Lang::parse(one(&pairs, "lang")?);
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let today = area.now.hour().day();
    let day = one(&pairs, "day")?.map_or(Ok(today), |text| {
        text.parse().map_err(|_| Problem::bad_parameter("day", "YYYY-MM-DD expected"))
    })?;
    let between = Some((day.start().start(), day.plus(1).start().start()));
    let asked = DutyQuery { between, limit: RECORDS, ..DutyQuery::default() };
    let (archive, code) = (app.services.archive.clone(), area.registry.area.to_string());
    let records = blocking(move || archive.duty_records(&code, &asked)).await??;
    let shift = &area.duty.shift;
    let on_duty = shift.on_duty.as_ref();
    let sheet = Sheet {
        lang,
        frame: Frame::of(&app, Place::Duty, Some(area), &pairs),
        code: area.registry.area.as_str(),
        name: &area.registry.name,
        now: minute(area.now),
        on_duty: on_duty.map(|(person, _)| person.clone()).unwrap_or_default(),
        since: on_duty.map(|(_, since)| minute(*since)).unwrap_or_default(),
        waits: shift.handed_over.as_ref().map(|(number, at, from, of)| {
            let at = minute(*at);
            let note = if of.note.is_empty() { String::new() } else { format!("：{}", of.note) };
            let text = match lang {
                Lang::Zh => format!("{from}于{at}交班给{}，待接班{note}", of.to),
                Lang::En => format!("{from} handed over to {} at {at}{note}", of.to),
            };
            Waits { number: *number, text }
        }),
        rows: rows(area, lang),
        open: shift
            .open
            .iter()
            .map(|(number, open)| Open {
                number: *number,
                sort: sort_name(open.entry.sort, lang),
                at: minute(open.entry.happened),
                person: open.person.clone(),
                text: if open.entry.from.is_empty() {
                    open.entry.text.clone()
                } else {
                    format!("{}：{}", open.entry.from, open.entry.text)
                },
            })
            .collect(),
        day,
        today,
        lines: records.iter().map(line).collect(),
    };
    let html = sheet.render().map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

const fn sort_name(sort: EntrySort, lang: Lang) -> &'static str {
    match (lang, sort) {
        (Lang::Zh, _) => sort.text_zh(),
        (Lang::En, EntrySort::Call) => "call",
        (Lang::En, EntrySort::Instruction) => "instruction from above",
        (Lang::En, EntrySort::Equipment) => "equipment and data",
        (Lang::En, EntrySort::Note) => "note",
    }
}

impl Sheet<'_> {
    /// The page's time for a form.
    fn form_time(&self) -> String {
        self.now.replace(' ', "T")
    }

    /// What an entry may be about.
    fn sorts(&self) -> [(&'static str, &'static str); EntrySort::ALL.len()] {
        EntrySort::ALL.map(|sort| (sort.name(), sort_name(sort, self.lang)))
    }
}
