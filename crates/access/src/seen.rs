//! What of the conversations a caller sees, asked of the engine. Blocks.

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

/// How much of a change is told to whoever sees that much.
///
/// # Errors
/// As [`Engine::conversation`].
pub fn told(engine: &Engine, sight: &Sight, change: &Change) -> Result<Told, EngineError> {
    if *sight == Sight::Everything {
        return Ok(Told::Whole);
    }
    let event = change.event.as_ref();
    let Some(id) = change.conversation else {
        // Of channels and accounts: managers see those of their account.
        let is_own = event.is_some_and(|event| *sight == Sight::Account(event.account.clone()));
        return Ok(if is_own { Told::Whole } else { Told::Nothing });
    };
    Ok(match sees(engine, sight, id)? {
        Some(true) => Told::Whole,
        Some(false) if event.is_some_and(|event| hides(sight, event)) => Told::Moved,
        Some(false) | None => Told::Nothing,
    })
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
