//! `lantian demo`: broker, simulated air, daemon and page in one process.
//!
//! The first three days are played as fast as they are taken, so that the page has something to show;
//! then the air moves at `--speed`. A person of the demo has a token, which is printed: on the pages a
//! warning can be approved, issued and carried out.

mod broker;
mod forecast;
mod notify;
mod power;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args as ClapArgs;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::fault::store_fault;
use super::token::random_token;
use super::{ExitError, daemon, publishing, simulate};
use crate::app::{Daemon, FeedSetup, GroupCommit, Setup};
use crate::area::Registry;
use crate::assessment::Seasons;
use crate::assessment::dust::DustEntries;
use crate::assessment::rank::RankSet;
use crate::assessment::target::{Resampling, Targets};
use crate::duty::DutyRules;
use crate::measures::{Edition, EvidenceParams, load};
use crate::observation::FeedFormat;
use crate::pipeline::{Params, View, WarningParams};
use crate::replay::publish::{Areas, step_messages};
use crate::report::ReportSettings;
use crate::simulation::{Air, Playback, Scenario};
use crate::store::{Role, Sqlite};
use crate::time::{Hour, Instant};
use crate::{clock, config, http, ingest, paper, telemetry, workbook};
use broker::Embedded;
use power::Meters;

/// Scenarios that the binary carries; the first is the default.
const SCENARIOS: [(&str, &str); 5] = [
    ("winter-episode", include_str!("../../seeds/scenarios/winter-episode.toml")),
    ("ozone-summer", include_str!("../../seeds/scenarios/ozone-summer.toml")),
    ("spring-dust", include_str!("../../seeds/scenarios/spring-dust.toml")),
    ("spring-festival", include_str!("../../seeds/scenarios/spring-festival.toml")),
    ("faults", include_str!("../../seeds/scenarios/faults.toml")),
];
const STATIONS: &str = include_str!("../../seeds/dalian/stations.csv");
const SETS: &str = include_str!("../../seeds/dalian/sets.csv");
/// A made-up city's list.
const MEASURES: &[u8] = include_bytes!("../../seeds/measures/2026.xlsx");
/// A made-up plan.
const TARGETS: &str = include_str!("../../seeds/demo/targets.toml");
/// By which rules the demo recommends warnings.
const DEMO_RULES: &str = "2024";
/// Who acts in the demo.
const ISSUER: &str = "演示带班";
/// Who makes papers: they are reviewed by somebody else.
const OPERATOR: &str = "演示值班";
/// The in-process broker says much that is of no use here.
const LOG_FILTER: &str = "warn,rumqttd=off";
/// The same air every time.
const SEED: u64 = 1;
/// Hours played at once before the pace begins.
const FILL_H: i32 = 72;
/// A step of simulated time: shorter than what publishing waits for, so that an hour has its stations.
const STEP_MIN: u8 = 5;
/// How often the demo says that it runs.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How long the end of the air may take to reach the page.
const DRAIN: Duration = Duration::from_secs(30);

/// Everything in one process on simulated air.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// winter-episode, ozone-summer, spring-dust, spring-festival or faults.
    #[arg(long, default_value = "winter-episode")]
    scenario: String,
    /// Times real time, 360 is an hour in ten seconds; 0: as fast as possible.
    #[arg(long, default_value_t = 360.0)]
    speed: f64,
    /// Port of the page, on this machine only.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// End after so many simulated hours.
    #[arg(long)]
    hours: Option<u16>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), ExitError> {
    let scenario = scenario(&args.scenario)?;
    let quiet = telemetry::Config { filter: LOG_FILTER.to_owned(), ..telemetry::Config::default() };
    telemetry::init_tracing(&quiet).map_err(|e| ExitError::Internal(e.to_string()))?;
    let directory = Scratch::new()?;
    publishing::runtime()?.block_on(play(args, &scenario, &directory, out))
}

fn scenario(name: &str) -> Result<Scenario, ExitError> {
    let names = || SCENARIOS.map(|(name, _)| name).join(", ");
    let (_, text) = SCENARIOS
        .iter()
        .find(|(known, _)| *known == name)
        .ok_or_else(|| ExitError::Usage(format!("--scenario: {name:?} is none of {}", names())))?;
    simulate::parse_scenario(text).map_err(ExitError::Internal)
}

