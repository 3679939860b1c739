//! Exact figures of periods: rationals without a bound, since a year of means over changing numbers of
//! stations has no common denominator that fits a machine word.

use num_bigint::BigInt;
use num_rational::BigRational;

use crate::quantity::{Amount, Quotient};

/// An exact figure: a concentration in 0.001 µg/m³, or a plain ratio.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exact(BigRational);

impl From<Quotient> for Exact {
    fn from(value: Quotient) -> Self {
        Self(BigRational::new(value.num.into(), value.den.into()))
    }
}

impl From<Amount> for Exact {
    fn from(amount: Amount) -> Self {
        Quotient::whole(amount).into()
    }
}

impl Exact {
    /// A plain number.
    #[must_use]
    pub fn count(count: u32) -> Self {
        Self(BigRational::from_integer(count.into()))
    }

    /// `part` of `whole`; `None` when there is nothing to be a part of.
    #[must_use]
    pub fn ratio(part: u32, whole: u32) -> Option<Self> {
        (whole > 0).then(|| Self(BigRational::new(part.into(), whole.into())))
    }

    /// The figure times `times`.
    #[must_use]
    pub fn times(&self, times: u32) -> Self {
        Self(&self.0 * BigInt::from(times))
    }

    pub(super) fn sum(all: impl Iterator<Item = Self>) -> Self {
        Self(all.map(|one| one.0).sum())
    }

    pub(super) fn divided(&self, by: i64) -> Self {
        Self(&self.0 / BigInt::from(by.max(1)))
    }

    /// A part of the way from this figure to `other`, `part` of `whole`.
    pub(super) fn towards(&self, other: &Self, (part, whole): (u32, u32)) -> Self {
        let way = &other.0 - &self.0;
        Self(&self.0 + way * BigRational::new(part.into(), whole.into()))
    }

    /// The figure in parts of `limit`, which is above zero.
    pub(super) fn over(&self, limit: Amount) -> Self {
        Self(&self.0 / BigInt::from(limit.milli().max(1)))
    }

    /// The figure divided by 10^`scale`, half to even to so many decimals (GB/T 8170), in units of the last.
    fn rounded(&self, scale: u32, decimals: u32) -> BigInt {
        let ten = |n: u32| BigInt::from(10).pow(n);
        let scaled = &self.0 * BigRational::new(ten(decimals), ten(scale));
        let floor = scaled.floor().to_integer();
        let rest = scaled - &floor;
        let half = BigRational::new(1.into(), 2.into());
        let odd = floor.bit(0);
        if rest > half || (rest == half && odd) { floor + 1 } else { floor }
    }

    /// The figure as it is shown, which is a figure again: changes are taken between shown ones.
    #[must_use]
    pub fn as_shown(&self, scale: u32, decimals: u32) -> Self {
        let ten = |n: u32| BigInt::from(10).pow(n);
        Self(BigRational::new(self.rounded(scale, decimals) * ten(scale), ten(decimals)))
    }

    /// The largest multiple of 10^`scale - decimals` at most as large, or, unless `inclusive`, below it.
    pub(super) fn floor(&self, (scale, decimals): (u32, u32), inclusive: bool) -> Self {
        let step = BigRational::new(BigInt::from(10).pow(scale), BigInt::from(10).pow(decimals));
        let steps = &self.0 / &step;
        let floor = steps.floor();
        let below = !inclusive && floor == steps;
        let kept = if below { floor - BigRational::from_integer(1.into()) } else { floor };
        Self(kept * step)
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        Self(&self.0 - &other.0)
    }

    /// In percent of `whole`; `None` of nothing.
    pub(super) fn percent_of(&self, whole: &Self) -> Option<Self> {
        (whole.0.numer() != &BigInt::ZERO).then(|| Self(&self.0 / &whole.0 * BigInt::from(100)))
    }

    /// Below, at or above zero.
    pub(super) fn sign(&self) -> std::cmp::Ordering {
        self.0.numer().cmp(&BigInt::ZERO)
    }

    pub(super) fn magnitude(&self) -> Self {
        if self.sign().is_lt() { Self(-&self.0) } else { self.clone() }
    }

    /// The figure divided by 10^`scale`, half to even to so many decimals (GB/T 8170).
    #[must_use]
    pub fn show(&self, scale: u32, decimals: u32) -> String {
        let kept = self.rounded(scale, decimals);
        let sign = if kept < BigInt::ZERO { "-" } else { "" };
        let digits = kept.magnitude().to_string();
        let width = decimals as usize + 1;
        let digits = format!("{digits:0>width$}");
        let (whole, fraction) = digits.split_at(digits.len() - decimals as usize);
        if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(num: i128, den: i64) -> Exact {
        Quotient { num, den }.into()
    }

    #[test]
    fn ties_go_to_the_even_neighbour() {
        let shown = |num, den, decimals| exact(num, den).show(3, decimals);
        assert_eq!(shown(60_500, 1, 0), "60");
        assert_eq!(shown(61_500, 1, 0), "62");
        assert_eq!(shown(60_500_001, 1000, 0), "61");
        assert_eq!(shown(-500, 1, 0), "0");
        assert_eq!(shown(-1_500, 1, 0), "-2");
        assert_eq!(shown(-1_499, 1, 2), "-1.50");
        assert_eq!(shown(5, 1, 2), "0.00");
        assert_eq!(shown(15, 1, 2), "0.02");
        assert_eq!(exact(2, 3).show(0, 6), "0.666667");
    }

    #[test]
    fn a_part_of_the_way() {
        assert_eq!(exact(10, 1).towards(&exact(20, 1), (25, 100)), exact(25, 2));
        assert_eq!(Exact::ratio(1, 0), None);
    }

    #[test]
    fn a_floor_is_at_most_the_figure() {
        let floor = |num, den, inclusive| exact(num, den).floor((3, 1), inclusive).show(3, 3);
        assert_eq!(floor(43_250, 1, true), "43.200");
        assert_eq!(floor(43_200, 1, true), "43.200");
        assert_eq!(floor(43_200, 1, false), "43.100");
        assert_eq!(floor(43_201, 1, false), "43.200");
        assert_eq!(floor(-1, 3, true), "-0.100");
    }
}
