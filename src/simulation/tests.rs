//! Simulated air is the same every time, and looks like air.

use sha2::{Digest as _, Sha256};

use super::*;
use crate::observation::{Pollutant, encode};
use crate::time::Day;

const STATIONS: [&str; 10] =
    ["1109A", "1110A", "1111A", "1112A", "1113A", "1114A", "1115A", "1116A", "1117A", "1118A"];

fn scenario(name: &str) -> Scenario {
    let seeds = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/scenarios");
    let path = seeds.join(format!("{name}.toml"));
    let text = std::fs::read_to_string(&path).expect("a seed");
    let scenario: Scenario = toml::from_str(&text).expect("legal");
    assert_eq!(scenario.faults_of_text(), Vec::<String>::new(), "{name}");
    scenario
}

/// An ordinary stretch of a season, without events.
fn plain(start: &str, days: u16) -> Scenario {
    let start: Day = start.parse().expect("a day");
    let levels = Levels::default();
    let instruments = Instruments { calibrating_share: 0.0, delay_s_max: 60 };
    let title = String::new();
    Scenario { title, start, days, levels, instruments, events: vec![], faults: vec![] }
}

fn hours(scenario: &Scenario) -> impl Iterator<Item = Hour> + use<> {
    let (from, to) = scenario.span();
    (from.number()..to.number()).map(Hour::from_number)
}

/// Values of one pollutant over all stations and hours, with the hour.
fn values(scenario: &Scenario, seed: u64, pollutant: Pollutant) -> Vec<(Hour, f64)> {
    let air = Air::new(scenario, seed, &STATIONS);
    let scale = 10_f64.powi(i32::try_from(pollutant.unit().milli_digits()).expect("few"));
    let mut found = Vec::new();
    for hour in hours(scenario) {
        for (_, readings) in air.record(hour) {
            let reading = readings[pollutant.index()];
            if reading.validity == Validity::Valid {
                found.push((hour, f64::from(reading.amount.milli()) / scale));
            }
        }
    }
    found
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), v| (sum + v, count + 1));
    assert!(count > 0);
    sum / f64::from(count)
}

fn quantile(values: &[(Hour, f64)], share: f64) -> f64 {
    let mut sorted: Vec<f64> = values.iter().map(|(_, v)| *v).collect();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let at = (share * (sorted.len() - 1) as f64) as usize;
    sorted[at]
}

