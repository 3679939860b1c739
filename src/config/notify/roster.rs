//! The roster (`roster.toml`): people with their addresses, shifts, turns, fixed days, public holidays.
//!
//! In: the file. Out: the [`Roster`] that decides, and the [`Contact`]s that only the senders see; or every
//! fault with its key.

use std::collections::{BTreeMap, BTreeSet};

use toml::Value;

use crate::config::measures::minute_of_day;
use crate::config::section::{Section, one_of, parsed, text, texts};
use crate::delivery::Contact;
use crate::notification::{Assignment, ChannelKind, Person, Roster, Rota, RotaDays, ShiftTime};
use crate::time::Day;

/// People and when they are on duty; and how they are reached, by short name.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) roster: Roster,
    pub(super) contacts: BTreeMap<String, Contact>,
}

pub(super) fn read(mut root: Section<'_>) -> Read {
    let mut found = Read::default();
    for mut section in root.sections("shift") {
        let name = section.required("name", text);
        let from = section.required("from", minute_of_day);
        if let (Some(name), Some(from_min)) = (name, from) {
            found.roster.shifts.push(ShiftTime { name, from_min });
        }
        section.finish();
    }
    found.roster.shifts.sort_by_key(|shift| shift.from_min);
    for pair in found.roster.shifts.windows(2) {
        if pair[0].from_min == pair[1].from_min {
            let (one, other) = (&pair[0].name, &pair[1].name);
            root.fault("shift", format_args!("{one:?} and {other:?} begin at the same time"));
        }
    }
    let names: BTreeSet<&str> = found.roster.shifts.iter().map(|s| s.name.as_str()).collect();
    if names.len() < found.roster.shifts.len() {
        root.fault("shift", "a name stands twice");
    }
    if found.roster.shifts.is_empty() {
        root.fault("shift", "is missing: at least one [[shift]] says when duty begins");
    }
    for section in root.sections("person") {
        person(section, &mut found);
    }
    let people = found.roster.people.iter().map(|person| person.id.clone()).collect();
    let shifts = &found.roster.shifts;
    let known = Known { people, shifts };
    let rotas = root.sections("rota").into_iter().filter_map(|section| rota(section, &known));
    let fixed = root.sections("fixed").into_iter().filter_map(|section| fixed(section, &known));
    let (rotas, fixed) = (rotas.collect(), fixed.collect());
    (found.roster.rotas, found.roster.fixed) = (rotas, fixed);
    holidays(root.section("holidays"), &mut found.roster);
    root.finish();
    found
}

fn person(mut section: Section<'_>, found: &mut Read) {
    let id = section.required("id", text);
    let name = section.required("name", text);
    let languages = [("zh", false), ("en", true)];
    let english = section.optional("language", one_of(&languages)).unwrap_or(false);
    let roles = section.optional("roles", texts).unwrap_or_default();
    let contact = Contact {
        name: name.clone().unwrap_or_default(),
        phone: section.optional("phone", phone),
        mail: section.optional("mail", mail),
        dingtalk: section.optional("dingtalk", text),
        wecom: section.optional("wecom", text),
        feishu: section.optional("feishu", text),
    };
    if let Some(id) = &id
        && found.contacts.contains_key(id)
    {
        section.fault("id", format_args!("{id:?} stands twice"));
    }
    if let (Some(id), Some(name)) = (id, name) {
        let by_phone = contact.phone.as_ref().map(|_| ChannelKind::Sms);
        let by_mail = contact.mail.as_ref().map(|_| ChannelKind::Mail);
        let reached_by = by_phone.into_iter().chain(by_mail).collect();
        found.roster.people.push(Person { id: id.clone(), name, english, roles, reached_by });
        found.contacts.insert(id, contact);
    }
    section.finish();
}

/// A number with or without the country's; digits only are kept.
fn phone(value: &Value) -> Result<String, String> {
    let written = text(value)?;
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let plain = written.chars().all(|c| c.is_ascii_digit() || "+- ".contains(c));
    if plain && (7..=15).contains(&digits.len()) {
        return Ok(digits);
    }
    Err("must be a telephone number of 7 to 15 digits".to_owned())
}

