//! An operator's act on one value, with name and reason: an input like any other.
//!
//! In: [`CorrectionInput`]. Out: the value that stands above the feed's, and a [`CorrectionRow`] for the
//! trail, whether the act was accepted or refused.
//!
//! Invariants: data of national and provincial stations are never changed here, only marked; an attempt is in
//! the trail. What the feed says stays beneath, and holds again when the act is withdrawn.
//!
//! Source: terms.md (who does what), design section 3 (one value per key).

use super::{Batch, Cause, Pipeline};
use crate::area::StationKind;
use crate::average::Correction;
use crate::observation::Property;
use crate::time::{Hour, Instant};

/// What an operator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorrectionInput<'a> {
    /// When: by the clock on the wall, also where the area follows another.
    pub at: Instant,
    /// Who.
    pub person: &'a str,
    /// Why.
    pub reason: &'a str,
    /// The station's code.
    pub station: &'a str,
    /// What is measured.
    pub property: Property,
    /// The hour.
    pub hour: Hour,
    /// What is to hold.
    pub act: Correction,
}

/// An act as the trail holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectionRow {
    /// When.
    pub at: Instant,
    /// Who.
    pub person: String,
    /// Why.
    pub reason: String,
    /// The station's code as it was given.
    pub station: String,
    /// What is measured.
    pub property: Property,
    /// The hour.
    pub hour: Hour,
    /// What was to hold.
    pub act: Correction,
    /// Why it was refused; `None` when it was taken.
    pub refused: Option<CorrectionRefusal>,
}

/// Why an act was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CorrectionRefusal {
    /// The area has no such station.
    UnknownStation,
    /// The station belongs to the national centre.
    National,
    /// The station belongs to the provincial centre.
    Provincial,
    /// It is a reference city, of which published values are kept.
    Reference,
    /// The hour is not over yet.
    InFuture,
    /// The hour is older than anything that is still taken.
    BeyondHorizon,
    /// The amount is not one that the property can have.
    Absurd,
    /// Nothing would change.
    NoChange,
}

impl CorrectionRefusal {
    /// Every refusal.
    pub const ALL: [Self; 8] = [
        Self::UnknownStation,
        Self::National,
        Self::Provincial,
        Self::Reference,
        Self::InFuture,
        Self::BeyondHorizon,
        Self::Absurd,
        Self::NoChange,
    ];

    /// The name in JSON and in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownStation => "unknown_station",
            Self::National => "national_station",
            Self::Provincial => "provincial_station",
            Self::Reference => "reference_city",
            Self::InFuture => "in_future",
            Self::BeyondHorizon => "beyond_horizon",
            Self::Absurd => "absurd",
            Self::NoChange => "no_change",
        }
    }

    /// The reason as an operator reads it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::UnknownStation => "没有该站点",
            Self::National => {
                "国控站点数据由国家监测总站负责审核,本地不得修改或剔除,可标记“疑似异常”并上报"
            }
            Self::Provincial => {
                "省控站点数据由省级监测中心负责审核,本地不得修改或剔除,可标记“疑似异常”并上报"
            }
            Self::Reference => "参照城市数据为国家平台公布值，本地不得修改或剔除",
            Self::InFuture => "该小时尚未结束",
            Self::BeyondHorizon => "该小时已超出可修改的期限",
            Self::Absurd => "数值超出该项目的合理范围",
            Self::NoChange => "与现有结果相同,未作修改",
        }
    }
}

impl Pipeline {
    pub(super) fn take_correction(
        &mut self,
        at: usize,
        asked: &CorrectionInput<'_>,
        out: &mut Batch,
    ) {
        let allowed = self.allowed(asked);
        if allowed.is_ok() && self.defer(at, asked.hour.day(), out) {
            return;
        }
        let CorrectionInput { property, hour, act, .. } = *asked;
        let done = allowed.and_then(|station| {
            let of_day = hour.of_day();
            let changed = self.change((station, hour), |day, _| {
                day.correct(property, of_day, act).then_some(Cause::Operator)
            });
            changed.then_some(()).ok_or(CorrectionRefusal::NoChange)
        });
        out.corrections.push(CorrectionRow {
            at: asked.at,
            person: asked.person.to_owned(),
            reason: asked.reason.to_owned(),
            station: asked.station.to_owned(),
            property,
            hour,
            act,
            refused: done.err(),
        });
    }

    fn allowed(&self, asked: &CorrectionInput<'_>) -> Result<usize, CorrectionRefusal> {
        let station = self.registry.find(asked.station);
        let station = station.ok_or(CorrectionRefusal::UnknownStation)?;
        match self.registry.stations[station].kind {
            StationKind::National => return Err(CorrectionRefusal::National),
            StationKind::Provincial => return Err(CorrectionRefusal::Provincial),
            StationKind::Reference => return Err(CorrectionRefusal::Reference),
            StationKind::City
            | StationKind::District
            | StationKind::Enterprise
            | StationKind::Micro => {}
        }
        let now = self.now.unwrap_or_default();
        if asked.hour.end() > now {
            return Err(CorrectionRefusal::InFuture);
        }
        let horizon = i64::from(self.params.horizon_days) * 24 * 60;
        if asked.hour.start() < now.plus_minutes(-horizon) {
            return Err(CorrectionRefusal::BeyondHorizon);
        }
        let (least, most) = asked.property.plausible();
        match asked.act {
            Correction::Set(amount) if !(least..=most).contains(&amount.milli()) => {
                Err(CorrectionRefusal::Absurd)
            }
            Correction::Set(_) | Correction::Invalidate | Correction::Withdraw => Ok(station),
        }
    }
}
