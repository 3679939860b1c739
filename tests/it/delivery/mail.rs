//! Mail to a real server: TLS, login, texts as written, and what its refusals come to.
//!
//! The server is Debian's python3-aiosmtpd, which needs neither root nor a place in `/etc`, and unlike an MTA
//! package takes nobody's mail system away.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lantian::delivery::{
    Channel, ChannelConfig, Contact, Letter, MailConfig, MailSecurity, SenderConfig,
};
use lantian::notification::Outcome;
use lantian::telemetry::Secret;
use tempfile::TempDir;

use super::{PATIENCE, assert_failed, assert_refused, certificate, free_port, letter};

const PYTHON: &str = "/usr/bin/python3";

/// A running server; stopped by its process id.
pub(crate) struct Server {
    pub(crate) port: u16,
    process: Child,
    files: TempDir,
    /// To be trusted.
    pub(crate) certificate: PathBuf,
}

impl Server {
    /// In mode starttls, tls or plain; user lantian, password hunter2.
    pub(crate) fn start(mode: &str) -> Option<Self> {
        let has = Command::new(PYTHON).args(["-c", "import aiosmtpd"]).output();
        if !has.is_ok_and(|output| output.status.success()) {
            assert!(std::env::var_os("CI").is_none(), "CI needs python3-aiosmtpd");
            println!("skipped: no python3-aiosmtpd on this machine");
            return None;
        }
        let (files, key, certificate) = certificate()?;
        std::fs::create_dir(files.path().join("mail")).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/delivery/mail_server.py");
        let mut process = Command::new(PYTHON)
            .arg(script)
            .arg(mode)
            .args([&certificate, &key])
            .arg(files.path().join("mail"))
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(files.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let log = || std::fs::read_to_string(files.path().join("log")).unwrap();
        let port = line.trim().parse().unwrap_or_else(|_| panic!("{line:?}: {}", log()));
        Some(Self { port, process, files, certificate })
    }

    fn config(&self, security: MailSecurity) -> ChannelConfig {
        let login = (security != MailSecurity::None)
            .then(|| ("lantian".to_owned(), Secret::new("hunter2")));
        let from = "蓝天系统 <air@dalian.example>".into();
        let mail = MailConfig { host: "localhost".into(), port: self.port, security, login, from };
        ChannelConfig {
            name: "mail".into(),
            timeout: PATIENCE,
            proxy: None,
            ca_file: Some(self.certificate.clone()),
            kind: SenderConfig::Mail(mail),
        }
    }

    /// What arrived, in order.
    pub(crate) fn mails(&self) -> Vec<String> {
        let file = |number: usize| self.files.path().join("mail").join(number.to_string());
        (1..).map_while(|number| std::fs::read_to_string(file(number)).ok()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// The letter for somebody at the server.
fn to(name: &str) -> Letter {
    let mail = Some(format!("{name}@dalian.example"));
    Letter { to: vec![Contact { name: name.into(), mail, ..Contact::default() }], ..letter() }
}

/// Header and text of a mail as Python's own reader of mails sees them.
fn read(mail: &str, header: &str) -> (String, String) {
    let program = "import email, email.policy, sys\n\
                   raw = sys.stdin.buffer.read()\n\
                   m = email.message_from_bytes(raw, policy=email.policy.default)\n\
                   assert m.get_content_type() == 'text/plain', m.get_content_type()\n\
                   print(m[sys.argv[1]])\n\
                   print(m.get_content(), end='')\n";
    let mut process = Command::new(PYTHON)
        .env("PYTHONIOENCODING", "utf-8")
        .args(["-c", program, header])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut process.stdin.take().unwrap(), mail.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success(), "{mail}");
    let told = String::from_utf8(output.stdout).unwrap();
    let (value, text) = told.split_once('\n').unwrap();
    (value.to_owned(), text.replace("\r\n", "\n"))
}

#[test]
fn a_mail_arrives_as_it_was_written() {
    let modes = [
        ("starttls", MailSecurity::StartTls),
        ("tls", MailSecurity::Tls),
        ("plain", MailSecurity::None),
    ];
    for (mode, security) in modes {
        let Some(server) = Server::start(mode) else { return };
        let channel = Channel::new(&server.config(security)).unwrap();
        let text = "第一行，含“引号”与 = 号\n.\n..以点开头\n\n末行".to_owned();
        let letter = Letter { text, ..to("duty") };
        assert_eq!(channel.send(&letter), Outcome::Accepted, "{mode}");
        assert_eq!(channel.send(&letter), Outcome::Accepted, "{mode}");
        let [mail, again] = server.mails().try_into().expect("two");
        let (subject, text) = read(&mail, "Subject");
        assert_eq!((subject, text), (letter.title.clone(), format!("{}\n", letter.text)));
        assert_eq!(read(&mail, "X-Lantian-Key").0, letter.key);
        assert_eq!(read(&mail, "From").0, "蓝天系统 <air@dalian.example>");
        assert_eq!(read(&mail, "Date").0, "Tue, 08 Dec 2026 01:17:20 +0000");
        let id = read(&mail, "Message-ID").0;
        assert!(id.starts_with("<notice-17-") && id.ends_with("@dalian.example>"), "{id}");
        assert_eq!(read(&again, "Message-ID").0, id);
    }
}

#[test]
fn what_the_server_says_decides() {
    let Some(server) = Server::start("starttls") else { return };
    let channel = Channel::new(&server.config(MailSecurity::StartTls)).unwrap();
    assert_refused(&channel.send(&to("nobody")), "SMTP 550：5.1.1");
    assert_failed(&channel.send(&to("grey")), "SMTP 451：4.7.1 Greylisted", None);
    assert_refused(&channel.send(&to("spam")), "SMTP 554");
    assert_failed(&channel.send(&to("full")), "SMTP 452", None);
    let nobody = Letter { to: vec![], ..letter() };
    assert_refused(&channel.send(&nobody), "没有邮箱地址");
    assert_refused(&channel.send(&to("two words")), "邮箱地址不合规");
    assert!(server.mails().is_empty());
}

#[test]
fn a_server_that_falls_silent_may_have_the_mail() {
    let Some(server) = Server::start("starttls") else { return };
    let mut config = server.config(MailSecurity::StartTls);
    assert_eq!(Channel::new(&config).unwrap().send(&to("gone")), Outcome::Unknown);
    assert_eq!(server.mails().len(), 1);
    // Now nobody listens there any more.
    let channel = Channel::new(&config).unwrap();
    assert_failed(&channel.send(&to("duty")), "连接失败", None);

    let Some(server) = Server::start("starttls") else { return };
    config =
        ChannelConfig { timeout: Duration::from_secs(6), ..server.config(MailSecurity::StartTls) };
    assert_eq!(Channel::new(&config).unwrap().send(&to("silent")), Outcome::Unknown);
}

#[test]
fn nothing_is_sent_past_a_wrong_certificate_or_login() {
    let Some(server) = Server::start("starttls") else { return };
    let config = server.config(MailSecurity::StartTls);
    let stranger = ChannelConfig { ca_file: None, ..config.clone() };
    assert_failed(&Channel::new(&stranger).unwrap().send(&to("duty")), "certificate", None);
    let changed = |change: &dyn Fn(&mut MailConfig)| {
        let mut config = config.clone();
        let SenderConfig::Mail(mail) = &mut config.kind else { unreachable!() };
        change(mail);
        Channel::new(&config)
    };
    let another = changed(&|mail| mail.host = "127.0.0.1".into()).unwrap();
    assert_failed(&another.send(&to("duty")), "certificate", None);
    let login = |mail: &mut MailConfig| {
        mail.login = Some(("lantian".into(), Secret::new("hunter3-hunter3")));
    };
    let refused = changed(&login).unwrap().send(&to("duty"));
    assert_refused(&refused, "SMTP 535");
    assert!(!refused.reason().contains("hunter3"), "{}", refused.reason());
    assert!(server.mails().is_empty());

    let clear = changed(&|mail| mail.security = MailSecurity::None).unwrap_err();
    assert_eq!(clear, "security: none would send the password in the clear");
    let from = changed(&|mail| mail.from = "nobody".into()).unwrap_err();
    assert!(from.starts_with("from: "), "{from}");
}

#[test]
fn without_the_encryption_asked_for_nothing_is_sent() {
    let Some(server) = Server::start("plain") else { return };
    let channel = Channel::new(&server.config(MailSecurity::StartTls)).unwrap();
    assert_failed(&channel.send(&to("duty")), "STARTTLS", None);
    let channel = Channel::new(&server.config(MailSecurity::Tls)).unwrap();
    assert_failed(&channel.send(&to("duty")), "连接失败", None);
    assert!(server.mails().is_empty());
    let proxied = ChannelConfig {
        proxy: Some(Secret::new(format!("http://127.0.0.1:{}", free_port()))),
        ..server.config(MailSecurity::StartTls)
    };
    let refused = Channel::new(&proxied).unwrap_err();
    assert_eq!(refused, "proxy: has no effect on mail, which is no HTTP");
}
