//! Updates of the business account: templates, quality, tiers, groups, the phone's address book, errors. Source:
//! reference/meta-platform.md 1.1, 1.8, 1.9, 1.11.
//!
//! The scalar values of an update are kept as text by name, those of objects in it as `object_name`; numbers keep their
//! digits. Deeper values are in the raw bytes.

use std::collections::BTreeMap;

use origem_domain::event::{AccountUpdate, Body, Contact, Event, Group};

use super::Reading;
use super::identity::Person;
use super::place::{Place, items};
use super::status;
use crate::json::Node;
use crate::output::{Output, hash};
use crate::time::At;

/// Fields whose value is itself the update.
pub(super) const FIELDS: &[&str] = &[
    "message_template_status_update",
    "message_template_quality_update",
    "message_template_components_update",
    "template_category_update",
    "account_update",
    "account_alerts",
    "account_review_update",
    "account_settings_update",
    "business_capability_update",
    "business_status_update",
    "business_username_update",
    "partner_solutions",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
];

/// The field of a value that does not name it, or names a wrong one: one of Meta's samples labels a change of quality as
/// a change of status.
pub(super) fn field_by_keys(value: Node<'_, '_>) -> Option<&'static str> {
    let has = |key: &str| value.get(key).is_some();
    let about_template = has("message_template_id") || has("message_template_name");
    Some(match () {
        () if about_template && has("new_quality_score") => "message_template_quality_update",
        () if about_template && has("new_category") => "template_category_update",
        () if about_template && has("event") => "message_template_status_update",
        () if has("current_limit") => "phone_number_quality_update",
        () if has("waba_info") || has("disconnection_info") || has("volume_tier_info") => "account_update",
        () => return None,
    })
}

/// Reads the value as one update.
pub(super) fn read(place: &Place<'_, '_>) -> Event {
    let field = if place.field.contains("template") {
        field_by_keys(place.value)
    } else {
        None
    };
    let values = values(place.value, &["metadata"]);
    let account_update = AccountUpdate {
        field: field.unwrap_or(place.field).to_owned(),
        values,
    };
    place.event(place.entry_at(), None, Body::AccountUpdated { account_update })
}

/// Reads one element of `groups`: a group was made, changed or deleted, or people joined and left.
pub(super) fn read_group<'d, 'a>(place: &Place<'d, 'a>, node: Node<'d, 'a>) -> Reading {
    let account_update = AccountUpdate {
        field: place.field.to_owned(),
        values: values(node, &[]),
    };
    let mut event = place.event(place.at(node), None, Body::AccountUpdated { account_update });
    event.group = node.word("group_id").or_else(|| node.word("id")).map(|id| Group { id });
    // Two updates of one moment may differ by the participants only, which are not among the values.
    event.dedup_key = hash(node.raw().as_bytes());
    Ok(Some(event))
}

/// Reads one element of `state_sync`: an entry of the phone's address book. Who it is stands in the contact of the event,
/// what happened to it in the update, so that nothing personal is among its values.
pub(super) fn read_contact<'d, 'a>(place: &Place<'d, 'a>, node: Node<'d, 'a>) -> Reading {
    let card = node.get("contact").ok_or("state sync without contact")?;
    let person = Person::of_item(card, &["phone_number"], &["user_id", "parent_user_id"]);
    let aliases = person.aliases();
    let who = aliases.first().ok_or("state sync without number")?.value.clone();
    let name = card.text("full_name").or_else(|| card.text("first_name"));
    let timestamp = node.get("metadata").and_then(|metadata| metadata.get("timestamp"));
    let at = At::of(timestamp.or_else(|| node.get("timestamp")), place.delivery.received_at);
    let values = values(node, &["contact", "metadata", "timestamp"]);
    let action = values.get("action").cloned().unwrap_or_default();
    let account_update = AccountUpdate {
        field: place.field.to_owned(),
        values,
    };
    let contact = Contact {
        aliases,
        name,
        ..Contact::default()
    };
    let mut event = place.event(at, Some(contact), Body::AccountUpdated { account_update });
    // Entries of one moment differ by the person only, which the key of an update does not hold.
    if !at.bad {
        event.dedup_key = format!("{}:{action}:{who}:{}", place.field, at.at.micros());
    }
    Ok(Some(event))
}

/// Reads `errors` of a value, an error of the account or the number with no message attached; whether there are any.
/// Beside messages, statuses and calls they only repeat what those tell.
pub(super) fn read_errors<'a>(output: &mut Output<'a>, place: &Place<'_, 'a>) -> bool {
    let Some(errors) = place.value.get("errors").filter(|errors| errors.is_array()) else {
        return false;
    };
    if items(place.value) == 0 {
        for error in errors.items() {
            let event = read_error(place, error, "errors");
            output.push(event, error.raw().as_bytes(), || place.around_item("errors", None));
        }
    }
    true
}

/// An error as an update of the account. It carries no time by nature.
pub(super) fn read_error(place: &Place<'_, '_>, node: Node<'_, '_>, field: &str) -> Event {
    let error = status::error(node);
    let mut values = BTreeMap::from([("code".to_owned(), error.code.to_string())]);
    values.extend(error.title.map(|title| ("title".to_owned(), title)));
    values.extend(error.details.map(|details| ("details".to_owned(), details)));
    let account_update = AccountUpdate {
        field: field.to_owned(),
        values,
    };
    place.event(
        At::received(place.delivery.received_at),
        None,
        Body::AccountUpdated { account_update },
    )
}

/// The scalar values of `node` but `skipped`, and those of the objects in it.
fn values(node: Node<'_, '_>, skipped: &[&str]) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for member in node.children() {
        let key = member.key();
        if skipped.contains(&key.as_ref()) {
            continue;
        }
        add(&mut values, &key, member);
        if member.is_object() {
            for inner in member.children() {
                add(&mut values, &format!("{key}_{}", inner.key()), inner);
            }
        }
    }
    values
}

/// `field` is the name of the update itself.
fn add(values: &mut BTreeMap<String, String>, key: &str, node: Node<'_, '_>) {
    if let Some(text) = node.scalar()
        && key != "field"
        && !text.is_empty()
    {
        values.entry(key.to_owned()).or_insert_with(|| text.into_owned());
    }
}
