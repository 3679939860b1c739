//! What a station says: properties, readings and their validity.
//!
//! In: the payload of one message ([`decode`]). Out: an [`Observation`], or a [`Rejection`] with its
//! reason; and back to a payload ([`encode`]), for what is recorded or simulated.
//!
//! Invariants: a fault of the payload rejects the whole message; a fault of one value makes that value
//! invalid with its reason and leaves the others alone; nothing is dropped without a word.
//!
//! Source: HJ 633-2026 Table 3 (pollutants), HJ 212-2017 Table 8 (flags).

mod dataset;
mod decode;
mod encode;
mod kind;
mod pollutant;
mod rejection;

pub use dataset::{Basis, Dataset};
pub use decode::{
    Code, FeedFormat, FeedKind, Observation, TimeFormat, UnknownValue, decode, read_amount,
    read_plain_amount,
};
pub(crate) use decode::{Named, Pairs, Text, interval_start, refuse_json};
pub use encode::encode;
pub use kind::StationKind;
pub use pollutant::{POLLUTANTS, PROPERTIES, Pollutant, Property};
pub use rejection::{Rejection, RejectionReason};

use crate::quantity::Amount;

/// The code of a station, as it stands in topic and payload.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct StationId(Box<str>);

impl From<StationId> for String {
    fn from(id: StationId) -> Self {
        id.0.into()
    }
}

impl TryFrom<String> for StationId {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        Self::new(&code).ok_or_else(|| format!("{code:?} is no code"))
    }
}

impl StationId {
    /// A station code: 1 to 64 bytes without `/`, `+`, `#`, white space or control characters.
    #[must_use]
    pub fn new(code: &str) -> Option<Self> {
        let bad = |c: char| matches!(c, '/' | '+' | '#' | ',') || c.is_whitespace();
        let fits = (1..=64).contains(&code.len());
        (fits && !code.chars().any(|c| bad(c) || c.is_control())).then(|| Self(code.into()))
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for StationId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for StationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Mark of the instrument or of a person on a value (HJ 212-2017 Table 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Qualifier {
    /// N: normal.
    Normal,
    /// F: stopped.
    Stopped,
    /// M: maintenance.
    Maintenance,
    /// S: entered by hand.
    Manual,
    /// D: fault.
    Fault,
    /// C: calibrating.
    Calibrating,
    /// T: over range.
    OverRange,
    /// B: communication error.
    Communication,
}

impl Qualifier {
    /// Reads the letter of HJ 212.
    #[must_use]
    pub fn parse(letter: &str) -> Option<Self> {
        Some(match letter {
            "N" => Self::Normal,
            "F" => Self::Stopped,
            "M" => Self::Maintenance,
            "S" => Self::Manual,
            "D" => Self::Fault,
            "C" => Self::Calibrating,
            "T" => Self::OverRange,
            "B" => Self::Communication,
            _ => return None,
        })
    }

    /// The letter of HJ 212 that gives this validity to a value; `None` if no letter does.
    #[must_use]
    pub const fn letter_of(validity: Validity) -> Option<&'static str> {
        Some(match validity {
            Validity::FlagStopped => "F",
            Validity::FlagMaintenance => "M",
            Validity::FlagManual => "S",
            Validity::FlagFault => "D",
            Validity::FlagCalibrating => "C",
            Validity::FlagOverRange => "T",
            Validity::FlagCommunication => "B",
            _ => return None,
        })
    }

    /// What the mark means for the value: only `N` leaves it valid.
    #[must_use]
    pub const fn validity(self) -> Validity {
        match self {
            Self::Normal => Validity::Valid,
            Self::Stopped => Validity::FlagStopped,
            Self::Maintenance => Validity::FlagMaintenance,
            Self::Manual => Validity::FlagManual,
            Self::Fault => Validity::FlagFault,
            Self::Calibrating => Validity::FlagCalibrating,
            Self::OverRange => Validity::FlagOverRange,
            Self::Communication => Validity::FlagCommunication,
        }
    }
}

/// Whether a value may be used, and if not, why.
///
/// The numbers are stored and never reused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Validity {
    /// Never reported, or reported as missing.
    #[default]
    Missing = 0,
    /// Reported and usable.
    Valid = 1,
    /// An hour computed from shorter periods, with at least 45 minutes.
    ValidFromMinutes = 2,
    /// An hour from shorter periods with less than 45 minutes (GB 3095-2026 Table 4).
    InsufficientMinutes = 3,
    /// Below zero, sentinels such as -999 included.
    Negative = 4,
    /// Above what the property can physically reach.
    Absurd = 5,
    /// Not a decimal number.
    NotANumber = 6,
    /// The flag is not one of HJ 212.
    UnknownFlag = 7,
    /// Flag F.
    FlagStopped = 8,
    /// Flag M.
    FlagMaintenance = 9,
    /// Flag S.
    FlagManual = 10,
    /// Flag D.
    FlagFault = 11,
    /// Flag C.
    FlagCalibrating = 12,
    /// Flag T.
    FlagOverRange = 13,
    /// Flag B.
    FlagCommunication = 14,
    /// Set by an operator in the place of what the feed says.
    Corrected = 15,
    /// Declared invalid by an operator.
    Invalidated = 16,
    /// Within a reviewed span, but not in the reviewed data. Never stored.
    NotReviewed = 17,
}

impl Validity {
    /// Every validity, by its stored number.
    pub const ALL: [Self; 18] = [
        Self::Missing,
        Self::Valid,
        Self::ValidFromMinutes,
        Self::InsufficientMinutes,
        Self::Negative,
        Self::Absurd,
        Self::NotANumber,
        Self::UnknownFlag,
        Self::FlagStopped,
        Self::FlagMaintenance,
        Self::FlagManual,
        Self::FlagFault,
        Self::FlagCalibrating,
        Self::FlagOverRange,
        Self::FlagCommunication,
        Self::Corrected,
        Self::Invalidated,
        Self::NotReviewed,
    ];

