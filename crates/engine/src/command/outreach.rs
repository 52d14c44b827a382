//! Outreach: somebody wants a message sent, also to a person who never wrote. What may be sent, and what it costs, is looked up the
//! moment before it is decided, so the event tells what was known.

use std::sync::Arc;

use origem_domain::access::Sight;
use origem_domain::alias::{Alias, AliasKind};
use origem_domain::decide::{Act, Offered, Subject};
use origem_domain::event::{Channel, ChannelKind, Contact};
use origem_domain::windows::Wanted as Filter;
use origem_domain::zone::Zone;

use crate::command::{Done, Order, looked};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::{Clock, Recipient, SendOptions};

impl Engine {
    /// Records that somebody wants a message sent; done when the views have it. Where there is no conversation with the recipient yet,
    /// there is one then, without a ticket. `order` must want outreach; `zone` is that of accounts which have none of their own.
    ///
    /// # Errors
    /// As [`Engine::command`] and [`Engine::send_options`]; `Invalid` where nobody can be written to by what the recipient is called.
    pub async fn request_outreach(
        self: &Arc<Self>,
        to: &Recipient,
        zone: Zone,
        order: &Order,
    ) -> Result<Done, EngineError> {
        // The same key finds what this appends, whichever way it is carried out.
        let order = &Order {
            idempotency_key: Some(order.token()?),
            ..order.clone()
        };
        let options = self.options_of(to, zone, order).await?;
        let offers: Vec<Offered> = (options.options.iter())
            .map(|option| Offered {
                price: options.windows.price_now(&option.send).cloned(),
                option: option.clone(),
            })
            .collect();
        if options.conversation.is_none() {
            self.write_first(to, &options, order, &offers).await?;
        }
        let id = match options.conversation {
            Some(id) => id,
            None => self.begun(to, &options).await?,
        };
        self.carry_out(id, order, &offers).await
    }

    async fn options_of(
        self: &Arc<Self>,
        to: &Recipient,
        zone: Zone,
        order: &Order,
    ) -> Result<SendOptions, EngineError> {
        let filter = Filter {
            team: match &order.wanted.act {
                Act::RequestOutreach { team, .. } => team.clone(),
                _ => None,
            },
            ..Filter::default()
        };
        let (to, clock) = (to.clone(), Clock { at: order.at, zone });
        let told = self.apart(move |engine| engine.send_options(&to, &filter, clock)).await;
        told.map_err(|_| EngineError::Closed)?
    }

    /// Appends what begins a conversation.
    async fn write_first(
        self: &Arc<Self>,
        to: &Recipient,
        options: &SendOptions,
        order: &Order,
        offers: &[Offered],
    ) -> Result<(), EngineError> {
        let alias = address(&to.contact, &options.channel).ok_or_else(|| EngineError::Invalid {
            what: "contact",
            reason: format!(
                "`{}` is nobody to be written to on {} without having written before",
                to.contact, options.channel
            ),
        })?;
        let subject = Subject {
            account: &options.account,
            channel: &options.channel,
            group: false,
            ticket: None,
            lead: None,
            leads: &[],
            offers,
        };
        let body = self.judged(order, &subject)?;
        let contact = Contact {
            aliases: vec![alias],
            ..Contact::default()
        };
        let event = looked::event(&subject, contact, order.at, looked::dedup_key(&order.token()?, 0), body);
        self.append_command(event, order.at).await?;
        Ok(())
    }

    /// The conversation that was begun.
    async fn begun(
        self: &Arc<Self>,
        to: &Recipient,
        options: &SendOptions,
    ) -> Result<origem_domain::key::ConversationId, EngineError> {
        let (alias, account, channel) = (to.contact.clone(), options.account.clone(), options.channel.clone());
        let found = self
            .apart(move |engine| engine.find_of(Some(&account), &alias, Some(&channel), &Sight::Everything))
            .await;
        found.map_err(|_| EngineError::Closed)?
    }
}

/// What an event may call somebody by who never wrote: on WhatsApp a number is an address, elsewhere nobody has one.
fn address(contact: &str, channel: &Channel) -> Option<Alias> {
    let digits = origem_domain::alias::digits(contact);
    let is_number = (8..=15).contains(&digits.len()) && contact.chars().all(|c| !c.is_alphabetic());
    (channel.kind == ChannelKind::Whatsapp && is_number).then(|| Alias::new(AliasKind::Phone, &digits))
}
