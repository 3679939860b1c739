//! A world from one seed: publishers, broker, network, clock and disk under virtual time around the
//! daemon's own ledger, group commit, engine core, pipeline and store, with everything that can go wrong.
//!
//! At each acknowledgement the message must stand in the store, and acknowledgements must be in order; what
//! is shown must be committed; a redelivery changes nothing; what is rebuilt equals what was live. In the
//! end the messages that publishers had acknowledged are the stored ones, and every figure, validity and
//! coverage is that of the slow model over them.
//!
//! `LANTIAN_SEEDS` says how many worlds, `LANTIAN_SEED` repeats one. A failure tells its seed and last steps.

mod broker;
mod disk;
mod faults;
mod plan;
mod process;
mod room;
mod tally;
mod trace;
mod world;

use std::collections::BTreeSet;
use std::path::Path;

use lantian::observation::PROPERTIES;
use lantian::standard::Entity;
use lantian::store::Reader;
use lantian::time::Hour;

use crate::model::Model;
use crate::month::{CODES, Dice, Meant, first_day};
use disk::Disk;
use plan::{Mail, Plan};
use tally::Tally;
use world::World;

/// Worlds in the short form.
const SEEDS: u64 = 30;

fn asked(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// A folder in memory where there is one: nothing here asks whether a disk keeps what it says.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }
        .expect("a folder")
}

/// Lives through a world, judges it, and gives its tally and the digest of its steps.
fn live(seed: u64) -> (Tally, u64) {
    let folder = folder();
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed);
    let plan = Plan::of(seed, &mut dice);
    let mail = Mail::of(&plan, &mut dice);
    let disk = Disk::new(folder.path().join("store.db"));
    let mut world = World::new(plan, dice, disk, mail.posts.clone());
    world.run();
    judge(&mut world, &mail);
    (world.sums(), world.trace.digest)
}

fn judge(world: &mut World, mail: &Mail) {
    world.check_rebuild();
    let accepted: BTreeSet<&[u8]> =
        world.accepted.iter().map(|letter| world.post(*letter).kept()).collect();
    let stored: BTreeSet<&[u8]> = world.disk.stored.order.iter().map(Vec::as_slice).collect();
    assert!(accepted == stored, "{} accepted, {} stored", accepted.len(), stored.len());
    let sound: Vec<Meant> =
        world.disk.stored.order.iter().filter_map(|p| mail.meant.get(p).cloned()).collect();
    let model = Model::of(&sound);
    let sets = world.some_sets();
    world.records_are_sound();
    figures_are_the_models(world, &model, &sets);
    cells_are_the_models(world, &model);
    view_is_the_models(world, &model, &sets);
    dead_letters_are_told(world, mail, sound.len());
    if world.dice.chance(15) {
        world.tally.audits += 1;
        let reader = Reader::open(&world.disk.path).expect("opened");
        let mut told = Vec::new();
        reader.audit(|difference| told.push(difference.clone())).expect("audited");
        assert!(told.is_empty(), "{} differences, the first: {:?}", told.len(), told[0]);
    }
}

/// The hours that the messages are about.
fn hours(world: &World) -> impl Iterator<Item = Hour> + use<> {
    let count = i32::try_from(world.plan.shape.days * 24).expect("small");
    (0..count).map(|n| first_day().start().plus(n))
}

fn figures_are_the_models(world: &World, model: &Model, sets: &[usize]) {
    let registry = &world.setup.registry;
    for hour in hours(world) {
        for set in sets {
            let row = world.disk.stored.rows.get(&(hour, *set)).expect("published");
            assert_eq!(row.figures, model.set(registry, *set, hour), "set {set} {hour:?}");
        }
    }
    for ((hour, set), row) in world.disk.stored.rows.iter().step_by(29) {
        assert_eq!(row.figures, model.set(registry, *set, *hour), "set {set} {hour:?}");
    }
}

/// Amounts and validity as stored, closed days and open hours alike.
fn cells_are_the_models(world: &World, model: &Model) {
    let reader = Reader::open(&world.disk.path).expect("opened");
    let days = (first_day(), first_day().plus(3));
    let stored = reader.station_days(&world.setup.registry, days, None).expect("read");
    for hour in hours(world) {
        for station in 0..CODES.len() {
            let held = stored.iter().find(|s| (s.station, s.day) == (station, hour.day()));
            for property in PROPERTIES {
                let reading = held.map(|s| s.cells.reading(property, hour.of_day()));
                let truth = model.reading(station, property, hour);
                assert_eq!(reading.unwrap_or_default(), truth, "{station} {property} {hour:?}");
            }
        }
    }
}

fn view_is_the_models(world: &World, model: &Model, sets: &[usize]) {
    assert!(world.answers.is_empty(), "{} persons still wait", world.answers.len());
    let view = &world.shown.as_ref().expect("something is shown").areas[0];
    assert_eq!(view.sequence, world.disk.stored.sequence(), "the last batch is shown");
    let newest = view.newest.expect("published");
    for station in &view.stations {
        assert_eq!(station.figures, model.figures(&[station.station], newest, Entity::Station));
    }
    // Days that were closed are not in memory any more.
    let open = if world.setup.params.open_hours < 96 { newest.day() } else { first_day() };
    let since = open.start().max(first_day().start());
    for set in sets {
        let shown = view.sets[*set].hours.iter().filter(|h| h.figures.hour >= since);
        for hour in shown.step_by(7) {
            let truth = model.set(&world.setup.registry, *set, hour.figures.hour);
            assert_eq!(hour.figures, truth, "shown of set {set}");
        }
    }
}

/// Each stored message that is no observation, and nothing of the room, is a dead letter, once.
fn dead_letters_are_told(world: &World, mail: &Mail, sound: usize) {
    let db = rusqlite::Connection::open(&world.disk.path).expect("opened");
    let told = |topics: &str| -> i64 {
        let query = "SELECT count(*) FROM dead_letter WHERE topic LIKE ?1";
        db.query_row(query, [topics], |row| row.get(0)).expect("counted")
    };
    let of_room = world.disk.stored.order.iter().filter(|p| mail.of_room.contains(*p)).count();
    let poison = world.disk.stored.order.len() - sound - of_room;
    assert_eq!(usize::try_from(told("%/obs")).ok(), Some(poison));
    // An instruction may come too late to mean anything; a forecast is always one.
    assert_eq!(told("%/forecast"), 0);
}

#[test]
fn whatever_goes_wrong_nothing_is_lost_and_every_figure_is_the_models() {
    let (first, count) = match asked("LANTIAN_SEED") {
        Some(seed) => (seed, 1),
        None => (0, asked("LANTIAN_SEEDS").unwrap_or(SEEDS)),
    };
    let mut all = Tally::default();
    for seed in first..first + count {
        all.add(&live(seed).0);
        if (seed + 1 - first) % 500 == 0 {
            println!("{} worlds", seed + 1 - first);
        }
    }
    println!("{count} worlds from seed {first}: {all:?}");
    if count >= SEEDS {
        all.is_worth_something();
    }
}

#[test]
fn a_seed_repeats_its_world() {
    let (once, again) = (live(7), live(7));
    assert_eq!(once.1, again.1, "steps");
    assert_eq!(format!("{:?}", once.0), format!("{:?}", again.0));
}
