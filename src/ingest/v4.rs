//! The session over MQTT 3.1.1, by rumqttc.

use bytes::Bytes;
use rumqttc::{
    AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, NetworkOptions, Packet, Publish,
    QoS, SubscribeFilter, SubscribeReasonCode, Transport,
};

use super::config::Config;
use super::session::{
    Delivery, MQTT_MAX_PACKET, ORDER_ROOM, OUTGOING, Receipt, Requests, Session, Signal,
};

pub(super) struct Connection {
    client: AsyncClient,
    events: EventLoop,
}

impl Connection {
    pub(super) fn new(config: &Config, transport: Transport) -> Self {
        let mut options =
            MqttOptions::new(&*config.client_id, &*config.broker.host, config.broker.port);
        options
            .set_transport(transport)
            .set_keep_alive(std::time::Duration::from_secs(config.keep_alive_s.into()))
            .set_clean_session(false)
            // A refused packet would end the connection and come back on the next: take them all.
            .set_max_packet_size(MQTT_MAX_PACKET, MQTT_MAX_PACKET)
            .set_inflight(OUTGOING)
            .set_manual_acks(true);
        if let Some((user, password)) = &config.login {
            options.set_credentials(user, password.expose());
        }
        let (client, mut events) = AsyncClient::new(options, config.hold() + ORDER_ROOM);
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        events.set_network_options(network);
        Self { client, events }
    }
}

impl Session for Connection {
    type Requests = AsyncClient;

    fn requests(&self) -> AsyncClient {
        self.client.clone()
    }

    async fn poll(&mut self) -> Result<Signal, String> {
        match self.events.poll().await {
            Ok(event) => Ok(signal(event)),
            Err(ConnectionError::ConnectionRefused(code)) => {
                Err(format!("the broker refuses the connection: {code:?}"))
            }
            Err(error) => Err(error.to_string()),
        }
    }

    fn buffered(&mut self) -> Option<Signal> {
        self.events.state.events.pop_front().map(signal)
    }

    fn reset(&mut self) {
        self.events.clean();
        self.events.pending.clear();
        self.events.state.events.clear();
    }
}

impl Requests for AsyncClient {
    fn try_ack(&self, receipt: Receipt) -> bool {
        let qos = if receipt.exactly_once { QoS::ExactlyOnce } else { QoS::AtLeastOnce };
        let acked = Publish {
            dup: false,
            qos,
            retain: false,
            topic: String::new(),
            pkid: receipt.packet_id,
            payload: Bytes::new(),
        };
        Self::try_ack(self, &acked).is_ok()
    }

    fn try_subscribe(&self, topics: &[&str]) -> bool {
        let filter = |topic: &&str| SubscribeFilter::new((*topic).into(), QoS::AtLeastOnce);
        self.try_subscribe_many(topics.iter().map(filter)).is_ok()
    }

    fn try_disconnect(&self) -> bool {
        Self::try_disconnect(self).is_ok()
    }
}

fn signal(event: Event) -> Signal {
    match event {
        Event::Incoming(Packet::Publish(publish)) => Signal::Publish(Delivery {
            receipt: (publish.qos != QoS::AtMostOnce).then_some(Receipt {
                packet_id: publish.pkid,
                exactly_once: publish.qos == QoS::ExactlyOnce,
            }),
            topic: Bytes::from(publish.topic),
            payload: publish.payload,
            retained: publish.retain,
            duplicate: publish.dup,
        }),
        Event::Incoming(Packet::ConnAck(ack)) => {
            Signal::Connected { session_present: ack.session_present }
        }
        Event::Incoming(Packet::SubAck(ack)) => {
            let result = |code| match code {
                SubscribeReasonCode::Success(qos) => Ok(qos as u8),
                SubscribeReasonCode::Failure => Err("the broker refuses it".into()),
            };
            Signal::Subscribed(ack.return_codes.into_iter().map(result).collect())
        }
        _ => Signal::Other,
    }
}
