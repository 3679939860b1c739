//! A month of air with everything that goes wrong on the way: late, repeated, corrected, taken back,
//! invalid and partial messages, minutes beside hours, stations that come and go.
//!
//! Every value is a function of its key and revision, so that a repetition is one and two messages of
//! one revision never disagree.

use lantian::area::{AreaId, Registry, Span, Station, StationKind};
use lantian::observation::{PROPERTIES, Pollutant, Property, Reading, StationId, Validity};
use lantian::quantity::Amount;
use lantian::time::{Day, Instant};

use super::daemon::Said;

/// Numbers that look random and follow from a seed (splitmix64).
#[derive(Clone, Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to `n` - 1.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// True in `percent` of 100 throws.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            let with = usize::try_from(self.below(at as u64 + 1)).unwrap();
            items.swap(at, with);
        }
    }
}

/// One message as it was meant, beside its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Meant {
    pub(crate) station: usize,
    pub(crate) start: Instant,
    pub(crate) minutes: u8,
    pub(crate) revision: u32,
    pub(crate) values: Vec<(Property, Reading)>,
    /// When it reaches the broker, in minutes after its end; below zero for a clock that is fast.
    pub(crate) delay_min: i64,
}

impl Meant {
    pub(crate) fn end(&self) -> Instant {
        self.start.plus_minutes(self.minutes.into())
    }

    pub(crate) fn arrival(&self) -> Instant {
        self.end().plus_minutes(self.delay_min)
    }

    pub(crate) fn said(&self) -> Said {
        let code = CODES[self.station];
        let period =
            if self.minutes == 60 { "PT1H".into() } else { format!("PT{}M", self.minutes) };
        let (mut values, mut flags) = (Vec::new(), Vec::new());
        for (property, reading) in &self.values {
            let code = property.code();
            let digits = property.wire_scale();
            let written = lantian::quantity::decimal(reading.amount.milli().into(), digits, digits);
            let text = match reading.validity {
                Validity::Missing => "null".to_owned(),
                Validity::NotANumber => "\"broken\"".to_owned(),
                Validity::Absurd => "1e9".to_owned(),
                _ => written,
            };
            values.push(format!("\"{code}\":{text}"));
            if reading.validity == Validity::FlagMaintenance {
                flags.push(format!("\"{code}\":\"M\""));
            }
        }
        let payload = format!(
            r#"{{"station":"{code}","period":"{period}","time":"{}","revision":{},
            "values":{{{}}},"flags":{{{}}}}}"#,
            self.start,
            self.revision,
            values.join(","),
            flags.join(",")
        );
        Said::Message { topic: format!("aq/dalian/{code}/obs"), payload: payload.into_bytes() }
    }
}

/// 4 is not assessed; 2 ends where 3 begins; 5 sends minutes only.
pub(crate) const CODES: [&str; 6] = ["s0", "s1", "s2", "s3", "s4", "s5"];

pub(crate) const FIRST: &str = "2026-02-20";

/// The first day: the month crosses the edition of 2026-03-01.
pub(crate) fn first_day() -> Day {
    FIRST.parse().expect("a day")
}

fn station(at: usize, valid: Span) -> Station {
    Station {
        id: StationId::new(CODES[at]).expect("legal"),
        name: format!("站{at}"),
        position: None,
        district: String::new(),
        kind: StationKind::National,
        assessed: at != 4,
        valid,
    }
}

/// The stations; the default set, one set whose members change, and one set for each station.
pub(crate) fn registry(middle: Day) -> Registry {
    let until = Span { from: None, until: Some(middle.plus(-1)) };
    let from = Span { from: Some(middle), until: None };
    let span = |at| match at {
        2 => until,
        3 => from,
        _ => Span::default(),
    };
    let stations = (0..CODES.len()).map(|at| station(at, span(at))).collect();
    let area = AreaId::new("dalian").expect("legal");
    let mut registry = Registry::new(area, "大连".into(), stations).expect("no code twice");
    let urban = [("s1", until), ("s4", from), ("s0", Span::default())];
    let urban = urban.map(|(code, span)| (code.to_owned(), span));
    registry.add_set("urban", "市区", &urban).expect("known");
    for code in CODES {
        registry.add_set(code, code, &[(code.to_owned(), Span::default())]).expect("known");
    }
    registry
}

/// What a month holds of everything, in percent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) days: u32,
    pub(crate) stations: usize,
    pub(crate) silent: u64,
    pub(crate) late: u64,
    pub(crate) repeated: u64,
    pub(crate) corrected: u64,
}

