//! Texts within a receiver's limits, and reasons without secrets.

use std::collections::BTreeSet;

use super::{Contact, Letter};
use crate::telemetry::Secret;

/// The last line of a text that was cut.
const CUT: &str = "（内容过长，全文见系统）";
/// Longest reason, in characters.
const REASON_MAX: usize = 300;
/// A shorter part of an address is no key, and to hide it would make holes in words.
const PART_MIN_BYTES: usize = 8;

/// Title, who is called, and text, in at most `max` bytes; what is too much is cut off the text.
///
/// A keyword that does not stand there is added to the title.
pub(super) fn message(letter: &Letter, called: &str, keyword: Option<&str>, max: usize) -> String {
    let written = joined(&letter.title, called, &letter.text, max);
    match keyword.filter(|keyword| !written.contains(*keyword)) {
        None => written,
        Some(keyword) => joined(&format!("{} {keyword}", letter.title), called, &letter.text, max),
    }
}

fn joined(title: &str, called: &str, text: &str, max: usize) -> String {
    let parts = [title, called].into_iter().filter(|part| !part.is_empty());
    let head = parts.collect::<Vec<_>>().join("\n");
    let whole = if text.is_empty() { head } else { format!("{head}\n{text}") };
    if whole.len() <= max {
        return whole;
    }
    let room = max.saturating_sub(CUT.len() + 1);
    format!("{}\n{CUT}", whole[..whole.floor_char_boundary(room)].trim_end())
}

/// Builds a body of at most `max` bytes, by allowing its text as many as that leaves.
///
/// What a text takes in JSON is known only when it is written: a line break takes two bytes.
pub(super) fn fitting(max: usize, build: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let whole = build(max);
    if whole.len() <= max {
        return whole;
    }
    let (mut fits, mut exceeds) = (0, max);
    while exceeds - fits > 1 {
        let between = fits.midpoint(exceeds);
        if build(between).len() <= max {
            fits = between;
        } else {
            exceeds = between;
        }
    }
    build(fits)
}

/// At most `max` characters, the last one an ellipsis when something was cut.
pub(super) fn shortened(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max.saturating_sub(1)).collect();
    kept + "…"
}

/// How each person is called: by what `call` makes of the contact, else by name.
pub(super) fn called(to: &[Contact], call: impl Fn(&Contact) -> Option<String>) -> String {
    let words = to.iter().map(|c| call(c).unwrap_or_else(|| format!("@{}", c.name)));
    words.collect::<Vec<_>>().join(" ")
}

/// Takes out of reasons what must not be told.
pub(super) struct Scrubber(Vec<String>);

impl Scrubber {
    /// Each secret as a whole, and of an address also the parts in which its key stands.
    pub(super) fn new(secrets: Vec<&Secret>) -> Self {
        let mut hidden = BTreeSet::new();
        for secret in secrets {
            hidden.insert(secret.expose().to_owned());
            hidden.extend(parts(secret.expose()).map(str::to_owned));
        }
        // The longest first: one may hold another.
        let mut hidden: Vec<String> = hidden.into_iter().filter(|text| !text.is_empty()).collect();
        hidden.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self(hidden)
    }

    /// One line of at most 300 characters without any of them.
    pub(super) fn clean(&self, reason: &str) -> String {
        let mut text = reason.to_owned();
        for secret in &self.0 {
            text = text.replace(secret, "***");
        }
        let words = text.split(|c: char| c.is_whitespace() || c.is_control());
        let line = words.filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
        shortened(&line, REASON_MAX)
    }
}

/// Login, path and query of an address, the values of the query, and the end of the path.
fn parts(address: &str) -> impl Iterator<Item = &str> {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let (host, whole) = rest.split_once('/').unwrap_or((rest, ""));
    let login = host.rsplit_once('@').map(|(login, _)| login);
    let (path, query) = whole.split_once('?').unwrap_or((whole, ""));
    let values = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(_, value)| value);
    let parts = login.into_iter().chain([whole]).chain(path.rsplit('/').next()).chain(values);
    parts.filter(|part| part.len() >= PART_MIN_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_without_secrets() {
        let address = "https://u:hunter2pw@x.cn/send/aaaabbbbcccc?key=0123456789&v=2";
        let secrets = [Secret::new(address), Secret::new("SEC"), Secret::new("")];
        let scrubber = Scrubber::new(secrets.iter().collect());
        for (told, clean) in [
            (format!("no {address}\r\n"), "no ***"),
            ("wrong\tkey 0123456789, /send/aaaabbbbcccc".to_owned(), "wrong key ***, /send/***"),
            ("u:hunter2pw by SECOND".to_owned(), "*** by ***OND"),
            ("v=2 is old\u{0}".to_owned(), "v=2 is old"),
        ] {
            assert_eq!(scrubber.clean(&told), clean);
        }
        let long = scrubber.clean(&"错".repeat(301));
        assert_eq!((long.chars().count(), long.ends_with('…')), (300, true));
    }

    #[test]
    fn a_body_takes_as_much_as_fits() {
        // Two bytes for each allowed, and four around.
        let build = |allowed: usize| vec![0; 2 * allowed.min(500) + 4];
        assert_eq!(fitting(2000, build).len(), 1004);
        for max in [5, 6, 103, 104, 1003] {
            let size = fitting(max, build).len();
            assert!(size <= max && size + 2 > max, "{size} of {max}");
        }
    }
}
