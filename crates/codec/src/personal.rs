//! The texts of an event: what is taken out of it into the personal part. They are put back where the structure is decoded,
//! by taking from [`wire::Texts`]; what is not there stays missing.

use origem_domain::alias::Alias;
use origem_domain::event::{Body, Call, Command, Comment, ContactEdit, Edit, Event, Media, Message};

use crate::wire;
use crate::wire::texts::Dedup;

/// The texts of `event`.
pub(crate) fn texts(event: &Event) -> wire::Texts {
    let mut texts = wire::Texts::default();
    if let Some(contact) = &event.contact {
        texts.aliases = values(&contact.aliases);
        texts.name.clone_from(&contact.name);
        texts.username.clone_from(&contact.username);
        texts.photo_url.clone_from(&contact.photo_url);
    }
    texts.group_id = event.group.as_ref().map(|group| group.id.clone());
    of_body(&event.body, &mut texts);
    texts.dedup = dedup(&event.dedup_key, texts.id.as_deref());
    texts
}

/// Most dedup keys are the id, or begin with it: it is not stored twice.
fn dedup(key: &str, id: Option<&str>) -> Option<Dedup> {
    if key.is_empty() {
        return None;
    }
    Some(match id.and_then(|id| key.strip_prefix(id)) {
        Some(rest) => Dedup::DedupAfterId(rest.to_owned()),
        None => Dedup::DedupKey(key.to_owned()),
    })
}

/// The dedup key of an event with these texts; empty if they are erased.
pub(crate) fn dedup_key(texts: &mut wire::Texts) -> String {
    match texts.dedup.take() {
        None => String::new(),
        Some(Dedup::DedupKey(key)) => key,
        Some(Dedup::DedupAfterId(mut rest)) => {
            rest.insert_str(0, texts.id.as_deref().unwrap_or_default());
            rest
        }
    }
}

fn of_body(body: &Body, texts: &mut wire::Texts) {
    match body {
        Body::MessageReceived { message, .. }
        | Body::MessageSent { message, .. }
        | Body::HistoryImported { message, .. } => of_message(message, texts),
        Body::MessageStatus { status } => {
            texts.id.clone_from(&status.message_id);
            texts.text = status.error.as_ref().and_then(|error| error.details.clone());
        }
        Body::MessageEdited {
            edit: Edit {
                message_id,
                kind: _,
                text,
            },
        } => {
            texts.id = Some(message_id.clone());
            texts.text.clone_from(text);
        }
        Body::MessageRevoked { revoke } => texts.id = Some(revoke.message_id.clone()),
        Body::MessageReaction { reaction } => {
            texts.id = Some(reaction.message_id.clone());
            texts.text.clone_from(&reaction.emoji);
        }
        Body::CommentReceived {
            comment:
                Comment {
                    id,
                    text,
                    parent_id,
                    media_id: _,
                    post_id: _,
                    ad_id: _,
                },
        } => {
            texts.id = Some(id.clone());
            texts.text.clone_from(text);
            texts.reply_to.clone_from(parent_id);
        }
        Body::CallReceived {
            call:
                Call {
                    id,
                    payload,
                    event: _,
                    direction: _,
                },
        } => {
            texts.id = Some(id.clone());
            texts.payload.clone_from(payload);
        }
        Body::IdentityChanged { from, to } => {
            texts.from = values(from);
            texts.to = values(to);
        }
        Body::ConversionReported { conversion } => texts.id.clone_from(&conversion.message_id),
        Body::Unrecognised { reason } => texts.text = Some(reason.clone()),
        Body::ReferralOpened { .. }
        | Body::PreferenceChanged { .. }
        | Body::LinkClicked { .. }
        | Body::AccountUpdated { .. } => {}
        Body::TicketClaimed(command)
        | Body::TicketAssigned(command)
        | Body::TicketTransferred(command)
        | Body::TicketFinished(command)
        | Body::TicketReopened(command)
        | Body::TicketTakenOver(command)
        | Body::NoteAdded(command)
        | Body::ContactEdited(command)
        | Body::StageSet(command)
        | Body::LeadLinked(command)
        | Body::OutreachRequested(command) => of_command(command, texts),
    }
}

fn of_message(message: &Message, texts: &mut wire::Texts) {
    let Message {
        id,
        kind: _,
        text,
        payload,
        reply_to,
        media,
        forwarded: _,
    } = message;
    texts.id.clone_from(id);
    texts.text.clone_from(text);
    texts.payload.clone_from(payload);
    texts.reply_to.clone_from(reply_to);
    texts.media = media.clone().map(
        |Media {
             id,
             mime_type,
             filename,
             url,
         }| wire::Media {
            id,
            mime_type,
            filename,
            url,
        },
    );
}

fn of_command(command: &Command, texts: &mut wire::Texts) {
    texts.text.clone_from(&command.ticket.note);
    texts.contact_edit = command
        .contact_edit
        .clone()
        .map(|ContactEdit { name, phone, email }| wire::ContactEdit { name, phone, email });
    texts.outreach = command.outreach.as_deref().map(|outreach| wire::OutreachTexts {
        text: outreach.text.clone(),
        variables: outreach.variables.clone(),
    });
}

fn values(aliases: &[Alias]) -> Vec<String> {
    aliases.iter().map(|alias| alias.value.clone()).collect()
}
