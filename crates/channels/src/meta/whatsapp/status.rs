//! Reports on messages of ours. Source: reference/meta-platform.md 1.7.

use origem_domain::event::{
    Body, DeliveryState, Group, Pricing, PricingModel, ProviderConversation, ProviderError, Status,
};

use super::Reading;
use super::content::snake_case;
use super::identity::Person;
use super::place::Place;
use crate::json::Node;
use crate::time;

/// The parent id is spelled in three ways in Meta's own pages.
const RECIPIENT_USERS: &[&str] = &[
    "recipient_user_id",
    "parent_recipient_user_id",
    "recipient_parent_user_id",
    "parent_user_id",
];
/// Who of a group, in all spellings.
const PARTICIPANT: &[&str] = &["recipient_participant_id", "participant_recipient_id"];
const PARTICIPANT_USERS: &[&str] = &[
    "recipient_participant_user_id",
    "participant_recipient_user_id",
    "recipient_participant_parent_user_id",
    "parent_recipient_participant_user_id",
    "parent_user_id",
];

/// Reads one element of `statuses`.
pub(super) fn read<'d, 'a>(place: &Place<'d, 'a>, node: Node<'d, 'a>) -> Reading {
    let state = node.word("status").ok_or("status without state")?;
    let state = state_named(&state).ok_or_else(|| format!("status {state}"))?;
    // A status without id would be taken for a watermark over all messages.
    let message_id = node.word("id").ok_or("status without message id")?;
    let is_group = node
        .word("recipient_type")
        .is_some_and(|kind| kind.eq_ignore_ascii_case("group"));
    let group = if is_group {
        node.word("recipient_id")
    } else {
        node.word("group_id")
    };
    let person = if group.is_some() {
        Person::of_item(node, PARTICIPANT, PARTICIPANT_USERS)
    } else {
        Person::of_item(node, &["recipient_id"], RECIPIENT_USERS)
    };
    let status = Status {
        message_id: Some(message_id),
        state,
        error: node.list("errors").find(|error| error.is_object()).map(error),
        pricing: node.get("pricing").and_then(pricing),
        conversation: node.get("conversation").and_then(conversation),
        callback_data: node.text("biz_opaque_callback_data"),
    };
    let contact = place.with_contact(person).into_contact();
    let mut event = place.event(place.at(node), contact, Body::MessageStatus { status });
    event.group = group.map(|id| Group { id });
    Ok(Some(event))
}

fn state_named(name: &str) -> Option<DeliveryState> {
    const ALL: [DeliveryState; 7] = [
        DeliveryState::Sent,
        DeliveryState::Delivered,
        DeliveryState::Read,
        DeliveryState::Played,
        DeliveryState::Failed,
        DeliveryState::Deleted,
        DeliveryState::Warning,
    ];
    ALL.into_iter().find(|state| state.name().eq_ignore_ascii_case(name))
}

/// An error with its number; one without is number 0.
pub(super) fn error(node: Node<'_, '_>) -> ProviderError {
    ProviderError {
        code: node.word("code").and_then(|code| code.parse().ok()).unwrap_or(0),
        title: node.text("title").or_else(|| node.text("message")),
        details: node
            .get("error_data")
            .and_then(|data| data.text("details"))
            .or_else(|| node.text("details"))
            .or_else(|| {
                node.text("title")
                    .and_then(|title| node.text("message").filter(|message| *message != title))
            }),
    }
}

/// Hyphens and capitals are the provider's whim: `authentication-international` here, with an underscore elsewhere.
fn pricing(node: Node<'_, '_>) -> Option<Pricing> {
    let word = |key| node.word(key).map(|word| snake_case(&word));
    let model = word("pricing_model").and_then(|model| match model.as_str() {
        "pmp" => Some(PricingModel::Pmp),
        "cbp" => Some(PricingModel::Cbp),
        "nbp" => Some(PricingModel::Nbp),
        _ => None,
    });
    let pricing = Pricing {
        model,
        kind: word("type"),
        category: word("category"),
        subtype: word("subtype"),
        billable: node.flag("billable"),
    };
    (pricing != Pricing::default()).then_some(pricing)
}

/// An end before 2015 is none; it may well be in the future.
fn conversation(node: Node<'_, '_>) -> Option<ProviderConversation> {
    let expires_at = node.get("expiration_timestamp").and_then(time::read);
    let conversation = ProviderConversation {
        id: node.word("id"),
        origin: node
            .get("origin")
            .and_then(|origin| origin.word("type"))
            .map(|word| snake_case(&word)),
        expires_at: expires_at.filter(|at| time::is_sensible(*at, *at)),
    };
    (conversation != ProviderConversation::default()).then_some(conversation)
}
