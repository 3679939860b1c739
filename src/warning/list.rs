//! Which edition of the emergency-measures list (应急减排清单) is in use, and what each new one changed.
//!
//! In: an edition that a start of the daemon found in its configuration. Out: one record for each that came
//! into use, with its rows that are other than before and their reasons.
//!
//! Invariants: the record names the edition by the digest of its content, which the store keeps under it; so
//! what was dispatched is found again when the list has changed.
//!
//! Source: issue 5, Build 5 (an edition has filing number and date in force; a new one is shown as a
//! difference).

use serde::{Deserialize, Serialize};

use super::record::Issue;

/// An edition that came into use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListAdopted {
    /// 备案文号.
    pub filing: String,
    /// 实施日期.
    pub in_force: String,
    /// The digest of its content.
    pub digest: String,
    /// That of the one before; `None` for the first.
    pub before: Option<String>,
    /// What it changes of that one.
    pub changes: Vec<ListChange>,
}

/// A row that is other than in the edition before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListChange {
    /// How.
    pub kind: ListChangeKind,
    /// The table's name.
    pub table: String,
    /// 区县; empty where there is none.
    pub district: String,
    /// The enterprise, source, sector or measure.
    pub name: String,
    /// 生产线; empty of anything else.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub line: String,
    /// Of a changed row `field：old→new`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// 变更原因; empty where none is asked for.
    pub reason: String,
}

/// How a row is other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListChangeKind {
    /// 新增.
    Added,
    /// 调出.
    Removed,
    /// 变更.
    Changed,
}

impl ListChangeKind {
    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Added => "新增",
            Self::Removed => "调出",
            Self::Changed => "变更",
        }
    }
}

impl ListAdopted {
    /// In a sentence.
    #[must_use]
    pub fn text_zh(&self) -> String {
        let Self { filing, in_force, before, changes, .. } = self;
        let count = |kind| changes.iter().filter(|change| change.kind == kind).count();
        let other = match before {
            None => "首次载入".to_owned(),
            Some(_) => format!(
                "较上一版新增{}条、调出{}条、变更{}条",
                count(ListChangeKind::Added),
                count(ListChangeKind::Removed),
                count(ListChangeKind::Changed)
            ),
        };
        format!("启用应急减排清单（{filing}，实施日期{in_force}），{other}。")
    }
}

/// An edition as an issue names it, by filing number and digest.
#[must_use]
pub fn named_list(filing: &str, digest: &str) -> String {
    format!("{filing}，{digest}")
}

impl Issue {
    /// 备案文号 of the edition that it names; `None` where it names none.
    #[must_use]
    pub fn list_filing(&self) -> Option<&str> {
        self.measures.as_deref()?.rsplit_once('，').map(|(filing, _)| filing)
    }

    /// The digest of the edition that it names; `None` where it names none.
    #[must_use]
    pub fn list_digest(&self) -> Option<&str> {
        self.measures.as_deref()?.rsplit_once('，').map(|(_, digest)| digest)
    }
}
