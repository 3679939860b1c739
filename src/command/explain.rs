//! `lantian explain`: where a number comes from, from the cells to the last rounding.
//!
//! In: a store, whose figure, which one and of which hour. Out: its derivation, for people or as one JSON
//! document; its last line is the figure that `export` writes. Beside a running daemon too.

use std::io::Write;
use std::path::PathBuf;

use super::fault::store_fault;
use super::{ExitError, text};
use crate::area::{Member, Quantity, Registry};
use crate::explanation::Asked;
use crate::standard::{Parameters, Practice};
use crate::store::{Error, Reader, Unexplained};
use crate::time::{DAY_H, Day, Hour, HourLabel};

/// Where a figure comes from: its inputs, sums, roundings, breakpoints, clauses and earlier versions.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The store. A daemon may be writing to it.
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// The area; needed where its stations' codes stand in other areas too.
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
    /// By which practice the figure is taken.
    #[arg(long, value_name = "letter|national_platform", default_value_t)]
    practice: Practice,
    /// Whether TIME names the start or the end of the hour.
    #[arg(long, value_name = "begin|end", default_value = "begin")]
    hour_label: HourLabel,
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
    /// Whose figure: an area, a set (area/set) or a station.
    #[arg(value_name = "ENTITY")]
    entity: String,
    /// Which figure: a column of `export --what hours`, or `o3_1h_max_today`.
    #[arg(value_name = "QUANTITY")]
    quantity: String,
    /// The hour, as `2026-11-23 08:00` Beijing time or RFC 3339; a day stands for its last hour.
    #[arg(value_name = "TIME")]
    time: String,
}

/// The most codes that a fault lists.
const LISTED: usize = 100;

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), ExitError> {
    if !args.store.is_file() {
        return Err(ExitError::Io(format!("{}: there is no such store", args.store.display())));
    }
    let quantity = Quantity::parse(&args.quantity).ok_or_else(|| {
        let known: Vec<_> = Quantity::all().into_iter().map(Quantity::name).collect();
        let (asked, known) = (&args.quantity, known.join(", "));
        ExitError::Usage(format!("QUANTITY: {asked:?} is not one of {known}"))
    })?;
    let hour = hour(args)?;
    let fault = |e: Error| store_fault(&args.store, &e);
    let reader = Reader::open(&args.store).map_err(fault)?;
    let (registry, member) = member(args, &reader)?;
    let parameters = Parameters { practice: args.practice, ..Parameters::default() };
    let asked = Asked { registry: &registry, member, quantity, hour, parameters: &parameters };
    let explanation = reader.explain(&asked).map_err(|e| match e {
        Unexplained::Store(e) => fault(e),
        other => ExitError::Usage(format!("TIME: {other}")),
    })?;
    if !args.json {
        return text::written(out.write_all(explanation.text_zh().as_bytes()));
    }
    let document = serde_json::to_string_pretty(&explanation);
    let document = document.map_err(|e| ExitError::Internal(e.to_string()))?;
    text::written(writeln!(out, "{document}"))
}

fn hour(args: &Args) -> Result<Hour, ExitError> {
    if let Ok(day) = args.time.parse::<Day>() {
        return Ok(day.hour(DAY_H - 1));
    }
    Hour::parse_label(&args.time, args.hour_label).map_err(|e| {
        ExitError::Usage(format!("TIME: {e}: YYYY-MM-DD, YYYY-MM-DD HH:00 or RFC 3339"))
    })
}

/// The one area, and in it the one member, that the entity names.
fn member(args: &Args, reader: &Reader) -> Result<(Registry, Member), ExitError> {
    let fault = |e: Error| store_fault(&args.store, &e);
    let areas = reader.areas().map_err(fault)?;
    let list = |codes: &mut dyn Iterator<Item = String>| codes.collect::<Vec<_>>().join(", ");
    let all = || list(&mut areas.iter().map(ToString::to_string));
    let asked = args.area.as_deref();
    if let Some(asked) = asked.filter(|a| areas.iter().all(|area| area.as_str() != *a)) {
        let text = format!("--area: the store has no area {asked}, it has: {}", all());
        return Err(ExitError::Usage(text));
    }
    let (mut found, mut known) = (Vec::new(), Vec::new());
    for area in areas.iter().filter(|area| asked.is_none_or(|a| area.as_str() == a)) {
        let registry = reader.registry(area).map_err(fault)?;
        match registry.member(&args.entity) {
            Some(member) => found.push((registry, member)),
            None => known.extend(registry.members().into_iter().map(|m| registry.name_of(m))),
        }
    }
    let several = found.len() > 1;
    match found.pop() {
        Some(_) if several => {
            let (entity, areas) = (&args.entity, all());
            let text = format!("ENTITY: {entity} is in several areas; say --area, one of {areas}");
            Err(ExitError::Usage(text))
        }
        Some(found) => Ok(found),
        None => {
            let more = known.len().saturating_sub(LISTED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let known = list(&mut known.into_iter().take(LISTED));
            let entity = &args.entity;
            Err(ExitError::Usage(format!("ENTITY: no {entity:?}, there are: {known}{more}")))
        }
    }
}
