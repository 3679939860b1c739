//! Notices in words: what one is about, its title, and one sentence for each of its records.
//!
//! In: causes, notices, records, and the roster for the names of people. Out: Chinese as a bureau writes it.
//!
//! Invariants: a drill says so first; the words of warnings and fixed times are those of the other time
//! lines; people stand by name, never by address.
//!
//! Source: terms.md.

mod english;

use super::cause::{Cause, ItemStage};
use super::plan::waits;
use super::record::{Acknowledgement, Message, NoticeBody, NoticeRecord, Round};
use super::roster::{Assignment, Roster};
use super::rules::NoticeRules;
use super::state::{Notice, Notices, Outgoing};
use super::{Gap, Outcome, Stuck};
use crate::duty::{DutyBody, DutyRecord, Item};
use crate::time::{Day, Instant};
use crate::warning::{Body, Change, DRILL_ZH, Issue, Recommendation, Record, Target, moment_zh};

/// A role as it is written: those of every room by their usual names, others as the roster has them.
#[must_use]
pub fn role_zh(role: &str) -> &str {
    match role {
        "main" => "主班",
        "second" => "副班",
        "leader" => "带班领导",
        "data" => "数据审核",
        "district" => "区县",
        "department" => "部门",
        other => other,
    }
}

/// `12月1日`.
fn day_zh(day: Day) -> String {
    let (_, month, date) = day.date();
    format!("{month}月{date}日")
}

/// A text without the full stop that the sentence gives it.
fn bare(text: &str) -> &str {
    text.trim().trim_end_matches(['。', '.'])
}

/// `备注：…。`; nothing of no text.
fn note(label: &str, text: &str) -> String {
    let text = bare(text);
    if text.is_empty() { String::new() } else { format!("{label}：{text}。") }
}

/// People call a station by its name and 站.
fn station(name: &str) -> String {
    if name.ends_with('站') { name.to_owned() } else { format!("{name}站") }
}

/// The words of the warnings' own time line.
fn of_warning(record: u64, body: Body) -> String {
    let at = Instant::default();
    Record { number: record, at, person: None, drill: None, body }.text_zh()
}

/// The words of the room's own time line.
fn of_item(item: Item, stage: ItemStage) -> String {
    let body = match stage {
        ItemStage::Reminded => DutyBody::Reminded(item),
        ItemStage::Overdue => DutyBody::Overdue(item),
        ItemStage::Escalated => DutyBody::Escalated(item),
    };
    DutyRecord { number: 0, at: Instant::default(), person: None, body }.text_zh()
}

fn dispatch(issue: &Issue) -> String {
    let (from, document) = (moment_zh(issue.effective_from), &issue.document);
    match (issue.target, issue.response) {
        (Target::Lift, _) => format!("任务单：自{from}起终止应急响应（{document}）。"),
        (Target::Level(level), response) => {
            let response = response.unwrap_or(level).response_zh();
            let level = level.text_zh();
            format!(
                "任务单：自{from}起执行{level}预警{response}应急响应（{document}）。\
                 请按应急减排清单立即落实，签收任务单并按时报送应对情况。"
            )
        }
    }
}

/// What an alarm says: in a sentence, and in short.
fn alarm((subject, name): (&str, &str), since: Instant, lag_min: Option<u32>) -> (String, String) {
    let at = moment_zh(since);
    let of = station(name);
    let lag = lag_min.map(|lag| match (lag / 60, lag % 60) {
        (0, minutes) => format!("慢{minutes}分钟"),
        (hours, 0) => format!("慢{hours}小时"),
        (hours, minutes) => format!("慢{hours}小时{minutes}分钟"),
    });
    match subject {
        "station" => (format!("{of}自{at}起离线。"), format!("{of}离线")),
        "area" => (
            format!("{name}自{at}起多站同时缺报，请检查数据传输链路。"),
            format!("{name}多站同时缺报"),
        ),
        "feed" => (
            format!("{name}数据接收中断，自{at}起与数据源断开连接。"),
            format!("{name}数据接收中断"),
        ),
        "clock" => (format!("{of}时钟自{at}起超前，其数据未采用。"), format!("{of}时钟超前")),
        "clock_behind" => {
            let lag = lag.map(|lag| format!("（{lag}）")).unwrap_or_default();
            (format!("{of}自{at}起时钟滞后或数据延迟{lag}。"), format!("{of}时钟滞后或数据延迟"))
        }
        "differs" => (
            format!("{name}自{at}起AQI与国家平台发布值不一致。"),
            format!("{name}AQI与国家平台不一致"),
        ),
        other => (format!("{name}自{at}起报警（{other}）。"), format!("{name}报警")),
    }
}

