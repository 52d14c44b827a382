//! Search for contacts by words of their name and by number.
//!
//! A name is found by the beginning of any of its words, accents folded. A number is found by its beginning, with or without
//! the country code, in either form of numbers that have two (ninth digit in Brazil, the 1 of Mexico).

use std::collections::BTreeSet;

use origem_domain::alias::{AliasKind, canonical_phone, digits};
use origem_domain::key::ConversationId;
use origem_domain::marks::fold_text;

use crate::layout::{self, AccountKey};
use crate::rows::{Changes, Rows, RowsError, prefix_end};

/// Words of a name that are indexed; the rest of a longer name does not matter for finding it.
const WORDS_MAX: usize = 6;
/// Bytes of a word that are indexed.
const WORD_BYTES_MAX: usize = 32;

/// The words by which a name is found.
#[must_use]
pub fn words(name: &str) -> BTreeSet<String> {
    let folded = fold_text(name);
    let words = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.take(WORDS_MAX).map(|word| truncated(word).to_owned()).collect()
}

fn truncated(word: &str) -> &str {
    let mut end = word.len().min(WORD_BYTES_MAX);
    while !word.is_char_boundary(end) {
        end -= 1;
    }
    &word[..end]
}

pub(crate) fn index_name(changes: &mut Changes, account: AccountKey, of: ConversationId, old: &str, new: &str) {
    let (old, new) = (words(old), words(new));
    for word in old.difference(&new) {
        changes.remove(layout::name(account, word, of));
    }
    for word in new.difference(&old) {
        changes.put_bytes(layout::name(account, word, of), Vec::new());
    }
}

pub(crate) fn index_number(changes: &mut Changes, account: AccountKey, of: ConversationId, alias: (AliasKind, &str)) {
    if let Some(key) = number_of(account, of, alias) {
        changes.put_bytes(key, Vec::new());
    }
}

pub(crate) fn unindex_number(changes: &mut Changes, account: AccountKey, of: ConversationId, alias: (AliasKind, &str)) {
    if let Some(key) = number_of(account, of, alias) {
        changes.remove(key);
    }
}

fn number_of(account: AccountKey, of: ConversationId, (kind, value): (AliasKind, &str)) -> Option<Vec<u8>> {
    let is_number = kind == AliasKind::Phone && !value.is_empty();
    is_number.then(|| layout::number(account, &canonical_phone(value), of))
}

/// The beginnings of numbers that `typed` may stand for: with the country code or a Brazilian number without it, each with
/// or without the digit that numbers of one person may differ by.
fn beginnings(typed: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for number in [typed.to_owned(), format!("55{typed}")] {
        match number.as_bytes() {
            [b'5', b'5', _, _, b'9', b'6'..=b'9', ..] => drop(found.insert([&number[..4], &number[5..]].concat())),
            [b'5', b'2', b'1', ..] => drop(found.insert(format!("52{}", &number[3..]))),
            _ => {}
        }
        found.insert(number);
    }
    found
}

/// The conversations whose contact is found by `query`: by number if it has only digits and signs, else by name, where every
/// word must be found. At most `limit` are given, in no particular order.
///
/// # Errors
/// As reading rows does.
pub fn search(
    rows: &dyn Rows,
    account: AccountKey,
    query: &str,
    limit: usize,
) -> Result<BTreeSet<ConversationId>, RowsError> {
    if query.chars().any(char::is_alphabetic) {
        return by_name(rows, account, query, limit);
    }
    let typed = digits(query);
    if typed.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut found = BTreeSet::new();
    for beginning in beginnings(&typed) {
        found.extend(by_prefix(rows, &layout::numbers_from(account, &beginning), limit)?);
    }
    Ok(found.into_iter().take(limit).collect())
}

fn by_name(
    rows: &dyn Rows,
    account: AccountKey,
    query: &str,
    limit: usize,
) -> Result<BTreeSet<ConversationId>, RowsError> {
    /// How many contacts one word may find before the others narrow them down.
    const CANDIDATES_MAX: usize = 10_000;
    let mut found: Option<BTreeSet<ConversationId>> = None;
    for word in words(query) {
        let of_word = by_prefix(rows, &layout::names_from(account, &word), CANDIDATES_MAX)?;
        found = Some(match found {
            Some(found) => found.intersection(&of_word).copied().collect(),
            None => of_word,
        });
    }
    Ok(found.unwrap_or_default().into_iter().take(limit).collect())
}

fn by_prefix(rows: &dyn Rows, prefix: &[u8], limit: usize) -> Result<BTreeSet<ConversationId>, RowsError> {
    let mut found = BTreeSet::new();
    for row in rows.scan(prefix, &prefix_end(prefix)) {
        found.extend(layout::conversation_of(&row?.0));
        if found.len() >= limit {
            break;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_by_any_beginning_of_it() {
        for (number, typed, found) in [
            ("5511987654321", "5511987654321", true),
            ("5511987654321", "551187654321", true),
            ("5511987654321", "11987654321", true),
            ("5511987654321", "1187654", true),
            ("5511987654321", "119876", true),
            ("5511987654321", "55119", false), // too short to tell the ninth digit from the first of an older number
            ("551132654321", "1132654", true),
            ("5215512345678", "52155", true),
            ("5215512345678", "5255", true),
            ("15550001111", "1555", true),
            ("15550001111", "555", false),
        ] {
            let indexed = canonical_phone(number);
            let any = beginnings(typed).iter().any(|beginning| indexed.starts_with(beginning));
            assert_eq!(any, found, "{number} {typed}");
        }
    }
}
