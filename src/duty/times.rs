//! Fixed times (时限): what is due when, what comes near, what is late, what was done.
//!
//! In: the time, the room's [`DutyRules`], and what the area has come to ([`Facts`]). Out: bodies of records;
//! the state ([`Times`]) follows from the records.
//!
//! Each item goes one way: nothing, reminded, overdue, escalated, and at any time done; what is not done
//! after `give_up_days` is missed, and what the room was reminded of and is asked for no longer lapses.
//! Missing hourly values are one item from the first of them to the hour that has a value again, however
//! many lie between.
//!
//! Invariants: an item is done by what shows it (a signed paper, an official forecast, figures, a list), or
//! by a person's word that names where; how late it was follows from the record. Nothing is due in a response
//! that does not hold at that time.
//!
//! Source: terms.md (fixed times: hourly within 60 minutes; 日报 by 12:00 next day; 预报 by 20:00; 应对日报 at
//! 14:00 during a response, districts by 13:00; list revised by 30 September); issue 6, Build 3.

use std::collections::BTreeMap;

use super::item::{Done, Fixed, How, Item, Stage};
use super::record::{DutyBody, DutyRecord};
use super::shift::AHEAD_MIN;
use super::{DutyRefusal, DutyRules, Papers, check, named};
use crate::outlook::Source;
use crate::time::{Day, Hour, Instant};
use crate::warning::Warnings;

const DAY_MIN: i64 = 24 * 60;
/// Days ahead that are told as what comes next.
const COMING_DAYS: i64 = 60;
/// Days after 30 September on which a list is no longer waited for: the year is over.
const LIST_GIVE_UP_DAYS: i64 = 92;

/// An item that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenItem {
    /// Until when.
    pub due: Instant,
    /// How far it has come.
    pub stage: Stage,
}

/// The fixed times of an area.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// What waits.
    pub open: BTreeMap<(Fixed, Hour), OpenItem>,
    /// What was done or missed lately, and until when it was due: it is not asked for again.
    closed: BTreeMap<(Fixed, Hour), Instant>,
}

/// What an area has come to.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// Its code: papers of the whole area have it as their subject.
    pub area: &'a str,
    /// Papers that are signed.
    pub papers: &'a Papers,
    /// Forecasts, responses and what is reported in them.
    pub warnings: &'a Warnings,
    /// The newest published hour with an AQI of the city; `None` before there is one.
    pub newest: Option<Hour>,
    /// Whether a published hour has one.
    pub has_aqi: &'a dyn Fn(Hour) -> bool,
}

impl std::fmt::Debug for Facts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Facts").field("newest", &self.newest).finish_non_exhaustive()
    }
}

/// When an item is due.
fn due((fixed, of): (Fixed, Hour), rules: &DutyRules) -> Instant {
    let at = |day: Day, minute: u16| day.start().start().plus_minutes(minute.into());
    let day = of.day();
    match fixed {
        Fixed::Hourly => of.end().plus_minutes(rules.hourly_within_min.into()),
        Fixed::DailyReport => at(day.plus(1), rules.daily_report_due),
        Fixed::Forecast => at(day, rules.forecast_due),
        Fixed::DistrictFigures => at(day, rules.district_figures_due),
        Fixed::ResponseReport => at(day, rules.response_report_due),
        Fixed::MeasuresList => {
            let end = Day::of(day.date().0, 10, 1).unwrap_or(day);
            end.start().start()
        }
    }
}

/// What is still to come of an item, by the stage that it has reached, each with its moment.
fn moments(
    (fixed, of): (Fixed, Hour),
    open: Option<&OpenItem>,
    rules: &DutyRules,
) -> Vec<(Instant, DutyBody)> {
    let due = open.map_or_else(|| due((fixed, of), rules), |open| open.due);
    let item = Item { fixed, of, due };
    let stage = open.map(|open| open.stage);
    let mut all = Vec::new();
    if let (None, Some(remind)) = (stage, remind(item, rules)) {
        all.push((remind, DutyBody::Reminded(item)));
    }
    if stage.is_none_or(|stage| stage == Stage::Reminded) {
        all.push((due, DutyBody::Overdue(item)));
    }
    if stage == Some(Stage::Overdue) {
        let escalate = due.plus_minutes(rules.escalate_after_min.into());
        all.push((escalate, DutyBody::Escalated(item)));
    }
    if let (Some(_), Some(missed)) = (stage, give_up(item, rules)) {
        all.push((missed, DutyBody::Missed(item)));
    }
    all
}

