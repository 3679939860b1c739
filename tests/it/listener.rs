//! What a test does beside a broker: listens to what is published, and runs the binary.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::broker::Broker;

/// A broker that queues without end.
pub(crate) fn roomy_broker() -> Option<Broker> {
    Broker::start("max_queued_messages 100000\nmax_inflight_messages 0")
}

impl Broker {
    pub(crate) fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// Collects what is published under `aq/` until the closing beacon of `area`.
    pub(crate) fn listen(&self, area: &str) -> std::thread::JoinHandle<Vec<(String, Vec<u8>)>> {
        let mut options = rumqttc::MqttOptions::new("listener", "127.0.0.1", self.port);
        options.set_max_packet_size(1 << 20, 1 << 20);
        let (client, mut connection) = rumqttc::Client::new(options, 10);
        client.subscribe("aq/#", rumqttc::QoS::AtLeastOnce).expect("asked");
        let (ready, subscribed) = std::sync::mpsc::sync_channel(1);
        let clock = format!("aq/{area}/clock");
        let listening = std::thread::spawn(move || {
            let mut got = Vec::new();
            for event in connection.iter() {
                match event.expect("the broker lives") {
                    rumqttc::Event::Incoming(rumqttc::Packet::SubAck(_)) => {
                        ready.send(()).expect("awaited");
                    }
                    rumqttc::Event::Incoming(rumqttc::Packet::Publish(p)) => {
                        let closing = p.topic == clock && closes(&p.payload);
                        got.push((p.topic, p.payload.to_vec()));
                        if closing {
                            break;
                        }
                    }
                    _ => {}
                }
            }
            drop(client);
            got
        });
        subscribed.recv_timeout(Duration::from_secs(10)).expect("subscribed");
        listening
    }
}

/// `now` and `end` of a beacon.
pub(crate) fn beacon(payload: &[u8]) -> (String, String) {
    let fields: BTreeMap<String, String> = serde_json::from_slice(payload).expect("a beacon");
    (fields["now"].clone(), fields["end"].clone())
}

fn closes(payload: &[u8]) -> bool {
    let (now, end) = beacon(payload);
    now == end
}

/// Runs the binary; gives its exit code and what it said on standard error.
pub(crate) fn lantian(args: &[&str]) -> (Option<i32>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lantian"))
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let mut told = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut told).expect("text");
    (child.wait().expect("ended").code(), told)
}
