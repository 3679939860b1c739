//! The day so far, and the room that is left in it: from the hours that a view holds.
//!
//! Why not ready in the view: a room is taken when somebody looks, not after every commit.

use super::{AreaView, Pipeline};
use crate::assessment::{Room, RoomRules};
use crate::average::{MISSING, Window};
use crate::observation::Pollutant;
use crate::quality::Masks;
use crate::quantity::Amount;
use crate::time::{DAY_H, Hour};

impl Pipeline {
    pub(super) fn room_rules(&self) -> RoomRules {
        RoomRules {
            parameters: self.params.parameters,
            most: self.params.quality.limits.map(|limits| Amount::from_milli(limits.most)),
            checkpoints: self.params.checkpoints.clone(),
        }
    }

    /// Of every station the hours of the day up to `hour`, by their place in the day.
    pub(super) fn today(&self, hour: Hour, masks: &mut Masks) -> Vec<Window> {
        let past = hour.ending();
        let of_station = |station| {
            let window = self.window(station, hour, masks);
            let mut today = [[MISSING; DAY_H]; Pollutant::COUNT];
            for (today, window) in today.iter_mut().zip(&window) {
                today[..past].copy_from_slice(&window[DAY_H - past..]);
            }
            today
        };
        (0..self.registry.stations.len()).map(of_station).collect()
    }
}

impl AreaView {
    /// How many hours of the newest hour's day are over; `None` before an hour was published.
    #[must_use]
    pub fn past(&self) -> Option<usize> {
        self.newest.map(Hour::ending)
    }

    /// The last checkpoint of the day so far, as the hours over by then.
    #[must_use]
    pub fn checkpoint(&self) -> Option<usize> {
        let past = self.past()?;
        let checkpoints = self.room_rules.checkpoints.iter().map(|hour| usize::from(*hour));
        checkpoints.filter(|hour| *hour <= past).max()
    }

    /// The room of a set when so many hours of the newest hour's day were over, from what is known now.
    #[must_use]
    pub fn room_of_set(&self, at: usize, past: usize) -> Option<Room> {
        let day = self.newest?.day();
        let members = self.registry.sets.get(at)?.on(day);
        let hours = members.filter_map(|station| self.stations.get(station)).map(|s| &s.today);
        Some(Room::of_set(day, past.min(self.past()?), hours, &self.room_rules))
    }

    /// The same of a station.
    #[must_use]
    pub fn room_of_station(&self, station: usize, past: usize) -> Option<Room> {
        let hours = &self.stations.get(station)?.today;
        let past = past.min(self.past()?);
        Some(Room::of_station(self.newest?.day(), past, hours, &self.room_rules))
    }
}
