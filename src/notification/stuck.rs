//! The auditor: open items that do not come on. It looks at what has happened, not at what is planned, so
//! that a fault of planning shows here.
//!
//! Source: pitfalls.md 3.2 (an auditor that checks that each open alert group progressed).

use super::NoticeRules;
use super::plan::waits;
use super::state::Notices;
use crate::time::Instant;

/// An item without progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stuck {
    /// A notice that should have been told long ago, or that its whole escalation brought nobody to read.
    Notice {
        /// Its number.
        notice: u64,
        /// Since when nothing has happened.
        since: Instant,
    },
    /// A message that nobody has taken, and that was not tried lately.
    Message {
        /// Its number.
        message: u64,
        /// Since when nothing has happened.
        since: Instant,
    },
}

impl Stuck {
    /// Since when nothing has happened.
    #[must_use]
    pub const fn since(&self) -> Instant {
        match self {
            Self::Notice { since, .. } | Self::Message { since, .. } => *since,
        }
    }
}

impl Notices {
    /// What has been open without progress for longer than the rules allow.
    #[must_use]
    pub fn stuck(&self, rules: &NoticeRules, now: Instant) -> Vec<Stuck> {
        let longest = i64::from(rules.stuck_after_min);
        let is_old = |since: Instant| since.plus_minutes(longest) <= now;
        let notices = self.open.values().filter_map(|notice| {
            // Quiet hours and what mutes it are no fault; a day of them is.
            let untold = notice.told.is_none() && notice.at.plus_minutes(24 * 60) <= now;
            let told_last = notice.told_last.or(notice.told).unwrap_or(notice.at);
            let since = if untold { notice.at } else { told_last };
            let unread = waits(notice, rules) && is_old(told_last) && notice.waiting == 0;
            let unreachable = notice.hurried > 0 && !notice.is_read() && !notice.is_over();
            (untold || unread || unreachable)
                .then_some(Stuck::Notice { notice: notice.number, since })
        });
        let messages = self.outbox.values().filter_map(|outgoing| {
            let ended = outgoing.last_end.as_ref().map(|(ended, _)| *ended);
            let begun = outgoing.under_way.map(|(_, since)| since);
            let since = begun.or(ended).unwrap_or(outgoing.at);
            is_old(since).then_some(Stuck::Message { message: outgoing.number, since })
        });
        notices.chain(messages).collect()
    }
}
