//! The execution of a response (应急响应): the steps of its tasks (任务单), and what districts report of each day.
//!
//! In: acts of persons who enter what districts and departments told. Out: bodies of records; the state
//! ([`Execution`]) follows from the records.
//!
//! Invariants: a task is delivered, signed for and reported back in this order, each once, while its warning
//! is open; figures are of a day of a response; a later report of a district and day stands in place of the
//! former, and both stay as records.
//!
//! What is kept: the tasks of the warning that is open or was the last; responses with their figures until
//! another one begins more than [`LATE_DAYS`] days after their end. What was dropped stands in the records.
//!
//! Source: issue 5, Build 5 (dispatch, daily figures); terms.md (应对日报, districts by 13:00).

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::decide::{AHEAD_MIN, check, named};
use super::{Body, Level, Open, Record, Refusal, Target, Warnings};
use crate::time::{Day, Instant};

/// Days after the end of a response within which its figures are still taken: the last day is reported after
/// it, and mended in the week after.
pub const LATE_DAYS: i32 = 7;

/// A step of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// 送达.
    Delivered,
    /// 签收.
    Signed,
    /// 反馈.
    Returned,
}

impl Step {
    /// In their order.
    pub const ALL: [Self; 3] = [Self::Delivered, Self::Signed, Self::Returned];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Signed => "signed",
            Self::Returned => "returned",
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Delivered => "送达",
            Self::Signed => "签收",
            Self::Returned => "反馈",
        }
    }
}

/// How it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// 系统.
    System,
    /// 电话.
    Phone,
    /// 传真.
    Fax,
    /// 短信.
    Message,
    /// 纸质文件.
    Paper,
    /// 当面.
    InPerson,
}

impl Means {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::System, Self::Phone, Self::Fax, Self::Message, Self::Paper, Self::InPerson];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Phone => "phone",
            Self::Fax => "fax",
            Self::Message => "message",
            Self::Paper => "paper",
            Self::InPerson => "in_person",
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::System => "系统",
            Self::Phone => "电话",
            Self::Fax => "传真",
            Self::Message => "短信",
            Self::Paper => "纸质文件",
            Self::InPerson => "当面",
        }
    }
}

/// A step that a task took at its receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskStep {
    /// The record of the issue whose tasks these are.
    pub issue: u64,
    /// The district or department.
    pub receiver: String,
    /// Which step.
    pub step: Step,
    /// By whom at the receiver.
    pub contact: String,
    /// When.
    pub at: Instant,
    /// How.
    pub means: Means,
    /// A note; of a step `returned` what came of the task.
    #[serde(default)]
    pub note: String,
}

/// What a district counts in a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Count {
    /// 应停产企业, 家.
    PlantsToStop,
    /// 已停产企业, 家.
    PlantsStopped,
    /// 应限产企业, 家.
    PlantsToLimit,
    /// 已限产企业, 家.
    PlantsLimited,
    /// 检查企业, 家次.
    PlantsInspected,
    /// 停工工地, 个.
    SitesStopped,
    /// 检查车辆, 辆次.
    VehiclesChecked,
    /// 洒水作业, 车次.
    SprinklingRuns,
    /// 出动人员, 人次.
    PeopleOut,
    /// 发现问题, 个.
    ProblemsFound,
    /// 整改问题, 个.
    ProblemsMended,
}

impl Count {
    /// In the order of the report.
    pub const ALL: [Self; 11] = [
        Self::PlantsToStop,
        Self::PlantsStopped,
        Self::PlantsToLimit,
        Self::PlantsLimited,
        Self::PlantsInspected,
        Self::SitesStopped,
        Self::VehiclesChecked,
        Self::SprinklingRuns,
        Self::PeopleOut,
        Self::ProblemsFound,
        Self::ProblemsMended,
    ];

    /// What cannot be more than what.
    pub const BOUNDS: [(Self, Self); 2] =
        [(Self::PlantsStopped, Self::PlantsToStop), (Self::PlantsLimited, Self::PlantsToLimit)];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PlantsToStop => "plants_to_stop_count",
            Self::PlantsStopped => "plants_stopped_count",
            Self::PlantsToLimit => "plants_to_limit_count",
            Self::PlantsLimited => "plants_limited_count",
            Self::PlantsInspected => "plants_inspected_count",
            Self::SitesStopped => "sites_stopped_count",
            Self::VehiclesChecked => "vehicles_checked_count",
            Self::SprinklingRuns => "sprinkling_run_count",
            Self::PeopleOut => "people_out_count",
            Self::ProblemsFound => "problems_found_count",
            Self::ProblemsMended => "problems_mended_count",
        }
    }

    /// As it is written, and its measure word.
    #[must_use]
    pub const fn text_zh(self) -> (&'static str, &'static str) {
        match self {
            Self::PlantsToStop => ("应停产企业", "家"),
            Self::PlantsStopped => ("已停产企业", "家"),
            Self::PlantsToLimit => ("应限产企业", "家"),
            Self::PlantsLimited => ("已限产企业", "家"),
            Self::PlantsInspected => ("检查企业", "家次"),
            Self::SitesStopped => ("停工工地", "个"),
            Self::VehiclesChecked => ("检查车辆", "辆次"),
            Self::SprinklingRuns => ("洒水作业", "车次"),
            Self::PeopleOut => ("出动人员", "人次"),
            Self::ProblemsFound => ("发现问题", "个"),
            Self::ProblemsMended => ("整改问题", "个"),
        }
    }
}

