//! What persons do in the room, and why it may not be done.

use serde::{Deserialize, Serialize};

use super::item::Fixed;
use super::paper::Draft;
use super::shift::Entry;
use crate::time::{Hour, Instant};

/// What a person does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum DutyAct {
    /// Keeps a paper as a draft; an earlier draft of the same is no longer one.
    Draft(Draft),
    /// Finds a draft right.
    Review {
        /// Which.
        paper: u64,
        /// An opinion; may be empty.
        #[serde(default)]
        opinion: String,
    },
    /// Sends a draft back.
    Return {
        /// Which.
        paper: u64,
        /// Why.
        reason: String,
    },
    /// Registers a signature that was given on paper.
    Sign {
        /// Which.
        paper: u64,
        /// Who signed.
        signer: String,
        /// Name of the scanned file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
    },
    /// Says that something with a fixed time was done where Lantian does not see it.
    Done {
        /// What.
        fixed: Fixed,
        /// Of which hour or day, by its first hour.
        of: Hour,
        /// When it was done.
        at: Instant,
        /// Where and how.
        note: String,
    },
    /// Writes into the shift book.
    Enter(Entry),
    /// Settles what is open there.
    Close {
        /// Which.
        entry: u64,
        /// How.
        how: String,
    },
    /// Hands the shift over.
    HandOver {
        /// To whom.
        to: String,
        /// What the other has to know; may be empty.
        #[serde(default)]
        note: String,
    },
    /// Takes the shift over.
    TakeOver {
        /// The record of the hand-over; `None` where nobody was on duty yet.
        hand_over: Option<u64>,
    },
}

/// Why an act was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DutyRefusal {
    /// No draft has this number, or another one stands in its place.
    UnknownPaper,
    /// The draft was sent back.
    SentBack,
    /// It is reviewed already.
    AlreadyReviewed,
    /// It is not reviewed.
    NotReviewed,
    /// Who made a paper does not review it.
    SamePerson,
    /// What is signed is another than the one that the draft revises.
    Changed,
    /// A revision of what is signed needs a reason.
    NoReason,
    /// A name or text is missing.
    Unnamed,
    /// A time lies in the future.
    InFuture,
    /// A time lies before what it is about.
    OutOfOrder,
    /// Nothing with this fixed time waits.
    NothingDue,
    /// The shift book has no such entry that is open.
    UnknownEntry,
    /// No such hand-over waits, or who handed over takes it.
    NoHandOver,
    /// The area has no duties.
    NoDuties,
}

impl DutyRefusal {
    /// Every refusal.
    pub const ALL: [Self; 14] = [
        Self::UnknownPaper,
        Self::SentBack,
        Self::AlreadyReviewed,
        Self::NotReviewed,
        Self::SamePerson,
        Self::Changed,
        Self::NoReason,
        Self::Unnamed,
        Self::InFuture,
        Self::OutOfOrder,
        Self::NothingDue,
        Self::UnknownEntry,
        Self::NoHandOver,
        Self::NoDuties,
    ];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownPaper => "unknown_paper",
            Self::SentBack => "sent_back",
            Self::AlreadyReviewed => "already_reviewed",
            Self::NotReviewed => "not_reviewed",
            Self::SamePerson => "same_person",
            Self::Changed => "changed",
            Self::NoReason => "no_reason",
            Self::Unnamed => "unnamed",
            Self::InFuture => "in_future",
            Self::OutOfOrder => "out_of_order",
            Self::NothingDue => "nothing_due",
            Self::UnknownEntry => "unknown_entry",
            Self::NoHandOver => "no_hand_over",
            Self::NoDuties => "no_duties",
        }
    }

    /// The reason as a person reads it.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::UnknownPaper => "没有该编号的待办材料：已签发，或已由新的草稿替代",
            Self::SentBack => "该草稿已退回，请重新制表",
            Self::AlreadyReviewed => "该草稿已审核",
            Self::NotReviewed => "尚未审核，不得签发",
            Self::SamePerson => "制表与审核不得为同一人",
            Self::Changed => "同一材料刚有新的签发，请刷新后重新制表",
            Self::NoReason => "同一材料已签发，更正须填写理由",
            Self::Unnamed => "姓名、内容或理由不得为空",
            Self::InFuture => "时间晚于当前时间",
            Self::OutOfOrder => "时间早于所办事项",
            Self::NothingDue => "没有该项待办，或已办结",
            Self::UnknownEntry => "没有该编号的未办结事项",
            Self::NoHandOver => "没有该交班记录等待接班，或交班、接班为同一人",
            Self::NoDuties => "该区域没有值班事项",
        }
    }
}
