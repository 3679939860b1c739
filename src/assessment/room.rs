//! The room that is left in a day (保良减污, 削峰保良): which levels of the hours to come keep it in its class.
//!
//! In: the day's hours so far of a station, or of the stations of a set, how many hours are over, and
//! [`RoomRules`]. Out: a [`Room`]: for each pollutant the mean so far, and for each class up to 中度污染 the
//! highest level until midnight with which the day still stays in it, by the edition in force on the day with
//! its rounding.
//!
//! What is taken for granted, because nobody knows the hours to come:
//! - Every hour to come has a value, at every station of the set, and it is the same one everywhere. For a
//!   24-h mean only the mean of these hours counts, so there the level is the mean that the rest of the day
//!   must keep. For ozone it is the level of each hour: no hour above it is always enough, and a steady
//!   level above it is too much.
//! - Each station brings the hours that it has: its day is the mean of those and of the coming ones, and the
//!   set's day is the mean of the stations' days, as [`DayFigures`](super::DayFigures) takes it. A station
//!   that can no longer reach 20 hours (of ozone 14 windows) is left out, as it will be at midnight.
//!
//! Invariants: with every hour to come at the level given, or at any lower one, the day's figures hold the
//! class; with 0.001 µg/m³ more they do not. Levels are whole 0.001 µg/m³, and are rounded down where they
//! are shown: the next step breaks the day. (Of a set's ozone it may not: a station without 14 windows joins
//! the mean only above the limit that keeps MDA8, and can lower it.)
//!
//! Source: design section 3 (figures); the city's plan, chapter three (1): 保良减污, 削峰保良.

mod course;
mod words;

use crate::average::{EIGHT_H, EIGHT_H_MIN, MISSING, Sum, Window};
use crate::index::{self, Context, Pollutants};
use crate::observation::{POLLUTANTS, Pollutant};
use crate::quality::Limits;
use crate::quantity::{Amount, Quotient};
use crate::standard::{Category, Entity, Parameters, StationShareDay, standards};
use crate::time::{DAY_H, Day};

use super::day::{Needs, mean_of};
use course::{Course, Until};

/// What a room is taken by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRules {
    /// Practice and open choices.
    pub parameters: Parameters,
    /// The highest level an instrument reports, by [`Pollutant::index`]: above it nothing comes.
    pub most: [Amount; Pollutant::COUNT],
    /// Hours of the day, by their end, at which the room is said in one sentence.
    pub checkpoints: Vec<u8>,
}

impl RoomRules {
    /// The usual ones of a monitoring room: in the morning, after noon, and around the evening rush.
    pub const CHECKPOINTS: [u8; 4] = [10, 14, 17, 20];
}

impl Default for RoomRules {
    fn default() -> Self {
        Self {
            parameters: Parameters::default(),
            most: POLLUTANTS.map(|p| Amount::from_milli(Limits::of(p).most)),
            checkpoints: Self::CHECKPOINTS.to_vec(),
        }
    }
}

/// Which level of the hours to come a class allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Up to this one, in 0.001 µg/m³; a little more leaves the class.
    UpTo(Amount),
    /// None: the class is lost, whatever comes.
    Lost,
    /// Every one that an instrument can report: the class is certain.
    Safe,
    /// There will be no daily value: hours, windows or stations can no longer suffice.
    NoValue,
}

/// One pollutant of a day that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Margin {
    /// The pollutant.
    pub pollutant: Pollutant,
    /// Hours with a value; of a set, hours with one of at least one station.
    pub valid_hours: u8,
    /// The exact mean so far; of ozone the largest 8-h mean.
    pub so_far: Option<Quotient>,
    /// The same as it is shown.
    pub so_far_shown: Option<Amount>,
    /// The newest hour, as it is shown.
    pub now_shown: Option<Amount>,
    /// Whether the data capture of a daily value can still be reached.
    pub reaches_capture: bool,
    /// By class, from 优 to 中度污染: [`Room::CLASSES`].
    pub allowed: [Allowed; Room::CLASSES.len()],
    /// In what steps a level is shown, in 0.001 µg/m³.
    step: i32,
}

