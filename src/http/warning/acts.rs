//! What persons do in a warning's life, over the API.
//!
//! In: a bearer token and a JSON body. Out: the number of the record, once it is durable; or the refusal.
//!
//! Invariants: approvals and issues need the role `issuer`; everything else `operator`, in a drill too.
//! Whether an act fits is decided by the engine alone.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{asked_area, asked_warnings};
use crate::http::access::{Role, authorised};
use crate::http::api::parameters;
use crate::http::operator::answered;
use crate::http::problem::Problem;
use crate::http::{Act as Asked, App};
use crate::outlook::decode_forecast;
use crate::time::Instant;
use crate::warning::{
    Act, Advisory, AdvisorySort, Approval, Consultation, Instruction, Level, Notice, Participant,
    Target, named_list,
};

/// An act that was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Recorded {
    /// Who did it.
    person: String,
    /// The number of its record.
    number: u64,
}

impl Recorded {
    pub(in crate::http) const fn new(person: String, number: u64) -> Self {
        Self { person, number }
    }
}

/// A level that a person proposes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Proposed {
    /// `yellow`, `orange`, `red` or `lift`.
    target: String,
    /// Why.
    reason: String,
}

/// A recommendation that is not taken up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NotTaken {
    /// Which.
    proposal: u64,
    /// Why.
    reason: String,
}

/// An approval that was given on paper.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ApprovedOnPaper {
    /// Of which proposal.
    proposal: u64,
    /// `yellow`, `orange`, `red` or `lift`: what was approved, which may be another level than proposed.
    target: String,
    /// Who approved it.
    approver: String,
    /// The approver's office and post.
    office: String,
    /// The number of the document.
    document: String,
    /// When it was approved, RFC 3339.
    approved: String,
    /// Name of the scanned file.
    file: Option<String>,
}

/// What is issued on an approval.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct IssuedByPerson {
    /// Of which proposal.
    proposal: u64,
    /// Who issued it.
    issuer: String,
    /// The number of the notice.
    document: String,
    /// When it was issued, RFC 3339.
    issued: String,
    /// From when it holds, RFC 3339.
    effective_from: String,
    /// `yellow` (Ⅲ), `orange` (Ⅱ), `red` (Ⅰ): the response, where it is not the one that goes with the level.
    response: Option<String>,
}

/// Somebody who took part in a consultation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct TookPart {
    office: String,
    name: String,
    #[serde(default)]
    opinion: String,
}

/// A consultation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Consulted {
    /// When it was held, RFC 3339.
    held: String,
    participants: Vec<TookPart>,
    conclusion: String,
    /// `yellow`, `orange`, `red` or `lift`, where it proposes one.
    proposes: Option<String>,
    /// The warning that it was about.
    warning: Option<u64>,
}

/// An instruction of the province.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Instructed {
    office: String,
    /// The number of the document.
    document: String,
    /// `yellow`, `orange`, `red`: the lowest level; `lift` takes back what holds.
    level: String,
    /// From when, RFC 3339.
    from: String,
    #[serde(default)]
    text: String,
    /// Name of the scanned file.
    file: Option<String>,
}

/// An advisory.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Advised {
    /// `pollution` (污染天气提示) or `good_day` (保良提示).
    sort: String,
    text: String,
    /// Until when, RFC 3339.
    until: String,
}

/// Reads a body.
pub(in crate::http) fn read<'a, T: Deserialize<'a>>(body: &'a Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|e| Problem::bad_parameter("body", e))
}

/// Reads a time.
pub(in crate::http) fn time(name: &str, text: &str) -> Result<Instant, Problem> {
    Instant::parse_rfc3339(text).map_err(|e| Problem::bad_parameter(name, e))
}

fn target(name: &str, text: &str) -> Result<Target, Problem> {
    let fault = || Problem::bad_parameter(name, "yellow, orange, red or lift");
    Target::parse(text).ok_or_else(fault)
}

