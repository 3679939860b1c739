//! The daemon: channels, tasks, order of start and stop. The wiring is visible in one place.
//!
//! ```text
//!            CancellationToken <- signals, or any task that ends by itself
//!   [feeds]  --mpsc(Arrival)-->  [engine thread]  --sync_channel(Commit, 4)-->  [store thread]
//!      ^                          |      ^                                        |
//!      +-- watch(committed) ------+      +----------- mpsc(Done) -----------------+
//!                                 +--> watch(View) --> [http]
//!   [checkpoint thread] folds the write-ahead log in, beside all of them
//! ```
//!
//! Stop: feeds hand nothing more over; the engine takes what has come and commits it; feeds acknowledge
//! what is committed and disconnect; the store closes; http goes last.

mod answer;
mod archive;
mod area_engine;
mod batcher;
mod core;
mod kept;
mod engine;
mod failure;
mod health;
mod list;
mod notify;
mod nowcast;
mod status;
mod writer;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use self::answer::Answer;
pub use self::core::{Core, EngineHealth, FeedPlan, Load, Moment, Released};
pub use batcher::{GroupCommit, IN_FLIGHT_MAX};
pub use failure::Failure;
pub use writer::{Attempts, Refused};

use crate::area::{AreaId, Registry};
use crate::clock;
use crate::config::NotifyConfig;
use crate::http::{self, Health, Lists, Services};
use crate::ingest;
use crate::notification::{NoticeRules, Retry};
use crate::observation::{FeedFormat, FeedKind};
use crate::pipeline::{Params, Pipeline, View};
use crate::store::{Checkpointer, Rules, RulesDigest, Sqlite, Store};
use crate::telemetry::{self, Latency, Tries};
use engine::{Engine, Ports};
use notify::{Due, Ended, Senders};
use writer::{Trouble, Writer};

/// How often the write-ahead log is looked at.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(500);
/// Acts of persons that may wait for the engine.
const ACTS_MAX: usize = 16;

/// Tries that may wait for their sender, and ends of them for the engine: far more than all channels have
/// under way at once.
const TRIES_MAX: usize = 1024;

/// One feed and the areas it carries.
#[derive(Clone, Debug)]
pub struct FeedSetup {
    /// Its connection; `feed` is numbered by the app.
    pub connection: ingest::Config,
    /// The areas whose stations publish on it.
    pub areas: Vec<AreaId>,
    /// How its messages are written.
    pub format: FeedFormat,
}

/// Everything a daemon runs by.
#[derive(Debug)]
pub struct Setup {
    /// The areas.
    pub areas: Vec<Registry>,
    /// The feeds.
    pub feeds: Vec<FeedSetup>,
    /// What the pipelines go by; the feeds' formats are put in by the app.
    pub params: Params,
    /// What the bureau has written down for days and periods.
    pub lists: Arc<Lists>,
    /// The store's file.
    pub store: PathBuf,
    /// How batches are cut.
    pub group: GroupCommit,
    /// The site's limits and address.
    pub http: http::Config,
    /// A stop that takes longer is given up, and the exit code says so.
    pub stop_within: Duration,
    /// How often each area's heartbeat goes out; `None` for never.
    pub heartbeat: Option<Duration>,
    /// Who is told of what; `None` for nobody.
    pub notify: Option<NotifyConfig>,
    /// Whether areas go by recorded hours instead of the system's clock.
    pub follow: bool,
    /// Whether the air is simulated; shown everywhere.
    pub simulated: bool,
}

/// A daemon that is ready to run; its address is known.
#[derive(Debug)]
pub struct Daemon {
    setup: Setup,
    listener: TcpListener,
    /// For the public, where there is such an address.
    public: Option<TcpListener>,
    address: SocketAddr,
    store: Sqlite,
    registries: Vec<Arc<Registry>>,
    pipelines: Vec<Pipeline>,
    rules: Vec<(Rules, RulesDigest)>,
    view: watch::Sender<Arc<View>>,
    /// The new edition of the list of measures, to be taken into use.
    adopts: Option<list::Adoption>,
}

