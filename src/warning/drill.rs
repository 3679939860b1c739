//! 应急演练: a warning's way on simulated air, beside the real one.
//!
//! In: [`DrillAct`]s of persons, with air that [`DrillAir`] made. Out: records that carry the number of the
//! drill, and the state of the drill ([`Drill`]), whose warnings go the same way by the same rules.
//!
//! Invariants: a drill has warnings, forecasts and instructions of its own: nothing of it reaches the real
//! ones, nor the other way round. Each of its records is marked, and so is each sentence made of one. The
//! real warning goes first: a drill cannot begin while one is open, and ends when one is recommended. At most
//! one drill runs in an area.
//!
//! Source: plan-dalian.md, three (1) (drills); terms.md (【演练】); issue 5, Build 6.

mod air;

use serde::{Deserialize, Serialize};

pub use air::{DrillAir, DrillCity};

use super::decide::{Act, Refusal};
use super::evaluation::Evaluation;
use super::line::{Line, ObservedHour};
use super::record::{Body, Record, Target};
use super::rules::RuleSet;
use super::state::Warnings;
use super::{Level, decide};
use crate::outlook::Source;
use crate::time::Instant;

/// What every sentence of a drill begins with.
pub const DRILL_ZH: &str = "【演练】";

/// A drill that nobody ends is over after so many hours.
const LONGEST_H: i64 = 48;

/// What a person does with a drill, or in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrillAct {
    /// Begins one.
    Start {
        /// The level that its air leads to.
        level: Level,
        /// From what its air was made.
        seed: u64,
        /// The air.
        air: DrillAir,
    },
    /// Lets its air go on: what was observed and forecast until now is replaced.
    Air(DrillAir),
    /// Ends it.
    Stop {
        /// Why.
        reason: String,
    },
    /// Does in it what is done in a real warning.
    Do(Box<Act>),
}

/// Why a drill ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum DrillEnd {
    /// Its warning was lifted.
    Completed,
    /// A real recommendation came.
    RealFirst,
    /// Nobody ended it in time.
    TimedOut,
    /// The area goes by no rules any more.
    WithoutRules,
    /// A person ended it.
    Stopped {
        /// Why.
        reason: String,
    },
}

impl DrillEnd {
    /// As it is written.
    #[must_use]
    pub fn text_zh(&self) -> String {
        match self {
            Self::Completed => "演练预警已解除，演练结束。".to_owned(),
            Self::RealFirst => "出现真实的预警建议，演练立即中止。".to_owned(),
            Self::TimedOut => format!("演练满{LONGEST_H}小时未结束，自动终止。"),
            Self::WithoutRules => "本区域不再配置预警规则，演练终止。".to_owned(),
            Self::Stopped { reason } => format!("演练终止：{reason}。"),
        }
    }
}

/// A drill that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drill {
    /// The number of the record that began it.
    pub number: u64,
    /// The level that its air leads to.
    pub level: Level,
    /// From what its air is made.
    pub seed: u64,
    /// Since when it runs.
    pub since: Instant,
    /// The air that it says was observed.
    pub hours: Vec<ObservedHour>,
    /// Whether what it issued was lifted: then it is over.
    pub lifted: bool,
    /// Its warnings.
    pub warnings: Warnings,
}

impl Drill {
    /// What its air comes to by the rules; `None` when it has none.
    #[must_use]
    pub fn evaluate(&self, rules: &RuleSet, zone: &str) -> Option<Evaluation> {
        let lines = Line::all(&self.hours, &self.warnings.book, (Source::Fed, zone));
        Evaluation::of(rules, &lines, Source::Fed)
    }

    /// Why it is over; `None` while it goes on.
    fn end(&self, real: &Warnings, now: Instant) -> Option<DrillEnd> {
        if real.open.is_some() {
            Some(DrillEnd::RealFirst)
        } else if self.lifted {
            Some(DrillEnd::Completed)
        } else {
            (self.latest() <= now).then_some(DrillEnd::TimedOut)
        }
    }

    const fn latest(&self) -> Instant {
        self.since.plus_minutes(LONGEST_H * 60)
    }

    fn take(&mut self, record: &Record) {
        match &record.body {
            Body::DrillStarted { hours, .. } | Body::DrillAir { hours } => {
                hours.clone_into(&mut self.hours);
            }
            _ => {
                let lifts = self.warnings.coming().is_some_and(|c| c.target == Target::Lift);
                self.warnings.take(record);
                self.lifted |= lifts && self.warnings.coming().is_none();
            }
        }
    }
}

