//! Events of the domain to messages.

use origem_domain::alias as domain_alias;
use origem_domain::event as domain;
use origem_domain::event::{Body as From, CallEvent, Direction, PreferenceValue, PricingModel, TimeSource};

use crate::proto::event::Body;
use crate::proto::{
    AccountUpdated, Alias, CallReceived, Channel, Command, CommentReceived, ContactEdit, ConversionReported, Event,
    EventContact, Group, HistoryImported, IdentityChanged, LinkClicked, Media, Message, MessageEdited, MessageReaction,
    MessageReceived, MessageRevoked, MessageSent, MessageStatus, Offer, Outreach, PreferenceChanged, Pricing,
    ProviderConversation, ProviderError, Referral, ReferralOpened, Template, TicketFields, Unrecognised, timestamp,
};

pub(super) fn event(event: &domain::Event) -> Event {
    Event {
        account: Some(event.account.clone()),
        channel: Some(Channel {
            kind: event.channel.kind.name().to_owned(),
            id: event.channel.id.clone(),
        }),
        contact: event.contact.as_ref().map(|contact| EventContact {
            aliases: aliases(&contact.aliases),
            name: contact.name.clone(),
            username: contact.username.clone(),
            photo_url: contact.photo_url.clone(),
        }),
        group: event.group.as_ref().map(|group| Group { id: group.id.clone() }),
        occurred_at: Some(timestamp(event.occurred_at)),
        time_source: match event.time_source {
            TimeSource::Payload => None,
            TimeSource::Received => Some("received".to_owned()),
        },
        dedup_key: Some(event.dedup_key.clone()),
        provider: event.provider.clone(),
        oddities: event.oddities.clone(),
        body: Some(body(&event.body)),
    }
}

fn body(body: &From) -> Body {
    match body {
        From::MessageReceived {
            message: told,
            referral: through,
        } => Body::MessageReceived(MessageReceived {
            message: Some(message(told)),
            referral: through.as_ref().map(|through| Box::new(referral(through))),
        }),
        From::MessageSent { message: told, details } => Body::MessageSent(message_sent(told, details)),
        From::MessageStatus { status } => Body::MessageStatus(message_status(status)),
        From::MessageEdited { edit } => Body::MessageEdited(MessageEdited {
            message_id: edit.message_id.clone(),
            r#type: edit.kind.clone(),
            text: edit.text.clone(),
        }),
        From::MessageRevoked { revoke } => Body::MessageRevoked(MessageRevoked {
            message_id: revoke.message_id.clone(),
        }),
        From::MessageReaction { reaction } => Body::MessageReaction(MessageReaction {
            message_id: reaction.message_id.clone(),
            emoji: reaction.emoji.clone(),
        }),
        From::ReferralOpened { referral: through } => Body::ReferralOpened(ReferralOpened {
            referral: through.as_ref().map(|through| Box::new(referral(through))),
        }),
        From::CommentReceived { comment } => Body::CommentReceived(CommentReceived {
            id: comment.id.clone(),
            text: comment.text.clone(),
            media_id: comment.media_id.clone(),
            post_id: comment.post_id.clone(),
            parent_id: comment.parent_id.clone(),
            ad_id: comment.ad_id.clone(),
        }),
        From::CallReceived { call } => Body::CallReceived(CallReceived {
            id: call.id.clone(),
            event: match call.event {
                CallEvent::Connect => "connect",
                CallEvent::Terminate => "terminate",
                CallEvent::Accepted => "accepted",
            }
            .to_owned(),
            direction: direction(call.direction),
            payload: call.payload.clone(),
        }),
        From::IdentityChanged { from, to } => Body::IdentityChanged(IdentityChanged {
            from: aliases(from),
            to: aliases(to),
        }),
        From::PreferenceChanged { preference } => Body::PreferenceChanged(PreferenceChanged {
            category: preference.category.clone(),
            value: match preference.value {
                PreferenceValue::Stop => "stop",
                PreferenceValue::Resume => "resume",
                PreferenceValue::Signup => "signup",
            }
            .to_owned(),
            signup_id: preference.signup_id.clone(),
        }),
        From::ConversionReported { conversion } => Body::ConversionReported(ConversionReported {
            message_id: conversion.message_id.clone(),
            name: conversion.name.clone(),
            ctwa_clid: conversion.ctwa_clid.clone(),
            currency: conversion.currency.clone(),
            value_micros: conversion.value.map(|value| value.0),
        }),
        From::LinkClicked { click } => Body::LinkClicked(LinkClicked {
            id: click.id.clone(),
            code: click.code.clone(),
            link: click.link.clone(),
            utm: click.utm.clone(),
            click_ids: click.click_ids.clone(),
            referrer: click.referrer.clone(),
            device: click.device.clone(),
            visitor: click.visitor.clone(),
        }),
        From::HistoryImported {
            direction: who,
            message: told,
        } => Body::HistoryImported(HistoryImported {
            direction: direction(*who),
            message: Some(message(told)),
        }),
        From::AccountUpdated { account_update } => Body::AccountUpdated(AccountUpdated {
            field: account_update.field.clone(),
            values: account_update.values.clone(),
        }),
        From::Unrecognised { reason } => Body::Unrecognised(Unrecognised { reason: reason.clone() }),
        From::TicketClaimed(told) => Body::TicketClaimed(command(told)),
        From::TicketAssigned(told) => Body::TicketAssigned(command(told)),
        From::TicketTransferred(told) => Body::TicketTransferred(command(told)),
        From::TicketFinished(told) => Body::TicketFinished(command(told)),
        From::TicketReopened(told) => Body::TicketReopened(command(told)),
        From::TicketTakenOver(told) => Body::TicketTakenOver(command(told)),
        From::NoteAdded(told) => Body::NoteAdded(command(told)),
        From::ContactEdited(told) => Body::ContactEdited(command(told)),
        From::StageSet(told) => Body::StageSet(command(told)),
        From::LeadLinked(told) => Body::LeadLinked(command(told)),
        From::OutreachRequested(told) => Body::OutreachRequested(command(told)),
    }
}

