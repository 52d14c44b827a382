//! Outreach: somebody wants a message sent, also to a person who never wrote. What may be sent, and what it costs, is looked up the
//! moment before it is decided, so the event tells what was known.

use std::sync::Arc;

use origem_domain::access::Sight;
use origem_domain::decide::{Act, Offered, Subject};
use origem_domain::event::Contact;
use origem_domain::windows::Wanted as Filter;
use origem_domain::zone::Zone;

use crate::command::{Done, Order, looked};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::{Clock, Recipient, SendOptions, address};

impl Engine {
    /// Records that somebody wants a message sent; done when the views have it. Where there is no conversation with the recipient yet,
    /// there is one then, without a ticket. `order` must want outreach; `zone` is that of accounts which have none of their own.
    ///
    /// # Errors
    /// As [`Engine::command`] and [`Engine::send_options`]; `Invalid` where nobody can be written to by what the recipient is called, or
    /// who never wrote from a channel that is not the account's.
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
        let account = to.account.as_ref().unwrap_or(&to.home);
        let sight = order.by.actor(&self.directory().snapshot(), account).sight;
        let told = self
            .apart(move |engine| engine.send_options(&to, &filter, clock, &sight))
            .await;
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
        let (account, channel) = (options.account.clone(), options.channel.clone());
        let owned = self.apart(move |engine| engine.owns(&account, &channel)).await;
        owned.map_err(|_| EngineError::Closed)??;
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
