//! Messages to events of the domain.

use origem_domain::alias as domain_alias;
use origem_domain::amount::Amount;
use origem_domain::event::{self as domain, Body as To, Via};

use crate::proto::event::Body;
use crate::proto::read::{NotUnderstood, time, word};
use crate::proto::{
    Alias, CallReceived, Command, EventContact, HistoryImported, IdentityChanged, Message, MessageReceived,
    MessageSent, MessageStatus, Offer, Outreach, PreferenceChanged, Pricing, ProviderConversation, Referral, Template,
    TicketFields,
};

pub(super) fn contact(contact: &EventContact) -> Result<domain::Contact, NotUnderstood> {
    Ok(domain::Contact {
        aliases: aliases("contact.aliases.kind", &contact.aliases)?,
        name: contact.name.clone(),
        username: contact.username.clone(),
        photo_url: contact.photo_url.clone(),
    })
}

fn aliases(field: &'static str, aliases: &[Alias]) -> Result<Vec<domain_alias::Alias>, NotUnderstood> {
    let alias = |alias: &Alias| {
        Ok(domain_alias::Alias {
            kind: word(field, &alias.kind)?,
            value: alias.value.clone(),
        })
    };
    aliases.iter().map(alias).collect()
}

pub(super) fn body(body: &Body) -> Result<To, NotUnderstood> {
    Ok(match body {
        Body::MessageReceived(body) => message_received(body)?,
        Body::MessageSent(body) => message_sent(body)?,
        Body::MessageStatus(body) => To::MessageStatus { status: status(body)? },
        Body::MessageEdited(body) => To::MessageEdited {
            edit: domain::Edit {
                message_id: body.message_id.clone(),
                kind: body.r#type.clone(),
                text: body.text.clone(),
            },
        },
        Body::MessageRevoked(body) => To::MessageRevoked {
            revoke: domain::Revoke {
                message_id: body.message_id.clone(),
            },
        },
        Body::MessageReaction(body) => To::MessageReaction {
            reaction: domain::Reaction {
                message_id: body.message_id.clone(),
                emoji: body.emoji.clone(),
            },
        },
        Body::ReferralOpened(body) => To::ReferralOpened {
            referral: body.referral.as_deref().map(referral),
        },
        Body::CommentReceived(body) => To::CommentReceived {
            comment: domain::Comment {
                id: body.id.clone(),
                text: body.text.clone(),
                media_id: body.media_id.clone(),
                post_id: body.post_id.clone(),
                parent_id: body.parent_id.clone(),
                ad_id: body.ad_id.clone(),
            },
        },
        Body::CallReceived(body) => To::CallReceived { call: call(body)? },
        Body::IdentityChanged(IdentityChanged { from, to }) => To::IdentityChanged {
            from: aliases("identity_changed.from.kind", from)?,
            to: aliases("identity_changed.to.kind", to)?,
        },
        Body::PreferenceChanged(body) => preference(body)?,
        Body::ConversionReported(body) => To::ConversionReported {
            conversion: domain::Conversion {
                message_id: body.message_id.clone(),
                name: body.name.clone(),
                ctwa_clid: body.ctwa_clid.clone(),
                currency: body.currency.clone(),
                value: body.value_micros.map(Amount),
            },
        },
        Body::LinkClicked(body) => To::LinkClicked {
            click: domain::Click {
                id: body.id.clone(),
                code: body.code.clone(),
                link: body.link.clone(),
                utm: body.utm.clone(),
                click_ids: body.click_ids.clone(),
                referrer: body.referrer.clone(),
                device: body.device.clone(),
                visitor: body.visitor.clone(),
            },
        },
        Body::HistoryImported(HistoryImported {
            direction,
            message: told,
        }) => To::HistoryImported {
            direction: word("history_imported.direction", direction)?,
            message: message("history_imported.message", told.as_ref())?,
        },
        Body::AccountUpdated(body) => To::AccountUpdated {
            account_update: domain::AccountUpdate {
                field: body.field.clone(),
                values: body.values.clone(),
            },
        },
        Body::Unrecognised(body) => To::Unrecognised {
            reason: body.reason.clone(),
        },
        Body::TicketClaimed(body) => To::TicketClaimed(command(body)?),
        Body::TicketAssigned(body) => To::TicketAssigned(command(body)?),
        Body::TicketTransferred(body) => To::TicketTransferred(command(body)?),
        Body::TicketFinished(body) => To::TicketFinished(command(body)?),
        Body::TicketReopened(body) => To::TicketReopened(command(body)?),
        Body::TicketTakenOver(body) => To::TicketTakenOver(command(body)?),
        Body::NoteAdded(body) => To::NoteAdded(command(body)?),
        Body::ContactEdited(body) => To::ContactEdited(command(body)?),
        Body::StageSet(body) => To::StageSet(command(body)?),
        Body::LeadLinked(body) => To::LeadLinked(command(body)?),
        Body::OutreachRequested(body) => To::OutreachRequested(command(body)?),
    })
}

fn message(field: &'static str, told: Option<&Message>) -> Result<domain::Message, NotUnderstood> {
    let told = told.ok_or(NotUnderstood::Missing(field))?;
    Ok(domain::Message {
        id: told.id.clone(),
        kind: told.r#type.clone().unwrap_or_else(|| "text".to_owned()),
        text: told.text.clone(),
        payload: told.payload.clone(),
        reply_to: told.reply_to.clone(),
        media: told.media.as_ref().map(|media| domain::Media {
            id: media.id.clone(),
            mime_type: media.mime_type.clone(),
            filename: media.filename.clone(),
            url: media.url.clone(),
        }),
        forwarded: told.forwarded,
    })
}

