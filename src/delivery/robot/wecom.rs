//! 企业微信群机器人.
//!
//! Source: WeCom, 群机器人配置说明 (text of at most 2048 bytes, 20 messages a minute; a markdown message could
//! not call anybody) and 全局错误码.

use serde_json::json;

use super::super::config::RobotConfig;
use super::super::{Letter, text};
use super::Verdict;

const TEXT_MAX_BYTES: usize = 2048;
const THROTTLED_S: u32 = 60;

/// Address and body.
pub(super) fn request(robot: &RobotConfig, letter: &Letter) -> (String, Vec<u8>) {
    // The vendor writes the names of those in the lists itself; others are called by the text.
    let nameless = letter.to.iter().filter(|c| c.wecom.is_none() && c.phone.is_none());
    let called = text::called(&nameless.cloned().collect::<Vec<_>>(), |_| None);
    let users: Vec<_> = letter.to.iter().filter_map(|c| c.wecom.as_ref()).collect();
    let others = letter.to.iter().filter(|c| c.wecom.is_none());
    let mobiles: Vec<_> = others.filter_map(|c| c.phone.as_ref()).collect();
    let content = text::message(letter, &called, robot.keyword.as_deref(), TEXT_MAX_BYTES);
    let text = json!({
        "content": content, "mentioned_list": users, "mentioned_mobile_list": mobiles,
    });
    let body = json!({"msgtype": "text", "text": text});
    (robot.url.expose().to_owned(), body.to_string().into_bytes())
}

pub(super) fn verdict(code: i64) -> Verdict {
    match code {
        0 => Verdict::Accepted,
        45_009 | 45_033 => Verdict::Later(Some(THROTTLED_S)),
        // 93000 to 93008: address, robot or group gone; 40008, 40058, 44004, 45002: a body that is not as
        // it should be.
        93_000..=93_008 | 40_008 | 40_058 | 44_004 | 45_002 => Verdict::Never,
        _ => Verdict::Later(None),
    }
}
