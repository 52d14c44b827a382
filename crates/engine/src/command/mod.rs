//! Commands: what agents want, decided on the conversation as it is, appended as one event, answered by what became of it.
//!
//! ```text
//! look (whoever has the partition) --decide--> event with the revision it was decided on --append--> log --project--> what became of it
//!   ^                                                                                                                      |
//!   +------------------------------- another command came first: look again, decide again ---------------------------------+
//! ```
//! No locks: of two commands decided on one revision, the first in the log has its effect and the fold voids the other, wherever they
//! were decided. Who lost looks again and is refused by name, or has its turn on the ticket as it is then.
//!
//! **Time.** Commands fold by their own time, so an event is never dated before the latest command of its conversation, before its
//! ticket opened, nor before what else happened: neither a clock that goes back nor that of another instance puts a command before what
//! it was decided on. What says to happen well after now is not waited for: whatever came until then would count as of before.
//!
//! **Idempotency.** The key is part of the dedup key of the event, and commands with one are the same whatever their time. Whoever
//! gives a command again finds it in the ledger: also after a restart or a rebuild, also on another instance.

mod looked;
mod outreach;

pub(crate) use looked::{Leads, Look};

use std::sync::Arc;
use std::time::Duration;

use origem_channels::{Delivery, Source};
use origem_codec::json::EventJson;
use origem_domain::access::{Role, Sight};
use origem_domain::decide::{Actor, LeadHolder, Maintained, Offered, Reason, Refusal, Subject, Wanted, decide};
use origem_domain::event::{Body, Contact, Event};
use origem_domain::key::ConversationId;
use origem_domain::position::{Position, Positions};
use origem_domain::time::Timestamp;

use crate::directory::Snapshot;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::Conversation;
use looked::{Fate, Looked, Past};

/// How often a command is decided again because another came first. Each time somebody else got what was wanted at the same instant.
const ATTEMPTS_MAX: usize = 64;
/// How long a command waits until the views have it.
const WAIT: Duration = Duration::from_secs(10);
/// Bytes of an idempotency key.
const KEY_BYTES_MAX: usize = 200;

/// What somebody wants done, and how often it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What.
    pub wanted: Wanted,
    /// By whom.
    pub by: By,
    /// Now, by the edge's clock.
    pub at: Timestamp,
    /// Whoever gives the same key again for the same conversation wants the same thing, once.
    pub idempotency_key: Option<String>,
}

/// By whom a command is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// By somebody who proved who it is.
    Proved(Actor),
    /// By whoever it says, where nobody has to prove anything: agents that the directory knows may do what agents may do.
    Told(Option<String>),
}

/// A command that had its effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The conversation as it is now.
    pub conversation: Conversation,
    /// Where the command stands in the log.
    pub position: Position,
}

impl Engine {
    /// Carries out a command; done when the views have it.
    ///
    /// # Errors
    /// `Refused` with the reason and whoever has the ticket, without any effect; `KeyReused`; `Invalid` for a key that is none;
    /// `NoConversation`; `NotThereYet`, `Append` and those of [`Engine::ask`], after which it may have been done or not: to give it
    /// again with the same idempotency key is safe.
    pub async fn command(self: &Arc<Self>, id: ConversationId, order: &Order) -> Result<Done, EngineError> {
        self.carry_out(id, order, &[]).await
    }

    /// The same of something that may be one of `offers`.
    async fn carry_out(
        self: &Arc<Self>,
        id: ConversationId,
        order: &Order,
        offers: &[Offered],
    ) -> Result<Done, EngineError> {
        let token = order.token()?;
        let mut look = Look {
            id,
            token: token.clone(),
            at: order.at,
            is_new: order.idempotency_key.is_none(),
            places: Vec::new(),
        };
        let mut looked = self.look(look.clone()).await?;
        for attempt in 0..ATTEMPTS_MAX {
            if let Some(done) = looked.done(order)? {
                if attempt == 0 {
                    self.sees(order, &done.conversation)?;
                }
                return Ok(done);
            }
            let event = self.decided(order, &looked, &token, offers).await?;
            let attempts = looked.attempts();
            look.places = looked.places(&event, self.secret());
            let position = self.append_command(event, order.at).await?;
            looked = self.look(look.clone()).await?;
            if looked.attempts() <= attempts {
                // Whoever answers is behind whoever answered before.
                return Err(EngineError::NotThereYet {
                    positions: position.into_iter().collect(),
                });
            }
        }
        Err(EngineError::Contended)
    }

    async fn look(self: &Arc<Self>, look: Look) -> Result<Looked, EngineError> {
        let looked = self.apart(move |engine| engine.ask(&look)).await;
        looked.map_err(|_| EngineError::Closed)?
    }

    /// That whoever gives an order again sees the conversation as it is by now: the answer tells all of it.
    fn sees(&self, order: &Order, conversation: &Conversation) -> Result<(), EngineError> {
        let card = &conversation.card;
        let ticket = card.state.ticket.as_ref();
        let actor = order.by.actor(&self.directory().snapshot(), &card.account);
        if actor.sight.sees(&card.account, &card.channel, ticket) {
            return Ok(());
        }
        Err(EngineError::Refused {
            owner_name: None,
            refusal: Box::new(Refusal::of(Reason::NotVisible, ticket)),
        })
    }

