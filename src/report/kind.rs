//! The kinds of papers that exist, and of what each is asked.

use std::fmt;
use std::str::FromStr;

use crate::assessment::{Seasons, Span};
use crate::time::Day;
use crate::warning::{Body, Record, Target};

/// A kind of paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportKind {
    /// 空气质量日报: one natural day.
    Daily,
    /// 日报短信: the same in one text message.
    Brief,
    /// 空气质量预报单: an official forecast.
    Forecast,
    /// 空气质量周报: a week, from Monday to Sunday.
    Weekly,
    /// 空气质量月报: a month.
    Monthly,
    /// 排名表: ranks of a month and of the year so far.
    Ranking,
    /// 领导专报: one page.
    Leader,
    /// 会商记录: a consultation.
    Consultation,
    /// 预警建议与审批单: a recommendation, with what it rests on and boxes to be signed on paper.
    Approval,
    /// 启动, 调整 or 解除通知: an issue.
    Notice,
    /// 分区县任务单: what districts and departments do by an issue.
    Tasks,
    /// 14时调度日报: a day of a response.
    Response,
    /// 过程总结: a warning from its beginning to its end.
    Review,
    /// 反馈单: suspect data of stations that are not the city's.
    Feedback,
    /// 值班日志: what happened in the room on a day.
    Shift,
}

/// Of which days a kind is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// One natural day.
    Day,
    /// One natural day, the present one included.
    Present,
    /// A week, or what has passed of it; it is named by any of its days.
    Week,
    /// A month, or what has passed of it.
    Month,
    /// What one record of a warning says.
    Record,
}

impl Every {
    /// By which option or query it is asked for.
    #[must_use]
    pub const fn option(self) -> &'static str {
        match self {
            Self::Day | Self::Present | Self::Week => "day",
            Self::Month => "month",
            Self::Record => "record",
        }
    }
}

impl ReportKind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::Daily,
        Self::Brief,
        Self::Forecast,
        Self::Weekly,
        Self::Monthly,
        Self::Ranking,
        Self::Leader,
        Self::Consultation,
        Self::Approval,
        Self::Notice,
        Self::Tasks,
        Self::Response,
        Self::Review,
        Self::Feedback,
        Self::Shift,
    ];

    /// The code in options, queries, addresses and names of templates.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Brief => "brief",
            Self::Forecast => "forecast",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Ranking => "ranking",
            Self::Leader => "leader",
            Self::Consultation => "consultation",
            Self::Approval => "approval",
            Self::Notice => "notice",
            Self::Tasks => "tasks",
            Self::Response => "response",
            Self::Review => "review",
            Self::Feedback => "feedback",
            Self::Shift => "shift",
        }
    }

    /// As people call it.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Daily => "空气质量日报",
            Self::Brief => "日报短信",
            Self::Forecast => "空气质量预报单",
            Self::Weekly => "空气质量周报",
            Self::Monthly => "空气质量月报",
            Self::Ranking => "排名表",
            Self::Leader => "领导专报",
            Self::Consultation => "会商记录",
            Self::Approval => "预警建议与审批单",
            Self::Notice => "启动、调整、解除通知",
            Self::Tasks => "分区县任务单",
            Self::Response => "14时调度日报",
            Self::Review => "过程总结",
            Self::Feedback => "反馈单",
            Self::Shift => "值班日志",
        }
    }

    /// The same in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Daily => "Daily report",
            Self::Brief => "Daily report as a text message",
            Self::Forecast => "Forecast",
            Self::Weekly => "Weekly report",
            Self::Monthly => "Monthly report",
            Self::Ranking => "Ranks",
            Self::Leader => "Page for the leaders",
            Self::Consultation => "Record of a consultation",
            Self::Approval => "Proposal for approval",
            Self::Notice => "Notice of an issue",
            Self::Tasks => "Task sheets",
            Self::Response => "Day of a response",
            Self::Review => "Review of a warning",
            Self::Feedback => "Feedback on suspect data",
            Self::Shift => "Shift book",
        }
    }

    /// What its numbers are called by: 日报〔2025〕64号.
    #[must_use]
    pub const fn series_zh(self) -> &'static str {
        match self {
            Self::Daily => "日报",
            Self::Brief => "短信",
            Self::Forecast => "预报",
            Self::Weekly => "周报",
            Self::Monthly => "月报",
            Self::Ranking => "排名",
            Self::Leader => "专报",
            Self::Consultation => "会商",
            Self::Approval => "审批",
            Self::Notice => "通知",
            Self::Tasks => "任务",
            Self::Response => "应对日报",
            Self::Review => "总结",
            Self::Feedback => "反馈",
            Self::Shift => "日志",
        }
    }

    /// Of which days it is.
    #[must_use]
    pub const fn every(self) -> Every {
        match self {
            Self::Daily | Self::Brief | Self::Leader | Self::Feedback => Every::Day,
            Self::Forecast | Self::Response | Self::Shift => Every::Present,
            Self::Weekly => Every::Week,
            Self::Monthly | Self::Ranking => Every::Month,
            Self::Consultation | Self::Approval | Self::Notice | Self::Tasks | Self::Review => {
                Every::Record
            }
        }
    }

    /// Whether it may be asked for by the number of a record.
    #[must_use]
    pub const fn takes_record(self) -> bool {
        matches!(self, Self::Forecast | Self::Response) || matches!(self.every(), Every::Record)
    }

    /// Whether it names people of plants with their telephone numbers: it is only for persons with a token.
    #[must_use]
    pub const fn names_people(self) -> bool {
        matches!(self, Self::Tasks)
    }

    /// The kinds of papers that a record of a warning has.
    #[must_use]
    pub fn of_record(record: &Record) -> &'static [Self] {
        match &record.body {
            Body::Consulted(_) => &[Self::Consultation],
            Body::Recommended(of) if of.warning.is_none() => &[Self::Approval, Self::Review],
            Body::Recommended(_) => &[Self::Approval],
            Body::Issued(issue) if issue.target == Target::Lift => &[Self::Notice],
            Body::Issued(_) => &[Self::Notice, Self::Tasks, Self::Response],
            _ => &[],
        }
    }

    /// The span of a paper: a day, or the week or month that `text` names, as far as it has ended.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn span(self, text: &str, ended: Day) -> Result<Span, String> {
        match self.every() {
            Every::Day => {
                let span = Span::day(day(text)?).until(ended);
                span.ok_or_else(|| {
                    format!("{text} has not ended: the last day that has is {ended}")
                })
            }
            Every::Present => {
                let today = ended.plus(1);
                let span = Span::day(day(text)?).until(today);
                span.ok_or_else(|| format!("{text} has not begun: today is {today}"))
            }
            Every::Week => {
                let span = Span::week(day(text)?);
                span.until(ended).ok_or_else(|| {
                    format!("no day of the week from {} has ended: the last is {ended}", span.from)
                })
            }
            Every::Record => Err(format!("{self} is asked for by record: it must be named")),
            Every::Month => {
                let fault = || format!("YYYY-MM expected, got {text:?}");
                let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
                let span = Span::parse(text, &Seasons::DEFAULT).ok();
                let span = span.filter(|_| text.len() == 7 && digits).ok_or_else(fault)?;
                if span.from > ended {
                    return Err(format!(
                        "no day of {text} has ended: the last that has is {ended}"
                    ));
                }
                Ok(if span.to <= ended {
                    span
                } else {
                    Span::days(span.from, ended).unwrap_or(span)
                })
            }
        }
    }

    /// What is asked for when nothing is: the last day that has ended, its week or its month; where the
    /// present day may be asked for, that one; empty of a record, which has to be named.
    #[must_use]
    pub fn usual(self, ended: Day) -> String {
        let (year, month, _) = ended.date();
        match self.every() {
            Every::Day | Every::Week => ended.to_string(),
            Every::Present => ended.plus(1).to_string(),
            Every::Month => format!("{year}-{month:02}"),
            Every::Record => String::new(),
        }
    }
}

