//! Webhooks, signed and with a key, and text messages through a gateway that the configuration describes.

use lantian::delivery::{
    Channel, ChannelConfig, Contact, Content, Letter, SenderConfig, SmsConfig, WebhookConfig,
};
use lantian::notification::Outcome;
use lantian::telemetry::Secret;
use serde_json::Value;

use super::http::{Request, answer, serve};
use super::standin::{SECRET, Vendor};
use super::{assert_failed, assert_refused, config, letter, morning, pair};

/// The configuration of the gateway, changed.
fn gateway(url: &str, change: impl Fn(&mut SmsConfig)) -> ChannelConfig {
    let mut config = config(Vendor::Sms, url);
    let SenderConfig::Sms(sms) = &mut config.kind else { unreachable!() };
    change(sms);
    config
}

fn hook(url: &str, secret: Option<&str>) -> ChannelConfig {
    let (url, secret) = (Secret::new(url), secret.map(Secret::new));
    let kind = SenderConfig::Webhook(WebhookConfig { url, secret });
    ChannelConfig { kind, ..config(Vendor::Webhook, "http://localhost") }
}

#[test]
fn a_webhook_gets_body_key_and_signature() {
    let (standin, channel) = pair(Vendor::Webhook);
    let letter = Letter { key: "notice/17/duty 王".into(), ..letter() };
    assert_eq!(channel.send(&letter), Outcome::Accepted);
    let [got] = standin.got().try_into().expect("one");
    assert_eq!(got.key.as_deref(), Some("notice/17/duty %E7%8E%8B"));
    assert_eq!(got.body, letter.body);

    for secret in [None, Some("another")] {
        let channel = Channel::new(&hook(&standin.url(), secret)).unwrap();
        assert_refused(&channel.send(&letter), "HTTP 401");
    }
    standin.set_clock(Some(morning().plus_minutes(90)));
    assert_refused(&channel.send(&letter), "HTTP 401");
}

#[test]
fn the_status_of_a_webhook_decides() {
    let told = [
        (200, "accepted"),
        (202, "accepted"),
        (301, "refused"),
        (307, "refused"),
        (400, "refused"),
        (404, "refused"),
        (408, "failed"),
        (410, "refused"),
        (425, "failed"),
        (429, "failed"),
        (500, "failed"),
        (504, "failed"),
    ];
    for (status, expected) in told {
        let port = serve(move |stream| {
            Request::read(&stream).expect("a request");
            let headers = "Location: /x\r\nRetry-After: 5000000\r\n";
            answer(&stream, status, headers, "{}");
        });
        let channel = Channel::new(&hook(&format!("http://127.0.0.1:{port}"), Some(SECRET)));
        let outcome = channel.unwrap().send(&letter());
        assert_eq!(outcome.name(), expected, "{status}");
        if let Outcome::Failed { hold_s, .. } = outcome {
            assert_eq!(hold_s, Some(3600), "no receiver silences a channel for weeks");
        }
    }
}

#[test]
fn an_answer_without_end_is_read_to_its_limit_only() {
    let port = serve(|stream| {
        Request::read(&stream).expect("a request");
        answer(&stream, 400, "", &"x ".repeat(10_000_000));
    });
    let channel = Channel::new(&hook(&format!("http://127.0.0.1:{port}"), None)).unwrap();
    let refused = channel.send(&letter());
    assert_refused(&refused, "HTTP 400");
    assert!(refused.reason().chars().count() <= 300 && !refused.reason().contains('\n'));
}

#[test]
fn a_text_message_has_the_fields_of_its_gateway() {
    for content in [Content::Json, Content::Form] {
        let (standin, _) = pair(Vendor::Sms);
        let config = gateway(&standin.url(), |sms| {
            sms.content = content;
            sms.templates.insert("issued".into(), "SMS_7".into());
            sms.secret = Some(Secret::new(SECRET));
            sms.fields.push(("mixed".into(), "a{timestamp}&{secret}={key} ".parse().unwrap()));
        });
        let channel = Channel::new(&config).unwrap();
        assert_eq!(channel.send(&letter()), Outcome::Accepted, "{content:?}");
        let other = Letter { kind: "silence".into(), ..letter() };
        assert_eq!(channel.send(&other), Outcome::Accepted);
        let [got, other] = standin.got().try_into().expect("two");
        let letter = letter();
        assert_eq!(got.text, format!("【大连市生态环境局】{}", letter.short));
        assert_eq!((got.key, got.called), (Some(letter.key.clone()), vec!["13800000001".into()]));
        assert_eq!(
            (&got.body["template"], &other.body["template"]),
            (&"SMS_7".into(), &"SMS_0".into())
        );
        let seconds = morning().millis() / 1000;
        assert_eq!(got.body["mixed"], format!("a{seconds}&{SECRET}={} ", letter.key));
        let variables: Value =
            serde_json::from_str(got.body["variables"].as_str().unwrap()).unwrap();
        assert_eq!(variables, serde_json::json!({"level": "黄色"}));
    }
}

