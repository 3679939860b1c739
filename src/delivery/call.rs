//! One request by HTTP, and what its answer says before anybody reads the body.
//!
//! Invariants: a new connection for each (one that was kept may be dead, and nobody would know whether the
//! message went out); 64 KiB of an answer are read at most; no redirect is followed; no proxy but the
//! channel's own.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use ureq::http::{HeaderMap, StatusCode, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};

use super::config::ChannelConfig;
use super::{failed, refused};
use crate::notification::Outcome;
use crate::telemetry::Secret;

const ANSWER_MAX_BYTES: u64 = 64 * 1024;
/// Longer than this no receiver silences a channel.
const HOLD_MAX_S: u32 = 3600;
/// So much of a strange answer is told, in bytes.
const SHOWN_BYTES: usize = 80;

/// Sends requests of one channel.
pub(super) struct Caller {
    agent: ureq::Agent,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    hold_s: Option<u32>,
    body: Vec<u8>,
}

/// The body of a request; knows whether any of it was taken to be sent.
struct Source<'a> {
    rest: &'a [u8],
    begun: bool,
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.begun = true;
        self.rest.read(buffer)
    }
}

impl Caller {
    /// # Errors
    /// Why certificates or proxy cannot be used.
    pub(super) fn new(config: &ChannelConfig) -> Result<Self, String> {
        let proxy = config.proxy.as_ref().map(proxy).transpose()?;
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(RootCerts::from(certificates(config)?))
            .build();
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(config.timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .proxy(proxy)
            .tls_config(tls)
            .user_agent(concat!("lantian/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: agent.into() })
    }

    /// Posts a body.
    ///
    /// # Errors
    /// No answer: [`Outcome::Failed`] when nothing of the body had left, else [`Outcome::Unknown`].
    pub(super) fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, Outcome> {
        let mut request = self.agent.post(url).header("Content-Length", body.len().to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut source = Source { rest: body, begun: false };
        let sent = request.send(ureq::SendBody::from_reader(&mut source));
        let mut response = match sent {
            Ok(response) => response,
            Err(_) if source.begun => return Err(Outcome::Unknown),
            Err(e) => return Err(failed(format!("连接失败：{e}"))),
        };
        let (status, hold_s) = (response.status(), retry_after(response.headers()));
        let mut body = Vec::new();
        let read = response.body_mut().as_reader().take(ANSWER_MAX_BYTES).read_to_end(&mut body);
        // An error is one with or without its explanation; a success only when it was told to the end.
        if read.is_err() && status.is_success() {
            return Err(Outcome::Unknown);
        }
        Ok(Answer { status, hold_s, body })
    }
}

impl Answer {
    /// The body as JSON, unless the status says that it is not the receiver's word on the message.
    pub(super) fn json(&self) -> Option<Value> {
        let speaks =
            self.status.is_success() || (self.status.is_client_error() && !self.may_pass());
        speaks.then(|| serde_json::from_slice(&self.body).ok()).flatten()
    }

    /// Whether it is the page of somebody in between, as of a captive portal.
    pub(super) fn is_page(&self) -> bool {
        let start = self.body.trim_ascii_start();
        let begins = |with: &str| {
            start.get(..with.len()).is_some_and(|s| s.eq_ignore_ascii_case(with.as_bytes()))
        };
        begins("<!doctype html") || begins("<html")
    }

    /// Whether the same request may be answered otherwise later.
    fn may_pass(&self) -> bool {
        self.status.is_server_error() || matches!(self.status.as_u16(), 408 | 425 | 429)
    }

    /// What an answer comes to that is not as documented.
    pub(super) fn undocumented(&self) -> Outcome {
        let status = self.status.as_u16();
        if self.may_pass() {
            return Outcome::Failed { reason: format!("HTTP {status}"), hold_s: self.hold_s };
        }
        if self.status.is_client_error() {
            return refused(format!("HTTP {status}：{}", self.shown()));
        }
        failed(format!("回答不符合接口约定：HTTP {status}，{}", self.shown()))
    }

    /// The beginning of the body.
    pub(super) fn shown(&self) -> String {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(SHOWN_BYTES)]);
        match text.trim_end_matches('\u{fffd}') {
            "" => "无内容".to_owned(),
            start => format!("开头为“{start}”"),
        }
    }
}

/// Whole seconds; a date is not looked at.
fn retry_after(headers: &HeaderMap) -> Option<u32> {
    let text = headers.get("retry-after")?.to_str().ok()?;
    text.trim().parse::<u32>().ok().map(|s| s.min(HOLD_MAX_S))
}

/// Checks an address for [`Caller::post`].
///
/// # Errors
/// What it lacks.
pub(super) fn check_address(url: &Secret) -> Result<(), String> {
    let uri = url.expose().parse::<Uri>().ok();
    let is_http = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https"));
    match uri.filter(|uri| is_http(uri) && uri.host().is_some_and(|host| !host.is_empty())) {
        Some(_) => Ok(()),
        None => Err("url: must begin with http:// or https://".to_owned()),
    }
}

fn proxy(url: &Secret) -> Result<ureq::Proxy, String> {
    match url.expose().split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase()) {
        Some(scheme) if scheme == "http" => {}
        Some(scheme) if scheme.starts_with("socks") => {
            return Err(format!("proxy: {scheme} is not supported, use an http:// proxy"));
        }
        _ => return Err("proxy: must be http://host:port".to_owned()),
    }
    ureq::Proxy::new(url.expose()).map_err(|e| format!("proxy: {e}"))
}

/// The certificates to trust: those of the file, else those of the system.
fn certificates(config: &ChannelConfig) -> Result<Vec<Certificate<'static>>, String> {
    let Some(path) = &config.ca_file else {
        let found = rustls_native_certs::load_native_certs().certs;
        return Ok(found.iter().map(|der| Certificate::from_der(der).to_owned()).collect());
    };
    let certificate = |item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    };
    Ok(ureq::tls::parse_pem(&read_pem(path)?).filter_map(certificate).collect())
}

/// A file of certificates.
///
/// # Errors
/// It cannot be read, or holds none.
pub(super) fn read_pem(path: &Path) -> Result<Vec<u8>, String> {
    let pem = std::fs::read(path).map_err(|e| format!("ca_file: {}: {e}", path.display()))?;
    if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
        return Err(format!("ca_file: {}: holds no PEM certificate", path.display()));
    }
    Ok(pem)
}

/// Time in whole seconds, as most signatures want it.
pub(super) fn seconds(at: crate::time::Instant) -> String {
    Duration::from_millis(u64::try_from(at.millis()).unwrap_or(0)).as_secs().to_string()
}
