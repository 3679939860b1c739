//! One area's hours over stored days: for an import, and for all of history when the rules change.
//!
//! In: station days as stored. Out: the rows of `area_hour` that differ, their revisions, and the arrival
//! row that closes the transaction's part of the area.
//!
//! Invariant: an hour that a daemon has yet to publish is left to it.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Statement, Transaction, params};

use super::arrival::{self, Appended};
use super::cells::each_station_day;
use super::history::Places;
use super::read::{area_state, places};
use super::registry::KnownArea;
use super::revision::RevisionRow;
use super::set_hour::{SET_HOUR, stored_row, write_set_hour};
use super::{Error, commit, doing};
use crate::area::{Figures, History, Member, Registry, days_of_piece};
use crate::pipeline::{AreaState, Cause, HourState, Revisions};
use crate::quality::Checks;
use crate::time::{Day, Hour, Instant};

/// One area inside a transaction.
pub(super) struct AreaRows<'a> {
    pub(super) tx: &'a Transaction<'a>,
    pub(super) known: &'a KnownArea,
    pub(super) registry: &'a Registry,
    pub(super) places: Places,
    /// What takes values out of figures.
    pub(super) excluding: Option<Checks>,
    /// The daemon's; `None` where none has run.
    pub(super) state: Option<AreaState>,
    /// What is changed of what a daemon has published.
    pub(super) revisions: Revisions,
}

impl<'a> AreaRows<'a> {
    /// An area as the transaction finds it.
    pub(super) fn begin(tx: &'a Transaction<'a>, known: &'a KnownArea) -> Result<Self, Error> {
        let (_, state) = area_state(tx, known).map_err(doing("read the area's row"))?;
        let (places, revisions) = (places(&known.stations), Revisions::default());
        let registry = &known.registry;
        let excluding = registry.excluding(&known.quality);
        Ok(Self { tx, known, registry, places, excluding, state, revisions })
    }

    /// Writes the inputs down as the area's next batch, with the revisions they led to; gives its number.
    pub(super) fn finish(mut self, at: Instant, inputs: &[u8]) -> Result<i64, Error> {
        let (sequence, epoch, chain) =
            commit::head(self.tx, self.known).map_err(doing("read the area's row"))?;
        let area = &self.known.area;
        if epoch != self.known.epoch {
            return Err(Error::LeaseLost { area: area.to_string() });
        }
        let sequence = sequence + 1;
        let of = |r| RevisionRow::of(r, self.registry, at);
        let revisions = self.revisions.take().iter().map(of).collect();
        let appended = Appended { revisions, ..Appended::default() };
        let digest = arrival::digest(&chain, area, sequence, inputs, &appended);
        commit::write_arrival(self.tx, self.known, (sequence, at.millis()), inputs, &digest)
            .map_err(doing("write the arrival"))?;
        let sequence = commit::signed(sequence);
        appended.write(self.tx, self.known, sequence).map_err(doing("write what is appended"))?;
        self.tx
            .prepare_cached("UPDATE area SET sequence = ?2, chain = ?3 WHERE id = ?1")
            .and_then(|mut update| update.execute(params![self.known.id, sequence, digest]))
            .map_err(doing("write the area's row"))?;
        Ok(sequence)
    }

    /// Takes every stored hour of the sets anew; says whether any row was written.
    pub(super) fn recompute(&mut self, cause: Cause) -> Result<bool, Error> {
        let span = published_span(self.tx, self.known).map_err(doing("read the area hours"))?;
        let Some((from, to)) = span else { return Ok(false) };
        let days = (from.day().number()..=to.day().number()).map(Day::from_number).collect();
        self.write_hours(&days, (from, to), Source::Rules(cause))
    }

    /// The sets' hours of some days, as far as they lie in the area's span; says whether any was written.
    pub(super) fn write_hours(
        &mut self,
        days: &BTreeSet<Day>,
        span: (Hour, Hour),
        source: Source,
    ) -> Result<bool, Error> {
        let mut statement = self.tx.prepare_cached(&SET_HOUR).map_err(doing("write area hours"))?;
        let members: Vec<Member> = (0..self.registry.sets.len()).map(Member::Set).collect();
        let mut written = false;
        for (first, last) in runs(days, days_of_piece(self.registry.stations.len())) {
            let hours = (first.start().max(span.0), last.plus(1).start().plus(-1).min(span.1));
            let excluding = self.excluding.clone();
            let mut history = History::new(self.registry, &members, hours, excluding.as_ref());
            each_station_day(self.tx, &self.places, history.days(), |station, day, cells| {
                history.put(station, day, cells);
            })?;
            history.for_each(&self.known.parameters, |_, sets| {
                for (member, figures) in sets {
                    written |= self
                        .write_hour(&mut statement, (*member, source), figures)
                        .map_err(doing("write area hours"))?;
                }
                Ok::<(), Error>(())
            })?;
        }
        Ok(written)
    }