/// The counts of a district and day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u32; Count::ALL.len()]);

impl Counts {
    /// One of them.
    #[must_use]
    pub const fn of(&self, count: Count) -> u32 {
        self.0[count as usize]
    }

    /// Writes one of them.
    pub const fn set(&mut self, count: Count, number: u32) {
        self.0[count as usize] = number;
    }

    /// What is more than it can be, each with its bound.
    pub fn contradictions(&self) -> impl Iterator<Item = (Count, Count)> + use<> {
        let of = *self;
        Count::BOUNDS.into_iter().filter(move |(part, whole)| of.of(*part) > of.of(*whole))
    }
}

/// In JSON: by name, in the order of the report.
impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(Count::ALL.map(|count| (count.name(), self.of(count))))
    }
}

impl<'de> Deserialize<'de> for Counts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut given = BTreeMap::<String, u32>::deserialize(from)?;
        let mut counts = Self::default();
        for count in Count::ALL {
            let number = given.remove(count.name());
            counts.set(count, number.ok_or_else(|| D::Error::missing_field(count.name()))?);
        }
        match given.into_keys().next() {
            None => Ok(counts),
            Some(name) => Err(D::Error::custom(format!("no count is called {name:?}"))),
        }
    }
}

/// What a district reports of a day (应对日报).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DistrictDay {
    /// The district.
    pub district: String,
    /// The day.
    #[serde(with = "day_text")]
    pub day: Day,
    /// What was done.
    pub counts: Counts,
    /// Who reported, at the district.
    pub reporter: String,
    /// A remark.
    #[serde(default)]
    pub remark: String,
}

/// A day as `2026-11-23`.
mod day_text {
    use super::{Day, Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(day: &Day, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(day)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Day, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The tasks of an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tasks {
    /// The warning.
    pub warning: u64,
    /// 响应级别.
    pub response: Level,
    /// When they were issued.
    pub issued: Instant,
    /// The digest of the list that they are taken from.
    pub list: Option<String>,
    /// The steps taken, by receiver, each with its record.
    pub steps: BTreeMap<String, Vec<(u64, TaskStep)>>,
}

/// A response that runs, or ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// From when its first level holds.
    pub from: Instant,
    /// The digest of the list by which its last level is carried out.
    pub list: Option<String>,
    /// Its end; `None` while it runs.
    pub until: Option<Instant>,
}

impl Response {
    /// Its first day.
    #[must_use]
    pub fn first_day(&self) -> Day {
        self.from.hour().day()
    }

    /// Its last day, once it has ended: one that ends at midnight ends with the day before.
    #[must_use]
    pub fn last_day(&self) -> Option<Day> {
        let last = |until: Instant| Instant::from_millis(until.millis() - 1).hour().day();
        self.until.map(|until| last(until).max(self.first_day()))
    }

    /// Whether a day is one of it, as far as it has come.
    fn holds(&self, day: Day, today: Day) -> bool {
        let last = self.last_day().map_or(today, |last| last.min(today));
        self.first_day() <= day && day <= last
    }
}

/// What a district reported of a day, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// The record that holds.
    pub number: u64,
    /// When that one was entered.
    pub at: Instant,
    /// When the first one was: by it a report is late or not.
    pub first: Instant,
    /// What it says.
    pub figures: DistrictDay,
}

/// Where the execution of an area's responses stands.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Execution {
    /// The tasks of the warning that is open, or was the last, by the record of the issue.
    pub tasks: BTreeMap<u64, Tasks>,
    /// The responses that are kept, the oldest first.
    pub responses: Vec<Response>,
    /// What was reported in them, by day and district.
    pub days: BTreeMap<Day, BTreeMap<String, Reported>>,
}

impl Execution {
    /// When the response began that began last on a day.
    #[must_use]
    pub fn begins(&self, day: Day) -> Option<Instant> {
        let began = self.responses.iter().map(|response| response.from);
        began.filter(|from| from.hour().day() == day).max()
    }

