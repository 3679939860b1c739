//! What notices are about in plain English, for who reads no Chinese: the switch of the page, and messages to
//! one person alone who is told in English.

use super::bare;
use crate::duty::Fixed;
use crate::notification::{
    Cause, Closing, ItemStage, Notice, NoticeKind, NoticeRules, Notices, Roster, Stuck,
};
use crate::outlook::Source;
use crate::time::Instant;
use crate::warning::{AdvisorySort, Change, Ground, Issue, Level, Recommendation, Target};

/// `2026-12-01 09:00`, Beijing time.
fn moment_en(at: Instant) -> String {
    let text = at.to_string();
    text.get(..16).unwrap_or(&text).replace('T', " ")
}

const fn response_en(level: Level) -> &'static str {
    match level {
        Level::Yellow => "III",
        Level::Orange => "II",
        Level::Red => "I",
    }
}

const fn fixed_en(fixed: Fixed) -> &'static str {
    match fixed {
        Fixed::Hourly => "hourly value",
        Fixed::DailyReport => "daily report",
        Fixed::Forecast => "forecast",
        Fixed::DistrictFigures => "figures of districts",
        Fixed::ResponseReport => "report of the response",
        Fixed::MeasuresList => "list of measures",
    }
}

fn recommended_en(of: &Recommendation) -> String {
    let what = match (of.target, of.change) {
        (Target::Lift, _) => "lift the warning".to_owned(),
        (Target::Level(level), Change::Upgrade) => format!("upgrade the warning to {level}"),
        (Target::Level(level), Change::Downgrade) => format!("downgrade the warning to {level}"),
        (Target::Level(level), _) => format!("start a warning, level {level}"),
    };
    let ground = match &of.ground {
        Ground::Evaluation { source: Source::Fed, .. } => "by the official forecast",
        Ground::Evaluation { source: Source::BuiltIn, .. } => {
            "by the built-in statistical forecast, for reference only"
        }
        Ground::Instruction { .. } => "the province asks for it",
        Ground::Person { reason } => bare(reason),
    };
    format!("Recommended: {what} ({ground}). Nothing is issued yet.")
}

fn issued_en(of: &Issue) -> String {
    let Issue { target, change, response, issuer, document, .. } = of;
    let from = moment_en(of.effective_from);
    match target {
        Target::Lift => format!("{issuer} ({document}): warning lifted from {from}."),
        Target::Level(level) => {
            let change = match change {
                Change::Upgrade => "upgraded to",
                Change::Downgrade => "downgraded to",
                Change::Start | Change::Lift => "level",
            };
            let response = response_en(response.unwrap_or(*level));
            format!(
                "{issuer} ({document}): warning {change} {level} from {from}, response {response}."
            )
        }
    }
}

fn alarm_en((subject, name): (&str, &str), since: Instant, lag_min: Option<u32>) -> String {
    let since = moment_en(since);
    let lag = lag_min.map(|lag| format!(" by {lag} min")).unwrap_or_default();
    match subject {
        "station" => format!("Station {name} is silent since {since}."),
        "area" => format!("Many stations of {name} are silent since {since}."),
        "feed" => format!("No connection to the feed of {name} since {since}."),
        "clock" => format!("The clock of {name} runs ahead since {since}: its data is refused."),
        "clock_behind" => {
            format!(
                "The clock of {name} runs behind{lag}, or its data is held back, since {since}."
            )
        }
        "differs" => {
            format!("The AQI of {name} differs from the national platform's since {since}.")
        }
        other => format!("Alarm {other} of {name} since {since}."),
    }
}

impl NoticeKind {
    /// As it is written in English.
    #[must_use]
    pub const fn text_en(self) -> &'static str {
        match self {
            Self::Recommendation => "warning recommended",
            Self::Issued => "warning issued",
            Self::Upgraded => "warning upgraded",
            Self::Downgraded => "warning downgraded",
            Self::Lifted => "warning lifted",
            Self::Dispatch => "task of the response",
            Self::Advisory => "advisory",
            Self::Silence => "silence",
            Self::Quality => "data quality",
            Self::Reminder => "due soon",
            Self::Overdue => "overdue",
            Self::OverdueLeader => "overdue, for the leader",
            Self::Paper => "paper signed",
            Self::Undelivered => "notice not delivered",
            Self::Test => "test of channels",
        }
    }
}

