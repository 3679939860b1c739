//! Notices as a page (通知): who is on duty now, what waits for a word, what is on its way by which channel,
//! what does not come on; and what the first page says of it.
//!
//! In: the view, the archive for what was raised before. Out: a page with a form for each act.
//!
//! Invariants: what is stuck stands first and loud; nothing is acknowledged without a person's token;
//! addresses of people are not known here.

use std::collections::BTreeSet;

use askama::Template as _;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::frame::{Frame, Place};
use super::model::Banner;
use super::warning::minute;
use super::words::Lang;
use crate::http::api::{one, parameters};
use crate::http::notice::{course, gaps, known_rules, next_step, roles};
use crate::http::problem::Problem;
use crate::http::warning::asked_area;
use crate::http::{App, blocking};
use crate::notification::{
    Cause, ChannelRules, Matter, Notice, NoticeBody, NoticeRecord, NoticeRules, Outgoing, Roster,
    Stuck, Way, role_zh,
};
use crate::pipeline::AreaView;
use crate::time::Day;

/// Closed notices that the page shows.
const CLOSED: usize = 30;
/// Titles and gaps that one line names; the rest as a number.
const NAMED: usize = 4;

/// Who has a role now.
struct Duty {
    role: String,
    name: String,
    replaced: bool,
}

/// A notice that is open.
struct Open {
    number: u64,
    title: String,
    state: &'static str,
    class: &'static str,
    at: String,
    lines: Vec<String>,
    told: String,
    read: Vec<String>,
    next: String,
    closable: bool,
}

/// A message on its way.
struct Sent {
    number: u64,
    notice: u64,
    channel: String,
    to: String,
    round: String,
    tries: u32,
    state: String,
    fault: String,
}

/// A channel.
struct ChannelRow {
    name: String,
    kind: &'static str,
    state: String,
    class: &'static str,
    accepted: String,
    waiting: usize,
}

/// A notice that was closed.
struct Closed {
    number: u64,
    at: String,
    title: String,
    state: &'static str,
}

/// One line of a notice's course.
struct Line {
    at: String,
    person: String,
    text: String,
    class: &'static str,
}

/// One notice with its records.
struct Course {
    number: u64,
    title: String,
    lines: Vec<Line>,
}

#[derive(askama::Template)]
#[template(path = "notices.html", config = "src/http/page/askama.toml")]
struct Sheet<'a> {
    lang: Lang,
    frame: Frame,
    code: &'a str,
    name: &'a str,
    now: String,
    today: Day,
    configured: bool,
    rules: &'a NoticeRules,
    shift: String,
    on_duty: Vec<Duty>,
    gaps: String,
    stuck: Vec<String>,
    open: Vec<Open>,
    sent: Vec<Sent>,
    channels: Vec<ChannelRow>,
    closed: Vec<Closed>,
    course: Option<Course>,
}

/// A role as it is called; others as the roster has them.
fn role_name(role: &str, lang: Lang) -> &str {
    match (lang, role) {
        (Lang::Zh, _) => role_zh(role),
        (Lang::En, "main") => "main",
        (Lang::En, "leader") => "leader on duty",
        (Lang::En, other) => other,
    }
}

/// Who has each role that goes by turns now.
fn on_duty_now(area: &AreaView, rules: &NoticeRules, lang: Lang) -> Vec<Duty> {
    let (roster, replacements) = (&rules.roster, &area.notices.replacements);
    let shift = roster.shift_at(area.now);
    let duty = |role: &str| {
        let id = roster.on_duty(role, shift, replacements)?;
        let replaced = replacements.iter().any(|of| {
            of.day == shift.0 && of.role == role && of.shift.is_none_or(|at| at == shift.1)
        });
        let (role, name) = (role_name(role, lang).to_owned(), roster.name(id).to_owned());
        Some(Duty { role, name, replaced })
    };
    roles(roster).into_iter().filter_map(duty).collect()
}

/// `12月1日白班`.
fn shift_name(area: &AreaView, roster: &Roster, lang: Lang) -> String {
    let (day, at) = roster.shift_at(area.now);
    let name = roster.shifts.get(at).map_or("", |shift| &shift.name);
    match lang {
        Lang::Zh => {
            let (_, month, date) = day.date();
            format!("{month}月{date}日{name}")
        }
        Lang::En => format!("{day} {name}"),
    }
}

/// Who is on duty now, in one line of the first page; empty where there is no roster.
pub(super) fn on_duty(area: &AreaView, lang: Lang) -> String {
    let Some(rules) = area.notice_rules.as_deref() else { return String::new() };
    let duties = on_duty_now(area, rules, lang);
    let names = duties.iter().map(|duty| format!("{} {}", duty.role, duty.name));
    names.collect::<Vec<_>>().join(lang.of("、", ", "))
}

