//! The pipeline's laws: order, repetition, lateness and batching leave no trace in the figures, and
//! the tables hold the whole state.
//!
//! `LANTIAN_CASES` sets the number of random months; the default keeps the run short.

use std::collections::BTreeMap;
use std::sync::Arc;

use lantian::area::{Figures, Judge, Member, SetMeans};
use lantian::average::{Averages, Columns, MISSING};
use lantian::observation::{Dataset, POLLUTANTS, PROPERTIES};
use lantian::pipeline::{FeedState, Params, SetHourRow};
use lantian::standard::{Entity, Parameters};
use lantian::store::{Reader, Sqlite};
use lantian::time::{Day, Hour, Instant};
use proptest::prelude::*;

use super::daemon::{Daemon, Said};
use super::model::Model;
use super::month::{CODES, Dice, Meant, Shape, by_arrival, first_day, month, registry};

pub(crate) fn cases(default: u32) -> ProptestConfig {
    let asked = std::env::var("LANTIAN_CASES").ok().and_then(|n| n.parse().ok());
    let cases = asked.unwrap_or(default);
    ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 40,
        ..ProptestConfig::default()
    }
}

fn shape(days: std::ops::Range<u32>) -> impl Strategy<Value = Shape> {
    (days, 1..=CODES.len(), 0_u64..30, 0_u64..30, 0_u64..20, 0_u64..20).prop_map(
        |(days, stations, silent, late, repeated, corrected)| Shape {
            days,
            stations,
            silent,
            late,
            repeated,
            corrected,
        },
    )
}

fn middle(shape: Shape) -> Day {
    first_day().plus(i32::try_from(shape.days / 2).expect("small"))
}

fn start_of(day: Day) -> Instant {
    day.start().start()
}

/// When everything has come in and every hour of the month is published.
fn end_of(meant: &[Meant], shape: Shape) -> Instant {
    let last = start_of(first_day().plus(i32::try_from(shape.days).expect("small")));
    let arrivals = meant.iter().map(Meant::arrival);
    arrivals.max().unwrap_or(last).max(last).plus_minutes(30)
}

fn begin(store: Sqlite, shape: Shape, params: Params) -> Daemon {
    let mut daemon = Daemon::start(store, registry(middle(shape)), params);
    daemon.take(start_of(first_day()).plus_minutes(5), &[]);
    daemon
}

/// Cuts what arrives into about `pieces` batches of random size.
fn batches(dice: &mut Dice, sent: &[(Instant, Said)], pieces: usize) -> Vec<(Instant, Vec<Said>)> {
    let mut cuts: Vec<usize> = (0..pieces)
        .map(|_| usize::try_from(dice.below(sent.len().max(1) as u64)).expect("small"))
        .chain([0, sent.len()])
        .collect();
    cuts.sort_unstable();
    let spans = cuts.windows(2).filter(|w| w[0] < w[1]);
    spans
        .map(|w| {
            let part = &sent[w[0]..w[1]];
            (part[part.len() - 1].0, part.iter().map(|(_, said)| said.clone()).collect())
        })
        .collect()
}

fn run(daemon: &mut Daemon, batches: &[(Instant, Vec<Said>)], end: Instant) {
    for (now, said) in batches {
        daemon.take(*now, said);
    }
    daemon.take(end, &[]);
}

fn hours_of(shape: Shape) -> impl Iterator<Item = Hour> {
    (0..i32::try_from(shape.days * 24).expect("small")).map(|n| first_day().start().plus(n))
}

/// Every set's figures of every hour of the month.
fn figures(rows: &BTreeMap<(Hour, usize), SetHourRow>) -> BTreeMap<(Hour, usize), Figures> {
    rows.iter().map(|(key, row)| (*key, row.figures.clone())).collect()
}

