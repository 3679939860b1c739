//! Which event becomes which message to whom: routes, grouping, pacing, tries, acknowledgement, escalation.
//!
//! In: what happened in the room (records of warnings and duties, alarms), acts of persons, and how each try
//! to send ended ([`Outcome`]).
//!
//! Why in the core: who learns of what, and when, must not depend on a process that lives on. Timers, tries
//! and the pace of a channel follow from what is recorded, so a restart changes nothing.
//!
//! Source: issue 7; design section 3 (pacing of channels, retries and escalation).

mod channel;
mod outcome;

pub use channel::{ChannelKind, Pace};
pub use outcome::Outcome;
