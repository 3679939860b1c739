//! The words of a message: from what a notice is about to title, text and text message.
//!
//! In: a [`Try`], who gets it, the templates. Out: a [`Letter`].
//!
//! Invariants: who gets a message alone gets it in their own language, a group in Chinese; a drill, and
//! simulated air, say so first; a template of one's own that cannot be filled in for a notice is replaced by
//! the built-in one, since a message that is not sent is worse than one in other words.
//!
//! Source: terms.md (messages); issue 7, Build 5.

use std::collections::BTreeMap;
use std::path::Path;

use minijinja::{Environment, UndefinedBehavior};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Contact, Letter};
use crate::notification::{Cause, Message, Notice, NoticeKind, NoticeRules, Roster, Round, Try};
use crate::time::Instant;
use crate::warning::{Change, Issue, Level, moment_zh};

/// The words of one kind of notice.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wording {
    #[serde(default)]
    title: String,
    text: String,
    #[serde(default)]
    short: String,
}

type Words = BTreeMap<String, Wording>;

const BUILT_IN: [(&str, &str); 2] = [
    ("zh.toml", include_str!("../../config/templates/notice/zh.toml")),
    ("en.toml", include_str!("../../config/templates/notice/en.toml")),
];
/// The section whose text follows that of every kind.
const CLOSING: &str = "closing";

/// The words of messages, in Chinese and English.
#[derive(Clone, Debug)]
pub struct Templates {
    own: [Words; 2],
    built_in: [Words; 2],
}

/// Beside the message: what it is worded with.
#[derive(Clone, Copy, Debug)]
pub struct Worded<'a> {
    /// What people call the area.
    pub area: &'a str,
    /// For the names of people, and whether a word is waited for.
    pub rules: &'a NoticeRules,
    /// How people are reached.
    pub contacts: &'a BTreeMap<String, Contact>,
    /// Whether the air is simulated.
    pub simulated: bool,
    /// The link by which the one who gets it says that they have read it.
    pub link: Option<&'a str>,
    /// When it is sent, by the wall clock.
    pub at: Instant,
}

impl Templates {
    /// The built-in ones, replaced by those of a directory, kind by kind.
    ///
    /// # Errors
    /// The first file or template that cannot be read or filled in, and why.
    pub fn load(directory: Option<&Path>) -> Result<Self, String> {
        let built_in = [words(BUILT_IN[0].1)?, words(BUILT_IN[1].1)?];
        let mut own = built_in.clone();
        for ((name, _), own) in BUILT_IN.iter().zip(&mut own) {
            let Some(file) = directory.map(|directory| directory.join(name)) else { continue };
            if !file.is_file() {
                continue;
            }
            let at = |reason: String| format!("{}: {reason}", file.display());
            let written = std::fs::read_to_string(&file).map_err(|e| at(e.to_string()))?;
            own.extend(words(&written).map_err(at)?);
        }
        if let Some(directory) = directory.filter(|directory| !directory.is_dir()) {
            return Err(format!("{}: no such directory", directory.display()));
        }
        Ok(Self { own, built_in })
    }

    /// A message in words.
    #[must_use]
    pub fn letter(&self, of: &Try, with: &Worded<'_>) -> Letter {
        let english =
            of.message.person.as_ref().is_some_and(|id| {
                with.rules.roster.person(id).is_some_and(|person| person.english)
            });
        let values = values(&of.message, &of.notice, with, english);
        let language = usize::from(english);
        let kind = of.notice.kind().name();
        let worded = fill(&self.own[language], kind, &values).or_else(|fault| {
            tracing::error!(
                kind,
                fault,
                "a template cannot be filled in: the built-in one is used"
            );
            fill(&self.built_in[language], kind, &values)
        });
        // The built-in ones can be: a test says so for every kind.
        let [title, text, short] = worded.unwrap_or_default();
        let ids = of.message.person.iter().chain(&of.message.mentions);
        let to = ids.filter_map(|id| with.contacts.get(id)).cloned().collect();
        Letter {
            key: of.message.key.clone(),
            kind: kind.to_owned(),
            variables: variables(&of.notice, &values, &short),
            body: body(of, with, (&title, &text)),
            title,
            text,
            short,
            to,
            at: with.at,
        }
    }

