//! The execution of a response: steps of tasks in their order, and figures of the days of a response.

use super::ways::{Room, propose};
use super::*;

const DISTRICT: &str = "甘井子区";

/// The record that issued the newest tasks.
fn issue_of(room: &Room) -> u64 {
    *room.warnings.execution.tasks.last_key_value().unwrap().0
}

/// A step, so many minutes from now.
fn step_at(room: &Room, step: Step, minutes: i64) -> TaskStep {
    TaskStep {
        issue: issue_of(room),
        receiver: DISTRICT.to_owned(),
        step,
        contact: "刘某".to_owned(),
        at: room.now.plus_minutes(minutes),
        means: Means::Phone,
        note: "已通知辖区企业".to_owned(),
    }
}

fn tried(room: &Room, step: TaskStep) -> Result<(), Refusal> {
    room.warnings.decide(&Act::Step(step), room.now).map(drop)
}

fn take(room: &mut Room, step: Step, minutes: i64) {
    let step = step_at(room, step, minutes);
    room.act(&Act::Step(step)).unwrap();
}

/// Figures of a day whose counts are 11, 10, 9 and so on, beside what they may not exceed.
fn figures(day: Day, district: &str) -> DistrictDay {
    let mut counts = Counts::default();
    for (count, number) in Count::ALL.into_iter().zip((1..=11).rev()) {
        counts.set(count, number);
    }
    let (district, reporter) = (district.to_owned(), "王某".to_owned());
    DistrictDay { district, day, counts, reporter, remark: String::new() }
}

fn report(districts: &[DistrictDay]) -> Act {
    Act::Report { districts: districts.to_vec() }
}

fn reported(room: &Room, day: Day) -> Result<usize, Refusal> {
    room.warnings.decide(&report(&[figures(day, DISTRICT)]), room.now).map(|bodies| bodies.len())
}

/// Lifted so many minutes from now.
fn lift(room: &mut Room, ahead_min: i64) {
    room.act(&propose(Target::Lift)).unwrap();
    room.approve(Target::Lift).unwrap();
    room.issue(ahead_min).unwrap();
}

/// The state is what the records say.
fn holds(room: &Room) {
    let mut again = Warnings::default();
    room.records.iter().for_each(|record| again.take(record));
    assert_eq!(again, room.warnings);
}

/// 送达, 签收, 反馈: every sequence of four, each step taken only as the next one and only once.
#[test]
fn a_task_is_delivered_signed_for_and_reported_back_in_this_order() {
    let start = Room::in_force(Level::Orange);
    for sequence in 0..3_usize.pow(4) {
        let mut room = start.clone();
        let mut done = Vec::new();
        for n in 0..4 {
            room.pass(1);
            let step = Step::ALL[sequence / 3_usize.pow(n) % 3];
            let expected = match step {
                step if done.contains(&step) => Err(Refusal::Repeated),
                step if Step::ALL[done.len()] == step => Ok(()),
                _ => Err(Refusal::StepMissing),
            };
            let act = Act::Step(step_at(&room, step, 0));
            assert_eq!(room.act(&act), expected, "{done:?} then {step:?}");
            if expected.is_ok() {
                done.push(step);
            }
        }
        let kept = &room.warnings.execution.tasks[&issue_of(&room)].steps;
        let kept = kept.get(DISTRICT).map_or(&[][..], Vec::as_slice);
        assert_eq!(kept.iter().map(|(_, step)| step.step).collect::<Vec<_>>(), done);
        holds(&room);
    }
}

