//! Papers (日报 and so on): their figures as JSON, or as a page to print, text, tables or a document.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::access::{Role, authorised};
use super::api::{code, given, one, parameters};
use super::problem::Problem;
use super::{App, ArchiveError, DutyQuery, MembersQuery, RecordsQuery, Services, blocking};
use crate::area::{Member, Registry};
use crate::assessment::{DayFigures, DustColumn, JudgedBy, Span};
use crate::clock;
use crate::duty::DutyRecord;
use crate::measures::Edition;
use crate::observation::Dataset;
use crate::pipeline::{AreaView, View};
use crate::report::{
    DaysWanted, Document, DutyWanted, Every, Format, Found, Given, Made, RECORDS_MAX,
    RecordsWanted, ReportAsked, ReportFigures, ReportKind, ReportLists, Sources, Unmade,
};
use crate::standard::{Parameters, Practice};
use crate::time::{Day, Instant};
use crate::warning::Record;

/// A page to print brings its own style and nothing else.
const PRINT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'self'";

/// Everything that a paper may be asked for by.
pub(super) const PARAMETERS: [&str; 10] = [
    "day", "month", "record", "receiver", "format", "area", "entity", "dataset", "edition", "dust",
];

/// What is asked for.
pub(super) struct Asked {
    pub(super) kind: ReportKind,
    pub(super) registry: Arc<Registry>,
    registries: Vec<Arc<Registry>>,
    member: Member,
    span: Span,
    record: Option<u64>,
    receiver: Option<String>,
    dataset: Dataset,
    judged_by: JudgedBy,
    dust: DustColumn,
    made_at: Instant,
    simulated: bool,
}

/// The last day of an area that has ended.
pub(super) fn ended(area: &AreaView) -> Day {
    area.now.hour().day().plus(-1)
}

impl Asked {
    pub(super) fn of(
        kind: ReportKind,
        pairs: &[(String, String)],
        view: &View,
    ) -> Result<Self, Problem> {
        let area = one(pairs, "area")?;
        let area = view.area(area).ok_or_else(|| Problem::not_found("no such area"))?;
        if area.registry.is_reference() {
            return Err(Problem::not_found(
                "reference cities are ranked with; they have no papers",
            ));
        }
        let registry = Arc::clone(&area.registry);
        let member = match one(pairs, "entity")? {
            None => Member::Set(0),
            Some(entity) => match registry.member(entity) {
                Some(member @ Member::Set(_)) => member,
                _ => return Err(Problem::not_found(format!("no area or set {entity:?}"))),
            },
        };
        let given_of = Given {
            day: one(pairs, "day")?,
            month: one(pairs, "month")?,
            record: one(pairs, "record")?,
            receiver: one(pairs, "receiver")?,
        };
        let of = given_of.read(kind, ended(area));
        let (span, record) = of.map_err(|(name, e)| Problem::bad_parameter(name, e))?;
        let dust = one(pairs, "dust")?.map_or(Ok(DustColumn::Measured), DustColumn::reckoned);
        Ok(Self {
            kind,
            registry,
            registries: view.areas.iter().map(|area| Arc::clone(&area.registry)).collect(),
            member,
            span,
            record,
            receiver: given_of.receiver.map(str::to_owned),
            dataset: given(pairs, "dataset", Dataset::Best)?,
            judged_by: given(pairs, "edition", JudgedBy::InForce)?,
            dust: dust.map_err(|e| Problem::bad_parameter("dust", e))?,
            // Simulated air has a time of its own.
            made_at: if view.simulated { area.now } else { clock::now() },
            simulated: view.simulated,
        })
    }

    /// The paper, by the template of the room.
    pub(super) fn document(&self, services: &Services) -> Result<Document, Problem> {
        written_down(&self.figures(services)?, services)
    }

    /// The paper, and whose and of what it is among those of its kind: two of the same subject are the same
    /// paper. A forecast or a day of a response is the same by its day and by its record.
    pub(super) fn with_subject(&self, services: &Services) -> Result<(Document, String), Problem> {
        let figures = self.figures(services)?;
        let entity = self.registry.name_of(self.member);
        let from = match &figures {
            ReportFigures::Forecast(forecast) => &forecast.issued_day,
            other => &other.head().from,
        };
        let of = match (self.record, self.kind.every()) {
            (Some(record), Every::Record) => format!("record {record}"),
            (_, Every::Month) => from[..7].to_owned(),
            _ => from.clone(),
        };
        let mut subject = format!("{entity} {of}");
        if (self.judged_by, self.dust) != (JudgedBy::InForce, DustColumn::Measured) {
            subject = format!("{subject} {} {}", self.judged_by.name(), self.dust.code());
        }
        if let Some(receiver) = &self.receiver {
            subject = format!("{subject} {receiver}");
        }
        Ok((written_down(&figures, services)?, subject))
    }

