//! Papers of records of a warning: what they rest on, and what is refused.

use super::*;
use crate::warning::{
    Approval, Body, Change, Consultation, Ground, Issue, Level, Participant, Recommendation,
    Target, named_list,
};

/// The figures of a kind over the records of the made-up city.
fn sampled(kind: ReportKind, whole: bool) -> ReportFigures {
    let all = sample::figures().into_iter().filter(|figures| figures.kind() == kind);
    all.into_iter().nth(usize::from(!whole)).expect("a sample")
}

fn of_record(number: &str) -> Given<'_> {
    Given { record: Some(number), ..Given::default() }
}

/// A paper of the 24th over records of that day, each an hour after the one before from 9:00 on.
fn paper(kind: ReportKind, number: &str, bodies: &[Body]) -> Result<ReportFigures, String> {
    let record = |(at, body): (u64, &Body)| Record {
        number: at + 1,
        at: day("2026-11-24").hour(9 + usize::try_from(at).expect("few")).start(),
        person: None,
        drill: None,
        body: body.clone(),
    };
    let records = (0..).zip(bodies).map(record).collect();
    let city = City { pm2_5: |_| Some(70), records, list: None };
    made(kind, of_record(number), city).map_err(|e| match e {
        Unmade::Refused(why) => why,
        Unmade::Unread(never) => match never {},
    })
}

fn consulted(warning: Option<u64>, office: &str) -> Body {
    let participant = |name: &str| Participant {
        office: office.to_owned(),
        name: name.to_owned(),
        opinion: String::new(),
    };
    Body::Consulted(Consultation {
        warning,
        held: day("2026-11-24").hour(8).start(),
        participants: vec![participant("甲"), participant("乙")],
        conclusion: "维持关注".to_owned(),
        proposes: None,
    })
}

fn recommended(target: Target, change: Change, warning: Option<u64>) -> Body {
    let ground = Ground::Person { reason: "会商建议".to_owned() };
    Body::Recommended(Recommendation { warning, target, change, ground })
}

fn approved(proposal: u64, target: Target) -> Body {
    Body::Approved(Approval {
        proposal,
        target,
        approver: "李副市长".to_owned(),
        office: "市政府".to_owned(),
        document: "3号".to_owned(),
        approved: day("2026-11-24").hour(12).start(),
        file: None,
    })
}

fn issued((proposal, approval): (u64, u64), target: Target, change: Change) -> Body {
    Body::Issued(Issue {
        warning: 2,
        proposal,
        approval,
        target,
        change,
        response: target.level(),
        issuer: "市指挥部办公室".to_owned(),
        document: "大气〔2026〕5号".to_owned(),
        issued: day("2026-11-24").hour(13).start(),
        effective_from: day("2026-11-24").hour(18).start(),
        measures: None,
    })
}

const YELLOW: Target = Target::Level(Level::Yellow);
const ORANGE: Target = Target::Level(Level::Orange);

#[test]
fn a_consultation_is_written_down_with_its_opinions() {
    assert_says(
        &text(&sampled(ReportKind::Consultation, true)),
        &[
            "会商时间：2026年11月24日15时。参加单位：示例市生态环境监测中心和示例市气象台。",
            "示例市生态环境监测中心 王工 扩散条件转差|*",
            "示例市气象台 赵工 —",
            "未来三天有一次中度污染过程。",
            "建议启动重污染天气黄色预警（Ⅲ级应急响应）。",
            "会商记录编号2，登记人：王工；",
        ],
    );
    let bare = text(&sampled(ReportKind::Consultation, false));
    assert_says(
        &bare,
        &["对应预警：第4号。", "未登记参加人员。", "未提出启动、调整或解除预警的建议。"],
    );
}

#[test]
fn a_proposal_says_what_it_rests_on_and_leaves_boxes_to_sign() {
    assert_says(
        &text(&sampled(ReportKind::Approval, true)),
        &[
            "建议启动重污染天气黄色预警（Ⅲ级应急响应）。提出时间：2026年11月24日16时。",
            "预警建议：启动黄色预警。按预报，",
            "评估（示例规则，官方预报）：达到黄色预警条件。",
            "示例市气象台11月24日16时发布预报。11月25日AQI 80～110",
            "11月24日15时AQI为132。前一日（2026-11-23）示例市AQI为",
            "2026年11月24日15时，示例市生态环境监测中心和示例市气象台会商，结论：未来三天有一次中度污染过程。",
            "审批意见   ",
            "示例市人民政府李副市长于2026年11月24日16时批准启动重污染天气黄色预警（Ⅲ级应急响应），文号示政〔2026〕3号。",
        ],
    );
    let bare = text(&sampled(ReportKind::Approval, false));
    assert_says(&bare, &["演练不引用实测空气质量。", "无", "尚未登记批准。"]);
}

