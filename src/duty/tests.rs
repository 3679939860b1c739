//! The room driven by its deadlines, as the pipeline drives it.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::outlook::{AqiRange, Forecast, ForecastSpan, Source};
use crate::time::{Day, Hour};
use crate::warning::{
    Body, Change, Counts, DistrictDay, Ground, Issue, Level, ListAdopted, Recommendation, Record,
    Target, Warnings,
};

/// A room with what its area has come to.
struct Room {
    rules: DutyRules,
    state: Duty,
    records: Vec<DutyRecord>,
    warnings: Warnings,
    /// Published hours with an AQI.
    aqi: BTreeSet<Hour>,
    now: Instant,
}

fn at(text: &str) -> Instant {
    Instant::parse_rfc3339(&format!("{text}:00+08:00")).expect("a time")
}

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

impl Room {
    fn new(now: &str) -> Self {
        Self {
            rules: DutyRules { off: vec![Fixed::Hourly], ..DutyRules::default() },
            state: Duty::default(),
            records: Vec::new(),
            warnings: Warnings::default(),
            aqi: BTreeSet::new(),
            now: at(now),
        }
    }

    fn only(fixed: Fixed, now: &str) -> Self {
        let off = Fixed::ALL.into_iter().filter(|other| *other != fixed).collect();
        Self { rules: DutyRules { off, ..DutyRules::default() }, ..Self::new(now) }
    }

    fn note(&mut self, person: Option<&str>, bodies: Vec<DutyBody>) {
        for body in bodies {
            let number = self.state.last + 1;
            let record =
                DutyRecord { number, at: self.now, person: person.map(str::to_owned), body };
            self.state.take(&record);
            self.records.push(record);
        }
    }