/// Every message of the month, in the order of event time.
pub(crate) fn month(seed: u64, shape: Shape) -> Vec<Meant> {
    let mut dice = Dice(seed);
    let mut all = Vec::new();
    let hours = i32::try_from(shape.days * 24).expect("small");
    for at in 0..hours {
        let hour = first_day().start().plus(at);
        for station in 0..shape.stations {
            if dice.chance(shape.silent) {
                continue;
            }
            if station != 5 {
                one(&mut dice, shape, (station, hour.start(), 60), &mut all);
            }
            let minutes = match station {
                5 => 15,
                1 if at % 24 < 2 => 5,
                _ => continue,
            };
            for part in 0..60 / i64::from(minutes) {
                if !dice.chance(8) {
                    let start = hour.start().plus_minutes(part * i64::from(minutes));
                    one(&mut dice, shape, (station, start, minutes), &mut all);
                }
            }
        }
    }
    all
}

/// One key's messages: perhaps split in two, corrected, repeated.
fn one(dice: &mut Dice, shape: Shape, key: (usize, Instant, u8), all: &mut Vec<Meant>) {
    let revisions = if dice.chance(shape.corrected) { 1 + dice.below(3) } else { 1 };
    for revision in 0..u32::try_from(revisions).expect("small") {
        let message = message(dice, shape, key, revision * 2);
        if dice.chance(10) {
            let (mut first, mut second) = (message.clone(), message);
            first.values.retain(|(p, _)| p.index() % 2 == 0);
            for (property, reading) in &mut second.values {
                if property.index() % 2 == 0 {
                    *reading = Reading::default(); // null never replaces one of its revision
                }
            }
            second.delay_min = delay(dice, shape);
            all.extend([first, second]);
        } else {
            all.push(message);
        }
        if dice.chance(shape.repeated) {
            let mut again = all.last().expect("just pushed").clone();
            again.delay_min = delay(dice, shape);
            all.push(again);
        }
    }
}

fn delay(dice: &mut Dice, shape: Shape) -> i64 {
    let minutes = if dice.chance(shape.late) {
        match dice.below(3) {
            0 => dice.below(180),
            1 => dice.below(3 * 24 * 60),
            _ => dice.below(12 * 24 * 60),
        }
    } else {
        dice.below(14)
    };
    i64::try_from(minutes).expect("small") - 3
}

fn message(
    dice: &mut Dice,
    shape: Shape,
    (station, start, minutes): (usize, Instant, u8),
    revision: u32,
) -> Meant {
    let mut values = Vec::new();
    for property in PROPERTIES {
        let weather = !matches!(property, Property::Pollutant(_));
        if dice.chance(if weather { 70 } else { 4 }) {
            continue; // not given
        }
        values.push((property, reading(dice, property)));
    }
    let delay_min = delay(dice, shape);
    Meant { station, start, minutes, revision, values, delay_min }
}

fn reading(dice: &mut Dice, property: Property) -> Reading {
    let (least, most) = property.plausible();
    let span = match property {
        Property::Pollutant(Pollutant::Co) => 3_000_000,
        Property::Pollutant(_) => 260_000,
        _ => most - least,
    };
    let step = [1000, 100, 1][usize::try_from(dice.below(3)).unwrap()];
    let drawn = i32::try_from(dice.below(u64::try_from(span).expect("positive"))).unwrap();
    let valid = Amount::from_milli(least.max(-70_000) + drawn / step * step);
    let sentinel =
        Amount::from_milli(-999 * if property.wire_scale() == 6 { 1_000_000 } else { 1000 });
    let (amount, validity) = match dice.below(100) {
        0..=2 if matches!(property, Property::Pollutant(_)) => (sentinel, Validity::Negative),
        3 => (Amount::default(), Validity::Absurd),
        4 => (Amount::default(), Validity::NotANumber),
        5 => (valid, Validity::FlagMaintenance),
        6..=9 => (Amount::default(), Validity::Missing),
        _ => (valid, Validity::Valid),
    };
    Reading { amount, validity }
}

/// Valid amounts of pollutants in few steps, so that equal hours follow each other; the same for equal ones.
pub(crate) fn coarse(meant: &mut [Meant], step: i32) {
    for (property, reading) in meant.iter_mut().flat_map(|m| &mut m.values) {
        let small = *property != Property::Pollutant(Pollutant::Co);
        if reading.validity == Validity::Valid && property.index() < Pollutant::COUNT && small {
            reading.amount = Amount::from_milli(reading.amount.milli() / step * step);
        }
    }
}

/// The messages in the order in which they reach the broker, with their times.
pub(crate) fn by_arrival(meant: &[Meant]) -> Vec<(Instant, Said)> {
    let mut sent: Vec<_> = meant.iter().map(|m| (m.arrival(), m.said())).collect();
    sent.sort_by_key(|(at, _)| *at);
    sent
}
