//! `lantian check`: all faults of a configuration at once, or what it comes to.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use super::ExitError;
use crate::area::Registry;
use crate::assessment::dust::DustEntries;
use crate::assessment::target::Targets;
use crate::clock;
use crate::config::{self, Config, Fault, FeedConfig, NotifyConfig};
use crate::notification::{Gap, NoticeKind};
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
    if let Some(notify) = &config.notify {
        gaps(notify)?;
    }
    out.write_all(summary(&config).as_bytes()).map_err(|e| ExitError::Io(e.to_string()))
}

/// Days ahead in which somebody must be on duty.
const ROSTER_DAYS: u16 = 30;

/// Shifts of the days to come that nobody has: a warning would reach nobody then.
fn gaps(notify: &NotifyConfig) -> Result<(), ExitError> {
    let roster = &notify.rules.roster;
    let from = roster.shift_at(clock::now()).0;
    let gaps = roster.gaps((from, ROSTER_DAYS), &notify.rules.turns_named(), &[]);
    if gaps.is_empty() {
        return Ok(());
    }
    let line = |gap: &Gap| match gap {
        Gap::Nobody { day, shift, role } => {
            let shift = roster.shifts.get(*shift).map_or("", |shift| &shift.name);
            format!("roster: {day} {shift}: nobody is {role}")
        }
        Gap::Holidays(year) => {
            format!("roster: holidays.years: {year} is missing, and a rota goes by workdays")
        }
    };
    let lines: Vec<String> = gaps.iter().map(line).collect();
    let told = format!("the roster has {} gaps\n{}", lines.len(), lines.join("\n"));
    Err(ExitError::Config(told))
}

/// Who is told, in a line.
fn notify_line(notify: Option<&NotifyConfig>) -> String {
    let Some(NotifyConfig { rules, .. }) = notify else {
        return "notices: nobody is told of anything (notify_file is not set)\n".to_owned();
    };
    let channels: Vec<&str> = rules.channels.iter().map(|c| c.name.as_str()).collect();
    let untold: Vec<&str> = NoticeKind::ALL
        .into_iter()
        .filter(|kind| {
            let named = |name: &str| rules.routes.iter().any(|r| r.kinds.iter().any(|k| k == name));
            let part = |part: &&str| named(&format!("{}.{part}", kind.name()));
            let all = !kind.parts().is_empty() && kind.parts().iter().all(part);
            !named(kind.name()) && !all
        })
        .map(NoticeKind::name)
        .collect();
    let mut line =
        format!("notices: {} people by {}", rules.roster.people.len(), channels.join(", "));
    if !untold.is_empty() {
        // Writing to a String cannot fail.
        write!(line, "; told to nobody: {}", untold.join(", ")).unwrap_or_default();
    }
    line + "\n"
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
    text += &notify_line(config.notify.as_ref());
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
