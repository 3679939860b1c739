//! Made-up electricity of the made-up list, so that the demo has something to look at once a level is issued.
//!
//! In: the list, an hour, and the response in effect. Out: a message of each meter on
//! `aq/{area}/power/{meter}`.
//!
//! Invariants: the same every time for the same hours and levels. Most lines do what they are ordered to;
//! some go on as before, and some meters fall silent.

use super::SEED;
use crate::area::AreaId;
use crate::measures::{Act, Edition, PerLevel, meters};
use crate::replay::publish::Message;
use crate::time::Hour;
use crate::warning::{InForce, Level};

/// Days before the air begins of which there is electricity: what a baseline is made of.
pub(super) const BEFORE_D: i32 = 28;
/// Of so many meters one goes on during a response, and one falls silent.
const ONE_OF: u64 = 6;

/// What a line's electricity does in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Habit {
    Follows,
    GoesOn,
    FallsSilent,
}

struct Meter {
    name: String,
    habit: Habit,
    /// What the line takes in an hour, in Wh.
    usual_wh: u64,
    acts: PerLevel<Act>,
}

/// The meters of a list.
pub(super) struct Meters(Vec<Meter>);

/// The finaliser of SplitMix64, as simulated air has it: no state, so that an hour is the same in any order.
const fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Meters {
    pub(super) fn of(list: &Edition) -> Self {
        let meter = |(name, at): (String, u64)| {
            let line = list.lines.iter().find(|line| line.meters.contains(&name))?;
            let dice = mix(SEED ^ mix(at));
            Some(Meter {
                habit: match dice % ONE_OF {
                    0 => Habit::GoesOn,
                    1 => Habit::FallsSilent,
                    _ => Habit::Follows,
                },
                usual_wh: 80_000 + mix(dice) % 900_000,
                acts: PerLevel::from_each(|level| line.measures.of(level).act),
                name,
            })
        };
        Self(meters(list).into_iter().zip(0..).filter_map(meter).collect())
    }

    /// What the meters counted in an hour, with the response in effect.
    pub(super) fn counted(
        &self,
        area: &AreaId,
        hour: Hour,
        response: Option<InForce>,
    ) -> Vec<Message> {
        let level = response.filter(|of| of.effective_from <= hour.start()).map(|of| of.response);
        let message = |(meter, at): (&Meter, u64)| {
            let wh = meter.energy(at, hour, level)?;
            let (time, kwh) = (hour.start(), crate::quantity::decimal(wh, 3, 3));
            let payload = format!("{{\"period\":\"PT1H\",\"time\":\"{time}\",\"kwh\":{kwh}}}");
            let topic = format!("aq/{area}/power/{}", meter.name);
            Some(Message { topic, payload: payload.into_bytes() })
        };
        self.0.iter().zip(0..).filter_map(message).collect()
    }
}

impl Meter {
    /// Watt-hours of an hour; `None` where the meter says nothing.
    fn energy(&self, at: u64, hour: Hour, level: Option<Level>) -> Option<i64> {
        let of_hour = mix(SEED ^ mix(at ^ 0x6b77_6800) ^ u64::from(hour.number().cast_unsigned()));
        // Day shifts, and a tenth more or less.
        let shift = if (8..20).contains(&hour.of_day()) { 100 } else { 85 };
        let usual = self.usual_wh * shift / 100 * (90 + of_hour % 21) / 100;
        let left = match (level.map(|level| *self.acts.of(level)), self.habit) {
            (None | Some(Act::Nothing), _) => 100,
            (_, Habit::FallsSilent) => return None,
            (_, Habit::GoesOn) => 97,
            (Some(Act::Voluntary), _) => 85,
            (Some(Act::Stop), _) => 6,
            (Some(Act::Limit(percent) | Act::StopShare(percent)), _) => 100 - u64::from(percent),
        };
        i64::try_from(usual * left / 100).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::load;
    use crate::time::Instant;
    use crate::workbook;

    #[test]
    fn most_lines_do_what_they_are_ordered_to_and_not_all() {
        let map = workbook::default_map().expect("shipped");
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds/measures/2026.xlsx");
        let sheets = workbook::sheets(&[path.into()], &map).expect("a workbook");
        let list = load(&sheets, &map).expect("without faults").edition;
        let meters = Meters::of(&list);
        let (area, hour) = (AreaId::new("x").expect("legal"), Hour::from_number(500_000));
        let response = |from: Instant| {
            let level = Level::Red;
            Some(InForce { level, response: level, issued: from, effective_from: from, issue: 1 })
        };
        let calm = meters.counted(&area, hour, None);
        assert_eq!(calm.len(), meters.0.len());
        assert_eq!(meters.counted(&area, hour, response(hour.end())), calm, "not in effect yet");
        let red = meters.counted(&area, hour, response(hour.start()));
        assert!((1..calm.len()).contains(&red.len()), "some fall silent");
        assert_eq!(red, meters.counted(&area, hour, response(hour.start())), "the same again");
        for habit in [Habit::Follows, Habit::GoesOn, Habit::FallsSilent] {
            let ordered = meters.0.iter().filter(|m| m.acts.red.is_mandatory());
            assert!(ordered.filter(|m| m.habit == habit).count() > 1, "{habit:?}");
        }
    }
}
