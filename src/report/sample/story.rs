//! What happened in the made-up city: a warning from forecast to response, and a drill of which as little as
//! possible is recorded.

use std::collections::BTreeMap;

use crate::duty::{Done, DutyBody, DutyRecord, Entry, EntrySort, Fixed, HandOver, How, Item};
use crate::measures::Edition;
use crate::observation::Pollutant;
use crate::outlook::{AqiRange, Forecast, ForecastSpan, Source};
use crate::report::ReportKind;
use crate::time::Day;
use crate::warning::{
    Approval, Basis, Body, Change, Condition, Consultation, Count, Counts, DistrictDay, Evaluation,
    Ground, Issue, Level, Means, Participant, Reached, Recommendation, Record, Spell, Step, Target,
    TaskStep, named_list,
};

/// The list of measures, with something for everybody.
pub(super) fn list() -> Option<Edition> {
    serde_json::from_str(include_str!("list.json")).ok()
}

/// The record of which a sample is.
pub(super) const fn record_of(kind: ReportKind, whole: bool) -> Option<u64> {
    match kind {
        ReportKind::Forecast => Some(1),
        ReportKind::Consultation => Some(2),
        ReportKind::Approval | ReportKind::Review => Some(4),
        ReportKind::Notice if !whole => Some(7),
        ReportKind::Notice | ReportKind::Tasks | ReportKind::Response => Some(6),
        _ => None,
    }
}

fn forecast(ended: Day, zones: BTreeMap<String, Vec<ForecastSpan>>) -> Body {
    Body::Forecast(Forecast {
        office: "示例市气象台".to_owned(),
        issued: ended.hour(16).start(),
        source: Source::Fed,
        zones,
    })
}

fn span(day: Day, (lower, upper): (u16, u16), weather: Option<&str>) -> Option<ForecastSpan> {
    Some(ForecastSpan {
        from: day.start(),
        hours: 24,
        aqi: AqiRange::new(lower, upper)?,
        hourly: Vec::new(),
        primary: weather.map(|_| Pollutant::Pm2_5).into_iter().collect(),
        cause: None,
        concentrations: BTreeMap::new(),
        weather: weather.map(str::to_owned),
    })
}

fn issue(ended: Day, target: Target, change: Change, measures: Option<String>) -> Issue {
    Issue {
        warning: 4,
        proposal: 4,
        approval: 5,
        target,
        change,
        response: target.level(),
        issuer: "示例市指挥部办公室".to_owned(),
        document: "示例〔2026〕1号".to_owned(),
        issued: ended.hour(16).start(),
        effective_from: ended.hour(18).start(),
        measures,
    }
}

fn evaluation(ended: Day) -> Evaluation {
    let hour = ended.hour(14);
    let spell = Spell {
        condition: Condition { above: 200, hours: 24 },
        from: ended.plus(1).start(),
        to: ended.plus(1).hour(23),
        hours: 24,
        blocks: vec![(ended.plus(1).hour(23), 215)],
        leads: [Pollutant::Pm2_5].into_iter().collect(),
    };
    let reached = Reached { level: Level::Yellow, basis: Basis::Forecast, spells: vec![spell] };
    Evaluation {
        rules: "示例规则".to_owned(),
        source: Source::Fed,
        hour,
        horizon: Some(ended.plus(3).hour(23)),
        known_ahead_hours: 81,
        forecasts: vec![1],
        aqi: Some(132),
        outcomes: Vec::new(),
        recommended: Some(reached),
        advised: None,
        held: None,
        keeps: None,
    }
}

/// An official forecast, and a warning that was issued.
pub(super) fn records(ended: Day, list: &Edition) -> Option<Vec<Record>> {
    let at = ended.hour(16).start();
    let record =
        |number, body| Record { number, at, person: Some("王工".to_owned()), drill: None, body };
    let (target, change) = (Target::Level(Level::Yellow), Change::Start);
    let south = Some("偏南风2级");
    let spans = vec![
        span(ended.plus(1), (80, 110), south)?,
        span(ended.plus(2), (105, 160), south)?,
        span(ended.plus(3), (60, 90), south)?,
    ];
    let person = |office: &str, name: &str, opinion: &str| Participant {
        office: office.to_owned(),
        name: name.to_owned(),
        opinion: opinion.to_owned(),
    };
    let consultation = Consultation {
        held: ended.hour(15).start(),
        participants: vec![
            person("示例市生态环境监测中心", "王工", "扩散条件转差|*"),
            person("示例市气象台", "赵工", ""),
        ],
        conclusion: "未来三天有一次中度污染过程。".to_owned(),
        warning: None,
        proposes: Some(target),
    };
    let evaluated = evaluation(ended);
    let ground = Ground::Evaluation {
        evaluation: 3,
        source: Source::Fed,
        reached: evaluated.recommended.clone(),
    };
    let approval = Approval {
        proposal: 4,
        target,
        approver: "李副市长".to_owned(),
        office: "示例市人民政府".to_owned(),
        document: "示政〔2026〕3号".to_owned(),
        approved: at,
        file: None,
    };
    let measures = named_list(&list.filing, &list.digest());
    Some(vec![
        record(1, forecast(ended, BTreeMap::from([(String::new(), spans)]))),
        record(2, Body::Consulted(consultation)),
        record(3, Body::Evaluated(evaluated)),
        record(4, Body::Recommended(Recommendation { warning: None, target, change, ground })),
        record(5, Body::Approved(approval)),
        record(6, Body::Issued(issue(ended, target, change, Some(measures)))),
        record(7, Body::TookEffect { issue: 6 }),
        record(8, Body::TaskStep(step(ended, Step::Delivered))),
        record(9, Body::TaskStep(step(ended, Step::Signed))),
        record(10, Body::DistrictDay(report(ended))),
    ])
}

