//! `lantian audit`: does the store still say what its observations come to?
//!
//! A line for each difference on standard output; exit 65 when there is any.

use std::io::Write;
use std::path::PathBuf;

use super::fault::store_fault;
use super::{ExitError, text};
use crate::store::Reader;

/// Check the file and the chain of inputs, and compute every stored area figure anew.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The store. A daemon may be writing to it.
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    if !args.store.is_file() {
        return Err(ExitError::Io(format!("{}: there is no such store", args.store.display())));
    }
    let reader = Reader::open(&args.store).map_err(|e| store_fault(&args.store, &e))?;
    let mut lines = String::new();
    let audited = reader.audit(|d| {
        lines += &format!("{}: {} is stored, {} expected\n", d.place, d.stored, d.expected);
    });
    let audited = audited.map_err(|e| store_fault(&args.store, &e))?;
    lines += &format!(
        "{} arrivals, {} rebuilt, {} area hours: {} differences\n",
        audited.arrivals, audited.rebuilt, audited.area_hours, audited.differences
    );
    text::written(out.write_all(lines.as_bytes()))?;
    match audited.differences {
        0 => Ok(()),
        n => Err(ExitError::Data(format!("{n} differences in {}", args.store.display()))),
    }
}
