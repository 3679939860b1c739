//! The figures of papers that are of one record of a warning: 会商记录, 预警建议与审批单, and the notice of an issue.
//!
//! In: the record asked for, and those around it. Out: [`ConsultationFigures`], [`ApprovalFigures`],
//! [`NoticeFigures`].
//!
//! Invariants: what a paper says was recorded; a record of another kind is refused; the built-in forecast
//! never stands in a notice; a drill's papers rest on the drill's records and on no measured air.
//!
//! Source: terms.md (a warning's way; Notice); issue 6.

use serde::Serialize;
use utoipa::ToSchema;

use super::Head;
use super::asked::ReportAsked;
use super::daily::DateWords;
use super::forecast::outlook;
use super::line::DayLine;
use super::sources::{RecordsWanted, Sources, Unmade};
use crate::assessment::Span;
use crate::outlook::Source;
use crate::time::Instant;
use crate::warning::{
    Approval, Body, Change, Consultation, Ground, Issue, Level, Record, Target, moment_zh,
};

/// Minutes before a proposal within which a consultation is taken for the one it rests on, where neither
/// names the other.
const CONSULTED_BEFORE_MIN: i64 = 48 * 60;

/// The figures of a record of a consultation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConsultationFigures {
    /// What stands above.
    pub head: Head,
    /// The number of the record.
    pub record: u64,
    /// The warning it was about; null where there was none.
    pub warning: Option<u64>,
    /// What was recorded.
    #[serde(flatten)]
    pub of: ConsultationWords,
    /// Who entered it.
    pub person: Option<String>,
}

/// A consultation (会商).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConsultationWords {
    /// When it was held: `2026年11月24日15时`.
    pub held_zh: String,
    /// Who took part.
    pub participants: Vec<ParticipantLine>,
    /// 监测中心和市气象台: the offices, each once; empty where none is recorded.
    pub offices_zh: String,
    /// What came of it, without the full stop.
    pub conclusion: String,
    /// 启动重污染天气黄色预警; null where nothing is proposed.
    pub proposes_zh: Option<String>,
}

/// Somebody who took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ParticipantLine {
    /// The office.
    pub office: String,
    /// The person.
    pub name: String,
    /// The opinion; empty where none was given.
    pub opinion: String,
}

/// A record in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RecordWords {
    /// Its number.
    pub record: u64,
    /// When it was recorded: `11月24日16时`.
    pub at_zh: String,
    /// What happened, without the full stop.
    pub text_zh: String,
}

/// An approval that was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ApprovalWords {
    /// The number of its record.
    pub record: u64,
    /// What was approved.
    pub target_zh: String,
    /// Whether that is what was proposed.
    pub as_proposed: bool,
    /// Who approved.
    pub approver: String,
    /// The office and post.
    pub office: String,
    /// The number of the document.
    pub document: String,
    /// When: `2026年11月24日16时`.
    pub approved_zh: String,
}

/// The figures of a proposal with its boxes for approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ApprovalFigures {
    /// What stands above.
    pub head: Head,
    /// The number of the proposal's record.
    pub record: u64,
    /// The warning's number.
    pub warning: u64,
    /// When it was proposed: `2026年11月24日15时`.
    pub at_zh: String,
    /// 启动, 升级, 降级 or 解除.
    pub change_zh: &'static str,
    /// 启动重污染天气黄色预警（Ⅲ级应急响应）.
    pub proposes_zh: String,
    /// Why, in a sentence without the full stop.
    pub ground_zh: String,
    /// The evaluation it rests on, or the last one before it; null where there is none.
    pub evaluation: Option<RecordWords>,
    /// The hour of the evaluation, and its AQI; null as above.
    pub evaluated_hour_zh: Option<String>,
    /// Null where the hour has none.
    pub evaluated_aqi: Option<u16>,
    /// The forecasts that the evaluation looked at.
    pub forecasts: Vec<RecordWords>,
    /// The province's instruction that it rests on.
    pub instruction: Option<RecordWords>,
    /// The day before; null in a drill, whose air is made up, and where the entity has none.
    pub day_before: Option<DayLine>,
    /// The consultation it rests on; null where none is recorded.
    pub consultation: Option<ConsultationWords>,
    /// What was approved; null until an approval is registered.
    pub approved: Option<ApprovalWords>,
    /// How it ended otherwise: declined or lapsed.
    pub ended: Option<RecordWords>,
}

