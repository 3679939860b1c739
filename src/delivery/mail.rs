//! Mail by SMTP.
//!
//! Invariants: with `starttls` nothing but greetings crosses the wire in the clear; the message has the same
//! `Message-ID` at every try, by its key, so that a reader's program shows it once; a step gets what is left
//! of the whole time, but connection, greeting and the answer to ours may each take all of it.
//!
//! The steps are walked here, not by lettre's transport: only so it is known whether the text had left when a
//! connection broke (RFC 5321 section 4.5.3.2.6: a server that took it may never have said so).

use std::error::Error as _;
use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    Certificate, CertificateStore, SmtpConnection, TlsParameters,
};
use lettre::transport::smtp::commands::{Data, Mail as MailCommand, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use lettre::transport::smtp::{Error, response::Severity};

use super::call::read_pem;
use super::config::{ChannelConfig, MailConfig, MailSecurity};
use super::{Letter, failed, refused};
use crate::clock::Mark;
use crate::notification::Outcome;

const KEY_HEADER: HeaderName = HeaderName::new_from_ascii_str("X-Lantian-Key");
const FAREWELL: Duration = Duration::from_secs(1);
/// In the order tried; both are sent under TLS only.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// A mail server.
pub(super) struct Mail {
    host: String,
    port: u16,
    security: MailSecurity,
    tls: Option<TlsParameters>,
    login: Option<Credentials>,
    from: Mailbox,
    timeout: Duration,
}

impl Mail {
    /// # Errors
    /// The sender is no address, the certificates are none, or a password would go in the clear.
    pub(super) fn new(channel: &ChannelConfig, config: &MailConfig) -> Result<Self, String> {
        let from = config.from.parse::<Mailbox>();
        let from = from.map_err(|e| format!("from: {e}, got {:?}", config.from))?;
        if config.security == MailSecurity::None && config.login.is_some() {
            return Err("security: none would send the password in the clear".to_owned());
        }
        let tls = match config.security {
            MailSecurity::None => None,
            MailSecurity::StartTls | MailSecurity::Tls => Some(tls(channel, &config.host)?),
        };
        let login = config
            .login
            .as_ref()
            .map(|(user, password)| Credentials::new(user.clone(), password.expose().to_owned()));
        let (host, port, security) = (config.host.clone(), config.port, config.security);
        Ok(Self { host, port, security, tls, login, from, timeout: channel.timeout })
    }

    pub(super) fn send(&self, letter: &Letter) -> Outcome {
        let address = letter.to.first().and_then(|contact| contact.mail.as_deref());
        let Some(address) = address else {
            let name = letter.to.first().map_or("收信人", |contact| contact.name.as_str());
            return refused(format!("{name}没有邮箱地址"));
        };
        let to = match address.parse::<Mailbox>() {
            Ok(to) => to,
            Err(e) => return refused(format!("邮箱地址不合规：{e}")),
        };
        let message = match self.message(letter, to.clone()) {
            Ok(message) => message.formatted(),
            Err(e) => return refused(format!("邮件无法生成：{e}")),
        };
        let begun = Mark::now();
        let mut connection = match self.open(begun) {
            Ok(connection) => connection,
            Err(outcome) => return outcome,
        };
        let outcome = self.pass(&mut connection, begun, &to, &message);
        // Whether the farewell is heard changes nothing any more.
        let _ = connection.set_timeout(Some(FAREWELL));
        connection.abort();
        outcome
    }

    fn message(&self, letter: &Letter, to: Mailbox) -> Result<Message, lettre::error::Error> {
        let at = Duration::from_millis(u64::try_from(letter.at.millis()).unwrap_or(0));
        let legal = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
        let id: String = letter.key.chars().map(legal).collect();
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.title.clone())
            .date(SystemTime::UNIX_EPOCH + at)
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .header(ContentType::TEXT_PLAIN)
            .body(format!("{}\n", letter.text.trim_end()))?;
        message.headers_mut().insert_raw(HeaderValue::new(KEY_HEADER, letter.key.clone()));
        Ok(message)
    }

    /// Connects, under TLS as configured, and logs in.
    fn open(&self, begun: Mark) -> Result<SmtpConnection, Outcome> {
        let hello = ClientId::default();
        let at_once = self.tls.as_ref().filter(|_| self.security == MailSecurity::Tls);
        let server = (self.host.as_str(), self.port);
        let mut connection =
            SmtpConnection::connect(server, Some(self.timeout), &hello, at_once, None)
                .map_err(|e| ended(&e))?;
        if let Some(tls) = self.tls.as_ref().filter(|_| self.security == MailSecurity::StartTls) {
            self.step(&mut connection, begun)?;
            connection.starttls(tls, &hello).map_err(|e| ended(&e))?;
        }
        if let Some(login) = &self.login {
            self.step(&mut connection, begun)?;
            connection.auth(&MECHANISMS, login).map_err(|e| ended(&e))?;
        }
        Ok(connection)
    }

    /// Hands the message over.
    fn pass(
        &self,
        connection: &mut SmtpConnection,
        begun: Mark,
        to: &Mailbox,
        message: &[u8],
    ) -> Outcome {
        let mut parameters = Vec::new();
        if connection.server_info().supports_feature(Extension::EightBitMime) {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let mut before = || -> Result<(), Outcome> {
            let from = Some(self.from.email.clone());
            self.step(connection, begun)?;
            connection
                .command(MailCommand::new(from, parameters.clone()))
                .map_err(|e| ended(&e))?;
            self.step(connection, begun)?;
            let rcpt = Rcpt::new(to.email.clone(), Vec::new());
            connection.command(rcpt).map_err(|e| ended(&e))?;
            self.step(connection, begun)?;
            connection.command(Data).map_err(|e| ended(&e))?;
            self.step(connection, begun)
        };
        if let Err(outcome) = before() {
            return outcome;
        }
        match connection.message(message) {
            Ok(response) => judge(&response),
            Err(e) if e.status().is_some() => ended(&e),
            Err(_) => Outcome::Unknown,
        }
    }

    /// Allows the next step what is left of the whole time.
    fn step(&self, connection: &mut SmtpConnection, begun: Mark) -> Result<(), Outcome> {
        let left = self.timeout.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Err(failed("邮件服务器应答超时"));
        }
        connection.set_timeout(Some(left)).map_err(|e| failed(format!("连接失败：{e}")))
    }
}

/// What the server's last word comes to.
fn judge(response: &Response) -> Outcome {
    match response.code().severity {
        Severity::PositiveCompletion => Outcome::Accepted,
        _ => {
            failed(format!("SMTP {}：{}", response.code(), response.message().collect::<String>()))
        }
    }
}

/// What an error before the text comes to, or one that the server put into words.
fn ended(e: &Error) -> Outcome {
    let source = e.source().map(ToString::to_string).unwrap_or_default();
    match e.status() {
        Some(code) if e.is_permanent() => refused(format!("SMTP {code}：{source}")),
        Some(code) => failed(format!("SMTP {code}：{source}")),
        None => failed(format!("连接失败：{e}")),
    }
}

fn tls(channel: &ChannelConfig, host: &str) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = &channel.ca_file {
        let told = |e| format!("ca_file: {}: {e}", path.display());
        let certificate = Certificate::from_pem(&read_pem(path)?).map_err(told)?;
        builder = builder.certificate_store(CertificateStore::None);
        builder = builder.add_root_certificate(certificate);
    }
    builder.build_rustls().map_err(|e| format!("ca_file: {e}"))
}
