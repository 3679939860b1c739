//! What people and programs see: the page, the JSON API, live updates, metrics and health.
//!
//! In: the [`View`] after each commit, the [`Archive`] for what is older, a [`Health`]. Out: HTTP
//! answers, and [`Act`]s of authorised persons.
//!
//! Invariants: every error is a problem document (RFC 9457), or a page where people open a link of a message;
//! what is missing is null with a reason and never looks like good air; every write needs the bearer token of
//! a person with a role, a word on one notice their signed link or the gateway's token; nothing here blocks
//! the runtime; a panic in a handler is an answer 500, not the end of the daemon.
//!
//! Why a [`View`] and no queries: figures of now are rendered from one immutable picture, so that a
//! page never mixes two commits, and is rendered once for all who watch.
//!
//! Source: design section 3 (Page, Metrics, TLS and HTTP).

mod access;
mod api;
mod archive;
mod assessment;
mod change;
mod conditional;
mod correction;
mod document;
mod duty;
mod edition;
mod events;
mod evidence;
mod execution;
mod explain;
mod guard;
mod kept;
mod listing;
mod measures;
mod notice;
mod openapi;
mod operator;
mod origins;
mod page;
mod paper;
mod power;
mod problem;
mod public;
mod quality;
mod rank;
mod reconciliation;
mod reprocess;
mod room;
mod routes;
mod series;
mod target;
mod warning;

pub use access::Role;
pub use archive::{
    Archive, ArchiveError, CorrectionRow, DeadLetterRow, EntityId, MembersQuery, Range, RevisionRow,
};
pub use assessment::{ArchivedDay, DaysQuery};
pub use axum::http::HeaderValue as Origin;
pub use correction::Correct;
pub use duty::DutyQuery;
pub use explain::ExplainQuery;
pub use notice::{Replies, ack_path, digits};
pub use origins::origin;
pub use power::PowerUpload;
pub use public::public_site;
pub use reconciliation::{ReconciliationDocument, ReconciliationQuery};
pub use reprocess::Reprocess;
pub use series::SeriesQuery;
pub use warning::{RecordsQuery, public_warning};

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::assessment::Seasons;
use crate::assessment::dust::DustEntries;
use crate::assessment::rank::RankSet;
use crate::assessment::target::{Resampling, Targets};
use crate::measures::{Edition, EvidenceParams, Sheet};
use crate::notification::LinkKey;
use crate::pipeline::{PowerTaken, RetryCounts, View};
use crate::report::{Document, Format, ReportSettings};
use crate::standard::Parameters;
use crate::telemetry::Latency;
use events::Journal;
use page::Screens;
use problem::Problem;
use routes::router;

/// Where to listen, and how much to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The address; this machine only unless told otherwise.
    pub listen: SocketAddr,
    /// How long one answer may take.
    pub answer_timeout: Duration,
    /// Answers in work at the same time; more get 503.
    pub max_answers: usize,
    /// Pages that are kept up to date at the same time; more get 503.
    pub max_watchers: usize,
    /// The largest body that is read, in bytes.
    pub max_body_bytes: usize,
    /// The longest span of one series, in hours.
    pub max_series_hours: u32,
    /// The shortest time between two pictures pushed to a page.
    pub push_interval: Duration,
    /// Origins whose pages may read here, as [`origin`] reads them.
    pub allowed_origins: Vec<Origin>,
    /// Whether they may write too, each act with the token of a person.
    pub origins_may_write: bool,
    /// Where the public reads what is published and issued; nowhere by default.
    pub public_listen: Option<SocketAddr>,
}

impl Default for Config {
    /// Chosen, not measured: a monitoring room has tens of screens, not thousands.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            answer_timeout: Duration::from_secs(30),
            max_answers: 64,
            max_watchers: 256,
            max_body_bytes: 16 * 1024,
            max_series_hours: 93 * 24,
            push_interval: Duration::from_secs(1),
            allowed_origins: Vec::new(),
            origins_may_write: false,
            public_listen: None,
        }
    }
}

