//! `lantian rank`: cities, districts or stations beside each other, from a store or from files.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::PathBuf;

use super::days_source::{self, SourceArgs};
use super::{ExitError, daemon, text};
use crate::assessment::rank::{Moment, Rank, RankAsked, RankBy, RankSet};
use crate::assessment::{DustColumn, Span};
use crate::config;

/// Ranks of a set's entities, the best first (排名, 测算).
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Which set: one of --ranks, or AREA:stations, AREA:sets, AREA:cities.
    #[arg(long, value_name = "SET")]
    set: String,
    /// The list of sets that are ranked, such as seeds/liaoning/ranks.toml.
    #[arg(long, value_name = "FILE")]
    ranks: Option<PathBuf>,
    /// By which figure: composite, aqi (of an hour or one day), pm2_5, pm10, o3, no2, so2, co, good_days,
    /// change (of the composite index on the year before), pm2_5_change.
    #[arg(long, value_name = "FIGURE")]
    by: RankBy,
    /// The span, such as 2025, 2025-03, 2025-03-07, heating:2024, ytd:2025-10-31; hour and so_far (of a
    /// store) by its newest hour, or as hour:2025-01-15T14, by the hour's start.
    #[arg(long, value_name = "SPAN")]
    span: String,
    /// One document.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    let parameters = args.source.parameters()?;
    let registries = days_source::registries(&args.source)?;
    let sets = config::ranks(args.ranks.as_deref(), &registries, &args.source.seasons());
    let sets = sets.map_err(|faults| daemon::faulty(&faults))?;
    let set = find(&args.set, &sets)?;
    let registry = registries.iter().find(|r| r.area == set.area);
    let registry = registry.ok_or_else(|| ExitError::Internal("a set without its area".into()))?;
    // Files are held as a whole, whatever the span is.
    let source = days_source::open(&args.source, registry, None)?;
    let moment = Moment::parse(&args.span, &args.source.seasons(), source.newest());
    let moment = moment.map_err(|e| ExitError::Usage(format!("--span: {e}")))?;
    if !args.by.is_of(&moment) {
        let days = "an hour has aqi and concentrations, aqi is of an hour or of one day";
        return Err(ExitError::Usage(format!("--by: no {} of {}: {days}", args.by, args.span)));
    }
    let way = args.source.way();
    if way.dust != DustColumn::Measured && !matches!(moment, Moment::Days(_)) {
        let text = "--dust-column: an hour is as measured; days have columns";
        return Err(ExitError::Usage(text.to_owned()));
    }
    let asked = RankAsked {
        registry,
        set,
        by: args.by,
        moment,
        dataset: args.source.dataset,
        dust: way.dust,
        judged_by: args.source.edition,
        parameters: &parameters,
    };
    let of = (registry, set.members.as_slice());
    let days_of =
        |span: Span| source.days(&args.source, way, of, (span.from, span.to), &parameters);
    let hour_of = |hour| source.hour(&args.source, of, hour, &parameters);
    let rank = asked.reckon(hour_of, days_of)?;
    if args.json {
        let document = serde_json::to_string_pretty(&rank);
        let document = document.map_err(|e| ExitError::Internal(e.to_string()))?;
        text::written(writeln!(out, "{document}"))?;
    } else {
        text::written(tell(&rank, out))?;
    }
    source.tell(&mut io::stderr())
}

fn find<'s>(code: &str, sets: &'s [RankSet]) -> Result<&'s RankSet, ExitError> {
    sets.iter().find(|set| set.code == code).ok_or_else(|| {
        let known: Vec<&str> = sets.iter().map(|set| set.code.as_str()).collect();
        ExitError::Usage(format!("--set: {code:?} is none of {}", known.join(", ")))
    })
}

fn tell(rank: &Rank, out: &mut impl Write) -> io::Result<()> {
    let Rank { set_name, by_zh, span_zh, unit, members, ranked, .. } = rank;
    let unit = if unit.is_empty() { String::new() } else { format!("（{unit}）") };
    writeln!(out, "{set_name} {span_zh} {by_zh}{unit}排名（测算，由好到差）")?;
    writeln!(out, "  数据口径  {}", rank.dataset_zh)?;
    let note = rank.dust_note_zh.iter().fold(String::new(), |all, note| all + "，" + note);
    writeln!(out, "  沙尘口径  {}{note}", rank.dust_zh)?;
    writeln!(out, "  评价标准  {}", rank.edition)?;
    for (name, value) in &rank.parameters {
        writeln!(out, "  参数  {name} = {value}")?;
    }
    writeln!(out, "  共{members}个，参与排名{ranked}个")?;
    for row in &rank.rows {
        let or_none =
            |value: Option<&dyn Display>| value.map_or("—".to_owned(), |v| v.to_string());
        let place = or_none(row.rank.as_ref().map(|r| r as _));
        let value = or_none(row.value.as_ref().map(|v| v as _));
        let mut rest = String::new();
        if let Some((now, before)) = row.now.as_ref().zip(row.before.as_ref()) {
            rest += &format!("  本期{now} 上年同期{before}");
        }
        if let Some((valid, total)) = row.days_valid.zip(row.days_total) {
            rest += &format!("  有效{valid}/{total}天");
        }
        if row.thin && row.reason_zh.is_none() {
            rest += "  有效天数不足";
        }
        if let Some(reason) = &row.reason_zh {
            rest += &format!("  {reason}");
        }
        let own = if row.own { "*" } else { " " };
        writeln!(out, "{own}{place:>4}  {value:>8}  {}({}){rest}", row.name, row.entity)?;
    }
    if let Some((place, document)) = rank.official_rank.zip(rank.official_document.as_ref()) {
        writeln!(out, "官方值（录入）第{place}位  {document}")?;
    }
    match &rank.sentence_zh {
        Some(sentence) => writeln!(out, "{sentence}"),
        None => Ok(()),
    }
}
