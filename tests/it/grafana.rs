//! Dashboards, rules and the stack around them: what is shipped is what the source gives, legal, and shows
//! something.
//!
//! Prometheus, promtool and amtool are those of Debian, types those that Grafana publishes; a part that is
//! not there is told, and fails in CI.

mod lint;
mod live;
mod rules;
mod stack;
mod types;

use std::path::PathBuf;
use std::process::Command;

use lantian::dashboard::{self, Language};
use serde_json::Value;

use crate::parts::{part, root};

/// Where the dashboards of a language lie.
fn folder(language: Language) -> PathBuf {
    match language {
        Language::Zh => root().join("dashboards"),
        Language::En => root().join("dashboards/en"),
    }
}

const LANGUAGES: [Language; 2] = [Language::Zh, Language::En];

/// Every shipped dashboard with its name, such as `city zh`.
fn shipped() -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for language in LANGUAGES {
        for file in dashboard::all(language) {
            let text = std::fs::read_to_string(folder(language).join(&file.name)).unwrap();
            let name = format!("{} {language:?}", file.name);
            all.push((name, serde_json::from_str(&text).unwrap()));
        }
    }
    all
}

fn list(of: &Value) -> &[Value] {
    of.as_array().map_or(&[], Vec::as_slice)
}

fn text(of: &Value) -> &str {
    of.as_str().unwrap_or_default()
}

/// Every panel with the name of its dashboard and its title.
fn panels(all: &[(String, Value)]) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    for (name, dashboard) in all {
        for panel in list(&dashboard["panels"]) {
            found.push((format!("{name}: {}", text(&panel["title"])), panel));
        }
    }
    found
}

/// A program of Debian.
fn debian(program: &str) -> Option<Command> {
    part(PathBuf::from("/usr/bin").join(program)).map(Command::new)
}

/// Runs a program; it has to end well.
fn ends_well(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
    said
}

#[test]
fn shipped_dashboards_are_what_the_source_gives() {
    for language in LANGUAGES {
        let made = dashboard::all(language);
        for file in &made {
            let shipped = std::fs::read_to_string(folder(language).join(&file.name));
            let anew = "write them anew: cargo run -- dashboards --to dashboards && \
                        cargo run -- dashboards --to dashboards/en --lang en";
            assert!(shipped.is_ok_and(|text| text == file.text), "{}: {anew}", file.name);
        }
        let there = std::fs::read_dir(folder(language)).unwrap();
        let there = there.filter(|entry| {
            let path = entry.as_ref().unwrap().path();
            path.extension().is_some_and(|ending| ending == "json")
        });
        assert_eq!(there.count(), made.len(), "a dashboard that nobody makes");
    }
}

#[test]
fn the_command_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("new").display().to_string();
    let (code, said) = crate::life::lantian(&["dashboards", "--to", &to, "--lang", "en"]);
    assert_eq!(code, Some(0), "{said}");
    for file in dashboard::all(Language::En) {
        let written = std::fs::read_to_string(folder.path().join("new").join(&file.name));
        assert_eq!(written.unwrap(), file.text);
    }
    let (code, said) = crate::life::lantian(&["dashboards", "--to", &to, "--lang", "fr"]);
    assert_eq!(code, Some(1), "{said}");
}

/// What is asked does not depend on the language, and each language is written in its own letters.
#[test]
fn both_languages_ask_the_same() {
    let is_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let made = |language| -> Vec<Value> {
        let parse = |file: dashboard::File| serde_json::from_str(&file.text).unwrap();
        dashboard::all(language).into_iter().map(parse).collect()
    };
    for (zh, en) in made(Language::Zh).iter().zip(&made(Language::En)) {
        assert_ne!(zh["uid"], en["uid"]);
        let both = list(&zh["panels"]).iter().zip(list(&en["panels"]));
        assert_eq!(list(&zh["panels"]).len(), list(&en["panels"]).len());
        for (zh, en) in both {
            assert_eq!(zh["gridPos"], en["gridPos"]);
            for key in ["title", "description"] {
                let (zh, en) = (text(&zh[key]), text(&en[key]));
                assert!(!is_chinese(en), "{en}");
                let is_name = zh.is_ascii() || is_chinese(zh);
                assert!(is_name && !zh.contains(", "), "{zh}");
            }
            for (zh, en) in list(&zh["targets"]).iter().zip(list(&en["targets"])) {
                assert_eq!((&zh["expr"], &zh["url"]), (&en["expr"], &en["url"]));
                assert_eq!(zh["root_selector"], en["root_selector"]);
            }
        }
    }
}
