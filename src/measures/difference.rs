//! What a new edition changes.
//!
//! In: two [`Edition`]s. Out: a [`Difference`], and the faults of the new one as successor. Invariant: of the
//! emitting sheets every changed or removed row has a reason (变更原因, 调出清单); a new row needs none.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::edition::Edition;
use super::emission::{Amounts, Substance};
use super::map::{self, Table};
use super::rows::{Line, Operation, PerLevel, PublicMeasure, Sector, Source};
use super::sheet::{Findings, Kind, Place};
use crate::time::Day;
use crate::warning::{Level, ListChange, ListChangeKind};

/// Which edition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EditionName {
    /// 备案文号.
    pub filing: String,
    /// 实施日期.
    #[serde(serialize_with = "shown")]
    pub in_force: Day,
    /// The digest of its content.
    pub digest: String,
}

impl EditionName {
    /// That of an edition.
    #[must_use]
    pub fn of(edition: &Edition) -> Self {
        let digest = edition.digest();
        Self { filing: edition.filing.clone(), in_force: edition.in_force, digest }
    }
}

fn shown<S: Serializer>(day: &Day, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

/// Which row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowName {
    /// The table's name.
    pub table: &'static str,
    /// The enterprise, source, sector or measure.
    pub name: String,
    /// 区县; empty where there is none.
    pub district: String,
    /// 生产线; empty of anything else.
    pub line: String,
}

/// One field of a changed row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The field, as in the column map.
    pub field: String,
    /// The same for people.
    pub field_zh: String,
    /// What stood there.
    pub old: String,
    /// What stands there.
    pub new: String,
}

/// A changed row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Which row, by its new name.
    #[serde(flatten)]
    pub row: RowName,
    /// What changed in it.
    pub fields: Vec<FieldChange>,
    /// Why; empty where no reason is asked for or given.
    pub reason: String,
}

/// A removed row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Which row.
    #[serde(flatten)]
    pub row: RowName,
    /// Why; empty where no reason is asked for or given.
    pub reason: String,
}

/// What the new edition changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The old one.
    pub old: EditionName,
    /// The new one.
    pub new: EditionName,
    /// Rows that only the new one has.
    pub added: Vec<RowName>,
    /// Rows that only the old one has.
    pub removed: Vec<Removed>,
    /// Rows of both that differ.
    pub changed: Vec<Changed>,
}

impl Difference {
    /// Row by row, as a record keeps it.
    #[must_use]
    pub fn changes(&self) -> Vec<ListChange> {
        let change = |kind, row: &RowName, reason: &str, fields: Vec<String>| ListChange {
            kind,
            table: row.table.to_owned(),
            district: row.district.clone(),
            name: row.name.clone(),
            line: row.line.clone(),
            fields,
            reason: reason.to_owned(),
        };
        let field = |f: &FieldChange| format!("{}：{}→{}", f.field_zh, f.old, f.new);
        let added = self.added.iter();
        let added = added.map(|row| change(ListChangeKind::Added, row, "", Vec::new()));
        let removed = self.removed.iter();
        let removed =
            removed.map(|of| change(ListChangeKind::Removed, &of.row, &of.reason, Vec::new()));
        let changed = self.changed.iter().map(|of| {
            let fields = of.fields.iter().map(field).collect();
            change(ListChangeKind::Changed, &of.row, &of.reason, fields)
        });
        added.chain(removed).chain(changed).collect()
    }
}

/// A field's name in code, for people, and its value.
type Field = (String, String, String);

/// A row that can be found again in another edition.
trait Row {
    /// Whether a change needs a reason.
    const REASONED: bool;
    /// What makes it the same row.
    fn key(&self) -> [String; 3];
    fn name(&self) -> RowName;
    fn fields(&self) -> Vec<Field>;
    fn reason(&self) -> &str;
    fn table(&self) -> Table;
    fn number(&self) -> u32;
}

fn field(name: impl Into<String>, zh: impl Into<String>, value: impl Into<String>) -> Field {
    (name.into(), zh.into(), value.into())
}

fn emissions(base: &Amounts) -> impl Iterator<Item = Field> {
    Substance::ALL.into_iter().map(|s| {
        field(map::base(s), format!("{}排放量（千克/日）", s.text_zh()), base.of(s).to_string())
    })
}

fn figures(base: &Amounts, reductions: &PerLevel<Amounts>) -> Vec<Field> {
    let mut fields: Vec<Field> = emissions(base).collect();
    for s in Substance::ALL {
        for level in Level::ALL {
            let zh = format!("{}{}减排量（千克/日）", level.text_zh(), s.text_zh());
            fields.push(field(
                map::reduction(s, level),
                zh,
                reductions.of(level).of(s).to_string(),
            ));
        }
    }
    fields
}

