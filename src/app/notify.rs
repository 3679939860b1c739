//! Sends what commits say is to be sent, and tells the engine how it ended.
//!
//! In: [`Try`]s of durable commits. Out: one [`TryEnd`] for each; the time from the commit to the sender.
//!
//! Invariants: nothing is decided here: no second try, no queue of our own beyond what the pace of a channel
//! lets through; a sender that panics is an outcome nobody knows. A thread for each try, since senders block
//! for as long as a receiver does: one that hangs must hold up neither the runtime nor a stop. A try that a
//! stop cuts off has no outcome, and the next start says so.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant as Timer;
use tokio_util::sync::CancellationToken;

use super::Failure;
use crate::area::AreaId;
use crate::clock;
use crate::config::NotifyConfig;
use crate::delivery::{Channel, Contact, Publish, SenderConfig, Templates, Worded};
use crate::http::{self, Replies};
use crate::ingest::{self, Unpublished};
use crate::notification::{AckLink, LinkKey, NoticeRules, Outcome, Pace, Try, TryEnd};
use crate::pipeline::View;
use crate::telemetry::{Latency, Stage, Tries};
use crate::time::Instant;

/// How long the broker may take for its word.
const PUBLISH_WITHIN: Duration = Duration::from_secs(10);
/// A link counts for two days.
const LINK_MIN: i64 = 2 * 24 * 60;

/// A try, and when the commit that holds it became durable.
pub(super) type Due = (Try, Timer);
/// How a try ended, and of which area it was.
pub(super) type Ended = (AreaId, TryEnd);

/// A channel, and when it was used by the clock on the wall. The pace is decided for each area by its own
/// clock; where areas share a robot, or recorded hours come fast, this holds what would be too much for it.
struct Guarded {
    channel: Channel,
    pace: Pace,
    used: Mutex<Vec<Instant>>,
}

/// Uses that are remembered; more than any pace looks back on.
const USED_MAX: usize = 256;

impl Guarded {
    /// Waits until the channel bears one more try.
    fn wait(&self) {
        loop {
            let now = clock::now();
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            let free = self.pace.free_at(&used, now);
            if free <= now {
                let surplus = used.len().saturating_sub(USED_MAX);
                used.drain(..surplus);
                used.push(now);
                return;
            }
            drop(used);
            let wait = u64::try_from(free.millis() - now.millis()).unwrap_or(0);
            std::thread::sleep(Duration::from_millis(wait));
        }
    }
}

/// What tries are made with.
pub(super) struct Senders {
    channels: BTreeMap<String, Arc<Guarded>>,
    wording: Arc<Wording>,
    views: watch::Receiver<Arc<View>>,
    latency: Latency,
    tries: Tries,
}

/// What messages are worded with.
struct Wording {
    templates: Templates,
    rules: NoticeRules,
    contacts: BTreeMap<String, Contact>,
    links: Option<(String, LinkKey)>,
}

impl Senders {
    /// Prepares every channel of the configuration.
    ///
    /// # Errors
    /// [`Failure::Channel`] naming the channel that could never send.
    pub(super) fn new(
        config: NotifyConfig,
        broker: Option<&ingest::Config>,
        views: watch::Receiver<Arc<View>>,
        (latency, tries): (Latency, Tries),
    ) -> Result<Self, Failure> {
        let mut channels = BTreeMap::new();
        for of in &config.channels {
            let channel = match (&of.kind, broker) {
                (SenderConfig::Mqtt, Some(broker)) => {
                    Ok(Channel::mqtt(&of.name, publisher(broker.clone())))
                }
                (SenderConfig::Mqtt, None) => Err("no feed brings a broker".to_owned()),
                _ => Channel::new(of),
            };
            let fault = |reason| Failure::Channel { name: of.name.clone(), reason };
            let channel = channel.map_err(fault)?;
            let pace = config.rules.channels.iter().find(|rules| rules.name == of.name);
            let pace = pace.map_or(channel.kind().pace(), |rules| rules.pace);
            let guarded = Guarded { channel, pace, used: Mutex::default() };
            channels.insert(of.name.clone(), Arc::new(guarded));
        }
        let links = config.links.map(|(url, secret)| (url, LinkKey::new(secret.expose())));
        let NotifyConfig { templates, rules, contacts, .. } = config;
        let wording = Arc::new(Wording { templates, rules, contacts, links });
        Ok(Self { channels, wording, views, latency, tries })
    }