/// When the room is reminded of an item, if ever.
fn remind(item: Item, rules: &DutyRules) -> Option<Instant> {
    let day = item.due.plus_minutes(-1).hour().day().start().start();
    let remind = match item.fixed {
        Fixed::Hourly | Fixed::DistrictFigures => return None,
        Fixed::DailyReport => day.plus_minutes(rules.daily_report_remind.into()),
        Fixed::Forecast => day.plus_minutes(rules.forecast_remind.into()),
        Fixed::ResponseReport => day.plus_minutes(rules.response_report_remind.into()),
        Fixed::MeasuresList => {
            let days = i64::from(rules.measures_list_remind_days);
            item.due.plus_minutes(-days * DAY_MIN)
        }
    };
    Some(remind).filter(|at| *at < item.due)
}

/// When an item is no longer waited for; missing hours are waited for until there is one.
fn give_up(item: Item, rules: &DutyRules) -> Option<Instant> {
    let days = match item.fixed {
        Fixed::Hourly => return None,
        Fixed::MeasuresList => LIST_GIVE_UP_DAYS,
        _ => rules.give_up_days.into(),
    };
    Some(item.due.plus_minutes(days * DAY_MIN))
}

/// From when an item can be done.
fn opens((fixed, of): (Fixed, Hour)) -> Instant {
    match fixed {
        Fixed::Hourly => of.end(),
        Fixed::DailyReport => of.day().plus(1).start().start(),
        _ => of.start(),
    }
}

/// Every item but hours that may have something to come around `now`.
fn around(now: Instant, rules: &DutyRules) -> impl Iterator<Item = (Fixed, Hour)> + use<'_> {
    let today = now.hour().day();
    let year = today.date().0;
    let back = i32::from(rules.give_up_days) + 2;
    let daily =
        [Fixed::DailyReport, Fixed::Forecast, Fixed::DistrictFigures, Fixed::ResponseReport];
    let days = (-back..=1).flat_map(move |n| daily.map(|fixed| (fixed, today.plus(n).start())));
    let years = (year - 1..=year + 1).filter_map(|year| Day::of(year, 1, 1));
    let all = days.chain(years.map(|day| (Fixed::MeasuresList, day.start())));
    all.filter(|(fixed, _)| !rules.off.contains(fixed))
}

impl Times {
    /// When time alone brings something next.
    #[must_use]
    pub fn next_deadline(&self, rules: &DutyRules, now: Instant) -> Option<Instant> {
        let new = around(now, rules).filter(|key| self.is_new(key));
        let new = new.flat_map(|key| moments(key, None, rules));
        let open = self.open.iter().flat_map(|(key, open)| moments(*key, Some(open), rules));
        let hourly = self.hourly(rules).and_then(|open| {
            let within = i64::from(rules.hourly_within_min);
            let next = now.plus_minutes(-within).hour().end().plus_minutes(within);
            open.is_none().then_some(next)
        });
        new.chain(open).map(|(at, _)| at).chain(hourly).filter(|at| *at > now).min()
    }

    /// Whether nothing of an item was recorded yet.
    fn is_new(&self, key: &(Fixed, Hour)) -> bool {
        !self.open.contains_key(key) && !self.closed.contains_key(key)
    }

    /// The hours that miss, if any; `None` where nobody waits for hours.
    fn hourly(&self, rules: &DutyRules) -> Option<Option<&OpenItem>> {
        let on = !rules.off.contains(&Fixed::Hourly);
        on.then(|| self.hours().map(|(_, open)| open))
    }

    fn hours(&self) -> Option<(Hour, &OpenItem)> {
        let mut hours = self.open.range((Fixed::Hourly, Hour::from_number(i32::MIN))..);
        hours.next().filter(|((fixed, _), _)| *fixed == Fixed::Hourly).map(|((_, of), o)| (*of, o))
    }

    /// What is recorded at the moment `now` of [`Times::next_deadline`].
    #[must_use]
    pub fn tick(&self, rules: &DutyRules, facts: &Facts<'_>, now: Instant) -> Vec<DutyBody> {
        let new = around(now, rules)
            .filter(|key| self.is_new(key) && exists(*key, rules, facts.warnings));
        // What was over before anybody watched is not asked for.
        let new = new.flat_map(|key| moments(key, None, rules)).filter(|(at, _)| *at == now);
        let open = self.open.iter().flat_map(|(key, open)| moments(*key, Some(open), rules));
        let open = open.filter(|(at, _)| *at <= now);
        // What the room was reminded of may be asked for no longer by now.
        let here = |item: &Item| exists((item.fixed, item.of), rules, facts.warnings);
        let bodies = new.chain(open).map(|(_, body)| match body {
            DutyBody::Overdue(item) if !here(&item) => DutyBody::Lapsed(item),
            body => body,
        });
        let hours = self.hourly(rules).and_then(|_| self.tick_hours(rules, facts, now));
        bodies.chain(hours).collect()
    }