/// What is left of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The day.
    pub day: Day,
    /// How many of its hours are over, 1 to 24.
    pub past: usize,
    /// By [`Pollutant::index`].
    pub pollutants: [Margin; Pollutant::COUNT],
    /// Whose day it is.
    pub entity: Entity,
    /// With a pollutant without a value, there is an AQI only above this.
    na_unless_above: Option<u16>,
}

impl Margin {
    /// What a class allows; nothing is known above 中度污染.
    #[must_use]
    pub fn allowed(&self, class: Category) -> Allowed {
        self.allowed.get(class.index()).copied().unwrap_or(Allowed::Safe)
    }

    /// A level as it is shown: rounded down.
    #[must_use]
    pub const fn shown(&self, level: Amount) -> Amount {
        Amount::from_milli(level.milli() - level.milli().rem_euclid(self.step))
    }

    /// Whether the air of now is more than twice a level allowed: hardly to be reached.
    fn is_far_above(&self, level: Amount) -> bool {
        let now = self.now_shown.or(self.so_far_shown).map_or(0, Amount::milli);
        i64::from(now) > 2 * i64::from(level.milli())
    }

    /// Of two levels allowed, whether this one is nearer to the air of now.
    fn is_tighter(&self, level: Amount, than: (&Self, Amount)) -> bool {
        let now = |margin: &Self| {
            let shown = margin.now_shown.or(margin.so_far_shown);
            i64::from(shown.map_or(1, Amount::milli).max(1))
        };
        i64::from(level.milli()) * now(than.0) < i64::from(than.1.milli()) * now(self)
    }
}

impl Room {
    /// The classes whose upper border is watched.
    pub const CLASSES: [Category; 4] =
        [Category::Excellent, Category::Good, Category::Light, Category::Moderate];

    /// The room of a station when `past` hours of the day are over (1 to 24).
    #[must_use]
    pub fn of_station(day: Day, past: usize, hours: &Window, rules: &RoomRules) -> Self {
        Self::of(day, past, &[hours], (rules, Entity::Station))
    }

