//! The papers as a page: every kind with its day or month, or the newest records that have papers, and a link
//! to each format.

use askama::Template as _;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::frame::{Frame, Place};
use super::warning::minute;
use super::words::Lang;
use crate::duty::{KeptPaper, PaperState};
use crate::http::api::{one, parameters};
use crate::http::kept::{SignedDocument, signed};
use crate::http::paper::{encoded, ended};
use crate::http::problem::Problem;
use crate::http::{App, DutyQuery, RecordsQuery, blocking};
use crate::pipeline::AreaView;
use crate::report::{Every, Format, ReportKind};
use crate::time::Day;
use crate::warning::Record;

/// As the pages of others, but a date may be chosen in a form.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'self'";

/// The kinds of records that have papers.
const RECORDS: [&str; 3] = ["consulted", "recommended", "issued"];
/// How many of the newest of them are listed.
const RECORDS_SHOWN: usize = 20;

/// Signed papers that are listed.
const SIGNED_SHOWN: usize = 20;

/// A paper that is not signed.
struct Kept {
    paper: u64,
    title: String,
    state: &'static str,
    class: &'static str,
    /// Who did what so far.
    who: String,
    /// Where it is read and acted on.
    path: String,
    links: Vec<Link>,
    review: bool,
    sign: bool,
}

/// A paper that is.
struct Signed {
    number: String,
    title: String,
    who: String,
    links: Vec<Link>,
}

/// A kind of paper, of the day or month chosen, or of a record.
struct Kind {
    name: String,
    of: String,
    /// Why there is none; empty where there is one.
    none: String,
    links: Vec<Link>,
    /// Where it is kept as a draft.
    keep: String,
    /// The number of what is signed already, which a new one revises.
    signed: Option<String>,
    /// Whether it is the same paper as one by its day, of which something may be signed.
    by_day_too: bool,
}

struct Link {
    name: &'static str,
    path: String,
    opens: bool,
}

struct Choice {
    code: String,
    name: String,
    current: bool,
}

#[derive(askama::Template)]
#[template(path = "papers.html", config = "src/http/page/askama.toml")]
struct Sheet<'a> {
    lang: Lang,
    frame: Frame,
    code: &'a str,
    name: &'a str,
    entity: String,
    unit: &'a str,
    day: String,
    month: String,
    last: String,
    /// The last day that may be chosen.
    today: String,
    sets: Vec<Choice>,
    kinds: Vec<Kind>,
    /// Papers of the newest records of warnings.
    records: Vec<Kind>,
    kept: Vec<Kept>,
    signed: Vec<Signed>,
}

/// `GET /papers`.
pub(in crate::http) async fn papers(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let pairs = parameters(query.as_deref(), &["area", "entity", "day", "month", "lang"])?;
    let lang = Lang::parse(one(&pairs, "lang")?);
    let view = app.services.view.borrow().clone();
    let area = view.area(one(&pairs, "area")?).ok_or_else(|| Problem::not_found("no such area"))?;
    let registry = &area.registry;
    let entity = one(&pairs, "entity")?.unwrap_or(registry.area.as_str()).to_owned();
    let set = (0..registry.sets.len()).map(|set| Choice {
        code: registry.entity(set),
        name: if set == 0 { registry.name.clone() } else { registry.sets[set].name.clone() },
        current: registry.entity(set) == entity,
    });
    let sets: Vec<Choice> = set.collect();
    let chosen = sets.iter().find(|choice| choice.current);
    let name = chosen.ok_or_else(|| Problem::not_found("no such area or set"))?.name.clone();
    let ended = ended(area);
    let chosen = chosen_day(one(&pairs, "day")?)?;
    let (day, today) = (chosen.unwrap_or(ended), ended.plus(1));
    let month = one(&pairs, "month")?.filter(|month| !month.is_empty());
    let month = month.map_or_else(|| month_of(day), str::to_owned);
    let kind = |kind: ReportKind| {
        let of = match kind.every() {
            Every::Day | Every::Week => day.to_string(),
            // What is made while its day runs.
            Every::Present => chosen.unwrap_or(today).to_string(),
            Every::Month => month.clone(),
            Every::Record => String::new(),
        };
        self::kind(kind, (area, &entity, of), ended, lang)
    };
    let kinds = ReportKind::ALL.into_iter().filter(|kind| kind.every() != Every::Record);
    let kinds = kinds.map(kind).collect();
    let (archive, code) = (app.services.archive.clone(), registry.area.to_string());
    let asked = RecordsQuery { kinds: RECORDS.into(), limit: RECORDS_SHOWN, ..Default::default() };
    let told = blocking(move || archive.records(&code, &asked)).await??;
    let signed =
        signed(&app, area, DutyQuery { limit: SIGNED_SHOWN, ..DutyQuery::default() }).await?;
    let records = told.iter().flat_map(|record| {
        // A browser has no token.
        let kinds = ReportKind::of_record(record).iter().filter(|kind| !kind.names_people());
        kinds.map(|kind| of_record(*kind, record, area, lang))
    });
    let code = registry.area.as_str();
    let sheet = Sheet {
        lang,
        frame: Frame::of(&app, Place::Papers, Some(area), &pairs),
        code: registry.area.as_str(),
        name: &name,
        unit: &app.services.lists.reports.unit,
        kinds,
        records: records.collect(),
        kept: area.duty.papers.open.iter().map(|(n, of)| kept(*n, of, code, lang)).collect(),
        signed: signed.into_iter().map(|of| signed_row(of, code, lang)).collect(),
        day: day.to_string(),
        month,
        last: ended.to_string(),
        today: today.to_string(),
        sets,
        entity,
    };
    let html = sheet.render().map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    let fixed = [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_SECURITY_POLICY, POLICY)];
    Ok((fixed, Html(html)).into_response())
}

