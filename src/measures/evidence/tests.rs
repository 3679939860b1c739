//! The clauses of evidence by electricity, one by one, on lines and meters that are made for each.
//!
//! In: a list of lines, responses, and what meters read. Out: the answers and the numbers they rest on.

use super::*;
use crate::measures::{
    Amounts, CreditCode, Grade, LineTask, Measure, Operation, PerLevel, dispatch,
};
use crate::warning::{Body, Change, Issue, Record, Target};

fn at(text: &str) -> Instant {
    Instant::parse_rfc3339(&format!("2026-{text}:00+08:00")).expect("a time")
}

fn hour(text: &str) -> Hour {
    at(text).hour()
}

/// A line that does `yellow` and `orange` at these levels, and stops at red.
fn line(name: &str, measures: [&str; 2], meters: &[&str]) -> Line {
    let measure = |text: &str| Measure::parse(text).expect("a measure");
    Line {
        enterprise: "示例钢铁有限公司".to_owned(),
        credit_code: CreditCode::parse("91350100M000100Y43").expect("legal"),
        permit: String::new(),
        district: "示例新区".to_owned(),
        town: String::new(),
        position: None,
        industry: "钢铁".to_owned(),
        grade: Grade::B,
        protected: false,
        micro: false,
        operation: Operation::Normal,
        no_short_stop: false,
        line: name.to_owned(),
        base_g_per_day: Amounts::default(),
        measures: PerLevel {
            yellow: measure(measures[0]),
            orange: measure(measures[1]),
            red: measure("停产"),
        },
        reductions_g_per_day: PerLevel::default(),
        trucks_per_day: None,
        contact: "赵示例".to_owned(),
        phone: "0000-1".to_owned(),
        meters: meters.iter().map(|meter| (*meter).to_owned()).collect(),
        reason: String::new(),
        row: 0,
    }
}

fn edition(lines: Vec<Line>) -> Edition {
    Edition {
        city: "示例市".to_owned(),
        filing: "示环函〔2026〕0号".to_owned(),
        in_force: hour("10-01T00:00").day(),
        districts: vec!["示例城区".to_owned(), "示例新区".to_owned()],
        lines,
        sources: Vec::new(),
        society: Vec::new(),
        public: Vec::new(),
        removals: Vec::new(),
        sheets: BTreeMap::new(),
    }
}

fn level(level: Level, from: &str, until: Option<&str>) -> Response {
    Response { warning: 7, level, from: at(from), until: until.map(at), list: None }
}

/// A Wednesday morning.
const BEGIN: &str = "11-25T08:00";

struct Case {
    edition: Edition,
    responses: Vec<Response>,
    readings: Vec<MeterReading>,
    params: EvidenceParams,
}

impl Case {
    /// A line with one meter `m`, which takes 100 kWh in each hour before the response.
    fn usual(measures: [&str; 2], first: Level) -> Self {
        let lines = vec![line("一线", measures, &["m"])];
        let mut case = Self::of(lines, vec![level(first, BEGIN, None)]);
        case.before(0, |_| Some(100_000));
        case
    }

    fn of(lines: Vec<Line>, responses: Vec<Response>) -> Self {
        let (edition, params) = (edition(lines), EvidenceParams::DEFAULT);
        Self { edition, responses, readings: Vec::new(), params }
    }

    fn read(&mut self, meter: usize, (from, to): (&str, &str), wh: impl Fn(Hour) -> Option<i64>) {
        for number in hour(from).number()..hour(to).number() {
            let hour = Hour::from_number(number);
            if let Some(wh) = wh(hour) {
                let (start, period) = (hour.start(), AveragingPeriod::HOUR);
                self.readings.push(MeterReading { meter, start, period, wh, conflict: false });
            }
        }
    }

    /// The 28 days before the response.
    fn before(&mut self, meter: usize, wh: impl Fn(Hour) -> Option<i64>) {
        self.read(meter, ("10-28T08:00", BEGIN), wh);
    }

