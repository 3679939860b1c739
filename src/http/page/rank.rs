//! Ranks as a page: cities, districts or stations beside each other by the hour, the day so far, a day, the
//! month or the year to date.

use askama::Template as _;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::dust::column;
use super::frame::{Frame, Place};
use super::model::class_name;
use super::words::{Lang, editions};
use crate::assessment::rank::{Moment, Rank, RankBy, RankRow, RankSet};
use crate::assessment::{DustColumn, JudgedBy, Seasons, Span};
use crate::http::api::{find_area, given, one, parameters};
use crate::http::paper::encoded;
use crate::http::problem::Problem;
use crate::http::rank::Asked;
use crate::http::{App, blocking};
use crate::index::Category;
use crate::observation::Dataset;
use crate::pipeline::View;
use crate::time::{Day, Hour};

/// A link to another set, figure, span or dataset.
struct Choice {
    query: String,
    name: String,
    current: bool,
}

/// A line of the table.
struct Line {
    place: String,
    last: String,
    name: String,
    /// The query of its year.
    year: String,
    value: String,
    class: &'static str,
    sides: String,
    days: String,
    dust: String,
    reason: String,
    own: bool,
}

#[derive(askama::Template)]
#[template(path = "rank.html", config = "src/http/page/askama.toml")]
struct Sheet<'a> {
    lang: Lang,
    frame: Frame,
    title: String,
    basis: String,
    dust: &'static str,
    edition: String,
    counted: String,
    dust_note: &'a str,
    is_deducted: bool,
    sentence: &'a str,
    official: String,
    unit: &'a str,
    figure: &'static str,
    is_change: bool,
    has_days: bool,
    lines: Vec<Line>,
    sets: Vec<Choice>,
    figures: Vec<Choice>,
    spans: Vec<Choice>,
    datasets: Vec<Choice>,
    columns: Vec<Choice>,
    judges: Vec<Choice>,
}

/// `GET /rank`.
pub(in crate::http) async fn rank(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let known = ["area", "set", "by", "span", "dataset", "dust", "edition", "lang"];
    let pairs = parameters(query.as_deref(), &known)?;
    let lang = Lang::parse(one(&pairs, "lang")?);
    let view = app.services.view.borrow().clone();
    let around = view.area(one(&pairs, "area")?).map(|area| &**area);
    let set = chosen(one(&pairs, "set")?, &app.services.lists.ranks)?;
    let area = find_area(&view, set.area.as_str())?.clone();
    let spans = spans(area.now.hour().day(), area.newest.is_some());
    let text = match one(&pairs, "span")? {
        Some(text) => text,
        None if area.newest.is_some() => "so_far",
        None => spans.last().map_or("", |(_, span, _)| span),
    };
    let moment = Moment::parse(text, &app.services.lists.seasons, area.newest);
    let moment = moment.map_err(|e| Problem::bad_parameter("span", e))?;
    // A figure that the span does not have gives way: the links then need no knowledge of each other.
    let by = given(&pairs, "by", usual(&moment))?;
    let by = if by.is_of(&moment) { by } else { usual(&moment) };
    let asked = Asked::of((set, by, moment), &of_moment(&pairs, &moment), &app)?;
    let archive = app.services.archive.clone();
    let (asked, area, rank) = blocking(move || {
        let rank = asked.rank(archive.as_ref(), &area);
        (asked, area, rank)
    })
    .await?;
    let rank = rank?;
    let dust = asked.dust;
    let links = Links {
        set: &asked.set.code,
        by,
        span: text,
        dataset: asked.dataset,
        dust,
        judged_by: asked.judged_by,
        lang,
    };
    let sheet = Sheet {
        lang,
        frame: Frame::of(&app, Place::Rank, around, &pairs),
        title: title(&rank, &asked, lang),
        basis: rank.dataset_zh.clone(),
        dust: column(asked.dust, lang),
        edition: editions(asked.judged_by, moment.days()),
        counted: counted(&rank, lang),
        dust_note: rank.dust_note_zh.as_deref().unwrap_or_default(),
        is_deducted: dust != DustColumn::Measured,
        sentence: rank.sentence_zh.as_deref().filter(|_| lang == Lang::Zh).unwrap_or_default(),
        official: official(&rank, lang),
        unit: rank.unit,
        figure: lang.of(rank.by_zh, by.en()),
        is_change: by.is_change(),
        has_days: matches!(moment, Moment::Days(_)),
        lines: rank.rows.iter().map(|row| line(row, area.registry.area.as_str(), lang)).collect(),
        sets: links.sets(&app.services.lists.ranks, &view),
        figures: links.figures(&moment),
        spans: links.spans(&spans, &moment, area.newest),
        datasets: links.datasets(),
        columns: links.columns(&moment),
        judges: links.judges(&moment),
    };
    let html = sheet.render().map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

/// Neither has an hour a column of dust, nor another edition than its own.
fn of_moment(pairs: &[(String, String)], moment: &Moment) -> Vec<(String, String)> {
    let of_days = matches!(moment, Moment::Days(_));
    let kept = |name: &str| of_days || !["dust", "edition"].contains(&name);
    pairs.iter().filter(|(name, _)| kept(name)).cloned().collect()
}

fn counted(rank: &Rank, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("共{}个，参与排名{}个", rank.members, rank.ranked),
        Lang::En => format!("{} of {} ranked", rank.ranked, rank.members),
    }
}