fn measures<T: ToString>(measures: &PerLevel<T>) -> impl Iterator<Item = Field> {
    Level::ALL.into_iter().map(|level| {
        let zh = format!("{}预警措施", level.text_zh());
        field(map::measure(level), zh, measures.of(level).to_string())
    })
}

impl Row for Line {
    const REASONED: bool = true;

    fn key(&self) -> [String; 3] {
        [self.credit_code.to_string(), self.line.clone(), String::new()]
    }

    fn name(&self) -> RowName {
        let (name, district) = (self.enterprise.clone(), self.district.clone());
        RowName { table: self.table().name(), name, district, line: self.line.clone() }
    }

    fn fields(&self) -> Vec<Field> {
        let yes = |flag| if flag { "是" } else { "否" };
        let position = self.position.map_or_else(String::new, |p| {
            let degrees = |e6: i32| format!("{}.{:06}", e6 / 1_000_000, e6 % 1_000_000);
            format!("{}，{}", degrees(p.longitude_e6), degrees(p.latitude_e6))
        });
        let trucks = self.trucks_per_day.map_or_else(String::new, |count| count.to_string());
        let mut fields = vec![
            field("enterprise", "企业名称", &self.enterprise),
            field("permit", "排污许可证编号", &self.permit),
            field("district", "区县", &self.district),
            field("town", "乡镇街道", &self.town),
            field("position", "经纬度", position),
            field("industry", "行业类型", &self.industry),
            field("grade", "绩效等级", self.grade.text_zh()),
            field("protected", "保障类", yes(self.protected)),
            field("micro", "小微涉气", yes(self.micro)),
            field("operation", "生产状态", Operation::text_zh(self.operation)),
            field("no_short_stop", "不可临时停产", yes(self.no_short_stop)),
            field("trucks_per_day", "日均运输车辆数", trucks),
            field("contact", "应急联系人", &self.contact),
            field("phone", "联系电话", &self.phone),
            field("meters", "电表编号", self.meters.join("、")),
        ];
        fields.extend(measures(&self.measures));
        fields.extend(figures(&self.base_g_per_day, &self.reductions_g_per_day));
        fields
    }

    fn reason(&self) -> &str {
        &self.reason
    }

    fn table(&self) -> Table {
        Table::Industry
    }

    fn number(&self) -> u32 {
        self.row
    }
}

impl Row for Source {
    const REASONED: bool = true;

    fn key(&self) -> [String; 3] {
        [self.table.name().to_owned(), self.district.clone(), self.name.clone()]
    }

    fn name(&self) -> RowName {
        let (name, district) = (self.name.clone(), self.district.clone());
        RowName { table: self.table.name(), name, district, line: String::new() }
    }

    fn fields(&self) -> Vec<Field> {
        let mut fields = vec![
            field("category", "类型", &self.category),
            field("town", "乡镇街道", &self.town),
            field("department", "责任部门", &self.department),
            field("operator", "责任单位", &self.operator),
            field("contact", "联系人", &self.contact),
            field("phone", "联系电话", &self.phone),
        ];
        fields.extend(measures(&self.measures));
        fields.extend(figures(&self.base_g_per_day, &self.reductions_g_per_day));
        fields
    }

    fn reason(&self) -> &str {
        &self.reason
    }

    fn table(&self) -> Table {
        self.table
    }

    fn number(&self) -> u32 {
        self.row
    }
}

impl Row for Sector {
    const REASONED: bool = true;

    fn key(&self) -> [String; 3] {
        [self.sector.clone(), String::new(), String::new()]
    }

    fn name(&self) -> RowName {
        let (district, line) = (String::new(), String::new());
        RowName { table: self.table().name(), name: self.sector.clone(), district, line }
    }

    fn fields(&self) -> Vec<Field> {
        emissions(&self.emission_g_per_day).collect()
    }

    fn reason(&self) -> &str {
        &self.reason
    }

    fn table(&self) -> Table {
        Table::Society
    }

    fn number(&self) -> u32 {
        self.row
    }
}

impl Row for PublicMeasure {
    const REASONED: bool = false;

    fn key(&self) -> [String; 3] {
        [self.level.name().to_owned(), self.kind.text_zh().to_owned(), self.measure.clone()]
    }

    fn name(&self) -> RowName {
        let name = format!("{}{}：{}", self.level.text_zh(), self.kind.text_zh(), self.measure);
        RowName { table: self.table().name(), name, district: String::new(), line: String::new() }
    }

    fn fields(&self) -> Vec<Field> {
        vec![field("department", "责任部门", &self.department)]
    }

    fn reason(&self) -> &str {
        ""
    }

    fn table(&self) -> Table {
        Table::Public
    }

    fn number(&self) -> u32 {
        self.row
    }
}

