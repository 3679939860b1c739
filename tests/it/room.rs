//! The room of a day against the days themselves: every level it allows is tried on the completed day.

use lantian::assessment::{Allowed, DayFigures, Room, RoomRules};
use lantian::average::{MISSING, Window};
use lantian::index::Category;
use lantian::observation::{POLLUTANTS, Pollutant};
use lantian::quantity::{Amount, Quotient};
use lantian::standard::{
    AreaDayOrder, Entity, Parameters, Practice, RoundBeforeIndex, StationShareDay, standards,
};
use lantian::time::{DAY_H, Day};
use proptest::prelude::*;

use crate::laws::cases;
use crate::publishing::{at, pm, since};

const PM: Pollutant = Pollutant::Pm2_5;
const O3: Pollutant = Pollutant::O3;

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

/// Whole µg/m³ (CO mg/m³) as 0.001 µg/m³.
fn milli(pollutant: Pollutant, whole: i32) -> i32 {
    whole * if pollutant == Pollutant::Co { 1_000_000 } else { 1000 }
}

fn level(whole: i32) -> Allowed {
    Allowed::UpTo(Amount::from_milli(whole * 1000))
}

/// Clean air in every hour, and these hours of one pollutant.
fn air(pollutant: Pollutant, hours: &[Option<i32>]) -> Window {
    let mut window = [[MISSING; DAY_H]; Pollutant::COUNT];
    for p in POLLUTANTS {
        window[p.index()] = [milli(p, 1); DAY_H];
    }
    window[pollutant.index()] = [MISSING; DAY_H];
    for (slot, hour) in window[pollutant.index()].iter_mut().zip(hours) {
        *slot = hour.map_or(MISSING, |whole| milli(pollutant, whole));
    }
    window
}

/// The same value in the first hours.
fn steady(hours: usize, whole: i32) -> Vec<Option<i32>> {
    vec![Some(whole); hours]
}

fn station(on: &str, past: usize, hours: &Window) -> Room {
    Room::of_station(day(on), past, hours, &RoomRules::default())
}

fn allowed(room: &Room, pollutant: Pollutant, class: Category) -> Allowed {
    room.pollutants[pollutant.index()].allowed(class)
}

/// The day with every hour to come at one level.
fn completed(window: &Window, past: usize, pollutant: Pollutant, level: i32) -> Window {
    let mut window = *window;
    for p in POLLUTANTS {
        let coming = if p == pollutant { level } else { milli(p, 1) };
        window[p.index()][past..].fill(coming);
    }
    window
}

/// The individual index of the completed day.
fn index_of(
    stations: &[Window],
    (on, past, pollutant): (Day, usize, Pollutant),
    level: i32,
    (parameters, entity): (&Parameters, Entity),
) -> Option<u16> {
    let full: Vec<Window> = stations.iter().map(|w| completed(w, past, pollutant, level)).collect();
    let figures = match entity {
        Entity::Station => DayFigures::of_station(on, &full[0], parameters),
        Entity::Area => DayFigures::of_set(on, full.iter(), parameters),
    };
    figures.index.of_pollutant(pollutant)
}

