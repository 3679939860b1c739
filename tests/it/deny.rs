//! Which packages may stand in the tree, under which licences, from where.
//!
//! The same as `cargo deny check bans licenses sources` by `.deny.toml`, for machines without that
//! tool.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Packages that bring their own cryptography or a C library that must be found: rustls with ring
/// is used.
const BANNED: [&str; 5] = ["aws-lc-rs", "aws-lc-sys", "openssl", "openssl-sys", "native-tls"];

/// A list of texts in `.deny.toml`.
fn listed(section: &str, key: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".deny.toml");
    let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let items = table[section][key].as_array().unwrap().iter();
    // An entry is a text, or a table that names its subject and the reason.
    let text = |item: &toml::Value| {
        let subject = item.as_str().or_else(|| item.get("crate")?.as_str());
        subject.or_else(|| item.get("id")?.as_str()).unwrap().to_owned()
    };
    items.map(text).collect()
}

/// Every package in the tree, for all platforms and features.
fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["metadata", "--format-version", "1", "--locked", "--all-features"];
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// Whether a licence expression can be met with the licences allowed: OR binds weaker than AND.
fn is_met(expression: &str, allowed: &[String]) -> bool {
    let any = split(expression, &[" OR ", "/"]);
    if any.len() > 1 {
        return any.iter().any(|part| is_met(part, allowed));
    }
    let all = split(expression, &[" AND "]);
    if all.len() > 1 {
        return all.iter().all(|part| is_met(part, allowed));
    }
    let bare = expression.trim();
    match bare.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => is_met(inner, allowed),
        None => allowed.iter().any(|licence| licence == bare),
    }
}

/// The parts between separators that stand outside of parentheses.
fn split<'a>(expression: &'a str, separators: &[&str]) -> Vec<&'a str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, c) in expression.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && at >= from => {
                let rest = &expression[at..];
                if let Some(separator) = separators.iter().find(|s| rest.starts_with(**s)) {
                    parts.push(&expression[from..at]);
                    from = at + separator.len();
                }
            }
            _ => {}
        }
    }
    parts.push(&expression[from..]);
    parts
}

#[test]
fn no_banned_package_stands_in_the_tree() {
    let listed = listed("bans", "deny");
    assert_eq!(listed, BANNED, ".deny.toml bans the same");
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    let lock = std::fs::read_to_string(lock).unwrap();
    for name in BANNED {
        assert!(!lock.contains(&format!("\nname = \"{name}\"\n")), "{name} is banned");
    }
}

#[test]
fn every_licence_is_allowed() {
    let allowed = listed("licenses", "allow");
    let mut used: Vec<&String> = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        let expression = package["license"].as_str().unwrap_or("none given");
        assert!(is_met(expression, &allowed), "{name}: {expression}");
        used.extend(allowed.iter().filter(|a| expression.contains(a.as_str())));
    }
    let idle = allowed.iter().find(|a| !used.contains(a));
    assert_eq!(idle, None, "allowed, but nothing in the tree has it");
}

#[test]
fn every_package_comes_from_the_one_registry() {
    for package in packages() {
        let source = package["source"].as_str();
        let here = source.is_none() && package["name"] == "lantian";
        let registry = |s: &str| s.starts_with("registry+") && s.ends_with("/crates.io-index");
        assert!(here || source.is_some_and(registry), "{}: {source:?}", package["name"]);
    }
}

#[test]
fn exactly_the_advisories_of_the_design_are_ignored() {
    let expected = [
        "RUSTSEC-2026-0049",
        "RUSTSEC-2026-0098",
        "RUSTSEC-2026-0099",
        "RUSTSEC-2026-0104",
        "RUSTSEC-2025-0134",
    ];
    assert_eq!(listed("advisories", "ignore"), expected);
}

#[test]
fn licence_expressions_are_read_as_written() {
    let allowed = ["MIT".to_owned(), "ISC".to_owned()];
    for met in ["MIT", "MIT OR X", "X/MIT", "X / MIT", "(X OR MIT) AND ISC", "X OR MIT AND ISC"] {
        assert!(is_met(met, &allowed), "{met}");
    }
    for unmet in ["X", "MIT AND X", "(X OR MIT) AND X", "X OR MIT AND X", "none given"] {
        assert!(!is_met(unmet, &allowed), "{unmet}");
    }
}
