//! One panel: how it looks, what it asks, and its JSON.
//!
//! Invariants: a panel has a title, a description that says where its data come from and why, a unit,
//! thresholds and a question. A gap stays a gap.

use serde_json::{Map, Value, json};

use super::class::{self, Step};
use super::query::{Asked, Column, Query, infinity, prometheus};
use super::text::{Language, Text, same};

/// How a panel shows what it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    BarGauge,
    Stat,
    StateTimeline,
    StatusHistory,
    Table,
    TimeSeries,
    XyChart,
}

/// What stands in the place of numbers.
#[derive(Clone, Copy, Debug)]
enum Words {
    None,
    Classes,
    Of(&'static [(u8, Text, &'static str)]),
}

/// A panel.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    kind: Kind,
    title: Text,
    about: Text,
    unit: &'static str,
    /// Of 24 columns, and rows.
    pub(super) size: (u8, u8),
    queries: Vec<Query>,
    steps: Vec<Step>,
    words: Words,
    /// Its thresholds are those of classes: bands of a graph, and told in the description.
    classes: bool,
    /// Filled between the first and the last column.
    fan: bool,
    /// Shows names instead of values.
    names: bool,
}

impl Panel {
    pub(super) fn new(kind: Kind, title: Text, about: Text, size: (u8, u8)) -> Self {
        let (steps, queries) = (class::PLAIN.to_vec(), Vec::new());
        let (unit, words) = ("none", Words::None);
        let (classes, fan, names) = (false, false, false);
        Self { kind, title, about, unit, size, queries, steps, words, classes, fan, names }
    }

    pub(super) const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    pub(super) fn ask(mut self, query: Query) -> Self {
        self.queries.push(query);
        self
    }

    pub(super) fn asks(mut self, queries: impl IntoIterator<Item = Query>) -> Self {
        self.queries.extend(queries);
        self
    }

    pub(super) fn steps(mut self, steps: &[Step]) -> Self {
        self.steps = steps.to_vec();
        self
    }

    /// Numbers are AQIs: in the colours of their classes.
    pub(super) fn aqi(mut self) -> Self {
        self.classes = true;
        self.steps(&class::aqi())
    }

    /// AQIs stand as the names of their classes.
    pub(super) fn class_names(mut self) -> Self {
        self.words = Words::Classes;
        self.aqi()
    }

