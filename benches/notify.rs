//! From the commit that holds a message to the first byte of it at its receiver: a daemon in this process, a
//! person's act over the API, a plain TCP receiver on the same machine.
//!
//! The commit is seen by the picture that it releases, the instant before its messages go to the senders.
//! Beside it what one call of the sender takes by itself, which is the floor.
//!
//! `cargo bench --bench notify -- [MESSAGES]`
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::disallowed_methods, reason = "a bench measures time")]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use lantian::delivery::{Channel, Letter};
use lantian::store::Role;
use lantian::{app, clock, config, http, paper, store, workbook};
use tokio_util::sync::CancellationToken;

const TOKEN: &str = "a token of the bench";

fn main() {
    let count = std::env::args().find_map(|a| a.parse().ok()).unwrap_or(500);
    let (port, bytes) = receiver();
    let directory = tempfile::tempdir().expect("a directory");
    let setup = write_files(directory.path(), port);
    println!("{count} messages, microseconds");
    println!("{:<44}{:>8}{:>10}{:>10}{:>10}{:>10}", "", "count", "p50", "p99", "p99.9", "max");
    row("the sender by itself, to the first byte", &floor(directory.path(), &bytes, count));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let [from_commit, from_act] = runtime.block_on(daemon(setup, bytes, count));
    row("from the commit to the first byte", &from_commit);
    row("from the act over the API to the first byte", &from_act);
}

fn row(name: &str, times: &Histogram<u64>) {
    let at = |q| times.value_at_quantile(q);
    let (p50, p99, p999) = (at(0.5), at(0.99), at(0.999));
    println!("{name:<44}{:>8}{p50:>10}{p99:>10}{p999:>10}{:>10}", times.len(), times.max());
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000, 3).expect("bounds")
}

fn note(times: &mut Histogram<u64>, span: Duration) {
    let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
    times.record(micros.max(1)).expect("within bounds");
}

/// Takes every message; tells when its first byte came.
fn receiver() -> (u16, mpsc::Receiver<Instant>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (tell, bytes) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let tell = tell.clone();
            std::thread::spawn(move || take(stream, &tell));
        }
    });
    (port, bytes)
}

fn take(mut stream: TcpStream, tell: &mpsc::Sender<Instant>) {
    let mut got = Vec::new();
    let mut buffer = [0_u8; 65_536];
    loop {
        let Ok(n) = stream.read(&mut buffer) else { return };
        if n == 0 {
            return;
        }
        if got.is_empty() {
            let _ = tell.send(Instant::now());
        }
        got.extend_from_slice(&buffer[..n]);
        let text = String::from_utf8_lossy(&got).to_ascii_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.split("content-length:").nth(1).and_then(|l| l.lines().next());
        let length: usize = length.and_then(|l| l.trim().parse().ok()).unwrap_or(0);
        if body.len() >= length {
            got.clear();
            if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").is_err() {
                return;
            }
        }
    }
}

/// One call of the sender after the other.
fn floor(files: &Path, bytes: &mpsc::Receiver<Instant>, count: usize) -> Histogram<u64> {
    let notify = config::notify(&files.join("notify.toml")).expect("legal");
    let channel = Channel::new(&notify.channels[0]).expect("a channel");
    let mut times = histogram();
    for n in 0..count {
        let letter = Letter {
            key: format!("bench/{n}"),
            kind: "test".to_owned(),
            title: "通道测试".to_owned(),
            text: "这是通道测试，收到即说明通道可用，无需处理。".to_owned(),
            short: "通道测试".to_owned(),
            variables: BTreeMap::new(),
            to: Vec::new(),
            body: serde_json::json!({ "title": "通道测试", "number": n }),
            at: clock::now(),
        };
        let begun = Instant::now();
        let outcome = channel.send(&letter);
        assert_eq!(outcome.name(), "accepted", "{outcome:?}");
        note(&mut times, bytes.recv().expect("a byte") - begun);
    }
    times
}