impl Act {
    /// The same act, meant for a drill where one is named.
    #[must_use]
    pub fn within(self, drill: Option<u64>) -> Self {
        if drill.is_none() {
            return self;
        }
        Self::Drill { of: drill, drill: DrillAct::Do(Box::new(self)) }
    }

    /// Whether it begins a drill.
    #[must_use]
    pub const fn begins_drill(&self) -> bool {
        matches!(self, Self::Drill { drill: DrillAct::Start { .. }, .. })
    }
}

impl Warnings {
    /// Takes a record of a drill.
    pub(super) fn take_drill(&mut self, number: u64, record: &Record) {
        if let Body::DrillStarted { level, seed, .. } = &record.body {
            self.drill = Some(Box::new(Drill {
                number,
                level: *level,
                seed: *seed,
                since: record.at,
                hours: Vec::new(),
                lifted: false,
                warnings: Self::default(),
            }));
        }
        if matches!(record.body, Body::DrillEnded(_)) {
            self.drill = None;
        } else if let Some(drill) = self.drill.as_mut().filter(|drill| drill.number == number) {
            // Within the drill its records are those of a warning like any other.
            drill.take(&Record { drill: None, ..record.clone() });
        }
    }

    /// The drill to which what comes of an act belongs.
    #[must_use]
    pub fn drill_of(&self, act: &Act) -> Option<u64> {
        match act {
            _ if act.begins_drill() => Some(self.last + 1),
            Act::Drill { .. } => self.drill.as_ref().map(|drill| drill.number),
            _ => None,
        }
    }

    pub(super) fn decide_drill(
        &self,
        (of, act): (Option<u64>, &DrillAct),
        now: Instant,
    ) -> Result<Vec<Body>, Refusal> {
        if let DrillAct::Start { level, seed, air } = act {
            decide::check(self.drill.is_none(), Refusal::DrillRuns)?;
            decide::check(self.open.is_none(), Refusal::RealFirst)?;
            let DrillAir { hours, forecast } = air.clone();
            let started = Body::DrillStarted { level: *level, seed: *seed, hours };
            return Ok(vec![started, Body::Forecast(forecast)]);
        }
        let meant = |drill: &&Drill| of.is_none_or(|of| of == drill.number);
        let drill = self.drill.as_deref().filter(meant).ok_or(Refusal::NoDrill)?;
        match act {
            DrillAct::Start { .. } => Err(Refusal::DrillRuns),
            DrillAct::Air(DrillAir { hours, forecast }) => {
                decide::check(*hours != drill.hours, Refusal::Repeated)?;
                let hours = hours.clone();
                Ok(vec![Body::DrillAir { hours }, Body::Forecast(forecast.clone())])
            }
            DrillAct::Stop { reason } => {
                decide::named(&[reason])?;
                Ok(vec![Body::DrillEnded(DrillEnd::Stopped { reason: reason.clone() })])
            }
            // A drill within a drill is none, and a list is real.
            DrillAct::Do(act) if matches!(**act, Act::Drill { .. } | Act::AdoptList { .. }) => {
                Err(Refusal::DrillRuns)
            }
            DrillAct::Do(act) => drill.warnings.decide(act, now),
        }
    }

    /// The next moment at which [`Warnings::tick_drill`] has something to say.
    pub(super) fn drill_deadline(&self, rules: &RuleSet) -> Option<Instant> {
        let drill = self.drill.as_ref()?;
        let own = drill.warnings.next_deadline(rules);
        own.into_iter().chain([drill.latest()]).min()
    }

    /// What time brings in the drill.
    #[must_use]
    pub fn tick_drill(&self, rules: &RuleSet, now: Instant) -> Vec<Body> {
        let Some(drill) = &self.drill else { return Vec::new() };
        match drill.end(self, now) {
            Some(end) => vec![Body::DrillEnded(end)],
            None => drill.warnings.tick(rules, now),
        }
    }

    /// What the drill's air comes to, when that is something else than before; a record of the drill.
    #[must_use]
    pub fn evaluate_drill(&self, rules: &RuleSet, zone: &str) -> Option<Body> {
        let drill = self.drill.as_ref()?;
        let found = drill.evaluate(rules, zone)?;
        drill.warnings.is_new(&found).then_some(Body::Evaluated(found))
    }

    /// What the drill's air asks for, as it was evaluated last; records of the drill.
    #[must_use]
    pub fn consider_drill(&self, rules: &RuleSet, now: Instant) -> Vec<Body> {
        self.drill.as_ref().map_or_else(Vec::new, |drill| drill.warnings.consider(rules, now))
    }
}
