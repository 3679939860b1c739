//! Ranks from the rule: ties, gaps, changes, and what people read.

use super::*;
use crate::area::{AreaId, Span as Membership, Station, StationKind};
use crate::assessment::{Seasons, Span};
use crate::average::{MISSING, Window};
use crate::observation::{POLLUTANTS, Pollutant, StationId};

fn registry(codes: &[&str]) -> Registry {
    let station = |code: &&str| Station {
        id: StationId::new(code).expect("legal"),
        name: format!("{code}市"),
        position: None,
        district: String::new(),
        kind: StationKind::Reference,
        assessed: true,
        valid: Membership::default(),
    };
    let area = AreaId::new("cities").expect("legal");
    Registry::new(area, "城市".into(), codes.iter().map(station).collect()).expect("legal")
}

/// A day whose every hour has this PM2.5 and clean air besides; nothing at all of `None`.
fn day(day: Day, pm2_5: Option<i32>) -> DayFigures {
    let mut hours: Window = [[MISSING; DAY_H]; Pollutant::COUNT];
    if let Some(pm2_5) = pm2_5 {
        for p in POLLUTANTS {
            hours[p.index()] = [if p == Pollutant::Co { 500_000 } else { 10_000 }; DAY_H];
        }
        hours[Pollutant::Pm2_5.index()] = [pm2_5 * 1000; DAY_H];
    }
    DayFigures::of_station(day, &hours, &Parameters::default())
}

fn span(text: &str) -> Span {
    Span::parse(text, &Seasons::DEFAULT).expect("a span")
}

/// Each city's PM2.5, the same on all days of a span.
fn days_of(span: Span, cities: &[Option<i32>]) -> Vec<Vec<DayFigures>> {
    let all = || (span.from.number()..=span.to.number()).map(Day::from_number);
    cities.iter().map(|pm2_5| all().map(|on| day(on, *pm2_5)).collect()).collect()
}

/// Ranks cities `a`, `b`, … on days of the one span, and the other for a change.
fn ranked(by: RankBy, now: (&str, &[Option<i32>]), before: Option<(&str, &[Option<i32>])>) -> Rank {
    let codes = &["a", "b", "c", "d", "e"][..now.1.len()];
    let registry = registry(codes);
    let [set] = &mut RankSet::of_area(&registry)[..] else { panic!("one set") };
    set.own = Some(Member::Station(1));
    let parameters = Parameters::default();
    let asked = RankAsked {
        registry: &registry,
        set,
        by,
        moment: Moment::Days(span(now.0)),
        dataset: Dataset::Best,
        dust: DustColumn::Measured,
        judged_by: JudgedBy::InForce,
        parameters: &parameters,
    };
    let then = before.map(|(text, cities)| (span(text), days_of(span(text), cities)));
    let then = then.as_ref().map(|(span, days)| ((span.from, span.to), days.as_slice()));
    asked.of_days(&days_of(span(now.0), now.1), then)
}

/// Code, rank and rank from the last.
fn places(rank: &Rank) -> Vec<(&str, Option<u32>, Option<u32>)> {
    rank.rows.iter().map(|r| (r.entity.as_str(), r.rank, r.rank_from_last)).collect()
}

const PM: RankBy = RankBy::Concentration(Pollutant::Pm2_5);

#[test]
fn equal_figures_share_a_rank_and_the_next_is_counted_past_them() {
    let rank = ranked(PM, ("2025-01", &[Some(40), Some(20), Some(20), None, Some(60)]), None);
    let expected = [
        ("b", Some(1), Some(3)),
        ("c", Some(1), Some(3)),
        ("a", Some(3), Some(2)),
        ("e", Some(4), Some(1)),
        ("d", None, None),
    ];
    assert_eq!(places(&rank), expected);
    assert_eq!(
        rank.rows.iter().map(|r| r.tied).collect::<Vec<_>>(),
        [true, true, false, false, false]
    );
    assert_eq!((rank.members, rank.ranked, rank.official), (5, 4, false));
    assert_eq!(rank.rows[4].reason_zh.as_deref(), Some("没有有效日"));
    assert_eq!((rank.rows[4].days_valid, rank.rows[4].days_total), (Some(0), Some(31)));
    let sentence = "b市2025年1月PM2.5浓度20微克/立方米，由好到差列城市并列第1位；参与排名4个，测算";
    assert_eq!(rank.sentence_zh.as_deref(), Some(sentence));
}

