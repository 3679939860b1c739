//! What the weather and the city make of it: true levels at a site.
//!
//! In: weather, events, the hour, the character of a site. Out: readings on the steps of the
//! instruments (1 µg/m³, CO 0.1 mg/m³).
//!
//! The numbers are chosen for plausible levels in Dalian (winter PM2.5 20 to 150, summer ozone 60 to
//! 220 µg/m³), not fitted to any data.

use super::noise::{Noise, Purpose};
use super::scenario::Levels;
use super::weather::{Events, Weather, clock};
use crate::observation::{Pollutant, Property, Reading, Validity};
use crate::quantity::Amount;
use crate::time::Hour;

/// Heating season of Dalian, 5 November to 5 April, as fractions of the year.
const HEATING: (f64, f64) = (0.8433, 0.2574);

/// What sets a site apart; 1 is the mean of the city.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    key: u64,
    particles: f64,
    coarse: f64,
    traffic: f64,
    heating: f64,
    wind: f64,
    warmer_c: f64,
}

impl Site {
    pub(super) fn new(noise: Noise, key: u64) -> Self {
        let draw = |at| noise.normal(Purpose::Site, key, at);
        Self {
            key,
            particles: libm::exp(0.09 * draw(1)),
            coarse: libm::exp(0.15 * draw(2)),
            traffic: libm::exp(0.22 * draw(3)),
            heating: libm::exp(0.2 * draw(4)),
            wind: libm::exp(0.15 * draw(5)),
            warmer_c: 0.5 * draw(6),
        }
    }
}

/// The levels that the city shares in an hour.
#[derive(Clone, Copy, Debug)]
pub(super) struct City {
    hour: Hour,
    weather: Weather,
    pm2_5: f64,
    dust: f64,
    fireworks: f64,
    coarse: f64,
    no2: f64,
    so2: f64,
    ozone_made: f64,
    ozone_background: f64,
}

impl City {
    pub(super) fn at(
        noise: Noise,
        hour: Hour,
        weather: Weather,
        events: &Events,
        levels: &Levels,
    ) -> Self {
        let Weather { winter, year, stagnation, sun, .. } = weather;
        let of_day = clock(hour);
        let heating = f64::from(u8::from(year >= HEATING.0 || year < HEATING.1)) * levels.heating;
        let spring = bump(year, 0.28, 0.09);
        // Shallow air at night, deep air under the sun.
        let mixing = 1.17 - 0.42 * sun;
        let swing = |by: f64| libm::exp(by * stagnation);
        let washed = libm::exp(-0.22 * weather.rain_mm).max(0.4);
        let evening = bump(of_day, 21.0, 3.0) + bump(of_day, 7.0, 2.0);
        let usual = levels.particles
            * (15.0 + 13.0 * winter + 10.0 * heating * (0.6 + 0.4 * winter))
            * (1.0 + 0.15 * evening);
        let grain = 1.0 + 0.05 * noise.smooth(Purpose::Episode, 0, hour, 6);
        let swept = usual * swing(0.55) * mixing * washed;
        let gathered = events.episode_ug_m3 * grain * (0.9 + 0.1 * mixing);
        let cars = levels.traffic * traffic(hour) * (0.75 + 0.25 * winter);
        Self {
            hour,
            weather,
            pm2_5: swept + gathered,
            dust: events.dust_ug_m3 * grain,
            fireworks: events.fireworks_ug_m3,
            // What gathers in still air is fine; what the wind brings is less so.
            coarse: swept * (1.0 / (0.64 - 0.14 * spring) - 1.0) + 0.2 * gathered + 4.0,
            // The sun splits it.
            no2: (8.0 + 8.0 * winter + 25.0 * cars) * swing(0.24) * mixing * (1.0 - 0.38 * sun)
                + 0.09 * events.episode_ug_m3,
            so2: (4.0 + 6.0 * heating * (1.0 + 0.4 * bump(of_day, 9.0, 2.0))) * swing(0.3),
            ozone_made: levels.ozone
                * (22.0 + 105.0 * bump(year, 0.45, 0.14))
                * weather.sun_before
                * (1.0 - 0.55 * weather.cloud)
                * swing(0.22)
                * washed,
            ozone_background: (58.0 + 30.0 * bump(year, 0.4, 0.15))
                * (0.74 + 0.26 * weather.sun_before),
        }
    }

