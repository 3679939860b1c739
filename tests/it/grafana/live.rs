//! Every query of every panel against a running demo, and a real Prometheus that scrapes it by the shipped
//! rules: a panel that shows nothing is a fault.
#![cfg(feature = "demo")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{debian, ends_well, list, panels, shipped, text};
use crate::broker::free_port;
use crate::parts::root;

/// Looks of a tenth of a second until something has to be there: a busy machine is slow.
const LOOKS: u32 = 6000;
/// Characters that may not stand in a query.
const OF_URL: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'#');

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(url: &str) -> Result<String, String> {
    let mut answer = ureq::get(url).call().map_err(|e| format!("{url}: {e}"))?;
    answer.body_mut().read_to_string().map_err(|e| e.to_string())
}

fn json(url: &str) -> Result<Value, String> {
    serde_json::from_str(&get(url)?).map_err(|e| format!("{url}: {e}"))
}

/// Looks until there is something, or says what was there last.
fn until<T>(mut look: impl FnMut() -> Result<T, String>) -> T {
    let mut last = String::new();
    for _ in 0..LOOKS {
        match look() {
            Ok(found) => return found,
            Err(missing) => last = missing,
        }
        sleep(Duration::from_millis(100));
    }
    panic!("{last}");
}

/// A demo and the Prometheus that scrapes it.
struct Room {
    demo: String,
    prometheus: String,
    _processes: [Running; 2],
    _folder: tempfile::TempDir,
}

