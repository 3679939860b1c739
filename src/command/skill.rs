//! `lantian skill`: how good the built-in forecast was over the past of an area, from a store or files.
//!
//! Every so many hours a forecast is made from nothing but what was known then, by each method, and held
//! against what came. `--plot` draws chosen moments instead.

mod document;
mod tell;

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use self::document::Document;
use super::days_source::{self, SourceArgs};
use super::{ExitError, text};
use crate::area::Member;
use crate::outlook::{Method, Nowcast, Series, Skill, Titles, episode};
use crate::standard::Parameters;
use crate::time::{Day, Hour, HourLabel};

/// Measured skill of the built-in statistical forecast (内置统计预报) and of what it is held against.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// The area; may be left out when there is only one.
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
    /// The first day with an origin [default: from the first moment with enough history].
    #[arg(long, value_name = "DAY")]
    from: Option<Day>,
    /// The last day with an origin [default: the last that is there].
    #[arg(long, value_name = "DAY")]
    to: Option<Day>,
    /// Hours from one origin to the next.
    #[arg(long, value_name = "HOURS", default_value = "12")]
    step: NonZeroUsize,
    /// A method: persistence, climatology, analog, regression, blend (which is the one in use); may be given
    /// again [default: all].
    #[arg(long, value_name = "METHOD", value_parser = method)]
    method: Vec<Method>,
    /// One document.
    #[arg(long, conflicts_with = "plot")]
    json: bool,
    /// Draw the forecasts of the moments given by --at as SVG, with what came.
    #[arg(long, value_name = "FILE", requires = "at")]
    plot: Option<PathBuf>,
    /// With --plot: the end of the last known hour, such as "2014-02-20 08:00"; may be given again.
    #[arg(long, value_name = "TIME", requires = "plot", value_parser = moment)]
    at: Vec<Hour>,
}

fn method(name: &str) -> Result<Method, String> {
    let found = Method::ALL.into_iter().find(|m| m.name() == name);
    found.ok_or_else(|| format!("one of {} expected", Method::ALL.map(Method::name).join(", ")))
}

fn moment(text: &str) -> Result<Hour, String> {
    Hour::parse_label(text, HourLabel::End).map_err(|_| "YYYY-MM-DD HH:00 expected".to_owned())
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    args.source.only_hours()?;
    let parameters = args.source.parameters()?;
    if let Some((from, to)) = args.from.zip(args.to)
        && to < from
    {
        return Err(ExitError::Usage(format!("--to {to} is before --from {from}")));
    }
    let registry = days_source::registry(&args.source, args.area.as_deref())?;
    let source = days_source::open(&args.source, &registry, None)?;
    let series = source.series(&args.source, (&registry, Member::Set(0)), &parameters)?;
    let name = registry.called(Member::Set(0));
    if let Some(path) = &args.plot {
        plot(args, path, (&series, name), &parameters)?;
        return source.tell(&mut io::stderr());
    }
    let methods = if args.method.is_empty() { Method::ALL.to_vec() } else { args.method.clone() };
    let origins = origins(args, &series);
    let skill = measured(args, &series, &methods, &origins, &parameters);
    let document = Document::of(&skill, (registry.area.as_str(), name), &origins, args.step.get());
    if args.json {
        let document = serde_json::to_string_pretty(&document);
        let document = document.map_err(|e| ExitError::Internal(e.to_string()))?;
        text::written(writeln!(out, "{document}"))?;
    } else {
        text::written(tell::all(&document, out))?;
    }
    source.tell(&mut io::stderr())
}

/// The origins asked for. Before there is enough history none is counted as one without a forecast.
fn origins(args: &Args, series: &Series) -> Vec<Hour> {
    let begins = series.begins().unwrap_or(series.first());
    let first = begins.plus(i32::try_from(Nowcast::MIN_HOURS).unwrap_or(0) - 1);
    let last = series.end().plus(-2);
    let from = args.from.map_or(first, |day| day.start().max(first));
    let to = args.to.map_or(last, |day| day.plus(1).start().plus(-1).min(last));
    Skill::origins(from, to, args.step.get()).collect()
}

/// Scores on all processors: each takes its share, and sums do not depend on who took which.
fn measured(
    args: &Args,
    series: &Series,
    methods: &[Method],
    origins: &[Hour],
    parameters: &Parameters,
) -> Skill {
    let threads = args.source.thread_count();
    let shares: Vec<usize> = (0..threads).collect();
    let parts = days_source::side_by_side(threads, &shares, |share| {
        let mut skill = Skill::new(methods);
        for origin in origins.iter().skip(*share).step_by(threads) {
            skill.score(series, *origin, parameters);
        }
        skill
    });
    let mut all = Skill::new(methods);
    parts.iter().for_each(|part| all.take(part));
    all
}

fn plot(
    args: &Args,
    path: &std::path::Path,
    (series, name): (&Series, &str),
    parameters: &Parameters,
) -> Result<(), ExitError> {
    let method = args.method.first().copied().unwrap_or(Method::SHIPPED);
    let of = |at: &Hour| {
        let nowcast = Nowcast::by(method, series, *at, parameters);
        nowcast.map_err(|e| ExitError::Data(format!("--at {}: {e}", at.label(HourLabel::End))))
    };
    let nowcasts = args.at.iter().map(of).collect::<Result<Vec<_>, _>>()?;
    let titles = Titles { area: name, data: "实况" };
    let svg = episode(series, &nowcasts, titles, parameters);
    std::fs::write(path, svg).map_err(|e| ExitError::Io(format!("{}: {e}", path.display())))
}