    /// The true readings at a site.
    pub(super) fn readings(&self, noise: Noise, site: &Site) -> [Reading; Property::COUNT] {
        let smooth = |purpose, period_h| noise.smooth(purpose, site.key, self.hour, period_h);
        let grain = noise.normal(Purpose::Grain, site.key, i64::from(self.hour.number()));
        let particles =
            site.particles * libm::exp(0.08 * smooth(Purpose::Particles, 4) + 0.03 * grain);
        let gases = libm::exp(0.12 * smooth(Purpose::Gases, 3));
        let pm2_5 = (self.pm2_5 + self.fireworks + 0.12 * self.dust) * particles;
        let pm10 = pm2_5
            + self.coarse * site.coarse
            + 0.88 * self.dust * particles
            + 0.25 * self.fireworks;
        let no2 = self.no2 * site.traffic * gases;
        let co = 0.28 + 0.006 * (pm2_5 - 0.12 * self.dust) + 0.006 * no2;
        let o3 = self.ozone_background + self.ozone_made * (1.0 + 0.04 * grain)
            - 0.55 * no2
            - 0.12 * self.fireworks;
        let mut readings = [Reading::default(); Property::COUNT];
        let mut put = |property: Property, value: f64, step: i32| {
            readings[property.index()] = quantised(value, step);
        };
        put(Property::Pollutant(Pollutant::Pm2_5), pm2_5.max(1.0), 1000);
        put(Property::Pollutant(Pollutant::Pm10), pm10.max(2.0), 1000);
        let so2 = self.so2 * site.heating * gases + 0.2 * self.fireworks;
        put(Property::Pollutant(Pollutant::So2), so2.max(1.0), 1000);
        put(Property::Pollutant(Pollutant::No2), no2.max(1.0), 1000);
        put(Property::Pollutant(Pollutant::Co), co.max(0.1) * 1000.0, 100_000);
        put(Property::Pollutant(Pollutant::O3), o3.max(2.0), 1000);
        self.put_weather(noise, site, pm2_5 + 0.3 * self.dust, &mut put);
        readings
    }

    fn put_weather(
        &self,
        noise: Noise,
        site: &Site,
        haze_ug_m3: f64,
        put: &mut impl FnMut(Property, f64, i32),
    ) {
        let weather = &self.weather;
        let local = noise.smooth(Purpose::Weather, site.key, self.hour, 3);
        let humidity = (weather.humidity + 1.5 * local).clamp(10.0, 100.0);
        let wind = (weather.wind_m_s * site.wind * (1.0 + 0.1 * local)).max(0.1);
        let degrees = libm::floor(weather.wind_deg + 8.0 * local);
        let degrees = degrees - 360.0 * libm::floor(degrees / 360.0);
        // Koschmieder: 3.912 over the extinction, which grows as the particles take up water.
        let damp = (1.0 - humidity.min(97.0) / 100.0).sqrt();
        let extinction = 0.1 + 0.0033 * haze_ug_m3 / damp + 0.05 * weather.rain_mm;
        put(Property::WindSpeed, wind, 100);
        put(Property::WindDirection, degrees, 1000);
        let temperature = weather.temperature_c + site.warmer_c + 0.2 * local;
        put(Property::Temperature, temperature, 100);
        put(Property::Humidity, humidity, 1000);
        put(Property::Pressure, weather.pressure_hpa, 100);
        put(Property::Rain, weather.rain_mm, 100);
        put(Property::Visibility, (3.912 / extinction).min(30.0), 100);
    }
}

/// Share of the day's traffic: two peaks on working days, a broad one at the weekend.
fn traffic(hour: Hour) -> f64 {
    let of_day = clock(hour);
    let weekday = (hour.day().number() + 3).rem_euclid(7); // 1970-01-01 was a Thursday
    let day = 0.3 * bump(of_day, 13.0, 4.5);
    if weekday >= 5 {
        return 0.25 + 1.2 * day + 0.45 * bump(of_day, 18.5, 3.0);
    }
    0.25 + day + 0.7 * bump(of_day, 8.0, 1.5) + 0.8 * bump(of_day, 18.5, 2.2)
}

/// 1 at `centre`, falling off within some `width`s.
fn bump(x: f64, centre: f64, width: f64) -> f64 {
    let z = (x - centre) / width;
    libm::exp(-0.5 * z * z)
}

/// To the nearest step of the instrument (in 0.001 of the unit), at once.
pub(super) fn quantised(value: f64, step: i32) -> Reading {
    let steps = libm::floor(value * 1000.0 / f64::from(step) + 0.5).clamp(-1e6, 1e6);
    #[expect(clippy::cast_possible_truncation, reason = "a whole number within ±1e6")]
    let steps = steps as i32;
    Reading { amount: Amount::from_milli(steps.saturating_mul(step)), validity: Validity::Valid }
}
