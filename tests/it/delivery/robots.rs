//! The three robots: signatures, limits, keywords, calls by name, and what their codes come to.

use lantian::delivery::{Channel, ChannelConfig, Contact, Letter, RobotConfig, SenderConfig};
use lantian::notification::Outcome;
use lantian::telemetry::Secret;
use lantian::time::Instant;

use super::standin::{SECRET, StandIn, Vendor};
use super::{ROBOTS, assert_failed, assert_refused, config, duty_officer, letter, morning, pair};

const CUT: &str = "\n（内容过长，全文见系统）";

/// The configuration of a robot, changed.
fn robot(vendor: Vendor, url: &str, change: impl Fn(&mut RobotConfig)) -> ChannelConfig {
    let mut config = config(vendor, url);
    match &mut config.kind {
        SenderConfig::Dingtalk(robot)
        | SenderConfig::Wecom(robot)
        | SenderConfig::Feishu(robot) => change(robot),
        other => panic!("{other:?}"),
    }
    config
}

#[test]
fn a_signed_text_arrives_and_calls_its_persons() {
    let colleague = Contact { dingtalk: Some("manager7".into()), ..Contact::default() };
    let colleague = Contact { wecom: Some("lisi".into()), name: "李四".into(), ..colleague };
    let letter = Letter { to: vec![duty_officer(), colleague], ..letter() };
    let expected = [
        ("\n@13800000001 @manager7\n", ["13800000001", "manager7"].as_slice()),
        ("\n", ["lisi", "13800000001"].as_slice()),
        ("\n<at user_id=\"ou_1f2e3d\">王值班</at> @李四\n", ["ou_1f2e3d"].as_slice()),
    ];
    for (vendor, (between, called)) in ROBOTS.into_iter().zip(expected) {
        let (standin, channel) = pair(vendor);
        assert_eq!(channel.send(&letter), Outcome::Accepted, "{vendor:?}");
        let [got] = standin.got().try_into().expect("one");
        assert_eq!(got.text, format!("{}{between}{}", letter.title, letter.text));
        assert_eq!(got.called, called, "{vendor:?}");
        assert_eq!(got.key, None);
    }
}

#[test]
fn a_robot_without_a_signature_sends_none() {
    let (standin, _) = pair(Vendor::Dingtalk);
    let config = robot(Vendor::Dingtalk, &standin.url(), |robot| robot.secret = None);
    assert_refused(&Channel::new(&config).unwrap().send(&letter()), "错误码 310000");
    let config = robot(Vendor::Wecom, &standin.url(), |robot| {
        robot.secret = Some(Secret::new(SECRET));
    });
    let refused = Channel::new(&config).unwrap_err();
    assert_eq!(refused, "secret_file: has no effect on wecom, which signs nothing");
}

#[test]
fn what_a_robot_will_never_take_is_refused() {
    let wrong = |robot: &mut RobotConfig| robot.secret = Some(Secret::new("SEC-another"));
    let (standin, _) = pair(Vendor::Dingtalk);
    let channel = Channel::new(&robot(Vendor::Dingtalk, &standin.url(), wrong)).unwrap();
    assert_refused(&channel.send(&letter()), "错误码 310000：sign not match");
    let (standin, _) = pair(Vendor::Feishu);
    let channel = Channel::new(&robot(Vendor::Feishu, &standin.url(), wrong)).unwrap();
    assert_refused(&channel.send(&letter()), "错误码 19021");

    let codes = ["错误码 300005", "错误码 93000", "错误码 19001"];
    for (vendor, code) in ROBOTS.into_iter().zip(codes) {
        let (standin, _) = pair(vendor);
        let url = format!("{}0", standin.url());
        assert_refused(&Channel::new(&config(vendor, &url)).unwrap().send(&letter()), code);
        assert!(standin.got().is_empty());
    }
}

#[test]
fn a_clock_that_is_two_hours_off_is_refused_with_its_reason() {
    for (vendor, reason) in [(Vendor::Dingtalk, "timestamp"), (Vendor::Feishu, "timestamp")] {
        let (standin, channel) = pair(vendor);
        standin.set_clock(Some(morning().plus_minutes(120)));
        assert_refused(&channel.send(&letter()), reason);
        standin.set_clock(Some(morning().plus_minutes(50)));
        assert_eq!(channel.send(&letter()), Outcome::Accepted);
    }
}

