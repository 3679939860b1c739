//! What is amiss with an area's data: open alarms, findings by rule, refused messages by reason, revisions by
//! cause, differences from published figures.

use std::collections::BTreeMap;

use crate::area::{Member, Registry};
use crate::http::DeadLetterRow;
use crate::http::page::revised::Revised;
use crate::http::page::words::Lang;
use crate::http::page::{doubts, minute};
use crate::pipeline::{Alarm, AreaView, Subject};
use crate::quality::{Finding, Rule, Treatment};
use crate::reconciliation::{Reconciliation, in_order};
use crate::time::{Hour, Instant};

/// Messages listed; the rest over the API.
const LETTERS_LISTED: usize = 50;

/// An alarm that lasts.
pub(super) struct Open {
    pub(super) what: &'static str,
    pub(super) name: String,
    /// The station's code, for a link; empty for others.
    pub(super) station: String,
    pub(super) since: String,
    pub(super) lasts: String,
    pub(super) lag: String,
}

/// How often a rule found something.
pub(super) struct Ruled {
    pub(super) rule: &'static str,
    pub(super) marked: usize,
    pub(super) excluded: usize,
    pub(super) invalid: usize,
}

/// Something found of a value.
pub(super) struct Row {
    pub(super) hour: String,
    pub(super) station: String,
    pub(super) code: String,
    pub(super) kind: &'static str,
    pub(super) property: &'static str,
    pub(super) value: String,
    pub(super) rule: &'static str,
    pub(super) reason: String,
    pub(super) treatment: &'static str,
}

/// Refused messages of a reason.
pub(super) struct Reason {
    pub(super) name: &'static str,
    pub(super) code: String,
    /// Different ones, and how often they came.
    pub(super) messages: usize,
    pub(super) count: u64,
    pub(super) last: String,
}

/// A refused message.
pub(super) struct Letter {
    pub(super) last: String,
    pub(super) station: String,
    pub(super) reason: &'static str,
    pub(super) detail: String,
    pub(super) topic: String,
    pub(super) payload: String,
    pub(super) count: u64,
}

/// How far figures agree with those that the national platform published.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) last: String,
    pub(super) compared: u64,
    pub(super) differing: u64,
}

impl Published {
    pub(super) fn of(found: &Reconciliation, last: Hour, lang: Lang) -> Self {
        let tallies = || in_order(&found.tallies).map(|(_, tally)| tally);
        let compared = tallies().map(|tally| tally.compared).sum();
        let equal: u64 = tallies().map(|tally| tally.equal).sum();
        Self { last: lang.day_and_hour(last), compared, differing: compared - equal }
    }
}

fn entity(registry: &Registry, subject: Subject) -> (&str, String) {
    let station = |at: usize| {
        let found = registry.stations.get(at);
        found.map_or(("", String::new()), |s| (s.name.as_str(), s.id.to_string()))
    };
    match subject {
        Subject::Daemon | Subject::Feed | Subject::Area => (registry.name.as_str(), String::new()),
        Subject::Station(at) | Subject::Clock(at) | Subject::Behind(at) => station(at),
        Subject::Differs(Member::Station(at)) => station(at),
        Subject::Differs(Member::Set(0)) => (registry.name.as_str(), String::new()),
        Subject::Differs(Member::Set(at)) => {
            (registry.sets.get(at).map_or("", |set| set.name.as_str()), String::new())
        }
    }
}

const fn subject(subject: Subject, lang: Lang) -> &'static str {
    match subject {
        Subject::Daemon => lang.of("系统曾停止运行", "Was stopped"),
        Subject::Feed => lang.of("数据接收中断", "No connection to the feed"),
        Subject::Area => lang.of("多站同时缺报", "Many stations are silent"),
        Subject::Station(_) => lang.of("站点离线", "Station off line"),
        Subject::Clock(_) => lang.of("站点时钟超前，数据未采用", "Clock ahead, data refused"),
        Subject::Behind(_) => lang.of("站点时钟滞后或数据延迟", "Clock behind, or data held back"),
        Subject::Differs(_) => {
            lang.of("AQI与国家平台不一致", "AQI differs from the national platform's")
        }
    }
}

/// Alarms that last, as the view has them.
pub(super) fn open(area: &AreaView, lang: Lang) -> Vec<Open> {
    let row = |alarm: &Alarm| {
        let (name, station) = entity(&area.registry, alarm.subject);
        let lag = alarm.lag_min.map(i64::from);
        Open {
            what: subject(alarm.subject, lang),
            name: name.to_owned(),
            station,
            since: minute(alarm.since),
            lasts: span((area.now.millis() - alarm.since.millis()) / 60_000, lang),
            lag: lag.map_or_else(|| "—".to_owned(), |lag| span(lag, lang)),
        }
    };
    area.alarms.iter().map(row).collect()
}