    /// The room of a set, from the hours of the stations that belong to it on the day.
    #[must_use]
    pub fn of_set<'a>(
        day: Day,
        past: usize,
        stations: impl Iterator<Item = &'a Window>,
        rules: &RoomRules,
    ) -> Self {
        let stations: Vec<&Window> = stations.collect();
        Self::of(day, past, &stations, (rules, Entity::Area))
    }

    fn of(day: Day, past: usize, stations: &[&Window], by: (&RoomRules, Entity)) -> Self {
        let (rules, entity) = by;
        let parameters = &rules.parameters;
        let ctx = Context { edition: standards().index_edition(day), parameters, entity };
        let past = past.clamp(1, DAY_H);
        let until = Until { day, past, needs: Needs::on(day, parameters), ctx };
        Self {
            day,
            past,
            pollutants: POLLUTANTS.map(|p| margin(p, stations, until, rules.most[p.index()])),
            entity,
            na_unless_above: index::na_unless_above(&ctx),
        }
    }

    /// Hours to come.
    #[must_use]
    pub const fn left(&self) -> usize {
        DAY_H - self.past
    }

    /// The pollutants that have taken the day out of a class for good.
    #[must_use]
    pub fn lost(&self, class: Category) -> Pollutants {
        self.those(|margin| margin.allowed(class) == Allowed::Lost)
    }

    /// The pollutants of which the day will have no value.
    #[must_use]
    pub fn without_value(&self) -> Pollutants {
        self.those(|margin| margin.allowed.contains(&Allowed::NoValue))
    }

    /// The pollutants whose data capture can no longer be reached.
    #[must_use]
    pub fn short(&self) -> Pollutants {
        self.those(|margin| !margin.reaches_capture)
    }

    fn those(&self, hold: impl Fn(&Margin) -> bool) -> Pollutants {
        self.pollutants.iter().filter(|m| hold(m)).map(|m| m.pollutant).collect()
    }

    /// The best class, from 良 down, that the day can still keep; `None` when it is 重度污染 or worse.
    #[must_use]
    pub fn goal(&self) -> Option<Category> {
        let below_excellent = Self::CLASSES.into_iter().skip(1);
        below_excellent.into_iter().find(|class| self.lost(*class).is_empty())
    }

    /// The best class, from 轻度污染 down, that can still be kept and for which the air of now need not fall by
    /// more than half (chosen: a day falls no faster without a change of weather); 中度污染 where none is near.
    /// `None` where 良 itself is near, or nothing can be kept.
    #[must_use]
    pub fn next_goal(&self) -> Option<Category> {
        let goal = self.goal()?;
        let near = |class: &Category| match self.binding(*class).map(|m| (m, m.allowed(*class))) {
            Some((margin, Allowed::UpTo(level))) => !margin.is_far_above(level),
            _ => true,
        };
        let reachable = Self::CLASSES.into_iter().skip(goal.index());
        let found = reachable.into_iter().find(near).unwrap_or(Category::Moderate);
        (found > Category::Good).then_some(found)
    }

    /// Whether the day has no AQI though nothing takes it above a class: a pollutant is without a value.
    #[must_use]
    pub fn is_not_judged(&self, class: Category) -> bool {
        let highest = standards().index_edition(self.day).class(class).aqi.1;
        let above = self.na_unless_above.filter(|_| !self.without_value().is_empty());
        above.is_some_and(|above| highest <= above)
    }

    /// The pollutant that leaves a class first: one that has left it, or the one whose level allowed is the
    /// smallest beside its newest hour. `None` when every one of them is safe.
    #[must_use]
    pub fn binding(&self, class: Category) -> Option<&Margin> {
        let by_tie = || Pollutant::BY_TIE.into_iter().map(|p| &self.pollutants[p.index()]);
        let classes_lost =
            |margin: &&Margin| margin.allowed.iter().filter(|a| **a == Allowed::Lost).count();
        let lost = by_tie().filter(|margin| margin.allowed(class) == Allowed::Lost);
        // The first of those that have lost most.
        let worst = lost.rev().max_by_key(classes_lost);
        let mut tightest: Option<(&Margin, Amount)> = None;
        for margin in by_tie() {
            if let Allowed::UpTo(level) = margin.allowed(class)
                && tightest.is_none_or(|than| margin.is_tighter(level, than))
            {
                tightest = Some((margin, level));
            }
        }
        worst.or(tightest.map(|(margin, _)| margin))
    }

    /// The class of a day that is over, as far as it goes; `None` above 中度污染.
    fn reached(&self) -> Option<Category> {
        Self::CLASSES.into_iter().find(|class| self.lost(*class).is_empty())
    }
}

fn margin(pollutant: Pollutant, stations: &[&Window], until: Until<'_>, most: Amount) -> Margin {
    let (past, p) = (until.past, pollutant.index());
    let hours = || stations.iter().map(|hours| &hours[p][..past]);
    let expected = u16::try_from(stations.len()).unwrap_or(u16::MAX);
    let mean =
        |sums: &mut dyn Iterator<Item = Sum>| mean_of(sums, expected, StationShareDay::Any).0;
    let so_far = match pollutant {
        Pollutant::O3 => mean(&mut hours().filter_map(largest_8h)),
        _ => mean(&mut hours().map(Sum::of)),
    };
    let now = mean(&mut hours().map(|hours| Sum::of(&hours[past - 1..])));
    let heard = |at: &usize| hours().any(|hours| hours[*at] != MISSING);
    let course = Course::of(pollutant, stations, until);
    Margin {
        pollutant,
        valid_hours: u8::try_from((0..past).filter(heard).count()).unwrap_or(24),
        so_far,
        so_far_shown: so_far.map(|v| index::rounded(v, pollutant, false, &until.ctx)),
        now_shown: now.map(|v| index::rounded(v, pollutant, true, &until.ctx)),
        reaches_capture: course.reaches(),
        allowed: Room::CLASSES.map(|class| course.allowed(class, most)),
        step: index::rounding(false, &until.ctx).step_of(pollutant).max(1),
    }
}

/// The largest valid 8-h mean of the hours since 00:00.
fn largest_8h(hours: &[i32]) -> Option<Sum> {
    let windows = hours.windows(EIGHT_H).map(Sum::of).filter(|sum| sum.count >= EIGHT_H_MIN);
    windows.reduce(|a, b| if b.exceeds(a) { b } else { a })
}