fn aliases(aliases: &[domain_alias::Alias]) -> Vec<Alias> {
    let alias = |alias: &domain_alias::Alias| Alias {
        kind: alias.kind.name().to_owned(),
        value: alias.value.clone(),
    };
    aliases.iter().map(alias).collect()
}

fn direction(direction: Direction) -> String {
    match direction {
        Direction::In => "in",
        Direction::Out => "out",
    }
    .to_owned()
}

fn message(message: &domain::Message) -> Message {
    Message {
        id: message.id.clone(),
        r#type: Some(message.kind.clone()),
        text: message.text.clone(),
        payload: message.payload.clone(),
        reply_to: message.reply_to.clone(),
        media: message.media.as_ref().map(|media| Media {
            id: media.id.clone(),
            mime_type: media.mime_type.clone(),
            filename: media.filename.clone(),
            url: media.url.clone(),
        }),
        forwarded: message.forwarded,
    }
}

fn message_sent(told: &domain::Message, details: &domain::SentDetails) -> MessageSent {
    MessageSent {
        message: Some(message(told)),
        via: Some(details.via.name().to_owned()),
        agent: details.agent.clone(),
        campaign_id: details.campaign_id.clone(),
        template: details.template.as_ref().map(template),
    }
}

fn template(template: &domain::Template) -> Template {
    Template {
        name: template.name.clone(),
        language: template.language.clone(),
        category: template.category.clone(),
    }
}

fn message_status(status: &domain::Status) -> MessageStatus {
    MessageStatus {
        message_id: status.message_id.clone(),
        state: status.state.name().to_owned(),
        error: status.error.as_ref().map(|error| ProviderError {
            code: error.code,
            title: error.title.clone(),
            details: error.details.clone(),
        }),
        pricing: status.pricing.as_ref().map(|pricing| Pricing {
            model: pricing.model.map(|model| {
                match model {
                    PricingModel::Pmp => "pmp",
                    PricingModel::Cbp => "cbp",
                    PricingModel::Nbp => "nbp",
                }
                .to_owned()
            }),
            r#type: pricing.kind.clone(),
            category: pricing.category.clone(),
            subtype: pricing.subtype.clone(),
            billable: pricing.billable,
        }),
        conversation: status.conversation.as_ref().map(|conversation| ProviderConversation {
            id: conversation.id.clone(),
            origin: conversation.origin.clone(),
            expires_at: conversation.expires_at.map(timestamp),
        }),
        callback_data: status.callback_data.clone(),
    }
}

fn referral(referral: &domain::Referral) -> Referral {
    Referral {
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
        r#ref: referral.reference.clone(),
        source: referral.source.clone(),
        post_id: referral.post_id.clone(),
        product_id: referral.product_id.clone(),
        referer_uri: referral.referer_uri.clone(),
        entry_app: referral.entry_app.clone(),
        entry_source: referral.entry_source.clone(),
        weak: referral.weak,
    }
}

fn command(command: &domain::Command) -> Command {
    Command {
        ticket: Some(TicketFields {
            id: command.ticket.id.clone(),
            assignee: command.ticket.assignee.clone(),
            team: command.ticket.team.clone(),
            classification: command.ticket.classification.clone(),
            value_micros: command.ticket.value.map(|value| value.0),
            currency: command.ticket.currency.clone(),
            stage: command.ticket.stage.clone(),
            lead: command.ticket.lead.clone(),
            note: command.ticket.note.clone(),
        }),
        agent: command.agent.clone(),
        by: command.by.clone(),
        revision: command.revision,
        via: command.via.as_ref().map(|via| via.name().to_owned()),
        contact_edit: command.contact_edit.as_ref().map(|edit| ContactEdit {
            name: edit.name.clone(),
            phone: edit.phone.clone(),
            email: edit.email.clone(),
        }),
        outreach: command.outreach.as_deref().map(outreach),
    }
}

fn outreach(outreach: &domain::Outreach) -> Outreach {
    Outreach {
        template: outreach.template.clone(),
        variables: outreach.variables.clone(),
        text: outreach.text.clone(),
        offer: outreach.offer.as_ref().map(|offer| Offer {
            way: offer.way.clone(),
            template: offer.template.as_ref().map(template),
            charge: offer.charge.clone(),
            price_micros: offer.price.map(|price| price.0),
            currency: offer.currency.clone(),
            until: offer.until.map(timestamp),
        }),
    }
}
