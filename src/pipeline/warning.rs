//! Forecasts, instructions and acts of persons as inputs, and the evaluation of the air for warnings.
//!
//! In: messages of `aq/{area}/forecast` and `aq/{area}/instruction`, and [`ActInput`]s. Out: records
//! ([`Record`]) in the batch; the state follows from them.
//!
//! Invariants: the air is evaluated once a batch, after its figures are settled, when any of what it rests on
//! changed; so a recommendation stands in the commit of what caused it. Reference cities have no warnings.
//!
//! Source: issue 5; [`crate::warning`].

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Pipeline;
use super::batch::{Batch, Message};
use crate::area::Figures;
use crate::observation::{Rejection, RejectionReason};
use crate::outlook::{Forecast, Source, decode_forecast};
use crate::time::{DAY_H, Hour, Instant};
use crate::warning::{
    Act, Body, DrillAct, DrillEnd, Evaluation, Line, ObservedHour, Record, Refusal, RuleSet,
    Warnings, decode_instruction,
};

/// Hours for which a forecast is kept when it says nothing of what is to come.
const KEPT_H: i32 = 168;

/// The rules of warnings, and of which zones forecasts speak.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct WarningParams {
    /// The rule set.
    pub rules: RuleSet,
    /// The zones (预报分区) of forecasts; warnings go by the first one. Empty: forecasts are of the whole area.
    pub zones: Vec<String>,
}

/// An act of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActInput<'a> {
    /// Who; empty for Lantian's own forecast.
    pub person: &'a str,
    /// What.
    pub act: &'a Act,
}

/// The warnings of an area, and what this batch adds.
#[derive(Clone, Debug)]
pub(super) struct Warner {
    pub(super) state: Arc<Warnings>,
    fresh: Vec<Record>,
    /// Whether the air or a forecast may have changed since the last evaluation.
    stale: bool,
    /// The same of the drill's.
    drill_stale: bool,
    /// The floor by which forecasts were let go last: looking costs a copy where somebody holds a view.
    dropped: Hour,
    /// What the air comes to now: for readers, and for the reasons of what is recommended. No state: it is
    /// made anew from the same hours.
    pub(super) latest: Arc<BTreeMap<Source, Evaluation>>,
}

impl Default for Warner {
    fn default() -> Self {
        Self {
            state: Arc::default(),
            fresh: Vec::new(),
            stale: true,
            drill_stale: true,
            dropped: Hour::default(),
            latest: Arc::default(),
        }
    }
}

/// Forecasts are kept while an evaluation may look back on what they said of an hour.
fn kept_from(floor: Hour) -> Hour {
    floor.plus(-KEPT_H)
}

impl Warner {
    /// From all records of an area, in their order, at its floor.
    pub(super) fn rebuilt(records: &[Record], floor: Hour) -> Self {
        let mut state = Warnings::default();
        records.iter().for_each(|record| state.take(record));
        state.book.drop_before(kept_from(floor));
        Self { state: Arc::new(state), ..Self::default() }
    }

    /// Takes note that the figures of an hour changed.
    pub(super) const fn touch(&mut self) {
        self.stale = true;
    }

    fn note(
        &mut self,
        at: Instant,
        (person, drill): (Option<&str>, Option<u64>),
        bodies: Vec<Body>,
    ) {
        for body in bodies {
            let air = matches!(
                body,
                Body::DrillStarted { .. } | Body::DrillAir { .. } | Body::Forecast(_)
            );
            self.drill_stale |= drill.is_some() && air;
            let number = self.state.last + 1;
            let record = Record { number, at, person: person.map(str::to_owned), drill, body };
            Arc::make_mut(&mut self.state).take(&record);
            self.fresh.push(record);
        }
    }
}

