//! The past that the page draws: 72 hours by the dataset of the reader's choice, and which one that is.
//!
//! Why: the best dataset is that of the view, and live. The others are read from the store when somebody asks
//! for them; figures above the chart stay what was published.

use super::chart::{self, Slot};
use super::words::Lang;
use crate::area::Figures;
use crate::observation::{Basis, Dataset};
use crate::pipeline::SetView;
use crate::time::Hour;

/// Where the hours of the chart come from.
#[derive(Debug)]
pub(super) enum History {
    /// From the view, which holds the best dataset.
    Live,
    /// From the store.
    Stored(Dataset, Vec<Figures>),
    /// The store cannot be read now.
    Unreadable(Dataset),
}

/// Another dataset to choose.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) current: bool,
}

/// The chart with what it rests on.
#[derive(Debug)]
pub(super) struct Past {
    /// As SVG; empty where it cannot be read.
    pub(super) chart: String,
    /// The line 数据口径.
    pub(super) basis: String,
    pub(super) choices: Vec<Choice>,
}

impl Past {
    /// The hours up to `newest`.
    pub(super) fn of(set: &SetView, newest: Hour, history: &History, lang: Lang) -> Self {
        let (dataset, slots) = match history {
            History::Live => (Dataset::Best, Some(chart::slots(set, newest))),
            History::Stored(dataset, hours) => (*dataset, Some(chart::stored(hours, newest))),
            History::Unreadable(dataset) => (*dataset, None),
        };
        let choice = |of: Dataset| Choice {
            code: of.name(),
            name: lang.dataset_choice(of),
            current: of == dataset,
        };
        Self {
            basis: match &slots {
                Some(slots) => lang.basis(basis(slots), dataset),
                None => lang.of("历史数据暂不可读", "The store cannot be read now").to_owned(),
            },
            chart: slots.map(|slots| chart::draw(&slots, lang)).unwrap_or_default(),
            choices: [Dataset::Best, Dataset::Realtime, Dataset::Reviewed].map(choice).into(),
        }
    }
}

fn basis(slots: &[Slot<'_>]) -> Basis {
    let mut basis = Basis::default();
    for (hour, figures) in slots {
        if let Some(figures) = figures {
            basis.note(*hour, figures.reviewed);
        }
    }
    basis
}
