//! What a paper is asked for, and how its figures are gathered.
//!
//! In: the kind, whose and of which days or record, and [`Sources`] to read from. Out: [`ReportFigures`].
//!
//! Invariants: days are read by the caller, whatever they are read from; figures come from the functions that
//! `assess`, `rank` and the page of the year use; a rank is reckoned (测算) and says so.

use super::account::{Account, PlanLine, editions, full_width};
use super::daily::{BriefFigures, DailyFigures};
use super::feedback::FeedbackFigures;
use super::forecast::ForecastFigures;
use super::kind::ReportKind;
use super::leader::LeaderFigures;
use super::line::DayLine;
use super::monthly::{MonthlyFigures, RankingFigures};
use super::record::{ApprovalFigures, ConsultationFigures, NoticeFigures};
use super::response::ResponseFigures;
use super::review::ReviewFigures;
use super::shift::ShiftFigures;
use super::sources::{Sources, Unmade};
use super::task::TasksFigures;
use super::weekly::WeeklyFigures;
use super::{Head, ReportFigures};
use crate::area::{Judge, Member, Registry};
use crate::assessment::dust::DustEntries;
use crate::assessment::rank::{Moment, Rank, RankAsked, RankBy, RankSet};
use crate::assessment::target::{Resampling, TargetRow, Targets};
use crate::assessment::{DayFigures, DustColumn, JudgedBy, Span, Subject, Versus};
use crate::measures::Edition;
use crate::observation::{Basis, Dataset};
use crate::standard::Parameters;
use crate::time::{Day, Instant};
use crate::warning::Record;

/// Days that are wanted, by member.
#[derive(Clone, Copy, Debug)]
pub struct DaysWanted<'a> {
    /// Whose area or list of reference cities.
    pub registry: &'a Registry,
    /// Whose, in this order.
    pub members: &'a [Member],
    /// First and last day.
    pub days: (Day, Day),
    /// What the sources leave open.
    pub parameters: &'a Parameters,
    /// The dataset.
    pub dataset: Dataset,
    /// The edition.
    pub judged_by: JudgedBy,
    /// The column of dust.
    pub dust: DustColumn,
}

/// Reads days from a store, an archive or wherever they are.
pub type DaysOf<'f, E> = dyn FnMut(&DaysWanted<'_>) -> Result<Vec<Vec<DayFigures>>, E> + 'f;

/// What the bureau has written down.
#[derive(Clone, Copy, Debug)]
pub struct ReportLists<'a> {
    /// Every area and list of reference cities.
    pub registries: &'a [&'a Registry],
    /// The sets that are ranked.
    pub ranks: &'a [RankSet],
    /// What the plan asks for.
    pub targets: &'a Targets,
    /// How the rest of a year is drawn.
    pub resampling: &'a Resampling,
    /// Dust and official figures.
    pub dust: &'a DustEntries,
    /// The emergency-measures list in use.
    pub measures: Option<&'a Edition>,
    /// When districts report a day of a response, as a minute of that day.
    pub district_report_due: u16,
}

/// Who makes the paper, and when.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    /// The unit that hands it on.
    pub unit: &'a str,
    /// When.
    pub at: Instant,
    /// Whether the air is simulated.
    pub simulated: bool,
}

/// A paper to be.
#[derive(Clone, Copy, Debug)]
pub struct ReportAsked<'a> {
    /// Which kind.
    pub kind: ReportKind,
    /// Of which area.
    pub registry: &'a Registry,
    /// Whose figures stand first.
    pub member: Member,
    /// Of which days.
    pub span: Span,
    /// What the sources leave open.
    pub parameters: &'a Parameters,
    /// The dataset.
    pub dataset: Dataset,
    /// The edition.
    pub judged_by: JudgedBy,
    /// The column of dust.
    pub dust: DustColumn,
    /// What is written down.
    pub lists: ReportLists<'a>,
    /// The record that it is of, by its number; only of kinds that are of one.
    pub record: Option<u64>,
    /// The district or department whose task sheet it is; of no other kind.
    pub receiver: Option<&'a str>,
    /// By whom and when.
    pub made: Made<'a>,
}

