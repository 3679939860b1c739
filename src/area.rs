//! Stations, named station sets, and their figures: concentrations are averaged first, then the index is
//! taken.
//!
//! In: the [`Registry`] of one area (a city with all its stations) and the stations' [`Averages`]. Out:
//! [`Figures`] of a station or a set, rounded once as the clause says, with their coverage.
//!
//! Invariants: a set's figure is the mean of its members' figures, never the worst station and never a
//! mean of indices; the sum runs over integers, so the order of stations cannot matter; who is a member is
//! asked for the hour's own day.
//!
//! Source: HJ 633-2026 4.2.2 with HJ 663 (means over stations), decisions `area_window_order`.
//!
//! [`Averages`]: crate::average::Averages

mod figures;
mod history;
mod means;
mod quantity;
mod registry;
mod values;

pub use figures::{Coverage, Figures, Judge, station_index};
pub(crate) use figures::{daily_means, due_today, hides_8h, hourly_means};
pub use history::{History, Member, days_of_piece};
pub(crate) use means::least_24h;
pub use means::{MeanOfMeans, SetMeans};
pub use quantity::Quantity;
pub use registry::{AreaId, Membership, Registry, RegistryFault, Span, Station, StationSet};
pub use values::{Value, Values};

pub use crate::observation::StationKind;
