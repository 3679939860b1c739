//! The monitoring room of a world: forecasts and instructions among the mail, and persons who do with what is
//! shown to them what a person may: approve, issue, decline, and begin a drill.
//!
//! An answer tells of a record that stands in the store. In the end the records are numbered without a gap,
//! nothing was issued without a registered approval of just that, and nothing twice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lantian::config::warning_rules;
use lantian::duty::{Draft, DutyAct, DutyBody, DutyRecord, Fixed};
use lantian::http;
use lantian::pipeline::{AreaView, View, WarningParams};
use lantian::standard::Parameters;
use lantian::store::{DutyAsked, Reader, RecordsAsked};
use lantian::time::Instant;
use lantian::warning::{
    Act, Approval, Body, DrillAct, DrillAir, DrillCity, Level, Notice, Proposal, Record, Target,
    Warnings,
};
use tokio::sync::oneshot;

use super::plan::Post;
use super::process::Ended;
use super::trace::Step;
use super::world::World;
use crate::month::{self, Dice};

/// What days are forecast to be.
const AQIS: [u16; 8] = [60, 90, 130, 160, 210, 260, 310, 400];
const LEVELS: [&str; 5] = ["yellow", "yellow", "orange", "red", "lift"];

pub(super) fn params() -> WarningParams {
    let rules = warning_rules("2024", Path::new("")).expect("shipped");
    WarningParams { rules, zones: Vec::new() }
}

