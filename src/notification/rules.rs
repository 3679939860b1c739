//! Who learns of which kind by which channel, and what follows when nobody says that they have read it.
//!
//! Source: issue 7, Build 2 to 4. Times are the room's own choices.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::cause::{Cause, NoticeKind};
use super::roster::{Person, Roster};
use super::{ChannelKind, Pace};

/// A channel, as far as decisions turn on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelRules {
    /// Its name.
    pub name: String,
    /// By what it sends.
    pub kind: ChannelKind,
    /// What it bears.
    pub pace: Pace,
    /// Whether messages of simulated air and of recorded hours may go out by it.
    pub simulated: bool,
}

/// Persons and the channels by which they are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// Roles or persons.
    pub to: Vec<String>,
    /// Channels by name.
    pub by: Vec<String>,
}

/// Whose word is waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acknowledge {
    /// Nobody's.
    #[default]
    None,
    /// That of anybody who knows.
    One,
    /// That of everybody who is told first.
    Each,
}

/// Again and again until somebody has read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeat {
    /// Minutes from one time to the next.
    pub every_min: u32,
    /// At most so many times.
    pub most: u32,
}

/// Who is told when nobody has read it after so long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// Minutes after it was told first.
    pub after_min: u32,
    /// Who, and by what.
    pub send: Sending,
}

/// What is done about notices of some kinds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Kinds, or parts of them, as in `silence.station`.
    pub kinds: Vec<String>,
    /// Who is told, and by what.
    pub send: Vec<Sending>,
    /// Whose word is waited for.
    pub acknowledge: Acknowledge,
    /// Causes that come within so many seconds of the first are one notice.
    pub group_s: u32,
    /// From when to when nothing is told, in minutes from 0:00; it waits for the end.
    pub quiet: Option<(u16, u16)>,
    /// Again and again.
    pub repeat: Option<Repeat>,
    /// Further steps, in the order of their times.
    pub escalate: Vec<Escalation>,
    /// Whether the end is told, too.
    pub tell_end: bool,
}

/// While something lasts, something else is not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inhibition {
    /// What lasts.
    pub while_open: String,
    /// What is not told.
    pub mutes: Vec<String>,
}

/// When tries are repeated, and when they end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Seconds after the first failed try; twice as long after each further one.
    pub first_s: u32,
    /// At most so long.
    pub most_s: u32,
    /// Minutes after the first try at which it is given up.
    pub give_up_min: u32,
    /// Minutes after which a try that nobody reported on counts as unknown.
    pub lost_after_min: u32,
}

/// What notices go by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRules {
    /// Who is told, and when they are on duty.
    pub roster: Roster,
    /// By what.
    pub channels: Vec<ChannelRules>,
    /// What is done, by kind.
    pub routes: Vec<Route>,
    /// What is not told.
    pub inhibitions: Vec<Inhibition>,
    /// Tries.
    pub retry: Retry,
    /// Minutes without progress after which an item is stuck.
    pub stuck_after_min: u32,
    /// Days after which nobody's word is waited for any longer.
    pub close_after_days: u16,
    /// Whether the air is measured and the time is that of the clock: else only channels that may carry
    /// simulated air send.
    pub live: bool,
}

impl Retry {
    /// Where hours pass in moments, minutes say nothing of how long a receiver took.
    pub const PATIENT: Self =
        Self { first_s: 5, most_s: 300, give_up_min: 10_080, lost_after_min: 10_080 };
}

impl Default for Retry {
    fn default() -> Self {
        Self { first_s: 5, most_s: 300, give_up_min: 30, lost_after_min: 15 }
    }
}

/// Whether a selector is of a cause: its kind, or its kind and part.
pub(super) fn selects(selector: &str, cause: &Cause) -> bool {
    let (kind, part) = selector.split_once('.').unwrap_or((selector, ""));
    kind == cause.kind().name() && (part.is_empty() || part == cause.part())
}

impl NoticeRules {
    /// What is done about a cause; a selector with a part goes before one without.
    #[must_use]
    pub fn route(&self, cause: &Cause) -> Option<&Route> {
        let with = |exact: bool| {
            self.routes.iter().find(move |route| {
                let mut of = route.kinds.iter().filter(|kind| kind.contains('.') == exact);
                of.any(|kind| selects(kind, cause))
            })
        };
        with(true).or_else(|| with(false))
    }

    /// A channel by its name, where it may be used.
    #[must_use]
    pub fn channel(&self, name: &str) -> Option<&ChannelRules> {
        let named = self.channels.iter().find(|channel| channel.name == name);
        named.filter(|channel| self.live || channel.simulated)
    }

    /// A channel by which a role is told, and by which a person has no address.
    #[must_use]
    pub fn unreached(&self, person: &Person, role: &str) -> Option<&str> {
        let steps = |route: &'_ Route| -> Vec<Sending> {
            let later = route.escalate.iter().map(|step| step.send.clone());
            route.send.iter().cloned().chain(later).collect()
        };
        let of_role = self.routes.iter().flat_map(steps);
        let of_role = of_role.filter(|send| send.to.iter().any(|name| name == role));
        let names: BTreeSet<String> = of_role.flat_map(|send| send.by).collect();
        let mut personal = self
            .channels
            .iter()
            .filter(|channel| channel.kind.is_personal() && names.contains(&channel.name));
        let lacking = personal.find(|channel| !person.reached_by.contains(&channel.kind));
        lacking.map(|channel| channel.name.as_str())
    }

    /// The roles that go by turns, and that any route names.
    #[must_use]
    pub fn turns_named(&self) -> BTreeSet<&str> {
        let sends = |route: &'_ Route| -> Vec<Sending> {
            let later = route.escalate.iter().map(|step| step.send.clone());
            route.send.iter().cloned().chain(later).collect()
        };
        let named: BTreeSet<String> =
            self.routes.iter().flat_map(sends).flat_map(|send| send.to).collect();
        let turns = self.roster.rotas.iter().map(|rota| rota.role.as_str());
        let fixed = self.roster.fixed.iter().map(|fixed| fixed.role.as_str());
        turns.chain(fixed).filter(|role| named.contains(*role)).collect()
    }

    /// Whether a selector is of any kind there is.
    #[must_use]
    pub fn is_selector(selector: &str) -> bool {
        let (kind, part) = selector.split_once('.').map_or((selector, None), |(k, p)| (k, Some(p)));
        let known = NoticeKind::ALL.into_iter().find(|known| known.name() == kind);
        known.is_some_and(|kind| part.is_none_or(|part| kind.parts().contains(&part)))
    }

    /// Whether two selectors can mean the same cause.
    #[must_use]
    pub fn overlap(one: &str, other: &str) -> bool {
        let split = |text: &'_ str| -> (String, String) {
            let (kind, part) = text.split_once('.').unwrap_or((text, ""));
            (kind.to_owned(), part.to_owned())
        };
        let ((kind, part), (of, other)) = (split(one), split(other));
        kind == of && (part.is_empty() || other.is_empty() || part == other)
    }
}
