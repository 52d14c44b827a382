//! Hashtags of a text: the one it starts with, and others in it.

use super::fold_text;

/// Hashtags beside the first word that are kept.
const OTHERS_MAX: usize = 4;
/// Letters of a hashtag that are looked at.
const LETTERS_MAX: usize = 64;

/// The hashtag at the start of `text`, up to the first white space: lower case, accents folded, trailing punctuation off,
/// without `#`. `None` if nothing is left. What nobody sees before it, such as the frame of a click code, does not hide it. Source:
/// design.md 6, "Hashtag".
#[must_use]
pub fn hashtag(text: &str) -> Option<String> {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || is_unseen(c));
    let term = start.strip_prefix('#')?.split(char::is_whitespace).next()?;
    folded(term).filter(|value| !value.starts_with('#'))
}

/// Characters without a shape: frames, joiners and marks of direction.
const fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// The hashtags inside `text`, beside the one it starts with, in their order and form of [`hashtag`], each once. Letters, digits, `_` and
/// `-` after a `#` that no letter, digit or part of an address stands before. What they mean only the catalogue knows: a colour or a
/// house number is in here too. Source: reference/meta-platform.md 7.2, rule 4.
#[must_use]
pub fn other_hashtags(text: &str) -> Vec<String> {
    let first = hashtag(text);
    let mut found = Vec::new();
    for (start, mark) in text.match_indices('#') {
        let before = text[..start].chars().next_back();
        let begins_word = before.is_none_or(|c| !c.is_alphanumeric() && !"#&/?=.:_-%+".contains(c));
        if !begins_word {
            continue;
        }
        let part = |c: char| {
            c.is_alphanumeric() || matches!(c, '_' | '-') || unicode_normalization::char::is_combining_mark(c)
        };
        let rest = &text[start + mark.len()..];
        let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let Some(value) = folded(&rest[..end]) else { continue };
        if first.as_ref() != Some(&value) && !found.contains(&value) {
            found.push(value);
        }
        if found.len() == OTHERS_MAX {
            break;
        }
    }
    found
}

/// A hashtag as it is compared: see [`hashtag`]. For whoever writes one down, with or without `#`.
#[must_use]
pub fn folded(term: &str) -> Option<String> {
    let term: String = term.trim_start_matches('#').chars().take(LETTERS_MAX).collect();
    let folded = fold_text(&term);
    let value = folded.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_');
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marks::{code_from_number, frame};

    #[test]
    fn a_hashtag_counts_at_the_start_up_to_the_first_space() {
        let frame = frame(&code_from_number(5));
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
            ("preço #1", None),
            (&format!("{frame}#PROMO quero"), Some("promo")),
            (&format!(" {frame} #PROMO"), Some("promo")),
            ("\u{feff}\u{200b}#promo", Some("promo")),
            (&format!("{frame}oi #promo"), None),
        ] {
            assert_eq!(hashtag(text).as_deref(), tag, "{text}");
        }
    }

    #[test]
    fn others_stand_at_the_start_of_a_word() {
        let frame = frame(&code_from_number(5));
        for (text, tags) in [
            ("oi #Promo10!", "promo10"),
            ("quero a (#verão) e a #PROMO, #promo", "verao promo"),
            ("#promo e #outra", "outra"),
            ("#promo #PROMO", ""),
            (&format!("{frame}#promo #PROMO #outra"), "outra"),
            ("veja https://loja.example/#promo e loja.example/a#b", ""),
            ("a&#39;b c#d ##e f/#g", ""),
            ("cor #ff00aa, casa #12", "ff00aa 12"),
            ("#dia-das-mães! #dia-das-", "dia-das"),
            ("x #a #b #c #d #e", "a b c d"),
            ("", ""),
            ("#", ""),
            ("oi # promo", ""),
        ] {
            assert_eq!(other_hashtags(text).join(" "), tags, "{text}");
        }
    }
}
