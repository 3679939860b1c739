//! What persons do in a warning's life: whether it may be done, and what is recorded.
//!
//! In: an [`Act`], the state, and the time. Out: the record's body, or the [`Refusal`].
//!
//! Invariants: a level is issued only on a registered approval of the same proposal and the same level; each
//! act names the proposal it means, so the same act given twice does nothing twice. Whether the person may do
//! it at all is decided where tokens are known.
//!
//! Source: state's table; terms.md (who does what); 大气污染防治法 93 to 96 as cited in standards.md 5.1.

use super::Level;
use super::drill::DrillAct;
use super::execution::{DistrictDay, TaskStep};
use super::list::ListAdopted;
use super::record::{
    Advisory, Approval, Body, Change, Consultation, Ground, Instruction, Issue, Lapse,
    Recommendation, Target,
};
use super::state::{Open, Proposal, Warnings};
use crate::outlook::Forecast;
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// How far ahead of the clock a time on paper may lie, in minutes.
pub(super) const AHEAD_MIN: i64 = 10;
/// How far ahead a level may be issued, and how long afterwards it may be entered, in minutes.
const EFFECTIVE_WITHIN_MIN: i64 = 7 * 24 * 60;

/// Words that an advisory never uses (terms.md).
const OF_WARNINGS: [&str; 4] = ["预警", "响应", "应急", "强制"];

/// What a person does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// Enters a forecast.
    Forecast(Forecast),
    /// Enters an instruction of the province.
    Instruct(Instruction),
    /// Writes a consultation down.
    Consult(Consultation),
    /// Proposes a level, or lifting, for a reason that the rules do not see.
    Propose {
        /// What.
        target: Target,
        /// Why.
        reason: String,
    },
    /// Does not take a recommendation up.
    Decline {
        /// Which.
        proposal: u64,
        /// Why.
        reason: String,
    },
    /// Registers an approval.
    Approve(Approval),
    /// Issues what was approved.
    Issue(Notice),
    /// Releases an advisory.
    Advise(Advisory),
    /// Takes an edition of the list of measures into use.
    AdoptList {
        /// Which, and what it changes.
        list: ListAdopted,
        /// Its content, of which the digest is taken.
        content: String,
    },
    /// Begins or ends a drill, or acts in it.
    Drill {
        /// In which one, by its number: refused when another one runs by now. `None` for whichever runs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<u64>,
        /// What.
        drill: DrillAct,
    },
    /// Enters a step of a task.
    Step(TaskStep),
    /// Enters what districts report: all of it, or nothing.
    Report {
        /// Each district once a day.
        districts: Vec<DistrictDay>,
    },
}

/// What a person says of what is issued; the rest stands in the approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Which proposal.
    pub proposal: u64,
    /// Who issued it.
    pub issuer: String,
    /// The number of the notice.
    pub document: String,
    /// When it was issued.
    pub issued: Instant,
    /// From when it holds.
    pub effective_from: Instant,
    /// 响应级别, where it is not the one that goes with the warning's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Level>,
    /// The emergency-measures list in use: filing number and digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measures: Option<String>,
}

/// Why an act was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// The proposal is none that waits: done already, lapsed, declined, or replaced.
    NotPending,
    /// A proposal with a registered approval waits: it is issued or declined first.
    AnotherPending,
    /// There is no registered approval.
    NotApproved,
    /// An approval of this proposal is registered already.
    AlreadyApproved,
    /// The level is the one that is issued, or there is nothing to lift.
    NoChange,
    /// Lower than what the province orders.
    BelowFloor,
    /// What was issued last does not hold yet.
    StillComing,
    /// A time on paper lies in the future.
    InFuture,
    /// A time lies before the one that it follows.
    OutOfOrder,
    /// A name, number or reason is missing.
    Unnamed,
    /// The same is recorded already.
    Repeated,
    /// A response without a warning's level, or the other way round.
    NoResponse,
    /// No such warning is open.
    UnknownWarning,
    /// The forecast is of a zone that the area does not have.
    UnknownZone,
    /// An advisory in the words of a warning.
    NoAdvisory,
    /// A drill runs already.
    DrillRuns,
    /// No drill runs.
    NoDrill,
    /// A real warning is open: it goes before any drill.
    RealFirst,
    /// The open warning has no such issue, or one that lifts and has no tasks.
    UnknownIssue,
    /// The step before is not recorded.
    StepMissing,
    /// Figures of a day that is none of a response, or ended too long ago.
    NotInResponse,
    /// More plants stopped, or limited, than have to.
    Contradicting,
}

