//! An operator's word above the feed's.
//!
//! Invariant: what the feed says is kept beneath a correction as if there were none, and holds again when
//! that is withdrawn. A correction is one of real-time data: it moves nothing where a review stands above it.

use super::StationDay;
use super::station_day::{packed, small};
use crate::observation::{Property, Reading, Validity};
use crate::quantity::Amount;

/// What the feed says of an hour on which an operator's correction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Beneath {
    pub(super) property: u8,
    pub(super) hour: u8,
    /// In 0.001 units.
    pub(super) amount: i32,
    /// [`Validity::number`].
    pub(super) validity: u8,
}

/// What an operator does to one value; it stands above the feed, whatever that says later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Correction {
    /// This amount holds.
    Set(Amount),
    /// The value does not count.
    Invalidate,
    /// What the feed says holds again.
    Withdraw,
}

impl StationDay {
    /// Takes an operator's act; says whether anything changed.
    pub fn correct(&mut self, property: Property, hour: usize, act: Correction) -> bool {
        let key = (small(property.index()), small(hour));
        let found = self.beneath.binary_search_by_key(&key, |b| (b.property, b.hour));
        let (fed, before) = (self.fed(property, hour), self.realtime(property, hour));
        let reading = match act {
            Correction::Set(amount) => Reading { amount, validity: Validity::Corrected },
            Correction::Invalidate => Reading { validity: Validity::Invalidated, ..fed },
            Correction::Withdraw => fed,
        };
        match (found, act) {
            (Err(_), Correction::Withdraw) => return false,
            (Ok(at), Correction::Withdraw) => drop(self.beneath.remove(at)),
            (Ok(_), _) => {}
            (Err(at), _) => {
                let (amount, validity) = packed(fed);
                self.beneath.insert(at, Beneath { property: key.0, hour: key.1, amount, validity });
            }
        }
        self.column_mut(property).set(hour, reading);
        found.is_err() || matches!(act, Correction::Withdraw) || before != reading
    }

    /// What the feed says of an hour, whatever an operator has put above it.
    #[must_use]
    pub fn fed(&self, property: Property, hour: usize) -> Reading {
        self.place_beneath(property, hour).map_or_else(
            || self.realtime(property, hour),
            |at| {
                let Beneath { amount, validity, .. } = self.beneath[at];
                let validity = Validity::from_number(validity).unwrap_or_default();
                Reading { amount: Amount::from_milli(amount), validity }
            },
        )
    }

    pub(super) fn set_fed(&mut self, property: Property, hour: usize, reading: Reading) {
        match self.place_beneath(property, hour) {
            None => self.column_mut(property).set(hour, reading),
            Some(at) => {
                let held = &mut self.beneath[at];
                (held.amount, held.validity) = packed(reading);
                if self.realtime(property, hour).validity == Validity::Invalidated {
                    let shown = Reading { validity: Validity::Invalidated, ..reading };
                    self.column_mut(property).set(hour, shown);
                }
            }
        }
    }

    fn place_beneath(&self, property: Property, hour: usize) -> Option<usize> {
        if self.beneath.is_empty() {
            return None;
        }
        let key = (small(property.index()), small(hour));
        self.beneath.binary_search_by_key(&key, |b| (b.property, b.hour)).ok()
    }
}
