//! What of the conversations a caller sees, asked of the engine. Blocks.

use std::collections::{BTreeMap, BTreeSet};

use origem_domain::access::Sight;
use origem_domain::event::{Event, Kind};
use origem_domain::key::ConversationId;
use origem_engine::query::Change;
use origem_engine::{Engine, EngineError, ErrorCode};

/// Whether a conversation is seen as it is now; `None`: there is none.
///
/// # Errors
/// As [`Engine::conversation`].
pub fn sees(engine: &Engine, sight: &Sight, id: ConversationId) -> Result<Option<bool>, EngineError> {
    match engine.conversation(id) {
        Ok(found) => {
            let card = &found.card;
            Ok(Some(sight.sees(
                &card.account,
                &card.channel,
                card.state.ticket.as_ref(),
            )))
        }
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// How much of a change is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// All of it.
    Whole,
    /// Only that there was one of that conversation: it is not for this caller, perhaps not any more, who is to look again.
    Moved,
    /// Nothing.
    Nothing,
}

impl Told {
    /// What is left of a change; `None`: it is not told.
    #[must_use]
    pub fn of(self, change: Change) -> Option<Change> {
        match self {
            Self::Whole => Some(change),
            Self::Moved => Some(Change {
                event: None,
                windows: Vec::new(),
                ..change
            }),
            Self::Nothing => None,
        }
    }
}

/// What is told of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Glance {
    /// That much, whatever became of its conversation.
    Told(Told),
    /// It is to be asked whether this conversation is seen; if it is not, that much is told.
    Asks(ConversationId, Told),
}

impl Glance {
    /// What can be said without asking anybody: nearly all of what happens is of other accounts, and of their own managers see all.
    pub(crate) fn at(sight: &Sight, change: &Change) -> Self {
        let of_account = change.event.as_ref().map(|event| event.account.as_str());
        match (sight, change.conversation, &change.event) {
            (Sight::Everything, ..) => Self::Told(Told::Whole),
            (Sight::Account(own), ..) if of_account == Some(own) => Self::Told(Told::Whole),
            (Sight::Agent(own), Some(id), Some(event)) if *own.account == *event.account => {
                let unseen = if hides(sight, event) {
                    Told::Moved
                } else {
                    Told::Nothing
                };
                Self::Asks(id, unseen)
            }
            _ => Self::Told(Told::Nothing),
        }
    }
}

/// Which of some conversations are seen as they are now.
///
/// # Errors
/// As [`Engine::conversation`].
pub(crate) fn seen_of(
    engine: &Engine,
    sight: &Sight,
    ids: BTreeSet<ConversationId>,
) -> Result<BTreeMap<ConversationId, Option<bool>>, EngineError> {
    ids.into_iter().map(|id| Ok((id, sees(engine, sight, id)?))).collect()
}

/// Whether an event may have taken a conversation out of sight: it gives its ticket to somebody, on a channel where the caller
/// sees what nobody has.
fn hides(sight: &Sight, event: &Event) -> bool {
    let gives = matches!(
        event.body.kind(),
        Kind::TicketClaimed
            | Kind::TicketAssigned
            | Kind::TicketTransferred
            | Kind::TicketTakenOver
            | Kind::MessageSent
    );
    gives && sight.sees(&event.account, &event.channel, None)
}

#[cfg(test)]
mod tests {
    use origem_domain::access::AgentSight;
    use origem_domain::position::Position;
    use serde_json::json;

    use super::*;

    const ONE: ConversationId = ConversationId(1);

    /// A change of account `a`; `None`: one that cannot be read.
    fn change(kind: Option<&str>, conversation: Option<ConversationId>) -> Change {
        let event = kind.map(|kind| {
            let event = json!({"account": "a", "kind": kind, "channel": {"kind": "whatsapp", "id": "1"},
                "occurred_at": "2026-09-20T10:00:00Z", "agent": "rui", "message": {"type": "text"},
                "account_update": {"field": "x"}});
            serde_json::from_value(event).unwrap()
        });
        Change {
            position: Position::new(0, 0),
            conversation,
            event,
            windows: Vec::new(),
        }
    }

    #[test]
    fn what_is_told_needs_a_question_only_where_an_agent_may_see_it() {
        let agent = |account: &str| {
            Sight::Agent(AgentSight {
                account: account.to_owned(),
                agent: "ana".to_owned(),
                ..AgentSight::default()
            })
        };
        let account = |account: &str| Sight::Account(account.to_owned());
        let (wrote, claimed) = (Some("message_received"), Some("ticket_claimed"));
        let [whole, nothing] = [Told::Whole, Told::Nothing].map(Glance::Told);
        for (sight, kind, conversation, expected) in [
            (Sight::Everything, wrote, Some(ONE), whole),
            (Sight::Everything, None, None, whole),
            (account("a"), wrote, Some(ONE), whole),
            (account("a"), wrote, None, whole),
            (account("b"), wrote, Some(ONE), nothing),
            (account("b"), wrote, None, nothing),
            (account("a"), None, None, nothing),
            (agent("a"), wrote, Some(ONE), Glance::Asks(ONE, Told::Nothing)),
            (agent("a"), claimed, Some(ONE), Glance::Asks(ONE, Told::Moved)),
            (agent("a"), wrote, None, nothing),
            (agent("b"), claimed, Some(ONE), nothing),
            (agent("a"), None, None, nothing),
            (Sight::Nothing, wrote, Some(ONE), nothing),
        ] {
            let glance = Glance::at(&sight, &change(kind, conversation));
            assert_eq!(glance, expected, "{sight:?} {kind:?} {conversation:?}");
        }
    }
}
