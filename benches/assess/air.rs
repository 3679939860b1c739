//! A year of plausible air, the same every time: seasons, afternoons, episodes, gaps.

use std::io::Write as _;
use std::path::Path;

use lantian::average::MISSING;
use lantian::observation::{POLLUTANTS, Pollutant};
use lantian::time::{DAY_H, Day, HourLabel};

/// Hourly amounts by station and pollutant, in 0.001 µg/m³.
pub(crate) struct Air {
    days: usize,
    stations: Vec<[Vec<i32>; Pollutant::COUNT]>,
}

/// 2015-01-01.
const FIRST: Day = Day::from_number(16_436);

impl Air {
    pub(crate) fn new(stations: usize, days: usize) -> Self {
        let station = |n: usize| {
            let mut noise = Noise(0x9E37_79B9_7F4A_7C15 ^ ((n as u64 + 1) << 17));
            station(&mut noise, days)
        };
        Self { days, stations: (0..stations).map(station).collect() }
    }

    pub(crate) fn stations(&self) -> usize {
        self.stations.len()
    }

    pub(crate) const fn days(&self) -> usize {
        self.days
    }

    pub(crate) const fn first(&self) -> Day {
        FIRST
    }

    pub(crate) fn amounts(&self, station: usize) -> &[Vec<i32>; Pollutant::COUNT] {
        &self.stations[station]
    }

    /// The list of stations.
    pub(crate) fn list(&self) -> String {
        let head = "station,name,lat,lon,area,district,kind,assessed,valid_from,valid_to\n";
        let row = |n: usize| format!("{n},S{n},,,x,D{},national,true,,\n", n / 10);
        head.to_owned() + &(0..self.stations()).map(row).collect::<String>()
    }

    /// One station after the other, as archives are often laid out.
    pub(crate) fn write(&self, path: &Path) {
        let file = std::fs::File::create(path).expect("a file");
        let mut out = std::io::BufWriter::with_capacity(1 << 20, file);
        writeln!(out, "station,time,pm2_5,pm10,so2,no2,co,o3").expect("written");
        let hours = self.days * DAY_H;
        let label = |h| FIRST.start().plus(i32::try_from(h).expect("few")).label(HourLabel::Begin);
        let labels: Vec<String> = (0..hours).map(label).collect();
        for (station, amounts) in self.stations.iter().enumerate() {
            for (hour, label) in labels.iter().enumerate() {
                write!(out, "{station},{label}").expect("written");
                for p in POLLUTANTS {
                    match amounts[p.index()][hour] {
                        MISSING => write!(out, ","),
                        co if p == Pollutant::Co => {
                            write!(out, ",{}.{}", co / 1_000_000, co / 100_000 % 10)
                        }
                        amount => write!(out, ",{}", amount / 1000),
                    }
                    .expect("written");
                }
                out.write_all(b"\n").expect("written");
            }
        }
        out.flush().expect("written");
    }
}

/// Numbers without a pattern, the same ones every time (SplitMix64).
struct Noise(u64);

impl Noise {
    fn below(&mut self, limit: i32) -> i32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        i32::try_from((z ^ (z >> 31)) % u64::from(limit.unsigned_abs())).unwrap_or(0)
    }
}

fn station(noise: &mut Noise, days: usize) -> [Vec<i32>; Pollutant::COUNT] {
    let scale = 60 + noise.below(90);
    let mut all: [Vec<i32>; Pollutant::COUNT] = Default::default();
    let (mut episode, mut silent) = (100, 0);
    for hour in 0..days * DAY_H {
        if hour % 48 == 0 {
            episode = 50 + noise.below(60) + noise.below(60) + noise.below(60);
        }
        silent = match (silent, noise.below(2200)) {
            (0, 0) => 3 + noise.below(57),
            (left, _) => (left - 1).max(0),
        };
        let of_year = i32::try_from(hour / DAY_H % 365).expect("small");
        let winter = ((of_year - 197).abs() * 2 - 183) * 100 / 183; // -100 in summer, 100 in winter
        let of_day = i32::try_from(hour % DAY_H).expect("small");
        let sun = (7 - (of_day - 13).abs()).max(0);
        for p in POLLUTANTS {
            let (base, season, light, lasting) = match p {
                Pollutant::Pm2_5 => (38, 22, 0, episode),
                Pollutant::Pm10 => (70, 30, 0, episode),
                Pollutant::So2 => (9, 4, 0, 100),
                Pollutant::No2 => (30, 10, -1, 100),
                Pollutant::Co => (700, 250, 0, 100),
                Pollutant::O3 => (45, -20, 9, 100),
            };
            let level = (base + season * winter / 100 + sun * light).max(1);
            let value = level * scale / 100 * lasting / 100 * (80 + noise.below(41)) / 100;
            let amount = match p {
                Pollutant::Co => value / 100 * 100_000,
                _ => value * 1000,
            };
            let missing = silent > 0 || noise.below(1000) < 15;
            all[p.index()].push(if missing { MISSING } else { amount });
        }
    }
    all
}
