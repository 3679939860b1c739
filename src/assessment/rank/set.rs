//! The sets that are ranked: cities, districts, stations.

use super::{Moment, RankBy};
use crate::area::{AreaId, Member, Registry};
use crate::assessment::Span;

/// A rank that was published elsewhere (官方值), of the entity that a set is looked at for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficialRank {
    /// By which figure.
    pub by: RankBy,
    /// Of which days.
    pub span: Span,
    /// The place, from 1.
    pub rank: u32,
    /// Title and place.
    pub document: String,
}

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
    /// Ranks of that one as they were published.
    pub official: Vec<OfficialRank>,
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
            official: Vec::new(),
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

    /// The rank as it was published of the same figure and days.
    #[must_use]
    pub fn official(&self, by: RankBy, moment: &Moment) -> Option<&OfficialRank> {
        let Moment::Days(Span { from, to, .. }) = moment else { return None };
        let same = |r: &&OfficialRank| (r.by, r.span.from, r.span.to) == (by, *from, *to);
        self.official.iter().find(same)
    }
}
