//! Where the days come from: a store, or files read into memory; for `assess`, `rank` and `skill`.
//!
//! In: what the command was given. Out: the days of a span, by entity.

use std::collections::BTreeMap;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::fault::store_fault;
use super::reconcile::area_of;
use super::{ExitError, daemon};
use crate::area::{Figures, Member, Registry};
use crate::assessment::dust::DustEntries;
use crate::assessment::{Counting, DayFigures, Days, DustColumn, JudgedBy, Season, Seasons, Span};
use crate::clock;
use crate::config;
use crate::observation::Dataset;
use crate::outlook::Series;
use crate::replay::files::{self, Format};
use crate::replay::import::{FUTURE_DAYS, Strangers};
use crate::replay::recorded::{Layout, Recorded, Taken};
use crate::standard::{Parameters, Practice};
use crate::store::{self, Reader};
use crate::time::{DAY_H, Day, Hour, HourLabel};

/// Days that one thread judges at a time.
const PIECE_DAYS: i32 = 32;

/// Which data, and where they are.
#[derive(Debug, clap::Args)]
pub(super) struct SourceArgs {
    /// The store; without it, FILEs are read.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["stations", "sets", "files"])]
    pub(super) store: Option<PathBuf>,
    /// With files: the list of stations.
    #[arg(long, value_name = "FILE")]
    stations: Option<PathBuf>,
    /// With files: the list of named station sets.
    #[arg(long, value_name = "FILE")]
    sets: Option<PathBuf>,
    /// How the files are laid out.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Whether the files' times name the start or the end of the hour [default: end for cnemc,
    /// else begin].
    #[arg(long, value_name = "begin|end")]
    hour_label: Option<HourLabel>,
    /// By which practice days are judged.
    #[arg(long, value_name = "letter|national_platform", default_value_t)]
    practice: Practice,
    /// Each day by the edition in force on it, or all of them by one, so that years compare.
    #[arg(long, value_name = "in_force|2012|2026", default_value_t)]
    pub(super) edition: JudgedBy,
    /// On which data figures rest.
    #[arg(long, value_name = "realtime|reviewed|best", default_value_t)]
    pub(super) dataset: Dataset,
    /// Another choice where the sources are silent, such as missing_2012=na100; may be given again. See
    /// `lantian standards`.
    #[arg(long, value_name = "NAME=VALUE")]
    parameter: Vec<String>,
    /// Dust (沙尘) as it was reported and recognised, such as seeds/dalian/dust.toml, and official figures.
    #[arg(long, value_name = "FILE")]
    dust: Option<PathBuf>,
    /// In which column figures stand: as measured (实况), without recognised dust (扣沙(认定)), or without what
    /// was reported (扣沙(申报,估算)).
    #[arg(long, value_name = "measured|dust_recognised|dust_reported",
        value_parser = DustColumn::reckoned, default_value = "measured")]
    pub(super) dust_column: DustColumn,
    /// The heating season.
    #[arg(long, value_name = "MM-DD..MM-DD", default_value_t = Seasons::DEFAULT.heating)]
    heating_season: Season,
    /// Autumn and winter (秋冬季).
    #[arg(long, value_name = "MM-DD..MM-DD", default_value_t = Seasons::DEFAULT.autumn_winter)]
    autumn_winter_season: Season,
    /// The ozone season.
    #[arg(long, value_name = "MM-DD..MM-DD", default_value_t = Seasons::DEFAULT.ozone)]
    ozone_season: Season,
    /// Threads that read and judge files [default: as many as processors].
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Recorded hours, plain or .gz.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// One span's days, by entity.
pub(super) type DaysOf = Vec<Vec<DayFigures>>;

/// Where the days come from.
pub(super) struct Source<'r> {
    from: From<'r>,
    span: Option<Span>,
    newest: Option<Hour>,
    /// What may be deducted for dust.
    pub(super) dust: DustEntries,
}

/// How days are taken.
#[derive(Clone, Copy)]
pub(super) struct Way {
    pub(super) dataset: Dataset,
    pub(super) judged_by: JudgedBy,
    pub(super) dust: DustColumn,
}

