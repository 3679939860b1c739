//! 短信 through a gateway whose request is written in the configuration.
//!
//! In: a [`Letter`] for one person. Out: one request with the fields that the gateway asks for.
//!
//! Why by configuration: bureaus send through the city's own platform, an operator or a cloud, and no two
//! write a request alike; what they have in common is a table of fields and a code in the answer.
//!
//! Source: 通信短信息服务管理规定 (a sender's 签名 in 【】 before the text); one message holds 70 characters.

use std::str::FromStr;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use ureq::http::{HeaderName, HeaderValue};

use super::call::{Answer, Caller, check_address, seconds};
use super::config::{Content, SmsConfig};
use super::{Letter, failed, refused, text};
use crate::notification::Outcome;

/// Characters of one message.
const TEXT_MAX_CHARS: usize = 70;
/// The template of kinds that have none of their own.
const DEFAULT: &str = "default";

/// A gateway.
pub(super) struct Sms {
    config: SmsConfig,
    caller: Caller,
}

/// The value of a field: text with places such as `{phone}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Plain(String),
    Place(Place),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Phone,
    Text,
    Template,
    Variables,
    Key,
    Timestamp,
    Secret,
}

/// All places by their names.
const PLACES: [(&str, Place); 7] = [
    ("phone", Place::Phone),
    ("text", Place::Text),
    ("template", Place::Template),
    ("variables", Place::Variables),
    ("key", Place::Key),
    ("timestamp", Place::Timestamp),
    ("secret", Place::Secret),
];

impl FromStr for Template {
    type Err = String;

    /// Braces stand for places only.
    fn from_str(written: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = written;
        while let Some((plain, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or("a { has no }")?;
            let place = PLACES.iter().find(|(known, _)| *known == name).map(|(_, place)| *place);
            let known = || PLACES.map(|(known, _)| format!("{{{known}}}")).join(", ");
            let place = place.ok_or_else(|| format!("{{{name}}} is none of {}", known()))?;
            parts.push(Part::Plain(plain.to_owned()));
            parts.push(Part::Place(place));
            rest = after;
        }
        parts.push(Part::Plain(rest.to_owned()));
        parts.retain(|part| *part != Part::Plain(String::new()));
        Ok(Self(parts))
    }
}

impl Template {
    fn names(&self, place: Place) -> bool {
        self.0.contains(&Part::Place(place))
    }

    fn filled(&self, value: impl Fn(Place) -> String) -> String {
        let part = |part: &Part| match part {
            Part::Plain(text) => text.clone(),
            Part::Place(place) => value(*place),
        };
        self.0.iter().map(part).collect()
    }
}

impl Sms {
    /// # Errors
    /// What is missing in the description of the gateway.
    pub(super) fn new(config: &SmsConfig, caller: Caller) -> Result<Self, String> {
        check_address(&config.url)?;
        for (name, value) in &config.headers {
            let is_name = HeaderName::from_str(name).is_ok();
            if !is_name || HeaderValue::from_str(value.expose()).is_err() {
                return Err(format!("headers: {name:?} is no header with a legal value"));
            }
        }
        let names = |place| config.fields.iter().any(|(_, field)| field.names(place));
        if !names(Place::Phone) {
            return Err("fields: none holds {phone}".to_owned());
        }
        if names(Place::Template) && !config.templates.contains_key(DEFAULT) {
            return Err("templates: {template} needs at least the one named default".to_owned());
        }
        if names(Place::Secret) && config.secret.is_none() {
            return Err("fields: {secret} needs secret_file or secret_env".to_owned());
        }
        if !config.ok_pointer.starts_with('/') {
            return Err("ok_pointer: must begin with /, as in /Code".to_owned());
        }
        Ok(Self { config: config.clone(), caller })
    }

    pub(super) fn send(&self, letter: &Letter) -> Outcome {
        let person = letter.to.first();
        let Some(phone) = person.and_then(|contact| contact.phone.as_deref()) else {
            let name = person.map_or("收信人", |contact| contact.name.as_str());
            return refused(format!("{name}没有手机号码"));
        };
        let body = self.body(letter, phone);
        let content = match self.config.content {
            Content::Json => "application/json",
            Content::Form => "application/x-www-form-urlencoded",
        };
        let own = self.config.headers.iter().map(|(name, value)| (name.as_str(), value.expose()));
        let headers: Vec<_> = [("Content-Type", content)].into_iter().chain(own).collect();
        match self.caller.post(self.config.url.expose(), &headers, &body) {
            Ok(answer) => self.judge(&answer),
            Err(outcome) => outcome,
        }
    }

    fn body(&self, letter: &Letter, phone: &str) -> Vec<u8> {
        let templates = &self.config.templates;
        let template = || templates.get(&letter.kind).or_else(|| templates.get(DEFAULT));
        let value = |place| match place {
            Place::Phone => phone.to_owned(),
            Place::Text => self.text(letter),
            Place::Template => template().cloned().unwrap_or_default(),
            Place::Variables => {
                serde_json::to_string(&letter.variables).unwrap_or_else(|_| "{}".to_owned())
            }
            Place::Key => letter.key.clone(),
            Place::Timestamp => seconds(letter.at),
            Place::Secret => self.config.secret.as_ref().map_or("", |s| s.expose()).to_owned(),
        };
        let fields = self.config.fields.iter().map(|(name, field)| (name, field.filled(value)));
        match self.config.content {
            Content::Json => {
                let fields: Map<String, Value> =
                    fields.map(|(name, value)| (name.clone(), value.into())).collect();
                Value::from(fields).to_string().into_bytes()
            }
            Content::Form => {
                let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
                let pair = |(name, value): (&String, String)| {
                    format!("{}={}", encoded(name), encoded(&value))
                };
                fields.map(pair).collect::<Vec<_>>().join("&").into_bytes()
            }
        }
    }

    /// The text as one message.
    fn text(&self, letter: &Letter) -> String {
        let signature = self.config.signature.as_ref().map(|name| format!("【{name}】"));
        let whole = format!("{}{}", signature.unwrap_or_default(), letter.short);
        text::shortened(&whole.replace('\n', " "), TEXT_MAX_CHARS)
    }

    fn judge(&self, answer: &Answer) -> Outcome {
        let json = answer.json();
        let told = json.as_ref().and_then(|json| json.pointer(&self.config.ok_pointer));
        let told = match told {
            Some(Value::String(text)) => text.clone(),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
            _ => return answer.undocumented(),
        };
        let reason = format!("{told}：{}", answer.shown());
        if told == self.config.ok_value && answer.status.is_success() {
            Outcome::Accepted
        } else if self.config.refuse_values.contains(&told) {
            refused(reason)
        } else {
            // No hold: what a gateway limits is mostly one number, and others must not wait for it.
            failed(reason)
        }
    }
}
