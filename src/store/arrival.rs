//! Every input of a commit, as bytes, and the chain of digests over them.
//!
//! Layout: a list of entries, each one a kind byte and its fields; texts and payloads with their length
//! before them as 32-bit little-endian numbers. Compressed with zlib when stored.
//!
//! Invariant: `digest(n) = SHA-256(digest(n-1), area, n, inputs, appended)`, over the uncompressed bytes and
//! the rows that the commit added to append-only tables, so that a changed, removed or inserted row shows.

use std::io::Write;

use flate2::Compression;
use flate2::write::{ZlibDecoder, ZlibEncoder};
use rusqlite::{Connection, Transaction};
use sha2::{Digest, Sha256};

use super::RulesDigest;
use super::correction::{self, StoredCorrection};
use super::duty::{self, StoredDuty};
use super::notice::{self, StoredNotice};
use super::registry::KnownArea;
use super::revision::{self, RevisionRow};
use super::sqlite::Sqlite;
use super::warning::{self, StoredRecord};
use super::{Error, doing};
use crate::area::{AreaId, Registry, Value};
use crate::average::Correction;
use crate::observation::StationId;
use crate::pipeline::{
    ActInput, Cause, CorrectionInput, DutyInput, FeedState, Message, NoticeInput, PowerInput,
    PublishedRow, Retry, StoredDay,
};
use crate::time::{Hour, HourLabel, Instant};

/// Writes down inputs in the order in which a pipeline takes them.
#[derive(Clone, Debug, Default)]
pub struct InputLog {
    bytes: Vec<u8>,
}

impl InputLog {
    /// A call of the pipeline, and the time by which it handles what follows.
    pub fn now(&mut self, now: Instant) {
        self.bytes.push(b'T');
        self.bytes.extend(now.millis().to_le_bytes());
    }

    /// A message.
    pub fn message(&mut self, message: &Message<'_>) {
        self.bytes.push(b'M');
        self.bytes.push(u8::try_from(message.feed).unwrap_or(u8::MAX));
        self.bytes.extend(u32::try_from(message.length).unwrap_or(u32::MAX).to_le_bytes());
        self.text(message.topic.as_bytes());
        self.text(message.payload);
    }

    /// A refused message, tried again.
    pub fn retry(&mut self, retry: &Retry<'_>) {
        self.bytes.push(b'E');
        self.bytes.extend(retry.letter);
        self.message(&retry.message);
    }

    /// The rules by which what follows is handled, at the start of a process.
    pub fn rules(&mut self, digest: &RulesDigest) {
        self.bytes.push(b'C');
        self.bytes.extend(digest);
    }

    /// All stored hours were taken anew, because of the rules or of the lists of stations.
    pub(super) fn recompute(&mut self, cause: Cause) {
        self.bytes.push(b'R');
        self.text(cause.name().as_bytes());
    }

    /// The hours that what follows declares reviewed, both included.
    pub(super) fn reviewed(&mut self, (from, to): (Hour, Hour)) {
        self.bytes.push(b'V');
        self.bytes.extend(from.number().to_le_bytes());
        self.bytes.extend(to.number().to_le_bytes());
    }

    /// A station's day as an import left it.
    pub(super) fn day(&mut self, station: &StationId, stored: &StoredDay) {
        self.bytes.push(b'D');
        self.text(station.as_str().as_bytes());
        self.bytes.extend(stored.day.number().to_le_bytes());
        self.text(&stored.bytes);
    }

    /// How far ahead of the time an interval may end from here on.
    pub fn tolerance(&mut self, minutes: u32) {
        self.bytes.push(b'L');
        self.bytes.extend(minutes.to_le_bytes());
    }

    /// A feed's state.
    pub fn feed(&mut self, state: FeedState) {
        let code = match state {
            FeedState::Disconnected => b'd',
            FeedState::CatchingUp => b'c',
            FeedState::CaughtUp => b'u',
        };
        self.bytes.extend([b'F', code]);
    }

    /// A file taken in by `import`: its name, SHA-256 and number of rows.
    pub(super) fn file(&mut self, name: &str, sha256: &[u8; 32], rows: u64) {
        self.bytes.push(b'I');
        self.text(name.as_bytes());
        self.bytes.extend(sha256);
        self.bytes.extend(rows.to_le_bytes());
    }

    /// What an import took in as published by the national platform; it came when the import ran.
    pub(super) fn published(&mut self, registry: &Registry, row: &PublishedRow) {
        self.bytes.push(b'P');
        self.text(registry.name_of(row.member).as_bytes());
        self.bytes.extend(row.hour.number().to_le_bytes());
        self.bytes.extend(u32::try_from(row.values.len()).unwrap_or(u32::MAX).to_le_bytes());
        for (quantity, value) in &row.values {
            self.text(quantity.name().as_bytes());
            match value {
                Value::Number(number) => {
                    self.bytes.push(b'n');
                    self.bytes.extend(number.to_le_bytes());
                }
                Value::Primary(pollutants) => self.bytes.extend([b'p', pollutants.bits()]),
                Value::Nothing | Value::Invalid(_) => self.bytes.push(b'-'),
            }
        }
    }

