//! What was found, and how it is said.

use super::{Action, Rule};
use crate::observation::{Pollutant, Property, Reading, Validity};
use crate::quantity::Amount;

/// What becomes of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Treatment {
    /// It counts as before.
    Marked,
    /// It is taken out of the figures.
    Excluded,
    /// It never counted.
    Invalid,
}

impl Treatment {
    /// The name in JSON and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Marked => "marked",
            Self::Excluded => "excluded",
            Self::Invalid => "invalid",
        }
    }

    /// As the monitoring room says it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Marked => "仅标记",
            Self::Excluded => "已剔除",
            Self::Invalid => "无效",
        }
    }

    pub(super) const fn of(action: Action) -> Self {
        match action {
            Action::Off | Action::Mark => Self::Marked,
            Action::Exclude => Self::Excluded,
        }
    }
}

/// The numbers behind a finding; amounts in 0.001 µg/m³.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The limit it is below.
    Below(i32),
    /// The limit it is above.
    Above(i32),
    /// How many hours it has been the same, this one included; 24 stands for more, too.
    Same(u8),
    /// The median of the last hours, and how many were asked for.
    Before(i32, u8),
    /// See [`Finding::neighbours`].
    Around,
    /// PM2.5 and PM10.
    Inverted(i32, i32),
    /// The other station.
    Twin(usize),
    /// Why it does not count.
    Invalid(Validity),
}

/// The neighbours of the same hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbours {
    /// How many have a valid value.
    pub count: u16,
    /// Their median.
    pub median: Amount,
}

/// Something about one value of one hour that is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it was found by.
    pub rule: Rule,
    /// What becomes of the value.
    pub treatment: Treatment,
    /// Whose value; `None` for all pollutants of the hour.
    pub property: Option<Property>,
    /// The value as it came.
    pub reading: Reading,
    /// The numbers behind it.
    pub evidence: Evidence,
    /// What the neighbours had; `None` where too few of them say anything.
    pub neighbours: Option<Neighbours>,
}

impl Finding {
    /// Whether it concerns a property.
    #[must_use]
    pub fn concerns(&self, property: Property) -> bool {
        match self.property {
            None => matches!(property, Property::Pollutant(_)),
            Some(own) => own == property,
        }
    }

    /// The reason, as it stands on a feedback sheet; `name` gives stations their names.
    #[must_use]
    pub fn reason(&self, name: impl Fn(usize) -> String) -> String {
        let property = self.property.unwrap_or(Property::Pollutant(Pollutant::Pm2_5));
        let with_unit = |milli: i32| {
            let unit = property.unit_text();
            format!("{}{unit}", property.show(Amount::from_milli(milli)))
        };
        match self.evidence {
            Evidence::Below(least) => format!("低于下限{}", with_unit(least)),
            Evidence::Above(most) => format!("高于上限{}", with_unit(most)),
            Evidence::Same(hours) if hours >= super::Limits::STUCK_HOURS_MAX => {
                format!("连续{hours}小时以上数值不变")
            }
            Evidence::Same(hours) => format!("连续{hours}小时数值不变"),
            Evidence::Before(median, hours) => {
                format!("前{hours}小时中位数为{}", with_unit(median))
            }
            Evidence::Around => match self.neighbours {
                Some(n) => {
                    format!("周边{}站同时次中位数为{}", n.count, with_unit(n.median.milli()))
                }
                None => String::new(),
            },
            Evidence::Inverted(fine, coarse) => {
                let show = |milli| property.show(Amount::from_milli(milli));
                format!("PM2.5({})高于PM10({})", show(fine), show(coarse))
            }
            Evidence::Twin(other) => format!("与{}同时次各项数据完全相同", name(other)),
            Evidence::Invalid(_) if self.rule == Rule::Sentinel => {
                format!("上报{}，表示无数据", property.show(self.reading.amount))
            }
            Evidence::Invalid(validity) => validity.label().to_owned(),
        }
    }
}