/// Tries what a room says of every pollutant and class on the completed day.
fn holds(stations: &[Window], on: Day, past: usize, rules: &RoomRules, entity: Entity) {
    let room = match entity {
        Entity::Station => Room::of_station(on, past, &stations[0], rules),
        Entity::Area => Room::of_set(on, past, stations.iter(), rules),
    };
    let edition = standards().index_edition(on);
    for pollutant in POLLUTANTS {
        let margin = &room.pollutants[pollutant.index()];
        let most = rules.most[pollutant.index()].milli();
        let of = |level: i32| {
            index_of(stations, (on, past, pollutant), level, (&rules.parameters, entity))
        };
        for class in Room::CLASSES {
            let highest = edition.class(class).aqi.1;
            let kept = |level: i32| of(level).is_none_or(|iaqi| iaqi <= highest);
            let at = format!("{on} {past} {pollutant} {class:?} {:?}", margin.allowed(class));
            match margin.allowed(class) {
                Allowed::UpTo(level) => {
                    let (level, shown) = (level.milli(), margin.shown(level).milli());
                    assert!(kept(level) && kept(shown) && shown <= level, "{at}");
                    assert!(kept(0) && kept(level / 2) && kept(level / 3), "{at}");
                    assert!(!kept(level + 1), "{at}");
                    // Where a station joins late, the mean may fall again.
                    let step = if pollutant == Pollutant::Co { 100_000 } else { 1000 };
                    let steps = stations.len() > 1 && pollutant == O3;
                    assert!(steps || !kept(shown + step), "{at}");
                    assert!(steps || !kept(level + (most - level) / 2 + 1), "{at}");
                }
                Allowed::Lost => {
                    assert!(!kept(0), "{at}");
                    assert!(stations.len() > 1 || !kept(most / 3) && !kept(most), "{at}");
                }
                Allowed::Safe => {
                    for tenth in 0..=10 {
                        assert!(kept(most / 10 * tenth), "{at}");
                    }
                }
                Allowed::NoValue => {
                    assert!(
                        of(0).is_none() && of(most / 2).is_none() && of(most).is_none(),
                        "{at}"
                    );
                }
            }
        }
    }
    assert!(!room.sentence_zh().is_empty() && !room.sentence_en().is_empty());
}

/// A day of a station: a level per pollutant with a swing, and gaps.
fn any_window() -> impl Strategy<Value = Window> {
    let hours = prop::collection::vec((0..2000_i32, 0..100_u8), DAY_H * Pollutant::COUNT);
    let bases = prop::collection::vec(0..260_i32, Pollutant::COUNT);
    (hours, bases, 0..40_u8).prop_map(|(hours, bases, gaps)| {
        let mut window = [[MISSING; DAY_H]; Pollutant::COUNT];
        for (at, (swing, gap)) in hours.into_iter().enumerate() {
            let (p, hour) = (at / DAY_H, at % DAY_H);
            // 0.05 µg/m³ steps, so that sums meet halves; CO in mg/m³ is a hundredth of it.
            let amount = bases[p] * 1000 + swing * 50 - 30_000;
            let scale = if POLLUTANTS[p] == Pollutant::Co { 40 } else { 1 };
            if gap >= gaps {
                window[p][hour] = (amount * scale).max(0);
            }
        }
        window
    })
}

fn any_rules() -> impl Strategy<Value = RoomRules> {
    (0..2_usize, 0..2_usize, 0..2_usize, 0..2_usize, 0..2_usize).prop_map(|(a, b, c, d, e)| {
        let parameters = Parameters {
            practice: [Practice::Letter, Practice::NationalPlatform][a],
            round_before_index: [RoundBeforeIndex::HalfEven, RoundBeforeIndex::Exact][b],
            station_share_day: [StationShareDay::ThreeQuarters, StationShareDay::Any][c],
            area_day_order: [AreaDayOrder::StationsFirst, AreaDayOrder::HoursFirst][d],
            o3_max_1h_min_hours: [20, 1][e],
            ..Parameters::default()
        };
        RoomRules { parameters, ..RoomRules::default() }
    })
}

/// What the pipeline's view holds is the day so far of each station, and the room follows from it.
#[test]
fn the_live_view_gives_the_room_of_the_newest_hour_and_of_the_last_checkpoint() {
    let mut daemon = since("23T14:20");
    let said: Vec<_> = (0..15)
        .flat_map(|h| {
            let start = format!("23T{h:02}:00");
            let b = (h != 3).then(|| pm("b", &start, 90 - h));
            [Some(pm("a", &start, 40 + h)), b, Some(pm("c", &start, 400))]
        })
        .flatten()
        .collect();
    daemon.take(at("23T15:05"), &said);
    let view = daemon.pipeline.view();
    assert_eq!((view.past(), view.checkpoint()), (Some(15), Some(14)));
    let window = |of: &dyn Fn(i32) -> Option<i32>| {
        let mut window = [[MISSING; DAY_H]; Pollutant::COUNT];
        for (h, slot) in (0..15).zip(&mut window[PM.index()]) {
            *slot = of(h).map_or(MISSING, |whole| whole * 1000);
        }
        window
    };
    let (a, b) = (window(&|h| Some(40 + h)), window(&|h| (h != 3).then_some(90 - h)));
    let rules = RoomRules::default();
    let on = day("2026-11-23");
    for past in [14, 15] {
        let room = view.room_of_set(0, past).expect("published");
        assert_eq!(room, Room::of_set(on, past, [a, b].iter(), &rules));
        let room = view.room_of_station(1, past).expect("published");
        assert_eq!(room, Room::of_station(on, past, &b, &rules));
    }
    assert_eq!(view.room_of_set(0, 24), view.room_of_set(0, 15), "no hour before it is published");
}

