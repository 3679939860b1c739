//! Where the warnings of an area stand: what follows from its records, and from nothing else.
//!
//! In: [`Record`]s in their order. Out: [`Warnings`].
//!
//! Invariants: the state after a restart is that before it, since it is taken from the same records; a level
//! stands in `in_force` or `coming` only by a record `issued`, and that one only by a record `approved`.
//!
//! # A warning's way
//!
//! | from | act or event | to | who |
//! |---|---|---|---|
//! | monitoring | `recommended` (rules, province, person) | recommended | Lantian, or a person |
//! | recommended | `declined`, `lapsed` | monitoring, or in effect as before | a person; Lantian |
//! | recommended | `approved` | approval registered | a person enters what is on paper |
//! | approval registered | `declined` | monitoring, or in effect as before | a person |
//! | approval registered | `issued` | issued | a person |
//! | issued | `took_effect` at `effective_from` | in effect; lifted if that was issued | the clock |
//! | in effect | `recommended` of another level or of lifting | in effect, with a proposal | as above |
//!
//! There is no other edge. A proposal in a warning that is in effect goes the same way as one that starts it.

use std::collections::BTreeMap;

use super::Level;
use super::drill::Drill;
use super::evaluation::Evaluation;
use super::execution::Execution;
use super::record::{Approval, Body, Change, Ground, Instruction, Recommendation, Record, Target};
use crate::outlook::{ForecastBook, KeptForecast, Source};
use crate::time::Instant;

/// A level that was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    /// 预警级别.
    pub level: Level,
    /// 响应级别.
    pub response: Level,
    /// When it was issued.
    pub issued: Instant,
    /// From when it holds.
    pub effective_from: Instant,
    /// The record that issued it.
    pub issue: u64,
}

/// What was issued and does not hold yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coming {
    /// What.
    pub target: Target,
    /// 响应级别; `None` for lifting.
    pub response: Option<Level>,
    /// When it was issued.
    pub issued: Instant,
    /// From when it holds.
    pub effective_from: Instant,
    /// The record that issued it.
    pub issue: u64,
}

/// A proposal that somebody has to decide on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The number of its record.
    pub number: u64,
    /// Since when it waits.
    pub since: Instant,
    /// What is proposed.
    pub recommendation: Recommendation,
    /// What was approved, and the record of that.
    pub approval: Option<(u64, Approval)>,
}

impl Proposal {
    /// Whether the province ordered it: it does not lapse.
    #[must_use]
    pub const fn is_ordered(&self) -> bool {
        matches!(self.recommendation.ground, Ground::Instruction { .. })
    }
}

/// A warning from its first recommendation to its end.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Open {
    /// The number of the record that recommended its start.
    pub warning: u64,
    /// The level that holds.
    pub in_force: Option<InForce>,
    /// What was issued and does not hold yet.
    pub coming: Option<Coming>,
    /// What is proposed.
    pub proposal: Option<Proposal>,
}

impl Open {
    /// The level that was issued last, whether it holds yet or not; `None` before any and after lifting.
    #[must_use]
    pub fn issued(&self) -> Option<Level> {
        match self.coming {
            Some(coming) => coming.target.level(),
            None => self.in_force.map(|in_force| in_force.level),
        }
    }

    /// What a target would be to it.
    #[must_use]
    pub fn change_to(&self, target: Target) -> Option<Change> {
        match (self.issued(), target) {
            (None, Target::Level(_)) if self.coming.is_none() => Some(Change::Start),
            (None, _) => None,
            (Some(_), Target::Lift) => Some(Change::Lift),
            (Some(now), Target::Level(to)) if to > now => Some(Change::Upgrade),
            (Some(now), Target::Level(to)) if to < now => Some(Change::Downgrade),
            (Some(_), Target::Level(_)) => None,
        }
    }
}

/// What was declined last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declined {
    /// What.
    pub target: Target,
    /// When.
    pub at: Instant,
}

/// The warnings of one area.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Warnings {
    /// The number of the last record.
    pub last: u64,
    /// The forecasts that still say something.
    pub book: ForecastBook,
    /// What came of the last evaluation that was recorded, by whose forecast.
    pub evaluated: BTreeMap<Source, (u64, Evaluation)>,
    /// The province's instructions, by the moment from which each one holds, and its record.
    pub instructions: BTreeMap<(Instant, u64), Instruction>,
    /// What was written down last of consultations and advisories, which nothing follows from.
    pub noted: Vec<Body>,
    /// The warning that is open.
    pub open: Option<Open>,
    /// What was declined last, until something is issued.
    pub declined: Option<Declined>,
    /// The drill that runs.
    pub drill: Option<Box<Drill>>,
    /// The digest of the list of measures that is in use.
    pub list: Option<String>,
    /// Its date in force, as it is written.
    pub list_from: Option<String>,
    /// How responses are carried out.
    pub execution: Execution,
}

