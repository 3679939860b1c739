//! `[[channel]]`: by which channels messages leave.
//!
//! Keys of all kinds: `name`; `kind`, one of dingtalk, wecom, feishu, mail, sms, webhook, mqtt; `per_min`
//! and `per_s` (tries, where the kind's own pace is not right); `simulated` (whether messages of simulated
//! air may go out, false). But for mqtt: `timeout_s` (for a whole try, 1 to 60, 10), `ca_file` (PEM, else
//! the system's), and, but for mail, `proxy` (`http://[user:password@]host:port`).
//!
//! - dingtalk, wecom, feishu: the address holds the robot's key, so it stands in `url_file` or `url_env`;
//!   `secret_file` or `secret_env` for the signature (加签; wecom has none); `keyword` (自定义关键词).
//! - mail: `host`, `from`, `security` (starttls, tls, none), `port` (587, 465, 25), `username` with
//!   `password_file` or `password_env`.
//! - webhook: `url`, `secret_file` or `secret_env`.
//! - sms: `url`; `content` (json, form); `fields`, a table of texts with the places `{phone}`, `{text}`,
//!   `{template}`, `{variables}`, `{key}`, `{timestamp}`, `{secret}`; `headers`, a table of tables with
//!   `file` or `env`; `templates` by kind of the notice, with `default`; `ok_pointer`, `ok_value`,
//!   `refuse_values`; `signature`; `secret_file` or `secret_env`.
//!
//! Invariant: what is read can send, as far as that shows without sending: [`Channel::new`] has passed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use toml::Value;

use super::super::feed::login;
use super::super::section::{Section, one_of, parsed, path_from, text, texts, truth, whole};
use crate::delivery::{
    Channel, ChannelConfig, Content, MailConfig, MailSecurity, RobotConfig, SenderConfig,
    SmsConfig, Template, WebhookConfig,
};
use crate::notification::{ChannelKind, Pace};
use crate::telemetry::Secret;

const TIMEOUT_S: u64 = 10;
/// A try may not hold up its channel for longer.
const TIMEOUT_MAX_S: u64 = 60;

/// A channel, and how it is to be used.
#[derive(Clone, Debug)]
pub struct NotifyChannel {
    /// How it sends.
    pub config: ChannelConfig,
    /// How fast.
    pub pace: Pace,
    /// Whether messages of simulated air may go out by it.
    pub simulated: bool,
}

/// Reads all; what is wrong is noted, and a channel left out that could not be made.
pub(super) fn read_channels(sections: Vec<Section<'_>>, base: &Path) -> Vec<NotifyChannel> {
    let mut names = BTreeSet::new();
    let mut channels = Vec::new();
    for mut section in sections {
        let name = section.required("name", text);
        if let Some(name) = &name
            && !names.insert(name.clone())
        {
            section.fault("name", format_args!("{name:?} is the name of another channel too"));
        }
        channels.extend(read_channel(section, name, base));
    }
    channels
}

fn read_channel(
    mut section: Section<'_>,
    name: Option<String>,
    base: &Path,
) -> Option<NotifyChannel> {
    let kinds = ChannelKind::ALL.map(|kind| (kind.name(), kind));
    // Which other keys there are depends on the kind.
    let kind = section.required("kind", one_of(&kinds))?;
    let pace = read_pace(&mut section, kind.pace());
    let simulated = section.optional("simulated", truth).unwrap_or(false);
    let is_sent = kind != ChannelKind::Mqtt;
    let timeout_s =
        if is_sent { section.whole("timeout_s", 1..=TIMEOUT_MAX_S, TIMEOUT_S) } else { TIMEOUT_S };
    let ca_file = if is_sent { section.optional("ca_file", path_from(base)) } else { None };
    let proxy = if is_sent { section.optional("proxy", text) } else { None };
    let sender = read_sender(&mut section, kind, base);
    let config = name.zip(sender).map(|(name, kind)| ChannelConfig {
        name,
        timeout: Duration::from_secs(timeout_s),
        proxy: proxy.map(Secret::new),
        ca_file,
        kind,
    });
    // A connection to the broker is not at hand here.
    let made = config.as_ref().filter(|_| is_sent).map(Channel::new);
    let fault = made.and_then(Result::err);
    if let Some((key, reason)) = fault.as_ref().and_then(|fault| fault.split_once(": ")) {
        section.fault(key, reason);
    }
    section.finish();
    Some(NotifyChannel { config: config.filter(|_| fault.is_none())?, pace, simulated })
}

fn read_pace(section: &mut Section<'_>, pace: Pace) -> Pace {
    Pace {
        per_min: section.optional("per_min", whole(1..=6000)).or(pace.per_min),
        per_s: section.optional("per_s", whole(1..=100)).or(pace.per_s),
        ..pace
    }
}

