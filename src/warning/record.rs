//! What happens in a warning's life, as one list of records that only grows.
//!
//! In: what [`super::decide`] and [`super::consider`] say. Out: [`Record`]s, from which alone the state
//! follows ([`super::Warnings::take`]); the store keeps them under the chain.
//!
//! Invariants: a record never changes; a warning is named by the number of the record that recommended its
//! start, a proposal by that of its own recommendation.
//!
//! Source: terms.md (a warning's way), issue 5.

use serde::{Deserialize, Serialize};

use super::Level;
use super::drill::DrillEnd;
use super::evaluation::{Evaluation, Reached};
use super::execution::{DistrictDay, TaskStep};
use super::line::ObservedHour;
use super::list::ListAdopted;
use crate::outlook::{Forecast, Source};
use crate::time::Instant;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Counts up from 1 in an area.
    pub number: u64,
    /// When, by the area's clock.
    pub at: Instant,
    /// Who entered it; `None` for Lantian itself and for messages.
    pub person: Option<String>,
    /// The drill (应急演练) that it belongs to, by the number of the record that began it.
    pub drill: Option<u64>,
    /// What it was.
    pub body: Body,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// An office issued a forecast.
    Forecast(Forecast),
    /// The province gave or took back an instruction.
    Instruction(Instruction),
    /// The air was evaluated, with another outcome than before.
    Evaluated(Evaluation),
    /// 预警建议: a level is proposed, or that it be lifted.
    Recommended(Recommendation),
    /// A recommendation is no longer one.
    Lapsed {
        /// Which.
        proposal: u64,
        /// Why.
        why: Lapse,
    },
    /// 未采纳.
    Declined {
        /// Which.
        proposal: u64,
        /// Why.
        reason: String,
    },
    /// 会商.
    Consulted(Consultation),
    /// 批准(登记).
    Approved(Approval),
    /// 发布, 调整 or 解除 of a warning.
    Issued(Issue),
    /// What was issued holds from now on.
    TookEffect {
        /// The record that issued it.
        issue: u64,
    },
    /// 污染天气提示 or 保良提示, released by a person.
    Advisory(Advisory),
    /// An edition of the list of measures came into use.
    ListAdopted(ListAdopted),
    /// 应急演练 begins, with simulated air.
    DrillStarted {
        /// The level that the air leads to.
        level: Level,
        /// From what the air was made.
        seed: u64,
        /// What it says was observed.
        hours: Vec<ObservedHour>,
    },
    /// The air of a drill went on.
    DrillAir {
        /// What it says was observed.
        hours: Vec<ObservedHour>,
    },
    /// A drill is over.
    DrillEnded(DrillEnd),
    /// A task (任务单) was delivered, signed for or reported back.
    TaskStep(TaskStep),
    /// A district reported a day (应对日报).
    DistrictDay(DistrictDay),
}

impl Body {
    /// The name of its kind, as in JSON.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Forecast(_) => "forecast",
            Self::Instruction(_) => "instruction",
            Self::Evaluated(_) => "evaluated",
            Self::Recommended(_) => "recommended",
            Self::Lapsed { .. } => "lapsed",
            Self::Declined { .. } => "declined",
            Self::Consulted(_) => "consulted",
            Self::Approved(_) => "approved",
            Self::Issued(_) => "issued",
            Self::TookEffect { .. } => "took_effect",
            Self::Advisory(_) => "advisory",
            Self::ListAdopted(_) => "list_adopted",
            Self::DrillStarted { .. } => "drill_started",
            Self::DrillAir { .. } => "drill_air",
            Self::DrillEnded(_) => "drill_ended",
            Self::TaskStep(_) => "task_step",
            Self::DistrictDay(_) => "district_day",
        }
    }
}

/// What is proposed, approved or issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// That the warning ends.
    Lift,
    /// A level.
    #[serde(untagged)]
    Level(Level),
}

impl Target {
    /// The level; `None` for lifting.
    #[must_use]
    pub const fn level(self) -> Option<Level> {
        match self {
            Self::Lift => None,
            Self::Level(level) => Some(level),
        }
    }

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lift => "lift",
            Self::Level(level) => level.name(),
        }
    }

    /// Finds a target by its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        if name == "lift" { Some(Self::Lift) } else { Level::parse(name).map(Self::Level) }
    }
}