/// The files of a daemon with one station, one channel and nobody who sends air.
fn write_files(at: &Path, port: u16) -> app::Setup {
    let write = |name: &str, text: &str| std::fs::write(at.join(name), text).expect("written");
    let head = "station,name,lat,lon,area,district,kind,assessed\n";
    write("stations.csv", &format!("{head}s0,站0,,,x,某区,national,true\n"));
    write(
        "roster.toml",
        "[[shift]]\nname = \"全天\"\nfrom = \"08:30\"\n[[person]]\nid = \"a\"\nname = \"张伟\"\n",
    );
    write(
        "notify.toml",
        &format!(
            "roster_file = \"roster.toml\"\n[[channel]]\nname = \"hook\"\nkind = \"webhook\"\n\
             url = \"http://127.0.0.1:{port}/\"\n[[route]]\nkinds = [\"test\"]\n\
             send = [{{ to = [\"a\"], by = [\"hook\"] }}]\n"
        ),
    );
    write(
        "lantian.toml",
        "stations_file = \"stations.csv\"\nnotify_file = \"notify.toml\"\n\
         [store]\npath = \"air.sqlite\"\n[http]\nlisten = \"127.0.0.1:0\"\n\
         [[feed]]\nname = \"city\"\nbroker = \"mqtt://127.0.0.1:9\"\nclient_id = \"bench\"\n\
         areas = [\"x\"]\nhour_label = \"begin\"\n[heartbeat]\nevery_s = 0\n",
    );
    let config = config::load(&at.join("lantian.toml")).expect("legal");
    let opened = store::Sqlite::open(&config.store.path).expect("opened");
    opened.add_token(TOKEN, "王值班", Role::Operator, clock::now()).expect("a token");
    let feed = |of: config::FeedConfig| app::FeedSetup {
        connection: of.ingest,
        areas: of.areas,
        format: of.format,
    };
    app::Setup {
        areas: config.areas.into_iter().map(|of| of.registry).collect(),
        feeds: config.feeds.into_iter().map(feed).collect(),
        params: config.pipeline,
        lists: Arc::new(http::Lists {
            targets: config.targets,
            resampling: config.resampling,
            ranks: config.ranks,
            seasons: config.seasons,
            dust: config.dust,
            measures: config.measures,
            refused: Vec::new(),
            district_report_due: config.district_report_due,
            read_sheets: workbook::sheets_in,
            evidence: config.evidence,
            reports: config.reports,
            render_paper: paper::render,
        }),
        store: config.store.path,
        group: app::GroupCommit { max_messages: 4096, max_ms: 50 },
        http: config.http,
        stop_within: Duration::from_secs(20),
        heartbeat: None,
        notify: config.notify,
        follow: false,
        simulated: false,
    }
}

/// Acts one after the other, each when the message of the one before has come.
async fn daemon(
    setup: app::Setup,
    bytes: mpsc::Receiver<Instant>,
    count: usize,
) -> [Histogram<u64>; 2] {
    let daemon = app::Daemon::prepare(setup).await.expect("prepared");
    let url = format!("http://{}/api/v1/notices/test", daemon.address());
    let (mut views, mut started) = (daemon.views(), daemon.views());
    let (committed, commits) = mpsc::channel();
    tokio::spawn(async move {
        let mut last = 0;
        while views.changed().await.is_ok() {
            let at = Instant::now();
            let number = views.borrow().areas.first().map_or(0, |area| area.notices.last);
            if number != last {
                let _ = committed.send(at);
            }
            last = number;
        }
    });
    let cancel = CancellationToken::new();
    let running = tokio::spawn(daemon.run(cancel.clone()));
    drop(started.wait_for(|view| !view.areas.is_empty()).await.expect("a picture"));
    let acting = tokio::task::spawn_blocking(move || {
        let (mut from_commit, mut from_act) = (histogram(), histogram());
        let body = serde_json::json!({ "to": ["a"], "by": ["hook"] }).to_string();
        for _ in 0..count {
            while commits.try_recv().is_ok() {}
            let begun = Instant::now();
            let posted = ureq::post(&url)
                .header("authorization", &format!("Bearer {TOKEN}"))
                .header("content-type", "application/json")
                .send(&body);
            assert!(posted.is_ok(), "{posted:?}");
            let byte = bytes.recv().expect("a byte");
            let commit = commits.recv_timeout(Duration::from_secs(5)).expect("a commit");
            note(&mut from_commit, byte.saturating_duration_since(commit));
            note(&mut from_act, byte - begun);
            // The outcome is committed and shown before the next one, as on a quiet night.
            std::thread::sleep(Duration::from_millis(160));
        }
        [from_commit, from_act]
    });
    let times = acting.await.expect("acted");
    cancel.cancel();
    running.await.expect("joined").expect("ended");
    times
}