fn mail(value: &Value) -> Result<String, String> {
    let written = text(value)?;
    match written.split_once('@') {
        Some((name, host)) if !name.is_empty() && host.contains('.') => Ok(written),
        _ => Err("must be an address such as zhang@example.com".to_owned()),
    }
}

/// Who and which shifts there are.
struct Known<'a> {
    people: BTreeSet<String>,
    shifts: &'a [ShiftTime],
}

impl Known<'_> {
    fn person(&self) -> impl Fn(&Value) -> Result<String, String> {
        |value| {
            let id = text(value)?;
            let known = self.people.contains(&id);
            known.then_some(id.clone()).ok_or_else(|| format!("no [[person]] has the id {id:?}"))
        }
    }

    /// A shift by its name, as its place.
    fn shift(&self) -> impl Fn(&Value) -> Result<usize, String> {
        |value| {
            let name = text(value)?;
            let place = self.shifts.iter().position(|shift| shift.name == name);
            place.ok_or_else(|| format!("no [[shift]] has the name {name:?}"))
        }
    }
}

fn rota(mut section: Section<'_>, known: &Known<'_>) -> Option<Rota> {
    let on = [
        ("all", RotaDays::All),
        ("workdays", RotaDays::Workdays),
        ("rest_days", RotaDays::RestDays),
    ];
    let role = section.required("role", text);
    let people = section.required("people", texts);
    let from: Option<Day> = section.required("from", parsed);
    let until: Option<Day> = section.optional("until", parsed);
    let shift = section.optional("shift", known.shift());
    let days_each = section.whole("days_each", 1..=31, 1);
    let on = section.optional("on", one_of(&on)).unwrap_or(RotaDays::All);
    if let Some(people) = &people {
        if people.is_empty() {
            section.fault("people", "must name somebody");
        }
        for id in people.iter().filter(|id| !known.people.contains(*id)) {
            section.fault("people", format_args!("no [[person]] has the id {id:?}"));
        }
    }
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        section.fault("until", "is before `from`");
    }
    section.finish();
    Some(Rota { role: role?, shift, people: people?, from: from?, until, days_each, on })
}

fn fixed(mut section: Section<'_>, known: &Known<'_>) -> Option<Assignment> {
    let day: Option<Day> = section.required("day", parsed);
    let role = section.required("role", text);
    let person = section.required("person", known.person());
    let shift = section.optional("shift", known.shift());
    section.finish();
    Some(Assignment { day: day?, shift, role: role?, person: person? })
}

fn holidays(mut section: Section<'_>, roster: &mut Roster) {
    let years = section.optional("years", |value| {
        let year = |item: &Value| item.as_integer().and_then(|year| i32::try_from(year).ok());
        let years: Option<BTreeSet<i32>> =
            value.as_array().and_then(|items| items.iter().map(year).collect());
        years.ok_or_else(|| "must be a list of years such as [2026]".to_owned())
    });
    roster.years = years.unwrap_or_default();
    roster.rest = section.optional("rest", days).unwrap_or_default();
    roster.work = section.optional("work", days).unwrap_or_default();
    for day in roster.rest.iter().chain(&roster.work) {
        if !roster.years.contains(&day.date().0) {
            section.fault("years", format_args!("{day} is of a year that is not listed"));
        }
    }
    for day in roster.rest.intersection(&roster.work) {
        section.fault("work", format_args!("{day} is a rest day, too"));
    }
    section.finish();
}

/// Days, or spans of them such as `2026-10-01..2026-10-07`.
fn days(value: &Value) -> Result<BTreeSet<Day>, String> {
    let mut found = BTreeSet::new();
    for written in texts(value)? {
        let (first, last) = written.split_once("..").unwrap_or((&written, &written));
        let read = |text: &str| text.trim().parse::<Day>().ok();
        let span = read(first).zip(read(last)).filter(|(first, last)| first <= last);
        let Some((first, last)) = span.filter(|(a, b)| b.number() - a.number() < 62) else {
            return Err(format!("must be days or spans of days, got {written:?}"));
        };
        found.extend((first.number()..=last.number()).map(Day::from_number));
    }
    Ok(found)
}