/// What a target is to the warning as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// 启动.
    Start,
    /// 升级.
    Upgrade,
    /// 降级.
    Downgrade,
    /// 解除.
    Lift,
}

impl Change {
    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Start => "启动",
            Self::Upgrade => "升级",
            Self::Downgrade => "降级",
            Self::Lift => "解除",
        }
    }
}

/// Who proposes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Ground {
    /// The rules, by an evaluation.
    Evaluation {
        /// Its record.
        evaluation: u64,
        /// Whose forecast it looked at.
        source: Source,
        /// What decided; `None` where the condition is gone.
        reached: Option<Reached>,
    },
    /// The province's instruction: 省级最低级别.
    Instruction {
        /// Its record.
        instruction: u64,
    },
    /// A person.
    Person {
        /// Why.
        reason: String,
    },
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommendation {
    /// The warning it belongs to; `None` when it would start one: then it is its own number.
    pub warning: Option<u64>,
    /// What is proposed.
    pub target: Target,
    /// What that is to the warning as it stands.
    pub change: Change,
    /// Why.
    pub ground: Ground,
}

/// Why a recommendation is no longer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lapse {
    /// Nobody took it up in time.
    NotTakenUp,
    /// Its condition is no longer there.
    ConditionGone,
    /// Another one stands in its place.
    Replaced,
}

impl Lapse {
    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::NotTakenUp => "逾期未处理，自动失效",
            Self::ConditionGone => "最新评估不再支持，自动失效",
            Self::Replaced => "由新的预警建议替代",
        }
    }
}

/// An instruction of the province.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instruction {
    /// Who gave it.
    pub office: String,
    /// The number of the document.
    pub document: String,
    /// The lowest level that the city must have; `None` takes it back.
    pub level: Option<Level>,
    /// From when.
    pub from: Instant,
    /// What it says, or a note on how it came.
    #[serde(default)]
    pub text: String,
    /// Name of the scanned file, and its SHA-256 where it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// 会商: who met, what each said, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consultation {
    /// The warning it was about, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<u64>,
    /// When it was held.
    pub held: Instant,
    /// Who took part.
    pub participants: Vec<Participant>,
    /// What came of it.
    pub conclusion: String,
    /// What it proposes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposes: Option<Target>,
}

/// Somebody who took part in a consultation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// The office.
    pub office: String,
    /// The person.
    pub name: String,
    /// The opinion given.
    #[serde(default)]
    pub opinion: String,
}

/// An approval that was given on paper, registered here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// For which proposal.
    pub proposal: u64,
    /// What was approved: it may be another level than the one proposed.
    pub target: Target,
    /// Who approved it.
    pub approver: String,
    /// The approver's office and post.
    pub office: String,
    /// The number of the document.
    pub document: String,
    /// When it was approved.
    pub approved: Instant,
    /// Name of the scanned file, and its SHA-256 where it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// What was issued on an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// The warning.
    pub warning: u64,
    /// The proposal.
    pub proposal: u64,
    /// The record of the approval on which it rests.
    pub approval: u64,
    /// What is issued.
    pub target: Target,
    /// What that is to the warning as it stood.
    pub change: Change,
    /// 响应级别; `None` for lifting.
    pub response: Option<Level>,
    /// Who issued it.
    pub issuer: String,
    /// The number of the notice.
    pub document: String,
    /// When it was issued.
    pub issued: Instant,
    /// From when it holds: the start of the response at this level, or the end of the warning.
    pub effective_from: Instant,
    /// The emergency-measures list in use then: filing number and digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measures: Option<String>,
}

/// A word to the public or to the districts below the level of a warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advisory {
    /// Which kind.
    pub sort: AdvisorySort,
    /// What it says.
    pub text: String,
    /// Until when.
    pub until: Instant,
}

/// The two kinds of advisories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdvisorySort {
    /// 污染天气提示.
    Pollution,
    /// 保良提示.
    GoodDay,
}

impl AdvisorySort {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Pollution, Self::GoodDay];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pollution => "pollution",
            Self::GoodDay => "good_day",
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Pollution => "污染天气提示",
            Self::GoodDay => "保良提示",
        }
    }
}
