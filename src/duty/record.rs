//! What happens in the room, as one list of records that only grows.

use serde::{Deserialize, Serialize};

use super::item::{Done, Item};
use super::paper::Draft;
use super::shift::{Entry, HandOver};
use crate::time::Instant;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DutyRecord {
    /// Counts up from 1 in an area.
    pub number: u64,
    /// When, by the area's clock.
    pub at: Instant,
    /// Who; `None` for Lantian itself.
    pub person: Option<String>,
    /// What it was.
    pub body: DutyBody,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DutyBody {
    /// 制表: a paper is kept as a draft.
    Drafted(Draft),
    /// 审核: found right.
    Reviewed {
        /// The record that kept it.
        paper: u64,
        /// What the reviewer says; may be empty.
        #[serde(default)]
        opinion: String,
    },
    /// 退回: to be made anew.
    Returned {
        /// The record that kept it.
        paper: u64,
        /// Why.
        reason: String,
    },
    /// 签发: from now on it stands.
    Signed {
        /// The record that kept it.
        paper: u64,
        /// 编号.
        number: String,
        /// 大连市空气质量日报（2025年3月7日）.
        title: String,
        /// Who signed, on paper.
        signer: String,
        /// Name of the scanned file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
    },
    /// A fixed time comes near, and nothing is done yet.
    Reminded(Item),
    /// A fixed time has passed.
    Overdue(Item),
    /// It is still not done: the leader on duty has to know.
    Escalated(Item),
    /// It will not be done any more.
    Missed(Item),
    /// It is asked for no longer: the response ended before it was due.
    Lapsed(Item),
    /// It is done.
    Done(Done),
    /// Something is written into the shift book.
    Entered(Entry),
    /// What was open in it is settled.
    Closed {
        /// The record that entered it.
        entry: u64,
        /// How.
        how: String,
    },
    /// 交班.
    HandedOver(HandOver),
    /// 接班.
    TakenOver {
        /// The record of the hand-over; `None` where nobody was on duty before.
        hand_over: Option<u64>,
    },
}

impl DutyBody {
    /// The name of its kind, as in JSON.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Drafted(_) => "drafted",
            Self::Reviewed { .. } => "reviewed",
            Self::Returned { .. } => "returned",
            Self::Signed { .. } => "signed",
            Self::Reminded(_) => "reminded",
            Self::Overdue(_) => "overdue",
            Self::Escalated(_) => "escalated",
            Self::Missed(_) => "missed",
            Self::Lapsed(_) => "lapsed",
            Self::Done(_) => "done",
            Self::Entered(_) => "entered",
            Self::Closed { .. } => "closed",
            Self::HandedOver(_) => "handed_over",
            Self::TakenOver { .. } => "taken_over",
        }
    }
}
