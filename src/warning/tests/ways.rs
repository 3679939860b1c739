//! A warning's way: what persons and time may do, in whatever order; no level without an approval.

use super::*;

/// An area's warnings with a clock: what the engine does, without figures.
#[derive(Clone)]
pub(super) struct Room {
    pub(super) warnings: Warnings,
    rules: RuleSet,
    pub(super) now: Instant,
    pub(super) records: Vec<Record>,
    /// How an issue names the list in use.
    pub(super) list: Option<String>,
}

impl Room {
    pub(super) fn new(rules: RuleSet) -> Self {
        let now = first_day().start().start();
        Self { warnings: Warnings::default(), rules, now, records: Vec::new(), list: None }
    }

    fn note(&mut self, person: Option<&str>, bodies: Vec<Body>) {
        for body in bodies {
            let number = self.warnings.last + 1;
            let record = Record {
                number,
                at: self.now,
                person: person.map(str::to_owned),
                drill: None,
                body,
            };
            self.warnings.take(&record);
            self.records.push(record);
        }
    }

    fn settle(&mut self) {
        let asked = self.warnings.consider(&self.rules, self.now);
        self.note(None, asked);
    }

    pub(super) fn act(&mut self, act: &Act) -> Result<(), Refusal> {
        let bodies = self.warnings.decide(act, self.now)?;
        self.note(Some("王值班"), bodies);
        self.settle();
        Ok(())
    }

    /// Time passes.
    pub(super) fn pass(&mut self, minutes: i64) {
        let until = self.now.plus_minutes(minutes);
        while let Some(due) = self.warnings.next_deadline(&self.rules).filter(|due| *due <= until) {
            self.now = self.now.max(due);
            let bodies = self.warnings.tick(&self.rules, self.now);
            assert!(!bodies.is_empty(), "a deadline that does nothing comes again for ever");
            self.note(None, bodies);
            self.settle();
        }
        self.now = until;
    }

    /// The air and its forecast are looked at.
    fn air(&mut self, seen: &[Option<u16>], spans: Vec<ForecastSpan>) {
        let evaluation = evaluate(&self.rules, seen, spans);
        if self.warnings.is_new(&evaluation) {
            self.note(None, vec![Body::Evaluated(evaluation)]);
        }
        self.settle();
    }

    fn proposal(&self) -> Option<(Target, Change)> {
        self.warnings.proposal().map(|p| (p.recommendation.target, p.recommendation.change))
    }

    fn number(&self) -> u64 {
        self.warnings.proposal().map_or(0, |p| p.number)
    }

    pub(super) fn approve(&mut self, target: Target) -> Result<(), Refusal> {
        self.act(&Act::Approve(Approval {
            proposal: self.number(),
            target,
            approver: "李副市长".to_owned(),
            office: "市人民政府".to_owned(),
            document: "大政预〔2026〕3号".to_owned(),
            approved: self.now,
            file: None,
        }))
    }

    pub(super) fn issue(&mut self, ahead_min: i64) -> Result<(), Refusal> {
        self.act(&Act::Issue(Notice {
            proposal: self.number(),
            issuer: "市重污染天气应急指挥部办公室".to_owned(),
            document: "第3号".to_owned(),
            issued: self.now,
            effective_from: self.now.plus_minutes(ahead_min),
            response: None,
            measures: self.list.clone(),
        }))
    }

    fn instruct(&mut self, level: Option<Level>) -> Result<(), Refusal> {
        self.act(&Act::Instruct(Instruction {
            office: "省重污染天气应急指挥部办公室".to_owned(),
            document: format!("辽气办〔2026〕{}号", self.records.len()),
            level,
            from: self.now,
            text: String::new(),
            file: None,
        }))
    }

    fn level(&self) -> Option<Level> {
        self.warnings.in_force().map(|in_force| in_force.level)
    }

    /// A warning of a level that holds.
    pub(super) fn in_force(level: Level) -> Self {
        let mut room = Self::new(rules("2024"));
        room.act(&propose(Target::Level(level))).unwrap();
        room.approve(Target::Level(level)).unwrap();
        room.issue(0).unwrap();
        room.pass(1);
        assert_eq!(room.level(), Some(level));
        room
    }
}