    /// Sends until cancelled.
    pub(super) async fn run(
        self,
        mut due: mpsc::Receiver<Due>,
        ended: mpsc::Sender<Ended>,
        cancel: CancellationToken,
    ) -> Result<(), Failure> {
        loop {
            let next = tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                next = due.recv() => next,
            };
            let Some((of, committed)) = next else { return Ok(()) };
            self.begin(of, committed, ended.clone())?;
        }
    }

    fn begin(&self, of: Try, committed: Timer, ended: mpsc::Sender<Ended>) -> Result<(), Failure> {
        let channel = self.channels.get(&of.message.channel).cloned();
        let wording = Arc::clone(&self.wording);
        let view = self.views.borrow().clone();
        let (latency, tries) = (self.latency.clone(), self.tries.clone());
        let send = move || {
            let sent = catch_unwind(AssertUnwindSafe(|| {
                let letter = wording.letter(&of, &view);
                let Some(guarded) = channel.as_deref() else {
                    let reason = "no such channel".to_owned();
                    return (Outcome::Refused { reason }, String::new());
                };
                guarded.wait();
                latency.record(Stage::Send, committed.elapsed());
                let outcome = guarded.channel.send(&letter);
                tries.count(guarded.channel.kind(), &outcome);
                (outcome, format!("{}\n{}", letter.title, letter.text))
            }));
            let (outcome, text) = sent.unwrap_or((Outcome::Unknown, String::new()));
            told(&of, &outcome);
            let text = (outcome == Outcome::Accepted).then_some(text);
            let end = TryEnd { message: of.number, attempt: of.attempt, outcome, text };
            // Who waits for it may have ended: then the next start says that nobody knows.
            let _ = ended.blocking_send((of.area, end));
        };
        std::thread::Builder::new().name("send".to_owned()).spawn(send).map_err(Failure::Thread)?;
        Ok(())
    }
}

fn told(of: &Try, outcome: &Outcome) {
    let (message, attempt, channel) = (of.number, of.attempt, of.message.channel.as_str());
    let (outcome, reason) = (outcome.name(), outcome.reason());
    if outcome == "accepted" {
        tracing::info!(message, attempt, channel, outcome, "message");
    } else {
        tracing::warn!(message, attempt, channel, outcome, reason, "message");
    }
}

impl Wording {
    fn letter(&self, of: &Try, view: &View) -> crate::delivery::Letter {
        let area = view.areas.iter().find(|a| a.registry.area == of.area);
        let link = self.links.as_ref().zip(of.message.person.as_ref());
        let link = link.map(|((url, key), person)| {
            let until = clock::now().plus_minutes(LINK_MIN);
            let link = AckLink {
                area: of.area.to_string(),
                notice: of.notice.number,
                person: person.clone(),
                until,
            };
            format!("{url}{}", http::ack_path(key, &link))
        });
        let mut letter = self.templates.letter(
            of,
            &Worded {
                area: area.map_or(of.area.as_str(), |area| &area.registry.name),
                rules: &self.rules,
                contacts: &self.contacts,
                simulated: view.simulated,
                link: link.as_deref(),
                at: clock::now(),
            },
        );
        if of.notice.kind().is_level() {
            // What is retained is what holds now, whatever this message was planned for.
            let level = http::public_warning(view, of.area.as_str());
            let area = serde_json::Value::String(of.area.to_string());
            let level = serde_json::from_slice(&level).unwrap_or_default();
            if let Some(body) = letter.body.as_object_mut() {
                body.insert("area".to_owned(), area);
                body.insert("level_in_force".to_owned(), level);
            }
        }
        letter
    }
}

/// Who hands on what people answer to text messages, and what signs links: what the site has to know.
pub(super) fn of_the_site(
    config: Option<&NotifyConfig>,
) -> (Option<Arc<Replies>>, Option<Arc<LinkKey>>) {
    let Some(NotifyConfig { contacts, links, reply_token, .. }) = config else {
        return (None, None);
    };
    let replies = reply_token.as_ref().map(|token| {
        let phone = |(id, contact): (&String, &Contact)| {
            Some((http::digits(contact.phone.as_ref()?), id.clone()))
        };
        let phones = contacts.iter().filter_map(phone).collect();
        Arc::new(Replies { token_sha256: Sha256::digest(token.expose()).into(), phones })
    });
    (replies, links.as_ref().map(|(_, secret)| Arc::new(LinkKey::new(secret.expose()))))
}

/// Publishes the level in force, retained, where the heartbeat does, too.
fn publisher(broker: ingest::Config) -> Publish {
    let runtime = Handle::current();
    Arc::new(move |body| {
        let area = body["area"].as_str().unwrap_or_default();
        let topic = format!("lantian/{area}/warning");
        let payload = body["level_in_force"].to_string().into_bytes();
        let sending = ingest::publish_once(&broker, (topic, payload), PUBLISH_WITHIN);
        match runtime.block_on(sending) {
            Ok(()) => Outcome::Accepted,
            Err(Unpublished::NotSent(reason)) => Outcome::Failed { reason, hold_s: None },
            Err(Unpublished::NoAnswer) => Outcome::Unknown,
        }
    })
}
