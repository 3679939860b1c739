//! Papers on their way: kept as drafts, reviewed, signed, and read again as they were kept.
//!
//! In: what a paper is asked for by, and a person with a token. Out: acts for the engine; and of a kept paper
//! its text in every format, with number, state and names of now.
//!
//! Invariants: the text is made once, when it is kept, and is the same in every answer after; whether a step
//! fits is decided by the engine alone; a signature needs the role `issuer`.
//!
//! Source: issue 6, Build 2.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::{Role, authorised};
use super::api::{before, between, code, limit, parameters};
use super::duty::{KeptDocument, act, entered};
use super::paper::{Asked, PARAMETERS, asked_format, written};
use super::problem::Problem;
use super::warning::{Recorded, asked_area, number, read};
use super::{App, DutyQuery, blocking};
use crate::duty::{Draft, DutyAct, DutyBody, DutyRecord};
use crate::pipeline::AreaView;
use crate::report::{Document, ReportKind, Standing, State as Far};

/// What a person says of a paper that is to be kept.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ToKeep {
    /// Why it revises what is signed; needed where something is.
    #[serde(default)]
    reason: String,
    /// What stands last in it (补充说明), in the person's own words.
    #[serde(default)]
    addition: String,
}

/// Makes a paper and keeps it as a draft (制表).
///
/// It is asked for as by `GET`, without `format`. Where a paper of the same subject is signed, this one
/// revises it, names its number, and gets a number of its own when it is signed.
#[utoipa::path(
    post,
    path = "/api/v1/papers/{kind}",
    params(("kind" = String, Path, description = "as of `GET`, and so are the other parameters")),
    request_body = ToKeep,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn keep(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    let person = authorised(&app, &headers, Role::Operator).await?.name;
    let kind: Result<ReportKind, String> = code(path)?.parse();
    let kind = kind.map_err(|e| Problem::not_found(format!("kind: {e}")))?;
    let pairs = parameters(query.as_deref(), &PARAMETERS)?;
    if asked_format(&pairs)?.is_some() {
        return Err(Problem::bad_parameter("format", "a paper is kept for every format"));
    }
    let to_keep = if body.is_empty() { ToKeep::default() } else { read(&body)? };
    let view = app.services.view.borrow().clone();
    let asked = Asked::of(kind, &pairs, &view)?;
    let area = asked.registry.area.to_string();
    // Numbers count by area: where there are several, each has its name in them.
    let several = view.watched().count() > 1;
    let of_area = if several { asked.registry.name.clone() } else { String::new() };
    let papers = view.area(Some(&area)).map(|area| area.duty.papers.clone()).unwrap_or_default();
    let stops = |_| Problem::unavailable("the daemon stops");
    let one = app.papers.clone().acquire_owned().await.map_err(stops)?;
    let services = app.services.clone();
    let draft = blocking(move || {
        let _one = one;
        let (mut document, subject) = asked.with_subject(&services)?;
        let signed = papers.signed_of(kind.code(), &subject);
        if let Some(signed) = signed {
            document.revise(&signed.number, &to_keep.reason);
        }
        document.add(&to_keep.addition);
        let content = serde_json::to_string(&document)
            .map_err(|e| Problem::internal("the paper cannot be kept", &e))?;
        Ok::<_, Problem>(Draft {
            paper: kind.code().to_owned(),
            title: document.title,
            subtitle: document.subtitle,
            series: format!("{}{of_area}{}", services.lists.reports.series, kind.series_zh()),
            revises: signed.map(|signed| signed.paper),
            reason: if signed.is_some() { to_keep.reason } else { String::new() },
            subject,
            content,
        })
    });
    entered(&app, (area, person), DutyAct::Draft(draft.await??)).await
}

/// A paper that was signed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignedDocument {
    /// The record of its signature.
    pub(super) record: u64,
    /// The record of its draft.
    pub(super) paper: u64,
    /// 编号.
    pub(super) number: String,
    pub(super) title: String,
    pub(super) signed_at: String,
    /// Who signed, on paper.
    pub(super) signer: String,
    /// Who registered the signature.
    pub(super) person: Option<String>,
    /// Name of the scanned file.
    pub(super) file: Option<String>,
}