    fn figures(&self, services: &Services) -> Result<ReportFigures, Problem> {
        // Days are judged by the letter, as the page of the year judges them.
        let parameters = Parameters { practice: Practice::Letter, ..services.parameters };
        let registries: Vec<&Registry> = self.registries.iter().map(Arc::as_ref).collect();
        let lists = &services.lists;
        let asked = ReportAsked {
            kind: self.kind,
            registry: &self.registry,
            member: self.member,
            span: self.span,
            record: self.record,
            receiver: self.receiver.as_deref(),
            parameters: &parameters,
            dataset: self.dataset,
            judged_by: self.judged_by,
            dust: self.dust,
            lists: ReportLists {
                registries: &registries,
                ranks: &lists.ranks,
                targets: &lists.targets,
                resampling: &lists.resampling,
                dust: &lists.dust,
                measures: lists.measures.as_deref(),
                district_report_due: lists.district_report_due,
            },
            made: Made { unit: &lists.reports.unit, at: self.made_at, simulated: self.simulated },
        };
        let mut sources = FromArchive { services, area: self.registry.area.as_str() };
        asked.reckon(&mut sources).map_err(|e| match e {
            Unmade::Refused(why) => Problem::not_found(why),
            Unmade::Unread(e) => Problem::from(e),
        })
    }
}

/// What figures say, by the template of the room.
fn written_down(figures: &ReportFigures, services: &Services) -> Result<Document, Problem> {
    let document = services.lists.reports.templates.document(figures);
    document.map_err(|e| Problem::internal("a template has a fault", &e))
}

/// What the daemon stores.
struct FromArchive<'a> {
    services: &'a Services,
    area: &'a str,
}

impl Sources for FromArchive<'_> {
    type Fault = ArchiveError;

    fn days(&mut self, wanted: &DaysWanted<'_>) -> Result<Vec<Vec<DayFigures>>, ArchiveError> {
        self.services.archive.days_of_members(&MembersQuery {
            area: wanted.registry.area.clone(),
            members: wanted.members.to_vec(),
            days: wanted.days,
            parameters: *wanted.parameters,
            dataset: wanted.dataset,
            judged_by: wanted.judged_by,
            dust: wanted.dust,
        })
    }

    fn records(&mut self, wanted: &RecordsWanted) -> Result<Vec<Record>, ArchiveError> {
        let RecordsWanted { kinds, before, drill } = *wanted;
        let (kinds, drill) = (kinds.into(), Some(drill));
        let asked = RecordsQuery { kinds, before, between: None, drill, limit: RECORDS_MAX };
        self.services.archive.records(self.area, &asked)
    }

    fn record(&mut self, number: u64) -> Result<Option<Record>, ArchiveError> {
        self.services.archive.record(self.area, number)
    }

    fn warning(&mut self, number: u64) -> Result<Vec<Record>, ArchiveError> {
        self.services.archive.warning(self.area, number)
    }

    fn edition(&mut self, digest: &str) -> Result<Option<Edition>, ArchiveError> {
        self.services.archive.edition(digest)
    }

    fn duty(&mut self, wanted: &DutyWanted) -> Result<Vec<DutyRecord>, ArchiveError> {
        let (kinds, between) = (wanted.kinds.into(), Some(wanted.between));
        let (before, limit) = (wanted.before, RECORDS_MAX);
        let asked = DutyQuery { kinds, between, before, limit, paper: None };
        self.services.archive.duty_records(self.area, &asked)
    }

    fn findings(&mut self, registry: &Registry, day: Day) -> Result<Vec<Found>, ArchiveError> {
        self.services.archive.findings(registry.area.as_str(), day)
    }
}