#[test]
fn a_proposal_takes_the_consultation_of_its_warning_and_its_own_approval() {
    let upgrade = [
        consulted(None, "监测中心"),
        recommended(YELLOW, Change::Start, None),
        approved(2, YELLOW),
        recommended(ORANGE, Change::Upgrade, Some(2)),
        consulted(Some(2), "气象台"),
        approved(4, YELLOW),
        consulted(Some(2), "应急局"),
    ];
    let of = |number| match paper(ReportKind::Approval, number, &upgrade) {
        Ok(ReportFigures::Approval(of)) => *of,
        other => panic!("{other:?}"),
    };
    let (first, second) = (of("2"), of("4"));
    let offices = |of: &ApprovalFigures| of.consultation.as_ref().map(|c| c.offices_zh.clone());
    assert_eq!(offices(&first).as_deref(), Some("监测中心"), "shortly before");
    assert_eq!(offices(&second).as_deref(), Some("气象台"), "the last before the approval");
    let approval = |of: &ApprovalFigures| of.approved.as_ref().map(|a| (a.record, a.as_proposed));
    assert_eq!((approval(&first), approval(&second)), (Some((3, true)), Some((6, false))));
    assert_eq!((first.warning, second.warning), (2, 2));
    assert_eq!(second.day_before.as_ref().map(|day| day.date.as_str()), Some("2026-11-23"));
    assert_eq!(second.head.dataset_zh, "实况数据（未审核）");
}

#[test]
fn a_notice_reads_as_the_office_writes_it() {
    let started = Templates::default().document(&sampled(ReportKind::Notice, true)).expect("legal");
    assert_eq!(started.title, "关于启动重污染天气黄色预警（Ⅲ级应急响应）的通知");
    assert_says(
        &text(&sampled(ReportKind::Notice, true)),
        &[
            "文号：示例〔2026〕1号",
            "根据示例市生态环境监测中心和示例市气象台会商结果，预计我市空气质量11月25日为良至轻度污染、11月26日为轻度至中度污染、11月27日为良。\
             经示例市人民政府同意，自11月24日18时起启动重污染天气黄色预警（Ⅲ级应急响应），解除时间另行通知。\
             请各成员单位立即落实，预警期间每日14时前报送应对情况。减排措施按应急减排清单（示例备〔2026〕1号）执行。",
            "示例市指挥部办公室　2026年11月24日",
        ],
    );
    let lifted = Templates::default().document(&sampled(ReportKind::Notice, false)).expect("legal");
    assert_eq!(lifted.title, "【演练】【模拟数据】关于解除重污染天气预警的通知");
    let said = text(&sampled(ReportKind::Notice, false));
    assert_says(&said, &["自2月29日18时起解除重污染天气预警，终止应急响应。"]);
}

#[test]
fn a_change_of_level_is_named_in_the_title() {
    let records = [
        consulted(None, "监测中心"),
        recommended(YELLOW, Change::Start, None),
        recommended(ORANGE, Change::Upgrade, Some(2)),
        approved(3, ORANGE),
        issued((3, 4), ORANGE, Change::Upgrade),
        issued((3, 4), YELLOW, Change::Downgrade),
    ];
    let title = |number| {
        let of = paper(ReportKind::Notice, number, &records).expect("a notice");
        Templates::default().document(&of).expect("legal").title
    };
    assert_eq!(title("5"), "关于升级为重污染天气橙色预警（Ⅱ级应急响应）的通知");
    assert_eq!(title("6"), "关于降级为重污染天气黄色预警（Ⅲ级应急响应）的通知");
    let said = text(&paper(ReportKind::Notice, "5", &records).expect("a notice"));
    assert_says(&said, &["根据监测中心会商结果，经市政府同意，自11月24日18时起升级为"]);
}

#[test]
fn a_record_of_another_kind_is_refused_with_what_it_is() {
    let records = [consulted(None, "监测中心"), issued((1, 1), Target::Lift, Change::Lift)];
    let refused = |kind, number| paper(kind, number, &records).expect_err("refused");
    assert_eq!(refused(ReportKind::Notice, "1"), "record 1 is a consultation, no issue");
    assert_eq!(refused(ReportKind::Approval, "2"), "record 2 is an issue, no recommendation");
    assert_eq!(refused(ReportKind::Consultation, "2"), "record 2 is an issue, no consultation");
    assert_eq!(refused(ReportKind::Forecast, "2"), "record 2 is an issue, no forecast");
    let lifts = "record 2 lifts the warning: it has no tasks";
    assert_eq!(refused(ReportKind::Tasks, "2"), lifts);
    assert_eq!(refused(ReportKind::Notice, "3"), "area dalian has no record 3");
}

