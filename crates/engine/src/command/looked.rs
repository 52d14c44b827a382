//! What a command is decided on, and what became of those that were given before under the same key.

use std::collections::BTreeMap;

use origem_domain::alias::{Alias, AliasKind};
use origem_domain::decide::LeadHolder;
use origem_domain::event::{Body, Command, Kind};
use origem_domain::fact::{CommandFact, Fact, What};
use origem_domain::key::{ConversationId, Key};
use origem_domain::position::Position;
use origem_domain::time::{HOUR, Micros, Timestamp};
use origem_log::ReadLimit;
use origem_projector::{Decoded, decode};
use origem_views::anomalies::{self, Reason};
use origem_views::card::Card;
use origem_views::layout::Scope;
use origem_views::ledger::Ledger;
use origem_views::{identity, leads};
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use crate::error::EngineError;
use crate::query::Conversation;
use crate::question::Question;
use crate::shard::View;

/// How far clocks of instances and providers are apart at most: what is of later than that after now is dated wrongly.
const AHEAD: Micros = HOUR / 60;

/// The dedup key of the event that a command becomes at a try: the first is number zero.
pub(super) fn dedup_key(token: &str, attempt: usize) -> String {
    format!("command:{attempt}:{token}")
}

/// A digest of what a command says, apart from the revision it was decided on.
pub(super) fn digest(body: &Body) -> u64 {
    let command = body.command().map(|command| Command {
        revision: None,
        by: None,
        ..command.clone()
    });
    let text = serde_json::to_vec(&(body.kind(), command)).unwrap_or_default();
    SipHasher13::new().hash(&text)
}

/// A digest of what the ledger keeps of a command, which has no texts; `None` of what is no command.
pub(super) fn known(body: &Body) -> Option<u64> {
    Some(kept(body.kind(), &CommandFact::of(body.command()?)))
}

fn kept(kind: Kind, fact: &CommandFact) -> u64 {
    let fact = CommandFact {
        revision: None,
        by: None,
        void: false,
        ..fact.clone()
    };
    let text = postcard::to_stdvec(&(kind, fact)).unwrap_or_default();
    SipHasher13::new().hash(&text)
}

/// A question for a conversation and for the commands that were given to it under a key.
#[derive(Serialize, Deserialize)]
pub(crate) struct Look {
    pub(super) id: ConversationId,
    pub(super) token: String,
    /// Now, by the edge's clock.
    pub(super) at: Timestamp,
}

/// What a command is decided on.
#[derive(Serialize, Deserialize)]
pub(crate) struct Looked {
    pub(super) conversation: Conversation,
    /// What an event may call the contact by; `None` if all of it was erased.
    pub(super) alias: Option<Alias>,
    /// When the latest happened of what a command is not dated before.
    latest: Option<Timestamp>,
    /// The tries under the key, in order.
    pub(super) past: Vec<Past>,
}

/// A try that was appended.
#[derive(Serialize, Deserialize)]
pub(super) struct Past {
    /// Where it stands.
    pub(super) position: Position,
    /// The digest of what it says; `None` if the log does not hold it any more.
    pub(super) said: Option<u64>,
    /// The digest of what the ledger keeps of it.
    pub(super) known: u64,
    /// What became of it.
    pub(super) fate: Fate,
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Fate {
    /// It had its effect.
    Applied,
    /// Another came first.
    Lost,
}

impl Looked {
    /// How often it was tried under the key.
    pub(super) const fn attempts(&self) -> usize {
        self.past.len()
    }

    /// When a command happens that is given at `at`: after what it is decided on.
    pub(super) fn next_instant(&self, at: Timestamp) -> Timestamp {
        at.max(self.latest.map_or(at, |latest| latest.plus(1)))
    }
}

impl Question for Look {
    const NAME: &'static str = "command_look";
    const SEEKS: bool = true;
    type Answer = Looked;