const DAYS: [&str; 4] = ["2025-06-01", "2026-02-28", "2026-03-01", "2031-01-01"];

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn what_a_station_is_allowed_holds_and_a_little_more_does_not(
        window in any_window(), past in 1..=24_usize, on in 0..4_usize, rules in any_rules(),
    ) {
        holds(&[window], day(DAYS[on]), past, &rules, Entity::Station);
    }

    #[test]
    fn what_a_set_is_allowed_holds_and_a_little_more_does_not(
        windows in prop::collection::vec(any_window(), 2..6),
        past in 1..=24_usize, on in 0..4_usize, rules in any_rules(),
    ) {
        let area_day_order = AreaDayOrder::StationsFirst;
        let parameters = Parameters { area_day_order, ..rules.parameters };
        let rules = RoomRules { parameters, ..rules };
        holds(&windows, day(DAYS[on]), past, &rules, Entity::Area);
    }

    #[test]
    fn an_area_by_its_published_hours_too(
        windows in prop::collection::vec(any_window(), 2..4),
        past in 1..=24_usize, on in 0..4_usize,
    ) {
        let parameters =
            Parameters { area_day_order: AreaDayOrder::HoursFirst, ..Parameters::default() };
        let rules = RoomRules { parameters, ..RoomRules::default() };
        holds(&windows, day(DAYS[on]), past, &rules, Entity::Area);
    }
}

#[test]
fn ties_go_to_the_even_neighbour() {
    // 23 hours of 60 and one of x by the edition of 2026 (60 to 100): 60.5 is 60, a little more 61.
    let hours = air(PM, &steady(23, 60));
    assert_eq!(allowed(&station("2026-03-01", 23, &hours), PM, Category::Good), level(72));
    // 2012 (75 to 100): 75.5 is 76, so the mean must stay below it.
    let hours = air(PM, &steady(23, 75));
    let room = station("2026-02-28", 23, &hours);
    let just_below = Allowed::UpTo(Amount::from_milli(86_999));
    assert_eq!(allowed(&room, PM, Category::Good), just_below);
    let margin = &room.pollutants[PM.index()];
    assert_eq!(margin.shown(Amount::from_milli(86_999)).milli(), 86_000);
    assert_eq!(margin.so_far, Some(Quotient { num: 75_000, den: 1 }));
    // CO in steps of 0.1 mg/m³: 4.05 is 4.0.
    let hours = air(Pollutant::Co, &steady(23, 4));
    let co = allowed(&station("2026-03-01", 23, &hours), Pollutant::Co, Category::Good);
    assert_eq!(co, Allowed::UpTo(Amount::from_milli(5_200_000)));
}

#[test]
fn the_sentence_of_a_day_that_can_be_kept() {
    let room = station("2026-11-23", 14, &air(PM, &steady(14, 58)));
    assert_eq!(room.sentence_zh(), "截至14时PM2.5均值58，后10小时均值须≤64方可保良");
    assert_eq!(
        room.sentence_en(),
        "By 14:00 PM2.5 averages 58; \
         PM2.5 of the 10 hours left must average ≤ 64 to keep the day good"
    );
    assert_eq!(room.binding(Category::Good).map(|m| m.pollutant), Some(PM));
    let room = station("2026-11-23", 23, &air(Pollutant::Co, &steady(23, 4)));
    assert_eq!(room.sentence_zh(), "截至23时CO均值4.0mg/m³，最后1小时浓度须≤5.2mg/m³方可保良");
}

