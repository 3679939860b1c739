//! Kills, cuts and restarts while air is published at full speed: nothing lost, nothing counted twice.
//!
//! The real binary, a real Mosquitto, and a network that can be cut, all on one seed. The long form is
//! `LANTIAN_KILLS=200 cargo test --release --test it crash -- --nocapture`; `LANTIAN_SEED` chooses another
//! course. The course of a seed is the same in what is done and when, not in where it hits.
//!
//! A kill -9 does not test the disk, since the kernel keeps what was written: that the write-ahead log is
//! synchronised before a PUBACK leaves is read from the system calls (`fsync`).

mod air;
mod fsync;
mod proxy;
mod publisher;
mod redelivery;

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use lantian::area::AreaId;
use lantian::observation::{Pollutant, Property, Validity};
use lantian::quantity::Amount;
use lantian::store::Reader;
use lantian::time::Hour;

use self::air::{PER_HOUR, STATIONS, hour, messages_of, values};
use self::proxy::Proxy;
use self::publisher::Publisher;
use crate::broker::Broker;
use crate::life::{Place, Running, audit_is_clean};
use crate::month::Dice;

/// Messages that may wait at the broker: enough to be always busy, few enough to be done soon.
const BACKLOG: u64 = 100_000;
/// What may take this long takes too long.
const PATIENCE: Duration = Duration::from_secs(300);

/// A broker that drops nothing, a daemon behind a network, a publisher.
struct Course {
    place: Place,
    proxy: Proxy,
    daemon: Running,
    publisher: Publisher,
    dice: Dice,
    done: Done,
}

/// What was done.
#[derive(Debug, Default)]
struct Done {
    kills: u64,
    /// Of them, before it had reached the broker.
    kills_at_start: u64,
    drains: u64,
    cuts: u64,
    broker_restarts: u64,
    broker_kills: u64,
}

