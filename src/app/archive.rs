//! What the API asks of the store, answered by a small pool of readers.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::kept::{AllKept, OfDays, OfHours, missing};
use crate::area::{AreaId, Figures, Member, Registry};
use crate::assessment::{Counting, DayFigures};
use crate::duty::DutyRecord;
use crate::explanation::{Asked, Explanation};
use crate::http::{
    Archive, ArchiveError, ArchivedDay, CorrectionRow, DaysQuery, DeadLetterRow, DutyQuery,
    EntityId, ExplainQuery, Lists, MembersQuery, Person, Range, ReconciliationQuery, RecordsQuery,
    RevisionRow, Role, SeriesQuery,
};
use crate::measures::{Edition, MeterReading};
use crate::notification::NoticeRecord;
use crate::pipeline::{DeadLetterReason, HeldDays, KeptLetter, View};
use crate::quality::Finding;
use crate::reconciliation::Reconciliation;
use crate::standard::{Entity, Parameters};
use crate::store::{self, Reader, Unexplained};
use crate::time::{Day, Hour, Instant};
use crate::warning::Record;

/// Readers kept open; more are opened and closed as asked for.
const READERS_KEPT: usize = 4;

pub(super) struct StoreArchive {
    path: PathBuf,
    registries: Vec<Arc<Registry>>,
    parameters: Parameters,
    lists: Arc<Lists>,
    idle: Mutex<Vec<Reader>>,
    /// What is in memory of the areas need not be read.
    views: watch::Receiver<Arc<View>>,
    /// What was read of sets before.
    kept: Arc<AllKept>,
}

impl StoreArchive {
    pub(super) fn new(
        path: PathBuf,
        (registries, views): (Vec<Arc<Registry>>, watch::Receiver<Arc<View>>),
        parameters: Parameters,
        lists: Arc<Lists>,
    ) -> Self {
        let idle = Mutex::new(Vec::new());
        Self { path, registries, parameters, lists, idle, views, kept: Arc::default() }
    }

    /// What has to hear of each commit.
    pub(super) fn kept(&self) -> Arc<AllKept> {
        Arc::clone(&self.kept)
    }

    fn with_reader<T>(
        &self,
        ask: impl FnOnce(&Reader) -> Result<T, store::Error>,
    ) -> Result<T, ArchiveError> {
        self.with_reader_beside(None, ask)
    }

    /// What is in memory of an area, and of which of its commits it is the last one.
    fn recent(&self, registry: &Arc<Registry>) -> Option<(u64, Arc<HeldDays>)> {
        let view = self.views.borrow();
        let area = view.areas.iter().find(|area| Arc::ptr_eq(&area.registry, registry))?;
        Some((area.sequence, Arc::clone(&area.days)))
    }

    fn with_reader_beside<T>(
        &self,
        recent: Option<Arc<HeldDays>>,
        ask: impl FnOnce(&Reader) -> Result<T, store::Error>,
    ) -> Result<T, ArchiveError> {
        let unavailable = |e: store::Error| ArchiveError::Unavailable(e.to_string());
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reader = kept.map_or_else(|| Reader::open(&self.path), Ok).map_err(unavailable)?;
        let reader = reader.beside(recent);
        let answer = ask(&reader).map_err(unavailable);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < READERS_KEPT {
            idle.push(reader.beside(None));
        }
        answer
    }

    /// The last commit of an area, and the digest in which its chain ends there.
    pub(super) fn head(&self, area: &AreaId) -> Result<(u64, Vec<u8>), ArchiveError> {
        self.with_reader(|reader| reader.head(area))
    }

    fn registry(&self, area: &str) -> Result<&Arc<Registry>, ArchiveError> {
        let found = self.registries.iter().find(|r| r.area.as_str() == area);
        found.ok_or(ArchiveError::UnknownEntity)
    }

    fn member(&self, entity: &EntityId) -> Result<(&Arc<Registry>, Member), ArchiveError> {
        let (EntityId::Station { area, .. } | EntityId::Set { area, .. }) = entity;
        let registry = self.registry(area)?;
        let member = match entity {
            EntityId::Station { station, .. } => registry.find(station).map(Member::Station),
            EntityId::Set { set, .. } => {
                registry.sets.iter().position(|s| s.id == *set).map(Member::Set)
            }
        };
        Ok((registry, member.ok_or(ArchiveError::UnknownEntity)?))
    }
}

/// Where each entity stands in a question.
fn places(members: &[Member]) -> BTreeMap<Member, usize> {
    members.iter().enumerate().map(|(at, member)| (*member, at)).collect()
}

