//! The store: one transaction per batch, the rebuild at start, the queries.
//!
//! In: a [`Commit`] of one or more areas' batches. Out: rows, and from them the [`Tables`] of a start,
//! loaded days, and what readers ask for. [`Store`] is the trait over domain batches that a daemon writes
//! through; [`Sqlite`] is the one behind it now.
//!
//! Invariants: a commit is durable (WAL, `synchronous=FULL`) before anything of it is acknowledged or
//! shown; it goes through only under the lease epoch it was opened with, and only in sequence; tables are
//! the state, and `arrival` holds every input with the digest of the row before it.
//!
//! # Why
//! Large keys start with time, so that a live hour touches few pages. Blobs keep a station-hour near ten
//! bytes. Checkpoints run on a thread of their own, because they would stall commits.

mod alarm;
mod area_rows;
mod arrival;
mod audit;
mod backup;
mod cells;
mod commit;
mod correction;
mod dead_letter;
mod duty;
mod edition;
mod entries;
mod explain;
mod history;
mod import;
mod minutes;
mod notice;
mod origin;
mod power;
mod published;
mod read;
mod reconcile;
mod registry;
mod revision;
mod rules;
mod set_hour;
mod sqlite;
mod token;
mod warning;

pub use arrival::{ArrivalRow, InputLog, verify_chain};
pub use audit::{Audited, Difference};
pub use backup::Copied;
pub use commit::{AreaCommit, Commit};
pub use correction::StoredCorrection;
pub use dead_letter::KeptLetters;
pub use duty::{DutyAsked, StoredDuty};
pub use explain::Unexplained;
pub use history::StationHours;
pub use import::{ImportChunk, ImportedArea, ImportedFile};
pub use notice::StoredNotice;
pub use published::PublishedChunk;
pub use read::{DeadLetterRow, Reader};
pub use revision::{Publication, RevisionRow};
pub use rules::{Rules, RulesDigest};
pub use sqlite::{Checkpointer, Sqlite};
pub use token::{Person, Role};
pub use warning::{RecordsAsked, StoredRecord};

use std::path::Path;

use crate::area::Registry;
use crate::pipeline::{LoadedDays, Tables};
use crate::time::Day;

/// What a daemon needs of a store.
pub trait Store: Send {
    /// Makes the store know an area, its stations and sets, and returns nothing but faults.
    ///
    /// # Errors
    /// [`Error`] when it cannot be written.
    fn register(&mut self, registry: &Registry) -> Result<(), Error>;

    /// Writes one commit in one durable transaction. A failed one may be tried again unchanged.
    ///
    /// # Errors
    /// [`Error`]; [`Error::is_retryable`] says whether trying again can help.
    fn commit(&mut self, commit: &Commit) -> Result<(), Error>;

    /// The rows from which an area's live state is rebuilt.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read.
    fn tables(&mut self, registry: &Registry) -> Result<Tables, Error>;

    /// Stored station-days, for late observations.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read.
    fn days(&mut self, registry: &Registry, days: &[Day]) -> Result<LoadedDays, Error>;
}

/// A fault of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused.
    #[error("{doing}: {source}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file cannot be opened.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process writes to this store.
    #[error("{path} is in use by another process")]
    Locked {
        /// The lock file.
        path: String,
    },
    /// The file was written by a newer program.
    #[error("{path} has schema {found}, this program knows up to {known}")]
    Newer {
        /// The store.
        path: String,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The file was written by an older program, and is only read now.
    #[error("{path} has schema {found}; a command that writes to it brings it to {known}")]
    Older {
        /// The store.
        path: String,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The file is a database of another program.
    #[error("{path} is not a store of Lantian")]
    Foreign {
        /// The file.
        path: String,
    },
    /// A file stands where another is to be written.
    #[error("{path} exists already")]
    Exists {
        /// The file.
        path: String,
    },
    /// Another writer took the lease.
    #[error("area {area}: the lease is held by another writer")]
    LeaseLost {
        /// The area.
        area: String,
    },
    /// A batch did not follow the last one.
    #[error("area {area}: batch {sequence} does not follow the last one")]
    OutOfSequence {
        /// The area.
        area: String,
        /// The batch.
        sequence: u64,
    },
    /// A stored row cannot be read.
    #[error("{place}: {fault}")]
    Damaged {
        /// Table and key.
        place: String,
        /// What is wrong.
        fault: String,
    },
    /// No such area or entity in the store.
    #[error("the store has no {0}")]
    Unknown(String),
}

impl Error {
    /// Whether the same commit may succeed when tried again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Database { source, .. } => matches!(
                source.sqlite_error_code(),
                Some(
                    rusqlite::ErrorCode::DatabaseBusy
                        | rusqlite::ErrorCode::DatabaseLocked
                        | rusqlite::ErrorCode::DiskFull
                        | rusqlite::ErrorCode::ReadOnly
                        | rusqlite::ErrorCode::SystemIoFailure
                )
            ),
            Self::File { .. }
            | Self::Locked { .. }
            | Self::Exists { .. }
            | Self::Newer { .. }
            | Self::Older { .. }
            | Self::Foreign { .. }
            | Self::LeaseLost { .. }
            | Self::OutOfSequence { .. }
            | Self::Damaged { .. }
            | Self::Unknown(_) => false,
        }
    }

    /// Whether what stands in the file is at fault: no other try and no other disk can help.
    #[must_use]
    pub fn is_of_content(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match self {
            Self::Database { source, .. } => {
                matches!(source.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
            }
            Self::Newer { .. }
            | Self::Older { .. }
            | Self::Foreign { .. }
            | Self::Damaged { .. } => true,
            Self::File { .. }
            | Self::Locked { .. }
            | Self::Exists { .. }
            | Self::LeaseLost { .. }
            | Self::OutOfSequence { .. }
            | Self::Unknown(_) => false,
        }
    }

    /// The fault with the store's file and what to do about it, for people.
    #[must_use]
    pub fn told(&self, path: &Path) -> String {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull, SystemIoFailure};
        let restore =
            "`lantian audit` names what is damaged, `lantian restore` brings a backup back";
        let advice = match self {
            Self::Database { source, .. } => match source.sqlite_error_code() {
                Some(DiskFull) => "free space on its disk",
                Some(DatabaseBusy | DatabaseLocked) => "another program holds it; end that",
                Some(SystemIoFailure) => {
                    "the system refuses: read-only, over a quota or a broken disk; see its log"
                }
                _ if self.is_of_content() => restore,
                _ => "make the file and its directory readable and writable",
            },
            Self::Damaged { .. } | Self::Foreign { .. } => restore,
            Self::File { .. } => "make the file and its directory readable and writable",
            Self::Newer { .. } => "run the program that wrote it, or a later one",
            Self::Locked { .. } => "stop the daemon first, or wait for the other command",
            Self::LeaseLost { .. } => "two daemons write to this store; stop one",
            Self::Older { .. }
            | Self::Exists { .. }
            | Self::OutOfSequence { .. }
            | Self::Unknown(_) => "",
        };
        let advice = if advice.is_empty() { String::new() } else { format!(" ({advice})") };
        format!("store {}: {self}{advice}", path.display())
    }
}

/// Names what was being done when the database refused.
fn doing(doing: &'static str) -> impl Fn(rusqlite::Error) -> Error {
    move |source| Error::Database { doing, source }
}