#[test]
fn a_text_message_is_one_message() {
    let (standin, channel) = pair(Vendor::Sms);
    for (length, cut) in [(60, false), (61, true), (200, true)] {
        let short = "重".repeat(length);
        assert_eq!(channel.send(&Letter { short, ..letter() }), Outcome::Accepted);
        let text = standin.got().pop().unwrap().text;
        assert_eq!((text.chars().count(), text.ends_with('…')), (70, cut));
    }
    // What stands in a text is not filled in.
    let short = "{phone}{secret}".to_owned();
    assert_eq!(channel.send(&Letter { short, ..letter() }), Outcome::Accepted);
    assert!(standin.got().pop().unwrap().text.ends_with("{phone}{secret}"));
}

#[test]
fn what_a_gateway_says_decides() {
    let (standin, channel) = pair(Vendor::Sms);
    for _ in 0..5 {
        assert_eq!(channel.send(&letter()), Outcome::Accepted);
    }
    assert_failed(&channel.send(&letter()), "isv.BUSINESS_LIMIT_CONTROL", None);
    let nobody = Letter { to: vec![], ..letter() };
    assert_refused(&channel.send(&nobody), "没有手机号码");
    let to = vec![Contact { name: "赵六".into(), ..Contact::default() }];
    assert_refused(&channel.send(&Letter { to, ..letter() }), "赵六没有手机号码");
    let to = vec![Contact { phone: Some("110".into()), ..Contact::default() }];
    assert_refused(&channel.send(&Letter { to, ..letter() }), "isv.MOBILE_NUMBER_ILLEGAL");
    assert_eq!((standin.got().len(), standin.tries()), (5, 7));

    let config = gateway(&standin.url(), |sms| sms.headers[0].1 = Secret::new("wrong-token"));
    let nobody_knows = Channel::new(&config).unwrap().send(&letter());
    assert_failed(&nobody_knows, "isv.ACCOUNT_NOT_EXISTS", None);
    let config = gateway(&standin.url(), |sms| sms.ok_pointer = "/Elsewhere".into());
    assert_failed(&Channel::new(&config).unwrap().send(&letter()), "接口约定", None);
}

#[test]
fn a_number_may_say_that_it_went_well() {
    let port = serve(|stream| {
        Request::read(&stream).expect("a request");
        answer(&stream, 200, "", r#"{"result":{"code":0}}"#);
    });
    let config = gateway(&format!("http://127.0.0.1:{port}/"), |sms| {
        sms.ok_pointer = "/result/code".into();
        sms.ok_value = "0".into();
    });
    assert_eq!(Channel::new(&config).unwrap().send(&letter()), Outcome::Accepted);
}

#[test]
fn a_gateway_that_cannot_work_is_told_before_it_is_needed() {
    let url = "http://127.0.0.1:1/";
    let reason =
        |change: &dyn Fn(&mut SmsConfig)| Channel::new(&gateway(url, change)).expect_err("refused");
    let field = |text: &str| vec![("x".to_owned(), text.parse().unwrap())];
    assert_eq!(reason(&|sms| sms.fields = field("{text}")), "fields: none holds {phone}");
    let secret = reason(&|sms| sms.fields = field("{phone}{secret}"));
    assert_eq!(secret, "fields: {secret} needs secret_file or secret_env");
    let template = reason(&|sms| sms.templates.clear());
    assert_eq!(template, "templates: {template} needs at least the one named default");
    assert!(reason(&|sms| sms.headers[0].0 = "a b".into()).starts_with("headers: \"a b\""));
    assert!(reason(&|sms| sms.ok_pointer = "Code".into()).starts_with("ok_pointer: must begin"));
    assert!(reason(&|sms| sms.url = Secret::new("ftp://x/")).starts_with("url: must begin"));
}