    fn answer(&self, view: View<'_>) -> Result<Looked, EngineError> {
        let conversation = view.conversation(self.id)?;
        let mut ledger = Ledger::new(conversation.id, conversation.card.channel.kind, view.rulebook);
        let facts = ledger.facts(view.rows)?;
        let latest = latest(&facts, &conversation.card, self.at);
        let known: BTreeMap<Key, &Fact> = facts
            .iter()
            .filter(|fact| matches!(fact.what, What::Command(_)))
            .map(|fact| (fact.key.dedup, fact))
            .collect();
        let keys = (0..).map(|attempt| view.secret.key(&dedup_key(&self.token, attempt)));
        let tries = keys.map_while(|key| known.get(&key));
        let past = tries.map(|fact| view.past(fact)).collect::<Result<_, _>>()?;
        Ok(Looked {
            alias: view.alias(&conversation)?,
            latest,
            past,
            conversation,
        })
    }
}

/// When the latest happened of what a command of `now` is not dated before. Its ticket and every command have made the revision that
/// it is decided on, so they count whenever they say to have been; of anything else what is of well after now does not: a message that
/// is dated hours ahead would date the end of a ticket there, and every message until then would be one of before the end.
fn latest(facts: &[Fact], card: &Card, now: Timestamp) -> Option<Timestamp> {
    let soon = now.plus(AHEAD);
    let counts = |fact: &&Fact| fact.key.at <= soon || matches!(fact.what, What::Command(_));
    let happened = facts.iter().filter(counts).map(|fact| fact.key.at).max();
    happened.max(card.state.ticket.as_ref().map(|ticket| ticket.opened_at))
}

impl View<'_> {
    /// An alias by which an event finds the conversation and teaches nothing: the strongest that is current and nobody else's.
    fn alias(&self, conversation: &Conversation) -> Result<Option<Alias>, EngineError> {
        let Conversation { id, card, identity } = conversation;
        let scope = Scope::of(&card.account, &card.channel, None);
        let mut known: Vec<_> = identity
            .aliases
            .iter()
            .filter(|known| !known.value.is_empty())
            .collect();
        known.sort_by_key(|known| (!identity.is_current(known), known.key));
        for known in known {
            if identity::owner(self.rows, scope, known.key)? == Some(*id) {
                let kind: AliasKind = known.key.kind;
                return Ok(Some(Alias {
                    kind,
                    value: known.value.clone(),
                }));
            }
        }
        Ok(None)
    }

    fn past(&self, fact: &Fact) -> Result<Past, EngineError> {
        let is_void = matches!(&fact.what, What::Command(command) if command.void);
        let odd = anomalies::of(self.rows, fact.position)?;
        let is_lost = is_void || odd.iter().any(|anomaly| anomaly.reason == Reason::NoEffect);
        let known = match &fact.what {
            What::Command(command) => kept(fact.key.kind, command),
            _ => 0,
        };
        Ok(Past {
            position: fact.position,
            known,
            said: self.command_at(fact)?.as_ref().map(digest),
            fate: if is_lost { Fate::Lost } else { Fate::Applied },
        })
    }

    /// What the command of a fact says, texts included; `None` if the log does not hold it any more.
    pub(crate) fn command_at(&self, fact: &Fact) -> Result<Option<Body>, EngineError> {
        let offset = fact.position.offset;
        if offset < self.log.start(self.partition).map_err(EngineError::Log)? {
            return Ok(None);
        }
        let one = ReadLimit {
            records_max: 1,
            ..ReadLimit::default()
        };
        let batch = self.log.read(self.partition, offset, one).map_err(EngineError::Log)?;
        let mut events = Vec::with_capacity(1);
        for (_, bytes) in batch.iter().filter(|(at, _)| *at == offset) {
            decode(fact.position, bytes, self.reading, &mut events);
        }
        Ok(events.into_iter().find_map(|decoded| match decoded {
            Decoded::Event(recorded) if recorded.keys.dedup == fact.key.dedup => Some(recorded.event.body),
            _ => None,
        }))
    }
}

/// A question for the conversations of a lead.
#[derive(Serialize, Deserialize)]
pub(crate) struct Leads {
    pub(super) account: String,
    pub(super) lead: String,
}

impl Question for Leads {
    const NAME: &'static str = "leads";
    type Answer = Vec<LeadHolder>;

    fn answer(&self, view: View<'_>) -> Result<Self::Answer, EngineError> {
        let found = leads::of(view.rows, &self.account, &self.lead)?;
        let holder = |(conversation, card): (ConversationId, Card)| LeadHolder {
            conversation,
            channel: card.channel,
            ticket: card.state.ticket,
        };
        Ok(found.into_iter().map(holder).collect())
    }

    fn combine(&self, answers: Vec<Self::Answer>) -> Option<Self::Answer> {
        Some(answers.into_iter().flatten().collect())
    }
}
