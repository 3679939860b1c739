//! Which stations are each other's neighbours.
//!
//! In: kinds and positions. Out: for each station the nearest others, by index.
//!
//! Invariants: micro-stations and those at an enterprise's fence are compared with others but never are the
//! measure of them; at most [`MOST`] stand in a list, so that a check costs the same in a large city.

use super::check::Place;
use crate::observation::StationKind;

/// The longest list of neighbours.
pub(super) const MOST: usize = 16;

/// Metres of a degree of latitude.
const METRES: i64 = 111_195;

/// The neighbours of every station. One without a position is compared with all others, up to [`MOST`].
pub(super) fn lists(places: &[Place], within_km: u32) -> Vec<Vec<usize>> {
    (0..places.len()).map(|station| list(places, station, i64::from(within_km) * 1000)).collect()
}

fn list(places: &[Place], station: usize, within: i64) -> Vec<usize> {
    let measures = |p: &Place| {
        !matches!(p.kind, StationKind::Micro | StationKind::Enterprise | StationKind::Reference)
    };
    let others = places.iter().enumerate().filter(|(at, p)| *at != station && measures(p));
    let Some(own) = places[station].position else {
        return others.map(|(at, _)| at).take(MOST).collect();
    };
    let mut near: Vec<(i64, usize)> = others
        .filter_map(|(at, p)| Some((squared_metres(own, p.position?), at)))
        .filter(|(distance, _)| *distance <= within * within)
        .collect();
    near.sort_unstable();
    near.into_iter().take(MOST).map(|(_, at)| at).collect()
}

/// The square of the distance, as on a plane at the latitude of `a`: right to a few percent within a city.
fn squared_metres(a: (i32, i32), b: (i32, i32)) -> i64 {
    let metres = |micro: i32| i64::from(micro) * METRES / 1_000_000;
    let north = metres(a.0.saturating_sub(b.0));
    let east = metres(a.1.saturating_sub(b.1)) * cosine(a.0) / 1_000_000;
    north * north + east * east
}

/// The cosine of 0.000001 degrees in millionths, to 0.1 % up to 60 degrees.
fn cosine(micro: i32) -> i64 {
    let radians = i64::from(micro) * 17_453 / 1_000_000;
    let squared = radians * radians / 1_000_000;
    let fourth = squared * squared / 1_000_000;
    1_000_000 - squared / 2 + fourth / 24 - fourth * squared / 1_000_000 / 720
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(kind: StationKind, position: Option<(i32, i32)>) -> Place {
        Place { kind, position }
    }

    #[test]
    fn distances_are_those_of_a_map() {
        // 周水子 to 星海三站, 7.4 km; 甘井子 to 旅顺 about 41 km.
        let metres = |a, b| squared_metres(a, b).isqrt();
        let near = metres((38_951_100, 121_565_000), (38_884_500, 121_563_700));
        assert!((7_300..7_500).contains(&near), "{near}");
        let far = metres((39_000_000, 121_600_000), (39_000_000, 122_600_000));
        assert!((86_200..86_600).contains(&far), "a degree of longitude at 39 N: {far}");
    }

    #[test]
    fn neighbours_are_near_and_fit_to_measure_by() {
        let at = |lat| Some((lat, 121_600_000));
        let places = [
            place(StationKind::National, at(38_900_000)),
            place(StationKind::City, at(39_000_000)),
            place(StationKind::Micro, at(38_900_100)),
            place(StationKind::National, at(39_900_000)),
            place(StationKind::District, None),
        ];
        let lists = lists(&places, 40);
        assert_eq!(lists[0], [1], "neither the micro-station, nor 111 km away, nor nowhere");
        assert_eq!(lists[2], [0, 1], "the nearest first");
        assert_eq!(lists[4], [0, 1, 3], "nobody knows where it is: all");
        assert_eq!(lists[3], [] as [usize; 0]);
    }
}
