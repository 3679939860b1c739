//! The lines of a CSV file: opening, gzip, byte order mark, line numbers, row width.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::replay::Fault;

/// Large enough that a system call is rare, small enough for the second-level cache.
const BUFFER_BYTES: usize = 128 * 1024;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Spreadsheets write it before the header.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

pub(super) type Bytes = Box<dyn Read + Send>;

/// The records of one file.
pub(in crate::replay) struct Lines {
    csv: csv::Reader<Bytes>,
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
        let lines = Self::over(content, path.display().to_string(), 0);
        Ok(Self { read, total, ..lines })
    }

    /// The lines of a part of a file, which begins with the file's header; `skipped` lines lie between them.
    pub(super) fn over(content: Bytes, file: String, skipped: u64) -> Self {
        let csv = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER_BYTES)
            .from_reader(content);
        Self {
            csv,
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

    /// The first line; every later one must have as many fields.
    pub(in crate::replay) fn header(&mut self) -> Result<Vec<String>, Fault> {
        match self.read() {
            None => return Err(self.fault_at(1, "the file is empty, a header is expected".into())),
            Some(read) => read?,
        }
        self.width = self.record.len();
        let within = self.record.as_slice().iter().filter(|b| **b == b'\n').count();
        let ended = 1 + u64::try_from(within).unwrap_or(0);
        self.behind = u64::from(self.csv.position().line() == ended);
        let names = self.record.iter().map(|f| String::from_utf8_lossy(f).trim().to_owned());
        Ok(names.collect())
    }

    /// Reads the next line into `record`.
    pub(in crate::replay) fn read(&mut self) -> Option<Result<(), Fault>> {
        if self.broken {
            return None;
        }
        match self.csv.read_byte_record(&mut self.record) {
            Ok(false) => None,
            Ok(true) if self.width == 0 || self.record.len() == self.width => Some(Ok(())),
            Ok(true) => {
                let (got, width) = (self.record.len(), self.width);
                Some(Err(self.fault(format!("{got} fields, the header has {width}"))))
            }
            Err(e) => {
                self.broken = true; // a broken stream cannot be read on
                let line = self.csv.position().line() + self.skipped;
                Some(Err(self.fault_at(line, format!("the rest cannot be read: {e}"))))
            }
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
