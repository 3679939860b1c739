//! What rows have in common that emit and reduce.
//!
//! In: a row's cells. Out: base emission and reductions, and the faults between them. The checks look at
//! every pair of figures that could be read, so that one bad cell does not hide another.

use crate::measures::edition::WHOLE_CITY;
use crate::measures::emission::{Amounts, Emission, Substance};
use crate::measures::grid::Cells;
use crate::measures::map;
use crate::measures::rows::PerLevel;
use crate::measures::sheet::{Findings, Kind};
use crate::warning::Level;

/// The figures of a row, as far as they could be read.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    base: [Option<Emission>; 4],
    reductions: PerLevel<[Option<Emission>; 4]>,
}

impl Figures {
    pub(super) fn read(cells: Cells<'_>, out: &mut Findings) -> Self {
        let base = Substance::ALL.map(|s| cells.amount(&map::base(s), out));
        let reductions = PerLevel::from_each(|level| {
            Substance::ALL.map(|s| cells.amount(&map::reduction(s, level), out))
        });
        let figures = Self { base, reductions };
        figures.check(cells, out);
        figures
    }

    fn check(&self, cells: Cells<'_>, out: &mut Findings) {
        for (at, substance) in Substance::ALL.into_iter().enumerate() {
            let mut below: Option<(Level, Emission)> = None;
            for level in Level::ALL {
                let Some(reduction) = self.reductions.of(level)[at] else { continue };
                let field = map::reduction(substance, level);
                if let Some(base) = self.base[at].filter(|base| reduction > *base) {
                    let expected = format!("大于基准排放量{base}千克/日，应不大于它");
                    cells.fault(&field, Kind::ReductionAboveBase, &expected, out);
                }
                if let Some((lower, more)) = below.filter(|(_, more)| reduction < *more) {
                    let expected = format!("小于{}的{more}千克/日，应不小于它", lower.text_zh());
                    cells.fault(&field, Kind::NotMonotonic, &expected, out);
                }
                below = Some((level, reduction));
            }
        }
    }

    /// The base emission; what could not be read counts nothing.
    pub(super) fn emitted(&self) -> Amounts {
        let [so2, nox, pm, vocs] = self.base.map(Option::unwrap_or_default);
        Amounts { so2, nox, pm, vocs }
    }

    /// Notes each reduction of a level at which nothing is done.
    pub(super) fn without_measure(&self, level: Level, cells: Cells<'_>, out: &mut Findings) {
        for (at, substance) in Substance::ALL.into_iter().enumerate() {
            if self.reductions.of(level)[at].is_some_and(|reduction| !reduction.is_zero()) {
                let expected = format!("而{}不采取措施，应为0", level.text_zh());
                let field = map::reduction(substance, level);
                cells.fault(&field, Kind::ReductionWithoutMeasure, &expected, out);
            }
        }
    }

    /// Whether anything is reduced at any level.
    pub(super) fn reduces(&self) -> bool {
        let any = |level| self.reductions.of(level).iter().flatten().any(|r| !r.is_zero());
        Level::ALL.into_iter().any(any)
    }

    /// Base emission and reductions, if all could be read.
    pub(super) fn complete(&self) -> Option<(Amounts, PerLevel<Amounts>)> {
        let amounts = |of: &[Option<Emission>; 4]| {
            let [so2, nox, pm, vocs] = *of;
            Some(Amounts { so2: so2?, nox: nox?, pm: pm?, vocs: vocs? })
        };
        let reductions = PerLevel {
            yellow: amounts(&self.reductions.yellow)?,
            orange: amounts(&self.reductions.orange)?,
            red: amounts(&self.reductions.red)?,
        };
        Some((amounts(&self.base)?, reductions))
    }
}

/// A district of the list; of sources `全市` too.
pub(super) fn district<'g>(
    cells: Cells<'g>,
    districts: &[String],
    whole_city: bool,
    out: &mut Findings,
) -> Option<&'g str> {
    let found = cells.text("district", out)?;
    // Where the list of districts could not be read, that is the fault.
    let known = districts.is_empty() || districts.iter().any(|d| d == found);
    if known || (whole_city && found == WHOLE_CITY) {
        return Some(found);
    }
    let expected = format!("不在清单的区县之列，应为{}之一", districts.join("、"));
    cells.fault("district", Kind::UnknownDistrict, &expected, out);
    None
}
