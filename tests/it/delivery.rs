//! What leaves for the receivers of messages, and what their answers come to, against stand-ins that answer
//! as the vendors document, and against a real mail server.

mod gateway;
mod http;
pub(crate) mod mail;
mod robots;
pub(crate) mod standin;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lantian::delivery::{
    Channel, ChannelConfig, Contact, Content, Letter, RobotConfig, SenderConfig, SmsConfig,
    WebhookConfig,
};
use lantian::notification::{ChannelKind, Outcome};
use lantian::telemetry::Secret;
use lantian::time::Instant;
use serde_json::json;
use tempfile::TempDir;

use crate::broker::free_port;
use standin::{Mood, SECRET, StandIn, TOKEN, Vendor};

const VENDORS: [Vendor; 5] =
    [Vendor::Dingtalk, Vendor::Wecom, Vendor::Feishu, Vendor::Webhook, Vendor::Sms];
const ROBOTS: [Vendor; 3] = [Vendor::Dingtalk, Vendor::Wecom, Vendor::Feishu];
/// Long enough for an answer on the same machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// 09:17 on a day in winter, far from the half hours.
fn morning() -> Instant {
    Instant::parse_rfc3339("2026-12-08T09:17:20.250+08:00").unwrap()
}

fn duty_officer() -> Contact {
    Contact {
        name: "王值班".into(),
        phone: Some("13800000001".into()),
        mail: Some("duty@example.com".into()),
        dingtalk: None,
        wecom: None,
        feishu: Some("ou_1f2e3d".into()),
    }
}

fn letter() -> Letter {
    Letter {
        key: "notice/17/王值班".into(),
        kind: "issued".into(),
        title: "【预警】大连市重污染天气黄色预警".into(),
        text: "自12月8日20时起启动Ⅲ级应急响应。\n请各成员单位立即落实。".into(),
        short: "8日9时市区AQI212重度,首要PM2.5(162);拟启动黄色预警,请即到岗。".into(),
        variables: BTreeMap::from([("level".into(), "黄色".into())]),
        to: vec![duty_officer()],
        body: json!({"warning": 17, "level": "黄色"}),
        at: morning(),
    }
}

fn sender(vendor: Vendor, url: &str) -> SenderConfig {
    let (url, secret) = (Secret::new(url), Some(Secret::new(SECRET)));
    let robot = |secret| RobotConfig { url: url.clone(), secret, keyword: None };
    match vendor {
        Vendor::Dingtalk => SenderConfig::Dingtalk(robot(secret)),
        Vendor::Wecom => SenderConfig::Wecom(robot(None)),
        Vendor::Feishu => SenderConfig::Feishu(robot(secret)),
        Vendor::Webhook => SenderConfig::Webhook(WebhookConfig { url: url.clone(), secret }),
        Vendor::Sms => {
            let fields = [
                ("phone", "{phone}"),
                ("text", "{text}"),
                ("template", "{template}"),
                ("variables", "{variables}"),
                ("key", "{key}"),
            ];
            SenderConfig::Sms(SmsConfig {
                url: url.clone(),
                content: Content::Json,
                headers: vec![("X-Token".into(), Secret::new(TOKEN))],
                fields: fields.map(|(name, t)| (name.into(), t.parse().unwrap())).to_vec(),
                secret: None,
                templates: BTreeMap::from([("default".into(), "SMS_0".into())]),
                ok_pointer: "/Code".into(),
                ok_value: "OK".into(),
                refuse_values: vec!["isv.MOBILE_NUMBER_ILLEGAL".into()],
                signature: Some("大连市生态环境局".into()),
            })
        }
    }
}

fn config(vendor: Vendor, url: &str) -> ChannelConfig {
    let (name, kind) = (format!("{vendor:?}"), sender(vendor, url));
    ChannelConfig { name, timeout: PATIENCE, proxy: None, ca_file: None, kind }
}

/// A stand-in whose clock stands at the letter's time, and a channel to it.
fn pair(vendor: Vendor) -> (StandIn, Channel) {
    let standin = StandIn::start(vendor);
    standin.set_clock(Some(morning()));
    let channel = Channel::new(&config(vendor, &standin.url())).unwrap();
    (standin, channel)
}

#[track_caller]
fn assert_failed(outcome: &Outcome, with: &str, hold: Option<u32>) {
    let Outcome::Failed { reason, hold_s } = outcome else { panic!("{outcome:?}") };
    assert!(reason.contains(with), "{reason}");
    assert_eq!(*hold_s, hold, "{reason}");
}

#[track_caller]
fn assert_refused(outcome: &Outcome, with: &str) {
    let Outcome::Refused { reason } = outcome else { panic!("{outcome:?}") };
    assert!(reason.contains(with), "{reason}");
}

/// Key and certificate for `localhost`, which only a client that was given it trusts.
fn certificate() -> Option<(TempDir, PathBuf, PathBuf)> {
    let files = tempfile::tempdir().unwrap();
    let (key, certificate) = (files.path().join("key.pem"), files.path().join("cert.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output();
    if !made.is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "CI needs openssl");
        println!("skipped: no openssl to make a certificate with");
        return None;
    }
    Some((files, key, certificate))
}

