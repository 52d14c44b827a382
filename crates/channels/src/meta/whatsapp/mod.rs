//! WhatsApp Cloud API webhooks. Source: reference/meta-platform.md section 1.
//!
//! ```text
//! entry[] -> changes[] -> field says which lists `value` holds -> one reader per list -> one event per item
//!                                or that `value` itself is an update of the account
//! ```
//!
//! The channel is the phone number id; the business account (`entry.id`) where a change names no number. A reader answers an
//! event, nothing (understood and not needed), or why it did not understand the item.

mod account;
mod call;
mod content;
mod echo;
mod history;
mod identity;
mod message;
mod place;
mod preference;
mod referral;
mod status;
mod system;

use std::borrow::Cow;

use origem_domain::event::{Body, Event};

use self::place::{Level, Place};
use crate::json::Node;
use crate::output::{Envelope, Output, hash};
use crate::time::At;
use crate::{Decoded, Delivery};

/// An event, nothing that is needed, or why the item was not understood.
type Reading = Result<Option<Event>, Cow<'static, str>>;
/// Reads one item of a list.
type Read = for<'d, 'a> fn(&Place<'d, 'a>, Node<'d, 'a>) -> Reading;
/// A list in `value` and the reader of its items.
type List = (&'static str, Read);

/// The lists of each field that has any.
const LISTS: &[(&str, &[List])] = &[
    ("messages", MESSAGES),
    ("smb_message_echoes", &[("message_echoes", echo::from_app)]),
    ("message_echoes", &[("message_echoes", echo::from_api)]),
    (
        "history",
        &[
            ("messages", history::media_received),
            ("message_echoes", history::media_sent),
        ],
    ),
    ("calls", &[("calls", call::read), ("statuses", call::read_status)]),
    ("user_preferences", &[("user_preferences", preference::read)]),
    ("automatic_events", &[("automatic_events", preference::read_conversion)]),
    ("smb_app_state_sync", &[("state_sync", account::read_contact)]),
    ("user_id_update", &[("user_id_update", system::read_update)]),
    ("group_lifecycle_update", GROUPS),
    ("group_participants_update", GROUPS),
    ("group_settings_update", GROUPS),
    ("group_status_update", GROUPS),
];
const MESSAGES: &[List] = &[
    ("messages", message::read),
    ("statuses", status::read),
    ("user_actions", preference::read_click),
];
/// Copies of a thread that another app or Meta's own agent handles: real messages of the customer, answers of somebody else.
const STANDBY: &[List] = &[
    ("messages", message::read),
    ("statuses", status::read),
    ("message_echoes", echo::from_api),
    ("user_actions", preference::read_click),
];
const GROUPS: &[List] = &[("groups", account::read_group)];

/// `name` is a field that WhatsApp has and Messenger and Instagram have not.
pub(crate) fn is_own_field(name: &str) -> bool {
    const SHARED: &[&str] = &["messages", "message_echoes", "standby"];
    !SHARED.contains(&name) && (lists(name).is_some() || account::FIELDS.contains(&name))
}

fn lists(field: &str) -> Option<&'static [List]> {
    let known = LISTS.iter().find(|(name, _)| *name == field).map(|(_, lists)| *lists);
    known.or_else(|| field.contains("standby").then_some(STANDBY))
}

/// The events of one webhook body. `root` is the whole body, an object; it may also be a bare change or a bare `value`, as
/// in a sample of Meta's.
pub(crate) fn decode<'a>(delivery: &Delivery<'a>, root: Node<'_, 'a>) -> Vec<Decoded<'a>> {
    let mut output = Output::new(delivery);
    match root.get("entry") {
        Some(entries) if entries.is_array() => {
            let alone = entries.items().count() == 1;
            for entry in entries.items() {
                read_entry(&mut output, root, entry, alone);
            }
        }
        Some(_) => output.unrecognised(
            crate::output::unknown_channel(),
            "entry is no list",
            delivery.body,
            Envelope::default,
        ),
        None => {
            if place::holds_one(root.get("value").unwrap_or(root)) {
                output.expect_one();
            }
            read_change(&mut output, Level::Root, root, root);
        }
    }
    output.finish()
}