/// Hands an act to the engine, and waits until it is durable.
pub(in crate::http) async fn act(
    app: &App,
    headers: &HeaderMap,
    (least, query, warning): (Role, Option<String>, Option<u64>),
    read: impl FnOnce() -> Result<Act, Problem>,
) -> Result<Json<Recorded>, Problem> {
    let entry = entry(app, headers, (least, query, warning)).await?;
    entry.enter(app, read()?).await
}

/// A person who may act, and where.
#[derive(Debug)]
pub(in crate::http) struct Entry {
    person: String,
    area: String,
    drill: Option<u64>,
}

/// As the first half of [`act`]: who it is, and where; for what is read with the help of the archive.
pub(in crate::http) async fn entry(
    app: &App,
    headers: &HeaderMap,
    (least, query, warning): (Role, Option<String>, Option<u64>),
) -> Result<Entry, Problem> {
    let person = authorised(app, headers, least).await?.name;
    let pairs = parameters(query.as_deref(), &["area", "drill"])?;
    let (area, drill) = {
        let view = app.services.view.borrow().clone();
        let area = asked_area(&view, &pairs)?;
        let (of, drill) = asked_warnings(area, &pairs)?;
        let open = of.open.as_ref().map(|open| open.warning);
        if let Some(warning) = warning.filter(|warning| Some(*warning) != open) {
            return Err(Problem::not_found(format!("warning {warning} is not open")));
        }
        (area.registry.area.to_string(), drill)
    };
    Ok(Entry { person, area, drill })
}

impl Entry {
    /// Has the engine decide on what the person does.
    pub(in crate::http) async fn enter(
        self,
        app: &App,
        act: Act,
    ) -> Result<Json<Recorded>, Problem> {
        let Self { person, area, drill } = self;
        let (act, who) = (act.within(drill), person.clone());
        let ask = |reply| Asked::Warning { area, person: who, act, reply };
        let number = answered(app, ask).await?;
        Ok(Json(Recorded { person, number }))
    }
}

/// The number in a path.
pub(in crate::http) fn number(path: Result<Path<u64>, PathRejection>) -> Result<u64, Problem> {
    path.map(|Path(number)| number).map_err(|e| Problem::bad_parameter("path", e))
}

/// Enters an official forecast; the body is that of the topic `aq/{area}/forecast`.
#[utoipa::path(
    post,
    path = "/api/v1/outlook",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("drill" = Option<bool>, Query, description = "true: in the drill that runs")),
    request_body = Object,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn enter_forecast(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    act(&app, &headers, (Role::Operator, query, None), || {
        let forecast = decode_forecast(&body);
        forecast.map(Act::Forecast).map_err(|e| Problem::bad_parameter("body", e.detail))
    })
    .await
}

/// Writes a consultation (会商) down.
#[utoipa::path(
    post,
    path = "/api/v1/consultations",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("drill" = Option<bool>, Query, description = "true: in the drill that runs")),
    request_body = Consulted,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn consult(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    act(&app, &headers, (Role::Operator, query, None), || {
        let Consulted { held, participants, conclusion, proposes, warning } = read(&body)?;
        let took_part =
            |p: TookPart| Participant { office: p.office, name: p.name, opinion: p.opinion };
        let proposes = proposes.map(|text| target("proposes", &text)).transpose()?;
        Ok(Act::Consult(Consultation {
            warning,
            held: time("held", &held)?,
            participants: participants.into_iter().map(took_part).collect(),
            conclusion,
            proposes,
        }))
    })
    .await
}

/// Enters an instruction of the province that came as paper, file or call.
#[utoipa::path(
    post,
    path = "/api/v1/instructions",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("drill" = Option<bool>, Query, description = "true: in the drill that runs")),
    request_body = Instructed,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn instruct(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    act(&app, &headers, (Role::Operator, query, None), || {
        let Instructed { office, document, level, from, text, file } = read(&body)?;
        let (level, from) = (target("level", &level)?.level(), time("from", &from)?);
        Ok(Act::Instruct(Instruction { office, document, level, from, text, file }))
    })
    .await
}

