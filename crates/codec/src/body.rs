//! The structure of each kind of event, one arm per kind in each direction.

use origem_domain::amount::Amount;
use origem_domain::event::{
    AccountUpdate, Body, Call, CallEvent, Click, Comment, Conversion, Direction, Edit, Media, Message, Preference,
    PreferenceValue, Reaction, Revoke, SentDetails, Template,
};
use origem_domain::key::Keys;

use crate::numbers::{Numbered as _, via_known, via_number};
use crate::wire::structure::Body as WireBody;
use crate::{command, keys, reported, wire};

/// The structure of `body`.
pub(crate) fn to_wire(body: &Body, event_keys: &Keys) -> WireBody {
    match body {
        Body::MessageReceived { message, referral } => WireBody::MessageReceived(wire::MessageReceived {
            r#type: type_to_wire(&message.kind),
            forwarded: message.forwarded,
            referral: referral.as_ref().map(reported::referral_to_wire),
        }),
        Body::MessageSent { message, details } => WireBody::MessageSent(sent_to_wire(message, details)),
        Body::MessageStatus { status } => WireBody::MessageStatus(reported::status_to_wire(status)),
        Body::MessageEdited { edit } => WireBody::MessageEdited(wire::MessageEdited {
            r#type: edit.kind.clone(),
        }),
        Body::MessageRevoked {
            revoke: Revoke { message_id: _ },
        } => WireBody::MessageRevoked(wire::MessageRevoked {}),
        Body::MessageReaction {
            reaction: Reaction { message_id: _, emoji },
        } => WireBody::MessageReaction(wire::MessageReaction { given: emoji.is_some() }),
        Body::ReferralOpened { referral } => WireBody::ReferralOpened(wire::ReferralOpened {
            referral: referral.as_ref().map(reported::referral_to_wire),
        }),
        Body::CommentReceived { comment } => WireBody::CommentReceived(wire::CommentReceived {
            media_id: comment.media_id.clone(),
            post_id: comment.post_id.clone(),
            ad_id: comment.ad_id.clone(),
        }),
        Body::CallReceived { call } => WireBody::CallReceived(wire::CallReceived {
            event: call.event.number(),
            direction: call.direction.number(),
        }),
        Body::IdentityChanged { .. } => WireBody::IdentityChanged(wire::IdentityChanged {
            from: keys::alias_keys_to_wire(&event_keys.from),
            to: keys::alias_keys_to_wire(&event_keys.to),
        }),
        Body::PreferenceChanged { preference } => {
            let Preference {
                category,
                value,
                signup_id,
            } = preference.clone();
            WireBody::PreferenceChanged(wire::PreferenceChanged {
                category,
                value: value.number(),
                signup_id,
            })
        }
        Body::ConversionReported { conversion } => {
            let Conversion {
                message_id: _,
                name,
                ctwa_clid,
                currency,
                value,
            } = conversion.clone();
            let value = value.map(|amount| amount.0);
            WireBody::ConversionReported(wire::ConversionReported {
                name,
                ctwa_clid,
                currency,
                value,
            })
        }
        Body::LinkClicked { click } => {
            let Click {
                id,
                code,
                link,
                utm,
                click_ids,
                referrer,
                device,
                visitor,
            } = click.clone();
            WireBody::LinkClicked(wire::LinkClicked {
                id,
                code,
                link,
                utm,
                click_ids,
                referrer,
                device,
                visitor,
            })
        }
        Body::HistoryImported { direction, message } => WireBody::HistoryImported(wire::HistoryImported {
            direction: direction.number(),
            r#type: type_to_wire(&message.kind),
            forwarded: message.forwarded,
        }),
        Body::AccountUpdated { account_update } => {
            let AccountUpdate { field, values } = account_update.clone();
            WireBody::AccountUpdated(wire::AccountUpdated { field, values })
        }
        Body::Unrecognised { reason: _ } => WireBody::Unrecognised(wire::Unrecognised {}),
        Body::TicketClaimed(it) => WireBody::TicketClaimed(command::to_wire(it)),
        Body::TicketAssigned(it) => WireBody::TicketAssigned(command::to_wire(it)),
        Body::TicketTransferred(it) => WireBody::TicketTransferred(command::to_wire(it)),
        Body::TicketFinished(it) => WireBody::TicketFinished(command::to_wire(it)),
        Body::TicketReopened(it) => WireBody::TicketReopened(command::to_wire(it)),
        Body::TicketTakenOver(it) => WireBody::TicketTakenOver(command::to_wire(it)),
        Body::NoteAdded(it) => WireBody::NoteAdded(command::to_wire(it)),
        Body::ContactEdited(it) => WireBody::ContactEdited(command::to_wire(it)),
        Body::StageSet(it) => WireBody::StageSet(command::to_wire(it)),
        Body::LeadLinked(it) => WireBody::LeadLinked(command::to_wire(it)),
        Body::OutreachRequested(it) => WireBody::OutreachRequested(command::to_wire(it)),
    }
}

