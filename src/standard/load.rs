//! Reads the edition files and refuses what is not sorted, complete and cited.

use serde::Deserialize;

use crate::observation::{Pollutant, Property};
use crate::quantity::{Amount, Rounding, parse_decimal};
use crate::time::Day;

use super::limits::{Average, DataValidity, Limit, LimitEdition, ValidityRow};
use super::table::{
    AboveTop, Breakpoint, BreakpointColumn, Class, IndexEdition, ReportRow, RoundingRow, Rule,
    SensitiveGroup, TOP,
};
use super::{
    Category, Column, Entity, InForce, Indicator, Practice, ReportKind, Source, Standards,
};

type Faulty<T> = Result<T, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBreakpoint {
    column: Column,
    iaqi: u16,
    concentration: u16,
    unit: &'static str,
    source: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAboveTop {
    column: Column,
    practice: Practice,
    iaqi: Option<u16>,
    source: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReportRow {
    period: ReportKind,
    practice: Practice,
    indicator: &'static str,
    column: Option<Column>,
    source: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRounding {
    period: ReportKind,
    practice: Practice,
    entity: Entity,
    concentration: &'static str,
    step_ug_m3: &'static str,
    step_co_mg_m3: &'static str,
    concentration_source: &'static str,
    index: &'static str,
    index_source: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    rule: &'static str,
    value: Option<u16>,
    source: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClass {
    category: Category,
    level: u8,
    level_zh: &'static str,
    name_zh: &'static str,
    name_en: &'static str,
    aqi_from: u16,
    aqi_to: u16,
    colour_zh: &'static str,
    colour_en: &'static str,
    colour: &'static str,
    rgb: [u8; 3],
    cmyk: [u8; 4],
    health: &'static str,
    advice: &'static str,
    source: &'static str,
    text_source: &'static str,
    colour_source: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSensitiveGroup {
    pollutant: &'static str,
    group: &'static str,
    source: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIndexEdition {
    id: &'static str,
    document: &'static str,
    title: &'static str,
    from_day: &'static str,
    #[serde(borrow)]
    until_day: Option<&'static str>,
    in_force_source: &'static str,
    sources: Vec<Source>,
    breakpoints: Vec<RawBreakpoint>,
    above_top: Vec<RawAboveTop>,
    reports: Vec<RawReportRow>,
    rounding: Vec<RawRounding>,
    rules: Vec<RawRule>,
    categories: Vec<RawClass>,
    sensitive_groups: Vec<RawSensitiveGroup>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLimit {
    substance: &'static str,
    average: Average,
    class_1: &'static str,
    class_2: &'static str,
    unit: &'static str,
    source: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawValidity {
    figure: &'static str,
    minimum: u16,
    of: Option<u16>,
    unit: &'static str,
    pollutants: &'static str,
    source: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLimitEdition {
    id: &'static str,
    document: &'static str,
    title: &'static str,
    from_day: &'static str,
    #[serde(borrow)]
    until_day: Option<&'static str>,
    in_force_source: &'static str,
    sources: Vec<Source>,
    limits: Vec<RawLimit>,
    validity: Vec<RawValidity>,
}

/// Reads every edition; spans of one kind must follow each other without gap or overlap.
pub(super) fn standards(
    index_files: &[&'static str],
    limit_files: &[&'static str],
) -> Faulty<Standards> {
    let index = index_files.iter().map(|t| index_edition(t)).collect::<Faulty<Vec<_>>>()?;
    let limits = limit_files.iter().map(|t| limit_edition(t)).collect::<Faulty<Vec<_>>>()?;
    contiguous(&index.iter().map(IndexEdition::in_force).collect::<Vec<_>>())?;
    contiguous(&limits.iter().map(LimitEdition::in_force).collect::<Vec<_>>())?;
    Ok(Standards { index, limits })
}

fn contiguous(spans: &[InForce]) -> Faulty<()> {
    let follows = |w: &[InForce]| w[0].until.map(|d| d.plus(1)) == Some(w[1].from);
    let ends = spans.last().ok_or("no edition")?.until.is_none();
    if spans.windows(2).all(follows) && ends { Ok(()) } else { Err("spans have a gap".to_owned()) }
}

/// The places of one file, by key.
struct Sources(&'static str, Vec<Source>);

impl Sources {
    fn new(id: &'static str, sources: Vec<Source>) -> Faulty<Self> {
        for s in &sources {
            let known = ["read", "secondary", "derived", "practice", "open"];
            let placed = s.table.is_some() || s.clause.is_some();
            let needs_place = !matches!(s.confidence, "practice" | "open");
            if !known.contains(&s.confidence) || s.document.is_empty() || (needs_place && !placed) {
                return Err(format!("{id}: source {} has no place", s.key));
            }
        }
        Ok(Self(id, sources))
    }

    fn get(&self, key: &str) -> Faulty<Source> {
        let found = self.1.iter().find(|s| s.key == key).copied();
        found.ok_or_else(|| format!("{}: no source {key}", self.0))
    }
}

fn index_edition(text: &'static str) -> Faulty<IndexEdition> {
    let raw: RawIndexEdition = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let id = raw.id;
    let sources = Sources::new(id, raw.sources)?;
    let in_force = in_force((raw.from_day, raw.until_day), sources.get(raw.in_force_source)?)?;
    let rules = raw.rules.iter().map(|r| rule(r, &sources)).collect::<Faulty<Vec<_>>>()?;
    let number = |name: &str| -> Faulty<Option<u16>> {
        let found = rules.iter().find(|r| r.name == name).map(|r| r.value);
        found.ok_or_else(|| format!("{id}: no rule {name}"))
    };
    if number("index_top")? != Some(TOP) {
        return Err(format!("{id}: the scale does not end at {TOP}"));
    }
    let columns = columns(&raw.breakpoints, &raw.above_top, &sources)?;
    Ok(IndexEdition {
        id,
        document: raw.document,
        title: raw.title,
        in_force,
        columns,
        reports: reports(&raw.reports, &sources)?,
        rounding: roundings(&raw.rounding, &sources)?,
        primary_above: number("primary_above")?.ok_or("primary_above is empty")?,
        exceeding_above: number("exceeding_above")?,
        na_unless_above: number("na_unless_above")?,
        rounds_before_index: number("round_before_index")?.is_some(),
        rules,
        classes: classes(&raw.categories, &sources)?,
        sensitive_groups: sensitive_groups(&raw.sensitive_groups, &sources)?,
        sources: sources.1,
    })
}

fn in_force(
    (from, until): (&'static str, Option<&'static str>),
    source: Source,
) -> Faulty<InForce> {
    let day = |text: &str| text.parse::<Day>().map_err(|e| format!("{text}: {e}"));
    Ok(InForce { from: day(from)?, until: until.map(day).transpose()?, source })
}

fn rule(raw: &RawRule, sources: &Sources) -> Faulty<Rule> {
    Ok(Rule { name: raw.rule, value: raw.value, source: sources.get(raw.source)? })
}

fn array<T, const N: usize>(items: Vec<T>, what: &str) -> Faulty<[T; N]> {
    items.try_into().map_err(|v: Vec<T>| format!("{what}: {} instead of {N}", v.len()))
}

fn columns(
    rows: &[RawBreakpoint],
    above: &[RawAboveTop],
    sources: &Sources,
) -> Faulty<[BreakpointColumn; Column::COUNT]> {
    let one = |column: Column| {
        let of = rows.iter().filter(|r| r.column == column).collect::<Vec<_>>();
        let notes = above.iter().filter(|r| r.column == column).collect::<Vec<_>>();
        let fault = |what: &str| format!("{} {}: {what}", sources.0, column.code());
        self::column(column, &of, &notes, sources).map_err(|what| fault(&what))
    };
    array(Column::ALL.into_iter().map(one).collect::<Faulty<Vec<_>>>()?, "columns")
}

/// The index values of the table's rows.
const INDEX_GRID: [u16; BreakpointColumn::MOST] = [0, 50, 100, 150, 200, 300, 400, TOP];

fn column(
    column: Column,
    rows: &[&RawBreakpoint],
    notes: &[&RawAboveTop],
    sources: &Sources,
) -> Faulty<BreakpointColumn> {
    let unit = Property::Pollutant(column.pollutant()).unit_text();
    let per_unit = 10_i32.pow(column.pollutant().unit().milli_digits());
    let mut breakpoints = Vec::with_capacity(rows.len());
    for (row, on_grid) in rows.iter().zip(INDEX_GRID) {
        let amount = Amount::from_milli(i32::from(row.concentration) * per_unit);
        let rises = breakpoints.last().is_none_or(|b: &Breakpoint| b.amount < amount);
        if row.iaqi != on_grid || row.unit != unit || !rises {
            return Err(format!("row {} is out of order or off the grid", row.iaqi));
        }
        breakpoints.push(Breakpoint { iaqi: row.iaqi, amount, source: sources.get(row.source)? });
    }
    let (Some(first), Some(last)) = (breakpoints.first(), breakpoints.last()) else {
        return Err("is empty".to_owned());
    };
    let reaches_top = last.iaqi == TOP;
    if rows.len() != breakpoints.len() || breakpoints.len() < 2 || first.amount.milli() != 0 {
        return Err("has a row too many or does not start at 0".to_owned());
    }
    let note = |practice: Practice| -> Faulty<AboveTop> {
        match (notes.iter().find(|n| n.practice == practice), reaches_top) {
            (None, true) => Ok(AboveTop::Clip),
            (Some(n), false) => Ok(AboveTop::Clause(n.iaqi, sources.get(n.source)?)),
            _ => Err("needs a note exactly when it ends below the top".to_owned()),
        }
    };
    let mut points = [(0, 0); BreakpointColumn::MOST];
    for (point, b) in points.iter_mut().zip(&breakpoints) {
        *point = (i64::from(b.amount.milli()), i64::from(b.iaqi));
    }
    let above = [note(Practice::Letter)?, note(Practice::NationalPlatform)?];
    let (count, whole) = (breakpoints.len(), Vec::new());
    let column = BreakpointColumn { column, count, breakpoints, points, whole, above };
    Ok(column.tabulated())
}

fn reports(rows: &[RawReportRow], sources: &Sources) -> Faulty<[[Vec<ReportRow>; 2]; 2]> {
    let mut reports: [[Vec<ReportRow>; 2]; 2] = Default::default();
    for row in rows {
        let unknown = || format!("{}: no indicator {}", sources.0, row.indicator);
        let indicator = Indicator::parse(row.indicator).ok_or_else(unknown)?;
        let report = &mut reports[row.period as usize][row.practice as usize];
        let other = row.column.is_some_and(|c| c.pollutant() != indicator.pollutant());
        if other || report.iter().any(|r| r.indicator == indicator) {
            return Err(format!("{}: {indicator} is listed twice or wrongly", sources.0));
        }
        report.push(ReportRow { indicator, column: row.column, source: sources.get(row.source)? });
    }
    if reports.iter().flatten().any(Vec::is_empty) {
        return Err(format!("{}: a report is empty", sources.0));
    }
    Ok(reports)
}

fn roundings(rows: &[RawRounding], sources: &Sources) -> Faulty<[[[RoundingRow; 2]; 2]; 2]> {
    let find = |kind, practice, entity| -> Faulty<RoundingRow> {
        let mut of = rows
            .iter()
            .filter(|r| r.period == kind && r.practice == practice && r.entity == entity);
        match (of.next(), of.next()) {
            (Some(row), None) => rounding(row, sources),
            _ => Err(format!("{}: one rounding each of report and practice", sources.0)),
        }
    };
    let by_entity = |kind, practice| -> Faulty<[RoundingRow; 2]> {
        Ok([find(kind, practice, Entity::Station)?, find(kind, practice, Entity::Area)?])
    };
    let by_practice = |kind| -> Faulty<[[RoundingRow; 2]; 2]> {
        Ok([by_entity(kind, Practice::Letter)?, by_entity(kind, Practice::NationalPlatform)?])
    };
    Ok([by_practice(ReportKind::Hour)?, by_practice(ReportKind::Day)?])
}

fn rounding(row: &RawRounding, sources: &Sources) -> Faulty<RoundingRow> {
    let named = |name: &str| match name {
        "half_even" => Ok(Rounding::HalfEven),
        "half_up" => Ok(Rounding::HalfUp),
        "up" => Ok(Rounding::Up),
        other => Err(format!("{}: no rounding {other}", sources.0)),
    };
    Ok(RoundingRow {
        concentration: named(row.concentration)?,
        step: amount(row.step_ug_m3, Pollutant::O3)?.milli().max(1),
        step_co: amount(row.step_co_mg_m3, Pollutant::Co)?.milli().max(1),
        concentration_source: sources.get(row.concentration_source)?,
        index: named(row.index)?,
        index_source: sources.get(row.index_source)?,
    })
}

fn amount(text: &str, of: Pollutant) -> Faulty<Amount> {
    parse_decimal(text.as_bytes(), of.unit().milli_digits()).map_err(|e| format!("{text}: {e}"))
}

fn classes(rows: &[RawClass], sources: &Sources) -> Faulty<[Class; Category::COUNT]> {
    let mut classes = Vec::with_capacity(rows.len());
    let mut from = 0;
    for (row, category) in rows.iter().zip(Category::ALL) {
        let [r, g, b] = row.rgb;
        let whole = row.category == category && row.level == category.level();
        if !whole || row.aqi_from != from || row.colour != format!("#{r:02X}{g:02X}{b:02X}") {
            return Err(format!("{}: class {category} is out of order", sources.0));
        }
        from = row.aqi_to + 1;
        classes.push(Class {
            category,
            level_zh: row.level_zh,
            name_zh: row.name_zh,
            name_en: row.name_en,
            aqi: (row.aqi_from, row.aqi_to),
            colour_zh: row.colour_zh,
            colour_en: row.colour_en,
            colour: row.colour,
            rgb: row.rgb,
            cmyk: row.cmyk,
            health: row.health,
            advice: row.advice,
            source: sources.get(row.source)?,
            text_source: sources.get(row.text_source)?,
            colour_source: sources.get(row.colour_source)?,
        });
    }
    if from != TOP + 1 || rows.len() != Category::COUNT {
        return Err(format!("{}: classes do not cover the scale", sources.0));
    }
    array(classes, "classes")
}

fn sensitive_groups(rows: &[RawSensitiveGroup], sources: &Sources) -> Faulty<Vec<SensitiveGroup>> {
    let one = |row: &RawSensitiveGroup| -> Faulty<SensitiveGroup> {
        let pollutant = six(row.pollutant).ok_or_else(|| format!("no {}", row.pollutant))?;
        Ok(SensitiveGroup { pollutant, group: row.group, source: sources.get(row.source)? })
    };
    rows.iter().map(one).collect()
}

/// One of the six pollutants by its code.
fn six(code: &str) -> Option<Pollutant> {
    match Property::parse(code) {
        Some(Property::Pollutant(p)) => Some(p),
        _ => None,
    }
}

fn limit_edition(text: &'static str) -> Faulty<LimitEdition> {
    let raw: RawLimitEdition = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let sources = Sources::new(raw.id, raw.sources)?;
    let in_force = in_force((raw.from_day, raw.until_day), sources.get(raw.in_force_source)?)?;
    let limits = raw.limits.iter().map(|r| limit(r, &sources)).collect::<Faulty<Vec<_>>>()?;
    let validity_rows =
        raw.validity.iter().map(|r| validity_row(r, &sources)).collect::<Faulty<Vec<_>>>()?;
    let validity = [
        data_validity(&validity_rows, "rolling_24h")?,
        data_validity(&validity_rows, "rolling_24h_platform")?,
    ];
    Ok(LimitEdition {
        id: raw.id,
        document: raw.document,
        title: raw.title,
        in_force,
        limits,
        validity_rows,
        validity,
        sources: sources.1,
    })
}

fn limit(row: &RawLimit, sources: &Sources) -> Faulty<Limit> {
    let amounts = match six(row.substance) {
        None => None,
        Some(p) if row.unit == Property::Pollutant(p).unit_text() => {
            Some((p, [amount(row.class_1, p)?, amount(row.class_2, p)?]))
        }
        Some(p) => return Err(format!("{}: limit of {p} in {}", sources.0, row.unit)),
    };
    Ok(Limit {
        substance: row.substance,
        average: row.average,
        printed: [row.class_1, row.class_2],
        unit: row.unit,
        amounts,
        source: sources.get(row.source)?,
    })
}

fn validity_row(row: &RawValidity, sources: &Sources) -> Faulty<ValidityRow> {
    Ok(ValidityRow {
        figure: row.figure,
        minimum: row.minimum,
        of: row.of,
        unit: row.unit,
        pollutants: row.pollutants,
        source: sources.get(row.source)?,
    })
}

fn data_validity(rows: &[ValidityRow], rolling_24h: &str) -> Faulty<DataValidity> {
    let row = |figure: &str| -> Faulty<&ValidityRow> {
        rows.iter().find(|r| r.figure == figure).ok_or_else(|| format!("no validity of {figure}"))
    };
    let minimum = |figure: &str| row(figure).map(|r| r.minimum);
    Ok(DataValidity {
        hour_min_minutes: minimum("hour")?,
        rolling_8h_min_hours: minimum("rolling_8h")?,
        rolling_24h_min_hours: minimum(rolling_24h)?,
        day_min_hours: minimum("day")?,
        mda8_first_window: minimum("mda8_first_window")?,
        mda8_last_window: row("mda8_first_window")?.of.ok_or("mda8_first_window: no end")?,
        mda8_min_windows: minimum("mda8_windows")?,
        mda8_kept_above: Amount::from_milli(i32::from(minimum("mda8_kept_above")?) * 1000),
        month_min_days: minimum("month")?,
        february_min_days: minimum("february")?,
        year_min_days: minimum("year")?,
    })
}
