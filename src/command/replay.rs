//! `lantian replay`: recorded hours over MQTT.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use super::{ExitError, publishing};
use crate::replay::files::Format;
use crate::replay::publish::{Areas, BrokerUrl, Pace, closing_messages, end_of, hour_messages};
use crate::replay::recording::Recording;
use crate::replay::{Fault, files};
use crate::time::HourLabel;

/// Faults told one by one; the rest as a number.
const FAULTS_TOLD: usize = 20;
/// Strangers named in one message.
const STRANGERS_NAMED: usize = 10;

/// Publish recorded hours over MQTT, in the order of time.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The broker: mqtt://[user:password@]host[:port].
    #[arg(long, value_name = "URL")]
    broker: BrokerUrl,
    /// Times real time: 3600 is an hour a second; 0 is as fast as the broker takes it.
    #[arg(long, value_name = "N", default_value_t = 0.0)]
    speed: f64,
    /// The list of stations: says to which area each belongs.
    #[arg(long, value_name = "FILE")]
    stations: Option<PathBuf>,
    /// The area of stations that are in no list.
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
    /// Whether the files' times name the start or the end of the hour [default: end for cnemc,
    /// else begin].
    #[arg(long, value_name = "begin|end")]
    hour_label: Option<HourLabel>,
    /// How the files are laid out.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Recorded hours, plain or .gz.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<(), ExitError> {
    let pace = publishing::pace(args.speed)?;
    let areas = publishing::areas(args.stations.as_deref(), args.area.as_deref())?;
    let label = args.hour_label.unwrap_or(args.format.usual_label());
    let recording = survey(&args.files, args.format, label)?;
    tell_faults(&recording.faults, recording.fault_count, &mut std::io::stderr().lock());
    refuse_strangers(&areas, &recording.stations, args.format)?;
    let sent = publishing::runtime()?.block_on(send(args, pace, &areas, &recording))?;
    tracing::debug!(messages = sent, "replayed");
    match recording.fault_count {
        0 => Ok(()),
        n => Err(ExitError::Data(format!("all else is published, but {n} rows were faulty"))),
    }
}

fn survey(paths: &[PathBuf], format: Format, label: HourLabel) -> Result<Recording, ExitError> {
    let total = paths.iter().filter_map(|p| std::fs::metadata(p).ok()).map(|m| m.len()).sum();
    let bar = publishing::bar(total, "reading {bar:30} {bytes}/{total_bytes}");
    let recording = Recording::survey(paths, format, label, |bytes| bar.inc(bytes));
    bar.finish_and_clear();
    recording.map_err(|e| match e {
        files::Error::Io { .. } => ExitError::Io(e.to_string()),
        files::Error::Header(_) => ExitError::Data(e.to_string()),
    })
}

/// The first faults by file and line. A closed standard error changes nothing.
fn tell_faults(faults: &[Fault], count: u64, out: &mut impl Write) {
    for fault in faults.iter().take(FAULTS_TOLD) {
        writeln!(out, "{fault}").unwrap_or_default();
    }
    let told = u64::try_from(faults.len().min(FAULTS_TOLD)).unwrap_or(0);
    if count > told {
        writeln!(out, "and {} more faulty rows", count - told).unwrap_or_default();
    }
}

/// A station without area is a mistake, except in the national archive, which holds all of China.
fn refuse_strangers(
    areas: &Areas,
    seen: &BTreeSet<String>,
    format: Format,
) -> Result<(), ExitError> {
    let strangers = areas.strangers(seen);
    if strangers.is_empty() || (format == Format::Cnemc && strangers.len() < seen.len()) {
        return Ok(());
    }
    let named = strangers.iter().take(STRANGERS_NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = match strangers.len().saturating_sub(STRANGERS_NAMED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    Err(ExitError::Data(format!("no area for station {named}{more}: list it, or give --area")))
}

async fn send(
    args: &Args,
    mut pace: Pace,
    areas: &Areas,
    recording: &Recording,
) -> Result<u64, ExitError> {
    let Some((_, last)) = recording.span else {
        return Err(ExitError::Data("the files hold no row".to_owned()));
    };
    let (end, beacon_areas) = (end_of(last), areas.among(&recording.stations));
    let mut publisher = publishing::connect(&args.broker, "replay").await?;
    let bar =
        publishing::bar(recording.row_count, "publishing {bar:30} {pos}/{len} rows {msg} {eta}");
    for hour in recording.hours() {
        let (hour, rows) = hour.map_err(|e| ExitError::Io(e.to_string()))?;
        pace.wait(hour.end()).await;
        bar.set_message(hour.label(HourLabel::End));
        let messages = hour_messages(hour, &rows, end, &beacon_areas, areas);
        publishing::publish_all(&mut publisher, messages).await?;
        bar.inc(u64::try_from(rows.len()).unwrap_or(0));
    }
    pace.wait(end).await;
    publishing::publish_all(&mut publisher, closing_messages(end, &beacon_areas)).await?;
    bar.finish_and_clear();
    publisher.finish().await.map_err(|e| ExitError::Io(e.to_string()))
}
