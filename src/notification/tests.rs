//! The clauses of issue 7 on a desk with a clock of its own: who is told, when, and what follows.

use super::*;
use crate::time::{Day, Instant};

fn at(text: &str) -> Instant {
    Instant::parse_rfc3339(&format!("2026-12-{text}:00+08:00")).expect("a time")
}

fn day(text: &str) -> Day {
    at(&format!("{text}T12:00")).hour().day()
}

fn person(id: &str, roles: &[&str]) -> Person {
    Person {
        id: id.to_owned(),
        name: format!("{id}先生"),
        english: false,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        reached_by: vec![ChannelKind::Sms],
    }
}

fn rota(role: &str, people: &[&str]) -> Rota {
    Rota {
        role: role.to_owned(),
        shift: None,
        people: people.iter().map(|id| (*id).to_owned()).collect(),
        from: day("01"),
        until: None,
        days_each: 1,
        on: RotaDays::All,
    }
}

fn sending(to: &[&str], by: &[&str]) -> Sending {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Sending { to: owned(to), by: owned(by) }
}

fn channel(name: &str, kind: ChannelKind) -> ChannelRules {
    ChannelRules { name: name.to_owned(), kind, pace: kind.pace(), simulated: false }
}

/// A route that waits for one word, and goes on to the second and the leader.
fn urgent(kinds: &[&str]) -> Route {
    Route {
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        send: vec![sending(&["main"], &["room", "sms"])],
        acknowledge: Acknowledge::One,
        group_s: 0,
        quiet: None,
        repeat: None,
        escalate: vec![
            Escalation { after_min: 10, send: sending(&["second"], &["sms"]) },
            Escalation { after_min: 20, send: sending(&["leader"], &["sms"]) },
        ],
        tell_end: false,
    }
}

fn rules(routes: Vec<Route>) -> NoticeRules {
    let roster = Roster {
        shifts: vec![ShiftTime { name: "全天".to_owned(), from_min: 510 }],
        people: vec![
            person("zhang", &[]),
            person("li", &[]),
            person("wang", &[]),
            person("zhao", &[]),
            person("ganjingzi", &["district"]),
            person("jinpu", &["district"]),
        ],
        rotas: vec![
            rota("main", &["zhang", "li"]),
            rota("second", &["wang"]),
            rota("leader", &["zhao"]),
        ],
        ..Roster::default()
    };
    NoticeRules {
        roster,
        channels: vec![
            channel("room", ChannelKind::Dingtalk),
            channel("sms", ChannelKind::Sms),
            channel("push", ChannelKind::Webhook),
            channel("level", ChannelKind::Mqtt),
        ],
        routes,
        inhibitions: Vec::new(),
        retry: Retry::default(),
        stuck_after_min: 60,
        close_after_days: 7,
        live: true,
    }
}

/// Notices, and all that was recorded of them.
struct Desk {
    rules: NoticeRules,
    notices: Notices,
    records: Vec<NoticeRecord>,
}

impl Desk {
    fn new(rules: NoticeRules) -> Self {
        Self { rules, notices: Notices::default(), records: Vec::new() }
    }

    fn note(&mut self, now: Instant, person: Option<&str>, bodies: Vec<NoticeBody>) -> usize {
        let count = bodies.len();
        for body in bodies {
            let number = self.notices.last + 1;
            let record = NoticeRecord { number, at: now, person: person.map(str::to_owned), body };
            self.notices.take(&record);
            self.records.push(record);
        }
        count
    }

    /// What is done at `now`; the messages that go out.
    fn settle(&mut self, now: Instant) -> Vec<(u64, u32, String)> {
        let from = self.records.len();
        let rules = self.rules.clone();
        let at = At { rules: &rules, area: "dalian", now };
        while self.note(now, None, self.notices.next(&at)) > 0 {}
        let due = self.notices.next_deadline(&rules, now);
        assert!(due.is_none_or(|due| due > now), "{due:?} is past, and nothing is done");
        let tried = self.records[from..].iter().filter_map(|record| match record.body {
            NoticeBody::Tried { message, attempt, .. } => {
                let key = self.notices.outbox[&message].message.key.clone();
                Some((message, attempt, key))
            }
            _ => None,
        });
        tried.collect()
    }

