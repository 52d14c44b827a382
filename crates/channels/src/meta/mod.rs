//! Meta's webhooks: WhatsApp Cloud API, Messenger and Instagram, told apart by `object`.
//!
//! Some deliveries of Meta's own test buttons and samples have no `object`, and no `entry` either; then what stands in them
//! decides. Source: reference/meta-platform.md 1.1, 1.8, 2.1.

mod messaging;
mod whatsapp;

use crate::json::{Doc, Node};
use crate::{Decoded, Delivery, output};

/// The events of one webhook body.
pub(crate) fn decode<'a>(delivery: &Delivery<'a>) -> Vec<Decoded<'a>> {
    let doc = match Doc::parse(delivery.body) {
        Ok(doc) => doc,
        Err(reason) => return output::unrecognised(delivery, reason.to_string()),
    };
    let root = doc.root();
    match root.word("object").as_deref() {
        Some("whatsapp_business_account") => whatsapp::decode(delivery, root),
        Some("page" | "instagram") => messaging::decode(delivery, root),
        Some(other) => output::unrecognised(delivery, format!("object {other}")),
        None if is_whatsapp(root) => whatsapp::decode(delivery, root),
        None if root.is_object() => messaging::decode(delivery, root),
        None => output::unrecognised(delivery, "not an object"),
    }
}

/// A delivery without `object` is WhatsApp's if what stands in it names that product or one of its numbers.
fn is_whatsapp(root: Node<'_, '_>) -> bool {
    let is_value = |value: Node<'_, '_>| {
        value.word("messaging_product").as_deref() == Some("whatsapp")
            || value.path(&["metadata", "phone_number_id"]).is_some()
    };
    let is_change = |change: Node<'_, '_>| {
        change.get("value").is_some_and(is_value)
            || change.word("field").is_some_and(|field| whatsapp::is_own_field(&field))
    };
    is_value(root)
        || is_change(root)
        || root
            .list("entry")
            .any(|entry| entry.list("changes").any(is_change) || is_change(entry))
}
