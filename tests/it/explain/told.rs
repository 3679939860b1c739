//! What an explanation tells of one figure: inputs, times, marks, clauses, and what cannot be explained.

use lantian::area::{AreaId, Quantity, Registry, Station, StationKind};
use lantian::average::Correction::{Invalidate, Set};
use lantian::explanation::{Explanation, Input};
use lantian::observation::{Pollutant, Property};
use lantian::pipeline::Params;
use lantian::quantity::Amount;
use lantian::standard::Practice;
use lantian::store::{Reader, Sqlite};
use lantian::time::Hour;
use tempfile::TempDir;

use super::super::daemon::{Daemon, Said};
use super::super::publishing::{at, hour, pm, report};

const PM: Pollutant = Pollutant::Pm2_5;

/// `a` is the city's and `n` the nation's; `m` is not assessed.
fn registry() -> Registry {
    let sample = super::super::publishing::registry().stations[0].clone();
    let kinds = [("a", StationKind::City), ("n", StationKind::National), ("m", StationKind::Micro)];
    let station = |(code, kind)| Station {
        id: lantian::observation::StationId::new(code).expect("legal"),
        kind,
        assessed: code != "m",
        ..sample.clone()
    };
    let stations = kinds.map(station).to_vec();
    Registry::new(AreaId::new("x").expect("legal"), "某市".into(), stations).expect("no code twice")
}

struct Room {
    folder: TempDir,
    daemon: Daemon,
}

impl Room {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Sqlite::open(&folder.path().join("store.db")).expect("opened");
        let mut daemon = Daemon::start(store, registry(), Params::default());
        daemon.take(at("23T08:20"), &[]);
        Self { folder, daemon }
    }

    fn explained(&self, entity: &str, quantity: Quantity, hour: Hour) -> Explanation {
        self.asked(entity, quantity, hour).expect("explained")
    }

    fn asked(
        &self,
        entity: &str,
        quantity: Quantity,
        hour: Hour,
    ) -> Result<Explanation, lantian::store::Unexplained> {
        let reader = Reader::open(&self.folder.path().join("store.db")).expect("opened");
        super::ask(&reader, &self.daemon.registry, (entity, quantity, hour), Practice::Letter)
    }
}

/// The one hour that a station's own concentration rests on.
fn only(explanation: &Explanation) -> &Input {
    let mean = explanation.mean.as_ref().expect("a concentration");
    assert_eq!((mean.stations.len(), mean.stations[0].inputs.len()), (1, 1));
    &mean.stations[0].inputs[0]
}