fn message_received(body: &MessageReceived) -> Result<To, NotUnderstood> {
    Ok(To::MessageReceived {
        message: message("message_received.message", body.message.as_ref())?,
        referral: body.referral.as_deref().map(referral),
    })
}

fn message_sent(body: &MessageSent) -> Result<To, NotUnderstood> {
    Ok(To::MessageSent {
        message: message("message_sent.message", body.message.as_ref())?,
        details: domain::SentDetails {
            via: body.via.as_deref().map(Via::named).unwrap_or_default(),
            agent: body.agent.clone(),
            campaign_id: body.campaign_id.clone(),
            template: body.template.as_ref().map(template),
        },
    })
}

fn template(template: &Template) -> domain::Template {
    domain::Template {
        name: template.name.clone(),
        language: template.language.clone(),
        category: template.category.clone(),
    }
}

fn status(body: &MessageStatus) -> Result<domain::Status, NotUnderstood> {
    Ok(domain::Status {
        message_id: body.message_id.clone(),
        state: word("message_status.state", &body.state)?,
        error: body.error.as_ref().map(|error| domain::ProviderError {
            code: error.code,
            title: error.title.clone(),
            details: error.details.clone(),
        }),
        pricing: body.pricing.as_ref().map(pricing).transpose()?,
        conversation: body.conversation.as_ref().map(provider_conversation).transpose()?,
        callback_data: body.callback_data.clone(),
    })
}

fn pricing(pricing: &Pricing) -> Result<domain::Pricing, NotUnderstood> {
    let model = pricing.model.as_deref();
    Ok(domain::Pricing {
        model: model
            .map(|model| word("message_status.pricing.model", model))
            .transpose()?,
        kind: pricing.r#type.clone(),
        category: pricing.category.clone(),
        subtype: pricing.subtype.clone(),
        billable: pricing.billable,
    })
}

fn provider_conversation(told: &ProviderConversation) -> Result<domain::ProviderConversation, NotUnderstood> {
    let expires_at = told.expires_at.as_ref();
    Ok(domain::ProviderConversation {
        id: told.id.clone(),
        origin: told.origin.clone(),
        expires_at: expires_at
            .map(|at| time("message_status.conversation.expires_at", at))
            .transpose()?,
    })
}

fn call(body: &CallReceived) -> Result<domain::Call, NotUnderstood> {
    Ok(domain::Call {
        id: body.id.clone(),
        event: word("call_received.event", &body.event)?,
        direction: word("call_received.direction", &body.direction)?,
        payload: body.payload.clone(),
    })
}

fn preference(body: &PreferenceChanged) -> Result<To, NotUnderstood> {
    Ok(To::PreferenceChanged {
        preference: domain::Preference {
            category: body.category.clone(),
            value: word("preference_changed.value", &body.value)?,
            signup_id: body.signup_id.clone(),
        },
    })
}

fn referral(referral: &Referral) -> domain::Referral {
    domain::Referral {
        source_type: referral.source_type.clone(),
        source_id: referral.source_id.clone(),
        source_url: referral.source_url.clone(),
        ctwa_clid: referral.ctwa_clid.clone(),
        headline: referral.headline.clone(),
        body: referral.body.clone(),
        media_type: referral.media_type.clone(),
        image_url: referral.image_url.clone(),
        video_url: referral.video_url.clone(),
        thumbnail_url: referral.thumbnail_url.clone(),
        welcome_text: referral.welcome_text.clone(),
        ad_id: referral.ad_id.clone(),
        reference: referral.r#ref.clone(),
        source: referral.source.clone(),
        post_id: referral.post_id.clone(),
        product_id: referral.product_id.clone(),
        referer_uri: referral.referer_uri.clone(),
        entry_app: referral.entry_app.clone(),
        entry_source: referral.entry_source.clone(),
        weak: referral.weak,
    }
}

fn command(command: &Command) -> Result<domain::Command, NotUnderstood> {
    Ok(domain::Command {
        ticket: command.ticket.as_ref().map(ticket).unwrap_or_default(),
        agent: command.agent.clone(),
        by: command.by.clone(),
        revision: command.revision,
        via: command.via.as_deref().map(Via::named),
        contact_edit: command.contact_edit.as_ref().map(|edit| domain::ContactEdit {
            name: edit.name.clone(),
            phone: edit.phone.clone(),
            email: edit.email.clone(),
        }),
        outreach: (command.outreach.as_ref().map(outreach).transpose()?).map(Box::new),
    })
}

fn outreach(outreach: &Outreach) -> Result<domain::Outreach, NotUnderstood> {
    Ok(domain::Outreach {
        template: outreach.template.clone(),
        variables: outreach.variables.clone(),
        text: outreach.text.clone(),
        offer: outreach.offer.as_ref().map(offer).transpose()?,
    })
}

fn offer(offer: &Offer) -> Result<domain::Offer, NotUnderstood> {
    let until = offer.until.as_ref();
    Ok(domain::Offer {
        way: offer.way.clone(),
        template: offer.template.as_ref().map(template),
        charge: offer.charge.clone(),
        price: offer.price_micros.map(Amount),
        currency: offer.currency.clone(),
        until: until.map(|at| time("outreach.offer.until", at)).transpose()?,
    })
}

fn ticket(ticket: &TicketFields) -> domain::TicketFields {
    domain::TicketFields {
        id: ticket.id.clone(),
        assignee: ticket.assignee.clone(),
        team: ticket.team.clone(),
        classification: ticket.classification.clone(),
        value: ticket.value_micros.map(Amount),
        currency: ticket.currency.clone(),
        stage: ticket.stage.clone(),
        lead: ticket.lead.clone(),
        note: ticket.note.clone(),
    }
}
