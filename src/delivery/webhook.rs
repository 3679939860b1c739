//! JSON by HTTP to a system of the bureau, signed.
//!
//! Headers: `Idempotency-Key`, the same for every try of a message, percent-encoded where it is not ASCII;
//! with a secret also `X-Lantian-Timestamp` (whole seconds since 1970) and `X-Lantian-Signature`, which is
//! `sha256=` and the hexadecimal HMAC-SHA256 of timestamp, a point and the body under the secret. Any 2xx
//! takes the message, unless it is a page.

use percent_encoding::{CONTROLS, utf8_percent_encode};

use super::call::{Caller, check_address, seconds};
use super::config::WebhookConfig;
use super::{Letter, refused, sign};
use crate::notification::Outcome;

/// A receiver.
pub(super) struct Webhook {
    config: WebhookConfig,
    caller: Caller,
}

impl Webhook {
    /// # Errors
    /// The address is none.
    pub(super) fn new(config: &WebhookConfig, caller: Caller) -> Result<Self, String> {
        check_address(&config.url)?;
        Ok(Self { config: config.clone(), caller })
    }

    pub(super) fn send(&self, letter: &Letter) -> Outcome {
        let body = letter.body.to_string().into_bytes();
        let stamp = seconds(letter.at);
        let signature = self.config.secret.as_ref().map(|secret| {
            let signed = [stamp.as_bytes(), b".", &body].concat();
            format!("sha256={}", sign::hex(secret.expose(), &signed))
        });
        let key = utf8_percent_encode(&letter.key, CONTROLS).to_string();
        let mut headers =
            vec![("Content-Type", "application/json"), ("Idempotency-Key", key.as_str())];
        if let Some(signature) = &signature {
            headers.push(("X-Lantian-Timestamp", &stamp));
            headers.push(("X-Lantian-Signature", signature));
        }
        let answer = match self.caller.post(self.config.url.expose(), &headers, &body) {
            Ok(answer) => answer,
            Err(outcome) => return outcome,
        };
        if answer.status.is_success() && !answer.is_page() {
            return Outcome::Accepted;
        }
        if answer.status.is_redirection() {
            let status = answer.status.as_u16();
            return refused(format!("HTTP {status}：地址已转移，系统不跟随转向"));
        }
        answer.undocumented()
    }
}