impl Refusal {
    /// Every refusal.
    pub const ALL: [Self; 22] = [
        Self::NotPending,
        Self::AnotherPending,
        Self::NotApproved,
        Self::AlreadyApproved,
        Self::NoChange,
        Self::BelowFloor,
        Self::StillComing,
        Self::InFuture,
        Self::OutOfOrder,
        Self::Unnamed,
        Self::Repeated,
        Self::NoResponse,
        Self::UnknownWarning,
        Self::UnknownZone,
        Self::NoAdvisory,
        Self::DrillRuns,
        Self::NoDrill,
        Self::RealFirst,
        Self::UnknownIssue,
        Self::StepMissing,
        Self::NotInResponse,
        Self::Contradicting,
    ];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotPending => "not_pending",
            Self::AnotherPending => "another_pending",
            Self::NotApproved => "not_approved",
            Self::AlreadyApproved => "already_approved",
            Self::NoChange => "no_change",
            Self::BelowFloor => "below_floor",
            Self::StillComing => "still_coming",
            Self::InFuture => "in_future",
            Self::OutOfOrder => "out_of_order",
            Self::Unnamed => "unnamed",
            Self::Repeated => "repeated",
            Self::NoResponse => "no_response",
            Self::UnknownWarning => "unknown_warning",
            Self::UnknownZone => "unknown_zone",
            Self::NoAdvisory => "no_advisory",
            Self::DrillRuns => "drill_runs",
            Self::NoDrill => "no_drill",
            Self::RealFirst => "real_first",
            Self::UnknownIssue => "unknown_issue",
            Self::StepMissing => "step_missing",
            Self::NotInResponse => "not_in_response",
            Self::Contradicting => "contradicting",
        }
    }

    /// The reason as a person reads it.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::NotPending => "该预警建议已处理、已失效或已被替代",
            Self::AnotherPending => "已有登记批准而尚未发布的建议，请先发布或注明未采纳",
            Self::NotApproved => "尚未登记批准，不得发布",
            Self::AlreadyApproved => "该建议的批准已登记",
            Self::NoChange => "与现行级别相同，或没有可解除的预警",
            Self::BelowFloor => "低于省级最低级别",
            Self::StillComing => "前一次发布尚未生效",
            Self::InFuture => "时间晚于当前时间",
            Self::OutOfOrder => "时间先后不符：批准、发布、生效，以及送达、签收、反馈，应依次进行",
            Self::Unnamed => "姓名、单位、文号或理由不得为空",
            Self::Repeated => "内容已有记录，未重复登记",
            Self::NoResponse => "解除时不填响应级别",
            Self::UnknownWarning => "没有该编号的预警",
            Self::UnknownZone => "没有该预报分区",
            Self::NoAdvisory => "提示不得使用预警、响应、应急、强制等用语",
            Self::DrillRuns => "已有演练在进行",
            Self::NoDrill => "没有正在进行的演练",
            Self::RealFirst => "有真实的预警建议或生效预警，不得开展演练",
            Self::UnknownIssue => "当前预警中没有该编号的发布，或该次发布为解除，没有任务单",
            Self::StepMissing => "前一步尚未登记：送达、签收、反馈应依次登记",
            Self::NotInResponse => "该日不在应急响应期间，或已超过补报期限",
            Self::Contradicting => "已停产、已限产企业数不得大于应停产、应限产企业数",
        }
    }
}

impl Warnings {
    /// What is recorded when a person acts at `now`.
    ///
    /// # Errors
    /// The [`Refusal`]; then nothing is done.
    pub fn decide(&self, act: &Act, now: Instant) -> Result<Vec<Body>, Refusal> {
        let ahead = |at: Instant| at > now.plus_minutes(AHEAD_MIN);
        match act {
            Act::Forecast(forecast) => {
                named(&[&forecast.office])?;
                check(!ahead(forecast.issued), Refusal::InFuture)?;
                check(self.book.find(forecast).is_none(), Refusal::Repeated)?;
                Ok(vec![Body::Forecast(forecast.clone())])
            }
            Act::Instruct(instruction) => {
                named(&[&instruction.office, &instruction.document])?;
                let known = self.instructions.values().any(|known| known == instruction);
                check(!known, Refusal::Repeated)?;
                let orders = self.instructions.values().any(|known| known.level.is_some());
                check(instruction.level.is_some() || orders, Refusal::NoChange)?;
                Ok(vec![Body::Instruction(instruction.clone())])
            }
            Act::Consult(consultation) => {
                let people = consultation.participants.iter();
                let names: Vec<&str> = people.flat_map(|p| [&*p.office, &*p.name]).collect();
                check(!names.is_empty(), Refusal::Unnamed)?;
                named(&names)?;
                named(&[&consultation.conclusion])?;
                check(!ahead(consultation.held), Refusal::InFuture)?;
                self.once(Body::Consulted(consultation.clone()))
            }
            Act::Propose { target, reason } => self.propose(*target, reason, now),
            Act::Decline { proposal, reason } => {
                named(&[reason])?;
                let proposal = self.pending(*proposal)?.number;
                Ok(vec![Body::Declined { proposal, reason: reason.clone() }])
            }
            Act::Approve(approval) => self.approve(approval, now),
            Act::Issue(notice) => self.issue(notice, now),
            Act::Advise(advisory) => {
                named(&[&advisory.text])?;
                check(advisory.until > now, Refusal::OutOfOrder)?;
                let of_warnings = OF_WARNINGS.iter().any(|word| advisory.text.contains(word));
                check(!of_warnings, Refusal::NoAdvisory)?;
                self.once(Body::Advisory(advisory.clone()))
            }
            Act::AdoptList { list, .. } => {
                named(&[&list.filing, &list.digest])?;
                check(self.list.as_ref() != Some(&list.digest), Refusal::Repeated)?;
                Ok(vec![Body::ListAdopted(list.clone())])
            }
            Act::Drill { of, drill } => self.decide_drill((*of, drill), now),
            Act::Step(step) => self.task_step(step, now),
            Act::Report { districts } => self.district_days(districts, now),
        }
    }

