//! What people are told about: an event with the facts that its message needs.
//!
//! In: records of warnings and of the room, alarms. Out: [`Cause`]s, and what ends them.
//!
//! Invariant: the subject names the same thing for as long as it is one: a newer cause of the same subject
//! takes the place of the older, and asks again.

use serde::{Deserialize, Serialize};

use crate::duty::{DutyBody, DutyRecord, Item};
use crate::time::Instant;
use crate::warning::{Advisory, Body, Change, Issue, Recommendation, Record};

/// What a notice is about. Who learns of it by which channel is said for each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// 预警建议.
    Recommendation,
    /// 预警发布: a warning starts.
    Issued,
    /// 预警升级.
    Upgraded,
    /// 预警降级.
    Downgraded,
    /// 预警解除.
    Lifted,
    /// 任务单 to districts and departments.
    Dispatch,
    /// 污染天气提示, 保良提示.
    Advisory,
    /// 离线 of a station, of many, of the feed.
    Silence,
    /// What is wrong with values: a clock, or what was published differs.
    Quality,
    /// A fixed time comes near.
    Reminder,
    /// A fixed time has passed.
    Overdue,
    /// It is still not done: for the leader on duty.
    OverdueLeader,
    /// A paper was signed.
    Paper,
    /// A message could not be delivered.
    Undelivered,
    /// A test of the channels.
    Test,
}

impl NoticeKind {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Recommendation,
        Self::Issued,
        Self::Upgraded,
        Self::Downgraded,
        Self::Lifted,
        Self::Dispatch,
        Self::Advisory,
        Self::Silence,
        Self::Quality,
        Self::Reminder,
        Self::Overdue,
        Self::OverdueLeader,
        Self::Paper,
        Self::Undelivered,
        Self::Test,
    ];

    /// The name in the configuration and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recommendation => "recommendation",
            Self::Issued => "issued",
            Self::Upgraded => "upgraded",
            Self::Downgraded => "downgraded",
            Self::Lifted => "lifted",
            Self::Dispatch => "dispatch",
            Self::Advisory => "advisory",
            Self::Silence => "silence",
            Self::Quality => "quality",
            Self::Reminder => "reminder",
            Self::Overdue => "overdue",
            Self::OverdueLeader => "overdue_leader",
            Self::Paper => "paper",
            Self::Undelivered => "undelivered",
            Self::Test => "test",
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Recommendation => "预警建议",
            Self::Issued => "预警发布",
            Self::Upgraded => "预警升级",
            Self::Downgraded => "预警降级",
            Self::Lifted => "预警解除",
            Self::Dispatch => "任务单",
            Self::Advisory => "提示信息",
            Self::Silence => "离线报警",
            Self::Quality => "数据质量报警",
            Self::Reminder => "到时提醒",
            Self::Overdue => "逾期提醒",
            Self::OverdueLeader => "逾期报告",
            Self::Paper => "材料签发",
            Self::Undelivered => "通知未送达",
            Self::Test => "通道测试",
        }
    }

    /// What routes may tell apart within it, as in `silence.station`.
    #[must_use]
    pub const fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Silence => &["station", "area", "feed"],
            Self::Quality => &["clock", "clock_behind", "differs"],
            Self::Reminder | Self::Overdue | Self::OverdueLeader => &[
                "hourly",
                "daily_report",
                "forecast",
                "district_figures",
                "response_report",
                "measures_list",
            ],
            Self::Advisory => &["pollution", "good_day"],
            _ => &[],
        }
    }

    /// Which goes first where a channel is slow; lower is sooner.
    #[must_use]
    pub const fn priority(self) -> u8 {
        match self {
            Self::Recommendation
            | Self::Issued
            | Self::Upgraded
            | Self::Downgraded
            | Self::Lifted => 0,
            Self::Dispatch | Self::Undelivered | Self::OverdueLeader => 1,
            Self::Advisory | Self::Silence | Self::Overdue | Self::Test => 2,
            Self::Quality | Self::Reminder | Self::Paper => 3,
        }
    }

    /// Whether it ends by itself: somebody decides, an alarm is cleared, an item is done.
    #[must_use]
    pub const fn has_end(self) -> bool {
        matches!(
            self,
            Self::Recommendation
                | Self::Silence
                | Self::Quality
                | Self::Reminder
                | Self::Overdue
                | Self::OverdueLeader
        )
    }

    /// Whether it tells the level that was issued, and nothing else.
    #[must_use]
    pub const fn is_level(self) -> bool {
        matches!(self, Self::Issued | Self::Upgraded | Self::Downgraded | Self::Lifted)
    }
}