/// The figures of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoticeFigures {
    /// What stands above.
    pub head: Head,
    /// The number of the record of the issue.
    pub record: u64,
    /// The warning's number.
    pub warning: u64,
    /// 启动, 升级, 降级 or 解除.
    pub change_zh: &'static str,
    /// 启动重污染天气黄色预警（Ⅲ级应急响应）: what stands in title and sentence.
    pub what_zh: String,
    /// The number of the notice.
    pub document: String,
    /// Who issued it.
    pub issuer: String,
    /// When: `2026年11月24日`.
    pub issued_date_zh: String,
    /// `11月24日16时`.
    pub issued_zh: String,
    /// From when it holds: `11月24日18时`.
    pub effective_zh: String,
    /// Whether the warning ends.
    pub lifts: bool,
    /// The offices that consulted: 监测中心和市气象台; empty where none is recorded.
    pub consulted_zh: String,
    /// 11月25日为轻度至中度污染、11月26日为重度污染: what is officially forecast for the days from the next on; empty
    /// where nothing is.
    pub outlook_zh: String,
    /// On whose approval it was issued; null where its record is not there.
    pub approved: Option<ApprovalWords>,
    /// 备案文号 of the emergency-measures list; null where the issue names none.
    pub list: Option<String>,
}

/// `2026年11月24日15时`.
pub(super) fn full_moment(at: Instant) -> String {
    format!("{}年{}", at.hour().day().date().0, moment_zh(at))
}

/// A sentence into which more is put.
pub(super) fn open_end(text: &str) -> String {
    text.trim().trim_end_matches('。').to_owned()
}

/// What a record is, for a refusal.
const fn noun(body: &Body) -> &'static str {
    match body {
        Body::Forecast(_) => "a forecast",
        Body::Instruction(_) => "an instruction",
        Body::Evaluated(_) => "an evaluation",
        Body::Recommended(_) => "a recommendation",
        Body::Consulted(_) => "a consultation",
        Body::Approved(_) => "an approval",
        Body::Issued(_) => "an issue",
        other => other.kind(),
    }
}

pub(super) fn wrong_kind<E>(record: &Record, wanted: &str) -> Unmade<E> {
    let (number, found) = (record.number, noun(&record.body));
    Unmade::Refused(format!("record {number} is {found}, no {wanted}"))
}

/// 启动重污染天气黄色预警（Ⅲ级应急响应）, 升级为重污染天气橙色预警（Ⅱ级应急响应）, 解除重污染天气预警.
pub(super) fn deed(target: Target, change: Option<Change>, response: Option<Level>) -> String {
    let Target::Level(level) = target else { return "解除重污染天气预警".to_owned() };
    let response = response.unwrap_or(level).response_zh();
    let verb = match change {
        Some(change @ (Change::Upgrade | Change::Downgrade)) => format!("{}为", change.text_zh()),
        _ => Change::Start.text_zh().to_owned(),
    };
    format!("{verb}重污染天气{}预警（{response}应急响应）", level.text_zh())
}

impl From<&Record> for RecordWords {
    fn from(record: &Record) -> Self {
        Self {
            record: record.number,
            at_zh: moment_zh(record.at),
            text_zh: open_end(&record.text_zh()),
        }
    }
}

impl From<&Consultation> for ConsultationWords {
    fn from(of: &Consultation) -> Self {
        let mut offices: Vec<&str> = Vec::new();
        for participant in &of.participants {
            if !offices.contains(&participant.office.as_str()) {
                offices.push(&participant.office);
            }
        }
        let offices_zh = match offices.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{}和{last}", rest.join("、")),
            _ => offices.concat(),
        };
        let line = |p: &crate::warning::Participant| ParticipantLine {
            office: p.office.clone(),
            name: p.name.clone(),
            opinion: open_end(&p.opinion),
        };
        Self {
            held_zh: full_moment(of.held),
            participants: of.participants.iter().map(line).collect(),
            offices_zh,
            conclusion: open_end(&of.conclusion),
            proposes_zh: of.proposes.map(|target| deed(target, None, None)),
        }
    }
}