    /// Whether the value enters figures.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        matches!(self, Self::Valid | Self::ValidFromMinutes | Self::Corrected)
    }

    /// The stored number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// From the stored number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// As the monitoring room says it; the letter is the flag of HJ 212.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Missing => "缺测",
            Self::Valid => "有效",
            Self::ValidFromMinutes => "由分钟值计算",
            Self::InsufficientMinutes => "有效时间不足45分钟",
            Self::Negative => "负值",
            Self::Absurd => "超出合理范围",
            Self::NotANumber => "非数值",
            Self::UnknownFlag => "标识不明",
            Self::FlagStopped => "停运(F)",
            Self::FlagMaintenance => "维护(M)",
            Self::FlagManual => "手工输入(S)",
            Self::FlagFault => "故障(D)",
            Self::FlagCalibrating => "校准(C)",
            Self::FlagOverRange => "超量程(T)",
            Self::FlagCommunication => "通讯异常(B)",
            Self::Corrected => "人工订正",
            Self::Invalidated => "人工判定无效",
            Self::NotReviewed => "审核数据中无此值",
        }
    }

    /// The name in JSON and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Valid => "valid",
            Self::ValidFromMinutes => "valid_from_minutes",
            Self::InsufficientMinutes => "insufficient_minutes",
            Self::Negative => "negative",
            Self::Absurd => "absurd",
            Self::NotANumber => "not_a_number",
            Self::UnknownFlag => "unknown_flag",
            Self::FlagStopped => "flag_stopped",
            Self::FlagMaintenance => "flag_maintenance",
            Self::FlagManual => "flag_manual",
            Self::FlagFault => "flag_fault",
            Self::FlagCalibrating => "flag_calibrating",
            Self::FlagOverRange => "flag_over_range",
            Self::FlagCommunication => "flag_communication",
            Self::Corrected => "corrected",
            Self::Invalidated => "invalidated",
            Self::NotReviewed => "not_reviewed",
        }
    }
}

/// One property's value in one message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reading {
    /// The amount as sent; zero when missing or not a number.
    pub amount: Amount,
    /// Whether it may be used.
    pub validity: Validity,
}

/// One reading of every property, by [`Property::index`].
pub type Readings = [Reading; Property::COUNT];

/// What loggers write where they have nothing, in whatever unit.
const SENTINELS: [i64; 2] = [-999, -9999];

impl Reading {
    /// Whether the amount is no measurement but a logger's mark for having none (-999, -9999).
    #[must_use]
    pub fn is_sentinel(self, property: Property) -> bool {
        let one = 10_i64.pow(property.wire_scale());
        let marks = SENTINELS.map(|mark| mark * one);
        !self.validity.is_valid() && marks.contains(&i64::from(self.amount.milli()))
    }

    /// The reading under a flag of HJ 212: a flag other than `N` makes a valid value invalid, a
    /// worse reason found in the value itself stays.
    #[must_use]
    pub fn flagged(self, flag: &str) -> Self {
        if self.validity != Validity::Valid {
            return self;
        }
        let says = Qualifier::parse(flag).map_or(Validity::UnknownFlag, Qualifier::validity);
        Self { validity: says, ..self }
    }
}
