//! Signed links of messages: a small page that names a notice, and one button that acknowledges it.
//!
//! In: the query of a link ([`ack_path`]). Out: a page that needs no script; on the button a word of the
//! person whose link it is.
//!
//! Invariants: nothing happens when a link is opened, since chat programs open links to preview them; a link
//! is of one person and one notice; who opens a wrong one learns nothing.
//!
//! Source: issue 7, Build 4; [`crate::notification::AckLink`].

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{entered, known_rules};
use crate::http::App;
use crate::http::api::{one, parameters};
use crate::http::page::{AckForm, AckPage, Lang, minute};
use crate::http::problem::Problem;
use crate::notification::{AckLink, LinkFault, LinkKey, Notice, NoticeAct, NoticeRules, Way};
use crate::pipeline::AreaView;
use crate::time::Instant;
use crate::warning::moment_zh;

const PARAMETERS: [&str; 5] = ["area", "notice", "person", "until", "sign"];

/// Seconds since 1970, as `until` stands in a link.
const fn seconds(at: Instant) -> i64 {
    at.millis().div_euclid(1000)
}

/// Path and query of a link, to be put behind the address under which people reach the site. Its `until` is
/// cut to the whole second.
#[must_use]
pub fn ack_path(key: &LinkKey, link: &AckLink) -> String {
    let until = seconds(link.until);
    let link = AckLink { until: Instant::from_millis(until * 1000), ..link.clone() };
    let sign = key.sign(&link);
    let text = |text: &str| -> String {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        let escaped = text.bytes().map(|b| match b {
            b if plain(b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        });
        escaped.collect()
    };
    let (area, notice, person) = (text(&link.area), link.notice, text(&link.person));
    format!("/ack?area={area}&notice={notice}&person={person}&until={until}&sign={sign}")
}

/// What a query says; `None` where it is not of a link.
fn written(query: &str) -> Option<(AckLink, String)> {
    let pairs = parameters(Some(query), &PARAMETERS).ok()?;
    let text = |name: &str| one(&pairs, name).ok().flatten().map(str::to_owned);
    let number = |name: &str| text(name)?.parse::<i64>().ok();
    let until = Instant::from_millis(number("until")?.checked_mul(1000)?);
    let (area, person) = (text("area")?, text("person")?);
    let notice = u64::try_from(number("notice")?).ok()?;
    Some((AckLink { area, notice, person, until }, text("sign")?))
}

/// What a link leads to.
struct Opened<'a> {
    area: &'a AreaView,
    rules: &'a NoticeRules,
    notice: &'a Notice,
    link: &'a AckLink,
    lang: Lang,
}

impl Opened<'_> {
    /// The short name by which words are kept.
    fn id(&self) -> &str {
        let person = self.rules.roster.person(&self.link.person);
        person.map_or(&self.link.person, |person| &person.id)
    }

    /// When the person said so before.
    fn said(&self) -> Option<Instant> {
        self.notice.read.iter().find(|(_, ack)| ack.who == self.id()).map(|(_, ack)| ack.said)
    }

    /// The page: what the notice says, who has read it, and the button where this person has not.
    fn page(&self, simulated: bool, (said, sign): (Option<Instant>, &str)) -> AckPage {
        let (notice, roster, lang) = (self.notice, &self.rules.roster, self.lang);
        let lasting = notice.matters.iter().filter(|m| !m.over || notice.is_over());
        let text = |cause: &crate::notification::Cause| match lang {
            Lang::Zh => cause.text_zh(roster),
            Lang::En => cause.text_en(roster),
        };
        let shown = |who: &str, at: Instant| match lang {
            Lang::Zh => format!("{}已于{}确认", roster.name(who), moment_zh(at)),
            Lang::En => format!("acknowledged by {} at {}", roster.name(who), minute(at)),
        };
        let over = notice.is_over().then_some(match lang {
            Lang::Zh => "所述事项已结束".to_owned(),
            Lang::En => "it is over".to_owned(),
        });
        let others = notice.read.iter().filter(|(_, ack)| ack.who != self.id());
        let others = others.map(|(_, ack)| shown(&ack.who, ack.said));
        AckPage {
            lang,
            simulated,
            title: match lang {
                Lang::Zh => notice.title_zh(roster),
                Lang::En => notice.title_en(),
            },
            lines: lasting.map(|m| text(&m.cause)).collect(),
            state: over.into_iter().chain(others).collect(),
            person: roster.name(self.id()).to_owned(),
            form: said.is_none().then(|| AckForm {
                area: self.link.area.clone(),
                notice: self.link.notice,
                person: self.link.person.clone(),
                until: seconds(self.link.until),
                sign: sign.to_owned(),
            }),
            said: said.map(|at| shown(self.id(), at)).unwrap_or_default(),
        }
    }
}

