//! Recorded hours in memory: what files hold, read by several threads, for answers without a store.
//!
//! In: files in the import formats. Out: the hours of each station by day, and what could not be used.
//!
//! Invariants: the values are those that an import of the same files in the same order would hold, however
//! many threads read and however the files are cut. Most cells are given once: they are put in place. What
//! comes to a cell a second time, or is no valid value, goes through [`StationDay`] in the order of the
//! files.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::Fault;
use super::files::{Error, Format, Part, Parts, Row};
use super::import::Strangers;
use crate::area::Registry;
use crate::assessment::{Days, Gathered};
use crate::average::{Incoming, MISSING, StationDay, Window};
use crate::observation::{Dataset, POLLUTANTS, Pollutant, Property, Reading, Validity};
use crate::quantity::Amount;
use crate::time::{DAY_H, Day, Hour, HourLabel, Instant};

const NOTHING: Window = [[MISSING; DAY_H]; Pollutant::COUNT];

/// How files are read.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// How the files are laid out.
    pub format: Format,
    /// What their times name.
    pub label: HourLabel,
    /// Rows of stations outside the list.
    pub strangers: Strangers,
    /// Hours after it are refused: they would be slips of the pen.
    pub latest: Instant,
    /// How many bytes a thread reads at a time, about: [`PART_BYTES`](super::files::PART_BYTES).
    pub part_bytes: usize,
}

/// What became of the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Rows that were used.
    pub rows: u64,
    /// Rows of stations outside the list, left out without being faults.
    pub strangers: u64,
    /// Rows that could not be used.
    pub faults: u64,
    /// The first of them.
    pub first_faults: Vec<Fault>,
}

/// Faults kept whole.
const FAULTS_KEPT: usize = 20;

/// The hours of an area's stations.
#[derive(Debug)]
pub struct Recorded<'r> {
    registry: &'r Registry,
    /// By station of the registry.
    days: Vec<BTreeMap<Day, Slot>>,
    /// What became of the rows.
    pub taken: Taken,
}

/// One station's day.
#[derive(Debug)]
enum Slot {
    /// Every cell was given once, or not at all.
    Hours(Box<Window>),
    Cells(Box<StationDay>),
}

/// A value that is not simply put in place.
type Odd = (usize, Hour, Pollutant, Reading);

/// What one part of a file holds.
#[derive(Debug, Default)]
struct Heap {
    stations: Vec<Vec<HoursOfDay>>,
    odd: Vec<Odd>,
    taken: Taken,
}

#[derive(Debug)]
struct HoursOfDay {
    day: Day,
    amounts: Box<Window>,
    /// Hours with an odd value, as bits: all that comes to them later is odd too.
    odd: u32,
}

/// The parts of all files, and the heaps that wait for those before them.
struct Work<'p> {
    paths: std::slice::Iter<'p, PathBuf>,
    open: Option<Parts>,
    next: u64,
}

impl<'r> Recorded<'r> {
    /// Reads files on `threads` threads; `progress` hears the bytes of parts as they are taken.
    ///
    /// # Errors
    /// [`Error`] where a file cannot be opened or read, or its header does not fit.
    pub fn read(
        registry: &'r Registry,
        layout: Layout,
        paths: &[PathBuf],
        threads: usize,
    ) -> Result<Self, Error> {
        let names = registry.stations.iter().flat_map(|s| [s.id.as_str(), s.name.as_str()]);
        let places: HashMap<&str, usize> =
            names.filter_map(|name| Some((name, registry.find(name)?))).collect();
        let work = Mutex::new(Work { paths: paths.iter(), open: None, next: 0 });
        let days = registry.stations.iter().map(|_| BTreeMap::new()).collect();
        let all = Self { registry, days, taken: Taken::default() };
        let joined = Mutex::new((all, 0_u64, BTreeMap::<u64, Heap>::new()));
        let one = || -> Result<(), Error> {
            while let Some((number, part)) = lock(&work).part(layout)? {
                let heap = Heap::of(part, (layout, &places))?;
                let (all, next, waiting) = &mut *lock(&joined);
                waiting.insert(number, heap);
                while let Some(heap) = waiting.remove(next) {
                    all.join(heap);
                    *next += 1;
                }
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(one)).collect();
            let ended = threads.into_iter().map(|thread| match thread.join() {
                Ok(ended) => ended,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            ended.collect::<Result<(), Error>>()
        })?;
        let (all, ..) = joined.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(all)
    }

    /// The first and last day with a value.
    #[must_use]
    pub fn span(&self) -> Option<(Day, Day)> {
        let first = self.days.iter().filter_map(|days| days.keys().next()).min()?;
        let last = self.days.iter().filter_map(|days| days.keys().next_back()).max()?;
        Some((*first, *last))
    }

    /// The days of a span, both ends included.
    #[must_use]
    pub fn into_days(self, span: (Day, Day)) -> Days<'r> {
        let mut gathered = Gathered::new(self.registry, span, None, Dataset::Realtime);
        for (station, days) in self.days.into_iter().enumerate() {
            for (day, slot) in days {
                match slot {
                    Slot::Hours(hours) => gathered.put_hours(station, day, hours),
                    Slot::Cells(cells) => gathered.put(station, day, &cells),
                }
            }
        }
        gathered.finish()
    }