impl Archive for StoreArchive {
    fn series(&self, query: &SeriesQuery) -> Result<Vec<Figures>, ArchiveError> {
        let parameters = Parameters { practice: query.practice, ..self.parameters };
        let (registry, member) = self.member(&query.entity)?;
        let (span, by) = ((query.from, query.to), (&parameters, query.dataset));
        let (sequence, recent) = self.recent(registry).unzip();
        if let Member::Station(_) = member {
            let of_station = |reader: &Reader| reader.series(registry, member, span, by);
            return self.with_reader_beside(recent, of_station);
        }
        let (area, hours) = (&registry.area, &self.kept.hours);
        let question = OfHours { member, practice: query.practice, dataset: query.dataset };
        let since = sequence.unwrap_or_else(|| hours.last(area));
        let mut all = hours.of(area, &question, span);
        let missing = missing(&all, span);
        if !missing.is_empty() {
            self.with_reader_beside(recent, |reader| {
                for span in missing {
                    let read = reader.series(registry, member, span, by)?;
                    all.extend(read.into_iter().map(|figures| (figures.hour, Some(figures))));
                }
                Ok(())
            })?;
            hours.keep(area, &question, since, &all);
        }
        Ok(all.into_values().flatten().collect())
    }

    fn days(&self, query: &DaysQuery) -> Result<Vec<ArchivedDay>, ArchiveError> {
        let (registry, member) = self.member(&query.entity)?;
        let DaysQuery { parameters, judged_by, dataset, dust, .. } = *query;
        let (span, entity) = ((query.from, query.to), registry.name_of(member));
        let kind = match member {
            Member::Set(_) => Entity::Area,
            Member::Station(_) => Entity::Station,
        };
        let (area, days) = (&registry.area, &self.kept.days);
        let question = OfDays { member, parameters, dataset, dust };
        let (sequence, recent) = self.recent(registry).unzip();
        let since = sequence.unwrap_or_else(|| days.last(area));
        // One station is read in no time.
        let keeps = kind == Entity::Area;
        let mut all = if keeps { days.of(area, &question, span) } else { BTreeMap::new() };
        self.with_reader_beside(recent, |reader| {
            let publication = reader.publication(&registry.area, span)?;
            let asked = (&**registry, &[member][..]);
            let deduction = &self.lists.dust.of(dust, registry);
            for (first, last) in missing(&all, span) {
                let counting = Counting { dataset, deduction };
                reader.each_day(counting, asked, (first, last), &parameters, |day, row| {
                    all.insert(day, row.first().map(|(_, figures)| figures.clone()));
                    Ok::<(), store::Error>(())
                })?;
            }
            if keeps {
                days.keep(area, &question, since, &all);
            }
            let held = all.into_iter().filter_map(|(day, figures)| Some((day, figures?)));
            let archived = held.map(|(day, figures)| ArchivedDay {
                figures: figures.judged_by(judged_by, &parameters, kind),
                state: publication.state(day, &entity),
            });
            Ok(archived.collect())
        })
    }

    fn days_of_members(&self, query: &MembersQuery) -> Result<Vec<Vec<DayFigures>>, ArchiveError> {
        let registry = self.registry(query.area.as_str())?;
        let MembersQuery { members, parameters, judged_by, .. } = query;
        let (place, recent) = (places(members), self.recent(registry).map(|(_, days)| days));
        self.with_reader_beside(recent, |reader| {
            let mut all = vec![Vec::new(); members.len()];
            let asked = (&**registry, members.as_slice());
            let deduction = &self.lists.dust.of(query.dust, registry);
            let counting = Counting { dataset: query.dataset, deduction };
            reader.each_day(counting, asked, query.days, parameters, |_, row| {
                for (member, day) in row {
                    let judged = day.clone().judged_by(*judged_by, parameters, member.entity());
                    all[place[member]].push(judged);
                }
                Ok::<(), store::Error>(())
            })?;
            Ok(all)
        })
    }

    fn hours_of_members(
        &self,
        query: &MembersQuery,
        span: (Hour, Hour),
    ) -> Result<Vec<Vec<Figures>>, ArchiveError> {
        let registry = self.registry(query.area.as_str())?;
        let MembersQuery { members, parameters, .. } = query;
        let (place, recent) = (places(members), self.recent(registry).map(|(_, days)| days));
        self.with_reader_beside(recent, |reader| {
            let mut all = vec![Vec::new(); members.len()];
            let asked = (&**registry, members.as_slice());
            reader.each_hour_of(query.dataset, asked, span, parameters, |_, row| {
                for (member, figures) in row {
                    all[place[member]].push(figures.clone());
                }
                Ok::<(), store::Error>(())
            })?;
            Ok(all)
        })
    }

