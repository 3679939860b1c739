//! Processor time of processes and threads, from /proc, in hundredths of a second.

use std::fs;

/// Ticks per second of /proc on Linux, whatever the kernel's own.
const TICKS: f64 = 100.0;

/// A process whose time is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Process {
    /// This one.
    This,
    /// The one with this id.
    Other(u32),
}

impl Process {
    /// User and system time so far.
    pub(crate) fn seconds(self) -> f64 {
        match self {
            Self::This => seconds("/proc/self/stat"),
            Self::Other(id) => seconds(&format!("/proc/{id}/stat")),
        }
    }
}

/// One thread of this process.
pub(crate) struct Thread(String);

impl Thread {
    /// The thread that calls.
    pub(crate) fn current() -> Self {
        let own = fs::read_link("/proc/thread-self").expect("a thread of Linux");
        Self(format!("/proc/{}/stat", own.display()))
    }

    /// User and system time so far; nothing once it has ended.
    pub(crate) fn seconds(&self) -> f64 {
        seconds(&self.0)
    }
}

fn seconds(path: &str) -> f64 {
    let Ok(line) = fs::read_to_string(path) else { return 0.0 };
    // The name, in brackets, may hold spaces; utime and stime are fields 14 and 15.
    let after = line.rfind(')').map_or("", |at| &line[at + 1..]);
    let ticks = after.split_whitespace().skip(11).take(2);
    ticks.map(|t| t.parse::<f64>().unwrap_or(0.0)).sum::<f64>() / TICKS
}