    /// An operator's act on a value.
    pub fn correction(&mut self, asked: &CorrectionInput<'_>) {
        self.bytes.push(b'O');
        self.bytes.extend(asked.at.millis().to_le_bytes());
        for text in [asked.person, asked.reason, asked.station, asked.property.code()] {
            self.text(text.as_bytes());
        }
        self.bytes.extend(asked.hour.number().to_le_bytes());
        let (kind, amount) = match asked.act {
            Correction::Set(amount) => (b's', amount.milli()),
            Correction::Invalidate => (b'i', 0),
            Correction::Withdraw => (b'w', 0),
        };
        self.bytes.push(kind);
        self.bytes.extend(amount.to_le_bytes());
    }

    /// A person's act in the life of a warning.
    pub fn warning_act(&mut self, asked: &ActInput<'_>) {
        self.bytes.push(b'W');
        self.text(asked.person.as_bytes());
        // An act has no maps with keys but texts, so it always becomes JSON.
        self.text(&serde_json::to_vec(asked.act).unwrap_or_default());
    }

    /// A person's act in the room.
    pub fn duty_act(&mut self, asked: &DutyInput<'_>) {
        self.bytes.push(b'Y');
        self.text(asked.person.as_bytes());
        // An act has no maps, so it always becomes JSON.
        self.text(&serde_json::to_vec(asked.act).unwrap_or_default());
    }

    /// A person's act on notices, how a try to send ended, or that the daemon started.
    pub fn notice(&mut self, asked: &NoticeInput<'_>) {
        self.bytes.push(b'N');
        // None of them has maps, so each always becomes JSON.
        let (person, body) = match asked {
            NoticeInput::Act { person, act } => (*person, serde_json::to_vec(act)),
            NoticeInput::Ended(ended) => ("", serde_json::to_vec(ended)),
            NoticeInput::Started => ("", Ok(Vec::new())),
        };
        self.bytes.push(match asked {
            NoticeInput::Act { .. } => b'a',
            NoticeInput::Ended(_) => b'e',
            NoticeInput::Started => b's',
        });
        self.text(person.as_bytes());
        self.text(&body.unwrap_or_default());
    }

    /// Files of electricity readings.
    pub fn power(&mut self, asked: &PowerInput<'_>) {
        self.bytes.push(b'K');
        self.text(asked.person.as_bytes());
        self.bytes.push(match asked.label {
            HourLabel::Begin => b'b',
            HourLabel::End => b'e',
        });
        self.bytes.extend(u32::try_from(asked.files.len()).unwrap_or(u32::MAX).to_le_bytes());
        for file in asked.files {
            self.text(file.name.as_bytes());
            self.text(file.text.as_bytes());
        }
    }

    /// An operator's act, in words.
    pub fn act(&mut self, person: &str, act: &str) {
        self.bytes.push(b'A');
        self.text(person.as_bytes());
        self.text(act.as_bytes());
    }

    /// Whether nothing was written down.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes, leaving an empty log.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    fn text(&mut self, bytes: &[u8]) {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend(bytes);
    }
}

/// One stored row of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrivalRow {
    /// The batch.
    pub sequence: u64,
    /// Its inputs, uncompressed.
    pub inputs: Vec<u8>,
    /// The digest over it and the row before.
    pub digest: Vec<u8>,
}

/// Compresses a row's inputs at the fastest level: the log is written far more often than read.
pub(super) fn compress(inputs: &[u8]) -> Vec<u8> {
    let room = Vec::with_capacity(inputs.len() / 4 + 64);
    let mut encoder = ZlibEncoder::new(room, Compression::fast());
    // Writing to a vector does not fail.
    encoder.write_all(inputs).and_then(|()| encoder.finish()).unwrap_or_default()
}

pub(super) fn decompress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut decoder = ZlibDecoder::new(Vec::new());
    decoder.write_all(bytes)?;
    decoder.finish()
}

/// The rows that a commit adds to append-only tables.
#[derive(Debug, Default)]
pub(super) struct Appended {
    pub(super) revisions: Vec<RevisionRow>,
    pub(super) corrections: Vec<StoredCorrection>,
    pub(super) records: Vec<StoredRecord>,
    pub(super) duty: Vec<StoredDuty>,
    pub(super) notices: Vec<StoredNotice>,
}

impl Appended {
    /// What one batch appended, as stored.
    fn of_batch(db: &Connection, area: i64, sequence: i64) -> rusqlite::Result<Self> {
        let revisions = revision::of_batch(db, area, sequence)?;
        let corrections = correction::of_batch(db, area, sequence)?;
        let records = warning::of_batch(db, area, sequence)?;
        let duty = duty::of_batch(db, area, sequence)?;
        let notices = notice::of_batch(db, area, sequence)?;
        Ok(Self { revisions, corrections, records, duty, notices })
    }