async fn play(
    args: &Args,
    scenario: &Scenario,
    scratch: &Scratch,
    out: &mut dyn Write,
) -> Result<(), ExitError> {
    let registry = scratch.registry()?;
    let codes: Vec<String> = registry.stations.iter().map(|s| s.id.to_string()).collect();
    let air = Air::new(scenario, SEED, &codes);
    let broker = Embedded::start()?;
    let notify = notify::notify(&scratch.path).await?;
    let setup = Setup { notify: Some(notify), ..setup(args, registry.clone(), &broker, scratch)? };
    let cancel = CancellationToken::new();
    daemon::cancel_on_signal(&cancel);
    let store = setup.store.clone();
    let tokens = [(ISSUER, Role::Issuer), (OPERATOR, Role::Operator)]
        .map(|(name, role)| token(&store, name, role));
    let [issuer, operator] = tokens;
    let tokens = [issuer?, operator?];
    let meters = setup.lists.measures.as_deref().map(Meters::of);
    let prepared = Daemon::prepare(setup).await.map_err(|e| daemon::exit(&store, &e))?;
    let address = prepared.address();
    let [issuer, operator] = tokens;
    let line = format!(
        "http://{address}/\n{ISSUER}的个人令牌（可登记、审核、发布、签发）：{issuer}\n\
         {OPERATOR}的个人令牌（可登记、制表）：{operator}\n"
    );
    out.write_all(line.as_bytes()).map_err(|e| ExitError::Io(e.to_string()))?;
    let views = prepared.views();
    let daemon = tokio::spawn(prepared.run(cancel.clone()));
    let power = (meters, &views);
    let published = tokio::select! {
        published = publish(args, scenario, &air, &registry, &broker, power) => published,
        () = cancel.cancelled() => Ok(None),
    };
    if let (Ok(Some(end)), Some(_)) = (&published, args.hours) {
        reached(views, *end).await?;
        cancel.cancel();
    } else if published.is_err() {
        cancel.cancel();
    }
    let ended = daemon.await.map_err(|e| ExitError::Internal(e.to_string()))?;
    published.map(drop)?;
    ended.map_err(|e| daemon::exit(&store, &e))
}

/// A token for a person of the demo, in a store of its own.
fn token(store: &Path, name: &str, role: Role) -> Result<String, ExitError> {
    let token = random_token()?;
    let add = |of: Sqlite| of.add_token(&token, name, role, clock::now());
    let added = Sqlite::open(store).and_then(add);
    added.map_err(|e| store_fault(store, &e))?;
    Ok(token)
}

fn setup(
    args: &Args,
    registry: Registry,
    broker: &Embedded,
    scratch: &Scratch,
) -> Result<Setup, ExitError> {
    let area = registry.area.clone();
    // One filter: rumqttd keeps the order of messages only within one.
    let topics = vec![format!("aq/{area}/#")];
    let mut connection = ingest::Config::new("demo", broker.broker()?, "lantian-demo", topics);
    connection.protocol = ingest::Protocol::V4;
    let feed = FeedSetup { connection, areas: vec![area], format: FeedFormat::default() };
    let ranks = RankSet::of_area(&registry);
    let targets = scratch.targets(&registry)?;
    let rules = config::warning_rules(DEMO_RULES, Path::new(""));
    let rules = rules.map_err(|faults| ExitError::Config(format!("{faults:?}")))?;
    let warning = WarningParams { rules, zones: Vec::new() };
    let measures = scratch.measures()?;
    let duty = DutyRules { districts: measures.districts.clone(), ..DutyRules::default() };
    Ok(Setup {
        areas: vec![registry],
        feeds: vec![feed],
        params: Params { warning: Some(warning), duty: Some(duty), ..Params::default() },
        lists: Arc::new(http::Lists {
            targets,
            resampling: Resampling::DEFAULT,
            ranks,
            seasons: Seasons::DEFAULT,
            dust: DustEntries::default(),
            measures: Some(measures),
            refused: Vec::new(),
            district_report_due: config::DISTRICT_REPORT_DUE,
            read_sheets: workbook::sheets_in,
            evidence: EvidenceParams::DEFAULT,
            reports: ReportSettings::default(),
            render_paper: paper::render,
        }),
        store: scratch.path.join("demo.sqlite"),
        group: GroupCommit { max_messages: 4096, max_ms: 50 },
        http: http::Config {
            listen: SocketAddr::from(([127, 0, 0, 1], args.port)),
            ..http::Config::default()
        },
        stop_within: Duration::from_secs(20),
        heartbeat: Some(HEARTBEAT),
        notify: None,
        follow: true,
        simulated: true,
    })
}

