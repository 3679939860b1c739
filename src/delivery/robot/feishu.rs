//! 飞书群自定义机器人.
//!
//! Source: Feishu, 自定义机器人使用指南 (signature over seconds, in the body; 100 messages a minute, 5 a second; at
//! most 20 KB) and its 错误码: 11232 when everybody sends, on the hour and the half hour.

use serde_json::json;

use super::super::call::seconds;
use super::super::config::RobotConfig;
use super::super::{Letter, sign, text};
use super::Verdict;

const BODY_MAX_BYTES: usize = 20_000;
const THROTTLED_S: u32 = 60;

/// Address and body.
pub(super) fn request(robot: &RobotConfig, letter: &Letter) -> (String, Vec<u8>) {
    let tag = |c: &super::super::Contact| {
        let id = c.feishu.as_ref()?;
        Some(format!("<at user_id=\"{}\">{}</at>", plain(id), plain(&c.name)))
    };
    let called = text::called(&letter.to, tag);
    // Only our own tags call anybody.
    let letter = Letter {
        title: letter.title.replace("<at", "＜at"),
        text: letter.text.replace("<at", "＜at"),
        ..letter.clone()
    };
    let body = text::fitting(BODY_MAX_BYTES, |max| {
        let content = text::message(&letter, &called, robot.keyword.as_deref(), max);
        let mut body = json!({"msg_type": "text", "content": {"text": content}});
        if let Some(secret) = &robot.secret {
            let stamp = seconds(letter.at);
            let key = format!("{stamp}\n{}", secret.expose());
            body["sign"] = sign::base64(&key, "").into();
            body["timestamp"] = stamp.into();
        }
        body.to_string().into_bytes()
    });
    (robot.url.expose().to_owned(), body)
}

/// Without what could end a tag.
fn plain(text: &str) -> String {
    text.replace(['<', '>', '"'], "")
}

pub(super) fn verdict(code: i64, message: &str) -> Verdict {
    match code {
        0 => Verdict::Accepted,
        // The same code stands for a body that cannot be read.
        9499 if message.eq_ignore_ascii_case("bad request") => Verdict::Never,
        11_232 | 9499 => Verdict::Later(Some(THROTTLED_S)),
        // 19001: no such robot; 19021: signature or time; 19022: address of the caller; 19024: keyword.
        19_000..=19_099 => Verdict::Never,
        _ => Verdict::Later(None),
    }
}
