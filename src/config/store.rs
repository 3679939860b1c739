//! The store: its file, how often it is committed, and how long what is kept.
//!
//! In: `[store]`. Out: [`StoreConfig`], or every fault.

use std::path::{Path, PathBuf};

use super::section::{Section, path_from, whole};
use crate::measures::EvidenceParams;

/// Where figures are kept, and how often they are committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreConfig {
    /// The file.
    pub path: PathBuf,
    /// A commit holds so many messages at most.
    pub commit_max_messages: usize,
    /// A message waits so long for its commit at most.
    pub commit_max_ms: u32,
    /// Parts of hours are kept so many days; `None` for as long as the file is.
    pub keep_minutes_days: Option<u32>,
    /// What electricity meters read is kept so many days.
    pub keep_power_days: u32,
}

impl StoreConfig {
    /// The directory of the file, when it does not exist. No fault of the configuration, which is
    /// often checked far from the machine that will run it.
    #[must_use]
    pub fn missing_directory(&self) -> Option<&Path> {
        let directory = self.path.parent().filter(|d| !d.as_os_str().is_empty())?;
        (!directory.is_dir()).then_some(directory)
    }
}

/// The store; its path is empty when its fault was noted. A response and its baseline fit into what is kept.
pub(super) fn read_section(
    mut section: Section<'_>,
    base: &Path,
    evidence: &EvidenceParams,
) -> StoreConfig {
    let path = section.required("path", path_from(base)).unwrap_or_default();
    let commit_max_messages = section.whole("commit_max_messages", 1..=65_536, 4096);
    let commit_max_ms = section.whole("commit_max_ms", 1..=10_000, 50);
    let keep_minutes_days = section.optional("keep_minutes_days", whole(1..=3660));
    let least = u32::from(evidence.baseline_days) + 30;
    let keep_power_days = section.whole("keep_power_days", least..=3660, 400);
    section.finish();
    StoreConfig { path, commit_max_messages, commit_max_ms, keep_minutes_days, keep_power_days }
}
