//! The built-in forecast of the coming 72 hours: made once an hour, drawn as fans of its quantiles.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::area::Figures;
use crate::assessment::{DustColumn, JudgedBy};
use crate::http::page::graph::{self, Graph};
use crate::http::page::model::{Chip, class_name};
use crate::http::page::words::Lang;
use crate::http::problem::Problem;
use crate::http::{App, ArchiveError, DaysQuery, EntityId, RecordsQuery, SeriesQuery, blocking};
use crate::index::Category;
use crate::observation::{Dataset, Pollutant, Property};
use crate::outlook::{
    ABOVE, DayThatCame, Forecast, HORIZON, NoNowcast, Nowcast, Series, Verified, verify,
};
use crate::pipeline::AreaView;
use crate::time::{Day, Hour};
use crate::warning::Body;

/// Hours drawn before the origin.
const BEFORE: i32 = 48;
/// Days that forecasts are held against.
const DAYS: i32 = 90;
/// Issues that are read: more than all offices make in these days, with the built-in one each hour.
const ISSUES: usize = 10_000;

/// What is known of the coming hours of an area, as far as it was at an hour.
#[derive(Debug)]
pub(super) struct Outlook {
    pub(super) nowcast: Result<Nowcast, NoNowcast>,
    /// The hours before the origin, it included.
    seen: Vec<Figures>,
    /// Days that are over, with their AQI.
    pub(super) days: Vec<DayThatCame>,
    /// All issues of those days.
    pub(super) issues: Vec<Forecast>,
    pub(super) rows: Vec<Verified>,
}

/// The hour that an outlook knows, and the day on which it was made: in the first hours after midnight the
/// newest hour is still yesterday's.
type Moment = (Hour, Day);

/// An outlook, or the place where it will be.
type Place = Arc<OnceCell<Arc<Outlook>>>;

/// The last outlook of each area.
#[derive(Debug, Default)]
pub(in crate::http) struct Outlooks(Mutex<BTreeMap<String, (Moment, Place)>>);

impl Outlooks {
    /// The place of an area's outlook; a new one for another moment.
    fn place(&self, code: &str, moment: Moment) -> Place {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, place)) = all.get(code)
            && *of == moment
        {
            return place.clone();
        }
        let place = Place::default();
        all.insert(code.to_owned(), (moment, place.clone()));
        place
    }
}

/// The outlook of an area; `None` before it has published an hour.
///
/// It is made once: whoever asks meanwhile waits for it, other areas wait for nothing, and it is kept even
/// where nobody waits any more.
pub(super) async fn outlook(
    app: &App,
    outlooks: &Outlooks,
    area: &AreaView,
) -> Result<Option<Arc<Outlook>>, Problem> {
    let Some(newest) = area.newest else { return Ok(None) };
    let code = area.registry.area.to_string();
    let today = area.now.hour().day();
    let place = outlooks.place(&code, (newest, today));
    if let Some(outlook) = place.get() {
        return Ok(Some(outlook.clone()));
    }
    let made = made(app, newest, today);
    let make = move || async move {
        let outlook = blocking(move || made(&code)).await??;
        Ok::<_, Problem>(Arc::new(outlook))
    };
    // A task of its own goes on where the one who asked has gone.
    let task = tokio::spawn(async move { place.get_or_try_init(make).await.cloned() });
    let done = task.await.map_err(|e| Problem::internal("the answer failed", &e))?;
    done.map(Some)
}

/// Makes an outlook from what the archive has.
fn made(
    app: &App,
    newest: Hour,
    today: Day,
) -> impl FnOnce(&str) -> Result<Outlook, ArchiveError> + Send + 'static {
    let (parameters, archive) = (app.services.parameters, app.services.archive.clone());
    move |code| {
        let from = newest.plus(-Nowcast::BACK_DAYS * 24);
        let entity = EntityId::Set { area: code.to_owned(), set: String::new() };
        let hours = archive.series(&SeriesQuery {
            dataset: Dataset::Best,
            entity: entity.clone(),
            from,
            to: newest,
            practice: parameters.practice,
        })?;
        let days = archive.days(&DaysQuery {
            entity,
            from: today.plus(-DAYS),
            to: today.plus(-1),
            parameters,
            dataset: Dataset::Best,
            judged_by: JudgedBy::InForce,
            dust: DustColumn::Measured,
        })?;
        let asked = RecordsQuery {
            kinds: vec!["forecast"],
            before: None,
            drill: Some(None),
            between: None,
            limit: ISSUES,
        };
        let issues = archive.records(code, &asked)?.into_iter();
        let issues: Vec<Forecast> = issues
            .filter_map(|record| match record.body {
                Body::Forecast(forecast) => Some(forecast),
                _ => None,
            })
            .collect();
        let came = days.iter().filter_map(|day| {
            let index = &day.figures.index;
            Some(DayThatCame { day: day.figures.day, aqi: index.aqi?, primary: index.primary })
        });
        let days: Vec<DayThatCame> = came.collect();
        let nowcast = Nowcast::of(&Series::of_figures(from, &hours), newest, &parameters);
        let first = newest.plus(1 - BEFORE);
        let seen = hours.into_iter().filter(|figures| figures.hour >= first).collect();
        let rows = verify(&issues, &days);
        Ok(Outlook { nowcast, seen, days, issues, rows })
    }
}

