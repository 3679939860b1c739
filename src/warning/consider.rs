//! What Lantian itself adds to a warning's life: recommendations as the air asks for them, lapses, and the
//! moment at which something issued takes effect.
//!
//! In: the state, the time, and evaluations. Out: bodies of records.
//!
//! Invariants: nothing here issues anything. What is not known neither lowers nor lifts, nor ends a
//! recommendation: only a known better outlook does, or time. A proposal whose approval is registered is left
//! to persons.
//!
//! Source: warning-rules.md (upgrade at once; lower only when the condition is gone and forecast to stay so;
//! the province's floor); terms.md.

use super::Level;
use super::evaluation::{Evaluation, Keeps, Reached};
use super::record::{Body, Ground, Lapse, Recommendation, Target};
use super::rules::RuleSet;
use super::state::{Open, Proposal, Warnings};
use crate::outlook::Source;
use crate::time::Instant;

/// What the rules ask for now.
struct Asked {
    target: Target,
    ground: Ground,
}

impl Warnings {
    /// The next moment at which [`Warnings::tick`] has something to say.
    #[must_use]
    pub fn next_deadline(&self, rules: &RuleSet) -> Option<Instant> {
        let open = self.open.as_ref();
        let effect = open.and_then(|open| open.coming).map(|coming| coming.effective_from);
        let waiting = open.and_then(|open| open.proposal.as_ref());
        let lapse = waiting.filter(|p| lapses(p)).map(|p| lapse_at(p, rules));
        effect.into_iter().chain(lapse).chain(self.drill_deadline(rules)).min()
    }

    /// What time alone brings: what was issued takes effect, what nobody took up lapses.
    #[must_use]
    pub fn tick(&self, rules: &RuleSet, now: Instant) -> Vec<Body> {
        let Some(open) = &self.open else { return Vec::new() };
        if let Some(coming) = open.coming.filter(|coming| coming.effective_from <= now) {
            return vec![Body::TookEffect { issue: coming.issue }];
        }
        let lapsed = open.proposal.as_ref().filter(|p| lapses(p) && lapse_at(p, rules) <= now);
        let lapse = |p: &Proposal| Body::Lapsed { proposal: p.number, why: Lapse::NotTakenUp };
        lapsed.map(lapse).into_iter().collect()
    }

    /// Whether an evaluation comes to anything else than the one recorded last.
    #[must_use]
    pub fn is_new(&self, evaluation: &Evaluation) -> bool {
        let Some((_, before)) = self.evaluated.get(&evaluation.source) else {
            // The first one is kept when it says anything.
            return !evaluation.forecasts.is_empty() || evaluation.says_something();
        };
        let levels = |e: &Evaluation| {
            let of = |all: &[Reached]| all.iter().map(|r| (r.basis, r.level)).collect::<Vec<_>>();
            let each =
                e.outcomes.iter().map(|o| (of(&o.ladder), of(&o.advisory), o.beyond_horizon));
            let advised = e.advised.as_ref().map(|reached| reached.level);
            (e.rules.clone(), e.level(), advised, e.held, e.keeps, each.collect::<Vec<_>>())
        };
        // The built-in forecast is made anew each hour.
        let other = evaluation.source == Source::Fed && before.forecasts != evaluation.forecasts;
        other || levels(before) != levels(evaluation)
    }

    /// What the last recorded evaluations ask for: a recommendation, or the end of one.
    #[must_use]
    pub fn consider(&self, rules: &RuleSet, now: Instant) -> Vec<Body> {
        let none = Open::default();
        let open = self.open.as_ref().unwrap_or(&none);
        let asked = self.asked(rules, open, now);
        // What was issued must hold before it is lowered; a higher level does not wait.
        let rises = |asked: &Asked| Some(asked.target) > open.issued().map(Target::Level);
        let asked =
            asked.filter(|asked| open.coming.is_none() || open.issued().is_some() && rises(asked));
        let waiting = open.proposal.as_ref();
        if let Some(approved) = waiting.and_then(|p| p.approval.as_ref()) {
            // An approval that the province's order has overtaken can no longer be issued.
            let target = approved.1.target;
            if Some(target) >= self.floor(now).map(Target::Level) {
                return Vec::new();
            }
        } else if open.coming.is_some() && asked.is_none() {
            return Vec::new();
        }
        match (waiting, asked) {
            (None, None) => Vec::new(),
            (None, Some(asked)) => self.recommend(open, asked, None),
            (Some(p), Some(asked)) if p.recommendation.target == asked.target => {
                // What the rules recommended and the province orders now is ordered from here on.
                let ordered = matches!(asked.ground, Ground::Instruction { .. }) && !p.is_ordered();
                if ordered { self.recommend(open, asked, Some(p)) } else { Vec::new() }
            }
            (Some(p), asked) => self.reconsider(open, p, asked),
        }
    }

    /// A proposal waits, and something else is asked for, or nothing.
    fn reconsider(&self, open: &Open, waiting: &Proposal, asked: Option<Asked>) -> Vec<Body> {
        let by_person = matches!(waiting.recommendation.ground, Ground::Person { .. });
        let higher = asked.as_ref().is_some_and(|a| a.target > waiting.recommendation.target);
        match asked {
            // Worse air stands above what anybody proposed.
            Some(asked) if higher => self.recommend(open, asked, Some(waiting)),
            _ if by_person => Vec::new(),
            // The floor that ordered it was taken back, or lowered; else it is known better air that ends it.
            asked if waiting.is_ordered() || self.is_informed(waiting) => match asked {
                Some(asked) => self.recommend(open, asked, Some(waiting)),
                None => {
                    let why = Lapse::ConditionGone;
                    vec![Body::Lapsed { proposal: waiting.number, why }]
                }
            },
            _ => Vec::new(),
        }
    }

