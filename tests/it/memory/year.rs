//! A long time of many stations through pipeline and store in one process, by a clock of its own.
//!
//! Every station reports six pollutants every hour as JSON, some of it late and some of it corrected; each
//! hour is a commit. Used by the test of a short time and by the bench of a year.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use lantian::area::{AreaId, Registry, Span, Station, StationKind};
use lantian::average::Correction;
use lantian::observation::{Pollutant, Property, StationId};
use lantian::pipeline::{Batch, CorrectionInput, Input, Message, Params, Pipeline};
use lantian::quantity::Amount;
use lantian::store::{AreaCommit, Checkpointer, Commit, InputLog, Rules, Sqlite, Store};
use lantian::time::{Hour, HourLabel, Instant};

/// One message in so many comes `LATE_HOURS` late, ...
const LATE_ONE_IN: i32 = 500;
const LATE_HOURS: i32 = 50;
/// ... and once a day as many are corrected, of an hour that is closed by then.
const CORRECTED_HOURS: i32 = 130;

/// Pipeline, store and the hour that is to come.
pub(crate) struct Year {
    store: Sqlite,
    checkpoints: Checkpointer,
    pipeline: Pipeline,
    registry: Arc<Registry>,
    log: InputLog,
    pub(crate) next: Hour,
    begun: Hour,
}

impl Year {
    /// Begins with the year 2025 in a store of its own; the first station is the city's.
    pub(crate) fn begin(path: &Path, stations: usize) -> Self {
        let mut store = Sqlite::open(path).expect("a store");
        let station = |n: usize| Station {
            id: StationId::new(&format!("S{n:04}")).expect("legal"),
            name: format!("站{n}"),
            position: None,
            district: String::new(),
            kind: if n == 0 { StationKind::City } else { StationKind::National },
            assessed: true,
            valid: Span::default(),
        };
        let area = AreaId::new("x").expect("legal");
        let stations = (0..stations).map(station).collect();
        let registry = Registry::new(area, "某市".into(), stations).expect("distinct");
        let params = Params::default();
        let rules = Rules::new(registry.clone(), params.clone(), vec!["feed".to_owned()]);
        let digest = store.adopt(&rules, Instant::default()).expect("adopted");
        let registry = Arc::new(registry);
        let tables = store.tables(&registry).expect("read");
        let pipeline = Pipeline::rebuild(Arc::clone(&registry), params, &tables).expect("rebuilt");
        let mut log = InputLog::default();
        log.rules(&digest);
        let checkpoints = Checkpointer::open(path).expect("opened");
        let next = Hour::parse_label("2025-01-01 00:00", HourLabel::Begin).expect("an hour");
        Self { store, checkpoints, pipeline, registry, log, next, begun: next }
    }

    /// The air of one day, hour by hour.
    pub(crate) fn day(&mut self) {
        for _ in 0..24 {
            self.hour();
        }
    }

    fn hour(&mut self) {
        let hour = self.next;
        let stations = self.registry.stations.len();
        let mut messages = Vec::with_capacity(stations);
        let is_late = |station: i32, hour: Hour| (station + hour.number()) % LATE_ONE_IN == 0;
        for station in 0..i32::try_from(stations).expect("fewer stations") {
            if !is_late(station, hour) {
                messages.push(report(station, hour, 0));
            }
            let late = hour.plus(-LATE_HOURS);
            if late >= self.begun && is_late(station, late) {
                messages.push(report(station, late, 0));
            }
            let closed = hour.plus(-CORRECTED_HOURS);
            if hour.of_day() == 5 && closed >= self.begun && is_late(station, hour) {
                messages.push(report(station, closed, 1));
            }
        }
        self.next = hour.plus(1);
        let inputs = messages.iter().map(|(topic, payload)| {
            Input::Message(Message { feed: 0, topic, payload, length: payload.len() })
        });
        self.commit(hour.end().plus_minutes(2), &inputs.collect::<Vec<_>>());
    }

    fn commit(&mut self, now: Instant, inputs: &[Input<'_>]) -> Batch {
        let mut batch = Batch::default();
        let Self { store, pipeline, registry, log, .. } = self;
        log.now(now);
        for input in inputs {
            match input {
                Input::Message(message) => log.message(message),
                Input::Correction(asked) => log.correction(asked),
                Input::Power(asked) => log.power(asked),
                Input::Days(_)
                | Input::Feed(_)
                | Input::Retry(_)
                | Input::Act(_)
                | Input::Duty(_)
                | Input::Notice(_) => {}
            }
        }
        let load = |days: &[_]| store.days(registry, days);
        pipeline.handle_loading(now, inputs, &mut batch, load).expect("read");
        pipeline.settle(&mut batch);
        let (area, inputs, taken) = (registry.area.clone(), log.take(), Vec::new());
        let part = AreaCommit { area, batch: batch.clone(), inputs, taken };
        store.commit(&Commit::of(part)).expect("committed");
        self.checkpoints.step().expect("folded in");
        batch
    }

    /// An operator sets a value of the first station so many days back.
    pub(crate) fn correct(&mut self, days_back: i32) -> Batch {
        let now = self.next.start();
        let asked = CorrectionInput {
            at: now,
            person: "张三",
            reason: "校准",
            station: "S0000",
            property: Property::Pollutant(Pollutant::Pm2_5),
            hour: self.next.plus(-24 * days_back),
            act: Correction::Set(Amount::from_milli(499_000)),
        };
        self.commit(now, &[Input::Correction(asked)])
    }

    /// The feed revises all values of the second station's hour so many days back.
    pub(crate) fn revise(&mut self, days_back: i32) -> Batch {
        let (topic, payload) = report(1, self.next.plus(-24 * days_back), 7);
        let message = Message { feed: 0, topic: &topic, payload: &payload, length: payload.len() };
        self.commit(self.next.start(), &[Input::Message(message)])
    }
}

/// A message; every value is another one with every revision.
fn report(station: i32, hour: Hour, revision: u32) -> (String, Vec<u8>) {
    let mut payload = String::with_capacity(192);
    let mixed = u64::from(station.unsigned_abs()).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ u64::from(hour.number().unsigned_abs()).wrapping_mul(0xd1b5_4a32_d192_ed03);
    let value =
        |place: u64, most: u64| ((mixed >> (8 * place)) % most + u64::from(revision)).to_string();
    write!(
        payload,
        "{{\"station\":\"S{station:04}\",\"period\":\"PT1H\",\"time\":\"{}\",\
         \"revision\":{revision},\"values\":{{\"pm2_5\":{},\"pm10\":{},\"so2\":{},\
         \"no2\":{},\"co\":0.{},\"o3\":{}}}}}",
        hour.start(),
        value(0, 150),
        value(1, 220),
        value(2, 30),
        value(3, 80),
        value(4, 9),
        value(5, 190),
    )
    .expect("a string takes it");
    (format!("aq/x/S{station:04}/obs"), payload.into_bytes())
}

/// The resident memory of a process now, and at its most, in bytes.
pub(crate) fn resident(process: &str) -> (u64, u64) {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let figure = |name: &str| {
        let line = status.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1024
    };
    (figure("VmRSS:"), figure("VmHWM:"))
}
