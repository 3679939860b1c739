//! The named sets of an area, a row each.

use super::cover::Cover;
use super::model::{Chip, value};
use super::words::Lang;
use crate::observation::Pollutant;
use crate::pipeline::{AreaView, SetView};
use crate::time::Hour;

/// A named set.
#[derive(Debug)]
pub(super) struct SetRow {
    pub(super) name: String,
    pub(super) chip: Chip,
    pub(super) primary: String,
    pub(super) pm2_5: String,
    pub(super) o3: String,
    pub(super) day: Chip,
    pub(super) cover: Cover,
}

/// A row for each set with figures of the hour.
pub(super) fn rows(area: &AreaView, hour: Hour, lang: Lang) -> Vec<SetRow> {
    let row = |set: &SetView| {
        let figures = &set.at(hour)?.figures;
        Some(SetRow {
            name: set.name.clone(),
            chip: Chip::of(&figures.index, hour, lang),
            primary: lang.primary(&figures.index),
            pm2_5: value(figures.concentration[Pollutant::Pm2_5.index()], Pollutant::Pm2_5),
            o3: value(figures.concentration[Pollutant::O3.index()], Pollutant::O3),
            day: Chip::of(&figures.day_index, hour, lang),
            cover: Cover::of(figures, lang),
        })
    };
    area.sets.iter().skip(1).filter_map(row).collect()
}
