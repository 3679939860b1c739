//! The messages of one round of a notice: to whom, by what, under which names; and who could not be reached.
//!
//! Invariants: each gets a round once, however many lines name them; a person without an address is missed
//! even where the group was told.

use super::cause::Cause;
use super::plan::At;
use super::record::{Message, NoticeBody, Round};
use super::roster::Person;
use super::rules::{Acknowledge, ChannelRules, Route, Sending};
use super::state::{Notice, Notices};
use super::{ChannelKind, NoticeKind};

impl Notices {
    /// The messages of one round, each to whom it goes once; and who could not be reached.
    pub(super) fn round<'a>(
        &self,
        (notice, route): (&Notice, &Route),
        sends: impl Iterator<Item = &'a Sending>,
        round: Round,
        at: &At<'_>,
    ) -> Vec<NoticeBody> {
        let each = route.acknowledge == Acknowledge::Each && matches!(round, Round::Repeat(_));
        let (mut planned, mut bodies) = (Vec::<Message>::new(), Vec::new());
        for send in sends {
            let people = at.rules.roster.resolve(&send.to, at.now, &self.replacements);
            let has_read = |p: &&&Person| notice.read.iter().any(|(_, ack)| ack.who == p.id);
            let people: Vec<&Person> =
                people.iter().filter(|p| !each || !has_read(p)).copied().collect();
            if each && people.is_empty() && !send.to.is_empty() {
                continue; // all of these have read it
            }
            for message in messages((notice, send), &people, round, at) {
                match planned.iter_mut().find(|known| known.key == message.key) {
                    None => planned.push(message),
                    Some(known) => {
                        let fresh = message.mentions.into_iter();
                        let fresh: Vec<String> =
                            fresh.filter(|m| !known.mentions.contains(m)).collect();
                        known.mentions.extend(fresh);
                    }
                }
            }
            if round != Round::End {
                bodies.extend(self.unreached((notice, send), &people, at));
            }
        }
        // What a repeat cannot tell, what was told first has said.
        let complains = matches!(round, Round::First | Round::Step(_));
        let complaint = bodies.iter().filter(|_| complains).find_map(|body| match body {
            NoticeBody::Unreachable { to, by, .. } => Some((by.clone(), Some(to.clone()))),
            _ => None,
        });
        let planned = planned.into_iter().map(NoticeBody::Planned);
        let mut bodies: Vec<NoticeBody> = planned.chain(bodies).collect();
        if let Some((channel, person)) = complaint {
            let why = "无人在岗或没有联系方式".to_owned();
            bodies.extend(self.complain((notice, 0), (channel, person, why), at));
        }
        bodies
    }

    /// Names behind which nobody stands, and persons without an address by any channel for them alone.
    fn unreached(
        &self,
        (notice, send): (&Notice, &Sending),
        people: &[&Person],
        at: &At<'_>,
    ) -> Vec<NoticeBody> {
        let usable: Vec<&ChannelRules> =
            send.by.iter().filter_map(|name| at.rules.channel(name)).collect();
        // Without a channel that may send, nothing is missing: simulated air rings nobody's phone.
        if usable.is_empty() {
            return Vec::new();
        }
        let nobody = send.to.iter().filter(|name| {
            let one = std::slice::from_ref(*name);
            at.rules.roster.resolve(one, at.now, &self.replacements).is_empty()
        });
        let mut personal = usable.iter().filter(|channel| channel.kind.is_personal()).peekable();
        let alone = personal.peek().is_some();
        let kinds: Vec<ChannelKind> = personal.map(|channel| channel.kind).collect();
        let without = people
            .iter()
            .filter(|person| alone && !kinds.iter().any(|kind| person.reached_by.contains(kind)));
        let names = nobody.cloned().chain(without.map(|person| person.id.clone()));
        let by = send.by.join(", ");
        let notice = notice.number;
        names.map(|to| NoticeBody::Unreachable { notice, to, by: by.clone() }).collect()
    }

    /// Where no further step of an escalation will tell of it, somebody is told that it did not arrive.
    pub(super) fn complain(
        &self,
        (notice, message): (&Notice, u64),
        (channel, person, reason): (String, Option<String>, String),
        at: &At<'_>,
    ) -> Vec<NoticeBody> {
        let route = at.rules.route(notice.first());
        let steps = route.map_or(0, |route| route.escalate.len());
        let asks = route.is_some_and(|route| route.acknowledge != Acknowledge::None);
        let further = usize::try_from(notice.steps).is_ok_and(|taken| taken < steps);
        let of = notice.kind();
        let tells = matches!(of, NoticeKind::Undelivered | NoticeKind::Test);
        if tells || (further && asks && !notice.is_read() && !notice.is_over()) {
            return Vec::new();
        }
        let number = notice.number;
        let cause = Cause::Undelivered { notice: number, message, of, channel, person, reason };
        self.raise(at, cause, notice.drill)
    }
}

/// The name of a message for good.
fn key(
    (area, notice): (&str, &Notice),
    (person, channel): (Option<&str>, &str),
    round: Round,
) -> String {
    let (subject, revision) = (notice.first().subject(), notice.number);
    let person = person.unwrap_or("*");
    let round = match round {
        Round::First => String::new(),
        Round::Repeat(n) => format!("/repeat{n}"),
        Round::Step(n) => format!("/step{n}"),
        Round::End => "/end".to_owned(),
    };
    format!("{area}/{subject}/{revision}/{person}/{channel}{round}")
}

/// The messages to one set of people.
fn messages(
    (notice, send): (&Notice, &Sending),
    people: &[&Person],
    round: Round,
    at: &At<'_>,
) -> Vec<Message> {
    let mut planned = Vec::new();
    for channel in send.by.iter().filter_map(|name| at.rules.channel(name)) {
        let plan = |person: Option<&str>, mentions: Vec<String>| {
            let key = key((at.area, notice), (person, &channel.name), round);
            let (channel, person) = (channel.name.clone(), person.map(str::to_owned));
            Message { notice: notice.number, key, channel, person, mentions, round }
        };
        if channel.kind == ChannelKind::Mqtt {
            // A level that is only practised is nobody's business there.
            if notice.drill.is_none() && notice.kind().is_level() {
                planned.push(plan(None, Vec::new()));
            }
        } else if channel.kind.is_personal() {
            let with = people.iter().filter(|p| p.reached_by.contains(&channel.kind));
            planned.extend(with.map(|person| plan(Some(&person.id), Vec::new())));
        } else {
            planned.push(plan(None, people.iter().map(|p| p.id.clone()).collect()));
        }
    }
    planned
}
