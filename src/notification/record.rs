//! What happens to notices, as one list of records that only grows: the outbox and all that follows.
//!
//! Invariant: a message is a row before it is sent, and so is each try; a notice is named by the number of
//! the record that raised it, a message by that of its own.

use serde::{Deserialize, Serialize};

use super::Outcome;
use super::cause::Cause;
use super::roster::Assignment;
use crate::time::Instant;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRecord {
    /// Counts up from 1 in an area.
    pub number: u64,
    /// When, by the area's clock.
    pub at: Instant,
    /// Who; `None` for Lantian itself.
    pub person: Option<String>,
    /// What it was.
    pub body: NoticeBody,
}

/// Which round of a notice a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "round", content = "n", rename_all = "snake_case")]
pub enum Round {
    /// It is told.
    First,
    /// It is told again, for the n-th time.
    Repeat(u32),
    /// The n-th step of the escalation.
    Step(u32),
    /// Its end is told.
    End,
}

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The notice.
    pub notice: u64,
    /// Names this message for good: cause, revision, recipient, channel, round. Every try carries it.
    pub key: String,
    /// By which channel.
    pub channel: String,
    /// To whom; `None` for a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Who is called by name in a group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<String>,
    /// In which round.
    #[serde(flatten)]
    pub round: Round,
}

/// How somebody said that they have read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// On the page or over the API, with a token of their own.
    Token,
    /// By a message at the broker.
    Mqtt,
    /// By answering the text message.
    Sms,
    /// By the link of a message.
    Link,
    /// They were called, and somebody enters it (代录).
    Phone,
    /// They wrote in a chat, and somebody enters it.
    Chat,
    /// They said so in the room, and somebody enters it.
    InPerson,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Token, Self::Mqtt, Self::Sms, Self::Link, Self::Phone, Self::Chat, Self::InPerson];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Mqtt => "mqtt",
            Self::Sms => "sms",
            Self::Link => "link",
            Self::Phone => "phone",
            Self::Chat => "chat",
            Self::InPerson => "in_person",
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Token => "本人登录确认",
            Self::Mqtt => "系统回执",
            Self::Sms => "短信回复",
            Self::Link => "链接确认",
            Self::Phone => "电话告知，代录",
            Self::Chat => "工作群回复，代录",
            Self::InPerson => "当面告知，代录",
        }
    }

    /// Whether another person enters it.
    #[must_use]
    pub const fn is_entered(self) -> bool {
        matches!(self, Self::Phone | Self::Chat | Self::InPerson)
    }
}

/// 确认: somebody has read a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// The notice.
    pub notice: u64,
    /// Who has read it, by short name where the roster has them.
    pub who: String,
    /// How they said so.
    pub way: Way,
    /// When they said so.
    pub said: Instant,
    /// A word beside it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Whether nobody else is waited for.
    pub complete: bool,
}

/// Why a notice is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// What it is about is no more.
    Over,
    /// Another one stands in its place.
    Superseded,
    /// Whose word was waited for gave it.
    Acknowledged,
    /// It was sent, and nobody's word is waited for.
    Sent,
    /// Nobody's word is waited for, and not all of it could be delivered.
    Undelivered,
    /// Nobody's word is waited for any longer.
    Unanswered,
}

impl Closing {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Over => "over",
            Self::Superseded => "superseded",
            Self::Acknowledged => "acknowledged",
            Self::Sent => "sent",
            Self::Undelivered => "undelivered",
            Self::Unanswered => "unanswered",
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Over => "事项已结束",
            Self::Superseded => "已由新通知替代",
            Self::Acknowledged => "已确认",
            Self::Sent => "已发送",
            Self::Undelivered => "部分未送达",
            Self::Unanswered => "逾期无人确认，已归档",
        }
    }
}

/// Why a further step of the escalation was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepReason {
    /// Nobody has read it in time.
    Unacknowledged,
    /// A message was given up, or nobody could be reached.
    Undelivered,
}

