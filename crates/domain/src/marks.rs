//! Marks a customer's text carries: a hashtag at its start, a click code in brackets.
//!
//! Extracted once at intake and stored beside the event, in its structure part, so that origins survive the erasure of the
//! text. Always works on the raw text: trimming or normalising first would destroy evidence.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::event::{Body, Event};

/// What an inbound text tells about its entry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Marks {
    /// The hashtag the text starts with, folded: see [`hashtag`].
    pub hashtag: Option<String>,
    /// The click code in the text, upper case: see [`click_code`].
    pub code: Option<String>,
}

impl Marks {
    /// The marks of `event`. Only what customers wrote counts: echoes and quoted texts carry no marks.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        match &event.body {
            Body::MessageReceived { message, .. } => match message.text.as_deref() {
                Some(text) => Self {
                    hashtag: hashtag(text),
                    code: click_code(text),
                },
                None => Self::default(),
            },
            Body::LinkClicked { click } => Self {
                hashtag: None,
                code: click.code.as_deref().map(str::to_ascii_uppercase),
            },
            _ => Self::default(),
        }
    }
}

/// The hashtag at the start of `text`, up to the first white space: lower case, accents folded, trailing punctuation off,
/// without `#`. `None` if nothing is left. Source: design.md 6, "Hashtag".
#[must_use]
pub fn hashtag(text: &str) -> Option<String> {
    let term = text.trim_start().strip_prefix('#')?.split(char::is_whitespace).next()?;
    let folded = fold_text(term);
    let value = folded.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_');
    (!value.is_empty() && !value.starts_with('#')).then(|| value.to_owned())
}

/// Lower case without accents, for comparing what people typed.
#[must_use]
pub fn fold_text(text: &str) -> String {
    text.nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The letters of click codes: digits and capitals without those that people confuse (`0 O 1 I L`). 31 of them, a prime,
/// so that the checksum finds every single wrong letter and every swap of two.
const CODE_ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// Letters of a click code, the checksum included.
const CODE_LENGTH: usize = 6;

/// The first valid click code in brackets anywhere in `text`, upper case: `[ABC123]`, case-insensitive, the last letter a
/// checksum. Numbers in brackets and mistyped codes are not taken. Source: contract.md, "Links".
#[must_use]
pub fn click_code(text: &str) -> Option<String> {
    text.match_indices('[').find_map(|(start, _)| {
        let rest = &text.as_bytes()[start + 1..];
        let code = rest.get(..CODE_LENGTH)?;
        (rest.get(CODE_LENGTH) == Some(&b']')).then_some(())?;
        let code = code.to_ascii_uppercase();
        let (body, check) = code.split_at(CODE_LENGTH - 1);
        (checksum(body)? == check[0]).then(|| String::from_utf8(code).ok())?
    })
}

/// The click code that stands for `number`: five letters of it and a checksum. Numbers wrap at 31^5.
#[must_use]
#[allow(clippy::cast_possible_truncation)] // a remainder of 31 fits
pub fn code_from_number(mut number: u64) -> String {
    let mut body = [0_u8; CODE_LENGTH - 1];
    for letter in body.iter_mut().rev() {
        *letter = CODE_ALPHABET[(number % 31) as usize];
        number /= 31;
    }
    let check = checksum(&body).unwrap_or(b'2');
    body.iter().chain([&check]).map(|b| char::from(*b)).collect()
}

/// The letter whose place is the sum of places, each weighted by its position, modulo 31. `None` for a foreign letter.
fn checksum(body: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (index, letter) in body.iter().enumerate() {
        let place = CODE_ALPHABET.iter().position(|known| known == letter)?;
        sum += (index + 1) * place;
    }
    Some(CODE_ALPHABET[sum % CODE_ALPHABET.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hashtag_counts_at_the_start_up_to_the_first_space() {
        for (text, tag) in [
            ("#PROMO10", Some("promo10")),
            ("#Promo10, quero!", Some("promo10")),
            ("#Verão2026 oi", Some("verao2026")),
            ("  #sale", Some("sale")),
            ("#dia-das-mães!!", Some("dia-das-maes")),
            ("oi #promo", None),
            ("#", None),
            ("# promo", None),
            ("#!!", None),
            ("##x", None),
            ("preço #1", None),
        ] {
            assert_eq!(hashtag(text).as_deref(), tag, "{text}");
        }
    }

    #[test]
    fn a_click_code_stands_in_brackets_and_checks() {
        let code = code_from_number(123_456);
        assert_eq!(code.len(), CODE_LENGTH);
        for (text, found) in [
            (format!("Quero o plano anual [{code}]"), true),
            (format!("[{}] oi", code.to_lowercase()), true),
            (format!("[x] [{code}"), false),
            (format!("[1] [a] [{code}]"), true),
            (code.clone(), false),
            (format!("[{}2]", &code[..5]), code.ends_with('2')),
            ("[123456]".to_owned(), false),
            ("[é]".to_owned(), false),
        ] {
            assert_eq!(click_code(&text).is_some(), found, "{text}");
        }
    }

    #[test]
    fn every_single_wrong_letter_is_noticed() {
        let code = code_from_number(7_654_321).into_bytes();
        for index in 0..CODE_LENGTH {
            for letter in CODE_ALPHABET {
                let mut wrong = code.clone();
                wrong[index] = *letter;
                let text = format!("[{}]", String::from_utf8(wrong.clone()).unwrap());
                assert_eq!(click_code(&text).is_some(), wrong == code, "{text}");
            }
        }
    }
}
