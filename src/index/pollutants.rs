//! A set of pollutants in one byte.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::observation::Pollutant;

/// A set of pollutants; iterates in the order of ties of primary pollutants.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Pollutants(u8);

impl Pollutants {
    /// None.
    pub const EMPTY: Self = Self(0);
    /// All six.
    pub const ALL: Self = Self(0b11_1111);
    /// The two kinds of particulate matter.
    pub const PARTICULATES: Self = Self::EMPTY.with(Pollutant::Pm10).with(Pollutant::Pm2_5);

    const fn bit(pollutant: Pollutant) -> u8 {
        1 << pollutant as u8
    }

    /// The set and this pollutant.
    #[must_use]
    pub const fn with(self, pollutant: Pollutant) -> Self {
        Self(self.0 | Self::bit(pollutant))
    }

    /// The set without this pollutant.
    #[must_use]
    pub const fn without(self, pollutant: Pollutant) -> Self {
        Self(self.0 & !Self::bit(pollutant))
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Adds a pollutant.
    pub const fn insert(&mut self, pollutant: Pollutant) {
        *self = self.with(pollutant);
    }

    /// Whether the pollutant is in the set.
    #[must_use]
    pub const fn contains(self, pollutant: Pollutant) -> bool {
        self.0 & Self::bit(pollutant) != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// The set as a number below 64, one bit a pollutant in the order of ties: for storing.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// From the stored number; what is no pollutant is dropped.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// In the order of ties: pm10, pm2_5, o3, no2, so2, co.
    pub fn iter(self) -> impl Iterator<Item = Pollutant> {
        Pollutant::BY_TIE.into_iter().filter(move |p| self.contains(*p))
    }
}

impl FromIterator<Pollutant> for Pollutants {
    fn from_iter<T: IntoIterator<Item = Pollutant>>(pollutants: T) -> Self {
        pollutants.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// The codes joined by `;`.
impl fmt::Display for Pollutants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, pollutant) in self.iter().enumerate() {
            f.write_str(if n == 0 { "" } else { ";" })?;
            f.write_str(pollutant.code())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Pollutants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}

/// In JSON: the list of their codes.
impl Serialize for Pollutants {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter().map(Pollutant::code))
    }
}

impl<'de> Deserialize<'de> for Pollutants {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let codes = Vec::<String>::deserialize(from)?;
        let one = |code: &String| {
            let known = Pollutant::BY_TIE.into_iter().find(|p| p.code() == code);
            known.ok_or_else(|| D::Error::custom(format!("{code:?} is no pollutant")))
        };
        codes.iter().map(one).collect()
    }
}
