//! Drafts of advisories: which days they speak of, and in which words they never do.

use super::*;
use crate::assessment::{Room, RoomRules};
use crate::average::{MISSING, Window};
use proptest::prelude::*;

fn known(spans: Vec<ForecastSpan>) -> Warnings {
    let issued = first_day().start().start().plus_minutes(-450);
    Warnings { book: book(vec![forecast_of(issued, spans)]), ..Warnings::default() }
}

/// Drafts at noon of the first day, without a room.
fn drafts(warnings: &Warnings) -> Vec<(AdvisorySort, String)> {
    let now = first_day().hour(12).start();
    let all = warnings.drafts(("某市", &[]), now, None);
    all.into_iter().map(|draft| (draft.sort, draft.text)).collect()
}

fn ranges(all: &[(u16, u16)]) -> Vec<ForecastSpan> {
    all.iter().zip(0..).map(|(range, n)| span(first_day().plus(n), *range, PM)).collect()
}

#[test]
fn days_above_the_good_ones_are_pollution_and_days_across_the_border_can_be_kept() {
    assert!(drafts(&known(ranges(&[(60, 90), (70, 100)]))).is_empty(), "good days");
    let found = drafts(&known(ranges(&[(80, 101), (101, 131), (101, 131), (160, 190)])));
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[0],
        (
            AdvisorySort::Pollution,
            "据12月9日16时30分发布的空气质量预报，某市12月11日至12日空气质量为轻度污染（AQI 101～131，\
             首要污染物PM2.5）；某市12月13日空气质量为中度污染（AQI 160～190，首要污染物PM2.5）。\
             建议青少年儿童、老年人及心血管系统疾病、呼吸系统疾病患者避免长时间、高强度的户外锻炼，\
             一般人群适量减少户外运动。倡导公众绿色出行，减少机动车上路行驶，不露天焚烧，不燃放烟花爆竹。"
                .to_owned()
        )
    );
    let (sort, text) = &found[1];
    assert_eq!(*sort, AdvisorySort::GoodDay);
    assert!(text.contains("某市12月10日空气质量为良至轻度污染（AQI 80～101"), "{text}");
    assert!(text.contains("为守住优良天"), "{text}");
}

#[test]
fn a_forecast_is_cited_by_its_newest_issue_also_where_that_only_speaks_of_later_days() {
    let day = first_day().start().start();
    let all = ranges(&[(110, 140), (110, 140)]);
    let newer = vec![all[1].clone()];
    let warnings = Warnings {
        book: book(vec![
            forecast_of(day.plus_minutes(-450), all),
            forecast_of(day.plus_minutes(60), newer),
        ]),
        ..Warnings::default()
    };
    let found = drafts(&warnings);
    assert!(
        found[0].1.starts_with("据12月10日1时发布的空气质量预报，某市12月10日至11日"),
        "{found:?}"
    );
}

#[test]
fn later_days_wait_and_zones_speak_for_themselves() {
    let far = ranges(&[(50, 60), (50, 60), (50, 60), (50, 60), (120, 150)]);
    assert!(drafts(&known(far)).is_empty(), "the fifth day will be forecast anew");
    let mut issue = forecast_of(first_day().start().start(), ranges(&[(50, 60)]));
    issue.zones = BTreeMap::from([
        ("中心城区".to_owned(), ranges(&[(110, 140)])),
        ("长海县".to_owned(), ranges(&[(40, 60)])),
        (
            "庄河市".to_owned(),
            vec![ForecastSpan { cause: Some(Cause::Dust), ..span(first_day(), (120, 150), PM10) }],
        ),
    ]);
    let warnings = Warnings { book: book(vec![issue]), ..Warnings::default() };
    let zones = ["中心城区", "庄河市", "长海县"].map(str::to_owned);
    let now = first_day().hour(1).start();
    let found = warnings.drafts(("某市", &zones), now, None);
    let text = &found[0].text;
    assert_eq!(found.len(), 1);
    assert!(text.contains("中心城区12月10日") && text.contains("庄河市12月10日"), "{text}");
    assert!(!text.contains("长海县") && !text.contains("某市"), "{text}");
    assert!(text.contains("沙尘影响期间"), "{text}");
    assert_eq!(found[0].until, first_day().plus(1).start().start());
}

#[test]
fn while_a_warning_is_open_there_is_none() {
    let mut warnings = known(ranges(&[(120, 150)]));
    assert_eq!(drafts(&warnings).len(), 1);
    warnings.open = Some(Open::default());
    assert!(drafts(&warnings).is_empty());
}

/// A day of one station: its PM2.5 in µg/m³ by hour.
fn room(hours: &[i32]) -> Room {
    let mut window: Window = [[MISSING; 24]; 6];
    for (at, amount) in hours.iter().enumerate() {
        for (pollutant, of_hour) in [(Pollutant::Pm2_5, *amount), (Pollutant::Pm10, 60)] {
            window[pollutant.index()][at] = of_hour * 1000;
        }
        for p in [Pollutant::So2, Pollutant::No2, Pollutant::Co, Pollutant::O3] {
            window[p.index()][at] = 5_000;
        }
    }
    Room::of_station(first_day(), hours.len(), &window, &RoomRules::default())
}

#[test]
fn a_good_day_that_slips_away_is_drafted_from_the_day_so_far() {
    let warnings = Warnings::default();
    let now = first_day().hour(14).start();
    let of = |hours: &[i32]| warnings.drafts(("某市", &[]), now, Some(&room(hours)));
    assert!(of(&[30; 14]).is_empty(), "clean air keeps itself");
    let slipping = of(&[&[40; 10][..], &[100; 4][..]].concat());
    assert_eq!(slipping.len(), 1);
    let (sort, text) = (slipping[0].sort, &slipping[0].text);
    assert_eq!(sort, AdvisorySort::GoodDay);
    assert!(text.starts_with("截至14时PM2.5均值57"), "{text}");
    assert!(text.contains("方可保良"), "{text}");
    assert!(of(&[200; 14]).is_empty(), "a day that is lost cannot be kept");
    assert!(of(&[&[40; 20][..], &[100; 4][..]].concat()).is_empty(), "the day is over");
}

proptest! {
    #[test]
    fn a_draft_can_be_released_as_it_is(
        days in prop::collection::vec((0_u16..=500, 0_u16..=60, 0_u8..64, 0..3_usize), 1..7),
        hours in prop::collection::vec(10..180_i32, 1..24),
    ) {
        let causes = [None, Some(Cause::Dust), Some(Cause::Transboundary)];
        let spans = days.iter().zip(0..).map(|((lower, more, primary, cause), n)| {
            let primary = Pollutant::BY_TIE.into_iter().filter(|p| primary >> p.index() & 1 == 1);
            let range = (*lower, (lower + more).min(500));
            let day = span(first_day().plus(n), range, primary.collect());
            ForecastSpan { cause: causes[*cause], ..day }
        });
        let warnings = known(spans.collect());
        let now = first_day().hour(12).start();
        let released = warnings.drafts(("某市", &[]), now, Some(&room(&hours)));
        for Draft { sort, text, until } in released {
            let act = Act::Advise(Advisory { sort, text: text.clone(), until });
            prop_assert!(warnings.decide(&act, now).is_ok(), "{}", text);
        }
    }
}
