//! The three levels of a heavy-pollution warning, and of the response that goes with each.

use std::fmt;

/// A level: of a warning (黄、橙、红) and, by the same rank, of a response (Ⅲ、Ⅱ、Ⅰ级).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 黄色, Ⅲ级响应.
    Yellow,
    /// 橙色, Ⅱ级响应.
    Orange,
    /// 红色, Ⅰ级响应.
    Red,
}

impl Level {
    /// Every level, the lowest first.
    pub const ALL: [Self; 3] = [Self::Yellow, Self::Orange, Self::Red];

    /// The name in files and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yellow => "yellow",
            Self::Orange => "orange",
            Self::Red => "red",
        }
    }

    /// Finds a level by its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// The colour as it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Yellow => "黄色",
            Self::Orange => "橙色",
            Self::Red => "红色",
        }
    }

    /// The response of the same rank.
    #[must_use]
    pub const fn response_zh(self) -> &'static str {
        match self {
            Self::Yellow => "Ⅲ级",
            Self::Orange => "Ⅱ级",
            Self::Red => "Ⅰ级",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Level {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::parse(name).ok_or_else(|| format!("yellow, orange or red expected, got {name:?}"))
    }
}
