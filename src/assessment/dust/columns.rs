//! The columns in which figures stand beside each other.

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

    /// What stands before a figure in a sentence, so that nobody takes it for the measured one.
    #[must_use]
    pub const fn before_zh(self) -> &'static str {
        match self {
            Self::Measured => "",
            Self::Recognised => "扣沙（认定）",
            Self::Reported => "扣沙（申报，估算）",
            Self::Official => "官方值（录入）",
        }
    }

    /// What is said where it deducts nothing; none of columns that never do.
    #[must_use]
    pub const fn nothing_zh(self) -> Option<&'static str> {
        match self {
            Self::Measured | Self::Official => None,
            Self::Recognised => Some("没有总站认定的沙尘时段，与实况相同"),
            Self::Reported => Some("没有申报或认定的沙尘时段，与实况相同"),
        }
    }

    /// Reads the code of a column that is reckoned.
    ///
    /// # Errors
    /// What was expected; of the official column, that it is entered.
    pub fn reckoned(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|column| column.code() == text);
        let codes = "measured, dust_recognised or dust_reported expected";
        match found {
            Some(Self::Official) => Err(format!(
                "official figures (官方值) are entered, not reckoned, and stand beside the others: \
                 {codes}"
            )),
            Some(column) => Ok(column),
            None => Err(format!("{codes}, got {text:?}")),
        }
    }
}
