//! The chain's inputs handled again, into a store of its own.
//!
//! In: the arrival rows of one area, and the rules they name. Out: a scratch store that holds what every
//! table would hold if nothing but the program had ever written to it.

use std::sync::Arc;

use rusqlite::Connection;

use super::super::arrival::decompress;
use super::super::entries::Entry;
use super::super::{AreaCommit, Commit, Error, InputLog, Rules, RulesDigest, Sqlite, Store};
use super::super::{doing, rules};
use crate::area::AreaId;
use crate::measures::{PowerRow, read_power_files};
use crate::pipeline::{
    ActInput, Batch, DutyInput, Input, NoticeInput, Pipeline, PowerInput, PublishedRow, Retry,
    StoredDay,
};
use crate::store::{ImportChunk, ImportedArea, ImportedFile, PublishedChunk};
use crate::time::Instant;

/// Handles every input of an area again. `None` when its chain begins without rules, as it did before
/// schema 2.
pub(super) fn rebuild(
    db: &Connection,
    (id, area): (i64, &AreaId),
    scratch: &mut Sqlite,
) -> Result<Option<u64>, Error> {
    let mut replay = Replay { db, id, area: area.clone(), scratch, rules: None, pipeline: None };
    let mut query = db
        .prepare("SELECT sequence, inputs FROM arrival WHERE area = ?1 ORDER BY sequence")
        .map_err(doing("read the chain"))?;
    let mut rows = query.query([id]).map_err(doing("read the chain"))?;
    let mut count = 0;
    while let Some(row) = rows.next().map_err(doing("read the chain"))? {
        let sequence: i64 = row.get(0).map_err(doing("read the chain"))?;
        let packed: Vec<u8> = row.get(1).map_err(doing("read the chain"))?;
        let damaged =
            |fault: String| Error::Damaged { place: format!("arrival {area} {sequence}"), fault };
        let inputs = decompress(&packed).map_err(|e| damaged(e.to_string()))?;
        let entries = InputLog::entries(&inputs);
        let entries = entries.ok_or_else(|| damaged("is not a list of inputs".to_owned()))?;
        if !replay.begin(&entries)? {
            return Ok(None);
        }
        replay.batch(&entries, &inputs)?;
        count += 1;
    }
    Ok(Some(count))
}

/// What each of the files of electricity readings says, in their order. One with a fault was written
/// down, too, in former versions, and nothing of it was taken.
fn power_rows(entries: &[Entry<'_>]) -> Vec<Vec<PowerRow>> {
    let rows = |entry: &Entry<'_>| match entry {
        Entry::Power { label, files, .. } => {
            Some(read_power_files(files, *label).unwrap_or_default())
        }
        _ => None,
    };
    entries.iter().filter_map(rows).collect()
}

/// What the pipeline takes of an entry, if anything.
fn input<'e>(
    entry: &'e Entry<'e>,
    power_rows: &mut impl Iterator<Item = &'e Vec<PowerRow>>,
) -> Option<Input<'e>> {
    Some(match entry {
        Entry::Message(message) => Input::Message(message.input()),
        Entry::Retry(letter, message) => {
            Input::Retry(Retry { letter: *letter, message: message.input() })
        }
        Entry::Feed(state) => Input::Feed(*state),
        Entry::WarningAct(person, act) => Input::Act(ActInput { person, act }),
        Entry::DutyAct(person, act) => Input::Duty(DutyInput { person, act }),
        Entry::NoticeAct(person, act) => Input::Notice(NoticeInput::Act { person, act }),
        Entry::TryEnded(ended) => Input::Notice(NoticeInput::Ended(ended)),
        Entry::Started => Input::Notice(NoticeInput::Started),
        Entry::Power { person, label, files } => {
            Input::Power(PowerInput { person, label: *label, files, rows: power_rows.next()? })
        }
        Entry::Correction(asked) => Input::Correction(*asked),
        Entry::Now(_)
        | Entry::Tolerance(_)
        | Entry::Rules(_)
        | Entry::Recompute(_)
        | Entry::Reviewed(_)
        | Entry::File { .. }
        | Entry::Day { .. }
        | Entry::Published { .. }
        | Entry::Act => return None,
    })
}

struct Replay<'a> {
    db: &'a Connection,
    id: i64,
    area: AreaId,
    scratch: &'a mut Sqlite,
    rules: Option<(RulesDigest, Rules)>,
    pipeline: Option<Pipeline>,
}

