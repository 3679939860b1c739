//! How long to wait after a failure: rumqttc itself would try again at once, forever.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use super::config::Config;

/// Growing waits with jitter.
pub(super) struct Backoff {
    builder: ExponentialBuilder,
    waits: ExponentialBackoff,
    longest: Duration,
}

impl Backoff {
    pub(super) fn new(config: &Config) -> Self {
        let builder = ExponentialBuilder::default()
            .with_min_delay(config.backoff_min)
            .with_max_delay(config.backoff_max)
            .without_max_times()
            .with_jitter();
        Self { builder, waits: builder.build(), longest: config.backoff_max }
    }

    pub(super) fn next(&mut self) -> Duration {
        self.waits.next().unwrap_or(self.longest)
    }

    pub(super) fn restart(&mut self) {
        self.waits = self.builder.build();
    }
}
