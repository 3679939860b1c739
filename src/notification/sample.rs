//! A notice of each kind, as it might come on a winter day: for previews, and to try templates with.

use super::cause::{Cause, ItemStage, NoticeKind};
use super::record::{Message, Round};
use super::state::{Matter, Notice, Try};
use crate::area::AreaId;
use crate::duty::{Fixed, Item};
use crate::time::Instant;
use crate::warning::{
    Advisory, AdvisorySort, Change, Ground, Issue, Level, Recommendation, Target,
};

/// A message of each kind to a person, all of them `at` the same moment.
#[must_use]
pub fn samples(area: &AreaId, person: &str, at: Instant) -> Vec<Try> {
    let of = |kind: NoticeKind| {
        let number = 12;
        let mut notice = Notice::new((number, at), cause(kind, at), None);
        if kind == NoticeKind::Silence {
            let cause = alarm(("station", "210200-1078A", "周水子"), at);
            notice.matters.push(Matter { cause, at, over: false });
        }
        let key = format!("{area}/{}/{number}/{person}/sample", notice.first().subject());
        let (channel, person) = ("sample".to_owned(), Some(person.to_owned()));
        let (mentions, round) = (Vec::new(), Round::First);
        let message = Message { notice: number, key, channel, person, mentions, round };
        Try { area: area.clone(), number: 13, attempt: 1, message, notice }
    };
    NoticeKind::ALL.into_iter().map(of).collect()
}

fn cause(kind: NoticeKind, at: Instant) -> Cause {
    let item = |stage| Cause::Item { item: daily(at), stage };
    match kind {
        NoticeKind::Recommendation => Cause::Recommended {
            record: 41,
            recommendation: Recommendation {
                warning: None,
                target: Target::Level(Level::Yellow),
                change: Change::Start,
                ground: Ground::Person {
                    reason: "预计12月1日至3日扩散条件持续不利，连续48小时重度污染".to_owned(),
                },
            },
        },
        NoticeKind::Issued => issued(Some(Level::Yellow), Change::Start, at),
        NoticeKind::Upgraded => issued(Some(Level::Orange), Change::Upgrade, at),
        NoticeKind::Downgraded => issued(Some(Level::Yellow), Change::Downgrade, at),
        NoticeKind::Lifted => issued(None, Change::Lift, at),
        NoticeKind::Dispatch => match issued(Some(Level::Yellow), Change::Start, at) {
            Cause::Issued { record, issue } => Cause::Dispatch { record, issue },
            other => other,
        },
        NoticeKind::Advisory => Cause::Advised {
            record: 47,
            advisory: Advisory {
                sort: AdvisorySort::Pollution,
                text: "预计明日午后扩散条件转差，空气质量可能达到中度污染，请公众减少户外活动。"
                    .to_owned(),
                until: at.plus_minutes(24 * 60),
            },
        },
        NoticeKind::Silence => alarm(("station", "210200-1077A", "金州"), at),
        NoticeKind::Quality => alarm(("clock", "210200-1077A", "金州"), at),
        NoticeKind::Reminder => item(ItemStage::Reminded),
        NoticeKind::Overdue => item(ItemStage::Overdue),
        NoticeKind::OverdueLeader => item(ItemStage::Escalated),
        NoticeKind::Paper => Cause::Signed {
            paper: 8,
            number: "大环监日报〔2026〕334号".to_owned(),
            title: "大连市空气质量日报（2026年11月29日）".to_owned(),
        },
        NoticeKind::Undelivered => Cause::Undelivered {
            notice: 9,
            message: 11,
            of: NoticeKind::Dispatch,
            channel: "sms".to_owned(),
            person: Some("ganjingzi".to_owned()),
            reason: "isv.MOBILE_NUMBER_ILLEGAL".to_owned(),
        },
        NoticeKind::Test => Cause::Tested {
            person: "张伟".to_owned(),
            to: vec!["main".to_owned()],
            by: vec!["sample".to_owned()],
        },
    }
}

fn daily(at: Instant) -> Item {
    let day = at.hour().day();
    Item {
        fixed: Fixed::DailyReport,
        of: day.plus(-1).start(),
        due: day.start().start().plus_minutes(12 * 60),
    }
}

fn alarm((subject, entity, name): (&str, &str, &str), at: Instant) -> Cause {
    Cause::Alarm {
        subject: subject.to_owned(),
        entity: entity.to_owned(),
        name: name.to_owned(),
        since: at.hour().plus(-2).start(),
        lag_min: None,
    }
}

fn issued(level: Option<Level>, change: Change, at: Instant) -> Cause {
    let issue = Issue {
        warning: 41,
        proposal: 41,
        approval: 44,
        target: level.map_or(Target::Lift, Target::Level),
        change,
        response: level,
        issuer: "大连市重污染天气应急指挥部办公室".to_owned(),
        document: "大气指办〔2026〕12号".to_owned(),
        issued: at,
        effective_from: at.hour().plus(4).start(),
        measures: None,
    };
    Cause::Issued { record: 45, issue }
}
