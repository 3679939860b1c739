//! From an hour or a forecast in hand to its recommendation on disk: decoding, figures, evaluation and the
//! commit that makes all of it durable; beside the same without rules of warnings.
//!
//! `cargo bench --bench warning -- [STATIONS [DAYS]]`
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::disallowed_methods, reason = "a bench measures time")]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use hdrhistogram::Histogram;
use lantian::area::{AreaId, Registry, Span, Station, StationKind};
use lantian::config::warning_rules;
use lantian::observation::StationId;
use lantian::pipeline::{Batch, Input, Message, Params, Pipeline, WarningParams};
use lantian::store::{AreaCommit, Commit, InputLog, Rules, Sqlite, Store};
use lantian::time::{Day, Hour};

/// What came of a batch, by what it was.
struct Times {
    recommended_by_air: Histogram<u64>,
    recommended_by_forecast: Histogram<u64>,
    all: Histogram<u64>,
}

struct Area {
    registry: Arc<Registry>,
    pipeline: Pipeline,
    store: Sqlite,
    rules: Option<[u8; 32]>,
}

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let given = |at: usize, default| numbers.get(at).copied().unwrap_or(default);
    let (stations, days) = (given(0, 200), given(1, 120));
    println!("{stations} stations, {days} days, microseconds from hand to disk");
    println!("{:<44}{:>8}{:>10}{:>10}{:>10}{:>10}", "", "count", "p50", "p99", "p99.9", "max");
    let rules = warning_rules("2024", Path::new("")).expect("built in");
    let warning = WarningParams { rules, zones: Vec::new() };
    let with = run(stations, days, Some(warning));
    let without = run(stations, days, None);
    row("an hour that brings a recommendation", &with.recommended_by_air);
    row("a forecast that brings a recommendation", &with.recommended_by_forecast);
    row("every hour and forecast", &with.all);
    row("the same without rules of warnings", &without.all);
}

fn row(name: &str, times: &Histogram<u64>) {
    let at = |q| times.value_at_quantile(q);
    let (p50, p99, p999) = (at(0.5), at(0.99), at(0.999));
    println!("{name:<44}{:>8}{p50:>10}{p99:>10}{p999:>10}{:>10}", times.len(), times.max());
}

/// Days of heavy and of clean air by turns, and on every fourth clean day a forecast of heavy ones that the
/// next forecast takes back.
fn run(stations: usize, days: usize, warning: Option<WarningParams>) -> Times {
    let directory = tempfile::tempdir().expect("a directory");
    let mut area = Area::new(stations, warning, &directory.path().join("bench.sqlite"));
    let histogram = || Histogram::new(3).expect("three digits");
    let mut times = Times {
        recommended_by_air: histogram(),
        recommended_by_forecast: histogram(),
        all: histogram(),
    };
    let first = Day::of(2026, 4, 1).expect("a day");
    for n in 0..i32::try_from(days).expect("few") {
        let heavy = n % 4 >= 2;
        for hour in (0..24).map(|h| first.plus(n).hour(h)) {
            let (took, batch) = area.hour(hour, if heavy { 170 } else { 40 });
            times.all.record(took).expect("in range");
            if recommends(&batch) {
                times.recommended_by_air.record(took).expect("in range");
            }
            if n % 4 == 1 && hour.of_day() % 8 == 7 {
                let worse = hour.of_day() % 16 == 7;
                let (took, batch) = area.forecast(hour, if worse { 230 } else { 60 });
                times.all.record(took).expect("in range");
                if recommends(&batch) {
                    times.recommended_by_forecast.record(took).expect("in range");
                }
            }
        }
    }
    times
}

fn recommends(batch: &Batch) -> bool {
    batch.records.iter().any(|record| record.body.kind() == "recommended")
}

