//! What the first screen says of days: yesterday against its forecast, tomorrow's, the year so far against
//! the last one, and what is due next.
//!
//! Invariants: only an official forecast stands without a mark; the built-in one carries its own name. A
//! figure that is not known is a dash with its reason.

use super::facts::{Facts, Ranked, Told};
use super::model::{Chip, class_name};
use super::words::Lang;
use super::{duty, minute};
use crate::assessment::Assessment;
use crate::http::duty::coming;
use crate::index::Category;
use crate::outlook::{AqiRange, Forecast, Source};
use crate::pipeline::AreaView;
use crate::report::range_of;
use crate::time::Day;

/// One of the tiles.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) title: String,
    /// An AQI in its class colour, or a number.
    pub(super) chips: Vec<Chip>,
    pub(super) value: String,
    pub(super) unit: &'static str,
    /// What stands below, one line each.
    pub(super) lines: Vec<String>,
    /// The page that tells more.
    pub(super) href: &'static str,
}

impl Fact {
    fn of(title: String, value: String, unit: &'static str, href: &'static str) -> Self {
        Self { title, chips: Vec::new(), value, unit, lines: Vec::new(), href }
    }
}

/// Deadlines that are named.
const DUE: usize = 3;

/// The tiles, in the order in which the room asks for them.
pub(super) fn facts(area: &AreaView, facts: &Facts, lang: Lang) -> Vec<Fact> {
    let today = area.now.hour().day();
    let mut all = vec![yesterday(today.plus(-1), facts, lang), tomorrow(area, today.plus(1), lang)];
    all.extend(year(facts, lang));
    all.extend(due(area, lang));
    all
}

/// `12月16日`, `12-16`.
fn date(day: Day, lang: Lang) -> String {
    let (_, month, of_month) = day.date();
    match lang {
        Lang::Zh => format!("{month}月{of_month}日"),
        Lang::En => format!("{month:02}-{of_month:02}"),
    }
}

/// The ends of a range in their class colours.
fn ends(range: AqiRange) -> Vec<Chip> {
    let chip = |aqi: u16| Chip {
        text: aqi.to_string(),
        class: class_name(Some(Category::of(aqi))),
        name: String::new(),
        note: String::new(),
    };
    if range.lower == range.upper {
        vec![chip(range.lower)]
    } else {
        vec![chip(range.lower), chip(range.upper)]
    }
}

/// How a day ended against what was said of it.
fn against(aqi: u16, told: &Told, lang: Lang) -> String {
    let AqiRange { lower, upper, .. } = told.range;
    let verdict = if aqi > upper {
        let by = aqi - upper;
        match lang {
            Lang::Zh => format!("实况高于上限{by}"),
            Lang::En => format!("{by} above it"),
        }
    } else if aqi < lower {
        let by = lower - aqi;
        match lang {
            Lang::Zh => format!("实况低于下限{by}"),
            Lang::En => format!("{by} below it"),
        }
    } else {
        lang.of("在预报范围内", "within it").to_owned()
    };
    match lang {
        Lang::Zh => format!("预报{lower}～{upper}，{verdict}"),
        Lang::En => format!("forecast {lower}–{upper}: {verdict}"),
    }
}

fn yesterday(day: Day, facts: &Facts, lang: Lang) -> Fact {
    let title = format!("{} {}", lang.of("昨日", "Yesterday"), date(day, lang));
    let mut fact = Fact::of(title, String::new(), "", "/year");
    let Some(figures) = &facts.yesterday else {
        fact.value = "—".to_owned();
        fact.lines.push(unknown(facts, lang.of("无日数据", "no day's figures"), lang));
        return fact;
    };
    let chip = Chip::of(&figures.index, day.start(), lang);
    fact.lines.push(if chip.name.is_empty() {
        chip.note.clone()
    } else {
        let primary = lang.primary(&figures.index);
        format!("{} {} {primary}", chip.name, lang.of("首要", "primary"))
    });
    fact.chips.push(chip);
    fact.lines.push(match (&facts.told, figures.index.aqi) {
        (Some(told), Some(aqi)) => against(aqi, told, lang),
        (Some(told), None) => format!("{}～{}", told.range.lower, told.range.upper),
        (None, _) => lang.of("前一日无官方预报", "no official forecast the day before").to_owned(),
    });
    if let Some(told) = &facts.told {
        let issued = minute(told.issued);
        let issued = issued.get(5..).unwrap_or_default();
        fact.lines.push(match lang {
            Lang::Zh => format!("{} {issued}发布", told.office),
            Lang::En => format!("{}, issued {issued}", told.office),
        });
    }
    fact
}

/// Why something is not known.
fn unknown(facts: &Facts, else_: &str, lang: Lang) -> String {
    let broken = lang.of("数据库暂不可读", "the store cannot be read");
    if facts.unreadable { broken.to_owned() } else { else_.to_owned() }
}

