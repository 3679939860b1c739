//! `lantian dashboards`: writes the dashboards for Grafana.
//!
//! In: a directory and a language. Out: a JSON file for each dashboard in it; what is there under their names
//! is replaced, and nothing else is touched.

use std::io::Write;
use std::path::PathBuf;

use super::ExitError;
use super::text::written;
use crate::dashboard::{self, Language};

/// Dashboards for Grafana, as files.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The directory; made where it is not there.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// zh or en.
    #[arg(long, value_name = "LANGUAGE", default_value = "zh", value_parser = ["zh", "en"])]
    lang: String,
}

/// Runs the command.
pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), ExitError> {
    let language = if args.lang == "en" { Language::En } else { Language::Zh };
    let failed =
        |path: &PathBuf, e: std::io::Error| ExitError::Io(format!("{}: {e}", path.display()));
    std::fs::create_dir_all(&args.to).map_err(|e| failed(&args.to, e))?;
    for file in dashboard::all(language) {
        let path = args.to.join(&file.name);
        std::fs::write(&path, file.text).map_err(|e| failed(&path, e))?;
        written(writeln!(out, "{}", path.display()))?;
    }
    Ok(())
}