    /// Why a notice cannot be put into one's own words; for `check`.
    ///
    /// # Errors
    /// The kind and what is wrong, for the first of them.
    pub fn check(&self, of: &Try, with: &Worded<'_>) -> Result<(), String> {
        for (language, own) in self.own.iter().enumerate() {
            let values = values(&of.message, &of.notice, with, language == 1);
            let (kind, file) = (of.notice.kind().name(), BUILT_IN[language].0);
            fill(own, kind, &values).map_err(|reason| format!("{file}: {kind}: {reason}"))?;
        }
        Ok(())
    }
}

fn words(written: &str) -> Result<Words, String> {
    let words: Words = toml::from_str(written).map_err(|e| e.message().to_owned())?;
    let known =
        |name: &str| name == CLOSING || NoticeKind::ALL.into_iter().any(|kind| kind.name() == name);
    match words.keys().find(|name| !known(name)) {
        Some(unknown) => Err(format!("[{unknown}] is no kind of notice")),
        None => Ok(words),
    }
}

/// Title, text and text message of a kind.
fn fill(words: &Words, kind: &str, values: &Value) -> Result<[String; 3], String> {
    let values = minijinja::Value::from(minijinja::value::Serde(values));
    let mut jinja = Environment::new();
    jinja.set_undefined_behavior(UndefinedBehavior::Strict);
    let render = |what: &str, template: &str| {
        jinja.render_str(template.trim_start_matches('\n'), &values).map_err(|e| {
            let detail = e.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
            format!("{what}: {}{detail}", e.kind())
        })
    };
    let wording = words.get(kind).ok_or("is missing")?;
    let closing = words.get(CLOSING).map_or("", |closing| closing.text.as_str());
    let text = render("text", &wording.text)?.trim_end().to_owned();
    let text = text + render("closing", &format!("\n{closing}"))?.trim_end();
    let one_line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let title = one_line(render("title", &wording.title)?);
    Ok([title, text, one_line(render("short", &wording.short)?)])
}

/// The names that templates may use.
fn values(message: &Message, notice: &Notice, with: &Worded<'_>, english: bool) -> Value {
    let names = message.person.iter().chain(&message.mentions);
    let names: Vec<&str> = names.map(|id| with.rules.roster.name(id)).collect();
    let (round, n) = match message.round {
        Round::First => ("first", 0),
        Round::Repeat(n) => ("repeat", n),
        Round::Step(n) => ("step", n),
        Round::End => ("end", 0),
    };
    let prefix = match (notice.drill.is_some(), with.simulated, english) {
        (true, _, false) => "【演练】",
        (true, _, true) => "[DRILL] ",
        (false, true, false) => "【模拟数据】",
        (false, true, true) => "[SIMULATED] ",
        (false, false, _) => "",
    };
    // At the end all of it is told; before, what lasts.
    let told = notice.matters.iter().filter(|m| round == "end" || !m.over || notice.is_over());
    let unread: Vec<&str> = notice.unread().map(|id| with.rules.roster.name(id)).collect();
    let asks = with
        .rules
        .route(notice.first())
        .is_some_and(|route| route.acknowledge != crate::notification::Acknowledge::None);
    json!({
        "area": with.area,
        "number": notice.number,
        "kind_zh": notice.kind().text_zh(),
        "prefix": prefix,
        "round": round,
        "n": n,
        "to": names.join(if english { ", " } else { "、" }),
        "unread": unread.join(if english { ", " } else { "、" }),
        "asks": asks,
        "link": with.link.unwrap_or_default(),
        "facts": told.map(|m| facts(&m.cause, &with.rules.roster)).collect::<Vec<_>>(),
    })
}