impl ApprovalWords {
    fn of(record: u64, of: &Approval, (proposed, change): (Target, Change)) -> Self {
        let as_proposed = of.target == proposed;
        Self {
            record,
            target_zh: deed(of.target, as_proposed.then_some(change), None),
            as_proposed,
            approver: of.approver.clone(),
            office: of.office.clone(),
            document: of.document.clone(),
            approved_zh: full_moment(of.approved),
        }
    }
}

impl ConsultationFigures {
    pub(super) fn of<E>(
        asked: &ReportAsked<'_>,
        sources: &mut dyn Sources<Fault = E>,
    ) -> Result<Self, Unmade<E>> {
        let record = asked.its_record(sources)?;
        let Body::Consulted(of) = &record.body else {
            return Err(wrong_kind(&record, "consultation"));
        };
        let span = Span::day(of.held.hour().day());
        Ok(Self {
            head: asked.head_of_records(span, record.drill.is_some()),
            record: record.number,
            warning: of.warning,
            of: ConsultationWords::from(of),
            person: record.person.clone(),
        })
    }
}

/// The newest consultation that a proposal rests on: of its warning, or held shortly before it; recorded
/// before `until`.
fn consultation<E>(
    proposal: &Record,
    (warning, until): (u64, u64),
    sources: &mut dyn Sources<Fault = E>,
) -> Result<Option<Consultation>, E> {
    let kinds = &["consulted"];
    let wanted = RecordsWanted { kinds, before: Some(until), drill: proposal.drill };
    let since = proposal.at.plus_minutes(-CONSULTED_BEFORE_MIN);
    let found = sources.records(&wanted)?.into_iter().find_map(|record| match record.body {
        Body::Consulted(of) => {
            let shortly = record.number < proposal.number && record.at >= since;
            (of.warning == Some(warning) || (of.warning.is_none() && shortly)).then_some(of)
        }
        _ => None,
    });
    Ok(found)
}

impl ApprovalFigures {
    pub(super) fn of<E>(
        asked: &ReportAsked<'_>,
        sources: &mut dyn Sources<Fault = E>,
    ) -> Result<Self, Unmade<E>> {
        let record = asked.its_record(sources)?;
        let Body::Recommended(of) = &record.body else {
            return Err(wrong_kind(&record, "recommendation"));
        };
        let (number, warning) = (record.number, of.warning.unwrap_or(record.number));
        let records = sources.warning(warning)?;
        let approval = records.iter().find_map(|record| match &record.body {
            Body::Approved(of) if of.proposal == number => Some((record.number, of)),
            _ => None,
        });
        let ended = records.iter().find(|record| match record.body {
            Body::Declined { proposal, .. } | Body::Lapsed { proposal, .. } => proposal == number,
            _ => false,
        });
        let until = approval.map_or(u64::MAX, |(number, _)| number);
        let consultation = consultation(&record, (warning, until), sources)?;
        let evaluation = match of.ground {
            Ground::Evaluation { evaluation, .. } => sources.record(evaluation)?,
            _ => {
                let kinds = &["evaluated"];
                let wanted = RecordsWanted { kinds, before: Some(number), drill: record.drill };
                sources.records(&wanted)?.into_iter().next()
            }
        };
        let mut forecasts = Vec::new();
        let evaluated = match evaluation.as_ref().map(|record| &record.body) {
            Some(Body::Evaluated(evaluated)) => {
                for number in &evaluated.forecasts {
                    forecasts.extend(sources.record(*number)?.as_ref().map(RecordWords::from));
                }
                Some(evaluated)
            }
            _ => None,
        };
        let instruction = match of.ground {
            Ground::Instruction { instruction } => sources.record(instruction)?,
            _ => None,
        };
        let (head, day_before) = asked.air_before(&record, sources)?;
        Ok(Self {
            head,
            record: number,
            warning,
            at_zh: full_moment(record.at),
            change_zh: of.change.text_zh(),
            proposes_zh: deed(of.target, Some(of.change), None),
            ground_zh: open_end(&record.text_zh()),
            evaluated_hour_zh: evaluated.map(|of| moment_zh(of.hour.end())),
            evaluated_aqi: evaluated.and_then(|of| of.aqi),
            evaluation: evaluation.as_ref().map(RecordWords::from),
            forecasts,
            instruction: instruction.as_ref().map(RecordWords::from),
            day_before,
            consultation: consultation.as_ref().map(ConsultationWords::from),
            approved: approval.map(|(record, approval)| {
                ApprovalWords::of(record, approval, (of.target, of.change))
            }),
            ended: ended.map(RecordWords::from),
        })
    }
}