/// The rank that was published of the same, where it was entered.
fn official(rank: &Rank, lang: Lang) -> String {
    match (rank.official_rank, &rank.official_document, lang) {
        (Some(rank), Some(document), Lang::Zh) => format!("官方值（录入）：第{rank}位，{document}"),
        (Some(rank), Some(document), Lang::En) => format!("official (entered): {rank}, {document}"),
        _ => String::new(),
    }
}

/// The set asked for; else the first one that is looked at for an entity of ours.
fn chosen(code: Option<&str>, sets: &[RankSet]) -> Result<RankSet, Problem> {
    let found = match code {
        Some(code) => sets.iter().find(|set| set.code == code),
        None => sets.iter().find(|set| set.own.is_some()).or_else(|| sets.first()),
    };
    found.cloned().ok_or_else(|| Problem::not_found("no such set; /api/v1/ranks lists them"))
}

/// What is looked at when nothing else is asked for.
const fn usual(moment: &Moment) -> RankBy {
    match moment {
        Moment::Hour(_) | Moment::SoFar(_) => RankBy::Aqi,
        Moment::Days(_) => RankBy::Composite,
    }
}

/// The spans that are offered: Chinese, query, English. Days count when they have ended.
fn spans(today: Day, has_hours: bool) -> Vec<(&'static str, String, &'static str)> {
    let last = today.plus(-1);
    let (year, month, _) = last.date();
    let first = Day::of(year, month, 1).unwrap_or(last);
    let mut all = vec![
        ("小时", "hour".to_owned(), "Hour"),
        ("今日累计", "so_far".to_owned(), "Day so far"),
        ("昨日", last.to_string(), "Yesterday"),
        ("本月", format!("{first}..{last}"), "Month"),
        ("全年累计", format!("ytd:{last}"), "Year to date"),
    ];
    if !has_hours {
        all.drain(..2); // a list that only imports bring has no newest hour
    }
    all
}

fn title(rank: &Rank, asked: &Asked, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{} {} {}排名", rank.set_name, rank.span_zh, rank.by_zh),
        Lang::En => {
            let span = match asked.moment {
                Moment::Hour(hour) => lang.day_and_hour(hour),
                Moment::SoFar(hour) => format!("the day to {}", lang.day_and_hour(hour)),
                Moment::Days(Span { from, to, .. }) if from == to => from.to_string(),
                Moment::Days(Span { from, to, .. }) => format!("{from} to {to}"),
            };
            format!("{}: {}, {span}", rank.set_name, asked.by.en())
        }
    }
}

fn line(row: &RankRow, area: &str, lang: Lang) -> Line {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "—".to_owned());
    let class = row.category.and_then(|code| Category::ALL.into_iter().find(|c| c.code() == code));
    let sides = row.now.as_ref().zip(row.before.as_ref());
    let days = row.days_valid.zip(row.days_total);
    Line {
        place: or_none(row.rank.map(|rank| rank.to_string())),
        last: or_none(row.rank_from_last.map(|rank| rank.to_string())),
        name: row.name.clone(),
        year: format!("area={}&entity={}", encoded(area), encoded(&row.entity)),
        value: or_none(row.value.as_ref().map(ToString::to_string)),
        class: if class.is_some() { class_name(class) } else { "" },
        sides: sides.map_or_else(String::new, |(now, before)| format!("{now} / {before}")),
        days: days.map_or_else(String::new, |(valid, total)| format!("{valid}/{total}")),
        dust: row.dust_station_hours.map_or_else(String::new, |hours| hours.to_string()),
        reason: match (lang, &row.reason_zh) {
            (Lang::Zh, Some(reason)) => reason.clone(),
            (Lang::En, Some(_)) => "no value".to_owned(),
            (_, None) if row.thin => lang.of("有效天数不足", "too few valid days").to_owned(),
            (_, None) => String::new(),
        },
        own: row.own,
    }
}

/// What is shown now, for links to something beside it.
#[derive(Clone, Copy)]
struct Links<'a> {
    set: &'a str,
    by: RankBy,
    span: &'a str,
    dataset: Dataset,
    dust: DustColumn,
    judged_by: JudgedBy,
    lang: Lang,
}

