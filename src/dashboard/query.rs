//! What a panel asks, of Prometheus or of the API.
//!
//! Invariants: each selector of PromQL names a metric of the list with labels that it has, and is bound to
//! `$job`, `$instance` and, where the metric has one, to `$area`. A counter is asked for as a rate.

use serde_json::{Value, json};

use super::class::Step;
use super::text::{Language, Text, same};
use crate::telemetry::names::{SET_INFO, STATION_INFO};
use crate::telemetry::{Kind, Metric};

/// A data source by the variable that chooses it.
pub(super) fn prometheus() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}

pub(super) fn infinity() -> Value {
    json!({ "type": INFINITY, "uid": "${infinity_datasource}" })
}

/// The type of the data source that reads the API.
pub(super) const INFINITY: &str = "yesoreyeram-infinity-datasource";

/// Labels for a join of what is said of one station.
const OF_STATION: &str = "(job, instance, area, station)";
/// The same of one set.
const OF_SET: &str = "(job, instance, area, set)";

/// The series of a metric with these labels.
pub(super) fn series(metric: &Metric, labels: &[(&str, &str)]) -> String {
    let mut matchers = "job=~\"$job\", instance=~\"$instance\"".to_owned();
    if metric.labels.contains(&"area") {
        matchers += ", area=\"$area\"";
    }
    for (label, value) in labels {
        let known = *label == "quantile" || metric.labels.contains(label);
        assert!(known, "{} has no label {label}", metric.name);
        matchers += &format!(", {label}=\"{value}\"");
    }
    format!("{}{{{matchers}}}", metric.name)
}

/// How fast a counter grows, per second.
pub(super) fn rate(metric: &Metric) -> String {
    assert!(metric.kind == Kind::Counter, "{} is no counter", metric.name);
    format!("rate({}[$__rate_interval])", series(metric, &[]))
}

/// By how much a counter grew between two points of a graph.
pub(super) fn increase(metric: &Metric) -> String {
    assert!(metric.kind == Kind::Counter, "{} is no counter", metric.name);
    format!("increase({}[$__rate_interval])", series(metric, &[]))
}

/// The series of the set that is chosen, with its name.
pub(super) fn of_set(metric: &Metric, labels: &[(&str, &str)]) -> String {
    let info = series(&SET_INFO, &[("entity", "$set")]);
    format!("{} * on {OF_SET} group_left (name) {info}", series(metric, labels))
}

/// The series of every station, with its name.
pub(super) fn of_stations(metric: &Metric, labels: &[(&str, &str)]) -> String {
    let info = series(&STATION_INFO, &[]);
    format!("{} * on {OF_STATION} group_left (name) {info}", series(metric, labels))
}

/// The same, only with what a row of a table is known by.
pub(super) fn by_station(metric: &Metric, labels: &[(&str, &str)]) -> String {
    format!("sum by (station, name) ({})", of_stations(metric, labels))
}

/// The series of the station that is chosen.
pub(super) fn of_station(metric: &Metric, labels: &[(&str, &str)]) -> String {
    let all: Vec<_> = [("station", "$station")].iter().chain(labels).copied().collect();
    series(metric, &all)
}

/// What a column of the API holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    Number,
    Time,
}

/// A column of what the API answers.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Where it stands in a row, as gjson takes it.
    pub(super) selector: &'static str,
    pub(super) name: Text,
    pub(super) holds: Holds,
    /// Where it is not the panel's.
    pub(super) unit: Option<&'static str>,
    pub(super) steps: Vec<Step>,
    /// Another colour than that of its steps.
    pub(super) colour: Option<&'static str>,
    /// Where its words are those of one language.
    only: Option<Language>,
}

impl Column {
    const fn new(selector: &'static str, name: Text, holds: Holds) -> Self {
        Self { selector, name, holds, unit: None, steps: Vec::new(), colour: None, only: None }
    }

    pub(super) const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }

    pub(super) fn steps(mut self, steps: &[Step]) -> Self {
        self.steps = steps.to_vec();
        self
    }

    /// Of Chinese words, or of codes that stand for them in English.
    pub(super) const fn only(mut self, language: Language) -> Self {
        self.only = Some(language);
        self
    }

    fn is_in(&self, language: Language) -> bool {
        self.only.is_none_or(|only| only == language)
    }

    pub(super) const fn colour(mut self, colour: &'static str) -> Self {
        self.colour = Some(colour);
        self
    }
}

