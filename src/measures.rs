//! The emergency-measures list (应急减排清单): who does what at which level, and how much emission that removes.
//!
//! In: sheets as cells and a column map. Out: an [`Edition`], or every fault by sheet and cell; from it the
//! [`Shortfall`] against 10, 20 and 30 %, the [`Difference`] of two editions, the [`Dispatch`] (任务单) of a
//! level; what districts report of a day of a response ([`daily`]); and from readings of electricity meters
//! the [`Evidence`] of what it comes to at each line. Invariants: with one fault nothing is loaded; figures
//! are exact, in grams a day; nothing outside of the list is ever proposed; what a list says does not depend
//! on the file that brought it.
//! Source: 环大气〔2024〕6号, 环办大气函〔2020〕340号, GB 32100-2015.

mod credit_code;
mod daily;
mod difference;
mod dispatch;
mod edition;
mod emission;
mod evidence;
mod grid;
mod map;
mod power;
mod read;
mod rows;
mod sheet;
mod shortfall;

pub use credit_code::{CreditCode, CreditCodeFault};
pub use daily::{daily, daily_columns};
pub use difference::{Changed, Difference, EditionName, FieldChange, Removed, RowName, difference};
pub use dispatch::{
    DepartmentMeasure, DepartmentTask, Dispatch, DistrictTask, LineTask, PlantTask, SourceTask,
    dispatch,
};
pub use edition::{Edition, ListStanding, WHOLE_CITY, is_overdue};
pub use emission::{Amounts, Emission, Substance, Unit};
pub use evidence::{
    Answer, DistrictEvidence, Evidence, EvidenceAsked, EvidenceHour, EvidenceParams, LineEvidence,
    MeterReading, Response, Silence, evidence, meters, responses,
};
pub use map::{ColumnEntry, ColumnMap, SheetEntry, Table};
pub(crate) use power::PowerFaults;
pub use power::{PowerFault, PowerFile, PowerReading, PowerRow, decode_power, read_power_files};
pub use read::{Loaded, load};
pub use rows::{
    Act, Grade, Line, Measure, Operation, PerLevel, Position, PublicKind, PublicMeasure, Removal,
    Sector, Source,
};
pub use sheet::{Cell, Finding, Findings, Kind, Place, Region, Sheet};
pub use shortfall::{Required, Share, Shortfall, ShortfallRow, shortfall};
