//! A daemon in miniature: pipeline and store, joined by the protocol of `needs` and `deferred`.
//!
//! After every commit it may hold the live state against one rebuilt from the tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use lantian::area::{Figures, Member, Registry, Value};
use lantian::average::Correction;
use lantian::duty::DutyAct;
use lantian::measures::{PowerFile, PowerRow, read_power_files};
use lantian::notification::{NoticeAct, TryEnd};
use lantian::observation::Property;
use lantian::pipeline::{
    ActInput, Batch, CorrectionInput, DutyInput, FeedState, HourState, Input, Message, NoticeInput,
    Params, Pipeline, PowerInput, SetHourRow,
};
use lantian::store::{AreaCommit, Commit, InputLog, Reader, Rules, RulesDigest, Sqlite, Store};
use lantian::time::{Day, Hour, HourLabel, Instant};
use lantian::warning::Act;

/// An input that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Message {
        topic: String,
        payload: Vec<u8>,
    },
    /// What the national platform published, on the second feed.
    Published {
        topic: String,
        payload: Vec<u8>,
    },
    Feed(FeedState),
    /// Of `王五`, in a warning's life.
    Act(Act),
    /// Of a person, on a notice.
    Notice {
        person: &'static str,
        act: NoticeAct,
    },
    /// How a try to send ended.
    Ended(TryEnd),
    /// The daemon starts: nobody reports on tries before.
    Started,
    /// Of a person, in the room.
    Duty {
        person: &'static str,
        act: DutyAct,
    },
    /// Of `赵六`: files of electricity readings, labelled by the start of the hour.
    Power {
        files: Vec<PowerFile>,
        rows: Vec<PowerRow>,
    },
    /// Of `张三`, for a reason.
    Correction {
        station: String,
        property: Property,
        hour: Hour,
        act: Correction,
    },
}

impl Said {
    /// Files without a fault.
    pub(crate) fn power(files: Vec<PowerFile>) -> Self {
        let rows = read_power_files(&files, HourLabel::Begin).expect("without a fault");
        Self::Power { files, rows }
    }

    fn input(&self) -> Input<'_> {
        match self {
            Self::Message { topic, payload } => {
                Input::Message(Message { feed: 0, topic, payload, length: payload.len() })
            }
            Self::Published { topic, payload } => {
                Input::Message(Message { feed: 1, topic, payload, length: payload.len() })
            }
            Self::Feed(state) => Input::Feed(*state),
            Self::Act(act) => Input::Act(ActInput { person: "王五", act }),
            Self::Duty { person, act } => Input::Duty(DutyInput { person, act }),
            Self::Notice { person, act } => Input::Notice(NoticeInput::Act { person, act }),
            Self::Ended(ended) => Input::Notice(NoticeInput::Ended(ended)),
            Self::Started => Input::Notice(NoticeInput::Started),
            Self::Power { files, rows } => {
                let (person, label) = ("赵六", HourLabel::Begin);
                Input::Power(PowerInput { person, label, files, rows })
            }
            Self::Correction { station, property, hour, act } => {
                Input::Correction(CorrectionInput {
                    at: hour.end(),
                    person: "张三",
                    reason: "校准",
                    station,
                    property: *property,
                    hour: *hour,
                    act: *act,
                })
            }
        }
    }
}

/// The names of the feeds: of observations, and of what was published.
const FEEDS: [&str; 2] = ["feed", "published"];

/// Pipeline and store of one area.
pub(crate) struct Daemon {
    pub(crate) store: Sqlite,
    pub(crate) pipeline: Pipeline,
    pub(crate) registry: Arc<Registry>,
    pub(crate) params: Params,
    /// To be written down with the first batch.
    rules: Option<RulesDigest>,
    /// The newest row of every hour and set.
    pub(crate) rows: BTreeMap<(Hour, usize), SetHourRow>,
    /// Whether every commit is checked against a rebuild.
    pub(crate) checked: bool,
}

impl Daemon {
    /// Registers the area and takes up its state from the tables.
    pub(crate) fn start(mut store: Sqlite, registry: Registry, params: Params) -> Self {
        let registry = Arc::new(registry);
        let feeds = FEEDS.map(str::to_owned).to_vec();
        let rules = Rules::new((*registry).clone(), params.clone(), feeds);
        let rules = store.adopt(&rules, Instant::default()).expect("adopted");
        let tables = store.tables(&registry).expect("readable");
        let pipeline = Pipeline::rebuild(Arc::clone(&registry), params.clone(), &tables);
        let pipeline = pipeline.expect("rebuilt");
        let (rules, rows) = (Some(rules), BTreeMap::new());
        Self { store, pipeline, registry, params, rules, rows, checked: true }
    }

    /// Ends the process and starts it again on the same store.
    pub(crate) fn restart(self) -> Self {
        let registry = (*self.registry).clone();
        let again = Self::start(self.store, registry, self.params);
        Self { rows: self.rows, checked: self.checked, ..again }
    }