    fn look(&mut self, look: impl FnOnce(&Self, &Facts<'_>) -> Vec<DutyBody>) {
        let has_aqi = |hour: Hour| self.aqi.contains(&hour);
        let facts = Facts {
            area: "dalian",
            papers: &self.state.papers,
            warnings: &self.warnings,
            newest: self.aqi.last().copied(),
            has_aqi: &has_aqi,
        };
        let bodies = look(self, &facts);
        self.note(None, bodies);
    }

    fn settle(&mut self) {
        self.look(|room, facts| room.state.times.settle(&room.rules, facts, room.now));
    }

    /// Moves on; what happened by the way as `time kind`.
    fn until(&mut self, to: &str) -> Vec<String> {
        let (to, before) = (at(to), self.records.len());
        self.settle();
        while let Some(due) =
            self.state.times.next_deadline(&self.rules, self.now).filter(|due| *due <= to)
        {
            assert!(due > self.now, "a deadline comes once");
            self.now = due;
            self.look(|room, facts| room.state.times.tick(&room.rules, facts, room.now));
            self.settle();
        }
        self.now = to;
        let told = |record: &DutyRecord| {
            let at = record.at.to_string();
            format!("{} {}", &at[5..16], record.body.kind())
        };
        self.records[before..].iter().map(told).collect()
    }

    fn act(&mut self, person: &str, act: &DutyAct) -> Result<u64, DutyRefusal> {
        let body = self.state.decide((person, act), (&self.rules, &self.warnings), self.now)?;
        self.note(Some(person), vec![body]);
        let number = self.state.last;
        self.settle();
        Ok(number)
    }

    fn sign(&mut self, draft: Draft) -> String {
        let paper = self.act("张三", &DutyAct::Draft(draft)).expect("kept");
        self.act("李四", &review(paper)).expect("reviewed");
        self.act("李四", &sign(paper)).expect("signed");
        let signed = self.state.papers.signed.values().find(|signed| signed.paper == paper);
        signed.expect("signed").number.clone()
    }
}

fn draft(paper: &str, subject: &str) -> Draft {
    Draft {
        paper: paper.to_owned(),
        subject: subject.to_owned(),
        title: "大连市空气质量日报".to_owned(),
        subtitle: "2025年3月7日".to_owned(),
        series: "大环监日报".to_owned(),
        revises: None,
        reason: String::new(),
        content: "{}".to_owned(),
    }
}

fn review(paper: u64) -> DutyAct {
    DutyAct::Review { paper, opinion: String::new() }
}

fn sign(paper: u64) -> DutyAct {
    DutyAct::Sign { paper, signer: "王主任".to_owned(), file: None }
}

#[test]
fn a_paper_goes_from_draft_to_signed_and_nothing_is_left_out() {
    let mut room = Room::new("2025-03-08T09:00");
    let paper = room.act("张三", &DutyAct::Draft(draft("daily", "dalian 2025-03-07")));
    let paper = paper.expect("kept");
    assert_eq!(room.act("李四", &sign(paper)), Err(DutyRefusal::NotReviewed));
    assert_eq!(room.act("张三", &review(paper)), Err(DutyRefusal::SamePerson));
    assert_eq!(room.act("李四", &review(paper + 9)), Err(DutyRefusal::UnknownPaper));
    room.act("李四", &review(paper)).expect("reviewed");
    assert_eq!(room.act("王五", &review(paper)), Err(DutyRefusal::AlreadyReviewed));
    let nobody = DutyAct::Sign { paper, signer: " ".to_owned(), file: None };
    assert_eq!(room.act("李四", &nobody), Err(DutyRefusal::Unnamed));
    room.act("李四", &sign(paper)).expect("signed");
    assert_eq!(room.act("李四", &sign(paper)), Err(DutyRefusal::UnknownPaper), "once");
    assert_eq!(room.act("李四", &review(paper)), Err(DutyRefusal::UnknownPaper));
    let signed = room.state.papers.signed_of("daily", "dalian 2025-03-07").expect("signed");
    assert_eq!(signed.number, "大环监日报〔2025〕1号");
}

#[test]
fn one_person_may_do_both_where_the_room_says_so() {
    let mut room = Room::new("2025-03-08T09:00");
    room.rules.separate_reviewer = false;
    let paper = room.act("张三", &DutyAct::Draft(draft("daily", "dalian 2025-03-07")));
    assert!(room.act("张三", &review(paper.expect("kept"))).is_ok());
}

#[test]
fn what_was_sent_back_is_made_anew_and_a_new_draft_takes_its_place() {
    let mut room = Room::new("2025-03-08T09:00");
    let of = || DutyAct::Draft(draft("daily", "dalian 2025-03-07"));
    let first = room.act("张三", &of()).expect("kept");
    let back = |reason: &str| DutyAct::Return { paper: first, reason: reason.to_owned() };
    assert_eq!(room.act("李四", &back("")), Err(DutyRefusal::Unnamed));
    room.act("李四", &back("首要污染物有误")).expect("sent back");
    assert_eq!(room.act("李四", &review(first)), Err(DutyRefusal::SentBack));
    assert_eq!(room.act("李四", &sign(first)), Err(DutyRefusal::SentBack));
    let second = room.act("张三", &of()).expect("kept");
    assert_eq!(room.state.papers.open.keys().collect::<Vec<_>>(), [&second]);
    assert_eq!(room.act("李四", &review(first)), Err(DutyRefusal::UnknownPaper));
    let other = DutyAct::Draft(draft("daily", "dalian/urban 2025-03-07"));
    room.act("张三", &other).expect("of another subject");
    assert_eq!(room.state.papers.open.len(), 2);
}

#[test]
fn a_revision_gives_its_reason_has_a_number_of_its_own_and_names_the_one_before() {
    let mut room = Room::new("2025-03-08T09:00");
    assert_eq!(room.sign(draft("daily", "dalian 2025-03-07")), "大环监日报〔2025〕1号");
    let again = draft("daily", "dalian 2025-03-07");
    assert_eq!(room.act("张三", &DutyAct::Draft(again.clone())), Err(DutyRefusal::Changed));
    let signed = room.state.papers.signed_of("daily", "dalian 2025-03-07").expect("signed");
    let revision = Draft { revises: Some(signed.paper), ..again };
    let without = DutyAct::Draft(revision.clone());
    assert_eq!(room.act("张三", &without), Err(DutyRefusal::NoReason));
    let revision = Draft { reason: "甘井子点位数据修订".to_owned(), ..revision };
    assert_eq!(room.sign(revision.clone()), "大环监日报〔2025〕2号");
    // The one it revised is no longer the one that stands.
    assert_eq!(room.act("张三", &DutyAct::Draft(revision)), Err(DutyRefusal::Changed));
    assert_eq!(room.sign(draft("daily", "dalian 2025-03-08")), "大环监日报〔2025〕3号");
}

#[test]
fn numbers_begin_anew_with_the_year_and_by_series() {
    let mut room = Room::new("2025-12-31T23:50");
    assert_eq!(room.sign(draft("daily", "dalian 2025-12-30")), "大环监日报〔2025〕1号");
    let weekly =
        Draft { series: "大环监周报".to_owned(), ..draft("weekly", "dalian 2025-12-22") };
    assert_eq!(room.sign(weekly), "大环监周报〔2025〕1号");
    room.now = at("2026-01-01T00:10");
    assert_eq!(room.sign(draft("daily", "dalian 2025-12-31")), "大环监日报〔2026〕1号");
}

#[test]
fn a_daily_report_is_reminded_of_is_overdue_goes_to_the_leader_and_is_missed() {
    let mut room = Room::only(Fixed::DailyReport, "2025-03-08T00:00");
    assert_eq!(
        room.until("2025-03-08T23:00"),
        ["03-08T10:30 reminded", "03-08T12:00 overdue", "03-08T12:30 escalated"]
    );
    let open = &room.state.times.open[&(Fixed::DailyReport, day("2025-03-07").start())];
    assert_eq!((open.stage, open.due), (Stage::Escalated, at("2025-03-08T12:00")));
    // The next day's comes beside it.
    let told = room.until("2025-03-11T11:59");
    assert_eq!(told.len(), 7, "{told:?}");
    assert_eq!(room.until("2025-03-11T12:00"), ["03-11T12:00 missed", "03-11T12:00 overdue"]);
    assert!(!room.state.times.open.contains_key(&(Fixed::DailyReport, day("2025-03-07").start())));
}

#[test]
fn a_signed_daily_report_settles_it_and_how_late_it_was_stays() {
    let mut room = Room::only(Fixed::DailyReport, "2025-03-08T09:00");
    room.sign(draft("daily", "dalian 2025-03-07"));
    let last = room.records.last().expect("one");
    let DutyBody::Done(done) = &last.body else { panic!("{last:?}") };
    assert_eq!((done.late_min(), done.item.due), (None, at("2025-03-08T12:00")));
    assert!(room.until("2025-03-09T09:00").is_empty(), "nothing more of that day");
    // A report of a set, or of another day, settles nothing.
    room.sign(draft("daily", "dalian/urban 2025-03-08"));
    let told = room.until("2025-03-09T13:20");
    assert_eq!(told.last().map(String::as_str), Some("03-09T12:30 escalated"));
    room.sign(draft("daily", "dalian 2025-03-08"));
    let last = room.records.last().expect("one");
    let DutyBody::Done(done) = &last.body else { panic!("{last:?}") };
    assert_eq!(done.late_min(), Some(80));
    assert!(
        last.text_zh().starts_with("逾期1小时20分钟办结：3月8日空气质量日报（时限3月9日12时）")
    );
    assert!(room.state.times.open.is_empty());
}

#[test]
fn twelve_o_clock_itself_is_in_time() {
    let mut room = Room::only(Fixed::DailyReport, "2025-03-08T09:00");
    room.until("2025-03-08T12:00");
    room.sign(draft("daily", "dalian 2025-03-07"));
    let DutyBody::Done(done) = &room.records.last().expect("one").body else { panic!() };
    assert_eq!(done.late_min(), None);
    let a_moment_later =
        Done { done: Instant::from_millis(done.done.millis() + 1), ..done.clone() };
    assert_eq!(a_moment_later.late_min(), Some(1));
}

fn forecast(issued: &str, source: Source) -> Record {
    let issued = at(issued);
    let span = ForecastSpan {
        from: issued.hour().day().plus(1).start(),
        hours: 24,
        aqi: AqiRange::new(50, 80).expect("a range"),
        hourly: Vec::new(),
        primary: [].into_iter().collect(),
        cause: None,
        concentrations: BTreeMap::new(),
        weather: None,
    };
    let zones = BTreeMap::from([(String::new(), vec![span])]);
    let body =
        Body::Forecast(Forecast { office: "大连市气象台".to_owned(), issued, source, zones });
    Record { number: 1, at: issued, person: None, drill: None, body }
}

#[test]
fn only_an_official_forecast_of_the_day_settles_it() {
    let mut room = Room::only(Fixed::Forecast, "2025-03-08T09:00");
    room.warnings.take(&forecast("2025-03-07T16:00", Source::Fed));
    room.warnings.take(&forecast("2025-03-08T10:00", Source::BuiltIn));
    assert_eq!(
        room.until("2025-03-08T20:10"),
        ["03-08T16:30 reminded", "03-08T20:00 overdue"],
        "neither yesterday's nor our own"
    );
    room.warnings.take(&forecast("2025-03-08T19:50", Source::Fed));
    room.settle();
    // It was issued in time, and came here late.
    let DutyBody::Done(done) = &room.records.last().expect("one").body else { panic!() };
    assert_eq!((done.done, done.late_min()), (at("2025-03-08T19:50"), None));
}

#[test]
fn a_person_says_that_it_was_done_elsewhere() {
    let mut room = Room::only(Fixed::Forecast, "2025-03-08T09:00");
    let of = |day: Day, at: Instant, note: &str| DutyAct::Done {
        fixed: Fixed::Forecast,
        of: day.start(),
        at,
        note: note.to_owned(),
    };
    let (today, note) = (day("2025-03-08"), "已在省平台提交");
    let now = at("2025-03-08T09:00");
    assert_eq!(room.act("张三", &of(today, now, " ")), Err(DutyRefusal::Unnamed));
    let ahead = at("2025-03-08T10:00");
    assert_eq!(room.act("张三", &of(today, ahead, note)), Err(DutyRefusal::InFuture));
    let before = at("2025-03-07T23:59");
    assert_eq!(room.act("张三", &of(today, before, note)), Err(DutyRefusal::OutOfOrder));
    assert_eq!(room.act("张三", &of(today.plus(1), now, note)), Err(DutyRefusal::NothingDue));
    room.act("张三", &of(today, now, note)).expect("said");
    assert_eq!(room.act("张三", &of(today, now, note)), Err(DutyRefusal::NothingDue), "once");
    assert!(room.until("2025-03-08T23:59").is_empty());
}

#[test]
fn missing_hours_are_one_item_from_the_first_to_the_return() {
    let mut room = Room::only(Fixed::Hourly, "2025-03-08T00:00");
    let hour = |h: i32| day("2025-03-08").start().plus(h);
    assert!(room.until("2025-03-08T03:30").is_empty(), "nothing before there ever was a value");
    room.aqi.insert(hour(2));
    assert!(room.until("2025-03-08T04:00").is_empty());
    assert_eq!(room.until("2025-03-08T05:00"), ["03-08T05:00 overdue"], "3:00 to 4:00");
    assert_eq!(room.until("2025-03-08T08:20"), ["03-08T05:30 escalated"], "one of all");
    room.aqi.extend([hour(5), hour(7)]);
    room.settle();
    let last = room.records.last().expect("one");
    let DutyBody::Done(done) = &last.body else { panic!("{last:?}") };
    assert_eq!(done.how, How::Back { since: hour(7), missing: 3 });
    assert!(last.text_zh().contains("缺报3小时，3月8日8时起恢复"), "{}", last.text_zh());
    assert_eq!(room.until("2025-03-08T10:00"), ["03-08T10:00 overdue"], "and again");
}

fn issue(number: u64, at_: &str, target: Target, change: Change) -> Body {
    Body::Issued(Issue {
        warning: 1,
        proposal: number,
        approval: number,
        target,
        change,
        response: target.level(),
        issuer: "指挥部办公室".to_owned(),
        document: "第1号".to_owned(),
        issued: at(at_),
        effective_from: at(at_),
        measures: None,
    })
}

fn propose(warning: Option<u64>, target: Target, change: Change) -> Body {
    let ground = Ground::Person { reason: "会商".to_owned() };
    Body::Recommended(Recommendation { warning, target, change, ground })
}

/// A warning that is in effect from a moment on.
fn respond(warnings: &mut Warnings, from: &str) {
    let record = |number, body| Record { number, at: at(from), person: None, drill: None, body };
    let yellow = Target::Level(Level::Yellow);
    warnings.take(&record(1, propose(None, yellow, Change::Start)));
    warnings.take(&record(2, issue(1, from, yellow, Change::Start)));
    warnings.take(&record(3, Body::TookEffect { issue: 2 }));
}

/// Its end.
fn lift(warnings: &mut Warnings, at_: &str) {
    let record = |number, body| Record { number, at: at(at_), person: None, drill: None, body };
    warnings.take(&record(4, propose(Some(1), Target::Lift, Change::Lift)));
    warnings.take(&record(5, issue(4, at_, Target::Lift, Change::Lift)));
    warnings.take(&record(6, Body::TookEffect { issue: 5 }));
}

fn reported(warnings: &mut Warnings, number: u64, district: &str, when: &str) {
    let figures = DistrictDay {
        district: district.to_owned(),
        day: day(&when[..10]),
        counts: Counts::default(),
        reporter: "赵六".to_owned(),
        remark: String::new(),
    };
    let body = Body::DistrictDay(figures);
    warnings.take(&Record { number, at: at(when), person: None, drill: None, body });
}

#[test]
fn in_a_response_districts_report_by_13_and_the_room_by_14() {
    let mut room = Room::new("2025-03-08T00:00");
    room.rules.off.extend([Fixed::DailyReport, Fixed::Forecast]);
    assert!(room.until("2025-03-08T16:00").is_empty(), "no response, nothing due");
    room.rules.districts = ["中山区", "西岗区"].map(str::to_owned).to_vec();
    // It begins after the day's times: the first report is tomorrow's.
    respond(&mut room.warnings, "2025-03-08T18:00");
    assert!(room.until("2025-03-09T12:59").is_empty());
    reported(&mut room.warnings, 10, "中山区", "2025-03-09T12:30");
    assert_eq!(room.until("2025-03-09T13:10"), ["03-09T13:00 overdue", "03-09T13:00 reminded"]);
    reported(&mut room.warnings, 11, "西岗区", "2025-03-09T13:20");
    assert_eq!(
        room.until("2025-03-09T14:00"),
        ["03-09T13:10 done", "03-09T14:00 overdue"],
        "all districts; and the paper is not signed"
    );
    room.sign(draft("response", "dalian 2025-03-09"));
    assert!(room.state.times.open.is_empty());
    // A correction of what was reported makes nothing late.
    reported(&mut room.warnings, 12, "中山区", "2025-03-10T11:00");
    reported(&mut room.warnings, 13, "西岗区", "2025-03-10T11:30");
    reported(&mut room.warnings, 14, "西岗区", "2025-03-10T15:30");
    room.now = at("2025-03-10T12:00");
    room.settle();
    let DutyBody::Done(done) = &room.records.last().expect("one").body else { panic!() };
    assert_eq!((done.done, done.late_min()), (at("2025-03-10T11:30"), None));
}

#[test]
fn nothing_is_due_after_a_response_was_lifted() {
    let mut room = Room::new("2025-03-08T00:00");
    room.rules.off.extend([Fixed::DailyReport, Fixed::Forecast]);
    room.rules.districts = vec!["中山区".to_owned()];
    respond(&mut room.warnings, "2025-03-08T10:00");
    let mut told = room.until("2025-03-09T13:29");
    lift(&mut room.warnings, "2025-03-09T13:30");
    told.extend(room.until("2025-03-13T23:00"));
    assert!(room.state.times.open.is_empty(), "nothing is asked for any more");
    assert!(told.contains(&"03-09T13:29 lapsed".to_owned()), "the paper of 14:00: {told:?}");
    assert!(told.contains(&"03-12T13:00 missed".to_owned()), "what districts owed: {told:?}");
    let of_day = |day: &str| told.iter().filter(|t| t.starts_with(day)).count();
    assert_eq!(of_day("03-08"), 5, "{told:?}");
    assert!(!told.contains(&"03-09T14:00 overdue".to_owned()), "it ended before: {told:?}");
    assert!(!told.iter().any(|t| t.starts_with("03-10T1")), "{told:?}");
}

#[test]
fn a_response_that_is_entered_after_the_times_of_its_day_is_late_at_once() {
    let mut room = Room::only(Fixed::ResponseReport, "2025-03-08T00:00");
    room.until("2025-03-08T14:05");
    respond(&mut room.warnings, "2025-03-08T10:00");
    assert_eq!(room.until("2025-03-08T15:00"), ["03-08T14:05 overdue", "03-08T14:30 escalated"]);
    room.sign(draft("response", "dalian 2025-03-08"));
    let DutyBody::Done(done) = &room.records.last().expect("one").body else { panic!() };
    assert_eq!(done.late_min(), Some(60));
}

#[test]
fn a_response_that_ended_while_nobody_looked_is_not_overdue() {
    let mut room = Room::only(Fixed::ResponseReport, "2025-03-08T00:00");
    respond(&mut room.warnings, "2025-03-08T10:00");
    assert_eq!(room.until("2025-03-08T13:10"), ["03-08T13:00 reminded"]);
    // As after a stop: the lift and the due time are met one after the other, and only then it is settled.
    lift(&mut room.warnings, "2025-03-08T13:30");
    room.now = at("2025-03-08T14:00");
    room.look(|room, facts| room.state.times.tick(&room.rules, facts, room.now));
    assert_eq!(room.records.last().expect("one").body.kind(), "lapsed");
    assert!(room.state.times.open.is_empty());
}

#[test]
fn what_is_not_due_is_not_done() {
    let mut room = Room::new("2025-03-08T12:00");
    let done = DutyAct::Done {
        fixed: Fixed::ResponseReport,
        of: day("2025-03-08").start(),
        at: at("2025-03-08T11:00"),
        note: "已报".to_owned(),
    };
    assert_eq!(room.act("张三", &done), Err(DutyRefusal::NothingDue), "no response holds");
    respond(&mut room.warnings, "2025-03-08T10:00");
    assert!(room.act("张三", &done).is_ok());
}

#[test]
fn an_hour_that_comes_late_settles_itself_unless_later_ones_are_due() {
    let mut room = Room::only(Fixed::Hourly, "2025-03-08T00:00");
    let hour = |h: i32| day("2025-03-08").start().plus(h);
    room.until("2025-03-08T03:30");
    room.aqi.insert(hour(2));
    assert_eq!(room.until("2025-03-08T05:10"), ["03-08T05:00 overdue"]);
    room.aqi.insert(hour(3));
    room.settle();
    let last = room.records.last().expect("one");
    assert_eq!(last.body.kind(), "done");
    assert!(last.text_zh().ends_with("3月8日5时10分补到。"), "{}", last.text_zh());
    room.until("2025-03-08T07:10");
    room.aqi.insert(hour(4));
    room.settle();
    assert_eq!(room.state.times.open.len(), 1, "that of 5 to 6 is due, too");
    room.aqi.insert(hour(5));
    room.settle();
    assert!(room.state.times.open.is_empty());
}

#[test]
fn a_list_that_never_came_is_missed_when_the_year_is_over() {
    let mut room = Room::only(Fixed::MeasuresList, "2025-09-20T00:00");
    room.warnings.list_from = Some("2024-09-20".to_owned());
    let told = room.until("2026-02-01T00:00");
    assert_eq!(told.last().map(String::as_str), Some("01-01T00:00 missed"), "{told:?}");
    assert!(room.state.times.open.is_empty());
}

#[test]
fn a_list_is_asked_for_in_september_until_one_of_the_year_is_in_force() {
    let list = |in_force: &str| Record {
        number: 1,
        at: at("2025-01-01T00:00"),
        person: None,
        drill: None,
        body: Body::ListAdopted(ListAdopted {
            filing: "示例".to_owned(),
            in_force: in_force.to_owned(),
            digest: "d".to_owned(),
            before: None,
            changes: Vec::new(),
        }),
    };
    let mut room = Room::only(Fixed::MeasuresList, "2025-08-01T00:00");
    assert!(room.until("2025-12-31T00:00").is_empty(), "where there never was one");
    let mut room = Room::only(Fixed::MeasuresList, "2025-08-01T00:00");
    room.warnings.take(&list("2024-09-20"));
    assert_eq!(
        room.until("2025-10-02T00:00"),
        ["09-01T00:00 reminded", "10-01T00:00 overdue", "10-01T00:30 escalated"]
    );
    room.until("2025-10-20T09:00");
    room.warnings.take(&list("2025-10-15"));
    room.settle();
    let DutyBody::Done(done) = &room.records.last().expect("one").body else { panic!() };
    assert_eq!(done.late_min(), Some(14 * 24 * 60));
    assert!(
        room.records.last().expect("one").text_zh().contains("实施日期2025-10-15"),
        "as it is written"
    );
    assert!(room.until("2026-08-31T23:59").is_empty(), "the next is asked for a year later");
    assert_eq!(room.until("2026-09-01T00:00"), ["09-01T00:00 reminded"]);
}

#[test]
fn the_book_keeps_open_what_is_to_be_followed_up_over_a_hand_over() {
    let mut room = Room::new("2025-03-08T08:00");
    let entry = |sort, from: &str, text: &str| {
        DutyAct::Enter(Entry {
            sort,
            happened: at("2025-03-08T07:50"),
            from: from.to_owned(),
            text: text.to_owned(),
            follow_up: true,
        })
    };
    let call = entry(EntrySort::Call, "", "核实数据");
    assert_eq!(room.act("张三", &call), Err(DutyRefusal::Unnamed), "a call is somebody's");
    let call = entry(EntrySort::Call, "省厅值班室", "核实数据");
    let number = room.act("张三", &call).expect("entered");
    let take = |hand_over| DutyAct::TakeOver { hand_over };
    room.act("张三", &take(None)).expect("the first one");
    assert_eq!(room.act("李四", &take(None)), Err(DutyRefusal::NoHandOver), "somebody is there");
    let over = DutyAct::HandOver { to: "李四".to_owned(), note: String::new() };
    let handed = room.act("张三", &over).expect("handed over");
    assert_eq!(room.state.shift.on_duty.as_ref().expect("still").0, "张三", "until it is taken");
    assert_eq!(room.act("张三", &take(Some(handed))), Err(DutyRefusal::NoHandOver));
    room.act("李四", &take(Some(handed))).expect("taken");
    assert_eq!(room.state.shift.on_duty.as_ref().expect("now").0, "李四");
    assert_eq!(room.act("王五", &take(Some(handed))), Err(DutyRefusal::NoHandOver), "once");
    assert!(room.state.shift.open.contains_key(&number));
    let close = |how: &str| DutyAct::Close { entry: number, how: how.to_owned() };
    assert_eq!(room.act("李四", &close("")), Err(DutyRefusal::Unnamed));
    room.act("李四", &close("已核实，数据无误")).expect("closed");
    assert_eq!(room.act("李四", &close("再次")), Err(DutyRefusal::UnknownEntry));
    let told: Vec<String> = room.records.iter().map(DutyRecord::text_zh).collect();
    assert_eq!(told[0], "来电（待办）：3月8日7时50分，省厅值班室，核实数据。");
    assert_eq!(told[2], "交班给李四。未办结1项：待办#1。");
}

#[test]
fn the_state_is_what_the_records_say() {
    let mut room = Room::new("2025-03-08T00:00");
    room.until("2025-03-08T11:00");
    room.sign(draft("daily", "dalian 2025-03-07"));
    room.act("张三", &DutyAct::TakeOver { hand_over: None }).expect("taken");
    room.until("2025-03-12T21:00");
    let mut rebuilt = Duty::default();
    for record in &room.records {
        let body = serde_json::to_string(&record.body).expect("JSON");
        let body: DutyBody = serde_json::from_str(&body).expect("read back");
        rebuilt.take(&DutyRecord { body, ..record.clone() });
    }
    assert_eq!(rebuilt, room.state);
}

#[test]
fn refusals_have_names_of_their_own() {
    let names: BTreeSet<&str> = DutyRefusal::ALL.iter().map(|r| r.name()).collect();
    assert_eq!(names.len(), DutyRefusal::ALL.len());
}
