//! From a view to what the page shows, as texts and class names.

use super::alarms;
use super::cover::{self, Cover};
use super::daily::{self, Fact};
use super::doubts::Doubts;
use super::duty;
use super::extremes::{Rank, Silent, ranks, silent};
use super::facts::Facts;
use super::notices;
use super::past::{History, Past};
use super::room::RoomPanel;
use super::rows::{self, Row};
use super::sets::{self, SetRow};
use super::tile::{Tile, tile};
use super::warning;
use super::words::Lang;
use super::{map, weather};
use crate::http::change::{self, DayChange, Refusal};
use crate::http::document::{Compared, shown};
use crate::index::{Category, Index};
use crate::observation::{Basis, Dataset, POLLUTANTS, Pollutant, Property};
use crate::pipeline::{AreaView, HourView, SetView, View};
use crate::quantity::Amount;
use crate::standard::{Parameters, standards};
use crate::time::Hour;
use askama::Template as _;

/// The newest hour may be this much older than the view before the page warns, in minutes.
const STALE_AFTER_MIN: i64 = 120;

/// The CSS class of an AQI class; grey hatching for none.
pub(super) const fn class_name(category: Option<Category>) -> &'static str {
    match category {
        Some(Category::Excellent) => "c-excellent",
        Some(Category::Good) => "c-good",
        Some(Category::Light) => "c-light",
        Some(Category::Moderate) => "c-moderate",
        Some(Category::Heavy) => "c-heavy",
        Some(Category::Severe) => "c-severe",
        None => "c-na",
    }
}

/// An AQI in its class colour.
#[derive(Clone, Debug)]
pub(super) struct Chip {
    /// The number, or 缺测.
    pub(super) text: String,
    /// The CSS class.
    pub(super) class: &'static str,
    /// The name of the class; empty for none.
    pub(super) name: String,
    /// Why there is no AQI, or what is amiss with it.
    pub(super) note: String,
}

impl Chip {
    pub(super) fn of(index: &Index, hour: Hour, lang: Lang) -> Self {
        let class = class_name(index.category());
        let (Some(aqi), Some(category)) = (index.aqi, index.category()) else {
            let reason = index.no_aqi.map(|reason| lang.no_aqi(reason, index.missing));
            let text = lang.of("缺测", "NA").to_owned();
            return Self { text, class, name: String::new(), note: reason.unwrap_or_default() };
        };
        let mut notes = Vec::new();
        if index.partial {
            let missing = lang.pollutants(index.missing);
            notes.push(match lang {
                Lang::Zh => format!("{missing} 缺测，AQI按其余项目计算"),
                Lang::En => format!("{missing} missing; AQI of the rest"),
            });
        }
        if !index.beyond.is_empty() {
            let beyond = lang.pollutants(index.beyond);
            notes.push(match lang {
                Lang::Zh => format!("{beyond} 超出指数上限"),
                Lang::En => format!("{beyond} beyond the index"),
            });
        }
        let name = lang.class(category, hour).to_owned();
        Self { text: aqi.to_string(), class, name, note: notes.join(lang.of("；", "; ")) }
    }
}

/// A difference as people read it.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// `↑5`, `↓0.2`, 持平, or a dash.
    pub(super) text: String,
    /// The CSS class: up is worse.
    pub(super) class: &'static str,
    /// Why there is none.
    pub(super) title: &'static str,
}

impl Change {
    fn none(title: &'static str) -> Self {
        Self { text: "—".to_owned(), class: "none", title }
    }

    fn of(sign: i32, text: &str, lang: Lang) -> Self {
        match sign {
            0 => Self { text: lang.of("持平", "same").to_owned(), class: "same", title: "" },
            s if s > 0 => Self { text: format!("↑{text}"), class: "up", title: "" },
            _ => Self { text: format!("↓{text}"), class: "down", title: "" },
        }
    }

    fn aqi(change: Result<DayChange, Refusal>, lang: Lang) -> Self {
        match change {
            Err(refusal) => Self::none(refused(refusal, lang)),
            Ok(DayChange { aqi: None, .. }) => Self::none(refused(Refusal::NoFigures, lang)),
            Ok(DayChange { aqi: Some(n), .. }) => Self::of(n, &n.abs().to_string(), lang),
        }
    }

