//! The unified social credit code (统一社会信用代码) of an enterprise.
//!
//! In: a text. Out: a [`CreditCode`] whose check digit is right. Source: GB 32100-2015, 5 and annex A:
//! 18 characters of 0-9 and A-Z without I, O, S, V, Z; characters 3 to 8 are the digits of a region; the last
//! is (31 − Σ cᵢ·3^(i−1) mod 31) mod 31.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The characters by their value.
const CHARACTERS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// A code with the right check digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CreditCode(String);

/// Why a text is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditCodeFault {
    /// Not 18 characters of the set, or letters where the region stands.
    Malformed,
    /// The last character should be this one.
    CheckDigit(char),
}

impl CreditCode {
    /// Reads a code.
    ///
    /// # Errors
    /// [`CreditCodeFault`].
    pub fn parse(text: &str) -> Result<Self, CreditCodeFault> {
        let bytes = text.as_bytes();
        if bytes.len() != 18 || !bytes[2..8].iter().all(u8::is_ascii_digit) {
            return Err(CreditCodeFault::Malformed);
        }
        let value = |b: &u8| CHARACTERS.iter().position(|c| c == b);
        let values: Option<Vec<usize>> = bytes.iter().map(value).collect();
        let values = values.ok_or(CreditCodeFault::Malformed)?;
        let weighed = values[..17]
            .iter()
            .fold((0, 1), |(sum, weight), value| (sum + value * weight, weight * 3 % 31));
        let expected = CHARACTERS[(31 - weighed.0 % 31) % 31];
        if bytes[17] != expected {
            return Err(CreditCodeFault::CheckDigit(char::from(expected)));
        }
        Ok(Self(text.to_owned()))
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_and_what_differs_from_it() {
        let example = "91350100M000100Y43";
        assert_eq!(CreditCode::parse(example).map(|c| c.to_string()), Ok(example.to_owned()));
        let wrong = CreditCode::parse("91350100M000100Y44");
        assert_eq!(wrong, Err(CreditCodeFault::CheckDigit('3')));
        for malformed in ["", "91350100M000100Y4", "91350100M000I00Y43", "9135010AM000100Y43"] {
            assert_eq!(CreditCode::parse(malformed), Err(CreditCodeFault::Malformed));
        }
        assert_eq!(CreditCode::parse("91350100m000100y43"), Err(CreditCodeFault::Malformed));
    }

    #[test]
    fn one_wrong_character_or_a_swap_is_seen() {
        let example = b"91350100M000100Y43";
        for at in 0..17 {
            for other in CHARACTERS.iter().filter(|c| **c != example[at]) {
                let mut changed = *example;
                changed[at] = *other;
                let text = String::from_utf8_lossy(&changed).into_owned();
                assert!(CreditCode::parse(&text).is_err(), "{text}");
            }
        }
        let mut swapped = *example;
        swapped.swap(3, 4);
        assert!(CreditCode::parse(&String::from_utf8_lossy(&swapped)).is_err());
    }
}
