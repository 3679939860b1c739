//! Who is on duty: people, their roles, turns by calendar, replacements, public holidays.
//!
//! In: the roster of the configuration, and replacements that were entered. Out: the persons of a role at a
//! moment; the gaps of the days to come.
//!
//! Invariants: a shift belongs to the day on which it begins; a replacement goes before what is fixed for a
//! day, that before the turn. Addresses are not known here: they go no further than where they are used.
//!
//! Source: issue 7, Build 1.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::ChannelKind;
use crate::time::{Day, Instant};

/// Somebody, or an office, that is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Short name, as routes and rotas say it.
    pub id: String,
    /// What people call them.
    pub name: String,
    /// Whether messages to them alone are in English.
    pub english: bool,
    /// Roles that they have all the time: `district`, `department`, …
    pub roles: Vec<String>,
    /// The personal channels by which they have an address.
    pub reached_by: Vec<ChannelKind>,
}

/// On which days a rota counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RotaDays {
    /// Every day.
    All,
    /// Days on which the bureau works.
    Workdays,
    /// Weekends and public holidays.
    RestDays,
}

/// Turns of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rota {
    /// The role.
    pub role: String,
    /// The shift by its place; `None` for all of a day.
    pub shift: Option<usize>,
    /// Who, in turn.
    pub people: Vec<String>,
    /// The first day of the first one.
    pub from: Day,
    /// The last day that counts.
    pub until: Option<Day>,
    /// Days that count that each takes in a row.
    pub days_each: u16,
    /// Which days count.
    pub on: RotaDays,
}

/// Who has a role on one day, whatever the turn says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The day on which the shift begins.
    pub day: Day,
    /// The shift by its place; `None` for all of the day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift: Option<usize>,
    /// The role.
    pub role: String,
    /// Who.
    pub person: String,
}

/// A shift begins at this time and lasts until the next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftTime {
    /// 白班, 夜班; as it is written.
    pub name: String,
    /// Minutes from 0:00, Beijing time.
    pub from_min: u16,
}

/// Who is told, and when they are on duty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// The shifts of a day, the earliest first.
    pub shifts: Vec<ShiftTime>,
    /// Everybody.
    pub people: Vec<Person>,
    /// Turns.
    pub rotas: Vec<Rota>,
    /// Days that are fixed.
    pub fixed: Vec<Assignment>,
    /// Public holidays and other days on which the bureau rests.
    pub rest: BTreeSet<Day>,
    /// Weekend days on which it works (调休).
    pub work: BTreeSet<Day>,
    /// Years whose holidays are known.
    pub years: BTreeSet<i32>,
}

/// Something that nobody has, or that nobody can tell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// Nobody has a role in a shift.
    Nobody {
        /// The day on which it begins.
        day: Day,
        /// The shift by its place.
        shift: usize,
        /// The role.
        role: String,
    },
    /// The holidays of a year are not listed, and a rota turns on them.
    Holidays(i32),
}

/// Day 0 was a Thursday.
fn is_weekend(day: Day) -> bool {
    matches!(day.number().rem_euclid(7), 2 | 3)
}

impl Roster {
    /// A person by short name, or by what people call them.
    #[must_use]
    pub fn person(&self, id: &str) -> Option<&Person> {
        let by_id = self.people.iter().find(|person| person.id == id);
        by_id.or_else(|| self.people.iter().find(|person| person.name == id))
    }