    fn explain(&self, query: &ExplainQuery) -> Result<Explanation, ArchiveError> {
        let parameters = &Parameters { practice: query.practice, ..self.parameters };
        let (registry, member) = self.member(&query.entity)?;
        let ExplainQuery { quantity, hour, .. } = *query;
        let asked = Asked { registry, member, quantity, hour, parameters };
        let explained = self.with_reader(|reader| match reader.explain(&asked) {
            Err(Unexplained::Store(e)) => Err(e),
            other => Ok(other.map_err(|e| ArchiveError::NoFigure(e.to_string()))),
        });
        explained?
    }

    fn dead_letters(
        &self,
        area: &str,
        range: Range<(Instant, u64)>,
        limit: usize,
    ) -> Result<Vec<DeadLetterRow>, ArchiveError> {
        let rows = self.with_reader(|reader| reader.dead_letters(area, range, limit))?;
        let shown = |row: store::DeadLetterRow| DeadLetterRow {
            station: row.station,
            first_at: row.first,
            last_at: row.last,
            count: row.count,
            reason: row.reason,
            detail: row.detail,
            topic: row.topic,
            payload: String::from_utf8_lossy(&row.payload).into_owned(),
            number: row.number,
        };
        Ok(rows.into_iter().map(shown).collect())
    }

    fn kept_letters(
        &self,
        area: &str,
        reason: DeadLetterReason,
        limit: usize,
    ) -> Result<Vec<KeptLetter>, ArchiveError> {
        self.with_reader(|reader| reader.kept_letters(area, reason.name(), limit))
    }

    fn corrections(
        &self,
        area: &str,
        range: Range<u64>,
        limit: usize,
    ) -> Result<Vec<CorrectionRow>, ArchiveError> {
        let rows = self.with_reader(|reader| reader.corrections(area, range, limit))?;
        let shown = |(number, row): (u64, store::StoredCorrection)| CorrectionRow {
            number,
            at: row.at,
            person: row.person,
            reason: row.reason,
            station: row.station,
            quantity: row.quantity,
            hour: row.hour,
            act: row.act,
            amount: row.amount,
            refused: row.refused,
        };
        Ok(rows.into_iter().map(shown).collect())
    }

    fn revisions(
        &self,
        area: &str,
        entity: &str,
        days: (Day, Day),
    ) -> Result<Vec<RevisionRow>, ArchiveError> {
        let rows = self.with_reader(|reader| reader.revisions(area, entity, days))?;
        let shown = |row: store::RevisionRow| RevisionRow {
            at: row.at,
            entity: row.entity,
            day: row.day,
            cause: row.cause,
            changes: row.changes,
        };
        Ok(rows.into_iter().map(shown).collect())
    }

    fn reconciliation(&self, query: &ReconciliationQuery) -> Result<Reconciliation, ArchiveError> {
        let registry = self.registry(&query.area)?;
        let span = (query.from, query.to);
        let mut newest = VecDeque::new();
        let tallies = self.with_reader(|reader| {
            reader.reconcile(registry, span, &self.parameters, |member, difference| {
                let of_cause = |cause| difference.evidence().cause() == cause;
                if query.cause.is_none_or(of_cause) {
                    if newest.len() >= query.limit {
                        newest.pop_front();
                    }
                    newest.push_back((member, difference.clone()));
                }
            })
        })?;
        Ok(Reconciliation { tallies, differences: newest.into() })
    }

    fn last_published(&self, area: &str) -> Result<Option<Hour>, ArchiveError> {
        let area = &self.registry(area)?.area;
        let span = self.with_reader(|reader| reader.published_span(area))?;
        Ok(span.map(|(_, last)| last))
    }

    fn records(&self, area: &str, asked: &RecordsQuery) -> Result<Vec<Record>, ArchiveError> {
        let RecordsQuery { kinds, before, drill, between, limit } = asked;
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let (before, drill, between, limit) = (*before, *drill, *between, *limit);
        let asked = store::RecordsAsked { kinds, before, drill, between, limit };
        self.with_reader(|reader| reader.records(area, &asked))
    }

    fn record(&self, area: &str, number: u64) -> Result<Option<Record>, ArchiveError> {
        self.with_reader(|reader| reader.record(area, number))
    }

    fn warning(&self, area: &str, number: u64) -> Result<Vec<Record>, ArchiveError> {
        self.with_reader(|reader| reader.warning(area, number))
    }

