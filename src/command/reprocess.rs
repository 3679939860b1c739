//! `lantian reprocess`: dead letters tried again after the configuration changed, while no daemon runs.
//!
//! Beside a running daemon the same goes through its API (`POST /api/v1/areas/{area}/reprocess`).

use std::io::Write;
use std::path::PathBuf;

use super::fault::store_fault;
use super::offline::{Offline, last_rules};
use super::{ExitError, daemon, text};
use crate::area::AreaId;
use crate::config::{self, Config};
use crate::pipeline::{DeadLetterReason, Input, Retry, RetryCounts};
use crate::store::{Rules, Sqlite};

/// Dead letters of one batch.
const AT_ONCE: usize = 500;

/// Try refused messages again, after the configuration or the list of stations has changed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The store. While a daemon runs on it, use the API instead.
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// The configuration as it is now; without it that of the last daemon holds.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The area; all of the store when left out.
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
    /// Which messages: the reason for which they were refused, such as `unknown_station`.
    #[arg(long, value_parser = reason)]
    reason: DeadLetterReason,
}

fn reason(name: &str) -> Result<DeadLetterReason, String> {
    DeadLetterReason::parse(name).ok_or_else(|| {
        let names = DeadLetterReason::all().map(DeadLetterReason::name).collect::<Vec<_>>();
        format!("one of {} expected", names.join(", "))
    })
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    if !args.store.is_file() {
        return Err(ExitError::Io(format!("{}: there is no such store", args.store.display())));
    }
    let config = args.config.as_deref().map(config::load).transpose();
    let config = config.map_err(|faults| daemon::faulty(&faults))?;
    let mut store = Sqlite::open(&args.store).map_err(|e| store_fault(&args.store, &e))?;
    let all = store.areas().map_err(|e| store_fault(&args.store, &e))?;
    let named = |area: &AreaId| args.area.as_deref().is_none_or(|name| area.as_str() == name);
    let areas: Vec<AreaId> = all.into_iter().filter(named).collect();
    if let (true, Some(name)) = (areas.is_empty(), &args.area) {
        return Err(ExitError::Usage(format!("--area: the store has no area {name:?}")));
    }
    for area in areas {
        let Some(rules) = rules(&store, &area, config.as_ref())? else {
            text::written(writeln!(out, "{area}: not in the configuration, left as it is"))?;
            continue;
        };
        let RetryCounts { taken, refused, cut, feed_gone } =
            try_again(&mut store, rules, args.reason)?;
        text::written(writeln!(
            out,
            "{area}: {taken} taken, {refused} refused again; not tried: {cut} kept only in part, \
             {feed_gone} of a feed that is not configured"
        ))?;
    }
    Ok(())
}

/// By what an area is handled now; `None` when the configuration does not have it.
fn rules(
    store: &Sqlite,
    area: &AreaId,
    config: Option<&Config>,
) -> Result<Option<Rules>, ExitError> {
    let Some(config) = config else { return last_rules(store, area).map(Some) };
    let feeds = config.feeds.iter().map(|feed| feed.ingest.name.clone()).collect();
    let found = config.areas.iter().find(|of| of.registry.area == *area);
    Ok(found.map(|of| Rules::new(of.registry.clone(), config.pipeline.clone(), feeds)))
}

fn try_again(
    store: &mut Sqlite,
    rules: Rules,
    reason: DeadLetterReason,
) -> Result<RetryCounts, ExitError> {
    let feeds = rules.feeds.clone();
    let mut counts = RetryCounts::default();
    let Some(mut area) = Offline::begin(store, rules)? else { return Ok(counts) };
    let mut after = 0;
    loop {
        let kept = area.kept_letters(reason.name(), (after, AT_ONCE))?;
        after = kept.last_row;
        if kept.letters.is_empty() {
            return Ok(counts);
        }
        let mut retries: Vec<Retry<'_>> = Vec::new();
        for letter in &kept.letters {
            match letter.retry(&feeds) {
                Ok(retry) => retries.push(retry),
                Err(why) => counts.untried(why),
            }
        }
        let inputs: Vec<Input<'_>> = retries.iter().copied().map(Input::Retry).collect();
        if !inputs.is_empty() {
            let batch =
                area.commit(&inputs, |log| retries.iter().for_each(|retry| log.retry(retry)))?;
            counts.tried(&batch.retried);
        }
    }
}
