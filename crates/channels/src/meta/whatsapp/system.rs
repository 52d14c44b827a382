//! System messages: a person's number, user id or security code changed. Source: reference/meta-platform.md 1.6.
//!
//! `from` holds what is given up, `to` what takes its place. The contact of the event is the person as known so far: `from`.

use std::borrow::Cow;

use origem_domain::alias::{digits, is_bsuid};
use origem_domain::event::{Body, Contact};

use super::Reading;
use super::content::snake_case;
use super::identity::Person;
use super::place::Place;
use crate::json::Node;

/// Reads an element of `messages` of type `system`.
pub(super) fn read<'d, 'a>(place: &Place<'d, 'a>, message: Node<'d, 'a>) -> Reading {
    let system = message.get("system").ok_or("system message without content")?;
    let kind = system.word("type").map(|word| snake_case(&word)).unwrap_or_default();
    let author = Person::of_item(message, &["from"], &["from_user_id", "from_parent_user_id"]);
    if kind.ends_with("identity_changed") {
        let mut person = author;
        person.complete(&Person::of_item(
            system,
            &["wa_id", "customer"],
            &["user_id", "parent_user_id"],
        ));
        return changed(place, message, &person, &person);
    }
    let new = Person::of_item(system, &["wa_id", "new_wa_id"], &["user_id", "parent_user_id"]);
    let mut old = Person::of_item(system, &["customer"], &["previous_user_id", "previous_parent_user_id"]);
    old.complete(&author);
    let body = system.text("body").unwrap_or_default();
    finish(place, message, old, new, &body, &kind)
}

/// Reads an element of `user_id_update`, a field that Meta withdrew and that a provider still forwards.
pub(super) fn read_update<'d, 'a>(place: &Place<'d, 'a>, update: Node<'d, 'a>) -> Reading {
    let mut old = Person::of_item(update, &[], &["previous_user_id", "previous_parent_user_id"]);
    let mut new = Person::default();
    for key in ["user_id", "parent_user_id"] {
        match update.get(key).filter(|node| node.is_object()) {
            Some(pair) => {
                old.user(pair.word("previous"));
                new.user(pair.word("current"));
            }
            None => new.user(update.word(key)),
        }
    }
    // The phone is the person's before and after.
    let phone = Person::of_item(update, &["wa_id"], &[]);
    new.complete(&phone);
    if old == Person::default() {
        old = phone;
    }
    let detail = update.text("detail").unwrap_or_default();
    finish(place, update, old, new, &detail, "user_id_update")
}

/// Takes what is missing from the text, and drops from the old what did not change.
fn finish(
    place: &Place<'_, '_>,
    item: Node<'_, '_>,
    mut old: Person,
    mut new: Person,
    text: &str,
    kind: &str,
) -> Reading {
    // Where a sender's id is already the new one, the old one is elsewhere or nowhere.
    if old.bsuid.is_some() && old.bsuid == new.bsuid {
        old.bsuid = None;
    }
    if let Some((before, after)) = named_in(text)
        && new
            .bsuid
            .as_deref()
            .is_none_or(|known| !is_bsuid(after) || known == after)
    {
        if is_bsuid(before) == is_bsuid(after) {
            old.address(Some(before.to_owned()));
        }
        if new == Person::default() {
            new.address(Some(after.to_owned()));
        }
    }
    if old.aliases().is_empty() || new.aliases().is_empty() {
        let kind: Cow<'_, str> = if kind.is_empty() { "unnamed".into() } else { kind.into() };
        return Err(format!("system message {kind} without old and new identity").into());
    }
    changed(place, item, &old, &new)
}

fn changed(place: &Place<'_, '_>, item: Node<'_, '_>, old: &Person, new: &Person) -> Reading {
    let (from, to) = (old.aliases(), new.aliases());
    if from.is_empty() {
        return Err("system message without sender".into());
    }
    let contact = Contact {
        aliases: from.clone(),
        ..Contact::default()
    };
    Ok(Some(place.event(
        place.at(item),
        Some(contact),
        Body::IdentityChanged { from, to },
    )))
}

/// Old and new in "... changed from OLD to NEW". The last such words count: the name before them is free text.
fn named_in(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = text.rsplit_once(" from ")?;
    let (old, new) = rest.split_once(" to ")?;
    let trim = |word: &str| -> Option<usize> {
        let word = word.trim_end_matches(['.', '!', ' ']);
        let whole = !word.contains(' ') && (is_bsuid(word) || digits(word).len() >= 7);
        whole.then_some(word.len())
    };
    Some((old.get(..trim(old)?)?, new.get(..trim(new)?)?))
}

#[cfg(test)]
mod tests {
    use super::named_in;

    #[test]
    fn old_and_new_are_found_in_the_body() {
        for (body, found) in [
            ("User Rita changed from BR.1 to BR.2", Some(("BR.1", "BR.2"))),
            (
                "User Rita changed from 5511955550101 to 5511955550102.",
                Some(("5511955550101", "5511955550102")),
            ),
            (
                "User from BR.8 to BR.9 changed from BR.1 to BR.2",
                Some(("BR.1", "BR.2")),
            ),
            ("Rita came from home to work", None),
            ("changed", None),
        ] {
            assert_eq!(named_in(body), found, "{body}");
        }
    }
}
