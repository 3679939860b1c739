//! A dashboard around its panels: variables, times, links, places.

use serde_json::{Value, json};

use super::class::AIR;
use super::panel::{Panel, stat};
use super::query::{INFINITY, now, prometheus, series};
use super::text::{Language, Text, same, t};
use crate::telemetry::names::{BUILD_INFO, SET_INFO, SIMULATED, STATION_INFO};

/// Of the schema of Grafana 11, which later ones read.
const SCHEMA: u8 = 39;
/// Columns of the grid.
const COLUMNS: u8 = 24;
/// On every dashboard, so that each links to the others.
const TAG: &str = "lantian";

/// What is chosen on a dashboard beside area, job and instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Nothing,
    Set,
    Station,
}

/// A dashboard.
#[derive(Clone, Debug)]
pub(super) struct Dashboard {
    /// Of the file and of its address.
    pub(super) name: &'static str,
    pub(super) title: Text,
    pub(super) about: Text,
    /// From when to when at first.
    pub(super) times: (&'static str, &'static str),
    pub(super) choice: Choice,
    pub(super) panels: Vec<Panel>,
}

impl Dashboard {
    pub(super) fn json(&self, language: Language) -> Value {
        let (from, to) = self.times;
        let code = if language == Language::Zh { "zh" } else { "en" };
        json!({
            "uid": format!("lantian-{}-{code}", self.name),
            "title": self.title.of(language),
            "description": self.about.of(language),
            "tags": [TAG, format!("{TAG}-{code}")],
            "schemaVersion": SCHEMA,
            "version": 1,
            "editable": false,
            "graphTooltip": 1,
            "timezone": "Asia/Shanghai",
            "weekStart": "monday",
            "time": { "from": from, "to": to },
            "timepicker": {},
            "refresh": "1m",
            "annotations": { "list": [] },
            "links": [{
                "title": t("蓝天各看板", "Lantian").of(language),
                "type": "dashboards", "tags": [format!("{TAG}-{code}")], "asDropdown": true,
                "icon": "external link", "includeVars": true, "keepTime": false,
                "targetBlank": false, "tooltip": "", "url": "",
            }],
            "templating": { "list": self.variables(language) },
            "panels": self.placed(language),
        })
    }

    /// Panels in rows of the grid, in their order.
    fn placed(&self, language: Language) -> Vec<Value> {
        let (mut x, mut y, mut height) = (0, 0, 0);
        let mut placed = Vec::new();
        let all = std::iter::once(simulated()).chain(self.panels.iter().cloned());
        for (at, panel) in all.enumerate() {
            if x + panel.size.0 > COLUMNS {
                (x, y, height) = (0, y + height, 0);
            }
            placed.push(panel.json(at + 1, (x, y), language));
            x += panel.size.0;
            height = height.max(u32::from(panel.size.1));
        }
        placed
    }

    fn variables(&self, language: Language) -> Vec<Value> {
        let source = |name: &str, label: Text, kind: &str| {
            json!({
                "name": name, "label": label.of(language), "type": "datasource", "query": kind,
                "hide": 0, "includeAll": false, "multi": false, "options": [], "refresh": 1,
                "regex": "", "skipUrlSync": false,
            })
        };
        let query = |name: &str, label: Text, query: String, regex: &str, all: bool| {
            let mut of = json!({
                "name": name, "label": label.of(language), "type": "query",
                "datasource": prometheus(),
                "query": { "query": query, "refId": "StandardVariableQuery" },
                // When the time range changes: what there was then is chosen from.
                "hide": 0, "includeAll": all, "multi": all, "options": [], "refresh": 2,
                "regex": regex, "skipUrlSync": false, "sort": 1,
            });
            if all {
                of["allValue"] = json!(".+");
                of["current"] = json!({ "text": ["All"], "value": ["$__all"] });
            }
            of
        };
        let of_job = format!("{}{{job=~\"$job\"}}", BUILD_INFO.name);
        // Of the areas that are watched: lists of reference cities have no sets.
        let areas = format!("{}{{job=~\"$job\", instance=~\"$instance\"}}", SET_INFO.name);
        let values = |of: &str, label: &str| format!("label_values({of}, {label})");
        let mut all = vec![
            source("datasource", t("数据源", "Data source"), "prometheus"),
            source("infinity_datasource", t("接口数据源", "API data source"), INFINITY),
            query("job", t("采集任务", "Job"), values(BUILD_INFO.name, "job"), "", true),
            query("instance", t("实例", "Instance"), values(&of_job, "instance"), "", true),
            query("area", t("城市", "Area"), values(&areas, "area"), "", false),
        ];
        // Of a series as it is written, with its labels in the order of the alphabet.
        let named = |metric| format!("query_result({})", series(metric, &[]));
        all.extend(match self.choice {
            Choice::Nothing => None,
            Choice::Set => {
                let regex = r#"/entity="(?<value>[^"]+)".*name="(?<text>[^"]+)"/"#;
                Some(query("set", t("点位集合", "Set"), named(&SET_INFO), regex, false))
            }
            Choice::Station => {
                let regex = r#"/name="(?<text>[^"]+)".*station="(?<value>[^"]+)"/"#;
                Some(query("station", t("站点", "Station"), named(&STATION_INFO), regex, false))
            }
        });
        all
    }
}

/// What is simulated says so first.
fn simulated() -> Panel {
    let about = t(
        "演示、演练和回放用的是模拟数据，不代表实际空气质量。",
        "Demonstrations and trials run on simulated air, which is nobody's.",
    );
    stat(t("数据性质", "Air"), about, (3, 4)).words(AIR).ask(now(series(&SIMULATED, &[]), same("")))
}
