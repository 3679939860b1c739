//! What a seed decides before anything happens: the messages, and the sizes of everything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use lantian::app::GroupCommit;
use lantian::duty::DutyRules;
use lantian::ingest::{self, Config};
use lantian::observation::Property;
use lantian::pipeline::Params;
use lantian::quantity::Amount;
use lantian::time::Instant;

use super::process::Setup;
use super::room;
use crate::daemon::Said;
use crate::month::{self, CODES, Dice, Meant, Shape};

/// A longer payload is handed over cut.
const PAYLOAD_MAX: usize = 2048;
/// So much is kept of it.
const HEAD: usize = 1024;

/// A published message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Post {
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
}

impl Post {
    /// What the store keeps of the payload.
    pub(super) fn kept(&self) -> &[u8] {
        let oversized = self.payload.len() > PAYLOAD_MAX;
        &self.payload[..if oversized { HEAD } else { self.payload.len() }]
    }
}

#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) shape: Shape,
    group: GroupCommit,
    inflight: u16,
    hold_max: u16,
    pub(super) broker_window: usize,
    room: usize,
    open_hours: u32,
    /// In a thousand steps.
    pub(super) faults: u64,
    /// In a thousand publishes.
    pub(super) lost: u64,
    pub(super) repeated: u64,
    /// Whether there are rules of warnings, with forecasts, instructions and persons.
    pub(super) warns: bool,
}

fn pick<T: Copy>(dice: &mut Dice, of: &[T]) -> T {
    of[usize::try_from(dice.below(of.len() as u64)).expect("small")]
}

impl Plan {
    pub(super) fn of(seed: u64, dice: &mut Dice) -> Self {
        let shape = Shape {
            days: pick(dice, &[1, 1, 2]),
            stations: pick(dice, &[2, 3, 4, 6]),
            silent: pick(dice, &[0, 5, 30]),
            late: pick(dice, &[0, 5, 20]),
            repeated: pick(dice, &[0, 10]),
            corrected: pick(dice, &[0, 10]),
        };
        // A broker that sends more than it may, which costs it the connection.
        let errs = dice.chance(25);
        let inflight = pick(dice, if errs { &[1, 2, 3] } else { &[1, 3, 10, 50] });
        let hold_max = inflight * pick(dice, &[1, 1, 2]);
        let broker_window = if errs { 2 * usize::from(hold_max) } else { usize::from(inflight) };
        Self {
            seed,
            shape,
            group: GroupCommit {
                max_messages: pick(dice, &[1, 5, 20, 4096]),
                max_ms: pick(dice, &[1, 5, 50, 2000]),
            },
            inflight,
            hold_max,
            broker_window,
            room: if dice.chance(20) { 2 } else { usize::MAX },
            open_hours: pick(dice, &[1, 24, 96]),
            faults: pick(dice, &[0, 2, 5, 10, 20]),
            lost: pick(dice, &[0, 20]),
            repeated: pick(dice, &[0, 50]),
            warns: dice.chance(60),
        }
    }

    pub(super) fn setup(&self) -> Setup {
        let broker = "mqtt://broker".parse().expect("a broker");
        let mut feed = Config::new("sim", broker, "sim", vec!["aq/dalian/#".into()]);
        (feed.inflight, feed.hold_max) = (self.inflight, self.hold_max);
        feed.max_payload_bytes = PAYLOAD_MAX;
        feed.check().expect("sound");
        let room = ingest::channel(std::slice::from_ref(&feed)).0.max_capacity();
        let middle = month::first_day().plus(1);
        Setup {
            registry: Arc::new(month::registry(middle)),
            params: Params {
                open_hours: self.open_hours,
                warning: self.warns.then(room::params),
                duty: self.warns.then(DutyRules::default),
                ..Params::default()
            },
            group: self.group,
            room: room.min(self.room),
            feed,
        }
    }

    /// When the world begins, by the true clock: before the first message.
    pub(super) fn begins(&self) -> Instant {
        month::first_day().start().start().plus_minutes(5)
    }
}

