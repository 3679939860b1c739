//! From bytes to durable figures, without a broker: decoding, decoding and the pipeline, and both with the
//! store; each beside its ceiling, in alternating runs.
//!
//! `cargo bench --bench pipeline -- [MESSAGES [RUNS [STATIONS]]]`
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::disallowed_methods, reason = "a bench measures time")]
#![expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
#![allow(dead_code, reason = "the workload and the clocks are shared with the bench over MQTT")]

#[path = "mqtt/usage.rs"]
mod usage;
#[path = "mqtt/workload.rs"]
mod workload;

use std::hint::black_box;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use lantian::area::{AreaId, Registry, Span, Station, StationKind};
use lantian::observation::{FeedFormat, StationId, decode};
use lantian::pipeline::{Batch, Input, LoadedDays, Message, Params, Pipeline};
use lantian::store::{AreaCommit, Commit, InputLog, Sqlite, Store};
use lantian::time::Instant as Time;

use usage::Process;
use workload::Workload;

/// Messages of one commit.
const BATCH: usize = 4096;
/// Commits on their way at once.
const IN_FLIGHT: usize = 4;

/// The least that any program must do with a message of this shape.
#[derive(serde::Deserialize)]
struct Plain<'a> {
    station: &'a str,
    period: &'a str,
    time: &'a str,
    revision: u32,
    #[serde(borrow)]
    values: Values<'a>,
}

#[derive(serde::Deserialize)]
struct Values<'a> {
    pm2_5: f64,
    pm10: f64,
    so2: f64,
    no2: f64,
    co: f64,
    o3: f64,
    unit: Option<&'a str>,
}

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let given = |at: usize, default| numbers.get(at).copied().unwrap_or(default);
    let (count, runs, stations) = (given(0, 1_000_000), given(1, 5), given(2, 100));
    let workload = Workload::hours(stations, count);
    println!("{} messages of {stations} stations, median of {runs} runs", workload.len());
    let registry = Arc::new(registry(stations));
    let stages: [(&str, &str, &dyn Fn()); 4] = [
        ("serde_json, plain struct", "", &|| parse_plain(&workload)),
        ("decode", "serde_json, plain struct", &|| decode_all(&workload)),
        ("decode + pipeline", "decode", &|| {
            let _ = run_pipeline(&workload, &registry, |_| {});
        }),
        ("decode + pipeline + store", "decode + pipeline", &|| run_store(&workload, &registry)),
    ];
    let mut figures = vec![Vec::new(); stages.len()];
    for _ in 0..runs {
        for ((_, _, stage), figures) in stages.iter().zip(&mut figures) {
            let (cpu, begun) = (Process::This.seconds(), Instant::now());
            stage();
            let rate = workload.len() as f64 / begun.elapsed().as_secs_f64();
            let cpu = (Process::This.seconds() - cpu) * 1e6 / workload.len() as f64;
            figures.push((rate, cpu));
        }
    }
    println!("{:<28} {:>12} {:>14} {:>10}", "", "messages/s", "CPU s/million", "of ceiling");
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let rates: Vec<f64> =
        figures.iter().map(|f| median(f.iter().map(|(rate, _)| *rate).collect())).collect();
    for (at, (name, ceiling, _)) in stages.iter().enumerate() {
        let cpu = median(figures[at].iter().map(|(_, cpu)| *cpu).collect());
        let of = stages.iter().position(|(other, _, _)| other == ceiling);
        let share = of.map_or(String::new(), |of| format!("{:.2}", rates[at] / rates[of]));
        println!("{name:<28} {:>12.0} {cpu:>14.2} {share:>10}", rates[at]);
    }
}

fn parse_plain(workload: &Workload) {
    for at in 0..workload.len() {
        let (topic, payload) = workload.message(at);
        if topic.ends_with("/obs") {
            let plain: Plain<'_> = serde_json::from_slice(payload).expect("legal");
            black_box(&plain);
        }
    }
}

fn decode_all(workload: &Workload) {
    let format = FeedFormat::default();
    for at in 0..workload.len() {
        let (topic, payload) = workload.message(at);
        if topic.ends_with("/obs") {
            black_box(decode(payload, &format).expect("legal"));
        }
    }
}

fn registry(stations: usize) -> Registry {
    let station = |code: String| Station {
        id: StationId::new(&code).expect("legal"),
        name: code,
        position: None,
        district: String::new(),
        kind: StationKind::National,
        assessed: true,
        valid: Span::default(),
    };
    let area = AreaId::new(Workload::AREA).expect("legal");
    let stations = Workload::codes(stations).into_iter().map(station).collect();
    Registry::new(area, "bench".into(), stations).expect("distinct")
}

/// Runs every message through decoding and pipeline, at the time that the beacons say.
fn run_pipeline(
    workload: &Workload,
    registry: &Arc<Registry>,
    mut sealed: impl FnMut((Batch, InputLog)),
) -> Pipeline {
    let tables = lantian::pipeline::Tables::default();
    let mut pipeline =
        Pipeline::rebuild(Arc::clone(registry), Params::default(), &tables).expect("empty");
    let (mut batch, mut log, mut held) = (Batch::default(), InputLog::default(), 0);
    let mut now = Time::from_millis(0);
    let mut inputs: Vec<Input<'_>> = Vec::new();
    let handle = |pipeline: &mut Pipeline, now, inputs: &[Input<'_>], batch: &mut Batch| {
        pipeline.handle(now, inputs, batch);
        while !batch.needs.is_empty() {
            let days = std::mem::take(&mut batch.needs).into_iter().collect();
            let loaded = LoadedDays { days, ..LoadedDays::default() };
            let again: Vec<Input<'_>> =
                std::mem::take(&mut batch.deferred).into_iter().map(|at| inputs[at]).collect();
            pipeline.handle(now, &[Input::Days(&loaded)], batch);
            pipeline.handle(now, &again, batch);
        }
    };
    for at in 0..workload.len() {
        let (topic, payload) = workload.message(at);
        if let Some(beacon) = workload.beacon(at) {
            if !inputs.is_empty() {
                handle(&mut pipeline, now, &inputs, &mut batch);
                inputs.clear();
            }
            now = beacon;
            log.now(now);
        } else {
            let message = Message { feed: 0, topic, payload, length: payload.len() };
            log.message(&message);
            inputs.push(Input::Message(message));
        }
        held += 1;
        if held == BATCH || at + 1 == workload.len() {
            handle(&mut pipeline, now, &inputs, &mut batch);
            inputs.clear();
            pipeline.settle(&mut batch);
            sealed((std::mem::take(&mut batch), std::mem::take(&mut log)));
            held = 0;
        }
    }
    let counts = pipeline.counts();
    assert_eq!(counts.accepted, workload.observations(), "{counts:?}");
    pipeline
}

fn run_store(workload: &Workload, registry: &Arc<Registry>) {
    let directory = tempfile::tempdir().expect("a directory");
    let mut store = Sqlite::open(&directory.path().join("bench.sqlite")).expect("a store");
    store.register(registry).expect("registered");
    let area = registry.area.clone();
    std::thread::scope(|scope| {
        let (commits, work) = sync_channel::<Commit>(IN_FLIGHT);
        let writer = scope.spawn(move || {
            for commit in work {
                store.commit(&commit).expect("committed");
            }
        });
        run_pipeline(workload, registry, |(batch, mut log)| {
            let (area, inputs) = (area.clone(), log.take());
            let part = AreaCommit { area, batch, inputs, taken: Vec::new() };
            commits.send(Commit::of(part)).expect("the writer lives");
        });
        drop(commits);
        writer.join().expect("the writer ends");
    });
}