/// Why a link leads nowhere.
fn refused(status: StatusCode, (zh, en): (&str, &str)) -> Result<Response, Problem> {
    let said = format!("{zh} / {en}");
    AckPage { title: said, ..AckPage::default() }.response(status)
}

const WRONG: (&str, &str) = ("链接无效，请从原消息重新打开", "this link is not valid");
const EXPIRED: (&str, &str) = ("链接已过期，请电话联系值班室", "this link has expired");
const BUSY: (&str, &str) = ("暂时无法登记，请稍后重试或电话联系值班室", "try again later");
const GONE: (&str, &str) = ("该通知已归档，无需确认", "this notice was closed long ago");

/// Opens a link and, where `acts`, acknowledges.
async fn open(app: &App, query: &str, acts: bool) -> Result<Response, Problem> {
    let key = app.services.links.clone();
    let key = key.ok_or_else(|| Problem::not_found("no links are made here"))?;
    let Some((link, sign)) = written(query) else {
        return refused(StatusCode::FORBIDDEN, WRONG);
    };
    let view = app.services.view.borrow().clone();
    let Some(area) = view.area(Some(&link.area)) else {
        return refused(StatusCode::FORBIDDEN, WRONG);
    };
    match key.check(&link, &sign, area.now) {
        Ok(()) => {}
        Err(LinkFault::Wrong) => return refused(StatusCode::FORBIDDEN, WRONG),
        Err(LinkFault::Expired) => return refused(StatusCode::GONE, EXPIRED),
    }
    let rules = known_rules(area);
    let Some(notice) = area.notices.notice(link.notice) else {
        return refused(StatusCode::GONE, GONE);
    };
    let english = rules.roster.person(&link.person).is_some_and(|person| person.english);
    let lang = if english { Lang::En } else { Lang::Zh };
    let opened = Opened { area, rules: &rules, notice, link: &link, lang };
    let mut said = opened.said();
    if acts && said.is_none() {
        let (code, person) = (link.area.clone(), opened.id().to_owned());
        let (who, note) = (Some(person.clone()), String::new());
        let notice = link.notice;
        let act = NoticeAct::Acknowledge { notice, who, way: Way::Link, said: None, note };
        if let Err(problem) = entered(app, (code, person), act).await {
            return match problem.said() {
                (StatusCode::CONFLICT, why) => refused(StatusCode::CONFLICT, (why, "refused")),
                (status, _) => refused(status, BUSY),
            };
        }
        said = Some(opened.area.now);
    }
    opened.page(view.simulated, (said, &sign)).response(StatusCode::OK)
}

/// `GET /ack`: shows; nothing happens.
pub(in crate::http) async fn show(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    open(&app, query.as_deref().unwrap_or_default(), false).await
}

/// `POST /ack`: acknowledges.
pub(in crate::http) async fn acknowledge(
    State(app): State<App>,
    body: Bytes,
) -> Result<Response, Problem> {
    open(&app, std::str::from_utf8(&body).unwrap_or_default(), true).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_back_as_the_link_that_it_was_made_of() {
        let key = LinkKey::new("a secret");
        let until = Instant::from_millis(1_795_417_200_999);
        let person = "张三&person=li".to_owned();
        let link = AckLink { area: "dalian".to_owned(), notice: 12, person, until };
        let path = ack_path(&key, &link);
        let (read, sign) = written(path.strip_prefix("/ack?").expect("the path")).expect("read");
        let cut = Instant::from_millis(1_795_417_200_000);
        assert_eq!(read, AckLink { until: cut, ..link });
        assert_eq!(key.check(&read, &sign, cut), Ok(()));
        assert!(path.is_ascii(), "{path}");
        for fault in ["", "area=x", "area=x&notice=-1&person=a&until=1&sign=0", "notice=1&notice=2"]
        {
            assert_eq!(written(fault), None, "{fault}");
        }
    }
}
