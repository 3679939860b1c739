//! The day of a response and the review of a warning, over records made by hand.

use super::forecast::issue as forecast;
use super::*;
use crate::outlook::Source;
use crate::time::Instant;
use crate::warning::{
    Body, Change, Count, Counts, DistrictDay, Ground, Issue, Level, Means, Recommendation, Step,
    Target, TaskStep, named_list,
};

const YELLOW: Target = Target::Level(Level::Yellow);
const ORANGE: Target = Target::Level(Level::Orange);

fn list() -> Edition {
    serde_json::from_str(include_str!("../sample/list.json")).expect("a list")
}

/// `21T18` of November 2026.
fn at(text: &str) -> Instant {
    let (date, hour) = text.split_once('T').expect("a moment");
    let hour = hour.parse().expect("an hour");
    day(&format!("2026-11-{date}")).hour(hour).start()
}

fn issued(target: Target, change: Change, (issued, from): (&str, &str)) -> Body {
    Body::Issued(Issue {
        warning: 1,
        proposal: 1,
        approval: 1,
        target,
        change,
        response: target.level(),
        issuer: "市指挥部办公室".to_owned(),
        document: format!("大气{issued}号"),
        issued: at(issued),
        effective_from: at(from),
        measures: Some(named_list(&list().filing, &list().digest())),
    })
}

fn reported(district: &str, date: &str, stopped: u32) -> Body {
    let mut counts = Counts::default();
    counts.set(Count::PlantsToStop, 9);
    counts.set(Count::PlantsStopped, stopped);
    Body::DistrictDay(DistrictDay {
        district: district.to_owned(),
        day: day(date),
        counts,
        reporter: "周工".to_owned(),
        remark: if stopped == 7 { "两家延期".to_owned() } else { String::new() },
    })
}

fn step(step: Step, when: &str) -> Body {
    Body::TaskStep(TaskStep {
        issue: 2,
        receiver: "乙县".to_owned(),
        step,
        contact: "吴工".to_owned(),
        at: at(when),
        means: Means::Phone,
        note: if step == Step::Returned { "已全部落实".to_owned() } else { String::new() },
    })
}

/// Yellow from the 21st at 18:00, orange from the 22nd at 12:00, lifted at the end of the 23rd.
fn story() -> Vec<Record> {
    let start = Recommendation {
        warning: None,
        target: YELLOW,
        change: Change::Start,
        ground: Ground::Person { reason: "会商建议".to_owned() },
    };
    let told = [
        ("21T15", Body::Recommended(start)),
        ("21T16", issued(YELLOW, Change::Start, ("21T16", "21T18"))),
        ("21T17", step(Step::Delivered, "21T17")),
        ("22T09", step(Step::Signed, "22T09")),
        ("22T10", issued(ORANGE, Change::Upgrade, ("22T10", "22T12"))),
        ("23T12", reported("甲区", "2026-11-23", 6)),
        ("23T14", reported("乙县", "2026-11-23", 7)),
        ("23T15", reported("甲区", "2026-11-23", 8)),
        ("23T16", issued(Target::Lift, Change::Lift, ("23T16", "24T00"))),
        ("24T09", step(Step::Returned, "24T09")),
    ];
    let record = |(number, (when, body)): (u64, (&str, Body))| Record {
        number,
        at: at(when),
        person: None,
        drill: None,
        body,
    };
    (1..).zip(told).map(record).collect()
}

fn paper(kind: ReportKind, given: Given<'_>, records: Vec<Record>) -> ReportFigures {
    let levels = |d: Day| Some(if d == day("2026-11-22") { 180 } else { 70 });
    let city = City { pm2_5: levels, records, list: Some(list()) };
    made(kind, given, city).expect("a paper")
}

fn of_day(day: &str) -> Given<'_> {
    Given { day: Some(day), ..Given::default() }
}

#[test]
fn a_day_of_a_response_has_sums_of_those_who_reported_and_names_the_others() {
    let said = text(&paper(ReportKind::Response, of_day("2026-11-23"), story()));
    assert_says(
        &said,
        &[
            "2026年11月22日12时起执行重污染天气橙色预警（Ⅱ级应急响应），通知文号大气22T10号，至2026年11月24日0时。",
            "前一日（2026-11-22）大连市AQI为230，类别为重度污染，",
            "当日大连市AQI为110，",
            "应报区县2个，已报2个（2026年11月23日13时前报送）。迟报：乙县。",
            "应停产企业18家、已停产15家",
            "甲区 9 8 0 0 0 0 0 0 0 0 0 11月23日12时",
            "乙县 9 7 0 0 0 0 0 0 0 0 0 11月23日14时（迟报）",
            "合计（2/2） 18 15",
            "乙县备注：两家延期（报送人：周工）。",
        ],
    );
    assert!(!said.contains("黄色"), "{said}");
    let said = text(&paper(ReportKind::Response, of_day("2026-11-22"), story()));
    assert_says(
        &said,
        &[
            "黄色预警（Ⅲ级应急响应），通知文号大气21T16号，至2026年11月22日12时。",
            "应报区县2个，已报0个（2026年11月22日13时前报送）。未报：甲区、乙县。",
            "乙县 — — — — — — — — — — — 逾期未报",
        ],
    );
    assert!(!said.contains("合计（0"), "a row of zeros is no sum: {said}");
}