    fn bring(&mut self, now: Instant, brought: Brought) -> Vec<(u64, u32, String)> {
        let rules = self.rules.clone();
        let at = At { rules: &rules, area: "dalian", now };
        self.note(now, None, self.notices.bring(&at, brought, None));
        self.settle(now)
    }

    fn end(&mut self, now: Instant, (message, attempt): (u64, u32), outcome: Outcome) {
        let ended = TryEnd { message, attempt, outcome, text: None };
        let body = self.notices.ended(&ended);
        self.note(now, None, body.into_iter().collect());
    }

    /// All that goes out is taken; the keys.
    fn accept(&mut self, now: Instant, tried: &[(u64, u32, String)]) -> Vec<String> {
        for (message, attempt, _) in tried {
            self.end(now, (*message, *attempt), Outcome::Accepted);
        }
        tried.iter().map(|(_, _, key)| key.clone()).collect()
    }

    /// Lets time pass until `until`, everything being taken at once; when what went out.
    fn run(&mut self, now: Instant, until: Instant) -> Vec<(Instant, String)> {
        let (mut now, mut sent) = (now, Vec::new());
        while let Some(due) = self.notices.next_deadline(&self.rules, now).filter(|d| *d <= until) {
            now = due;
            loop {
                let tried = self.settle(now);
                if tried.is_empty() {
                    break;
                }
                sent.extend(self.accept(now, &tried).into_iter().map(|key| (now, key)));
            }
        }
        sent
    }

    fn act(
        &mut self,
        now: Instant,
        person: &str,
        act: &NoticeAct,
    ) -> Result<Decided, NoticeRefusal> {
        let rules = self.rules.clone();
        let done = self.notices.decide((person, act), &At { rules: &rules, area: "dalian", now });
        if let Ok(Decided::Record(bodies)) = &done {
            self.note(now, Some(person), bodies.clone());
        }
        done
    }
}

fn alarm_of(entity: &str, since: Instant) -> Brought {
    Brought::Cause(Box::new(Cause::Alarm {
        subject: "station".to_owned(),
        entity: entity.to_owned(),
        name: entity.to_owned(),
        since,
        lag_min: None,
    }))
}

fn read_by(notice: u64, who: &str, way: Way) -> NoticeAct {
    let who = Some(who.to_owned());
    NoticeAct::Acknowledge { notice, who, way, said: None, note: String::new() }
}

const T0: &str = "01T10:00";

#[test]
fn who_is_on_duty_is_told_by_each_channel_and_called_by_name_in_the_group() {
    let mut desk = Desk::new(rules(vec![urgent(&["silence"])]));
    let tried = desk.bring(at(T0), alarm_of("A", at(T0)));
    let keys: Vec<&str> = tried.iter().map(|(_, _, key)| key.as_str()).collect();
    let subject = format!("alarm:station:A:{}", at(T0));
    let expected = [format!("dalian/{subject}/1/*/room"), format!("dalian/{subject}/1/zhang/sms")];
    assert_eq!(keys, expected);
    let room = &desk.notices.outbox[&tried[0].0].message;
    assert_eq!(room.mentions, ["zhang"]);
    let mut next_day = Desk::new(rules(vec![urgent(&["silence"])]));
    let tried = next_day.bring(at("02T08:29"), alarm_of("A", at(T0)));
    assert!(tried[1].2.ends_with("/zhang/sms"), "the shift of the day before: {}", tried[1].2);
    let tried = next_day.bring(at("02T08:30"), alarm_of("B", at(T0)));
    assert!(tried.iter().any(|t| t.2.ends_with("/li/sms")), "handed over: {tried:?}");
}

#[test]
fn what_nobody_reads_goes_on_step_by_step_and_stops_when_somebody_does() {
    let mut desk = Desk::new(rules(vec![urgent(&["silence"])]));
    let tried = desk.bring(at(T0), alarm_of("A", at(T0)));
    desk.accept(at(T0), &tried);
    let sent = desk.run(at(T0), at("01T12:00"));
    let steps: Vec<(Instant, &str)> =
        sent.iter().map(|(when, key)| (*when, key.rsplit_once("/1/").expect("a key").1)).collect();
    assert_eq!(steps, [(at("01T10:10"), "wang/sms/step1"), (at("01T10:20"), "zhao/sms/step2")]);

    let mut read = Desk::new(rules(vec![urgent(&["silence"])]));
    let tried = read.bring(at(T0), alarm_of("A", at(T0)));
    read.accept(at(T0), &tried);
    assert_eq!(read.run(at(T0), at("01T10:15")).len(), 1);
    read.act(at("01T10:15"), "wang", &read_by(1, "wang", Way::Token)).expect("taken");
    assert_eq!(read.run(at("01T10:15"), at("01T12:00")), []);
}