#[test]
fn a_value_tells_when_each_input_that_changed_it_came_and_who_stands_above_it() {
    let mut room = Room::new();
    room.daemon.take(at("23T09:05"), &[pm("a", "23T08:00", 40), pm("n", "23T08:00", 81)]);
    room.daemon.take(at("23T09:07"), &[pm("a", "23T08:00", 40)]); // a repetition
    room.daemon.take(at("23T12:30"), &[report("a", "23T08:00", 2, "\"pm2_5\":44")]);
    let property = Property::Pollutant(PM);
    let act = |station: &str, act| Said::Correction {
        station: station.to_owned(),
        property,
        hour: hour("23 08:00"),
        act,
    };
    room.daemon.take(at("23T12:40"), &[act("a", Set(Amount::from_milli(60_500)))]);
    room.daemon.take(at("23T12:41"), &[act("n", Invalidate)]); // refused
    let own = room.explained("a", Quantity::Concentration(PM), hour("23 08:00"));
    let input = only(&own);
    let came: Vec<_> = input.origins.iter().map(|o| (o.by, o.validity, o.revision)).collect();
    let expected = [
        ("message", "valid", Some(0)),
        ("message", "valid", Some(2)),
        ("operator", "corrected", None),
    ];
    assert_eq!(came, expected, "{input:?}");
    assert_eq!(input.origins[0].at, "2026-11-23T09:05:00+08:00");
    assert_eq!(input.origins[1].at, "2026-11-23T12:30:00+08:00");
    let fed = input.fed.as_ref().expect("beneath the correction");
    assert_eq!(fed.value.as_ref().map(ToString::to_string).as_deref(), Some("44"));
    assert_eq!(own.value.to_string(), "60", "60.5 goes to the even neighbour");
    let rounding = own.mean.as_ref().and_then(|m| m.rounding.as_ref()).expect("rounded");
    assert_eq!((rounding.from.as_str(), rounding.rule), ("60.5", "half_even"));
    assert_eq!(own.corrections.len(), 1);
    let causes: Vec<_> = own.revisions.iter().map(|r| r.cause.as_str()).collect();
    assert_eq!(causes, ["corrected", "operator"]);
    let area = room.explained("x", Quantity::Concentration(PM), hour("23 08:00"));
    assert_eq!((area.version, area.state.as_deref()), (Some(3), Some("revised")));
    assert_eq!(area.value.to_string(), "71", "(60.5 + 81) / 2 = 70.75");
    let mean = area.mean.as_ref().expect("a concentration");
    assert_eq!(mean.exact_quotient_milli.as_deref(), Some("70750/1"));
    assert_eq!((mean.stations_counted, mean.left_out[0].station.as_str()), (2, "m"));
    assert_eq!(mean.left_out[0].reason, "not_assessed");
    let refused: Vec<_> = area.corrections.iter().map(|c| c.refused.as_deref()).collect();
    assert_eq!(refused, [None, Some("national_station")]);
    let text = area.text_zh();
    assert!(text.contains("张三: n 11-23 08:00 PM2.5小时浓度 判为无效, 校准 (被拒绝)"), "{text}");
    assert!(text.ends_with("结果: PM2.5小时浓度 71 µg/m³\n"), "{text}");
}

#[test]
fn a_window_names_what_it_left_out_and_its_coverage_against_the_clause() {
    let mut room = Room::new();
    for of_day in 9..=23 {
        let time = format!("23T{of_day:02}:00");
        let value = match of_day {
            10 => "\"pm2_5\":-9".to_owned(),
            11 => "\"o3\":7".to_owned(),
            n => format!("\"pm2_5\":{n}"),
        };
        room.daemon
            .take(hour(&format!("23 {of_day:02}:00")).end(), &[report("a", &time, 0, &value)]);
    }
    room.daemon.take(at("24T02:00"), &[]);
    let at = hour("23 23:00");
    let rolling = room.explained("a", Quantity::Rolling24h(PM), at);
    assert_eq!(rolling.reason, Some("below_criterion"));
    let mean = rolling.mean.as_ref().expect("a concentration");
    assert_eq!((mean.criterion.least, mean.criterion.of), (20, 24));
    assert_eq!(mean.criterion.source.map(|s| s.document), Some("GB 3095—2026"));
    let (station, inputs) = (&mean.stations[0], &mean.stations[0].inputs);
    assert_eq!((station.count, station.sum.to_string(), inputs.len()), (13, "219".into(), 24));
    let left_out = inputs.iter().filter(|i| !i.counted).map(|i| (i.hour.of_day(), i.validity));
    let left_out: Vec<_> = left_out.filter(|(of_day, _)| (9..24).contains(of_day)).collect();
    assert!(left_out.ends_with(&[(10, "negative"), (11, "missing")]), "{left_out:?}");
    let so_far = room.explained("a", Quantity::Day(PM), at);
    assert_eq!(so_far.value.to_string(), "17", "219 / 13 = 16.8");
    let exact = so_far.mean.as_ref().and_then(|m| m.exact.as_deref());
    assert_eq!(exact, Some("16.846153…"));
    let hours = room.explained("a", Quantity::HoursDay, at);
    assert_eq!(hours.value.to_string(), "14", "ozone counts at 11");
}

