//! `lantian measures`: the emergency-measures list (应急减排清单), checked, compared, weighed and dispatched.
//!
//! In: workbooks or CSV files. Out: text or one JSON document; 65 with every fault by sheet and cell.

mod power;
mod tell;

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{ExitError, text};
use crate::clock;
use crate::measures::{
    ColumnMap, Edition, EditionName, Finding, Findings, Loaded, Required, Shortfall, difference,
    dispatch, load, shortfall,
};
use crate::time::Day;
use crate::warning::Level;
use crate::workbook;

/// The emergency-measures list (应急减排清单): checked, compared, weighed and dispatched.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Every fault of a list by sheet and cell (exit 65), or what it holds.
    Check(ListArgs),
    /// What a new edition changes; a changed or removed row without a reason is a fault (exit 65).
    Diff(DiffArgs),
    /// What each level removes against 10, 20 and 30 % of the whole-society emission (减排缺口).
    Shortfall(LevelsArgs),
    /// Who has to do what at a level, by district and department (任务单).
    Dispatch(LevelArgs),
    /// Take hours of electricity meters from CSV files into a store, while no daemon runs.
    Power(power::Args),
}

#[derive(Debug, clap::Args)]
struct Reading {
    /// The column map; without it the one of config/measures-map.toml.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// The day by which the list's age is judged; without it today.
    #[arg(long, value_name = "DATE", value_parser = day)]
    at: Option<Day>,
    /// One document.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// An XLSX workbook, a directory of CSV files, or CSV files, one a sheet.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Debug, clap::Args)]
struct DiffArgs {
    /// The edition before: a workbook or a directory of CSV files.
    old: PathBuf,
    /// The new edition.
    new: PathBuf,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Debug, clap::Args)]
struct LevelsArgs {
    #[command(flatten)]
    list: ListArgs,
    /// yellow, orange or red; without it all three.
    #[arg(long)]
    level: Option<Level>,
}

#[derive(Debug, clap::Args)]
struct LevelArgs {
    #[command(flatten)]
    list: ListArgs,
    /// yellow, orange or red.
    #[arg(long)]
    level: Level,
}

fn day(text: &str) -> Result<Day, String> {
    text.parse().map_err(|_| "must be a day as in 2026-10-01".to_owned())
}

/// What `check` says as a document.
#[derive(Serialize)]
struct Checked<'e> {
    edition: EditionName,
    city: &'e str,
    overdue: bool,
    enterprises: usize,
    lines: usize,
    sources: usize,
    notices: &'e [Finding],
    shortfall: &'e [Shortfall],
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    match &args.what {
        What::Check(args) => check(args, out),
        What::Diff(args) => diff(args, out),
        What::Shortfall(args) => shortfalls(args, out),
        What::Dispatch(args) => tasks(args, out),
        What::Power(args) => power::run(args, out),
    }
}

impl Reading {
    fn map(&self) -> Result<ColumnMap, ExitError> {
        let map = match &self.map {
            Some(path) => workbook::load_map(path),
            None => workbook::default_map(),
        };
        map.map_err(|faults| unreadable("列映射", &faults))
    }

    fn load(&self, files: &[PathBuf], out: &mut impl Write) -> Result<Loaded, ExitError> {
        let map = self.map()?;
        let sheets = workbook::sheets(files, &map).map_err(|f| unreadable("清单文件", &f))?;
        match load(&sheets, &map) {
            Ok(loaded) => Ok(loaded),
            Err(findings) => Err(self.refused("未载入", &findings, out)?),
        }
    }

    /// The faults: on standard error, and with `--json` as a document too.
    fn refused(
        &self,
        so: &str,
        findings: &Findings,
        out: &mut impl Write,
    ) -> Result<ExitError, ExitError> {
        if self.json {
            document(findings, out)?;
        }
        let mut told = format!("应急减排清单有{}处错误，{so}", findings.faults.len());
        for fault in &findings.faults {
            told += &format!("\n  {fault}");
        }
        if !findings.notices.is_empty() {
            told += &format!("\n另有{}处需核对", findings.notices.len());
        }
        for notice in &findings.notices {
            told += &format!("\n  {notice}");
        }
        Ok(ExitError::Data(told))
    }

    fn today(&self) -> Day {
        self.at.unwrap_or_else(|| clock::now().hour().day())
    }

    /// Says that the list is overdue, if it is.
    fn age(&self, edition: &Edition, out: &mut impl Write) -> Result<(), ExitError> {
        if edition.is_overdue(self.today()) && !self.json {
            text::written(tell::overdue(edition, out))?;
        }
        Ok(())
    }
}

fn unreadable(what: &str, faults: &[workbook::Fault]) -> ExitError {
    let mut told = format!("{what}有{}处错误", faults.len());
    for fault in faults {
        told += &format!("\n  {fault}");
    }
    match faults.iter().all(|fault| fault.is_io) {
        true => ExitError::Io(told),
        false => ExitError::Data(told),
    }
}

fn document(document: &impl Serialize, out: &mut impl Write) -> Result<(), ExitError> {
    let written = serde_json::to_string_pretty(document);
    let written = written.map_err(|e| ExitError::Internal(e.to_string()))?;
    text::written(writeln!(out, "{written}"))
}

fn check(args: &ListArgs, out: &mut impl Write) -> Result<(), ExitError> {
    let loaded = args.reading.load(&args.files, out)?;
    let edition = &loaded.edition;
    let all = Level::ALL.map(|level| shortfall(edition, level, Required::DEFAULT));
    if !args.reading.json {
        args.reading.age(edition, out)?;
        return text::written(tell::checked(&loaded, &all, out));
    }
    let checked = Checked {
        edition: EditionName::of(edition),
        city: &edition.city,
        overdue: edition.is_overdue(args.reading.today()),
        enterprises: edition.enterprise_count(),
        lines: edition.lines.len(),
        sources: edition.sources.len(),
        notices: &loaded.notices,
        shortfall: &all,
    };
    document(&checked, out)
}

fn diff(args: &DiffArgs, out: &mut impl Write) -> Result<(), ExitError> {
    let edition = |path: &Path, out: &mut _| args.reading.load(&[path.to_owned()], out);
    let (old, new) = (edition(&args.old, out)?.edition, edition(&args.new, out)?.edition);
    let (found, findings) = difference(&old, &new);
    if !findings.faults.is_empty() {
        if !args.reading.json {
            text::written(tell::difference(&found, out))?;
        }
        return Err(args.reading.refused("不能替换上一版", &findings, out)?);
    }
    if args.reading.json {
        return document(&found, out);
    }
    text::written(tell::difference(&found, out))?;
    text::written(tell::notices(&findings.notices, out))
}

fn shortfalls(args: &LevelsArgs, out: &mut impl Write) -> Result<(), ExitError> {
    let edition = args.list.reading.load(&args.list.files, out)?.edition;
    let levels = args.level.map_or_else(|| Level::ALL.to_vec(), |level| vec![level]);
    let found: Vec<Shortfall> =
        levels.into_iter().map(|level| shortfall(&edition, level, Required::DEFAULT)).collect();
    if args.list.reading.json {
        return document(&found, out);
    }
    args.list.reading.age(&edition, out)?;
    text::written(tell::shortfalls(&edition, &found, out))
}

fn tasks(args: &LevelArgs, out: &mut impl Write) -> Result<(), ExitError> {
    let edition = args.list.reading.load(&args.list.files, out)?.edition;
    let found = dispatch(&edition, args.level);
    if args.list.reading.json {
        return document(&found, out);
    }
    args.list.reading.age(&edition, out)?;
    text::written(tell::dispatch(&found, out))
}
