//! `lantian simulate`: a scenario and a seed to import CSV, or to messages over MQTT.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{ExitError, publishing};
use crate::observation::{PROPERTIES, Property, Reading, Validity};
use crate::quantity::decimal;
use crate::replay::publish::{Areas, BrokerUrl, step_messages};
use crate::simulation::{Air, Playback, Scenario};
use crate::time::{Day, Hour, HourLabel};

/// Simulated time between two beacons, minutes.
const STEP_MIN: u8 = 5;
/// The area of generated stations when none is named.
const GENERATED_AREA: &str = "simulated";

/// Simulated air as import CSV, or over MQTT: the same for the same scenario and seed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenario (seeds/scenarios/*.toml).
    #[arg(long, value_name = "FILE")]
    scenario: PathBuf,
    /// Another seed gives another weather.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// First day [default: the scenario's].
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<Day>,
    /// Last day, included [default: the scenario's].
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<Day>,
    /// Move the whole scenario, with its events and faults, to begin on this day.
    #[arg(long, value_name = "YYYY-MM-DD")]
    start: Option<Day>,
    /// The list of stations.
    #[arg(long, value_name = "FILE")]
    stations: Option<PathBuf>,
    /// Instead of a list: this many stations S0001, S0002, ….
    #[arg(long, value_name = "N", conflicts_with = "stations")]
    station_count: Option<u32>,
    /// The area of stations that are in no list.
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
    /// Publish over MQTT, faults and all: mqtt://[user:password@]host[:port].
    #[arg(long, value_name = "URL", conflicts_with = "output")]
    broker: Option<BrokerUrl>,
    /// With --broker: times real time; 0 is as fast as the broker takes it.
    #[arg(long, value_name = "N", default_value_t = 0.0)]
    speed: f64,
    /// Write the CSV here instead of to standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<(), ExitError> {
    let mut scenario = read_scenario(&args.scenario)?;
    scenario.start = args.start.unwrap_or(scenario.start);
    let (codes, areas) = stations(args)?;
    let air = Air::new(&scenario, args.seed, &codes);
    let (first, after_last) = scenario.span();
    let from = args.from.map_or(first, Day::start);
    let to = args.to.map_or(after_last, |day| day.plus(1).start());
    if to <= from {
        return Err(ExitError::Usage("--to is before --from".to_owned()));
    }
    if let Some(broker) = &args.broker {
        return publishing::runtime()?.block_on(send(args, broker, &air, &areas, (from, to)));
    }
    let written = match &args.output {
        Some(path) => File::create(path).and_then(|file| {
            let mut out = BufWriter::new(file);
            write_csv(&air, from, to, &mut out)?;
            out.flush()
        }),
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            write_csv(&air, from, to, &mut out).and_then(|()| out.flush())
        }
    };
    match written {
        // Whoever reads the pipe has enough.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(e) => Err(ExitError::Io(format!("cannot write the CSV: {e}"))),
        Ok(()) => Ok(()),
    }
}

/// Reads a scenario and tells all that is wrong with it.
pub(super) fn read_scenario(path: &Path) -> Result<Scenario, ExitError> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| ExitError::Io(format!("{shown}: {e}")))?;
    parse_scenario(&text).map_err(|faults| ExitError::Data(format!("{shown}: {faults}")))
}

/// Reads the text of a scenario.
pub(super) fn parse_scenario(text: &str) -> Result<Scenario, String> {
    let scenario: Scenario = toml::from_str(text).map_err(|e| e.to_string())?;
    match scenario.faults_of_text() {
        faults if faults.is_empty() => Ok(scenario),
        faults => Err(faults.join("\n")),
    }
}

fn stations(args: &Args) -> Result<(Vec<String>, Areas), ExitError> {
    if let Some(path) = &args.stations {
        let rows = publishing::listed(path)?;
        let mut codes: Vec<String> = rows.iter().map(|r| r.station.to_string()).collect();
        codes.dedup(); // a station may have a row for each span of time
        return Ok((codes, Areas::new(&rows, args.area.clone())));
    }
    let Some(count) = args.station_count else {
        let needed = "--stations FILE or --station-count N is needed";
        return Err(ExitError::Usage(needed.to_owned()));
    };
    let codes = (1..=count).map(|n| format!("S{n:04}")).collect();
    let area = args.area.clone().unwrap_or_else(|| GENERATED_AREA.to_owned());
    Ok((codes, Areas::new(&[], Some(area))))
}

/// What is known in the end, in the import format, label begin.
fn write_csv(air: &Air, from: Hour, to: Hour, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"time,station")?;
    for property in PROPERTIES {
        write!(out, ",{property}")?;
    }
    out.write_all(b"\n")?;
    for number in from.number()..to.number() {
        let hour = Hour::from_number(number);
        let time = hour.label(HourLabel::Begin);
        for (station, readings) in air.record(hour) {
            write!(out, "{time},{}", air.stations()[station])?;
            for property in PROPERTIES {
                write!(out, ",{}", cell(property, readings[property.index()]))?;
            }
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}

/// An amount as an import would judge it; the layout has no place for a flag, so a flagged value is
/// missing.
fn cell(property: Property, reading: Reading) -> String {
    match reading.validity {
        Validity::Valid | Validity::Negative | Validity::Absurd => {
            let scale = property.wire_scale();
            let text = decimal(i64::from(reading.amount.milli()), scale, scale);
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => String::new(),
    }
}

async fn send(
    args: &Args,
    broker: &BrokerUrl,
    air: &Air,
    areas: &Areas,
    (from, to): (Hour, Hour),
) -> Result<(), ExitError> {
    let mut pace = publishing::pace(args.speed)?;
    let stations: BTreeSet<String> = air.stations().iter().cloned().collect();
    let beacon_areas = areas.among(&stations);
    let playback = Playback::new(air, from, to, STEP_MIN);
    let end = playback.end();
    let mut publisher = publishing::connect(broker, "simulate").await?;
    let steps = u64::from((to.number() - from.number()).unsigned_abs()) * 60 / u64::from(STEP_MIN);
    let bar = publishing::bar(steps, "publishing {bar:30} {pos}/{len} steps {eta}");
    for step in playback {
        pace.wait(step.now).await;
        let messages = step_messages(&step, air, end, &beacon_areas, areas);
        publishing::publish_all(&mut publisher, messages).await?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    publisher.finish().await.map(drop).map_err(|e| ExitError::Io(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_faulty_scenario_is_told_whole() {
        let text = r#"
            title = "x"
            start = "2026-12-14"
            days = 0
            [[event]]
            kind = "dust"
            day = 0
            hour = 9
            hours = 22
            peak_ug_m3 = -1
            [[fault]]
            kind = "wrong_clock"
            hour_share = 2.0
        "#;
        let told = parse_scenario(text).expect_err("refused");
        for part in ["days", "event 1: day", "event 1: peak", "fault 1: shares", "fault 1: shift"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        let unknown = text.replace("days = 0", "days = 1\nseason = 1");
        assert!(parse_scenario(&unknown).expect_err("refused").contains("season"));
    }
}