fn agrees_with_the_model(daemon: &Daemon, model: &Model, shape: Shape) {
    for hour in hours_of(shape) {
        for set in 0..daemon.registry.sets.len() {
            let row = daemon.rows.get(&(hour, set)).expect("published");
            assert_eq!(row.figures, model.set(&daemon.registry, set, hour), "{set} {hour:?}");
        }
    }
    let view = daemon.pipeline.view();
    let newest = view.newest.expect("published");
    for shown in &view.stations {
        let truth = |hour: Hour| model.figures(&[shown.station], hour, Entity::Station);
        assert_eq!(shown.figures, truth(newest));
        assert_eq!(shown.hour_before, truth(newest.plus(-1)));
        assert_eq!(shown.yesterday, truth(newest.plus(-24)));
    }
    for (set, shown) in view.sets.iter().enumerate() {
        assert_eq!(shown.hours.len(), 72);
        for hour in shown.hours.iter().filter(|h| h.figures.hour >= first_day().start()) {
            assert_eq!(hour.figures, model.set(&daemon.registry, set, hour.figures.hour));
        }
    }
}

/// Amounts and validity as stored, closed days and open hours alike.
fn stored_as_the_model(daemon: &Daemon, model: &Model, shape: Shape) {
    let reader = Reader::open(daemon.store.path()).expect("opened");
    let days = (first_day(), first_day().plus(i32::try_from(shape.days).expect("small")));
    let stored = reader.station_days(&daemon.registry, days, None).expect("read");
    let by_day: BTreeMap<_, _> = stored.iter().map(|s| ((s.station, s.day), &s.cells)).collect();
    for hour in hours_of(shape) {
        for station in 0..CODES.len() {
            for property in PROPERTIES {
                let held = by_day.get(&(station, hour.day()));
                let held = held.map(|c| c.reading(property, hour.of_day())).unwrap_or_default();
                assert_eq!(held, model.reading(station, property, hour), "{station} {property}");
            }
        }
    }
}

/// What readers are spared from reading says what reading would say.
fn the_view_holds_what_is_stored(daemon: &mut Daemon) {
    daemon.pipeline.prepare_view();
    let (view, registry) = (daemon.pipeline.view(), &daemon.registry);
    let Some(newest) = view.newest else { return };
    let open = || Reader::open(daemon.store.path()).expect("opened");
    let (plain, beside) = (open(), open().beside(Some(Arc::clone(&view.days))));
    for day in [newest.day(), newest.day().plus(-1)] {
        let stored = plain.station_days(registry, (day, day), None).expect("read");
        assert!(stored.is_empty() || view.days.of(day).is_some(), "{day} need not be read");
    }
    assert_eq!(view.found.last_key_value().map(|(hour, _)| *hour), Some(newest));
    if daemon.params.open_hours >= 96 && view.days.of(newest.plus(-96).day()).is_some() {
        assert_eq!(view.found.len(), 72);
    }
    for hour in view.found.keys() {
        let found: Vec<_> = view.found((*hour, *hour)).map(|(h, at, f)| (h, at, *f)).collect();
        let stored = plain.findings(registry, hour.day()).expect("read").into_iter();
        assert_eq!(found, stored.filter(|(at, ..)| at == hour).collect::<Vec<_>>(), "{hour:?}");
    }
    let (first, last) = (newest.plus(-150), newest.plus(3));
    for dataset in [Dataset::Best, Dataset::Realtime] {
        for member in [Member::Set(0), Member::Set(1), Member::Station(0), Member::Station(2)] {
            let of = |reader: &Reader| {
                let parameters = Parameters::default();
                let by = (&parameters, dataset);
                reader.series(registry, member, (first, last), by).expect("read")
            };
            assert_eq!(of(&beside), of(&plain), "{member:?} {dataset}");
        }
    }
}