#[test]
fn a_word_given_twice_counts_once_and_an_update_asks_again() {
    let mut desk = Desk::new(rules(vec![urgent(&["silence", "overdue", "reminder"])]));
    desk.bring(at(T0), alarm_of("A", at(T0)));
    let first = desk.act(at(T0), "li", &read_by(1, "zhang", Way::Phone));
    let Ok(Decided::Record(_)) = first else { panic!("{first:?}") };
    let number = desk.notices.last;
    let again = desk.act(at("01T10:01"), "li", &read_by(1, "zhang先生", Way::Chat));
    assert_eq!(again, Ok(Decided::Before(number)));
    assert_eq!(
        desk.act(at(T0), "li", &read_by(9, "zhang", Way::Phone)),
        Err(NoticeRefusal::UnknownNotice)
    );
    assert_eq!(desk.act(at(T0), "", &read_by(1, " ", Way::Phone)), Err(NoticeRefusal::Unnamed));

    // The same subject anew: the older notice is over, and the new one waits for a word of its own.
    desk.bring(at("01T11:00"), alarm_of("A", at(T0)));
    let (older, newer) = (desk.notices.notice(1), desk.notices.open.values().next());
    assert_eq!(older.and_then(|n| n.closed), Some((at("01T11:00"), Closing::Superseded)));
    assert!(newer.is_some_and(|n| n.number > 1 && !n.is_read()));
}

#[test]
fn what_is_over_is_told_no_further() {
    let mut desk = Desk::new(rules(vec![urgent(&["silence"])]));
    let tried = desk.bring(at(T0), alarm_of("A", at(T0)));
    desk.end(at(T0), (tried[0].0, 1), Outcome::Accepted);
    let failed = Outcome::Failed { reason: "503".to_owned(), hold_s: None };
    desk.end(at(T0), (tried[1].0, 1), failed);
    let over = Brought::End(alarm(("station", "A"), at(T0)));
    assert_eq!(desk.bring(at("01T10:00"), over), []);
    assert_eq!(desk.run(at(T0), at("02T10:00")), [], "neither the second try nor a step");
    assert!(desk.notices.outbox.is_empty() && desk.notices.open.is_empty());
}

#[test]
fn the_end_is_told_where_the_route_says_so() {
    let route = Route { tell_end: true, ..urgent(&["silence"]) };
    let mut desk = Desk::new(rules(vec![route]));
    let tried = desk.bring(at(T0), alarm_of("A", at(T0)));
    desk.accept(at(T0), &tried);
    let over = Brought::End(alarm(("station", "A"), at(T0)));
    let tried = desk.bring(at("01T10:05"), over);
    assert_eq!(tried.len(), 2);
    assert!(tried.iter().all(|(_, _, key)| key.ends_with("/end")));
}

#[test]
fn causes_of_one_kind_gather_into_one_notice() {
    let route = Route { group_s: 60, ..urgent(&["silence"]) };
    let mut desk = Desk::new(rules(vec![route]));
    for station in ["A", "B", "C"] {
        assert_eq!(desk.bring(at(T0), alarm_of(station, at(T0))), []);
    }
    let sent = desk.run(at(T0), at("01T10:05"));
    assert_eq!(sent.iter().map(|(when, _)| *when).collect::<Vec<_>>(), [at("01T10:01"); 2]);
    assert_eq!(desk.notices.open.len(), 1);
    assert_eq!(desk.notices.open[&1].matters.len(), 3);
    let over = Brought::End(alarm(("station", "A"), at(T0)));
    desk.bring(at("01T10:06"), over);
    assert!(desk.notices.open.contains_key(&1), "two of three are still silent");
    assert_eq!(desk.run(at("01T10:06"), at("01T12:00")).len(), 2, "they are waited for");
}