/// The messages of a world: when each is published, and what those that are sound mean.
pub(super) struct Mail {
    pub(super) posts: Vec<(Duration, Post)>,
    pub(super) meant: BTreeMap<Vec<u8>, Meant>,
    /// Forecasts and instructions.
    pub(super) of_room: BTreeSet<Vec<u8>>,
}

impl Mail {
    pub(super) fn of(plan: &Plan, dice: &mut Dice) -> Self {
        let mut meant = month::month(dice.next(), plan.shape);
        let conflicts = pick(dice, &[0, 4]);
        for at in 0..meant.len() {
            if dice.chance(conflicts) {
                let other = contradiction(&meant[at], dice);
                meant.push(other);
            }
        }
        let mut mail = Self { posts: Vec::new(), meant: BTreeMap::new(), of_room: BTreeSet::new() };
        for one in meant {
            let at = one.arrival();
            let post = posted(&one);
            mail.meant.insert(post.payload.clone(), one);
            mail.post(plan, at, post);
        }
        let hours = u64::from(plan.shape.days) * 24;
        for number in 0..dice.below(8) {
            let minutes = i64::try_from(60 + dice.below(hours * 60)).expect("small");
            mail.post(plan, plan.begins().plus_minutes(minutes), poison(number, dice));
        }
        if plan.warns {
            mail.post_to_room(plan, dice);
        }
        mail
    }

    /// What offices send: a forecast every nine hours or so, and now and then an instruction.
    fn post_to_room(&mut self, plan: &Plan, dice: &mut Dice) {
        let (end, mut minutes) = (i64::from(plan.shape.days) * 24 * 60, 0);
        for number in 1.. {
            minutes += 60 + i64::try_from(dice.below(16 * 60)).expect("small");
            if minutes >= end {
                break;
            }
            let at = plan.begins().plus_minutes(minutes);
            // It is on its way for longer than the clock here may be slow.
            let said = at.plus_minutes(-10);
            let post = match dice.below(5) {
                0 => room::instruction(number, said, dice),
                _ => room::forecast(said, dice),
            };
            self.of_room.insert(post.payload.clone());
            self.post(plan, at, post);
        }
    }

    fn post(&mut self, plan: &Plan, at: Instant, post: Post) {
        let ms = at.millis() - plan.begins().millis();
        self.posts.push((Duration::from_millis(u64::try_from(ms).unwrap_or(0)), post));
    }
}

fn posted(meant: &Meant) -> Post {
    let Said::Message { topic, payload } = meant.said() else { panic!("a message") };
    Post { topic, payload }
}

/// Another value under the same revision.
fn contradiction(meant: &Meant, dice: &mut Dice) -> Meant {
    let mut other = meant.clone();
    for (property, reading) in &mut other.values {
        let plain = matches!(property, Property::Pollutant(_)) && reading.validity.is_valid();
        if plain && dice.chance(50) {
            let wire = i32::try_from(dice.below(30)).expect("small");
            reading.amount = Amount::from_milli(wire * 1000);
        }
    }
    other.delay_min += i64::try_from(dice.below(30)).expect("small");
    other
}

/// A message that must become a dead letter, acknowledged once it is stored.
fn poison(number: u64, dice: &mut Dice) -> Post {
    let code = CODES[0];
    let observation = |station: &str, time: &str| {
        format!(
            r#"{{"station":"{station}","period":"PT1H","time":"{time}","revision":{number},
            "values":{{"pm2_5":1}}}}"#
        )
    };
    let (topic, payload) = match dice.below(4) {
        0 => (code, format!("{{{number}")),
        1 => ("nobody", observation("nobody", "2026-02-20T00:00:00+08:00")),
        2 => (code, observation(code, "2099-01-01T00:00:00+08:00")),
        _ => (code, format!("{number}{}", "x".repeat(PAYLOAD_MAX))),
    };
    Post { topic: format!("aq/dalian/{topic}/obs"), payload: payload.into_bytes() }
}