pub(super) fn propose(target: Target) -> Act {
    Act::Propose { target, reason: "领导指示".to_owned() }
}

const YELLOW: Target = Target::Level(Level::Yellow);
const ORANGE: Target = Target::Level(Level::Orange);

#[test]
fn a_warning_goes_its_way_from_recommendation_to_its_end() {
    let mut room = Room::new(rules("2024"));
    room.air(&quiet(96), days(&[100, 160, 160, 60, 60]));
    assert_eq!(room.proposal(), Some((YELLOW, Change::Start)));
    assert_eq!(room.issue(0), Err(Refusal::NotApproved));
    room.approve(YELLOW).unwrap();
    assert_eq!(room.approve(YELLOW), Err(Refusal::AlreadyApproved));
    room.issue(24 * 60).unwrap();
    // Issued, not yet in effect.
    assert_eq!((room.level(), room.warnings.coming().map(|c| c.target)), (None, Some(YELLOW)));
    room.pass(24 * 60 - 1);
    assert_eq!(room.level(), None);
    room.pass(1);
    assert_eq!(room.level(), Some(Level::Yellow));
    // Worse air is forecast: upgrade at once.
    room.air(&quiet(96), days(&[210, 210, 60, 60]));
    assert_eq!(room.proposal(), Some((ORANGE, Change::Upgrade)));
    room.approve(ORANGE).unwrap();
    room.issue(0).unwrap();
    room.pass(0);
    assert_eq!(room.level(), Some(Level::Orange));
    // The worst is over: down to yellow, then lifted.
    room.air(&quiet(96), days(&[160, 160, 60]));
    assert_eq!(room.proposal(), Some((YELLOW, Change::Downgrade)));
    room.approve(YELLOW).unwrap();
    room.issue(0).unwrap();
    room.pass(0);
    room.air(&quiet(96), days(&[60, 60, 60]));
    assert_eq!(room.proposal(), Some((Target::Lift, Change::Lift)));
    room.approve(Target::Lift).unwrap();
    room.issue(60).unwrap();
    assert_eq!(room.level(), Some(Level::Yellow), "it holds until it is lifted");
    room.pass(60);
    assert_eq!((room.level(), room.warnings.open.clone()), (None, None));
    // All of it belongs to one warning, named by its first recommendation.
    let warnings: Vec<u64> = room
        .records
        .iter()
        .filter_map(|r| match &r.body {
            Body::Issued(issue) => Some(issue.warning),
            _ => None,
        })
        .collect();
    assert_eq!(warnings, [2; 4]);
}

#[test]
fn the_authority_may_approve_another_level_than_proposed() {
    let mut room = Room::new(rules("2024"));
    room.air(&quiet(96), days(&[160, 160, 60]));
    room.approve(ORANGE).unwrap();
    room.issue(0).unwrap();
    room.pass(0);
    assert_eq!(room.level(), Some(Level::Orange));
}

#[test]
fn missing_data_never_lifts() {
    let mut room = Room::in_force(Level::Yellow);
    let mut seen = quiet(96);
    seen[95] = None;
    room.air(&seen, days(&[60; 7]));
    assert_eq!(room.proposal(), None);
    room.air(&quiet(96), Vec::new());
    assert_eq!(room.proposal(), None);
    room.air(&quiet(96), days(&[60]));
    assert_eq!(room.proposal(), None, "24 known hours are no 36");
    room.air(&[None; 96], days(&[60; 7]));
    assert_eq!(room.proposal(), None);
    room.air(&quiet(96), days(&[60, 60]));
    assert_eq!(room.proposal(), Some((Target::Lift, Change::Lift)));
}