impl Daemon {
    /// Opens the store, rebuilds every area from it, and binds the site's address.
    ///
    /// # Errors
    /// [`Failure`] naming what cannot be had.
    pub async fn prepare(mut setup: Setup) -> Result<Self, Failure> {
        let address = setup.http.listen;
        let listening = |source| Failure::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        let public = match setup.http.public_listen {
            Some(address) => {
                let listening = |source| Failure::Listen { address, source };
                Some(TcpListener::bind(address).await.map_err(listening)?)
            }
            None => None,
        };
        let mut store = Sqlite::open(&setup.store)?;
        setup.params.notices = setup.notify.as_ref().map(|notify| NoticeRules {
            // Neither recorded hours nor simulated air ring a telephone, unless a channel is for that.
            live: !setup.follow && !setup.simulated,
            retry: if setup.follow { Retry::PATIENT } else { notify.rules.retry },
            ..notify.rules.clone()
        });
        setup.params.formats = setup.feeds.iter().map(|f| f.format.clone()).collect();
        let mut registries = Vec::new();
        let (mut pipelines, mut rules) = (Vec::new(), Vec::new());
        let feeds: Vec<String> = setup.feeds.iter().map(|f| f.connection.name.clone()).collect();
        for registry in std::mem::take(&mut setup.areas) {
            let registry = Arc::new(registry);
            let of_area = Rules::new((*registry).clone(), setup.params.clone(), feeds.clone());
            let digest = store.adopt(&of_area, clock::now())?;
            let tables = store.tables(&registry)?;
            let pipeline = Pipeline::rebuild(Arc::clone(&registry), setup.params.clone(), &tables)?;
            registries.push(registry);
            pipelines.push(pipeline);
            rules.push((of_area, digest));
        }
        let adopts = list::settle(Arc::make_mut(&mut setup.lists), &pipelines, &store)?;
        let (view, _) = watch::channel(Arc::new(View::default()));
        Ok(Self {
            setup,
            listener,
            public,
            address,
            store,
            registries,
            pipelines,
            rules,
            view,
            adopts,
        })
    }

    /// Where the site is.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What is shown, after each commit.
    #[must_use]
    pub fn views(&self) -> watch::Receiver<Arc<View>> {
        self.view.subscribe()
    }

    /// What answers questions about the past.
    fn archive(&self) -> Arc<archive::StoreArchive> {
        let Setup { store, params, lists, .. } = &self.setup;
        let (areas, lists) = ((self.registries.clone(), self.views()), Arc::clone(lists));
        Arc::new(archive::StoreArchive::new(store.clone(), areas, params.parameters, lists))
    }

    /// Runs until `cancel`, or until a part ends by itself.
    ///
    /// # Errors
    /// The [`Failure`] of the part that ended, or [`Failure::StopTooLong`]; after that one, something may
    /// still wait for a disk, so the runtime must not be waited for.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<(), Failure> {
        let latency = Latency::default();
        let (view, views) = (self.view.clone(), self.view.subscribe());
        let metrics = telemetry::registry(views.clone(), latency.clone())?;
        telemetry::store_size(&metrics, &self.setup.store)?;
        let shown_ready = telemetry::readiness(&metrics)?;
        let (acts, acts_in) = mpsc::channel(ACTS_MAX);
        list::hand_over(self.adopts.take(), &acts)?;
        let (health, health_out) = watch::channel(EngineHealth::default());
        let connections: Vec<ingest::Config> = numbered(&self.setup.feeds);
        let (to_engine, arrivals) = ingest::channel(&connections);
        let plans = self.plans(&connections);
        batcher::log_ceilings(&connections, self.setup.group);

