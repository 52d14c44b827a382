//! Search for contacts by words of their name and by number.
//!
//! A name is found by the beginning of any of its words, accents folded; so are usernames and e-mail addresses. A number is found by its beginning, with or without
//! the country code, in either form of numbers that have two (ninth digit in Brazil, the 1 of Mexico).
//!
//! ```text
//! 09 account word 00 conv      -> | day of the last activity since 1970, 4 | beginnings of all its words, 8 |
//! 0a account digits 00 conv
//! ```
//! The row of a word tells who cannot have the other words that are sought, and in what order of days those stand who may: only cards of
//! a page are read. It moves with the first message of a day.

use std::collections::BTreeSet;

use origem_domain::alias::{AliasKind, canonical_phone, digits};
use origem_domain::key::ConversationId;
use origem_domain::marks::fold_text;
use origem_domain::time::{DAY, Timestamp};

use crate::card::Card;
use crate::identity::Identity;
use crate::layout::{self, AccountKey};
use crate::rows::{Changes, Rows, RowsError, Scan, prefix_end};

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
fn words_of(card: &Card) -> BTreeSet<String> {
    let names = [&card.edited.name, &card.name, &card.username, &card.edited.email];
    let told = names.into_iter().flatten();
    told.flat_map(|seen| words(&seen.value)).collect()
}

/// Days since 1970; 0 before.
#[must_use]
pub fn day(at: Timestamp) -> u32 {
    u32::try_from(at.micros().div_euclid(DAY)).unwrap_or_default()
}

/// Which beginnings some words have, roughly: one of 64 bits for each beginning of so many letters. Who has a word that begins as one
/// that is sought has the bits of both; of a hundred others about three have them too, if three letters are sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Beginnings(u64);

impl Beginnings {
    /// Those of words that are indexed, or sought.
    #[must_use]
    pub fn of(words: &BTreeSet<String>) -> Self {
        Self(words.iter().fold(0, |bits, word| bits | bits_of(word)))
    }

    /// Whether whoever has these may have words that begin as those of `sought`: no means no.
    #[must_use]
    pub const fn may_have(self, sought: Self) -> bool {
        self.0 & sought.0 == sought.0
    }

    pub(crate) const fn bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    pub(crate) const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(bytes))
    }
}

/// One bit for each beginning of a word of 2, 3, 4 and 6 letters. They are in rows, so they stay as they are.
fn bits_of(word: &str) -> u64 {
    /// Numbers multiplied by the golden ratio are spread evenly in their upper bits (Knuth, The Art of Computer Programming, 6.4).
    const GOLDEN_RATIO: u64 = 0x9e37_79b9_7f4a_7c15;
    let (mut bits, mut hash) = (0, 0_u64);
    for (letters, letter) in (1..=6).zip(word.chars()) {
        hash = (hash.rotate_left(5) ^ u64::from(letter)).wrapping_mul(GOLDEN_RATIO);
        if matches!(letters, 2 | 3 | 4 | 6) {
            bits |= 1 << (hash >> 58);
        }
    }
    bits
}

/// What the index of words holds of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Named {
    words: BTreeSet<String>,
    pub(crate) beginnings: Beginnings,
    day: u32,
}

impl Named {
    /// As a card says; members of groups are not found by name.
    pub(crate) fn of(card: &Card) -> Self {
        if card.group {
            return Self::default();
        }
        let words = words_of(card);
        Self {
            beginnings: Beginnings::of(&words),
            words,
            day: card.listed_at().map(day).unwrap_or_default(),
        }
    }

    fn row(&self) -> Vec<u8> {
        [&self.day.to_be_bytes()[..], &self.beginnings.bytes()].concat()
    }

    /// Day and beginnings of a row; those of nobody's making may be anybody's.
    fn read(row: &[u8]) -> (u32, Beginnings) {
        let (day, rest) = row.split_first_chunk().unwrap_or((&[0; 4], &[]));
        let beginnings = rest.first_chunk().copied().unwrap_or([u8::MAX; 8]);
        (u32::from_be_bytes(*day), Beginnings::from_bytes(beginnings))
    }
}