impl ReportAsked<'_> {
    /// The figures of the paper.
    ///
    /// # Errors
    /// [`Unmade`] when there is nothing that it could be made of, or something cannot be read.
    pub fn reckon<E>(
        &self,
        sources: &mut dyn Sources<Fault = E>,
    ) -> Result<ReportFigures, Unmade<E>> {
        Ok(match self.kind {
            ReportKind::Daily => DailyFigures::of(self, &mut |of| sources.days(of))?.into(),
            ReportKind::Brief => BriefFigures::of(self, &mut |of| sources.days(of))?.into(),
            ReportKind::Forecast => ForecastFigures::of(self, sources)?.into(),
            ReportKind::Weekly => WeeklyFigures::of(self, &mut |of| sources.days(of))?.into(),
            ReportKind::Monthly => MonthlyFigures::of(self, &mut |of| sources.days(of))?.into(),
            ReportKind::Ranking => RankingFigures::of(self, &mut |of| sources.days(of))?.into(),
            ReportKind::Leader => LeaderFigures::of(self, sources)?.into(),
            ReportKind::Consultation => ConsultationFigures::of(self, sources)?.into(),
            ReportKind::Approval => ApprovalFigures::of(self, sources)?.into(),
            ReportKind::Notice => NoticeFigures::of(self, sources)?.into(),
            ReportKind::Tasks => TasksFigures::of(self, sources)?.into(),
            ReportKind::Response => ResponseFigures::of(self, sources)?.into(),
            ReportKind::Review => ReviewFigures::of(self, sources)?.into(),
            ReportKind::Feedback => FeedbackFigures::of(self, sources)?.into(),
            ReportKind::Shift => ShiftFigures::of(self, sources)?.into(),
        })
    }

    /// Whose figures, for a member.
    pub(super) fn subject<'s>(&'s self, member: Member, entity: &'s str) -> Subject<'s> {
        Subject {
            area: self.registry.area.as_str(),
            entity,
            name: self.registry.called(member),
            kind: member.entity(),
            parameters: self.parameters,
            judged_by: self.judged_by,
            dataset: self.dataset,
            dust: self.dust,
        }
    }

    /// Days of members of the area, in the paper's dataset, edition and column.
    pub(super) fn days<E>(
        &self,
        members: &[Member],
        span: Span,
        days_of: &mut DaysOf<'_, E>,
    ) -> Result<Vec<Vec<DayFigures>>, E> {
        days_of(&DaysWanted {
            registry: self.registry,
            members,
            days: (span.from, span.to),
            parameters: self.parameters,
            dataset: self.dataset,
            judged_by: self.judged_by,
            dust: self.dust,
        })
    }

    /// One day of members; those that are not in operation have none.
    pub(super) fn lines<E>(
        &self,
        members: &[Member],
        day: Day,
        days_of: &mut DaysOf<'_, E>,
    ) -> Result<Vec<DayLine>, E> {
        let Some(span) = Span::days(day, day) else { return Ok(Vec::new()) };
        let all = self.days(members, span, days_of)?;
        let line = |(member, days): (&Member, Vec<DayFigures>)| {
            let entity = self.registry.name_of(*member);
            days.first().map(|day| DayLine::of(day, &self.subject(*member, &entity)))
        };
        Ok(members.iter().zip(all).filter_map(line).collect())
    }

    /// Each day of the paper, from those that are there.
    pub(super) fn every_day(&self, held: &[DayFigures]) -> Vec<DayLine> {
        let entity = self.registry.name_of(self.member);
        let subject = self.subject(self.member, &entity);
        let line = |day| match held.iter().find(|figures| figures.day == day) {
            Some(figures) => DayLine::of(figures, &subject),
            None => DayLine::of(&self.nothing_on(day), &subject),
        };
        let Span { from, to, .. } = self.span;
        (from.number()..=to.number()).map(Day::from_number).map(line).collect()
    }

    /// A day of which there is nothing.
    pub(super) fn nothing_on(&self, day: Day) -> DayFigures {
        let none = DayFigures::of_set(day, std::iter::empty(), self.parameters);
        none.judged_by(self.judged_by, self.parameters, self.member.entity())
    }

    /// What a span of the member comes to, beside the year before and the period before.
    pub(super) fn account<E>(
        &self,
        member: Member,
        span: Span,
        days_of: &mut DaysOf<'_, E>,
    ) -> Result<Account, E> {
        let entity = self.registry.name_of(member);
        let subject = self.subject(member, &entity);
        let mut of = |span| -> Result<Vec<DayFigures>, E> {
            Ok(self.days(&[member], span, days_of)?.into_iter().flatten().collect())
        };
        let days = of(span)?;
        let assessment = subject.assessed((span, &days), &Versus::ALL, of)?;
        Ok(Account::new(assessment, span, self.judged_by))
    }

    /// The same of several members.
    pub(super) fn accounts<E>(
        &self,
        members: Vec<Member>,
        span: Span,
        days_of: &mut DaysOf<'_, E>,
    ) -> Result<Vec<Account>, E> {
        members.into_iter().map(|member| self.account(member, span, days_of)).collect()
    }

    /// Where the year stands against the targets of the area on the last day of the paper; or why there are
    /// none.
    pub(super) fn plan<E>(
        &self,
        days_of: &mut DaysOf<'_, E>,
    ) -> Result<(Vec<PlanLine>, Option<&'static str>), E> {
        let (lists, ended) = (&self.lists, self.span.to);
        let found = match lists.targets.of_area(&self.registry.area, ended.date().0) {
            Ok(found) => found,
            Err(none) => return Ok((Vec::new(), Some(none.zh()))),
        };
        let mut rows = Vec::new();
        for target in found {
            let Some(member) = self.registry.member(&target.entity) else { continue };
            let judge = Judge { parameters: self.parameters, entity: member.entity() };
            let by = (lists.dust, lists.resampling);
            let row = TargetRow::reckoned(target, ended, judge, by, |days| {
                let wanted = DaysWanted {
                    registry: self.registry,
                    members: &[member],
                    days,
                    parameters: self.parameters,
                    dataset: target.dataset,
                    judged_by: target.judged_by,
                    dust: target.dust,
                };
                Ok::<_, E>(days_of(&wanted)?.into_iter().flatten().collect())
            })?;
            let name = self.registry.called(member);
            let of_zh = if target.district.is_empty() { name.to_owned() } else { String::new() };
            rows.extend(row.map(|row| PlanLine { row, of_zh }));
        }
        Ok((rows, None))
    }

    /// Ranks among reference cities of what the city comes to; none of a set inside it, or without cities.
    pub(super) fn ranks<E>(
        &self,
        asked: &[(RankBy, Span)],
        days_of: &mut DaysOf<'_, E>,
    ) -> Result<Vec<Rank>, E> {
        let mut all = Vec::new();
        for (set, registry) in self.own_sets() {
            for (by, span) in asked {
                all.push(self.rank((set, registry), *by, *span, days_of)?);
            }
        }
        // Without the city's own figure there is no place to speak of.
        all.retain(|rank| rank.sentence_zh.is_some());
        Ok(all)
    }

    pub(super) fn rank<E>(
        &self,
        (set, registry): (&RankSet, &Registry),
        by: RankBy,
        span: Span,
        days_of: &mut DaysOf<'_, E>,
    ) -> Result<Rank, E> {
        let asked = RankAsked {
            registry,
            set,
            by,
            moment: Moment::Days(span),
            dataset: self.dataset,
            dust: self.dust,
            judged_by: self.judged_by,
            parameters: self.parameters,
        };
        let wanted = |span: Span| DaysWanted {
            registry,
            members: &set.members,
            days: (span.from, span.to),
            parameters: self.parameters,
            dataset: self.dataset,
            judged_by: self.judged_by,
            dust: self.dust,
        };
        // Only days are asked for, so no hour is.
        asked.reckon(|_| Ok(Vec::new()), |span| days_of(&wanted(span)))
    }

    /// The sets in which this city stands beside others.
    pub(super) fn own_sets(&self) -> impl Iterator<Item = (&RankSet, &Registry)> {
        let city = &self.registry.name;
        let whole = self.member == Member::Set(0);
        self.lists.ranks.iter().filter(move |_| whole).filter_map(move |set| {
            let registry = self.lists.registries.iter().find(|r| r.area == set.area)?;
            let own = registry.called(set.own?);
            // 大连 in the list of cities is 大连市 as an area.
            let is_ours = city.trim_end_matches('市') == own.trim_end_matches('市');
            (registry.area != self.registry.area && is_ours).then_some((set, *registry))
        })
    }

    /// The head of the paper, from the days on which its first figures rest.
    pub(super) fn head(&self, days: &[DayFigures]) -> Head {
        let mut basis = Basis::default();
        days.iter().for_each(|day| day.note(&mut basis));
        let registry = self.registry;
        Head {
            kind: self.kind.code(),
            kind_zh: self.kind.zh(),
            unit: self.made.unit.to_owned(),
            area: registry.area.to_string(),
            entity: registry.name_of(self.member),
            name: registry.called(self.member).to_owned(),
            range_zh: self.range(),
            from: self.span.from.to_string(),
            to: self.span.to.to_string(),
            period_zh: Moment::Days(self.span).zh(),
            dataset: self.dataset.name(),
            dataset_zh: full_width(&basis.zh(self.dataset)),
            dust: self.dust.code(),
            dust_zh: match self.dust {
                DustColumn::Measured => "实况（未扣除沙尘）",
                other => other.zh(),
            },
            edition_zh: editions(self.judged_by, self.span),
            made_at: minute(self.made.at),
            drill: false,
            simulated: self.made.simulated,
        }
    }

    /// A record by its number.
    pub(super) fn record_of<E>(
        &self,
        number: u64,
        sources: &mut dyn Sources<Fault = E>,
    ) -> Result<Record, Unmade<E>> {
        let area = &self.registry.area;
        let none = || Unmade::Refused(format!("area {area} has no record {number}"));
        sources.record(number)?.ok_or_else(none)
    }

    /// The head of a paper that rests on records and not on days of air.
    pub(super) fn head_of_records(&self, span: Span, drill: bool) -> Head {
        let dated = ReportAsked { span, ..*self };
        Head {
            range_zh: self.registry.called(self.member).to_owned(),
            dataset_zh: String::new(),
            dust_zh: "",
            edition_zh: String::new(),
            drill,
            ..dated.head(&[])
        }
    }

    /// `大连市（评价点位10个）`: on the last day.
    fn range(&self) -> String {
        let (registry, day) = (self.registry, self.span.to);
        let name = registry.called(self.member);
        match self.member {
            Member::Station(_) => format!("{name}（单个点位）"),
            Member::Set(set) => {
                let stations = registry.sets[set].on(day).count();
                format!("{name}（评价点位{stations}个）")
            }
        }
    }
}

/// `2022-03-06 08:00`.
fn minute(at: Instant) -> String {
    at.to_string().get(..16).unwrap_or_default().replace('T', " ")
}