/// The figures of a paper (`json`), or the paper itself.
///
/// A day that has not ended has only a forecast, a report of its response and a shift book; a week or month
/// that runs holds the days that have ended. Names of figures are those by which templates call them.
#[utoipa::path(
    get,
    path = "/api/v1/papers/{kind}",
    security((), ("person" = [])),
    params(
        ("kind" = String, Path, description = "`daily` (空气质量日报), `brief` (日报短信), `forecast` \
            (空气质量预报单), `weekly` (空气质量周报), `monthly` (空气质量月报), `ranking` (排名表), \
            `leader` (领导专报); of a record \
            `consultation` (会商记录), `approval` (预警建议与审批单), `notice` (启动、调整、\
            解除通知), `tasks` (分区县任务单, only for persons with a \
            token), `review` (过程总结); of a day of a response `response` (14时调度日报); \
            `feedback` (反馈单), `shift` (值班日志)"),
        ("day" = Option<String>, Query,
            description = "of a day's paper, such as 2025-03-07, or any day of a week's; by \
                           default the last that has ended, of `forecast`, `response` and \
                           `shift` the present one"),
        ("month" = Option<String>, Query,
            description = "of a month's paper, such as 2025-03; by default that of the last day \
                           that has ended"),
        ("record" = Option<u64>, Query,
            description = "of a record's paper: the number of the record, of `review` that of the \
                           warning; `forecast` and `response` take it in place of the day"),
        ("receiver" = Option<String>, Query,
            description = "of `tasks`: one district or department; all without"),
        ("format" = Option<String>, Query,
            description = "`json` (default: the figures), `html` (a page to print, A4), `text` (to \
                           paste), `csv` and `xlsx` (the tables), `docx` (to edit and sign)"),
        ("area" = Option<String>, Query, description = "the first one without it"),
        ("entity" = Option<String>, Query,
            description = "the area (default), or `area/set`: whose figures stand first"),
        ("dataset" = Option<String>, Query,
            description = "`realtime`, `reviewed` or `best` (default)"),
        ("edition" = Option<String>, Query,
            description = "`in_force` (default), or all days by `2012` or `2026`"),
        ("dust" = Option<String>, Query,
            description = "`measured` (default), `dust_recognised` or `dust_reported`")
    ),
    responses(
        (status = 200, body = ReportFigures),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 404, body = Problem)
    )
)]
pub(super) async fn paper(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let kind: Result<ReportKind, String> = code(path)?.parse();
    let kind = kind.map_err(|e| Problem::not_found(format!("kind: {e}")))?;
    if kind.names_people() {
        authorised(&app, &headers, Role::Viewer).await?;
    }
    let pairs = parameters(query.as_deref(), &PARAMETERS)?;
    let format = asked_format(&pairs)?;
    let asked = Asked::of(kind, &pairs, &app.services.view.borrow().clone())?;
    let stops = |_| Problem::unavailable("the daemon stops");
    let one = app.papers.clone().acquire_owned().await.map_err(stops)?;
    let services = app.services;
    blocking(move || {
        // Held until the work is done, also when nobody waits for the answer any more.
        let _one = one;
        match format {
            None => Ok(Json(asked.figures(&services)?).into_response()),
            Some(format) => written(&services, &asked.document(&services)?, format),
        }
    })
    .await?
}

/// The format that is asked for; `None` for JSON.
pub(super) fn asked_format(pairs: &[(String, String)]) -> Result<Option<Format>, Problem> {
    match one(pairs, "format")? {
        None | Some("json") => Ok(None),
        Some(text) => {
            let format = text.parse::<Format>();
            let format =
                format.map_err(|e| Problem::bad_parameter("format", format!("json, or {e}")));
            format.map(Some)
        }
    }
}

/// A document in a format.
pub(super) fn written(
    services: &Services,
    document: &Document,
    format: Format,
) -> Result<Response, Problem> {
    let bytes = (services.lists.render_paper)(document, format);
    let bytes = bytes.map_err(|e| Problem::internal("the paper cannot be written", &e))?;
    Ok(answer(document, format, bytes))
}

fn answer(document: &Document, format: Format, bytes: Vec<u8>) -> Response {
    let fixed = [(header::CONTENT_TYPE, format.media()), (header::CACHE_CONTROL, "no-store")];
    match format {
        Format::Html => {
            (fixed, [(header::CONTENT_SECURITY_POLICY, PRINT_POLICY)], bytes).into_response()
        }
        Format::Text => (fixed, bytes).into_response(),
        Format::Csv | Format::Xlsx | Format::Docx => {
            let name = format!("{}{}.{}", document.title, document.subtitle, format.ending());
            let saved = format!("attachment; filename*=UTF-8''{}", encoded(&name));
            (fixed, [(header::CONTENT_DISPOSITION, saved)], bytes).into_response()
        }
    }
}

/// A value for a query or a header.
pub(super) fn encoded(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let one = |b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
    value.bytes().map(one).collect()
}
