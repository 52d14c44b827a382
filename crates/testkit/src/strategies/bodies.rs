//! Arbitrary bodies of events, one arm per kind.

use std::collections::BTreeMap;

use origem_domain::event::{
    AccountUpdate, Body, Call, CallEvent, Click, Command, Comment, ContactEdit, Conversion, DeliveryState, Direction,
    Edit, Kind, Media, Message, Offer, Outreach, Preference, PreferenceValue, Pricing, PricingModel,
    ProviderConversation, ProviderError, Reaction, Referral, Revoke, SentDetails, Status, Template, TicketFields, Via,
};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{arb_aliases, arb_amount, arb_text, arb_time};
use crate::samples::KINDS;

/// The body of an event of any kind.
pub fn arb_body() -> impl Strategy<Value = Body> {
    select(&KINDS[..]).prop_flat_map(arb_body_of)
}

/// The body of an event of `kind`.
pub fn arb_body_of(kind: Kind) -> BoxedStrategy<Body> {
    match kind {
        Kind::MessageReceived => (message(), option::of(referral()))
            .prop_map(|(message, referral)| Body::MessageReceived { message, referral })
            .boxed(),
        Kind::MessageSent => (message(), via(), maybe(), maybe(), option::of(template()))
            .prop_map(|(message, via, agent, campaign_id, template)| Body::MessageSent {
                message,
                details: SentDetails {
                    via,
                    agent,
                    campaign_id,
                    template,
                },
            })
            .boxed(),
        Kind::MessageStatus => status().prop_map(|status| Body::MessageStatus { status }).boxed(),
        Kind::MessageEdited => (arb_text(), maybe(), maybe())
            .prop_map(|(message_id, kind, text)| Body::MessageEdited {
                edit: Edit { message_id, kind, text },
            })
            .boxed(),
        Kind::MessageRevoked => arb_text()
            .prop_map(|message_id| Body::MessageRevoked {
                revoke: Revoke { message_id },
            })
            .boxed(),
        Kind::MessageReaction => (arb_text(), maybe())
            .prop_map(|(message_id, emoji)| Body::MessageReaction {
                reaction: Reaction { message_id, emoji },
            })
            .boxed(),
        Kind::ReferralOpened => option::of(referral())
            .prop_map(|referral| Body::ReferralOpened { referral })
            .boxed(),
        Kind::CommentReceived => (arb_text(), maybe(), maybe(), maybe(), maybe(), maybe())
            .prop_map(
                |(id, text, media_id, post_id, parent_id, ad_id)| Body::CommentReceived {
                    comment: Comment {
                        id,
                        text,
                        media_id,
                        post_id,
                        parent_id,
                        ad_id,
                    },
                },
            )
            .boxed(),
        Kind::CallReceived => {
            use CallEvent::{Accepted, Connect, Terminate};
            (
                arb_text(),
                select(&[Connect, Terminate, Accepted][..]),
                direction(),
                maybe(),
            )
                .prop_map(|(id, event, direction, payload)| Body::CallReceived {
                    call: Call {
                        id,
                        event,
                        direction,
                        payload,
                    },
                })
                .boxed()
        }
        Kind::IdentityChanged => (arb_aliases(), arb_aliases())
            .prop_map(|(from, to)| Body::IdentityChanged { from, to })
            .boxed(),
        Kind::PreferenceChanged => {
            use PreferenceValue::{Resume, Signup, Stop};
            (arb_text(), select(&[Stop, Resume, Signup][..]), maybe())
                .prop_map(|(category, value, signup_id)| Body::PreferenceChanged {
                    preference: Preference {
                        category,
                        value,
                        signup_id,
                    },
                })
                .boxed()
        }
        Kind::ConversionReported => (maybe(), arb_text(), maybe(), maybe(), option::of(arb_amount()))
            .prop_map(
                |(message_id, name, ctwa_clid, currency, value)| Body::ConversionReported {
                    conversion: Conversion {
                        message_id,
                        name,
                        ctwa_clid,
                        currency,
                        value,
                    },
                },
            )
            .boxed(),
        Kind::LinkClicked => (maybe(), maybe(), maybe(), map(), map(), maybe(), maybe(), maybe())
            .prop_map(
                |(id, code, link, utm, click_ids, referrer, device, visitor)| Body::LinkClicked {
                    click: Click {
                        id,
                        code,
                        link,
                        utm,
                        click_ids,
                        referrer,
                        device,
                        visitor,
                    },
                },
            )
            .boxed(),
        Kind::HistoryImported => (direction(), message())
            .prop_map(|(direction, message)| Body::HistoryImported { direction, message })
            .boxed(),
        Kind::AccountUpdated => (arb_text(), map())
            .prop_map(|(field, values)| Body::AccountUpdated {
                account_update: AccountUpdate { field, values },
            })
            .boxed(),
        Kind::Unrecognised => arb_text().prop_map(|reason| Body::Unrecognised { reason }).boxed(),
        Kind::TicketClaimed => command(Body::TicketClaimed),
        Kind::TicketAssigned => command(Body::TicketAssigned),
        Kind::TicketTransferred => command(Body::TicketTransferred),
        Kind::TicketFinished => command(Body::TicketFinished),
        Kind::TicketReopened => command(Body::TicketReopened),
        Kind::TicketTakenOver => command(Body::TicketTakenOver),
        Kind::NoteAdded => command(Body::NoteAdded),
        Kind::ContactEdited => command(Body::ContactEdited),
        Kind::StageSet => command(Body::StageSet),
        Kind::LeadLinked => command(Body::LeadLinked),
        Kind::OutreachRequested => command(Body::OutreachRequested),
    }
}

