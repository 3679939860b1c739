//! `lantian backup` and `lantian restore`: a copy of the store beside its daemon, and the way back.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::fault::store_fault;
use super::{ExitError, text};
use crate::store::{Copied, Error, Reader, Sqlite};

/// Copy a store into one file, while its daemon goes on, and read the copy through.
#[derive(Debug, clap::Args)]
pub(super) struct BackupArgs {
    /// The store. A daemon may be writing to it.
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// The copy. It gets this name when it is whole.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Replace a copy that is there.
    #[arg(long)]
    replace: bool,
}

/// Put a backup in the place of a store, after reading it through.
#[derive(Debug, clap::Args)]
pub(super) struct RestoreArgs {
    /// The backup; a store of an older program is brought up to date.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The store. No daemon may be running on it.
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// Replace a store that is there; it stays beside as FILE.replaced.
    #[arg(long)]
    replace: bool,
}

pub(super) fn backup(args: &BackupArgs, out: &mut impl Write) -> Result<(), ExitError> {
    present(&args.store)?;
    let copied = Reader::open(&args.store).and_then(|r| r.backup(&args.to, args.replace));
    tell(&args.to, copied.map_err(|e| fault(&args.store, &e))?, out)
}

pub(super) fn restore(args: &RestoreArgs, out: &mut impl Write) -> Result<(), ExitError> {
    present(&args.from)?;
    let copied = Sqlite::restore(&args.from, &args.store, args.replace);
    let of = |e: &Error| match e {
        Error::Locked { .. } | Error::Exists { .. } | Error::File { .. } => args.store.clone(),
        _ => args.from.clone(),
    };
    tell(&args.store, copied.map_err(|e| fault(&of(&e), &e))?, out)
}

fn present(path: &Path) -> Result<(), ExitError> {
    match path.is_file() {
        true => Ok(()),
        false => Err(ExitError::Io(format!("{}: there is no such store", path.display()))),
    }
}

fn fault(path: &Path, e: &Error) -> ExitError {
    match e {
        Error::Exists { .. } => {
            ExitError::Usage(format!("{e}; --replace puts another in its place"))
        }
        _ => store_fault(path, e),
    }
}

fn tell(path: &Path, copied: Copied, out: &mut impl Write) -> Result<(), ExitError> {
    let Copied { arrivals, bytes } = copied;
    let path = path.display();
    text::written(writeln!(out, "{path}: {bytes} bytes, {arrivals} arrivals, read through"))
}
