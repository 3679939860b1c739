//! Views made by hand from amounts of stations.

use std::collections::BTreeMap;
use std::sync::Arc;

use lantian::area::{AreaId, Figures, Judge, Registry, SetMeans, Span, Station, StationKind};
use lantian::assessment::RoomRules;
use lantian::average::{Averages, MISSING, Window};
use lantian::duty::DutyRules;
use lantian::observation::{
    POLLUTANTS, PROPERTIES, Pollutant, Property, Reading, StationId, Validity,
};
use lantian::pipeline::{AreaView, Counts, HourState, HourView, SetView, StationView};
use lantian::quantity::Amount;
use lantian::standard::{Entity, Parameters};
use lantian::time::{DAY_H, Hour, HourLabel};

/// µg/m³ (CO mg/m³ × 10) of the six pollutants, some hours back; `None` where missing.
pub(super) type Six = [Option<i32>; Pollutant::COUNT];
type Course = Box<dyn Fn(i32) -> Six>;

/// Hours held by a set's view.
const HOURS: i32 = 72;

/// A station to be.
pub(super) struct Place {
    station: Station,
    course: Course,
    marks: Vec<(Property, Validity, i32)>,
}

/// A station with the amounts `course` gives for hours back from the newest.
pub(super) fn place(code: &str, name: &str, course: impl Fn(i32) -> Six + 'static) -> Place {
    Place {
        station: Station {
            id: StationId::new(code).expect("a legal code"),
            name: name.to_owned(),
            position: Some((38_914_000, 121_614_800)),
            district: "沙河口区".to_owned(),
            kind: StationKind::National,
            assessed: true,
            valid: Span::default(),
        },
        course: Box::new(course),
        marks: Vec::new(),
    }
}

impl Place {
    pub(super) fn district(mut self, district: &str) -> Self {
        self.station.district = district.to_owned();
        self
    }

    /// Shown, but not in the area's figures.
    pub(super) fn not_assessed(mut self, kind: StationKind) -> Self {
        (self.station.assessed, self.station.kind) = (false, kind);
        self
    }

    pub(super) fn retired(mut self, until: &str) -> Self {
        self.station.valid.until = until.parse().ok();
        self
    }

    /// A reading of the newest hour, in 0.001 of its unit.
    pub(super) fn reading(mut self, property: Property, validity: Validity, milli: i32) -> Self {
        self.marks.push((property, validity, milli));
        self
    }

    /// Wind, temperature and humidity.
    pub(super) fn weather(self, degrees: i32, speed: i32, temperature: i32, humidity: i32) -> Self {
        let valid = Validity::Valid;
        self.reading(Property::WindDirection, valid, degrees * 1000)
            .reading(Property::WindSpeed, valid, speed * 100)
            .reading(Property::Temperature, valid, temperature * 100)
            .reading(Property::Humidity, valid, humidity * 1000)
            .reading(Property::Pressure, valid, 1_021_400)
    }

    fn milli(&self, back: i32, p: Pollutant) -> i32 {
        let scale = if p == Pollutant::Co { 100_000 } else { 1000 };
        (self.course)(back)[p.index()].map_or(MISSING, |amount| amount * scale)
    }

    fn averages(&self, newest: Hour, back: i32) -> Averages {
        let mut window: Window = [[MISSING; DAY_H]; Pollutant::COUNT];
        for p in POLLUTANTS {
            for (at, ago) in (0..24).rev().enumerate() {
                window[p.index()][at] = self.milli(back + ago, p);
            }
        }
        Averages::at(&window, newest.plus(-back).of_day())
    }

    fn today(&self, newest: Hour) -> Window {
        let mut today = [[MISSING; DAY_H]; Pollutant::COUNT];
        for p in POLLUTANTS {
            for (at, slot) in today[p.index()][..newest.ending()].iter_mut().enumerate() {
                let back = i32::try_from(newest.of_day() - at).expect("small");
                *slot = self.milli(back, p);
            }
        }
        today
    }

    fn readings(&self) -> [Reading; Property::COUNT] {
        let mut readings = [Reading::default(); Property::COUNT];
        for p in POLLUTANTS {
            let milli = self.milli(0, p);
            if milli != MISSING {
                let amount = Amount::from_milli(milli);
                readings[p.index()] = Reading { amount, validity: Validity::Valid };
            }
        }
        for (property, validity, milli) in &self.marks {
            let amount = Amount::from_milli(*milli);
            readings[property.index()] = Reading { amount, validity: *validity };
        }
        readings
    }

