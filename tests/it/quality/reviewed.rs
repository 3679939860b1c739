//! Exclusion and review in the same months: the pipeline, the columns and the slow truth agree, whenever the
//! review came.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use lantian::area::{Figures, Member};
use lantian::observation::{Dataset, POLLUTANTS, Pollutant};
use lantian::replay::files::{Format, Reader as Rows};
use lantian::replay::import::{Import, Source, Strangers};
use lantian::standard::{Entity, Parameters};
use lantian::store::{Reader, Sqlite};
use lantian::time::{Hour, HourLabel};
use proptest::prelude::*;

use super::{excluding, is_out, own, shape, take};
use crate::daemon::{Daemon, Said};
use crate::laws::cases;
use crate::model::{Model, Reviewed};
use crate::month::{CODES, Dice, Meant, Shape, by_arrival, coarse, first_day, month};

/// What came back from review: a span, the stations it is of, and their values.
struct Review {
    span: (Hour, Hour),
    stations: Vec<usize>,
    values: BTreeMap<(usize, Hour), [Option<i32>; Pollutant::COUNT]>,
}

impl Review {
    /// A day or two somewhere in the month, of about half of the stations, a tenth of the values missing.
    fn any(dice: &mut Dice, shape: Shape) -> Self {
        let below = |dice: &mut Dice, n: u64| i32::try_from(dice.below(n)).expect("small");
        let first = first_day().start().plus(below(dice, u64::from(shape.days) * 24 - 50));
        let span = (first, first.plus(12 + below(dice, 36)));
        let stations: Vec<usize> = (0..CODES.len()).filter(|_| dice.chance(60)).collect();
        let mut values = BTreeMap::new();
        for number in span.0.number()..=span.1.number() {
            for station in &stations {
                if dice.chance(5) {
                    continue;
                }
                // Few and large steps: equal hours on end and jumps, which no check may take out.
                let mut amount = |p: Pollutant| {
                    let there = dice.chance(90);
                    let unit = if p == Pollutant::Co { 1_000_000 } else { 1000 };
                    let step = if p == Pollutant::Co { 1 } else { 130 };
                    there.then(|| (1 + below(dice, 3) * step) * unit)
                };
                values.insert((*station, Hour::from_number(number)), POLLUTANTS.map(&mut amount));
            }
        }
        Self { span, stations, values }
    }

    /// The daemon stops, the values are imported, and it starts again.
    fn import(&self, mut daemon: Daemon, folder: &Path) -> Daemon {
        let mut text = "time,station,pm2_5,pm10,so2,no2,co,o3\n".to_owned();
        for ((station, hour), amounts) in &self.values {
            let _ = write!(text, "{},{}", hour.label(HourLabel::Begin), CODES[*station]);
            for (p, amount) in POLLUTANTS.iter().zip(amounts) {
                let unit = if *p == Pollutant::Co { 1_000_000 } else { 1000 };
                let shown = amount.map(|milli| (milli / unit).to_string());
                let _ = write!(text, ",{}", shown.unwrap_or_default());
            }
            text.push('\n');
        }
        let file = folder.join("reviewed.csv");
        std::fs::write(&file, text).expect("written");
        let registries = [(*daemon.registry).clone()];
        let now = daemon.pipeline.now().expect("running");
        let mut import = Import::new(&mut daemon.store, &registries, now, Strangers::Refuse)
            .expect("a known area");
        let listed: BTreeSet<String> =
            self.stations.iter().map(|at| CODES[*at].to_owned()).collect();
        import.review(self.span, &listed);
        let mut rows = Rows::open(&file, Format::Wide, HourLabel::Begin).expect("a file");
        let source = Source::open(&file).expect("read");
        import.read(source, &mut rows, |fault| panic!("{fault}"), |_| {}).expect("written");
        import.finish().expect("written");
        daemon.checked = false; // rows are the store's from now on
        daemon.restart()
    }

    /// Above what was reviewed before.
    fn over(&self, held: &mut Reviewed) {
        for station in &self.stations {
            for number in self.span.0.number()..=self.span.1.number() {
                let hour = Hour::from_number(number);
                let values = self.values.get(&(*station, hour)).copied();
                held.insert((*station, number), values.unwrap_or_default());
            }
        }
    }
}