/// Some of them, and how many more there are.
fn some(mut texts: Vec<String>, lang: Lang) -> String {
    let more = texts.len().saturating_sub(NAMED);
    texts.truncate(NAMED);
    let named = texts.join(lang.of("；", "; "));
    match (more, lang) {
        (0, _) => named,
        (more, Lang::Zh) => format!("{named}；另有{more}项"),
        (more, Lang::En) => format!("{named}; and {more} more"),
    }
}

/// What does not come on.
fn stuck(area: &AreaView, rules: &NoticeRules, lang: Lang) -> Vec<String> {
    let (notices, roster) = (&area.notices, &rules.roster);
    let text = |stuck: &Stuck| match lang {
        Lang::Zh => stuck.text_zh(notices, roster),
        Lang::En => stuck.text_en(notices, roster),
    };
    notices.stuck(rules, area.now).iter().map(text).collect()
}

fn title(notice: &Notice, roster: &Roster, lang: Lang) -> String {
    match lang {
        Lang::Zh => notice.title_zh(roster),
        Lang::En => notice.title_en(),
    }
}

/// What the first page says: what does not come on, and what nobody has read yet.
pub(super) fn banners(area: &AreaView, lang: Lang) -> Vec<Banner> {
    let Some(rules) = area.notice_rules.as_deref() else { return Vec::new() };
    let unread: Vec<&Notice> = area.notices.open.values().filter(|n| n.waits(rules)).collect();
    // What has gone on to others is late.
    let late = unread.iter().any(|notice| notice.steps > 0);
    let titles = unread.iter().map(|notice| title(notice, &rules.roster, lang)).collect();
    let banner = |class, strong, texts: Vec<String>| {
        let there = !texts.is_empty();
        there.then(|| Banner { class, strong, text: some(texts, lang) })
    };
    let class = if late { "alarm" } else { "warn" };
    let stuck = banner("alarm", lang.of("通知受阻", "Notices stuck"), stuck(area, rules, lang));
    let unread = banner(class, lang.of("通知待确认", "Notices unread"), titles);
    stuck.into_iter().chain(unread).collect()
}

fn matter(matter: &Matter, roster: &Roster, lang: Lang) -> String {
    let text = match lang {
        Lang::Zh => matter.cause.text_zh(roster),
        Lang::En => matter.cause.text_en(roster),
    };
    if matter.over { format!("{text}{}", lang.of("（已结束）", " (over)")) } else { text }
}

fn names<'a>(ids: impl Iterator<Item = &'a String>, roster: &Roster, lang: Lang) -> String {
    ids.map(|id| roster.name(id)).collect::<Vec<_>>().join(lang.of("、", ", "))
}

const fn way_name(way: Way, lang: Lang) -> &'static str {
    match (lang, way) {
        (Lang::Zh, _) => way.text_zh(),
        (Lang::En, Way::Token) => "with their token",
        (Lang::En, Way::Mqtt) => "by MQTT",
        (Lang::En, Way::Sms) => "by text message",
        (Lang::En, Way::Link) => "by link",
        (Lang::En, Way::Phone) => "by phone, entered",
        (Lang::En, Way::Chat) => "in a chat, entered",
        (Lang::En, Way::InPerson) => "in person, entered",
    }
}

fn open(notice: &Notice, rules: &NoticeRules, lang: Lang) -> Open {
    let (roster, waits) = (&rules.roster, notice.waits(rules));
    let read = notice.read.iter().map(|(_, ack)| {
        let (who, at, way) = (roster.name(&ack.who), minute(ack.said), way_name(ack.way, lang));
        let note = if ack.note.is_empty() { String::new() } else { format!(" {}", ack.note) };
        match lang {
            Lang::Zh => format!("{who} {at}确认（{way}）{note}"),
            Lang::En => format!("{who}, {at}, {way}{note}"),
        }
    });
    let told = names(notice.addressed.iter(), roster, lang);
    let told = match (notice.told.map(minute), lang) {
        (None, _) => String::new(),
        (Some(at), Lang::Zh) => format!("{at}起通知{told}"),
        (Some(at), Lang::En) => format!("told since {at}: {told}"),
    };
    let next = next_step(notice, rules).map(minute);
    let next = match (notice.steps, next, lang) {
        (0, None, _) => String::new(),
        (0, Some(at), Lang::Zh) => format!("{at}仍未确认将转报"),
        (0, Some(at), Lang::En) => format!("goes on to others at {at}"),
        (steps, None, Lang::Zh) => format!("已转报{steps}次"),
        (steps, None, Lang::En) => format!("gone on to others, step {steps}"),
        (steps, Some(at), Lang::Zh) => format!("已转报{steps}次，{at}再转报"),
        (steps, Some(at), Lang::En) => format!("gone on to others, step {steps}; next at {at}"),
    };
    Open {
        number: notice.number,
        title: title(notice, roster, lang),
        state: match lang {
            Lang::Zh => notice.state_zh(rules),
            Lang::En => notice.state_en(rules),
        },
        class: match waits {
            true if notice.steps > 0 => "undone loud",
            true => "undone",
            false => "done",
        },
        at: minute(notice.at),
        lines: notice.matters.iter().map(|m| matter(m, roster, lang)).collect(),
        told,
        read: read.collect(),
        next,
        closable: !notice.is_read(),
    }
}