#[test]
fn the_province_sets_a_floor_that_a_person_issues() {
    let mut room = Room::new(rules("2024"));
    room.instruct(Some(Level::Orange)).unwrap();
    assert_eq!(room.proposal(), Some((ORANGE, Change::Start)));
    assert!(room.warnings.proposal().unwrap().is_ordered());
    assert_eq!(room.level(), None, "ordered, not issued");
    // It does not lapse, nor for clean air.
    room.air(&quiet(96), days(&[50; 7]));
    room.pass(7 * 24 * 60);
    assert_eq!(room.proposal(), Some((ORANGE, Change::Start)));
    assert_eq!(room.approve(YELLOW), Err(Refusal::BelowFloor));
    room.approve(ORANGE).unwrap();
    room.issue(0).unwrap();
    room.pass(0);
    // While it stands nothing goes below it.
    room.air(&quiet(96), days(&[50; 7]));
    assert_eq!(room.proposal(), None);
    assert_eq!(room.act(&propose(Target::Lift)), Err(Refusal::BelowFloor));
    room.instruct(None).unwrap();
    assert_eq!(room.proposal(), Some((Target::Lift, Change::Lift)));
}

#[test]
fn an_order_stands_in_the_place_of_a_recommendation_and_falls_with_its_withdrawal() {
    let mut room = Room::new(rules("2024"));
    room.air(&quiet(96), days(&[160, 160, 60]));
    let first = room.number();
    room.instruct(Some(Level::Yellow)).unwrap();
    assert!(room.warnings.proposal().unwrap().is_ordered());
    assert_eq!(room.warnings.open.as_ref().unwrap().warning, first, "the same warning");
    room.instruct(None).unwrap();
    // The rules still recommend it.
    assert_eq!(room.proposal(), Some((YELLOW, Change::Start)));
    room.air(&quiet(96), days(&[60; 7]));
    assert_eq!(room.proposal(), None);
}

#[test]
fn a_recommendation_lapses_with_time_and_with_known_better_air() {
    let mut room = Room::new(rules("2024"));
    room.air(&quiet(96), days(&[160, 160, 60]));
    // Not known: it stays.
    room.air(&[None; 96], Vec::new());
    assert_eq!(room.proposal(), Some((YELLOW, Change::Start)));
    // Known: it goes, and stays on record.
    room.air(&quiet(96), days(&[60, 60, 60]));
    assert_eq!(room.proposal(), None);
    let why = Lapse::ConditionGone;
    assert!(room.records.iter().any(|r| matches!(r.body, Body::Lapsed { why: w, .. } if w == why)));
    room.air(&quiet(96), days(&[160, 160, 60]));
    let number = room.number();
    room.pass(24 * 60 - 1);
    assert_eq!(room.number(), number);
    room.pass(1);
    assert!(room.number() > number, "it lapsed, and the air asks for it still");
    // An approval that is registered does not lapse.
    room.approve(YELLOW).unwrap();
    let number = room.number();
    room.pass(48 * 60);
    assert_eq!(room.number(), number);
}

#[test]
fn a_declined_recommendation_does_not_come_again_at_once_unless_it_is_worse() {
    let mut room = Room::new(rules("2024"));
    room.air(&quiet(96), days(&[160, 160, 60]));
    let decline =
        |room: &Room| Act::Decline { proposal: room.number(), reason: "会商认为偏高".into() };
    let act = decline(&room);
    room.act(&act).unwrap();
    assert_eq!(room.act(&act), Err(Refusal::NotPending));
    room.air(&quiet(96), days(&[170, 170, 60]));
    assert_eq!(room.proposal(), None);
    room.air(&quiet(96), days(&[210, 210, 60]));
    assert_eq!(room.proposal(), Some((ORANGE, Change::Start)));
    let act = decline(&room);
    room.act(&act).unwrap();
    room.instruct(Some(Level::Yellow)).unwrap();
    assert!(room.warnings.proposal().unwrap().is_ordered(), "an order is none the less");
}

