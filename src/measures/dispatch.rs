//! The dispatch (任务单): what each district and department has to do at a level.
//!
//! In: an [`Edition`] and a level. Out: a [`Dispatch`]. Invariants: everything in it is a row of the list;
//! the sums of the districts are those of the list; a district calls on D first, then C, B-, B, then those
//! without grades, and last on A and 引领性, which reduce voluntarily (自主减排).

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::edition::{Edition, WHOLE_CITY, digest};
use super::emission::Amounts;
use super::rows::{Act, Grade, Line, Operation, PublicKind, Source, parts};
use crate::time::Day;
use crate::warning::Level;

/// One line's task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineTask {
    /// 生产线.
    pub line: String,
    /// What it does.
    #[serde(flatten)]
    pub act: Act,
    /// The same in words, with the list's remark.
    pub measure_zh: String,
    /// Planned reduction.
    pub reduction_g_per_day: Amounts,
    /// 日均运输车辆数.
    pub trucks_per_day: Option<u32>,
    /// 电表编号.
    pub meters: Vec<String>,
}

/// One plant's tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlantTask {
    /// 企业名称.
    pub enterprise: String,
    /// 统一社会信用代码.
    pub credit_code: String,
    /// 乡镇街道.
    pub town: String,
    /// 行业类型.
    pub industry: String,
    /// 绩效等级.
    pub grade: Grade,
    /// Whether it reduces voluntarily (自主减排), whatever its measure says.
    pub voluntary: bool,
    /// 保障类.
    pub protected: bool,
    /// 小微涉气.
    pub micro: bool,
    /// 不可临时停产.
    pub no_short_stop: bool,
    /// 生产状态.
    pub operation: Operation,
    /// 应急联系人.
    pub contact: String,
    /// 联系电话.
    pub phone: String,
    /// Its lines that do something.
    pub lines: Vec<LineTask>,
    /// Planned reduction of these lines.
    pub reduction_g_per_day: Amounts,
}

/// A mobile or dust source's task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceTask {
    /// `mobile` or `dust`.
    pub table: &'static str,
    /// 名称.
    pub name: String,
    /// 类型.
    pub category: String,
    /// 区县, or 全市.
    pub district: String,
    /// 乡镇街道.
    pub town: String,
    /// 措施.
    pub measure_zh: String,
    /// 责任部门.
    pub department: String,
    /// 责任单位.
    pub operator: String,
    /// 联系人.
    pub contact: String,
    /// 联系电话.
    pub phone: String,
    /// Planned reduction.
    pub reduction_g_per_day: Amounts,
}

/// What a district has to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DistrictTask {
    /// 区县, or 全市.
    pub district: String,
    /// Plants, the lowest grade first.
    pub plants: Vec<PlantTask>,
    /// Mobile and dust sources.
    pub sources: Vec<SourceTask>,
    /// Planned reduction of both.
    pub reduction_g_per_day: Amounts,
}

/// A measure of the public part that a department answers for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DepartmentMeasure {
    /// What kind.
    pub kind: PublicKind,
    /// 措施.
    pub measure_zh: String,
}

/// What a department has to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DepartmentTask {
    /// 责任部门.
    pub department: String,
    /// Measures of the public part.
    pub measures: Vec<DepartmentMeasure>,
    /// Sources that it answers for, which stand in their districts too.
    pub sources: Vec<SourceTask>,
}

/// The tasks of a level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dispatch {
    /// 城市.
    pub city: String,
    /// 预警级别.
    pub level: Level,
    /// 备案文号 of the list.
    pub filing: String,
    /// 实施日期 of the list.
    #[serde(serialize_with = "shown")]
    pub in_force: Day,
    /// The digest of the list.
    pub edition_digest: String,
    /// 全市 first, then in the order of the list; only those with a task.
    pub districts: Vec<DistrictTask>,
    /// In the order in which the list names them.
    pub departments: Vec<DepartmentTask>,
    /// Planned reduction of all districts, which is that of the list.
    pub reduction_g_per_day: Amounts,
}

