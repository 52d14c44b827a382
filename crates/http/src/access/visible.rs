//! What of the conversations a caller sees.

use origem_access::sees;
use origem_domain::access::Sight;
use origem_domain::key::ConversationId;

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
