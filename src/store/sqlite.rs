//! The SQLite file: opening, lock, migrations, checkpoints.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{AreaCommit, Commit, Error, Store, doing};
use crate::area::Registry;
use crate::pipeline::{LoadedDays, Tables};
use crate::time::Day;

/// Marks a SQLite file as ours ("LTIA").
const APPLICATION_ID: i64 = 0x4c54_4941;
/// The newest schema this program knows.
pub(super) const SCHEMA: i64 = 10;
/// What brings a file from each schema to the next, from an empty file on.
const MIGRATIONS: [&str; 10] = [
    include_str!("schema.sql"),
    include_str!("migration_2.sql"),
    include_str!("migration_3.sql"),
    include_str!("migration_4.sql"),
    include_str!("migration_5.sql"),
    include_str!("migration_6.sql"),
    include_str!("migration_7.sql"),
    include_str!("migration_8.sql"),
    include_str!("migration_9.sql"),
    include_str!("migration_10.sql"),
];
/// How long a transaction waits for another program's.
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// A log this long is folded in by the writer itself, since the checkpointer cannot keep up.
const LOG_MAX_BYTES: u64 = 256 << 20;
/// A log this long is worth a checkpoint.
const LOG_WORTH_BYTES: u64 = 4 << 20;

/// The writer of a store; one per file, held by a lock beside it.
#[derive(Debug)]
pub struct Sqlite {
    pub(super) db: Connection,
    path: PathBuf,
    /// Held while the store is open.
    _lock: Option<File>,
    pub(super) areas: Vec<super::registry::KnownArea>,
}

impl Sqlite {
    /// Opens or creates the store and takes its lock.
    ///
    /// # Errors
    /// [`Error::Locked`] when another process writes to it, [`Error::Newer`] and [`Error::Foreign`] for a
    /// file this program must not touch.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let lock = take_lock(path)?;
        let db = Connection::open(path).map_err(doing("open the store"))?;
        Self::prepare(db, path, Some(lock))
    }

    /// A store in memory, for tests and measurements.
    ///
    /// # Errors
    /// [`Error::Database`] when SQLite refuses.
    pub fn in_memory() -> Result<Self, Error> {
        let db = Connection::open_in_memory().map_err(doing("open the store"))?;
        Self::prepare(db, Path::new(":memory:"), None)
    }

    /// A store that is gone with this process; on the disk as far as it does not fit into memory.
    pub(super) fn scratch() -> Result<Self, Error> {
        let db = Connection::open("").map_err(doing("open a store to rebuild into"))?;
        Self::prepare(db, Path::new(""), None)
    }

    fn prepare(db: Connection, path: &Path, lock: Option<File>) -> Result<Self, Error> {
        db.busy_timeout(BUSY_WAIT).map_err(doing("set the busy timeout"))?;
        db.set_prepared_statement_cache_capacity(64);
        let version = check_file(&db, path)?;
        db.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
             PRAGMA foreign_keys = ON; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;",
        )
        .map_err(doing("set the store up"))?;
        migrate(&db, version)?;
        Ok(Self { db, path: path.to_owned(), _lock: lock, areas: Vec::new() })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Folds the log into the file when it has outgrown the checkpointer.
    ///
    /// What was written before is durable: a log that cannot be folded in now is no fault of it, and a
    /// caller that tried it again would be out of sequence.
    pub(super) fn trim_log(&self) {
        if log_bytes(&self.path) > LOG_MAX_BYTES {
            // A long reader (a backup) keeps part of the log in use: commits do not wait for it.
            let _ = self.db.busy_timeout(Duration::ZERO);
            let _ = checkpoint(&self.db, "TRUNCATE");
            let _ = self.db.busy_timeout(BUSY_WAIT);
        }
    }
}

impl Store for Sqlite {
    fn register(&mut self, registry: &Registry) -> Result<(), Error> {
        super::registry::register(self, registry)
    }

    fn commit(&mut self, commit: &Commit) -> Result<(), Error> {
        super::commit::write(self, commit)?;
        self.trim_log();
        Ok(())
    }