        let mut parts = JoinSet::new();
        let marks = start_feeds(&mut parts, connections, &to_engine, (&metrics, &cancel))?;
        drop(to_engine);

        let (http_cancel, store_closed) = (CancellationToken::new(), CancellationToken::new());
        let (ready, is_ready) = watch::channel(Health::default());
        let archive = self.archive();
        self.start_heartbeats(&mut parts, (&views, &archive, &metrics), &cancel)?;
        self.start_nowcast(&mut parts, (&views, &archive, &acts), &cancel);
        let (replies, links) = notify::of_the_site(self.setup.notify.as_ref());
        let (tries, ended) =
            self.start_senders(&mut parts, &views, (&metrics, &latency), &cancel)?;
        let (reason, store_says) = watch::channel(None);
        let trouble = (Trouble { path: self.setup.store.clone(), reason }, archive.kept());
        let services = Services {
            view: views.clone(),
            archive,
            acts,
            health: is_ready,
            metrics,
            parameters: self.setup.params.parameters,
            lists: self.setup.lists,
            latency: latency.clone(),
            replies,
            links,
        };
        let at = (self.listener, self.public);
        let http = http::serve_all(at, services, self.setup.http, http_cancel.clone());
        let site = start_site(http, &cancel);
        let feed_names = self.setup.feeds.iter().map(|f| f.connection.name.clone()).collect();
        let says = (health_out, store_says, views.clone());
        let judging =
            tokio::spawn(health::judge(says, (ready, shown_ready), feed_names, cancel.clone()));

