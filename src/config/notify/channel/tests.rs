//! Faults of channels by key, and what legal ones become.

use super::super::super::section::Faults;
use super::*;

const FILES: [(&str, &str); 5] = [
    ("url", "https://oapi.dingtalk.com/robot/send?access_token=feed\n"),
    ("secret", "SEC123\n"),
    ("empty", "\n"),
    ("key.pem", "-----BEGIN PRIVATE KEY-----"),
    ("odd", "ftp://example.com"),
];

/// Reads `[[channel]]` tables beside a few files; the channels, and the faults one a line.
fn read(content: &str) -> (Vec<NotifyChannel>, Vec<String>) {
    let dir = tempfile::tempdir().expect("a directory");
    for (name, content) in FILES {
        std::fs::write(dir.path().join(name), content).expect("written");
    }
    let faults = Faults::default();
    let mut root = Section::root(content.parse().expect("TOML"), &faults);
    let channels = read_channels(root.sections("channel"), dir.path());
    root.finish();
    let dir = dir.path().display().to_string();
    let told = faults.into_list();
    (channels, told.iter().map(|f| f.to_string().replace(&dir, "DIR")).collect())
}

/// The channels of a file without a fault.
fn legal(content: &str) -> Vec<NotifyChannel> {
    let (channels, faults) = read(content);
    assert_eq!(faults, [""; 0]);
    channels
}

/// The faults of one channel with these keys.
fn faults(keys: &str) -> Vec<String> {
    read(&format!("[[channel]]\nname = 'one'\n{keys}")).1
}

const SMS: &str = "kind = 'sms'
url = 'https://sms.example.com/send'
ok_pointer = '/Code'
ok_value = 'OK'
";

#[test]
fn a_robot_is_its_address_and_the_pace_of_its_kind() {
    let [one] = legal("[[channel]]\nname = '值班群'\nkind = 'dingtalk'\nurl_file = 'url'\n")
        .try_into()
        .expect("one");
    assert_eq!((one.config.name.as_str(), one.config.timeout.as_secs()), ("值班群", 10));
    assert_eq!((one.pace, one.simulated), (ChannelKind::Dingtalk.pace(), false));
    assert!(one.config.proxy.is_none() && one.config.ca_file.is_none());
    let SenderConfig::Dingtalk(robot) = one.config.kind else { panic!("{one:?}") };
    assert_eq!(robot.url.expose(), FILES[0].1.trim());
    assert!(robot.secret.is_none() && robot.keyword.is_none());
}

#[test]
fn every_key_has_its_place() {
    let common = "timeout_s = 60\nproxy = 'http://u:hunter2@proxy:3128'\nsimulated = true\n";
    let content = format!(
        "[[channel]]\nname = 'a'\nkind = 'feishu'\nurl_file = 'url'\nsecret_file = 'secret'\n\
         keyword = '蓝天'\nper_min = 10\nper_s = 2\n{common}\
         [[channel]]\nname = 'b'\nkind = 'webhook'\nurl = 'http://127.0.0.1:1/x'\n\
         secret_env = 'CARGO_PKG_NAME'\n{common}\
         [[channel]]\nname = 'c'\nkind = 'mqtt'\nper_min = 1\n"
    );
    let [feishu, hook, mqtt] = legal(&content).try_into().expect("three");
    let pace = ChannelKind::Feishu.pace();
    assert_eq!(feishu.pace, Pace { per_min: Some(10), per_s: Some(2), ..pace });
    assert!(feishu.simulated && feishu.config.timeout.as_secs() == 60);
    let shown = format!("{feishu:?} {hook:?}");
    assert!(!["hunter2", "SEC123", "feed"].iter().any(|secret| shown.contains(secret)), "{shown}");
    let SenderConfig::Feishu(robot) = feishu.config.kind else { panic!("feishu") };
    assert_eq!(robot.secret, Some(Secret::new("SEC123")));
    assert_eq!(robot.keyword.as_deref(), Some("蓝天"));
    let SenderConfig::Webhook(hook) = hook.config.kind else { panic!("webhook") };
    assert_eq!(
        (hook.url.expose(), hook.secret),
        ("http://127.0.0.1:1/x", Some(Secret::new("lantian")))
    );
    assert!(matches!(mqtt.config.kind, SenderConfig::Mqtt));
}

#[test]
fn mail_has_the_port_of_its_security() {
    for (security, port) in [("starttls", 587), ("tls", 465), ("none", 25)] {
        let content = format!(
            "[[channel]]\nname = 'a'\nkind = 'mail'\nhost = 'mail.example.com'\n\
             from = '蓝天 <air@example.com>'\nsecurity = '{security}'\n"
        );
        let [mail] = legal(&content).try_into().expect("one");
        let SenderConfig::Mail(mail) = mail.config.kind else { panic!("mail") };
        assert_eq!((mail.port, mail.login), (port, None));
    }
    let [mail] = legal(
        "[[channel]]\nname = 'a'\nkind = 'mail'\nhost = 'h'\nfrom = 'a@b.cn'\nport = 2525\n\
         username = 'u'\npassword_file = 'secret'",
    )
    .try_into()
    .expect("one");
    let SenderConfig::Mail(mail) = mail.config.kind else { panic!("mail") };
    let login = Some(("u".to_owned(), Secret::new("SEC123")));
    assert_eq!((mail.port, mail.login, mail.security), (2525, login, MailSecurity::StartTls));
}