#[test]
fn an_index_shows_its_breakpoints_formula_and_clause() {
    let mut room = Room::new();
    let six = "\"pm2_5\":60,\"pm10\":88,\"so2\":9,\"no2\":31,\"co\":0.8,\"o3\":44";
    room.daemon.take(at("23T09:05"), &[report("a", "23T08:00", 0, six)]);
    room.daemon.take(at("23T09:10"), &[]);
    let aqi = room.explained("a", Quantity::Aqi, hour("23 08:00"));
    let steps = aqi.index.as_ref().expect("an index");
    let pm = steps.parts.iter().find(|p| p.indicator == "pm2_5").expect("a part");
    assert_eq!(pm.column, Some("pm2_5_24h"), "2026 takes the hour through the column of 24 h");
    let (low, high) = (pm.low.as_ref().expect("below"), pm.high.as_ref().expect("above"));
    let formula = format!(
        "({}-{})/({}-{})×(60-{})+{}=",
        high.iaqi, low.iaqi, high.concentration, low.concentration, low.concentration, low.iaqi
    );
    assert!(pm.formula.as_ref().expect("a formula").starts_with(&formula), "{:?}", pm.formula);
    assert_eq!(high.source.table, Some("表3"));
    let rounding = pm.rounding.as_ref().expect("rounded");
    assert_eq!((rounding.rule, rounding.to.to_string()), ("up", pm.iaqi.unwrap().to_string()));
    assert_eq!(aqi.value.to_string(), steps.max_iaqi.expect("six").to_string());
    assert!(steps.rules.iter().any(|r| r.rule == "na_unless_above" && r.value == Some(100)));
    let primary = room.explained("a", Quantity::Primary, hour("23 08:00"));
    assert_eq!(primary.value.to_string(), "pm2_5");
}

#[test]
fn an_hour_from_minutes_tells_how_many_and_which_was_the_last() {
    let mut room = Room::new();
    let part = |minute: u32, value: u32| {
        let payload = format!(
            r#"{{"station":"a","period":"PT15M","time":"2026-11-23T09:{minute:02}:00+08:00",
            "revision":0,"values":{{"pm2_5":{value}}}}}"#
        );
        Said::Message { topic: "aq/x/a/obs".to_owned(), payload: payload.into_bytes() }
    };
    for (minute, value) in [(0, 10), (15, 20), (30, 40)] {
        room.daemon.take(at(&format!("23T09:{}", minute + 16)), &[part(minute, value)]);
    }
    room.daemon.take(at("23T10:30"), &[]);
    let own = room.explained("a", Quantity::Concentration(PM), hour("23 09:00"));
    let input = only(&own);
    assert_eq!((input.validity, input.minutes), ("valid_from_minutes", Some(45)));
    assert_eq!((input.origins.len(), input.origins[0].inputs), (1, 3), "{input:?}");
    assert_eq!(input.origins[0].at, "2026-11-23T09:46:00+08:00");
    assert_eq!(input.value.as_ref().map(ToString::to_string).as_deref(), Some("23.333"));
}

#[test]
fn what_cannot_be_explained_says_what_there_is() {
    let mut room = Room::new();
    let text =
        |e: Result<Explanation, lantian::store::Unexplained>| e.expect_err("none").to_string();
    let early = room.asked("x", Quantity::Aqi, hour("23 07:00"));
    assert_eq!(text(early), "nothing is stored of area x");
    room.daemon.take(at("23T09:05"), &[pm("a", "23T08:00", 40)]);
    room.daemon.take(at("23T10:30"), &[]);
    let open = text(room.asked("x", Quantity::Aqi, hour("23 10:00")));
    assert!(open.contains("not published yet") && open.contains("2026-11-23 09:00"), "{open}");
    let before = text(room.asked("x", Quantity::Aqi, hour("22 07:00")));
    assert!(before.contains("outside") && before.contains("2026-11-23 08:00"), "{before}");
    let silent = room.explained("x", Quantity::Aqi, hour("23 09:00"));
    assert_eq!((silent.reason, silent.version), (Some("all_missing"), Some(1)), "published empty");
}