        let (acts, committed) = (acts_in, marks);
        let ports = Ports { arrivals, acts, committed, view, health, latency, tries, ended };
        let areas = self.pipelines.into_iter().zip(self.rules).collect();
        let kind = (self.setup.follow, self.setup.simulated);
        let core = Core::new(areas, plans, self.setup.group, kind);
        let writer = Writer::start(Box::new(self.store), self.registries, trouble)
            .map_err(Failure::Thread)?;
        let engine = start_engine(Engine::new(core, writer, ports))?;
        parts.spawn(async move {
            let ended = engine.await.unwrap_or(Err(Failure::Panicked("the engine")));
            ("the engine", ended)
        });
        let checkpoints = start_checkpoints(&self.setup.store, store_closed.clone())?;
        let ended = supervise(&mut parts, &cancel, self.setup.stop_within).await;
        http_cancel.cancel();
        judging.abort();
        if matches!(ended, Err(Failure::StopTooLong(_))) {
            return ended; // the site and the checkpointer may wait for the same disk
        }
        let closed = close(site, &cancel, (store_closed, checkpoints)).await;
        ended.and(closed)
    }

    /// The built-in forecast; not of recorded hours, which come faster than anybody looks ahead.
    fn start_nowcast(
        &self,
        parts: &mut JoinSet<(&'static str, Result<(), Failure>)>,
        (views, archive, acts): (
            &watch::Receiver<Arc<View>>,
            &Arc<archive::StoreArchive>,
            &mpsc::Sender<http::Act>,
        ),
        cancel: &CancellationToken,
    ) {
        if self.setup.follow {
            return;
        }
        let (views, archive, acts) = (views.clone(), Arc::clone(archive), acts.clone());
        let parameters = self.setup.params.parameters;
        let looking = nowcast::run(views, archive, acts, parameters, cancel.child_token());
        parts.spawn(async { ("the built-in forecast", looking.await) });
    }

    /// What sends messages, and how it hears of them; where nobody is told, nothing comes that way.
    fn start_senders(
        &mut self,
        parts: &mut JoinSet<(&'static str, Result<(), Failure>)>,
        views: &watch::Receiver<Arc<View>>,
        (metrics, latency): (&prometheus::Registry, &Latency),
        cancel: &CancellationToken,
    ) -> Result<(mpsc::Sender<Due>, mpsc::Receiver<Ended>), Failure> {
        let ((tries, due), (tell, ended)) = (mpsc::channel(TRIES_MAX), mpsc::channel(TRIES_MAX));
        if let Some(config) = self.setup.notify.take() {
            let broker = self.setup.feeds.first().map(|feed| &feed.connection);
            let counted = (latency.clone(), Tries::register(metrics)?);
            let senders = Senders::new(config, broker, views.clone(), counted)?;
            let sending = senders.run(due, tell, cancel.child_token());
            parts.spawn(async { ("the senders", sending.await) });
        }
        Ok((tries, ended))
    }

    /// A heartbeat for each area, at the broker of the first feed that carries it.
    fn start_heartbeats(
        &self,
        parts: &mut JoinSet<(&'static str, Result<(), Failure>)>,
        (views, archive, metrics): (
            &watch::Receiver<Arc<View>>,
            &Arc<archive::StoreArchive>,
            &prometheus::Registry,
        ),
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        let Some(every) = self.setup.heartbeat else { return Ok(()) };
        let beats = ingest::Heartbeats::register(metrics)?;
        for area in self.registries.iter().map(|registry| registry.area.clone()) {
            let mut feeds = self.setup.feeds.iter();
            let Some(feed) = feeds.find(|feed| feed.areas.contains(&area)) else { continue };
            let (views, archive) = (views.clone(), Arc::clone(archive));
            let within = 2 * every.as_secs();
            let heartbeat = ingest::Heartbeat {
                broker: feed.connection.clone(),
                area: area.to_string(),
                every,
                warning: {
                    let (area, views) = (area.clone(), views.clone());
                    Arc::new(move || http::public_warning(&views.borrow(), area.as_str()))
                },
                taken: beats.of(area.as_str(), every),
                status: Arc::new(move || status::document(&area, &views, &archive, within)),
            };
            let beating = heartbeat.run(cancel.child_token());
            parts.spawn(async { ("a heartbeat", beating.await.map_err(Failure::from)) });
        }
        Ok(())
    }

    /// What the engine knows of each feed.
    fn plans(&self, connections: &[ingest::Config]) -> Vec<FeedPlan> {
        let place = |id: &AreaId| self.registries.iter().position(|r| r.area == *id);
        let feeds = self.setup.feeds.iter().zip(connections);
        let plan = |(feed, connection): (&FeedSetup, &ingest::Config)| FeedPlan {
            areas: feed.areas.iter().filter_map(place).collect(),
            observes: feed.format.kind == FeedKind::Observations,
            window: connection.inflight.into(),
        };
        feeds.map(plan).collect()
    }
}

fn numbered(feeds: &[FeedSetup]) -> Vec<ingest::Config> {
    let numbered = feeds.iter().enumerate();
    numbered.map(|(feed, f)| ingest::Config { feed, ..f.connection.clone() }).collect()
}

/// A task for each feed; where each hears what may be acknowledged.
fn start_feeds(
    parts: &mut JoinSet<(&'static str, Result<(), Failure>)>,
    connections: Vec<ingest::Config>,
    to_engine: &mpsc::Sender<ingest::Arrival>,
    (metrics, cancel): (&prometheus::Registry, &CancellationToken),
) -> Result<Vec<watch::Sender<u64>>, Failure> {
    let of_feeds = ingest::Metrics::register(metrics)?;
    of_feeds.window.set(connections.iter().map(|feed| i64::from(feed.inflight)).sum());
    let mut marks = Vec::new();
    for connection in connections {
        let (mark, committed) = watch::channel(0);
        marks.push(mark);
        let (to_engine, cancel) = (to_engine.clone(), cancel.child_token());
        let feed = ingest::run(connection, to_engine, committed, cancel, of_feeds.clone());
        parts.spawn(async move { ("a feed", feed.await.map_err(Failure::from)) });
    }
    Ok(marks)
}

/// The engine's thread, with a runtime of its own so that nothing else delays it.
fn start_engine(
    engine: Engine,
) -> Result<tokio::sync::oneshot::Receiver<Result<(), Failure>>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(Failure::Thread)?;
    let (tell, ended) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("engine".to_owned());
    thread
        .spawn(move || {
            let _ = tell.send(runtime.block_on(engine.run()));
        })
        .map_err(Failure::Thread)?;
    Ok(ended)
}

/// The checkpointer on a blocking thread; a failed checkpoint is tried again, since the log keeps all.
/// When the writer has closed the store the whole log is folded in: readers that close last cannot.
fn start_checkpoints(
    path: &Path,
    store_closed: CancellationToken,
) -> Result<tokio::task::JoinHandle<()>, Failure> {
    let mut checkpointer = Some(Checkpointer::open(path)?);
    Ok(tokio::spawn(async move {
        while let Some(held) = checkpointer.take() {
            let is_last = tokio::select! {
                () = store_closed.cancelled() => true,
                () = tokio::time::sleep(CHECKPOINT_EVERY) => false,
            };
            let step = move || (if is_last { held.finish() } else { held.step() }, held);
            let Ok((stepped, held)) = tokio::task::spawn_blocking(step).await else { return };
            if let Err(e) = stepped {
                tracing::warn!(error = %e, "checkpoint");
            }
            checkpointer = (!is_last).then_some(held);
        }
    }))
}

/// The site as a task of its own, since it stops last; ending or panicking it ends the daemon.
fn start_site(
    site: impl Future<Output = Result<(), http::Error>> + Send + 'static,
    cancel: &CancellationToken,
) -> tokio::task::JoinHandle<Result<(), http::Error>> {
    let guard = cancel.clone().drop_guard();
    tokio::spawn(async move {
        let ended = site.await;
        drop(guard);
        ended
    })
}

/// The site goes, and the log is folded in, since nobody writes any more.
async fn close(
    site: tokio::task::JoinHandle<Result<(), http::Error>>,
    cancel: &CancellationToken,
    (store_closed, checkpoints): (CancellationToken, tokio::task::JoinHandle<()>),
) -> Result<(), Failure> {
    let site = site.await.map_err(|_| Failure::Panicked("the site"));
    cancel.cancel();
    store_closed.cancel();
    checkpoints.await.map_err(|_| Failure::Panicked("the checkpointer"))?;
    site?.map_err(Failure::from)
}

/// Waits for the first part to end, then for the others, within the time for a stop.
async fn supervise(
    parts: &mut JoinSet<(&'static str, Result<(), Failure>)>,
    cancel: &CancellationToken,
    stop_within: Duration,
) -> Result<(), Failure> {
    let mut result = Ok(());
    let asked = tokio::select! {
        () = cancel.cancelled() => true,
        Some(first) = parts.join_next() => {
            result = part_ended(first, false);
            false
        }
    };
    cancel.cancel();
    let rest = async {
        while let Some(next) = parts.join_next().await {
            let ended = part_ended(next, true);
            if result.is_ok() {
                result = ended;
            }
        }
    };
    if tokio::time::timeout(stop_within, rest).await.is_err() {
        parts.abort_all();
        return result.and(Err(Failure::StopTooLong(stop_within)));
    }
    tracing::info!(asked, "stopped");
    result
}

type PartEnded = Result<(&'static str, Result<(), Failure>), tokio::task::JoinError>;

fn part_ended(part: PartEnded, stopping: bool) -> Result<(), Failure> {
    match part {
        Err(e) if e.is_cancelled() => Ok(()),
        Err(_) => Err(Failure::Panicked("a part")),
        Ok((name, Err(e))) => {
            tracing::error!(part = name, error = %e, "ended");
            Err(e)
        }
        Ok((name, Ok(()))) => {
            if !stopping {
                tracing::info!(part = name, "ended");
            }
            Ok(())
        }
    }
}
