//! A copy of a store beside its daemon, and the way back.
//!
//! In: a store, or a copy of one. Out: a single file that was read through before it got its name.
//!
//! Invariants: a file under its final name is whole and its chain follows; nothing is written over unless
//! told to, and what is replaced stays beside; commits go on meanwhile.
//!
//! # Why
//! `VACUUM INTO` reads one snapshot, which in WAL mode keeps no writer waiting, and makes indexes anew.
//! SQLite's backup interface begins again whenever another connection commits, and a daemon commits many
//! times a second.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::arrival::verify;
use super::audit::file_faults;
use super::read::Reader;
use super::registry::area_id;
use super::sqlite::{Sqlite, beside, take_lock};
use super::{Error, doing};

/// What a copy holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Links of the chains, each checked.
    pub arrivals: u64,
    /// Size of the file.
    pub bytes: u64,
}

impl Reader {
    /// Copies the store into a file, reads the copy through, and then gives it its name.
    ///
    /// # Errors
    /// [`Error::Exists`] unless `replace`; [`Error::Damaged`] when the copy is not whole: then it is removed.
    pub fn backup(&self, to: &Path, replace: bool) -> Result<Copied, Error> {
        refuse_existing(to, replace)?;
        let partial = beside(to, ".partial");
        let copied = self.copy_to(&partial).and_then(|()| verified(&Reader::open(&partial)?));
        let named = copied.and_then(|arrivals| {
            rename(&partial, to)?;
            Ok(Copied { arrivals, bytes: size(to)? })
        });
        if named.is_err() {
            let _ = std::fs::remove_file(&partial);
        }
        named
    }

    fn copy_to(&self, path: &Path) -> Result<(), Error> {
        remove(path)?;
        let name = path.to_str().ok_or_else(|| file_error(path)(not_text()))?;
        self.db.execute("VACUUM INTO ?1", [name]).map_err(doing("copy the store"))?;
        File::open(path).and_then(|file| file.sync_all()).map_err(file_error(path))
    }
}

impl Sqlite {
    /// Puts a backup in the place of a store, brought to this program's schema and read through first.
    ///
    /// A store that is replaced stays beside as `….replaced`.
    ///
    /// # Errors
    /// [`Error::Locked`] while a daemon runs on it; [`Error::Exists`] unless `replace`; what is wrong with
    /// the backup. Then the store is as it was.
    pub fn restore(from: &Path, store: &Path, replace: bool) -> Result<Copied, Error> {
        let lock = take_lock(store)?;
        refuse_existing(store, replace)?;
        let (backup, schema) = Reader::of_any_schema(from)?;
        if schema == 0 {
            return Err(Error::Foreign { path: from.display().to_string() });
        }
        let partial = beside(store, ".partial");
        let arrivals = backup.copy_to(&partial).and_then(|()| {
            let Self { db, .. } = Self::open(&partial)?;
            // Closing it folds its log in: what is renamed is the one file.
            verified(&Reader::of(db))
        });
        let _ = std::fs::remove_file(beside(&partial, ".lock"));
        let arrivals = arrivals.inspect_err(|_| drop(std::fs::remove_file(&partial)))?;
        if store.exists() {
            set_aside(store)?;
        }
        remove(&beside(store, "-wal"))?; // another file's log must not meet this one
        rename(&partial, store)?;
        drop(lock);
        Ok(Copied { arrivals, bytes: size(store)? })
    }
}

/// Moves a store and its log out of the way, under a name that both keep together.
fn set_aside(store: &Path) -> Result<(), Error> {
    let aside = beside(store, ".replaced");
    remove(&beside(&aside, "-wal"))?;
    rename(store, &aside)?;
    let log = beside(store, "-wal");
    if log.exists() {
        rename(&log, &beside(&aside, "-wal"))?;
    }
    remove(&beside(store, "-shm"))
}

/// Reads a whole store: its pages, and the chain of every area; returns the chains' links.
fn verified(reader: &Reader) -> Result<u64, Error> {
    let faults = file_faults(&reader.db).map_err(doing("check the copy"))?;
    if let Some(fault) = faults.into_iter().next() {
        return Err(Error::Damaged { place: "the copy".to_owned(), fault });
    }
    let mut arrivals = 0;
    for area in reader.areas()? {
        let Some(id) = area_id(&reader.db, area.as_str())? else { continue };
        arrivals += verify(&reader.db, id, &area)?;
    }
    Ok(arrivals)
}

fn refuse_existing(path: &Path, replace: bool) -> Result<(), Error> {
    match path.exists() && !replace {
        true => Err(Error::Exists { path: path.display().to_string() }),
        false => Ok(()),
    }
}

/// Renames, and makes the new name durable.
fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::rename(from, to).map_err(file_error(to))?;
    let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|dir| dir.sync_all()).map_err(file_error(folder))
}

fn remove(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(file_error(path)(e)),
        _ => Ok(()),
    }
}

fn size(path: &Path) -> Result<u64, Error> {
    std::fs::metadata(path).map(|m| m.len()).map_err(file_error(path))
}

fn not_text() -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidInput, "the name is not UTF-8")
}

fn file_error(path: &Path) -> impl Fn(std::io::Error) -> Error {
    let path: PathBuf = path.to_owned();
    move |source| Error::File { path: path.display().to_string(), source }
}
