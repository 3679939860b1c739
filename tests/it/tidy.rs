//! The style of this repository as a failing test: who may import whom, sizes, words, places.
//!
//! The tables here are the rule. A module that is not in [`MODULES`] cannot exist; an exception
//! stands in a list with its reason.

mod source;

use std::collections::{BTreeMap, BTreeSet};

use source::{code, code_spans, files, functions, imports, read, root, rust_files, without_tests};

/// Where a module stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    /// The vocabulary.
    Words,
    /// Decides; no IO, clock, async, threads, randomness.
    Science,
    /// Acts.
    Shell,
}
use Layer::{Science, Shell, Words};

/// Every module in data-flow order, with the shell modules it may import beside what all of its
/// layer may: words and science import what stands above them; the shell imports all of these,
/// `clock` and `telemetry`.
const MODULES: [(&str, Layer, &[&str]); 32] = [
    ("time", Words, &[]),
    ("quantity", Words, &[]),
    ("observation", Words, &[]),
    ("average", Science, &[]),
    ("quality", Science, &[]),
    ("standard", Science, &[]),
    ("index", Science, &[]),
    ("area", Science, &[]),
    ("reconciliation", Science, &[]),
    ("explanation", Science, &[]),
    ("simulation", Science, &[]),
    ("assessment", Science, &[]),
    ("outlook", Science, &[]),
    ("warning", Science, &[]),
    ("measures", Science, &[]),
    ("duty", Science, &[]),
    ("report", Science, &[]),
    ("notification", Science, &[]),
    ("pipeline", Science, &[]),
    ("clock", Shell, &[]),
    ("telemetry", Shell, &[]),
    ("dashboard", Shell, &[]),
    ("ingest", Shell, &[]),
    ("store", Shell, &[]),
    ("replay", Shell, &["store", "ingest"]),
    ("workbook", Shell, &[]),
    ("paper", Shell, &[]),
    ("delivery", Shell, &[]),
    ("http", Shell, &[]),
    // Composes the parameters of all others, and reads the lists of stations.
    ("config", Shell, &["ingest", "store", "replay", "workbook", "delivery", "http"]),
    ("app", Shell, &["ingest", "store", "replay", "workbook", "delivery", "http", "config"]),
    (
        "command",
        Shell,
        &[
            "dashboard",
            "ingest",
            "store",
            "replay",
            "workbook",
            "paper",
            "delivery",
            "http",
            "config",
            "app",
        ],
    ),
];
/// Imported by every shell module.
const SERVICES: [&str; 2] = ["clock", "telemetry"];

const FILE_MAX_LINES: usize = 500;
/// Files that may have up to 700 lines, each with its reason.
const LONG_FILES: [(&str, &str); 0] = [];
const LONG_FILE_MAX_LINES: usize = 700;
const FUNCTION_MAX_LINES: usize = 70;
const LINE_MAX_CHARS: usize = 100;
/// For lines that hold only a comment.
const COMMENT_MAX_CHARS: usize = 110;

/// What the core must not do.
const CORE_BANNED: [&str; 13] = [
    "tokio",
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "std::process",
    "HashMap",
    "HashSet",
    "async fn",
    "Instant::now",
    "SystemTime",
    "getrandom",
    "rusqlite",
];

/// Left over from work; put together here so that this file does not hold them.
const LEFT_OVER: [&str; 6] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("db", "g!("),
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
];