    fn duty_records(&self, area: &str, asked: &DutyQuery) -> Result<Vec<DutyRecord>, ArchiveError> {
        let DutyQuery { kinds, before, between, paper, limit } = asked;
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let (before, between, paper, limit) = (*before, *between, *paper, *limit);
        let asked = store::DutyAsked { kinds, before, between, paper, limit };
        self.with_reader(|reader| reader.duty_records(area, &asked))
    }

    fn duty_record(&self, area: &str, number: u64) -> Result<Option<DutyRecord>, ArchiveError> {
        self.with_reader(|reader| reader.duty_record(area, number))
    }

    fn notice_records(&self, area: &str, notice: u64) -> Result<Vec<NoticeRecord>, ArchiveError> {
        self.with_reader(|reader| reader.notice_records(area, notice))
    }

    fn raised_notices(
        &self,
        area: &str,
        range: Range<u64>,
        limit: usize,
    ) -> Result<Vec<NoticeRecord>, ArchiveError> {
        self.with_reader(|reader| reader.raised_notices(area, range, limit))
    }

    fn edition(&self, digest: &str) -> Result<Option<Edition>, ArchiveError> {
        self.with_reader(|reader| reader.edition(digest))
    }

    fn findings(&self, area: &str, day: Day) -> Result<Vec<(Hour, usize, Finding)>, ArchiveError> {
        let registry = self.registry(area)?;
        let recent = self.recent(registry).map(|(_, days)| days);
        self.with_reader_beside(recent, |reader| reader.findings(registry, day))
    }

    fn power(
        &self,
        area: &str,
        span: (Instant, Instant),
        meters: &[String],
    ) -> Result<Vec<MeterReading>, ArchiveError> {
        self.with_reader(|reader| reader.power(area, span, meters))
    }