fn number_from(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[expect(clippy::disallowed_methods, reason = "processes of their own run by the wall clock")]
fn now() -> Instant {
    Instant::now()
}

impl Course {
    /// Nothing without Mosquitto.
    fn start(seed: u64, broker: &str) -> Option<Self> {
        let unlimited = "max_queued_messages 0\nmax_inflight_messages 0\n";
        let place = Place::at(Broker::start(&format!("{unlimited}{broker}"))?);
        let proxy = Proxy::start(place.broker.port);
        place.write_stations(u32::try_from(STATIONS).unwrap());
        place.write_config("");
        place.connect_to(proxy.port);
        let daemon = place.start();
        let publisher = Publisher::start(place.broker.port);
        let (dice, done) = (Dice(seed), Done::default());
        Some(Self { place, proxy, daemon, publisher, dice, done })
    }

    /// Messages of the hours that the daemon has published, each counted once.
    fn published(&self) -> u64 {
        let floor = "SELECT coalesce(max(floor_hour), 0) FROM area";
        let floor = i32::try_from(number_of(&self.place.store(), floor)).unwrap();
        since(Hour::from_number(floor).max(hour(0))) * PER_HOUR
    }

    /// Lets time pass, and the publisher keep ahead of the daemon by the backlog.
    fn pass(&self, time: Duration) {
        let begun = now();
        while begun.elapsed() < time {
            self.publisher.allow(self.published() + BACKLOG);
            sleep(Duration::from_millis(20).min(time));
        }
    }

    fn kill_broker(&mut self) {
        self.place.broker.kill();
        self.done.broker_kills += 1;
        self.place.broker.run();
    }

    fn is_alive(&mut self) {
        let ended = self.daemon.process.try_wait().unwrap();
        assert!(ended.is_none(), "ended by itself, {ended:?}: {}", self.daemon.said());
    }

    fn start_again(&mut self) {
        self.daemon = self.place.start_under(&[]);
    }

    /// Kills the daemon so many times, with other faults between.
    fn faults(&mut self, kills: u64, broker_dies: bool) {
        while self.done.kills < kills {
            // Some hit the start, most the flow.
            let longest = if self.dice.chance(30) { 120 } else { 900 };
            let time = Duration::from_millis(10 + self.dice.below(longest));
            self.pass(time);
            self.is_alive();
            match self.dice.below(100) {
                0..70 => {
                    self.done.kills_at_start +=
                        u64::from(!self.daemon.said().contains("connected"));
                    self.daemon.end("-KILL");
                    self.done.kills += 1;
                    self.start_again();
                }
                70..85 => {
                    self.proxy.cut();
                    self.done.cuts += 1;
                }
                85..93 => {
                    assert_eq!(self.daemon.end("-TERM"), Some(0), "{}", self.daemon.said());
                    self.done.drains += 1;
                    self.start_again();
                }
                _ if broker_dies => self.kill_broker(),
                _ => {
                    self.place.broker.stop();
                    self.done.broker_restarts += 1;
                    self.place.broker.run();
                }
            }
        }
    }

    /// Publishes what is left of the hour and waits until the daemon has all that the broker still has;
    /// then ends it. The messages that were published.
    fn finish(mut self) -> (u64, Place, Done) {
        let published = self.publisher.finish();
        let begun = now();
        let (mut before, mut quiet) = (u64::MAX, 0);
        // On a busy machine a commit can take longer than one look.
        while quiet < 3 {
            let is_ready = self.daemon.is_ready();
            let taken = taken(&self.place);
            quiet = if is_ready && taken == before { quiet + 1 } else { 0 };
            before = taken;
            assert!(begun.elapsed() < PATIENCE, "not drained: {}", self.daemon.said());
            sleep(Duration::from_secs(1));
        }
        assert_eq!(self.daemon.end("-TERM"), Some(0), "{}", self.daemon.said());
        (published, self.place, self.done)
    }
}

/// Messages that the daemon has committed, redelivered ones counted again.
fn taken(place: &Place) -> u64 {
    number_of(&place.store(), "SELECT coalesce(max(position), 0) FROM source_position")
}

/// What a store holds of the published air, by message.
#[derive(Debug, Default, PartialEq, Eq)]
struct Held {
    /// Messages of which an hour's value is made.
    messages: u64,
    /// Messages whose hour is not there.
    lost: u64,
}

/// Holds every hour of a store against the air; panics at a value that is not the air's.
fn held(store: &Path, published: u64) -> Held {
    let reader = Reader::open(store).unwrap();
    let registry = reader.registry(&AreaId::new("x").unwrap()).unwrap();
    let hours = published / PER_HOUR;
    let span = (hour(0).day(), hour(hours).day().plus(400));
    let mut held = Held { messages: 0, lost: published };
    for one in reader.station_days(&registry, span, None).unwrap() {
        let id = registry.stations[one.station].id.as_str();
        let station: u64 = id[1..].parse().unwrap();
        for of_day in 0..24 {
            let at = one.day.hour(of_day);
            if !one.cells.holds(of_day) {
                continue;
            }
            let number = since(at);
            assert!(number < hours, "{id} at {at:?} was never published");
            let expected = values(station, number);
            let stored = [Pollutant::Pm2_5, Pollutant::O3].map(|pollutant| {
                let property = Property::Pollutant(pollutant);
                assert!(!one.cells.is_conflict(property, of_day), "{id} at {at:?}");
                one.cells.reading(property, of_day)
            });
            if stored.iter().any(|reading| reading.validity == Validity::InsufficientMinutes) {
                continue; // parts of it are lost
            }
            let amounts = stored.map(|reading| reading.amount);
            let expected = expected.map(|v| Amount::from_milli(i32::try_from(v * 1000).unwrap()));
            assert_eq!(amounts, expected, "{id} at {at:?}");
            let messages = messages_of(station, number);
            held.messages += messages.end - messages.start;
        }
    }
    held.lost -= held.messages;
    held
}

/// The number of an hour of the air.
fn since(at: Hour) -> u64 {
    u64::try_from(at.number() - hour(0).number()).unwrap()
}

fn rows(store: &Path, table: &str) -> u64 {
    number_of(store, &format!("SELECT count(*) FROM {table}"))
}

fn number_of(store: &Path, query: &str) -> u64 {
    let db = rusqlite::Connection::open(store).unwrap();
    db.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap().unsigned_abs()
}

#[test]
fn kills_and_cuts_lose_nothing_and_count_nothing_twice() {
    let (kills, seed) = (number_from("LANTIAN_KILLS", 6), number_from("LANTIAN_SEED", 1));
    let Some(mut course) = Course::start(seed, "") else { return };
    let begun = now();
    course.faults(kills, false);
    let (published, place, done) = course.finish();
    println!("seed {seed}: {published} messages in {:.0?}, {done:?}", begun.elapsed());
    assert_eq!(held(&place.store(), published), Held { messages: published, lost: 0 });
    assert_eq!(rows(&place.store(), "dead_letter"), 0);
    audit_is_clean(&place.store());
}

/// Mosquitto writes its queues down once a second here, and loses what came since: at this speed, days.
#[test]
fn a_killed_broker_loses_its_own_queue_and_nothing_of_ours() {
    let (kills, seed) = (number_from("LANTIAN_KILLS", 2), number_from("LANTIAN_SEED", 2));
    let Some(mut course) = Course::start(seed, "autosave_interval 1") else { return };
    let begun = now();
    course.faults(kills, true);
    if course.done.broker_kills == 0 {
        course.kill_broker();
    }
    let (published, place, done) = course.finish();
    let held = held(&place.store(), published);
    println!("seed {seed}: {held:?} of {published} in {:.0?}, {done:?}", begun.elapsed());
    assert_eq!(held.messages + held.lost, published);
    assert!(held.messages > 0);
    // With more than a day lost, what comes next is ahead of a clock that only stations move, until three
    // of them say the same. It is refused with that reason, and kept.
    let letters = rows(&place.store(), "dead_letter");
    let of_leap = rows(&place.store(), "dead_letter WHERE reason = 'time_in_future'");
    assert_eq!(letters, of_leap);
    assert!(letters <= held.lost, "{letters} refused, {} not there", held.lost);
    audit_is_clean(&place.store());
}
