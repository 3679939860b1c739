//! The section `[http]`: where people and programs are answered, and how much is taken.

use std::time::Duration;

use toml::Value;

use super::section::{Section, parsed, texts, truth};
use crate::http::{Config, Origin, origin};

/// Reads it.
pub(super) fn read_http(mut section: Section<'_>) -> Config {
    let d = Config::default();
    let answer_timeout_s = section.whole("answer_timeout_s", 1..=300, d.answer_timeout.as_secs());
    let push_ms = u64::try_from(d.push_interval.as_millis()).unwrap_or(u64::MAX);
    let push_interval_ms = section.whole("push_interval_ms", 100..=60_000, push_ms);
    let config = Config {
        listen: section.optional("listen", parsed).unwrap_or(d.listen),
        answer_timeout: Duration::from_secs(answer_timeout_s),
        max_answers: section.whole("max_answers", 1..=4096, d.max_answers),
        max_watchers: section.whole("max_watchers", 1..=4096, d.max_watchers),
        max_body_bytes: section.whole("max_body_bytes", 1024..=1_048_576, d.max_body_bytes),
        max_series_hours: section.whole("max_series_hours", 24..=8784, d.max_series_hours),
        push_interval: Duration::from_millis(push_interval_ms),
        allowed_origins: section.optional("allowed_origins", origins).unwrap_or_default(),
        public_listen: section.optional("public_listen", parsed),
        origins_may_write: section.optional("origins_may_write", truth).unwrap_or(false),
    };
    section.finish();
    config
}

/// Origins of other pages.
fn origins(value: &Value) -> Result<Vec<Origin>, String> {
    let one = |text: &String| origin(text).map_err(|e| format!("{e}, got {text:?}"));
    texts(value)?.iter().map(one).collect()
}
