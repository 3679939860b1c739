//! What changed after it was published: one row for each cause, entity and day.
//!
//! In: the figures of a published hour before and after a batch, and a station's readings of it. Out: the
//! [`Revision`]s of the batch.
//!
//! Invariants: what was not yet published, or was published by this very batch, leaves none; what ends as
//! it was leaves none; where several causes meet in one figure the gravest stands.
//!
//! Source: design section 3, publishing.

use std::collections::BTreeMap;

use super::Pipeline;
use crate::area::{Figures, Member, Value, Values};
use crate::observation::{PROPERTIES, Readings};
use crate::time::{Day, Hour};

/// Why a published figure changed; the gravest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A value came after its hour was published.
    Late,
    /// The feed sent another value for one it had sent.
    Corrected,
    /// An operator set, invalidated or released a value.
    Operator,
    /// Recorded history was taken in beside a daemon's hours.
    Import,
    /// Reviewed data came in.
    Reviewed,
    /// The lists of stations and sets changed.
    Stations,
    /// The program or the practice changed.
    Rules,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 7] = [
        Self::Late,
        Self::Corrected,
        Self::Operator,
        Self::Import,
        Self::Reviewed,
        Self::Stations,
        Self::Rules,
    ];

    /// The name in JSON and in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Corrected => "corrected",
            Self::Operator => "operator",
            Self::Import => "import",
            Self::Reviewed => "reviewed",
            Self::Stations => "stations",
            Self::Rules => "rules",
        }
    }
}

/// One figure that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The hour.
    pub hour: Hour,
    /// A set's figure ([`Figures::NAMES`]), or the code of a station's property.
    pub quantity: &'static str,
    /// What was published.
    pub old: Value,
    /// What holds now.
    pub new: Value,
}

/// What changed for one entity on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Whose figures.
    pub member: Member,
    /// The day.
    pub day: Day,
    /// Why.
    pub cause: Cause,
    /// By hour, then in the order of the quantities; never empty.
    pub changes: Vec<Change>,
}

/// By hour and place of the quantity.
type Changes = BTreeMap<(Hour, usize), Change>;

/// The revisions of one batch, while it is open.
#[derive(Clone, Debug, Default)]
pub struct Revisions {
    by_key: BTreeMap<(Member, Day, Cause), Changes>,
}

impl Revisions {
    /// Takes note of a set's figures before and after.
    pub fn figures(&mut self, member: Member, cause: Cause, (old, new): (&Values, &Figures)) {
        let names = Figures::NAMES.into_iter().zip(old).zip(new.values());
        for (place, ((quantity, old), value)) in names.enumerate() {
            let change = Change { hour: new.hour, quantity, old: *old, new: value };
            self.add((member, cause), place, change);
        }
    }

    /// Takes note of a station's readings of an hour before and after, both of its day.
    pub fn readings(
        &mut self,
        (station, hour): (usize, Hour),
        cause: Cause,
        old: &Readings,
        new: &Readings,
    ) {
        for property in PROPERTIES {
            let (old, new) = (old[property.index()].into(), new[property.index()].into());
            let change = Change { hour, quantity: property.code(), old, new };
            self.add((Member::Station(station), cause), property.index(), change);
        }
    }

    /// Adds a change; a second one of the same figure counts from the first one's old value.
    fn add(&mut self, (member, cause): (Member, Cause), place: usize, change: Change) {
        if change.old != change.new {
            let of_key = self.by_key.entry((member, change.hour.day(), cause)).or_default();
            of_key.entry((change.hour, place)).or_insert(change).new = change.new;
        }
    }

    /// The rows, leaving none behind.
    #[must_use]
    pub fn take(&mut self) -> Vec<Revision> {
        let all = std::mem::take(&mut self.by_key).into_iter();
        all.filter_map(|((member, day, cause), changes)| {
            let changes: Vec<Change> = changes.into_values().filter(|c| c.old != c.new).collect();
            (!changes.is_empty()).then_some(Revision { member, day, cause, changes })
        })
        .collect()
    }
}

impl Pipeline {
    /// A station's readings, where a change of them would be a revision.
    pub(super) fn published_readings(&self, station: usize, hour: Hour) -> Option<Readings> {
        let counts = self.is_published(hour) && !self.unsettled.contains(&hour);
        counts.then(|| self.readings(station, hour))
    }

    /// Takes note of what an observation changed in a published hour.
    pub(super) fn revise_readings(
        &mut self,
        (station, hour): (usize, Hour),
        cause: Cause,
        before: &Readings,
    ) {
        let now = self.readings(station, hour);
        self.revisions.readings((station, hour), cause, before, &now);
    }

    fn readings(&self, station: usize, hour: Hour) -> Readings {
        let day = self.days.get(hour.day(), station);
        day.map_or_else(Readings::default, |day| day.readings(hour.of_day()))
    }
}
