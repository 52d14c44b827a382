//! Starting a conversation, or going on with one: what can be sent to somebody on a channel, and what each of it costs.

use origem_domain::directory::Item;
use origem_domain::event::Channel;
use origem_domain::key::ConversationId;
use origem_domain::price::Country;
use origem_domain::windows::{Context, SendOption, Sessions, Wanted, Windows};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::Clock;
use crate::query::find::candidates;

/// To whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The tenant, if there is no conversation yet.
    pub account: String,
    /// A phone number or any other alias, or the id of a conversation.
    pub contact: String,
    /// From where. Needed where there is no conversation yet; otherwise that of the latest.
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
    /// `Invalid` where no channel is told and there is no conversation; as [`Engine::ask`].
    pub fn send_options(&self, to: &Recipient, wanted: &Wanted, clock: Clock) -> Result<SendOptions, EngineError> {
        let found = match self.find(&to.contact, to.channel.as_ref()) {
            Ok(id) => Some(self.conversation(id)?),
            Err(EngineError::NoConversation { .. }) => None,
            Err(error) => return Err(error),
        };
        let mut told = match (found, &to.channel) {
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

    /// Somebody of whom nothing is known but a name.
    fn unknown(&self, to: &Recipient, channel: &Channel, clock: Clock) -> SendOptions {
        let directory = self.directory().snapshot();
        let zone = directory.zone(&to.account, clock.zone);
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
            windows: windows.priced(&directory.prices(&to.account, zone), country),
            account: to.account.clone(),
            channel: channel.clone(),
            conversation: None,
            country,
            options: Vec::new(),
        }
    }
}