    fn last(&self, newest: Hour) -> Option<Hour> {
        let any = |back: &i32| (self.course)(*back).iter().any(Option::is_some);
        (0..HOURS).find(any).map(|back| newest.plus(-back))
    }
}

/// An hour by its end, as people say it: `2026-11-23`, 15.
pub(super) fn hour(day: &str, ending: usize) -> Hour {
    day.parse::<lantian::time::Day>().expect("a day").hour(ending - 1)
}

/// The figures of one station.
pub(super) fn figures(place: &Place, newest: Hour, back: i32) -> Figures {
    let parameters = Parameters::default();
    let averages = place.averages(newest, back);
    let means = SetMeans::over(std::iter::once(&averages), parameters.practice);
    let judge = Judge { parameters: &parameters, entity: Entity::Station };
    Figures::of(&means, newest.plus(-back), judge)
}

/// An area whose newest published hour is `newest`, seen ten minutes after its end.
pub(super) fn area(
    code: &str,
    name: &str,
    newest: Hour,
    mut places: Vec<Place>,
    sets: &[(&str, &str, &[&str])],
) -> AreaView {
    places.sort_by(|a, b| a.station.id.cmp(&b.station.id));
    let id = AreaId::new(code).expect("a legal code");
    let stations = places.iter().map(|p| p.station.clone()).collect();
    let mut registry = Registry::new(id, name.to_owned(), stations).expect("no faults");
    for (set, set_name, members) in sets {
        let members: Vec<_> = members.iter().map(|m| ((*m).to_owned(), Span::default())).collect();
        registry.add_set(set, set_name, &members).expect("known members");
    }
    let set_views = set_views(&registry, &places, newest);
    let station = |(at, place): (usize, &Place)| StationView {
        station: at,
        last: place.last(newest),
        figures: figures(place, newest, 0),
        hour_before: figures(place, newest, 1),
        yesterday: figures(place, newest, 24),
        readings: place.readings(),
        today: place.today(newest),
        findings: Vec::new(),
        assessed: place.station.assessed && place.station.valid.holds(newest.day()),
        in_operation: place.station.valid.holds(newest.day()),
    };
    let stations = places.iter().enumerate().map(station).collect();
    let checks = registry.checks(&lantian::quality::Params::default());
    AreaView {
        warnings: Arc::default(),
        evaluations: Arc::default(),
        warning: None,
        duty: Arc::default(),
        notices: Arc::default(),
        notice_rules: None,
        duty_rules: Some(DutyRules::default()),
        registry: Arc::new(registry),
        now: newest.end().plus_minutes(10),
        newest: Some(newest),
        sets: set_views,
        stations,
        found: BTreeMap::new(),
        checks: Arc::new(checks),
        days: Arc::default(),
        room_rules: RoomRules::default(),
        alarms: Vec::new(),
        counts: Counts { accepted: 4021, repeated: 12, ..Counts::default() },
        caught_up: Some(true),
        reviewed_until: None,
        sequence: 417,
    }
}

fn set_views(registry: &Registry, places: &[Place], newest: Hour) -> Vec<SetView> {
    let parameters = Parameters::default();
    let judge = Judge { parameters: &parameters, entity: Entity::Area };
    let all: Vec<Vec<Averages>> = (0..HOURS)
        .rev()
        .map(|back| places.iter().map(|p| p.averages(newest, back)).collect())
        .collect();
    let view = |(at, set): (usize, &lantian::area::StationSet)| {
        let hours = all.iter().zip((0..HOURS).rev()).map(|(averages, back)| {
            let hour = newest.plus(-back);
            let members = set.on(hour.day()).map(|station| &averages[station]);
            let means = SetMeans::over(members, parameters.practice);
            let figures = Figures::of(&means, hour, judge);
            HourView { figures, state: HourState::Published, version: 1 }
        });
        let (entity, name) = (registry.entity(at), set.name.clone());
        SetView { entity, name, hours: hours.collect() }
    };
    registry.sets.iter().enumerate().map(view).collect()
}

/// An area before its first hour.
pub(super) fn empty(code: &str, name: &str, now: Hour) -> AreaView {
    let mut area = area(code, name, now, Vec::new(), &[]);
    (area.newest, area.sets, area.caught_up) = (None, Vec::new(), None);
    area
}

/// The same values in every hour.
pub(super) fn steady(six: [i32; Pollutant::COUNT]) -> impl Fn(i32) -> Six + Clone {
    move |_| six.map(Some)
}