#[test]
fn a_declined_rise_says_nothing_of_lifting() {
    let mut room = Room::in_force(Level::Yellow);
    room.air(&quiet(96), days(&[210, 210, 60]));
    room.act(&Act::Decline { proposal: room.number(), reason: "不采纳".into() }).unwrap();
    assert_eq!(room.proposal(), None);
    room.air(&quiet(96), days(&[60, 60, 60]));
    assert_eq!(room.proposal(), Some((Target::Lift, Change::Lift)));
    room.act(&Act::Decline { proposal: room.number(), reason: "再观察".into() }).unwrap();
    assert_eq!(room.proposal(), None, "not again at once");
    room.pass(24 * 60);
    room.air(&quiet(96), days(&[60, 61, 60]));
    assert_eq!(room.proposal(), Some((Target::Lift, Change::Lift)));
}

#[test]
fn an_instruction_holds_from_its_own_time_and_comes_once() {
    let mut room = Room::new(rules("2024"));
    let told = |room: &Room, level, hours: i64| {
        Act::Instruct(Instruction {
            office: "省指挥部办公室".into(),
            document: format!("{level:?}{hours}"),
            level,
            from: room.now.plus_minutes(hours * 60),
            text: String::new(),
            file: None,
        })
    };
    let (order, lift) = (told(&room, Some(Level::Yellow), 24), told(&room, None, 48));
    room.act(&order).unwrap();
    // Ordered for tomorrow: it waits today, and does not bind before.
    assert!(room.warnings.proposal().unwrap().is_ordered());
    assert_eq!(room.warnings.floor(room.now), None);
    room.act(&lift).unwrap();
    assert_eq!(room.act(&order), Err(Refusal::Repeated), "a message that comes again");
    room.pass(25 * 60);
    assert_eq!(room.warnings.floor(room.now), Some(Level::Yellow));
    room.pass(24 * 60);
    assert_eq!(room.warnings.floor(room.now), None);
    assert_eq!(room.act(&order), Err(Refusal::Repeated));
}

#[test]
fn worse_air_does_not_wait_until_what_was_issued_holds() {
    let mut room = Room::new(rules("2024"));
    room.air(&quiet(96), days(&[160, 160, 60]));
    room.approve(YELLOW).unwrap();
    room.issue(8 * 60).unwrap();
    room.air(&quiet(96), days(&[210, 210, 60]));
    assert_eq!(room.proposal(), Some((ORANGE, Change::Upgrade)));
    room.approve(ORANGE).unwrap();
    assert_eq!(room.issue(9 * 60), Err(Refusal::OutOfOrder), "not later than the yellow one");
    room.issue(8 * 60).unwrap();
    room.pass(8 * 60);
    assert_eq!(room.level(), Some(Level::Orange));
}

#[test]
fn an_advisory_has_no_words_of_warnings_and_nothing_is_written_down_twice() {
    let mut room = Room::new(rules("2024"));
    let advice = |text: &str, room: &Room| {
        let until = room.now.plus_minutes(60);
        Act::Advise(Advisory { sort: AdvisorySort::Pollution, text: text.into(), until })
    };
    let bad = advice("启动Ⅲ级应急响应", &room);
    assert_eq!(room.act(&bad), Err(Refusal::NoAdvisory));
    let good = advice("明日有中度污染，请减少户外活动。", &room);
    room.act(&good).unwrap();
    assert_eq!(room.act(&good), Err(Refusal::Repeated));
}

#[test]
fn times_on_paper_are_in_order() {
    let mut room = Room::new(rules("2024"));
    room.act(&propose(YELLOW)).unwrap();
    room.approve(YELLOW).unwrap();
    let notice = |room: &Room, issued: i64, from: i64| {
        Act::Issue(Notice {
            proposal: room.number(),
            issuer: "指挥部办公室".into(),
            document: "第1号".into(),
            issued: room.now.plus_minutes(issued),
            effective_from: room.now.plus_minutes(from),
            response: None,
            measures: None,
        })
    };
    let tried =
        |room: &Room, issued, from| room.warnings.decide(&notice(room, issued, from), room.now);
    assert_eq!(tried(&room, -1, 0).err(), Some(Refusal::OutOfOrder), "before its approval");
    assert_eq!(
        tried(&room, 0, -1).err(),
        Some(Refusal::OutOfOrder),
        "in effect before it is issued"
    );
    assert_eq!(tried(&room, 60, 60).err(), Some(Refusal::InFuture));
    assert!(tried(&room, 0, 0).is_ok());
    // A year mistyped in all of its times: what was issued is entered within a week.
    let waiting = room.warnings.open.as_mut().and_then(|open| open.proposal.as_mut()).unwrap();
    let (_, approval) = waiting.approval.as_mut().unwrap();
    approval.approved = approval.approved.plus_minutes(-365 * 24 * 60);
    let week = 7 * 24 * 60;
    assert!(tried(&room, -week, -week).is_ok());
    assert_eq!(tried(&room, -week - 1, -week - 1).err(), Some(Refusal::OutOfOrder));
}