/// The day asked for.
fn chosen_day(text: Option<&str>) -> Result<Option<Day>, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let day = text.parse().map_err(|_| Problem::bad_parameter("day", "YYYY-MM-DD expected"));
    day.map(Some)
}

fn month_of(day: Day) -> String {
    let (year, month, _) = day.date();
    format!("{year}-{month:02}")
}

fn kind(
    kind: ReportKind,
    (view, entity, of): (&AreaView, &str, String),
    ended: Day,
    lang: Lang,
) -> Kind {
    let area = view.registry.area.as_str();
    let span = kind.span(&of, ended);
    let none = match (&span, lang) {
        (Ok(_), _) => String::new(),
        (Err(_), Lang::Zh) => format!("没有可出的日期：最近已结束的一日为{ended}"),
        (Err(e), Lang::En) => e.clone(),
    };
    let option = kind.every().option();
    let what =
        format!("area={}&entity={}&{option}={}", encoded(area), encoded(entity), encoded(&of));
    let first = span.as_ref().map(|span| span.from.to_string()).unwrap_or_default();
    let subject = match kind.every() {
        Every::Month => format!("{entity} {of}"),
        _ => format!("{entity} {first}"),
    };
    Kind {
        name: lang.of(kind.zh(), kind.en()).to_owned(),
        links: if span.is_ok() { links(kind, &what, lang) } else { Vec::new() },
        signed: signed_number(view, kind, &subject),
        by_day_too: false,
        keep: format!("/api/v1/papers/{kind}?{what}"),
        of,
        none,
    }
}

/// A paper of a record, which says what it is of.
fn of_record(kind: ReportKind, record: &Record, view: &AreaView, lang: Lang) -> Kind {
    let area = view.registry.area.as_str();
    let subject = format!("{area} record {}", record.number);
    let what = format!("area={}&record={}", encoded(area), record.number);
    Kind {
        name: lang.of(kind.zh(), kind.en()).to_owned(),
        of: format!("#{} {}", record.number, record.text_zh()),
        none: String::new(),
        signed: signed_number(view, kind, &subject),
        by_day_too: kind.every() == Every::Present,
        keep: format!("/api/v1/papers/{kind}?{what}"),
        links: links(kind, &what, lang),
    }
}

/// The number of what is signed of a subject.
fn signed_number(view: &AreaView, kind: ReportKind, subject: &str) -> Option<String> {
    let signed = view.duty.papers.signed_of(kind.code(), subject);
    signed.map(|signed| signed.number.clone())
}

fn kept(paper: u64, of: &KeptPaper, area: &str, lang: Lang) -> Kept {
    let path = format!("/api/v1/papers/kept/{paper}");
    let reviewed = match of.state {
        PaperState::Draft => String::new(),
        PaperState::Reviewed => format!("{}{}", lang.of("，审核：", ", reviewed by "), of.reviewer),
        PaperState::SentBack => {
            format!("{}{}：{}", lang.of("，退回：", ", sent back by "), of.reviewer, of.said)
        }
    };
    let (drafter, at) = (&of.drafter, minute(of.drafted));
    let state = match (lang, of.state) {
        (Lang::Zh, state) => state.text_zh(),
        (Lang::En, state) => state.name(),
    };
    Kept {
        paper,
        title: format!("{}（{}）", of.draft.title, of.draft.subtitle),
        state,
        class: if of.state == PaperState::SentBack { "up" } else { "few" },
        who: format!("{}{drafter} {at}{reviewed}", lang.of("制表：", "made by ")),
        links: formats(&path, &format!("area={}", encoded(area)), lang),
        path,
        review: of.state == PaperState::Draft,
        sign: of.state == PaperState::Reviewed,
    }
}

fn signed_row(of: SignedDocument, area: &str, lang: Lang) -> Signed {
    let at = of.signed_at.get(..16).unwrap_or_default().replace('T', " ");
    let path = format!("/api/v1/papers/kept/{}", of.paper);
    Signed {
        who: format!("{}{} {at}", lang.of("签发：", "signed by "), of.signer),
        links: formats(&path, &format!("area={}", encoded(area)), lang),
        number: of.number,
        title: of.title,
    }
}

/// A link to each format.
fn links(kind: ReportKind, what: &str, lang: Lang) -> Vec<Link> {
    formats(&format!("/api/v1/papers/{kind}"), what, lang)
}

fn formats(path: &str, what: &str, lang: Lang) -> Vec<Link> {
    let link = |format: Format| Link {
        name: match lang {
            Lang::Zh => format.zh(),
            Lang::En => format.name(),
        },
        path: format!("{path}?{what}&format={format}"),
        opens: matches!(format, Format::Html | Format::Text),
    };
    Format::ALL.map(link).into()
}
