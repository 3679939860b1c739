//! Messages over MQTT, in alternating runs: the whole daemon, durable; `ingest` with a consumer that
//! commits at once; and the ceiling, a subscriber that does nothing but acknowledge.
//!
//! `cargo bench --bench ingest -- [MESSAGES [RUNS [WINDOW]]] [direct|mosquitto]`
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::disallowed_methods, reason = "a bench measures time")]
#![expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]

#[path = "mqtt/harness.rs"]
mod mqtt;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use lantian::ingest::{self, Config, Event, Metrics, Protocol};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use mqtt::{Figure, Null, Process, Running, Subject, Workload, median};

/// `ingest::run`, and a thread in place of the engine that commits what it receives.
struct Ingest {
    protocol: Protocol,
    window: u16,
}

impl Subject for Ingest {
    fn name(&self) -> String {
        format!("ingest {:?}", self.protocol).to_lowercase()
    }

    fn start(&self, port: u16) -> Running {
        let broker = format!("mqtt://127.0.0.1:{port}").parse().expect("a broker");
        let mut config = Config::new("bench", broker, "ingest", vec!["aq/210200/#".into()]);
        config.protocol = self.protocol;
        config.inflight = self.window;
        let (to_engine, mut arrivals) = ingest::channel(std::slice::from_ref(&config));
        let (commit, committed) = watch::channel(0);
        let metrics = Metrics::register(&prometheus::Registry::new()).expect("fresh names");
        let (taken, cancel) = (Arc::new(AtomicU64::new(0)), CancellationToken::new());
        let (count, token) = (taken.clone(), cancel.clone());
        let engine = thread::spawn(move || {
            let mut waiting = Vec::new();
            while arrivals.blocking_recv_many(&mut waiting, 256) > 0 {
                for arrival in waiting.drain(..) {
                    if let Event::Messages(messages) = arrival.event {
                        count.fetch_add(messages.len() as u64, Ordering::Relaxed);
                        let last = messages.last().map_or(0, |m| m.ticket.number);
                        commit.send_replace(last);
                    }
                }
            }
        });
        let feed = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .expect("a runtime");
            let run = runtime.spawn(ingest::run(config, to_engine, committed, token, metrics));
            runtime.block_on(run).expect("no panic").expect("a feed without fault");
        });
        let stop = move || {
            cancel.cancel();
            feed.join().expect("the feed ends");
            engine.join().expect("the engine ends");
        };
        Running {
            process: Process::This,
            taken: Some(Box::new(move || taken.load(Ordering::Relaxed))),
            stop: Box::new(stop),
        }
    }
}

/// The daemon as it is run, with a store on disk, following the beacons.
struct Daemon {
    protocol: Protocol,
    window: u16,
    stations: usize,
}

impl Subject for Daemon {
    fn name(&self) -> String {
        format!("daemon {:?}", self.protocol).to_lowercase()
    }

    fn start(&self, port: u16) -> Running {
        let codes = Workload::codes(self.stations);
        let daemon =
            mqtt::Daemon::start(port, Workload::AREA, &codes, (self.protocol, self.window));
        let (id, http) = (daemon.process.id(), daemon.http);
        let acks = move || {
            thread::sleep(Duration::from_millis(10));
            let text = mqtt::get(http, "/metrics");
            let line = text.lines().find_map(|l| l.strip_prefix("lantian_ingest_acks_total "));
            line.and_then(|value| value.parse().ok()).unwrap_or(0)
        };
        let stop = move || daemon.stop();
        Running { process: Process::Other(id), taken: Some(Box::new(acks)), stop: Box::new(stop) }
    }
}

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let given = |at: usize, default| numbers.get(at).copied().unwrap_or(default);
    let (count, runs) = (given(0, 500_000), given(1, 5));
    let window = u16::try_from(given(2, 1000)).expect("a window of 16 bits");
    let workload = Workload::hours(100, count);
    println!("{} messages of 100 stations, window {window}, median of {runs} runs", workload.len());
    let stations = 100;
    let subjects: [Box<dyn Subject>; 6] = [
        Box::new(Null { v5: true, window }),
        Box::new(Ingest { protocol: Protocol::V5, window }),
        Box::new(Daemon { protocol: Protocol::V5, window, stations }),
        Box::new(Null { v5: false, window }),
        Box::new(Ingest { protocol: Protocol::V4, window }),
        Box::new(Daemon { protocol: Protocol::V4, window, stations }),
    ];
    let only = |way: &str| std::env::args().any(|argument| argument == way);
    if !only("mosquitto") {
        table("direct", &subjects, runs, |s| Some(mqtt::direct(&workload, window.into(), s)));
    }
    if !only("direct") {
        let fewer = Workload::hours(100, count / 5);
        table("through Mosquitto", &subjects, runs, |s| {
            mqtt::through_mosquitto(&fewer, window.into(), s)
        });
    }
}

/// Runs the subjects in turn and prints medians; each pair beside the ceiling before it.
fn table(
    way: &str,
    subjects: &[Box<dyn Subject>],
    runs: usize,
    run: impl Fn(&dyn Subject) -> Option<Figure>,
) {
    let mut figures: Vec<Vec<Figure>> = vec![Vec::new(); subjects.len()];
    for _ in 0..runs {
        for (subject, figures) in subjects.iter().zip(&mut figures) {
            let Some(figure) = run(&**subject) else {
                println!("{way}: skipped, no mosquitto on this machine");
                return;
            };
            figures.push(figure);
        }
    }
    println!("{way:<22} {:>12} {:>10} {:>14}", "messages/s", "of null", "CPU s/million");
    for (pair, figures) in subjects.chunks(3).zip(figures.chunks(3)) {
        let ceiling = median(&figures[0]).rate;
        for (subject, figures) in pair.iter().zip(figures) {
            let Figure { rate, cpu_s_per_million } = median(figures);
            let share = rate / ceiling;
            let name = subject.name();
            println!("  {name:<20} {rate:>12.0} {share:>10.2} {cpu_s_per_million:>14.2}");
        }
    }
}