/// One run: messages in batches, and each review after the batch of its number.
fn run(meant: &[Meant], shape: Shape, reviews: &[(usize, Review)], folder: &Path) -> Daemon {
    let store = Sqlite::open(&folder.join("store.db")).expect("opened");
    let middle = first_day().plus(i32::try_from(shape.days / 2).expect("small"));
    let mut daemon = Daemon::start(store, own(middle), excluding());
    daemon.take(first_day().start().start().plus_minutes(5), &[]);
    let sent = by_arrival(meant);
    for (nth, part) in sent.chunks(sent.len().div_ceil(PIECES)).enumerate() {
        let said: Vec<Said> = part.iter().map(|(_, said)| said.clone()).collect();
        take(&mut daemon, part[part.len() - 1].0, &said);
        for (_, review) in reviews.iter().filter(|(after, _)| *after == nth) {
            daemon = review.import(daemon, folder);
        }
    }
    let last = first_day().plus(i32::try_from(shape.days).expect("small")).start().start();
    let end = meant.iter().map(Meant::arrival).max().unwrap_or(last).max(last).plus_minutes(30);
    take(&mut daemon, end, &[]);
    for (_, review) in reviews.iter().filter(|(after, _)| *after >= PIECES) {
        daemon = review.import(daemon, folder);
    }
    daemon
}

const PIECES: usize = 12;

/// Every figure of every set and station, by the columns.
fn columns(daemon: &Daemon, shape: Shape, dataset: Dataset) -> BTreeMap<(Hour, Member), Figures> {
    let reader = Reader::open(daemon.store.path()).expect("opened");
    let last = first_day().plus(i32::try_from(shape.days).expect("small")).start().plus(-1);
    let (span, parameters) = ((first_day().start(), last), Parameters::default());
    let mut all = BTreeMap::new();
    for member in daemon.registry.members() {
        let found = reader.series(&daemon.registry, member, span, (&parameters, dataset));
        for figures in found.expect("read") {
            all.insert((figures.hour, member), figures);
        }
    }
    all
}

/// Holds the columns against the slow truth.
fn agree(daemon: &Daemon, shape: Shape, dataset: Dataset, (truth, review): (&Model, &Reviewed)) {
    let found = columns(daemon, shape, dataset);
    assert!(found.len() > 24 * 6 * CODES.len(), "{}", found.len());
    for ((hour, member), figures) in found {
        let registry = &daemon.registry;
        let (mut meant, stations) = match member {
            Member::Set(set) => {
                (truth.set(registry, set, hour), registry.sets[set].on(hour.day()).collect())
            }
            Member::Station(at) => (truth.figures(&[at], hour, Entity::Station), vec![at]),
        };
        let is_reviewed = |at: &usize| review.contains_key(&(*at, hour.number()));
        meant.reviewed = match dataset {
            Dataset::Best => !stations.is_empty() && stations.iter().all(is_reviewed),
            Dataset::Realtime | Dataset::Reviewed => figures.reviewed,
        };
        assert_eq!(figures, meant, "{dataset} {member:?} {}", hour.label(HourLabel::Begin));
    }
}

proptest! {
    #![proptest_config(cases(2))]

    #[test]
    fn what_checks_take_out_and_what_came_back_from_review_do_not_disturb_each_other(
        seed in any::<u64>(), shape in shape()
    ) {
        let mut meant = month(seed, shape);
        coarse(&mut meant, 65_000);
        let mut held = Reviewed::new();
        let mut ends = Vec::new();
        // Both while messages come, or both when all have come.
        for when in [[3, 8], [PIECES, PIECES]] {
            let mut dice = Dice(seed ^ 9);
            let reviews = when.map(|after| (after, Review::any(&mut dice, shape)));
            held.clear();
            reviews.iter().for_each(|(_, review)| review.over(&mut held));
            let folder = tempfile::tempdir().expect("a folder");
            let daemon = run(&meant, shape, &reviews, folder.path());
            daemon.audit();
            let realtime = Model::of(&meant);
            let masked = realtime.without(|station, p, hour| is_out(&realtime, station, p, hour));
            let best = masked.under(&held);
            agree(&daemon, shape, Dataset::Realtime, (&masked, &held));
            agree(&daemon, shape, Dataset::Best, (&best, &held));
            agree(&daemon, shape, Dataset::Reviewed, (&Model::of(&[]).under(&held), &held));
            prop_assert!(realtime != masked, "nothing was taken out");
            prop_assert!(masked != best, "nothing was reviewed");
            ends.push(columns(&daemon, shape, Dataset::Best));
        }
        prop_assert!(ends[0] == ends[1], "when it was reviewed shows");
    }
}
