//! A publisher that does not give up: QoS 1 at full speed, and whatever is not acknowledged again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

use rumqttc::{AsyncClient, Event, MqttOptions, Outgoing, Packet, QoS};

use super::air::{PER_HOUR, message};

/// Messages on their way to the broker at a time.
const WINDOW: u16 = 200;

/// A publisher on its own thread.
pub(super) struct Publisher {
    shared: Arc<Shared>,
    thread: JoinHandle<u64>,
}

#[derive(Default)]
struct Shared {
    is_last_hour: AtomicBool,
    /// Nothing beyond this is published yet.
    limit: AtomicU64,
}

impl Publisher {
    pub(super) fn start(port: u16) -> Self {
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let thread = spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(run(port, &of_thread))
        });
        Self { shared, thread }
    }

    /// Lets it go on to this message.
    pub(super) fn allow(&self, limit: u64) {
        self.shared.limit.store(limit, Ordering::SeqCst);
    }

    /// Ends after the present hour, when every message is acknowledged; how many there are.
    pub(super) fn finish(self) -> u64 {
        self.shared.is_last_hour.store(true, Ordering::SeqCst);
        self.thread.join().unwrap()
    }
}

/// What is to be published, on the way, and done.
#[derive(Default)]
struct Ledger {
    /// Messages before this one have been given out.
    next: u64,
    /// Given back by a connection that ended.
    again: VecDeque<u64>,
    /// Given to the client, in order.
    queued: VecDeque<u64>,
    /// Sent, by packet id.
    sent: BTreeMap<u16, u64>,
}

impl Ledger {
    fn on_the_way(&self) -> usize {
        self.queued.len() + self.sent.len()
    }

    /// The next message, unless the present hour was the last.
    fn take(&mut self, shared: &Shared) -> Option<u64> {
        if let Some(number) = self.again.pop_front() {
            return Some(number);
        }
        let is_over = shared.is_last_hour.load(Ordering::SeqCst);
        let begins_an_hour = self.next.is_multiple_of(PER_HOUR);
        if begins_an_hour && (is_over || self.next >= shared.limit.load(Ordering::SeqCst)) {
            return None;
        }
        self.next += 1;
        Some(self.next - 1)
    }

    /// Whatever was not acknowledged is to be published again, in its order.
    fn give_back(&mut self) {
        let mut again: Vec<u64> = std::mem::take(&mut self.sent).into_values().collect();
        again.extend(self.queued.drain(..));
        again.extend(self.again.drain(..));
        again.sort_unstable();
        self.again = again.into();
    }
}

async fn run(port: u16, shared: &Shared) -> u64 {
    let mut ledger = Ledger::default();
    for connection in 0.. {
        let mut options = MqttOptions::new(format!("air-{connection}"), "127.0.0.1", port);
        options.set_inflight(WINDOW);
        let (client, mut events) = AsyncClient::new(options, usize::from(WINDOW));
        loop {
            while ledger.on_the_way() < usize::from(WINDOW) {
                let Some(number) = ledger.take(shared) else { break };
                let (topic, payload) = message(number);
                client.try_publish(topic, QoS::AtLeastOnce, false, payload).unwrap();
                ledger.queued.push_back(number);
            }
            if ledger.on_the_way() == 0 && shared.is_last_hour.load(Ordering::SeqCst) {
                return ledger.next;
            }
            let polled = tokio::time::timeout(Duration::from_millis(200), events.poll()).await;
            match polled {
                Ok(Ok(Event::Outgoing(Outgoing::Publish(id)))) => {
                    ledger.sent.insert(id, ledger.queued.pop_front().unwrap());
                }
                Ok(Ok(Event::Incoming(Packet::PubAck(ack)))) => {
                    ledger.sent.remove(&ack.pkid).unwrap();
                }
                Ok(Err(_)) => break,
                Ok(Ok(_)) | Err(_) => {}
            }
        }
        ledger.give_back();
        sleep(Duration::from_millis(20));
    }
    unreachable!("connections have no end")
}
