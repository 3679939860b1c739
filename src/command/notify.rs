//! `lantian notify`: how messages read, and whether they arrive.
//!
//! In: a configuration, or none for the built-in words. Out: a message of each kind as it would be sent; or
//! one test message through a channel, and what its receiver said.
//!
//! Invariant: neither needs the daemon, and neither leaves a trace in the store: a test from the page, which
//! does, goes the way of every message.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{ExitError, daemon};
use crate::area::AreaId;
use crate::clock;
use crate::config::{self, Config, NotifyConfig};
use crate::delivery::{Channel, Contact, Letter, SenderConfig, Templates, Worded};
use crate::notification::{
    Acknowledge, NoticeKind, NoticeRules, Outcome, Person, Retry, Roster, Route, Try, samples,
};
use crate::time::Instant;

/// How messages read, and whether they arrive.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// A message of each kind, as it would be sent.
    Preview {
        /// The configuration; without it the built-in words.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Only this kind.
        #[arg(long, value_name = "KIND", value_parser = kind)]
        kind: Option<NoticeKind>,
        /// zh or en.
        #[arg(long, value_name = "LANGUAGE", default_value = "zh", value_parser = ["zh", "en"])]
        language: String,
        /// As in an exercise (应急演练).
        #[arg(long)]
        drill: bool,
    },
    /// One test message through a channel; exit 0 when its receiver took it.
    Test {
        /// The configuration.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// The channel by its name.
        #[arg(long, value_name = "CHANNEL")]
        by: String,
        /// To whom, by the id of the roster; called by name in a group.
        #[arg(long, value_name = "PERSON")]
        to: Option<String>,
    },
}

/// A route on which somebody's word is waited for, of what is usually to be confirmed.
fn confirmed() -> Route {
    let low = [NoticeKind::Advisory, NoticeKind::Quality, NoticeKind::Reminder, NoticeKind::Paper];
    let asks = |kind: &NoticeKind| !low.contains(kind) && *kind != NoticeKind::Test;
    let kinds = NoticeKind::ALL.into_iter().filter(asks);
    Route {
        kinds: kinds.map(|kind| kind.name().to_owned()).collect(),
        send: Vec::new(),
        acknowledge: Acknowledge::One,
        group_s: 0,
        quiet: None,
        repeat: None,
        escalate: Vec::new(),
        tell_end: false,
    }
}

fn kind(name: &str) -> Result<NoticeKind, String> {
    let found = NoticeKind::ALL.into_iter().find(|kind| kind.name() == name);
    found.ok_or_else(|| format!("one of {}", NoticeKind::ALL.map(NoticeKind::name).join(", ")))
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    match &args.what {
        What::Preview { config, kind, language, drill } => {
            let room = Room::of(config.as_deref())?;
            let text = room.preview(*kind, language == "en", *drill);
            out.write_all(text.as_bytes()).map_err(|e| ExitError::Io(e.to_string()))
        }
        What::Test { config, by, to } => test(&Room::of(Some(config))?, by, to.as_deref(), out),
    }
}

/// What messages are worded with.
struct Room {
    area: (AreaId, String),
    simulated: bool,
    notify: NotifyConfig,
}

impl Room {
    fn of(config: Option<&Path>) -> Result<Self, ExitError> {
        let Some(path) = config else { return Self::without_config() };
        let config = config::load(path).map_err(|faults| daemon::faulty(&faults))?;
        let Config { areas, notify, simulated, .. } = config;
        let area = areas.into_iter().map(|a| a.registry).find(|r| !r.is_reference());
        let nobody = || {
            let told = format!("{}: [notify] is missing: nobody is told", path.display());
            ExitError::Config(told)
        };
        let registry = area.ok_or_else(|| ExitError::Config("no area is watched".to_owned()))?;
        let area = (registry.area, registry.name);
        Ok(Self { area, simulated, notify: notify.ok_or_else(nobody)? })
    }

    fn without_config() -> Result<Self, ExitError> {
        let rules = NoticeRules {
            roster: Roster::default(),
            channels: Vec::new(),
            routes: vec![confirmed()],
            inhibitions: Vec::new(),
            retry: Retry::default(),
            stuck_after_min: 60,
            close_after_days: 7,
            live: true,
        };
        let area = AreaId::new("dalian").map(|area| (area, "大连市".to_owned()));
        let templates = Templates::load(None).map_err(ExitError::Internal)?;
        let (contacts, channels) = (BTreeMap::new(), Vec::new());
        let notify =
            NotifyConfig { rules, contacts, channels, templates, links: None, reply_token: None };
        let missing = || ExitError::Internal("no area".to_owned());
        Ok(Self { area: area.ok_or_else(missing)?, simulated: false, notify })
    }