fn read_sender(section: &mut Section<'_>, kind: ChannelKind, base: &Path) -> Option<SenderConfig> {
    Some(match kind {
        ChannelKind::Dingtalk => SenderConfig::Dingtalk(read_robot(section, base)?),
        ChannelKind::Wecom => SenderConfig::Wecom(read_robot(section, base)?),
        ChannelKind::Feishu => SenderConfig::Feishu(read_robot(section, base)?),
        ChannelKind::Mail => SenderConfig::Mail(read_mail(section, base)?),
        ChannelKind::Webhook => {
            let url = section.required("url", text).map(Secret::new);
            let secret = secret(section, ["secret_file", "secret_env"], base);
            SenderConfig::Webhook(WebhookConfig { url: url?, secret })
        }
        ChannelKind::Sms => SenderConfig::Sms(read_sms(section, base)?),
        ChannelKind::Mqtt => SenderConfig::Mqtt,
    })
}

/// A secret from a file of its own or the environment; `None`, too, when a fault was noted.
fn secret(section: &mut Section<'_>, keys: [&'static str; 2], base: &Path) -> Option<Secret> {
    let (key, content) = section.kept_apart(keys, base).ok()??;
    if content.trim().is_empty() {
        section.fault(key, "what it names is empty");
        return None;
    }
    Some(Secret::new(content.trim()))
}

fn read_robot(section: &mut Section<'_>, base: &Path) -> Option<RobotConfig> {
    if section.holds("url") {
        let reason = "the address of a robot holds its key: use url_file or url_env";
        section.fault("url", reason);
        // Its content is not looked at, and not unknown.
        section.optional("url", |_| Ok(()));
    } else if !section.holds("url_file") && !section.holds("url_env") {
        section.fault("url_file", "is missing (or url_env)");
    }
    let url = secret(section, ["url_file", "url_env"], base);
    let secret = secret(section, ["secret_file", "secret_env"], base);
    let keyword = section.optional("keyword", text);
    Some(RobotConfig { url: url?, secret, keyword })
}

fn read_mail(section: &mut Section<'_>, base: &Path) -> Option<MailConfig> {
    let kinds = [
        ("starttls", MailSecurity::StartTls),
        ("tls", MailSecurity::Tls),
        ("none", MailSecurity::None),
    ];
    let host = section.required("host", text);
    let security = section.optional("security", one_of(&kinds)).unwrap_or_default();
    let port = match security {
        MailSecurity::StartTls => 587,
        MailSecurity::Tls => 465,
        MailSecurity::None => 25,
    };
    let port = section.whole("port", 1..=u16::MAX, port);
    let login = login(section, base);
    let from = section.required("from", text);
    Some(MailConfig { host: host?, port, security, login, from: from? })
}

fn read_sms(section: &mut Section<'_>, base: &Path) -> Option<SmsConfig> {
    let kinds = [("json", Content::Json), ("form", Content::Form)];
    let url = section.required("url", text);
    let content = section.optional("content", one_of(&kinds)).unwrap_or_default();
    let fields = section.required("fields", |value| table(value, parsed::<Template>));
    let mut headers = Vec::new();
    for (name, mut header) in section.section("headers").named() {
        if !header.holds("file") && !header.holds("env") {
            header.fault("file", "is missing (or env)");
        }
        headers.extend(secret(&mut header, ["file", "env"], base).map(|value| (name, value)));
        header.finish();
    }
    let templates = section.optional("templates", |value| table(value, text)).unwrap_or_default();
    let secret = secret(section, ["secret_file", "secret_env"], base);
    let ok_pointer = section.required("ok_pointer", text);
    let ok_value = section.required("ok_value", text);
    let refuse_values = section.optional("refuse_values", texts).unwrap_or_default();
    let signature = section.optional("signature", text);
    Some(SmsConfig {
        url: Secret::new(url?),
        content,
        headers,
        fields: fields?.into_iter().collect(),
        secret,
        templates,
        ok_pointer: ok_pointer?,
        ok_value: ok_value?,
        refuse_values,
        signature,
    })
}

/// A table with names of the user's choice.
fn table<T>(
    value: &Value,
    read: impl Fn(&Value) -> Result<T, String>,
) -> Result<BTreeMap<String, T>, String> {
    let items = value.as_table().ok_or("must be a table of texts")?.iter();
    let item = |(name, value)| match read(value) {
        Ok(read) => Ok((String::clone(name), read)),
        Err(reason) => Err(format!("{name}: {reason}")),
    };
    items.map(item).collect()
}

#[cfg(test)]
mod tests;
