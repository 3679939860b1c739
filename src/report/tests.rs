//! Templates and the figures of papers, over days made by hand.

mod forecast;
mod response;
mod warning;

use std::convert::Infallible;

use super::*;
use crate::area::{AreaId, Member, Registry, Span as Validity, Station};
use crate::assessment::dust::DustEntries;
use crate::assessment::target::{Resampling, Targets};
use crate::assessment::{DayFigures, DustColumn, JudgedBy, Span};
use crate::average::{MISSING, Window};
use crate::duty::DutyRecord;
use crate::measures::Edition;
use crate::observation::{Dataset, Pollutant, StationId, StationKind};
use crate::standard::Parameters;
use crate::time::{DAY_H, Day};
use crate::warning::Record;

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

fn city() -> Registry {
    let station = Station {
        id: StationId::new("1A").expect("legal"),
        name: "甘井子".to_owned(),
        position: None,
        district: String::new(),
        kind: StationKind::National,
        assessed: true,
        valid: Validity::default(),
    };
    Registry::new(AreaId::new("dalian").expect("legal"), "大连市".into(), vec![station])
        .expect("ok")
}

/// A day at one level of PM2.5, in µg/m³; without ozone where the level is below zero.
fn at(day: Day, pm2_5: i32) -> DayFigures {
    let mut hours: Window = [[10_000; DAY_H]; Pollutant::COUNT];
    hours[Pollutant::Pm2_5.index()] = [pm2_5.abs() * 1000; DAY_H];
    hours[Pollutant::Co.index()] = [500_000; DAY_H];
    if pm2_5 < 0 {
        hours[Pollutant::O3.index()] = [MISSING; DAY_H];
    }
    DayFigures::of_set(day, [&hours].into_iter(), &Parameters::default())
}

/// The paper of a day or month over days of one level, as far as `pm2_5` gives one.
fn figures(kind: ReportKind, of: &str, pm2_5: impl Fn(Day) -> Option<i32>) -> ReportFigures {
    let given = match kind.every() {
        Every::Month => Given { month: Some(of), ..Given::default() },
        _ => Given { day: Some(of), ..Given::default() },
    };
    made(kind, given, City { pm2_5, records: Vec::new(), list: None }).expect("never fails")
}

/// The paper of a city, made at 8:00 on 2026-11-25.
fn made(
    kind: ReportKind,
    given: Given<'_>,
    mut city: City<impl Fn(Day) -> Option<i32>>,
) -> Result<ReportFigures, Unmade<Infallible>> {
    let (registry, parameters) = (self::city(), Parameters::default());
    let (span, record) = given.read(kind, day("2026-11-24")).expect("legal");
    let asked = ReportAsked {
        kind,
        registry: &registry,
        member: Member::Set(0),
        span,
        record,
        receiver: given.receiver,
        parameters: &parameters,
        dataset: Dataset::Best,
        judged_by: JudgedBy::InForce,
        dust: DustColumn::Measured,
        lists: ReportLists {
            registries: &[&registry],
            ranks: &[],
            targets: &Targets::default(),
            resampling: &Resampling::DEFAULT,
            dust: &DustEntries::default(),
            measures: None,
            district_report_due: 13 * 60,
        },
        made: Made {
            unit: "监测中心", at: day("2026-11-25").hour(8).start(), simulated: false
        },
    };
    asked.reckon(&mut city)
}

/// Days of one level, as far as there is one, and records, the oldest first.
struct City<F> {
    pm2_5: F,
    records: Vec<Record>,
    /// The list of measures that is kept, and none in use.
    list: Option<Edition>,
}

impl<F: Fn(Day) -> Option<i32>> Sources for City<F> {
    type Fault = Infallible;

    fn days(&mut self, wanted: &DaysWanted<'_>) -> Result<Vec<Vec<DayFigures>>, Infallible> {
        let (from, to) = wanted.days;
        let days = (from.number()..=to.number()).map(Day::from_number);
        let days = days.filter_map(|day| Some(at(day, (self.pm2_5)(day)?))).collect();
        Ok(vec![days; wanted.members.len()])
    }

    fn records(&mut self, wanted: &RecordsWanted) -> Result<Vec<Record>, Infallible> {
        let asked = |record: &&Record| {
            wanted.kinds.contains(&record.body.kind())
                && wanted.before.is_none_or(|before| record.number < before)
                && record.drill == wanted.drill
        };
        // As a store does, in pieces.
        Ok(self.records.iter().rev().filter(asked).take(2).cloned().collect())
    }

