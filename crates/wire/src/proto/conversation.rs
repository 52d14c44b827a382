//! A conversation, and pages of them.

use crate::json;
use crate::proto::{
    Alias, Channel, Contact, Conversation, Counts, LastMessage, ListConversationsResponse, Location, timestamp,
};

impl From<json::Conversation> for Conversation {
    fn from(conversation: json::Conversation) -> Self {
        Self {
            id: conversation.id.to_string(),
            account: conversation.account,
            channel: Some(conversation.channel.into()),
            contact: Some(conversation.contact.into()),
            origin: conversation.origin.map(Into::into),
            origins: conversation.origins.into_iter().map(Into::into).collect(),
            origins_count: conversation.origins_count,
            ticket: conversation.ticket.map(Into::into),
            unread: conversation.unread,
            last_message_at: conversation.last_message_at.map(timestamp),
            last_activity_at: conversation.last_activity_at.map(timestamp),
            stage: conversation.stage,
            lead: conversation.lead,
            group: conversation.group,
            position: conversation.position.to_string(),
            last_message: conversation.last_message.map(Into::into),
            waiting_since: conversation.waiting_since.map(timestamp),
        }
    }
}

impl From<json::LastMessage> for LastMessage {
    fn from(message: json::LastMessage) -> Self {
        Self {
            at: Some(timestamp(message.at)),
            direction: message.direction.to_owned(),
            r#type: message.kind,
            text: message.text,
            agent: message.agent,
            revoked: message.revoked,
        }
    }
}

impl From<json::Contact> for Contact {
    fn from(contact: json::Contact) -> Self {
        let alias = |alias: json::Alias| Alias {
            kind: alias.kind.to_owned(),
            value: alias.value,
        };
        Self {
            id: contact.id,
            name: contact.name,
            username: contact.username,
            phone: contact.phone,
            email: contact.email,
            aliases: contact.aliases.into_iter().map(alias).collect(),
            wa_url: contact.wa_url,
            first_contact_at: contact.first_contact_at.map(timestamp),
            last_contact_at: contact.last_contact_at.map(timestamp),
            location: contact.location.map(Location::from),
            page_url: contact.page_url,
            site: contact.site,
            photo_url: contact.photo_url,
        }
    }
}

impl From<json::Location> for Location {
    fn from(location: json::Location) -> Self {
        Self {
            at: Some(timestamp(location.at)),
            point: location.point,
            name: location.name,
        }
    }
}

impl From<json::Channel> for Channel {
    fn from(channel: json::Channel) -> Self {
        Self {
            kind: channel.kind.to_owned(),
            id: channel.id,
        }
    }
}

impl From<json::Conversations> for ListConversationsResponse {
    fn from(page: json::Conversations) -> Self {
        Self {
            items: page.items.into_iter().map(Into::into).collect(),
            next: page.next,
            counts: Some(page.counts.into()),
        }
    }
}

impl From<json::Counts> for Counts {
    fn from(counts: json::Counts) -> Self {
        Self {
            new: counts.new,
            unanswered: counts.unanswered,
            awaiting_customer: counts.awaiting_customer,
            finished: counts.finished,
        }
    }
}
