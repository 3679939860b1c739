//! How forecasts met the days that came.

use std::collections::BTreeMap;

use super::ahead::Outlook;
use crate::http::page::minute;
use crate::http::page::model::class_name;
use crate::http::page::words::Lang;
use crate::index::Category;
use crate::outlook::{Forecast, ForecastSpan, Source, Verified};
use crate::time::Day;

/// A row of the measured skill.
pub(super) struct Skill {
    pub(super) office: String,
    pub(super) built_in: bool,
    pub(super) lead: i32,
    pub(super) days: u32,
    pub(super) range: String,
    pub(super) class: String,
    pub(super) high: String,
    pub(super) low: String,
    pub(super) primary: String,
    pub(super) heavy: String,
}

/// A forecast of yesterday beside what came.
pub(super) struct Came {
    pub(super) office: String,
    pub(super) built_in: bool,
    pub(super) lead: i32,
    pub(super) issued: String,
    pub(super) lower: &'static str,
    pub(super) upper: &'static str,
    pub(super) range: String,
    /// 良至轻度污染.
    pub(super) classes: String,
    pub(super) primary: String,
    pub(super) aqi: String,
    /// The class of what came; empty where that is missing.
    pub(super) came_class: &'static str,
    pub(super) class: &'static str,
    pub(super) came_primary: String,
    pub(super) verdict: &'static str,
}

/// `7/9（78%）`.
fn share(hits: u32, of: u32, lang: Lang) -> String {
    let Some(percent) = (u64::from(hits) * 100 + u64::from(of) / 2).checked_div(of.into()) else {
        return "—".to_owned();
    };
    match lang {
        Lang::Zh => format!("{hits}/{of}（{percent}%）"),
        Lang::En => format!("{hits}/{of} ({percent} %)"),
    }
}

/// Forecasts of the whole area: those of zones are of other air than its days.
pub(super) fn skill(rows: &[Verified], lang: Lang) -> Vec<Skill> {
    let row = |of: &Verified| Skill {
        office: of.office.clone(),
        built_in: of.source == Source::BuiltIn,
        lead: of.lead_days,
        days: of.days,
        range: share(of.range_hit, of.days, lang),
        class: share(of.class_hit, of.days, lang),
        high: share(of.class_high, of.days, lang),
        low: share(of.class_low, of.days, lang),
        primary: share(of.primary_hit, of.primary_days, lang),
        heavy: match lang {
            Lang::Zh => {
                format!("命中{} 漏报{} 空报{}", of.heavy_hit, of.heavy_missed, of.heavy_false)
            }
            Lang::En => {
                format!(
                    "{} hit, {} missed, {} false",
                    of.heavy_hit, of.heavy_missed, of.heavy_false
                )
            }
        },
    };
    rows.iter().filter(|of| of.zone.is_empty()).map(row).collect()
}

/// Why no forecast stands beside a day: nobody made one, or only of zones, whose air is another.
pub(super) fn no_came(outlook: Option<&Outlook>, day: Day, lang: Lang) -> &'static str {
    let issues = outlook.map_or(&[][..], |outlook| &outlook.issues);
    let mut spans = issues.iter().flat_map(|forecast| forecast.zones.values().flatten());
    if spans.any(|span| span.day() == Some(day)) {
        lang.of("没有全市预报（仅有分区预报，不作比较）", "forecast by zone only: not compared")
    } else {
        lang.of("没有对昨日的预报", "nobody forecast it")
    }
}

/// The last issue of each office and lead for a day, beside that day.
pub(super) fn came(outlook: &Outlook, day: Day, lang: Lang) -> Vec<Came> {
    let mut last: BTreeMap<(Source, &str, i32), (&Forecast, &ForecastSpan)> = BTreeMap::new();
    for forecast in &outlook.issues {
        let spans = forecast.zones.get("").into_iter().flatten();
        for span in spans.filter(|span| span.day() == Some(day)) {
            let lead = day.number() - forecast.issued.hour().day().number();
            let key = (forecast.source, forecast.office.as_str(), lead);
            let held = last.entry(key).or_insert((forecast, span));
            if held.0.issued < forecast.issued {
                *held = (forecast, span);
            }
        }
    }
    let day = outlook.days.iter().find(|came| came.day == day);
    let row = |((source, office, lead), (forecast, span)): (_, (&Forecast, &ForecastSpan))| {
        let (lower, upper) = (span.aqi.lower, span.aqi.upper);
        let (source, office): (Source, &str) = (source, office);
        let verdict = match day {
            None => lang.of("不作比较", "not compared"),
            Some(came) if (lower..=upper).contains(&came.aqi) => lang.of("范围内", "within"),
            Some(came) if came.aqi > upper => lang.of("实况偏高", "came worse"),
            Some(_) => lang.of("实况偏低", "came better"),
        };
        Came {
            office: office.to_owned(),
            built_in: source == Source::BuiltIn,
            lead,
            issued: minute(forecast.issued),
            classes: lang.classes((lower, upper), span.from),
            lower: class_name(Some(Category::of(lower))),
            upper: class_name(Some(Category::of(upper))),
            range: if lower == upper { lower.to_string() } else { format!("{lower}～{upper}") },
            primary: lang.pollutants(span.primary),
            aqi: day
                .map_or_else(|| lang.of("缺测", "missing").to_owned(), |came| came.aqi.to_string()),
            came_class: day.map_or("", |of| lang.class(Category::of(of.aqi), of.day.start())),
            class: class_name(day.map(|came| Category::of(came.aqi))),
            came_primary: day.map_or_else(|| "—".to_owned(), |came| lang.pollutants(came.primary)),
            verdict,
        }
    };
    last.into_iter().map(row).collect()
}