#[test]
fn a_step_has_names_and_times_in_order_and_belongs_to_the_open_warning() {
    let mut room = Room::in_force(Level::Yellow);
    room.pass(60);
    let delivered = step_at(&room, Step::Delivered, 0);
    let with = |change: &dyn Fn(&mut TaskStep)| {
        let mut step = delivered.clone();
        change(&mut step);
        step
    };
    let issued = room.warnings.in_force().unwrap().issued;
    let before = issued.plus_minutes(-1);
    for (step, refusal) in [
        (with(&|step| step.receiver = " ".into()), Refusal::Unnamed),
        (with(&|step| step.contact = String::new()), Refusal::Unnamed),
        (with(&|step| step.issue += 1), Refusal::UnknownIssue),
        (with(&|step| step.at = before), Refusal::OutOfOrder),
        (with(&|step| step.at = room.now.plus_minutes(11)), Refusal::InFuture),
    ] {
        assert_eq!(tried(&room, step), Err(refusal));
    }
    // A clock that is some minutes off is no fault, and a step needs no note until something comes back.
    assert_eq!(tried(&room, with(&|step| step.at = room.now.plus_minutes(10))), Ok(()));
    assert_eq!(tried(&room, with(&|step| step.at = issued)), Ok(()));
    assert_eq!(tried(&room, with(&|step| step.note = String::new())), Ok(()));
    room.act(&Act::Step(delivered.clone())).unwrap();
    assert_eq!(tried(&room, step_at(&room, Step::Signed, -1)), Err(Refusal::OutOfOrder));
    take(&mut room, Step::Signed, 0);
    let mut empty = step_at(&room, Step::Returned, 0);
    empty.note = "  ".into();
    assert_eq!(tried(&room, empty), Err(Refusal::Unnamed), "what came of it");
    // Another receiver begins at the beginning.
    let other = TaskStep { receiver: "市公安局".into(), ..step_at(&room, Step::Signed, 0) };
    assert_eq!(tried(&room, other), Err(Refusal::StepMissing));
    // An upgrade has tasks of its own; those before it may still be reported back.
    let first = issue_of(&room);
    room.act(&propose(Target::Level(Level::Red))).unwrap();
    room.approve(Target::Level(Level::Red)).unwrap();
    room.issue(0).unwrap();
    assert_ne!(issue_of(&room), first);
    assert_eq!(tried(&room, step_at(&room, Step::Signed, 0)), Err(Refusal::StepMissing));
    let late = TaskStep { issue: first, ..step_at(&room, Step::Returned, 0) };
    assert_eq!(tried(&room, late.clone()), Ok(()));
    // Lifting has no tasks, and after it the warning is no longer open.
    room.pass(1);
    let red = issue_of(&room);
    lift(&mut room, 0);
    let lifted = TaskStep { issue: room.warnings.last, ..step_at(&room, Step::Delivered, 0) };
    assert_eq!(room.records.last().unwrap().body.kind(), "issued");
    assert_eq!((issue_of(&room), tried(&room, lifted)), (red, Err(Refusal::UnknownIssue)));
    assert_eq!(tried(&room, late.clone()), Ok(()), "not in effect yet");
    room.pass(1);
    assert_eq!(tried(&room, late), Err(Refusal::UnknownIssue));
    assert_eq!(issue_of(&room), red, "it is shown until the next one");
    holds(&room);
}