/// Places of somebody's machine, and hosts of package mirrors.
const PLACES: [&str; 9] = [
    concat!("/wo", "rk/"),
    concat!("/tm", "p/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("index.cra", "tes.io"),
    concat!("static.cra", "tes.io"),
    concat!("deb.deb", "ian.org"),
    concat!("py", "pi.org"),
];

/// Fixed by the user; a dot-file must be one of these too.
const TOP_LEVEL: [&str; 15] = [
    "Cargo.toml",
    "src",
    "config",
    "dashboards",
    "seeds",
    "tests",
    "benches",
    "README.md",
    "Cargo.lock",
    "LICENSE",
    ".ci",
    ".clippy.toml",
    ".rustfmt.toml",
    ".deny.toml",
    ".gitignore",
];

/// Texts that are looked through; others are data.
const TEXT_ENDINGS: [&str; 12] =
    ["rs", "toml", "md", "conf", "service", "sql", "json", "html", "css", "js", "yml", "csv"];

/// The module a file of `src/` belongs to; `None` for `lib.rs` and `main.rs`.
fn module_of(name: &str) -> Option<&str> {
    let inner = name.strip_prefix("src/")?;
    let module = inner.split('/').next()?.trim_end_matches(".rs");
    (!matches!(module, "lib" | "main")).then_some(module)
}

fn layer_of(module: &str) -> Option<Layer> {
    MODULES.iter().find(|(name, ..)| *name == module).map(|(_, layer, _)| *layer)
}

/// Which modules a module may import.
fn allowed(module: &str) -> BTreeSet<&'static str> {
    let at = MODULES.iter().position(|(name, ..)| *name == module);
    let at = at.unwrap_or_else(|| panic!("module {module} is not in the table"));
    let (name, layer, more) = MODULES[at];
    let core = MODULES.iter().take_while(|(_, layer, _)| *layer != Shell).map(|(name, ..)| *name);
    match layer {
        Words | Science => core.take(at + 1).collect(),
        Shell => core.chain(SERVICES).chain(more.iter().copied()).chain([name]).collect(),
    }
}

/// Fails with every line of what was found.
fn assert_none(found: &[String]) {
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for (name, text) in rust_files("src/") {
        let Some(module) = module_of(&name) else { continue };
        let code: String =
            without_tests(&name, &text).iter().map(|line| code(line).to_owned() + "\n").collect();
        let allowed = allowed(module);
        for import in imports(&code) {
            if layer_of(&import).is_some() && !allowed.contains(import.as_str()) {
                wrong.push(format!("{name}: {module} must not import {import}"));
            } else if layer_of(&import).is_none() {
                wrong.push(format!("{name}: crate::{import} is no module of the table"));
            }
        }
        let depth = name.matches('/').count();
        if code.contains(&format!("{}::", vec!["super"; depth].join("::"))) {
            wrong.push(format!("{name}: `super` leaves the module: write crate::"));
        }
    }
    assert_none(&wrong);
}

#[test]
fn the_crate_declares_its_modules_in_the_order_of_the_table() {
    let lib = read("src/lib.rs");
    let declared: Vec<&str> =
        lib.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let place = |module: &&str| MODULES.iter().position(|(name, ..)| name == module);
    let places: Vec<_> = declared.iter().map(|module| (place(module), *module)).collect();
    assert!(places.iter().all(|(place, _)| place.is_some()), "not in the table: {places:?}");
    assert!(places.is_sorted(), "order in src/lib.rs: {declared:?}");
    let layers: Vec<_> = MODULES.iter().map(|(_, layer, _)| *layer).collect();
    assert!(layers.is_sorted(), "the layers of the table");
    let present: BTreeSet<_> =
        files().iter().filter_map(|name| module_of(name)).map(str::to_owned).collect();
    let declared: BTreeSet<_> = declared.into_iter().map(str::to_owned).collect();
    assert_eq!(present, declared, "modules on disk and in src/lib.rs");
}

