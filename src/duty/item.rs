//! What has a fixed time, how far it has come, and how it was done.

use serde::{Deserialize, Serialize};

use crate::time::{Hour, Instant};

/// What has a fixed time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fixed {
    /// 小时值: the city's AQI of an hour.
    Hourly,
    /// 空气质量日报 of the day before.
    DailyReport,
    /// 空气质量预报 of the day.
    Forecast,
    /// 区县应对情况: what districts report of a day of a response.
    DistrictFigures,
    /// 应对日报 of a day of a response.
    ResponseReport,
    /// 应急减排清单 of the year.
    MeasuresList,
}

impl Fixed {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Hourly,
        Self::DailyReport,
        Self::Forecast,
        Self::DistrictFigures,
        Self::ResponseReport,
        Self::MeasuresList,
    ];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hourly => "hourly",
            Self::DailyReport => "daily_report",
            Self::Forecast => "forecast",
            Self::DistrictFigures => "district_figures",
            Self::ResponseReport => "response_report",
            Self::MeasuresList => "measures_list",
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Hourly => "小时值",
            Self::DailyReport => "空气质量日报",
            Self::Forecast => "空气质量预报",
            Self::DistrictFigures => "区县应对情况",
            Self::ResponseReport => "应对日报",
            Self::MeasuresList => "应急减排清单",
        }
    }

    /// The kind of paper whose signature settles it.
    #[must_use]
    pub const fn paper(self) -> Option<&'static str> {
        match self {
            Self::DailyReport => Some("daily"),
            Self::Forecast => Some("forecast"),
            Self::ResponseReport => Some("response"),
            Self::Hourly | Self::DistrictFigures | Self::MeasuresList => None,
        }
    }
}

/// Something with a fixed time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What.
    pub fixed: Fixed,
    /// Of which hour or day, by its first hour; of a year by its first day.
    pub of: Hour,
    /// Until when.
    pub due: Instant,
}

/// How something was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum How {
    /// A paper was signed.
    Signed {
        /// Its number.
        number: String,
    },
    /// An office's forecast came.
    Forecast {
        /// The office.
        office: String,
    },
    /// Every district reported.
    Reported,
    /// A list came into use.
    Adopted {
        /// Its date in force.
        in_force: String,
    },
    /// Hours have values again.
    Back {
        /// The first hour that has one.
        since: Hour,
        /// Hours without one until then.
        missing: u32,
    },
    /// A person says so.
    Told {
        /// Where and how.
        note: String,
    },
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// What.
    #[serde(flatten)]
    pub item: Item,
    /// When.
    pub done: Instant,
    /// How.
    #[serde(flatten)]
    pub how: How,
}

impl Done {
    /// Minutes after it was due, begun ones counted; `None` where it was in time.
    #[must_use]
    pub fn late_min(&self) -> Option<i64> {
        let millis = self.done.millis() - self.item.due.millis();
        (millis > 0).then(|| (millis + 59_999) / 60_000)
    }
}

/// How far an item has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// 临近.
    Reminded,
    /// 逾期.
    Overdue,
    /// 逾期, and the leader on duty has to know.
    Escalated,
}

impl Stage {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reminded => "reminded",
            Self::Overdue => "overdue",
            Self::Escalated => "escalated",
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Reminded => "临近时限",
            Self::Overdue => "已逾期",
            Self::Escalated => "已逾期，报带班领导",
        }
    }
}
