//! The structure of what providers report: statuses and referrals.

use origem_domain::event::{
    DeliveryState, Pricing, PricingModel, ProviderConversation, ProviderError, Referral, Status,
};
use origem_domain::time::Timestamp;

use crate::numbers::Numbered as _;
use crate::wire;

pub(crate) fn status_to_wire(status: &Status) -> wire::MessageStatus {
    let Status {
        message_id: _,
        state,
        error,
        pricing,
        conversation,
        callback_data,
    } = status.clone();
    wire::MessageStatus {
        state: state.number(),
        error: error.map(
            |ProviderError {
                 code,
                 title,
                 details: _,
             }| wire::ProviderError { code, title },
        ),
        pricing: pricing.map(
            |Pricing {
                 model,
                 kind,
                 category,
                 subtype,
                 billable,
             }| wire::Pricing {
                model: model.map(PricingModel::number).unwrap_or_default(),
                r#type: kind,
                category,
                subtype,
                billable,
            },
        ),
        conversation: conversation.map(
            |ProviderConversation { id, origin, expires_at }| wire::ProviderConversation {
                id,
                origin,
                expires_at: expires_at.map(Timestamp::micros),
            },
        ),
        callback_data,
    }
}

/// `None` if the state is one of a newer writer.
pub(crate) fn status_from_wire(status: wire::MessageStatus, texts: &mut wire::Texts) -> Option<Status> {
    let wire::MessageStatus {
        state,
        error,
        pricing,
        conversation,
        callback_data,
    } = status;
    Some(Status {
        message_id: texts.id.take(),
        state: DeliveryState::known(state)?,
        error: error.map(|wire::ProviderError { code, title }| ProviderError {
            code,
            title,
            details: texts.text.take(),
        }),
        pricing: pricing.map(
            |wire::Pricing {
                 model,
                 r#type,
                 category,
                 subtype,
                 billable,
             }| Pricing {
                model: PricingModel::known(model),
                kind: r#type,
                category,
                subtype,
                billable,
            },
        ),
        conversation: conversation.map(
            |wire::ProviderConversation { id, origin, expires_at }| ProviderConversation {
                id,
                origin,
                expires_at: expires_at.map(Timestamp::from_micros),
            },
        ),
        callback_data,
    })
}

/// The fields of a referral are the same on both sides, but for the name of `ref`.
macro_rules! referral {
    ($from:expr => $to:path { $($field:ident)*; $source:ident => $target:ident }) => {{
        let referral = $from;
        $to { $($field: referral.$field,)* $target: referral.$source }
    }};
}

pub(crate) fn referral_to_wire(referral: &Referral) -> Box<wire::Referral> {
    Box::new(referral!(referral.clone() => wire::Referral {
        source_type source_id source_url ctwa_clid headline body media_type image_url video_url thumbnail_url welcome_text
        ad_id source post_id product_id referer_uri entry_app entry_source weak; reference => r#ref
    }))
}

#[allow(clippy::boxed_local)] // the generated field is boxed; moving the referral out here saves moving it twice
pub(crate) fn referral_from_wire(referral: Box<wire::Referral>) -> Referral {
    referral!(*referral => Referral {
        source_type source_id source_url ctwa_clid headline body media_type image_url video_url thumbnail_url welcome_text
        ad_id source post_id product_id referer_uri entry_app entry_source weak; r#ref => reference
    })
}