fn digest(scenario: &Scenario, seed: u64) -> String {
    let air = Air::new(scenario, seed, &STATIONS);
    let (from, to) = scenario.span();
    let mut hash = Sha256::new();
    for step in Playback::new(&air, from, from.plus(72).min(to), 10) {
        for delivery in step.deliveries {
            hash.update(delivery.due.to_string());
            hash.update(encode(&delivery.observation(STATIONS[delivery.station])));
        }
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_same_scenario_and_seed_give_the_same_messages_everywhere() {
    let names = ["winter-episode", "ozone-summer", "spring-dust", "spring-festival", "faults"];
    let digests = names.map(|name| digest(&scenario(name), 1));
    let golden = [
        "5f2ac58346e88664",
        "7f12810f6bf5ab5e",
        "9240792010d2036f",
        "e4644e731fabd341",
        "ffd1b0d0640c0f6a",
    ];
    assert_eq!(digests, golden, "a change here changes every demo and benchmark: say so");
    assert_ne!(digest(&scenario("faults"), 2), golden[4]);
}

#[test]
fn a_span_by_itself_equals_the_same_span_within_a_longer_one() {
    let scenario = scenario("faults");
    let air = Air::new(&scenario, 3, &STATIONS);
    let (from, to) = scenario.span();
    let all = air.due_between(from.start(), to.start());
    let (a, b) = (from.plus(50).start().plus_minutes(17), from.plus(90).start());
    let inner: Vec<_> = all.iter().filter(|d| a <= d.due && d.due < b).copied().collect();
    assert!(!inner.is_empty());
    assert_eq!(air.due_between(a, b), inner);
}

#[test]
fn a_station_has_the_same_air_in_every_list() {
    let scenario = scenario("winter-episode");
    let (all, one) = (Air::new(&scenario, 1, &STATIONS), Air::new(&scenario, 1, &STATIONS[4..5]));
    let hour = scenario.hour(2, 9);
    assert_eq!(one.hour(hour)[0].readings, all.hour(hour)[4].readings);
    assert_eq!(one.stations(), ["1113A"]);
}

#[test]
fn playing_brings_every_message_once_in_order_and_ends() {
    let scenario = scenario("faults");
    let air = Air::new(&scenario, 1, &STATIONS);
    let (from, to) = scenario.span();
    let mut sent = Vec::new();
    let playback = Playback::new(&air, from, to, 7);
    let (end, mut now, mut before) = (playback.end(), from.start(), from.start());
    for step in playback {
        assert!(step.now > now && step.now <= end);
        for delivery in &step.deliveries {
            assert!(before <= delivery.due && delivery.due <= step.now);
            before = delivery.due;
        }
        now = step.now;
        sent.extend(step.deliveries);
    }
    assert_eq!(now, end);
    assert!(end >= to.end());
    let made: usize = hours(&scenario).map(|hour| air.hour(hour).len()).sum();
    assert_eq!(sent.len(), made);
}

#[test]
fn winter_and_summer_have_their_levels() {
    for seed in 1..4 {
        let winter = plain("2026-12-01", 90);
        let pm = values(&winter, seed, Pollutant::Pm2_5);
        let all = mean(pm.iter().map(|(_, v)| *v));
        let (low, high) = (quantile(&pm, 0.02), quantile(&pm, 0.99));
        assert!((30.0..65.0).contains(&all), "winter PM2.5: mean {all}");
        assert!((8.0..25.0).contains(&low), "winter PM2.5: low {low}");
        assert!((90.0..180.0).contains(&high), "winter PM2.5: high {high}");
        let summer = plain("2026-06-01", 90);
        let pm = mean(values(&summer, seed, Pollutant::Pm2_5).iter().map(|(_, v)| *v));
        assert!((8.0..30.0).contains(&pm), "summer PM2.5: mean {pm}");
        let ozone = values(&summer, seed, Pollutant::O3);
        let noon: Vec<_> =
            ozone.iter().filter(|(h, _)| (13..17).contains(&h.of_day())).copied().collect();
        let (low, high) = (quantile(&noon, 0.02), quantile(&noon, 0.99));
        assert!((50.0..110.0).contains(&low), "summer afternoons: low {low}");
        assert!((160.0..240.0).contains(&high), "summer afternoons: high {high}");
    }
}

#[test]
fn ozone_and_nitrogen_dioxide_go_against_each_other() {
    for start in ["2026-07-01", "2026-12-01"] {
        let scenario = plain(start, 30);
        let (o3, no2) = (values(&scenario, 1, Pollutant::O3), values(&scenario, 1, Pollutant::No2));
        let (a, b) = (mean(o3.iter().map(|v| v.1)), mean(no2.iter().map(|v| v.1)));
        let paired = || o3.iter().zip(&no2).map(|(x, y)| (x.1 - a, y.1 - b));
        let both = mean(paired().map(|(x, y)| x * y));
        let spread = mean(paired().map(|(x, _)| x * x)) * mean(paired().map(|(_, y)| y * y));
        let correlation = both / spread.sqrt();
        assert!(correlation < -0.2, "{start}: {correlation}");
    }
}

#[test]
fn fine_particles_never_exceed_all_particles_and_steps_are_the_instruments() {
    for name in ["winter-episode", "ozone-summer", "spring-dust", "spring-festival"] {
        let scenario = scenario(name);
        let air = Air::new(&scenario, 5, &STATIONS);
        for hour in hours(&scenario) {
            for (_, readings) in air.record(hour) {
                let milli = |p: Pollutant| readings[p.index()].amount.milli();
                assert!(milli(Pollutant::Pm2_5) <= milli(Pollutant::Pm10), "{name}");
                for pollutant in POLLUTANTS {
                    let step = if pollutant == Pollutant::Co { 100_000 } else { 1000 };
                    assert!(milli(pollutant) > 0 && milli(pollutant) % step == 0, "{name}");
                }
                for property in crate::observation::PROPERTIES {
                    let (least, most) = property.plausible();
                    let amount = readings[property.index()].amount.milli();
                    assert!((least..=most).contains(&amount), "{name} {property} {amount}");
                }
            }
        }
    }
}

#[test]
fn events_do_what_their_names_say() {
    let peak = |name: &str, pollutant| quantile(&values(&scenario(name), 1, pollutant), 0.97);
    assert!((170.0..320.0).contains(&peak("winter-episode", Pollutant::Pm2_5)));
    assert!((190.0..300.0).contains(&peak("ozone-summer", Pollutant::O3)));
    assert!((600.0..1500.0).contains(&peak("spring-dust", Pollutant::Pm10)));
    assert!(peak("spring-dust", Pollutant::Pm2_5) < 200.0);
    // An episode must outlast a day with a mean above 150, or nobody would be warned.
    let episode = values(&scenario("winter-episode"), 1, Pollutant::Pm2_5);
    let first = episode[0].0.day();
    let day =
        |n: i32| mean(episode.iter().filter(|(h, _)| h.day() == first.plus(n)).map(|(_, v)| *v));
    assert!(day(2) > 150.0 && day(4) < 75.0, "{} {}", day(2), day(4));
    let festival = scenario("spring-festival");
    let (eve, night) = (festival.hour(2, 12), festival.hour(3, 2));
    let of = |hour, p: Pollutant| {
        let of_hour = values(&festival, 1, p).into_iter().filter(move |v| v.0 == hour);
        mean(of_hour.map(|v| v.1))
    };
    assert!(of(night, Pollutant::Pm2_5) > 4.0 * of(eve, Pollutant::Pm2_5));
    assert!(of(night, Pollutant::So2) > 3.0 * of(eve, Pollutant::So2));
}

/// The messages about an hour of a scenario of one fault, from two stations.
fn with(fault: &str, hour: u8) -> (Vec<Delivery>, Vec<Delivery>) {
    let text = format!("title = \"\"\nstart = \"2026-10-12\"\ndays = 2\n[[fault]]\n{fault}");
    let faulty: Scenario = toml::from_str(&text).expect("legal");
    assert_eq!(faulty.faults_of_text(), Vec::<String>::new());
    let right = Scenario { faults: vec![], ..faulty.clone() };
    let make = |s: &Scenario| Air::new(s, 1, &["1A", "2A"]).hour(s.hour(1, hour));
    (make(&faulty), make(&right))
}

#[test]
fn an_outage_loses_or_delays_the_hours_of_its_station_only() {
    let (got, right) = with("kind = \"outage\"\nstation = \"1A\"\nhour = 3\nhours = 2", 4);
    assert_eq!(got, right[1..]);
    let (got, right) = with("kind = \"outage\"\nstation = \"1A\"\nhour = 3\nhours = 2", 5);
    assert_eq!(got, right);
    let backfill = "kind = \"outage\"\nstation = \"1A\"\nhour = 3\nhours = 6\nbackfill = true";
    let (got, right) = with(backfill, 3);
    assert_eq!(got[0].readings, right[0].readings);
    assert_eq!(got[0].due, right[0].start.plus_minutes(6 * 60));
}

#[test]
fn a_stuck_instrument_repeats_and_a_blind_one_says_so() {
    let stuck = "kind = \"stuck\"\npollutant = \"o3\"\nhour = 3\nhours = 9";
    let o3 = Pollutant::O3.index();
    let (begun, _) = with(stuck, 3);
    for hour in 4..12 {
        let (got, right) = with(stuck, hour);
        assert_eq!(got[0].readings[o3], begun[0].readings[o3]);
        assert_eq!(got[0].readings[0], right[0].readings[0]);
    }
    let (got, _) = with("kind = \"sentinel\"\npollutant = \"co\"", 3);
    let co = got[1].readings[Pollutant::Co.index()];
    assert_eq!((co.amount.milli(), co.validity), (-999_000_000, Validity::Negative));
}

#[test]
fn messages_come_late_again_corrected_or_under_a_wrong_time() {
    let (got, right) = with("kind = \"late\"\ndelay_min = [90, 90]", 3);
    assert_eq!(got[0].due, right[0].due.plus_minutes(90));
    let (got, right) = with("kind = \"repeated\"\ndelay_min = [5, 5]", 3);
    assert_eq!((got.len(), got[0]), (4, right[0]));
    assert_eq!(got[1], Delivery { due: right[0].due.plus_minutes(5), ..right[0] });
    let corrected = "kind = \"corrected\"\npollutant = \"o3\"\ndelay_min = [60, 60]\nfactor = 3.0";
    let (got, right) = with(corrected, 3);
    let o3 = |d: &Delivery| d.readings[Pollutant::O3.index()].amount.milli();
    assert_eq!(o3(&got[0]), 3 * o3(&right[0]));
    assert_eq!((got[1].revision, got[1].readings), (1, right[0].readings));
    let (got, right) = with("kind = \"wrong_clock\"\nshift_min = -480", 3);
    assert_eq!(got[0].start, right[0].start.plus_minutes(-480));
    assert_eq!(got[0].due, right[0].due);
}

#[test]
fn the_record_holds_what_was_right_in_the_end() {
    let scenario = scenario("faults");
    let (air, clean) = (
        Air::new(&scenario, 1, &STATIONS),
        Air::new(&Scenario { faults: vec![], ..scenario.clone() }, 1, &STATIONS),
    );
    let (mut kept, mut o3_wrong, mut kinds) = (0, 0, std::collections::BTreeSet::new());
    for hour in hours(&scenario) {
        let right = clean.record(hour);
        for (station, readings) in air.record(hour) {
            kept += 1;
            o3_wrong += i32::from(readings[5] != right[station].1[5]);
        }
        for delivery in air.hour(hour) {
            let late = delivery.due.millis() > hour.end().plus_minutes(10).millis();
            kinds.insert((late, delivery.revision, delivery.start != hour.start()));
        }
    }
    assert_eq!(o3_wrong, 0, "corrections stand");
    let lost = 168 * 10 - kept;
    assert!((36 + 20 + 3..36 + 20 + 40).contains(&lost), "{lost}");
    for kind in [(true, 0, false), (true, 1, false), (false, 0, true)] {
        assert!(kinds.contains(&kind), "{kind:?}");
    }
}