/// What a cause holds, under the names of its JSON, with its words beside.
fn facts(cause: &Cause, roster: &Roster) -> Value {
    let bare = |text: String| text.trim_end_matches(['。', '.']).to_owned();
    let mut facts = match serde_json::to_value(cause) {
        Ok(Value::Object(facts)) => facts,
        _ => Map::new(), // a cause is a table
    };
    let mut add = |name: &str, text: String| facts.insert(name.to_owned(), Value::String(text));
    add("text", bare(cause.text_zh(roster)));
    add("text_en", bare(cause.text_en(roster)));
    match cause {
        Cause::Recommended { recommendation, .. } => {
            let what = recommendation.target.level().map_or("", Level::text_zh);
            let brief = match recommendation.change {
                Change::Start => format!("建议启动重污染天气{what}预警"),
                Change::Upgrade => format!("建议将重污染天气预警升级为{what}"),
                Change::Downgrade => format!("建议将重污染天气预警降级为{what}"),
                Change::Lift => "建议解除重污染天气预警".to_owned(),
            };
            add("brief", brief);
        }
        Cause::Issued { issue, .. } | Cause::Dispatch { issue, .. } => {
            for (name, text) in of_issue(issue) {
                add(name, text);
            }
        }
        Cause::Advised { advisory, .. } => {
            add("sort_zh", advisory.sort.text_zh().to_owned());
        }
        Cause::Alarm { since, .. } => {
            add("since_zh", moment_zh(*since));
        }
        Cause::Item { item, .. } => {
            add("text", item.text_zh());
            add("item_zh", item.fixed.text_zh().to_owned());
            add("due_zh", moment_zh(item.due));
            add("due_en", moment_en(item.due));
        }
        Cause::Signed { .. } | Cause::Undelivered { .. } | Cause::Tested { .. } => {}
    }
    Value::Object(facts)
}

/// `2026-12-01 04:00`, Beijing time.
fn moment_en(at: Instant) -> String {
    at.to_string().replace('T', " ").chars().take(16).collect()
}

fn of_issue(issue: &Issue) -> [(&'static str, String); 8] {
    let level = issue.target.level();
    let english = |level: Option<Level>| match level {
        Some(Level::Yellow) => "Yellow",
        Some(Level::Orange) => "Orange",
        Some(Level::Red) => "Red",
        None => "",
    };
    let rank = match issue.response {
        Some(Level::Yellow) => "III",
        Some(Level::Orange) => "II",
        Some(Level::Red) => "I",
        None => "",
    };
    let color = level.map_or("", Level::text_zh).to_owned();
    let response = issue.response.map_or("", Level::response_zh).to_owned();
    [
        ("level_zh", color),
        ("level_en", english(level).to_owned()),
        ("response_zh", response),
        ("response_en", rank.to_owned()),
        ("effective_zh", moment_zh(issue.effective_from)),
        ("effective_en", moment_en(issue.effective_from)),
        ("issued_zh", moment_zh(issue.issued)),
        ("issued_en", moment_en(issue.issued)),
    ]
}

/// What templates of a gateway may be filled with: one text each.
fn variables(notice: &Notice, values: &Value, short: &str) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let top = values.as_object().into_iter().flatten();
    let first = values["facts"][0].as_object().into_iter().flatten();
    let named = top.chain(first).filter_map(|(name, value)| Some((name.clone(), text(value)?)));
    let mut found: BTreeMap<String, String> = named.collect();
    found.insert("kind".to_owned(), notice.kind().name().to_owned());
    found.insert("short".to_owned(), short.to_owned());
    found
}

/// What a program gets.
fn body(of: &Try, with: &Worded<'_>, (title, text): (&str, &str)) -> Value {
    let Try { area, number, attempt, message, notice } = of;
    let causes = notice.matters.iter().map(|m| {
        let what = facts(&m.cause, &with.rules.roster);
        json!({ "at": m.at.to_string(), "over": m.over, "what": what })
    });
    json!({
        "key": message.key,
        "area": area.as_str(),
        "area_name": with.area,
        "notice": notice.number,
        "message": number,
        "attempt": attempt,
        "kind": notice.kind().name(),
        "kind_zh": notice.kind().text_zh(),
        "round": message.round,
        "at": notice.at.to_string(),
        "drill": notice.drill,
        "simulated": with.simulated,
        "title": title,
        "text": text,
        "to": message.person.iter().chain(&message.mentions).collect::<Vec<_>>(),
        "link": with.link,
        "causes": causes.collect::<Vec<_>>(),
    })
}
