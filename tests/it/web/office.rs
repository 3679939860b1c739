//! Documents and workbooks of papers, opened by LibreOffice (Debian): they give back the same words and
//! figures.
//!
//! Without it the test says that it is skipped, except in CI, where it fails.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use lantian::pipeline::View;
use tower::ServiceExt as _;

use super::Daemon;
use super::sample::dalian;

/// Kinds that the sample has papers of.
const KINDS: [&str; 7] = ["daily", "weekly", "monthly", "ranking", "leader", "feedback", "shift"];
/// All sheets as CSV in UTF-8, cells as they are shown.
const SHEETS: &str = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false,false,-1";

async fn bytes(daemon: &Daemon, kind: &str, format: &str) -> Vec<u8> {
    let path = format!("/api/v1/papers/{kind}?format={format}");
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let answer = daemon.router.clone().oneshot(request).await.expect("infallible");
    assert_eq!(answer.status(), 200, "{kind} {format}");
    to_bytes(answer.into_body(), usize::MAX).await.expect("a whole body").to_vec()
}

/// Converts files of a directory into another form, beside them.
fn convert(place: &Path, to: &str, files: &[String]) {
    let profile = format!("-env:UserInstallation=file://{}/profile", place.display());
    let done = Command::new("soffice")
        .args(["--headless", "--norestore", &profile, "--convert-to", to, "--outdir", "."])
        .args(files)
        .current_dir(place)
        .output()
        .expect("ran");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Rows of cells as a CSV holds them.
fn rows(csv: &[u8]) -> Vec<Vec<String>> {
    let bare = csv.strip_prefix("\u{feff}".as_bytes()).unwrap_or(csv);
    let mut reader =
        ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bare);
    let row =
        |row: Result<::csv::StringRecord, _>| row.expect("CSV").iter().map(str::to_owned).collect();
    reader.records().map(row).collect()
}

/// Without the empty cells at the end, which a sheet has as wide as its widest row.
fn cut(mut row: Vec<String>) -> Vec<String> {
    while row.last().is_some_and(String::is_empty) {
        row.pop();
    }
    row
}

#[tokio::test]
async fn libreoffice_opens_documents_and_workbooks_and_gives_back_the_same() {
    let there = Command::new("soffice").arg("--version").output().is_ok();
    if !there {
        assert!(std::env::var_os("CI").is_none(), "CI needs soffice");
        println!("skipped: no soffice");
        return;
    }
    let daemon = Daemon::over(View { areas: vec![Arc::new(dalian())], simulated: false });
    let place = tempfile::tempdir().expect("a directory");
    for kind in KINDS {
        for format in ["docx", "xlsx"] {
            let name = place.path().join(format!("{kind}.{format}"));
            std::fs::write(name, bytes(&daemon, kind, format).await).expect("written");
        }
    }
    let named = |ending: &str| KINDS.map(|kind| format!("{kind}.{ending}")).to_vec();
    convert(place.path(), "txt:Text (encoded):UTF8", &named("docx"));
    convert(place.path(), SHEETS, &named("xlsx"));
    for kind in KINDS {
        let text = String::from_utf8(bytes(&daemon, kind, "text").await).expect("UTF-8");
        let tables = rows(&bytes(&daemon, kind, "csv").await);
        let document = std::fs::read_to_string(place.path().join(format!("{kind}.txt")));
        let document = document.unwrap_or_else(|e| panic!("{kind}.txt: {e}"));
        same_document(kind, &document, &text, &tables);
        same_workbook(kind, &sheets(place.path(), kind), &tables);
    }
}

/// Every paragraph and every cell, the cells in their order.
fn same_document(kind: &str, document: &str, text: &str, tables: &[Vec<String>]) {
    let lines: Vec<&str> =
        document.lines().map(|line| line.trim_matches(['\u{feff}', '　', ' '])).collect();
    let paragraphs = text.lines().filter_map(|line| line.strip_prefix("　　"));
    for paragraph in paragraphs {
        assert!(lines.contains(&paragraph.trim()), "{kind}.docx lacks {paragraph:?}:\n{document}");
    }
    let mut left = lines.iter();
    let cells = tables.iter().filter(|row| row.len() > 2).flatten().filter(|cell| !cell.is_empty());
    for (seen, cell) in cells.enumerate() {
        assert!(left.any(|line| line == cell), "{kind}.docx lacks {cell:?} after {seen} cells");
    }
}

/// The sheets of a workbook, as they were written.
fn sheets(place: &Path, kind: &str) -> Vec<Vec<Vec<String>>> {
    let mut names: Vec<_> = std::fs::read_dir(place)
        .expect("read")
        .map(|entry| entry.expect("read").path())
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with(&format!("{kind}-")) && name.ends_with(".csv")
        })
        .collect();
    names.sort();
    assert!(!names.is_empty(), "{kind}.xlsx has no sheet");
    names.iter().map(|path| rows(&std::fs::read(path).expect("read"))).collect()
}

/// Every row of every table stands in a sheet, digit by digit; the first row is the title of the whole.
fn same_workbook(kind: &str, sheets: &[Vec<Vec<String>>], tables: &[Vec<String>]) {
    let held: Vec<Vec<String>> = sheets.iter().flatten().cloned().map(cut).collect();
    for row in tables.iter().skip(1).filter(|row| row.len() > 2).cloned().map(cut) {
        assert!(held.contains(&row), "{kind}.xlsx lacks {row:?}");
    }
}
