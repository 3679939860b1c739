//! `lantian aqi`: concentrations in, IAQIs, AQI, class and primary pollutants out.
//!
//! In: `key=value` pairs and a date. Out: the index of one report by the edition in force, for
//! people or as one JSON document.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::clock;
use crate::index::{self, Context, Index, Indicator, Means, Pollutants};
use crate::observation::{POLLUTANTS, Pollutant, Property};
use crate::quantity::{Quotient, Unit, decimal, parse_decimal};
use crate::standard::{Class, Entity, IndexEdition, Parameters, Practice, ReportKind, standards};
use crate::time::{Day, Instant};

use super::ExitError;
use super::text::{left, right, written};

#[cfg(test)]
mod tests;

/// Index of given concentrations (µg/m³, CO in mg/m³) by the edition in force.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Day whose edition counts, YYYY-MM-DD (or RFC 3339); today if absent.
    #[arg(long, value_name = "DATE")]
    at: Option<String>,
    /// Report: the real-time report of an hour, or the daily report.
    #[arg(long, value_enum, default_value = "hour")]
    period: Period,
    /// `letter` of the edition, or what the `national_platform` does.
    #[arg(long, default_value = "letter")]
    practice: Practice,
    /// Figures of an area, not of a station.
    #[arg(long)]
    area: bool,
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
    /// Hour: pm2_5 pm10 so2 no2 co o3 (1 h), pm2_5_24h pm10_24h so2_24h no2_24h co_24h o3_8h. Day:
    /// pm2_5 pm10 so2 no2 co (daily means), o3_8h or o3 (MDA8), o3_max_1h.
    #[arg(value_name = "KEY=VALUE", required = true)]
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Period {
    Hour,
    Day,
}

impl Period {
    const fn kind(self) -> ReportKind {
        match self {
            Self::Hour => ReportKind::Hour,
            Self::Day => ReportKind::Day,
        }
    }
}

/// Runs the command.
pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), ExitError> {
    let day = match &args.at {
        None => clock::now().hour().day(),
        Some(text) => read_day(text)?,
    };
    let kind = args.period.kind();
    let means = read_means(&args.values, kind)?;
    let edition = standards().index_edition(day);
    let parameters = Parameters { practice: args.practice, ..Parameters::default() };
    let entity = if args.area { Entity::Area } else { Entity::Station };
    let ctx = Context { edition, parameters: &parameters, entity };
    let index = match kind {
        ReportKind::Hour => index::hourly(&means, &ctx),
        ReportKind::Day => index::daily(&means, &ctx, Pollutants::ALL),
    };
    let figure = Figure { day, kind, means: &means, ctx: &ctx, index: &index };
    if !args.json {
        return written(figure.write(out));
    }
    let document = serde_json::to_string_pretty(&figure.document()?);
    let document = document.map_err(|e| ExitError::Internal(e.to_string()))?;
    written(writeln!(out, "{document}"))
}

fn read_day(text: &str) -> Result<Day, ExitError> {
    let instant = |_| Instant::parse_rfc3339(text).map(|i| i.hour().day());
    let fault = |e| ExitError::Usage(format!("--at {text}: {e}; expected YYYY-MM-DD"));
    text.parse::<Day>().or_else(instant).map_err(fault)
}

fn read_means(values: &[String], kind: ReportKind) -> Result<Means, ExitError> {
    let mut means = Means::default();
    for pair in values {
        let fault = |what: &str| ExitError::Usage(format!("{pair}: {what}"));
        let (key, text) = pair.split_once('=').ok_or_else(|| fault("expected KEY=VALUE"))?;
        let known = || keys(kind).map(|(key, _)| key).collect::<Vec<_>>().join(" ");
        let indicator = indicator_of(key, kind)
            .ok_or_else(|| fault(&format!("unknown key {key}; expected one of {}", known())))?;
        let scale = indicator.pollutant().unit().milli_digits();
        let amount =
            parse_decimal(text.as_bytes(), scale).map_err(|e| fault(&format!("{key} is {e}")))?;
        if text.starts_with('-') {
            return Err(fault(&format!("{key} is negative")));
        }
        if means.get(indicator).is_some() {
            return Err(fault(&format!("{key} is given twice")));
        }
        means = means.with(indicator, Quotient::whole(amount));
    }
    Ok(means)
}

