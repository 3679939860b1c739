//! `lantian correct`: set, invalidate or release one value, while no daemon runs.
//!
//! Beside a running daemon the same act goes through its API (`POST /api/v1/areas/{area}/corrections`).

use std::io::Write;
use std::path::PathBuf;

use super::fault::store_fault;
use super::offline::{Offline, last_rules};
use super::{ExitError, text};
use crate::area::AreaId;
use crate::average::Correction;
use crate::clock;
use crate::observation::{Code, Property, read_amount};
use crate::pipeline::{Batch, CorrectionInput, Input};
use crate::store::{Error, Sqlite};
use crate::time::{Hour, HourLabel};

/// Set, invalidate or release one hourly value of a station of the city's own, with name and reason.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The store. While a daemon runs on it, use the API instead.
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// The area; may be left out where the store has one.
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
    /// The station's code.
    #[arg(long)]
    station: String,
    /// What is measured: pm2_5, pm10, so2, no2, co, o3 or a meteorological element.
    #[arg(long, value_parser = property)]
    quantity: Property,
    /// The start of the hour, as `2026-11-23 08:00` Beijing time or RFC 3339.
    #[arg(long, value_name = "TIME")]
    time: String,
    #[command(flatten)]
    act: Act,
    /// Who does it.
    #[arg(long, value_parser = words)]
    person: String,
    /// Why, for the trail.
    #[arg(long, value_parser = words)]
    reason: String,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Act {
    /// The value that is to hold, in µg/m³, CO in mg/m³.
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    set: Option<String>,
    /// The value does not count.
    #[arg(long)]
    invalidate: bool,
    /// What the station says holds again.
    #[arg(long)]
    withdraw: bool,
}

fn property(text: &str) -> Result<Property, String> {
    Property::parse(text).ok_or_else(|| "no known property".to_owned())
}

fn words(text: &str) -> Result<String, String> {
    let words = text.trim();
    let fits = (1..=500).contains(&words.chars().count());
    if fits && !words.chars().any(char::is_control) {
        Ok(words.to_owned())
    } else {
        Err("1 to 500 printable characters expected".to_owned())
    }
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    if !args.store.is_file() {
        return Err(ExitError::Io(format!("{}: there is no such store", args.store.display())));
    }
    let act = act(args)?;
    let hour = Hour::parse_label(&args.time, HourLabel::Begin)
        .map_err(|e| ExitError::Usage(format!("--time: {e}")))?;
    let fault = |e: Error| store_fault(&args.store, &e);
    let mut store = Sqlite::open(&args.store).map_err(fault)?;
    let area = area(args, &store)?;
    let asked = CorrectionInput {
        at: clock::now(),
        person: &args.person,
        reason: &args.reason,
        station: &args.station,
        property: args.quantity,
        hour,
        act,
    };
    let batch = take(&mut store, &area, &asked)?;
    match batch.corrections.first().and_then(|row| row.refused) {
        Some(refusal) => Err(ExitError::Data(format!("refused: {}", refusal.text()))),
        None => {
            let revised = batch.set_hours.len();
            text::written(writeln!(out, "taken; {revised} area hours have a new version"))
        }
    }
}

fn act(args: &Args) -> Result<Correction, ExitError> {
    let Act { set, invalidate, .. } = &args.act;
    Ok(match set {
        Some(text) => {
            let reading = read_amount(text.as_bytes(), Code::of(args.quantity));
            if !reading.validity.is_valid() {
                return Err(ExitError::Usage(format!("--set: {}", reading.validity.name())));
            }
            Correction::Set(reading.amount)
        }
        None if *invalidate => Correction::Invalidate,
        None => Correction::Withdraw,
    })
}

fn area(args: &Args, store: &Sqlite) -> Result<AreaId, ExitError> {
    let all = store.areas().map_err(|e| store_fault(&args.store, &e))?;
    let named = |area: &AreaId| args.area.as_deref().is_none_or(|name| area.as_str() == name);
    let mut found = all.into_iter().filter(named);
    match (found.next(), found.next()) {
        (Some(area), None) => Ok(area),
        (Some(_), Some(_)) => Err(ExitError::Usage("--area: the store has several".to_owned())),
        (None, _) => {
            let name = args.area.as_deref().unwrap_or_default();
            Err(ExitError::Usage(format!("--area: the store has no area {name:?}")))
        }
    }
}

fn take(
    store: &mut Sqlite,
    area: &AreaId,
    asked: &CorrectionInput<'_>,
) -> Result<Batch, ExitError> {
    let rules = last_rules(store, area)?;
    let mut area = Offline::begin(store, rules)?.ok_or_else(|| {
        let text = "no daemon has run on this store yet: correct the files, and import them again";
        ExitError::Usage(text.to_owned())
    })?;
    area.commit(&[Input::Correction(*asked)], |log| log.correction(asked))
}
