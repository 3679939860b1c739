//! `lantian run`: the daemon.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args as ClapArgs, ValueEnum};
use tokio_util::sync::CancellationToken;

use super::{ExitError, daemon};
use crate::app::{Daemon, FeedSetup, GroupCommit, Setup};
use crate::config::{self, Config};
use crate::{http, paper, telemetry, workbook};

/// The daemon.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The configuration.
    #[arg(long)]
    config: PathBuf,
    /// By which clock figures are published.
    #[arg(long, value_enum, default_value_t = ClockArg::System)]
    clock: ClockArg,
}

/// By which clock figures are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ClockArg {
    /// The system's, for live air.
    System,
    /// Beacons, or else the stations: for recorded or simulated hours.
    Follow,
}

pub(super) fn run(args: &Args) -> Result<(), ExitError> {
    let config = config::load(&args.config).map_err(|faults| daemon::faulty(&faults))?;
    if let Some(directory) = config.store.missing_directory() {
        let told = format!("store.path: directory {} does not exist", directory.display());
        return Err(ExitError::Config(told));
    }
    telemetry::init_tracing(&config.log).map_err(|e| ExitError::Config(e.to_string()))?;
    daemon::block_on(serve(setup(config, args.clock == ClockArg::Follow)))
}

/// What a daemon of a configuration is made from.
pub(super) fn setup(config: Config, follow: bool) -> Setup {
    let feed = |f: config::FeedConfig| FeedSetup {
        connection: f.ingest,
        areas: f.areas,
        format: f.format,
    };
    Setup {
        areas: config.areas.into_iter().map(|a| a.registry).collect(),
        feeds: config.feeds.into_iter().map(feed).collect(),
        params: config.pipeline,
        lists: Arc::new(http::Lists {
            targets: config.targets,
            resampling: config.resampling,
            ranks: config.ranks,
            seasons: config.seasons,
            dust: config.dust,
            measures: config.measures,
            refused: Vec::new(),
            district_report_due: config.district_report_due,
            read_sheets: workbook::sheets_in,
            evidence: config.evidence,
            reports: config.reports,
            render_paper: paper::render,
        }),
        store: config.store.path,
        group: GroupCommit {
            max_messages: config.store.commit_max_messages,
            max_ms: config.store.commit_max_ms.into(),
        },
        http: config.http,
        stop_within: config.stop_within,
        heartbeat: config.heartbeat,
        notify: config.notify,
        follow,
        simulated: config.simulated,
    }
}

async fn serve(setup: Setup) -> Result<(), ExitError> {
    let cancel = CancellationToken::new();
    daemon::cancel_on_signal(&cancel);
    let store = setup.store.clone();
    let prepared = Daemon::prepare(setup).await.map_err(|e| daemon::exit(&store, &e))?;
    tracing::info!(address = %prepared.address(), "page and API");
    prepared.run(cancel).await.map_err(|e| daemon::exit(&store, &e))
}
