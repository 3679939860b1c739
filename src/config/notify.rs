//! `notify_file`: who is told of what by which channel, and how they say that they have read it.
//!
//! In: the file, the roster that it names, secrets from files or the environment. Out: a [`NotifyConfig`]:
//! the rules that decide, and what only the senders know; or every fault by its key. Without the file nobody
//! is told of anything, and `check` says so.
//!
//! Why a file of its own: who is told changes with the room, the rest with the network.

mod channel;
mod roster;
mod route;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

pub use channel::NotifyChannel;

use super::Fault;
use super::rows;
use super::section::{Section, path_from, text};
use crate::area::AreaId;
use crate::delivery::{ChannelConfig, Contact, Templates, Worded};
use crate::notification::{ChannelKind, ChannelRules, NoticeRules, Retry, samples};
use crate::telemetry::Secret;
use crate::time::Instant;

/// All that notices go by.
#[derive(Clone, Debug)]
pub struct NotifyConfig {
    /// What decides.
    pub rules: NoticeRules,
    /// How people are reached, by short name.
    pub contacts: BTreeMap<String, Contact>,
    /// How each channel sends.
    pub channels: Vec<ChannelConfig>,
    /// The words of messages.
    pub templates: Templates,
    /// Where people reach the page from outside, and what signs links to it.
    pub links: Option<(String, Secret)>,
    /// What a gateway shows that hands on answers to text messages.
    pub reply_token: Option<Secret>,
}

impl NotifyConfig {
    /// Whether the level in force is told at a broker.
    pub(super) fn tells_by_the_broker(&self) -> bool {
        self.rules.channels.iter().any(|channel| channel.kind == ChannelKind::Mqtt)
    }
}

/// Reads the file that a configuration names; `None` where nobody is told, and where a fault was noted.
pub(super) fn read_file(root: &mut Section<'_>, base: &Path) -> Option<NotifyConfig> {
    let file = root.optional("notify_file", path_from(base))?;
    let base = file.parent().unwrap_or(Path::new(""));
    noted(root, ("notify_file", &file), |section| read(section, base))?
}

/// A file of notices by itself, with the roster that it names.
///
/// # Errors
/// Every [`Fault`] of both.
pub fn notify(file: &Path) -> Result<NotifyConfig, Vec<Fault>> {
    let base = file.parent().unwrap_or(Path::new(""));
    rows::file(file, |section| read(section, base))?.ok_or_else(Vec::new)
}

/// What a file holds; its faults are noted beside the others.
fn noted<T>(
    section: &Section<'_>,
    (key, file): (&str, &Path),
    read: impl FnOnce(Section<'_>) -> T,
) -> Option<T> {
    let faults = match rows::file(file, read) {
        Ok(found) => return Some(found),
        Err(faults) => faults,
    };
    for fault in faults {
        // The file as a whole is told by the key that names it.
        if Path::new(&fault.key) == file {
            section.fault(key, fault);
        } else {
            section.faults().note(fault.key, fault.reason);
        }
    }
    None
}

fn read(mut section: Section<'_>, base: &Path) -> Option<NotifyConfig> {
    let file = section.required("roster_file", path_from(base));
    let read = file.and_then(|file| noted(&section, ("roster_file", &file), roster::read));
    let directory = section.optional("templates_dir", path_from(base));
    let templates = Templates::load(directory.as_deref());
    let templates = templates.map_err(|reason| section.fault("templates_dir", reason)).ok();
    let links = links(&mut section, base);
    let reply_token = secret(&mut section, ["reply_token_file", "reply_token_env"], base);
    let d = Retry::default();
    let retry = Retry {
        first_s: section.whole("retry_first_s", 1..=600, d.first_s),
        most_s: section.whole("retry_most_s", 1..=3600, d.most_s),
        give_up_min: section.whole("give_up_min", 1..=1440, d.give_up_min),
        ..d
    };
    let stuck_after_min = section.whole("stuck_after_min", 5..=1440, 60);
    let close_after_days = section.whole("close_after_days", 1..=90, 7);
    let channels = channel::read_channels(section.sections("channel"), base);
    let channel_rules: Vec<ChannelRules> = channels.iter().map(rules_of).collect();
    let roster = read.as_ref().map(|read| &read.roster);
    let may_name = route::Known { roster, channels: &channel_rules };
    let routes = route::routes(section.sections("route"), &may_name);
    if routes.is_empty() {
        section.fault("route", "is missing: without one nobody is told of anything");
    }
    let known = read.unwrap_or_default();
    let inhibitions = route::inhibitions(section.sections("inhibit"));
    let rules = NoticeRules {
        roster: known.roster,
        channels: channel_rules,
        routes,
        inhibitions,
        retry,
        stuck_after_min,
        close_after_days,
        live: true,
    };
    let contacts = known.contacts;
    let templates = templates?;
    if let Err(reason) = fill_in(&templates, &rules, &contacts) {
        section.fault("templates_dir", reason);
    }
    section.finish();
    let channels = channels.into_iter().map(|channel| channel.config).collect();
    Some(NotifyConfig { rules, contacts, channels, templates, links, reply_token })
}

/// Words each kind of notice once: a template that fails must not be found at night.
fn fill_in(
    templates: &Templates,
    rules: &NoticeRules,
    contacts: &BTreeMap<String, Contact>,
) -> Result<(), String> {
    let Some(area) = AreaId::new("sample") else { return Ok(()) };
    let at = Instant::default();
    let (simulated, link) = (false, Some("https://sample.example"));
    let with = Worded { area: "样例", rules, contacts, simulated, link, at };
    samples(&area, "sample", at).iter().try_for_each(|of| templates.check(of, &with))
}

fn rules_of(channel: &NotifyChannel) -> ChannelRules {
    let NotifyChannel { config, pace, simulated } = channel;
    let (name, kind) = (config.name.clone(), config.kind.kind());
    ChannelRules { name, kind, pace: *pace, simulated: *simulated }
}

/// A link in a message is of use only where a telephone reaches the page.
fn links(section: &mut Section<'_>, base: &Path) -> Option<(String, Secret)> {
    let url = section.optional("public_url", |value| {
        let url = text(value)?;
        let whole = url.starts_with("https://") && !url.ends_with('/');
        whole.then_some(url).ok_or_else(|| "must begin with https:// and not end in /".to_owned())
    });
    let secret = secret(section, ["link_secret_file", "link_secret_env"], base);
    match (url, secret) {
        (Some(url), Some(secret)) => Some((url, secret)),
        (Some(_), None) => {
            let reason = "needs link_secret_file or link_secret_env, which signs the links";
            section.fault("public_url", reason);
            None
        }
        (None, Some(_)) => {
            section.fault("public_url", "is missing: without it there are no links to sign");
            None
        }
        (None, None) => None,
    }
}

/// A secret from a file or the environment; at least 16 characters long.
fn secret(section: &mut Section<'_>, keys: [&'static str; 2], base: &Path) -> Option<Secret> {
    let (key, written) = section.kept_apart(keys, base).ok()??;
    if written.trim().len() >= 16 {
        return Some(Secret::new(written.trim()));
    }
    section.fault(key, "must be at least 16 characters long");
    None
}