impl StepReason {
    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Unacknowledged => "超时未确认",
            Self::Undelivered => "通知未送达",
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NoticeBody {
    /// Somebody is to be told of something.
    Raised {
        /// Of what.
        cause: Cause,
        /// In which drill.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        drill: Option<u64>,
    },
    /// Something else of the same kind came before it was told.
    Joined {
        /// The notice.
        notice: u64,
        /// Of what.
        cause: Cause,
    },
    /// One of the things it is about is no more, or stands in another notice.
    Over {
        /// The notice.
        notice: u64,
        /// Which.
        subject: String,
        /// Whether a newer notice tells of it.
        superseded: bool,
    },
    /// It is told from now on.
    Told {
        /// The notice.
        notice: u64,
    },
    /// A message to be sent.
    Planned(Message),
    /// Nobody, or nobody with an address, stands behind a name.
    Unreachable {
        /// The notice.
        notice: u64,
        /// The role or person.
        to: String,
        /// The channel.
        by: String,
    },
    /// A message is being sent.
    Tried {
        /// The notice.
        notice: u64,
        /// The message.
        message: u64,
        /// Which try, from 1.
        attempt: u32,
    },
    /// How that ended.
    Ended {
        /// The notice.
        notice: u64,
        /// The message.
        message: u64,
        /// Which try.
        attempt: u32,
        /// How.
        #[serde(flatten)]
        outcome: Outcome,
        /// What was sent, of a message that was taken.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// No further try.
    GaveUp {
        /// The notice.
        notice: u64,
        /// The message.
        message: u64,
        /// Why.
        reason: String,
    },
    /// There is no need to send it any more.
    Dropped {
        /// The notice.
        notice: u64,
        /// The message.
        message: u64,
    },
    /// It is told again, since nobody has read it.
    Repeated {
        /// The notice.
        notice: u64,
        /// For the n-th time.
        n: u32,
    },
    /// A further step of the escalation.
    Escalated {
        /// The notice.
        notice: u64,
        /// Which, from 1.
        step: u32,
        /// Why now.
        why: StepReason,
    },
    /// 确认.
    Acknowledged(Acknowledgement),
    /// The notice needs nothing more.
    Closed {
        /// The notice.
        notice: u64,
        /// Why.
        why: Closing,
    },
    /// 替班: somebody takes a role for a shift.
    Replaced {
        /// Who, when.
        #[serde(flatten)]
        assignment: Assignment,
        /// Why.
        #[serde(default)]
        reason: String,
    },
}

impl NoticeBody {
    /// The notice that it is of; `None` for the one that it raises, and where it is of none.
    #[must_use]
    pub const fn notice(&self) -> Option<u64> {
        match self {
            Self::Joined { notice, .. }
            | Self::Over { notice, .. }
            | Self::Told { notice }
            | Self::Unreachable { notice, .. }
            | Self::Tried { notice, .. }
            | Self::Ended { notice, .. }
            | Self::GaveUp { notice, .. }
            | Self::Dropped { notice, .. }
            | Self::Repeated { notice, .. }
            | Self::Escalated { notice, .. }
            | Self::Closed { notice, .. } => Some(*notice),
            Self::Planned(message) => Some(message.notice),
            Self::Acknowledged(ack) => Some(ack.notice),
            Self::Raised { .. } | Self::Replaced { .. } => None,
        }
    }

    /// The name of its kind, as in JSON.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Raised { .. } => "raised",
            Self::Joined { .. } => "joined",
            Self::Over { .. } => "over",
            Self::Told { .. } => "told",
            Self::Planned(_) => "planned",
            Self::Unreachable { .. } => "unreachable",
            Self::Tried { .. } => "tried",
            Self::Ended { .. } => "ended",
            Self::GaveUp { .. } => "gave_up",
            Self::Dropped { .. } => "dropped",
            Self::Repeated { .. } => "repeated",
            Self::Escalated { .. } => "escalated",
            Self::Acknowledged(_) => "acknowledged",
            Self::Closed { .. } => "closed",
            Self::Replaced { .. } => "replaced",
        }
    }
}