    fn amount(change: Result<DayChange, Refusal>, pollutant: Pollutant, lang: Lang) -> Self {
        let change = match change {
            Err(refusal) => return Self::none(refused(refusal, lang)),
            Ok(change) => change,
        };
        let amount = match pollutant {
            Pollutant::O3 => change.o3_8h_max,
            p => change.means[p.index()],
        };
        let Some(amount) = amount else {
            return Self::none(refused(Refusal::NoFigures, lang));
        };
        let size = Amount::from_milli(amount.milli().saturating_abs());
        Self::of(amount.milli(), &shown(size, Property::Pollutant(pollutant)), lang)
    }
}

const fn refused(refusal: Refusal, lang: Lang) -> &'static str {
    match refusal {
        Refusal::NoFigures => lang.of("无可比数据", "nothing to compare with"),
        Refusal::DayBegins => lang.of("当日第一个小时", "first hour of the day"),
        Refusal::EditionsDiffer => {
            lang.of("两个时次执行的标准不同，不作比较", "judged by different editions")
        }
    }
}

/// A loud line at the top.
#[derive(Clone, Debug)]
pub(super) struct Banner {
    pub(super) class: &'static str,
    pub(super) strong: &'static str,
    pub(super) text: String,
}

impl Banner {
    /// The page that tells more, and where something can be done.
    pub(super) fn leads_to(self, href: &'static str) -> Todo {
        Todo { banner: self, href }
    }
}

/// Something that the room has to do, in one line.
#[derive(Clone, Debug)]
pub(super) struct Todo {
    pub(super) banner: Banner,
    pub(super) href: &'static str,
}

/// The area's AQI, large.
#[derive(Debug)]
pub(super) struct Hero {
    pub(super) set: String,
    pub(super) hour: String,
    pub(super) interval: String,
    pub(super) chip: Chip,
    pub(super) level: String,
    pub(super) primary: String,
    pub(super) cover: Cover,
    /// Said instead of the advice where the stations are too few; else empty.
    pub(super) alarm: String,
    pub(super) health: &'static str,
    pub(super) advice: &'static str,
    /// The place among other cities; empty where none are held.
    pub(super) ranked: String,
    pub(super) weather: String,
    /// State, edition and practice, in small print.
    pub(super) fine: Vec<String>,
}

/// A row of the day so far.
#[derive(Debug)]
pub(super) struct DayRow {
    pub(super) name: &'static str,
    pub(super) basis: &'static str,
    pub(super) value: String,
    pub(super) unit: &'static str,
    pub(super) hour_before: Change,
    pub(super) yesterday: Change,
}

/// The day so far.
#[derive(Debug)]
pub(super) struct DayPanel {
    pub(super) until: String,
    pub(super) hours: String,
    /// Whether too many hours are missing, or rest on too few stations.
    pub(super) short: bool,
    pub(super) cover: Cover,
    pub(super) chip: Chip,
    pub(super) primary: String,
    pub(super) hour_before: Change,
    pub(super) yesterday: Change,
    pub(super) rows: Vec<DayRow>,
}

/// All that stands below the banners.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) hero: Hero,
    pub(super) day: DayPanel,
    pub(super) tiles: Vec<Tile>,
    pub(super) highest: Vec<Rank>,
    pub(super) lowest: Vec<Rank>,
    pub(super) silent: Vec<Silent>,
    pub(super) sets: Vec<SetRow>,
    pub(super) room: Option<RoomPanel>,
    pub(super) past: Past,
    /// The stations on a picture; empty where none has a position.
    pub(super) map: String,
    pub(super) facts: Vec<Fact>,
    pub(super) rows: Vec<Row>,
    /// Stations that stand only on their own page.
    pub(super) more_rows: usize,
    pub(super) doubts: Doubts,
}

/// For whom the main part is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Picture {
    /// A desk or a telephone.
    #[default]
    Now,
    /// A screen on the wall.
    Wall,
}

/// The main part of the page: what live updates replace.
#[derive(Debug, askama::Template)]
#[template(path = "main.html", config = "src/http/page/askama.toml")]
pub(super) struct Fragment {
    lang: Lang,
    simulated: bool,
    code: String,
    area: String,
    now: String,
    /// Who is on duty; empty where there is no roster.
    on_duty: String,
    banners: Vec<Banner>,
    todo: Vec<Todo>,
    body: Option<Body>,
}