#[test]
fn the_core_does_nothing_but_compute() {
    let mut wrong = Vec::new();
    for (name, text) in rust_files("src/") {
        let is_core = module_of(&name).and_then(layer_of).is_some_and(|layer| layer != Shell);
        if !is_core {
            continue;
        }
        for (number, line) in without_tests(&name, &text).iter().enumerate() {
            for word in CORE_BANNED.iter().filter(|word| code(line).contains(**word)) {
                wrong.push(format!("{name}:{}: `{word}` in the core", number + 1));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn files_are_short() {
    let mut wrong = Vec::new();
    for (name, text) in rust_files("") {
        let lines = without_tests(&name, &text).len();
        let entry = LONG_FILES.iter().any(|(long, _)| *long == name);
        let most = if entry { LONG_FILE_MAX_LINES } else { FILE_MAX_LINES };
        if lines > most {
            wrong.push(format!("{name}: {lines} lines without tests, at most {most}"));
        }
        if entry && lines <= FILE_MAX_LINES {
            wrong.push(format!("{name}: needs no entry in LONG_FILES any more"));
        }
    }
    assert_none(&wrong);
}

#[test]
fn functions_are_short() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (file, text) in rust_files("") {
        for (line, name, length) in functions(&text) {
            seen += 1;
            if length > FUNCTION_MAX_LINES {
                wrong.push(format!("{file}:{line}: fn {name} has {length} lines"));
            }
        }
    }
    assert!(seen > 100, "only {seen} functions found");
    assert_none(&wrong);
}

#[test]
fn lines_are_narrow() {
    let mut wrong = Vec::new();
    for (name, text) in rust_files("") {
        for (number, line) in text.lines().enumerate() {
            let width = line.chars().count();
            let comment = line.trim_start().starts_with("//");
            let most = if comment { COMMENT_MAX_CHARS } else { LINE_MAX_CHARS };
            if width > most {
                wrong.push(format!("{name}:{}: {width} characters", number + 1));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn every_file_says_first_what_it_is() {
    let headless = |(_, text): &(String, String)| !text.starts_with("//! ");
    let all = ["src/", "tests/", "benches/"].map(rust_files).concat();
    let found: Vec<String> =
        all.into_iter().filter(headless).map(|(name, _)| format!("{name}: no //! head")).collect();
    assert_none(&found);
}

/// The texts of the repository by name; the licence and the lock file are not ours.
fn texts() -> BTreeMap<String, String> {
    let ours = |name: &String| {
        let ending = name.rsplit('.').next().unwrap_or_default();
        name != "Cargo.lock" && (TEXT_ENDINGS.contains(&ending) || name.starts_with(".ci/"))
    };
    files().into_iter().filter(ours).map(|name| (name.clone(), read(&name))).collect()
}

/// Every line in which one of `words` stands.
fn lines_with(words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in texts() {
        for (number, line) in text.lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(**word)) {
                found.push(format!("{name}:{}: `{word}`", number + 1));
            }
        }
    }
    found
}

#[test]
fn nothing_is_left_over() {
    assert_none(&lines_with(&LEFT_OVER));
}

#[test]
fn no_line_names_a_machine_or_a_mirror() {
    assert_none(&lines_with(&PLACES));
}

#[test]
fn the_top_level_holds_only_what_was_agreed() {
    let top: BTreeSet<String> =
        files().iter().filter_map(|f| f.split('/').next()).map(str::to_owned).collect();
    let strange: Vec<_> =
        top.into_iter().filter(|name| !TOP_LEVEL.contains(&name.as_str())).collect();
    assert_none(&strange);
}

#[test]
fn no_recorded_data_is_committed() {
    let packed = ["gz", "zip", "xz", "zst", "sqlite", "parquet"];
    let is_data = |name: &String| packed.contains(&name.rsplit('.').next().unwrap_or_default());
    let found: Vec<String> = files().into_iter().filter(is_data).collect();
    assert_none(&found);
}

#[test]
fn paths_in_the_readme_exist() {
    let spans = code_spans(&read("README.md"));
    let is_path = |span: &&String| {
        let first = span.split('/').next().unwrap_or_default();
        TOP_LEVEL.contains(&first) && !span.contains(char::is_whitespace)
    };
    let paths: Vec<_> = spans.iter().filter(is_path).collect();
    assert!(paths.len() >= 5, "only {paths:?}");
    let missing: Vec<String> =
        paths.into_iter().filter(|path| !root().join(path).exists()).cloned().collect();
    assert_none(&missing);
}

#[test]
fn the_readme_names_every_module() {
    let spans = code_spans(&read("README.md"));
    let lib = read("src/lib.rs");
    let declared = lib.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';'));
    let unnamed: Vec<String> =
        declared.filter(|m| !spans.iter().any(|s| s == m)).map(str::to_owned).collect();
    assert_none(&unnamed);
}

#[test]
fn the_core_may_not_import_the_shell_nor_look_down() {
    assert!(!allowed("average").contains("pipeline") && allowed("average").contains("time"));
    for (name, layer, _) in MODULES {
        let shell = allowed(name).into_iter().any(|m| layer_of(m) == Some(Shell));
        assert_eq!(shell, layer == Shell, "{name}");
    }
    assert!(!allowed("http").contains("store") && !allowed("ingest").contains("config"));
}
