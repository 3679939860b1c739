//! The site and the metrics, over views made by hand.

mod api;
mod correction;
mod events;
mod evidence;
mod execution;
mod explain;
mod first;
mod hours;
mod list;
mod listing;
mod metrics;
mod notice;
mod office;
mod openapi;
mod origins;
mod outlook;
mod page;
mod paper;
mod past;
mod public;
mod quality;
mod quality_page;
mod rank;
mod reconciliation;
mod reprocess;
mod room;
mod sample;
mod silence;
mod station;
mod year;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use lantian::area::{Figures, Member};
use lantian::assessment::DayFigures;
use lantian::assessment::target::Resampling;
use lantian::duty::{DutyBody, DutyRecord};
use lantian::explanation::{Asked, Cells, Excluded, Explanation, explain};
use lantian::http::{
    Act, Archive, ArchiveError, ArchivedDay, Config, CorrectionRow, DaysQuery, DeadLetterRow,
    DutyQuery, ExplainQuery, Health, Lists, MembersQuery, Person, Range, ReconciliationQuery,
    RecordsQuery, RevisionRow, Role, SeriesQuery, Services, Site,
};
use lantian::measures::{Edition, EvidenceParams, MeterReading};
use lantian::notification::{NoticeBody, NoticeRecord};
use lantian::pipeline::{DeadLetterReason, KeptLetter, View};
use lantian::quality::Finding;
use lantian::reconciliation::Reconciliation;
use lantian::report::ReportSettings;
use lantian::standard::Parameters;
use lantian::telemetry::{self, Latency};
use lantian::time::{Day, Hour, Instant};
use lantian::warning::Record;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// An archive that answers what it is told, and remembers what it was asked.
#[derive(Default)]
struct Shelf {
    figures: Vec<Figures>,
    /// How many members were asked for at once.
    members: Mutex<Vec<usize>>,
    asked: Mutex<Vec<SeriesQuery>>,
    reconciliation: Reconciliation,
    last_published: Option<Hour>,
    findings: Vec<(Hour, usize, Finding)>,
    revised: Vec<RevisionRow>,
    compared: Mutex<Vec<ReconciliationQuery>>,
    broken: bool,
    records_broken: bool,
    records: Vec<Record>,
    duty: Vec<DutyRecord>,
    notices: Vec<NoticeRecord>,
    measures: Option<Arc<Edition>>,
    /// Editions that were in use before.
    kept: Vec<Edition>,
    power: Vec<MeterReading>,
    /// Whether no token is good any more.
    withdrawn: AtomicBool,
}

/// The paper of which a record is.
fn of_paper(body: &DutyBody) -> Option<u64> {
    match body {
        DutyBody::Reviewed { paper, .. }
        | DutyBody::Returned { paper, .. }
        | DutyBody::Signed { paper, .. } => Some(*paper),
        _ => None,
    }
}

/// Whether something is of the span that is asked for.
fn within(between: Option<(Instant, Instant)>, at: Instant) -> bool {
    between.is_none_or(|(from, to)| from <= at && at < to)
}

impl Archive for Shelf {
    fn series(&self, query: &SeriesQuery) -> Result<Vec<Figures>, ArchiveError> {
        if self.broken {
            return Err(ArchiveError::Unavailable("disk on fire".to_owned()));
        }
        self.asked.lock().expect("not poisoned").push(query.clone());
        let within = |f: &&Figures| query.from <= f.hour && f.hour <= query.to;
        Ok(self.figures.iter().filter(within).cloned().collect())
    }

    /// Every day of the air that the shelf holds; nothing of days before it.
    fn days(&self, query: &DaysQuery) -> Result<Vec<ArchivedDay>, ArchiveError> {
        let days = (query.from.number()..=query.to.number()).map(Day::from_number);
        Ok(days.map(|day| year::archived(day, query)).collect())
    }

    fn days_of_members(&self, query: &MembersQuery) -> Result<Vec<Vec<DayFigures>>, ArchiveError> {
        let (from, to) = query.days;
        let days = || (from.number()..=to.number()).map(Day::from_number);
        Ok(query.members.iter().map(|m| days().map(|d| rank::day(*m, d)).collect()).collect())
    }