impl Replay<'_> {
    /// Starts a process where a row says so; says whether one is running.
    fn begin(&mut self, entries: &[Entry<'_>]) -> Result<bool, Error> {
        let digest = entries.iter().find_map(|entry| match entry {
            Entry::Rules(digest) => Some(*digest),
            _ => None,
        });
        if let Some(digest) = digest {
            if self.rules.as_ref().is_none_or(|(held, _)| *held != digest) {
                let found = rules::stored(self.db, self.id, &digest)?;
                self.scratch.set_rules(&found, |_, _, _| Ok(()))?;
                self.rules = Some((digest, found));
            }
            self.pipeline = None;
        }
        Ok(self.rules.is_some())
    }

    fn batch(&mut self, entries: &[Entry<'_>], inputs: &[u8]) -> Result<(), Error> {
        let at = entries.iter().find_map(|entry| match entry {
            Entry::Now(at) => Some(*at),
            _ => None,
        });
        let recomputed = entries.iter().find_map(|entry| match entry {
            Entry::Recompute(cause) => Some(*cause),
            _ => None,
        });
        if let Some(cause) = recomputed {
            self.pipeline = None;
            let at = at.unwrap_or_default();
            let rules = self.rules.as_ref().map(|(_, rules)| rules.clone());
            return rules.map_or(Ok(()), |r| self.scratch.recompute(&r, cause, at));
        }
        if entries.iter().any(|entry| matches!(entry, Entry::Day { .. })) {
            self.pipeline = None;
            return self.import(entries, at.unwrap_or_default());
        }
        if entries.iter().any(|entry| matches!(entry, Entry::Published { .. })) {
            self.pipeline = None;
            return self.import_published(entries, at.unwrap_or_default());
        }
        let commit = self.handle(entries, inputs)?;
        self.scratch.commit(&Commit::of(commit))
    }

    fn import(&mut self, entries: &[Entry<'_>], at: Instant) -> Result<(), Error> {
        let registry = &self.scratch.known(&self.area)?.registry;
        let (area, reviewed) = (self.area.clone(), None);
        let mut part = ImportedArea { area, days: Vec::new(), files: Vec::new(), reviewed };
        for entry in entries {
            match entry {
                Entry::File { name, sha256, rows } => {
                    let (name, sha256, rows) = ((*name).to_owned(), *sha256, *rows);
                    part.files.push(ImportedFile { name, sha256, rows });
                }
                Entry::Reviewed(span) => part.reviewed = Some(*span),
                Entry::Day { station, day, bytes } => {
                    let unknown = || Error::Unknown(format!("station {station}"));
                    let station = registry.find(station).ok_or_else(unknown)?;
                    part.days.push(StoredDay { day: *day, station, bytes: bytes.to_vec() });
                }
                _ => {}
            }
        }
        self.scratch.import(&ImportChunk { at, areas: vec![part] })
    }

    fn import_published(&mut self, entries: &[Entry<'_>], at: Instant) -> Result<(), Error> {
        let registry = &self.scratch.known(&self.area)?.registry;
        let file = entries.iter().find_map(|entry| match entry {
            Entry::File { name, sha256, rows } => {
                Some(ImportedFile { name: (*name).to_owned(), sha256: *sha256, rows: *rows })
            }
            _ => None,
        });
        let file = file.ok_or_else(|| Error::Unknown("file of published values".to_owned()))?;
        let mut rows = Vec::new();
        for entry in entries {
            if let Entry::Published { entity, hour, values } = entry {
                let unknown = || Error::Unknown(format!("entity {entity}"));
                let member = registry.member(entity).ok_or_else(unknown)?;
                let (hour, values) = (*hour, values.clone());
                rows.push(PublishedRow { member, hour, values, at });
            }
        }
        self.scratch.import_published(&PublishedChunk { at, area: self.area.clone(), file, rows })
    }

    /// One batch through the pipeline, call by call.
    fn handle(&mut self, entries: &[Entry<'_>], inputs: &[u8]) -> Result<AreaCommit, Error> {
        let (mut pipeline, read) = (self.running()?, power_rows(entries));
        let (mut batch, mut power_rows) = (Batch::default(), read.iter());
        let mut taken = std::collections::BTreeMap::<usize, u64>::new();
        let mut call: Option<(Instant, Vec<Input<'_>>)> = None;
        for entry in entries {
            match entry {
                Entry::Now(now) => {
                    if let Some((now, inputs)) = call.replace((*now, Vec::new())) {
                        self.call(&mut pipeline, now, &inputs, &mut batch)?;
                    }
                }
                Entry::Tolerance(minutes) => {
                    if let Some((now, inputs)) = call.take() {
                        self.call(&mut pipeline, now, &inputs, &mut batch)?;
                    }
                    pipeline.tolerate_future(*minutes);
                }
                other => {
                    if let Entry::Message(message) = other {
                        *taken.entry(message.feed).or_default() += 1;
                    }
                    if let (Some((_, inputs)), Some(input)) =
                        (&mut call, input(other, &mut power_rows))
                    {
                        inputs.push(input);
                    }
                }
            }
        }
        if let Some((now, inputs)) = call {
            self.call(&mut pipeline, now, &inputs, &mut batch)?;
        }
        pipeline.settle(&mut batch);
        self.pipeline = Some(pipeline);
        let feeds = self.rules.as_ref().map_or(&[][..], |(_, rules)| &rules.feeds);
        let name = |feed: usize| feeds.get(feed).cloned().unwrap_or_default();
        let taken = taken.into_iter().map(|(feed, count)| (name(feed), count)).collect();
        Ok(AreaCommit { area: self.area.clone(), batch, inputs: inputs.to_vec(), taken })
    }

    /// The pipeline, taken up from the tables where a process began.
    fn running(&mut self) -> Result<Pipeline, Error> {
        if let Some(running) = self.pipeline.take() {
            return Ok(running);
        }
        let unknown = || Error::Unknown(format!("rules of area {}", self.area));
        let (_, rules) = self.rules.as_ref().ok_or_else(unknown)?;
        let registry = Arc::new(rules.registry.clone());
        let tables = self.scratch.tables(&registry)?;
        Pipeline::rebuild(registry, rules.params.clone(), &tables).map_err(|e| Error::Damaged {
            place: format!("area {}", self.area),
            fault: e.to_string(),
        })
    }

    fn call(
        &mut self,
        pipeline: &mut Pipeline,
        now: Instant,
        inputs: &[Input<'_>],
        batch: &mut Batch,
    ) -> Result<(), Error> {
        let registry = Arc::clone(pipeline.registry());
        pipeline.handle_loading(now, inputs, batch, |days| self.scratch.days(&registry, days))
    }
}