/// Publishes the scenario; the time at which it is over.
async fn publish(
    args: &Args,
    scenario: &Scenario,
    air: &Air,
    registry: &Registry,
    broker: &Embedded,
    (meters, views): (Option<Meters>, &watch::Receiver<Arc<View>>),
) -> Result<Option<Instant>, ExitError> {
    let (from, whole) = scenario.span();
    let to = args.hours.map_or(whole, |hours| from.plus(hours.into()));
    let playback = Playback::new(air, from, to, STEP_MIN);
    let end = playback.end();
    let mut pace = publishing::pace(args.speed)?;
    let area = registry.area.to_string();
    let (areas, beacons) = (Areas::new(&[], Some(area.clone())), BTreeSet::from([area]));
    let mut publisher = publishing::connect(&broker.url()?, "demo").await?;
    let filled = from.plus(if args.hours.is_some() { 0 } else { FILL_H }).start();
    let mut before = None;
    for step in playback {
        if step.now > filled {
            pace.wait(step.now).await;
        }
        let mut messages = step_messages(&step, air, end, &beacons, &areas);
        messages.extend(forecast::issued(air, &registry.area, (before, step.now)));
        let counted_from =
            before.map_or(step.now.hour().plus(-24 * power::BEFORE_D), Instant::hour);
        let response = views.borrow().areas.first().and_then(|area| area.warnings.in_force());
        for number in counted_from.number()..step.now.hour().number() {
            let of_hour = |meters: &Meters| {
                meters.counted(&registry.area, Hour::from_number(number), response)
            };
            messages.extend(meters.iter().flat_map(of_hour));
        }
        before = Some(step.now);
        publishing::publish_all(&mut publisher, messages).await?;
    }
    publisher.finish().await.map_err(|e| ExitError::Io(e.to_string()))?;
    Ok(Some(end))
}

/// Waits until the page shows the end of the air.
async fn reached(mut views: watch::Receiver<Arc<View>>, end: Instant) -> Result<(), ExitError> {
    let there =
        |view: &Arc<View>| !view.areas.is_empty() && view.areas.iter().all(|a| a.now >= end);
    match tokio::time::timeout(DRAIN, views.wait_for(there)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(_)) => Ok(()), // the daemon ended; its own result tells why
        Err(_) => Err(ExitError::Busy("the last hours did not reach the page in time".to_owned())),
    }
}

/// A directory for the demo's store and lists, removed at the end.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn new() -> Result<Self, ExitError> {
        let path = std::env::temp_dir().join(format!("lantian-demo-{}", std::process::id()));
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(&path)?;
            std::fs::write(path.join("stations.csv"), STATIONS)?;
            std::fs::write(path.join("sets.csv"), SETS)
        };
        write().map_err(|e| ExitError::Io(format!("{}: {e}", path.display())))?;
        Ok(Self { path })
    }

    /// The made-up list of measures.
    fn measures(&self) -> Result<Arc<Edition>, ExitError> {
        let fault = |told: String| ExitError::Internal(format!("the demo's list: {told}"));
        let path = self.path.join("measures.xlsx");
        std::fs::write(&path, MEASURES).map_err(|e| fault(e.to_string()))?;
        let map = workbook::default_map().map_err(|f| fault(format!("{f:?}")))?;
        let sheets = workbook::sheets(&[path], &map).map_err(|f| fault(format!("{f:?}")))?;
        let loaded = load(&sheets, &map).map_err(|f| fault(format!("{f:?}")))?;
        Ok(Arc::new(loaded.edition))
    }

    /// The made-up plan.
    fn targets(&self, registry: &Registry) -> Result<Targets, ExitError> {
        let path = self.path.join("targets.toml");
        std::fs::write(&path, TARGETS).map_err(|e| ExitError::Io(e.to_string()))?;
        let read = config::targets(&path, std::slice::from_ref(registry));
        read.map_err(|faults| ExitError::Internal(format!("the demo's targets: {faults:?}")))
    }

    fn registry(&self) -> Result<Registry, ExitError> {
        let file = |name: &str| -> PathBuf { Path::new(&self.path).join(name) };
        let names = BTreeMap::from([("dalian".to_owned(), "大连市".to_owned())]);
        daemon::registries(&file("stations.csv"), Some(&file("sets.csv")), &names)?
            .pop()
            .ok_or_else(|| ExitError::Internal("no area in the list of stations".to_owned()))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed lies in the system's temporary directory.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