/// 20.4 and 19.6 are both shown as 20.
#[test]
fn figures_are_compared_as_they_are_shown() {
    let registry = registry(&["a", "b"]);
    let sets = RankSet::of_area(&registry);
    let (parameters, on) = (Parameters::default(), span("2025-01-01..2025-01-10"));
    let asked = RankAsked {
        registry: &registry,
        set: &sets[0],
        by: PM,
        moment: Moment::Days(on),
        dataset: Dataset::Best,
        dust: DustColumn::Measured,
        judged_by: JudgedBy::InForce,
        parameters: &parameters,
    };
    let of = |higher: i32, rest: i32| -> Vec<DayFigures> {
        (0..10).map(|n| day(on.from.plus(n), Some(if n < 4 { higher } else { rest }))).collect()
    };
    let rank = asked.of_days(&[of(21, 20), of(19, 20)], None);
    let shown: Vec<_> = rank.rows.iter().map(|r| (r.rank, r.value.clone())).collect();
    let twenty = Some(Decimal::written("20".to_owned()));
    assert_eq!(shown, [(Some(1), twenty.clone()), (Some(1), twenty)]);
}

#[test]
fn more_good_days_are_the_better() {
    let rank = ranked(RankBy::GoodDays, ("2025-01", &[Some(80), Some(20), None]), None);
    assert_eq!(
        places(&rank),
        [("b", Some(1), Some(2)), ("a", Some(2), Some(1)), ("c", None, None)]
    );
    assert_eq!(rank.rows[0].value.as_ref().map(ToString::to_string).as_deref(), Some("100.0"));
    assert_eq!(rank.rows[2].reason_zh.as_deref(), Some("没有有效日"));
    assert_eq!(rank.better, "higher");
}

/// Of shown figures: 30 to 27 is -10.0 %. 2012's composite index has two decimals.
#[test]
fn a_change_is_that_of_shown_figures_and_the_largest_fall_comes_first() {
    let now = [Some(27), Some(40), Some(30), Some(20)];
    let before = [Some(30), Some(20), Some(30), None];
    let rank = ranked(RankBy::Pm25Change, ("2025-01", &now), Some(("2024-01", &before)));
    let shown: Vec<_> = rank
        .rows
        .iter()
        .map(|r| (r.entity.as_str(), r.value.as_ref().map(ToString::to_string)))
        .collect();
    let text = |text: &str| Some(text.to_owned());
    let expected = [("a", text("-10.0")), ("c", text("0.0")), ("b", text("100.0")), ("d", None)];
    assert_eq!(shown, expected);
    let sides = (&rank.rows[0].now, &rank.rows[0].before);
    let written = |text: &str| Some(Decimal::written(text.to_owned()));
    assert_eq!(sides, (&written("27"), &written("30")));
    assert_eq!(rank.rows[3].reason_zh.as_deref(), Some("对比时段没有有效数据，不作比较"));
    let sentence =
        "b市2025年1月PM2.5浓度40，同比上升100.0%，变化情况由好到差列城市第3位；参与排名3个，测算";
    assert_eq!(rank.sentence_zh.as_deref(), Some(sentence));
    let rank = ranked(RankBy::Change, ("2025-01", &now), Some(("2024-01", &before)));
    assert_eq!(rank.rows[0].entity, "a");
    assert!(
        rank.rows[0]
            .now
            .as_ref()
            .is_some_and(|n| n.to_string().split('.').nth(1).map(str::len) == Some(2))
    );
}

/// PM2.5 of two days of the month, every other pollutant of all.
#[test]
fn valid_days_are_those_of_the_figure_and_too_few_are_told() {
    let registry = registry(&["a", "b"]);
    let sets = RankSet::of_area(&registry);
    let (parameters, on) = (Parameters::default(), span("2025-01"));
    let asked = |by| RankAsked {
        registry: &registry,
        set: &sets[0],
        by,
        moment: Moment::Days(on),
        dataset: Dataset::Best,
        dust: DustColumn::Measured,
        judged_by: JudgedBy::InForce,
        parameters: &parameters,
    };
    let few = |n: i32| {
        let mut hours: Window = [[10_000; DAY_H]; Pollutant::COUNT];
        if n >= 2 {
            hours[Pollutant::Pm2_5.index()] = [MISSING; DAY_H];
        }
        DayFigures::of_station(on.from.plus(n), &hours, &parameters)
    };
    let all =
        [(0..31).map(few).collect(), (0..31).map(|n| day(on.from.plus(n), Some(20))).collect()];
    for (by, expected) in [(PM, 2), (RankBy::Composite, 2), (RankBy::GoodDays, 31)] {
        let rank = asked(by).of_days(&all, None);
        let of = rank.rows.iter().find(|row| row.entity == "a").expect("ranked");
        assert_eq!((of.days_valid, of.thin), (Some(expected), expected == 2), "{by}");
        assert!(!rank.rows.iter().find(|row| row.entity == "b").expect("ranked").thin);
    }
    assert_eq!(
        [(27, 31), (26, 31), (25, 28), (24, 28), (1, 27)].map(is_thin),
        [false, true, false, true, false]
    );
}