impl Pipeline {
    /// Takes a message that is no observation but of the outlook; says whether it is one.
    pub(super) fn take_outlook(&mut self, message: &Message<'_>, out: &mut Batch) -> bool {
        let rest = message.topic.strip_prefix("aq/");
        let rest = rest.and_then(|t| t.strip_prefix(self.registry.area.as_str()));
        let act = match rest {
            Some("/forecast") => {
                let decoded = self.decode_with(message, |payload, _| decode_forecast(payload));
                decoded.and_then(|forecast| self.of_known_zones(forecast)).map(Act::Forecast)
            }
            Some("/instruction") => {
                let decoded = self.decode_with(message, |payload, _| decode_instruction(payload));
                decoded.map(Act::Instruct)
            }
            _ => return false,
        };
        let now = self.now.unwrap_or_default();
        match act.map(|act| self.warner.state.decide(&act, now)) {
            Ok(Ok(bodies)) => {
                self.counts.accepted += 1;
                self.warner.stale = true;
                self.warner.note(now, (None, None), bodies);
            }
            // What holds already: a message that came again, or takes back what is not there.
            Ok(Err(Refusal::Repeated | Refusal::NoChange)) => self.counts.repeated += 1,
            Ok(Err(refusal)) => {
                let reason = match refusal {
                    Refusal::InFuture => RejectionReason::TimeInFuture,
                    _ => RejectionReason::WrongType,
                };
                self.refuse(message, &Rejection::new(reason, refusal.name()), out);
            }
            Err(rejection) => self.refuse(message, &rejection, out),
        }
        true
    }

    /// A forecast whose zones are those of the area; its name stands for the whole of it.
    fn of_known_zones(&self, mut forecast: Forecast) -> Result<Forecast, Rejection> {
        let Some(WarningParams { zones, .. }) = &self.params.warning else { return Ok(forecast) };
        if zones.is_empty()
            && let Some(whole) = forecast.zones.remove(&self.registry.name)
        {
            forecast.zones.entry(String::new()).or_insert(whole);
        }
        let known = |zone: &String| match zone.as_str() {
            "" => zones.is_empty(),
            _ => zones.contains(zone),
        };
        match forecast.zones.keys().find(|zone| !known(zone)) {
            None => Ok(forecast),
            Some(zone) => {
                let known = if zones.is_empty() { "`days` of the area" } else { "the zones" };
                let detail = format!("`zones`: {zone:?} is none of {known} {zones:?}");
                Err(Rejection::new(RejectionReason::WrongType, detail))
            }
        }
    }

    /// An act whose forecast, in a drill too, is of the zones of the area.
    fn with_known_zones(&self, act: &Act) -> Result<Act, Rejection> {
        Ok(match act {
            Act::Forecast(forecast) if forecast.source == Source::Fed => {
                Act::Forecast(self.of_known_zones(forecast.clone())?)
            }
            Act::Drill { of, drill: DrillAct::Do(act) } => {
                let act = Box::new(self.with_known_zones(act)?);
                Act::Drill { of: *of, drill: DrillAct::Do(act) }
            }
            other => other.clone(),
        })
    }

    /// Takes a person's act; what came of it stands in the batch.
    pub(super) fn take_act(&mut self, asked: &ActInput<'_>, out: &mut Batch) {
        let now = self.now.unwrap_or_default();
        let done = self.with_known_zones(asked.act).map_err(|_| Refusal::UnknownZone);
        let done = done.and_then(|act| self.warner.state.decide(&act, now));
        if let (Ok(_), Act::AdoptList { list, content }) = (&done, asked.act) {
            out.editions.push((list.digest.clone(), content.clone()));
        }
        out.acted.push(done.map(|bodies| {
            self.warner.stale = true;
            let person = Some(asked.person).filter(|person| !person.is_empty());
            let drill = self.warner.state.drill_of(asked.act);
            self.warner.note(now, (person, drill), bodies);
            // A drill is named by the record that began it.
            let begun = drill.filter(|_| asked.act.begins_drill());
            begun.unwrap_or(self.warner.state.last)
        }));
    }

    /// When time alone changes something.
    pub(super) fn warning_due(&self) -> Option<Instant> {
        let rules = &self.params.warning.as_ref()?.rules;
        self.warner.state.next_deadline(rules)
    }

    /// Does what is due at `now`.
    pub(super) fn tick_warning(&mut self, now: Instant) {
        let Some(WarningParams { rules, .. }) = &self.params.warning else { return };
        let bodies = self.warner.state.tick(rules, now);
        self.warner.note(now, (None, None), bodies);
        let bodies = self.warner.state.tick_drill(rules, now);
        self.note_drill(now, bodies);
    }

    /// What Lantian itself adds to the drill that runs.
    fn note_drill(&mut self, now: Instant, bodies: Vec<Body>) {
        let drill = self.warner.state.drill.as_ref().map(|drill| drill.number);
        self.warner.note(now, (None, drill), bodies);
    }