/// The keys of a report, in the order of columns on paper.
fn keys(kind: ReportKind) -> impl Iterator<Item = (&'static str, Indicator)> {
    let of_kind = move |i: &Indicator| match kind {
        ReportKind::Hour => *i != Indicator::O3Max1h,
        ReportKind::Day => i.index() >= Pollutant::COUNT,
    };
    Indicator::ALL.into_iter().filter(of_kind).map(move |i| (key(i, kind), i))
}

/// The name of an indicator in a report: a daily mean goes by its pollutant's code.
fn key(indicator: Indicator, kind: ReportKind) -> &'static str {
    let daily_mean = Indicator::daily(indicator.pollutant()) == indicator;
    if kind == ReportKind::Day && daily_mean && indicator != Indicator::O3_8h {
        indicator.pollutant().code()
    } else {
        indicator.code()
    }
}

fn indicator_of(text: &str, kind: ReportKind) -> Option<Indicator> {
    if kind == ReportKind::Day && text == Pollutant::O3.code() {
        return Some(Indicator::O3_8h); // the ozone of a day is MDA8
    }
    let by_key = keys(kind).find(|(key, _)| *key == text).map(|(_, i)| i);
    by_key.or_else(|| keys(kind).find(|(_, i)| i.code() == text).map(|(_, i)| i))
}

/// Everything the answer is made of.
struct Figure<'a> {
    day: Day,
    kind: ReportKind,
    means: &'a Means,
    ctx: &'a Context<'a>,
    index: &'a Index,
}

/// The answer as JSON; the names are an API.
#[derive(Serialize)]
struct Document {
    edition: &'static str,
    edition_name: &'static str,
    date: String,
    practice: Practice,
    period: &'static str,
    entity: Entity,
    aqi: Option<u16>,
    aqi_reason: Option<&'static str>,
    aqi_reason_zh: Option<&'static str>,
    category: Option<&'static str>,
    category_zh: Option<&'static str>,
    level: Option<u8>,
    level_zh: Option<&'static str>,
    colour: Option<&'static str>,
    colour_name: Option<&'static str>,
    colour_name_zh: Option<&'static str>,
    primary_pollutants: Option<Vec<&'static str>>,
    iaqi: BTreeMap<&'static str, Option<u16>>,
    iaqi_reason: BTreeMap<&'static str, &'static str>,
    max_iaqi: Option<u16>,
    exceeding: Option<Vec<&'static str>>,
    exceeding_reason: Option<&'static str>,
    beyond_index: Vec<&'static str>,
    missing: Vec<&'static str>,
    partial: bool,
    not_used: Vec<&'static str>,
    concentration: BTreeMap<String, Box<RawValue>>,
    health: Option<&'static str>,
    advice: Option<&'static str>,
    sensitive_groups: BTreeMap<&'static str, &'static str>,
}

fn codes(set: Pollutants) -> Vec<&'static str> {
    set.iter().map(Pollutant::code).collect()
}

