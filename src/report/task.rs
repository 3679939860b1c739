//! The figures of task sheets (分区县任务单): what each district and department has to do at the level of an issue.
//!
//! In: an issue, and the edition of the emergency-measures list that it names. Out: [`TasksFigures`].
//!
//! Invariants: everything is a row of the list, by the edition of the issue where it is kept; sums are those
//! of the dispatch; what stands for the whole city goes to its departments.
//!
//! Source: terms.md (任务单: to districts and departments; they order the plants); issue 5, Build 5.

use serde::Serialize;
use utoipa::ToSchema;

use super::Head;
use super::asked::ReportAsked;
use super::record::full_moment;
use super::sources::{Sources, Unmade};
use crate::assessment::Span;
use crate::measures::{
    Amounts, DepartmentTask, Dispatch, DistrictTask, Edition, ListStanding, Operation, PlantTask,
    SourceTask, WHOLE_CITY, dispatch,
};
use crate::warning::{Issue, moment_zh};

/// The figures of the task sheets of an issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TasksFigures {
    /// What stands above.
    pub head: Head,
    /// The number of the record of the issue.
    pub record: u64,
    /// The number of its notice.
    pub document: String,
    /// 黄色.
    pub level_zh: &'static str,
    /// Ⅲ级.
    pub response_zh: &'static str,
    /// From when it holds: `2026年11月24日18时`.
    pub effective_zh: String,
    /// When it was issued: `11月24日16时`.
    pub issued_zh: String,
    /// Which edition of the list it rests on, in a sentence.
    pub list_zh: String,
    /// Whose sheet it is; null where it holds all of them.
    pub receiver: Option<String>,
    /// Planned reduction by district, 全市 included, with the number of plants; of one receiver empty.
    pub sums: Vec<DistrictSum>,
    /// Their sum: that of the list.
    pub total: Reduction,
    /// The sheets of the districts.
    pub districts: Vec<DistrictSheet>,
    /// The sheets of the departments.
    pub departments: Vec<DepartmentSheet>,
}

/// A planned reduction, in kg a day to the gram.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reduction {
    /// Sulfur dioxide.
    pub so2_kg_per_day: String,
    /// Nitrogen oxides.
    pub nox_kg_per_day: String,
    /// Particulate matter.
    pub pm_kg_per_day: String,
    /// Volatile organic compounds.
    pub vocs_kg_per_day: String,
}

/// What a district comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DistrictSum {
    /// The district, or 全市.
    pub district: String,
    /// Plants that do something.
    pub plants: usize,
    /// Their lines.
    pub lines: usize,
    /// Mobile and dust sources.
    pub sources: usize,
    /// Planned reduction.
    #[serde(flatten)]
    pub reduction: Reduction,
}

/// What a district has to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DistrictSheet {
    /// What it comes to.
    #[serde(flatten)]
    pub sum: DistrictSum,
    /// A row for each line, in the order in which plants are called on.
    pub plant_rows: Vec<PlantRow>,
    /// Mobile and dust sources.
    pub source_rows: Vec<SourceRow>,
}

/// A line of a plant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlantRow {
    /// 企业名称.
    pub enterprise: String,
    /// 乡镇街道.
    pub town: String,
    /// 绩效等级.
    pub grade_zh: &'static str,
    /// 生产线.
    pub line: String,
    /// 措施.
    pub measure_zh: String,
    /// 保障类, 小微涉气, 不可临时停产, 自主减排, 长期停产; empty where nothing is to be said.
    pub remark_zh: String,
    /// 应急联系人.
    pub contact: String,
    /// 联系电话.
    pub phone: String,
    /// Planned reduction.
    #[serde(flatten)]
    pub reduction: Reduction,
}

/// A mobile or dust source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SourceRow {
    /// 名称.
    pub name: String,
    /// 类型.
    pub category: String,
    /// 区县, or 全市.
    pub district: String,
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
    #[serde(flatten)]
    pub reduction: Reduction,
}

/// What a department has to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DepartmentSheet {
    /// 责任部门.
    pub department: String,
    /// Its measures of the public part.
    pub measures: Vec<DepartmentRow>,
    /// Sources that it answers for, which stand in their districts too.
    pub source_rows: Vec<SourceRow>,
}

/// A measure of the public part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DepartmentRow {
    /// 健康防护措施, 倡议性减排措施, 强制性减排措施.
    pub kind_zh: &'static str,
    /// 措施.
    pub measure_zh: String,
}

impl From<Amounts> for Reduction {
    fn from(of: Amounts) -> Self {
        Self {
            so2_kg_per_day: of.so2.to_string(),
            nox_kg_per_day: of.nox.to_string(),
            pm_kg_per_day: of.pm.to_string(),
            vocs_kg_per_day: of.vocs.to_string(),
        }
    }
}

impl From<&DistrictTask> for DistrictSum {
    fn from(of: &DistrictTask) -> Self {
        Self {
            district: of.district.clone(),
            plants: of.plants.len(),
            lines: of.plants.iter().map(|plant| plant.lines.len()).sum(),
            sources: of.sources.len(),
            reduction: of.reduction_g_per_day.into(),
        }
    }
}

fn plant_rows(plant: &PlantTask) -> Vec<PlantRow> {
    let remarks = [
        (plant.protected, "保障类"),
        (plant.micro, "小微涉气"),
        (plant.no_short_stop, "不可临时停产"),
        (plant.voluntary, "自主减排"),
        (plant.operation != Operation::Normal, plant.operation.text_zh()),
    ];
    let remarks = remarks.into_iter().filter_map(|(is, text)| is.then_some(text));
    let remark_zh = remarks.collect::<Vec<_>>().join("、");
    let row = |line: &crate::measures::LineTask| PlantRow {
        enterprise: plant.enterprise.clone(),
        town: plant.town.clone(),
        grade_zh: plant.grade.text_zh(),
        line: line.line.clone(),
        measure_zh: line.measure_zh.clone(),
        remark_zh: remark_zh.clone(),
        contact: plant.contact.clone(),
        phone: plant.phone.clone(),
        reduction: line.reduction_g_per_day.into(),
    };
    plant.lines.iter().map(row).collect()
}