    /// Handles inputs and returns the settled batch, not yet committed.
    pub(crate) fn settle(&mut self, now: Instant, said: &[Said]) -> Batch {
        let mut batch = Batch::default();
        let inputs: Vec<Input<'_>> = said.iter().map(Said::input).collect();
        let Self { store, pipeline, registry, .. } = self;
        let load = |days: &[Day]| store.days(registry, days);
        pipeline.handle_loading(now, &inputs, &mut batch, load).expect("readable");
        assert!(batch.deferred.is_empty(), "deferred without a need");
        self.pipeline.settle(&mut batch);
        batch
    }

    pub(crate) fn commit_of(&mut self, now: Instant, said: &[Said], batch: &Batch) -> Commit {
        let mut log = InputLog::default();
        if let Some(rules) = self.rules.take() {
            log.rules(&rules);
        }
        log.now(now);
        for one in said {
            match one.input() {
                Input::Message(message) => log.message(&message),
                Input::Feed(state) => log.feed(state),
                Input::Correction(asked) => log.correction(&asked),
                Input::Retry(retry) => log.retry(&retry),
                Input::Act(asked) => log.warning_act(&asked),
                Input::Power(asked) => log.power(&asked),
                Input::Duty(asked) => log.duty_act(&asked),
                Input::Notice(asked) => log.notice(&asked),
                Input::Days(_) => {}
            }
        }
        let mut taken = BTreeMap::<usize, u64>::new();
        for one in said {
            if let Input::Message(message) = one.input() {
                *taken.entry(message.feed).or_default() += 1;
            }
        }
        let taken = taken.into_iter().map(|(feed, n)| (FEEDS[feed].to_owned(), n)).collect();
        let (area, batch) = (self.registry.area.clone(), batch.clone());
        Commit::of(AreaCommit { area, batch, inputs: log.take(), taken })
    }

    /// Handles, commits, and checks the live state against the tables.
    pub(crate) fn take(&mut self, now: Instant, said: &[Said]) -> Batch {
        let batch = self.settle(now, said);
        let commit = self.commit_of(now, said, &batch);
        self.store.commit(&commit).expect("committed");
        for row in &batch.set_hours {
            self.keep(row, &batch);
        }
        if self.checked {
            self.check_rebuild();
        }
        batch
    }

    /// A version counts up by one, and only when the figures changed; and that a revision tells.
    fn keep(&mut self, row: &SetHourRow, batch: &Batch) {
        let key = (row.hour, row.set);
        let Some(before) = self.rows.get(&key) else {
            let state = HourState::of_published(1, &row.figures);
            assert_eq!((row.version, row.state), (1, state), "{row:?}");
            self.rows.insert(key, row.clone());
            return;
        };
        assert_eq!(row.version, before.version + 1, "{before:?} then {row:?}");
        let reviewed = row.figures.reviewed;
        assert_eq!(row.state, if reviewed { HourState::Reviewed } else { HourState::Revised });
        assert_eq!(revised(batch, row), changes(&before.figures, &row.figures));
        assert_ne!(before.figures, row.figures, "a version without a change at {:?}", row.hour);
        self.rows.insert(key, row.clone());
    }

    /// Holds every table against a rebuild from the chain; the store must have a file.
    pub(crate) fn audit(&self) {
        let reader = Reader::open(self.store.path()).expect("opened");
        let mut told = Vec::new();
        let audited = reader.audit(|d| told.push(d.clone())).expect("audited");
        assert!(told.is_empty(), "{} differences, the first: {:?}", told.len(), told[0]);
        assert_eq!(audited.rebuilt, audited.arrivals);
    }

    pub(crate) fn rebuilt(&mut self) -> Pipeline {
        let tables = self.store.tables(&self.registry).expect("readable");
        Pipeline::rebuild(Arc::clone(&self.registry), self.params.clone(), &tables)
            .expect("rebuilt")
    }

    pub(crate) fn check_rebuild(&mut self) {
        let rebuilt = self.rebuilt();
        if rebuilt.digest() == self.pipeline.digest() {
            assert_eq!(rebuilt.next_deadline(), self.pipeline.next_deadline());
            return;
        }
        let (live, again) = (format!("{:#?}", self.pipeline), format!("{rebuilt:#?}"));
        let first = live.lines().zip(again.lines()).enumerate().find(|(_, (a, b))| a != b);
        panic!("the rebuilt state differs at {:?}: {first:?}", self.pipeline.sequence());
    }
}

/// What a batch's revisions say of one row: quantity, old, new.
fn revised(batch: &Batch, row: &SetHourRow) -> Vec<(&'static str, Value, Value)> {
    let of_set = batch.revisions.iter().filter(|r| r.member == Member::Set(row.set));
    let changes = of_set.flat_map(|r| &r.changes).filter(|c| c.hour == row.hour);
    changes.map(|c| (c.quantity, c.old, c.new)).collect()
}

fn changes(old: &Figures, new: &Figures) -> Vec<(&'static str, Value, Value)> {
    let values = old.values().into_iter().zip(new.values());
    let all = Figures::NAMES.into_iter().zip(values).map(|(name, (old, new))| (name, old, new));
    all.filter(|(_, old, new)| old != new).collect()
}