    fn join(&mut self, heap: Heap) {
        for (station, days) in heap.stations.into_iter().enumerate() {
            for HoursOfDay { day, amounts, .. } in days {
                match self.days[station].entry(day) {
                    std::collections::btree_map::Entry::Vacant(slot) => {
                        slot.insert(Slot::Hours(amounts));
                    }
                    std::collections::btree_map::Entry::Occupied(mut slot) => {
                        slot.get_mut().add(&amounts);
                    }
                }
            }
        }
        for (station, hour, pollutant, reading) in heap.odd {
            let slot = self.days[station].entry(hour.day());
            let slot = slot.or_insert_with(|| Slot::Hours(Box::new(NOTHING)));
            take(slot.cells(), pollutant, hour.of_day(), reading);
        }
        self.taken.add(heap.taken);
    }
}

impl Work<'_> {
    /// The next part of the files, with its number.
    fn part(&mut self, layout: Layout) -> Result<Option<(u64, Part)>, Error> {
        loop {
            if let Some(parts) = &mut self.open {
                match parts.next() {
                    Some(Ok(part)) => {
                        self.next += 1;
                        return Ok(Some((self.next - 1, part)));
                    }
                    Some(Err(e)) => return Err(e),
                    None => self.open = None,
                }
            }
            let Some(path) = self.paths.next() else { return Ok(None) };
            self.open = Some(Parts::open(path, layout.format, layout.label, layout.part_bytes)?);
        }
    }
}

impl Slot {
    /// Adds hours that came after those that are here.
    fn add(&mut self, hours: &Window) {
        for pollutant in POLLUTANTS {
            let p = pollutant.index();
            for (of_day, amount) in hours[p].iter().enumerate() {
                match self {
                    _ if *amount == MISSING => {}
                    Self::Hours(here) if here[p][of_day] == MISSING => here[p][of_day] = *amount,
                    Self::Hours(here) if here[p][of_day] == *amount => {}
                    _ => take(self.cells(), pollutant, of_day, valid(*amount)),
                }
            }
        }
    }

    /// The cells, made from the hours where there were only these.
    fn cells(&mut self) -> &mut StationDay {
        if let Self::Hours(hours) = self {
            let mut cells = Box::<StationDay>::default();
            for pollutant in POLLUTANTS {
                for (of_day, amount) in hours[pollutant.index()].iter().enumerate() {
                    if *amount != MISSING {
                        take(&mut cells, pollutant, of_day, valid(*amount));
                    }
                }
            }
            *self = Self::Cells(cells);
        }
        match self {
            Self::Cells(cells) => cells,
            Self::Hours(_) => unreachable!("made cells above"),
        }
    }
}

fn valid(amount: i32) -> Reading {
    Reading { amount: Amount::from_milli(amount), validity: Validity::Valid }
}

fn take(cells: &mut StationDay, pollutant: Pollutant, hour: usize, reading: Reading) {
    let property = Property::Pollutant(pollutant);
    cells.take(&Incoming { property, hour, part: None, revision: 0, reading });
}

impl Heap {
    fn of(part: Part, (layout, places): (Layout, &HashMap<&str, usize>)) -> Result<Self, Error> {
        let stations = places.len();
        let mut heap = Self::default();
        heap.stations.resize_with(stations, Vec::new);
        let mut reader = part.reader()?;
        let mut row = Row::default();
        let (mut last, mut at) = (String::new(), None);
        while let Some(read) = reader.next(&mut row) {
            if let Err(fault) = read {
                heap.taken.fault(fault);
                continue;
            }
            if row.station != last {
                at = places.get(row.station.as_str()).copied();
                last.clone_from(&row.station);
            }
            if row.hour.start() > layout.latest {
                let reason = format!("time_in_future: the hour is after {}", layout.latest);
                heap.taken.fault(reader.fault(&row, reason));
                continue;
            }
            match at {
                Some(station) => heap.take(station, &row),
                None if layout.strangers == Strangers::Skip => heap.taken.strangers += 1,
                None => {
                    let reason = format!("unknown station: {:?} is not in the list", row.station);
                    heap.taken.fault(reader.fault(&row, reason));
                }
            }
        }
        Ok(heap)
    }

    fn take(&mut self, station: usize, row: &Row) {
        let of_day = row.hour.of_day();
        let slot = slot(&mut self.stations[station], row.hour.day());
        for pollutant in POLLUTANTS {
            let reading = row.readings[Property::Pollutant(pollutant).index()];
            if reading.validity == Validity::Missing {
                continue;
            }
            let cell = &mut slot.amounts[pollutant.index()][of_day];
            let amount = reading.amount.milli();
            let plain = reading.validity == Validity::Valid && [MISSING, amount].contains(cell);
            if plain && slot.odd & (1 << of_day) == 0 {
                *cell = amount;
            } else {
                slot.odd |= 1 << of_day;
                self.odd.push((station, row.hour, pollutant, reading));
            }
        }
        self.taken.rows += 1;
    }
}

