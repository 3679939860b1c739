//! `lantian import-published`: what the national platform published, into a store.
//!
//! A command of its own and not a dataset of `import`: these values are no observations, are never merged
//! with them, come in other columns, and go beside an area that the store already has.

use std::io::{self, Write};
use std::path::PathBuf;

use super::fault::store_fault;
use super::import::Faults;
use super::reconcile::area_of;
use super::{ExitError, publishing, text};
use crate::area::Registry;
use crate::clock;
use crate::replay::files::{self, Format};
use crate::replay::import::Source;
use crate::replay::published::{Names, PublishedFile, PublishedTally};
use crate::store::{Rules, Sqlite};
use crate::time::HourLabel;

/// Take what the national platform published into a store, to be compared (`reconcile`) and never used.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The store, which has the area already.
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// The area; may be left out when the store has one.
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
    /// What the files call the area, beside its code and its name.
    #[arg(long, value_name = "NAME")]
    city: Option<String>,
    /// Whether the files' times name the start or the end of the hour.
    #[arg(long, value_name = "begin|end", default_value = "end")]
    hour_label: HourLabel,
    /// How the files are laid out: wide or cnemc.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Published values, plain or .gz.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    if !args.store.is_file() {
        return Err(ExitError::Io(format!("{}: there is no such store", args.store.display())));
    }
    let mut store = Sqlite::open(&args.store).map_err(|e| store_fault(&args.store, &e))?;
    let registry = taken_up(args, &mut store)?;
    let names = Names { registry: &registry, city: args.city.as_deref() };
    let mut opened = Vec::with_capacity(args.files.len());
    for path in &args.files {
        let file = PublishedFile::open(path, args.format, args.hour_label, &names);
        let file = file.map_err(|e| match e {
            files::Error::Io { .. } => ExitError::Io(e.to_string()),
            files::Error::Header(_) => ExitError::Data(e.to_string()),
        })?;
        let io = |e: io::Error| ExitError::Io(format!("{}: {e}", path.display()));
        opened.push((file, Source::open(path).map_err(io)?));
    }
    let lengths = args.files.iter().filter_map(|p| std::fs::metadata(p).ok()).map(|m| m.len());
    let bar = publishing::bar(lengths.sum(), "importing {bar:30} {bytes}/{total_bytes} {eta}");
    let (mut faults, mut all) = (Faults::default(), PublishedTally::default());
    for (file, source) in opened {
        let place = (&mut store, &names);
        let faulty = |fault| faults.note(fault);
        let tally = file.import(place, (&source, clock::now()), faulty, |bytes| bar.inc(bytes));
        let tally = tally.map_err(|e| store_fault(&args.store, &e))?;
        all.lines += tally.lines;
        all.values += tally.values;
        all.strangers += tally.strangers;
    }
    bar.finish_and_clear();
    faults.tell(&mut io::stderr().lock());
    let PublishedTally { lines, values, strangers } = all;
    let told = format!("{values} published values in {lines} lines");
    let others = if strangers > 0 { format!(", {strangers} of others") } else { String::new() };
    text::written(writeln!(out, "{told}{others}"))?;
    match faults.count {
        0 => Ok(()),
        n => Err(ExitError::Data(format!("all else is imported, but {n} lines were faulty"))),
    }
}

/// The area as the store has it, with its rules adopted again so that it may be written to.
fn taken_up(args: &Args, store: &mut Sqlite) -> Result<Registry, ExitError> {
    let fault = |e| store_fault(&args.store, &e);
    let area = area_of(&store.areas().map_err(fault)?, args.area.as_deref())?;
    let rules = store.rules(&area).map_err(fault)?;
    let rules = rules.ok_or_else(|| {
        ExitError::Data(format!("area {area} has no rules: import its hours first"))
    })?;
    let rules = Rules::new(rules.registry, rules.params, rules.feeds);
    store.adopt(&rules, clock::now()).map_err(fault)?;
    Ok(rules.registry)
}
