//! A paper's way: draft (制表), reviewed (审核), signed (签发).
//!
//! In: drafts with their whole text, and what persons say of them. Out: bodies of records; the state
//! ([`Papers`]) follows from the records.
//!
//! | from | act | to |
//! |---|---|---|
//! | nothing, or any draft of the same | `draft` | draft, in place of the other |
//! | draft | `review` | reviewed |
//! | draft, reviewed | `return` | sent back |
//! | reviewed | `sign` | signed, with the next number of its series and year |
//! | signed | `draft` with a reason | draft of a revision; the signed one stands until this one is signed |
//!
//! Invariants: the text is that of the draft, and no act changes it; numbers of a series count up from 1 in a
//! year without a gap; a draft names the signed paper that it revises, and is refused when another one is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::record::{DutyBody, DutyRecord};
use super::{DutyRefusal, DutyRules, check, named};
use crate::time::Instant;

/// A paper as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The code of its kind: `daily`.
    pub paper: String,
    /// Whose and of what, within the kind: `dalian 2025-03-07`.
    pub subject: String,
    /// 大连市空气质量日报.
    pub title: String,
    /// 2025年3月7日.
    pub subtitle: String,
    /// What numbers are made of: `大环监日报` gives 大环监日报〔2025〕64号.
    pub series: String,
    /// The signed paper that it revises, by the record of its draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revises: Option<u64>,
    /// Why it revises that one; empty otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The document, as JSON. Where states are made of records it may be left out.
    #[serde(default)]
    pub content: String,
}

/// How far a paper is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaperState {
    /// 草稿.
    Draft,
    /// 已审核.
    Reviewed,
    /// 已退回.
    SentBack,
}

impl PaperState {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Reviewed => "reviewed",
            Self::SentBack => "sent_back",
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Draft => "草稿",
            Self::Reviewed => "已审核，待签发",
            Self::SentBack => "已退回",
        }
    }
}

/// A paper that is not signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPaper {
    /// What it is, without its text.
    pub draft: Draft,
    /// When it was kept.
    pub drafted: Instant,
    /// By whom.
    pub drafter: String,
    /// How far it is.
    pub state: PaperState,
    /// Who reviewed it, or sent it back.
    pub reviewer: String,
    /// What was said then.
    pub said: String,
}

/// The paper of a subject that was signed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedPaper {
    /// The record of its draft.
    pub paper: u64,
    /// Its number.
    pub number: String,
    /// When its signature was registered.
    pub at: Instant,
}

/// The papers of an area.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Papers {
    /// Those on their way, by the record of the draft.
    pub open: BTreeMap<u64, KeptPaper>,
    /// What is signed, by kind and subject.
    pub signed: BTreeMap<(String, String), SignedPaper>,
    /// The last number given, by series and year.
    given: BTreeMap<(String, i32), u32>,
}

fn key(draft: &Draft) -> (String, String) {
    (draft.paper.clone(), draft.subject.clone())
}

impl Papers {
    /// What is signed of a kind and subject.
    #[must_use]
    pub fn signed_of(&self, paper: &str, subject: &str) -> Option<&SignedPaper> {
        self.signed.get(&(paper.to_owned(), subject.to_owned()))
    }

    pub(super) fn draft(&self, draft: &Draft) -> Result<DutyBody, DutyRefusal> {
        named(&[&draft.paper, &draft.subject, &draft.title, &draft.series, &draft.content])?;
        let signed = self.signed.get(&key(draft)).map(|signed| signed.paper);
        check(draft.revises == signed, DutyRefusal::Changed)?;
        check(signed.is_none() || !draft.reason.trim().is_empty(), DutyRefusal::NoReason)?;
        Ok(DutyBody::Drafted(draft.clone()))
    }

    fn waiting(&self, paper: u64) -> Result<&KeptPaper, DutyRefusal> {
        let kept = self.open.get(&paper).ok_or(DutyRefusal::UnknownPaper)?;
        check(kept.state != PaperState::SentBack, DutyRefusal::SentBack)?;
        Ok(kept)
    }

    pub(super) fn review(
        &self,
        paper: u64,
        opinion: &str,
        (person, rules): (&str, &DutyRules),
    ) -> Result<DutyBody, DutyRefusal> {
        let kept = self.waiting(paper)?;
        check(kept.state == PaperState::Draft, DutyRefusal::AlreadyReviewed)?;
        let is_other = kept.drafter != person || !rules.separate_reviewer;
        check(is_other, DutyRefusal::SamePerson)?;
        Ok(DutyBody::Reviewed { paper, opinion: opinion.trim().to_owned() })
    }

    pub(super) fn send_back(&self, paper: u64, reason: &str) -> Result<DutyBody, DutyRefusal> {
        self.waiting(paper)?;
        named(&[reason])?;
        Ok(DutyBody::Returned { paper, reason: reason.trim().to_owned() })
    }

    pub(super) fn sign(
        &self,
        paper: u64,
        (signer, file): (&str, Option<&str>),
        now: Instant,
    ) -> Result<DutyBody, DutyRefusal> {
        let kept = self.waiting(paper)?;
        check(kept.state == PaperState::Reviewed, DutyRefusal::NotReviewed)?;
        named(&[signer])?;
        let signed = self.signed.get(&key(&kept.draft)).map(|signed| signed.paper);
        check(kept.draft.revises == signed, DutyRefusal::Changed)?;
        let series = &kept.draft.series;
        let year = now.hour().day().date().0;
        let last = self.given.get(&(series.clone(), year)).copied().unwrap_or(0);
        Ok(DutyBody::Signed {
            paper,
            number: format!("{series}〔{year}〕{}号", last + 1),
            title: format!("{}（{}）", kept.draft.title, kept.draft.subtitle),
            signer: signer.trim().to_owned(),
            file: file.map(str::trim).filter(|file| !file.is_empty()).map(str::to_owned),
        })
    }

    pub(super) fn take(&mut self, record: &DutyRecord) {
        let person = || record.person.clone().unwrap_or_default();
        match &record.body {
            DutyBody::Drafted(draft) => {
                self.open.retain(|_, kept| key(&kept.draft) != key(draft));
                let draft = Draft { content: String::new(), ..draft.clone() };
                self.open.insert(
                    record.number,
                    KeptPaper {
                        draft,
                        drafted: record.at,
                        drafter: person(),
                        state: PaperState::Draft,
                        reviewer: String::new(),
                        said: String::new(),
                    },
                );
            }
            DutyBody::Reviewed { paper, opinion } => {
                self.note(*paper, PaperState::Reviewed, (person(), opinion));
            }
            DutyBody::Returned { paper, reason } => {
                self.note(*paper, PaperState::SentBack, (person(), reason));
            }
            DutyBody::Signed { paper, number, .. } => {
                let Some(kept) = self.open.remove(paper) else { return };
                let year = record.at.hour().day().date().0;
                let signed = SignedPaper { paper: *paper, number: number.clone(), at: record.at };
                self.signed.insert(key(&kept.draft), signed);
                *self.given.entry((kept.draft.series, year)).or_default() += 1;
            }
            _ => {}
        }
    }

    fn note(&mut self, paper: u64, state: PaperState, (reviewer, said): (String, &str)) {
        let Some(kept) = self.open.get_mut(&paper) else { return };
        (kept.state, kept.reviewer, kept.said) = (state, reviewer, said.to_owned());
    }
}