fn sent(of: &Outgoing, rules: &NoticeRules, lang: Lang) -> Sent {
    let (message, roster) = (&of.message, &rules.roster);
    let group = lang.of("群", "group");
    let to = match &message.person {
        Some(id) => roster.name(id).to_owned(),
        None if message.mentions.is_empty() => group.to_owned(),
        None => format!("{group}（{}）", names(message.mentions.iter(), roster, lang)),
    };
    let (ended, fault) = of.last_end.clone().unzip();
    let unknown = fault.as_ref().is_some_and(String::is_empty);
    let state = match (of.under_way, ended, lang) {
        (Some((_, since)), _, Lang::Zh) => format!("{}起发送中", minute(since)),
        (Some((_, since)), _, Lang::En) => format!("under way since {}", minute(since)),
        (None, Some(at), Lang::Zh) if unknown => format!("{}结果不明，待重试", minute(at)),
        (None, Some(at), Lang::Zh) => format!("{}未成功，待重试", minute(at)),
        (None, Some(at), Lang::En) if unknown => format!("not known at {}, again", minute(at)),
        (None, Some(at), Lang::En) => format!("failed at {}, again", minute(at)),
        (None, None, _) => lang.of("待发送", "waits").to_owned(),
    };
    Sent {
        number: of.number,
        notice: message.notice,
        channel: message.channel.clone(),
        to,
        round: message.round.text_zh(),
        tries: of.tries,
        state,
        fault: fault.unwrap_or_default(),
    }
}

fn channel(of: &ChannelRules, area: &AreaView, rules: &NoticeRules, lang: Lang) -> ChannelRow {
    let state = area.notices.channels.get(&of.name).cloned().unwrap_or_default();
    let hold = state.hold.filter(|until| *until > area.now).map(minute);
    let failing = state.failing;
    let (text, class) = match (hold, lang) {
        _ if rules.channel(&of.name).is_none() => {
            (lang.of("模拟数据不经此通道发出", "not for simulated air").to_owned(), "none")
        }
        (Some(until), Lang::Zh) => (format!("对方限流，暂停至{until}"), "up"),
        (Some(until), Lang::En) => (format!("held by the receiver until {until}"), "up"),
        (None, Lang::Zh) if failing > 0 => (format!("连续失败{failing}次：{}", state.fault), "up"),
        (None, Lang::En) if failing > 0 => {
            (format!("failed {failing} times: {}", state.fault), "up")
        }
        (None, _) if state.accepted.is_none() => {
            (lang.of("尚未使用", "not used yet").to_owned(), "")
        }
        (None, _) => (lang.of("正常", "in order").to_owned(), "down"),
    };
    let waiting = area.notices.outbox.values().filter(|o| o.message.channel == of.name).count();
    ChannelRow {
        name: of.name.clone(),
        kind: of.kind.text_zh(),
        state: text,
        class,
        accepted: state.accepted.map_or_else(|| "—".to_owned(), minute),
        waiting,
    }
}

fn closed(
    record: &NoticeRecord,
    area: &AreaView,
    rules: &NoticeRules,
    lang: Lang,
) -> Option<Closed> {
    let NoticeBody::Raised { cause, drill } = &record.body else { return None };
    let known = area.notices.notice(record.number);
    let drill = if drill.is_some() { lang.of("【演练】", "[drill] ") } else { "" };
    let of = |cause: &Cause| match lang {
        Lang::Zh => cause.title_zh(&rules.roster),
        Lang::En => cause.text_en(&rules.roster),
    };
    let title =
        known.map_or_else(|| format!("{drill}{}", of(cause)), |n| title(n, &rules.roster, lang));
    let state = match (known, lang) {
        (Some(notice), Lang::Zh) => notice.state_zh(rules),
        (Some(notice), Lang::En) => notice.state_en(rules),
        (None, _) => lang.of("已归档", "closed"),
    };
    Some(Closed { number: record.number, at: minute(record.at), title, state })
}

