//! The real store behind a disk that fails as it is told to, and what the store holds according to the store.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::write::ZlibDecoder;
use lantian::area::Registry;
use lantian::pipeline::{LoadedDays, SetHourRow, Tables};
use lantian::store::{Commit, Error, Sqlite, Store};
use lantian::time::{Day, Hour};
use rusqlite::{Connection, OpenFlags, ffi};

/// What goes wrong with the next attempts to commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// So many are refused, and nothing of them is written: full, read-only, locked.
    Refuses(u32),
    /// One is written and durable, and reported as failed.
    WrittenButFailed,
}

/// What stands in the store, read from its file by another connection.
#[derive(Debug)]
pub(super) struct Stored {
    db: Connection,
    sequence: i64,
    messages: BTreeSet<Vec<u8>>,
    /// Payloads in the order in which each was first stored.
    pub(super) order: Vec<Vec<u8>>,
    /// The newest row of every hour and set.
    pub(super) rows: BTreeMap<(Hour, usize), SetHourRow>,
    pub(super) revisions: usize,
    /// Messages in each batch, repetitions included.
    pub(super) counts: BTreeMap<u64, u64>,
}

impl Stored {
    fn open(path: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags).expect("opened");
        Self {
            db,
            sequence: 0,
            messages: BTreeSet::new(),
            order: Vec::new(),
            rows: BTreeMap::new(),
            revisions: 0,
            counts: BTreeMap::new(),
        }
    }

    pub(super) fn holds(&self, payload: &[u8]) -> bool {
        self.messages.contains(payload)
    }

    /// Whether a table of records has the one of this number.
    pub(super) fn holds_record(&self, table: &str, number: u64) -> bool {
        let query = format!("SELECT count(*) FROM {table} WHERE number = ?1");
        let count = self.db.query_row(&query, [number.cast_signed()], |row| row.get(0));
        count.ok() == Some(1_i64)
    }

    /// The last sequence number in the file.
    pub(super) fn sequence(&self) -> u64 {
        self.sequence.unsigned_abs()
    }

    /// Looks at what a commit has left in the file.
    fn look(&mut self, commit: &Commit) {
        let mut query = self
            .db
            .prepare_cached("SELECT sequence, inputs FROM arrival WHERE sequence > ?1 ORDER BY 1")
            .expect("a query");
        let rows = query.query_map([self.sequence], |row| Ok((row.get(0)?, row.get(1)?)));
        let rows: Vec<(i64, Vec<u8>)> =
            rows.expect("rows").collect::<Result<_, _>>().expect("read");
        drop(query);
        assert_eq!(rows.len(), 1, "a commit is one row of the chain");
        let (sequence, packed) = &rows[0];
        assert_eq!(*sequence, self.sequence + 1, "in sequence");
        self.sequence = *sequence;
        let mut unpacked = ZlibDecoder::new(Vec::new());
        unpacked.write_all(packed).expect("packed");
        let messages = messages(&unpacked.finish().expect("packed"));
        self.counts.insert(sequence.unsigned_abs(), messages.len() as u64);
        let batch = &commit.areas[0].batch;
        let known = messages.iter().all(|payload| self.holds(payload));
        if known {
            assert!(batch.hours.is_empty(), "a redelivery changed hours of a station");
            assert!(batch.revisions.is_empty(), "a redelivery left {:?}", batch.revisions);
        }
        for payload in messages {
            if self.messages.insert(payload.clone()) {
                self.order.push(payload);
            }
        }
        self.revisions += batch.revisions.len();
        for row in &batch.set_hours {
            let before = self.rows.insert((row.hour, row.set), row.clone());
            let version = before.as_ref().map_or(0, |b| b.version);
            assert_eq!(row.version, version + 1, "{before:?} then {row:?}");
        }
    }
}

/// The payloads among the inputs of a row of the chain.
fn messages(mut log: &[u8]) -> Vec<Vec<u8>> {
    fn cut<'a>(log: &mut &'a [u8], length: usize) -> &'a [u8] {
        let (head, tail) = log.split_at(length);
        *log = tail;
        head
    }
    fn text<'a>(log: &mut &'a [u8]) -> &'a [u8] {
        let length = u32::from_le_bytes(cut(log, 4).try_into().expect("four bytes"));
        cut(log, usize::try_from(length).expect("small"))
    }
    let mut found = Vec::new();
    while !log.is_empty() {
        match cut(&mut log, 1)[0] {
            b'T' => drop(cut(&mut log, 8)),
            b'C' => drop(cut(&mut log, 32)),
            b'L' => drop(cut(&mut log, 4)),
            b'F' => drop(cut(&mut log, 1)),
            b'A' | b'W' | b'Y' => drop((text(&mut log), text(&mut log))),
            b'M' => {
                cut(&mut log, 5);
                text(&mut log);
                found.push(text(&mut log).to_vec());
            }
            other => panic!("an input of kind {:?}", char::from(other)),
        }
    }
    found
}

/// The store, as the daemon has it.
pub(super) struct Disk {
    pub(super) path: PathBuf,
    /// None while no daemon runs.
    pub(super) sqlite: Option<Sqlite>,
    pub(super) fault: Option<Fault>,
    pub(super) stored: Stored,
}

impl Disk {
    pub(super) fn new(path: PathBuf) -> Self {
        let sqlite = Sqlite::open(&path).expect("opened");
        let stored = Stored::open(&path);
        Self { path, sqlite: Some(sqlite), fault: None, stored }
    }

    /// A daemon ends, with or without its will: what it holds in memory is gone.
    pub(super) fn close(&mut self) {
        self.sqlite = None;
    }

    pub(super) fn open(&mut self) -> &mut Sqlite {
        let path = &self.path;
        self.sqlite.get_or_insert_with(|| {
            loop {
                match Sqlite::open(path) {
                    // A child that another test begins holds every file for a moment.
                    Err(Error::Locked { .. }) => std::thread::yield_now(),
                    opened => return opened.expect("opened again"),
                }
            }
        })
    }
}

fn refusal(code: i32) -> Error {
    let source = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
    Error::Database { doing: "commit", source }
}

impl Store for Disk {
    fn register(&mut self, registry: &Registry) -> Result<(), Error> {
        self.open().register(registry)
    }

    fn commit(&mut self, commit: &Commit) -> Result<(), Error> {
        match self.fault.take() {
            Some(Fault::Refuses(times)) => {
                self.fault = times.checked_sub(2).map(|left| Fault::Refuses(left + 1));
                return Err(refusal(ffi::SQLITE_FULL));
            }
            Some(Fault::WrittenButFailed) => {
                self.open().commit(commit)?;
                self.stored.look(commit);
                return Err(refusal(ffi::SQLITE_IOERR_FSYNC));
            }
            None => {}
        }
        self.open().commit(commit)?;
        self.stored.look(commit);
        Ok(())
    }

    fn tables(&mut self, registry: &Registry) -> Result<Tables, Error> {
        self.open().tables(registry)
    }

    fn days(&mut self, registry: &Registry, days: &[Day]) -> Result<LoadedDays, Error> {
        self.open().days(registry, days)
    }
}