    /// The days of responses that are kept, until today.
    pub fn response_days(&self, today: Day) -> impl DoubleEndedIterator<Item = Day> + '_ {
        let first = self.responses.first().map_or(today.plus(1), Response::first_day);
        let days = (first.number()..=today.number()).map(Day::from_number);
        days.filter(move |day| self.responses.iter().any(|response| response.holds(*day, today)))
    }

    /// The last response of which a day is, as far as it has come.
    #[must_use]
    pub fn response_of(&self, day: Day, today: Day) -> Option<&Response> {
        self.responses.iter().rev().find(|response| response.holds(day, today))
    }

    /// Takes the next record, before the state of the warning does.
    pub(super) fn take(&mut self, record: &Record, open: Option<&Open>) {
        match &record.body {
            Body::Issued(issue) => {
                let Some(response) = issue.response else { return };
                let (warning, issued) = (issue.warning, issue.issued);
                self.tasks.retain(|_, tasks| tasks.warning == warning);
                let (list, steps) = (issue.list_digest().map(str::to_owned), BTreeMap::new());
                let tasks = Tasks { warning, response, issued, list, steps };
                self.tasks.insert(record.number, tasks);
            }
            Body::TookEffect { issue } => {
                let Some(open) = open else { return };
                let Some(coming) = open.coming.filter(|coming| coming.issue == *issue) else {
                    return;
                };
                match coming.target {
                    Target::Level(_) => {
                        if open.in_force.is_none() {
                            self.begin(coming.effective_from);
                        }
                        let list = self.tasks.get(issue).and_then(|tasks| tasks.list.clone());
                        self.responses.last_mut().into_iter().for_each(|of| of.list = list.clone());
                    }
                    Target::Lift => {
                        let last = self.responses.last_mut();
                        last.into_iter().for_each(|of| of.until = Some(coming.effective_from));
                    }
                }
            }
            Body::TaskStep(step) => {
                if let Some(tasks) = self.tasks.get_mut(&step.issue) {
                    let steps = tasks.steps.entry(step.receiver.clone()).or_default();
                    steps.push((record.number, step.clone()));
                }
            }
            Body::DistrictDay(figures) => {
                let of_day = self.days.entry(figures.day).or_default();
                let before = of_day.get(&figures.district).map(|before| before.first);
                let (number, at, first) = (record.number, record.at, before.unwrap_or(record.at));
                let held = Reported { number, at, first, figures: figures.clone() };
                of_day.insert(figures.district.clone(), held);
            }
            _ => {}
        }
    }

    /// Another response begins; those that ended long before it are let go.
    fn begin(&mut self, from: Instant) {
        let begun = Response { from, list: None, until: None };
        let kept_from = begun.first_day().plus(-LATE_DAYS);
        self.responses.retain(|of| of.last_day().is_none_or(|last| last >= kept_from));
        self.responses.push(begun);
        let first = self.responses.first().map_or(kept_from, Response::first_day);
        self.days = self.days.split_off(&first);
    }

    /// Whether figures of a day are taken at `now`.
    fn is_open(&self, day: Day, now: Instant) -> bool {
        let today = now.hour().day();
        let open = |of: &Response| {
            let in_time = of.last_day().is_none_or(|last| today <= last.plus(LATE_DAYS));
            of.holds(day, today) && in_time
        };
        self.responses.iter().any(open)
    }
}

impl Warnings {
    /// What is recorded when a person enters a step of a task.
    pub(super) fn task_step(&self, step: &TaskStep, now: Instant) -> Result<Vec<Body>, Refusal> {
        named(&[&step.receiver, &step.contact])?;
        check(step.step != Step::Returned || named(&[&step.note]).is_ok(), Refusal::Unnamed)?;
        let tasks = self.execution.tasks.get(&step.issue);
        let tasks = tasks.filter(|tasks| Some(tasks.warning) == self.warning());
        let tasks = tasks.ok_or(Refusal::UnknownIssue)?;
        let done = tasks.steps.get(&step.receiver).map_or(&[][..], Vec::as_slice);
        check(done.iter().all(|(_, done)| done.step != step.step), Refusal::Repeated)?;
        check(Step::ALL.get(done.len()) == Some(&step.step), Refusal::StepMissing)?;
        check(step.at <= now.plus_minutes(AHEAD_MIN), Refusal::InFuture)?;
        let before = done.last().map_or(tasks.issued, |(_, before)| before.at);
        check(before <= step.at, Refusal::OutOfOrder)?;
        Ok(vec![Body::TaskStep(step.clone())])
    }

    /// What is recorded when figures of districts are entered: all of them, or nothing. Those that say what
    /// holds already are passed over.
    pub(super) fn district_days(
        &self,
        districts: &[DistrictDay],
        now: Instant,
    ) -> Result<Vec<Body>, Refusal> {
        let mut seen = Vec::new();
        for of in districts {
            named(&[&of.district, &of.reporter])?;
            check(of.counts.contradictions().next().is_none(), Refusal::Contradicting)?;
            check(self.execution.is_open(of.day, now), Refusal::NotInResponse)?;
            check(!seen.contains(&(of.day, &of.district)), Refusal::Repeated)?;
            seen.push((of.day, &of.district));
        }
        let new = districts.iter().filter(|of| !self.is_reported(of));
        let bodies: Vec<Body> = new.cloned().map(Body::DistrictDay).collect();
        check(!bodies.is_empty(), Refusal::Repeated)?;
        Ok(bodies)
    }

    /// Whether a district's figures are those that hold.
    #[must_use]
    pub fn is_reported(&self, of: &DistrictDay) -> bool {
        let held = self.execution.days.get(&of.day).and_then(|day| day.get(&of.district));
        held.is_some_and(|held| held.figures == *of)
    }
}