impl NoticeFigures {
    pub(super) fn of<E>(
        asked: &ReportAsked<'_>,
        sources: &mut dyn Sources<Fault = E>,
    ) -> Result<Self, Unmade<E>> {
        let (record, issue) = asked.its_issue(sources)?;
        let approval = match sources.record(issue.approval)?.map(|record| record.body) {
            Some(Body::Approved(approval)) => Some(approval),
            _ => None,
        };
        let proposal = sources.record(issue.proposal)?;
        let consultation = match &proposal {
            Some(of) => consultation(of, (issue.warning, issue.approval), sources)?,
            None => None,
        };
        let kinds = &["forecast"];
        let wanted = RecordsWanted { kinds, before: Some(record.number), drill: record.drill };
        let forecasts = sources.records(&wanted)?;
        let official = forecasts.iter().find_map(|record| match &record.body {
            Body::Forecast(of) if of.source == Source::Fed => Some(of),
            _ => None,
        });
        let day = issue.issued.hour().day();
        Ok(Self {
            head: asked.head_of_records(Span::day(day), record.drill.is_some()),
            record: record.number,
            warning: issue.warning,
            change_zh: issue.change.text_zh(),
            what_zh: deed(issue.target, Some(issue.change), issue.response),
            document: issue.document.clone(),
            issuer: issue.issuer.clone(),
            issued_date_zh: DateWords::of(day).zh,
            issued_zh: moment_zh(issue.issued),
            effective_zh: moment_zh(issue.effective_from),
            lifts: issue.target == Target::Lift,
            consulted_zh: consultation
                .map(|of| ConsultationWords::from(&of).offices_zh)
                .unwrap_or_default(),
            outlook_zh: official.map(|of| outlook(of, day)).unwrap_or_default(),
            approved: approval.map(|approval| {
                ApprovalWords::of(issue.approval, &approval, (issue.target, issue.change))
            }),
            list: issue.list_filing().map(str::to_owned),
        })
    }
}

impl ReportAsked<'_> {
    /// The record that the paper is of.
    pub(super) fn its_record<E>(
        &self,
        sources: &mut dyn Sources<Fault = E>,
    ) -> Result<Record, Unmade<E>> {
        let missing = || Unmade::Refused(format!("{} is of a record", self.kind));
        self.record_of(self.record.ok_or_else(missing)?, sources)
    }

    /// The same, which must be an issue.
    pub(super) fn its_issue<E>(
        &self,
        sources: &mut dyn Sources<Fault = E>,
    ) -> Result<(Record, Issue), Unmade<E>> {
        let record = self.its_record(sources)?;
        match &record.body {
            Body::Issued(issue) => Ok((record.clone(), issue.clone())),
            _ => Err(wrong_kind(&record, "issue")),
        }
    }

    /// The day before a record, and the head of a paper that shows it; a drill has no measured air.
    fn air_before<E>(
        &self,
        record: &Record,
        sources: &mut dyn Sources<Fault = E>,
    ) -> Result<(Head, Option<DayLine>), E> {
        let today = record.at.hour().day();
        let plain = self.head_of_records(Span::day(today), record.drill.is_some());
        if record.drill.is_some() {
            return Ok((plain, None));
        }
        let before = ReportAsked { span: Span::day(today.plus(-1)), ..*self };
        let held = before.days(&[self.member], before.span, &mut |of| sources.days(of))?;
        let held: Vec<_> = held.into_iter().flatten().collect();
        let head = Head {
            from: plain.from,
            to: plain.to,
            period_zh: plain.period_zh,
            ..before.head(&held)
        };
        Ok((head, before.every_day(&held).pop()))
    }
}
