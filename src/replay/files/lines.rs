//! The lines of a CSV file: opening, gzip, byte order mark, line numbers, row width.
//!
//! Lines are told by their breaks as long as no quote and no other line end comes; from there on, and for a
//! last line without its break, a general reader goes over the rest. Both give the same records and numbers.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::plain::Plain;
use crate::replay::Fault;

/// Large enough that a system call is rare, small enough for the second-level cache.
pub(super) const BUFFER_BYTES: usize = 128 * 1024;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Spreadsheets write it before the header.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

pub(super) type Bytes = Box<dyn Read + Send>;

/// The records of one file.
pub(in crate::replay) struct Lines {
    source: Source,
    /// The record last read.
    pub(in crate::replay) record: csv::ByteRecord,
    file: String,
    width: usize,
    /// 1 where lines end with CR LF: the LF is only counted with the record after it.
    behind: u64,
    /// Lines of the file between the header and what is read.
    skipped: u64,
    broken: bool,
    read: Arc<AtomicU64>,
    total: u64,
}

enum Source {
    Plain(Plain),
    Csv(csv::Reader<Bytes>),
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Lines {
    pub(in crate::replay) fn open(path: &Path) -> io::Result<Self> {
        let read = Arc::default();
        let content = content(path, &read)?;
        let total = std::fs::metadata(path)?.len();
        let lines = Self::over(Vec::new(), content, path.display().to_string(), 0);
        Ok(Self { read, total, ..lines })
    }

    /// The lines of `block` and then of `content`: of a part of a file, which begins with the file's header;
    /// `skipped` lines lie between them.
    pub(super) fn over(block: Vec<u8>, content: Bytes, file: String, skipped: u64) -> Self {
        Self {
            source: Source::Plain(Plain::new(block, content)),
            record: csv::ByteRecord::new(),
            file,
            width: 0,
            behind: 0,
            skipped,
            broken: false,
            read: Arc::default(),
            total: 0,
        }
    }

    /// All of it by the general reader.
    #[cfg(test)]
    pub(super) fn general(content: Bytes) -> Self {
        let source = Source::Csv(general(content));
        Self { source, ..Self::over(Vec::new(), Box::new(io::empty()), "f".to_owned(), 0) }
    }

    /// The first line; every later one must have as many fields.
    pub(in crate::replay) fn header(&mut self) -> Result<Vec<String>, Fault> {
        match self.read() {
            None => return Err(self.fault_at(1, "the file is empty, a header is expected".into())),
            Some(read) => read?,
        }
        self.width = self.record.len();
        if let Source::Csv(csv) = &self.source {
            let within = self.record.as_slice().iter().filter(|b| **b == b'\n').count();
            let ended = 1 + u64::try_from(within).unwrap_or(0);
            self.behind = u64::from(csv.position().line() == ended);
        }
        let names = self.record.iter().map(|f| String::from_utf8_lossy(f).trim().to_owned());
        Ok(names.collect())
    }

    /// Reads the next line into `record`.
    pub(in crate::replay) fn read(&mut self) -> Option<Result<(), Fault>> {
        if self.broken {
            return None;
        }
        let read = match &mut self.source {
            Source::Plain(plain) => read_plain(plain, &mut self.record),
            Source::Csv(csv) => Some(csv.read_byte_record(&mut self.record)),
        };
        match read.unwrap_or_else(|| self.read_rest()) {
            Ok(false) => None,
            Ok(true) if self.width == 0 || self.record.len() == self.width => Some(Ok(())),
            Ok(true) => {
                let (got, width) = (self.record.len(), self.width);
                Some(Err(self.fault(format!("{got} fields, the header has {width}"))))
            }
            Err(e) => {
                self.broken = true; // a broken stream cannot be read on
                let line = self.read_to() + self.skipped;
                Some(Err(self.fault_at(line, format!("the rest cannot be read: {e}"))))
            }
        }
    }

    /// Goes on with the general reader, and reads its first record.
    fn read_rest(&mut self) -> csv::Result<bool> {
        let Source::Plain(plain) = &mut self.source else { return Ok(false) };
        let (before, rest) = (plain.line() - 1, plain.rest());
        // The mark of a file's first bytes must not be looked for here, so something goes before.
        let first = if before == 0 { &b""[..] } else { b"first\n" };
        let mut csv = general(Box::new(first.chain(rest)));
        if before > 0 {
            csv.read_byte_record(&mut self.record)?;
            self.skipped += before - 1;
        }
        let read = csv.read_byte_record(&mut self.record);
        self.source = Source::Csv(csv);
        read
    }

    /// Whole lines that are not read yet; one that is read without [`Lines::read`] must be
    /// [passed](Lines::pass).
    pub(super) fn ahead(&mut self) -> Option<&[u8]> {
        match &mut self.source {
            Source::Plain(plain) => Some(plain.ahead()),
            Source::Csv(_) => None,
        }
    }

    /// Passes the next line, of so many bytes with its break, and gives its number.
    pub(super) const fn pass(&mut self, bytes: usize) -> u64 {
        let Source::Plain(plain) = &mut self.source else { return 0 };
        let line = plain.line() + self.skipped;
        plain.take(bytes);
        line
    }

    /// The line up to which was read.
    fn read_to(&self) -> u64 {
        match &self.source {
            Source::Plain(plain) => plain.line(),
            Source::Csv(csv) => csv.position().line(),
        }
    }

    /// A fault of the line last read.
    pub(in crate::replay) fn fault(&self, reason: String) -> Fault {
        self.fault_at(self.line(), reason)
    }

    /// The number of the line last read.
    pub(in crate::replay) fn line(&self) -> u64 {
        self.record.position().map_or(0, |at| at.line() + self.behind + self.skipped)
    }

    pub(in crate::replay) fn fault_at(&self, line: u64, reason: String) -> Fault {
        Fault { file: self.file.clone(), line, reason }
    }

    pub(in crate::replay) fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    pub(super) const fn bytes_total(&self) -> u64 {
        self.total
    }
}

fn general(content: Bytes) -> csv::Reader<Bytes> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(BUFFER_BYTES)
        .from_reader(content)
}

