//! Heavy-pollution warnings: rules as data, the levels that air and forecast come to, and a warning's way
//! from recommendation to its end.
//!
//! In: an area's observed hours, forecasts ([`crate::outlook`]), instructions of the province, and acts of
//! persons. Out: records ([`Record`]) that only grow; the state ([`Warnings`]) follows from them.
//!
//! Invariants: Lantian recommends, people issue: there is no way to a level but a registered approval.
//! Missing data never lifts. What lies beyond a forecast's horizon never counts.
//!
//! Source: warning-rules.md, terms.md, standards.md section 5; issue 5.

mod advice;
mod backtest;
mod consider;
mod decide;
mod drill;
mod evaluation;
mod execution;
mod level;
mod list;
mod line;
mod record;
mod rules;
mod state;
mod text;
mod wire;

#[cfg(test)]
mod tests;

pub use advice::Draft;
pub use backtest::{Backtest, DaysTold, Episode, Recommended, Told, backtest};
pub use decide::{Act, Notice, Refusal};
pub use drill::{DRILL_ZH, Drill, DrillAct, DrillAir, DrillCity, DrillEnd};
pub use evaluation::{Basis, Evaluation, Keeps, Outcome, Reached, Spell};
pub use execution::{
    Count, Counts, DistrictDay, Execution, LATE_DAYS, Means, Reported, Response, Step, TaskStep,
    Tasks,
};
pub use level::Level;
pub use line::{Block, Line, ObservedHour};
pub use list::{ListAdopted, ListChange, ListChangeKind, named_list};
pub use record::{
    Advisory, AdvisorySort, Approval, Body, Change, Consultation, Ground, Instruction, Issue,
    Lapse, Participant, Recommendation, Record, Target,
};
pub use rules::{Condition, DailyAqi, Joined, Path, RangeEnd, RuleSet};
pub use state::{Coming, Declined, InForce, Open, Proposal, Warnings};
pub use text::{BUILT_IN_ZH, moment_zh};
pub use wire::decode_instruction;