/// `area_hour` holds the newest row of every hour and set.
fn rows_as_handed_out(daemon: &Daemon) {
    let db = rusqlite::Connection::open(daemon.store.path()).expect("opened");
    let mut query = db
        .prepare(
            "SELECT hour, code, version, state, aqi, pm2_5, co_24h, o3_8h_max_today, pm10_day,
                    aqi_day, primary_day, hours_day, o3_stations
             FROM area_hour JOIN station_set ON station_set.id = station_set",
        )
        .expect("a query");
    let mut rows = query.query([]).expect("rows");
    let mut count = 0;
    while let Some(row) = rows.next().expect("a row") {
        let hour = Hour::from_number(row.get(0).expect("an hour"));
        let code: String = row.get(1).expect("a code");
        let set = daemon.registry.sets.iter().position(|s| s.id == code).expect("a set");
        let SetHourRow { version, state, figures: f, .. } = &daemon.rows[&(hour, set)];
        let number = |at: usize| row.get::<_, Option<i64>>(at).expect("a number");
        let milli = |a: Option<lantian::quantity::Amount>| a.map(|a| i64::from(a.milli()));
        let text = |at: usize| row.get::<_, String>(at).expect("a text");
        assert_eq!(number(2), Some(i64::from(*version)), "{hour:?}");
        assert_eq!(text(3), state.name());
        assert_eq!(number(4), f.index.aqi.map(i64::from));
        assert_eq!(number(5), milli(f.concentration[0]));
        assert_eq!(number(6), milli(f.rolling_24h[4]));
        assert_eq!(number(7), milli(f.o3_8h_max_today));
        assert_eq!(number(8), milli(f.day[1]));
        assert_eq!(number(9), f.day_index.aqi.map(i64::from));
        assert_eq!(text(10), f.day_index.primary.to_string());
        assert_eq!(number(11), Some(i64::from(f.hours_day)));
        assert_eq!(number(12), Some(i64::from(f.coverage[5].present)));
        count += 1;
    }
    assert_eq!(count, daemon.rows.len());
}

/// The columnar driver over the model's values.
fn columns_agree(daemon: &Daemon, model: &Model, shape: Shape) {
    let hours: Vec<Hour> = hours_of(shape).collect();
    let mut all: Vec<Vec<Averages>> = Vec::new();
    for station in 0..CODES.len() {
        let mut columns = Columns::new(hours[0], hours.len());
        for p in POLLUTANTS {
            for (slot, hour) in columns.amounts_mut(p).iter_mut().zip(&hours) {
                *slot = model.amount(station, p, *hour).unwrap_or(MISSING);
            }
        }
        let mut averages = Vec::new();
        columns.for_each(|_, a| averages.push(*a));
        all.push(averages);
    }
    let parameters = Parameters::default();
    let judge = Judge { parameters: &parameters, entity: Entity::Area };
    for (at, hour) in hours.iter().enumerate() {
        for (number, set) in daemon.registry.sets.iter().enumerate() {
            let members = set.on(hour.day()).map(|s| &all[s][at]);
            let means = SetMeans::over(members, parameters.practice);
            assert_eq!(daemon.rows[&(*hour, number)].figures, Figures::of(&means, *hour, judge));
        }
    }
}