/// What the answers rest on.
#[derive(Clone)]
pub struct Services {
    /// The picture after the last commit.
    pub view: watch::Receiver<Arc<View>>,
    /// What is stored.
    pub archive: Arc<dyn Archive>,
    /// Where acts of persons go.
    pub acts: mpsc::Sender<Act>,
    /// Whether the daemon is fit for use.
    pub health: watch::Receiver<Health>,
    /// The metrics.
    pub metrics: prometheus::Registry,
    /// By what the figures of the view were judged.
    pub parameters: Parameters,
    /// What the bureau has written down for days and periods.
    pub lists: Arc<Lists>,
    /// Where the time of rendering is recorded.
    pub latency: Latency,
    /// Who may hand in what people answer to text messages; `None` where nobody may.
    pub replies: Option<Arc<Replies>>,
    /// What signs the links by which people acknowledge; `None` where there are none.
    pub links: Option<Arc<LinkKey>>,
}

/// What the bureau has written down for days and periods.
#[derive(Clone, Debug)]
pub struct Lists {
    /// What the plan asks for.
    pub targets: Targets,
    /// How the rest of a year is drawn.
    pub resampling: Resampling,
    /// The sets that are ranked.
    pub ranks: Vec<RankSet>,
    /// When the seasons are that spans name.
    pub seasons: Seasons,
    /// What may be deducted for dust, and official figures.
    pub dust: DustEntries,
    /// The emergency-measures list.
    pub measures: Option<Arc<Edition>>,
    /// Why the edition of the configuration is not in use; empty where it is.
    pub refused: Vec<String>,
    /// When districts report a day of a response, as a minute of that day.
    pub district_report_due: u16,
    /// Reads the sheets of a file that a person sends; the reason where it cannot be read.
    pub read_sheets: fn(Vec<u8>) -> Result<Vec<Sheet>, String>,
    /// By what electricity is held against that list.
    pub evidence: EvidenceParams,
    /// Who hands papers on, and their templates.
    pub reports: ReportSettings,
    /// Writes a paper in a format; the reason where it cannot be.
    pub render_paper: fn(&Document, Format) -> Result<Vec<u8>, String>,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services").field("parameters", &self.parameters).finish_non_exhaustive()
    }
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name that goes into the trail.
    pub name: String,
    /// What the person may do.
    pub role: Role,
}

/// What a person asks the daemon to do.
#[derive(Debug)]
pub enum Act {
    /// The clock is right although it jumped: figures may go on.
    ConfirmClock {
        /// Who says so.
        person: String,
        /// Whether it was taken, or why not.
        reply: oneshot::Sender<Result<(), String>>,
    },
    /// A value is set, invalidated or released.
    Correct {
        /// What is asked.
        correct: Correct,
        /// Whether it was taken, or why not.
        reply: oneshot::Sender<Result<(), String>>,
    },
    /// Refused messages are tried again.
    Reprocess {
        /// What is asked.
        reprocess: Reprocess,
        /// How it ended, or why it was not begun.
        reply: oneshot::Sender<Result<RetryCounts, String>>,
    },
    /// Files of electricity readings are handed in.
    Power {
        /// The files.
        upload: PowerUpload,
        /// What was taken, or which readings are of no time that is; or why there is no answer.
        reply: oneshot::Sender<Result<PowerTaken, String>>,
    },
    /// Something is done in the room.
    Duty {
        /// The area's code.
        area: String,
        /// Who.
        person: String,
        /// What.
        act: crate::duty::DutyAct,
        /// The number of its record, or why it was refused.
        reply: oneshot::Sender<Result<u64, String>>,
    },
    /// Something is done about notices.
    Notice {
        /// The area's code.
        area: String,
        /// Who.
        person: String,
        /// What.
        act: crate::notification::NoticeAct,
        /// The number of its record, or why it was refused.
        reply: oneshot::Sender<Result<u64, String>>,
    },
    /// Something is done in the life of a warning.
    Warning {
        /// The area's code.
        area: String,
        /// Who.
        person: String,
        /// What.
        act: crate::warning::Act,
        /// The number of its record, or why it was refused.
        reply: oneshot::Sender<Result<u64, String>>,
    },
}

/// Whether the daemon is fit for use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Whether it is.
    pub ready: bool,
    /// What is amiss, for a person.
    pub reasons: Vec<String>,
}

/// Why the server ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Accepting connections failed.
    #[error("http: {0}")]
    Serve(#[from] std::io::Error),
}

