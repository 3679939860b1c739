//! The sets that are ranked: cities, districts, stations.

use crate::area::{AreaId, Member, Registry};

/// Entities of one area, or of one list of reference cities, that stand beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankSet {
    /// The code in options and queries.
    pub code: String,
    /// As people call it: 全省14市.
    pub name: String,
    /// The area that holds the entities.
    pub area: AreaId,
    /// The entities, in the order of the list.
    pub members: Vec<Member>,
    /// The one that the set is looked at for.
    pub own: Option<Member>,
}

impl RankSet {
    /// The sets that every area has without being asked: its assessed stations, its named sets, and of a
    /// list of reference cities all of them. Those of fewer than two entities are left out.
    #[must_use]
    pub fn of_area(registry: &Registry) -> Vec<Self> {
        let set = |code: &str, name: &str, members: Vec<Member>| Self {
            code: format!("{}:{code}", registry.area),
            name: format!("{}{name}", registry.name),
            area: registry.area.clone(),
            members,
            own: None,
        };
        let named = (1..registry.sets.len()).map(Member::Set).collect();
        let assessed = |at: &usize| registry.stations[*at].assessed;
        let stations = (0..registry.stations.len()).filter(assessed).map(Member::Station).collect();
        let all = if registry.is_reference() {
            vec![set("cities", "", stations)]
        } else {
            vec![set("stations", "评价点位", stations), set("sets", "各区域", named)]
        };
        all.into_iter().filter(|set| set.members.len() > 1).collect()
    }
}