/// Every sequence of up to five acts and events, of all that can happen: nothing comes to a level without an
/// approval of that level, and the state is what its records say.
#[test]
fn no_short_sequence_issues_a_level_without_its_approval() {
    let clean = |room: &mut Room| room.air(&quiet(96), days(&[60, 60, 60]));
    let steps: [&dyn Fn(&mut Room); 14] = [
        &|room| room.air(&quiet(96), days(&[160, 160, 60])),
        &|room| room.air(&quiet(96), days(&[210, 210, 60])),
        &clean,
        &|room| room.air(&[None; 96], Vec::new()),
        &|room| _ = room.instruct(Some(Level::Orange)),
        &|room| _ = room.instruct(None),
        &|room| _ = room.act(&propose(YELLOW)),
        &|room| _ = room.act(&propose(Target::Lift)),
        &|room| _ = room.approve(YELLOW),
        &|room| _ = room.approve(ORANGE),
        &|room| _ = room.approve(Target::Lift),
        &|room| _ = room.issue(0),
        &|room| _ = room.act(&Act::Decline { proposal: room.number(), reason: "不采纳".into() }),
        &|room| room.pass(25 * 60),
    ];
    let (mut seen, mut issued) = (0_u32, 0_u32);
    let starts = [Room::new(rules("2024")), Room::in_force(Level::Yellow)];
    let mut open: Vec<(Room, usize)> = starts.into_iter().map(|room| (room, 0)).collect();
    while let Some((room, depth)) = open.pop() {
        seen += 1;
        issued += u32::from(check(&room));
        if depth == 4 {
            continue;
        }
        for step in &steps {
            let mut next = room.clone();
            next.pass(1);
            let (before, level) = (next.records.len(), next.level());
            step(&mut next);
            next.pass(0);
            // What did nothing leads nowhere new.
            if next.records.len() > before || next.level() != level {
                open.push((next, depth + 1));
            }
        }
    }
    assert!(seen > 3_000 && issued > 500, "{seen} {issued}");
}

/// Whether anything was issued; and that all of it was approved.
fn check(room: &Room) -> bool {
    let mut approved: BTreeMap<u64, &Approval> = BTreeMap::new();
    let mut used: Vec<u64> = Vec::new();
    let mut level = None;
    let mut any = false;
    for record in &room.records {
        match &record.body {
            Body::Approved(approval) => {
                assert_eq!(record.person.as_deref(), Some("王值班"));
                approved.insert(record.number, approval);
            }
            Body::Issued(issue) => {
                any = true;
                let approval = approved[&issue.approval];
                assert_eq!((approval.target, approval.proposal), (issue.target, issue.proposal));
                assert!(!used.contains(&issue.approval), "an approval is good for one issue");
                assert!(record.person.is_some(), "Lantian issues nothing");
                used.push(issue.approval);
                level = Some(issue.target);
            }
            _ => {}
        }
    }
    let open = room.warnings.open.clone().unwrap_or_default();
    assert!(open.issued().map(Target::Level) <= level);
    assert_eq!(open.issued(), level.and_then(Target::level));
    // The state follows from the records alone.
    let mut again = Warnings::default();
    room.records.iter().for_each(|record| again.take(record));
    assert_eq!(again, room.warnings);
    any
}