impl From<&SourceTask> for SourceRow {
    fn from(of: &SourceTask) -> Self {
        Self {
            name: of.name.clone(),
            category: of.category.clone(),
            district: of.district.clone(),
            measure_zh: of.measure_zh.clone(),
            department: of.department.clone(),
            operator: of.operator.clone(),
            contact: of.contact.clone(),
            phone: of.phone.clone(),
            reduction: of.reduction_g_per_day.into(),
        }
    }
}

impl From<&DistrictTask> for DistrictSheet {
    fn from(of: &DistrictTask) -> Self {
        Self {
            sum: DistrictSum::from(of),
            plant_rows: of.plants.iter().flat_map(plant_rows).collect(),
            source_rows: of.sources.iter().map(SourceRow::from).collect(),
        }
    }
}

impl From<&DepartmentTask> for DepartmentSheet {
    fn from(of: &DepartmentTask) -> Self {
        let row = |of: &crate::measures::DepartmentMeasure| DepartmentRow {
            kind_zh: of.kind.text_zh(),
            measure_zh: of.measure_zh.clone(),
        };
        Self {
            department: of.department.clone(),
            measures: of.measures.iter().map(row).collect(),
            source_rows: of.sources.iter().map(SourceRow::from).collect(),
        }
    }
}

/// The tasks of an issue with a sentence on the list that they are from.
pub(super) fn tasks_of<E>(
    asked: &ReportAsked<'_>,
    issue: &Issue,
    sources: &mut dyn Sources<Fault = E>,
) -> Result<Option<(Dispatch, String)>, E> {
    let Some(level) = issue.response else { return Ok(None) };
    let found = asked.list_of(issue.list_digest(), sources)?;
    Ok(found.map(|(edition, list_zh)| (dispatch(&edition, level), list_zh)))
}

impl ReportAsked<'_> {
    /// The edition of the list that a digest names, or the one in use in its place; with a sentence on which
    /// it is.
    pub(super) fn list_of<E>(
        &self,
        named: Option<&str>,
        sources: &mut dyn Sources<Fault = E>,
    ) -> Result<Option<(Edition, String)>, E> {
        let in_use = self.lists.measures;
        let is_in_use = in_use.is_some_and(|edition| Some(edition.digest().as_str()) == named);
        let kept = match named.filter(|_| !is_in_use) {
            Some(digest) => sources.edition(digest)?,
            None => None,
        };
        let (edition, standing) = match (kept, in_use) {
            (Some(kept), _) => (kept, ListStanding::Replaced),
            (None, Some(edition)) if is_in_use => (edition.clone(), ListStanding::InUse),
            (None, Some(edition)) => (edition.clone(), ListStanding::NotKept),
            (None, None) => return Ok(None),
        };
        let now = in_use.map(|edition| edition.filing.as_str());
        let list_zh = standing.text_zh(&edition, now);
        Ok(Some((edition, list_zh)))
    }
}

impl TasksFigures {
    pub(super) fn of<E>(
        asked: &ReportAsked<'_>,
        sources: &mut dyn Sources<Fault = E>,
    ) -> Result<Self, Unmade<E>> {
        let (record, issue) = asked.its_issue(sources)?;
        let number = record.number;
        let refused = |why: String| Err(Unmade::Refused(why));
        let Some(level) = issue.target.level() else {
            return refused(format!("record {number} lifts the warning: it has no tasks"));
        };
        let Some((tasks, list_zh)) = tasks_of(asked, &issue, sources)? else {
            return refused("no emergency-measures list is configured".to_owned());
        };
        let of_districts = tasks.districts.iter().filter(|of| of.district != WHOLE_CITY);
        let mut districts: Vec<DistrictSheet> = of_districts.map(DistrictSheet::from).collect();
        let mut departments: Vec<DepartmentSheet> =
            tasks.departments.iter().map(DepartmentSheet::from).collect();
        let mut total = tasks.reduction_g_per_day.into();
        let mut sums: Vec<DistrictSum> = tasks.districts.iter().map(DistrictSum::from).collect();
        if let Some(receiver) = asked.receiver {
            let names = districts.iter().map(|of| of.sum.district.as_str());
            let names: Vec<&str> =
                names.chain(departments.iter().map(|of| of.department.as_str())).collect();
            if !names.contains(&receiver) {
                let names = names.join("、");
                return refused(format!("receiver {receiver}: those with tasks are {names}"));
            }
            districts.retain(|of| of.sum.district == receiver);
            departments.retain(|of| of.department == receiver);
            total =
                districts.first().map_or(Amounts::default().into(), |of| of.sum.reduction.clone());
            sums.clear();
        }
        let span = Span::day(issue.issued.hour().day());
        Ok(Self {
            head: asked.head_of_records(span, record.drill.is_some()),
            record: number,
            document: issue.document.clone(),
            level_zh: level.text_zh(),
            response_zh: issue.response.unwrap_or(level).response_zh(),
            effective_zh: full_moment(issue.effective_from),
            issued_zh: moment_zh(issue.issued),
            list_zh,
            receiver: asked.receiver.map(str::to_owned),
            sums,
            total,
            districts,
            departments,
        })
    }
}