    fn tick_hours(&self, rules: &DutyRules, facts: &Facts<'_>, now: Instant) -> Option<DutyBody> {
        let of = last_due_hour(rules, now);
        let due = due((Fixed::Hourly, of), rules);
        // Where there never was a value, the city's air is not watched yet.
        let misses = due == now && facts.newest.is_some() && !(facts.has_aqi)(of);
        let first = misses && self.hours().is_none();
        first.then_some(DutyBody::Overdue(Item { fixed: Fixed::Hourly, of, due }))
    }

    /// What has been done since, at `now`; what is asked for no longer; and of a response that was entered
    /// after the times of its day what is late already.
    #[must_use]
    pub fn settle(&self, rules: &DutyRules, facts: &Facts<'_>, now: Instant) -> Vec<DutyBody> {
        let here = |key: &(Fixed, Hour)| exists(*key, rules, facts.warnings);
        let new = around(now, rules).filter(|key| self.is_new(key) && here(key));
        let mut bodies: Vec<DutyBody> = Vec::new();
        for key in new.filter(|key| opens(*key) <= now) {
            let item = Item { fixed: key.0, of: key.1, due: due(key, rules) };
            let shown = self.shown(item, rules, facts, now);
            if now <= item.due {
                bodies.extend(shown.map(DutyBody::Done));
            } else if is_of_response(item.fixed) && item.of.day() == now.hour().day() {
                bodies.push(DutyBody::Overdue(item));
                bodies.extend(shown.map(DutyBody::Done));
            }
        }
        for ((fixed, of), open) in
            self.open.iter().filter(|((fixed, _), _)| *fixed != Fixed::Hourly)
        {
            let item = Item { fixed: *fixed, of: *of, due: open.due };
            match self.shown(item, rules, facts, now) {
                Some(done) => bodies.push(DutyBody::Done(done)),
                None if open.stage == Stage::Reminded && !here(&(*fixed, *of)) => {
                    bodies.push(DutyBody::Lapsed(item));
                }
                None => {}
            }
        }
        bodies.extend(self.back(rules, facts, now).map(DutyBody::Done));
        bodies
    }

    /// That hours have values again: one that is not older than the last that was due.
    fn back(&self, rules: &DutyRules, facts: &Facts<'_>, now: Instant) -> Option<Done> {
        let ((of, open), newest) = (self.hours()?, facts.newest?);
        if newest < of.max(last_due_hour(rules, now)) {
            return None;
        }
        let missing = (of.number()..newest.number()).map(Hour::from_number);
        let missing = missing.filter(|hour| !(facts.has_aqi)(*hour)).count();
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        let item = Item { fixed: Fixed::Hourly, of, due: open.due };
        Some(Done { item, done: now, how: How::Back { since: newest, missing } })
    }

    /// What shows that something is done.
    fn shown(
        &self,
        item: Item,
        rules: &DutyRules,
        facts: &Facts<'_>,
        now: Instant,
    ) -> Option<Done> {
        let Item { fixed, of, .. } = item;
        let day = of.day();
        let subject = format!("{} {day}", facts.area);
        let signed = fixed.paper().and_then(|paper| facts.papers.signed_of(paper, &subject));
        let signed =
            signed.map(|signed| (signed.at, How::Signed { number: signed.number.clone() }));
        let shown = match fixed {
            Fixed::Hourly | Fixed::DailyReport | Fixed::ResponseReport => None,
            Fixed::Forecast => {
                let official = |source| source == Source::Fed;
                let mut issues = facts.warnings.book.all().map(|kept| &kept.forecast);
                let issue = issues.find(|f| official(f.source) && f.issued.hour().day() == day);
                issue.map(|f| (f.issued, How::Forecast { office: f.office.clone() }))
            }
            Fixed::DistrictFigures => {
                let reported = facts.warnings.execution.days.get(&day);
                let first = |name: &String| Some(reported?.get(name)?.first);
                let all: Option<Vec<Instant>> = rules.districts.iter().map(first).collect();
                let last = all.and_then(|all| all.into_iter().max());
                last.map(|last| (last, How::Reported))
            }
            Fixed::MeasuresList => {
                let from = facts.warnings.list_from.as_deref();
                let from: Day = from.and_then(|from| from.parse().ok())?;
                let is_of_year = from.date().0 == day.date().0;
                let how = || How::Adopted { in_force: from.to_string() };
                is_of_year.then(|| (from.start().start(), how()))
            }
        };
        let earliest = [signed, shown].into_iter().flatten().min_by_key(|(at, _)| *at)?;
        let (done, how) = earliest;
        Some(Done { item, done: done.min(now), how })
    }