/// An issue of the forecast office at `now` for the days after it.
pub(super) fn forecast(now: Instant, dice: &mut Dice) -> Post {
    let day = |n: i32| {
        let at = usize::try_from(dice.below(AQIS.len() as u64)).expect("small");
        let (aqi, date) = (AQIS[at], now.hour().day().plus(n));
        format!(r#"{{"date":"{date}","aqi":[{aqi},{}],"primary":["pm2_5"]}}"#, aqi + 30)
    };
    let days: Vec<String> = (1..=7).map(day).collect();
    let days = days.join(",");
    let payload = format!(r#"{{"office":"监测中心","issued":"{now}","days":[{days}]}}"#);
    Post { topic: "aq/dalian/forecast".to_owned(), payload: payload.into_bytes() }
}

/// An instruction of the province at `now`.
pub(super) fn instruction(number: u64, now: Instant, dice: &mut Dice) -> Post {
    let level = LEVELS[usize::try_from(dice.below(LEVELS.len() as u64)).expect("small")];
    let payload = format!(
        r#"{{"office":"省指挥部","document":"省〔2026〕{number}号","level":"{level}","from":"{now}"}}"#
    );
    Post { topic: "aq/dalian/instruction".to_owned(), payload: payload.into_bytes() }
}

/// A person who acted, with the batch that was stored then, and the table of the record.
type Asked = (u64, oneshot::Receiver<Result<u64, String>>, &'static str);

/// Persons, what they wait for, and what they were told.
#[derive(Debug, Default)]
pub(super) struct Room {
    waiting: Vec<Asked>,
    /// Records that a person was told of, by table.
    told: BTreeSet<(&'static str, u64)>,
    documents: u64,
}

impl World {
    /// A person looks at what is shown, and acts on it.
    pub(super) fn act(&mut self) {
        let Some(view) = self.shown.clone() else { return };
        let moment = self.moment();
        self.room.documents += 1;
        let document = format!("第{}号", self.room.documents);
        let (reply, answer) = oneshot::channel();
        let area = view.areas[0].registry.area.to_string();
        let (act, table) = if self.dice.chance(30) {
            let person = ["张三", "李四"][usize::from(self.dice.chance(50))].to_owned();
            let act = duty(&mut self.dice, &view.areas[0], moment.wall);
            (http::Act::Duty { area, person, act, reply }, "duty")
        } else {
            let act = act(&mut self.dice, &view, (moment.wall, document));
            let Some(act) = act else { return };
            let person = "张三".to_owned();
            (http::Act::Warning { area, person, act, reply }, "warning")
        };
        let Some(process) = &mut self.process else { return };
        let acted =
            process.with_days(&mut self.disk, moment, |core, load| core.act(act, moment, load));
        if let Err(Ended(error)) = acted {
            return self.end_by_itself(&error);
        }
        self.tally.acts += 1;
        let stored = self.disk.stored.sequence();
        self.note(Step::Act, stored);
        self.room.waiting.push((stored, answer, table));
    }

    /// What a person is told is durable.
    pub(super) fn hear_room(&mut self) {
        let stored = self.disk.stored.sequence();
        let mut heard = Vec::new();
        self.room.waiting.retain_mut(|(before, answer, table)| match answer.try_recv() {
            Err(oneshot::error::TryRecvError::Empty) => true,
            Err(oneshot::error::TryRecvError::Closed) => panic!("an answer was dropped"),
            Ok(told) => {
                assert!(*before < stored, "an answer before its batch: {stored} are stored");
                heard.extend(told.map(|number| (*table, number)));
                false
            }
        });
        for (table, number) in heard {
            let holds = self.disk.stored.holds_record(table, number);
            assert!(holds, "told of {table} {number}, not stored");
            self.room.told.insert((table, number));
        }
    }

    /// Who waited for the process that is gone hears nothing; the page will tell.
    pub(super) fn leave_room(&mut self) {
        self.room.waiting.clear();
    }

    pub(super) fn records_are_sound(&mut self) {
        assert!(self.room.waiting.is_empty(), "{} persons still wait", self.room.waiting.len());
        let reader = Reader::open(&self.disk.path).expect("opened");
        let area = self.setup.registry.area.as_str();
        let asked = RecordsAsked { limit: usize::MAX, ..RecordsAsked::default() };
        let mut records = reader.records(area, &asked).expect("read");
        records.reverse();
        let numbers: Vec<u64> = records.iter().map(|record| record.number).collect();
        assert!(numbers.iter().copied().eq(1..=numbers.len() as u64), "{numbers:?}");
        self.tally.issued += nothing_is_issued_without_approval(&records);
        let asked = DutyAsked { limit: usize::MAX, ..DutyAsked::default() };
        let mut duty = reader.duty_records(area, &asked).expect("read");
        duty.reverse();
        let duty_numbers: Vec<u64> = duty.iter().map(|record| record.number).collect();
        assert!(duty_numbers.iter().copied().eq(1..=duty.len() as u64), "{duty_numbers:?}");
        let is_there = |(table, number): &(&str, u64)| match *table {
            "duty" => duty_numbers.contains(number),
            _ => numbers.contains(number),
        };
        assert!(self.room.told.iter().all(is_there), "a record is gone");
        self.tally.signed += nothing_is_signed_without_review(&duty);
    }
}

/// What a person may do with what is shown; now and then what is too late, or makes no sense.
fn act(dice: &mut Dice, view: &View, (now, document): (Instant, String)) -> Option<Act> {
    let area = &view.areas[0];
    let drill = area.warnings.drill.as_ref();
    if let Some(drill) = drill.filter(|_| dice.chance(50)) {
        if dice.chance(5) {
            let drill_act = DrillAct::Stop { reason: "另有任务".to_owned() };
            return Some(Act::Drill { of: Some(drill.number), drill: drill_act });
        }
        let act = step(dice, &drill.warnings, (now, document))?;
        return Some(act.within(Some(drill.number)));
    }
    if drill.is_none() && area.warnings.open.is_none() && dice.chance(5) {
        let params = params();
        let parameters = Parameters::default();
        let (registry, rules) = (&*area.registry, &params.rules);
        let city = DrillCity { registry, parameters: &parameters, rules, zone: "" };
        let (level, seed) = (Level::Yellow, dice.below(4));
        let air = DrillAir::rising(&city, level, now.hour().plus(-1), seed)?;
        return Some(Act::Drill { of: None, drill: DrillAct::Start { level, seed, air } });
    }
    step(dice, &area.warnings, (now, document))
}

fn step(dice: &mut Dice, of: &Warnings, (now, document): (Instant, String)) -> Option<Act> {
    let Proposal { number: proposal, recommendation, approval, .. } = of.proposal()?;
    let proposal = *proposal;
    if dice.chance(10) {
        return Some(Act::Decline { proposal, reason: "会商认为达不到".to_owned() });
    }
    let issue = approval.is_some() || dice.chance(10); // some press the wrong button
    Some(if issue {
        Act::Issue(Notice {
            proposal,
            issuer: "指挥部办公室".to_owned(),
            document,
            issued: now,
            effective_from: now.plus_minutes(i64::try_from(dice.below(180)).ok()?),
            response: None,
            measures: None,
        })
    } else {
        Act::Approve(Approval {
            proposal,
            target: recommendation.target,
            approver: "李副市长".to_owned(),
            office: "市人民政府".to_owned(),
            document,
            approved: now,
            file: None,
        })
    })
}

/// What a person may do in the room; now and then too early, too late, or to nothing.
fn duty(dice: &mut Dice, area: &AreaView, now: Instant) -> DutyAct {
    let papers = &area.duty.papers;
    let open: Vec<u64> = papers.open.keys().copied().collect();
    let some = usize::try_from(dice.below(9)).unwrap_or(0);
    // The number of no paper where there is none.
    let paper = open.get(some % open.len().max(1)).copied().unwrap_or(0);
    match dice.below(10) {
        0..=3 => {
            let subject = format!("dalian {}", now.hour().day().plus(-1));
            let signed = papers.signed_of("daily", &subject);
            DutyAct::Draft(Draft {
                paper: "daily".to_owned(),
                title: "大连市空气质量日报".to_owned(),
                subtitle: String::new(),
                series: "日报".to_owned(),
                revises: signed.map(|signed| signed.paper),
                reason: if signed.is_some() { "更正".to_owned() } else { String::new() },
                content: format!("{{\"at\":\"{now}\"}}"),
                subject,
            })
        }
        4 | 5 => DutyAct::Review { paper, opinion: String::new() },
        6 | 7 => DutyAct::Sign { paper, signer: "王主任".to_owned(), file: None },
        8 => DutyAct::TakeOver { hand_over: area.duty.shift.handed_over.as_ref().map(|of| of.0) },
        _ => DutyAct::HandOver { to: "李四".to_owned(), note: String::new() },
    }
}

/// Every signature follows a review of the same text by somebody else, numbers of a year have no gap, and
/// nothing has a fixed time done twice.
fn nothing_is_signed_without_review(records: &[DutyRecord]) -> u64 {
    let (mut drafted, mut reviewed) = (BTreeMap::new(), BTreeSet::new());
    let (mut numbers, mut done) = (Vec::new(), BTreeSet::new());
    for record in records {
        match &record.body {
            DutyBody::Drafted(_) => {
                drafted.insert(record.number, record.person.clone());
            }
            DutyBody::Reviewed { paper, .. } => {
                assert_ne!(drafted.get(paper), Some(&record.person), "{record:?}");
                assert!(reviewed.insert(*paper), "reviewed twice: {record:?}");
            }
            DutyBody::Signed { paper, number, .. } => {
                assert!(reviewed.remove(paper), "signed without a review: {record:?}");
                numbers.push(number.clone());
            }
            DutyBody::Done(of) if of.item.fixed != Fixed::Hourly => {
                let key = (of.item.fixed, of.item.of);
                assert!(done.insert(key), "done twice: {record:?}");
            }
            _ => {}
        }
    }
    let year = month::first_day().date().0;
    let expected = (1..=numbers.len()).map(|n| format!("日报〔{year}〕{n}号"));
    assert!(numbers.iter().cloned().eq(expected), "{numbers:?}");
    numbers.len() as u64
}

/// Every issue follows the approval of its proposal and target, in the real way and in each drill by itself.
fn nothing_is_issued_without_approval(records: &[Record]) -> u64 {
    let mut approved: BTreeMap<(Option<u64>, u64), Target> = BTreeMap::new();
    let mut issued = BTreeSet::new();
    for record in records {
        match &record.body {
            Body::Approved(approval) => {
                approved.insert((record.drill, approval.proposal), approval.target);
            }
            Body::Issued(issue) => {
                let key = (record.drill, issue.proposal);
                assert_eq!(approved.get(&key), Some(&issue.target), "{record:?}");
                assert!(issued.insert(key), "issued twice: {record:?}");
            }
            _ => {}
        }
    }
    issued.len() as u64
}
