//! Where a paper's figures come from: days, and what happened in the lives of warnings.
//!
//! In: what a kind asks for. Out: what the caller reads, from a store, an archive or made up.
//!
//! Invariant: what cannot be a paper is refused with its reason ([`Unmade::Refused`]); what cannot be read is
//! the caller's fault and passed on.

use super::asked::DaysWanted;
use super::feedback::Found;
use crate::area::Registry;
use crate::assessment::DayFigures;
use crate::duty::DutyRecord;
use crate::measures::Edition;
use crate::time::{Day, Instant};
use crate::warning::Record;

/// How many of the newest records are read at once.
pub const RECORDS_MAX: usize = 1_000;

/// Which records are asked for, the newest first, at most [`RECORDS_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordsWanted {
    /// Of these kinds.
    pub kinds: &'static [&'static str],
    /// Only with a lower number.
    pub before: Option<u64>,
    /// Of this drill; `None` for what is real.
    pub drill: Option<u64>,
}

/// Which records of the room are asked for, the newest first, at most [`RECORDS_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DutyWanted {
    /// Of these kinds; empty for all.
    pub kinds: &'static [&'static str],
    /// From the first on and before the second.
    pub between: (Instant, Instant),
    /// Only with a lower number.
    pub before: Option<u64>,
}

/// Reads what papers are made of.
pub trait Sources {
    /// Why something cannot be read.
    type Fault;

    /// The days of members, by member.
    ///
    /// # Errors
    /// When they cannot be read.
    fn days(&mut self, wanted: &DaysWanted<'_>) -> Result<Vec<Vec<DayFigures>>, Self::Fault>;

    /// Records of the area's warnings, the newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    fn records(&mut self, wanted: &RecordsWanted) -> Result<Vec<Record>, Self::Fault>;

    /// One record of the area by its number.
    ///
    /// # Errors
    /// When it cannot be read.
    fn record(&mut self, number: u64) -> Result<Option<Record>, Self::Fault>;

    /// The records of one warning, from its first recommendation to its end; none where there is none.
    ///
    /// # Errors
    /// When they cannot be read.
    fn warning(&mut self, number: u64) -> Result<Vec<Record>, Self::Fault>;

    /// An edition of the list of measures that came into use, by its digest.
    ///
    /// # Errors
    /// When it cannot be read.
    fn edition(&mut self, digest: &str) -> Result<Option<Edition>, Self::Fault>;

    /// Records of the area's room, the newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    fn duty(&mut self, wanted: &DutyWanted) -> Result<Vec<DutyRecord>, Self::Fault>;

    /// What checks find in the hours of a day, in the order of time; stations by their place in the registry.
    ///
    /// # Errors
    /// When the hours cannot be read.
    fn findings(&mut self, registry: &Registry, day: Day) -> Result<Vec<Found>, Self::Fault>;
}

/// Why there is no paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmade<E> {
    /// There is nothing that it could be made of: what was asked for, and what is there instead.
    Refused(String),
    /// Something could not be read.
    Unread(E),
}

impl<E> From<E> for Unmade<E> {
    fn from(fault: E) -> Self {
        Self::Unread(fault)
    }
}