    pub(super) const fn words(mut self, all: &'static [(u8, Text, &'static str)]) -> Self {
        self.words = Words::Of(all);
        self
    }

    pub(super) const fn fan(mut self) -> Self {
        self.fan = true;
        self
    }

    pub(super) const fn names(mut self) -> Self {
        self.names = true;
        self
    }

    /// The panel at a place.
    pub(super) fn json(&self, id: usize, (x, y): (u8, u32), language: Language) -> Value {
        let letters: Vec<String> = (b'A'..=b'Z').map(|l| char::from(l).to_string()).collect();
        let asked = self.queries.iter().zip(&letters);
        let targets: Vec<Value> = asked.clone().map(|(q, l)| q.json(l, language)).collect();
        let overrides: Vec<Value> =
            asked.flat_map(|(query, letter)| self.overrides(query, letter, language)).collect();
        json!({
            "id": id,
            "type": self.kind_name(),
            "title": self.title.of(language),
            "description": self.description(language),
            "datasource": self.source(),
            "gridPos": { "x": x, "y": y, "w": self.size.0, "h": self.size.1 },
            "targets": targets,
            "transformations": self.transformations(language),
            "fieldConfig": { "defaults": self.defaults(language), "overrides": overrides },
            "options": self.options(language),
        })
    }

    const fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::BarGauge => "bargauge",
            Kind::Stat => "stat",
            Kind::StateTimeline => "state-timeline",
            Kind::StatusHistory => "status-history",
            Kind::Table => "table",
            Kind::TimeSeries => "timeseries",
            Kind::XyChart => "xychart",
        }
    }

    /// Whether it asks Prometheus, and whether it asks the API.
    fn sources(&self) -> (bool, bool) {
        let is_api = |query: &Query| matches!(query.asked, Asked::Api(..));
        (!self.queries.iter().all(is_api), self.queries.iter().any(is_api))
    }

    fn source(&self) -> Value {
        match self.sources() {
            (true, true) => json!({ "type": "datasource", "uid": "-- Mixed --" }),
            (false, true) => infinity(),
            _ => prometheus(),
        }
    }

    fn description(&self, language: Language) -> String {
        let mut parts = vec![self.about.of(language).to_owned()];
        if self.classes {
            parts.push(class::legend(language));
        }
        let (live, kept) = self.sources();
        let (of_prometheus, of_store) = match language {
            Language::Zh => (
                "数据来源：Prometheus，当前值和运行情况以采集时为准，之后不再修订。",
                "数据来源：数据库（经接口读取），历史数据会因迟到、更正、审核而修订，这里总是现行数值。",
            ),
            Language::En => (
                "Source: Prometheus, for what is now and for operations; never revised.",
                "Source: the store, through the API: late and corrected data revise the past.",
            ),
        };
        parts.extend(kept.then(|| of_store.to_owned()));
        parts.extend(live.then(|| of_prometheus.to_owned()));
        parts.join(if language == Language::Zh { "" } else { " " })
    }

    /// Rows of several queries beside each other, with people's names for the columns.
    fn transformations(&self, language: Language) -> Value {
        if !self.queries.iter().any(Query::is_rows_of_prometheus) {
            return json!([]);
        }
        let mut names = Map::new();
        names.insert(
            "name".to_owned(),
            if language == Language::Zh { "名称" } else { "Name" }.into(),
        );
        names.insert(
            "station".to_owned(),
            if language == Language::Zh { "编码" } else { "Code" }.into(),
        );
        for (query, letter) in self.queries.iter().zip('A'..) {
            names.insert(format!("Value #{letter}"), query.name.of(language).into());
        }
        json!([
            { "id": "merge", "options": {} },
            { "id": "organize", "options": {
                "excludeByName": { "Time": true }, "includeByName": {}, "indexByName": {},
                "renameByName": names,
            } },
        ])
    }

    fn mappings(&self, language: Language) -> Vec<Value> {
        match self.words {
            Words::None => Vec::new(),
            Words::Classes => class::names(language),
            Words::Of(all) => class::words(all, language),
        }
    }

    fn defaults(&self, language: Language) -> Value {
        json!({
            "unit": self.unit,
            "color": { "mode": self.colours() },
            "thresholds": thresholds(&self.steps),
            "mappings": self.mappings(language),
            "noValue": if language == Language::Zh { "无数据" } else { "no data" },
            "custom": self.custom(),
        })
    }

    const fn colours(&self) -> &'static str {
        match self.kind {
            Kind::TimeSeries => "palette-classic",
            _ => "thresholds",
        }
    }

    fn custom(&self) -> Value {
        match self.kind {
            Kind::TimeSeries => json!({
                "drawStyle": "line", "lineWidth": 2, "fillOpacity": 0, "showPoints": "auto",
                "pointSize": 4, "spanNulls": false,
                "thresholdsStyle": { "mode": if self.classes { "area" } else { "off" } },
            }),
            Kind::Table => json!({
                "align": "auto", "cellOptions": { "type": "auto" }, "inspect": true,
                "filterable": false,
            }),
            Kind::StateTimeline | Kind::StatusHistory => {
                json!({ "fillOpacity": 80, "lineWidth": 0 })
            }
            Kind::XyChart => json!({
                "show": "points", "pointSize": { "fixed": 18 }, "fillOpacity": 90,
                "pointShape": "circle", "pointStrokeWidth": 1,
            }),
            Kind::BarGauge | Kind::Stat => json!({}),
        }
    }

    fn options(&self, language: Language) -> Value {
        let legend = json!({
            "displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": [],
        });
        let tooltip = json!({ "mode": "multi", "sort": "none" });
        let reduced = json!({
            "calcs": ["lastNotNull"], "fields": "", "values": false,
        });
        match self.kind {
            Kind::TimeSeries => json!({ "legend": legend, "tooltip": tooltip }),
            Kind::Table => json!({ "showHeader": true, "cellHeight": "sm", "frameIndex": 0 }),
            Kind::StateTimeline => json!({
                "legend": legend, "tooltip": tooltip, "mergeValues": true, "rowHeight": 0.9,
                "showValue": "auto", "alignValue": "left",
            }),
            Kind::StatusHistory => json!({
                "legend": legend, "tooltip": tooltip, "rowHeight": 0.9, "colWidth": 0.95,
                "showValue": "auto",
            }),
            Kind::Stat => json!({
                "reduceOptions": reduced, "orientation": "auto", "colorMode": "value",
                "graphMode": "none", "justifyMode": "auto", "wideLayout": true,
                "textMode": if self.names { "name" } else { "auto" },
                "percentChangeColorMode": "standard", "showPercentChange": false,
            }),
            Kind::BarGauge => json!({
                "reduceOptions": reduced, "orientation": "horizontal", "displayMode": "basic",
                "valueMode": "color", "showUnfilled": true, "namePlacement": "auto",
                "sizing": "auto", "minVizHeight": 16, "minVizWidth": 8, "maxVizHeight": 300,
                "legend": { "displayMode": "list", "placement": "bottom", "showLegend": false,
                    "calcs": [] },
            }),
            Kind::XyChart => json!({
                "legend": { "displayMode": "list", "placement": "bottom", "showLegend": false,
                    "calcs": [] },
                "tooltip": { "mode": "single", "sort": "none" },
                "mapping": "manual",
                "series": [self.points(language)],
            }),
        }
    }

    /// The points of a map: of three queries, longitude, latitude and what colours them.
    fn points(&self, language: Language) -> Value {
        let by = |at: usize| -> Value {
            let name = self.queries[at].name.of(language);
            json!({ "matcher": { "id": "byName", "options": name } })
        };
        json!({
            "frame": { "matcher": { "id": "byIndex", "options": 0 } },
            "x": by(0), "y": by(1), "color": by(2),
        })
    }

    /// What holds for one query, or for each of its columns, and not for all of the panel.
    fn overrides(&self, query: &Query, letter: &str, language: Language) -> Vec<Value> {
        if let Asked::Api(_, _, columns) = &query.asked {
            let last = columns.len() - 1;
            let of = columns.iter().enumerate().filter_map(|(at, column)| {
                let fan = (self.fan && at == last).then(|| columns[1].name.of(language));
                self.of_column(column, fan, language)
            });
            return of.collect();
        }
        let mut properties = Vec::new();
        properties.extend(query.unit.map(|unit| property("unit", &json!(unit))));
        if !query.steps.is_empty() {
            properties.push(property("thresholds", &thresholds(&query.steps)));
        }
        if query.limit {
            let dashes = json!({ "fill": "dash", "dash": [10, 10] });
            properties.push(property("custom.lineStyle", &dashes));
            properties.push(property("custom.lineWidth", &json!(1)));
        }
        if query.is_rows_of_prometheus() && self.kind == Kind::Table && !query.steps.is_empty() {
            properties.push(property("custom.cellOptions", &json!({ "type": "color-background" })));
        }
        if properties.is_empty() {
            return Vec::new();
        }
        let matcher = if query.is_rows_of_prometheus() {
            json!({ "id": "byName", "options": query.name.of(language) })
        } else {
            json!({ "id": "byFrameRefID", "options": letter })
        };
        vec![json!({ "matcher": matcher, "properties": properties })]
    }

    fn of_column(&self, column: &Column, fan: Option<&str>, language: Language) -> Option<Value> {
        let mut properties = Vec::new();
        properties.extend(column.unit.map(|unit| property("unit", &json!(unit))));
        if !column.steps.is_empty() {
            properties.push(property("thresholds", &thresholds(&column.steps)));
            if self.kind == Kind::Table {
                let cell = json!({ "type": "color-background" });
                properties.push(property("custom.cellOptions", &cell));
            }
        }
        if let Some(colour) = column.colour {
            let fixed = json!({ "mode": "fixed", "fixedColor": colour });
            properties.push(property("color", &fixed));
        }
        if let Some(lower) = fan {
            properties.push(property("custom.fillBelowTo", &json!(lower)));
            properties.push(property("custom.fillOpacity", &json!(25)));
        }
        let matcher = json!({ "id": "byName", "options": column.name.of(language) });
        let of = json!({ "matcher": matcher, "properties": properties });
        (!properties.is_empty()).then_some(of)
    }
}

fn property(id: &str, value: &Value) -> Value {
    json!({ "id": id, "value": value })
}

fn thresholds(steps: &[Step]) -> Value {
    json!({ "mode": "absolute", "steps": steps.iter().map(Step::json).collect::<Vec<_>>() })
}

/// One number, or a word.
pub(super) fn stat(title: Text, about: Text, size: (u8, u8)) -> Panel {
    Panel::new(Kind::Stat, title, about, size)
}

/// Lines over time.
pub(super) fn graph(title: Text, about: Text, size: (u8, u8)) -> Panel {
    Panel::new(Kind::TimeSeries, title, about, size)
}

/// Rows and columns.
pub(super) fn sheet(title: Text, about: Text, size: (u8, u8)) -> Panel {
    Panel::new(Kind::Table, title, about, size)
}

/// The name of a series as its label says it.
pub(super) const NAME: Text = same("{{name}}");
