//! Starting a conversation, or going on with one: what can be sent to somebody on a channel, and what each of it costs.

use std::str::FromStr as _;

use origem_domain::access::Sight;
use origem_domain::directory::Item;
use origem_domain::event::Channel;
use origem_domain::key::ConversationId;
use origem_domain::price::Country;
use origem_domain::windows::{Context, SendOption, Sessions, Wanted, Windows};
use origem_views::card::Card;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::find::candidates;
use crate::query::{Clock, Conversation};

/// To whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The tenant, if only conversations of one count.
    pub account: Option<String>,
    /// The tenant of whoever has no conversation yet, if none is told.
    pub home: String,
    /// A phone number or any other alias, or the id of a conversation.
    pub contact: String,
    /// From where. Needed where there is no conversation yet; otherwise that of the latest. With the id of a conversation it
    /// is that conversation's, if told.
    pub channel: Option<Channel>,
}

/// What can be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct SendOptions {
    /// The tenant.
    pub account: String,
    /// From where.
    pub channel: Channel,
    /// The conversation there is already.
    pub conversation: Option<ConversationId>,
    /// The country the contact is charged as.
    pub country: Option<Country>,
    /// What holds for the contact now.
    pub windows: Windows,
    /// Everything that may be sent, the cheapest first.
    pub options: Vec<SendOption>,
}

impl Engine {
    /// What can be sent to somebody, the cheapest first; also to somebody who never wrote.
    ///
    /// # Errors
    /// `Invalid` where no channel is told and there is no conversation, or another than that of the conversation told by id;
    /// `NoConversation` of such an id; as [`Engine::ask`].
    pub fn send_options(&self, to: &Recipient, wanted: &Wanted, clock: Clock) -> Result<SendOptions, EngineError> {
        let mut told = match (self.known(to)?, &to.channel) {
            (Some(conversation), _) => {
                let terms = self.terms(std::slice::from_ref(&conversation), clock)?;
                SendOptions {
                    windows: conversation.windows(clock, &terms),
                    country: conversation.country(),
                    conversation: Some(conversation.id),
                    account: conversation.card.account,
                    channel: conversation.card.channel,
                    options: Vec::new(),
                }
            }
            (None, Some(channel)) => self.unknown(to, channel, clock),
            (None, None) => {
                return Err(EngineError::Invalid {
                    what: "channel",
                    reason: format!("{} has no conversation yet: name the channel to write from", to.contact),
                });
            }
        };
        let templates = self.templates(&told.account, clock.at)?.into_iter();
        let templates = templates.filter_map(|entry| match entry.item {
            Item::Template(template) => Some((entry.id, template)),
            _ => None,
        });
        let wanted = Wanted {
            channel: Some(told.channel.clone()),
            ..wanted.clone()
        };
        told.options = told.windows.options(templates, &wanted);
        Ok(told)
    }

    /// The conversation there is, of the tenant and on the channel asked for.
    fn known(&self, to: &Recipient) -> Result<Option<Conversation>, EngineError> {
        let Ok(id) = ConversationId::from_str(&to.contact) else {
            let (account, channel) = (to.account.as_deref(), to.channel.as_ref());
            return match self.find_of(account, &to.contact, channel, &Sight::Everything) {
                Ok(id) => self.conversation(id).map(Some),
                Err(EngineError::NoConversation { .. }) => Ok(None),
                Err(error) => Err(error),
            };
        };
        let conversation = self.conversation(id)?;
        let Card { account, channel, .. } = &conversation.card;
        if to.account.as_ref().is_some_and(|told| *told != **account) {
            return Err(EngineError::NoConversation { what: id.to_string() });
        }
        if to.channel.as_ref().is_some_and(|told| told != channel) {
            return Err(EngineError::Invalid {
                what: "channel",
                reason: format!("{id} is on {channel}"),
            });
        }
        Ok(Some(conversation))
    }

    /// Somebody of whom nothing is known but a name.
    fn unknown(&self, to: &Recipient, channel: &Channel, clock: Clock) -> SendOptions {
        let directory = self.directory().snapshot();
        let account = to.account.as_ref().unwrap_or(&to.home);
        let zone = directory.zone(account, clock.zone);
        let country = Country::of(&candidates(&to.contact));
        let context = Context {
            channel: channel.kind,
            provider: None,
            group: false,
            zone,
            // What is free of it is free inside a window, and there is none.
            service_delivered_this_month: None,
        };
        let windows = Sessions::default().at(clock.at, &context);
        SendOptions {
            windows: windows.priced(&directory.prices(account, zone), country),
            account: account.clone(),
            channel: channel.clone(),
            conversation: None,
            country,
            options: Vec::new(),
        }
    }
}
