//! Robots in groups: a text by HTTP, and an answer that says within its body whether it was taken.
//!
//! All three answer 200 to refusals, so that the code in the body decides. Each vendor's module has its
//! address, body and codes.

mod dingtalk;
mod feishu;
mod wecom;

use serde_json::Value;

use super::call::{Answer, Caller, check_address};
use super::config::RobotConfig;
use super::{Letter, failed, refused};
use crate::notification::{ChannelKind, Outcome};

/// A robot of one of the vendors.
pub(super) struct Robot {
    kind: ChannelKind,
    config: RobotConfig,
    caller: Caller,
}

/// What a vendor's code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Accepted,
    /// Too fast, or a fault of theirs; nothing is to be sent for so many seconds.
    Later(Option<u32>),
    /// Documented as final.
    Never,
}

impl Robot {
    /// # Errors
    /// The address is none, or this vendor does not sign.
    pub(super) fn new(
        kind: ChannelKind,
        config: &RobotConfig,
        caller: Caller,
    ) -> Result<Self, String> {
        check_address(&config.url)?;
        if kind == ChannelKind::Wecom && config.secret.is_some() {
            return Err("secret_file: has no effect on wecom, which signs nothing".to_owned());
        }
        Ok(Self { kind, config: config.clone(), caller })
    }

    pub(super) fn kind(&self) -> ChannelKind {
        self.kind
    }

    pub(super) fn send(&self, letter: &Letter) -> Outcome {
        let (url, body) = match self.kind {
            ChannelKind::Dingtalk => dingtalk::request(&self.config, letter),
            ChannelKind::Wecom => wecom::request(&self.config, letter),
            _ => feishu::request(&self.config, letter),
        };
        match self.caller.post(&url, &[("Content-Type", "application/json")], &body) {
            Ok(answer) => self.judge(&answer),
            Err(outcome) => outcome,
        }
    }

    fn judge(&self, answer: &Answer) -> Outcome {
        let json = answer.json();
        let told = json.as_ref().and_then(|json| match self.kind {
            ChannelKind::Feishu => said(json, &["code", "StatusCode"], "msg"),
            _ => said(json, &["errcode"], "errmsg"),
        });
        let Some((code, message)) = told else { return answer.undocumented() };
        let verdict = match self.kind {
            ChannelKind::Dingtalk => dingtalk::verdict(code),
            ChannelKind::Wecom => wecom::verdict(code),
            _ => feishu::verdict(code, message),
        };
        let reason = || format!("错误码 {code}：{message}");
        match verdict {
            Verdict::Accepted if answer.status.is_success() => Outcome::Accepted,
            Verdict::Accepted => failed(format!("HTTP {}，{}", answer.status.as_u16(), reason())),
            Verdict::Later(hold_s) => Outcome::Failed { reason: reason(), hold_s },
            Verdict::Never => refused(reason()),
        }
    }
}

/// The code, by the first of these names that stands there, and what is said beside it.
fn said<'a>(json: &'a Value, codes: &[&str], message: &str) -> Option<(i64, &'a str)> {
    let code = codes.iter().find_map(|name| json.get(name))?.as_i64()?;
    Some((code, json[message].as_str().unwrap_or_default()))
}
