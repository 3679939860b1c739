//! What persons who acted are told, once what they did is durable.

use tokio::sync::oneshot;

use crate::pipeline::{PowerTaken, RetryCounts};

/// What a person who acted is told, with the way back.
#[derive(Debug)]
pub enum Answer {
    /// Whether the act was taken, or why not.
    Done(oneshot::Sender<Result<(), String>>, Result<(), String>),
    /// How second tries ended.
    Retried(oneshot::Sender<Result<RetryCounts, String>>, RetryCounts),
    /// What was taken of files of readings.
    Powered(oneshot::Sender<Result<PowerTaken, String>>, PowerTaken),
    /// The record of an act in a warning's life or in the room, or why it was refused.
    Recorded(oneshot::Sender<Result<u64, String>>, Result<u64, String>),
}

impl Answer {
    /// Tells it; who asked may be gone.
    pub fn give(self) {
        match self {
            Self::Done(reply, answer) => drop(reply.send(answer)),
            Self::Retried(reply, counts) => drop(reply.send(Ok(counts))),
            Self::Powered(reply, taken) => drop(reply.send(Ok(taken))),
            Self::Recorded(reply, answer) => drop(reply.send(answer)),
        }
    }
}