    fn whole(&self, now: &str) -> Evidence {
        evidence(&self.edition, &self.asked(now), &self.readings).expect("a level is in effect")
    }

    fn asked(&self, now: &str) -> EvidenceAsked<'_> {
        let (responses, params) = (&self.responses[..], &self.params);
        EvidenceAsked { warning: 7, responses, now: at(now), params }
    }

    /// The only line.
    fn line(&self, now: &str) -> LineEvidence {
        let found = self.whole(now);
        assert_eq!(found.districts.len(), 1);
        found.districts[0].lines[0].clone()
    }

    fn answer(&self, now: &str) -> Answer {
        self.line(now).answer
    }
}

fn shown(percent: &Option<Decimal>) -> String {
    percent.as_ref().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn a_stopped_line_may_take_a_fifth_of_its_baseline_and_not_a_watt_hour_more() {
    for (wh, answer, share) in [
        (20_000, Answer::Reducing, "20.0"),
        (20_001, Answer::Suspected, "20.0"),
        (0, Answer::Reducing, "0.0"),
        (100_000, Answer::Suspected, "100.0"),
    ] {
        let mut case = Case::usual(["不采取措施", "停产"], Level::Orange);
        case.read(0, (BEGIN, "11-26T08:00"), |_| Some(wh));
        let found = case.line("11-26T08:00");
        assert_eq!(found.answer, answer, "{wh}");
        assert_eq!((found.baseline_wh, found.energy_wh), (2_000_000, 20 * wh));
        assert_eq!(
            (shown(&found.share_percent), shown(&found.allowed_percent)),
            (share.into(), "20.0".into())
        );
        assert_eq!((found.counting_hours, found.counted_hours, found.missing_hours), (20, 20, 0));
    }
}

#[test]
fn each_measure_leaves_what_it_leaves() {
    for (measure, most) in [
        ("停产", 20_000),
        ("限产30%", 80_000),
        ("限产5%（以保供为限）", 105_000),
        ("停产50%（以生产线计）", 90_000),
    ] {
        for (more, answer) in [(0, Answer::Reducing), (1, Answer::Suspected)] {
            let mut case = Case::usual([measure, measure], Level::Yellow);
            case.read(0, (BEGIN, "11-26T08:00"), |_| Some(most + more));
            assert_eq!(case.answer("11-26T08:00"), answer, "{measure} {more}");
        }
    }
}

#[test]
fn the_first_four_hours_of_a_level_do_not_count_and_only_hours_that_are_over_do() {
    let mut case = Case::usual(["停产", "停产"], Level::Yellow);
    case.read(0, (BEGIN, "11-25T12:00"), |_| Some(100_000));
    case.read(0, ("11-25T12:00", "11-25T20:00"), |_| Some(0));
    assert_eq!(case.answer("11-25T08:00"), Answer::Silent(Silence::NotYet));
    assert_eq!(case.answer("11-25T12:59"), Answer::Silent(Silence::NotYet));
    let found = case.line("11-25T13:00");
    assert_eq!((found.answer, found.counting_hours), (Answer::Reducing, 1));
    let drawn: Vec<bool> = found.hours.iter().map(|hour| hour.counts).collect();
    assert_eq!(drawn, [false, false, false, false, true]);
    case.params.grace_hours = 3;
    assert_eq!(case.answer("11-25T13:00"), Answer::Suspected, "100 of 200");
    // An hour that began before the level did is none of its hours.
    case.responses[0].from = at("11-25T08:10");
    let found = case.line("11-25T13:00");
    assert_eq!(found.hours[0].hour, hour("11-25T09:00"));
    assert_eq!(found.counting_hours, 1, "the hour from 12 on");
    // What comes after the response is none of it.
    case.responses[0].until = Some(at("11-25T12:30"));
    assert_eq!(case.answer("11-25T20:00"), Answer::Silent(Silence::NotYet));
}

#[test]
fn before_a_level_is_in_effect_there_is_nothing_to_ask() {
    let mut case = Case::usual(["停产", "停产"], Level::Yellow);
    let span = case.asked("11-25T10:30").span();
    assert_eq!(span, Some((at("10-28T08:00"), at("11-25T10:00"))));
    case.responses[0].warning = 8;
    assert_eq!(case.asked(BEGIN).span(), None);
    assert_eq!(evidence(&case.edition, &case.asked(BEGIN), &case.readings), None);
}

/// Energy of an hour that tells its kind of day and its hour of the day.
fn told(hour: Hour) -> i64 {
    let (_, _, day) = hour.day().date();
    // 31 October, 1, 7, 8, 14, 15, 21 and 22 November are Saturdays and Sundays.
    let weekend = [31, 1, 7, 8, 14, 15, 21, 22].contains(&day);
    i64::try_from(hour.of_day()).expect("small") + if weekend { 500 } else { 1000 }
}

#[test]
fn comparable_is_the_same_hour_of_the_same_kind_of_day() {
    let mut case = Case::usual(["停产", "停产"], Level::Yellow);
    case.readings.clear();
    case.before(0, |hour| Some(told(hour)));
    // Into the Saturday of 28 November.
    let found = case.line("11-28T03:00");
    let of = |text: &str| found.hours.iter().find(|h| h.hour == hour(text)).expect("listed");
    assert_eq!(of("11-25T13:00").baseline_wh, Some(1013));
    assert_eq!(of("11-27T00:00").baseline_wh, Some(1000));
    assert_eq!(of("11-27T23:00").baseline_wh, Some(1023));
    assert_eq!(of("11-28T00:00").baseline_wh, Some(500));
    assert_eq!(of("11-28T02:00").baseline_wh, Some(502));
}

#[test]
fn only_the_28_days_before_the_first_level_make_the_baseline() {
    let mut case = Case::usual(["停产", "停产"], Level::Yellow);
    case.readings.clear();
    // Older ones, and those of the response itself, are of no account.
    case.read(0, ("10-01T00:00", "10-28T08:00"), |_| Some(1));
    case.read(0, (BEGIN, "11-26T08:00"), |_| Some(1));
    assert_eq!(case.answer("11-26T08:00"), Answer::Silent(Silence::NoBaseline));
    case.before(0, |_| Some(1000));
    assert_eq!(case.line("11-26T08:00").hours[0].baseline_wh, Some(1000));
    assert_eq!(case.whole("11-26T08:00").baseline, (hour("10-28T08:00"), hour(BEGIN)));
}

#[test]
fn the_median_is_the_lower_of_two_middles() {
    let days = ["11-16", "11-17", "11-18", "11-19", "11-20", "11-23"];
    let median = |values: &[i64]| {
        let mut case = Case::usual(["停产", "停产"], Level::Yellow);
        case.readings.clear();
        for (day, wh) in days.iter().zip(values) {
            case.read(0, (&format!("{day}T12:00"), &format!("{day}T13:00")), |_| Some(*wh));
        }
        let found = case.line("11-25T13:00");
        found.hours[4].baseline_wh
    };
    assert_eq!(median(&[50, 10, 40, 20, 30]), Some(30));
    assert_eq!(median(&[60, 10, 50, 20, 40, 30]), Some(30), "30 and 40 are the middles");
    assert_eq!(median(&[7, 7, 7, 9, 9, 9]), Some(7));
    assert_eq!(median(&[1, 2, 3, 4]), None, "five are the least");
}

#[test]
fn hours_of_any_response_make_no_baseline() {
    let mut case = Case::usual(["停产", "停产"], Level::Yellow);
    case.readings.clear();
    // Every afternoon of the last fortnight at 5, as a response of another warning asked for.
    case.before(0, |hour| {
        Some(if hour.number() >= self::hour("11-11T00:00").number() { 5 } else { 1000 })
    });
    assert_eq!(case.line("11-25T13:00").hours[4].baseline_wh, Some(5), "9 of 20 are higher");
    let before = Response { warning: 3, ..level(Level::Red, "11-11T00:00", Some("11-24T12:30")) };
    case.responses.insert(0, before);
    let found = case.line("11-25T13:00");
    assert_eq!(found.hours[4].baseline_wh, Some(1000), "that hour of the 24th is touched, too");
    assert_eq!(found.ordered.len(), 1, "the other warning's level is none of this one's");
    // One that is still in effect leaves nothing from its begin on.
    case.responses[0] = Response { warning: 3, ..level(Level::Red, "10-01T00:00", None) };
    assert_eq!(case.line("11-25T13:00").answer, Answer::Silent(Silence::Gap));
    case.read(0, (BEGIN, "11-25T13:00"), |_| Some(0));
    assert_eq!(case.line("11-25T13:00").answer, Answer::Silent(Silence::NoBaseline));
}

#[test]
fn three_quarters_of_the_counting_hours_must_have_data_and_a_baseline() {
    // Eight counting hours, 12 to 20.
    let with = |hours: &str| {
        let mut case = Case::usual(["停产", "停产"], Level::Yellow);
        case.read(0, ("11-25T12:00", hours), |_| Some(0));
        case.line("11-25T20:00")
    };
    let found = with("11-25T18:00");
    assert_eq!((found.answer, found.counted_hours, found.missing_hours), (Answer::Reducing, 6, 2));
    assert_eq!(found.baseline_wh, 600_000, "over the same hours as the energy");
    let found = with("11-25T17:00");
    assert_eq!((found.answer, found.missing_hours), (Answer::Silent(Silence::Gap), 3));
    assert_eq!(
        (found.silence_zh, &found.silent_meters[..]),
        (Some("缺数据"), &["m".to_owned()][..])
    );
    let based = |until: usize| {
        let mut case = Case::usual(["停产", "停产"], Level::Yellow);
        case.readings.clear();
        case.before(0, |hour| (hour.of_day() < until).then_some(1000));
        case.read(0, ("11-25T12:00", "11-25T20:00"), |_| Some(0));
        case.line("11-25T20:00")
    };
    assert_eq!((based(18).answer, based(18).baseless_hours), (Answer::Reducing, 2));
    assert_eq!(
        (based(17).answer, based(17).baseless_hours),
        (Answer::Silent(Silence::NoBaseline), 3)
    );
}

#[test]
fn meters_of_a_line_are_summed_and_one_that_is_silent_silences_it() {
    let lines = vec![line("一线", ["停产", "停产"], &["m", "n"])];
    let mut case = Case::of(lines, vec![level(Level::Yellow, BEGIN, None)]);
    case.before(0, |_| Some(70_000));
    case.before(1, |_| Some(30_000));
    case.read(0, (BEGIN, "11-25T20:00"), |_| Some(20_000));
    let found = case.line("11-25T20:00");
    assert_eq!((found.answer, found.energy_wh), (Answer::Silent(Silence::Gap), 0));
    assert_eq!(found.silent_meters, ["n"], "it is named");
    case.read(1, (BEGIN, "11-25T20:00"), |_| Some(1));
    let found = case.line("11-25T20:00");
    assert_eq!((found.answer, found.baseline_wh), (Answer::Suspected, 800_000));
    assert_eq!(found.energy_wh, 8 * 20_001);
}

#[test]
fn quarters_and_halves_make_an_hour_only_together() {
    let mut case = Case::usual(["停产", "停产"], Level::Yellow);
    let start = at("11-25T12:00");
    let part = |minutes: u8, n: u8, wh| MeterReading {
        meter: 0,
        start: start.plus_minutes(i64::from(minutes) * i64::from(n)),
        period: AveragingPeriod::from_minutes(minutes).expect("legal"),
        wh,
        conflict: n == 2,
    };
    case.readings.extend([0, 1, 2].map(|n| part(15, n, 4000)));
    assert_eq!(case.answer("11-25T13:00"), Answer::Silent(Silence::Gap), "three of four");
    case.readings.push(part(15, 3, 4001));
    let found = case.line("11-25T13:00");
    assert_eq!((found.energy_wh, found.conflict_hours), (16_001, 1));
    case.readings.extend([0, 1].map(|n| part(30, n, 3000)));
    assert_eq!(case.line("11-25T13:00").energy_wh, 6000, "longer ones stand before shorter ones");
    case.readings.push(part(60, 0, 5000));
    assert_eq!(case.line("11-25T13:00").energy_wh, 5000);
}

#[test]
fn each_hour_goes_by_the_measure_of_the_level_in_effect_then() {
    let mut case = Case::usual(["限产30%", "限产50%"], Level::Yellow);
    case.responses = vec![
        level(Level::Yellow, BEGIN, Some("11-26T08:30")),
        level(Level::Red, "11-26T08:30", None),
    ];
    // 24 hours of yellow, of which 20 count; then the hour in which the level changes is nobody's, and the
    // next four whole ones begin within the first four of red.
    case.read(0, (BEGIN, "11-26T08:00"), |_| Some(80_000));
    case.read(0, ("11-26T08:00", "11-26T13:00"), |_| Some(99_000));
    case.read(0, ("11-26T13:00", "11-26T23:00"), |_| Some(20_000));
    let found = case.line("11-26T23:00");
    assert_eq!((found.answer, found.counting_hours), (Answer::Reducing, 30));
    assert_eq!(found.energy_wh, 20 * 80_000 + 10 * 20_000);
    // (20 × 80 + 10 × 20) / 30.
    assert_eq!(
        (shown(&found.share_percent), shown(&found.allowed_percent)),
        ("60.0".into(), "60.0".into())
    );
    assert!(found.hours.iter().all(|h| h.hour != hour("11-26T08:00")));
    let ordered: Vec<&str> = found.ordered.iter().map(|of| of.measure_zh.as_str()).collect();
    assert_eq!(ordered, ["限产30%", "停产"]);
    case.read(0, ("11-26T23:00", "11-27T00:00"), |_| Some(20_001));
    assert_eq!(case.answer("11-27T00:00"), Answer::Suspected);
}

#[test]
fn what_is_voluntary_is_not_held_against_anything() {
    let lines = vec![
        line("自主", ["自主减排", "自主减排"], &["m"]),
        line("无措施", ["不采取措施", "停产"], &["m"]),
        line("限产", ["限产50%", "停产"], &["n"]),
    ];
    let mut case = Case::of(lines, vec![level(Level::Yellow, BEGIN, None)]);
    let found = case.whole("11-26T08:00");
    assert_eq!((found.voluntary_lines, found.districts[0].lines.len()), (1, 1));
    assert_eq!(found.districts[0].lines[0].line, "限产");
    // The lines are those that the dispatch orders to do something.
    let tasks = dispatch(&case.edition, Level::Yellow);
    let tasks = tasks.districts.iter().flat_map(|d| &d.plants).flat_map(|p| &p.lines);
    let ordered: Vec<&LineTask> = tasks.filter(|task| task.act.is_mandatory()).collect();
    assert_eq!((ordered.len(), ordered[0].line.as_str()), (1, "限产"));
    case.responses[0].level = Level::Red;
    assert_eq!(case.whole("11-26T08:00").voluntary_lines, 0);
}

#[test]
fn what_calls_for_a_look_comes_first_then_what_is_silent() {
    let mut elsewhere = line("别处", ["停产", "停产"], &[]);
    elsewhere.district = "示例城区".to_owned();
    let lines = vec![
        line("减排", ["停产", "停产"], &["a"]),
        line("无电表", ["停产", "停产"], &[]),
        line("缺数", ["停产", "停产"], &["b"]),
        line("在产", ["停产", "停产"], &["c"]),
        line("共用", ["限产10%", "停产"], &["c"]),
        elsewhere,
    ];
    let mut case = Case::of(lines, vec![level(Level::Yellow, BEGIN, None)]);
    assert_eq!(meters(&case.edition), ["a", "b", "c"]);
    for meter in 0..3 {
        case.before(meter, |_| Some(1000));
    }
    case.read(0, (BEGIN, "11-25T20:00"), |_| Some(10));
    case.read(2, (BEGIN, "11-25T20:00"), |_| Some(990));
    let found = case.whole("11-25T20:00");
    let districts: Vec<&str> = found.districts.iter().map(|d| d.district.as_str()).collect();
    assert_eq!(districts, ["示例城区", "示例新区"], "in the order of the list");
    let lines: Vec<(&str, &str)> =
        found.districts[1].lines.iter().map(|l| (l.line.as_str(), l.answer_zh)).collect();
    assert_eq!(
        lines,
        [
            ("在产", "疑似未落实，待核查"),
            ("缺数", "无数据"),
            ("无电表", "无数据"),
            ("减排", "减排中"),
            ("共用", "减排中"),
        ]
    );
    assert_eq!(found.districts[1].lines[2].silence, Some(Silence::NotMetered));
    assert_eq!(found.districts[1].lines[0].shared_meters, ["c"], "the sum says less");
    let json = serde_json::to_string(&found).expect("written");
    assert!(!json.contains("赵示例") && !json.contains("0000-1"), "no persons");
    case.readings.reverse();
    assert_eq!(case.whole("11-25T20:00"), found, "the order of readings does not matter");
}

#[test]
fn a_line_that_takes_nothing_otherwise_cannot_be_seen_to_take_less() {
    let mut case = Case::usual(["停产", "停产"], Level::Yellow);
    case.readings.clear();
    case.before(0, |_| Some(0));
    case.read(0, (BEGIN, "11-25T13:00"), |_| Some(0));
    let found = case.line("11-25T13:00");
    let idle = Answer::Silent(Silence::NoBaseline);
    assert_eq!((found.answer, found.share_percent), (idle, None));
    case.read(0, ("11-25T13:00", "11-25T14:00"), |_| Some(1));
    assert_eq!(case.answer("11-25T14:00"), Answer::Suspected);
}

#[test]
fn responses_follow_from_what_was_issued_and_took_effect() {
    let issued = |number, warning, target: Target, response, from: &str| Record {
        number,
        at: at(from),
        person: None,
        drill: None,
        body: Body::Issued(Issue {
            warning,
            proposal: 1,
            approval: 2,
            target,
            change: Change::Start,
            response,
            issuer: String::new(),
            document: String::new(),
            issued: at(from),
            effective_from: at(from),
            measures: None,
        }),
    };
    // Lantian was down: it noted the effect a day late.
    let effect = |number, issue| Record {
        number,
        at: at("12-31T00:00"),
        person: None,
        drill: None,
        body: Body::TookEffect { issue },
    };
    let level_of = Target::Level;
    let records = [
        issued(3, 1, level_of(Level::Yellow), Some(Level::Orange), "11-03T00:00"),
        issued(4, 1, level_of(Level::Red), Some(Level::Red), "11-04T00:00"),
        effect(5, 4),
        issued(6, 1, Target::Lift, None, "11-06T12:00"),
        effect(7, 6),
        issued(9, 8, level_of(Level::Yellow), Some(Level::Orange), "11-20T00:00"),
        effect(10, 9),
        issued(11, 8, level_of(Level::Red), None, "11-22T00:00"),
        effect(12, 11),
        issued(13, 8, Target::Lift, None, "11-23T00:00"),
    ];
    let of = |warning, level, from, until: Option<&str>| Response {
        warning,
        level,
        from: at(from),
        until: until.map(at),
        list: None,
    };
    assert_eq!(
        responses(&records),
        [
            of(1, Level::Red, "11-04T00:00", Some("11-06T12:00")),
            of(8, Level::Orange, "11-20T00:00", Some("11-22T00:00")),
            of(8, Level::Red, "11-22T00:00", None),
        ],
        "what was issued and replaced, or is still to come, is none"
    );
    assert_eq!(responses(&records[3..5]), [], "an effect without its issue");
    let drilled = records.map(|record| Record { drill: Some(2), ..record });
    assert_eq!(responses(&drilled), [], "nobody stops a plant for a drill");
}
