//! On how much a figure rests: stations of an hour, hours of a day, as the eye must see it.
//!
//! Why: a missing station can make a mean look better; what rests on few must not look whole.

use super::words::Lang;
use crate::area::{Coverage, Figures};
use crate::observation::{POLLUTANTS, Pollutant};
use crate::pipeline::SetView;
use crate::time::{DAY_H, Hour};

/// Hours a whole day needs (HJ 663: at least 20 hourly means).
const WHOLE_DAY_H: usize = 20;

/// The smallest share of stations over the six pollutants.
#[derive(Clone, Debug)]
pub(super) struct Cover {
    /// `8/10站`, with the pollutant where the others have more; empty where none is expected.
    pub(super) text: String,
    /// Whether a station is missing.
    pub(super) short: bool,
    /// Whether fewer than half of the stations have a value.
    pub(super) thin: bool,
}

impl Cover {
    pub(super) fn of(figures: &Figures, lang: Lang) -> Self {
        let Some((pollutant, least)) = least(figures) else {
            return Self { text: String::new(), short: false, thin: false };
        };
        let of_all = figures.coverage.iter().all(|c| c.present == least.present);
        let name = if of_all { String::new() } else { format!("{} ", pollutant.label()) };
        let stations = format!("{}/{}", least.present, least.expected);
        Self {
            text: match lang {
                Lang::Zh => format!("{name}{stations}站"),
                Lang::En => format!("{name}{stations} stations"),
            },
            short: least.present < least.expected,
            thin: is_thin(least),
        }
    }
}

/// `仅3/10站有数据，代表性不足`; `None` where half of the stations or more have a value.
pub(super) fn not_representative(figures: &Figures, lang: Lang) -> Option<String> {
    let (pollutant, Coverage { present, expected }) =
        least(figures).filter(|(_, c)| is_thin(*c))?;
    let of_all = figures.coverage.iter().all(|c| c.present == present);
    let name = if of_all { String::new() } else { format!("{} ", pollutant.label()) };
    Some(match lang {
        Lang::Zh => format!("{name}仅{present}/{expected}站有数据，代表性不足"),
        Lang::En => format!("{name}only {present} of {expected} stations, not representative"),
    })
}

/// Whether fewer than half of the stations have a value of some pollutant.
pub(in crate::http) fn thin(figures: &Figures) -> bool {
    least(figures).is_some_and(|(_, coverage)| is_thin(coverage))
}

const fn is_thin(coverage: Coverage) -> bool {
    coverage.present * 2 < coverage.expected
}

/// The pollutant with the smallest share of stations.
fn least(figures: &Figures) -> Option<(Pollutant, Coverage)> {
    let all = POLLUTANTS.map(|p| (p, figures.coverage[p.index()]));
    let due = all.into_iter().filter(|(_, c)| c.expected > 0);
    due.min_by(|(_, a), (_, b)| {
        let cross = |x: &Coverage, y: &Coverage| u32::from(x.present) * u32::from(y.expected);
        cross(a, b).cmp(&cross(b, a))
    })
}

/// Whether more than a quarter of the day's hours so far are missing; of a whole day, whether
/// fewer than 20 are there.
pub(super) fn day_is_short(counted: usize, due: usize) -> bool {
    if due >= DAY_H { counted < WHOLE_DAY_H } else { counted * 4 < due * 3 }
}

/// Hours of the day up to `until` in which fewer than half of the stations had a value.
pub(super) fn thin_hours(set: &SetView, until: Hour) -> usize {
    let of_day = |h: &Hour| h.day() == until.day();
    let hours = (0..24).map(|back| until.plus(-back)).take_while(of_day);
    let some = |f: &Figures| f.has_value() && thin(f);
    hours.filter(|h| set.at(*h).is_some_and(|h| some(&h.figures))).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_short_below_three_quarters_and_at_its_end_below_twenty() {
        for (counted, due, short) in
            [(12, 16, false), (11, 16, true), (0, 1, true), (1, 1, false), (19, 24, true)]
        {
            assert_eq!(day_is_short(counted, due), short, "{counted}/{due}");
        }
        assert!(!day_is_short(20, 24));
    }

    #[test]
    fn half_of_the_stations_is_not_thin() {
        let of = |present| is_thin(Coverage { present, expected: 10 });
        assert_eq!([of(4), of(5), of(10)], [true, false, false]);
    }
}
