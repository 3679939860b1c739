//! What persons do about notices, and why it is refused.

use serde::{Deserialize, Serialize};

use super::plan::At;
use super::record::{Acknowledgement, NoticeBody, Way};
use super::roster::Assignment;
use super::rules::Acknowledge;
use super::state::Notices;
use super::{Cause, NoticeRules};
use crate::time::Instant;

/// How far ahead of the clock a time that is told may lie, in minutes.
const AHEAD_MIN: i64 = 10;

/// What a person does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum NoticeAct {
    /// 确认, or 代录确认 for somebody else.
    Acknowledge {
        /// The notice.
        notice: u64,
        /// Who has read it; `None` for the person who acts.
        who: Option<String>,
        /// How they said so.
        way: Way,
        /// When; `None` for now.
        said: Option<Instant>,
        /// A word beside it.
        note: String,
    },
    /// 替班.
    Replace {
        /// Who, when.
        assignment: Assignment,
        /// Why.
        reason: String,
    },
    /// 通道测试.
    Test {
        /// To whom: roles or persons.
        to: Vec<String>,
        /// By which channels.
        by: Vec<String>,
    },
}

/// What comes of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// This is recorded.
    Record(Vec<NoticeBody>),
    /// It was recorded before, under this number.
    Before(u64),
}

/// Why an act is refused; nothing is done then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeRefusal {
    /// Nobody is notified of anything here.
    NoNotices,
    /// No such notice, or it was closed long ago.
    UnknownNotice,
    /// It is not told yet, so nobody can have read it.
    NotTold,
    /// Somebody has to be named.
    Unnamed,
    /// A time lies in the future.
    InFuture,
    /// The roster knows no such person.
    UnknownPerson,
    /// They have no address by which the role is told.
    Unreachable,
    /// The roster knows no such role.
    UnknownRole,
    /// The roster knows no such shift.
    UnknownShift,
    /// The shift is over.
    ShiftOver,
    /// No such channel, or none that may be used.
    UnknownChannel,
}

impl NoticeRefusal {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoNotices => "no_notices",
            Self::UnknownNotice => "unknown_notice",
            Self::NotTold => "not_told",
            Self::Unnamed => "unnamed",
            Self::InFuture => "in_future",
            Self::UnknownPerson => "unknown_person",
            Self::Unreachable => "unreachable",
            Self::UnknownRole => "unknown_role",
            Self::UnknownShift => "unknown_shift",
            Self::ShiftOver => "shift_over",
            Self::UnknownChannel => "unknown_channel",
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::NoNotices => "未配置通知",
            Self::UnknownNotice => "没有该通知，或早已归档",
            Self::NotTold => "该通知尚未发出",
            Self::Unnamed => "须写明确认人",
            Self::InFuture => "时间晚于当前时间",
            Self::UnknownPerson => "值班表中没有该人员",
            Self::Unreachable => "该人员没有该岗位所用通道的联系方式",
            Self::UnknownRole => "值班表中没有该岗位",
            Self::UnknownShift => "值班表中没有该班次",
            Self::ShiftOver => "该班次已结束",
            Self::UnknownChannel => "没有该通道，或当前不可使用",
        }
    }
}

const fn check(holds: bool, refusal: NoticeRefusal) -> Result<(), NoticeRefusal> {
    if holds { Ok(()) } else { Err(refusal) }
}

impl Notices {
    /// What comes of a person's act.
    ///
    /// # Errors
    /// The [`NoticeRefusal`]; then nothing is done.
    pub fn decide(
        &self,
        (person, act): (&str, &NoticeAct),
        at: &At<'_>,
    ) -> Result<Decided, NoticeRefusal> {
        match act {
            NoticeAct::Acknowledge { notice, who, way, said, note } => {
                let who = who.as_deref().unwrap_or(person).trim();
                self.acknowledge((*notice, who), (*way, *said, note.trim()), at)
            }
            NoticeAct::Replace { assignment, reason } => {
                self.replace(assignment, reason.trim(), at).map(|body| Decided::Record(vec![body]))
            }
            NoticeAct::Test { to, by } => {
                check(!to.is_empty(), NoticeRefusal::UnknownPerson)?;
                check(!by.is_empty(), NoticeRefusal::UnknownChannel)?;
                let known = to.iter().all(|name| at.rules.roster.knows(name));
                check(known, NoticeRefusal::UnknownPerson)?;
                let usable = by.iter().all(|name| at.rules.channel(name).is_some());
                check(usable, NoticeRefusal::UnknownChannel)?;
                let (to, by) = (to.clone(), by.clone());
                let cause = Cause::Tested { person: person.to_owned(), to, by };
                check(at.rules.route(&cause).is_some(), NoticeRefusal::NoNotices)?;
                Ok(Decided::Record(vec![NoticeBody::Raised { cause, drill: None }]))
            }
        }
    }

    fn acknowledge(
        &self,
        (number, who): (u64, &str),
        (way, said, note): (Way, Option<Instant>, &str),
        at: &At<'_>,
    ) -> Result<Decided, NoticeRefusal> {
        check(!who.is_empty(), NoticeRefusal::Unnamed)?;
        let notice = self.notice(number).ok_or(NoticeRefusal::UnknownNotice)?;
        check(notice.told.is_some() || notice.closed.is_some(), NoticeRefusal::NotTold)?;
        let said = said.unwrap_or(at.now);
        check(said <= at.now.plus_minutes(AHEAD_MIN), NoticeRefusal::InFuture)?;
        let who = at.rules.roster.person(who).map_or(who, |person| &person.id);
        if let Some((before, _)) = notice.read.iter().find(|(_, ack)| ack.who == who) {
            return Ok(Decided::Before(*before));
        }
        let policy = at.rules.route(notice.first()).map(|route| route.acknowledge);
        let has_read = |id: &String| id == who || notice.read.iter().any(|(_, ack)| ack.who == *id);
        let complete = policy != Some(Acknowledge::Each) || notice.addressed.iter().all(has_read);
        Ok(Decided::Record(vec![NoticeBody::Acknowledged(Acknowledgement {
            notice: number,
            who: who.to_owned(),
            way,
            said,
            note: note.to_owned(),
            complete,
        })]))
    }

    fn replace(
        &self,
        assignment: &Assignment,
        reason: &str,
        at: &At<'_>,
    ) -> Result<NoticeBody, NoticeRefusal> {
        let NoticeRules { roster, .. } = at.rules;
        check(roster.is_turn(&assignment.role), NoticeRefusal::UnknownRole)?;
        let person = roster.person(&assignment.person).ok_or(NoticeRefusal::UnknownPerson)?;
        let known = assignment.shift.is_none_or(|shift| shift < roster.shifts.len());
        check(known, NoticeRefusal::UnknownShift)?;
        // Who stands in must be reached as who is stood in for would be.
        let unreached = at.rules.unreached(person, &assignment.role);
        check(unreached.is_none(), NoticeRefusal::Unreachable)?;
        let (day, shift) = roster.shift_at(at.now);
        let last = assignment.shift.unwrap_or(usize::MAX);
        check((assignment.day, last) >= (day, shift), NoticeRefusal::ShiftOver)?;
        let assignment = Assignment { person: person.id.clone(), ..assignment.clone() };
        Ok(NoticeBody::Replaced { assignment, reason: reason.to_owned() })
    }
}