    /// How many they are.
    const fn len(&self) -> usize {
        let Self { revisions, corrections, records, duty, notices } = self;
        revisions.len() + corrections.len() + records.len() + duty.len() + notices.len()
    }

    pub(super) fn write(
        &self,
        tx: &Transaction<'_>,
        known: &KnownArea,
        sequence: i64,
    ) -> rusqlite::Result<()> {
        revision::write(tx, known, sequence, &self.revisions)?;
        correction::write(tx, known, sequence, &self.corrections)?;
        warning::write(tx, known, sequence, &self.records)?;
        duty::write(tx, known, sequence, &self.duty)?;
        notice::write(tx, known, sequence, &self.notices)
    }
}

pub(super) fn digest(
    before: &[u8],
    area: &AreaId,
    sequence: u64,
    inputs: &[u8],
    appended: &Appended,
) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(area.as_str().as_bytes());
    hash.update([0]);
    hash.update(sequence.to_le_bytes());
    hash.update(inputs);
    for row in &appended.revisions {
        hash.update(row.digested());
    }
    for row in &appended.corrections {
        hash.update(row.digested());
    }
    for row in &appended.records {
        hash.update(row.digested());
    }
    for row in &appended.duty {
        hash.update(row.digested());
    }
    for row in &appended.notices {
        hash.update(row.digested());
    }
    hash.finalize().into()
}

/// Reads an area's chain from its start and checks every link; returns its rows' count.
///
/// # Errors
/// [`Error::Damaged`] naming the first row that does not follow from the one before it.
pub fn verify_chain(store: &Sqlite, area: &AreaId) -> Result<u64, Error> {
    verify(&store.db, store.known(area)?.id, area)
}

/// As [`verify_chain`], for an area by its row id: nothing is written, so a reader may ask too.
pub(super) fn verify(db: &Connection, id: i64, area: &AreaId) -> Result<u64, Error> {
    let mut query = db
        .prepare("SELECT sequence, inputs, digest FROM arrival WHERE area = ?1 ORDER BY sequence")
        .map_err(doing("read the chain"))?;
    let mut rows = query.query([id]).map_err(doing("read the chain"))?;
    let (mut before, mut count, mut rows_of_batches) = (vec![0_u8; 32], 0_u64, 0_usize);
    while let Some(row) = rows.next().map_err(doing("read the chain"))? {
        let sequence: i64 = row.get(0).map_err(doing("read the chain"))?;
        let packed: Vec<u8> = row.get(1).map_err(doing("read the chain"))?;
        let found: Vec<u8> = row.get(2).map_err(doing("read the chain"))?;
        let damaged = |fault: &str| Error::Damaged {
            place: format!("arrival {area} {sequence}"),
            fault: fault.to_owned(),
        };
        let inputs = decompress(&packed).map_err(|e| damaged(&e.to_string()))?;
        count += 1;
        if sequence.unsigned_abs() != count {
            return Err(damaged("a row before it is gone"));
        }
        let appended =
            Appended::of_batch(db, id, sequence).map_err(doing("read what was appended"))?;
        if digest(&before, area, count, &inputs, &appended)[..] != found {
            return Err(damaged(
                "does not follow from the row before it, or what it appended changed",
            ));
        }
        before = found;
        rows_of_batches += appended.len();
    }
    let head: Vec<u8> = db
        .query_row("SELECT chain FROM area WHERE id = ?1", [id], |row| row.get(0))
        .map_err(doing("read the chain's head"))?;
    if head != before {
        let place = format!("arrival {area} {count}");
        return Err(Error::Damaged { place, fault: "rows after it are gone".to_owned() });
    }
    verify_count(db, id, area, rows_of_batches)?;
    Ok(count)
}

/// No row stands in an append-only table that no batch appended.
fn verify_count(db: &Connection, id: i64, area: &AreaId, of_batches: usize) -> Result<(), Error> {
    let all: i64 = db
        .query_row(
            "SELECT (SELECT count(*) FROM revision WHERE area = ?1)
                  + (SELECT count(*) FROM correction WHERE area = ?1)
                  + (SELECT count(*) FROM warning WHERE area = ?1)
                  + (SELECT count(*) FROM duty WHERE area = ?1)
                  + (SELECT count(*) FROM notice WHERE area = ?1)",
            [id],
            |row| row.get(0),
        )
        .map_err(doing("count what was appended"))?;
    if usize::try_from(all) == Ok(of_batches) {
        return Ok(());
    }
    let fault = format!("{of_batches} rows belong to batches, {all} are there");
    Err(Error::Damaged {
        place: format!("revision, correction, warning, duty and notice {area}"),
        fault,
    })
}