/// The same for a screen that hangs on the wall: what is to be read from across the room.
#[derive(Debug, askama::Template)]
#[template(path = "wall.html", config = "src/http/page/askama.toml")]
struct Wall<'a> {
    lang: Lang,
    f: &'a Fragment,
}

/// A shown concentration, or a dash.
pub(super) fn value(amount: Option<Amount>, pollutant: Pollutant) -> String {
    amount.map_or_else(|| "—".to_owned(), |a| shown(a, Property::Pollutant(pollutant)))
}

impl Fragment {
    pub(super) fn of(
        (view, area): (&View, &AreaView),
        (history, facts): (&History, &Facts),
        parameters: &Parameters,
        lang: Lang,
    ) -> Self {
        let set = area.sets.first();
        let hour = area.newest.and_then(|newest| set?.at(newest));
        let hour = set.zip(hour);
        let body =
            hour.map(|(set, hour)| body(area, (set, hour), (history, facts), parameters, lang));
        Self {
            lang,
            simulated: view.simulated,
            code: area.registry.area.to_string(),
            area: area.registry.name.clone(),
            now: minute(area, lang),
            on_duty: notices::on_duty(area, lang),
            banners: banners(view, area, lang),
            todo: todo(area, lang),
            body,
        }
    }

    /// As one picture.
    ///
    /// # Errors
    /// What the template gives up with.
    pub(super) fn drawn(&self, picture: Picture) -> askama::Result<String> {
        match picture {
            Picture::Now => self.render(),
            Picture::Wall => Wall { lang: self.lang, f: self }.render(),
        }
    }
}

/// The view's time to the minute.
fn minute(area: &AreaView, lang: Lang) -> String {
    let text = area.now.to_string();
    let shown = text.get(..16).unwrap_or(&text).replace('T', " ");
    format!("{} {shown}", lang.of("更新于", "updated"))
}

/// For how many hours there was no new one, where that is too long.
pub(in crate::http) fn stale_h(area: &AreaView) -> Option<i64> {
    let age_min = (area.now.millis() - area.newest?.end().millis()) / 60_000;
    (age_min > STALE_AFTER_MIN).then_some(age_min / 60)
}

/// 数据缺报: the newest hour is old.
pub(super) fn stale(area: &AreaView, lang: Lang) -> Option<Banner> {
    let (hours, hour) = (stale_h(area)?, lang.day_and_hour(area.newest?));
    Some(Banner {
        class: "alarm",
        strong: lang.of("数据缺报", "Data missing"),
        text: match lang {
            Lang::Zh => format!("最新时次为{hour}，距今已超过{hours}小时"),
            Lang::En => format!("newest hour {hour}, over {hours} h ago"),
        },
    })
}

fn banners(view: &View, area: &AreaView, lang: Lang) -> Vec<Banner> {
    let mut banners = Vec::new();
    if view.simulated {
        banners.push(Banner {
            class: "simulated",
            strong: lang.of("模拟数据", "Simulated air"),
            text: lang.of("非真实监测结果", "not measured").to_owned(),
        });
    }
    banners.extend(stale(area, lang));
    banners.extend(warning::banners(area, lang));
    banners.extend(alarms::banners(area, lang));
    if area.caught_up == Some(false) {
        banners.push(Banner {
            class: "warn",
            strong: lang.of("数据接收未就绪", "Feed not caught up"),
            text: lang
                .of("连接中断或正在补收积压数据，以下结果可能不完整", "figures may be incomplete")
                .to_owned(),
        });
    }
    banners
}

/// What is overdue, near its time, unread or stuck: one line each, since all of it stands on other pages.
fn todo(area: &AreaView, lang: Lang) -> Vec<Todo> {
    let duty = duty::banners(area, lang).into_iter().map(|banner| banner.leads_to("/duty"));
    let notices = notices::banners(area, lang).into_iter();
    duty.chain(notices.map(|banner| banner.leads_to("/notices"))).collect()
}

