//! Search for contacts by words of their name and by number.
//!
//! A name is found by the beginning of any of its words, accents folded. A number is found by its beginning, with or without
//! the country code, in either form of numbers that have two (ninth digit in Brazil, the 1 of Mexico).

use std::collections::BTreeSet;

use origem_domain::alias::{AliasKind, canonical_phone, digits};
use origem_domain::key::ConversationId;
use origem_domain::marks::fold_text;

use crate::identity::KnownAlias;
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

pub(crate) fn index_number(changes: &mut Changes, account: AccountKey, of: ConversationId, known: &KnownAlias) {
    for key in numbers_of(account, of, known) {
        changes.put_bytes(key, Vec::new());
    }
}

pub(crate) fn unindex_number(changes: &mut Changes, account: AccountKey, of: ConversationId, known: &KnownAlias) {
    for key in numbers_of(account, of, known) {
        changes.remove(key);
    }
}

/// The whole number and the number without the two digits of a country code.
fn numbers_of(account: AccountKey, of: ConversationId, known: &KnownAlias) -> Vec<Vec<u8>> {
    if known.key.kind != AliasKind::Phone || known.value.is_empty() {
        return Vec::new();
    }
    let number = canonical_phone(&known.value);
    let national = number.get(2..).filter(|national| national.len() >= 8);
    [Some(number.as_ref()), national]
        .into_iter()
        .flatten()
        .map(|digits| layout::number(account, digits, of))
        .collect()
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
    // What was typed may be the form with the extra digit, with or without the country code, or the beginning of either.
    let with_country = format!("55{typed}");
    let national = canonical_phone(&with_country);
    let canonical = canonical_phone(&typed);
    let variants = BTreeSet::from([typed.as_str(), canonical.as_ref(), &national[2..]]);
    let mut found = BTreeSet::new();
    for variant in variants {
        found.extend(by_prefix(rows, &layout::numbers_from(account, variant), limit)?);
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