/// How far an item with a fixed time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemStage {
    /// It is due soon.
    Reminded,
    /// It is overdue.
    Overdue,
    /// The leader has to know.
    Escalated,
}

/// An event, with what its message needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Cause {
    /// A level, or lifting, is proposed.
    Recommended {
        /// Its record among those of the warnings.
        record: u64,
        /// What is proposed.
        recommendation: Recommendation,
    },
    /// A level, or lifting, was issued.
    Issued {
        /// Its record among those of the warnings.
        record: u64,
        /// What was issued.
        issue: Issue,
    },
    /// The same, for who has to carry it out.
    Dispatch {
        /// Its record among those of the warnings.
        record: u64,
        /// What was issued.
        issue: Issue,
    },
    /// A word below the level of a warning.
    Advised {
        /// Its record among those of the warnings.
        record: u64,
        /// What it says.
        advisory: Advisory,
    },
    /// An alarm.
    Alarm {
        /// Its subject: `station`, `area`, `feed`, `clock`, `clock_behind`, `differs`.
        subject: String,
        /// Of whom: a station's code, or a set; empty for the feed and the area.
        entity: String,
        /// What people call it.
        name: String,
        /// Since when.
        since: Instant,
        /// By how many minutes a clock runs behind.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lag_min: Option<u32>,
    },
    /// Something with a fixed time.
    Item {
        /// What.
        item: Item,
        /// How far it has come.
        stage: ItemStage,
    },
    /// A paper was signed.
    Signed {
        /// The record of the room that kept it.
        paper: u64,
        /// 编号.
        number: String,
        /// Its title.
        title: String,
    },
    /// A message was given up.
    Undelivered {
        /// The notice it was of.
        notice: u64,
        /// Its number.
        message: u64,
        /// The kind of that notice.
        of: NoticeKind,
        /// By which channel.
        channel: String,
        /// To whom; `None` for a group.
        person: Option<String>,
        /// Why.
        reason: String,
    },
    /// A person tries the channels.
    Tested {
        /// Who.
        person: String,
        /// To whom, as routes say it.
        to: Vec<String>,
        /// By which channels.
        by: Vec<String>,
    },
}

impl Cause {
    /// Of which kind its notice is.
    #[must_use]
    pub fn kind(&self) -> NoticeKind {
        match self {
            Self::Recommended { .. } => NoticeKind::Recommendation,
            Self::Issued { issue, .. } => match issue.change {
                Change::Start => NoticeKind::Issued,
                Change::Upgrade => NoticeKind::Upgraded,
                Change::Downgrade => NoticeKind::Downgraded,
                Change::Lift => NoticeKind::Lifted,
            },
            Self::Dispatch { .. } => NoticeKind::Dispatch,
            Self::Advised { .. } => NoticeKind::Advisory,
            Self::Alarm { subject, .. } => match subject.as_str() {
                "station" | "area" | "feed" => NoticeKind::Silence,
                _ => NoticeKind::Quality,
            },
            Self::Item { stage, .. } => match stage {
                ItemStage::Reminded => NoticeKind::Reminder,
                ItemStage::Overdue => NoticeKind::Overdue,
                ItemStage::Escalated => NoticeKind::OverdueLeader,
            },
            Self::Signed { .. } => NoticeKind::Paper,
            Self::Undelivered { .. } => NoticeKind::Undelivered,
            Self::Tested { .. } => NoticeKind::Test,
        }
    }