fn body(
    area: &AreaView,
    (set, hour): (&SetView, &HourView),
    (history, facts): (&History, &Facts),
    parameters: &Parameters,
    lang: Lang,
) -> Body {
    let figures = &hour.figures;
    let (highest, lowest) = ranks(area, lang);
    let (rows, more_rows) = rows::first(area, figures.hour, lang);
    Body {
        hero: Hero {
            ranked: daily::ranked(facts, lang),
            weather: weather::line(area, lang),
            ..hero(set, hour, (parameters, area.reviewed_until), lang)
        },
        day: day_panel(Compared::of_set(set, hour), cover::thin_hours(set, figures.hour), lang),
        tiles: POLLUTANTS.map(|p| tile(figures, p, lang)).into(),
        highest,
        lowest,
        silent: silent(area, figures.hour, lang),
        sets: sets::rows(area, figures.hour, lang),
        room: RoomPanel::of(area, figures.day_index.category(), lang),
        past: Past::of(set, figures.hour, history, lang),
        map: map::draw(area, lang),
        facts: daily::facts(area, facts, lang),
        rows,
        more_rows,
        doubts: Doubts::of(area, lang),
    }
}

fn hero(set: &SetView, hour: &HourView, by: (&Parameters, Option<Hour>), lang: Lang) -> Hero {
    let (parameters, reviewed_until) = by;
    let figures = &hour.figures;
    let at = figures.hour;
    let category = figures.index.category();
    let (health, advice) = category.map_or(("", ""), |c| lang.health(c, at));
    let edition = standards().index_edition(at.day());
    Hero {
        set: set.name.clone(),
        hour: lang.day_and_hour(at),
        interval: Lang::interval(at),
        chip: Chip::of(&figures.index, at, lang),
        level: category.map(|c| lang.level(c, at)).unwrap_or_default(),
        primary: lang.primary(&figures.index),
        cover: Cover::of(figures, lang),
        alarm: cover::not_representative(figures, lang).unwrap_or_default(),
        health,
        advice,
        ranked: String::new(),
        weather: String::new(),
        fine: vec![
            lang.dataset(figures).to_owned(),
            lang.basis(Basis::until(reviewed_until), Dataset::Best),
            lang.state(hour.state, hour.version),
            edition.document().to_owned(),
            lang.practice(parameters.practice).to_owned(),
        ],
    }
}

/// The day so far; in `thin` of its hours fewer than half of the stations had a value.
fn day_panel(compared: Compared<'_>, thin: usize, lang: Lang) -> DayPanel {
    let figures = compared.now;
    let hour_before = change::on_hour_before(figures, compared.hour_before);
    let yesterday = change::on_yesterday(figures, compared.yesterday);
    let row = |p: Pollutant| {
        let o3 = p == Pollutant::O3;
        DayRow {
            name: p.label(),
            basis: if o3 { lang.of("8小时最大", "8 h max") } else { lang.of("均值", "mean") },
            value: value(if o3 { figures.o3_8h_max_today } else { figures.day[p.index()] }, p),
            unit: Property::Pollutant(p).unit_text(),
            hour_before: Change::amount(hour_before, p, lang),
            yesterday: Change::amount(yesterday, p, lang),
        }
    };
    let until = lang.hour_ending(figures.hour);
    let (counted, due) = (usize::from(figures.hours_day), figures.hour.ending());
    DayPanel {
        until: match lang {
            Lang::Zh => format!("截至{until}"),
            Lang::En => format!("until {until}"),
        },
        hours: match (lang, thin) {
            (Lang::Zh, 0) => format!("有效小时 {counted}/{due}"),
            (Lang::Zh, _) => format!("有效小时 {counted}/{due}，其中{thin}小时不足半数站"),
            (Lang::En, 0) => format!("{counted} of {due} hours"),
            (Lang::En, _) => format!("{counted} of {due} hours, {thin} with too few stations"),
        },
        short: cover::day_is_short(counted.saturating_sub(thin), due),
        cover: Cover::of(figures, lang),
        chip: Chip::of(&figures.day_index, figures.hour, lang),
        primary: lang.primary(&figures.day_index),
        hour_before: Change::aqi(hour_before, lang),
        yesterday: Change::aqi(yesterday, lang),
        rows: POLLUTANTS.map(row).into(),
    }
}