#[test]
fn the_first_hour_and_the_last() {
    let room = station("2026-03-01", 1, &air(PM, &steady(1, 90)));
    assert_eq!(room.sentence_zh(), "截至1时PM2.5均值90，后23小时均值须≤59方可保良");
    // 23 hours are a day: their mean alone must be kept.
    let nothing = [[MISSING; DAY_H]; Pollutant::COUNT];
    let room = station("2026-03-01", 1, &nothing);
    let found = allowed(&room, PM, Category::Good);
    assert_eq!(found, Allowed::UpTo(Amount::from_milli(60_500)));
    assert!(room.sentence_zh().starts_with("截至1时"));
    // At the last hour only it is left, and at midnight the day is decided.
    let room = station("2026-03-01", 23, &air(PM, &steady(23, 58)));
    assert_eq!(room.sentence_zh(), "截至23时PM2.5均值58，最后1小时浓度须≤118方可保良");
    let room = station("2026-03-01", 24, &air(PM, &steady(24, 61)));
    assert_eq!(allowed(&room, PM, Category::Good), Allowed::Lost);
    assert_eq!(room.sentence_zh(), "截至24时今日已结束，空气质量为轻度污染");
}

#[test]
fn a_day_lost_a_day_safe_and_a_day_over() {
    let hours = air(PM, &steady(17, 118));
    let room = station("2026-11-23", 17, &hours);
    assert_eq!(allowed(&room, PM, Category::Good), Allowed::Lost);
    assert_eq!(room.goal(), Some(Category::Light));
    assert_eq!(
        room.sentence_zh(),
        "截至17时PM2.5均值118，后7小时即使降至0，今日也已不能保良；后7小时PM2.5均值须≤109方可不超轻度污染"
    );
    // Possible, but only if the air fell by more than half: what is nearer is said, too.
    let room = station("2026-11-23", 15, &air(PM, &steady(15, 93)));
    assert_eq!(
        room.sentence_zh(),
        "截至15时PM2.5均值93，后9小时均值须≤6方可保良；≤152则不超轻度污染"
    );
    let room = station("2026-11-23", 23, &air(PM, &steady(23, 260)));
    assert_eq!(
        room.sentence_zh(),
        "截至23时PM2.5均值260，最后1小时即使降至0，今日仍为重度及以上污染"
    );
    assert!(room.goal().is_none());
    let clean = air(PM, &steady(24, 1));
    let room = station("2026-11-23", 24, &clean);
    assert_eq!(room.sentence_zh(), "截至24时今日已结束，空气质量为优");
    assert!(room.pollutants.iter().all(|m| m.allowed == [Allowed::Safe; 4]));
    let nothing = [[MISSING; DAY_H]; Pollutant::COUNT];
    let room = station("2026-11-23", 24, &nothing);
    assert_eq!(room.sentence_zh(), "截至24时有效数据不足，今日各项均已达不到有效性要求");
    // Within the range of an instrument nothing can break it any more.
    let rules = RoomRules { most: [Amount::from_milli(60_000); 6], ..RoomRules::default() };
    let room = Room::of_station(day("2026-11-23"), 12, &clean, &rules);
    assert_eq!(room.sentence_zh(), "截至12时今日已可保良，后12小时浓度高低均不改变");
}

