//! Laws of `ingest` against a real broker, for MQTT 5.0 and 3.1.1.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use lantian::ingest::{self, Arrival, Config, Event, Message, Metrics, Protocol};
use lantian::telemetry::Secret;
use rumqttc::QoS;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::broker::{Broker, free_port};

const PROTOCOLS: [Protocol; 2] = [Protocol::V5, Protocol::V4];
const TOPIC: &str = "aq/210200/1077A/obs";
const PATIENCE: Duration = Duration::from_secs(30);

/// A feed under test, and the place of the engine.
struct Engine {
    arrivals: mpsc::Receiver<Arrival>,
    commit: watch::Sender<u64>,
    metrics: Metrics,
    cancel: CancellationToken,
    task: JoinHandle<Result<(), ingest::Error>>,
    /// Messages received and not yet asked for.
    waiting: Vec<Message>,
    /// Events about the feed itself, so far.
    states: Vec<Event>,
}

fn config(port: u16, protocol: Protocol) -> Config {
    let broker = format!("mqtt://127.0.0.1:{port}").parse().unwrap();
    let mut config = Config::new("test", broker, "lantian-test", vec!["aq/210200/+/obs".into()]);
    config.protocol = protocol;
    config.inflight = 100;
    config.backoff_min = Duration::from_millis(20);
    config.backoff_max = Duration::from_millis(200);
    config.stop_within = Duration::from_millis(200);
    config
}

impl Engine {
    fn start(config: Config) -> Self {
        let (to_engine, arrivals) = ingest::channel(std::slice::from_ref(&config));
        let (commit, committed) = watch::channel(0);
        let metrics = Metrics::register(&prometheus::Registry::new()).unwrap();
        let cancel = CancellationToken::new();
        let run = ingest::run(config, to_engine, committed, cancel.clone(), metrics.clone());
        let task = tokio::spawn(run);
        Self { arrivals, commit, metrics, cancel, task, waiting: vec![], states: vec![] }
    }

    async fn receive(&mut self) {
        let arrival = timeout(PATIENCE, self.arrivals.recv()).await.expect("nothing arrives");
        match arrival.expect("the feed has ended").event {
            Event::Messages(messages) => self.waiting.extend(messages),
            state => self.states.push(state),
        }
    }

    /// The next messages.
    async fn messages(&mut self, count: usize) -> Vec<Message> {
        while self.waiting.len() < count {
            self.receive().await;
        }
        self.waiting.drain(..count).collect()
    }