/// Releases an advisory (污染天气提示, 保良提示), which is below any warning.
#[utoipa::path(
    post,
    path = "/api/v1/advisories",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("drill" = Option<bool>, Query, description = "true: in the drill that runs")),
    request_body = Advised,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn advise(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    act(&app, &headers, (Role::Operator, query, None), || {
        let Advised { sort, text, until } = read(&body)?;
        let known = AdvisorySort::ALL.into_iter().find(|known| known.name() == sort);
        let sort = known.ok_or_else(|| Problem::bad_parameter("sort", "pollution or good_day"))?;
        Ok(Act::Advise(Advisory { sort, text, until: time("until", &until)? }))
    })
    .await
}

/// Proposes a level, or that the warning be lifted, for a reason that the rules do not see.
#[utoipa::path(
    post,
    path = "/api/v1/warnings",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("drill" = Option<bool>, Query, description = "true: in the drill that runs")),
    request_body = Proposed,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn propose(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    act(&app, &headers, (Role::Operator, query, None), || {
        let Proposed { target: text, reason } = read(&body)?;
        Ok(Act::Propose { target: target("target", &text)?, reason })
    })
    .await
}

/// Does not take a recommendation up (未采纳).
#[utoipa::path(
    post,
    path = "/api/v1/warnings/{warning}/decline",
    params(
        ("warning" = u64, Path, description = "the warning that is open"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("drill" = Option<bool>, Query, description = "true: in the drill that runs")
    ),
    request_body = NotTaken,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn decline(
    State(app): State<App>,
    path: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    let warning = Some(number(path)?);
    act(&app, &headers, (Role::Operator, query, warning), || {
        let NotTaken { proposal, reason } = read(&body)?;
        Ok(Act::Decline { proposal, reason })
    })
    .await
}

/// Registers an approval that was given on paper (批准登记). Needs the role `issuer`.
#[utoipa::path(
    post,
    path = "/api/v1/warnings/{warning}/approve",
    params(
        ("warning" = u64, Path, description = "the warning that is open"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("drill" = Option<bool>, Query, description = "true: in the drill that runs")
    ),
    request_body = ApprovedOnPaper,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn approve(
    State(app): State<App>,
    path: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    let warning = Some(number(path)?);
    act(&app, &headers, (Role::Issuer, query, warning), || {
        let asked: ApprovedOnPaper = read(&body)?;
        Ok(Act::Approve(Approval {
            proposal: asked.proposal,
            target: target("target", &asked.target)?,
            approver: asked.approver,
            office: asked.office,
            document: asked.document,
            approved: time("approved", &asked.approved)?,
            file: asked.file,
        }))
    })
    .await
}

/// Issues what was approved: a start, an upgrade, a downgrade or the end. Needs the role `issuer`.
#[utoipa::path(
    post,
    path = "/api/v1/warnings/{warning}/issue",
    params(
        ("warning" = u64, Path, description = "the warning that is open"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("drill" = Option<bool>, Query, description = "true: in the drill that runs")
    ),
    request_body = IssuedByPerson,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(in crate::http) async fn issue(
    State(app): State<App>,
    path: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    let warning = Some(number(path)?);
    let measures = app.services.lists.measures.clone();
    act(&app, &headers, (Role::Issuer, query, warning), || {
        let asked: IssuedByPerson = read(&body)?;
        let response = asked.response.as_deref().map(|text| {
            let fault = || Problem::bad_parameter("response", "yellow, orange or red");
            Level::parse(text).ok_or_else(fault)
        });
        Ok(Act::Issue(Notice {
            proposal: asked.proposal,
            issuer: asked.issuer,
            document: asked.document,
            issued: time("issued", &asked.issued)?,
            effective_from: time("effective_from", &asked.effective_from)?,
            response: response.transpose()?,
            measures: measures.map(|list| named_list(&list.filing, &list.digest())),
        }))
    })
    .await
}
