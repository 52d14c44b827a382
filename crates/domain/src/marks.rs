//! Marks a customer's text carries: hashtags, a click code, and how it is worded.
//!
//! Extracted once at intake and stored beside the event, in its structure part, so that origins survive the erasure of the
//! text. Always works on the raw text: trimming or normalising first would destroy evidence.

mod code;
mod fresh;
mod hashtag;
mod wording;

pub use code::{click_code, code_from_number, frame, read_reference, reference};
pub use fresh::{Slots, drawn_code, fresh_code};
pub use hashtag::{folded as fold_hashtag, hashtag, other_hashtags};
pub use wording::{Pattern, wording};

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::event::{Body, Event, Referral};

/// What an inbound text tells about its entry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Marks {
    /// The hashtag the text starts with, folded: see [`hashtag()`].
    pub hashtag: Option<String>,
    /// The click code in the text, upper case: see [`click_code`].
    pub code: Option<String>,
    /// Further hashtags in it: see [`other_hashtags`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

impl Marks {
    /// The marks of `event`. Only what customers wrote counts: echoes and quoted texts carry no marks.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        match &event.body {
            Body::MessageReceived { message, referral } => {
                let text = message.text.as_deref().unwrap_or_default();
                Self {
                    hashtag: hashtag(text),
                    code: click_code(text).or_else(|| code_of(referral.as_ref())),
                    others: other_hashtags(text),
                }
            }
            Body::LinkClicked { click } => Self {
                code: click.code.as_deref().map(str::to_ascii_uppercase),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }
}

/// The click code that a link of ours put into its reference.
fn code_of(referral: Option<&Referral>) -> Option<String> {
    read_reference(referral?.reference.as_deref()?).1
}

/// Lower case without accents, for comparing what people typed.
#[must_use]
pub fn fold_text(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        // Nearly all letters: nothing to be looked up.
        if letter.is_ascii() {
            folded.push(letter.to_ascii_lowercase());
        } else {
            // One by one is as well: only marks change places when a text is decomposed as a whole, and they are left out.
            let parts = std::iter::once(letter).nfkd().filter(|part| !is_combining_mark(*part));
            folded.extend(parts.flat_map(char::to_lowercase));
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn letters_are_compared_without_case_and_accents() {
        for (text, folded) in [
            ("São PAULO, Ação!", "sao paulo, acao!"),
            ("e\u{301}\u{327}", "e"),
            ("\u{301}", ""),
            ("ﬁm ª²½", "fim a21\u{2044}2"),
            ("İÇ ß ẞ", "ic ß ß"),
            (
                "한국 日本 Ελλάς",
                "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8} 日本 ελλας",
            ),
        ] {
            assert_eq!(fold_text(text), folded, "{text}");
        }
    }

    proptest! {
        #[test]
        fn letter_by_letter_is_as_the_text_as_a_whole(text in "(\\PC|[à-ÿ]|\\p{M}|[a-z ]){0,24}") {
            let whole = text.nfkd().filter(|part| !is_combining_mark(*part));
            prop_assert_eq!(fold_text(&text), whole.flat_map(char::to_lowercase).collect::<String>());
        }
    }
}