    /// What stands behind the kind where routes tell more apart, as in `silence.station`.
    #[must_use]
    pub fn part(&self) -> &str {
        match self {
            Self::Alarm { subject, .. } => subject,
            Self::Item { item, .. } => item.fixed.name(),
            Self::Advised { advisory, .. } => advisory.sort.name(),
            _ => "",
        }
    }

    /// What it is about, for as long as that is one thing.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::Recommended { record, .. } => proposal(*record),
            // One warning is in force at a time: what is issued later takes the place of all before.
            Self::Issued { .. } => "warning".to_owned(),
            Self::Dispatch { .. } => "dispatch".to_owned(),
            Self::Advised { record, .. } => format!("advisory:{record}"),
            Self::Alarm { subject, entity, since, .. } => alarm((subject, entity), *since),
            Self::Item { item, .. } => of_item(item),
            Self::Signed { paper, .. } => format!("paper:{paper}"),
            // Without a message nobody could be reached to whom one would go.
            Self::Undelivered { message: 0, notice, person, .. } => {
                format!("unreached:{notice}:{}", person.as_deref().unwrap_or_default())
            }
            Self::Undelivered { message, .. } => format!("message:{message}"),
            Self::Tested { person, .. } => format!("test:{person}"),
        }
    }
}

fn proposal(record: u64) -> String {
    format!("proposal:{record}")
}

/// The subject of an alarm.
#[must_use]
pub fn alarm((subject, entity): (&str, &str), since: Instant) -> String {
    format!("alarm:{subject}:{entity}:{since}")
}

fn of_item(item: &Item) -> String {
    format!("item:{}:{}", item.fixed.name(), item.of.start())
}

/// What a record brings: a cause, or the end of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Brought {
    /// Somebody is to be told.
    Cause(Box<Cause>),
    /// A subject is no more.
    End(String),
    /// The drill is over, and all that it told of.
    DrillEnd,
}

impl Brought {
    fn cause(cause: Cause) -> Self {
        Self::Cause(Box::new(cause))
    }

    /// What a record of the warnings brings.
    #[must_use]
    pub fn by_warning(record: &Record) -> Vec<Self> {
        let number = record.number;
        match &record.body {
            Body::Recommended(recommendation) => vec![Self::cause(Cause::Recommended {
                record: number,
                recommendation: recommendation.clone(),
            })],
            Body::Lapsed { proposal: of, .. } | Body::Declined { proposal: of, .. } => {
                vec![Self::End(proposal(*of))]
            }
            Body::Approved(approval) => vec![Self::End(proposal(approval.proposal))],
            Body::Issued(issue) => {
                let issued = Cause::Issued { record: number, issue: issue.clone() };
                let dispatch = Cause::Dispatch { record: number, issue: issue.clone() };
                vec![Self::cause(issued), Self::cause(dispatch)]
            }
            Body::DrillEnded(_) => vec![Self::DrillEnd],
            Body::Advisory(advisory) => {
                vec![Self::cause(Cause::Advised { record: number, advisory: advisory.clone() })]
            }
            _ => Vec::new(),
        }
    }

    /// What a record of the room brings.
    #[must_use]
    pub fn by_duty(record: &DutyRecord) -> Option<Self> {
        let item = |item: &Item, stage| Self::cause(Cause::Item { item: *item, stage });
        match &record.body {
            DutyBody::Reminded(of) => Some(item(of, ItemStage::Reminded)),
            DutyBody::Overdue(of) => Some(item(of, ItemStage::Overdue)),
            DutyBody::Escalated(of) => Some(item(of, ItemStage::Escalated)),
            DutyBody::Missed(of) | DutyBody::Lapsed(of) => Some(Self::End(of_item(of))),
            DutyBody::Done(done) => Some(Self::End(of_item(&done.item))),
            DutyBody::Signed { paper, number, title, .. } => Some(Self::cause(Cause::Signed {
                paper: *paper,
                number: number.clone(),
                title: title.clone(),
            })),
            _ => None,
        }
    }
}
