//! Every figure explains itself: the derivation ends in the figure that is exported, to the digit.

mod layers;
mod told;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lantian::area::{Quantity, Registry};
use lantian::explanation::{Asked, Explanation, Input};
use lantian::observation::Dataset;
use lantian::pipeline::Params;
use lantian::standard::{Parameters, Practice};
use lantian::store::{Reader, Sqlite, Unexplained};
use lantian::time::{Hour, HourLabel};

use super::daemon::{Daemon, Said};
use super::month::{Dice, Meant, Shape, by_arrival, first_day, month, registry};

/// Standard output of the binary, which succeeds.
fn lantian(args: &[&str]) -> String {
    let command = Command::new(env!("CARGO_BIN_EXE_lantian"))
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("started");
    let told = String::from_utf8_lossy(&command.stderr);
    assert!(command.status.success(), "{args:?}: {told}");
    String::from_utf8(command.stdout).expect("text")
}

/// By hour and entity: the fields of an exported row, by column.
type Rows = BTreeMap<(Hour, String), BTreeMap<String, String>>;

fn exported(store: &Path, practice: Practice) -> Rows {
    let store = store.display().to_string();
    let practice = ["--practice", practice.code()];
    let csv = lantian(&[&["export", "--store", &store, "--what", "hours"][..], &practice].concat());
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows = reader.deserialize::<BTreeMap<String, String>>();
    rows.map(|row| {
        let row = row.expect("a row");
        let hour = Hour::parse_label(&row["time"], HourLabel::Begin).expect("a label");
        ((hour, row["entity"].clone()), row)
    })
    .collect()
}

fn ask(
    reader: &Reader,
    registry: &Registry,
    (entity, quantity, hour): (&str, Quantity, Hour),
    practice: Practice,
) -> Result<Explanation, Unexplained> {
    let parameters = Parameters { practice, ..Parameters::default() };
    let member = registry.member(entity).expect("known");
    reader.explain(&Asked { registry, member, quantity, hour, parameters: &parameters })
}

/// What a sample of explanations held.
#[derive(Debug, Default)]
struct Seen {
    values: u32,
    missing: BTreeMap<String, u32>,
    editions: BTreeMap<&'static str, u32>,
    origins: BTreeMap<&'static str, u32>,
    untraced: u32,
    revised: u32,
}

impl Seen {
    fn take(&mut self, mut explanation: Explanation) {
        *self.editions.entry(explanation.edition.id).or_default() += 1;
        match explanation.reason {
            None => self.values += 1,
            Some(reason) => *self.missing.entry(reason.to_owned()).or_default() += 1,
        }
        self.revised += u32::from(!explanation.revisions.is_empty());
        explanation.inputs_mut(|_, _, input: &mut Input| {
            self.untraced += u32::from(input.origins_reason.is_some());
            for origin in &input.origins {
                *self.origins.entry(origin.by).or_default() += 1;
            }
        });
    }
}

/// Explains `count` random figures of a store and holds each against the exported one.
fn sampled(store: &Path, area: &str, count: u32, dice: &mut Dice) -> Seen {
    let reader = Reader::open(store).expect("opened");
    let area = lantian::area::AreaId::new(area).expect("legal");
    let registry = reader.registry(&area).expect("read");
    let mut seen = Seen::default();
    for practice in [Practice::Letter, Practice::NationalPlatform] {
        let rows = exported(store, practice);
        let keys: Vec<&(Hour, String)> = rows.keys().collect();
        let all = Quantity::columns();
        for _ in 0..count {
            let (hour, entity) = keys[usize::try_from(dice.below(keys.len() as u64)).unwrap()];
            let quantity = all[usize::try_from(dice.below(all.len() as u64)).unwrap()];
            let found = ask(&reader, &registry, (entity, quantity, *hour), practice);
            let explanation = found.expect("explained");
            let figure = &rows[&(*hour, entity.clone())][&quantity.name()];
            let place = format!("{entity} {} {}", quantity.name(), hour.label(HourLabel::Begin));
            assert_eq!(explanation.value.to_string(), *figure, "{place}: {explanation:#?}");
            same_reason(&reader, &registry, &explanation, (entity, quantity, *hour), practice);
            let text = explanation.text_zh();
            let last = text.lines().last().expect("a last line");
            assert!(last.starts_with("结果: "), "{last}");
            if quantity.pollutant().is_some() && !figure.is_empty() {
                assert!(last.contains(&format!(" {figure} ")), "{place}: {last}");
            }
            seen.take(explanation);
        }
    }
    seen
}

