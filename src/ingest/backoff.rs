//! How long to wait after a failure: rumqttc itself would try again at once, forever.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use super::config::Config;

/// Growing waits with jitter.
#[derive(Debug)]
pub struct Backoff {
    builder: ExponentialBuilder,
    waits: ExponentialBackoff,
    longest: Duration,
}

impl Backoff {
    /// From `backoff_min` to `backoff_max` of a feed, each with its own jitter.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self::of(config, Self::builder(config))
    }

    /// As [`Backoff::new`], with the same jitter for the same seed.
    #[must_use]
    pub fn seeded(config: &Config, seed: u64) -> Self {
        Self::of(config, Self::builder(config).with_jitter_seed(seed))
    }

    fn builder(config: &Config) -> ExponentialBuilder {
        ExponentialBuilder::default()
            .with_min_delay(config.backoff_min)
            .with_max_delay(config.backoff_max)
            .without_max_times()
            .with_jitter()
    }

    fn of(config: &Config, builder: ExponentialBuilder) -> Self {
        Self { builder, waits: builder.build(), longest: config.backoff_max }
    }

    /// The wait after one more failure.
    pub fn after_failure(&mut self) -> Duration {
        self.waits.next().unwrap_or(self.longest)
    }

    /// All is well: the next wait is the shortest again.
    pub fn restart(&mut self) {
        self.waits = self.builder.build();
    }
}