/// From the day on which the first level holds until today; after the end its days, for a week.
#[test]
fn figures_are_of_a_day_of_the_response() {
    let first = first_day();
    let mut room = Room::new(rules("2024"));
    assert_eq!(reported(&room, first), Err(Refusal::NotInResponse), "no warning");
    room.act(&propose(Target::Level(Level::Yellow))).unwrap();
    room.approve(Target::Level(Level::Yellow)).unwrap();
    room.issue(20 * 60).unwrap();
    room.pass(60);
    assert_eq!(reported(&room, first), Err(Refusal::NotInResponse), "issued, not in effect");
    room.pass(19 * 60);
    let days = |room: &Room| {
        let taken = |n: &i32| reported(room, first.plus(*n)).is_ok();
        (-2..14).filter(taken).collect::<Vec<i32>>()
    };
    assert_eq!(days(&room), [0], "of its first day, though it began at 20:00");
    room.pass(2 * 24 * 60);
    assert_eq!(days(&room), [0, 1, 2], "not of tomorrow");
    room.act(&propose(Target::Level(Level::Orange))).unwrap();
    room.approve(Target::Level(Level::Orange)).unwrap();
    room.issue(0).unwrap();
    room.pass(0);
    assert_eq!(days(&room), [0, 1, 2], "an upgrade is no other response");
    // It ends at midnight after the third day, which is no hour of the fourth.
    lift(&mut room, 4 * 60);
    room.pass(4 * 60);
    assert!(room.warnings.open.is_none());
    assert_eq!(days(&room), [0, 1, 2]);
    room.pass(7 * 24 * 60 - 1);
    assert_eq!(days(&room), [0, 1, 2], "within a week after the last day");
    room.pass(1);
    assert_eq!(days(&room), [0; 0], "and no longer");
    let named = |room: &Room| {
        let today = room.now.hour().day();
        let days = room.warnings.execution.response_days(today);
        days.map(|day| day.number() - first.number()).collect::<Vec<_>>()
    };
    assert_eq!(named(&room), [0, 1, 2], "they are still shown");
    holds(&room);
    // Another response lets go what ended more than a week before it.
    let begin = |room: &mut Room| {
        room.act(&propose(Target::Level(Level::Yellow))).unwrap();
        room.approve(Target::Level(Level::Yellow)).unwrap();
        room.issue(0).unwrap();
        room.pass(0);
    };
    begin(&mut room);
    assert_eq!(named(&room), [10]);
    lift(&mut room, 0);
    room.pass(7 * 24 * 60);
    begin(&mut room);
    assert_eq!(named(&room), [10, 17], "with a gap");
    assert_eq!(days(&room), [10], "the last day of the one, the present day is beyond the table");
    holds(&room);
}

#[test]
fn a_later_report_stands_in_place_of_the_former_and_both_are_recorded() {
    let mut room = Room::in_force(Level::Orange);
    let day = first_day();
    let of = |district: &str| figures(day, district);
    room.act(&report(&[of("甘井子区"), of("金普新区")])).unwrap();
    assert_eq!(room.act(&report(&[of("金普新区")])), Err(Refusal::Repeated));
    let first = room.now;
    room.pass(30);
    let mut mended = of("金普新区");
    mended.counts.set(Count::PeopleOut, 99);
    // What is the same is passed over, what is new is recorded.
    room.act(&report(&[of("甘井子区"), mended.clone()])).unwrap();
    let held = &room.warnings.execution.days[&day];
    let times = |district: &str| (held[district].first, held[district].at);
    assert_eq!(times("甘井子区"), (first, first));
    assert_eq!(times("金普新区"), (first, first.plus_minutes(30)));
    assert_eq!(held["金普新区"].figures, mended);
    let recorded = room.records.iter().filter(|r| r.body.kind() == "district_day").count();
    assert_eq!(recorded, 3);
    holds(&room);
    // With one fault nothing is taken.
    let mut room = Room::in_force(Level::Orange);
    let mut wrong = of("中山区");
    for (part, whole) in Count::BOUNDS {
        wrong.counts = of("中山区").counts;
        wrong.counts.set(part, wrong.counts.of(whole));
        assert_eq!(room.warnings.district_days(&[wrong.clone()], room.now).unwrap().len(), 1);
        wrong.counts.set(part, wrong.counts.of(whole) + 1);
        let found: Vec<_> = wrong.counts.contradictions().collect();
        assert_eq!(found, [(part, whole)]);
        let act = report(&[of("甘井子区"), wrong.clone()]);
        assert_eq!(room.act(&act), Err(Refusal::Contradicting));
    }
    let unnamed = DistrictDay { reporter: " ".into(), ..of("中山区") };
    assert_eq!(room.act(&report(&[of("甘井子区"), unnamed])), Err(Refusal::Unnamed));
    let twice = [of("甘井子区"), of("甘井子区")];
    assert_eq!(room.act(&report(&twice)), Err(Refusal::Repeated), "once a day");
    assert_eq!(room.act(&report(&[])), Err(Refusal::Repeated));
    assert!(room.warnings.execution.days.is_empty());
}

