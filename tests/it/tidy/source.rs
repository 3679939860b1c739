//! Sources as text: which files there are, what they import, how long their functions are.
//!
//! By line and by the layout that rustfmt gives, not by a parser: enough for code that is
//! formatted.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file that is committed or about to be, by its path from the root.
pub(super) fn files() -> Vec<String> {
    let git = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root())
        .output();
    let listed = match git {
        Ok(output) if output.status.success() => String::from_utf8(output.stdout).unwrap(),
        _ => walk(&root(), ""),
    };
    let names = listed.split('\0').filter(|name| !name.is_empty());
    let mut found: Vec<String> =
        names.filter(|name| root().join(name).is_file()).map(str::to_owned).collect();
    found.sort();
    assert!(found.iter().any(|name| name == "src/lib.rs"), "no files found");
    found
}

/// The same without git, as in an unpacked archive.
fn walk(directory: &Path, prefix: &str) -> String {
    let mut found = String::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            if name != "target" && name != ".git" {
                found.push_str(&walk(&entry.path(), &format!("{name}/")));
            }
        } else {
            found.push_str(&name);
            found.push('\0');
        }
    }
    found
}

pub(super) fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Rust files below a directory, with their text.
pub(super) fn rust_files(directory: &str) -> Vec<(String, String)> {
    let wanted = |name: &String| name.starts_with(directory) && name.ends_with(".rs");
    files().into_iter().filter(wanted).map(|name| (name.clone(), read(&name))).collect()
}

/// The lines before the tests of a file; none for a file of tests.
pub(super) fn without_tests<'a>(name: &str, text: &'a str) -> Vec<&'a str> {
    if name.ends_with("/tests.rs") {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines.windows(2).position(|pair| {
        pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{')
    });
    lines[..tests.unwrap_or(lines.len())].to_vec()
}

/// A line without its comment. (A `//` inside a text cuts it short, which hides nothing that
/// matters.)
pub(super) fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// The modules of ours that a piece of code names.
pub(super) fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        let rest = &code[at + "crate::".len()..];
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        match rest.strip_prefix('{') {
            None => found.extend(first_word(rest)),
            Some(group) => found.extend(heads(group)),
        }
    }
    found
}

fn first_word(text: &str) -> Option<String> {
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// The first words of the entries of a `{…}` group, whose brace is already open.
fn heads(group: &str) -> Vec<String> {
    let (mut depth, mut from, mut found) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                found.extend(first_word(group[from..at].trim()));
                return found;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.extend(first_word(group[from..at].trim()));
                from = at + 1;
            }
            _ => {}
        }
    }
    found
}

/// Line (from 1), name and length of every function, by the layout that rustfmt gives.
pub(super) fn functions(text: &str) -> Vec<(usize, String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let bare = line.trim_start();
        let Some(name) = function_name(bare) else { continue };
        if bare.ends_with('}') || bare.ends_with(';') {
            continue;
        }
        let indent = &line[..line.len() - bare.len()];
        let end = format!("{indent}}}");
        let bodiless = |l: &&str| l.starts_with(&format!("{indent})")) && l.ends_with(';');
        let last = lines[at..].iter().position(|l| *l == end || bodiless(l));
        let length = last.unwrap_or_else(|| panic!("no end of fn {name}")) + 1;
        found.push((at + 1, name, length));
    }
    found
}

/// The name, when a line begins a function.
fn function_name(line: &str) -> Option<String> {
    let (before, after) = line.split_once("fn ")?;
    let known = |word: &str| {
        matches!(word, "pub" | "const" | "async" | "unsafe" | "extern") || word.starts_with("pub(")
    };
    // `pub(in path)` is two words.
    let words = before.replace("pub(in ", "pub(");
    if !words.split_whitespace().all(known) || !(before.is_empty() || before.ends_with(' ')) {
        return None;
    }
    first_word(after)
}

/// What stands between single backticks, outside of comments and blocks of code.
pub(super) fn code_spans(markdown: &str) -> Vec<String> {
    let mut shown = String::new();
    for (at, part) in markdown.split("<!--").enumerate() {
        let visible = if at == 0 { part } else { part.split_once("-->").map_or("", |p| p.1) };
        shown.push_str(visible);
    }
    let outside: Vec<&str> = shown.split("```").step_by(2).collect();
    let of =
        |text: &&str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    outside.iter().flat_map(of).collect()
}

#[test]
fn imports_are_found_in_every_way_they_are_written() {
    let found =
        imports("use crate::{area::{self, Span}, time::Day, index};\nfn f(a: crate::store::X)");
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["area", "index", "store", "time"]);
    assert!(imports("pub(crate) fn f() { my_crate::x() }").is_empty());
    let mut text = String::new();
    writeln!(text, "use crate::{{\n    area::Span,\n    time::Day,\n}};").unwrap();
    assert_eq!(imports(&text).len(), 2);
}

#[test]
fn functions_are_measured_to_their_last_line() {
    let text = "fn a() {}\npub(crate) async fn b(\n    x: u8,\n) -> u8 {\n    {\n    }\n    x\n}\n\
                trait T {\n    fn c(\n        &self,\n    );\n}\nlet f = |fn_x| 3;\n// fn d(\n";
    assert_eq!(functions(text), [(2, "b".to_owned(), 7), (10, "c".to_owned(), 3)]);
}