    /// Waits for a state of the feed, from the first not yet seen.
    async fn state(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            if let Some(at) = self.states.iter().position(&wanted) {
                return self.states.drain(..=at).next_back().unwrap();
            }
            self.receive().await;
        }
    }

    async fn subscribed(&mut self) {
        self.state(|e| matches!(e, Event::Connected { .. })).await;
        // SUBACK is no event; the persistent session keeps what comes after SUBSCRIBE.
        sleep(Duration::from_millis(150)).await;
    }

    async fn acks(&self, count: u64) {
        let acked = async {
            while self.metrics.acks.get() < count {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, acked).await.expect("acknowledgements");
        assert_eq!(self.metrics.acks.get(), count);
    }

    async fn stop(self) {
        self.cancel.cancel();
        timeout(PATIENCE, self.task).await.unwrap().unwrap().unwrap();
    }

    /// As a crash would: no goodbye, no last acknowledgement.
    async fn crash(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

fn numbered(range: std::ops::Range<usize>) -> impl Iterator<Item = (String, Vec<u8>)> {
    range.map(|n| (TOPIC.to_string(), n.to_string().into_bytes()))
}

fn numbers(messages: &[Message]) -> Vec<usize> {
    messages.iter().map(|m| std::str::from_utf8(&m.payload).unwrap().parse().unwrap()).collect()
}

fn last(messages: &[Message]) -> u64 {
    messages.last().unwrap().ticket.number
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_arrive_once_and_in_order() {
    for protocol in PROTOCOLS {
        let Some(broker) = Broker::start("") else { return };
        let mut engine = Engine::start(config(broker.port, protocol));
        engine.subscribed().await;
        broker.publish(numbered(0..500)).await;
        let mut seen = vec![];
        while seen.len() < 500 {
            let messages = engine.messages(1).await;
            engine.commit.send(last(&messages)).unwrap();
            assert_eq!(&messages[0].topic[..], TOPIC.as_bytes());
            assert_eq!(messages[0].ticket.number, seen.len() as u64 + 1);
            seen.extend(numbers(&messages));
        }
        assert_eq!(seen, (0..500).collect::<Vec<_>>());
        engine.acks(500).await;
        assert_eq!(engine.metrics.reconnects.get(), 0);
        engine.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_acknowledged_before_its_commit_and_all_of_it_after() {
    for protocol in PROTOCOLS {
        let Some(broker) = Broker::start("") else { return };
        let mut first = Engine::start(config(broker.port, protocol));
        first.subscribed().await;
        broker.publish(numbered(0..10)).await;
        first.messages(10).await;
        first.crash().await;

        let mut second = Engine::start(config(broker.port, protocol));
        let again = second.messages(10).await;
        assert_eq!(numbers(&again), (0..10).collect::<Vec<_>>());
        assert!(again.iter().all(|m| m.duplicate), "sent again");
        second.commit.send(4).unwrap();
        second.acks(4).await;
        second.stop().await;

        let mut third = Engine::start(config(broker.port, protocol));
        let rest = third.messages(6).await;
        assert_eq!(numbers(&rest), (4..10).collect::<Vec<_>>());
        third.commit.send(last(&rest)).unwrap();
        third.stop().await;

        let mut fourth = Engine::start(config(broker.port, protocol));
        fourth.subscribed().await;
        broker.publish(numbered(10..11)).await;
        assert_eq!(numbers(&fourth.messages(1).await), [10]);
        fourth.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_waits_for_the_commit_under_way() {
    for protocol in PROTOCOLS {
        let Some(broker) = Broker::start("") else { return };
        let mut config = config(broker.port, protocol);
        config.stop_within = PATIENCE;
        let mut engine = Engine::start(config.clone());
        engine.subscribed().await;
        broker.publish(numbered(0..5)).await;
        let messages = engine.messages(5).await;
        engine.cancel.cancel();
        sleep(Duration::from_millis(100)).await;
        broker.publish(numbered(5..6)).await;
        engine.commit.send(last(&messages)).unwrap();
        let started = Instant::now();
        timeout(PATIENCE, engine.task).await.unwrap().unwrap().unwrap();
        assert!(started.elapsed() < Duration::from_secs(10));

        let mut next = Engine::start(config);
        assert_eq!(numbers(&next.messages(1).await), [5]);
        next.crash().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_restart_loses_nothing_and_old_tickets_acknowledge_nothing() {
    for protocol in PROTOCOLS {
        let Some(mut broker) = Broker::start("") else { return };
        let mut engine = Engine::start(config(broker.port, protocol));
        engine.subscribed().await;
        broker.publish(numbered(0..5)).await;
        let before = engine.messages(5).await;
        broker.stop();
        engine.state(|e| matches!(e, Event::Disconnected { .. })).await;
        broker.run();
        let back = engine.state(|e| matches!(e, Event::Connected { .. })).await;
        assert!(matches!(back, Event::Connected { generation: 2, session_present: true }));
        let again = engine.messages(5).await;
        assert_eq!(numbers(&again), numbers(&before));
        engine.commit.send(last(&before)).unwrap();
        sleep(Duration::from_millis(200)).await;
        assert_eq!(engine.metrics.acks.get(), 0, "tickets of the connection before");
        engine.commit.send(last(&again)).unwrap();
        engine.acks(5).await;
        assert!(engine.metrics.reconnects.get() > 0);

        broker.stop();
        broker.forget();
        broker.run();
        let fresh = |e: &Event| matches!(e, Event::Connected { session_present: false, .. });
        engine.state(fresh).await;
        sleep(Duration::from_millis(150)).await;
        broker.publish(numbered(5..8)).await;
        assert_eq!(numbers(&engine.messages(3).await), [5, 6, 7], "subscribed again");
        engine.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_oversized_payload_is_told_and_acknowledged_and_comes_once() {
    for protocol in PROTOCOLS {
        let Some(broker) = Broker::start("") else { return };
        let mut config = config(broker.port, protocol);
        config.max_payload_bytes = 1000;
        let mut engine = Engine::start(config);
        engine.subscribed().await;
        let sizes = [1000, 1001, 300_000, 10];
        broker.publish(sizes.map(|n| (TOPIC.into(), vec![b'x'; n]))).await;
        let messages = engine.messages(4).await;
        let oversized: Vec<_> = messages.iter().map(|m| m.oversized).collect();
        assert_eq!(oversized, [None, Some(1001), Some(300_000), None]);
        assert!(messages.iter().all(|m| m.payload.len() <= 1024), "only the head is kept");
        engine.commit.send(last(&messages)).unwrap();
        engine.acks(4).await;
        assert_eq!(engine.metrics.oversized.get(), 2);
        assert_eq!(engine.metrics.bytes.get(), 302_011);
        assert_eq!(engine.metrics.reconnects.get(), 0);
        engine.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_messages_than_the_window_and_slow_commits_cost_nothing() {
    for protocol in PROTOCOLS {
        let Some(broker) = Broker::start("max_inflight_messages 10") else { return };
        let mut config = config(broker.port, protocol);
        config.inflight = 10;
        let mut engine = Engine::start(config);
        engine.subscribed().await;
        broker.publish(numbered(0..200)).await;
        let mut seen = vec![];
        while seen.len() < 200 {
            let messages = engine.messages(10).await;
            sleep(Duration::from_millis(5)).await;
            engine.commit.send(last(&messages)).unwrap();
            seen.extend(numbers(&messages));
        }
        assert_eq!(seen, (0..200).collect::<Vec<_>>());
        engine.acks(200).await;
        assert_eq!(engine.metrics.reconnects.get(), 0);
        assert_eq!(engine.metrics.dropped.get(), 0);
        engine.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_v5_broker_keeps_to_our_window() {
    let Some(broker) = Broker::start("max_inflight_messages 1000") else { return };
    let mut config = config(broker.port, Protocol::V5);
    config.inflight = 10;
    let mut engine = Engine::start(config);
    engine.subscribed().await;
    broker.publish(numbered(0..100)).await;
    engine.messages(10).await;
    let more = timeout(Duration::from_millis(100), engine.arrivals.recv()).await;
    assert!(more.is_err(), "above the window: {more:?}");
    assert_eq!(engine.metrics.dropped.get(), 0);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_can_be_held_costs_connections_but_no_message() {
    let Some(broker) = Broker::start("max_inflight_messages 200") else { return };
    let mut config = config(broker.port, Protocol::V4);
    config.inflight = 20;
    config.hold_max = 20;
    let mut engine = Engine::start(config);
    engine.subscribed().await;
    broker.publish(numbered(0..150)).await;
    let mut seen = vec![];
    while seen.len() < 150 {
        let messages = engine.messages(1).await;
        engine.commit.send(last(&messages)).unwrap();
        let number = numbers(&messages)[0];
        assert!(number <= seen.len(), "{number} came before {}", seen.len());
        if number == seen.len() {
            seen.push(number);
        }
        // The engine is slower than the wire, so that the window overflows.
        sleep(Duration::from_millis(2)).await;
    }
    assert!(engine.metrics.dropped.get() > 0 && engine.metrics.reconnects.get() > 0);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn qos_0_and_2_are_taken_and_only_acknowledged_when_asked() {
    for protocol in PROTOCOLS {
        let Some(broker) = Broker::start("") else { return };
        let mut engine = Engine::start(config(broker.port, protocol));
        engine.subscribed().await;
        broker.publish_as(QoS::AtMostOnce, numbered(0..3)).await;
        broker.publish_as(QoS::ExactlyOnce, numbered(3..6)).await;
        let messages = engine.messages(6).await;
        assert_eq!(numbers(&messages), [0, 1, 2, 3, 4, 5]);
        engine.commit.send(last(&messages)).unwrap();
        engine.acks(3).await;
        assert_eq!(engine.metrics.reconnects.get(), 0);
        engine.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_told_once_and_tried_again() {
    let passwords = include_str!("ingest.passwd");
    for protocol in PROTOCOLS {
        let lines = "allow_anonymous false\npassword_file {dir}/passwords";
        let Some(broker) = Broker::start_with(lines, &[("passwords", passwords)]) else { return };
        let mut config = config(broker.port, protocol);
        config.login = Some(("station".into(), Secret::new("wrong")));
        let mut engine = Engine::start(config.clone());
        let refused = engine.state(|e| matches!(e, Event::Disconnected { .. })).await;
        let Event::Disconnected { reason } = refused else { unreachable!() };
        assert!(reason.contains("refuses the connection"), "{reason}");
        while engine.metrics.reconnects.get() < 4 {
            sleep(Duration::from_millis(10)).await;
        }
        assert!(engine.arrivals.try_recv().is_err(), "told again");
        engine.stop().await;

        config.login = Some(("station".into(), Secret::new("right")));
        let mut engine = Engine::start(config);
        engine.subscribed().await;
        engine.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_subscription_names_its_topic_and_is_asked_again() {
    let plugin = "/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so";
    if !PathBuf::from(plugin).exists() {
        println!("skipped: no {plugin}");
        return;
    }
    let lines = format!(
        "allow_anonymous true\nplugin {plugin}\nplugin_opt_config_file {{dir}}/access.json"
    );
    let access = include_str!("ingest.access.json");
    for protocol in PROTOCOLS {
        let Some(broker) = Broker::start_with(&lines, &[("access.json", access)]) else { return };
        let mut config = config(broker.port, protocol);
        config.topics.push("aq/210300/+/obs".into());
        let mut engine = Engine::start(config);
        for _ in 0..3 {
            let refused = engine.state(|e| matches!(e, Event::SubscriptionRefused { .. })).await;
            let Event::SubscriptionRefused { topic, .. } = refused else { unreachable!() };
            assert_eq!(topic, "aq/210300/+/obs");
        }
        broker.publish(numbered(0..2)).await;
        assert_eq!(numbers(&engine.messages(2).await), [0, 1], "the granted one flows");
        engine.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_absent_broker_is_waited_for_without_haste() {
    for protocol in PROTOCOLS {
        let mut engine = Engine::start(config(free_port(), protocol));
        engine.state(|e| matches!(e, Event::Disconnected { .. })).await;
        sleep(Duration::from_secs(1)).await;
        let attempts = engine.metrics.reconnects.get();
        assert!((3..=12).contains(&attempts), "{attempts} attempts in a second");
        engine.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_is_gone_ends_the_feed() {
    let Some(broker) = Broker::start("") else { return };
    let mut engine = Engine::start(config(broker.port, Protocol::V5));
    engine.subscribed().await;
    let Engine { commit, task, arrivals: _arrivals, .. } = engine;
    drop(commit);
    let ended = timeout(PATIENCE, task).await.unwrap().unwrap();
    assert!(matches!(ended, Err(ingest::Error::EngineGone { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_trusts_the_given_certificate_and_no_other() {
    let files = tempfile::tempdir().unwrap();
    let (key, certificate) = (files.path().join("key.pem"), files.path().join("cert.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output();
    if !made.is_ok_and(|output| output.status.success()) {
        println!("skipped: no openssl to make a certificate with");
        return;
    }
    let read = |path| std::fs::read_to_string(path).unwrap();
    let lines = "allow_anonymous true\ncertfile {dir}/cert.pem\nkeyfile {dir}/key.pem";
    let served = [("cert.pem", &*read(&certificate)), ("key.pem", &*read(&key))];
    let Some(broker) = Broker::start_with(lines, &served) else { return };
    for protocol in PROTOCOLS {
        let mut config = config(broker.port, protocol);
        config.broker = format!("mqtts://localhost:{}", broker.port).parse().unwrap();
        config.ca_file = Some(certificate.clone());
        let mut engine = Engine::start(config.clone());
        engine.subscribed().await;
        engine.stop().await;

        config.ca_file = None;
        let mut engine = Engine::start(config);
        let refused = engine.state(|e| matches!(e, Event::Disconnected { .. })).await;
        let Event::Disconnected { reason } = refused else { unreachable!() };
        assert!(reason.contains("certificate"), "{reason}");
        engine.stop().await;
    }
}
