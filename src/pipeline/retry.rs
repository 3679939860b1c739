//! A refused message, tried again after the configuration changed.
//!
//! In: a [`KeptLetter`] as the store holds it, as a [`Retry`]. Out: what the message says, as if it came now;
//! and a [`Retried`], by which its dead letter goes or stands with its new reason.
//!
//! Invariant: it is an input like any other, so that the chain holds it in full.

use super::message::Sent;
use super::{Batch, DeadLetter, Message, Pipeline};

/// By which the store knows a dead letter: SHA-256 of what it is.
pub type LetterDigest = [u8; 32];

/// A dead letter as the store holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptLetter {
    /// Which one it is.
    pub digest: LetterDigest,
    /// The name of the feed by which it came; `None` where that was not written down.
    pub feed: Option<String>,
    /// The topic.
    pub topic: String,
    /// What is kept of the payload.
    pub payload: Vec<u8>,
    /// Whether that is all of it.
    pub whole: bool,
}

/// Why a dead letter cannot be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Untried {
    /// Only the beginning of the payload is kept.
    Cut,
    /// Its feed is not configured any more, so nobody knows how it is written.
    FeedGone,
}

/// A dead letter on its way through the pipeline again.
#[derive(Clone, Copy, Debug)]
pub struct Retry<'a> {
    /// Which one it is.
    pub letter: LetterDigest,
    /// The message.
    pub message: Message<'a>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retried {
    /// Which one it was.
    pub letter: LetterDigest,
    /// What was refused again, of the message or of its values; empty when all was taken.
    pub refused: Vec<DeadLetter>,
}

/// How tries ended, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetryCounts {
    /// Taken: the letter is gone.
    pub taken: usize,
    /// Refused again: the letter stands with its new reason.
    pub refused: usize,
    /// Not tried: [`Untried::Cut`].
    pub cut: usize,
    /// Not tried: [`Untried::FeedGone`].
    pub feed_gone: usize,
}

impl KeptLetter {
    /// The letter as an input, with the feeds as they are named now.
    ///
    /// # Errors
    /// [`Untried`] when it cannot be one.
    pub fn retry(&self, feeds: &[String]) -> Result<Retry<'_>, Untried> {
        if !self.whole {
            return Err(Untried::Cut);
        }
        let feed = match &self.feed {
            Some(name) => feeds.iter().position(|feed| feed == name),
            None => (feeds.len() == 1).then_some(0),
        };
        let (topic, payload) = (self.topic.as_str(), self.payload.as_slice());
        let feed = feed.ok_or(Untried::FeedGone)?;
        let message = Message { feed, topic, payload, length: payload.len() };
        Ok(Retry { letter: self.digest, message })
    }
}

impl RetryCounts {
    /// Counts what cannot be tried.
    pub fn untried(&mut self, why: Untried) {
        match why {
            Untried::Cut => self.cut += 1,
            Untried::FeedGone => self.feed_gone += 1,
        }
    }

    /// Counts what was tried.
    pub fn tried(&mut self, retried: &[Retried]) {
        let taken = retried.iter().filter(|one| one.refused.is_empty()).count();
        self.taken += taken;
        self.refused += retried.len() - taken;
    }
}

impl Pipeline {
    pub(super) fn take_retry(&mut self, at: usize, retry: &Retry<'_>, out: &mut Batch) {
        let (refused, deferred) = (out.dead_letters.len(), out.deferred.len());
        self.take_message(at, &retry.message, Sent::Before, out);
        if out.deferred.len() == deferred {
            let refused = out.dead_letters.split_off(refused);
            out.retried.push(Retried { letter: retry.letter, refused });
        }
    }
}