fn read_entry<'a>(output: &mut Output<'a>, root: Node<'_, 'a>, entry: Node<'_, 'a>, alone: bool) {
    match entry.get("changes") {
        Some(changes) if changes.is_array() => {
            let alone = alone && changes.items().count() == 1;
            for change in changes.items() {
                if alone && change.get("value").is_some_and(place::holds_one) {
                    output.expect_one();
                }
                read_change(output, Level::Change(entry), root, change);
            }
        }
        None if entry.get("value").is_some() => read_change(output, Level::Entry(entry), root, entry),
        _ => {
            // Alone it is the delivery that was not understood; the key is the entry's either way.
            let level = Level::Entry(entry);
            let reason = "entry without changes".to_owned();
            let mut event = output.event(
                place::channel(level, None),
                At::received(output.delivery().received_at),
                Body::Unrecognised { reason },
            );
            event.dedup_key = hash(entry.raw().as_bytes());
            if alone {
                output.push(event, output.delivery().body, Envelope::default);
            } else {
                output.push(event, entry.raw().as_bytes(), || level.around());
            }
        }
    }
}

/// Reads one element of `changes`, or what stands in its place.
fn read_change<'d, 'a>(output: &mut Output<'a>, level: Level<'d, 'a>, root: Node<'d, 'a>, change: Node<'d, 'a>) {
    // In two of Meta's samples `field` stands beside `changes`.
    let name = change
        .word("field")
        .or_else(|| level.entry()?.word("field"))
        .or_else(|| root.word("field"));
    let value = match change.get("value") {
        None if matches!(level, Level::Root) => Some(change),
        value => value,
    };
    let Some(value) = value.filter(|value| value.is_object()) else {
        return not_understood(output, level, change, None, "change without value".into());
    };
    let field = name
        .map(Cow::Owned)
        .or_else(|| field_by_content(value).map(Cow::Borrowed));
    let Some(field) = field else {
        return not_understood(output, level, change, Some(value), "change without field".into());
    };
    let place = Place::new(*output.delivery(), level, value, &field);
    if let Some(lists) = lists(&field) {
        let known = read_lists(output, &place, lists);
        let known = (field == "history" && history::read(output, &place)) || known;
        let known = account::read_errors(output, &place) || known;
        if !known {
            not_understood(
                output,
                level,
                change,
                Some(value),
                format!("{field} with nothing known in it").into(),
            );
        }
    } else if account::FIELDS.contains(&field.as_ref()) {
        output.push(account::read(&place), change.raw().as_bytes(), || level.around());
    } else {
        not_understood(output, level, change, Some(value), format!("field {field}").into());
    }
}

/// The field a value belongs to that does not name it.
fn field_by_content(value: Node<'_, '_>) -> Option<&'static str> {
    let has = |key: &str| value.get(key).is_some();
    // Echoes are taken for the phone app's: those must not count as answers of ours in any window.
    let by_list = LISTS
        .iter()
        .find(|(name, lists)| !name.starts_with("group_") && (has(name) || lists.iter().any(|(key, _)| has(key))));
    match by_list {
        _ if has("history") => Some("history"),
        Some((name, _)) => Some(name),
        None if has("errors") => Some("messages"),
        None => account::field_by_keys(value),
    }
}

/// Reads the lists of `value`; whether there was any.
fn read_lists<'a>(output: &mut Output<'a>, place: &Place<'_, 'a>, lists: &[List]) -> bool {
    let mut known = false;
    for (key, read) in lists {
        let Some(list) = place.value.get(key) else { continue };
        known = true;
        if !list.is_array() {
            let reason = format!("{key} is no list");
            output.unrecognised(place.channel.clone(), reason, list.raw().as_bytes(), || {
                place.around_member(key)
            });
        }
        for item in list.items() {
            read_item(output, place, key, item, *read);
        }
    }
    known
}

fn read_item<'d, 'a>(output: &mut Output<'a>, place: &Place<'d, 'a>, key: &str, item: Node<'d, 'a>, read: Read) {
    let reading = if item.is_object() {
        read(place, item)
    } else {
        Err("not an object".into())
    };
    let raw = item.raw().as_bytes();
    match reading {
        Ok(Some(event)) => {
            let contact = event.contact.clone();
            output.push(event, raw, || place.around_item(key, contact.as_ref()));
        }
        Ok(None) => {}
        Err(reason) => output.unrecognised(place.channel.clone(), reason, raw, || place.around_item(key, None)),
    }
}

/// Adds the whole change as not understood; the delivery where it has no entries.
fn not_understood<'a>(
    output: &mut Output<'a>,
    level: Level<'_, 'a>,
    change: Node<'_, 'a>,
    value: Option<Node<'_, 'a>>,
    reason: Cow<'static, str>,
) {
    let raw = if matches!(level, Level::Root) {
        output.delivery().body
    } else {
        change.raw().as_bytes()
    };
    output.unrecognised(place::channel(level, value), reason, raw, || level.around());
}