    fn hours_of_members(
        &self,
        query: &MembersQuery,
        (from, to): (Hour, Hour),
    ) -> Result<Vec<Vec<Figures>>, ArchiveError> {
        self.members.lock().expect("not poisoned").push(query.members.len());
        if query.area.as_str() != "cities" {
            let asked = |f: &&Figures| (from..=to).contains(&f.hour);
            let hours: Vec<Figures> = self.figures.iter().filter(asked).cloned().collect();
            return Ok(vec![hours; query.members.len()]);
        }
        let hours = || (from.number()..=to.number()).map(Hour::from_number);
        let of = |member: &Member| hours().filter_map(|h| rank::hour_of(*member, h)).collect();
        Ok(query.members.iter().map(of).collect())
    }

    fn explain(&self, query: &ExplainQuery) -> Result<Explanation, ArchiveError> {
        let (area, parameters) = (sample::dalian(), Parameters::default());
        let (registry, member) = (&area.registry, Member::Set(0));
        if query.hour > sample::hour("2026-11-23", 15) {
            return Err(ArchiveError::NoFigure("is not published yet".to_owned()));
        }
        let ExplainQuery { quantity, hour, .. } = *query;
        let asked = Asked { registry, member, quantity, hour, parameters: &parameters };
        Ok(explain(&asked, &Cells::new(), &Excluded::new()))
    }

    /// Two of them.
    fn dead_letters(
        &self,
        area: &str,
        (before, between): Range<(Instant, u64)>,
        limit: usize,
    ) -> Result<Vec<DeadLetterRow>, ArchiveError> {
        assert!(area != "panic", "a handler's work panics");
        let row = |n: usize| DeadLetterRow {
            station: if n == 0 { "1077A".to_owned() } else { String::new() },
            first_at: Instant::from_millis(0),
            last_at: Instant::from_millis(3_600_000),
            count: 3,
            reason: "not_json".to_owned(),
            detail: "at byte 4".to_owned(),
            topic: format!("aq/{area}/1077A/obs"),
            payload: "{\"st<script>".to_owned(),
            number: 9 - n as u64,
        };
        let asked = |row: &DeadLetterRow| {
            within(between, row.last_at) && before.is_none_or(|b| (row.last_at, row.number) < b)
        };
        Ok((0..2).map(row).filter(asked).take(limit).collect())
    }

    fn kept_letters(
        &self,
        area: &str,
        reason: DeadLetterReason,
        limit: usize,
    ) -> Result<Vec<KeptLetter>, ArchiveError> {
        let topic = format!("aq/{area}/{}/obs", reason.name());
        let letter =
            KeptLetter { digest: [7; 32], feed: None, topic, payload: vec![1], whole: true };
        Ok(vec![letter; limit])
    }

    /// Two of them.
    fn corrections(
        &self,
        area: &str,
        (before, between): Range<u64>,
        limit: usize,
    ) -> Result<Vec<CorrectionRow>, ArchiveError> {
        let row = |n: u64| CorrectionRow {
            number: 9 - n,
            at: Instant::from_millis(0),
            person: "王工".to_owned(),
            reason: format!("{area} 校准"),
            station: "1077A".to_owned(),
            quantity: "pm2_5".to_owned(),
            hour: Hour::from_number(0),
            act: "set".to_owned(),
            amount: Some(61_000),
            refused: (n == 0).then(|| "national_station".to_owned()),
        };
        let asked = |row: &CorrectionRow| {
            within(between, row.at) && before.is_none_or(|before| row.number < before)
        };
        Ok((0..2).map(row).filter(asked).take(limit).collect())
    }

    fn revisions(
        &self,
        _: &str,
        entity: &str,
        (from, _): (Day, Day),
    ) -> Result<Vec<RevisionRow>, ArchiveError> {
        if !self.revised.is_empty() {
            return Ok(self.revised.clone());
        }
        let changes = r#"[[8,"pm2_5",40000,44500]]"#.to_owned();
        let (entity, cause) = (entity.to_owned(), "late".to_owned());
        Ok(vec![RevisionRow { at: Instant::from_millis(0), entity, day: from, cause, changes }])
    }