#[test]
fn what_lasts_mutes_what_it_explains() {
    let mut with = rules(vec![Route { escalate: Vec::new(), ..urgent(&["silence"]) }]);
    with.inhibitions.push(Inhibition {
        while_open: "silence.feed".to_owned(),
        mutes: vec!["silence.station".to_owned(), "quality".to_owned()],
    });
    let mut desk = Desk::new(with);
    let feed = Cause::Alarm {
        subject: "feed".to_owned(),
        entity: String::new(),
        name: "大连市".to_owned(),
        since: at(T0),
        lag_min: None,
    };
    assert_eq!(desk.bring(at(T0), Brought::Cause(Box::new(feed))).len(), 2);
    assert_eq!(desk.bring(at("01T10:30"), alarm_of("A", at(T0))), []);
    let tried = desk.bring(at("01T11:00"), Brought::End(alarm(("feed", ""), at(T0))));
    assert_eq!(tried.len(), 2, "the station is silent still, and told now: {tried:?}");
    assert!(tried[0].2.contains("alarm:station:A"));
}

#[test]
fn low_kinds_wait_for_the_morning() {
    let route = Route { quiet: Some((22 * 60, 7 * 60)), ..urgent(&["silence"]) };
    let mut desk = Desk::new(rules(vec![route]));
    assert_eq!(desk.bring(at("01T23:10"), alarm_of("A", at(T0))), []);
    let sent = desk.run(at("01T23:10"), at("02T07:05"));
    assert_eq!(sent.iter().map(|(when, _)| *when).collect::<Vec<_>>(), [at("02T07:00"); 2]);
}

#[test]
fn a_reminder_comes_again_until_somebody_reads_it_and_at_most_so_often() {
    let repeat = Some(Repeat { every_min: 15, most: 2 });
    let route = Route { repeat, escalate: Vec::new(), ..urgent(&["silence"]) };
    let mut desk = Desk::new(rules(vec![route]));
    let tried = desk.bring(at(T0), alarm_of("A", at(T0)));
    desk.accept(at(T0), &tried);
    let sent = desk.run(at(T0), at("01T18:00"));
    let times: Vec<Instant> = sent.iter().map(|(when, _)| *when).collect();
    assert_eq!(times, [at("01T10:15"), at("01T10:15"), at("01T10:30"), at("01T10:30")]);
    assert!(sent[0].1.ends_with("/repeat1") && sent[3].1.ends_with("/repeat2"));
}

#[test]
fn every_district_has_to_give_its_word() {
    let send = vec![sending(&["district"], &["sms"])];
    let escalate = vec![Escalation { after_min: 30, send: sending(&["main"], &["sms"]) }];
    let acknowledge = Acknowledge::Each;
    let route = Route { send, escalate, acknowledge, ..urgent(&["silence"]) };
    let mut desk = Desk::new(rules(vec![route]));
    let tried = desk.bring(at(T0), alarm_of("A", at(T0)));
    assert_eq!(tried.len(), 2);
    desk.accept(at(T0), &tried);
    desk.act(at("01T10:05"), "ganjingzi", &read_by(1, "ganjingzi", Way::Sms)).expect("taken");
    assert!(!desk.notices.open[&1].is_read(), "the other has not");
    assert_eq!(desk.run(at(T0), at("01T11:00")).len(), 1, "who is on duty is told");
    desk.act(at("01T11:05"), "zhang", &read_by(1, "jinpu", Way::Phone)).expect("taken");
    assert!(desk.notices.open[&1].is_read());
}

#[test]
fn a_message_that_cannot_be_delivered_hurries_the_next_step() {
    let mut desk = Desk::new(rules(vec![urgent(&["silence"])]));
    let tried = desk.bring(at(T0), alarm_of("A", at(T0)));
    desk.end(at(T0), (tried[0].0, 1), Outcome::Accepted);
    let refused = Outcome::Refused { reason: "no such number".to_owned() };
    desk.end(at(T0), (tried[1].0, 1), refused);
    let sent = desk.settle(at("01T10:01"));
    assert!(sent.iter().any(|(_, _, key)| key.ends_with("wang/sms/step1")), "{sent:?}");
    let why = desk.records.iter().find_map(|record| match &record.body {
        NoticeBody::Escalated { why, .. } => Some(*why),
        _ => None,
    });
    assert_eq!(why, Some(StepReason::Undelivered));
}