    fn person(&self, token: &str) -> Result<Option<Person>, ArchiveError> {
        let found = self.with_reader(|reader| reader.person(token))?;
        Ok(found.map(|p| Person {
            name: p.name,
            role: match p.role {
                store::Role::Viewer => Role::Viewer,
                store::Role::Operator => Role::Operator,
                store::Role::Issuer => Role::Issuer,
                store::Role::Admin => Role::Admin,
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::{Span, Station};
    use crate::assessment::dust::DustEntries;
    use crate::assessment::target::{Resampling, Targets};
    use crate::assessment::{DustColumn, JudgedBy, Seasons};
    use crate::measures::EvidenceParams;
    use crate::observation::{Dataset, StationId, StationKind};
    use crate::pipeline::{Batch, Input, Message, Params, Pipeline};
    use crate::quality::{Action, Rule};
    use crate::report::ReportSettings;
    use crate::store::{AreaCommit, Commit, Rules, Sqlite, Store as _};
    use std::collections::BTreeMap as Map;

    /// One station, whose jumps are taken out of figures: an hour is felt as long as one ever is.
    fn registry() -> Arc<Registry> {
        let station = Station {
            id: StationId::new("a").expect("legal"),
            name: "a".to_owned(),
            position: None,
            district: String::new(),
            kind: StationKind::City,
            assessed: true,
            valid: Span::default(),
        };
        let area = AreaId::new("x").expect("legal");
        Arc::new(Registry::new(area, "X".to_owned(), vec![station]).expect("legal"))
    }

    fn params() -> Params {
        let mut params = Params::default();
        let rules = [Rule::Jump, Rule::Stuck].map(|rule| (rule, Action::Exclude));
        params.quality.actions = Map::from([(StationKind::City, Map::from(rules))]);
        params
    }

    fn lists() -> Lists {
        Lists {
            targets: Targets::default(),
            resampling: Resampling::DEFAULT,
            ranks: Vec::new(),
            seasons: Seasons::DEFAULT,
            dust: DustEntries::default(),
            measures: None,
            refused: Vec::new(),
            district_report_due: 13 * 60,
            read_sheets: crate::workbook::sheets_in,
            evidence: EvidenceParams::DEFAULT,
            reports: ReportSettings::default(),
            render_paper: crate::paper::render,
        }
    }

    /// The daemon's parts without their threads.
    struct Room {
        store: Sqlite,
        pipeline: Pipeline,
        archive: StoreArchive,
        view: watch::Sender<Arc<View>>,
    }

    impl Room {
        fn new(path: &std::path::Path) -> Self {
            let (registry, params) = (registry(), params());
            let mut store = Sqlite::open(path).expect("opened");
            let rules = Rules::new((*registry).clone(), params.clone(), vec!["f".to_owned()]);
            store.adopt(&rules, Instant::from_millis(0)).expect("adopted");
            let (view, views) = watch::channel(Arc::new(View::default()));
            let areas = (vec![Arc::clone(&registry)], views);
            let parameters = params.parameters;
            let archive = StoreArchive::new(path.to_owned(), areas, parameters, Arc::new(lists()));
            Self { store, pipeline: Pipeline::new(registry, params), archive, view }
        }

        /// A value of an hour, taken at a time and committed; who watches may hear of it later.
        fn take(&mut self, now: Instant, (hour, value, revision): (Hour, u32, u32)) {
            let time = hour.start();
            let payload = format!(
                r#"{{"station":"a","period":"PT1H","time":"{time}","revision":{revision},
                "values":{{"pm2_5":{value},"o3":{value}}}}}"#
            );
            let (topic, payload) = ("aq/x/a/obs", payload.as_bytes());
            let message = Message { feed: 0, topic, payload, length: payload.len() };
            let mut batch = Batch::default();
            let (store, registry) = (&mut self.store, Arc::clone(self.pipeline.registry()));
            self.pipeline
                .handle_loading(now, &[Input::Message(message)], &mut batch, |days| {
                    store.days(&registry, days)
                })
                .expect("loaded");
            self.pipeline.settle(&mut batch);
            let (area, inputs, taken) = (registry.area.clone(), Vec::new(), Vec::new());
            let commit = Commit { areas: vec![AreaCommit { area, batch, inputs, taken }] };
            self.store.commit(&commit).expect("committed");
            self.archive.kept().written(&commit);
        }

        fn show(&mut self) {
            self.pipeline.prepare_view();
            let areas = vec![Arc::new(self.pipeline.view())];
            self.view.send_replace(Arc::new(View { areas, simulated: false }));
        }

        /// What the archive says of some days, and what reading everything says.
        fn asked(&self, from: Day, to: Day) -> [(Vec<Figures>, Vec<DayFigures>); 2] {
            let parameters = params().parameters;
            let entity = || EntityId::Set { area: "x".to_owned(), set: String::new() };
            let (dataset, span) = (Dataset::Best, (from.start(), to.hour(23)));
            let practice = parameters.practice;
            let series =
                SeriesQuery { dataset, entity: entity(), from: span.0, to: span.1, practice };
            let (judged_by, dust) = (JudgedBy::InForce, DustColumn::Measured);
            let days =
                DaysQuery { entity: entity(), from, to, parameters, judged_by, dataset, dust };
            let hours = self.archive.series(&series).expect("read");
            let days = self.archive.days(&days).expect("read").into_iter();
            let reader = Reader::open(&self.archive.path).expect("opened");
            let (registry, members) = (self.pipeline.registry(), [Member::Set(0)]);
            let by = (&parameters, dataset);
            let read = reader.series(registry, members[0], span, by).expect("read");
            let mut days_read = Vec::new();
            let deduction = &lists().dust.of(dust, registry);
            let counting = Counting { dataset, deduction };
            reader
                .each_day(counting, (registry, &members[..]), (from, to), &parameters, |_, row| {
                    days_read.extend(row.iter().map(|(_, figures)| {
                        figures.clone().judged_by(judged_by, &parameters, Entity::Area)
                    }));
                    Ok::<(), store::Error>(())
                })
                .expect("read");
            [(hours, days.map(|day| day.figures).collect()), (read, days_read)]
        }
    }

    /// Values come in any order, are asked for before and after, and seen by views of then and now.
    #[test]
    fn what_is_kept_and_in_memory_is_what_reading_everything_says() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut room = Room::new(&folder.path().join("store.db"));
        let first: Day = "2026-11-01".parse().expect("a day");
        let mut dice = 1_u64;
        let mut below = |n: u64| {
            dice = dice
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) % n
        };
        for step in 0..600_i32 {
            // An hour passes every other step; one value in four is late or corrected.
            let newest = first.start().plus(24 + step / 2);
            let late = if below(4) == 0 { below(240) } else { below(2) };
            let hour = newest.plus(-i32::try_from(late).expect("small"));
            let value = if below(9) == 0 { 900 } else { 20 + below(3) };
            let (value, revision) = (u32::try_from(value).expect("small"), step.unsigned_abs());
            room.take(newest.end().plus_minutes(12), (hour, value, revision));
            let from = first.plus(i32::try_from(below(10)).expect("small"));
            if below(3) > 0 {
                room.show();
                let [said, read] = room.asked(from, from.plus(4));
                assert_eq!(said, read, "step {step}, {from}");
            } else {
                room.asked(from, from.plus(4)); // of a view that is older than the store
            }
        }
    }
}
