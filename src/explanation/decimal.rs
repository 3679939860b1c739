//! Numbers of an explanation as they are written.

use std::fmt;

use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::observation::Pollutant;
use crate::quantity::{Amount, Quotient, decimal};

/// A decimal with the digits it is shown with: a JSON number without float noise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal(String);

impl Decimal {
    /// A concentration in its unit with the decimals of a rounding step, as an export writes it.
    #[must_use]
    pub fn rounded(amount: Amount, pollutant: Pollutant, step: i32) -> Self {
        let scale = pollutant.unit().milli_digits();
        let decimals = scale.saturating_sub(step.unsigned_abs().max(1).ilog10());
        Self(decimal(amount.milli().into(), scale, decimals))
    }

    /// A decimal as it is written already, such as `-1.50`.
    pub(crate) const fn written(text: String) -> Self {
        Self(text)
    }

    /// A whole number.
    #[must_use]
    pub fn whole(number: u16) -> Self {
        Self(number.to_string())
    }

    /// An exact total of 0.001 µg/m³ in the pollutant's unit, without zeros at its end.
    #[must_use]
    pub fn exact(milli: i64, pollutant: Pollutant) -> Self {
        let scale = pollutant.unit().milli_digits();
        Self(trimmed(&decimal(milli, scale, scale)).to_owned())
    }
}

/// Without zeros at the end of a fraction.
fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// An exact quotient as a decimal text: `…` at its end where it goes on.
pub(super) fn endless(num: i128, den: i128, scale: u32) -> String {
    const MORE: u32 = 3;
    let finer = num * 10_i128.pow(MORE);
    let whole = i64::try_from(finer.div_euclid(den)).unwrap_or(i64::MAX);
    let text = decimal(whole, scale + MORE, scale + MORE);
    if finer.rem_euclid(den) == 0 { trimmed(&text).to_owned() } else { format!("{text}…") }
}

/// A mean in its pollutant's unit.
pub(super) fn mean_text(mean: Quotient, pollutant: Pollutant) -> String {
    endless(mean.num, mean.den.into(), pollutant.unit().milli_digits())
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.clone()).map_err(S::Error::custom)?.serialize(to)
    }
}

impl PartialSchema for Decimal {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Number).into()
    }
}

impl ToSchema for Decimal {}

/// A figure: a concentration, an index or a count, or codes of pollutants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Shown {
    /// Missing.
    Nothing,
    /// A concentration in its unit.
    Amount(Decimal),
    /// An index or a count.
    Number(u16),
    /// Codes, the leading one first.
    Pollutants(Vec<&'static str>),
}

/// As the column of an export has it.
impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Amount(amount) => amount.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Pollutants(codes) => f.write_str(&codes.join(";")),
        }
    }
}
