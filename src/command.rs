//! The subcommands: arguments in, exit code out.
//!
//! In: the command line. Out: text on standard output, faults on standard error, an [`ExitError`]'s
//! code. Each command is one file with `Args` and `run`.

mod aqi;
mod assess;
mod audit;
mod backtest;
mod backup;
mod check;
mod correct;
mod daemon;
mod dashboards;
mod days_source;
#[cfg(feature = "demo")]
mod demo;
mod drill;
mod explain;
mod export;
mod fault;
mod import;
mod import_published;
mod measures;
mod notify;
mod offline;
mod publishing;
mod rank;
mod reconcile;
mod replay;
mod report;
mod reprocess;
mod run;
mod simulate;
mod skill;
mod standards;
mod text;
mod token;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Why a command ended without success; the number is the exit code (sysexits).
#[derive(Debug, thiserror::Error)]
pub enum ExitError {
    /// The command line cannot be followed (1).
    #[error("{0}")]
    Usage(String),
    /// Input data or a file's content is faulty (65).
    #[error("{0}")]
    Data(String),
    /// Something inside Lantian failed (70).
    #[error("{0}")]
    Internal(String),
    /// A file, socket or disk failed (74).
    #[error("{0}")]
    Io(String),
    /// Another process holds the store, or a deadline passed (75).
    #[error("{0}")]
    Busy(String),
    /// The configuration is faulty (78).
    #[error("{0}")]
    Config(String),
}

impl ExitError {
    /// The exit code.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 1,
            Self::Data(_) => 65,
            Self::Internal(_) => 70,
            Self::Io(_) => 74,
            Self::Busy(_) => 75,
            Self::Config(_) => 78,
        }
    }
}

/// Lantian (蓝天): a city's air in real time.
#[derive(Debug, Parser)]
#[command(name = "lantian", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Args),
    #[cfg(feature = "demo")]
    Demo(demo::Args),
    Import(import::Args),
    ImportPublished(import_published::Args),
    Reconcile(reconcile::Args),
    Assess(assess::Args),
    Rank(rank::Args),
    Report(report::Args),
    Notify(notify::Args),
    Measures(measures::Args),
    Export(export::Args),
    Explain(explain::Args),
    Correct(correct::Args),
    Reprocess(reprocess::Args),
    Audit(audit::Args),
    Backtest(backtest::Args),
    Drill(drill::Args),
    Backup(backup::BackupArgs),
    Restore(backup::RestoreArgs),
    Check(check::Args),
    Token(token::Args),
    Replay(replay::Args),
    /// IAQIs, AQI, class and primary pollutants of given concentrations.
    Aqi(aqi::Args),
    /// Editions of the standards, their clauses, open points and chosen defaults.
    Standards(standards::Args),
    Simulate(simulate::Args),
    Dashboards(dashboards::Args),
    Skill(skill::Args),
}

/// Parses the command line, runs the command and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    // Installed before anything may ask for TLS; a second installation would be the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let shown = e.print();
            let ok = shown.is_ok() && !e.use_stderr();
            return ExitCode::from(u8::from(!ok));
        }
    };
    match run(&cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            // Where nobody hears it (a log on a full disk), the exit code still says what it was.
            let _ = writeln!(std::io::stderr(), "lantian: {e}");
            ExitCode::from(e.code())
        }
    }
}

fn run(command: &Command) -> Result<(), ExitError> {
    let out = &mut std::io::stdout(); // not locked: other threads of a daemon may write
    match command {
        Command::Run(args) => run::run(args),
        #[cfg(feature = "demo")]
        Command::Demo(args) => demo::run(args, out),
        Command::Correct(args) => correct::run(args, out),
        Command::Reprocess(args) => reprocess::run(args, out),
        Command::Audit(args) => audit::run(args, out),
        Command::Backtest(args) => backtest::run(args, out),
        Command::Drill(args) => drill::run(args, out),
        Command::Backup(args) => backup::backup(args, out),
        Command::Restore(args) => backup::restore(args, out),
        Command::Check(args) => check::run(args, out),
        Command::Token(args) => token::run(args, out),
        Command::Aqi(args) => aqi::run(args, out),
        Command::Standards(args) => standards::run(args, out),
        Command::Import(args) => import::run(args, out),
        Command::ImportPublished(args) => import_published::run(args, out),
        Command::Reconcile(args) => reconcile::run(args, out),
        Command::Assess(args) => assess::run(args, out),
        Command::Rank(args) => rank::run(args, out),
        Command::Report(args) => report::run(args, out),
        Command::Notify(args) => notify::run(args, out),
        Command::Measures(args) => measures::run(args, out),
        Command::Export(args) => export::run(args, out),
        Command::Explain(args) => explain::run(args, out),
        Command::Replay(args) => replay::run(args),
        Command::Dashboards(args) => dashboards::run(args, out),
        Command::Simulate(args) => simulate::run(args),
        Command::Skill(args) => skill::run(args, out),
    }
}
