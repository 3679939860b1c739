//! What stands around the main part of every page: the head, the navigation, the switch of language, and
//! that the air is simulated.
//!
//! Why one: who knows one page finds the way on all of them, by keyboard and by screen reader too.

use std::sync::Arc;

use super::BUILD;
use super::words::Lang;
use crate::http::App;
use crate::http::paper::encoded;
use crate::pipeline::AreaView;

/// A page of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Now,
    Wall,
    Stations,
    Year,
    Rank,
    Warnings,
    Response,
    Evidence,
    Duty,
    Notices,
    Papers,
    Reconciliation,
    Station,
    Outlook,
    Quality,
    Api,
    Help,
}

impl Place {
    /// In the order of the navigation.
    const ALL: [Self; 16] = [
        Self::Now,
        Self::Wall,
        Self::Stations,
        Self::Outlook,
        Self::Warnings,
        Self::Response,
        Self::Evidence,
        Self::Year,
        Self::Rank,
        Self::Duty,
        Self::Notices,
        Self::Papers,
        Self::Quality,
        Self::Reconciliation,
        Self::Api,
        Self::Help,
    ];

    const fn path(self) -> &'static str {
        match self {
            Self::Now => "/",
            Self::Wall => "/wall",
            Self::Stations => "/stations",
            Self::Year => "/year",
            Self::Rank => "/rank",
            Self::Warnings => "/warnings",
            Self::Response => "/response",
            Self::Evidence => "/evidence",
            Self::Duty => "/duty",
            Self::Notices => "/notices",
            Self::Papers => "/papers",
            Self::Reconciliation => "/reconciliation",
            Self::Station => "/station",
            Self::Outlook => "/outlook",
            Self::Quality => "/quality",
            Self::Api => "/api",
            Self::Help => "/help",
        }
    }

    const fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Now => lang.of("实况", "Now"),
            Self::Wall => lang.of("大屏", "Wall"),
            Self::Stations => lang.of("点位", "Stations"),
            Self::Year => lang.of("全年", "Year"),
            Self::Rank => lang.of("排名", "Ranks"),
            Self::Warnings => lang.of("预警", "Warnings"),
            Self::Response => lang.of("应急执行", "Response"),
            Self::Evidence => lang.of("用电核查", "Electricity"),
            Self::Duty => lang.of("值班", "Duty"),
            Self::Notices => lang.of("通知", "Notices"),
            Self::Papers => lang.of("报表", "Papers"),
            Self::Reconciliation => lang.of("对账", "Reconciliation"),
            Self::Station => lang.of("点位", "Station"),
            Self::Outlook => lang.of("预报", "Outlook"),
            Self::Quality => lang.of("数据质量", "Data quality"),
            Self::Api => lang.of("接口", "API"),
            Self::Help => lang.of("手册", "Handbook"),
        }
    }

    const fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Now | Self::Wall => lang.of("环境空气质量实况", "Ambient air quality, real time"),
            Self::Stations => lang.of("点位数据", "Station data"),
            Self::Year => lang.of("全年评价", "The year"),
            Self::Help => lang.of("值班手册", "Handbook of the duty officer (Chinese)"),
            Self::Warnings => lang.of("重污染天气预警", "Heavy-pollution warnings"),
            Self::Evidence => lang.of("用电核查", "Electricity during a response"),
            Self::Papers => lang.of("报表材料", "Papers"),
            Self::Reconciliation => {
                lang.of("对账：与国家平台发布数据比对", "Reconciliation with the national platform")
            }
            Self::Rank
            | Self::Station
            | Self::Outlook
            | Self::Quality
            | Self::Api
            | Self::Response
            | Self::Duty
            | Self::Notices => self.name(lang),
        }
    }
}

/// A link of the navigation.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) current: bool,
}

/// What stands around a page.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) lang: Lang,
    pub(super) other: Lang,
    /// This page in the other language.
    pub(super) other_href: String,
    pub(super) build: &'static str,
    pub(super) simulated: bool,
    /// The area's name.
    pub(super) area: String,
    pub(super) title: &'static str,
    /// This page for each area; empty where there is only one.
    pub(super) areas: Vec<Link>,
    pub(super) links: Vec<Link>,
}

/// A path with its query, as an attribute of a page.
pub(super) fn href<'a>(path: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let query: Vec<_> = pairs.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    format!("{path}?{}", query.join("&amp;"))
}

impl Frame {
    /// Around a page of `area` that was asked for by `pairs`.
    pub(super) fn of(
        app: &App,
        place: Place,
        area: Option<&AreaView>,
        pairs: &[(String, String)],
    ) -> Self {
        let view = app.services.view.borrow().clone();
        let lang = Lang::parse(pairs.iter().find(|(name, _)| name == "lang").map(|(_, l)| &**l));
        let other = if lang == Lang::Zh { Lang::En } else { Lang::Zh };
        let kept = pairs.iter().map(|(name, value)| (&**name, &**value));
        let kept = kept.filter(|(name, _)| *name != "lang");
        let code = area.map_or("", |a| a.registry.area.as_str());
        let has = |place: &Place| *place != Place::Rank || !app.services.lists.ranks.is_empty();
        let link = |to: Place| Link {
            href: href(to.path(), [("area", code), ("lang", lang.code())].into_iter()),
            name: to.name(lang).to_owned(),
            current: to == place,
        };
        let switch = |(_, to): (usize, &Arc<AreaView>)| {
            let registry = &to.registry;
            let query = [("area", registry.area.as_str()), ("lang", lang.code())];
            Link {
                href: href(place.path(), query.into_iter()),
                name: registry.name.clone(),
                current: registry.area.as_str() == code,
            }
        };
        let several = view.watched().nth(1).is_some();
        Self {
            lang,
            other,
            other_href: href(place.path(), kept.chain([("lang", other.code())])),
            build: &BUILD,
            simulated: view.simulated,
            area: area.map_or_else(String::new, |a| a.registry.name.clone()),
            title: place.title(lang),
            areas: view.watched().filter(|_| several).map(switch).collect(),
            links: Place::ALL.into_iter().filter(has).map(link).collect(),
        }
    }
}