    /// One hour of a set, where it differs from what is stored.
    fn write_hour(
        &mut self,
        statement: &mut Statement<'_>,
        (member, source): (Member, Source),
        figures: &Figures,
    ) -> rusqlite::Result<bool> {
        let Member::Set(set) = member else { return Ok(false) };
        let (set, hour) = (self.known.sets[set], figures.hour);
        let stored = stored_row(self.tx, set, hour)?;
        let state = |version| HourState::of_published(version, figures);
        let version = match (&stored, self.state) {
            (Some(stored), _) if stored.values == figures.values() => {
                if stored.state == state(stored.version) {
                    return Ok(false);
                }
                stored.version // the same figures, but of reviewed data
            }
            (Some(stored), _) if stored.lacks_columns(figures) => stored.version,
            (None, _) if !source.adds_hours() && !self.has_hour(hour)? => return Ok(false),
            (None, Some(state)) if hour >= state.floor => return Ok(false),
            // Before a daemon has run, nobody has seen a row.
            (None, _) | (_, None) => 1,
            (Some(stored), Some(_)) => {
                self.revisions.figures(member, source.cause(), (&stored.values, figures));
                stored.version + 1
            }
        };
        let shown = (version, state(version));
        write_set_hour(statement, (set, &self.known.program), shown, figures)?;
        Ok(true)
    }

    /// Whether the area's default set has a row for the hour.
    fn has_hour(&self, hour: Hour) -> rusqlite::Result<bool> {
        let mut query = self
            .tx
            .prepare_cached("SELECT 1 FROM area_hour WHERE hour = ?1 AND station_set = ?2")?;
        let found = query.query_row(params![hour.number(), self.known.sets[0]], |_| Ok(()));
        Ok(found.optional()?.is_some())
    }
}

/// Why hours are taken anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Recorded history came in, of real time or reviewed: hours without a row get one.
    Import(Cause),
    /// The rules changed, or the lists of stations: hours of a set get a row where the area has one.
    Rules(Cause),
}

impl Source {
    const fn adds_hours(self) -> bool {
        matches!(self, Self::Import(_))
    }

    const fn cause(self) -> Cause {
        match self {
            Self::Import(cause) | Self::Rules(cause) => cause,
        }
    }
}

/// The first and last hour with a row of one of the area's sets.
pub(super) fn published_span(
    tx: &Transaction<'_>,
    known: &KnownArea,
) -> rusqlite::Result<Option<(Hour, Hour)>> {
    let ends: (Option<i32>, Option<i32>) = tx.query_row(
        "SELECT min(hour), max(hour) FROM area_hour
         WHERE station_set IN (SELECT id FROM station_set WHERE area = ?1)",
        [known.id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(ends.0.zip(ends.1).map(|(a, b)| (Hour::from_number(a), Hour::from_number(b))))
}

/// Neighbouring days put together, at most `most` of them.
fn runs(days: &BTreeSet<Day>, most: usize) -> Vec<(Day, Day)> {
    let mut runs: Vec<(Day, Day)> = Vec::new();
    let most = i32::try_from(most).unwrap_or(i32::MAX);
    for day in days {
        match runs.last_mut() {
            Some((first, last)) if last.plus(1) == *day && day.number() - first.number() < most => {
                *last = *day;
            }
            _ => runs.push((*day, *day)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_neighbours_and_not_too_long() {
        let days = [1, 2, 3, 4, 5, 7, 9, 10].map(Day::from_number);
        let runs = runs(&BTreeSet::from(days), 3);
        let told: Vec<(i32, i32)> = runs.iter().map(|(a, b)| (a.number(), b.number())).collect();
        assert_eq!(told, [(1, 3), (4, 5), (7, 7), (9, 10)]);
    }
}
