//! The kinds of channels, and the pace that each bears.
//!
//! Source: the vendors' manuals. DingTalk and WeCom: 20 messages a minute and robot; Feishu: 100 a minute and
//! 5 a second, and refusals (11232) on the hour and the half hour, when everybody sends.

use serde::{Deserialize, Serialize};

/// By what a message goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// 钉钉群机器人.
    Dingtalk,
    /// 企业微信群机器人.
    Wecom,
    /// 飞书群机器人.
    Feishu,
    /// Mail by SMTP.
    Mail,
    /// A text message (短信) through a gateway.
    Sms,
    /// JSON by HTTP, signed.
    Webhook,
    /// A retained message at the broker: the level in force.
    Mqtt,
}

impl ChannelKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Dingtalk,
        Self::Wecom,
        Self::Feishu,
        Self::Mail,
        Self::Sms,
        Self::Webhook,
        Self::Mqtt,
    ];

    /// The name in the configuration, JSON and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dingtalk => "dingtalk",
            Self::Wecom => "wecom",
            Self::Feishu => "feishu",
            Self::Mail => "mail",
            Self::Sms => "sms",
            Self::Webhook => "webhook",
            Self::Mqtt => "mqtt",
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Dingtalk => "钉钉群",
            Self::Wecom => "企业微信群",
            Self::Feishu => "飞书群",
            Self::Mail => "邮件",
            Self::Sms => "短信",
            Self::Webhook => "系统推送",
            Self::Mqtt => "MQTT",
        }
    }

    /// Whether a message goes to one person; else to whoever reads there, with persons called by name.
    #[must_use]
    pub const fn is_personal(self) -> bool {
        matches!(self, Self::Mail | Self::Sms)
    }

    /// What the channel bears, unless the configuration says otherwise.
    #[must_use]
    pub const fn pace(self) -> Pace {
        let pace = Pace { per_min: None, per_s: None, avoid_half_hours_s: 0, at_once: 4 };
        match self {
            Self::Dingtalk | Self::Wecom => Pace { per_min: Some(20), at_once: 1, ..pace },
            Self::Feishu => {
                Pace { per_min: Some(100), per_s: Some(5), avoid_half_hours_s: 60, at_once: 1 }
            }
            Self::Mqtt => Pace { at_once: 1, ..pace },
            Self::Mail | Self::Sms | Self::Webhook => pace,
        }
    }
}

/// How fast a channel may be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// Tries in any minute; `None` for no limit.
    pub per_min: Option<u32>,
    /// Tries in any second; `None` for no limit.
    pub per_s: Option<u32>,
    /// So long from the full and the half hour on nothing is sent, in seconds.
    pub avoid_half_hours_s: u32,
    /// Tries under way at the same time.
    pub at_once: u32,
}
