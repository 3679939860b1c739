//! The whole lines of a file as slices of what was read, as long as lines can be told by their breaks alone.
//!
//! In: the content of a file. Out: whole lines, none of them copied, and what is left of the content.
//!
//! Invariants: only what was taken is gone, so that another reader goes on at the beginning of a line with
//! what is left, whatever stands there; a fault of the content comes after all whole lines before it.
//!
//! # Why
//! A year of a country's hours is a gigabyte of short lines: a general reader's copy of each field costs more
//! than all the arithmetic upon them. Quotes and other line ends are left to that reader.

use std::io::{self, Cursor, Read};

use super::lines::{BUFFER_BYTES, Bytes};

/// Content and how far it was taken.
pub(super) struct Plain {
    content: Bytes,
    block: Vec<u8>,
    /// Where the first line begins that was not taken.
    at: usize,
    /// Behind the last whole line.
    end: usize,
    /// The number of the line at `at`.
    line: u64,
    failed: Option<io::Error>,
}

impl Plain {
    /// What was read already, and the content behind it.
    pub(super) fn new(block: Vec<u8>, content: Bytes) -> Self {
        let end = whole(&block);
        Self { content, block, at: 0, end, line: 1, failed: None }
    }

    /// Whole lines with their breaks, not taken yet; empty when there are none left.
    pub(super) fn ahead(&mut self) -> &[u8] {
        if self.at == self.end {
            self.fill();
        }
        &self.block[self.at..self.end]
    }

    /// The number of the next line.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// Takes so many bytes, which are one line.
    pub(super) const fn take(&mut self, bytes: usize) {
        self.at += bytes;
        self.line += 1;
    }

    /// All that was not taken; nothing stays here.
    pub(super) fn rest(&mut self) -> Bytes {
        let mut block = Cursor::new(std::mem::take(&mut self.block));
        block.set_position(u64::try_from(self.at).unwrap_or(u64::MAX));
        let content = std::mem::replace(&mut self.content, Box::new(io::empty()));
        (self.at, self.end) = (0, 0);
        Box::new(block.chain(Failed(self.failed.take())).chain(content))
    }

    /// Reads on until there is a whole line, or nothing more.
    fn fill(&mut self) {
        self.block.drain(..self.at);
        self.at = 0;
        self.end = 0;
        while self.end == 0 && self.failed.is_none() {
            let known = self.block.len();
            let wanted = BUFFER_BYTES.max(known);
            self.block.reserve(wanted);
            let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
            let read = self.content.by_ref().take(wanted).read_to_end(&mut self.block);
            self.failed = read.err();
            if self.block.len() == known {
                return;
            }
            self.end = whole(&self.block);
        }
    }
}

/// How many bytes are whole lines.
fn whole(bytes: &[u8]) -> usize {
    memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1)
}

/// Gives the fault once that was met before.
struct Failed(Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
