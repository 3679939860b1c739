//! The last 72 hours of a station, as drawings and as lines; what was found of them; the days of its month.

use std::collections::BTreeSet;

use super::{HOURS, Held};
use crate::area::Figures;
use crate::http::ArchivedDay;
use crate::http::page::doubts;
use crate::http::page::graph::{self, Graph};
use crate::http::page::model::{Chip, value};
use crate::http::page::revised::Revised;
use crate::http::page::words::Lang;
use crate::index::{self, Context, Index};
use crate::observation::{POLLUTANTS, Pollutant, Property};
use crate::pipeline::AreaView;
use crate::quality::Treatment;
use crate::quantity::Amount;
use crate::standard::{Average, Entity, Parameters, standards};
use crate::time::{DAY_H, Hour};

/// The drawing of a pollutant with what it says.
pub(super) struct Drawing {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) svg: String,
    /// What the two lines are means of.
    pub(super) basis: &'static str,
    /// Which limits there are, drawn or not.
    pub(super) limits: String,
}

/// An hour of the table.
pub(super) struct Line {
    pub(super) hour: String,
    pub(super) chip: Chip,
    pub(super) primary: String,
    /// The six by [`POLLUTANTS`].
    pub(super) values: Vec<String>,
    /// PM2.5 and PM10 of 24 hours with their count where short; ozone of 8 hours.
    pub(super) means: Vec<String>,
    pub(super) dataset: &'static str,
    /// What changed and what was found.
    pub(super) marks: Vec<(&'static str, String)>,
}

/// Something found of a value.
pub(super) struct Found {
    pub(super) hour: String,
    pub(super) property: &'static str,
    pub(super) value: String,
    pub(super) rule: &'static str,
    pub(super) reason: String,
    pub(super) treatment: &'static str,
}

/// A day of the month.
pub(super) struct Date {
    pub(super) day: String,
    pub(super) chip: Chip,
    pub(super) primary: String,
    pub(super) values: Vec<String>,
    pub(super) state: &'static str,
}

/// The hours up to `newest`.
pub(super) struct Past<'a> {
    pub(super) newest: Hour,
    pub(super) held: &'a Held,
    pub(super) lang: Lang,
}