    fn tables(&mut self, registry: &Registry) -> Result<Tables, Error> {
        super::read::tables(self, registry)
    }

    fn days(&mut self, registry: &Registry, days: &[Day]) -> Result<LoadedDays, Error> {
        super::read::days(self, registry, days)
    }
}

impl Commit {
    /// A commit of one area.
    #[must_use]
    pub fn of(area: AreaCommit) -> Self {
        Self { areas: vec![area] }
    }
}

/// The file whose name is this one's with an ending more.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

pub(super) fn take_lock(path: &Path) -> Result<File, Error> {
    let lock_path = beside(path, ".lock");
    let shown = lock_path.display().to_string();
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock_path)
        .map_err(|source| Error::File { path: shown.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked { path: shown }),
        Err(TryLockError::Error(source)) => Err(Error::File { path: shown, source }),
    }
}

/// The file's schema version; refuses files of other programs and of newer versions.
pub(super) fn check_file(db: &Connection, path: &Path) -> Result<i64, Error> {
    let pragma = |name: &str| db.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0));
    let application: i64 = pragma("application_id").map_err(|source| {
        if source.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) {
            return Error::Foreign { path: path.display().to_string() };
        }
        doing("read the store's head")(source)
    })?;
    let version: i64 = pragma("user_version").map_err(doing("read the store's version"))?;
    let empty: bool = db
        .query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
        .map_err(doing("read the store's schema"))?;
    let path = || path.display().to_string();
    if !empty && application != APPLICATION_ID {
        return Err(Error::Foreign { path: path() });
    }
    if version > SCHEMA {
        return Err(Error::Newer { path: path(), found: version, known: SCHEMA });
    }
    Ok(version)
}

fn migrate(db: &Connection, version: i64) -> Result<(), Error> {
    for (to, migration) in (1_i64..).zip(MIGRATIONS).filter(|(to, _)| *to > version) {
        let rows = if to == 3 { super::origin::imported_before(db) } else { Ok(String::new()) };
        let rows = rows.map_err(doing("look for imports"))?;
        db.execute_batch(&format!(
            "BEGIN IMMEDIATE; {migration} {rows}
             PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {to}; COMMIT;"
        ))
        .map_err(doing("bring the tables up to date"))?;
    }
    if version < SCHEMA {
        super::token::sign(db).map_err(doing("sign the tokens"))?;
    }
    Ok(())
}

fn log_bytes(path: &Path) -> u64 {
    std::fs::metadata(beside(path, "-wal")).map_or(0, |m| m.len())
}

fn checkpoint(db: &Connection, mode: &str) -> Result<(), rusqlite::Error> {
    db.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()))
}

/// Moves the write-ahead log into the file, on its own connection and thread.
#[derive(Debug)]
pub struct Checkpointer {
    db: Connection,
    path: PathBuf,
}

impl Checkpointer {
    /// A checkpointer of an open store.
    ///
    /// # Errors
    /// [`Error::Database`] when the file cannot be opened.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db =
            Connection::open_with_flags(path, flags).map_err(doing("open the checkpointer"))?;
        db.busy_timeout(Duration::from_secs(1)).map_err(doing("set the busy timeout"))?;
        Ok(Self { db, path: path.to_owned() })
    }

    /// Moves what can be moved without waiting for anybody.
    ///
    /// # Errors
    /// [`Error::Database`] when the file cannot be written.
    pub fn step(&self) -> Result<(), Error> {
        if log_bytes(&self.path) < LOG_WORTH_BYTES {
            return Ok(());
        }
        checkpoint(&self.db, "PASSIVE").map_err(doing("checkpoint"))
    }

    /// Moves everything, so that the file is whole without the log; waits a moment for readers.
    ///
    /// # Errors
    /// [`Error::Database`] when the file cannot be written.
    pub fn finish(&self) -> Result<(), Error> {
        checkpoint(&self.db, "TRUNCATE").map_err(doing("fold the log in"))
    }
}
