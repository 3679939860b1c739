//! Why a whole message is refused.

use std::fmt;

/// A message that became a dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The kind of fault.
    pub reason: RejectionReason,
    /// The place and what was found there, for a person.
    pub detail: String,
}

impl Rejection {
    /// A rejection with its detail.
    #[must_use]
    pub fn new(reason: RejectionReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.name(), self.detail)
    }
}

/// The kind of fault of a payload: metric label, field of the API and test case at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectionReason {
    /// Not UTF-8, or not JSON.
    NotJson,
    /// JSON of another shape than an observation.
    WrongType,
    /// A field that every observation has is absent.
    MissingField,
    /// No station of that code is registered in the area of the topic.
    UnknownStation,
    /// The topic names another station than the payload, or is no topic of the feed.
    TopicMismatch,
    /// `period` is not PT1M to PT30M or PT1H.
    BadPeriod,
    /// `time` cannot be read, or is not on the period's grid.
    BadTime,
    /// `time` has no offset, and the feed names no zone.
    TimeWithoutOffset,
    /// The interval ends further in the future than the feed tolerates.
    TimeInFuture,
    /// The interval is older than the horizon.
    TimeInPast,
    /// Larger than the limit.
    Oversized,
    /// Decoding failed inside Lantian.
    Internal,
    /// The one value that a message is about cannot be one.
    BadValue,
}

impl RejectionReason {
    /// Every reason.
    pub const ALL: [Self; 13] = [
        Self::NotJson,
        Self::WrongType,
        Self::MissingField,
        Self::UnknownStation,
        Self::TopicMismatch,
        Self::BadPeriod,
        Self::BadTime,
        Self::TimeWithoutOffset,
        Self::TimeInFuture,
        Self::TimeInPast,
        Self::Oversized,
        Self::Internal,
        Self::BadValue,
    ];

    /// Position in [`RejectionReason::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name in JSON, in the store and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::WrongType => "wrong_type",
            Self::MissingField => "missing_field",
            Self::UnknownStation => "unknown_station",
            Self::TopicMismatch => "topic_mismatch",
            Self::BadPeriod => "bad_period",
            Self::BadTime => "bad_time",
            Self::TimeWithoutOffset => "time_without_offset",
            Self::TimeInFuture => "time_in_future",
            Self::TimeInPast => "time_in_past",
            Self::Oversized => "oversized",
            Self::Internal => "internal",
            Self::BadValue => "bad_value",
        }
    }
}