impl Links<'_> {
    fn query(&self) -> String {
        let Self { by, dataset, dust, judged_by, lang, .. } = self;
        let dust = dust.code();
        let (set, span, lang) = (encoded(self.set), encoded(self.span), lang.code());
        let what = format!("set={set}&by={by}&span={span}&dataset={dataset}&dust={dust}");
        format!("{what}&edition={judged_by}&lang={lang}")
    }

    fn sets(&self, all: &[RankSet], view: &View) -> Vec<Choice> {
        let shown = all.iter().filter(|set| view.area(Some(set.area.as_str())).is_some());
        let choice = |set: &RankSet| Choice {
            query: Links { set: &set.code, ..*self }.query(),
            name: set.name.clone(),
            current: set.code == self.set,
        };
        shown.map(choice).collect()
    }

    fn figures(&self, moment: &Moment) -> Vec<Choice> {
        let choice = |by: RankBy| Choice {
            query: Links { by, ..*self }.query(),
            name: self.lang.of(by.zh(moment), by.en()).to_owned(),
            current: by == self.by,
        };
        RankBy::ALL.into_iter().filter(|by| by.is_of(moment)).map(choice).collect()
    }

    fn spans(
        &self,
        all: &[(&'static str, String, &'static str)],
        moment: &Moment,
        newest: Option<Hour>,
    ) -> Vec<Choice> {
        let choice = |(zh, span, en): &(&'static str, String, &'static str)| Choice {
            query: Links { span, ..*self }.query(),
            name: self.lang.of(zh, en).to_owned(),
            current: Moment::parse(span, &Seasons::DEFAULT, newest).as_ref() == Ok(moment),
        };
        all.iter().map(choice).collect()
    }

    fn datasets(&self) -> Vec<Choice> {
        let choice = |dataset: Dataset| Choice {
            query: Links { dataset, ..*self }.query(),
            name: dataset_name(dataset, self.lang).to_owned(),
            current: dataset == self.dataset,
        };
        [Dataset::Best, Dataset::Reviewed, Dataset::Realtime].map(choice).into()
    }

    /// The editions by which days can be judged; an hour has its own.
    fn judges(&self, moment: &Moment) -> Vec<Choice> {
        let choice = |judged_by: JudgedBy| Choice {
            query: Links { judged_by, ..*self }.query(),
            name: judge(judged_by, self.lang).to_owned(),
            current: judged_by == self.judged_by,
        };
        let of_days = matches!(moment, Moment::Days(_));
        JudgedBy::ALL.into_iter().filter(|_| of_days).map(choice).collect()
    }

    /// The columns of dust; none of an hour.
    fn columns(&self, moment: &Moment) -> Vec<Choice> {
        let choice = |dust: DustColumn| Choice {
            query: Links { dust, ..*self }.query(),
            name: column(dust, self.lang).to_owned(),
            current: dust == self.dust,
        };
        let reckoned = DustColumn::ALL.into_iter().filter(|dust| *dust != DustColumn::Official);
        reckoned.filter(|_| matches!(moment, Moment::Days(_))).map(choice).collect()
    }
}

/// As a choice calls it.
pub(super) const fn judge(by: JudgedBy, lang: Lang) -> &'static str {
    match by {
        JudgedBy::InForce => lang.of("各日现行标准", "in force on each day"),
        JudgedBy::Edition2012 => lang.of("统一按2012版", "all by 2012"),
        JudgedBy::Edition2026 => lang.of("统一按2026版", "all by 2026"),
    }
}

/// As a choice calls it.
pub(super) const fn dataset_name(dataset: Dataset, lang: Lang) -> &'static str {
    match dataset {
        Dataset::Realtime => lang.of("实况", "real time"),
        Dataset::Reviewed => lang.of("审核", "reviewed"),
        Dataset::Best => lang.of("审核优先", "best"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_when_they_have_ended() {
        let of = |day: &str| -> Vec<String> {
            let all = spans(day.parse().expect("a day"), true).into_iter();
            all.map(|(_, span, _)| span).collect()
        };
        assert_eq!(spans("2026-11-25".parse().expect("a day"), false).len(), 3);
        let expected = ["hour", "so_far", "2026-11-24", "2026-11-01..2026-11-24", "ytd:2026-11-24"];
        assert_eq!(of("2026-11-25"), expected);
        assert_eq!(of("2026-12-01")[3], "2026-11-01..2026-11-30", "a month that has ended");
        assert_eq!(of("2027-01-01")[4], "ytd:2026-12-31");
    }

    #[test]
    fn what_stands_in_a_query_is_encoded() {
        assert_eq!(encoded("dalian/core:a&b 市"), "dalian%2Fcore%3Aa%26b%20%E5%B8%82");
    }
}
