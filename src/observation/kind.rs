//! Who owns a station, and so who may change what it says.
//!
//! Source: terms.md (who does what).

/// Who owns a station: national and provincial data are never corrected or excluded here.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum StationKind {
    /// National control station (国控).
    National,
    /// Provincial control station (省控).
    Provincial,
    /// The city's (市控).
    City,
    /// A district's (区县).
    District,
    /// An enterprise's or a park's.
    Enterprise,
    /// A micro-station.
    Micro,
    /// A city whose published values are kept to be ranked with ours: a series, no station of the area.
    Reference,
}

impl StationKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::National,
        Self::Provincial,
        Self::City,
        Self::District,
        Self::Enterprise,
        Self::Micro,
        Self::Reference,
    ];

    /// The name in files and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::National => "national",
            Self::Provincial => "provincial",
            Self::City => "city",
            Self::District => "district",
            Self::Enterprise => "enterprise",
            Self::Micro => "micro",
            Self::Reference => "reference",
        }
    }

    /// As it stands on papers.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::National => "国控",
            Self::Provincial => "省控",
            Self::City => "市控",
            Self::District => "区县",
            Self::Enterprise => "企业",
            Self::Micro => "微站",
            Self::Reference => "参照城市",
        }
    }

    /// Whether its data belong to the national or the provincial centre, or are published ones: here they
    /// are marked, never corrected nor excluded.
    #[must_use]
    pub const fn is_reviewed_above(self) -> bool {
        matches!(self, Self::National | Self::Provincial | Self::Reference)
    }

    /// Finds a kind by its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