#[test]
fn tasks_are_the_rows_of_the_list_with_its_sums() {
    let said = text(&sampled(ReportKind::Tasks, true));
    assert_says(
        &said,
        &[
            "根据11月24日16时发布的通知（示例〔2026〕1号），自2026年11月24日18时起执行Ⅲ级应急响应。\
             依据应急减排清单：示例备〔2026〕1号（实施日期2026-10-01）。",
            "全市 0 0 1 0 0 3 0",
            "甲区 1 2 1 20 40 13 0.3",
            "乙县 1 1 0 10 20 5 0.15",
            "合计 — — — 30 60 21 0.45",
            "示例水泥厂 镇|街* D 1#线 停产（停2#线） 10 20 5 0.15 张三 13900000001 ",
            "示例水泥厂 镇|街* D 2#线 限产10% 10 20 5 0.15",
            "示例热电厂 镇|街* A 1#炉 自主减排 10 20 5 0.15 张三 13900000001 保障类、不可临时停产、自主减排",
            "渣土车 工地 全市 停止土石方作业 公安局、城管局",
            "强制性减排措施 增加道路洒水",
            "签收单位：教育局",
        ],
    );
    assert!(!said.contains("全市任务单"), "{said}");
    assert_says(&text(&sampled(ReportKind::Tasks, false)), &["本级别没有任务。"]);
}

/// The list of the issue is kept, and none is in use any more.
#[test]
fn a_receiver_gets_its_own_sheet_by_the_list_of_the_issue() {
    let list: Edition = serde_json::from_str(include_str!("../sample/list.json")).expect("a list");
    let Body::Issued(mut issue) = issued((1, 1), YELLOW, Change::Start) else { unreachable!() };
    issue.measures = Some(named_list(&list.filing, &list.digest()));
    let at = day("2026-11-24").hour(13).start();
    let record = Record { number: 1, at, person: None, drill: None, body: Body::Issued(issue) };
    let sheet = |receiver| {
        let given = Given { record: Some("1"), receiver, ..Given::default() };
        let (records, list) = (vec![record.clone()], Some(list.clone()));
        made(ReportKind::Tasks, given, City { pm2_5: |_| None, records, list })
    };
    let said = text(&sheet(Some("乙县")).expect("a sheet"));
    assert_says(&said, &["示例热电厂", "签收单位：乙县", "目前未配置清单"]);
    assert!(!said.contains("甲区") && !said.contains("任务汇总"), "{said}");
    let said = text(&sheet(Some("卫健委")).expect("a sheet"));
    assert!(said.contains("减少户外活动") && !said.contains("示例水泥厂"), "{said}");
    let why = format!("{:?}", sheet(Some("丙区")).expect_err("refused"));
    assert!(why.contains("甲区、乙县、卫健委"), "{why}");
    let without = paper(ReportKind::Tasks, "1", &[issued((1, 1), YELLOW, Change::Start)]);
    assert_eq!(without, Err("no emergency-measures list is configured".to_owned()));
}

#[test]
fn suspect_data_of_others_are_reported_and_asked_after() {
    assert_says(
        &text(&sampled(ReportKind::Feedback, true)),
        &[
            "2026年11月24日，示例市范围内国控、省控站点共有2个站点、2个数据疑似异常，详见表1。请核查",
            "示例市 a 国控 7时 PM2.5 35 µg/m³ 恒值 连续6小时数值不变",
            "丙_站 c 国控 8时 各项 — — 数据雷同 与乙|站*同时次各项数据完全相同",
        ],
    );
    let bare = text(&sampled(ReportKind::Feedback, false));
    assert_says(&bare, &["示例市范围内国控、省控站点未发现疑似异常数据。"]);
}

/// Runs of digits with a decimal point.
fn numbers(text: &str) -> std::collections::BTreeSet<&str> {
    let runs = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let runs = runs.map(|run| run.trim_matches('.'));
    runs.filter(|run| run.starts_with(|c: char| c.is_ascii_digit())).collect()
}

/// Every number of every paper stands in its figures, or in the words of its template.
#[test]
fn a_template_says_no_number_that_is_no_figure() {
    for figures in sample::figures() {
        let kind = figures.kind();
        let (_, template) =
            template::BUILT_IN.iter().find(|(of, _)| *of == kind).expect("built in");
        let known = serde_json::to_string(&figures).expect("JSON");
        let known: std::collections::BTreeSet<&str> =
            numbers(&known).union(&numbers(template)).copied().collect();
        let said = text(&figures);
        let stray: Vec<&str> = numbers(&said).difference(&known).copied().collect();
        assert!(stray.is_empty(), "{kind}: {stray:?} in\n{said}");
        assert!(!said.contains("{{") && !said.contains("None"), "{said}");
    }
}
