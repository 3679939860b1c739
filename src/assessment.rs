//! Days, and what they come to over a span: good-day ratio, means, percentiles, composite index.
//!
//! In: hours of stations by natural day. Out: [`DayFigures`] of stations and sets, and a [`Period`] over
//! them.
//!
//! Invariants: integers and rationals only, rounded where a figure is shown; every ratio has its
//! denominator and coverage beside it; a day without an AQI is counted as such and is never good.
//!
//! Source: HJ 663-2013 and what is known of HJ 663-2026, GB 3095 Table 4; where they are silent, the
//! decisions listed by `lantian standards`.

mod compare;
mod day;
mod day_row;
mod days;
mod document;
pub mod dust;
mod edition;
mod exact;
mod period;
pub mod rank;
mod reckon;
mod room;
mod span;
pub mod target;

pub use compare::{Change, Comparison, Versus};
pub use day::{DayFigures, DayMeans, Deducted};
pub use day_row::DayRow;
pub use days::{Counting, Days, Gathered};
pub use document::{Assessment, ByCategory, DayCoverage, PrimaryDays, Shown, Subject};
pub use dust::DustColumn;
pub use edition::JudgedBy;
pub use exact::Exact;
pub use period::Period;
pub use room::{Allowed, Margin, Room, RoomRules};
pub use span::{Season, Seasons, Span, SpanFault};