/// Columns: pm2_5, pm10, so2, no2, co × 10, o3.
pub(super) const CLEAN: [i32; Pollutant::COUNT] = [20, 40, 6, 18, 4, 60];

/// A day and a half of rising fog over a city of ten stations and two others, 2026-11-23 15时.
pub(super) fn dalian() -> AreaView {
    dalian_at(hour("2026-11-23", 15), 10)
}

/// The hours of a station by how far they lie back; `shift` and `base` are the station's own.
fn course(newest: Hour, tenths: i32, shift: i32, base: i32) -> impl Fn(i32) -> Six + Copy {
    move |back: i32| -> Six {
        let of_day = i32::try_from(newest.plus(-back).of_day()).expect("small");
        let rise = (60 - back).max(0) * tenths / 10;
        let rush = if (7..10).contains(&of_day) || (17..21).contains(&of_day) { 12 } else { 0 };
        let sun = (6 - (of_day - 14).abs()).max(0);
        let wave = (back * 7 + shift * 3) % 9 - 4;
        let pm2_5 = (base + rise + rush + wave + shift).max(3);
        if (31..35).contains(&back) {
            return [None; Pollutant::COUNT]; // a feed that was down: every station
        }
        [
            Some(pm2_5),
            Some(pm2_5 * 13 / 10 + 14),
            Some(7 + shift % 4),
            Some(24 + rush + shift),
            Some(5 + rise / 12 + rush / 6),
            Some((22 + sun * 11 - rise / 6 + wave).max(4)),
        ]
    }
}

/// The same city; `tenths` of ten is the strength of the episode.
pub(super) fn dalian_at(newest: Hour, tenths: i32) -> AreaView {
    let course = |shift: i32, base: i32| course(newest, tenths, shift, base);
    let weather = |p: Place, n: i32| p.weather(310 + n * 7, 21 + n, 32 + n * 4, 58 + n);
    let usual = |n: i32, code: &str, name: &str, district: &str| {
        weather(place(code, name, course(n * 2 - 8, 38)).district(district), n)
    };
    let quiet = |code: &str, name: &str, from: i32| {
        let heard = course(1, 38);
        let hours = move |back: i32| if back < from { [None; 6] } else { heard(back) };
        place(code, name, hours)
    };
    let maintained = {
        let heard = course(0, 38);
        place("1080A", "周水子", move |back| {
            let mut six = heard(back);
            if back == 0 {
                (six[1], six[4]) = (None, None);
            }
            six
        })
        .district("甘井子区")
        .reading(Property::Pollutant(Pollutant::Pm10), Validity::FlagMaintenance, 412_000)
        .reading(Property::Pollutant(Pollutant::Co), Validity::Negative, -200_000)
    };
    let places = vec![
        usual(0, "1077A", "甘井子", "甘井子区"),
        usual(1, "1078A", "星海三站", "沙河口区"),
        usual(2, "1079A", "青泥洼桥", "中山区"),
        maintained,
        usual(4, "1081A", "傅家庄", "西岗区"),
        usual(5, "1082A", "七贤岭", "高新园区"),
        usual(6, "1083A", "旅顺", "旅顺口区"),
        usual(8, "1084A", "金州", "金普新区"),
        quiet("1085A", "开发区", 1).district("金普新区"),
        quiet("1086A", "双D港", 30).district("金普新区"),
        usual(3, "2101M", "港湾街微站", "中山区").not_assessed(StationKind::Micro),
        usual(7, "0999X", "老站(迁移)", "中山区").retired("2025-12-31"),
    ];
    let urban = ["1077A", "1078A", "1079A", "1080A", "1081A", "1082A"];
    area(
        "dalian",
        "大连",
        newest,
        places,
        &[
            ("urban", "市区", &urban),
            ("centre", "中心城区", &["1077A", "1078A", "1079A", "1081A", "1082A"]),
            ("lvshun", "旅顺口区", &["1083A"]),
            ("jinpu", "金普新区", &["1084A", "1085A", "1086A"]),
        ],
    )
}

/// Every property has its place: a fixture that forgets one would test nothing.
#[test]
fn the_sample_reads_as_the_figures_do() {
    let area = dalian();
    let newest = area.newest.expect("published");
    assert_eq!(newest.label(HourLabel::End), "2026-11-23 15:00");
    assert_eq!(PROPERTIES.len(), area.stations[0].readings.len());
    let city = &area.sets[0].at(newest).expect("held").figures;
    assert_eq!(city.coverage[Pollutant::Pm2_5.index()].present, 8);
    assert_eq!(city.coverage[Pollutant::Pm2_5.index()].expected, 10);
}