#[test]
fn where_no_step_follows_somebody_is_told_that_it_did_not_arrive() {
    let low = Route {
        send: vec![sending(&["main"], &["push"])],
        acknowledge: Acknowledge::None,
        escalate: Vec::new(),
        ..urgent(&["silence"])
    };
    let mut desk = Desk::new(rules(vec![low, urgent(&["undelivered"])]));
    let tried = desk.bring(at(T0), alarm_of("A", at(T0)));
    desk.end(at(T0), (tried[0].0, 1), Outcome::Refused { reason: "404".to_owned() });
    let sent = desk.settle(at("01T10:01"));
    assert!(sent.iter().all(|(_, _, key)| key.contains("/message:")), "{sent:?}");
    assert_eq!(sent.len(), 2);
    // That one not arriving is not told again and again.
    for (message, attempt, _) in sent {
        desk.end(at("01T10:01"), (message, attempt), Outcome::Refused { reason: "404".to_owned() });
    }
    desk.run(at("01T10:01"), at("02T10:00"));
    let raised = desk.records.iter().filter(|r| matches!(r.body, NoticeBody::Raised { .. }));
    assert_eq!(raised.count(), 2);
}

#[test]
fn tries_come_again_until_they_are_given_up() {
    let mut desk = Desk::new(rules(vec![Route { escalate: Vec::new(), ..urgent(&["silence"]) }]));
    let tried = desk.bring(at(T0), alarm_of("A", at(T0)));
    let (mut now, mut times) = (at(T0), Vec::new());
    desk.end(now, (tried[0].0, 1), Outcome::Accepted);
    let mut under_way: Vec<(u64, u32)> = vec![(tried[1].0, 1)];
    for _ in 0..100 {
        for (message, attempt) in under_way.drain(..) {
            times.push((now, attempt));
            desk.end(now, (message, attempt), Outcome::Unknown);
        }
        under_way.extend(desk.settle(now).iter().map(|(message, attempt, _)| (*message, *attempt)));
        if under_way.is_empty() {
            match desk.notices.next_deadline(&desk.rules, now) {
                Some(due) if !desk.notices.outbox.is_empty() => now = due,
                _ => break,
            }
            under_way.extend(desk.settle(now).iter().map(|(m, attempt, _)| (*m, *attempt)));
        }
    }
    assert!(times.windows(2).all(|pair| pair[1].1 == pair[0].1 + 1), "{times:?}");
    let last = times.last().expect("tried").0;
    let most = at(T0).plus_minutes(30);
    assert!((at("01T10:20")..=most).contains(&last), "tries went on for half an hour: {times:?}");
    let gave_up = desk.records.iter().any(|r| matches!(r.body, NoticeBody::GaveUp { .. }));
    assert!(gave_up);
}

#[test]
fn a_robot_that_throttles_gets_the_urgent_one_first() {
    let mut with = rules(vec![Route {
        send: vec![sending(&["main"], &["room"])],
        ..urgent(&["silence", "paper"])
    }]);
    with.routes[0].acknowledge = Acknowledge::None;
    let mut desk = Desk::new(with);
    let signed = |n: u64| {
        let (number, title) = (format!("第{n}期"), "日报".to_owned());
        Brought::Cause(Box::new(Cause::Signed { paper: n, number, title }))
    };
    let tried = desk.bring(at(T0), signed(1));
    assert_eq!(tried.len(), 1);
    assert_eq!(desk.bring(at(T0), signed(2)), [], "one at a time");
    let hold = Outcome::Failed { reason: "130101".to_owned(), hold_s: Some(600) };
    desk.end(at(T0), (tried[0].0, 1), hold);
    desk.bring(at("01T10:01"), alarm_of("A", at(T0)));
    let sent = desk.run(at("01T10:01"), at("01T10:30"));
    assert!(sent[0].1.contains("alarm:station:A"), "{sent:?}");
    assert_eq!(sent[0].0, at("01T10:10"), "not before the ten minutes that it asked for");
    assert_eq!(sent.len(), 3, "nothing is lost");
}

