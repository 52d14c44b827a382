//! Starting a conversation, or going on with one: what can be sent to somebody on a channel, and what each of it costs.

use std::str::FromStr as _;

use origem_domain::access::Sight;
use origem_domain::alias::{Alias, AliasKind};
use origem_domain::decide::{Reason, Refusal};
use origem_domain::directory::Item;
use origem_domain::event::{Channel, ChannelKind};
use origem_domain::key::ConversationId;
use origem_domain::price::Country;
use origem_domain::windows::{Context, SendOption, Sessions, Wanted, Windows};
use origem_views::card::Card;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::find::{candidates, tells_country};
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
    /// What can be sent to somebody, the cheapest first; also to somebody who never wrote. `sight` is what whoever asks sees; that it
    /// sees this conversation is not asked here.
    ///
    /// # Errors
    /// `Invalid` where no channel is told and there is no conversation, or another than that of the conversation told by id, and of a
    /// number that nobody has and that has no country code; `NoConversation` of such an id; `Refused` where the refusal would tell of
    /// what is not seen; as [`Engine::ask`].
    pub fn send_options(
        &self,
        to: &Recipient,
        wanted: &Wanted,
        clock: Clock,
        sight: &Sight,
    ) -> Result<SendOptions, EngineError> {
        let mut told = match (self.known(to, sight)?, &to.channel) {
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
            (None, Some(channel)) => self.unknown(to, channel, clock)?,
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

    /// The tenant of somebody: that of the conversation there is, else the one that is told, else its home.
    ///
    /// # Errors
    /// As [`Engine::send_options`].
    pub fn account_of(&self, to: &Recipient) -> Result<String, EngineError> {
        let known = self.known(to, &Sight::Everything)?;
        let told = || to.account.clone().unwrap_or_else(|| to.home.clone());
        Ok(known.map_or_else(told, |conversation| conversation.card.account))
    }

    /// The conversation there is, of the tenant and on the channel asked for, also one that is not seen: nobody begins another.
    fn known(&self, to: &Recipient, sight: &Sight) -> Result<Option<Conversation>, EngineError> {
        let Ok(id) = ConversationId::from_str(&to.contact) else {
            let (account, channel) = (to.account.as_deref(), to.channel.as_ref());
            return match self.find_of(account, &to.contact, channel, &Sight::Everything) {
                Ok(id) => self.conversation(id).map(Some),
                Err(EngineError::NoConversation { .. }) => Ok(None),
                Err(error) => Err(error),
            };
        };
        let conversation = self.conversation(id)?;
        let Card {
            account,
            channel,
            state,
            ..
        } = &conversation.card;
        if to.account.as_ref().is_some_and(|told| *told != **account) {
            return Err(EngineError::NoConversation { what: id.to_string() });
        }
        if to.channel.as_ref().is_some_and(|told| told != channel) {
            // Whoever does not see it is not told where it is.
            if !sight.sees(account, channel, state.ticket.as_ref()) {
                return Err(EngineError::Refused {
                    owner_name: None,
                    refusal: Box::new(Refusal::of(Reason::NotVisible, None)),
                });
            }
            return Err(EngineError::Invalid {
                what: "channel",
                reason: format!("{id} is on {channel}"),
            });
        }
        Ok(Some(conversation))
    }

    /// Somebody of whom nothing is known but a name.
    fn unknown(&self, to: &Recipient, channel: &Channel, clock: Clock) -> Result<SendOptions, EngineError> {
        let directory = self.directory().snapshot();
        let account = to.account.as_ref().unwrap_or(&to.home);
        let zone = directory.zone(account, clock.zone);
        let aliases = candidates(&to.contact);
        let is_number = aliases.iter().any(|alias| alias.kind == AliasKind::Phone);
        if channel.kind == ChannelKind::Whatsapp && is_number && address(&to.contact, channel).is_none() {
            // Read as it stands, it would be somebody else's, at the price of another country.
            return Err(EngineError::Invalid {
                what: "contact",
                reason: format!(
                    "nobody who wrote has the number {}: write it with its country code and a `+` before it, as in +55 11 95555-0101",
                    to.contact
                ),
            });
        }
        let country = Country::of(&aliases);
        let context = Context {
            channel: channel.kind,
            provider: None,
            group: false,
            zone,
            // What is free of it is free inside a window, and there is none.
            service_delivered_this_month: None,
        };
        let windows = Sessions::default().at(clock.at, &context);
        Ok(SendOptions {
            windows: windows.priced(&directory.prices(account, zone), country),
            account: account.clone(),
            channel: channel.clone(),
            conversation: None,
            country,
            options: Vec::new(),
        })
    }
}

/// What an event may call somebody by who never wrote: on WhatsApp a number is an address, elsewhere nobody has one. It is one of the
/// aliases that are looked for, so whoever has it already is found by it.
pub(crate) fn address(contact: &str, channel: &Channel) -> Option<Alias> {
    let mut aliases = candidates(contact).into_iter();
    let phone = aliases.find(|alias| alias.kind == AliasKind::Phone)?;
    (channel.kind == ChannelKind::Whatsapp && tells_country(contact, &phone.value)).then_some(phone)
}
