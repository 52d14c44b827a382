//! Search for contacts by words of their name and by number.
//!
//! A name is found by the beginning of any of its words, accents folded; so are usernames and e-mail addresses. A number is found by its beginning, with or without
//! the country code, in either form of numbers that have two (ninth digit in Brazil, the 1 of Mexico).

use std::collections::BTreeSet;

use origem_domain::alias::{AliasKind, canonical_phone, digits};
use origem_domain::key::ConversationId;
use origem_domain::marks::fold_text;

use crate::card::Card;
use crate::identity::Identity;
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

/// The words by which a contact is found: of the name that is shown and the one it goes by itself, of its username and of the e-mail
/// address an agent wrote.
pub(crate) fn words_of(card: &Card) -> BTreeSet<String> {
    let names = [&card.edited.name, &card.name, &card.username, &card.edited.email];
    let told = names.into_iter().flatten();
    told.flat_map(|seen| words(&seen.value)).collect()
}

pub(crate) fn index_words(
    changes: &mut Changes,
    account: AccountKey,
    of: ConversationId,
    old: &BTreeSet<String>,
    new: &BTreeSet<String>,
) {
    for word in old.difference(new) {
        changes.remove(layout::name(account, word, of));
    }
    for word in new.difference(old) {
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

/// The number an agent wrote is found like any other. `aliases` are the numbers that the contact has by itself.
pub(crate) fn index_edited(
    changes: &mut Changes,
    account: AccountKey,
    of: ConversationId,
    (old, new): (Option<&str>, Option<&str>),
    aliases: &BTreeSet<String>,
) {
    if let Some(old) = old.filter(|old| Some(*old) != new && !aliases.contains(&*canonical_phone(old))) {
        unindex_number(changes, account, of, (AliasKind::Phone, old));
    }
    if let Some(new) = new {
        index_number(changes, account, of, (AliasKind::Phone, new));
    }
}

/// The numbers of a contact, in the form they are indexed in.
pub(crate) fn numbers(identity: Option<&Identity>) -> BTreeSet<String> {
    let aliases = identity.iter().flat_map(|identity| &identity.aliases);
    let phones = aliases.filter(|known| known.key.kind == AliasKind::Phone);
    phones.map(|known| canonical_phone(&known.value).into_owned()).collect()
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

/// What a search looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// Words of a name, each by its beginning; all must be found.
    Words(BTreeSet<String>),
    /// Beginnings of numbers; one must be found.
    Numbers(BTreeSet<String>),
}

/// What an index knows of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// All whom it may concern are among these; [`Sought::is`] tells who.
    Among(BTreeSet<ConversationId>),
    /// More than are worth looking at one by one.
    TooMany,
}

impl Sought {
    /// By number if `query` has only digits and signs, else by name.
    #[must_use]
    pub fn read(query: &str) -> Self {
        let typed = digits(query);
        if query.chars().any(char::is_alphabetic) || typed.is_empty() {
            Self::Words(words(query))
        } else {
            Self::Numbers(beginnings(&typed))
        }
    }

    /// Whether a contact is what is sought.
    #[must_use]
    pub fn is(&self, card: &Card, identity: Option<&Identity>) -> bool {
        match self {
            Self::Words(sought) => {
                let known = words_of(card);
                let begins = |word: &String| {
                    known
                        .range(word.clone()..)
                        .next()
                        .is_some_and(|one| one.starts_with(word))
                };
                !sought.is_empty() && sought.iter().all(begins)
            }
            Self::Numbers(beginnings) => {
                let edited = card
                    .edited
                    .phone
                    .iter()
                    .map(|seen| canonical_phone(&seen.value).into_owned());
                let mut known = numbers(identity);
                known.extend(edited);
                let begins = |beginning: &String| known.iter().any(|number| number.starts_with(beginning));
                beginnings.iter().any(begins)
            }
        }
    }

    /// Whom the indexes of an account know, unless they are more than `max`.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn look_up(&self, rows: &dyn Rows, account: AccountKey, max: usize) -> Result<Found, RowsError> {
        match self {
            Self::Words(words) => {
                // The word that fewest have narrows it down.
                let mut fewest: Option<BTreeSet<ConversationId>> = None;
                for word in words {
                    let of_word = by_prefix(rows, &layout::names_from(account, word), max)?;
                    if let Found::Among(found) = of_word
                        && fewest.as_ref().is_none_or(|fewest| found.len() < fewest.len())
                    {
                        fewest = Some(found);
                    }
                }
                let nobody = words.is_empty().then(BTreeSet::new);
                Ok(fewest.or(nobody).map_or(Found::TooMany, Found::Among))
            }
            Self::Numbers(beginnings) => {
                let mut all = BTreeSet::new();
                for beginning in beginnings {
                    match by_prefix(rows, &layout::numbers_from(account, beginning), max)? {
                        Found::Among(found) => all.extend(found),
                        Found::TooMany => return Ok(Found::TooMany),
                    }
                }
                Ok(Found::Among(all))
            }
        }
    }
}

fn by_prefix(rows: &dyn Rows, prefix: &[u8], max: usize) -> Result<Found, RowsError> {
    let mut found = BTreeSet::new();
    for row in rows.scan(prefix, &prefix_end(prefix)) {
        found.extend(layout::conversation_of(&row?.0));
        if found.len() > max {
            return Ok(Found::TooMany);
        }
    }
    Ok(Found::Among(found))
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