impl Cause {
    /// What it is about, in plain English.
    #[must_use]
    pub fn text_en(&self, roster: &Roster) -> String {
        match self {
            Self::Recommended { recommendation, .. } => recommended_en(recommendation),
            Self::Issued { issue, .. } => issued_en(issue),
            Self::Dispatch { issue, .. } => match issue.target {
                Target::Lift => {
                    let from = moment_en(issue.effective_from);
                    format!("The response ends at {from} ({}).", issue.document)
                }
                Target::Level(level) => {
                    let response = response_en(issue.response.unwrap_or(level));
                    let from = moment_en(issue.effective_from);
                    format!("Carry out response {response} from {from} ({}).", issue.document)
                }
            },
            Self::Advised { advisory, .. } => {
                let sort = match advisory.sort {
                    AdvisorySort::Pollution => "Advisory on pollution",
                    AdvisorySort::GoodDay => "Advisory on keeping a good day",
                };
                format!("{sort}, until {}: {}", moment_en(advisory.until), advisory.text)
            }
            Self::Alarm { subject, name, since, lag_min, .. } => {
                alarm_en((subject, name), *since, *lag_min)
            }
            Self::Item { item, stage } => {
                let (what, due) = (fixed_en(item.fixed), moment_en(item.due));
                let of = item.of.day();
                match stage {
                    ItemStage::Reminded => format!("Not done yet: {what} of {of}, due {due}."),
                    ItemStage::Overdue => format!("Overdue: {what} of {of}, due {due}."),
                    ItemStage::Escalated => {
                        format!("Still not done, tell the leader: {what} of {of}, due {due}.")
                    }
                }
            }
            Self::Signed { number, title, .. } => format!("Signed: {title}, number {number}."),
            Self::Undelivered { notice, of, channel, person, reason, .. } => {
                let to = person.as_ref().map_or("the group", |id| roster.name(id));
                let (of, reason) = (of.text_en(), bare(reason));
                format!("Notice {notice} ({of}) did not reach {to} by {channel}: {reason}.")
            }
            Self::Tested { person, .. } => {
                format!("{} tests the channels: please acknowledge.", roster.name(person))
            }
        }
    }
}

impl Stuck {
    /// What does not come on.
    #[must_use]
    pub fn text_en(&self, notices: &Notices, roster: &Roster) -> String {
        let since = moment_en(self.since());
        match self {
            Self::Notice { notice, .. } => format!("notice {notice}: nothing since {since}"),
            Self::Message { message, .. } => {
                let of = notices.outbox.get(message).map(|outgoing| &outgoing.message);
                let of = of.map_or_else(
                    || format!("message {message}"),
                    |of| {
                        let to = of.person.as_ref().map_or("the group", |id| roster.name(id));
                        format!("notice {} to {to} by {}", of.notice, of.channel)
                    },
                );
                format!("{of}: not delivered since {since}")
            }
        }
    }
}

impl Notice {
    /// One line: its kind; of a drill it says so first.
    #[must_use]
    pub fn title_en(&self) -> String {
        let drill = if self.drill.is_some() { "[drill] " } else { "" };
        let more = match self.matters.len() {
            0 | 1 => String::new(),
            count => format!(" ({count} in all)"),
        };
        format!("{drill}{}{more}", self.kind().text_en())
    }

    /// How it stands, in a word or two.
    #[must_use]
    pub fn state_en(&self, rules: &NoticeRules) -> &'static str {
        match self.closed {
            _ if self.is_read() => "acknowledged",
            Some((_, Closing::Superseded)) => "told anew",
            Some((_, Closing::Over)) => "over",
            Some((_, Closing::Unanswered)) => "nobody answered",
            Some((_, Closing::Undelivered)) => "not all of it delivered",
            Some((_, Closing::Sent | Closing::Acknowledged)) => "sent",
            None if self.is_over() => "over",
            None if self.waits(rules) => "waits for a word",
            None if self.told.is_none() => "to be told",
            None => "told",
        }
    }
}