#[test]
fn one_message_too_many_holds_the_channel() {
    let limits = [(20, "130101", 600), (20, "45009", 60), (5, "11232", 60)];
    for (vendor, (most, code, hold_s)) in ROBOTS.into_iter().zip(limits) {
        let (standin, channel) = pair(vendor);
        for _ in 0..most {
            assert_eq!(channel.send(&letter()), Outcome::Accepted, "{vendor:?}");
        }
        assert_failed(&channel.send(&letter()), code, Some(hold_s));
        assert_eq!(standin.got().len(), most);
        standin.set_clock(Some(morning().plus_minutes(11)));
        assert_eq!(channel.send(&letter()), Outcome::Accepted, "{vendor:?} after the hold");
    }
}

#[test]
fn the_rush_on_the_hour_and_half_hour_passes() {
    for time in ["2026-12-08T10:00:01+08:00", "2026-12-08T10:30:02+08:00"] {
        let (standin, channel) = pair(Vendor::Feishu);
        let at = Instant::parse_rfc3339(time).unwrap();
        standin.set_clock(Some(at));
        assert_failed(&channel.send(&Letter { at, ..letter() }), "11232", Some(60));
    }
}

#[test]
fn a_text_too_long_is_cut_at_a_character_and_says_so() {
    let han = "重".repeat(30_000);
    // In JSON each of these takes two bytes or more.
    let escaped = "\"\n\\".repeat(9000);
    let mixed = format!("a{han}");
    for vendor in ROBOTS {
        for text in [&han, &escaped, &mixed] {
            let (standin, channel) = pair(vendor);
            let letter = Letter { text: text.clone(), ..letter() };
            assert_eq!(channel.send(&letter), Outcome::Accepted, "{vendor:?}");
            let [got] = standin.got().try_into().expect("one");
            assert!(got.text.starts_with(&letter.title) && got.text.ends_with(CUT));
            assert_eq!(got.called.len(), 1, "{vendor:?}");
            let most = if vendor == Vendor::Wecom { 2048 } else { 20_000 };
            let size = match vendor {
                Vendor::Wecom => got.text.len(),
                _ => got.body.to_string().len(),
            };
            assert!((most - 10..=most).contains(&size), "{vendor:?}: {size}");
        }
    }
}

#[test]
fn a_text_that_just_fits_is_whole() {
    let (standin, channel) = pair(Vendor::Wecom);
    let whole = letter();
    for (more, fits) in [(0, true), (1, false)] {
        let text = "x".repeat(2048 - whole.title.len() - 1 + more);
        assert_eq!(channel.send(&Letter { text, ..whole.clone() }), Outcome::Accepted);
        let got = standin.got().pop().unwrap();
        assert_eq!((got.text.len(), got.text.ends_with(CUT)), (2048, !fits));
    }
}

#[test]
fn a_keyword_is_added_where_it_is_absent() {
    for vendor in [Vendor::Dingtalk, Vendor::Feishu] {
        let (standin, without) = pair(vendor);
        standin.set_keyword("蓝天");
        assert_refused(&without.send(&letter()), "错误码");
        let config = robot(vendor, &standin.url(), |robot| robot.keyword = Some("蓝天".into()));
        let channel = Channel::new(&config).unwrap();
        let long = "重".repeat(30_000);
        let texts = ["短文", "蓝天保卫战", &format!("{long}蓝天")];
        for text in texts {
            let letter = Letter { text: text.into(), ..letter() };
            assert_eq!(channel.send(&letter), Outcome::Accepted, "{vendor:?}");
            let got = standin.got().pop().unwrap();
            assert_eq!(got.text.matches("蓝天").count(), 1, "{}", letter.title);
        }
    }
}

#[test]
fn a_text_calls_nobody_by_itself() {
    let (standin, channel) = pair(Vendor::Feishu);
    let text = "<at user_id=\"all\">所有人</at>".into();
    let name = "\"><at user_id=\"all\">".into();
    let to = vec![Contact { name, feishu: Some("ou_9".into()), ..Contact::default() }];
    assert_eq!(channel.send(&Letter { text, to, ..letter() }), Outcome::Accepted);
    assert_eq!(standin.got()[0].called, ["ou_9"]);
}

#[test]
fn a_stand_in_by_the_clock_of_the_system_takes_what_is_sent_now() {
    let standin = StandIn::start(Vendor::Dingtalk);
    let channel = Channel::new(&config(Vendor::Dingtalk, &standin.url())).unwrap();
    let letter = Letter { at: lantian::clock::now(), ..letter() };
    assert_eq!(channel.send(&letter), Outcome::Accepted);
}