impl Warnings {
    /// The lowest level that the province orders at a moment: that of the instruction which holds then.
    #[must_use]
    pub fn floor(&self, now: Instant) -> Option<Level> {
        let holds = self.instructions.range(..=(now, u64::MAX)).next_back();
        holds.and_then(|(_, instruction)| instruction.level)
    }

    /// The instruction that asks for the highest level now or from a moment to come, and its record: what is
    /// ordered for tomorrow has to be approved today.
    #[must_use]
    pub fn ordered(&self, now: Instant) -> Option<(u64, Level)> {
        let holds = self.instructions.range(..=(now, u64::MAX)).next_back();
        let coming = self.instructions.range((now, u64::MAX)..);
        let level = |((_, number), of): (&(Instant, u64), &Instruction)| Some((*number, of.level?));
        holds.into_iter().chain(coming).filter_map(level).max_by_key(|(_, level)| *level)
    }

    /// The proposal that waits.
    #[must_use]
    pub fn proposal(&self) -> Option<&Proposal> {
        self.open.as_ref()?.proposal.as_ref()
    }

    /// The level that holds.
    #[must_use]
    pub fn in_force(&self) -> Option<InForce> {
        self.open.as_ref()?.in_force
    }

    /// What was issued and does not hold yet.
    #[must_use]
    pub fn coming(&self) -> Option<Coming> {
        self.open.as_ref()?.coming
    }

    /// Takes the next record.
    pub fn take(&mut self, record: &Record) {
        self.last = record.number;
        if let Some(drill) = record.drill {
            return self.take_drill(drill, record);
        }
        self.execution.take(record, self.open.as_ref());
        match &record.body {
            Body::Forecast(forecast) => self.book.keep(KeptForecast {
                number: record.number,
                received: record.at,
                forecast: forecast.clone(),
            }),
            Body::Instruction(instruction) => {
                let from = (instruction.from, record.number);
                self.instructions.insert(from, instruction.clone());
            }
            Body::Evaluated(evaluation) => {
                let held = (record.number, evaluation.clone());
                self.evaluated.insert(evaluation.source, held);
            }
            Body::Recommended(recommendation) => self.take_proposal(record, recommendation),
            Body::Lapsed { proposal, .. } => self.drop_proposal(*proposal),
            Body::Declined { proposal, .. } => {
                if let Some(of) = self.proposal().filter(|p| p.number == *proposal) {
                    let target = of.recommendation.target;
                    self.declined = Some(Declined { target, at: record.at });
                }
                self.drop_proposal(*proposal);
            }
            Body::Approved(approval) => {
                let proposal = self.open.as_mut().and_then(|open| open.proposal.as_mut());
                if let Some(proposal) = proposal.filter(|p| p.number == approval.proposal) {
                    proposal.approval = Some((record.number, approval.clone()));
                }
            }
            Body::Issued(issue) => {
                self.declined = None;
                if let Some(open) = &mut self.open {
                    open.proposal = None;
                    open.coming = Some(Coming {
                        target: issue.target,
                        response: issue.response,
                        issued: issue.issued,
                        effective_from: issue.effective_from,
                        issue: record.number,
                    });
                }
            }
            Body::TookEffect { issue } => self.take_effect(*issue),
            Body::Consulted(_) | Body::Advisory(_) => {
                self.noted.retain(|body| body.kind() != record.body.kind());
                self.noted.push(record.body.clone());
            }
            Body::ListAdopted(list) => {
                self.list = Some(list.digest.clone());
                self.list_from = Some(list.in_force.clone());
            }
            // They belong to a drill, which has its own state.
            Body::DrillStarted { .. } | Body::DrillAir { .. } | Body::DrillEnded(_) => {}
            Body::TaskStep(_) | Body::DistrictDay(_) => {} // of the execution
        }
    }

    /// A proposal opens a warning where none is.
    fn take_proposal(&mut self, record: &Record, recommendation: &Recommendation) {
        let open = self.open.get_or_insert_with(|| Open {
            warning: recommendation.warning.unwrap_or(record.number),
            ..Open::default()
        });
        open.proposal = Some(Proposal {
            number: record.number,
            since: record.at,
            recommendation: recommendation.clone(),
            approval: None,
        });
    }

    /// A warning of which nothing was issued ends with its proposal.
    fn drop_proposal(&mut self, number: u64) {
        let Some(open) = &mut self.open else { return };
        if open.proposal.as_ref().is_some_and(|p| p.number == number) {
            open.proposal = None;
            if open.in_force.is_none() && open.coming.is_none() {
                self.open = None;
            }
        }
    }

    fn take_effect(&mut self, issue: u64) {
        let Some(open) = &mut self.open else { return };
        let Some(coming) = open.coming.take_if(|coming| coming.issue == issue) else { return };
        match coming.target {
            Target::Lift => self.open = None,
            Target::Level(level) => {
                open.in_force = Some(InForce {
                    level,
                    response: coming.response.unwrap_or(level),
                    issued: coming.issued,
                    effective_from: coming.effective_from,
                    issue,
                });
            }
        }
    }
}