impl Room {
    fn start() -> Option<Self> {
        let mut prometheus = debian("prometheus")?;
        let (demo_port, port) = (free_port(), free_port());
        let demo = Command::new(env!("CARGO_BIN_EXE_lantian"))
            .args(["demo", "--speed", "3600", "--port", &demo_port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let folder = tempfile::tempdir().unwrap();
        configure(folder.path(), demo_port);
        prometheus
            .arg(format!("--config.file={}", folder.path().join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let processes = [Running(demo.unwrap()), Running(prometheus.spawn().unwrap())];
        let (demo, prometheus) =
            (format!("http://127.0.0.1:{demo_port}"), format!("http://127.0.0.1:{port}"));
        Some(Self { demo, prometheus, _processes: processes, _folder: folder })
    }

    /// The simulated day, once four days of air are there: then a warning is recommended.
    fn filled(&self) -> String {
        until(|| {
            let latest = json(&format!("{}/api/v1/areas/dalian/latest", self.demo))?;
            let now = text(&latest["now"]).get(..10).unwrap_or_default();
            if now >= "2026-12-18" { Ok(now.to_owned()) } else { Err(format!("now: {now}")) }
        })
    }

    fn query(&self, expr: &str) -> Result<Vec<Value>, String> {
        let expr = utf8_percent_encode(expr, NON_ALPHANUMERIC);
        let answer = json(&format!("{}/api/v1/query?query={expr}", self.prometheus))?;
        Ok(list(&answer["data"]["result"]).to_vec())
    }
}

/// The shipped configuration, but faster, and of the demo's port.
fn configure(folder: &Path, port: u16) {
    let shipped = root().join("config/prometheus");
    for rules in ["records.yml", "alerts.yml"] {
        std::fs::copy(shipped.join(rules), folder.join(rules)).unwrap();
    }
    let config = std::fs::read_to_string(shipped.join("prometheus.yml")).unwrap();
    let faster = config.replace("15s", "1s").replace("scrape_timeout: 10s", "scrape_timeout: 1s");
    let config = faster.replace("localhost:8080", &format!("127.0.0.1:{port}"));
    assert!(config.contains("scrape_interval: 1s"), "{config}");
    std::fs::write(folder.join("prometheus.yml"), config).unwrap();
}

/// With the values that Grafana would put in; of the demo's area and of days that it has.
fn filled_in(asked: &str, today: &str) -> String {
    let mut text = asked.to_owned();
    for (variable, value) in [
        ("${__from:date:YYYY-MM-DD}", "2026-12-14"),
        ("${__to:date:YYYY-MM-DD}", today),
        ("${area:percentencode}", "dalian"),
        ("${set:percentencode}", "dalian"),
        ("${station:percentencode}", "1109A"),
        ("${station}", "1109A"),
        ("$__rate_interval", "20s"),
        ("$instance", ".+"),
        ("$station", "1109A"),
        ("$area", "dalian"),
        ("$job", ".+"),
        ("$set", "dalian"),
    ] {
        text = text.replace(variable, value);
    }
    assert!(!text.contains('$'), "a variable that nobody fills in: {text}");
    text
}

/// What a path of gjson finds: names, places, `#` for how many, `@values`, `@keys`, and `#(name=="value")`.
fn select<'a>(of: &'a Value, path: &str) -> Option<std::borrow::Cow<'a, Value>> {
    use std::borrow::Cow;
    if path.is_empty() {
        return Some(Cow::Borrowed(of));
    }
    if let Some(condition) = path.strip_prefix("#(") {
        let (condition, rest) = condition.split_once(')')?;
        let (name, value) = condition.split_once("==")?;
        let value = value.trim_matches('"');
        let fits =
            |row: &&Value| select(row, name).is_some_and(|found| found.as_str() == Some(value));
        return select(list(of).iter().find(fits)?, rest.trim_start_matches('.'));
    }
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let next = match (first, of) {
        ("#", Value::Array(rows)) => return Some(Cow::Owned(rows.len().into())),
        ("@values", Value::Object(all)) => {
            let values = Value::Array(all.values().cloned().collect());
            return select(&values, rest).map(|found| Cow::Owned(found.into_owned()));
        }
        ("@keys", Value::Object(all)) => {
            let keys = Value::Array(all.keys().map(|key| key.as_str().into()).collect());
            return select(&keys, rest).map(|found| Cow::Owned(found.into_owned()));
        }
        (place, Value::Array(rows)) => rows.get(place.parse::<usize>().ok()?)?,
        (name, of) => of.get(name)?,
    };
    select(next, rest)
}

/// Columns that may be empty in the demo: nobody acts in it, and a level is reached for a while only.
const EMPTY_IN_THE_DEMO: [&str; 7] = [
    "reason",
    "person",
    "drill",
    "stage_zh",
    "rest_mean_max",
    "recommended.level",
    "recommended.basis",
];

/// The rows that the API gives for a target of a panel.
fn rows_of_the_api(room: &Room, target: &Value, today: &str) -> Result<(), String> {
    let path = filled_in(text(&target["url"]), today);
    let answer = json(&format!("{}{}", room.demo, utf8_percent_encode(&path, OF_URL)))?;
    let root = filled_in(text(&target["root_selector"]), today);
    let found = select(&answer, &root).ok_or_else(|| format!("{path}: no {root:?}"))?;
    let rows = match &*found {
        Value::Array(rows) => rows.clone(),
        one => vec![one.clone()],
    };
    if rows.is_empty() {
        return Err(format!("{path}: no rows in {root:?}"));
    }
    for column in list(&target["columns"]) {
        let selector = text(&column["selector"]);
        let values: Vec<_> = rows.iter().filter_map(|row| select(row, selector)).collect();
        let values: Vec<_> = values.iter().filter(|value| !value.is_null()).collect();
        if values.is_empty() && !EMPTY_IN_THE_DEMO.contains(&selector) {
            return Err(format!("{path}: nothing in {selector}"));
        }
        for value in values {
            let fits = match text(&column["type"]) {
                "number" => value.is_number() || text(value).parse::<f64>().is_ok(),
                "timestamp" => text(value).starts_with("20"),
                _ => value.is_string() || value.is_boolean(),
            };
            if !fits {
                return Err(format!("{path}: {selector} is {value}"));
            }
        }
    }
    Ok(())
}

#[test]
fn every_panel_shows_something_of_the_demo() {
    let Some(room) = Room::start() else { return };
    let today = room.filled();
    let (all, mut asked) = (shipped(), 0);
    for (name, panel) in panels(&all) {
        for target in list(&panel["targets"]) {
            asked += 1;
            until(|| {
                if target["expr"].is_null() {
                    return rows_of_the_api(&room, target, &today)
                        .map_err(|e| format!("{name}: {e}"));
                }
                let expr = filled_in(text(&target["expr"]), &today);
                let found = room.query(&expr).map_err(|e| format!("{name}: {e}"))?;
                if found.is_empty() { Err(format!("{name}: nothing for {expr}")) } else { Ok(()) }
            });
        }
    }
    assert!(asked > 250, "{asked}");
    variables(&room, &all);
    rules(&room);
    exposition(&room);
}

/// What people choose from is there.
fn variables(room: &Room, all: &[(String, Value)]) {
    for (name, dashboard) in all {
        for variable in list(&dashboard["templating"]["list"]) {
            let query = text(&variable["query"]["query"]);
            let asked = query
                .strip_prefix("query_result(")
                .or_else(|| query.strip_prefix("label_values("))
                .and_then(|inside| inside.strip_suffix(')'));
            let Some(asked) = asked else { continue };
            let of_label = asked.rsplit_once(", ").filter(|_| query.starts_with("label"));
            let expr = of_label.map_or(asked, |(series, _)| series);
            let found = until(|| room.query(&filled_in(expr, "")));
            assert!(!found.is_empty(), "{name}: nothing to choose from in {query}");
        }
    }
}

/// Every rule is evaluated without a fault, and its expression can be asked for.
fn rules(room: &Room) {
    let groups = until(|| {
        let answer = json(&format!("{}/api/v1/rules", room.prometheus))?;
        let groups = list(&answer["data"]["groups"]).to_vec();
        let waits = groups.iter().flat_map(|g| list(&g["rules"])).any(|r| r["health"] == "unknown");
        if groups.is_empty() || waits {
            Err(format!("not evaluated: {groups:?}"))
        } else {
            Ok(groups)
        }
    });
    let mut seen = 0;
    for rule in groups.iter().flat_map(|group| list(&group["rules"])) {
        assert_eq!(rule["health"], "ok", "{rule}");
        room.query(text(&rule["query"])).unwrap();
        if rule["type"] == "recording" {
            let name = text(&rule["name"]);
            until(|| match room.query(name)?.is_empty() {
                true => Err(format!("nothing is recorded as {name}")),
                false => Ok(()),
            });
        }
        seen += 1;
    }
    assert_eq!(seen, super::rules::alerts().len() + 4, "rules");
}

/// Names, types and help as Prometheus wants them.
fn exposition(room: &Room) {
    let Some(mut promtool) = debian("promtool") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("metrics");
    std::fs::write(&file, get(&format!("{}/metrics", room.demo)).unwrap()).unwrap();
    let read = std::fs::File::open(&file).unwrap();
    ends_well(promtool.args(["check", "metrics"]).stdin(read));
}

#[test]
fn paths_of_gjson_are_read() {
    let of: Value = serde_json::from_str(
        r#"{"a":[{"k":{"n":"x"},"z":{"":[1,2]}},{"k":{"n":"y"},"z":{"":[3]}}]}"#,
    )
    .unwrap();
    let found = |path: &str| select(&of, path).map(std::borrow::Cow::into_owned);
    assert_eq!(found("a.#(k.n==\"y\").z.@values.0"), Some(serde_json::json!([3])));
    assert_eq!(found("a.1.z.@keys.0"), Some("".into()));
    assert_eq!(found("a.#"), Some(2.into()));
    assert_eq!(found("a.1.k.n"), Some("y".into()));
    assert_eq!(found("a.#(k.n==\"q\").z"), None);
}