#[test]
fn a_restart_forgets_nothing_and_what_was_under_way_is_tried_again() {
    let mut desk = Desk::new(rules(vec![urgent(&["silence"])]));
    let tried = desk.bring(at(T0), alarm_of("A", at(T0)));
    desk.end(at(T0), (tried[0].0, 1), Outcome::Accepted);
    let mut state = Notices::default();
    desk.records.iter().for_each(|record| state.take(record));
    assert_eq!(state, desk.notices);
    let bodies = state.interrupted();
    assert_eq!(bodies.len(), 1);
    desk.note(at("01T10:02"), None, bodies);
    let sent = desk.run(at("01T10:02"), at("01T10:05"));
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].1, tried[1].2, "the same message under the same key");
    // What the first try's receiver says late does no harm.
    desk.end(at("01T10:05"), (tried[1].0, 1), Outcome::Accepted);
    assert_eq!(desk.notices.open[&1].waiting, 0);
}

#[test]
fn simulated_air_rings_no_telephone() {
    let mut with = rules(vec![urgent(&["silence"])]);
    with.live = false;
    with.channels[0].simulated = true;
    let mut desk = Desk::new(with);
    let tried = desk.bring(at(T0), alarm_of("A", at(T0)));
    assert_eq!(tried.len(), 1);
    assert!(tried[0].2.ends_with("/room"));
}

#[test]
fn a_replacement_goes_before_the_turn() {
    let mut desk = Desk::new(rules(vec![urgent(&["silence"])]));
    let of = |day, role: &str, person: &str| NoticeAct::Replace {
        assignment: Assignment { day, shift: None, role: role.into(), person: person.into() },
        reason: "病假".to_owned(),
    };
    let now = at(T0);
    desk.act(now, "zhao", &of(day("01"), "main", "wang先生")).expect("taken");
    let tried = desk.bring(now, alarm_of("A", now));
    assert!(tried[1].2.ends_with("/wang/sms"), "{tried:?}");
    let refusals = [
        (of(day("01"), "cook", "wang"), NoticeRefusal::UnknownRole),
        (of(day("01"), "main", "nobody"), NoticeRefusal::UnknownPerson),
    ];
    for (act, refusal) in refusals {
        assert_eq!(desk.act(now, "zhao", &act), Err(refusal));
    }
    let past = of(day("01").plus(-1), "main", "wang");
    assert_eq!(desk.act(now, "zhao", &past), Err(NoticeRefusal::ShiftOver));
}

#[test]
fn workdays_and_holidays_have_turns_of_their_own() {
    let mut roster = rules(Vec::new()).roster;
    roster.rotas = vec![
        Rota { on: RotaDays::Workdays, ..rota("main", &["zhang", "li"]) },
        Rota { on: RotaDays::RestDays, ..rota("main", &["wang"]) },
    ];
    roster.rest.insert(day("03"));
    roster.work.insert(day("05"));
    let on = |text: &str| roster.on_duty("main", (day(text), 0), &[]);
    // 1 December 2026 is a Tuesday; the 3rd is a holiday, Saturday the 5th is worked.
    let found: Vec<_> =
        ["01", "02", "03", "04", "05", "06", "07"].map(on).into_iter().flatten().collect();
    assert_eq!(found, ["zhang", "li", "wang", "zhang", "li", "wang", "zhang"]);
    let roles = std::collections::BTreeSet::from(["main"]);
    assert_eq!(roster.gaps((day("01"), 10), &roles, &[]), [Gap::Holidays(2026)]);
    roster.years.insert(2026);
    assert_eq!(roster.gaps((day("01"), 10), &roles, &[]), []);
    roster.rotas.pop();
    let gaps = roster.gaps((day("01"), 5), &roles, &[]);
    assert_eq!(gaps, [Gap::Nobody { day: day("03"), shift: 0, role: "main".to_owned() }]);
}

#[test]
fn shifts_change_at_their_hours() {
    let mut roster = rules(Vec::new()).roster;
    let shift = |name: &str, from_min| ShiftTime { name: name.to_owned(), from_min };
    roster.shifts = vec![shift("白班", 510), shift("夜班", 1230)];
    let place = |text: &str| roster.shift_at(at(text));
    assert_eq!(place("02T08:29"), (day("01"), 1));
    assert_eq!(place("02T08:30"), (day("02"), 0));
    assert_eq!(place("02T20:29"), (day("02"), 0));
    assert_eq!(place("02T20:30"), (day("02"), 1));
    assert_eq!(place("03T00:00"), (day("02"), 1));
}