#[test]
fn hours_that_are_missing_count_as_they_will_at_midnight() {
    // Four hours missing: 20 can still be reached, and each hour weighs more.
    let mut hours = steady(14, 58);
    hours[..4].fill(None);
    let room = station("2026-11-23", 14, &air(PM, &hours));
    assert_eq!(allowed(&room, PM, Category::Good), level(63));
    // A fifth: no more.
    hours[4] = None;
    let room = station("2026-11-23", 14, &air(PM, &hours));
    assert_eq!(allowed(&room, PM, Category::Good), Allowed::NoValue);
    assert!(!room.pollutants[PM.index()].reaches_capture);
    let said = room.sentence_zh();
    assert!(
        said.ends_with(
            "方可使AQI不大于100；PM2.5有效数据已达不到20小时，今日AQI不大于100时不作评价"
        )
    );
    assert!(room.is_not_judged(Category::Good) && !room.is_not_judged(Category::Light));
    let said = station("2025-11-23", 14, &air(PM, &hours)).sentence_zh();
    assert!(said.ends_with("方可保良；PM2.5有效数据已达不到20小时，今日按其余项目评价"), "{said}");
}

#[test]
fn stations_with_different_hours_keep_their_own_weight() {
    let many = air(PM, &steady(12, 60));
    let mut few = steady(12, 40);
    few[..4].fill(None);
    let few = air(PM, &few);
    let rules = RoomRules::default();
    let room = Room::of_set(day("2026-11-23"), 12, [many, few].iter(), &rules);
    // ((720 + 12 x) / 24 + (320 + 12 x) / 20) / 2 <= 60.5: x <= 68.181...
    let found = allowed(&room, PM, Category::Good);
    assert_eq!(found, Allowed::UpTo(Amount::from_milli(68_181)));
    assert_eq!(room.pollutants[PM.index()].so_far, Some(Quotient { num: 100_000, den: 2 }));
    // A station that has lost too many hours is left out.
    let silent = air(PM, &[]);
    let of_three = Room::of_set(day("2026-11-23"), 12, [many, few, silent].iter(), &rules);
    assert_eq!(allowed(&of_three, PM, Category::Good), found);
}

#[test]
fn ozone_counts_windows_that_hold_hours_measured() {
    // 2026: MDA8 of 160 is 100. Before hour 8 there is no window yet.
    let room = station("2026-06-01", 6, &air(O3, &steady(6, 200)));
    // The window that ends at hour 8 holds six hours of 200 and two to come: 6 × 200 + 2 x <= 8 × 160.5.
    assert_eq!(allowed(&room, O3, Category::Good), level(42));
    assert_eq!(
        room.sentence_zh(),
        "截至6时O3尚无8小时均值，后18小时O3浓度须≤42方可保良；≤215则不超轻度污染"
    );
    // Four high hours at noon: the coming four are with them in one window.
    let mut hours = steady(10, 60);
    hours.extend(steady(4, 200));
    let room = station("2026-06-01", 14, &air(O3, &hours));
    // 4 × 200 + 4 x <= 8 × 160.5
    assert_eq!(allowed(&room, O3, Category::Good), level(121));
    assert_eq!(room.sentence_zh(), "截至14时O3-8h最大值130，后10小时O3浓度须≤121方可保良");
    // A window that is over has decided it.
    let mut hours = steady(8, 60);
    hours.extend(steady(8, 170));
    let room = station("2026-06-01", 16, &air(O3, &hours));
    assert_eq!(allowed(&room, O3, Category::Good), Allowed::Lost);
    assert!(room.sentence_zh().starts_with("截至16时O3-8h最大值170，今日已不能保良；"));
    // Half to even: 160.5 is 160, and 215.5 is 216.
    let room = station("2026-06-01", 16, &air(O3, &steady(16, 100)));
    assert_eq!(allowed(&room, O3, Category::Good), Allowed::UpTo(Amount::from_milli(160_500)));
}

#[test]
fn by_2012_the_largest_hour_of_ozone_counts_too() {
    // 200 is 100 for an hour: eight-hour means would allow more late in the day.
    let hours = air(O3, &steady(22, 60));
    let found = allowed(&station("2025-06-01", 22, &hours), O3, Category::Good);
    assert_eq!(found, Allowed::UpTo(Amount::from_milli(200_500)));
    let found = allowed(&station("2026-03-01", 22, &hours), O3, Category::Good);
    assert_eq!(found, level(462)); // 6 × 60 + 2 x <= 8 × 160.5
}