/// What `new` changes of `old`, and what keeps it from being its successor.
#[must_use]
pub fn difference(old: &Edition, new: &Edition) -> (Difference, Findings) {
    let found = Difference {
        old: EditionName::of(old),
        new: EditionName::of(new),
        added: Vec::new(),
        removed: Vec::new(),
        changed: Vec::new(),
    };
    let mut comparison =
        Comparison { new, used: vec![false; new.removals.len()], found, out: Findings::default() };
    if new.in_force <= old.in_force {
        let place = comparison.place(Table::Basics, None);
        let text = format!("实施日期{}不晚于上一版的{}，应晚于它", new.in_force, old.in_force);
        comparison.out.fault(place, Kind::NotLater, text);
    }
    comparison.rows(&old.lines, &new.lines);
    comparison.rows(&old.sources, &new.sources);
    comparison.rows(&old.society, &new.society);
    comparison.rows(&old.public, &new.public);
    comparison.idle_removals();
    (comparison.found, comparison.out.sorted())
}

/// Two editions on the way to their difference.
struct Comparison<'e> {
    new: &'e Edition,
    /// Which rows of 调出清单 gave a reason.
    used: Vec<bool>,
    found: Difference,
    out: Findings,
}

impl Comparison<'_> {
    /// A sheet of the new edition, or of a row the cell where its reason belongs.
    fn place(&self, table: Table, row: Option<u32>) -> Place {
        match (self.new.sheets.get(&table), row) {
            (Some(sheet), Some(row)) => sheet.row.clone().row(row),
            (Some(sheet), None) => sheet.place.clone(),
            // A new edition without 调出清单 is told of at its first sheet.
            (None, _) => Place::sheet(usize::MAX, "调出清单"),
        }
    }

    fn rows<T: Row>(&mut self, old: &[T], new: &[T]) {
        let before: BTreeMap<_, &T> = old.iter().map(|row| (row.key(), row)).collect();
        let after: BTreeMap<_, &T> = new.iter().map(|row| (row.key(), row)).collect();
        for row in new {
            match before.get(&row.key()) {
                Some(old) => self.changed(*old, row),
                None => self.found.added.push(row.name()),
            }
        }
        for row in old.iter().filter(|row| !after.contains_key(&row.key())) {
            self.removed(row);
        }
    }

    fn changed<T: Row>(&mut self, old: &T, new: &T) {
        let pairs = old.fields().into_iter().zip(new.fields());
        let changes = pairs.filter(|(old, new)| old.2 != new.2).map(|(old, new)| FieldChange {
            field: new.0,
            field_zh: new.1,
            old: old.2,
            new: new.2,
        });
        let fields: Vec<FieldChange> = changes.collect();
        if fields.is_empty() {
            return;
        }
        let (row, reason) = (new.name(), new.reason().to_owned());
        if T::REASONED && reason.is_empty() {
            let what: Vec<_> = fields.iter().map(|change| change.field_zh.as_str()).collect();
            let text = format!("{}有变更（{}），应填写变更原因", shown_row(&row), what.join("、"));
            let place = self.place(new.table(), Some(new.number()));
            self.out.fault(place, Kind::ReasonMissing, text);
        }
        self.found.changed.push(Changed { row, fields, reason });
    }

    fn removed<T: Row>(&mut self, old: &T) {
        let row = old.name();
        let is_it = |r: &super::Removal| {
            r.table == old.table()
                && (&r.name, &r.district, &r.line) == (&row.name, &row.district, &row.line)
        };
        let given = self.new.removals.iter().position(is_it);
        let reason = given.map(|at| {
            self.used[at] = true;
            self.new.removals[at].reason.clone()
        });
        if T::REASONED && reason.is_none() {
            let text = format!("{}已不在清单，应在调出清单中填写变更原因", shown_row(&row));
            let place = self.place(Table::Removals, None);
            self.out.fault(place, Kind::ReasonMissing, text);
        }
        self.found.removed.push(Removed { row, reason: reason.unwrap_or_default() });
    }

    /// A reason for a removal that there is none of is most likely a name mistyped.
    fn idle_removals(&mut self) {
        let idle = self.new.removals.iter().zip(&self.used).filter(|(_, used)| !**used);
        for (removal, _) in idle {
            let text = format!("“{}{}”未见于上一版或仍在清单，请核对", removal.name, removal.line);
            let place = self.place(Table::Removals, Some(removal.row));
            self.out.notice(place, Kind::ReasonIdle, text);
        }
    }
}

/// A row as a sentence names it.
fn shown_row(row: &RowName) -> String {
    let parts = [&row.district, &row.name, &row.line];
    let parts: Vec<&str> =
        parts.into_iter().map(String::as_str).filter(|p| !p.is_empty()).collect();
    format!("“{}”", parts.join(" "))
}