/// A missing AQI is missing for the reason that the figures give; each index is the rounded last step.
fn same_reason(
    reader: &Reader,
    registry: &Registry,
    explanation: &Explanation,
    (entity, quantity, hour): (&str, Quantity, Hour),
    practice: Practice,
) {
    let Some(steps) = &explanation.index else { return };
    let parameters = Parameters { practice, ..Parameters::default() };
    let member = registry.member(entity).expect("known");
    let figures =
        reader.series(registry, member, (hour, hour), (&parameters, Dataset::Best)).expect("read");
    let index = match quantity {
        Quantity::Aqi | Quantity::Primary => &figures[0].index,
        _ => &figures[0].day_index,
    };
    assert_eq!(explanation.reason, index.no_aqi.map(lantian::index::NoAqi::code));
    assert_eq!(steps.max_iaqi, steps.parts.iter().filter_map(|part| part.iaqi).max());
    for part in &steps.parts {
        let rounded = part.rounding.as_ref().map(|r| r.to.to_string());
        let clipped = part.rounding.is_none() && part.iaqi.is_some();
        assert!(clipped || rounded == part.iaqi.map(|iaqi| iaqi.to_string()), "{part:?}");
        if let (Some(mean), Some(entered)) = (&part.mean.value, &part.entered) {
            let number = |text: &str| text.parse::<f64>().expect("a number");
            assert!((number(&mean.to_string()) - number(entered)).abs() < 1e-9, "{part:?}");
        }
    }
}

#[test]
fn what_a_daemon_published_is_explained_to_the_digit_in_both_editions() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let days = 14;
    let shape = Shape { days, stations: 6, silent: 12, late: 12, repeated: 5, corrected: 12 };
    let meant: Vec<Meant> = month(633, shape);
    let store = Sqlite::open(&path).expect("opened");
    let mut daemon = Daemon::start(store, registry(first_day().plus(7)), Params::default());
    daemon.checked = false;
    daemon.take(first_day().start().start(), &[]);
    let sent = by_arrival(&meant);
    for batch in sent.chunk_by(|(a, _), (b, _)| a.hour() == b.hour()) {
        let now = batch.last().expect("not empty").0;
        let said: Vec<Said> = batch.iter().map(|(_, said)| said.clone()).collect();
        daemon.take(now, &said);
    }
    daemon.take(sent.last().expect("messages").0.plus_minutes(24 * 60), &[]);
    daemon.audit();
    let seen = sampled(&path, "dalian", 300, &mut Dice(7));
    assert!(seen.values > 300 && seen.missing.values().sum::<u32>() > 50, "{seen:?}");
    assert_eq!(seen.editions.len(), 2, "{seen:?}");
    assert!(seen.origins["message"] > 1000 && seen.revised > 20, "{seen:?}");
    // A change that came after two days and left the published reading as it was names no row.
    let traced = seen.origins["message"];
    assert!(seen.untraced * 500 < traced, "nearly every value says when it came: {seen:?}");
}

#[test]
fn imported_hours_of_the_real_world_are_explained_to_the_digit() {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let data = std::env::var_os("LANTIAN_DATA").map_or_else(beside, PathBuf::from);
    if !data.is_dir() {
        println!("skipped: no {}", data.display());
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for (city, file) in
        [("dalian", "stations_2025-01.csv.gz"), ("shenyang", "stations_2025-01_02.csv.gz")]
    {
        let path = folder.path().join(format!("{city}.db"));
        let text = |path: &Path| path.display().to_string();
        let (store, data) = (text(&path), data.join(city));
        let (stations, hours) = (text(&data.join("stations.csv")), text(&data.join(file)));
        let import = ["import", "--store", &store, "--stations", &stations, "--hour-label", "end"];
        lantian(&[&import[..], &[&hours]].concat());
        let seen = sampled(&path, city, 150, &mut Dice(633));
        println!("{city}: {seen:?}");
        assert!(seen.values > 200 && seen.origins["import"] > 500, "{seen:?}");
        assert_eq!((seen.untraced, seen.origins.len()), (0, 1), "{seen:?}");
    }
}
