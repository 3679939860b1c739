//! Inputs that are almost right: seeds that are legal, changed where readers go wrong.
//!
//! Half the changes know the shape of a text (words and numbers change places, meet their limits, come
//! twice or are gone), half only see bytes. Everything follows from the dice.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::month::Dice;

/// Where to start, and which words the format has.
pub(super) struct Grammar<'a> {
    pub(super) seeds: &'a [Vec<u8>],
    pub(super) words: &'a [&'a str],
}

/// Numbers at which something ends: of types, of the wire, of the calendar.
const NUMBERS: [&str; 24] = [
    "0",
    "-0",
    "1",
    "-1",
    "9",
    "60",
    "255",
    "256",
    "65535",
    "65536",
    "-999",
    "-9999",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "1e9",
    "1e-9",
    "1e400",
    "0.0005",
    "0.00050000000000000001",
    "99999999999999999999",
];

impl Grammar<'_> {
    /// One input; one in sixteen is only noise.
    pub(super) fn input(&self, dice: &mut Dice) -> Vec<u8> {
        if dice.below(16) == 0 {
            return (0..dice.below(48)).map(|_| byte(dice)).collect();
        }
        let mut input = self.seeds[pick(dice, self.seeds.len())].clone();
        for _ in 0..=dice.below(2) * dice.below(4) {
            self.change(&mut input, dice);
        }
        input
    }

    fn change(&self, input: &mut Vec<u8>, dice: &mut Dice) {
        let at = pick(dice, input.len() + 1);
        let span = span(dice, input.len());
        match dice.below(18) {
            0 => input.insert(at, byte(dice)),
            1 => input.truncate(at),
            2 => drop(input.drain(span)),
            3 => {
                let again = input[span].to_vec();
                drop(input.splice(at..at, again));
            }
            4 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
            5 => {
                let other = &self.seeds[pick(dice, self.seeds.len())];
                let cut = pick(dice, other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[cut..]);
            }
            6 => drop(input.splice(at..at, self.word(dice).bytes())),
            n => self.change_word(input, n, dice),
        }
    }

    /// Changes a word or number as a whole.
    fn change_word(&self, input: &mut Vec<u8>, how: u64, dice: &mut Dice) {
        let words = words(input);
        if words.is_empty() {
            return;
        }
        let one = words[pick(dice, words.len())].clone();
        let other = words[pick(dice, words.len())].clone();
        let with = match how {
            7 => input[other].to_vec(),
            8 => Vec::new(),
            9 => [&input[one.clone()], &input[other]].concat(),
            _ => self.word(dice).as_bytes().to_vec(),
        };
        drop(input.splice(one, with));
    }

    fn word(&self, dice: &mut Dice) -> &str {
        let known = self.words.len();
        let at = pick(dice, known + NUMBERS.len());
        self.words.get(at).copied().unwrap_or_else(|| NUMBERS[at - known])
    }
}

fn pick(dice: &mut Dice, count: usize) -> usize {
    usize::try_from(dice.below(count.max(1) as u64)).unwrap()
}

fn byte(dice: &mut Dice) -> u8 {
    dice.next().to_le_bytes()[0]
}

/// A span of at most 32 bytes.
fn span(dice: &mut Dice, length: usize) -> std::ops::Range<usize> {
    let from = pick(dice, length);
    from..length.min(from + pick(dice, 33))
}

/// What stands between blanks and punctuation.
fn words(input: &[u8]) -> Vec<std::ops::Range<usize>> {
    let inside = |b: &u8| b.is_ascii_alphanumeric() || b"_-+.".contains(b) || *b >= 0x80;
    let mut found = Vec::new();
    let mut from = None;
    for (at, byte) in input.iter().enumerate() {
        match (from, inside(byte)) {
            (None, true) => from = Some(at),
            (Some(start), false) => {
                found.push(start..at);
                from = None;
            }
            _ => {}
        }
    }
    found.extend(from.map(|start| start..input.len()));
    found
}

/// What is wrong with an input; a panic is, too.
pub(super) fn fault<T>(
    check: &mut impl FnMut(&[u8]) -> Result<T, String>,
    input: &[u8],
) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(|| check(input))) {
        Ok(outcome) => outcome,
        Err(_) => Err("panicked".to_owned()),
    }
}

/// The smallest part of a faulty input found by leaving pieces out that still fails.
pub(super) fn shrink<T>(
    check: &mut impl FnMut(&[u8]) -> Result<T, String>,
    mut input: Vec<u8>,
) -> Vec<u8> {
    let mut piece = input.len().div_ceil(2);
    while piece > 0 {
        let mut at = 0;
        while at < input.len() {
            let rest = [&input[..at], &input[(at + piece).min(input.len())..]].concat();
            if fault(check, &rest).is_err() {
                input = rest;
            } else {
                at += piece;
            }
        }
        piece /= 2;
    }
    input
}
