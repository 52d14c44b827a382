//! The sentences of a story, for a person: made of its reasons, in two languages.

mod origins;
mod rules;
mod status;
mod windows;

pub use origins::{considered, kind, quiet, replaced};
pub use rules::rule;
pub use status::status;
pub use windows::{basis, change};

use crate::time::{DAY, HOUR, Micros};

/// A language that stories are told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Brazilian Portuguese.
    PtBr,
}

impl Language {
    /// The language of a tag such as `pt-BR`, `pt_BR.UTF-8` or `en`; `None` for any other.
    #[must_use]
    pub fn of(tag: &str) -> Option<Self> {
        let main = tag.split(['-', '_', '.', '@']).next().unwrap_or_default();
        if main.eq_ignore_ascii_case("pt") {
            Some(Self::PtBr)
        } else if main.eq_ignore_ascii_case("en") {
            Some(Self::En)
        } else {
            None
        }
    }

    /// Its tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::PtBr => "pt-BR",
        }
    }

    /// One of two texts.
    pub(super) fn of_two<T>(self, pt_br: T, en: T) -> T {
        match self {
            Self::PtBr => pt_br,
            Self::En => en,
        }
    }
}

/// A length of time as people say it, alike in both languages: `40 s`, `5 min`, `80 h`, `5 h 10 min`, `7 d`.
#[must_use]
pub fn span(length: Micros) -> String {
    const SECOND: Micros = 1_000_000;
    const MINUTE: Micros = 60 * SECOND;
    let two = |large: Micros, unit: &str, rest: Micros, small: &str| match rest {
        0 => format!("{large} {unit}"),
        rest => format!("{large} {unit} {rest} {small}"),
    };
    if length < MINUTE {
        format!("{} s", length.max(0) / SECOND)
    } else if length < HOUR {
        format!("{} min", length / MINUTE)
    } else if length < 4 * DAY {
        two(length / HOUR, "h", length % HOUR / MINUTE, "min")
    } else {
        two(length / DAY, "d", length % DAY / HOUR, "h")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_known_by_their_tags() {
        for (tag, language) in [
            ("pt-BR", Some(Language::PtBr)),
            ("pt_BR.UTF-8", Some(Language::PtBr)),
            ("PT", Some(Language::PtBr)),
            ("en-US", Some(Language::En)),
            ("C.UTF-8", None),
            ("de", None),
            ("", None),
        ] {
            assert_eq!(Language::of(tag), language, "{tag}");
        }
    }

    #[test]
    fn lengths_of_time_are_told_in_two_units_at_most() {
        for (seconds, told) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min"),
            (18_000, "5 h"),
            (18_600, "5 h 10 min"),
            (288_000, "80 h"),
            (259_260, "72 h 1 min"),
            (604_800, "7 d"),
            (612_000, "7 d 2 h"),
        ] {
            assert_eq!(span(seconds * 1_000_000), told);
        }
    }
}
