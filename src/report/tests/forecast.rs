//! Forecast sheets: which issue is handed on, and what its ranges come to.

use std::collections::BTreeMap;

use super::*;
use crate::outlook::{AqiRange, Forecast, ForecastSpan, Source};
use crate::warning::Body;

fn span(date: &str, (lower, upper): (u16, u16)) -> ForecastSpan {
    let polluted = upper > 50;
    ForecastSpan {
        from: day(date).start(),
        hours: 24,
        aqi: AqiRange::new(lower, upper).expect("legal"),
        hourly: Vec::new(),
        primary: polluted.then_some(Pollutant::Pm2_5).into_iter().collect(),
        cause: None,
        concentrations: BTreeMap::new(),
        weather: None,
    }
}

pub(super) type Zone<'z> = (&'z str, &'z [(&'z str, (u16, u16))]);

pub(super) fn issue(number: u64, issued: &str, source: Source, zones: &[Zone<'_>]) -> Record {
    let (date, hour) = issued.split_once('T').expect("a moment");
    let issued = day(date).hour(hour.parse().expect("an hour")).start();
    let spans = |days: &[(&str, (u16, u16))]| days.iter().map(|(d, aqi)| span(d, *aqi)).collect();
    let zones = zones.iter().map(|(zone, days)| ((*zone).to_owned(), spans(days))).collect();
    let body =
        Body::Forecast(Forecast { office: "大连市气象台".to_owned(), issued, source, zones });
    Record { number, at: issued, person: None, drill: None, body }
}

fn sheet(given: Given<'_>, records: Vec<Record>) -> Result<ReportFigures, Unmade<Infallible>> {
    made(ReportKind::Forecast, given, City { pm2_5: |_| None, records, list: None })
}

fn of_day(day: &str) -> Given<'_> {
    Given { day: Some(day), ..Given::default() }
}

