//! What of the conversations a caller sees.

use axum::http::HeaderMap;
use origem_access::{sees, told};
use origem_domain::access::Sight;
use origem_domain::key::ConversationId;
use origem_engine::query::Change;

use crate::access::Caller;
use crate::error::Refusal;
use crate::state::State;

/// That the caller sees a conversation as it is now. Of one that is not there, the route says so.
///
/// # Errors
/// `NotVisible`; what the engine says.
pub(crate) async fn visible(state: &State, caller: &Caller, id: ConversationId) -> Result<(), Refusal> {
    let sight = caller.sight(state);
    if sight == Sight::Everything {
        return Ok(());
    }
    match state.ask(move |engine| sees(engine, &sight, id)).await? {
        Some(false) => Err(Refusal::NotVisible),
        Some(true) | None => Ok(()),
    }
}

/// Somebody who follows the changes for a long time. Who it is and what it sees may change meanwhile.
pub(crate) struct Watcher {
    state: State,
    headers: HeaderMap,
}

impl Watcher {
    /// Somebody who called with these headers.
    pub(crate) fn new(state: &State, headers: &HeaderMap) -> Self {
        Self {
            state: state.clone(),
            headers: headers.clone(),
        }
    }

    /// What is told of a change; `None`: nothing.
    ///
    /// # Errors
    /// `Unproven` once the key is revoked or has expired; what the engine says.
    pub(crate) async fn told(&self, change: Change) -> Result<Option<Change>, Refusal> {
        let sight = Caller::proven(&self.state, &self.headers)?.sight(&self.state);
        if sight == Sight::Everything {
            return Ok(Some(change));
        }
        self.state
            .ask(move |engine| Ok(told(engine, &sight, &change)?.of(change)))
            .await
    }
}