    fn reconciliation(&self, query: &ReconciliationQuery) -> Result<Reconciliation, ArchiveError> {
        self.compared.lock().expect("not poisoned").push(query.clone());
        Ok(self.reconciliation.clone())
    }

    fn last_published(&self, _: &str) -> Result<Option<Hour>, ArchiveError> {
        Ok(self.last_published)
    }

    fn records(&self, _: &str, query: &RecordsQuery) -> Result<Vec<Record>, ArchiveError> {
        if self.records_broken {
            return Err(ArchiveError::Unavailable("disk on fire".to_owned()));
        }
        let asked = self.records.iter().rev();
        let of_kind = |record: &&Record| query.kinds.contains(&record.body.kind());
        let before = |record: &&Record| query.before.is_none_or(|before| record.number < before);
        let then = |record: &&Record| within(query.between, record.at);
        Ok(asked.filter(of_kind).filter(before).filter(then).take(query.limit).cloned().collect())
    }

    fn duty_records(&self, _: &str, asked: &DutyQuery) -> Result<Vec<DutyRecord>, ArchiveError> {
        let then = |record: &&DutyRecord| {
            let kinds = &asked.kinds;
            within(asked.between, record.at)
                && asked.before.is_none_or(|before| record.number < before)
                && asked.paper.is_none_or(|paper| of_paper(&record.body) == Some(paper))
                && (kinds.is_empty() || kinds.contains(&record.body.kind()))
        };
        Ok(self.duty.iter().rev().filter(then).take(asked.limit).cloned().collect())
    }

    fn duty_record(&self, _: &str, number: u64) -> Result<Option<DutyRecord>, ArchiveError> {
        Ok(self.duty.iter().find(|record| record.number == number).cloned())
    }

    fn notice_records(&self, _: &str, notice: u64) -> Result<Vec<NoticeRecord>, ArchiveError> {
        let of = |r: &&NoticeRecord| r.body.notice().unwrap_or(r.number) == notice;
        Ok(self.notices.iter().filter(of).cloned().collect())
    }

    fn raised_notices(
        &self,
        _: &str,
        (before, between): Range<u64>,
        limit: usize,
    ) -> Result<Vec<NoticeRecord>, ArchiveError> {
        let asked = |r: &&NoticeRecord| {
            matches!(r.body, NoticeBody::Raised { .. })
                && within(between, r.at)
                && before.is_none_or(|b| r.number < b)
        };
        Ok(self.notices.iter().rev().filter(asked).take(limit).cloned().collect())
    }

    fn edition(&self, digest: &str) -> Result<Option<Edition>, ArchiveError> {
        Ok(self.kept.iter().find(|kept| kept.digest() == digest).cloned())
    }

    fn record(&self, _: &str, number: u64) -> Result<Option<Record>, ArchiveError> {
        Ok(self.records.iter().find(|record| record.number == number).cloned())
    }

    fn warning(&self, _: &str, _: u64) -> Result<Vec<Record>, ArchiveError> {
        Ok(self.records.clone())
    }

    fn findings(&self, _: &str, day: Day) -> Result<Vec<(Hour, usize, Finding)>, ArchiveError> {
        Ok(self.findings.iter().filter(|(hour, ..)| hour.day() == day).copied().collect())
    }

    fn power(
        &self,
        _: &str,
        (from, until): (Instant, Instant),
        _: &[String],
    ) -> Result<Vec<MeterReading>, ArchiveError> {
        let within = |reading: &&MeterReading| from <= reading.start && reading.start < until;
        Ok(self.power.iter().filter(within).copied().collect())
    }

    fn person(&self, token: &str) -> Result<Option<Person>, ArchiveError> {
        let role = match token {
            _ if self.withdrawn.load(Ordering::Relaxed) => return Ok(None),
            "reads" => Role::Viewer,
            "runs" => Role::Operator,
            "rules" => Role::Admin,
            _ => return Ok(None),
        };
        Ok(Some(Person { name: "王工".to_owned(), role }))
    }
}

