//! Workbooks and CSV files as sheets of cells, and the column map beside them.
//!
//! In: XLSX files, CSV files (one a sheet, UTF-8), directories of these, `measures-map.toml`. Out: [`Sheet`]s
//! of cells, a [`ColumnMap`], or every [`Fault`] of the files. Invariants: nothing is judged here; a number
//! goes on as the shortest decimal that is it, so that no figure passes through floating point afterwards.

mod csv_file;
mod map;
mod xlsx;

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

pub use map::{default_map, load_map};

use crate::measures::{ColumnMap, Sheet};

/// What cannot be a list any more: a spreadsheet's stray cell far away is told instead of read.
const MAX_ROWS: u32 = 50_000;
const MAX_COLUMNS: u32 = 500;
const MAX_BYTES: u64 = 64 << 20;

/// A file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, as it was named.
    pub file: PathBuf,
    /// Why.
    pub reason: String,
    /// Whether the file could not be had at all; otherwise its content is at fault.
    pub is_io: bool,
}

/// `FILE：REASON`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}：{}", self.file.display(), self.reason)
    }
}

impl Fault {
    fn io(file: &Path, e: &std::io::Error) -> Self {
        Self { file: file.to_owned(), reason: e.to_string(), is_io: true }
    }

    fn content(file: &Path, reason: impl Into<String>) -> Self {
        Self { file: file.to_owned(), reason: reason.into(), is_io: false }
    }
}

/// The sheets of one edition, in the order of the files; of a directory its CSV files by name. A sheet of a
/// workbook that the map does not want has its name and no rows.
///
/// # Errors
/// Every file that cannot be read.
pub fn sheets(paths: &[PathBuf], map: &ColumnMap) -> Result<Vec<Sheet>, Vec<Fault>> {
    let (mut sheets, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        let files = match directory(path) {
            Ok(files) => files,
            Err(e) => {
                faults.push(Fault::io(path, &e));
                continue;
            }
        };
        for file in files {
            match file_sheets(&file, map) {
                Ok(found) => sheets.extend(found),
                Err(fault) => faults.push(fault),
            }
        }
    }
    if faults.is_empty() { Ok(sheets) } else { Err(faults) }
}

/// The CSV files of a directory; anything else as it is.
fn directory(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries: Vec<_> = std::fs::read_dir(path)?.collect::<Result<_, _>>()?;
    let files = entries.into_iter().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = files.filter(|file| ending(file) == "csv").collect();
    files.sort();
    Ok(files)
}

fn ending(file: &Path) -> String {
    let ending = file.extension().map(|e| e.to_string_lossy().to_lowercase());
    ending.unwrap_or_default()
}

fn file_sheets(file: &Path, map: &ColumnMap) -> Result<Vec<Sheet>, Fault> {
    let ending = ending(file);
    if ending != "csv" && ending != "xlsx" {
        return Err(Fault::content(file, "既不是.xlsx也不是.csv文件（.xls文件请另存为.xlsx）"));
    }
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(|e| Fault::io(file, &e))?;
    opened.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|e| Fault::io(file, &e))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Fault::content(file, format!("大于{}兆字节", MAX_BYTES >> 20)));
    }
    let read = match ending.as_str() {
        "csv" => {
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            csv_file::read(&name, bytes).map(|sheet| vec![sheet])
        }
        _ => xlsx::read(bytes, |sheet| map.wants(sheet)),
    };
    read.map_err(|reason| Fault::content(file, reason))
}

/// How an XLSX workbook begins, and a workbook of the older kind.
const ZIP: &[u8] = b"PK\x03\x04";
const OLE: &[u8] = b"\xD0\xCF\x11\xE0";

/// All sheets of a workbook, or of a CSV file as the sheet 日报, whichever the bytes are.
///
/// # Errors
/// The reason why it cannot be read.
pub fn sheets_in(bytes: Vec<u8>) -> Result<Vec<Sheet>, String> {
    if bytes.starts_with(OLE) {
        return Err(".xls文件请另存为.xlsx".to_owned());
    }
    if bytes.starts_with(ZIP) {
        return xlsx::read(bytes, |_| true);
    }
    csv_file::read("日报", bytes).map(|sheet| vec![sheet])
}

/// Puts a cell at its place; what lies between stays empty.
fn put<T: Default>(rows: &mut Vec<Vec<T>>, (row, column): (u32, u32), cell: T) {
    let (row, column) = (row as usize, column as usize);
    if rows.len() <= row {
        rows.resize_with(row + 1, Vec::new);
    }
    let cells = &mut rows[row];
    if cells.len() <= column {
        cells.resize_with(column + 1, T::default);
    }
    cells[column] = cell;
}
