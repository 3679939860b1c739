//! How long the stages take, as quantiles.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

/// Where time is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// From the arrival of a batch to its figures.
    Pipeline,
    /// One transaction of the store.
    Commit,
    /// From the arrival of a message to its acknowledgement.
    Acknowledge,
    /// One rendering of the page.
    Render,
    /// From the commit that holds a message to its first try.
    Send,
}

impl Stage {
    /// How many there are.
    pub const COUNT: usize = 5;

    /// Every stage.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Pipeline, Self::Commit, Self::Acknowledge, Self::Render, Self::Send];

    /// The label in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pipeline => "pipeline",
            Self::Commit => "commit",
            Self::Acknowledge => "acknowledge",
            Self::Render => "render",
            Self::Send => "send",
        }
    }
}

/// The longest duration told apart from longer ones, in microseconds: ten minutes.
const LONGEST_US: u64 = 600_000_000;

/// One stage's durations since the start.
#[derive(Debug)]
struct Recorded {
    /// In microseconds, to 1 %.
    histogram: Histogram<u64>,
    sum: Duration,
}

/// Durations of all stages. A clone records into the same histograms.
#[derive(Clone, Debug)]
pub struct Latency {
    stages: Arc<[Mutex<Recorded>; Stage::COUNT]>,
}

/// What is shown of one stage, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Summary {
    /// The shares and the durations that they do not exceed.
    pub(super) quantiles: [(f64, f64); 3],
    pub(super) sum: f64,
    pub(super) count: u64,
}

impl Default for Latency {
    fn default() -> Self {
        Self { stages: Arc::new(Stage::ALL.map(|_| Mutex::new(Recorded::new()))) }
    }
}

impl Recorded {
    fn new() -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST_US, 2);
        Self { histogram: histogram.expect("constant bounds are legal"), sum: Duration::ZERO }
    }
}

impl Latency {
    /// Enters one duration. Each stage has one writer, so that the lock is free but for a scrape.
    pub fn record(&self, stage: Stage, duration: Duration) {
        let recorded = &self.stages[stage as usize];
        let mut recorded = recorded.lock().unwrap_or_else(PoisonError::into_inner);
        let micros = u64::try_from(duration.as_micros()).unwrap_or(LONGEST_US);
        recorded.histogram.saturating_record(micros.max(1));
        recorded.sum += duration;
    }

    /// The stage's quantiles; `None` before anything was recorded.
    pub(super) fn summary(&self, stage: Stage) -> Option<Summary> {
        let recorded = &self.stages[stage as usize];
        let recorded = recorded.lock().unwrap_or_else(PoisonError::into_inner);
        let histogram = &recorded.histogram;
        let seconds =
            |share: f64| Duration::from_micros(histogram.value_at_quantile(share)).as_secs_f64();
        (!histogram.is_empty()).then(|| Summary {
            quantiles: [0.5, 0.99, 1.0].map(|share| (share, seconds(share))),
            sum: recorded.sum.as_secs_f64(),
            count: histogram.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_follow_what_was_recorded() {
        let latency = Latency::default();
        assert_eq!(latency.summary(Stage::Commit), None);
        for ms in 1..=100 {
            latency.clone().record(Stage::Commit, Duration::from_millis(ms));
        }
        let shown = latency.summary(Stage::Commit).expect("recorded");
        let [p50, p99, max] = shown.quantiles.map(|(_, seconds)| seconds);
        assert!((0.049..0.052).contains(&p50), "{p50}");
        assert!((0.098..0.101).contains(&p99), "{p99}");
        assert!((0.1..0.102).contains(&max), "{max}");
        assert_eq!(shown.count, 100);
        assert!((5.04..5.06).contains(&shown.sum));
        assert_eq!(latency.summary(Stage::Render), None);
    }

    #[test]
    fn a_duration_beyond_the_scale_is_counted_at_its_end() {
        let latency = Latency::default();
        latency.record(Stage::Render, Duration::from_secs(1_000_000));
        let [_, _, (_, max)] = latency.summary(Stage::Render).expect("recorded").quantiles;
        assert!(max >= 600.0);
    }

    #[test]
    fn stages_stand_at_their_own_place() {
        for (at, stage) in Stage::ALL.into_iter().enumerate() {
            assert_eq!(stage as usize, at);
        }
    }
}