    /// Evaluates the air where anything changed, and says what is to be recommended.
    pub(super) fn settle_warning(&mut self, out: &mut Batch) {
        if self.warner.dropped != self.floor {
            self.warner.dropped = self.floor;
            let from = kept_from(self.floor);
            Arc::make_mut(&mut self.warner.state).book.drop_before(from);
        }
        if let (Some(now), Some(params)) = (self.now, self.params.warning.clone())
            && !self.registry.is_reference()
        {
            if std::mem::take(&mut self.warner.stale) {
                self.evaluate(&params, now);
            }
            self.recommend(&params.rules, now);
            self.settle_drill(&params, now);
        }
        if let (Some(now), None, Some(_)) =
            (self.now, &self.params.warning, &self.warner.state.drill)
        {
            self.note_drill(now, vec![Body::DrillEnded(DrillEnd::WithoutRules)]);
        }
        out.records.append(&mut self.warner.fresh);
    }

    fn evaluate(&mut self, params: &WarningParams, now: Instant) {
        let observed = self.observed_hours();
        if observed.is_empty() {
            return;
        }
        let zone = params.zones.first().map_or("", String::as_str);
        // The built-in forecast is of the whole area.
        for (source, zone) in [(Source::Fed, zone), (Source::BuiltIn, "")] {
            let book = &self.warner.state.book;
            let known = self.warner.state.evaluated.contains_key(&source);
            if source == Source::BuiltIn && book.horizon(source, zone).is_none() && !known {
                continue;
            }
            let lines = Line::all(&observed, book, (source, zone));
            let Some(evaluation) = Evaluation::of(&params.rules, &lines, source) else { continue };
            let new = self.warner.state.is_new(&evaluation);
            Arc::make_mut(&mut self.warner.latest).insert(source, evaluation.clone());
            if new {
                self.warner.note(now, (None, None), vec![Body::Evaluated(evaluation)]);
            }
        }
    }

    /// What is to be recommended, by numbers that are as new as the air.
    fn recommend(&mut self, rules: &RuleSet, now: Instant) {
        let bodies = self.warner.state.consider(rules, now);
        let recommends = |body: &Body| matches!(body, Body::Recommended(_));
        let held = &self.warner.state.evaluated;
        let newer = self.warner.latest.iter().filter(|(source, latest)| {
            held.get(source).is_some_and(|(_, held)| held.hour != latest.hour)
        });
        let newer: Vec<Body> = newer.map(|(_, e)| Body::Evaluated(e.clone())).collect();
        if newer.is_empty() || !bodies.iter().any(recommends) {
            return self.warner.note(now, (None, None), bodies);
        }
        self.warner.note(now, (None, None), newer);
        let bodies = self.warner.state.consider(rules, now);
        self.warner.note(now, (None, None), bodies);
    }

    /// The drill comes after the real warning, which may have ended it.
    fn settle_drill(&mut self, params: &WarningParams, now: Instant) {
        let zone = params.zones.first().map_or("", String::as_str);
        loop {
            let bodies = self.warner.state.tick_drill(&params.rules, now);
            if bodies.is_empty() {
                break;
            }
            self.note_drill(now, bodies);
        }
        if std::mem::take(&mut self.warner.drill_stale) {
            let evaluated = self.warner.state.evaluate_drill(&params.rules, zone);
            self.note_drill(now, evaluated.into_iter().collect());
        }
        let bodies = self.warner.state.consider_drill(&params.rules, now);
        self.note_drill(now, bodies);
    }

    /// The published hours in memory up to the floor, without a gap.
    fn observed_hours(&self) -> Vec<ObservedHour> {
        let back = self.published.range(..self.floor).rev();
        let figures = back.map(|(hour, sets)| (*hour, sets.first().map(|set| &set.figures)));
        let mut next = self.floor;
        let mut hours: Vec<&Figures> = Vec::new();
        for (hour, figures) in figures {
            next = next.plus(-1);
            let (true, Some(figures)) = (hour == next, figures) else { break };
            hours.push(figures);
        }
        hours.reverse();
        let parameters = &self.params.parameters;
        let at = |n: usize| {
            let from = (n + 1).saturating_sub(DAY_H);
            ObservedHour::last_of(&hours[from..=n], parameters)
        };
        (0..hours.len()).filter_map(at).collect()
    }
}
