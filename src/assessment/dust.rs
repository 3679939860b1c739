//! Dust: in which column a figure stands.
//!
//! Invariant: nothing is deducted silently; a figure names its column.
//!
//! Source: terms.md (dust days).

/// In which column of dust a figure stands; nothing is deducted silently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DustColumn {
    /// 实况: dust days count as all others.
    #[default]
    Measured,
    /// 扣沙(认定): without what the national centre recognised.
    Recognised,
    /// 扣沙(申报,估算): without what the city reported.
    Reported,
    /// 官方值(录入): a figure that was entered.
    Official,
}

impl DustColumn {
    /// Every column, the default first.
    pub const ALL: [Self; 4] = [Self::Measured, Self::Recognised, Self::Reported, Self::Official];

    /// The code in files and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Recognised => "dust_recognised",
            Self::Reported => "dust_reported",
            Self::Official => "official",
        }
    }

    /// The head of the column.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Measured => "实况",
            Self::Recognised => "扣沙（认定）",
            Self::Reported => "扣沙（申报，估算）",
            Self::Official => "官方值（录入）",
        }
    }
}