/// What every handler can reach.
#[derive(Clone)]
struct App {
    services: Services,
    config: Arc<Config>,
    screens: watch::Receiver<Arc<Screens>>,
    journal: Arc<Journal>,
    watchers: Arc<Semaphore>,
    evidence: Arc<Mutex<evidence::Looks>>,
    /// One paper is made at a time: each reads a year of every station.
    papers: Arc<Semaphore>,
    cancel: CancellationToken,
}

/// The routes, and the task that makes a new picture for the pages after each commit.
#[derive(Debug)]
pub struct Site {
    /// Answers requests.
    pub router: Router,
    /// To be run beside it.
    pub painter: Painter,
}

/// Follows the view at a bounded pace, so that a busy feed cannot flood the pages.
#[derive(Debug)]
pub struct Painter {
    services: Services,
    screens: watch::Sender<Arc<Screens>>,
    journal: Arc<Journal>,
    interval: Duration,
    cancel: CancellationToken,
}

impl Painter {
    /// Runs until cancelled, or until no more views come.
    pub async fn run(mut self) {
        let mut reading = tokio::spawn(async { Ok(()) });
        loop {
            tokio::select! {
                () = self.cancel.cancelled() => return,
                changed = self.services.view.changed() => if changed.is_err() { return },
            }
            let view = self.services.view.borrow_and_update().clone();
            let (journal, noted) = (self.journal.clone(), view.clone());
            if let Err(e) = blocking(move || journal.note(&noted)).await {
                tracing::error!(error = ?e, "events cannot be told");
            }
            let next = Arc::new(self.screens.borrow().over(view));
            self.screens.send_replace(next.clone());
            // Whoever looks later need not wait for it.
            if reading.is_finished() {
                reading = tokio::spawn(blocking(move || next.prepare()));
            }
            tokio::time::sleep(self.interval).await;
        }
    }
}

impl Site {
    /// The site over `services`; it ends its live streams when `cancel` is.
    #[must_use]
    pub fn new(services: Services, config: Config, cancel: CancellationToken) -> Self {
        let view = services.view.borrow().clone();
        let journal = Arc::new(Journal::new(view.clone(), services.parameters));
        let screens = Screens::new(view, &services);
        let (paint, screens) = watch::channel(Arc::new(screens));
        let painter = Painter {
            services: services.clone(),
            screens: paint,
            journal: journal.clone(),
            interval: config.push_interval,
            cancel: cancel.clone(),
        };
        let watchers = Arc::new(Semaphore::new(config.max_watchers));
        let evidence = Arc::new(Mutex::new(evidence::Looks::default()));
        let papers = Arc::new(Semaphore::new(1));
        let config = Arc::new(config);
        let app = App { services, config, screens, journal, watchers, evidence, papers, cancel };
        Self { router: router(app), painter }
    }
}

/// Serves until `cancel`; then answers in work are finished and live streams end.
///
/// # Errors
/// [`Error::Serve`] when the listener fails.
pub async fn serve(
    listener: TcpListener,
    services: Services,
    config: Config,
    cancel: CancellationToken,
) -> Result<(), Error> {
    let ours = cancel.child_token();
    let site = Site::new(services, config, ours.clone());
    let told = ours.clone();
    let serving = axum::serve(listener, site.router)
        .with_graceful_shutdown(async move { told.cancelled().await });
    let serving = async move {
        let served = serving.await;
        ours.cancel(); // a listener that fails ends the painter too
        served
    };
    let (served, ()) = tokio::join!(serving, site.painter.run());
    Ok(served?)
}

/// As [`serve`], and the public's address beside it where there is one.
///
/// # Errors
/// [`Error::Serve`] when a listener fails.
pub async fn serve_all(
    (listener, public): (TcpListener, Option<TcpListener>),
    services: Services,
    config: Config,
    cancel: CancellationToken,
) -> Result<(), Error> {
    let site = public_site(&services, &config);
    let beside = async {
        match public {
            Some(listener) => public::serve(listener, site, cancel.clone()).await,
            None => Ok(()),
        }
    };
    tokio::try_join!(serve(listener, services, config, cancel.clone()), beside).map(drop)
}

/// Runs what may block beside the runtime.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| Problem::internal("the answer failed", &e))
}
