//! Texts in both languages.

/// The language of a dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// A text in both languages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    zh: &'static str,
    en: &'static str,
}

/// A text in both languages.
pub(super) const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// A text that is the same in both.
pub(super) const fn same(text: &'static str) -> Text {
    Text { zh: text, en: text }
}

impl Text {
    pub(super) const fn of(self, language: Language) -> &'static str {
        match language {
            Language::Zh => self.zh,
            Language::En => self.en,
        }
    }
}
