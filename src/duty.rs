//! What the monitoring room answers for: papers that are reviewed and signed, fixed times, the shift book.
//!
//! In: acts of persons ([`DutyAct`]), and what an area has come to ([`Facts`]). Out: records ([`DutyRecord`])
//! that only grow; the state ([`Duty`]) follows from them.
//!
//! Invariants: a text that was kept never changes, and a signed one keeps its number: what is other is a new
//! paper with a new number that names the old; what was late stays on record; nothing that is open is
//! forgotten over a hand-over or a restart.
//!
//! Why apart from the warnings: their records are what the state of a warning follows from, and nothing that
//! a room writes down of itself may move it.
//!
//! Source: issue 6 (draft, reviewed, signed off; fixed times; 值班日志); terms.md (fixed times).

mod act;
mod item;
mod paper;
mod record;
mod rules;
mod shift;
mod text;
mod times;

#[cfg(test)]
mod tests;

pub use act::{DutyAct, DutyRefusal};
pub use item::{Done, Fixed, How, Item, Stage};
pub use paper::{Draft, KeptPaper, PaperState, Papers, SignedPaper};
pub use record::{DutyBody, DutyRecord};
pub use rules::DutyRules;
pub use shift::{Entry, EntrySort, HandOver, OpenEntry, Shift};
pub use times::{Facts, OpenItem, Times};

use crate::time::Instant;
use crate::warning::Warnings;

/// Where the room stands: what follows from its records, and from nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duty {
    /// The number of the last record.
    pub last: u64,
    /// Papers on their way, and what is signed.
    pub papers: Papers,
    /// Fixed times that are open.
    pub times: Times,
    /// Who is on duty, and what is open in the shift book.
    pub shift: Shift,
}

impl Duty {
    /// Takes the next record.
    pub fn take(&mut self, record: &DutyRecord) {
        self.last = record.number;
        self.papers.take(record);
        self.times.take(record);
        self.shift.take(record);
    }

    /// What is recorded when a person acts at `now`.
    ///
    /// # Errors
    /// The [`DutyRefusal`]; then nothing is done.
    pub fn decide(
        &self,
        (person, act): (&str, &DutyAct),
        (rules, warnings): (&DutyRules, &Warnings),
        now: Instant,
    ) -> Result<DutyBody, DutyRefusal> {
        match act {
            DutyAct::Draft(draft) => self.papers.draft(draft),
            DutyAct::Review { paper, opinion } => {
                self.papers.review(*paper, opinion, (person, rules))
            }
            DutyAct::Return { paper, reason } => self.papers.send_back(*paper, reason),
            DutyAct::Sign { paper, signer, file } => {
                self.papers.sign(*paper, (signer, file.as_deref()), now)
            }
            DutyAct::Done { fixed, of, at, note } => {
                self.times.mark((*fixed, *of), (*at, note), (rules, warnings), now)
            }
            DutyAct::Enter(entry) => shift::enter(entry, now),
            DutyAct::Close { entry, how } => self.shift.close(*entry, how),
            DutyAct::HandOver { to, note } => {
                let open = self.times.open.keys().map(|(fixed, of)| (*fixed, *of)).collect();
                self.shift.hand_over(person, (to, note), open)
            }
            DutyAct::TakeOver { hand_over } => self.shift.take_over(person, *hand_over),
        }
    }
}

/// Whether every text says something.
fn named(texts: &[&str]) -> Result<(), DutyRefusal> {
    check(texts.iter().all(|text| !text.trim().is_empty()), DutyRefusal::Unnamed)
}

const fn check(holds: bool, refusal: DutyRefusal) -> Result<(), DutyRefusal> {
    if holds { Ok(()) } else { Err(refusal) }
}
