//! 钉钉群自定义机器人.
//!
//! Source: DingTalk, 自定义机器人接入 and its 安全设置 (signature over milliseconds, in the query) and 错误码;
//! 20 messages a minute, then ten minutes of silence; a body of at most 20,000 bytes.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::super::config::RobotConfig;
use super::super::{Letter, sign, text};
use super::Verdict;

const BODY_MAX_BYTES: usize = 20_000;
/// The vendor keeps a robot that was too fast silent for so long.
const THROTTLED_S: u32 = 600;

/// Address and body.
pub(super) fn request(robot: &RobotConfig, letter: &Letter) -> (String, Vec<u8>) {
    // Somebody is called whose number or id stands in the text behind an @.
    let id = |c: &super::super::Contact| c.dingtalk.clone().or_else(|| c.phone.clone());
    let called = text::called(&letter.to, |c| id(c).map(|id| format!("@{id}")));
    let users: Vec<_> = letter.to.iter().filter_map(|c| c.dingtalk.as_ref()).collect();
    let others = letter.to.iter().filter(|c| c.dingtalk.is_none());
    let mobiles: Vec<_> = others.filter_map(|c| c.phone.as_ref()).collect();
    let body = text::fitting(BODY_MAX_BYTES, |max| {
        let content = text::message(letter, &called, robot.keyword.as_deref(), max);
        let at = json!({"atMobiles": mobiles, "atUserIds": users, "isAtAll": false});
        let body = json!({"msgtype": "text", "text": {"content": content}, "at": at});
        body.to_string().into_bytes()
    });
    (address(robot, letter.at.millis()), body)
}

fn address(robot: &RobotConfig, at_ms: i64) -> String {
    let url = robot.url.expose();
    let Some(secret) = robot.secret.as_ref().map(|secret| secret.expose()) else {
        return url.to_owned();
    };
    let signature = sign::base64(secret, &format!("{at_ms}\n{secret}"));
    let encoded = utf8_percent_encode(&signature, NON_ALPHANUMERIC);
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}timestamp={at_ms}&sign={encoded}")
}

pub(super) fn verdict(code: i64) -> Verdict {
    match code {
        0 => Verdict::Accepted,
        130_101 | 410_100 => Verdict::Later(Some(THROTTLED_S)),
        // 310000: signature, keyword or address of the caller; 3000xx, 400xxx: token, robot or group gone;
        // 4301xx: links or words that are not let through; 460101: too long; 40035, 43004: no such request.
        310_000 | 300_000..=300_999 | 400_000..=400_999 | 430_101..=430_104 | 460_101 => {
            Verdict::Never
        }
        40_035 | 43_004 => Verdict::Never,
        _ => Verdict::Later(None),
    }
}