/// A site and the ends that the daemon would hold.
struct Daemon {
    router: axum::Router,
    view: watch::Sender<Arc<View>>,
    health: watch::Sender<Health>,
    acts: mpsc::Receiver<Act>,
    shelf: Arc<Shelf>,
    cancel: CancellationToken,
    services: Services,
}

impl Daemon {
    fn over(view: View) -> Self {
        Self::with(view, Shelf::default(), Config::default())
    }

    fn with(view: View, shelf: Shelf, config: Config) -> Self {
        Self::changed(view, shelf, config, |_| {})
    }

    /// With what not every site has.
    fn changed(
        view: View,
        shelf: Shelf,
        config: Config,
        change: impl FnOnce(&mut Services),
    ) -> Self {
        let (view, views) = watch::channel(Arc::new(view));
        let (health, healths) = watch::channel(Health { ready: true, reasons: Vec::new() });
        let (sender, acts) = mpsc::channel(1);
        let measures = shelf.measures.clone();
        let (shelf, cancel) = (Arc::new(shelf), CancellationToken::new());
        let latency = Latency::default();
        let metrics =
            telemetry::registry(views.clone(), latency.clone()).expect("names are unique");
        let archive = shelf.clone();
        let mut services = Services {
            view: views,
            archive,
            acts: sender,
            health: healths,
            metrics,
            parameters: Parameters::default(),
            lists: Arc::new(Lists {
                measures,
                refused: Vec::new(),
                district_report_due: 13 * 60,
                read_sheets: lantian::workbook::sheets_in,
                evidence: EvidenceParams::DEFAULT,
                reports: ReportSettings::default(),
                render_paper: lantian::paper::render,
                targets: year::targets(),
                resampling: Resampling::DEFAULT,
                ranks: rank::sets(),
                seasons: year::seasons(),
                dust: year::dust(),
            }),
            latency,
            replies: None,
            links: None,
        };
        change(&mut services);
        let site = Site::new(services.clone(), config, cancel.clone());
        tokio::spawn(site.painter.run());
        Self { router: site.router, view, health, acts, shelf, cancel, services }
    }

    async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (head, body) = response.into_parts();
        let header = |name: &str| {
            let value = head.headers.get(name).and_then(|v| v.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let (media, policy) = (header("content-type"), header("content-security-policy"));
        let tag = header("etag");
        let bytes = to_bytes(body, usize::MAX).await.expect("a whole body");
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        Answer { status: head.status, media, policy, tag, text, headers: head.headers }
    }

    async fn get(&self, path: &str) -> Answer {
        self.answer(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    async fn get_as(&self, path: &str, token: &str) -> Answer {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        self.answer(request.body(Body::empty()).expect("a request")).await
    }

    async fn post(&self, path: &str, token: Option<&str>) -> Answer {
        self.post_body(path, token, Body::empty()).await
    }

    async fn post_body(&self, path: &str, token: Option<&str>, body: Body) -> Answer {
        let mut request = Request::post(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.answer(request.body(body).expect("a request")).await
    }
}

/// What came back.
struct Answer {
    status: StatusCode,
    media: String,
    policy: String,
    tag: String,
    text: String,
    headers: HeaderMap,
}

impl Answer {
    /// A header, empty where it is not there.
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    fn json(&self) -> serde_json::Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        assert_eq!(self.media, "application/json");
        serde_json::from_str(&self.text).expect("JSON")
    }

    /// A problem document of that status; its `code` and `detail`.
    fn problem(&self, status: u16) -> (String, String) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.media, "application/problem+json", "{}", self.text);
        let json: serde_json::Value = serde_json::from_str(&self.text).expect("JSON");
        assert_eq!(json["status"], status);
        assert_eq!(json["type"], "about:blank");
        let text = |key: &str| json[key].as_str().expect("a text").to_owned();
        (text("code"), text("detail"))
    }
}
