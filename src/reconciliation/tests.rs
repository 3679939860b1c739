//! The causes, each from its clause; what calls for a person; messages as they come.

use super::*;
use crate::index::Pollutants;
use crate::observation::{FeedFormat, RejectionReason};

const fn number(n: i64) -> Value {
    Value::Number(n)
}

/// Ours 61, theirs 75, of a 24-h mean of PM2.5; nothing else is known.
fn plain() -> Difference {
    let quantity = Quantity::Rolling24h(Pollutant::Pm2_5);
    let published = Published {
        quantity,
        first: number(75_000),
        first_at: Instant::from_millis(1000),
        last: number(75_000),
    };
    Difference {
        hour: Hour::from_number(0),
        ours: number(61_000),
        published,
        other: Value::Nothing,
        input_missing: false,
        hidden_low: None,
        before: Vec::new(),
        input_changed: None,
    }
}

#[test]
fn what_passes_no_test_is_unexplained() {
    assert_eq!(plain().evidence(), Evidence::Nothing);
    assert_eq!(plain().evidence().cause(), Cause::Unexplained);
    assert_eq!(plain().gap(), Some(-14_000));
}

/// Each test of the head, from the last to the first: as one more holds, it decides.
#[test]
fn the_first_test_that_holds_decides() {
    use Evidence as E;
    let mut difference = plain();
    let mut becomes = |change: &dyn Fn(&mut Difference), evidence: E, cause: Cause| {
        change(&mut difference);
        assert_eq!(difference.evidence(), evidence);
        assert_eq!(difference.evidence().cause(), cause, "{evidence:?}");
    };
    becomes(&|d| d.other = number(76_000), E::NearOtherPractice, Cause::Practice);
    becomes(&|d| d.ours = number(74_000), E::WithinStep, Cause::Rounding);
    becomes(&|d| d.hidden_low = Some((73_000, 75_000)), E::HiddenLow, Cause::Practice);
    let late = |d: &mut Difference| d.input_changed = Some(Change::Late);
    becomes(&late, E::InputChanged(Change::Late), Cause::Late);
    let corrected = |d: &mut Difference| d.input_changed = Some(Change::Corrected);
    becomes(&corrected, E::InputChanged(Change::Corrected), Cause::Reviewed);
    becomes(&|d| d.input_missing = true, E::InputMissing, Cause::Missing);
    becomes(&|d| d.other = number(75_000), E::OtherPractice, Cause::Practice);
    let before = |d: &mut Difference| d.before = vec![(Change::Late, number(75_000))];
    becomes(&before, E::WeChanged(Change::Late), Cause::Late);
    let later = |d: &mut Difference| d.before.push((Change::Corrected, number(75_000)));
    becomes(&later, E::WeChanged(Change::Corrected), Cause::Reviewed);
    becomes(&|d| d.published.first = number(74_000), E::TheyCorrected, Cause::Reviewed);
}

#[test]
fn a_step_is_one_of_the_last_digit_shown_and_classes_have_none() {
    let within = |quantity, ours: i64, theirs: i64| {
        let mut difference = plain();
        difference.published.quantity = quantity;
        (difference.published.first, difference.published.last) = (number(theirs), number(theirs));
        difference.ours = number(ours);
        difference.evidence() == Evidence::WithinStep
    };
    assert!(within(Quantity::Aqi, 101, 100) && !within(Quantity::Aqi, 102, 100));
    assert!(within(Quantity::Hour(Pollutant::No2), 9000, 10_000));
    assert!(!within(Quantity::Hour(Pollutant::No2), 8000, 10_000));
    let co = Quantity::Rolling24h(Pollutant::Co);
    assert!(within(co, 800_000, 900_000) && !within(co, 800_000, 910_000));
    assert!(!within(Quantity::Category, 1, 2));
}

#[test]
fn changes_count_after_publication_and_within_the_window_only() {
    let hour = Hour::from_number(100);
    let mut changes = Changes::new();
    let mut change = |name: &str, back: i32, at: i64| {
        let key = ("a".to_owned(), hour.plus(-back), name.to_owned());
        let one = (Instant::from_millis(at), Change::Late, number(75_000));
        changes.entry(key).or_default().push(one);
    };
    change("pm2_5", 24, 2000); // before the window
    change("pm2_5", 3, 999); // before they published
    change("o3", 2, 2000); // another pollutant
    let looked = |entity: &str, changes: &Changes| {
        let mut difference = Difference { hour, ..plain() };
        difference.look_through(entity, changes);
        (difference.input_changed, difference.before.len())
    };
    assert_eq!(looked("a", &changes), (None, 0));
    let key = ("a".to_owned(), hour.plus(-23), "pm2_5".to_owned());
    let one = (Instant::from_millis(2000), Change::Late, Value::Nothing);
    changes.entry(key).or_default().push(one);
    assert_eq!(looked("a", &changes), (Some(Change::Late), 0));
    assert_eq!(looked("b", &changes), (None, 0), "of another entity");
    let key = ("a".to_owned(), hour, "pm2_5_24h".to_owned());
    changes.entry(key).or_default().push(one);
    assert_eq!(looked("a", &changes), (Some(Change::Late), 1));
}