/// `2天3小时`, `3小时5分钟`.
fn span(minutes: i64, lang: Lang) -> String {
    let minutes = minutes.max(0);
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (lang, days, hours) {
        (Lang::Zh, 0, 0) => format!("{rest}分钟"),
        (Lang::Zh, 0, _) => format!("{hours}小时{rest}分钟"),
        (Lang::Zh, ..) => format!("{days}天{hours}小时"),
        (Lang::En, 0, 0) => format!("{rest} min"),
        (Lang::En, 0, _) => format!("{hours} h {rest} min"),
        (Lang::En, ..) => format!("{days} d {hours} h"),
    }
}

type Findings = [(Hour, usize, Finding)];

/// Every rule, also one that found nothing.
pub(super) fn ruled(findings: &Findings, lang: Lang) -> Vec<Ruled> {
    let of = |rule: Rule| {
        let count = |treatment: Treatment| {
            let own = findings.iter().map(|(.., finding)| finding);
            own.filter(|f| f.rule == rule && f.treatment == treatment).count()
        };
        Ruled {
            rule: lang.of(rule.label(), rule.name()),
            marked: count(Treatment::Marked),
            excluded: count(Treatment::Excluded),
            invalid: count(Treatment::Invalid),
        }
    };
    Rule::ALL.map(of).into()
}

/// The newest first.
pub(super) fn rows(area: &AreaView, findings: &Findings, most: usize, lang: Lang) -> Vec<Row> {
    let row = |(hour, station, finding): &(Hour, usize, Finding)| {
        let station = area.registry.stations.get(*station)?;
        Some(Row {
            hour: lang.day_and_hour(*hour),
            station: station.name.clone(),
            code: station.id.to_string(),
            kind: lang.kind(station.kind),
            property: finding.property.map_or(lang.of("全部项目", "all"), |p| p.label()),
            value: doubts::sent(finding),
            rule: lang.of(finding.rule.label(), finding.rule.name()),
            reason: doubts::said(area, finding, lang),
            treatment: lang.of(finding.treatment.label(), finding.treatment.name()),
        })
    };
    findings.iter().rev().take(most).filter_map(row).collect()
}

/// The reason as people say it.
fn reason(code: &str, lang: Lang) -> &'static str {
    match code {
        "not_json" => lang.of("不是JSON", "not JSON"),
        "wrong_type" => lang.of("结构不符", "of another shape"),
        "missing_field" => lang.of("缺少字段", "a field is missing"),
        "unknown_station" => lang.of("点位未登记", "unknown station"),
        "topic_mismatch" => lang.of("主题与内容不符", "topic and payload differ"),
        "bad_period" => lang.of("时段不合规定", "bad period"),
        "bad_time" => lang.of("时间不合规定", "bad time"),
        "time_without_offset" => lang.of("时间未注明时区", "time without offset"),
        "time_in_future" => lang.of("时间超前", "time in the future"),
        "time_in_past" => lang.of("时间过早", "time in the past"),
        "oversized" => lang.of("超过长度上限", "too large"),
        "internal" => lang.of("内部错误", "internal"),
        "bad_value" => lang.of("数值不合规定", "bad value"),
        "unknown_pollutant" => lang.of("项目未知", "unknown pollutant"),
        _ => lang.of("其他", "other"),
    }
}

/// By reason, the most frequent first.
pub(super) fn reasons(letters: &[DeadLetterRow], lang: Lang) -> Vec<Reason> {
    let mut by_reason: BTreeMap<&str, (usize, u64, Instant)> = BTreeMap::new();
    for letter in letters {
        let first = (0, 0, letter.last_at);
        let (messages, count, last) = by_reason.entry(&letter.reason).or_insert(first);
        *messages += 1;
        *count += letter.count;
        *last = (*last).max(letter.last_at);
    }
    let row = |(code, (messages, count, last)): (&str, (usize, u64, Instant))| Reason {
        name: reason(code, lang),
        code: code.to_owned(),
        messages,
        count,
        last: minute(last),
    };
    let mut rows: Vec<Reason> = by_reason.into_iter().map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    rows
}

pub(super) fn letters(letters: &[DeadLetterRow], lang: Lang) -> Vec<Letter> {
    let row = |letter: &DeadLetterRow| Letter {
        last: minute(letter.last_at),
        station: letter.station.clone(),
        reason: reason(&letter.reason, lang),
        detail: letter.detail.clone(),
        topic: letter.topic.clone(),
        payload: letter.payload.clone(),
        count: letter.count,
    };
    letters.iter().take(LETTERS_LISTED).map(row).collect()
}

/// Figures revised, by cause.
pub(super) fn causes(revised: &[Revised]) -> Vec<(&'static str, usize)> {
    let mut by_cause: BTreeMap<&'static str, usize> = BTreeMap::new();
    for figure in revised {
        *by_cause.entry(figure.cause).or_default() += 1;
    }
    by_cause.into_iter().collect()
}