enum From<'r> {
    Store(Reader),
    Files(Days<'r>, Taken),
}

impl SourceArgs {
    /// How days are taken.
    pub(super) const fn way(&self) -> Way {
        Way { dataset: self.dataset, judged_by: self.edition, dust: self.dust_column }
    }

    /// Threads that read, judge and forecast.
    pub(super) fn thread_count(&self) -> usize {
        threads(self)
    }

    /// Refuses what says something about days only.
    pub(super) fn only_hours(&self) -> Result<(), ExitError> {
        let days = self.dust.is_some()
            || self.dust_column != DustColumn::Measured
            || self.edition != JudgedBy::InForce
            || self.seasons() != Seasons::DEFAULT;
        let text = "--edition, --dust, --dust-column and seasons are of days, not of hours";
        if days { Err(ExitError::Usage(text.to_owned())) } else { Ok(()) }
    }

    /// When seasons are.
    pub(super) const fn seasons(&self) -> Seasons {
        Seasons {
            heating: self.heating_season,
            autumn_winter: self.autumn_winter_season,
            ozone: self.ozone_season,
        }
    }

    /// What was chosen where the sources are silent.
    pub(super) fn parameters(&self) -> Result<Parameters, ExitError> {
        let usage = |text: String| ExitError::Usage(format!("--parameter: {text}"));
        let defaults = Parameters { practice: self.practice, ..Parameters::default() };
        let mut fields = match serde_json::to_value(defaults) {
            Ok(serde_json::Value::Object(fields)) => fields,
            _ => return Err(ExitError::Internal("parameters are no object".to_owned())),
        };
        // Some are not written while they are the default.
        for row in defaults.list() {
            fields.entry(row.name.to_owned()).or_insert_with(|| row.value.into());
        }
        for given in &self.parameter {
            let (name, value) =
                given.split_once('=').ok_or_else(|| usage(format!("{given:?} has no =")))?;
            if !fields.contains_key(name) {
                let known: Vec<&String> = fields.keys().collect();
                return Err(usage(format!("{name:?} is none of {known:?}")));
            }
            let value = match value.parse::<u16>() {
                Ok(number) => number.into(),
                Err(_) => value.into(),
            };
            fields.insert(name.to_owned(), value);
        }
        serde_json::from_value(fields.into()).map_err(|e| usage(e.to_string()))
    }
}

/// The area asked for, of the store or of the list.
pub(super) fn registry(args: &SourceArgs, area: Option<&str>) -> Result<Registry, ExitError> {
    let all = registries(args)?;
    // A list of reference cities is meant only when it is named.
    let meant = |r: &&Registry| area.is_some() || !r.is_reference();
    let ids: Vec<_> = all.iter().filter(meant).map(|r| r.area.clone()).collect();
    let area = area_of(&ids, area)?;
    let found = all.into_iter().find(|r| r.area == area);
    found.ok_or_else(|| ExitError::Usage(format!("--area: no {area}")))
}

/// Every area of the store or of the list.
pub(super) fn registries(args: &SourceArgs) -> Result<Vec<Registry>, ExitError> {
    match (&args.store, &args.stations, args.files.is_empty()) {
        (Some(path), ..) => {
            let reader = open_store(path)?;
            let fault = |e| store_fault(path, &e);
            let areas = reader.areas().map_err(fault)?;
            areas.iter().map(|area| reader.registry(area).map_err(fault)).collect()
        }
        (None, Some(stations), false) => {
            daemon::registries(stations, args.sets.as_deref(), &BTreeMap::new())
                .map_err(|e| ExitError::Data(e.to_string()))
        }
        _ => Err(ExitError::Usage("--store, or --stations and files expected".to_owned())),
    }
}