/// A column of words.
pub(super) const fn word(selector: &'static str, name: Text) -> Column {
    Column::new(selector, name, Holds::Text)
}

/// A column of numbers.
pub(super) const fn number(selector: &'static str, name: Text) -> Column {
    Column::new(selector, name, Holds::Number)
}

/// A column of times or days.
pub(super) const fn time(selector: &'static str, name: Text) -> Column {
    Column::new(selector, name, Holds::Time)
}

/// Whom is asked, and what.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    Prometheus(String),
    /// A path, the rows in the answer as gjson takes them (all of it where empty), and their columns.
    Api(&'static str, &'static str, Vec<Column>),
}

/// In which form the answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Over time.
    Range,
    /// As it is now.
    Now,
    /// As rows.
    Rows,
}

/// One question of a panel.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) asked: Asked,
    form: Form,
    pub(super) name: Text,
    pub(super) unit: Option<&'static str>,
    pub(super) steps: Vec<Step>,
    /// A dashed line, such as a limit.
    pub(super) limit: bool,
}

impl Query {
    fn new(asked: Asked, form: Form, name: Text) -> Self {
        Self { asked, form, name, unit: None, steps: Vec::new(), limit: false }
    }

    pub(super) const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }

    pub(super) fn steps(mut self, steps: Vec<Step>) -> Self {
        self.steps = steps;
        self
    }

    pub(super) const fn limit(mut self) -> Self {
        self.limit = true;
        self
    }

    pub(super) const fn is_rows_of_prometheus(&self) -> bool {
        matches!((&self.asked, self.form), (Asked::Prometheus(_), Form::Rows))
    }

    pub(super) fn json(&self, letter: &str, language: Language) -> Value {
        match &self.asked {
            Asked::Prometheus(expr) => json!({
                "refId": letter,
                "datasource": prometheus(),
                "expr": expr,
                "legendFormat": self.name.of(language),
                "editorMode": "code",
                "instant": self.form != Form::Range,
                "range": self.form == Form::Range,
                "format": if self.form == Form::Rows { "table" } else { "time_series" },
            }),
            Asked::Api(path, root, columns) => json!({
                "refId": letter,
                "datasource": infinity(),
                "type": "json",
                "source": "url",
                // Its own fetches in the server, as the API is not reached from a browser.
                "parser": "backend",
                "format": if self.form == Form::Range { "timeseries" } else { "table" },
                "url": path,
                "url_options": { "method": "GET", "data": "" },
                "root_selector": root,
                "columns": columns
                    .iter()
                    .filter(|c| c.is_in(language))
                    .map(|c| column(c, language))
                    .collect::<Vec<_>>(),
                "filters": [],
            }),
        }
    }
}

fn column(column: &Column, language: Language) -> Value {
    let holds = match column.holds {
        Holds::Text => "string",
        Holds::Number => "number",
        Holds::Time => "timestamp",
    };
    json!({ "selector": column.selector, "text": column.name.of(language), "type": holds })
}

/// Series over time.
pub(super) fn over_time(expr: String, name: Text) -> Query {
    Query::new(Asked::Prometheus(expr), Form::Range, name)
}

/// Series as they are now.
pub(super) fn now(expr: String, name: Text) -> Query {
    Query::new(Asked::Prometheus(expr), Form::Now, name)
}

/// Series as rows, for a table in which those of several queries are put beside each other.
pub(super) fn rows(expr: String, name: Text) -> Query {
    Query::new(Asked::Prometheus(expr), Form::Rows, name)
}

/// Rows of the API.
pub(super) fn table(path: &'static str, root: &'static str, columns: Vec<Column>) -> Query {
    Query::new(Asked::Api(path, root, columns), Form::Rows, same(""))
}

/// Rows of the API over time; the first column is their time.
pub(super) fn history(path: &'static str, root: &'static str, columns: Vec<Column>) -> Query {
    Query::new(Asked::Api(path, root, columns), Form::Range, same(""))
}
