//! Sends one message by one channel, and says how it ended.
//!
//! In: a [`Letter`], already worded, and the [`ChannelConfig`]. Out: an [`Outcome`].
//!
//! Invariants: one try a call, no queue, no pace, no second try (those follow from what is recorded, in
//! [`notification`](crate::notification)); it blocks for about the channel's timeout at most; an answer that
//! is not what the receiver documents is never [`Outcome::Accepted`]; whatever went wrong before the message
//! left is [`Outcome::Failed`], a silence after it [`Outcome::Unknown`]; reasons are one line of at most 300
//! characters; addresses, tokens and passwords stand neither there nor in `Debug`; no redirect is followed.
//!
//! # Refused or failed
//! Only a code that the vendor documents as final is a refusal. One nobody knows is a failure: a few tries in
//! vain cost less than a warning that was given up for a passing fault.
//!
//! Source: the vendors' manuals, named in the modules of the channels.

mod call;
mod config;
mod mail;
mod robot;
mod sign;
mod sms;
mod text;
mod webhook;
mod wording;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

pub use config::{
    ChannelConfig, Content, MailConfig, MailSecurity, RobotConfig, SenderConfig, SmsConfig,
    WebhookConfig,
};
pub use sms::Template;
pub use wording::{Templates, Worded};

use crate::notification::{ChannelKind, Outcome};
use crate::time::Instant;
use call::Caller;
use mail::Mail;
use robot::Robot;
use sms::Sms;
use text::Scrubber;
use webhook::Webhook;

/// What is sent, already worded.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Idempotency key: the same for every try of the same message.
    pub key: String,
    /// Kind of the notice, as `issued`; chooses the template of a text message.
    pub kind: String,
    /// One line.
    pub title: String,
    /// Plain text, lines separated by `\n`, without the title.
    pub text: String,
    /// One line of at most some 60 characters, for a text message as free text.
    pub short: String,
    /// For the templates of text messages.
    pub variables: BTreeMap<String, String>,
    /// Persons to be called by name in a group; of a personal channel the first one gets it.
    pub to: Vec<Contact>,
    /// The body of a webhook or an MQTT message.
    pub body: Value,
    /// When it is sent, by the wall clock: signatures are made for it.
    pub at: Instant,
}

/// How a person is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// As the person is called.
    pub name: String,
    /// For text messages, and for calls in groups that know members by their numbers.
    pub phone: Option<String>,
    /// Address for mail.
    pub mail: Option<String>,
    /// `userId` at 钉钉.
    pub dingtalk: Option<String>,
    /// `userid` at 企业微信.
    pub wecom: Option<String>,
    /// `open_id` at 飞书.
    pub feishu: Option<String>,
}

/// Publishes a body at a broker, and says how it ended.
pub type Publish = Arc<dyn Fn(&Value) -> Outcome + Send + Sync>;

/// One channel, ready to send; shared by threads as it is.
pub struct Channel {
    name: String,
    scrubber: Scrubber,
    sender: Sender,
}

enum Sender {
    Robot(Robot),
    Mail(Box<Mail>),
    Webhook(Webhook),
    Sms(Sms),
    Mqtt(Publish),
}

impl Channel {
    /// Prepares certificates, addresses and texts; nothing is sent.
    ///
    /// # Errors
    /// Why it could never send, after the key of the configuration to blame, as `proxy: must be …`. A channel
    /// of kind MQTT is made by [`Channel::mqtt`].
    pub fn new(config: &ChannelConfig) -> Result<Self, String> {
        let sender = match &config.kind {
            SenderConfig::Dingtalk(robot)
            | SenderConfig::Wecom(robot)
            | SenderConfig::Feishu(robot) => {
                Sender::Robot(Robot::new(config.kind.kind(), robot, Caller::new(config)?)?)
            }
            SenderConfig::Mail(_) if config.proxy.is_some() => {
                return Err("proxy: has no effect on mail, which is no HTTP".to_owned());
            }
            SenderConfig::Mail(mail) => Sender::Mail(Box::new(Mail::new(config, mail)?)),
            SenderConfig::Webhook(hook) => {
                Sender::Webhook(Webhook::new(hook, Caller::new(config)?)?)
            }
            SenderConfig::Sms(sms) => Sender::Sms(Sms::new(sms, Caller::new(config)?)?),
            SenderConfig::Mqtt => {
                return Err("kind: mqtt is published by a connection at hand".to_owned());
            }
        };
        Ok(Self { name: config.name.clone(), scrubber: Scrubber::new(config.secrets()), sender })
    }

    /// A channel that publishes by a connection at hand.
    #[must_use]
    pub fn mqtt(name: &str, publish: Publish) -> Self {
        let scrubber = Scrubber::new(Vec::new());
        Self { name: name.to_owned(), scrubber, sender: Sender::Mqtt(publish) }
    }

    /// By what it sends.
    #[must_use]
    pub fn kind(&self) -> ChannelKind {
        match &self.sender {
            Sender::Robot(robot) => robot.kind(),
            Sender::Mail(_) => ChannelKind::Mail,
            Sender::Webhook(_) => ChannelKind::Webhook,
            Sender::Sms(_) => ChannelKind::Sms,
            Sender::Mqtt(_) => ChannelKind::Mqtt,
        }
    }

    /// Tries once. Blocks: not for a thread that serves others.
    #[must_use]
    pub fn send(&self, letter: &Letter) -> Outcome {
        let outcome = match &self.sender {
            Sender::Robot(robot) => robot.send(letter),
            Sender::Mail(mail) => mail.send(letter),
            Sender::Webhook(hook) => hook.send(letter),
            Sender::Sms(sms) => sms.send(letter),
            Sender::Mqtt(publish) => publish(&letter.body),
        };
        match outcome {
            Outcome::Failed { reason, hold_s } => {
                Outcome::Failed { reason: self.scrubber.clean(&reason), hold_s }
            }
            Outcome::Refused { reason } => {
                Outcome::Refused { reason: self.scrubber.clean(&reason) }
            }
            told @ (Outcome::Accepted | Outcome::Unknown) => told,
        }
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("name", &self.name).field("kind", &self.kind()).finish()
    }
}

/// It may succeed later.
fn failed(reason: impl Into<String>) -> Outcome {
    Outcome::Failed { reason: reason.into(), hold_s: None }
}

/// It will not.
fn refused(reason: impl Into<String>) -> Outcome {
    Outcome::Refused { reason: reason.into() }
}