impl SignedDocument {
    pub(super) fn of(record: &DutyRecord) -> Option<Self> {
        let DutyBody::Signed { paper, number, title, signer, file } = &record.body else {
            return None;
        };
        Some(Self {
            paper: *paper,
            record: record.number,
            number: number.clone(),
            title: title.clone(),
            signed_at: record.at.to_string(),
            signer: signer.clone(),
            person: record.person.clone(),
            file: file.clone(),
        })
    }
}

/// Papers that are kept.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeptPapers {
    /// Not signed yet.
    open: Vec<KeptDocument>,
    /// The newest signature first.
    signed: Vec<SignedDocument>,
}

/// The papers of an area that are kept: on their way, and signed.
#[utoipa::path(
    get,
    path = "/api/v1/papers/kept",
    params(
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("before" = Option<u64>, Query, description = "signed by a lower number of a record"),
        ("from" = Option<String>, Query, description = "signed ones: from this day on"),
        ("to" = Option<String>, Query, description = "signed ones: until this day, included"),
        ("limit" = Option<usize>, Query, description = "signed ones: 1 to 1000, default 100")
    ),
    responses((status = 200, body = KeptPapers), (status = 404, body = Problem))
)]
pub(super) async fn all(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<KeptPapers>, Problem> {
    let pairs = parameters(query.as_deref(), &["area", "from", "to", "before", "limit"])?;
    let asked = DutyQuery {
        before: before(&pairs)?,
        between: between(&pairs)?,
        limit: limit(&pairs)?,
        ..DutyQuery::default()
    };
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let signed = signed(&app, area, asked).await?;
    let open = &area.duty.papers.open;
    Ok(Json(KeptPapers {
        open: open.iter().map(|(n, k)| KeptDocument::new(*n, k)).collect(),
        signed,
    }))
}

/// Papers of an area that were signed, the newest first, of those asked for.
pub(super) async fn signed(
    app: &App,
    area: &AreaView,
    asked: DutyQuery,
) -> Result<Vec<SignedDocument>, Problem> {
    let asked = DutyQuery { kinds: vec!["signed"], ..asked };
    let (archive, code) = (app.services.archive.clone(), area.registry.area.to_string());
    let records = blocking(move || archive.duty_records(&code, &asked)).await??;
    Ok(records.iter().filter_map(SignedDocument::of).collect())
}

/// What is known of a kept paper.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OneKept {
    /// The record of its draft.
    paper: u64,
    kind: String,
    /// Whose and of what.
    subject: String,
    title: String,
    subtitle: String,
    /// 编号; null before it is signed.
    number: Option<String>,
    /// `draft`, `reviewed`, `sent_back`, `replaced` or `signed`.
    state: &'static str,
    state_zh: &'static str,
    drafted_at: String,
    drafter: String,
    reviewer: String,
    signer: String,
    /// The signed paper that it revises, by the record of its draft.
    revises: Option<u64>,
}