#[test]
fn the_auditor_finds_what_does_not_come_on() {
    let mut desk = Desk::new(rules(vec![urgent(&["silence"])]));
    let tried = desk.bring(at(T0), alarm_of("A", at(T0)));
    desk.end(at(T0), (tried[1].0, 1), Outcome::Accepted);
    assert_eq!(desk.notices.stuck(&desk.rules, at("01T10:59")), []);
    let stuck = desk.notices.stuck(&desk.rules, at("01T11:00"));
    assert_eq!(stuck, [Stuck::Message { message: tried[0].0, since: at(T0) }]);
    desk.end(at("01T11:00"), (tried[0].0, 1), Outcome::Accepted);
    desk.run(at("01T11:00"), at("01T11:30"));
    let last = desk.notices.open[&1].told_last.expect("told");
    assert_eq!(desk.notices.stuck(&desk.rules, last.plus_minutes(59)), []);
    let stuck = desk.notices.stuck(&desk.rules, last.plus_minutes(60));
    assert_eq!(stuck, [Stuck::Notice { notice: 1, since: last }], "nobody reads it");
}

#[test]
fn a_repeat_that_reaches_nobody_is_still_counted() {
    let repeat = Some(Repeat { every_min: 15, most: 2 });
    let route = Route {
        send: vec![sending(&["leader"], &["sms"])],
        repeat,
        escalate: Vec::new(),
        ..urgent(&["silence"])
    };
    let mut with = rules(vec![route]);
    with.roster.rotas[2].until = Some(day("01"));
    let mut desk = Desk::new(with);
    // Told while somebody is on duty; repeated when nobody is.
    let tried = desk.bring(at("02T08:20"), alarm_of("A", at(T0)));
    desk.accept(at("02T08:20"), &tried);
    assert_eq!(desk.run(at("02T08:20"), at("03T08:00")), []);
    let repeated = desk.records.iter().filter(|r| matches!(r.body, NoticeBody::Repeated { .. }));
    assert_eq!(repeated.count(), 2);
    // So is one for which there is no channel at all.
    let mut mute = rules(vec![Route { repeat, ..urgent(&["silence"]) }]);
    mute.live = false;
    let mut desk = Desk::new(mute);
    assert_eq!(desk.bring(at(T0), alarm_of("A", at(T0))), []);
    assert_eq!(desk.run(at(T0), at("01T12:00")), []);
}

#[test]
fn what_is_on_its_way_of_a_notice_that_was_read_is_dropped_when_it_is_replaced() {
    let route = Route {
        send: vec![sending(&["main", "leader"], &["sms"])],
        escalate: Vec::new(),
        ..urgent(&["paper"])
    };
    let mut desk = Desk::new(rules(vec![route]));
    let signed = |number: &str| {
        let (number, title) = (number.to_owned(), "日报".to_owned());
        Brought::Cause(Box::new(Cause::Signed { paper: 1, number, title }))
    };
    let tried = desk.bring(at(T0), signed("1号"));
    desk.end(at(T0), (tried[0].0, 1), Outcome::Accepted);
    let down = Outcome::Failed { reason: "503".to_owned(), hold_s: None };
    desk.end(at(T0), (tried[1].0, 1), down);
    desk.act(at(T0), "zhang", &read_by(1, "zhang", Way::Token)).expect("taken");
    desk.settle(at(T0));
    assert!(desk.notices.closed.contains_key(&1) && desk.notices.outbox.len() == 1);
    let tried = desk.bring(at("01T10:01"), signed("2号"));
    assert!(
        tried.iter().all(|(_, _, key)| !key.contains("/1/")),
        "the old one goes too: {tried:?}"
    );
    assert_eq!(desk.notices.outbox.len(), 2);
}

