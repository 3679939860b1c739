//! Seeded noise that can be asked for any hour in any order.
//!
//! In: a seed, a purpose, a station, an hour. Out: numbers that depend on nothing else.
//!
//! Why no generator with a state: a span must not depend on where it begins. The mixing function is
//! the finaliser of SplitMix64 (Steele, Lea, Flood 2014); normal numbers are sums of four uniform
//! ones, so that no library function can differ between machines.

use crate::time::Hour;

/// What a number is for; each purpose has its own stream. The numbers are frozen: changing one
/// changes every simulated hour.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(super) enum Purpose {
    Stagnation = 1,
    Wind = 2,
    Temperature = 3,
    Humidity = 4,
    Pressure = 5,
    Rain = 6,
    Cloud = 7,
    Episode = 8,
    Site = 9,
    Particles = 10,
    Gases = 11,
    Grain = 12,
    Weather = 13,
    Delay = 14,
    Calibration = 15,
    FaultStation = 16,
    FaultHour = 17,
    FaultDelay = 18,
}

/// The noise of one seed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noise {
    seed: u64,
}

/// No station: what the whole city shares.
pub(super) const CITY: u64 = 0;

impl Noise {
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed: mix(seed ^ 0x6c61_6e74_6961_6e00) }
    }

    /// 64 bits.
    pub(super) const fn bits(self, purpose: Purpose, station: u64, at: i64) -> u64 {
        let stream = mix(self.seed ^ mix(station).wrapping_add(purpose as u64));
        mix(stream ^ at.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Evenly in [0, 1).
    pub(super) fn uniform(self, purpose: Purpose, station: u64, at: i64) -> f64 {
        let high = u32::try_from(self.bits(purpose, station, at) >> 32).unwrap_or(0);
        f64::from(high) / 4_294_967_296.0
    }

    /// Nearly normal, mean 0, variance 1, within ±3.5.
    pub(super) fn normal(self, purpose: Purpose, station: u64, at: i64) -> f64 {
        let bytes = self.bits(purpose, station, at).to_le_bytes();
        let sum: u32 =
            bytes.chunks_exact(2).map(|b| u32::from(u16::from_le_bytes([b[0], b[1]]))).sum();
        (f64::from(sum) / 65_536.0 - 2.0) * 1.732_050_807_568_877_2
    }

    /// Normal and smooth over time: a new independent value every `period_h` hours, and between.
    pub(super) fn smooth(self, purpose: Purpose, station: u64, hour: Hour, period_h: i32) -> f64 {
        let (knot, rest) = (hour.number().div_euclid(period_h), hour.number().rem_euclid(period_h));
        // Streams of different periods must not share their knots.
        let at = |k: i32| i64::from(k) + (i64::from(period_h) << 40);
        let x = f64::from(rest) / f64::from(period_h);
        let next = smoothstep(x);
        let here = 1.0 - next;
        let sum = here * self.normal(purpose, station, at(knot))
            + next * self.normal(purpose, station, at(knot + 1));
        sum / (here * here + next * next).sqrt()
    }
}

/// 0 to 1, level at both ends.
pub(super) fn smoothstep(x: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

/// A number for a code, the same on every machine (FNV-1a).
pub(super) fn key(code: &str) -> u64 {
    let fold = |h: u64, b: u8| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3);
    code.bytes().fold(0xcbf2_9ce4_8422_2325, fold) | 1
}

const fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_moments_they_claim() {
        let noise = Noise::new(7);
        let moments = |values: Vec<f64>| {
            let n = f64::from(u32::try_from(values.len()).expect("few"));
            let mean = values.iter().sum::<f64>() / n;
            (mean, values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n)
        };
        let (mean, variance) =
            moments((0..20_000).map(|i| noise.uniform(Purpose::Grain, 1, i)).collect());
        assert!((mean - 0.5).abs() < 0.01 && (variance - 1.0 / 12.0).abs() < 0.003);
        let (mean, variance) =
            moments((0..20_000).map(|i| noise.normal(Purpose::Grain, 1, i)).collect());
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
        let smooth = |i| noise.smooth(Purpose::Wind, 1, Hour::from_number(i), 5);
        let (mean, variance) = moments((0..20_000).map(smooth).collect());
        assert!(mean.abs() < 0.06 && (variance - 1.0).abs() < 0.06, "{mean} {variance}");
        let jump = (0..20_000).map(|i| (smooth(i + 1) - smooth(i)).abs()).fold(0.0, f64::max);
        assert!(jump < 2.5, "{jump}");
    }

    #[test]
    fn streams_of_seeds_purposes_and_stations_differ() {
        let bits = |seed, purpose, station| Noise::new(seed).bits(purpose, station, 5);
        let one = bits(1, Purpose::Wind, 1);
        assert_ne!(one, bits(2, Purpose::Wind, 1));
        assert_ne!(one, bits(1, Purpose::Rain, 1));
        assert_ne!(one, bits(1, Purpose::Wind, 2));
        assert_ne!(key("S0001"), key("S0002"));
    }
}
