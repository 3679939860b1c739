//! 对账 over stored hours: ours taken anew from the cells, beside what was published.
//!
//! In: an area, a span, the practice. Out: each [`Difference`] in the order of time, and the [`Tallies`].
//!
//! A long span goes piece by piece, so that memory does not grow with it; what the other practice says is
//! only taken where something differs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::published::ByHour;
use super::read::Reader;
use super::registry::area_id;
use super::{Error, doing};
use crate::area::{Member, Registry, Value};
use crate::reconciliation::{Change, Changes, Comparison, Difference, Quantity, Tallies};
use crate::standard::{Parameters, Practice};
use crate::time::{DAY_H, Day, Hour, Instant};

/// Days of a piece: as many as the published values of a province fit into memory for.
const PIECE_DAYS: i32 = 7;

impl Reader {
    /// Compares the hours `from` to `to`, both included, and gives each difference to `each`.
    ///
    /// # Errors
    /// [`Error`] when the store cannot be read.
    pub fn reconcile(
        &self,
        registry: &Registry,
        (from, to): (Hour, Hour),
        parameters: &Parameters,
        mut each: impl FnMut(Member, &Difference),
    ) -> Result<Tallies, Error> {
        let (mut tallies, mut first) = (Tallies::new(), from);
        while first <= to {
            let next = first.plus(PIECE_DAYS * i32::try_from(DAY_H).unwrap_or(24));
            self.piece(
                registry,
                (first, to.min(next.plus(-1))),
                parameters,
                &mut tallies,
                &mut each,
            )?;
            first = next;
        }
        Ok(tallies)
    }

    fn piece(
        &self,
        registry: &Registry,
        span: (Hour, Hour),
        parameters: &Parameters,
        tallies: &mut Tallies,
        each: &mut impl FnMut(Member, &Difference),
    ) -> Result<(), Error> {
        // One picture of the store, though a daemon may be writing to it.
        let snapshot = self.snapshot()?;
        let published = self.published(registry, span)?;
        let mut differing = self.differing(registry, span, (parameters, &published), tallies)?;
        if !differing.is_empty() {
            self.fill_in(registry, parameters, &mut differing)?;
        }
        drop(snapshot);
        for (member, difference) in &differing {
            let tally = tallies.entry(difference.published.quantity).or_default();
            tally.by_cause[difference.evidence().cause() as usize] += 1;
            each(*member, difference);
        }
        Ok(())
    }

    fn differing(
        &self,
        registry: &Registry,
        (from, to): (Hour, Hour),
        (parameters, published): (&Parameters, &ByHour),
        tallies: &mut Tallies,
    ) -> Result<Vec<(Member, Difference)>, Error> {
        let members: BTreeSet<Member> = published.keys().map(|(_, member)| *member).collect();
        let members: Vec<Member> = members.into_iter().collect();
        let mut comparisons: BTreeMap<Member, Comparison> = BTreeMap::new();
        let mut differing = Vec::new();
        // A day before the first hour: what windows rest on.
        let lead = from.plus(1 - i32::try_from(DAY_H).unwrap_or(24));
        self.each_hour(registry, &members, (lead, to), parameters, |hour, row| {
            for (member, figures) in row {
                let of_hour = published.get(&(hour, *member)).filter(|_| hour >= from);
                let of_hour = of_hour.map_or(&[][..], Vec::as_slice);
                let comparison = comparisons.entry(*member).or_default();
                let found = comparison.take(figures, of_hour, tallies);
                differing.extend(found.into_iter().map(|d| (*member, d)));
            }
            Ok::<(), Error>(())
        })?;
        Ok(differing)
    }

    /// What only concerns the hours that differ.
    fn fill_in(
        &self,
        registry: &Registry,
        parameters: &Parameters,
        differing: &mut [(Member, Difference)],
    ) -> Result<(), Error> {
        let hours = || differing.iter().map(|(_, d)| d.hour);
        let (Some(from), Some(to)) = (hours().min(), hours().max()) else { return Ok(()) };
        let members: BTreeSet<Member> = differing.iter().map(|(member, _)| *member).collect();
        let members: Vec<Member> = members.into_iter().collect();
        let mut asked: BTreeMap<(Hour, Member), Vec<usize>> = BTreeMap::new();
        for (at, (member, difference)) in differing.iter().enumerate() {
            asked.entry((difference.hour, *member)).or_default().push(at);
        }
        let practice = match parameters.practice {
            Practice::Letter => Practice::NationalPlatform,
            Practice::NationalPlatform => Practice::Letter,
        };
        let other = Parameters { practice, ..*parameters };
        self.each_hour(registry, &members, (from, to), &other, |hour, row| {
            for (member, figures) in row {
                for at in asked.get(&(hour, *member)).into_iter().flatten() {
                    let difference = &mut differing[*at].1;
                    difference.other = difference.published.quantity.of(figures);
                }
            }
            Ok::<(), Error>(())
        })?;
        let changes = self.changes(registry, (from.day().plus(-1), to.day()))?;
        for (member, difference) in differing {
            difference.look_through(&registry.name_of(*member), &changes);
        }
        Ok(())
    }

    /// Revisions that tell of late and corrected values.
    fn changes(&self, registry: &Registry, (from, to): (Day, Day)) -> Result<Changes, Error> {
        let Some(area) = area_id(&self.db, registry.area.as_str())? else {
            return Ok(Changes::new());
        };
        let read = || -> rusqlite::Result<Changes> {
            let mut query = self.db.prepare_cached(
                "SELECT at_ms, entity, day, cause, changes FROM revision
                 WHERE area = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY id",
            )?;
            let mut rows = query.query([area, from.number().into(), to.number().into()])?;
            let mut changes = Changes::new();
            while let Some(row) = rows.next()? {
                let at = Instant::from_millis(row.get(0)?);
                let (entity, day): (String, i32) = (row.get(1)?, row.get(2)?);
                let Some(change) = change(row.get_ref(3)?.as_str()?) else { continue };
                let listed = serde_json::from_str::<Vec<(usize, String, Json, Json)>>(
                    row.get_ref(4)?.as_str()?,
                );
                for (of_day, quantity, old, _) in listed.unwrap_or_default() {
                    let hour = Day::from_number(day).hour(of_day);
                    let old = old_value(&quantity, &old);
                    let key = (entity.clone(), hour, quantity);
                    changes.entry(key).or_default().push((at, change, old));
                }
            }
            Ok(changes)
        };
        read().map_err(doing("read the revisions"))
    }
}

/// What the name of a [`Cause`](crate::pipeline::Cause) says of a value; `None` of other rules, and of
/// other stations.
fn change(cause: &str) -> Option<Change> {
    match cause {
        "late" => Some(Change::Late),
        "stations" | "rules" => None,
        _ => Some(Change::Corrected),
    }
}

fn old_value(quantity: &str, old: &Json) -> Value {
    let text = || Quantity::parse(quantity)?.read(old.as_str()?).ok();
    old.as_i64().map(Value::Number).or_else(text).unwrap_or(Value::Nothing)
}
