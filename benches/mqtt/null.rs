//! The ceiling: rumqttc with manual acknowledgements that does nothing but acknowledge at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rumqttc::v5::mqttbytes::v5::Packet as Packet5;
use rumqttc::{NetworkOptions, Packet, QoS, v5};
use tokio_util::sync::CancellationToken;

use super::Workload;
use super::usage::Process;
use super::{Running, Subject};

/// A subscriber without any work.
pub(crate) struct Null {
    /// MQTT 5.0, else 3.1.1.
    pub(crate) v5: bool,
    /// Window announced by version 5.
    pub(crate) window: u16,
}

impl Subject for Null {
    fn name(&self) -> String {
        format!("null rumqttc v{}", if self.v5 { 5 } else { 4 })
    }

    fn start(&self, port: u16) -> Running {
        let (taken, cancel) = (Arc::new(AtomicU64::new(0)), CancellationToken::new());
        let (count, token, window) = (taken.clone(), cancel.clone(), self.window);
        let five = self.v5;
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .expect("a runtime");
            let task = runtime.spawn(async move {
                let polling = async {
                    if five {
                        poll_v5(port, window, &count).await;
                    } else {
                        poll_v4(port, &count).await;
                    }
                };
                token.run_until_cancelled(polling).await;
            });
            runtime.block_on(task).expect("the subscriber");
        });
        let stop = move || {
            cancel.cancel();
            thread.join().expect("the subscriber ends");
        };
        Running {
            process: Process::This,
            taken: Some(Box::new(move || taken.load(Ordering::Relaxed))),
            stop: Box::new(stop),
        }
    }
}

async fn poll_v5(port: u16, window: u16, taken: &AtomicU64) {
    let mut options = v5::MqttOptions::new("null", "127.0.0.1", port);
    let mut network = options.network_options();
    network.set_tcp_nodelay(true);
    options
        .set_network_options(network)
        .set_keep_alive(Duration::from_secs(60))
        .set_receive_maximum(Some(window))
        .set_outgoing_inflight_upper_limit(4)
        .set_manual_acks(true);
    let (client, mut events) = v5::AsyncClient::new(options, usize::from(u16::MAX) + 16);
    let at_least_once = v5::mqttbytes::QoS::AtLeastOnce;
    loop {
        match events.poll().await.expect("the connection stands") {
            v5::Event::Incoming(Packet5::Publish(publish)) => {
                client.try_ack(&publish).expect("room");
                taken.fetch_add(1, Ordering::Relaxed);
            }
            v5::Event::Incoming(Packet5::ConnAck(_)) => {
                client
                    .try_subscribe(format!("aq/{}/#", Workload::AREA), at_least_once)
                    .expect("room");
            }
            _ => {}
        }
    }
}

async fn poll_v4(port: u16, taken: &AtomicU64) {
    let mut options = rumqttc::MqttOptions::new("null", "127.0.0.1", port);
    options.set_keep_alive(Duration::from_secs(60)).set_inflight(4).set_manual_acks(true);
    let (client, mut events) = rumqttc::AsyncClient::new(options, usize::from(u16::MAX) + 16);
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    events.set_network_options(network);
    loop {
        match events.poll().await.expect("the connection stands") {
            rumqttc::Event::Incoming(Packet::Publish(publish)) => {
                client.try_ack(&publish).expect("room");
                taken.fetch_add(1, Ordering::Relaxed);
            }
            rumqttc::Event::Incoming(Packet::ConnAck(_)) => {
                client
                    .try_subscribe(format!("aq/{}/#", Workload::AREA), QoS::AtLeastOnce)
                    .expect("room");
            }
            _ => {}
        }
    }
}
