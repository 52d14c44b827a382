//! What a command is decided on, and what became of those that were given before under the same key.

use std::collections::BTreeMap;

use origem_domain::alias::{Alias, AliasKind};
use origem_domain::decide::{LeadHolder, Subject};
use origem_domain::event::{Body, Command, Contact, Event, Kind, Outreach, TimeSource};
use origem_domain::fact::{CommandFact, Fact, SortKey, What};
use origem_domain::key::{ConversationId, Key, Secret};
use origem_domain::position::Position;
use origem_domain::time::{HOUR, Micros, Timestamp};
use origem_log::ReadLimit;
use origem_projector::{Decoded, decode};
use origem_views::anomalies::{self, Reason};
use origem_views::card::Card;
use origem_views::layout::Scope;
use origem_views::ledger::Ledger;
use origem_views::rows::Rows;
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

/// The event that a command on a subject becomes.
pub(super) fn event(subject: &Subject<'_>, contact: Contact, at: Timestamp, dedup_key: String, body: Body) -> Event {
    Event {
        account: subject.account.to_owned(),
        channel: subject.channel.clone(),
        contact: Some(contact),
        group: None,
        occurred_at: at,
        // So that the same command at another time is the same.
        time_source: TimeSource::Received,
        dedup_key,
        provider: None,
        oddities: Vec::new(),
        body,
    }
}

