//! The air of a drill leads to the level that is asked for, and to lifting when it is over.

use super::*;
use crate::area::{AreaId, Registry, Span, Station, StationKind};
use crate::observation::StationId;
use crate::standard::Parameters;
use crate::warning::{DrillAct, DrillAir, DrillCity};

fn registry() -> Registry {
    let station = |code: &str| Station {
        id: StationId::new(code).unwrap(),
        name: code.to_owned(),
        position: None,
        district: String::new(),
        kind: StationKind::National,
        assessed: true,
        valid: Span::default(),
    };
    let stations = ["a", "b", "c"].map(station).to_vec();
    Registry::new(AreaId::new("x").unwrap(), "某市".to_owned(), stations).unwrap()
}

fn last(of_day: i32) -> Hour {
    first_day().start().plus(of_day - 24)
}

#[test]
fn the_air_leads_to_each_level_of_both_rule_sets_at_any_hour() {
    let (registry, parameters) = (registry(), Parameters::default());
    for name in ["2024", "2018"] {
        let rules = rules(name);
        let zone = "中心城区";
        let city = DrillCity { registry: &registry, parameters: &parameters, rules: &rules, zone };
        for (level, of_day) in Level::ALL.into_iter().flat_map(|l| [0, 7, 15, 23].map(|h| (l, h))) {
            let seed = u64::try_from(of_day).unwrap() * 7 + 1;
            let air = DrillAir::rising(&city, level, last(of_day), seed)
                .unwrap_or_else(|| panic!("{name} {} at {of_day}", level.name()));
            assert_eq!(air.hours.last().unwrap().hour, last(of_day));
            assert!(
                air.hours.len() > 48
                    && air.hours.windows(2).all(|w| w[0].hour.plus(1) == w[1].hour)
            );
            assert!(air.forecast.zones.contains_key(zone), "of the zone that warnings go by");
            assert_eq!(
                air,
                DrillAir::rising(&city, level, last(of_day), seed).unwrap(),
                "the same"
            );
        }
    }
}

#[test]
fn the_air_grows_worse_after_the_drill_began_and_is_clean_in_the_end() {
    let (registry, parameters, rules) = (registry(), Parameters::default(), rules("2024"));
    let city = DrillCity { registry: &registry, parameters: &parameters, rules: &rules, zone: "" };
    let risen = DrillAir::rising(&city, Level::Red, last(15), 3).unwrap();
    let gone = DrillAir::gone(&city, last(15), 3);
    assert!(gone.hours.starts_with(&risen.hours), "what was observed stays");
    let aqis: Vec<u16> = gone.hours.iter().filter_map(|h| h.aqi).collect();
    assert!(aqis.iter().any(|aqi| *aqi > 150), "an episode");
    assert!(*aqis.last().unwrap() <= 100, "{:?}", aqis.last());
}

#[test]
fn rules_under_which_a_level_is_not_reached_give_no_air() {
    let (registry, parameters) = (registry(), Parameters::default());
    // Whatever is yellow is red: nothing leads to yellow alone.
    let levels = [vec![vec![Condition { above: 200, hours: 24 }]], Vec::new(), Vec::new()];
    let mut rules = RuleSet { levels, ..rules("2024") };
    rules.levels[2] = rules.levels[0].clone();
    let city = DrillCity { registry: &registry, parameters: &parameters, rules: &rules, zone: "" };
    assert_eq!(DrillAir::rising(&city, Level::Yellow, last(3), 1), None);
    assert_eq!(DrillAir::rising(&city, Level::Orange, last(3), 1), None, "it has no condition");
    assert!(DrillAir::rising(&city, Level::Red, last(3), 1).is_some());
}

#[test]
fn a_drill_within_a_drill_is_none_and_without_one_nothing_is_done_in_it() {
    let (registry, parameters, rules) = (registry(), Parameters::default(), rules("2024"));
    let city = DrillCity { registry: &registry, parameters: &parameters, rules: &rules, zone: "" };
    let air = DrillAir::rising(&city, Level::Yellow, last(3), 1).unwrap();
    let start = DrillAct::Start { level: Level::Yellow, seed: 1, air: air.clone() };
    let act = |drill: DrillAct| Act::Drill { of: None, drill };
    let now = last(3).end();
    let mut warnings = Warnings::default();
    let stop = act(DrillAct::Stop { reason: "试".to_owned() });
    assert_eq!(warnings.decide(&stop, now), Err(Refusal::NoDrill));
    assert_eq!(warnings.decide(&act(DrillAct::Air(air.clone())), now), Err(Refusal::NoDrill));
    for body in warnings.decide(&act(start.clone()), now).unwrap() {
        let drill = warnings.drill.as_ref().map_or(warnings.last + 1, |drill| drill.number);
        let number = warnings.last + 1;
        warnings.take(&Record { number, at: now, person: None, drill: Some(drill), body });
    }
    assert_eq!(warnings.decide(&act(start.clone()), now), Err(Refusal::DrillRuns));
    let within = act(DrillAct::Do(Box::new(act(start))));
    assert_eq!(warnings.decide(&within, now), Err(Refusal::DrillRuns));
    assert_eq!(warnings.decide(&act(DrillAct::Air(air)), now), Err(Refusal::Repeated));
    // What was meant for the drill before does nothing in this one.
    let stop = DrillAct::Stop { reason: "试".to_owned() };
    let of = |of: u64| Act::Drill { of: Some(of), drill: stop.clone() };
    assert_eq!(warnings.decide(&of(99), now), Err(Refusal::NoDrill));
    assert!(warnings.decide(&of(1), now).is_ok());
    let nameless = act(DrillAct::Stop { reason: " ".to_owned() });
    assert_eq!(warnings.decide(&nameless, now), Err(Refusal::Unnamed));
}
