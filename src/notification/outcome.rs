//! How a try to send a message ended.

use serde::{Deserialize, Serialize};

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The receiver took the message, and said so.
    Accepted,
    /// It did not, and may do so later: no connection, an error of the server, too many messages.
    Failed {
        /// What was said, without secrets.
        reason: String,
        /// Nothing is to be sent by this channel for so long, in seconds: the receiver asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hold_s: Option<u32>,
    },
    /// It will not take this message, however often it is sent.
    Refused {
        /// What was said, without secrets.
        reason: String,
    },
    /// Nobody knows: no answer in time, or the daemon ended meanwhile. The message may have arrived.
    Unknown,
}

impl Outcome {
    /// The name in JSON and metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Failed { .. } => "failed",
            Self::Refused { .. } => "refused",
            Self::Unknown => "unknown",
        }
    }

    /// What was said; empty where nothing was.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Accepted | Self::Unknown => "",
            Self::Failed { reason, .. } | Self::Refused { reason } => reason,
        }
    }
}