#[test]
fn a_gateway_is_described_by_its_tables() {
    let content = format!(
        "[[channel]]\nname = 'a'\n{SMS}content = 'form'\nrefuse_values = ['LIMIT']\n\
         signature = '大连市生态环境局'\nsecret_file = 'secret'\n\
         [channel.fields]\nphone = '{{phone}}'\npassword = '{{secret}}'\nid = '{{template}}'\n\
         [channel.templates]\ndefault = 'SMS_0'\nissued = 'SMS_1'\n\
         [channel.headers]\nX-Token = {{ file = 'secret' }}\n\
         X-Other = {{ env = 'CARGO_PKG_NAME' }}\n"
    );
    let [sms] = legal(&content).try_into().expect("one");
    let SenderConfig::Sms(sms) = sms.config.kind else { panic!("sms") };
    assert_eq!((sms.content, sms.refuse_values), (Content::Form, vec!["LIMIT".to_owned()]));
    let names: Vec<_> = sms.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["id", "password", "phone"]);
    let headers = [("X-Other", "lantian"), ("X-Token", "SEC123")];
    assert_eq!(sms.headers, headers.map(|(n, v)| (n.to_owned(), Secret::new(v))));
    assert_eq!(sms.templates["issued"], "SMS_1");
    assert_eq!(sms.signature.as_deref(), Some("大连市生态环境局"));
}

#[test]
fn all_faults_are_told_at_once() {
    let (channels, told) = read(
        "[[channel]]
kind = 'dingtalk'
url = 'https://oapi.dingtalk.com/robot/send?access_token=hunter2'
timeout_s = 61
per_min = 0
speed = 3
[[channel]]
name = 'b'
kind = 'pigeon'
[[channel]]
name = 'b'
kind = 'mail'
security = 'ssl'
proxy = 'http://proxy:3128'
from = 'nobody'
simulated = 1
[[channel]]
name = 'd'
kind = 'sms'
url = 'https://x/'
[channel.fields]
phone = '{phone} {fax}'
[channel.headers]
X = {}
Y = { file = 'none' }
",
    );
    let expected = [
        "channel[0].name: is missing",
        "channel[0].per_min: must be 1 to 6000, got 0",
        "channel[0].timeout_s: must be 1 to 60, got 61",
        "channel[0].url: the address of a robot holds its key: use url_file or url_env",
        "channel[0].speed: is not a known key",
        "channel[1].kind: must be one of dingtalk, wecom, feishu, mail, sms, webhook, mqtt, got",
        "channel[2].name: \"b\" is the name of another channel too",
        "channel[2].simulated: must be true or false, got an integer",
        "channel[2].host: is missing",
        "channel[2].security: must be one of starttls, tls, none, got \"ssl\"",
        "channel[3].fields: phone: {fax} is none of {phone}, {text}, {template}, {variables}",
        "channel[3].headers.X.file: is missing (or env)",
        "channel[3].headers.Y.file: DIR/none: No such file",
        "channel[3].ok_pointer: is missing",
        "channel[3].ok_value: is missing",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{told}, not {expected}");
        assert!(!told.contains("hunter2"), "{told}");
    }
    assert!(channels.is_empty());
}

#[test]
fn what_cannot_send_is_a_fault_of_its_key() {
    let robot = |more: &str| faults(&format!("kind = 'wecom'\nurl_file = 'url'\n{more}"));
    assert_eq!(robot(""), [""; 0]);
    let socks = "channel[0].proxy: socks5 is not supported, use an http:// proxy";
    assert_eq!(robot("proxy = 'socks5://p:1080'"), [socks]);
    let unsigned = "channel[0].secret_file: has no effect on wecom, which signs nothing";
    assert_eq!(robot("secret_file = 'secret'"), [unsigned]);
    let pem = "channel[0].ca_file: DIR/key.pem: holds no PEM certificate";
    assert_eq!(robot("ca_file = 'key.pem'"), [pem]);
    let told = faults("kind = 'feishu'");
    assert_eq!(told, ["channel[0].url_file: is missing (or url_env)"]);
    let told = faults("kind = 'feishu'\nurl_file = 'odd'");
    assert_eq!(told, ["channel[0].url: must begin with http:// or https://"]);
    let told = faults("kind = 'feishu'\nurl_file = 'empty'");
    assert_eq!(told, ["channel[0].url_file: what it names is empty"]);
    let mail = "kind = 'mail'\nhost = 'h'\nfrom = 'a@b.cn'\n";
    let told = faults(&format!("{mail}proxy = 'http://p:1'"));
    assert_eq!(told, ["channel[0].proxy: has no effect on mail, which is no HTTP"]);
    let login = "security = 'none'\nusername = 'u'\npassword_file = 'secret'";
    let told = faults(&format!("{mail}{login}"));
    assert_eq!(told, ["channel[0].security: none would send the password in the clear"]);
    let told = faults(&format!("{SMS}[channel.fields]\ntext = '{{text}}'"));
    assert_eq!(told, ["channel[0].fields: none holds {phone}"]);
    let told = faults("kind = 'mqtt'\ntimeout_s = 3");
    assert!(told[0].starts_with("channel[0].timeout_s: is not a known key"), "{told:?}");
}
