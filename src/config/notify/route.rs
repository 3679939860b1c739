//! `[[route]]` and `[[inhibit]]`: who learns of which kind by which channel.

use std::collections::BTreeSet;

use toml::Value;

use crate::config::measures::minute_of_day;
use crate::config::section::{Section, one_of, text, texts, truth};
use crate::notification::{
    Acknowledge, Assignment, ChannelKind, ChannelRules, Escalation, Inhibition, NoticeKind,
    NoticeRules, Repeat, Roster, Rota, Route, Sending,
};

/// What routes may name.
pub(super) struct Known<'a> {
    /// `None` where the roster has faults of its own: what they bring with them is not told beside them.
    pub(super) roster: Option<&'a Roster>,
    pub(super) channels: &'a [ChannelRules],
}

pub(super) fn routes(sections: Vec<Section<'_>>, known: &Known<'_>) -> Vec<Route> {
    let mut taken = BTreeSet::new();
    sections.into_iter().filter_map(|section| route(section, known, &mut taken)).collect()
}

fn route(
    mut section: Section<'_>,
    known: &Known<'_>,
    taken: &mut BTreeSet<String>,
) -> Option<Route> {
    let kinds = section.required("kinds", selectors);
    for kind in kinds.iter().flatten() {
        if !taken.insert(kind.clone()) {
            section.fault("kinds", format_args!("{kind} has a route already"));
        }
    }
    let send = sendings(&mut section, known, kinds.as_deref().unwrap_or_default());
    let words =
        [("none", Acknowledge::None), ("one", Acknowledge::One), ("each", Acknowledge::Each)];
    let acknowledge = section.optional("acknowledge", one_of(&words)).unwrap_or_default();
    let group_s = section.whole("group_s", 0..=3600, 0);
    let quiet = section.optional("quiet", quiet);
    let urgent = kinds.iter().flatten().find(|kind| is_urgent(kind));
    if let (Some(kind), Some(_)) = (urgent, quiet) {
        section.fault("quiet", format_args!("{kind} does not wait for the morning"));
    }
    let every_min = section.whole("repeat_min", 0..=1440, 0);
    let most = section.whole("repeat_most", 1..=100, 3);
    let repeat = (every_min > 0).then_some(Repeat { every_min, most });
    let tell_end = section.optional("tell_end", truth).unwrap_or(false);
    let mut escalate: Vec<Escalation> = Vec::new();
    for mut step in section.sections("escalate") {
        let after_min = step.whole("after_min", 1..=10_080, 10);
        if escalate.last().is_some_and(|before| before.after_min > after_min) {
            step.fault("after_min", "must not be before that of the step before it");
        }
        if let Some(send) = sending(&mut step, known, kinds.as_deref().unwrap_or_default()) {
            escalate.push(Escalation { after_min, send });
        }
        step.finish();
    }
    let insists = repeat.is_some() || !escalate.is_empty();
    if acknowledge == Acknowledge::None && insists {
        let reason = "must be \"one\" or \"each\" where something is repeated or goes on";
        section.fault("acknowledge", reason);
    }
    section.finish();
    Some(Route { kinds: kinds?, send, acknowledge, group_s, quiet, repeat, escalate, tell_end })
}

/// Whether a selector is of what nobody may sleep through.
fn is_urgent(selector: &str) -> bool {
    NoticeKind::ALL.into_iter().any(|kind| kind.name() == selector && kind.priority() == 0)
}

/// `["recommendation", "silence.station"]`.
fn selectors(value: &Value) -> Result<Vec<String>, String> {
    let found = texts(value)?;
    if found.is_empty() {
        return Err("must name at least one kind".to_owned());
    }
    match found.iter().find(|kind| !NoticeRules::is_selector(kind)) {
        None => Ok(found),
        Some(unknown) => {
            let kind = unknown.split('.').next().unwrap_or_default();
            let of = NoticeKind::ALL.into_iter().find(|known| known.name() == kind);
            Err(match of {
                Some(of) if !of.parts().is_empty() => {
                    let parts = of.parts().join(", ");
                    format!("{unknown:?} is no part of {kind} (known: {parts})")
                }
                _ => {
                    let known = NoticeKind::ALL.map(NoticeKind::name).join(", ");
                    format!("{unknown:?} is no kind (known: {known})")
                }
            })
        }
    }
}

fn sendings(section: &mut Section<'_>, known: &Known<'_>, kinds: &[String]) -> Vec<Sending> {
    let mut found = Vec::new();
    let sections = section.sections("send");
    if sections.is_empty() {
        section.fault("send", "is missing: at least one { to = […], by = […] }");
    }
    for mut of in sections {
        found.extend(sending(&mut of, known, kinds));
        of.finish();
    }
    found
}

