//! A real broker for tests: Mosquitto on a free port, its files in a temporary directory.
//!
//! Stopped by its process id when dropped. Without Mosquitto a test prints one line and passes,
//! except in CI, where it fails.

use std::fmt::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use tempfile::TempDir;

/// A running Mosquitto.
pub(crate) struct Broker {
    pub(crate) port: u16,
    directory: TempDir,
    process: Option<Child>,
}

/// Finds Mosquitto, or says in one line that the test is skipped.
pub(crate) fn mosquitto() -> Option<PathBuf> {
    let known =
        ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"];
    let found = known.iter().map(Path::new).find(|path| path.exists()).map(Path::to_path_buf);
    assert!(found.is_some() || std::env::var_os("CI").is_none(), "CI needs mosquitto");
    if found.is_none() {
        println!("skipped: no mosquitto on this machine");
    }
    found
}

/// A port nobody listens on (until somebody else takes it).
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Broker {
    /// An open broker that keeps sessions, with these lines of configuration more.
    pub(crate) fn start(lines: &str) -> Option<Self> {
        Self::start_with(&format!("allow_anonymous true\n{lines}"), &[])
    }

    /// A broker with these files beside its configuration; `{dir}` in `lines` names their
    /// directory.
    pub(crate) fn start_with(lines: &str, files: &[(&str, &str)]) -> Option<Self> {
        mosquitto()?;
        let directory = tempfile::tempdir().unwrap();
        let dir = directory.path().display().to_string();
        for (name, content) in files {
            std::fs::write(directory.path().join(name), content).unwrap();
        }
        let port = free_port();
        let mut config = String::new();
        // As root Mosquitto would become another user, who cannot write here.
        writeln!(config, "user root\npersistence true\npersistence_location {dir}/").unwrap();
        writeln!(config, "listener {port} 127.0.0.1\n{}", lines.replace("{dir}", &dir)).unwrap();
        std::fs::write(directory.path().join("mosquitto.conf"), config).unwrap();
        let mut broker = Self { port, directory, process: None };
        broker.run();
        Some(broker)
    }

    /// Starts the process (again) and waits until it accepts connections.
    pub(crate) fn run(&mut self) {
        let log = std::fs::File::create(self.directory.path().join("log")).unwrap();
        let process = Command::new(mosquitto().unwrap())
            .arg("-c")
            .arg(self.directory.path().join("mosquitto.conf"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        self.process = Some(process.unwrap());
        // A long queue takes its time to be read from the disk.
        for _ in 0..6000 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            let ended = self.process.as_mut().unwrap().try_wait().unwrap();
            let log = || std::fs::read_to_string(self.directory.path().join("log")).unwrap();
            assert!(ended.is_none(), "mosquitto: {}", log());
            sleep(Duration::from_millis(10));
        }
        panic!("mosquitto does not listen on {}", self.port);
    }

    /// Ends the process in order: it writes its sessions and queues to disk.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let id = process.id().to_string();
            let asked = Command::new("kill").args(["-TERM", &id]).status();
            if !asked.is_ok_and(|status| status.success()) {
                process.kill().unwrap();
            }
            process.wait().unwrap();
        }
    }

    /// Ends the process at once: what it had not written down is gone.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Publishes at QoS 1 and returns when the broker has acknowledged all.
    pub(crate) async fn publish(&self, messages: impl IntoIterator<Item = (String, Vec<u8>)>) {
        self.publish_as(QoS::AtLeastOnce, messages).await;
    }

    /// Publishes at this QoS and returns when the broker has taken all.
    pub(crate) async fn publish_as(
        &self,
        qos: QoS,
        messages: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) {
        let id = format!("publisher-{}", free_port());
        let mut options = MqttOptions::new(id, "127.0.0.1", self.port);
        options.set_max_packet_size(1 << 28, 1 << 28).set_inflight(20);
        let (client, mut events) = AsyncClient::new(options, 10);
        let messages: Vec<_> = messages.into_iter().collect();
        let expected = if qos == QoS::AtMostOnce { 0 } else { messages.len() };
        let polled = tokio::spawn(async move {
            let (mut acked, mut ended) = (0, false);
            while acked < expected || !ended {
                match events.poll().await.unwrap() {
                    Event::Incoming(Packet::PubAck(_) | Packet::PubComp(_)) => acked += 1,
                    Event::Incoming(Packet::UnsubAck(_)) => ended = true,
                    _ => {}
                }
            }
        });
        for (topic, payload) in messages {
            client.publish(topic, qos, false, payload).await.unwrap();
        }
        // For QoS 0, which has no acknowledgement: this one comes after all before.
        client.unsubscribe("end").await.unwrap();
        polled.await.unwrap();
    }

    /// Forgets all sessions and queues; only while stopped.
    pub(crate) fn forget(&self) {
        assert!(self.process.is_none());
        std::fs::remove_file(self.directory.path().join("mosquitto.db")).unwrap();
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stop();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.directory.path().join("log"));
            println!("mosquitto: {}", log.unwrap_or_default());
        }
    }
}