#[test]
fn another_class_calls_at_once_and_a_distance_when_it_lasts() {
    let calls = |hours: &[(u16, u16)]| calls_for_a_person(hours, 2, 2);
    assert_eq!(calls(&[]), None);
    assert_eq!(calls(&[(100, 101)]), Some(true), "the class alone");
    assert_eq!(calls(&[(60, 62), (60, 80)]), Some(false), "two are not more than two");
    assert_eq!(calls(&[(60, 63)]), None, "one hour may pass");
    assert_eq!(calls(&[(60, 63), (60, 62)]), None);
    assert_eq!(calls(&[(60, 63), (66, 60)]), Some(true), "to either side");
    assert_eq!(calls(&[(60, 60), (66, 60), (66, 60)]), Some(false), "the newest is in order");
}

#[test]
fn names_are_those_of_our_figures_and_values_come_back_as_they_are_shown() {
    for quantity in Quantity::ALL {
        let name = quantity.name();
        assert_eq!(Quantity::parse(name), Some(quantity));
        assert!(quantity == Quantity::Category || Figures::NAMES.contains(&name), "{name}");
    }
    for (quantity, text) in [
        (Quantity::Aqi, "41"),
        (Quantity::Category, "light"),
        (Quantity::Primary, "pm10;o3"),
        (Quantity::Hour(Pollutant::Co), "0.65"),
        (Quantity::OzoneEightHours, "158"),
    ] {
        let value = quantity.read(text).expect(text);
        assert_eq!(quantity.show(value), text);
    }
    assert_eq!(Quantity::Primary.read(""), Ok(Value::Primary(Pollutants::EMPTY)));
    for (quantity, text) in [
        (Quantity::Aqi, "501"),
        (Quantity::Aqi, "4.5"),
        (Quantity::Category, "轻"),
        (Quantity::Primary, "pm10;rain"),
        (Quantity::Hour(Pollutant::O3), "-1"),
        (Quantity::Hour(Pollutant::O3), "x"),
    ] {
        assert!(quantity.read(text).is_err(), "{text}");
    }
}

const GOOD: &str = r#"{"entity":"1109A","time":"2026-11-23T08:00:00+08:00",
    "values":{"aqi":41,"category":"excellent","primary":["pm10","o3"],"pm2_5":27,
              "pm2_5_24h":null,"co_24h":0.65,"radon":4},"sent":1}"#;

#[test]
fn a_message_is_read_whole_and_what_is_missing_is_not_there() {
    let record = decode(GOOD.as_bytes(), &FeedFormat::default()).expect("legal");
    assert_eq!((&*record.entity, record.hour.of_day()), ("1109A", 8));
    let primary = [Pollutant::Pm10, Pollutant::O3].into_iter().collect();
    let expected = [
        (Quantity::Aqi, number(41)),
        (Quantity::Category, number(1)),
        (Quantity::Primary, Value::Primary(primary)),
        (Quantity::Hour(Pollutant::Pm2_5), number(27_000)),
        (Quantity::Rolling24h(Pollutant::Co), number(650_000)),
    ];
    assert_eq!(record.values, expected);
    assert_eq!(record.unknown_values[0].name, "radon");
}

#[test]
fn a_faulty_message_is_refused_with_its_reason() {
    use RejectionReason as R;
    let reason = |from: &str, to: &str| {
        let text = GOOD.replace(from, to);
        assert_ne!(text, GOOD, "{from}");
        let refused = decode(text.as_bytes(), &FeedFormat::default()).expect_err(to);
        (refused.reason, refused.detail)
    };
    assert_eq!(reason("\"sent\":1}", "\"sent\":1").0, R::NotJson);
    assert_eq!(reason("\"entity\"", "\"station\"").0, R::MissingField);
    assert_eq!(reason("\"values\"", "\"value\"").0, R::MissingField);
    assert_eq!(reason("08:00:00+08:00", "08:30:00+08:00").0, R::BadTime);
    let (of, detail) = reason(":41", ":\"41\"");
    assert_eq!(
        (of, detail.as_str()),
        (R::WrongType, "`values`: aqi: 0 to 500 expected, got \"\\\"41\\\"\"")
    );
    assert_eq!(reason("[\"pm10\",\"o3\"]", "\"pm10\"").0, R::WrongType);
    assert_eq!(reason("\"pm2_5\"", "\"primary_pollutants\"").0, R::WrongType, "twice");
    assert_eq!(reason("\"co_24h\"", "\"aqi\"").0, R::WrongType, "twice");
}