/// The event of a structure and its texts; texts that are erased stay missing. `None` if a number that decides what the
/// event means is one of a newer writer.
pub(crate) fn from_wire(body: WireBody, texts: &mut wire::Texts) -> Option<Body> {
    Some(match body {
        WireBody::MessageReceived(wire::MessageReceived {
            r#type,
            forwarded,
            referral,
        }) => Body::MessageReceived {
            message: message(r#type, forwarded, texts),
            referral: referral.map(reported::referral_from_wire),
        },
        WireBody::MessageSent(it) => sent_from_wire(it, texts),
        WireBody::MessageStatus(it) => Body::MessageStatus {
            status: reported::status_from_wire(it, texts)?,
        },
        WireBody::MessageEdited(it) => Body::MessageEdited {
            edit: Edit {
                message_id: id(texts),
                kind: it.r#type,
                text: texts.text.take(),
            },
        },
        WireBody::MessageRevoked(wire::MessageRevoked {}) => Body::MessageRevoked {
            revoke: Revoke { message_id: id(texts) },
        },
        WireBody::MessageReaction(wire::MessageReaction { given }) => Body::MessageReaction {
            reaction: Reaction {
                message_id: id(texts),
                // An erased emoji is not a reaction taken back.
                emoji: texts.text.take().or_else(|| given.then(String::new)),
            },
        },
        WireBody::ReferralOpened(it) => Body::ReferralOpened {
            referral: it.referral.map(reported::referral_from_wire),
        },
        WireBody::CommentReceived(wire::CommentReceived {
            media_id,
            post_id,
            ad_id,
        }) => {
            let (text, parent_id) = (texts.text.take(), texts.reply_to.take());
            Body::CommentReceived {
                comment: Comment {
                    id: id(texts),
                    text,
                    media_id,
                    post_id,
                    parent_id,
                    ad_id,
                },
            }
        }
        WireBody::CallReceived(it) => {
            let (event, direction) = (CallEvent::known(it.event)?, Direction::known(it.direction)?);
            Body::CallReceived {
                call: Call {
                    id: id(texts),
                    event,
                    direction,
                    payload: texts.payload.take(),
                },
            }
        }
        WireBody::IdentityChanged(wire::IdentityChanged { from, to }) => Body::IdentityChanged {
            from: keys::aliases(&from, std::mem::take(&mut texts.from)),
            to: keys::aliases(&to, std::mem::take(&mut texts.to)),
        },
        WireBody::PreferenceChanged(wire::PreferenceChanged {
            category,
            value,
            signup_id,
        }) => {
            let value = PreferenceValue::known(value)?;
            Body::PreferenceChanged {
                preference: Preference {
                    category,
                    value,
                    signup_id,
                },
            }
        }
        WireBody::ConversionReported(wire::ConversionReported {
            name,
            ctwa_clid,
            currency,
            value,
        }) => {
            let (message_id, value) = (texts.id.take(), value.map(Amount));
            Body::ConversionReported {
                conversion: Conversion {
                    message_id,
                    name,
                    ctwa_clid,
                    currency,
                    value,
                },
            }
        }
        WireBody::LinkClicked(wire::LinkClicked {
            id,
            code,
            link,
            utm,
            click_ids,
            referrer,
            device,
            visitor,
        }) => Body::LinkClicked {
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
        WireBody::HistoryImported(it) => {
            let direction = Direction::known(it.direction)?;
            Body::HistoryImported {
                direction,
                message: message(it.r#type, it.forwarded, texts),
            }
        }
        WireBody::AccountUpdated(wire::AccountUpdated { field, values }) => Body::AccountUpdated {
            account_update: AccountUpdate { field, values },
        },
        WireBody::Unrecognised(wire::Unrecognised {}) => Body::Unrecognised {
            reason: texts.text.take().unwrap_or_default(),
        },
        WireBody::TicketClaimed(it) => Body::TicketClaimed(command::from_wire(it, texts)),
        WireBody::TicketAssigned(it) => Body::TicketAssigned(command::from_wire(it, texts)),
        WireBody::TicketTransferred(it) => Body::TicketTransferred(command::from_wire(it, texts)),
        WireBody::TicketFinished(it) => Body::TicketFinished(command::from_wire(it, texts)),
        WireBody::TicketReopened(it) => Body::TicketReopened(command::from_wire(it, texts)),
        WireBody::TicketTakenOver(it) => Body::TicketTakenOver(command::from_wire(it, texts)),
        WireBody::NoteAdded(it) => Body::NoteAdded(command::from_wire(it, texts)),
        WireBody::ContactEdited(it) => Body::ContactEdited(command::from_wire(it, texts)),
        WireBody::StageSet(it) => Body::StageSet(command::from_wire(it, texts)),
        WireBody::LeadLinked(it) => Body::LeadLinked(command::from_wire(it, texts)),
        WireBody::OutreachRequested(it) => Body::OutreachRequested(command::from_wire(it, texts)),
    })
}

/// The type of most messages; not written.
const TEXT: &str = "text";

fn type_to_wire(kind: &str) -> Option<String> {
    (kind != TEXT).then(|| kind.to_owned())
}

fn message(kind: Option<String>, forwarded: bool, texts: &mut wire::Texts) -> Message {
    Message {
        id: texts.id.take(),
        kind: kind.unwrap_or_else(|| TEXT.to_owned()),
        text: texts.text.take(),
        payload: texts.payload.take(),
        reply_to: texts.reply_to.take(),
        media: texts.media.take().map(
            |wire::Media {
                 id,
                 mime_type,
                 filename,
                 url,
             }| Media {
                id,
                mime_type,
                filename,
                url,
            },
        ),
        forwarded,
    }
}

fn sent_to_wire(message: &Message, details: &SentDetails) -> wire::MessageSent {
    let SentDetails {
        via,
        agent,
        campaign_id,
        template,
    } = details.clone();
    let (via, crm) = via_number(&via);
    wire::MessageSent {
        r#type: type_to_wire(&message.kind),
        forwarded: message.forwarded,
        via,
        crm,
        agent,
        campaign_id,
        template: template.map(
            |Template {
                 name,
                 language,
                 category,
             }| wire::Template {
                name,
                language,
                category,
            },
        ),
    }
}

fn sent_from_wire(sent: wire::MessageSent, texts: &mut wire::Texts) -> Body {
    let wire::MessageSent {
        r#type,
        forwarded,
        via,
        crm,
        agent,
        campaign_id,
        template,
    } = sent;
    Body::MessageSent {
        message: message(r#type, forwarded, texts),
        details: SentDetails {
            via: via_known(via, crm).unwrap_or_default(),
            agent,
            campaign_id,
            template: template.map(
                |wire::Template {
                     name,
                     language,
                     category,
                 }| Template {
                    name,
                    language,
                    category,
                },
            ),
        },
    }
}

fn id(texts: &mut wire::Texts) -> String {
    texts.id.take().unwrap_or_default()
}