impl Past<'_> {
    fn first(&self) -> Hour {
        self.newest.plus(1 - HOURS)
    }

    fn hours(&self) -> impl DoubleEndedIterator<Item = Hour> {
        (self.first().number()..=self.newest.number()).map(Hour::from_number)
    }

    fn at(&self, hour: Hour) -> Option<&Figures> {
        self.held.hours.iter().find(|figures| figures.hour == hour)
    }

    pub(super) fn drawings(&self, revised: &[Revised]) -> Vec<Drawing> {
        POLLUTANTS.into_iter().map(|p| self.drawing(p, revised)).collect()
    }

    fn drawing(&self, p: Pollutant, revised: &[Revised]) -> Drawing {
        let lang = self.lang;
        let (day, ozone) = (self.newest.day(), p == Pollutant::O3);
        let values = |of: &dyn Fn(&Figures) -> Option<Amount>| -> graph::Values {
            let amount = |hour| self.at(hour).and_then(of).map(|a| graph::in_unit(a, p));
            self.hours().map(amount).collect()
        };
        let hourly = values(&|f| f.concentration[p.index()]);
        let mean = values(&|f| if ozone { f.o3_8h } else { f.rolling_24h[p.index()] });
        let changed: BTreeSet<Hour> =
            revised.iter().filter(|r| r.quantity == p.code()).map(|r| r.hour).collect();
        let limits = graph::limits(p, day);
        let unit = Property::Pollutant(p).unit_text();
        let title = match lang {
            Lang::Zh => format!("近72小时{}，{unit}", p.label()),
            Lang::En => format!("{} of the last 72 hours, {unit}", p.label()),
        };
        let reviewed = |hour| self.at(hour).is_some_and(|f| f.reviewed && f.has_value());
        let graph = Graph {
            title,
            first: self.first(),
            hours: self.hours().count(),
            bands: graph::bands(p, day),
            limits: limits.iter().map(|(_, amount)| graph::in_unit(*amount, p)).collect(),
            gaps: hourly.iter().map(Option::is_none).collect(),
            hints: self.hours().map(|hour| self.hint(p, hour)).collect(),
            lines: vec![("mean", mean), ("hourly", hourly)],
            reviewed: self.hours().map(reviewed).collect(),
            revised: self.hours().map(|hour| changed.contains(&hour)).collect(),
            ..Graph::default()
        };
        Drawing {
            name: p.label(),
            unit,
            svg: graph.draw(lang),
            basis: if ozone {
                lang.of("实线：1小时均值；细线：8小时滑动均值", "line: 1 h; thin: 8 h rolling")
            } else {
                lang.of("实线：1小时均值；细线：24小时滑动均值", "line: 1 h; thin: 24 h rolling")
            },
            limits: said(&limits, p, lang),
        }
    }

    fn hint(&self, p: Pollutant, hour: Hour) -> String {
        let amount = self.at(hour).and_then(|f| f.concentration[p.index()]);
        let shown = match amount {
            Some(_) => value(amount, p),
            None => self.lang.of("缺测", "missing").to_owned(),
        };
        format!("{} {} {shown}", self.lang.day_and_hour(hour), p.label())
    }

    /// The newest hour first.
    pub(super) fn lines(&self, revised: &[Revised]) -> Vec<Line> {
        self.hours().rev().map(|hour| self.line(hour, revised)).collect()
    }

    fn line(&self, hour: Hour, revised: &[Revised]) -> Line {
        let lang = self.lang;
        let none = Index::default();
        let figures = self.at(hour);
        let index = figures.map_or(&none, |f| &f.index);
        let held = |of: &dyn Fn(&Figures) -> String| figures.map_or_else(|| "—".to_owned(), of);
        let mean = |p: Pollutant| {
            held(&|f| {
                let hours = usize::from(f.hours_24h[p.index()]);
                let count =
                    if hours < DAY_H { format!("（{hours}/{DAY_H}）") } else { String::new() };
                value(f.rolling_24h[p.index()], p) + &count
            })
        };
        Line {
            hour: lang.day_and_hour(hour),
            chip: Chip::of(index, hour, lang),
            primary: lang.primary(index),
            values: POLLUTANTS.map(|p| held(&|f| value(f.concentration[p.index()], p))).into(),
            means: vec![
                mean(Pollutant::Pm2_5),
                mean(Pollutant::Pm10),
                held(&|f| value(f.o3_8h, Pollutant::O3)),
            ],
            dataset: figures.filter(|f| f.has_value()).map_or("—", |f| lang.dataset(f)),
            marks: self.marks(hour, revised),
        }
    }

    fn marks(&self, hour: Hour, revised: &[Revised]) -> Vec<(&'static str, String)> {
        let lang = self.lang;
        let changes = revised.iter().filter(|r| r.hour == hour);
        let changes = changes.map(|r| ("revised", format!("{} {}→{}", r.name, r.old, r.new)));
        let found = self.held.findings.iter().filter(|(at, _)| *at == hour);
        let found = found.map(|(_, finding)| {
            let class = if finding.treatment == Treatment::Invalid { "invalid" } else { "doubt" };
            let property = finding.property.map_or("", |p| p.label());
            let rule = lang.of(finding.rule.label(), finding.rule.name());
            (class, format!("{property}{}{rule}", if property.is_empty() { "" } else { " " }))
        });
        changes.chain(found).collect()
    }

    /// What checks found of these hours, the newest first.
    pub(super) fn found(&self, area: &AreaView) -> Vec<Found> {
        let lang = self.lang;
        let found = self.held.findings.iter().rev().map(|(hour, finding)| Found {
            hour: lang.day_and_hour(*hour),
            property: finding.property.map_or(lang.of("全部项目", "all"), |p| p.label()),
            value: doubts::sent(finding),
            rule: lang.of(finding.rule.label(), finding.rule.name()),
            reason: doubts::said(area, finding, lang),
            treatment: lang.of(finding.treatment.label(), finding.treatment.name()),
        });
        found.collect()
    }
}

/// `1小时200，24小时80（GB 3095—2026 二级）`.
fn said(limits: &[(Average, Amount)], p: Pollutant, lang: Lang) -> String {
    let one = |(average, amount): &(Average, Amount)| {
        let name = match average {
            Average::Hour => lang.of("1小时", "1 h "),
            Average::Mda8 => lang.of("日最大8小时", "daily 8 h max "),
            _ => lang.of("24小时", "24 h "),
        };
        format!("{name}{}", value(Some(*amount), p))
    };
    let all: Vec<_> = limits.iter().map(one).collect();
    all.join(lang.of("，", ", "))
}

/// The days of the month that have ended, the newest first.
pub(super) fn dates(days: &[ArchivedDay], parameters: &Parameters, lang: Lang) -> Vec<Date> {
    let mean = |day: &ArchivedDay, p: Pollutant| {
        let edition = standards().index_edition(day.figures.day);
        let ctx = Context { edition, parameters, entity: Entity::Station };
        let exact = day.figures.means.value(p);
        value(exact.map(|exact| index::rounded(exact, p, false, &ctx)), p)
    };
    let date = |day: &ArchivedDay| Date {
        day: day.figures.day.to_string(),
        chip: Chip::of(&day.figures.index, day.figures.day.start(), lang),
        primary: lang.primary(&day.figures.index),
        values: POLLUTANTS.map(|p| mean(day, p)).into(),
        state: if day.figures.means.stations_valid > 0 { state(day.state, lang) } else { "—" },
    };
    days.iter().rev().map(date).collect()
}

/// `provisional`, `published` or `revised`.
fn state(name: &str, lang: Lang) -> &'static str {
    match name {
        "revised" => lang.of("已修订", "revised"),
        "provisional" => lang.of("待发布", "provisional"),
        _ => lang.of("已发布", "published"),
    }
}