fn shown<S: Serializer>(day: &Day, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

impl Dispatch {
    /// A digest of the content.
    #[must_use]
    pub fn digest(&self) -> String {
        digest(self)
    }
}

/// The tasks of a level.
#[must_use]
pub fn dispatch(edition: &Edition, level: Level) -> Dispatch {
    let sources: Vec<SourceTask> =
        edition.sources.iter().filter_map(|source| source_task(source, level)).collect();
    let names = std::iter::once(WHOLE_CITY).chain(edition.districts.iter().map(String::as_str));
    let districts = names.filter_map(|name| district(edition, name, &sources, level));
    let districts: Vec<DistrictTask> = districts.collect();
    Dispatch {
        city: edition.city.clone(),
        level,
        filing: edition.filing.clone(),
        in_force: edition.in_force,
        edition_digest: edition.digest(),
        reduction_g_per_day: districts.iter().map(|d| d.reduction_g_per_day).sum(),
        departments: departments(edition, &sources, level),
        districts,
    }
}

/// A district's tasks; `None` when there are none.
fn district(
    edition: &Edition,
    name: &str,
    sources: &[SourceTask],
    level: Level,
) -> Option<DistrictTask> {
    let mut plants: BTreeMap<PlantKey<'_>, PlantTask> = BTreeMap::new();
    for line in edition.lines.iter().filter(|line| line.district == name) {
        let Some(task) = line_task(line, level) else { continue };
        let plant = plants.entry(plant_key(line)).or_insert_with(|| plant(line));
        plant.reduction_g_per_day = plant.reduction_g_per_day + task.reduction_g_per_day;
        plant.lines.push(task);
    }
    let plants: Vec<PlantTask> = plants.into_values().collect();
    let sources: Vec<SourceTask> =
        sources.iter().filter(|source| source.district == name).cloned().collect();
    let of_plants: Amounts = plants.iter().map(|plant| plant.reduction_g_per_day).sum();
    let of_sources = sources.iter().map(|source| source.reduction_g_per_day).sum();
    let reduction_g_per_day = of_plants + of_sources;
    let any = !plants.is_empty() || !sources.is_empty();
    let district = name.to_owned();
    any.then_some(DistrictTask { district, plants, sources, reduction_g_per_day })
}

/// What makes lines one plant of a district, in the order in which they are called on: lines of other grades
/// or with another contact stand apart.
type PlantKey<'l> = (Grade, [&'l str; 6], [bool; 3], Operation);

fn plant_key(line: &Line) -> PlantKey<'_> {
    let Line { enterprise, town, industry, contact, phone, .. } = line;
    let texts = [enterprise, line.credit_code.as_str(), town, industry, contact, phone];
    (line.grade, texts, [line.protected, line.micro, line.no_short_stop], line.operation)
}

/// The plant of a line, still without tasks.
fn plant(line: &Line) -> PlantTask {
    PlantTask {
        enterprise: line.enterprise.clone(),
        credit_code: line.credit_code.to_string(),
        town: line.town.clone(),
        industry: line.industry.clone(),
        grade: line.grade,
        voluntary: line.grade.is_voluntary(),
        protected: line.protected,
        micro: line.micro,
        no_short_stop: line.no_short_stop,
        operation: line.operation,
        contact: line.contact.clone(),
        phone: line.phone.clone(),
        lines: Vec::new(),
        reduction_g_per_day: Amounts::default(),
    }
}

/// A line's task; `None` when it does nothing at this level.
fn line_task(line: &Line, level: Level) -> Option<LineTask> {
    let measure = line.measures.of(level);
    (measure.act != Act::Nothing).then(|| LineTask {
        line: line.line.clone(),
        act: measure.act,
        measure_zh: measure.to_string(),
        reduction_g_per_day: *line.reductions_g_per_day.of(level),
        trucks_per_day: line.trucks_per_day,
        meters: line.meters.clone(),
    })
}

fn source_task(source: &Source, level: Level) -> Option<SourceTask> {
    let measure = source.measures.of(level);
    (!measure.is_empty()).then(|| SourceTask {
        table: source.table.name(),
        name: source.name.clone(),
        category: source.category.clone(),
        district: source.district.clone(),
        town: source.town.clone(),
        measure_zh: measure.clone(),
        department: source.department.clone(),
        operator: source.operator.clone(),
        contact: source.contact.clone(),
        phone: source.phone.clone(),
        reduction_g_per_day: *source.reductions_g_per_day.of(level),
    })
}

fn departments(edition: &Edition, sources: &[SourceTask], level: Level) -> Vec<DepartmentTask> {
    let mut tasks: Vec<DepartmentTask> = Vec::new();
    for measure in edition.public.iter().filter(|measure| measure.level == level) {
        for name in parts(&measure.department) {
            let measure_zh = measure.measure.clone();
            let task = DepartmentMeasure { kind: measure.kind, measure_zh };
            of(&mut tasks, name).measures.push(task);
        }
    }
    for source in sources {
        for name in parts(&source.department) {
            of(&mut tasks, name).sources.push(source.clone());
        }
    }
    tasks
}

/// A department's tasks, which may be the first.
fn of<'t>(tasks: &'t mut Vec<DepartmentTask>, name: &str) -> &'t mut DepartmentTask {
    let at = tasks.iter().position(|task| task.department == name);
    let at = at.unwrap_or_else(|| {
        let department = name.to_owned();
        tasks.push(DepartmentTask { department, measures: Vec::new(), sources: Vec::new() });
        tasks.len() - 1
    });
    &mut tasks[at]
}