fn maybe() -> impl Strategy<Value = Option<String>> {
    option::of(arb_text())
}

/// Names without `field`, which an account update's JSON has beside them.
fn map() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map("[a-e_]{1,8}", arb_text(), 0..3)
}

fn direction() -> impl Strategy<Value = Direction> {
    select(&[Direction::In, Direction::Out][..])
}

fn via() -> impl Strategy<Value = Via> {
    let names = [
        "app",
        "web",
        "mobile",
        "api",
        "oto",
        "dito",
        "campaign",
        "bulk_web",
        "bulk_mobile",
        "salesforce",
    ];
    prop_oneof![4 => select(names.to_vec()).prop_map(Via::named), 1 => arb_text().prop_map(|name| Via::named(&name))]
}

fn message() -> impl Strategy<Value = Message> {
    let kind = prop_oneof![2 => Just("text".to_owned()), 1 => arb_text()];
    // Texts that carry marks, beside any others.
    let text = prop_oneof![
        3 => arb_text(),
        1 => "#[a-zA-Z0-9]{1,8} [a-z]{0,8}",
        1 => (0_u64..30_000_000).prop_map(|n| format!("oi [{}]", origem_domain::marks::code_from_number(n)))
    ];
    (
        maybe(),
        kind,
        option::of(text),
        maybe(),
        maybe(),
        option::of(media()),
        any::<bool>(),
    )
        .prop_map(|(id, kind, text, payload, reply_to, media, forwarded)| Message {
            id,
            kind,
            text,
            payload,
            reply_to,
            media,
            forwarded,
        })
}

fn media() -> impl Strategy<Value = Media> {
    (maybe(), maybe(), maybe(), maybe()).prop_map(|(id, mime_type, filename, url)| Media {
        id,
        mime_type,
        filename,
        url,
    })
}

fn template() -> impl Strategy<Value = Template> {
    (arb_text(), maybe(), maybe()).prop_map(|(name, language, category)| Template {
        name,
        language,
        category,
    })
}

fn referral() -> impl Strategy<Value = Referral> {
    (prop::collection::vec(maybe(), 19), any::<bool>()).prop_map(|(values, weak)| {
        let mut values = values.into_iter();
        let mut next = || values.next().flatten();
        Referral {
            source_type: next(),
            source_id: next(),
            source_url: next(),
            ctwa_clid: next(),
            headline: next(),
            body: next(),
            media_type: next(),
            image_url: next(),
            video_url: next(),
            thumbnail_url: next(),
            welcome_text: next(),
            ad_id: next(),
            reference: next(),
            source: next(),
            post_id: next(),
            product_id: next(),
            referer_uri: next(),
            entry_app: next(),
            entry_source: next(),
            weak,
        }
    })
}

fn status() -> impl Strategy<Value = Status> {
    use DeliveryState::{Deleted, Delivered, Failed, Played, Read, Sent, Warning};
    let state = select(&[Sent, Delivered, Read, Played, Failed, Deleted, Warning][..]);
    let error =
        (any::<i64>(), maybe(), maybe()).prop_map(|(code, title, details)| ProviderError { code, title, details });
    let model = option::of(select(&[PricingModel::Pmp, PricingModel::Cbp, PricingModel::Nbp][..]));
    let pricing = (model, maybe(), maybe(), maybe(), option::of(any::<bool>())).prop_map(
        |(model, kind, category, subtype, billable)| Pricing {
            model,
            kind,
            category,
            subtype,
            billable,
        },
    );
    let conversation = (maybe(), maybe(), option::of(arb_time()))
        .prop_map(|(id, origin, expires_at)| ProviderConversation { id, origin, expires_at });
    (
        maybe(),
        state,
        option::of(error),
        option::of(pricing),
        option::of(conversation),
        maybe(),
    )
        .prop_map(
            |(message_id, state, error, pricing, conversation, callback_data)| Status {
                message_id,
                state,
                error,
                pricing,
                conversation,
                callback_data,
            },
        )
}

fn outreach() -> impl Strategy<Value = Outreach> {
    let offer = (
        arb_text(),
        option::of(template()),
        maybe(),
        option::of(arb_amount()),
        maybe(),
        option::of(arb_time()),
    )
        .prop_map(|(way, template, charge, price, currency, until)| Offer {
            way,
            template,
            charge,
            price,
            currency,
            until,
        })
        .boxed();
    (maybe(), map(), maybe(), option::of(offer)).prop_map(|(template, variables, text, offer)| Outreach {
        template,
        variables,
        text,
        offer,
    })
}

/// In boxes: what there is in one piece is more than the stack of a test takes.
fn command(of: fn(Command) -> Body) -> BoxedStrategy<Body> {
    let ids = (maybe(), maybe(), maybe(), maybe(), maybe());
    let ticket = (ids, option::of(arb_amount()), maybe(), maybe(), maybe()).prop_map(
        |((id, assignee, team, classification, lead), value, currency, stage, note)| TicketFields {
            id,
            assignee,
            team,
            classification,
            value,
            currency,
            stage,
            lead,
            note,
        },
    );
    let contact_edit = (maybe(), maybe(), maybe()).prop_map(|(name, phone, email)| ContactEdit { name, phone, email });
    (
        ticket.boxed(),
        (maybe(), maybe()),
        option::of(any::<u64>()),
        option::of(via()).boxed(),
        option::of(contact_edit).boxed(),
        option::of(outreach().prop_map(Box::new)).boxed(),
    )
        .prop_map(move |(ticket, (agent, by), revision, via, contact_edit, outreach)| {
            of(Command {
                ticket,
                agent,
                by,
                revision,
                via,
                contact_edit,
                outreach,
            })
        })
        .boxed()
}
