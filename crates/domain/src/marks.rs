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
    text.nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}
