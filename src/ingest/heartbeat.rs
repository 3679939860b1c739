//! The heartbeat of one area: a retained message at the broker, again and again, and the broker's word that
//! it ended.
//!
//! In: what to say, asked for anew each time. Out: `lantian/{area}/status`, retained, QoS 1; the last will
//! says `offline` when the connection breaks, an orderly stop says `stopped`. And `lantian/{area}/warning`,
//! retained: what is issued, which stays when the connection ends.
//!
//! Why a connection of its own: a feed's consumes and never publishes, and a will belongs to a connection.

use std::sync::Arc;
use std::time::Duration;

use prometheus::IntGauge;
use rumqttc::{AsyncClient, Event, LastWill, MqttOptions, Outgoing, Packet, QoS, Transport};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Error;
use super::backoff::Backoff;
use super::config::Config;
use super::session::transport;
use crate::clock;

/// Messages that may wait for the connection.
const QUEUE: usize = 8;
/// How long the goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// Far above any status.
const PACKET_BYTES: usize = 1 << 20;

/// One area's heartbeat.
#[derive(Clone)]
pub struct Heartbeat {
    /// The feed whose broker it goes to.
    pub broker: Config,
    /// The area's code.
    pub area: String,
    /// How often.
    pub every: Duration,
    /// What to say now: a JSON document. It may block.
    pub status: Arc<dyn Fn() -> Vec<u8> + Send + Sync>,
    /// What is issued now: a JSON document.
    pub warning: Arc<dyn Fn() -> Vec<u8> + Send + Sync>,
    /// Where it is noted that the broker took a message of it: seconds since 1970.
    pub taken: IntGauge,
}

impl Heartbeat {
    fn topic(&self) -> String {
        format!("lantian/{}/status", self.area)
    }

    fn ended(&self, state: &str) -> Vec<u8> {
        let document = serde_json::json!({ "area": self.area, "state": state });
        document.to_string().into_bytes()
    }

    /// Beats until cancelled, through every failure of the broker.
    ///
    /// # Errors
    /// [`Error`] when there can be no connection at all.
    pub async fn run(self, cancel: CancellationToken) -> Result<(), Error> {
        let fault = |fault| Error::Config { feed: self.broker.name.clone(), fault };
        let transport = transport(&self.broker).map_err(fault)?;
        let mut backoff = Backoff::new(&self.broker);
        while !cancel.is_cancelled() {
            if let Err(reason) = self.connection(transport.clone(), &cancel, &mut backoff).await {
                let wait = backoff.after_failure();
                let wait_ms = wait.as_millis();
                tracing::warn!(area = self.area, reason, wait_ms, "no heartbeat; again");
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = tokio::time::sleep(wait) => {}
                }
            }
        }
        Ok(())
    }

    async fn connection(
        &self,
        transport: Transport,
        cancel: &CancellationToken,
        backoff: &mut Backoff,
    ) -> Result<(), String> {
        let (client, mut events) = AsyncClient::new(self.options(transport), QUEUE);
        let (tell, mut connected) = watch::channel(false);
        let taken = self.taken.clone();
        let mut polling = tokio::spawn(async move {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => drop(tell.send(true)),
                    Ok(Event::Incoming(Packet::PubAck(_))) => {
                        taken.set(clock::now().millis() / 1000);
                    }
                    Ok(Event::Outgoing(Outgoing::Disconnect)) => return Ok(()),
                    Ok(_) => {}
                    Err(e) => return Err(e.to_string()),
                }
            }
        });
        let ended = |joined: Result<Result<(), String>, tokio::task::JoinError>| {
            joined.unwrap_or_else(|_| Err("polling panicked".to_owned()))
        };
        tokio::select! {
            ended_early = &mut polling => return ended(ended_early),
            _ = connected.wait_for(|up| *up) => backoff.restart(),
            () = cancel.cancelled() => { polling.abort(); return Ok(()) }
        }
        loop {
            let status = Arc::clone(&self.status);
            let payload = tokio::task::spawn_blocking(move || status()).await;
            let payload = payload.map_err(|e| e.to_string())?;
            self.publish(&client, payload);
            let topic = format!("lantian/{}/warning", self.area);
            let _ = client.try_publish(topic, QoS::AtLeastOnce, true, (self.warning)());
            tokio::select! {
                ended_early = &mut polling => return ended(ended_early),
                () = tokio::time::sleep(self.every) => {}
                () = cancel.cancelled() => break,
            }
        }
        self.publish(&client, self.ended("stopped"));
        let _ = client.try_disconnect();
        if tokio::time::timeout(GOODBYE, &mut polling).await.is_err() {
            polling.abort();
        }
        Ok(())
    }

    /// A full queue means that the last beats have not left yet: this one is left out.
    fn publish(&self, client: &AsyncClient, payload: Vec<u8>) {
        let _ = client.try_publish(self.topic(), QoS::AtLeastOnce, true, payload);
    }

    fn options(&self, transport: Transport) -> MqttOptions {
        let c = &self.broker;
        let id = format!("{}-status-{}", c.client_id, self.area);
        let mut options = MqttOptions::new(id, &*c.broker.host, c.broker.port);
        let will = LastWill::new(self.topic(), self.ended("offline"), QoS::AtLeastOnce, true);
        options
            .set_transport(transport)
            .set_keep_alive(Duration::from_secs(c.keep_alive_s.into()))
            .set_clean_session(true)
            .set_max_packet_size(PACKET_BYTES, PACKET_BYTES)
            .set_last_will(will);
        if let Some((user, password)) = &c.login {
            options.set_credentials(user, password.expose());
        }
        options
    }
}

impl std::fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Heartbeat").field("area", &self.area).finish_non_exhaustive()
    }
}