fn proposed(of: &Recommendation) -> String {
    match (of.target, of.change) {
        (Target::Lift, _) => "解除预警".to_owned(),
        (Target::Level(level), Change::Start) => format!("启动{}预警", level.text_zh()),
        (Target::Level(level), change) => format!("{}为{}预警", change.text_zh(), level.text_zh()),
    }
}

impl Cause {
    /// What it is about, in a sentence or two.
    #[must_use]
    pub fn text_zh(&self, roster: &Roster) -> String {
        match self {
            Self::Recommended { record, recommendation } => {
                of_warning(*record, Body::Recommended(recommendation.clone()))
            }
            Self::Issued { record, issue } => of_warning(*record, Body::Issued(issue.clone())),
            Self::Dispatch { issue, .. } => dispatch(issue),
            Self::Advised { record, advisory } => {
                of_warning(*record, Body::Advisory(advisory.clone()))
            }
            Self::Alarm { subject, name, since, lag_min, .. } => {
                alarm((subject, name), *since, *lag_min).0
            }
            Self::Item { item, stage } => of_item(*item, *stage),
            Self::Signed { number, title, .. } => format!("《{title}》已签发，编号{number}。"),
            Self::Undelivered { notice, of, channel, person, reason, .. } => {
                let to = person.as_ref().map_or("群", |id| roster.name(id));
                let (of, reason) = (of.text_zh(), bare(reason));
                let reason = if reason.is_empty() { "原因不明" } else { reason };
                format!("第{notice}号通知（{of}）未能通过{channel}送达{to}：{reason}。")
            }
            Self::Tested { person, .. } => {
                format!("{}发起通道测试，收到即表示通道正常，请确认。", roster.name(person))
            }
        }
    }

    /// Its kind and what it is about, in one line.
    #[must_use]
    pub fn title_zh(&self, roster: &Roster) -> String {
        format!("{}：{}", self.kind().text_zh(), self.brief_zh(roster))
    }

    /// What it is about, in some words.
    fn brief_zh(&self, roster: &Roster) -> String {
        match self {
            Self::Recommended { recommendation, .. } => proposed(recommendation),
            Self::Issued { issue, .. } => {
                let level = issue.target.level();
                let level = level.map(|level| format!("{}预警，", level.text_zh()));
                format!("{}自{}起", level.unwrap_or_default(), moment_zh(issue.effective_from))
            }
            Self::Dispatch { issue, .. } => match (issue.target, issue.response) {
                (Target::Lift, _) => "终止应急响应".to_owned(),
                (Target::Level(level), response) => {
                    format!("执行{}应急响应", response.unwrap_or(level).response_zh())
                }
            },
            Self::Advised { advisory, .. } => advisory.sort.text_zh().to_owned(),
            Self::Alarm { subject, name, since, .. } => alarm((subject, name), *since, None).1,
            Self::Item { item, .. } => {
                item.text_zh().split('（').next().unwrap_or_default().to_owned()
            }
            Self::Signed { title, .. } => title.clone(),
            Self::Undelivered { notice, of, .. } => format!("第{notice}号通知（{}）", of.text_zh()),
            Self::Tested { person, .. } => format!("{}发起", roster.name(person)),
        }
    }
}

impl Notice {
    /// One line: its kind and what it is about; of a drill it says so first.
    #[must_use]
    pub fn title_zh(&self, roster: &Roster) -> String {
        let drill = if self.drill.is_some() { DRILL_ZH } else { "" };
        let title = self.first().title_zh(roster);
        let more = match self.matters.len() {
            0 | 1 => String::new(),
            count => format!("等{count}项"),
        };
        format!("{drill}{title}{more}")
    }

    /// Whether somebody's word is waited for.
    #[must_use]
    pub fn waits(&self, rules: &NoticeRules) -> bool {
        waits(self, rules)
    }