    fn record(&mut self, number: u64) -> Result<Option<Record>, Infallible> {
        Ok(self.records.iter().find(|record| record.number == number).cloned())
    }

    fn warning(&mut self, number: u64) -> Result<Vec<Record>, Infallible> {
        Ok(self.records.iter().filter(|record| record.number >= number).cloned().collect())
    }

    fn edition(&mut self, digest: &str) -> Result<Option<Edition>, Infallible> {
        Ok(self.list.clone().filter(|list| list.digest() == digest))
    }

    fn duty(&mut self, _: &DutyWanted) -> Result<Vec<DutyRecord>, Infallible> {
        Ok(Vec::new())
    }

    fn findings(&mut self, _: &Registry, _: Day) -> Result<Vec<Found>, Infallible> {
        Ok(Vec::new())
    }
}

/// The text of a paper, one block a line.
fn text(figures: &ReportFigures) -> String {
    let document = Templates::default().document(figures).expect("the built-in template is legal");
    let line = |block: &Block| match block {
        Block::Heading(text) | Block::Paragraph(text) | Block::Note(text) => text.clone(),
        Block::Chart(chart) => chart.text_zh(),
        Block::Table(table) => {
            let rows = table.rows.iter().map(|row| row.join(" "));
            [table.caption.clone()].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
        }
    };
    document.blocks.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[test]
fn the_templates_that_come_with_the_program_are_without_fault() {
    assert_eq!(Templates::default().faults(), []);
    assert_eq!(sample::figures().len(), 2 * ReportKind::ALL.len(), "each kind, full and empty");
}

#[test]
fn a_fault_of_a_template_is_told_with_its_file_and_line() {
    for (written, told) in [
        ("# 题\n\n{{ city.aqu }}\n", "room.md:3: undefined value"),
        ("# 题\n\n{% if cite %}a{% endif %}\n", "room.md:3: undefined value"),
        ("# 题\n\n\n{% for x in %}\n", "room.md:4: syntax error"),
        ("# 题\n\n- {{ city.aqi }}\n", "room.md: what it comes to is a list"),
        ("# 题\n\n![图](days)\n", "room.md: daily has no chart \"days\""),
        ("# 题\n\n见![图](days)\n", "room.md: what it comes to is a chart among text"),
        ("没有标题\n", "room.md: what it comes to a paper begins with its title"),
    ] {
        let mut templates = Templates::default();
        templates.replace(ReportKind::Daily, "room.md".to_owned(), written.to_owned());
        let faults: Vec<String> = templates.faults().iter().map(ToString::to_string).collect();
        assert!(faults[0].starts_with(told), "{faults:?}");
    }
}

/// A branch that only a bare city takes is tried too.
#[test]
fn both_ends_of_what_there_can_be_are_tried() {
    let written = "# 题\n\n{% if not targets %}{{ nothing }}{% endif %}\n";
    let mut templates = Templates::default();
    templates.replace(ReportKind::Daily, "room.md".to_owned(), written.to_owned());
    assert_eq!(templates.faults().len(), 1);
}

#[test]
fn numbers_keep_their_digits_and_what_is_missing_is_na() {
    let written = "# 题\n\n{{ city.co_mg_m3 }}|{{ city.o3_mda8_ug_m3 }}|{{ city.aqi }}\n";
    let mut templates = Templates::default();
    templates.replace(ReportKind::Daily, "room.md".to_owned(), written.to_owned());
    let whole = figures(ReportKind::Daily, "2022-03-05", |_| Some(28));
    let said = templates.document(&whole).expect("legal").blocks;
    assert_eq!(said, [Block::Paragraph("0.5|10|40".to_owned())]);
    let holed = figures(ReportKind::Daily, "2026-03-05", |_| Some(-28));
    let said = templates.document(&holed).expect("legal").blocks;
    assert_eq!(said, [Block::Paragraph("0.5|NA|NA".to_owned())]);
}

#[test]
fn a_day_says_what_it_is_and_how_the_year_stands() {
    let half = |d: Day| Some(if d.date().0 == 2022 { 28 } else { 35 });
    let said = text(&figures(ReportKind::Daily, "2022-03-05", half));
    assert_says(
        &said,
        &[
            "2022年3月5日（星期六），大连市空气质量指数（AQI）为40，级别为一级，类别为优",
            "无首要污染物；前一日AQI为40，两日持平。",
            "2022年3月1日至5日，优良天数5天，同比持平；PM2.5平均浓度28微克/立方米，同比下降20.0%。",
            "2022年1月1日至3月5日，有效监测64天，优良天数64天，同比持平；优良天数比率100.0%，同比持平；",
            "重度及以上污染0天，同比持平",
            "PM2.5 24小时平均 28 µg/m³ 40 1/1",
            "O3 日最大1小时平均 10 µg/m³ 4 1/1",
            "年度目标：未录入本年度目标。",
        ],
    );
    assert!(!said.contains("同比说明"), "{said}");
}

#[test]
fn a_day_without_aqi_says_so_and_why() {
    let said = text(&figures(ReportKind::Daily, "2026-11-20", |_| Some(-28)));
    assert_says(
        &said,
        &[
            "大连市空气质量指数（AQI）为NA，级别、类别和首要污染物均为NA：O3缺测，且其余污染物的AQI不大于100。",
            "O3 日最大8小时平均 NA µg/m³ NA 0/1",
            "PM2.5 24小时平均 28 µg/m³",
            "甘井子 NA NA NA 28 10 10 10 0.5 NA",
        ],
    );
    let nothing = text(&figures(ReportKind::Daily, "2026-11-20", |_| None));
    assert_says(&nothing, &["均为NA：各项污染物均缺测。", "优良天数比率NA；"]);
}

#[test]
fn a_heavy_day_and_an_incomplete_one_are_named() {
    let said = text(&figures(ReportKind::Daily, "2022-03-05", |d| {
        Some(if d == day("2022-03-05") { -180 } else { 30 })
    }));
    assert_says(
        &said,
        &[
            "首要污染物为PM2.5；前一日AQI为43，较前一日上升187。当日为重度及以上污染天。O3缺测，AQI由其余污染物得出。",
        ],
    );
}

#[test]
fn a_year_without_the_one_before_is_not_compared() {
    let this_year = |d: Day| (d.date().0 == 2024).then_some(28);
    let said = text(&figures(ReportKind::Daily, "2024-02-29", this_year));
    assert_says(
        &said,
        &[
            "2024年1—2月，有效监测60天，优良天数60天；",
            "同比说明：对比时段没有有效数据，不作比较。",
        ],
    );
    let both = |d: Day| (d.date().0 >= 2023).then_some(28);
    let said = text(&figures(ReportKind::Daily, "2024-02-29", both));
    assert_says(&said, &["优良天数60天，同比增加1天", "PM2.5平均浓度28微克/立方米，同比持平"]);
}

/// 2026-03-01 brought another edition: both sides would not be judged alike.
#[test]
fn editions_are_not_compared() {
    let said = text(&figures(ReportKind::Daily, "2026-11-24", |_| Some(28)));
    let both =
        "累计数据口径：实况数据（未审核）；评价标准：HJ 633—2012、HJ 633—2026、GB 3095—2026。";
    assert_says(&said, &["同比说明：两期评价标准不同", both]);
    let one = text(&figures(ReportKind::Daily, "2022-03-05", |_| Some(28)));
    assert!(!one.contains("累计数据口径"), "the same as in the head: {one}");
}

#[test]
fn the_head_names_what_the_figures_rest_on() {
    let figures = figures(ReportKind::Daily, "2022-03-05", |_| Some(28));
    let document = Templates::default().document(&figures).expect("legal");
    assert_eq!(
        (document.title.as_str(), document.subtitle.as_str()),
        ("大连市空气质量日报", "2022年3月5日")
    );
    assert_eq!(document.standing_zh(), "编号：未编号　状态：草稿");
    let value = |label| document.head.iter().find(|(l, _)| *l == label).map(|(_, v)| v.as_str());
    assert_eq!(value("单位"), Some("监测中心"));
    assert_eq!(value("范围"), Some("大连市（评价点位1个）"));
    assert_eq!(value("数据口径"), Some("实况数据（未审核）"));
    assert_eq!(value("沙尘口径"), Some("实况（未扣除沙尘）"));
    assert_eq!(value("评价标准"), Some("HJ 633—2012、GB 3095—2012"));
    assert_eq!(value("生成时间"), Some("2026-11-25 08:00"));
}

#[test]
fn days_that_have_not_ended_have_no_paper() {
    let ended = day("2026-11-24");
    let daily = |text| ReportKind::Daily.span(text, ended).map(|s: Span| s.to_string());
    assert_eq!(daily("2026-11-24").as_deref(), Ok("2026-11-24..2026-11-24"));
    assert!(daily("2026-11-25").expect_err("not yet").contains("has not ended"));
    assert!(daily("2026-11").expect_err("a month").contains("YYYY-MM-DD expected"));
    assert_eq!(ReportKind::Daily.usual(ended), "2026-11-24");
}

#[test]
fn a_month_stands_beside_two_others_and_in_its_year() {
    let levels = |d: Day| {
        Some(match d.date() {
            (2022, 3, 1..=3) => 90,
            (2022, 3, _) => 30,
            (2022, ..) => 40,
            _ => 50,
        })
    };
    let said = text(&figures(ReportKind::Monthly, "2022-03", levels));
    assert_says(
        &said,
        &[
            "2022年3月，大连市有效监测31天，优良天数28天，同比减少3天，环比持平；",
            "优良天数比率90.3%，同比下降9.7个百分点，环比下降9.7个百分点",
            "PM2.5平均浓度36微克/立方米，同比下降28.0%，环比下降10.0%",
            "优28天，轻度污染3天，共31天。以PM2.5为首要污染物3天",
            "天数 28 0 3 0 0 0 31 28",
            "甘井子 28/31 90.3 -9.7 ",
            "2022年1—3月，有效监测90天，优良天数87天，同比减少3天；",
            "2022-03-01 119 轻度污染 PM2.5 90 10 10 10 0.5 10",
        ],
    );
    assert!(!said.contains("本月尚未结束") && !said.contains("说明："), "{said}");
}

#[test]
fn a_month_that_is_not_over_says_until_when() {
    let said = text(&figures(ReportKind::Monthly, "2026-11", |_| Some(-28)));
    assert_says(
        &said,
        &[
            "本月尚未结束，以下为2026年11月1日至24日的情况。",
            "有效监测0天（另有24天无有效AQI），优良天数0天",
            "综合指数NA",
            "2026-11-24 NA NA NA 28 10 10 10 0.5 NA",
        ],
    );
    let of = |text| ReportKind::Monthly.span(text, day("2026-11-24"));
    assert!(of("2026-12").expect_err("not begun").contains("no day of 2026-12 has ended"));
    for wrong in ["2026", "2026-11-24", "2026-Q1", "2026-13"] {
        assert!(of(wrong).expect_err(wrong).contains("YYYY-MM expected"), "{wrong}");
    }
    assert_eq!(ReportKind::Monthly.usual(day("2026-11-24")), "2026-11");
}

#[test]
fn a_page_for_the_leaders_says_what_there_is_and_what_there_is_not() {
    let half = |d: Day| Some(if d.date().0 == 2022 { 28 } else { 35 });
    let said = text(&figures(ReportKind::Leader, "2022-03-05", half));
    assert_says(
        &said,
        &[
            "2022年3月5日，大连市AQI为40，类别为优，无首要污染物。",
            "2022年1月1日至3月5日，PM2.5平均浓度28微克/立方米，同比下降20.0%；",
            "参照城市数据未接入，暂无测算名次。",
            "有效监测64天，优良天数64天，同比持平；优良天数比率100.0%，同比持平",
            "未录入本年度目标。",
            "AQI较高的点位为甘井子（40，优）。2022年3月1日至5日PM2.5平均浓度较高的点位为甘井子（28微克/立方米）。",
            "没有可引用的官方预报。",
            "近一周未登记会商和预警发布，目前没有生效的预警。",
        ],
    );
}

/// The made-up city has all of it: forecast, deeds, targets and places.
#[test]
fn what_is_forecast_and_done_is_told_as_the_office_and_the_records_have_it() {
    let full = sample::figures().into_iter().find(|f| f.kind() == ReportKind::Leader);
    let said = text(&full.expect("a sample"));
    assert_says(
        &said,
        &[
            "据示例市气象台11月24日16时预报：11月25日AQI80至110（良至轻度污染，首要污染物PM2.5，偏南风2级）；11月26日AQI105至160（轻度至中度污染，",
            "自11月27日起预计可达优良。",
            "11月24日15时会商，结论：未来三天有一次中度污染过程。",
            "示例市指挥部办公室11月24日16时发布（示例〔2026〕1号）：自11月24日18时起启动重污染天气黄色预警（Ⅲ级应急响应）。",
            "测算",
        ],
    );
}

#[test]
fn ranks_are_those_of_the_list_and_say_that_they_are_reckoned() {
    let full = sample::figures().into_iter().find(|f| f.kind() == ReportKind::Ranking);
    let full = full.expect("a sample");
    let ReportFigures::Ranking(of) = &full else { panic!("{full:?}") };
    let said = text(&full);
    assert_eq!((of.month.len(), of.year.len()), (3, 3));
    for rank in of.month.iter().chain(&of.year) {
        for row in &rank.rows {
            let value = row.value.as_ref().map_or_else(|| "NA".to_owned(), ToString::to_string);
            let place = row.rank.map_or_else(|| "NA".to_owned(), |rank| rank.to_string());
            let line = format!("{place} {} {value} ", row.name);
            assert!(said.contains(&line), "{line} is not in\n{said}");
        }
    }
    assert!(said.contains("均为测算，不代表官方排名"));
}

/// 60 µg/m³ of PM2.5 are an AQI of 82 by the standard of 2012 and 100 by that of 2026.
#[test]
fn the_first_day_of_a_standard_is_not_held_against_the_day_before() {
    let same = |_: Day| Some(60);
    let of = |day| text(&figures(ReportKind::Daily, day, same));
    let said = of("2026-03-01");
    assert_says(&said, &["空气质量指数（AQI）为100，", "与前一日不作比较：两日评价标准不同。"]);
    assert!(!said.contains("前一日AQI为"), "{said}");
    assert_says(&of("2026-03-02"), &["前一日AQI为100，两日持平。"]);
}

/// Monday is the 14th; the week of New Year's Day 2026 ended on 4 January.
#[test]
fn a_week_is_named_by_any_of_its_days_and_stands_beside_the_one_before() {
    let levels = |d: Day| {
        Some(match d.date() {
            (2022, 3, 16) => 90,
            (2022, 3, 14..=20) => 30,
            (2022, ..) => 40,
            _ => 50,
        })
    };
    let of = |day| text(&figures(ReportKind::Weekly, day, levels));
    let said = of("2022-03-17");
    assert_says(
        &said,
        &[
            "2022年3月14日至20日，大连市有效监测7天，优良天数6天，同比减少1天，环比减少1天；",
            "优6天，轻度污染1天，共7天。以PM2.5为首要污染物1天（并列的分别计入）。",
            "3月16日（星期三）AQI最高，为119（轻度污染）。",
            "PM2.5平均浓度39微克/立方米，同比下降22.0%，环比下降2.5%；",
            "环比时段：2022年3月7日至13日（有效监测7天）。",
            "同比时段：2021年3月14日至20日（有效监测7天）。",
            "2022-03-16（星期三） 119 轻度污染 PM2.5 90 10 10 10 0.5 10",
            "甘井子 6/7 39 -2.5 -22.0 10 10 10 0.5 10",
            "2022年1月1日至3月20日，有效监测79天",
        ],
    );
    assert!(!said.contains("本周尚未结束") && !said.contains("评价标准有变更"), "{said}");
    assert_eq!((of("2022-03-14"), of("2022-03-20")), (said.clone(), said));
    assert_says(
        &of("2026-01-02"),
        &["2025年12月29日至2026年1月4日，", "2026年1月1日至4日，有效监测4天"],
    );
}

#[test]
fn a_week_that_runs_stands_beside_the_same_days_of_the_one_before() {
    let said = text(&figures(ReportKind::Weekly, "2026-11-29", |d| {
        Some(if d < day("2026-11-21") { 30 } else { -28 })
    }));
    assert_says(
        &said,
        &[
            "本周尚未结束，以下为2026年11月23日至24日的情况，环比为上周同期。",
            "有效监测0天（另有2天无有效AQI），优良天数0天；",
            "2026-11-24（星期二） NA NA NA 28 10 10 10 0.5 NA",
            "图　大连市逐日AQI：11-23为NA；11-24为NA。",
        ],
    );
    let of = |text| ReportKind::Weekly.span(text, day("2026-11-24"));
    assert!(of("2026-11-30").expect_err("not begun").contains("the week from 2026-11-30"));
    assert!(of("2026-11").expect_err("a month").contains("YYYY-MM-DD expected"));
}

/// 1 March 2026 was a Sunday: that week has days of two standards.
#[test]
fn a_week_of_two_standards_says_so_and_is_compared_with_nothing() {
    let said = text(&figures(ReportKind::Weekly, "2026-02-24", |_| Some(60)));
    assert_says(
        &said,
        &[
            "本周评价标准有变更：自2026年3月1日起按HJ 633—2026评价，此前各日按HJ 633—2012评价。",
            "2026-02-28（星期六） 82 良",
            "2026-03-01（星期日） 100 良",
            "环比说明：",
            "同比说明：",
        ],
    );
}
