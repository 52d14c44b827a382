//! How a text is worded, as keyed hashes: enough to find the link whose text it begins with, and nothing to read.
//!
//! ```text
//! "Olá! Quero o plano anual"  ->  ola quero | ola quero o | ola quero o plano | ola quero o plano anual
//! ```
//! Case, accents, punctuation, emoji and click codes do not count. A customer may write on after the text of a link, so every
//! beginning of two to six words has its hash; a text of one word only counts as a whole.

use serde::{Deserialize, Serialize};

use super::code::without_codes;
use super::fold_text;
use crate::key::Secret;

/// Words that are looked at; of longer texts also the whole has a hash, to tell those apart that begin alike.
const WORDS_MAX: usize = 6;

/// The hashes of the beginnings of a customer's text, the shortest first; of a text longer than six words also that of all of it, last.
#[must_use]
pub fn wording(text: &str, secret: &Secret) -> Vec<u32> {
    let words = words(text);
    let beginnings = 2.min(words.len())..=words.len().min(WORDS_MAX);
    let mut hashes: Vec<u32> = beginnings
        .filter(|count| *count > 0)
        .map(|count| hash(&words[..count], secret))
        .collect();
    if words.len() > WORDS_MAX {
        hashes.push(hash(&words, secret));
    }
    hashes
}

/// How the text of a link is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pattern {
    /// Words of the beginning.
    pub words: usize,
    /// Hash of the beginning.
    pub beginning: u32,
    /// Hash of all of it.
    pub whole: u32,
}

impl Pattern {
    /// Of a link's text; `None` if there is no word in it.
    #[must_use]
    pub fn of(text: &str, secret: &Secret) -> Option<Self> {
        let all = words(text);
        let beginning = &all[..all.len().min(WORDS_MAX)];
        (!all.is_empty()).then(|| Self {
            words: beginning.len(),
            beginning: hash(beginning, secret),
            whole: hash(&all, secret),
        })
    }

    /// Whether a text with these hashes begins with it, or is it.
    #[must_use]
    pub fn begins(&self, wording: &[u32]) -> bool {
        wording.contains(&self.beginning)
    }
}

fn words(text: &str) -> Vec<String> {
    let folded = fold_text(&without_codes(text));
    let words = folded.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[allow(clippy::cast_possible_truncation)] // a quarter of the hash is meant
fn hash(words: &[String], secret: &Secret) -> u32 {
    secret.join("wording", &words.join(" ")).0 as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_recognised_by_how_it_begins() {
        let secret = Secret::new([7; 16]);
        let long = "Olá, vi o anúncio de vocês no Instagram e quero saber mais";
        for (link, text, found) in [
            ("Quero o plano anual", "Quero o plano anual", true),
            ("Quero o plano anual", "  quero o PLANO, anual!! 🙂 e já", true),
            ("Quero o plano anual", "Quero o plano mensal", false),
            ("Quero o plano anual", "Quero o plano", false),
            ("Quero o plano anual", "Oi! Quero o plano anual", false),
            ("Quero o plano anual [222222]", "Quero o plano anual", true),
            ("Olá 👋", "ola", true),
            ("Olá", "Olá tudo bem", false),
            ("plano-anual", "Plano anual?", true),
            (long, long, true),
            (long, "Olá vi o anuncio de voces no facebook", true),
            (long, "Olá vi o anuncio de ontem", false),
            ("你好 我想了解", "你好，我想了解更多", false),
            ("Здравствуйте, хочу узнать", "здравствуйте! хочу узнать цену", true),
        ] {
            let pattern = Pattern::of(link, &secret).unwrap();
            assert_eq!(pattern.begins(&wording(text, &secret)), found, "{link} | {text}");
        }
        assert_eq!(Pattern::of(" 🙂!", &secret), None);
        assert!(wording("", &secret).is_empty());
        assert_eq!(
            Pattern::of(long, &secret).unwrap().whole,
            *wording(long, &secret).last().unwrap()
        );
    }

    #[test]
    fn a_click_code_is_no_word_and_another_secret_another_hash() {
        let (one, two) = (Secret::new([1; 16]), Secret::new([2; 16]));
        let code = super::super::code_from_number(99);
        assert_eq!(wording(&format!("Quero já [{code}]"), &one), wording("quero já", &one));
        assert_ne!(wording("quero já", &one), wording("quero já", &two));
    }
}
