//! The shift book (值班日志): what came in and what was done, what is open, who hands over to whom.
//!
//! Invariants: an entry never changes; what is to be followed up stays open until somebody says how it was
//! settled, over any number of hand-overs; a hand-over names what was open then.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::item::Fixed;
use super::record::{DutyBody, DutyRecord};
use super::{DutyRefusal, check, named};
use crate::time::{Hour, Instant};

/// How far ahead of the clock a time that is told may lie, in minutes.
pub(super) const AHEAD_MIN: i64 = 10;

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntrySort {
    /// 来电.
    Call,
    /// 上级指令.
    Instruction,
    /// 设备与数据.
    Equipment,
    /// 值班事项.
    Note,
}

impl EntrySort {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Call, Self::Instruction, Self::Equipment, Self::Note];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Instruction => "instruction",
            Self::Equipment => "equipment",
            Self::Note => "note",
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Call => "来电",
            Self::Instruction => "上级指令",
            Self::Equipment => "设备与数据",
            Self::Note => "值班事项",
        }
    }
}

/// What is written into the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What it is about.
    pub sort: EntrySort,
    /// When it happened.
    pub happened: Instant,
    /// Who called or instructed; empty of the room's own notes.
    #[serde(default)]
    pub from: String,
    /// What.
    pub text: String,
    /// Whether it is to be followed up.
    #[serde(default)]
    pub follow_up: bool,
}

/// An entry that is to be followed up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenEntry {
    /// When it was written.
    pub at: Instant,
    /// By whom.
    pub person: String,
    /// What it says.
    pub entry: Entry,
}

/// 交班.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// To whom.
    pub to: String,
    /// What the other has to know.
    #[serde(default)]
    pub note: String,
    /// Entries that were open.
    pub entries: Vec<u64>,
    /// Fixed times that were open.
    pub items: Vec<(Fixed, Hour)>,
}

/// Who is on duty, and what is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// Who took over last, and when.
    pub on_duty: Option<(String, Instant)>,
    /// A hand-over that nobody has taken: its record, when, from whom and what it says.
    pub handed_over: Option<(u64, Instant, String, HandOver)>,
    /// Entries to be followed up, by their record.
    pub open: BTreeMap<u64, OpenEntry>,
}

pub(super) fn enter(entry: &Entry, now: Instant) -> Result<DutyBody, DutyRefusal> {
    named(&[&entry.text])?;
    let comes_from = matches!(entry.sort, EntrySort::Call | EntrySort::Instruction);
    check(!comes_from || named(&[&entry.from]).is_ok(), DutyRefusal::Unnamed)?;
    check(entry.happened <= now.plus_minutes(AHEAD_MIN), DutyRefusal::InFuture)?;
    Ok(DutyBody::Entered(entry.clone()))
}

impl Shift {
    pub(super) fn close(&self, entry: u64, how: &str) -> Result<DutyBody, DutyRefusal> {
        check(self.open.contains_key(&entry), DutyRefusal::UnknownEntry)?;
        named(&[how])?;
        Ok(DutyBody::Closed { entry, how: how.trim().to_owned() })
    }

    pub(super) fn hand_over(
        &self,
        person: &str,
        (to, note): (&str, &str),
        items: Vec<(Fixed, Hour)>,
    ) -> Result<DutyBody, DutyRefusal> {
        named(&[to])?;
        check(to.trim() != person, DutyRefusal::NoHandOver)?;
        Ok(DutyBody::HandedOver(HandOver {
            to: to.trim().to_owned(),
            note: note.trim().to_owned(),
            entries: self.open.keys().copied().collect(),
            items,
        }))
    }

    /// Whoever takes over says so with a token of their own; the name that was told is the room's word for
    /// the same person, so it is not held against the token's.
    ///
    /// The first one of all takes over from nobody.
    pub(super) fn take_over(
        &self,
        person: &str,
        hand_over: Option<u64>,
    ) -> Result<DutyBody, DutyRefusal> {
        let waits = self.handed_over.as_ref().map(|(number, ..)| *number);
        check(waits == hand_over, DutyRefusal::NoHandOver)?;
        let from = self.handed_over.as_ref().map(|(_, _, from, _)| from.as_str());
        check(from != Some(person), DutyRefusal::NoHandOver)?;
        check(from.is_some() || self.on_duty.is_none(), DutyRefusal::NoHandOver)?;
        Ok(DutyBody::TakenOver { hand_over })
    }

    pub(super) fn take(&mut self, record: &DutyRecord) {
        let person = record.person.clone().unwrap_or_default();
        match &record.body {
            DutyBody::Entered(entry) if entry.follow_up => {
                let open = OpenEntry { at: record.at, person, entry: entry.clone() };
                self.open.insert(record.number, open);
            }
            DutyBody::Closed { entry, .. } => {
                self.open.remove(entry);
            }
            DutyBody::HandedOver(of) => {
                self.handed_over = Some((record.number, record.at, person, of.clone()));
            }
            DutyBody::TakenOver { .. } => {
                self.handed_over = None;
                self.on_duty = Some((person, record.at));
            }
            _ => {}
        }
    }
}
