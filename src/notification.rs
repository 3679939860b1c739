//! Which event becomes which message to whom: routes, grouping, pacing, tries, acknowledgement, escalation.
//!
//! In: what happened in the room (records of warnings and duties, alarms), acts of persons, and how each try
//! to send ended ([`Outcome`]).
//!
//! Why in the core: who learns of what, and when, must not depend on a process that lives on. Timers, tries
//! and the pace of a channel follow from what is recorded, so a restart changes nothing.
//!
//! Source: issue 7; design section 3 (pacing of channels, retries and escalation).

mod act;
mod cause;
mod channel;
mod link;
mod outcome;
mod pace;
mod plan;
mod record;
mod roster;
mod round;
mod rules;
mod sample;
mod state;
mod stuck;
mod text;
mod wire;

#[cfg(test)]
mod tests;

pub use act::{Decided, NoticeAct, NoticeRefusal};
pub use cause::{Brought, Cause, ItemStage, NoticeKind, alarm};
pub use channel::{ChannelKind, Pace};
pub use link::{AckLink, LinkFault, LinkKey};
pub use outcome::Outcome;
pub use plan::At;
pub use record::{
    Acknowledgement, Closing, Message, NoticeBody, NoticeRecord, Round, StepReason, Way,
};
pub use roster::{Assignment, Gap, Person, Roster, Rota, RotaDays, ShiftTime};
pub use rules::{
    Acknowledge, ChannelRules, Escalation, Inhibition, NoticeRules, Repeat, Retry, Route, Sending,
};
pub use sample::samples;
pub use state::{ChannelState, Matter, Notice, Notices, Outgoing, Try, TryEnd};
pub use stuck::Stuck;
pub use text::role_zh;
pub use wire::decode_acknowledgement;