#[test]
fn a_fixed_day_takes_a_standing_role_for_that_day_only() {
    let mut roster = rules(Vec::new()).roster;
    roster.rotas.clear();
    roster.people[3].roles = vec!["leader".to_owned()];
    let (role, person) = ("leader".to_owned(), "wang".to_owned());
    roster.fixed.push(Assignment { day: day("02"), shift: None, role, person });
    let who = |text: &str| {
        let found = roster.resolve(&["leader".to_owned()], at(text), &[]);
        found.iter().map(|person| person.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        (who("01T10:00"), who("02T10:00")),
        (vec!["zhao".to_owned()], vec!["wang".to_owned()])
    );
    let roles = std::collections::BTreeSet::from(["leader"]);
    assert_eq!(roster.gaps((day("01"), 5), &roles, &[]), []);
    roster.people[3].roles.clear();
    assert_eq!(roster.gaps((day("01"), 5), &roles, &[]).len(), 4, "all days but the fixed one");
}

#[test]
fn a_person_without_an_address_is_missed_though_the_group_was_told() {
    let low = Route { acknowledge: Acknowledge::None, escalate: Vec::new(), ..urgent(&["paper"]) };
    let mut with = rules(vec![low, urgent(&["undelivered"])]);
    with.roster.people[0].reached_by.clear();
    let mut desk = Desk::new(with);
    let (number, title) = ("1号".to_owned(), "日报".to_owned());
    let signed = Brought::Cause(Box::new(Cause::Signed { paper: 1, number, title }));
    let tried = desk.bring(at(T0), signed);
    let missed =
        |r: &&NoticeRecord| matches!(&r.body, NoticeBody::Unreachable { to, .. } if to == "zhang");
    assert!(desk.records.iter().any(|r| missed(&r)), "{:#?}", desk.records);
    let told: Vec<&str> = desk.records.iter().map(|r| r.body.kind()).collect();
    let undelivered = desk.notices.open.values().any(|n| n.kind() == NoticeKind::Undelivered);
    assert!(undelivered, "somebody has to know of it: {told:?}");
    desk.accept(at(T0), &tried);
    desk.run(at(T0), at("01T10:05"));
    let closed = desk.notices.closed[&1].closed.map(|(_, why)| why);
    assert_eq!(closed, Some(Closing::Undelivered));
}

#[test]
fn nobody_has_read_what_was_not_told() {
    let each = Route { acknowledge: Acknowledge::Each, group_s: 60, ..urgent(&["silence"]) };
    let mut desk = Desk::new(rules(vec![each]));
    desk.bring(at(T0), alarm_of("A", at(T0)));
    let early = desk.act(at(T0), "zhang", &read_by(1, "zhang", Way::Token));
    assert_eq!(early, Err(NoticeRefusal::NotTold));
    assert_eq!(desk.run(at(T0), at("01T10:02")).len(), 2);
    desk.act(at("01T10:02"), "zhang", &read_by(1, "zhang", Way::Token)).expect("taken");
    assert!(desk.notices.open[&1].is_read());
}

#[test]
fn one_message_goes_to_each_once_however_many_lines_name_them() {
    let route = Route {
        send: vec![sending(&["main"], &["room"]), sending(&["leader", "main"], &["room", "sms"])],
        ..urgent(&["silence"])
    };
    let mut desk = Desk::new(rules(vec![route]));
    desk.bring(at(T0), alarm_of("A", at(T0)));
    let planned: Vec<&Message> = desk.notices.outbox.values().map(|o| &o.message).collect();
    assert_eq!(planned.len(), 3, "the room, and a text message to each: {planned:?}");
    assert_eq!(planned[0].mentions, ["zhang", "zhao"]);
}

#[test]
fn a_receiver_that_asks_for_an_hour_does_not_hold_up_giving_up() {
    let mut desk = Desk::new(rules(vec![urgent(&["silence"])]));
    let tried = desk.bring(at(T0), alarm_of("A", at(T0)));
    desk.end(at(T0), (tried[1].0, 1), Outcome::Accepted);
    let hold = Outcome::Failed { reason: "later".to_owned(), hold_s: Some(3600) };
    desk.end(at(T0), (tried[0].0, 1), hold);
    desk.run(at(T0), at("01T10:45"));
    let gave_up = desk.records.iter().find(|r| matches!(r.body, NoticeBody::GaveUp { .. }));
    assert_eq!(gave_up.map(|r| r.at), Some(at("01T10:30")));
}