fn sending(section: &mut Section<'_>, known: &Known<'_>, kinds: &[String]) -> Option<Sending> {
    let by = section.required("by", texts);
    let to = section.optional("to", texts).unwrap_or_default();
    let unknown = |name: &&String| known.roster.is_some_and(|roster| !roster.knows(name));
    for name in to.iter().filter(unknown) {
        section.fault("to", format_args!("the roster has no role and nobody called {name:?}"));
    }
    let by = by?;
    if by.is_empty() {
        section.fault("by", "must name at least one channel");
    }
    for name in &by {
        let Some(channel) = known.channels.iter().find(|channel| channel.name == *name) else {
            section.fault("by", format_args!("there is no [[channel]] {name:?}"));
            continue;
        };
        check_channel((section, &to), channel, (known.roster, kinds));
    }
    Some(Sending { to, by })
}

/// Whether a channel reaches who is meant, and may carry these kinds.
fn check_channel(
    (section, to): (&Section<'_>, &[String]),
    channel: &ChannelRules,
    (roster, kinds): (Option<&Roster>, &[String]),
) {
    let name = &channel.name;
    if channel.kind == ChannelKind::Mqtt {
        let level = |kind: &String| {
            NoticeKind::ALL.into_iter().any(|known| known.is_level() && known.name() == kind)
        };
        if let Some(other) = kinds.iter().find(|kind| !level(kind)) {
            let reason = format_args!("{name:?} tells only what was issued, never {other}");
            section.fault("by", reason);
        }
        return;
    }
    if to.is_empty() && channel.kind.is_personal() {
        section.fault("to", format_args!("must name somebody: {name:?} sends to one person each"));
    }
    let Some(roster) = roster.filter(|_| channel.kind.is_personal()) else { return };
    let meant = |id: &str, roles: &[String]| {
        to.iter().any(|name| {
            let of_rota = |rota: &Rota| rota.role == *name && rota.people.iter().any(|of| of == id);
            let fixed = |of: &Assignment| of.role == *name && of.person == id;
            let in_turn = roster.rotas.iter().any(of_rota) || roster.fixed.iter().any(fixed);
            name == id || roles.contains(name) || in_turn
        })
    };
    let without = roster.people.iter().filter(|person| {
        meant(&person.id, &person.roles) && !person.reached_by.contains(&channel.kind)
    });
    for person in without {
        let what = if channel.kind == ChannelKind::Sms { "phone" } else { "mail" };
        section.fault("to", format_args!("{:?} has no {what} for {name:?}", person.id));
    }
}

/// `"22:00-07:00"`.
fn quiet(value: &Value) -> Result<(u16, u16), String> {
    let written = text(value)?;
    let minute = |text: &str| minute_of_day(&Value::String(text.trim().to_owned())).ok();
    let span = written.split_once('-').and_then(|(from, to)| minute(from).zip(minute(to)));
    let span = span.filter(|(from, to)| from != to);
    span.ok_or_else(|| format!("must be a span such as \"22:00-07:00\", got {written:?}"))
}

pub(super) fn inhibitions(sections: Vec<Section<'_>>) -> Vec<Inhibition> {
    let mut found: Vec<Inhibition> = Vec::new();
    for mut section in sections {
        let while_open = section
            .required("while", |value| selectors(&Value::Array(vec![Value::String(text(value)?)])));
        let mutes = section.required("mutes", selectors);
        let while_open = while_open.map(|mut one| one.remove(0));
        for muted in mutes.iter().flatten() {
            if is_urgent(muted) {
                section.fault("mutes", format_args!("{muted} is never muted"));
            }
            let itself = while_open.as_ref().filter(|of| NoticeRules::overlap(of, muted));
            if let Some(of) = itself {
                section.fault("mutes", format_args!("{muted} is {of}, too: it would mute itself"));
            }
        }
        if let (Some(while_open), Some(mutes)) = (while_open, mutes) {
            let back = |known: &Inhibition| {
                let muted = known.mutes.iter().any(|m| NoticeRules::overlap(m, &while_open));
                muted && mutes.iter().any(|m| NoticeRules::overlap(m, &known.while_open))
            };
            if let Some(known) = found.iter().find(|known| back(known)) {
                let of = &known.while_open;
                section.fault("while", format_args!("{of} mutes it, and it mutes {of}"));
            }
            found.push(Inhibition { while_open, mutes });
        }
        section.finish();
    }
    found
}