    /// How it stands, in a word.
    #[must_use]
    pub fn state_zh(&self, rules: &NoticeRules) -> &'static str {
        match self.closed {
            _ if self.is_read() => "已确认",
            Some((_, why)) => why.text_zh(),
            None if self.is_over() => "事项已结束",
            None if self.waits(rules) => "待确认",
            None if self.told.is_none() => "待通知",
            None => "已通知",
        }
    }
}

/// `经短信发给张三`, `经值班群发出，提醒张三、李四`.
fn receivers(message: &Message, roster: &Roster) -> String {
    let Message { channel, person, mentions, .. } = message;
    let names: Vec<&str> = mentions.iter().map(|id| roster.name(id)).collect();
    match person {
        Some(id) => format!("经{channel}发给{}", roster.name(id)),
        None if names.is_empty() => format!("经{channel}发出"),
        None => format!("经{channel}发出，提醒{}", names.join("、")),
    }
}

fn ended((message, attempt): (u64, u32), outcome: &Outcome) -> String {
    let of = format!("消息#{message}第{attempt}次发送");
    let said = |reason: &str| {
        let reason = bare(reason);
        if reason.is_empty() { String::new() } else { format!("：{reason}") }
    };
    match outcome {
        Outcome::Accepted => format!("{of}成功。"),
        Outcome::Failed { reason, hold_s } => {
            let hold = hold_s.map(|s| format!("通道暂停{s}秒。")).unwrap_or_default();
            format!("{of}失败{}。{hold}", said(reason))
        }
        Outcome::Refused { reason } => format!("{of}被拒收{}。", said(reason)),
        Outcome::Unknown => format!("{of}结果不明，对方可能已收到。"),
    }
}

fn acknowledged(of: &Acknowledgement, roster: &Roster) -> String {
    let (who, way, said) = (roster.name(&of.who), of.way.text_zh(), moment_zh(of.said));
    let rest = if of.complete { "" } else { "其余人员待确认。" };
    format!("{who}{said}确认（{way}）。{}{rest}", note("备注", &of.note))
}

impl Round {
    /// As it is written.
    #[must_use]
    pub fn text_zh(self) -> String {
        match self {
            Self::First => "首次通知".to_owned(),
            Self::Repeat(n) => format!("第{n}次重复提醒"),
            Self::Step(n) => format!("第{n}次转报"),
            Self::End => "结束告知".to_owned(),
        }
    }
}

impl Assignment {
    /// Who takes what when: `12月3日夜班主班：张三`.
    #[must_use]
    pub fn text_zh(&self, roster: &Roster) -> String {
        let shift = self.shift.and_then(|place| roster.shifts.get(place));
        let shift = shift.map_or("全天", |shift| &shift.name);
        let (day, role) = (day_zh(self.day), role_zh(&self.role));
        format!("{day}{shift}{role}：{}", roster.name(&self.person))
    }
}

impl Stuck {
    /// What does not come on.
    #[must_use]
    pub fn text_zh(&self, notices: &Notices, roster: &Roster) -> String {
        let since = moment_zh(self.since());
        match self {
            Self::Notice { notice, .. } => {
                let title = notices.notice(*notice).map(|n| n.title_zh(roster));
                let title = title.map_or_else(String::new, |title| format!("（{title}）"));
                format!("第{notice}号通知{title}自{since}起无进展")
            }
            Self::Message { message, .. } => match notices.outbox.get(message) {
                Some(Outgoing { message, .. }) => {
                    let (notice, to) = (message.notice, receivers(message, roster));
                    format!("第{notice}号通知（{to}）自{since}起未能送达")
                }
                None => format!("消息#{message}自{since}起未能送达"),
            },
        }
    }
}

impl Gap {
    /// What is missing.
    #[must_use]
    pub fn text_zh(&self, roster: &Roster) -> String {
        match self {
            Self::Nobody { day, shift, role } => {
                let shift = roster.shifts.get(*shift).map_or("", |shift| &shift.name);
                format!("{}{shift}{}无人值守", day_zh(*day), role_zh(role))
            }
            Self::Holidays(year) => format!("未配置{year}年节假日安排"),
        }
    }
}