/// A step of the task of a district.
fn step(ended: Day, step: Step) -> TaskStep {
    TaskStep {
        issue: 6,
        receiver: "甲区".to_owned(),
        step,
        contact: "周工".to_owned(),
        at: ended.hour(17).start(),
        means: Means::Phone,
        note: String::new(),
    }
}

/// What one of two districts reported of the first day.
fn report(ended: Day) -> DistrictDay {
    let mut counts = Counts::default();
    for (n, count) in (1..).zip(Count::ALL) {
        counts.set(count, 40 - n);
    }
    DistrictDay {
        district: "甲区".to_owned(),
        day: ended,
        counts,
        reporter: "周工".to_owned(),
        remark: "夜间|巡查*".to_owned(),
    }
}

/// Of a city that has nothing, what papers of records cannot be without: of a drill.
pub(super) fn bare_records(ended: Day) -> Option<Vec<Record>> {
    let at = ended.hour(16).start();
    let record = |number, body| Record { number, at, person: None, drill: Some(1), body };
    let span = span(ended.plus(1), (120, 120), None)?;
    let consultation = Consultation {
        held: at,
        participants: Vec::new(),
        conclusion: "无".to_owned(),
        warning: Some(4),
        proposes: None,
    };
    let recommendation = Recommendation {
        warning: None,
        target: Target::Level(Level::Red),
        change: Change::Start,
        ground: Ground::Person { reason: "演练".to_owned() },
    };
    let started = issue(ended, Target::Level(Level::Red), Change::Start, None);
    let lifted = issue(ended, Target::Lift, Change::Lift, None);
    Some(vec![
        record(1, forecast(ended, BTreeMap::from([("市区".to_owned(), vec![span])]))),
        record(2, Body::Consulted(consultation)),
        record(4, Body::Recommended(recommendation)),
        record(6, Body::Issued(started)),
        record(7, Body::Issued(lifted)),
    ])
}

/// What happened in the room on a day.
pub(super) fn duty(day: Day) -> Vec<DutyRecord> {
    let at = |minutes| day.start().start().plus_minutes(minutes);
    let item = Item { fixed: Fixed::DailyReport, of: day.plus(-1).start(), due: at(720) };
    let entry = |sort, from: &str, text: &str, follow_up| {
        DutyBody::Entered(Entry {
            sort,
            happened: at(8),
            from: from.to_owned(),
            text: text.to_owned(),
            follow_up,
        })
    };
    let number = "日报〔2026〕328号".to_owned();
    let signed = DutyBody::Signed {
        paper: 4,
        number: number.clone(),
        title: "示例市空气质量日报".to_owned(),
        signer: "王主任".to_owned(),
        file: None,
    };
    let hand_over = HandOver {
        to: "李四".to_owned(),
        note: "注意|庄河*离线".to_owned(),
        entries: vec![1],
        items: vec![(Fixed::Forecast, day.start())],
    };
    let bodies = [
        (8, entry(EntrySort::Call, "省厅值班室", "核实昨日数据", true)),
        (20, entry(EntrySort::Instruction, "省厅", "加强巡查", false)),
        (30, entry(EntrySort::Equipment, "", "丙站停电", true)),
        (720, DutyBody::Overdue(item)),
        (733, signed),
        (733, DutyBody::Done(Done { item, done: at(733), how: How::Signed { number } })),
        (740, DutyBody::Closed { entry: 3, how: "已恢复供电".to_owned() }),
        (1_000, DutyBody::HandedOver(hand_over)),
        (1_001, DutyBody::TakenOver { hand_over: Some(8) }),
    ];
    let record = |(number, (minutes, body)): (u64, (i64, DutyBody))| DutyRecord {
        number,
        at: at(minutes),
        person: Some("张三".to_owned()),
        body,
    };
    (1..).zip(bodies).map(record).collect()
}
