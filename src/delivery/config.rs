//! How a channel reaches its receiver; what it is made of comes checked by key from the configuration.
//!
//! Invariant: whatever lets its holder send is a [`Secret`]; the address of a robot is.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::sms::Template;
use crate::notification::ChannelKind;
use crate::telemetry::Secret;

/// One channel.
#[derive(Clone, Debug)]
pub struct ChannelConfig {
    /// For people, and for routes.
    pub name: String,
    /// For a whole try.
    pub timeout: Duration,
    /// `http://[user:password@]host:port`, through which the receiver is reached. Those of the environment
    /// are not looked at.
    pub proxy: Option<Secret>,
    /// Certificates (PEM) to trust; without it those of the system.
    pub ca_file: Option<PathBuf>,
    /// What it is.
    pub kind: SenderConfig,
}

/// What a channel is.
#[derive(Clone, Debug)]
pub enum SenderConfig {
    /// 钉钉群机器人.
    Dingtalk(RobotConfig),
    /// 企业微信群机器人; it signs nothing.
    Wecom(RobotConfig),
    /// 飞书群机器人.
    Feishu(RobotConfig),
    /// Mail by SMTP.
    Mail(MailConfig),
    /// JSON by HTTP.
    Webhook(WebhookConfig),
    /// 短信 through a gateway.
    Sms(SmsConfig),
    /// At the broker.
    Mqtt,
}

/// A robot in a group.
#[derive(Clone, Debug)]
pub struct RobotConfig {
    /// Its address, which holds its key.
    pub url: Secret,
    /// For its signature (加签), where the group asks for one.
    pub secret: Option<Secret>,
    /// A word that every message must hold (自定义关键词); added where it is not there.
    pub keyword: Option<String>,
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// Its name, as in its certificate.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is kept from others.
    pub security: MailSecurity,
    /// User and password.
    pub login: Option<(String, Secret)>,
    /// The address it comes from, with or without a name before it.
    pub from: String,
}

/// How a connection to a mail server is kept from others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MailSecurity {
    /// TLS after the greeting, or nothing is sent.
    #[default]
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// Not at all.
    None,
}

/// A receiver of JSON.
#[derive(Clone, Debug)]
pub struct WebhookConfig {
    /// Its address.
    pub url: Secret,
    /// For the signature.
    pub secret: Option<Secret>,
}

/// A gateway to the telephone network.
#[derive(Clone, Debug)]
pub struct SmsConfig {
    /// Its address.
    pub url: Secret,
    /// How the fields are written.
    pub content: Content,
    /// Headers with their values.
    pub headers: Vec<(String, Secret)>,
    /// Fields of the body with their values.
    pub fields: Vec<(String, Template)>,
    /// For `{secret}` in a field.
    pub secret: Option<Secret>,
    /// Ids of the gateway's templates by kind of the notice; `default` for all others.
    pub templates: BTreeMap<String, String>,
    /// Where its answer says how it went, as a JSON pointer (`/Code`).
    pub ok_pointer: String,
    /// What stands there when the message was taken (`OK`).
    pub ok_value: String,
    /// What stands there when it will never be taken: a wrong number, a template that is not there.
    pub refuse_values: Vec<String>,
    /// Begins a free text, without its brackets 【】.
    pub signature: Option<String>,
}

/// How the fields of a request are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// `application/json`, all values as texts.
    #[default]
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

impl SenderConfig {
    /// By what it sends.
    #[must_use]
    pub const fn kind(&self) -> ChannelKind {
        match self {
            Self::Dingtalk(_) => ChannelKind::Dingtalk,
            Self::Wecom(_) => ChannelKind::Wecom,
            Self::Feishu(_) => ChannelKind::Feishu,
            Self::Mail(_) => ChannelKind::Mail,
            Self::Webhook(_) => ChannelKind::Webhook,
            Self::Sms(_) => ChannelKind::Sms,
            Self::Mqtt => ChannelKind::Mqtt,
        }
    }
}

impl ChannelConfig {
    /// All that must not be told.
    pub(super) fn secrets(&self) -> Vec<&Secret> {
        let mut all: Vec<&Secret> = self.proxy.iter().collect();
        match &self.kind {
            SenderConfig::Dingtalk(robot)
            | SenderConfig::Wecom(robot)
            | SenderConfig::Feishu(robot) => {
                all.push(&robot.url);
                all.extend(&robot.secret);
            }
            SenderConfig::Mail(mail) => all.extend(mail.login.iter().map(|(_, password)| password)),
            SenderConfig::Webhook(hook) => {
                all.push(&hook.url);
                all.extend(&hook.secret);
            }
            SenderConfig::Sms(sms) => {
                all.push(&sms.url);
                all.extend(&sms.secret);
                all.extend(sms.headers.iter().map(|(_, value)| value));
            }
            SenderConfig::Mqtt => {}
        }
        all
    }
}
