//! The file of notices and the roster: what is legal, and every fault by its key.

use std::path::Path;

use crate::config::{Fault, NotifyConfig, load};
use crate::notification::{Acknowledge, ChannelKind};

/// The shipped files in a directory of their own, with secrets, and texts of them replaced.
fn shipped(replace: &[(&str, &str, &str)]) -> Result<NotifyConfig, Vec<Fault>> {
    let dir = tempfile::tempdir().expect("a directory");
    let at = dir.path();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let read = |name: &str| {
        let mut text = std::fs::read_to_string(shipped.join(name)).expect("shipped");
        for (_, from, to) in replace.iter().filter(|(file, ..)| *file == name) {
            assert!(text.contains(from), "{name} has no {from:?}");
            text = text.replacen(from, to, 1);
        }
        let secrets = format!("{}/", at.display());
        text.replace("/etc/lantian/", &secrets)
    };
    for name in ["notify.toml", "roster.toml"] {
        std::fs::write(at.join(name), read(name)).expect("written");
    }
    let names = ["dingtalk-secret", "sms-secret", "mail-password", "office-secret", "link-secret"];
    for name in names {
        std::fs::write(at.join(name), "a secret of many letters\n").expect("written");
    }
    let robot = "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef\n";
    std::fs::write(at.join("dingtalk-url"), robot).expect("written");
    let seeds = format!("{}/", shipped.with_file_name("seeds").display());
    let main = read("lantian.toml").replace("../seeds/", &seeds);
    let main = main.replace("# notify_file", "notify_file");
    std::fs::write(at.join("lantian.toml"), main).expect("written");
    load(&at.join("lantian.toml")).map(|config| config.notify.expect("told"))
}

fn faults(replace: &[(&str, &str, &str)]) -> Vec<String> {
    let faults = shipped(replace).expect_err("faulty");
    let last = |key: &str| key.rsplit('/').next().unwrap_or(key).to_owned();
    faults.iter().map(|fault| format!("{}: {}", last(&fault.key), fault.reason)).collect()
}

#[test]
fn the_shipped_files_are_legal_and_tell_what_they_say() {
    let notify = shipped(&[]).expect("legal");
    let rules = &notify.rules;
    let kinds: Vec<ChannelKind> = rules.channels.iter().map(|channel| channel.kind).collect();
    assert_eq!(kinds.len(), 5);
    assert!(rules.live && rules.roster.people.len() == 6);
    assert_eq!(notify.contacts["zhang"].phone.as_deref(), Some("13900000001"));
    let each = rules.routes.iter().find(|route| route.kinds == ["dispatch"]).expect("a route");
    assert_eq!(each.acknowledge, Acknowledge::Each);
    let shown = format!("{notify:?}");
    assert!(!shown.contains("many letters") && !shown.contains("0123456789abcdef"), "{shown}");
}

#[test]
fn every_fault_of_both_files_is_told_at_once_with_its_place() {
    let told = faults(&[
        ("notify.toml", "kinds = [\"recommendation\"]", "kinds = [\"recommendations\"]"),
        (
            "notify.toml",
            "to = [\"second\", \"leader\"], by = [\"sms\"]",
            "to = [\"cook\"], by = [\"fax\"]",
        ),
        ("notify.toml", "kinds = [\"advisory\", \"paper\"]", "kinds = [\"advisory\", \"issued\"]"),
        ("notify.toml", "quiet = \"22:00-07:00\"", "quiet = \"at night\""),
        ("roster.toml", "phone = \"13900000002\"", "phone = \"none\""),
        ("roster.toml", "people = [\"zhang\", \"li\"]", "people = [\"zhang\", \"chen\"]"),
    ]);
    let expected = [
        "roster.toml: person[1].phone: must be a telephone number of 7 to 15 digits",
        "roster.toml: rota[0].people: no [[person]] has the id \"chen\"",
    ];
    for fault in expected {
        assert!(told.iter().any(|told| told == fault), "{fault} is not among {told:#?}");
    }
    // What a faulty roster brings with it is not told beside its fault.
    let told = faults(&[("roster.toml", "phone = \"13900000002\"", "phone = \"none\"")]);
    assert_eq!(told, [expected[0]]);
    let begin = [
        "notify.toml: route[0].kinds: \"recommendations\" is no kind",
        "notify.toml: route[3].kinds: issued has a route already",
        "notify.toml: route[5].quiet: must be a span such as",
    ];
    // With a roster that cannot be read, what routes say of it is told in the next run.
    let told = faults(&[
        ("notify.toml", "kinds = [\"recommendation\"]", "kinds = [\"recommendations\"]"),
        (
            "notify.toml",
            "to = [\"second\", \"leader\"], by = [\"sms\"]",
            "to = [\"cook\"], by = [\"fax\"]",
        ),
        ("notify.toml", "kinds = [\"advisory\", \"paper\"]", "kinds = [\"advisory\", \"issued\"]"),
        ("notify.toml", "quiet = \"22:00-07:00\"", "quiet = \"at night\""),
    ]);
    for fault in begin {
        assert!(told.iter().any(|told| told.starts_with(fault)), "{fault} is not in {told:#?}");
    }
    let places = [
        "route[0].escalate[0].to: the roster has no role and nobody called \"cook\"",
        "route[0].escalate[0].by: there is no [[channel]] \"fax\"",
    ];
    for fault in places {
        assert!(told.iter().any(|told| told.ends_with(fault)), "{fault} is not in {told:#?}");
    }
}