#[test]
fn records_of_the_execution_read_as_the_bureau_writes() {
    let mut room = Room::in_force(Level::Orange);
    for step in Step::ALL {
        take(&mut room, step, 0);
    }
    let mut of = figures(first_day(), DISTRICT);
    of.remark = "两家企业因保供未停。".into();
    room.act(&report(&[of])).unwrap();
    let told: Vec<String> = room.records.iter().map(Record::text_zh).collect();
    let issue = issue_of(&room);
    let expected = [
        format!("任务单（发布记录#{issue}）12月10日0时1分送达甘井子区，接收人刘某，方式：电话。备注：已通知辖区企业。"),
        format!("任务单（发布记录#{issue}）12月10日0时1分由甘井子区刘某签收，方式：电话。备注：已通知辖区企业。"),
        format!("任务单（发布记录#{issue}）12月10日0时1分由甘井子区刘某反馈，方式：电话。反馈内容：已通知辖区企业。"),
        "甘井子区12月10日应对日报：应停产企业11家、已停产企业10家、应限产企业9家、已限产企业8家、检查企业7家次、\
         停工工地6个、检查车辆5辆次、洒水作业4车次、出动人员3人次、发现问题2个、整改问题1个。报送人：王某。\
         备注：两家企业因保供未停。"
            .to_owned(),
    ];
    assert_eq!(told[told.len() - 4..], expected);
}

#[test]
fn bodies_and_counts_go_through_json_unchanged() {
    let body = Body::DistrictDay(figures(first_day(), DISTRICT));
    let text = serde_json::to_string(&body).unwrap();
    assert!(text.starts_with(
        "{\"kind\":\"district_day\",\"district\":\"甘井子区\",\"day\":\"2026-12-10\",\
         \"counts\":{\"plants_to_stop_count\":11,\"plants_stopped_count\":10,"
    ));
    assert_eq!(serde_json::from_str::<Body>(&text).unwrap(), body);
    for (wrong, told) in [
        (text.replace("people_out_count", "people_count"), "people_out_count"),
        (text.replace("\"people_out_count\":3", "\"people_out_count\":-3"), "-3"),
        (text.replace(":1}", ":1,\"y\":1}"), "\"y\""),
    ] {
        let fault = serde_json::from_str::<Body>(&wrong).unwrap_err().to_string();
        assert!(fault.contains(told), "{fault}");
    }
    let act = Act::Report { districts: vec![figures(first_day(), DISTRICT)] };
    let text = serde_json::to_string(&act).unwrap();
    assert_eq!(serde_json::from_str::<Act>(&text).unwrap(), act);
}

#[test]
fn a_day_knows_when_a_response_began_on_it() {
    let day = first_day();
    let from = day.hour(18).start();
    let running = Response { from, list: None, until: None };
    let execution = Execution { responses: vec![running], ..Default::default() };
    assert_eq!(execution.begins(day), Some(from));
    assert_eq!((execution.begins(day.plus(-1)), execution.begins(day.plus(1))), (None, None));
}

/// What the newest tasks and today's response go by.
fn lists(room: &Room) -> (Option<&str>, Option<&str>) {
    let (of, today) = (&room.warnings.execution, room.now.hour().day());
    let tasks = of.tasks.last_key_value().and_then(|(_, tasks)| tasks.list.as_deref());
    (tasks, of.response_of(today, today).and_then(|response| response.list.as_deref()))
}

#[test]
fn a_response_goes_by_the_list_of_the_issue_that_took_effect_last() {
    let mut room = Room::in_force(Level::Yellow);
    assert_eq!(lists(&room), (None, None), "an issue that names none");
    for (level, filing, digest) in
        [(Level::Orange, "大环〔2025〕1号", "aa"), (Level::Red, "大环〔2026〕1号，修订", "bb")]
    {
        let before = lists(&room).1.map(str::to_owned);
        room.list = Some(named_list(filing, digest));
        room.act(&propose(Target::Level(level))).unwrap();
        room.approve(Target::Level(level)).unwrap();
        room.issue(60).unwrap();
        assert_eq!(lists(&room), (Some(digest), before.as_deref()), "issued, and not in effect");
        room.pass(61);
        assert_eq!(lists(&room), (Some(digest), Some(digest)));
    }
    room.list = None;
    lift(&mut room, 0);
    room.pass(1);
    assert_eq!(lists(&room), (Some("bb"), Some("bb")), "its last day is reported by it");
    holds(&room);
}
