//! What customers chose and did besides writing: preferences, link clicks, conversions. Source: reference/meta-platform.md 1.9.

use std::collections::BTreeMap;

use origem_domain::amount::Amount;
use origem_domain::event::{Body, Click, Contact, Conversion, Preference, PreferenceValue};

use super::Reading;
use super::identity::Person;
use super::place::Place;
use crate::json::Node;

/// Reads one element of `user_preferences`.
pub(super) fn read<'d, 'a>(place: &Place<'d, 'a>, node: Node<'d, 'a>) -> Reading {
    let value = match node.word("value").unwrap_or_default().to_ascii_lowercase().as_str() {
        "stop" => PreferenceValue::Stop,
        "resume" => PreferenceValue::Resume,
        "signup" => PreferenceValue::Signup,
        other => return Err(format!("preference {other}").into()),
    };
    let category = node.word("category").unwrap_or_else(|| "marketing_messages".to_owned());
    let contact = customer(place, node).ok_or("preference without customer")?;
    let preference = Preference {
        category,
        value,
        signup_id: node.word("signup_id"),
    };
    Ok(Some(place.event(
        place.at(node),
        Some(contact),
        Body::PreferenceChanged { preference },
    )))
}

/// Reads one element of `automatic_events`: a lead or purchase Meta noticed in an ad thread.
pub(super) fn read_conversion<'d, 'a>(place: &Place<'d, 'a>, node: Node<'d, 'a>) -> Reading {
    let data = node.get("custom_data");
    let conversion = Conversion {
        message_id: node.word("id"),
        name: node.word("event_name").ok_or("automatic event without name")?,
        ctwa_clid: node.text("ctwa_clid"),
        currency: data.and_then(|data| data.word("currency")),
        value: data
            .and_then(|data| data.word("value"))
            .and_then(|value| Amount::parse(&value)),
    };
    Ok(Some(place.event(
        place.at(node),
        customer(place, node),
        Body::ConversionReported { conversion },
    )))
}

/// Reads one element of `user_actions`: a click on a link of a marketing message.
pub(super) fn read_click<'d, 'a>(place: &Place<'d, 'a>, node: Node<'d, 'a>) -> Reading {
    match node.word("action_type").as_deref() {
        Some("marketing_messages_link_click") => {}
        other => return Err(format!("user action {}", other.unwrap_or_default()).into()),
    }
    let data = node
        .get("marketing_messages_link_click_data")
        .ok_or("link click without data")?;
    let kept = ["tracking_token", "product_id"].into_iter();
    let click_ids: BTreeMap<String, String> = kept.filter_map(|key| Some((key.to_owned(), data.text(key)?))).collect();
    let click = Click {
        id: data.text("click_id"),
        click_ids,
        ..Click::default()
    };
    Ok(Some(place.event(
        place.at(node),
        customer(place, node),
        Body::LinkClicked { click },
    )))
}

/// Whom an item is about: by its own ids, else the only contact beside it.
fn customer(place: &Place<'_, '_>, node: Node<'_, '_>) -> Option<Contact> {
    let person = Person::of_item(
        node,
        &["wa_id", "from"],
        &["user_id", "from_user_id", "parent_user_id", "from_parent_user_id"],
    );
    place.with_contact(person).into_contact()
}