pub(super) fn open<'r>(
    args: &SourceArgs,
    registry: &'r Registry,
    span: Option<Span>,
) -> Result<Source<'r>, ExitError> {
    let lists = (registries(args)?, args.seasons());
    let dust = dust(args.dust.as_deref(), args.dust_column, (&lists.0, &lists.1))?;
    if let Some(path) = &args.store {
        let reader = open_store(path)?;
        let held = reader.hours_held(registry).map_err(|e| store_fault(path, &e))?;
        let newest = held.map(|(_, last)| last);
        let held = held.and_then(|(first, last)| Span::days(first.day(), last.day()));
        return Ok(Source { from: From::Store(reader), span: span.or(held), newest, dust });
    }
    let layout = Layout {
        format: args.format,
        label: args.hour_label.unwrap_or(args.format.usual_label()),
        strangers: match args.format {
            Format::Cnemc => Strangers::Skip,
            Format::Wide | Format::Long => Strangers::Refuse,
        },
        part_bytes: files::PART_BYTES,
        latest: clock::now().plus_minutes(FUTURE_DAYS * 24 * 60),
    };
    let recorded = Recorded::read(registry, layout, &args.files, threads(args));
    let mut recorded = recorded.map_err(|e| match e {
        files::Error::Io { .. } => ExitError::Io(e.to_string()),
        files::Error::Header(_) => ExitError::Data(e.to_string()),
    })?;
    let held = recorded.span();
    let taken = std::mem::take(&mut recorded.taken);
    let span = span.or_else(|| held.and_then(|(from, to)| Span::days(from, to)));
    // What is compared may lie outside the span: all days are kept.
    let whole = held.or(span.map(|s| (s.from, s.to))).unwrap_or_default();
    Ok(Source { from: From::Files(recorded.into_days(whole), taken), span, newest: None, dust })
}

fn open_store(path: &Path) -> Result<Reader, ExitError> {
    if !path.is_file() {
        return Err(ExitError::Io(format!("{}: there is no such store", path.display())));
    }
    Reader::open(path).map_err(|e| store_fault(path, &e))
}

/// What may be deducted: a column that deducts needs entries.
pub(super) fn dust(
    path: Option<&Path>,
    column: DustColumn,
    (registries, seasons): (&[Registry], &Seasons),
) -> Result<DustEntries, ExitError> {
    match path {
        Some(path) => {
            let found = config::dust(path, registries, seasons);
            found.map_err(|faults| daemon::faulty(&faults))
        }
        None if column == DustColumn::Measured => Ok(DustEntries::default()),
        None => Err(ExitError::Usage(format!("--dust-column {} needs --dust FILE", column.code()))),
    }
}

fn threads(args: &SourceArgs) -> usize {
    let all = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    args.threads.map_or_else(all, NonZeroUsize::get)
}