    fn recommend(&self, open: &Open, asked: Asked, instead: Option<&Proposal>) -> Vec<Body> {
        let Some(change) = open.change_to(asked.target) else { return Vec::new() };
        let replaced = instead.map(|p| Body::Lapsed { proposal: p.number, why: Lapse::Replaced });
        let Asked { target, ground } = asked;
        let warning = self.warning();
        let body = Body::Recommended(Recommendation { warning, target, change, ground });
        replaced.into_iter().chain([body]).collect()
    }

    /// What the rules recommend: by the official forecast; where there is none, as far as it may, by the
    /// built-in one, which is for reference only.
    fn recommended(&self, rules: &RuleSet) -> Option<(Level, Ground)> {
        let of = |source: Source| {
            let (evaluation, found) = self.evaluated.get(&source)?;
            let reached = found.recommended.clone()?;
            let ground =
                Ground::Evaluation { evaluation: *evaluation, source, reached: Some(reached) };
            Some((found.level()?, ground))
        };
        let official = self.evaluated.get(&Source::Fed).is_some_and(|(_, e)| e.horizon.is_some());
        let fed = of(Source::Fed);
        let built_in = of(Source::BuiltIn).filter(|_| !official);
        let built_in =
            built_in.and_then(|(level, ground)| Some((level.min(rules.built_in_highest?), ground)));
        let level = |found: &Option<(Level, Ground)>| found.as_ref().map(|(level, _)| *level);
        if level(&built_in) > level(&fed) { built_in } else { fed }
    }

    /// What is asked for: the province's order, or what the rules say, whichever is higher.
    fn asked(&self, rules: &RuleSet, open: &Open, now: Instant) -> Option<Asked> {
        let issued = open.issued();
        let by_rules = self.recommended(rules).filter(|(level, _)| Some(*level) > issued);
        let by_rules =
            by_rules.map(|(level, ground)| Asked { target: Target::Level(level), ground });
        let lower = || issued.and_then(|issued| self.lower(issued, now));
        let by_rules = by_rules.or_else(lower).filter(|a| !self.is_declined(a, rules, now));
        let ordered = self.ordered(now).filter(|(_, level)| Some(*level) > issued);
        let ordered = ordered.map(|(instruction, level)| Asked {
            target: Target::Level(level),
            ground: Ground::Instruction { instruction },
        });
        match (ordered, by_rules) {
            (Some(ordered), Some(by_rules)) if by_rules.target > ordered.target => Some(by_rules),
            (ordered, by_rules) => ordered.or(by_rules),
        }
    }

    /// Whether the present level may be lowered, and to what.
    fn lower(&self, issued: Level, now: Instant) -> Option<Asked> {
        let (number, fed) = self.evaluated.get(&Source::Fed)?;
        let ordered = self.ordered(now).map(|(_, level)| level);
        let held = fed.held.max(ordered);
        if held >= Some(issued) {
            return None;
        }
        let keeps = match fed.keeps {
            // To a lower level the air need not be clean yet.
            Some(Keeps::StillPolluted) if held.is_some() => None,
            keeps => keeps,
        };
        if keeps.is_some() {
            return None;
        }
        let source = Source::Fed;
        let ground = Ground::Evaluation { evaluation: *number, source, reached: None };
        Some(Asked { target: held.map_or(Target::Lift, Target::Level), ground })
    }

    /// Whether both the present and the days ahead are known: only then better air ends a recommendation.
    /// Where there is no forecast at all, the present is enough.
    fn is_informed(&self, waiting: &Proposal) -> bool {
        let source = match waiting.recommendation.ground {
            Ground::Evaluation { source, .. } => source,
            Ground::Instruction { .. } | Ground::Person { .. } => Source::Fed,
        };
        let known = |(_, e): &(u64, Evaluation)| match e.keeps {
            Some(Keeps::NoObservation) => false,
            Some(Keeps::ForecastTooShort) => e.horizon.is_none(),
            Some(Keeps::StillPolluted) | None => true,
        };
        // An official forecast that came meanwhile tells as well.
        [source, Source::Fed].iter().any(|source| self.evaluated.get(source).is_some_and(known))
    }

    /// Whether the same was declined lately, or a rise to more: it is not proposed again at once.
    fn is_declined(&self, asked: &Asked, rules: &RuleSet, now: Instant) -> bool {
        let Some(declined) = self.declined else { return false };
        let until = declined.at.plus_minutes(i64::from(rules.recommendation_hours) * 60);
        let issued = self.open.as_ref().and_then(Open::issued).map(Target::Level);
        let rises = |target: Target| Some(target) > issued.or(Some(Target::Lift));
        let no_more = rises(asked.target) && asked.target < declined.target;
        (asked.target == declined.target || no_more) && now < until
    }
}

fn lapses(proposal: &Proposal) -> bool {
    proposal.approval.is_none() && !proposal.is_ordered()
}

fn lapse_at(proposal: &Proposal, rules: &RuleSet) -> Instant {
    proposal.since.plus_minutes(i64::from(rules.recommendation_hours) * 60)
}

impl Evaluation {
    /// Whether any way of looking reaches any level.
    fn says_something(&self) -> bool {
        let any = |o: &super::evaluation::Outcome| !o.ladder.is_empty() || !o.advisory.is_empty();
        self.outcomes.iter().any(any)
    }
}