impl Area {
    fn new(stations: usize, warning: Option<WarningParams>, path: &Path) -> Self {
        let station = |n: usize| Station {
            id: StationId::new(&format!("S{n:04}")).expect("legal"),
            name: format!("S{n:04}"),
            position: None,
            district: String::new(),
            kind: StationKind::National,
            assessed: true,
            valid: Span::default(),
        };
        let area = AreaId::new("x").expect("legal");
        let all = (0..stations).map(station).collect();
        let registry = Arc::new(Registry::new(area, "某市".into(), all).expect("distinct"));
        let params = Params { warning, ..Params::default() };
        let mut store = Sqlite::open(path).expect("opened");
        let rules = Rules::new((*registry).clone(), params.clone(), vec!["feed".into()]);
        let rules = store.adopt(&rules, Hour::default().start()).expect("adopted");
        let tables = store.tables(&registry).expect("read");
        let pipeline = Pipeline::rebuild(Arc::clone(&registry), params, &tables).expect("empty");
        Self { registry, pipeline, store, rules: Some(rules) }
    }

    /// All stations report an hour, two minutes after it.
    fn hour(&mut self, hour: Hour, pm2_5: u32) -> (u64, Batch) {
        let start = hour.start();
        let messages: Vec<(String, String)> = self
            .registry
            .stations
            .iter()
            .map(|station| {
                let values = format!(
                    r#""pm2_5":{pm2_5},"pm10":{},"so2":9,"no2":31,"co":0.8,"o3":44"#,
                    pm2_5 + 20
                );
                let payload = format!(
                    r#"{{"station":"{0}","period":"PT1H","time":"{start}","values":{{{values}}}}}"#,
                    station.id
                );
                (format!("aq/x/{}/obs", station.id), payload)
            })
            .collect();
        self.take(hour.end().plus_minutes(2), &messages)
    }

    /// An office issues three days from the next one on.
    fn forecast(&mut self, hour: Hour, aqi: u32) -> (u64, Batch) {
        let issued = hour.end().plus_minutes(3);
        let days: Vec<String> = (1..4)
            .map(|n| {
                let day = hour.day().plus(n);
                format!(r#"{{"date":"{day}","aqi":[{aqi},{aqi}],"primary":["pm2_5"]}}"#)
            })
            .collect();
        let days = days.join(",");
        let payload = format!(r#"{{"office":"市监测中心","issued":"{issued}","days":[{days}]}}"#);
        self.take(issued, &[("aq/x/forecast".to_owned(), payload)])
    }

    /// From the messages in hand to their commit.
    fn take(&mut self, now: lantian::time::Instant, messages: &[(String, String)]) -> (u64, Batch) {
        let begun = Instant::now();
        let mut log = InputLog::default();
        if let Some(rules) = self.rules.take() {
            log.rules(&rules);
        }
        log.now(now);
        let message = |(topic, payload): &(String, String)| {
            // What a feed lends for the length of a call lives long enough here, too.
            (topic.clone(), payload.clone().into_bytes())
        };
        let owned: Vec<(String, Vec<u8>)> = messages.iter().map(message).collect();
        let inputs: Vec<Input<'_>> = owned
            .iter()
            .map(|(topic, payload)| {
                Input::Message(Message { feed: 0, topic, payload, length: payload.len() })
            })
            .collect();
        for input in &inputs {
            if let Input::Message(message) = input {
                log.message(message);
            }
        }
        let mut batch = Batch::default();
        let Self { registry, pipeline, store, .. } = self;
        let load = |days: &[Day]| store.days(registry, days);
        pipeline.handle_loading(now, &inputs, &mut batch, load).expect("read");
        self.pipeline.settle(&mut batch);
        let (area, taken) = (self.registry.area.clone(), Vec::new());
        let commit = AreaCommit { area, batch: batch.clone(), inputs: log.take(), taken };
        self.store.commit(&Commit::of(commit)).expect("committed");
        let took = u64::try_from(begun.elapsed().as_micros()).expect("short");
        (took, batch)
    }
}