fn refused(found: Result<ReportFigures, Unmade<Infallible>>) -> String {
    match found {
        Err(Unmade::Refused(why)) => why,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_forecast_by_zones_says_where_it_is_worst_and_when_it_gets_better() {
    let city = [("2026-11-25", (90, 120)), ("2026-11-26", (160, 190)), ("2026-11-27", (60, 90))];
    let jin = [("2026-11-25", (90, 120)), ("2026-11-26", (180, 210)), ("2026-11-27", (70, 100))];
    let issued = issue(5, "2026-11-24T16", Source::Fed, &[("中心城区", &city), ("金普新区", &jin)]);
    let said = text(&sheet(of_day("2026-11-24"), vec![issued]).expect("a sheet"));
    assert_says(
        &said,
        &[
            "大连市气象台11月24日16时发布2026年11月25日至27日空气质量预报。",
            "11月25日（星期三），大连市空气质量预计为良至轻度污染，AQI为90～120，首要污染物为PM2.5。",
            "11月26日（星期四），大连市空气质量预计为中度至重度污染，AQI为160～210，首要污染物为PM2.5，\
             较前一日转差。其中金普新区污染较重。",
            "11月27日（星期五），大连市空气质量预计为良，AQI为60～100，首要污染物为PM2.5，较前一日好转。",
            "自11月27日起预计可达优良。",
            "11月26日 金普新区 180～210 中度至重度污染 PM2.5 转差 —",
            "11月25日 中心城区 90～120 良至轻度污染 PM2.5 — —",
            "11月26日可能出现的最高类别为重度污染：",
            "一般人群减少户外运动",
        ],
    );
}

#[test]
fn the_trend_is_that_of_the_middles_and_holds_within_the_ranges() {
    let days = [
        ("2026-11-25", (80, 110)),
        ("2026-11-26", (95, 125)),
        ("2026-11-27", (111, 141)),
        ("2026-11-29", (20, 40)),
    ];
    let issued = issue(5, "2026-11-24T16", Source::Fed, &[("", &days)]);
    let ReportFigures::Forecast(of) = sheet(of_day("2026-11-24"), vec![issued]).expect("a sheet")
    else {
        panic!("another kind")
    };
    let trends: Vec<_> = of.days.iter().map(|day| day.row.trend_zh).collect();
    assert_eq!(trends, [None, Some("持平"), Some("转差"), None], "the 28th is not forecast");
    assert_eq!((of.zones, of.worst_dates_zh.as_str()), (0, "11月25日、11月26日、11月27日"));
    assert_eq!(of.good_from_zh.as_deref(), Some("11月29日"));
    assert_eq!(of.head.edition_zh, "HJ 633—2026");
}

/// Of a day the last issue counts, whatever lies between: a built-in forecast has a record an hour.
#[test]
fn the_newest_official_issue_of_the_day_is_handed_on() {
    let of = |upper| [("2026-11-26", (upper - 30, upper))];
    let mut records = vec![
        issue(1, "2026-11-23T16", Source::Fed, &[("", &of(81))]),
        issue(2, "2026-11-24T10", Source::Fed, &[("", &of(82))]),
        issue(3, "2026-11-24T16", Source::Fed, &[("", &of(83))]),
    ];
    for number in 4..9 {
        records.push(issue(number, "2026-11-24T17", Source::BuiltIn, &[("", &of(84))]));
    }
    records.push(issue(9, "2026-11-25T07", Source::Fed, &[("", &of(85))]));
    let upper = |given| match sheet(given, records.clone()) {
        Ok(ReportFigures::Forecast(of)) => of.rows[0].line.upper,
        other => panic!("{other:?}"),
    };
    assert_eq!([upper(of_day("2026-11-24")), upper(of_day("2026-11-23"))], [83, 81]);
    assert_eq!(upper(Given::default()), 85, "the present day");
    assert_eq!(upper(Given { record: Some("2"), ..Given::default() }), 82);
    let why = refused(sheet(of_day("2026-11-22"), records.clone()));
    assert!(why.starts_with("no official forecast issued on 2026-11-22"), "{why}");
    let record =
        |number| sheet(Given { record: Some(number), ..Given::default() }, records.clone());
    assert!(refused(record("6")).contains("内置统计预报（仅供参考）"));
    assert_eq!(refused(record("12")), "area dalian has no record 12");
}

#[test]
fn a_forecast_of_a_drill_says_so_first() {
    let mut issued = issue(5, "2026-11-24T16", Source::Fed, &[("", &[("2026-11-25", (230, 260))])]);
    issued.drill = Some(4);
    let of = sheet(Given { record: Some("5"), ..Given::default() }, vec![issued.clone()]);
    let document = Templates::default().document(&of.expect("a sheet")).expect("legal");
    assert_eq!(document.title, "【演练】大连市空气质量预报单");
    assert_eq!(document.head.iter().find(|(label, _)| *label == "数据口径"), None);
    refused(sheet(of_day("2026-11-24"), vec![issued]));
}

#[test]
fn what_a_paper_is_of_is_asked_for_in_one_way() {
    let ended = day("2026-11-24");
    let wrong = |given: Given<'_>, kind: ReportKind| given.read(kind, ended).expect_err("refused");
    let (day, month, record) = (Some("2026-11-24"), Some("2026-11"), Some("7"));
    let forecast = ReportKind::Forecast;
    assert_eq!(wrong(Given { day, month, ..Given::default() }, ReportKind::Daily).0, "month");
    assert_eq!(wrong(Given { record, ..Given::default() }, ReportKind::Daily).0, "record");
    assert_eq!(wrong(Given { day, record, ..Given::default() }, forecast).0, "record");
    assert_eq!(wrong(Given { record: Some("x"), ..Given::default() }, forecast).0, "record");
    let receiver = Some("甲区");
    assert_eq!(
        wrong(Given { record, receiver, ..Given::default() }, ReportKind::Notice).0,
        "receiver"
    );
    assert_eq!(wrong(Given::default(), ReportKind::Notice).0, "record");
    let late = wrong(Given { day: Some("2026-11-26"), ..Given::default() }, forecast);
    assert_eq!(late, ("day", "2026-11-26 has not begun: today is 2026-11-25".to_owned()));
    let (_, found) = Given { record, ..Given::default() }.read(forecast, ended).expect("legal");
    assert_eq!(found, Some(7));
}
