//! The weather that the city shares: season, synoptic swings, sun, and what the events ask of it.
//!
//! In: the hour, the noise, the events. Out: [`Weather`]. The swing `stagnation` leads: above 0 the
//! air stands (south wind, humid, polluted), below 0 it is flushed from the north.
//!
//! The numbers are chosen to look like Dalian (38.9° N, 121.6° E): mean of January -4 ℃, of August
//! 25 ℃, windy, dry and clear in winter, humid in July.

use std::f64::consts::TAU;

use super::noise::{CITY, Noise, Purpose, smoothstep};
use super::scenario::EventKind;
use crate::time::Hour;

/// Sine and cosine of the latitude.
const LATITUDE: (f64, f64) = (0.628, 0.778);
const DAYS_A_YEAR: f64 = 365.2425;

/// An event on the time axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlacedEvent {
    pub(super) kind: EventKind,
    pub(super) from: Hour,
    pub(super) hours: i32,
    pub(super) peak_ug_m3: f64,
}

impl PlacedEvent {
    /// 0 outside, 1 at its height.
    fn strength(&self, hour: Hour) -> f64 {
        let x = (f64::from(hour.number() - self.from.number()) + 0.5) / f64::from(self.hours);
        if !(0.0..=1.0).contains(&x) {
            return 0.0;
        }
        let (rise, fall) = match self.kind {
            EventKind::Episode => (0.45, 0.88), // gathers slowly, ends with the front
            EventKind::Dust => (0.12, 0.35),
            EventKind::Fireworks => (0.4, 0.5),
        };
        smoothstep(x / rise) * smoothstep((1.0 - x) / (1.0 - fall))
    }
}

/// What the events add, µg/m³, and how strong they are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Events {
    pub(super) episode_ug_m3: f64,
    pub(super) dust_ug_m3: f64,
    pub(super) fireworks_ug_m3: f64,
    episode: f64,
    dust: f64,
}

impl Events {
    pub(super) fn at(events: &[PlacedEvent], hour: Hour) -> Self {
        let mut sum = Self::default();
        for event in events {
            let strength = event.strength(hour);
            let added = strength * event.peak_ug_m3;
            match event.kind {
                EventKind::Episode => {
                    sum.episode_ug_m3 += added;
                    sum.episode = sum.episode.max(strength);
                }
                EventKind::Dust => {
                    sum.dust_ug_m3 += added;
                    sum.dust = sum.dust.max(strength);
                }
                EventKind::Fireworks => sum.fireworks_ug_m3 += added,
            }
        }
        sum
    }
}

/// The weather of an hour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weather {
    /// 1 in mid-January, 0 in mid-July.
    pub(super) winter: f64,
    /// Fraction of the year gone.
    pub(super) year: f64,
    /// The swing without what an episode adds.
    pub(super) stagnation: f64,
    /// Sine of the sun's height in mid-hour, 0 at night.
    pub(super) sun: f64,
    /// The same some two hours before, when the ozone of now was made.
    pub(super) sun_before: f64,
    /// 0 to 1.
    pub(super) cloud: f64,
    pub(super) wind_m_s: f64,
    pub(super) wind_deg: f64,
    pub(super) temperature_c: f64,
    pub(super) humidity: f64,
    pub(super) pressure_hpa: f64,
    pub(super) rain_mm: f64,
}

impl Weather {
    pub(super) fn at(noise: Noise, hour: Hour, events: &Events) -> Self {
        let swing = |purpose, period_h| noise.smooth(purpose, CITY, hour, period_h);
        let year = (f64::from(hour.day().number()) / DAYS_A_YEAR).fract();
        let winter = 0.5 + 0.5 * libm::cos(TAU * (year - 0.04));
        let of_day = clock(hour);
        let stagnation = (0.75 * swing(Purpose::Stagnation, 42)
            + 0.42 * swing(Purpose::Stagnation, 17)
            + 0.2 * swing(Purpose::Stagnation, 5))
        .clamp(-1.8, 1.8);
        let still = stagnation * (1.0 - events.episode) + 1.7 * events.episode - 1.5 * events.dust;
        let warmth = libm::cos(TAU * (of_day - 14.5) / 24.0);
        let sun = sun(year, of_day + 0.5);
        let wet = 0.78 * swing(Purpose::Rain, 30) + 0.62 * swing(Purpose::Rain, 9);
        let dry = 1.1 + 0.9 * winter + 2.0 * (events.episode + events.dust);
        let rain_mm = (wet - dry).max(0.0) * (1.0 + 3.0 * (1.0 - winter));
        let cloud = 0.35 + 0.3 * swing(Purpose::Cloud, 20) + rain_mm.min(0.6);
        let wind = 4.0 * libm::exp(-0.36 * still + 0.18 * swing(Purpose::Wind, 4));
        let south = 1.0 / (1.0 + libm::exp(-1.6 * (still + 0.7 - 1.4 * winter)));
        let turn = 345.0 - 160.0 * south + 25.0 * swing(Purpose::Wind, 7);
        let humidity = 53.0 + 22.0 * (1.0 - winter) + 9.0 * still - 9.0 * warmth
            + 6.0 * swing(Purpose::Humidity, 12)
            + 8.0 * rain_mm.min(2.0)
            - 18.0 * events.dust;
        Self {
            winter,
            year,
            stagnation,
            sun,
            sun_before: self::sun(year, of_day - 1.5),
            cloud: cloud.clamp(0.0, 1.0),
            wind_m_s: (wind * (1.0 + 0.2 * warmth) + 5.0 * events.dust).clamp(0.3, 24.0),
            wind_deg: turn,
            temperature_c: 10.7 - 14.6 * libm::cos(TAU * (year - 0.055))
                + 3.0 * warmth
                + 2.4 * swing(Purpose::Temperature, 70)
                + 1.1 * still,
            humidity: humidity.clamp(12.0, 99.0),
            pressure_hpa: 1015.5 + 9.0 * (2.0 * winter - 1.0) - 3.5 * still
                + 2.0 * swing(Purpose::Pressure, 60),
            rain_mm,
        }
    }
}

/// Hours since midnight.
pub(super) fn clock(hour: Hour) -> f64 {
    f64::from(u8::try_from(hour.of_day()).unwrap_or(0))
}

/// Sine of the sun's height over the horizon, 0 at night; 0.1 h for 121.6° E.
fn sun(year: f64, of_day: f64) -> f64 {
    let declination = 0.4091 * libm::sin(TAU * (year - 0.2205));
    let angle = TAU * (of_day + 0.1 - 12.0) / 24.0;
    let height = LATITUDE.0 * libm::sin(declination)
        + LATITUDE.1 * libm::cos(declination) * libm::cos(angle);
    height.max(0.0)
}
