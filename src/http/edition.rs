//! Which edition of the emergency-measures list a response rests on.
//!
//! In: the digest that an issue named, the editions that the store keeps, and the one in use. Out: the
//! edition, and how it stands to the one in use, in words and as data.
//!
//! Invariants: a response is carried out by the edition that its issue named to its end, also when another
//! one came into use meanwhile: who was given a task then has it still. Where that edition is not kept the
//! one in use stands in, and whoever shows anything of it says so.
//!
//! Source: issue 5, Build 5; design section 3 (an issued warning is never rewritten).

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::archive::ArchiveError;
use super::problem::Problem;
use super::{App, blocking};
use crate::measures::{Edition, ListStanding};

/// The edition that a response rests on.
#[derive(Clone, Debug)]
pub(super) struct UsedList {
    /// What it holds.
    pub(super) edition: Arc<Edition>,
    digest: String,
    standing: ListStanding,
    /// 备案文号 of the one in use; `None` where no list is.
    now: Option<String>,
}

/// The edition that a response rests on, as data.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsedListDocument {
    /// 备案文号.
    filing: String,
    /// 实施日期.
    in_force: String,
    digest: String,
    /// `in_use`, `replaced` (another one is in use now), or `not_kept` (the issue names none, or one that is
    /// not kept: this is the one in use).
    standing: &'static str,
    /// The same in a sentence.
    standing_zh: String,
}

impl UsedList {
    /// That of an issue, by the digest that it names; `None` where it is not kept and no list is in use.
    pub(super) async fn of(app: &App, named: Option<String>) -> Result<Option<Self>, Problem> {
        let in_use = app.services.lists.measures.clone();
        let archive = app.services.archive.clone();
        let found = blocking(move || -> Result<Option<Self>, ArchiveError> {
            let now = in_use.as_ref().map(|edition| edition.filing.clone());
            let in_use = in_use.map(|edition| (edition.digest(), edition));
            let is_in_use =
                in_use.as_ref().is_some_and(|(digest, _)| Some(digest) == named.as_ref());
            if let Some(named) = named.filter(|_| !is_in_use)
                && let Some(kept) = archive.edition(&named)?
            {
                let (edition, standing) = (Arc::new(kept), ListStanding::Replaced);
                return Ok(Some(Self { edition, digest: named, standing, now }));
            }
            let standing = if is_in_use { ListStanding::InUse } else { ListStanding::NotKept };
            Ok(in_use.map(|(digest, edition)| Self { edition, digest, standing, now }))
        });
        found.await?.map_err(Problem::from)
    }

    /// As [`UsedList::of`]; a problem where no list is in use.
    pub(super) async fn needed(app: &App, named: Option<String>) -> Result<Self, Problem> {
        let none = || Problem::not_found("no emergency-measures list is configured");
        Self::of(app, named).await?.ok_or_else(none)
    }

    /// The digest of what it holds.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// Which edition it is, for the page.
    pub(super) fn text_zh(&self) -> String {
        self.standing.text_zh(&self.edition, self.now.as_deref())
    }

    /// As [`UsedList::text_zh`].
    pub(super) fn text_en(&self) -> String {
        let Edition { filing, in_force, .. } = &*self.edition;
        let of = format!("{filing} (in force since {in_force})");
        match self.standing {
            ListStanding::InUse => format!("by the list of measures {of}"),
            ListStanding::Replaced => {
                let now = self.now.as_deref().unwrap_or("none");
                format!("by the list of measures of the issue, {of}; in use now is {now}")
            }
            ListStanding::NotKept => {
                format!("the list of the issue is not named or not kept; by the one in use, {of}")
            }
        }
    }

    /// Whether another edition is in use by now, or stands in for the one of the issue.
    pub(super) fn is_other(&self) -> bool {
        self.standing != ListStanding::InUse
    }

    /// As data.
    pub(super) fn document(&self) -> UsedListDocument {
        UsedListDocument {
            filing: self.edition.filing.clone(),
            in_force: self.edition.in_force.to_string(),
            digest: self.digest.clone(),
            standing: match self.standing {
                ListStanding::InUse => "in_use",
                ListStanding::Replaced => "replaced",
                ListStanding::NotKept => "not_kept",
            },
            standing_zh: self.text_zh(),
        }
    }
}