    /// The event that an order becomes.
    async fn decided(
        self: &Arc<Self>,
        order: &Order,
        looked: &Looked,
        token: &str,
        offers: &[Offered],
    ) -> Result<Event, EngineError> {
        let Conversation { id, card, .. } = &looked.conversation;
        let snapshot = self.directory().snapshot();
        let actor = order.by.actor(&snapshot, &card.account);
        let unifies = snapshot
            .account(&card.account)
            .is_some_and(|account| account.unify_leads);
        let leads = match order.wanted.act.lead(card.state.lead.as_deref()) {
            // Where nothing depends on them, nobody is asked.
            Some(lead) if !unifies && !actor.administers() => self.lead_holders(&card.account, lead, *id).await?,
            _ => Vec::new(),
        };
        let subject = Subject {
            account: &card.account,
            channel: &card.channel,
            group: card.group,
            ticket: card.state.ticket.as_ref(),
            lead: card.state.lead.as_deref(),
            leads: &leads,
            offers,
        };
        let body = self.judged(order, &subject)?;
        let Some(alias) = looked.alias.clone() else {
            return Err(EngineError::Invalid {
                what: "conversation",
                reason: "nothing is left by which its contact is called, so no event can tell of it".to_owned(),
            });
        };
        let contact = Contact {
            aliases: vec![alias],
            ..Contact::default()
        };
        let key = looked::dedup_key(token, looked.attempts());
        Ok(looked::event(
            &subject,
            contact,
            looked.next_instant(order.at),
            key,
            body,
        ))
    }

    /// What an order becomes on a subject.
    fn judged(&self, order: &Order, subject: &Subject<'_>) -> Result<Body, EngineError> {
        let snapshot = self.directory().snapshot();
        let actor = order.by.actor(&snapshot, subject.account);
        let body = decide(&order.wanted, &actor, subject, &maintained(&snapshot, subject.account));
        body.map_err(|refusal| {
            let owner = refusal
                .owner
                .as_deref()
                .and_then(|owner| snapshot.agent(subject.account, owner));
            EngineError::Refused {
                owner_name: owner.map(|agent| agent.name.clone()),
                refusal: Box::new(refusal),
            }
        })
    }

    async fn lead_holders(
        self: &Arc<Self>,
        account: &str,
        lead: &str,
        except: ConversationId,
    ) -> Result<Vec<LeadHolder>, EngineError> {
        let question = Leads {
            account: account.to_owned(),
            lead: lead.to_owned(),
        };
        let found = self.apart(move |engine| engine.ask(&question)).await;
        let mut holders = found.map_err(|_| EngineError::Closed)??;
        holders.retain(|holder| holder.conversation != except);
        Ok(holders)
    }

    /// Appends the event of a command as one of our own, so that its bytes can be read again; waits until the views have it.
    async fn append_command(self: &Arc<Self>, event: Event, at: Timestamp) -> Result<Option<Position>, EngineError> {
        let line = EventJson::new(&event, None).line();
        let prepared = self.prepare([Delivery {
            source: Source::Event,
            body: line.as_bytes(),
            received_at: at,
            account: &event.account,
        }]);
        let positions: Positions = self.append(prepared).await?.positions();
        self.wait(&positions, WAIT).await?;
        Ok(positions.iter().next())
    }
}

impl Order {
    /// What tells it from any other: its key, or a text that nobody has.
    fn token(&self) -> Result<String, EngineError> {
        match &self.idempotency_key {
            Some(key) if key.is_empty() || key.len() > KEY_BYTES_MAX => Err(EngineError::Invalid {
                what: "idempotency key",
                reason: format!("it is 1 to {KEY_BYTES_MAX} bytes long"),
            }),
            Some(key) => Ok(key.clone()),
            None => Ok(uuid::Uuid::new_v4().to_string()),
        }
    }
}

impl By {
    fn actor(&self, snapshot: &Snapshot, account: &str) -> Actor {
        let told = match self {
            Self::Proved(actor) => return actor.clone(),
            Self::Told(agent) => agent.clone(),
        };
        let known = told.as_deref().and_then(|agent| snapshot.agent(account, agent));
        let (role, sight) = match (known, &told) {
            // Who left is told so.
            (Some(known), Some(agent)) if !known.inactive => (known.role, snapshot.sight(account, agent)),
            _ => (Role::Operator, Sight::Everything),
        };
        Actor {
            agent: told,
            by: None,
            role,
            sight,
        }
    }
}

impl Looked {
    /// What became of the order if it was given before.
    fn done(&self, order: &Order) -> Result<Option<Done>, EngineError> {
        let agent = match &order.by {
            By::Proved(actor) => &actor.agent,
            By::Told(agent) => agent,
        };
        let body = order.wanted.act.body(agent.as_deref(), None, None);
        let (wanted, known) = (looked::digest(&body), looked::known(&body));
        for Past {
            position,
            said,
            known: knows,
            fate,
            ..
        } in &self.past
        {
            // Beyond retention nothing is left of texts, but what the ledger keeps of a command.
            if said.is_some_and(|said| said != wanted) || known != Some(*knows) {
                return Err(EngineError::KeyReused);
            }
            if *fate == Fate::Applied {
                return Ok(Some(Done {
                    conversation: self.conversation.clone(),
                    position: *position,
                }));
            }
        }
        Ok(None)
    }
}

/// What commands depend on, of an account.
fn maintained<'a>(snapshot: &'a Snapshot, account: &str) -> Maintained<'a> {
    let channels = snapshot.channels(account);
    Maintained {
        account: snapshot.account(account),
        channels: channels
            .filter_map(|(id, channel)| Some((id.parse().ok()?, channel)))
            .collect(),
        agents: snapshot.agents(account).collect(),
        teams: snapshot.teams(account).collect(),
        departments: snapshot.departments(account).collect(),
        classifications: snapshot.classifications(account).collect(),
    }
}