fn tomorrow(area: &AreaView, day: Day, lang: Lang) -> Fact {
    let title = format!("{} {}", lang.of("明日预报", "Tomorrow"), date(day, lang));
    let mut fact = Fact::of(title, String::new(), "", "/warnings");
    // The newest issue of each source that says something of the day.
    let of = |source: Source| {
        let mut issues = area.warnings.book.all().rev().map(|kept| &kept.forecast);
        issues.find_map(|f| (f.source == source).then(|| Some((f, range_of(f, day)?))).flatten())
    };
    if let Some((forecast, range)) = of(Source::Fed) {
        fact.chips = ends(range);
        fact.lines.push(lang.classes((range.lower, range.upper), day.start()));
        fact.lines.push(said_by(forecast, lang));
    } else {
        fact.value = "—".to_owned();
        fact.lines.push(lang.of("尚无官方预报", "no official forecast yet").to_owned());
        if let Some((_, AqiRange { lower, upper, .. })) = of(Source::BuiltIn) {
            let name = lang.of("内置统计预报（仅供参考）", "built-in, for reference only: ");
            fact.lines.push(format!("{name}{lower}～{upper}"));
        }
    }
    fact
}

/// Who said it, and when.
fn said_by(forecast: &Forecast, lang: Lang) -> String {
    let issued = minute(forecast.issued);
    let issued = issued.get(5..).unwrap_or_default();
    match lang {
        Lang::Zh => format!("{} {issued}发布", forecast.office),
        Lang::En => format!("{}, issued {issued}", forecast.office),
    }
}

/// Good days, PM2.5 and heavy days of the year so far, each beside the same dates of the year before.
fn year(facts: &Facts, lang: Lang) -> Vec<Fact> {
    let titles = [
        lang.of("今年优良天数", "Good days this year"),
        lang.of("今年PM2.5均值", "PM2.5 this year"),
        lang.of("重度及以上污染天", "Heavy days this year"),
    ];
    let Some(year) = &facts.year else {
        let none = |title: &str| {
            let mut fact = Fact::of(title.to_owned(), "—".to_owned(), "", "/year");
            fact.lines.push(unknown(facts, lang.of("尚无已结束的日期", "no day has ended"), lang));
            fact
        };
        return titles.map(none).into();
    };
    let days = lang.of("天", "days");
    let pm2_5 = year.shown.pm2_5_mean.as_ref();
    let until = year.to.get(5..).unwrap_or_default();
    let of_valid = match lang {
        Lang::Zh => format!("有效{}天，截至{until}", year.days_valid),
        Lang::En => format!("of {} valid days, until {until}", year.days_valid),
    };
    let figures = [
        (year.days_good.to_string(), days, "days_good", Some(of_valid)),
        (pm2_5.map_or("—".to_owned(), ToString::to_string), "µg/m³", "pm2_5_mean", None),
        (year.days_heavy.to_string(), days, "days_heavy", None),
    ];
    let fact = |(title, (value, unit, figure, line)): (&str, (_, _, &str, Option<String>))| {
        let mut fact = Fact::of(title.to_owned(), value, unit, "/year");
        fact.lines.push(compared(year, figure, lang));
        fact.lines.extend(line);
        fact
    };
    titles.into_iter().zip(figures).map(fact).collect()
}

/// 同比增加3天; why not, where both years are not alike.
fn compared(year: &Assessment, figure: &str, lang: Lang) -> String {
    let comparison = year.comparisons.first();
    let changes = comparison.into_iter().flat_map(|c| &c.changes);
    match (changes.into_iter().find(|change| change.figure == figure), lang) {
        (Some(change), Lang::Zh) => {
            change.text_zh.rsplit('，').next().unwrap_or_default().to_owned()
        }
        (Some(change), Lang::En) => {
            let sign = if change.change.to_string().starts_with('-') { "" } else { "+" };
            format!("{sign}{} on the year before", change.change)
        }
        (None, Lang::Zh) => {
            let refused = comparison.is_some_and(|c| c.refused_zh.is_some());
            // Why in full stands on the page of the year.
            let why =
                if refused { "口径不同，不作同比" } else { "上年无数据，无同比" };
            why.to_owned()
        }
        (None, Lang::En) => "not comparable with the year before".to_owned(),
    }
}

/// What the room has to do next.
fn due(area: &AreaView, lang: Lang) -> Option<Fact> {
    area.duty_rules.as_ref()?;
    let mut items = coming(area);
    items.truncate(DUE);
    let title = lang.of("下一时限", "Next due").to_owned();
    let mut fact = Fact::of(title, "—".to_owned(), "", "/duty");
    let Some(next) = items.first() else {
        fact.lines.push(lang.of("近期无时限", "nothing is due").to_owned());
        return Some(fact);
    };
    let today = area.now.hour().day();
    let at = |item| {
        let due = duty::due(item);
        let (day, time) = due.split_once(' ').unwrap_or(("", &due));
        let is_today = day == today.to_string();
        if is_today { time.to_owned() } else { format!("{} {time}", day.get(5..).unwrap_or(day)) }
    };
    fact.value = at(next);
    fact.lines.push(duty::name(next, lang));
    fact.lines.extend(items.iter().skip(1).map(|i| format!("{} {}", at(i), duty::name(i, lang))));
    Some(fact)
}

/// The place among other cities: 第5位（辽宁省14市，15时AQI，测算）; empty where none are held.
pub(super) fn ranked(facts: &Facts, lang: Lang) -> String {
    let Some(Ranked { place, of, set, hour }) = &facts.ranked else { return String::new() };
    let hour = lang.hour_ending(*hour);
    match lang {
        Lang::Zh => format!("第{place}位 / {of}（{set}，{hour}AQI由低到高，测算）"),
        Lang::En => {
            format!("{place} of {of} ({set}, AQI at {hour}, the best first, reckoned here)")
        }
    }
}