/// Reads the next line as a record; `None` where the general reader must.
fn read_plain(plain: &mut Plain, record: &mut csv::ByteRecord) -> Option<csv::Result<bool>> {
    let number = plain.line();
    let ahead = plain.ahead();
    let end = memchr::memchr(b'\n', ahead)?;
    let line = &ahead[..end];
    let marked = number == 1 && line.starts_with(&BYTE_ORDER_MARK);
    if line.is_empty() || marked || memchr::memchr2(b'"', b'\r', line).is_some() {
        return None;
    }
    record.clear();
    line.split(|b| *b == b',').for_each(|field| record.push_field(field));
    let mut position = csv::Position::new();
    position.set_line(number);
    record.set_position(Some(position));
    plain.take(end + 1);
    Some(Ok(true))
}

/// Counts the bytes that pass.
struct Counted {
    inner: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.inner.read(buffer)?;
        self.read.fetch_add(u64::try_from(bytes).unwrap_or(0), Ordering::Relaxed);
        Ok(bytes)
    }
}

/// The content of a file, unpacked and without a byte order mark.
pub(super) fn content(path: &Path, read: &Arc<AtomicU64>) -> io::Result<Bytes> {
    let counted = Counted { inner: File::open(path)?, read: Arc::clone(read) };
    unmarked(unpacked(counted)?)
}

/// The content, whether it was packed by gzip (also in several members) or not.
fn unpacked(mut file: Counted) -> io::Result<Bytes> {
    let first = first_bytes(&mut file, 2)?;
    let packed = first.as_slice() == GZIP_MAGIC;
    let whole = Cursor::new(first).chain(file);
    if packed {
        let buffered = BufReader::with_capacity(BUFFER_BYTES, whole);
        return Ok(Box::new(flate2::bufread::MultiGzDecoder::new(buffered)));
    }
    Ok(Box::new(whole))
}

/// The content without a byte order mark.
fn unmarked(mut content: Bytes) -> io::Result<Bytes> {
    let first = first_bytes(&mut content, 3)?;
    if first.as_slice() == BYTE_ORDER_MARK {
        return Ok(content);
    }
    Ok(Box::new(Cursor::new(first).chain(content)))
}

/// Up to `limit` bytes from the front.
fn first_bytes(content: &mut impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut first = Vec::new();
    content.by_ref().take(limit).read_to_end(&mut first)?;
    Ok(first)
}

/// The text of a field, without white space around it.
pub(in crate::replay) fn text(field: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(field.trim_ascii())
        .map_err(|_| format!("no UTF-8 text: {:?}", String::from_utf8_lossy(field)))
}

/// Where a column stands in the header.
pub(in crate::replay) fn column(header: &[String], name: &str) -> Result<usize, String> {
    let mut at = header.iter().enumerate().filter(|(_, h)| *h == name).map(|(i, _)| i);
    let first = at.next().ok_or_else(|| format!("column `{name}` is missing"))?;
    match at.next() {
        None => Ok(first),
        Some(_) => Err(format!("column `{name}` is there twice")),
    }
}