    /// The same that was written down last is not written down again.
    fn once(&self, body: Body) -> Result<Vec<Body>, Refusal> {
        check(!self.noted.contains(&body), Refusal::Repeated)?;
        Ok(vec![body])
    }

    fn pending(&self, number: u64) -> Result<&Proposal, Refusal> {
        self.proposal().filter(|p| p.number == number).ok_or(Refusal::NotPending)
    }

    fn propose(&self, target: Target, reason: &str, now: Instant) -> Result<Vec<Body>, Refusal> {
        named(&[reason])?;
        let change = self.may_become(target, now)?;
        let mut bodies = Vec::new();
        if let Some(waiting) = self.proposal() {
            check(waiting.approval.is_none(), Refusal::AnotherPending)?;
            check(waiting.recommendation.target != target, Refusal::Repeated)?;
            check(
                !waiting.is_ordered() || target > waiting.recommendation.target,
                Refusal::BelowFloor,
            )?;
            bodies.push(Body::Lapsed { proposal: waiting.number, why: Lapse::Replaced });
        }
        let ground = Ground::Person { reason: reason.to_owned() };
        let warning = self.warning();
        bodies.push(Body::Recommended(Recommendation { warning, target, change, ground }));
        Ok(bodies)
    }

    /// The open warning by its number: a proposal that stands in another's place belongs to the same one.
    pub(super) fn warning(&self) -> Option<u64> {
        self.open.as_ref().map(|open| open.warning)
    }

    /// What a target would be to what is issued.
    fn may_become(&self, target: Target, now: Instant) -> Result<Change, Refusal> {
        check(Some(target) >= self.floor(now).map(Target::Level), Refusal::BelowFloor)?;
        let none = Open::default();
        let open = self.open.as_ref().unwrap_or(&none);
        // Worse air does not wait until what was issued holds.
        let rises = open.issued().is_some_and(|issued| target > Target::Level(issued));
        check(open.coming.is_none() || rises, Refusal::StillComing)?;
        open.change_to(target).ok_or(Refusal::NoChange)
    }

    fn approve(&self, approval: &Approval, now: Instant) -> Result<Vec<Body>, Refusal> {
        let Approval { approver, office, document, .. } = approval;
        named(&[approver, office, document])?;
        let proposal = self.pending(approval.proposal)?;
        check(proposal.approval.is_none(), Refusal::AlreadyApproved)?;
        check(approval.approved <= now.plus_minutes(AHEAD_MIN), Refusal::InFuture)?;
        self.may_become(approval.target, now)?;
        Ok(vec![Body::Approved(approval.clone())])
    }

    fn issue(&self, notice: &Notice, now: Instant) -> Result<Vec<Body>, Refusal> {
        named(&[&notice.issuer, &notice.document])?;
        let proposal = self.pending(notice.proposal)?;
        let (number, approval) = proposal.approval.as_ref().ok_or(Refusal::NotApproved)?;
        let change = self.may_become(approval.target, now)?;
        check(notice.issued <= now.plus_minutes(AHEAD_MIN), Refusal::InFuture)?;
        let latest = now.plus_minutes(EFFECTIVE_WITHIN_MIN);
        check(notice.effective_from <= latest, Refusal::InFuture)?;
        // A year mistyped: nothing is entered so long afterwards.
        let earliest = now.plus_minutes(-EFFECTIVE_WITHIN_MIN);
        check(notice.effective_from >= earliest, Refusal::OutOfOrder)?;
        let in_order = approval.approved <= notice.issued && notice.issued <= notice.effective_from;
        check(in_order, Refusal::OutOfOrder)?;
        // A higher level in the place of one that does not hold yet must not hold later than that one.
        let before = self.coming().map(|coming| coming.effective_from);
        check(before.is_none_or(|before| notice.effective_from <= before), Refusal::OutOfOrder)?;
        let level = approval.target.level();
        check(notice.response.is_none() || level.is_some(), Refusal::NoResponse)?;
        let warning = self.warning().unwrap_or(proposal.number);
        Ok(vec![Body::Issued(Issue {
            warning,
            proposal: proposal.number,
            approval: *number,
            target: approval.target,
            change,
            response: notice.response.or(level),
            issuer: notice.issuer.clone(),
            document: notice.document.clone(),
            issued: notice.issued,
            effective_from: notice.effective_from,
            measures: notice.measures.clone(),
        })])
    }
}

pub(super) fn check(holds: bool, refusal: Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refusal) }
}

pub(super) fn named(texts: &[&str]) -> Result<(), Refusal> {
    check(texts.iter().all(|text| !text.trim().is_empty()), Refusal::Unnamed)
}
