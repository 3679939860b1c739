//! Rows of natural days, and of what they come to.

use std::io::{BufWriter, Write};

use super::super::publishing;
use super::{Args, Asked, Broken, Format, What};
use crate::area::{Member, Registry};
use crate::assessment::dust::DustTable;
use crate::assessment::{
    Assessment, Counting, DayFigures, DayRow, JudgedBy, Period, Span, Subject,
};
use crate::observation::Basis;
use crate::standard::Parameters;
use crate::store::Reader;
use crate::time::Day;

pub(super) fn write(
    args: &Args,
    reader: &Reader,
    asked: Option<&Asked>,
    out: impl Write,
) -> Result<Basis, Broken> {
    let mut out = Output::new(args, out)?;
    let mut basis = Basis::default();
    if let Some(asked) = asked
        && let Some((first, last)) = asked.span
    {
        let span = (first.day(), last.day());
        let parameters = Parameters { practice: args.practice, ..Parameters::default() };
        let days = u64::try_from(span.1.number() + 1 - span.0.number()).unwrap_or(0);
        let bar = publishing::bar(days, "exporting {bar:30} {pos}/{len} days {eta}");
        let of = (&asked.registry, asked.members.as_slice());
        let publication = reader.publication(&asked.registry.area, span)?;
        let mut kept = vec![Vec::new(); asked.members.len()];
        let deduction = &asked.dust.of(args.dust_column, &asked.registry);
        let counting = Counting { dataset: args.dataset, deduction };
        reader.each_day(counting, of, span, &parameters, |day, row| {
            // The first entity of a row is the area, unless only others are asked for.
            if let Some((_, first)) = row.first() {
                first.note(&mut basis);
            }
            for (member, figures) in row {
                let entity = asked.registry.name_of(*member);
                if args.what == What::Days {
                    let of = subject(args, &asked.registry, (*member, &entity), &parameters);
                    let state = publication.state(day, &entity);
                    out.day(&DayRow::of(figures, &of, state, args.exact))?;
                } else if let Some(at) = asked.members.iter().position(|m| m == member) {
                    kept[at].push(figures.clone());
                }
            }
            bar.inc(1);
            Ok::<(), Broken>(())
        })?;
        bar.finish_and_clear();
        if args.what == What::Assessment {
            for (member, days) in asked.members.iter().zip(&kept) {
                let entity = asked.registry.name_of(*member);
                let of = subject(args, &asked.registry, (*member, &entity), &parameters);
                let assessed = assessment(span, days, &of);
                let table = table((args, reader, asked), *member, span, &of)?;
                out.assessment(&assessed.with_dust(table))?;
            }
        }
    }
    out.end(args, &basis)?;
    Ok(basis)
}

fn subject<'a>(
    args: &Args,
    registry: &'a Registry,
    (member, entity): (Member, &'a str),
    parameters: &'a Parameters,
) -> Subject<'a> {
    Subject {
        area: registry.area.as_str(),
        entity,
        name: registry.called(member),
        kind: member.entity(),
        parameters,
        judged_by: JudgedBy::InForce,
        dataset: args.dataset,
        dust: args.dust_column,
    }
}

/// All columns of dust; the figures of another one are taken anew.
fn table(
    (args, reader, asked): (&Args, &Reader, &Asked),
    member: Member,
    (from, to): (Day, Day),
    of: &Subject<'_>,
) -> Result<Option<DustTable>, Broken> {
    let registry = &asked.registry;
    let Some(span) = Span::days(from, to) else { return Ok(None) };
    asked.dust.table(of, (registry, member), span, |column| {
        let deduction = &asked.dust.of(column, registry);
        let counting = Counting { dataset: args.dataset, deduction };
        let mut days = Vec::new();
        reader.each_day(counting, (registry, &[member]), (from, to), of.parameters, |_, row| {
            days.extend(row.iter().map(|(_, figures)| figures.clone()));
            Ok::<(), Broken>(())
        })?;
        Ok(days)
    })
}

fn assessment(span: (Day, Day), days: &[DayFigures], of: &Subject<'_>) -> Assessment {
    let period = Period::over(span, days, of.parameters, of.kind);
    Assessment::of(&period, days, of)
}

/// Rows as CSV or as one document.
enum Output<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Json { out: BufWriter<W>, first: bool },
}

impl<W: Write> Output<W> {
    fn new(args: &Args, out: W) -> Result<Self, Broken> {
        let what = if args.what == What::Days { "days" } else { "assessment" };
        let header = match args.what {
            What::Days => DayRow::CSV_HEADER,
            _ => Assessment::CSV_HEADER,
        };
        match args.format {
            Format::Csv => {
                let mut out = out;
                out.write_all(header.as_bytes())?;
                Ok(Self::Csv(Box::new(csv::Writer::from_writer(out))))
            }
            Format::Json => {
                let mut out = BufWriter::new(out);
                let (practice, dataset) = (args.practice, args.dataset);
                let dust = args.dust_column.code();
                write!(
                    out,
                    "{{\"what\":\"{what}\",\"practice\":\"{practice}\",\"dataset\":\"{dataset}\",\
                     \"dust\":\"{dust}\",\"rows\":["
                )?;
                Ok(Self::Json { out, first: true })
            }
        }
    }

    fn day(&mut self, row: &DayRow) -> Result<(), Broken> {
        match self {
            Self::Csv(out) => Ok(out.write_record(row.csv())?),
            Self::Json { .. } => self.json(row),
        }
    }

    fn assessment(&mut self, row: &Assessment) -> Result<(), Broken> {
        match self {
            Self::Csv(out) => Ok(out.write_record(row.csv())?),
            Self::Json { .. } => self.json(row),
        }
    }

    fn json(&mut self, row: &impl serde::Serialize) -> Result<(), Broken> {
        if let Self::Json { out, first } = self {
            out.write_all(if *first { b"\n" } else { b",\n" })?;
            *first = false;
            serde_json::to_writer(out, row).map_err(std::io::Error::from)?;
        }
        Ok(())
    }

    fn end(self, args: &Args, basis: &Basis) -> Result<(), Broken> {
        match self {
            Self::Csv(mut out) => Ok(out.flush()?),
            Self::Json { mut out, .. } => {
                writeln!(out, "\n],\"dataset_zh\":\"{}\"}}", basis.zh(args.dataset))?;
                Ok(out.flush()?)
            }
        }
    }
}