#[test]
fn a_route_reaches_whom_it_names() {
    let told = faults(&[("roster.toml", "phone = \"13900000012\"\n", "")]);
    assert_eq!(told, ["notify.toml: route[2].send[0].to: \"jinpu\" has no phone for \"sms\""]);
    let told = faults(&[("roster.toml", "phone = \"13900000004\"\n", "")]);
    assert!(told[0].contains("\"zhao\" has no phone for \"sms\""), "by a turn: {told:?}");
    let told = faults(&[(
        "notify.toml",
        "{ to = [\"main\", \"leader\"], by = [\"mail\"] }",
        "{ by = [\"mail\"] }",
    )]);
    assert!(told[0].contains("must name somebody"), "{told:?}");
}

#[test]
fn only_what_was_issued_goes_to_the_broker() {
    let mail = "{ to = [\"main\", \"leader\"], by = [\"mail\"] }";
    let told = faults(&[("notify.toml", mail, "{ by = [\"level\"] }")]);
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("\"level\" tells only what was issued, never advisory"), "{told:?}");
}

#[test]
fn the_level_at_the_broker_is_kept_up_to_date_by_the_heartbeat() {
    let told = faults(&[("lantian.toml", "# every_s = 30", "every_s = 0")]);
    let expected = "heartbeat.every_s: must not be 0 where a channel of kind mqtt tells the level";
    assert_eq!(told, [expected]);
}

#[test]
fn a_word_is_waited_for_where_something_goes_on() {
    let told = faults(&[("notify.toml", "acknowledge = \"each\"\n", "")]);
    assert!(told[0].contains("route[2].acknowledge: must be \"one\" or \"each\""), "{told:?}");
    let order = "{ after_min = 10, to = [\"second\", \"leader\"], by = [\"sms\"] }";
    let later = "{ after_min = 30, to = [\"second\", \"leader\"], by = [\"sms\"] }";
    let told = faults(&[("notify.toml", order, later)]);
    assert!(told[0].contains("route[0].escalate[1].after_min: must not be before"), "{told:?}");
}

#[test]
fn links_need_an_address_outside_and_a_secret() {
    let on = ("notify.toml", "# public_url", "public_url");
    assert!(faults(&[on])[0].contains("public_url: needs link_secret_file"));
    let secret = ("notify.toml", "# link_secret_file", "link_secret_file");
    assert!(faults(&[secret])[0].contains("public_url: is missing"));
    assert!(shipped(&[on, secret]).expect("legal").links.is_some());
    let plain = ("notify.toml", "# public_url = \"https", "public_url = \"http");
    assert!(faults(&[plain, secret])[0].contains("public_url: must begin with https://"));
}

#[test]
fn a_template_that_cannot_be_filled_in_is_a_fault() {
    let dir = tempfile::tempdir().expect("a directory");
    let own = "[silence]\ntitle = \"{{ prefix }}{{ wether }}\"\ntext = \"x\"\nshort = \"x\"\n";
    std::fs::write(dir.path().join("zh.toml"), own).expect("written");
    let on = format!("templates_dir = \"{}\" #", dir.path().display());
    let told = faults(&[("notify.toml", "# templates_dir =", &on)]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("templates_dir: zh.toml: silence: title: undefined value"),
        "{told:?}"
    );
}

#[test]
fn nothing_mutes_itself_or_what_is_urgent() {
    let mute = |lines: &str| {
        let from = "while = \"silence.area\"\nmutes = [\"silence.station\"]";
        faults(&[("notify.toml", from, lines)])
    };
    let itself = mute("while = \"silence\"\nmutes = [\"silence.station\"]");
    assert!(itself[0].contains("would mute itself"), "{itself:?}");
    let urgent = mute("while = \"silence.area\"\nmutes = [\"recommendation\"]");
    assert!(urgent[0].contains("recommendation is never muted"), "{urgent:?}");
    let round = mute("while = \"silence.station\"\nmutes = [\"silence.feed\"]");
    assert!(round[0].contains("silence.feed mutes it, and it mutes silence.feed"), "{round:?}");
    let part = mute("while = \"silence.areas\"\nmutes = [\"silence.station\"]");
    assert!(part[0].contains("no part of silence (known: station, area, feed)"), "{part:?}");
}

#[test]
fn what_is_urgent_does_not_wait_for_the_morning() {
    let told = faults(&[(
        "notify.toml",
        "kinds = [\"recommendation\"]",
        "kinds = [\"recommendation\"]\nquiet = \"22:00-07:00\"",
    )]);
    assert_eq!(told, ["notify.toml: route[0].quiet: recommendation does not wait for the morning"]);
}