/// Turns the rows of `old` into those of `new`.
pub(crate) fn index_words(changes: &mut Changes, account: AccountKey, of: ConversationId, old: &Named, new: &Named) {
    for word in old.words.difference(&new.words) {
        changes.remove(layout::name(account, word, of));
    }
    let row = new.row();
    let stays = row == old.row();
    for word in new.words.iter().filter(|word| !stays || !old.words.contains(*word)) {
        changes.put_bytes(layout::name(account, word, of), row.clone());
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

/// What an index knows of a search. [`Sought::is`] tells who of those it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// All whom it may concern are among these, each with the [`day`] of its last activity.
    ByDay(BTreeSet<(u32, ConversationId)>),
    /// All whom it may concern are among these.
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

    /// What whoever is sought has among the beginnings of its words.
    #[must_use]
    pub fn beginnings(&self) -> Beginnings {
        match self {
            Self::Words(words) => Beginnings::of(words),
            Self::Numbers(_) => Beginnings::default(),
        }
    }

    /// Whom the indexes of an account know, unless more than `max` rows have a beginning that is sought: of several words, each.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn look_up(&self, rows: &dyn Rows, account: AccountKey, max: usize) -> Result<Found, RowsError> {
        match self {
            Self::Words(words) if words.is_empty() => Ok(Found::Among(BTreeSet::new())),
            Self::Words(words) => {
                let prefixes = words.iter().map(|word| layout::names_from(account, word));
                let lists = prefixes.map(|prefix| rows.scan(&prefix, &prefix_end(&prefix)));
                by_rarest(lists.collect(), self.beginnings(), max)
            }
            Self::Numbers(beginnings) => {
                let mut all = BTreeSet::new();
                for beginning in beginnings {
                    let prefix = layout::numbers_from(account, beginning);
                    for row in rows.scan(&prefix, &prefix_end(&prefix)) {
                        all.extend(layout::conversation_of(&row?.0));
                        if all.len() > max {
                            return Ok(Found::TooMany);
                        }
                    }
                }
                Ok(Found::Among(all))
            }
        }
    }
}

/// Those of the shortest list who may have all that is sought. A row of each list in turn: the shortest ends first, and of the others no
/// more is read.
fn by_rarest(lists: Vec<Scan<'_>>, sought: Beginnings, max: usize) -> Result<Found, RowsError> {
    let mut lists: Vec<_> = lists.into_iter().map(|list| (list, BTreeSet::new())).collect();
    for _ in 0..=max {
        for (list, found) in &mut lists {
            let Some(row) = list.next() else {
                return Ok(Found::ByDay(std::mem::take(found)));
            };
            let (key, row) = row?;
            let (day, beginnings) = Named::read(&row);
            if beginnings.may_have(sought) {
                found.extend(layout::conversation_of(&key).map(|id| (day, id)));
            }
        }
    }
    Ok(Found::TooMany)
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

    #[test]
    fn who_has_what_is_sought_is_not_passed_over() {
        let named = Beginnings::of(&words("Zuleika dos Santos Souza 49917"));
        for (sought, may) in [
            ("zul", true),
            ("zuleika", true),
            ("souza 499", true),
            ("z", true),
            ("d santos", true),
            ("", true),
            ("rita", false),
            ("zulmira", false),
            ("souza 501", false),
        ] {
            assert_eq!(named.may_have(Beginnings::of(&words(sought))), may, "{sought}");
        }
        let others = (0..10_000_u64).map(|number| {
            let letter =
                |at: u32| char::from(b'a' + (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (at * 5) & 15) as u8);
            let words = [0, 4, 8].map(|from| (from..from + 4).map(letter).collect::<String>());
            Beginnings::of(&words.into_iter().collect())
        });
        let sought = Beginnings::of(&words("zul"));
        let pass = others.filter(|other| other.may_have(sought)).count();
        assert!(pass < 600, "{pass} of 10,000 others are not told apart");
        // Letters, not bytes.
        let accents = Beginnings::of(&BTreeSet::from(["日本語".to_owned()]));
        assert!(accents.may_have(Beginnings::of(&BTreeSet::from(["日本".to_owned()]))));
    }

    #[test]
    fn the_rarest_word_leads_to_whom_may_have_all() {
        let account = AccountKey(7);
        let mut changes = Changes::default();
        let mut index = |number: u64, name: &str, day: u32| {
            let words = words(name);
            let named = Named {
                beginnings: Beginnings::of(&words),
                words,
                day,
            };
            index_words(&mut changes, account, ConversationId(number), &Named::default(), &named);
        };
        for number in 0..20 {
            index(number, "Rita Souza", 100);
        }
        index(20, "Rita Braga", 102);
        index(21, "Bruna Souza", 101);
        let mut rows = crate::rows::MapRows::default();
        rows.commit(&changes);
        let by_day =
            |found: &[(u32, u64)]| Found::ByDay(found.iter().map(|(day, id)| (*day, ConversationId(*id))).collect());
        for (sought, expected) in [
            ("braga", by_day(&[(102, 20)])),
            ("br", by_day(&[(101, 21), (102, 20)])),
            ("rita br", by_day(&[(102, 20)])),
            ("souza br", by_day(&[(101, 21)])),
            ("bruna braga", by_day(&[])),
            ("nobody", by_day(&[])),
            ("rita souza", Found::TooMany),
            ("rita", Found::TooMany),
            ("@", Found::Among(BTreeSet::new())),
        ] {
            let found = Sought::read(sought).look_up(&rows, account, 5).unwrap();
            assert_eq!(found, expected, "{sought}");
        }
    }
}