/// The slot of a day: nearly always the last one.
fn slot(days: &mut Vec<HoursOfDay>, day: Day) -> &mut HoursOfDay {
    let at = match days.last() {
        Some(last) if last.day == day => days.len() - 1,
        Some(last) if last.day < day => days.len(),
        _ => days.partition_point(|d| d.day < day),
    };
    if days.get(at).is_none_or(|d| d.day != day) {
        days.insert(at, HoursOfDay { day, amounts: Box::new(NOTHING), odd: 0 });
    }
    &mut days[at]
}

impl Taken {
    fn fault(&mut self, fault: Fault) {
        self.faults += 1;
        if self.first_faults.len() < FAULTS_KEPT {
            self.first_faults.push(fault);
        }
    }

    fn add(&mut self, later: Self) {
        self.rows += later.rows;
        self.strangers += later.strangers;
        self.faults += later.faults;
        let room = FAULTS_KEPT - self.first_faults.len();
        self.first_faults.extend(later.first_faults.into_iter().take(room));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::{AreaId, Span, Station, StationKind};
    use crate::observation::StationId;
    use proptest::prelude::*;

    const STATIONS: [&str; 3] = ["a", "b", "c"];

    fn registry() -> Registry {
        let station = |code| Station {
            id: StationId::new(code).expect("legal"),
            name: String::new(),
            position: None,
            district: String::new(),
            kind: StationKind::National,
            assessed: true,
            valid: Span::default(),
        };
        let stations = STATIONS.map(station).to_vec();
        Registry::new(AreaId::new("x").expect("legal"), "X".into(), stations).expect("legal")
    }

    /// One value at a time, in the order of the rows.
    fn in_turn(rows: &[(usize, i32, i32)]) -> BTreeMap<(usize, Day), Window> {
        let mut cells: BTreeMap<(usize, Day), StationDay> = BTreeMap::new();
        let first: Day = "2025-01-01".parse().expect("a day");
        for (station, hour, value) in rows {
            let hour = first.start().plus(*hour);
            let written = value.to_string();
            let code = crate::observation::Code::of(Property::Pollutant(Pollutant::Pm2_5));
            let reading = crate::observation::read_amount(written.as_bytes(), code);
            let cells = cells.entry((*station, hour.day())).or_default();
            take(cells, Pollutant::Pm2_5, hour.of_day(), reading);
        }
        let window = |cells: StationDay| {
            let mut window = NOTHING;
            cells.fill((0, 0), DAY_H, Dataset::Realtime, &mut window);
            window
        };
        cells.into_iter().map(|(key, cells)| (key, window(cells))).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None, cases: 48, ..ProptestConfig::default()
        })]

        /// Few hours and values, so that most cells are given several times, some of them wrongly.
        #[test]
        fn however_files_are_cut_the_last_word_is_that_of_one_reader(
            rows in prop::collection::vec((0_usize..3, 0_i32..30, -1_i32..4), 1..200),
            part_bytes in 1_usize..400, threads in 1_usize..4, files in 1_usize..4,
        ) {
            let dir = tempfile::tempdir().expect("a directory");
            let first: Day = "2025-01-01".parse().expect("a day");
            let line = |(station, hour, value): &(usize, i32, i32)| {
                let time = first.start().plus(*hour).label(HourLabel::Begin);
                format!("{time},{},{value}\n", STATIONS[*station])
            };
            let mut paths = Vec::new();
            for (n, some) in rows.chunks(rows.len().div_ceil(files)).enumerate() {
                let path = dir.path().join(format!("{n}.csv"));
                let lines: String = some.iter().map(line).collect();
                std::fs::write(&path, "time,station,pm2_5\n".to_owned() + &lines).expect("written");
                paths.push(path);
            }
            let registry = registry();
            let layout = Layout {
                format: Format::Wide,
                label: HourLabel::Begin,
                strangers: Strangers::Refuse,
                latest: first.plus(100).start().start(),
                part_bytes,
            };
            let read = Recorded::read(&registry, layout, &paths, threads).expect("read");
            prop_assert_eq!(read.taken.rows, rows.len() as u64);
            let mut held = BTreeMap::new();
            for (station, days) in read.days.into_iter().enumerate() {
                for (day, slot) in days {
                    let window = match slot {
                        Slot::Hours(hours) => *hours,
                        Slot::Cells(cells) => {
                            let mut window = NOTHING;
                            cells.fill((0, 0), DAY_H, Dataset::Realtime, &mut window);
                            window
                        }
                    };
                    held.insert((station, day), window);
                }
            }
            prop_assert_eq!(held, in_turn(&rows));
        }
    }
}
