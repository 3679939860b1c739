//! `lantian check`: all faults of a configuration at once, or what it comes to.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use super::ExitError;
use crate::area::Registry;
use crate::assessment::dust::DustEntries;
use crate::assessment::target::Targets;
use crate::config::{self, Config, Fault, FeedConfig};
use crate::pipeline::WarningParams;

/// Check a configuration: exit 0 with a summary, or 78 with every fault.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    let config = config::load(&args.config).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(Fault::to_string).collect();
        let (path, count) = (args.config.display(), lines.len());
        let noun = if count == 1 { "fault" } else { "faults" };
        ExitError::Config(format!("{path} has {count} {noun}\n{}", lines.join("\n")))
    })?;
    out.write_all(summary(&config).as_bytes()).map_err(|e| ExitError::Io(e.to_string()))
}

/// What the daemon would do, in a few lines.
fn summary(config: &Config) -> String {
    let mut text = String::new();
    if config.simulated {
        text.push_str("simulated air: everything shown says so\n");
    }
    for area in &config.areas {
        text.push_str(&area_line(&area.registry));
    }
    for feed in &config.feeds {
        text.push_str(&feed_line(config, feed));
    }
    let (store, parameters) = (&config.store, &config.pipeline.parameters);
    text += &targets_line(&config.targets);
    let ranks: Vec<&str> = config.ranks.iter().map(|set| set.code.as_str()).collect();
    let _ = writeln!(text, "ranks {}", ranks.join(", "));
    text += &dust_line(&config.dust);
    if let Some(warning) = &config.pipeline.warning {
        text += &warning_line(warning);
    }
    let rest = format!(
        "store {}: a commit every {} messages or {} ms\nhttp  http://{}/\npractice {}\n",
        store.path.display(),
        store.commit_max_messages,
        store.commit_max_ms,
        config.http.listen,
        parameters.practice
    );
    text += &rest;
    if let Some(directory) = store.missing_directory() {
        let directory = directory.display();
        let _ = writeln!(text, "note  store.path: directory {directory} does not exist here yet");
    }
    text
}

fn area_line(registry: &Registry) -> String {
    if registry.is_reference() {
        let (area, name, cities) = (&registry.area, &registry.name, registry.stations.len());
        return format!("reference cities {area} {name}: {cities}, never an area\n");
    }
    let assessed = registry.stations.iter().filter(|s| s.assessed).count();
    let named: Vec<&str> = registry.sets.iter().skip(1).map(|s| s.id.as_str()).collect();
    let mut line = format!(
        "area {} {}: {} stations, {assessed} assessed",
        registry.area,
        registry.name,
        registry.stations.len()
    );
    if !named.is_empty() {
        // Writing to a String cannot fail.
        write!(line, ", sets {}", named.join(", ")).unwrap_or_default();
    }
    line + "\n"
}

/// How many targets there are of which years.
fn targets_line(targets: &Targets) -> String {
    let mut years: Vec<i32> = targets.rows.iter().map(|row| row.year).collect();
    years.sort_unstable();
    let of = |years: &[i32]| format!("{} for {}", years.len(), years[0]);
    let all: Vec<String> = years.chunk_by(|a, b| a == b).map(of).collect();
    format!("targets {}\n", if all.is_empty() { "none".to_owned() } else { all.join(", ") })
}

/// How much dust is entered; nothing where none is.
fn dust_line(DustEntries { entries, official }: &DustEntries) -> String {
    if entries.is_empty() && official.is_empty() {
        return String::new();
    }
    format!("dust {} entries, {} official figures\n", entries.len(), official.len())
}

/// By which rules warnings are recommended, and who held them against the city's plan.
fn warning_line(WarningParams { rules, zones }: &WarningParams) -> String {
    let confirmed = rules.confirmed.as_deref().unwrap_or("nobody yet: 须核对市预案");
    let zone = zones.first().map_or("the whole area", String::as_str);
    format!("warnings by {}, {}, for {zone}; confirmed by {confirmed}\n", rules.name, rules.basis)
}

fn feed_line(config: &Config, feed: &FeedConfig) -> String {
    let areas: Vec<&str> = feed.areas.iter().map(|a| a.as_str()).collect();
    format!(
        "feed {} from {} as {}: {}; at most {} messages/s (inflight {} / commit_max_ms {})\n",
        feed.ingest.name,
        feed.ingest.broker,
        feed.ingest.client_id,
        areas.join(", "),
        config.ack_ceiling_per_s(feed),
        feed.ingest.inflight,
        config.store.commit_max_ms
    )
}
