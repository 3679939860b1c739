//! `lantian measures power`: hours of electricity meters from CSV files, while no daemon runs.
//!
//! In: a store and files of `meter,time,kwh`, also `revision`. Out: how many readings were taken; or every
//! fault by file and line (exit 65), and then nothing is taken.
//!
//! Beside a running daemon a file goes through its API (`POST /api/v1/power`).

use std::io::Write;
use std::path::PathBuf;

use super::super::fault::store_fault;
use super::super::offline::{Offline, last_rules};
use super::super::{ExitError, text};
use crate::measures::{PowerFault, PowerFile, read_power_files};
use crate::pipeline::{Input, PowerInput};
use crate::store::{Error, Sqlite};
use crate::time::HourLabel;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The store. While a daemon runs on it, use the API instead.
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// The area.
    #[arg(long, value_name = "AREA")]
    area: String,
    /// Whether a time names the start or the end of its hour.
    #[arg(long, value_name = "begin|end", default_value = "begin")]
    hour_label: HourLabel,
    /// CSV files, with a line of names first: meter, time, kwh, also revision.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    if !args.store.is_file() {
        return Err(ExitError::Io(format!("{}: there is no such store", args.store.display())));
    }
    let mut files = Vec::new();
    let mut unreadable = Vec::new();
    for path in &args.files {
        let fault = |e: std::io::Error| ExitError::Io(format!("{}: {e}", path.display()));
        let bytes = std::fs::read(path).map_err(fault)?;
        match PowerFile::read(path.display().to_string(), bytes) {
            Ok(file) => files.push(file),
            Err(fault) => unreadable.push(fault),
        }
    }
    if !unreadable.is_empty() {
        return Err(refused(&unreadable));
    }
    let rows = read_power_files(&files, args.hour_label).map_err(|faults| refused(&faults))?;
    let mut store = Sqlite::open(&args.store).map_err(|e| store_fault(&args.store, &e))?;
    let areas = store.areas().map_err(|e: Error| store_fault(&args.store, &e))?;
    let area = areas.into_iter().find(|area| area.as_str() == args.area).ok_or_else(|| {
        ExitError::Usage(format!("--area: the store has no area {:?}", args.area))
    })?;
    let rules = last_rules(&store, &area)?;
    let mut area = Offline::begin(&mut store, rules)?
        .ok_or_else(|| ExitError::Usage("no daemon has run on this store yet".to_owned()))?;
    let (person, label) = ("", args.hour_label);
    let asked = PowerInput { person, label, files: &files, rows: &rows };
    let batch = area.commit(&[Input::Power(asked)], |log| log.power(&asked))?;
    match batch.power_taken.into_iter().next().unwrap_or(Ok(0)) {
        Ok(readings) => text::written(writeln!(out, "taken: {readings} readings")),
        Err(faults) => Err(refused(&faults)),
    }
}

fn refused(faults: &[PowerFault]) -> ExitError {
    let mut told = format!("用电数据有{}处错误，未载入", faults.len());
    faults.iter().for_each(|fault| told += &format!("\n  {fault}"));
    ExitError::Data(told)
}