impl Source<'_> {
    /// The span asked for, or all that is there; `None` of nothing.
    pub(super) const fn span(&self) -> Option<Span> {
        self.span
    }

    /// The newest hour held; of files it is not known.
    pub(super) const fn newest(&self) -> Option<Hour> {
        self.newest
    }

    /// The hours of an area, a set or a station, from the first that is there to the last.
    pub(super) fn series(
        &self,
        args: &SourceArgs,
        (registry, member): (&Registry, Member),
        parameters: &Parameters,
    ) -> Result<Series, ExitError> {
        let Some(Span { from, to, .. }) = self.span else {
            return Ok(Series::new(Hour::default()));
        };
        let mut series = Series::new(from.start());
        match &self.from {
            From::Store(reader) => {
                let newest = self.newest.unwrap_or(to.hour(DAY_H - 1));
                let (asked, span) = ((registry, &[member][..]), (from.start(), newest));
                reader
                    .each_hour_of(args.dataset, asked, span, parameters, |hour, row| {
                        for (_, figures) in row.iter().filter(|(_, f)| f.has_value()) {
                            series.put(hour, figures.concentration);
                        }
                        Ok::<(), store::Error>(())
                    })
                    .map_err(|e| store_fault(args.store.as_deref().unwrap_or("".as_ref()), &e))?;
            }
            From::Files(days, _) => {
                let all = (from.number()..=to.number()).map(Day::from_number);
                for (day, hours) in
                    all.filter_map(|day| Some((day, days.hours(day, member, parameters)?)))
                {
                    series.put_day(day, &hours);
                }
            }
        }
        Ok(series)
    }

    /// The figures of an hour by entity, none of one that is not in operation.
    pub(super) fn hour(
        &self,
        args: &SourceArgs,
        (registry, members): (&Registry, &[Member]),
        hour: Hour,
        parameters: &Parameters,
    ) -> Result<Vec<Option<Figures>>, ExitError> {
        let From::Store(reader) = &self.from else {
            return Err(ExitError::Usage(
                "an hour is ranked from a store: give --store".to_owned(),
            ));
        };
        let mut all = vec![None; members.len()];
        let (asked, span) = ((registry, members), (hour, hour));
        reader
            .each_hour_of(args.dataset, asked, span, parameters, |_, row| {
                for (member, figures) in row {
                    if let Some(at) = members.iter().position(|m| m == member) {
                        all[at] = Some(figures.clone());
                    }
                }
                Ok::<(), store::Error>(())
            })
            .map_err(|e| store_fault(args.store.as_deref().unwrap_or("".as_ref()), &e))?;
        Ok(all)
    }

    /// The days of a span, both ends included, by entity.
    pub(super) fn days(
        &self,
        args: &SourceArgs,
        Way { dataset, judged_by, dust }: Way,
        (registry, members): (&Registry, &[Member]),
        (from, to): (Day, Day),
        parameters: &Parameters,
    ) -> Result<DaysOf, ExitError> {
        let judged =
            |member: Member, day: DayFigures| day.judged_by(judged_by, parameters, member.entity());
        let deduction = &self.dust.of(dust, registry);
        match &self.from {
            From::Store(reader) => {
                let counting = Counting { dataset, deduction };
                let mut all = vec![Vec::new(); members.len()];
                let asked = (registry, members);
                reader
                    .each_day(counting, asked, (from, to), parameters, |_, row| {
                        for (member, day) in row {
                            let at = members.iter().position(|m| m == member).unwrap_or(0);
                            all[at].push(judged(*member, day.clone()));
                        }
                        Ok::<(), store::Error>(())
                    })
                    .map_err(|e| store_fault(args.store.as_deref().unwrap_or("".as_ref()), &e))?;
                Ok(all)
            }
            From::Files(days, _) => {
                let pieces: Vec<(usize, Day)> = (0..members.len())
                    .flat_map(|at| {
                        let starts = (from.number()..=to.number()).step_by(PIECE_DAYS as usize);
                        starts.map(move |day| (at, Day::from_number(day)))
                    })
                    .collect();
                let done = side_by_side(threads(args), &pieces, |&(at, first)| {
                    let last = to.min(first.plus(PIECE_DAYS - 1));
                    let piece = (first.number()..=last.number()).map(Day::from_number);
                    let figures = piece
                        .filter_map(|day| days.without((day, members[at]), deduction, parameters));
                    figures.map(|day| judged(members[at], day)).collect::<Vec<_>>()
                });
                let mut all = vec![Vec::new(); members.len()];
                for ((at, _), days) in pieces.iter().zip(done) {
                    all[*at].extend(days);
                }
                Ok(all)
            }
        }
    }

    /// What became of the files' rows; an error when some were faulty. A closed standard error changes
    /// nothing.
    pub(super) fn tell(&self, out: &mut impl Write) -> Result<(), ExitError> {
        let From::Files(_, taken) = &self.from else { return Ok(()) };
        for fault in &taken.first_faults {
            writeln!(out, "{fault}").unwrap_or_default();
        }
        writeln!(out, "{} rows taken", taken.rows).unwrap_or_default();
        if taken.strangers > 0 {
            let n = taken.strangers;
            writeln!(out, "{n} rows of stations outside the list left out").unwrap_or_default();
        }
        match taken.faults {
            0 => Ok(()),
            n => Err(ExitError::Data(format!("all else is assessed, but {n} rows were faulty"))),
        }
    }
}

/// `each` of every item, in their order, on several threads.
pub(super) fn side_by_side<T: Sync, R: Send>(
    threads: usize,
    items: &[T],
    each: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((at, item)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    items.get(at).map(|item| (at, item))
                } {
                    let result = each(item);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