/// A digest of what a command says, apart from what it was decided on.
pub(super) fn digest(body: &Body) -> u64 {
    let without_offer = |outreach: &Outreach| {
        let outreach = outreach.clone();
        Box::new(Outreach {
            offer: None,
            ..outreach
        })
    };
    let command = body.command().map(|command| Command {
        revision: None,
        by: None,
        outreach: command.outreach.as_deref().map(without_offer),
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
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Look {
    pub(super) id: ConversationId,
    pub(super) token: String,
    /// Now, by the edge's clock.
    pub(super) at: Timestamp,
    /// Nobody had the key before: nothing that was given under it needs to be looked for.
    pub(super) is_new: bool,
    /// Where the tries under the key stand in the ledger, in order, as far as whoever asks knows.
    pub(super) places: Vec<SortKey>,
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
    /// Where it stands in the log.
    pub(super) position: Position,
    /// Where it stands in the ledger.
    pub(super) place: SortKey,
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

    /// Where the tries under the key stand in the ledger once `event` is one of them.
    pub(super) fn places(&self, event: &Event, secret: &Secret) -> Vec<SortKey> {
        let next = SortKey {
            at: event.occurred_at,
            kind: event.body.kind(),
            dedup: secret.key(&event.dedup_key),
        };
        self.past.iter().map(|past| past.place).chain([next]).collect()
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
        let latest = latest(view.rows, &conversation, self.at)?;
        let tries = self.tries(view, &conversation)?;
        let past = tries.iter().map(|fact| view.past(fact)).collect::<Result<_, _>>()?;
        Ok(Looked {
            alias: view.alias(&conversation)?,
            latest,
            past,
            conversation,
        })
    }
}

impl Look {
    /// The tries under the key, in order. All of the ledger is read for them only where that cannot be known otherwise.
    fn tries(&self, view: View<'_>, conversation: &Conversation) -> Result<Vec<Fact>, EngineError> {
        let id = conversation.id;
        let mut ledger = Ledger::new(id, conversation.card.channel.kind, view.rulebook);
        let mut tries = Vec::with_capacity(self.places.len());
        for place in &self.places {
            tries.extend(ledger.fact(view.rows, place)?);
        }
        // One that had its effect was the last. After one that came too late, whoever has the same key may have tried again; and one
        // that is not where it was dated was known to the ledger before, or is dated anew.
        let stands = |fact: &Fact| matches!(&fact.what, What::Command(command) if !command.void);
        let is_settled = tries.len() == self.places.len() && tries.last().map_or(self.is_new, stands);
        if is_settled {
            return Ok(tries);
        }
        let mut known: BTreeMap<Key, Fact> = BTreeMap::new();
        for fact in Ledger::latest_first(view.rows, id) {
            let fact = fact?;
            if matches!(fact.what, What::Command(_)) {
                known.entry(fact.key.dedup).or_insert(fact);
            }
        }
        let keys = (0..).map(|attempt| view.secret.key(&dedup_key(&self.token, attempt)));
        Ok(keys.map_while(|key| known.remove(&key)).collect())
    }
}

/// When the latest happened of what a command of `now` is not dated before. Its ticket and every command have made the revision that
/// it is decided on, so they count whenever they say to have been; of anything else what is of well after now does not: a message that
/// is dated hours ahead would date the end of a ticket there, and every message until then would be one of before the end.
fn latest(rows: &dyn Rows, conversation: &Conversation, now: Timestamp) -> Result<Option<Timestamp>, EngineError> {
    let soon = now.plus(AHEAD);
    let counts = |fact: &Fact| fact.key.at <= soon || matches!(fact.what, What::Command(_));
    let mut facts = Ledger::latest_first(rows, conversation.id);
    let happened = facts.find(|fact| fact.as_ref().map_or(true, counts)).transpose()?;
    let ticket = conversation.card.state.ticket.as_ref();
    Ok(happened
        .map(|fact| fact.key.at)
        .max(ticket.map(|ticket| ticket.opened_at)))
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
            place: fact.key,
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

#[cfg(test)]
mod tests {
    use origem_testkit::{SECRET, script};

    use super::*;
    use crate::counted::Counted;

    const MESSAGES: usize = 400;

    /// A long conversation with a command in its middle, given under the key `known`; and where that stands.
    fn long() -> (Counted, ConversationId, SortKey) {
        let minute = |number: usize| format!("1.{}:{:02}", number / 60, number % 60);
        let said = |number: usize| format!("{} p1 in m{number}", minute(number));
        let mut lines: Vec<String> = (0..MESSAGES).map(said).collect();
        let command = format!(
            "{} p1 claim agent=ana revision=1 dedup={} received",
            minute(MESSAGES / 2),
            dedup_key("known", 0)
        );
        lines.insert(MESSAGES / 2 + 1, command);
        let records = script::records(&lines.join("\n"));
        let counted = Counted::of(&records, 100);
        let id = counted.conversations(&records).into_iter().next().unwrap();
        let claimed = &records[MESSAGES / 2 + 1];
        let place = SortKey {
            at: claimed.event.occurred_at,
            kind: claimed.event.body.kind(),
            dedup: claimed.keys.dedup,
        };
        (counted, id, place)
    }

    #[test]
    fn the_ledger_is_read_whole_only_to_find_what_a_key_had_before() {
        let (counted, id, place) = long();
        assert_eq!(place.dedup, SECRET.key(&dedup_key("known", 0)));
        let elsewhere = SortKey {
            at: place.at.plus(1),
            ..place
        };
        // token, whether it is new, places that are known; how many tries are found, whether all is read
        for (token, is_new, places, found, reads_all) in [
            ("new", true, vec![], 0, false),
            ("other", false, vec![], 0, true),
            ("known", false, vec![], 1, true),
            ("known", true, vec![place], 1, false),
            ("known", false, vec![place], 1, false),
            ("known", false, vec![elsewhere], 1, true),
        ] {
            let look = Look {
                id,
                token: token.to_owned(),
                at: script::time_of("2.00:00"),
                is_new,
                places: places.clone(),
            };
            counted.read();
            let tries = {
                let conversation = counted.view().conversation(id).unwrap();
                latest(&counted, &conversation, look.at).unwrap();
                look.tries(counted.view(), &conversation).unwrap()
            };
            let case = format!("{token} {is_new} {places:?}");
            assert_eq!(tries.len(), found, "{case}");
            assert!(tries.iter().all(|fact| fact.key == place), "{case}");
            let rows = counted.read();
            assert_eq!(rows > MESSAGES / 4, reads_all, "{case}: {rows} rows");
        }
    }

    #[test]
    fn a_command_is_dated_after_what_happened_but_not_after_what_is_dated_ahead() {
        // now, what has happened besides a message at 10:00; the time that a command is not before
        for (now, more, latest_at) in [
            ("1.12:00", "", "1.10:00"),
            ("1.09:00", "", "1.10:00"),
            ("1.12:00", "1.11:59 p1 out m2 via=web", "1.11:59"),
            ("1.12:00", "1.12:01 p1 out m2 via=web", "1.12:01"),
            ("1.12:00", "1.12:02 p1 out m2 via=web", "1.10:00"),
            (
                "1.12:00",
                "1.12:02 p1 out m2 via=web; 1.13:00 p1 note agent=ana",
                "1.13:00",
            ),
        ] {
            let records = script::records(&format!("1.10:00 p1 in m1; {more}"));
            let counted = Counted::of(&records, 9);
            let id = counted.conversations(&records).into_iter().next().unwrap();
            let conversation = counted.view().conversation(id).unwrap();
            let told = latest(&counted, &conversation, script::time_of(now)).unwrap();
            assert_eq!(told, Some(script::time_of(latest_at)), "{now} {more}");
        }
    }
}