#[test]
fn only_what_is_documented_is_taken_for_a_success() {
    for vendor in VENDORS {
        let (standin, channel) = pair(vendor);
        assert_eq!(channel.send(&letter()), Outcome::Accepted, "{vendor:?}");
        standin.set_mood(Mood::Down);
        assert_failed(&channel.send(&letter()), "HTTP 503", None);
        standin.set_mood(Mood::Busy(7));
        assert_failed(&channel.send(&letter()), "HTTP 429", Some(7));
        standin.set_mood(Mood::Portal);
        assert_failed(&channel.send(&letter()), "回答不符合接口约定：HTTP 200", None);
        standin.set_mood(Mood::Empty);
        let empty = channel.send(&letter());
        standin.set_mood(Mood::Redirect);
        let elsewhere = channel.send(&letter());
        standin.set_mood(Mood::Lie);
        let lie = channel.send(&letter());
        match vendor {
            Vendor::Webhook => {
                // Its status is its whole answer.
                assert_eq!([empty, lie], [Outcome::Accepted, Outcome::Accepted]);
                assert_refused(&elsewhere, "HTTP 302");
            }
            Vendor::Sms => {
                assert_failed(&empty, "无内容", None);
                assert_failed(&lie, "isv.AMOUNT_NOT_ENOUGH", None);
                assert_failed(&elsewhere, "HTTP 302", None);
            }
            _ => {
                assert_failed(&empty, "无内容", None);
                assert_failed(&lie, "错误码", None);
                assert_failed(&elsewhere, "HTTP 302", None);
            }
        }
        assert_eq!((standin.got().len(), standin.tries()), (1, 7), "{vendor:?}");
    }
}

#[test]
fn a_receiver_that_falls_silent_may_have_the_message() {
    for vendor in VENDORS {
        let (standin, channel) = pair(vendor);
        standin.set_mood(Mood::Close);
        assert_eq!(channel.send(&letter()), Outcome::Unknown, "{vendor:?}");
        assert_eq!(standin.got().len(), 1, "{vendor:?}");

        standin.set_mood(Mood::Hang);
        let hasty =
            ChannelConfig { timeout: Duration::from_secs(2), ..config(vendor, &standin.url()) };
        let channel = Channel::new(&hasty).unwrap();
        assert_eq!(channel.send(&letter()), Outcome::Unknown, "{vendor:?}");
    }
}

#[test]
fn what_never_left_has_failed() {
    let nobody = format!("http://127.0.0.1:{}/x", free_port());
    for url in [nobody.as_str(), "http://nowhere.invalid/x"] {
        for vendor in VENDORS {
            let channel = Channel::new(&config(vendor, url)).unwrap();
            assert_failed(&channel.send(&letter()), "连接失败", None);
        }
    }
}

#[test]
fn a_proxy_is_gone_through_and_its_password_not_told() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&seen);
    let port = http::proxy(move |target| shared.lock().unwrap().push(target.to_owned()));
    for vendor in VENDORS {
        let standin = StandIn::start(vendor);
        standin.set_clock(Some(morning()));
        let mut config = config(vendor, &standin.url());
        config.proxy = Some(Secret::new(format!("http://127.0.0.1:{port}")));
        let sent = Channel::new(&config).unwrap().send(&letter());
        assert_eq!((sent, standin.got().len()), (Outcome::Accepted, 1), "{vendor:?}");
        let target = format!("127.0.0.1:{}", standin.port());
        assert_eq!(seen.lock().unwrap().last(), Some(&target));

        let gone = format!("http://user:hunter2-hunter2@127.0.0.1:{}", free_port());
        config.proxy = Some(Secret::new(gone));
        let sent = Channel::new(&config).unwrap().send(&letter());
        assert_failed(&sent, "连接失败", None);
        assert!(!sent.reason().contains("hunter2"), "{}", sent.reason());
        assert_eq!(standin.tries(), 1, "the receiver was reached without the proxy");

        config.proxy = Some(Secret::new("socks5://127.0.0.1:1080"));
        let refused = Channel::new(&config).unwrap_err();
        assert_eq!(refused, "proxy: socks5 is not supported, use an http:// proxy");
    }
}

#[test]
fn a_receiver_whose_certificate_is_not_trusted_gets_nothing() {
    let Some((_files, key, certificate)) = certificate() else { return };
    let port = http::serve_tls(&key, &certificate, r#"{"errcode":0,"errmsg":"ok"}"#);
    let mut config = config(Vendor::Dingtalk, &format!("https://localhost:{port}/robot/send"));
    let sent = Channel::new(&config).unwrap().send(&letter());
    assert_failed(&sent, "certificate", None);
    config.ca_file = Some(certificate);
    assert_eq!(Channel::new(&config).unwrap().send(&letter()), Outcome::Accepted);
    config.ca_file = Some(key);
    let refused = Channel::new(&config).unwrap_err();
    assert!(refused.ends_with("holds no PEM certificate"), "{refused}");
}

#[test]
fn nothing_secret_is_told() {
    for vendor in VENDORS {
        let standin = StandIn::start(vendor);
        let config = config(vendor, &standin.url());
        let channel = Channel::new(&config).unwrap();
        let shown = format!("{config:?} {channel:?}");
        assert!(shown.contains(&format!("{vendor:?}")), "{shown}");
        for secret in [TOKEN, SECRET, &standin.url()] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    // This vendor's answer holds the token that it does not know.
    let standin = StandIn::start(Vendor::Dingtalk);
    let url = standin.url().replace("/robot/send", "/robot/sent");
    let sent = Channel::new(&config(Vendor::Dingtalk, &url)).unwrap().send(&letter());
    assert_refused(&sent, "错误码 300005：token is not exist: ***");
}

#[test]
fn mqtt_is_published_by_what_was_handed_in() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&seen);
    let channel = Channel::mqtt(
        "level",
        Arc::new(move |body| {
            shared.lock().unwrap().push(body.clone());
            Outcome::Unknown
        }),
    );
    assert_eq!(channel.send(&letter()), Outcome::Unknown);
    assert_eq!(*seen.lock().unwrap(), [letter().body]);
    assert_eq!(channel.kind(), ChannelKind::Mqtt);
}