/// A kept paper: what is known of it (`json`), or its text in a format.
#[utoipa::path(
    get,
    path = "/api/v1/papers/kept/{paper}",
    security((), ("person" = [])),
    params(
        ("paper" = u64, Path, description = "the record of its draft"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("format" = Option<String>, Query,
            description = "`json` (default), `html`, `text`, `csv`, `xlsx`, `docx`")
    ),
    responses((status = 200, body = OneKept), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn one_kept(
    State(app): State<App>,
    path: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let paper = number(path)?;
    let pairs = parameters(query.as_deref(), &["area", "format"])?;
    let format = asked_format(&pairs)?;
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let is_open = area.duty.papers.open.contains_key(&paper);
    let (archive, of) = (app.services.archive.clone(), area.registry.area.to_string());
    let (record, said) = blocking(move || {
        let kinds = vec!["reviewed", "returned", "signed"];
        let asked = DutyQuery { kinds, paper: Some(paper), limit: 9, ..DutyQuery::default() };
        let record = archive.duty_record(&of, paper)?;
        Ok::<_, Problem>((record, archive.duty_records(&of, &asked)?))
    })
    .await??;
    let none = || Problem::not_found(format!("record {paper} is no kept paper"));
    let record = record.ok_or_else(none)?;
    let DutyBody::Drafted(draft) = record.body else { return Err(none()) };
    if draft.paper.parse::<ReportKind>().is_ok_and(ReportKind::names_people) {
        authorised(&app, &headers, Role::Viewer).await?;
    }
    let mut document: Document = serde_json::from_str(&draft.content)
        .map_err(|e| Problem::internal("the paper cannot be read", &e))?;
    document.standing = standing(record.person, &said, is_open);
    let Some(format) = format else {
        let [drafter, reviewer, signer] = document.standing.names;
        return Ok(Json(OneKept {
            paper,
            kind: draft.paper,
            subject: draft.subject,
            title: draft.title,
            subtitle: draft.subtitle,
            number: document.standing.number,
            state: document.standing.state.name(),
            state_zh: document.standing.state.zh(),
            drafted_at: record.at.to_string(),
            drafter,
            reviewer,
            signer,
            revises: draft.revises,
        })
        .into_response());
    };
    let services = app.services;
    blocking(move || written(&services, &document, format)).await?
}

/// Where a paper stands by what was said of it, the newest first.
fn standing(drafter: Option<String>, said: &[DutyRecord], is_open: bool) -> Standing {
    let mut standing = Standing::default();
    standing.names[0] = drafter.unwrap_or_default();
    standing.state = if is_open { Far::Draft } else { Far::Replaced };
    for said in said.iter().rev() {
        let person = said.person.clone().unwrap_or_default();
        match &said.body {
            DutyBody::Reviewed { .. } => {
                standing.names[1] = person;
                standing.state = if is_open { Far::Reviewed } else { standing.state };
            }
            DutyBody::Returned { .. } => {
                // Whoever found it right before did so in vain.
                standing.names[1].clear();
                standing.state = if is_open { Far::SentBack } else { standing.state };
            }
            DutyBody::Signed { number, signer, .. } => {
                standing.number = Some(number.clone());
                standing.names[2].clone_from(signer);
                standing.state = Far::Signed;
            }
            _ => {}
        }
    }
    standing
}

/// What a reviewer says.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Opinion {
    #[serde(default)]
    opinion: String,
}

/// Finds a draft right (审核).
#[utoipa::path(
    post,
    path = "/api/v1/papers/kept/{paper}/review",
    params(
        ("paper" = u64, Path, description = "the record of its draft"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without")
    ),
    request_body = Opinion,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn review(
    State(app): State<App>,
    path: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    let paper = number(path)?;
    act(&app, (&headers, query, Role::Operator), || {
        let Opinion { opinion } = if body.is_empty() { Opinion::default() } else { read(&body)? };
        Ok(DutyAct::Review { paper, opinion })
    })
    .await
}

/// Why a draft goes back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SentBack {
    reason: String,
}

/// Sends a draft back (退回).
#[utoipa::path(
    post,
    path = "/api/v1/papers/kept/{paper}/return",
    params(
        ("paper" = u64, Path, description = "the record of its draft"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without")
    ),
    request_body = SentBack,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn send_back(
    State(app): State<App>,
    path: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    let paper = number(path)?;
    act(&app, (&headers, query, Role::Operator), || {
        let SentBack { reason } = read(&body)?;
        Ok(DutyAct::Return { paper, reason })
    })
    .await
}

/// A signature on paper.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Signature {
    /// Who signed.
    signer: String,
    /// Name of the scanned file.
    file: Option<String>,
}

/// Registers the signature (签发): the paper gets its number, and its text stands from now on.
#[utoipa::path(
    post,
    path = "/api/v1/papers/kept/{paper}/sign",
    params(
        ("paper" = u64, Path, description = "the record of its draft"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without")
    ),
    request_body = Signature,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn sign(
    State(app): State<App>,
    path: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    let paper = number(path)?;
    act(&app, (&headers, query, Role::Issuer), || {
        let Signature { signer, file } = read(&body)?;
        Ok(DutyAct::Sign { paper, signer, file })
    })
    .await
}
