//! A file in parts of whole lines, so that several threads read it side by side.
//!
//! In: a file. Out: [`Part`]s in the order of the file, each of which a [`Reader`] reads as if it were a
//! file of its own with the same header and the right line numbers.
//!
//! Invariants: the parts' rows are those of the file; a record with quotes may hold line breaks, so from
//! the first quote on the rest of the file is one part.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::lines::{Bytes, Lines, content};
use super::{Error, Format, Reader};
use crate::time::HourLabel;

/// Large enough that handing over is rare, small enough for the second-level cache.
pub const PART_BYTES: usize = 1024 * 1024;

/// Cuts one file.
pub struct Parts {
    content: Bytes,
    file: String,
    format: Format,
    label: HourLabel,
    /// The header as written, with its line break.
    header: Vec<u8>,
    /// What was read behind the last line break.
    rest: Vec<u8>,
    skipped: u64,
    done: bool,
    read: Arc<AtomicU64>,
    part_bytes: usize,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("file", &self.file).finish_non_exhaustive()
    }
}

/// Some lines of a file.
#[derive(Debug)]
pub struct Part {
    file: String,
    format: Format,
    label: HourLabel,
    /// Behind the header.
    bytes: Vec<u8>,
    skipped: u64,
}

impl Parts {
    /// Opens a file and looks at its header; parts will have about so many bytes.
    ///
    /// # Errors
    /// [`Error`] when the file cannot be opened or its header does not fit the format.
    pub fn open(
        path: &Path,
        format: Format,
        label: HourLabel,
        part_bytes: usize,
    ) -> Result<Self, Error> {
        Reader::open(path, format, label)?;
        let io = |source| Error::Io { path: path.to_path_buf(), source };
        let read = Arc::default();
        let content = content(path, &read).map_err(io)?;
        let file = path.display().to_string();
        let (header, rest) = (Vec::new(), Vec::new());
        let (skipped, done) = (0, false);
        let mut parts =
            Self { content, file, format, label, header, rest, skipped, done, read, part_bytes };
        parts.split_header().map_err(io)?;
        Ok(parts)
    }

    /// Bytes of the file (as it lies on disk) read so far.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// The next part; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read on; nothing follows.
    #[expect(clippy::should_implement_trait, reason = "an iterator would end at the first error")]
    pub fn next(&mut self) -> Option<Result<Part, Error>> {
        if self.done {
            return None;
        }
        let bytes = match self.lines() {
            Ok(bytes) if bytes.len() == self.header.len() => return None,
            Ok(bytes) => bytes,
            Err(e) => {
                self.done = true;
                return Some(Err(Error::Io { path: PathBuf::from(&self.file), source: e }));
            }
        };
        let lines = u64::try_from(line_breaks(&bytes[self.header.len()..])).unwrap_or(0);
        let (format, label, skipped) = (self.format, self.label, self.skipped);
        self.skipped += lines;
        Some(Ok(Part { file: self.file.clone(), format, label, bytes, skipped }))
    }

    fn split_header(&mut self) -> io::Result<()> {
        let mut first = self.lines()?;
        let quoted = first.contains(&b'"');
        let end = first.iter().position(|b| *b == b'\n').filter(|_| !quoted);
        // Without an end the whole of it is one part, which begins with its header.
        if let Some(end) = end {
            let rest = first.split_off(end + 1);
            self.header = first;
            self.rest = [rest, std::mem::take(&mut self.rest)].concat();
        } else {
            self.rest = [first, std::mem::take(&mut self.rest)].concat();
        }
        Ok(())
    }

    /// The header and about as many bytes as asked for, up to a line break; all of them where lines cannot
    /// be told.
    fn lines(&mut self) -> io::Result<Vec<u8>> {
        let head = self.header.len();
        let mut wanted = head + self.part_bytes;
        let mut bytes = Vec::with_capacity(wanted.max(head + self.rest.len()));
        bytes.extend_from_slice(&self.header);
        bytes.append(&mut self.rest);
        loop {
            let missing = u64::try_from(wanted.saturating_sub(bytes.len())).unwrap_or(0);
            bytes.reserve_exact(wanted.saturating_sub(bytes.len()));
            let read = self.content.by_ref().take(missing).read_to_end(&mut bytes)?;
            if bytes.len() < wanted && read == 0 || bytes.len() == head {
                return Ok(bytes); // the end
            }
            if bytes.len() < wanted {
                continue;
            }
            if memchr::memchr(b'"', &bytes[head..]).is_some() {
                self.content.read_to_end(&mut bytes)?;
                return Ok(bytes);
            }
            if let Some(last) = memchr::memrchr(b'\n', &bytes[head..]) {
                self.rest = bytes.split_off(head + last + 1);
                return Ok(bytes);
            }
            wanted *= 2; // a single line
        }
    }
}

impl Part {
    /// Reads the part's rows.
    ///
    /// # Errors
    /// [`Error::Header`], which the file itself would have given.
    pub fn reader(self) -> Result<Reader, Error> {
        let Self { file, format, label, bytes, skipped } = self;
        Reader::over(Lines::over(bytes, Box::new(io::empty()), file, skipped), format, label)
    }
}

fn line_breaks(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::Fault;
    use crate::replay::files::Row;

    fn all(mut next: impl FnMut(&mut Row) -> Option<Result<(), Fault>>) -> Vec<String> {
        let (mut row, mut rows) = (Row::default(), Vec::new());
        while let Some(read) = next(&mut row) {
            rows.push(match read {
                Ok(()) => format!("{row:?}"),
                Err(fault) => fault.to_string(),
            });
        }
        rows
    }

    #[test]
    fn parts_give_the_rows_and_line_numbers_of_the_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("f.csv");
        let lines: Vec<String> = (0..60)
            .map(|n| match n % 7 {
                3 => format!("2025-01-01 {:02}:00,a{n}", n % 24),
                5 => format!("yesterday,a{n},{n}"),
                _ => format!("2025-01-01 {:02}:00,a{n},{n}", n % 24),
            })
            .collect();
        let quoted = |at: usize| {
            let mut lines = lines.clone();
            lines[at] = "2025-01-01 00:00,\"a\nb\",7".to_owned();
            lines
        };
        for (lines, end) in [
            (lines.clone(), "\n"),
            (lines.clone(), "\r\n"),
            (lines.clone(), "\r"),
            (quoted(0), "\n"),
            (quoted(31), "\r\n"),
            (Vec::new(), "\n"),
        ] {
            for closed in ["", end] {
                let head = "time,station,pm2_5".to_owned();
                let text = [vec![head], lines.clone()].concat().join(end) + closed;
                std::fs::write(&path, &text).expect("written");
                let mut reader = Reader::open(&path, Format::Wide, HourLabel::Begin).expect("read");
                let expected = all(|row| reader.next(row));
                for bytes in [1, 7, 40, 64, 1000, 100_000] {
                    let parts = Parts::open(&path, Format::Wide, HourLabel::Begin, bytes);
                    let (mut parts, mut rows) = (parts.expect("read"), Vec::new());
                    while let Some(part) = parts.next() {
                        let mut reader = part.expect("read").reader().expect("a header");
                        rows.extend(all(|row| reader.next(row)));
                    }
                    assert_eq!(rows, expected, "{bytes} bytes, {end:?}");
                }
            }
        }
    }
}