#[test]
fn an_hour_without_any_value_is_not_called_reviewed() {
    let registry = registry(&["a", "b"]);
    let sets = RankSet::of_area(&registry);
    let parameters = Parameters::default();
    let asked = RankAsked {
        registry: &registry,
        set: &sets[0],
        by: RankBy::Aqi,
        moment: Moment::Hour(span("2025-01-01").from.hour(3)),
        dataset: Dataset::Best,
        dust: DustColumn::Measured,
        judged_by: JudgedBy::InForce,
        parameters: &parameters,
    };
    let rank = asked.of_hour(&[None, None]);
    assert_eq!((rank.members, rank.ranked), (2, 0));
    assert!(rank.dataset_zh.starts_with("实况数据"), "{}", rank.dataset_zh);
    assert_eq!(rank.rows[0].reason_zh.as_deref(), Some("未投运"));
}

#[test]
fn a_change_across_editions_is_refused() {
    let (now, before) = ([Some(27), Some(40)], [Some(30), Some(20)]);
    let rank = ranked(RankBy::Change, ("2026-04", &now), Some(("2025-04", &before)));
    assert_eq!((rank.ranked, rank.sentence_zh.as_deref()), (0, None));
    let reason = rank.rows[0].reason_zh.as_deref().unwrap_or_default();
    assert!(reason.starts_with("两期评价标准不同"), "{reason}");
}

#[test]
fn a_missing_pollutant_leaves_no_composite_index() {
    let registry = registry(&["a", "b"]);
    let sets = RankSet::of_area(&registry);
    let (parameters, on) = (Parameters::default(), span("2025-01-01"));
    let asked = RankAsked {
        registry: &registry,
        set: &sets[0],
        by: RankBy::Composite,
        moment: Moment::Days(on),
        dataset: Dataset::Best,
        dust: DustColumn::Measured,
        judged_by: JudgedBy::InForce,
        parameters: &parameters,
    };
    let mut lacking: Window = [[10_000; DAY_H]; Pollutant::COUNT];
    lacking[Pollutant::O3.index()] = [MISSING; DAY_H];
    let lacking = DayFigures::of_station(on.from, &lacking, &parameters);
    let rank = asked.of_days(&[vec![lacking], vec![day(on.from, Some(20))]], None);
    assert_eq!(places(&rank), [("b", Some(1), Some(1)), ("a", None, None)]);
    assert_eq!(rank.rows[1].reason_zh.as_deref(), Some("缺少O₃有效日值，无综合指数"));
}

#[test]
fn an_aqi_of_one_day_has_its_class() {
    let rank = ranked(RankBy::Aqi, ("2025-01-15", &[Some(80), Some(20), None]), None);
    let shown: Vec<_> = rank.rows.iter().map(|r| (r.rank, r.category)).collect();
    assert_eq!(shown, [(Some(1), Some("excellent")), (Some(2), Some("light")), (None, None)]);
}

#[test]
fn moments_are_read() {
    let newest = Some("2025-01-15".parse::<Day>().expect("a day").hour(14));
    let read = |text: &str| Moment::parse(text, &Seasons::DEFAULT, newest);
    let said = |text: &str| read(text).map(|m| (m.name(), m.zh())).expect("a moment");
    assert_eq!(said("hour"), ("hour", "2025年1月15日15时".to_owned()));
    assert_eq!(said("so_far"), ("so_far", "2025年1月15日截至15时".to_owned()));
    assert_eq!(said("hour:2025-02-01T23"), ("hour", "2025年2月1日24时".to_owned()));
    assert_eq!(read("hour:2025-02-01T23:00:00+08:00"), read("hour:2025-02-01T23"));
    assert_eq!(said("2025-01-15"), ("days", "2025年1月15日".to_owned()));
    assert_eq!(said("2025-02").1, "2025年2月");
    assert_eq!(said("2025-Q1").1, "2025年1—3月");
    assert_eq!(said("2025").1, "2025年");
    assert_eq!(said("ytd:2025-03-30").1, "2025年1月1日至3月30日");
    assert_eq!(said("2025-03-02..2025-03-31").1, "2025年3月2日至31日");
    assert_eq!(said("heating:2024").1, "2024年11月5日至2025年4月5日");
    for text in ["hour:2025-02-01T24", "hour:2025-02-01T12:30", "hour:x", "minute", "so_far:2025"] {
        assert!(read(text).is_err(), "{text}");
    }
    let none = Moment::parse("hour", &Seasons::DEFAULT, None).expect_err("no hour");
    assert_eq!(none.to_string(), "no hour is there yet");
    let hour = read("hour").expect("a moment");
    let of = |by: RankBy, m: &str| by.is_of(&read(m).expect("a moment"));
    assert!(
        of(RankBy::Aqi, "hour") && of(RankBy::Aqi, "2025-01-15") && !of(RankBy::Aqi, "2025-01")
    );
    assert!(!RankBy::Composite.is_of(&hour) && !RankBy::Change.is_of(&hour));
    for by in RankBy::ALL {
        assert_eq!(by.code().parse(), Ok(by));
    }
}