impl Figure<'_> {
    const fn edition(&self) -> &IndexEdition {
        self.ctx.edition
    }

    fn practice(&self) -> Practice {
        self.ctx.parameters.practice
    }

    fn class(&self) -> Option<&Class> {
        self.index.category().map(|c| self.edition().class(c))
    }

    /// The indicators of the report, in the order of columns on paper.
    fn indicators(&self) -> impl Iterator<Item = Indicator> {
        let rows = self.edition().report(self.kind, self.practice());
        Indicator::ALL.into_iter().filter(move |i| rows.iter().any(|r| r.indicator == *i))
    }

    /// Why an indicator of the report has no IAQI.
    fn no_iaqi(&self, indicator: Indicator) -> Option<(&'static str, &'static str)> {
        if self.index.of(indicator).is_some() {
            return None;
        }
        let mut rows = self.edition().report(self.kind, self.practice()).iter();
        let has_column = rows.any(|r| r.indicator == indicator && r.column.is_some());
        Some(match (has_column, self.means.get(indicator)) {
            (_, None) => ("missing", "缺测"),
            (false, Some(_)) => ("no_column_for_1h_pm", "1小时均值无分指数，用24小时均值"),
            (true, Some(_)) => ("above_800", "大于800，不计算分指数"),
        })
    }

    /// What was given and has no place in this report.
    fn not_used(&self) -> Vec<&'static str> {
        let used = self.indicators().collect::<Vec<_>>();
        let given = keys(self.kind).filter(|(_, i)| self.means.get(*i).is_some());
        given.filter(|(_, i)| !used.contains(i)).map(|(key, _)| key).collect()
    }

    /// The rounded concentration in its unit.
    fn shown(&self, indicator: Indicator) -> Option<String> {
        let pollutant = indicator.pollutant();
        let hourly = self.kind == ReportKind::Hour;
        let amount = index::rounded(self.means.get(indicator)?, pollutant, hourly, self.ctx);
        let row = self.edition().rounding(self.kind, self.practice(), self.ctx.entity);
        let scale = pollutant.unit().milli_digits();
        let decimals = scale.saturating_sub(row.step_of(pollutant).ilog10());
        Some(decimal(i64::from(amount.milli()), scale, decimals))
    }

    /// Who is sensitive to what is above 100 (2026).
    fn sensitive_groups(&self) -> impl Iterator<Item = (Pollutant, &'static str)> {
        let high = |p: &Pollutant| self.index.of_pollutant(*p).is_some_and(|iaqi| iaqi > 100);
        let group = |p: Pollutant| Some((p, self.edition().sensitive_group(p)?));
        POLLUTANTS.into_iter().filter(high).filter_map(group)
    }

    fn document(&self) -> Result<Document, ExitError> {
        let (index, class, edition) = (self.index, self.class(), self.edition());
        let named = |i: Indicator| key(i, self.kind);
        let exceeds = edition.exceeding_above().is_some();
        Ok(Document {
            edition: edition.id(),
            edition_name: edition.document(),
            date: self.day.to_string(),
            practice: self.practice(),
            period: self.kind.code(),
            entity: self.ctx.entity,
            aqi: index.aqi,
            aqi_reason: index.no_aqi.map(index::NoAqi::code),
            aqi_reason_zh: index.no_aqi.map(index::NoAqi::text_zh),
            category: class.map(|c| c.category.code()),
            category_zh: class.map(|c| c.name_zh),
            level: class.map(|c| c.category.level()),
            level_zh: class.map(|c| c.level_zh),
            colour: class.map(|c| c.colour),
            colour_name: class.map(|c| c.colour_en),
            colour_name_zh: class.map(|c| c.colour_zh),
            primary_pollutants: index.aqi.map(|_| codes(index.primary)),
            iaqi: self.indicators().map(|i| (named(i), index.of(i))).collect(),
            iaqi_reason: self
                .indicators()
                .filter_map(|i| Some((named(i), self.no_iaqi(i)?.0)))
                .collect(),
            max_iaqi: index.max_iaqi,
            exceeding: exceeds.then(|| codes(index.exceeding)),
            exceeding_reason: (!exceeds).then_some("term_deleted_in_this_edition"),
            beyond_index: codes(index.beyond),
            missing: codes(index.missing),
            partial: index.partial,
            not_used: self.not_used(),
            concentration: self.concentrations()?,
            health: class.map(|c| c.health),
            advice: class.map(|c| c.advice),
            sensitive_groups: self.sensitive_groups().map(|(p, g)| (p.code(), g)).collect(),
        })
    }

    /// The rounded concentrations, with units in the names.
    fn concentrations(&self) -> Result<BTreeMap<String, Box<RawValue>>, ExitError> {
        let mut by_name = BTreeMap::new();
        for indicator in self.indicators() {
            let Some(text) = self.shown(indicator) else { continue };
            let unit = match indicator.pollutant().unit() {
                Unit::Micro => "ug_m3",
                Unit::Milli => "mg_m3",
            };
            let number = RawValue::from_string(text);
            let number = number.map_err(|e| ExitError::Internal(e.to_string()))?;
            by_name.insert(format!("{}_{unit}", key(indicator, self.kind)), number);
        }
        Ok(by_name)
    }

    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let index = self.index;
        match (index.aqi, self.class()) {
            (Some(aqi), Some(class)) if index.partial => {
                write!(out, "AQI {aqi}（不完整，缺 {}）", labels(index.missing))?;
                // The missing can only raise it: a class above 100 is sure, one below is not.
                let sure = if aqi > 100 { class.name_zh } else { "" };
                writeln!(out, "{}{sure}", if sure.is_empty() { "" } else { "  至少" })?;
            }
            (Some(aqi), Some(class)) => writeln!(
                out,
                "AQI {aqi}  {}（{}，{}色 {}）",
                class.name_zh, class.level_zh, class.colour_zh, class.colour
            )?,
            _ => writeln!(out, "AQI NA  {}", index.no_aqi.map_or("", index::NoAqi::text_zh))?,
        }
        self.write_pollutants(out)?;
        writeln!(out)?;
        self.write_table(out)?;
        if let Some(class) = self.class().filter(|_| !index.partial) {
            writeln!(out)?;
            line(out, "健康影响", class.health)?;
            line(out, "建议措施", class.advice)?;
            for (pollutant, group) in self.sensitive_groups() {
                line(out, "敏感人群", &format!("{}：{group}", pollutant.label()))?;
            }
        }
        writeln!(out)?;
        line(out, "依据", &self.basis())
    }

    fn write_pollutants(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let index = self.index;
        if index.aqi.is_some() {
            let none = if index.primary.is_empty() { "无" } else { "" };
            line(out, "首要污染物", &format!("{}{none}", labels(index.primary)))?;
        } else if let Some(max) = index.max_iaqi {
            line(out, "最大分指数", &max.to_string())?;
        }
        for (name, set) in
            [("超标污染物", index.exceeding), ("爆表", index.beyond), ("缺测", index.missing)]
        {
            if !set.is_empty() {
                line(out, name, &labels(set))?;
            }
        }
        if index.partial {
            line(out, "注意", "有污染物缺测，AQI仅由其余污染物得出")?;
        }
        let not_used = self.not_used();
        if not_used.is_empty() {
            return Ok(());
        }
        line(out, "未采用", &format!("{}（不属于本报告的指标）", not_used.join("、")))
    }

    fn write_table(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(
            out,
            "{}{}  {}{}",
            left("指标", 20),
            right("浓度", 8),
            left("单位", 7),
            right("IAQI", 5)
        )?;
        for indicator in self.indicators() {
            let name = format!("{} {}", indicator.pollutant().label(), self.average(indicator));
            let shown = self.shown(indicator).unwrap_or_else(|| "NA".to_owned());
            let unit = Property::Pollutant(indicator.pollutant()).unit_text();
            let iaqi = self.index.of(indicator).map_or("NA".to_owned(), |n| n.to_string());
            write!(out, "{}{}  ", left(&name, 20), right(&shown, 8))?;
            write!(out, "{}{}", left(unit, 7), right(&iaqi, 5))?;
            match self.no_iaqi(indicator) {
                Some((code, why)) if code != "missing" => writeln!(out, "  {why}")?,
                _ => writeln!(out)?,
            }
        }
        Ok(())
    }

    fn average(&self, indicator: Indicator) -> &'static str {
        let day = self.kind == ReportKind::Day;
        match indicator {
            Indicator::O3Max1h => "日最大1小时",
            Indicator::O3_8h if day => "日最大8小时",
            Indicator::O3_8h => "8小时滑动",
            _ if indicator.index() < Pollutant::COUNT => "1小时",
            _ if day => "日均",
            _ => "24小时滑动",
        }
    }

    fn basis(&self) -> String {
        let report = match self.kind {
            ReportKind::Hour => "实时报",
            ReportKind::Day => "日报",
        };
        let practice = match self.practice() {
            Practice::Letter => "按标准条文",
            Practice::NationalPlatform => "按国家平台做法",
        };
        let entity = match self.ctx.entity {
            Entity::Station => "点位",
            Entity::Area => "区域",
        };
        format!("{}，{}，{report}，{practice}，{entity}", self.edition().document(), self.day)
    }
}

fn labels(set: Pollutants) -> String {
    set.iter().map(Pollutant::label).collect::<Vec<_>>().join("、")
}

fn line(out: &mut dyn Write, name: &str, text: &str) -> std::io::Result<()> {
    writeln!(out, "{}{text}", left(name, 12))
}
