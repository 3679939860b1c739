//! Tries to send a message, counted by kind of channel and outcome.

use prometheus::{IntCounterVec, Opts, Registry};

use super::names::{self, Metric};
use crate::notification::{ChannelKind, Outcome};

/// The outcomes, each with its family: a label vector has one label, from a closed list.
const FAMILIES: [(&str, &Metric); 4] = [
    ("accepted", &names::MESSAGES_ACCEPTED),
    ("failed", &names::MESSAGES_FAILED),
    ("refused", &names::MESSAGES_REFUSED),
    ("unknown", &names::MESSAGES_UNKNOWN),
];

/// The counters. A clone counts into the same ones.
#[derive(Clone, Debug)]
pub struct Tries {
    families: Vec<(&'static str, IntCounterVec)>,
}

impl Tries {
    /// Registers them, all at zero.
    ///
    /// # Errors
    /// When a name is taken.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let mut families = Vec::new();
        for (outcome, Metric { name, labels, help, .. }) in FAMILIES {
            let family = IntCounterVec::new(Opts::new(*name, *help), labels)?;
            for kind in ChannelKind::ALL {
                family.with_label_values(&[kind.name()]).inc_by(0);
            }
            registry.register(Box::new(family.clone()))?;
            families.push((outcome, family));
        }
        Ok(Self { families })
    }

    /// Counts one.
    pub fn count(&self, kind: ChannelKind, outcome: &Outcome) {
        let of = self.families.iter().find(|(name, _)| *name == outcome.name());
        if let Some((_, family)) = of {
            family.with_label_values(&[kind.name()]).inc();
        }
    }
}
