//! 全社会排放量: the denominator of 10, 20 and 30 %.
//!
//! In: the sheet, and what the rows of the list emit. Out: [`Sector`]s. Invariant: of no substance is the sum
//! zero, nor below what the listed rows emit.

use crate::measures::emission::{Amounts, Emission, Substance};
use crate::measures::grid::Grid;
use crate::measures::map;
use crate::measures::rows::Sector;
use crate::measures::sheet::{Findings, Kind};

pub(super) fn read(grid: &Grid<'_>, listed: Amounts, out: &mut Findings) -> Vec<Sector> {
    let mut sectors: Vec<Sector> = Vec::new();
    let mut total = [Some(Emission::default()); 4];
    for cells in grid.rows() {
        let sector = cells.text("sector", out);
        let reason = cells.optional("reason", out);
        let amounts = Substance::ALL.map(|s| cells.amount(&map::base(s), out));
        for (sum, amount) in total.iter_mut().zip(amounts) {
            *sum = sum.zip(amount).map(|(sum, amount)| sum + amount);
        }
        if sector.is_some_and(|name| sectors.iter().any(|s| s.sector == name)) {
            cells.fault("sector", Kind::Duplicate, "该源类重复，应只列一次", out);
        }
        let [Some(so2), Some(nox), Some(pm), Some(vocs)] = amounts else { continue };
        let (Some(sector), Some(reason)) = (sector, reason) else { continue };
        sectors.push(Sector {
            sector: sector.to_owned(),
            emission_g_per_day: Amounts { so2, nox, pm, vocs },
            reason: reason.to_owned(),
            row: cells.number(),
        });
    }
    for (substance, total) in Substance::ALL.into_iter().zip(total) {
        let (field, name) = (map::base(substance), substance.text_zh());
        // A figure that cannot be read was told, and a sum without it says nothing.
        let Some(total) = total.filter(|_| grid.has(&field)) else { continue };
        let listed = listed.of(substance);
        if total.is_zero() {
            let text = format!("{name}全社会排放量合计为0，无法计算减排比例，应大于0");
            out.fault(grid.headed(&field), Kind::DenominatorMissing, text);
        } else if listed > total {
            let text = format!(
                "{name}全社会排放量合计{total}千克/日，小于清单基准排放量合计{listed}千克/日，\
                 应不小于它"
            );
            out.fault(grid.headed(&field), Kind::BaseAboveDenominator, text);
        }
    }
    sectors
}