    /// What people call somebody: the name where the roster has them.
    #[must_use]
    pub fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.person(id).map_or(id, |person| &person.name)
    }

    /// Whether a name stands for anybody: a role or a person.
    #[must_use]
    pub fn knows(&self, to: &str) -> bool {
        self.is_turn(to)
            || self.people.iter().any(|p| p.id == to || p.roles.iter().any(|role| role == to))
    }

    /// Whether a role goes by turns.
    #[must_use]
    pub fn is_turn(&self, role: &str) -> bool {
        self.rotas.iter().any(|rota| rota.role == role)
            || self.fixed.iter().any(|fixed| fixed.role == role)
    }

    /// Whether the bureau works on a day.
    #[must_use]
    pub fn is_workday(&self, day: Day) -> bool {
        self.work.contains(&day) || !(is_weekend(day) || self.rest.contains(&day))
    }

    /// The shift of a moment: the day on which it began, and its place.
    #[must_use]
    pub fn shift_at(&self, at: Instant) -> (Day, usize) {
        let hour = at.hour();
        let minutes = (at.millis() - hour.day().start().start().millis()) / 60_000;
        let begun = self.shifts.iter().rposition(|shift| i64::from(shift.from_min) <= minutes);
        match begun {
            Some(place) => (hour.day(), place),
            None => (hour.day().plus(-1), self.shifts.len().saturating_sub(1)),
        }
    }

    /// Who has a role in a shift.
    #[must_use]
    pub fn on_duty(
        &self,
        role: &str,
        (day, shift): (Day, usize),
        replacements: &[Assignment],
    ) -> Option<&str> {
        let of = |a: &&Assignment| {
            a.day == day && a.role == role && a.shift.is_none_or(|of| of == shift)
        };
        let replaced = replacements.iter().rev().find(of);
        if let Some(Assignment { person, .. }) = replaced.or_else(|| self.fixed.iter().find(of)) {
            return self.person(person).map(|person| person.id.as_str());
        }
        let of_role = self.rotas.iter().filter(|rota| rota.role == role);
        let of_shift = of_role.filter(|rota| rota.shift.is_none_or(|of| of == shift));
        of_shift.filter_map(|rota| self.in_turn(rota, day)).next()
    }

    /// Whose turn it is on a day.
    fn in_turn<'a>(&self, rota: &'a Rota, day: Day) -> Option<&'a str> {
        let counts = |day: &Day| match rota.on {
            RotaDays::All => true,
            RotaDays::Workdays => self.is_workday(*day),
            RotaDays::RestDays => !self.is_workday(*day),
        };
        if day < rota.from || rota.until.is_some_and(|until| day > until) || !counts(&day) {
            return None;
        }
        let span = rota.from.number()..day.number();
        let before = match rota.on {
            RotaDays::All => span.len(),
            _ => span.map(Day::from_number).filter(counts).count(),
        };
        let turn = before / usize::from(rota.days_each.max(1));
        rota.people.get(turn % rota.people.len().max(1)).map(String::as_str)
    }

    /// The persons that names of a route stand for at a moment, each once, in the order of the names.
    #[must_use]
    pub fn resolve(&self, to: &[String], at: Instant, replacements: &[Assignment]) -> Vec<&Person> {
        let shift = self.shift_at(at);
        let mut found: Vec<&Person> = Vec::new();
        for name in to {
            let in_turn = self.on_duty(name, shift, replacements).and_then(|id| self.person(id));
            let of = |p: &&Person| p.id == *name || p.roles.iter().any(|role| role == name);
            // Who has the role all the time has it where no turn and no day says otherwise.
            let persons: Vec<&Person> = match in_turn {
                Some(person) => vec![person],
                None => self.people.iter().filter(of).collect(),
            };
            for person in persons {
                if found.iter().all(|known| known.id != person.id) {
                    found.push(person);
                }
            }
        }
        found
    }

    /// What is missing from the shift of `from` on, for so many days, of these roles.
    #[must_use]
    pub fn gaps(
        &self,
        (from, days): (Day, u16),
        roles: &BTreeSet<&str>,
        replacements: &[Assignment],
    ) -> Vec<Gap> {
        let turns = self.rotas.iter().any(|rota| rota.on != RotaDays::All);
        let mut years: BTreeMap<i32, ()> = BTreeMap::new();
        let mut gaps = Vec::new();
        for day in (0..i32::from(days)).map(|n| from.plus(n)) {
            years.insert(day.date().0, ());
            let always = |role: &str| self.people.iter().any(|p| p.roles.iter().any(|r| r == role));
            for role in roles.iter().filter(|role| self.is_turn(role) && !always(role)) {
                for shift in 0..self.shifts.len() {
                    if self.on_duty(role, (day, shift), replacements).is_none() {
                        gaps.push(Gap::Nobody { day, shift, role: (*role).to_owned() });
                    }
                }
            }
        }
        let unknown = years.into_keys().filter(|year| turns && !self.years.contains(year));
        gaps.extend(unknown.map(Gap::Holidays));
        gaps
    }
}