/// A response that begins in the evening is reported on the day after; tasks stand as they did on that day.
#[test]
fn the_first_evening_is_reported_the_day_after() {
    for given in [of_day("2026-11-21"), Given { record: Some("2"), ..Given::default() }] {
        let said = text(&paper(ReportKind::Response, given, story()));
        assert_says(
            &said,
            &[
                "（2026年11月22日13时前报送）",
                "任务单应下达7个区县和部门，已送达1个、已签收0个、已反馈0个。",
                "乙县 已送达 11月21日17时 吴工 —",
            ],
        );
    }
}

#[test]
fn a_day_without_a_response_has_no_such_paper() {
    for date in ["2026-11-20", "2026-11-24", "2026-11-25"] {
        let city = City { pm2_5: |_| None, records: story(), list: None };
        let none = made(ReportKind::Response, of_day(date), city).expect_err("refused");
        assert_eq!(
            none,
            Unmade::Refused(format!(
                "no response is in force on {date}: nothing was issued for it"
            ))
        );
    }
}

#[test]
fn a_review_holds_the_course_the_measures_and_the_air_against_its_forecast() {
    let mut records = story();
    let days = [("2026-11-21", (90, 120)), ("2026-11-22", (150, 180)), ("2026-11-23", (115, 145))];
    let official = forecast(11, "2026-11-20T16", Source::Fed, &[("", &days)]);
    records.insert(0, Record { number: 0, ..official });
    let given = Given { record: Some("1"), ..Given::default() };
    let figures = paper(ReportKind::Review, given, records);
    assert_says(
        &text(&figures),
        &[
            "本次过程最高发布橙色预警。2026年11月21日18时起执行黄色预警",
            "AQI最高的一日为2026-11-22，AQI为230（重度污染），PM2.5日均浓度180微克/立方米。期间重度及以上污染1天。",
            "有官方预报可比的3天中，AQI在预报范围内的1天。",
            "2026-11-19 — 110 轻度污染",
            "2026-11-21 黄色 110 轻度污染 PM2.5 70 10 10 90～120 范围内",
            "2026-11-22 黄色、橙色 230 重度污染 PM2.5 180 10 10 150～180 预报偏低",
            "2026-11-23 橙色 110 轻度污染 PM2.5 70 10 10 115～145 预报偏高",
            "2026-11-24 — 110",
            "涉及区县2个、企业2家、生产线3条、移动源和扬尘源2个；计划减排SO2 30千克/日、NOx 60千克/日",
            "任务单7份，已送达1份、已签收1份、已反馈1份。",
            "2026-11-22 0/2 — —",
            "2026-11-23 2/2 15/18",
            "1 11月21日15时 预警建议（人工提出）：启动黄色预警。理由：会商建议",
            "9 11月23日16时 市指挥部办公室11月23日16时发布（大气23T16号）：自11月24日0时起解除重污染天气预警",
        ],
    );
    assert_says(&text(&figures), &["11-22为230，黄色、橙色；11-23为110，橙色；11-24为110。"]);
    let ReportFigures::Review(of) = figures else { panic!("another kind") };
    assert_eq!((of.days.len(), of.over), (6, true), "the 25th has not ended");
    assert_eq!((of.head.from.as_str(), of.head.to.as_str()), ("2026-11-21", "2026-11-23"));
}

#[test]
fn a_review_is_asked_for_by_the_number_of_its_warning() {
    let city = City { pm2_5: |_| None, records: story(), list: None };
    let given = Given { record: Some("2"), ..Given::default() };
    let why = made(ReportKind::Review, given, city).expect_err("refused");
    let told = "record 2 is an issue, no recommendation that begins a warning";
    assert_eq!(why, Unmade::Refused(told.to_owned()));
}

/// What is real never stands in the papers of a drill, nor the other way round.
#[test]
fn a_drill_is_reviewed_by_its_own_records_and_without_measured_air() {
    let mut records = story();
    records.iter_mut().for_each(|record| record.drill = Some(1));
    let given = Given { record: Some("1"), ..Given::default() };
    let document = |figures| Templates::default().document(&figures).expect("legal");
    let figures = paper(ReportKind::Review, given, records.clone());
    assert_says(&text(&figures), &["演练空气质量为模拟，不列实况。", "2026-11-23 2/2 15/18"]);
    assert_eq!(document(figures).title, "【演练】重污染天气过程总结");
    let given = Given { record: Some("2"), ..Given::default() };
    let figures = paper(ReportKind::Response, given, records.clone());
    assert_says(&text(&figures), &["演练不引用实测空气质量。"]);
    assert_eq!(document(figures).title, "【演练】重污染天气应对调度日报");
    let city = City { pm2_5: |_| Some(70), records, list: Some(list()) };
    made(ReportKind::Response, of_day("2026-11-23"), city).expect_err("nothing real was issued");
}