impl NoticeRecord {
    /// What happened, in one or two sentences.
    #[must_use]
    pub fn text_zh(&self, roster: &Roster) -> String {
        match &self.body {
            NoticeBody::Raised { cause, drill } => {
                let drill = if drill.is_some() { DRILL_ZH } else { "" };
                format!("{drill}{}", cause.text_zh(roster))
            }
            NoticeBody::Joined { cause, .. } => format!("并入：{}", cause.text_zh(roster)),
            NoticeBody::Over { superseded: true, .. } => "所述事项由新通知替代。".to_owned(),
            NoticeBody::Over { superseded: false, .. } => "所述事项已结束。".to_owned(),
            NoticeBody::Told { .. } => "开始通知。".to_owned(),
            NoticeBody::Planned(message) => {
                let (round, number) = (message.round.text_zh(), self.number);
                format!("{round}：消息#{number}，{}。", receivers(message, roster))
            }
            NoticeBody::Unreachable { to, by, .. } => {
                let to = if roster.is_turn(to) { role_zh(to) } else { roster.name(to) };
                format!("无法通知{to}：无人值守或没有可用的联系方式（{by}）。")
            }
            NoticeBody::Tried { message, attempt, .. } => {
                format!("消息#{message}第{attempt}次发送。")
            }
            NoticeBody::Ended { message, attempt, outcome, .. } => {
                ended((*message, *attempt), outcome)
            }
            NoticeBody::GaveUp { message, reason, .. } => {
                format!("消息#{message}未送达，停止重试：{}。", bare(reason))
            }
            NoticeBody::Dropped { message, .. } => {
                format!("消息#{message}不再发送：事项已结束、已确认或通道停用。")
            }
            NoticeBody::Repeated { n, .. } => format!("尚无人确认，第{n}次重复提醒。"),
            NoticeBody::Escalated { step, why, .. } => {
                format!("{}，第{step}次转报。", why.text_zh())
            }
            NoticeBody::Acknowledged(of) => acknowledged(of, roster),
            NoticeBody::Closed { why, .. } => format!("通知归档：{}。", why.text_zh()),
            NoticeBody::Replaced { assignment, reason } => {
                format!("替班：{}。{}", assignment.text_zh(roster), note("原因", reason))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Acknowledge, ChannelKind, Closing, NoticeKind, Notices, Person, Retry, Route, ShiftTime,
        StepReason, Way,
    };
    use super::*;
    use crate::duty::Fixed;
    use crate::warning::{Advisory, AdvisorySort, Ground, Level};

    fn at(text: &str) -> Instant {
        Instant::parse_rfc3339(&format!("2026-12-{text}:00+08:00")).expect("a time")
    }

    fn roster() -> Roster {
        let person = |id: &str, name: &str| Person {
            id: id.to_owned(),
            name: name.to_owned(),
            english: false,
            roles: Vec::new(),
            reached_by: vec![ChannelKind::Sms],
        };
        Roster {
            shifts: vec![
                ShiftTime { name: "白班".to_owned(), from_min: 510 },
                ShiftTime { name: "夜班".to_owned(), from_min: 1200 },
            ],
            people: vec![person("zhang", "张三"), person("li", "李四")],
            ..Roster::default()
        }
    }

    fn silent(name: &str) -> Cause {
        alarm_of("station", name, None)
    }

    fn alarm_of(subject: &str, name: &str, lag_min: Option<u32>) -> Cause {
        Cause::Alarm {
            subject: subject.to_owned(),
            entity: String::new(),
            name: name.to_owned(),
            since: at("01T09:00"),
            lag_min,
        }
    }

    fn issue(target: Target, change: Change, response: Option<Level>) -> Issue {
        Issue {
            warning: 1,
            proposal: 1,
            approval: 2,
            target,
            change,
            response,
            issuer: "市重污染天气应急指挥部".to_owned(),
            document: "大应急〔2026〕3号".to_owned(),
            issued: at("01T16:30"),
            effective_from: at("02T00:00"),
            measures: None,
        }
    }

    fn recommended(target: Target, change: Change) -> Cause {
        let ground = Ground::Person { reason: "会商意见。".to_owned() };
        let recommendation = Recommendation { warning: None, target, change, ground };
        Cause::Recommended { record: 5, recommendation }
    }

    fn item(stage: ItemStage) -> Cause {
        let of = at("02T00:00").hour();
        Cause::Item { item: Item { fixed: Fixed::DailyReport, of, due: at("03T12:00") }, stage }
    }

    /// Both languages, one after the other.
    fn both(cause: &Cause) -> [String; 2] {
        [cause.text_zh(&roster()), cause.text_en(&roster())]
    }

    #[test]
    fn causes_of_warnings_say_what_is_asked() {
        let orange = Target::Level(Level::Orange);
        let [zh, en] = both(&recommended(orange, Change::Upgrade));
        assert!(zh.contains("升级为橙色预警") && zh.contains("会商意见"), "{zh}");
        assert_eq!(
            en,
            "Recommended: upgrade the warning to orange (会商意见). Nothing is issued yet."
        );
        let issued = issue(orange, Change::Start, Some(Level::Orange));
        let [zh, en] = both(&Cause::Issued { record: 7, issue: issued.clone() });
        assert_eq!(
            zh,
            "市重污染天气应急指挥部12月1日16时30分发布（大应急〔2026〕3号）：\
             自12月2日0时起启动重污染天气橙色预警（Ⅱ级应急响应）。"
        );
        assert!(en.ends_with("warning level orange from 2026-12-02 00:00, response II."), "{en}");
        let [zh, en] = both(&Cause::Dispatch { record: 7, issue: issued });
        assert!(zh.starts_with("任务单：自12月2日0时起执行橙色预警Ⅱ级应急响应"), "{zh}");
        assert!(en.starts_with("Carry out response II from 2026-12-02 00:00"), "{en}");
        let lift = issue(Target::Lift, Change::Lift, None);
        let [zh, en] = both(&Cause::Dispatch { record: 7, issue: lift.clone() });
        assert_eq!(zh, "任务单：自12月2日0时起终止应急响应（大应急〔2026〕3号）。");
        assert!(en.starts_with("The response ends at 2026-12-02 00:00"), "{en}");
        let [zh, en] = both(&Cause::Issued { record: 7, issue: lift });
        assert!(zh.contains("解除重污染天气预警") && en.contains("warning lifted"), "{zh} {en}");
        let (text, until) = ("请减少户外活动。".to_owned(), at("02T00:00"));
        let advisory = Advisory { sort: AdvisorySort::Pollution, text, until };
        let [zh, en] = both(&Cause::Advised { record: 8, advisory });
        assert_eq!(zh, "污染天气提示：请减少户外活动。");
        assert!(en.starts_with("Advisory on pollution, until 2026-12-02 00:00: "), "{en}");
    }

    #[test]
    fn causes_of_alarms_name_the_station_as_people_do() {
        let text = |subject: &str, name: &str, lag| both(&alarm_of(subject, name, lag))[0].clone();
        assert_eq!(text("station", "金州", None), "金州站自12月1日9时起离线。");
        assert_eq!(text("station", "星海三站", None), "星海三站自12月1日9时起离线。");
        assert_eq!(
            text("area", "大连市", None),
            "大连市自12月1日9时起多站同时缺报，请检查数据传输链路。"
        );
        assert_eq!(
            text("feed", "大连市", None),
            "大连市数据接收中断，自12月1日9时起与数据源断开连接。"
        );
        assert_eq!(text("clock", "金州", None), "金州站时钟自12月1日9时起超前，其数据未采用。");
        assert_eq!(
            text("clock_behind", "金州", Some(65)),
            "金州站自12月1日9时起时钟滞后或数据延迟（慢1小时5分钟）。"
        );
        assert_eq!(text("differs", "市区", None), "市区自12月1日9时起AQI与国家平台发布值不一致。");
        for (subject, said) in [
            ("station", "is silent"),
            ("area", "Many stations"),
            ("feed", "No connection"),
            ("clock", "runs ahead"),
            ("clock_behind", "runs behind by 65 min"),
            ("differs", "national platform"),
        ] {
            let [_, en] = both(&alarm_of(subject, "Jinzhou", Some(65)));
            assert!(en.contains(said) && en.contains("since 2026-12-01 09:00"), "{en}");
        }
    }

    #[test]
    fn other_causes_are_sentences_too() {
        let said = [ItemStage::Reminded, ItemStage::Overdue, ItemStage::Escalated]
            .map(|stage| both(&item(stage)));
        let zh = said.clone().map(|[zh, _]| zh);
        let of = "12月2日空气质量日报（时限12月3日12时）";
        assert_eq!(
            zh,
            [
                format!("提醒：{of}尚未办结。"),
                format!("逾期：{of}未办结。"),
                format!("逾期未办，应报带班领导：{of}。"),
            ]
        );
        assert_eq!(said[1][1], "Overdue: daily report of 2026-12-02, due 2026-12-03 12:00.");
        let (number, title) = ("〔2026〕12号".to_owned(), "空气质量日报".to_owned());
        let [zh, en] = both(&Cause::Signed { paper: 3, number, title });
        assert_eq!(zh, "《空气质量日报》已签发，编号〔2026〕12号。");
        assert_eq!(en, "Signed: 空气质量日报, number 〔2026〕12号.");
        let lost = |person: Option<&str>, reason: &str| Cause::Undelivered {
            notice: 12,
            message: 14,
            of: NoticeKind::Recommendation,
            channel: "短信".to_owned(),
            person: person.map(str::to_owned),
            reason: reason.to_owned(),
        };
        let [zh, en] = both(&lost(Some("zhang"), "号码停机。"));
        assert_eq!(zh, "第12号通知（预警建议）未能通过短信送达张三：号码停机。");
        assert_eq!(en, "Notice 12 (warning recommended) did not reach 张三 by 短信: 号码停机.");
        assert!(both(&lost(None, ""))[0].ends_with("送达群：原因不明。"));
        let tested = Cause::Tested { person: "li".to_owned(), to: Vec::new(), by: Vec::new() };
        let [zh, en] = both(&tested);
        assert_eq!(zh, "李四发起通道测试，收到即表示通道正常，请确认。");
        assert_eq!(en, "李四 tests the channels: please acknowledge.");
    }

    /// A notice that these causes gathered into.
    fn notice(causes: &[Cause], drill: Option<u64>) -> Notice {
        let mut notices = Notices::default();
        for (number, cause) in (1..).zip(causes) {
            let cause = cause.clone();
            let body = match number {
                1 => NoticeBody::Raised { cause, drill },
                _ => NoticeBody::Joined { notice: 1, cause },
            };
            notices.take(&NoticeRecord { number, at: at("01T10:00"), person: None, body });
        }
        notices.open[&1].clone()
    }

    #[test]
    fn a_title_is_one_line_with_the_kind_and_says_what_is_practised() {
        let title = |cause: &Cause| notice(std::slice::from_ref(cause), None).title_zh(&roster());
        let yellow = Target::Level(Level::Yellow);
        assert_eq!(title(&recommended(yellow, Change::Start)), "预警建议：启动黄色预警");
        assert_eq!(title(&recommended(Target::Lift, Change::Lift)), "预警建议：解除预警");
        let issued = issue(yellow, Change::Downgrade, Some(Level::Yellow));
        let issued = Cause::Issued { record: 1, issue: issued };
        assert_eq!(title(&issued), "预警降级：黄色预警，自12月2日0时起");
        let lift = issue(Target::Lift, Change::Lift, None);
        let lifted = Cause::Issued { record: 1, issue: lift.clone() };
        assert_eq!(title(&lifted), "预警解除：自12月2日0时起");
        assert_eq!(title(&Cause::Dispatch { record: 1, issue: lift }), "任务单：终止应急响应");
        assert_eq!(title(&item(ItemStage::Overdue)), "逾期提醒：12月2日空气质量日报");
        let many = notice(&[silent("金州"), silent("旅顺"), silent("七贤岭")], None);
        assert_eq!(many.title_zh(&roster()), "离线报警：金州站离线等3项");
        assert_eq!(many.title_en(), "silence (3 in all)");
        let drill = notice(&[issued], Some(9));
        assert_eq!(drill.title_zh(&roster()), "【演练】预警降级：黄色预警，自12月2日0时起");
        assert_eq!(drill.title_en(), "[drill] warning downgraded");
    }

    fn says(body: NoticeBody) -> String {
        NoticeRecord { number: 7, at: at("01T10:00"), person: None, body }.text_zh(&roster())
    }

    #[test]
    fn each_record_of_the_notice_itself_is_a_sentence() {
        let cause = silent("金州");
        let raised = NoticeBody::Raised { cause: cause.clone(), drill: Some(3) };
        assert_eq!(says(raised), "【演练】金州站自12月1日9时起离线。");
        assert_eq!(
            says(NoticeBody::Joined { notice: 1, cause }),
            "并入：金州站自12月1日9时起离线。"
        );
        let over = |superseded| NoticeBody::Over { notice: 1, subject: String::new(), superseded };
        assert_eq!(says(over(true)), "所述事项由新通知替代。");
        assert_eq!(says(over(false)), "所述事项已结束。");
        assert_eq!(says(NoticeBody::Told { notice: 1 }), "开始通知。");
        let (to, by) = ("leader".to_owned(), "短信".to_owned());
        let unreachable = NoticeBody::Unreachable { notice: 1, to, by };
        assert_eq!(says(unreachable), "无法通知leader：无人值守或没有可用的联系方式（短信）。");
        let why = StepReason::Unacknowledged;
        let escalated = NoticeBody::Escalated { notice: 1, step: 2, why };
        assert_eq!(says(escalated), "超时未确认，第2次转报。");
        let closed = NoticeBody::Closed { notice: 1, why: Closing::Over };
        assert_eq!(says(closed), "通知归档：事项已结束。");
        let ack = |complete, note: &str| {
            NoticeBody::Acknowledged(Acknowledgement {
                notice: 1,
                who: "zhang".to_owned(),
                way: Way::Phone,
                said: at("01T09:05"),
                note: note.to_owned(),
                complete,
            })
        };
        assert_eq!(says(ack(true, "")), "张三12月1日9时5分确认（电话告知，代录）。");
        assert_eq!(
            says(ack(false, "已到岗。")),
            "张三12月1日9时5分确认（电话告知，代录）。备注：已到岗。其余人员待确认。"
        );
        let replaced = |shift| NoticeBody::Replaced {
            assignment: Assignment {
                day: at("03T12:00").hour().day(),
                shift,
                role: "main".to_owned(),
                person: "li".to_owned(),
            },
            reason: "病假".to_owned(),
        };
        assert_eq!(says(replaced(Some(1))), "替班：12月3日夜班主班：李四。原因：病假。");
        assert_eq!(says(replaced(None)), "替班：12月3日全天主班：李四。原因：病假。");
    }

    #[test]
    fn each_record_of_a_message_is_a_sentence() {
        let planned = |person: Option<&str>, mentions: &[&str], round| {
            NoticeBody::Planned(Message {
                notice: 1,
                key: "key".to_owned(),
                channel: "短信".to_owned(),
                person: person.map(str::to_owned),
                mentions: mentions.iter().map(|id| (*id).to_owned()).collect(),
                round,
            })
        };
        let said = says(planned(Some("zhang"), &[], Round::First));
        assert_eq!(said, "首次通知：消息#7，经短信发给张三。");
        let said = says(planned(None, &["zhang", "li"], Round::Step(1)));
        assert_eq!(said, "第1次转报：消息#7，经短信发出，提醒张三、李四。");
        assert_eq!(says(planned(None, &[], Round::End)), "结束告知：消息#7，经短信发出。");
        assert!(says(planned(None, &[], Round::Repeat(2))).starts_with("第2次重复提醒："));
        let tried = NoticeBody::Tried { notice: 1, message: 5, attempt: 2 };
        assert_eq!(says(tried), "消息#5第2次发送。");
        let ended = |outcome| {
            let text = Some("不入时间线".to_owned());
            says(NoticeBody::Ended { notice: 1, message: 5, attempt: 2, outcome, text })
        };
        assert_eq!(ended(Outcome::Accepted), "消息#5第2次发送成功。");
        let failed = Outcome::Failed { reason: "130101".to_owned(), hold_s: Some(600) };
        assert_eq!(ended(failed), "消息#5第2次发送失败：130101。通道暂停600秒。");
        let refused = Outcome::Refused { reason: "空号".to_owned() };
        assert_eq!(ended(refused), "消息#5第2次发送被拒收：空号。");
        assert_eq!(ended(Outcome::Unknown), "消息#5第2次发送结果不明，对方可能已收到。");
        let reason = "空号".to_owned();
        let gave_up = NoticeBody::GaveUp { notice: 1, message: 5, reason };
        assert_eq!(says(gave_up), "消息#5未送达，停止重试：空号。");
        let dropped = NoticeBody::Dropped { notice: 1, message: 5 };
        assert_eq!(says(dropped), "消息#5不再发送：事项已结束、已确认或通道停用。");
    }

    #[test]
    fn a_notice_says_how_it_stands() {
        let rules = |acknowledge| NoticeRules {
            roster: roster(),
            channels: Vec::new(),
            routes: vec![Route {
                kinds: vec!["silence".to_owned()],
                send: Vec::new(),
                acknowledge,
                group_s: 0,
                quiet: None,
                repeat: None,
                escalate: Vec::new(),
                tell_end: false,
            }],
            inhibitions: Vec::new(),
            retry: Retry::default(),
            stuck_after_min: 60,
            close_after_days: 7,
            live: true,
        };
        let of = notice(&[silent("金州")], None);
        let states = |of: &Notice, acknowledge| {
            let rules = rules(acknowledge);
            (of.state_zh(&rules), of.state_en(&rules))
        };
        assert_eq!(states(&of, Acknowledge::One), ("待通知", "to be told"));
        let told = Notice { told: Some(at("01T10:00")), ..of };
        assert_eq!(states(&told, Acknowledge::One), ("待确认", "waits for a word"));
        assert_eq!(states(&told, Acknowledge::None), ("已通知", "told"));
        let mut over = told.clone();
        over.matters[0].over = true;
        assert_eq!(states(&over, Acknowledge::One), ("事项已结束", "over"));
        for (why, state) in [
            (Closing::Superseded, ("已由新通知替代", "told anew")),
            (Closing::Unanswered, ("逾期无人确认，已归档", "nobody answered")),
            (Closing::Sent, ("已发送", "sent")),
        ] {
            let closed = Notice { closed: Some((at("01T12:00"), why)), ..told.clone() };
            assert_eq!(states(&closed, Acknowledge::One), state);
        }
        let ack = Acknowledgement {
            notice: 1,
            who: "li".to_owned(),
            way: Way::Token,
            said: at("01T10:05"),
            note: String::new(),
            complete: true,
        };
        let read = Notice { read: vec![(9, ack)], ..over };
        assert_eq!(states(&read, Acknowledge::One), ("已确认", "acknowledged"));
    }

    #[test]
    fn what_does_not_come_on_is_named_with_whom_it_should_reach() {
        let since = at("01T10:05");
        let mut notices = Notices::default();
        let message = Message {
            notice: 1,
            key: "key".to_owned(),
            channel: "短信".to_owned(),
            person: Some("zhang".to_owned()),
            mentions: Vec::new(),
            round: Round::First,
        };
        let cause = silent("金州");
        let bodies = [NoticeBody::Raised { cause, drill: None }, NoticeBody::Planned(message)];
        for (number, body) in (1..).zip(bodies) {
            notices.take(&NoticeRecord { number, at: since, person: None, body });
        }
        let says =
            |stuck: Stuck| [stuck.text_zh(&notices, &roster()), stuck.text_en(&notices, &roster())];
        assert_eq!(
            says(Stuck::Notice { notice: 1, since }),
            [
                "第1号通知（离线报警：金州站离线）自12月1日10时5分起无进展",
                "notice 1: nothing since 2026-12-01 10:05"
            ]
        );
        assert_eq!(
            says(Stuck::Message { message: 2, since }),
            [
                "第1号通知（经短信发给张三）自12月1日10时5分起未能送达",
                "notice 1 to 张三 by 短信: not delivered since 2026-12-01 10:05"
            ]
        );
        assert_eq!(
            says(Stuck::Message { message: 9, since })[0],
            "消息#9自12月1日10时5分起未能送达"
        );
    }

    #[test]
    fn what_is_missing_from_the_roster_is_named() {
        let (day, role) = (at("03T12:00").hour().day(), "leader".to_owned());
        let nobody = Gap::Nobody { day, shift: 1, role };
        assert_eq!(nobody.text_zh(&roster()), "12月3日夜班带班领导无人值守");
        assert_eq!(Gap::Holidays(2027).text_zh(&roster()), "未配置2027年节假日安排");
    }
}
