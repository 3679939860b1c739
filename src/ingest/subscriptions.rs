//! Which topic filters the session has, and when to ask for the others.

use tokio::time::Instant;
use tracing::warn;

use super::backoff::Backoff;
use super::config::Config;
use super::session::Requests;

/// Which filters the session has. The first connection of a process asks for all, whatever session
/// the broker has kept: the configuration may have changed since.
pub(super) struct Subscriptions {
    granted: Vec<bool>,
    /// Filters in the SUBSCRIBE that awaits its SUBACK.
    asked: Vec<usize>,
    again_at: Option<Instant>,
    backoff: Backoff,
}

impl Subscriptions {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            granted: vec![false; config.topics.len()],
            asked: Vec::new(),
            again_at: None,
            backoff: Backoff::new(config),
        }
    }

    pub(super) fn connected(&mut self, session_present: bool) {
        self.asked.clear();
        self.backoff.restart();
        if !session_present {
            self.granted.fill(false);
        }
    }

    pub(super) fn due(&self, now: Instant) -> bool {
        self.again_at.is_some_and(|at| now >= at)
    }

    /// Asks for what is not granted.
    pub(super) fn ask(&mut self, topics: &[String], requests: &impl Requests) {
        self.again_at = None;
        let open = (0..topics.len()).filter(|topic| !self.granted[*topic]);
        self.asked = open.collect();
        if self.asked.is_empty() {
            return;
        }
        let filters: Vec<&str> = self.asked.iter().map(|topic| &*topics[*topic]).collect();
        if !requests.try_subscribe(&filters) {
            self.asked.clear();
            self.again_at = Some(Instant::now() + self.backoff.after_failure());
        }
    }

    /// Notes the answer; gives the refused filters and why.
    pub(super) fn answered(&mut self, results: Vec<Result<u8, String>>) -> Vec<(usize, String)> {
        let mut refused = Vec::new();
        let unanswered = "the broker gave no answer for it";
        let mut results = results.into_iter();
        for topic in std::mem::take(&mut self.asked) {
            match results.next().unwrap_or_else(|| Err(unanswered.into())) {
                Ok(0) => {
                    warn!("granted QoS 0 only: what comes while Lantian is away is lost");
                    self.granted[topic] = true;
                }
                Ok(_) => self.granted[topic] = true,
                Err(reason) => refused.push((topic, reason)),
            }
        }
        if refused.is_empty() {
            self.backoff.restart();
        } else {
            self.again_at = Some(Instant::now() + self.backoff.after_failure());
        }
        refused
    }
}