    /// What is recorded when a person says that something was done.
    pub(super) fn mark(
        &self,
        (fixed, of): (Fixed, Hour),
        (at, note): (Instant, &str),
        (rules, warnings): (&DutyRules, &Warnings),
        now: Instant,
    ) -> Result<DutyBody, DutyRefusal> {
        let key = (fixed, of);
        let known = around(now, rules).any(|known| known == key);
        let soon = known && opens(key) <= now && exists(key, rules, warnings);
        let waits = self.open.contains_key(&key) || (soon && self.is_new(&key));
        check(waits, DutyRefusal::NothingDue)?;
        named(&[note])?;
        check(at <= now.plus_minutes(AHEAD_MIN), DutyRefusal::InFuture)?;
        check(opens(key) <= at, DutyRefusal::OutOfOrder)?;
        let due = self.open.get(&key).map_or_else(|| due(key, rules), |open| open.due);
        let how = How::Told { note: note.trim().to_owned() };
        Ok(DutyBody::Done(Done { item: Item { fixed, of, due }, done: at, how }))
    }

    /// What is due next: items of today and the days to come that are not done, the first to come first.
    #[must_use]
    pub fn coming(&self, rules: &DutyRules, warnings: &Warnings, now: Instant) -> Vec<Item> {
        let here =
            around(now, rules).filter(|key| self.is_new(key) && exists(*key, rules, warnings));
        let items = here.map(|(fixed, of)| Item { fixed, of, due: due((fixed, of), rules) });
        // A list of next autumn is not what comes next.
        let until = now.plus_minutes(COMING_DAYS * DAY_MIN);
        let mut items: Vec<Item> =
            items.filter(|item| item.due > now && item.due <= until).collect();
        items.sort_by_key(|item| (item.due, item.fixed));
        items
    }

    pub(super) fn take(&mut self, record: &DutyRecord) {
        let mut open = |item: &Item, stage| {
            let of = OpenItem { due: item.due, stage };
            self.open.insert((item.fixed, item.of), of);
        };
        let item = match &record.body {
            DutyBody::Reminded(item) => return open(item, Stage::Reminded),
            DutyBody::Overdue(item) => return open(item, Stage::Overdue),
            DutyBody::Escalated(item) => return open(item, Stage::Escalated),
            DutyBody::Missed(item) | DutyBody::Lapsed(item) => item,
            DutyBody::Done(done) => &done.item,
            _ => return,
        };
        let key = (item.fixed, item.of);
        self.open.remove(&key);
        self.closed.insert(key, item.due);
        // Until nothing of it can come any more.
        let kept = |fixed: Fixed| match fixed {
            Fixed::MeasuresList => LIST_GIVE_UP_DAYS + 8,
            _ => 40,
        };
        self.closed.retain(|(fixed, _), due| due.plus_minutes(kept(*fixed) * DAY_MIN) >= record.at);
    }
}

/// The last hour whose value is due at `now`.
fn last_due_hour(rules: &DutyRules, now: Instant) -> Hour {
    now.plus_minutes(-i64::from(rules.hourly_within_min)).hour().plus(-1)
}

const fn is_of_response(fixed: Fixed) -> bool {
    matches!(fixed, Fixed::DistrictFigures | Fixed::ResponseReport)
}

/// Whether there is such an item: of a response only while one holds when it is due.
fn exists(key: (Fixed, Hour), rules: &DutyRules, warnings: &Warnings) -> bool {
    let responds = || {
        let due = due(key, rules);
        let holds = |of: &crate::warning::Response| {
            of.from <= due && of.until.is_none_or(|until| until > due)
        };
        warnings.execution.responses.iter().any(holds)
    };
    if rules.off.contains(&key.0) {
        return false;
    }
    match key.0 {
        Fixed::Hourly | Fixed::DailyReport | Fixed::Forecast => true,
        Fixed::DistrictFigures => !rules.districts.is_empty() && responds(),
        Fixed::ResponseReport => responds(),
        Fixed::MeasuresList => warnings.list_from.is_some(),
    }
}