fn line(record: &NoticeRecord, roster: &Roster) -> Line {
    Line {
        at: minute(record.at),
        person: record.person.as_deref().map(|id| roster.name(id).to_owned()).unwrap_or_default(),
        text: record.text_zh(roster),
        class: match record.body.kind() {
            "raised" | "acknowledged" | "escalated" | "gave_up" | "unreachable" => "official",
            "tried" | "dropped" => "quiet",
            _ => "",
        },
    }
}

/// The notice that is asked for, with its records.
async fn asked(
    app: &App,
    (area, rules): (&AreaView, &NoticeRules),
    (number, lang): (Option<&str>, Lang),
) -> Result<Option<Course>, Problem> {
    let Some(text) = number else { return Ok(None) };
    let number = text.parse();
    let number = number.map_err(|_| Problem::bad_parameter("notice", "the number of a notice"))?;
    let (notices, records) = course(app, area, number).await?;
    let title = notices.notice(number).map(|notice| title(notice, &rules.roster, lang));
    let lines = records.iter().map(|record| line(record, &rules.roster)).collect();
    Ok(Some(Course { number, title: title.unwrap_or_default(), lines }))
}

/// What was closed, the newest first.
async fn past(app: &App, area: &AreaView) -> Result<Vec<NoticeRecord>, Problem> {
    let limit = CLOSED + area.notices.open.len();
    let (archive, code) = (app.services.archive.clone(), area.registry.area.to_string());
    let raised = blocking(move || archive.raised_notices(&code, (None, None), limit)).await??;
    let is_closed = |record: &NoticeRecord| !area.notices.open.contains_key(&record.number);
    Ok(raised.into_iter().filter(is_closed).take(CLOSED).collect())
}

/// `GET /notices`.
pub(in crate::http) async fn notices(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let pairs = parameters(query.as_deref(), &["area", "notice", "lang"])?;
    let lang = Lang::parse(one(&pairs, "lang")?);
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let rules = known_rules(area);
    let of = &area.notices;
    let course = asked(&app, (area, &rules), (one(&pairs, "notice")?, lang)).await?;
    let past = past(&app, area).await?;
    let roster = &rules.roster;
    let gaps = gaps(area, &rules).iter().map(|gap| gap.text_zh(roster)).collect();
    let mut open: Vec<Open> = of.open.values().rev().map(|n| open(n, &rules, lang)).collect();
    open.sort_by_key(|notice| !notice.class.starts_with("undone"));
    let sheet = Sheet {
        lang,
        frame: Frame::of(&app, Place::Notices, Some(area), &pairs),
        code: area.registry.area.as_str(),
        name: &area.registry.name,
        now: minute(area.now),
        today: area.now.hour().day(),
        configured: area.notice_rules.is_some(),
        rules: &rules,
        shift: shift_name(area, roster, lang),
        on_duty: on_duty_now(area, &rules, lang),
        gaps: some(gaps, lang),
        stuck: stuck(area, &rules, lang),
        open,
        sent: of.outbox.values().map(|o| sent(o, &rules, lang)).collect(),
        channels: rules.channels.iter().map(|c| channel(c, area, &rules, lang)).collect(),
        closed: past.iter().filter_map(|record| closed(record, area, &rules, lang)).collect(),
        course,
    };
    let html = sheet.render().map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

impl Sheet<'_> {
    /// The page's time for a form.
    fn form_time(&self) -> String {
        self.now.replace(' ', "T")
    }

    /// Roles for a form, and what they are called.
    fn turns(&self) -> Vec<(&str, &str)> {
        let roles = roles(&self.rules.roster);
        roles.into_iter().map(|role| (role, role_name(role, self.lang))).collect()
    }

    /// To whom a test may go: roles that go by turns, roles that people have, people.
    fn receivers(&self) -> Vec<(&str, &str)> {
        let people = &self.rules.roster.people;
        let roles: BTreeSet<&str> =
            people.iter().flat_map(|p| &p.roles).map(String::as_str).collect();
        let roles = roles.into_iter().map(|role| (role, role_name(role, self.lang)));
        let people = people.iter().map(|person| (person.id.as_str(), person.name.as_str()));
        self.turns().into_iter().chain(roles).chain(people).collect()
    }

    /// The ways in which a person enters another's word.
    fn ways(&self) -> Vec<(&'static str, &'static str)> {
        let entered = Way::ALL.into_iter().filter(|way| way.is_entered());
        entered.map(|way| (way.name(), way_name(way, self.lang))).collect()
    }
}
