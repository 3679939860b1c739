//! One retained message to a broker, on a connection of its own, and the broker's word that it has it.
//!
//! Why of its own: a feed's connection consumes and never publishes, and a heartbeat's may be down for
//! reasons of its own while somebody waits to hear whether a level that was issued has gone out.

use std::time::Duration;

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};

use super::config::Config;
use super::session::transport;

/// Far above any document of a level.
const PACKET_BYTES: usize = 1 << 20;

/// Why a message was not published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unpublished {
    /// It never left.
    NotSent(String),
    /// The broker did not say in time that it has it.
    NoAnswer,
}

/// Publishes a retained message with QoS 1, and waits for the broker's word.
///
/// # Errors
/// [`Unpublished`].
pub async fn publish_once(
    broker: &Config,
    (topic, payload): (String, Vec<u8>),
    within: Duration,
) -> Result<(), Unpublished> {
    let transport = transport(broker).map_err(|fault| Unpublished::NotSent(fault.to_string()))?;
    let id = format!("{}-publish-{}", broker.client_id, std::process::id());
    let mut options = MqttOptions::new(id, &*broker.broker.host, broker.broker.port);
    options
        .set_transport(transport)
        .set_keep_alive(Duration::from_secs(broker.keep_alive_s.into()))
        .set_clean_session(true)
        .set_max_packet_size(PACKET_BYTES, PACKET_BYTES);
    if let Some((user, password)) = &broker.login {
        options.set_credentials(user, password.expose());
    }
    let (client, mut events) = AsyncClient::new(options, 2);
    let queued = client.try_publish(topic, QoS::AtLeastOnce, true, payload);
    queued.map_err(|e| Unpublished::NotSent(e.to_string()))?;
    let mut left = false;
    let answered = tokio::time::timeout(within, async {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::PubAck(_))) => return Ok(()),
                Ok(Event::Outgoing(rumqttc::Outgoing::Publish(_))) => left = true,
                Ok(_) => {}
                Err(e) => return Err(e.to_string()),
            }
        }
    });
    match answered.await {
        Ok(Ok(())) => {
            let _ = client.try_disconnect();
            let _ = tokio::time::timeout(Duration::from_millis(200), events.poll()).await;
            Ok(())
        }
        Ok(Err(_)) | Err(_) if left => Err(Unpublished::NoAnswer),
        Ok(Err(reason)) => Err(Unpublished::NotSent(reason)),
        Err(_) => Err(Unpublished::NotSent("no connection in time".to_owned())),
    }
}