proptest! {
    #![proptest_config(cases(4))]

    #[test]
    fn a_month_in_any_order_ends_in_the_figures_of_the_sorted_list(
        seed in any::<u64>(), shape in shape(25..32)
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Sqlite::open(&folder.path().join("store.db")).expect("opened");
        let meant = month(seed, shape);
        let mut daemon = begin(store, shape, Params::default());
        let sent = batches(&mut Dice(seed ^ 1), &by_arrival(&meant), 60);
        run(&mut daemon, &sent, end_of(&meant, shape));
        let model = Model::of(&meant);
        agrees_with_the_model(&daemon, &model, shape);
        stored_as_the_model(&daemon, &model, shape);
        columns_agree(&daemon, &model, shape);
        rows_as_handed_out(&daemon);
        daemon.audit();
    }

    #[test]
    fn the_open_span_may_change_between_two_runs(seed in any::<u64>(), shape in shape(12..24)) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Sqlite::open(&folder.path().join("store.db")).expect("opened");
        let meant = month(seed, shape);
        let mut dice = Dice(seed ^ 4);
        let mut daemon = begin(store, shape, Params::default());
        for (now, said) in batches(&mut dice, &by_arrival(&meant), 20) {
            daemon.take(now, &said);
            let spans = [1, 48, 96, 240];
            let open_hours = spans[usize::try_from(dice.below(4)).expect("small")];
            daemon.params = Params { open_hours, ..Params::default() };
            daemon = daemon.restart();
        }
        daemon.params = Params::default();
        daemon.take(end_of(&meant, shape), &[]);
        daemon.audit();
        let model = Model::of(&meant);
        stored_as_the_model(&daemon, &model, shape);
        for ((hour, set), row) in &daemon.rows {
            prop_assert_eq!(&row.figures, &model.set(&daemon.registry, *set, *hour));
        }
    }

    #[test]
    fn what_a_view_holds_is_what_is_stored(seed in any::<u64>(), shape in shape(6..12)) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Sqlite::open(&folder.path().join("store.db")).expect("opened");
        let meant = month(seed, shape);
        let mut dice = Dice(seed ^ 6);
        let mut daemon = begin(store, shape, Params::default());
        for (now, said) in batches(&mut dice, &by_arrival(&meant), 12) {
            daemon.take(now, &said);
            the_view_holds_what_is_stored(&mut daemon);
            if dice.below(4) == 0 {
                let open_hours = if dice.below(2) == 0 { 48 } else { 96 };
                daemon.params = Params { open_hours, ..Params::default() };
                daemon = daemon.restart();
                the_view_holds_what_is_stored(&mut daemon);
            }
        }
    }

    #[test]
    fn what_comes_all_at_once_and_shuffled_ends_in_the_same_figures(
        seed in any::<u64>(), shape in shape(6..12)
    ) {
        let meant = month(seed, shape);
        let end = end_of(&meant, shape);
        let model = Model::of(&meant);
        let mut shuffled: Vec<Said> = meant.iter().map(Meant::said).collect();
        Dice(seed ^ 2).shuffle(&mut shuffled);
        let mut daemon = begin(Sqlite::in_memory().expect("opened"), shape, Params::default());
        let (first, rest) = shuffled.split_at(shuffled.len() / 2);
        daemon.take(end, first);
        daemon.take(end, rest);
        agrees_with_the_model(&daemon, &model, shape);
    }

    #[test]
    fn batching_leaves_no_trace_and_a_restart_none_either(
        seed in any::<u64>(), shape in shape(8..16)
    ) {
        let meant = month(seed, shape);
        let (sent, end) = (by_arrival(&meant), end_of(&meant, shape));
        let mut ends = Vec::new();
        for (pieces, restarts) in [(3, false), (40, false), (40, true)] {
            let mut daemon =
                begin(Sqlite::in_memory().expect("opened"), shape, Params::default());
            let mut dice = Dice(seed ^ pieces as u64);
            for (now, said) in batches(&mut dice, &sent, pieces) {
                daemon.take(now, &said);
                if restarts && dice.chance(30) {
                    daemon = daemon.restart();
                }
            }
            daemon.take(end, &[]);
            ends.push((figures(&daemon.rows), daemon.pipeline.digest()));
        }
        prop_assert!(ends[0].0 == ends[1].0, "another batching, other figures");
        prop_assert!(ends[1] == ends[2], "a restart shows");
    }

    #[test]
    fn the_tables_hold_the_state_through_jumps_and_changes_of_the_feed(
        seed in any::<u64>(), shape in shape(10..20)
    ) {
        let meant = month(seed, shape);
        let mut dice = Dice(seed ^ 3);
        let mut daemon = begin(Sqlite::in_memory().expect("opened"), shape, Params::default());
        let mut jump_min = 0;
        for (now, mut said) in batches(&mut dice, &by_arrival(&meant), 30) {
            if dice.chance(10) {
                jump_min += i64::try_from(dice.below(7 * 24 * 60)).expect("small");
            }
            let state = match dice.below(6) {
                0 => Some(FeedState::Disconnected),
                1 => Some(FeedState::CatchingUp),
                2 => Some(FeedState::CaughtUp),
                _ => None,
            };
            if let Some(state) = state {
                let at = usize::try_from(dice.below(said.len() as u64 + 1)).expect("small");
                said.insert(at, Said::Feed(state));
            }
            let backwards = i64::try_from(dice.below(90)).expect("small");
            daemon.take(now.plus_minutes(jump_min), &said);
            daemon.take(now.plus_minutes(jump_min - backwards), &[]);
        }
        let end = end_of(&meant, shape).plus_minutes(jump_min);
        daemon.take(end, &[Said::Feed(FeedState::CaughtUp)]);
        let model = Model::of(&meant);
        for ((hour, set), row) in &daemon.rows {
            prop_assert_eq!(&row.figures, &model.set(&daemon.registry, *set, *hour));
        }
    }
}
