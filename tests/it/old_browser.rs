//! Styles and scripts of the page use nothing newer than Chromium 86, which room screens and televisions run.
//!
//! What is newer is told by its spelling; the versions are those of the compatibility tables of MDN.

use std::fs;
use std::path::Path;

use crate::parts::root;

/// What a style sheet must not hold, and the version of Chromium that has it first.
const STYLE: [(&str, u32); 41] = [
    (":has(", 105),
    (":is(", 88),
    (":where(", 88),
    (":user-valid", 119),
    (":user-invalid", 119),
    ("inset:", 87),
    ("inset-", 87),
    ("margin-inline:", 87),
    ("margin-block:", 87),
    ("padding-inline:", 87),
    ("padding-block:", 87),
    ("border-start-", 89),
    ("border-end-", 89),
    ("aspect-ratio:", 88),
    ("accent-color", 93),
    ("scrollbar-gutter", 94),
    ("scrollbar-width", 121),
    ("scrollbar-color", 121),
    ("overflow: clip", 90),
    ("text-wrap", 114),
    ("translate:", 104),
    ("scale:", 104),
    ("rotate:", 104),
    ("color-mix(", 111),
    ("light-dark(", 123),
    ("oklch(", 111),
    ("oklab(", 111),
    ("hwb(", 101),
    ("dvh", 108),
    ("svh", 108),
    ("lvh", 108),
    ("dvw", 108),
    ("subgrid", 117),
    ("container-type", 105),
    ("@container", 105),
    ("@layer", 99),
    ("@scope", 118),
    ("@starting-style", 117),
    ("@counter-style", 91),
    ("forced-colors", 89),
    ("view-transition", 111),
];

/// What a script must not hold.
const SCRIPT: [(&str, u32); 24] = [
    ("structuredClone", 98),
    (".at(", 92),
    (".hasOwn(", 93),
    (".findLast", 97),
    (".toSorted(", 110),
    (".toReversed(", 110),
    (".toSpliced(", 110),
    ("Object.groupBy", 117),
    ("Map.groupBy", 117),
    ("Array.fromAsync", 121),
    ("withResolvers", 119),
    ("randomUUID", 92),
    ("AbortSignal.timeout", 103),
    ("AbortSignal.any", 116),
    ("startViewTransition", 111),
    ("showPopover", 114),
    ("setHTML", 146),
    ("parseHTMLUnsafe", 124),
    ("URL.canParse", 120),
    ("import.meta.resolve", 105),
    ("static {", 94),
    (" in this.#", 91),
    ("scheduler.", 94),
    ("navigation.", 102),
];

/// Without comments, which may speak of anything.
fn code(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    let line = |line: &str| line.split("// ").next().unwrap_or_default().to_owned() + "\n";
    kept.lines().map(line).collect()
}

fn spelt(text: &str, newer: &[(&str, u32)]) -> Vec<String> {
    let code = code(text);
    let begins = |at: usize, word: &str| {
        let wordy = word.starts_with(|c: char| c.is_ascii_alphabetic());
        let before = code[..at].chars().next_back();
        !wordy || !before.is_some_and(|c| c.is_ascii_alphabetic() || c == '-')
    };
    // A number stands before a unit: 100dvh.
    let found = |word: &str| code.match_indices(word).any(|(at, _)| begins(at, word));
    let all = newer.iter().filter(|(word, _)| found(word));
    all.map(|(word, version)| format!("{word} (Chromium {version})")).collect()
}

/// Rules within rules (120), ranges of media (104) and lists within `:not()` (88), which have no spelling.
fn shapes(style: &str) -> Vec<String> {
    let code = code(style);
    let mut open: Vec<bool> = Vec::new();
    let mut faults = Vec::new();
    let mut head = String::new();
    for letter in code.chars() {
        match letter {
            '{' => {
                let (rule, at) = (head.trim(), head.trim().starts_with('@'));
                if open.last().is_some_and(|is_rule| *is_rule) {
                    faults.push(format!("{rule}: nested (Chromium 120)"));
                }
                if at && rule.contains(['<', '>']) {
                    faults.push(format!("{rule}: a range (Chromium 104)"));
                }
                let lists = rule.split(":not(").skip(1);
                if lists.filter_map(|of| of.split(')').next()).any(|of| of.contains(',')) {
                    faults.push(format!("{rule}: a list in :not() (Chromium 88)"));
                }
                open.push(!at);
                head.clear();
            }
            '}' => {
                open.pop();
                head.clear();
            }
            ';' => head.clear(),
            other => head.push(other),
        }
    }
    faults
}

/// The files of the page with this ending, and their texts.
fn files(ending: &str) -> Vec<(String, String)> {
    let folder = root().join("src/http/page");
    let entries = fs::read_dir(folder).expect("the folder of the page");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let of = |path: &Path| path.extension().is_some_and(|e| e == ending);
    let read = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name, fs::read_to_string(path).expect("text"))
    };
    let mut found: Vec<_> = paths.filter(|path| of(path)).map(|path| read(&path)).collect();
    found.sort();
    found
}

#[test]
fn the_page_is_for_browsers_of_2020_too() {
    let (styles, scripts) = (files("css"), files("js"));
    assert!(!styles.is_empty() && !scripts.is_empty());
    for (name, text) in &styles {
        let faults = [spelt(text, &STYLE), shapes(text)].concat();
        assert!(faults.is_empty(), "{name}: {faults:?}");
    }
    for (name, text) in &scripts {
        let faults = spelt(text, &SCRIPT);
        assert!(faults.is_empty(), "{name}: {faults:?}");
    }
    // Attributes that only newer browsers obey.
    for (name, text) in &files("html") {
        for newer in [" popover", " inert", "fetchpriority"] {
            assert!(!text.contains(newer), "{name}: {newer}");
        }
    }
}

#[test]
fn what_is_newer_is_seen() {
    for (style, told) in [
        ("a:has(b) { color: red; }", ":has("),
        (".x { inset: 0; }", "inset:"),
        (".x { height: 100dvh; }", "dvh"),
        ("@layer base { a { color: red; } }", "@layer"),
        (".x { color: red; .y { color: blue; } }", "nested"),
        ("@media (width < 600px) { a { color: red; } }", "range"),
        ("a:not(.b, .c) { color: red; }", "list"),
    ] {
        let faults = [spelt(style, &STYLE), shapes(style)].concat();
        assert!(faults.iter().any(|f| f.contains(told)), "{style}: {faults:?}");
    }
    for style in [
        "@media (max-width: 720px) { a { box-shadow: inset 0 2px red; transform: scale(2); } }",
        "/* :has( is newer */ a > b:not(.c) { outline-offset: -2px; }",
    ] {
        let faults = [spelt(style, &STYLE), shapes(style)].concat();
        assert!(faults.is_empty(), "{style}: {faults:?}");
    }
    assert_eq!(spelt("const last = list.at(-1);", &SCRIPT), [".at( (Chromium 92)"]);
    assert!(spelt("const a = b?.c ?? d.replaceAll('x', 'y');", &SCRIPT).is_empty());
}
