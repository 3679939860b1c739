//! Files as sources of hours, and their publication over MQTT.
//!
//! In: recorded hours in the import formats, and the lists of stations and station sets. Out: rows
//! for an import, messages for a broker.
//!
//! Invariants: a bad row is named by file and line and never ends the reading; nothing is dropped
//! without a word; a value is judged exactly as one that came in a message.

pub mod files;
pub mod import;
pub mod published;
pub mod publish;
pub mod recorded;
pub mod recording;
pub mod stations;

use std::fmt;

/// What is wrong with one line of a file; the lines after it are read on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file as it was named.
    pub file: String,
    /// The line, from 1; 0 for the file as a whole.
    pub line: u64,
    /// What was expected and found; names the column where there is one.
    pub reason: String,
}

/// `FILE:LINE: REASON`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.reason),
            line => write!(f, "{}:{line}: {}", self.file, self.reason),
        }
    }
}