    fn letter(&self, of: &Try, rules: &NoticeRules, at: Instant) -> Letter {
        let (_, name) = &self.area;
        let (simulated, link) = (self.simulated, None);
        let contacts = &self.notify.contacts;
        let with = Worded { area: name, rules, contacts, simulated, link, at };
        self.notify.templates.letter(of, &with)
    }

    fn preview(&self, kind: Option<NoticeKind>, english: bool, drill: bool) -> String {
        let at = clock::now();
        let mut rules = self.notify.rules.clone();
        let person = Person {
            id: "preview".to_owned(),
            name: if english { "Zhang Wei" } else { "张伟" }.to_owned(),
            english,
            roles: Vec::new(),
            reached_by: Vec::new(),
        };
        rules.roster.people.push(person);
        let mut text = String::new();
        for mut of in samples(&self.area.0, "preview", at) {
            if kind.is_some_and(|kind| kind != of.notice.kind()) {
                continue;
            }
            of.notice.drill = drill.then_some(1);
            let letter = self.letter(&of, &rules, at);
            let count = letter.short.chars().count();
            text += &format!(
                "== {} ({})\n{}\n{}\n-- SMS, {count} characters\n{}\n\n",
                letter.kind,
                of.notice.kind().text_zh(),
                letter.title,
                letter.text,
                letter.short,
            );
        }
        text
    }
}

/// Sends one test message, and says what came of it.
fn test(room: &Room, by: &str, to: Option<&str>, out: &mut impl Write) -> Result<(), ExitError> {
    let named = room.notify.channels.iter().find(|channel| channel.name == by);
    let channel = named.ok_or_else(|| {
        let known: Vec<&str> = room.notify.channels.iter().map(|c| c.name.as_str()).collect();
        ExitError::Usage(format!("no channel {by:?} (there are: {})", known.join(", ")))
    })?;
    if matches!(channel.kind, SenderConfig::Mqtt) {
        let told = "mqtt tells the level that is in force, and nothing else: no test goes there";
        return Err(ExitError::Usage(told.to_owned()));
    }
    let rules = &room.notify.rules;
    let person = to.map(|to| {
        let known = rules.roster.person(to).map(|person| person.id.clone());
        known.ok_or_else(|| ExitError::Usage(format!("the roster has nobody called {to:?}")))
    });
    let person = person.transpose()?;
    if channel.kind.kind().is_personal() && person.is_none() {
        return Err(ExitError::Usage(format!("{by} sends to one person each: give --to PERSON")));
    }
    let at = clock::now();
    let tests = samples(&room.area.0, person.as_deref().unwrap_or(""), at);
    let of = tests.into_iter().find(|of| of.notice.kind() == NoticeKind::Test);
    let of = of.ok_or_else(|| ExitError::Internal("no test message".to_owned()))?;
    let mut letter = room.letter(&of, rules, at);
    letter.to = person.iter().filter_map(|id| room.notify.contacts.get(id)).cloned().collect();
    letter.key = format!("{}/test/{}", room.area.0, at.millis());
    send(channel, &letter, out)
}

fn send(
    channel: &crate::delivery::ChannelConfig,
    letter: &Letter,
    out: &mut impl Write,
) -> Result<(), ExitError> {
    let name = &channel.name;
    let made = Channel::new(channel).map_err(|e| ExitError::Config(format!("{name}: {e}")))?;
    let to: Vec<&str> = letter.to.iter().map(|contact: &Contact| contact.name.as_str()).collect();
    match made.send(letter) {
        Outcome::Accepted => {
            let told = format!("{name}: accepted ({}) {}\n", letter.title, to.join(", "));
            out.write_all(told.as_bytes()).map_err(|e| ExitError::Io(e.to_string()))
        }
        Outcome::Unknown => {
            Err(ExitError::Busy(format!("{name}: no answer in time: it may have arrived")))
        }
        outcome => Err(ExitError::Io(format!("{name}: {}: {}", outcome.name(), outcome.reason()))),
    }
}