/// Of what a paper is asked, as it was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Given<'a> {
    /// A day.
    pub day: Option<&'a str>,
    /// A month.
    pub month: Option<&'a str>,
    /// The number of a record.
    pub record: Option<&'a str>,
    /// A district or department.
    pub receiver: Option<&'a str>,
}

impl Given<'_> {
    /// The days and the record that a kind is asked for by; of a record alone the days are the present one.
    ///
    /// # Errors
    /// Which option is wrong, and what was expected instead.
    pub fn read(
        self,
        kind: ReportKind,
        ended: Day,
    ) -> Result<(Span, Option<u64>), (&'static str, String)> {
        let own = kind.every().option();
        let all = [
            ("day", self.day),
            ("month", self.month),
            ("record", self.record),
            ("receiver", self.receiver),
        ];
        let taken = |name| match name {
            "record" => kind.takes_record(),
            "receiver" => kind == ReportKind::Tasks,
            name => name == own,
        };
        let mut given = all.into_iter().filter_map(|(name, text)| Some((name, text?)));
        if let Some((name, _)) = given.find(|(name, _)| !taken(*name)) {
            return Err((name, format!("{kind} is asked for by {own}")));
        }
        let own_text = all.into_iter().find(|(name, _)| *name == own).and_then(|(_, text)| text);
        let Some(record) = self.record else {
            let text = own_text.map_or_else(|| kind.usual(ended), str::to_owned);
            return Ok((kind.span(&text, ended).map_err(|e| (own, e))?, None));
        };
        if own != "record" && own_text.is_some() {
            return Err(("record", format!("a record, or a {own}")));
        }
        let number = record.parse().map_err(|_| format!("a number expected, got {record:?}"));
        Ok((Span::day(ended.plus(1)), Some(number.map_err(|e| ("record", e))?)))
    }
}

fn day(text: &str) -> Result<Day, String> {
    text.parse().map_err(|_| format!("YYYY-MM-DD expected, got {text:?}"))
}

impl fmt::Display for ReportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for ReportKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.code() == text);
        let known = Self::ALL.map(Self::code).join(", ");
        found.ok_or_else(|| format!("one of {known} expected, got {text:?}"))
    }
}