/// Why there is no built-in forecast; empty where there is one.
pub(super) fn reason(nowcast: Option<&Result<Nowcast, NoNowcast>>, lang: Lang) -> String {
    match (nowcast, lang) {
        (Some(Ok(_)), _) => String::new(),
        (None, _) => lang.of("尚无已发布的小时数据", "No hour has been published yet").to_owned(),
        (Some(Err(none)), Lang::En) => none.to_string(),
        (Some(Err(NoNowcast::LittleHistory { hours })), Lang::Zh) => {
            format!("历史数据仅{hours}小时，至少需要240小时")
        }
        (Some(Err(NoNowcast::NothingFresh)), Lang::Zh) => {
            "最近12小时各项目均缺测，或近240小时缺测过半".to_owned()
        }
        (Some(Err(NoNowcast::NothingToLearn)), Lang::Zh) => {
            "历史数据中没有可供学习的完整72小时过程".to_owned()
        }
    }
}

/// A drawing of quantiles.
pub(super) struct Fan {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) basis: &'static str,
    pub(super) svg: String,
}

/// The AQI, PM2.5 and ozone: what was measured, and what is foretold.
pub(super) fn fans(outlook: &Outlook, lang: Lang) -> Vec<Fan> {
    let Ok(nowcast) = &outlook.nowcast else { return Vec::new() };
    let day = nowcast.origin.day();
    let of = |p: Pollutant| {
        let seen = |f: &Figures| Some(graph::in_unit(f.concentration[p.index()]?, p));
        let ahead: Vec<_> = nowcast
            .hours
            .iter()
            .map(|hour| Some(hour.concentration[p.index()]?.map(|a| graph::in_unit(a, p))))
            .collect();
        Fan {
            name: p.label(),
            unit: Property::Pollutant(p).unit_text(),
            basis: lang.of("1小时均值", "1 h mean"),
            svg: draw(outlook, (p.label(), graph::bands(p, day)), &seen, &ahead, lang),
        }
    };
    let seen = |f: &Figures| f.index.aqi.map(f64::from);
    let ahead: Vec<_> = nowcast.hours.iter().map(|hour| Some(hour.aqi?.map(f64::from))).collect();
    let aqi = Fan {
        name: "AQI",
        unit: "",
        basis: lang.of("小时AQI", "AQI of the hour"),
        svg: draw(outlook, ("AQI", graph::aqi_bands()), &seen, &ahead, lang),
    };
    vec![aqi, of(Pollutant::Pm2_5), of(Pollutant::O3)]
}

type Bands = Vec<(&'static str, Option<f64>)>;

fn draw(
    outlook: &Outlook,
    (name, bands): (&str, Bands),
    of: &dyn Fn(&Figures) -> Option<f64>,
    ahead: &[Option<[f64; 5]>],
    lang: Lang,
) -> String {
    let Ok(nowcast) = &outlook.nowcast else { return String::new() };
    let first = nowcast.origin.plus(1 - BEFORE);
    let at = |hour: Hour| outlook.seen.iter().find(|figures| figures.hour == hour).and_then(of);
    let past: Vec<_> = (0..BEFORE).map(|slot| at(first.plus(slot))).collect();
    let between = |low: usize, high: usize| {
        let ends = ahead.iter().map(|q| q.map(|q| (q[low], q[high])));
        past.iter().map(|_| None).chain(ends).collect()
    };
    let title = match lang {
        Lang::Zh => format!("内置统计预报（仅供参考）：{name}，前48小时实况与未来72小时"),
        Lang::En => {
            format!("Built-in forecast, for reference only: {name}, 48 hours before, 72 to come")
        }
    };
    let gaps = past.iter().map(Option::is_none);
    let gaps = gaps.chain(ahead.iter().map(Option::is_none)).collect();
    let median = past.iter().map(|_| None).chain(ahead.iter().map(|q| q.map(|q| q[2]))).collect();
    let hint = |slot: usize| {
        let when = lang.day_and_hour(first.plus(i32::try_from(slot).unwrap_or(0)));
        let said = match slot.checked_sub(past.len()).and_then(|slot| ahead.get(slot)) {
            Some(Some([low, _, median, _, high])) => {
                format!("{median:.0} ({low:.0}～{high:.0}, 80%)")
            }
            Some(None) => "—".to_owned(),
            None => past[slot].map_or_else(|| "—".to_owned(), |v| format!("{v:.0}")),
        };
        format!("{when} {name} {said}")
    };
    let hours = past.len() + HORIZON.min(ahead.len());
    let graph = Graph {
        title,
        first,
        hours,
        bands,
        gaps,
        fans: vec![("", between(0, 4)), ("inner", between(1, 3))],
        hints: (0..hours).map(hint).collect(),
        origin: Some(past.len()),
        lines: vec![("median", median), ("seen", past)],
        ..Graph::default()
    };
    graph.draw(lang)
}

/// 24 hours ahead.
pub(super) struct Block {
    pub(super) from: String,
    pub(super) to: String,
    /// Lower end, middle and upper end of the AQI.
    pub(super) aqi: Vec<Chip>,
    pub(super) primary: String,
    /// By how many percent of the courses lies above which AQI.
    pub(super) above: Vec<(u16, u8)>,
}

pub(super) fn blocks(nowcast: &Nowcast, lang: Lang) -> Vec<Block> {
    let chip = |text: &str, category, name: &str| Chip {
        text: text.to_owned(),
        class: class_name(category),
        name: name.to_owned(),
        note: String::new(),
    };
    let aqi = |n: u16, hour| {
        let category = Category::of(n);
        chip(&n.to_string(), Some(category), lang.class(category, hour))
    };
    let block = |of: &crate::outlook::BlockAhead| Block {
        from: lang.day_and_hour(of.from),
        to: lang.day_and_hour(of.to),
        aqi: of.aqi.map_or_else(
            || vec![chip(lang.of("不能预报", "none"), None, "")],
            |all| all.map(|n| aqi(n, of.to)).into(),
        ),
        primary: lang.pollutants(of.primary),
        above: ABOVE.into_iter().zip(of.above).collect(),
    };
    nowcast.blocks.iter().map(block).collect()
}
